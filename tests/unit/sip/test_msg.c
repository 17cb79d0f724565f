/* tests/unit/sip/test_msg.c */
#include "sip/msg.h"

#include <errno.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#define HEAD                                                                                       \
	"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=f\r\nTo: <sip:c@d>\r\n"         \
	"Call-ID: x\r\n"
#define OPTIONS_HEAD "OPTIONS sip:a@b SIP/2.0\r\n" HEAD "CSeq: 1 OPTIONS\r\n"

static bool is(struct slice have, const char *want)
{
	return slice_eq(have, slice_str(want));
}

static enum sip_parse_error parse(struct sip_msg *m, const char *text)
{
	enum sip_parse_error err;
	int result = sip_msg_parse(m, slice_str(text), &err);

	assert_int_equal(result, err == SIP_PARSE_OK ? 0 : -EBADMSG);
	return err;
}

static const char ringing[] =
	"\r\n\r\nSIP/2.0 180 Ringing\r\n"
	"v: SIP/2.0/UDP 192.0.2.9:5060;rport=5062;branch=z9hG4bKabc;received=192.0.2.8\r\n"
	"f: \"Ann\" <sip:100@192.0.2.9>;tag=ft\r\n"
	"t: <sip:200@192.0.2.1>;tag=tt\r\n"
	"i: 1234\r\n"
	"CSeq: 4294967295 INVITE\r\n"
	"m: <sip:200@192.0.2.1:5070;ob>;q=0.5, <sip:other@h>\r\n"
	"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\n"
	"record-route : <sip:p3;lr>\r\n"
	"Require: 100rel\r\n"
	"RSeq: 17\r\n"
	"k\t : timer , 100REL;x=y\r\n"
	"X-Thing: one\r\n"
	"x-thing: two\r\n"
	"Retry-After: 18 (busy);duration=3\r\n"
	"Content-Length: 0\r\n\r\n";

static void test_response(void **state)
{
	struct sip_values it;
	struct sip_addr addr;
	struct sip_msg m;
	uint32_t n;

	UNUSED(state);
	assert_int_equal(parse(&m, ringing), SIP_PARSE_OK);
	assert_false(m.is_request);
	assert_int_equal(m.code, 180);
	assert_true(is(m.reason, "Ringing"));
	assert_int_equal(m.method, SIP_METHOD_INVITE);
	assert_int_equal(m.cseq, UINT32_MAX);
	assert_true(is(m.via.host, "192.0.2.9") && m.via.port == 5060);
	assert_true(is(m.via.branch, "z9hG4bKabc") && is(m.via.received, "192.0.2.8"));
	assert_true(m.via.has_rport && m.via.rport == 5062);
	assert_true(is(m.from_tag, "ft") && is(m.to_tag, "tt") && is(m.call_id, "1234"));
	assert_true(is(m.contact.uri, "sip:200@192.0.2.1:5070;ob"));
	assert_int_equal(m.lenient, SIP_LENIENT_LEADING);
	assert_true(is(sip_msg_get_name(&m, SLICE_LIT("X-THING")), "one"));
	assert_true(is(sip_msg_get_name(&m, SLICE_LIT("supported")), "timer , 100REL;x=y"));
	assert_null(sip_msg_get_name(&m, SLICE_LIT("X-Other")).ptr);
	assert_true(sip_msg_get_u32(&m, SIP_HDR_RETRY_AFTER, &n));
	assert_int_equal(n, 18);
	assert_false(sip_msg_get_u32(&m, SIP_HDR_EXPIRES, &n));
	assert_true(sip_msg_lists(&m, SIP_HDR_SUPPORTED, SLICE_LIT("100rel")));
	assert_false(sip_msg_lists(&m, SIP_HDR_SUPPORTED, SLICE_LIT("path")));
	assert_int_equal(sip_msg_refusal(&m, SIP_PARSE_VIA), 0);

	it = sip_values(&m, SIP_HDR_RECORD_ROUTE);
	for (const char *want[] = {"sip:p1;lr", "sip:p2;lr", "sip:p3;lr", NULL}, **w = want; *w;
	     w++) {
		assert_int_equal(sip_values_next_addr(&it, &addr), 0);
		assert_true(is(addr.uri, *w));
	}
	assert_int_equal(sip_values_next_addr(&it, &addr), -ENOENT);
	it = sip_values(&m, SIP_HDR_PATH);
	assert_int_equal(sip_values_next_addr(&it, &addr), -ENOENT);
}

struct row {
	const char *text;
	enum sip_parse_error err;
	unsigned refusal;
};

static const struct row rows[] = {
	{"", SIP_PARSE_EMPTY, 0},
	{"\r\n\r\n", SIP_PARSE_EMPTY, 0},
	{"abcd", SIP_PARSE_EMPTY, 0},
	{"\r\n\r\n\r\nhello\r\n\r\n", SIP_PARSE_START_LINE, 0},
	{"no line end at all", SIP_PARSE_START_LINE, 0},
	{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", SIP_PARSE_START_LINE, 0},
	{"SIP/2.0 99 x\r\n" HEAD "CSeq: 1 INVITE\r\n\r\n", SIP_PARSE_STATUS_CODE, 0},
	{"SIP/2.0 700 x\r\n" HEAD "CSeq: 1 INVITE\r\n\r\n", SIP_PARSE_STATUS_CODE, 0},
	{"SIP/2.0 2000 x\r\n" HEAD "CSeq: 1 INVITE\r\n\r\n", SIP_PARSE_STATUS_CODE, 0},
	{"SIP/1.0 200 x\r\n" HEAD "CSeq: 1 INVITE\r\n\r\n", SIP_PARSE_VERSION, 0},
	{"SIP/2.0 200\r\n" HEAD "CSeq: 1 INVITE\r\n\r\n", SIP_PARSE_OK, 0},
	{"OPTIONS sip:a@b SIP/3.0\r\n" HEAD "CSeq: 1 OPTIONS\r\n\r\n", SIP_PARSE_VERSION, 505},
	{"OPT{}NS sip:a@b SIP/2.0\r\n" HEAD "CSeq: 1 OPTIONS\r\n\r\n", SIP_PARSE_METHOD, 400},
	{"OPTIONS sip: SIP/2.0\r\n" HEAD "CSeq: 1 OPTIONS\r\n\r\n", SIP_PARSE_URI, 400},
	{OPTIONS_HEAD "\r\n", SIP_PARSE_OK, 0},
	{OPTIONS_HEAD "No colon\r\n\r\n", SIP_PARSE_HEADER_LINE, 400},
	{OPTIONS_HEAD ": no name\r\n\r\n", SIP_PARSE_HEADER_LINE, 400},
	{OPTIONS_HEAD "Cut: off", SIP_PARSE_HEADER_LINE, 400},
	{OPTIONS_HEAD "Cut: off\r\n in a fold", SIP_PARSE_HEADER_LINE, 400},
	{OPTIONS_HEAD "Via: SIP/2.0/UDP\r\n\r\n", SIP_PARSE_VIA, 400},
	{OPTIONS_HEAD "Via:\r\n\r\n", SIP_PARSE_VIA, 400},
	{OPTIONS_HEAD "Via: SIP/2.0/UDP h:99999\r\n\r\n", SIP_PARSE_VIA, 400},
	{OPTIONS_HEAD "Via: SIP/2.0/UDP [::1\r\n\r\n", SIP_PARSE_VIA, 400},
	{OPTIONS_HEAD "Via: SIP/2.0/UDP h;rport=x\r\n\r\n", SIP_PARSE_VIA, 400},
	{OPTIONS_HEAD "f: <sip:a@b>\r\n\r\n", SIP_PARSE_TWICE_FROM, 400},
	{OPTIONS_HEAD "t: <sip:a@b>\r\n\r\n", SIP_PARSE_TWICE_TO, 400},
	{OPTIONS_HEAD "i: x\r\n\r\n", SIP_PARSE_TWICE_CALL_ID, 400},
	{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: sip:a@b\r\nt: sip:a@b\r\ni: a b\r\n"
	 "CSeq: 1 OPTIONS\r\n\r\n",
	 SIP_PARSE_CALL_ID, 400},
	{"OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: sip:a@b\r\nt: *\r\ni:\r\n"
	 "CSeq: 1 OPTIONS\r\n\r\n",
	 SIP_PARSE_TO, 400},
	{"SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 INVITE\r\nf: <sip:a@b>;tag=g\r\n\r\n",
	 SIP_PARSE_TWICE_FROM, 0},
	{"SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 INVITE\r\nt: <sip:a@b>;tag=g\r\n\r\n",
	 SIP_PARSE_TWICE_TO, 0},
	{"SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 INVITE\r\nCSeq: 2 INVITE\r\n\r\n", SIP_PARSE_TWICE_CSEQ,
	 0},
	{"SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 INVITE\r\nl: 4\r\n\r\nabc", SIP_PARSE_BODY_SHORT, 0},
	{OPTIONS_HEAD "cseq: 1 OPTIONS\r\n\r\n", SIP_PARSE_TWICE_CSEQ, 400},
	{OPTIONS_HEAD "Max-Forwards: 0\r\nMax-Forwards: 0\r\n\r\n", SIP_PARSE_TWICE_MAX_FORWARDS,
	 400},
	{OPTIONS_HEAD "l: 0\r\nl: 0\r\n\r\n", SIP_PARSE_TWICE_CONTENT_LENGTH, 400},
	{OPTIONS_HEAD "Max-Forwards: 256\r\n\r\n", SIP_PARSE_MAX_FORWARDS, 400},
	{OPTIONS_HEAD "l: -1\r\n\r\n", SIP_PARSE_CONTENT_LENGTH, 400},
	{OPTIONS_HEAD "l: 4\r\n\r\nabc", SIP_PARSE_BODY_SHORT, 400},
	{OPTIONS_HEAD "m: nonsense\r\n\r\n", SIP_PARSE_CONTACT, 400},
	{"SIP/2.0 200 OK\r\n" HEAD "CSeq: 1 INVITE\r\nm: nonsense\r\n\r\n", SIP_PARSE_OK, 0},
	{"ACK sip:a@b SIP/2.0\r\n" HEAD "CSeq: 1 ACK\r\nl: x\r\n\r\n", SIP_PARSE_CONTENT_LENGTH, 0},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD "\r\n", SIP_PARSE_MISSING_CSEQ, 0},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD "CSeq: OPTIONS\r\n\r\n", SIP_PARSE_CSEQ, 400},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD "CSeq: 1OPTIONS\r\n\r\n", SIP_PARSE_CSEQ, 400},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD "CSeq: 4294967296 OPTIONS\r\n\r\n", SIP_PARSE_CSEQ,
	 400},
	{"OPTIONS sip:a@b SIP/2.0\r\n" HEAD "CSeq: 1 options\r\n\r\n", SIP_PARSE_CSEQ_METHOD, 400},
	{"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n", SIP_PARSE_MISSING_FROM, 0},
	{"OPTIONS sip:a@b SIP/2.0\r\nX: y\r\n\r\n", SIP_PARSE_MISSING_VIA, 0},
};

static void test_errors(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_msg m;
		enum sip_parse_error err = parse(&m, rows[i].text);

		if (err != rows[i].err || sip_msg_refusal(&m, err) != rows[i].refusal)
			fail_msg("row %zu: %.*s, %u", i, SLICE_ARG(sip_parse_error_name(err)),
				 sip_msg_refusal(&m, err));
	}
}

static void test_lenient(void **state)
{
	struct sip_msg m;

	UNUSED(state);
	assert_int_equal(parse(&m, "OPTIONS sip:a@b SIP/2.0\nv:SIP/2.0/UDP h\nf:<sip:a@b>\n"
				   "t:<sip:a@b>\ni:x\nCSeq:1 OPTIONS\n\nbody"),
			 SIP_PARSE_OK);
	assert_int_equal(m.lenient, SIP_LENIENT_LF | SIP_LENIENT_NO_LENGTH);
	assert_true(is(m.body, "body"));
	assert_int_equal(parse(&m, OPTIONS_HEAD "l: 2\r\n\r\nabc"), SIP_PARSE_OK);
	assert_int_equal(m.lenient, SIP_LENIENT_TRAILING);
	assert_true(is(m.body, "ab"));
	assert_int_equal(m.max_forwards, -1);
	assert_int_equal(parse(&m, OPTIONS_HEAD), SIP_PARSE_OK);
	assert_true(m.lenient & SIP_LENIENT_NO_END);
	assert_int_equal(parse(&m, OPTIONS_HEAD "Subject: a\r\n\r\n b\r\n\r\n"), SIP_PARSE_OK);
	assert_true(is(m.body, " b\r\n\r\n"));
}

static void test_header_count(void **state)
{
	static char text[LIMIT_SIP_DATAGRAM + 16];
	struct sink s = sink_make(text, sizeof(text));
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(state);
	sink_lit(&s, OPTIONS_HEAD);
	for (unsigned i = 5; i < LIMIT_SIP_HEADERS; i++)
		sink_lit(&s, "X: y\r\n");
	sip_msg_parse(&m, sink_slice(&s), &err);
	assert_int_equal(err, SIP_PARSE_OK);
	assert_int_equal(m.hdr_count, LIMIT_SIP_HEADERS);
	sink_lit(&s, "X: y\r\n");
	sip_msg_parse(&m, sink_slice(&s), &err);
	assert_int_equal(err, SIP_PARSE_HEADER_COUNT);
	assert_int_equal(sip_msg_refusal(&m, err), 400);
	sip_msg_parse(&m, slice_make(text, LIMIT_SIP_DATAGRAM + 1), &err);
	assert_int_equal(err, SIP_PARSE_TOO_LARGE);
}

static void test_small_headers(void **state)
{
	struct sip_session_expires se;
	struct sip_reason reason;
	struct sip_rack rack;

	UNUSED(state);
	assert_true(
		sip_reason_parse(SLICE_LIT("Q.850 ; cause=16 ;text=\"Term, inated\""), &reason));
	assert_true(is(reason.protocol, "Q.850") && reason.cause == 16);
	assert_true(is(reason.text, "Term, inated"));
	assert_true(sip_reason_parse(SLICE_LIT("SIP"), &reason));
	assert_int_equal(reason.cause, -1);
	assert_false(sip_reason_parse(SLICE_LIT(";cause=1"), &reason));
	assert_int_equal(sip_rack_parse(SLICE_LIT("776656  1 INVITE"), &rack), 0);
	assert_true(rack.rseq == 776656 && rack.cseq == 1 && rack.method == SIP_METHOD_INVITE);
	assert_int_equal(sip_rack_parse(SLICE_LIT("1 INVITE"), &rack), -EINVAL);
	assert_int_equal(sip_session_expires_parse(SLICE_LIT("1800;refresher=UAS"), &se), 0);
	assert_true(se.seconds == 1800 && se.refresher == SIP_REFRESHER_UAS);
	assert_int_equal(sip_session_expires_parse(SLICE_LIT("90;x;refresher=uac"), &se), 0);
	assert_true(se.seconds == 90 && se.refresher == SIP_REFRESHER_UAC);
	assert_int_equal(sip_session_expires_parse(SLICE_LIT("90"), &se), 0);
	assert_true(se.seconds == 90 && se.refresher == SIP_REFRESHER_NONE);
	assert_int_equal(sip_session_expires_parse(SLICE_LIT("soon"), &se), -EINVAL);
}

static const struct {
	const char *text, *sdp;
} bodies[] = {
	{OPTIONS_HEAD "c: application/sdp;charset=x\r\n\r\nv=0\r\n", "v=0\r\n"},
	{OPTIONS_HEAD "\r\nv=0\r\n", "v=0\r\n"},
	{OPTIONS_HEAD "\r\nhello", ""},
	{OPTIONS_HEAD "c: text/plain\r\n\r\nv=0\r\n", ""},
	{OPTIONS_HEAD "c: application/sdp\r\n\r\n", ""},
	{OPTIONS_HEAD
	 "c: multipart/mixed; boundary=\"b,1\"\r\n\r\npreamble\r\n"
	 "--b,1\r\nContent-Type: application/isup;version=x\r\n"
	 "Content-Disposition: signal ;handling=optional\r\n\r\n\1\2--b\r\n"
	 "--b,1 \r\nContent-Type:\r\n application/sdp\r\n\r\nv=0\r\ns=-\r\n\r\n--b,1--\r\n",
	 "v=0\r\ns=-\r\n"},
	{OPTIONS_HEAD "c: multipart/mixed;boundary=b\r\n\r\n--b\n\nno type\n--b--", ""},
	{OPTIONS_HEAD
	 "c: multipart/mixed;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n\r\nv=0\r\n",
	 ""},
	{OPTIONS_HEAD "c: multipart/mixed;x=y\r\n\r\n--\r\nc: application/sdp\r\n\r\nv=0\r\n--\r\n",
	 ""},
	{OPTIONS_HEAD
	 "c: text/plain;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n\r\nv=0\r\n--b--",
	 ""},
	{OPTIONS_HEAD "c: multipart/related;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n"
		      "Content-ID: <1@h>\r\n\r\nv=0\r\n--c\r\nxxb\r\n--b\r\nc: "
		      "application/sdp\r\n\r\nv=1\r\n--b--",
	 "v=0\r\n--c\r\nxxb"},
	{OPTIONS_HEAD "c: multipart/mixed;boundary=b\r\n\r\n--b--\r\n--b\r\nc: "
		      "application/sdp\r\n\r\nv=0\r\n--b--",
	 ""},
	{OPTIONS_HEAD "c: multipart/mixed;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n\r\n"
		      "v=0\r\nm=x\n--b--",
	 "v=0\r\nm=x"},
	{OPTIONS_HEAD "c: multipart/mixed\r\n\r\n--\r\nc: application/sdp\r\n\r\nv=0\r\n----", ""},
	{OPTIONS_HEAD "c: multipart/mixed;boundary=b\r\n\r\n--b\r\nc: application/sdp\r\n"
		      "Content-Disposition: early-session\r\n\r\nv=1\r\n--b\r\n"
		      "c: application/sdp\r\nContent-Disposition: session\r\n\r\nv=0\r\n--b--",
	 "v=0"},
};

static void test_bodies(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		struct sip_msg m;

		assert_int_equal(parse(&m, bodies[i].text), SIP_PARSE_OK);
		if (!is(sip_msg_sdp(&m), bodies[i].sdp))
			fail_msg("row %zu: \"%.*s\"", i, SLICE_ARG(sip_msg_sdp(&m)));
	}
}

static void test_body_type(void **state)
{
	struct sip_msg m;

	UNUSED(state);
	parse(&m, OPTIONS_HEAD "c: Application/DTMF-Relay ; x=y\r\n\r\nSignal=5");
	assert_true(sip_msg_body_is(&m, SLICE_LIT("application/dtmf-relay")));
	assert_false(sip_msg_body_is(&m, SLICE_LIT("application/dtmf")));
}

static void test_frame(void **state)
{
	static const struct {
		const char *text;
		enum sip_frame frame;
		size_t bytes;
	} table[] = {
		{"", SIP_FRAME_MORE, 0},
		{"\r", SIP_FRAME_MORE, 0},
		{"\r\n", SIP_FRAME_MORE, 0},
		{"\r\n\r", SIP_FRAME_MORE, 0},
		{"\r\n\r\nX", SIP_FRAME_PING, 4},
		{"\r\nX", SIP_FRAME_SKIP, 2},
		{"\n", SIP_FRAME_SKIP, 1},
		{"\rX", SIP_FRAME_SKIP, 1},
		{"v=0", SIP_FRAME_MORE, 0},
		{"v=0\r\n", SIP_FRAME_BAD, 0},
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", SIP_FRAME_BAD, 0},
		{"OPTIONS sip:x sip/2.0\r\n\r\n", SIP_FRAME_MESSAGE, 25},
		{"SIP/\r\nl: 3\r\n\r\nab", SIP_FRAME_MORE, 0},
		{"SIP/\r\nl: 3\r\n\r\nabcd", SIP_FRAME_MESSAGE, 17},
		{"SIP/\nContent-length :\n 3\n\nabc", SIP_FRAME_MESSAGE, 29},
		{"SIP/\r\nX: y\r\n\r\njunk", SIP_FRAME_MESSAGE, 14},
		{"SIP/\r\nl: x\r\n\r\n", SIP_FRAME_BAD, 14},
		{"SIP/\r\nl: -1\r\n\r\n", SIP_FRAME_BAD, 15},
		{"SIP/\r\nl: 1\r\nl: 2\r\n\r\n", SIP_FRAME_BAD, 20},
		{"SIP/\r\nl: 1\r\nl: 1\r\n\r\nx", SIP_FRAME_MESSAGE, 21},
		{"SIP/\r\nl: 65535\r\n\r\n", SIP_FRAME_BAD, 18},
		{"SIP/\r\nl: 99999999999999999999\r\n\r\n", SIP_FRAME_BAD, 33},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct sip_framer f = {0};
		size_t bytes = 4711;
		enum sip_frame frame = sip_msg_frame(&f, slice_str(table[i].text), &bytes);

		if (frame != table[i].frame || bytes != table[i].bytes)
			fail_msg("row %zu: %d, %zu octets", i, (int)frame, bytes);
	}
}

/* Octet by octet the same frames come out, and no octet is searched twice. */
static void test_frame_drip(void **state)
{
	static const char stream[] = "SIP/\r\nl: 3\r\n\r\nabc\r\n\r\nSip/B\nl:0\n\nC SIP/\r\n\r\n";
	static const size_t want[] = {17, 4, 11, 10};
	struct sip_framer f = {0};
	size_t from = 0, n = 0;

	UNUSED(state);
	for (size_t len = 1; len < sizeof(stream); len++) {
		size_t bytes;
		enum sip_frame frame =
			sip_msg_frame(&f, slice_make(stream + from, len - from), &bytes);

		assert_int_not_equal(frame, SIP_FRAME_BAD);
		assert_true(f.searched <= len - from);
		if (frame == SIP_FRAME_MORE)
			continue;
		assert_int_equal(bytes, want[n++]);
		from += bytes;
		f = (struct sip_framer){0};
	}
	assert_int_equal(n, ARRAY_COUNT(want));
	assert_int_equal(from, sizeof(stream) - 1);
}

static void test_frame_endless(void **state)
{
	static char endless[LIMIT_SIP_DATAGRAM];
	struct sip_framer f = {0};
	size_t bytes;

	UNUSED(state);
	memset(endless, 'x', sizeof(endless));
	assert_int_equal(sip_msg_frame(&f, slice_make(endless, 4000), &bytes), SIP_FRAME_MORE);
	assert_int_equal(sip_msg_frame(&f, slice_make(endless, sizeof(endless)), &bytes),
			 SIP_FRAME_BAD);
	assert_int_equal(bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response),      cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lenient),	      cmocka_unit_test(test_header_count),
		cmocka_unit_test(test_small_headers), cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_body_type),     cmocka_unit_test(test_frame),
		cmocka_unit_test(test_frame_drip),    cmocka_unit_test(test_frame_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
