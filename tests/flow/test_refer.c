/* tests/flow/test_refer.c - transfers: REFER both ways with its NOTIFY, 302 before the answer,
 * Replaces (RFC 3515, 3892, 4488, 3891). */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

#define SDP  flow_sdp(7000, "0 101", "sendrecv")

static void talk(struct flow *f, struct flow_caller *c, const char *endpoint)
{
	flow_start(f, endpoint, FLOW_PEER);
	flow_caller_init(c, f);
	flow_caller_talk(c);
}

static void end(struct flow_caller *c)
{
	flow_caller_bye(c);
	flow_end(c->f);
}

/* ---- the far end asks ---- */

static void test_refer_in(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	talk(&f, &c, NULL);
	flow_caller_request(&c, "REFER",
			    "Refer-To: <sip:200@10.0.0.1>\r\nReferred-By: <sip:ann@x>\r\n", NULL);
	flow_expect(&f, "202");
	flow_fact(&f, "refer 200 by <sip:ann@x>");
	m = flow_expect(&f, "NOTIFY");
	assert_true(flow_has(m, "\r\nEvent: refer;id=2\r\n"));
	assert_true(flow_has(m, "\r\nSubscription-State: terminated;reason=noresource\r\n"));
	assert_true(flow_has(m, "\r\nContent-Type: message/sipfrag;version=2.0\r\n"));
	assert_true(flow_has(m, "\r\n\r\nSIP/2.0 200 OK\r\n"));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	/* without a subscription */
	flow_caller_request(&c, "REFER",
			    "Refer-To: <sip:201@10.0.0.1>\r\nRefer-Sub: false\r\n"
			    "Require: norefersub\r\n",
			    NULL);
	assert_true(flow_has(flow_expect(&f, "202"), "\r\nRefer-Sub: false\r\n"));
	flow_fact(&f, "refer 201 by ");
	end(&c);
}

static void test_refer_refused(void **state)
{
	static const struct {
		const char *endpoint, *to, *status;
		int refuse;
		bool is_heard;
	} rows[] = {
		{"allow_transfer=no\n", "Refer-To: <sip:200@x>\r\n", "603", 0, false},
		{NULL, "Refer-To: <sip:200@x>\r\nRefer-To: <sip:201@x>\r\n", "400", 0, false},
		{NULL, "", "400", 0, false},
		{NULL, "Refer-To: nonsense\r\n", "400", 0, false},
		/* attended: nothing can be connected here */
		{NULL, "Refer-To: <sip:200@x?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n",
		 "603", 0, false},
		{NULL, "Refer-To: <sip:200@x>\r\n", "404", CAUSE_UNALLOCATED, true},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		talk(&f, &c, rows[i].endpoint);
		f.refuse = rows[i].refuse;
		flow_caller_request(&c, "REFER", rows[i].to, NULL);
		flow_expect(&f, rows[i].status);
		if (rows[i].is_heard)
			flow_fact(&f, "refer 200 by ");
		flow_no_fact(&f);
		end(&c);
	}
}

/* ---- we ask ---- */

static void notify(struct flow_caller *c, const char *state, const char *body)
{
	char lines[256];

	snprintf(lines, sizeof(lines),
		 "Event: refer\r\nSubscription-State: %s\r\nContent-Type: message/sipfrag\r\n",
		 state);
	flow_caller_request(c, "NOTIFY", lines, body);
	flow_expect(c->f, "200");
}

static void test_refer_out(void **state)
{
	static const struct {
		const char *body, *fact;
	} rows[] = {{"SIP/2.0 200 OK\r\n", "transferred 200"},
		    {"SIP/2.0 486 Busy Here\r\n", "transferred 486"},
		    {"nonsense", "transferred 500"}};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		talk(&f, &c, NULL);
		assert_int_equal(flow_transfer(&f, "300"), 0);
		m = flow_expect(&f, "REFER");
		assert_true(flow_has(m, "\r\nRefer-To: <sip:300@10.0.0.9:5060>\r\n"));
		assert_true(flow_has(m, "\r\nReferred-By: <sip:10.0.0.1:5060>\r\n"));
		assert_int_equal(flow_transfer(&f, "301"), -EBUSY);
		flow_reply(&f, m, 202, NULL, NULL, NULL);
		flow_no_fact(&f);
		notify(&c, "active;expires=60", "SIP/2.0 100 Trying\r\n");
		flow_no_fact(&f);
		notify(&c, "terminated;reason=noresource", rows[i].body);
		flow_fact(&f, rows[i].fact);
		/* one more is one too many */
		flow_caller_request(&c, "NOTIFY",
				    "Event: refer\r\nSubscription-State: terminated\r\n", NULL);
		flow_expect(&f, "489");
		end(&c);
	}
}

/* The outcome comes before the response to the REFER, which nobody may remember then (found by
 * fuzz/sip_seq: the first of two was told to a call that was gone). */
static void test_refer_out_unanswered(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	talk(&f, &c, NULL);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(flow_transfer(&f, "300"), 0);
		flow_expect(&f, "REFER");
		flow_caller_request(&c, "NOTIFY",
				    "Event: refer\r\nSubscription-State: terminated\r\n",
				    "SIP/2.0 200 OK\r\n");
		flow_expect(&f, "200");
		flow_fact(&f, "transferred 200");
	}
	flow_caller_bye(&c);
	for (int i = 0; i < 20; i++) /* both, until timer F */
		flow_expect(&f, "REFER");
	flow_end(&f);
}

static void test_refer_out_refused(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	talk(&f, &c, NULL);
	assert_int_equal(flow_transfer(&f, "sip:a@b.example"), 0);
	m = flow_expect(&f, "REFER");
	assert_true(flow_has(m, "\r\nRefer-To: <sip:a@b.example>\r\n"));
	flow_reply(&f, m, 405, NULL, NULL, NULL);
	flow_fact(&f, "transferred 405");
	/* Refer-Sub: false: nothing follows (RFC 4488) */
	assert_int_equal(flow_transfer(&f, "b@c"), 0);
	m = flow_expect(&f, "REFER");
	flow_reply(&f, m, 202, NULL, "Refer-Sub: false\r\n", NULL);
	flow_fact(&f, "transferred 202");
	/* the far end ends the call instead of an answer */
	assert_int_equal(flow_transfer(&f, "b@c"), 0);
	flow_expect(&f, "REFER");
	flow_caller_bye(&c);
	for (int i = 0; i < 10; i++)
		flow_expect(&f, "REFER");
	flow_end(&f);
}

/* The far end knows of no such call (RFC 5057 5): told, and over. */
static void test_refer_out_gone(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	talk(&f, &c, NULL);
	assert_int_equal(flow_transfer(&f, "b@c"), 0);
	flow_reply(&f, flow_expect(&f, "REFER"), 481, NULL, NULL, NULL);
	m = flow_expect(&f, "BYE");
	flow_fact(&f, "transferred 481");
	flow_fact(&f, "ended 16 0");
	flow_reply(&f, m, 481, NULL, NULL, NULL);
	flow_end(&f);
}

/* Before the answer a caller is redirected (chan_pjsip). */
static void test_redirect(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_transfer(&f, "sip:900@10.9.9.9"), 302);
	assert_true(flow_has(flow_caller_expect(&c, "302"), "\r\nContact: <sip:900@10.9.9.9>\r\n"));
	flow_fact(&f, "ended 23 302");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* A call that we place and that rings cannot be transferred; rubbish nowhere. */
static void test_not_transferable(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	assert_int_equal(flow_transfer(&f, "300"), -ENOTSUP);
	assert_int_equal(flow_transfer(&f, "sip:a b"), -EINVAL);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "CANCEL");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_reply(&f, invite, 487, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* ---- Replaces ---- */

static void test_replaces(void **state)
{
	struct flow_caller old, c;
	const struct flow_msg *m;
	char line[256];
	struct flow f;

	UNUSED(state);
	talk(&f, &old, NULL);
	flow_caller_init(&c, &f);
	snprintf(line, sizeof(line), "Require: replaces\r\nReplaces: %s;to-tag=%s;from-tag=%s\r\n",
		 old.call_id, old.to_tag, old.tag);
	flow_caller_invite(&c, line, flow_sdp(7100, "0 101", "sendrecv"));
	flow_fact(&f, "replaced");
	flow_fact(&f, "media 10.0.0.9:7100 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.call_id, slice_str(old.call_id)));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_caller_ack(&c, NULL);
	end(&c);
}

/* The same for a call that we placed: the new far end has a dialog in which we were called. */
static void test_replaces_placed(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow_caller c;
	char line[256];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	invite = flow_answered_call(&f);
	flow_caller_init(&c, &f);
	snprintf(line, sizeof(line), "Replaces: %.*s;from-tag=far1;to-tag=%.*s\r\n",
		 SLICE_ARG(invite->msg.call_id), SLICE_ARG(invite->msg.from_tag));
	flow_caller_invite(&c, line, flow_sdp(7100, "0 101", "sendrecv"));
	flow_fact(&f, "replaced");
	flow_fact(&f, "media 10.0.0.9:7100 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_caller_ack(&c, NULL);
	end(&c);
}

static void test_replaces_refused(void **state)
{
	static const struct {
		const char *call_id, *to_tag, *from_tag, *tail,
			*status; /* added to the right ones */
	} rows[] = {
		{"", "", "", ";early-only", "486"}, {"x", "", "", "", "481"},
		{"", "x", "", "", "481"},	    {"", "", "x", "", "481"},
		{";", "", "", "", "400"},
	};
	struct flow_caller old, c;
	char line[256];
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		talk(&f, &old, NULL);
		flow_caller_init(&c, &f);
		snprintf(line, sizeof(line), "Replaces: %s%s;to-tag=%s%s;from-tag=%s%s%s\r\n",
			 rows[i].call_id[0] == ';' ? "" : old.call_id, rows[i].call_id, old.to_tag,
			 rows[i].to_tag, old.tag, rows[i].from_tag, rows[i].tail);
		flow_caller_invite(&c, line, SDP);
		flow_caller_expect(&c, rows[i].status);
		flow_caller_ack_failure(&c);
		flow_no_fact(&f);
		end(&old);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refer_in),
		cmocka_unit_test(test_refer_refused),
		cmocka_unit_test(test_refer_out),
		cmocka_unit_test(test_refer_out_refused),
		cmocka_unit_test(test_refer_out_unanswered),
		cmocka_unit_test(test_refer_out_gone),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_not_transferable),
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_replaces_placed),
		cmocka_unit_test(test_replaces_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
