/* tests/unit/base/test_metric.c */
#include "engine/base/metric.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <string.h>

static void test_counters(void **state)
{
	static struct metrics m;

	UNUSED(state);
	metric_inc(&m, METRIC_sip_rx);
	metric_add(&m, METRIC_sip_rx, 5);
	assert_int_equal(metric_get(&m, METRIC_sip_rx), 6);
	assert_int_equal(metric_get(&m, METRIC_sip_tx), 0);
}

static void test_names(void **state)
{
	UNUSED(state);
	assert_string_equal(metric_name(METRIC_attempt_accepted), "attempt_accepted");
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const char *name = metric_name((enum metric)i);

		assert_true(strlen(metric_help((enum metric)i)) > 5);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				 strlen(name));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name, metric_name((enum metric)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
