/* engine/core/chan_internal.h - shared by chan.c, chan_call.c, chan_end.c and shard.c only. */
#ifndef RINGER_CORE_CHAN_INTERNAL_H
#define RINGER_CORE_CHAN_INTERNAL_H

#include "engine/core/chan.h"
#include "engine/core/shard.h"

enum chan_event {
	CHAN_EV_DIAL,
	CHAN_EV_OFFER,
	CHAN_EV_RING,
	CHAN_EV_MEDIA,
	CHAN_EV_ANSWER,
	CHAN_EV_END,
	CHAN_EV_DONE,
	CHAN_EVENT_COUNT
};

/* The only place that changes a channel's state. False: the table has no such step (a fact that came
 * too late); nothing happened. */
bool chan_step(struct chan *c, enum chan_event event);
/* A fresh channel with its arena, timers and place. NULL: no slot, or no memory for its names. name_prefix: "PJSIP/trunk". */
struct chan *chan_new(struct shard *s, struct slice name_prefix, struct slice uniqueid);
/* A channel that nobody has heard of yet goes without a trace. */
void chan_discard(struct chan *c);
/* What a channel takes from its endpoint: name, codecs, texts, place. NULL as chan_new. */
struct chan *chan_create_for(struct shard *s, struct slice uniqueid, const struct tech *tech,
			     const struct tech_endpoint *endpoint);
/* Tells the technology what its call is called. */
static inline void chan_name_call(const struct chan *c)
{
	if (c->tech->ops->name_call)
		c->tech->ops->name_call(c->call, c->name);
}
/* Where audio goes; NULL: as before. */
void chan_set_remote(struct chan *c, const struct media_desc *remote);
/* set_var of the endpoint. */
void chan_set_endpoint_vars(struct chan *c, const struct tech_endpoint *e);
/* Facts of signalling that come in both directions. */
void chan_on_media_changed(void *owner, const struct media_desc *remote, bool held);
void chan_on_connected(void *owner, struct slice name, struct slice num);
int chan_on_refer(void *owner, const struct tech_refer *refer);
void chan_on_transferred(void *owner, int code);
void chan_on_replaced(void *owner, struct tech_call *call);
void chan_on_info_digit(void *owner, char digit, uint32_t duration_ms);
/* An incoming call is over and its record on its way. */
void chan_report_incoming_over(struct chan *c);
void chan_post(struct chan *c, enum chan_fact fact);
void chan_raise_kind(struct chan *c, enum event_kind kind);
void chan_raise_numbers(struct chan *c, enum event_kind kind, int a, int b);
void chan_raise_text(struct chan *c, enum event_kind kind, struct slice a, struct slice b);

/* The dialling phase is over without an answer: reports it and ends the channel. */
void chan_fail(struct chan *c, enum originate_reason reason);
/* Record, Hangup, outcome; frees the channel. */
void chan_finish(struct chan *c);
/* Reports the dialling phase (once). */
void chan_report_dialed(struct chan *c, enum originate_reason reason);
/* An order that came to no channel at all. */
void chan_report_nothing(struct shard *s, const struct originate *o, int cause);
extern const struct tech_events chan_tech_events;
extern const struct media_events chan_media_events;

#endif
