/* engine/app/commands_manual.c - "core show help", "core show application(s)", "core show
 * function(s)". */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/core/app.h"
#include "engine/core/func.h"
#include "engine/core/manual.h"

/* ---- commands ---- */

struct help {
	struct cli_call *call;
	struct slice words;
	const struct cli_command *exact;
	uint32_t count;
};

static void help_find(void *arg, const struct cli_command *cmd)
{
	struct help *h = arg;

	if (slice_ieq(slice_str(cmd->words), h->words))
		h->exact = cmd;
	else if (cli_begins(cmd, h->words))
		h->count++;
}

static void help_list(void *arg, const struct cli_command *cmd)
{
	struct help *h = arg;

	if (cli_begins(cmd, h->words))
		cli_print(h->call, "%-30s -- %s\n", cmd->words, cmd->summary);
}

static enum cli_result cmd_help(void *context, struct cli_call *call)
{
	struct engine *e = context;
	char text[LIMIT_CLI_LINE];
	struct sink words = sink_make(text, sizeof(text));
	struct help h = {.call = call};

	for (uint32_t i = 0; i < call->argc; i++)
		sink_fmt(&words, "%s%.*s", i ? " " : "", SLICE_ARG(call->argv[i]));
	h.words = sink_slice(&words);
	cli_each(control_cli(e->control), help_find, &h);
	if (h.exact) {
		size_t len = strlen(h.exact->usage);

		cli_print(call, "%s%s", h.exact->usage,
			  len > 0 && h.exact->usage[len - 1] == '\n' ? "" : "\n");
	} else if (h.count > 0) {
		cli_each(control_cli(e->control), help_list, &h);
	} else {
		cli_print(call, "No such command '%.*s'.\n", SLICE_ARG(h.words));
	}
	return CLI_OK;
}

/* ---- applications and functions ---- */

static bool has_word(struct slice text, struct slice word)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		if (slice_ieq(slice_make(text.ptr + i, word.len), word))
			return true;
	}
	return false;
}

/* "like X" in the name, "describing X [Y...]": all words in the name or the line about it. */
static bool app_is_wanted(const struct cli_call *call, const struct app *app)
{
	bool all = true;

	if (call->argc == 0)
		return true;
	if (slice_ieq(call->argv[0], SLICE_LIT("like")))
		return has_word(slice_str(app->name), call->argv[1]);
	for (uint32_t i = 1; i < call->argc; i++)
		all &= has_word(slice_str(app->name), call->argv[i]) ||
		       has_word(slice_str(app->summary), call->argv[i]);
	return all;
}

static enum cli_result cmd_show_applications(void *context, struct cli_call *call)
{
	uint32_t count, shown = 0;
	const struct app *const *apps = app_all(&count);
	bool like = call->argc == 2 && slice_ieq(call->argv[0], SLICE_LIT("like"));
	bool describing = call->argc >= 2 && slice_ieq(call->argv[0], SLICE_LIT("describing"));

	UNUSED(context);
	if (call->argc > 0 && !like && !describing)
		return CLI_USAGE;
	cli_print(call, "    -= %s Asterisk Applications =-\n",
		  call->argc ? "Matching" : "Registered");
	for (uint32_t i = 0; i < count; i++) {
		if (!app_is_wanted(call, apps[i]))
			continue;
		cli_print(call, "  %20s: %s\n", apps[i]->name, apps[i]->summary);
		shown++;
	}
	cli_print(call, "    -= %u Applications %s =-\n", shown,
		  call->argc ? "Matching" : "Registered");
	return CLI_OK;
}

static void print_part(struct cli_call *call, const char *title, const char *text)
{
	cli_print(call, "[%s]\n", title);
	cli_print_text(call, slice_str(text ? text : "Not available"));
	cli_print(call, "\n");
}

static void print_page(struct cli_call *call, const char *kind, const char *name,
		       const char *summary, const struct manual_page *page)
{
	cli_print(call, "\n  -= Info about %s '%s' =- \n\n", kind, name);
	print_part(call, "Synopsis", summary);
	print_part(call, "Provided By", "builtin");
	print_part(call, "Since", NULL);
	print_part(call, "Description", page ? page->text : NULL);
	print_part(call, "Syntax", page ? page->syntax : NULL);
	print_part(call, "Arguments", page ? page->arguments : NULL);
	print_part(call, "See Also", page ? page->see : NULL);
}

static enum cli_result cmd_show_application(void *context, struct cli_call *call)
{
	bool found = false;

	UNUSED(context);
	if (call->argc == 0)
		return CLI_USAGE;
	for (uint32_t i = 0; i < call->argc; i++) {
		const struct app *app = app_find(call->argv[i]);

		if (!app)
			continue;
		found = true;
		print_page(call, "Application", app->name, app->summary,
			   manual_app(slice_str(app->name)));
	}
	if (!found)
		cli_print(call, "Your application(s) is (are) not registered\n");
	return found ? CLI_OK : CLI_FAIL;
}

static enum cli_result cmd_show_functions(void *context, struct cli_call *call)
{
	bool like = call->argc == 2 && slice_ieq(call->argv[0], SLICE_LIT("like"));
	uint32_t shown = 0;

	UNUSED(context);
	if (call->argc > 0 && !like)
		return CLI_USAGE;
	cli_print(call,
		  "%s Custom Functions:\n"
		  "--------------------------------------------------------------------------------"
		  "\n",
		  like ? "Matching" : "Installed");
	for (uint32_t i = 0; func_name(i); i++) {
		const struct manual_page *page = manual_func(slice_str(func_name(i)));

		if (like && !has_word(slice_str(func_name(i)), call->argv[1]))
			continue;
		cli_print(call, "%-20.20s  %-35.35s  %s\n", func_name(i), page ? page->syntax : "",
			  func_summary(i));
		shown++;
	}
	cli_print(call, "%u %scustom functions installed.\n", shown, like ? "matching " : "");
	return CLI_OK;
}

static enum cli_result cmd_show_function(void *context, struct cli_call *call)
{
	UNUSED(context);
	if (call->argc != 1)
		return CLI_USAGE;
	for (uint32_t i = 0; func_name(i); i++) {
		if (!slice_ieq(slice_str(func_name(i)), call->argv[0]))
			continue;
		print_page(call, "Function", func_name(i), func_summary(i),
			   manual_func(call->argv[0]));
		return CLI_OK;
	}
	cli_print(call, "No function by that name registered.\n");
	return CLI_FAIL;
}

/* ---- completion ---- */

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

static const struct cli_kind manual_kinds[] = {
	{"application", list_applications},
	{"function", list_functions},
};

static const struct cli_command manual_commands[] = {
	{"core show help", "Display help list, or specific help on a command",
	 "Usage: core show help [topic]\n"
	 "       Explains a command, or lists those that begin with the words given.",
	 cmd_help},
	{"core show applications", "Shows registered dialplan applications",
	 "Usage: core show applications [like|describing] [<text>]\n"
	 "       Lists the applications of the dialplan; 'like' those with the text in their "
	 "name,\n"
	 "       'describing' those with all texts in their name or the line about them.",
	 cmd_show_applications},
	{"core show application", "Describe a specific dialplan application",
	 "Usage: core show application <application> [<application>...]\n"
	 "       Explains applications of the dialplan.",
	 cmd_show_application},
	{"core show functions", "Shows registered dialplan functions",
	 "Usage: core show functions [like] [<text>]\n"
	 "       Lists the functions of the dialplan; 'like' those with the text in their name.",
	 cmd_show_functions},
	{"core show function", "Describe a specific dialplan function",
	 "Usage: core show function <function>\n       Explains a function of the dialplan.",
	 cmd_show_function},
};

int engine_register_manual_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, manual_commands, ARRAY_COUNT(manual_commands), e);

	return err ? err : cli_register_kinds(cli, manual_kinds, ARRAY_COUNT(manual_kinds), e);
}
