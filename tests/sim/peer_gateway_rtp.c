/* tests/sim/peer_gateway_rtp.c - audio of the gateway: echo, and continuity of what is sent to it. */
#include "tests/sim/peer_gateway_internal.h"

#define RTP_HEAD      12
#define PT_EVENT      101
#define TICKS_PER_MS  8
#define PACE_SLACK_MS 500
#define LINGER_NS     (40 * SIM_SECOND)

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static bool is_rtp(const uint8_t *p, size_t len)
{
	return len >= RTP_HEAD && p[0] >> 6 == 2 && ((p[1] & 0x7f) < 72 || (p[1] & 0x7f) > 76);
}

static void rtp_echo(struct gw_rtp *r, const struct addr *from, const uint8_t *p, size_t len)
{
	uint8_t out[1600];

	if (len > sizeof(out) || (p[1] & 0x7f) == PT_EVENT)
		return;
	memcpy(out, p, len);
	out[0] = 0x80;
	out[1] = p[1] & 0x7f;
	r->echo_seq++;
	r->echo_ts += (uint32_t)(len - RTP_HEAD);
	out[2] = (uint8_t)(r->echo_seq >> 8);
	out[3] = (uint8_t)r->echo_seq;
	put32(out + 4, r->echo_ts);
	put32(out + 8, r->echo_ssrc);
	io_udp_send(r->udp, from, out, len);
}

static void talk_due(struct tmr *t, void *arg)
{
	struct gw_rtp *r = arg;
	uint8_t out[RTP_HEAD + 160];

	if (r->call->is_over || !r->udp)
		return;
	tmr_start(t, t->due_ns + 20 * SIM_MS);
	if (strcmp(r->call->sdp_dir, "sendrecv") != 0 || !r->talk_to.family)
		return;
	memset(out, 0x55, sizeof(out));
	out[0] = 0x80;
	out[1] = 0;
	r->echo_seq++;
	r->echo_ts += 160;
	out[2] = (uint8_t)(r->echo_seq >> 8);
	out[3] = (uint8_t)r->echo_seq;
	put32(out + 4, r->echo_ts);
	put32(out + 8, r->echo_ssrc);
	io_udp_send(r->udp, &r->talk_to, out, sizeof(out));
}

void gw_rtp_talk(struct gw_call *c)
{
	if (c->rtp.engine_echoes && !tmr_is_started(&c->rtp.talk_tmr))
		tmr_start(&c->rtp.talk_tmr, io_now_ns(c->g->io));
}

static void rtp_rx(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	struct gw_rtp *r = arg;
	const uint8_t *p = data;

	UNUSED(u);
	if (!is_rtp(p, len))
		return;
	r->rx++;
	if (r->call->g->conf.echo && !r->call->is_over && !r->engine_echoes)
		rtp_echo(r, from, p, len);
}

void gw_rtp_open(struct gw_call *c)
{
	struct io_udp_conf conf = {.local = gateway_addr(c->g), .kind = IO_UDP_RTP};

	if (c->rtp.udp)
		return;
	conf.local.port = 0;
	check(io_udp_open(c->g->io, &c->rtp.udp, &conf, rtp_rx, &c->rtp) == 0);
	c->g->by_port[io_udp_local(c->rtp.udp)->port] = &c->rtp;
	c->rtp.echo_ssrc = rng_u32(&c->g->rng);
	c->rtp.echo_ts = rng_u32(&c->g->rng);
	c->rtp.echo_seq = (uint16_t)rng_u32(&c->g->rng);
}

void gw_rtp_close(struct gw_call *c)
{
	tmr_stop(&c->rtp.close_tmr);
	tmr_stop(&c->rtp.talk_tmr);
	if (!c->rtp.udp)
		return;
	c->g->by_port[io_udp_local(c->rtp.udp)->port] = NULL;
	io_udp_close(c->rtp.udp);
	c->rtp.udp = NULL;
}

static void close_due(struct tmr *t, void *arg)
{
	UNUSED(t);
	gw_rtp_close(arg);
}

void gw_rtp_init(struct gw_call *c)
{
	c->rtp.call = c;
	tmr_init(&c->rtp.close_tmr, c->g->wheel, close_due, c);
	tmr_init(&c->rtp.talk_tmr, c->g->wheel, talk_due, &c->rtp);
}

void gw_rtp_close_later(struct gw_call *c)
{
	if (c->rtp.udp)
		tmr_start(&c->rtp.close_tmr, io_now_ns(c->g->io) + LINGER_NS);
}

static void look_at_clock(struct gw_rtp *r, uint32_t ts)
{
	int64_t told_ms = (int32_t)(ts - r->first_ts) / TICKS_PER_MS;
	int64_t real_ms = (sim_now(r->call->g->w) - r->first_ns) / SIM_MS;

	if (told_ms > real_ms + PACE_SLACK_MS || told_ms < real_ms - PACE_SLACK_MS)
		gw_violate(r->call->g, r->call, "RTP timestamp says %lld ms after %lld ms",
			   (long long)told_ms, (long long)real_ms);
}

static void look_at_audio(struct gw_rtp *r, uint32_t ts, bool marker)
{
	uint32_t step = ts - r->ts;

	if (r->audio && (step == 0 || step > UINT32_MAX / 2))
		gw_violate(r->call->g, r->call, "RTP timestamp does not grow (%u)", step);
	if (r->audio && !marker && step % (10 * TICKS_PER_MS) != 0)
		gw_violate(r->call->g, r->call, "RTP timestamp grows by %u", step);
	look_at_clock(r, ts);
	r->audio = true;
	r->ts = ts;
}

static void look_at_packet(struct gw_rtp *r, const uint8_t *p)
{
	uint16_t seq = (uint16_t)(p[2] << 8 | p[3]);
	uint32_t ts = be32(p + 4), ssrc = be32(p + 8);

	if (!r->started) {
		r->started = true;
		r->ssrc = ssrc;
		r->seq = (uint16_t)(seq - 1);
		r->first_ts = ts;
		r->first_ns = sim_now(r->call->g->w);
	}
	if (ssrc != r->ssrc)
		gw_violate(r->call->g, r->call, "RTP SSRC changed within a call");
	if ((uint16_t)(seq - r->seq) != 1)
		gw_violate(r->call->g, r->call, "RTP sequence %u after %u", seq, r->seq);
	r->seq = seq;
	if ((p[1] & 0x7f) != PT_EVENT && !r->engine_echoes)
		look_at_audio(r, ts, p[1] & 0x80);
}

void gw_rtp_tap(struct gateway *g, const struct addr *to, const void *data, size_t len)
{
	if (g->by_port[to->port] && is_rtp(data, len))
		look_at_packet(g->by_port[to->port], data);
}
