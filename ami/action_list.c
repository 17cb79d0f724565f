/* ami/action_list.c - lists over channels: Status, CoreShowChannels, CoreShowChannelMap. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/danger.h"
#include "ami/event_out.h"
#include "ami/question.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "ami/walk.h"

static int64_t list_age_s(const struct ami_session *s, const struct roster_chan *chan)
{
	int64_t age = (io_wall_ns(s->ami->io) - chan->created_wall_ns) / TMR_SECOND;

	return age > 0 ? age : 0;
}

static void list_snapshot(struct ami_session *s, struct sink *out, const struct roster_chan *chan)
{
	ami_snapshot_write(s->ami, out, SLICE_EMPTY,
			   (struct ami_snapshot){
				   .snap = &chan->snap, .shard = chan->shard, .chan = chan->chan});
}

/* ---- CoreShowChannels ---- */

static bool show_item(struct ami_session *s, const struct roster_chan *chan)
{
	struct sink out = ami_reply_item(s, "CoreShowChannel");
	int64_t age = list_age_s(s, chan);

	ami_reply_action_id(s, &out);
	list_snapshot(s, &out, chan);
	ami_text_header(&out, "Application", chan->app);
	ami_text_header(&out, "ApplicationData", chan->appdata);
	sink_fmt(&out, "Duration: %02lld:%02lld:%02lld\r\n", (long long)(age / 3600),
		 (long long)(age / 60 % 60), (long long)(age % 60));
	sink_lit(&out, "BridgeId: \r\n");
	ami_reply_end(s, &out);
	return true;
}

static void show_end(struct ami_session *s)
{
	struct sink out = ami_reply_list_end(s, "CoreShowChannelsComplete", s->item_count);

	ami_reply_end(s, &out);
}

static enum ami_action_result list_no_memory(struct ami_session *s)
{
	ami_reply_error(s, "Memory Allocation Failure");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_core_show_channels(struct ami_session *s, const struct ami_msg *m)
{
	(void)m;
	if (!ami_walk_collect(s, NULL, NULL, NULL))
		return list_no_memory(s);
	ami_reply_list(s, "Channels will follow");
	ami_walk_run(s, show_item, show_end);
	return AMI_ACTION_OPEN;
}

/* ---- CoreShowChannelMap ---- */

/* No channel is bridged: the list is empty. By name only, as in Asterisk. */
enum ami_action_result ami_do_core_show_channel_map(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Channel");
	const struct roster_chan *chan = control_find_chan(s->ami->control, name);
	struct sink out;

	if (!chan || !slice_ieq(chan->snap.name, name)) {
		ami_reply_error(s, "Could not get channel snapshot");
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, "Channel map will follow");
	out = ami_reply_list_end(s, "CoreShowChannelMapComplete", 0);
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

/* ---- Status ---- */

/* Steps of one item: 0 the snapshot and what the shard tells; 1..n the wanted variables; then all of them; then the end. */
#define STATUS_STEP_ALL 1000
#define STATUS_STEP_END 1001

static struct slice status_wanted(const struct ami_session *s, uint32_t index)
{
	struct slice rest = ami_msg_get(s->msg, "Variables"), name;

	for (uint32_t i = 0; i < LIMIT_AMI_VARS && slice_split(&rest, ',', &name); i++)
		if (i == index)
			return name;
	return SLICE_EMPTY;
}

/* described: the three lines of control_describe; empty if the shard could not be asked. */
static void status_snapshot(struct ami_session *s, const struct roster_chan *chan,
			    struct slice described)
{
	struct slice native = SLICE_EMPTY, format = SLICE_EMPTY, hangup = SLICE_EMPTY;
	struct sink out = ami_reply_item(s, "Status");
	const struct chan_snap *snap = &chan->snap;
	size_t slash = slice_find(snap->name, '/');

	slice_split(&described, '\n', &native);
	slice_split(&described, '\n', &format);
	slice_split(&described, '\n', &hangup);
	sink_lit(&out, "Privilege: Call\r\n");
	list_snapshot(s, &out, chan);
	ami_text_header(&out, "Type", slice_head(snap->name, slash == SIZE_MAX ? 0 : slash));
	sink_lit(&out, "DNID: \r\n");
	ami_text_header(&out, "EffectiveConnectedLineNum", ami_text_known(snap->conn_num));
	ami_text_header(&out, "EffectiveConnectedLineName", ami_text_known(snap->conn_name));
	ami_text_header(&out, "TimeToHangup", hangup.len ? hangup : SLICE_LIT("0"));
	sink_lit(&out, "BridgeID: \r\n");
	ami_text_header(&out, "Application", chan->app);
	ami_text_header(&out, "Data", chan->appdata);
	ami_text_header(&out, "Nativeformats", format.len ? native : SLICE_LIT("(nothing)"));
	ami_text_header(&out, "Readformat", format);
	sink_lit(&out, "Readtrans: \r\n");
	ami_text_header(&out, "Writeformat", format);
	sink_lit(&out, "Writetrans: \r\nCallgroup: 0\r\nPickupgroup: 0\r\n");
	ami_text_number(&out, "Seconds", list_age_s(s, chan));
	ami_reply_part(s, &out);
}

static void status_described(struct ami_session *s, bool ok, struct slice value)
{
	const struct roster_chan *chan = control_find_chan(s->ami->control, s->work_id);

	if (chan) {
		status_snapshot(s, chan, ok ? value : SLICE_EMPTY);
		s->work_at = 1;
	}
	ami_walk_go_on(s);
}

static void status_line(struct ami_session *s, struct slice name, struct slice value)
{
	struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE);

	sink_lit(&out, "Variable: ");
	ami_text_value(&out, name);
	sink_char(&out, '=');
	ami_text_value(&out, value);
	sink_lit(&out, "\r\n");
	ami_session_write(s, sink_slice(&out));
}

static void status_var(struct ami_session *s, bool ok, struct slice value)
{
	status_line(s, status_wanted(s, s->work_at - 1), ok ? value : SLICE_LIT("(null)"));
	s->work_at++;
	ami_walk_go_on(s);
}

/* "name=value" lines; what has no `=` is the rest of a value with a line end, and left out. */
static void status_vars(struct ami_session *s, bool ok, struct slice value)
{
	struct slice line;

	while (ok && slice_split(&value, '\n', &line)) {
		size_t at = slice_find(line, '=');

		if (at != SIZE_MAX && at > 0)
			status_line(s, slice_head(line, at), slice_from(line, at + 1));
	}
	s->work_at = STATUS_STEP_END;
	ami_walk_go_on(s);
}

static void status_finish(struct ami_session *s)
{
	struct sink out = sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE / 2);

	ami_reply_action_id(s, &out);
	ami_reply_end(s, &out);
}

/* Moves on to the next step that has something to ask. */
static bool status_ask(struct ami_session *s, const struct roster_chan *chan)
{
	if (s->work_at < STATUS_STEP_ALL) {
		struct slice name = status_wanted(s, s->work_at - 1);

		if (name.len == 0) {
			bool more = s->work_at <= LIMIT_AMI_VARS;

			s->work_at = more && ami_msg_get(s->msg, "Variables").len ? s->work_at + 1
										  : STATUS_STEP_ALL;
			return false;
		}
		ami_ask_var(s, chan, name, status_var);
		return false;
	}
	if (s->work_at == STATUS_STEP_ALL) {
		s->work_at = STATUS_STEP_END;
		if (slice_is_true(ami_msg_get(s->msg, "AllVariables")))
			ami_ask_all(s, chan, status_vars);
		return false;
	}
	return true;
}

static bool status_item(struct ami_session *s, const struct roster_chan *chan)
{
	if (s->work_at == 0) {
		ami_ask_description(s, chan, status_described);
		return false;
	}
	if (chan && !status_ask(s, chan))
		return false;
	status_finish(s);
	return true;
}

static void status_end(struct ami_session *s)
{
	struct sink out = ami_reply_list_end(s, "StatusComplete", s->item_count);

	ami_text_number(&out, "Items", s->item_count);
	ami_reply_end(s, &out);
}

enum ami_action_result ami_do_status(struct ami_session *s, const struct ami_msg *m)
{
	struct slice name = ami_msg_get(m, "Channel");
	const struct roster_chan *only = NULL;

	if (!(s->write & AMI_CLASS_SYSTEM) && ami_danger_in_variable(ami_msg_get(m, "Variables"))) {
		ami_reply_error(s, "Status Access Forbidden: Variables");
		return AMI_ACTION_DONE;
	}
	if (name.len) {
		only = control_find_chan(s->ami->control, name);
		if (!only) {
			ami_reply_error(s, "No such channel");
			return AMI_ACTION_DONE;
		}
	}
	if (!ami_walk_collect(s, only, NULL, NULL))
		return list_no_memory(s);
	ami_reply_list(s, "Channel status will follow");
	ami_walk_run(s, status_item, status_end);
	return AMI_ACTION_OPEN;
}
