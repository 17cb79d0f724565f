/* tests/flow/test_session_timers.c - session timers of calls that we place: who refreshes, when,
 * and what ends the call (RFC 4028). Of calls that come in: test_incoming_dialog. */
#include "tests/flow/flow.h"

#include "engine/base/check.h"

#include <stdio.h>

static void finish(struct flow *f)
{
	flow_bye(f, 16);
	flow_end(f);
}

/* The same call once more, with an interval that is long enough (RFC 4028 7.4). */
static void test_422(void **state)
{
	const struct flow_msg *m, *first;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "timers_sess_expires=600", NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	first = m;
	assert_string_equal(flow_header(m, "Session-Expires"), "600");
	flow_reply(&f, m, 422, "c", "Min-SE: 900\r\n", NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	assert_true(slice_eq(m->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(m->msg.from_tag, first->msg.from_tag));
	assert_int_equal(m->msg.cseq, first->msg.cseq + 1);
	assert_string_equal(flow_header(m, "Session-Expires"), "900");
	assert_string_equal(flow_header(m, "Min-SE"), "900");
	flow_reply(&f, m, 404, "c", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 1 404");
	flow_end(&f);
}

/* Where it cannot help, or has not helped twice, the refusal is one. */
static void test_422_in_vain(void **state)
{
	static const struct {
		const char *endpoint, *min_se;
		int rounds;
	} rows[] = {
		{NULL, NULL, 0},
		{NULL, "Min-SE: 90\r\n", 0},
		{"timers=no", "Min-SE: 900\r\n", 0},
		{NULL, NULL, 2}, /* more each time */
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char line[64];
		struct flow f;

		flow_start(&f, rows[i].endpoint, NULL);
		flow_dial(&f, "100@trunk");
		for (int k = 0; k <= rows[i].rounds; k++) {
			snprintf(line, sizeof(line), "Min-SE: %d\r\n", 1000 * (k + 1));
			flow_reply(&f, flow_expect(&f, "INVITE"), 422, "c",
				   rows[i].rounds ? line : rows[i].min_se, NULL);
			flow_expect(&f, "ACK");
		}
		flow_fact(&f, "ended 127 422");
		flow_end(&f);
	}
}

static const struct flow_msg *session_call(struct flow *f, const char *extra)
{
	const struct flow_msg *invite;

	flow_start(f, NULL, NULL);
	flow_dial(f, "100@trunk");
	invite = flow_expect(f, "INVITE");
	flow_reply(f, invite, 200, "far1", extra, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(f, "ACK");
	flow_fact(f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	return invite;
}

/* timers=always: the far end speaks of no interval, so we keep one up alone. */
static void test_timers_always(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "timers=always\ntimers_sess_expires=120", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT "Allow: INVITE, ACK, BYE, UPDATE\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	for (int i = 0; i < 2; i++) {
		m = flow_expect(&f, "UPDATE");
		assert_int_equal((m->at - invite->at) / SIM_SECOND, 60);
		assert_string_equal(flow_header(m, "Session-Expires"), "120;refresher=uac");
		flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL);
		invite = m;
	}
	finish(&f);
}

/* refresher=uac, UPDATE allowed: at half of the interval. */
static void test_refresh_update(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	invite = session_call(&f, FLOW_CONTACT "Allow: INVITE, ACK, BYE, UPDATE\r\n"
					       "Session-Expires: 90;refresher=uac\r\n");
	m = flow_expect(&f, "UPDATE");
	assert_int_equal((m->at - invite->at) / SIM_SECOND, 45);
	assert_string_equal(flow_header(m, "Session-Expires"), "90;refresher=uac");
	assert_int_equal(m->msg.body.len, 0);
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\n", NULL);
	m = flow_expect(&f, "UPDATE");
	/* refused as not implemented: by INVITE from now on, at once */
	flow_reply(&f, m, 501, NULL, NULL, NULL);
	m = flow_expect(&f, "INVITE");
	assert_true(slice_eq(m->msg.body, invite->msg.body)); /* same version */
	flow_reply(&f, m, 491, NULL, NULL, NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_reply(&f, m, 200, NULL, FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 481, NULL, NULL, NULL);
	flow_expect(&f, "ACK");
	flow_reply(&f, flow_expect(&f, "BYE"), 481, NULL, NULL, NULL);
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

/* refresher=uas: the far end's turn; without it BYE at interval - min(32, a third). */
static void test_refresh_theirs(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	invite = session_call(&f, FLOW_CONTACT "Session-Expires: 90;refresher=uas\r\n");
	flow_expect_silence(&f, 50 * SIM_SECOND);
	flow_request(&f, invite, "UPDATE", 10, "far1",
		     FLOW_CONTACT "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n",
		     NULL);
	m = flow_expect(&f, "200");
	assert_string_equal(flow_header(m, "Session-Expires"), "90;refresher=uac");
	assert_string_equal(flow_header(m, "Require"), "timer");
	flow_request(&f, invite, "UPDATE", 11, "far1",
		     FLOW_CONTACT "Supported: timer\r\nSession-Expires: 60\r\n", NULL);
	assert_string_equal(flow_header(flow_expect(&f, "422"), "Min-SE"), "90");
	invite = m;
	m = flow_expect(&f, "BYE");
	assert_int_equal((m->at - invite->at) / SIM_SECOND, 60);
	flow_fact(&f, "ended 18 0");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* What the 2xx says of the interval, and when our refresh follows (7.2, 7.4, 10): 90 s are the
 * least that counts, a day the most, and who is not named as the refresher leaves it to us. */
static void test_intervals(void **state)
{
	static const struct {
		const char *line;
		int refresh_s; /* 0: none, ever */
	} rows[] = {
		{"Session-Expires: 60;refresher=uac\r\n", 45},
		{"Session-Expires: 200\r\n", 100},
		{"x: 300 ; Refresher=UAC\r\n", 150},
		{"Session-Expires: 4000000000;refresher=uac\r\n", 43200},
		{"Session-Expires: soon\r\n", 0},
		{"", 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite, *m;
		char extra[256];
		struct flow f;

		snprintf(extra, sizeof(extra), FLOW_CONTACT "Allow: UPDATE\r\n%s", rows[i].line);
		invite = session_call(&f, extra);
		if (rows[i].refresh_s) {
			flow_expect_silence(&f, (rows[i].refresh_s - 1) * SIM_SECOND);
			m = flow_expect(&f, "UPDATE");
			assert_int_equal((m->at - invite->at) / SIM_SECOND, rows[i].refresh_s);
			flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL); /* no more of it */
		}
		flow_expect_silence(&f, 100000 * SIM_SECOND);
		flow_no_fact(&f);
		finish(&f);
	}
}

/* timers=no: nothing of it is said, and what the far end says of it has no effect. */
static void test_none(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "timers=no", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	assert_false(sip_msg_has(&invite->msg, SIP_HDR_SESSION_EXPIRES));
	assert_false(sip_msg_has(&invite->msg, SIP_HDR_MIN_SE));
	assert_false(sip_msg_lists(&invite->msg, SIP_HDR_SUPPORTED, SLICE_LIT("timer")));
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_request(&f, invite, "UPDATE", 10, "far1",
		     FLOW_CONTACT "Supported: timer\r\nSession-Expires: 60\r\n", NULL);
	m = flow_expect(&f, "200");
	assert_false(sip_msg_has(&m->msg, SIP_HDR_SESSION_EXPIRES));
	flow_expect_silence(&f, 7200 * SIM_SECOND);
	finish(&f);
}

/* A request of the far end settles it anew (9): the roles are those of that request, and who does
 * not know session timers is not left to keep one up. */
static void test_settled_anew(void **state)
{
	static const struct {
		const char *asked, *answered;
		bool requires;
		int refresh_s, bye_s;
	} rows[] = {
		{"Supported: timer\r\nSession-Expires: 120;refresher=uas\r\n", "120;refresher=uas",
		 true, 60, 0},
		{"Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n", "300;refresher=uac",
		 true, 0, 268},
		{"Supported: timer\r\nSession-Expires: 300\r\n", "300;refresher=uac", true, 0, 268},
		{"Session-Expires: 60\r\n", "90;refresher=uas", false, 45, 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite, *ok, *m;
		char extra[256];
		struct flow f;

		invite = session_call(&f, FLOW_CONTACT "Allow: UPDATE\r\n"
						       "Session-Expires: 1800;refresher=uas\r\n");
		snprintf(extra, sizeof(extra), FLOW_CONTACT "%s", rows[i].asked);
		flow_request(&f, invite, "UPDATE", 10, "far1", extra, NULL);
		ok = flow_expect(&f, "200");
		assert_string_equal(flow_header(ok, "Session-Expires"), rows[i].answered);
		assert_int_equal(sip_msg_has(&ok->msg, SIP_HDR_REQUIRE), rows[i].requires);
		m = flow_expect(&f, rows[i].bye_s ? "BYE" : "UPDATE");
		assert_int_equal((m->at - ok->at) / SIM_SECOND,
				 rows[i].bye_s ? rows[i].bye_s : rows[i].refresh_s);
		flow_reply(&f, m, 200, NULL, FLOW_CONTACT, NULL);
		if (rows[i].bye_s) {
			flow_fact(&f, "ended 18 0");
			flow_end(&f);
		} else {
			finish(&f);
		}
	}
}

/* The 2xx to a refresh moves the target, as that to any UPDATE or INVITE does (RFC 3311 5.1). */
static void test_refresh_moves_target(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	session_call(&f, FLOW_CONTACT "Allow: UPDATE\r\nSession-Expires: 90;refresher=uac\r\n");
	m = flow_expect(&f, "UPDATE");
	flow_reply(&f, m, 200, NULL,
		   "Contact: <sip:moved@10.0.0.9:5077>\r\nSession-Expires: 90;refresher=uac\r\n",
		   NULL);
	m = flow_expect(&f, "UPDATE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:moved@10.0.0.9:5077")));
	assert_int_equal(m->to.port, 5077);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	finish(&f);
}

/* A proxy on the way wants it longer (RFC 4028 7.4): the refresh comes again so, by the same
 * method. */
static void test_refresh_too_brief(void **state)
{
	static const struct {
		const char *allow, *method;
	} rows[] = {{"Allow: UPDATE\r\n", "UPDATE"}, {"", "INVITE"}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m, *again;
		char extra[256];
		struct flow f;

		snprintf(extra, sizeof(extra),
			 FLOW_CONTACT "%sSession-Expires: 90;refresher=uac\r\n", rows[i].allow);
		session_call(&f, extra);
		m = flow_expect(&f, rows[i].method);
		flow_reply(&f, m, 422, NULL, "Min-SE: 200\r\n", NULL);
		if (i == 1)
			flow_expect(&f, "ACK");
		again = flow_expect(&f, rows[i].method);
		assert_string_equal(flow_header(again, "Session-Expires"), "200;refresher=uac");
		assert_string_equal(flow_header(again, "Min-SE"), "200");
		assert_int_equal(again->msg.cseq, m->msg.cseq + 1);
		flow_reply(&f, again, 200, NULL,
			   FLOW_CONTACT "Session-Expires: 200;refresher=uac\r\n",
			   i ? flow_sdp(7000, "0", "sendrecv") : NULL);
		if (i == 1)
			flow_expect(&f, "ACK");
		m = flow_expect(&f, rows[i].method);
		assert_int_equal((m->at - again->at) / SIM_SECOND, 100);
		/* what does not help is not tried again */
		flow_reply(&f, m, 422, NULL, "Min-SE: 90\r\n", NULL);
		if (i == 1)
			flow_expect(&f, "ACK");
		flow_expect_silence(&f, 90 * SIM_SECOND);
		finish(&f);
	}
}

/* A refresh is asked for credentials: met once if there are any, else it ends nothing, and comes
 * again when the next one is due. */
static void test_refresh_challenged(void **state)
{
	static const char challenge[] =
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n";

	UNUSED(state);
	for (int has_auth = 0; has_auth < 2; has_auth++) {
		const struct flow_msg *m, *again;
		struct flow f;

		flow_start(&f, has_auth ? "outbound_auth=acct" : NULL,
			   "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=x\n");
		flow_answered_with(&f, FLOW_CONTACT "Allow: UPDATE\r\n"
						    "Session-Expires: 90;refresher=uac\r\n");
		flow_expect(&f, "ACK");
		m = flow_expect(&f, "UPDATE");
		assert_false(sip_msg_has(&m->msg, SIP_HDR_AUTHORIZATION));
		flow_reply(&f, m, 401, NULL, challenge, NULL);
		again = flow_expect(&f, "UPDATE");
		assert_int_equal(sip_msg_has(&again->msg, SIP_HDR_AUTHORIZATION), has_auth);
		assert_int_equal((again->at - m->at) / SIM_SECOND, has_auth ? 0 : 45);
		flow_reply(&f, again, 200, NULL, FLOW_CONTACT, NULL);
		flow_no_fact(&f);
		finish(&f);
	}
}

/* A refresh that nobody answers ends the call, by UPDATE as by INVITE. */
static void test_refresh_unanswered(void **state)
{
	static const struct {
		const char *allow, *method;
		int sends;
	} rows[] = {{"Allow: UPDATE\r\n", "UPDATE", 11}, {"", "INVITE", 7}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char extra[256];
		struct flow f;

		snprintf(extra, sizeof(extra),
			 FLOW_CONTACT "%sSession-Expires: 90;refresher=uac\r\n", rows[i].allow);
		session_call(&f, extra);
		for (int k = 0; k < rows[i].sends; k++)
			flow_expect(&f, rows[i].method);
		flow_reply(&f, flow_expect(&f, "BYE"), 200, NULL, NULL, NULL);
		flow_fact(&f, "ended 18 0");
		flow_end(&f);
	}
}

/* RFC 4028 7.2: a 2xx without Session-Expires: the session has no end, and is not refreshed. */
static void test_no_session_timer(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	assert_true(sip_msg_has(&invite->msg, SIP_HDR_SESSION_EXPIRES));
	flow_expect_silence(&f, 7200 * SIM_SECOND);
	flow_no_fact(&f);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_422),
		cmocka_unit_test(test_422_in_vain),
		cmocka_unit_test(test_timers_always),
		cmocka_unit_test(test_refresh_update),
		cmocka_unit_test(test_refresh_theirs),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_settled_anew),
		cmocka_unit_test(test_refresh_moves_target),
		cmocka_unit_test(test_refresh_too_brief),
		cmocka_unit_test(test_refresh_challenged),
		cmocka_unit_test(test_refresh_unanswered),
		cmocka_unit_test(test_no_session_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
