/* tests/unit/base/test_sink.c */
#include "engine/base/sink.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_pieces(void **state)
{
	char text[200];
	struct sink s = sink_make(text, sizeof(text));

	UNUSED(state);
	sink_lit(&s, "a=");
	sink_u64(&s, UINT64_MAX);
	sink_char(&s, ' ');
	sink_i64(&s, INT64_MIN);
	sink_str(&s, " ");
	sink_i64(&s, 0);
	sink_char(&s, ' ');
	sink_hex(&s, 0xbeef, 8);
	sink_char(&s, ' ');
	sink_hex(&s, 0xbeef, 1);
	sink_char(&s, ' ');
	sink_pad(&s, 7, 3);
	sink_fmt(&s, " %d%s", 5, "x");
	sink_add(&s, SLICE_EMPTY);
	assert_false(s.over);
	assert_string_equal(sink_cstr(&s), "a=18446744073709551615 -9223372036854775808 0 0000beef "
					   "beef 007 5x");
	assert_int_equal(sink_slice(&s).len, strlen(text));
}

static void test_over(void **state)
{
	char text[9] = "........|";
	struct sink s = sink_make(text, 8);

	UNUSED(state);
	sink_lit(&s, "1234");
	sink_lit(&s, "56789");
	assert_true(s.over);
	assert_int_equal(s.len, 4);
	sink_lit(&s, "5"); /* what stands there stays the beginning of the text */
	assert_int_equal(s.len, 4);
	assert_string_equal(sink_cstr(&s), "1234");
	assert_int_equal(text[8], '|');
}

static void test_exact(void **state)
{
	char text[9] = "........|";
	struct sink s = sink_make(text, 8);

	UNUSED(state);
	sink_fmt(&s, "%s", "1234");
	sink_fmt(&s, "%s", "5678");
	assert_false(s.over);
	assert_memory_equal(text, "12345678|", 9);
	sink_fmt(&s, "%s", "");
	assert_false(s.over);
	sink_fmt(&s, "%s", "9");
	assert_true(s.over);
	assert_string_equal(sink_cstr(&s), "1234567");
	assert_true(s.over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_over),
		cmocka_unit_test(test_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
