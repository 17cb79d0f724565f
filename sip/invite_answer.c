/* sip/invite_answer.c - provisional responses, early media, and the answer (RFC 3261 13.2.2, 3262).
 */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/incoming.h"
#include "sip/invite.h"
#include "sip/linger.h"
#include "sip/transport.h"

#include <errno.h>

/* ---- early dialogs ---- */

static uint32_t invite_dialog_count(const struct invite *iv)
{
	uint32_t count = 0;

	list_for (node, &iv->dialogs)
		count++;
	return count;
}

/* The early dialog of a provisional response: known, or made if its To tag is new. NULL: none can
 * be (no tag, too many forks, no room); the response still counts as ringing. */
static struct dialog *invite_early_dialog(struct invite *iv, const struct sip_msg *msg,
					  const struct addr *from)
{
	struct dialog *d = invite_find_dialog(iv, msg->to_tag);

	if (d) {
		if (msg->contact.uri.len)
			UNUSED(dialog_take_response(d, msg, from, iv->rewrite_contact));
		return d;
	}
	if (msg->to_tag.len == 0 || invite_dialog_count(iv) >= LIMIT_SIP_FORKS)
		return NULL;
	d = invite_dialog_new(iv);
	if (!d)
		return NULL;
	if (dialog_take_response(d, msg, from, iv->rewrite_contact)) {
		dialog_free(d);
		return NULL;
	}
	list_add_tail(&iv->dialogs, &d->node);
	return d;
}

/* ---- reliable provisional responses (RFC 3262) ---- */

enum invite_rel {
	INVITE_REL_NOT,	  /* not reliable: taken as it is */
	INVITE_REL_FIRST, /* in order: acknowledged, and taken */
	INVITE_REL_DROP,  /* a copy, or out of order: the sender repeats it */
};

static void invite_send_prack(struct invite *iv, struct dialog *d, const struct sip_msg *msg,
			      uint32_t rseq)
{
	char line[64];
	struct sink out = sink_make(line, sizeof(line));
	struct invite_request r = {.method = SIP_METHOD_PRACK};

	sink_fmt(&out, "RAck: %u %u INVITE\r\n", rseq, msg->cseq);
	r.extra = sink_slice(&out);
	UNUSED(invite_send(iv, d, &r, NULL));
}

static enum invite_rel invite_take_reliable(struct invite *iv, struct dialog *d,
					    const struct sip_msg *msg)
{
	uint32_t rseq;

	if (!d || !sip_msg_lists(msg, SIP_HDR_REQUIRE, SLICE_LIT("100rel")) ||
	    !sip_msg_get_u32(msg, SIP_HDR_RSEQ, &rseq) || rseq == 0)
		return INVITE_REL_NOT;
	if (d->rseq && rseq != d->rseq + 1)
		return INVITE_REL_DROP;
	d->rseq = rseq;
	invite_send_prack(iv, d, msg, rseq);
	return INVITE_REL_FIRST;
}

/* ---- early media ---- */

/* The media that a provisional describes, if it is to be followed: the first of its dialog and the
 * first that is reliable (RFC 3261 13.2.1), or any if accept_multiple_sdp_answers; of another fork
 * only if follow_early_media_fork. */
static bool invite_take_early_media(struct invite *iv, struct dialog *d, const struct sip_msg *msg,
				    bool is_reliable, struct media_desc *desc)
{
	struct slice sdp = sip_msg_sdp(msg);
	bool held;

	if (sdp.len == 0)
		return false;
	if (d && d->has_media && !iv->accept_multiple_sdp_answers &&
	    (!is_reliable || d->is_media_reliable))
		return false;
	if (invite_read_answer(iv, sdp, desc, &held)) {
		log_debug("A provisional response describes media that cannot be used");
		return false;
	}
	if (d) {
		d->media = *desc;
		d->has_media = true;
		d->is_media_reliable |= is_reliable;
	}
	return iv->media.rtp.family == 0 || iv->follow_early_media_fork ||
	       (d && slice_hash(dialog_tag(d), 0) == iv->media_tag);
}

static void invite_tell_ringing(struct invite *iv)
{
	if (iv->told == INVITE_TOLD_RINGING || !iv->events)
		return;
	iv->told = INVITE_TOLD_RINGING;
	iv->events->ringing(iv->owner);
}

static void invite_tell_progress(struct invite *iv, const struct media_desc *media, bool ringing)
{
	if ((iv->told == INVITE_TOLD_PROGRESS && !media) || !iv->events)
		return;
	iv->told = INVITE_TOLD_PROGRESS;
	iv->events->progress(iv->owner, media, ringing);
}

void invite_take_provisional(struct invite *iv, const struct sip_msg *msg, const struct addr *from)
{
	struct media_desc desc;
	enum invite_rel rel;
	struct dialog *d;
	bool has_media;

	if (msg->code == 100)
		return;
	d = invite_early_dialog(iv, msg, from);
	rel = invite_take_reliable(iv, d, msg);
	if (rel == INVITE_REL_DROP)
		return;
	incoming_tell_connected(iv, msg);
	has_media = invite_take_early_media(iv, d, msg, rel == INVITE_REL_FIRST, &desc);
	if (has_media) {
		iv->media = desc;
		iv->media_tag = d ? slice_hash(dialog_tag(d), 0) : 0;
	}
	if (msg->code == 180 && !has_media)
		invite_tell_ringing(iv);
	else if (msg->code == 180)
		invite_tell_progress(iv, &iv->media, true);
	else if (msg->code == 183 && (has_media || !iv->ignore_183_without_sdp))
		invite_tell_progress(iv, has_media ? &iv->media : NULL, false);
}

/* ---- the answer ---- */

static struct slice invite_write_ack(struct invite *iv, const struct sip_hop *hop,
				     const struct sip_msg *msg, struct slice invite_text,
				     char room[LIMIT_SIP_OUT])
{
	const struct sip_ident id = {
		.shard = iv->sip->env.shard,
		.kind = SIP_IDENT_ACK,
		.handle = slab_handle(iv->sip->invites, iv),
		.nonce = sip_ident_nonce(iv->sip->env.rng),
	};
	struct sink out = sink_make(room, LIMIT_SIP_OUT);
	char branch[SIP_BRANCH_LEN];
	const struct dialog_request r = {
		.method = SIP_METHOD_ACK,
		.cseq = msg->cseq,
		.call_id = iv->call_id,
		.branch = slice_make(branch, sizeof(branch)),
		.via = &hop->local,
		.tp = hop->tp,
	};
	enum sip_parse_error err;
	struct sip_msg invite;

	sip_ident_branch(&id, branch);
	dialog_write_request(&out, iv->dialog, &r);
	sip_write_tail(&out, iv->sip);
	/* RFC 3261 22.1: the credentials of the INVITE. */
	if (iv->auth && invite_text.len && sip_msg_parse(&invite, invite_text, &err) == 0) {
		sip_write_copy(&out, &invite, SIP_HDR_AUTHORIZATION);
		sip_write_copy(&out, &invite, SIP_HDR_PROXY_AUTHORIZATION);
	}
	sip_write_end(&out);
	return out.over ? SLICE_EMPTY : sink_slice(&out);
}

static struct linger_call invite_linger_call(const struct invite *iv)
{
	return (struct linger_call){.local = iv->local, .cseq = iv->cseq, .tp = iv->tp};
}

void invite_orphan(const struct invite *iv, struct txn *ict, unsigned cause)
{
	const struct linger_call call = invite_linger_call(iv);

	linger_orphan(iv->sip, ict, &call, cause);
}

void invite_end_fork(const struct invite *iv, const struct sip_msg *msg, const struct addr *from,
		     int cause)
{
	const struct linger_call call = invite_linger_call(iv);
	const struct sip_peer peer = invite_peer(iv, from);

	linger_end_fork(iv->sip, &call, msg, &peer, cause);
}

void invite_acknowledge(struct invite *iv, struct txn *ict, const struct sip_msg *msg)
{
	const struct linger_call call = invite_linger_call(iv);
	struct linger_ack ack = {.dialog = iv->dialog};
	char room[LIMIT_SIP_OUT];

	invite_find_hop(iv, iv->dialog, &ack.hop);
	ack.text = invite_write_ack(iv, &ack.hop, msg, txn_text(ict), room);
	linger_start(iv->sip, ict, msg->to_tag, &ack, &call);
}

/* 0, or the cause why a call with such a 2xx cannot be kept. d->text is what its end is told by, if
 * any can be: that of the early dialog, or the bare minimum. */
static unsigned invite_fill_dialog(struct invite *iv, struct dialog *d, const struct sip_msg *msg,
				   const struct addr *from)
{
	int err = dialog_take_response(d, msg, from, iv->rewrite_contact);

	if (err != -EMSGSIZE)
		return d->text ? 0 : CAUSE_SWITCH_CONGESTION;
	sip_count_one(iv->sip, METRIC_sip_answer_too_long);
	log_warning("Call-ID %.*s: with the Record-Route, Contact and To of its 2xx each request "
		    "would be longer than %d octets; the call is ended",
		    SLICE_ARG(iv->call_id), LIMIT_SIP_OUT);
	if (!d->text)
		UNUSED(dialog_take_bare(d, msg, from));
	return CAUSE_INTERWORKING;
}

/* The dialog of the 2xx is confirmed; those of other forks end without a word: each of them that
 * answers too is ended by the linger record. *cause: as above. */
static struct dialog *invite_confirm(struct invite *iv, const struct sip_msg *msg,
				     const struct addr *from, unsigned *cause)
{
	struct dialog *d = invite_find_dialog(iv, msg->to_tag);

	if (d)
		list_del(&d->node);
	list_for_safe (node, &iv->dialogs)
		dialog_free(list_entry(node, struct dialog, node));
	*cause = CAUSE_SWITCH_CONGESTION;
	if (!d)
		d = invite_dialog_new(iv);
	if (!d)
		return NULL;
	if (msg->contact.uri.len == 0)
		log_notice("A 2xx without Contact: requests go to where it came from");
	*cause = invite_fill_dialog(iv, d, msg, from);
	if (!d->text) {
		dialog_free(d);
		return NULL;
	}
	dialog_set_state(d, DIALOG_CONFIRMED);
	list_add_tail(&iv->dialogs, &d->node);
	return d;
}

/* The media of the winning dialog: what its reliable provisional agreed on, else (the same tag)
 * what came first, else the SDP of the 2xx. */
static bool invite_answer_media(struct invite *iv, struct dialog *d, const struct sip_msg *msg,
				struct media_desc *desc, bool *held)
{
	struct slice sdp = sip_msg_sdp(msg);

	*held = false;
	if (d->has_media && (sdp.len == 0 || !iv->accept_multiple_sdp_answers)) {
		*desc = d->media;
		*held = desc->dir == MEDIA_RECVONLY || desc->dir == MEDIA_INACTIVE;
		return true;
	}
	return sdp.len && invite_read_answer(iv, sdp, desc, held) == 0;
}

static void invite_tell_answered(struct invite *iv, const struct media_desc *media)
{
	if (iv->events)
		iv->events->answered(iv->owner, media);
}

static void invite_answer_lost(struct invite *iv, int cause)
{
	invite_step(iv, INVITE_LOST, &(struct invite_input){.cause = cause});
}

unsigned invite_accept(struct invite *iv, const struct sip_msg *msg, const struct addr *from)
{
	struct txn *t = txn_client_get(&iv->sip->txns, iv->ict);
	unsigned cause;

	iv->ict = HANDLE_NONE;
	if (NEVER(!t))
		return CAUSE_SWITCH_CONGESTION;
	iv->dialog = invite_confirm(iv, msg, from, &cause);
	if (!iv->dialog) { /* no room: the call cannot be kept */
		invite_orphan(iv, t, cause);
		invite_end_fork(iv, msg, from, (int)cause);
		return cause;
	}
	if (FAULT(ack_not_sent))
		txn_set_user(t, NULL, NULL);
	else
		invite_acknowledge(iv, t, msg);
	if (iv->auth)
		sip_auth_settled(iv->auth);
	return cause;
}

/* PJSIP_RESPONSE_HEADER: as many whole lines as there is room for. Of a 200 alone, as Asterisk. */
static void invite_keep_response(struct invite *iv, const struct sip_msg *msg)
{
	char room[MSGBUF_LARGE];
	struct sink out = sink_make(room, sizeof(room));
	size_t whole = 0;

	if (msg->code != 200)
		return;
	for (uint32_t i = 0; i < msg->hdr_count && !out.over; i++) {
		whole = out.len;
		sip_write_plain(&out, msg, &msg->headers[i]);
		sink_char(&out, '\n');
	}
	iv->response = msgbuf_dup(iv->sip->bufs, slice_make(room, out.over ? whole : out.len));
	if (out.over || !iv->response)
		sip_count_one(iv->sip, METRIC_sip_response_cut);
}

void invite_take_answer(struct invite *iv, const struct sip_msg *msg, const struct addr *from)
{
	unsigned cause = invite_accept(iv, msg, from);
	struct media_desc desc;
	bool held;

	if (cause) {
		invite_answer_lost(iv, (int)cause);
		return;
	}
	invite_keep_response(iv, msg);
	invite_session_answered(iv, msg);
	incoming_tell_connected(iv, msg);
	if (!invite_answer_media(iv, iv->dialog, msg, &desc, &held)) {
		invite_tell_answered(iv, NULL);
		if (iv->state == INVITE_UP)
			invite_answer_lost(iv, CAUSE_BEARER_UNAVAILABLE);
		return;
	}
	iv->media = desc;
	iv->is_held = held;
	invite_tell_answered(iv, &iv->media);
	/* Answered and on hold at once: said as the change that it is. */
	if (held && iv->events && iv->state == INVITE_UP)
		iv->events->media_changed(iv->owner, &iv->media, true);
}
