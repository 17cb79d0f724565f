/* tests/flow/test_incoming_dialog.c - inside of calls that came in: re-INVITE, UPDATE, session
 * timers, routes, targets, other requests; the called side of RFC 3261 12, 14, RFC 3311, 4028. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP  flow_sdp(7000, "0 101", "sendrecv")

static void start(struct flow *f, struct flow_caller *c)
{
	flow_start(f, NULL, FLOW_PEER);
	flow_caller_init(c, f);
}

/* A call with these lines in its INVITE; returns the 200. */
static const struct flow_msg *talk(struct flow_caller *c, const char *extra)
{
	const struct flow_msg *ok;

	flow_caller_offer(c, extra, SDP);
	assert_int_equal(flow_answer(c->f), 0);
	flow_fact(c->f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	ok = flow_caller_expect(c, "200");
	flow_caller_ack(c, NULL);
	return ok;
}

static void end(struct flow_caller *c)
{
	flow_caller_bye(c);
	flow_end(c->f);
}

static const char *old_hold(void)
{
	return "v=0\r\no=far 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
	       "m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
}

/* Hold in both styles, resumed; another codec; an offer of ours in the 200. RFC 3665 3.7. */
static void test_reinvite(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	talk(&c, NULL);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "0 101", "sendonly"));
	assert_true(flow_has(flow_caller_expect(&c, "200"), "\r\na=recvonly\r\n"));
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir2 held");
	flow_caller_ack(&c, NULL);
	flow_caller_invite(&c, NULL, SDP);
	flow_caller_expect(&c, "200");
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_ack(&c, NULL);
	flow_caller_invite(&c, NULL, old_hold());
	flow_caller_expect(&c, "200");
	assert_true(strstr(f.facts[f.fact_count - 1], " held") != NULL);
	f.fact_taken = f.fact_count;
	flow_caller_ack(&c, NULL);
	flow_caller_invite(&c, NULL, flow_sdp(7002, "8 101", "sendrecv"));
	assert_true(flow_has(flow_caller_expect(&c, "200"), "m=audio 4000 RTP/AVP 8 101"));
	flow_fact(&f, "media 10.0.0.9:7002 alaw/8 ev101 dir0");
	flow_caller_ack(&c, NULL);
	flow_caller_invite(&c, NULL, NULL);
	assert_true(flow_has(flow_caller_expect(&c, "200"), "m=audio 4000 RTP/AVP 0 8 101"));
	flow_caller_ack(&c, flow_sdp(7004, "0 101", "sendrecv"));
	flow_fact(&f, "media 10.0.0.9:7004 ulaw/0 ev101 dir0");
	end(&c);
}

static void test_reinvite_refused(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	talk(&c, NULL);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "18 101", "sendrecv"));
	m = flow_expect(&f, "488");
	assert_true(flow_has(m, "\r\nWarning: 304 ") && flow_has(m, "\r\nReason: Q.850;cause=58"));
	flow_caller_ack_refused(&c);
	flow_caller_invite(&c, "Require: teleport\r\n", SDP);
	flow_expect(&f, "420");
	flow_caller_ack_refused(&c);
	flow_no_fact(&f);
	c.cseq = 1;
	flow_caller_request(&c, "OPTIONS", NULL, NULL); /* lower than what was seen */
	flow_expect(&f, "500");
	c.cseq = 20;
	end(&c);
}

/* RFC 3261 14.2: another INVITE before the first is answered. */
static void test_reinvite_too_early(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	uint32_t pause = 99;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	flow_caller_offer(&c, NULL, SDP);
	flow_indicate(&f, TECH_RINGING);
	flow_caller_expect(&c, "180");
	flow_caller_invite(&c, NULL, SDP);
	m = flow_expect(&f, "500");
	assert_true(sip_msg_get_u32(&m->msg, SIP_HDR_RETRY_AFTER, &pause));
	assert_in_range(pause, 0, 10); /* 14.2 */
	flow_caller_request(&c, "BYE", NULL, NULL);
	flow_expect(&f, "200");
	flow_expect(&f, "487");
	flow_fact(&f, "ended 127 0");
	flow_run(&f, 70 * SIM_SECOND);
	f.msg_taken = f.msg_count; /* both finals without an ACK */
	flow_end(&f);
}

static void test_update(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	talk(&c, NULL);
	flow_caller_request(&c, "UPDATE", "Contact: <sip:other@10.0.0.9:5060>\r\n", NULL);
	assert_int_equal(flow_expect(&f, "200")->msg.body.len, 0);
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, flow_sdp(7008, "0 101", "sendrecv"));
	assert_true(flow_expect(&f, "200")->msg.body.len > 0);
	flow_fact(&f, "media 10.0.0.9:7008 ulaw/0 ev101 dir0");
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT "Require: timer, teleport\r\n", SDP);
	assert_string_equal(flow_header(flow_expect(&f, "420"), "Unsupported"), "teleport");
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, flow_sdp(7008, "18", "sendrecv"));
	assert_true(flow_has(flow_expect(&f, "488"), "\r\nWarning: 304 "));
	flow_no_fact(&f);
	/* both moved the target (RFC 3311 5.1) */
	flow_hangup(&f, CAUSE_NORMAL);
	assert_true(flow_has(flow_expect(&f, "BYE"), "BYE sip:far@10.0.0.9:5060 SIP/2.0\r\n"));
	flow_reply(&f, f.msgs[f.msg_taken - 1], 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* RFC 3311 5.2: while an offer of ours waits for its answer in the ACK, an UPDATE without one is
 * taken, and one with an offer has to come again. */
static void test_update_before_answer(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	uint32_t pause = 99;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	flow_caller_offer(&c, NULL, NULL);
	assert_int_equal(flow_answer(&f), 0);
	flow_caller_expect(&c, "200");
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, NULL);
	assert_int_equal(flow_expect(&f, "200")->msg.body.len, 0);
	flow_caller_request(&c, "UPDATE", FLOW_CONTACT, SDP);
	m = flow_expect(&f, "500");
	assert_true(sip_msg_get_u32(&m->msg, SIP_HDR_RETRY_AFTER, &pause));
	assert_in_range(pause, 0, 10);
	flow_no_fact(&f);
	c.cseq = 1;
	flow_caller_ack(&c, flow_sdp(7002, "0 101", "sendrecv"));
	flow_fact(&f, "media 10.0.0.9:7002 ulaw/0 ev101 dir0");
	c.cseq = 3;
	end(&c);
}

/* Session timers with us as the called side: who refreshes (RFC 4028 9). */
static void test_we_refresh(void **state)
{
	const struct flow_msg *ok, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	ok = talk(&c,
		  "Supported: timer\r\nSession-Expires: 120;refresher=uas\r\nAllow: UPDATE\r\n");
	assert_true(flow_has(ok, "\r\nSession-Expires: 120;refresher=uas\r\n"));
	assert_true(flow_has(ok, "\r\nRequire: timer\r\n"));
	m = flow_expect(&f, "UPDATE");
	assert_true(m->at - ok->at >= 60 * SIM_SECOND && m->at - ok->at < 61 * SIM_SECOND);
	assert_true(flow_has(m, "\r\nSession-Expires: 120;refresher=uac\r\n"));
	/* glare: the Call-ID is theirs, so we come again within 2 s (14.1) */
	flow_reply(&f, m, 491, NULL, NULL, NULL);
	ok = m;
	m = flow_expect(&f, "UPDATE");
	assert_true(m->at - ok->at < 2100 * SIM_MS);
	flow_reply(&f, m, 200, NULL, "Session-Expires: 120;refresher=uac\r\n" FLOW_CONTACT, NULL);
	ok = m;
	m = flow_expect(&f, "UPDATE");
	assert_true(m->at - ok->at >= 60 * SIM_SECOND);
	flow_reply(&f, m, 200, NULL, "Session-Expires: 120;refresher=uac\r\n" FLOW_CONTACT, NULL);
	end(&c);
}

/* timers=always: a caller that knows no session timers is asked for a sign of life all the same. */
static void test_timers_always(void **state)
{
	const struct flow_msg *ok, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, "[who]\ntype=identify\nendpoint=in\nmatch=10.0.0.9\n"
			     "[in]\ntype=endpoint\nallow=ulaw\ntimers=always\n"
			     "timers_sess_expires=120\n");
	flow_caller_init(&c, &f);
	ok = talk(&c, "Allow: UPDATE\r\n");
	assert_true(flow_has(ok, "\r\nSession-Expires: 120;refresher=uas\r\n"));
	assert_false(flow_has(ok, "\r\nRequire: timer\r\n"));
	for (int i = 0; i < 2; i++) {
		m = flow_expect(&f, "UPDATE");
		assert_int_equal((m->at - ok->at) / SIM_SECOND, 60);
		flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL);
		ok = m;
	}
	end(&c);
}

/* The caller said that it refreshes, and does not: the session ends before it runs out. */
static void test_they_refresh(void **state)
{
	const struct flow_msg *ok, *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	ok = talk(&c, "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n");
	assert_true(flow_has(ok, "\r\nSession-Expires: 120;refresher=uac\r\n"));
	flow_run(&f, 80 * SIM_SECOND);
	flow_caller_request(&c, "UPDATE",
			    "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n", NULL);
	ok = flow_expect(&f, "200");
	m = flow_expect(&f, "BYE");
	assert_true(m->at - ok->at >= 87 * SIM_SECOND && m->at - ok->at < 90 * SIM_SECOND);
	f.fact_taken = f.fact_count;
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Record-Route of the INVITE in its order (12.1.1): loose, and a strict first hop (12.2.1.1). */
static void test_routes(void **state)
{
	static const struct {
		const char *routes, *line, *route;
	} rows[] = {
		{"Record-Route: <sip:10.0.0.9;lr;n=1>,<sip:10.0.0.3;lr>\r\n",
		 "BYE sip:ann@10.0.0.9:5060 SIP/2.0\r\n",
		 "\r\nRoute: <sip:10.0.0.9;lr;n=1>\r\nRoute: <sip:10.0.0.3;lr>\r\n"},
		{"Record-Route: <sip:10.0.0.9>\r\nRecord-Route: <sip:10.0.0.3;lr>\r\n",
		 "BYE sip:10.0.0.9 SIP/2.0\r\n",
		 "\r\nRoute: <sip:10.0.0.3;lr>\r\nRoute: <sip:ann@10.0.0.9:5060>\r\n"},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *ok, *bye;

		start(&f, &c);
		ok = talk(&c, rows[i].routes);
		assert_true(flow_has(ok, "\r\nRecord-Route: <sip:10.0.0.9"));
		flow_hangup(&f, CAUSE_NORMAL);
		bye = flow_expect(&f, "BYE");
		assert_true(flow_has(bye, rows[i].line));
		assert_true(flow_has(bye, rows[i].route));
		flow_reply(&f, bye, 200, NULL, NULL, NULL);
		flow_end(&f);
	}
}

static void test_methods(void **state)
{
	static const struct {
		const char *method, *extra, *body, *status, *fact;
	} rows[] = {
		{"OPTIONS", NULL, NULL, "200", NULL},
		{"INFO", NULL, NULL, "200", NULL},
		{"INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n",
		 "200", "dtmf 5 160"},
		{"INFO", "Content-Type: text/x\r\n", "x", "415", NULL},
		{"MESSAGE", "Content-Type: text/plain\r\n", "hi", "405", NULL},
		{"NOTIFY", "Event: presence\r\n", NULL, "489", NULL},
		{"PRACK", "RAck: 1 1 INVITE\r\n", NULL, "481", NULL},
		{"FROB", NULL, NULL, "501", NULL},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	talk(&c, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_caller_request(&c, rows[i].method, rows[i].extra, rows[i].body);
		flow_expect(&f, rows[i].status);
		if (rows[i].fact)
			flow_fact(&f, rows[i].fact);
		flow_no_fact(&f);
	}
	end(&c);
}

/* A dialog is three texts (RFC 3261 12): with one of them wrong there is none, and an ACK is that
 * of its own 2xx alone. */
static void test_wrong_ids(void **state)
{
	struct flow_caller c, wrong;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(&c, "200");
	wrong = c;
	wrong.call_id[0] = 'C';
	flow_caller_request(&wrong, "BYE", NULL, NULL);
	flow_expect(&f, "481");
	flow_caller_ack(&wrong, NULL);
	wrong = c;
	wrong.tag[0] = 'F';
	flow_caller_request(&wrong, "BYE", NULL, NULL);
	flow_expect(&f, "481");
	wrong = c;
	wrong.to_tag[0] = wrong.to_tag[0] == '0' ? '1' : '0';
	flow_caller_request(&wrong, "BYE", NULL, NULL);
	flow_expect(&f, "481");
	flow_caller_ack(&wrong, NULL);
	wrong = c;
	wrong.cseq = 4;
	flow_caller_ack(&wrong, NULL);
	flow_no_fact(&f);
	assert_string_equal(flow_header(flow_expect(&f, "200"), "CSeq"), "1 INVITE");
	flow_caller_ack(&c, NULL);
	flow_expect_silence(&f, 40 * SIM_SECOND);
	end(&c);
}

/* Our offer to a re-INVITE without one is not answered in its ACK: the session is what it was. */
static void test_reinvite_unanswered(void **state)
{
	static const char *const bodies[] = {NULL, "v=0\r\nrubbish"};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		start(&f, &c);
		talk(&c, NULL);
		flow_caller_invite(&c, NULL, NULL);
		assert_true(flow_caller_expect(&c, "200")->msg.body.len > 0);
		flow_caller_ack(&c, bodies[i]);
		flow_expect_silence(&f, 40 * SIM_SECOND);
		flow_no_fact(&f);
		flow_caller_invite(&c, NULL, flow_sdp(7002, "0 101", "sendrecv"));
		flow_caller_expect(&c, "200");
		flow_fact(&f, "media 10.0.0.9:7002 ulaw/0 ev101 dir0");
		flow_caller_ack(&c, NULL);
		end(&c);
	}
}

/* BYE with a Reason, and both sides at once (RFC 5407 3.1.1). */
static void test_byes(void **state)
{
	const struct flow_msg *bye;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	talk(&c, NULL);
	flow_caller_request(&c, "BYE", "Reason: SIP;cause=503, Q.850;cause=38\r\n", NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 38 0");
	flow_end(&f);
	start(&f, &c);
	talk(&c, NULL);
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	assert_true(flow_has(bye, "\r\nReason: Q.850;cause=16\r\n"));
	flow_caller_request(&c, "BYE", NULL, NULL);
	flow_expect(&f, "200");
	flow_reply(&f, bye, 481, NULL, NULL, NULL);
	flow_end(&f);
}

/* An INVITE in two parts, of which one is not for us (RFC 5621), and one that is too long to be
 * kept. */
static void test_multipart_and_long(void **state)
{
	char line[4000] = "X-Filler: ", body[1024];
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	snprintf(body, sizeof(body),
		 "--b1\r\nContent-Type: application/isup\r\nContent-Disposition: "
		 "signal;handling=optional\r\n\r\nxx\r\n--b1\r\nContent-Type: "
		 "application/sdp\r\n\r\n%s"
		 "\r\n--b1--\r\n",
		 SDP);
	memset(line + 10, 'x', 3500);
	snprintf(line + 3510, sizeof(line) - 3510,
		 "\r\nContent-Type: multipart/mixed;boundary=b1\r\n");
	flow_caller_offer(&c, line, body);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	assert_true(flow_has(flow_caller_expect(&c, "200"), "m=audio 4000 RTP/AVP 0 101"));
	flow_caller_ack(&c, NULL);
	end(&c);
}

/* Answered, not acknowledged yet. */
static void answered(struct flow_caller *c)
{
	flow_caller_offer(c, NULL, SDP);
	assert_int_equal(flow_answer(c->f), 0);
	flow_fact(c->f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_caller_expect(c, "200");
}

/* The ACK of a 2xx is a transaction of its own; far ends that give it the INVITE's branch are met.
 */
static void test_ack_with_branch_of_invite(void **state)
{
	struct flow_caller c;
	struct flow f;
	char tag[64];

	UNUSED(state);
	start(&f, &c);
	answered(&c);
	memcpy(tag, c.to_tag, sizeof(tag));
	flow_caller_ack_failure(&c); /* branch and Request-URI of the INVITE */
	memcpy(c.to_tag, tag, sizeof(tag));
	flow_expect_silence(&f, 40 * SIM_SECOND);
	flow_bye(&f, CAUSE_NORMAL);
	flow_end(&f);
}

/* An UPDATE may have crossed our 200, which is sent until its ACK; a re-INVITE cannot. */
static void test_requests_before_ack(void **state)
{
	const struct flow_msg *bye;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	start(&f, &c);
	answered(&c);
	flow_caller_request(&c, "UPDATE", NULL, flow_sdp(7002, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_fact(&f, "media 10.0.0.9:7002 ulaw/0 ev101 dir0");
	assert_true(slice_eq(flow_expect(&f, "200")->msg.cseq_text, SLICE_LIT("1 INVITE")));
	flow_hangup(&f, CAUSE_NORMAL); /* waits for the ACK */
	assert_true(slice_eq(flow_expect(&f, "200")->msg.cseq_text, SLICE_LIT("1 INVITE")));
	c.cseq = 1;
	flow_caller_ack(&c, NULL);
	flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
	flow_end(&f);

	start(&f, &c);
	answered(&c);
	flow_caller_invite(&c, NULL, SDP);
	flow_expect(&f, "200");
	flow_hangup(&f, CAUSE_NORMAL);
	bye = flow_expect(&f, "BYE");
	flow_caller_ack(&c, NULL);
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reinvite),
		cmocka_unit_test(test_reinvite_refused),
		cmocka_unit_test(test_reinvite_too_early),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_before_answer),
		cmocka_unit_test(test_we_refresh),
		cmocka_unit_test(test_they_refresh),
		cmocka_unit_test(test_timers_always),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_wrong_ids),
		cmocka_unit_test(test_reinvite_unanswered),
		cmocka_unit_test(test_byes),
		cmocka_unit_test(test_multipart_and_long),
		cmocka_unit_test(test_ack_with_branch_of_invite),
		cmocka_unit_test(test_requests_before_ack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
