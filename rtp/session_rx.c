#include "rtp/session_internal.h"

/* What a payload type of the far end means. */
enum rx_kind { RX_UNKNOWN, RX_AUDIO, RX_EVENT, RX_NOISE };

/* They send with the numbers of our offer; some use their own. */
static bool session_is_event(const struct media_session *s, uint8_t pt)
{
	return s->remote.event_pt != MEDIA_NO_PT &&
	       (pt == s->remote.event_pt || pt == MEDIA_PT_EVENT);
}

static enum rx_kind session_classify(const struct media_session *s, uint8_t pt, enum codec *codec)
{
	const struct media_desc *remote = &s->remote;

	if (session_is_event(s, pt))
		return RX_EVENT;
	for (unsigned i = 0; i < remote->codec_count && i < LIMIT_CODECS; i++) {
		*codec = (enum codec)remote->codec[i];
		if (pt == remote->pt[i] || pt == codec_static_pt(*codec))
			return RX_AUDIO;
	}
	return pt == MEDIA_PT_CN ? RX_NOISE : RX_UNKNOWN;
}

bool session_tell_digits(struct media_session *s, const struct dtmf_facts *facts)
{
	struct rtp_media *m = s->media;
	handle_t h = session_handle(s);

	for (unsigned i = 0; i < facts->count; i++) {
		const struct dtmf_fact *fact = &facts->fact[i];

		if (fact->kind == DTMF_BEGIN && s->events->dtmf_begin)
			s->events->dtmf_begin(s->owner, fact->digit);
		else if (fact->kind == DTMF_END && s->events->dtmf_end)
			s->events->dtmf_end(s->owner, fact->digit, fact->duration_ms);
		if (!session_lives(m, h))
			return false;
	}
	return true;
}

/* A new source behind the same leg: what was known of the old one is over. */
static void session_change_source(struct media_session *s, uint32_t ssrc)
{
	s->peer_ssrc = ssrc;
	s->has_peer_ssrc = true;
	s->echo_synced = false;
	s->rtcp.last_sr = 0;
	s->rtcp.rx_lost_mark = 0;
	rxstat_init(&s->rx);
}

static void session_take_event(struct media_session *s, const struct rtp_packet *packet,
			       int64_t now)
{
	struct dtmf_facts facts;

	dtmf_rx_packet(&s->dtmf_rx, packet, now, &facts);
	if (s->is_echo)
		session_forward(s, packet, s->remote.event_pt);
	if (!session_tell_digits(s, &facts))
		return;
	if (dtmf_rx_is_active(&s->dtmf_rx))
		session_wake(s); /* ticks watch its time-out */
}

static void session_take_audio(struct media_session *s, const struct rtp_packet *packet,
			       enum codec codec)
{
	struct dtmf_facts facts;

	/* The far end changed over to another of the agreed codecs: so do we. */
	if (codec != s->codec)
		session_use_codec(s, codec);
	if (s->is_echo && codec == s->codec)
		session_forward(s, packet, s->pt);
	/* Timestamps of another source say nothing about the digit. */
	if (!dtmf_rx_is_active(&s->dtmf_rx) || packet->ssrc != s->dtmf_rx.ssrc)
		return;
	dtmf_rx_audio(&s->dtmf_rx, packet->ts, &facts);
	session_tell_digits(s, &facts);
}

static void session_count_rx(struct media_session *s, const struct rtp_packet *packet, int64_t now)
{
	s->rx_packets++;
	s->rx_octets += (uint32_t)packet->payload_bytes;
	session_heard(s, now);
	s->silence_ticks = 0;
	metric_inc(s->media->metrics, METRIC_rtp_rx);
	if (s->rtcp.due_ns == TMR_NEVER)
		session_start_rtcp(s, now);
}

/* False: drop it. */
static bool session_place(struct media_session *s, const struct rtp_packet *packet, bool timed,
			  int64_t now)
{
	uint32_t arrival = (uint32_t)((now - s->media->t0_ns) / MEDIA_SAMPLE_NS);

	if (!s->has_peer_ssrc || packet->ssrc != s->peer_ssrc)
		session_change_source(s, packet->ssrc);
	switch (rxstat_packet(&s->rx, packet->seq, packet->ts, arrival, timed)) {
	case RXSTAT_NEXT:
	case RXSTAT_LATE:
		return true;
	case RXSTAT_RESTART:
		dtmf_rx_restart(&s->dtmf_rx);
		s->echo_synced = false;
		s->rtcp.rx_lost_mark = 0;
		return true;
	case RXSTAT_DUPLICATE:
	case RXSTAT_JUMP:
		break;
	}
	return false;
}

static void session_take_rtp(struct media_session *s, const struct rtp_packet *packet)
{
	int64_t now = io_now_ns(s->media->io);
	enum codec codec = CODEC_NONE;
	enum rx_kind kind = session_classify(s, packet->payload_type, &codec);

	if (kind == RX_UNKNOWN) {
		metric_inc(s->media->metrics, METRIC_rtp_rx_unknown);
		return;
	}
	if (!session_place(s, packet, kind != RX_EVENT, now))
		return;
	session_count_rx(s, packet, now);
	if (kind == RX_EVENT)
		session_take_event(s, packet, now);
	else if (kind == RX_AUDIO)
		session_take_audio(s, packet, codec);
}

/* Our own address is never a source: a packet that came back must not make a loop. */
static bool session_is_own(const struct media_session *s, const struct addr *from)
{
	const struct addr *local = io_udp_local(s->udp);

	return from->port == local->port && addr_eq_ip(from, local);
}

void session_on_rtp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		    size_t len)
{
	struct port *port = arg;
	struct rtp_media *m = port->pool_arg;
	struct media_session *s = port->user;
	struct rtp_packet packet;
	struct addr before;

	UNUSED(u);
	if (!s) {
		metric_inc(m->metrics, METRIC_rtp_rx_stray);
		return;
	}
	if (rtp_packet_is_rtcp(data, len)) {
		session_take_rtcp(s, from, data, len);
		return;
	}
	if (!rtp_packet_parse(&packet, data, len)) {
		metric_inc(m->metrics, METRIC_rtp_rx_bad);
		return;
	}
	before = s->latch.source;
	if (session_is_own(s, from) ||
	    !latch_packet(&s->latch, from, packet.seq, io_now_ns(m->io))) {
		metric_inc(m->metrics, METRIC_rtp_rx_stray);
		return;
	}
	if (s->is_symmetric && !addr_eq(&before, &s->latch.source))
		session_aim(s);
	if (m->debug.rtp)
		rtp_debug_got(&m->debug, from, &packet, session_is_event(s, packet.payload_type));
	session_take_rtp(s, &packet);
}
