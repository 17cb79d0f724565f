#include "engine/app/logger.h"

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

#define LOGGER_LINES 1024 /* logger_queue_limit: lines that may wait */
#define LOGGER_FILES 8
#define LOGGER_LINE  1536

struct logger_file {
	int fd;            /* -1: standard error */
	unsigned levels;   /* bits 1 << enum log_level */
	int verbose;
};

struct logger {
	struct io *io;
	struct metrics metrics;
	struct ring *ring;
	struct blob_pool *pool;
	_Atomic uint32_t waiting;
	_Atomic uint64_t dropped;
	_Atomic bool asleep;
	struct logger_file files[LOGGER_FILES];
	uint32_t file_count;
	char buf[64 * 1024];
};

struct logger_entry {
	enum log_level level;
	int verbosity;
	size_t len;
	char text[];
};

/* ---- any thread ---- */

static void logger_format(struct logger *l, struct sink *out, const struct log_line *line)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const char *file = strrchr(line->file, '/');
	struct tm tm;

	io_local_time(l->io, line->wall_ns, &tm);
	sink_fmt(out, "[%s %2d %02d:%02d:%02d] %s", months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, log_level_name(line->level));
	if (line->call)
		sink_fmt(out, "[%s]", line->call);
	sink_fmt(out, " %s: %s\n", file ? file + 1 : line->file, line->text);
}

static void logger_take(void *arg, const struct log_line *line)
{
	struct logger *l = arg;
	struct logger_entry *entry;
	struct sink out;
	struct blob *b;

	b = atomic_fetch_add(&l->waiting, 1) < LOGGER_LINES ? blob_alloc(l->pool, LOGGER_LINE) : NULL;
	if (!b) {
		atomic_fetch_sub(&l->waiting, 1);
		atomic_fetch_add(&l->dropped, 1);
		return;
	}
	entry = (struct logger_entry *)(void *)b->data;
	out = sink_make(entry->text, LOGGER_LINE - sizeof(*entry));
	logger_format(l, &out, line);
	if (out.over && out.len > 0)
		out.ptr[out.len - 1] = '\n';
	entry->level = line->level;
	entry->verbosity = line->verbosity;
	entry->len = out.len;
	check(ring_push_mpsc(l->ring, b));
	if (atomic_exchange(&l->asleep, false))
		io_wake(l->io);
}

/* ---- its own loop ---- */

static void logger_write(struct logger *l, const struct logger_file *f, const char *text, size_t len)
{
	if (f->fd < 0)
		fwrite(text, 1, len, stderr);
	else
		io_fs_write(l->io, f->fd, text, len);
}

static bool logger_wants(const struct logger_file *f, const struct logger_entry *e)
{
	if (!(f->levels & 1U << e->level))
		return false;
	return e->level != LOG_LEVEL_VERBOSE || e->verbosity <= f->verbose;
}

static void logger_write_batch(struct logger *l, struct blob **batch, uint32_t count)
{
	for (uint32_t f = 0; f < l->file_count; f++) {
		size_t used = 0;

		for (uint32_t i = 0; i < count; i++) {
			const struct logger_entry *e = (const void *)batch[i]->data;

			if (!logger_wants(&l->files[f], e))
				continue;
			if (used + e->len > sizeof(l->buf)) {
				logger_write(l, &l->files[f], l->buf, used);
				used = 0;
			}
			memcpy(l->buf + used, e->text, e->len);
			used += e->len;
		}
		if (used > 0)
			logger_write(l, &l->files[f], l->buf, used);
	}
}

static uint32_t logger_drain(struct logger *l)
{
	struct blob *batch[64];
	uint32_t count = 0;
	void *item;

	while (count < ARRAY_COUNT(batch) && ring_pop_mpsc(l->ring, &item))
		batch[count++] = item;
	logger_write_batch(l, batch, count);
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
	sink_fmt(&out, "%llu log lines were left out: they came faster than they could be written\n",
		 (unsigned long long)n);
	for (uint32_t f = 0; f < l->file_count; f++)
		logger_write(l, &l->files[f], out.ptr, out.len);
}

static int64_t logger_turn(void *arg, int64_t now_ns)
{
	struct logger *l = arg;

	if (logger_drain(l) > 0) {
		logger_say_dropped(l);
		return now_ns;
	}
	atomic_store(&l->asleep, true);
	return ring_count(l->ring) > 0 ? now_ns : TMR_NEVER;
}

/* ---- configuration ---- */

static unsigned logger_level(struct slice word, int *verbose)
{
	if (slice_istarts(word, SLICE_LIT("verbose"))) {
		uint64_t n;
		struct slice inside = slice_from(word, 8);

		*verbose = 10;
		if (word.len > 9 && slice_u64(slice_head(inside, inside.len - 1), 10, &n))
			*verbose = (int)n;
		return 1U << LOG_LEVEL_VERBOSE;
	}
	if (slice_ieq(word, SLICE_LIT("debug")))
		return 1U << LOG_LEVEL_DEBUG;
	if (slice_ieq(word, SLICE_LIT("notice")))
		return 1U << LOG_LEVEL_NOTICE;
	if (slice_ieq(word, SLICE_LIT("warning")))
		return 1U << LOG_LEVEL_WARNING;
	if (slice_ieq(word, SLICE_LIT("error")))
		return 1U << LOG_LEVEL_ERROR;
	if (slice_eq(word, SLICE_LIT("*"))) {
		*verbose = 10;
		return (1U << LOG_LEVEL_COUNT) - 1;
	}
	return 0; /* dtmf, fax, security, trace: kinds that Ringer does not write */
}

static int logger_open(struct logger *l, const char *dir, struct slice name, struct sink *error)
{
	char path[LIMIT_PATH * 2];
	struct sink out = sink_make(path, sizeof(path));
	int fd;

	if (name.len > 0 && name.ptr[0] != '/')
		sink_fmt(&out, "%s/", dir);
	sink_add(&out, name);
	io_fs_mkdir(l->io, dir, 0755); /* there already, or open says why not */
	fd = io_fs_open(l->io, sink_cstr(&out), IO_FS_WRITE | IO_FS_APPEND | IO_FS_CREATE, 0640);
	if (fd < 0)
		sink_fmt(error, "the log file %s cannot be opened: %s (logger.conf, asterisk.conf "
			 "astlogdir)", path, strerror(-fd));
	return fd;
}

static int logger_add_file(struct logger *l, const char *dir, struct slice name, unsigned levels,
			   int verbose, struct sink *error)
{
	int fd;

	if (l->file_count == LOGGER_FILES - 1 || levels == 0)
		return 0;
	fd = logger_open(l, dir, name, error);
	if (fd < 0)
		return fd;
	l->files[l->file_count++] = (struct logger_file){fd, levels, verbose};
	return 0;
}

static int logger_read_conf(struct logger *l, const struct logger_options *o, const struct conffile *cf,
			    struct sink *error)
{
	const struct conffile_section *s = conffile_ifind(cf, "logfiles");

	for (const struct conffile_var *v = s ? s->vars : NULL; v; v = v->next) {
		struct slice rest = v->value, word;
		unsigned levels = 0;
		int verbose = 0, err;

		/* "[plain]notice,..." chooses a form that is the same here */
		if (rest.len > 0 && rest.ptr[0] == '[' && slice_find(rest, ']') != SIZE_MAX)
			rest = slice_from(rest, slice_find(rest, ']') + 1);
		while (slice_split(&rest, ',', &word))
			levels |= logger_level(slice_trim(word), &verbose);
		if (slice_ieq(v->name, SLICE_LIT("console")) ||
		    slice_istarts(v->name, SLICE_LIT("syslog.")))
			continue;
		err = logger_add_file(l, o->log_dir, v->name, levels, verbose, error);
		if (err)
			return err;
	}
	return 0;
}

#define LOGGER_USUAL (1U << LOG_LEVEL_NOTICE | 1U << LOG_LEVEL_WARNING | 1U << LOG_LEVEL_ERROR)

static int logger_open_files(struct logger *l, const struct logger_options *o, const struct conffile *cf,
			     struct sink *error)
{
	int err = cf ? logger_read_conf(l, o, cf, error)
		     : logger_add_file(l, o->log_dir, SLICE_LIT("messages.log"), LOGGER_USUAL, 0, error);

	if (!err && o->terminal)
		l->files[l->file_count++] = (struct logger_file){
			-1, LOGGER_USUAL | 1U << LOG_LEVEL_VERBOSE | (o->debug ? 1U : 0), o->verbose};
	return err;
}

static void logger_set_threshold(const struct logger *l)
{
	enum log_level least = LOG_LEVEL_ERROR;
	int verbose = 0;

	for (uint32_t f = 0; f < l->file_count; f++) {
		for (enum log_level level = 0; level < LOG_LEVEL_COUNT; level++) {
			if (l->files[f].levels & 1U << level && level < least)
				least = level;
		}
		if (l->files[f].verbose > verbose)
			verbose = l->files[f].verbose;
	}
	log_set_level(least, verbose);
}

static void logger_free(struct logger *l)
{
	for (uint32_t f = 0; f < l->file_count; f++) {
		if (l->files[f].fd >= 0)
			io_fs_close(l->io, l->files[f].fd);
	}
	if (l->ring)
		ring_destroy(l->ring);
	if (l->pool)
		blob_pool_destroy(l->pool);
	if (l->io)
		io_destroy(l->io);
	free(l);
}

int logger_start(struct logger **out, const struct logger_options *options, const struct conffile *cf,
		 struct sink *error)
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
		err = logger_open_files(l, options, cf, error);
	if (!err)
		err = io_start(l->io, logger_turn, l);
	if (err) {
		logger_free(l);
		return err;
	}
	logger_set_threshold(l);
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
