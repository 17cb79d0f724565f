/* tests/unit/io/test_stream.c - TLS through the kernel: much, both ways, and its end. */
#include "engine/io/stream.h"
#include "tests/unit/io/io_bench.h"

#include <stdlib.h>

#define MUCH (2 << 20)

struct end {
	struct stream *stream;
	uint32_t connected, closed;
	int error;
	size_t got_len, sent;
	uint64_t sum;
};

static struct bench bench;
static struct tmr_wheel *wheel;
static struct streams *streams;
static struct stream_listener *listener;
static struct tls_context *server_tls, *client_tls;
static struct end server, client;
static char part[20000];

static void push(struct end *e)
{
	while (e->sent < MUCH && stream_send(e->stream, part, sizeof(part)) == 0)
		e->sent += sizeof(part);
}

static void on_data(void *arg, struct stream *s, const void *data, size_t len)
{
	const unsigned char *octets = data;
	struct end *e = arg;

	UNUSED(s);
	for (size_t i = 0; i < len; i++)
		e->sum = e->sum * 31 + octets[i];
	e->got_len += len;
}

static void on_closed(void *arg, struct stream *s, int error)
{
	struct end *e = arg;

	e->closed++;
	e->error = error;
	stream_close(s, false);
}

static void on_drained(void *arg, struct stream *s)
{
	UNUSED(s);
	push(arg);
}

static void on_connected(void *arg, struct stream *s)
{
	struct end *e = arg;

	assert_ptr_equal(s, e->stream);
	e->connected++;
	push(e);
}

static const struct stream_handler handler = {
	.data = on_data, .closed = on_closed, .drained = on_drained, .connected = on_connected};

static void on_accept(void *arg, struct stream *s, const struct addr *peer)
{
	UNUSED(arg);
	assert_true(addr_eq(peer, stream_peer(s)));
	assert_true(stream_number(s) > 2);
	server.stream = s;
	stream_set_handler(s, &handler, &server);
}

static struct tls_context *context(const struct tls_conf *conf)
{
	char text[256];
	struct sink error = sink_make(text, sizeof(text));
	struct tls_context *c = NULL;

	if (tls_context_create(&c, bench.io, conf, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	return c;
}

/* The client closes when all is there; true once the server has heard so. */
static bool over(struct bench *b)
{
	tmr_wheel_run(wheel, io_now_ns(b->io), 100);
	if (client.stream && server.got_len >= MUCH && client.got_len >= MUCH) {
		stream_close(client.stream, true);
		client.stream = NULL;
	}
	return server.closed > 0;
}

static void test_much_both_ways(void **state)
{
	static const struct tls_conf server_conf = {.server = true,
						    .cert_file = "tests/tls/server.pem",
						    .key_file = "tests/tls/server.key"};
	static const struct tls_conf client_conf = {.verify = true, .ca_file = "tests/tls/ca.pem"};
	struct addr any = bench_loopback(0);
	struct streams_conf conf = {.stream_max = 8};
	uint64_t sum = 0;

	UNUSED(state);
	bench_open(&bench, 64);
	assert_int_equal(tmr_wheel_create(&wheel, io_clock_ns(bench.io)), 0);
	conf.io = bench.io;
	conf.wheel = wheel;
	conf.metrics = &bench.metrics;
	assert_int_equal(streams_create(&streams, &conf), 0);
	server_tls = context(&server_conf);
	client_tls = context(&client_conf);
	for (size_t i = 0; i < sizeof(part); i++)
		part[i] = (char)(i * 7);
	assert_int_equal(stream_listen(streams, &listener, &any, server_tls, on_accept, NULL), 0);
	assert_int_equal(stream_connect(streams, &client.stream, stream_listener_local(listener),
					client_tls, "127.0.0.1", &handler, &client),
			 0);
	bench_run(&bench, over);
	assert_int_equal(client.connected, 1);
	assert_int_equal(server.connected, 1);
	for (size_t i = 0; i < client.sent; i++)
		sum = sum * 31 + (unsigned char)part[i % sizeof(part)];
	assert_int_equal(server.got_len, client.sent);
	assert_true(server.sum == sum && client.sum == sum);
	assert_int_equal(metric_get(&bench.metrics, METRIC_tls_handshakes), 2);
	assert_int_equal(server.error, 0);
	assert_int_equal(streams_used(streams), 0);
	streams_destroy(streams);
	tls_context_unref(server_tls);
	tls_context_unref(client_tls);
	tmr_wheel_destroy(wheel);
	io_destroy(bench.io);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_much_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
