/* tests/unit/sip/test_write.c */
#include "sip/write.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static char buf[8192];

static void same(const struct sink *out, const char *want)
{
	assert_false(out->over);
	if (!slice_eq(sink_slice(out), slice_str(want)))
		fail_msg("have:\n%.*s\nwant:\n%s", SLICE_ARG(sink_slice(out)), want);
}

static void test_request(void **state)
{
	struct sink out = sink_make(buf, sizeof(buf));
	size_t at;

	UNUSED(state);
	sip_write_request_line(&out, SLICE_LIT("INVITE"), SLICE_LIT("sip:200@192.0.2.1:5060"));
	sip_write_via(&out, SLICE_LIT("UDP"), SLICE_LIT("192.0.2.9"), false, 5062, true,
		      SLICE_LIT("z9hG4bKPjx"));
	sip_write_addr(&out, SIP_HDR_FROM, SLICE_LIT("Ann"), SLICE_LIT("sip:100@192.0.2.9"),
		       SLICE_LIT("ft"));
	sip_write_addr(&out, SIP_HDR_TO, SLICE_EMPTY, SLICE_LIT("sip:200@192.0.2.1"), SLICE_EMPTY);
	sip_write_addr(&out, SIP_HDR_CONTACT, SLICE_EMPTY, SLICE_LIT("sip:asterisk@192.0.2.9:5062"),
		       SLICE_EMPTY);
	sip_write_header_id(&out, SIP_HDR_CALL_ID, SLICE_LIT("cid"));
	sip_write_cseq(&out, 7, SLICE_LIT("INVITE"));
	sip_write_header_u32(&out, SIP_HDR_SESSION_EXPIRES, 1800);
	sip_write_header(&out, SLICE_LIT("X-Note"), SLICE_LIT("a\r\nEvil: b"));
	sip_write_reason_q850(&out, 16);
	at = sip_write_body_begin(&out, SLICE_LIT("application/sdp"));
	sink_lit(&out, "v=0\r\n");
	sip_write_body_end(&out, at);
	same(&out, "INVITE sip:200@192.0.2.1:5060 SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP 192.0.2.9:5062;rport;branch=z9hG4bKPjx\r\n"
		   "From: \"Ann\" <sip:100@192.0.2.9>;tag=ft\r\n"
		   "To: <sip:200@192.0.2.1>\r\n"
		   "Contact: <sip:asterisk@192.0.2.9:5062>\r\n"
		   "Call-ID: cid\r\n"
		   "CSeq: 7 INVITE\r\n"
		   "Session-Expires: 1800\r\n"
		   "X-Note: a Evil: b\r\n"
		   "Reason: Q.850;cause=16\r\n"
		   "Content-Type: application/sdp\r\n"
		   "Content-Length:     5\r\n"
		   "\r\n"
		   "v=0\r\n");
}

/* Two blanks more before three digits, one more before the 0 of an empty body. */
static void test_length_padding(void **state)
{
	static char body[278];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	memset(body, 'x', sizeof(body));
	sip_write_body(&out, SLICE_LIT("application/sdp"), slice_make(body, sizeof(body)));
	assert_true(slice_starts(sink_slice(&out), SLICE_LIT("Content-Type: application/sdp\r\n"
							     "Content-Length:   278\r\n\r\nx")));
	out = sink_make(buf, sizeof(buf));
	sip_write_end(&out);
	same(&out, "Content-Length:  0\r\n\r\n");
}

static void test_ipv6(void **state)
{
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	sip_write_via(&out, SLICE_LIT("TCP"), SLICE_LIT("2001:db8::1"), true, 0, true,
		      SLICE_LIT("b"));
	same(&out, "Via: SIP/2.0/TCP [2001:db8::1];rport;branch=b\r\n");
}

/* A request of ours gets another Via; what is not one of ours is left alone. */
static void test_other_via(void **state)
{
	const struct addr us = {.family = 4, .port = 5070, .ip = {192, 0, 2, 9}};
	static const char *const wrong[] = {"", "BYE sip:a@b SIP/2.0\r\n",
					    "BYE sip:a@b SIP/2.0\r\nFrom: x;branch=1\r\n\r\n",
					    "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n"};
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	assert_true(sip_write_other_via(
		&out,
		SLICE_LIT("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP "
			  "[2001:db8::1];rport;branch=z9hG4bKb\r\nTo: x\r\n\r\nbody\nVia: y"),
		SLICE_LIT("TCP"), &us));
	same(&out, "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP "
		   "192.0.2.9:5070;rport;branch=z9hG4bKb\r\nTo: x\r\n\r\nbody\nVia: y");
	out = sink_make(buf, sizeof(buf)); /* disable_rport */
	assert_true(sip_write_other_via(
		&out, SLICE_LIT("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=b\r\n\r\n"),
		SLICE_LIT("TCP"), &us));
	same(&out, "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.9:5070;branch=b\r\n\r\n");
	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		assert_false(sip_write_other_via(&out, slice_str(wrong[i]), SLICE_LIT("UDP"), &us));
	out = sink_make(buf, 20);
	assert_false(sip_write_other_via(
		&out, SLICE_LIT("BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a;rport;branch=b\r\n\r\n"),
		SLICE_LIT("UDP"), &us));
}

static const char bye[] =
	"BYE sip:asterisk@192.0.2.9:5062 SIP/2.0\r\n"
	"Via: SIP / 2.0 / UDP host.example ;branch = z9hG4bK7;x=\"q;r\"\r\n ;rport;alias,"
	" SIP/2.0/TCP second;branch=z9hG4bK8\r\n"
	"Via: SIP/2.0/TLS third\r\n"
	"Record-Route: <sip:p1;lr>,\r\n\t<sip:p2;lr>\r\n"
	"From: \"A\"\r\n <sip:a@b>;tag=f\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 3  BYE\r\n\r\n";

static void test_response(void **state)
{
	const struct sip_source src = {SLICE_LIT("192.0.2.77"), 5099, false};
	struct sink out = sink_make(buf, sizeof(buf));
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(state);
	assert_int_equal(sip_msg_parse(&m, slice_str(bye), &err), 0);
	sip_write_response(&out, &m, &src, 200, SLICE_EMPTY, SLICE_LIT("ours"), true);
	same(&out, "SIP/2.0 200 OK\r\n"
		   "Via: SIP/2.0/UDP host.example;rport=5099;received=192.0.2.77;branch=z9hG4bK7"
		   ";x=\"q;r\";alias\r\n"
		   "Via: SIP/2.0/TCP second;branch=z9hG4bK8\r\n"
		   "Via: SIP/2.0/TLS third\r\n"
		   "Record-Route: <sip:p1;lr>\r\n"
		   "Record-Route: <sip:p2;lr>\r\n"
		   "Call-ID: x\r\n"
		   "From: \"A\" <sip:a@b>;tag=f\r\n"
		   "To: <sip:c@d>;tag=ours\r\n"
		   "CSeq: 3  BYE\r\n");
}

/* received and rport: only where RFC 3261 18.2.1 and RFC 3581 ask for them. */
static void test_response_via(void **state)
{
	static const struct {
		const char *via;
		bool force;
		const char *want;
	} rows[] = {
		{"192.0.2.77:5099;branch=b", false, "192.0.2.77:5099;branch=b"},
		{"192.0.2.77:5099;branch=b", true,
		 "192.0.2.77:5099;rport=5099;received=192.0.2.77;branch=b"},
		{"192.0.2.77;rport;branch=b", false,
		 "192.0.2.77;rport=5099;received=192.0.2.77;branch=b"},
		{"10.0.0.1;received=6.6.6.6;branch=b", false,
		 "10.0.0.1;received=192.0.2.77;branch=b"},
		{"10.0.0.1", false, "10.0.0.1;received=192.0.2.77"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_source src = {SLICE_LIT("192.0.2.77"), 5099, rows[i].force};
		char text[512], want[512];
		struct sink req = sink_make(text, sizeof(text)),
			    head = sink_make(want, sizeof(want));
		struct sink out = sink_make(buf, sizeof(buf));
		enum sip_parse_error err;
		struct sip_msg m;

		sink_fmt(&req,
			 "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP %s\r\nFrom: sip:a@b\r\n"
			 "To: sip:c@d;tag=t\r\nCall-ID: x\r\nCSeq: 3 OPTIONS\r\n\r\n",
			 rows[i].via);
		assert_int_equal(sip_msg_parse(&m, sink_slice(&req), &err), 0);
		sip_write_response(&out, &m, &src, 100, SLICE_LIT("Hello"), SLICE_LIT("no"), true);
		sink_fmt(&head,
			 "SIP/2.0 100 Hello\r\nVia: SIP/2.0/UDP %s\r\nCall-ID: x\r\n"
			 "From: sip:a@b\r\nTo: sip:c@d;tag=t\r\nCSeq: 3 OPTIONS\r\n",
			 rows[i].want);
		same(&out, sink_cstr(&head));
	}
}

static void test_too_small(void **state)
{
	UNUSED(state);
	for (size_t room = 0; room < 60; room++) {
		struct sink out = sink_make(buf, room);
		size_t at = sip_write_body_begin(&out, SLICE_LIT("application/sdp"));

		sink_lit(&out, "v=0\r\n");
		sip_write_body_end(&out, at);
		assert_int_equal(out.over, room < 62 - 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),	  cmocka_unit_test(test_length_padding),
		cmocka_unit_test(test_ipv6),	  cmocka_unit_test(test_other_via),
		cmocka_unit_test(test_response),  cmocka_unit_test(test_response_via),
		cmocka_unit_test(test_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
