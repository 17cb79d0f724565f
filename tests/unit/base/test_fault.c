/* tests/unit/base/test_fault.c */
#include "engine/base/fault.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_switch(void **state)
{
	UNUSED(state);
	assert_false(FAULT(lost_settle));
#ifdef RINGER_FAULTS
	fault_active = FAULT_lost_settle;
	assert_true(FAULT(lost_settle));
	assert_false(FAULT(double_settle));
	fault_active = FAULT_none;
	assert_false(FAULT(lost_settle));
#endif
	assert_string_equal(fault_name(FAULT_none), "none");
	assert_string_equal(fault_name(FAULT_limit_ignored), "limit_ignored");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_switch)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
