#include "engine/core/cli.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct cli_entry {
	const struct cli_command *cmd;
	void *context;
};

struct cli {
	struct cli_entry *entries; /* alphabetical */
	uint32_t count;
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

void cli_print(struct cli_call *call, const char *fmt, ...)
{
	char text[2048];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(text))
		n = (int)sizeof(text) - 1;
	call->print(call->print_arg, slice_make(text, (size_t)n));
}

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

/* How many words of the line the command's own words cover; 0: not this command. */
static uint32_t cli_match(const struct cli_command *cmd, const struct slice *words, uint32_t count)
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

static enum cli_result cli_unknown(struct cli_call *call)
{
	cli_print(call,
		  "No such command '%.*s' (type 'core show help %.*s' for other possible commands)\n",
		  SLICE_ARG(call->line), SLICE_ARG(call->line));
	return CLI_UNKNOWN;
}

enum cli_result cli_run(struct cli *c, struct slice line, cli_print_fn print, void *print_arg)
{
	char storage[1024];
	struct sink buf = sink_make(storage, sizeof(storage));
	struct slice words[CLI_ARGS], rest = line = slice_trim(line);
	struct cli_call call = {.line = line, .print = print, .print_arg = print_arg};
	const struct cli_entry *best = NULL;
	uint32_t count = 0, best_words = 0;
	enum cli_result result;

	while (count < CLI_ARGS && cli_next_word(&rest, &buf, &words[count]))
		count++;
	for (uint32_t i = 0; i < c->count; i++) {
		uint32_t n = cli_match(c->entries[i].cmd, words, count);

		if (n > best_words) {
			best_words = n;
			best = &c->entries[i];
		}
	}
	if (!best || buf.over)
		return cli_unknown(&call);
	for (uint32_t i = best_words; i < count; i++)
		call.argv[call.argc++] = words[i];
	result = best->cmd->run(best->context, &call);
	if (result == CLI_USAGE)
		cli_print(&call, "%s\n", best->cmd->usage);
	else if (result == CLI_FAIL)
		cli_print(&call, "Command '%.*s' failed.\n", SLICE_ARG(line));
	return result;
}

void cli_each(struct cli *c, void (*fn)(void *arg, const struct cli_command *cmd), void *arg)
{
	for (uint32_t i = 0; i < c->count; i++)
		fn(arg, c->entries[i].cmd);
}
