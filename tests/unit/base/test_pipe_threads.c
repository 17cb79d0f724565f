/* tests/unit/base/test_pipe_threads.c - a pipe between two real threads, with the sleep and wake
 * protocol; meant for TSan. A lost wake-up makes the consumer wait for ever (and ctest time out). */
#include "engine/base/pipe.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#define RECORDS 20000u

struct shared {
	struct pipe *pipe;
	_Atomic uint32_t bell; /* the wake-up: set by the producer, taken by the consumer */
	_Atomic uint32_t back; /* the one of a producer that waits for room */
	uint32_t rung;
	uint32_t declared; /* times the consumer was about to sleep, whether or not it did */
};

static void *produce(void *arg)
{
	struct shared *s = arg;
	char data[200];

	for (uint32_t i = 0; i < RECORDS;) {
		uint32_t len = i % sizeof(data);

		memset(data, (int)(i & 127), len);
		if (pipe_write(s->pipe, PIPE_RELIABLE, i, data, len))
			i++;
		else
			sched_yield();
		if (i % 3 && pipe_flush(s->pipe)) {
			s->rung++;
			atomic_store_explicit(&s->bell, 1, memory_order_release);
		}
	}
	if (pipe_flush(s->pipe))
		atomic_store_explicit(&s->bell, 1, memory_order_release);
	return NULL;
}

static void ring(_Atomic uint32_t *bell)
{
	atomic_store_explicit(bell, 1, memory_order_release);
}

static void wait_for(_Atomic uint32_t *bell)
{
	while (!atomic_exchange_explicit(bell, 0, memory_order_acquire))
		sched_yield();
}

static void test_threads(void **state)
{
	struct shared s = {0};
	pthread_t thread;
	uint32_t next = 0;

	UNUSED(state);
	assert_int_equal(pipe_create(&s.pipe, &(struct pipe_conf){.reserve_bytes = 50000}), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce, &s), 0);
	while (next < RECORDS) {
		const struct pipe_record *r = pipe_read(s.pipe);

		if (!r) {
			s.declared++;
			if (pipe_sleep(s.pipe))
				wait_for(&s.bell);
			continue;
		}
		assert_int_equal(r->kind, next);
		assert_int_equal(r->len, next % 200);
		if (r->len)
			assert_int_equal(r->data[r->len - 1], next & 127);
		next++;
	}
	pthread_join(thread, NULL);
	assert_null(pipe_read(s.pipe));
	assert_true(pipe_idle(s.pipe));
	assert_true(s.rung <= s.declared);
	pipe_destroy(s.pipe);
}

/* A producer that waits for room and does nothing else: a lost wake-up would end it. */
static void *produce_all(void *arg)
{
	struct shared *s = arg;
	char data[200] = {0};

	for (uint32_t i = 0; i < RECORDS; i++) {
		while (!pipe_await(s->pipe, PIPE_DROPPABLE, sizeof(data))) {
			if (pipe_flush(s->pipe))
				ring(&s->bell);
			while (!pipe_has_given(s->pipe))
				wait_for(&s->back);
		}
		check(pipe_write(s->pipe, PIPE_DROPPABLE, i, data, sizeof(data)));
	}
	if (pipe_flush(s->pipe))
		ring(&s->bell);
	return NULL;
}

static void test_await(void **state)
{
	struct shared s = {0};
	pthread_t thread;
	uint32_t next = 0;

	UNUSED(state);
	assert_int_equal(pipe_create(&s.pipe, &(struct pipe_conf){.spare_bytes = 20000}), 0);
	assert_int_equal(pthread_create(&thread, NULL, produce_all, &s), 0);
	while (next < RECORDS) {
		const struct pipe_record *r;

		for (; (r = pipe_read(s.pipe)); next++)
			assert_int_equal(r->kind, next);
		if (pipe_relieve(s.pipe))
			ring(&s.back);
		if (next < RECORDS && pipe_sleep(s.pipe))
			wait_for(&s.bell);
	}
	pthread_join(thread, NULL);
	assert_int_equal(pipe_dropped(s.pipe), 0);
	pipe_destroy(s.pipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads),
					   cmocka_unit_test(test_await)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
