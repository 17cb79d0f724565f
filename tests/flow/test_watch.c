/* tests/flow/test_watch.c - what people see of the messages of a call: the history, and the log. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/chore.h"
#include "engine/core/cli.h"
#include "sip/capture.h"
#include "sip/center_internal.h"
#include "sip/sip_internal.h"
#include "tests/flow/flow.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>

static char logged[16384];

static void keep_log(void *arg, const struct log_line *line)
{
	size_t used = strlen(logged);

	UNUSED(arg);
	if (line->verbosity == LOG_VERBOSITY_RAW)
		snprintf(logged + used, sizeof(logged) - used, "%s\n", line->text);
}

static void call_and_end(struct flow *f)
{
	const struct flow_msg *invite;

	flow_dial(f, "100@trunk");
	invite = flow_expect(f, "INVITE");
	flow_reply(f, invite, 486, "t", NULL, NULL);
	flow_expect(f, "ACK");
	flow_fact(f, "ended 17 486");
}

static void test_history(void **state)
{
	static const char *const want[] = {">INVITE sip:100@", "<SIP/2.0 486 ", ">ACK sip:100@"};
	const struct history_entry *e[8];
	struct sip_watch_conf off = {0};
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	call_and_end(&f);
	assert_int_equal(sip_history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 3);
	for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
		assert_int_equal(e[i]->kind, want[i][0] == '>' ? HISTORY_TX : HISTORY_RX);
		assert_true(slice_starts(sip_history_start(e[i]), slice_str(want[i] + 1)));
		assert_true(addr_eq(&e[i]->peer, &flow_peer));
		assert_true(slice_eq(sip_history_call_id(e[i]), sip_history_call_id(e[0])));
		assert_int_equal(sip_history_call_id(e[i]).len, SIP_IDENT_LEN);
	}
	sip_watch_set(f.sip, &off);
	call_and_end(&f);
	assert_int_equal(sip_history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 3);
	off.clear = 1;
	sip_watch_set(f.sip, &off);
	assert_int_equal(sip_history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 0);
	flow_end(&f);
}

/* All, one host, another host, nobody. */
static void test_log(void **state)
{
	static const struct {
		const char *host;
		bool silent, seen;
		enum sip_method method; /* SIP_METHOD_OTHER: all */
	} rows[] = {
		{NULL, false, true, SIP_METHOD_OTHER},
		{"10.0.0.9", false, true, SIP_METHOD_INVITE},
		{"10.0.0.9:5060", false, true, SIP_METHOD_OTHER},
		{"10.0.0.9:5062", false, false, SIP_METHOD_OTHER},
		{"10.0.0.8", false, false, SIP_METHOD_INVITE},
		{NULL, true, false, SIP_METHOD_OTHER},
		{NULL, false, false, SIP_METHOD_OPTIONS},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_watch_conf conf = {.is_logging = 1, .is_silent = rows[i].silent};
		struct flow f;

		if (rows[i].host)
			assert_true(addr_parse(&conf.hosts[conf.host_count++],
					       slice_str(rows[i].host), 0));
		if (rows[i].method != SIP_METHOD_OTHER)
			conf.methods = 1U << rows[i].method;
		flow_start(&f, NULL, NULL);
		sip_watch_set(f.sip, &conf);
		logged[0] = 0;
		log_set_writer(keep_log, NULL);
		call_and_end(&f);
		log_set_writer(NULL, NULL);
		if (!rows[i].seen) {
			assert_string_equal(logged, "");
		} else {
			assert_non_null(strstr(logged, "<--- Transmitting SIP request ("));
			assert_non_null(strstr(
				logged, " bytes) to UDP:10.0.0.9:5060 --->\nINVITE sip:100@"));
			assert_non_null(strstr(
				logged, " bytes) from UDP:10.0.0.9:5060 --->\nSIP/2.0 486 "));
			assert_non_null(strstr(logged, "\nm=audio "));
			assert_int_equal(strstr(logged, "\nACK ") != NULL,
					 rows[i].method == SIP_METHOD_OTHER);
		}
		flow_end(&f);
	}
}

/* ---- on the console ---- */

static const struct cli_command commands[] = {
	{"ladder", "", "Usage: ladder\n", center_show_ladder},
	{"history", "", "Usage: history\n", center_show_history},
	{"logger", "", "Usage: logger\n", center_set_logger},
	{"remember", "", "Usage: remember\n", center_set_history},
};

static struct {
	struct cli *cli;
	const char *line;
	char text[16384];
	uint32_t done;
	bool is_client; /* of AMI */
} console;

static void console_print(void *arg, struct slice text)
{
	size_t used = strlen(console.text);

	UNUSED(arg);
	snprintf(console.text + used, sizeof(console.text) - used, "%.*s", SLICE_ARG(text));
}

static void console_done(void *arg, enum cli_result result)
{
	UNUSED(arg);
	UNUSED(result);
	console.done++;
}

static void console_job(struct flow *f)
{
	static struct cli_out out = {.print = console_print, .done = console_done};
	struct cli_job *job;

	UNUSED(f);
	out.guarded = console.is_client;
	UNUSED(cli_start(console.cli, slice_str(console.line), &out, &job));
}

static const char *say(struct flow *f, const char *line)
{
	console.line = line;
	console.text[0] = 0;
	flow_do(f, console_job);
	return console.text;
}

static void expect_text(const char *text, const char *want)
{
	if (!strstr(text, want))
		fail_msg("no '%s' in: %s", want, text);
}

static void start_center(struct flow *f, uint32_t shards, const char *more)
{
	flow_start_center(f, shards, NULL, more);
	flow_fact(f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

/* Three shards, each with a call; what one of them remembers is found from the console. */
static void test_console(void **state)
{
	const struct history_entry *e[8];
	char line[128];
	struct flow f;

	UNUSED(state);
	start_center(&f, 3, NULL);
	assert_int_equal(cli_create(&console.cli), 0);
	assert_int_equal(cli_register(console.cli, commands, ARRAY_COUNT(commands), f.center), 0);
	for (uint32_t shard = 0; shard < 3; shard++) {
		flow_use_shard(&f, shard);
		call_and_end(&f);
	}
	assert_true(sip_history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8) >= 1);
	snprintf(line, sizeof(line), "ladder %.*s", SLICE_ARG(sip_history_call_id(e[0])));
	expect_text(say(&f, line), "  0.000  INVITE sip:100@10.0.0.9:5060 (");
	expect_text(console.text, "-- 486 ");
	expect_text(console.text, "  ACK sip:100@");
	expect_text(console.text, "  UDP:10.0.0.9:5060\n");
	expect_text(say(&f, "ladder nothing"), "Nothing is remembered of 'nothing'\n");
	expect_text(say(&f, "history"), "00008 ");
	expect_text(say(&f, "history 1"), "00002 "); /* of each shard */
	assert_null(strstr(console.text, "00003 "));
	expect_text(say(&f, "logger"), "Usage: ");
	expect_text(say(&f, "logger verbose maybe"), "Usage: ");
	expect_text(say(&f, "logger host x"), "'x' is not an IP address");
	expect_text(say(&f, "logger add 10.0.0.9:5060"),
		    "PJSIP Logging Enabled for host: 10.0.0.9:5060\n");
	assert_int_equal(f.sip->watch.conf.host_count, 1);
	expect_text(say(&f, "logger method invites"), "'invites' is not a method of SIP");
	expect_text(say(&f, "logger method invite"), "PJSIP Logging Enabled for method: INVITE\n");
	assert_int_equal(f.sip->watch.conf.methods, 1U << SIP_METHOD_INVITE);
	expect_text(say(&f, "logger on"), "PJSIP Logging enabled\n");
	assert_int_equal(f.sip->watch.conf.methods | f.sip->watch.conf.host_count, 0);
	expect_text(say(&f, "logger off"), "PJSIP Logging disabled\n");
	assert_false(f.sip->watch.conf.is_logging);
	expect_text(say(&f, "remember clear"), "PJSIP History cleared\n");
	assert_null(strstr(say(&f, "history"), "00000 "));
	expect_text(say(&f, "remember off"), "PJSIP History disabled\n");
	assert_false(f.sip->watch.is_on);
	cli_destroy(console.cli);
	flow_end(&f);
}

/* ---- into a file ---- */

#define FILE_NAME "/log/calls.pcap"

/* Packets in the file; *ours: INVITEs and ACKs from our port. */
static uint32_t packets(struct flow *f, uint32_t *ours)
{
	uint32_t count = 0, kept, port;
	size_t len, at = 24;
	const char *text = sim_fs_text(f->w, FILE_NAME, &len);

	*ours = 0;
	assert_true(text && len >= 24);
	for (; at + 58 <= len; at += 16 + kept, count++) {
		const uint8_t *p = (const uint8_t *)text + at;

		kept = p[8] | (uint32_t)p[9] << 8;
		port = (uint32_t)p[50] << 8 | p[51];
		if (memcmp(p + 58, "INVITE ", 7) == 0 || memcmp(p + 58, "ACK ", 4) == 0)
			*ours += port == 5060;
		assert_memory_equal(p + 28, "\x08\x00\x45", 3);
	}
	assert_int_equal(at, len); /* no packet is cut */
	return count;
}

static void start_capture(struct flow *f, uint32_t shards)
{
	start_center(f, shards, NULL);
	sim_fs_mkdir(f->w, "/log");
	assert_int_equal(cli_create(&console.cli), 0);
	assert_int_equal(cli_register(console.cli, commands, ARRAY_COUNT(commands), f->center), 0);
}

static void open_capture(struct flow *f)
{
	expect_text(say(f, "logger pcap calls.pcap"),
		    "PJSIP logging to pcap file '" FILE_NAME "'\n");
}

/* What is logged goes into the file, whichever shard saw it, from `on` until `off`. */
static void test_capture(void **state)
{
	uint32_t ours;
	struct flow f;

	UNUSED(state);
	start_capture(&f, 2);
	expect_text(say(&f, "logger pcap none/a.pcap"),
		    "Failed to open file '/log/none/a.pcap' for pcap writing: No such file");
	open_capture(&f);
	call_and_end(&f);
	flow_run(&f, SIM_SECOND);
	assert_int_equal(packets(&f, &ours), 0);
	say(&f, "logger verbose off");
	say(&f, "logger on");
	for (uint32_t shard = 0; shard < 2; shard++) {
		flow_use_shard(&f, shard);
		call_and_end(&f);
	}
	flow_run(&f, SIM_SECOND);
	assert_int_equal(packets(&f, &ours), 6);
	assert_int_equal(ours, 4);
	open_capture(&f); /* anew */
	assert_int_equal(packets(&f, &ours), 0);
	call_and_end(&f);
	say(&f, "logger off"); /* what was noted by then is written */
	assert_int_equal(packets(&f, &ours), 3);
	assert_null(f.sip->watch.conf.capture);
	say(&f, "logger on");
	call_and_end(&f);
	flow_run(&f, SIM_SECOND);
	assert_int_equal(packets(&f, &ours), 3);
	say(&f, "logger off");
	cli_destroy(console.cli);
	flow_end(&f);
}

/* `off` comes while the file is being opened: nothing is noted for it, then or later. */
static void test_capture_cut_short(void **state)
{
	struct flow f;

	UNUSED(state);
	start_capture(&f, 1);
	f.is_worker_slow = true;
	say(&f, "logger pcap calls.pcap");
	say(&f, "logger off");
	f.is_worker_slow = false;
	f.chore->done(f.chore);
	say(&f, "logger on");
	assert_null(f.sip->watch.conf.capture);
	say(&f, "logger off");
	cli_destroy(console.cli);
	flow_end(&f);
}

static void keep_warning(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	if (line->level == LOG_LEVEL_WARNING)
		snprintf(logged, sizeof(logged), "%s\n", line->text);
}

/* A full disk ends it with a word; a client of AMI names no file but one of its kind in the log
 * directory. */
static void test_capture_trouble(void **state)
{
	static const char *const bad[] = {"/log/a.pcap", "../a.pcap", ".a.pcap", "master.db"};
	char line[64];
	struct flow f;

	UNUSED(state);
	start_capture(&f, 1);
	console.is_client = true;
	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		snprintf(line, sizeof(line), "logger pcap %s", bad[i]);
		expect_text(say(&f, line), "A client of AMI can name files of the log directory");
	}
	say(&f, "logger on");
	say(&f, "logger verbose off");
	open_capture(&f);
	console.is_client = false;
	sim_fs_limit(f.w, 100);
	logged[0] = 0;
	log_set_writer(keep_warning, NULL);
	call_and_end(&f);
	flow_run(&f, SIM_SECOND);
	log_set_writer(NULL, NULL);
	expect_text(logged,
		    FILE_NAME ": No space left on device. No more SIP messages are written");
	assert_null(f.sip->watch.conf.capture);
	sim_fs_limit(f.w, SIZE_MAX);
	open_capture(&f);
	say(&f, "logger off");
	cli_destroy(console.cli);
	flow_end(&f);
}

/* Its bounds: of what waits, of one message, and of the file. */
static void test_capture_bounds(void **state)
{
	static char text[2 * CAPTURE_SNAP];
	struct slice all = slice_make(text, sizeof(text));
	uint32_t taken = 0, ours;
	struct capture *c;
	struct flow f;
	size_t len;

	UNUSED(state);
	memset(text, 'x', sizeof(text));
	flow_start(&f, NULL, NULL);
	sim_fs_mkdir(f.w, "/log");
	assert_int_equal(capture_create(&c, 1, 100000), 0);
	assert_int_equal(capture_drain(c, f.io), 0); /* none is open */
	while (capture_note(c, 0, 1, &flow_engine, &flow_peer, all))
		taken++;
	assert_in_range(taken, 100, 1000);
	assert_int_equal(capture_open(c, f.io, FILE_NAME), 0);
	assert_int_equal(packets(&f, &ours), 0); /* that was before */
	for (int i = 0; i < 7; i++)
		assert_true(capture_note(c, 0, 1, &flow_engine, &flow_peer, all));
	assert_int_equal(capture_drain(c, f.io), -EFBIG);
	assert_int_equal(packets(&f, &ours), 6);
	sim_fs_text(f.w, FILE_NAME, &len);
	assert_int_equal(len, 24 + 6 * (16 + 42 + CAPTURE_SNAP));
	capture_destroy(c, f.io);
	flow_end(&f);
}

/* Two shards saw the messages of a call: they come by time. */
static void test_capture_order(void **state)
{
	struct capture *c;
	const char *text;
	struct flow f;
	size_t len;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	sim_fs_mkdir(f.w, "/log");
	assert_int_equal(capture_create(&c, 2, 100000), 0);
	assert_int_equal(capture_open(c, f.io, FILE_NAME), 0);
	for (int64_t s = 1; s <= 4; s++)
		assert_true(capture_note(c, s & 1, s * 1000000000, &flow_engine, &flow_peer,
					 SLICE_LIT("SIP")));
	assert_int_equal(capture_drain(c, f.io), 0);
	text = sim_fs_text(f.w, FILE_NAME, &len);
	assert_int_equal(len, 24 + 4 * 61);
	for (int s = 1; s <= 4; s++)
		assert_int_equal(text[24 + (s - 1) * 61], s);
	capture_destroy(c, f.io);
	flow_end(&f);
}

/* debug= of pjsip.conf, which the console may overrule until it is changed. */
static void test_debug(void **state)
{
	struct flow f;

	UNUSED(state);
	start_center(&f, 1, "[global]\ntype=global\ndebug=10.0.0.9\n");
	assert_true(f.sip->watch.conf.is_logging);
	assert_int_equal(f.sip->watch.conf.host_count, 1);
	flow_reload(&f, NULL, NULL);
	assert_false(f.sip->watch.conf.is_logging);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),		cmocka_unit_test(test_log),
		cmocka_unit_test(test_capture),		cmocka_unit_test(test_capture_cut_short),
		cmocka_unit_test(test_capture_trouble), cmocka_unit_test(test_capture_bounds),
		cmocka_unit_test(test_capture_order),	cmocka_unit_test(test_console),
		cmocka_unit_test(test_debug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
