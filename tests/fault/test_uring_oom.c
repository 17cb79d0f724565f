/* tests/fault/test_uring_oom.c - the kernel's side of the seam without memory: each allocation of a
 * loop's life fails once, and what liburing and the kernel may refuse does. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"
#include "tests/fault/oom.h"
#include "tests/unit/cmocka.h"

#include <dirent.h>
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LIFE_LIMIT_NS (60 * TMR_SECOND)
#define TURNS_AFTER   20 /* turns that the loop still makes after the fault */

/* ---- more points: each gives what it gives when memory runs out ---- */

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
				      struct io_uring_params *params);
int __real_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
				      unsigned flags);
int __real_io_uring_submit(struct io_uring *ring);
int __real_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
					    unsigned want, struct __kernel_timespec *ts,
					    sigset_t *mask);
int __real_eventfd(unsigned count, int flags);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
				      struct io_uring_params *params);
int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
				      unsigned flags);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
					    unsigned want, struct __kernel_timespec *ts,
					    sigset_t *mask);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg);

int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
				      struct io_uring_params *params)
{
	return oom_fails() ? -ENOMEM : __real_io_uring_queue_init_params(entries, ring, params);
}

int __wrap_io_uring_register_buf_ring(struct io_uring *ring, struct io_uring_buf_reg *reg,
				      unsigned flags)
{
	return oom_fails() ? -ENOMEM : __real_io_uring_register_buf_ring(ring, reg, flags);
}

int __wrap_io_uring_submit(struct io_uring *ring)
{
	return oom_fails() ? -EAGAIN : __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
					    unsigned want, struct __kernel_timespec *ts,
					    sigset_t *mask)
{
	return oom_fails() ? -EAGAIN
			   : __real_io_uring_submit_and_wait_timeout(ring, cqe, want, ts, mask);
}

int __wrap_eventfd(unsigned count, int flags)
{
	return oom_fails() ? -1 : __real_eventfd(count, flags);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
			  void *arg)
{
	return oom_fails() ? EAGAIN : __real_pthread_create(thread, attr, fn, arg);
}

/* ---- one small life ---- */

struct life {
	struct metrics metrics;
	struct io *io;
	struct io_udp *left, *right;
	struct io_listener *listener;
	struct io_stream *client, *server;
	struct io_watch *watch;
	uint32_t packets, octets, turns_left;
	int64_t end_ns;
	bool stuck;
};

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

static void on_change(void *arg, enum io_watch_kind kind, const char *name)
{
	UNUSED(arg);
	UNUSED(kind);
	UNUSED(name);
}

static int64_t turn(void *arg, int64_t now_ns)
{
	struct life *l = arg;
	bool done = l->packets == 1 && l->octets == 5;

	l->stuck = now_ns > l->end_ns;
	if (done || l->stuck || (oom_has_failed() && l->turns_left-- == 0))
		io_stop(l->io);
	return now_ns + TMR_MS;
}

static int life_open(struct life *l)
{
	struct io_udp_conf conf = {0};
	struct addr any = {0};
	int err;

	assert_true(addr_parse(&any, SLICE_LIT("127.0.0.1"), 0));
	conf.local = any;
	err = io_udp_open(l->io, &l->left, &conf, on_packet, l);
	if (!err)
		err = io_udp_open(l->io, &l->right, &conf, on_packet, l);
	if (!err)
		err = io_listen_tcp(l->io, &l->listener, &any, on_accept, l);
	if (!err)
		err = io_connect_tcp(l->io, &l->client, io_listener_local(l->listener), &handler,
				     l);
	if (!err)
		err = io_watch_open(l->io, &l->watch, "/tmp", on_change, l);
	if (!err)
		err = io_stream_send(l->client, "hello", 5);
	if (!err)
		err = io_udp_send(l->left, io_udp_local(l->right), "hello", 5);
	return err;
}

/* Through a thread of its own, so that this can fail as well. */
static int life_run(struct life *l)
{
	int err;

	l->end_ns = io_clock_ns(l->io) + LIFE_LIMIT_NS;
	l->turns_left = TURNS_AFTER;
	err = io_start(l->io, turn, l);
	if (!err)
		io_join(l->io);
	return err;
}

static int run_life(struct oom_case *c)
{
	struct life l = {0};
	struct io_conf conf = {.name = "fault",
			       .metrics = &l.metrics,
			       .udp_max = 8,
			       .stream_max = 8,
			       .big_buffers = 16,
			       .small_buffers = 16,
			       .stream_out_max = 1 << 16,
			       .cpu = -1};
	int err;

	oom_arm(c->mode, c->nth);
	err = io_create(&l.io, &conf);
	if (!err) {
		err = life_open(&l);
		if (!err)
			err = life_run(&l);
		io_destroy(l.io);
	}
	oom_disarm(&c->failed);
	assert_false(l.stuck);
	if (!c->failed)
		assert_int_equal(l.packets, 1);
	return err;
}

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

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void test_life(void **state)
{
	struct oom_case c = {.name = "life of a loop", .run = run_life, .survives = true};
	int before;

	UNUSED(state);
	log_set_writer(log_nothing, NULL);
	assert_int_equal(run_life(&c), 0);
	before = count_descriptors();
	assert_true(oom_exhaust(&c) > 20);
	assert_int_equal(count_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_life)};

	return cmocka_run_group_tests_name("uring oom", tests, NULL, NULL);
}
