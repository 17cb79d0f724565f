/* tests/flow/test_races.c - RFC 5407: requests that overtake an ACK (3.1), that meet a BYE (3.2) or
 * each other (3.3) on the way, with us as the caller and as the called side. The races of CANCEL
 * and of early BYEs are in test_cancel and test_incoming: see ROWS.md. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#define SDP   flow_sdp(7000, "0 101", "sendrecv")
#define REFER FLOW_CONTACT "Refer-To: <sip:200@10.0.0.9>\r\n"

/* ---- behind a BYE ---- */

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
	const struct flow_msg *bye;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_talk(&c);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	flow_caller_invite(&c, NULL, SDP);
	flow_expect(&f, "481");
	flow_caller_ack_refused(&c);
	flow_caller_request(&c, "REFER", REFER, NULL);
	flow_expect(&f, "481");
	flow_caller_request(&c, "BYE", NULL, NULL);
	flow_expect(&f, "200");
	flow_no_fact(&f);
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
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

/* ---- before the ACK (3.1.4 to 3.1.6, 3.2.4) ---- */

static void answered(struct flow *f, struct flow_caller *c, const char *offer)
{
	flow_start(f, NULL, FLOW_PEER);
	flow_caller_init(c, f);
	flow_caller_offer(c, NULL, offer);
	assert_int_equal(flow_answer(f), 0);
	if (offer)
		flow_fact(f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	assert_true(flow_caller_expect(c, "200")->msg.body.len > 0);
}

/* 3.1.4: the offer and its answer are through: the re-INVITE is taken, and shows that the 200 has
 * arrived; the ACK that comes behind it changes nothing. */
static void test_reinvite_before_ack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	answered(&f, &c, SDP);
	flow_caller_invite(&c, NULL, flow_sdp(7002, "8 101", "sendrecv"));
	m = flow_caller_expect(&c, "200");
	assert_string_equal(flow_header(m, "CSeq"), "2 INVITE");
	assert_true(flow_has(m, "m=audio 4000 RTP/AVP 8 101\r\n"));
	flow_fact(&f, "media 10.0.0.9:7002 alaw/8 ev101 dir0");
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	assert_string_equal(flow_header(flow_expect(&f, "200"), "CSeq"), "2 INVITE");
	c.cseq = 2;
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 40 * SIM_SECOND);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* 3.1.5: our offer in the 200 waits for its answer in the ACK: the re-INVITE brings another one and
 * has to come again. */
static void test_reinvite_before_answer(void **state)
{
	uint32_t pause = 99;
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	answered(&f, &c, NULL);
	flow_caller_invite(&c, NULL, flow_sdp(7002, "8 101", "sendrecv"));
	m = flow_expect(&f, "500");
	assert_string_equal(flow_header(m, "CSeq"), "2 INVITE");
	assert_true(sip_msg_get_u32(&m->msg, SIP_HDR_RETRY_AFTER, &pause));
	assert_in_range(pause, 0, 10);
	flow_caller_ack_refused(&c);
	assert_string_equal(flow_header(flow_expect(&f, "200"), "CSeq"), "1 INVITE");
	flow_no_fact(&f);
	c.cseq = 1;
	flow_caller_ack(&c, SDP);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	c.cseq = 2;
	flow_caller_invite(&c, NULL, flow_sdp(7002, "8 101", "sendrecv"));
	flow_caller_expect(&c, "200");
	flow_fact(&f, "media 10.0.0.9:7002 alaw/8 ev101 dir0");
	flow_caller_ack(&c, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* We have hung up and wait for the ACK to say so: no new session any more. */
static void test_reinvite_before_our_bye(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	answered(&f, &c, SDP);
	flow_hangup(&f, CAUSE_NORMAL);
	flow_caller_invite(&c, NULL, SDP);
	assert_true(sip_msg_has(&flow_expect(&f, "500")->msg, SIP_HDR_RETRY_AFTER));
	flow_caller_ack_refused(&c);
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* 3.1.6, 3.2.4: the BYE overtakes the ACK: both are answered by what they are, and the 200 is not
 * sent any more. */
static void test_bye_before_ack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	answered(&f, &c, SDP);
	flow_caller_request(&c, "BYE", NULL, NULL);
	m = flow_expect(&f, "200");
	assert_string_equal(flow_header(m, "CSeq"), "2 BYE");
	assert_true(slice_eq(m->msg.to_tag, slice_str(c.to_tag)));
	flow_fact(&f, "ended 16 0");
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	flow_end(&f);
}

/* ---- calls that came in, our own re-INVITE on its way ---- */

static const struct flow_msg *refreshing_called(struct flow *f, struct flow_caller *c)
{
	flow_start(f, NULL, FLOW_PEER);
	flow_caller_init(c, f);
	flow_caller_offer(c, "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n", SDP);
	assert_int_equal(flow_answer(f), 0);
	flow_fact(f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(c, "200");
	flow_caller_ack(c, NULL);
	return flow_expect(f, "INVITE"); /* no UPDATE was allowed */
}

/* 3.3.1 with their Call-ID: we come again within 2 s. */
static void test_reinvites_cross_called(void **state)
{
	const struct flow_msg *first, *again;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	first = refreshing_called(&f, &c);
	flow_caller_invite(&c, NULL, flow_sdp(7002, "0 101", "sendrecv"));
	flow_expect(&f, "491");
	flow_caller_ack_refused(&c);
	flow_no_fact(&f);
	flow_reply(&f, first, 491, NULL, NULL, NULL);
	flow_expect(&f, "ACK");
	again = flow_expect(&f, "INVITE");
	assert_in_range(again->at - first->at, 0, 2100 * SIM_MS);
	assert_int_equal(again->msg.cseq, first->msg.cseq + 1);
	flow_reply(&f, again, 200, NULL, FLOW_CONTACT, SDP);
	flow_expect(&f, "ACK");
	flow_caller_bye(&c);
	flow_end(&f);
}

/* 3.3.2: a re-INVITE meets our UPDATE, which offers nothing: both are taken, and glare at the other
 * side has us come again. */
static void test_update_meets_reinvite_called(void **state)
{
	const struct flow_msg *update, *again;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c,
			  "Allow: UPDATE\r\nSupported: timer\r\n"
			  "Session-Expires: 90;refresher=uas\r\n",
			  SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	flow_caller_ack(&c, NULL);
	update = flow_expect(&f, "UPDATE");
	assert_int_equal(update->msg.body.len, 0);
	flow_caller_invite(&c, NULL, flow_sdp(7002, "0 101", "sendrecv"));
	assert_string_equal(flow_header(flow_caller_expect(&c, "200"), "CSeq"), "2 INVITE");
	flow_fact(&f, "media 10.0.0.9:7002 ulaw/0 ev101 dir0");
	flow_reply(&f, update, 491, NULL, NULL, NULL);
	flow_caller_ack(&c, NULL);
	again = flow_expect(&f, "UPDATE");
	assert_in_range(again->at - update->at, 0, 2100 * SIM_MS);
	flow_reply(&f, again, 200, NULL, FLOW_CONTACT, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* 3.2.3 */
static void test_answer_behind_our_bye_called(void **state)
{
	const struct flow_msg *again, *bye, *ack;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	again = refreshing_called(&f, &c);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	assert_int_equal(bye->msg.cseq, again->msg.cseq + 1);
	flow_reply(&f, again, 200, NULL, FLOW_CONTACT, SDP);
	ack = flow_expect(&f, "ACK");
	assert_int_equal(ack->msg.cseq, again->msg.cseq);
	assert_true(slice_eq(ack->msg.to_tag, slice_str(c.tag)));
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
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
		cmocka_unit_test(test_reinvite_before_ack),
		cmocka_unit_test(test_reinvite_before_answer),
		cmocka_unit_test(test_reinvite_before_our_bye),
		cmocka_unit_test(test_bye_before_ack),
		cmocka_unit_test(test_reinvites_cross_called),
		cmocka_unit_test(test_update_meets_reinvite_called),
		cmocka_unit_test(test_answer_behind_our_bye_called),
		cmocka_unit_test(test_reinvite_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
