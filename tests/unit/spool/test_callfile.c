/* The grammar of a call file, row by row. */
#include "spool/callfile.h"
#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define BASE "Channel: PJSIP/100@trunk\nApplication: Wait\n"

/* --- harness --- */

static struct callfile parsed;
static char text_room[70000];
static char diag_text[8192]; /* "N: text\n" or "W: text\n" of each */
static struct sink diags;

static void on_diag(void *arg, const struct callfile_diag *diag)
{
	UNUSED(arg);
	sink_str(&diags, diag->notice ? "N: " : "W: ");
	callfile_diag_write(&diags, diag, SLICE_LIT("/s/f"));
	sink_char(&diags, '\n');
}

static enum callfile_verdict parse_octets(const char *text, size_t len)
{
	memcpy(text_room, text, len);
	diags = sink_make(diag_text, sizeof(diag_text));
	return callfile_parse(&parsed, text_room, len, on_diag, NULL);
}

static enum callfile_verdict parse(const char *text)
{
	return parse_octets(text, strlen(text));
}

static const char *told(void)
{
	return sink_cstr(&diags);
}

static void assert_slice(struct slice s, const char *text)
{
	char room[2048];

	slice_copy(room, sizeof(room), s);
	assert_string_equal(room, text);
}

/* --- lines: what a Set line gives, as "name=value", NULL for none --- */

struct line_case {
	const char *line;
	const char *var; /* of `Set: x=...`; NULL: no variable */
	const char *told;
};

static const struct line_case line_cases[] = {
	/* comments */
	{"Set: x=a #b", "a", ""},
	{"Set: x=a\t#b", "a", ""},
	{"Set: x=a#b", "a#b", ""},
	{"Set: x=a;b", "a", ""},
	{"Set: x=a\\;b", "a;b", ""},
	{"Set: x=a\\;b\\;c;d", "a;b;c", ""},
	{"Set: x=a ;b #c", "a", ""},
	{"Set: x=a #b\\;c", "a", ""},
	{"Set: x=\\\\;", "\\;", ""},
	{"Set: x=a\\;;b;c", "a;;b", ""}, /* the octet behind a `\;` is not looked at */
	{"Set: x=a\\;\\;", "a;;", ""},
	{"Set: x=a\\;", "a;", ""},
	{"#Set: x=a", NULL, ""},
	{" # Set: x=a", NULL, ""},
	{";Set: x=a", NULL, ""},
	{"Set: x=a;-- b --;", "a", ""},
	/* blanks */
	{"Set:x=a", "a", ""},
	{"Set: \t x=a \t", "a", ""},
	{"Set: x= a", " a", ""},
	{"Set: x=a\r", "a", ""},
	{"Set: x=caf\xc3\xa9", "caf\xc3\xa9", ""},
	{"", NULL, ""},
	{"  \t", NULL, ""},
	{" Set: x=a", NULL, "W: Unknown keyword ' Set' at line 3 of /s/f\n"},
	{"Set : x=a", NULL, "W: Unknown keyword 'Set ' at line 3 of /s/f\n"},
	/* separator, case, quotes, expressions */
	{"Set: x=a:b:c", "a:b:c", ""},
	{"Set: x=a=b", "a=b", ""},
	{"sEt: x=a", "a", ""},
	{"SETVAR: x=a", "a", ""},
	{"Set: x=\"a b\"", "\"a b\"", ""},
	{"Set: x=${EXTEN}", "${EXTEN}", ""},
	{"Set: x=", "", ""},
	/* faults */
	{"Set x=a", NULL, "N: Syntax error at line 3 of /s/f\n"},
	{"Frobnicate: x", NULL, "W: Unknown keyword 'Frobnicate' at line 3 of /s/f\n"},
	{"EarlyMedia: yes", NULL, "W: Unknown keyword 'EarlyMedia' at line 3 of /s/f\n"},
	{"\xef\xbb\xbfSet: x=a", NULL, "W: Unknown keyword '\xef\xbb\xbfSet' at line 3 of /s/f\n"},
	{"SeT: nothing", NULL,
	 "W: Malformed \"SeT\" argument.  Should be \"SeT: variable=value\"\n"},
	{"Setvar: nothing", NULL,
	 "W: Malformed \"Setvar\" argument.  Should be \"Setvar: variable=value\"\n"},
};

static void lines(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(line_cases); i++) {
		const struct line_case *c = &line_cases[i];
		char text[512];

		for (int ended = 0; ended < 2; ended++) {
			snprintf(text, sizeof(text), BASE "%s%s", c->line, ended ? "\n" : "");
			assert_int_equal(parse(text), CALLFILE_OK);
			assert_string_equal(told(), c->told);
			assert_int_equal(parsed.vars_count, c->var ? 1 : 0);
			if (c->var) {
				assert_slice(parsed.vars[0].name, "x");
				assert_slice(parsed.vars[0].value, c->var);
			}
		}
	}
}

static void long_lines_are_left_out(void **state)
{
	char text[4096];

	UNUSED(state);
	for (size_t len = 1020; len < 1030; len++) {
		size_t base = strlen(BASE);

		memcpy(text, BASE "Set: x=", base + 7);
		memset(text + base + 7, 'v', len - 7);
		memcpy(text + base + len, "\nSet y=1\n", 9);
		assert_int_equal(parse_octets(text, base + len + 9), CALLFILE_OK);
		assert_int_equal(parsed.vars_count, len <= 1022 ? 1 : 0);
		assert_string_equal(
			told(), len <= 1022 ? "N: Syntax error at line 4 of /s/f\n"
					    : "W: Skipping extremely long line at line 3 of /s/f\n"
					      "N: Syntax error at line 4 of /s/f\n");
	}
}

/* --- keys --- */

static void defaults(void **state)
{
	UNUSED(state);
	assert_int_equal(parse(BASE), CALLFILE_OK);
	assert_int_equal(parsed.waittime_s, 45);
	assert_int_equal(parsed.maxretries, 0);
	assert_int_equal(parsed.retrytime_s, 300);
	assert_int_equal(parsed.priority, 1);
	assert_false(parsed.archive);
	assert_true(parsed.always_delete);
	assert_false(parsed.early_media);
	assert_int_equal(parsed.start_pid, 0);
	assert_int_equal(parsed.attempts_done, 0);
	assert_int_equal(parsed.callerid.name_len + parsed.callerid.number_len, 0);
}

static void texts(void **state)
{
	UNUSED(state);
	assert_int_equal(
		parse("Channel: PJSIP/trunk/sip:1@h:5060\nCallerid: \"Joe B\" <(555) 1-2>\n"
		      "Account: acme\nContext: out\nExtension: 100\nPriority: 3\n"
		      "Application: Playback\nData: a,b(c)\nCodecs: alaw,ulaw\n"
		      "Codecs: !g722\nSet: A=1\nSetvar: __B=2\nSet: CALLERID(num)=3\n"),
		CALLFILE_OK);
	assert_slice(parsed.tech, "PJSIP");
	assert_slice(parsed.resource, "trunk/sip:1@h:5060");
	assert_slice(callerid_name(&parsed.callerid), "Joe B");
	assert_slice(callerid_number(&parsed.callerid), "55512");
	assert_slice(parsed.account, "acme");
	assert_slice(parsed.context, "out");
	assert_slice(parsed.extension, "100");
	assert_int_equal(parsed.priority, 3);
	assert_slice(parsed.application, "Playback");
	assert_slice(parsed.data, "a,b(c)");
	assert_int_equal(parsed.codecs_count, 2);
	assert_slice(parsed.codecs[1], "!g722");
	assert_int_equal(parsed.vars_count, 3);
	assert_slice(parsed.vars[1].name, "__B");
	assert_slice(parsed.vars[2].name, "CALLERID(num)");
	assert_string_equal(told(), "");
}

static void last_of_a_repeated_key_counts(void **state)
{
	UNUSED(state);
	assert_int_equal(parse("Channel: PJSIP/1\nChannel: Local/2@x\nAccount: a\nAccount: b\n"
			       "Extension: s\nArchive: yes\nArchive: no\nChannel: bad\n"),
			 CALLFILE_OK);
	assert_slice(parsed.tech, "Local");
	assert_slice(parsed.resource, "2@x");
	assert_slice(parsed.account, "b");
	assert_false(parsed.archive);
	assert_string_equal(told(), "N: Channel should be in form Tech/Dest at line 8 of /s/f\n");
}

/* The parameters of a URI are a comment unless their `;` is written `\;`. */
static void parameters_of_a_channel(void **state)
{
	UNUSED(state);
	assert_int_equal(parse("Channel: PJSIP/trunk/sip:1@h\\;transport=tcp\\;lr\nExtension: s\n"),
			 CALLFILE_OK);
	assert_slice(parsed.resource, "trunk/sip:1@h;transport=tcp;lr");
	assert_int_equal(parse("Channel: PJSIP/trunk/sip:1@h;transport=tcp\nExtension: s\n"),
			 CALLFILE_OK);
	assert_slice(parsed.resource, "trunk/sip:1@h");
	assert_string_equal(told(), "");
}

struct number_case {
	const char *line;
	int32_t waittime, maxretries, retrytime, priority;
	const char *told;
};

static const struct number_case number_cases[] = {
	{"WaitTime: 30", 30, 0, 300, 1, ""},
	{"waittime: 30s", 30, 0, 300, 1, ""},
	{"WaitTime: 0", 45, 0, 300, 1, "W: Invalid waittime at line 3 of /s/f\n"},
	{"WaitTime: -5", 45, 0, 300, 1, "W: Invalid waittime at line 3 of /s/f\n"},
	{"WaitTime: soon", 45, 0, 300, 1, "W: Invalid waittime at line 3 of /s/f\n"},
	{"WaitTime:", 45, 0, 300, 1, "W: Invalid waittime at line 3 of /s/f\n"},
	{"WaitTime: 99999999999999999999", INT32_MAX, 0, 300, 1, ""},
	{"MaxRetries: 3", 45, 3, 300, 1, ""},
	{"MaxRetries: +3", 45, 3, 300, 1, ""},
	{"MaxRetries: -1", 45, -1, 300, 1, ""},
	{"MaxRetries: many", 45, 0, 300, 1, "W: Invalid max retries at line 3 of /s/f\n"},
	{"RetryTime: 60", 45, 0, 60, 1, ""},
	{"RetryTime: 0", 45, 0, 300, 1, "W: Invalid retrytime at line 3 of /s/f\n"},
	{"RetryTime: x", 45, 0, 300, 1, "W: Invalid retrytime at line 3 of /s/f\n"},
	{"Priority: 2", 45, 0, 300, 2, ""},
	{"Priority: 0", 45, 0, 300, 1, "W: Invalid priority at line 3 of /s/f\n"},
	{"Priority: start", 45, 0, 300, 1, "W: Invalid priority at line 3 of /s/f\n"},
};

static void numbers(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(number_cases); i++) {
		const struct number_case *c = &number_cases[i];
		char text[256];

		snprintf(text, sizeof(text), BASE "%s\n", c->line);
		assert_int_equal(parse(text), CALLFILE_OK);
		assert_int_equal(parsed.waittime_s, c->waittime);
		assert_int_equal(parsed.maxretries, c->maxretries);
		assert_int_equal(parsed.retrytime_s, c->retrytime);
		assert_int_equal(parsed.priority, c->priority);
		assert_string_equal(told(), c->told);
	}
}

static void booleans(void **state)
{
	static const char *const yes[] = {"yes", "TRUE", "y", "t", "1", "on"};
	static const char *const no[] = {"no", "false", "0", "2", "maybe", ""};
	char text[256];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(yes); i++) {
		snprintf(text, sizeof(text),
			 BASE "Archive: %s\nAlwaysDelete: %s\nEarly_Media: %s\n", yes[i], no[i],
			 yes[i]);
		assert_int_equal(parse(text), CALLFILE_OK);
		assert_true(parsed.archive);
		assert_false(parsed.always_delete);
		assert_true(parsed.early_media);
	}
}

/* --- validity --- */

struct verdict_case {
	const char *text;
	enum callfile_verdict verdict;
};

static const struct verdict_case verdict_cases[] = {
	{"Channel: PJSIP/1\nApplication: Wait\n", CALLFILE_OK},
	{"Channel: PJSIP/1\nExtension: s", CALLFILE_OK},
	{"Channel: PJSIP/1\nContext: x\n", CALLFILE_INCOMPLETE},
	{"Channel: PJSIP/\nExtension: s\n", CALLFILE_INCOMPLETE},
	{"Channel: /1\nExtension: s\n", CALLFILE_INCOMPLETE},
	{"Channel: PJSIP\nExtension: s\n", CALLFILE_INCOMPLETE},
	{"Extension: s\n", CALLFILE_INCOMPLETE},
	{"\xef\xbb\xbf"
	 "Channel: PJSIP/1\nExtension: s\n",
	 CALLFILE_INCOMPLETE},
	{"", CALLFILE_INCOMPLETE},
};

static void verdicts(void **state)
{
	static const char missing[] =
		"W: At least one of app or extension must be specified, along with tech and dest "
		"in file /s/f\n";

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(verdict_cases); i++) {
		const struct verdict_case *c = &verdict_cases[i];

		assert_int_equal(parse(c->text), c->verdict);
		if (c->verdict == CALLFILE_INCOMPLETE)
			assert_non_null(strstr(told(), missing));
	}
}

static void archive_is_known_of_an_incomplete_file(void **state)
{
	UNUSED(state);
	assert_int_equal(parse("Archive: yes\nExtension: s\n"), CALLFILE_INCOMPLETE);
	assert_true(parsed.archive);
}

static void nul_is_refused(void **state)
{
	static const char text[] = BASE "Set: a=b\0c\n";

	UNUSED(state);
	assert_int_equal(parse_octets(text, sizeof(text) - 1), CALLFILE_NUL);
}

static void bounds(void **state)
{
	static char text[70000];
	struct sink out = sink_make(text, sizeof(text));

	UNUSED(state);
	sink_str(&out, BASE);
	for (int i = 0; i < LIMIT_CALLFILE_VARS; i++)
		sink_str(&out, "Set: a=b\n");
	assert_int_equal(parse_octets(text, out.len), CALLFILE_OK);
	assert_int_equal(parsed.vars_count, LIMIT_CALLFILE_VARS);
	sink_str(&out, "Set: a=b\n");
	assert_int_equal(parse_octets(text, out.len), CALLFILE_TOO_MANY);

	out = sink_make(text, sizeof(text));
	sink_str(&out, BASE);
	for (int i = 0; i <= LIMIT_CALLFILE_CODECS; i++)
		sink_str(&out, "Codecs: alaw\n");
	assert_int_equal(parse_octets(text, out.len), CALLFILE_TOO_MANY);

	memset(text, '\n', sizeof(text));
	memcpy(text, BASE, strlen(BASE));
	assert_int_equal(parse_octets(text, LIMIT_CALLFILE_BYTES), CALLFILE_OK);
	assert_int_equal(parse_octets(text, LIMIT_CALLFILE_BYTES + 1), CALLFILE_TOO_LONG);
}

/* --- bookkeeping --- */

struct record_case {
	const char *text;
	int64_t start_pid;
	uint32_t attempts_done;
	bool answered;
	uint32_t attempts_lost;
};

static const struct record_case record_cases[] = {
	{"", 0, 0, false, 0},
	{"\nStartRetry: 4989 1 (1795446890)\n", 4989, 0, false, 0},
	{"\nStartRetry: 4989 1 (1795446890)\n\nEndRetry: 4989 1 (1795446886)\n", 0, 1, false, 0},
	{"StartRetry: 1 1 (5)\nEndRetry: 1 1 (6)\nStartRetry: 2 2 (7)\n", 2, 1, false, 0},
	{"StartRetry: 1 1 (5)\nAbortRetry: 2 1 (6)\nStartRetry: 2 1 (7)\n", 2, 1, false, 1},
	{"StartRetry: 1 1 (5)\nAbortRetry: 2 1 (6)\nStartRetry: 2 1 (7)\nAbortRetry: 3 1 (8)\n", 0,
	 2, false, 2},
	{"StartRetry: 1 1 (5)\nDelayedRetry: 1 0 (6)\n", 1, 0, false, 0},
	{"Retry: 1 1 (5)\nRetry: 1 2 (5)\n", 0, 2, false, 0},
	{"StartRetry: 1 1 (5)\n\n# Answered: 1 1 (6)\n", 1, 0, true, 0},
	{"StartRetry: 1 1 (5)\n# Answered: 1 1 (6)\nEndRetry: 1 1 (7)\n", 0, 1, false, 0},
	{"StartRetry: 1 1 (5)\n# Answered: 1 1 (6)\nAbortRetry: 1 1 (7)\nStartRetry: 2 2 (7)\n", 2,
	 1, false, 0},
};

static void bookkeeping(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(record_cases); i++) {
		const struct record_case *c = &record_cases[i];
		char text[512];

		snprintf(text, sizeof(text), BASE "%s", c->text);
		assert_int_equal(parse(text), CALLFILE_OK);
		assert_int_equal(parsed.start_pid, c->start_pid);
		assert_int_equal(parsed.attempts_done, c->attempts_done);
		assert_int_equal(parsed.answered, c->answered);
		assert_int_equal(parsed.attempts_lost, c->attempts_lost);
		assert_string_equal(told(), "");
	}
	assert_int_equal(parse(BASE "StartRetry: me\n"), CALLFILE_OK);
	assert_int_equal(parsed.start_pid, 0);
	assert_string_equal(told(), "W: Unable to retrieve calling PID!\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(long_lines_are_left_out),
		cmocka_unit_test(defaults),
		cmocka_unit_test(texts),
		cmocka_unit_test(last_of_a_repeated_key_counts),
		cmocka_unit_test(parameters_of_a_channel),
		cmocka_unit_test(numbers),
		cmocka_unit_test(booleans),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(archive_is_known_of_an_incomplete_file),
		cmocka_unit_test(nul_is_refused),
		cmocka_unit_test(bounds),
		cmocka_unit_test(bookkeeping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
