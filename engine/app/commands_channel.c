/* engine/app/commands_channel.c - console commands about channels: which there are, ending and
 * moving them, new ones. Layouts are Asterisk's (cli.md 2). */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/regex.h"
#include "engine/base/tmr.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- totals ---- */

static void show_calls(struct engine *e, struct cli_call *call)
{
	uint32_t calls = control_call_count(e->control);
	unsigned long long done = control_calls_processed(e->control);

	if (e->conf.max_calls > 0)
		cli_print(call, "%u of %u max active call%s (%5.2f%% of capacity)\n", calls,
			  e->conf.max_calls, calls == 1 ? "" : "s",
			  100.0 * (double)calls / (double)e->conf.max_calls);
	else
		cli_print(call, "%u active call%s\n", calls, calls == 1 ? "" : "s");
	cli_print(call, "%llu call%s processed\n", done, done == 1 ? "" : "s");
}

static void show_totals(struct engine *e, struct cli_call *call)
{
	uint32_t channels = control_chan_count(e->control);

	cli_print(call, "%u active channel%s\n", channels, channels == 1 ? "" : "s");
	show_calls(e, call);
}

static enum cli_result cmd_show_calls(void *context, struct cli_call *call)
{
	struct engine *e = context;
	bool uptime = call->argc > 0 && slice_ieq(call->argv[0], SLICE_LIT("uptime"));
	bool seconds = call->argc == 2 && slice_ieq(call->argv[1], SLICE_LIT("seconds"));

	if (call->argc > 2 || (call->argc > 0 && !uptime) || (call->argc == 2 && !seconds))
		return CLI_USAGE;
	show_calls(e, call);
	if (uptime)
		engine_print_span(call, "System uptime",
				  io_wall_ns(e->control_io) - control_start_wall_ns(e->control),
				  seconds);
	return CLI_OK;
}

/* ---- core show channels ---- */

static int64_t chan_age_s(struct engine *e, const struct roster_chan *c)
{
	return (io_wall_ns(e->control_io) - c->created_wall_ns) / TMR_SECOND;
}

static const char *cli_cstr(char *buf, size_t size, struct slice s)
{
	slice_copy(buf, size, s);
	return buf;
}

static void show_channel_line(struct cli_call *call, const struct roster_chan *c)
{
	char name[LIMIT_NAME], place_text[256], app_text[512];
	struct sink place = sink_make(place_text, sizeof(place_text));
	struct sink app = sink_make(app_text, sizeof(app_text));

	if (c->snap.context.len > 0 || c->snap.exten.len > 0)
		sink_fmt(&place, "%.*s@%.*s:%d", SLICE_ARG(c->snap.exten),
			 SLICE_ARG(c->snap.context), c->snap.priority);
	else
		sink_lit(&place, "(None)");
	if (c->app.len > 0)
		sink_fmt(&app, "%.*s(%.*s)", SLICE_ARG(c->app), SLICE_ARG(c->appdata));
	else
		sink_lit(&app, "(None)");
	cli_print(call, "%-64.64s %-32.32s %-7.7s %-30.30s\n",
		  cli_cstr(name, sizeof(name), c->snap.name), sink_cstr(&place),
		  event_state_text(c->snap.state), sink_cstr(&app));
}

static void show_channel_concise(struct engine *e, struct cli_call *call,
				 const struct roster_chan *c)
{
	struct slice app = c->app.len > 0 ? c->app : SLICE_LIT("(None)");

	cli_print(call, "%.*s!%.*s!%.*s!%d!%s!%.*s!%.*s!%.*s!%.*s!%.*s!3!%lld!!%.*s\n",
		  SLICE_ARG(c->snap.name), SLICE_ARG(c->snap.context), SLICE_ARG(c->snap.exten),
		  c->snap.priority, event_state_text(c->snap.state), SLICE_ARG(app),
		  SLICE_ARG(c->appdata), SLICE_ARG(c->snap.cid_num), SLICE_ARG(c->snap.account),
		  SLICE_ARG(c->snap.account), (long long)chan_age_s(e, c),
		  SLICE_ARG(c->snap.uniqueid));
}

#define VERBOSE_HEAD                                                                               \
	"%-80.80s %-24.24s %-24.24s %-4.4s %-7.7s %-12.12s %-25.25s %-15.15s %8.8s %-11.11s "      \
	"%-11.11s %-20.20s\n"
#define VERBOSE_LINE                                                                               \
	"%-80.80s %-24.24s %-24.24s %4d %-7.7s %-12.12s %-25.25s %-15.15s %8.8s %-11.11s "         \
	"%-11.11s %-20.20s\n"

static void show_channel_verbose(struct engine *e, struct cli_call *call,
				 const struct roster_chan *c)
{
	char name[LIMIT_NAME], context[LIMIT_NAME], exten[LIMIT_NAME], app[LIMIT_NAME], data[256];
	char number[LIMIT_NAME], account[LIMIT_NAME], age_text[32];
	struct sink age = sink_make(age_text, sizeof(age_text));
	int64_t s = chan_age_s(e, c);

	sink_fmt(&age, "%02lld:%02lld:%02lld", (long long)(s / 3600), (long long)(s / 60 % 60),
		 (long long)(s % 60));
	cli_print(call, VERBOSE_LINE, cli_cstr(name, sizeof(name), c->snap.name),
		  cli_cstr(context, sizeof(context), c->snap.context),
		  cli_cstr(exten, sizeof(exten), c->snap.exten), c->snap.priority,
		  event_state_text(c->snap.state),
		  c->app.len ? cli_cstr(app, sizeof(app), c->app) : "(None)",
		  c->appdata.len ? cli_cstr(data, sizeof(data), c->appdata) : "(Empty)",
		  cli_cstr(number, sizeof(number), c->snap.cid_num), sink_cstr(&age),
		  cli_cstr(account, sizeof(account), c->snap.account), account, "");
}

static enum cli_result cmd_show_channels(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct slice how = call->argc == 1 ? call->argv[0] : SLICE_EMPTY;
	bool concise = slice_ieq(how, SLICE_LIT("concise"));
	bool verbose = slice_ieq(how, SLICE_LIT("verbose"));
	bool count = slice_ieq(how, SLICE_LIT("count"));

	if (call->argc > 1 || (how.len > 0 && !concise && !verbose && !count))
		return CLI_USAGE;
	if (verbose)
		cli_print(call, VERBOSE_HEAD, "Channel", "Context", "Extension", "Priority",
			  "State", "Application", "Data", "CallerID", "Duration", "Accountcode",
			  "PeerAccount", "BridgeID");
	else if (!concise && !count)
		cli_print(call, "%-64.64s %-32.32s %-7.7s %-30.30s\n", "Channel", "Location",
			  "State", "Application(Data)");
	list_for (node, control_chans(e->control)) {
		const struct roster_chan *c = list_entry(node, struct roster_chan, node);

		if (count)
			break;
		if (concise)
			show_channel_concise(e, call, c);
		else if (verbose)
			show_channel_verbose(e, call, c);
		else
			show_channel_line(call, c);
	}
	if (!concise)
		show_totals(e, call);
	return CLI_OK;
}

/* ---- core show channel: what its shard knows comes in several answers ---- */

struct chan_view {
	struct engine *e;
	struct cli_job *job;
	uint32_t field; /* of the call record, asked next */
	char uniqueid[LIMIT_UNIQUEID];
	char formats[128];
};

static const char *const record_fields[] = {
	"clid",	    "src",	   "dst",      "dcontext", "channel",	"dstchannel", "lastapp",
	"lastdata", "start",	   "answer",   "end",	   "duration",	"billsec",    "disposition",
	"amaflags", "accountcode", "uniqueid", "linkedid", "userfield", "sequence",
};

static void view_end(struct chan_view *v)
{
	cli_job_end(v->job, CLI_OK);
	free(v);
}

/* NULL: it has ended meanwhile, and so does the view. */
static const struct roster_chan *view_chan(struct chan_view *v)
{
	const struct roster_chan *c = control_find_chan(v->e->control, slice_str(v->uniqueid));

	if (!c)
		view_end(v);
	return c;
}

static void view_streams(struct chan_view *v)
{
	cli_job_print(v->job,
		      "\n -- Streams --\nName: audio-0\n    Type: audio\n    State: sendrecv\n"
		      "    Group: -1\n    Formats: %s\n    Metadata:\n",
		      v->formats);
	view_end(v);
}

static void view_ask_record(struct chan_view *v);

static void view_on_field(void *arg, bool ok, struct slice value)
{
	struct chan_view *v = arg;

	if (ok && value.len > 0)
		cli_job_print(v->job, "level 1: %s=%.*s\n", record_fields[v->field],
			      SLICE_ARG(value));
	v->field++;
	view_ask_record(v);
}

static void view_ask_record(struct chan_view *v)
{
	const struct roster_chan *c = view_chan(v);
	char name[32];

	if (!c)
		return;
	if (v->field == ARRAY_COUNT(record_fields)) {
		view_streams(v);
		return;
	}
	snprintf(name, sizeof(name), "CDR(%s)", record_fields[v->field]);
	control_getvar(v->e->control, c, slice_str(name), false, view_on_field, v);
}

static void view_on_vars(void *arg, bool ok, struct slice lines)
{
	struct chan_view *v = arg;

	cli_job_print(v->job, "      Variables:\n");
	if (ok)
		cli_job_write(v->job, lines);
	cli_job_print(v->job, "  CDR Variables:\n");
	view_ask_record(v);
}

static const char *view_text(char *buf, size_t size, struct slice s, const char *otherwise)
{
	return s.len > 0 ? cli_cstr(buf, size, s) : otherwise;
}

static void view_general(struct chan_view *v, const struct roster_chan *c, const char *format,
			 struct slice hangup_s)
{
	char num[LIMIT_NAME], name[LIMIT_NAME], conn_num[LIMIT_NAME], conn_name[LIMIT_NAME];
	const char *connected = view_text(conn_num, sizeof(conn_num), c->snap.conn_num, "(N/A)");
	const char *connected_name =
		view_text(conn_name, sizeof(conn_name), c->snap.conn_name, "(N/A)");
	int64_t age = chan_age_s(v->e, c);
	size_t slash = slice_find(c->snap.name, '/');

	cli_job_print(v->job,
		      " -- General --\n           Name: %.*s\n           Type: %.*s\n"
		      "       UniqueID: %.*s\n       LinkedID: %.*s\n      Caller ID: %s\n"
		      " Caller ID Name: %s\nConnected Line ID: %s\nConnected Line ID Name: %s\n"
		      "Eff. Connected Line ID: %s\nEff. Connected Line ID Name: %s\n",
		      SLICE_ARG(c->snap.name),
		      SLICE_ARG(slice_head(c->snap.name, slash == SIZE_MAX ? 0 : slash)),
		      SLICE_ARG(c->snap.uniqueid), SLICE_ARG(c->snap.linkedid),
		      view_text(num, sizeof(num), c->snap.cid_num, "(N/A)"),
		      view_text(name, sizeof(name), c->snap.cid_name, "(N/A)"), connected,
		      connected_name, connected, connected_name);
	cli_job_print(v->job,
		      "    DNID Digits: (N/A)\n       Language: %.*s\n          State: %s (%d)\n"
		      "  NativeFormats: %s\n    WriteFormat: %s\n     ReadFormat: %s\n"
		      " WriteTranscode: No \n  ReadTranscode: No \n Time to Hangup: %.*s\n"
		      "   Elapsed Time: %lldh%lldm%llds\n      Bridge ID: (Not bridged)\n",
		      SLICE_ARG(c->snap.language), event_state_text(c->snap.state), c->snap.state,
		      v->formats, format, format, SLICE_ARG(hangup_s), (long long)(age / 3600),
		      (long long)(age / 60 % 60), (long long)(age % 60));
}

static void view_pbx(struct chan_view *v, const struct roster_chan *c)
{
	cli_job_print(v->job,
		      " --   PBX   --\n        Context: %.*s\n      Extension: %.*s\n"
		      "       Priority: %d\n     Call Group: 0\n   Pickup Group: 0\n",
		      SLICE_ARG(c->snap.context), SLICE_ARG(c->snap.exten), c->snap.priority);
	cli_job_print(v->job, "    Application: ");
	cli_job_write(v->job, c->app.len > 0 ? c->app : SLICE_LIT("(N/A)"));
	cli_job_print(v->job, "\n           Data: ");
	cli_job_write(v->job, c->appdata.len > 0 ? c->appdata : SLICE_LIT("(Empty)"));
	cli_job_print(v->job, "\n Call Identifier: (None)\n");
}

/* Three lines: the formats, the one spoken, the second of the hang-up. control_describe */
static void view_on_formats(void *arg, bool ok, struct slice lines)
{
	struct chan_view *v = arg;
	const struct roster_chan *c = view_chan(v);
	struct slice formats = SLICE_EMPTY, spoken = SLICE_EMPTY;
	char format[32];

	if (!c)
		return;
	if (ok) {
		slice_split(&lines, '\n', &formats);
		slice_split(&lines, '\n', &spoken);
	}
	slice_copy(v->formats, sizeof(v->formats), formats);
	slice_copy(format, sizeof(format), spoken);
	view_general(v, c, format, lines.len > 0 ? lines : SLICE_LIT("0"));
	view_pbx(v, c);
	control_list_vars(v->e->control, c, view_on_vars, v);
}

static enum cli_result cmd_show_channel(void *context, struct cli_call *call)
{
	struct engine *e = context;
	const struct roster_chan *c;
	struct chan_view *v;

	if (call->argc != 1)
		return CLI_USAGE;
	c = control_find_chan(e->control, call->argv[0]);
	if (!c) {
		cli_print(call, "%.*s is not a known channel\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	v = calloc(1, sizeof(*v));
	if (!v)
		return CLI_FAIL;
	v->e = e;
	v->job = cli_hold(call);
	if (!v->job) {
		free(v);
		return CLI_FAIL;
	}
	slice_copy(v->uniqueid, sizeof(v->uniqueid), c->snap.uniqueid);
	control_describe(e->control, c, view_on_formats, v);
	return CLI_OPEN;
}

/* ---- groups ---- */

#define GROUP_ROW "%-25s  %-20s  %-20s\n"

/* With an expression, those whose name it fits. */
static void show_groups(struct engine *e, struct cli_call *call, const struct regex *re)
{
	struct group_entry entry;
	uint64_t cursor = 0;
	uint32_t count = 0;

	while (groups_each(e->groups, &cursor, &entry)) {
		if (re && !regex_matches(re, slice_str(entry.name)))
			continue;
		cli_print(call, GROUP_ROW, entry.channel, entry.name,
			  entry.category[0] ? entry.category : "(default)");
		count++;
	}
	cli_print(call, "%u active channel%s\n", count, count == 1 ? "" : "s");
}

static enum cli_result cmd_show_groups(void *context, struct cli_call *call)
{
	struct regex *re = NULL;

	if (call->argc > 1 || (call->argc == 1 && regex_compile(&re, call->argv[0])))
		return CLI_USAGE;
	cli_print(call, GROUP_ROW, "Channel", "Group", "Category");
	show_groups(context, call, re);
	regex_free(re);
	return CLI_OK;
}

/* ---- channel request hangup ---- */

static void hangup_one(struct engine *e, struct cli_call *call, const struct roster_chan *c)
{
	cli_print(call, "Requested Hangup on channel '%.*s'\n", SLICE_ARG(c->snap.name));
	control_hangup(e->control, c, -1);
}

static void hangup_matching(struct engine *e, struct cli_call *call, const char *pattern,
			    const struct regex *re)
{
	bool found = false;

	list_for (node, control_chans(e->control)) {
		const struct roster_chan *c = list_entry(node, struct roster_chan, node);

		if (!regex_matches(re, c->snap.name))
			continue;
		found = true;
		hangup_one(e, call, c);
	}
	if (!found)
		cli_print(call, "%s did not match a known channel\n", pattern);
}

static void hangup_regex(struct engine *e, struct cli_call *call, const char *text)
{
	struct slice inside = slice_make(text + 1, strlen(text) - 2);
	enum regex_error err;
	struct regex *re;

	err = regex_compile(&re, inside);
	if (err) {
		cli_print(call, "%.*s is not a valid POSIX Extended Regular Expression: %s\n",
			  SLICE_ARG(inside), regex_error_text(err));
		return;
	}
	hangup_matching(e, call, text, re);
	regex_free(re);
}

/* A pattern as of file names, written as a regular expression: matching that is bounded, too. */
static void hangup_glob(struct engine *e, struct cli_call *call, const char *text)
{
	char pattern[2 * LIMIT_CLI_LINE + 3];
	struct sink out = sink_make(pattern, sizeof(pattern));
	bool in_list = false;
	struct regex *re;

	sink_char(&out, '^');
	for (const char *c = text; *c; c++) {
		if (*c == '*' && !in_list)
			sink_char(&out, '.');
		else if (!in_list && *c != '?' && *c != '[' && ispunct((unsigned char)*c))
			sink_char(&out, '\\');
		sink_char(&out, *c == '?' && !in_list		       ? '.'
				: *c == '!' && in_list && c[-1] == '[' ? '^'
								       : *c);
		in_list = *c == '[' || (in_list && *c != ']');
	}
	sink_char(&out, '$');
	if (regex_compile(&re, sink_slice(&out))) {
		cli_print(call, "%s is not a valid pattern\n", text);
		return;
	}
	hangup_matching(e, call, text, re);
	regex_free(re);
}

static void hangup_named(struct engine *e, struct cli_call *call, struct slice name)
{
	const struct roster_chan *c = control_find_chan(e->control, name);
	char text[LIMIT_CLI_LINE];

	cli_cstr(text, sizeof(text), name);
	if (c)
		hangup_one(e, call, c);
	else if (name.len > 2 && name.ptr[0] == '/' && name.ptr[name.len - 1] == '/')
		hangup_regex(e, call, text);
	else if (strpbrk(text, "*?["))
		hangup_glob(e, call, text);
	else
		cli_print(call, "%s is not a known channel\n", text);
}

static enum cli_result cmd_hangup(void *context, struct cli_call *call)
{
	struct engine *e = context;

	if (call->argc == 0)
		return CLI_USAGE;
	if (call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("all"))) {
		list_for (node, control_chans(e->control))
			hangup_one(e, call, list_entry(node, struct roster_chan, node));
		return CLI_OK;
	}
	for (uint32_t i = 0; i < call->argc; i++)
		hangup_named(e, call, call->argv[i]);
	return CLI_OK;
}

/* ---- channel originate ---- */

static void originate_settled(void *impl, uint64_t cookie, const struct outcome *o)
{
	UNUSED(impl);
	UNUSED(cookie);
	UNUSED(o);
}

static const struct source_ops console_source_ops = {.name = "console",
						     .settle = originate_settled};

/* As typed: what stands from the n-th argument to the end. */
static struct slice rest_from(const struct cli_call *call, uint32_t n, char text[LIMIT_CLI_LINE])
{
	struct sink out = sink_make(text, LIMIT_CLI_LINE);

	for (uint32_t i = n; i < call->argc; i++)
		sink_fmt(&out, "%s%.*s", i > n ? " " : "", SLICE_ARG(call->argv[i]));
	return sink_slice(&out);
}

static void originate_place(struct originate *o, struct slice place)
{
	size_t at = slice_find(place, '@');

	o->exten = at == SIZE_MAX ? place : slice_head(place, at);
	o->context = at == SIZE_MAX ? SLICE_EMPTY : slice_from(place, at + 1);
	if (o->exten.len == 0)
		o->exten = SLICE_LIT("s");
	if (o->context.len == 0)
		o->context = SLICE_LIT("default");
	o->priority = 1;
}

static enum cli_result cmd_originate(void *context, struct cli_call *call)
{
	static struct originate o; /* large; the control loop's only */
	static char data[LIMIT_CLI_LINE];
	const struct source source = {&console_source_ops, NULL};
	struct engine *e = context;
	size_t slash;
	int err;

	if (call->argc < 2)
		return CLI_USAGE;
	slash = slice_find(call->argv[0], '/');
	if (slash == SIZE_MAX || slash + 1 == call->argv[0].len) {
		cli_print(call, "*** No data provided after channel type! ***\n");
		return CLI_USAGE;
	}
	originate_init(&o);
	o.tech = slice_head(call->argv[0], slash);
	o.resource = slice_from(call->argv[0], slash + 1);
	if (slice_ieq(call->argv[1], SLICE_LIT("application")) && call->argc > 2) {
		o.app = call->argv[2];
		o.data = rest_from(call, 3, data);
	} else if (slice_ieq(call->argv[1], SLICE_LIT("extension")) && call->argc <= 3) {
		originate_place(&o, call->argc == 3 ? call->argv[2] : SLICE_EMPTY);
	} else {
		return CLI_USAGE;
	}
	if (!control_has_tech(e->control, o.tech)) {
		log_warning("No channel type registered for '%.*s'", SLICE_ARG(o.tech));
		return CLI_OK;
	}
	err = control_originate(e->control, &o, &source, 0, NULL);
	if (err)
		cli_print(call, "The call is refused: %s\n", strerror(-err));
	return err ? CLI_FAIL : CLI_OK;
}

/* ---- channel redirect ---- */

/* [[context,]exten,]priority, the rest as the channel has it. False: no such place. */
static bool find_target(struct engine *e, const struct roster_chan *c, struct slice text,
			struct dialplan_query *q)
{
	const struct dialplan *dp = control_dialplan(e->control);
	struct slice part[3], rest = text;
	struct dialplan_hit hit;
	uint32_t n = 0;
	uint64_t number;

	while (n < 3 && slice_split(&rest, ',', &part[n]))
		n++;
	if (n == 0 || rest.len > 0 || !dp)
		return false;
	q->context = n == 3 ? part[0] : c->snap.context;
	q->exten = n >= 2 ? part[n - 2] : c->snap.exten;
	q->cid_num = c->snap.cid_num;
	if (slice_u64(part[n - 1], INT32_MAX, &number)) {
		q->priority = (int32_t)number;
		return dialplan_exists(dp, q);
	}
	hit = dialplan_find_label(dp, q, part[n - 1]);
	q->priority = hit.step ? hit.step->priority : 0;
	return hit.why == DIALPLAN_FOUND;
}

static enum cli_result cmd_redirect(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct dialplan_query q = {.clock = NULL};
	const struct roster_chan *c;
	bool ok;

	if (call->argc != 2)
		return CLI_USAGE;
	c = control_find_chan(e->control, call->argv[0]);
	if (!c) {
		cli_print(call, "Channel '%.*s' not found\n", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	ok = find_target(e, c, call->argv[1], &q) &&
	     control_redirect(e->control, c, q.context, q.exten, q.priority);
	cli_print(call, "Channel '%.*s' %s to %.*s\n", SLICE_ARG(call->argv[0]),
		  ok ? "successfully redirected" : "failed to be redirected",
		  SLICE_ARG(call->argv[1]));
	return ok ? CLI_OK : CLI_FAIL;
}

/* ---- table ---- */

static void list_channels(void *context, struct cli_words *words)
{
	const struct engine *e = context;

	list_for (node, control_chans(e->control)) {
		if (cli_offer_is_full(words))
			return;
		cli_offer(words, list_entry(node, struct roster_chan, node)->snap.name);
	}
}

static const struct cli_kind channel_kinds[] = {{"channel", list_channels}};

static const struct cli_command channel_commands[] = {
	{"core show channels", "Display information on channels",
	 "Usage: core show channels [concise|verbose|count]\n"
	 "       Lists the channels that exist and some totals. 'concise' separates fields by "
	 "'!',\n"
	 "       'verbose' shows more of them, 'count' only the totals.",
	 cmd_show_channels},
	{"core show channel", "Display information on a specific channel",
	 "Usage: core show channel <channel>\n"
	 "       Shows all that is known of a channel, with its variables and its call record.",
	 cmd_show_channel},
	{"core show calls", "Display information on calls",
	 "Usage: core show calls [uptime] [seconds]\n"
	 "       Shows how many calls run dialplan now, and how many did since the start.",
	 cmd_show_calls},
	{"group show channels", "Display active channels with group(s)",
	 "Usage: group show channels [pattern]\n"
	 "       Lists the channels that are in groups (GROUP() of the dialplan); with a pattern, "
	 "a "
	 "POSIX\n"
	 "       extended regular expression, those in groups whose names it fits.",
	 cmd_show_groups},
	{"channel request hangup", "Request a hangup on a given channel",
	 "Usage: channel request hangup <channel>|all [<channel>...]\n"
	 "       Asks the named channels, or all, to hang up. A name may be a pattern "
	 "(PJSIP/trunk-*) or,\n"
	 "       between slashes, a POSIX extended regular expression.",
	 cmd_hangup},
	{"channel originate", "Originate a call",
	 "Usage: channel originate <tech/data> application|extension <application> "
	 "[<argument>...]\n"
	 "       Places a call and, once it is answered, runs an application with its argument:\n"
	 "          channel originate PJSIP/100@trunk application Playback hello-world\n"
	 "       or the dialplan from [exten][@context]; without them s@default:\n"
	 "          channel originate PJSIP/100@trunk extension s@campaign\n"
	 "       It gives up after 30 seconds.",
	 cmd_originate},
	{"channel redirect", "Redirect a call",
	 "Usage: channel redirect <channel> <[[context,]exten,]priority>\n"
	 "       Sends a channel elsewhere in the dialplan; the priority may be a label.",
	 cmd_redirect},
};

int engine_register_channel_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, channel_commands, ARRAY_COUNT(channel_commands), e);

	return err ? err : cli_register_kinds(cli, channel_kinds, ARRAY_COUNT(channel_kinds), e);
}
