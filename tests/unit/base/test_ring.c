/* tests/unit/base/test_ring.c */
#include "engine/base/ring.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_spsc(void **state)
{
	static int items[100];
	struct ring *r;
	void *got[8];
	void *one;
	uint32_t max;

	UNUSED(state);
	assert_int_equal(ring_create(&r, 10), 0);
	max = ring_count_max(r);
	assert_true(max >= 10 && max < 20);
	assert_false(ring_pop_spsc(r, &one));
	for (uint32_t i = 0; i < max; i++)
		assert_true(ring_push_spsc(r, &items[i]));
	assert_false(ring_push_spsc(r, &items[max]));
	assert_int_equal(ring_count(r), max);
	assert_int_equal(ring_pop_batch_spsc(r, got, 8), 8);
	for (int i = 0; i < 8; i++)
		assert_ptr_equal(got[i], &items[i]);
	assert_true(ring_pop_spsc(r, &one));
	assert_ptr_equal(one, &items[8]);
	assert_true(ring_push_spsc(r, &items[50]));
	assert_int_equal(ring_pop_batch_spsc(r, got, 8), max - 9 + 1);
	assert_int_equal(ring_count(r), 0);
	ring_destroy(r);
}

static void test_mpsc(void **state)
{
	static int items[100];
	struct ring *r;
	void *one;
	uint32_t max;

	UNUSED(state);
	assert_int_equal(ring_create(&r, 16), 0);
	max = ring_count_max(r);
	assert_true(max >= 16);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < max; i++)
			assert_true(ring_push_mpsc(r, &items[i]));
		assert_false(ring_push_mpsc(r, &items[max]));
		for (uint32_t i = 0; i < max; i++) {
			assert_true(ring_pop_mpsc(r, &one));
			assert_ptr_equal(one, &items[i]);
		}
		assert_false(ring_pop_mpsc(r, &one));
	}
	ring_destroy(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spsc),
		cmocka_unit_test(test_mpsc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
