/* sip/dispatch.c - one message: parsed once, then given to the transaction, the call or the shard
 * to which it belongs; what belongs to nobody is answered without state (RFC 3261 8.2.7). */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "sip/gate.h"
#include "sip/refer.h"
#include "sip/linger.h"
#include "sip/registrar.h"
#include "sip/transport.h"
#include "sip/way_back.h"

/* ---- responses that we send ---- */

void sip_reply_begin(struct sip_reply *r, const struct sip_rx *rx, struct txn *t, unsigned code,
		     struct slice reason, struct slice to_tag)
{
	char ip[ADDR_TEXT];
	struct sink ip_text = sink_make(ip, sizeof(ip));
	struct sip_source source = {.port = rx->from->port, .force_rport = rx->force_rport};
	bool is_dialog_making = rx->msg->method == SIP_METHOD_INVITE && code < 300;

	addr_write_ip(&ip_text, rx->from);
	source.ip = sink_slice(&ip_text);
	r->rx = rx;
	r->txn = t;
	r->code = code;
	r->out = sink_make(r->text, sizeof(r->text));
	sip_write_response(&r->out, rx->msg, &source, code, reason, to_tag, is_dialog_making);
	if (rx->sip->conf->user_agent.len)
		sip_write_header_id(&r->out, SIP_HDR_SERVER, rx->sip->conf->user_agent);
}

static void sip_reply_out(struct sip_reply *r)
{
	if (r->out.over) { /* a request full of Via lines: no answer fits */
		sip_count_one(r->rx->sip, METRIC_sip_rx_malformed);
		if (r->txn && r->code >= 200)
			txn_drop(r->txn);
	} else if (r->txn) {
		txn_respond(r->txn, r->code, sink_slice(&r->out));
	} else {
		const struct sip_peer to = sip_way_back(r->rx);

		UNUSED(sip_tp_send(r->rx->sip, r->rx->tp, &to, sink_slice(&r->out)));
	}
}

void sip_reply_send(struct sip_reply *r)
{
	sip_write_end(&r->out);
	sip_reply_out(r);
}

void sip_reply_send_body(struct sip_reply *r, struct slice type, struct slice body)
{
	sip_write_body(&r->out, type, body);
	sip_reply_out(r);
}

void sip_reply(const struct sip_rx *rx, struct txn *t, unsigned code, struct slice to_tag)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, code, SLICE_EMPTY, to_tag);
	sip_reply_send(&r);
}

void sip_reply_options(const struct sip_rx *rx, struct txn *t, struct slice to_tag)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, 200, SLICE_EMPTY, to_tag);
	sip_write_header_id(&r.out, SIP_HDR_ACCEPT,
			    SLICE_LIT("application/sdp, application/dtmf-relay"));
	sip_write_allow(&r.out);
	sip_write_supported(&r.out, rx->sip, true, true);
	sip_write_header_id(&r.out, SIP_HDR_ACCEPT_ENCODING, SLICE_LIT("identity"));
	sip_write_header_id(&r.out, SIP_HDR_ACCEPT_LANGUAGE, SLICE_LIT("en"));
	sip_reply_send(&r);
}

void sip_reply_not_allowed(const struct sip_rx *rx, struct txn *t, struct slice to_tag)
{
	bool is_unknown = rx->msg->method == SIP_METHOD_OTHER;
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, is_unknown ? 501 : 405, SLICE_EMPTY, to_tag);
	sip_write_allow(&r.out);
	sip_reply_send(&r);
}

void sip_reply_bad_event(const struct sip_rx *rx, struct txn *t, struct slice to_tag)
{
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, 489, SLICE_EMPTY, to_tag);
	sip_write_header_id(&r.out, SIP_HDR_ALLOW_EVENTS, SLICE_LIT("refer"));
	sip_reply_send(&r);
}

/* ---- requests ---- */

/* A tag that each copy of the request gets alike. */
void sip_loose_tag(const struct sip *sip, const struct sip_msg *msg, char tag[SIP_IDENT_LEN])
{
	uint64_t hash = slice_hash(msg->via.branch, slice_hash(msg->call_id, sip->key));
	const struct sip_ident id = {
		.shard = sip->env.shard,
		.kind = SIP_IDENT_LOOSE,
		.handle = handle_make((uint32_t)hash, 0),
		.nonce = slice_hash(msg->from_tag, hash) >> 6,
	};

	sip_ident_write(&id, tag);
}

bool sip_refuse_required(const struct sip_rx *rx, struct txn *t, struct slice tag,
			 sip_known_fn is_known, const void *arg)
{
	struct sip_values it = sip_values(rx->msg, SIP_HDR_REQUIRE);
	struct slice token;
	char room[256];
	struct sink unknown = sink_make(room, sizeof(room));
	bool is_unknown = false;
	struct sip_reply r;

	while (sip_values_next(&it, &token)) {
		if (is_known ? is_known(arg, token) : sip_is_required_known(token))
			continue;
		is_unknown = true;
		if (unknown.len + token.len + 2 > sizeof(room)) /* the first ones will do */
			break;
		sink_str(&unknown, unknown.len ? ", " : "");
		sink_add(&unknown, token);
	}
	if (!is_unknown)
		return false;
	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, 420, SLICE_EMPTY, tag);
	if (unknown.len)
		sip_write_header_id(&r.out, SIP_HDR_UNSUPPORTED, sink_slice(&unknown));
	sip_reply_send(&r);
	return true;
}

bool sip_refuse_scheme(const struct sip_rx *rx, struct slice tag)
{
	struct sip_uri uri;

	if (sip_uri_parse(&uri, rx->msg->ruri) || uri.scheme != SIP_SCHEME_OTHER)
		return false;
	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply(rx, NULL, 416, tag);
	return true;
}

/* What the gate looks at in full by itself. */
static bool sip_asks_for_more(enum sip_method method)
{
	return method == SIP_METHOD_INVITE || method == SIP_METHOD_REGISTER;
}

/* Requests outside of any dialog. */
static void sip_rx_outside(const struct sip_rx *rx)
{
	char room[SIP_IDENT_LEN];
	struct slice tag;

	sip_loose_tag(rx->sip, rx->msg, room);
	tag = slice_make(room, sizeof(room));
	if (!sip_asks_for_more(rx->msg->method) && !sip_gate_admits(rx, tag))
		return;
	switch (rx->msg->method) {
	case SIP_METHOD_OPTIONS:
		if (!sip_refuse_scheme(rx, tag) && !sip_refuse_required(rx, NULL, tag, NULL, NULL))
			sip_reply_options(rx, NULL, tag);
		break;
	case SIP_METHOD_INVITE:
		incoming_rx(rx);
		break;
	case SIP_METHOD_REGISTER:
		registrar_rx(rx, tag);
		break;
	case SIP_METHOD_BYE:
	case SIP_METHOD_CANCEL:
	case SIP_METHOD_PRACK:
	case SIP_METHOD_UPDATE:
	case SIP_METHOD_INFO:
		sip_reply(rx, NULL, 481, tag);
		break;
	case SIP_METHOD_SUBSCRIBE:
	case SIP_METHOD_NOTIFY:
	case SIP_METHOD_PUBLISH:
		if (!sip_refuse_required(rx, NULL, tag, NULL, NULL))
			sip_reply_bad_event(rx, NULL, tag);
		break;
	default:
		sip_reply_not_allowed(rx, NULL, tag);
	}
}

static void sip_rx_in_dialog(const struct sip_rx *rx, const struct sip_ident *id)
{
	struct invite *iv = invite_find(rx->sip, id);

	if (rx->msg->method == SIP_METHOD_ACK) {
		if (iv && slice_eq(rx->msg->call_id, iv->call_id))
			invite_rx_ack(iv, rx);
		else
			sip_count_one(rx->sip, METRIC_sip_rx_stray);
	} else if (iv) {
		invite_rx_request(iv, rx);
	} else {
		sip_reply(rx, NULL, 481, SLICE_EMPTY);
	}
}

bool sip_pass(struct sip *sip, uint32_t shard, const struct sip_parcel *p, struct slice data)
{
	return sip->env.forward && sip->env.forward(sip->env.forward_arg, shard, p, data);
}

/* What connections wait to say goes before a datagram, which comes again. */
static bool sip_may_pass(const struct sip_rx *rx, uint32_t shard)
{
	return rx->hops || sip_tp_is_reliable(rx->sip, rx->tp) || !(rx->sip->crowded >> shard & 1);
}

static void sip_forward(const struct sip_rx *rx, uint32_t shard)
{
	const struct sip_parcel p = {.kind = SIP_PARCEL_RX,
				     .tp = rx->tp,
				     .hops = (uint8_t)(rx->hops + 1),
				     .is_vital = rx->hops > 0 && rx->peer->conn,
				     .peer = *rx->peer};
	struct sip *sip = rx->sip;

	if (rx->hops >= sip->env.shard_count || !sip->env.forward ||
	    shard >= sip->env.shard_count) {
		sip_count_one(sip, METRIC_sip_rx_stray);
		return;
	}
	sip_count_one(sip, METRIC_sip_rx_forwarded);
	if (sip->watch.is_on)
		sip_watch_pass(sip);
	if (!sip_may_pass(rx, shard) || !sip_pass(sip, shard, &p, rx->data))
		sip_count_one(sip, METRIC_sip_rx_dropped);
}

static uint32_t sip_next_shard(const struct sip *sip)
{
	return (sip->env.shard + 1) % sip->env.shard_count;
}

/* A CANCEL says nothing of the call that its INVITE wanted to replace, which decided the shard. So
 * one that is not known here goes round. */
static bool sip_pass_cancel(const struct sip_rx *rx)
{
	const struct sip_env *env = &rx->sip->env;

	if (!env->forward || rx->hops >= env->shard_count || env->shard_count == 1)
		return false;
	sip_forward(rx, sip_next_shard(rx->sip));
	return true;
}

/* RFC 3261 9.2. The To tag of the 200 is that of the responses to the INVITE. */
static void sip_rx_cancel(const struct sip_rx *rx)
{
	struct txn *invite = txn_server_find_cancelled(&rx->sip->txns, rx->msg);
	char tag[SIP_IDENT_LEN];
	struct txn *t;

	if (!invite) {
		if (!sip_pass_cancel(rx))
			sip_rx_outside(rx);
		return;
	}
	t = sip_way_back_txn(rx);
	if (invite->fn == invite_on_ist)
		invite_tag(invite->arg, tag);
	else
		sip_loose_tag(rx->sip, rx->msg, tag);
	sip_reply(rx, t, 200, slice_make(tag, sizeof(tag)));
	incoming_rx_cancel(invite, rx);
}

/* To which shard a request belongs: that of its dialog, or of the one that it replaces. All others
 * are spread: datagrams by the kernel, and what comes over connections, which arrives all on one
 * shard, here, by what CANCEL and ACK have in common with their INVITE. */
static uint32_t sip_shard_of(const struct sip_rx *rx, const struct sip_ident *dialog)
{
	const struct sip_env *env = &rx->sip->env;
	uint32_t shard;

	if (dialog && dialog->shard < env->shard_count)
		return dialog->shard;
	if (rx->msg->method == SIP_METHOD_INVITE && !rx->msg->to_tag.len &&
	    replaces_shard(rx->msg, &shard) && shard < env->shard_count)
		return shard;
	if (!sip_tp_is_reliable(rx->sip, rx->tp))
		return env->shard;
	return (uint32_t)(slice_hash(rx->msg->call_id, 0) % env->shard_count);
}

/* The ACK of a 2xx is the call's, also if a far end gave it the branch of its INVITE. */
static bool sip_is_for_txn(const struct sip_rx *rx, const struct txn *t)
{
	return t && !(rx->msg->method == SIP_METHOD_ACK && t->code >= 200 && t->code < 300);
}

/* *is_ours: it belongs to the call *id. */
static uint32_t sip_shard_of_request(const struct sip_rx *rx, struct sip_ident *id, bool *is_ours)
{
	bool has_tag = sip_ident_read(rx->msg->to_tag, id);

	*is_ours = has_tag && id->kind == SIP_IDENT_CALL;
	/* The ACK of a refusal goes to who refused. */
	return sip_shard_of(rx, *is_ours || (has_tag && id->kind == SIP_IDENT_LOOSE) ? id : NULL);
}

static void sip_rx_request(struct sip_rx *rx)
{
	struct sip_ident id = {0};
	bool is_ours;
	uint32_t shard = sip_shard_of_request(rx, &id, &is_ours);
	struct txn *t;

	if (shard != rx->sip->env.shard && !rx->hops) {
		sip_forward(rx, shard);
		return;
	}
	t = txn_server_find(&rx->sip->txns, rx->msg);
	if (sip_is_for_txn(rx, t)) {
		txn_rx_request(t, rx->msg, rx->from);
		return;
	}
	sip_way_back_find(rx, is_ours ? &id : NULL);
	if (rx->msg->method == SIP_METHOD_CANCEL)
		sip_rx_cancel(rx);
	else if (is_ours)
		sip_rx_in_dialog(rx, &id);
	else if (rx->msg->method == SIP_METHOD_ACK)
		sip_count_one(rx->sip, METRIC_sip_rx_stray);
	else if (rx->msg->to_tag.len)
		sip_reply(rx, NULL, 481, SLICE_EMPTY);
	else
		sip_rx_outside(rx);
}

/* ---- responses that we receive ---- */

/* A 2xx to an INVITE of ours that nothing here remembers: the process was started again, or the
 * record had to give way. Without a word from us the far end would keep, and bill, a call that has
 * no other end: it gets ACK and BYE. Only what carries our branch, our tag and our address counts,
 * and never for a call that lives. */
static void sip_rx_orphan(const struct sip_rx *rx)
{
	struct addr sent_by = {.port = rx->msg->via.port}, local;
	struct sip_ident branch, tag;

	sip_tp_address(rx->sip, rx->tp, rx->from, &local);
	if (rx->msg->cseq_method != SIP_METHOD_INVITE || rx->msg->code < 200 ||
	    rx->msg->code >= 300 || rx->msg->to_tag.len == 0 ||
	    !sip_ident_read_branch(rx->msg->via.branch, &branch) || branch.kind != SIP_IDENT_TXN ||
	    !sip_ident_read(rx->msg->from_tag, &tag) || tag.kind != SIP_IDENT_CALL ||
	    invite_find(rx->sip, &tag))
		return;
	if (addr_parse_ip(&sent_by, rx->msg->via.host) && addr_eq(&sent_by, &local))
		linger_end_orphan(rx->sip, rx->tp, &local, rx->msg, rx->peer);
}

static void sip_rx_response(const struct sip_rx *rx)
{
	uint32_t shard;

	/* More than one Via: it was meant for whoever is named below ours (8.1.3.3). */
	if (rx->msg->via_count > 1) {
		sip_count_one(rx->sip, METRIC_sip_rx_stray);
		return;
	}
	switch (txn_rx_response(&rx->sip->txns, rx->msg, rx->from, &shard)) {
	case TXN_MATCHED:
		break;
	case TXN_STRAY:
		sip_count_one(rx->sip, METRIC_sip_rx_stray);
		sip_rx_orphan(rx);
		break;
	case TXN_FOREIGN:
		if (rx->hops)
			sip_count_one(rx->sip, METRIC_sip_rx_stray);
		else
			sip_forward(rx, shard);
		break;
	}
}

/* ---- whether there is room ---- */

/* The shard to which a message that came from the wire is going to be passed; our own: none. */
static uint32_t sip_shard_to_pass(const struct sip_rx *rx)
{
	struct sip *sip = rx->sip;
	struct sip_ident id = {0};
	uint32_t shard;
	bool is_ours;

	if (!rx->msg->is_request)
		return rx->msg->via_count > 1 ? sip->env.shard
					      : txn_response_shard(&sip->txns, rx->msg);
	shard = sip_shard_of_request(rx, &id, &is_ours);
	if (shard == sip->env.shard && rx->msg->method == SIP_METHOD_CANCEL &&
	    !txn_server_find(&sip->txns, rx->msg) &&
	    !txn_server_find_cancelled(&sip->txns, rx->msg))
		return sip_next_shard(sip);
	return shard;
}

/* Who waits is not overtaken by those that come later. */
static bool sip_has_room(const struct sip_rx *rx, uint32_t shard)
{
	const struct sip_env *env = &rx->sip->env;
	uint64_t bit;

	if (shard == env->shard || shard >= env->shard_count || !env->has_room)
		return true;
	bit = UINT64_C(1) << shard;
	if (!(rx->sip->crowded & bit) && env->has_room(env->forward_arg, shard, rx->data.len))
		return true;
	rx->sip->crowded |= bit;
	return false;
}

/* ---- messages ---- */

static void sip_trace_rx(struct sip *sip, uint8_t tp, const struct addr *from, struct slice data)
{
	const struct sip_trace t = {
		.kind = SIP_TRACE_RX,
		.now_ns = sip_now(sip),
		.local = &sip->tps[tp].local,
		.peer = from,
		.data = data,
	};

	if (sip->env.trace)
		sip->env.trace(sip->env.trace_arg, &t);
}

static void sip_rx_malformed(const struct sip_rx *rx, enum sip_parse_error err)
{
	unsigned code = sip_msg_refusal(rx->msg, err);
	char tag[SIP_IDENT_LEN];
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_rx_malformed);
	if (!code)
		return;
	sip_loose_tag(rx->sip, rx->msg, tag);
	sip_reply_begin(&r, rx, NULL, code, sip_parse_error_text(err),
			slice_make(tag, sizeof(tag)));
	sip_reply_send(&r);
}

/* Counted, shown and given to whom it belongs. */
static void sip_rx_known(struct sip_rx *rx, const enum sip_parse_error *err)
{
	struct sip *sip = rx->sip;

	sip_count_one(sip, METRIC_sip_rx);
	sip_trace_rx(sip, rx->tp, rx->from, rx->data);
	if (sip->watch.is_on)
		sip_watch_rx(sip, rx->tp, rx->from, rx->data, err ? NULL : rx->msg, rx->hops > 0);
	if (err) {
		sip_rx_malformed(rx, *err);
		return;
	}
	if (rx->msg->lenient & SIP_LENIENT_WRONG)
		sip_count_one(sip, METRIC_sip_rx_lenient);
	if (rx->msg->is_request)
		sip_rx_request(rx);
	else
		sip_rx_response(rx);
}

/* shard NULL: it is not to wait for any. */
static bool sip_rx(struct sip_rx rx, struct slice data, uint32_t *shard)
{
	enum sip_parse_error err;
	struct sip_msg msg;
	bool is_bad;

	rx.data = slice_ltrim(data);
	rx.from = &rx.peer->addr;
	rx.msg = &msg;
	rx.force_rport = true;
	if (rx.data.len <= 4) /* keep-alives (RFC 5626 3.5.1 and what NAT helpers send) */
		return true;
	is_bad = sip_msg_parse(&msg, rx.data, &err);
	if (shard && !is_bad) {
		*shard = sip_shard_to_pass(&rx);
		if (!sip_has_room(&rx, *shard))
			return false;
	}
	sip_rx_known(&rx, is_bad ? &err : NULL);
	return true;
}

void sip_receive(struct sip *sip, uint8_t tp, const struct sip_peer *peer, struct slice data,
		 uint8_t hops)
{
	const struct sip_rx rx = {.sip = sip, .peer = peer, .tp = tp, .hops = hops};

	UNUSED(sip_rx(rx, data, NULL));
}

bool sip_receive_whole(struct sip *sip, uint8_t tp, const struct sip_peer *peer, struct slice data,
		       uint32_t *shard)
{
	const struct sip_rx rx = {.sip = sip, .peer = peer, .tp = tp};

	return sip_rx(rx, data, shard);
}
