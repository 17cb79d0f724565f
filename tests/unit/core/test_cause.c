/* tests/unit/core/test_cause.c */
#include "engine/core/cause.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_texts(void **state)
{
	unsigned known = 0;

	UNUSED(state);
	assert_string_equal(cause_text(16), "Normal Clearing");
	assert_string_equal(cause_text(34), "Circuit/channel congestion");
	assert_string_equal(cause_text(127), "Interworking, unspecified");
	assert_string_equal(cause_text(0), "Unknown");
	assert_string_equal(cause_text(4), "Unknown");
	assert_string_equal(cause_text(128), "Unknown");
	assert_string_equal(cause_text(4294967295u), "Unknown");
	for (unsigned i = 0; i < 200; i++)
		known += cause_is_known(i);
	assert_int_equal(known, 50);
}

static void test_dial(void **state)
{
	static const struct {
		unsigned cause;
		const char *end, *leg;
		unsigned reason;
	} rows[] = {
		{17, "BUSY", "BUSY", 5},
		{34, "CONGESTION", "CONGESTION", 8},
		{3, "CHANUNAVAIL", "CHANUNAVAIL", 0},
		{20, "CHANUNAVAIL", "CHANUNAVAIL", 0},
		{23, "CANCEL", "CHANUNAVAIL", 0},
		{1, "NOANSWER", "CHANUNAVAIL", 0},
		{21, "NOANSWER", "CHANUNAVAIL", 8},
		{27, "NOANSWER", "CHANUNAVAIL", 8},
		{38, "NOANSWER", "CHANUNAVAIL", 8},
		{41, "NOANSWER", "CHANUNAVAIL", 8},
		{42, "NOANSWER", "CHANUNAVAIL", 8},
		{19, "NOANSWER", "NOANSWER", 3},
		{26, "NOANSWER", "CHANUNAVAIL", 3},
		{16, "NOANSWER", "NOANSWER", 0},
		{0, "NOANSWER", "NOANSWER", 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_string_equal(dial_status_name(cause_dial_end(rows[i].cause)), rows[i].end);
		assert_string_equal(dial_status_name(cause_dial_leg(rows[i].cause)), rows[i].leg);
		assert_int_equal(cause_originate_reason(rows[i].cause), rows[i].reason);
	}
	assert_string_equal(dial_status_name(DIAL_STATUS_NONE), "");
	assert_string_equal(dial_status_name(DIAL_STATUS_INVALIDARGS), "INVALIDARGS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
					   cmocka_unit_test(test_dial)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
