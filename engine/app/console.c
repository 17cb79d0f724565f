#include "engine/app/console.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONSOLE_COMMAND 512 /* octets of one command, its NUL included */
#define CONSOLE_CONNS   32
#define CONSOLE_PATIENCE_NS (10 * TMR_SECOND) /* for the command to come */
#define CONSOLE_LOOK_NS     TMR_SECOND        /* is the engine still going to stop? */

struct console_conn {
	struct console *console;
	struct io_stream *stream;
	struct tmr tmr;
	bool waits; /* for the end of the engine */
	size_t len;
	char text[CONSOLE_COMMAND];
};

struct console {
	struct control *control;
	struct io_listener *listener;
	struct slab *conns;
};

static void console_drop(struct console_conn *conn, bool flush)
{
	tmr_stop(&conn->tmr);
	io_stream_close(conn->stream, flush);
	slab_free(conn->console->conns, conn);
}

static void console_print(void *arg, struct slice text)
{
	struct console_conn *conn = arg;

	/* A reader that does not read gets a cut answer, never more than its queue holds. */
	if (io_stream_send(conn->stream, text.ptr, text.len) != 0)
		log_debug("console: output cut");
}

/* A connection without a command makes room for others; one that waits for the end of an engine that will
 * not end any more has its answer. */
static void console_on_timer(struct tmr *t, void *arg)
{
	struct console_conn *conn = arg;
	struct control *c = conn->console->control;

	if (conn->waits && control_is_asked_to_stop(c))
		tmr_start(t, io_now_ns(control_io(c)) + CONSOLE_LOOK_NS);
	else
		console_drop(conn, true);
}

/* Ends the engine: the client waits until the socket closes. */
static bool console_is_stop(struct slice command)
{
	return slice_istarts(command, SLICE_LIT("core stop")) ||
	       slice_istarts(command, SLICE_LIT("core restart"));
}

static void console_run(struct console_conn *conn)
{
	struct control *c = conn->console->control;
	struct slice command = slice_make(conn->text, conn->len);
	struct slice prefix = SLICE_LIT("cli quit after ");

	if (slice_starts(command, prefix))
		command = slice_from(command, prefix.len);
	command = slice_trim(command);
	if (control_is_stopping(c) &&
	    !slice_istarts(command, SLICE_LIT("core abort shutdown")) && !console_is_stop(command)) {
		char text[CONSOLE_COMMAND + 64];
		struct sink out = sink_make(text, sizeof(text));

		sink_fmt(&out, "Command '%.*s' cannot be run during shutdown\n", SLICE_ARG(command));
		console_print(conn, sink_slice(&out));
	} else {
		enum cli_result result = cli_run(control_cli(c), command, console_print, conn);

		conn->waits = result == CLI_OK && console_is_stop(command);
	}
	if (!conn->waits)
		console_drop(conn, true);
	else
		tmr_start(&conn->tmr, io_now_ns(control_io(c)) + CONSOLE_LOOK_NS);
}

static void console_on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct console_conn *conn = arg;
	const char *at = data;

	UNUSED(s);
	if (conn->waits)
		return; /* one command a connection */
	for (size_t i = 0; i < len; i++) {
		if (at[i] == '\0') {
			console_run(conn);
			return;
		}
		if (conn->len == sizeof(conn->text) - 1) {
			console_print(conn, SLICE_LIT("The command is too long (511 octets at most)\n"));
			console_drop(conn, true);
			return;
		}
		conn->text[conn->len++] = at[i];
	}
}

static void console_on_closed(void *arg, struct io_stream *s, int error)
{
	UNUSED(s);
	UNUSED(error);
	console_drop(arg, false);
}

static const struct io_stream_handler console_handler = {
	.data = console_on_data,
	.closed = console_on_closed,
};

static void console_on_accept(void *arg, struct io_stream *s, const struct addr *peer)
{
	struct console *c = arg;
	struct console_conn *conn = slab_alloc(c->conns);
	char host[128], text[256];
	struct sink greeting = sink_make(text, sizeof(text));

	UNUSED(peer);
	if (!conn) {
		io_stream_close(s, false);
		return;
	}
	conn->console = c;
	conn->stream = s;
	tmr_init(&conn->tmr, control_wheel(c->control), console_on_timer, conn);
	tmr_start(&conn->tmr, io_now_ns(control_io(c->control)) + CONSOLE_PATIENCE_NS);
	io_stream_set_handler(s, &console_handler, conn);
	io_host_name(control_io(c->control), host, sizeof(host));
	sink_fmt(&greeting, "%s/%lld/%s\n", host, (long long)io_pid(control_io(c->control)),
		 RINGER_VERSION);
	console_print(conn, sink_slice(&greeting));
}

int console_create(struct console **out, struct control *control, const char *path, unsigned mode,
		   struct sink *error)
{
	struct console *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->control = control;
	err = slab_create(&c->conns, "console", sizeof(struct console_conn), CONSOLE_CONNS);
	if (!err)
		err = io_listen_unix(control_io(control), &c->listener, path, mode, console_on_accept, c);
	if (err == -EADDRINUSE)
		sink_fmt(error, "Ringer already running on %s.  Use 'ringer -rx COMMAND' to connect.", path);
	else if (err)
		sink_fmt(error, "the console socket %s cannot be made: %s (asterisk.conf astrundir)", path,
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
	free(c);
}

/* ---- the other end ---- */

struct remote {
	struct io *io;
	const char *command;
	bool greeted;
	int error;
};

static void remote_on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct remote *r = arg;
	struct slice text = slice_make(data, len);
	static const char prefix[] = "cli quit after ";
	size_t line;

	if (!r->greeted) {
		line = slice_find(text, '\n');
		if (line == SIZE_MAX)
			return;
		r->greeted = true;
		io_stream_send(s, prefix, sizeof(prefix) - 1);
		io_stream_send(s, r->command, strlen(r->command) + 1);
		text = slice_from(text, line + 1);
	}
	fwrite(text.ptr, 1, text.len, stdout);
}

static void remote_on_closed(void *arg, struct io_stream *s, int error)
{
	struct remote *r = arg;

	r->error = r->greeted ? 0 : error ? error : -ECONNRESET;
	io_stream_close(s, false);
	io_stop(r->io);
}

static const struct io_stream_handler remote_handler = {
	.data = remote_on_data,
	.closed = remote_on_closed,
};

static int64_t remote_turn(void *arg, int64_t now_ns)
{
	UNUSED(arg);
	UNUSED(now_ns);
	return INT64_MAX;
}

int console_run_remote(const char *path, const char *command)
{
	static struct metrics metrics;
	struct io_conf conf = {.name = "remote",
			       .metrics = &metrics,
			       .stream_max = 4,
			       .small_buffers = 16,
			       .stream_out_max = 65536,
			       .cpu = -1};
	struct remote r = {.command = command};
	struct io_stream *s;
	int err = io_create(&r.io, &conf);

	if (err)
		return err;
	err = io_connect_unix(r.io, &s, path, &remote_handler, &r);
	if (!err)
		err = io_run(r.io, remote_turn, &r);
	io_destroy(r.io);
	fflush(stdout);
	return err ? err : r.error;
}
