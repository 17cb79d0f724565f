/* tests/flow/test_granted.c - how long registrations of ours last, what a registrar says beside
 * that, and how they end (RFC 3261 10.2.4, 10.2.8; RFC 3608 5). The rest is in test_registration.
 */
#include "engine/base/check.h"
#include "tests/flow/flow.h"

#include <stdio.h>

static struct flow f;

#define REG                                                                                        \
	"[reg]\ntype=registration\nserver_uri=sip:10.0.0.9\nclient_uri=sip:u@10.0.0.9\n"           \
	"contact_user=4711\nmax_random_initial_delay=0\nendpoint=trunk\n"
#define FACT(state) "Registry PJSIP sip:u@10.0.0.9 sip:10.0.0.9 " state
#define OURS	    "<sip:4711@10.0.0.1:5060>"

static void start(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), REG "%s", more);
	flow_start_center(&f, 1, NULL, text);
	flow_run(&f, 2 * SIM_MS);
	f.fact_taken = f.fact_count;
}

static void end(bool is_registered)
{
	flow_reload(&f, NULL, NULL);
	if (is_registered)
		flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", NULL, NULL);
	flow_end(&f);
}

/* Of what a 200 says to a REGISTER that asked for an hour: how long it counts. The refresh comes 5
 * s early, and up to a tenth. */
static void test_how_long(void **state)
{
	static const struct {
		const char *lines;
		int64_t granted_s;
	} rows[] = {
		{"Contact: " OURS ";expires=100\r\n", 100},
		{"Contact: " OURS ";expires=100\r\nExpires: 900\r\n", 100},
		{"Contact: " OURS "\r\nExpires: 200\r\n", 200},
		{"Expires: 200\r\n", 200},
		{"Contact: <sip:x@10.0.0.7>;expires=17, " OURS ";expires=300\r\n", 300},
		{"Contact: " OURS ";expires=300, <sip:4711@10.0.0.7>;expires=17\r\n", 300},
		/* alone, so it is ours, as somebody on the way has written it */
		{"Contact: <sip:x@10.0.0.7>;expires=150\r\nExpires: 900\r\n", 150},
		/* which one is ours cannot be told */
		{"Contact: <sip:x@10.0.0.7>;expires=17, <sip:y@10.0.0.7>;expires=18\r\n"
		 "Expires: 250\r\n",
		 250},
		{"", 3600},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		int64_t at, least = rows[i].granted_s * 9 / 10 - 6;

		start("");
		m = flow_expect(&f, "REGISTER");
		flow_reply(&f, m, 200, "x", rows[i].lines, NULL);
		at = sim_now(f.w);
		flow_fact(&f, FACT("Registered"));
		flow_expect_silence(&f, least * SIM_SECOND);
		m = flow_expect(&f, "REGISTER");
		if (m->at - at > (rows[i].granted_s - 4) * SIM_SECOND)
			fail_msg("row %zu: refreshed after %lld s", i,
				 (long long)((m->at - at) / SIM_SECOND));
		flow_reply(&f, m, 200, "x", "Expires: 3600\r\n", NULL);
		flow_fact(&f, FACT("Registered"));
		end(true);
	}
}

/* 200, but for no time at all: it is not registered, and tries again. */
static void test_not_kept(void **state)
{
	int64_t at;

	UNUSED(state);
	start("retry_interval=20\n");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", "Contact: " OURS ";expires=0\r\n",
		   NULL);
	at = sim_now(f.w);
	flow_fact(&f, FACT("Rejected"));
	flow_expect_silence(&f, 19 * SIM_SECOND);
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", NULL, NULL);
	assert_in_range(sim_now(f.w) - at, 20 * SIM_SECOND, 21 * SIM_SECOND);
	flow_fact(&f, FACT("Registered"));
	end(true);
}

/* A registrar that wants more each time is left alone; so is one that does not say how much. */
static void test_interval_without_end(void **state)
{
	char line[64];

	UNUSED(state);
	start("expiration=60\n");
	for (unsigned i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "Min-Expires: %u\r\n", 61 + i);
		flow_reply(&f, flow_expect(&f, "REGISTER"), 423, "x", line, NULL);
	}
	flow_fact(&f, FACT("Rejected 423"));
	flow_expect_silence(&f, 1000 * SIM_SECOND);
	end(false);

	start("expiration=60\n");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 423, "x", NULL, NULL);
	flow_fact(&f, FACT("Rejected 423"));
	flow_expect_silence(&f, 1000 * SIM_SECOND);
	end(false);
}

/* Which refusals are tried again after retry_interval (60 s), and which are for good. */
static void test_temporary(void **state)
{
	static const struct {
		unsigned code;
		bool is_temporary;
	} rows[] = {{408, true},  {500, true},	{502, true},  {503, true},  {504, true},
		    {600, true},  {604, true},	{302, false}, {400, false}, {405, false},
		    {420, false}, {480, false}, {486, false}, {501, false}, {505, false}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char fact[160];
		int64_t at;

		start("");
		flow_reply(&f, flow_expect(&f, "REGISTER"), rows[i].code, "x", NULL, NULL);
		at = sim_now(f.w);
		snprintf(fact, sizeof(fact), FACT("Rejected %u"), rows[i].code);
		flow_fact(&f, fact);
		if (rows[i].is_temporary) {
			flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", NULL, NULL);
			assert_in_range(sim_now(f.w) - at, 60 * SIM_SECOND, 61 * SIM_SECOND);
			flow_fact(&f, FACT("Registered"));
		} else {
			flow_expect_silence(&f, 1000 * SIM_SECOND);
		}
		end(rows[i].is_temporary);
	}
}

static const struct flow_msg *call(void)
{
	const struct flow_msg *m;

	flow_dial(&f, "100@trunk");
	m = flow_expect(&f, "INVITE");
	flow_reply(&f, m, 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	return m;
}

/* The routes of calls are those of the last 200, all of them and in their order; none when it names
 * none. */
static void test_service_routes(void **state)
{
	UNUSED(state);
	start("");
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x",
		   "Expires: 60\r\nService-Route: <sip:10.0.0.9:5070;lr>, <sip:b@10.0.0.8;lr>\r\n"
		   "Service-Route: <sip:10.0.0.7;lr>\r\n",
		   NULL);
	flow_fact(&f, FACT("Registered"));
	assert_true(flow_has(call(), "\r\nRoute: <sip:10.0.0.9:5070;lr>\r\nRoute: "
				     "<sip:b@10.0.0.8;lr>\r\nRoute: <sip:10.0.0.7;lr>\r\n"));
	flow_reply(&f, flow_expect(&f, "REGISTER"), 200, "x", "Expires: 600\r\n", NULL);
	flow_fact(&f, FACT("Registered"));
	assert_false(flow_has(call(), "\r\nRoute: "));
	end(true);
}

static void end_job(struct flow *flow)
{
	sip_center_end(flow->center);
}

/* The engine ends: what is registered is taken back, and waited for; what is not, is not. */
static void test_engine_ends(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start("[two]\ntype=registration\nserver_uri=sip:10.0.0.9:5070\n"
	      "client_uri=sip:v@10.0.0.9\ncontact_user=4712\nmax_random_initial_delay=0\n");
	for (int i = 0; i < 2; i++) {
		m = flow_expect(&f, "REGISTER");
		flow_reply(&f, m, m->to.port == 5060 ? 200 : 403, "x", NULL, NULL);
	}
	flow_run(&f, 10 * SIM_MS);
	f.fact_taken = f.fact_count;
	assert_false(sip_center_is_ending(f.center));
	flow_do(&f, end_job);
	m = flow_expect(&f, "REGISTER");
	flow_assert_to(m, "10.0.0.9:5060");
	assert_string_equal(flow_header(m, "Expires"), "0");
	assert_true(sip_center_is_ending(f.center));
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_fact(&f, FACT("Unregistered"));
	assert_false(sip_center_is_ending(f.center));
	flow_expect_silence(&f, SIM_SECOND);
	end(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_how_long),
		cmocka_unit_test(test_not_kept),
		cmocka_unit_test(test_interval_without_end),
		cmocka_unit_test(test_temporary),
		cmocka_unit_test(test_service_routes),
		cmocka_unit_test(test_engine_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
