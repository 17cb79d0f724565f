/* tests/unit/io/test_io_faults.c - one small life of a loop, with the n-th operation of each kind
 * failing, for every n: it ends, and no descriptor is left over. */
#include "tests/unit/io/io_bench.h"

#include <dirent.h>
#include <unistd.h>

#define TURNS_AFTER 3 /* turns that the loop still makes after the fault */

struct life {
	struct bench bench;
	struct io_udp *left, *right;
	struct io_listener *listener;
	struct io_stream *client, *server;
	uint32_t packets, octets, closed, turns_left;
};

static struct life life;

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void on_packet(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		      size_t len)
{
	struct life *l = arg;

	if (u == l->right)
		(void)io_udp_send(u, from, data, len);
	else
		l->packets++;
}

static void on_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct life *l = arg;

	if (s == l->server)
		(void)io_stream_send(s, data, len);
	else
		l->octets += (uint32_t)len;
}

static void on_closed(void *arg, struct io_stream *s, int error)
{
	struct life *l = arg;

	UNUSED(error);
	l->closed++;
	if (s == l->server)
		l->server = NULL;
	else
		l->client = NULL;
	io_stream_close(s, true);
}

static const struct io_stream_handler handler = {.data = on_data, .closed = on_closed};

static void on_accept(void *arg, struct io_stream *s, const struct addr *peer)
{
	struct life *l = arg;

	UNUSED(peer);
	l->server = s;
	io_stream_set_handler(s, &handler, l);
}

static int open_all(struct life *l)
{
	struct io_udp_conf conf = {.local = bench_loopback(0)};
	struct addr any = bench_loopback(0);
	int err = io_udp_open(l->bench.io, &l->left, &conf, on_packet, l);

	if (!err)
		err = io_udp_open(l->bench.io, &l->right, &conf, on_packet, l);
	if (!err)
		err = io_listen_tcp(l->bench.io, &l->listener, &any, on_accept, l);
	if (!err)
		err = io_connect_tcp(l->bench.io, &l->client, io_listener_local(l->listener),
				     &handler, l);
	if (!err)
		err = io_stream_send(l->client, "hello", 5);
	if (!err)
		err = io_udp_send(l->left, io_udp_local(l->right), "hello", 5);
	return err;
}

static bool lived(struct bench *b)
{
	struct life *l = (struct life *)b; /* its first member */

	if (b->fail_seen > b->fail_skip)
		return l->turns_left-- == 0;
	return l->packets == 1 && l->octets == 5;
}

/* True if the fault came at all. */
static bool live_with(enum io_op op, uint32_t skip)
{
	memset(&life, 0, sizeof(life));
	bench_open(&life.bench, 16);
	life.turns_left = TURNS_AFTER;
	life.bench.fail_op = op;
	life.bench.fail_error = -ENOMEM;
	life.bench.fail_skip = skip;
	if (open_all(&life) == 0)
		bench_run(&life.bench, lived);
	io_destroy(life.bench.io);
	return life.bench.fail_seen > skip;
}

static void test_every_fault(void **state)
{
	static const enum io_op ops[] = {IO_OP_UDP_OPEN,    IO_OP_UDP_SEND,   IO_OP_UDP_RECV,
					 IO_OP_LISTEN,	    IO_OP_ACCEPT,     IO_OP_CONNECT,
					 IO_OP_STREAM_SEND, IO_OP_STREAM_RECV};
	int before = count_descriptors();

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(ops); i++) {
		uint32_t n = 0;

		while (live_with(ops[i], n))
			assert_true(n++ < 100);
		assert_true(n > 0); /* each kind is part of the life */
		assert_int_equal(count_descriptors(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_fault)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
