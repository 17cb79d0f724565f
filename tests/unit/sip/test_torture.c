/* tests/unit/sip/test_torture.c - the messages of RFC 4475 and RFC 5118, each with its fate.
 *
 * What a message may not be is decided above the parser for some of them (unknown scheme,
 * extension, Max-Forwards 0 ...): those parse here, and the note says who refuses. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/cmocka.h"
#include "tests/unit/sip/walk.h"

#define VECTORS RINGER_SOURCE_DIR "/tests/unit/sip/vectors/"

struct fate {
	const char *file;
	enum sip_parse_error err;
	unsigned refusal; /* status of our answer; 0: none, or dropped */
	uint16_t hdr_count, via_count;
	uint32_t cseq;
	const char *method, *to_tag, *branch, *host;
	uint16_t body_bytes;
};

#define OK SIP_PARSE_OK
static const struct fate fates[] = {
	/* RFC 4475 3.1.1: valid */
	{"rfc4475/wsinv", OK, 0, 14, 3, 9, "INVITE", "1918181833n", "390skdjuw", "192.0.2.2", 150},
	{"rfc4475/intmeth", OK, 0, 8, 1, 139122385, "!interesting-Method0123456789_*+`.%indeed'~",
	 "", "z9hG4bK-.!%66*_+`'~", "host1.example.com", 0},
	{"rfc4475/esc01", OK, 0, 9, 1, 234234, "INVITE", "", "z9hG4bKkdjuw", "host5.example.net",
	 150},
	{"rfc4475/escnull", OK, 0, 9, 1, 14398234, "REGISTER", "", "z9hG4bKkdjuw",
	 "host5.example.com", 0},
	{"rfc4475/esc02", OK, 0, 10, 1, 29344, "RE%47IST%45R", "", "z9hG4bK209%fzsnel234",
	 "host.example.com", 0},
	{"rfc4475/lwsdisp", OK, 0, 7, 1, 60, "OPTIONS", "", "z9hG4bKkdjuw", "funky.example.com", 0},
	{"rfc4475/longreq", OK, 0, 43, 34, 3882340, "INVITE", "", NULL, NULL, 150},
	{"rfc4475/dblreq", OK, 0, 8, 1, 8, "REGISTER", "", "z9hG4bKkdjuw23492", "192.0.2.125", 0},
	{"rfc4475/semiuri", OK, 0, 8, 1, 8, "OPTIONS", "", "z9hG4bKkdjuw", "192.0.2.1", 0},
	{"rfc4475/transports", OK, 0, 12, 5, 60, "OPTIONS", "", "z9hG4bKkdjuw", "t1.example.com",
	 0},
	{"rfc4475/mpart01", OK, 0, 14, 1, 1, "MESSAGE", "", NULL, "127.0.0.1", 553},
	{"rfc4475/unreason", OK, 0, 8, 1, 35, "INVITE", "2229", "z9hG4bK1324923", "192.0.2.198",
	 154},
	{"rfc4475/noreason", OK, 0, 7, 1, 35, "INVITE", "902jndnke3", NULL, "192.0.2.105", 0},
	/* 3.1.2: invalid */
	{"rfc4475/badinv01", SIP_PARSE_VIA, 400, 9, 2, 8, "INVITE", "", NULL, "192.0.2.15", 152},
	{"rfc4475/clerr", SIP_PARSE_BODY_SHORT, 400, 9, 1, 8, "INVITE", "", NULL, NULL, 154},
	{"rfc4475/ncl", SIP_PARSE_CONTENT_LENGTH, 400, 9, 1, 0, "INVITE", "", NULL, NULL, 152},
	{"rfc4475/scalar02", SIP_PARSE_CSEQ, 400, 9, 1, 0, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/scalarlg", SIP_PARSE_CSEQ, 0, 8, 1, 0, "", "", NULL, NULL, 0},
	{"rfc4475/quotbal", SIP_PARSE_TO, 400, 9, 1, 8, "INVITE", "", NULL, NULL, 152},
	{"rfc4475/ltgtruri", SIP_PARSE_URI, 400, 9, 1, 1, "INVITE", "", NULL, NULL, 159},
	{"rfc4475/lwsruri", SIP_PARSE_START_LINE, 400, 9, 1, 2130706432, "INVITE",
	 "3xfe-9921883-z9f", NULL, NULL, 159},
	{"rfc4475/lwsstart", SIP_PARSE_START_LINE, 400, 9, 1, 1893884, "INVITE", "", NULL, NULL,
	 150},
	{"rfc4475/trws", SIP_PARSE_START_LINE, 400, 8, 1, 238923, "OPTIONS", "", NULL, NULL, 0},
	{"rfc4475/escruri", SIP_PARSE_URI, 400, 9, 1, 149209342, "INVITE", "", NULL, NULL, 150},
	/* 3.1.2.12 allows to accept it: we never read Date */
	{"rfc4475/baddate", OK, 0, 10, 1, 1392934, "INVITE", "", NULL, NULL, 150},
	{"rfc4475/regbadct", SIP_PARSE_CONTACT, 400, 8, 1, 1, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/badaspec", SIP_PARSE_TO, 400, 8, 1, 3923239, "OPTIONS", "", NULL, NULL, 0},
	/* 3.1.2.15 allows to accept it: peers send such names */
	{"rfc4475/baddn", OK, 0, 8, 1, 3923239, "OPTIONS", "", NULL, NULL, 0},
	{"rfc4475/badvers", SIP_PARSE_VERSION, 505, 7, 1, 1, "OPTIONS", "", NULL, NULL, 0},
	{"rfc4475/mismatch01", SIP_PARSE_CSEQ_METHOD, 400, 7, 1, 8, "OPTIONS", "", NULL, NULL, 0},
	{"rfc4475/mismatch02", SIP_PARSE_CSEQ_METHOD, 400, 9, 1, 8, "NEWMETHOD", "", NULL, NULL,
	 138},
	{"rfc4475/bigcode", SIP_PARSE_STATUS_CODE, 0, 7, 1, 353494, "INVITE", NULL, NULL, NULL, 0},
	/* 3.2: transaction layer: the branch is only the cookie */
	{"rfc4475/badbranch", OK, 0, 8, 1, 8, "OPTIONS", "", "z9hG4bK", "192.0.2.1", 0},
	/* 3.3: what the layers above refuse; without From, To and Call-ID nothing can be answered
	 */
	{"rfc4475/insuf", SIP_PARSE_MISSING_FROM, 0, 4, 1, 193942, "INVITE", "", NULL, NULL, 152},
	{"rfc4475/unkscm", OK, 0, 7, 1, 3923423, "OPTIONS", "", NULL, NULL, 0},	 /* 416 */
	{"rfc4475/novelsc", OK, 0, 7, 1, 3923423, "OPTIONS", "", NULL, NULL, 0}, /* 416 */
	{"rfc4475/unksm2", OK, 0, 8, 1, 234902, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/bext01", OK, 0, 9, 1, 8, "OPTIONS", "", NULL, NULL, 0},	/* 420 */
	{"rfc4475/invut", OK, 0, 9, 1, 235448, "INVITE", "", NULL, NULL, 40},	/* 415 */
	{"rfc4475/regaut01", OK, 0, 8, 1, 9338, "REGISTER", "", NULL, NULL, 0}, /* 401 */
	{"rfc4475/multi01", SIP_PARSE_TWICE_CSEQ, 400, 15, 1, 5, "INVITE", "", NULL, NULL, 154},
	{"rfc4475/mcl01", SIP_PARSE_TWICE_CONTENT_LENGTH, 400, 9, 1, 15932, "OPTIONS", "", NULL,
	 NULL, 13},
	{"rfc4475/bcast", OK, 0, 9, 2, 35, "INVITE", "2229", NULL, "192.0.2.198",
	 154},									 /* two Via */
	{"rfc4475/zeromf", OK, 0, 7, 1, 39234321, "OPTIONS", "", NULL, NULL, 0}, /* 483 */
	{"rfc4475/cparam01", OK, 0, 8, 1, 2, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/cparam02", OK, 0, 8, 1, 3, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/regescrt", OK, 0, 8, 1, 14398234, "REGISTER", "", NULL, NULL, 0},
	{"rfc4475/sdp01", OK, 0, 10, 1, 8, "INVITE", "", NULL, NULL, 150}, /* 406 */
	{"rfc4475/inv2543", OK, 0, 7, 1, 56, "INVITE", "", "", "iftgw.example.com", 105},
	/* in the archive, in no section */
	{"rfc4475/test", SIP_PARSE_START_LINE, 0, 10, 0, 0, NULL, NULL, NULL, NULL, 18},
	/* RFC 5118 */
	{"rfc5118/ipv6-good", OK, 0, 8, 1, 98176, "REGISTER", "", NULL, "2001:db8::9:1", 0},
	{"rfc5118/ipv6-bad", SIP_PARSE_URI, 400, 8, 1, 98176, "REGISTER", "", NULL, NULL, 0},
	{"rfc5118/port-ambiguous", OK, 0, 8, 1, 98176, "REGISTER", "", NULL, NULL, 0},
	{"rfc5118/port-unambiguous", OK, 0, 8, 1, 98176, "REGISTER", "", NULL, NULL, 0},
	{"rfc5118/via-received-param-with-delim", OK, 0, 7, 1, 321, "BYE", "bd76ya", NULL, NULL, 0},
	{"rfc5118/via-received-param-no-delim", OK, 0, 8, 1, 921, "OPTIONS", "", NULL, NULL, 0},
	{"rfc5118/ipv6-in-sdp", OK, 0, 9, 1, 8612, "INVITE", "", NULL, "2001:db8::20", 251},
	{"rfc5118/mult-ip-in-header", OK, 0, 9, 3, 89187, "BYE", "9817--94", NULL, NULL, 0},
	{"rfc5118/mult-ip-in-sdp", OK, 0, 9, 1, 8912, "INVITE", "", NULL, NULL, 189},
	{"rfc5118/ipv4-mapped-ipv6", OK, 0, 10, 2, 612, "INVITE", "", "z9hG4bKbh19",
	 "::ffff:192.0.2.10", 245},
	{"rfc5118/ipv6-bug-abnf-3-colons", OK, 0, 7, 1, 689, "OPTIONS", "", NULL, NULL, 0},
	{"rfc5118/ipv6-correct-abnf-2-colons", OK, 0, 7, 1, 689, "OPTIONS", "", NULL, NULL, 0},
};

static struct slice load(const char *name)
{
	static char buf[LIMIT_SIP_DATAGRAM];
	char path[LIMIT_PATH];
	size_t bytes;
	FILE *f;

	snprintf(path, sizeof(path), VECTORS "%s.dat", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("no %s", path);
	bytes = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return slice_make(buf, bytes);
}

static void same_text(const char *file, const char *what, struct slice have, const char *want)
{
	if (want && !slice_eq(have, slice_str(want)))
		fail_msg("%s: %s is \"%.*s\", not \"%s\"", file, what, SLICE_ARG(have), want);
}

static void same_number(const char *file, const char *what, uint64_t have, uint64_t want)
{
	if (have != want)
		fail_msg("%s: %s is %lu, not %lu", file, what, (unsigned long)have,
			 (unsigned long)want);
}

static void test_fates(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(fates); i++) {
		const struct fate *f = &fates[i];
		enum sip_parse_error err;
		struct sip_msg m;

		assert_int_equal(sip_msg_parse(&m, load(f->file), &err) == 0, f->err == OK);
		if (err != f->err)
			fail_msg("%s: %.*s", f->file, SLICE_ARG(sip_parse_error_name(err)));
		same_number(f->file, "refusal", sip_msg_refusal(&m, err), f->refusal);
		same_number(f->file, "header lines", m.hdr_count, f->hdr_count);
		same_number(f->file, "Via values", m.via_count, f->via_count);
		same_number(f->file, "CSeq", m.cseq, f->cseq);
		same_number(f->file, "body", m.body.len, f->body_bytes);
		same_text(f->file, "method", m.method_text, f->method);
		same_text(f->file, "To tag", m.to_tag, f->to_tag);
		same_text(f->file, "branch", m.via.branch, f->branch);
		same_text(f->file, "sent-by", m.via.host, f->host);
	}
}

/* What the fate table cannot say. */
static void test_details(void **state)
{
	enum sip_parse_error err;
	struct sip_uri uri;
	struct sip_msg m;
	struct slice v;
	char text[128];
	struct sink out = sink_make(text, sizeof(text));

	UNUSED(state);
	sip_msg_parse(&m, load("rfc4475/wsinv"), &err);
	assert_int_equal(m.max_forwards, 68);
	assert_int_equal(m.content_length, 150);
	sip_text_unescape(&out, m.from.display);
	assert_true(slice_eq(sink_slice(&out), SLICE_LIT("J Rosenberg \\\"")));
	assert_true(slice_eq(m.from_tag, SLICE_LIT("98asjd8")));
	assert_true(sip_text_param(m.contact.params, SLICE_LIT("newparam"), &v));
	assert_true(slice_eq(v, SLICE_LIT("newvalue")));
	assert_true(sip_text_param(m.contact.params, SLICE_LIT("secondparam"), &v));
	assert_null(v.ptr);
	assert_true(m.lenient & SIP_LENIENT_FOLD);

	sip_msg_parse(&m, load("rfc4475/intmeth"), &err);
	assert_true(memchr(m.to.display.ptr, '\0', m.to.display.len) != NULL);
	assert_int_equal(m.max_forwards, 255);

	sip_msg_parse(&m, load("rfc4475/semiuri"), &err);
	assert_int_equal(sip_uri_parse(&uri, m.ruri), 0);
	assert_true(slice_eq(uri.user, SLICE_LIT("user;par=u%40example.net")));
	assert_true(slice_eq(uri.host, SLICE_LIT("example.com")));

	sip_msg_parse(&m, load("rfc4475/dblreq"), &err);
	assert_true(m.lenient & SIP_LENIENT_TRAILING);
	sip_msg_parse(&m, load("rfc4475/unreason"), &err);
	assert_int_equal(m.code, 200);
	assert_true(slice_starts(m.reason, SLICE_LIT("= 2**3 * 5**2 ")));
	sip_msg_parse(&m, load("rfc4475/noreason"), &err);
	assert_int_equal(m.code, 100);
	assert_int_equal(m.reason.len, 0);
	sip_msg_parse(&m, load("rfc4475/baddn"), &err);
	assert_true(m.lenient & SIP_LENIENT_DISPLAY);
	assert_true(m.lenient & SIP_LENIENT_NO_END);
	assert_true(slice_eq(m.from.display, SLICE_LIT("Bell, Alexander")));

	sip_msg_parse(&m, load("rfc4475/cparam01"), &err);
	assert_true(slice_eq(m.contact.params, SLICE_LIT(";unknownparam")));
	sip_msg_parse(&m, load("rfc4475/cparam02"), &err);
	assert_true(slice_ends(m.contact.uri, SLICE_LIT(";unknownparam")));
	assert_int_equal(m.contact.params.len, 0);
	sip_msg_parse(&m, load("rfc4475/unkscm"), &err);
	assert_int_equal(sip_uri_parse(&uri, m.ruri), 0);
	assert_int_equal(uri.scheme, SIP_SCHEME_OTHER);
}

static void test_details_ipv6(void **state)
{
	enum sip_parse_error err;
	struct sip_uri uri;
	struct sip_msg m;

	UNUSED(state);
	sip_msg_parse(&m, load("rfc5118/port-ambiguous"), &err);
	assert_int_equal(sip_uri_parse(&uri, m.ruri), 0);
	assert_true(slice_eq(uri.host, SLICE_LIT("2001:db8::10:5070")));
	assert_int_equal(uri.port, 0);
	sip_msg_parse(&m, load("rfc5118/port-unambiguous"), &err);
	assert_int_equal(sip_uri_parse(&uri, m.ruri), 0);
	assert_int_equal(uri.port, 5070);
	assert_true(uri.is_ipv6);
	sip_msg_parse(&m, load("rfc5118/via-received-param-with-delim"), &err);
	assert_true(slice_eq(m.via.received, SLICE_LIT("2001:db8::9:255")));
	sip_msg_parse(&m, load("rfc5118/via-received-param-no-delim"), &err);
	assert_true(slice_eq(m.via.received, SLICE_LIT("2001:db8::9:255")));
	sip_msg_parse(&m, load("rfc5118/ipv4-mapped-ipv6"), &err);
	assert_int_equal(m.via.port, 19823);
	assert_true(m.via.is_ipv6);
}

/* A block of its own for each input, so that a sanitizer sees one octet too far. */
static void walk_copy(const char *octets, size_t len)
{
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, octets, len);
	walk_message(slice_make(copy, len));
	free(copy);
}

static void test_every_prefix(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(fates); i++) {
		struct slice s = load(fates[i].file);

		for (size_t len = 0; len <= s.len; len++)
			walk_copy(s.ptr, len);
	}
}

static void test_every_octet_flipped(void **state)
{
	static const unsigned char masks[] = {0x01, 0x20, 0x80, 0xff};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(fates); i++) {
		struct slice s = load(fates[i].file);
		char *copy = malloc(s.len);

		assert_non_null(copy);
		memcpy(copy, s.ptr, s.len);
		for (size_t at = 0; at < s.len; at++) {
			copy[at] = (char)(copy[at] ^ (char)masks[at % ARRAY_COUNT(masks)]);
			walk_message(slice_make(copy, s.len));
			copy[at] = s.ptr[at];
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fates),
		cmocka_unit_test(test_details),
		cmocka_unit_test(test_details_ipv6),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_octet_flipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
