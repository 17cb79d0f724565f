/* bench/micro/micro_sdp.c - session descriptions: parse, decide, write. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "sip/sdp.h"

static const char answer[] =
	"v=0\r\no=- 1831123 1831123 IN IP4 203.0.113.20\r\ns=-\r\nc=IN IP4 203.0.113.20\r\nt=0 "
	"0\r\n"
	"m=audio 17042 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";

static const struct sdp_local local = {
	.owner = {"-", 1},
	.session_name = {"Asterisk", 8},
	.address = {"192.0.2.9", 9},
	.port = 10312,
	.session_id = 1002974504,
	.version = 1002974504,
	.codecs = {.count = 3, .codec = {CODEC_PCMU, CODEC_PCMA, CODEC_G722}},
	.has_event = true,
	.dir = MEDIA_SENDRECV,
	.proto = SDP_PROTO_AVP,
};

static void run_parse(void *state, uint64_t count)
{
	enum sdp_error err;
	struct sdp s;

	UNUSED(state);
	while (count--)
		check(!sdp_parse(&s, SLICE_LIT(answer), &err));
}

static void run_negotiate(void *state, uint64_t count)
{
	struct sdp_result r;
	enum sdp_error err;
	struct sdp s;

	UNUSED(state);
	check(!sdp_parse(&s, SLICE_LIT(answer), &err));
	while (count--)
		check(!sdp_negotiate(&s, true, &local, &r));
}

static void run_offer(void *state, uint64_t count)
{
	char buf[1024];

	UNUSED(state);
	while (count--) {
		struct sink out = sink_make(buf, sizeof(buf));

		sdp_write_offer(&out, &local);
		check(!out.over);
		micro_keep(buf);
	}
}

static const struct micro_case cases[] = {
	{"parse_answer", run_parse, sizeof(answer) - 1, .expect_ns = 500},
	{"negotiate", run_negotiate, 0, .expect_ns = 60},
	{"write_offer", run_offer, 0, .expect_ns = 350},
};

const struct micro_table micro_sdp = MICRO_TABLE(cases);
