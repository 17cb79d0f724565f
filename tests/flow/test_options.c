/* tests/flow/test_options.c - options of pjsip.conf that change a line of what we send, or when. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

/* Each row: what the INVITE of a call reads with the option, and does not read without it. */
static void test_lines(void **state)
{
	static const struct {
		const char *endpoint, *more, *text;
	} rows[] = {
		{"user_eq_phone=yes", NULL, "INVITE sip:100@10.0.0.9:5060;user=phone SIP/2.0\r\n"},
		{"user_eq_phone=yes", NULL, "From: \"Ann\" <sip:1000@10.0.0.1;user=phone>;tag="},
		{"user_eq_phone=yes", NULL, "To: <sip:100@10.0.0.9;user=phone>\r\n"},
		{NULL, "[g]\ntype=global\nuse_callerid_contact=yes\n",
		 "Contact: <sip:1000@10.0.0.1:5060>\r\n"},
		{NULL, "[g]\ntype=global\ndefault_from_user=desk\n",
		 "Contact: <sip:desk@10.0.0.1:5060>\r\n"},
		{NULL, "[g]\ntype=global\nmax_forwards=20\n", "Max-Forwards: 20\r\n"},
		{NULL, "[g]\ntype=global\nnorefersub=no\n",
		 "Supported: 100rel, timer, replaces, histinfo\r\n"},
		{NULL, "[s]\ntype=system\ndisable_rport=yes\n",
		 "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK"},
		{"timers_min_se=120\ntimers_sess_expires=300", NULL,
		 "Session-Expires: 300\r\nMin-SE: 120\r\n"},
		{"sdp_owner=joe", NULL, "\r\no=joe "},
		{"sdp_session=Campaign", NULL, "\r\ns=Campaign\r\n"},
		{"media_address=203.0.113.7", NULL, "\r\nc=IN IP4 203.0.113.7\r\n"},
		{"from_domain=example.net\nfrom_user=me", NULL, "From: <sip:me@example.net>;tag="},
		{"allow=!all,alaw,ulaw", NULL, "\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"},
		{"disallow=ulaw", NULL, "\r\nm=audio 4000 RTP/AVP 8 101\r\n"},
		{NULL, "[g]\ntype=global\nuser_agent=Dialer 7\n", "User-Agent: Dialer 7\r\n"},
		{"contact_user=desk", NULL, "Contact: <sip:desk@10.0.0.1:5060>\r\n"},
	};

	UNUSED(state);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(rows); i++) {
		const bool is_set = i % 2;
		const struct flow_msg *m;
		struct flow f;

		flow_start(&f, is_set ? rows[i / 2].endpoint : NULL,
			   is_set ? rows[i / 2].more : NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		if (flow_has(m, rows[i / 2].text) != is_set)
			fail_msg("%s%s in:\n%s", is_set ? "no " : "", rows[i / 2].text, m->text);
		flow_reply(&f, m, 486, "far1", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 17 486");
		flow_end(&f);
	}
}

/* Without a codec there is no call, in neither direction, whoever offers. */
static void test_no_codec(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "disallow=all", FLOW_PEER);
	flow_dial(&f, "100@trunk");
	assert_int_equal(f.dial_error, -ENOTSUP);
	for (int i = 0; i < 2; i++) {
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, "Supported: 100rel\r\n",
				   i ? flow_sdp(7000, "0 101", "sendrecv") : NULL);
		flow_caller_expect(&c, "488");
		flow_caller_ack_failure(&c);
	}
	flow_end(&f);
}

/* What goes on in a call has no rport either. */
static void test_no_rport(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, "[s]\ntype=system\ndisable_rport=yes\n");
	flow_answered_call(&f);
	flow_hangup(&f, CAUSE_NORMAL);
	m = flow_expect(&f, "BYE");
	assert_true(flow_has(m, "\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK"));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Of an offered call: what `ringing`, then `progress`, then `ringing` again look like. */
static void test_progress(void **state)
{
	static const struct {
		const char *endpoint, *more;
		const char *seen[3]; /* NULL: nothing */
	} rows[] = {
		{NULL, NULL, {"180", "183", NULL}},
		{"inband_progress=yes", NULL, {"183", NULL, NULL}},
		{NULL,
		 "[g]\ntype=global\nallow_sending_180_after_183=yes\n",
		 {"180", "183", "180"}},
	};
	static const enum tech_indication told[] = {TECH_RINGING, TECH_PROGRESS, TECH_RINGING};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct flow_caller c;
		char more[256];
		struct flow f;

		snprintf(more, sizeof(more), FLOW_PEER "%s", rows[i].more ? rows[i].more : "");
		flow_start(&f, rows[i].endpoint, more);
		flow_caller_init(&c, &f);
		flow_caller_offer(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
		for (size_t k = 0; k < ARRAY_COUNT(told); k++) {
			flow_indicate(&f, told[k]);
			f.fact_taken = f.fact_count; /* of media */
			if (rows[i].seen[k])
				flow_caller_expect(&c, rows[i].seen[k]);
			else
				flow_expect_silence(&f, SIM_SECOND);
		}
		flow_caller_give_up(&c);
		flow_end(&f);
	}
}

/* timers_min_se holds for those who call as well: 422. */
static void test_min_se_of_callers(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "timers_min_se=120\ntimers_sess_expires=300", FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, "Supported: timer\r\nSession-Expires: 100\r\n",
			   flow_sdp(7000, "0 101", "sendrecv"));
	m = flow_caller_expect(&c, "422");
	assert_string_equal(flow_header(m, "Min-SE"), "120");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* use_ptime: the far end's a=ptime rules ours. */
static void test_ptime(void **state)
{
	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		const struct flow_msg *invite;
		char sdp[512];
		struct flow f;

		snprintf(sdp, sizeof(sdp), "%sa=ptime:40\r\n", flow_sdp(7000, "0 101", "sendrecv"));
		flow_start(&f, i ? "use_ptime=yes" : NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, sdp);
		flow_expect(&f, "ACK");
		flow_run(&f, SIM_MS);
		assert_int_equal(f.ptime_ms, i ? 40 : 20);
		f.fact_taken = f.fact_count;
		flow_bye(&f, CAUSE_NORMAL);
		flow_end(&f);
	}
}

/* keep_alive_interval: of connections, from one ping on to the next; 0: none. */
static void test_keep_alive(void **state)
{
	static const char options[] =
		"OPTIONS sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bKo\r\n"
		"From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: o\r\nCSeq: 1 OPTIONS\r\n"
		"Content-Length: 0\r\n\r\n";

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		struct flow f;

		flow_start_far(&f, "tcp", 1, NULL,
			       i ? "[g]\ntype=global\nkeep_alive_interval=20\n"
				 : "[g]\ntype=global\nkeep_alive_interval=0\n");
		flow_far_call(&f);
		flow_far_octets(&f, SLICE_LIT(options), SIZE_MAX);
		flow_expect(&f, "200");
		flow_run(&f, 90 * SIM_SECOND);
		assert_in_range(flow_far_count(&f).pings, i ? 4 : 0, i ? 5 : 0);
		flow_end(&f);
	}
}

/* unidentified_request_*: after two in a minute silence, for as long as prune_interval. */
static void test_unidentified(void **state)
{
	static const char conf[] = "[g]\ntype=global\nunidentified_request_count=2\n"
				   "unidentified_request_period=60\n"
				   "unidentified_request_prune_interval=100\n";
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, conf);
	for (int i = 0; i < 2; i++) {
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, NULL, NULL);
		flow_caller_expect(&c, "401");
		flow_caller_ack_failure(&c);
		flow_run(&f, 20 * SIM_SECOND);
	}
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, NULL);
	flow_expect_silence(&f, 95 * SIM_SECOND);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, NULL);
	flow_expect_silence(&f, 101 * SIM_SECOND);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_ignored), 2);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, NULL);
	flow_caller_expect(&c, "401");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* endpoint_identifier_order: the one that is asked first has the call. */
static void test_identifier_order(void **state)
{
	static const char *const orders[] = {"ip,username", "username,ip"};
	static const char *const offers[] = {"offer 100@10.0.0.1 \"Ann\" <1000>",
					     "offer 100@10.0.0.1 \"Desk\" <7>"};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(orders); i++) {
		struct flow_caller c;
		char more[512];
		struct flow f;

		snprintf(more, sizeof(more),
			 FLOW_PEER "[1000]\ntype=endpoint\nallow=!all,ulaw\ncallerid=Desk <7>\n"
				   "[g]\ntype=global\nendpoint_identifier_order=%s\n",
			 orders[i]);
		flow_start(&f, NULL, more);
		flow_caller_init(&c, &f);
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
		flow_expect(&f, "100");
		flow_fact(&f, offers[i]);
		flow_caller_give_up(&c);
		flow_end(&f);
	}
}

/* default_realm is that of our challenges. */
static void test_default_realm(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, "[g]\ntype=global\ndefault_realm=dialer.example\n");
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, NULL);
	assert_true(flow_has(flow_caller_expect(&c, "401"), "realm=\"dialer.example\""));
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

static void assert_mark(struct io_mark m, uint8_t dscp, uint8_t priority)
{
	assert_int_equal(m.dscp, dscp);
	assert_int_equal(m.priority, priority);
}

/* tos, cos of a transport: of all that it sends, by whichever way. A number is the whole octet. */
static void test_marks(void **state)
{
	struct flow f;

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		flow_start_transport(&f, NULL, i ? "tos=cs3\ncos=4\n" : NULL, NULL);
		assert_mark(sim_udp_mark(f.w, &flow_engine), i ? 24 : 0, i ? 4 : 0);
		flow_end(&f);
	}
	flow_start_transport(&f, "tcp", "tos=184\ncos=5\n", NULL);
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 486, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	assert_mark(flow_far_mark(&f), 46, 5);
	flow_far_call(&f);
	flow_run(&f, SIM_SECOND);
	assert_mark(flow_far_mark(&f), 46, 5);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_no_codec),
		cmocka_unit_test(test_no_rport),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_min_se_of_callers),
		cmocka_unit_test(test_ptime),
		cmocka_unit_test(test_keep_alive),
		cmocka_unit_test(test_unidentified),
		cmocka_unit_test(test_identifier_order),
		cmocka_unit_test(test_default_realm),
		cmocka_unit_test(test_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
