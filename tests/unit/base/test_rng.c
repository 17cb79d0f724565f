/* tests/unit/base/test_rng.c */
#include "engine/base/rng.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <string.h>

static void test_sequence(void **state)
{
	/* By hand from the published algorithm: state 1, 2, 3, 4. */
	static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240};
	struct rng r = {.state = {1, 2, 3, 4}};
	struct rng a, b;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(want); i++)
		assert_true(rng_u64(&r) == want[i]);
	rng_seed(&a, 7);
	rng_seed(&b, 7);
	for (int i = 0; i < 100; i++)
		assert_true(rng_u64(&a) == rng_u64(&b));
	rng_seed(&b, 8);
	assert_true(rng_u64(&a) != rng_u64(&b));
}

static void test_ranges(void **state)
{
	uint32_t seen[10] = {0};
	uint32_t hits = 0;
	struct rng r;

	UNUSED(state);
	rng_seed(&r, 1);
	for (int i = 0; i < 10000; i++)
		seen[rng_below(&r, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_true(seen[i] > 800 && seen[i] < 1200);
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(rng_below(&r, 1), 0);
		assert_false(rng_chance(&r, 0));
		assert_true(rng_chance(&r, 1000));
		hits += rng_chance(&r, 100);
	}
	assert_true(hits > 800 && hits < 1200);
}

static void test_text(void **state)
{
	char text[40] = {0};
	struct rng r;

	UNUSED(state);
	rng_seed(&r, 1);
	rng_hex(&r, text, 39);
	assert_int_equal(strspn(text, "0123456789abcdef"), 39);
	for (int i = 0; i < 20; i++) {
		memset(text, 0, sizeof(text));
		rng_uuid(&r, text);
		assert_int_equal(strlen(text), 36);
		assert_int_equal(strspn(text, "0123456789abcdef-"), 36);
		assert_true(text[8] == '-' && text[13] == '-' && text[18] == '-' &&
			    text[23] == '-');
		assert_int_equal(text[14], '4');
		assert_non_null(memchr("89ab", text[19], 4));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequence),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
