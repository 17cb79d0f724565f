/* engine/app/commands_dialplan.c - console commands about the dialplan and its variables. Layouts
 * are Asterisk's (cli.md 4). */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"

#include <stdlib.h>

static void print_piece(void *arg, struct slice text)
{
	cli_write(arg, text);
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

static enum cli_result cmd_dialplan_reload(void *context, struct cli_call *call)
{
	/* The last line is the same when the file was refused (as Asterisk). */
	engine_run_reload(context, call, SLICE_LIT("dialplan"));
	cli_print(call, "Dialplan reloaded.\n");
	return CLI_OK;
}

/* ---- variables: only a shard knows them ---- */

/* A question that a shard answers, and what the answer is about. */
struct var_ask {
	struct cli_job *job;
	char name[LIMIT_VAR_NAME], value[LIMIT_CLI_LINE], channel[LIMIT_NAME];
};

/* NULL: no room; give CLI_FAIL. */
static struct var_ask *ask_begin(struct cli_call *call)
{
	struct var_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return NULL;
	ask->job = cli_hold(call);
	if (!ask->job) {
		free(ask);
		return NULL;
	}
	return ask;
}

static void ask_end(struct var_ask *ask, enum cli_result result)
{
	cli_job_end(ask->job, result);
	free(ask);
}

static void globals_on_answer(void *arg, bool ok, struct slice lines)
{
	struct var_ask *ask = arg;
	struct slice line;
	unsigned count = 0;

	while (ok && slice_split(&lines, '\n', &line)) {
		if (line.len == 0)
			continue;
		cli_job_print(ask->job, "   ");
		cli_job_write(ask->job, line);
		cli_job_print(ask->job, "\n");
		count++;
	}
	cli_job_print(ask->job, "\n    -- %u variable(s)\n", count);
	ask_end(ask, ok ? CLI_OK : CLI_FAIL);
}

static enum cli_result cmd_show_globals(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct var_ask *ask;

	if (call->argc > 0)
		return CLI_USAGE;
	ask = ask_begin(call);
	if (!ask)
		return CLI_FAIL;
	control_list_vars(e->control, NULL, globals_on_answer, ask);
	return CLI_OPEN;
}

static void chanvars_on_answer(void *arg, bool ok, struct slice lines)
{
	struct var_ask *ask = arg;

	if (ok)
		cli_job_write(ask->job, lines);
	else
		cli_job_print(ask->job, "Channel '%s' not found\n", ask->channel);
	ask_end(ask, ok ? CLI_OK : CLI_FAIL);
}

static enum cli_result cmd_show_chanvar(void *context, struct cli_call *call)
{
	struct engine *e = context;
	const struct roster_chan *c;
	struct var_ask *ask;

	if (call->argc != 1)
		return CLI_USAGE;
	c = control_find_chan(e->control, call->argv[0]);
	if (!c) {
		cli_print(call, "Channel '%.*s' not found\n", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	ask = ask_begin(call);
	if (!ask)
		return CLI_FAIL;
	slice_copy(ask->channel, sizeof(ask->channel), call->argv[0]);
	control_list_vars(e->control, c, chanvars_on_answer, ask);
	return CLI_OPEN;
}

static void set_on_answer(void *arg, bool ok, struct slice value)
{
	struct var_ask *ask = arg;

	UNUSED(value);
	if (!ok)
		cli_job_print(ask->job, "\n    -- '%s' cannot be set\n", ask->name);
	else if (ask->channel[0])
		cli_job_print(ask->job, "\n    -- Channel variable '%s' set to '%s' for '%s'\n",
			      ask->name, ask->value, ask->channel);
	else
		cli_job_print(ask->job, "\n    -- Global variable '%s' set to '%s'\n", ask->name,
			      ask->value);
	ask_end(ask, ok ? CLI_OK : CLI_FAIL);
}

static enum cli_result set_variable(struct engine *e, struct cli_call *call,
				    const struct roster_chan *c, struct slice channel,
				    const struct slice pair[2])
{
	struct var_ask *ask = ask_begin(call);

	if (!ask)
		return CLI_FAIL;
	slice_copy(ask->channel, sizeof(ask->channel), channel);
	slice_copy(ask->name, sizeof(ask->name), pair[0]);
	slice_copy(ask->value, sizeof(ask->value), pair[1]);
	control_setvar(e->control, c, pair[0], pair[1], call->out->guarded, set_on_answer, ask);
	return CLI_OPEN;
}

static enum cli_result cmd_set_global(void *context, struct cli_call *call)
{
	if (call->argc != 2)
		return CLI_USAGE;
	return set_variable(context, call, NULL, SLICE_EMPTY, call->argv);
}

static enum cli_result cmd_set_chanvar(void *context, struct cli_call *call)
{
	struct engine *e = context;
	const struct roster_chan *c;

	if (call->argc != 3)
		return CLI_USAGE;
	c = control_find_chan(e->control, call->argv[0]);
	if (!c) {
		cli_print(call, "Channel '%.*s' not found\n", SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	return set_variable(e, call, c, call->argv[0], call->argv + 1);
}

static void eval_on_answer(void *arg, bool ok, struct slice value)
{
	struct var_ask *ask = arg;

	cli_job_print(ask->job, "Return Value: %s (%d)\nResult: ", ok ? "Success" : "Failure",
		      ok ? 0 : -1);
	cli_job_write(ask->job, value);
	cli_job_print(ask->job, "\n");
	ask_end(ask, CLI_OK);
}

static enum cli_result cmd_eval(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct var_ask *ask;

	if (call->argc != 1 || call->argv[0].len == 0 ||
	    call->argv[0].ptr[call->argv[0].len - 1] != ')')
		return CLI_USAGE;
	ask = ask_begin(call);
	if (!ask)
		return CLI_FAIL;
	control_getvar(e->control, NULL, call->argv[0], call->out->guarded, eval_on_answer, ask);
	return CLI_OPEN;
}

/* ---- table ---- */

static void list_contexts(void *context, struct cli_words *words)
{
	const struct dialplan *dp = control_dialplan(((const struct engine *)context)->control);

	for (uint32_t i = 0; dp && i < dialplan_context_count(dp); i++)
		cli_offer(words, dialplan_context_name(dp, i));
}

static const struct cli_kind dialplan_kinds[] = {{"context", list_contexts}};

static const struct cli_command dialplan_commands[] = {
	{"dialplan show", "Show dialplan",
	 "Usage: dialplan show [<context>|<exten>@<context>]\n"
	 "       Shows the dialplan, one context, or the extensions that a number fits.",
	 cmd_dialplan_show},
	{"dialplan reload", "Reload extensions and only extensions",
	 "Usage: dialplan reload\n"
	 "       Reads extensions.conf again. What cannot be used leaves the old dialplan in "
	 "force; the\n"
	 "       log says why.",
	 cmd_dialplan_reload},
	{"dialplan show globals", "Show global dialplan variables",
	 "Usage: dialplan show globals\n       Lists the global variables with their values.",
	 cmd_show_globals},
	{"dialplan show chanvar", "Show channel variables",
	 "Usage: dialplan show chanvar <channel>\n       Lists the variables of a channel.",
	 cmd_show_chanvar},
	{"dialplan set global", "Set global dialplan variable",
	 "Usage: dialplan set global <name> <value>\n       Sets a global variable.",
	 cmd_set_global},
	{"dialplan set chanvar", "Set a channel variable",
	 "Usage: dialplan set chanvar <channel> <name> <value>\n"
	 "       Sets a variable of a channel, or a function that can be written.",
	 cmd_set_chanvar},
	{"dialplan eval function", "Evaluate dialplan function",
	 "Usage: dialplan eval function <name(arguments)>\n"
	 "       Shows what a function gives that needs no channel.",
	 cmd_eval},
};

int engine_register_dialplan_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, dialplan_commands, ARRAY_COUNT(dialplan_commands), e);

	return err ? err : cli_register_kinds(cli, dialplan_kinds, ARRAY_COUNT(dialplan_kinds), e);
}
