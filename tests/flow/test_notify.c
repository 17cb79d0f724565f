/* NOTIFY to order: in the dialog of a call, early or confirmed, and outside of calls to the
 * contacts of an endpoint or to a URI; challenges are answered once. MESSAGE meets a challenge the
 * same way. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <errno.h>
#include <stdio.h>

static struct flow f;
static struct notify_text text;

#define AUTH	     "outbound_auth=acct"
#define AUTH_SECTION "[acct]\ntype=auth\nauth_type=userpass\nusername=joe\npassword=secret\n"
#define CHALLENGE    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
#define LINES	     "Subscription-State: terminated\r\nEvent: check-sync;reboot=true\r\n"

/* ---- in a call ---- */

static void notify_job(struct flow *flow)
{
	flow->number = flow->tech.ops->notify(flow->call, &text);
}

static int notify_call(const char *lines, const char *body)
{
	text = (struct notify_text){slice_str(lines), slice_str(body)};
	flow_do(&f, notify_job);
	return f.number;
}

static uint64_t counted(enum metric which)
{
	return metric_get(&f.metrics, which);
}

static void finish(void)
{
	flow_bye(&f, 16);
	flow_end(&f);
}

/* In the order in which they were asked for, with texts between; refusals end nothing. */
static void test_in_dialog(void **state)
{
	const struct flow_msg *m;
	uint32_t cseq;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	cseq = flow_answered_call(&f)->msg.cseq;
	assert_int_equal(notify_call(LINES, ""), 0);
	flow_send_text(&f, NULL, "between");
	assert_int_equal(notify_call(LINES "Content-Type: text/plain\r\n", "one\r\ntwo"), 0);
	m = flow_expect(&f, "NOTIFY");
	assert_int_equal(m->msg.cseq, cseq + 1);
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("far1")));
	assert_string_equal(flow_header(m, "Subscription-State"), "terminated");
	assert_string_equal(flow_header(m, "Event"), "check-sync;reboot=true");
	assert_string_equal(flow_header(m, "Contact"), "<sip:asterisk@10.0.0.1:5060>");
	assert_false(sip_msg_has(&m->msg, SIP_HDR_CONTENT_TYPE));
	assert_int_equal(m->msg.body.len, 0);
	flow_reply(&f, m, 489, NULL, NULL, NULL);
	m = flow_expect(&f, "MESSAGE");
	assert_int_equal(m->msg.cseq, cseq + 2);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	m = flow_expect(&f, "NOTIFY");
	assert_int_equal(m->msg.cseq, cseq + 3);
	assert_string_equal(flow_header(m, "Content-Type"), "text/plain");
	assert_true(slice_eq(m->msg.body, SLICE_LIT("one\r\ntwo")));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_no_fact(&f);
	finish();
	assert_int_equal(counted(METRIC_sip_notify_sent), 2);
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
	assert_int_equal(counted(METRIC_sip_notify_refused), 0);
}

/* As soon as the far end has given its tag, and no longer than the call. */
static void test_early(void **state)
{
	const struct flow_msg *invite, *m;

	UNUSED(state);
	flow_start(&f, NULL, NULL);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	assert_int_equal(notify_call(LINES, ""), -ENOTCONN);
	flow_reply(&f, invite, 100, NULL, NULL, NULL);
	flow_run(&f, 10 * SIM_MS);
	assert_int_equal(notify_call(LINES, ""), -ENOTCONN);
	flow_reply(&f, invite, 180, "far1", FLOW_CONTACT, NULL);
	flow_run(&f, 10 * SIM_MS);
	flow_fact(&f, "ringing");
	assert_int_equal(notify_call(LINES, ""), 0);
	m = flow_expect(&f, "NOTIFY");
	assert_true(slice_eq(m->msg.to_tag, SLICE_LIT("far1")));
	assert_int_equal(m->msg.cseq, invite->msg.cseq + 1);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_reply(&f, invite, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	m = flow_expect(&f, "ACK");
	assert_int_equal(m->msg.cseq, invite->msg.cseq); /* of the INVITE, whatever came between */
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	finish();
	assert_int_equal(counted(METRIC_sip_notify_refused), 2);
}

/* A caller gets one when it has heard of us. */
static void test_incoming(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;

	UNUSED(state);
	flow_start(&f, NULL, "[trunk]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n");
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, flow_sdp(7000, "0", "sendrecv"));
	flow_caller_expect(&c, "100");
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	assert_int_equal(notify_call(LINES, ""), -ENOTCONN);
	flow_indicate(&f, TECH_RINGING);
	flow_caller_expect(&c, "180");
	assert_int_equal(notify_call(LINES, ""), 0);
	m = flow_expect(&f, "NOTIFY");
	assert_true(slice_eq(m->msg.to_tag, slice_str(c.tag)));
	assert_true(slice_eq(m->msg.from_tag, slice_str(c.to_tag)));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_caller_cancel(&c, NULL);
	flow_expect(&f, "200");
	flow_expect(&f, "487");
	flow_caller_ack_failure(&c);
	flow_fact(&f, "ended 127 0");
	flow_end(&f);
}

/* ---- challenges in a call ---- */

static void expect_credentials(const struct flow_msg *again, const struct flow_msg *first)
{
	assert_int_equal(again->msg.cseq, first->msg.cseq + 1);
	assert_false(slice_eq(again->msg.via.branch, first->msg.via.branch));
	assert_memory_equal(flow_header(again, "Authorization"), "Digest username=\"joe\"", 21);
	assert_true(slice_eq(again->msg.body, first->msg.body));
	assert_string_equal(flow_header(again, "Content-Type"), "text/plain");
}

/* It is answered once; a second one is a refusal. */
static void test_challenge(void **state)
{
	const struct flow_msg *first, *again;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_answered_call(&f);
	assert_int_equal(notify_call(LINES "Content-Type: text/plain\r\n", "x"), 0);
	first = flow_expect(&f, "NOTIFY");
	flow_reply(&f, first, 401, NULL, CHALLENGE, NULL);
	again = flow_expect(&f, "NOTIFY");
	expect_credentials(again, first);
	assert_string_equal(flow_header(again, "Event"), "check-sync;reboot=true");
	flow_reply(&f, again, 401, NULL, CHALLENGE, NULL);
	flow_expect_silence(&f, 3 * SIM_SECOND);
	flow_no_fact(&f);
	finish();
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
}

#define NONCE(n) "WWW-Authenticate: Digest realm=\"r\", nonce=\"" n "\", qop=\"auth\"\r\n"

/* A far end that takes each nonce once and says nothing of stale: each request begins anew, and the
 * BYE does too, whatever became of those before. */
static void test_challenge_each(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_answered_call(&f);
	assert_int_equal(notify_call(LINES, ""), 0);
	flow_reply(&f, flow_expect(&f, "NOTIFY"), 401, NULL, NONCE("one"), NULL);
	flow_reply(&f, flow_expect(&f, "NOTIFY"), 200, NULL, NULL, NULL);
	assert_int_equal(notify_call(LINES, ""), 0);
	flow_reply(&f, flow_expect(&f, "NOTIFY"), 401, NULL, NONCE("two"), NULL);
	m = flow_expect(&f, "NOTIFY");
	assert_non_null(strstr(flow_header(m, "Authorization"), "nonce=\"two\""));
	flow_reply(&f, m, 403, NULL, NULL, NULL);
	flow_hangup(&f, 16);
	flow_reply(&f, flow_expect(&f, "BYE"), 401, NULL, NONCE("three"), NULL);
	m = flow_expect(&f, "BYE");
	assert_non_null(strstr(flow_header(m, "Authorization"), "nonce=\"three\""));
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

/* What an INVITE gets anew at each try is somebody's order here, and stays as it is. */
static void test_challenge_attested(void **state)
{
	static const char lines[] = "Event: x\r\nDate: today\r\nIdentity: mine\r\n"
				    "Session-Expires: 7\r\nMin-SE: 5\r\n"
				    "Content-Type: text/plain\r\n";
	const struct flow_msg *first, *again;

	UNUSED(state);
	flow_start_stir(&f,
			"[attestation]\nprivate_key_file=/tls/passport.key\n"
			"public_cert_url=https://example.com/all.pem\nattest_level=B\n"
			"[12025550100]\ntype=tn\nattest_level=A\n"
			"[carrier]\ntype=profile\nendpoint_behavior=attest\n",
			"callerid=Ann <+12025550100>\nstir_shaken_profile=carrier\n" AUTH,
			AUTH_SECTION);
	assert_true(sip_msg_has(&flow_answered_call(&f)->msg, SIP_HDR_IDENTITY));
	assert_int_equal(notify_call(lines, "x"), 0);
	first = flow_expect(&f, "NOTIFY");
	flow_reply(&f, first, 401, NULL, CHALLENGE, NULL);
	again = flow_expect(&f, "NOTIFY");
	expect_credentials(again, first);
	assert_string_equal(flow_header(again, "Date"), "today");
	assert_string_equal(flow_header(again, "Identity"), "mine");
	assert_string_equal(flow_header(again, "Session-Expires"), "7");
	assert_string_equal(flow_header(again, "Min-SE"), "5");
	flow_reply(&f, again, 200, NULL, NULL, NULL);
	finish();
}

static void test_text_challenge(void **state)
{
	const struct flow_msg *first, *again;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_answered_call(&f);
	flow_send_text(&f, NULL, "hello");
	first = flow_expect(&f, "MESSAGE");
	flow_reply(&f, first, 407, NULL, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n",
		   NULL);
	again = flow_expect(&f, "MESSAGE");
	assert_int_equal(again->msg.cseq, first->msg.cseq + 1);
	assert_true(sip_msg_has(&again->msg, SIP_HDR_PROXY_AUTHORIZATION));
	assert_true(slice_eq(again->msg.body, SLICE_LIT("hello")));
	flow_reply(&f, again, 200, NULL, NULL, NULL);
	finish();
}

/* The call ended in the meantime: nothing more is said in its dialog. */
static void test_challenge_too_late(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	flow_start(&f, AUTH, AUTH_SECTION);
	flow_answered_call(&f);
	assert_int_equal(notify_call(LINES, ""), 0);
	m = flow_expect(&f, "NOTIFY");
	flow_bye(&f, 16);
	flow_reply(&f, m, 401, NULL, CHALLENGE, NULL);
	flow_expect_silence(&f, 3 * SIM_SECOND);
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
}

/* ---- outside of calls ---- */

static struct {
	enum notify_peer peer;
	const char *name;
} order;

static void order_job(struct flow *flow)
{
	static const struct notify_pair pairs[] = {
		{SLICE_LIT("Event"), SLICE_LIT("check-sync")},
		{SLICE_LIT("Content-Type"), SLICE_LIT("text/plain")},
		{SLICE_LIT("Content"), SLICE_LIT("one")},
		{SLICE_LIT("Content"), SLICE_LIT("two")},
	};
	struct tech_admin a = sip_center_admin(flow->center);
	struct notify_room room;
	struct notify_text out;

	assert_int_equal(
		a.ops->notify_write(a.impl, SLICE_EMPTY, pairs, ARRAY_COUNT(pairs), &room, &out),
		0);
	flow->number = a.ops->notify(a.impl, order.peer, slice_str(order.name), &out);
}

static int notify(enum notify_peer peer, const char *name)
{
	order.peer = peer;
	order.name = name;
	flow_do(&f, order_job);
	return f.number;
}

#define DESK                                                                                       \
	"[desk]\ntype=endpoint\naors=desk,door\nallow=ulaw\noutbound_auth=acct\nfrom_user=boss\n"  \
	"from_domain=example.com\n" AUTH_SECTION                                                   \
	"[desk]\ntype=aor\ncontact=sip:10.0.0.9:5090\ncontact=sip:a@10.0.0.9:5092\n"               \
	"[door]\ntype=aor\ncontact=sip:d@10.0.0.9:5094\n"                                          \
	"[bare]\ntype=endpoint\nallow=ulaw\n"

static void start_desk(const char *more)
{
	char sections[1024];

	snprintf(sections, sizeof(sections), DESK "%s", more);
	flow_start_center(&f, 1, NULL, sections);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
}

/* Each contact of each AOR gets its own. */
static void test_endpoint(void **state)
{
	static const unsigned ports[] = {5090, 5092, 5094};
	uint32_t seen = 0;

	UNUSED(state);
	start_desk("");
	assert_int_equal(notify(NOTIFY_ENDPOINT, "nobody"), -ENOENT);
	assert_int_equal(notify(NOTIFY_ENDPOINT, "bare"), 0); /* as Asterisk: said in the log */
	assert_int_equal(notify(NOTIFY_ENDPOINT, "desk"), 0);
	for (int i = 0; i < 3; i++) {
		const struct flow_msg *m = flow_expect(&f, "NOTIFY");

		for (uint32_t k = 0; k < ARRAY_COUNT(ports); k++)
			if (m->to.port == ports[k])
				seen |= 1u << k;
		assert_memory_equal(flow_header(m, "From"), "<sip:boss@example.com>;tag=", 27);
		assert_string_equal(flow_header(m, "Event"), "check-sync");
		assert_string_equal(flow_header(m, "Subscription-State"), "terminated");
		assert_string_equal(flow_header(m, "Content-Type"), "text/plain");
		assert_true(slice_eq(m->msg.body, SLICE_LIT("one\r\ntwo")));
		flow_reply(&f, m, 200, "x", NULL, NULL);
	}
	assert_int_equal(seen, 7);
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_sent), 3);
	assert_int_equal(counted(METRIC_sip_notify_failed), 0);
}

/* Credentials of the endpoint, once. */
static void test_outside_challenge(void **state)
{
	const struct flow_msg *first, *again;

	UNUSED(state);
	flow_start_center(&f, 1, AUTH, AUTH_SECTION);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	assert_int_equal(notify(NOTIFY_ENDPOINT, "trunk"), 0);
	first = flow_expect(&f, "NOTIFY");
	assert_true(slice_eq(first->msg.ruri, SLICE_LIT("sip:10.0.0.9:5060")));
	flow_reply(&f, first, 401, "x", CHALLENGE, NULL);
	again = flow_expect(&f, "NOTIFY");
	expect_credentials(again, first);
	assert_true(slice_eq(again->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(again->msg.from_tag, first->msg.from_tag));
	flow_reply(&f, again, 401, "x", CHALLENGE, NULL);
	flow_expect_silence(&f, 3 * SIM_SECOND);
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
}

/* The second target asks with a nonce of its own. */
static void test_outside_challenge_each(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	flow_start_center(&f, 1, AUTH "\naors=named",
			  AUTH_SECTION "[named]\ntype=aor\ncontact=sip:gw.example\n");
	sim_dns_put(f.w, "_sip._udp.gw.example", 60, "SRV 10 0 5060 a.example");
	sim_dns_put(f.w, "_sip._udp.gw.example", 60, "SRV 20 0 5070 b.example");
	sim_dns_put(f.w, "a.example", 60, "A 10.0.0.7");
	sim_dns_put(f.w, "b.example", 60, "A 10.0.0.8");
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	assert_int_equal(notify(NOTIFY_ENDPOINT, "trunk"), 0);
	flow_reply(&f, flow_expect(&f, "NOTIFY"), 401, "x", NONCE("one"), NULL);
	flow_reply(&f, flow_expect(&f, "NOTIFY"), 503, "x", NULL, NULL);
	m = flow_expect(&f, "NOTIFY");
	assert_int_equal(m->to.port, 5070);
	flow_reply(&f, m, 401, "x", NONCE("two"), NULL);
	m = flow_expect(&f, "NOTIFY");
	assert_int_equal(m->to.port, 5070);
	assert_non_null(strstr(flow_header(m, "Authorization"), "nonce=\"two\""));
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_failed), 0);
}

/* Sent by the default outbound endpoint; names are looked up, and each of their addresses is tried.
 */
static void test_uri(void **state)
{
	const struct flow_msg *m;
	struct addr first;

	UNUSED(state);
	start_desk("[global]\ntype=global\ndefault_outbound_endpoint=desk\n");
	sim_dns_put(f.w, "pbx.example", 600, "A 10.0.0.7");
	sim_dns_put(f.w, "pbx.example", 600, "A 10.0.0.8");
	assert_int_equal(notify(NOTIFY_URI, "nonsense"), -EINVAL);
	assert_int_equal(notify(NOTIFY_URI, "sip:a@b?Subject=x"), -EINVAL);
	assert_int_equal(notify(NOTIFY_URI, "sip:a b@10.0.0.9"), -EINVAL);
	assert_int_equal(notify(NOTIFY_URI, "\"Ann\" <sip:ann@10.0.0.9:5070;x=1>"), 0);
	m = flow_expect(&f, "NOTIFY");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:ann@10.0.0.9:5070;x=1")));
	assert_int_equal(m->to.port, 5070);
	flow_reply(&f, m, 200, "x", NULL, NULL);
	assert_int_equal(notify(NOTIFY_URI, "sip:ann@pbx.example"), 0);
	m = flow_expect(&f, "NOTIFY");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:ann@pbx.example")));
	first = m->to;
	flow_reply(&f, m, 503, "x", NULL, NULL);
	m = flow_expect(&f, "NOTIFY");
	assert_false(addr_eq(&m->to, &first));
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_end(&f);
}

static void test_uri_without_endpoint(void **state)
{
	UNUSED(state);
	start_desk("");
	assert_int_equal(notify(NOTIFY_URI, "sip:ann@10.0.0.9"), -EDESTADDRREQ);
	flow_expect_silence(&f, SIM_SECOND);
	flow_end(&f);
}

/* Nobody answers: it is sent for 64*T1, counted, and forgotten. */
static void test_silence(void **state)
{
	UNUSED(state);
	flow_start_center(&f, 1, NULL, NULL);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	assert_int_equal(notify(NOTIFY_ENDPOINT, "trunk"), 0);
	flow_run(&f, 40 * SIM_SECOND);
	f.msg_taken = f.msg_count;
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
}

static void flood_job(struct flow *flow)
{
	for (uint32_t i = 0; i < LIMIT_NOTIFY_OPEN + 5; i++)
		order_job(flow);
}

/* More than may wait at once: those beyond are counted, the others go out. */
static void test_bound(void **state)
{
	UNUSED(state);
	flow_start_center(&f, 1, NULL, NULL);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	f.is_deaf = true;
	order.peer = NOTIFY_ENDPOINT;
	order.name = "trunk";
	flow_do(&f, flood_job);
	assert_int_equal(counted(METRIC_sip_notify_refused), 5);
	flow_run(&f, 40 * SIM_SECOND);
	assert_int_equal(counted(METRIC_sip_notify_failed), LIMIT_NOTIFY_OPEN);
	f.msg_taken = f.msg_count;
	flow_end(&f);
}

/* A reload takes the endpoint away while the name is looked up. */
static void test_reload(void **state)
{
	UNUSED(state);
	start_desk("[global]\ntype=global\ndefault_outbound_endpoint=desk\n");
	assert_int_equal(notify(NOTIFY_URI, "sip:ann@slow.example"), 0);
	flow_reload(&f, NULL, NULL);
	flow_run(&f, 60 * SIM_SECOND);
	flow_expect_silence(&f, SIM_SECOND);
	while (f.fact_taken < f.fact_count)
		f.fact_taken++;
	flow_end(&f);
	assert_int_equal(counted(METRIC_sip_notify_failed), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_dialog),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_incoming),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_challenge_each),
		cmocka_unit_test(test_challenge_attested),
		cmocka_unit_test(test_text_challenge),
		cmocka_unit_test(test_challenge_too_late),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_outside_challenge),
		cmocka_unit_test(test_outside_challenge_each),
		cmocka_unit_test(test_uri),
		cmocka_unit_test(test_uri_without_endpoint),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
