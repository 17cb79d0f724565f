/* tests/unit/sip/walk.h - touches everything a parsed message gives, for torture tests and fuzzing.
 *
 * Every slice that comes out must lie inside the input; a sanitizer sees the rest. */
#ifndef RINGER_TESTS_UNIT_SIP_WALK_H
#define RINGER_TESTS_UNIT_SIP_WALK_H

#include "engine/base/check.h"
#include "sip/auth.h"
#include "sip/cause.h"
#include "sip/sdp.h"
#include "sip/write.h"

static inline void walk_inside(struct slice whole, struct slice part)
{
	if (!part.len)
		return;
	check(part.ptr >= whole.ptr);
	check(part.ptr + part.len <= whole.ptr + whole.len);
}

static inline void walk_addr(struct slice whole, const struct sip_addr *a)
{
	struct slice rest = a->params, name, value;
	struct sip_uri uri;
	char buf[512];
	struct sink out = sink_make(buf, sizeof(buf));

	walk_inside(whole, a->display);
	walk_inside(whole, a->uri);
	walk_inside(whole, a->params);
	while (sip_text_next_param(&rest, &name, &value)) {
		walk_inside(whole, name);
		walk_inside(whole, value);
	}
	sip_text_unescape(&out, a->display);
	if (sip_uri_parse(&uri, a->uri))
		return;
	walk_inside(a->uri, uri.user);
	walk_inside(a->uri, uri.host);
	walk_inside(a->uri, uri.params);
	walk_inside(a->uri, uri.headers);
	check(sip_uri_equal(&uri, &uri));
	sip_uri_unescape(&out, uri.user);
}

static inline void walk_values(const struct sip_msg *m, enum sip_hdr_id id)
{
	struct sip_values it = sip_values(m, id);
	struct sip_session_expires se;
	struct sip_challenge challenge;
	struct sip_reason reason;
	struct sip_addr addr;
	struct sip_rack rack;
	struct sip_via via;
	struct slice value;
	size_t count = 0;

	while (sip_values_next(&it, &value)) {
		walk_inside(m->raw, value);
		check(++count <= m->raw.len);
		if (!sip_addr_parse(&addr, value))
			walk_addr(m->raw, &addr);
		if (!sip_via_parse(&via, value)) {
			walk_inside(m->raw, via.host);
			walk_inside(m->raw, via.branch);
			walk_inside(m->raw, via.received);
		}
		sip_reason_parse(value, &reason);
		sip_challenge_parse(&challenge, value, false);
		sip_rack_parse(value, &rack);
		sip_session_expires_parse(value, &se);
	}
}

static inline void walk_sdp(struct slice body)
{
	struct sdp_local local = {
		.address = SLICE_LIT("192.0.2.9"),
		.port = 4000,
		.codecs = {.count = 2, .codec = {CODEC_PCMU, CODEC_PCMA}},
		.has_event = true,
		.proto = SDP_PROTO_AVP,
	};
	char buf[70000];
	struct sink out = sink_make(buf, sizeof(buf));
	struct sdp_result result;
	struct media_desc desc;
	enum sdp_error err;
	struct sdp sdp;

	if (sdp_parse(&sdp, body, &err)) {
		check(err != SDP_OK && sdp_error_text(err).len);
		return;
	}
	for (unsigned i = 0; i < sdp.media_count; i++) {
		const struct sdp_media *m = &sdp.media[i];

		walk_inside(body, m->address);
		walk_inside(body, m->first_format);
		for (unsigned k = 0; k < m->format_count; k++) {
			walk_inside(body, sdp_format_name(&sdp, &m->formats[k]));
			walk_inside(body, sdp_format_fmtp(&sdp, &m->formats[k]));
		}
	}
	if (sdp_negotiate(&sdp, true, &local, &result) ||
	    sdp_negotiate(&sdp, false, &local, &result))
		return;
	check(result.pick_count > 0 && result.port > 0);
	sdp_result_desc(&result, true, &desc);
	sdp_write_answer(&out, &local, &sdp, &result);
	if (!out.over) /* what we answer we can read, and it has as many media */
		check(!sdp_parse(&sdp, sink_slice(&out), &err));
}

/* The response that we would send to it, read again. */
static inline void walk_response(const struct sip_msg *m, unsigned code)
{
	const struct sip_source src = {SLICE_LIT("192.0.2.77"), 5099, false};
	char buf[70000];
	struct sink out = sink_make(buf, sizeof(buf));
	enum sip_parse_error err;
	struct sip_msg back;

	sip_write_response(&out, m, &src, code, SLICE_EMPTY, SLICE_LIT("ours"), true);
	sip_write_end(&out);
	if (out.over)
		return;
	sip_msg_parse(&back, sink_slice(&out), &err);
	if (code < 300) {
		check(err == SIP_PARSE_OK);
		check(back.via_count == m->via_count);
		check(back.cseq == m->cseq);
	}
}

static inline void walk_message(struct slice datagram)
{
	enum sip_parse_error err;
	struct sip_msg m;
	unsigned code;

	sip_msg_parse(&m, datagram, &err);
	check(sip_parse_error_text(err).len && sip_parse_error_name(err).len);
	code = sip_msg_refusal(&m, err);
	if (code)
		walk_response(&m, code);
	walk_inside(datagram, m.raw);
	walk_inside(m.raw, m.body);
	walk_inside(m.raw, m.via.branch);
	walk_inside(m.raw, m.call_id);
	walk_addr(m.raw, &m.from);
	walk_addr(m.raw, &m.to);
	walk_addr(m.raw, &m.contact);
	for (unsigned id = SIP_HDR_OTHER + 1; id < SIP_HDR_COUNT; id++)
		walk_values(&m, (enum sip_hdr_id)id);
	walk_inside(m.raw, sip_msg_get_name(&m, SLICE_LIT("X-Nobody-Has-This")));
	sip_cause_of_msg(&m);
	walk_sdp(sip_msg_sdp(&m));
	if (err == SIP_PARSE_OK && m.is_request)
		walk_response(&m, 200);
}

#endif
