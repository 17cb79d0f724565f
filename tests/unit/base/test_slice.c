/* tests/unit/base/test_slice.c */
#include "engine/base/slice.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static struct slice str(const char *text)
{
	return slice_str(text);
}

static void test_compare(void **state)
{
	UNUSED(state);
	assert_true(slice_eq(str("abc"), str("abc")));
	assert_false(slice_eq(str("abc"), str("abC")));
	assert_true(slice_eq(SLICE_EMPTY, str("")));
	assert_true(slice_ieq(str("Content-Length"), str("cONTENT-lENGTH")));
	assert_false(slice_ieq(str("Content-Length"), str("Content_Length")));
	/* '@' and '`', '[' and '{' differ by 32 as letters do, but are none. */
	assert_false(slice_ieq(str("@@@@@@@@["), str("````````{")));
	assert_false(slice_ieq(str("@"), str("`")));
	assert_false(slice_ieq(str("\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1"),
			       str("\xe1\xe1\xe1\xe1\xe1\xe1\xe1\xe1")));
	assert_true(slice_cmp(str("a"), str("ab")) < 0);
	assert_true(slice_cmp(str("b"), str("ab")) > 0);
	assert_int_equal(slice_cmp(str("ab"), str("ab")), 0);
	assert_true(slice_cmp(str("\xff"), str("a")) > 0);
}

static void test_ieq_every_octet(void **state)
{
	UNUSED(state);
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char left[9], right[9];
			bool letter = (a | 32) >= 'a' && (a | 32) <= 'z';
			bool same = a == b || (letter && (a ^ b) == 32);

			memset(left, (int)a, sizeof(left));
			memset(right, (int)b, sizeof(right));
			assert_int_equal(slice_ieq(slice_make(left, 9), slice_make(right, 9)),
					 same);
			assert_int_equal(slice_ihash(slice_make(left, 9), 7) ==
						 slice_ihash(slice_make(right, 9), 7),
					 same);
		}
}

static void test_parts(void **state)
{
	UNUSED(state);
	assert_true(slice_starts(str("sip:a"), str("sip:")));
	assert_false(slice_starts(str("si"), str("sip:")));
	assert_true(slice_istarts(str("SIP:a"), str("sip:")));
	assert_true(slice_ends(str("a.wav"), str(".wav")));
	assert_false(slice_ends(str("wav"), str(".wav")));
	assert_int_equal(slice_find(str("a,b,c"), ','), 1);
	assert_int_equal(slice_rfind(str("a,b,c"), ','), 3);
	assert_true(slice_find(str("abc"), ',') == SIZE_MAX);
	assert_true(slice_find(SLICE_EMPTY, ',') == SIZE_MAX);
	assert_int_equal(slice_find_text(str("a\r\n\r\nb"), str("\r\n\r\n")), 1);
	assert_true(slice_find_text(str("a"), str("ab")) == SIZE_MAX);
	assert_true(slice_eq(slice_from(str("abc"), 9), SLICE_EMPTY));
	assert_true(slice_eq(slice_head(str("abc"), 2), str("ab")));
}

static void test_trim(void **state)
{
	UNUSED(state);
	assert_true(slice_eq(slice_trim(str(" \t a b\r\n")), str("a b")));
	assert_true(slice_eq(slice_ltrim(str("  a ")), str("a ")));
	assert_true(slice_eq(slice_rtrim(str("  a ")), str("  a")));
	assert_int_equal(slice_trim(str("   ")).len, 0);
	/* NUL and octets above 127 are no blanks. */
	assert_int_equal(slice_trim(slice_make("\0\x80", 2)).len, 2);
}

static void test_split(void **state)
{
	static const char *const want[] = {"a", "b", ""};
	struct slice rest = str("a,b,");
	struct slice part;
	unsigned n = 0;

	UNUSED(state);
	while (slice_split(&rest, ',', &part)) {
		assert_true(n < 3);
		assert_true(slice_eq(part, str(want[n++])));
	}
	assert_int_equal(n, 3);
	rest = str("");
	assert_true(slice_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(slice_split(&rest, ',', &part));
}

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} table[] = {
		{"0", 9, true, 0},
		{"007", 9, true, 7},
		{"10", 9, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{"+1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1x", 9, false, 0},
	};
	int64_t n = 42;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		uint64_t got = 42;

		assert_int_equal(slice_u64(str(table[i].text), table[i].max, &got), table[i].ok);
		assert_true(got == (table[i].ok ? table[i].value : 42));
	}
	assert_true(slice_i64(str("-9223372036854775808"), &n) && n == INT64_MIN);
	assert_true(slice_i64(str("9223372036854775807"), &n) && n == INT64_MAX);
	assert_false(slice_i64(str("9223372036854775808"), &n));
	assert_false(slice_i64(str("-"), &n));
	assert_false(slice_i64(str("--1"), &n));
	assert_true(n == INT64_MAX);
}

static void test_words(void **state)
{
	UNUSED(state);
	assert_true(slice_is_true(str("YES")) && slice_is_true(str("on")) &&
		    slice_is_true(str("1")));
	assert_false(slice_is_true(str("yess")) || slice_is_true(str("")) ||
		     slice_is_true(str("2")));
	assert_true(slice_is_false(str("No")) && slice_is_false(str("off")) &&
		    slice_is_false(str("f")));
	assert_false(slice_is_false(str("")) || slice_is_false(str("nope")));
}

static void test_copy(void **state)
{
	char dst[4] = "xyz";

	UNUSED(state);
	assert_int_equal(slice_copy(dst, sizeof(dst), str("abcdef")), 3);
	assert_string_equal(dst, "abc");
	assert_int_equal(slice_copy(dst, sizeof(dst), SLICE_EMPTY), 0);
	assert_string_equal(dst, "");
	assert_int_equal(slice_copy(dst, 0, str("a")), 0);
}

static void test_hash(void **state)
{
	char text[64];
	uint64_t seen[64];

	UNUSED(state);
	memset(text, 0, sizeof(text));
	for (size_t len = 0; len < 64; len++) {
		seen[len] = slice_hash(slice_make(text, len), 1);
		for (size_t i = 0; i < len; i++)
			assert_true(seen[i] != seen[len]);
	}
	assert_true(slice_hash(str("a"), 1) != slice_hash(str("a"), 2));
	assert_true(slice_hash(str("abcdefghX"), 1) != slice_hash(str("abcdefghx"), 1));
	assert_true(slice_ihash(str("Via"), 1) == slice_ihash(str("vIA"), 1));
	assert_true(slice_ihash(str("via"), 1) == slice_hash(str("via"), 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare), cmocka_unit_test(test_ieq_every_octet),
		cmocka_unit_test(test_parts),	cmocka_unit_test(test_trim),
		cmocka_unit_test(test_split),	cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),	cmocka_unit_test(test_copy),
		cmocka_unit_test(test_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
