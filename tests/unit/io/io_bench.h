/* tests/unit/io/io_bench.h - a loop for tests of the kernel backend.
 *
 * bench_run runs the loop in the calling thread until done() says so; a test that gets stuck fails
 * after a minute. Nothing sleeps: all waiting is the loop's own. */
#ifndef RINGER_TESTS_UNIT_IO_IO_BENCH_H
#define RINGER_TESTS_UNIT_IO_IO_BENCH_H

#include "engine/base/check.h"
#include "engine/base/sink.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <string.h>

#define BENCH_LIMIT_NS (60 * TMR_SECOND) /* a sanitizer on a busy machine */

struct bench {
	struct io *io;
	struct metrics metrics;
	bool (*done)(struct bench *b); /* called each turn */
	int64_t end_ns;
	bool stuck;
	enum io_op fail_op; /* fails this operation ... */
	int fail_error;	    /* ... with this, 0: none ... */
	uint32_t fail_skip; /* ... after so many */
	uint32_t fail_seen;
};

static inline int bench_fail(void *arg, enum io_op op)
{
	struct bench *b = arg;

	if (!b->fail_error || op != b->fail_op || b->fail_seen++ < b->fail_skip)
		return 0;
	return b->fail_error;
}

static inline int64_t bench_turn(void *owner, int64_t now_ns)
{
	struct bench *b = owner;

	b->stuck = now_ns > b->end_ns;
	if (b->done(b) || b->stuck)
		io_stop(b->io);
	return now_ns + 100 * TMR_MS;
}

static inline void bench_open(struct bench *b, uint32_t buffers)
{
	struct io_conf conf = {.name = "test",
			       .metrics = &b->metrics,
			       .udp_max = 300,
			       .stream_max = 16,
			       .big_buffers = buffers,
			       .small_buffers = buffers,
			       .stream_out_max = 1 << 20,
			       .cpu = -1,
			       .fail = bench_fail,
			       .fail_arg = b};

	memset(b, 0, sizeof(*b));
	assert_int_equal(io_create(&b->io, &conf), 0);
}

static inline void bench_run(struct bench *b, bool (*done)(struct bench *b))
{
	b->done = done;
	b->end_ns = io_clock_ns(b->io) + BENCH_LIMIT_NS;
	assert_int_equal(io_run(b->io, bench_turn, b), 0);
	assert_false(b->stuck);
}

static inline struct addr bench_loopback(uint16_t port)
{
	struct addr a = {0};

	assert_true(addr_parse(&a, SLICE_LIT("127.0.0.1"), port));
	return a;
}

#endif
