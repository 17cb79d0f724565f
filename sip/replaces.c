/* sip/replaces.c - an INVITE that takes the place of a call of ours (RFC 3891): the owner stays,
 * with its media and dialplan, and talks to the new far end. */
#include "sip/refer.h"

#include "engine/base/check.h"
#include "engine/core/cause.h"

struct replaces {
	struct slice call_id, to_tag, from_tag;
	bool early_only;
};

/* False: none, or not as the grammar has it. */
static bool replaces_parse(const struct sip_msg *msg, struct replaces *out)
{
	struct slice value = sip_msg_get(msg, SIP_HDR_REPLACES);
	size_t at = slice_find(value, ';');
	struct slice params = slice_from(value, at == SIZE_MAX ? value.len : at);

	out->call_id = slice_trim(slice_head(value, at));
	out->early_only = sip_text_param(params, SLICE_LIT("early-only"), NULL);
	return out->call_id.len && sip_text_param(params, SLICE_LIT("to-tag"), &out->to_tag) &&
	       sip_text_param(params, SLICE_LIT("from-tag"), &out->from_tag);
}

bool replaces_shard(const struct sip_msg *msg, uint32_t *shard)
{
	struct sip_ident id;
	struct replaces r;

	if (!sip_msg_has(msg, SIP_HDR_REPLACES) || !replaces_parse(msg, &r) ||
	    !sip_ident_read(r.to_tag, &id) || id.kind != SIP_IDENT_CALL)
		return false;
	*shard = id.shard;
	return true;
}

/* To-tag is that of our side of the call (RFC 3891 3). */
static struct invite *replaces_find(struct sip *sip, const struct replaces *r)
{
	struct sip_ident id;
	struct invite *iv;

	if (!sip_ident_read(r->to_tag, &id))
		return NULL;
	iv = invite_find(sip, &id);
	return iv && slice_eq(iv->call_id, r->call_id) && invite_find_dialog(iv, r->from_tag)
		       ? iv
		       : NULL;
}

/* 0, or the status of the refusal. A call that still rings is not taken over: 481. */
static unsigned replaces_refusal(const struct invite *old, const struct replaces *r)
{
	if (!old || old->state == INVITE_CALLING || old->state == INVITE_PROCEEDING ||
	    old->state == INVITE_OFFERED)
		return 481;
	if (old->state != INVITE_UP || !old->events || !old->events->replaced)
		return 603;
	return r->early_only ? 486 : 0;
}

/* The owner changes over; the old far end gets its BYE. */
static void replaces_take(struct invite *iv, struct invite *old)
{
	const struct tech_events *events = old->events;
	struct media_desc remote;

	iv->events = events;
	iv->owner = old->owner;
	iv->media_local = old->media_local;
	old->events = NULL;
	old->owner = NULL;
	old->bye_cause = CAUSE_NORMAL;
	events->replaced(iv->owner, (struct tech_call *)iv);
	invite_hold(iv);
	if (incoming_answer(iv, &remote) == 0 && remote.rtp.family && iv->events)
		iv->events->media_changed(iv->owner, &remote, false);
	invite_release(iv);
	invite_step(old, invite_hangup_event(old), &(struct invite_input){.cause = CAUSE_NORMAL});
}

bool replaces_rx(const struct sip_rx *rx, const struct sip_conf_endpoint *ep, struct slice tag)
{
	struct invite *old, *iv;
	struct replaces r;
	unsigned code;

	if (!sip_msg_has(rx->msg, SIP_HDR_REPLACES))
		return false;
	if (!replaces_parse(rx->msg, &r)) {
		sip_reply(rx, NULL, 400, tag);
		return true;
	}
	old = replaces_find(rx->sip, &r);
	code = replaces_refusal(old, &r);
	if (code) {
		sip_reply(rx, NULL, code, tag);
		return true;
	}
	invite_hold(old);
	iv = incoming_make(rx, ep, tag);
	if (iv)
		replaces_take(iv, old);
	invite_release(old);
	return true;
}
