/* sip/invite_session.c - session timers (RFC 4028): who refreshes, and when the session is over.
 *
 * We refresh at half of the interval by UPDATE without SDP if the far end allows it, else, or when
 * that was refused, by INVITE with the offer unchanged. A session that the far end should have
 * refreshed ends min(32 s, a third of the interval) before it runs out (RFC 4028 10). */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "sip/incoming.h"
#include "sip/invite.h"
#include "sip/linger.h"

#include <errno.h>

/* RFC 4028 4: no interval below this is ever meant. */
#define SESSION_MIN_S 90
/* A far end that forgot to say so refreshes itself, and an interval of days is as good as none. */
#define SESSION_MAX_S 86400

static void session_start(struct invite *iv, uint32_t seconds, bool is_refresher)
{
	int64_t interval, margin;

	if (seconds < SESSION_MIN_S)
		seconds = SESSION_MIN_S;
	if (seconds > SESSION_MAX_S)
		seconds = SESSION_MAX_S;
	iv->session_s = seconds;
	iv->is_refresher = is_refresher;
	interval = (int64_t)seconds * TMR_SECOND;
	margin = interval / 3 < 32 * TMR_SECOND ? interval / 3 : 32 * TMR_SECOND;
	tmr_start(&iv->session,
		  sip_now(iv->sip) + (is_refresher ? interval / 2 : interval - margin));
}

static void session_stop(struct invite *iv)
{
	iv->session_s = 0;
	tmr_stop(&iv->session);
}

void invite_session_answered(struct invite *iv, const struct sip_msg *msg)
{
	struct sip_session_expires se;

	if (!iv->has_timers || !sip_msg_has(msg, SIP_HDR_SESSION_EXPIRES) ||
	    sip_session_expires_parse(sip_msg_get(msg, SIP_HDR_SESSION_EXPIRES), &se)) {
		if (iv->timers_always && iv->session_s)
			session_start(iv, iv->session_s, true);
		else
			session_stop(iv); /* RFC 4028 7.2 */
		return;
	}
	session_start(iv, se.seconds, se.refresher != SIP_REFRESHER_UAS);
}

/* Their request has no Session-Expires: none, or one of ours, which we keep up alone (RFC 4028 9).
 */
static void session_not_offered(struct invite *iv, const struct sip_msg *msg, struct sink *lines)
{
	if (iv->timers_always && iv->session_s) {
		session_start(iv, iv->session_s, true);
		sink_fmt(lines, "Session-Expires: %u;refresher=uas\r\n", iv->session_s);
	} else if (sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer"))) {
		session_stop(iv);
	}
}

void invite_session_offered(struct invite *iv, const struct sip_msg *msg, struct sink *lines)
{
	struct sip_session_expires se;
	bool we_refresh;

	if (!iv->has_timers || !sip_msg_has(msg, SIP_HDR_SESSION_EXPIRES) ||
	    sip_session_expires_parse(sip_msg_get(msg, SIP_HDR_SESSION_EXPIRES), &se)) {
		session_not_offered(iv, msg, lines);
		return;
	}
	/* Roles are those of this request: "uas" is us. A far end without the extension does not
	 * refresh. */
	we_refresh = se.refresher == SIP_REFRESHER_UAS ||
		     !sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer"));
	session_start(iv, se.seconds, we_refresh);
	sink_fmt(lines, "Session-Expires: %u;refresher=%s\r\n", iv->session_s,
		 we_refresh ? "uas" : "uac");
	if (sip_msg_lists(msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer")))
		sip_write_header_id(lines, SIP_HDR_REQUIRE, SLICE_LIT("timer"));
}

static void session_lost(struct invite *iv, int cause)
{
	if (iv->state == INVITE_UP)
		invite_step(iv, INVITE_LOST, &(struct invite_input){.cause = cause});
}

void invite_dialog_answered(struct invite *iv, const struct sip_msg *msg)
{
	if (msg->code == 481 || msg->code == 408)
		session_lost(iv, (int)CAUSE_NORMAL);
}

void invite_on_unawaited(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			 const struct addr *from)
{
	struct sip_ident id;
	struct invite *iv;

	UNUSED(t);
	UNUSED(from);
	if (fact != TXN_FAILURE || msg->method == SIP_METHOD_NOTIFY || /* of a subscription alone */
	    !sip_ident_read(msg->from_tag, &id))
		return;
	iv = invite_find(arg, &id);
	if (!iv)
		return;
	invite_hold(iv);
	invite_dialog_answered(iv, msg);
	invite_release(iv);
}

/* RFC 3261 14.1: 2.1 to 4 s if the Call-ID is ours, 0 to 2 s if it is not, in units of 10 ms. */
static void session_retry_later(struct invite *iv)
{
	uint32_t units = iv->incoming ? rng_below(iv->sip->env.rng, 201)
				      : 210 + rng_below(iv->sip->env.rng, 191);
	int64_t wait = units * 10 * TMR_MS;

	tmr_start(&iv->again, sip_now(iv->sip) + wait);
}

static void session_refresh(struct invite *iv);

/* A refresh was refused: what now? True: nothing ends. */
static void session_refused(struct invite *iv, const struct sip_msg *msg, bool by_invite)
{
	switch (msg->code) {
	case 408:
	case 481:
		invite_dialog_answered(iv, msg);
		return;
	case 491:
		session_retry_later(iv);
		return;
	case 401:
	case 407:
		if (invite_take_auth(iv, msg))
			session_refresh(iv);
		return;
	case 422:
		if (invite_take_422(iv, msg))
			session_refresh(iv);
		return;
	default:
		break;
	}
	if (!by_invite) {
		iv->refresh_by_invite = true;
		session_refresh(iv);
	}
}

/* The timer that decides is started again before each refresh, so a refresh that comes to nothing
 * ends the session when its interval is over. */
static void session_on_update(void *arg, struct txn *t, enum txn_fact fact,
			      const struct sip_msg *msg, const struct addr *from)
{
	struct invite *iv = arg;

	if (fact == TXN_PROVISIONAL || fact == TXN_GONE || iv->state != INVITE_UP)
		return;
	invite_hold(iv);
	txn_set_user(t, NULL, NULL);
	iv->request = HANDLE_NONE;
	if (fact == TXN_SUCCESS) {
		if (iv->auth)
			sip_auth_settled(iv->auth);
		UNUSED(dialog_take_target(iv->dialog, msg, from, iv->rewrite_contact));
		invite_session_answered(iv, msg);
	} else if (fact == TXN_FAILURE) {
		session_refused(iv, msg, false);
	} else {
		session_lost(iv, CAUSE_NO_RESPONSE);
	}
	invite_session_go_on(iv);
	invite_release(iv);
}

static void session_reinvite_answered(struct invite *iv, struct txn *t, const struct sip_msg *msg,
				      const struct addr *from)
{
	struct slice sdp = sip_msg_sdp(msg);
	struct media_desc desc;
	bool held;

	iv->ict = HANDLE_NONE;
	UNUSED(dialog_take_target(iv->dialog, msg, from, iv->rewrite_contact));
	invite_acknowledge(iv, t, msg);
	if (iv->auth)
		sip_auth_settled(iv->auth);
	invite_session_answered(iv, msg);
	if (sdp.len && invite_read_answer(iv, sdp, &desc, &held) == 0)
		invite_media_changed(iv, &desc, held);
}

static void session_on_reinvite(void *arg, struct txn *t, enum txn_fact fact,
				const struct sip_msg *msg, const struct addr *from)
{
	struct invite *iv = arg;

	if (fact == TXN_PROVISIONAL || fact == TXN_GONE)
		return;
	if (iv->state != INVITE_UP) { /* our BYE is on its way; a 2xx still wants its ACK */
		if (fact == TXN_SUCCESS)
			invite_end_fork(iv, msg, from, -1);
		return;
	}
	invite_hold(iv);
	if (fact == TXN_SUCCESS) {
		session_reinvite_answered(iv, t, msg, from);
	} else {
		iv->ict = HANDLE_NONE;
		txn_set_user(t, NULL, NULL);
		if (fact == TXN_FAILURE)
			session_refused(iv, msg, true);
		else
			session_lost(iv, CAUSE_NO_RESPONSE);
	}
	invite_session_go_on(iv);
	invite_release(iv);
}

/* An UPDATE or INVITE of ours has no final response. */
static bool session_is_asking(const struct invite *iv)
{
	return txn_client_get(&iv->sip->txns, iv->request) ||
	       txn_client_get(&iv->sip->txns, iv->ict);
}

static void session_refresh(struct invite *iv)
{
	char room[2048];
	struct sink sdp = sink_make(room, sizeof(room));

	if (session_is_asking(iv)) /* what is on its way refreshes too */
		return;
	iv->is_untold = false;
	if (iv->dialog->allows_update && !iv->refresh_by_invite) {
		UNUSED(invite_send_update(iv, session_on_update));
		return;
	}
	if (iv->ist) {
		session_retry_later(iv); /* one at a time (RFC 3261 14.1) */
		return;
	}
	invite_write_offer(&sdp, iv);
	UNUSED(invite_send_reinvite(iv, sink_slice(&sdp), session_on_reinvite));
}

/* As a request of its own, not as what follows from a refusal. */
static void session_begin(struct invite *iv)
{
	if (session_is_asking(iv))
		return;
	invite_begin_auth(iv);
	session_refresh(iv);
}

static bool session_tells_connected(const struct invite *iv)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);

	return ep && ep->send_connected_line && (ep->send_pai || ep->send_rpid);
}

void invite_session_go_on(struct invite *iv)
{
	if (iv->state == INVITE_UP && iv->dialog && iv->is_untold && !tmr_is_started(&iv->again) &&
	    (!iv->incoming || iv->incoming->is_acked))
		session_begin(iv);
}

int invite_connect(struct invite *iv, struct slice name, struct slice num)
{
	char room[2 * LIMIT_NAME];
	struct sink text = sink_make(room, sizeof(room));
	struct msgbuf *kept;

	sink_add(&text, num);
	sink_add(&text, name);
	kept = text.over ? NULL : msgbuf_dup(iv->sip->bufs, sink_slice(&text));
	if (!kept)
		return -ENOBUFS;
	msgbuf_free(iv->sip->bufs, iv->connected);
	iv->connected = kept;
	iv->connected_num_len = (uint16_t)num.len;
	/* Before the answer it goes with what is sent anyway. */
	iv->is_untold = iv->state == INVITE_UP && session_tells_connected(iv);
	invite_session_go_on(iv);
	return 0;
}

void invite_session_again(struct tmr *tmr, void *arg)
{
	struct invite *iv = arg;

	UNUSED(tmr);
	if (iv->state != INVITE_UP)
		return;
	invite_hold(iv);
	session_begin(iv);
	invite_release(iv);
}

void invite_session_fire(struct tmr *tmr, void *arg)
{
	struct invite *iv = arg;

	UNUSED(tmr);
	if (iv->state != INVITE_UP)
		return;
	invite_hold(iv);
	if (iv->is_refresher) {
		/* If nothing comes of it, the next firing tries again; the transaction's own
		 * time-out ends the session before that. */
		tmr_start(&iv->session, sip_now(iv->sip) + (int64_t)iv->session_s * TMR_SECOND / 2);
		session_begin(iv);
	} else {
		session_lost(iv, CAUSE_NO_RESPONSE);
	}
	invite_release(iv);
}
