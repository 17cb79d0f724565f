/* engine/app/console_log.c - lines of the log on the consoles that asked for them. console.h
 *
 * Lines come from any thread through a bounded queue and are sent in the control loop's turn. Who
 * does not read loses lines and is told how many; nobody waits for anybody. */
#include "engine/app/console_internal.h"

#include "engine/app/logline.h"
#include "engine/base/blob.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/ring.h"

#include <stdatomic.h>

#define CONSOLE_LINE  1536 /* octets of one line; the rest is cut */
#define CONSOLE_BATCH 64   /* lines of one turn */

struct console_line {
	enum log_level level;
	int verbosity;
	size_t len;
	char text[];
};

int console_lines_create(struct console_lines *l)
{
	int err = ring_create(&l->ring, LIMIT_CONSOLE_LINES);

	return err ? err : blob_pool_create(&l->pool, LIMIT_CONSOLE_LINES);
}

void console_lines_destroy(struct console_lines *l)
{
	log_set_reader(LOG_READER_CONSOLES, LOG_LEVEL_COUNT, 0);
	if (l->ring)
		ring_destroy(l->ring);
	if (l->pool)
		blob_pool_destroy(l->pool);
}

/* ---- any thread ---- */

static bool console_lines_are_wanted(unsigned levels, int verbose, enum log_level level,
				     int verbosity)
{
	return (levels & 1U << level) && (level != LOG_LEVEL_VERBOSE || verbosity <= verbose);
}

void console_take_line(struct console *c, const struct log_line *line)
{
	struct console_lines *l = &c->lines;
	struct console_line *entry;
	struct sink out;
	struct blob *b;

	if (!console_lines_are_wanted(atomic_load(&l->levels), atomic_load(&l->verbose),
				      line->level, line->verbosity))
		return;
	b = atomic_fetch_add(&l->waiting, 1) < LIMIT_CONSOLE_LINES
		    ? blob_alloc(l->pool, CONSOLE_LINE)
		    : NULL;
	if (!b) {
		atomic_fetch_sub(&l->waiting, 1);
		atomic_fetch_add(&l->dropped, 1);
		return;
	}
	entry = (struct console_line *)(void *)b->data;
	out = sink_make(entry->text, CONSOLE_LINE - sizeof(*entry));
	entry->level = line->level;
	entry->verbosity =
		line->level == LOG_LEVEL_VERBOSE && line->verbosity > 0 ? line->verbosity : 0;
	sink_char(&out, (char)(entry->verbosity < 0xff - CONSOLE_MARK ? 0xff - entry->verbosity
								      : CONSOLE_MARK));
	logline_write_console(&out, control_io(c->control), line);
	entry->len = out.len;
	check(ring_push_mpsc(l->ring, b));
	if (!atomic_exchange(&l->rung, true))
		io_wake(control_io(c->control));
}

/* ---- control loop ---- */

void console_lines_want(struct console *c)
{
	enum log_level least = LOG_LEVEL_COUNT;
	unsigned levels = 0;
	int verbose = 0;

	list_for (node, &c->open) {
		const struct console_conn *conn = list_entry(node, struct console_conn, node);

		if (conn->session.muted)
			continue;
		levels |= conn->session.levels;
		if (conn->session.verbose > verbose)
			verbose = conn->session.verbose;
	}
	for (unsigned i = LOG_LEVEL_COUNT; i-- > 0;) {
		if (levels & 1U << i)
			least = (enum log_level)i;
	}
	if (atomic_load(&c->lines.levels) == levels && atomic_load(&c->lines.verbose) == verbose)
		return;
	atomic_store(&c->lines.levels, levels);
	atomic_store(&c->lines.verbose, verbose);
	log_set_reader(LOG_READER_CONSOLES, least, verbose);
}

static void console_lose(struct console_conn *conn, uint64_t count)
{
	conn->lost += count;
	metric_add(control_metrics(conn->console->control), METRIC_console_lines_dropped, count);
}

static bool console_is_behind(const struct console_conn *conn)
{
	return io_stream_queued(conn->stream) > LIMIT_CONSOLE_OUT;
}

void console_lines_say_lost(struct console_conn *conn)
{
	char text[96];
	struct sink out = sink_make(text, sizeof(text));

	if (conn->lost == 0 || console_is_behind(conn))
		return;
	sink_char(&out, (char)0xff);
	sink_fmt(&out, "%llu log lines were left out\n", (unsigned long long)conn->lost);
	conn->lost = 0;
	console_print(conn, sink_slice(&out));
}

static void console_show(struct console *c, const struct console_line *line)
{
	list_for (node, &c->open) {
		struct console_conn *conn = list_entry(node, struct console_conn, node);
		const struct cli_session *s = &conn->session;

		if (s->muted ||
		    !console_lines_are_wanted(s->levels, s->verbose, line->level, line->verbosity))
			continue;
		if (console_is_behind(conn)) {
			console_lose(conn, 1);
			continue;
		}
		console_lines_say_lost(conn);
		console_print(conn, slice_make(line->text, line->len));
	}
}

bool console_turn(struct console *c)
{
	struct console_lines *l = &c->lines;
	uint64_t dropped;
	uint32_t n = 0;
	void *item;

	atomic_store(&l->rung, false);
	while (n < CONSOLE_BATCH && ring_pop_mpsc(l->ring, &item)) {
		console_show(c, (const void *)((struct blob *)item)->data);
		blob_free(l->pool, item);
		atomic_fetch_sub(&l->waiting, 1);
		n++;
	}
	dropped = atomic_exchange(&l->dropped, 0);
	list_for (node, &c->open) {
		struct console_conn *conn = list_entry(node, struct console_conn, node);

		if (dropped > 0)
			console_lose(conn, dropped);
		console_lines_say_lost(conn);
	}
	return n == CONSOLE_BATCH;
}
