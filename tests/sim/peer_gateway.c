/* tests/sim/peer_gateway.c - the gateway's calls: scripts, requests from the engine, checks. */
#include "tests/sim/peer_gateway_internal.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- violations ---- */

void gw_violate(struct gateway *g, const struct gw_call *c, const char *fmt, ...)
{
	struct sink s = sink_make(g->violation, sizeof(g->violation));
	char text[256];
	va_list ap;

	if (g->violation[0] || (c && c->sent && c->sent->damaged))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sink_str(&s, text);
	if (c)
		sink_fmt(&s, " (call to %s, plan %s, Call-ID %s)", c->user,
			 gateway_plan_name(c->plan), c->call_id);
	sink_cstr(&s);
	sim_trace_fmt(g->w, "violation", "%s", g->violation);
}

const char *gateway_violation(const struct gateway *g)
{
	return g->violation[0] ? g->violation : NULL;
}

/* ---- sending and sending again ---- */

void gw_send(struct gw_call *c, const struct addr *to, const char *text, size_t len)
{
	io_udp_send(c->g->udp, to, text, len);
}

static const struct addr *repeat_to(const struct gw_repeat *r)
{
	return r == &r->call->request.send ? &r->call->target : &r->call->peer;
}

static void repeat_due(struct tmr *t, void *arg)
{
	struct gw_repeat *r = arg;
	int64_t now = io_now_ns(r->call->g->io);

	UNUSED(t);
	if (now - r->started >= GW_LIFE) {
		if (r->what)
			gw_violate(r->call->g, r->call, "%s", r->what);
		r->call->request.open = r->call->request.open && r != &r->call->request.send;
		return;
	}
	gw_send(r->call, repeat_to(r), r->text, r->len);
	r->interval *= 2;
	if (!r->doubles_freely && r->interval > GW_T2)
		r->interval = GW_T2;
	tmr_start(&r->tmr, now + r->interval);
}

void gw_repeat_start(struct gw_repeat *r, bool doubles_freely, const char *what)
{
	r->started = io_now_ns(r->call->g->io);
	r->interval = GW_T1;
	r->doubles_freely = doubles_freely;
	r->what = what;
	gw_send(r->call, repeat_to(r), r->text, r->len);
	tmr_start(&r->tmr, r->started + r->interval);
}

static void repeat_init(struct gw_repeat *r, struct gw_call *c)
{
	r->call = c;
	tmr_init(&r->tmr, c->g->wheel, repeat_due, r);
}

/* ---- calls ---- */

void gw_call_over(struct gw_call *c)
{
	if (c->is_over)
		return;
	c->is_over = true;
	gw_sent_over(c->g, c->sent);
	tmr_stop(&c->step_tmr);
	gw_rtp_close_later(c);
}

static struct gw_call *call_find(struct gateway *g, struct slice id)
{
	uint64_t hash = slice_hash(id, 0);

	for (struct hash_node *n = hash_first(&g->by_id, hash); n; n = hash_next(n)) {
		struct gw_call *c = hash_entry(n, struct gw_call, node);

		if (slice_eq(slice_str(c->call_id), id))
			return c;
	}
	return NULL;
}

static void call_keep(struct gateway *g, struct gw_call *c)
{
	if (g->call_count == g->call_room) {
		g->call_room = g->call_room ? 2 * g->call_room : 64;
		g->calls = realloc(g->calls, g->call_room * sizeof(struct gw_call *));
		check(g->calls);
	}
	g->calls[g->call_count++] = c;
}

static struct gw_call *call_make(struct gateway *g, struct slice id)
{
	struct gw_call *c = calloc(1, sizeof(*c));

	check(c);
	c->g = g;
	slice_copy(c->call_id, sizeof(c->call_id), id);
	hash_add(&g->by_id, &c->node, slice_hash(id, 0));
	tmr_init(&c->step_tmr, g->wheel, gw_step_due, c);
	repeat_init(&c->response, c);
	repeat_init(&c->request.send, c);
	for (int i = 0; i < GW_LEGS; i++) {
		repeat_init(&c->leg[i].ok, c);
		rng_hex(&g->rng, c->leg[i].tag, 16);
	}
	c->local_cseq = rng_below(&g->rng, 30000);
	c->rseq = 1 + rng_below(&g->rng, 30000);
	c->sdp_version = 1;
	memcpy(c->sdp_dir, "sendrecv", 9);
	gw_rtp_init(c);
	call_keep(g, c);
	return c;
}

/* ---- INVITE ---- */

static void fill(struct gateway *g, char *dst, size_t size, struct slice text, const char *what)
{
	if (text.len >= size)
		gw_violate(g, NULL, "%s of %zu octets", what, text.len);
	slice_copy(dst, size, text);
}

static bool target_of(struct gateway *g, const struct sip_msg *m, struct addr *out)
{
	struct sip_uri uri;
	struct addr a = {0};

	if (m->contact.uri.len == 0 || sip_uri_parse(&uri, m->contact.uri) != 0 ||
	    !addr_parse_ip(&a, uri.host)) {
		gw_violate(g, NULL, "INVITE without a usable Contact");
		return false;
	}
	a.port = uri.port ? uri.port : 5060;
	*out = a;
	return true;
}

/* Where the engine wants its audio: c= and m= of its offer. */
static struct addr audio_of(const struct sip_msg *m)
{
	struct slice sdp = sip_msg_sdp(m), line;
	struct addr a = {0};
	uint64_t port = 0;

	while (slice_split(&sdp, '\n', &line)) {
		line = slice_trim(line);
		if (slice_starts(line, SLICE_LIT("c=IN IP4 ")))
			addr_parse_ip(&a, slice_from(line, 9));
		if (slice_starts(line, SLICE_LIT("m=audio "))) {
			line = slice_from(line, 8);
			slice_u64(slice_head(line, slice_find(line, ' ')), 65535, &port);
		}
	}
	a.port = (uint16_t)port;
	return a;
}

static void invite_take(struct gw_call *c, const struct sip_msg *m)
{
	fill(c->g, c->from, sizeof(c->from), sip_msg_get(m, SIP_HDR_FROM), "From");
	fill(c->g, c->to, sizeof(c->to), sip_msg_get(m, SIP_HDR_TO), "To");
	fill(c->g, c->branch, sizeof(c->branch), m->via.branch, "branch");
	fill(c->g, c->contact, sizeof(c->contact), m->contact.uri, "Contact");
	gw_copy_vias(c->vias, sizeof(c->vias), m);
	c->rtp.talk_to = audio_of(m);
	c->cseq = c->remote_cseq = m->cseq;
	c->final = 0;
	c->provisional = false;
}

static void invite_look(struct gateway *g, const struct sip_msg *m)
{
	if (m->max_forwards < 0)
		gw_violate(g, NULL, "INVITE without Max-Forwards");
	if (m->from_tag.len == 0)
		gw_violate(g, NULL, "INVITE without From tag");
	if (!slice_starts(m->via.branch, SLICE_LIT("z9hG4bK")))
		gw_violate(g, NULL, "INVITE with a branch of before RFC 3261");
	if (slice_is_empty(sip_msg_sdp(m)))
		gw_violate(g, NULL, "INVITE without SDP");
}

static void invite_new(struct gateway *g, const struct addr *from, const struct sip_msg *m)
{
	struct gw_call *c;
	struct sip_uri uri = {0};
	struct addr target;

	struct gw_sent *sent = gw_sent_find(g, m->call_id);

	if (sent && sent->excused)
		return; /* still on its way when the engine died */
	invite_look(g, m);
	if (!target_of(g, m, &target))
		return;
	c = call_make(g, m->call_id);
	c->peer = *from;
	c->target = target;
	c->sent = sent ? sent : gw_sent_add(g, m);
	c->sent->call = c;
	invite_take(c, m);
	if (sip_uri_parse(&uri, m->ruri) == 0)
		fill(g, c->user, sizeof(c->user), uri.user, "user");
	c->plan = g->conf.choose ? g->conf.choose(g->conf.arg, slice_str(c->user),
						  gateway_calls_of(g, slice_str(c->user)) - 1)
				 : gw_plan_by_share(g);
	c->rtp.engine_echoes = g->conf.engine_echoes &&
			       g->conf.engine_echoes(g->conf.arg, slice_str(c->user));
	g->plan_calls[c->plan]++;
	sim_trace_fmt(g->w, "gw call", "%s %s", c->user, gateway_plan_name(c->plan));
	c->offered_first = sip_msg_has(m, SIP_HDR_AUTHORIZATION);
	if (c->offered_first ? !gw_auth_admits(c, m) : c->plan == GATEWAY_CHALLENGE)
		gw_respond(c, 401, 0, GW_AUTH);
	else
		gw_step_next(c);
}

/* The INVITE once more: with credentials after a challenge, or, if it had borrowed some at first,
 * without any after a 403. */
static void invite_once_more(struct gw_call *c, const struct sip_msg *m)
{
	bool is_doubt = c->final == 403 && c->offered_first && !c->doubted;

	if (c->final != 401 && !is_doubt) {
		gw_violate(c->g, c, "second INVITE without reason");
		return;
	}
	tmr_stop(&c->response.tmr);
	invite_take(c, m);
	if (is_doubt) {
		c->doubted = true;
		gw_respond(c, 403, 0, 0);
	} else if (gw_auth_admits(c, m)) {
		gw_step_next(c);
	} else {
		gw_respond(c, 401, 0, GW_AUTH);
	}
}

static void invite_again(struct gw_call *c)
{
	if (c->plan == GATEWAY_SILENT)
		return;
	for (int i = 0; i < GW_LEGS; i++) {
		if (c->leg[i].answered && !c->leg[i].acked)
			gw_send(c, &c->peer, c->leg[i].ok.text, c->leg[i].ok.len);
	}
	if ((c->final == 0 || c->final >= 300) && c->response.len > 0)
		gw_send(c, &c->peer, c->response.text, c->response.len);
}

static struct gw_leg *leg_find(struct gw_call *c, struct slice tag)
{
	for (int i = 0; i < GW_LEGS; i++) {
		if (c && slice_eq(slice_str(c->leg[i].tag), tag))
			return &c->leg[i];
	}
	return NULL;
}

static void reply(struct gateway *g, struct gw_call *c, const struct addr *to,
		  const struct sip_msg *m, unsigned code, const char *body)
{
	char text[GW_TEXT];
	struct sink s = sink_make(text, sizeof(text));

	gw_write_reply(c, &s, m, code, body);
	io_udp_send(g->udp, to, text, s.len);
}

/* A session refresh of the engine. */
static void invite_inside(struct gateway *g, struct gw_call *c, const struct addr *from,
			  const struct sip_msg *m)
{
	char body[1024] = "";
	struct sink s = sink_make(body, sizeof(body) - 1);
	struct gw_leg *leg = leg_find(c, m->to_tag);

	if (!leg || leg->ended) {
		reply(g, c, from, m, 481, "");
		return;
	}
	if (c->request.open && c->request.method == SIP_METHOD_INVITE) {
		reply(g, c, from, m, 491, "");
		return;
	}
	gw_write_sdp(c, &s);
	body[s.len] = 0;
	c->reinvite_cseq = m->cseq;
	reply(g, c, from, m, 200, body);
}

static void rx_invite(struct gateway *g, struct gw_call *c, const struct addr *from,
		      const struct sip_msg *m)
{
	if (m->to_tag.len > 0) {
		invite_inside(g, c, from, m);
		return;
	}
	if (!c) {
		invite_new(g, from, m);
		return;
	}
	if (slice_eq(m->via.branch, slice_str(c->branch)))
		invite_again(c);
	else if (m->cseq > c->cseq)
		invite_once_more(c, m);
	/* else: a copy of the INVITE that was challenged, late */
}

/* ---- ACK, BYE, CANCEL and the rest ---- */

static void ack_of_2xx(struct gw_call *c, struct gw_leg *leg, const struct sip_msg *m)
{
	if (slice_eq(m->via.branch, slice_str(c->branch)))
		gw_violate(c->g, c, "ACK of a 2xx in the transaction of the INVITE");
	if (slice_find_text(m->ruri, SLICE_LIT("sip:gw-")) != 0)
		gw_violate(c->g, c, "ACK of a 2xx not sent to the Contact");
	leg->acks++;
	if (c->plan == GATEWAY_ACK_DEAF && leg->acks <= 2)
		return;
	leg->acked = true;
	tmr_stop(&leg->ok.tmr);
}

static void rx_ack(struct gw_call *c, const struct sip_msg *m)
{
	struct gw_leg *leg = leg_find(c, m->to_tag);

	if (!c)
		return;
	if (c->reinvite_cseq && m->cseq == c->reinvite_cseq)
		return;
	if (!leg) {
		gw_violate(c->g, c, "ACK with a To tag that we never gave");
		return;
	}
	if (slice_eq(m->via.branch, slice_str(c->branch)) && c->final >= 300) {
		tmr_stop(&c->response.tmr);
		return;
	}
	if (leg->answered && m->cseq == c->cseq)
		ack_of_2xx(c, leg, m);
	else if (m->cseq > c->cseq)
		gw_violate(c->g, c, "ACK with CSeq %u for an INVITE with %u", m->cseq, c->cseq);
	/* else: of the 401, or of a copy of it */
}

static void rx_bye(struct gateway *g, struct gw_call *c, const struct addr *from,
		   const struct sip_msg *m)
{
	struct gw_leg *leg = leg_find(c, m->to_tag);

	if (!leg || !leg->answered) {
		if (c && leg && c->final == 0)
			gw_violate(g, c, "BYE on an early dialog");
		reply(g, c, from, m, 481, "");
		return;
	}
	if (m->cseq <= c->cseq)
		gw_violate(g, c, "BYE with CSeq %u behind an INVITE with %u", m->cseq, c->cseq);
	if (c->plan == GATEWAY_BYE_CROSS && !leg->bye_tx)
		gw_bye(c, 0);
	leg->bye_rx = leg->ended = true;
	/* The far end has our 2xx, or it could not say BYE: but only ACK stops it (RFC 6026). */
	reply(g, c, from, m, 200, "");
	if (leg == &c->leg[0])
		gw_call_over(c);
}

static void rx_cancel(struct gateway *g, struct gw_call *c, const struct addr *from,
		      const struct sip_msg *m)
{
	if (!c || !slice_eq(m->via.branch, slice_str(c->branch))) {
		reply(g, c, from, m, 481, "");
		return;
	}
	if (!c->provisional)
		gw_violate(g, c, "CANCEL before any provisional response");
	if (m->cseq != c->cseq)
		gw_violate(g, c, "CANCEL with CSeq %u for an INVITE with %u", m->cseq, c->cseq);
	if (m->to_tag.len > 0)
		gw_violate(g, c, "CANCEL with a To tag");
	if (c->plan == GATEWAY_CANCEL_CROSS && c->final == 0)
		gw_respond(c, 200, 0, GW_SDP);
	reply(g, c, from, m, 200, "");
	c->cancelled = true;
	if (c->final == 0)
		gw_respond(c, 487, 0, 0);
}

static void rx_prack(struct gateway *g, struct gw_call *c, const struct addr *from,
		     const struct sip_msg *m)
{
	struct sip_rack rack;

	if (!c || !c->reliable || !leg_find(c, m->to_tag)) {
		reply(g, c, from, m, 481, "");
		return;
	}
	if (sip_rack_parse(sip_msg_get(m, SIP_HDR_RACK), &rack) != 0 || rack.rseq != c->rseq ||
	    rack.cseq != c->cseq || rack.method != SIP_METHOD_INVITE)
		gw_violate(g, c, "PRACK with a wrong RAck");
	c->pracked = true;
	tmr_stop(&c->response.tmr);
	reply(g, c, from, m, 200, "");
}

static void rx_update(struct gateway *g, struct gw_call *c, const struct addr *from,
		      const struct sip_msg *m)
{
	char body[1024] = "";
	struct sink s = sink_make(body, sizeof(body) - 1);
	struct gw_leg *leg = leg_find(c, m->to_tag);

	if (!leg || leg->ended) {
		reply(g, c, from, m, 481, "");
		return;
	}
	if (!slice_is_empty(sip_msg_sdp(m)))
		gw_write_sdp(c, &s);
	body[s.len] = 0;
	reply(g, c, from, m, 200, body);
}

static void rx_request(struct gateway *g, const struct addr *from, const struct sip_msg *m)
{
	struct gw_call *c = call_find(g, m->call_id);

	if (c && c->excused)
		return; /* sent by the engine before it died */
	gw_auth_count(g, c, m);
	switch (m->method) {
	case SIP_METHOD_INVITE:
		rx_invite(g, c, from, m);
		break;
	case SIP_METHOD_ACK:
		rx_ack(c, m);
		break;
	case SIP_METHOD_BYE:
		rx_bye(g, c, from, m);
		break;
	case SIP_METHOD_CANCEL:
		rx_cancel(g, c, from, m);
		break;
	case SIP_METHOD_PRACK:
		rx_prack(g, c, from, m);
		break;
	case SIP_METHOD_UPDATE:
		rx_update(g, c, from, m);
		break;
	default:
		reply(g, c, from, m, 200, "");
		break;
	}
}

static void rx(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	struct gateway *g = arg;
	struct sip_msg m;
	enum sip_parse_error err;
	struct gw_call *c;

	UNUSED(u);
	if (len <= 4)
		return; /* keep-alive */
	if (sip_msg_parse(&m, slice_make(data, len), &err) != 0) {
		if (g->conf.corrupt)
			return;
		gw_violate(g, NULL, "message that is none: %.*s",
			   SLICE_ARG(sip_parse_error_text(err)));
		return;
	}
	if (m.is_request) {
		rx_request(g, from, &m);
		return;
	}
	c = call_find(g, m.call_id);
	if (c && !c->excused)
		gw_rx_response(c, &m);
}

/* ---- life ---- */

static int64_t turn(void *owner, int64_t now_ns)
{
	struct gateway *g = owner;

	tmr_wheel_run(g->wheel, now_ns, UINT32_MAX);
	return tmr_wheel_next(g->wheel);
}

struct gateway *gateway_create(struct sim_world *w, const struct gateway_conf *conf)
{
	struct gateway *g = calloc(1, sizeof(*g));
	struct io_conf io = {.name = "gateway", .metrics = &g->metrics, .udp_max = 1u << 20,
			     .big_buffers = 64, .small_buffers = 64, .cpu = -1};
	struct io_udp_conf udp = {.local = sim_host_addr(w, conf->host, conf->port)};

	check(g);
	g->w = w;
	g->conf = *conf;
	rng_seed(&g->rng, rng_u64(sim_rng(w)));
	sim_host_use(w, conf->host);
	check(io_create(&g->io, &io) == 0);
	sim_host_use(w, 0);
	check(io_udp_open(g->io, &g->udp, &udp, rx, g) == 0);
	check(tmr_wheel_create(&g->wheel, sim_now(w)) == 0);
	check(hash_create(&g->by_id, 1024) == 0);
	check(hash_create(&g->sent_by_id, 1024) == 0);
	gw_auth_init(g);
	check(io_start(g->io, turn, g) == 0);
	return g;
}

static void call_stop(struct gw_call *c)
{
	tmr_stop(&c->step_tmr);
	tmr_stop(&c->response.tmr);
	tmr_stop(&c->request.send.tmr);
	for (int k = 0; k < GW_LEGS; k++)
		tmr_stop(&c->leg[k].ok.tmr);
}

void gateway_destroy(struct gateway *g)
{
	io_stop(g->io);
	io_join(g->io);
	for (uint32_t i = 0; i < g->call_count; i++) {
		struct gw_call *c = g->calls[i];

		gw_rtp_close(c);
		call_stop(c);
		hash_del(&g->by_id, &c->node);
		free(c);
	}
	free(g->calls);
	gw_sent_free(g);
	gw_auth_free(g);
	tmr_wheel_destroy(g->wheel);
	hash_destroy(&g->by_id);
	hash_destroy(&g->sent_by_id);
	io_destroy(g->io);
	free(g);
}

struct addr gateway_addr(const struct gateway *g)
{
	return sim_host_addr(g->w, g->conf.host, g->conf.port);
}

/* ---- what oracles ask ---- */

void gateway_excuse_all(struct gateway *g)
{
	for (uint32_t i = 0; i < g->call_count; i++) {
		g->calls[i]->excused = true;
		call_stop(g->calls[i]);
		gw_call_over(g->calls[i]);
	}
	for (uint32_t i = 0; i < g->sent_count; i++) {
		g->sent[i]->excused = true;
		gw_sent_over(g, g->sent[i]);
	}
	io_wake(g->io); /* timers were started outside of its turn */
}

static const char *call_debt(const struct gw_call *c)
{
	if (c->excused || (c->sent && c->sent->damaged))
		return NULL;
	for (int i = 0; i < GW_LEGS; i++) {
		const struct gw_leg *leg = &c->leg[i];

		if (leg->answered && !leg->acked)
			return "2xx without ACK";
		if (leg->answered && !leg->ended)
			return "dialog without BYE";
	}
	if (c->provisional && c->final == 0 && !c->g->conf.lossy)
		return "it rings for ever: no CANCEL";
	if (c->request.open)
		return "our request has no final response";
	if (c->final >= 300 && tmr_is_started(&c->response.tmr))
		return "refusal without ACK";
	return NULL;
}

bool gateway_check_byes(struct gateway *g)
{
	for (uint32_t i = 0; i < g->call_count; i++) {
		struct gw_call *c = g->calls[i];

		for (int k = 0; k < GW_LEGS && !c->excused; k++) {
			if (c->leg[k].acked && !c->leg[k].ended)
				gw_violate(g, c, "the engine stopped without a BYE");
		}
	}
	return !g->violation[0];
}

bool gateway_check_end(struct gateway *g)
{
	for (uint32_t i = 0; i < g->call_count; i++) {
		const char *debt = call_debt(g->calls[i]);

		if (debt)
			gw_violate(g, g->calls[i], "at the end: %s", debt);
	}
	return !g->violation[0];
}

bool gateway_is_idle(const struct gateway *g)
{
	return tmr_wheel_count(g->wheel) == 0;
}

uint32_t gateway_plan_calls(const struct gateway *g, enum gateway_plan plan)
{
	return g->plan_calls[plan];
}
