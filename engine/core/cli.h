/* engine/core/cli.h - console commands as a table, run on the control shard.
 *
 * Whoever has commands registers a table with a context; consoles, `ringer -rx` and AMI's Command
 * run lines through the same door. Words are literal; the rest of the line are arguments. The
 * command with the most matching words wins. A console may abbreviate words; scripts write them
 * out.
 *
 * The usage text is more than help: its first line says what completes. "[concise|verbose]" offers
 * words,
 * "<channel>" what the kind of that name lists (cli_register_kinds), "..." repeats the last one. */
#ifndef RINGER_CORE_CLI_H
#define RINGER_CORE_CLI_H

#include "engine/base/slice.h"

#include <stdbool.h>

#define CLI_ARGS 32

enum cli_result {
	CLI_OK,
	CLI_USAGE,   /* prints the command's usage */
	CLI_FAIL,    /* "Command 'x' failed." */
	CLI_UNKNOWN, /* only from cli_start and cli_run: no such command (said in the output) */
	CLI_OPEN,    /* goes on: the command has a job (cli_hold) and ends it with cli_job_end */
};

/* Text may come in pieces; it carries its own line ends. */
typedef void (*cli_print_fn)(void *arg, struct slice text);

/* What one console shows of the log; its commands change it. */
struct cli_session {
	int verbose;	 /* verbose lines up to this level */
	unsigned levels; /* bits 1 << enum log_level */
	bool muted;
};

/* Where the output goes. */
struct cli_out {
	cli_print_fn print;
	/* The end of a command that was CLI_OPEN; not called after cli_cancel. NULL: it is not
	 * waited for, and what comes later is lost. */
	void (*done)(void *arg, enum cli_result result);
	void *arg;
	struct cli_session *session; /* NULL: not a console that stays */
	bool may_abbreviate;
	bool guarded; /* a client's: functions must not reach beyond the call (chan.guarded) */
};

struct cli;
struct cli_job;

struct cli_call {
	struct slice line;	     /* as typed */
	struct slice argv[CLI_ARGS]; /* behind the command's own words; valid during the call */
	uint32_t argc;
	struct cli *cli;
	const struct cli_out *out;
	struct cli_job *job; /* cli_hold's */
};

void cli_print(struct cli_call *call, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text for people, broken between words at 78 columns; its own line ends stay. Ends its last line.
 */
void cli_print_text(struct cli_call *call, struct slice text);
/* Text of any length, as it is. */
void cli_write(struct cli_call *call, struct slice text);

struct cli_command {
	const char *words;   /* "core show channels" */
	const char *summary; /* one line for help */
	const char *usage;   /* "Usage: core show channels [concise|verbose|count]\n       ..." */
	enum cli_result (*run)(void *context, struct cli_call *call);
};

/* A kind of argument that can be listed: channels, contexts, ... */
struct cli_words;
struct cli_kind {
	const char *name; /* as it stands in usages between < and > */
	void (*list)(void *context, struct cli_words *words);
};
/* One word of the kind; those that do not begin with what was typed are left out. */
void cli_offer(struct cli_words *words, struct slice word);
/* No more is wanted. */
bool cli_offer_is_full(const struct cli_words *words);

int cli_create(struct cli **out);
void cli_destroy(struct cli *c);
/* table is kept; count entries. 0 or -ENOMEM. */
int cli_register(struct cli *c, const struct cli_command *table, uint32_t count, void *context);
int cli_register_kinds(struct cli *c, const struct cli_kind *table, uint32_t count, void *context);

/* *job is set for CLI_OPEN, which only comes when out->done is given; then it is the caller's until
 * done is called or it cancels. */
enum cli_result cli_start(struct cli *c, struct slice line, const struct cli_out *out,
			  struct cli_job **job);
/* The caller is gone: the command ends in its own time and is not heard. */
void cli_cancel(struct cli_job *job);
/* cli_start for callers that wait for nothing. */
enum cli_result cli_run(struct cli *c, struct slice line, cli_print_fn print, void *print_arg);

/* ---- commands that end later ---- */

/* NULL: the caller does not wait, or too many commands are open: give CLI_FAIL. The command then
 * returns CLI_OPEN, or, if it has ended the job already, also CLI_OPEN. */
struct cli_job *cli_hold(struct cli_call *call);
void cli_job_print(struct cli_job *job, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cli_job_write(struct cli_job *job, struct slice text);
void cli_job_end(struct cli_job *job, enum cli_result result);

/* ---- completion and help ---- */

/* The words that may stand where `line` (up to the cursor) ends, each once. */
typedef void (*cli_match_fn)(void *arg, struct slice word);
void cli_complete(struct cli *c, struct slice line, cli_match_fn fn, void *arg);
/* Calls fn for all commands in alphabetical order. */
void cli_each(struct cli *c, void (*fn)(void *arg, const struct cli_command *cmd), void *arg);
/* Each word of `words` (perhaps the last one only begun) begins the command's word in its place. */
bool cli_begins(const struct cli_command *cmd, struct slice words);

#endif
