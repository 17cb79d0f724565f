/* tests/unit/core/test_args.c */
#include "engine/core/args.h"

#include "tests/unit/cmocka.h"

#include <stdio.h>

#define MAX 4

static const struct {
	const char *text;
	const char *standard; /* parts in <> */
	const char *raw;
} splits[] = {
	{"", "", ""},
	{"a", "<a>", "<a>"},
	{"a,b", "<a><b>", "<a><b>"},
	{"a,", "<a><>", "<a><>"},
	{",a", "<><a>", "<><a>"},
	{"a,b,c,d,e", "<a><b><c><d,e>", "<a><b><c><d,e>"},
	{"a(1,2),b[3,4],c", "<a(1,2)><b[3,4]><c>", "<a(1,2)><b[3,4]><c>"},
	{"\"a,b\",c", "<a,b><c>", "<\"a,b\"><c>"},
	{"a\\,b,c", "<a,b><c>", "<a\\,b><c>"},
	{"a),b", "<a)><b>", "<a)><b>"},
	{"a\\", "<a>", "<a\\>"},
	{" a , b ", "< a >< b >", "< a >< b >"},
};

static void join(const struct slice *argv, uint32_t argc, char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = 0;
	for (uint32_t i = 0; i < argc; i++)
		n += (size_t)snprintf(dst + n, size - n, "<%.*s>", SLICE_ARG(argv[i]));
}

static void test_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(splits) / sizeof(splits[0]); i++) {
		struct slice argv[MAX];
		char text[64], got[128];
		size_t len = slice_copy(text, sizeof(text), slice_str(splits[i].text));

		join(argv, args_split(text, len, ',', argv, MAX), got, sizeof(got));
		assert_string_equal(got, splits[i].standard);
		join(argv, args_split_raw(slice_str(splits[i].text), ',', argv, MAX), got,
		     sizeof(got));
		assert_string_equal(got, splits[i].raw);
	}
}

static void test_condition(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{"", false},  {"0", false}, {"00", false}, {"0abc", false}, {"1", true},
		{"-1", true}, {"a", true},  {"no", true},  {"false", true}, {" 0", false},
		{" ", true},  {"7x", true}, {"+0", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (args_condition(slice_str(cases[i].text)) != cases[i].want)
			fail_msg("'%s'", cases[i].text);
}

static void test_numbers(void **state)
{
	size_t end;
	int64_t ns;

	(void)state;
	assert_int_equal(args_int(SLICE_LIT(" -12x"), &end), -12);
	assert_int_equal(end, 4);
	assert_int_equal(args_int(SLICE_LIT("99999999999999999999"), NULL), INT32_MAX);
	assert_int_equal(args_int(SLICE_LIT("x"), &end), 0);
	assert_int_equal(end, 0);
	assert_true(args_seconds(SLICE_LIT("1.25"), &ns));
	assert_int_equal(ns, 1250000000);
	assert_true(args_seconds(SLICE_LIT(".5"), &ns));
	assert_int_equal(ns, 500000000);
	assert_true(args_seconds(SLICE_LIT(" 3 "), &ns));
	assert_int_equal(ns, 3000000000);
	assert_true(args_seconds(SLICE_LIT("-1.5"), &ns));
	assert_int_equal(ns, -1500000000);
	assert_false(args_seconds(SLICE_LIT("abc"), &ns));
	assert_false(args_seconds(SLICE_LIT(""), &ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_condition),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
