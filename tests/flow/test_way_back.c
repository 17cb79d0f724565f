/* tests/flow/test_way_back.c - where our responses go, with and without force_rport (RFC 3261
 * 18.2.2, RFC 3581 4). The far end sends from a port at which it does not listen, as old gateways
 * do. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")

static const struct addr source = {.family = 4, .port = 40000, .ip = {10, 0, 0, 9}};
static const struct addr stranger = {.family = 4, .port = 40000, .ip = {10, 0, 0, 8}};

static struct flow f;
static struct flow_caller c;

/* The caller's Via, and the trunk's option. */
static void start(const char *endpoint, const char *via)
{
	flow_start(&f, endpoint, FLOW_PEER);
	flow_caller_init(&c, &f);
	c.source = &source;
	c.via = via;
}

/* The next message is this one and goes there. */
static const struct flow_msg *expect_to(const char *what, const char *addr)
{
	const struct flow_msg *m = flow_expect(&f, what);

	flow_assert_to(m, addr);
	return m;
}

/* A whole call: the 200 is repeated to the port of sent-by too, and the answer to a re-INVITE goes
 * there; what asks for its source by rport gets it. Our own BYE goes to the Contact as ever. */
static void test_answered(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("force_rport=no", "10.0.0.9:5070");
	flow_caller_invite(&c, NULL, SDP);
	m = expect_to("100", "10.0.0.9:5070");
	assert_true(flow_has(m, "\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;branch="));
	flow_fact(&f, "offer 100@10.0.0.1 \"Ann\" <1000>");
	flow_indicate(&f, TECH_RINGING);
	m = expect_to("180", "10.0.0.9:5070");
	assert_true(flow_has(m, "\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;branch="));
	assert_int_equal(flow_answer(&f), 0);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_assert_to(flow_caller_expect(&c, "200"), "10.0.0.9:5070");
	flow_assert_to(flow_caller_expect(&c, "200"), "10.0.0.9:5070");
	flow_caller_ack(&c, NULL);
	flow_caller_invite(&c, NULL, SDP);
	m = expect_to("200", "10.0.0.9:5070");
	assert_true(flow_has(m, "\r\nVia: SIP/2.0/UDP 10.0.0.9:5070;branch="));
	flow_caller_ack(&c, NULL);
	c.via = "10.0.0.9:5070;rport";
	flow_caller_request(&c, "OPTIONS", NULL, NULL);
	expect_to("200", "10.0.0.9:40000");
	flow_hangup(&f, CAUSE_NORMAL);
	flow_reply(&f, expect_to("BYE", "10.0.0.9:5060"), 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* A refusal: repeated, for a copy of the INVITE and by time, until its ACK. */
static void test_refused(void **state)
{
	UNUSED(state);
	start("force_rport=no", "10.0.0.9:5070");
	flow_caller_offer(&c, NULL, SDP);
	flow_caller_again(&c, NULL, NULL, SDP);
	expect_to("100", "10.0.0.9:5070");
	flow_hangup(&f, CAUSE_BUSY);
	flow_assert_to(flow_caller_expect(&c, "486"), "10.0.0.9:5070");
	expect_to("486", "10.0.0.9:5070");
	c.to_tag[0] = 0;
	flow_caller_again(&c, NULL, NULL, SDP);
	flow_assert_to(flow_caller_expect(&c, "486"), "10.0.0.9:5070");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* Both the CANCEL and the INVITE. */
static void test_cancelled(void **state)
{
	UNUSED(state);
	start("force_rport=no", "10.0.0.9:5070");
	flow_caller_offer(&c, NULL, SDP);
	flow_caller_cancel(&c, NULL);
	expect_to("200", "10.0.0.9:5070");
	flow_assert_to(flow_caller_expect(&c, "487"), "10.0.0.9:5070");
	flow_fact(&f, "ended 127 0");
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

/* What answers one INVITE without a call: 415. */
static void assert_refusal(const char *endpoint, const char *via, const char *addr,
			   const char *written)
{
	const struct flow_msg *m;

	start(endpoint, via);
	flow_caller_invite(&c, "Content-Type: text/plain\r\n", "hello");
	m = expect_to("415", addr);
	if (!flow_has(m, written))
		fail_msg("'%s' is not in\n%s", written, m->text);
	flow_caller_ack_failure(&c);
	flow_end(&f);
}

static void test_port(void **state)
{
	static const struct {
		const char *endpoint, *via, *to, *written;
	} rows[] = {
		{"force_rport=no", "10.0.0.9:5070", "10.0.0.9:5070", "10.0.0.9:5070;branch="},
		{"force_rport=no", "10.0.0.9", "10.0.0.9:5060", "10.0.0.9;branch="},
		{"force_rport=no", "gw.example:5070", "10.0.0.9:5070",
		 "gw.example:5070;received=10.0.0.9;branch="},
		/* It asks for the source itself. */
		{"force_rport=no", "10.0.0.9:5070;rport", "10.0.0.9:40000",
		 "10.0.0.9:5070;rport=40000;received=10.0.0.9;branch="},
		/* Nothing goes to anybody else. */
		{"force_rport=no", "203.0.113.5:5070", "10.0.0.9:5070",
		 "203.0.113.5:5070;received=10.0.0.9;branch="},
		{"force_rport=no", "10.0.0.9:5070;maddr=203.0.113.6", "10.0.0.9:5070",
		 "10.0.0.9:5070;branch="},
		{"force_rport=no", "10.0.0.9:5070;received=203.0.113.6", "10.0.0.9:5070",
		 "10.0.0.9:5070;branch="},
		{"force_rport=yes", "10.0.0.9:5070", "10.0.0.9:40000",
		 "10.0.0.9:5070;rport=40000;received=10.0.0.9;branch="},
		{NULL, "10.0.0.9:5070", "10.0.0.9:40000",
		 "10.0.0.9:5070;rport=40000;received=10.0.0.9;branch="},
		{NULL, "203.0.113.5:5070;maddr=203.0.113.6", "10.0.0.9:40000",
		 "203.0.113.5:5070;rport=40000;received=10.0.0.9;branch="},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_refusal(rows[i].endpoint, rows[i].via, rows[i].to, rows[i].written);
}

static void assert_answer(const struct addr *from, const char *method, const char *status,
			  const char *addr)
{
	start("force_rport=no", "10.0.0.9:5070");
	c.source = from;
	flow_caller_request(&c, method, NULL, NULL);
	expect_to(status, addr);
	flow_end(&f);
}

/* Requests for which no call is made are told apart as well; who is nobody's endpoint is answered
 * at the source. */
static void test_outside(void **state)
{
	static const char *const rows[][2] = {
		{"OPTIONS", "200"}, {"BYE", "481"}, {"SUBSCRIBE", "489"}, {"PAINT", "501"}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		assert_answer(&source, rows[i][0], rows[i][1], "10.0.0.9:5070");
		assert_answer(&stranger, rows[i][0], rows[i][1], "10.0.0.8:40000");
	}
	assert_answer(&stranger, "INVITE", "401", "10.0.0.8:40000");
}

/* The 401 is sent at once, the 200 when control has said yes; the endpoint is told by its user. */
static void test_register(void **state)
{
	static const char phones[] = "[open]\ntype=endpoint\naors=open\nforce_rport=no\n"
				     "[open]\ntype=aor\nmax_contacts=1\n"
				     "[shut]\ntype=endpoint\nauth=shut\nforce_rport=no\n"
				     "[shut]\ntype=auth\nusername=shut\npassword=secret\n"
				     "[nat]\ntype=endpoint\naors=nat\n"
				     "[nat]\ntype=aor\nmax_contacts=1\n";
	static const struct {
		const char *user, *status, *to, *via;
	} rows[] = {
		{"sip:open@10.0.0.1", "200", "10.0.0.9:5070", " 10.0.0.9:5070;branch="},
		{"sip:shut@10.0.0.1", "401", "10.0.0.9:5070", " 10.0.0.9:5070;branch="},
		{"sip:nat@10.0.0.1", "200", "10.0.0.9:40000", " 10.0.0.9:5070;rport=40000;"},
		{"sip:none@10.0.0.1", "401", "10.0.0.9:40000", " 10.0.0.9:5070;rport=40000;"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		char from[64];

		flow_start_center(&f, 1, NULL, phones);
		flow_caller_init(&c, &f);
		snprintf(from, sizeof(from), "<%s>", rows[i].user);
		c.from = from;
		c.to = rows[i].user;
		c.source = &source;
		c.via = "10.0.0.9:5070";
		flow_caller_request(&c, "REGISTER", "Contact: <sip:a@10.0.0.9:5070>\r\n", NULL);
		m = expect_to(rows[i].status, rows[i].to);
		assert_true(flow_has(m, rows[i].via));
		flow_abandon(&f);
	}
}

/* In the dialog of a call that we placed, its endpoint decides, also after a reload. */
static void test_placed(void **state)
{
	static const char fmt[] =
		"%s sip:asterisk@10.0.0.1:5060 SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 10.0.0.9:5070;branch=z9hG4bKp%u\r\nFrom: %s;tag=far1\r\n"
		"To: %s\r\nCall-ID: %.*s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
		"Content-Length: 0\r\n\r\n";
	static const char *const methods[] = {"OPTIONS", "BYE"};
	const struct flow_msg *invite;
	char text[2048];

	UNUSED(state);
	flow_start(&f, "force_rport=no", NULL);
	invite = flow_answered_call(&f);
	flow_reload(&f, "force_rport=yes", NULL);
	for (unsigned i = 0; i < ARRAY_COUNT(methods); i++) {
		snprintf(text, sizeof(text), fmt, methods[i], i, flow_header(invite, "To"),
			 flow_header(invite, "From"), SLICE_ARG(invite->msg.call_id), 7 + i,
			 methods[i]);
		sim_net_inject(f.w, &source, &flow_engine, text, strlen(text));
		expect_to("200", "10.0.0.9:5070");
	}
	flow_fact(&f, "ended 16 0");
	flow_end(&f);
}

/* Over a connection the way back is the connection; only the Via shows what is asked for. */
static void test_connection(void **state)
{
	static const char *const rows[][2] = {
		{"force_rport=no", "\r\nVia: SIP/2.0/tcp 10.0.0.9:5070;branch="},
		{"force_rport=yes", "\r\nVia: SIP/2.0/tcp 10.0.0.9:5070;rport="}};
	const struct flow_msg *m;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start_far(&f, "tcp", 1, rows[i][0], FLOW_PEER);
		flow_far_call(&f);
		flow_caller_init(&c, &f);
		c.via = "10.0.0.9:5070";
		flow_caller_request(&c, "OPTIONS", NULL, NULL);
		m = flow_expect(&f, "200");
		if (!flow_has(m, rows[i][1]))
			fail_msg("'%s' is not in\n%s", rows[i][1], m->text);
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answered),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cancelled), cmocka_unit_test(test_port),
		cmocka_unit_test(test_outside),	  cmocka_unit_test(test_placed),
		cmocka_unit_test(test_register),  cmocka_unit_test(test_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
