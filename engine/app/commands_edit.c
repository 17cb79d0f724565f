/* Console commands that change the dialplan in force: "dialplan add extension", "dialplan remove
 * extension". What they did is gone with the next reload. */
#include "engine/app/engine_internal.h"

#include "engine/core/dialplan_line.h"

#include <errno.h>

/* False: no priority. */
static bool read_priority(struct slice text, int32_t *priority)
{
	uint64_t n;

	if (slice_eq(text, SLICE_LIT("hint"))) {
		*priority = DIALPLAN_HINT;
		return true;
	}
	if (!slice_u64(text, INT32_MAX - 1, &n) || n == 0)
		return false;
	*priority = (int32_t)n;
	return true;
}

/* "exten,priority,App(data)" or "exten,priority,App,data". */
static bool read_step(struct slice text, struct dialplan_edit *edit)
{
	struct slice rest = text;
	struct dialplan_line line = {.name = dialplan_line_name(&rest)};
	size_t comma;

	dialplan_line_step(&line, rest);
	edit->exten = line.name;
	edit->app = line.app;
	edit->data = line.data;
	comma = slice_find(line.app, ',');
	if (comma != SIZE_MAX && line.data.len == 0) {
		edit->app = slice_head(line.app, comma);
		edit->data = slice_from(line.app, comma + 1);
	}
	return line.name.len && edit->app.len && !line.label.len && !line.offset &&
	       read_priority(line.priority, &edit->priority);
}

static void say_step(struct cli_call *call, const struct dialplan_edit *edit, struct slice priority)
{
	cli_print(call, "%.*s,%.*s,%.*s(%.*s)", SLICE_ARG(edit->exten), SLICE_ARG(priority),
		  SLICE_ARG(edit->app), SLICE_ARG(edit->data));
}

static struct slice priority_text(const struct dialplan_edit *edit, char room[16])
{
	struct sink out = sink_make(room, 16);

	if (edit->priority == DIALPLAN_HINT)
		return SLICE_LIT("hint");
	sink_i64(&out, edit->priority);
	return sink_slice(&out);
}

static void say_added(struct cli_call *call, const struct dialplan_edit *edit)
{
	char room[16];
	struct slice priority = priority_text(edit, room);

	if (edit->replace) {
		cli_print(call, "Extension %.*s@%.*s (%.*s) replace by '", SLICE_ARG(edit->exten),
			  SLICE_ARG(edit->context), SLICE_ARG(priority));
		say_step(call, edit, priority);
		cli_print(call, "'\n");
		return;
	}
	cli_print(call, "Extension '");
	say_step(call, edit, priority);
	cli_print(call, "' added into '%.*s' context\n", SLICE_ARG(edit->context));
}

static enum cli_result say_trouble(struct cli_call *call, const struct dialplan_edit *edit, int err)
{
	char room[16];
	struct slice priority = priority_text(edit, room);

	if (err == -EBUSY)
		cli_print(call, "Failed to lock context(s) list, please try again later\n");
	else if (edit->remove)
		cli_print(call, "Failed to remove extension %.*s@%.*s\n", SLICE_ARG(edit->exten),
			  SLICE_ARG(edit->context));
	else if (err == -EEXIST)
		cli_print(call, "Extension %.*s@%.*s with priority %.*s already exists\n",
			  SLICE_ARG(edit->exten), SLICE_ARG(edit->context), SLICE_ARG(priority));
	else
		cli_print(call, "Failed to add extension %.*s into '%.*s' context\n",
			  SLICE_ARG(edit->exten), SLICE_ARG(edit->context));
	return CLI_FAIL;
}

static enum cli_result cmd_add(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct dialplan_edit edit = {0};
	int err;

	if ((call->argc != 3 && call->argc != 4) || !slice_eq(call->argv[1], SLICE_LIT("into")) ||
	    !read_step(call->argv[0], &edit))
		return CLI_USAGE;
	edit.context = call->argv[2];
	edit.replace = call->argc == 4;
	if (edit.replace && !slice_eq(call->argv[3], SLICE_LIT("replace")))
		return CLI_USAGE;
	err = control_edit_dialplan(e->control, &edit);
	if (err)
		return say_trouble(call, &edit, err);
	say_added(call, &edit);
	return CLI_OK;
}

static enum cli_result cmd_remove(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct dialplan_edit edit = {.remove = true};
	size_t at;
	int err;

	if (call->argc < 1 || call->argc > 2)
		return CLI_USAGE;
	at = slice_find(call->argv[0], '@');
	edit.exten = slice_head(call->argv[0], at);
	edit.context = at == SIZE_MAX ? SLICE_LIT("default") : slice_from(call->argv[0], at + 1);
	if (!edit.exten.len || !edit.context.len ||
	    (call->argc == 2 && !read_priority(call->argv[1], &edit.priority)))
		return CLI_USAGE;
	err = control_edit_dialplan(e->control, &edit);
	if (err)
		return say_trouble(call, &edit, err);
	if (call->argc == 1)
		cli_print(call, "Whole extension %.*s@%.*s removed\n", SLICE_ARG(edit.exten),
			  SLICE_ARG(edit.context));
	else
		cli_print(call, "Extension %.*s@%.*s with priority %.*s removed\n",
			  SLICE_ARG(edit.exten), SLICE_ARG(edit.context), SLICE_ARG(call->argv[1]));
	return CLI_OK;
}

static const struct cli_command commands[] = {
	{"dialplan add extension", "Add new extension into context",
	 "Usage: dialplan add extension <exten>,<priority>,<app>[(<data>)] into <context> "
	 "[replace]\n"
	 "       Adds a step to the dialplan in force. A step that is there stays unless "
	 "'replace'\n"
	 "       is said; a context that is not there is made. The next reload forgets it.",
	 cmd_add},
	{"dialplan remove extension", "Remove a specified extension",
	 "Usage: dialplan remove extension <exten>[/<cid>]@<context> [<priority>]\n"
	 "       Removes an extension, or one of its steps, from the dialplan in force. What\n"
	 "       stands in extensions.conf is back after the next reload.",
	 cmd_remove},
};

int engine_register_edit_commands(struct engine *e)
{
	return cli_register(control_cli(e->control), commands,
			    sizeof(commands) / sizeof(commands[0]), e);
}
