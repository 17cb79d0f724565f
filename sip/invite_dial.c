/* sip/invite_dial.c - how a call begins, and how its owner ends it. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "sip/cause.h"
#include "sip/incoming.h"
#include "sip/seek.h"

#include <errno.h>

static void invite_on_guard(struct tmr *tmr, void *arg)
{
	const struct invite_input in = {.cause = CAUSE_NO_ANSWER};

	UNUSED(tmr);
	invite_step(arg, INVITE_GUARD, &in);
}

/* ---- the owner's commands ---- */

struct invite *invite_alloc(struct sip *sip)
{
	struct invite *iv;

	if (slab_used(sip->invites) == slab_count_max(sip->invites)) {
		list_for (node, &sip->ending) {
			struct invite *old = list_entry(node, struct invite, node);

			if (old->depth)
				continue;
			invite_step(old, INVITE_EVICT, &(struct invite_input){0});
			break;
		}
	}
	iv = slab_alloc(sip->invites);
	if (!iv) {
		sip_count_one(sip, METRIC_sip_no_slot);
		return NULL;
	}
	iv->sip = sip;
	list_init(&iv->dialogs);
	list_init(&iv->node);
	list_add_tail(&sip->active, &iv->node);
	sip->active_count++;
	tmr_init(&iv->guard, sip->env.wheel, invite_on_guard, iv);
	tmr_init(&iv->session, sip->env.wheel, invite_session_fire, iv);
	tmr_init(&iv->again, sip->env.wheel, invite_session_again, iv);
	return iv;
}

void invite_take_endpoint(struct invite *iv, const struct sip_conf_endpoint *ep)
{
	iv->endpoint = ep->hash;
	iv->dtmf = ep->dtmf;
	iv->ignore_183_without_sdp = ep->ignore_183_without_sdp;
	iv->follow_early_media_fork = ep->follow_early_media_fork;
	iv->accept_multiple_sdp_answers = ep->accept_multiple_sdp_answers;
	iv->suppress_q850 = ep->suppress_q850;
	iv->rewrite_contact = ep->rewrite_contact;
	iv->force_rport = ep->force_rport;
	iv->use_ptime = ep->use_ptime;
	iv->has_timers = ep->timers != SIP_TIMERS_NO;
	iv->timers_always = ep->timers == SIP_TIMERS_ALWAYS;
	iv->has_100rel = ep->rel100 != SIP_100REL_NO;
	if (iv->has_timers) {
		iv->session_s = ep->timers_sess_expires_s;
		iv->min_se_s = ep->timers_min_se_s;
	}
}

void invite_take_ids(struct invite *iv)
{
	struct rng *rng = iv->sip->env.rng;

	iv->nonce = sip_ident_nonce(rng);
	rng_uuid(rng, iv->own_call_id);
	iv->call_id = slice_make(iv->own_call_id, sizeof(iv->own_call_id));
	iv->cseq = rng_below(rng, 32768);
	iv->sdp_id = rng_u32(rng) & 0x7fffffff;
	iv->sdp_version = iv->sdp_id;
}

/* Sends it, or lets names be looked up. What cannot be tried now for want of a target is told by
 * the guard, in a turn of its own: the owner does not have the call yet. */
static int invite_start(struct invite *iv, const struct tech_dial *dial,
			const struct sip_conf_endpoint *ep)
{
	int64_t guard = sip_now(iv->sip) + INVITE_RING_MAX;
	int error = 0;

	switch (seek_begin(iv, dial, ep, &error)) {
	case SEEK_SENT:
		invite_step(iv, INVITE_SENT, &(struct invite_input){0});
		break;
	case SEEK_WAITS:
		break;
	case SEEK_OVER:
		if (error)
			return error;
		guard = sip_now(iv->sip);
		break;
	}
	tmr_start(&iv->guard, guard);
	return 0;
}

/* The endpoint of the dial, unless a reload came between find and dial. */
static const struct sip_conf_endpoint *invite_dial_endpoint(const struct sip *sip,
							    const struct tech_dial *dial)
{
	const struct sip_conf_endpoint *ep = dial->endpoint->impl;
	const struct sip_conf *conf = sip->conf;

	if (ep >= conf->endpoints && ep < conf->endpoints + conf->endpoint_count)
		return ep;
	return NULL;
}

struct invite *invite_dial(struct sip *sip, const struct tech_dial *dial,
			   const struct tech_events *events, void *owner, int *error)
{
	const struct sip_conf_endpoint *ep = invite_dial_endpoint(sip, dial);
	struct invite *iv;

	if (!ep) {
		*error = -ENOENT;
		return NULL;
	}
	if (!dial->offer.count) {
		log_error("Endpoint '%.*s' has no codec to offer; give it one, as allow=ulaw",
			  SLICE_ARG(ep->name));
		*error = -ENOTSUP;
		return NULL;
	}
	iv = invite_alloc(sip);
	if (!iv) {
		*error = -ENOBUFS;
		return NULL;
	}
	iv->media_local = dial->media_local;
	iv->codecs = dial->offer;
	invite_take_endpoint(iv, ep);
	invite_take_ids(iv);
	*error = invite_start(iv, dial, ep);
	if (*error) {
		iv->ict = HANDLE_NONE;
		invite_destroy(iv);
		return NULL;
	}
	iv->events = events;
	iv->owner = owner;
	return iv;
}

/* RFC 3261 15: no BYE before the ACK of our 200. */
enum invite_event invite_hangup_event(const struct invite *iv)
{
	bool is_unacked = iv->state == INVITE_UP && iv->incoming && !iv->incoming->is_acked;

	return is_unacked ? INVITE_HANGUP_UNACKED : INVITE_HANGUP;
}

/* The status that stands for the cause, as an incoming call hears it. */
static int invite_hangup_status(const struct invite *iv, int cause)
{
	int code = cause > 0 ? (int)sip_cause_to_status((unsigned)cause) : 0;

	if (iv->state == INVITE_UP)
		return 0;
	if (iv->state == INVITE_OFFERED && iv->incoming->refusal)
		return iv->incoming->refusal;
	return code == 0 && iv->state == INVITE_OFFERED ? 603 : code;
}

int invite_refuse_with(struct invite *iv, unsigned status)
{
	if (iv->state != INVITE_OFFERED)
		return 0;
	iv->incoming->refusal = (uint16_t)status;
	return (int)sip_cause_of_status(status);
}

int invite_hangup(struct invite *iv, int cause)
{
	int status = invite_hangup_status(iv, cause);

	check(iv->events != NULL);
	iv->events = NULL;
	iv->owner = NULL;
	invite_drop_response(iv);
	iv->bye_cause = cause > 0 && cause <= 127 ? (uint16_t)cause : 0;
	invite_step(iv, invite_hangup_event(iv), &(struct invite_input){.cause = cause});
	return status;
}

void invite_end(struct invite *iv, int cause)
{
	invite_hold(iv);
	iv->bye_cause = (uint16_t)cause;
	if (invite_is_owned(iv))
		invite_step(iv, invite_hangup_event(iv), &(struct invite_input){.cause = cause});
	invite_tell_ended(iv, cause, 0, SLICE_EMPTY);
	invite_release(iv);
}
