/* tests/flow/test_copies.c - every message of the far end arrives twice, as lost answers and
 * networks make it: each request gets the same answer again, each final response its ACK again, and
 * nothing happens twice (RFC 3261 17). What is lost is shown where timers are: test_call,
 * test_incoming, and by chance in test_gateway. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")
#define REL "Require: 100rel\r\nRSeq: 1\r\n"

static struct flow f;
static struct flow_caller c;

/* The same message twice, octet by octet. */
static void expect_twice(const char *what)
{
	const struct flow_msg *first = flow_expect(&f, what);

	assert_string_equal(flow_expect(&f, what)->text, first->text);
}

/* A request within the call, twice: the same answer twice. */
static void asked_twice(const struct flow_msg *invite, const char *method, unsigned cseq,
			const char *extra, const char *type, const char *body)
{
	static unsigned number;
	char branch[32];

	snprintf(branch, sizeof(branch), "z9hG4bKtwice%u", number++);
	flow_request_branch(&f, invite, method, cseq, "far1", branch, extra, type, body);
	expect_twice("200");
}

static void test_placed(void **state)
{
	const struct flow_msg *invite, *m;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	f.is_doubled = true;
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	flow_reply(&f, invite, 183, "far1", FLOW_CONTACT REL, SDP);
	m = flow_expect(&f, "PRACK");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, NULL);
	expect_twice("ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	asked_twice(invite, "INFO", 10, NULL, "application/dtmf", "7");
	flow_fact(&f, "dtmf 7 100");
	asked_twice(invite, "OPTIONS", 11, NULL, NULL, NULL);
	asked_twice(invite, "UPDATE", 12, FLOW_CONTACT, "application/sdp",
		    flow_sdp(7002, "0 101", "sendrecv"));
	flow_fact(&f, "media 10.0.0.9:7002 ulaw/0 ev101 dir0");
	/* the 200 of a re-INVITE has its own rhythm (RFC 6026 8.7) */
	flow_request(&f, invite, "INVITE", 13, "far1", FLOW_CONTACT,
		     flow_sdp(7004, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_request(&f, invite, "ACK", 13, "far1", NULL, NULL);
	flow_fact(&f, "media 10.0.0.9:7004 ulaw/0 ev101 dir0");
	asked_twice(invite, "BYE", 14, NULL, NULL, NULL);
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

static void test_refused(void **state)
{
	const struct flow_msg *invite, *cancel;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	f.is_doubled = true;
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 486, "far1", NULL, NULL);
	expect_twice("ACK");
	flow_fact(&f, "ended 17 486");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, CAUSE_NO_ANSWER);
	cancel = flow_expect(&f, "CANCEL");
	flow_reply(&f, cancel, 200, "far1", NULL, NULL);
	flow_reply(&f, invite, 487, "far1", NULL, NULL);
	expect_twice("ACK");
	flow_end(&f);
}

static void test_taken(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	f.is_doubled = true;
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	expect_twice("100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_indicate(&f, TECH_RINGING);
	flow_caller_expect(&c, "180");
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	ok = flow_caller_expect(&c, "200");
	assert_string_equal(flow_header(ok, "CSeq"), "1 INVITE");
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 40 * SIM_SECOND);
	flow_caller_request(&c, "BYE", NULL, NULL);
	expect_twice("200");
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

static void test_given_up(void **state)
{
	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	f.is_doubled = true;
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	expect_twice("100");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_caller_cancel(&c, NULL);
	assert_string_equal(flow_header(flow_expect(&f, "200"), "CSeq"), "1 CANCEL");
	flow_caller_expect(&c, "487");
	assert_string_equal(flow_header(flow_expect(&f, "200"), "CSeq"), "1 CANCEL");
	flow_fact(&f, "ended 127 0");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_placed),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
