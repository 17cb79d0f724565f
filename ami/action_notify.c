/* ami/action_notify.c - NOTIFY and what belongs to it (ami.md 3.11): the lists of subscriptions and
 * of lists of resources. Ringer keeps no subscriptions, so they are those of an Asterisk that
 * nobody has subscribed to. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "engine/base/check.h"

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
