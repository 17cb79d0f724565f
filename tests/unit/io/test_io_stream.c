/* tests/unit/io/test_io_stream.c - connections through the kernel, over loopback and Unix sockets.
 */
#include "tests/unit/io/io_bench.h"

#include <stdio.h>
#include <sys/stat.h>
#include <netinet/ip.h>
#include <unistd.h>

#define LARGE (3 << 20)

struct peer {
	struct io_stream *stream;
	uint32_t connected, drained, closed, accepted;
	int error;
	size_t octets, sent;
	uint64_t sum;
	char last[64];
	bool echo;
};

static struct bench bench;
static struct peer client, server;
static struct io_listener *listener;
static char chunk[10000];

static void on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	const unsigned char *octets = data;
	struct peer *p = arg;

	assert_ptr_equal(s, p->stream);
	assert_int_equal(p->closed, 0);
	for (size_t i = 0; i < len; i++)
		p->sum = p->sum * 31 + octets[i];
	p->octets += len;
	memset(p->last, 0, sizeof(p->last));
	memcpy(p->last, data, len < sizeof(p->last) ? len : sizeof(p->last) - 1);
	if (p->echo)
		assert_int_equal(io_stream_send(s, data, len), 0);
}

static void on_closed(void *arg, struct io_stream *s, int error)
{
	struct peer *p = arg;

	assert_ptr_equal(s, p->stream);
	p->closed++;
	p->error = error;
}

static void on_drained(void *arg, struct io_stream *s)
{
	struct peer *p = arg;

	assert_int_equal(io_stream_queued(s), 0);
	p->drained++;
}

static void on_connected(void *arg, struct io_stream *s)
{
	struct peer *p = arg;

	assert_ptr_equal(s, p->stream);
	p->connected++;
}

static const struct io_stream_handler handler = {
	.data = on_data, .closed = on_closed, .drained = on_drained, .connected = on_connected};

static void on_accept(void *arg, struct io_stream *s, const struct addr *peer)
{
	struct peer *p = arg;

	assert_true(addr_eq(peer, io_stream_peer(s)));
	p->stream = s;
	p->accepted++;
	io_stream_set_handler(s, &handler, p);
}

static int setup(void **state)
{
	struct addr any = bench_loopback(0);

	UNUSED(state);
	bench_open(&bench, 64);
	memset(&client, 0, sizeof(client));
	memset(&server, 0, sizeof(server));
	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = (char)(i * 7);
	assert_int_equal(io_listen_tcp(bench.io, &listener, &any, on_accept, &server), 0);
	assert_true(io_listener_local(listener)->port != 0);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(bench.io);
	return 0;
}

static void connect_client(void)
{
	assert_int_equal(io_connect_tcp(bench.io, &client.stream, io_listener_local(listener),
					&handler, &client),
			 0);
}

/* ---- talking ---- */

static bool client_has_hello(struct bench *b)
{
	UNUSED(b);
	return client.octets == 5;
}

static void test_echo(void **state)
{
	UNUSED(state);
	connect_client();
	server.echo = true;
	assert_int_equal(io_stream_send(client.stream, "hel", 3), 0); /* before it is connected */
	assert_int_equal(io_stream_send(client.stream, "lo", 2), 0);
	assert_int_equal(io_stream_queued(client.stream), 5);
	bench_run(&bench, client_has_hello);
	assert_string_equal(client.last, "hello");
	assert_int_equal(client.connected, 1);
	assert_int_equal(server.accepted, 1);
	assert_int_equal(client.drained, 1);
	assert_int_equal(client.closed + server.closed, 0);
	assert_true(addr_eq(io_stream_peer(client.stream), io_listener_local(listener)));
	assert_true(addr_eq(io_stream_local(client.stream), io_stream_peer(server.stream)));
	assert_true(io_stream_number(client.stream) > 2);
}

/* 3 MiB through a queue of 1 MiB: in order, complete, refused when full, drained told. */
static bool large_sent_and_read(struct bench *b)
{
	UNUSED(b);
	while (client.sent < LARGE) {
		size_t len = sizeof(chunk);

		if (len > LARGE - client.sent)
			len = LARGE - client.sent;
		if (io_stream_send(client.stream, chunk, len) != 0)
			break;
		client.sent += len;
	}
	return server.octets == LARGE;
}

static void test_large(void **state)
{
	uint64_t sum = 0;

	UNUSED(state);
	connect_client();
	bench_run(&bench, large_sent_and_read);
	for (size_t i = 0; i < LARGE; i++)
		sum = sum * 31 + (unsigned char)chunk[i % sizeof(chunk)];
	assert_true(server.sum == sum);
	assert_true(client.drained > 0);
	assert_int_equal(io_stream_send(client.stream, chunk, 0), 0);
}

static void test_queue_full(void **state)
{
	static char whole[1 << 20];

	UNUSED(state);
	connect_client();
	assert_int_equal(io_stream_send(client.stream, whole, sizeof(whole)), 0);
	assert_int_equal(io_stream_send(client.stream, "x", 1), -ENOBUFS);
	assert_int_equal(io_stream_queued(client.stream), sizeof(whole));
}

/* ---- pausing ---- */

static int phase;

static bool pause_works(struct bench *b)
{
	UNUSED(b);
	switch (phase) {
	case 0:
		if (!server.stream)
			return false;
		io_stream_pause(server.stream, true);
		phase = 1;
		return false;
	case 1: /* the cancellation is under way by now: what comes later must wait */
		client.sent = 0;
		phase = 2;
		return false;
	case 2:
		if (client.drained == 0 && client.sent == 0) {
			assert_int_equal(io_stream_send(client.stream, "quiet", 5), 0);
			client.sent = 5;
			return false;
		}
		if (client.drained == 0)
			return false;
		assert_int_equal(server.octets, 0);
		io_stream_pause(server.stream, false);
		phase = 3;
		return false;
	default:
		return server.octets == 5;
	}
}

static void test_pause(void **state)
{
	UNUSED(state);
	phase = 0;
	connect_client();
	bench_run(&bench, pause_works);
}

/* ---- closing ---- */

static bool server_told(struct bench *b)
{
	UNUSED(b);
	if (phase == 0 && server.stream && client.connected) {
		assert_int_equal(io_stream_send(client.stream, chunk, sizeof(chunk)), 0);
		io_stream_close(client.stream, true);
		phase = 1;
	}
	return server.closed > 0;
}

static void test_close_flushes(void **state)
{
	UNUSED(state);
	phase = 0;
	connect_client();
	bench_run(&bench, server_told);
	assert_int_equal(server.octets, sizeof(chunk));
	assert_int_equal(server.closed, 1);
	assert_int_equal(server.error, 0);
	assert_int_equal(client.closed, 0); /* no callback after the close */
	io_stream_close(server.stream, false);
}

/* The far end sends without end and we never read: the last words must arrive all the same. */
static bool goodbye_arrived(struct bench *b)
{
	UNUSED(b);
	if (phase == 0 && server.stream && client.connected) {
		io_stream_pause(server.stream, true);
		assert_int_equal(io_stream_send(client.stream, chunk, sizeof(chunk)), 0);
		phase = 1;
	} else if (phase == 1 && client.drained) {
		assert_int_equal(io_stream_send(server.stream, "goodbye", 7), 0);
		io_stream_close(server.stream, true);
		phase = 2;
	}
	return client.closed > 0;
}

static void test_last_words(void **state)
{
	UNUSED(state);
	phase = 0;
	connect_client();
	bench_run(&bench, goodbye_arrived);
	assert_string_equal(client.last, "goodbye");
	assert_int_equal(client.error, 0);
	io_stream_close(client.stream, false);
}

static bool connected_both(struct bench *b)
{
	UNUSED(b);
	return client.connected && server.accepted;
}

/* What is queued when the loop is stopped still goes out. */
static bool stop_with_output(struct bench *b)
{
	UNUSED(b);
	assert_int_equal(io_stream_send(client.stream, "last", 4), 0);
	return true;
}

static bool server_has_last(struct bench *b)
{
	UNUSED(b);
	return server.octets == 4;
}

static void test_stop_flushes(void **state)
{
	UNUSED(state);
	connect_client();
	bench_run(&bench, connected_both);
	bench_run(&bench, stop_with_output);
	assert_int_equal(io_stream_queued(client.stream), 0);
	bench_run(&bench, server_has_last);
	assert_string_equal(server.last, "last");
}

/* ---- failing ---- */

static bool client_closed(struct bench *b)
{
	UNUSED(b);
	return client.closed > 0;
}

static void test_refused(void **state)
{
	struct addr gone = *io_listener_local(listener);

	UNUSED(state);
	io_listener_close(listener);
	assert_int_equal(io_connect_tcp(bench.io, &client.stream, &gone, &handler, &client), 0);
	bench_run(&bench, client_closed);
	assert_int_equal(client.error, -ECONNREFUSED);
	assert_int_equal(client.connected, 0);
	assert_int_equal(io_stream_send(client.stream, "x", 1), -EPIPE);
	io_stream_close(client.stream, true);
}

static bool talk_until_closed(struct bench *b)
{
	UNUSED(b);
	if (client.connected && server.accepted && !client.closed &&
	    io_stream_queued(client.stream) == 0)
		assert_int_equal(io_stream_send(client.stream, "x", 1), 0);
	return client.closed > 0 || server.closed > 0;
}

static void test_faults(void **state)
{
	static const enum io_op ops[] = {IO_OP_STREAM_SEND, IO_OP_STREAM_RECV};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(ops); i++) {
		for (uint32_t skip = 0; skip < 3; skip++) {
			memset(&client, 0, sizeof(client));
			memset(&server, 0, sizeof(server));
			bench.fail_op = ops[i];
			bench.fail_error = -ECONNRESET;
			bench.fail_skip = skip;
			bench.fail_seen = 0;
			connect_client();
			bench_run(&bench, talk_until_closed);
			assert_int_equal(client.closed + server.closed, 1);
			assert_int_equal(client.error + server.error, -ECONNRESET);
			bench.fail_error = 0;
			io_stream_close(client.stream, false);
			io_stream_close(server.stream, false);
		}
	}
	bench.fail_op = IO_OP_CONNECT;
	bench.fail_error = -ENETUNREACH;
	bench.fail_skip = 0;
	assert_int_equal(io_connect_tcp(bench.io, &client.stream, io_listener_local(listener),
					&handler, &client),
			 -ENETUNREACH);
}

/* More connections than the table holds: refused by closing, then room again. */
static struct peer many[16];

static bool all_settled(struct bench *b)
{
	uint32_t closed = 0, connected = 0;

	UNUSED(b);
	for (int i = 0; i < 8; i++) {
		closed += many[i].closed;
		connected += many[i].connected;
	}
	return connected == 8 && (phase == 0 ? server.accepted == 8 : closed == 1);
}

static void test_table_full(void **state)
{
	UNUSED(state);
	phase = 0;
	memset(many, 0, sizeof(many));
	/* 16 slots: 8 of our ends and 8 of theirs. */
	for (int i = 0; i < 8; i++)
		assert_int_equal(io_connect_tcp(bench.io, &many[i].stream,
						io_listener_local(listener), &handler, &many[i]),
				 0);
	bench_run(&bench, all_settled);
	assert_int_equal(io_connect_tcp(bench.io, &client.stream, io_listener_local(listener),
					&handler, &client),
			 -ENOBUFS);
}

/* ---- Unix sockets ---- */

static const char *socket_path(void)
{
	static char path[100];

	snprintf(path, sizeof(path), "/tmp/ringer-test-%lld.sock", (long long)io_pid(bench.io));
	return path;
}

static void test_unix(void **state)
{
	const char *path = socket_path();
	char too_long[200];
	struct io_listener *l, *second;
	struct stat st;
	FILE *file;

	UNUSED(state);
	assert_int_equal(io_listen_unix(bench.io, &l, path, 0600, on_accept, &server), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	server.echo = true;
	assert_int_equal(io_connect_unix(bench.io, &client.stream, path, &handler, &client), 0);
	assert_int_equal(io_stream_send(client.stream, "hello", 5), 0);
	bench_run(&bench, client_has_hello);
	assert_int_equal(io_stream_peer(server.stream)->family, 0);
	assert_int_equal(io_listen_unix(bench.io, &second, path, 0600, on_accept, &server),
			 -EADDRINUSE);
	io_listener_close(l);
	assert_int_not_equal(stat(path, &st), 0);
	memset(too_long, 'x', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(io_listen_unix(bench.io, &l, too_long, 0600, on_accept, &server),
			 -ENAMETOOLONG);
	/* What is no socket is not removed. */
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(io_listen_unix(bench.io, &l, path, 0600, on_accept, &server), -EEXIST);
	assert_int_equal(unlink(path), 0);
}

static void test_unix_stale(void **state)
{
	const char *path = socket_path();
	struct io_listener *l;
	struct bench dead;

	UNUSED(state);
	/* A loop that ends without closing its listener leaves the file behind. */
	bench_open(&dead, 64);
	assert_int_equal(io_listen_unix(dead.io, &l, path, 0666, on_accept, &server), 0);
	io_destroy(dead.io);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(io_listen_unix(bench.io, &l, path, 0600, on_accept, &server), 0);
	io_listener_close(l);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* ---- marks ---- */

static int option_of(const struct io_stream *s, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(io_stream_number(s), level, name, &value, &len), 0);
	return value;
}

/* Those that connect and those that are accepted. */
static void test_marks(void **state)
{
	UNUSED(state);
	assert_int_equal(io_listener_mark(listener, (struct io_mark){26, 4}), 0);
	connect_client();
	assert_int_equal(io_stream_mark(client.stream, (struct io_mark){24, 3}), 0);
	server.echo = true;
	assert_int_equal(io_stream_send(client.stream, "hello", 5), 0);
	bench_run(&bench, client_has_hello);
	assert_int_equal(option_of(client.stream, IPPROTO_IP, IP_TOS), 24 << 2);
	assert_int_equal(option_of(client.stream, SOL_SOCKET, SO_PRIORITY), 3);
	assert_int_equal(option_of(server.stream, IPPROTO_IP, IP_TOS), 26 << 2);
	assert_int_equal(io_stream_mark(server.stream, (struct io_mark){26, 4}), 0);
	assert_int_equal(option_of(server.stream, IPPROTO_IP, IP_TOS), 26 << 2);
	assert_int_equal(option_of(server.stream, SOL_SOCKET, SO_PRIORITY), 4);
}

/* A mark is taken back: from a listener, and from what it had accepted with it. */
static void test_marks_taken_back(void **state)
{
	static const struct io_mark none = {0};

	UNUSED(state);
	assert_int_equal(io_listener_mark(listener, (struct io_mark){26, 4}), 0);
	assert_int_equal(io_listener_mark(listener, none), 0);
	connect_client();
	server.echo = true;
	assert_int_equal(io_stream_send(client.stream, "hello", 5), 0);
	bench_run(&bench, client_has_hello);
	assert_int_equal(option_of(server.stream, IPPROTO_IP, IP_TOS), 0);
	assert_int_equal(option_of(server.stream, SOL_SOCKET, SO_PRIORITY), 0);
}

static void test_marks_of_accepted(void **state)
{
	UNUSED(state);
	assert_int_equal(io_listener_mark(listener, (struct io_mark){26, 4}), 0);
	connect_client();
	server.echo = true;
	assert_int_equal(io_stream_send(client.stream, "hello", 5), 0);
	bench_run(&bench, client_has_hello);
	assert_int_equal(io_stream_mark(server.stream, (struct io_mark){0}), 0);
	assert_int_equal(option_of(server.stream, IPPROTO_IP, IP_TOS), 0);
	assert_int_equal(option_of(server.stream, SOL_SOCKET, SO_PRIORITY), 0);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_echo),
		CASE(test_large),
		CASE(test_queue_full),
		CASE(test_pause),
		CASE(test_close_flushes),
		CASE(test_last_words),
		CASE(test_stop_flushes),
		CASE(test_refused),
		CASE(test_faults),
		CASE(test_table_full),
		CASE(test_unix),
		CASE(test_unix_stale),
		CASE(test_marks),
		CASE(test_marks_taken_back),
		CASE(test_marks_of_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
