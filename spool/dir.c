/* spool/dir.c - the spool as a service: scan, watch, outcomes, and one bounded turn of all that. */
#include "spool/dir.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "spool/dir_internal.h"

/* --- outcomes: from the control thread to this one ---
 * Two items each: the cookie of the order, then these bits. */
#define SPOOL_BIT_SET	    1u /* no item is NULL */
#define SPOOL_BIT_ANSWERED  2u
#define SPOOL_BIT_WITHDRAWN 4u
#define SPOOL_BIT_DIALED    8u /* the dialling phase is over, not the call */
#define SPOOL_BIT_REASON    8  /* shift; 8 bits */
#define SPOOL_BIT_WAITED    32 /* shift; ms that the attempt waited in the queue */

/* Control thread. Wakes the spool if it sleeps. */
static void spool_bell(struct spool *s)
{
	if (atomic_exchange(&s->asleep, false))
		io_wake(s->io);
}

/* Control thread. An order gives at most two outcomes, and the ring has room for two of each. */
static void spool_push(struct spool *s, uint64_t cookie, uint64_t bits)
{
	if (NEVER(ring_count(s->outcomes) + 2 > ring_count_max(s->outcomes)))
		return;
	check(ring_push_spsc(s->outcomes, (void *)(uintptr_t)cookie));
	check(ring_push_spsc(s->outcomes, (void *)(uintptr_t)(bits | SPOOL_BIT_SET)));
	spool_bell(s);
}

static void spool_source_begun(void *impl, uint64_t cookie)
{
	struct spool *s = impl;

	UNUSED(cookie);
	atomic_fetch_add(&s->begun, 1);
	spool_bell(s);
}

static void spool_source_dialed(void *impl, uint64_t cookie, const struct outcome *o)
{
	if (o->answered)
		spool_push(impl, cookie, SPOOL_BIT_DIALED | SPOOL_BIT_ANSWERED);
}

static void spool_source_settle(void *impl, uint64_t cookie, const struct outcome *o)
{
	uint64_t bits = (uint64_t)(o->reason & 0xff) << SPOOL_BIT_REASON;

	if (o->waited_ns > 0)
		bits |= (uint64_t)(o->waited_ns / TMR_MS) << SPOOL_BIT_WAITED;
	if (o->answered)
		bits |= SPOOL_BIT_ANSWERED;
	if (o->withdrawn)
		bits |= SPOOL_BIT_WITHDRAWN;
	spool_push(impl, cookie, bits);
}

static const struct source_ops spool_source_ops = {
	.name = "spool",
	.begun = spool_source_begun,
	.dialed = spool_source_dialed,
	.settle = spool_source_settle,
};

/* What the outcome of an attempt means for its file, said in the log. */
static enum spool_event spool_judge_outcome(struct spool *s, const struct spool_file *f,
					    uint64_t bits)
{
	int reason = (int)(bits >> SPOOL_BIT_REASON & 0xff);

	if (bits & SPOOL_BIT_WITHDRAWN)
		return SPOOL_EV_WITHDRAWN;
	if (bits & SPOOL_BIT_ANSWERED) {
		metric_inc(s->conf.metrics, METRIC_callfile_completed);
		log_notice("Call completed to %s", spool_file_dest(f));
		return SPOOL_EV_COMPLETED;
	}
	log_notice("Call failed to go through, reason (%d) %s", reason,
		   originate_reason_text(reason));
	if ((int64_t)f->attempt_no <= f->maxretries)
		return SPOOL_EV_FAILED;
	metric_inc(s->conf.metrics, METRIC_callfile_expired);
	spool_log_expired(f, f->attempt_no);
	return SPOOL_EV_EXPIRED;
}

static void spool_take_outcome(struct spool *s, uint64_t cookie, uint64_t bits)
{
	struct spool_file *f = spool_file_get(s, cookie);

	/* A file has one order at a time, so this holds unless an order was settled twice. */
	if (!f || (f->state != SPOOL_RUNNING && f->state != SPOOL_ORPHAN)) {
		log_error("An outcome came for a call file that waits for none");
		return;
	}
	if (bits & SPOOL_BIT_DIALED) {
		s->answered[s->answered_count++] = cookie;
		return;
	}
	f->waited_ms = (uint32_t)(bits >> SPOOL_BIT_WAITED);
	spool_file_step(s, f, spool_judge_outcome(s, f, bits));
	atomic_fetch_sub(&s->unsettled, 1);
}

/* Calls that were answered and are not over yet get a note of it. */
static void spool_note_answers(struct spool *s)
{
	for (uint32_t i = 0; i < s->answered_count; i++) {
		struct spool_file *f = spool_file_get(s, s->answered[i]);

		if (f && (f->state == SPOOL_RUNNING || f->state == SPOOL_ORPHAN))
			spool_file_step(s, f, SPOOL_EV_ANSWERED);
	}
	s->answered_count = 0;
}

/* Returns how many came, at most SPOOL_OUTCOMES_TURN. */
static uint32_t spool_take_outcomes(struct spool *s)
{
	uint32_t taken = 0;
	void *bits;

	while (taken < SPOOL_OUTCOMES_TURN) {
		if (!s->half && !ring_pop_spsc(s->outcomes, &s->half))
			break;
		if (!ring_pop_spsc(s->outcomes, &bits))
			break;
		spool_take_outcome(s, (uint64_t)(uintptr_t)s->half, (uint64_t)(uintptr_t)bits);
		s->half = NULL;
		taken++;
	}
	spool_note_answers(s);
	return taken;
}

/* --- names: from the watch and from scans --- */

static void spool_meet(struct spool *s, struct slice name, enum spool_event event)
{
	struct spool_file *f = spool_file_add(s, name);

	if (!f)
		return;
	metric_inc(s->conf.metrics, METRIC_callfile_seen);
	spool_file_step(s, f, event);
}

static void spool_on_watch(void *arg, enum io_watch_kind kind, const char *text)
{
	static const enum spool_event events[] = {
		[IO_WATCH_MOVED_IN] = SPOOL_EV_MOVED,  [IO_WATCH_CREATED] = SPOOL_EV_CREATED,
		[IO_WATCH_WRITTEN] = SPOOL_EV_WRITTEN, [IO_WATCH_TOUCHED] = SPOOL_EV_TOUCHED,
		[IO_WATCH_GONE] = SPOOL_EV_UNLINKED,   [IO_WATCH_LOST] = SPOOL_EV_NONE,
	};
	struct spool *s = arg;
	struct slice name = slice_str(text);
	enum spool_event event = events[kind];
	struct spool_file *f;

	if (kind == IO_WATCH_LOST) {
		log_notice("Notifications of %s were lost; scanning it", s->out_dir);
		metric_inc(s->conf.metrics, METRIC_callfile_rescans);
		s->rescan_all = true;
		s->rescan_ns = 0;
		return;
	}
	if (name.len == 0 || name.len > SPOOL_NAME_MAX)
		return;
	s->wall_ns = io_wall_ns(s->io);
	f = spool_file_find(s, name);
	if (f) {
		spool_file_step(s, f, event);
		f = spool_file_find(s, name);
	}
	/* Unknown so far, or its name went to another file. */
	if (!f && event != SPOOL_EV_TOUCHED && event != SPOOL_EV_UNLINKED)
		spool_meet(s, name, event);
}

static int spool_on_name(void *arg, const char *text)
{
	struct spool *s = arg;
	struct slice name = slice_str(text);
	struct spool_file *f;

	if (name.len > SPOOL_NAME_MAX)
		return 0;
	f = spool_file_find(s, name);
	if (!f)
		spool_meet(s, name, SPOOL_EV_MOVED);
	else if (s->rescan_all)
		spool_file_step(s, f, SPOOL_EV_TOUCHED);
	return 0;
}

static void spool_open_watch(struct spool *s)
{
	int rc = io_watch_open(s->io, &s->watch, s->out_dir, spool_on_watch, s);

	if (rc == 0)
		return;
	s->watch = NULL;
	log_error("Unable to watch %s: %s; it is read once a second instead (raise "
		  "fs.inotify.max_user_watches and max_user_instances)",
		  s->out_dir, strerror(-rc));
}

/* The directory is not there (any more): made anew, and watched anew. */
static void spool_make_dir(struct spool *s)
{
	int rc = io_fs_mkdir(s->io, s->out_dir, 0777);

	if (rc != 0 && rc != -EEXIST)
		log_error("Unable to create queue directory %s: %s; create it, owned by the "
			  "engine's user",
			  s->out_dir, strerror(-rc));
	if (s->watch)
		io_watch_close(s->watch);
	s->watch = NULL;
}

static void spool_scan(struct spool *s)
{
	int rc;

	/* After losses the watch is made anew: the directory may be another by now. */
	if (s->watch && s->rescan_all) {
		io_watch_close(s->watch);
		s->watch = NULL;
	}
	if (!s->watch)
		spool_open_watch(s);
	s->missed = false;
	rc = io_fs_list(s->io, s->out_dir, spool_on_name, s);
	if (rc == -ENOENT) {
		spool_make_dir(s);
	} else if (rc != 0) {
		log_error("Unable to read %s: %s", s->out_dir, strerror(-rc));
	}
	s->rescan_all = false;
	s->rescan_ns = s->now_ns + (s->watch ? SPOOL_RESCAN_NS : SPOOL_POLL_NS);
}

/* --- the turn --- */

/* Instants of the heap that have come. */
static bool spool_run_due(struct spool *s)
{
	struct due_node *node = due_first(&s->due);

	for (uint32_t n = 0; n < LIMIT_CALLFILE_BATCH && node; n++) {
		if (node->at_ns > s->wall_ns)
			return false;
		spool_file_step(s, due_entry(node, struct spool_file, due), SPOOL_EV_TIME);
		node = due_first(&s->due);
	}
	return node && node->at_ns <= s->wall_ns;
}

/* May one more file be claimed? Not ahead of what the engine takes, and not into the last eighth of
 * its queue, which is for others. */
static bool spool_has_room(struct spool *s)
{
	uint64_t begun = atomic_load(&s->begun);
	uint32_t unsettled = atomic_load_explicit(&s->unsettled, memory_order_relaxed);

	if (!atomic_load_explicit(&s->claiming, memory_order_relaxed))
		return false;
	if (s->now_ns < s->full_until_ns || unsettled >= s->unsettled_max)
		return false;
	if (s->submitted - begun >= LIMIT_CALLFILE_AHEAD)
		return false;
	if (inbox_used(s->conf.inbox) >= s->unsettled_max) {
		s->full_until_ns = s->now_ns + SPOOL_FULL_NS;
		return false;
	}
	return true;
}

/* Files whose turn has come. True: more could be claimed at once. */
static bool spool_run_line(struct spool *s)
{
	for (uint32_t n = 0; n < LIMIT_CALLFILE_BATCH; n++) {
		struct list *first = list_first(&s->line);

		if (!first || !spool_has_room(s))
			return false;
		spool_file_step(s, list_entry(first, struct spool_file, line), SPOOL_EV_TIME);
	}
	return !list_empty(&s->line);
}

/* A name was left out for want of room, and there is room again. */
static bool spool_has_missed(const struct spool *s)
{
	uint32_t used = slab_used(s->small_files) + slab_used(s->big_files);

	return s->missed && used < s->conf.files_max - s->conf.files_max / 8;
}

static int64_t spool_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t spool_next(const struct spool *s)
{
	const struct due_node *node = due_first(&s->due);
	int64_t next_ns = s->rescan_ns;

	if (node)
		next_ns = spool_earlier(next_ns, s->now_ns + (node->at_ns - s->wall_ns));
	if (!list_empty(&s->line) && s->full_until_ns > s->now_ns)
		next_ns = spool_earlier(next_ns, s->full_until_ns);
	return next_ns;
}

/* Declares the loop asleep, so that an outcome rings the bell; while outcomes come one after the
 * other, the loop looks again soon instead of being woken for each. */
static int64_t spool_rest(struct spool *s, bool is_busy)
{
	uint64_t begun = atomic_load(&s->begun);

	if (is_busy || begun != s->begun_seen) {
		s->begun_seen = begun;
		return spool_earlier(spool_next(s), s->now_ns + SPOOL_COALESCE_NS);
	}
	atomic_store(&s->asleep, true);
	if (ring_count(s->outcomes) || atomic_load(&s->begun) != begun) {
		atomic_store(&s->asleep, false);
		return s->now_ns;
	}
	return spool_next(s);
}

int64_t spool_turn(void *owner, int64_t now_ns)
{
	struct spool *s = owner;
	uint32_t outcomes;
	bool more;

	atomic_store(&s->asleep, false);
	s->now_ns = now_ns;
	s->wall_ns = io_wall_ns(s->io);
	outcomes = spool_take_outcomes(s);
	if (now_ns >= s->rescan_ns)
		spool_scan(s);
	more = spool_run_due(s);
	more |= spool_run_line(s);
	if (spool_has_missed(s) && s->rescan_ns > now_ns + SPOOL_POLL_NS)
		s->rescan_ns = now_ns + SPOOL_POLL_NS;
	if (more || outcomes == SPOOL_OUTCOMES_TURN)
		return now_ns;
	return spool_rest(s, outcomes > 0);
}

/* --- making and ending --- */

static int spool_name_dirs(struct spool *s, const char *spool_dir)
{
	struct {
		char *dst;
		const char *name;
	} dirs[] = {
		{s->out_dir, "outgoing"},
		{s->done_dir, "outgoing_done"},
		{s->failed_dir, "outgoing_failed"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(dirs); i++) {
		struct sink out = sink_make(dirs[i].dst, LIMIT_PATH);

		sink_str(&out, spool_dir);
		sink_char(&out, '/');
		sink_str(&out, dirs[i].name);
		if (out.over || out.len >= LIMIT_PATH)
			return -ENAMETOOLONG;
		sink_cstr(&out);
	}
	return 0;
}

static int spool_create_memory(struct spool *s)
{
	uint32_t files_max = s->conf.files_max;
	int rc = hash_create(&s->names, files_max / 8 + 1024);

	if (rc == 0)
		rc = slab_create(&s->small_files, "call files", SPOOL_FILE_SMALL, files_max);
	if (rc == 0)
		rc = slab_create(&s->big_files, "call files, long names", SPOOL_FILE_BIG,
				 files_max);
	if (rc == 0)
		rc = due_create(&s->due, 2 * files_max);
	if (rc == 0)
		rc = ring_create(&s->outcomes, 4 * (s->unsettled_max + 1));
	return rc;
}

static int spool_create_dirs(struct spool *s)
{
	int rc = io_fs_mkdir(s->io, s->conf.spool_dir, 0777);

	if (rc == 0 || rc == -EEXIST)
		rc = io_fs_mkdir(s->io, s->out_dir, 0777);
	return rc == -EEXIST ? 0 : rc;
}

int spool_create(struct spool **out, struct io *io, const struct spool_conf *conf)
{
	struct spool *s = calloc(1, sizeof(*s));
	int rc;

	check(conf->files_max > 0 && conf->files_max <= LIMIT_SPOOL_FILES);
	check(conf->queue_max > 0 && conf->inbox && conf->metrics);
	if (!s)
		return -ENOMEM;
	s->io = io;
	s->conf = *conf;
	s->pid = io_pid(io);
	s->source = (struct source){&spool_source_ops, s};
	s->unsettled_max = conf->queue_max - conf->queue_max / 8;
	list_init(&s->line);
	atomic_store(&s->claiming, true);
	io_random(io, &s->hash_seed, sizeof(s->hash_seed));
	rc = spool_name_dirs(s, conf->spool_dir);
	if (rc == 0)
		rc = spool_create_memory(s);
	if (rc == 0)
		rc = spool_create_dirs(s);
	s->conf.spool_dir = NULL; /* the caller's */
	if (rc != 0) {
		spool_destroy(s);
		return rc;
	}
	*out = s;
	return 0;
}

void spool_destroy(struct spool *s)
{
	if (!s)
		return;
	if (s->watch)
		io_watch_close(s->watch);
	if (s->outcomes)
		ring_destroy(s->outcomes);
	due_destroy(&s->due);
	slab_destroy(s->big_files);
	slab_destroy(s->small_files);
	hash_destroy(&s->names);
	free(s);
}

void spool_set_claiming(struct spool *s, bool claiming)
{
	atomic_store(&s->claiming, claiming);
	spool_bell(s);
}

uint32_t spool_count(const struct spool *s, enum spool_state state)
{
	return atomic_load_explicit(&s->counts[state], memory_order_relaxed);
}

bool spool_is_quiet(const struct spool *s)
{
	return atomic_load(&s->unsettled) == 0;
}
