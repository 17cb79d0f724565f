/* bench/micro/micro_sip.c - parsing and writing SIP messages. */
#include "bench/micro/harness.h"
#include "bench/micro/sip_text.h"
#include "engine/base/check.h"
#include "sip/history.h"
#include "sip/write.h"

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
	parse(SLICE_LIT(micro_ok_200), count);
}

static void run_parse_100(void *state, uint64_t count)
{
	UNUSED(state);
	parse(SLICE_LIT(micro_trying), count);
}

static void run_parse_bye(void *state, uint64_t count)
{
	UNUSED(state);
	parse(SLICE_LIT(micro_bye), count);
}

static void run_frame(void *state, uint64_t count)
{
	UNUSED(state);
	while (count--) {
		struct sip_framer f = {0};
		size_t bytes;

		check(sip_msg_frame(&f, SLICE_LIT(micro_ok_200), &bytes) == SIP_FRAME_MESSAGE);
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
	sip_write_via(out, SLICE_LIT("UDP"), local, false, 5060, true,
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
	check(!sip_msg_parse(&m, SLICE_LIT(micro_bye), &err));
	while (count--) {
		struct sink out = sink_make(buf, sizeof(buf));

		sip_write_response(&out, &m, &src, 200, SLICE_EMPTY, SLICE_EMPTY, true);
		sip_write_end(&out);
		check(!out.over);
		micro_keep(buf);
	}
}

static void *open_history(void)
{
	static struct history h;

	check(!sip_history_init(&h, LIMIT_SIP_HISTORY));
	return &h;
}

static void close_history(void *state)
{
	sip_history_free(state);
}

/* One message of ours, remembered. */
static void run_history(void *state, uint64_t count)
{
	const struct history_entry head = {.wall_ns = 1, .kind = HISTORY_TX};
	struct slice start, cseq, call_id;

	while (count--) {
		sip_history_scan(SLICE_LIT(micro_ok_200), &start, &cseq, &call_id);
		sip_history_note(state, &head, start, cseq, call_id);
	}
}

static const struct micro_case cases[] = {
	{"parse_200", run_parse_200, sizeof(micro_ok_200) - 1, .expect_ns = 700},
	{"parse_100", run_parse_100, sizeof(micro_trying) - 1, .expect_ns = 400},
	{"parse_bye", run_parse_bye, sizeof(micro_bye) - 1, .expect_ns = 550},
	{"frame_200", run_frame, sizeof(micro_ok_200) - 1, .expect_ns = 300},
	{"uri_parse", run_uri, 0, .expect_ns = 100},
	{"hdr_lookup", run_lookup, 0, .expect_ns = 8},
	{"write_invite", run_write_invite, 0, .expect_ns = 600},
	{"write_response", run_write_response, 0, .expect_ns = 500},
	{"history", run_history, 0, .expect_ns = 150, .open = open_history, .close = close_history},
};

const struct micro_table micro_sip = MICRO_TABLE(cases);
