/* tests/sim/peer_gateway_tap.c - calls counted at the instant the engine sends their INVITE. */
#include "tests/sim/peer_gateway_internal.h"

#include <stdlib.h>

struct gw_sent *gw_sent_find(struct gateway *g, struct slice call_id)
{
	uint64_t hash = slice_hash(call_id, 0);

	for (struct hash_node *n = hash_first(&g->sent_by_id, hash); n; n = hash_next(n)) {
		struct gw_sent *s = hash_entry(n, struct gw_sent, node);

		if (slice_eq(slice_str(s->call_id), call_id))
			return s;
	}
	return NULL;
}

struct gw_sent *gw_sent_add(struct gateway *g, const struct sip_msg *m)
{
	struct gw_sent *s = calloc(1, sizeof(*s));
	struct sip_uri uri;

	check(s);
	slice_copy(s->call_id, sizeof(s->call_id), m->call_id);
	if (sip_uri_parse(&uri, m->ruri) == 0)
		slice_copy(s->user, sizeof(s->user), uri.user);
	s->at = sim_now(g->w);
	hash_add(&g->sent_by_id, &s->node, slice_hash(m->call_id, 0));
	if (g->sent_count == g->sent_room) {
		g->sent_room = g->sent_room ? 2 * g->sent_room : 64;
		g->sent = realloc(g->sent, g->sent_room * sizeof(struct gw_sent *));
		check(g->sent);
	}
	g->sent[g->sent_count++] = s;
	return s;
}

void gw_sent_over(struct gateway *g, struct gw_sent *s)
{
	if (!s->over_at)
		s->over_at = sim_now(g->w);
	gw_sent_dialed(g, s, false);
}

void gw_sent_dialed(struct gateway *g, struct gw_sent *s, bool answered)
{
	if (answered && !s->answered_at)
		s->answered_at = sim_now(g->w);
	if (!s->dialed_at)
		s->dialed_at = sim_now(g->w);
}

void gw_sent_ended(struct gateway *g, struct gw_sent *s, bool by_engine)
{
	if (!s->ended_at) {
		s->ended_at = sim_now(g->w);
		s->ended_by_engine = by_engine;
	}
	gw_sent_over(g, s);
}

void gw_sent_free(struct gateway *g)
{
	for (uint32_t i = 0; i < g->sent_count; i++) {
		hash_del(&g->sent_by_id, &g->sent[i]->node);
		free(g->sent[i]);
	}
	free(g->sent);
}

static void tap_sip(struct gateway *g, const void *data, size_t len)
{
	struct sip_msg m;
	enum sip_parse_error err;
	struct gw_sent *s;

	if (sip_msg_parse(&m, slice_make(data, len), &err) != 0 || !m.is_request)
		return;
	s = gw_sent_find(g, m.call_id);
	if (!s && m.method == SIP_METHOD_INVITE && m.to_tag.len == 0)
		gw_sent_add(g, &m);
	else if (s && m.method == SIP_METHOD_BYE)
		gw_sent_ended(g, s, true);
	else if (s && m.method == SIP_METHOD_CANCEL)
		gw_sent_over(g, s);
}

void gateway_tap(struct gateway *g, const struct addr *from, const struct addr *to, const void *data,
		 size_t len)
{
	struct addr own = gateway_addr(g);

	UNUSED(from);
	if (!addr_eq_ip(to, &own))
		return;
	if (to->port == own.port)
		tap_sip(g, data, len);
	else if (!g->conf.corrupt) /* a damaged description may lead it to another call */
		gw_rtp_tap(g, to, data, len);
}

void gateway_damage(struct gateway *g, struct slice call_id)
{
	struct gw_sent *s = gw_sent_find(g, call_id);

	if (s)
		s->damaged = true;
}

uint32_t gateway_call_count(const struct gateway *g)
{
	return g->sent_count;
}

bool gateway_has_call(struct gateway *g, struct slice call_id)
{
	return gw_sent_find(g, call_id) != NULL;
}

uint32_t gateway_calls_of(const struct gateway *g, struct slice user)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->sent_count; i++)
		n += slice_eq(slice_str(g->sent[i]->user), user);
	return n;
}

void gateway_call_get(const struct gateway *g, uint32_t index, struct gateway_call_info *out)
{
	const struct gw_sent *s = g->sent[index];
	const struct gw_call *c = s->call;

	*out = (struct gateway_call_info){.user = s->user,
					  .invite_ns = s->at,
					  .arrived = c != NULL,
					  .dialed_ns = s->dialed_at,
					  .answered_ns = s->answered_at,
					  .damaged = s->damaged,
					  .over_ns = s->over_at,
					  .ended_ns = s->ended_at,
					  .ended_by_engine = s->ended_by_engine};
	if (!c)
		return;
	out->plan = c->plan;
	out->answered = c->leg[0].answered || c->leg[1].answered;
	out->refused = c->final >= 300 ? c->final : 0;
	out->cancelled = c->cancelled;
	out->rtp_rx = c->rtp.rx;
}
