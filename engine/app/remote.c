/* engine/app/remote.c - `ringer -rx`: one command of a running engine. console.h */
#include "engine/app/console.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdio.h>

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
