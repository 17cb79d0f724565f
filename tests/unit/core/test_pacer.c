/* tests/unit/core/test_pacer.c - the guarantee of pacer.h, measured over every window. */
#include "engine/core/pacer.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/cmocka.h"

#include <errno.h>

#define SECOND INT64_C(1000000000)
#define MS     INT64_C(1000000)

static void test_conf(void **state)
{
	static const struct {
		struct pacer_conf conf;
		int result;
	} rows[] = {
		{{0}, 0},
		{{.cps_max = 10, .burst_max = 1}, 0},
		{{.cps_max = 10}, -EINVAL}, /* a rate without a burst starts nothing */
		{{.cps_max = PACER_CPS_MAX, .burst_max = 5}, 0},
		{{.cps_max = PACER_CPS_MAX + 1, .burst_max = 5}, -EINVAL},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(pacer_conf_check(&rows[i].conf), rows[i].result);
}

static void test_unlimited(void **state)
{
	struct pacer_conf conf = {0};
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	assert_int_equal(pacer_grant(&p, 0, 1000000), 1000000);
	assert_int_equal(pacer_next_ns(&p, 5), 5);
}

static void test_rate_and_burst(void **state)
{
	struct pacer_conf conf = {.cps_max = 10, .burst_max = 3};
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	assert_int_equal(pacer_grant(&p, SECOND, 100), 3);
	assert_int_equal(pacer_grant(&p, SECOND, 100), 0);
	assert_int_equal(pacer_next_ns(&p, SECOND), SECOND + 100 * MS);
	assert_int_equal(pacer_grant(&p, SECOND + 100 * MS - 1, 1), 0);
	assert_int_equal(pacer_grant(&p, SECOND + 100 * MS, 100), 1);
	/* a long rest gives back no more than the burst */
	assert_int_equal(pacer_grant(&p, 60 * SECOND, 100), 3);
}

/* starts[from..to) in any window of t seconds <= cps * t + burst */
static void check_windows(const int64_t *starts, size_t count, uint32_t cps, uint32_t burst)
{
	for (size_t from = 0; from < count; from++) {
		for (size_t to = from; to < count; to++) {
			double t = (double)(starts[to] - starts[from]) / 1e9;

			assert_true((double)(to - from + 1) <=
				    (double)cps * t + (double)burst + 1e-6);
		}
	}
}

static void test_windows(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct rng rng;
		struct pacer p;
		int64_t starts[400], now = 0;
		size_t count = 0;
		struct pacer_conf conf;

		rng_seed(&rng, seed);
		conf = (struct pacer_conf){.cps_max = 1 + rng_below(&rng, 200),
					   .burst_max = 1 + rng_below(&rng, 20)};
		pacer_init(&p, &conf);
		while (count < ARRAY_COUNT(starts)) {
			uint32_t got;

			now += rng_chance(&rng, 100) ? rng_below(&rng, 2000000000)
						     : rng_below(&rng, 20000000);
			got = pacer_grant(&p, now, 1 + rng_below(&rng, 30));
			while (got-- > 0 && count < ARRAY_COUNT(starts))
				starts[count++] = now;
		}
		check_windows(starts, count, conf.cps_max, conf.burst_max);
	}
}

/* Asked at the instants that it names itself, it gives the full rate. */
static void test_reaches_the_rate(void **state)
{
	struct pacer_conf conf = {.cps_max = 300, .burst_max = 1};
	struct pacer p;
	int64_t now = 0;
	uint32_t got = 0;

	UNUSED(state);
	pacer_init(&p, &conf);
	while (now < 10 * SECOND) {
		got += pacer_grant(&p, now, 100);
		assert_true(pacer_next_ns(&p, now) > now);
		now = pacer_next_ns(&p, now);
	}
	assert_in_range(got, 2999, 3001);
}

static void test_limits(void **state)
{
	struct pacer_conf conf = {.inflight_max = 2, .channel_max = 3};
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	assert_int_equal(pacer_grant(&p, 0, 10), 2);
	assert_int_equal(pacer_grant(&p, 0, 10), 0);
	assert_int_equal(pacer_next_ns(&p, 0), INT64_MAX);
	pacer_dialed(&p);
	assert_int_equal(pacer_grant(&p, 0, 10), 1);
	pacer_dialed(&p);
	pacer_dialed(&p);
	assert_int_equal(pacer_grant(&p, 0, 10), 0); /* three channels are up */
	pacer_ended(&p);
	assert_int_equal(pacer_grant(&p, 0, 10), 1);
}

/* ---- a far end without room ---- */

static uint32_t starts_in_a_second(struct pacer *p, int64_t from)
{
	uint32_t count = 0;

	for (int64_t now = from; now < from + SECOND; now += MS)
		count += pacer_grant(p, now, 100);
	return count;
}

/* Five refusals of ten halve the rate, again and again, but not below one a second; ten seconds
 * without that double it. */
static void test_refused(void **state)
{
	struct pacer_conf conf = {.cps_max = 40, .burst_max = 1};
	int64_t now = SECOND;
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	for (int i = 0; i < 40; i++) /* four of ten are nothing */
		assert_false(pacer_heard(&p, now, i % 10 < 4));
	assert_int_equal(starts_in_a_second(&p, now), 40);
	pacer_set_conf(&p, &conf, now);
	for (uint32_t cps = 20; cps; cps /= 2) {
		now += SECOND;
		for (int i = 0; i < PACER_STORM; i++)
			assert_int_equal(pacer_heard(&p, now, true), i == PACER_STORM - 1);
		assert_int_equal(p.cps, cps);
		assert_in_range(starts_in_a_second(&p, now), cps - (cps > 1), cps + 1);
	}
	for (int i = 0; i < 50; i++)
		assert_false(pacer_heard(&p, now, true)); /* one a second it stays */
	now += PACER_CALM_NS - 2 * SECOND;
	assert_in_range(starts_in_a_second(&p, now), 0, 1);
	now += 2 * SECOND;
	assert_in_range(starts_in_a_second(&p, now), 1, 2);
	now += 2 * PACER_CALM_NS;
	assert_in_range(starts_in_a_second(&p, now), 7, 9);
	now += 10 * PACER_CALM_NS;
	assert_in_range(starts_in_a_second(&p, now), 40, 41);
}

static void test_refused_without_a_rate(void **state)
{
	struct pacer_conf conf = {0};
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	for (int i = 0; i < 20; i++)
		assert_false(pacer_heard(&p, SECOND, true));
	assert_int_equal(pacer_grant(&p, SECOND, 1000), 1000);
	conf = (struct pacer_conf){.cps_max = 10, .burst_max = 1, .keeps_rate = true};
	pacer_set_conf(&p, &conf, SECOND);
	for (int i = 0; i < 20; i++)
		assert_false(pacer_heard(&p, SECOND, true));
	assert_in_range(starts_in_a_second(&p, SECOND), 10, 11);
}

/* Late refusals that halve each calm away do not pile up waiting time: a full burst at the lowest
 * rate is the longest wait. */
static void test_refused_after_a_burst(void **state)
{
	struct pacer_conf conf = {.cps_max = 2, .burst_max = 60};
	int64_t now = SECOND;
	struct pacer p;

	UNUSED(state);
	pacer_init(&p, &conf);
	assert_int_equal(pacer_grant(&p, now, 100), 60);
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < PACER_STORM; i++)
			assert_int_equal(pacer_heard(&p, now, true), i == PACER_STORM - 1);
		assert_in_range(pacer_next_ns(&p, now), now, now + SECOND);
		now += PACER_CALM_NS;
	}
	assert_in_range(pacer_grant(&p, now + 60 * SECOND, 100), 60, 60);
}

/* The guarantee holds whatever the far end says in between. */
static void test_windows_with_refusals(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 50; seed++) {
		int64_t starts[400], now = SECOND;
		struct pacer_conf conf;
		size_t count = 0;
		struct rng rng;
		struct pacer p;

		rng_seed(&rng, seed);
		conf = (struct pacer_conf){.cps_max = 1 + rng_below(&rng, 60),
					   .burst_max = 1 + rng_below(&rng, 20)};
		pacer_init(&p, &conf);
		for (int i = 0; i < 4000 && count < ARRAY_COUNT(starts); i++) {
			uint32_t got = pacer_grant(&p, now, rng_below(&rng, 4));

			while (got-- && count < ARRAY_COUNT(starts))
				starts[count++] = now;
			if (rng_below(&rng, 3) == 0)
				pacer_heard(&p, now, rng_below(&rng, 3) > 0);
			now += rng_below(&rng, 200) * MS;
			if (rng_below(&rng, 300) == 0)
				now += 30 * SECOND;
		}
		check_windows(starts, count, conf.cps_max, conf.burst_max);
	}
}

/* ---- new limits while attempts wait ---- */

/* As many starts as may be were just made, each a step of the old rate ahead. How long until the
 * next one, in ms, when the limits change now? */
static void test_new_rate(void **state)
{
	static const struct {
		struct pacer_conf old, new;
		int64_t wait_ms;
	} rows[] = {
		/* a step of the new rate, not of the old one */
		{{.cps_max = 1, .burst_max = 1}, {.cps_max = 100, .burst_max = 1}, 10},
		{{.cps_max = 100, .burst_max = 1}, {.cps_max = 1, .burst_max = 1}, 1000},
		{{.cps_max = 1, .burst_max = 20}, {.cps_max = 50, .burst_max = 20}, 20},
		/* a smaller burst: that much is booked, a greater one: the rest may start at once
		 */
		{{.cps_max = 1, .burst_max = 60}, {.cps_max = 1, .burst_max = 2}, 1000},
		{{.cps_max = 1, .burst_max = 1}, {.cps_max = 1, .burst_max = 2}, 0},
		/* the same again moves nothing, no limit lifts it, and a first one has nothing
		   booked */
		{{.cps_max = 7, .burst_max = 3}, {.cps_max = 7, .burst_max = 3}, 142},
		{{.cps_max = 1, .burst_max = 1}, {.burst_max = 1}, 0},
		{{.burst_max = 1}, {.cps_max = 1, .burst_max = 1}, 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct pacer p;

		pacer_init(&p, &rows[i].old);
		assert_true(pacer_grant(&p, SECOND, 60) > 0);
		for (int again = 0; again < 3; again++) /* a repeated reload moves nothing more */
			pacer_set_conf(&p, &rows[i].new, SECOND);
		assert_int_equal((pacer_next_ns(&p, SECOND) - SECOND) / MS, rows[i].wait_ms);
	}
}

/* Reloaded all the time, the guarantee of the greater limits holds, and so does progress. */
static void test_windows_with_reloads(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct pacer_conf conf[2];
		int64_t starts[400], now = SECOND;
		size_t count = 0;
		struct rng rng;
		struct pacer p;

		rng_seed(&rng, seed);
		conf[0] = (struct pacer_conf){.cps_max = 10 + rng_below(&rng, 60),
					      .burst_max = 1 + rng_below(&rng, 20)};
		conf[1] = conf[0];
		conf[1].cps_max = 1 + rng_below(&rng, conf[0].cps_max);
		pacer_init(&p, &conf[0]);
		for (int i = 0; i < 4000 && count < ARRAY_COUNT(starts); i++) {
			uint32_t got = pacer_grant(&p, now, rng_below(&rng, 4));

			while (got-- && count < ARRAY_COUNT(starts))
				starts[count++] = now;
			if (rng_below(&rng, 3) == 0)
				pacer_set_conf(&p, &conf[rng_below(&rng, 2)], now);
			now += rng_below(&rng, 200) * MS;
		}
		assert_int_equal(count, ARRAY_COUNT(starts));
		check_windows(starts, count, conf[0].cps_max, conf[0].burst_max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refused_without_a_rate),
		cmocka_unit_test(test_refused_after_a_burst),
		cmocka_unit_test(test_windows_with_refusals),
		cmocka_unit_test(test_new_rate),
		cmocka_unit_test(test_windows_with_reloads),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_rate_and_burst),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_reaches_the_rate),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
