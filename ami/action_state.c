/* ami/action_state.c - states of extensions, devices, presence and mailboxes. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/text.h"

/* ---- lists that are made at once and written as the client reads ---- */

static void list_go_on(struct ami_session *s)
{
	while (ami_session_is_alive(s) && s->work.len && !ami_session_is_full(s)) {
		struct slice run = ami_byteq_peek(&s->work);

		ami_session_write(s, run);
		ami_byteq_take(&s->work, run.len);
	}
	if (ami_session_is_alive(s) && !s->work.len)
		ami_session_done(s);
}

/* "Event: <name>" and ActionID. */
static struct sink list_item(struct ami_session *s, const char *name)
{
	struct sink out = ami_reply_item(s, name);

	ami_reply_action_id(s, &out);
	return out;
}

static void list_add(struct ami_session *s, struct sink *out)
{
	sink_lit(out, "\r\n");
	if (ami_byteq_add(&s->work, sink_slice(out)))
		s->item_count++;
	else
		s->work_at = 1;
}

/* All items are in s->work. */
static enum ami_action_result list_send(struct ami_session *s, const char *message,
					const char *name)
{
	struct sink out = ami_reply_list_end(s, name, s->item_count);

	sink_lit(&out, "\r\n");
	if (s->work_at || !ami_byteq_add(&s->work, sink_slice(&out))) {
		ami_reply_error(s, "Memory Allocation Failure");
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, message);
	s->resume = list_go_on;
	list_go_on(s);
	return AMI_ACTION_OPEN;
}

static void list_begin(struct ami_session *s)
{
	s->work_at = 0;
	s->item_count = 0;
}

/* ---- extensions ---- */

static void extension_lines(struct sink *out, const struct hint_view *v)
{
	ami_text_header(out, "Exten", v->exten);
	ami_text_header(out, "Context", v->context);
	ami_text_header(out, "Hint", v->devices);
	ami_text_number(out, "Status", v->status);
	ami_text_header(out, "StatusText", slice_str(exten_status_text(v->status)));
}

enum ami_action_result ami_do_extension_state(struct ami_session *s, const struct ami_msg *m)
{
	struct slice context = ami_msg_get(m, "Context");
	char room[LIMIT_APPDATA];
	struct hint_view v;
	struct sink out;

	control_find_hint(s->ami->control, context.len ? context : SLICE_LIT("default"),
			  ami_msg_get(m, "Exten"), room, &v);
	out = ami_reply_begin(s, "Success");
	sink_lit(&out, "Message: Extension Status\r\n");
	extension_lines(&out, &v);
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_extension_state_list(struct ami_session *s, const struct ami_msg *m)
{
	uint32_t count = control_hint_count(s->ami->control);

	(void)m;
	if (count == 0) {
		ami_reply_error(s, "No dialplan hints are available");
		return AMI_ACTION_DONE;
	}
	list_begin(s);
	for (uint32_t i = 0; i < count; i++) {
		struct hint_view v = control_hint_at(s->ami->control, i);
		struct sink out = list_item(s, "ExtensionStatus");

		extension_lines(&out, &v);
		list_add(s, &out);
	}
	return list_send(s, "Extension Statuses will follow", "ExtensionStateListComplete");
}

/* ---- devices ---- */

static void device_add(struct ami_session *s, struct slice device, enum device_state state)
{
	struct sink out = list_item(s, "DeviceStateChange");

	ami_text_header(&out, "Device", device);
	ami_text_header(&out, "State", slice_str(device_state_name(state)));
	list_add(s, &out);
}

/* Devices that something was heard of. */
enum ami_action_result ami_do_device_state_list(struct ami_session *s, const struct ami_msg *m)
{
	enum device_state state;
	uint32_t cursor = 0;
	struct slice device;

	(void)m;
	list_begin(s);
	while (control_next_device(s->ami->control, &cursor, &device, &state))
		device_add(s, device, state);
	return list_send(s, "Device State Changes will follow", "DeviceStateListComplete");
}

/* ---- presence: there is no provider ---- */

enum ami_action_result ami_do_presence_state(struct ami_session *s, const struct ami_msg *m)
{
	struct slice provider = ami_msg_get(m, "Provider");

	ami_reply_error(s, "Invalid provider %.*s or provider in invalid state",
			SLICE_ARG(provider));
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_presence_state_list(struct ami_session *s, const struct ami_msg *m)
{
	(void)m;
	list_begin(s);
	return list_send(s, "Presence State Changes will follow", "PresenceStateListComplete");
}

/* ---- mailboxes: there is no voicemail ---- */

enum ami_action_result ami_do_mailbox_status(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Success");

	sink_lit(&out, "Message: Mailbox Status\r\n");
	ami_text_header(&out, "Mailbox", ami_msg_get(m, "Mailbox"));
	sink_lit(&out, "Waiting: 0\r\n");
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_mailbox_count(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out = ami_reply_begin(s, "Success");

	sink_lit(&out, "Message: Mailbox Message Count\r\n");
	ami_text_header(&out, "Mailbox", ami_msg_get(m, "Mailbox"));
	sink_lit(&out, "UrgMessages: 0\r\nNewMessages: 0\r\nOldMessages: 0\r\n");
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}
