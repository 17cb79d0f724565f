/* tests/flow/test_contacts.c - contacts that are asked whether they are there: when each is asked,
 * and what calls make of it (RFC 3261 11). The rest of it is in test_register. */
#include "engine/base/check.h"
#include "tests/flow/flow.h"

#include <errno.h>
#include <stdio.h>

#define ASKED 10 /* contacts: 10.0.0.9:6000 and on */

/* The trunk of flow.c has one contact, which is not asked. */
static void start(struct flow *f, const char *more)
{
	flow_start_center(f, 1, NULL, more);
	flow_fact(f, "ContactStatus sip:10.0.0.9:5060 NonQualified trunk trunk");
	flow_fact(f, "PeerStatus PJSIP PJSIP/trunk Reachable");
	flow_fact(f, "DeviceStateChange PJSIP/trunk NOT_INUSE");
}

static void end(struct flow *f)
{
	flow_reload(f, NULL, NULL);
	flow_run(f, 40 * SIM_SECOND);
	f->fact_taken = f->fact_count;
	f->msg_taken = f->msg_count;
	flow_end(f);
}

/* Not all at once, neither at first (within 2 s) nor later (a tenth of the frequency earlier). */
static void test_spread(void **state)
{
	char more[1024];
	struct sink out = sink_make(more, sizeof(more) - 1);
	int64_t first[ASKED] = {0}, last = 0, sum = 0, gap;
	const struct flow_msg *m;
	uint32_t gaps = 0;
	struct flow f;

	UNUSED(state);
	sink_lit(&out, "[many]\ntype=endpoint\naors=many\nallow=ulaw\n"
		       "[many]\ntype=aor\nqualify_frequency=30\n");
	for (int i = 0; i < ASKED; i++)
		sink_fmt(&out, "contact=sip:10.0.0.9:%d\n", 6000 + i);
	start(&f, sink_cstr(&out));
	for (int i = 0; i < 2 * ASKED; i++) {
		m = flow_expect(&f, "OPTIONS");
		assert_in_range(m->to.port, 6000, 6000 + ASKED - 1);
		flow_reply(&f, m, 200, "x", NULL, NULL);
		f.fact_taken = f.fact_count = 0;
		gap = m->at - first[m->to.port - 6000];
		if (first[m->to.port - 6000]) {
			assert_in_range(gap, 27 * SIM_SECOND, 30 * SIM_SECOND + 10 * SIM_MS);
			gaps += gap < 29 * SIM_SECOND;
			continue;
		}
		first[m->to.port - 6000] = m->at;
		assert_true(m->at <= 3 * SIM_SECOND);
		sum += m->at - last;
		last = m->at;
	}
	assert_true(sum > SIM_SECOND); /* the first ones, from one to another */
	assert_in_range(gaps, 2, ASKED - 1);
	end(&f);
}

/* Without qualify_timeout three seconds are what a contact has. */
static void test_timeout(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	start(&f, "[desk]\ntype=endpoint\naors=desk\nallow=ulaw\n"
		  "[desk]\ntype=aor\nqualify_frequency=60\ncontact=sip:10.0.0.9:5090\n");
	m = flow_expect(&f, "OPTIONS");
	flow_run(&f, 2900 * SIM_MS - (sim_now(f.w) - m->at));
	flow_no_fact(&f);
	flow_run(&f, 200 * SIM_MS);
	flow_fact(&f, "ContactStatus sip:10.0.0.9:5090 Unreachable desk desk");
	end(&f);
}

/* Of two contacts the one that is there is called; when both are gone, none. */
static void test_choice(void **state)
{
	static const struct {
		bool first, second;
		uint16_t called; /* 0: nobody */
	} rows[] = {
		{true, true, 5090}, {false, true, 5091}, {true, false, 5090}, {false, false, 0}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		struct flow f;

		start(&f, "[gate]\ntype=endpoint\naors=gate\nallow=ulaw\n[gate]\ntype=aor\n"
			  "qualify_frequency=60\nqualify_timeout=1\n"
			  "contact=sip:10.0.0.9:5090\ncontact=sip:10.0.0.9:5091\n");
		for (int64_t until = sim_now(f.w) + 4 * SIM_SECOND; sim_now(f.w) < until;) {
			flow_run(&f, 10 * SIM_MS);
			while (f.msg_taken < f.msg_count) {
				m = flow_expect(&f, "OPTIONS");
				if (m->to.port == 5090 ? rows[i].first : rows[i].second)
					flow_reply(&f, m, 200, "x", NULL, NULL);
			}
		}
		f.fact_taken = f.fact_count;
		flow_dial(&f, "100@gate");
		if (rows[i].called) {
			m = flow_expect(&f, "INVITE");
			assert_int_equal(m->to.port, rows[i].called);
			flow_reply(&f, m, 486, "b", NULL, NULL);
			flow_expect(&f, "ACK");
			flow_fact(&f, "ended 17 486");
		} else {
			assert_int_equal(f.dial_error, -EHOSTUNREACH);
		}
		end(&f);
	}
}

/* A trunk that was silent five times is down, and its orders wait for one of them to try, until it
 * answers a question. */
static void test_back(void **state)
{
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	start(&f, "[q]\ntype=aor\ncontact=sip:10.0.0.9:5060\n");
	f.is_deaf = true;
	for (int i = 0; i < 5; i++) {
		flow_dial(&f, "100@trunk");
		flow_run(&f, 33 * SIM_SECOND);
		flow_fact(&f, "ended 18 408");
	}
	assert_true(flow_is_held(&f, "100@trunk") && f.held.on_trial);
	assert_true(f.hold_on_trial && f.hold_until_ns > 0);
	f.is_deaf = false;
	f.msg_taken = f.msg_count;
	assert_int_equal(flow_command(&f, TECH_QUALIFY, "trunk"), 0);
	m = flow_expect(&f, "OPTIONS");
	assert_int_equal(m->to.port, 5060);
	flow_reply(&f, m, 404, "x", NULL, NULL);
	flow_run(&f, 10 * SIM_MS);
	assert_false(flow_is_held(&f, "100@trunk"));
	assert_int_equal(f.hold_until_ns, 0); /* as the core was told */
	flow_dial(&f, "100@trunk");
	flow_reply(&f, flow_expect(&f, "INVITE"), 486, "b", NULL, NULL);
	flow_expect(&f, "ACK");
	flow_fact(&f, "ended 17 486");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
