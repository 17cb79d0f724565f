/* Calls that come in: from the technology's offer to a channel that runs its dialplan, and what
 * that dialplan shows the caller before it answers. chan.h */
#include "engine/core/chan_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "engine/core/dialplan.h"

#include <errno.h>

/* ---- facts of signalling ---- */

static void chan_on_incoming_ended(void *owner, const struct tech_end *end)
{
	struct chan *c = owner;

	c->call = NULL;
	c->cause = end->cause;
	c->tech_code = end->tech_code;
	c->far_end_hung_up = true;
	chan_raise_numbers(c, EVENT_HANGUPREQUEST, c->cause, c->tech_code);
	chan_post(c, CHAN_FACT_HANGUP);
}

/* What only a call that we place can hear. */
static void chan_on_impossible(void *owner)
{
	UNUSED(owner);
	UNUSED(NEVER(true));
}

static void chan_on_impossible_progress(void *owner, const struct media_desc *remote, bool ringing)
{
	UNUSED(remote);
	UNUSED(ringing);
	chan_on_impossible(owner);
}

static void chan_on_impossible_answer(void *owner, const struct media_desc *remote)
{
	UNUSED(remote);
	chan_on_impossible(owner);
}

static const struct tech_events chan_incoming_events = {
	.ringing = chan_on_impossible,
	.progress = chan_on_impossible_progress,
	.answered = chan_on_impossible_answer,
	.media_changed = chan_on_media_changed,
	.connected = chan_on_connected,
	.dtmf = chan_on_info_digit,
	.refer = chan_on_refer,
	.transferred = chan_on_transferred,
	.replaced = chan_on_replaced,
	.ended = chan_on_incoming_ended,
};

/* ---- the offer ---- */

static int chan_turn_away(struct shard *s, enum metric which, int cause)
{
	metric_inc(&s->metrics, which);
	return cause;
}

static bool chan_is_dialable(const struct shard *s, const struct tech_offer *offer,
			     struct slice exten)
{
	const struct dialplan_query q = {
		.context = offer->endpoint.context,
		.exten = exten,
		.priority = 1,
		.cid_num = offer->cid_num,
	};

	return exten.len < LIMIT_NAME && s->dialplan && dialplan_exists(s->dialplan, &q);
}

/* 0: there is room for one more, and an extension to send it to. */
static int chan_check_offer(struct shard *s, const struct tech_offer *offer, struct slice exten)
{
	if (s->is_ending || s->is_closed)
		return chan_turn_away(s, METRIC_incoming_refused_closed, CAUSE_CONGESTION);
	if (s->incoming_free == 0 || s->is_late)
		return chan_turn_away(s, METRIC_incoming_refused_full, CAUSE_CONGESTION);
	if (chan_is_dialable(s, offer, exten))
		return 0;
	log_notice("Call (PJSIP:%.*s) to extension '%.*s' rejected because extension not found in "
		   "context '%.*s'.",
		   SLICE_ARG(offer->endpoint.name), SLICE_ARG(slice_head(exten, LIMIT_NAME)),
		   SLICE_ARG(offer->endpoint.context));
	return chan_turn_away(s, METRIC_incoming_refused_number, CAUSE_UNALLOCATED);
}

static void chan_dress_incoming(struct chan *c, const struct tech_offer *offer, struct slice exten)
{
	chan_set_place(c, offer->endpoint.context, exten, 1);
	slice_copy(c->dst, sizeof(c->dst), exten);
	chan_set_text(c, CHAN_CID_NUM, offer->cid_num);
	chan_set_text(c, CHAN_CID_NAME, offer->cid_name);
	c->cid_hidden = offer->cid_hidden;
	c->dnid = chan_dup(c, slice_head(offer->exten, LIMIT_NAME - 1));
	c->diversion = offer->diversion;
	c->diversion.name = chan_dup(c, slice_head(offer->diversion.name, LIMIT_NAME - 1));
	c->diversion.num = chan_dup(c, slice_head(offer->diversion.num, LIMIT_NAME - 1));
}

/* The events of an incoming call in their order: Newchannel with all that is known, then variables.
 */
static void chan_introduce_incoming(struct chan *c, const struct tech_offer *offer)
{
	chan_raise_kind(c, EVENT_NEWCHANNEL);
	chan_set_endpoint_vars(c, &offer->endpoint);
	chan_set_var(c, SLICE_LIT("SIPDOMAIN"), slice_head(offer->domain, LIMIT_VAR_NAME));
}

static int chan_offer(void *arg, struct tech_call *call, const struct tech_offer *offer,
		      void **owner, struct addr *media_local)
{
	struct slice exten = offer->exten.len ? offer->exten : SLICE_LIT("s");
	const struct tech *tech;
	struct shard *s = arg;
	struct chan *c;
	int cause = chan_check_offer(s, offer, exten);

	if (cause)
		return cause;
	tech = shard_find_tech(s, SLICE_LIT("PJSIP"));
	c = chan_create_for(s, SLICE_EMPTY, tech, &offer->endpoint);
	if (!c)
		return chan_turn_away(s, METRIC_incoming_refused_full, CAUSE_CONGESTION);
	c->session = s->media.ops->open(s->media.impl, &offer->endpoint.media, &chan_media_events,
					c, &c->media_local);
	if (!c->session) {
		chan_discard(c);
		return chan_turn_away(s, METRIC_incoming_refused_full, CAUSE_CONGESTION);
	}
	check(chan_step(c, CHAN_EV_OFFER));
	c->is_incoming = true;
	c->call = call;
	chan_name_call(c);
	c->ami_state = CHAN_AMI_RING;
	s->incoming_free--;
	metric_inc(&s->metrics, METRIC_incoming_accepted);
	chan_dress_incoming(c, offer, exten);
	chan_introduce_incoming(c, offer);
	chan_post(c, CHAN_FACT_START);
	*owner = c;
	*media_local = c->media_local;
	return 0;
}

struct tech_door chan_door(struct shard *s)
{
	return (struct tech_door){.offer = chan_offer, .events = &chan_incoming_events, .arg = s};
}

/* ---- before the answer ---- */

static void chan_take_media(struct chan *c, const struct media_desc *remote)
{
	if (remote->rtp.family)
		chan_set_remote(c, remote);
}

void chan_indicate(struct chan *c, enum tech_indication what)
{
	struct media_desc remote = {0};

	if (chan_is_offered(c) && chan_is_alive(c) &&
	    c->tech->ops->indicate(c->call, what, &remote) == 0)
		chan_take_media(c, &remote);
}

void chan_refuse(struct chan *c, int status)
{
	const struct tech_ops *ops = c->tech->ops;
	int cause;

	if (!chan_is_alive(c) || !chan_is_offered(c) || !ops->refuse_with)
		return;
	cause = ops->refuse_with(c->call, status);
	if (cause)
		chan_request_hangup(c, cause);
}

bool chan_answer(struct chan *c)
{
	struct media_desc remote = {0};

	if (!chan_is_alive(c))
		return false;
	if (!chan_is_offered(c))
		return true;
	if (c->tech->ops->answer(c->call, &remote))
		return false;
	check(chan_step(c, CHAN_EV_ANSWER));
	chan_take_media(c, &remote);
	c->ami_state = CHAN_AMI_UP;
	c->answer_wall_ns = io_wall_ns(c->shard->io);
	c->disposition = CDR_ANSWERED;
	metric_inc(&c->shard->metrics, METRIC_incoming_answered);
	chan_raise_kind(c, EVENT_NEWSTATE);
	return chan_is_alive(c);
}

int chan_import_headers(struct chan *c)
{
	char text[LIMIT_SIP_OUT];
	int err = 0;

	if (c->has_headers || !c->is_incoming || !c->call)
		return 0;
	c->has_headers = true;
	for (uint32_t i = 0; !err; i++) {
		struct sink line = sink_make(text, sizeof(text));

		if (!c->tech->ops->header(c->call, i, &line))
			break;
		if (!line.over)
			err = chan_add_header(c, sink_slice(&line));
	}
	return err;
}
