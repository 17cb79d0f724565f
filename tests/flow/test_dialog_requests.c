/* tests/flow/test_dialog_requests.c - what the far end may ask in a call, credentials
 * (RFC 3261 14, 22; RFC 3311; RFC 6086). */
#include "tests/flow/flow_caller.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AUTH	     "outbound_auth=acct"
#define AUTH_SECTION "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n"
#define CHALLENGE(more)                                                                            \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"" more "\r\n"

#define DIGEST(algorithm)                                                                          \
	"WWW-Authenticate: Digest realm=\"r\", nonce=\"n-" algorithm "\", qop=\"auth\", "          \
	"algorithm=" algorithm "\r\n"

static void finish(struct flow *f)
{
	flow_bye(f, 16);
	flow_end(f);
}

static void ack_it(struct flow *f, const struct flow_msg *invite, unsigned cseq, const char *body)
{
	flow_request(f, invite, "ACK", cseq, "far1", NULL, body);
}

static unsigned long sdp_version(const struct flow_msg *m)
{
	const char *o = strstr(m->text, "\r\no=- ");
	unsigned long id, version;

	assert_non_null(o);
	assert_int_equal(sscanf(o, "\r\no=- %lu %lu", &id, &version), 2);
	return version;
}

/* ---- re-INVITE ---- */

static void test_hold(void **state)
{
	const struct flow_msg *invite, *m;
	unsigned long version;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	version = sdp_version(invite);
	flow_request(&f, invite, "INVITE", 10, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendonly"));
	m = flow_expect(&f, "200");
	assert_non_null(strstr(m->text, "a=recvonly"));
	assert_true(sip_msg_has(&m->msg, SIP_HDR_CONTACT) && sip_msg_has(&m->msg, SIP_HDR_ALLOW) &&
		    sip_msg_has(&m->msg, SIP_HDR_SUPPORTED) &&
		    sip_msg_has(&m->msg, SIP_HDR_SERVER));
	assert_int_equal(sdp_version(m), version + 1);
	flow_fact(&f, "media 10.0.0.9:7000 ulaw/0 ev101 dir2 held");
	flow_expect(&f, "200"); /* until the ACK */
	ack_it(&f, invite, 10, NULL);
	flow_expect_silence(&f, 10 * SIM_SECOND);
	/* the same again: same version, no fact */
	flow_request(&f, invite, "INVITE", 11, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendonly"));
	m = flow_expect(&f, "200");
	assert_int_equal(sdp_version(m), version + 1);
	ack_it(&f, invite, 11, NULL);
	flow_no_fact(&f);
	/* resumed, elsewhere and with another codec */
	flow_request(&f, invite, "INVITE", 12, "far1", "Contact: <sip:new@10.0.0.9:5090>\r\n",
		     flow_sdp(7100, "8 101", "sendrecv"));
	m = flow_expect(&f, "200");
	assert_non_null(strstr(m->text, "a=sendrecv"));
	assert_int_equal(sdp_version(m), version + 2);
	ack_it(&f, invite, 12, NULL);
	flow_fact(&f, "media 10.0.0.9:7100 alaw/8 ev101 dir0");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:new@10.0.0.9:5090")));
	assert_int_equal(m->to.port, 5090);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* c=0.0.0.0, the old way (RFC 2543). */
static void test_hold_old(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request(&f, invite, "INVITE", 10, "far1", FLOW_CONTACT,
		     "v=0\r\no=far 1 2 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
		     "m=audio 7000 RTP/AVP 0\r\n");
	flow_expect(&f, "200");
	ack_it(&f, invite, 10, NULL);
	assert_int_equal(f.fact_count, f.fact_taken + 1);
	assert_non_null(strstr(f.facts[f.fact_taken++], " held"));
	finish(&f);
}

static void test_offerless(void **state)
{
	const struct flow_msg *invite, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request(&f, invite, "INVITE", 10, "far1", FLOW_CONTACT, NULL);
	m = flow_expect(&f, "200");
	assert_non_null(strstr(m->text, "m=audio 4000 RTP/AVP 0 8 101"));
	assert_int_equal(sdp_version(m), sdp_version(invite)); /* our offer is what it was */
	flow_no_fact(&f);
	ack_it(&f, invite, 10, flow_sdp(7200, "8", "sendrecv"));
	flow_fact(&f, "media 10.0.0.9:7200 alaw/8 ev255 dir0");
	finish(&f);
}

/* Via lines, which each response has to repeat: there is no room for an answer. */
static const char *many_vias(void)
{
	static char text[LIMIT_SIP_OUT];
	struct sink lines = sink_make(text, sizeof(text) - 1);

	sink_lit(&lines, FLOW_CONTACT);
	for (int i = 0; i < 150; i++)
		sink_lit(&lines, "Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother\r\n");
	return sink_cstr(&lines);
}

static void test_reinvite_refused(void **state)
{
	const struct flow_msg *invite, *m;
	char extra[400];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request_branch(&f, invite, "INVITE", 10, "far1", "z9hG4bKa", FLOW_CONTACT,
			    "application/sdp", flow_sdp(7000, "18", "sendrecv"));
	m = flow_expect(&f, "488");
	assert_true(sip_msg_has(&m->msg, SIP_HDR_WARNING));
	flow_request_branch(&f, invite, "ACK", 10, "far1", "z9hG4bKa", NULL, "", NULL);
	flow_no_fact(&f);
	flow_request_branch(&f, invite, "INVITE", 11, "far1", "z9hG4bKb",
			    FLOW_CONTACT "Require: what\r\n", "application/sdp",
			    flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "420");
	assert_string_equal(flow_header(m, "Unsupported"), "what");
	flow_request_branch(&f, invite, "ACK", 11, "far1", "z9hG4bKb", NULL, "", NULL);
	snprintf(extra, sizeof(extra), FLOW_CONTACT "Require: %0300d\r\n",
		 0); /* too long to be named */
	flow_request_branch(&f, invite, "INVITE", 12, "far1", "z9hG4bKl", extra, "application/sdp",
			    flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "420");
	flow_request_branch(&f, invite, "ACK", 12, "far1", "z9hG4bKl", NULL, "", NULL);
	flow_request_branch(&f, invite, "INVITE", 13, "far1", "z9hG4bKv", many_vias(),
			    "application/sdp", flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "513");
	flow_request_branch(&f, invite, "ACK", 13, "far1", "z9hG4bKv", NULL, "", NULL);
	flow_no_fact(&f);
	/* while our offer waits for its answer: 500 with Retry-After */
	flow_request_branch(&f, invite, "INVITE", 14, "far1", "z9hG4bKc", FLOW_CONTACT, "", NULL);
	flow_expect(&f, "200");
	flow_request_branch(&f, invite, "INVITE", 15, "far1", "z9hG4bKd", FLOW_CONTACT,
			    "application/sdp", flow_sdp(7000, "0 101", "sendrecv"));
	m = flow_expect(&f, "500");
	assert_true(sip_msg_has(&m->msg, SIP_HDR_RETRY_AFTER));
	flow_request_branch(&f, invite, "ACK", 15, "far1", "z9hG4bKd", NULL, "", NULL);
	ack_it(&f, invite, 14, flow_sdp(7000, "0 101", "sendrecv"));
	/* the ACK of the last one was lost, but they go on: so do we */
	flow_request(&f, invite, "INVITE", 16, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_request(&f, invite, "INVITE", 17, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	ack_it(&f, invite, 17, NULL);
	flow_expect_silence(&f, 5 * SIM_SECOND);
	/* a CSeq of the past */
	flow_request(&f, invite, "OPTIONS", 5, "far1", NULL, NULL);
	flow_expect(&f, "500");
	finish(&f);
}

/* Nobody acknowledges our 200: it is repeated for 64*T1, then the call ends by BYE. */
static void test_reinvite_no_ack(void **state)
{
	const struct flow_msg *invite, *bye;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request(&f, invite, "INVITE", 10, "far1", FLOW_CONTACT,
		     flow_sdp(7000, "0 101", "sendrecv"));
	for (int i = 0; i < 11; i++)
		flow_expect(&f, "200");
	bye = flow_expect(&f, "BYE");
	flow_fact(&f, "ended 18 0");
	flow_reply(&f, bye, 200, NULL, NULL, NULL);
	flow_end(&f);
}

static void test_cancel_of_answered(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	flow_request_branch(&f, invite, "INVITE", 10, "far1", "z9hG4bKa", FLOW_CONTACT,
			    "application/sdp", flow_sdp(7000, "0 101", "sendrecv"));
	flow_expect(&f, "200");
	flow_request_branch(&f, invite, "CANCEL", 10, "far1", "z9hG4bKa", NULL, "", NULL);
	flow_expect(&f, "200"); /* too late, but answered */
	ack_it(&f, invite, 10, NULL);
	flow_request_branch(&f, invite, "CANCEL", 11, "far1", "z9hG4bKzz", NULL, "", NULL);
	flow_expect(&f, "481");
	finish(&f);
}

/* ---- others ---- */

#define ALLOW	     "\r\nAllow: OPTIONS, NOTIFY, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, REFER\r\n"
#define ALLOW_EVENTS "\r\nAllow-Events: refer\r\n"

/* line: that the response has too. */
static const struct {
	const char *method, *extra, *type, *body, *status, *fact, *line;
} method_rows[] = {
	{"OPTIONS", NULL, "", NULL, "200", NULL, "\r\nAccept: application/sdp"},
	{"INFO", NULL, "", NULL, "200", NULL, NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "200",
	 "dtmf 5 160", NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal= #\nDuration= 90", "200", "dtmf # 90",
	 NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=??\r\n", "200", NULL, NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=11\r\nDuration=250", "200", "dtmf # 250",
	 NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=15\r\n", "200", "dtmf D 100", NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=16\r\n", "200", NULL, NULL},
	{"INFO", NULL, "application/dtmf-relay", "Signal=", "200", NULL, NULL},
	{"INFO", NULL, "application/dtmf", "7", "200", "dtmf 7 100", NULL},
	{"INFO", NULL, "application/dtmf", "10\r\n", "200", "dtmf * 100", NULL},
	{"INFO", NULL, "text/plain", "x", "415", NULL,
	 "\r\nAccept: application/dtmf-relay, application/dtmf\r\n"},
	{"INFO", "Info-Package: foo\r\n", "", NULL, "469", NULL, "\r\nRecv-Info: \r\n"},
	{"NOTIFY", "Event: x\r\n", "", NULL, "489", NULL, ALLOW_EVENTS},
	{"SUBSCRIBE", "Event: x\r\n", "", NULL, "489", NULL, ALLOW_EVENTS},
	{"PUBLISH", "Event: x\r\n", "", NULL, "489", NULL, ALLOW_EVENTS},
	{"MESSAGE", NULL, "text/plain", "hi", "405", NULL, ALLOW},
	{"REGISTER", NULL, "", NULL, "405", NULL, ALLOW},
	{"REFER", NULL, "", NULL, "400", NULL, NULL},
	{"PRACK", "RAck: 1 1 INVITE\r\n", "", NULL, "481", NULL, NULL},
	{"UPDATE", FLOW_CONTACT, "", NULL, "200", NULL, NULL},
	{"FROB", NULL, "", NULL, "501", NULL, ALLOW},
};

static void test_methods(void **state)
{
	const struct flow_msg *invite, *m;
	unsigned cseq = 20;
	char branch[32];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	for (size_t i = 0; i < ARRAY_COUNT(method_rows); i++) {
		snprintf(branch, sizeof(branch), "z9hG4bKm%zu", i);
		flow_request_branch(&f, invite, method_rows[i].method, ++cseq, "far1", branch,
				    method_rows[i].extra, method_rows[i].type, method_rows[i].body);
		m = flow_expect(&f, method_rows[i].status);
		if (method_rows[i].line && !flow_has(m, method_rows[i].line))
			fail_msg("row %zu: no %s in\n%s", i, method_rows[i].line, m->text);
		if (method_rows[i].fact)
			flow_fact(&f, method_rows[i].fact);
		else
			flow_no_fact(&f);
		/* a copy gets the same answer and does nothing */
		flow_request_branch(&f, invite, method_rows[i].method, cseq, "far1", branch,
				    method_rows[i].extra, method_rows[i].type, method_rows[i].body);
		flow_expect(&f, method_rows[i].status);
		flow_no_fact(&f);
	}
	/* another tag of theirs is no dialog of ours */
	flow_request(&f, invite, "BYE", 50, "nobody", NULL, NULL);
	flow_expect(&f, "481");
	flow_request(&f, invite, "UPDATE", 51, "far1", FLOW_CONTACT,
		     flow_sdp(7300, "0", "inactive"));
	flow_expect(&f, "200");
	flow_fact(&f, "media 10.0.0.9:7300 ulaw/0 ev255 dir3 held");
	finish(&f);
}

#define DIGIT "Signal=5\r\nDuration=160\r\n"

static void send_digit(struct flow *f, const struct flow_msg *invite, unsigned cseq,
		       const char *branch, const char *status)
{
	flow_request_branch(f, invite, "INFO", cseq, "far1", branch, NULL, "application/dtmf-relay",
			    DIGIT);
	flow_expect(f, status);
}

/* A copy that comes when its transaction is gone is no second digit (RFC 3261 12.2.2); nor is one
 * with another branch, that went two ways. The first number of a far end may be 0. */
static void test_digit_once(void **state)
{
	const struct flow_msg *invite;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	invite = flow_answered_call(&f);
	send_digit(&f, invite, 0, "z9hG4bKa", "200");
	flow_fact(&f, "dtmf 5 160");
	send_digit(&f, invite, 0, "z9hG4bKa", "200"); /* the transaction answers */
	flow_no_fact(&f);
	flow_run(&f, 40 * SIM_SECOND);
	send_digit(&f, invite, 0, "z9hG4bKa", "500");
	flow_no_fact(&f);
	send_digit(&f, invite, 1, "z9hG4bKb", "200");
	flow_fact(&f, "dtmf 5 160");
	send_digit(&f, invite, 1, "z9hG4bKc", "500");
	flow_no_fact(&f);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_old), 2);
	send_digit(&f, invite, 2, "z9hG4bKd", "200");
	flow_fact(&f, "dtmf 5 160");
	finish(&f);
}

/* The same in a call that came in, after its INVITE. */
static void test_digit_once_incoming(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, FLOW_PEER);
	flow_caller_init(&c, &f);
	flow_caller_talk(&c);
	c.cseq--; /* the number of the INVITE again */
	flow_caller_request(&c, "INFO", "Content-Type: application/dtmf\r\n", "5");
	flow_expect(&f, "500");
	flow_no_fact(&f);
	flow_caller_request(&c, "INFO", "Content-Type: application/dtmf\r\n", "5");
	flow_expect(&f, "200");
	flow_fact(&f, "dtmf 5 100");
	finish(&f);
}

/* A BYE that is not above what came before is refused for that, and its sender gone all the same
 * (RFC 3261 15.1.1): nobody would end, and pay for, what is left. */
static void test_old_bye(void **state)
{
	static const unsigned numbers[] = {7, 6, 0};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
		const struct flow_msg *invite;
		struct flow f;

		flow_start(&f, NULL, NULL);
		invite = flow_answered_call(&f);
		send_digit(&f, invite, 7, "z9hG4bKa", "200");
		flow_fact(&f, "dtmf 5 160");
		flow_request(&f, invite, "BYE", numbers[i], "far1", NULL, NULL);
		flow_expect(&f, "500");
		flow_fact(&f, "ended 16 0");
		flow_expect_silence(&f, 40 * SIM_SECOND);
		flow_end(&f);
	}
}

static void test_outside(void **state)
{
	static const struct {
		const char *method, *status, *line;
	} rows[] = {
		{"OPTIONS", "200", ALLOW},
		{"OPTIONS", "200", "\r\nAccept: application/sdp, application/dtmf-relay\r\n"},
		{"OPTIONS", "200",
		 "\r\nSupported: 100rel, timer, replaces, norefersub, histinfo\r\n"},
		{"INVITE", "401", "\r\nWWW-Authenticate: "},
		{"BYE", "481", ""},
		{"CANCEL", "481", ""},
		{"NOTIFY", "489", ALLOW_EVENTS},
		{"SUBSCRIBE", "489", ALLOW_EVENTS},
		{"PUBLISH", "489", ALLOW_EVENTS},
		{"REGISTER", "401", "\r\nWWW-Authenticate: "},
		{"MESSAGE", "405", ALLOW},
		{"REFER", "405", ALLOW},
		{"FROB", "501", ALLOW},
	};
	const struct flow_msg *m, *again;
	char text[1024];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		snprintf(text, sizeof(text),
			 "%s sip:me@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
			 "10.0.0.9;branch=z9hG4bKo%zu\r\n"
			 "From: <sip:a@b>;tag=x\r\nTo: <sip:c@d>\r\nCall-ID: o%zu\r\nCSeq: 1 %s\r\n"
			 "Content-Length: 0\r\n\r\n",
			 rows[i].method, i, i, rows[i].method);
		flow_send(&f, text);
		m = flow_expect(&f, rows[i].status);
		assert_true(m->msg.to_tag.len > 0);
		if (!flow_has(m, rows[i].line))
			fail_msg("row %zu: no %s in\n%s", i, rows[i].line, m->text);
		flow_send(&f, text);
		again = flow_expect(&f, rows[i].status);
		assert_true(slice_eq(again->msg.to_tag, m->msg.to_tag));
	}
	/* an ACK, an answer to nobody, dust */
	flow_send(&f,
		  "ACK sip:me@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKo1\r\n"
		  "From: <sip:a@b>;tag=x\r\nTo: <sip:c@d>;tag=y\r\nCall-ID: o1\r\nCSeq: 1 "
		  "ACK\r\n\r\n");
	flow_send(&f, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKnone\r\n"
		      "From: <sip:a@b>;tag=x\r\nTo: <sip:c@d>;tag=y\r\nCall-ID: o1\r\nCSeq: 1 "
		      "BYE\r\n\r\n");
	flow_send(&f, "\r\n\r\n");
	flow_send(&f, "jaK");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_stray), 2);
	flow_send(&f,
		  "INVITE sip:me@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKq\r\n"
		  "From: <sip:a@b>;tag=x\r\nTo: <sip:c@d>\r\nCall-ID: q\r\nCSeq: 1 "
		  "INVITE\r\nMax-Forwards: 300\r\n\r\n");
	flow_expect(&f, "400");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_rx_malformed), 1);
	flow_end(&f);
}

/* ---- credentials ---- */

static const char *cnonce(const struct flow_msg *m)
{
	const char *at = strstr(m->text, "cnonce=\"");

	assert_non_null(at);
	return at + strlen("cnonce=\"");
}

static void test_challenge(void **state)
{
	const struct flow_msg *first, *second, *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_dial(&f, "100@trunk");
	first = flow_expect(&f, "INVITE");
	flow_reply(&f, first, 401, "c", CHALLENGE(""), NULL);
	flow_expect(&f, "ACK");
	second = f.msgs[1]->msg.cseq_method == SIP_METHOD_INVITE ? f.msgs[1] : NULL;
	if (!second)
		second = flow_expect(&f, "INVITE");
	assert_int_equal(second->msg.cseq, first->msg.cseq + 1);
	assert_true(slice_eq(second->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(second->msg.from_tag, first->msg.from_tag));
	assert_int_equal(second->msg.to_tag.len, 0);
	assert_false(slice_eq(second->msg.via.branch, first->msg.via.branch));
	assert_true(slice_eq(second->msg.body, first->msg.body));
	assert_non_null(strstr(second->text, "\r\nUser-Agent: "));
	assert_true(strstr(second->text, "\r\nAuthorization: Digest username=\"joe\"") <
		    strstr(second->text, "\r\nContent-Type"));
	assert_non_null(strstr(second->text, "uri=\"sip:100@10.0.0.9:5060\""));
	assert_non_null(strstr(second->text, "nc=00000001"));
	flow_no_fact(&f);
	flow_reply(&f, second, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "ACK");
	assert_string_equal(flow_header(m, "Authorization"), flow_header(second, "Authorization"));
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	/* our BYE carries credentials on its own, is asked once more, and complies */
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_non_null(strstr(m->text, "nc=00000002"));
	assert_memory_not_equal(cnonce(m), cnonce(second), 32);
	flow_reply(
		&f, m, 401, NULL,
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true\r\n",
		NULL);
	m = flow_expect(&f, "BYE");
	assert_non_null(strstr(m->text, "nonce=\"n2\""));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* Requests inside of the call: credentials at once and counted on, a new nonce is taken, and a
 * second refusal of the same is the end of it. */
static void test_challenge_inside(void **state)
{
	static const char ask[] =
		"WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"\r\n";
	const struct flow_msg *m, *again;
	struct flow f;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 401, "c", CHALLENGE(""), NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 200, "far1",
		   FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\nAllow: UPDATE\r\n",
		   flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	m = flow_expect(&f, "UPDATE");
	assert_true(flow_has(m, "nonce=\"n1\"") && flow_has(m, "nc=00000002"));
	flow_reply(&f, m, 401, NULL, ask, NULL);
	again = flow_expect(&f, "UPDATE");
	assert_int_equal(again->msg.cseq, m->msg.cseq + 1);
	assert_true(flow_has(again, "nonce=\"n2\"") && flow_has(again, "nc=00000001"));
	flow_reply(&f, again, 200, NULL, FLOW_CONTACT "Session-Expires: 90;refresher=uac\r\n",
		   NULL);
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_true(flow_has(m, "nonce=\"n2\"") && flow_has(m, "nc=00000002"));
	flow_reply(&f, m, 401, NULL, CHALLENGE(""), NULL);
	m = flow_expect(&f, "BYE");
	assert_true(flow_has(m, "nonce=\"n1\""));
	flow_reply(&f, m, 401, NULL, CHALLENGE(", stale=true"), NULL); /* once: it is over */
	flow_end(&f);
}

/* The topmost algorithm that we have, and MD5 alone by default (RFC 8760 2.4). */
static void test_algorithms(void **state)
{
	static const struct {
		const char *ours, *asks;
		const char *algorithm; /* NULL: none that we have */
		int digits;
	} rows[] = {
		{"", DIGEST("SHA-256"), NULL, 0},
		{"", DIGEST("SHA-256") DIGEST("MD5"), "MD5", 32},
		{"supported_algorithms_uac=SHA-256\n", DIGEST("SHA-256"), "SHA-256", 64},
		{"supported_algorithms_uac=SHA-256\n", DIGEST("MD5"), NULL, 0},
		{"supported_algorithms_uac=MD5,SHA-256\n", DIGEST("SHA-256") DIGEST("MD5"),
		 "SHA-256", 64},
		{"supported_algorithms_uac=MD5,SHA-256\n", DIGEST("MD5") DIGEST("SHA-256"), "MD5",
		 32},
		{"supported_algorithms_uac=SHA-512-256\n", DIGEST("SHA-256") DIGEST("SHA-512-256"),
		 "SHA-512-256", 64},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char section[256], algorithm[64];
		const struct flow_msg *m;
		struct flow f;

		snprintf(section, sizeof(section), AUTH_SECTION "%s", rows[i].ours);
		flow_start(&f, AUTH, section);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(&f, m, 401, "c", rows[i].asks, NULL);
		flow_expect(&f, "ACK");
		if (rows[i].algorithm) {
			m = flow_expect(&f, "INVITE");
			snprintf(algorithm, sizeof(algorithm), ", algorithm=%s,",
				 rows[i].algorithm);
			assert_true(flow_has(m, algorithm));
			assert_int_equal(
				strspn(strstr(m->text, "response=\"") + 10, "0123456789abcdef"),
				rows[i].digits);
			flow_reply(&f, m, 486, "c", NULL, NULL);
			flow_expect(&f, "ACK");
		}
		flow_fact(&f, rows[i].algorithm ? "ended 17 486" : "ended 21 401");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_auth_unmet), !rows[i].algorithm);
		flow_end(&f);
	}
}

static void test_challenge_refused(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 401, "c", CHALLENGE(""), NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 401, "c", CHALLENGE(""), NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 21 401");
	flow_end(&f);
}

/* ---- MESSAGE (RFC 3428) ---- */

static void test_text(void **state)
{
	static char big[LIMIT_SIP_OUT];
	const struct flow_msg *m;
	struct flow f;
	uint32_t cseq;

	UNUSED(state);
	memset(big, 'x', sizeof(big) - 1);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_send_text(&f, NULL, "too soon");
	assert_int_equal(f.number, -ENOTCONN);
	flow_reply(&f, m, 486, "far1", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	flow_end(&f);

	flow_start(&f, NULL, NULL);
	cseq = flow_answered_call(&f)->msg.cseq;
	flow_send_text(&f, NULL, "hello");
	assert_int_equal(f.number, 0);
	m = flow_expect(&f, "MESSAGE");
	assert_string_equal(flow_header(m, "Content-Type"), "text/plain");
	assert_int_equal(m->msg.cseq, cseq + 1);
	assert_true(slice_eq(m->msg.body, SLICE_LIT("hello")));
	assert_false(sip_msg_has(&m->msg, SIP_HDR_CONTACT)); /* RFC 3428 4: none */
	flow_reply(&f, m, 202, NULL, NULL, NULL);
	flow_send_text(&f, "application/json", "{}");
	m = flow_expect(&f, "MESSAGE");
	assert_string_equal(flow_header(m, "Content-Type"), "application/json");
	flow_reply(&f, m, 415, NULL, NULL, NULL); /* ends nothing */
	flow_send_text(&f, "text/plain\r\nX-Evil: 1", "x");
	assert_int_equal(f.number, -EINVAL);
	flow_send_text(&f, "nonsense", "x");
	assert_int_equal(f.number, -EINVAL);
	flow_send_text(&f, NULL, big);
	assert_int_equal(f.number, -EMSGSIZE);
	flow_no_fact(&f);
	finish(&f);
}

/* RFC 5057 5: whoever says that there is no such dialog ends the call, whatever was asked; other
 * refusals do not, nor does silence. */
static void test_dialog_gone(void **state)
{
	static const unsigned codes[] = {481, 408};
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
		flow_start(&f, NULL, NULL);
		flow_answered_call(&f);
		flow_send_text(&f, NULL, "still there?");
		flow_reply(&f, flow_expect(&f, "MESSAGE"), codes[i], NULL, NULL, NULL);
		m = flow_expect(&f, "BYE");
		flow_fact(&f, "ended 16 0");
		flow_reply(&f, m, 481, NULL, NULL, NULL);
		flow_end(&f);
	}
	flow_start(&f, NULL, NULL);
	flow_answered_call(&f);
	flow_send_text(&f, NULL, "first");
	flow_reply(&f, flow_expect(&f, "MESSAGE"), 500, NULL, NULL, NULL);
	flow_send_text(&f, NULL, "second");
	for (int i = 0; i < 11; i++)
		flow_expect(&f, "MESSAGE");
	flow_run(&f, 10 * SIM_SECOND);
	flow_no_fact(&f);
	/* the answer comes when the call is over already */
	flow_send_text(&f, NULL, "third");
	m = flow_expect(&f, "MESSAGE");
	flow_bye(&f, 16);
	flow_run(&f, 100 * SIM_MS);
	flow_reply(&f, m, 481, NULL, NULL, NULL);
	flow_no_fact(&f);
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_dialog_gone),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_hold_old),
		cmocka_unit_test(test_offerless),
		cmocka_unit_test(test_reinvite_refused),
		cmocka_unit_test(test_reinvite_no_ack),
		cmocka_unit_test(test_cancel_of_answered),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_digit_once),
		cmocka_unit_test(test_digit_once_incoming),
		cmocka_unit_test(test_old_bye),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_challenge_inside),
		cmocka_unit_test(test_algorithms),
		cmocka_unit_test(test_challenge_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
