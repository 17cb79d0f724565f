/* Regular expressions from outside: what they mean, what is refused, and what a search may cost. */
#include "tests/unit/cmocka.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct regex *compiled(const char *pattern)
{
	struct regex *re = NULL;
	enum regex_error err = regex_compile(&re, slice_str(pattern));

	if (err)
		fail_msg("%s: %s", pattern, regex_error_text(err));
	return re;
}

/* Pattern, text, and where it fits: "from-to" or "from-to from-to" with the group; "" is nowhere.
 */
static const struct {
	const char *pattern, *text, *want;
} rows[] = {
	{"^PJSIP/[[:alnum:]]+-[0-9a-f]{8}$", "PJSIP/far-0000001f", "0-18"},
	{"^PJSIP/[[:alnum:]]+-[0-9a-f]{8}$", "PJSIP/far-0000001", ""},
	{"", "anything", "0-0"},
	{"b", "abcb", "1-2"},
	{"a|ab|abc", "xabcd", "1-4"},
	{"(a|ab)(c|bcd)", "abcd", "0-4 0-1"},
	{"(a*)(ab)*b", "aab", "0-3 0-2"},
	{"([0-9]+)-", "a 12-3", "2-5 2-4"},
	{"x(y)?z", "xz", "0-2 -"},
	{"(a|b)*c", "abac", "0-4 2-3"},
	{"(ab){2,3}", "ababababab", "0-6 4-6"},
	{"a{,2}b", "aaab", "1-4"},
	{"a{2}", "aaa", "0-2"},
	{"a{2,}", "baaaa", "1-5"},
	{"(a{0}b)", "ab", "1-2 1-2"},
	{"a{0,0}b", "ab", "1-2"},
	{"(){1000}x", "x", "0-1 0-0"},
	{"(a*)+b", "aab", "0-3 0-2"},
	{"(a*)*b", "b", "0-1 -"},
	{"(|a)+b", "aab", "0-3 1-2"},
	{"a||b", "cb", "0-0"},
	{"()", "x", "0-0 0-0"},
	/* lists */
	{"[]a]+", "x]a]", "1-4"},
	{"[^]a]", "]ab", "2-3"},
	{"[a-]+", "b-a-", "1-4"},
	{"[-a]+", "b-a-", "1-4"},
	{"[+--]+", "*+,-.", "1-4"},
	{"[\\.]+", "a\\.", "1-3"},
	{"[[.-.]{9999]+", "-{9", "0-3"},
	{"[[=a=]b]+", "xab", "1-3"},
	{"[^[:digit:]x]+", "1xab2", "2-4"},
	{"[[:alpha:]]{2}", "a1bc", "2-4"},
	{"[^[:digit:]]{2,3}", "1ab2", "1-3"},
	{"[a[]", "[", "0-1"},
	{"[^]{9999}(+]", "a", "0-1"},
	{"[\xe0-\xff]", "\xe4", "0-1"},
	{"(a|b{2,3}){1,20}(c+|[]+{9999}x])*", "abb", "0-3 1-3"},
	/* places and escapes */
	{"^b", "ab", ""},
	{"a^b", "a^b", ""},
	{"(^a|b)c", "bc", "0-2 0-1"},
	{"a$", "aab", ""},
	{"\\<b\\w*\\>", "ab bcd", "3-6"},
	{"\\bb", "ab b", "3-4"},
	{"\\Bb", "b ab", "3-4"},
	{"a?\\bq", "aw q", "3-4"}, /* the place that failed behind the a holds before the q */
	{"a?$|x?\\bq", "aw q", "3-4"},
	{"\\`a\\'", "a", "0-1"},
	{"\\W\\S\\s", "a-b c", "1-4"},
	{"a\\{9999\\}\\(", "a{9999}(", "0-8"},
	{"\\\\1", "\\1", "0-2"},
	{"[\\1]", "1", "0-1"},
	{"a)", "a)", "0-2"},
	{"a.b", "a\nb", "0-3"},
	{"a[^x]b", "a\nb", "0-3"},
	{"x{1000}", "no", ""},
};

static void test_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct regex *re = compiled(rows[i].pattern);
		struct slice text = slice_str(rows[i].text);
		struct regex_found f;
		char got[64] = "";
		bool found = regex_find(re, text, &f);
		int len = 0;

		if (found)
			len = snprintf(got, sizeof(got), "%zu-%zu", f.all.from, f.all.to);
		if (found && regex_groups(re) && f.group.from == SIZE_MAX)
			snprintf(got + len, sizeof(got) - (size_t)len, " -");
		else if (found && regex_groups(re))
			snprintf(got + len, sizeof(got) - (size_t)len, " %zu-%zu", f.group.from,
				 f.group.to);
		if (strcmp(got, rows[i].want) != 0 || regex_matches(re, text) != found)
			fail_msg("/%s/ on '%s' gives '%s', want '%s'", rows[i].pattern,
				 rows[i].text, got, rows[i].want);
		regex_free(re);
	}
}

static void test_octets(void **state)
{
	struct regex *re = compiled("a.b");

	(void)state;
	assert_true(regex_matches(re, slice_make("xa\0b", 4)));
	assert_false(regex_matches(re, slice_make("a\0", 2)));
	regex_free(re);
}

static void refused(const char *pattern, enum regex_error want)
{
	struct regex *re = NULL;
	enum regex_error err = regex_compile(&re, slice_str(pattern));

	if (err != want)
		fail_msg("%s: %s, want %s", pattern, regex_error_text(err), regex_error_text(want));
	assert_null(re);
}

/* Repetitions of repetitions, however they are written. */
static void test_too_large(void **state)
{
	char deep[LIMIT_REGEX_TEXT + 2];

	(void)state;
	refused("((((a{1,255}){1,255}){1,255}){1,255})", REGEX_TOO_LARGE);
	refused("a{255}{255}{255}", REGEX_TOO_LARGE);
	refused("(a{1,900})*{1,255}{1,255}", REGEX_TOO_LARGE);
	refused("((a{100})(b{100})){30}", REGEX_TOO_LARGE);
	refused("((((){2000}){2000}){2000}){2000}", REGEX_TOO_LARGE);
	refused("a{,30000}", REGEX_TOO_LARGE);
	refused("a{1,99999999999999999999999999}", REGEX_TOO_LARGE);
	memset(deep, '(', LIMIT_REGEX_DEPTH);
	memset(deep + LIMIT_REGEX_DEPTH, ')', LIMIT_REGEX_DEPTH);
	deep[2 * LIMIT_REGEX_DEPTH] = 0;
	refused(deep, REGEX_TOO_LARGE);
	memset(deep, '*', sizeof(deep) - 1);
	deep[0] = 'a';
	deep[LIMIT_REGEX_DEPTH + 2] = 0;
	refused(deep, REGEX_TOO_LARGE);
	memset(deep, 'a', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = 0;
	refused(deep, REGEX_TOO_LARGE);
}

static void test_malformed(void **state)
{
	(void)state;
	refused("(x+x+)+y(\\1)(\\1)*", REGEX_BACK_REFERENCE);
	refused("[", REGEX_UNCLOSED_LIST);
	refused("[]", REGEX_UNCLOSED_LIST);
	refused("[^]", REGEX_UNCLOSED_LIST);
	refused("[[:alpha:", REGEX_UNCLOSED_LIST);
	refused("[[.a", REGEX_UNCLOSED_LIST);
	refused("[a-", REGEX_UNCLOSED_LIST);
	refused("[[:digits:]]", REGEX_BAD_CLASS);
	refused("[[.ab.]]", REGEX_BAD_CLASS);
	refused("[z-a]", REGEX_BAD_RANGE);
	refused("[a-c-e]", REGEX_BAD_RANGE);
	refused("[a-[:digit:]]", REGEX_BAD_RANGE);
	refused("(", REGEX_UNCLOSED_GROUP);
	refused("(a|b", REGEX_UNCLOSED_GROUP);
	refused("a{2,1}", REGEX_BAD_COUNT);
	refused("a{x}", REGEX_BAD_COUNT);
	refused("a{}", REGEX_BAD_COUNT);
	refused("a{1", REGEX_BAD_COUNT);
	refused("*a", REGEX_NO_OPERAND);
	refused("a|+", REGEX_NO_OPERAND);
	refused("(?:a)", REGEX_NO_OPERAND);
	refused("^*", REGEX_NO_OPERAND);
	refused("\\b{2}", REGEX_NO_OPERAND);
	refused("a\\", REGEX_TRAILING_BACKSLASH);
}

/* What takes other libraries an exponential or quadratic number of moves takes here no more than
 * the bound, whatever the text: counted, not timed. */
static void test_cost_is_bounded(void **state)
{
	static const char *const patterns[] = {
		"(a*)*b",
		"(a|a)*b",
		"(a|aa)+$b",
		"((a*)*)*c",
		"(x+x+)+y",
		".*.*.*.*.*=",
		"(a?){60}a{60}b",
		"((a?){20}){20}b",
		"(.*)(.*)(.*)(.*)(.*)[0-9]",
		"(.*a){60}b",
		"(a|b|c|d|e|f|g|a)*z",
		"((((((a*)*)*)*)*)*)*b",
		"a{1000}b",
		"(([a-z])+.)+[A-Z]",
		"^(([a-z])+.)+[A-Z]([a-z])+$",
		"(a+)+(b+)+(c+)+d",
	};
	static char text[16385];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
		struct regex *re = compiled(patterns[i]);
		uint64_t m = regex_steps(re);

		for (size_t n = 1024; n < sizeof(text); n *= 2) {
			struct regex_found f;

			assert_false(regex_find(re, slice_make(text, n), &f));
			assert_true(f.moves <= 3 * m * (n + 1));
		}
		regex_free(re);
	}
}

/* What cannot begin a match costs nothing. */
static void test_beginnings(void **state)
{
	static const char *const patterns[] = {"^Event: Newchannel", "(x|[0-9])y", "\\<z"};
	char text[1024];
	struct regex_found f;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < ARRAY_COUNT(patterns); i++) {
		struct regex *re = compiled(patterns[i]);

		assert_false(regex_find(re, slice_make(text, sizeof(text)), &f));
		assert_true(f.moves < 20);
		regex_free(re);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_too_large),	cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_cost_is_bounded), cmocka_unit_test(test_beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
