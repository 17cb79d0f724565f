/* tests/unit/core/test_pattern.c - order and meaning of extension patterns. */
#include "engine/core/pattern.h"

#include "tests/unit/cmocka.h"

#include <stdio.h>

/* Each sorts before the next. */
static const char *const order[] = {
	"1",	  "100",      "2",	    "a",    "_1X.", "_2[5-9]X", "_2XX",
	"_[23]X", "_[2-4]XX", "_[234]!",    "_NXX", "_ZXX", "_XX",	"_X.",
	"_X!",	  "_X",	      "_[0-9a-z].", "_.",   "_!",
};

static void test_order(void **state)
{
	struct keep keep = KEEP_INIT;
	struct pattern p[sizeof(order) / sizeof(order[0])];
	size_t n = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pattern_make(&p[i], &keep, slice_str(order[i])), 0);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int want = (i > j) - (i < j);
			int got = pattern_cmp(&p[i], &p[j]);

			if ((got > 0) - (got < 0) != want)
				fail_msg("%s against %s: %d", order[i], order[j], got);
		}
	}
	keep_free(&keep);
}

/* Same extension though written differently. */
static void test_equal(void **state)
{
	static const char *const pairs[][2] = {
		{"2-5-1", "251"}, {"_[12]", "_[21]"}, {"_X", "_[0-9]"},
		{"_x", "_X"},	  {"_[]1", "_1"},
	};
	struct keep keep = KEEP_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct pattern a, b;

		assert_int_equal(pattern_make(&a, &keep, slice_str(pairs[i][0])), 0);
		assert_int_equal(pattern_make(&b, &keep, slice_str(pairs[i][1])), 0);
		assert_int_equal(pattern_cmp(&a, &b), 0);
	}
	keep_free(&keep);
}

static const struct {
	const char *pattern, *text;
	enum pattern_answer match, can_match, more;
} asks[] = {
	{"100", "100", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"100", "10", PATTERN_NO, PATTERN_YES, PATTERN_YES},
	{"100", "", PATTERN_NO, PATTERN_YES, PATTERN_YES},
	{"100", "1000", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"2-5-1", "25-1", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_NXX", "200", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_NXX", "100", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_NXX", "20", PATTERN_NO, PATTERN_YES, PATTERN_YES},
	{"_nxz", "201", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_Z", "0", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_1.", "1", PATTERN_NO, PATTERN_YES, PATTERN_YES},
	{"_1.", "12", PATTERN_YES, PATTERN_YES, PATTERN_YES},
	{"_1!", "1", PATTERN_EARLY, PATTERN_EARLY, PATTERN_EARLY},
	{"_1!", "123", PATTERN_EARLY, PATTERN_EARLY, PATTERN_EARLY},
	{"_1!", "", PATTERN_NO, PATTERN_YES, PATTERN_YES},
	{"_[13-5a-f]", "4", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_[13-5a-f]", "2", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_[13-5a-f]", "e", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_[a-]", "-", PATTERN_NO, PATTERN_YES, PATTERN_YES}, /* '-' is never dialled */
	{"_[n]X", "n5", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_N", "n", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_*X#", "*5#", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_+1X", "+15", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_aB", "aB", PATTERN_YES, PATTERN_YES, PATTERN_NO},
	{"_aB", "ab", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_[1-3", "1", PATTERN_NO, PATTERN_NO, PATTERN_NO},
	{"_X.9", "12", PATTERN_YES, PATTERN_YES, PATTERN_YES}, /* '.' ends the pattern */
};

static void test_ask(void **state)
{
	struct keep keep = KEEP_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct pattern p;
		char clean[32];
		struct slice text = pattern_clean(slice_str(asks[i].text), clean, sizeof(clean));

		assert_int_equal(pattern_make(&p, &keep, slice_str(asks[i].pattern)), 0);
		if (pattern_ask(&p, text, PATTERN_MATCH) != asks[i].match ||
		    pattern_ask(&p, text, PATTERN_CAN_MATCH) != asks[i].can_match ||
		    pattern_ask(&p, text, PATTERN_MORE) != asks[i].more)
			fail_msg("%s against %s", asks[i].pattern, asks[i].text);
	}
	keep_free(&keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_ask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
