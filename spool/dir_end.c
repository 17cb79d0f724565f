/* spool/dir_end.c - what is written while an attempt runs, and how a file ends: kept, archived,
 * unlinked or set aside. */
#include <errno.h>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "spool/dir_internal.h"

/* --- while the attempt runs --- */

/* Other than "disk in trouble": the name stands for no file, or for another. */
static bool spool_is_lost(int error)
{
	return error == -ENOENT || error == -ESTALE;
}

enum spool_event spool_look_same(struct spool *s, struct spool_file *f)
{
	struct io_fs_stat st;
	int rc = io_fs_stat(s->io, spool_path(s, f), &st);

	if (rc == -ENOENT || (rc == 0 && st.inode != f->inode))
		return SPOOL_EV_DROPPED;
	return SPOOL_EV_NONE;
}

/* Appends text to the file if it is still there. DROPPED if it is not; trouble is logged, and what
 * memory knows holds. */
static enum spool_event spool_add_text(struct spool *s, struct spool_file *f, struct slice text,
				       int64_t mtime_ns)
{
	struct io_fs_stat st;
	int fd = spool_open_same(s, f, &st);

	if (fd < 0) {
		if (spool_is_lost(fd))
			return SPOOL_EV_DROPPED;
		log_error("Unable to open %s: %s", spool_path(s, f), strerror(-fd));
		return SPOOL_EV_NONE;
	}
	f->size_bytes = st.size_bytes;
	(void)spool_append(s, f, fd, text, mtime_ns);
	io_fs_close(s->io, fd);
	return SPOOL_EV_NONE;
}

static enum spool_event spool_add_record(struct spool *s, struct spool_file *f, const char *key,
					 uint32_t n, int64_t mtime_ns)
{
	char room[96];
	struct sink text = sink_make(room, sizeof(room));

	spool_record_write(&text, key, s->pid, n, spool_wall_s(s));
	return spool_add_text(s, f, sink_slice(&text), mtime_ns);
}

static int64_t spool_after_retrytime(const struct spool *s, const struct spool_file *f)
{
	return (spool_wall_s(s) + f->retrytime_s) * TMR_SECOND;
}

enum spool_event spool_delay(struct spool *s, struct spool_file *f)
{
	due_set(&s->due, &f->due, f->due.at_ns + f->retrytime_s * TMR_SECOND);
	if (f->due.at_ns <= s->wall_ns)
		due_set(&s->due, &f->due, s->wall_ns + f->retrytime_s * TMR_SECOND);
	return spool_add_record(s, f, "DelayedRetry", f->attempt_no - 1,
				spool_after_retrytime(s, f));
}

/* A remark that other programs do not read. The mtime stays, so that another engine that is started
 * meanwhile goes on to wait for it. */
enum spool_event spool_note_answer(struct spool *s, struct spool_file *f)
{
	char room[96];
	struct sink text = sink_make(room, sizeof(room));

	spool_record_write(&text, "# Answered", s->pid, f->attempt_no, spool_wall_s(s));
	return spool_add_text(s, f, sink_slice(&text), f->mtime_ns);
}

/* The retry is due where the heap has the file already: RetryTime, or a multiple, from the start of
 * the attempt; and the attempt began only when it left the queue. The mtime says what a new life of
 * the engine is to go by. */
enum spool_event spool_note_failure(struct spool *s, struct spool_file *f)
{
	int64_t at_ns = f->due.at_ns + f->waited_ms * TMR_MS;

	if (at_ns <= s->wall_ns || FAULT(retry_too_early))
		at_ns = s->wall_ns;
	due_set(&s->due, &f->due, at_ns);
	return spool_add_record(s, f, "EndRetry", f->attempt_no, spool_after_retrytime(s, f));
}

enum spool_event spool_unnote(struct spool *s, struct spool_file *f)
{
	struct io_fs_stat st;
	int fd = spool_open_same(s, f, &st);

	due_set(&s->due, &f->due, s->wall_ns);
	f->note_left = true;
	f->attempt_no--; /* earlier ones were made */
	if (fd < 0)
		return spool_is_lost(fd) ? SPOOL_EV_DROPPED : SPOOL_EV_NONE;
	(void)spool_revert(s, f, fd);
	io_fs_close(s->io, fd);
	return SPOOL_EV_NONE;
}

/* --- ending --- */

/* The line is Asterisk's, whose number is that of the retries: 0 for a file that was dialled once.
 */
void spool_log_expired(const struct spool_file *f, uint32_t attempts)
{
	uint32_t retries = attempts ? attempts - 1 : 0;

	log_notice("Queued call to %s expired without completion after %u attempt%s",
		   spool_file_dest(f), retries, retries == 1 ? "" : "s");
}

static const char *spool_status(const struct spool_file *f)
{
	switch (f->ending) {
	case SPOOL_EV_COMPLETED:
		return "Completed";
	case SPOOL_EV_EXPIRED:
		return "Expired";
	default:
		return "Failed";
	}
}

/* Creates (or empties) a file and writes one text. 0 or -errno. */
static int spool_write_file(struct spool *s, const char *path, unsigned flags, struct slice text,
			    int64_t mtime_ns)
{
	int fd = io_fs_open(s->io, path, IO_FS_WRITE | flags, 0666);
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return fd;
	n = io_fs_write(s->io, fd, text.ptr, text.len);
	if (n < 0)
		rc = (int)n;
	else if (mtime_ns)
		rc = io_fs_set_mtime(s->io, fd, mtime_ns);
	io_fs_close(s->io, fd);
	return rc;
}

/* Into outgoing_done. False: it has to be unlinked. */
static bool spool_move_done(struct spool *s, const struct spool_file *f, const char *to)
{
	int rc = io_fs_mkdir(s->io, s->done_dir, 0777);

	if (rc != 0 && rc != -EEXIST) {
		log_warning("Unable to create queue directory %s -- outgoing spool archiving "
			    "disabled",
			    s->done_dir);
		s->archive_off = true;
		return false;
	}
	rc = io_fs_rename(s->io, spool_path(s, f), to);
	if (rc != 0)
		log_warning("Unable to archive %s in %s: %s; deleting", spool_path(s, f),
			    s->done_dir, strerror(-rc));
	return rc == 0;
}

static bool spool_archive(struct spool *s, const struct spool_file *f)
{
	char to[SPOOL_PATH_MAX], room[32];
	struct sink text = sink_make(room, sizeof(room));
	int rc;

	if (s->archive_off)
		return false;
	spool_path_in(to, s->done_dir, spool_file_name(f));
	if (io_fs_rename(s->io, spool_path(s, f), to) != 0 && !spool_move_done(s, f, to))
		return false;
	sink_fmt(&text, "Status: %s\n", spool_status(f));
	rc = spool_write_file(s, to, IO_FS_APPEND, sink_slice(&text), 0);
	if (rc != 0)
		log_warning("Unable to write the status to %s: %s", to, strerror(-rc));
	return true;
}

static enum spool_event spool_remove(struct spool *s, const struct spool_file *f)
{
	int rc;

	if (f->archive && spool_archive(s, f))
		return SPOOL_EV_REMOVED;
	rc = io_fs_unlink(s->io, spool_path(s, f));
	if (rc == 0 || rc == -ENOENT)
		return SPOOL_EV_REMOVED;
	log_error("Unable to remove %s: %s; trying again (it is not dialled again meanwhile)",
		  spool_path(s, f), strerror(-rc));
	return SPOOL_EV_NOT_REMOVED;
}

/* --- AlwaysDelete: no --- */

static bool spool_is_bookkeeping(struct slice line)
{
	static const char *const keys[] = {"StartRetry:",   "EndRetry:", "AbortRetry:",
					   "DelayedRetry:", "Retry:",	 CALLFILE_ANSWERED};

	for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
		if (slice_istarts(line, slice_str(keys[i])))
			return true;
	}
	return false;
}

/* Takes the lines of earlier attempts, and the empty ones, out of the text on the desk. */
static struct slice spool_strip(struct spool_desk *desk, size_t len)
{
	struct slice rest = slice_make(desk->text, len), line;
	size_t used = 0;

	while (slice_split(&rest, '\n', &line)) {
		if (slice_is_empty(slice_trim(line)) || spool_is_bookkeeping(line))
			continue;
		memmove(desk->text + used, line.ptr, line.len);
		used += line.len;
		desk->text[used++] = '\n';
	}
	return slice_make(desk->text, used);
}

/* The producer moved the file's time on while it was dialled, and asked to keep such a file: it
 * becomes a new order for that time, without the traces of this one. Renamed over the old file, so
 * that there is one or the other at any instant. */
static int spool_renew(struct spool *s, struct spool_file *f, const struct io_fs_stat *seen)
{
	char temporary[SPOOL_PATH_MAX];
	struct io_fs_stat st;
	ssize_t len;
	int fd = spool_open_same(s, f, &st);
	int rc;

	if (fd < 0)
		return fd;
	len = spool_read_text(s, fd, st.size_bytes);
	io_fs_close(s->io, fd);
	if (len < 0 || (size_t)len >= sizeof(s->desk.text))
		return len < 0 ? (int)len : -EFBIG;
	spool_path_in(temporary, s->failed_dir, SLICE_LIT(".again"));
	(void)io_fs_mkdir(s->io, s->failed_dir, 0777);
	rc = spool_write_file(s, temporary, IO_FS_CREATE | IO_FS_TRUNC,
			      spool_strip(&s->desk, (size_t)len), seen->mtime_ns);
	if (rc == 0)
		rc = io_fs_rename(s->io, temporary, spool_path(s, f));
	return rc;
}

enum spool_event spool_end(struct spool *s, struct spool_file *f)
{
	struct io_fs_stat st;
	int rc = io_fs_stat(s->io, spool_path(s, f), &st);

	if (rc == -ENOENT || (rc == 0 && st.inode != f->inode) || FAULT(callfile_kept))
		return SPOOL_EV_REMOVED;
	if (rc == 0 && !f->always_delete && st.mtime_ns != f->mtime_ns &&
	    st.mtime_ns > s->wall_ns) {
		rc = spool_renew(s, f, &st);
		if (rc == 0 || spool_is_lost(rc))
			return SPOOL_EV_REMOVED;
		log_error("Unable to keep %s for its next time: %s", spool_path(s, f),
			  strerror(-rc));
		return SPOOL_EV_NOT_REMOVED;
	}
	return spool_remove(s, f);
}

/* --- files that cannot be used --- */

/* Makes the directory for the first file there. */
static int spool_move_failed(struct spool *s, const struct spool_file *f, const char *to)
{
	int rc = io_fs_rename(s->io, spool_path(s, f), to);

	if (rc != -ENOENT)
		return rc;
	rc = io_fs_mkdir(s->io, s->failed_dir, 0777);
	if (rc != 0 && rc != -EEXIST)
		return rc;
	return io_fs_rename(s->io, spool_path(s, f), to);
}

static void spool_write_reason(struct spool *s, const struct spool_file *f, const char *reason)
{
	char path[SPOOL_PATH_MAX], room[8192];
	struct slice from = slice_str(spool_path(s, f));
	struct sink text = sink_make(room, sizeof(room));
	int rc;

	sink_fmt(&text, "%.*s: %s\n", SLICE_ARG(from), reason);
	for (uint32_t i = 0; i < s->desk.diag_count && !text.over; i++) {
		callfile_diag_write(&text, &s->desk.diags[i], from);
		sink_char(&text, '\n');
	}
	spool_path_in(path, s->failed_dir, spool_file_name(f));
	memcpy(path + strlen(path), ".reason", sizeof(".reason"));
	rc = spool_write_file(s, path, IO_FS_CREATE | IO_FS_TRUNC, sink_slice(&text), 0);
	if (rc != 0)
		log_warning("Unable to write %s: %s", path, strerror(-rc));
}

/* As Asterisk: gone, archived if it asked for that and could be read. */
static enum spool_event spool_delete_bad(struct spool *s, struct spool_file *f)
{
	f->ending = SPOOL_EV_NONE;
	return spool_remove(s, f) == SPOOL_EV_REMOVED ? SPOOL_EV_DROPPED : SPOOL_EV_STUCK;
}

static enum spool_event spool_move_aside(struct spool *s, struct spool_file *f, const char *reason)
{
	char to[SPOOL_PATH_MAX];
	int rc;

	spool_path_in(to, s->failed_dir, spool_file_name(f));
	rc = spool_move_failed(s, f, to);
	if (rc == -ENOENT)
		return SPOOL_EV_DROPPED;
	if (rc != 0) {
		log_error("Unable to move %s to %s: %s; it is left alone until it is changed",
			  spool_path(s, f), s->failed_dir, strerror(-rc));
		return SPOOL_EV_STUCK;
	}
	spool_write_reason(s, f, reason);
	return SPOOL_EV_DROPPED;
}

enum spool_event spool_set_aside(struct spool *s, struct spool_file *f, const char *reason)
{
	metric_inc(s->conf.metrics, METRIC_callfile_bad);
	if (s->conf.delete_bad) {
		log_warning("Invalid file contents in %s, deleting", spool_path(s, f));
		return spool_delete_bad(s, f);
	}
	log_warning("Invalid file contents in %s, moving it to %s: %s", spool_path(s, f),
		    s->failed_dir, reason);
	return spool_move_aside(s, f, reason);
}

enum spool_event spool_set_aside_unreadable(struct spool *s, struct spool_file *f, int error)
{
	char room[160];
	struct sink reason = sink_make(room, sizeof(room));

	metric_inc(s->conf.metrics, METRIC_callfile_bad);
	s->desk.diag_count = 0;
	f->archive = false;
	if (s->conf.delete_bad) {
		log_warning("Unable to open %s: '%s'(%d), deleting", spool_path(s, f),
			    strerror(-error), -error);
		return spool_delete_bad(s, f);
	}
	sink_fmt(&reason,
		 "cannot be read and written by the engine: %s; give its user both rights, then "
		 "move the file into outgoing again",
		 strerror(-error));
	log_warning("Unable to open %s: '%s'(%d), moving it to %s", spool_path(s, f),
		    strerror(-error), -error, s->failed_dir);
	return spool_move_aside(s, f, sink_cstr(&reason));
}
