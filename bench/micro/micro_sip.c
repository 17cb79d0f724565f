/* bench/micro/micro_sip.c - parsing and writing SIP messages. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "sip/write.h"

static const char ok_200[] =
	"SIP/2.0 200 OK\r\n"
	"Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;received=192.0.2.9;"
	"branch=z9hG4bKPj0f7a9d3e-55f3-4d0a-9d0e-3b1c2d4e5f60\r\n"
	"Record-Route: <sip:203.0.113.7;lr;ftag=7b1c>\r\n"
	"From: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"To: <sip:4930123456@203.0.113.7>;tag=as5d8f1c2b\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 12345 INVITE\r\n"
	"Server: Gateway 7.4\r\n"
	"Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, SUBSCRIBE, NOTIFY, INFO, PUBLISH, "
	"UPDATE\r\n"
	"Supported: replaces, timer\r\n"
	"Session-Expires: 1800;refresher=uas\r\n"
	"Contact: <sip:4930123456@203.0.113.20:5060>\r\n"
	"Content-Type: application/sdp\r\n"
	"Content-Length: 208\r\n"
	"\r\n"
	"v=0\r\no=- 1831123 1831123 IN IP4 203.0.113.20\r\ns=-\r\nc=IN IP4 203.0.113.20\r\nt=0 "
	"0\r\n"
	"m=audio 17042 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 "
	"telephone-event/8000\r\n"
	"a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

static const char trying[] =
	"SIP/2.0 100 Trying\r\n"
	"Via: SIP/2.0/UDP 192.0.2.9:5060;rport=5060;received=192.0.2.9;"
	"branch=z9hG4bKPj0f7a9d3e-55f3-4d0a-9d0e-3b1c2d4e5f60\r\n"
	"From: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"To: <sip:4930123456@203.0.113.7>\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 12345 INVITE\r\n"
	"Content-Length: 0\r\n\r\n";

static const char bye[] =
	"BYE sip:asterisk@192.0.2.9:5060 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 203.0.113.7;branch=z9hG4bKcydzigwkX\r\n"
	"Via: SIP/2.0/UDP 203.0.113.20:5060;rport=5060;branch=z9hG4bK776asdhds\r\n"
	"From: <sip:4930123456@203.0.113.7>;tag=as5d8f1c2b\r\n"
	"To: \"Ann\" <sip:100@192.0.2.9>;tag=7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9\r\n"
	"Call-ID: 5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384\r\n"
	"CSeq: 102 BYE\r\n"
	"Max-Forwards: 69\r\n"
	"Reason: Q.850;cause=16\r\n"
	"Content-Length: 0\r\n\r\n";

static void parse(struct slice text, uint64_t count)
{
	enum sip_parse_error err;
	struct sip_msg m;

	while (count--)
		check(!sip_msg_parse(&m, text, &err));
}

static void run_parse_200(void *state, uint64_t count)
{
	UNUSED(state);
	parse(SLICE_LIT(ok_200), count);
}

static void run_parse_100(void *state, uint64_t count)
{
	UNUSED(state);
	parse(SLICE_LIT(trying), count);
}

static void run_parse_bye(void *state, uint64_t count)
{
	UNUSED(state);
	parse(SLICE_LIT(bye), count);
}

static void run_frame(void *state, uint64_t count)
{
	UNUSED(state);
	while (count--) {
		struct sip_framer f = {0};
		size_t bytes;

		check(sip_msg_frame(&f, SLICE_LIT(ok_200), &bytes) == SIP_FRAME_MESSAGE);
	}
}

static void run_uri(void *state, uint64_t count)
{
	struct sip_uri u;

	UNUSED(state);
	while (count--)
		check(!sip_uri_parse(&u,
				     SLICE_LIT("sip:4930123456@203.0.113.20:5060;transport=udp")));
}

static void run_lookup(void *state, uint64_t count)
{
	static const struct slice names[] = {{"Via", 3},
					     {"Call-ID", 7},
					     {"cseq", 4},
					     {"Contact", 7},
					     {"Content-Length", 14},
					     {"l", 1},
					     {"P-Charging-Vector", 17},
					     {"User-Agent", 10}};

	UNUSED(state);
	while (count--) {
		enum sip_hdr_id id = sip_hdr_lookup(names[count % ARRAY_COUNT(names)]);

		micro_keep(&id);
	}
}

/* The INVITE of chan_pjsip, header by header, with a body of 278 octets. */
static void invite_write(struct sink *out)
{
	static const char body[278];
	const struct slice local = SLICE_LIT("192.0.2.9");

	sip_write_request_line(out, SLICE_LIT("INVITE"),
			       SLICE_LIT("sip:4930123456@203.0.113.7:5060"));
	sip_write_via(out, SLICE_LIT("UDP"), local, false, 5060,
		      SLICE_LIT("z9hG4bKPj0f7a9d3e-55f3-4d0a-9d0e-3b1c2d4e5f60"));
	sip_write_addr(out, SIP_HDR_FROM, SLICE_LIT("Ann"), SLICE_LIT("sip:100@192.0.2.9"),
		       SLICE_LIT("7b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"));
	sip_write_addr(out, SIP_HDR_TO, SLICE_EMPTY, SLICE_LIT("sip:4930123456@203.0.113.7"),
		       SLICE_EMPTY);
	sip_write_addr(out, SIP_HDR_CONTACT, SLICE_EMPTY, SLICE_LIT("sip:asterisk@192.0.2.9:5060"),
		       SLICE_EMPTY);
	sip_write_header_id(out, SIP_HDR_CALL_ID,
			    SLICE_LIT("5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384"));
	sip_write_cseq(out, 12345, SLICE_LIT("INVITE"));
	sip_write_header_id(
		out, SIP_HDR_ALLOW,
		SLICE_LIT("OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, "
			  "CANCEL, UPDATE, PRACK, INFO, REFER, MESSAGE"));
	sip_write_header_id(out, SIP_HDR_SUPPORTED,
			    SLICE_LIT("100rel, timer, replaces, norefersub, histinfo"));
	sip_write_header_u32(out, SIP_HDR_SESSION_EXPIRES, 1800);
	sip_write_header_u32(out, SIP_HDR_MIN_SE, 90);
	sip_write_header_u32(out, SIP_HDR_MAX_FORWARDS, 70);
	sip_write_header_id(out, SIP_HDR_USER_AGENT, SLICE_LIT("Asterisk PBX 22.10.1"));
	sip_write_body(out, SLICE_LIT("application/sdp"), slice_make(body, sizeof(body)));
}

static void run_write_invite(void *state, uint64_t count)
{
	char buf[LIMIT_SIP_OUT];

	UNUSED(state);
	while (count--) {
		struct sink out = sink_make(buf, sizeof(buf));

		invite_write(&out);
		check(!out.over);
		micro_keep(buf);
	}
}

static void run_write_response(void *state, uint64_t count)
{
	const struct sip_source src = {SLICE_LIT("203.0.113.7"), 5060, false};
	enum sip_parse_error err;
	char buf[LIMIT_SIP_OUT];
	struct sip_msg m;

	UNUSED(state);
	check(!sip_msg_parse(&m, SLICE_LIT(bye), &err));
	while (count--) {
		struct sink out = sink_make(buf, sizeof(buf));

		sip_write_response(&out, &m, &src, 200, SLICE_EMPTY, SLICE_EMPTY, true);
		sip_write_end(&out);
		check(!out.over);
		micro_keep(buf);
	}
}

static const struct micro_case cases[] = {
	{"parse_200", run_parse_200, sizeof(ok_200) - 1, .expect_ns = 700},
	{"parse_100", run_parse_100, sizeof(trying) - 1, .expect_ns = 400},
	{"parse_bye", run_parse_bye, sizeof(bye) - 1, .expect_ns = 550},
	{"frame_200", run_frame, sizeof(ok_200) - 1, .expect_ns = 300},
	{"uri_parse", run_uri, 0, .expect_ns = 100},
	{"hdr_lookup", run_lookup, 0, .expect_ns = 8},
	{"write_invite", run_write_invite, 0, .expect_ns = 600},
	{"write_response", run_write_response, 0, .expect_ns = 500},
};

const struct micro_table micro_sip = MICRO_TABLE(cases);
