/* sip/incoming.c - see incoming.h. */
#include "sip/incoming.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/cause.h"
#include "sip/gate.h"
#include "sip/refer.h"
#include "sip/transport.h"
#include "sip/way_back.h"

#include <errno.h>

/* What a caller is told to wait when there is no room. */
#define INCOMING_RETRY_S 5
/* Of a response: an answer with its headers is a third of it. */
#define INCOMING_OWN_OCTETS 1800

/* ---- refusals before there is a call ---- */

static bool incoming_reply_with(const struct sip_rx *rx, unsigned code, struct slice tag,
				enum sip_hdr_id id, struct slice value)
{
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, NULL, code, SLICE_EMPTY, tag);
	sip_write_header_id(&r.out, id, value);
	sip_reply_send(&r);
	return true;
}

/* RFC 3262 4, 4028 9, 3261 21.4.16: what the endpoint insists on and the caller does not know. */
static bool incoming_lacks(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
			   struct slice tag)
{
	const struct sip_msg *msg = rx->msg;
	struct slice lacking = SLICE_EMPTY;

	if (ep->rel100 == SIP_100REL_REQUIRED &&
	    !sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("100rel")) &&
	    !sip_msg_lists(msg, SIP_HDR_REQUIRE, SLICE_LIT("100rel")))
		lacking = SLICE_LIT("100rel");
	else if (ep->timers == SIP_TIMERS_REQUIRED &&
		 !sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer")) &&
		 !sip_msg_lists(msg, SIP_HDR_REQUIRE, SLICE_LIT("timer")))
		lacking = SLICE_LIT("timer");
	return lacking.len && incoming_reply_with(rx, 421, tag, SIP_HDR_REQUIRE, lacking);
}

/* What the endpoint switched off is not known. */
static bool incoming_knows(const void *arg, struct slice token)
{
	const struct sip_conf_endpoint *ep = arg;

	if (slice_ieq(token, SLICE_LIT("100rel")))
		return ep->rel100 != SIP_100REL_NO;
	if (slice_ieq(token, SLICE_LIT("timer")))
		return ep->timers != SIP_TIMERS_NO;
	return sip_is_required_known(token);
}

/* A body that is no session description and must be understood (RFC 3261 8.2.3). */
static bool incoming_has_strange_body(const struct sip_rx *rx, struct slice tag)
{
	struct slice handling = sip_msg_get(rx->msg, SIP_HDR_CONTENT_DISPOSITION), value;

	if (!rx->msg->body.len || sip_msg_sdp(rx->msg).len)
		return false;
	if (sip_text_param(slice_from(handling, slice_find(handling, ';')), SLICE_LIT("handling"),
			   &value) &&
	    slice_ieq(value, SLICE_LIT("optional")))
		return false;
	return incoming_reply_with(rx, 415, tag, SIP_HDR_ACCEPT,
				   SLICE_LIT("application/sdp, multipart/mixed"));
}

bool incoming_refuse_accept(const struct sip_rx *rx, struct txn *t, struct slice tag)
{
	struct sip_reply r;

	if (sip_msg_accepts_sdp(rx->msg))
		return false;
	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, 406, SLICE_EMPTY, tag);
	sip_write_header_id(&r.out, SIP_HDR_WARNING,
			    SLICE_LIT("399 ringer \"Answers are application/sdp\""));
	sip_reply_send(&r);
	return true;
}

static bool incoming_session_too_small(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
				       struct slice tag)
{
	struct sip_session_expires se;
	struct sip_reply r;

	if (ep->timers == SIP_TIMERS_NO ||
	    !sip_msg_lists(rx->msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer")) ||
	    !sip_msg_has(rx->msg, SIP_HDR_SESSION_EXPIRES) ||
	    sip_session_expires_parse(sip_msg_get(rx->msg, SIP_HDR_SESSION_EXPIRES), &se) ||
	    se.seconds >= ep->timers_min_se_s)
		return false;
	sip_reply_begin(&r, rx, NULL, 422, SLICE_EMPTY, tag);
	sip_write_header_u32(&r.out, SIP_HDR_MIN_SE, ep->timers_min_se_s);
	sip_reply_send(&r);
	return true;
}

static uint64_t incoming_key(const struct sip *sip, const struct sip_msg *msg)
{
	return slice_hash(msg->from_tag, slice_hash(msg->call_id, sip->key ^ msg->cseq));
}

/* RFC 3261 8.2.2.2: the same request on another way. */
static bool incoming_is_merged(const struct sip_rx *rx)
{
	struct hash_node *n = hash_first(&rx->sip->incoming_by_id, incoming_key(rx->sip, rx->msg));

	for (; n; n = hash_next(n)) {
		struct invite *iv = hash_entry(n, struct incoming, node)->iv;

		if (slice_eq(iv->call_id, rx->msg->call_id) &&
		    invite_find_dialog(iv, rx->msg->from_tag))
			return true;
	}
	return false;
}

/* Refused without a call, and without state: a copy of the INVITE gets the same. */
static bool incoming_is_refused(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
				struct slice tag)
{
	if (incoming_is_merged(rx)) {
		sip_reply(rx, NULL, 482, tag);
		return true;
	}
	return sip_refuse_scheme(rx, tag) ||
	       sip_refuse_required(rx, NULL, tag, incoming_knows, ep) ||
	       incoming_lacks(rx, ep, tag) || incoming_has_strange_body(rx, tag) ||
	       incoming_refuse_accept(rx, NULL, tag) || incoming_session_too_small(rx, ep, tag);
}

/* ---- the kept INVITE ---- */

static bool incoming_is_needed(enum sip_hdr_id id)
{
	switch (id) {
	case SIP_HDR_VIA:
	case SIP_HDR_FROM:
	case SIP_HDR_TO:
	case SIP_HDR_CALL_ID:
	case SIP_HDR_CSEQ:
	case SIP_HDR_RECORD_ROUTE:
	case SIP_HDR_CONTACT:
	case SIP_HDR_SUPPORTED:
	case SIP_HDR_REQUIRE:
	case SIP_HDR_SESSION_EXPIRES:
		return true;
	default:
		return false;
	}
}

/* The INVITE as it came, or, when it is too long for a block, what responses are made of. */
static struct msgbuf *incoming_keep(struct sip *sip, const struct sip_msg *msg)
{
	struct msgbuf *whole = msgbuf_dup(sip->bufs, msg->raw);
	struct slice sdp = sip_msg_sdp(msg);
	char room[MSGBUF_LARGE];
	struct sink out = sink_make(room, sizeof(room));

	if (whole)
		return whole;
	sip_write_request_line(&out, msg->method_text, msg->ruri);
	for (uint32_t i = 0; i < msg->hdr_count; i++)
		if (incoming_is_needed((enum sip_hdr_id)msg->headers[i].id))
			sip_write_header(&out, sip_hdr_line_name(msg, &msg->headers[i]),
					 sip_hdr_line_value(msg, &msg->headers[i]));
	if (sdp.len)
		sip_write_body(&out, SLICE_LIT("application/sdp"), sdp);
	else
		sip_write_end(&out);
	return out.over ? NULL : msgbuf_dup(sip->bufs, sink_slice(&out));
}

/* ---- life ---- */

static bool incoming_wants_reliable(const struct sip_msg *msg, const struct sip_conf_endpoint *ep)
{
	bool is_supported = sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("100rel"));

	if (ep->rel100 == SIP_100REL_NO)
		return false;
	return sip_msg_lists(msg, SIP_HDR_REQUIRE, SLICE_LIT("100rel")) ||
	       (is_supported && ep->rel100 != SIP_100REL_YES);
}

static int incoming_attach(struct invite *iv, const struct sip_rx *rx,
			   const struct sip_conf_endpoint *ep)
{
	struct sip *sip = iv->sip;
	struct incoming *in = slab_alloc(sip->incomings);

	if (!in) {
		sip_count_one(sip, METRIC_sip_no_slot);
		return -ENOBUFS;
	}
	iv->incoming = in;
	in->iv = iv;
	in->from = *rx->from;
	in->rseq = 1 + rng_below(sip->env.rng, 100000);
	in->is_reliable = incoming_wants_reliable(rx->msg, ep);
	in->has_offer = sip_msg_sdp(rx->msg).len > 0;
	tmr_init(&in->timer, sip->env.wheel, incoming_on_timer, in);
	hash_add(&sip->incoming_by_id, &in->node, incoming_key(sip, rx->msg));
	in->request = incoming_keep(sip, rx->msg);
	return in->request ? 0 : -EMSGSIZE;
}

void incoming_free(struct incoming *in)
{
	struct sip *sip = in->iv->sip;

	tmr_stop(&in->timer);
	hash_del(&sip->incoming_by_id, &in->node);
	msgbuf_free(sip->bufs, in->request);
	slab_free(sip->incomings, in);
}

static int incoming_make_dialog(struct invite *iv, const struct sip_rx *rx)
{
	struct dialog *d = invite_dialog_new(iv);
	char tag[SIP_IDENT_LEN];

	if (!d)
		return -ENOBUFS;
	list_add_tail(&iv->dialogs, &d->node);
	invite_tag(iv, tag);
	return dialog_take_request(d, rx->msg, slice_make(tag, sizeof(tag)), rx->from,
				   iv->rewrite_contact);
}

bool incoming_leaves_room(const struct sip_rx *rx)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, NULL, 200, SLICE_EMPTY, SLICE_EMPTY);
	return !r.out.over && r.out.len <= sizeof(r.text) - INCOMING_OWN_OCTETS;
}

/* A call in state OFFERED, with everything that needs no owner. */
static int incoming_fill(struct invite *iv, const struct sip_rx *rx,
			 const struct sip_conf_endpoint *ep)
{
	struct incoming_msg m;
	struct media_desc desc;
	int err;

	invite_take_endpoint(iv, ep);
	invite_take_ids(iv);
	iv->state = INVITE_OFFERED;
	iv->tp = rx->tp;
	iv->dst = (struct sip_peer){.addr = *rx->from, .host = rx->peer->host};
	iv->codecs = ep->allow;
	sip_tp_address(iv->sip, iv->tp, rx->from, &iv->local);
	if (!incoming_leaves_room(rx))
		return -EMSGSIZE;
	err = incoming_attach(iv, rx, ep);
	if (err)
		return err;
	incoming_parse(iv, &m);
	iv->call_id = m.msg.call_id; /* in the kept block */
	err = incoming_make_dialog(iv, rx);
	if (!err && ep->allow.count == 0) /* there is nothing to offer, either */
		err = -ENOTSUP;
	if (!err && iv->incoming->has_offer && invite_read_offer(iv, sip_msg_sdp(&m.msg), &desc))
		err = -ENOTSUP;
	return err;
}

/* ---- into the core ---- */

static void incoming_reply_failed(const struct sip_rx *rx, struct txn *t, unsigned code,
				  struct slice tag)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, code, SLICE_EMPTY, tag);
	if (code == 503)
		sip_write_header_u32(&r.out, SIP_HDR_RETRY_AFTER, INCOMING_RETRY_S);
	else if (code == 488)
		sip_write_header_id(&r.out, SIP_HDR_WARNING,
				    SLICE_LIT("304 ringer \"Media type or codec not available\""));
	sip_reply_send(&r);
}

static unsigned incoming_status_of_error(int err)
{
	return err == -EMSGSIZE ? 513 : err == -ENOTSUP ? 488 : 503;
}

/* 0, or the status of the refusal. */
static unsigned incoming_offer(struct invite *iv, const struct sip_rx *rx,
			       const struct sip_conf_endpoint *ep)
{
	const struct tech_door *door = &iv->sip->env.door;
	struct incoming_room room;
	struct tech_offer offer;
	unsigned code;
	int cause;

	if (!door->offer)
		return 404;
	incoming_fill_offer(rx->msg, ep, &room, &offer);
	cause = door->offer(door->arg, (struct tech_call *)iv, &offer, &iv->owner,
			    &iv->media_local);
	if (cause == 0) {
		iv->events = door->events;
		return 0;
	}
	code = sip_cause_to_status((unsigned)cause);
	return code ? code : 603;
}

static void incoming_drop(const struct sip_rx *rx, struct invite *iv, unsigned code,
			  struct slice tag)
{
	struct txn *t = txn_server_get(&iv->sip->txns, iv->ist);

	txn_set_user(t, NULL, NULL);
	iv->ist = HANDLE_NONE;
	incoming_reply_failed(rx, t, code, tag);
	invite_destroy(iv);
}

struct invite *incoming_make(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
			     struct slice tag)
{
	struct txn *t = sip_way_back_txn(rx);
	struct invite *iv = t ? invite_alloc(rx->sip) : NULL;
	int err;

	if (!iv) {
		incoming_reply_failed(rx, t, 503, tag);
		return NULL;
	}
	iv->ist = txn_handle(t);
	txn_set_user(t, invite_on_ist, iv);
	err = incoming_fill(iv, rx, ep);
	if (!err)
		return iv;
	incoming_drop(rx, iv, incoming_status_of_error(err), tag);
	return NULL;
}

/* The offer comes after everything that may fail, so a taken call has all that it needs. */
static void incoming_begin(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
			   struct slice tag)
{
	struct invite *iv = incoming_make(rx, ep, tag);
	unsigned code = iv ? incoming_offer(iv, rx, ep) : 0;

	if (code)
		incoming_drop(rx, iv, code, tag);
	else if (iv)
		sip_reply(rx, txn_server_get(&rx->sip->txns, iv->ist), 100, SLICE_EMPTY);
}

void incoming_rx(const struct sip_rx *rx)
{
	const struct sip_conf_endpoint *ep;
	char room[SIP_IDENT_LEN];
	struct slice tag = slice_make(room, sizeof(room));

	sip_loose_tag(rx->sip, rx->msg, room);
	ep = sip_gate_pass(rx, NULL, tag);
	if (ep && !incoming_is_refused(rx, ep, tag) && !replaces_rx(rx, ep, tag))
		incoming_begin(rx, ep, tag);
}

void incoming_rx_cancel(struct txn *t, const struct sip_rx *rx)
{
	struct invite *iv = t->fn == invite_on_ist ? t->arg : NULL;
	const struct invite_input in = {.msg = rx->msg, .from = rx->from};

	if (iv && iv->state == INVITE_OFFERED)
		invite_step(iv, INVITE_RX_CANCEL, &in);
}

/* ---- the owner ---- */

/* Where audio goes, by the caller's offer; nowhere while there is none. */
static void incoming_tell_media(struct invite *iv, struct media_desc *remote)
{
	struct incoming_msg m;

	*remote = (struct media_desc){0};
	if (iv->media.rtp.family) { /* settled already */
		*remote = iv->media;
		return;
	}
	if (!iv->incoming->has_offer)
		return;
	incoming_parse(iv, &m);
	if (invite_read_offer(iv, sip_msg_sdp(&m.msg), &iv->media) == 0)
		*remote = iv->media;
}

/* Sends it, or keeps it until the PRACK of the last one has come. */
static void incoming_show(struct invite *iv, unsigned code)
{
	if (iv->incoming->is_pending)
		iv->incoming->wanted_code = (uint16_t)code;
	else
		incoming_send_provisional(iv, code);
}

int incoming_indicate(struct invite *iv, enum tech_indication what, struct media_desc *remote)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct incoming *in = iv->incoming;
	bool is_183 = what == TECH_PROGRESS || (ep && ep->inband_progress);
	uint16_t last = in && in->wanted_code ? in->wanted_code : in ? in->told_code : 0;

	*remote = (struct media_desc){0};
	if (!in || iv->state != INVITE_OFFERED)
		return -ENOTCONN;
	if (is_183)
		incoming_tell_media(iv, remote);
	if (last == 200 || (last == 180 && !is_183) ||
	    (last == 183 && (is_183 || !iv->sip->conf->send_180_after_183)))
		return 0;
	incoming_show(iv, is_183 ? 183 : 180);
	return 0;
}

int incoming_answer(struct invite *iv, struct media_desc *remote)
{
	struct incoming *in = iv->incoming;

	*remote = (struct media_desc){0};
	if (!in || iv->state != INVITE_OFFERED)
		return -ENOTCONN;
	incoming_tell_media(iv, remote);
	/* RFC 3262 3: not while a session description of ours is on its way. */
	if (in->is_pending && in->is_pending_sdp)
		in->wanted_code = 200;
	else
		invite_step(iv, INVITE_ANSWER, &(struct invite_input){0});
	return 0;
}

bool incoming_header(const struct invite *iv, uint32_t index, struct sink *line)
{
	struct incoming_msg m;

	if (!iv->incoming)
		return false;
	incoming_parse(iv, &m);
	if (index >= m.msg.hdr_count)
		return false;
	sip_write_plain(line, &m.msg, &m.msg.headers[index]);
	return true;
}

/* ---- PRACK ---- */

/* An offer, once the first one has its answer: answered in the 200 (RFC 3262 5). */
static void incoming_answer_prack(struct invite *iv, struct dialog *d, const struct sip_rx *rx,
				  struct txn *t)
{
	char room[2048];
	struct sink body = sink_make(room, sizeof(room));
	struct media_desc desc;
	struct sip_reply r;
	bool held;

	if (invite_write_answer(&body, iv, sip_msg_sdp(rx->msg), &desc, &held)) {
		incoming_reply_failed(rx, t, 488, SLICE_EMPTY);
		return;
	}
	sip_reply_begin(&r, rx, t, 200, SLICE_EMPTY, SLICE_EMPTY);
	sip_reply_send_body(&r, SLICE_LIT("application/sdp"), sink_slice(&body));
	invite_media_changed(iv, &desc, held);
	d->media = iv->media;
}

static void incoming_take_prack(struct invite *iv, struct dialog *d, const struct sip_rx *rx,
				struct txn *t)
{
	struct incoming *in = iv->incoming;
	struct slice sdp = sip_msg_sdp(rx->msg);
	struct media_desc desc;
	bool held;

	in->is_pending = false;
	if (in->is_pending_sdp && in->has_offer)
		in->is_settled = d->is_media_reliable = true;
	if (in->is_settled && sdp.len) {
		incoming_answer_prack(iv, d, rx, t);
		return;
	}
	sip_reply(rx, t, 200, SLICE_EMPTY);
	if (in->has_our_offer && sdp.len && invite_read_answer(iv, sdp, &desc, &held) == 0) {
		in->is_settled = d->is_media_reliable = true;
		invite_media_changed(iv, &desc, held);
	}
}

/* What waited for the PRACK, or from now on the reminder of each minute. */
static void incoming_go_on(struct invite *iv)
{
	struct incoming *in = iv->incoming;
	unsigned code = in->wanted_code;

	in->wanted_code = 0;
	if (code == 200)
		invite_step(iv, INVITE_ANSWER, &(struct invite_input){0});
	else if (code)
		incoming_send_provisional(iv, code);
	else
		tmr_start(&in->timer, sip_now(iv->sip) + 60 * TMR_SECOND);
}

bool incoming_rx_prack(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	struct txn *invite = txn_server_get(&iv->sip->txns, iv->ist);
	struct incoming *in = iv->incoming;
	struct sip_rack rack;

	if (!in || !in->is_pending || !invite || iv->state != INVITE_OFFERED ||
	    sip_rack_parse(sip_msg_get(rx->msg, SIP_HDR_RACK), &rack) || rack.rseq != in->rseq ||
	    rack.cseq != invite->cseq || rack.method != SIP_METHOD_INVITE)
		return false;
	incoming_take_prack(iv, d, rx, t);
	incoming_go_on(iv);
	return true;
}
