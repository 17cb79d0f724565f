/* tests/unit/core/test_cli.c */
#include "engine/core/cli.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"
#include "tests/unit/cmocka.h"

#include <string.h>

static enum cli_result run_short(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print(call, "short %u", call->argc);
	return CLI_OK;
}

static enum cli_result run_long(void *context, struct cli_call *call)
{
	UNUSED(context);
	if (call->argc == 0)
		return CLI_USAGE;
	cli_print(call, "long %.*s", SLICE_ARG(call->argv[0]));
	return CLI_OK;
}

static enum cli_result run_fail(void *context, struct cli_call *call)
{
	UNUSED(context);
	UNUSED(call);
	return CLI_FAIL;
}

static const struct cli_command table[] = {
	{"core show", "s", "Usage: core show", run_short},
	{"core show channel", "l", "Usage: core show channel <name>", run_long},
	{"break", "b", "Usage: break", run_fail},
};

static void collect(void *arg, struct slice text)
{
	sink_add(arg, text);
}

static void test_lines(void **state)
{
	static const struct {
		const char *line, *out;
		enum cli_result result;
	} rows[] = {
		{"core show", "short 0", CLI_OK},
		{"  CORE   Show  x y ", "short 2", CLI_OK},
		{"core show channel", "Usage: core show channel <name>\n", CLI_USAGE},
		{"core show channel a\\ b", "long a b", CLI_OK},
		{"core show channel \"PJSIP/x y\"", "long PJSIP/x y", CLI_OK},
		{"break", "Command 'break' failed.\n", CLI_FAIL},
		{"nosuch thing",
		 "No such command 'nosuch thing' (type 'core show help nosuch thing' for other possible "
		 "commands)\n",
		 CLI_UNKNOWN},
		{"", "No such command '' (type 'core show help ' for other possible commands)\n",
		 CLI_UNKNOWN},
	};
	struct cli *c;

	UNUSED(state);
	assert_int_equal(cli_create(&c), 0);
	assert_int_equal(cli_register(c, table, ARRAY_COUNT(table), NULL), 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[256];
		struct sink out = sink_make(text, sizeof(text));

		assert_int_equal(cli_run(c, slice_str(rows[i].line), collect, &out), rows[i].result);
		assert_string_equal(sink_cstr(&out), rows[i].out);
	}
	cli_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
