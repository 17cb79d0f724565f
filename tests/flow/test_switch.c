/* tests/flow/test_switch.c - requests that are too large for UDP go by TCP (RFC 3261 18.1.1), and
 * requests of a call follow its target to another transport (12.2.1.1). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SWITCH "[system]\ntype=system\ndisable_tcp_switch=no\n"
#define FACT   "answered 10.0.0.9:7000 ulaw/0 ev255 dir0"

/* A Request-URI with so many octets more than it needs: 460 make the INVITE larger than 1300. */
static const char *long_uri(int octets)
{
	static char text[512];

	snprintf(text, sizeof(text), "trunk/sip:100@10.0.0.9:5060;x=%0*d", octets, 0);
	return text;
}

static const char *large_uri(void)
{
	return long_uri(460);
}

/* Off, as Asterisk has it: by UDP, whatever the size. */
static void test_off(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, NULL, NULL);
	flow_dial(&f, large_uri());
	m = flow_expect(&f, "INVITE");
	assert_true(m->len > 1300);
	flow_assert_via(m, "UDP");
	flow_reply(&f, m, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	assert_int_equal(flow_far_count(&f).accepted, 0);
	flow_end(&f);
}

/* The INVITE and a MESSAGE go by TCP, its CANCEL too; what is small stays with UDP. */
static void test_large(void **state)
{
	static char text[1200];
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	memset(text, 'x', sizeof(text) - 1);
	for (uint32_t shard = 0; shard < 2; shard++) {
		flow_start_far(&f, "both", 2, NULL, SWITCH);
		flow_use_shard(&f, shard);
		flow_dial(&f, large_uri());
		invite = flow_expect(&f, "INVITE");
		assert_true(invite->len > 1300);
		flow_assert_via(invite, "TCP");
		assert_string_equal(flow_header(invite, "Contact"), "<sip:asterisk@10.0.0.1:5060>");
		flow_expect_silence(&f, 20 * SIM_SECOND); /* nothing is sent again */
		flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
		flow_assert_via(flow_expect(&f, "ACK"), "UDP");
		flow_fact(&f, FACT);
		flow_send_text(&f, NULL, text);
		assert_int_equal(f.number, 0);
		m = flow_expect(&f, "MESSAGE");
		flow_assert_via(m, "TCP");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_assert_via(m, "UDP");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_widened), 2);
		flow_end(&f);
	}
}

static void test_cancel(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, NULL, SWITCH);
	flow_dial(&f, large_uri());
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "CANCEL");
	assert_string_equal(flow_header(m, "Via"), flow_header(invite, "Via"));
	flow_reply(&f, m, 200, "t", NULL, NULL);
	flow_reply(&f, invite, 487, "t", NULL, NULL);
	m = flow_expect(&f, "ACK");
	assert_string_equal(flow_header(m, "Via"), flow_header(invite, "Via"));
	assert_int_equal(flow_far_count(&f).accepted, 1);
	flow_end(&f);
}

/* Challenged: the second INVITE is judged anew. */
static void test_challenge(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, "outbound_auth=me\n",
		       SWITCH "[me]\ntype=auth\nusername=u\npassword=p\n");
	flow_dial(&f, long_uri(250));
	invite = flow_expect(&f, "INVITE");
	assert_true(invite->len <= 1300);
	flow_assert_via(invite, "UDP");
	flow_reply(&f, invite, 401, "t",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n0123456789\", qop=\"auth\"\r\n",
		   NULL);
	flow_expect(&f, "ACK");
	invite = flow_expect(&f, "INVITE");
	assert_true(invite->len > 1300);
	flow_assert_via(invite, "TCP");
	flow_reply(&f, invite, 486, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_end(&f);
}

/* No TCP there: the same request by UDP, with its copies; and the next one by UDP at once. */
static void test_refused(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		flow_start_far(&f, "both", 2, NULL, SWITCH);
		flow_use_shard(&f, shard);
		flow_far_deaf(&f);
		flow_dial(&f, large_uri());
		m = flow_expect(&f, "INVITE");
		flow_assert_via(m, "UDP");
		m = flow_expect(&f, "INVITE"); /* timer A */
		flow_assert_via(m, "UDP");
		flow_reply(&f, m, 486, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 17 486");
		flow_dial(&f, large_uri());
		flow_reply(&f, flow_expect(&f, "INVITE"), 486, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 17 486");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_widened), 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_narrowed), 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_conn_opened), 1);
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_down), 0);
		flow_end(&f);
	}
}

/* It was there and breaks: the request may have arrived, it is not sent by UDP. */
static void test_lost(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 2, NULL, SWITCH);
	flow_use_shard(&f, 1);
	flow_dial(&f, large_uri());
	flow_expect(&f, "INVITE");
	flow_far_close(&f);
	flow_fact(&f, "ended 34 503");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_narrowed), 0);
	flow_end(&f);
}

/* Contact names another transport: ACK and BYE go by it. */
static void test_target(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (uint32_t shard = 0; shard < 2; shard++) {
		flow_start_far(&f, "both", 2, NULL, NULL);
		flow_use_shard(&f, shard);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_assert_via(m, "UDP");
		flow_reply(&f, m, 200, "t", "Contact: <sip:far@10.0.0.9:5060;transport=tcp>\r\n",
			   flow_sdp(7000, "0", "sendrecv"));
		m = flow_expect(&f, "ACK");
		flow_assert_via(m, "TCP");
		flow_fact(&f, FACT);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_assert_via(m, "TCP");
		flow_reply(&f, m, 200, "t", NULL, NULL);
		assert_int_equal(flow_far_count(&f).accepted, 1);
		flow_end(&f);
	}
}

/* A text that is challenged there goes again by the same way. */
static void test_target_challenge(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, "outbound_auth=acct",
		       "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=x\n");
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_assert_via(m, "UDP");
	flow_reply(&f, m, 200, "t", "Contact: <sip:far@10.0.0.9:5060;transport=tcp>\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_assert_via(flow_expect(&f, "ACK"), "TCP");
	flow_fact(&f, FACT);
	flow_send_text(&f, NULL, "hello");
	m = flow_expect(&f, "MESSAGE");
	flow_assert_via(m, "TCP");
	flow_reply(&f, m, 401, NULL, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", NULL);
	m = flow_expect(&f, "MESSAGE");
	flow_assert_via(m, "TCP");
	assert_true(sip_msg_has(&m->msg, SIP_HDR_AUTHORIZATION));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_bye(&f, 16);
	flow_end(&f);
}

/* A re-INVITE moves the target to TCP and, with the next one, back to UDP (12.2.2). */
static void test_target_refresh(void **state)
{
	static const char *const contacts[] = {
		"Contact: <sip:far@10.0.0.9:5060;transport=tcp>\r\n",
		"Contact: <sip:far@10.0.0.9:5060;transport=udp>\r\n"};
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "t", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_assert_via(flow_expect(&f, "ACK"), "UDP");
	flow_fact(&f, FACT);
	for (unsigned i = 0; i < 2; i++) {
		flow_request(&f, invite, "UPDATE", 7 + i, "t", contacts[i], NULL);
		flow_expect(&f, "200");
		flow_send_text(&f, NULL, "hello");
		m = flow_expect(&f, "MESSAGE");
		flow_assert_via(m, i ? "UDP" : "TCP");
		flow_reply(&f, m, 200, "t", NULL, NULL);
	}
	flow_bye(&f, 16);
	flow_end(&f);
}

/* With rewrite_contact the target is the source, whatever its parameters say. */
static void test_target_rewritten(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_far(&f, "both", 1, "rewrite_contact=yes\n", NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 200, "t", "Contact: <sip:far@192.0.2.1:5060;transport=tcp>\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_assert_via(flow_expect(&f, "ACK"), "UDP");
	flow_fact(&f, FACT);
	flow_bye(&f, 16);
	flow_end(&f);
}

/* An INVITE that replaces a call goes to that call's shard; so does its CANCEL, which does not say
 * so, over TCP and from another port over UDP. */
static void test_cancel_of_replacement(void **state)
{
	static const char *const protocols[] = {NULL, "tcp"};
	const struct flow_msg *invite, *m;
	struct flow_caller c;
	char line[256];
	struct flow f;

	UNUSED(state);
	for (uint32_t n = 0; n < 6; n++) {
		uint32_t shard = n % 3;

		if (n < 3)
			flow_start_shards(&f, 3, 16);
		else
			flow_start_far(&f, protocols[1], 3, NULL,
				       "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n");
		flow_reload(&f, NULL, "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n");
		flow_use_shard(&f, shard);
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
		flow_caller_cancel(&c, NULL);
		m = flow_expect(&f, "200");
		assert_string_equal(flow_header(m, "CSeq"), "1 CANCEL");
		flow_caller_ack(&c, NULL);
		flow_hangup(&f, 16);
		m = flow_expect(&f, "BYE");
		flow_reply(&f, m, 200, NULL, NULL, NULL);
		flow_end(&f);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_target_challenge),
		cmocka_unit_test(test_target_refresh),
		cmocka_unit_test(test_target_rewritten),
		cmocka_unit_test(test_cancel_of_replacement),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
