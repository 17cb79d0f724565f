/* ami/action_dialplan.c - the dialplan: ShowDialPlan, DialplanExtensionAdd,
 * DialplanExtensionRemove. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/number.h"
#include "ami/reply.h"
#include "ami/text.h"

#include <errno.h>

#define REGISTRAR   "Registrar: pbx_config\r\n\r\n"
#define RETRY_NS    TMR_MS /* while the shards take over the change before */
#define RETRIES_MAX 10000

/* ---- ShowDialPlan ---- */

static void show_step(struct sink *out, const struct dialplan_exten *e,
		      const struct dialplan_step *step)
{
	ami_text_header(out, "Extension", e->name);
	if (step->label.len)
		ami_text_header(out, "ExtensionLabel", step->label);
	if (step->priority == DIALPLAN_HINT) {
		sink_lit(out, "Priority: hint\r\n");
		ami_text_header(out, "Application", step->app);
		return;
	}
	ami_text_number(out, "Priority", step->priority);
	ami_text_header(out, "Application", step->app);
	ami_text_header(out, "AppData", step->data);
}

/* Into s->work: the snapshot may go while the client reads. item_count -1: no room. */
static void show_item(void *arg, const struct dialplan_item *item)
{
	struct ami_session *s = arg;
	struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE);

	sink_lit(&out, "Event: ListDialplan\r\n");
	ami_reply_action_id(s, &out);
	ami_text_header(&out, "Context", item->context);
	if (item->step)
		show_step(&out, item->exten, item->step);
	else if (item->include.ptr)
		ami_text_header(&out, "IncludeContext", item->include);
	else
		ami_text_header(&out, "IgnorePattern", item->ignorepat);
	sink_lit(&out, REGISTRAR);
	if (!ami_byteq_add(&s->work, sink_slice(&out)))
		s->work_at = 1;
}

static void show_nothing(void *arg, const struct dialplan_item *item)
{
	(void)arg;
	(void)item;
}

static void show_end(struct ami_session *s, const struct dialplan_totals *totals)
{
	struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE);

	sink_lit(&out, "Event: ShowDialPlanComplete\r\n");
	ami_reply_action_id(s, &out);
	sink_fmt(&out, "EventList: Complete\r\nListItems: %u\r\n", totals->items);
	sink_fmt(&out, "ListExtensions: %u\r\nListPriorities: %u\r\nListContexts: %u\r\n\r\n",
		 totals->extens, totals->priorities, totals->contexts);
	if (!ami_byteq_add(&s->work, sink_slice(&out)))
		s->work_at = 1;
}

static void show_go_on(struct ami_session *s)
{
	while (ami_session_is_alive(s) && s->work.len && !ami_session_is_full(s)) {
		struct slice run = ami_byteq_peek(&s->work);

		ami_session_write(s, run);
		ami_byteq_take(&s->work, run.len);
	}
	if (ami_session_is_alive(s) && !s->work.len)
		ami_session_done(s);
}

/* False: answered. */
static bool show_is_there(struct ami_session *s, const struct dialplan *dp, struct slice context,
			  struct slice exten)
{
	struct dialplan_totals t = dialplan_list(dp, context, exten, show_nothing, NULL);

	if (context.len && !t.has_context)
		ami_reply_error(s, "Did not find context %.*s", SLICE_ARG(context));
	else if (exten.len && t.extens == 0 && context.len)
		ami_reply_error(s, "Did not find extension %.*s@%.*s", SLICE_ARG(exten),
				SLICE_ARG(context));
	else if (exten.len && t.extens == 0)
		ami_reply_error(s, "Did not find extension %.*s in any context", SLICE_ARG(exten));
	else
		return true;
	return false;
}

enum ami_action_result ami_do_show_dialplan(struct ami_session *s, const struct ami_msg *m)
{
	const struct dialplan *dp = control_dialplan(s->ami->control);
	struct slice context = ami_msg_get(m, "Context"), exten = ami_msg_get(m, "Extension");
	struct dialplan_totals totals = {0};

	if (dp && !show_is_there(s, dp, context, exten))
		return AMI_ACTION_DONE;
	s->work_at = 0;
	if (dp)
		totals = dialplan_list(dp, context, exten, show_item, s);
	show_end(s, &totals);
	if (s->work_at) {
		ami_reply_error(s, "Memory Allocation Failure");
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, "DialPlan list will follow");
	s->resume = show_go_on;
	show_go_on(s);
	return AMI_ACTION_OPEN;
}

/* ---- DialplanExtensionAdd, DialplanExtensionRemove ---- */

/* "hint" or a number from 1 on. */
static bool edit_priority(struct slice text, int32_t *priority)
{
	int64_t number;

	if (slice_eq(text, SLICE_LIT("hint"))) {
		*priority = DIALPLAN_HINT;
		return true;
	}
	if (!ami_number_leading(text, &number) || number < 1 || number > INT32_MAX - 1)
		return false;
	*priority = (int32_t)number;
	return true;
}

static void edit_answer(struct ami_session *s, const struct dialplan_edit *edit, int err)
{
	if (err == 0 && !edit->remove)
		ami_reply_ack(s, "Added requested extension");
	else if (err == 0)
		ami_reply_ack(s, edit->priority
					 ? "Removed the requested priority from the extension"
					 : "Removed the requested extension");
	else if (edit->remove)
		ami_reply_error(s, "Failed to remove requested extension");
	else if (err == -EEXIST)
		ami_reply_error(s, "That extension and priority already exist at that context");
	else if (err == -EBUSY)
		ami_reply_error(s, "Failed to lock context(s) list, please try again later");
	else if (err == -ENOMEM)
		ami_reply_error(s, "Out of memory");
	else
		ami_reply_error(s, "Could not add requested extension");
}

static bool edit_read(const struct ami_msg *m, struct dialplan_edit *edit)
{
	struct slice priority = ami_msg_get(m, "Priority");

	*edit = (struct dialplan_edit){
		.remove = slice_ieq(ami_msg_action(m), SLICE_LIT("DialplanExtensionRemove")),
		.replace = slice_is_true(ami_msg_get(m, "Replace")),
		.context = ami_msg_get(m, "Context"),
		.exten = ami_msg_get(m, "Extension"),
		.app = ami_msg_get(m, "Application"),
		.data = ami_msg_get(m, "ApplicationData"),
	};
	return (edit->remove && priority.len == 0) || edit_priority(priority, &edit->priority);
}

static enum ami_action_result edit_try(struct ami_session *s);

static void edit_retry(struct tmr *t, void *arg)
{
	struct ami_session *s = arg;

	(void)t;
	if (edit_try(s) == AMI_ACTION_DONE && ami_session_is_alive(s))
		ami_session_done(s);
}

static enum ami_action_result edit_try(struct ami_session *s)
{
	struct dialplan_edit edit;
	int err;

	if (!edit_read(s->msg, &edit)) {
		ami_reply_error(s, "The priority specified was invalid.");
		return AMI_ACTION_DONE;
	}
	err = control_edit_dialplan(s->ami->control, &edit);
	if (err == -EBUSY && s->work_at++ < RETRIES_MAX) {
		ami_session_timer(s, edit_retry, RETRY_NS);
		return AMI_ACTION_OPEN;
	}
	edit_answer(s, &edit, err);
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_dialplan_edit(struct ami_session *s, const struct ami_msg *m)
{
	(void)m;
	s->work_at = 0;
	return edit_try(s);
}
