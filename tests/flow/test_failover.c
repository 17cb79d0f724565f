/* tests/flow/test_failover.c - which refusals send a call to the next target, and that other ones
 * do not (RFC 3263 4.3; failover= of dialer.conf). Silence, hang-ups and held targets: test_seek.
 */
#include "engine/base/check.h"
#include "sip/failover.h"
#include "tests/flow/flow.h"
#include "tests/unit/core/memconf.h"

#include <errno.h>

#define TWO "[two]\ntype=aor\ncontact=sip:10.0.0.7:5060\ncontact=sip:10.0.0.8:5070\n"

/* dialer.conf as the engine reads it beside pjsip.conf. */
static int dialer(struct sip_conf *conf, const char *text, struct sink *error)
{
	const struct memconf_file files[] = {{"dialer.conf", text, 0}, {0}};
	struct conffile_error why;
	struct conffile *cf;
	struct memconf m;
	int err;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "dialer.conf", &why), 0);
	err = sip_failover_load(conf, cf, error);
	conffile_free(cf);
	return err;
}

/* A call over two targets of which the first refuses so; whether the second one hears of it. */
static bool moves_on(const char *text, unsigned code)
{
	const struct flow_msg *invite, *second;
	struct sink none = sink_make(NULL, 0);
	struct flow f;
	bool moved;

	flow_start(&f, "aors=two\n", TWO);
	assert_int_equal(dialer(f.conf, text, &none), 0);
	flow_dial(&f, "100@trunk");
	invite = flow_expect(&f, "INVITE");
	assert_int_equal(invite->to.port, 5060);
	flow_reply(&f, invite, code, "x", NULL, NULL);
	flow_expect(&f, "ACK");
	moved = f.msg_count > f.msg_taken;
	if (moved) {
		second = flow_expect(&f, "INVITE");
		assert_int_equal(second->to.port, 5070);
		assert_true(slice_eq(second->msg.call_id, invite->msg.call_id));
		flow_no_fact(&f);
		flow_reply(&f, second, 404, "y", NULL, NULL);
		flow_expect(&f, "ACK");
		flow_fact(&f, "ended 1 404");
	} else {
		assert_int_equal(f.fact_count, 1);
		f.fact_taken = 1;
	}
	flow_end(&f);
	return moved;
}

static void test_statuses(void **state)
{
	static const struct {
		const char *dialer;
		unsigned code;
		bool moves;
	} rows[] = {
		/* as Asterisk */
		{"[general]\n", 503, true},
		{"[general]\n", 500, false},
		{"[general]\n", 502, false},
		{"[general]\n", 504, false},
		{"[general]\n", 480, false},
		{"[general]\n", 408, false},
		{"[general]\n", 486, false},
		{"[general]\n", 603, false},
		/* of this trunk */
		{"[trunk]\nfailover = 500, 502,504,480\n", 500, true},
		{"[trunk]\nfailover = 500, 502,504,480\n", 502, true},
		{"[trunk]\nfailover = 500, 502,504,480\n", 504, true},
		{"[trunk]\nfailover = 500, 502,504,480\n", 480, true},
		{"[trunk]\nfailover = 500, 502,504,480\n", 503, false},
		{"[trunk]\nfailover = 500, 502,504,480\n", 486, false},
		{"[trunk]\nfailover = no\n", 503, false},
		{"[trunk]\ncps = 10\n", 503, true},
		/* of others */
		{"[other]\nfailover = 500\n[nobody]\nfailover=no\n", 503, true},
		{"[other]\nfailover = 500\n", 500, false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (moves_on(rows[i].dialer, rows[i].code) != rows[i].moves)
			fail_msg("row %zu", i);
}

static void test_refused(void **state)
{
	static const char *const values[] = {"399",  "700", "401", "407",  "422", "x",
					     "500,", "",    "5xx", "5000", "-1"};
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
		char text[64], said[256];
		struct sink error = sink_make(said, sizeof(said));

		flow_start(&f, NULL, NULL);
		snprintf(text, sizeof(text), "[trunk]\nfailover = %s\n", values[i]);
		assert_int_equal(dialer(f.conf, text, &error), -EINVAL);
		assert_non_null(strstr(sink_cstr(&error), "dialer.conf:2: failover = "));
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
