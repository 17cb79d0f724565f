/* ami/action_channel.c - actions on a channel: Hangup, PJSIPHangup, Getvar, Setvar, Redirect. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/danger.h"
#include "ami/number.h"
#include "ami/place.h"
#include "ami/question.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "ami/walk.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/regex.h"
#include "engine/core/tech_admin.h"

#define GETVAR_VALUE_MAX 1023 /* octets of a Value */
#define CAUSE_MAX	 127

/* ---- Hangup ---- */

/* -1: none given. */
static int hangup_cause(struct ami_session *s, const struct ami_msg *m)
{
	struct slice text = ami_msg_get(m, "Cause");
	int64_t cause;

	if (text.len == 0)
		return -1;
	if (ami_number_leading(text, &cause) && cause >= 0 && cause <= CAUSE_MAX)
		return (int)cause;
	log_notice("AMI session %d: Hangup with Cause '%.*s': not a number from 0 to %d; ignored",
		   s->number, SLICE_ARG(text), CAUSE_MAX);
	return -1;
}

/* PJSIPHangup refuses; the status is what its Cause says. */
static bool hangup_refuse(struct ami_session *s, const struct roster_chan *chan)
{
	const struct tech_admin *a = control_admin(s->ami->control, SLICE_LIT("PJSIP"));

	if (!a || !slice_istarts(chan->snap.name, SLICE_LIT("PJSIP/")))
		return true;
	return control_refuse(s->ami->control, chan,
			      a->ops->refusal(a->impl, ami_msg_get(s->msg, "Cause")));
}

/* False: the channel's shard cannot be told now. */
static bool hangup_one(struct ami_session *s, const struct roster_chan *chan)
{
	if (s->action->fn == ami_do_pjsip_hangup)
		return hangup_refuse(s, chan);
	control_hangup(s->ami->control, chan, hangup_cause(s, s->msg));
	return true;
}

static bool hangup_item(struct ami_session *s, const struct roster_chan *chan)
{
	struct sink out = ami_reply_item(s, "ChannelHungup");

	ami_text_header(&out, "Channel", chan->snap.name);
	ami_reply_action_id(s, &out);
	ami_reply_end(s, &out);
	UNUSED(hangup_one(s, chan));
	return true;
}

static void hangup_end(struct ami_session *s)
{
	struct sink out = ami_reply_list_end(s, "ChannelsHungupListComplete", s->item_count);

	ami_reply_end(s, &out);
}

/* All names are gone through at once, so a pattern may cost each of them little on average. */
struct hangup_search {
	const struct regex *regex;
	uint64_t moves, allowed;
	bool is_over;
};

static bool hangup_pick(void *arg, const struct roster_chan *chan)
{
	struct hangup_search *search = arg;
	struct regex_found found;
	bool fits;

	if (search->is_over)
		return false;
	fits = regex_find(search->regex, chan->snap.name, &found);
	search->moves += found.moves;
	search->allowed += LIMIT_AMI_NAME_MOVES;
	search->is_over = search->moves > search->allowed;
	return fits;
}

/* False: answered. */
static bool hangup_collect(struct ami_session *s, const struct regex *regex)
{
	struct hangup_search search = {.regex = regex,
				       .allowed = UINT64_C(512) * LIMIT_AMI_NAME_MOVES};
	bool taken = ami_walk_collect(s, NULL, hangup_pick, &search);

	if (taken && !search.is_over)
		return true;
	ami_byteq_clear(&s->work);
	if (search.is_over) {
		metric_inc(s->ami->metrics, METRIC_ami_pattern_refused);
		ami_reply_error(s,
				"Regex takes too long for so many channels; write a simpler one");
	} else {
		ami_reply_error(s, "Memory Allocation Failure");
	}
	return false;
}

/* "/regex/": the slashes stand at both ends. */
static enum ami_action_result hangup_matching(struct ami_session *s, struct slice text)
{
	struct regex *regex;
	bool taken;

	if (text.len < 2 || text.ptr[text.len - 1] != '/') {
		ami_reply_error(s, "Regex format invalid, Channel param should be /regex/");
		return AMI_ACTION_DONE;
	}
	text = slice_make(text.ptr + 1, text.len - 2);
	if (regex_compile(&regex, text)) {
		ami_reply_error(s, "Regex compile failed on: %.*s", SLICE_ARG(text));
		return AMI_ACTION_DONE;
	}
	taken = hangup_collect(s, regex);
	regex_free(regex);
	if (!taken)
		return AMI_ACTION_DONE;
	ami_reply_list(s, "Channels hung up will follow");
	ami_walk_run(s, hangup_item, hangup_end);
	return AMI_ACTION_OPEN;
}

enum ami_action_result ami_do_hangup(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Channel");
	const struct roster_chan *chan;

	if (name.ptr[0] == '/')
		return hangup_matching(s, name);
	chan = control_find_chan(s->ami->control, name);
	if (!chan) {
		ami_reply_error(s, "No such channel");
		return AMI_ACTION_DONE;
	}
	if (hangup_one(s, chan))
		ami_reply_ack(s, "Channel Hungup");
	else
		ami_reply_error(s, "Unable to queue the hangup");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_pjsip_hangup(struct ami_session *s, const struct ami_msg *m)
{
	return ami_do_hangup(s, m);
}

/* ---- Getvar, Setvar ---- */

/* The channel that the request names; true with *chan NULL if it names none. False: answered. */
static bool channel_find(struct ami_session *s, const struct ami_msg *m,
			 const struct roster_chan **chan)
{
	struct slice name = ami_msg_get(m, "Channel");

	*chan = NULL;
	if (name.len == 0)
		return true;
	*chan = control_find_chan(s->ami->control, name);
	if (*chan)
		return true;
	ami_reply_error(s, "No such channel");
	return false;
}

static void getvar_reply(struct ami_session *s, struct slice value)
{
	struct sink out = ami_reply_begin(s, "Success");

	ami_text_header(&out, "Variable", ami_msg_get(s->msg, "Variable"));
	ami_text_header(&out, "Value", slice_head(value, GETVAR_VALUE_MAX));
	ami_reply_end(s, &out);
}

/* No value may also mean that the channel ended while we asked. */
static void getvar_answered(struct ami_session *s, bool ok, struct slice value)
{
	const struct roster_chan *chan;

	if (ok || channel_find(s, s->msg, &chan))
		getvar_reply(s, ok ? value : SLICE_EMPTY);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

enum ami_action_result ami_do_getvar(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Variable");
	const struct roster_chan *chan;

	if (!(s->write & AMI_CLASS_SYSTEM) && ami_danger_in_variable(name)) {
		ami_reply_error(s, "GetVar Access Forbidden: Variable");
		return AMI_ACTION_DONE;
	}
	if (!channel_find(s, m, &chan))
		return AMI_ACTION_DONE;
	ami_ask_var(s, chan, name, getvar_answered);
	return AMI_ACTION_OPEN;
}

static void setvar_answered(struct ami_session *s, bool ok, struct slice value)
{
	const struct roster_chan *chan;

	(void)value;
	if (ok)
		ami_reply_ack(s, "Variable Set");
	else if (channel_find(s, s->msg, &chan))
		ami_reply_error(s, "Variable not set");
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

enum ami_action_result ami_do_setvar(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Variable");
	const struct roster_chan *chan;

	if (!channel_find(s, m, &chan))
		return AMI_ACTION_DONE;
	ami_ask_set(s, chan, name, ami_msg_get(m, "Value"), setvar_answered);
	return AMI_ACTION_OPEN;
}

/* ---- Redirect ---- */

struct redirect_target {
	struct slice context, exten;
	int64_t priority;
};

static bool redirect_priority(struct ami_session *s, struct redirect_target *t, struct slice text,
			      const char *message)
{
	if (ami_place_priority(s->ami, t->context, t->exten, text, &t->priority) &&
	    t->priority >= 1)
		return true;
	ami_reply_error(s, "%s", message);
	return false;
}

static bool redirect_read(struct ami_session *s, const struct ami_msg *m, struct redirect_target *t)
{
	t->context = ami_msg_get(m, "Context");
	t->exten = ami_msg_get(m, "Exten");
	return redirect_priority(s, t, ami_msg_get(m, "Priority"), "Priority is invalid");
}

/* Without ExtraContext both go to the first place. */
static bool redirect_read_extra(struct ami_session *s, const struct ami_msg *m,
				struct redirect_target *t, const struct redirect_target *first)
{
	struct slice priority = ami_msg_get(m, "ExtraPriority");

	*t = *first;
	if (ami_msg_get(m, "ExtraChannel").len == 0 || ami_msg_get(m, "ExtraContext").len == 0)
		return true;
	t->context = ami_msg_get(m, "ExtraContext");
	t->exten = ami_msg_get(m, "ExtraExten");
	if (t->exten.len == 0) {
		ami_reply_error(s, "ExtraExten not specified");
		return false;
	}
	if (priority.len == 0) {
		ami_reply_error(s, "ExtraPriority not specified");
		return false;
	}
	return redirect_priority(s, t, priority, "ExtraPriority is invalid");
}

/* NULL: answered. */
static const struct roster_chan *redirect_chan(struct ami_session *s, struct slice name,
					       const char *what, const char *what_not_up)
{
	const struct roster_chan *chan = control_find_chan(s->ami->control, name);

	if (!chan)
		ami_reply_error(s, "%s does not exist: %.*s", what, SLICE_ARG(name));
	else if (chan->is_ending)
		ami_reply_error(s, "Redirect failed, %s not up.", what_not_up);
	else
		return chan;
	return NULL;
}

static bool redirect_go(struct ami_session *s, const struct roster_chan *chan,
			const struct redirect_target *t)
{
	return control_redirect(s->ami->control, chan, t->context, t->exten, (int32_t)t->priority);
}

enum ami_action_result ami_do_redirect(struct ami_session *s, const struct ami_msg *m)
{
	struct slice extra_name = ami_msg_get(m, "ExtraChannel");
	const struct roster_chan *chan, *extra = NULL;
	struct redirect_target first, second;

	if (!redirect_read(s, m, &first) || !redirect_read_extra(s, m, &second, &first))
		return AMI_ACTION_DONE;
	chan = redirect_chan(s, ami_msg_get(m, "Channel"), "Channel", "channel");
	if (!chan)
		return AMI_ACTION_DONE;
	if (extra_name.len) {
		extra = redirect_chan(s, extra_name, "ExtraChannel", "extra channel");
		if (!extra)
			return AMI_ACTION_DONE;
	}
	if (!redirect_go(s, chan, &first))
		ami_reply_error(s, "Redirect failed");
	else if (extra && !redirect_go(s, extra, &second))
		ami_reply_error(s, "Secondary redirect failed");
	else
		ami_reply_ack(s, extra ? "Dual Redirect successful" : "Redirect successful");
	return AMI_ACTION_DONE;
}
