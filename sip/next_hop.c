/* sip/next_hop.c - see next_hop.h. */
#include "sip/next_hop.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/health.h"
#include "sip/transport.h"

#define NEXT_HOP_WAIT_T1 8

struct next_hop_search {
	struct sip *sip;
	struct next_hop *hop; /* NULL: it is gone, or elsewhere by now */
	struct sip_target_search search;
	struct tmr tmr;
	struct list txns;	 /* struct txn.fifo: held, in their order */
	struct list acks;	 /* struct next_hop_ack */
	struct next_hop_ack own; /* that nobody else keeps */
	struct addr from;
	bool is_late; /* nothing waits any more */
};

/* What a name led to. */
struct next_hop_found {
	struct sip_target target;
	uint64_t host;
};

int next_hops_create(struct sip *sip, uint32_t count)
{
	return slab_create(&sip->next_hops, "sip_next_hops", sizeof(struct next_hop_search), count);
}

/* ---- what waits ---- */

static void search_stop(struct next_hop_search *s)
{
	sip_target_stop(&s->search);
	tmr_stop(&s->tmr);
}

static void search_free(struct next_hop_search *s)
{
	search_stop(s);
	msgbuf_free(s->sip->bufs, s->own.text);
	slab_free(s->sip->next_hops, s);
}

void next_hops_destroy(struct sip *sip)
{
	if (!sip->next_hops)
		return;
	for (uint32_t i = 0; i < slab_limit(sip->next_hops); i++) {
		struct next_hop_search *s = slab_at(sip->next_hops, i);

		if (!s)
			continue;
		search_stop(s);
		list_for_safe (node, &s->txns)
			list_del(node);
		list_for_safe (node, &s->acks)
			list_del(node);
	}
	slab_destroy(sip->next_hops);
}

/* ---- sending ---- */

/* Who stands at the address from which a message came by TLS is reached as before, by that
 * connection, though it was verified for another name (RFC 5923). */
static bool hop_is_verified(const struct next_hop_found *found, const struct addr *from, int by)
{
	return by == SIP_TRANSPORT_TLS && addr_eq(&found->target.addr, from);
}

/* From `hop`, the one to fall back to, to what was found. */
static void hop_move(struct sip *sip, struct sip_hop *hop, const struct next_hop_found *found)
{
	const struct sip_target *t = &found->target;
	bool is_same = hop_is_verified(found, &hop->peer.addr, (int)sip_tp_kind(sip, hop->tp));

	hop->tp = sip_tp_follow_hop(sip, hop->tp, (int8_t)t->transport, &t->addr, &hop->local);
	hop->peer =
		(struct sip_peer){.addr = t->addr, .host = is_same ? hop->peer.host : found->host};
	if (sip_tp_kind(sip, hop->tp) != SIP_TRANSPORT_TLS)
		hop->peer.host = 0;
}

static void ack_send(struct sip *sip, const struct next_hop_ack *ack)
{
	/* A lost ACK is asked for again. */
	UNUSED(sip_tp_send(sip, ack->hop.tp, &ack->hop.peer, msgbuf_slice(ack->text)));
}

static void ack_move(struct sip *sip, struct next_hop_ack *ack, const struct next_hop_found *found)
{
	struct sip_hop hop = ack->hop;
	char room[LIMIT_SIP_OUT];
	struct sink out = sink_make(room, sizeof(room));
	struct msgbuf *text;

	hop_move(sip, &hop, found);
	if (hop.tp != ack->hop.tp) {
		if (!sip_write_other_via(&out, msgbuf_slice(ack->text), sip_tp_via(sip, hop.tp),
					 &hop.local))
			return;
		text = msgbuf_dup(sip->bufs, sink_slice(&out));
		if (!text)
			return;
		msgbuf_free(sip->bufs, ack->text);
		ack->text = text;
	}
	ack->hop = hop;
}

/* found NULL: to where they were meant to go until then. */
static void search_send_acks(struct sip *sip, struct list *acks, const struct next_hop_found *found)
{
	while (!list_empty(acks)) {
		struct next_hop_ack *ack = list_entry(list_first(acks), struct next_hop_ack, node);

		list_del(&ack->node);
		if (found)
			ack_move(sip, ack, found);
		if (found || ack->is_waiting)
			ack_send(sip, ack);
		ack->is_waiting = false;
	}
}

/* Their users may hear of a failure, and end calls and searches. */
static void search_send_txns(struct sip *sip, struct list *txns, const struct next_hop_found *found)
{
	while (!list_empty(txns)) {
		struct txn *t = list_entry(list_first(txns), struct txn, fifo);
		struct sip_hop hop = {t->dst, t->via, t->tp};

		list_del(&t->fifo);
		if (found)
			hop_move(sip, &hop, found);
		txn_client_release(t, hop.tp, &hop.peer);
	}
}

/* ---- the search ---- */

static bool hop_is_usable(const struct addr *a, const struct addr *from)
{
	return !addr_is_any(a) && (!addr_is_loopback(a) || addr_is_loopback(from));
}

/* NULL: none that can be sent to. usual: of two at the source, the one that the call goes by. */
static const struct sip_target *hop_choose(struct sip *sip, const struct sip_target_list *l,
					   const struct addr *from, uint8_t usual)
{
	const struct sip_target *here = NULL, *good = NULL, *first = NULL;

	for (uint32_t i = 0; i < l->count; i++) {
		const struct sip_target *t = &l->targets[i];

		if (!hop_is_usable(&t->addr, from))
			continue;
		if (addr_eq(&t->addr, from) && (!here || t->transport == usual))
			here = t;
		first = first ? first : t;
		if (!good && sip_health_until(sip->health, t) <= sip_now(sip))
			good = t;
	}
	return here ? here : good ? good : first;
}

static bool search_choose(const struct next_hop_search *s, enum sip_target_result r,
			  const struct sip_target_list *l, struct next_hop_found *out)
{
	const struct sip_target *t = NULL;

	if (r == SIP_TARGET_FOUND)
		t = hop_choose(s->sip, l, &s->from, s->search.query.want.usual);
	if (!t) {
		sip_count_one(s->sip, METRIC_sip_next_hop_unknown);
		log_verbose(
			3,
			"The name '%s' in a Contact or Record-Route leads to no address: what is "
			"sent in the call goes to where it came from",
			s->search.query.host);
		return false;
	}
	*out = (struct next_hop_found){.target = *t};
	if (t->transport == SIP_TRANSPORT_TLS)
		out->host = peer_names_keep(s->sip->peer_names, slice_str(s->search.query.host));
	return true;
}

static void hop_take(struct next_hop *h, const struct next_hop_found *found)
{
	int by = h->transport >= 0 ? h->transport : (int)sip_tp_kind(h->sip, h->tp);

	h->search = NULL;
	h->is_unfound = !found;
	if (!found)
		return;
	if (!hop_is_verified(found, &h->addr, by))
		h->host = found->host;
	h->addr = found->target.addr;
	h->transport = (int8_t)found->target.transport;
}

static void search_on_answer(void *arg)
{
	struct next_hop_search *s = arg;
	struct sip *sip = s->sip;
	struct sip_target_list l;
	enum sip_target_result r = sip_target_again(&s->search, &l);
	struct next_hop_found room, *found = NULL;
	struct list txns;

	if (r == SIP_TARGET_PENDING)
		return;
	if (search_choose(s, r, &l, &room))
		found = &room;
	if (s->hop)
		hop_take(s->hop, found);
	search_send_acks(sip, &s->acks, found);
	list_init(&txns);
	list_splice(&txns, &s->txns);
	search_free(s);
	search_send_txns(sip, &txns, found);
}

static struct next_hop_ack *search_waiting_ack(struct next_hop_search *s)
{
	list_for (node, &s->acks) {
		struct next_hop_ack *ack = list_entry(node, struct next_hop_ack, node);

		if (ack->is_waiting)
			return ack;
	}
	return NULL;
}

/* ACKs stay in the list: a late answer tells them where their copies go. */
static void search_on_timer(struct tmr *tmr, void *arg)
{
	struct next_hop_search *s = arg;
	struct sip *sip = s->sip;
	handle_t handle = slab_handle(sip->next_hops, s);
	struct next_hop_ack *ack;
	struct list txns;

	UNUSED(tmr);
	s->is_late = true;
	sip_count_one(sip, METRIC_sip_next_hop_late);
	list_init(&txns);
	list_splice(&txns, &s->txns);
	while ((s = slab_get(sip->next_hops, handle)) && (ack = search_waiting_ack(s))) {
		ack->is_waiting = false;
		ack_send(sip, ack);
	}
	search_send_txns(sip, &txns, NULL);
}

/* RFC 3263 4.1; where neither the URI nor a record says by what, by what the call goes. */
static void search_want(const struct next_hop *h, struct sip_target_want *want)
{
	UNUSED(sip_tp_want(h->sip, -1, want));
	for (int i = 0; i < SIP_TRANSPORT_COUNT; i++)
		want->families[i] &= h->addr.family == 4 ? SIP_TARGET_V4 : SIP_TARGET_V6;
	want->usual = (uint8_t)sip_tp_kind(h->sip, h->tp);
}

static void hop_look(struct next_hop *h, const struct sip_uri *uri)
{
	struct next_hop_search *s = slab_alloc(h->sip->next_hops);
	struct next_hop_found found;
	struct sip_target_want want;
	struct sip_target_list l;
	enum sip_target_result r;

	h->is_unfound = true;
	if (!s) {
		sip_count_one(h->sip, METRIC_sip_no_slot);
		return;
	}
	*s = (struct next_hop_search){.sip = h->sip, .from = h->addr};
	list_init(&s->txns);
	list_init(&s->acks);
	list_init(&s->own.node);
	tmr_init(&s->tmr, h->sip->env.wheel, search_on_timer, s);
	sip_target_search_init(&s->search, h->sip->resolver, search_on_answer, s);
	search_want(h, &want);
	r = sip_target_begin(&s->search, sip_now(h->sip), uri, &want, h->sip->env.rng, &l);
	if (r == SIP_TARGET_PENDING) {
		s->hop = h;
		h->search = s;
		h->is_unfound = false;
		tmr_start(&s->tmr,
			  sip_now(h->sip) + NEXT_HOP_WAIT_T1 * h->sip->txns.conf.times.t1_ns);
		return;
	}
	hop_take(h, search_choose(s, r, &l, &found) ? &found : NULL);
	search_free(s);
}

/* ---- the next hop ---- */

void next_hop_init(struct next_hop *h, struct sip *sip, uint8_t tp)
{
	*h = (struct next_hop){.sip = sip, .transport = -1, .tp = tp};
}

void next_hop_leave(struct next_hop *h)
{
	struct next_hop_search *s = h->search;

	h->search = NULL;
	if (!s)
		return;
	s->hop = NULL;
	if (list_empty(&s->txns) && list_empty(&s->acks))
		search_free(s);
}

/* Of a call that is over only its BYE is still of use, and ACKs, which are not transactions. */
void next_hop_end(struct next_hop *h)
{
	if (h->search)
		list_for_safe (node, &h->search->txns) {
			struct txn *t = list_entry(node, struct txn, fifo);

			if (t->method != SIP_METHOD_BYE)
				txn_drop(t);
		}
	next_hop_leave(h);
}

static void hop_fall_back(struct next_hop *h, const struct addr *from)
{
	if (!from)
		return;
	h->addr = *from;
	h->host = 0;
	h->transport = -1;
}

/* RFC 3263 4.1: what a URI says of its transport. */
static int8_t hop_uri_transport(const struct sip_uri *uri)
{
	if (uri->scheme != SIP_SCHEME_SIPS && !sip_uri_param(uri, SLICE_LIT("transport"), NULL))
		return -1;
	return (int8_t)sip_transport_of(uri);
}

static bool hop_parse(struct sip_uri *uri, struct slice text)
{
	return sip_uri_parse(uri, text) == 0 &&
	       (uri->scheme == SIP_SCHEME_SIP || uri->scheme == SIP_SCHEME_SIPS);
}

static bool hop_parse_address(struct addr *out, const struct sip_uri *uri)
{
	struct slice host = uri->host;

	if (sip_uri_param(uri, SLICE_LIT("maddr"), &host) && host.len == 0)
		host = uri->host;
	out->port = sip_transport_port_of(uri);
	return addr_parse_ip(out, host);
}

static void hop_set_address(struct next_hop *h, const struct addr *a, int8_t transport,
			    const struct addr *from)
{
	uint8_t family = from ? from->family : h->addr.family;

	next_hop_leave(h);
	h->name = 0;
	h->is_unfound = false;
	hop_fall_back(h, from);
	if (a->family != family || addr_is_any(a))
		return;
	h->addr = *a;
	h->host = 0;
	h->transport = transport;
}

/* The same name again: what is known of it, or will be, holds. */
static void hop_set_name(struct next_hop *h, struct slice text, const struct sip_uri *uri,
			 const struct addr *from)
{
	uint64_t name = slice_hash(text, h->sip->key) | 1;
	bool is_same = name == h->name;

	if (is_same && !h->search && !h->is_unfound)
		return;
	hop_fall_back(h, from);
	if (is_same)
		return;
	next_hop_leave(h);
	h->name = name;
	if (!h->is_blind)
		hop_look(h, uri);
}

void next_hop_set(struct next_hop *h, struct slice text, const struct addr *from, bool is_source)
{
	struct sip_uri uri;
	struct addr a = {0};

	if (!hop_parse(&uri, text))
		hop_set_address(h, &(struct addr){0}, -1, from);
	else if (hop_parse_address(&a, &uri))
		hop_set_address(h, &a, is_source ? -1 : hop_uri_transport(&uri), from);
	else
		hop_set_name(h, text, &uri, from);
}

void next_hop_refresh(struct next_hop *h, struct slice text)
{
	struct sip_uri uri;

	if (h->is_unfound && hop_parse(&uri, text))
		hop_look(h, &uri);
}

void next_hop_get(const struct next_hop *h, const struct sip_hop *call, struct sip_hop *out)
{
	bool is_first = addr_eq(&h->addr, &call->peer.addr) &&
			sip_tp_kind(h->sip, call->tp) == SIP_TRANSPORT_TLS;

	out->local = call->local;
	out->tp = sip_tp_follow_hop(h->sip, call->tp, h->transport, &h->addr, &out->local);
	out->peer =
		(struct sip_peer){.addr = h->addr, .host = is_first ? call->peer.host : h->host};
	if (sip_tp_kind(h->sip, out->tp) != SIP_TRANSPORT_TLS)
		out->peer.host = 0;
}

/* ---- what is sent ---- */

static bool hop_holds(const struct next_hop *h)
{
	return h->search && !h->search->is_late;
}

int next_hop_send(struct next_hop *h, struct txn *t, const struct sip_hop *hop,
		  struct slice request)
{
	int err;

	if (!hop_holds(h))
		return txn_client_send(t, hop->tp, &hop->peer, &hop->local, request);
	err = txn_client_hold(t, hop->tp, &hop->peer, &hop->local, request);
	if (!err)
		list_add_tail(&h->search->txns, &t->fifo);
	return err;
}

void next_hop_send_ack(struct next_hop *h, struct next_hop_ack *ack)
{
	list_init(&ack->node);
	ack->is_waiting = hop_holds(h);
	if (h->search)
		list_add_tail(&h->search->acks, &ack->node);
	if (!ack->is_waiting)
		ack_send(h->sip, ack);
}

void next_hop_send_ack_once(struct next_hop *h, const struct sip_hop *hop, struct slice text)
{
	struct next_hop_ack *own = h->search ? &h->search->own : NULL;

	if (own && !own->text)
		own->text = msgbuf_dup(h->sip->bufs, text);
	if (!hop_holds(h) || !own->text || !list_empty(&own->node)) {
		UNUSED(sip_tp_send(h->sip, hop->tp, &hop->peer, text));
		return;
	}
	own->hop = *hop;
	next_hop_send_ack(h, own);
}

void next_hop_send_ack_again(struct sip *sip, const struct next_hop_ack *ack)
{
	if (!ack->is_waiting)
		ack_send(sip, ack);
}

void next_hop_ack_free(struct sip *sip, struct next_hop_ack *ack)
{
	list_del(&ack->node);
	if (ack->is_waiting) /* it had to make room */
		ack_send(sip, ack);
	msgbuf_free(sip->bufs, ack->text);
	*ack = (struct next_hop_ack){0};
	list_init(&ack->node);
}
