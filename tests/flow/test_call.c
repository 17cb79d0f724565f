/* tests/flow/test_call.c - calls that are answered, refused and ended (RFC 3665 3.1, 3.8, 3.9; RFC
 * 5407). */
#include "tests/flow/flow.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>

/* ---- the look of our messages (sip.md 5) ---- */

/* The names of the headers, joined by commas. */
static const char *names_of(const struct flow_msg *m)
{
	static char text[1024];
	size_t len = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < m->msg.hdr_count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? "," : "",
					SLICE_ARG(sip_hdr_line_name(&m->msg, &m->msg.headers[i])));
	return text;
}

static void test_look(void **state)
{
	const struct flow_msg *m, *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, "outbound_proxy=sip:10.0.0.9:5070\\;lr\nsend_pai=yes\nsend_rpid=yes", NULL);
	f.diversion = (struct tech_diversion){.num = SLICE_LIT("555"), .reason = SLICE_LIT("cfb")};
	flow_dial(&f, "100@trunk");
	invite = m = flow_expect(&f, "INVITE");
	assert_string_equal(
		names_of(m),
		"Via,From,To,Contact,Call-ID,CSeq,Route,Allow,Supported,Session-Expires,"
		"Min-SE,P-Asserted-Identity,Remote-Party-ID,Diversion,X-Campaign,Max-Forwards,"
		"User-Agent,Content-Type,Content-Length");
	assert_int_equal(m->to.port, 5070);
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:100@10.0.0.9:5060")));
	assert_string_equal(flow_header(m, "To"), "<sip:100@10.0.0.9>");
	assert_string_equal(flow_header(m, "Contact"), "<sip:asterisk@10.0.0.1:5060>");
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5070;lr>");
	assert_string_equal(flow_header(m, "Session-Expires"), "1800");
	assert_string_equal(flow_header(m, "Min-SE"), "90");
	assert_string_equal(flow_header(m, "P-Asserted-Identity"), "\"Ann\" <sip:1000@10.0.0.1>");
	assert_string_equal(flow_header(m, "Remote-Party-ID"),
			    "\"Ann\" <sip:1000@10.0.0.1>;party=calling;privacy=off;screen=no");
	assert_true(strncmp(flow_header(m, "From"), "\"Ann\" <sip:1000@10.0.0.1>;tag=", 30) == 0);
	assert_true(strncmp(flow_header(m, "Via"),
			    "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKPj", 48) == 0);
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_hangup(&f, 19);
	m = flow_expect(&f, "CANCEL");
	assert_string_equal(names_of(m), "Via,From,To,Call-ID,CSeq,Route,Reason,Max-Forwards,"
					 "User-Agent,Content-Length");
	assert_string_equal(flow_header(m, "Reason"), "Q.850;cause=19");
	assert_true(slice_eq(m->msg.via.branch, invite->msg.via.branch));
	assert_string_equal(flow_header(m, "To"), flow_header(invite, "To"));
	assert_int_equal(m->msg.cseq, invite->msg.cseq);
	flow_reply(&f, m, 200, "t", NULL, NULL);
	flow_reply(&f, invite, 487, "t", NULL, NULL);
	m = flow_expect(&f, "ACK");
	assert_true(slice_eq(m->msg.via.branch, invite->msg.via.branch));
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("t")));
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5070;lr>");
	flow_end(&f);
}

/* After a challenge: the same lines, and the credentials behind them, before the body's. */
static void test_credentials_last(void **state)
{
	static const struct {
		unsigned code;
		const char *challenge, *name;
	} rows[] = {
		{401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", "Authorization"},
		{407, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		 "Proxy-Authorization"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		char names[1024];
		struct flow f;

		flow_start(&f, "outbound_auth=acct",
			   "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=x\n");
		flow_dial(&f, "100@trunk");
		flow_reply(&f, flow_expect(&f, "INVITE"), rows[i].code, "c", rows[i].challenge,
			   NULL);
		flow_expect(&f, "ACK");
		m = flow_expect(&f, "INVITE");
		snprintf(names, sizeof(names),
			 "Via,From,To,Contact,Call-ID,CSeq,Allow,Supported,Session-Expires,Min-SE,"
			 "X-Campaign,Max-Forwards,User-Agent,%s,Content-Type,Content-Length",
			 rows[i].name);
		assert_string_equal(names_of(m), names);
		flow_reply(&f, m, 486, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 17 486");
		flow_end(&f);
	}
}

static void test_anonymous(void **state)
{
	static const struct {
		const char *options, *from;
	} rows[] = {
		{"callerid_privacy=prohib", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="},
		{"from_user=acct", "<sip:acct@10.0.0.1>;tag="},
		{"from_domain=example.com", "\"Ann\" <sip:1000@example.com>;tag="},
		{"from_user=acct\nfrom_domain=example.com", "<sip:acct@example.com>;tag="},
		{"callerid=", "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag="},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		struct flow f;

		flow_start(&f, rows[i].options, NULL);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		if (strncmp(flow_header(m, "From"), rows[i].from, strlen(rows[i].from)) != 0)
			fail_msg("%s: %s", rows[i].options, flow_header(m, "From"));
		flow_reply(&f, m, 404, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 1 404");
		flow_end(&f);
	}
}

/* ---- what the answer says ---- */

static void expect_response(const struct flow *f, const char *want)
{
	struct slice got = f->call ? f->tech.ops->response(f->call) : SLICE_EMPTY;
	char text[2 * LIMIT_SIP_OUT];

	slice_copy(text, sizeof(text), got);
	if (!strstr(text, want) || (!want[0] && text[0]))
		fail_msg("'%s' has no '%s'", text, want);
}

/* The headers of the 200 that answers, each a line under its long name; not those of what comes
 * before and after, and not the body. */
static void test_response_headers(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	expect_response(&f, "");
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT "X-Route: early\r\n", NULL);
	flow_fact(&f, "ringing");
	expect_response(&f, "");
	flow_reply(&f, invite, 200, "far1",
		   "m: <sip:far@10.0.0.9:5060>\r\nX-Route: a\r\n  folded\r\nX-Route:b\r\n",
		   flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	expect_response(&f, "\nContact: <sip:far@10.0.0.9:5060>\nX-Route: a folded\nX-Route: b\n");
	expect_response(&f, "\nContent-Type: application/sdp\n");
	assert_int_equal(slice_find_text(f.tech.ops->response(f.call), SLICE_LIT("m=audio")),
			 SIZE_MAX);
	flow_request(&f, invite, "INVITE", 9, "far1", FLOW_CONTACT "X-Route: c\r\n",
		     flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_request(&f, invite, "ACK", 9, "far1", NULL, NULL);
	expect_response(&f, "\nX-Route: a folded\nX-Route: b\n");
	flow_bye(&f, 16);
	flow_end(&f);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_response_cut), 0);
}

/* More than is kept: the lines that fit, whole. Another 2xx than 200 is not kept, as in Asterisk.
 */
static void test_response_bounds(void **state)
{
	const struct flow_msg *invite;
	char extra[LIMIT_SIP_OUT + 200];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	snprintf(extra, sizeof(extra), FLOW_CONTACT "X-A: 1\r\nX-B: %07900d\r\nX-C: 3\r\n", 0);
	flow_reply(&f, invite, 200, "far1", extra, flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	expect_response(&f, "\nX-A: 1\n");
	assert_true(slice_ends(f.tech.ops->response(f.call), SLICE_LIT("\nX-A: 1\n")));
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_response_cut), 1);
	flow_bye(&f, 16);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 202, "far1", FLOW_CONTACT, flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	expect_response(&f, "");
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- answered ---- */

static void test_answer_and_their_bye(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	flow_no_fact(&f);
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	flow_no_fact(&f); /* once per change */
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0 101", "sendrecv"));
	m = flow_expect(&f, "ACK");
	assert_string_equal(names_of(m),
			    "Via,From,To,Call-ID,CSeq,Max-Forwards,User-Agent,Content-Length");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:far@10.0.0.9:5060")));
	assert_int_equal(m->msg.cseq, invite->msg.cseq);
	assert_false(slice_eq(m->msg.via.branch, invite->msg.via.branch));
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev101 dir0");
	flow_request_branch(&f, invite, "BYE", 5, "far1", "z9hG4bKbye",
			    "Reason: SIP;cause=503, Q.850;cause=38\r\n", "", NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 38 0");
	/* a copy gets the same answer, though the call is gone */
	flow_request_branch(&f, invite, "BYE", 5, "far1", "z9hG4bKbye", NULL, "", NULL);
	flow_expect(&f, "200");
	/* another request for it does not */
	flow_request(&f, invite, "OPTIONS", 6, "far1", NULL, NULL);
	flow_expect(&f, "481");
	flow_end(&f);
}

static void test_our_bye(void **state)
{
	const struct flow_msg *invite, *bye;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_hangup(&f, 16);
	bye = flow_expect(&f, "BYE");
	assert_string_equal(
		names_of(bye),
		"Via,From,To,Call-ID,CSeq,Reason,Max-Forwards,User-Agent,Content-Length");
	assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=16");
	assert_int_equal(bye->msg.cseq, invite->msg.cseq + 1);
	assert_true(slice_eq(bye->msg.to_tag, SLICE_LIT("far1")));
	flow_expect(&f, "BYE"); /* again after T1 */
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* RFC 3665 3.8-ish: both hang up at once. */
static void test_bye_crosses_bye(void **state)
{
	const struct flow_msg *invite, *bye;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_hangup(&f, 16);
	bye = flow_expect(&f, "BYE");
	flow_request(&f, invite, "BYE", 9, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* A BYE that nobody answers: 11 sends, then everything is free all the same. */
static void test_bye_unanswered(void **state)
{
	static const int64_t at_ms[] = {0,     500,   1500,  3500,  7500, 11500,
					15500, 19500, 23500, 27500, 31500};
	struct flow f;
	int64_t start;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_answered_call(&f);
	flow_hangup(&f, 16);
	start = f.msgs[f.msg_count - 1]->at;
	for (size_t i = 0; i < ARRAY_COUNT(at_ms); i++)
		assert_int_equal((flow_expect(&f, "BYE")->at - start) / SIM_MS, at_ms[i]);
	flow_end(&f);
}

/* Each copy of the 2xx gets the same bytes, for 64*T1, also when the call is long over. */
static void test_ack_copies(void **state)
{
	const struct flow_msg *invite, *ack, *again;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	ack = flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_request(&f, invite, "BYE", 5, "far1", NULL, NULL);
	flow_expect(&f, "200");
	flow_fact(&f, "ended 16 0");
	flow_run(&f, 20 * SIM_SECOND);
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	again = flow_expect(&f, "ACK");
	assert_int_equal(again->len, ack->len);
	assert_memory_equal(again->text, ack->text, ack->len);
	flow_run(&f, 13 * SIM_SECOND);
	/* 64*T1 are over, nothing remembers it: whoever still answers is ended */
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	assert_true(slice_eq(flow_expect(&f, "ACK")->msg.to_tag, SLICE_LIT("far1")));
	flow_reply(&f, flow_expect(&f, "BYE"), 481, NULL, NULL, NULL);
	flow_end(&f);
}

/* ... but never a call that lives. */
static void test_late_copy_of_living(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_run(&f, 40 * SIM_SECOND);
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect_silence(&f, 5 * SIM_SECOND);
	flow_bye(&f, 16);
	flow_end(&f);
}

/* No Contact in the 2xx: back to where it came from. */
static void test_answer_without_contact(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", NULL, flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "ACK");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:10.0.0.9:5060")));
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_hangup(&f, 0);
	m = flow_expect(&f, "BYE");
	assert_false(sip_msg_has(&m->msg, SIP_HDR_REASON));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* A 2xx without usable media: answered as far as billing goes, ended at once. */
static void test_answer_without_media(void **state)
{
	const char *bodies[] = {NULL, "v=0\r\ngarbage", flow_sdp(0, "0", "sendrecv")};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(bodies); i++) {
		const struct flow_msg *invite, *bye;
		struct flow f;

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, bodies[i]);
		flow_expect(&f, "ACK");
		bye = flow_expect(&f, "BYE");
		assert_string_equal(flow_header(bye, "Reason"), "Q.850;cause=58");
		flow_fact(&f, "answered none");
		flow_fact(&f, "ended 58 0");
		flow_reply(&f, bye, 200, NULL, NULL, NULL);
		flow_end(&f);
	}
}

/* A 2xx that puts us on hold at once: answered, and then held. */
static void test_answered_on_hold(void **state)
{
	static const struct {
		const char *early, *body; /* description of a 183 (NULL: none), and of the 200 */
		const char *dir;
	} rows[] = {
		{NULL, "sendonly", "dir2"},
		{NULL, "inactive", "dir3"},
		{"sendonly", NULL, "dir2"},
		{"inactive", NULL, "dir3"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite;
		char fact[128];
		struct flow f;

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		if (rows[i].early) {
			flow_reply(&f, invite, 183, "far1", FLOW_CONTACT,
				   flow_sdp(7000, "0", rows[i].early));
			f.fact_taken++;
		}
		flow_reply(&f, invite, 200, "far1", FLOW_CONTACT,
			   rows[i].body ? flow_sdp(7000, "0", rows[i].body) : NULL);
		flow_expect(&f, "ACK");
		snprintf(fact, sizeof(fact), "answered 10.0.0.9:7000 ulaw/0 ev255 %s", rows[i].dir);
		flow_fact(&f, fact);
		snprintf(fact, sizeof(fact), "media 10.0.0.9:7000 ulaw/0 ev255 %s held",
			 rows[i].dir);
		flow_fact(&f, fact);
		/* the same once more is no change */
		flow_request(&f, invite, "UPDATE", 7, "far1", FLOW_CONTACT,
			     flow_sdp(7000, "0", rows[i].early ? rows[i].early : rows[i].body));
		flow_expect(&f, "200");
		flow_no_fact(&f);
		flow_bye(&f, 16);
		flow_end(&f);
	}
}

/* ---- routes ---- */

static void test_routes(void **state)
{
	static const char record[] =
		"Record-Route: <sip:10.0.0.9:5081;lr>\r\nRecord-Route: <sip:10.0.0.9:5080;lr>\r\n";
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1", "Contact: <sip:b@192.0.2.9>\r\n", NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:b@192.0.2.9")));
	assert_int_equal(m->to.ip[0], 192);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_fact(&f, "answered none");
	flow_fact(&f, "ended 58 0");
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	{
		char extra[512];

		snprintf(extra, sizeof(extra), "%s%s", record, "Contact: <sip:b@192.0.2.9>\r\n");
		flow_reply(&f, invite, 200, "far1", extra, flow_sdp(7000, "0", "sendrecv"));
	}
	m = flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:b@192.0.2.9")));
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5080;lr>");
	assert_int_equal(m->to.port, 5080);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_int_equal(m->to.port, 5080);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

static void test_strict_route(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 200, "far1",
		   "Record-Route: <sip:10.0.0.9:5081;lr>, <sip:10.0.0.9:5080>\r\n"
		   "Contact: <sip:b@192.0.2.9>\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:10.0.0.9:5080")));
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5081;lr>");
	assert_non_null(
		strstr(m->text, "Route: <sip:10.0.0.9:5081;lr>\r\nRoute: <sip:b@192.0.2.9>\r\n"));
	flow_bye(&f, 16);
	flow_end(&f);
}

/* ---- refused ---- */

static void test_refusals(void **state)
{
	static const struct {
		unsigned code;
		const char *extra, *fact;
	} rows[] = {
		{486, NULL, "ended 17 486"},
		{404, NULL, "ended 1 404"},
		{503, "Retry-After: 5\r\n", "ended 34 503"},
		{480, NULL, "ended 19 480"},
		{603, NULL, "ended 21 603"},
		{488, NULL, "ended 58 488"},
		{500, NULL, "ended 38 500"},
		{302, "Contact: <sip:x@10.0.0.8>\r\n", "ended 23 302"},
		{301, "Contact: <sip:x@10.0.0.8>\r\n", "ended 23 301"},
		{302, "Reason: Q.850;cause=17\r\n", "ended 17 302"},
		{401, NULL, "ended 21 401"},
		{503, "Reason: SIP;cause=503;text=\"x, y\", Q.850;cause=38\r\n", "ended 38 503"},
		{480, "Reason: Q.850;cause=17\r\n", "ended 17 480"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite, *ack;
		struct flow f;

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, rows[i].code, "t", rows[i].extra, NULL);
		ack = flow_expect(&f, "ACK");
		assert_true(slice_eq(ack->msg.ruri, invite->msg.ruri));
		flow_fact(&f, rows[i].fact);
		flow_reply(&f, invite, rows[i].code, "t", rows[i].extra, NULL);
		assert_memory_equal(flow_expect(&f, "ACK")->text, ack->text, ack->len);
		flow_end(&f);
	}
}

/* Nobody there: 7 sends, then as 408. */
static void test_no_reply(void **state)
{
	static const int64_t at_ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	for (size_t i = 0; i < ARRAY_COUNT(at_ms); i++)
		assert_int_equal((flow_expect(&f, "INVITE")->at - f.msgs[0]->at) / SIM_MS,
				 at_ms[i]);
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, "ended 18 408");
	flow_end(&f);
}

/* Rings for ever: our own guard ends it. */
static void test_rings_out(void **state)
{
	const struct flow_msg *invite, *cancel;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
	flow_fact(&f, "ringing");
	cancel = flow_expect(&f, "CANCEL");
	assert_true(cancel->at - invite->at > 179 * SIM_SECOND);
	flow_fact(&f, "ended 19 0");
	flow_reply(&f, cancel, 200, "t", NULL, NULL);
	flow_reply(&f, invite, 487, "t", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_end(&f);
}

/* Each provisional response but 100 starts it again (RFC 3261 16.7, timer C). */
static void test_rings_on(void **state)
{
	static const struct {
		unsigned code; /* 100 s later */
		int64_t ends_s;
	} rows[] = {{100, 180}, {180, 280}, {183, 280}, {199, 280}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *invite, *cancel;
		struct flow f;

		flow_start(&f, NULL, NULL);
		flow_dial(&f, "100@trunk");
		invite = flow_expect(&f, "INVITE");
		flow_reply(&f, invite, 180, "t", FLOW_CONTACT, NULL);
		flow_run(&f, 100 * SIM_SECOND);
		flow_reply(&f, invite, rows[i].code, "t", FLOW_CONTACT, NULL);
		cancel = flow_expect(&f, "CANCEL");
		assert_in_range(cancel->at - invite->at, rows[i].ends_s * SIM_SECOND,
				(rows[i].ends_s + 1) * SIM_SECOND);
		f.fact_taken = f.fact_count - 1;
		flow_fact(&f, "ended 19 0");
		flow_reply(&f, cancel, 200, "t", NULL, NULL);
		flow_reply(&f, invite, 487, "t", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_end(&f);
	}
}

static void test_dial_errors(void **state)
{
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL,
		   "[named]\ntype=endpoint\nallow=ulaw\naors=named\n[named]\ntype=aor\n"
		   "contact=sip:host.example.com\n[bare]\ntype=endpoint\n");
	flow_dial(&f, "100@nobody");
	assert_int_equal(f.dial_error, -ENOENT);
	flow_dial(&f, "100@named"); /* no such name: as a bad gateway */
	flow_run(&f, 10 * SIM_MS);
	flow_fact(&f, "ended 27 502");
	flow_dial(&f, "bare");
	assert_int_equal(f.dial_error, -EHOSTUNREACH);
	flow_dial(&f, "trunk/sip:a b");
	assert_int_equal(f.dial_error, -EINVAL);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_credentials_last),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_response_headers),
		cmocka_unit_test(test_response_bounds),
		cmocka_unit_test(test_answer_and_their_bye),
		cmocka_unit_test(test_our_bye),
		cmocka_unit_test(test_bye_crosses_bye),
		cmocka_unit_test(test_bye_unanswered),
		cmocka_unit_test(test_ack_copies),
		cmocka_unit_test(test_late_copy_of_living),
		cmocka_unit_test(test_answer_without_contact),
		cmocka_unit_test(test_answer_without_media),
		cmocka_unit_test(test_answered_on_hold),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_strict_route),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_reply),
		cmocka_unit_test(test_rings_out),
		cmocka_unit_test(test_rings_on),
		cmocka_unit_test(test_dial_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
