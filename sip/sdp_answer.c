/* What an offer and an answer agree on, and the text of ours: see sip/sdp.h. */
#include <errno.h>

#include "engine/base/check.h"
#include "sip/sdp.h"

#define EVENT_PAYLOAD_DEFAULT 101
#define PTIME_DEFAULT_MS      20
/* The least maximum of the codecs we have: 140 ms for PCMU, PCMA and G722 alike. */
#define MAXPTIME_MS 140
/* All codecs of the media port have this RTP clock; G722 too, by the error kept in RFC 3551 4.5.2.
 */
#define CLOCK_HZ 8000

static uint8_t event_payload(const struct sdp_local *local)
{
	return local->event_payload ? local->event_payload : EVENT_PAYLOAD_DEFAULT;
}

static bool is_local_codec(const struct sdp_local *local, uint8_t codec)
{
	for (unsigned i = 0; i < local->codecs.count; i++)
		if (local->codecs.codec[i] == codec)
			return true;
	return false;
}

static bool proto_fits(const struct sdp_local *local, const struct sdp_media *m)
{
	if (local->proto == SDP_PROTO_SAVP)
		return (m->proto == SDP_PROTO_SAVP || m->proto == SDP_PROTO_SAVPF) && m->crypto.len;
	return m->proto == SDP_PROTO_AVP || m->proto == SDP_PROTO_AVPF;
}

static void pick_add(struct sdp_result *r, const struct sdp_format *f, uint8_t rx_payload)
{
	for (unsigned i = 0; i < r->pick_count; i++)
		if (r->picks[i].codec == f->codec)
			return;
	if (r->pick_count < LIMIT_CODECS)
		r->picks[r->pick_count++] = (struct sdp_pick){
			.codec = f->codec,
			.tx_payload = f->payload,
			.rx_payload = rx_payload,
			.clock = f->clock,
		};
}

/* In the order of the far end's list (RFC 3264 7). Payload numbers of an answer may differ from
 * those of our offer: we send with theirs, they send with ours. */
static void formats_pick(const struct sdp_media *m, bool is_answer, const struct sdp_local *local,
			 struct sdp_result *r)
{
	for (unsigned i = 0; i < m->format_count; i++) {
		const struct sdp_format *f = &m->formats[i];

		if (f->codec == SDP_FORMAT_EVENT) {
			if (!local->has_event || r->has_event || f->clock != CLOCK_HZ)
				continue;
			r->has_event = true;
			r->event_tx_payload = f->payload;
			r->event_rx_payload = is_answer ? event_payload(local) : f->payload;
		} else if (f->codec == SDP_FORMAT_CN) {
			r->has_cn = true;
			r->cn_payload = f->payload;
		} else if (f->codec != CODEC_NONE && is_local_codec(local, f->codec)) {
			pick_add(r, f,
				 is_answer ? codec_static_pt((enum codec)f->codec) : f->payload);
		}
	}
}

static bool dir_sends(unsigned dir)
{
	return dir == MEDIA_SENDRECV || dir == MEDIA_SENDONLY;
}

static bool dir_receives(unsigned dir)
{
	return dir == MEDIA_SENDRECV || dir == MEDIA_RECVONLY;
}

/* "c=0.0.0.0" was hold before there were directions (RFC 2543 B.5); "::" is its heir. */
static bool is_null_address(struct slice address)
{
	return slice_eq(address, SLICE_LIT("0.0.0.0")) || slice_eq(address, SLICE_LIT("::"));
}

static void direction_decide(const struct sdp_media *m, const struct sdp_local *local,
			     struct sdp_result *r)
{
	bool they_receive = dir_receives(m->dir) && !is_null_address(m->address);
	bool send = they_receive && dir_sends(local->dir);
	bool receive = dir_sends(m->dir) && dir_receives(local->dir);

	r->is_held = !they_receive && dir_sends(local->dir);
	r->dir = send ? (receive ? MEDIA_SENDRECV : MEDIA_SENDONLY)
		      : (receive ? MEDIA_RECVONLY : MEDIA_INACTIVE);
}

static void remote_take(const struct sdp_media *m, struct sdp_result *r)
{
	r->proto = m->proto;
	r->address = m->address;
	r->is_ipv6 = m->is_ipv6;
	r->port = m->port;
	r->rtcp_mux = m->rtcp_mux;
	r->rtcp_port = m->rtcp_port ? m->rtcp_port : (uint16_t)(m->port + 1u);
	if (m->rtcp_mux)
		r->rtcp_port = m->port;
	r->ptime_ms = m->ptime_ms;
	r->crypto = m->crypto;
}

int sdp_negotiate(const struct sdp *remote, bool remote_is_answer, const struct sdp_local *local,
		  struct sdp_result *out)
{
	int why = -ENOENT;

	for (unsigned i = 0; i < remote->media_count; i++) {
		const struct sdp_media *m = &remote->media[i];
		struct sdp_result r = {.media_index = (uint8_t)i};

		if (!m->is_audio)
			continue;
		if (!m->port) {
			if (why == -ENOENT)
				why = -ECONNREFUSED;
			continue;
		}
		why = -ENOTSUP;
		if (!proto_fits(local, m))
			continue;
		formats_pick(m, remote_is_answer, local, &r);
		if (!r.pick_count)
			continue;
		direction_decide(m, local, &r);
		remote_take(m, &r);
		*out = r;
		return 0;
	}
	return why;
}

bool sdp_result_desc(const struct sdp_result *result, bool use_ptime, struct media_desc *out)
{
	struct media_desc d = {.rtcp_port = result->rtcp_port, .dir = result->dir};

	if (!addr_parse_ip(&d.rtp, result->address))
		return false;
	d.rtp.port = result->port;
	d.ptime_ms = use_ptime && result->ptime_ms ? result->ptime_ms : PTIME_DEFAULT_MS;
	d.event_pt = result->has_event ? result->event_tx_payload : MEDIA_NO_PT;
	d.codec_count = result->pick_count;
	for (unsigned i = 0; i < result->pick_count; i++) {
		d.codec[i] = result->picks[i].codec;
		d.pt[i] = result->picks[i].tx_payload;
	}
	*out = d;
	return true;
}

static void address_write(struct sink *out, const struct sdp_local *local)
{
	sink_str(out, local->is_ipv6 ? "IN IP6 " : "IN IP4 ");
	sink_add(out, local->address);
	sink_lit(out, "\r\n");
}

static void session_write(struct sink *out, const struct sdp_local *local)
{
	sink_lit(out, "v=0\r\no=");
	sink_add(out, local->owner.len ? local->owner : SLICE_LIT("-"));
	sink_char(out, ' ');
	sink_u64(out, local->session_id);
	sink_char(out, ' ');
	sink_u64(out, local->version);
	sink_char(out, ' ');
	address_write(out, local);
	sink_lit(out, "s=");
	sink_add(out, local->session_name.len ? local->session_name : SLICE_LIT("-"));
	sink_lit(out, "\r\nc=");
	address_write(out, local);
	sink_lit(out, "t=0 0\r\n");
}

/* What stands in our m= line: one row per payload number. */
struct rows {
	uint8_t codec[LIMIT_CODECS];
	uint8_t payload[LIMIT_CODECS];
	unsigned count;
	bool has_event;
	uint8_t event;
	uint8_t dir;
	struct slice proto;
};

static void payload_write(struct sink *out, uint8_t payload)
{
	sink_char(out, ' ');
	sink_u64(out, payload);
}

static void rtpmap_write(struct sink *out, uint8_t payload, struct slice name)
{
	sink_lit(out, "a=rtpmap:");
	sink_u64(out, payload);
	sink_char(out, ' ');
	sink_add(out, name);
	sink_lit(out, "/8000\r\n");
}

static void event_write(struct sink *out, uint8_t payload)
{
	rtpmap_write(out, payload, SLICE_LIT("telephone-event"));
	sink_lit(out, "a=fmtp:");
	sink_u64(out, payload);
	sink_lit(out, " 0-16\r\n");
}

static void number_line_write(struct sink *out, const char *name, uint32_t value)
{
	sink_str(out, name);
	sink_u64(out, value);
	sink_lit(out, "\r\n");
}

static void audio_write(struct sink *out, const struct sdp_local *local, const struct rows *rows)
{
	sink_lit(out, "m=audio ");
	sink_u64(out, local->port);
	sink_char(out, ' ');
	sink_add(out, rows->proto);
	for (unsigned i = 0; i < rows->count; i++)
		payload_write(out, rows->payload[i]);
	if (rows->has_event)
		payload_write(out, rows->event);
	sink_lit(out, "\r\n");
	if (local->crypto.len) {
		sink_lit(out, "a=crypto:");
		sink_add(out, local->crypto);
		sink_lit(out, "\r\n");
	}
	for (unsigned i = 0; i < rows->count; i++)
		rtpmap_write(out, rows->payload[i],
			     slice_str(codec_sdp_name((enum codec)rows->codec[i])));
	if (rows->has_event)
		event_write(out, rows->event);
	number_line_write(out, "a=ptime:", local->ptime_ms ? local->ptime_ms : PTIME_DEFAULT_MS);
	number_line_write(out, "a=maxptime:", MAXPTIME_MS);
	sink_lit(out, "a=");
	sink_add(out, sdp_dir_name((enum media_dir)rows->dir));
	sink_lit(out, "\r\n");
}

void sdp_write_offer(struct sink *out, const struct sdp_local *local)
{
	struct rows rows = {
		.count = local->codecs.count,
		.has_event = local->has_event,
		.event = event_payload(local),
		.dir = local->dir,
		.proto = local->proto == SDP_PROTO_SAVP ? SLICE_LIT("RTP/SAVP")
							: SLICE_LIT("RTP/AVP"),
	};

	check(local->codecs.count > 0 && local->codecs.count <= LIMIT_CODECS);
	for (unsigned i = 0; i < rows.count; i++) {
		rows.codec[i] = local->codecs.codec[i];
		rows.payload[i] = codec_static_pt((enum codec)rows.codec[i]);
	}
	session_write(out, local);
	audio_write(out, local, &rows);
}

/* An m= line that we do not take: port 0, one format (RFC 3264 6). */
static void refusal_write(struct sink *out, const struct sdp_media *m)
{
	sink_lit(out, "m=");
	sink_add(out, m->type);
	sink_lit(out, " 0 ");
	sink_add(out, m->proto_text);
	sink_char(out, ' ');
	sink_add(out, m->first_format);
	sink_lit(out, "\r\n");
}

void sdp_write_answer(struct sink *out, const struct sdp_local *local, const struct sdp *offer,
		      const struct sdp_result *result)
{
	struct rows rows = {
		.count = result->pick_count,
		.has_event = result->has_event,
		.event = result->event_rx_payload,
		.dir = result->dir,
	};

	check(result->media_index < offer->media_count);
	rows.proto = offer->media[result->media_index].proto_text;
	for (unsigned i = 0; i < rows.count; i++) {
		rows.codec[i] = result->picks[i].codec;
		rows.payload[i] = result->picks[i].rx_payload;
	}
	session_write(out, local);
	for (unsigned i = 0; i < offer->media_count; i++) {
		if (i == result->media_index)
			audio_write(out, local, &rows);
		else
			refusal_write(out, &offer->media[i]);
	}
}
