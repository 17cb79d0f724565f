/* ami/action_originate.c - Originate: checks in the order of ami.md 3.2, then into the queue.
 *
 * What Asterisk has no text for begins with "Originate failed" and says why: a ChannelId that is in
 * use or was within the last minute, a full queue, an order that is too large. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/danger.h"
#include "ami/number.h"
#include "ami/order.h"
#include "ami/place.h"
#include "ami/reply.h"
#include "ami/varlist.h"
#include "engine/core/callerid.h"

#include <errno.h>

#define CHANNEL_MAX    255
#define CHANNEL_ID_MAX (LIMIT_UNIQUEID - 1)

/* One Originate while its headers are read. */
struct originate_draft {
	struct originate order;
	struct callerid caller;
	struct slice channel; /* as written, cut */
	int64_t priority;
	bool async;
};

static bool draft_ids(struct ami_session *s, struct originate_draft *d, const struct ami_msg *m)
{
	d->order.channel_id = ami_msg_get(m, "ChannelId");
	d->order.other_channel_id = ami_msg_get(m, "OtherChannelId");
	if (d->order.channel_id.len <= CHANNEL_ID_MAX &&
	    d->order.other_channel_id.len <= CHANNEL_ID_MAX)
		return true;
	ami_reply_error(s, "Uniqueid length exceeds maximum of %d", CHANNEL_ID_MAX);
	return false;
}

static bool draft_place(struct ami_session *s, struct originate_draft *d, const struct ami_msg *m)
{
	struct slice priority = ami_msg_get(m, "Priority");

	d->channel = slice_head(ami_msg_get(m, "Channel"), CHANNEL_MAX);
	d->order.context = ami_msg_get(m, "Context");
	d->order.exten = ami_msg_get(m, "Exten");
	d->order.app = ami_msg_get(m, "Application");
	d->order.data = ami_msg_get(m, "Data");
	if (d->channel.len == 0) {
		ami_reply_error(s, "Channel not specified");
		return false;
	}
	if (priority.len &&
	    !ami_place_priority(s->ami, d->order.context, d->order.exten, priority, &d->priority)) {
		ami_reply_error(s, "Invalid priority");
		return false;
	}
	d->order.priority = (int32_t)d->priority;
	return true;
}

static bool draft_timeout(struct ami_session *s, struct originate_draft *d, const struct ami_msg *m)
{
	struct slice timeout = ami_msg_get(m, "Timeout");

	if (timeout.len == 0 || ami_number_leading(timeout, &d->order.timeout_ms))
		return true;
	ami_reply_error(s, "Invalid timeout");
	return false;
}

static bool draft_channel(struct ami_session *s, struct originate_draft *d)
{
	size_t slash = slice_find(d->channel, '/');

	if (slash == SIZE_MAX) {
		ami_reply_error(s, "Invalid channel");
		return false;
	}
	d->order.tech = slice_head(d->channel, slash);
	d->order.resource = slice_from(d->channel, slash + 1);
	return true;
}

static bool draft_is_permitted(struct ami_session *s, struct originate_draft *d)
{
	uint32_t needs = d->order.app.len ? ami_danger_application(d->order.app, d->order.data) : 0;

	if (!needs || (s->write & needs))
		return true;
	ami_reply_error(s, "Originate Access Forbidden: app or data blacklisted");
	return false;
}

static bool draft_goes_somewhere(struct ami_session *s, struct originate_draft *d)
{
	if (d->priority && !ami_place_exists(s->ami, d->order.context, d->order.exten, d->priority,
					     d->order.cid_num)) {
		ami_reply_error(s, "Extension does not exist.");
		return false;
	}
	if (d->async || d->order.app.len || d->priority)
		return true;
	ami_reply_error(s, "Originate with 'Exten' requires 'Context' and 'Priority'");
	return false;
}

static void draft_caller(struct originate_draft *d, const struct ami_msg *m)
{
	struct slice text = ami_msg_get(m, "CallerID");

	if (text.len == 0)
		return;
	callerid_parse(&d->caller, text, CALLERID_OF_AMI);
	d->order.has_cid = true;
	d->order.cid_name = callerid_name(&d->caller);
	d->order.cid_num = callerid_number(&d->caller);
}

static void draft_options(struct originate_draft *d, const struct ami_msg *m)
{
	bool has_app = d->order.app.len > 0;

	d->async = slice_is_true(ami_msg_get(m, "Async"));
	d->order.account = ami_msg_get(m, "Account");
	d->order.codecs = ami_msg_get(m, "Codecs");
	d->order.early_media = !has_app && slice_is_true(ami_msg_get(m, "EarlyMedia"));
	d->order.wants_failed = !has_app && d->order.context.len > 0;
}

/* The user's setvar lines, which are the configuration's, then the request's. */
static bool draft_variables(struct ami_session *s, struct originate_draft *d,
			    const struct ami_msg *m)
{
	struct sink room = sink_make(s->ami->body_text, LIMIT_AMI_MESSAGE);
	struct originate *o = &d->order;
	for (uint32_t i = 0; i < s->user->setvar_count; i++)
		o->vars[o->var_count++] = (struct originate_var){
			.name = s->user->setvars[i].name,
			.value = s->user->setvars[i].value,
		};
	if (ami_varlist_read(o, m, &room)) {
		ami_reply_error(s, "Originate failed: more than %d variables", LIMIT_ORDER_VARS);
		return false;
	}
	if (ami_is_guarded(s))
		o->guarded_vars = o->var_count - s->user->setvar_count;
	return true;
}

#define ID_TAKEN "Originate failed: ChannelId is in use or was within the last minute"

static bool draft_id_is_free(struct ami_session *s, const struct originate_draft *d)
{
	struct control *c = s->ami->control;
	struct slice id = d->order.channel_id, other = d->order.other_channel_id;

	if ((id.len == 0 || !control_is_id_taken(c, id)) &&
	    (other.len == 0 || !control_is_id_taken(c, other)))
		return true;
	ami_reply_error(s, ID_TAKEN);
	return false;
}

static void draft_refused(struct ami_session *s, int err)
{
	if (err == -ENOSPC)
		ami_reply_error(s, "Originate failed: queue full");
	else if (err == -E2BIG)
		ami_reply_error(s, "Originate failed: request too large");
	else if (err == -EEXIST)
		ami_reply_error(s, ID_TAKEN);
	else if (err == -ESHUTDOWN)
		ami_reply_error(s, "Asterisk is shutting down");
	else
		ami_reply_error(s, "Originate failed");
}

static bool draft_read(struct ami_session *s, struct originate_draft *d, const struct ami_msg *m)
{
	if (!draft_ids(s, d, m) || !draft_place(s, d, m) || !draft_timeout(s, d, m) ||
	    !draft_channel(s, d) || !draft_is_permitted(s, d))
		return false;
	draft_caller(d, m);
	draft_options(d, m);
	return draft_goes_somewhere(s, d) && draft_id_is_free(s, d) && draft_variables(s, d, m);
}

enum ami_action_result ami_do_originate(struct ami_session *s, const struct ami_msg *m)
{
	struct originate_draft d = {.priority = 0};
	int err;

	originate_init(&d.order);
	if (!draft_read(s, &d, m))
		return AMI_ACTION_DONE;
	err = ami_order_submit(s, &d.order, d.channel, d.async);
	if (err) {
		draft_refused(s, err);
		return AMI_ACTION_DONE;
	}
	if (!d.async)
		return AMI_ACTION_OPEN;
	ami_reply_ack(s, "Originate successfully queued");
	return AMI_ACTION_DONE;
}
