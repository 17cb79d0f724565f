/* tests/flow/test_watch.c - what people see of the messages of a call: the history, and the log. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/sip_internal.h"
#include "tests/flow/flow.h"
#include "tests/unit/cmocka.h"

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
	assert_int_equal(history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 3);
	for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
		assert_int_equal(e[i]->kind, want[i][0] == '>' ? HISTORY_TX : HISTORY_RX);
		assert_true(slice_starts(history_start(e[i]), slice_str(want[i] + 1)));
		assert_true(addr_eq(&e[i]->peer, &flow_peer));
		assert_true(slice_eq(history_call_id(e[i]), history_call_id(e[0])));
		assert_int_equal(history_call_id(e[i]).len, SIP_IDENT_LEN);
	}
	sip_watch_set(f.sip, &off);
	call_and_end(&f);
	assert_int_equal(history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 3);
	off.clear = 1;
	sip_watch_set(f.sip, &off);
	assert_int_equal(history_find(&f.sip->watch.history, SLICE_EMPTY, e, 8), 0);
	flow_end(&f);
}

/* All, one host, another host, nobody. */
static void test_log(void **state)
{
	static const struct {
		const char *host;
		bool silent, seen;
	} rows[] = {
		{NULL, false, true},
		{"10.0.0.9", false, true},
		{"10.0.0.9:5060", false, true},
		{"10.0.0.9:5062", false, false},
		{"10.0.0.8", false, false},
		{NULL, true, false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sip_watch_conf conf = {.is_logging = 1, .is_silent = rows[i].silent};
		struct flow f;

		if (rows[i].host)
			assert_true(addr_parse(&conf.hosts[conf.host_count++],
					       slice_str(rows[i].host), 0));
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
		}
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
