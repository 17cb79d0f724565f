/* engine/core/cli.h - console commands as a table, run on the control shard.
 *
 * Whoever has commands registers a table with a context; the console, `ringer -rx` and AMI's Command
 * run lines through the same door. Words are literal; the rest of the line are arguments. The command
 * with the most matching words wins. */
#ifndef RINGER_CORE_CLI_H
#define RINGER_CORE_CLI_H

#include "engine/base/slice.h"

#define CLI_ARGS 32

enum cli_result {
	CLI_OK,
	CLI_USAGE,   /* prints the command's usage */
	CLI_FAIL,    /* "Command 'x' failed." */
	CLI_UNKNOWN, /* only from cli_run: no such command (said in the output) */
};

/* Text may come in pieces; it carries its own line ends. */
typedef void (*cli_print_fn)(void *arg, struct slice text);

struct cli_call {
	struct slice line;           /* as typed */
	struct slice argv[CLI_ARGS]; /* behind the command's own words */
	uint32_t argc;
	cli_print_fn print;
	void *print_arg;
};

void cli_print(struct cli_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

struct cli_command {
	const char *words;   /* "core show channels" */
	const char *summary; /* one line for help */
	const char *usage;   /* "Usage: core show channels [concise|verbose|count]\n       ..." */
	enum cli_result (*run)(void *context, struct cli_call *call);
};

struct cli;
int cli_create(struct cli **out);
void cli_destroy(struct cli *c);
/* table is kept; count entries. */
int cli_register(struct cli *c, const struct cli_command *table, uint32_t count, void *context);
enum cli_result cli_run(struct cli *c, struct slice line, cli_print_fn print, void *print_arg);
/* Calls fn for all commands in alphabetical order (help, completion). */
void cli_each(struct cli *c, void (*fn)(void *arg, const struct cli_command *cmd), void *arg);

#endif
