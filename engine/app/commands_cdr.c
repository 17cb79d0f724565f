/* engine/app/commands_cdr.c - console commands about call records. Layouts are Asterisk's (cli.md
 * 6). */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/base/tmr.h"

#include <stdio.h>

/* ---- settings ---- */

static const char *enabled(bool on)
{
	return on ? "Enabled" : "Disabled";
}

static enum cli_result cmd_cdr_status(void *context, struct cli_call *call)
{
	const struct engine *e = context;
	bool on = e->cdr.sink_count > 0;

	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call,
		  "\nCall Detail Record (CDR) settings\n----------------------------------\n");
	cli_print(call, "  Logging:                    %s\n", enabled(on));
	cli_print(call, "  Mode:                       Simple\n");
	if (on) {
		cli_print(call, "  Log calls by default:       Yes\n");
		cli_print(call, "  Log unanswered calls:       %s\n",
			  e->cdr.unanswered ? "Yes" : "No");
		cli_print(call, "  Log congestion:             %s\n\n",
			  e->cdr.congestion ? "Yes" : "No");
		cli_print(call, "  Ignore bridging changes:    No\n\n");
		cli_print(call, "  Ignore dial state changes:  No\n\n");
		cli_print(call, "  Cancel disposition enabled: No\n\n");
	}
	cli_print(call, "* Registered Backends\n  -------------------\n");
	if (!on)
		cli_print(call, "    (none)\n");
	for (uint32_t i = 0; i < e->cdr.sink_count; i++)
		cli_print(call, "    %s\n", e->cdr.sinks[i]);
	cli_print(call, "\n");
	return CLI_OK;
}

static enum cli_result cmd_cdr_submit(void *context, struct cli_call *call)
{
	const struct engine *e = context;

	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call, "Cannot submit CDR batch: %s.\n",
		  e->cdr.sink_count ? "batch mode not enabled" : "CDR engine disabled");
	return CLI_OK;
}

/* ---- records of calls that still run ---- */

#define ACTIVE_HEAD "%-25.25s %-25.25s %-15.15s %-8.8s %-8.8s %-8.8s %-8.8s %-8.8s\n"
#define ACTIVE_LINE "%-25.*s %-25.25s %-15.*s %-8.8s %-8.8s %-8.8s %-8.8lld %-8.8lld\n"
#define ONE_HEAD    "%-10.10s %-20.20s %-25.25s %-15.15s %-15.15s %-8.8s %-8.8s %-8.8s %-8.8s %-8.8s\n"
#define ONE_LINE                                                                                   \
	"%-10.*s %-20.20s %-25.25s %-15.*s %-15.*s %-8.8s %-8.8s %-8.8s %-8.8lld %-8.8lld\n"

/* The times of a record whose call goes on: it ends now. */
struct record_times {
	char start[16], answer[16], end[16]; /* HH:MM:SS; empty: not yet */
	long long billsec, duration;
};

static void write_clock(struct engine *e, char text[16], int64_t wall_ns)
{
	struct tm tm;

	text[0] = 0;
	if (!wall_ns)
		return;
	io_local_time(e->control_io, wall_ns, &tm);
	snprintf(text, 16, "%02d:%02d:%02d", tm.tm_hour % 24, tm.tm_min % 60, tm.tm_sec % 61);
}

static struct record_times record_times(struct engine *e, const struct roster_chan *c)
{
	int64_t now = io_wall_ns(e->control_io);
	struct record_times t = {.duration = (now - c->created_wall_ns) / TMR_SECOND};

	if (c->answered_wall_ns)
		t.billsec = (now - c->answered_wall_ns) / TMR_SECOND;
	write_clock(e, t.start, c->created_wall_ns);
	write_clock(e, t.answer, c->answered_wall_ns);
	write_clock(e, t.end, now);
	return t;
}

/* For %.*s with a width that cuts. */
#define CUT(max, s) (int)((s).len < (max) ? (s).len : (max)), (s).ptr

static void show_active(struct engine *e, struct cli_call *call)
{
	cli_print(call, "\nChannels with Call Detail Record (CDR) Information\n"
			"--------------------------------------------------\n");
	cli_print(call, ACTIVE_HEAD, "Channel", "Dst. Channel", "LastApp", "Start", "Answer", "End",
		  "Billsec", "Duration");
	list_for (node, control_chans(e->control)) {
		const struct roster_chan *c = list_entry(node, struct roster_chan, node);
		struct record_times t = record_times(e, c);

		cli_print(call, ACTIVE_LINE, CUT(25, c->snap.name), "<none>", CUT(15, c->app),
			  t.start, t.answer, t.end, t.billsec, t.duration);
	}
}

static void show_record(struct engine *e, struct cli_call *call, const struct roster_chan *c)
{
	struct record_times t = record_times(e, c);
	char room[LIMIT_NAME * 2 + 8];
	struct sink clid = sink_make(room, sizeof(room));

	sink_fmt(&clid, "\"%.*s\" <%.*s>", SLICE_ARG(c->snap.cid_name), SLICE_ARG(c->snap.cid_num));
	cli_print(call,
		  "\nCall Detail Record (CDR) Information for %.*s\n"
		  "--------------------------------------------------\n",
		  SLICE_ARG(c->snap.name));
	cli_print(call, ONE_HEAD, "AccountCode", "CallerID", "Dst. Channel", "LastApp", "Data",
		  "Start", "Answer", "End", "Billsec", "Duration");
	cli_print(call, ONE_LINE, CUT(10, c->snap.account), sink_cstr(&clid), "<none>",
		  CUT(15, c->app), CUT(15, c->appdata), t.start, t.answer, t.end, t.billsec,
		  t.duration);
}

static enum cli_result cmd_cdr_active(void *context, struct cli_call *call)
{
	struct engine *e = context;
	const struct roster_chan *c;

	if (call->argc > 1)
		return CLI_USAGE;
	if (call->argc == 0) {
		show_active(e, call);
		return CLI_OK;
	}
	c = control_find_chan(e->control, call->argv[0]);
	if (c)
		show_record(e, call, c);
	else
		cli_print(call, "Unknown channel: %.*s\n", SLICE_ARG(call->argv[0]));
	return CLI_OK;
}

/* ---- table ---- */

static const struct cli_command cdr_commands[] = {
	{"cdr show status", "Display the CDR status",
	 "Usage: cdr show status\n       Shows which calls leave a record, and where.",
	 cmd_cdr_status},
	{"cdr submit", "Posts all pending batched CDR data",
	 "Usage: cdr submit\n       Records are written at once: there is never anything to post.",
	 cmd_cdr_submit},
	{"cdr show active", "Display active CDRs for channels",
	 "Usage: cdr show active [<channel>]\n"
	 "       Shows the records of calls that still run, or all of one channel's.",
	 cmd_cdr_active},
};

int engine_register_cdr_commands(struct engine *e)
{
	return cli_register(control_cli(e->control), cdr_commands, ARRAY_COUNT(cdr_commands), e);
}
