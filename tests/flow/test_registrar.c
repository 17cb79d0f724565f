/* tests/flow/test_registrar.c - whose binding a REGISTER is about, what it is told, and what it
 * hears when there is no room (RFC 3261 10.3). The rest is in test_register. */
#include "engine/base/check.h"
#include "tests/flow/flow.h"

#include <errno.h>
#include <stdio.h>

static struct flow f;

#define PHONE                                                                                      \
	"[phone]\ntype=endpoint\nallow=ulaw\naors=phone,200@10.0.0.1,none\n"                       \
	"[phone]\ntype=aor\nmax_contacts=3\n[200@10.0.0.1]\ntype=aor\nmax_contacts=1\n"            \
	"[none]\ntype=aor\n[other]\ntype=aor\nmax_contacts=1\n"

static void start_with(const char *conf)
{
	flow_start_center(&f, 1, NULL, conf);
	flow_run(&f, 2 * SIM_MS);
	f.fact_taken = f.fact_count;
}

static void start(void)
{
	start_with(PHONE);
}

static void end(void)
{
	f.fact_taken = f.fact_count;
	flow_end(&f);
}

/* lines: Contact and so on. */
static void send_register(const char *to, const char *lines)
{
	static unsigned number;
	char text[2048];

	number++;
	snprintf(text, sizeof(text),
		 "REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKg%u\r\n"
		 "From: <sip:phone@10.0.0.1>;tag=a\r\nTo: <%s>\r\nCall-ID: g\r\nCSeq: %u "
		 "REGISTER\r\n"
		 "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
		 number, to, number, lines);
	flow_send(&f, text);
}

static void test_which_aor(void **state)
{
	static const struct {
		const char *to, *status;
	} rows[] = {
		{"sip:phone@10.0.0.1", "200"},	 {"sip:phone@example.com", "200"},
		{"sip:ph%6Fne@10.0.0.1", "200"}, {"sip:200@10.0.0.1", "200"},
		{"sip:200@example.com", "404"},	 {"sip:nobody@10.0.0.1", "404"},
		{"sip:other@10.0.0.1", "404"}, /* is there, but not of this endpoint */
		{"sip:10.0.0.1", "404"},	 {"sip:none@10.0.0.1", "403"}, /* takes none */
	};

	UNUSED(state);
	start();
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		send_register(rows[i].to, "");
		flow_expect(&f, rows[i].status);
	}
	end();
}

/* A 200 tells all bindings, each with what is left of it, also those that others have made. */
static void test_all_are_told(void **state)
{
	const struct flow_msg *m;

	UNUSED(state);
	start();
	send_register("sip:phone@10.0.0.1", "Contact: <sip:a@10.0.0.9>;expires=600\r\n");
	flow_expect(&f, "200");
	flow_run(&f, 100 * SIM_SECOND);
	send_register("sip:phone@10.0.0.1", "Contact: <sip:b@10.0.0.9>\r\nExpires: 300\r\n");
	m = flow_expect(&f, "200");
	assert_true(flow_has(m, "Contact: <sip:a@10.0.0.9>;expires=500\r\n"));
	assert_true(flow_has(m, "Contact: <sip:b@10.0.0.9>;expires=300\r\n"));
	send_register("sip:phone@10.0.0.1", "Contact: <sip:a@10.0.0.9>;expires=0\r\n");
	m = flow_expect(&f, "200");
	assert_false(flow_has(m, "sip:a@"));
	assert_true(flow_has(m, "Contact: <sip:b@10.0.0.9>;expires=300\r\n"));
	end();
}

/* Control is behind: the phone hears when to come again, and nothing is bound. */
static void test_no_room(void **state)
{
	UNUSED(state);
	start();
	f.is_report_full = true;
	send_register("sip:phone@10.0.0.1", "Contact: <sip:a@10.0.0.9>\r\n");
	assert_string_equal(flow_header(flow_expect(&f, "503"), "Retry-After"), "5");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_register_busy), 1);
	flow_no_fact(&f);
	f.is_report_full = false;
	send_register("sip:phone@10.0.0.1", "Contact: <sip:a@10.0.0.9>\r\n");
	flow_expect(&f, "200");
	flow_fact(&f, "ContactStatus sip:a@10.0.0.9 NonQualified phone phone");
	end();
}

/* Path (RFC 3327) with support_path: the way is kept, and the Contact left as it is, whatever
 * rewrite_contact says, for it is the edge that knows where the phone is. Without: it counts for
 * nothing. */
static void test_path(void **state)
{
	static const struct {
		bool has_path, rewrites;
		const char *to, *ruri, *route;
	} rows[] = {
		{true, false, "10.0.0.8:5060", "sip:a@192.168.1.7", "<sip:10.0.0.8;lr>"},
		{false, false, "192.168.1.7:5060", "sip:a@192.168.1.7", ""},
		{false, true, "10.0.0.9:5060", "sip:a@10.0.0.9:5060", ""},
		{true, true, "10.0.0.8:5060", "sip:a@192.168.1.7", "<sip:10.0.0.8;lr>"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		char conf[512];

		snprintf(conf, sizeof(conf),
			 "[phone]\ntype=endpoint\nallow=ulaw\naors=phone\n%s"
			 "[phone]\ntype=aor\nmax_contacts=1\n%s",
			 rows[i].rewrites ? "rewrite_contact=yes\n" : "",
			 rows[i].has_path ? "support_path=yes\n" : "");
		start_with(conf);
		send_register("sip:phone@10.0.0.1", "Supported: path\r\nPath: <sip:10.0.0.8;lr>\r\n"
						    "Contact: <sip:a@192.168.1.7>\r\n");
		flow_expect(&f, "200");
		f.fact_taken = f.fact_count;
		flow_dial(&f, "phone");
		m = flow_expect(&f, "INVITE");
		flow_assert_to(m, rows[i].to);
		assert_true(slice_eq(m->msg.ruri, slice_str(rows[i].ruri)));
		assert_string_equal(flow_header(m, "Route"), rows[i].route);
		flow_reply(&f, m, 486, "b", NULL, NULL);
		flow_expect(&f, "ACK");
		end();
	}
}

/* What was kept over a restart: taken up for what is left of it, and none that is over or that no
 * AOR takes any more. The world begins on the 1st of January 2026. */
static void test_restored(void **state)
{
	static const struct {
		const char *key, *expires;
		bool is_taken;
	} rows[] = {
		{"phone;@1", "1767225700", true}, /* in about 100 s */
		{"phone;@1", "1767225600", false},  {"none;@1", "1767225700", false},
		{"nobody;@1", "1767225700", false}, {"phone;@1", "x", false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[256];

		start();
		snprintf(text, sizeof(text),
			 "{\"uri\":\"sip:a@10.0.0.9\",\"endpoint\":\"phone\",\"expiration_time\":"
			 "\"%s\"}",
			 rows[i].expires);
		assert_int_equal(
			sip_center_restore(f.center, slice_str(rows[i].key), slice_str(text)),
			rows[i].is_taken);
		flow_run(&f, 10 * SIM_MS);
		f.fact_taken = f.fact_count;
		flow_dial(&f, "phone");
		assert_int_equal(f.dial_error, rows[i].is_taken ? 0 : -EHOSTUNREACH);
		if (rows[i].is_taken) {
			flow_reply(&f, flow_expect(&f, "INVITE"), 486, "b", NULL, NULL);
			flow_expect(&f, "ACK");
			flow_fact(&f, "ended 17 486");
			flow_run(&f, 101 * SIM_SECOND);
			flow_fact(&f, "ContactStatus sip:a@10.0.0.9 Removed phone phone");
		}
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_aor), cmocka_unit_test(test_all_are_told),
		cmocka_unit_test(test_no_room),	  cmocka_unit_test(test_path),
		cmocka_unit_test(test_restored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
