/* tests/flow/test_rows.c - rows of ROWS.md that no other flow shows: small ones. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")

/* RFC 3261 13.2.2.4: routes and target of an early dialog give way to those of the 2xx. */
static void test_routes_of_the_2xx(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 183, "far1",
		   "Contact: <sip:early@10.0.0.9:5070>\r\n"
		   "Record-Route: <sip:10.0.0.9:5071;lr>\r\nRequire: 100rel\r\nRSeq: 1\r\n",
		   SDP);
	m = flow_expect(&f, "PRACK");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:early@10.0.0.9:5070")));
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5071;lr>");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_fact(&f, "progress 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_reply(&f, invite, 200, "far1",
		   "Contact: <sip:late@10.0.0.9:5072>\r\nRecord-Route: <sip:10.0.0.9:5073;lr>\r\n",
		   NULL);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	for (const char *const *name = (const char *const[]){"ACK", "BYE", NULL}; *name; name++) {
		if (strcmp(*name, "BYE") == 0)
			flow_hangup(&f, CAUSE_NORMAL);
		m = flow_expect(&f, *name);
		assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:late@10.0.0.9:5072")));
		assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5073;lr>");
	}
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* RFC 5407 3.1.1: a copy of the INVITE that comes behind our 200 is no new call, and the 200 goes
 * on in its own rhythm. */
static void test_invite_behind_answer(void **state)
{
	const struct flow_msg *first, *second;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, SDP);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	first = flow_expect(&f, "200");
	flow_caller_again(&c, NULL, NULL, SDP); /* without the tag of the 200 */
	second = flow_caller_expect(&c, "200");
	assert_true(second->at - first->at >= 500 * SIM_MS);
	flow_no_fact(&f);
	flow_caller_ack(&c, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* P13: what others put into their responses may fill a whole datagram. */
static void test_large_response(void **state)
{
	static char text[64000];
	const struct flow_msg *invite;
	struct flow f;
	int len;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	len = snprintf(text, sizeof(text),
		       "SIP/2.0 180 Ringing\r\nVia: %.*s\r\nFrom: %s\r\nTo: %s;tag=far1\r\n"
		       "Call-ID: %.*s\r\nCSeq: %.*s\r\nContact: <sip:far@10.0.0.9>\r\n",
		       SLICE_ARG(invite->msg.via.raw), flow_header(invite, "From"),
		       flow_header(invite, "To"), SLICE_ARG(invite->msg.call_id),
		       SLICE_ARG(invite->msg.cseq_text));
	for (int i = 0; i < 20; i++) {
		len += snprintf(text + len, sizeof(text) - (size_t)len, "X-Route-%d: ", i);
		memset(text + len, 'x', 3000);
		len += 3000;
		len += snprintf(text + len, sizeof(text) - (size_t)len, "\r\n");
	}
	snprintf(text + len, sizeof(text) - (size_t)len, "Content-Length: 0\r\n\r\n");
	flow_send(&f, text);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 486, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_end(&f);
}

/* P13: a far end with a long Contact behind many proxies with long URIs: requests within the call
 * carry all of it. */
static void test_large_dialog(void **state)
{
	static const char *const names[] = {"ACK", "BYE"};
	static char extra[8000], routes[8000], target[1600];
	struct sink record = sink_make(extra, sizeof(extra) - 1);
	struct sink route = sink_make(routes, sizeof(routes) - 1);
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	snprintf(target, sizeof(target), "sip:far@10.0.0.9:5060;x=%01500d", 0);
	sink_fmt(&record, "Contact: <%s>\r\n", target);
	for (int i = LIMIT_SIP_ROUTES; i > 0; i--)
		sink_fmt(&record, "Record-Route: <sip:10.0.0.9:50%02d;lr;x=%0250d>\r\n", i, 0);
	for (int i = 1; i <= LIMIT_SIP_ROUTES; i++)
		sink_fmt(&route, "Route: <sip:10.0.0.9:50%02d;lr;x=%0250d>\r\n", i, 0);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", sink_cstr(&record), SDP);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (i == 1)
			flow_hangup(&f, CAUSE_NORMAL);
		m = flow_expect(&f, names[i]);
		assert_true(slice_eq(m->msg.ruri, slice_str(target)));
		assert_true(flow_has(m, sink_cstr(&route)));
		flow_assert_to(m, "10.0.0.9:5001");
	}
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* type=system: timer_t1 and timer_b rule what is sent again, and for how long. */
static void test_timers_of_conf(void **state)
{
	static const int64_t at_ms[] = {0, 100, 300, 700, 1500, 3100, 6300};
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, "[s]\ntype=system\ntimer_t1=100\ntimer_b=7000\n");
	flow_dial(&f, "100@trunk");
	for (size_t i = 0; i < ARRAY_COUNT(at_ms); i++)
		assert_int_equal((flow_expect(&f, "INVITE")->at - f.msgs[0]->at) / SIM_MS,
				 at_ms[i]);
	flow_run(&f, 650 * SIM_MS);
	flow_no_fact(&f);
	flow_run(&f, 100 * SIM_MS);
	flow_fact(&f, "ended 18 408");
	flow_end(&f);
}

/* RFC 3261 22.1: a CANCEL cannot be challenged, so it has no credentials; the INVITE had. */
static void test_cancel_without_credentials(void **state)
{
	const struct flow_msg *invite, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "outbound_auth=acct",
		   "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n");
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 401, "c",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n", NULL);
	flow_expect(&f, "ACK");
	invite = flow_expect(&f, "INVITE");
	assert_true(sip_msg_has(&invite->msg, SIP_HDR_AUTHORIZATION));
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, CAUSE_NO_ANSWER);
	cancel = flow_expect(&f, "CANCEL");
	assert_false(sip_msg_has(&cancel->msg, SIP_HDR_AUTHORIZATION));
	assert_true(slice_eq(cancel->msg.via.branch, invite->msg.via.branch));
	assert_int_equal(cancel->msg.cseq, invite->msg.cseq);
	flow_reply(&f, cancel, 200, "far1", NULL, NULL);
	flow_reply(&f, invite, 487, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* P12: what was not meant for us has no effect: more than one Via, a sent-by or a branch that is
 * not ours, the method of another request (RFC 3261 8.1.3.3, 17.1.3, 18.1.2). The INVITE goes on.
 */
static void test_foreign_responses(void **state)
{
	static const struct {
		const char *via, *method; /* NULL: as in the INVITE */
	} rows[] = {
		{"SIP/2.0/UDP 10.0.0.1:5061;rport;branch=%.*s", NULL},
		{"SIP/2.0/UDP 10.0.0.2:5060;rport;branch=%.*s", NULL},
		{"SIP/2.0/UDP other.example;rport;branch=%.*s", NULL},
		{"SIP/2.0/UDP 10.0.0.1:5060;rport;branch=%.*sx", NULL},
		{"SIP/2.0/UDP 10.0.0.1:5060;rport;branch=%.*s", "OPTIONS"},
		{"SIP/2.0/UDP 10.0.0.1:5060;rport;branch=%.*s\r\nVia: SIP/2.0/UDP 10.0.0.9", NULL},
		{"SIP/2.0/UDP 10.0.0.1:5060;rport;branch=%.*s, SIP/2.0/UDP 10.0.0.9", NULL},
	};
	const struct flow_msg *invite;
	char text[2048], via[256];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(via, sizeof(via), rows[i].via, SLICE_ARG(invite->msg.via.branch));
		snprintf(text, sizeof(text),
			 "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=x\r\n"
			 "Call-ID: %.*s\r\nCSeq: %u %s\r\n" FLOW_CONTACT
			 "Content-Length: 0\r\n\r\n",
			 via, flow_header(invite, "From"), flow_header(invite, "To"),
			 SLICE_ARG(invite->msg.call_id), invite->msg.cseq,
			 rows[i].method ? rows[i].method : "INVITE");
		flow_send(&f, text);
		flow_no_fact(&f);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_stray), i + 1);
	}
	assert_string_equal(flow_expect(&f, "INVITE")->text, invite->text);
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_end(&f);
}

/* suppress_q850_reason_headers: in no BYE, CANCEL or refusal; that the call was answered elsewhere
 * is said all the same. */
static void test_without_q850(void **state)
{
	const struct flow_msg *m, *invite;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "suppress_q850_reason_headers=yes", FLOW_PEER);
	flow_answered_call(&f);
	assert_false(sip_msg_has(&flow_bye(&f, CAUSE_NORMAL)->msg, SIP_HDR_REASON));
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, CAUSE_ANSWERED_ELSEWHERE);
	m = flow_expect(&f, "CANCEL");
	assert_string_equal(flow_header(m, "Reason"),
			    "SIP;cause=200;text=\"Call completed elsewhere\"");
	assert_false(flow_has(m, "Q.850"));
	flow_reply(&f, m, 200, "far1", NULL, NULL);
	flow_reply(&f, invite, 487, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_caller_init(&c, &f);
	flow_caller_offer(&c, NULL, SDP);
	flow_hangup(&f, CAUSE_BUSY);
	assert_false(sip_msg_has(&flow_caller_expect(&c, "486")->msg, SIP_HDR_REASON));
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

static void digit_job(struct flow *f)
{
	f->number = f->tech.ops->send_digit(f->call, f->text[0], 160);
}

static int send_digit(struct flow *f, const char *digit)
{
	f->text = digit;
	flow_do(f, digit_job);
	return f->number;
}

/* dtmf_mode: what the offer says of telephone events, whether digits of ours go by INFO, and what
 * the media is told to do with them: events, tones, or nothing, also if the far end takes no events
 * (here: none are in the answer). */
static void test_digits_by_mode(void **state)
{
	static const struct {
		const char *mode, *formats, *digits;
		bool has_event;
		int by_info;
	} rows[] = {
		{"dtmf_mode=rfc4733\n", "0 101", "ev101 dir0", true, -ENOTSUP},
		{"dtmf_mode=rfc4733\n", "0", "ev255 dir0", true, -ENOTSUP},
		{"dtmf_mode=none\n", "0 101", "ev255 dir0", false, -ENOTSUP},
		{"dtmf_mode=auto\n", "0 101", "ev101 dir0", true, -ENOTSUP},
		{"dtmf_mode=auto\n", "0", "ev255 dir0 tones", true, -ENOTSUP},
		{"dtmf_mode=info\n", "0 101", "ev255 dir0", false, 0},
		{"dtmf_mode=auto_info\n", "0 101", "ev101 dir0", true, 0},
		{"dtmf_mode=auto_info\n", "0", "ev255 dir0", true, 0},
		{"dtmf_mode=inband\n", "0", "ev255 dir0 tones", false, -ENOTSUP},
		/* Events that nobody offered are not taken. */
		{"dtmf_mode=inband\n", "0 101", "ev255 dir0 tones", false, -ENOTSUP},
	};
	char text[128];
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, rows[i].mode, NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		assert_int_equal(strstr(m->text, "telephone-event") != NULL, rows[i].has_event);
		flow_reply(&f, m, 200, "far1", FLOW_CONTACT,
			   flow_sdp(7000, rows[i].formats, "sendrecv"));
		flow_expect(&f, "ACK");
		snprintf(text, sizeof(text), "answered 10.0.0.9:7000 ulaw/0 %s", rows[i].digits);
		flow_fact(&f, text);
		assert_int_equal(send_digit(&f, "5"), rows[i].by_info);
		if (rows[i].by_info == 0) {
			m = flow_expect(&f, "INFO");
			assert_string_equal(flow_header(m, "Content-Type"),
					    "application/dtmf-relay");
			assert_true(
				slice_eq(m->msg.body, SLICE_LIT("Signal=5\r\nDuration=160\r\n")));
			flow_reply(&f, m, 200, NULL, NULL, NULL);
			assert_int_equal(send_digit(&f, "x"), -EINVAL);
		}
		flow_bye(&f, CAUSE_NORMAL);
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_of_conf),
		cmocka_unit_test(test_cancel_without_credentials),
		cmocka_unit_test(test_routes_of_the_2xx),
		cmocka_unit_test(test_invite_behind_answer),
		cmocka_unit_test(test_large_response),
		cmocka_unit_test(test_large_dialog),
		cmocka_unit_test(test_foreign_responses),
		cmocka_unit_test(test_without_q850),
		cmocka_unit_test(test_digits_by_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
