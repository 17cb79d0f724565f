/* tests/unit/base/test_pipe.c */
#include "engine/base/pipe.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/cmocka.h"

#include <string.h>

static struct pipe *make(size_t spare, size_t reserve, size_t record_max)
{
	struct pipe *p;

	assert_int_equal(pipe_create(&p, &(struct pipe_conf){.spare_bytes = spare,
							     .reserve_bytes = reserve,
							     .record_max = record_max}),
			 0);
	return p;
}

static void test_write_read(void **state)
{
	struct pipe *p = make(1 << 16, 0, 0);
	const struct pipe_record *r;
	char *room;

	UNUSED(state);
	assert_true(pipe_idle(p));
	assert_null(pipe_read(p));
	assert_true(pipe_write(p, PIPE_DROPPABLE, 7, "abc", 3));
	assert_null(pipe_read(p)); /* not before the flush */
	assert_false(pipe_idle(p));
	assert_false(pipe_flush(p)); /* nobody sleeps */
	r = pipe_read(p);
	assert_non_null(r);
	assert_int_equal(r->kind, 7);
	assert_int_equal(r->len, 3);
	assert_memory_equal(r->data, "abc", 3);
	assert_int_equal((uintptr_t)r->data % 8, 0);
	assert_null(pipe_read(p));
	assert_true(pipe_idle(p));
	/* Begun large, committed small; and an empty one. */
	room = pipe_begin(p, PIPE_DROPPABLE, 8, 1000);
	memcpy(room, "xy", 2);
	pipe_commit(p, 2);
	assert_true(pipe_write(p, PIPE_DROPPABLE, 9, NULL, 0));
	pipe_flush(p);
	assert_int_equal(pipe_read(p)->len, 2);
	r = pipe_read(p);
	assert_int_equal(r->kind, 9);
	assert_int_equal(r->len, 0);
	assert_true(pipe_idle(p));
	pipe_destroy(p);
}

static void test_sleep(void **state)
{
	struct pipe *p = make(1 << 16, 0, 0);

	UNUSED(state);
	assert_true(pipe_sleep(p));
	assert_false(pipe_flush(p)); /* nothing was written: no need to wake */
	assert_true(pipe_write(p, PIPE_DROPPABLE, 1, "a", 1));
	assert_true(pipe_flush(p));
	assert_true(pipe_write(p, PIPE_DROPPABLE, 1, "b", 1));
	assert_false(pipe_flush(p)); /* woken once */
	assert_false(pipe_sleep(p)); /* there is something to read */
	assert_non_null(pipe_read(p));
	assert_non_null(pipe_read(p));
	assert_true(pipe_sleep(p));
	assert_null(pipe_read(p)); /* awake for another reason */
	assert_true(pipe_write(p, PIPE_DROPPABLE, 1, "c", 1));
	assert_false(pipe_flush(p));
	pipe_destroy(p);
}

static void test_reserve(void **state)
{
	enum { LEN = 56, COST = 64, RESERVE = 200000 };
	struct pipe *p = make(100000, RESERVE, 0);
	char data[LEN] = {0};
	uint32_t droppable = 0;
	uint32_t reliable = 0;

	UNUSED(state);
	while (pipe_write(p, PIPE_DROPPABLE, 1, data, LEN)) {
		pipe_flush(p); /* even when each record is flushed alone */
		droppable++;
	}
	assert_true(droppable >= 100000 / COST);
	assert_int_equal(pipe_dropped(p), 1);
	for (; reliable < RESERVE / COST; reliable++) {
		assert_true(pipe_write(p, PIPE_RELIABLE, 2, data, LEN));
		pipe_flush(p);
		assert_false(pipe_write(p, PIPE_DROPPABLE, 1, data, LEN));
	}
	for (const struct pipe_record *r; (r = pipe_read(p));) {
		droppable -= r->kind == 1;
		reliable -= r->kind == 2;
	}
	assert_int_equal(droppable, 0);
	assert_int_equal(reliable, 0);
	assert_true(pipe_idle(p));
	assert_true(pipe_write(p, PIPE_DROPPABLE, 1, data, LEN)); /* blocks came back */
	pipe_destroy(p);
}

/* The producer that was refused hears of room once, when a block has come back. */
static void test_await(void **state)
{
	struct pipe *p = make(40000, 0, 0);
	char data[1000] = {0};
	uint32_t left;

	UNUSED(state);
	assert_true(pipe_await(p, PIPE_DROPPABLE, sizeof(data)));
	assert_true(pipe_has_given(p));
	for (left = 0; pipe_await(p, PIPE_DROPPABLE, sizeof(data)); left++)
		assert_true(pipe_write(p, PIPE_DROPPABLE, 1, data, sizeof(data)));
	assert_false(pipe_has_given(p));
	pipe_flush(p);
	assert_false(pipe_relieve(p)); /* nothing was read */
	for (uint32_t read = 0; read < PIPE_BLOCK / sizeof(data) + 1; read++, left--)
		assert_non_null(pipe_read(p));
	assert_false(pipe_has_given(p)); /* not said yet */
	assert_true(pipe_relieve(p));
	assert_false(pipe_relieve(p));
	assert_true(pipe_has_given(p));
	assert_true(pipe_await(p, PIPE_DROPPABLE, sizeof(data)));
	assert_true(pipe_write(p, PIPE_DROPPABLE, 1, data, sizeof(data)));
	pipe_flush(p);
	for (left++; left; left--)
		assert_non_null(pipe_read(p));
	assert_false(pipe_relieve(p)); /* blocks came back, and nobody waits */
	assert_int_equal(pipe_dropped(p), 0);
	pipe_destroy(p);
}

/* It looks once more after it has asked: what came back just before is not missed. */
static void test_await_in_time(void **state)
{
	struct pipe *p = make(40000, 0, 0);
	char data[1000] = {0};

	UNUSED(state);
	while (pipe_write(p, PIPE_DROPPABLE, 1, data, sizeof(data)))
		pipe_flush(p);
	while (pipe_read(p))
		;
	assert_true(pipe_await(p, PIPE_DROPPABLE, sizeof(data)));
	assert_false(pipe_await(p, PIPE_DROPPABLE, PIPE_BLOCK));
	pipe_destroy(p);
}

static void test_large(void **state)
{
	static char data[128 << 10];
	struct pipe *p = make(1 << 18, 0, sizeof(data));
	const struct pipe_record *r;

	UNUSED(state);
	memset(data, 'x', sizeof(data));
	for (int i = 0; i < 20; i++) {
		assert_true(pipe_write(p, PIPE_DROPPABLE, 1, data, sizeof(data)));
		pipe_flush(p);
		r = pipe_read(p);
		assert_int_equal(r->len, sizeof(data));
		assert_memory_equal(r->data, data, sizeof(data));
	}
	assert_null(pipe_begin(p, PIPE_RELIABLE, 1, sizeof(data) + 1));
	assert_null(pipe_read(p));
	pipe_destroy(p);
}

/* Random sizes, flushes and reads against a model: the guarantee, the order and the contents. */
static void test_model(void **state)
{
	enum { RESERVE = 60000 };
	struct pipe *p = make(40000, RESERVE, 9000);
	static char data[9000];
	struct rng rng;
	uint32_t written = 0, read = 0;
	size_t pending = 0;
	static size_t cost[1 << 16];

	UNUSED(state);
	rng_seed(&rng, 3);
	for (int turn = 0; turn < 20000; turn++) {
		uint32_t len = rng_chance(&rng, 900) ? rng_below(&rng, 300) : rng_below(&rng, 9001);
		bool reliable = rng_chance(&rng, 500);
		size_t bytes = 8 + (len + 7u) / 8 * 8;

		if (reliable && pending + bytes > RESERVE)
			reliable = false;
		memset(data, (int)(written & 127), len);
		if (pipe_write(p, reliable ? PIPE_RELIABLE : PIPE_DROPPABLE, written, data, len)) {
			cost[written % 65536] = reliable ? bytes : 0;
			pending += cost[written++ % 65536];
		} else {
			assert_false(reliable);
		}
		if (rng_chance(&rng, 300))
			pipe_flush(p);
		for (uint32_t n = rng_chance(&rng, 20) ? 100 : rng_below(&rng, 2); n > 0; n--) {
			const struct pipe_record *r = pipe_read(p);

			if (!r)
				break;
			assert_int_equal(r->kind, read);
			if (r->len)
				assert_int_equal(r->data[r->len - 1], read & 127);
			pending -= cost[read++ % 65536];
		}
	}
	pipe_flush(p);
	while (pipe_read(p))
		read++;
	assert_int_equal(read, written);
	assert_true(pipe_dropped(p) > 0);
	pipe_destroy(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write_read),    cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_reserve),	      cmocka_unit_test(test_large),
		cmocka_unit_test(test_model),	      cmocka_unit_test(test_await),
		cmocka_unit_test(test_await_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
