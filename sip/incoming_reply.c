/* sip/incoming_reply.c - what we answer to the INVITE of a call that came in: provisional
 * responses, reliable or repeated each minute, and the final one (RFC 3261 13.3.1, 3262). */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "sip/cause.h"
#include "sip/incoming.h"

/* RFC 3261 13.3.1.1: so that proxies on the way do not give up. */
#define INCOMING_REMIND (60 * TMR_SECOND)

void incoming_parse(const struct invite *iv, struct incoming_msg *out)
{
	enum sip_parse_error err;

	check(sip_msg_parse(&out->msg, msgbuf_slice(iv->incoming->request), &err) == 0);
	out->rx = (struct sip_rx){
		.sip = iv->sip,
		.msg = &out->msg,
		.from = &iv->incoming->from,
		.tp = iv->tp,
		.force_rport = iv->force_rport,
	};
}

static struct txn *incoming_txn(const struct invite *iv)
{
	return txn_server_get(&iv->sip->txns, iv->ist);
}

/* ---- provisional responses ---- */

/* Our offer, or our answer to the caller's. False: none goes into this response. */
static bool incoming_write_early_sdp(struct invite *iv, const struct incoming_msg *m, unsigned code,
				     struct sink *body)
{
	struct incoming *in = iv->incoming;
	struct media_desc desc;
	bool held;

	if (in->is_settled || in->has_our_offer)
		return false;
	if (in->has_offer)
		return code == 183 &&
		       invite_write_answer(body, iv, sip_msg_sdp(&m->msg), &desc, &held) == 0;
	if (!in->is_reliable) /* RFC 3262 5: an offer must not be lost */
		return false;
	invite_write_offer(body, iv);
	in->has_our_offer = true;
	return true;
}

static void incoming_write_reliability(struct sip_reply *r, struct incoming *in, bool has_sdp)
{
	if (!in->is_reliable)
		return;
	sip_write_header_id(&r->out, SIP_HDR_REQUIRE, SLICE_LIT("100rel"));
	sip_write_header_u32(&r->out, SIP_HDR_RSEQ, ++in->rseq);
	in->is_pending = true;
	in->is_pending_sdp = has_sdp;
}

static void incoming_start_timer(struct invite *iv)
{
	struct incoming *in = iv->incoming;
	int64_t now = sip_now(iv->sip);

	in->interval_ns = in->is_pending ? iv->sip->txns.conf.times.t1_ns : INCOMING_REMIND;
	in->until_ns = now + 64 * iv->sip->txns.conf.times.t1_ns;
	tmr_start(&in->timer, now + in->interval_ns);
}

static void incoming_write_contact(struct sip_reply *r, const struct invite *iv)
{
	char room[512];
	struct sink contact = sink_make(room, sizeof(room));

	invite_write_contact_uri(&contact, iv, invite_endpoint(iv));
	sip_write_addr(&r->out, SIP_HDR_CONTACT, SLICE_EMPTY, sink_slice(&contact), SLICE_EMPTY);
}

void incoming_send_provisional(struct invite *iv, unsigned code)
{
	struct txn *t = incoming_txn(iv);
	char room[2048], tag[SIP_IDENT_LEN];
	struct sink body = sink_make(room, sizeof(room));
	struct incoming_msg m;
	struct sip_reply r;
	bool has_sdp;

	if (NEVER(!t))
		return;
	incoming_parse(iv, &m);
	invite_tag(iv, tag);
	has_sdp = incoming_write_early_sdp(iv, &m, code, &body);
	sip_reply_begin(&r, &m.rx, t, code, SLICE_EMPTY, slice_make(tag, sizeof(tag)));
	incoming_write_contact(&r, iv);
	sip_write_allow(&r.out);
	invite_write_connected(&r.out, iv);
	incoming_write_reliability(&r, iv->incoming, has_sdp);
	iv->incoming->told_code = (uint16_t)code;
	incoming_start_timer(iv);
	if (has_sdp)
		sip_reply_send_body(&r, SLICE_LIT("application/sdp"), sink_slice(&body));
	else
		sip_reply_send(&r);
}

static void incoming_again(struct invite *iv)
{
	struct incoming *in = iv->incoming;
	struct txn *t = incoming_txn(iv);

	if (!in->is_pending) {
		incoming_send_provisional(iv, in->told_code);
		return;
	}
	in->interval_ns *= 2;
	tmr_start(&in->timer, sip_now(iv->sip) + in->interval_ns);
	if (!NEVER(!t))
		txn_repeat(t);
}

void incoming_on_timer(struct tmr *tmr, void *arg)
{
	struct incoming *in = arg;
	struct invite *iv = in->iv;

	UNUSED(tmr);
	if (in->is_pending && sip_now(iv->sip) >= in->until_ns)
		invite_step(iv, INVITE_GUARD, &(struct invite_input){0});
	else
		incoming_again(iv);
}

/* ---- final responses ---- */

void incoming_send_failure(struct invite *iv, unsigned code, unsigned reason_cause)
{
	struct txn *t = incoming_txn(iv);
	struct incoming_msg m;
	char tag[SIP_IDENT_LEN];
	struct sip_reply r;

	tmr_stop(&iv->incoming->timer);
	iv->ist = HANDLE_NONE;
	if (!t)
		return;
	txn_set_user(t, NULL, NULL); /* it waits for its ACK alone */
	incoming_parse(iv, &m);
	invite_tag(iv, tag);
	sip_reply_begin(&r, &m.rx, t, code, SLICE_EMPTY, slice_make(tag, sizeof(tag)));
	if (iv->incoming->redirect[0])
		sip_write_addr(&r.out, SIP_HDR_CONTACT, SLICE_EMPTY,
			       slice_str(iv->incoming->redirect), SLICE_EMPTY);
	if (reason_cause && !iv->suppress_q850)
		sip_write_reason_q850(&r.out, reason_cause);
	sip_reply_send(&r);
}

void incoming_refuse(struct invite *iv, const struct invite_input *in)
{
	unsigned code = iv->incoming->refusal;

	if (!code && in->cause > 0)
		code = sip_cause_to_status((unsigned)in->cause);
	incoming_send_failure(iv, code ? code : 603, in->cause > 0 ? (unsigned)in->cause : 0);
}

/* The caller gave up: by CANCEL, or by BYE in the early dialog (RFC 3261 15). 487 is what the
 * caller hears, and as chan_pjsip has it also what decides the cause, unless Reason says more. */
void incoming_cancelled(struct invite *iv, const struct invite_input *in)
{
	unsigned cause = CAUSE_INTERWORKING;

	if (in->msg && sip_msg_has(in->msg, SIP_HDR_REASON))
		cause = sip_cause_of_msg(in->msg);
	incoming_send_failure(iv, 487, 0);
	invite_tell_ended(iv, (int)cause, 0, SLICE_EMPTY);
}

/* RFC 3262 3: a reliable provisional that nobody acknowledges. */
void incoming_given_up(struct invite *iv, const struct invite_input *in)
{
	UNUSED(in);
	incoming_send_failure(iv, 504, CAUSE_TIMER_EXPIRED);
	invite_tell_ended(iv, CAUSE_TIMER_EXPIRED, 504, SLICE_EMPTY);
}

/* The 200: answer, or offer, or neither if both went before it. */
void incoming_accept(struct invite *iv, const struct invite_input *in)
{
	char room[2048];
	struct sink body = sink_make(room, sizeof(room));
	struct txn *t = incoming_txn(iv);
	struct incoming *inc = iv->incoming;
	struct incoming_msg m;
	struct media_desc desc;
	bool held;

	UNUSED(in);
	tmr_stop(&inc->timer);
	iv->dialog = list_entry(list_first(&iv->dialogs), struct dialog, node);
	dialog_set_state(iv->dialog, DIALOG_CONFIRMED);
	if (NEVER(!t))
		return;
	incoming_parse(iv, &m);
	if (inc->has_offer && !inc->is_settled) {
		UNUSED(invite_write_answer(&body, iv, sip_msg_sdp(&m.msg), &desc, &held));
	} else if (!inc->is_settled) {
		iv->offer_in_2xx = true;
		invite_write_offer(&body, iv);
	}
	invite_reply_200(iv, &m.rx, t, sink_slice(&body));
}
