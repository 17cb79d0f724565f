#include "rtp/rtcp_text.h"
#include "rtp/session_internal.h"

#include "engine/base/tmr.h"

#define RATE 8000.0

/* 0.5 to 1.5 of the interval (RFC 3550 6.2), so that the reports of many legs spread. */
static int64_t rtcp_interval_ns(const struct rtp_media *m)
{
	uint32_t ms = m->conf.rtp.rtcp_interval_ms;

	return (int64_t)(ms / 2 + rng_below(m->rng, ms + 1)) * MEDIA_MS;
}

void session_start_rtcp(struct media_session *s, int64_t now_ns)
{
	s->rtcp.due_ns = now_ns + rtcp_interval_ns(s->media);
	session_plan(s, s->rtcp.due_ns);
}

void session_heard(struct media_session *s, int64_t now_ns)
{
	s->last_rx_ns = now_ns;
	if (!s->is_silent)
		return;
	s->is_silent = false;
	session_plan(s, now_ns);
}

/* Most calls of a dialer end before the first report: they do without. */
static bool session_has_qos(struct media_session *s)
{
	if (!s->qos)
		s->qos = slab_alloc(s->media->qos);
	return s->qos != NULL;
}

/* --- sending --- */

static bool rtcp_target(const struct media_session *s, struct addr *to)
{
	if (!s->remote.rtp.family || s->remote.rtp.port == 0 || addr_is_any(&s->remote.rtp))
		return false;
	*to = s->remote.rtp;
	to->port = s->remote.rtcp_port ? s->remote.rtcp_port : (uint16_t)(to->port + 1);
	if (s->is_symmetric && latch_source(&s->latch)) {
		*to = s->latch.source;
		to->port = s->rtcp_port ? s->rtcp_port : (uint16_t)(to->port + 1);
	}
	return to->port != 0;
}

static void rtcp_fill_sender(struct media_session *s, struct rtcp_sender *sender, int64_t now_ns)
{
	*sender = (struct rtcp_sender){
		.ntp = rtcp_ntp(io_wall_ns(s->media->io)),
		.rtp_ts = session_ts_at(s, now_ns),
		.packets = s->tx_packets,
		.octets = s->tx_octets,
	};
}

static void rtcp_fill_block(struct media_session *s, struct rtcp_block *block, int64_t now_ns)
{
	int32_t lost = rxstat_lost(&s->rx);

	*block = (struct rtcp_block){
		.ssrc = s->peer_ssrc,
		.fraction = rxstat_take_fraction(&s->rx),
		.lost = lost,
		.ext_max = s->rx.ext_max,
		.jitter = rxstat_jitter(&s->rx),
		.lsr = s->rtcp.last_sr,
		.dlsr = s->rtcp.last_sr ? rtcp_dlsr(now_ns - s->rtcp.last_sr_ns) : 0,
	};
	if (session_has_qos(s))
		qos_add_rx(s->qos, block->jitter / RATE, lost - s->rtcp.rx_lost_mark);
	s->rtcp.rx_lost_mark = lost;
}

/* --- telling --- */

static void session_tell(struct media_session *s, bool is_sent, const struct rtcp_report *report,
			 const struct addr *peer)
{
	const struct addr *own = io_udp_local(s->port->rtcp);
	const struct rtcp_told told = {
		.to = is_sent ? peer : own,
		.from = is_sent ? own : peer,
		.rtt_s = !is_sent && report->has_block ? s->rtcp.rtt_us / 1e6 : -1,
		.score = !s->qos ? -1 : is_sent ? s->qos->rx_mes_last : s->qos->tx_mes_last,
	};
	char text[RTCP_TEXT_MAX];
	struct sink lines = sink_make(text, sizeof(text));

	if (!s->events->rtcp)
		return;
	rtcp_text_write(&lines, report, &told);
	s->events->rtcp(s->owner, is_sent, sink_slice(&lines));
}

static void session_report(struct media_session *s, int64_t now_ns)
{
	struct rtp_media *m = s->media;
	struct rtcp_report report = {.ssrc = s->ssrc};
	uint8_t room[RTCP_OUT_MAX];
	struct addr to;
	size_t len;

	if (!rtcp_target(s, &to))
		return;
	report.has_sender = s->tx_packets != s->rtcp.sent_mark;
	s->rtcp.sent_mark = s->tx_packets;
	if (report.has_sender)
		rtcp_fill_sender(s, &report.sender, now_ns);
	report.has_block = rxstat_is_started(&s->rx);
	if (report.has_block)
		rtcp_fill_block(s, &report.block, now_ns);
	len = rtcp_write(room, sizeof(room), &report, slice_str(m->cname));
	if (NEVER(len == 0))
		return;
	if (io_udp_send(s->port->rtcp, &to, room, len))
		return;
	metric_inc(m->metrics, METRIC_rtcp_tx);
	if (m->debug.rtcp)
		rtp_debug_sent_rtcp(&m->debug, &to, &report);
	session_tell(s, true, &report, &to);
}

/* --- receiving --- */

static void session_take_block(struct media_session *s, const struct rtcp_block *block)
{
	uint32_t now = rtcp_ntp_middle(rtcp_ntp(io_wall_ns(s->media->io)));
	int32_t lost = block->lost - s->rtcp.tx_lost;
	double rtt_s = -1;
	int64_t rtt_ns;

	if (rtcp_round_trip(block, now, &rtt_ns)) {
		s->rtcp.rtt_us = (uint32_t)(rtt_ns / 1000);
		rtt_s = (double)rtt_ns / 1e9;
	}
	s->rtcp.tx_lost = block->lost;
	s->rtcp.tx_jitter = block->jitter;
	if (session_has_qos(s))
		qos_add_tx(s->qos, block->jitter / RATE, lost > 0 ? lost : 0, rtt_s);
}

void session_take_rtcp(struct media_session *s, const struct addr *from, const void *data,
		       size_t len)
{
	struct rtp_media *m = s->media;
	int64_t now = io_now_ns(m->io);
	struct rtcp_report report;

	if (!latch_allows_rtcp(&s->latch, from)) {
		metric_inc(m->metrics, METRIC_rtp_rx_stray);
		return;
	}
	if (!rtcp_parse(&report, data, len, s->ssrc)) {
		metric_inc(m->metrics, METRIC_rtcp_rx_bad);
		return;
	}
	metric_inc(m->metrics, METRIC_rtcp_rx);
	session_heard(s, now);
	if (report.has_sender && (!s->has_peer_ssrc || report.ssrc == s->peer_ssrc)) {
		s->rtcp.last_sr = rtcp_ntp_middle(report.sender.ntp);
		s->rtcp.last_sr_ns = now;
	}
	if (report.has_block)
		session_take_block(s, &report.block);
	if (m->debug.rtcp || m->debug.stats)
		rtp_debug_got_rtcp(&m->debug, from, &report, s->rtcp.rtt_us);
	session_tell(s, false, &report, from);
}

void session_on_rtcp(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		     size_t len)
{
	struct port *port = arg;
	struct rtp_media *m = port->pool_arg;
	struct media_session *s = port->user;

	UNUSED(u);
	if (!s) {
		metric_inc(m->metrics, METRIC_rtp_rx_stray);
		return;
	}
	if (s->is_symmetric && latch_source(&s->latch) && addr_eq_ip(from, &s->latch.source))
		s->rtcp_port = from->port;
	session_take_rtcp(s, from, data, len);
}

/* --- the sweep --- */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A far end that takes no audio holds the call; one that takes audio alone sends none. */
static uint32_t session_patience_s(const struct media_session *s)
{
	switch (s->remote.dir) {
	case MEDIA_SENDRECV:
		return s->timeout_s;
	case MEDIA_RECVONLY:
	case MEDIA_INACTIVE:
		return s->timeout_hold_s;
	default:
		return 0;
	}
}

/* When the far end is to be held for dead; TMR_NEVER: not watched (or nothing agreed yet). */
static int64_t session_timeout_at(const struct media_session *s)
{
	uint32_t patience_s = session_patience_s(s);

	if (!patience_s || !s->remote.rtp.family || s->is_silent)
		return TMR_NEVER;
	return s->last_rx_ns + patience_s * MEDIA_SECOND;
}

static int64_t session_keepalive_at(const struct media_session *s)
{
	if (!s->keepalive_s || !s->may_send)
		return TMR_NEVER;
	return s->last_tx_ns + s->keepalive_s * MEDIA_SECOND;
}

int64_t session_sweep(struct media_session *s, int64_t now_ns)
{
	struct rtp_media *m = s->media;

	if (s->rtcp.due_ns <= now_ns) {
		session_report(s, now_ns);
		s->rtcp.due_ns = now_ns + rtcp_interval_ns(m);
	}
	if (session_keepalive_at(s) <= now_ns) {
		session_send_silence(s, now_ns);
		s->last_tx_ns = now_ns; /* also if it could not be sent */
	}
	if (session_timeout_at(s) <= now_ns) {
		handle_t h = session_handle(s);

		s->is_silent = true;
		if (s->events->silent)
			s->events->silent(s->owner);
		if (!session_lives(m, h))
			return TMR_NEVER;
	}
	return earlier(s->rtcp.due_ns, earlier(session_timeout_at(s), session_keepalive_at(s)));
}

/* --- statistics --- */

static uint32_t positive(int32_t n)
{
	return n > 0 ? (uint32_t)n : 0;
}

void session_stats(const struct media_session *s, struct media_stats *out)
{
	*out = (struct media_stats){
		.ssrc = s->ssrc,
		.peer_ssrc = s->peer_ssrc,
		.tx_packets = s->tx_packets,
		.tx_octets = s->tx_octets,
		.rx_packets = s->rx_packets,
		.rx_octets = s->rx_octets,
		.rx_lost = positive(rxstat_lost(&s->rx)),
		.rx_jitter_us = rxstat_jitter(&s->rx) * 125,
		.tx_lost = positive(s->rtcp.tx_lost),
		.tx_jitter_us = s->rtcp.tx_jitter * 125,
		.rtt_us = s->rtcp.rtt_us,
		.tx_late = s->tx_late,
	};
}

const char *session_quality(const struct media_session *s, unsigned which, struct sink *out)
{
	static const struct qos none;
	struct qos_totals totals = {
		.ssrc = s->ssrc,
		.peer_ssrc = s->peer_ssrc,
		.rx_count = s->rx_packets,
		.tx_count = s->tx_packets,
		.rx_lost = rxstat_lost(&s->rx),
		.tx_lost = s->rtcp.tx_lost,
		.rx_expected = rxstat_expected(&s->rx),
	};

	if (which >= QOS_TEXT_COUNT)
		return NULL;
	qos_text_write(s->qos ? s->qos : &none, &totals, (enum qos_text)which, out);
	return qos_text_name((enum qos_text)which);
}
