/* spool/dir_claim.c - from a file whose turn has come to an order: open, look, read, judge, note,
 * submit. One open and one append, whatever is written. */
#include <errno.h>

#include "engine/base/check.h"
#include "spool/dir_internal.h"

#define SPOOL_OPEN_FLAGS (IO_FS_READ | IO_FS_WRITE | IO_FS_APPEND)

/* One claim under way. */
struct spool_claim {
	int fd;
	struct io_fs_stat st;
	bool is_young; /* may still be being written */
	uint32_t attempts_done;
	struct sink note;
	char note_room[256];
};

/* --- open and look --- */

static enum spool_event spool_open_failed(struct spool *s, struct spool_file *f, int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return SPOOL_EV_DROPPED;
	case -EISDIR:
	case -ENXIO:
	case -ELOOP:
		return SPOOL_EV_STUCK; /* no regular file: passed over, without a word */
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return spool_set_aside_unreadable(s, f, error);
	default:
		log_warning("Unable to open %s: '%s'(%d), trying again", spool_path(s, f),
			    strerror(-error), -error);
		return SPOOL_EV_TRYAGAIN;
	}
}

/* True if the mtime is still to come. The mtime that we gave it ourselves at the end of an attempt
 * does not count: the retry runs from the attempt's start. */
static bool spool_is_future(const struct spool *s, const struct spool_file *f,
			    const struct io_fs_stat *st)
{
	bool ours = st->inode == f->inode && (st->mtime_ns == f->mtime_ns || f->mtime_unsure);

	return st->mtime_ns > s->wall_ns && !ours;
}

static enum spool_event spool_look(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	int rc = io_fs_fstat(s->io, c->fd, &c->st);

	if (rc != 0)
		return spool_open_failed(s, f, rc);
	if (!c->st.is_regular)
		return SPOOL_EV_STUCK;
	if (spool_is_future(s, f, &c->st)) {
		f->mtime_ns = c->st.mtime_ns;
		return SPOOL_EV_FUTURE;
	}
	c->is_young = c->st.mtime_ns <= s->wall_ns && c->st.mtime_ns > s->wall_ns - SPOOL_SETTLE_NS;
	if (c->is_young && f->was_arriving) {
		f->mtime_ns = c->st.mtime_ns;
		return SPOOL_EV_YOUNG;
	}
	return SPOOL_EV_NONE;
}

int spool_open_same(struct spool *s, struct spool_file *f, struct io_fs_stat *st)
{
	int fd = io_fs_open(s->io, spool_path(s, f), SPOOL_OPEN_FLAGS, 0);
	int rc;

	if (fd < 0)
		return fd;
	rc = io_fs_fstat(s->io, fd, st);
	if (rc == 0 && st->inode == f->inode)
		return fd;
	io_fs_close(s->io, fd);
	return rc != 0 ? rc : -ESTALE;
}

/* --- read and judge --- */

ssize_t spool_read_text(struct spool *s, int fd, int64_t size_bytes)
{
	size_t room = sizeof(s->desk.text);
	size_t len = 0;

	while (len < room) {
		ssize_t n = io_fs_pread(s->io, fd, s->desk.text + len, room - len, (int64_t)len);

		if (n < 0)
			return n;
		len += (size_t)n;
		if (n == 0 || (int64_t)len >= size_bytes)
			break;
	}
	return (ssize_t)len;
}

/* Kept until it is clear that the file is not just half written. */
static void spool_keep_diag(void *arg, const struct callfile_diag *diag)
{
	struct spool_desk *desk = arg;

	if (desk->diag_count < ARRAY_COUNT(desk->diags))
		desk->diags[desk->diag_count++] = *diag;
}

static void spool_tell_diags(struct spool *s, struct spool_file *f)
{
	struct slice path = slice_str(spool_path(s, f));

	for (uint32_t i = 0; i < s->desk.diag_count; i++) {
		char room[LIMIT_CALLFILE_LINE * 2 + SPOOL_PATH_MAX];
		struct sink text = sink_make(room, sizeof(room));

		callfile_diag_write(&text, &s->desk.diags[i], path);
		if (s->desk.diags[i].notice)
			log_notice("%s", sink_cstr(&text));
		else
			log_warning("%s", sink_cstr(&text));
	}
}

static enum spool_event spool_read(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	ssize_t len = spool_read_text(s, c->fd, c->st.size_bytes);
	enum callfile_verdict verdict;

	if (len < 0)
		return spool_open_failed(s, f, (int)len);
	s->desk.diag_count = 0;
	verdict = callfile_parse(&s->desk.parsed, s->desk.text, (size_t)len, spool_keep_diag,
				 &s->desk);
	if (verdict == CALLFILE_INCOMPLETE && c->is_young) {
		f->mtime_ns = c->st.mtime_ns;
		return SPOOL_EV_YOUNG;
	}
	spool_tell_diags(s, f);
	f->archive = s->desk.parsed.archive;
	f->always_delete = s->desk.parsed.always_delete;
	if (verdict != CALLFILE_OK)
		return spool_set_aside(s, f, callfile_verdict_text(verdict));
	return SPOOL_EV_NONE;
}

/* --- earlier attempts --- */

void spool_record_write(struct sink *out, const char *key, int64_t pid, uint32_t n, int64_t wall_s)
{
	sink_fmt(out, "\n%s: %lld %u (%lld)\n", key, (long long)pid, n, (long long)wall_s);
}

static void spool_note(struct spool *s, struct spool_claim *c, const char *key, uint32_t n,
		       int64_t wall_s)
{
	spool_record_write(&c->note, key, s->pid, n, wall_s);
}

/* An attempt stands open that is not ours: another life of the engine began it. */
static enum spool_event spool_close_unknown(struct spool *s, struct spool_file *f,
					    struct spool_claim *c)
{
	const struct callfile *parsed = &s->desk.parsed;
	bool counts = parsed->answered || s->conf.unknown == SPOOL_UNKNOWN_COUNT;
	uint32_t attempt_no = c->attempts_done + 1;

	if (s->conf.unknown == SPOOL_UNKNOWN_HOLD)
		return spool_set_aside(s, f,
				       "the engine stopped during the last attempt, so its outcome "
				       "is unknown; remove the last StartRetry line and move the "
				       "file into outgoing again to have it dialled");
	log_warning("Attempt %u of %s was begun by process %lld, which is gone: %s", attempt_no,
		    spool_path(s, f), (long long)parsed->start_pid,
		    parsed->answered ? "it had been answered, and counts as a try"
		    : counts	     ? "it counts as a try"
				     : "dialling again");
	spool_note(s, c, "AbortRetry", attempt_no, spool_wall_s(s));
	if (counts)
		c->attempts_done++;
	return SPOOL_EV_NONE;
}

/* Counts the tries made and closes one that stands open. */
static enum spool_event spool_review(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	const struct callfile *parsed = &s->desk.parsed;
	enum spool_event event = SPOOL_EV_NONE;

	c->attempts_done = parsed->attempts_done;
	/* Dialled again without using up a retry: then later crashes do not make it one either. */
	if (s->conf.unknown == SPOOL_UNKNOWN_RETRY)
		c->attempts_done -= parsed->attempts_lost;
	if (parsed->start_pid != 0 && f->attempt_no != 0 && f->inode == c->st.inode) {
		/* Ours, and ended; only its EndRetry could not be written then. */
		spool_note(s, c, "EndRetry", f->attempt_no, spool_wall_s(s));
		c->attempts_done++;
	} else if (parsed->start_pid != 0) {
		event = spool_close_unknown(s, f, c);
	}
	if (event == SPOOL_EV_NONE && (int64_t)c->attempts_done > parsed->maxretries) {
		spool_log_expired(f, c->attempts_done);
		event = SPOOL_EV_EXPIRED;
	}
	return event;
}

/* --- the order --- */

static struct slice spool_join_codecs(struct spool_desk *desk)
{
	struct sink out = sink_make(desk->codecs, sizeof(desk->codecs));

	for (uint32_t i = 0; i < desk->parsed.codecs_count; i++) {
		if (i)
			sink_char(&out, ',');
		sink_add(&out, desk->parsed.codecs[i]);
	}
	return sink_slice(&out);
}

static void spool_add_vars(struct spool_desk *desk, uint32_t attempt_no)
{
	struct originate *o = &desk->order;
	struct sink text = sink_make(desk->attempt_text, sizeof(desk->attempt_text));

	for (uint32_t i = 0; i < desk->parsed.vars_count; i++) {
		o->vars[o->var_count].name = desk->parsed.vars[i].name;
		o->vars[o->var_count++].value = desk->parsed.vars[i].value;
	}
	sink_u64(&text, attempt_no);
	o->vars[o->var_count].name = SLICE_LIT("AST_OUTGOING_ATTEMPT");
	o->vars[o->var_count++].value = sink_slice(&text);
}

static void spool_build_order(struct spool_desk *desk, uint32_t attempt_no)
{
	const struct callfile *parsed = &desk->parsed;
	struct originate *o = &desk->order;

	originate_init(o);
	o->tech = parsed->tech;
	o->resource = parsed->resource;
	o->context = parsed->context;
	o->exten = parsed->extension;
	o->priority = parsed->priority;
	o->app = parsed->application;
	o->data = parsed->data;
	o->timeout_ms = parsed->waittime_s * INT64_C(1000);
	o->cid_name = callerid_name(&parsed->callerid);
	o->cid_num = callerid_number(&parsed->callerid);
	o->has_cid = o->cid_name.len || o->cid_num.len;
	o->account = parsed->account;
	o->codecs = spool_join_codecs(desk);
	o->early_media = parsed->early_media && parsed->application.len == 0;
	o->wants_failed = parsed->application.len == 0 && parsed->context.len > 0;
	o->attempt_no = attempt_no;
	spool_add_vars(desk, attempt_no);
}

/* --- note and submit --- */

int spool_append(struct spool *s, struct spool_file *f, int fd, struct slice text, int64_t mtime_ns)
{
	ssize_t n = io_fs_write(s->io, fd, text.ptr, text.len);
	struct io_fs_stat st;
	int rc;

	if (n < 0) {
		log_error("Unable to write to %s: %s; nothing is dialled for it until that works",
			  spool_path(s, f), strerror((int)-n));
		f->mtime_unsure = true;
		return (int)n;
	}
	f->size_bytes += (int64_t)text.len;
	rc = io_fs_set_mtime(s->io, fd, mtime_ns);
	if (rc == 0) {
		f->mtime_ns = mtime_ns;
		f->mtime_unsure = false;
		return 0;
	}
	log_warning("Unable to set utime on %s: %s", spool_path(s, f), strerror(-rc));
	f->mtime_unsure = io_fs_fstat(s->io, fd, &st) != 0;
	if (!f->mtime_unsure)
		f->mtime_ns = st.mtime_ns;
	return 0;
}

/* What was there is put back, but for a time that the producer chose meanwhile. */
static bool spool_cut_note(struct spool *s, struct spool_file *f, int fd,
			   const struct io_fs_stat *st)
{
	if (io_fs_truncate(s->io, fd, f->size_was_bytes) != 0)
		return false;
	f->size_bytes = f->size_was_bytes;
	if (st->mtime_ns > s->wall_ns && st->mtime_ns != f->mtime_ns && !f->mtime_unsure) {
		f->mtime_ns = st->mtime_ns;
	} else if (io_fs_set_mtime(s->io, fd, f->mtime_was_ns) == 0) {
		f->mtime_ns = f->mtime_was_ns;
		f->mtime_unsure = false;
	} else {
		f->mtime_unsure = true;
	}
	return true;
}

bool spool_revert(struct spool *s, struct spool_file *f, int fd)
{
	struct io_fs_stat st;

	f->note_left = io_fs_fstat(s->io, fd, &st) != 0;
	/* If somebody else wrote behind our note it stays, and counts as a try. */
	if (!f->note_left && st.size_bytes <= f->size_bytes)
		f->note_left = !spool_cut_note(s, f, fd, &st);
	return !f->note_left;
}

/* The intent is in the file before the order exists. */
static enum spool_event spool_note_start(struct spool *s, struct spool_file *f,
					 struct spool_claim *c)
{
	int64_t wall_s = spool_wall_s(s);
	int64_t retrytime_s = f->retrytime_s;

	f->size_bytes = f->size_was_bytes = c->st.size_bytes;
	f->mtime_ns = f->mtime_was_ns = c->st.mtime_ns;
	f->inode = c->st.inode;
	spool_note(s, c, "StartRetry", f->attempt_no, wall_s + retrytime_s);
	if (spool_append(s, f, c->fd, sink_slice(&c->note),
			 (wall_s + 2 * retrytime_s) * TMR_SECOND) != 0) {
		f->size_bytes = c->st.size_bytes + (int64_t)c->note.len;
		spool_revert(s, f, c->fd);
		return SPOOL_EV_TRYAGAIN;
	}
	if (s->conf.sync && io_fs_sync(s->io, c->fd) != 0) {
		log_error("Unable to sync %s; nothing is dialled for it until that works",
			  spool_path(s, f));
		spool_revert(s, f, c->fd);
		return SPOOL_EV_TRYAGAIN;
	}
	return SPOOL_EV_NONE;
}

static void spool_log_attempt(const struct originate *o)
{
	if (o->app.len)
		log_verbose(3, "Attempting call on %.*s/%.*s for application %.*s(%.*s) (Retry %u)",
			    SLICE_ARG(o->tech), SLICE_ARG(o->resource), SLICE_ARG(o->app),
			    SLICE_ARG(o->data), o->attempt_no);
	else
		log_verbose(3, "Attempting call on %.*s/%.*s for %.*s@%.*s:%d (Retry %u)",
			    SLICE_ARG(o->tech), SLICE_ARG(o->resource), SLICE_ARG(o->exten),
			    SLICE_ARG(o->context), o->priority, o->attempt_no);
}

/* Refused at the door: the note is taken back, and the file stays as it was. */
static enum spool_event spool_submit(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	int rc;

	/* Counted before: the outcome may be here before inbox_submit returns. */
	atomic_fetch_add(&s->unsettled, 1);
	rc = inbox_submit(s->conf.inbox, &s->desk.order, &s->source, spool_file_cookie(s, f), NULL);
	if (rc == 0) {
		s->submitted++;
		metric_inc(s->conf.metrics, METRIC_callfile_attempts);
		spool_log_attempt(&s->desk.order);
		return SPOOL_EV_SUBMITTED;
	}
	atomic_fetch_sub(&s->unsettled, 1);
	spool_revert(s, f, c->fd);
	s->full_until_ns = s->now_ns + SPOOL_FULL_NS;
	return SPOOL_EV_FULL;
}

static enum spool_event spool_attempt(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	const struct callfile *parsed = &s->desk.parsed;
	uint32_t attempt_before = f->inode == c->st.inode ? f->attempt_no : 0;
	enum spool_event event;

	f->retrytime_s = parsed->retrytime_s;
	f->maxretries = parsed->maxretries;
	spool_build_order(&s->desk, c->attempts_done + 1);
	if (originate_packed_bytes(&s->desk.order) > LIMIT_ORDER_BYTES - sizeof(struct order))
		return spool_set_aside(s, f,
				       "it makes an order of more than 65536 octets; shorten it");
	f->attempt_no = c->attempts_done + 1;
	event = spool_note_start(s, f, c);
	if (event == SPOOL_EV_NONE)
		event = spool_submit(s, f, c);
	if (event != SPOOL_EV_SUBMITTED)
		f->attempt_no = attempt_before;
	return event;
}

/* A note of ours for an attempt that never began may still stand there: the disk was in trouble. */
static enum spool_event spool_clear(struct spool *s, struct spool_file *f, struct spool_claim *c)
{
	if (!f->note_left)
		return SPOOL_EV_NONE;
	if (f->inode != c->st.inode)
		f->note_left = false;
	else if (!spool_revert(s, f, c->fd) || io_fs_fstat(s->io, c->fd, &c->st) != 0)
		return SPOOL_EV_TRYAGAIN;
	return SPOOL_EV_NONE;
}

static enum spool_event spool_claim_open(struct spool *s, struct spool_file *f,
					 struct spool_claim *c)
{
	enum spool_event event = spool_look(s, f, c);

	if (event == SPOOL_EV_NONE)
		event = spool_clear(s, f, c);
	if (event == SPOOL_EV_NONE)
		event = spool_read(s, f, c);
	if (event != SPOOL_EV_NONE)
		return event;
	spool_file_set_dest(f, s->desk.parsed.tech, s->desk.parsed.resource);
	event = spool_review(s, f, c);
	if (event == SPOOL_EV_EXPIRED) {
		f->inode = c->st.inode;
		f->mtime_ns = c->st.mtime_ns;
		f->attempt_no = c->attempts_done;
	}
	return event != SPOOL_EV_NONE ? event : spool_attempt(s, f, c);
}

enum spool_event spool_claim(struct spool *s, struct spool_file *f)
{
	struct spool_claim c = {0};
	enum spool_event event;

	c.note = sink_make(c.note_room, sizeof(c.note_room));
	c.fd = io_fs_open(s->io, spool_path(s, f), SPOOL_OPEN_FLAGS, 0);
	if (c.fd < 0)
		return spool_open_failed(s, f, c.fd);
	event = spool_claim_open(s, f, &c);
	io_fs_close(s->io, c.fd);
	f->own_close = true;
	return event;
}
