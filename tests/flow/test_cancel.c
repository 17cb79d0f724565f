/* tests/flow/test_cancel.c - CANCEL and its races, forks, early media, reliable provisionals
 * (RFC 3261 9.1, 13.2.2.4; RFC 3262; RFC 5407 3.1). */
#include "tests/flow/flow.h"

#include "engine/base/check.h"

#include <stdio.h>

/* ---- CANCEL ---- */

/* Held until something comes, sent then, and once only. */
static void test_cancel_held(void **state)
{
	const struct flow_msg *invite, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_hangup(&f, 16);
	assert_int_equal(f.number, 0);
	flow_expect(&f, "INVITE"); /* goes on being sent, and no CANCEL */
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	cancel = flow_expect(&f, "CANCEL");
	assert_string_equal(flow_header(cancel, "Reason"), "Q.850;cause=16");
	flow_reply(&f, cancel, 200, "t", NULL, NULL);
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_no_fact(&f);
	flow_reply(&f, invite, 487, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

static void test_cancel_held_final(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_hangup(&f, 0);
	flow_reply(&f, invite, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK"); /* and no CANCEL */
	flow_end(&f);
}

static void test_cancel_held_silence(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	flow_hangup(&f, 0);
	for (int i = 0; i < 7; i++)
		flow_expect(&f, "INVITE");
	flow_end(&f);
}

/* 200 crosses CANCEL: ACK, then BYE; also when the CANCEL was still held. */
static void test_cancel_crosses_200(void **state)
{
	UNUSED(state);
	for (int held = 0; held < 2; held++) {
		const struct flow_msg *invite, *cancel = NULL, *bye;
		struct flow f;

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		if (!held) {
			flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
			flow_fact(&f, "ringing");
		}
		flow_hangup(&f, 19);
		if (!held)
			cancel = flow_expect(&f, "CANCEL");
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "ACK");
		bye = flow_expect(&f, "BYE");
		assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=19");
		assert_true(slice_eq(bye->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
		if (cancel)
			flow_reply(&f, cancel, 200, "t", NULL, NULL);
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_expect(&f, "ACK"); /* the copy too, but no second BYE */
		flow_reply(&f, bye, 200, NULL, NULL, NULL);
		flow_end(&f);
	}
}

/* No final response to the INVITE in 64*T1 after CANCEL: over. */
static void test_cancel_no_final(void **state)
{
	const struct flow_msg *invite, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 183, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "progress none");
	flow_hangup(&f, 26);
	cancel = flow_expect(&f, "CANCEL");
	assert_non_null(strstr(cancel->text,
			       "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
			       "Reason: Q.850;cause=26\r\n"));
	flow_reply(&f, cancel, 200, "t", NULL, NULL);
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_end(&f);
}

static void test_hangup_status(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "suppress_q850_reason_headers=yes", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, 19);
	assert_int_equal(f.number, 480);
	assert_false(sip_msg_has(&flow_expect(&f, "CANCEL")->msg, SIP_HDR_REASON));
	flow_reply(&f, f.msgs[1], 200, "t", NULL, NULL);
	flow_reply(&f, invite, 487, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* ---- forks ---- */

static void test_fork(void **state)
{
	const struct flow_msg *invite, *ack, *bye;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "a", "Contact: <sip:a@10.0.0.9:5070>\r\n", NULL);
	flow_reply(&f, invite, 180, "b", "Contact: <sip:b@10.0.0.9:5071>\r\n", NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 200, "b", "Contact: <sip:b@10.0.0.9:5071>\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	ack = flow_expect(&f, "ACK");
	assert_int_equal(ack->to.port, 5071);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 200, "a", "Contact: <sip:a@10.0.0.9:5070>\r\n",
		   flow_sdp(7002, "0", "sendrecv"));
	ack = flow_expect(&f, "ACK");
	assert_int_equal(ack->to.port, 5070);
	assert_true(slice_eq(ack->msg.to_tag, SLICE_LIT("a")));
	bye = flow_expect(&f, "BYE");
	assert_true(slice_eq(bye->msg.to_tag, SLICE_LIT("a")));
	assert_true(slice_eq(bye->msg.from_tag, invite->msg.from_tag));
	assert_int_equal(bye->msg.cseq, invite->msg.cseq + 1);
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_reply(&f, invite, 200, "a", "Contact: <sip:a@10.0.0.9:5070>\r\n",
		   flow_sdp(7002, "0", "sendrecv"));
	assert_memory_equal(flow_expect(&f, "ACK")->text, ack->text, ack->len);
	flow_no_fact(&f);
	/* the winner's call lives */
	flow_request(&f, invite, "BYE", 3, "b", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	/* a third one answers when all is over */
	flow_reply(&f, invite, 200, "c", "Contact: <sip:c@10.0.0.9:5072>\r\n", NULL);
	flow_expect(&f, "ACK");
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* The loser's dialog has seen PRACKs: its BYE has a number above theirs, or it would be refused
 * (RFC 3261 12.2.2), and the far end would keep the call. */
static void test_fork_after_prack(void **state)
{
	const struct flow_msg *invite, *prack = NULL, *bye;
	char extra[128];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	for (int i = 1; i <= 3; i++) {
		snprintf(extra, sizeof(extra), FLOW_CONTACT "Require: 100rel\r\nRSeq: %d\r\n", i);
		flow_reply(&f, invite, 180, "a", extra, NULL);
		prack = flow_expect(&f, "PRACK");
		flow_reply(&f, prack, 200, NULL, NULL, NULL);
	}
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 200, "b", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, flow_sdp(7002, "0", "sendrecv"));
	assert_int_equal(flow_expect(&f, "ACK")->msg.cseq, invite->msg.cseq);
	bye = flow_expect(&f, "BYE");
	assert_true(slice_eq(bye->msg.to_tag, SLICE_LIT("a")));
	assert_true(bye->msg.cseq > prack->msg.cseq);
	assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=26");
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_bye(&f, 16);
	flow_end(&f);
}

/* More forks than we keep dialogs for. */
static void test_many_forks(void **state)
{
	const struct flow_msg *invite;
	struct sip_counts counts;
	char tag[8] = "t0";
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	for (int i = 0; i < LIMIT_SIP_FORKS + 3; i++) {
		tag[1] = (char)('a' + i);
		flow_reply(&f, invite, 180, tag, FLOW_CONTACT, NULL);
	}
	flow_fact(&f, "ringing");
	sip_count(f.sip, &counts);
	assert_int_equal(counts.dialogs, LIMIT_SIP_FORKS);
	flow_reply(&f, invite, 200, tag, FLOW_CONTACT, flow_sdp(7000, "8 0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 alaw/8,ulaw/0 ev255 dir0");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- early media (sip.md 4) ---- */

static void early_start(struct flow *f, const char *options, const struct flow_msg **invite)
{
	flow_start(f, options, NULL);
	flow_dial(f, "100@trunk");
	*invite = flow_expect(f, "INVITE");
}

static void early_end(struct flow *f, const struct flow_msg *invite)
{
	flow_reply(f, invite, 486, "z", NULL, NULL);
	flow_expect(f, "ACK");
	flow_fact(f, "ended 17 486");
	flow_end(f);
}

static void test_early_media(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f, NULL, &invite);
	flow_reply(&f, invite, 180, "a", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 181, "a", FLOW_CONTACT "P-Early-Media: inactive\r\n", NULL);
	flow_reply(&f, invite, 182, "a", FLOW_CONTACT, NULL);
	flow_reply(&f, invite, 199, "a", FLOW_CONTACT, NULL);
	flow_no_fact(&f);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, NULL);
	flow_fact(&f, "progress none");
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7000, "0 101", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev101 dir0");
	/* later SDP of the same tag is not looked at */
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7002, "0 101", "sendrecv"));
	flow_no_fact(&f);
	/* a fork's is */
	flow_reply(&f, invite, 180, "b", FLOW_CONTACT, flow_sdp(7004, "8", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7004 alaw/8 ev255 dir0 ringing");
	early_end(&f, invite);
}

static void test_early_options(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f,
		    "ignore_183_without_sdp=yes\nfollow_early_media_fork=no\n"
		    "accept_multiple_sdp_answers=yes",
		    &invite);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, NULL);
	flow_no_fact(&f);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7002, "0", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7002 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 183, "b", FLOW_CONTACT, flow_sdp(7004, "8", "sendrecv"));
	flow_no_fact(&f);
	early_end(&f, invite);
}

/* The 200 has another body than the 183 of the same tag: the first one holds. */
static void test_early_then_answer(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f, NULL, &invite);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, flow_sdp(7002, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- reliable provisionals ---- */

static void test_prack(void **state)
{
	const struct flow_msg *invite, *prack;
	struct flow f;
	char rack[64];

	UNUSED(state);
	early_start(&f, NULL, &invite);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT "Require: 100rel\r\nRSeq: 71\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	prack = flow_expect(&f, "PRACK");
	snprintf(rack, sizeof(rack), "71 %u INVITE", invite->msg.cseq);
	assert_string_equal(flow_header(prack, "RAck"), rack);
	assert_int_equal(prack->msg.cseq, invite->msg.cseq + 1);
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, prack, 200, NULL, NULL, NULL);
	/* a copy, and one out of order: nothing */
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT "Require: 100rel\r\nRSeq: 71\r\n", NULL);
	flow_reply(&f, invite, 180, "a", FLOW_CONTACT "Require: 100rel\r\nRSeq: 73\r\n", NULL);
	flow_expect_silence(&f, SIM_SECOND);
	flow_no_fact(&f);
	flow_reply(&f, invite, 180, "a", FLOW_CONTACT "Require: 100rel\r\nRSeq: 72\r\n", NULL);
	flow_reply(&f, flow_expect(&f, "PRACK"), 200, NULL, NULL, NULL);
	flow_fact(&f, "ringing");
	/* the offer is answered: UPDATE may bring a new one in the early dialog */
	flow_request(&f, invite, "UPDATE", 1, "a", FLOW_CONTACT, flow_sdp(7010, "8", "sendrecv"));
	flow_expect(&f, "200");
	flow_fact(&f, "media 10.0.0.9:7010 alaw/8 ev255 dir0");
	/* the 200 needs no SDP */
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7010 alaw/8 ev255 dir0");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* What is not reliable is not acknowledged, and counts as ringing all the same: Require, RSeq and a
 * tag make it so together (RFC 3262 4). */
static void test_not_reliable(void **state)
{
	static const struct {
		const char *tag, *extra;
	} rows[] = {
		{"a", FLOW_CONTACT "RSeq: 5\r\n"},
		{"a", FLOW_CONTACT "Require: 100rel\r\n"},
		{"a", FLOW_CONTACT "Require: 100rel\r\nRSeq: 0\r\n"},
		{"a", FLOW_CONTACT "Require: 100rel\r\nRSeq: x\r\n"},
		{NULL, FLOW_CONTACT "Require: 100rel\r\nRSeq: 5\r\n"},
	};
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		early_start(&f, NULL, &invite);
		flow_reply(&f, invite, 180, rows[i].tag, rows[i].extra, NULL);
		flow_fact(&f, "ringing");
		flow_expect_silence(&f, SIM_SECOND);
		early_end(&f, invite);
	}
}

/* An early dialog begins with the first tagged response, whose Contact is its target until another
 * one of the same dialog brings a new one. A description without a dialog is heard, too; one that
 * cannot be read is none. */
static void test_early_dialog(void **state)
{
	static const char *const contacts[] = {"Contact: <sip:one@10.0.0.9:5061>\r\n", "",
					       "Contact: <sip:two@10.0.0.9:5062>\r\n"};
	static const char *const targets[] = {"sip:one@10.0.0.9:5061", "sip:one@10.0.0.9:5061",
					      "sip:two@10.0.0.9:5062"};
	const struct flow_msg *invite, *m;
	char extra[160];
	struct flow f;

	UNUSED(state);
	early_start(&f, NULL, &invite);
	flow_reply(&f, invite, 183, NULL, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	for (unsigned i = 0; i < ARRAY_COUNT(contacts); i++) {
		snprintf(extra, sizeof(extra), "%sRequire: 100rel\r\nRSeq: %u\r\n", contacts[i],
			 2147483647 + i);
		flow_reply(&f, invite, 182, "a", extra, NULL);
		m = flow_expect(&f, "PRACK");
		assert_true(slice_eq(m->msg.ruri, slice_str(targets[i])));
		assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("a")));
		flow_reply(&f, m, 200, NULL, NULL, NULL);
	}
	flow_reply(&f, invite, 183, "b", FLOW_CONTACT, "v=0\r\nrubbish");
	flow_no_fact(&f);
	early_end(&f, invite);
}

/* RFC 3261 13.2.1: the first description of a dialog is the answer, a reliable one in place of an
 * unreliable preview, and then no other. */
static void test_reliable_media(void **state)
{
	static const struct {
		const char *extra;
		unsigned port;
		const char *fact;
	} rows[] = {
		{FLOW_CONTACT, 7000, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0"},
		{FLOW_CONTACT, 7002, NULL},
		{FLOW_CONTACT "Require: 100rel\r\nRSeq: 1\r\n", 7004,
		 "progress 10.0.0.9:7004 ulaw/0 ev255 dir0"},
		{FLOW_CONTACT "Require: 100rel\r\nRSeq: 2\r\n", 7006, NULL},
		{FLOW_CONTACT, 7008, NULL},
	};
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f, NULL, &invite);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_reply(&f, invite, 183, "a", rows[i].extra,
			   flow_sdp(rows[i].port, "0", "sendrecv"));
		if (strstr(rows[i].extra, "100rel"))
			flow_reply(&f, flow_expect(&f, "PRACK"), 200, NULL, NULL, NULL);
		if (rows[i].fact)
			flow_fact(&f, rows[i].fact);
		flow_no_fact(&f);
	}
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, flow_sdp(7010, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7004 ulaw/0 ev255 dir0");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* Early media is that of the last fork that had some; the answer's is that of the fork that
 * answers, by the 200 or, where that says nothing, by its provisional. */
static void test_media_of_the_winner(void **state)
{
	static const struct {
		const char *winner;
		unsigned port; /* in the 200; 0: none */
		const char *fact;
	} rows[] = {
		{"a", 0, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0"},
		{"b", 0, "answered 10.0.0.9:7002 alaw/8 ev255 dir0"},
		{"c", 7004, "answered 10.0.0.9:7004 ulaw/0 ev255 dir0"},
	};
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		early_start(&f, NULL, &invite);
		flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
		flow_reply(&f, invite, 183, "b", FLOW_CONTACT, flow_sdp(7002, "8", "sendrecv"));
		flow_fact(&f, "progress 10.0.0.9:7002 alaw/8 ev255 dir0");
		flow_reply(&f, invite, 200, rows[i].winner, FLOW_CONTACT,
			   rows[i].port ? flow_sdp(rows[i].port, "0", "sendrecv") : NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, rows[i].fact);
		flow_bye(&f, 16);
		flow_end(&f);
	}
}

/* accept_multiple_sdp_answers: the 200 decides, also against a provisional of its own. */
static void test_answer_of_the_2xx(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f, "accept_multiple_sdp_answers=yes", &invite);
	flow_reply(&f, invite, 183, "a", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, flow_sdp(7002, "8", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7002 alaw/8 ev255 dir0");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- the owner hangs up inside of a fact ---- */

static void test_hangup_inside(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	early_start(&f, NULL, &invite);
	f.hangup_in = "ringing";
	flow_reply(&f, invite, 180, "a", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, flow_expect(&f, "CANCEL"), 200, "a", NULL, NULL);
	flow_reply(&f, invite, 487, "a", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);

	early_start(&f, NULL, &invite);
	f.hangup_in = "answered";
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, flow_sdp(7000, "0", "recvonly"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir1");
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);

	/* the technology ends it itself right after */
	early_start(&f, NULL, &invite);
	f.hangup_in = "answered";
	flow_reply(&f, invite, 200, "a", FLOW_CONTACT, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered none");
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cancel_held),
		cmocka_unit_test(test_cancel_held_final),
		cmocka_unit_test(test_cancel_held_silence),
		cmocka_unit_test(test_cancel_crosses_200),
		cmocka_unit_test(test_cancel_no_final),
		cmocka_unit_test(test_hangup_status),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_after_prack),
		cmocka_unit_test(test_many_forks),
		cmocka_unit_test(test_early_media),
		cmocka_unit_test(test_early_options),
		cmocka_unit_test(test_early_then_answer),
		cmocka_unit_test(test_prack),
		cmocka_unit_test(test_not_reliable),
		cmocka_unit_test(test_early_dialog),
		cmocka_unit_test(test_reliable_media),
		cmocka_unit_test(test_media_of_the_winner),
		cmocka_unit_test(test_answer_of_the_2xx),
		cmocka_unit_test(test_hangup_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
