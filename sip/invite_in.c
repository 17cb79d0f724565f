/* sip/invite_in.c - requests of the far end inside of our calls (RFC 3261 12.2.2, 14.2, 15.1.2,
 * 3311). */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/incoming.h"
#include "sip/refer.h"
#include "sip/way_back.h"

/* ---- offers: INVITE and UPDATE ---- */

static void in_reply_retry(const struct sip_rx *rx, struct txn *t, uint32_t seconds)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, 500, SLICE_EMPTY, SLICE_EMPTY);
	sip_write_header_u32(&r.out, SIP_HDR_RETRY_AFTER, seconds);
	sip_reply_send(&r);
}

static void in_reply_488(const struct sip_rx *rx, struct txn *t)
{
	struct sip_reply r;

	sip_reply_begin(&r, rx, t, 488, SLICE_EMPTY, SLICE_EMPTY);
	sip_write_header_id(&r.out, SIP_HDR_WARNING,
			    SLICE_LIT("304 ringer \"Media type or codec not available\""));
	sip_write_reason_q850(&r.out, CAUSE_BEARER_UNAVAILABLE);
	sip_reply_send(&r);
}

/* RFC 4028 9: an interval below ours is sent back. */
static bool in_session_too_small(struct invite *iv, const struct sip_rx *rx, struct txn *t)
{
	struct sip_session_expires se;
	struct sip_reply r;

	if (!iv->has_timers || !sip_msg_lists(rx->msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer")) ||
	    !sip_msg_has(rx->msg, SIP_HDR_SESSION_EXPIRES) ||
	    sip_session_expires_parse(sip_msg_get(rx->msg, SIP_HDR_SESSION_EXPIRES), &se) ||
	    se.seconds >= iv->min_se_s)
		return false;
	sip_reply_begin(&r, rx, t, 422, SLICE_EMPTY, SLICE_EMPTY);
	sip_write_header_u32(&r.out, SIP_HDR_MIN_SE, iv->min_se_s);
	sip_reply_send(&r);
	return true;
}

bool sip_is_required_known(struct slice token)
{
	static const struct slice known[] = {SLICE_LIT("100rel"), SLICE_LIT("timer"),
					     SLICE_LIT("replaces"), SLICE_LIT("norefersub"),
					     SLICE_LIT("histinfo")};

	for (size_t i = 0; i < ARRAY_COUNT(known); i++)
		if (slice_ieq(token, known[i]))
			return true;
	return false;
}

/* An answer would be, or what is sent to its Contact from now on. */
static bool in_is_too_large(const struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	if (incoming_leaves_room(rx) && dialog_has_room(d, rx->msg->contact.uri))
		return false;
	sip_reply(rx, t, 513, SLICE_EMPTY);
	return true;
}

void invite_reply_200(struct invite *iv, const struct sip_rx *rx, struct txn *t, struct slice body)
{
	char contact_room[512], lines_room[256], tag[SIP_IDENT_LEN];
	struct sink contact = sink_make(contact_room, sizeof(contact_room));
	struct sink lines = sink_make(lines_room, sizeof(lines_room));
	struct sip_reply r;

	invite_write_contact_uri(&contact, iv, invite_endpoint(iv));
	invite_session_offered(iv, rx->msg, &lines);
	invite_tag(iv, tag);
	sip_reply_begin(&r, rx, t, 200, SLICE_EMPTY, slice_make(tag, sizeof(tag)));
	sip_write_allow(&r.out);
	sip_write_addr(&r.out, SIP_HDR_CONTACT, SLICE_EMPTY, sink_slice(&contact), SLICE_EMPTY);
	sip_write_supported(&r.out, rx->sip, true, true);
	sink_add(&r.out, sink_slice(&lines));
	invite_write_connected(&r.out, iv);
	iv->is_untold = false;
	if (body.len)
		sip_reply_send_body(&r, SLICE_LIT("application/sdp"), body);
	else
		sip_reply_send(&r);
	if (rx->msg->to_tag.len) /* a re-INVITE or UPDATE */
		incoming_tell_connected(iv, rx->msg);
}

/* RFC 3261 13.3.1.4: a 2xx that nobody acknowledges ends the session. So does one that could not be
 * written. A transaction that had to make room is as good as acknowledged, but no BYE waits for it.
 */
static bool in_is_unacked(const struct invite *iv, const struct txn *t, enum txn_fact fact)
{
	if (t->code >= 300 || fact == TXN_ACKED)
		return false;
	if (iv->state == INVITE_UP)
		return fact != TXN_GONE || t->code < 200;
	return iv->state == INVITE_BYE_HELD;
}

void invite_on_ist(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		   const struct addr *from)
{
	struct invite *iv = arg;

	UNUSED(from);
	UNUSED(msg);
	if (txn_handle(t) != iv->ist)
		return;
	iv->ist = HANDLE_NONE;
	txn_set_user(t, NULL, NULL);
	iv->offer_in_2xx = false;
	if (fact == TXN_GONE && iv->incoming)
		iv->incoming->is_acked = true;
	if (fact == TXN_ERROR && iv->state == INVITE_OFFERED)
		invite_step(iv, INVITE_TIMEOUT, &(struct invite_input){0});
	else if (in_is_unacked(iv, t, fact))
		invite_step(iv, INVITE_LOST, &(struct invite_input){.cause = CAUSE_NO_RESPONSE});
}

static void in_accept_offer(struct invite *iv, struct dialog *d, const struct sip_rx *rx,
			    struct txn *t, struct slice offer)
{
	char room[2048];
	struct sink body = sink_make(room, sizeof(room));
	struct media_desc desc;
	bool held = false;

	if (invite_write_answer(&body, iv, offer, &desc, &held)) {
		in_reply_488(rx, t);
		return;
	}
	UNUSED(dialog_take_target(d, rx->msg, rx->from, iv->rewrite_contact));
	invite_reply_200(iv, rx, t, sink_slice(&body));
	invite_media_changed(iv, &desc, held);
}

/* A new INVITE of the far end shows that it has our last 2xx: the ACK may be lost. (Any other
 * request may have crossed the 2xx.) */
static void in_take_as_ack(struct invite *iv)
{
	struct txn *last = txn_server_get(&iv->sip->txns, iv->ist);

	if (last)
		txn_acked(last, NULL, NULL);
	if (iv->incoming)
		iv->incoming->is_acked = true;
}

static void in_reinvite(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	struct slice offer = sip_msg_sdp(rx->msg);
	char room[2048];
	struct sink body = sink_make(room, sizeof(room));
	struct txn *ours = txn_client_get(&iv->sip->txns, iv->ict);
	handle_t own;

	/* RFC 3261 14.2: the first INVITE has no final response yet, or no ACK. */
	if (iv->state == INVITE_OFFERED || iv->state == INVITE_BYE_HELD) {
		in_reply_retry(rx, t, rng_below(iv->sip->env.rng, 11));
		return;
	}
	if (iv->state != INVITE_UP || (ours && txn_ict_is_open(ours))) {
		sip_reply(rx, t, iv->state == INVITE_ENDING ? 481 : 491, SLICE_EMPTY);
		return;
	}
	if (iv->offer_in_2xx) { /* its answer comes in the ACK (RFC 3261 14.2) */
		in_reply_retry(rx, t, rng_below(iv->sip->env.rng, 11));
		return;
	}
	in_take_as_ack(iv);
	if (in_is_too_large(d, rx, t) || sip_refuse_required(rx, t, SLICE_EMPTY, NULL, NULL) ||
	    incoming_refuse_accept(rx, t, SLICE_EMPTY) || in_session_too_small(iv, rx, t))
		return;
	own = iv->ist = txn_handle(t);
	txn_set_user(t, invite_on_ist, iv);
	if (offer.len) {
		in_accept_offer(iv, d, rx, t, offer);
	} else {
		iv->offer_in_2xx = true;
		UNUSED(dialog_take_target(d, rx->msg, rx->from, iv->rewrite_contact));
		invite_write_offer(&body, iv);
		invite_reply_200(iv, rx, t, sink_slice(&body));
	}
	/* A refusal is acknowledged within its transaction. (Of a transaction that is gone the call
	 * has heard: invite_on_ist.) */
	if (!invite_is_over(iv) && iv->ist == own && t->code >= 300) {
		iv->ist = HANDLE_NONE;
		txn_set_user(t, NULL, NULL);
	}
}

/* RFC 3311 5.2. In an early dialog our own offer is open until a reliable provisional answered it.
 */
static void in_update(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	struct slice offer = sip_msg_sdp(rx->msg);
	struct txn *ours = txn_client_get(&iv->sip->txns, iv->ict);
	bool is_early = d->state == DIALOG_EARLY;

	if (iv->state != INVITE_UP && !is_early) {
		sip_reply(rx, t, 481, SLICE_EMPTY);
		return;
	}
	if (in_is_too_large(d, rx, t) || in_session_too_small(iv, rx, t))
		return;
	if (offer.len == 0) {
		UNUSED(dialog_take_target(d, rx->msg, rx->from, iv->rewrite_contact));
		invite_reply_200(iv, rx, t, SLICE_EMPTY);
		return;
	}
	if (is_early ? !d->is_media_reliable : ours && txn_ict_is_open(ours)) {
		sip_reply(rx, t, 491, SLICE_EMPTY);
		return;
	}
	if (iv->offer_in_2xx) {
		in_reply_retry(rx, t, rng_below(iv->sip->env.rng, 11));
		return;
	}
	if (incoming_refuse_accept(rx, t, SLICE_EMPTY))
		return;
	in_accept_offer(iv, d, rx, t, offer);
	if (is_early)
		d->media = iv->media;
}

/* ---- INFO ---- */

/* A digit that comes without a duration. */
#define IN_DTMF_MS 100

/* The digit itself, or its event number as RFC 4733 counts them: 10 is *, 11 #, 12 to 15 A to D.
 * '\0': neither. */
static char in_digit_of(struct slice text)
{
	static const char digits[] = "0123456789*#ABCD";
	uint64_t number;

	text = slice_trim(text);
	if (slice_u64(text, sizeof(digits) - 2, &number))
		return digits[number];
	if (text.len == 1 && memchr("*#ABCDabcd", text.ptr[0], 10))
		return text.ptr[0];
	return '\0';
}

/* "Signal=5\r\nDuration=160" (application/dtmf-relay). */
static char in_parse_relay(struct slice body, uint32_t *duration_ms)
{
	struct slice line, name, rest = body;
	char digit = '\0';

	while (slice_split(&rest, '\n', &line)) {
		struct slice value = line;
		uint64_t ms;

		if (!slice_split(&value, '=', &name))
			continue;
		name = slice_trim(name);
		if (slice_ieq(name, SLICE_LIT("Signal")))
			digit = in_digit_of(value);
		else if (slice_ieq(name, SLICE_LIT("Duration")) &&
			 slice_u64(slice_trim(value), 60000, &ms) && ms)
			*duration_ms = (uint32_t)ms;
	}
	return digit;
}

static void in_reply_415(const struct sip_rx *rx, struct txn *t)
{
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, 415, SLICE_EMPTY, SLICE_EMPTY);
	sip_write_header_id(&r.out, SIP_HDR_ACCEPT,
			    SLICE_LIT("application/dtmf-relay, application/dtmf"));
	sip_reply_send(&r);
}

/* RFC 6086 4.2.2: with the packages that are taken, which are none. */
static void in_reply_469(const struct sip_rx *rx, struct txn *t)
{
	struct sip_reply r;

	sip_count_one(rx->sip, METRIC_sip_unsupported);
	sip_reply_begin(&r, rx, t, 469, SLICE_EMPTY, SLICE_EMPTY);
	sip_write_header(&r.out, SLICE_LIT("Recv-Info"), SLICE_EMPTY);
	sip_reply_send(&r);
}

static void in_info(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	struct slice body = slice_trim(rx->msg->body);
	uint32_t duration_ms = IN_DTMF_MS;
	char digit;

	UNUSED(d);
	if (sip_msg_has(rx->msg, SIP_HDR_INFO_PACKAGE)) {
		in_reply_469(rx, t);
		return;
	}
	if (body.len == 0) { /* keep-alive */
		sip_reply(rx, t, 200, SLICE_EMPTY);
		return;
	}
	if (sip_msg_body_is(rx->msg, SLICE_LIT("application/dtmf-relay"))) {
		digit = in_parse_relay(body, &duration_ms);
	} else if (sip_msg_body_is(rx->msg, SLICE_LIT("application/dtmf"))) {
		digit = in_digit_of(body);
	} else {
		in_reply_415(rx, t);
		return;
	}
	sip_reply(rx, t, 200, SLICE_EMPTY);
	if (digit && iv->events && iv->state == INVITE_UP)
		iv->events->dtmf(iv->owner, digit, duration_ms);
}

/* ---- all others ---- */

/* A BYE that overtook the ACK of our 2xx, or came in its place, shows that the 2xx arrived. */
static void in_far_end_left(struct invite *iv, const struct sip_rx *rx)
{
	const struct invite_input in = {.msg = rx->msg, .from = rx->from};
	struct txn *ist = txn_server_get(&iv->sip->txns, iv->ist);

	if (ist && ist->code >= 200 && ist->code < 300)
		txn_acked(ist, NULL, NULL);
	invite_step(iv, INVITE_RX_BYE, &in);
}

static void in_bye(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	UNUSED(d);
	if (!sip_refuse_required(rx, t, SLICE_EMPTY, NULL, NULL))
		sip_reply(rx, t, 200, SLICE_EMPTY);
	in_far_end_left(iv, rx);
}

static void in_options(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	UNUSED(iv);
	UNUSED(d);
	sip_reply_options(rx, t, SLICE_EMPTY);
}

/* PRACK for a reliable provisional that we did not send, or not now: 481. */
static void in_prack(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	if (!incoming_rx_prack(iv, d, rx, t))
		sip_reply(rx, t, 481, SLICE_EMPTY);
}

static void in_bad_event(struct invite *iv, struct dialog *d, const struct sip_rx *rx,
			 struct txn *t)
{
	UNUSED(iv);
	UNUSED(d);
	sip_reply_bad_event(rx, t, SLICE_EMPTY);
}

static void in_not_allowed(struct invite *iv, struct dialog *d, const struct sip_rx *rx,
			   struct txn *t)
{
	UNUSED(iv);
	UNUSED(d);
	sip_reply_not_allowed(rx, t, SLICE_EMPTY);
}

static void in_notify(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t)
{
	if (!refer_rx_notify(iv, rx, t))
		in_bad_event(iv, d, rx, t);
}

typedef void (*in_fn)(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t);

static const in_fn in_methods[SIP_METHOD_COUNT] = {
	[SIP_METHOD_INVITE] = in_reinvite,   [SIP_METHOD_BYE] = in_bye,
	[SIP_METHOD_UPDATE] = in_update,     [SIP_METHOD_OPTIONS] = in_options,
	[SIP_METHOD_INFO] = in_info,	     [SIP_METHOD_PRACK] = in_prack,
	[SIP_METHOD_NOTIFY] = in_notify,     [SIP_METHOD_SUBSCRIBE] = in_bad_event,
	[SIP_METHOD_PUBLISH] = in_bad_event, [SIP_METHOD_MESSAGE] = in_not_allowed,
	[SIP_METHOD_REFER] = refer_rx,	     [SIP_METHOD_REGISTER] = in_not_allowed,
	[SIP_METHOD_OTHER] = in_not_allowed,
};

/* What is not served is refused for that, and an INVITE by its own rules. The far end of a BYE has
 * left the call whatever it hears. */
static bool in_is_refused_early(in_fn fn, const struct sip_rx *rx, struct txn *t)
{
	return fn && fn != in_not_allowed && fn != in_reinvite && fn != in_bye &&
	       sip_refuse_required(rx, t, SLICE_EMPTY, NULL, NULL);
}

/* Out of order, or done already (12.2.2). Nobody sends a BYE before something else, so one that
 * comes so is of a far end that counts wrongly, and has left the call. */
static void in_old(struct invite *iv, const struct sip_rx *rx, struct txn *t)
{
	sip_count_one(rx->sip, METRIC_sip_rx_old);
	sip_reply(rx, t, 500, SLICE_EMPTY);
	if (rx->msg->method == SIP_METHOD_BYE)
		in_far_end_left(iv, rx);
}

void invite_rx_request(struct invite *iv, const struct sip_rx *rx)
{
	struct dialog *d = invite_find_dialog(iv, rx->msg->from_tag);
	struct slice call_id = iv->call_id;
	in_fn fn = in_methods[rx->msg->method];
	struct txn *t = sip_way_back_txn(rx);

	if (!t) {
		sip_reply(rx, NULL, 503, SLICE_EMPTY);
		return;
	}
	if (!d || !slice_eq(call_id, rx->msg->call_id)) {
		sip_reply(rx, t, 481, SLICE_EMPTY);
		return;
	}
	invite_hold(iv);
	if (!dialog_take_cseq(d, rx->msg->cseq))
		in_old(iv, rx, t);
	else if (!in_is_refused_early(fn, rx, t))
		(fn ? fn : in_not_allowed)(iv, d, rx, t);
	invite_release(iv);
}

/* The ACK of a call that came in: what waited for it may go. */
static void in_acked(struct invite *iv, bool is_first)
{
	if (!is_first)
		return;
	iv->incoming->is_acked = true;
	if (iv->state == INVITE_BYE_HELD)
		invite_step(iv, INVITE_RX_ACK, &(struct invite_input){0});
	invite_session_go_on(iv);
}

void invite_rx_ack(struct invite *iv, const struct sip_rx *rx)
{
	struct txn *t = txn_server_get(&iv->sip->txns, iv->ist);
	struct slice answer = sip_msg_sdp(rx->msg);
	bool wants_answer = iv->offer_in_2xx, is_first = iv->incoming && !iv->incoming->is_acked;
	struct media_desc desc;
	bool held;

	if (!t || t->cseq != rx->msg->cseq) /* a copy of one that did its work */
		return;
	invite_hold(iv);
	txn_acked(t, rx->msg, rx->from);
	in_acked(iv, is_first);
	if (wants_answer && iv->state == INVITE_UP) {
		if (answer.len && invite_read_answer(iv, answer, &desc, &held) == 0)
			invite_media_changed(iv, &desc, held);
		else if (is_first) /* a call without audio is none */
			invite_step(iv, INVITE_LOST,
				    &(struct invite_input){.cause = CAUSE_BEARER_UNAVAILABLE});
	}
	invite_release(iv);
}
