/* sip/cli_channel.c - console: pjsip show channels, pjsip show channel, in the columns of
 * Asterisk's console. What the control shard's mirror does not know of a channel, its shard is
 * asked for. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "engine/core/func.h"
#include "engine/io/io.h"
#include "sip/center_internal.h"
#include "sip/cli_internal.h"

#include <stdlib.h>

/* ---- in columns ---- */

void cli_head_channel(struct cli_show *s, unsigned level)
{
	char room[CLI_LINE];
	struct sink out = cli_line_begin(room, level, "Channel", "  ");

	cli_line_template(&out, "ChannelId", CLI_SECOND - 2);
	sink_lit(&out, "  <State.....>  <Time.....>");
	cli_line_end(s, &out);
	if (s->is_short)
		return;
	out = cli_line_begin(room, level + 1, "Exten", " ");
	sink_lit(&out, "<DialedExten...........>  CLCID: <ConnectedLineCID.......>");
	cli_line_end(s, &out);
}

void cli_show_channel(struct cli_show *s, const struct roster_chan *c, unsigned level)
{
	int64_t age = (io_wall_ns(control_io(s->control)) - c->created_wall_ns) / TMR_SECOND;
	char room[CLI_LINE], text_room[256];
	struct sink out = cli_line_begin(room, level, "Channel", " ");
	struct sink text = sink_make(text_room, sizeof(text_room));

	sink_fmt(&text, "%.*s/%.*s", SLICE_ARG(c->snap.name), SLICE_ARG(c->app));
	cli_line_value(&out, sink_slice(&text), CLI_SECOND);
	sink_str(&out, event_state_text(c->snap.state));
	cli_line_pad(&out, CLI_THIRD);
	cli_write_time(&out, age);
	cli_line_end(s, &out);
	if (s->is_short)
		return;
	out = cli_line_begin(room, level + 1, "Exten", " ");
	cli_line_value(&out, c->snap.exten, 39 + 2 * (size_t)level);
	sink_fmt(&out, "CLCID: \"%.*s\" <%.*s>", SLICE_ARG(c->snap.conn_name),
		 SLICE_ARG(c->snap.conn_num));
	cli_line_end(s, &out);
}

static bool channel_is_ours(const struct roster_chan *c)
{
	return slice_istarts(c->snap.name, SLICE_LIT("PJSIP/"));
}

static enum cli_result channel_list(struct sip_center *center, struct cli_call *call, bool is_short)
{
	struct cli_show s = {.call = call, .control = center->console, .is_short = is_short};
	uint32_t count = 0;

	if (call->argc)
		return CLI_USAGE;
	list_for (node, control_chans(center->console)) {
		const struct roster_chan *c = list_entry(node, struct roster_chan, node);

		if (!channel_is_ours(c))
			continue;
		if (count++ == 0) {
			cli_print(call, "\n");
			cli_head_channel(&s, 0);
			cli_print(call, CLI_RULE "\n");
		}
		cli_show_channel(&s, c, 0);
		if (!is_short)
			cli_print(call, "\n");
	}
	if (count == 0)
		cli_print(call, "No objects found.\n\n");
	else
		cli_print(call, "%sObjects found: %u\n\n", is_short ? "\n" : "", count);
	return CLI_OK;
}

enum cli_result center_show_channels(void *center, struct cli_call *call)
{
	return channel_list(center, call, false);
}

enum cli_result center_list_channels(void *center, struct cli_call *call)
{
	return channel_list(center, call, true);
}

/* ---- one channel ---- */

struct channel_item {
	const char *name, *call; /* a function, read on the channel */
};

static const struct channel_item channel_items[] = {
	{"aor", "CHANNEL(pjsip,aor)"},
	{"call-id", "CHANNEL(pjsip,call-id)"},
	{"codec", "CHANNEL(audioreadformat)"},
	{"contact", "CHANNEL(pjsip,contact)"},
	{"local_addr", "CHANNEL(pjsip,local_addr)"},
	{"local_tag", "CHANNEL(pjsip,local_tag)"},
	{"local_uri", "CHANNEL(pjsip,local_uri)"},
	{"remote_addr", "CHANNEL(pjsip,remote_addr)"},
	{"remote_tag", "CHANNEL(pjsip,remote_tag)"},
	{"remote_uri", "CHANNEL(pjsip,remote_uri)"},
	{"rtp_dest", "CHANNEL(rtp,dest)"},
	{"rtp_src", "CHANNEL(rtp,src)"},
	{"secure", "CHANNEL(pjsip,secure)"},
	{"t38state", "CHANNEL(pjsip,t38state)"},
	{"target_uri", "CHANNEL(pjsip,target_uri)"},
};

/* One command while the shard answers, item by item. */
struct channel_view {
	struct control *control;
	struct cli_job *job;
	bool is_guarded;
	uint32_t at;
	char uniqueid[LIMIT_NAME];
	struct cli_pair pairs[ARRAY_COUNT(channel_items)];
	struct sink text;
	char room[8192];
};

static void view_on(struct channel_view *v);

/* As cli_show_pairs. */
static void view_print(const struct channel_view *v)
{
	cli_job_print(v->job, "\n %-13s : ParameterValue\n " CLI_RULE, "ParameterName");
	for (uint32_t i = 0; i < v->at; i++)
		cli_job_print(v->job, " %-13.*s : %.*s\n", SLICE_ARG(v->pairs[i].name),
			      SLICE_ARG(v->pairs[i].value));
	cli_job_print(v->job, "\n");
}

static void view_answered(void *arg, bool ok, struct slice value)
{
	struct channel_view *v = arg;
	struct cli_pair *p = &v->pairs[v->at];
	size_t from = v->text.len;

	if (ok)
		sink_add(&v->text, value);
	p->name = slice_str(channel_items[v->at].name);
	p->value = slice_make(v->room + from, v->text.len - from);
	v->at++;
	view_on(v);
}

static void view_on(struct channel_view *v)
{
	const struct roster_chan *c = control_find_chan(v->control, slice_str(v->uniqueid));

	if (c && v->at < ARRAY_COUNT(channel_items)) {
		control_getvar(v->control, c, slice_str(channel_items[v->at].call), v->is_guarded,
			       view_answered, v);
		return; /* it may be over, and v freed */
	}
	if (v->at == ARRAY_COUNT(channel_items))
		view_print(v);
	else
		cli_job_print(v->job, "The channel is over.\n");
	cli_job_end(v->job, CLI_OK);
	free(v);
}

static enum cli_result view_start(struct sip_center *center, struct cli_call *call,
				  const struct roster_chan *c)
{
	struct channel_view *v = calloc(1, sizeof(*v));

	if (!v)
		return CLI_FAIL;
	v->job = cli_hold(call);
	if (!v->job) {
		free(v);
		return CLI_FAIL;
	}
	v->control = center->console;
	v->is_guarded = call->out->guarded;
	v->text = sink_make(v->room, sizeof(v->room));
	slice_copy(v->uniqueid, sizeof(v->uniqueid), c->snap.uniqueid);
	view_on(v);
	return CLI_OPEN;
}

enum cli_result center_show_channel(void *context, struct cli_call *call)
{
	struct sip_center *center = context;
	struct cli_show s = {.call = call, .control = center->console};
	const struct roster_chan *c;

	if (call->argc != 1)
		return CLI_USAGE;
	c = control_find_chan(center->console, call->argv[0]);
	if (!c || !channel_is_ours(c)) {
		cli_print(call, "Unable to find object %.*s.\n\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	cli_print(call, "\n");
	cli_head_channel(&s, 0);
	cli_print(call, CLI_RULE "\n");
	cli_show_channel(&s, c, 0);
	return view_start(center, call, c);
}
