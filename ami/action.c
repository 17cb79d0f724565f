/* ami/action.c - see action.h. */
#include "ami/action.h"

#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/security.h"
#include "engine/base/log.h"

#include <stdio.h>

#define UNKNOWN_MAX 511 /* octets of the message about an unknown action; it is cut, as in Asterisk */

static bool action_frame_is_good(struct ami_session *s, const struct ami_msg *m)
{
	if (m->status == AMI_FRAME_OK)
		return true;
	metric_add(s->ami->metrics, METRIC_ami_bad_message, 1);
	ami_reply_error(s, m->status == AMI_FRAME_LINE_TOO_LONG
				   ? "Failed to parse message: line too long"
				   : "Too many lines in message or allocation failure");
	return false;
}

static bool action_is_named(struct ami_session *s, struct slice name)
{
	if (name.len)
		return true;
	metric_add(s->ami->metrics, METRIC_ami_bad_message, 1);
	ami_security_event(s, AMI_SECURITY_BAD_FORMAT, SLICE_EMPTY, SLICE_EMPTY);
	ami_reply_error(s, "Missing action in request");
	return false;
}

static bool action_deny(struct ami_session *s, struct slice name)
{
	ami_security_event(s, AMI_SECURITY_NOT_ALLOWED, SLICE_EMPTY, name);
	ami_reply_error(s, "Permission denied");
	return false;
}

static bool action_is_known(struct ami_session *s, const struct ami_action *action,
			    struct slice name)
{
	char text[UNKNOWN_MAX + 1];

	if (action)
		return true;
	ami_security_event(s, AMI_SECURITY_BAD_FORMAT, SLICE_EMPTY, name);
	snprintf(text, sizeof(text),
		 "Invalid/unknown command: %.*s. Use Action: ListCommands to show available "
		 "commands.",
		 SLICE_ARG(name));
	ami_reply_error(s, "%s", text);
	return false;
}

static bool action_is_allowed(struct ami_session *s, const struct ami_action *action,
			      struct slice name)
{
	if (!ami_session_is_ready(s) && !(action && action->before_login))
		return action_deny(s, name);
	if (!action_is_known(s, action, name))
		return false;
	if (action->classes && !(action->classes & s->write) && !action->before_login)
		return action_deny(s, name);
	return true;
}

static bool action_has_needs(struct ami_session *s, const struct ami_action *action,
			     const struct ami_msg *m)
{
	for (int i = 0; i < AMI_ACTION_NEEDS && action->needs[i].header; i++)
		if (ami_msg_get(m, action->needs[i].header).len == 0) {
			ami_reply_error(s, "%s", action->needs[i].message);
			return false;
		}
	return true;
}

static const struct ami_action *action_admit(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_action(m);
	const struct ami_action *action = ami_action_find(name);

	if (!action_frame_is_good(s, m) || !action_is_named(s, name))
		return NULL;
	if (control_is_stopping(s->ami->control)) {
		ami_reply_error(s, "Asterisk is shutting down");
		return NULL;
	}
	if (!action_is_allowed(s, action, name) || !action_has_needs(s, action, m))
		return NULL;
	return action;
}

/* Headers that may hold a secret, by how they begin. */
static bool action_line_is_secret(struct slice name)
{
	return slice_istarts(name, SLICE_LIT("Secret")) || slice_ieq(name, SLICE_LIT("Key")) ||
	       slice_istarts(name, SLICE_LIT("Value"));
}

/* manager.conf debug. */
static void action_log(const struct ami_session *s, const struct ami_msg *m)
{
	struct slice name, value;

	for (uint32_t i = 0; i < m->line_count; i++) {
		if (!ami_msg_split(m->lines[i], &name, &value))
			continue;
		if (action_line_is_secret(name))
			value = SLICE_LIT("<hidden>");
		log_debug("AMI session %d: %.*s: %.*s", s->number, SLICE_ARG(name),
			  SLICE_ARG(value));
	}
}

void ami_action_run(struct ami_session *s)
{
	const struct ami_msg *m = s->msg;

	s->action = action_admit(s, m);
	if (s->ami->debug && s->action)
		action_log(s, m);
	if (!s->action || s->action->fn(s, m) == AMI_ACTION_DONE)
		ami_session_done(s);
}

void ami_action_event(struct ami_session *s)
{
	if (s->listens)
		ami_wait_event_wake(s);
}

void ami_action_input(struct ami_session *s)
{
	if (s->listens)
		ami_wait_event_wake(s);
}
