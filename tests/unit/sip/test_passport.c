/* tests/unit/sip/test_passport.c - numbers, the token octet by octet, the value of Identity, Date.
 */
#include "sip/passport.h"
#include "tests/tls/jws.h"
#include "tests/unit/io/io_bench.h"

#define KEYS "tests/tls/"
/* The values of the example in RFC 8588 5, in base64url by another program. */
#define HEADER                                                                                     \
	"eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0" \
	"Lm"                                                                                       \
	"V4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9"
#define PAYLOAD                                                                                    \
	"eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxMjE1NTU1MDEzMSJdfSwiaWF0IjoxNDQzMjA4MzQ1LCJvcmln" \
	"I"                                                                                        \
	"jp7InRuIjoiMTIxNTU1NTAxMjEifSwib3JpZ2lkIjoiMTIzZTQ1NjctZTg5Yi0xMmQzLWE0NTYtNDI2NjU1NDQwM" \
	"D"                                                                                        \
	"AwIn0"

static const struct passport sample = {
	.level = 'A',
	.orig = SLICE_LIT("12155550121"),
	.dest = SLICE_LIT("12155550131"),
	.url = SLICE_LIT("https://cert.example.org/passport.cer"),
	.iat_s = 1443208345,
	.origid = "123e4567-e89b-12d3-a456-426655440000",
};

static void number(const char *text, const char *want)
{
	char room[PASSPORT_TN + 8];
	struct sink out = sink_make(room, sizeof(room));
	bool is_number = passport_write_tn(&out, slice_str(text));

	if (is_number != (want != NULL))
		fail_msg("'%s' is %s", text, is_number ? "a number" : "no number");
	if (want)
		assert_string_equal(sink_cstr(&out), want);
}

static void test_numbers(void **state)
{
	UNUSED(state);
	number("12155550121", "12155550121");
	number("+1 (215) 555-0121", "12155550121");
	number("+49.30.123456", "4930123456");
	number("*67#", "*67#");
	number("+12155550121;npdi;rn=+12155550000", "12155550121");
	number(" 100 ", "100");
	number("12345678901234567890123456789012", "12345678901234567890123456789012");
	number("123456789012345678901234567890123", NULL); /* longer than any number */
	number("", NULL);
	number("+", NULL);
	number("()", NULL);
	number(";x=1", NULL);
	number("alice", NULL);
	number("alice1", NULL);
	number("1+2", NULL);
	number("100@host", NULL);
	number("\"1\"", NULL);
}

static void test_token(void **state)
{
	char room[1024];
	struct sink out = sink_make(room, sizeof(room));

	UNUSED(state);
	passport_write(&out, &sample);
	assert_string_equal(sink_cstr(&out), HEADER "." PAYLOAD);
}

static struct es256_key *load_key(struct bench *b)
{
	struct es256_key *key = NULL;
	char text[256];
	struct sink error = sink_make(text, sizeof(text));

	bench_open(b, 0);
	assert_int_equal(es256_key_load(&key, b->io, KEYS "passport.key", &error), 0);
	return key;
}

static void test_identity(void **state)
{
	static struct bench bench;
	struct es256_key *key = load_key(&bench);
	EVP_PKEY *public = jws_public_key(KEYS "passport.pub");
	char room[1024], before[1024];
	struct sink out = sink_make(room, sizeof(room));
	struct slice value, token;
	struct jws jws;

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		out.len = 0;
		assert_int_equal(passport_write_identity(&out, &sample, key), 0);
		value = sink_slice(&out);
		assert_true(slice_split(&value, ';', &token));
		jws_read(&jws, public, token);
		assert_string_equal(jws.header, "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":"
						"\"passport\",\"x5u\":\"https://"
						"cert.example.org/passport.cer\"}");
		assert_string_equal(
			jws.payload,
			"{\"attest\":\"A\",\"dest\":{\"tn\":[\"12155550131\"]},\"iat\":1443208345,"
			"\"orig\":{\"tn\":\"12155550121\"},\"origid\":\"123e4567-e89b-12d3-a456-"
			"426655440000\"}");
		assert_true(slice_eq(value, SLICE_LIT("info=<https://cert.example.org/"
						      "passport.cer>;alg=ES256;ppt=shaken")));
		/* A nonce of its own each time, and always as long. */
		if (i == 0)
			memcpy(before, room, out.len);
	}
	assert_int_equal(out.len, sizeof(HEADER) - 1 + 1 + sizeof(PAYLOAD) - 1 + 1 + 86 +
					  sizeof(";info=<https://cert.example.org/passport.cer>;"
						 "alg=ES256;ppt=shaken") -
					  1);
	assert_memory_not_equal(before, room, out.len);
	EVP_PKEY_free(public);
	es256_key_unref(key);
	io_destroy(bench.io);
}

/* What does not fit is not sent in part. */
static void test_no_room(void **state)
{
	static struct bench bench;
	struct es256_key *key = load_key(&bench);
	char room[600];
	struct sink whole = sink_make(room, sizeof(room));

	UNUSED(state);
	assert_int_equal(passport_write_identity(&whole, &sample, key), 0);
	for (size_t size = 0; size <= whole.len; size++) {
		struct sink out = sink_make(room, size);

		assert_int_equal(passport_write_identity(&out, &sample, key),
				 size < whole.len ? -EMSGSIZE : 0);
	}
	es256_key_unref(key);
	io_destroy(bench.io);
}

static void date(int64_t wall_s, const char *want)
{
	char room[64];
	struct sink out = sink_make(room, sizeof(room));

	passport_write_date(&out, wall_s);
	assert_string_equal(sink_cstr(&out), want);
}

static void test_date(void **state)
{
	UNUSED(state);
	date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
	date(1443208345, "Fri, 25 Sep 2015 19:12:25 GMT");
	date(1767225600, "Thu, 01 Jan 2026 00:00:00 GMT");
	date(1709251199, "Thu, 29 Feb 2024 23:59:59 GMT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_token),
		cmocka_unit_test(test_identity), cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
