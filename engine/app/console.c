/* engine/app/console.c - connections to the control socket and their commands. console.h */
#include "engine/app/console_internal.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

#define CONSOLE_PATIENCE_NS (10 * TMR_SECOND) /* for the command to come */
#define CONSOLE_LOOK_NS	    TMR_SECOND	      /* is the engine still going to stop? */
/* Debug lines come when "core set debug" is on. */
#define CONSOLE_LEVELS ((1U << LOG_LEVEL_COUNT) - 1)

static void console_drop(struct console_conn *conn, bool flush)
{
	struct console *c = conn->console;

	tmr_stop(&conn->tmr);
	if (conn->job)
		cli_cancel(conn->job);
	io_stream_close(conn->stream, flush);
	if (conn->stays) {
		list_del(&conn->node);
		c->open_count--;
		console_lines_want(c);
	}
	slab_free(c->conns, conn);
}

void console_print(void *arg, struct slice text)
{
	struct console_conn *conn = arg;

	/* A reader that does not read gets a cut answer, never more than its queue holds. */
	if (io_stream_send(conn->stream, text.ptr, text.len) != 0)
		metric_inc(control_metrics(conn->console->control), METRIC_console_cut);
}

/* A connection without a command makes room for others; one that waits for the end of an engine
 * that will not end any more has its answer. */
static void console_on_timer(struct tmr *t, void *arg)
{
	struct console_conn *conn = arg;
	struct control *c = conn->console->control;

	if (conn->waits && control_is_asked_to_stop(c))
		tmr_start(t, io_now_ns(control_io(c)) + CONSOLE_LOOK_NS);
	else
		console_drop(conn, true);
}

/* ---- commands ---- */

/* Ends the engine: the client waits until the socket closes. */
static bool console_is_stop(struct slice command)
{
	return slice_istarts(command, SLICE_LIT("core stop")) ||
	       slice_istarts(command, SLICE_LIT("core restart"));
}

/* A script's command is over: the connection too, unless it waits for the end of the engine. */
static void console_end_once(struct console_conn *conn, bool stops)
{
	struct control *c = conn->console->control;

	conn->waits = stops;
	if (stops)
		tmr_start(&conn->tmr, io_now_ns(control_io(c)) + CONSOLE_LOOK_NS);
	else
		console_drop(conn, true);
}

static void console_go_on(struct console_conn *conn);

static void console_on_done(void *arg, enum cli_result result)
{
	struct console_conn *conn = arg;

	UNUSED(result);
	conn->job = NULL;
	if (conn->once)
		console_end_once(conn, false);
	else
		console_go_on(conn);
}

static enum cli_result console_run(struct console_conn *conn, struct slice command)
{
	struct control *c = conn->console->control;
	struct cli_out out = {.print = console_print,
			      .done = console_on_done,
			      .arg = conn,
			      .session = &conn->session,
			      .may_abbreviate = conn->stays};
	char text[LIMIT_CLI_LINE + 64];
	struct sink refused = sink_make(text, sizeof(text));

	if (!control_is_stopping(c) || slice_istarts(command, SLICE_LIT("core abort shutdown")) ||
	    console_is_stop(command))
		return cli_start(control_cli(c), command, &out, &conn->job);
	sink_fmt(&refused, "Command '%.*s' cannot be run during shutdown\n", SLICE_ARG(command));
	console_print(conn, sink_slice(&refused));
	return CLI_UNKNOWN;
}

static void console_run_once(struct console_conn *conn, struct slice command)
{
	enum cli_result result = CLI_OK;

	conn->once = true;
	if (command.len > 0)
		result = console_run(conn, command);
	if (result != CLI_OPEN)
		console_end_once(conn, result == CLI_OK && console_is_stop(command));
}

static void console_on_match(void *arg, struct slice word)
{
	struct console_conn *conn = arg;

	if (slice_find(word, ' ') != SIZE_MAX)
		return;
	console_print(conn, word);
	console_print(conn, SLICE_LIT(" "));
}

/* "line" ["word"], quoted as words of a command are. */
static void console_answer_matches(struct console_conn *conn, struct slice question)
{
	char text[LIMIT_CLI_LINE];
	struct sink line = sink_make(text, sizeof(text));

	for (size_t i = 1; i < question.len && question.ptr[i] != '"'; i++) {
		if (question.ptr[i] == '\\' && i + 1 < question.len)
			i++;
		sink_char(&line, question.ptr[i]);
	}
	cli_complete(control_cli(conn->console->control), sink_slice(&line), console_on_match,
		     conn);
	console_print(conn, SLICE_LIT(CONSOLE_EOF "\n"));
}

/* False: it found no room and is gone. */
static bool console_stay(struct console_conn *conn)
{
	struct console *c = conn->console;

	if (conn->stays)
		return true;
	if (c->open_count == LIMIT_CONSOLES_OPEN) {
		metric_inc(control_metrics(c->control), METRIC_console_refused);
		console_print(conn, SLICE_LIT("Too many consoles are open\n"));
		console_drop(conn, true);
		return false;
	}
	conn->stays = true;
	c->open_count++;
	list_add_tail(&c->open, &conn->node);
	tmr_stop(&conn->tmr);
	console_lines_want(c);
	return true;
}

/* False: the connection is not to be looked at any more. */
static bool console_command(struct console_conn *conn, struct slice command)
{
	struct slice prefix = SLICE_LIT(CONSOLE_ONCE), ask = SLICE_LIT(CONSOLE_ASK);

	if (slice_starts(command, prefix)) {
		console_run_once(conn, slice_trim(slice_from(command, prefix.len)));
		return false;
	}
	if (!console_stay(conn))
		return false;
	if (slice_istarts(command, ask)) {
		console_answer_matches(conn, slice_from(command, ask.len));
		return true;
	}
	command = slice_trim(command);
	if (slice_ieq(command, SLICE_LIT("quit")) || slice_ieq(command, SLICE_LIT("exit"))) {
		console_drop(conn, true);
		return false;
	}
	if (command.len > 0)
		console_run(conn, command);
	console_lines_want(conn->console);
	return true;
}

/* Runs what has come whole, one after another. */
static void console_go_on(struct console_conn *conn)
{
	char command[LIMIT_CLI_LINE], *end;

	while (!conn->job && !conn->waits && conn->len > 0) {
		size_t len;

		end = memchr(conn->text, '\0', conn->len);
		len = end ? (size_t)(end - conn->text) : conn->len;
		if (len >= sizeof(command)) {
			console_print(conn,
				      SLICE_LIT("The command is too long (511 octets at most)\n"));
			console_drop(conn, true);
			return;
		}
		if (!end)
			return;
		memcpy(command, conn->text, len);
		conn->len -= len + 1;
		memmove(conn->text, end + 1, conn->len);
		if (!console_command(conn, slice_make(command, len)))
			return;
	}
}

/* ---- connections ---- */

static void console_on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct console_conn *conn = arg;

	UNUSED(s);
	if (conn->waits)
		return; /* one command a script */
	if (len > sizeof(conn->text) - conn->len) {
		console_print(
			conn,
			SLICE_LIT("The commands are too long (511 octets at most each, and few "
				  "behind one that is not over)\n"));
		console_drop(conn, true);
		return;
	}
	memcpy(conn->text + conn->len, data, len);
	conn->len += len;
	console_go_on(conn);
}

static void console_on_closed(void *arg, struct io_stream *s, int error)
{
	UNUSED(s);
	UNUSED(error);
	console_drop(arg, false);
}

static void console_on_drained(void *arg, struct io_stream *s)
{
	UNUSED(s);
	console_lines_say_lost(arg);
}

static const struct io_stream_handler console_handler = {
	.data = console_on_data,
	.closed = console_on_closed,
	.drained = console_on_drained,
};

static void console_greet(struct console_conn *conn)
{
	struct io *io = control_io(conn->console->control);
	char host[128], text[256];
	struct sink greeting = sink_make(text, sizeof(text));

	io_host_name(io, host, sizeof(host));
	sink_fmt(&greeting, "%s/%lld/%s\n", host, (long long)io_pid(io), RINGER_VERSION);
	console_print(conn, sink_slice(&greeting));
}

static void console_on_accept(void *arg, struct io_stream *s, const struct addr *peer)
{
	struct console *c = arg;
	struct console_conn *conn = slab_alloc(c->conns);

	UNUSED(peer);
	if (!conn) {
		metric_inc(control_metrics(c->control), METRIC_console_refused);
		io_stream_close(s, false);
		return;
	}
	conn->console = c;
	conn->stream = s;
	conn->session.levels = CONSOLE_LEVELS;
	tmr_init(&conn->tmr, control_wheel(c->control), console_on_timer, conn);
	tmr_start(&conn->tmr, io_now_ns(control_io(c->control)) + CONSOLE_PATIENCE_NS);
	io_stream_set_handler(s, &console_handler, conn);
	console_greet(conn);
}

/* ---- life ---- */

int console_create(struct console **out, struct control *control, const char *path, unsigned mode,
		   struct sink *error)
{
	struct console *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->control = control;
	list_init(&c->open);
	err = console_lines_create(&c->lines);
	if (!err)
		err = slab_create(&c->conns, "console", sizeof(struct console_conn),
				  LIMIT_CONSOLES);
	if (!err)
		err = io_listen_unix(control_io(control), &c->listener, path, mode,
				     console_on_accept, c);
	if (err == -EADDRINUSE)
		sink_fmt(error, "Ringer already running on %s.  Use 'ringer -r' to connect.", path);
	else if (err)
		sink_fmt(error,
			 "the console socket %s cannot be made: %s (asterisk.conf astrundir)", path,
			 strerror(-err));
	if (err) {
		console_destroy(c);
		return err;
	}
	*out = c;
	return 0;
}

void console_destroy(struct console *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; c->conns && i < slab_limit(c->conns); i++) {
		struct console_conn *conn = slab_at(c->conns, i);

		if (conn)
			console_drop(conn, false);
	}
	if (c->listener)
		io_listener_close(c->listener);
	if (c->conns)
		slab_destroy(c->conns);
	console_lines_destroy(&c->lines);
	free(c);
}
