/* tests/unit/core/test_expr.c - expressions, by example. */
#include "engine/core/expr.h"

#include "engine/base/log.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static char last_log[2048];

static void keep_log(void *arg, const struct log_line *line)
{
	(void)arg;
	snprintf(last_log, sizeof(last_log), "%s", line->text);
}

static void call(void *arg, struct slice name, struct slice args, struct sink *out)
{
	(void)arg;
	if (slice_eq(name, SLICE_LIT("JOIN")))
		sink_add(out, args);
	else
		sink_fmt(out, "%.*s!", SLICE_ARG(name));
}

static const struct {
	const char *text;
	const char *want;
} good[] = {
	{"", ""},
	{" ", ""},
	{"foo", "foo"},
	{"1e3", "1e3"},
	{"007", "007"},
	{"\"x\"|\"y\"", "\"x\""},
	{"\"\"|\"y\"", "\"y\""},
	{"0|5", "5"},
	{"7||5", "7"},
	{"7&5", "7"},
	{"0&5", "0"},
	{"foo & 0", "0"},
	{"1+2*3", "7"},
	{"(1+2)*3", "9"},
	{"10-2-3", "5"},
	{"2 - -3", "5"},
	{"1/3", "0.333333333333333333"},
	{"10/4", "2.5"},
	{"1000000*1000000", "1000000000000"},
	{"7%3", "1"},
	{"7.9 % 3.9", "1"},
	{"0.1+0.2", "0.3"},
	{"5/0", "2147483647"},
	{"5%0", "2147483647"},
	{"a+1", "0"},
	{"5>10", "0"},
	{"\"5\">\"10\"", "1"},
	{"10.0=10", "1"},
	{"007=7", "1"},
	{"abc=abc", "1"},
	{"\"abc\" = abc", "1"},
	{"abc == abd", "0"},
	{"abc != abd", "1"},
	{"abc < abd", "1"},
	{"3 >= 3", "1"},
	{"3 <= 2", "0"},
	{"1+1=2", "1"},
	{"!0", "1"},
	{"!foo", "0"},
	{"!\"\"", "1"},
	{"!!5", "1"},
	{"-5", "-5"},
	{"- 5 + 7", "2"},
	{"1 ? yes :: no", "yes"},
	{"0 ? yes :: no", "no"},
	{"1 = 1 ? \"a\" :: \"b\"", "\"a\""},
	{"\"abc\" =~ \"b\"", "1"},
	{"\"abc\" =~ \"a(.)c\"", "b"},
	{"\"abc\" : \"b\"", "0"},
	{"\"abcd\" : \"abc\"", "3"},
	{"\"abc\" : \"(x)\"", ""},
	{"\"15551234567\" : \"1([0-9]{3})\"", "555"},
	{"abc ~~ def", "abcdef"},
	{"\"a b\" ~~ \"c\"", "a bc"},
	{"1 ~~ 2", "12"},
	{"TRUNC(10/4)", "2"},
	{"POW(2,10)", "1024"},
	{"ABS(-3)+1", "4"},
	{"FLOOR(-1.5)", "-2"},
	{"SQRT(16)", "4"},
	{"JOIN(a,b)", "a,b"},
	{"JOIN(1+1,b)", "2,b"},
	{"FOO(1) = \"FOO!\"", "1"},
	{"foo.bar_1", "foo.bar_1"},
	{"a | b & c", "a"},
	{"0 | b & c", "b"},
};

static const char *const bad[] = {"1+",	 "* 3",		"(1",	     "1)",  "a b",
				  "= 1", "1 ? 2",	"1 ? 2 : 3", "F(1", "F(1 2)",
				  "1 =", "\"a\" \"b\"", "1,2"};

static bool eval(const char *text, char *dst, size_t size)
{
	char scratch[4096];
	struct expr_env env = {.call = call, .scratch = scratch, .scratch_room = sizeof(scratch)};
	struct sink out = sink_make(dst, size);
	bool ok = expr_eval(&env, slice_str(text), &out);

	sink_cstr(&out);
	return ok;
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char got[256];

		if (!eval(good[i].text, got, sizeof(got)) || strcmp(got, good[i].want) != 0)
			fail_msg("$[%s] gives '%s', want '%s'", good[i].text, got, good[i].want);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char got[256];

		last_log[0] = 0;
		if (eval(bad[i], got, sizeof(got)))
			fail_msg("$[%s] gives '%s', want an error", bad[i], got);
		assert_string_equal(got, "");
		assert_non_null(strstr(last_log, "ast_yyerror():  syntax error: "));
		assert_non_null(strstr(last_log, bad[i]));
	}
}

static void test_warnings(void **state)
{
	char got[256];

	(void)state;
	eval("1/0", got, sizeof(got));
	assert_string_equal(last_log, "division by zero");
	eval("x*2", got, sizeof(got));
	assert_string_equal(last_log, "non-numeric argument");
	eval("a =~ \"(\"", got, sizeof(got));
	assert_non_null(strstr(last_log, "regcomp() error"));
}

/* Nesting beyond the bound is an error, not a crash. */
static void test_deep(void **state)
{
	char text[2001], got[64];

	(void)state;
	memset(text, '(', 2000);
	text[2000] = 0;
	assert_false(eval(text, got, sizeof(got)));
	memset(text, '!', 2000);
	assert_false(eval(text, got, sizeof(got)));
}

static int setup(void **state)
{
	(void)state;
	log_set_writer(keep_log, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
