/* ami/action_notify.c - NOTIFY and what belongs to it (ami.md 3.11): the lists of subscriptions and
 * of lists of resources. Ringer keeps no subscriptions, so they are those of an Asterisk that
 * nobody has subscribed to. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/question.h"
#include "ami/reply.h"
#include "ami/varlist.h"
#include "engine/base/check.h"
#include "engine/core/tech_admin.h"

#include <errno.h>

#define ONE_SAYING                                                                                 \
	"PJSIPNotify requires either an Option or Variable(s)."                                    \
	"You must use only one of them."
#define ONE_PEER                                                                                   \
	"PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.  "                 \
	"You must use only one of them."
#define NO_PEER "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel."
#define NO_OUTBOUND                                                                                \
	"No default outbound endpoint set, can not send NOTIFY requests to arbitrary URIs"
#define NO_CHANNEL "Channel not found"
#define NOT_NOW	   "Unable to push Notify task"
#define SENT	   "NOTIFY sent"

/* ---- PJSIPNotify ---- */

static const struct tech_admin *notify_admin(const struct ami_session *s)
{
	return control_admin(s->ami->control, SLICE_LIT("PJSIP"));
}

static int notify_read_pairs(struct ami_session *s, const struct ami_msg *m,
			     struct notify_pair pairs[LIMIT_ORDER_VARS], uint32_t *count)
{
	struct sink room = sink_make(s->ami->body_text, LIMIT_AMI_MESSAGE);
	struct originate_var vars[LIMIT_ORDER_VARS];
	int err = ami_varlist_items(vars, LIMIT_ORDER_VARS, count, m, &room);

	for (uint32_t i = 0; !err && i < *count; i++)
		pairs[i] = (struct notify_pair){vars[i].name, vars[i].value};
	return err;
}

/* What is to be said. False: answered. */
static bool notify_compose(struct ami_session *s, const struct ami_msg *m, struct notify_room *room,
			   struct notify_text *text)
{
	const struct tech_admin *a = notify_admin(s);
	struct slice kind = ami_msg_get(m, "Option");
	struct notify_pair pairs[LIMIT_ORDER_VARS];
	uint32_t count = 0;
	int err = kind.len ? 0 : notify_read_pairs(s, m, pairs, &count);

	if (!err && a)
		err = a->ops->notify_write(a->impl, kind, pairs, count, room, text);
	if (!a)
		ami_reply_error(s, "PJSIP is not loaded");
	else if (err == -ENOENT)
		ami_reply_error(s, "Unable to find notify type '%.*s'", SLICE_ARG(kind));
	else if (err)
		ami_reply_error(s,
				"NOTIFY too large: %d octets of headers, %d of Content, %d "
				"Variables at most",
				LIMIT_NOTIFY_LINES, LIMIT_NOTIFY_BODY, LIMIT_ORDER_VARS);
	return a && err == 0;
}

static void notify_send(struct ami_session *s, enum notify_peer peer, struct slice name,
			const struct notify_text *text)
{
	const struct tech_admin *a = notify_admin(s);

	switch (a->ops->notify(a->impl, peer, name, text)) {
	case 0:
		ami_reply_ack(s, SENT);
		break;
	case -ENOENT:
		ami_reply_error(s, "Unable to retrieve endpoint %.*s", SLICE_ARG(name));
		break;
	case -EDESTADDRREQ:
		ami_reply_error(s, "%s", NO_OUTBOUND);
		break;
	case -EINVAL:
		ami_reply_error(s, "'%.*s' is not a SIP URI", SLICE_ARG(name));
		break;
	default:
		ami_reply_error(s, "%s", NOT_NOW);
	}
}

static void notify_answered(struct ami_session *s, bool ok, struct slice value)
{
	UNUSED(value);
	if (ok)
		ami_reply_ack(s, SENT);
	else
		ami_reply_error(s, "%s", NO_CHANNEL);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

static enum ami_action_result notify_chan(struct ami_session *s, struct slice name,
					  const struct notify_text *text)
{
	const struct roster_chan *chan = control_find_chan(s->ami->control, name);

	if (!chan) {
		ami_reply_error(s, "%s", NO_CHANNEL);
		return AMI_ACTION_DONE;
	}
	ami_ask_notify(s, chan, text, notify_answered);
	return AMI_ACTION_OPEN;
}

static struct slice notify_endpoint_name(const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Endpoint");

	if (slice_istarts(name, SLICE_LIT("sip/")))
		name = slice_from(name, 4);
	return slice_istarts(name, SLICE_LIT("pjsip/")) ? slice_from(name, 6) : name;
}

enum ami_action_result ami_do_pjsip_notify(struct ami_session *s, const struct ami_msg *m)
{
	struct slice uri = ami_msg_get(m, "URI"), chan = ami_msg_get(m, "Channel");
	bool has_endpoint = ami_msg_get(m, "Endpoint").len > 0;
	bool has_kind = ami_msg_get(m, "Option").len > 0;
	int peers = has_endpoint + (uri.len > 0) + (chan.len > 0);
	struct notify_room room;
	struct notify_text text;

	if (has_kind == (ami_msg_get(m, "Variable").len > 0)) {
		ami_reply_error(s, "%s", ONE_SAYING);
		return AMI_ACTION_DONE;
	}
	if (peers != 1) {
		ami_reply_error(s, "%s", peers ? ONE_PEER : NO_PEER);
		return AMI_ACTION_DONE;
	}
	if (!notify_compose(s, m, &room, &text))
		return AMI_ACTION_DONE;
	if (chan.len)
		return notify_chan(s, chan, &text);
	notify_send(s, has_endpoint ? NOTIFY_ENDPOINT : NOTIFY_URI,
		    has_endpoint ? notify_endpoint_name(m) : uri, &text);
	return AMI_ACTION_DONE;
}

/* ---- subscriptions ---- */

static enum ami_action_result notify_empty_list(struct ami_session *s, const char *message,
						const char *complete)
{
	struct sink out;

	ami_reply_list(s, message);
	out = ami_reply_list_end(s, complete, 0);
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_pjsip_subscriptions_inbound(struct ami_session *s,
							  const struct ami_msg *m)
{
	UNUSED(m);
	return notify_empty_list(s, "Following are Events for each inbound Subscription",
				 "InboundSubscriptionDetailComplete");
}

enum ami_action_result ami_do_pjsip_subscriptions_outbound(struct ami_session *s,
							   const struct ami_msg *m)
{
	UNUSED(m);
	return notify_empty_list(s, "Following are Events for each outbound Subscription",
				 "OutboundSubscriptionDetailComplete");
}

enum ami_action_result ami_do_pjsip_resource_lists(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	ami_reply_error(s, "No resource lists found");
	return AMI_ACTION_DONE;
}
