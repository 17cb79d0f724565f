/* spool/dir_file.c - one file of the spool: its memory, and the one function that changes its
 * state. */
#include "engine/base/check.h"
#include "spool/dir_internal.h"

/* --- memory --- */

/* Slab handles leave the top bit of the index free: it tells the slab. */
#define SPOOL_COOKIE_BIG (UINT64_C(1) << 31)

struct spool_file *spool_file_get(struct spool *s, uint64_t cookie)
{
	if (cookie & SPOOL_COOKIE_BIG)
		return slab_get(s->big_files, cookie & ~SPOOL_COOKIE_BIG);
	return slab_get(s->small_files, cookie);
}

uint64_t spool_file_cookie(struct spool *s, const struct spool_file *f)
{
	if (f->is_big)
		return slab_handle(s->big_files, f) | SPOOL_COOKIE_BIG;
	return slab_handle(s->small_files, f);
}

struct spool_file *spool_file_find(struct spool *s, struct slice name)
{
	struct hash_node *n = hash_first(&s->names, slice_hash(name, s->hash_seed));

	for (; n; n = hash_next(n)) {
		struct spool_file *f = hash_entry(n, struct spool_file, node);

		if (slice_eq(spool_file_name(f), name))
			return f;
	}
	return NULL;
}

struct spool_file *spool_file_add(struct spool *s, struct slice name)
{
	bool big = name.len > SPOOL_NAME_SMALL;
	struct spool_file *f = slab_alloc(big ? s->big_files : s->small_files);

	if (!f) {
		s->missed = true;
		return NULL;
	}
	list_init(&f->line);
	f->is_big = big;
	f->text_room = (uint16_t)((big ? SPOOL_FILE_BIG : SPOOL_FILE_SMALL) -
				  offsetof(struct spool_file, text));
	f->name_len = (uint16_t)slice_copy(f->text, f->text_room, name);
	hash_add(&s->names, &f->node, slice_hash(name, s->hash_seed));
	return f;
}

static void spool_file_free(struct spool *s, struct spool_file *f)
{
	hash_del(&s->names, &f->node);
	slab_free(f->is_big ? s->big_files : s->small_files, f);
}

void spool_file_set_dest(struct spool_file *f, struct slice tech, struct slice resource)
{
	size_t room = (size_t)f->text_room - f->name_len - 1u;
	struct sink out = sink_make(f->text + f->name_len + 1, room);

	sink_fmt(&out, "%.*s/%.*s", SLICE_ARG(tech), SLICE_ARG(resource));
	sink_cstr(&out);
	if (tech.len + resource.len + 2 > room)
		memcpy(f->text + f->text_room - 4, "...", 4);
}

const char *spool_path_in(char *dst, const char *dir, struct slice name)
{
	struct sink out = sink_make(dst, SPOOL_PATH_MAX);

	sink_str(&out, dir);
	sink_char(&out, '/');
	sink_add(&out, name);
	check(!out.over && out.len < SPOOL_PATH_MAX);
	return sink_cstr(&out);
}

const char *spool_path(struct spool *s, const struct spool_file *f)
{
	return spool_path_in(s->path, s->out_dir, spool_file_name(f));
}

/* --- actions of the table --- */

/* The mtime was changed: the call moves with it. Our own changes are known and move nothing. */
static enum spool_event spool_retime(struct spool *s, struct spool_file *f)
{
	struct io_fs_stat st;

	if (io_fs_stat(s->io, spool_path(s, f), &st) != 0 || st.mtime_ns == f->mtime_ns)
		return SPOOL_EV_NONE;
	f->mtime_ns = st.mtime_ns;
	if (!f->mtime_unsure)
		due_set(&s->due, &f->due, st.mtime_ns > s->wall_ns ? st.mtime_ns : s->wall_ns);
	f->mtime_unsure = false;
	return SPOOL_EV_NONE;
}

/* Its name is free for another file; the order goes on without one. */
static enum spool_event spool_orphan(struct spool *s, struct spool_file *f)
{
	hash_del(&s->names, &f->node);
	due_del(&s->due, &f->due);
	return SPOOL_EV_NONE;
}

/* Complete when nobody has written to it for a while. */
static enum spool_event spool_arrive(struct spool *s, struct spool_file *f)
{
	int64_t idle_from_ns = f->was_arriving ? f->mtime_ns : s->wall_ns;

	f->was_arriving = true;
	due_set(&s->due, &f->due, idle_from_ns + SPOOL_SETTLE_NS);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_come_due(struct spool *s, struct spool_file *f)
{
	due_del(&s->due, &f->due);
	list_add_tail(&s->line, &f->line);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_line_up(struct spool *s, struct spool_file *f)
{
	f->was_arriving = false;
	return spool_come_due(s, f);
}

/* Its writer closed it, unless that was us. */
static enum spool_event spool_heed_close(struct spool *s, struct spool_file *f)
{
	bool own = f->own_close;

	UNUSED(s);
	f->own_close = false;
	return own ? SPOOL_EV_NONE : SPOOL_EV_MOVED;
}

static enum spool_event spool_line_up_first(struct spool *s, struct spool_file *f)
{
	list_add_head(&s->line, &f->line);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_take(struct spool *s, struct spool_file *f)
{
	list_del(&f->line);
	return spool_claim(s, f);
}

static enum spool_event spool_schedule(struct spool *s, struct spool_file *f)
{
	due_set(&s->due, &f->due, f->mtime_ns);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_try_again(struct spool *s, struct spool_file *f)
{
	due_set(&s->due, &f->due, s->wall_ns + SPOOL_TRYAGAIN_NS);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_run(struct spool *s, struct spool_file *f)
{
	due_set(&s->due, &f->due, s->wall_ns + f->retrytime_s * TMR_SECOND);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_end_completed(struct spool *s, struct spool_file *f)
{
	f->ending = SPOOL_EV_COMPLETED;
	return spool_end(s, f);
}

static enum spool_event spool_end_expired(struct spool *s, struct spool_file *f)
{
	f->ending = SPOOL_EV_EXPIRED;
	return spool_end(s, f);
}

static enum spool_event spool_end_later(struct spool *s, struct spool_file *f)
{
	due_set(&s->due, &f->due, s->wall_ns + SPOOL_REMOVE_NS);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_leave(struct spool *s, struct spool_file *f)
{
	list_del(&f->line);
	due_del(&s->due, &f->due);
	return SPOOL_EV_NONE;
}

/* --- the table --- */

struct spool_step {
	enum spool_event (*act)(struct spool *s, struct spool_file *f);
	enum spool_state next;
	bool is_set;
};

#define STEP(act, next)                                                                            \
	{                                                                                          \
		act, next, true                                                                    \
	}

/* An event that an action gives back is stepped from the state that its cell names. An empty cell:
 * news from outside that changes nothing here; anything else cannot happen. */
/* clang-format off */
static const struct spool_step spool_table[SPOOL_STATE_COUNT][SPOOL_EV_COUNT] = {
	[SPOOL_GONE] = {
		[SPOOL_EV_CREATED]     = STEP(spool_arrive,        SPOOL_ARRIVING),
		[SPOOL_EV_MOVED]       = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_WRITTEN]     = STEP(spool_line_up,       SPOOL_WAITING),
	},
	[SPOOL_ARRIVING] = {
		[SPOOL_EV_MOVED]       = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_WRITTEN]     = STEP(spool_heed_close,    SPOOL_ARRIVING),
		[SPOOL_EV_TIME]        = STEP(spool_come_due,      SPOOL_WAITING),
		[SPOOL_EV_UNLINKED]    = STEP(spool_leave,         SPOOL_GONE),
	},
	[SPOOL_WAITING] = {
		[SPOOL_EV_TIME]        = STEP(spool_take,          SPOOL_CLAIMING),
		[SPOOL_EV_UNLINKED]    = STEP(spool_leave,         SPOOL_GONE),
	},
	[SPOOL_SCHEDULED] = {
		[SPOOL_EV_TIME]        = STEP(spool_come_due,      SPOOL_WAITING),
		[SPOOL_EV_MOVED]       = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_TOUCHED]     = STEP(spool_retime,        SPOOL_SCHEDULED),
		[SPOOL_EV_UNLINKED]    = STEP(spool_leave,         SPOOL_GONE),
		[SPOOL_EV_DROPPED]     = STEP(spool_line_up,       SPOOL_WAITING),
	},
	[SPOOL_CLAIMING] = {
		[SPOOL_EV_YOUNG]       = STEP(spool_arrive,        SPOOL_ARRIVING),
		[SPOOL_EV_FUTURE]      = STEP(spool_schedule,      SPOOL_SCHEDULED),
		[SPOOL_EV_TRYAGAIN]    = STEP(spool_try_again,     SPOOL_SCHEDULED),
		[SPOOL_EV_FULL]        = STEP(spool_line_up_first, SPOOL_WAITING),
		[SPOOL_EV_DROPPED]     = STEP(NULL,                SPOOL_GONE),
		[SPOOL_EV_STUCK]       = STEP(NULL,                SPOOL_HELD),
		[SPOOL_EV_SUBMITTED]   = STEP(spool_run,           SPOOL_RUNNING),
		[SPOOL_EV_EXPIRED]     = STEP(spool_end_expired,   SPOOL_ENDING),
	},
	[SPOOL_RUNNING] = {
		[SPOOL_EV_TIME]        = STEP(spool_delay,         SPOOL_RUNNING),
		[SPOOL_EV_ANSWERED]    = STEP(spool_note_answer,   SPOOL_RUNNING),
		[SPOOL_EV_MOVED]       = STEP(spool_look_same,     SPOOL_RUNNING),
		[SPOOL_EV_UNLINKED]    = STEP(spool_look_same,     SPOOL_RUNNING),
		[SPOOL_EV_DROPPED]     = STEP(spool_orphan,        SPOOL_ORPHAN),
		[SPOOL_EV_FAILED]      = STEP(spool_note_failure,  SPOOL_RETRY_WAIT),
		[SPOOL_EV_WITHDRAWN]   = STEP(spool_unnote,        SPOOL_SCHEDULED),
		[SPOOL_EV_COMPLETED]   = STEP(spool_end_completed, SPOOL_ENDING),
		[SPOOL_EV_EXPIRED]     = STEP(spool_end_expired,   SPOOL_ENDING),
	},
	[SPOOL_ORPHAN] = {
		[SPOOL_EV_ANSWERED]    = STEP(NULL,                SPOOL_ORPHAN),
		[SPOOL_EV_FAILED]      = STEP(NULL,                SPOOL_GONE),
		[SPOOL_EV_WITHDRAWN]   = STEP(NULL,                SPOOL_GONE),
		[SPOOL_EV_COMPLETED]   = STEP(NULL,                SPOOL_GONE),
		[SPOOL_EV_EXPIRED]     = STEP(NULL,                SPOOL_GONE),
	},
	[SPOOL_RETRY_WAIT] = {
		[SPOOL_EV_TIME]        = STEP(spool_come_due,      SPOOL_WAITING),
		[SPOOL_EV_MOVED]       = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_TOUCHED]     = STEP(spool_retime,        SPOOL_RETRY_WAIT),
		[SPOOL_EV_UNLINKED]    = STEP(spool_leave,         SPOOL_GONE),
		[SPOOL_EV_DROPPED]     = STEP(spool_line_up,       SPOOL_WAITING),
	},
	[SPOOL_ENDING] = {
		[SPOOL_EV_TIME]        = STEP(spool_end,           SPOOL_ENDING),
		[SPOOL_EV_REMOVED]     = STEP(spool_leave,         SPOOL_GONE),
		[SPOOL_EV_NOT_REMOVED] = STEP(spool_end_later,     SPOOL_ENDING),
		[SPOOL_EV_MOVED]       = STEP(spool_look_same,     SPOOL_ENDING),
		[SPOOL_EV_UNLINKED]    = STEP(spool_look_same,     SPOOL_ENDING),
		[SPOOL_EV_DROPPED]     = STEP(spool_line_up,       SPOOL_WAITING),
	},
	[SPOOL_HELD] = {
		[SPOOL_EV_MOVED]       = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_WRITTEN]     = STEP(spool_heed_close,    SPOOL_HELD),
		[SPOOL_EV_TOUCHED]     = STEP(spool_line_up,       SPOOL_WAITING),
		[SPOOL_EV_UNLINKED]    = STEP(NULL,                SPOOL_GONE),
	},
};
/* clang-format on */

const char *spool_state_name(enum spool_state state)
{
	static const char *const names[SPOOL_STATE_COUNT] = {
		"gone",	   "arriving", "waiting",    "scheduled", "claiming",
		"running", "orphan",   "retry-wait", "ending",	  "held",
	};

	return names[state];
}

static void spool_file_enter(struct spool *s, struct spool_file *f, enum spool_state next)
{
	if (f->state == next)
		return;
	log_debug("call file %s: %s -> %s", f->text, spool_state_name(f->state),
		  spool_state_name(next));
	if (f->state != SPOOL_GONE)
		atomic_fetch_sub_explicit(&s->counts[f->state], 1, memory_order_relaxed);
	if (next != SPOOL_GONE)
		atomic_fetch_add_explicit(&s->counts[next], 1, memory_order_relaxed);
	f->state = (uint8_t)next;
}

void spool_file_step(struct spool *s, struct spool_file *f, enum spool_event event)
{
	while (event != SPOOL_EV_NONE) {
		const struct spool_step *step = &spool_table[f->state][event];

		if (!step->is_set) {
			check(event <= SPOOL_EV_TIME);
			break;
		}
		spool_file_enter(s, f, step->next);
		event = step->act ? step->act(s, f) : SPOOL_EV_NONE;
	}
	if (f->state == SPOOL_GONE)
		spool_file_free(s, f);
}
