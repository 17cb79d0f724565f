/* Registrations that we keep with others (RFC 3261 10.2, 3608): message by message. */
#include "engine/base/check.h"
#include "sip/registration.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

static struct flow f;

#define REG                                                                                        \
	"[acc]\ntype=auth\nusername=u\npassword=p\n"                                               \
	"[reg]\ntype=registration\nserver_uri=sip:10.0.0.9\nclient_uri=sip:u@10.0.0.9\n"           \
	"contact_user=4711\noutbound_auth=acc\nmax_random_initial_delay=0\n"

static const char *conf(const char *more)
{
	static char text[2048];

	snprintf(text, sizeof(text), REG "%s", more);
	return text;
}

static void start(const char *more)
{
	flow_start_center(&f, 1, NULL, conf(more));
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

#define FACT(state) "Registry PJSIP sip:u@10.0.0.9 sip:10.0.0.9 " state
#define CHALLENGE   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n"
#define BOUND(s)                                                                                   \
	"Contact: <sip:other@10.0.0.7>;expires=17, <sip:4711@10.0.0.1:5060>;expires=" s "\r\n"

/* Ends what is left: by a reload without the registration. */
static void end(bool is_registered)
{
	flow_reload(&f, NULL, NULL);
	if (is_registered) {
		const struct flow_msg *m = flow_expect(&f, "REGISTER");

		assert_string_equal(flow_header(m, "Expires"), "0");
		flow_reply(&f, m, 200, "x", NULL, NULL);
	}
	flow_end(&f);
}

static unsigned cseq(const struct flow_msg *m)
{
	return m->msg.cseq;
}

/* RFC 3665 2.1, 2.2, 2.4 from the other side: the look, challenge, refresh, end. */
static void test_life(void **state)
{
	const struct flow_msg *m, *first;
	int64_t bound;

	UNUSED(state);
	start("");
	first = flow_expect(&f, "REGISTER");
	assert_true(slice_eq(first->msg.ruri, SLICE_LIT("sip:10.0.0.9")));
	assert_true(slice_eq(first->msg.from.uri, SLICE_LIT("sip:u@10.0.0.9")));
	assert_string_equal(flow_header(first, "To"), "<sip:u@10.0.0.9>");
	assert_string_equal(flow_header(first, "Contact"), "<sip:4711@10.0.0.1:5060>");
	assert_string_equal(flow_header(first, "Expires"), "3600");
	assert_string_equal(flow_header(first, "Max-Forwards"), "70");
	flow_reply(&f, first, 401, "x", CHALLENGE, NULL);
	m = flow_expect(&f, "REGISTER");
	assert_int_equal(cseq(m), cseq(first) + 1);
	assert_true(slice_eq(m->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(m->msg.from_tag, first->msg.from_tag));
	assert_true(sip_msg_has(&m->msg, SIP_HDR_AUTHORIZATION));
	bound = m->at;
	flow_reply(&f, m, 200, "x", BOUND("100"), NULL);
	flow_fact(&f, FACT("Registered"));
	m = flow_expect(&f, "REGISTER"); /* 5 s early, and up to a tenth */
	assert_in_range(m->at - bound, 84 * SIM_SECOND, 96 * SIM_SECOND);
	assert_int_equal(cseq(m), cseq(first) + 2);
	assert_true(slice_eq(m->msg.call_id, first->msg.call_id));
	assert_true(sip_msg_has(&m->msg, SIP_HDR_AUTHORIZATION)); /* without being asked again */
	flow_reply(&f, m, 200, "x", BOUND("3600"), NULL);
	flow_fact(&f, FACT("Registered"));
	assert_int_equal(flow_command(&f, TECH_UNREGISTER, "reg"), 0);
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "0");
	assert_string_equal(flow_header(m, "Contact"), "<sip:4711@10.0.0.1:5060>");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_fact(&f, FACT("Unregistered"));
	flow_expect_silence(&f, 4000 * SIM_SECOND);
	assert_int_equal(flow_command(&f, TECH_REGISTER, "*all"), 0);
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", BOUND("3600"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* 423: for longer, at once. */
static void test_interval_too_brief(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("expiration=60\n");
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "60");
	flow_reply(&f, m, 423, "x", "Min-Expires: 600\r\n", NULL);
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "600");
	flow_reply(&f, m, 200, "x", "Contact: <sip:4711@10.0.0.1>\r\nExpires: 600\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "600");
	flow_reply(&f, m, 423, "x", "Min-Expires: 600\r\n",
		   NULL); /* it has that already: refused */
	flow_fact(&f, FACT("Rejected 423"));
	end(false);
}

/* What follows each refusal: the second request comes so much later, or never. */
static void test_refusals(void **state)
{
	static const struct {
		unsigned code; /* 0: no answer */
		const char *conf, *fact;
		int64_t pause_s; /* 0: for good */
	} rows[] = {
		{503, "retry_interval=20\n", FACT("Rejected 503"), 20},
		{500, "", FACT("Rejected 500"), 60},
		{408, "", FACT("Rejected 408"), 60},
		{603, "", FACT("Rejected 603"), 60},
		{0, "retry_interval=20\n", FACT("Rejected"), 20},
		{403, "", FACT("Rejected 403"), 0},
		{403, "forbidden_retry_interval=300\n", FACT("Rejected 403"), 300},
		{404, "", FACT("Rejected 404"), 0},
		{404, "fatal_retry_interval=200\n", FACT("Rejected 404"), 200},
		{503, "max_retries=0\n", FACT("Rejected 503"), 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		int64_t at;

		start(rows[i].conf);
		m = flow_expect(&f, "REGISTER");
		at = sim_now(f.w);
		if (rows[i].code)
			flow_reply(&f, m, rows[i].code, "x", NULL, NULL);
		else
			flow_run(&f, 33 * SIM_SECOND);
		flow_fact(&f, rows[i].fact);
		f.msg_taken = f.msg_count;
		if (rows[i].pause_s) {
			m = flow_expect(&f, "REGISTER");
			if (rows[i].code)
				assert_in_range(m->at - at, rows[i].pause_s * SIM_SECOND,
						(rows[i].pause_s + 1) * SIM_SECOND);
			flow_reply(&f, m, 200, "x", BOUND("60"), NULL);
			flow_fact(&f, FACT("Registered"));
			end(true);
		} else {
			flow_expect_silence(&f, 1000 * SIM_SECOND);
			flow_reload(&f, NULL, conf(rows[i].conf)); /* a reload begins anew */
			flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", BOUND("60"), NULL);
			flow_fact(&f, FACT("Registered"));
			end(true);
		}
	}
}

/* Retry-After of a 503 counts if it is longer. */
static void test_retry_after(void **state)
{
	const struct flow_msg *m;
	int64_t at;

	UNUSED(state);
	start("");
	m = flow_expect(&f, "REGISTER");
	at = m->at;
	flow_reply(&f, m, 503, "x", "Retry-After: 500\r\n", NULL);
	flow_fact(&f, FACT("Rejected 503"));
	m = flow_expect(&f, "REGISTER");
	assert_in_range(m->at - at, 500 * SIM_SECOND, 501 * SIM_SECOND);
	flow_reply(&f, m, 200, "x", BOUND("60"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* Wrong credentials: for good, unless auth_rejection_permanent=no. */
static void test_wrong_credentials(void **state)
{
	UNUSED(state);
	start("");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x", CHALLENGE, NULL);
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x", CHALLENGE, NULL);
	flow_fact(&f, FACT("Rejected 401"));
	flow_expect_silence(&f, 1000 * SIM_SECOND);
	end(false);

	start("auth_rejection_permanent=no\nretry_interval=30\n");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x", CHALLENGE, NULL);
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x", CHALLENGE, NULL);
	flow_fact(&f, FACT("Rejected 401"));
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", BOUND("60"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* A registrar that was away, or busy, asks with another nonce: nothing was refused. */
static void test_challenge_after_pause(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("retry_interval=30\n");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x", CHALLENGE, NULL);
	flow_reply(&f, flow_expect(&f, "REGISTER"), 500, "x", NULL, NULL);
	flow_fact(&f, FACT("Rejected 500"));
	flow_reply(&f, flow_expect(&f, "REGISTER"), 401, "x",
		   "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"\r\n", NULL);
	m = flow_expect(&f, "REGISTER");
	assert_non_null(strstr(flow_header(m, "Authorization"), "nonce=\"n2\""));
	flow_reply(&f, m, 200, "x", BOUND("60"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* max_retries, then silence. */
static void test_max_retries(void **state)
{
	UNUSED(state);
	start("max_retries=3\nretry_interval=1\n");
	for (int i = 0; i < 4; i++) {
		flow_reply(&f, flow_expect(&f, "REGISTER"), 500, "x", NULL, NULL);
		flow_fact(&f, FACT("Rejected 500"));
	}
	flow_expect_silence(&f, 1000 * SIM_SECOND);
	end(false);
}

/* Calls of the registration's endpoint take the way that the registrar wants (RFC 3608). */
static void test_service_route(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("endpoint=trunk\n");
	m = flow_expect(&f, "REGISTER");
	flow_reply(&f, m, 200, "x",
		   BOUND("600") "Service-Route: <sip:10.0.0.9:5070;lr>, <sip:10.0.0.8;lr>\r\n",
		   NULL);
	flow_fact(&f, FACT("Registered"));
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	assert_int_equal(m->to.port, 5070);
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5070;lr>");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:100@10.0.0.9:5060")));
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	end(true);
}

/* The shards have no room for it just then: they hear of it as soon as they have, and not only when
 * it changes. */
static void test_service_route_late(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("endpoint=trunk\n");
	m = flow_expect(&f, "REGISTER");
	f.is_full = true;
	flow_reply(&f, m, 200, "x", BOUND("600") "Service-Route: <sip:10.0.0.9:5070;lr>\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	flow_run(&f, SIM_SECOND);
	f.is_full = false;
	flow_run(&f, 20 * SIM_MS);
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	assert_string_equal(flow_header(m, "Route"), "<sip:10.0.0.9:5070;lr>");
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	end(true);
}

/* What the options write into the request, and the spread of the first ones. */
static void test_options(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("contact_header_params=q=0.5\nuser_agent=Trunk 7\nsupport_path=yes\nexpiration=120\n"
	      "transport=transport\n");
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Contact"), "<sip:4711@10.0.0.1:5060>;q=0.5");
	assert_string_equal(flow_header(m, "User-Agent"), "Trunk 7");
	assert_string_equal(flow_header(m, "Supported"), "path");
	assert_string_equal(flow_header(m, "Expires"), "120");
	flow_reply(&f, m, 200, "x", BOUND("120"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);

	start("max_random_initial_delay=100\n");
	m = flow_expect(&f, "REGISTER");
	assert_in_range(m->at, SIM_SECOND, 100 * SIM_SECOND);
	flow_reply(&f, m, 200, "x", BOUND("120"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);

	start("transport=nowhere\n"); /* nothing is sent by another one */
	flow_fact(&f, FACT("Rejected"));
	flow_expect_silence(&f, 50 * SIM_SECOND);
	end(false);
}

/* Several of one trunk, each kept by a shard: they are told apart, and so are their ends. */
static void test_several(void **state)
{
	static const char more[] =
		"line=yes\nendpoint=trunk\n[two]\ntype=registration\nserver_uri=sip:10.0.0.9:5070\n"
		"client_uri=sip:v@10.0.0.9\ncontact_user=4712\nmax_random_initial_delay=0\n"
		"[three]\ntype=registration\nserver_uri=sip:10.0.0.9:5080\n"
		"client_uri=sip:w@10.0.0.9\ncontact_user=4713\nmax_random_initial_delay=0\n"
		"fatal_retry_interval=30\nline=yes\nendpoint=trunk\n";
	bool seen[3] = {false};
	const struct flow_msg *m;

	UNUSED(state);
	flow_start_center(&f, FLOW_SHARDS, NULL, conf(more));
	flow_run(&f, 10 * SIM_MS);
	f.fact_taken = f.fact_count; /* of the contact */
	for (int i = 0; i < 3; i++) {
		m = flow_expect(&f, "REGISTER");
		assert_in_range(m->to.port, 5060, 5080);
		seen[(m->to.port - 5060) / 10] = true;
		flow_reply(&f, m, m->to.port == 5080 ? 404 : 200, "x", "Expires: 3600\r\n", NULL);
	}
	assert_true(seen[0] && seen[1] && seen[2]);
	flow_run(&f, 10 * SIM_MS);
	assert_int_equal(f.fact_count - f.fact_taken, 3);
	f.fact_taken = f.fact_count;
	m = flow_expect(&f, "REGISTER"); /* the one that was refused */
	assert_int_equal(m->to.port, 5080);
	flow_reply(&f, m, 200, "x", "Expires: 3600\r\n", NULL);
	flow_fact(&f, "Registry PJSIP sip:w@10.0.0.9 sip:10.0.0.9:5080 Registered");
	assert_int_equal(flow_command(&f, TECH_UNREGISTER, "two"), 0);
	m = flow_expect(&f, "REGISTER");
	assert_int_equal(m->to.port, 5070);
	assert_string_equal(flow_header(m, "Expires"), "0");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_fact(&f, "Registry PJSIP sip:v@10.0.0.9 sip:10.0.0.9:5070 Unregistered");
	flow_expect_silence(&f, 100 * SIM_SECOND);
	flow_reload(&f, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		m = flow_expect(&f, "REGISTER");
		assert_true(m->to.port != 5070);
		assert_string_equal(flow_header(m, "Expires"), "0");
		flow_reply(&f, m, 200, "x", NULL, NULL);
	}
	flow_end(&f);
}

/* ... also when it begins with a name. */
static void test_service_route_name(void **state)
{
	const struct flow_msg *m;
	char text[ADDR_TEXT];

	UNUSED(state);
	start("endpoint=trunk\n");
	sim_dns_put(f.w, "edge.example", 60, "A 10.0.0.7");
	m = flow_expect(&f, "REGISTER");
	flow_reply(&f, m, 200, "x", BOUND("600") "Service-Route: <sip:edge.example;lr>\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	assert_string_equal(addr_text(&m->to, text), "10.0.0.7:5060");
	assert_string_equal(flow_header(m, "Route"), "<sip:edge.example;lr>");
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	end(true);
}

/* ---- names (RFC 3263) ---- */

#define NAMED                                                                                      \
	"[acc]\ntype=auth\nusername=u\npassword=p\n"                                               \
	"[reg]\ntype=registration\nserver_uri=sip:reg.example\nclient_uri=sip:u@reg.example\n"     \
	"contact_user=4711\noutbound_auth=acc\nmax_random_initial_delay=0\nretry_interval=20\n"
#undef FACT
#define FACT(state) "Registry PJSIP sip:u@reg.example sip:reg.example " state

static void start_named(const char *more)
{
	static char text[1024];

	snprintf(text, sizeof(text), NAMED "%s", more);
	flow_start_center(&f, 1, NULL, text);
	sim_dns_put(f.w, "_sip._udp.reg.example", 60, "SRV 10 0 5060 a.example");
	sim_dns_put(f.w, "_sip._udp.reg.example", 60, "SRV 20 0 5070 b.example");
	sim_dns_put(f.w, "a.example", 60, "A 10.0.0.7");
	sim_dns_put(f.w, "b.example", 60, "CNAME c.example");
	sim_dns_put(f.w, "c.example", 60, "A 10.0.0.8");
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(&f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(&f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

static const struct flow_msg *expect_at(const char *addr)
{
	const struct flow_msg *m = flow_expect(&f, "REGISTER");
	char text[ADDR_TEXT];

	assert_string_equal(addr_text(&m->to, text), addr);
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:reg.example")));
	return m;
}

/* All sends of one transaction that nobody answers, the first of which was taken. */
static void expect_ten_more(const char *addr)
{
	for (int i = 0; i < 10; i++)
		expect_at(addr);
}

/* A 503 leads to the next one, which is challenged, keeps us and is asked first from then on; when
 * it dies the other one serves. */
static void test_failover(void **state)
{
	const struct flow_msg *first, *m;

	UNUSED(state);
	start_named("");
	first = expect_at("10.0.0.7:5060");
	flow_reply(&f, first, 503, "x", NULL, NULL);
	m = expect_at("10.0.0.8:5070");
	assert_true(slice_eq(m->msg.call_id, first->msg.call_id));
	assert_true(slice_eq(m->msg.from_tag, first->msg.from_tag));
	assert_int_equal(cseq(m), cseq(first)); /* the same request */
	assert_false(slice_eq(m->msg.via.branch, first->msg.via.branch));
	flow_no_fact(&f);
	flow_reply(&f, m, 401, "x", CHALLENGE, NULL);
	m = expect_at("10.0.0.8:5070"); /* credentials go to who asked for them */
	assert_int_equal(cseq(m), cseq(first) + 1);
	assert_true(sip_msg_has(&m->msg, SIP_HDR_AUTHORIZATION));
	flow_reply(&f, m, 200, "x", BOUND("300"), NULL);
	flow_fact(&f, FACT("Registered"));
	m = expect_at("10.0.0.8:5070");
	expect_ten_more("10.0.0.8:5070");
	m = expect_at("10.0.0.7:5060");
	flow_reply(&f, m, 200, "x", BOUND("3600"), NULL);
	flow_fact(&f, FACT("Registered"));
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_errand_failover), 2);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_registration_sent), 5);
	assert_int_equal(flow_command(&f, TECH_UNREGISTER, "reg"), 0);
	m = expect_at("10.0.0.7:5060");
	assert_string_equal(flow_header(m, "Expires"), "0");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_fact(&f, FACT("Unregistered"));
	end(false);
}

/* All full, all silent, no such name, no name server: each is tried again after retry_interval. */
static void test_nobody_there(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start_named("");
	flow_reply(&f, expect_at("10.0.0.7:5060"), 503, "x", NULL, NULL);
	flow_reply(&f, expect_at("10.0.0.8:5070"), 503, "x", NULL, NULL);
	flow_fact(&f, FACT("Rejected 503"));
	expect_at("10.0.0.7:5060");
	expect_ten_more("10.0.0.7:5060");
	expect_at("10.0.0.8:5070");
	expect_ten_more("10.0.0.8:5070");
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, FACT("Rejected"));
	flow_run(&f, SIM_SECOND);
	sim_dns_set(f.w, &(struct sim_dns_weather){.refuse_permille = 1000});
	m = expect_at("10.0.0.7:5060"); /* what was known still serves */
	flow_reply(&f, m, 403, "x", NULL, NULL);
	flow_fact(&f, FACT("Rejected 403"));
	end(false);

	start_named("outbound_proxy=sip:nobody.example\\;lr\n");
	flow_run(&f, SIM_SECOND);
	flow_fact(&f, FACT("Rejected"));
	flow_expect_silence(&f, 15 * SIM_SECOND);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_target_unknown), 1);
	sim_dns_put(f.w, "nobody.example", 60, "A 10.0.0.7");
	m = flow_expect(&f, "REGISTER"); /* when "not there" has run out */
	assert_string_equal(flow_header(m, "Route"), "<sip:nobody.example;lr>");
	flow_reply(&f, m, 200, "x", BOUND("60"), NULL);
	while (f.fact_taken + 1 < f.fact_count)
		flow_fact(&f, FACT("Rejected"));
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* Commands and a reload while names are looked up, and while the second is asked. */
static void test_cut_short(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start_named("");
	sim_dns_set(f.w, &(struct sim_dns_weather){.delay_min_ns = SIM_SECOND,
						   .delay_max_ns = 2 * SIM_SECOND});
	flow_run(&f, 100 * SIM_MS);
	flow_reload(&f, NULL, NULL);
	flow_expect_silence(&f, 100 * SIM_SECOND);
	flow_end(&f);

	start_named("");
	flow_reply(&f, expect_at("10.0.0.7:5060"), 503, "x", NULL, NULL);
	m = expect_at("10.0.0.8:5070");
	assert_int_equal(flow_command(&f, TECH_REGISTER, "reg"), 0);
	m = expect_at("10.0.0.7:5060");
	flow_reply(&f, m, 200, "x", BOUND("3600"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* A router of RFC 2543 wants to be the Request-URI. */
static void test_strict_proxy(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start_named("outbound_proxy=sip:10.0.0.7\n");
	m = flow_expect(&f, "REGISTER");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:10.0.0.7")));
	assert_string_equal(flow_header(m, "Route"), "<sip:reg.example>");
	flow_reply(&f, m, 200, "x", BOUND("60"), NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}
#undef FACT
#define FACT(state) "Registry PJSIP sip:u@10.0.0.9 sip:10.0.0.9 " state

/* line=yes: what calls us carries the token of our Contact, and only that one is believed. */
static void test_line(void **state)
{
	static const char fmt[] =
		"INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKl%u\r\n"
		"From: <sip:x@y>;tag=x\r\nTo: <sip:4711@10.0.0.1>\r\nCall-ID: l%u\r\nCSeq: 1 "
		"INVITE\r\n"
		"Content-Length: 0\r\n\r\n";
	const struct sip_conf_endpoint *ep;
	const struct flow_msg *m;
	enum sip_parse_error err;
	char text[1024], uri[128];
	struct sip_msg msg;
	struct slice line;
	struct sip_uri parts;

	UNUSED(state);
	start("line=yes\nendpoint=trunk\n");
	m = flow_expect(&f, "REGISTER");
	assert_int_equal(sip_uri_parse(&parts, m->msg.contact.uri), 0);
	assert_true(sip_uri_param(&parts, SLICE_LIT("line"), &line));
	assert_int_equal(line.len, REGISTRATION_LINE);
	flow_reply(&f, m, 200, "x", "Expires: 600\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	slice_copy(uri, sizeof(uri), m->msg.contact.uri);
	snprintf(text, sizeof(text), fmt, uri, 1u, 1u);
	assert_int_equal(sip_msg_parse(&msg, slice_str(text), &err), 0);
	ep = registrations_line(f.sip, &msg);
	assert_non_null(ep);
	assert_true(slice_eq(ep->name, SLICE_LIT("trunk")));
	uri[strlen(uri) - 1] ^= 1;
	snprintf(text, sizeof(text), fmt, uri, 2u, 2u);
	assert_int_equal(sip_msg_parse(&msg, slice_str(text), &err), 0);
	assert_null(registrations_line(f.sip, &msg));
	end(true);
}

/* Such calls belong to the registration's endpoint before anything else is looked at, whether the
 * line stands in To or in the Request-URI; with another line they are those of whoever else fits.
 */
static void test_line_calls(void **state)
{
	static const struct {
		bool in_ruri, in_to, is_wrong;
		const char *fact;
	} rows[] = {
		{true, false, false, "offer 4711@10.0.0.1 \"Ann\" <1000>"},
		{false, true, false, "offer 4711@10.0.0.1 \"Ann\" <1000>"},
		{false, false, false, "offer 4711@10.0.0.1 \"By\" <7>"},
		{true, false, true, "offer 4711@10.0.0.1 \"By\" <7>"},
	};
	char uri[128], ruri[128];
	const struct flow_msg *m;
	struct flow_caller c;

	UNUSED(state);
	start("line=yes\nendpoint=trunk\n"
	      "[by]\ntype=identify\nendpoint=by\nmatch=10.0.0.9\n"
	      "[by]\ntype=endpoint\nallow=ulaw\ncallerid=\"By\" <7>\n");
	m = flow_expect(&f, "REGISTER");
	slice_copy(uri, sizeof(uri), m->msg.contact.uri);
	flow_reply(&f, m, 200, "x", "Expires: 7200\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_caller_init(&c, &f);
		snprintf(ruri, sizeof(ruri), "%s",
			 rows[i].in_ruri ? uri : "sip:4711@10.0.0.1:5060");
		if (rows[i].is_wrong)
			ruri[strlen(ruri) - 1] ^= 1;
		c.ruri = ruri;
		if (rows[i].in_to)
			c.to = uri;
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
		flow_expect(&f, "100");
		flow_fact(&f, rows[i].fact);
		flow_hangup(&f, 17);
		flow_caller_expect(&c, "486");
		flow_caller_ack_failure(&c);
	}
	end(true);
}

/* A reload that changes something ends the old and begins the new; one that does not leaves it
 * alone. */
static void test_reload(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", BOUND("3600"), NULL);
	flow_fact(&f, FACT("Registered"));
	flow_reload(&f, NULL, conf(""));
	flow_expect_silence(&f, 100 * SIM_SECOND);
	flow_reload(&f, NULL, conf("line=yes\nendpoint=trunk\n"));
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "0");
	assert_string_equal(flow_header(m, "Contact"), "<sip:4711@10.0.0.1:5060>");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	m = flow_expect(&f, "REGISTER");
	assert_string_equal(flow_header(m, "Expires"), "3600");
	flow_reply(&f, m, 200, "x", "Expires: 600\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* Many contacts while the shards have no room: each is not a reason to try all over again. */
static void test_many_while_full(void **state)
{
	static char more[32768];
	struct sink out = sink_make(more, sizeof(more) - 1);

	UNUSED(state);
	flow_start_center(&f, 1, NULL, NULL);
	sink_lit(&out, "[many]\ntype=aor\n");
	for (int i = 0; i < 500; i++)
		sink_fmt(&out, "contact=sip:x%d@10.0.0.9\n", i);
	f.is_full = true;
	flow_reload(&f, NULL, sink_cstr(&out));
	assert_in_range(f.refused_notices, 1, 5);
	f.is_full = false;
	flow_run(&f, 20 * SIM_MS);
	assert_true(sip_center_is_quiet(f.center));
	f.fact_taken = f.fact_count;
	flow_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_interval_too_brief),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_wrong_credentials),
		cmocka_unit_test(test_challenge_after_pause),
		cmocka_unit_test(test_max_retries),
		cmocka_unit_test(test_service_route),
		cmocka_unit_test(test_service_route_late),
		cmocka_unit_test(test_many_while_full),
		cmocka_unit_test(test_service_route_name),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_failover),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_strict_proxy),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_line_calls),
		cmocka_unit_test(test_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
