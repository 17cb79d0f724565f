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
		{{0, 0, 0, 0}, 0},
		{{10, 1, 0, 0}, 0},
		{{10, 0, 0, 0}, -EINVAL}, /* a rate without a burst starts nothing */
		{{PACER_CPS_MAX, 5, 0, 0}, 0},
		{{PACER_CPS_MAX + 1, 5, 0, 0}, -EINVAL},
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

			assert_true((double)(to - from + 1) <= (double)cps * t + (double)burst + 1e-6);
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

			now += rng_chance(&rng, 100) ? rng_below(&rng, 2000000000) : rng_below(&rng, 20000000);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conf),    cmocka_unit_test(test_unlimited),
		cmocka_unit_test(test_rate_and_burst), cmocka_unit_test(test_windows),
		cmocka_unit_test(test_reaches_the_rate), cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
