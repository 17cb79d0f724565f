/* engine/core/cli.c - the table of commands, and how a line finds its command. cli.h */
#include "engine/core/cli_internal.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CLI_TEXT_COLUMNS 78

struct cli_job {
	struct cli *cli;
	struct cli_out out;
	bool cancelled;
	bool ended; /* while its command still runs */
	bool begun; /* cli_start has given it to its caller */
	enum cli_result result;
	char line[LIMIT_CLI_LINE];
};

int cli_create(struct cli **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void cli_destroy(struct cli *c)
{
	if (!c)
		return;
	free(c->kinds);
	free(c->entries);
	free(c);
}

static int cli_compare(const void *a, const void *b)
{
	const struct cli_entry *x = a, *y = b;

	return strcmp(x->cmd->words, y->cmd->words);
}

int cli_register(struct cli *c, const struct cli_command *table, uint32_t count, void *context)
{
	struct cli_entry *more = realloc(c->entries, (c->count + count) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	c->entries = more;
	for (uint32_t i = 0; i < count; i++)
		more[c->count++] = (struct cli_entry){&table[i], context};
	qsort(c->entries, c->count, sizeof(*c->entries), cli_compare);
	return 0;
}

int cli_register_kinds(struct cli *c, const struct cli_kind *table, uint32_t count, void *context)
{
	struct cli_kind_entry *more = realloc(c->kinds, (c->kind_count + count) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	c->kinds = more;
	for (uint32_t i = 0; i < count; i++)
		more[c->kind_count++] = (struct cli_kind_entry){&table[i], context};
	return 0;
}

/* ---- output ---- */

static void cli_format(const struct cli_out *out, const char *fmt, va_list args)
{
	char text[2048];
	int n = vsnprintf(text, sizeof(text), fmt, args);

	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	out->print(out->arg, slice_make(text, (size_t)n));
}

void cli_print(struct cli_call *call, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cli_format(call->out, fmt, args);
	va_end(args);
}

/* How much of a line fits; a word that is longer than the line stays whole. */
static size_t cli_fitting(struct slice line)
{
	size_t at = CLI_TEXT_COLUMNS;

	if (line.len <= at)
		return line.len;
	while (at > 0 && line.ptr[at] != ' ')
		at--;
	if (at == 0)
		at = slice_find(line, ' ');
	return at == SIZE_MAX ? line.len : at;
}

void cli_print_text(struct cli_call *call, struct slice text)
{
	struct slice line;

	while (slice_split(&text, '\n', &line)) {
		do {
			size_t len = cli_fitting(line);

			cli_print(call, "%.*s\n", (int)len, line.ptr);
			line = slice_trim(slice_from(line, len));
		} while (line.len > 0);
	}
}

void cli_write(struct cli_call *call, struct slice text)
{
	call->out->print(call->out->arg, text);
}

void cli_job_print(struct cli_job *job, const char *fmt, ...)
{
	va_list args;

	if (job->cancelled)
		return;
	va_start(args, fmt);
	cli_format(&job->out, fmt, args);
	va_end(args);
}

void cli_job_write(struct cli_job *job, struct slice text)
{
	if (!job->cancelled)
		job->out.print(job->out.arg, text);
}

/* ---- words ---- */

/* One word: up to a blank, or between double quotes; a backslash takes the next octet as it is. The
 * words are written into buf. */
static bool cli_next_word(struct slice *rest, struct sink *buf, struct slice *word)
{
	size_t start = buf->len;
	bool quoted = false;

	*rest = slice_ltrim(*rest);
	if (rest->len == 0)
		return false;
	while (rest->len > 0) {
		char c = rest->ptr[0];

		if (!quoted && (c == ' ' || c == '\t'))
			break;
		*rest = slice_from(*rest, 1);
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && rest->len > 0) {
			c = rest->ptr[0];
			*rest = slice_from(*rest, 1);
		}
		sink_char(buf, c);
	}
	*word = slice_make(buf->ptr + start, buf->len - start);
	return true;
}

void cli_parse(struct cli_parsed *p, struct slice line)
{
	struct sink buf = sink_make(p->text, sizeof(p->text));

	p->count = 0;
	p->ended = true;
	while (p->count < CLI_ARGS && cli_next_word(&line, &buf, &p->words[p->count])) {
		p->count++;
		p->ended = line.len > 0;
	}
	p->over = buf.over || slice_trim(line).len > 0;
}

struct slice cli_word(const struct cli_command *cmd, uint32_t n)
{
	struct slice rest = slice_str(cmd->words), word;

	while (slice_split(&rest, ' ', &word)) {
		if (n-- == 0)
			return word;
	}
	return SLICE_EMPTY;
}

uint32_t cli_word_count(const struct cli_command *cmd)
{
	struct slice rest = slice_str(cmd->words), word;
	uint32_t n = 0;

	while (slice_split(&rest, ' ', &word))
		n++;
	return n;
}

uint32_t cli_prefix_match(const struct cli_command *cmd, const struct slice *words, uint32_t count)
{
	struct slice rest = slice_str(cmd->words), word;
	uint32_t n = 0;

	while (n < count && slice_split(&rest, ' ', &word)) {
		if (!slice_istarts(word, words[n]))
			return 0;
		n++;
	}
	return n;
}

bool cli_begins(const struct cli_command *cmd, struct slice words)
{
	struct cli_parsed p;

	cli_parse(&p, words);
	return !p.over && p.count <= cli_word_count(cmd) &&
	       cli_prefix_match(cmd, p.words, p.count) == p.count;
}

/* ---- which command ---- */

uint32_t cli_exact_match(const struct cli_command *cmd, const struct slice *words, uint32_t count)
{
	struct slice rest = slice_str(cmd->words), part;
	uint32_t n = 0;

	while (slice_split(&rest, ' ', &part)) {
		if (n == count || !slice_ieq(words[n], part))
			return 0;
		n++;
	}
	return n;
}

static const struct cli_entry *cli_find(const struct cli *c, const struct cli_parsed *p,
					uint32_t *words)
{
	const struct cli_entry *best = NULL;

	*words = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = cli_exact_match(c->entries[i].cmd, p->words, p->count);

		if (n > *words) {
			*words = n;
			best = &c->entries[i];
		}
	}
	return best;
}

/* Begun words: the command that they can mean. Of several, one whose words all others only lengthen
 * is meant ("co sh ch": channel, channels, channeltypes), or its plural when nothing stands behind
 * it and it wants something. NULL: none, or more than one. */
static bool cli_wants_argument(const struct cli_command *cmd)
{
	struct slice usage = slice_str(cmd->usage);
	size_t at = slice_find(usage, '\n');
	struct slice first = at == SIZE_MAX ? usage : slice_head(usage, at);
	size_t skip = strlen("Usage: ") + strlen(cmd->words);

	if (first.len <= skip)
		return false;
	first = slice_ltrim(slice_from(first, skip));
	return first.len > 0 && first.ptr[0] != '[';
}

/* 2: the argument is one of the words of its usage; 1: it may be called like this; 0: it wants an
 * argument. */
static int cli_fitness(const struct cli_command *cmd, struct slice first_arg)
{
	if (first_arg.len > 0)
		return cli_has_word(cmd, first_arg) ? 2 : 1;
	return !cli_wants_argument(cmd);
}

static const struct cli_entry *cli_fitter(const struct cli_entry *a, const struct cli_entry *b,
					  struct slice first_arg)
{
	int a_fits = cli_fitness(a->cmd, first_arg), b_fits = cli_fitness(b->cmd, first_arg);

	if (a_fits != b_fits)
		return a_fits > b_fits ? a : b;
	return strlen(a->cmd->words) <= strlen(b->cmd->words) ? a : b;
}

static bool cli_is_family(const struct cli *c, const struct cli_parsed *p, uint32_t words,
			  const struct cli_command *root)
{
	for (uint32_t i = 0; i < c->count; i++) {
		const struct cli_command *cmd = c->entries[i].cmd;

		if (cli_word_count(cmd) != words ||
		    cli_prefix_match(cmd, p->words, p->count) != words)
			continue;
		if (!slice_istarts(slice_str(cmd->words), slice_str(root->words)))
			return false;
	}
	return true;
}

static const struct cli_entry *cli_find_begun(const struct cli *c, const struct cli_parsed *p,
					      uint32_t *words)
{
	const struct cli_entry *best = NULL;
	const struct cli_command *root = NULL;

	*words = 0;
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = cli_word_count(c->entries[i].cmd);

		if (n < *words || cli_prefix_match(c->entries[i].cmd, p->words, p->count) != n)
			continue;
		if (n > *words)
			best = NULL;
		*words = n;
		if (!best || strlen(c->entries[i].cmd->words) < strlen(root->words))
			root = c->entries[i].cmd;
		best = best ? cli_fitter(best, &c->entries[i],
					 n < p->count ? p->words[n] : SLICE_EMPTY)
			    : &c->entries[i];
	}
	return best && cli_is_family(c, p, *words, root) ? best : NULL;
}

/* ---- run ---- */

static enum cli_result cli_unknown(struct cli_call *call)
{
	cli_print(
		call,
		"No such command '%.*s' (type 'core show help %.*s' for other possible commands)\n",
		SLICE_ARG(call->line), SLICE_ARG(call->line));
	return CLI_UNKNOWN;
}

static void cli_say_result(struct cli_call *call, const struct cli_command *cmd,
			   enum cli_result result)
{
	size_t len = strlen(cmd->usage);

	if (result == CLI_USAGE)
		cli_print(call, "%s%s", cmd->usage,
			  len > 0 && cmd->usage[len - 1] == '\n' ? "" : "\n");
	else if (result == CLI_FAIL)
		cli_print(call, "Command '%.*s' failed.\n", SLICE_ARG(call->line));
}

static void cli_job_free(struct cli_job *job)
{
	job->cli->jobs--;
	free(job);
}

/* The command gave CLI_OPEN: it is over already, or its caller waits. */
static enum cli_result cli_leave_open(struct cli_call *call, struct cli_job **job)
{
	enum cli_result result;

	if (NEVER(!call->job))
		return CLI_FAIL;
	call->job->begun = true;
	*job = call->job;
	if (!call->job->ended)
		return CLI_OPEN;
	result = call->job->result;
	cli_job_free(call->job);
	*job = NULL;
	return result;
}

enum cli_result cli_start(struct cli *c, struct slice line, const struct cli_out *out,
			  struct cli_job **job)
{
	struct cli_call call = {.line = slice_trim(line), .cli = c, .out = out};
	const struct cli_entry *entry;
	struct cli_parsed p;
	uint32_t words;
	enum cli_result result;

	*job = NULL;
	cli_parse(&p, call.line);
	entry = cli_find(c, &p, &words);
	if (!entry && out->may_abbreviate)
		entry = cli_find_begun(c, &p, &words);
	if (!entry || p.over)
		return cli_unknown(&call);
	for (uint32_t i = words; i < p.count; i++)
		call.argv[call.argc++] = p.words[i];
	result = entry->cmd->run(entry->context, &call);
	if (result == CLI_OPEN)
		result = cli_leave_open(&call, job);
	else if (NEVER(call.job))
		cli_job_free(call.job);
	cli_say_result(&call, entry->cmd, result);
	return result;
}

enum cli_result cli_run(struct cli *c, struct slice line, cli_print_fn print, void *print_arg)
{
	struct cli_out out = {.print = print, .arg = print_arg};
	struct cli_job *job;

	return cli_start(c, line, &out, &job);
}

/* ---- jobs ---- */

struct cli_job *cli_hold(struct cli_call *call)
{
	struct cli_job *job;

	if (!call->out->done || call->cli->jobs == LIMIT_CLI_JOBS)
		return NULL;
	job = calloc(1, sizeof(*job));
	if (!job)
		return NULL;
	job->cli = call->cli;
	job->out = *call->out;
	slice_copy(job->line, sizeof(job->line), call->line);
	call->cli->jobs++;
	call->job = job;
	return job;
}

void cli_job_end(struct cli_job *job, enum cli_result result)
{
	if (!job->begun) { /* within its own command: cli_start goes on */
		job->ended = true;
		job->result = result;
		return;
	}
	if (result == CLI_FAIL)
		cli_job_print(job, "Command '%s' failed.\n", job->line);
	if (!job->cancelled)
		job->out.done(job->out.arg, result);
	cli_job_free(job);
}

void cli_cancel(struct cli_job *job)
{
	job->cancelled = true;
}

void cli_each(struct cli *c, void (*fn)(void *arg, const struct cli_command *cmd), void *arg)
{
	for (uint32_t i = 0; i < c->count; i++)
		fn(arg, c->entries[i].cmd);
}
