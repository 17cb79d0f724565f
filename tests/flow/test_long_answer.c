/* tests/flow/test_long_answer.c - what each request in a dialog has to repeat is so long that none
 * can be sent: the call ends at once, and the far end hears of it (RFC 3261 12.2.1.1, 21.5.7). */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0", "sendrecv")

/* 16 Record-Route lines and the Contact, in so many octets. */
static const char *routes(unsigned octets)
{
	static char text[16384];
	struct sink out = sink_make(text, sizeof(text) - 1);
	unsigned fill = octets / 16 - 40;

	for (int i = 0; i < 16; i++)
		sink_fmt(&out, "Record-Route: <sip:10.0.0.9;lr;x=%0*d>\r\n", (int)fill, i);
	sink_lit(&out, FLOW_CONTACT);
	return sink_cstr(&out);
}

static const char *contact(unsigned octets)
{
	static char text[16384];

	snprintf(text, sizeof(text), "Contact: <sip:far@10.0.0.9:5060;x=%0*d>\r\n", (int)octets, 0);
	return text;
}

static unsigned route_count(const struct flow_msg *m)
{
	unsigned count = 0;

	for (const char *at = m->text; (at = strstr(at, "\r\nRoute: ")); at++)
		count++;
	return count;
}

/* ACK and BYE without routes, to that Request-URI; and the ACK again for a copy of the 200. */
static void ended(struct flow *f, const struct flow_msg *invite, const char *tag, const char *lines,
		  const char *ruri)
{
	const struct flow_msg *ack = flow_expect(f, "ACK"), *bye = flow_expect(f, "BYE");

	flow_fact(f, "ended 127 0");
	assert_true(slice_eq(ack->msg.ruri, slice_str(ruri)));
	assert_true(slice_eq(bye->msg.ruri, slice_str(ruri)));
	assert_true(slice_eq(bye->msg.to_tag, slice_str(tag)));
	assert_true(slice_eq(bye->msg.from_tag, invite->msg.from_tag));
	assert_int_equal(route_count(ack) + route_count(bye), 0);
	assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=127");
	assert_true(addr_eq(&bye->to, &flow_peer));
	flow_reply(f, invite, 200, tag, lines, SDP);
	assert_string_equal(flow_expect(f, "ACK")->text, ack->text);
	flow_reply(f, bye, 200, NULL, NULL, NULL);
	assert_int_equal(metric_get(&f->metrics, METRIC_sip_answer_too_long), 1);
	assert_int_equal(metric_get(&f->metrics, METRIC_sip_answer_untold), 0);
	flow_end(f);
}

static void test_ended(void **state)
{
	static const struct {
		unsigned routes, contact; /* octets */
		const char *ruri;
	} rows[] = {
		{7680, 0, "sip:far@10.0.0.9:5060"}, /* fits into a block, and into no request */
		{12000, 0, "sip:far@10.0.0.9:5060"},
		{0, 7400, "sip:10.0.0.9:5060"},
		{0, 9000, "sip:10.0.0.9:5060"},
	};
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const char *lines =
			rows[i].routes ? routes(rows[i].routes) : contact(rows[i].contact);

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 200, "far1", lines, SDP);
		ended(&f, invite, "far1", lines, rows[i].ruri);
	}
}

/* A call with credentials has less room: the BYE may have to carry two of them. */
static void test_room(void **state)
{
	static const char auth[] = "[acct]\ntype=auth\nusername=joe\npassword=secret\n";
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", routes(6600), SDP);
	assert_int_equal(route_count(flow_expect(&f, "ACK")), 16);
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_int_equal(route_count(m), 16);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);

	flow_start(&f, "outbound_auth=acct", auth);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", routes(6600), SDP);
	ended(&f, invite, "far1", routes(6600), "sip:far@10.0.0.9:5060");
}

/* A Contact in which the source takes the place of the host has as much room as any other. */
static void test_room_of_rewritten(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow_caller c;
	char uri[2048];
	struct flow f;

	UNUSED(state);
	flow_start(&f, "rewrite_contact=yes", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", contact(1500), SDP);
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_request(&f, invite, "UPDATE", 20, "far1", contact(1600), NULL);
	flow_expect(&f, "200");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_in_range(m->msg.ruri.len, 1600, 1650);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);

	flow_start(&f, "rewrite_contact=yes", FLOW_PEER);
	flow_caller_init(&c, &f);
	snprintf(uri, sizeof(uri), "sip:ann@10.0.0.9:5060;x=%0*u", 1500, 0U);
	c.contact = uri;
	flow_caller_talk(&c);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_in_range(m->msg.ruri.len, 1500, 1550);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* The way of the early dialog is known to be one. */
static void test_early(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "far1", "Record-Route: <sip:10.0.0.9;lr>\r\n" FLOW_CONTACT,
		   NULL);
	flow_fact(&f, "ringing");
	flow_reply(&f, invite, 200, "far1", routes(9000), SDP);
	m = flow_expect(&f, "ACK");
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9;lr>");
	m = flow_expect(&f, "BYE");
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9;lr>");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
	flow_fact(&f, "ended 127 0");
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Nobody waits for it any more: it ends the same way. */
static void test_late(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_hangup(&f, 16);
	flow_reply(&f, invite, 200, "far1", routes(7680), SDP);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "BYE");
	assert_int_equal(route_count(m), 0);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Another fork that answers too, with a way that is too long. */
static void test_fork(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_reply(&f, invite, 200, "far2", routes(7680), SDP);
	m = flow_expect(&f, "ACK");
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("far2")));
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("far2")));
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
	assert_int_equal(route_count(m), 0);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("far1")));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Without its tag there is no dialog, and with it no message: that is counted, and the call over.
 */
static void test_untold(void **state)
{
	static char tag[8400];
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	memset(tag, 't', sizeof(tag) - 1);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, tag, FLOW_CONTACT, SDP);
	flow_expect_silence(&f, SIM_SECOND);
	flow_fact(&f, "ended 127 0");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_answer_untold), 1);
	flow_end(&f);
}

/* ---- towards us ---- */

static void test_incoming(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	for (unsigned octets = 7400; octets < 9000; octets += 800) {
		char uri[16384];

		flow_caller_init(&c, &f);
		snprintf(uri, sizeof(uri), "sip:ann@10.0.0.9:5060;x=%0*u", (int)octets, 0U);
		c.contact = uri;
		flow_caller_invite(&c, NULL, SDP);
		flow_caller_expect(&c, "513");
		flow_caller_ack_failure(&c);
		flow_no_fact(&f);
	}
	flow_end(&f);
}

/* A target to which no request could be sent is refused, and the one before serves. */
static void test_new_target(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request_branch(&f, invite, "INVITE", 20, "far1", "z9hG4bKr", contact(7400),
			    "application/sdp", flow_sdp(7002, "0", "sendonly"));
	flow_expect(&f, "513");
	flow_request_branch(&f, invite, "ACK", 20, "far1", "z9hG4bKr", NULL, NULL, NULL);
	flow_request(&f, invite, "UPDATE", 21, "far1", contact(7400), NULL);
	flow_expect(&f, "513");
	flow_no_fact(&f);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* The same in the 200 to a refresh of ours. */
static void test_new_target_of_refresh(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "timers_sess_expires=120", NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1",
		   "Session-Expires: 120;refresher=uac\r\nRequire: timer\r\nAllow: "
		   "UPDATE\r\n" FLOW_CONTACT,
		   SDP);
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	m = flow_expect(&f, "UPDATE");
	flow_reply(&f, m, 200, NULL, contact(7400), NULL);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_room_of_rewritten),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_untold),
		cmocka_unit_test(test_incoming),
		cmocka_unit_test(test_new_target),
		cmocka_unit_test(test_new_target_of_refresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
