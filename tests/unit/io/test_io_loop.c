/* tests/unit/io/test_io_loop.c - turns, deadlines, waking and stopping. */
#include "tests/unit/io/io_bench.h"

#include "engine/base/ring.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static void test_probe(void **state)
{
	char buf[512];
	struct sink text = sink_make(buf, sizeof(buf));

	UNUSED(state);
	if (io_probe(&text) != 0)
		fail_msg("%s", sink_cstr(&text));
	assert_true(text.len > 0);
	assert_false(text.over);
}

static int turns;

static bool three_turns(struct bench *b)
{
	UNUSED(b);
	return ++turns == 3;
}

static void test_turns_and_again(void **state)
{
	struct bench b;

	UNUSED(state);
	bench_open(&b, 0);
	for (int run = 0; run < 3; run++) {
		turns = 0;
		bench_run(&b, three_turns);
		assert_int_equal(turns, 3);
	}
	assert_int_equal(metric_get(&b.metrics, METRIC_io_turns), 9);
	io_stop(b.io); /* before it runs: not even one turn */
	turns = 0;
	bench_run(&b, three_turns);
	assert_int_equal(turns, 0);
	io_destroy(b.io);
}

struct pacer {
	struct io *io;
	int64_t due_ns;
	uint32_t count;
	uint32_t early;
};

static int64_t pace(void *owner, int64_t now_ns)
{
	struct pacer *p = owner;

	assert_true(io_now_ns(p->io) == now_ns);
	assert_true(io_clock_ns(p->io) >= now_ns);
	if (now_ns < p->due_ns) {
		p->early++;
		return p->due_ns;
	}
	if (++p->count == 20)
		io_stop(p->io);
	p->due_ns = now_ns + TMR_MS / 2;
	return p->due_ns;
}

static void test_deadlines(void **state)
{
	struct pacer p = {0};
	int64_t began;
	struct bench b;

	UNUSED(state);
	bench_open(&b, 0);
	p.io = b.io;
	began = io_clock_ns(b.io);
	assert_int_equal(io_run(b.io, pace, &p), 0);
	assert_true(io_clock_ns(b.io) - began >= 19 * TMR_MS / 2); /* it did wait */
	assert_true(p.early <= 5);				   /* and not by spinning */
	io_destroy(b.io);
}

/* ---- two threads: a queue and a bell ---- */

#define ITEMS 20000u

struct worker {
	struct io *io;
	struct metrics metrics;
	struct ring *ring;
	uint32_t taken;
	uint64_t sum;
	_Atomic uint32_t done;
};

static int64_t work(void *owner, int64_t now_ns)
{
	struct worker *w = owner;
	void *item;

	UNUSED(now_ns);
	while (ring_pop_mpsc(w->ring, &item)) {
		w->sum += *(uint32_t *)item;
		if (++w->taken == ITEMS)
			atomic_store(&w->done, 1);
	}
	return TMR_NEVER; /* a lost wake-up would be the end */
}

static void test_wake(void **state)
{
	static struct worker w;
	static uint32_t items[ITEMS];
	struct io_conf conf = {.name = "worker", .metrics = &w.metrics, .cpu = 0};
	uint64_t sum = 0;

	UNUSED(state);
	assert_int_equal(ring_create(&w.ring, 64), 0);
	assert_int_equal(io_create(&w.io, &conf), 0);
	assert_int_equal(io_start(w.io, work, &w), 0);
	for (uint32_t i = 0; i < ITEMS; i++) {
		items[i] = i;
		sum += i;
		while (!ring_push_mpsc(w.ring, &items[i]))
			sched_yield();
		io_wake(w.io);
		if (i % 1000 == 0)
			while (ring_count(w.ring))
				sched_yield(); /* let it fall asleep now and then */
	}
	while (!atomic_load(&w.done))
		sched_yield();
	io_stop(w.io);
	io_join(w.io);
	assert_int_equal(w.taken, ITEMS);
	assert_true(w.sum == sum);
	io_destroy(w.io);
	ring_destroy(w.ring);
}

static void test_create_fault(void **state)
{
	struct bench b = {.fail_op = IO_OP_CREATE, .fail_error = -ENOMEM};
	struct io_conf conf = {.name = "test",
			       .metrics = &b.metrics,
			       .cpu = -1,
			       .fail = bench_fail,
			       .fail_arg = &b};
	struct io *io = NULL;

	UNUSED(state);
	assert_int_equal(io_create(&io, &conf), -ENOMEM);
	assert_null(io);
}

static void test_clocks_and_chance(void **state)
{
	uint8_t one[32] = {0}, other[32] = {0};
	char name[256];
	struct bench b;
	struct tm tm;

	UNUSED(state);
	bench_open(&b, 0);
	assert_true(io_wall_ns(b.io) > INT64_C(1600000000) * TMR_SECOND);
	io_local_time(b.io, io_wall_ns(b.io), &tm);
	assert_true(tm.tm_year > 100);
	io_random(b.io, one, sizeof(one));
	io_random(b.io, other, sizeof(other));
	assert_memory_not_equal(one, other, sizeof(one));
	assert_true(io_pid(b.io) > 0);
	io_host_name(b.io, name, sizeof(name));
	assert_true(strlen(name) > 0);
	io_destroy(b.io);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe),	     cmocka_unit_test(test_turns_and_again),
		cmocka_unit_test(test_deadlines),    cmocka_unit_test(test_wake),
		cmocka_unit_test(test_create_fault), cmocka_unit_test(test_clocks_and_chance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
