/* tests/flow/test_incoming_rel.c - reliable provisional responses of ours (RFC 3262). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP  flow_sdp(7000, "0 101", "sendrecv")
#define REL  "Supported: 100rel\r\n"
#define MUST "Require: 100rel\r\n"

static void start(struct flow *f, struct flow_caller *c, const char *endpoint)
{
	flow_start(f, endpoint, FLOW_PEER);
	flow_caller_init(c, f);
}

static unsigned rseq(const struct flow_msg *m)
{
	uint32_t value = 0;

	assert_true(sip_msg_lists(&m->msg, SIP_HDR_REQUIRE, SLICE_LIT("100rel")));
	assert_true(sip_msg_get_u32(&m->msg, SIP_HDR_RSEQ, &value));
	return value;
}

static void prack(struct flow_caller *c, unsigned number, const char *body, const char *status)
{
	char line[64];

	snprintf(line, sizeof(line), "RAck: %u 1 INVITE\r\n", number);
	flow_caller_request(c, "PRACK", line, body);
	flow_expect(c->f, status);
}

/* The right number, of a request that was not theirs. */
static const char *another_request(unsigned number, const char *request)
{
	static char line[64];

	snprintf(line, sizeof(line), "RAck: %u %s\r\n", number, request);
	return line;
}

static void end_by_caller(struct flow_caller *c)
{
	flow_caller_bye(c);
	flow_end(c->f);
}

/* Who gets them: by what the endpoint says and the caller can. */
static void test_who(void **state)
{
	static const struct {
		const char *endpoint, *extra;
		bool is_reliable;
	} rows[] = {
		{"100rel=yes\n", NULL, false},		{"100rel=yes\n", REL, false},
		{"100rel=yes\n", MUST, true},		{"100rel=peer_supported\n", NULL, false},
		{"100rel=peer_supported\n", REL, true}, {"100rel=required\n", REL, true},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		start(&f, &c, rows[i].endpoint);
		flow_caller_offer(&c, rows[i].extra, SDP);
		flow_indicate(&f, TECH_RINGING);
		m = flow_caller_expect(&c, "180");
		assert_int_equal(sip_msg_has(&m->msg, SIP_HDR_RSEQ), rows[i].is_reliable);
		if (rows[i].is_reliable)
			prack(&c, rseq(m), NULL, "200");
		flow_hangup(&f, 17);
		flow_caller_expect(&c, "486");
		c.cseq = 1;
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

/* 180 repeated until its PRACK, 183 only after it, 200 only when the answer has arrived; then the
 * 200 needs no description any more. */
static void test_in_order(void **state)
{
	const struct flow_msg *first, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_RINGING);
	first = flow_caller_expect(&c, "180");
	m = flow_expect(&f, "180");
	assert_int_equal(m->len, first->len);
	assert_memory_equal(m->text, first->text, m->len);
	flow_indicate(&f, TECH_PROGRESS); /* waits */
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	prack(&c, rseq(first) + 7, NULL, "481");
	flow_caller_request(&c, "PRACK", another_request(rseq(first), "77 INVITE"), NULL);
	flow_expect(&f, "481");
	flow_caller_request(&c, "PRACK", another_request(rseq(first), "1 UPDATE"), NULL);
	flow_expect(&f, "481");
	prack(&c, rseq(first), NULL, "200");
	m = flow_expect(&f, "183");
	assert_int_equal(rseq(m), rseq(first) + 1);
	assert_true(m->msg.body.len > 0);
	assert_int_equal(flow_answer(&f), 0); /* waits too */
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_expect(&f, "183");
	prack(&c, rseq(m), NULL, "200");
	m = flow_caller_expect(&c, "200");
	assert_int_equal(m->msg.body.len, 0);
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	c.cseq = 9;
	end_by_caller(&c);
}

/* Without an offer in the INVITE ours goes in the first reliable response, and PRACK answers it. */
static void test_offer_in_183(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, NULL);
	flow_indicate(&f, TECH_RINGING);
	m = flow_caller_expect(&c, "180");
	assert_non_null(strstr(m->text, "m=audio 4000 RTP/AVP 0 8 101\r\n"));
	prack(&c, rseq(m), flow_sdp(7004, "8 101", "sendrecv"), "200");
	flow_fact(&f, "media 10.0.0.9:7004 alaw/8 ev101 dir0");
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7004 alaw/8 ev101 dir0");
	m = flow_caller_expect(&c, "200");
	assert_int_equal(m->msg.body.len, 0);
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	c.cseq = 9;
	end_by_caller(&c);
}

/* RFC 3262 5: once the offer of the INVITE has its answer, a PRACK may bring another one, whose
 * answer stands in the 200; one that nothing can be done with is refused, and changes nothing. */
static void test_offer_in_prack(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_RINGING);
	m = flow_caller_expect(&c, "180");
	flow_indicate(&f, TECH_PROGRESS); /* waits */
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	prack(&c, rseq(m), flow_sdp(7002, "0", "sendrecv"), "200"); /* the first is still open */
	assert_int_equal(f.msgs[f.msg_taken - 1]->msg.body.len, 0);
	flow_no_fact(&f);
	m = flow_caller_expect(&c, "183");
	prack(&c, rseq(m), flow_sdp(7008, "8 101", "sendrecv"), "200");
	m = f.msgs[f.msg_taken - 1];
	assert_true(flow_has(m, "\r\nContent-Type: application/sdp\r\n"));
	assert_true(flow_has(m, "m=audio 4000 RTP/AVP 8 101\r\n"));
	flow_fact(&f, "media 10.0.0.9:7008 alaw/8 ev101 dir0");
	flow_expect_silence(&f, 50 * SIM_SECOND);
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	c.cseq = 1;
	flow_caller_ack_failure(&c);
	flow_end(&f);

	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_PROGRESS);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	m = flow_caller_expect(&c, "183");
	prack(&c, rseq(m), flow_sdp(7008, "18", "sendrecv"), "488");
	assert_true(flow_has(f.msgs[f.msg_taken - 1], "\r\nWarning: 304 "));
	flow_expect_silence(&f, 10 * SIM_SECOND); /* acknowledged all the same */
	flow_no_fact(&f);
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	c.cseq = 1;
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* The reminder of each minute (RFC 3261 13.3.1.1) is reliable as well, and says nothing of the
 * media any more. */
static void test_reminder(void **state)
{
	const struct flow_msg *first, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_PROGRESS);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	first = flow_caller_expect(&c, "183");
	prack(&c, rseq(first), NULL, "200");
	for (unsigned i = 1; i <= 2; i++) {
		m = flow_expect(&f, "183");
		assert_in_range(m->at - first->at, i * 60 * SIM_SECOND,
				i * 60 * SIM_SECOND + 10 * SIM_MS);
		assert_int_equal(rseq(m), rseq(first) + i);
		assert_int_equal(m->msg.body.len, 0);
		prack(&c, rseq(m), NULL, "200");
	}
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	c.cseq = 1;
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* RFC 3262 3: no PRACK in 64*T1: the INVITE is refused by a 5xx. */
static void test_no_prack(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_RINGING);
	for (int i = 0; i < 7; i++) /* 0, .5, 1.5, 3.5, 7.5, 15.5, 31.5 s */
		flow_caller_expect(&c, "180");
	flow_caller_expect(&c, "504");
	flow_fact(&f, "ended 102 504");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* RFC 5407 3.1.5: CANCEL while a PRACK is awaited. */
static void test_cancel(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_RINGING);
	flow_caller_expect(&c, "180");
	flow_caller_give_up(&c);
	flow_end(&f);
}

/* RFC 3311: after a reliable answer the caller may offer anew before we answer the call. */
static void test_early_update(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c, NULL);
	flow_caller_offer(&c, MUST, SDP);
	flow_indicate(&f, TECH_PROGRESS);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	m = flow_caller_expect(&c, "183");
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, flow_sdp(7006, "0 101", "sendrecv"));
	flow_expect(&f, "491"); /* our answer is on its way */
	prack(&c, rseq(m), NULL, "200");
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, flow_sdp(7006, "0 101", "sendrecv"));
	assert_true(flow_expect(&f, "200")->msg.body.len > 0);
	flow_fact(&f, "media 10.0.0.9:7006 ulaw/0 ev101 dir0");
	flow_hangup(&f, 17);
	flow_caller_expect(&c, "486");
	c.cseq = 1;
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_offer_in_183),
		cmocka_unit_test(test_no_prack),
		cmocka_unit_test(test_offer_in_prack),
		cmocka_unit_test(test_reminder),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_early_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
