#include "engine/app/logger.h"

#include "engine/app/logline.h"
#include "engine/base/blob.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/ring.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LOGGER_LINES   1024 /* logger_queue_limit: lines that may wait */
#define LOGGER_LINE    1536
#define LOGGER_OLD_MAX 100000 /* old files beside one */

struct logger_file {
	int fd; /* negative: it could not be opened */
	struct logger_channel channel;
};

struct logger {
	struct io *io;
	struct metrics metrics;
	struct ring *ring;
	struct blob_pool *pool;
	_Atomic uint32_t waiting;
	_Atomic uint64_t dropped;
	_Atomic bool asleep;

	/* Its own loop's. */
	struct logger_file files[LOGGER_CHANNELS];
	uint32_t file_count;
	enum logger_rotation rotation;
	char buf[64 * 1024];

	/* The terminal of a program in the foreground. */
	struct logger_channel terminal;
	_Atomic bool terminal_on;

	/* Whoever else wants lines: the consoles. */
	_Atomic(log_writer_fn) listener;
	_Atomic(void *) listener_arg;

	/* The control loop's: what is in force, and the way of a change to the logger's loop. */
	char dir[LIMIT_PATH];
	struct logger_conf conf;
	_Atomic(struct logger_conf *) next;
	_Atomic bool open[LOGGER_CHANNELS];
};

struct logger_entry {
	enum log_level level;
	int verbosity;
	size_t len;
	char text[];
};

/* ---- any thread ---- */

static void logger_tell_listener(struct logger *l, const struct log_line *line)
{
	log_writer_fn fn = atomic_load(&l->listener);

	if (fn)
		fn(atomic_load(&l->listener_arg), line);
}

static void logger_take(void *arg, const struct log_line *line)
{
	struct logger *l = arg;
	struct logger_entry *entry;
	struct sink out;
	struct blob *b;

	logger_tell_listener(l, line);
	b = atomic_fetch_add(&l->waiting, 1) < LOGGER_LINES ? blob_alloc(l->pool, LOGGER_LINE)
							    : NULL;
	if (!b) {
		atomic_fetch_sub(&l->waiting, 1);
		atomic_fetch_add(&l->dropped, 1);
		return;
	}
	entry = (struct logger_entry *)(void *)b->data;
	out = sink_make(entry->text, LOGGER_LINE - sizeof(*entry));
	logline_write(&out, l->io, line);
	entry->level = line->level;
	entry->verbosity = line->verbosity;
	entry->len = out.len;
	check(ring_push_mpsc(l->ring, b));
	if (atomic_exchange(&l->asleep, false))
		io_wake(l->io);
}

/* ---- its own loop: lines ---- */

static bool logger_wants(const struct logger_channel *c, const struct logger_entry *e)
{
	if (!(c->levels & 1U << e->level))
		return false;
	return e->level != LOG_LEVEL_VERBOSE || e->verbosity <= c->verbose;
}

/* fd negative: standard error. */
static void logger_write(struct logger *l, int fd, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (fd < 0)
		fwrite(text, 1, len, stderr);
	else
		io_fs_write(l->io, fd, text, len);
}

static void logger_write_lines(struct logger *l, int fd, const struct logger_channel *c,
			       struct blob **batch, uint32_t count)
{
	size_t used = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct logger_entry *e = (const void *)batch[i]->data;

		if (!logger_wants(c, e))
			continue;
		if (used + e->len > sizeof(l->buf)) {
			logger_write(l, fd, l->buf, used);
			used = 0;
		}
		memcpy(l->buf + used, e->text, e->len);
		used += e->len;
	}
	logger_write(l, fd, l->buf, used);
}

static uint32_t logger_drain(struct logger *l)
{
	struct blob *batch[64];
	uint32_t count = 0;
	void *item;

	while (count < ARRAY_COUNT(batch) && ring_pop_mpsc(l->ring, &item))
		batch[count++] = item;
	for (uint32_t f = 0; f < l->file_count; f++) {
		if (l->files[f].fd >= 0)
			logger_write_lines(l, l->files[f].fd, &l->files[f].channel, batch, count);
	}
	if (atomic_load(&l->terminal_on))
		logger_write_lines(l, -1, &l->terminal, batch, count);
	for (uint32_t i = 0; i < count; i++) {
		blob_free(l->pool, batch[i]);
		atomic_fetch_sub(&l->waiting, 1);
	}
	return count;
}

static void logger_say_dropped(struct logger *l)
{
	uint64_t n = atomic_exchange(&l->dropped, 0);
	char text[128];
	struct sink out = sink_make(text, sizeof(text));

	if (n == 0)
		return;
	sink_fmt(&out,
		 "%llu log lines were left out: they came faster than they could be written\n",
		 (unsigned long long)n);
	for (uint32_t f = 0; f < l->file_count; f++) {
		if (l->files[f].fd >= 0)
			logger_write(l, l->files[f].fd, out.ptr, out.len);
	}
	if (atomic_load(&l->terminal_on))
		logger_write(l, -1, out.ptr, out.len);
}

/* ---- its own loop: files ---- */

/* Makes the directory of the usual files if it can; open says why not. */
static int logger_open(struct logger *l, const char *path)
{
	io_fs_mkdir(l->io, l->dir, 0755);
	return io_fs_open(l->io, path, IO_FS_WRITE | IO_FS_APPEND | IO_FS_CREATE, 0640);
}

static void logger_old_name(struct sink *out, const char *path, int64_t number)
{
	out->len = 0;
	sink_fmt(out, "%s.%lld", path, (long long)number);
	sink_cstr(out);
}

/* How many old files stand beside it: .0, .1, ... without a gap. */
static int64_t logger_old_count(struct logger *l, const char *path, struct sink *name)
{
	struct io_fs_stat st;
	int64_t n = 0;

	do {
		logger_old_name(name, path, n++);
	} while (n < LOGGER_OLD_MAX && io_fs_stat(l->io, name->ptr, &st) == 0);
	return n - 1;
}

static void logger_rotate_file(struct logger *l, const char *path)
{
	char text[LIMIT_PATH + 32], older_text[LIMIT_PATH + 32];
	struct sink name = sink_make(text, sizeof(text));
	struct sink older = sink_make(older_text, sizeof(older_text));
	int64_t n = 0;

	if (l->rotation == LOGGER_NONE)
		return;
	if (l->rotation == LOGGER_TIMESTAMP)
		n = io_wall_ns(l->io) / TMR_SECOND;
	else
		n = logger_old_count(l, path, &name);
	for (; l->rotation == LOGGER_ROTATE && n > 0; n--) {
		logger_old_name(&older, path, n);
		logger_old_name(&name, path, n - 1);
		io_fs_rename(l->io, name.ptr, older.ptr);
	}
	logger_old_name(&name, path, n);
	io_fs_rename(l->io, path, name.ptr);
}

/* The open file of that path leaves the table: -1 if there is none. */
static int logger_take_file(struct logger_file *files, uint32_t count, const char *path)
{
	for (uint32_t i = 0; i < count; i++) {
		int fd = files[i].fd;

		if (fd >= 0 && strcmp(files[i].channel.path, path) == 0) {
			files[i].fd = -1;
			return fd;
		}
	}
	return -1;
}

static void logger_set_threshold(const struct logger *l)
{
	enum log_level least = LOG_LEVEL_COUNT;
	int verbose = atomic_load(&l->terminal_on) ? l->terminal.verbose : 0;
	unsigned levels = atomic_load(&l->terminal_on) ? l->terminal.levels : 0;

	for (uint32_t f = 0; f < l->file_count; f++) {
		levels |= l->files[f].channel.levels;
		if (l->files[f].channel.verbose > verbose)
			verbose = l->files[f].channel.verbose;
	}
	for (unsigned i = LOG_LEVEL_COUNT; i-- > 0;) {
		if (levels & 1U << i)
			least = (enum log_level)i;
	}
	log_set_level(least, verbose);
}

/* Files that stay are not opened again, unless they are rotated. *failed: the first that cannot be.
 */
static int logger_apply(struct logger *l, const struct logger_conf *conf, const char **failed)
{
	struct logger_file old[LOGGER_CHANNELS];
	uint32_t old_count = l->file_count;
	int err = 0;

	memcpy(old, l->files, sizeof(old));
	l->rotation = conf->rotation;
	l->file_count = conf->count;
	for (uint32_t i = 0; i < conf->count; i++) {
		struct logger_file *f = &l->files[i];

		f->channel = conf->channels[i];
		f->fd = logger_take_file(old, old_count, f->channel.path);
		if (conf->rotate_now && f->fd >= 0) {
			io_fs_close(l->io, f->fd);
			logger_rotate_file(l, f->channel.path);
			f->fd = -1;
		}
		if (f->fd < 0)
			f->fd = logger_open(l, f->channel.path);
		atomic_store(&l->open[i], f->fd >= 0);
		if (f->fd < 0 && err == 0) {
			err = f->fd;
			*failed = f->channel.path;
		}
	}
	for (uint32_t i = 0; i < old_count; i++) {
		if (old[i].fd >= 0)
			io_fs_close(l->io, old[i].fd);
	}
	logger_set_threshold(l);
	return err;
}

static void logger_take_conf(struct logger *l)
{
	struct logger_conf *conf = atomic_exchange(&l->next, NULL);
	const char *failed = NULL;
	int err;

	if (!conf)
		return;
	err = logger_apply(l, conf, &failed);
	if (err)
		log_error("The log file %s cannot be opened: %s", failed, strerror(-err));
	free(conf);
}

static int64_t logger_turn(void *arg, int64_t now_ns)
{
	struct logger *l = arg;

	logger_take_conf(l);
	if (logger_drain(l) > 0) {
		logger_say_dropped(l);
		return now_ns;
	}
	atomic_store(&l->asleep, true);
	return ring_count(l->ring) > 0 || atomic_load(&l->next) ? now_ns : TMR_NEVER;
}

/* ---- the control loop ---- */

int logger_set_conf(struct logger *l, const struct logger_conf *conf)
{
	struct logger_conf *next = malloc(sizeof(*next)), *untaken;

	if (!next)
		return -ENOMEM;
	*next = l->conf = *conf;
	l->conf.rotate_now = false;
	untaken = atomic_exchange(&l->next, NULL);
	if (untaken)
		next->rotate_now |= untaken->rotate_now;
	free(untaken);
	atomic_store(&l->next, next);
	if (atomic_exchange(&l->asleep, false))
		io_wake(l->io);
	return 0;
}

const struct logger_conf *logger_get_conf(const struct logger *l)
{
	return &l->conf;
}

const char *logger_dir(const struct logger *l)
{
	return l->dir;
}

bool logger_is_open(const struct logger *l, uint32_t channel)
{
	return channel < LOGGER_CHANNELS && atomic_load(&l->open[channel]);
}

uint32_t logger_queue_limit(void)
{
	return LOGGER_LINES;
}

void logger_set_listener(struct logger *l, log_writer_fn fn, void *arg)
{
	atomic_store(&l->listener_arg, arg);
	atomic_store(&l->listener, fn);
}

void logger_leave_terminal(struct logger *l)
{
	atomic_store(&l->terminal_on, false);
	/* The threshold follows with the files, on the logger's own loop. */
	logger_set_conf(l, &l->conf);
}

/* ---- life ---- */

static void logger_free(struct logger *l)
{
	for (uint32_t f = 0; f < l->file_count; f++) {
		if (l->files[f].fd >= 0)
			io_fs_close(l->io, l->files[f].fd);
	}
	free(atomic_load(&l->next));
	if (l->ring)
		ring_destroy(l->ring);
	if (l->pool)
		blob_pool_destroy(l->pool);
	if (l->io)
		io_destroy(l->io);
	free(l);
}

static int logger_begin(struct logger *l, const struct logger_options *o, const struct conffile *cf,
			struct sink *error)
{
	const char *failed = NULL;
	int err;

	slice_copy(l->dir, sizeof(l->dir), slice_str(o->log_dir));
	l->terminal.levels = (1U << LOG_LEVEL_COUNT) - 1;
	l->terminal.verbose = o->verbose;
	atomic_store(&l->terminal_on, o->terminal);
	logger_conf_read(&l->conf, cf, o->log_dir);
	err = logger_apply(l, &l->conf, &failed);
	if (err)
		sink_fmt(error,
			 "the log file %s cannot be opened: %s (logger.conf, asterisk.conf "
			 "astlogdir)",
			 failed, strerror(-err));
	return err;
}

int logger_start(struct logger **out, const struct logger_options *options,
		 const struct conffile *cf, struct sink *error)
{
	struct logger *l = calloc(1, sizeof(*l));
	struct io_conf conf = {.name = "logger", .cpu = -1};
	int err;

	if (!l)
		return -ENOMEM;
	conf.metrics = &l->metrics;
	err = io_create(&l->io, &conf);
	if (!err)
		err = ring_create(&l->ring, LOGGER_LINES);
	if (!err)
		err = blob_pool_create(&l->pool, LOGGER_LINES);
	if (!err)
		err = logger_begin(l, options, cf, error);
	if (!err)
		err = io_start(l->io, logger_turn, l);
	if (err) {
		logger_free(l);
		return err;
	}
	log_set_debug(options->debug);
	log_set_writer(logger_take, l);
	*out = l;
	return 0;
}

void logger_stop(struct logger *l)
{
	if (!l)
		return;
	log_set_writer(NULL, NULL);
	io_stop(l->io);
	io_join(l->io);
	while (logger_drain(l) > 0)
		;
	logger_free(l);
}
