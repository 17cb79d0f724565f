/* sip/invite_tell.c - what the far end of a call is told without a change of the call: MESSAGE and
 * NOTIFY in its dialog.
 *
 * Nobody waits for their final response (invite_on_unawaited), but a challenge is answered once:
 * the request that the transaction kept is sent again with credentials. A transaction outlives its
 * call, so its user is the shard; the call is found again by our tag. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/incoming.h"
#include "sip/notify_text.h"

#include <errno.h>

/* The dialog in which the far end can be told something now; NULL: there is none. */
static struct dialog *tell_dialog(const struct invite *iv)
{
	bool is_early = iv->state == INVITE_PROCEEDING ||
			(iv->state == INVITE_OFFERED && iv->incoming->told_code);

	if (iv->state == INVITE_UP)
		return iv->dialog;
	if (!is_early || list_empty(&iv->dialogs))
		return NULL;
	return list_entry(iv->dialogs.prev, struct dialog, node); /* the latest fork */
}

/* ---- responses ---- */

static void tell_on_last(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			 const struct addr *from)
{
	struct sip *sip = arg;

	if (fact == TXN_PROVISIONAL || fact == TXN_GONE)
		return;
	if (t->method == SIP_METHOD_NOTIFY && fact != TXN_SUCCESS)
		sip_count_one(sip, METRIC_sip_notify_failed);
	invite_on_unawaited(sip, t, fact, msg, from);
}

/* The call to which our From tag belongs, if it has its dialog still. */
static struct invite *tell_call(struct sip *sip, const struct sip_msg *msg)
{
	struct sip_ident id;
	struct invite *iv = sip_ident_read(msg->from_tag, &id) ? invite_find(sip, &id) : NULL;

	return iv && tell_dialog(iv) ? iv : NULL;
}

/* The request of `old` once more, with credentials. */
static bool tell_again(struct invite *iv, const struct txn *old)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	struct txn *t = txn_client_new(&iv->sip->txns, TXN_NICT, (enum sip_method)old->method,
				       iv->cseq + 1, tell_on_last, iv->sip);
	const struct sip_hop hop = {old->dst, old->via, old->tp};

	if (!t)
		return false;
	txn_branch(t, branch);
	if (invite_write_again(&out, iv, txn_text(old), &hop, slice_make(branch, sizeof(branch)))) {
		txn_set_user(t, NULL, NULL);
		txn_drop(t);
		return false;
	}
	return txn_client_send(t, hop.tp, &hop.peer, &hop.local, sink_slice(&out)) == 0;
}

static void tell_on_first(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			  const struct addr *from)
{
	struct sip *sip = arg;
	struct invite *iv;

	if (fact == TXN_FAILURE && (msg->code == 401 || msg->code == 407)) {
		iv = tell_call(sip, msg);
		if (iv && invite_take_auth(iv, msg) && tell_again(iv, t))
			return;
	}
	tell_on_last(sip, t, fact, msg, from);
}

static int tell_send(struct invite *iv, struct dialog *d, const struct invite_request *r)
{
	struct txn *t;

	invite_begin_auth(iv);
	t = txn_client_get(&iv->sip->txns, invite_send(iv, d, r, NULL));
	if (!t)
		return -ENOBUFS;
	txn_set_user(t, tell_on_first, iv->sip);
	return 0;
}

/* ---- requests ---- */

int invite_send_text(struct invite *iv, struct slice content_type, struct slice text)
{
	struct invite_request r = {
		.method = SIP_METHOD_MESSAGE,
		.body = text,
		.body_type = content_type.len ? content_type : SLICE_LIT("text/plain"),
	};

	if (iv->state != INVITE_UP || !iv->dialog)
		return -ENOTCONN;
	if (!notify_type_is_valid(r.body_type))
		return -EINVAL;
	if (text.len > LIMIT_SIP_OUT / 2)
		return -EMSGSIZE;
	return tell_send(iv, iv->dialog, &r);
}

int invite_send_digit(struct invite *iv, char digit, uint32_t duration_ms)
{
	static const char digits[] = "0123456789ABCDabcd*#!";
	char text[48];
	struct sink body = sink_make(text, sizeof(text));
	struct invite_request r = {
		.method = SIP_METHOD_INFO,
		.body_type = SLICE_LIT("application/dtmf-relay"),
	};

	if (iv->dtmf != SIP_DTMF_INFO && iv->dtmf != SIP_DTMF_AUTO_INFO)
		return -ENOTSUP;
	if (!memchr(digits, digit, sizeof(digits) - 1))
		return -EINVAL;
	if (iv->state != INVITE_UP || !iv->dialog)
		return -ENOTCONN;
	sink_fmt(&body, "Signal=%c\r\nDuration=%u\r\n", digit, duration_ms);
	r.body = sink_slice(&body);
	return tell_send(iv, iv->dialog, &r);
}

int invite_notify(struct invite *iv, const struct notify_text *text)
{
	struct invite_request r = {
		.method = SIP_METHOD_NOTIFY,
		.extra = text->lines,
		.with_contact = true,
		.body = text->body,
		.is_typed = true,
	};
	struct dialog *d = tell_dialog(iv);
	int err = d ? tell_send(iv, d, &r) : -ENOTCONN;

	sip_count_one(iv->sip, err ? METRIC_sip_notify_refused : METRIC_sip_notify_sent);
	return err;
}
