/* tests/unit/sip/test_sdp.c */
#include "sip/sdp.h"

#include <errno.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static bool is(struct slice have, const char *want)
{
	return slice_eq(have, slice_str(want));
}

static struct sdp_local local_make(void)
{
	return (struct sdp_local){
		.owner = SLICE_LIT("-"),
		.session_name = SLICE_LIT("Asterisk"),
		.address = SLICE_LIT("127.0.0.1"),
		.port = 8312,
		.session_id = 1002974504,
		.version = 1002974504,
		.codecs = {.count = 3, .codec = {CODEC_PCMU, CODEC_PCMA, CODEC_G722}},
		.has_event = true,
		.dir = MEDIA_SENDRECV,
		.proto = SDP_PROTO_AVP,
	};
}

/* Lines, order and length (278 octets with such ids and a port of four digits) as seen from
 * chan_pjsip with ulaw, alaw, g722. */
static void test_offer(void **state)
{
	static const char want[] = "v=0\r\n"
				   "o=- 1002974504 1002974504 IN IP4 127.0.0.1\r\n"
				   "s=Asterisk\r\n"
				   "c=IN IP4 127.0.0.1\r\n"
				   "t=0 0\r\n"
				   "m=audio 8312 RTP/AVP 0 8 9 101\r\n"
				   "a=rtpmap:0 PCMU/8000\r\n"
				   "a=rtpmap:8 PCMA/8000\r\n"
				   "a=rtpmap:9 G722/8000\r\n"
				   "a=rtpmap:101 telephone-event/8000\r\n"
				   "a=fmtp:101 0-16\r\n"
				   "a=ptime:20\r\n"
				   "a=maxptime:140\r\n"
				   "a=sendrecv\r\n";
	struct sdp_local local = local_make();
	char buf[1024];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	sdp_write_offer(&out, &local);
	assert_true(is(sink_slice(&out), want));
	assert_int_equal(out.len, 278);
}

static void test_offer_variants(void **state)
{
	struct sdp_local local = local_make();
	char buf[1024];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	local.codecs = (struct codec_list){.count = 1, .codec = {CODEC_PCMA}};
	local.has_event = false;
	local.address = SLICE_LIT("2001:db8::1");
	local.is_ipv6 = true;
	local.owner = local.session_name = SLICE_EMPTY;
	local.proto = SDP_PROTO_SAVP;
	local.crypto = SLICE_LIT("1 AES_CM_128_HMAC_SHA1_80 inline:abc");
	local.dir = MEDIA_INACTIVE;
	local.ptime_ms = 30;
	local.version++;
	sdp_write_offer(&out, &local);
	assert_true(is(sink_slice(&out), "v=0\r\no=- 1002974504 1002974505 IN IP6 2001:db8::1\r\n"
					 "s=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
					 "m=audio 8312 RTP/SAVP 8\r\n"
					 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\r\n"
					 "a=rtpmap:8 PCMA/8000\r\n"
					 "a=ptime:30\r\na=maxptime:140\r\na=inactive\r\n"));
}

static const char full[] = "v=0\n"
			   "o=alice 18446744073709551616 12 IN IP4 host.example\n"
			   "s=A b\n"
			   "i=info\n"
			   "c=IN IP4 192.0.2.1/127\n"
			   "b=AS:84\n"
			   "t=0 0\n"
			   "a=recvonly\n"
			   "a=fingerprint:sha-256 AA:BB\n"
			   "a=ice-lite\n"
			   "m=video 51372/2 RTP/AVPF 31 99\n"
			   "m=audio 49170 RTP/AVP 8 96 97 18 0\n"
			   "a=fmtp:96 0-15,66\n"
			   "c=IN IP6 2001:db8::5\n"
			   "a=ptime:30\n"
			   "a=rtpmap:96 TELEPHONE-event/8000\n"
			   "a=rtpmap:97 pcmu/8000/1\n"
			   "a=rtpmap:18 G729/8000\n"
			   "a=fmtp:18 annexb=no \n"
			   "a=rtcp:53020 IN IP4 192.0.2.1\n"
			   "a=maxptime:140\n"
			   "a=sendonly\n"
			   "a=rtcp-mux\n"
			   "a=crypto:1 X inline:k\n"
			   "a=crypto:2 Y inline:k\n"
			   "a=setup:actpass\n"
			   "m=application 9 UDP/DTLS/SCTP webrtc-datachannel";

static void test_parse(void **state)
{
	const struct sdp_media *a;
	enum sdp_error err;
	struct sdp s;

	UNUSED(state);
	assert_int_equal(sdp_parse(&s, slice_str(full), &err), 0);
	assert_int_equal(err, SDP_OK);
	assert_true(is(s.origin_user, "alice") && is(s.origin_address, "host.example"));
	assert_int_equal(s.version, 12);
	assert_true(is(s.session_name, "A b") && is(s.address, "192.0.2.1"));
	assert_int_equal(s.media_count, 3);
	assert_false(s.media[0].is_audio);
	assert_int_equal(s.media[0].port, 51372);
	assert_int_equal(s.media[0].dir, MEDIA_RECVONLY);
	assert_int_equal(s.media[0].proto, SDP_PROTO_AVPF);
	assert_true(is(s.media[0].address, "192.0.2.1"));
	assert_int_equal(s.media[2].proto, SDP_PROTO_OTHER);
	assert_int_equal(s.media[2].format_count, 0);
	assert_true(is(s.media[2].first_format, "webrtc-datachannel"));

	a = &s.media[1];
	assert_true(a->is_audio && a->is_ipv6 && a->rtcp_mux);
	assert_true(is(a->address, "2001:db8::5"));
	assert_int_equal(a->dir, MEDIA_SENDONLY);
	assert_int_equal(a->ptime_ms, 30);
	assert_int_equal(a->maxptime_ms, 140);
	assert_int_equal(a->rtcp_port, 53020);
	assert_true(is(a->crypto, "1 X inline:k") && is(a->setup, "actpass"));
	assert_true(is(a->fingerprint, "sha-256 AA:BB"));
	assert_int_equal(a->format_count, 5);
	assert_int_equal(a->formats[0].codec, CODEC_PCMA);
	assert_int_equal(a->formats[0].name_len, 0);
	assert_int_equal(a->formats[1].codec, SDP_FORMAT_EVENT);
	assert_true(is(sdp_format_fmtp(&s, &a->formats[1]), "0-15,66"));
	assert_int_equal(a->formats[2].codec, CODEC_PCMU);
	assert_int_equal(a->formats[2].payload, 97);
	assert_int_equal(a->formats[3].codec, CODEC_NONE);
	assert_true(is(sdp_format_name(&s, &a->formats[3]), "G729"));
	assert_true(is(sdp_format_fmtp(&s, &a->formats[3]), "annexb=no"));
	assert_int_equal(a->formats[4].codec, CODEC_PCMU);
}

#define S "v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\n"
#define C "c=IN IP4 192.0.2.1\r\n"

static void test_errors(void **state)
{
	static const struct {
		const char *body;
		enum sdp_error err;
	} rows[] = {
		{"", SDP_ERR_EMPTY},
		{" \r\n", SDP_ERR_EMPTY},
		{"v=1\r\n", SDP_ERR_VERSION},
		{"o=- 1 1 IN IP4 h\r\nv=0\r\n", SDP_ERR_VERSION},
		{S "junk\r\n", SDP_ERR_LINE},
		{S "a\r\n", SDP_ERR_LINE},
		{"v=0\r\no=- 1 1 IN IP4\r\n", SDP_ERR_ORIGIN},
		{S "c=IN IP5 x\r\n", SDP_ERR_CONNECTION},
		{S "c=IN IP4\r\n", SDP_ERR_CONNECTION},
		{S "c=IN IP4 /3\r\n", SDP_ERR_CONNECTION},
		{S C, SDP_ERR_NO_MEDIA},
		{S C "m=audio 1\r\n", SDP_ERR_MEDIA},
		{S C "m=audio 65536 RTP/AVP 0\r\n", SDP_ERR_MEDIA},
		{S C "m=audio x RTP/AVP 0\r\n", SDP_ERR_MEDIA},
		{S C "m=audio 1 RTP/AVP \1\r\n", SDP_ERR_MEDIA},
		{S C "m=au<dio 1 RTP/AVP 0\r\n", SDP_ERR_MEDIA},
		{S "m=audio 1 RTP/AVP 0\r\n", SDP_ERR_NO_ADDRESS},
		{S "m=audio 0 RTP/AVP 0\r\n", SDP_OK},
		{S C "m=audio 1 RTP/AVP 0\r\na=rtpmap:x\r\na=rtpmap:300 X/8\r\na=rtpmap:0 /8000\r\n"
		     "a=rtpmap:0 PCMU\r\na=fmtp:0\r\na=fmtp:\r\na=ptime:x\r\na=:\r\na=\r\n",
		 SDP_OK},
	};
	struct sdp s;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		enum sdp_error err;
		int result = sdp_parse(&s, slice_str(rows[i].body), &err);

		assert_int_equal(result, rows[i].err == SDP_OK ? 0 : -EBADMSG);
		if (err != rows[i].err)
			fail_msg("row %zu: %.*s", i, SLICE_ARG(sdp_error_text(err)));
	}
}

static void test_limits(void **state)
{
	static char large[65536];
	char buf[4096];
	struct sink body = sink_make(buf, sizeof(buf));
	enum sdp_error err;
	struct sdp s;

	UNUSED(state);
	sink_lit(&body, S C);
	for (unsigned i = 0; i < LIMIT_SDP_MEDIA; i++) {
		sink_lit(&body, "m=audio 4000 RTP/AVP");
		for (unsigned pt = 0; pt < 128; pt++)
			sink_fmt(&body, " %u", pt);
		sink_lit(&body, "\r\n");
	}
	assert_int_equal(sdp_parse(&s, sink_slice(&body), &err), 0);
	assert_int_equal(s.media_count, LIMIT_SDP_MEDIA);
	assert_int_equal(s.media[7].format_count, LIMIT_SDP_FORMATS);
	sink_lit(&body, "m=audio 4000 RTP/AVP 0\r\n");
	assert_int_equal(sdp_parse(&s, sink_slice(&body), &err), -EBADMSG);
	assert_int_equal(err, SDP_ERR_MEDIA_COUNT);
	memset(large, 'x', sizeof(large));
	assert_int_equal(sdp_parse(&s, slice_make(large, sizeof(large)), &err), -EBADMSG);
	assert_int_equal(err, SDP_ERR_TOO_LARGE);
}

static int negotiate(const char *body, bool is_answer, const struct sdp_local *local, struct sdp *s,
		     struct sdp_result *r)
{
	enum sdp_error err;

	assert_int_equal(sdp_parse(s, slice_str(body), &err), 0);
	return sdp_negotiate(s, is_answer, local, r);
}

static void test_answer_taken(void **state)
{
	struct sdp_local local = local_make();
	struct media_desc desc;
	struct sdp_result r;
	struct sdp s;

	UNUSED(state);
	assert_int_equal(negotiate(S C
				   "m=audio 4000 RTP/AVP 100 110 8 13 18\r\n"
				   "a=rtpmap:100 pcmu/8000\r\na=rtpmap:110 telephone-event/8000\r\n"
				   "a=ptime:30\r\n",
				   true, &local, &s, &r),
			 0);
	assert_int_equal(r.pick_count, 2);
	assert_int_equal(r.picks[0].codec, CODEC_PCMU);
	assert_int_equal(r.picks[0].tx_payload, 100); /* theirs */
	assert_int_equal(r.picks[0].rx_payload, 0);   /* ours */
	assert_int_equal(r.picks[1].codec, CODEC_PCMA);
	assert_true(r.has_event && r.event_tx_payload == 110 && r.event_rx_payload == 101);
	assert_true(r.has_cn && r.cn_payload == 13);
	assert_int_equal(r.port, 4000);
	assert_int_equal(r.rtcp_port, 4001);
	assert_int_equal(r.dir, MEDIA_SENDRECV);
	assert_false(r.is_held);
	assert_true(sdp_result_desc(&r, true, &desc));
	assert_int_equal(desc.ptime_ms, 30);
	assert_int_equal(desc.pt[0], 100);
	assert_int_equal(desc.event_pt, 110);
	assert_int_equal(desc.rtp.port, 4000);
	assert_int_equal(desc.rtp.family, 4);
	assert_true(sdp_result_desc(&r, false, &desc));
	assert_int_equal(desc.ptime_ms, 20);
}

static void test_refusals(void **state)
{
	struct sdp_local local = local_make();
	struct media_desc desc;
	struct sdp_result r;
	struct sdp s;

	UNUSED(state);
	assert_int_equal(negotiate(S C "m=video 4000 RTP/AVP 31\r\n", true, &local, &s, &r),
			 -ENOENT);
	assert_int_equal(negotiate(S C "m=audio 0 RTP/AVP 0\r\n", true, &local, &s, &r),
			 -ECONNREFUSED);
	assert_int_equal(negotiate(S C "m=audio 4000 RTP/AVP 18 101\r\n", true, &local, &s, &r),
			 -ENOTSUP);
	assert_int_equal(negotiate(S C "m=audio 4000 RTP/SAVP 0\r\n", true, &local, &s, &r),
			 -ENOTSUP);
	assert_int_equal(negotiate(S C "m=audio 0 RTP/AVP 0\r\nm=audio 6 RTP/AVPF 0\r\n", true,
				   &local, &s, &r),
			 0);
	assert_int_equal(r.media_index, 1);
	local.proto = SDP_PROTO_SAVP;
	assert_int_equal(negotiate(S C "m=audio 4000 RTP/SAVP 0\r\n", true, &local, &s, &r),
			 -ENOTSUP);
	assert_int_equal(negotiate(S C "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 A inline:x\r\n", true,
				   &local, &s, &r),
			 0);
	assert_true(is(r.crypto, "1 A inline:x"));
	local = local_make();
	local.has_event = false;
	assert_int_equal(negotiate(S C
				   "m=audio 4000 RTP/AVP 0 97 96\r\na=rtcp-mux\r\na=rtcp:9\r\n"
				   "a=rtpmap:96 telephone-event/8000\r\na=rtpmap:97 CN/8000\r\n",
				   true, &local, &s, &r),
			 0);
	assert_false(r.has_event);
	assert_true(r.rtcp_mux && r.rtcp_port == 4000);
	assert_true(r.has_cn && r.cn_payload == 97);
	local = local_make();
	assert_int_equal(negotiate(S "c=IN IP4 media.example\r\nm=audio 4000 RTP/AVP 0\r\n", true,
				   &local, &s, &r),
			 0);
	assert_false(sdp_result_desc(&r, false, &desc));
}

static void test_directions(void **state)
{
	static const struct {
		const char *theirs, *address;
		enum media_dir ours, want;
		bool is_held;
	} rows[] = {
		{"sendrecv", "192.0.2.1", MEDIA_SENDRECV, MEDIA_SENDRECV, false},
		{"sendonly", "192.0.2.1", MEDIA_SENDRECV, MEDIA_RECVONLY, true},
		{"recvonly", "192.0.2.1", MEDIA_SENDRECV, MEDIA_SENDONLY, false},
		{"inactive", "192.0.2.1", MEDIA_SENDRECV, MEDIA_INACTIVE, true},
		{"sendrecv", "0.0.0.0", MEDIA_SENDRECV, MEDIA_RECVONLY, true},
		{"recvonly", "192.0.2.1", MEDIA_SENDONLY, MEDIA_SENDONLY, false},
		{"sendrecv", "192.0.2.1", MEDIA_SENDONLY, MEDIA_SENDONLY, false},
		{"sendonly", "192.0.2.1", MEDIA_RECVONLY, MEDIA_RECVONLY, false},
		{"sendonly", "192.0.2.1", MEDIA_SENDONLY, MEDIA_INACTIVE, true},
		{"sendrecv", "192.0.2.1", MEDIA_INACTIVE, MEDIA_INACTIVE, false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sdp_local local = local_make();
		char body[256];
		struct sink out = sink_make(body, sizeof(body));
		struct sdp_result r;
		struct sdp s;

		local.dir = (uint8_t)rows[i].ours;
		sink_fmt(&out, S "c=IN IP4 %s\r\nm=audio 4000 RTP/AVP 0\r\na=%s\r\n",
			 rows[i].address, rows[i].theirs);
		assert_int_equal(negotiate(sink_cstr(&out), false, &local, &s, &r), 0);
		if (r.dir != rows[i].want || r.is_held != rows[i].is_held)
			fail_msg("row %zu: dir %u held %d", i, r.dir, r.is_held);
	}
	for (unsigned d = 0; d < 4; d++)
		assert_int_equal(sdp_dir_mirror(sdp_dir_mirror((enum media_dir)d)), d);
}

static void test_answer_written(void **state)
{
	struct sdp_local local = local_make();
	char buf[1024];
	struct sink out = sink_make(buf, sizeof(buf));
	struct sdp_result r;
	struct sdp s;

	UNUSED(state);
	assert_int_equal(
		negotiate(S C
			  "m=video 5000 RTP/AVP 31 32\r\n"
			  "m=audio 4000 RTP/AVPF 8 18 96 0\r\na=rtpmap:96 telephone-event/8000\r\n"
			  "a=sendonly\r\nm=audio 4002 RTP/AVP 0\r\n"
			  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
			  false, &local, &s, &r),
		0);
	sdp_write_answer(&out, &local, &s, &r);
	assert_true(is(sink_slice(&out), "v=0\r\n"
					 "o=- 1002974504 1002974504 IN IP4 127.0.0.1\r\n"
					 "s=Asterisk\r\n"
					 "c=IN IP4 127.0.0.1\r\n"
					 "t=0 0\r\n"
					 "m=video 0 RTP/AVP 31\r\n"
					 "m=audio 8312 RTP/AVPF 8 0 96\r\n"
					 "a=rtpmap:8 PCMA/8000\r\n"
					 "a=rtpmap:0 PCMU/8000\r\n"
					 "a=rtpmap:96 telephone-event/8000\r\n"
					 "a=fmtp:96 0-16\r\n"
					 "a=ptime:20\r\n"
					 "a=maxptime:140\r\n"
					 "a=recvonly\r\n"
					 "m=audio 0 RTP/AVP 0\r\n"
					 "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),	       cmocka_unit_test(test_offer_variants),
		cmocka_unit_test(test_parse),	       cmocka_unit_test(test_errors),
		cmocka_unit_test(test_limits),	       cmocka_unit_test(test_answer_taken),
		cmocka_unit_test(test_refusals),       cmocka_unit_test(test_directions),
		cmocka_unit_test(test_answer_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
