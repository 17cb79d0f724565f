/* Console commands of the modules: "module ...". */
#include "engine/app/engine_internal.h"

#include "engine/app/modules.h"
#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>

static bool is_like(const struct module *m, struct slice part)
{
	struct slice name = slice_str(m->name);

	for (; name.len >= part.len; name = slice_from(name, 1)) {
		if (slice_istarts(name, part))
			return true;
		if (name.len == 0)
			break;
	}
	return false;
}

static enum cli_result cmd_module_show(void *context, struct cli_call *call)
{
	struct slice part = call->argc == 2 ? call->argv[1] : SLICE_EMPTY;
	const struct module *m;
	uint32_t count = 0;
	char file[LIMIT_NAME];

	(void)context;
	if (call->argc > 2 || call->argc == 1 ||
	    (call->argc == 2 && !slice_ieq(call->argv[0], SLICE_LIT("like"))))
		return CLI_USAGE;
	if (slice_ends(part, SLICE_LIT(".so")))
		part.len -= 3;
	cli_print(call, "%-30s %-40.40s %-10s %-11s %13s\n", "Module", "Description", "Use Count",
		  "Status", "Support Level");
	for (uint32_t i = 0; (m = module_at(i)); i++) {
		if (!is_like(m, part))
			continue;
		snprintf(file, sizeof(file), "%s.so", m->name);
		cli_print(call, "%-30s %-40.40s %-10d %-11s %13s\n", file, m->description, 0,
			  "Running", "core");
		count++;
	}
	cli_print(call, "%u modules loaded\n", count);
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
		engine_run_reload(e, call, SLICE_EMPTY);
		return CLI_OK;
	}
	err = control_reload(e->control, call->argv[0], &out);
	if (err == -ENOENT)
		cli_print(call, "No such module '%.*s'\n", SLICE_ARG(call->argv[0]));
	else if (err == -ENOTSUP)
		cli_print(call, "The module '%.*s' does not support reloads\n",
			  SLICE_ARG(call->argv[0]));
	else if (err == 0)
		cli_print(call, "Module '%.*s' reloaded successfully.\n", SLICE_ARG(call->argv[0]));
	else
		cli_print(call, "Module '%.*s' reported a reload failure: %.*s\n",
			  SLICE_ARG(call->argv[0]), (int)out.len, out.ptr);
	return CLI_OK;
}

/* What Ringer has is always there: it can be neither loaded again nor taken away. */
static enum cli_result change_module(struct cli_call *call, const char *what)
{
	if (call->argc != 1)
		return CLI_USAGE;
	cli_print(call, "Unable to %s module %.*s\n", what, SLICE_ARG(call->argv[0]));
	return CLI_FAIL;
}

static enum cli_result cmd_module_load(void *context, struct cli_call *call)
{
	(void)context;
	return change_module(call, "load");
}

static enum cli_result cmd_module_unload(void *context, struct cli_call *call)
{
	(void)context;
	return change_module(call, "unload");
}

static void list_modules(void *context, struct cli_words *words)
{
	const struct module *m;

	(void)context;
	for (uint32_t i = 0; (m = module_at(i)); i++)
		cli_offer(words, slice_str(m->name));
}

static const struct cli_kind module_kinds[] = {{"module", list_modules}};

static const struct cli_command module_commands[] = {
	{"module load", "Load a module by name",
	 "Usage: module load <module>\n"
	 "       Refused: what Ringer has is always there.",
	 cmd_module_load},
	{"module unload", "Unload a module by name",
	 "Usage: module unload <module>\n"
	 "       Refused: what Ringer has is always there.",
	 cmd_module_unload},
	{"module show", "List modules and info",
	 "Usage: module show [like <part>]\n"
	 "       Lists what Ringer does under the names of Asterisk's modules, or those whose "
	 "names\n"
	 "       have that part.",
	 cmd_module_show},
	{"module reload", "Reload configuration for a given module",
	 "Usage: module reload [<module>]\n"
	 "       Reads the configuration of a part again: manager, logger, dialer, pbx_config,\n"
	 "       res_pjsip, res_rtp_asterisk; without a name: of all.",
	 cmd_module_reload},
};

int engine_register_module_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, module_commands, ARRAY_COUNT(module_commands), e);

	return err ? err : cli_register_kinds(cli, module_kinds, ARRAY_COUNT(module_kinds), e);
}
