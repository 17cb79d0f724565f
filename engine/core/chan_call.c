/* Placing a call: from the packed originate to ringing, early media, answer. chan.h */
#include "engine/core/chan_internal.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/log.h"
#include "engine/core/cause.h"
#include "engine/core/func.h"
#include "engine/core/pbx_internal.h"

#include <errno.h>
#include <string.h>

#define DIGIT_FLASH  '!'
#define DIGIT_GAP_MS 250 /* between digits that are sent one behind the other */

/* ---- facts of signalling ---- */

static void chan_raise_dial(struct chan *c, enum event_kind kind, const char *status)
{
	chan_raise_text(c, kind, slice_str(status), SLICE_EMPTY);
}

static void chan_on_ringing(void *owner)
{
	struct chan *c = owner;

	if (!chan_step(c, CHAN_EV_RING) || c->ami_state == CHAN_AMI_RINGING)
		return;
	c->ami_state = CHAN_AMI_RINGING;
	chan_raise_kind(c, EVENT_NEWSTATE);
	chan_raise_dial(c, EVENT_DIALSTATE, "RINGING");
}

/* The order counts as answered and its dialplan begins, though the far end has not picked up. */
static void chan_take_early_media(struct chan *c)
{
	if (c->dialed)
		return;
	tmr_stop(&c->answer_timer);
	c->answered = true;
	chan_report_dialed(c, ORIGINATE_ANSWERED);
	chan_post(c, CHAN_FACT_START);
}

void chan_set_remote(struct chan *c, const struct media_desc *remote)
{
	if (!remote || !c->session)
		return;
	c->media->ops->set_remote(c->session, remote);
	c->media_remote = remote->rtp;
}

static void chan_on_progress(void *owner, const struct media_desc *remote, bool also_ringing)
{
	struct chan *c = owner;

	if (!chan_step(c, CHAN_EV_MEDIA))
		return;
	chan_set_remote(c, remote);
	if (also_ringing && c->ami_state != CHAN_AMI_RINGING) {
		c->ami_state = CHAN_AMI_RINGING;
		chan_raise_kind(c, EVENT_NEWSTATE);
	}
	chan_raise_dial(c, EVENT_DIALSTATE, "PROGRESS");
	if (c->early_media && remote)
		chan_take_early_media(c);
}

static void chan_on_answered(void *owner, const struct media_desc *remote)
{
	struct chan *c = owner;

	if (!chan_step(c, CHAN_EV_ANSWER))
		return;
	if (!FAULT(timer_not_stopped))
		tmr_stop(&c->answer_timer);
	chan_set_remote(c, remote);
	c->ami_state = CHAN_AMI_UP;
	c->answer_wall_ns = io_wall_ns(c->shard->io);
	c->disposition = CDR_ANSWERED;
	chan_raise_kind(c, EVENT_NEWSTATE);
	chan_raise_dial(c, EVENT_DIALEND, "ANSWER");
	if (c->dialed)
		return;
	c->answered = true;
	chan_report_dialed(c, ORIGINATE_ANSWERED);
	chan_post(c, CHAN_FACT_START);
}

/* As Asterisk: who is at the far end of a channel is its caller. */
void chan_on_connected(void *owner, struct slice name, struct slice num)
{
	chan_set_caller(owner, name, num);
}

void chan_on_media_changed(void *owner, const struct media_desc *remote, bool held)
{
	struct chan *c = owner;

	chan_set_remote(c, remote);
	if (held != c->held) {
		c->held = held;
		chan_raise_kind(c, held ? EVENT_HOLD : EVENT_UNHOLD);
	}
}

/* A hook flash is an event of its own, once. */
static void chan_raise_digit(struct chan *c, enum event_kind kind, char digit,
			     const char *direction, uint32_t duration_ms)
{
	struct event e;

	if (digit == DIGIT_FLASH) {
		if (kind == EVENT_DTMFEND && direction[0] == 'R')
			chan_raise_kind(c, EVENT_FLASH);
		return;
	}
	chan_event_init(c, &e, kind);
	e.text[0] = slice_make(&digit, 1);
	e.text[1] = slice_str(direction);
	e.number[0] = (int32_t)duration_ms;
	chan_raise(c, &e);
}

static void chan_take_digit(struct chan *c, char digit)
{
	if (!c->pbx || c->digit_count == CHAN_DIGITS || digit == DIGIT_FLASH)
		return;
	c->digits[c->digit_count++] = digit;
	chan_post(c, CHAN_FACT_DIGIT);
}

void chan_on_info_digit(void *owner, char digit, uint32_t duration_ms)
{
	chan_raise_digit(owner, EVENT_DTMFBEGIN, digit, "Received", 0);
	chan_raise_digit(owner, EVENT_DTMFEND, digit, "Received", duration_ms);
	chan_take_digit(owner, digit);
}

void chan_receive_digit(struct chan *c, char digit, uint32_t duration_ms)
{
	chan_on_info_digit(c, digit, duration_ms);
}

bool chan_send_digit(struct chan *c, char digit, uint32_t duration_ms)
{
	if (c->session &&
	    c->media->ops->send_dtmf(c->session, slice_make(&digit, 1), DIGIT_GAP_MS, duration_ms))
		return true;
	if (!c->call || !c->tech->ops->send_digit ||
	    c->tech->ops->send_digit(c->call, digit, duration_ms) != 0)
		return false;
	chan_raise_digit(c, EVENT_DTMFBEGIN, digit, "Sent", 0);
	chan_raise_digit(c, EVENT_DTMFEND, digit, "Sent", duration_ms);
	return true;
}

int chan_send_text(struct chan *c, struct slice content_type, struct slice text)
{
	if (!c->call)
		return -ENOTCONN;
	if (!c->tech->ops->send_text)
		return -ENOTSUP;
	return c->tech->ops->send_text(c->call, content_type, text);
}

int chan_notify(struct chan *c, const struct notify_text *text)
{
	if (!c->call)
		return -ENOTCONN;
	if (!c->tech->ops->notify)
		return -ENOTSUP;
	return c->tech->ops->notify(c->call, text);
}

static enum cdr_disposition chan_disposition_of(enum dial_status status)
{
	switch (status) {
	case DIAL_STATUS_BUSY:
		return CDR_BUSY;
	case DIAL_STATUS_CONGESTION:
		return CDR_CONGESTION;
	case DIAL_STATUS_CHANUNAVAIL:
		return CDR_FAILED;
	default:
		return CDR_NO_ANSWER;
	}
}

struct slice chan_response(const struct chan *c)
{
	if (!c->call)
		return c->response;
	return c->tech->ops->response ? c->tech->ops->response(c->call) : SLICE_EMPTY;
}

static void chan_on_ended(void *owner, const struct tech_end *end)
{
	struct chan *c = owner;
	enum dial_status status = cause_dial_end((unsigned)end->cause);

	/* The far end's word counts, also if our time runs out in the same turn. */
	tmr_stop(&c->answer_timer);
	if (c->pbx && pbx_exists(c, slice_str(c->context), SLICE_LIT("h"), 1))
		c->response = chan_dup(c, chan_response(c));
	c->call = NULL;
	c->cause = end->cause;
	c->tech_code = end->tech_code;
	c->is_reported = end->is_reported;
	c->far_end_hung_up = true;
	chan_raise_numbers(c, EVENT_HANGUPREQUEST, c->cause, c->tech_code);
	if (FAULT(event_order))
		chan_raise_numbers(c, EVENT_HANGUP, c->cause, c->tech_code);
	if (c->state != CHAN_UP) {
		c->disposition = chan_disposition_of(status);
		chan_raise_dial(c, EVENT_DIALEND, dial_status_name(status));
	}
	chan_post(c, CHAN_FACT_HANGUP);
}

const struct tech_events chan_tech_events = {
	.ringing = chan_on_ringing,
	.progress = chan_on_progress,
	.answered = chan_on_answered,
	.media_changed = chan_on_media_changed,
	.connected = chan_on_connected,
	.dtmf = chan_on_info_digit,
	.refer = chan_on_refer,
	.transferred = chan_on_transferred,
	.replaced = chan_on_replaced,
	.ended = chan_on_ended,
};

/* ---- facts of media ---- */

static void chan_on_played(void *owner, enum media_end how)
{
	struct chan *c = owner;

	c->played_how = (int)how;
	chan_post(c, CHAN_FACT_PLAYED);
}

static void chan_on_dtmf_begin(void *owner, char digit)
{
	chan_raise_digit(owner, EVENT_DTMFBEGIN, digit, "Received", 0);
}

static void chan_on_dtmf_end(void *owner, char digit, uint32_t duration_ms)
{
	chan_raise_digit(owner, EVENT_DTMFEND, digit, "Received", duration_ms);
	chan_take_digit(owner, digit);
}

static void chan_on_dtmf_sent(void *owner)
{
	chan_post(owner, CHAN_FACT_DTMF_SENT);
}

static void chan_on_dtmf_out(void *owner, char digit, uint32_t duration_ms)
{
	chan_raise_digit(owner, duration_ms ? EVENT_DTMFEND : EVENT_DTMFBEGIN, digit, "Sent",
			 duration_ms);
}

/* rtp_timeout: cause 44, as if the far end had gone. */
static void chan_on_silent(void *owner)
{
	chan_request_hangup(owner, CAUSE_CHANNEL_UNAVAILABLE);
}

static void chan_on_rtcp(void *owner, bool is_sent, struct slice lines)
{
	chan_raise_text(owner, is_sent ? EVENT_RTCPSENT : EVENT_RTCPRECEIVED, lines, SLICE_EMPTY);
}

const struct media_events chan_media_events = {
	.played = chan_on_played,
	.dtmf_begin = chan_on_dtmf_begin,
	.dtmf_end = chan_on_dtmf_end,
	.dtmf_sent = chan_on_dtmf_sent,
	.dtmf_out = chan_on_dtmf_out,
	.silent = chan_on_silent,
	.rtcp = chan_on_rtcp,
};

/* ---- originate ---- */

static void chan_set_one(struct chan *c, struct slice name, struct slice value)
{
	int err = func_is_call(name) ? func_write(c, name, value) : chan_set_var(c, name, value);

	if (err && !c->guarded)
		log_call(LOG_LEVEL_WARNING, 0, c->name.ptr, "%.*s could not be set: %s",
			 SLICE_ARG(name), strerror(-err));
}

void chan_set_endpoint_vars(struct chan *c, const struct tech_endpoint *e)
{
	for (uint32_t i = 0; i < e->set_var_count; i++) {
		struct slice text = e->set_vars[i];
		size_t at = slice_find(text, '=');

		if (at != SIZE_MAX)
			chan_set_one(c, slice_head(text, at), slice_from(text, at + 1));
	}
}

static void chan_set_vars(struct chan *c, const struct tech_endpoint *e, const struct originate *o)
{
	chan_set_endpoint_vars(c, e);
	for (uint32_t i = 0; i < o->var_count; i++) {
		c->guarded = originate_is_guarded(o, i);
		chan_set_one(c, o->vars[i].name, o->vars[i].value);
	}
	c->guarded = false;
}

/* The events of an outgoing leg in their order (ami-events.md 8.1). */
static void chan_introduce(struct chan *c, const struct tech_endpoint *e, const struct originate *o)
{
	chan_raise_kind(c, EVENT_NEWCHANNEL);
	chan_set_app(c, SLICE_LIT("AppDial2"), SLICE_LIT("(Outgoing Line)"));
	chan_set_vars(c, e, o);
	if (o->account.len > 0)
		chan_set_account(c, o->account);
	if (o->has_cid) {
		chan_set_caller(c, o->cid_name, o->cid_num);
		chan_set_connected(c, o->cid_name, o->cid_num);
	}
	chan_raise_text(c, EVENT_DIALBEGIN, o->resource, SLICE_EMPTY);
}

static struct codec_list chan_offer(const struct chan *c, const struct originate *o)
{
	struct codec_list wanted = {0};

	codec_list_allow(&wanted, o->codecs);
	return codec_list_offer(&wanted, &c->allow);
}

static int64_t chan_timeout_ns(const struct originate *o)
{
	return (o->timeout_ms < LIMIT_TIMEOUT_MS ? o->timeout_ms : LIMIT_TIMEOUT_MS) * TMR_MS;
}

static void chan_dial(struct chan *c, const struct tech_endpoint *e, const struct originate *o)
{
	struct tech_dial dial = {
		.endpoint = e,
		.resource = o->resource,
		.cid_name = c->cid_name,
		.cid_num = c->cid_num,
		.cid_hidden = c->cid_hidden,
		.media_local = c->media_local,
		.offer = chan_offer(c, o),
		.headers = c->headers,
		.header_count = c->header_count,
		.diversion = c->diversion,
	};
	int error = 0;

	check(chan_step(c, CHAN_EV_DIAL));
	metric_inc(&c->shard->metrics, METRIC_attempt_started);
	if (o->timeout_ms > 0)
		tmr_start(&c->answer_timer, chan_now_ns(c) + chan_timeout_ns(o));
	c->call = c->tech->ops->dial(c->tech->impl, &dial, &chan_tech_events, c, &error);
	if (c->call) {
		chan_name_call(c);
		return;
	}
	log_call(LOG_LEVEL_WARNING, 0, c->name.ptr, "Could not dial %.*s/%.*s: error %d",
		 SLICE_ARG(o->tech), SLICE_ARG(o->resource), -error);
	c->disposition = CDR_FAILED;
	c->cause = error == -EHOSTUNREACH ? CAUSE_NO_ROUTE : CAUSE_SWITCH_CONGESTION;
	chan_fail(c, ORIGINATE_FAILURE);
}

/* What an originated channel keeps of its order. */
static bool chan_take_order(struct chan *c, const struct originate *o, struct slice packed)
{
	c->order_id = o->id;
	c->attempt_no = o->attempt_no;
	c->early_media = o->early_media && o->app.len == 0;
	c->has_order = true;
	c->order = chan_dup(c, packed);
	return c->order.ptr != NULL;
}

static int chan_find_endpoint(struct shard *s, const struct originate *o, const struct tech **tech,
			      struct tech_endpoint *endpoint)
{
	*tech = shard_find_tech(s, o->tech);
	if (!*tech) {
		log_warning("No channel type registered for '%.*s'", SLICE_ARG(o->tech));
		return -ENOENT;
	}
	return (*tech)->ops->find((*tech)->impl, o->resource, endpoint);
}

/* The trunk can take no calls: true, and nobody hears of this attempt. */
static bool chan_goes_back(struct shard *s, const struct originate *o, const struct tech *tech,
			   const struct tech_endpoint *endpoint)
{
	struct tech_hold hold = {0};

	if (FAULT(held_burnt) || !tech->ops->is_held ||
	    !tech->ops->is_held(tech->impl, o->resource, endpoint, &hold))
		return false;
	metric_inc(&s->metrics, METRIC_attempt_put_back);
	shard_put_back(s, o->id, &hold);
	return true;
}

struct chan *chan_create_for(struct shard *s, struct slice uniqueid, const struct tech *tech,
			     const struct tech_endpoint *endpoint)
{
	char prefix_text[LIMIT_NAME];
	struct sink prefix = sink_make(prefix_text, sizeof(prefix_text));
	struct chan *c;

	sink_add(&prefix, slice_str(tech->ops->name));
	sink_char(&prefix, '/');
	sink_add(&prefix, slice_head(endpoint->name, LIMIT_NAME - 20));
	c = chan_new(s, sink_slice(&prefix), uniqueid);
	if (!c)
		return NULL;
	c->tech = tech;
	c->endpoint = chan_dup(c, endpoint->name);
	c->allow = endpoint->allow;
	c->media = &s->media;
	if (endpoint->language.len > 0)
		chan_set_text(c, CHAN_LANGUAGE, endpoint->language);
	if (endpoint->account.len > 0)
		chan_set_text(c, CHAN_ACCOUNT, endpoint->account);
	chan_set_place(c, endpoint->context, SLICE_LIT("s"), 1);
	slice_copy(c->dcontext, sizeof(c->dcontext), endpoint->context);
	slice_copy(c->dst, sizeof(c->dst), SLICE_LIT("s"));
	return c;
}

void chan_originate(struct shard *s, struct slice packed)
{
	struct tech_endpoint endpoint = {0};
	const struct tech *tech = NULL;
	struct originate o;
	struct chan *c;

	if (NEVER(!originate_unpack(packed.ptr, packed.len, &o)))
		return;
	if (chan_find_endpoint(s, &o, &tech, &endpoint) != 0) {
		chan_report_nothing(s, &o, CAUSE_NONE);
		return;
	}
	if (chan_goes_back(s, &o, tech, &endpoint))
		return;
	c = chan_create_for(s, o.channel_id, tech, &endpoint);
	if (!c || !chan_take_order(c, &o, packed)) {
		if (c)
			chan_discard(c);
		chan_report_nothing(s, &o, CAUSE_SWITCH_CONGESTION);
		return;
	}
	c->session = s->media.ops->open(s->media.impl, &endpoint.media, &chan_media_events, c,
					&c->media_local);
	if (!c->session) {
		chan_discard(c);
		chan_report_nothing(s, &o, CAUSE_CHANNEL_UNAVAILABLE);
		return;
	}
	chan_introduce(c, &endpoint, &o);
	chan_dial(c, &endpoint, &o);
}
