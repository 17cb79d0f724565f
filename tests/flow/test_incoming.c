/* tests/flow/test_incoming.c - calls that come in, message by message: RFC 3665 3 with us as the
 * called side, refusals, races (RFC 5407). */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")

static void start(struct flow *f, struct flow_caller *c, const char *endpoint)
{
	flow_start(f, endpoint, FLOW_PEER);
	flow_caller_init(c, f);
}

/* So long after it, within the tick of a timer. */
static void assert_after(const struct flow_msg *m, const struct flow_msg *first, int64_t ns)
{
	int64_t off = m->at - first->at - ns;

	if (off < 0 || off > 2 * SIM_MS)
		fail_msg("%lld us off", (long long)(off / 1000));
}

/* RFC 3665 3.1: 100, 180, 200, ACK, BYE of the caller. */
static void test_answered(void **state)
{
	const struct flow_msg *ringing, *ok;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_indicate(&f, TECH_RINGING);
	ringing = flow_caller_expect(&c, "180");
	assert_true(flow_has(ringing, "\r\nContact: <sip:10.0.0.1:5060>\r\n"));
	assert_true(ringing->msg.to_tag.len > 0 && ringing->msg.body.len == 0);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	ok = flow_caller_expect(&c, "200");
	assert_true(slice_eq(ok->msg.to_tag, ringing->msg.to_tag));
	assert_true(flow_has(ok, "m=audio 4000 RTP/AVP 0 101\r\n"));
	assert_true(flow_has(ok, "\r\nAllow: ") && flow_has(ok, "\r\nSupported: "));
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 130 * SIM_SECOND); /* no reminder any more */
	flow_caller_bye(&c);
	flow_end(&f);
}

/* What the dialplan reads of the INVITE: a line for each header, under its long name, without
 * folds. */
static void test_headers(void **state)
{
	static const char *const want[] = {"Contact: <sip:ann@10.0.0.9:5060>", "X-Lead: 4 711",
					   "Subject: s"};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, "X-Lead: 4\r\n  711\r\ns: s\r\n", SDP);
	for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
		char room[LIMIT_SIP_OUT];
		bool found = false;

		for (uint32_t k = 0; !found; k++) {
			struct sink line = sink_make(room, sizeof(room));

			if (!f.tech.ops->header(f.call, k, &line))
				fail_msg("no '%s'", want[i]);
			found = slice_eq(sink_slice(&line), slice_str(want[i]));
		}
	}
	flow_hangup(&f, CAUSE_BUSY);
	flow_caller_expect(&c, "486");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* RFC 3665 3.1 the other way round: we end it. */
static void test_we_hang_up(void **state)
{
	const struct flow_msg *bye;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_talk(&c);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	assert_true(slice_eq(bye->msg.ruri, SLICE_LIT("sip:ann@10.0.0.9:5060")));
	assert_true(slice_eq(bye->msg.from_tag, slice_str(c.to_tag)));
	assert_true(slice_eq(bye->msg.to_tag, slice_str(c.tag)));
	assert_true(slice_eq(bye->msg.call_id, slice_str(c.call_id)));
	assert_true(flow_has(bye, "From: <sip:100@10.0.0.1>;tag="));
	assert_true(flow_has(bye, "To: \"Ann\" <sip:1000@10.0.0.9>;tag="));
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Causes as chan_pjsip shows them to a caller that was not answered (sip.md 11). */
static void test_refusals(void **state)
{
	static const struct {
		int cause;
		const char *status, *reason;
	} rows[] = {
		{CAUSE_UNALLOCATED, "404", "cause=1\r"},
		{CAUSE_BUSY, "486", "cause=17\r"},
		{CAUSE_NO_RESPONSE, "408", "cause=18\r"},
		{CAUSE_NO_ANSWER, "480", "cause=19\r"},
		{CAUSE_REJECTED, "403", "cause=21\r"},
		{CAUSE_NUMBER_CHANGED, "410", "cause=22\r"},
		{CAUSE_OUT_OF_ORDER, "502", "cause=27\r"},
		{CAUSE_INVALID_NUMBER, "484", "cause=28\r"},
		{CAUSE_FACILITY_REJECTED, "501", "cause=29\r"},
		{CAUSE_CONGESTION, "503", "cause=34\r"},
		{CAUSE_NETWORK_OUT_OF_ORDER, "500", "cause=38\r"},
		{CAUSE_BEARER_UNAVAILABLE, "488", "cause=58\r"},
		{CAUSE_INTERWORKING, "500", "cause=127\r"},
		{CAUSE_NORMAL, "603", "cause=16\r"},
		{0, "603", NULL},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		start(&f, &c, NULL);
		flow_caller_offer(&c, NULL, SDP);
		flow_hangup(&f, rows[i].cause);
		m = flow_caller_expect(&c, rows[i].status);
		if (rows[i].reason)
			assert_true(flow_has(m, rows[i].reason));
		else
			assert_false(flow_has(m, "Reason:"));
		assert_int_equal(f.number, m->msg.code); /* told to the owner */
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

static void refuse_with_job(struct flow *f)
{
	f->number = f->tech.ops->refuse_with(f->call, f->number);
}

/* A status of its own, and the cause that stands for it; an answered call knows none. */
static void test_refuse_with(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	f.number = 437;
	flow_do(&f, refuse_with_job);
	assert_int_equal(f.number, CAUSE_INTERWORKING);
	flow_hangup(&f, CAUSE_INTERWORKING);
	m = flow_caller_expect(&c, "437");
	assert_true(flow_has(m, "SIP/2.0 437 ") && flow_has(m, "cause=127\r"));
	assert_int_equal(f.number, 437);
	flow_caller_ack_failure(&c);
	flow_end(&f);

	start(&f, &c, NULL);
	flow_caller_talk(&c);
	f.number = 486;
	flow_do(&f, refuse_with_job);
	assert_int_equal(f.number, 0);
	flow_bye(&f, CAUSE_NORMAL);
	flow_end(&f);
}

/* What the core refuses: a wrong number, no room. */
static void test_not_taken(void **state)
{
	static const struct {
		int cause;
		const char *status, *extra;
	} rows[] = {{CAUSE_UNALLOCATED, "404", "\r\n"},
		    {CAUSE_CONGESTION, "503", "\r\nRetry-After: 5\r\n"}};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		start(&f, &c, NULL);
		f.refuse = rows[i].cause;
		flow_caller_invite(&c, NULL, SDP);
		flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
		assert_true(flow_has(flow_caller_expect(&c, rows[i].status), rows[i].extra));
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

/* RFC 3665 3.8: the caller gives up while it rings. */
static void test_cancel(void **state)
{
	static const struct {
		const char *extra, *fact;
	} rows[] = {
		{NULL, "ended 127 0"},
		{"Reason: Q.850;cause=19\r\n", "ended 19 0"},
		{"Reason: SIP;cause=200;text=\"Call completed elsewhere\", Q.850;cause=26\r\n",
		 "ended 26 0"},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		start(&f, &c, NULL);
		flow_caller_offer(&c, NULL, SDP);
		flow_indicate(&f, TECH_RINGING);
		flow_caller_expect(&c, "180");
		flow_caller_cancel(&c, rows[i].extra);
		m = flow_expect(&f, "200");
		assert_true(slice_eq(m->msg.to_tag, slice_str(c.to_tag)));
		m = flow_expect(&f, "487");
		assert_true(slice_eq(m->msg.to_tag, slice_str(c.to_tag)));
		flow_fact(&f, rows[i].fact);
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

/* RFC 5407 3.1.2: CANCEL that crosses our answer has no effect, the BYE ends the call. */
static void test_cancel_crosses_answer(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	flow_caller_cancel(&c, NULL);
	flow_expect(&f, "200");
	flow_no_fact(&f);
	flow_caller_ack(&c, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* A CANCEL whose INVITE is refused already: 200, and nothing else. */
static void test_cancel_late(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_hangup(&f, CAUSE_BUSY);
	flow_caller_expect(&c, "486");
	flow_caller_cancel(&c, NULL);
	flow_expect(&f, "200");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* RFC 3261 15: a caller may end an early dialog by BYE. */
static void test_early_bye(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_indicate(&f, TECH_RINGING);
	flow_caller_expect(&c, "180");
	flow_caller_request(&c, "BYE", NULL, NULL);
	flow_expect(&f, "200");
	flow_expect(&f, "487");
	flow_fact(&f, "ended 127 0");
	c.cseq--;
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* The 200 is repeated until the ACK comes (13.3.1.4); copies of the INVITE get it too. */
static void test_answer_repeated(void **state)
{
	const struct flow_msg *first, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_caller_again(&c, NULL, NULL, SDP);
	flow_expect(&f, "100");
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	first = flow_caller_expect(&c, "200");
	m = flow_expect(&f, "200");
	assert_after(m, first, 500 * SIM_MS);
	assert_int_equal(m->len, first->len);
	assert_memory_equal(m->text, first->text, m->len);
	m = flow_expect(&f, "200");
	assert_after(m, first, 1500 * SIM_MS);
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 10 * SIM_SECOND);
	flow_caller_ack(&c, NULL); /* a copy */
	flow_caller_bye(&c);
	flow_end(&f);
}

/* RFC 3261 13.3.1.4: no ACK at all. The call is over, and BYE says so. */
static void test_no_ack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	for (int i = 0; i < 10; i++)
		flow_expect(&f, "200");
	m = flow_expect(&f, "BYE");
	flow_fact(&f, "ended 18 0");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* RFC 3261 15: hung up before the ACK: the BYE waits for it. */
static void test_hangup_before_ack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	flow_hangup(&f, CAUSE_NORMAL);
	flow_expect(&f, "200"); /* still repeated */
	flow_caller_ack(&c, NULL);
	m = flow_expect(&f, "BYE");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Provisional responses are repeated each minute (13.3.1.1). */
static void test_ringing_repeated(void **state)
{
	const struct flow_msg *first, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_indicate(&f, TECH_RINGING);
	first = flow_caller_expect(&c, "180");
	flow_indicate(&f, TECH_RINGING); /* shown already */
	m = flow_expect(&f, "180");
	assert_after(m, first, 60 * SIM_SECOND);
	flow_caller_give_up(&c);
	flow_end(&f);
}

/* Progress opens early audio; a later Ringing is not shown any more (allow_sending_180_after_183).
 */
static void test_early_media(void **state)
{
	const struct flow_msg *early, *ok;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_indicate(&f, TECH_PROGRESS);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	early = flow_caller_expect(&c, "183");
	flow_indicate(&f, TECH_RINGING);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	ok = flow_caller_expect(&c, "200");
	assert_true(slice_eq(early->msg.body, ok->msg.body)); /* 13.2.1: the same in both */
	flow_caller_ack(&c, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* An INVITE without SDP: our offer in the 200, the answer in the ACK. */
static void test_delayed_offer(void **state)
{
	const struct flow_msg *ok;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, NULL);
	flow_indicate(&f, TECH_PROGRESS); /* nothing to describe yet */
	assert_int_equal(flow_caller_expect(&c, "183")->msg.body.len, 0);
	assert_int_equal(flow_answer(&f), 0);
	ok = flow_caller_expect(&c, "200");
	assert_true(flow_has(ok, "m=audio 4000 RTP/AVP 0 8 101\r\n"));
	flow_no_fact(&f);
	flow_caller_ack(&c, flow_sdp(7002, "8 101", "sendrecv"));
	flow_fact(&f, "media 10.0.0.9:7002 alaw/8 ev101 dir0");
	flow_caller_bye(&c);
	flow_end(&f);
}

/* ... and an ACK without it: a call without audio is ended. */
static void test_delayed_offer_unanswered(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, NULL);
	assert_int_equal(flow_answer(&f), 0);
	flow_caller_expect(&c, "200");
	flow_caller_ack(&c, NULL);
	m = flow_expect(&f, "BYE");
	flow_fact(&f, "ended 58 0");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* What is refused before anybody hears of the call. */
/* Each response has to repeat them, and then there is no room for an answer. */
static const char *many_vias(const char *extra)
{
	static char text[LIMIT_SIP_OUT];
	struct sink lines = sink_make(text, sizeof(text) - 1);

	if (!extra || strcmp(extra, "vias") != 0)
		return extra;
	for (int i = 0; i < 150; i++)
		sink_lit(&lines, "Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother\r\n");
	return sink_cstr(&lines);
}

static void test_refused_at_once(void **state)
{
	static const struct {
		const char *endpoint, *extra, *body, *status, *says;
	} rows[] = {
		{NULL, "Require: 100rel, teleport\r\n", "v", "420",
		 "\r\nUnsupported: teleport\r\n"},
		{"100rel=no\n", "Require: 100rel\r\n", "v", "420", "\r\nUnsupported: 100rel\r\n"},
		{"timers=no\n", "Require: timer\r\n", "v", "420", "\r\nUnsupported: timer\r\n"},
		{"100rel=required\n", NULL, "v", "421", "\r\nRequire: 100rel\r\n"},
		{"timers=required\n", NULL, "v", "421", "\r\nRequire: timer\r\n"},
		{NULL, "Supported: timer\r\nSession-Expires: 60\r\n", "v", "422",
		 "\r\nMin-SE: 90\r\n"},
		{NULL, "Content-Type: text/html\r\n", "<p>", "415", "\r\nAccept: application/sdp"},
		{NULL, NULL, "codec", "488", "\r\nWarning: 304 "},
		{NULL, "vias", "v", "513", "\r\nVia: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother\r\n"},
		{NULL, NULL, "v=0\r\nrubbish", "488", "\r\nWarning: 304 "},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const char *body = rows[i].body;

		start(&f, &c, rows[i].endpoint);
		if (strcmp(body, "v") == 0)
			body = SDP;
		else if (strcmp(body, "codec") == 0)
			body = flow_sdp(7000, "18 101", "sendrecv");
		flow_caller_invite(&c, many_vias(rows[i].extra), body);
		if (!flow_has(flow_caller_expect(&c, rows[i].status), rows[i].says))
			fail_msg("row %zu: no %s", i, rows[i].says);
		flow_no_fact(&f);
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

/* RFC 3261 8.2.2.2: the same INVITE on two ways. */
static void test_merged(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, NULL, SDP);
	flow_caller_again(&c, "z9hG4bKotherway", NULL, SDP);
	flow_expect(&f, "482");
	flow_no_fact(&f);
	flow_hangup(&f, CAUSE_BUSY);
	flow_caller_expect(&c, "486");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_we_hang_up),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_refuse_with),
		cmocka_unit_test(test_not_taken),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_crosses_answer),
		cmocka_unit_test(test_cancel_late),
		cmocka_unit_test(test_early_bye),
		cmocka_unit_test(test_answer_repeated),
		cmocka_unit_test(test_no_ack),
		cmocka_unit_test(test_hangup_before_ack),
		cmocka_unit_test(test_ringing_repeated),
		cmocka_unit_test(test_early_media),
		cmocka_unit_test(test_delayed_offer),
		cmocka_unit_test(test_delayed_offer_unanswered),
		cmocka_unit_test(test_refused_at_once),
		cmocka_unit_test(test_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
