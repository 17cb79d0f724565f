/* Console commands of the core: "core show ...", "dialplan ...", "core stop ...". */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"

#include <errno.h>
#include <stdio.h>
#ifdef RINGER_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

/* ---- figures ---- */

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

/* ---- reload ---- */

/* Silent when it goes well, as Asterisk. While shards still take over the last one, all is reloaded soon. */
void engine_run_reload(struct engine *e, struct cli_call *call, struct slice module)
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

static enum cli_result cmd_core_reload(void *context, struct cli_call *call)
{
	engine_run_reload(context, call, SLICE_EMPTY);
	return CLI_OK;
}

static enum cli_result cmd_manager_reload(void *context, struct cli_call *call)
{
	engine_run_reload(context, call, SLICE_LIT("manager"));
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

static enum cli_result cmd_restart_now(void *context, struct cli_call *call)
{
	UNUSED(call);
	engine_request_restart(context, CONTROL_STOP_NOW);
	return CLI_OK;
}

static enum cli_result cmd_restart_gracefully(void *context, struct cli_call *call)
{
	UNUSED(call);
	engine_request_restart(context, CONTROL_STOP_GRACEFULLY);
	return CLI_OK;
}

static enum cli_result cmd_restart_convenient(void *context, struct cli_call *call)
{
	cli_print(call, "Waiting for inactivity to perform restart\n");
	engine_request_restart(context, CONTROL_STOP_CONVENIENT);
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

static const struct cli_command core_commands[] = {
	{"core show metrics", "Show counters",
	 "Usage: core show metrics [all]\n       Shows the counters that are not zero, or all.",
	 cmd_show_metrics},
	{"core show queue", "Show attempts by trunk",
	 "Usage: core show queue\n       Shows what waits, dials and runs on each trunk.",
	 cmd_show_queue},
	{"core show memory", "Show memory use",
	 "Usage: core show memory\n       Shows slabs by shard and the statistics of jemalloc.",
	 cmd_show_memory},
	{"core reload", "Global reload",
	 "Usage: core reload\n       Reads all configuration again.", cmd_core_reload},
	{"manager reload", "Reload manager configurations",
	 "Usage: manager reload\n       Reads manager.conf again.", cmd_manager_reload},
	{"core stop now", "Shut down Ringer immediately",
	 "Usage: core stop now\n       Ends all calls and stops.", cmd_stop_now},
	{"core stop gracefully", "Gracefully shut down Ringer",
	 "Usage: core stop gracefully\n       Takes no new attempts and stops when all calls are "
	 "over.",
	 cmd_stop_gracefully},
	{"core stop when convenient", "Shut down Ringer at empty call volume",
	 "Usage: core stop when convenient\n       Goes on, and stops at the first moment without "
	 "calls.",
	 cmd_stop_convenient},
	{"core restart now", "Restart Ringer immediately",
	 "Usage: core restart now\n       Ends all calls, stops, and begins anew with the program "
	 "that "
	 "is installed then.\n       Check the configuration before: ringer -t.",
	 cmd_restart_now},
	{"core restart gracefully", "Restart Ringer gracefully",
	 "Usage: core restart gracefully\n       Takes no new attempts and begins anew when all "
	 "calls are over.",
	 cmd_restart_gracefully},
	{"core restart when convenient", "Restart Ringer at empty call volume",
	 "Usage: core restart when convenient\n       Goes on, and begins anew at the first moment "
	 "without calls.",
	 cmd_restart_convenient},
	{"core abort shutdown", "Cancel a running shutdown",
	 "Usage: core abort shutdown\n       Cancels a stop or a restart that is waiting.",
	 cmd_abort_stop},
};

int engine_register_commands(struct engine *e)
{
	static int (*const tables[])(struct engine * e) = {
		engine_register_cdr_commands,	   engine_register_channel_commands,
		engine_register_db_commands,	   engine_register_media_commands,
		engine_register_dialplan_commands, engine_register_edit_commands,
		engine_register_log_commands,	   engine_register_manual_commands,
		engine_register_module_commands,   engine_register_state_commands,
		engine_register_system_commands,
	};
	int err = cli_register(control_cli(e->control), core_commands, ARRAY_COUNT(core_commands), e);

	for (size_t i = 0; i < ARRAY_COUNT(tables) && !err; i++)
		err = tables[i](e);
	return err ? err : acl_register_cli(control_cli(e->control), &e->acls);
}
