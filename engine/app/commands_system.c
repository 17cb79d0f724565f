/* engine/app/commands_system.c - console commands about the engine and its machine: times,
 * settings. Layouts are Asterisk's (cli.md 3 and 6); rows about what Ringer does
 * not have say so. */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>

/* ---- time and version ---- */

static void write_span(struct sink *out, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t s;
	} units[] = {{"year", 31536000}, {"week", 604800}, {"day", 86400},
		     {"hour", 3600},	 {"minute", 60},   {"second", 1}};
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

void engine_print_span(struct cli_call *call, const char *label, int64_t span_ns, bool bare)
{
	char text[256];
	struct sink out = sink_make(text, sizeof(text));

	if (bare)
		sink_i64(&out, span_ns / TMR_SECOND);
	else
		write_span(&out, span_ns / TMR_SECOND);
	cli_print(call, "%s: %s\n", label, sink_cstr(&out));
}

static enum cli_result cmd_show_uptime(void *context, struct cli_call *call)
{
	struct engine *e = context;
	bool bare = call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("seconds"));
	int64_t now = io_wall_ns(e->control_io);

	if (call->argc > 1 || (call->argc == 1 && !bare))
		return CLI_USAGE;
	engine_print_span(call, "System uptime", now - control_start_wall_ns(e->control), bare);
	engine_print_span(call, "Last reload", now - control_reload_wall_ns(e->control), bare);
	return CLI_OK;
}

const char *engine_version_text(void)
{
	return "Asterisk 22.10.1 compatible, Ringer " RINGER_VERSION;
}

static enum cli_result cmd_show_version(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print(call, "%s\n", engine_version_text());
	return CLI_OK;
}

/* Consoles are served only when all is up. */
static enum cli_result cmd_wait_booted(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print(call, "Asterisk has fully booted.\n");
	return CLI_OK;
}

/* ---- settings ---- */

static void show_setting(struct cli_call *call, const char *label, const char *value)
{
	cli_print(call, "  %-28s %s\n", label, value);
}

static void show_number(struct cli_call *call, const char *label, uint64_t n)
{
	cli_print(call, "  %-28s %llu\n", label, (unsigned long long)n);
}

static const char *enabled(bool on)
{
	return on ? "Enabled" : "Disabled";
}

static void show_clock(struct engine *e, struct cli_call *call, const char *label, int64_t wall_ns)
{
	char text[16];
	struct tm tm;

	io_local_time(e->control_io, wall_ns, &tm);
	snprintf(text, sizeof(text), "%02d:%02d:%02d", tm.tm_hour % 24, tm.tm_min % 60,
		 tm.tm_sec % 61);
	show_setting(call, label, text);
}

static void show_limits(struct engine *e, struct cli_call *call)
{
	char calls[48];

	snprintf(calls, sizeof(calls), "%u (Current %u)", e->conf.max_calls,
		 control_chan_count(e->control));
	show_setting(call, "Maximum calls:", e->conf.max_calls ? calls : "Not set");
	if (e->options.descriptor_max)
		show_number(call, "Maximum open file handles:", e->options.descriptor_max);
	else
		show_setting(call, "Maximum open file handles:", "Unlimited");
	show_number(call, "Root console verbosity:", (uint64_t)e->conf.verbose);
	show_number(call, "Current console verbosity:",
		    call->out->session ? (uint64_t)call->out->session->verbose : 0);
	show_number(call, "Debug level:", (uint64_t)log_debug_level());
	show_number(call, "Trace level:", 0);
	show_setting(call, "Dump core on crash:", "No");
	show_setting(call, "Maximum load average:", "0.000000");
	show_setting(call, "Minimum free memory:", "0 MB");
	show_clock(e, call, "Startup time:", control_start_wall_ns(e->control));
	show_clock(e, call, "Last reload time:", control_reload_wall_ns(e->control));
}

static void show_core(struct engine *e, struct cli_call *call)
{
	char owner[160];

	snprintf(owner, sizeof(owner), "%s/%s", e->options.run_user ? e->options.run_user : "",
		 e->options.run_group ? e->options.run_group : "");
	show_setting(call, "System name:", e->conf.system_name);
	show_setting(call, "Entity ID:", "(none)");
	show_setting(call, "PBX UUID:", "(none)");
	show_setting(call, "Default language:", e->conf.default_language);
	show_setting(call, "Language prefix:", enabled(e->conf.language_prefix));
	show_setting(call, "User name and group:", owner);
	show_setting(call, "Executable includes:", enabled(e->conf.exec_includes));
	show_setting(call, "Transcode via SLIN:", "Disabled");
	show_setting(call, "Transmit silence during rec:", "Disabled");
	show_setting(call, "Generic PLC:", "Disabled");
	show_setting(call, "Generic PLC on equal codecs:", "Disabled");
	show_setting(call, "Hide Msg Chan AMI events:", "Disabled");
	show_setting(call, "Sounds search custom dir:", enabled(e->conf.search_custom_dir));
	show_setting(call, "Channel storage backend:", "slab");
	show_setting(call, "Shell on remote consoles:", "Enabled");
}

/* What Asterisk has no rows for. */
static void show_dialer(struct engine *e, struct cli_call *call)
{
	cli_print(call, "\n* Dialer\n  -------------\n");
	show_number(call, "Call shards:", e->node_count);
	show_number(call, "Maximum channels:", e->conf.channel_max);
	show_number(call, "Queue of attempts:", e->conf.queue.queue_max);
}

static void show_directories(struct engine *e, struct cli_call *call)
{
	cli_print(call, "\n* Directories\n  -------------\n");
	show_setting(call, "Configuration file:", e->conf.main_file);
	show_setting(call, "Configuration directory:", e->conf.etc_dir);
	show_setting(call, "Spool directory:", e->conf.spool_dir);
	show_setting(call, "Log directory:", e->conf.log_dir);
	show_setting(call, "Run/Sockets directory:", e->conf.run_dir);
	show_setting(call, "PID file:", e->conf.pid_path);
	show_setting(call, "VarLib directory:", e->conf.var_lib_dir);
	show_setting(call, "Data directory:", e->conf.data_dir);
	show_setting(call, "ASTDB:", e->conf.db_dir);
	cli_print(call, "\n\n");
}

static enum cli_result cmd_show_settings(void *context, struct cli_call *call)
{
	struct engine *e = context;

	if (call->argc > 0)
		return CLI_USAGE;
	cli_print(call, "\nPBX Core settings\n-----------------\n");
	show_setting(call, "Version:", engine_version_text());
	show_setting(call, "ABI related Build Options:", "(none)");
	show_setting(call, "All Build Options:", "(none)");
	show_limits(e, call);
	show_core(e, call);
	cli_print(call, "\n* Subsystems\n  -------------\n");
	show_setting(call, "Manager (AMI):", enabled(ami_is_enabled(e->ami)));
	show_setting(call, "Web Manager (AMI/HTTP):", enabled(ami_is_web_enabled(e->ami)));
	show_setting(call, "Call data records:", enabled(e->cdr.sink_count > 0));
	show_setting(call, "Realtime Architecture (ARA):", "Disabled");
	show_dialer(e, call);
	show_directories(e, call);
	return CLI_OK;
}

/* ---- machine ---- */

static enum cli_result cmd_show_sysinfo(void *context, struct cli_call *call)
{
	struct sysinfo s;
	unsigned long long unit;

	UNUSED(context);
	if (call->argc > 0)
		return CLI_USAGE;
	if (sysinfo(&s) != 0)
		return CLI_FAIL;
	unit = s.mem_unit;
	cli_print(call, "\nSystem Statistics\n-----------------\n");
	cli_print(call, "  System Uptime:             %ld hours\n", s.uptime / 3600);
	cli_print(call, "  Total RAM:                 %llu KiB\n", s.totalram * unit / 1024);
	cli_print(call, "  Free RAM:                  %llu KiB\n", s.freeram * unit / 1024);
	cli_print(call, "  Buffer RAM:                %llu KiB\n", s.bufferram * unit / 1024);
	cli_print(call, "  Total Swap Space:          %llu KiB\n", s.totalswap * unit / 1024);
	cli_print(call, "  Free Swap Space:           %llu KiB\n\n", s.freeswap * unit / 1024);
	cli_print(call, "  Number of Processes:       %d \n\n", (int)s.procs);
	return CLI_OK;
}

struct thread_list {
	struct engine *e;
	struct cli_call *call;
	uint32_t count;
};

/* The kernel names our threads as the loops are named. */
static int show_thread(void *arg, const char *id)
{
	struct thread_list *l = arg;
	char path[64], name[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", id);
	fd = io_fs_open(l->e->control_io, path, IO_FS_READ, 0);
	if (fd < 0)
		return 0;
	n = io_fs_read(l->e->control_io, fd, name, sizeof(name) - 1);
	io_fs_close(l->e->control_io, fd);
	if (n <= 0)
		return 0;
	name[n] = 0;
	name[strcspn(name, "\n")] = 0;
	cli_print(l->call, "%p %s %s\n", (void *)(uintptr_t)strtoul(id, NULL, 10), id, name);
	l->count++;
	return 0;
}

static enum cli_result cmd_show_threads(void *context, struct cli_call *call)
{
	struct thread_list l = {.e = context, .call = call};

	if (call->argc > 0)
		return CLI_USAGE;
	io_fs_list(l.e->control_io, "/proc/self/task", show_thread, &l);
	cli_print(call, "%u threads listed.\n", l.count);
	return CLI_OK;
}

/* ---- table ---- */

static const struct cli_command system_commands[] = {
	{"core show uptime", "Show uptime information",
	 "Usage: core show uptime [seconds]\n"
	 "       Shows how long the engine runs and when it was last reloaded.",
	 cmd_show_uptime},
	{"core show version", "Display version info",
	 "Usage: core show version\n       Shows which Ringer this is.", cmd_show_version},
	{"core waitfullybooted", "Wait for Asterisk to be fully booted",
	 "Usage: core waitfullybooted\n       Answers when the engine is up.", cmd_wait_booted},
	{"core show settings", "Show some core settings",
	 "Usage: core show settings\n       Shows limits and directories in force.",
	 cmd_show_settings},
	{"core show sysinfo", "Show System Information",
	 "Usage: core show sysinfo\n       Shows memory and load of the machine.",
	 cmd_show_sysinfo},
	{"core show threads", "Show running threads",
	 "Usage: core show threads\n       Lists the threads: their number does not depend on the "
	 "load.",
	 cmd_show_threads},
};

int engine_register_system_commands(struct engine *e)
{
	return cli_register(control_cli(e->control), system_commands, ARRAY_COUNT(system_commands),
			    e);
}
