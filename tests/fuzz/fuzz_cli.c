/* Lines for consoles: taken apart, looked up, completed. What a line offers as completion begins with what was
 * typed. */
#include "engine/base/check.h"
#include "engine/base/sink.h"
#include "engine/core/cli.h"

static enum cli_result run(void *context, struct cli_call *call)
{
	UNUSED(context);
	for (uint32_t i = 0; i < call->argc; i++)
		cli_print(call, "%.*s", SLICE_ARG(call->argv[i]));
	return call->argc > 2 ? CLI_USAGE : CLI_OK;
}

static const struct cli_command table[] = {
	{"core show channel", "", "Usage: core show channel <channel>\n", run},
	{"core show channels", "", "Usage: core show channels [concise|verbose|count]\n", run},
	{"core set verbose", "", "Usage: core set verbose <level>|off|atleast [<level>|silent] [silent]\n", run},
	{"channel request hangup", "", "Usage: channel request hangup <channel>|all [<channel>...]\n", run},
	{"broken", "", "Usage", run},
};

static void list(void *context, struct cli_words *words)
{
	UNUSED(context);
	cli_offer(words, SLICE_LIT("PJSIP/a-1"));
	cli_offer(words, SLICE_EMPTY);
}

static void print(void *arg, struct slice text)
{
	size_t *sum = arg;

	*sum += text.len;
}

static void match(void *arg, struct slice word)
{
	check(word.len > 0);
	print(arg, word);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct cli_kind kinds[] = {{"channel", list}};
	struct slice line = slice_make((const char *)data, size);
	size_t sum = 0;
	struct cli_out out = {.print = print, .arg = &sum, .may_abbreviate = true};
	struct cli_job *job;
	struct cli *c;

	if (cli_create(&c) != 0)
		return 0;
	check(cli_register(c, table, ARRAY_COUNT(table), NULL) == 0);
	check(cli_register_kinds(c, kinds, ARRAY_COUNT(kinds), NULL) == 0);
	cli_start(c, line, &out, &job);
	check(!job);
	cli_complete(c, line, match, &sum);
	for (uint32_t i = 0; i < ARRAY_COUNT(table); i++)
		cli_begins(&table[i], line);
	cli_destroy(c);
	return 0;
}
