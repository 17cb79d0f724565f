/* tests/unit/core/test_subst.c - what ${...} and $[...] become. */
#include "engine/core/subst.h"

#include "engine/base/log.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static const struct {
	const char *name;
	const char *value;
} vars[] = {
	{"A", "B"}, {"B", "bee"},    {"AB", "both"}, {"D", "0123456789"},
	{"N", "5"}, {"LIT", "${A}"}, {"E", ""},	     {"LOOP", "${EVAL(${LOOP})}"},
};

static char last_log[2048];

static void keep_log(void *arg, const struct log_line *line)
{
	(void)arg;
	snprintf(last_log, sizeof(last_log), "%s", line->text);
}

static void get(void *arg, struct slice name, struct sink *out)
{
	(void)arg;
	for (size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); i++)
		if (slice_eq(name, slice_str(vars[i].name)))
			subst_add(out, slice_str(vars[i].value));
}

/* ECHO gives its arguments in <>, EVAL expands them again. */
static void call(void *arg, struct subst *s, struct slice name, struct slice args, struct sink *out)
{
	(void)arg;
	if (slice_eq(name, SLICE_LIT("EVAL"))) {
		subst_expand(s, args, out);
	} else if (slice_eq(name, SLICE_LIT("ECHO"))) {
		subst_add(out, SLICE_LIT("<"));
		subst_add(out, args);
		subst_add(out, SLICE_LIT(">"));
	}
}

static const struct {
	const char *text;
	const char *want;
} cases[] = {
	{"", ""},
	{"plain", "plain"},
	{"$5 $$ {x} $", "$5 $$ {x} $"},
	{"${A}", "B"},
	{"x${A}y${B}z", "xBybeez"},
	{"${none}", ""},
	{"${${A}}", "bee"},
	{"${A${A}}", "both"},
	{"$${A}", "$B"},
	{"${LIT}", "${A}"},
	{"${EVAL(${LIT})}", "B"},
	{"${ECHO(a,b)}", "<a,b>"},
	{"${ECHO(${A})}", "<B>"},
	{"${ECHO(${ECHO(${ECHO(x)})})}", "<<<x>>>"},
	{"${ECHO(abc):1:3}", "abc"},
	{"${ECHO(a:b):0:2}", "<a"},
	{"${ECHO(${A}):-2}${B}", "B>bee"},
	{"${D:2:3}", "234"},
	{"${D:-3}", "789"},
	{"${D:1:-2}", "1234567"},
	{"${D:-3:2}", "78"},
	{"${D:-20:3}", "012"},
	{"${D:-3:-1}", "78"},
	{"${D:2:-9}", ""},
	{"${D:20}", ""},
	{"${D:3:0}", ""},
	{"${D:${N}}", "56789"},
	{"$[1+2]", "3"},
	{"$[${N}+2]", "7"},
	{"$[${N}>3]x", "1x"},
	{"$[\"${E}\"=\"\"]", "1"},
	{"${ECHO($[${N}*2])}", "<10>"},
	{"$[ECHO(a)]", "<a>"},
	{"$[\"${ECHO(1)}\" ~~ x]", "<1>x"},
	{"a${A", "aB"},
	{"$[1+1", "2"},
	{"${}", ""},
	{"$[]", ""},
	{"${EVAL($[1+1]${EVAL(${A})})}", "2B"},
};

static void expand(const char *text, char *dst, size_t size)
{
	static const struct subst_ops ops = {get, call};
	char scratch[SUBST_SCRATCH];
	struct subst s = subst_make(&ops, NULL, scratch, sizeof(scratch));
	struct sink out = sink_make(dst, size);

	subst_expand(&s, slice_str(text), &out);
	assert_int_equal(s.used, 0);
	assert_int_equal(s.depth, 0);
	sink_cstr(&out);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[512];

		expand(cases[i].text, got, sizeof(got));
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s gives '%s', want '%s'", cases[i].text, got, cases[i].want);
	}
}

static void test_warnings(void **state)
{
	char got[512];

	(void)state;
	expand("${A", got, sizeof(got));
	assert_string_equal(last_log, "Error in extension logic (missing '}')");
	expand("$[1", got, sizeof(got));
	assert_string_equal(last_log, "Error in extension logic (missing ']')");
	expand("x$[${E}=1]y", got, sizeof(got));
	assert_string_equal(got, "xy");
	assert_non_null(strstr(last_log, "ast_yyerror()"));
}

/* Too deep, too long: cut with a warning, never beyond the buffers. */
static void test_bounds(void **state)
{
	char text[8192], got[128];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "${ECHO(");
	expand(text, got, sizeof(got));
	assert_non_null(strstr(last_log, "inside one another"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	expand(text, got, sizeof(got));
	assert_int_equal(strlen(got), sizeof(got) - 1);
	/* A value that evaluates itself ends at the depth limit. */
	expand("${LOOP}${EVAL(${LOOP})}", got, sizeof(got));
	assert_string_equal(got, "${EVAL(${LOOP})}");
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
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
