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

/* ---- begun words ---- */

static enum cli_result run_named(void *context, struct cli_call *call)
{
	cli_print(call, "%s %u", (const char *)context, call->argc);
	return CLI_OK;
}

static const struct cli_command shows[] = {
	{"core show channel", "", "Usage: core show channel <channel>\n", run_named},
	{"core show channels", "", "Usage: core show channels [concise|verbose]\n", run_named},
	{"core show channeltypes", "", "Usage: core show channeltypes\n", run_named},
	{"core show calls", "", "Usage: core show calls [uptime]\n", run_named},
	{"core stop now", "", "Usage: core stop now\n", run_named},
	{"channel request hangup", "", "Usage: channel request hangup <channel> [<channel>...]|all\n",
	 run_named},
};

/* One context for each, so that it is seen which one ran. */
static struct cli *make_shows(void)
{
	struct cli *c;

	assert_int_equal(cli_create(&c), 0);
	for (size_t i = 0; i < ARRAY_COUNT(shows); i++)
		assert_int_equal(cli_register(c, &shows[i], 1, (void *)(uintptr_t)shows[i].words), 0);
	return c;
}

static void test_begun_words(void **state)
{
	static const struct {
		const char *line, *out;
	} rows[] = {
		{"co sh ch", "core show channels 0"},
		{"co sh ch x", "core show channel 1"},
		{"co sh ch verbose", "core show channels 1"},
		{"core show channel", "core show channel 0"},
		{"co sh channelt", "core show channeltypes 0"},
		{"co st n", "core stop now 0"},
		{"co sh ca", "core show calls 0"},
		{"co sh c", NULL}, /* channels or calls? */
		{"co st", NULL},
	};
	struct cli *c = make_shows();

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[256];
		struct sink out = sink_make(text, sizeof(text));
		struct cli_out to = {.print = collect, .arg = &out, .may_abbreviate = true};
		struct cli_job *job;

		cli_start(c, slice_str(rows[i].line), &to, &job);
		if (rows[i].out)
			assert_string_equal(sink_cstr(&out), rows[i].out);
		else
			assert_non_null(strstr(sink_cstr(&out), "No such command"));
		out.len = 0;
		if (strncmp(rows[i].line, "core", 4) != 0) { /* scripts write them out */
			cli_run(c, slice_str(rows[i].line), collect, &out);
			assert_non_null(strstr(sink_cstr(&out), "No such command"));
		}
	}
	cli_destroy(c);
}

/* ---- completion ---- */

static void list_channels(void *context, struct cli_words *words)
{
	UNUSED(context);
	cli_offer(words, SLICE_LIT("PJSIP/a-1"));
	cli_offer(words, SLICE_LIT("PJSIP/b-2"));
}

static void on_match(void *arg, struct slice word)
{
	sink_add(arg, word);
	sink_char(arg, ' ');
}

static void test_completion(void **state)
{
	static const struct cli_kind kinds[] = {{"channel", list_channels}};
	static const struct {
		const char *line, *words;
	} rows[] = {
		{"", "channel core "},
		{"co", "core "},
		{"core ", "show stop "},
		{"co s", "show stop "},
		{"core show ch", "channel channels channeltypes "},
		{"core show channel", "channel channels channeltypes "},
		{"core show channel ", "PJSIP/a-1 PJSIP/b-2 "},
		{"core show channel pjsip/B", "PJSIP/b-2 "},
		{"core show channel PJSIP/a-1 ", ""},
		{"core show channels ", "concise verbose "},
		{"core show channels v", "verbose "},
		{"core stop now ", ""},
		{"channel request hangup PJSIP/a-1 PJ", "PJSIP/a-1 PJSIP/b-2 "},
		{"nosuch ", ""},
	};
	struct cli *c = make_shows();

	UNUSED(state);
	assert_int_equal(cli_register_kinds(c, kinds, 1, NULL), 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[512];
		struct sink out = sink_make(text, sizeof(text));

		cli_complete(c, slice_str(rows[i].line), on_match, &out);
		assert_string_equal(sink_cstr(&out), rows[i].words);
	}
	cli_destroy(c);
}

/* ---- commands that end later ---- */

static struct cli_job *held;

static enum cli_result run_later(void *context, struct cli_call *call)
{
	UNUSED(context);
	held = cli_hold(call);
	if (!held)
		return CLI_FAIL;
	cli_print(call, "asking ");
	if (call->argc > 0) { /* the answer is there at once */
		cli_job_print(held, "now");
		cli_job_end(held, CLI_OK);
	}
	return CLI_OPEN;
}

static void on_done(void *arg, enum cli_result result)
{
	sink_fmt(arg, " done %d", (int)result);
}

static void test_later(void **state)
{
	static const struct cli_command later[] = {{"later", "", "Usage: later\n", run_later}};
	char text[256];
	struct sink out = sink_make(text, sizeof(text));
	struct cli_out to = {.print = collect, .done = on_done, .arg = &out};
	struct cli_job *job;
	struct cli *c;

	UNUSED(state);
	assert_int_equal(cli_create(&c), 0);
	assert_int_equal(cli_register(c, later, 1, NULL), 0);
	assert_int_equal(cli_start(c, SLICE_LIT("later"), &to, &job), CLI_OPEN);
	assert_ptr_equal(job, held);
	cli_job_print(held, "later");
	cli_job_end(held, CLI_FAIL);
	assert_string_equal(sink_cstr(&out), "asking laterCommand 'later' failed.\n done 2");

	out.len = 0;
	assert_int_equal(cli_start(c, SLICE_LIT("later x"), &to, &job), CLI_OK);
	assert_null(job);
	assert_string_equal(sink_cstr(&out), "asking now");

	/* Who is gone hears nothing more. */
	out.len = 0;
	assert_int_equal(cli_start(c, SLICE_LIT("later"), &to, &job), CLI_OPEN);
	cli_cancel(job);
	cli_job_print(held, "lost");
	cli_job_end(held, CLI_OK);
	assert_string_equal(sink_cstr(&out), "asking ");

	out.len = 0;
	assert_int_equal(cli_run(c, SLICE_LIT("later"), collect, &out), CLI_FAIL);
	cli_destroy(c);
}

static const char *page;

static enum cli_result run_page(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print_text(call, slice_str(page));
	return CLI_OK;
}

#define FIVE "aaaa aaaa aaaa aaaa aaaa "
#define C78  FIVE FIVE FIVE "aaa"
#define LONG                                                                                       \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* Broken between words; what stands in lines of its own stays so; a long word stays whole. */
static void test_text(void **state)
{
	static const struct cli_command commands[] = {{"page", "p", "Usage: page", run_page}};
	static const struct {
		const char *text, *out;
	} rows[] = {
		{"", "\n"},
		{"one line", "one line\n"},
		{"two\nlines\n", "two\nlines\n\n"},
		{C78, C78 "\n"},
		{C78 " more", C78 "\nmore\n"},
		{C78 "x more", FIVE FIVE FIVE "\naaax more\n"},
		{LONG " word", LONG "\nword\n"},
	};
	struct cli *c;

	UNUSED(state);
	assert_int_equal(cli_create(&c), 0);
	assert_int_equal(cli_register(c, commands, ARRAY_COUNT(commands), NULL), 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[1024], wanted[1024];
		struct sink out = sink_make(text, sizeof(text));
		struct sink trimmed = sink_make(wanted, sizeof(wanted));
		struct slice rest, line;

		page = rows[i].text;
		assert_int_equal(cli_run(c, SLICE_LIT("page"), collect, &out), CLI_OK);
		/* Blanks at line ends do not matter. */
		rest = sink_slice(&out);
		while (slice_split(&rest, '\n', &line))
			sink_fmt(&trimmed, "%s%.*s", trimmed.len ? "\n" : "",
				 SLICE_ARG(slice_rtrim(line)));
		out.len = 0;
		rest = slice_str(rows[i].out);
		while (slice_split(&rest, '\n', &line))
			sink_fmt(&out, "%s%.*s", out.len ? "\n" : "", SLICE_ARG(slice_rtrim(line)));
		assert_string_equal(sink_cstr(&trimmed), sink_cstr(&out));
	}
	cli_destroy(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_begun_words),
		cmocka_unit_test(test_completion), cmocka_unit_test(test_later),
		cmocka_unit_test(test_text)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
