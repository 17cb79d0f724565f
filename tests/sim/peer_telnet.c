/* A client that keeps every octet. peer_telnet.h */
#include "tests/sim/peer_telnet.h"

#include "engine/base/check.h"
#include "engine/io/tls.h"

#include <stdlib.h>
#include <string.h>

#define HEARD_MAX (1 << 20)

struct telnet {
	struct sim_world *w;
	struct io *io;
	struct metrics metrics;
	struct addr server;
	struct io_stream *stream;
	struct tls_context *context; /* NULL: plain */
	struct tls_session *tls;     /* of this connection */
	const char *host;
	bool connected, closed, leave;
	struct slice to_send;
	size_t len;
	char text[HEARD_MAX], heard[HEARD_MAX];
};

static void telnet_keep(struct telnet *t, const void *data, size_t len)
{
	check(t->len + len < HEARD_MAX);
	memcpy(t->text + t->len, data, len);
	t->len += len;
	t->text[t->len] = 0;
}

static void telnet_flush(struct telnet *t)
{
	struct slice out = tls_session_output(t->tls);

	if (out.len)
		check(io_stream_send(t->stream, out.ptr, out.len) == 0);
	tls_session_output_taken(t->tls);
}

static void telnet_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct telnet *t = arg;
	char plain[4096];
	ssize_t n;

	UNUSED(s);
	if (!t->tls) {
		telnet_keep(t, data, len);
		return;
	}
	(void)tls_session_feed(t->tls, data, len);
	while ((n = tls_session_read(t->tls, plain, sizeof(plain))) > 0)
		telnet_keep(t, plain, (size_t)n);
	telnet_flush(t);
	if (tls_session_state(t->tls) == TLS_OPEN && !t->connected) {
		t->connected = true;
		io_wake(t->io);
	}
}

static void telnet_gone(void *arg, struct io_stream *s, int error)
{
	struct telnet *t = arg;

	UNUSED(error);
	t->closed = true;
	io_stream_close(s, false);
	t->stream = NULL;
}

static void telnet_connected(void *arg, struct io_stream *s)
{
	struct telnet *t = arg;

	UNUSED(s);
	if (!t->context) {
		t->connected = true;
		return;
	}
	tls_session_destroy(t->tls);
	check(tls_session_create(&t->tls, t->context, t->host, io_wall_ns(t->io)) == 0);
	telnet_flush(t);
}

static const struct io_stream_handler telnet_handler = {
	.data = telnet_data,
	.closed = telnet_gone,
	.connected = telnet_connected,
};

static void telnet_send(struct telnet *t, struct slice octets)
{
	if (!t->tls) {
		check(io_stream_send(t->stream, octets.ptr, octets.len) == 0);
		return;
	}
	check(tls_session_write(t->tls, octets.ptr, octets.len) == 0);
	telnet_flush(t);
}

static int64_t telnet_turn(void *owner, int64_t now_ns)
{
	struct telnet *t = owner;

	UNUSED(now_ns);
	if (t->leave && t->stream)
		io_stream_close(t->stream, false);
	if (t->leave) {
		t->stream = NULL;
		t->connected = t->closed = t->leave = false;
	}
	if (!t->stream && !t->closed)
		check(io_connect_tcp(t->io, &t->stream, &t->server, &telnet_handler, t) == 0);
	if (t->connected && t->stream && t->to_send.len > 0) {
		telnet_send(t, t->to_send);
		t->to_send.len = 0;
	}
	return INT64_MAX;
}

struct telnet *telnet_create(struct sim_world *w, const struct addr *server)
{
	struct io_conf conf = {
		.name = "telnet", .stream_max = 4, .small_buffers = 16, .stream_out_max = 65536};
	struct telnet *t = calloc(1, sizeof(*t));

	check(t);
	t->w = w;
	t->server = *server;
	conf.metrics = &t->metrics;
	sim_host_use(w, sim_host_add(w, "telnet"));
	check(io_create(&t->io, &conf) == 0);
	check(io_start(t->io, telnet_turn, t) == 0);
	return t;
}

struct telnet *telnet_create_tls(struct sim_world *w, const struct addr *server,
				 const char *ca_file, const char *host)
{
	struct tls_conf conf = {.ca_file = ca_file, .verify = true};
	struct telnet *t = telnet_create(w, server);
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	t->host = host;
	check(tls_context_create(&t->context, t->io, &conf, &error) == 0);
	return t;
}

void telnet_destroy(struct telnet *t)
{
	if (!t)
		return;
	io_stop(t->io);
	io_join(t->io);
	io_destroy(t->io);
	tls_session_destroy(t->tls);
	tls_context_unref(t->context);
	free(t);
}

void telnet_reconnect(struct telnet *t)
{
	t->leave = true;
	io_wake(t->io);
}

void telnet_reset(struct telnet *t)
{
	sim_stream_reset(t->stream);
}

bool telnet_is_closed(const struct telnet *t)
{
	return t->closed;
}

const char *telnet_say(struct telnet *t, struct slice octets, int64_t wait_ns)
{
	t->to_send = octets;
	io_wake(t->io);
	sim_run_for(t->w, wait_ns);
	memcpy(t->heard, t->text, t->len + 1);
	t->text[0] = 0;
	t->len = 0;
	return t->heard;
}
