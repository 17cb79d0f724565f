/* engine/core/app_call.c - applications on the call itself: Answer, Hangup, Wait, Progress,
 * Ringing, Proceeding, Busy, Congestion, Echo, PlayTones, StopPlayTones. */
#include "engine/core/app_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/cause.h"

/* Names that Hangup takes instead of a number. */
static const struct {
	const char *name;
	int cause;
} cause_names[] = {
	{"UNALLOCATED", 1},
	{"NO_ROUTE_TRANSIT_NET", 2},
	{"NO_ROUTE_DESTINATION", 3},
	{"MISDIALLED_TRUNK_PREFIX", 5},
	{"CHANNEL_UNACCEPTABLE", 6},
	{"CALL_AWARDED_DELIVERED", 7},
	{"PRE_EMPTED", 8},
	{"NUMBER_PORTED_NOT_HERE", 14},
	{"NORMAL_CLEARING", 16},
	{"USER_BUSY", 17},
	{"NO_USER_RESPONSE", 18},
	{"NO_ANSWER", 19},
	{"SUBSCRIBER_ABSENT", 20},
	{"CALL_REJECTED", 21},
	{"NUMBER_CHANGED", 22},
	{"REDIRECTED_TO_NEW_DESTINATION", 23},
	{"ANSWERED_ELSEWHERE", 26},
	{"DESTINATION_OUT_OF_ORDER", 27},
	{"INVALID_NUMBER_FORMAT", 28},
	{"FACILITY_REJECTED", 29},
	{"RESPONSE_TO_STATUS_ENQUIRY", 30},
	{"NORMAL_UNSPECIFIED", 31},
	{"NORMAL_CIRCUIT_CONGESTION", 34},
	{"NETWORK_OUT_OF_ORDER", 38},
	{"NORMAL_TEMPORARY_FAILURE", 41},
	{"SWITCH_CONGESTION", 42},
	{"ACCESS_INFO_DISCARDED", 43},
	{"REQUESTED_CHAN_UNAVAIL", 44},
	{"FACILITY_NOT_SUBSCRIBED", 50},
	{"OUTGOING_CALL_BARRED", 52},
	{"INCOMING_CALL_BARRED", 54},
	{"BEARERCAPABILITY_NOTAUTH", 57},
	{"BEARERCAPABILITY_NOTAVAIL", 58},
	{"BEARERCAPABILITY_NOTIMPL", 65},
	{"CHAN_NOT_IMPLEMENTED", 66},
	{"FACILITY_NOT_IMPLEMENTED", 69},
	{"INVALID_CALL_REFERENCE", 81},
	{"INCOMPATIBLE_DESTINATION", 88},
	{"INVALID_MSG_UNSPECIFIED", 95},
	{"MANDATORY_IE_MISSING", 96},
	{"MESSAGE_TYPE_NONEXIST", 97},
	{"WRONG_MESSAGE", 98},
	{"IE_NONEXIST", 99},
	{"INVALID_IE_CONTENTS", 100},
	{"WRONG_CALL_STATE", 101},
	{"RECOVERY_ON_TIMER_EXPIRE", 102},
	{"MANDATORY_IE_LENGTH_ERROR", 103},
	{"PROTOCOL_ERROR", 111},
	{"INTERWORKING", 127},
};

/* 0: neither a number nor a name. */
static int parse_cause(struct slice text)
{
	uint64_t n;

	if (slice_u64(text, 127, &n))
		return (int)n;
	for (size_t i = 0; i < ARRAY_COUNT(cause_names); i++)
		if (slice_ieq(text, slice_str(cause_names[i].name)))
			return cause_names[i].cause;
	return 0;
}

static enum app_result hangup_start(struct app_call *call)
{
	struct slice text = slice_trim(app_data(call));
	int cause = parse_cause(text);

	if (cause == 0 && !slice_is_empty(text))
		log_warning("Invalid cause given to Hangup(): \"%s\"", call->data);
	chan_hangup(call->c, cause);
	return APP_HANGUP;
}

/* So long the dialplan waits for the caller's audio, so that what it plays first is heard. */
#define ANSWER_MEDIA_NS (500 * TMR_MS)
#define ANSWER_LOOK_NS	(20 * TMR_MS)

/* Answer([delay ms][,i]). Only a call that came in can be answered; what is up stays up. */
static enum app_result answer_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct pbx_answer *a = &call->p->u.answer;
	bool was_offered = chan_is_offered(c);
	struct slice part[2];
	uint64_t ms = 0;

	args_split(call->data, call->len, ',', part, 2);
	if (!chan_answer(c))
		return APP_HANGUP;
	if (!was_offered || slice_find(part[1], 'i') != SIZE_MAX)
		return APP_NEXT;
	if (!slice_is_empty(part[0]) && !slice_u64(slice_trim(part[0]), 3600000, &ms))
		log_warning("Answer: '%.*s' is no delay in milliseconds", SLICE_ARG(part[0]));
	a->least_ns = chan_now_ns(c) + (int64_t)ms * TMR_MS;
	a->most_ns = chan_now_ns(c) + ANSWER_MEDIA_NS;
	if (a->most_ns < a->least_ns)
		a->most_ns = a->least_ns;
	chan_step_timer(c, chan_now_ns(c) + ANSWER_LOOK_NS);
	return APP_WAIT;
}

static bool answer_has_media(const struct chan *c)
{
	struct media_stats stats;

	if (!c->session)
		return true;
	c->media->ops->stats(c->session, &stats);
	return stats.rx_packets > 0;
}

static enum app_result answer_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				    int number)
{
	int64_t now = chan_now_ns(c);

	UNUSED(number);
	if (kind != PBX_TIMER)
		return APP_WAIT;
	if (now >= p->u.answer.most_ns || (now >= p->u.answer.least_ns && answer_has_media(c)))
		return APP_NEXT;
	chan_step_timer(c, now + ANSWER_LOOK_NS);
	return APP_WAIT;
}

/* What a caller is shown before the answer; an outgoing leg has nobody to show it to. */
static enum app_result ringing_start(struct app_call *call)
{
	chan_indicate(call->c, TECH_RINGING);
	return APP_NEXT;
}

static enum app_result progress_start(struct app_call *call)
{
	chan_indicate(call->c, TECH_PROGRESS);
	return APP_NEXT;
}

/* A caller was told by 100 already that somebody works on the call. */
static enum app_result proceeding_start(struct app_call *call)
{
	UNUSED(call);
	return APP_NEXT;
}

static enum app_result wait_start(struct app_call *call)
{
	struct chan *c = call->c;
	struct slice text = slice_trim(app_data(call));
	int64_t ns = 0;

	if (!slice_is_empty(text) && !args_seconds(text, &ns))
		log_warning("Wait passed invalid duration '%s'; give seconds, like 1.5",
			    call->data);
	if (ns <= 0)
		return APP_NEXT;
	if (!chan_is_alive(c))
		return APP_HANGUP;
	chan_step_timer(c, chan_now_ns(c) + ns);
	return APP_WAIT;
}

static enum app_result wait_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				  int number)
{
	UNUSED(c);
	UNUSED(p);
	UNUSED(number);
	return kind == PBX_TIMER ? APP_NEXT : APP_WAIT;
}

/* Busy and Congestion: a tone until the time is over (or for ever), then the end. */
static enum app_result tone_start(struct app_call *call, const char *tone, int cause)
{
	struct chan *c = call->c;
	int64_t ns = 0;

	if (!chan_is_alive(c))
		return APP_HANGUP;
	if (chan_is_offered(c)) { /* the caller's own exchange plays the tone */
		chan_hangup(c, cause);
		return APP_HANGUP;
	}
	c->cause = cause;
	if (c->session)
		c->media->ops->tone(c->session, slice_str(tone));
	if (args_seconds(app_data(call), &ns) && ns > 0)
		chan_step_timer(c, chan_now_ns(c) + ns);
	return APP_WAIT;
}

static enum app_result tone_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				  int number)
{
	UNUSED(p);
	UNUSED(number);
	if (kind != PBX_TIMER)
		return APP_WAIT;
	pbx_stop_media(c);
	return APP_HANGUP;
}

static enum app_result busy_start(struct app_call *call)
{
	return tone_start(call, "busy", CAUSE_BUSY);
}

static enum app_result congestion_start(struct app_call *call)
{
	return tone_start(call, "congestion", CAUSE_CONGESTION);
}

static enum app_result echo_start(struct app_call *call)
{
	struct chan *c = call->c;

	if (!chan_is_alive(c) || !c->session)
		return APP_HANGUP;
	c->media->ops->echo(c->session, true);
	return APP_WAIT;
}

static enum app_result echo_event(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				  int number)
{
	UNUSED(p);
	if (kind != PBX_DIGIT || number != '#')
		return APP_WAIT;
	c->media->ops->echo(c->session, false);
	return APP_NEXT;
}

static enum app_result playtones_start(struct app_call *call)
{
	struct chan *c = call->c;

	if (c->session && !c->media->ops->tone(c->session, slice_trim(app_data(call))))
		log_warning("Unable to start playtones: '%s' is no tone known here", call->data);
	return APP_NEXT;
}

static enum app_result stopplaytones_start(struct app_call *call)
{
	if (call->c->session)
		call->c->media->ops->stop(call->c->session);
	return APP_NEXT;
}

const struct app app_answer = {"Answer", "Answer a channel if ringing.", answer_start, answer_event,
			       0};
const struct app app_hangup = {"Hangup", "Hang up the calling channel.", hangup_start, 0, 0};
const struct app app_progress = {"Progress", "Indicate progress.", progress_start, 0, 0};
const struct app app_ringing = {"Ringing", "Indicate ringing tone.", ringing_start, 0, 0};
const struct app app_proceeding = {"Proceeding", "Indicate proceeding.", proceeding_start, 0, 0};
const struct app app_wait = {"Wait", "Waits for some time.", wait_start, wait_event, 0};
const struct app app_busy = {"Busy", "Indicate the Busy condition.", busy_start, tone_event, 0};
const struct app app_congestion = {"Congestion", "Indicate the Congestion condition.",
				   congestion_start, tone_event, 0};
const struct app app_echo = {"Echo", "Echo media, DTMF back to the calling party.", echo_start,
			     echo_event, 0};
const struct app app_playtones = {"PlayTones", "Play a tone list.", playtones_start, 0, 0};
const struct app app_stopplaytones = {"StopPlayTones", "Stop playing a tone list.",
				      stopplaytones_start, 0, 0};
