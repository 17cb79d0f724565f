/* tests/flow/test_races.c - RFC 5407 3.2 and 3.3: requests that meet a BYE or each other on the
 * way, with us as the caller and as the called side. What else the RFC shows is in test_call,
 * test_cancel and test_incoming*: see ROWS.md. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#define SDP   flow_sdp(7000, "0 101", "sendrecv")
#define REFER FLOW_CONTACT "Refer-To: <sip:200@10.0.0.9>\r\n"

/* 3.2.1, 3.2.2, 3.3.3: the far end's BYE, re-INVITE and REFER reach us after our BYE has left. */
static void test_behind_our_bye(void **state)
{
	const struct flow_msg *invite, *bye;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	flow_request_branch(&f, invite, "INVITE", 10, "far1", "z9hG4bKr1", FLOW_CONTACT,
			    "application/sdp", SDP);
	flow_expect(&f, "481");
	flow_request_branch(&f, invite, "ACK", 10, "far1", "z9hG4bKr1", NULL, NULL, NULL);
	flow_request(&f, invite, "REFER", 11, "far1", REFER, NULL);
	flow_expect(&f, "481");
	flow_request(&f, invite, "UPDATE", 12, "far1", FLOW_CONTACT, SDP);
	flow_expect(&f, "481");
	flow_request(&f, invite, "BYE", 13, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* The same in a call that came in. */
static void test_behind_our_bye_called(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_talk(&c);
	flow_hangup(&f, CAUSE_NORMAL);
	flow_expect(&f, "BYE");
	flow_caller_invite(&c, NULL, SDP);
	flow_expect(&f, "481");
	flow_run(&f, 40 * SIM_SECOND); /* nobody acknowledges it */
	f.msg_taken = f.msg_count;
	flow_caller_request(&c, "REFER", REFER, NULL);
	flow_expect(&f, "481");
	flow_end(&f);
}

/* Our refresh by INVITE is on its way, as nothing else makes us send one: UPDATE was refused. */
static const struct flow_msg *refreshing(struct flow *f, const struct flow_msg **invite)
{
	flow_start(f, NULL, NULL);
	flow_dial(f, "100@trunk");
	*invite = flow_expect(f, "INVITE");
	flow_reply(f, *invite, 200, "far1",
		   FLOW_CONTACT "Allow: INVITE, ACK, BYE, UPDATE\r\n"
				"Session-Expires: 90;refresher=uac\r\n",
		   SDP);
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_reply(f, flow_expect(f, "UPDATE"), 501, NULL, NULL, NULL);
	return flow_expect(f, "INVITE");
}

/* 3.2.3: the 200 of our re-INVITE arrives after our BYE: it gets its ACK all the same. */
static void test_answer_behind_our_bye(void **state)
{
	const struct flow_msg *invite, *again, *bye, *ack;
	struct flow f;

	UNUSED(state);
	again = refreshing(&f, &invite);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	assert_int_equal(bye->msg.cseq, again->msg.cseq + 1);
	flow_reply(&f, again, 200, NULL, FLOW_CONTACT, SDP);
	ack = flow_expect(&f, "ACK");
	assert_int_equal(ack->msg.cseq, again->msg.cseq);
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* 3.3.1, 3.3.2: re-INVITE and UPDATE of the far end meet our re-INVITE: each side says 491, and we
 * who own the Call-ID try again after 2.1 s to 4 s (RFC 3261 14.1). */
static void test_reinvites_cross(void **state)
{
	const struct flow_msg *invite, *again, *third;
	struct flow f;

	UNUSED(state);
	again = refreshing(&f, &invite);
	flow_request_branch(&f, invite, "INVITE", 10, "far1", "z9hG4bKr2", FLOW_CONTACT,
			    "application/sdp", SDP);
	flow_expect(&f, "491");
	flow_request_branch(&f, invite, "ACK", 10, "far1", "z9hG4bKr2", NULL, NULL, NULL);
	flow_request(&f, invite, "UPDATE", 11, "far1", FLOW_CONTACT, SDP);
	flow_expect(&f, "491");
	flow_reply(&f, again, 491, NULL, NULL, NULL);
	flow_expect(&f, "ACK");
	third = flow_expect(&f, "INVITE");
	assert_true(third->at - again->at >= 2100 * SIM_MS &&
		    third->at - again->at <= 4100 * SIM_MS);
	assert_int_equal(third->msg.cseq, again->msg.cseq + 1);
	flow_reply(&f, third, 200, NULL, FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	flow_request(&f, invite, "BYE", 12, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

/* The far end's BYE meets our re-INVITE: it is answered, and what becomes of ours changes nothing.
 */
static void test_bye_crosses_reinvite(void **state)
{
	const struct flow_msg *invite, *again;
	struct flow f;

	UNUSED(state);
	again = refreshing(&f, &invite);
	flow_request(&f, invite, "BYE", 10, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_reply(&f, again, 481, NULL, NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* A re-INVITE of ours that was only begun to be answered is cancelled when the call is over. */
static void test_reinvite_left_open(void **state)
{
	const struct flow_msg *invite, *again, *cancel;
	struct flow f;

	UNUSED(state);
	again = refreshing(&f, &invite);
	flow_reply(&f, again, 100, NULL, NULL, NULL);
	flow_bye(&f, CAUSE_NORMAL);
	cancel = flow_expect(&f, "CANCEL");
	assert_true(slice_eq(cancel->msg.via.branch, again->msg.via.branch));
	flow_reply(&f, cancel, 200, NULL, NULL, NULL);
	flow_end(&f); /* also without a final response */
}

/* RFC 3665 3.3: each of two proxies on the way asks for credentials; the third INVITE has both. */
static void test_two_proxies_ask(void **state)
{
	static const char *const asks[] = {
		"Proxy-Authenticate: Digest realm=\"one\", nonce=\"n1\", qop=\"auth\"\r\n",
		"Proxy-Authenticate: Digest realm=\"two\", nonce=\"n2\", qop=\"auth\"\r\n"};
	const struct flow_msg *m = NULL;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "outbound_auth=acct",
		   "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n");
	flow_dial(&f, "100@trunk");
	for (size_t i = 0; i < ARRAY_COUNT(asks); i++) {
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 407, "p", asks[i], NULL);
		flow_expect(&f, "ACK");
	}
	m = flow_expect(&f, "INVITE");
	assert_non_null(strstr(m->text, "realm=\"one\""));
	assert_non_null(strstr(m->text, "realm=\"two\""));
	flow_reply(&f, m, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, m, 200, "far1", FLOW_CONTACT, SDP);
	m = flow_expect(&f, "ACK");
	assert_non_null(strstr(m->text, "realm=\"one\""));
	assert_non_null(strstr(m->text, "realm=\"two\""));
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_bye(&f, CAUSE_NORMAL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_our_bye),
		cmocka_unit_test(test_behind_our_bye_called),
		cmocka_unit_test(test_answer_behind_our_bye),
		cmocka_unit_test(test_reinvites_cross),
		cmocka_unit_test(test_bye_crosses_reinvite),
		cmocka_unit_test(test_two_proxies_ask),
		cmocka_unit_test(test_reinvite_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
