/* tests/unit/sip/test_uri.c */
#include "sip/uri.h"

#include <errno.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

struct good {
	const char *in;
	enum sip_scheme scheme;
	const char *user, *password, *host;
	uint16_t port;
	const char *params, *headers;
};

static const struct good goods[] = {
	{"sip:alice@atlanta.com", SIP_SCHEME_SIP, "alice", "", "atlanta.com", 0, "", ""},
	{"SIP:a:pw@h:5061;transport=tcp?Subject=x&b=c", SIP_SCHEME_SIP, "a", "pw", "h", 5061,
	 ";transport=tcp", "Subject=x&b=c"},
	{"sips:192.0.2.1", SIP_SCHEME_SIPS, "", "", "192.0.2.1", 0, "", ""},
	{"sip:u@[2001:db8::1]:5070;lr", SIP_SCHEME_SIP, "u", "", "2001:db8::1", 5070, ";lr", ""},
	{"sip:[2001:db8:::192.0.2.1]", SIP_SCHEME_SIP, "", "", "2001:db8:::192.0.2.1", 0, "", ""},
	{"sip:+1234;phone-context=x;y?z/&=@gw_1.example", SIP_SCHEME_SIP,
	 "+1234;phone-context=x;y?z/&=", "", "gw_1.example", 0, "", ""},
	{"sip:a@h?Replaces=call@host", SIP_SCHEME_SIP, "a", "", "h", 0, "", "Replaces=call@host"},
	{"sip:%00%41@h", SIP_SCHEME_SIP, "%00%41", "", "h", 0, "", ""},
	{"sip:a:@h", SIP_SCHEME_SIP, "a", "", "h", 0, "", ""},
	{"sip:123#@h", SIP_SCHEME_SIP, "123#", "", "h", 0, "", ""},
	{"tel:+1-201-555-0123;ext=4", SIP_SCHEME_TEL, "+1-201-555-0123", "", "", 0, ";ext=4", ""},
	{"tel:7042;phone-context=example.com", SIP_SCHEME_TEL, "7042", "", "", 0,
	 ";phone-context=example.com", ""},
	{"soap.beep://192.0.2.103:3002", SIP_SCHEME_OTHER, "", "", "//192.0.2.103:3002", 0, "", ""},
	{"isbn:2983792873", SIP_SCHEME_OTHER, "", "", "2983792873", 0, "", ""},
};

static const char *const bads[] = {
	"",
	"sip",
	"sip:",
	"sip:@h",
	"sip:a@",
	"sip:a@h:",
	"sip:a@h:65536",
	"sip:a@h:x",
	"sip:a b@h",
	"<sip:a@h>",
	"sip:a@h>",
	"sip:a@[::1",
	"sip:a@[]",
	"sip:a@[xyz]",
	"sip:a@[1.2.3.4]",
	"sip:2001:db8::10",
	"sip:a@b@c",
	"sip:a@h?",
	"sip:a@h/x",
	"sip::pw@h",
	":a@h",
	"1sip:a@h",
	"sip:a@\th",
	"tel:",
	"tel:abc-xyz",
	"tel:;ext=1",
	"sip:a@h\r\n",
	"nonesuch",
	"x:",
	"sip:a\"b@h",
};

static bool is(struct slice have, const char *want)
{
	return slice_eq(have, slice_str(want));
}

static void test_parse_and_write(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(goods); i++) {
		const struct good *g = &goods[i];
		char buf[256];
		struct sink out = sink_make(buf, sizeof(buf));
		struct sip_uri u;

		if (sip_uri_parse(&u, slice_str(g->in)))
			fail_msg("refused: %s", g->in);
		assert_int_equal(u.scheme, g->scheme);
		if (!is(u.user, g->user) || !is(u.password, g->password) || !is(u.host, g->host) ||
		    u.port != g->port || !is(u.params, g->params) || !is(u.headers, g->headers))
			fail_msg("wrong parts: %s", g->in);
		sip_uri_write(&out, &u);
		if (!is(sink_slice(&out), g->in))
			fail_msg("written as %.*s: %s", SLICE_ARG(sink_slice(&out)), g->in);
	}
}

static void test_refused(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(bads); i++) {
		struct sip_uri u = {.port = 4711};

		if (sip_uri_parse(&u, slice_str(bads[i])) != -EINVAL)
			fail_msg("taken: %s", bads[i]);
		assert_int_equal(u.port, 4711);
	}
}

/* The examples of RFC 3261 19.1.4, and tel. */
static void test_equal(void **state)
{
	static const struct {
		bool equal;
		const char *a, *b;
	} rows[] = {
		{true, "sip:%61lice@atlanta.com;transport=TCP",
		 "sip:alice@AtLanTa.CoM;Transport=tcp"},
		{true, "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
		{true, "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"},
		{false, "SIP:ALICE@AtLanTa.CoM;Transport=udp",
		 "sip:alice@AtLanTa.CoM;Transport=UDP"},
		{false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
		{false, "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
		{false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
		{false, "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
		{false, "sip:bob@h;security=off", "sip:bob@h;security=on"},
		{false, "sip:a@h", "sips:a@h"},
		{true, "sip:%e4%6A@h", "sip:%E4j@h"},
		{true, "sip:%aA%Ff@h", "sip:%Aa%fF@h"},
		{false, "sip:%6a@h", "sip:%6b@h"},
		{false, "sip:%6a@h", "sip:%7a@h"},
		{false, "sip:ab@h", "sip:abc@h"},
		{true, "sip:a:%70w@h", "sip:a:pw@h"},
		{false, "sip:a:pw@h", "sip:a:px@h"},
		{false, "sip:a:pw@h", "sip:a@h"},
		{true, "tel:+1-201.555(0123)", "tel:+12015550123"},
		{false, "tel:+12015550123", "tel:+12015550124"},
		{true, "sip:a@h;x=1;x=2", "sip:a@h;x=1"},
		{true, "isbn:123", "ISBN:123"},
		{false, "isbn:123", "issn:123"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_uri a, b;

		assert_int_equal(sip_uri_parse(&a, slice_str(rows[i].a)), 0);
		assert_int_equal(sip_uri_parse(&b, slice_str(rows[i].b)), 0);
		if (sip_uri_equal(&a, &b) != rows[i].equal ||
		    sip_uri_equal(&b, &a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

/* Too many parameters to compare one by one: as text. */
static void test_equal_many_params(void **state)
{
	char text[4096];
	struct sink s = sink_make(text, sizeof(text));
	struct sip_uri a, b;

	UNUSED(state);
	sink_lit(&s, "sip:h");
	for (unsigned i = 0; i < 100; i++)
		sink_fmt(&s, ";p%u=1", i);
	assert_int_equal(sip_uri_parse(&a, sink_slice(&s)), 0);
	assert_true(sip_uri_equal(&a, &a));
	assert_int_equal(sip_uri_parse(&b, slice_head(sink_slice(&s), s.len - 1)), 0);
	assert_false(sip_uri_equal(&a, &b));
	assert_false(sip_uri_equal(&b, &a));
	/* one by one this would be equal, as p0 is not in both */
	assert_int_equal(sip_uri_parse(&b, SLICE_LIT("sip:h")), 0);
	assert_false(sip_uri_equal(&a, &b));
}

static void test_user_text(void **state)
{
	char buf[64];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	sip_uri_write_user(&out, SLICE_LIT("+49*#a@b:c%d \xc3\xa4"));
	assert_true(is(sink_slice(&out), "+49*%23a%40b%3Ac%25d%20%C3%A4"));
	out = sink_make(buf, sizeof(buf));
	sip_uri_unescape(&out, SLICE_LIT("a%40b%0d%00%7f%zz%4"));
	assert_true(is(sink_slice(&out), "a@b%0d%00%7f%zz%4"));
}

static void test_hosts(void **state)
{
	UNUSED(state);
	assert_true(sip_host_is_ipv4(SLICE_LIT("192.0.2.255")));
	assert_false(sip_host_is_ipv4(SLICE_LIT("192.0.2.256")));
	assert_false(sip_host_is_ipv4(SLICE_LIT("192.0.2")));
	assert_false(sip_host_is_ipv4(SLICE_LIT("192.0.2.1.1")));
	assert_false(sip_host_is_ipv4(SLICE_LIT("a.b.c.d")));
	assert_true(sip_host_is_ipv6(SLICE_LIT("[::1]")));
	assert_true(sip_host_is_ipv6(SLICE_LIT("fe80::1%eth0")));
	assert_false(sip_host_is_ipv6(SLICE_LIT("host:5060")));
	assert_false(sip_host_is_ipv6(SLICE_LIT("")));
}

static void test_addr(void **state)
{
	static const struct {
		const char *in, *display, *uri, *params;
		bool brackets, lenient;
	} rows[] = {
		{"sip:a@b;tag=1", "", "sip:a@b", ";tag=1", false, false},
		{" <sip:a@b;x=1> ; tag=1 ", "", "sip:a@b;x=1", "; tag=1", true, false},
		{"Ann Bee <sip:a@b>", "Ann Bee", "sip:a@b", "", true, false},
		{"Bell, A <sip:a@b>", "Bell, A", "sip:a@b", "", true, true},
		{"\"Q \\\" <x>, y\"<tel:+1>;p=\"a;>b\"", "Q \\\" <x>, y", "tel:+1", ";p=\"a;>b\"",
		 true, false},
		{"\"\" <sip:a@b>", "", "sip:a@b", "", true, false},
		{"caller<sip:c@d>;tag=323", "caller", "sip:c@d", ";tag=323", true, false},
		{"sip:a@b;x=\"<\"", "", "sip:a@b", ";x=\"<\"", false, false},
	};
	static const char *const wrong[] = {
		"",
		"<>",
		"<sip:a@b",
		"\"a <sip:a@b>",
		"\"a\" sip:a@b",
		"< sip:a@b >",
		"sip:a@b?x=y",
		"sip:a,b@c",
		"<sip:a@b> junk",
		"<sip:a@b>;x=\"open",
		"alice",
		"<alice>",
		"<sip:>",
		"\"a\"",
		"<sip:a\r\n b@c>",
		"sip:a@b x",
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_addr a;

		if (sip_addr_parse(&a, slice_str(rows[i].in)))
			fail_msg("refused: %s", rows[i].in);
		if (!is(a.display, rows[i].display) || !is(a.uri, rows[i].uri) ||
		    !is(a.params, rows[i].params) || a.has_brackets != rows[i].brackets ||
		    a.is_lenient != rows[i].lenient)
			fail_msg("wrong parts: %s", rows[i].in);
	}
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		struct sip_addr a;

		if (sip_addr_parse(&a, slice_str(wrong[i])) != -EINVAL)
			fail_msg("taken: %s", wrong[i]);
	}
}

static void test_addr_star_and_write(void **state)
{
	struct sip_addr a;
	char buf[128];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	assert_int_equal(sip_addr_parse(&a, SLICE_LIT("*")), 0);
	assert_true(a.is_star);
	assert_int_equal(sip_addr_parse(&a, SLICE_LIT("<sip:a@b>;x=1; TAG = \"q\"")), 0);
	assert_true(is(sip_addr_tag(&a), "q"));
	sip_addr_write(&out, SLICE_LIT("A \"B\""), SLICE_LIT("sip:a@b"), SLICE_LIT("t1"));
	assert_true(is(sink_slice(&out), "\"A \\\"B\\\"\" <sip:a@b>;tag=t1"));
	out = sink_make(buf, sizeof(buf));
	sip_addr_write(&out, SLICE_EMPTY, SLICE_LIT("sip:a@b"), SLICE_EMPTY);
	assert_true(is(sink_slice(&out), "<sip:a@b>"));
}

static void test_for_request(void **state)
{
	static const char *const rows[][2] = {
		{"sip:a@h", "sip:a@h"},
		{"sip:a?b=c@h:5070;x=1?Route=%3Csip:p%3E", "sip:a?b=c@h:5070;x=1"},
		{"sip:a@h?Replaces=call@host", "sip:a@h"},
		{"tel:7042", "tel:7042"},
		{"isbn:1?2", "isbn:1?2"},
		{"no uri?x", "no uri?x"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_true(slice_eq(sip_uri_for_request(slice_str(rows[i][0])),
				     slice_str(rows[i][1])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_for_request),
		cmocka_unit_test(test_parse_and_write),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_many_params),
		cmocka_unit_test(test_user_text),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_addr_star_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
