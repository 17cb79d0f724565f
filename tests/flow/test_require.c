/* tests/flow/test_require.c - what a request demands of its answer: Require (RFC 3261 8.2.2.3) and
 * Accept (20.1), outside of calls and within. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define REQUIRE "Require: foo, timer\r\nRequire: bar\r\n"
#define SDP	flow_sdp(7000, "0 101", "sendrecv")

static void send_outside(struct flow *f, const char *method, unsigned number, const char *extra)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "%s sip:100@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKo%u\r\n"
		 "From: <sip:a@b>;tag=x\r\nTo: <sip:100@10.0.0.1>\r\nCall-ID: o%u\r\n"
		 "CSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		 method, number, number, method, extra);
	flow_send(f, text);
}

/* All that is not known is named. What is refused for its method, or belongs to nothing, is refused
 * for that. */
static void test_outside(void **state)
{
	static const struct {
		const char *method, *status;
	} rows[] = {
		{"OPTIONS", "420"}, {"INVITE", "420"}, {"SUBSCRIBE", "420"}, {"NOTIFY", "420"},
		{"PUBLISH", "420"}, {"BYE", "481"},    {"CANCEL", "481"},    {"MESSAGE", "405"},
		{"REFER", "405"},   {"FROB", "501"},
	};
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		send_outside(&f, rows[i].method, i, REQUIRE);
		m = flow_expect(&f, rows[i].status);
		if (m->msg.code == 420)
			assert_string_equal(flow_header(m, "Unsupported"), "foo, bar");
	}
	flow_end(&f);
}

/* A call that an extension would carry goes on as before. */
static void test_within(void **state)
{
	static const struct {
		const char *method, *extra, *type, *body, *status;
	} rows[] = {
		{"OPTIONS", "", "", NULL, "420"},
		{"INFO", "", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "420"},
		{"UPDATE", FLOW_CONTACT, "", NULL, "420"},
		{"INVITE", FLOW_CONTACT, "", NULL, "420"},
		{"PRACK", "RAck: 1 1 INVITE\r\n", "", NULL, "420"},
		{"NOTIFY", "Event: x\r\n", "", NULL, "420"},
		{"SUBSCRIBE", "Event: x\r\n", "", NULL, "420"},
		{"PUBLISH", "Event: x\r\n", "", NULL, "420"},
		{"REFER", "Refer-To: <sip:9@10.0.0.9>\r\n", "", NULL, "420"},
		{"MESSAGE", "", "text/plain", "hi", "405"},
		{"FROB", "", "", NULL, "501"},
	};
	const struct flow_msg *invite, *m;
	unsigned cseq = 20;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char branch[32], extra[256];

		snprintf(branch, sizeof(branch), "z9hG4bKm%zu", i);
		snprintf(extra, sizeof(extra), "%s" REQUIRE, rows[i].extra);
		flow_request_branch(&f, invite, rows[i].method, ++cseq, "far1", branch, extra,
				    rows[i].type, rows[i].body);
		m = flow_expect(&f, rows[i].status);
		if (m->msg.code == 420)
			assert_string_equal(flow_header(m, "Unsupported"), "foo, bar");
		if (m->msg.cseq_method == SIP_METHOD_INVITE)
			flow_request_branch(&f, invite, "ACK", cseq, "far1", branch, NULL, NULL,
					    NULL);
		flow_no_fact(&f);
	}
	flow_hangup(&f, 16);
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Its sender is gone whatever we say (RFC 3261 15.1.1): the call ends. */
static void test_bye(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request(&f, invite, "BYE", 20, "far1", REQUIRE, NULL);
	assert_string_equal(flow_header(flow_expect(&f, "420"), "Unsupported"), "foo, bar");
	flow_fact(&f, "ended 16 0");
	flow_request(&f, invite, "BYE", 21, "far1", NULL, NULL);
	flow_expect(&f, "481");
	flow_end(&f);
}

/* ---- Accept ---- */

static const struct {
	const char *accept;
	bool is_taken;
} accepts[] = {
	{"Accept: text/plain\r\n", false},
	{"Accept:\r\n", false},
	{"Accept: application/sdp;q=0, text/plain\r\n", false},
	{"Accept: application/dtmf-relay\r\nAccept: application/isup\r\n", false},
	{"", true},
	{"Accept: text/plain, application/SDP\r\n", true},
	{"Accept: text/plain\r\nAccept: application / sdp ;q=0.1\r\n", true},
	{"Accept: */*\r\n", true},
	{"Accept: application/*;q=1.0\r\n", true},
	{"Accept: multipart/mixed\r\n", true},
};

/* 406 to a call that could not be answered (21.4.7). */
static void test_accept(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(accepts); i++) {
		const char *offer = i & 1 ? SDP : NULL; /* ours is one, too */

		flow_caller_init(&c, &f);
		flow_caller_invite(&c, accepts[i / 2].accept, offer);
		if (accepts[i / 2].is_taken) {
			flow_expect(&f, "100");
			f.fact_taken++;
			flow_hangup(&f, 17);
			flow_caller_expect(&c, "486");
		} else {
			assert_non_null(strstr(flow_caller_expect(&c, "406")->text,
					       "\r\nWarning: 399 ringer \"Answers are "
					       "application/sdp\"\r\n"));
			flow_no_fact(&f);
		}
		flow_caller_ack_failure(&c);
	}
	flow_end(&f);
}

/* An answer without a body needs no leave: OPTIONS, and UPDATE without an offer. */
static void test_accept_within(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	send_outside(&f, "OPTIONS", 1, "Accept: text/plain\r\n");
	flow_expect(&f, "200");
	invite = flow_answered_call(&f);
	flow_request_branch(&f, invite, "INVITE", 20, "far1", "z9hG4bKr",
			    "Accept: text/plain\r\n" FLOW_CONTACT, "application/sdp",
			    flow_sdp(7002, "0", "sendonly"));
	flow_expect(&f, "406");
	flow_request_branch(&f, invite, "ACK", 20, "far1", "z9hG4bKr", NULL, NULL, NULL);
	flow_request(&f, invite, "UPDATE", 21, "far1", "Accept: text/plain\r\n" FLOW_CONTACT,
		     flow_sdp(7002, "0", "sendonly"));
	flow_expect(&f, "406");
	flow_no_fact(&f);
	flow_request(&f, invite, "UPDATE", 22, "far1", "Accept: text/plain\r\n" FLOW_CONTACT, NULL);
	flow_expect(&f, "200");
	flow_request(&f, invite, "OPTIONS", 23, "far1", "Accept: text/plain\r\n", NULL);
	flow_expect(&f, "200");
	flow_hangup(&f, 16);
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outside),	      cmocka_unit_test(test_within),
		cmocka_unit_test(test_bye),	      cmocka_unit_test(test_accept),
		cmocka_unit_test(test_accept_within),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
