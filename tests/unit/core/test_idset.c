/* tests/unit/core/test_idset.c */
#include "engine/core/idset.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_hold(void **state)
{
	struct idset *s;

	UNUSED(state);
	assert_int_equal(idset_create(&s, 16, 60), 0);
	assert_int_equal(idset_take(s, SLICE_LIT("call-1"), 0), 0);
	assert_int_equal(idset_take(s, SLICE_LIT("CALL-1"), 1), -EEXIST); /* without case */
	assert_int_equal(idset_in_use(s), 1);
	idset_release(s, SLICE_LIT("call-1"), 10);
	idset_release(s, SLICE_LIT("call-1"), 30); /* a second release changes nothing */
	assert_int_equal(idset_in_use(s), 0);
	assert_int_equal(idset_take(s, SLICE_LIT("call-1"), 69), -EEXIST);
	assert_true(idset_has(s, SLICE_LIT("call-1"), 69));
	assert_int_equal(idset_take(s, SLICE_LIT("call-1"), 70), 0);
	idset_destroy(s);
}

static void test_full(void **state)
{
	struct idset *s;
	char id[16];

	UNUSED(state);
	assert_int_equal(idset_create(&s, 4, 1000), 0);
	for (int i = 0; i < 4; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		assert_int_equal(idset_take(s, slice_str(id), 0), 0);
	}
	assert_int_equal(idset_take(s, SLICE_LIT("more"), 0), -ENOSPC);
	idset_release(s, SLICE_LIT("c1"), 1);
	idset_release(s, SLICE_LIT("c2"), 2);
	/* the oldest released one makes room before its time */
	assert_int_equal(idset_take(s, SLICE_LIT("more"), 3), 0);
	assert_false(idset_has(s, SLICE_LIT("c1"), 3));
	assert_true(idset_has(s, SLICE_LIT("c2"), 3));
	idset_destroy(s);
}

static void test_cancel(void **state)
{
	struct idset *s;

	UNUSED(state);
	assert_int_equal(idset_create(&s, 4, 100), 0);
	assert_int_equal(idset_take(s, SLICE_LIT("a"), 0), 0);
	idset_cancel(s, SLICE_LIT("a"));
	assert_int_equal(idset_in_use(s), 0);
	assert_int_equal(idset_take(s, SLICE_LIT("a"), 1), 0);
	idset_release(s, SLICE_LIT("a"), 2);
	idset_cancel(s, SLICE_LIT("a")); /* it was used: it stays held */
	idset_cancel(s, SLICE_LIT("b"));
	assert_int_equal(idset_take(s, SLICE_LIT("a"), 3), -EEXIST);
	assert_int_equal(idset_in_use(s), 0);
	idset_destroy(s);
}

static void test_long(void **state)
{
	char id[200];
	struct idset *s;

	UNUSED(state);
	memset(id, 'x', sizeof(id));
	assert_int_equal(idset_create(&s, 4, 1), 0);
	assert_int_equal(idset_take(s, slice_make(id, 149), 0), 0);
	assert_int_equal(idset_take(s, slice_make(id, 150), 0), -ENAMETOOLONG);
	idset_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
