/* tests/unit/sip/test_text.c */
#include "sip/text.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static bool is(struct slice have, const char *want)
{
	return slice_eq(have, slice_str(want));
}

static void test_values(void **state)
{
	static const struct {
		const char *in;
		const char *values[4];
	} rows[] = {
		{"a, b ,\r\n c", {"a", "b", "c"}},
		{",,a,,", {"a"}},
		{"\"x,\\\"y\" <sip:a,b@c>, d", {"\"x,\\\"y\" <sip:a,b@c>", "d"}},
		{"<sip:a\"b>, c", {"<sip:a\"b>", "c"}},
		{"\"open, b", {"\"open, b"}},
		{"<open, b", {"<open, b"}},
		{"  ", {NULL}},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice rest = slice_str(rows[i].in), value;
		size_t n = 0;

		while (sip_text_next_value(&rest, &value)) {
			assert_non_null(rows[i].values[n]);
			assert_true(is(value, rows[i].values[n++]));
		}
		assert_null(rows[i].values[n]);
	}
}

static void test_params(void **state)
{
	struct slice rest = slice_str(" ;a = 1;;B; c=\"x;\\\"y\" ;d=;e"), name, value;

	UNUSED(state);
	assert_true(sip_text_next_param(&rest, &name, &value));
	assert_true(is(name, "a") && is(value, "1"));
	assert_true(sip_text_next_param(&rest, &name, &value));
	assert_true(is(name, "B") && !value.ptr);
	assert_true(sip_text_next_param(&rest, &name, &value));
	assert_true(is(name, "c") && is(value, "x;\\\"y"));
	assert_true(sip_text_next_param(&rest, &name, &value));
	assert_true(is(name, "d") && value.ptr && !value.len);
	assert_true(sip_text_next_param(&rest, &name, &value));
	assert_true(is(name, "e"));
	assert_false(sip_text_next_param(&rest, &name, &value));

	assert_true(sip_text_param(slice_str(";LR;Tag=x"), SLICE_LIT("tag"), &value));
	assert_true(is(value, "x"));
	assert_true(sip_text_param(slice_str(";LR;Tag=x"), SLICE_LIT("lr"), NULL));
	assert_false(sip_text_param(slice_str("tag=x"), SLICE_LIT("tag"), &value));
}

static void test_params_valid(void **state)
{
	static const char *const good[] = {"", ";a", ";;a=b; c = \"d;\"", ";r=[::1]"};
	static const char *const bad[] = {"a", ";a b", ";=x", ";a=\"x", ";a=\"x\"y", ";a=<"};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(good); i++)
		assert_true(sip_text_params_valid(slice_str(good[i])));
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++)
		assert_false(sip_text_params_valid(slice_str(bad[i])));
}

static void test_writers(void **state)
{
	char buf[64];
	struct sink s = sink_make(buf, sizeof(buf));

	UNUSED(state);
	sip_text_write_flat(&s, SLICE_LIT("a \r\n\t b\nc\rd"));
	assert_true(is(sink_slice(&s), "a b c d"));
	s = sink_make(buf, sizeof(buf));
	sip_text_write_quoted(&s, SLICE_LIT("A \"B\\\r\n"));
	assert_true(is(sink_slice(&s), "\"A \\\"B\\\\??\""));
	s = sink_make(buf, sizeof(buf));
	sip_text_unescape(&s, SLICE_LIT("x\\\"y\\\\z\\"));
	assert_true(is(sink_slice(&s), "x\"y\\z\\"));
}

static void test_quoted_end(void **state)
{
	UNUSED(state);
	assert_int_equal(sip_text_quoted_end(SLICE_LIT("\"\""), 0), 2);
	assert_int_equal(sip_text_quoted_end(SLICE_LIT("x\"a\\\"b\"c"), 1), 7);
	assert_int_equal(sip_text_quoted_end(SLICE_LIT("\"abc"), 0), SIZE_MAX);
	assert_int_equal(sip_text_quoted_end(SLICE_LIT("\"abc\\"), 0), SIZE_MAX);
	assert_int_equal(sip_text_quoted_end(SLICE_LIT("\"abc\\\""), 0), SIZE_MAX);
}

static void test_clamp(void **state)
{
	uint32_t n = 7;

	UNUSED(state);
	assert_true(sip_text_u32_clamp(SLICE_LIT("0012"), 100, &n));
	assert_int_equal(n, 12);
	assert_true(sip_text_u32_clamp(SLICE_LIT("99999999999999999999999"), UINT32_MAX, &n));
	assert_int_equal(n, UINT32_MAX);
	assert_true(sip_text_u32_clamp(SLICE_LIT("10100"), 100, &n));
	assert_int_equal(n, 100);
	assert_false(sip_text_u32_clamp(SLICE_LIT(""), 100, &n));
	assert_false(sip_text_u32_clamp(SLICE_LIT("1a"), 100, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	     cmocka_unit_test(test_params),
		cmocka_unit_test(test_params_valid), cmocka_unit_test(test_writers),
		cmocka_unit_test(test_quoted_end),   cmocka_unit_test(test_clamp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
