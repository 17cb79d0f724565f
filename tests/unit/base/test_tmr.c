/* tests/unit/base/test_tmr.c */
#include "engine/base/tmr.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/cmocka.h"

#include <string.h>

#define BUDGET 1000000u

struct probe {
	struct tmr tmr;
	int id;
	uint32_t fired;
};

static struct tmr_wheel *wheel;
static struct probe probes[5000];
static int fired_ids[20000];
static uint32_t fired_count;
static int64_t now;

static void on_fire(struct tmr *t, void *arg)
{
	struct probe *p = arg;

	assert_ptr_equal(t, &p->tmr);
	assert_false(tmr_is_started(t));
	assert_true(t->due_ns <= now); /* never early */
	p->fired++;
	fired_ids[fired_count++ % ARRAY_COUNT(fired_ids)] = p->id;
}

static int setup(void **state)
{
	UNUSED(state);
	now = 5 * TMR_SECOND + 300;
	fired_count = 0;
	assert_int_equal(tmr_wheel_create(&wheel, now), 0);
	for (int i = 0; i < (int)ARRAY_COUNT(probes); i++) {
		probes[i] = (struct probe){.id = i};
		tmr_init(&probes[i].tmr, wheel, on_fire, &probes[i]);
	}
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	tmr_wheel_destroy(wheel);
	return 0;
}

static uint32_t run_at(int64_t at)
{
	now = at;
	return tmr_wheel_run(wheel, now, BUDGET);
}

static void test_one(void **state)
{
	int64_t due = now + 10 * TMR_MS;

	UNUSED(state);
	assert_true(tmr_wheel_next(wheel) == TMR_NEVER);
	tmr_start(&probes[0].tmr, due);
	assert_true(tmr_is_started(&probes[0].tmr));
	assert_int_equal(tmr_wheel_count(wheel), 1);
	assert_int_equal(run_at(due - 1), 0);
	assert_int_equal(run_at(due + TMR_MS), 1);
	assert_int_equal(run_at(due + TMR_SECOND), 0);
	assert_int_equal(tmr_wheel_count(wheel), 0);
	tmr_start(&probes[0].tmr, now + TMR_SECOND);
	tmr_stop(&probes[0].tmr);
	tmr_stop(&probes[0].tmr);
	assert_true(tmr_wheel_next(wheel) == TMR_NEVER);
	assert_int_equal(run_at(now + 2 * TMR_SECOND), 0);
}

static void test_rounded_up(void **state)
{
	UNUSED(state);
	tmr_start(&probes[0].tmr, 6 * TMR_SECOND);
	tmr_start(&probes[1].tmr, 6 * TMR_SECOND + 1);
	assert_int_equal(run_at(6 * TMR_SECOND - 1), 0);
	assert_int_equal(run_at(6 * TMR_SECOND), 1);
	assert_int_equal(run_at(6 * TMR_SECOND + TMR_MS - 1), 0);
	assert_int_equal(run_at(6 * TMR_SECOND + TMR_MS), 1);
}

static void test_past(void **state)
{
	UNUSED(state);
	run_at(now + TMR_SECOND);
	tmr_start(&probes[0].tmr, now - TMR_SECOND);
	tmr_start(&probes[1].tmr, -5);
	assert_true(tmr_wheel_next(wheel) <= now - TMR_SECOND);
	assert_int_equal(run_at(now), 2);
	assert_int_equal(fired_ids[0], 0);
}

/* Every distance fires in its own millisecond, also across the edges of the levels. */
static void test_distances(void **state)
{
	static const int64_t distances[] = {
		1,	    2,		100,	    254,	 255,	   256,	     257,
		511,	    512,	513,	    1000,	 65535,	   65536,    65537,
		66000,	    131071,	131072,	    16777215,	 16777216, 16777217, 40000000,
		4294967295, 4294967296, 4294967297, 10000000000,
	};

	UNUSED(state);
	for (int from = 0; from < 3; from++) {
		int64_t start = (now / TMR_MS + from * 255) * TMR_MS;

		run_at(start);
		fired_count = 0;
		for (int i = 0; i < (int)ARRAY_COUNT(distances); i++)
			tmr_start(&probes[i].tmr, start + distances[i] * TMR_MS);
		for (int i = 0; i < (int)ARRAY_COUNT(distances); i++) {
			int64_t due = start + distances[i] * TMR_MS;

			/* Follow the wheel's own advice: never late, and soon there. */
			for (int steps = 0;; steps++) {
				int64_t next = tmr_wheel_next(wheel);

				assert_true(next <= due);
				assert_true(steps < 10);
				if (run_at(next))
					break;
			}
			assert_true(now == due);
			assert_int_equal(fired_count, i + 1);
			assert_int_equal(fired_ids[i], i);
		}
	}
}

static void test_order_within_ms(void **state)
{
	int64_t due = (now / TMR_MS + 70000) * TMR_MS;

	UNUSED(state);
	/* Started from far away, from near and from very near: one list, in order of start. */
	tmr_start(&probes[0].tmr, due);
	tmr_start(&probes[1].tmr, due - 5);
	run_at(due - 300 * TMR_MS);
	tmr_start(&probes[2].tmr, due);
	run_at(due - 10 * TMR_MS);
	tmr_start(&probes[3].tmr, due);
	tmr_start(&probes[1].tmr, due - 1); /* moved: now the last */
	assert_int_equal(run_at(due + TMR_SECOND), 4);
	assert_int_equal(fired_ids[0], 0);
	assert_int_equal(fired_ids[1], 2);
	assert_int_equal(fired_ids[2], 3);
	assert_int_equal(fired_ids[3], 1);
}

static void test_budget(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 10; i++)
		tmr_start(&probes[i].tmr, now + (1 + i / 5) * TMR_MS);
	now += TMR_SECOND;
	assert_int_equal(tmr_wheel_run(wheel, now, 3), 3);
	assert_true(tmr_wheel_next(wheel) <= now);
	tmr_stop(&probes[3].tmr); /* taken out, not fired yet */
	tmr_start(&probes[4].tmr, now + TMR_SECOND);
	assert_int_equal(tmr_wheel_run(wheel, now, 0), 0);
	assert_int_equal(tmr_wheel_run(wheel, now, 4), 4);
	assert_int_equal(tmr_wheel_run(wheel, now, 4), 1);
	assert_int_equal(tmr_wheel_count(wheel), 1);
	for (int i = 0; i < 10; i++)
		assert_int_equal(probes[i].fired, i != 3 && i != 4);
}

static void fire_and_meddle(struct tmr *t, void *arg)
{
	on_fire(t, arg);
	tmr_stop(&probes[1].tmr);		 /* due in this very run */
	tmr_start(&probes[2].tmr, now + TMR_MS); /* due in this run, now later */
	tmr_start(&probes[3].tmr, now - TMR_MS); /* late: next run */
	tmr_start(&probes[0].tmr, 0);		 /* itself, late: must not run for ever */
}

static void test_handlers_meddle(void **state)
{
	UNUSED(state);
	tmr_init(&probes[0].tmr, wheel, fire_and_meddle, &probes[0]);
	for (int i = 0; i < 3; i++)
		tmr_start(&probes[i].tmr, now + TMR_MS);
	assert_int_equal(run_at(now + 2 * TMR_MS), 1);
	assert_int_equal(tmr_wheel_count(wheel), 3);
	assert_int_equal(run_at(now), 2); /* 3 and 0 */
	assert_int_equal(probes[1].fired, 0);
	assert_int_equal(probes[3].fired, 1);
}

/* Against the obvious model: every timer fires at the first run at or after its millisecond. */
static void test_model(void **state)
{
	struct rng rng;
	int64_t last = now;

	UNUSED(state);
	rng_seed(&rng, 1);
	for (int turn = 0; turn < 3000; turn++) {
		uint32_t expect = 0;
		int64_t earliest = TMR_NEVER;

		for (int n = 0; n < 5; n++) {
			struct probe *p = &probes[rng_below(&rng, 300)];
			uint32_t spread = rng_chance(&rng, 100) ? 200000000u : 400u;

			if (rng_chance(&rng, 200))
				tmr_stop(&p->tmr);
			else
				tmr_start(&p->tmr, now + rng_below(&rng, spread) * INT64_C(100000));
		}
		for (int i = 0; i < 300; i++)
			if (tmr_is_started(&probes[i].tmr) && probes[i].tmr.due_ns < earliest)
				earliest = probes[i].tmr.due_ns;
		if (earliest != TMR_NEVER)
			assert_true(tmr_wheel_next(wheel) <= (earliest / TMR_MS + 1) * TMR_MS);
		last = now;
		now += rng_chance(&rng, 20) ? rng_below(&rng, 1000000) * TMR_MS
					    : rng_below(&rng, 20) * (TMR_MS / 3);
		for (int i = 0; i < 300; i++) {
			int64_t ms = (probes[i].tmr.due_ns + TMR_MS - 1) / TMR_MS;

			expect += tmr_is_started(&probes[i].tmr) && ms <= now / TMR_MS;
		}
		assert_int_equal(tmr_wheel_run(wheel, now, BUDGET), expect);
		assert_true(now >= last);
	}
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_one),
		CASE(test_rounded_up),
		CASE(test_past),
		CASE(test_distances),
		CASE(test_order_within_ms),
		CASE(test_budget),
		CASE(test_handlers_meddle),
		CASE(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
