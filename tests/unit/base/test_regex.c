/* Regular expressions from outside: what is refused, and that ordinary ones are not. */
#include "tests/unit/cmocka.h"

#include "engine/base/limits.h"
#include "engine/base/regex.h"

#include <stdbool.h>
#include <string.h>

static bool fits(const char *pattern, const char *text)
{
	regex_t re;
	bool found;

	assert_int_equal(regex_compile(&re, pattern, REG_NOSUB), 0);
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

static void refused(const char *pattern, int error)
{
	regex_t re;

	assert_int_equal(regex_compile(&re, pattern, REG_NOSUB), error);
}

static void test_ordinary(void **state)
{
	(void)state;
	assert_true(fits("^PJSIP/[[:alnum:]]+-[0-9a-f]{8}$", "PJSIP/far-0000001f"));
	assert_false(fits("^PJSIP/[[:alnum:]]+-[0-9a-f]{8}$", "PJSIP/far-0000001"));
	assert_true(fits("(a|b{2,3}){1,20}(c+|[]+{9999}x])*", "abb"));
	assert_true(fits("[^]{9999}(+]", "a"));
	assert_true(fits("a\\{9999\\}\\(", "a{9999}("));
	assert_true(fits("x{1000}", "no") == false);
	assert_true(fits("[[.-.]{9999]", "-"));
	assert_true(fits("", "anything"));
}

/* Repetitions of repetitions, however they are written. */
static void test_too_large(void **state)
{
	char deep[3 * LIMIT_REGEX_DEPTH];

	(void)state;
	refused("((((a{1,255}){1,255}){1,255}){1,255})", REG_ESPACE);
	refused("a{255}{255}{255}", REG_ESPACE);
	refused("(a{1,900})*{1,255}{1,255}", REG_ESPACE);
	refused("((((((((((a+)+)+)+)+)+)+)+)+)+)+", REG_ESPACE);
	refused("a+++++++++++++++++++++++++++", REG_ESPACE);
	refused("a{2,}{200,}{200,}", REG_ESPACE);
	refused("a{,30000}", REG_ESPACE);
	refused("a{1,99999999999999999999999999}", REG_ESPACE);
	refused("((a{100})(b{100})){30}", REG_ESPACE);
	memset(deep, '(', LIMIT_REGEX_DEPTH);
	memset(deep + LIMIT_REGEX_DEPTH, ')', LIMIT_REGEX_DEPTH);
	deep[2 * LIMIT_REGEX_DEPTH] = 0;
	refused(deep, REG_ESPACE);
}

static void test_back_references(void **state)
{
	(void)state;
	refused("(x+x+)+y(\\1)(\\1)*", REG_ESUBREG);
	assert_true(fits("\\\\1", "\\1"));
	assert_true(fits("[\\1]", "1"));
}

static void test_malformed(void **state)
{
	static const char *const broken[] = {"[", "(", "[[:alpha:", "a{2,1}", "a\\"};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		regex_t re;

		assert_int_not_equal(regex_compile(&re, broken[i], 0), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_back_references),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
