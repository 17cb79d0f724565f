/* tests/flow/test_rfc3665.c - the sessions of RFC 3665 (section 3), message by message, with us as
 * the caller and as the called side. Its registrations (section 2): test_registration,
 * test_register.
 *
 * Headers that all messages have alike are looked at in flow_rules.c and test_look. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP  flow_sdp(7000, "0", "sendrecv")
#define FACT "answered 10.0.0.9:7000 ulaw/0 ev255 dir0"
#define BOB  "Contact: <sip:bob@10.0.0.8>\r\n"
#define AUTH "[acct]\ntype=auth\nauth_type=userpass\nusername=alice\npassword=secret\n"
/* What two proxies add on the way to Bob. */
#define RECORDED "Record-Route: <sip:10.0.0.9:5082;lr>\r\nRecord-Route: <sip:10.0.0.9:5081;lr>\r\n"
#define ROUTES	 "Route: <sip:10.0.0.9:5081;lr>\nRoute: <sip:10.0.0.9:5082;lr>\n"
#define VIAS                                                                                       \
	"Via: SIP/2.0/UDP ss1.example;branch=z9hG4bK2;received=192.0.2.111\r\n"                    \
	"Via: SIP/2.0/TCP alice.example:5060;branch=z9hG4bK3;received=192.0.2.101\r\n"
#define PROXY_CHALLENGE(realm, nonce)                                                              \
	"Proxy-Authenticate: Digest realm=\"" realm "\", nonce=\"" nonce "\", qop=\"auth\"\r\n"

static struct flow f;
static struct flow_caller c;

static void same_call(const struct flow_msg *m, const struct flow_msg *invite)
{
	assert_true(slice_eq(m->msg.call_id, invite->msg.call_id));
	assert_true(slice_eq(m->msg.from_tag, invite->msg.from_tag));
	assert_string_equal(flow_header(m, "From"), flow_header(invite, "From"));
}

static const struct flow_msg *dialled(const char *endpoint, const char *more)
{
	const struct flow_msg *invite;

	flow_start(&f, endpoint, more);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_assert_lines(invite, "INVITE sip:100@<any> SIP/2.0\n"
				  "Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bK<any>\n"
				  "From: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
				  "To: <sip:100@<any>>\n"
				  "Contact: <sip:asterisk@10.0.0.1:5060>\n"
				  "CSeq: <any> INVITE\n"
				  "Max-Forwards: 70\n"
				  "Content-Type: application/sdp\n"
				  "c=IN IP4 10.0.0.1\n"
				  "m=audio 4000 RTP/AVP 0 8 101\n");
	return invite;
}

/* The ACK of a refusal: within the transaction of its INVITE. */
static void expect_ack_of(const struct flow_msg *invite, const char *tag)
{
	const struct flow_msg *ack = flow_expect(&f, "ACK");

	same_call(ack, invite);
	assert_true(slice_eq(ack->msg.via.raw, invite->msg.via.raw));
	assert_true(slice_eq(ack->msg.ruri, invite->msg.ruri));
	assert_true(slice_eq(ack->msg.to_tag, slice_str(tag)));
	assert_int_equal(ack->msg.cseq, invite->msg.cseq);
	assert_true(addr_eq(&ack->to, &invite->to));
	assert_int_equal(ack->msg.body.len, 0);
}

/* The far end's BYE, with the Via lines of the proxies that it came through. */
static void their_bye(const struct flow_msg *invite, const char *vias)
{
	const struct flow_msg *ok;

	flow_request(&f, invite, "BYE", 1, "b", vias, NULL);
	ok = flow_expect(&f, "200");
	flow_assert_lines(ok,
			  "SIP/2.0 200 OK\n"
			  "Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;<any>\n");
	if (vias)
		assert_true(flow_has(ok, vias));
	flow_assert_lines(ok, "From: <sip:100@<any>>;tag=b\n"
			      "To: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
			      "CSeq: 1 BYE\n"
			      "Content-Length:  0\n");
	flow_fact(&f, "ended 16 0");
}

/* Up to the ACK: 100, 180, 200; the ACK goes by these routes. */
static void answered(const struct flow_msg *invite, const char *recorded, const char *routes)
{
	const struct flow_msg *ack;
	char extra[512], lines[512];

	snprintf(extra, sizeof(extra), "%s" BOB, recorded);
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	flow_no_fact(&f);
	flow_reply(&f, invite, 180, "b", extra, NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 200, "b", extra, SDP);
	flow_fact(&f, FACT);
	ack = flow_expect(&f, "ACK");
	same_call(ack, invite);
	snprintf(lines, sizeof(lines),
		 "ACK sip:bob@10.0.0.8 SIP/2.0\nTo: <sip:100@<any>>;tag=b\nCSeq: %u ACK\n%s"
		 "Max-Forwards: 70\nContent-Length:  0\n",
		 invite->msg.cseq, routes);
	flow_assert_lines(ack, lines);
	assert_int_equal(sip_msg_has(&ack->msg, SIP_HDR_ROUTE), *routes != 0);
	assert_false(slice_eq(ack->msg.via.branch, invite->msg.via.branch));
	flow_assert_to(ack, *routes ? "10.0.0.9:5081" : "10.0.0.8:5060");
}

/* ---- 3.1 ---- */

static void test_session_caller(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	invite = dialled(NULL, NULL);
	answered(invite, "", "");
	their_bye(invite, NULL);
	flow_end(&f);
}

static void offered(const char *extra, const char *body)
{
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, extra, body);
	flow_assert_lines(flow_expect(&f, "100"),
			  "SIP/2.0 100 Trying\n"
			  "Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;<any>\n"
			  "From: \"Ann\" <sip:1000@10.0.0.9>;tag=<any>\n"
			  "To: <sip:100@10.0.0.1>\n"
			  "CSeq: 1 INVITE\n");
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
}

/* A response of ours above 100 to the INVITE, with all that proxies had put into it. */
static const struct flow_msg *responded(const char *status, const char *phrase, const char *vias)
{
	const struct flow_msg *m = flow_caller_expect(&c, status);
	char lines[512];

	snprintf(lines, sizeof(lines),
		 "SIP/2.0 %s %s\n"
		 "Via: SIP/2.0/UDP 10.0.0.9:5060;rport=5060;received=10.0.0.9;branch=%s\n",
		 status, phrase, c.branch);
	flow_assert_lines(m, lines);
	if (vias)
		assert_true(flow_has(m, vias));
	flow_assert_lines(m, "From: \"Ann\" <sip:1000@10.0.0.9>;tag=<any>\n"
			     "To: <sip:100@10.0.0.1>;tag=<any>\n"
			     "CSeq: 1 INVITE\n");
	return m;
}

static void rung(const char *vias)
{
	flow_indicate(&f, TECH_RINGING);
	flow_assert_lines(responded("180", "Ringing", vias), "Contact: <sip:10.0.0.1:5060>\n");
}

/* 180, 200 and ACK. */
static void taken(const char *vias, const char *recorded)
{
	const struct flow_msg *ringing, *ok;

	flow_indicate(&f, TECH_RINGING);
	ringing = responded("180", "Ringing", vias);
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
	ok = responded("200", "OK", vias);
	assert_true(slice_eq(ok->msg.to_tag, ringing->msg.to_tag));
	if (recorded)
		assert_true(flow_has(ringing, recorded) && flow_has(ok, recorded));
	flow_assert_lines(ok, "Contact: <sip:10.0.0.1:5060>\n"
			      "Content-Type: application/sdp\n"
			      "c=IN IP4 10.0.0.1\n"
			      "m=audio 4000 RTP/AVP 0\n");
	flow_caller_ack(&c, NULL);
	flow_no_fact(&f);
}

static void test_session_called(void **state)
{
	UNUSED(state);
	offered(NULL, SDP);
	taken(NULL, NULL);
	flow_caller_bye(&c);
	flow_end(&f);
}

/* ---- 3.2, 3.5: proxies, and an application level gateway, stay on the way ---- */

static void test_two_proxies_caller(void **state)
{
	const struct flow_msg *invite, *again;

	UNUSED(state);
	invite = dialled("outbound_auth=acct", AUTH);
	flow_reply(&f, invite, 407, "p", PROXY_CHALLENGE("ss1", "n1"), NULL);
	expect_ack_of(invite, "p");
	again = flow_expect(&f, "INVITE");
	same_call(again, invite);
	flow_assert_lines(again, "INVITE sip:100@10.0.0.9:5060 SIP/2.0\n"
				 "Proxy-Authorization: Digest username=\"alice\", realm=\"ss1\", "
				 "nonce=\"n1\", uri=\"sip:100@10.0.0.9:5060\", <any>\n"
				 "Content-Type: application/sdp\n");
	assert_int_equal(again->msg.cseq, invite->msg.cseq + 1);
	answered(again, RECORDED, ROUTES);
	their_bye(again, VIAS);
	flow_end(&f);
}

static void test_two_proxies_called(void **state)
{
	const struct flow_msg *bye;

	UNUSED(state);
	offered(VIAS RECORDED, SDP);
	taken(VIAS, RECORDED);
	bye = flow_bye(&f, CAUSE_NORMAL);
	flow_assert_lines(bye, "BYE sip:ann@10.0.0.9:5060 SIP/2.0\n"
			       "From: <sip:100@10.0.0.1>;tag=<any>\n"
			       "To: \"Ann\" <sip:1000@10.0.0.9>;tag=<any>\n"
			       "CSeq: <any> BYE\n"
			       "Route: <sip:10.0.0.9:5082;lr>\n"
			       "Route: <sip:10.0.0.9:5081;lr>\n"
			       "Content-Length:  0\n");
	flow_assert_to(bye, "10.0.0.9:5082");
	flow_end(&f);
}

/* 3.5: what goes out goes to the ALG from the first message on. */
static void test_alg_caller(void **state)
{
	const struct flow_msg *invite;

	UNUSED(state);
	invite = dialled("outbound_proxy=sip:10.0.0.9:5081\\;lr\n", NULL);
	flow_assert_lines(invite, "INVITE sip:100@10.0.0.9:5060 SIP/2.0\n"
				  "Route: <sip:10.0.0.9:5081;lr>\n");
	flow_assert_to(invite, "10.0.0.9:5081");
	answered(invite, "Record-Route: <sip:10.0.0.9:5081;lr>\r\n",
		 "Route: <sip:10.0.0.9:5081;lr>\n");
	flow_assert_to(flow_bye(&f, CAUSE_NORMAL), "10.0.0.9:5081");
	flow_end(&f);
}

/* ---- 3.3: both proxies ask; what the second one asks for comes beside the first one's ---- */

static void test_both_ask_caller(void **state)
{
	const struct flow_msg *first, *second, *third, *ack;

	UNUSED(state);
	first = dialled("outbound_auth=acct", AUTH);
	flow_reply(&f, first, 407, "p", PROXY_CHALLENGE("ss1", "n1"), NULL);
	expect_ack_of(first, "p");
	second = flow_expect(&f, "INVITE");
	flow_reply(&f, second, 100, NULL, NULL, NULL);
	flow_reply(&f, second, 407, "q", PROXY_CHALLENGE("ss2", "n2"), NULL);
	expect_ack_of(second, "q");
	third = flow_expect(&f, "INVITE");
	same_call(third, first);
	assert_int_equal(third->msg.cseq, first->msg.cseq + 2);
	flow_assert_lines(third, "Proxy-Authorization: Digest <any>realm=\"ss1\"<any>"
				 "nonce=\"n1\"<any>nc=00000002<any>\n"
				 "Proxy-Authorization: Digest <any>realm=\"ss2\"<any>"
				 "nonce=\"n2\"<any>nc=00000001<any>\n");
	answered(third, RECORDED, ROUTES);
	ack = f.msgs[f.msg_taken - 1];
	flow_assert_lines(ack, "Proxy-Authorization: <any>realm=\"ss1\"<any>\n"
			       "Proxy-Authorization: <any>realm=\"ss2\"<any>\n");
	their_bye(third, VIAS);
	flow_end(&f);
}

/* ---- 3.4: the first proxy says nothing; the second one asks for credentials ---- */

static void test_proxy_fails_caller(void **state)
{
	const struct flow_msg *first, *second, *third;

	UNUSED(state);
	first = dialled("aors=two\noutbound_auth=acct",
			AUTH "[two]\ntype=aor\ncontact=sip:10.0.0.7\ncontact=sip:10.0.0.9\n");
	flow_assert_to(first, "10.0.0.7:5060");
	for (int i = 0; i < 6; i++)
		assert_string_equal(flow_expect(&f, "INVITE")->text, first->text);
	second = flow_expect(&f, "INVITE");
	flow_assert_to(second, "10.0.0.9:5060");
	assert_int_equal(second->at - first->at, 32 * SIM_SECOND);
	same_call(second, first);
	flow_reply(&f, second, 407, "p", PROXY_CHALLENGE("ss2", "n2"), NULL);
	expect_ack_of(second, "p");
	third = flow_expect(&f, "INVITE");
	flow_assert_to(third, "10.0.0.9:5060");
	assert_true(sip_msg_has(&third->msg, SIP_HDR_PROXY_AUTHORIZATION));
	answered(third, "Record-Route: <sip:10.0.0.9:5081;lr>\r\n",
		 "Route: <sip:10.0.0.9:5081;lr>\n");
	their_bye(third, NULL);
	flow_end(&f);
}

/* ---- 3.6: redirected, and a session description in the ACK ---- */

static void test_redirected_caller(void **state)
{
	const struct flow_msg *invite, *again;

	UNUSED(state);
	invite = dialled("redirect_method=uri_pjsip", NULL);
	flow_reply(&f, invite, 302, "r", "Contact: <sip:100@10.0.0.9:5083;x=1>\r\n", NULL);
	expect_ack_of(invite, "r");
	again = flow_expect(&f, "INVITE");
	same_call(again, invite);
	flow_assert_lines(again, "INVITE sip:100@10.0.0.9:5083;x=1 SIP/2.0\n");
	flow_assert_to(again, "10.0.0.9:5083");
	assert_int_equal(again->msg.cseq, invite->msg.cseq + 1);
	assert_int_equal(again->msg.to_tag.len, 0);
	answered(again, RECORDED, ROUTES);
	their_bye(again, VIAS);
	flow_end(&f);
}

static void test_offer_in_200_called(void **state)
{
	UNUSED(state);
	offered(VIAS RECORDED, NULL);
	rung(VIAS);
	assert_int_equal(flow_answer(&f), 0);
	flow_assert_lines(responded("200", "OK", VIAS), "Contact: <sip:10.0.0.1:5060>\n"
							"Content-Type: application/sdp\n"
							"c=IN IP4 10.0.0.1\n"
							"m=audio 4000 RTP/AVP 0 8 101\n");
	flow_no_fact(&f);
	flow_caller_ack(&c, SDP);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_caller_bye(&c);
	flow_end(&f);
}

/* We redirect a caller (F1 to F3 from the other side). */
static void test_redirecting_called(void **state)
{
	UNUSED(state);
	offered(NULL, SDP);
	assert_int_equal(flow_transfer(&f, "sip:100@10.0.0.8"), 302);
	flow_assert_lines(responded("302", "Moved Temporarily", NULL),
			  "Contact: <sip:100@10.0.0.8>\n");
	flow_fact(&f, "ended 23 302");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* ---- 3.7: the far end gets another address ---- */

#define MOVED                                                                                      \
	"v=0\r\no=far 1 2 IN IP4 10.0.0.6\r\ns=-\r\nc=IN IP4 10.0.0.6\r\nt=0 0\r\n"                \
	"m=audio 7000 RTP/AVP 0\r\n"

static void test_reinvite_caller(void **state)
{
	const struct flow_msg *invite, *bye;

	UNUSED(state);
	invite = dialled(NULL, NULL);
	answered(invite, "", "");
	flow_request(&f, invite, "INVITE", 14, "b", "Contact: <sip:bob@10.0.0.6>\r\n", MOVED);
	flow_assert_lines(flow_expect(&f, "200"), "From: <sip:100@<any>>;tag=b\n"
						  "To: \"Ann\" <sip:1000@10.0.0.1>;tag=<any>\n"
						  "CSeq: 14 INVITE\n"
						  "Contact: <sip:asterisk@10.0.0.1:5060>\n"
						  "Content-Type: application/sdp\n"
						  "m=audio 4000 RTP/AVP 0\n");
	flow_fact(&f, "media 10.0.0.6:7000 ulaw/0 ev255 dir0");
	flow_request(&f, invite, "ACK", 14, "b", NULL, NULL);
	bye = flow_bye(&f, CAUSE_NORMAL);
	flow_assert_lines(bye, "BYE sip:bob@10.0.0.6 SIP/2.0\nTo: <sip:100@<any>>;tag=b\n");
	flow_assert_to(bye, "10.0.0.6:5060");
	flow_end(&f);
}

static void test_reinvite_called(void **state)
{
	const struct flow_msg *bye;

	UNUSED(state);
	offered(NULL, SDP);
	taken(NULL, NULL);
	c.contact = "sip:ann@10.0.0.6:5060";
	flow_caller_invite(&c, NULL, MOVED);
	flow_assert_lines(flow_caller_expect(&c, "200"), "CSeq: 2 INVITE\n"
							 "Contact: <sip:10.0.0.1:5060>\n"
							 "Content-Type: application/sdp\n"
							 "m=audio 4000 RTP/AVP 0\n");
	flow_fact(&f, "media 10.0.0.6:7000 ulaw/0 ev255 dir0");
	flow_caller_ack(&c, NULL);
	bye = flow_bye(&f, CAUSE_NORMAL);
	flow_assert_lines(bye, "BYE sip:ann@10.0.0.6:5060 SIP/2.0\n");
	flow_assert_to(bye, "10.0.0.6:5060");
	flow_end(&f);
}

/* ---- 3.8: nobody takes it ---- */

static void test_no_answer_caller(void **state)
{
	const struct flow_msg *invite, *cancel;

	UNUSED(state);
	invite = dialled("outbound_proxy=sip:10.0.0.9:5081\\;lr\n", NULL);
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	flow_reply(&f, invite, 180, "b", RECORDED BOB, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, CAUSE_NO_ANSWER);
	cancel = flow_expect(&f, "CANCEL");
	same_call(cancel, invite);
	assert_true(slice_eq(cancel->msg.via.raw, invite->msg.via.raw));
	assert_true(slice_eq(cancel->msg.ruri, invite->msg.ruri));
	assert_string_equal(flow_header(cancel, "To"), flow_header(invite, "To"));
	assert_string_equal(flow_header(cancel, "Route"), flow_header(invite, "Route"));
	assert_int_equal(cancel->msg.cseq, invite->msg.cseq);
	assert_true(addr_eq(&cancel->to, &invite->to));
	flow_reply(&f, cancel, 200, "p", NULL, NULL);
	flow_reply(&f, invite, 487, "b", NULL, NULL);
	expect_ack_of(invite, "b");
	flow_end(&f);
}

static void test_no_answer_called(void **state)
{
	const struct flow_msg *ok;

	UNUSED(state);
	offered(VIAS, SDP);
	rung(VIAS);
	flow_caller_cancel(&c, VIAS);
	ok = flow_expect(&f, "200");
	assert_true(flow_has(ok, VIAS));
	flow_assert_lines(ok, "SIP/2.0 200 OK\nTo: <sip:100@10.0.0.1>;tag=<any>\nCSeq: 1 CANCEL\n");
	responded("487", "Request Terminated", VIAS);
	flow_fact(&f, "ended 127 0");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* ---- 3.9 to 3.11: busy, no response, temporarily unavailable ---- */

static void test_refused_caller(void **state)
{
	static const struct {
		unsigned code;
		bool has_rung;
		const char *fact;
	} rows[] = {
		{486, false, "ended 17 486"},
		{480, false, "ended 19 480"}, /* 3.10: the proxy had no word from Bob */
		{480, true, "ended 19 480"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite = dialled(NULL, NULL);

		flow_reply(&f, invite, 100, NULL, NULL, NULL);
		if (rows[i].has_rung) {
			flow_reply(&f, invite, 180, "b", RECORDED BOB, NULL);
			flow_fact(&f, "ringing");
		}
		flow_reply(&f, invite, rows[i].code, "b", NULL, NULL);
		expect_ack_of(invite, "b");
		flow_fact(&f, rows[i].fact);
		flow_end(&f);
	}
}

static void test_refused_called(void **state)
{
	static const struct {
		int cause;
		bool has_rung;
		const char *status, *phrase;
	} rows[] = {
		{CAUSE_BUSY, false, "486", "Busy Here"},
		{CAUSE_NO_ANSWER, true, "480", "Temporarily Unavailable"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;

		offered(VIAS, SDP);
		if (rows[i].has_rung)
			rung(VIAS);
		flow_hangup(&f, rows[i].cause);
		m = responded(rows[i].status, rows[i].phrase, VIAS);
		assert_false(sip_msg_has(&m->msg, SIP_HDR_CONTACT));
		/* 3.9: sent again until its ACK */
		assert_string_equal(flow_expect(&f, rows[i].status)->text, m->text);
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_caller),
		cmocka_unit_test(test_session_called),
		cmocka_unit_test(test_two_proxies_caller),
		cmocka_unit_test(test_two_proxies_called),
		cmocka_unit_test(test_alg_caller),
		cmocka_unit_test(test_both_ask_caller),
		cmocka_unit_test(test_proxy_fails_caller),
		cmocka_unit_test(test_redirected_caller),
		cmocka_unit_test(test_redirecting_called),
		cmocka_unit_test(test_offer_in_200_called),
		cmocka_unit_test(test_reinvite_caller),
		cmocka_unit_test(test_reinvite_called),
		cmocka_unit_test(test_no_answer_caller),
		cmocka_unit_test(test_no_answer_called),
		cmocka_unit_test(test_refused_caller),
		cmocka_unit_test(test_refused_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
