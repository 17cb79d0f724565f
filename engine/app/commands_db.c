/* Console commands of the database: "database ...". */
#include "engine/app/engine_internal.h"

#include "engine/base/check.h"
#include "engine/core/db.h"

static struct db *db_of(void *context)
{
	struct engine *e = context;

	return control_db(e->control);
}

static void print_pair(struct cli_call *call, const struct db_pair *pair)
{
	cli_print(call, "%-50.*s: ", SLICE_ARG(pair->key));
	cli_write(call, pair->value); /* of any length */
	cli_print(call, "%*s\n", pair->value.len < 25 ? (int)(25 - pair->value.len) : 0, "");
}

/* "database show family/tree" is the same as "database show family tree". */
static enum cli_result cmd_show(void *context, struct cli_call *call)
{
	struct slice family = call->argc > 0 ? call->argv[0] : SLICE_EMPTY;
	struct slice tree = call->argc > 1 ? call->argv[1] : SLICE_EMPTY;
	struct db_pair pair = {0};
	uint32_t count = 0;

	if (call->argc > 2)
		return CLI_USAGE;
	for (; db_next(db_of(context), family, tree, pair.key, &pair); count++)
		print_pair(call, &pair);
	cli_print(call, "%u results found.\n", count);
	return CLI_OK;
}

static bool ends_in_key(struct slice path, struct slice key)
{
	return path.len > key.len && slice_ends(path, key) &&
	       path.ptr[path.len - key.len - 1] == '/';
}

static enum cli_result cmd_showkey(void *context, struct cli_call *call)
{
	struct db_pair pair = {0};
	uint32_t count = 0;

	if (call->argc != 1)
		return CLI_USAGE;
	while (db_next(db_of(context), SLICE_EMPTY, SLICE_EMPTY, pair.key, &pair)) {
		if (!ends_in_key(pair.key, call->argv[0]))
			continue;
		print_pair(call, &pair);
		count++;
	}
	cli_print(call, "%u results found.\n", count);
	return CLI_OK;
}

static enum cli_result cmd_get(void *context, struct cli_call *call)
{
	struct slice value;

	if (call->argc != 2)
		return CLI_USAGE;
	if (!db_get(db_of(context), call->argv[0], call->argv[1], &value)) {
		cli_print(call, "Database entry not found.\n");
		return CLI_OK;
	}
	cli_print(call, "Value: ");
	cli_write(call, value);
	cli_print(call, "\n");
	return CLI_OK;
}

static enum cli_result cmd_put(void *context, struct cli_call *call)
{
	if (call->argc != 3)
		return CLI_USAGE;
	if (db_put(db_of(context), call->argv[0], call->argv[1], call->argv[2]) == 0)
		cli_print(call, "Updated database successfully\n");
	else
		cli_print(call, "Failed to update entry\n");
	return CLI_OK;
}

static enum cli_result cmd_del(void *context, struct cli_call *call)
{
	if (call->argc != 2)
		return CLI_USAGE;
	if (db_del(db_of(context), call->argv[0], call->argv[1]))
		cli_print(call, "Database entry removed.\n");
	else
		cli_print(call, "Database entry does not exist.\n");
	return CLI_OK;
}

static enum cli_result cmd_deltree(void *context, struct cli_call *call)
{
	uint32_t count;

	if (call->argc < 1 || call->argc > 2)
		return CLI_USAGE;
	count = db_del_tree(db_of(context), call->argv[0],
			    call->argc > 1 ? call->argv[1] : SLICE_EMPTY);
	if (count > 0)
		cli_print(call, "%u database entries removed.\n", count);
	else
		cli_print(call, "Database entries do not exist.\n");
	return CLI_OK;
}

static const struct cli_command db_commands[] = {
	{"database show", "Shows database contents",
	 "Usage: database show [family [keytree]]\n"
	 "       Lists all entries, those of a family, or those of a tree in it. A slash does as "
	 "well\n"
	 "       as a blank between the two.",
	 cmd_show},
	{"database showkey", "Shows database contents",
	 "Usage: database showkey <key>\n       Lists the entries of that key in all families.",
	 cmd_showkey},
	{"database get", "Gets database value",
	 "Usage: database get <family> <key>\n       Shows the value of one entry.", cmd_get},
	{"database put", "Adds/updates database value",
	 "Usage: database put <family> <key> <value>\n       Writes one entry.", cmd_put},
	{"database del", "Removes database key/value",
	 "Usage: database del <family> <key>\n       Deletes one entry.", cmd_del},
	{"database deltree", "Removes database keytree/values",
	 "Usage: database deltree <family> [keytree]\n"
	 "       Deletes a family, or the tree of that name in it.",
	 cmd_deltree},
};

int engine_register_db_commands(struct engine *e)
{
	return cli_register(control_cli(e->control), db_commands, ARRAY_COUNT(db_commands), e);
}
