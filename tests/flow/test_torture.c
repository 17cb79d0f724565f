/* tests/flow/test_torture.c - the messages of RFC 4475 and RFC 5118, sent to an engine that knows
 * who sends them: what each is answered, if anything. How each is read: unit/sip/test_torture. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define VECTORS "tests/unit/sip/vectors/"

static const struct {
	const char *file;
	unsigned code;	  /* of the answer; 0: none */
	const char *line; /* in it */
	bool is_offered;  /* a call that the owner hears of */
} fates[] = {
	{"rfc4475/wsinv", 481, NULL, false}, /* it has a To tag */
	{"rfc4475/intmeth", 501, "Allow: ", false},
	{"rfc4475/esc01", 100, NULL, true},
	{"rfc4475/escnull", 404, NULL, false},
	{"rfc4475/esc02", 501, "Allow: ", false},
	{"rfc4475/lwsdisp", 200, NULL, false},
	{"rfc4475/longreq", 100, NULL, true},
	{"rfc4475/dblreq", 404, NULL, false},
	{"rfc4475/semiuri", 200, NULL, false},
	{"rfc4475/transports", 200, NULL, false},
	{"rfc4475/mpart01", 405, "Allow: ", false},
	{"rfc4475/unreason", 0, NULL, false},
	{"rfc4475/noreason", 0, NULL, false},
	{"rfc4475/badinv01", 400, NULL, false},
	{"rfc4475/clerr", 400, NULL, false},
	{"rfc4475/ncl", 400, NULL, false},
	{"rfc4475/scalar02", 400, NULL, false},
	{"rfc4475/scalarlg", 0, NULL, false},
	{"rfc4475/quotbal", 400, NULL, false},
	{"rfc4475/ltgtruri", 400, NULL, false},
	{"rfc4475/lwsruri", 400, NULL, false},
	{"rfc4475/lwsstart", 400, NULL, false},
	{"rfc4475/trws", 400, NULL, false},
	{"rfc4475/escruri", 400, NULL, false},
	{"rfc4475/baddate", 100, NULL, true},
	{"rfc4475/regbadct", 400, NULL, false},
	{"rfc4475/badaspec", 400, NULL, false},
	{"rfc4475/baddn", 200, NULL, false},
	{"rfc4475/badvers", 505, NULL, false},
	{"rfc4475/mismatch01", 400, NULL, false},
	{"rfc4475/mismatch02", 400, NULL, false},
	{"rfc4475/bigcode", 0, NULL, false},
	{"rfc4475/badbranch", 200, NULL, false},
	{"rfc4475/insuf", 0, NULL, false}, /* nothing to answer with */
	{"rfc4475/unkscm", 416, NULL, false},
	{"rfc4475/novelsc", 416, NULL, false},
	{"rfc4475/unksm2", 404, NULL, false},
	{"rfc4475/bext01", 420, "Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n",
	 false},
	{"rfc4475/invut", 415, "Accept: application/sdp", false},
	{"rfc4475/regaut01", 404, NULL, false},
	{"rfc4475/multi01", 400, NULL, false},
	{"rfc4475/mcl01", 400, NULL, false},
	{"rfc4475/bcast", 0, NULL, false},
	{"rfc4475/zeromf", 200, NULL, false}, /* it is for us */
	{"rfc4475/cparam01", 404, NULL, false},
	{"rfc4475/cparam02", 404, NULL, false},
	{"rfc4475/regescrt", 404, NULL, false},
	{"rfc4475/sdp01", 406, "Warning: 399 ringer", false},
	{"rfc4475/inv2543", 100, NULL, true},
	{"rfc4475/test", 0, NULL, false},
	{"rfc5118/ipv6-good", 404, NULL, false},
	{"rfc5118/ipv6-bad", 400, NULL, false},
	{"rfc5118/port-ambiguous", 404, NULL, false},
	{"rfc5118/port-unambiguous", 404, NULL, false},
	{"rfc5118/via-received-param-with-delim", 481, NULL, false},
	{"rfc5118/via-received-param-no-delim", 200, NULL, false},
	{"rfc5118/ipv6-in-sdp", 488, NULL, false}, /* G.726 alone */
	{"rfc5118/mult-ip-in-header", 481, NULL, false},
	{"rfc5118/mult-ip-in-sdp", 100, NULL, true},
	{"rfc5118/ipv4-mapped-ipv6", 488, NULL, false}, /* the same */
	{"rfc5118/ipv6-bug-abnf-3-colons", 200, NULL, false},
	{"rfc5118/ipv6-correct-abnf-2-colons", 200, NULL, false},
};

static struct slice load(const char *name)
{
	static char text[LIMIT_SIP_DATAGRAM];
	char path[256];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), VECTORS "%s.dat", name);
	file = fopen(path, "rb");
	if (!file)
		fail_msg("no %s", path);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	return slice_make(text, len);
}

static void test_answers(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(fates); i++) {
		struct slice message = load(fates[i].file);
		const char *answer;
		unsigned code = 0;
		struct flow f;

		flow_start(&f, NULL, FLOW_PEER);
		f.is_deaf = true; /* answers repeat what cannot be read */
		sim_net_inject(f.w, &flow_peer, &flow_engine, message.ptr, message.len);
		flow_run(&f, 50 * SIM_MS);
		answer = f.msg_count ? f.msgs[0]->text : "";
		if (f.msg_count && sscanf(answer, "SIP/2.0 %u ", &code) != 1)
			fail_msg("%s: no response: %s", fates[i].file, answer);
		if (f.msg_count > 1 || code != fates[i].code)
			fail_msg("%s: %u answers, code %u, not %u", fates[i].file, f.msg_count,
				 code, fates[i].code);
		if (fates[i].line && slice_find_text(slice_make(answer, f.msgs[0]->len),
						     slice_str(fates[i].line)) == SIZE_MAX)
			fail_msg("%s: no '%s' in:\n%s", fates[i].file, fates[i].line, answer);
		if ((f.fact_count == 1) != fates[i].is_offered)
			fail_msg("%s: %u calls", fates[i].file, f.fact_count);
		flow_abandon(&f);
	}
}

/* The registrations, where the address of record is there: what is kept of their contacts. */
static void test_registrations(void **state)
{
	static const struct {
		const char *file, *endpoint;
		const char *status, *line; /* NULL: no contact */
	} rows[] = {
		{"rfc4475/cparam01", "", "200",
		 "Contact: <sip:+19725552222@gw1.example.net>;expires=3600\n"},
		{"rfc4475/cparam02", "", "200",
		 "Contact: <sip:+19725552222@gw1.example.net;unknownparam>;expires=3600\n"},
		{"rfc4475/regescrt", "", "200",
		 "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600\n"},
		{"rfc4475/dblreq", "", "200",
		 "Contact: <sip:j.user@host.example.com>;expires=3600\n"},
		{"rfc4475/regaut01", "auth=joe", "401", "WWW-Authenticate: Digest <any>\n"},
		{"rfc5118/ipv6-good", "", "200",
		 "Contact: <sip:caller@[2001:db8::1]>;expires=3600\n"},
		{"rfc5118/port-unambiguous", "", "200",
		 "Contact: <sip:caller@[2001:db8::1]>;expires=3600\n"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice message = load(rows[i].file);
		char endpoint[128];
		struct flow f;

		snprintf(endpoint, sizeof(endpoint), "aors=trunk,watson,user,j.user\n%s",
			 rows[i].endpoint);
		flow_start_center(&f, 1, endpoint,
				  FLOW_PEER "[watson]\ntype=aor\nmax_contacts=2\n"
					    "[user]\ntype=aor\nmax_contacts=2\n"
					    "[j.user]\ntype=aor\nmax_contacts=2\n"
					    "[joe]\ntype=auth\nusername=joe\npassword=x\n");
		sim_net_inject(f.w, &flow_peer, &flow_engine, message.ptr, message.len);
		flow_assert_lines(flow_expect(&f, rows[i].status), rows[i].line);
		flow_run(&f, 50 * SIM_MS);
		assert_int_equal(f.msg_count, 1);
		flow_abandon(&f);
	}
}

/* Headers in a contact are no part of the Request-URI that is made of it (RFC 3261 19.1.5). */
static void test_contact_with_headers(void **state)
{
	struct slice message = load("rfc4475/regescrt");
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start_center(&f, 1, "aors=user",
			  FLOW_PEER "[user]\ntype=aor\nmax_contacts=1\n"
				    "qualify_frequency=60\n");
	sim_dns_put(f.w, "example.com", 60, "A 10.0.0.9");
	sim_net_inject(f.w, &flow_peer, &flow_engine, message.ptr, message.len);
	flow_expect(&f, "200");
	m = flow_expect(&f, "OPTIONS");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:user@example.com")));
	assert_string_equal(flow_header(m, "To"), "<sip:user@example.com>");
	flow_reply(&f, m, 200, "x", NULL, NULL);
	flow_dial(&f, "trunk");
	assert_int_equal(f.dial_error, 0);
	m = flow_expect(&f, "INVITE");
	assert_true(slice_eq(m->msg.ruri, SLICE_LIT("sip:user@example.com")));
	assert_string_equal(flow_header(m, "To"), "<sip:user@example.com>");
	flow_abandon(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_registrations),
		cmocka_unit_test(test_contact_with_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
