/* tests/unit/core/test_timespec.c */
#include "engine/core/timespec.h"

#include "tests/unit/cmocka.h"

#include <stdio.h>

/* By default Monday 23 November, 14:30. */
static const struct {
	const char *spec;
	int wday, mday, mon, hour, min;
	bool want;
} cases[] = {
	{"*,*,*,*", 1, 23, 11, 14, 30, true},
	{"", 1, 23, 11, 14, 30, true},
	{"14:00-15:00,mon,*,*", 1, 23, 11, 14, 30, true},
	{"14:00-14:30", 1, 23, 11, 14, 30, true}, /* the end minute is included */
	{"14:00-14:29", 1, 23, 11, 14, 30, false},
	{"14:30", 1, 23, 11, 14, 30, true},
	{"14:31", 1, 23, 11, 14, 30, false},
	{"22:00-06:00", 1, 23, 11, 23, 59, true}, /* over midnight */
	{"22:00-06:00", 1, 23, 11, 6, 0, true},
	{"22:00-06:00", 1, 23, 11, 12, 0, false},
	{"8:00-9:00&14:00-15:00", 1, 23, 11, 14, 30, true},
	{"*,mon-fri", 5, 23, 11, 14, 30, true},
	{"*,mon-fri", 6, 23, 11, 14, 30, false},
	{"*,fri-mon", 0, 23, 11, 14, 30, true}, /* cyclic */
	{"*,fri-mon", 3, 23, 11, 14, 30, false},
	{"*,sat&sun", 0, 23, 11, 14, 30, true},
	{"*,Monday", 1, 23, 11, 14, 30, true},
	{"*,*,1-15", 1, 23, 11, 14, 30, false},
	{"*,*,23", 1, 23, 11, 14, 30, true},
	{"*,*,28-2", 1, 1, 11, 14, 30, true},
	{"*,*,*,jan-mar&nov", 1, 23, 11, 14, 30, true},
	{"*,*,*,nov-feb", 1, 23, 1, 14, 30, true},
	{"*,*,*,dec", 1, 23, 11, 14, 30, false},
	{"*|mon|*|*", 1, 23, 11, 14, 30, true},
	{" 14:00-15:00 , mon , * , nov ", 1, 23, 11, 14, 30, true},
	{"25:00-26:00", 1, 23, 11, 14, 30, false}, /* nothing left of the field */
	{"foo&14:30", 1, 23, 11, 14, 30, true},
};

static struct tm civil_of(size_t i)
{
	return (struct tm){.tm_wday = cases[i].wday,
			   .tm_mday = cases[i].mday,
			   .tm_mon = cases[i].mon - 1,
			   .tm_hour = cases[i].hour,
			   .tm_min = cases[i].min};
}

static void keep_warning(void *arg, const char *text)
{
	snprintf(arg, 128, "%s", text);
}

static void test_cases(void **state)
{
	char warning[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timespec_rule rule;
		struct tm civil = civil_of(i);

		timespec_parse(&rule, slice_str(cases[i].spec), keep_warning, warning);
		if (timespec_fits(&rule, &civil) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].spec);
	}
}

static void test_warning(void **state)
{
	struct timespec_rule rule;
	char warning[128] = "";

	(void)state;
	timespec_parse(&rule, SLICE_LIT("*,xyz"), keep_warning, warning);
	assert_string_equal(warning, "Invalid day of week 'xyz', skipping element");
	timespec_parse(&rule, SLICE_LIT("9-17"), keep_warning, warning);
	assert_string_equal(warning, "Invalid time range '9-17', skipping element");
	timespec_parse(&rule, SLICE_LIT("*,*,32"), keep_warning, warning);
	assert_string_equal(warning, "Invalid day '32', skipping element");
}

static bool fixed_clock(void *arg, const char *zone, struct tm *out)
{
	(void)arg;
	if (zone[0] != 0 && strcmp(zone, "Europe/Berlin") != 0)
		return false;
	*out = (struct tm){.tm_mday = 1, .tm_hour = zone[0] ? 13 : 12};
	return true;
}

static void test_zone(void **state)
{
	const struct timespec_clock clock = {fixed_clock, NULL};
	struct timespec_rule rule;

	(void)state;
	timespec_parse(&rule, SLICE_LIT("12:00"), NULL, NULL);
	assert_true(timespec_is_now(&rule, &clock));
	timespec_parse(&rule, SLICE_LIT("12:00,*,*,*,Europe/Berlin"), NULL, NULL);
	assert_false(timespec_is_now(&rule, &clock));
	timespec_parse(&rule, SLICE_LIT("13:00,*,*,*,Europe/Berlin"), NULL, NULL);
	assert_true(timespec_is_now(&rule, &clock));
	timespec_parse(&rule, SLICE_LIT("*,*,*,*,Nowhere"), NULL, NULL);
	assert_false(timespec_is_now(&rule, &clock));
	assert_false(timespec_is_now(&rule, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_warning),
		cmocka_unit_test(test_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
