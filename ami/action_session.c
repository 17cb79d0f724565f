/* ami/action_session.c - actions about the session itself: Ping, Events, Filter, ListCommands,
 * WaitEvent, UserEvent. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/number.h"
#include "ami/reply.h"
#include "ami/text.h"

#include <errno.h>

enum ami_action_result ami_do_ping(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Success");

	(void)m;
	sink_lit(&out, "Ping: Pong\r\nTimestamp: ");
	ami_text_stamp(&out, io_wall_ns(s->ami->io));
	sink_lit(&out, "\r\n");
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

/* brokeneventsaction: no answer to an error, nor when everything is on. */
enum ami_action_result ami_do_events(struct ami_session *s, const struct ami_msg *m)
{
	struct slice mask = ami_msg_get(m, "EventMask");
	bool broken = s->ami->conf->broken_events_action;
	struct sink out;

	if (mask.len == 0) {
		if (!broken)
			ami_reply_error(s, "Invalid event mask");
		return AMI_ACTION_DONE;
	}
	s->mask = ami_class_parse_mask(mask);
	ami_session_tally(s->ami);
	if (broken && s->mask == AMI_CLASS_ALL)
		return AMI_ACTION_DONE;
	out = ami_reply_begin(s, "Success");
	ami_text_header(&out, "Events", s->mask ? SLICE_LIT("On") : SLICE_LIT("Off"));
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

static const char *filter_fault(int err)
{
	switch (err) {
	case -EINVAL:
		return "Filter did not compile.  Check the syntax of the filter given.";
	case -EBADMSG:
		return "Filter was formatted incorrectly.  Check the syntax of the filter given.";
	case -ENOSPC:
		return "Too many filters: this session has no room for another one";
	default:
		return "Internal Error. Memory allocation failure.";
	}
}

enum ami_action_result ami_do_filter(struct ami_session *s, const struct ami_msg *m)
{
	int err;

	if (!slice_ieq(ami_msg_get(m, "Operation"), SLICE_LIT("Add"))) {
		ami_reply_error(s, "Unknown operation");
		return AMI_ACTION_DONE;
	}
	err = ami_filters_add(&s->filters, ami_msg_get(m, "MatchCriteria"),
			      ami_msg_get(m, "Filter"));
	if (err == -ENOSPC)
		metric_inc(s->ami->metrics, METRIC_ami_filter_refused);
	if (err)
		ami_reply_error(s, "%s", filter_fault(err));
	else
		ami_reply_ack(s, "Success");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_list_commands(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Success");

	(void)m;
	for (const struct ami_action *action = ami_action_after(NULL); action;
	     action = ami_action_after(action)) {
		if (action->classes && !(action->classes & s->write))
			continue;
		sink_fmt(&out, "%s: %s (Priv: ", action->name, action->synopsis);
		ami_class_write(&out, action->classes);
		sink_lit(&out, ")\r\n");
	}
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

/* ---- WaitEvent ---- */

void ami_wait_event_write(struct ami_session *s)
{
	struct sink out;

	ami_reply_ack(s, "Waiting for Event completed.");
	ami_session_release(s);
	out = ami_reply_item(s, "WaitEventComplete");
	ami_reply_action_id(s, &out);
	ami_reply_end(s, &out);
}

static void wait_event_end(struct tmr *t, void *arg)
{
	struct ami_session *s = arg;

	(void)t;
	s->listens = false;
	ami_wait_event_write(s);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

/* Not from within the event that wakes it: others wait for that event, too. */
void ami_wait_event_wake(struct ami_session *s)
{
	ami_session_timer(s, wait_event_end, 0);
}

enum ami_action_result ami_do_wait_event(struct ami_session *s, const struct ami_msg *m)
{
	struct slice text = ami_msg_get(m, "Timeout");
	int64_t timeout_s = -1;

	if (!ami_number_any_base(text, &timeout_s))
		timeout_s = -1;
	s->listens = true;
	if (s->held.len)
		ami_wait_event_wake(s);
	else if (timeout_s >= 0)
		ami_session_timer(s, wait_event_end, timeout_s * TMR_SECOND);
	else
		tmr_stop(&s->timer);
	return AMI_ACTION_OPEN;
}

/* ---- UserEvent ---- */

enum ami_action_result ami_do_user_event(struct ami_session *s, const struct ami_msg *m)
{
	struct ami *a = s->ami;
	struct sink body = sink_make(a->body_text, LIMIT_AMI_MESSAGE);
	struct event e = {.kind = EVENT_USEREVENT, .wall_ns = io_wall_ns(a->io)};

	for (uint32_t i = 0; i < m->line_count; i++) {
		struct slice name, value;

		if (ami_msg_split(m->lines[i], &name, &value) &&
		    (slice_ieq(name, SLICE_LIT("Action")) ||
		     slice_ieq(name, SLICE_LIT("UserEvent"))))
			continue;
		ami_text_value(&body, m->lines[i]);
		sink_lit(&body, "\r\n");
	}
	ami_reply_ack(s, "Event Sent");
	e.text[0] = ami_msg_get(m, "UserEvent");
	e.text[1] = sink_slice(&body);
	control_publish(a->control, &e);
	return AMI_ACTION_DONE;
}
