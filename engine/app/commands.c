/* Console commands of the core: "core show ...", "dialplan ...", "core stop ...". */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "engine/core/app.h"
#include "engine/core/func.h"

#include <errno.h>
#include <stdio.h>
#ifdef RINGER_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

/* ---- channels ---- */

static void show_totals(struct engine *e, struct cli_call *call)
{
	uint32_t channels = control_chan_count(e->control), calls = control_call_count(e->control);
	unsigned long long done = control_calls_processed(e->control);

	cli_print(call, "%u active channel%s\n", channels, channels == 1 ? "" : "s");
	if (e->conf.max_calls > 0)
		cli_print(call, "%u of %u max active call%s (%5.2f%% of capacity)\n", calls,
			  e->conf.max_calls, calls == 1 ? "" : "s",
			  100.0 * (double)calls / (double)e->conf.max_calls);
	else
		cli_print(call, "%u active call%s\n", calls, calls == 1 ? "" : "s");
	cli_print(call, "%llu call%s processed\n", done, done == 1 ? "" : "s");
}

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

	sink_fmt(&place, "%.*s@%.*s:%d", SLICE_ARG(c->snap.exten), SLICE_ARG(c->snap.context),
		 c->snap.priority);
	if (c->app.len > 0)
		sink_fmt(&app, "%.*s(%.*s)", SLICE_ARG(c->app), SLICE_ARG(c->appdata));
	else
		sink_lit(&app, "(None)");
	cli_print(call, "%-64.64s %-32.32s %-7.7s %-30.30s\n",
		  cli_cstr(name, sizeof(name), c->snap.name), sink_cstr(&place),
		  event_state_text(c->snap.state), sink_cstr(&app));
}

static void show_channel_concise(struct engine *e, struct cli_call *call, const struct roster_chan *c)
{
	struct slice app = c->app.len > 0 ? c->app : SLICE_LIT("(None)");

	cli_print(call, "%.*s!%.*s!%.*s!%d!%s!%.*s!%.*s!%.*s!%.*s!%.*s!3!%lld!!%.*s\n",
		  SLICE_ARG(c->snap.name), SLICE_ARG(c->snap.context), SLICE_ARG(c->snap.exten),
		  c->snap.priority, event_state_text(c->snap.state), SLICE_ARG(app),
		  SLICE_ARG(c->appdata), SLICE_ARG(c->snap.cid_num), SLICE_ARG(c->snap.account),
		  SLICE_ARG(c->snap.account), (long long)chan_age_s(e, c),
		  SLICE_ARG(c->snap.uniqueid));
}

#define VERBOSE_HEAD "%-80.80s %-24.24s %-24.24s %-4.4s %-7.7s %-12.12s %-25.25s %-15.15s %8.8s %-11.11s %-11.11s %-20.20s\n"
#define VERBOSE_LINE "%-80.80s %-24.24s %-24.24s %4d %-7.7s %-12.12s %-25.25s %-15.15s %8.8s %-11.11s %-11.11s %-20.20s\n"

static void show_channel_verbose(struct engine *e, struct cli_call *call, const struct roster_chan *c)
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
		cli_print(call, VERBOSE_HEAD, "Channel", "Context", "Extension", "Priority", "State",
			  "Application", "Data", "CallerID", "Duration", "Accountcode",
			  "PeerAccount", "BridgeID");
	else if (!concise && !count)
		cli_print(call, "%-64.64s %-32.32s %-7.7s %-30.30s\n", "Channel", "Location", "State",
			  "Application(Data)");
	list_for(node, control_chans(e->control))
	{
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

static enum cli_result cmd_hangup(void *context, struct cli_call *call)
{
	struct engine *e = context;

	if (call->argc == 0)
		return CLI_USAGE;
	if (call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("all"))) {
		list_for(node, control_chans(e->control))
		{
			const struct roster_chan *c = list_entry(node, struct roster_chan, node);

			cli_print(call, "Requested Hangup on channel '%.*s'\n", SLICE_ARG(c->snap.name));
			control_hangup(e->control, c, -1);
		}
		return CLI_OK;
	}
	for (uint32_t i = 0; i < call->argc; i++) {
		const struct roster_chan *c = control_find_chan(e->control, call->argv[i]);

		if (!c) {
			cli_print(call, "%.*s is not a known channel\n", SLICE_ARG(call->argv[i]));
			continue;
		}
		cli_print(call, "Requested Hangup on channel '%.*s'\n", SLICE_ARG(c->snap.name));
		control_hangup(e->control, c, -1);
	}
	return CLI_OK;
}

/* ---- time and version ---- */

static void write_span(struct sink *out, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t s;
	} units[] = {{"year", 31536000}, {"week", 604800}, {"day", 86400},
		     {"hour", 3600},     {"minute", 60},   {"second", 1}};
	bool first = true;

	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		int64_t n = seconds / units[i].s;

		seconds %= units[i].s;
		if (n == 0 && !(first && i + 1 == ARRAY_COUNT(units)))
			continue;
		sink_fmt(out, "%s%lld %s%s", first ? "" : ", ", (long long)n, units[i].name,
			 n == 1 ? "" : "s");
		first = false;
	}
}

static void show_span(struct cli_call *call, const char *label, int64_t seconds, bool bare)
{
	char text[256];
	struct sink out = sink_make(text, sizeof(text));

	if (bare)
		sink_i64(&out, seconds);
	else
		write_span(&out, seconds);
	cli_print(call, "%s: %s\n", label, sink_cstr(&out));
}

static enum cli_result cmd_show_uptime(void *context, struct cli_call *call)
{
	struct engine *e = context;
	bool bare = call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("seconds"));
	int64_t now = io_wall_ns(e->control_io);

	if (call->argc > 1 || (call->argc == 1 && !bare))
		return CLI_USAGE;
	show_span(call, "System uptime", (now - control_start_wall_ns(e->control)) / TMR_SECOND, bare);
	show_span(call, "Last reload", (now - control_reload_wall_ns(e->control)) / TMR_SECOND, bare);
	return CLI_OK;
}

static enum cli_result cmd_show_version(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print(call, "%s\n", engine_version_text());
	return CLI_OK;
}

const char *engine_version_text(void)
{
	return "Asterisk 22.10.1 compatible, Ringer " RINGER_VERSION;
}

/* ---- settings and figures ---- */

static void show_setting(struct cli_call *call, const char *label, const char *value)
{
	cli_print(call, "  %-29s%s\n", label, value);
}

static void show_number(struct cli_call *call, const char *label, uint64_t n)
{
	cli_print(call, "  %-29s%llu\n", label, (unsigned long long)n);
}

static enum cli_result cmd_show_settings(void *context, struct cli_call *call)
{
	struct engine *e = context;

	cli_print(call, "\nPBX Core settings\n-----------------\n");
	show_setting(call, "Version:", engine_version_text());
	show_number(call, "Call shards:", e->node_count);
	show_number(call, "Maximum channels:", e->conf.channel_max);
	show_number(call, "Queue of attempts:", e->conf.queue.queue_max);
	show_setting(call, "System name:", e->conf.system_name);
	cli_print(call, "\n* Directories\n-------------\n");
	show_setting(call, "Configuration file:", e->conf.main_file);
	show_setting(call, "Configuration directory:", e->conf.etc_dir);
	show_setting(call, "Spool directory:", e->conf.spool_dir);
	show_setting(call, "Log directory:", e->conf.log_dir);
	show_setting(call, "ASTDB:", e->conf.db_dir);
	show_setting(call, "Run/Sockets directory:", e->conf.run_dir);
	show_setting(call, "Data directory:", e->conf.data_dir);
	cli_print(call, "\n");
	return CLI_OK;
}

static enum cli_result cmd_show_metrics(void *context, struct cli_call *call)
{
	struct engine *e = context;

	for (enum metric m = 0; m < METRIC_COUNT; m++) {
		uint64_t n = engine_metric(e, m);

		if (n > 0 || call->argc > 0)
			cli_print(call, "%-24s %12llu  %s\n", metric_name(m), (unsigned long long)n,
				  metric_help(m));
	}
	cli_print(call, "%-24s %12llu  %s\n", "never", (unsigned long long)check_never_count(),
		  "things that cannot happen, and did");
	return CLI_OK;
}

static enum cli_result cmd_show_queue(void *context, struct cli_call *call)
{
	struct engine *e = context;
	const struct queue *q = control_queue(e->control);

	cli_print(call, "%-32s %9s %9s %9s %9s %9s %9s\n", "Trunk", "Waiting", "Dialling", "Running",
		  "Started", "Answered", "Failed");
	for (uint32_t i = 0; i < queue_trunk_count(q); i++) {
		const struct trunk *t = queue_trunk(q, i);

		cli_print(call, "%-32.32s %9u %9u %9u %9llu %9llu %9llu\n", t->name, t->waiting,
			  t->pacer.inflight, t->pacer.channels, (unsigned long long)t->started,
			  (unsigned long long)t->answered, (unsigned long long)t->failed);
	}
	cli_print(call, "%u waiting, %u scheduled, %u running, %u being recorded\n", queue_waiting(q),
		  queue_scheduled(q), queue_running(q), control_recording(e->control));
	cli_print(call, "call files: %u waiting, %u scheduled, %u running, %u to be tried again\n",
		  spool_count(e->spool, SPOOL_WAITING), spool_count(e->spool, SPOOL_SCHEDULED),
		  spool_count(e->spool, SPOOL_RUNNING), spool_count(e->spool, SPOOL_RETRY_WAIT));
	return CLI_OK;
}

#ifdef RINGER_JEMALLOC
static void show_heap(struct cli_call *call)
{
	static const char *const names[] = {"stats.allocated", "stats.active", "stats.metadata",
					    "stats.resident", "stats.mapped"};
	uint64_t epoch = 1;
	size_t len = sizeof(epoch);

	mallctl("epoch", &epoch, &len, &epoch, len);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		size_t n = 0, size = sizeof(n);

		if (mallctl(names[i], &n, &size, NULL, 0) == 0)
			cli_print(call, "jemalloc %-20s %12zu\n", names[i], n);
	}
}
#else
static void show_heap(struct cli_call *call)
{
	cli_print(call, "this build uses the allocator of its sanitizer\n");
}
#endif

static enum cli_result cmd_show_memory(void *context, struct cli_call *call)
{
	struct engine *e = context;

	for (uint32_t i = 0; i < e->node_count; i++) {
		const struct shard *s = node_shard(e->nodes[i]);

		cli_print(call, "shard %u: %u of %u channels, %zu MiB reserved\n", i,
			  slab_used(s->chans), slab_count_max(s->chans), node_bytes(e->nodes[i]) >> 20);
	}
	show_heap(call);
	return CLI_OK;
}

/* ---- dialplan ---- */

static void print_piece(void *arg, struct slice text)
{
	struct cli_call *call = arg;

	cli_write(call, text);
}

static enum cli_result cmd_dialplan_show(void *context, struct cli_call *call)
{
	struct engine *e = context;

	if (call->argc > 1)
		return CLI_USAGE;
	dialplan_show(control_dialplan(e->control), call->argc ? call->argv[0] : SLICE_EMPTY,
		      print_piece, call);
	return CLI_OK;
}

/* Silent when it goes well, as Asterisk. While shards still take over the last one, all is reloaded soon. */
static void run_reload(struct engine *e, struct cli_call *call, struct slice module)
{
	char text[1400];
	struct sink out = sink_make(text, sizeof(text));
	int err = control_reload(e->control, module, &out);

	if (err == -EBUSY)
		engine_request_reload(e);
	else if (err)
		cli_print(call, "Reload refused, the old settings stay in force: %.*s\n",
			  (int)out.len, out.ptr);
}

static enum cli_result cmd_dialplan_reload(void *context, struct cli_call *call)
{
	/* The last line is the same when the file was refused (as Asterisk). */
	run_reload(context, call, SLICE_LIT("dialplan"));
	cli_print(call, "Dialplan reloaded.\n");
	return CLI_OK;
}

static enum cli_result cmd_core_reload(void *context, struct cli_call *call)
{
	run_reload(context, call, SLICE_EMPTY);
	return CLI_OK;
}

static enum cli_result cmd_manager_reload(void *context, struct cli_call *call)
{
	run_reload(context, call, SLICE_LIT("manager"));
	return CLI_OK;
}

static enum cli_result cmd_module_reload(void *context, struct cli_call *call)
{
	struct engine *e = context;
	char text[1400];
	struct sink out = sink_make(text, sizeof(text));
	int err;

	if (call->argc > 1)
		return CLI_USAGE;
	if (call->argc == 0) {
		run_reload(e, call, SLICE_EMPTY);
		return CLI_OK;
	}
	err = control_reload(e->control, call->argv[0], &out);
	if (err == -ENOENT)
		cli_print(call, "No such module '%.*s'\n", SLICE_ARG(call->argv[0]));
	else if (err == 0)
		cli_print(call, "Module '%.*s' reloaded successfully.\n", SLICE_ARG(call->argv[0]));
	else
		cli_print(call, "Module '%.*s' reported a reload failure: %.*s\n",
			  SLICE_ARG(call->argv[0]), (int)out.len, out.ptr);
	return CLI_OK;
}

/* ---- stop ---- */

static enum cli_result cmd_stop_now(void *context, struct cli_call *call)
{
	UNUSED(call);
	engine_request_stop(context, CONTROL_STOP_NOW);
	return CLI_OK;
}

static enum cli_result cmd_stop_gracefully(void *context, struct cli_call *call)
{
	UNUSED(call);
	engine_request_stop(context, CONTROL_STOP_GRACEFULLY);
	return CLI_OK;
}

static enum cli_result cmd_stop_convenient(void *context, struct cli_call *call)
{
	cli_print(call, "Waiting for inactivity to perform halt\n");
	engine_request_stop(context, CONTROL_STOP_CONVENIENT);
	return CLI_OK;
}

static enum cli_result cmd_abort_stop(void *context, struct cli_call *call)
{
	struct engine *e = context;

	UNUSED(call);
	if (control_abort_stop(e->control))
		spool_set_claiming(e->spool, true);
	return CLI_OK;
}

/* ---- help ---- */

struct help {
	struct cli_call *call;
	struct slice prefix;
	uint32_t count;
};

static void help_one(void *arg, const struct cli_command *cmd)
{
	struct help *h = arg;

	if (!slice_istarts(slice_str(cmd->words), h->prefix))
		return;
	h->count++;
	if (slice_ieq(slice_str(cmd->words), h->prefix))
		cli_print(h->call, "%s\n", cmd->usage);
	else
		cli_print(h->call, "%30.30s  %s\n", cmd->words, cmd->summary);
}

static enum cli_result cmd_help(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct slice line = call->line, word;
	struct help h = {.call = call};

	/* What stands behind "core show help", as typed. */
	for (int i = 0; i < 3; i++)
		slice_split(&line, ' ', &word);
	h.prefix = slice_trim(line);
	cli_each(control_cli(e->control), help_one, &h);
	if (h.count == 0)
		cli_print(call, "No such command '%.*s'.\n", SLICE_ARG(h.prefix));
	return CLI_OK;
}

static const struct cli_command core_commands[] = {
	{"core show channels", "Display information on channels",
	 "Usage: core show channels [concise|verbose|count]\n"
	 "       Lists the channels that exist and some totals. 'concise' separates fields by '!',\n"
	 "       'verbose' shows more of them, 'count' only the totals.",
	 cmd_show_channels},
	{"channel request hangup", "Request a hangup on a given channel",
	 "Usage: channel request hangup <channel>|all [<channel>...]\n"
	 "       Asks the named channels, or all, to hang up.",
	 cmd_hangup},
	{"core show uptime", "Show uptime information",
	 "Usage: core show uptime [seconds]\n"
	 "       Shows how long the engine runs and when it was last reloaded.",
	 cmd_show_uptime},
	{"core show version", "Display version info",
	 "Usage: core show version\n       Shows which Ringer this is.", cmd_show_version},
	{"core show settings", "Show some core settings",
	 "Usage: core show settings\n       Shows limits and directories in force.",
	 cmd_show_settings},
	{"core show metrics", "Show counters",
	 "Usage: core show metrics [all]\n       Shows the counters that are not zero, or all.",
	 cmd_show_metrics},
	{"core show queue", "Show attempts by trunk",
	 "Usage: core show queue\n       Shows what waits, dials and runs on each trunk.",
	 cmd_show_queue},
	{"core show memory", "Show memory use",
	 "Usage: core show memory\n       Shows slabs by shard and the statistics of jemalloc.",
	 cmd_show_memory},
	{"core show help", "Display help list, or specific help on a command",
	 "Usage: core show help [topic]\n       Lists commands, or explains one.", cmd_help},
	{"dialplan show", "Show dialplan",
	 "Usage: dialplan show [<context>|<exten>@<context>]\n       Shows the dialplan or a part of it.",
	 cmd_dialplan_show},
	{"dialplan reload", "Reload extensions and only extensions",
	 "Usage: dialplan reload\n       Reads extensions.conf again.", cmd_dialplan_reload},
	{"core reload", "Global reload",
	 "Usage: core reload\n       Reads all configuration again.", cmd_core_reload},
	{"manager reload", "Reload manager configurations",
	 "Usage: manager reload\n       Reads manager.conf again.", cmd_manager_reload},
	{"module reload", "Reload configuration for a given module",
	 "Usage: module reload [module]\n"
	 "       Reads the configuration of a part again: manager, dialer, pbx_config, res_pjsip,\n"
	 "       res_rtp_asterisk; without a name: of all.",
	 cmd_module_reload},
	{"core stop now", "Shut down Ringer immediately",
	 "Usage: core stop now\n       Ends all calls and stops.", cmd_stop_now},
	{"core stop gracefully", "Gracefully shut down Ringer",
	 "Usage: core stop gracefully\n       Takes no new attempts and stops when all calls are over.",
	 cmd_stop_gracefully},
	{"core stop when convenient", "Shut down Ringer at empty call volume",
	 "Usage: core stop when convenient\n       Goes on, and stops at the first moment without calls.",
	 cmd_stop_convenient},
	{"core abort shutdown", "Cancel a running shutdown",
	 "Usage: core abort shutdown\n       Cancels a stop that is waiting.", cmd_abort_stop},
};

/* ---- completion ---- */

static void list_channels(void *context, struct cli_words *words)
{
	const struct engine *e = context;

	list_for (node, control_chans(e->control)) {
		if (cli_offer_is_full(words))
			return;
		cli_offer(words, list_entry(node, struct roster_chan, node)->snap.name);
	}
}

static void list_contexts(void *context, struct cli_words *words)
{
	const struct dialplan *dp = control_dialplan(((const struct engine *)context)->control);

	for (uint32_t i = 0; dp && i < dialplan_context_count(dp); i++)
		cli_offer(words, dialplan_context_name(dp, i));
}

static void list_applications(void *context, struct cli_words *words)
{
	uint32_t count;
	const struct app *const *apps = app_all(&count);

	UNUSED(context);
	for (uint32_t i = 0; i < count; i++)
		cli_offer(words, slice_str(apps[i]->name));
}

static void list_functions(void *context, struct cli_words *words)
{
	UNUSED(context);
	for (uint32_t i = 0; func_name(i); i++)
		cli_offer(words, slice_str(func_name(i)));
}

static const struct cli_kind core_kinds[] = {
	{"channel", list_channels},
	{"context", list_contexts},
	{"application", list_applications},
	{"function", list_functions},
};

int engine_register_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, core_commands, ARRAY_COUNT(core_commands), e);

	if (!err)
		err = cli_register_kinds(cli, core_kinds, ARRAY_COUNT(core_kinds), e);
	if (!err)
		err = engine_register_log_commands(e);
	return err ? err : engine_register_db_commands(e);
}
