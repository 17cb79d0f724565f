/* sip/txn.c - what the four machines share: slabs, matching, timers, the step. See txn.h. */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "sip/txn_internal.h"

#include <errno.h>

const char *txn_fact_name(enum txn_fact fact)
{
	static const char *const names[TXN_FACT_COUNT] = {
		"provisional", "success", "failure",   "timeout",
		"error",       "acked",	  "not_acked", "gone",
	};

	check(fact < TXN_FACT_COUNT);
	return names[fact];
}

static bool txn_is_client(const struct txn *t)
{
	return t->kind == TXN_ICT || t->kind == TXN_NICT;
}

static struct slab *txn_slab(const struct txn *t)
{
	return txn_is_client(t) ? t->layer->clients : t->layer->servers;
}

handle_t txn_handle(const struct txn *t)
{
	return slab_handle(txn_slab(t), t);
}

struct txn *txn_client_get(const struct txn_layer *l, handle_t h)
{
	return slab_get(l->clients, h);
}

struct txn *txn_server_get(const struct txn_layer *l, handle_t h)
{
	return slab_get(l->servers, h);
}

int64_t txn_now(const struct txn *t)
{
	return t->layer->conf.now(t->layer->conf.arg);
}

/* ---- events by kind ---- */

static void txn_dispatch(struct txn *t, unsigned event, const struct txn_input *in)
{
	switch ((enum txn_kind)t->kind) {
	case TXN_ICT:
		ict_step(t, (enum ict_event)event, in);
		break;
	case TXN_NICT:
		nict_step(t, (enum nict_event)event, in);
		break;
	case TXN_IST:
		ist_step(t, (enum ist_event)event, in);
		break;
	case TXN_NIST:
		nist_step(t, (enum nist_event)event, in);
		break;
	case TXN_KIND_COUNT:
		check(false);
	}
}

static void txn_own_event(struct txn *t, const uint8_t events[TXN_KIND_COUNT])
{
	const struct txn_input in = {0};

	txn_dispatch(t, events[t->kind], &in);
}

static void txn_on_resend(struct tmr *tmr, void *arg)
{
	static const uint8_t events[] = {ICT_TMR_A, NICT_TMR_E, IST_TMR_G, 0};
	struct txn *t = arg;

	UNUSED(tmr);
	check(t->kind != TXN_NIST);
	txn_own_event(t, events);
}

static void txn_on_end(struct tmr *tmr, void *arg)
{
	const struct txn_input in = {0};
	struct txn *t = arg;

	UNUSED(tmr);
	txn_dispatch(t, t->end_event, &in);
}

void txn_drop(struct txn *t)
{
	static const uint8_t events[] = {ICT_DROP, NICT_DROP, IST_DROP, NIST_DROP};

	if (!t->dead)
		txn_own_event(t, events);
}

/* ---- life ---- */

int txn_layer_init(struct txn_layer *l, const struct txn_conf *conf)
{
	int err;

	check(conf->client_max < SIP_IDENT_INDEX_MAX);
	*l = (struct txn_layer){.conf = *conf};
	list_init(&l->client_fifo);
	list_init(&l->server_fifo);
	err = slab_create(&l->clients, "sip_client_txns", sizeof(struct txn), conf->client_max);
	if (!err)
		err = slab_create(&l->servers, "sip_server_txns", sizeof(struct txn),
				  conf->server_max);
	if (!err)
		err = hash_create(&l->by_key, conf->server_max / 4 + 16);
	if (err)
		txn_layer_close(l);
	l->key = rng_u64(conf->rng);
	return err;
}

static void txn_free(struct txn *t)
{
	if (NEVER(tmr_is_started(&t->resend) || tmr_is_started(&t->end))) {
		tmr_stop(&t->resend);
		tmr_stop(&t->end);
	}
	list_del(&t->fifo);
	hash_del(&t->layer->by_key, &t->node);
	txn_forget(t);
	slab_free(txn_slab(t), t);
}

static void txn_free_all(struct slab *s)
{
	for (uint32_t i = 0; i < slab_limit(s); i++) {
		struct txn *t = slab_at(s, i);

		if (!t)
			continue;
		tmr_stop(&t->resend);
		tmr_stop(&t->end);
		txn_free(t);
	}
	slab_destroy(s);
}

void txn_layer_close(struct txn_layer *l)
{
	if (l->clients)
		txn_free_all(l->clients);
	if (l->servers)
		txn_free_all(l->servers);
	if (l->by_key.buckets)
		hash_destroy(&l->by_key);
	l->clients = l->servers = NULL;
}

uint32_t txn_layer_used(const struct txn_layer *l)
{
	return slab_used(l->clients) + slab_used(l->servers);
}

size_t txn_layer_bytes(const struct txn_layer *l)
{
	return slab_bytes(l->clients) + slab_bytes(l->servers) +
	       (l->by_key.mask + 1) * sizeof(*l->by_key.buckets);
}

/* Room for one more: the oldest that only absorbs copies gives way. */
static void txn_make_room(struct txn_layer *l, struct slab *s, struct list *fifo)
{
	if (slab_used(s) < slab_count_max(s))
		return;
	list_for (node, fifo) {
		struct txn *t = list_entry(node, struct txn, fifo);

		if (t->depth)
			continue;
		metric_inc(l->conf.metrics, METRIC_sip_linger_evicted);
		txn_drop(t);
		return;
	}
}

static struct txn *txn_new(struct txn_layer *l, enum txn_kind kind, txn_fn fn, void *arg)
{
	bool is_client = kind == TXN_ICT || kind == TXN_NICT;
	struct slab *s = is_client ? l->clients : l->servers;
	struct txn *t;

	txn_make_room(l, s, is_client ? &l->client_fifo : &l->server_fifo);
	t = slab_alloc(s);
	if (!t) {
		metric_inc(l->conf.metrics, METRIC_sip_no_slot);
		return NULL;
	}
	t->layer = l;
	t->kind = (uint8_t)kind;
	t->fn = fn;
	t->arg = arg;
	list_init(&t->fifo);
	tmr_init(&t->resend, l->conf.wheel, txn_on_resend, t);
	tmr_init(&t->end, l->conf.wheel, txn_on_end, t);
	return t;
}

/* ---- the step ---- */

void txn_tell(struct txn *t, enum txn_fact fact, const struct txn_input *in)
{
	if (t->fn)
		t->fn(t->arg, t, fact, in ? in->msg : NULL, in ? in->from : NULL);
}

static void txn_wait_in_fifo(const struct txn_machine *m, struct txn *t)
{
	struct list *fifo = txn_is_client(t) ? &t->layer->client_fifo : &t->layer->server_fifo;

	if ((m->absorbing >> t->state & 1) && list_empty(&t->fifo))
		list_add_tail(fifo, &t->fifo);
}

void txn_step(const struct txn_machine *m, struct txn *t, unsigned event,
	      const struct txn_input *in)
{
	const struct txn_cell *cell = &m->cells[t->state * m->event_count + event];
	uint8_t before = t->state;

	check(event < m->event_count);
	if (!cell->act) {
		if (m->network >> event & 1)
			metric_inc(t->layer->conf.metrics, METRIC_sip_rx_stray);
		else
			UNUSED(NEVER(!cell->act));
		return;
	}
	t->depth++;
	t->state = cell->next;
	if (t->layer->conf.trace)
		t->layer->conf.trace(t->layer->conf.arg, t, m->name, m->state_name(before),
				     m->event_name(event), m->state_name(t->state));
	cell->act(t, in);
	if (t->state == m->terminated && !t->dead) {
		t->dead = true;
		txn_tell(t, TXN_GONE, NULL);
	}
	t->depth--;
	if (t->dead && t->depth == 0)
		txn_free(t);
	else if (!t->dead)
		txn_wait_in_fifo(m, t);
}

/* ---- what the machines do ---- */

static void txn_send_failed(struct txn *t)
{
	static const uint8_t events[] = {ICT_TX_ERROR, NICT_TX_ERROR, IST_TX_ERROR, NIST_TX_ERROR};

	txn_own_event(t, events);
}

void txn_send_kept(struct txn *t)
{
	struct txn_conf *conf = &t->layer->conf;
	int err;

	if (!t->buf)
		return;
	err = conf->send(conf->arg, t->tp, &t->dst, msgbuf_slice(t->buf));
	if (err && err != -ENOBUFS && err != -EAGAIN)
		txn_send_failed(t);
}

void txn_send_again(struct txn *t)
{
	metric_inc(t->layer->conf.metrics, METRIC_sip_retransmit);
	txn_send_kept(t);
}

void txn_forget(struct txn *t)
{
	msgbuf_free(t->layer->conf.bufs, t->buf);
	t->buf = NULL;
}

/* What phones ask by the thousand must not use up what calls need; beyond its share a response goes
 * out once, without a copy for whoever asks again. */
static bool txn_is_spare(const struct txn *t)
{
	return t->kind == TXN_NIST &&
	       (t->method == SIP_METHOD_REGISTER || t->method == SIP_METHOD_OPTIONS);
}

bool txn_keep(struct txn *t, struct slice text)
{
	struct msgbuf_pool *bufs = t->layer->conf.bufs;

	txn_forget(t);
	t->buf = txn_is_spare(t) ? msgbuf_dup_spare(bufs, text) : msgbuf_dup(bufs, text);
	if (!t->buf)
		metric_inc(t->layer->conf.metrics, METRIC_sip_no_slot);
	return t->buf != NULL;
}

void txn_resend_start(struct txn *t, int64_t interval_ns)
{
	t->interval_ns = interval_ns;
	tmr_start(&t->resend, txn_now(t) + interval_ns);
}

void txn_resend_again(struct txn *t, int64_t cap_ns)
{
	int64_t next = t->interval_ns * 2;

	txn_resend_start(t, next < cap_ns ? next : cap_ns);
}

void txn_end_start(struct txn *t, uint8_t event, int64_t after_ns)
{
	t->end_event = event;
	tmr_start(&t->end, txn_now(t) + after_ns);
}

bool txn_is_reliable(const struct txn *t)
{
	const struct txn_conf *conf = &t->layer->conf;

	return conf->is_reliable && conf->is_reliable(conf->arg, t->tp);
}

void txn_absorb_start(struct txn *t, uint8_t event, int64_t after_ns)
{
	txn_end_start(t, event, txn_is_reliable(t) ? 0 : after_ns);
}

void txn_stop_timers(struct txn *t)
{
	if (FAULT(slot_freed_early))
		return;
	tmr_stop(&t->resend);
	tmr_stop(&t->end);
}

void txn_act_absorb(struct txn *t, const struct txn_input *in)
{
	UNUSED(t);
	UNUSED(in);
}

void txn_act_finish(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_stop_timers(t);
}

/* ---- client ---- */

struct txn *txn_client_new(struct txn_layer *l, enum txn_kind kind, enum sip_method method,
			   uint32_t cseq, txn_fn fn, void *arg)
{
	struct txn *t = txn_new(l, kind, fn, arg);

	check(kind == TXN_ICT || kind == TXN_NICT);
	if (!t)
		return NULL;
	t->method = (uint8_t)method;
	t->cseq = cseq;
	t->nonce = sip_ident_nonce(l->conf.rng);
	return t;
}

struct txn *txn_client_for_cancel(struct txn_layer *l, struct txn *ict)
{
	struct txn *t = txn_client_new(l, TXN_NICT, SIP_METHOD_CANCEL, ict->cseq, NULL, NULL);

	if (!t)
		return NULL;
	t->nonce = ict->nonce;
	ict->cancel = txn_handle(t);
	return t;
}

void txn_branch(const struct txn *t, char text[SIP_BRANCH_LEN])
{
	const struct sip_ident id = {
		.shard = t->layer->conf.shard,
		.kind = SIP_IDENT_TXN,
		.handle = txn_handle(t),
		.nonce = t->nonce,
	};

	sip_ident_branch(&id, text);
}

static int txn_send_first(struct txn *t)
{
	struct txn_conf *conf = &t->layer->conf;
	int err;

	t->sent = ++t->layer->sent;
	err = conf->send(conf->arg, t->tp, &t->dst, msgbuf_slice(t->buf));
	return err == -ENOBUFS || err == -EAGAIN ? 0 : err; /* lost; it goes again */
}

static void txn_client_start(struct txn *t)
{
	struct txn_conf *conf = &t->layer->conf;

	if (!txn_is_reliable(t))
		txn_resend_start(t, conf->times.t1_ns);
	txn_end_start(t, t->kind == TXN_ICT ? ICT_TMR_B : NICT_TMR_F, conf->times.b_ns);
}

static int txn_client_begin(struct txn *t)
{
	int err;

	txn_widen(t);
	err = txn_send_first(t);
	if (err && txn_narrow(t))
		err = txn_send_first(t);
	if (!err)
		txn_client_start(t);
	return err;
}

/* 0, or -ENOBUFS, and it is freed. */
static int txn_client_keep(struct txn *t, uint8_t tp, const struct sip_peer *dst,
			   const struct addr *via, struct slice request)
{
	t->tp = tp;
	t->dst = *dst;
	t->via = *via;
	if (txn_keep(t, request))
		return 0;
	txn_free(t);
	return -ENOBUFS;
}

int txn_client_send(struct txn *t, uint8_t tp, const struct sip_peer *dst, const struct addr *via,
		    struct slice request)
{
	int err = txn_client_keep(t, tp, dst, via, request);

	if (err)
		return err;
	err = txn_client_begin(t);
	if (err)
		txn_free(t);
	return err;
}

int txn_client_hold(struct txn *t, uint8_t tp, const struct sip_peer *dst, const struct addr *via,
		    struct slice request)
{
	int err = txn_client_keep(t, tp, dst, via, request);

	if (!err)
		t->is_held = true;
	return err;
}

void txn_client_release(struct txn *t, uint8_t tp, const struct sip_peer *dst)
{
	check(t->is_held && list_empty(&t->fifo));
	t->is_held = false;
	if (tp == t->tp)
		t->dst = *dst;
	else
		UNUSED(txn_switch(t, tp, dst)); /* without room it goes as it was written */
	if (txn_client_begin(t))
		txn_send_failed(t);
}

static bool txn_waits_for_answer(const struct txn *t)
{
	if (t->is_held)
		return false;
	if (t->kind == TXN_ICT)
		return t->state == ICT_CALLING || t->state == ICT_PROCEEDING;
	return t->state == NICT_TRYING || t->state == NICT_PROCEEDING;
}

static bool txn_went_over(const struct txn *t, const struct txn_loss *loss)
{
	return t->tp == loss->tp && sip_peer_eq(&t->dst, &loss->peer) && t->sent <= loss->sent &&
	       txn_waits_for_answer(t);
}

static void txn_lose(struct txn *t, const struct txn_loss *loss)
{
	if (!loss->was_up && txn_narrow(t) && txn_send_first(t) == 0) {
		txn_client_start(t);
		return;
	}
	t->is_evicted = loss->is_evicted;
	txn_send_failed(t);
}

void txn_lost(struct txn_layer *l, const struct txn_loss *loss)
{
	for (uint32_t i = 0; i < slab_limit(l->clients); i++) {
		struct txn *t = slab_at(l->clients, i);

		if (t && !t->dead && t->buf && txn_went_over(t, loss))
			txn_lose(t, loss);
	}
}

/* RFC 3261 18.1.2: the top Via must be the one that we wrote. */
static bool txn_is_our_via(const struct txn *t, const struct sip_via *via)
{
	struct addr sent_by = {.port = via->port};

	if (t->via.family == 0)
		return true;
	return addr_parse_ip(&sent_by, via->host) && addr_eq(&sent_by, &t->via);
}

static void txn_rx_matched(struct txn *t, const struct txn_input *in)
{
	unsigned code = in->msg->code;

	t->code = in->msg->code;
	if (t->kind == TXN_ICT)
		ict_step(t, code < 200 ? ICT_RX_1XX : code < 300 ? ICT_RX_2XX : ICT_RX_FAIL, in);
	else
		nict_step(t, code < 200 ? NICT_RX_1XX : NICT_RX_FINAL, in);
}

uint32_t txn_response_shard(const struct txn_layer *l, const struct sip_msg *msg)
{
	struct sip_ident id;

	if (!sip_ident_read_branch(msg->via.branch, &id) || id.kind != SIP_IDENT_TXN)
		return l->conf.shard;
	return id.shard;
}

enum txn_match txn_rx_response(struct txn_layer *l, const struct sip_msg *msg,
			       const struct addr *from, uint32_t *shard)
{
	const struct txn_input in = {.msg = msg, .from = from};
	struct sip_ident id;
	struct txn *t;

	if (!sip_ident_read_branch(msg->via.branch, &id) || id.kind != SIP_IDENT_TXN)
		return TXN_STRAY;
	if (id.shard != l->conf.shard) {
		*shard = id.shard;
		return TXN_FOREIGN;
	}
	t = slab_get(l->clients, id.handle);
	if (t && msg->cseq_method == SIP_METHOD_CANCEL)
		t = slab_get(l->clients, t->cancel); /* it has the branch of its INVITE */
	if (!t || t->nonce != id.nonce || t->method != msg->cseq_method || t->dead || t->is_held ||
	    !txn_is_our_via(t, &msg->via))
		return TXN_STRAY;
	txn_rx_matched(t, &in);
	return TXN_MATCHED;
}

/* ---- server ---- */

/* RFC 3261 17.2.3. A branch without the cookie (RFC 2543 peers) is replaced by what those compare.
 */
static uint64_t txn_server_key(const struct txn_layer *l, const struct sip_msg *msg,
			       enum sip_method method)
{
	uint64_t h = l->key ^ (uint64_t)method * UINT64_C(0x9e3779b97f4a7c15);

	if (method == SIP_METHOD_OTHER)
		h = slice_hash(msg->method_text, h);
	if (slice_istarts(msg->via.branch, SLICE_LIT("z9hG4bK"))) {
		h = slice_ihash(msg->via.branch, h);
	} else {
		h = slice_hash(msg->ruri, h);
		h = slice_hash(msg->call_id, h);
		h = slice_hash(msg->from_tag, h ^ msg->cseq);
		h = slice_hash(msg->via.branch, h);
	}
	return slice_ihash(msg->via.host, h) + msg->via.port;
}

static struct txn *txn_server_lookup(struct txn_layer *l, uint64_t key)
{
	struct hash_node *node = hash_first(&l->by_key, key);

	return node ? hash_entry(node, struct txn, node) : NULL;
}

struct txn *txn_server_find(struct txn_layer *l, const struct sip_msg *msg)
{
	enum sip_method method =
		msg->method == SIP_METHOD_ACK ? SIP_METHOD_INVITE : (enum sip_method)msg->method;

	return txn_server_lookup(l, txn_server_key(l, msg, method));
}

struct txn *txn_server_find_cancelled(struct txn_layer *l, const struct sip_msg *msg)
{
	return txn_server_lookup(l, txn_server_key(l, msg, SIP_METHOD_INVITE));
}

struct txn *txn_server_new(struct txn_layer *l, const struct sip_msg *msg, uint8_t tp,
			   const struct sip_peer *dst, txn_fn fn, void *arg)
{
	enum sip_method method = (enum sip_method)msg->method;
	struct txn *t = txn_new(l, method == SIP_METHOD_INVITE ? TXN_IST : TXN_NIST, fn, arg);

	if (!t)
		return NULL;
	t->method = msg->method;
	t->cseq = msg->cseq;
	t->tp = tp;
	t->dst = *dst;
	hash_add(&l->by_key, &t->node, txn_server_key(l, msg, method));
	return t;
}

void txn_rx_request(struct txn *t, const struct sip_msg *msg, const struct addr *from)
{
	const struct txn_input in = {.msg = msg, .from = from};

	if (t->kind == TXN_NIST)
		nist_step(t, NIST_RX_REQUEST, &in);
	else
		ist_step(t, msg->method == SIP_METHOD_ACK ? IST_RX_ACK : IST_RX_INVITE, &in);
}

void txn_respond(struct txn *t, unsigned code, struct slice response)
{
	const struct txn_input in = {.code = code, .response = response};

	t->code = (uint16_t)code;
	if (t->kind == TXN_NIST)
		nist_step(t, code < 200 ? NIST_TX_1XX : NIST_TX_FINAL, &in);
	else
		ist_step(t, code < 200 ? IST_TX_1XX : code < 300 ? IST_TX_2XX : IST_TX_FAIL, &in);
}

void txn_repeat(struct txn *t)
{
	txn_send_again(t);
}

void txn_acked(struct txn *t, const struct sip_msg *msg, const struct addr *from)
{
	const struct txn_input in = {.msg = msg, .from = from};

	check(t->kind == TXN_IST);
	ist_step(t, IST_RX_ACK, &in);
}
