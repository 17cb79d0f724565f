/* tests/flow/test_options_auth.c - options of pjsip.conf's auth and aor sections. */
#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

/* MD5 and SHA-256 of joe:r:secret, answering nonce n for INVITE sip:100@10.0.0.9:5060 without qop.
 */
#define HA1	      "2506bc9276120657ae7787b35832c333"
#define RESPONSE_MD5  "1d24b6a4a3e20d55561ea5201d53f531"
#define RESPONSE_SHA2 "774f4ae8c0869da5dec9f8833537bb4baaf136b77b6fafe35eb12ee5ba7956ef"
/* MD5 of bob:asterisk:zanzibar. */
#define HA1_BOB "36a1f21c80592809a6a5ba8375b31aec"

/* A 401 that offers both algorithms is answered by the topmost that the section allows, with what
 * it knows of the secret. */
static void test_outbound(void **state)
{
	static const struct {
		const char *auth, *response;
	} rows[] = {
		{"password=secret", RESPONSE_MD5},
		{"auth_type=md5\nmd5_cred=" HA1, RESPONSE_MD5},
		{"password_digest=MD5:" HA1, RESPONSE_MD5},
		{"password=secret\nsupported_algorithms_uac=SHA-256,MD5", RESPONSE_SHA2},
		{"password=secret\nsupported_algorithms_uac=MD5", RESPONSE_MD5},
		{"password=secret\nrealm=r", RESPONSE_MD5},
		{"password=secret\nrealm=other", NULL},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		char more[256], response[128];
		struct flow f;

		snprintf(more, sizeof(more), "[acct]\ntype=auth\nusername=joe\n%s\n", rows[i].auth);
		flow_start(&f, "outbound_auth=acct", more);
		flow_dial(&f, "100@trunk");
		m = flow_expect(&f, "INVITE");
		flow_reply(
			&f, m, 401, "c",
			"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n"
			"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5\r\n",
			NULL);
		flow_expect(&f, "ACK");
		if (rows[i].response) {
			m = flow_expect(&f, "INVITE");
			snprintf(response, sizeof(response), "response=\"%s\"", rows[i].response);
			if (!strstr(m->text, response))
				fail_msg("%s: no %s in:\n%s", rows[i].auth, response, m->text);
			flow_reply(&f, m, 486, "c", NULL, NULL);
			flow_expect(&f, "ACK");
		}
		flow_fact(&f, rows[i].response ? "ended 17 486" : "ended 21 401");
		flow_end(&f);
	}
}

static struct sip_digest *digest;

static int setup(void **state)
{
	UNUSED(state);
	return sip_digest_create(&digest);
}

static int teardown(void **state)
{
	UNUSED(state);
	sip_digest_destroy(digest);
	return 0;
}

/* Authorization of bob for the n-th challenge of a 401. */
static const char *credentials(const struct flow_msg *m, struct sip_challenge *c)
{
	static char line[1024];
	struct sink out = sink_make(line, sizeof(line) - 1);
	const struct sip_credentials cred = {.username = SLICE_LIT("bob"),
					     .password = SLICE_LIT("zanzibar")};
	const struct sip_auth_request req = {.method = SLICE_LIT("INVITE"),
					     .uri = SLICE_LIT("sip:100@10.0.0.1"),
					     .cnonce = SLICE_LIT("0a4f113b"),
					     .nc = 1};

	assert_int_equal(
		sip_challenge_parse(c, sip_msg_get(&m->msg, SIP_HDR_WWW_AUTHENTICATE), false), 0);
	assert_int_equal(sip_auth_write(&out, digest, c, &cred, &req), 0);
	return sink_cstr(&out);
}

/* Whom we challenge: which algorithm, by which secret, and how long the nonce lasts. */
static void test_inbound(void **state)
{
	static const struct {
		const char *auth;
		enum sip_auth_alg alg;
		bool is_taken; /* with credentials of 40 s ago */
	} rows[] = {
		{"password=zanzibar", SIP_AUTH_MD5, false},
		{"password=zanzibar\nnonce_lifetime=60", SIP_AUTH_MD5, true},
		{"md5_cred=" HA1_BOB "\nnonce_lifetime=60", SIP_AUTH_MD5, true},
		{"password_digest=MD5:" HA1_BOB "\nnonce_lifetime=60", SIP_AUTH_MD5, true},
		{"password=zanzibar\nsupported_algorithms_uas=SHA-256\nnonce_lifetime=60",
		 SIP_AUTH_SHA256, true},
		{"password=zanzibar\nrealm=desk\nnonce_lifetime=60", SIP_AUTH_MD5, true},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		struct sip_challenge challenge;
		struct flow_caller c;
		char more[512];
		struct flow f;

		snprintf(more, sizeof(more),
			 "[bob]\ntype=endpoint\nallow=!all,ulaw\nauth=bob\n"
			 "[bob]\ntype=auth\nusername=bob\n%s\n",
			 rows[i].auth);
		flow_start(&f, NULL, more);
		flow_caller_init(&c, &f);
		c.from = "\"Bob\" <sip:bob@10.0.0.1>";
		flow_caller_invite(&c, NULL, flow_sdp(7000, "0 101", "sendrecv"));
		m = flow_caller_expect(&c, "401");
		flow_caller_ack_failure(&c);
		flow_run(&f, 40 * SIM_SECOND);
		flow_caller_invite(&c, credentials(m, &challenge),
				   flow_sdp(7000, "0 101", "sendrecv"));
		assert_int_equal(challenge.alg, rows[i].alg);
		assert_true(slice_eq(challenge.realm, strstr(rows[i].auth, "realm=desk")
							      ? SLICE_LIT("desk")
							      : SLICE_LIT("asterisk")));
		if (rows[i].is_taken) {
			flow_expect(&f, "100");
			flow_fact(&f, "offer 100@10.0.0.1 \"Bob\" <bob>");
			flow_hangup(&f, 17);
		}
		flow_caller_expect(&c, rows[i].is_taken ? "486" : "401");
		flow_caller_ack_failure(&c);
		flow_end(&f);
	}
}

/* default_expiration: of who names no time. */
static void test_default_expiration(void **state)
{
	static const char request[] =
		"REGISTER sip:10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP "
		"10.0.0.9:5060;branch=z9hG4bKr1\r\n"
		"From: <sip:trunk@10.0.0.1>;tag=a\r\nTo: <sip:trunk@10.0.0.1>\r\nCall-ID: r\r\n"
		"CSeq: 1 REGISTER\r\nContact: <sip:t@10.0.0.9:5064>\r\nContent-Length: 0\r\n\r\n";

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		char more[256], want[64];
		struct flow f;

		snprintf(more, sizeof(more), "max_contacts=1\n%s" FLOW_PEER,
			 i ? "default_expiration=400\n" : "");
		snprintf(want, sizeof(want), ";expires=%d\r\n", i ? 400 : 3600);
		flow_start_center(&f, 1, NULL, more);
		flow_send(&f, request);
		assert_non_null(strstr(flow_expect(&f, "200")->text, want));
		flow_run(&f, SIM_SECOND);
		f.fact_taken = f.fact_count;
		flow_abandon(&f);
	}
}

/* max_initial_qualify_time: in how many seconds all contacts are asked for the first time; never
 * more than their qualify_frequency, and two where nothing is said. */
static void test_max_initial_qualify_time(void **state)
{
	static const struct {
		const char *global;
		int64_t least_s, most_s; /* when the last one is asked */
	} rows[] = {
		{"", 0, 2},
		{"[g]\ntype=global\nmax_initial_qualify_time=60\n", 20, 60},
		{"[g]\ntype=global\nmax_initial_qualify_time=3600\n", 61, 120},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		int64_t start, last = 0;
		char more[512];
		struct flow f;

		snprintf(more, sizeof(more),
			 "qualify_frequency=120\ncontact=sip:10.0.0.9:5061\n"
			 "contact=sip:10.0.0.9:5062\ncontact=sip:10.0.0.9:5063\n%s",
			 rows[i].global);
		flow_start_center(&f, 1, NULL, more);
		start = sim_now(f.w);
		for (int k = 0; k < 4; k++) {
			const struct flow_msg *m = flow_expect(&f, "OPTIONS");

			last = m->at - start;
			flow_reply(&f, m, 200, "x", NULL, NULL);
		}
		if (last < rows[i].least_s * SIM_SECOND || last > rows[i].most_s * SIM_SECOND)
			fail_msg("row %zu: %lld ms", i, (long long)(last / SIM_MS));
		flow_run(&f, SIM_SECOND);
		f.fact_taken = f.fact_count;
		flow_abandon(&f);
	}
}

/* outbound_proxy of an AOR: OPTIONS to its contacts, and calls to them, go by it. */
static void test_aor_proxy(void **state)
{
	static const char *const asked[] = {"OPTIONS", "INVITE"};

	UNUSED(state);
	for (size_t i = 0; i < 4; i++) {
		const struct flow_msg *m;
		char address[ADDR_TEXT];
		struct flow f;

		flow_start_center(&f, 1, NULL,
				  i / 2 ? "qualify_frequency=30\noutbound_proxy=sip:10.0.0.7:5070"
					  "\\;lr\n"
					: "qualify_frequency=30\n");
		if (i % 2)
			flow_dial(&f, "100@trunk");
		m = flow_expect(&f, asked[i % 2]);
		assert_string_equal(addr_text(&m->to, address),
				    i / 2 ? "10.0.0.7:5070" : "10.0.0.9:5060");
		assert_int_equal(strstr(m->text, "\r\nRoute: <sip:10.0.0.7:5070;lr>\r\n") != NULL,
				 i / 2);
		flow_abandon(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outbound),
		cmocka_unit_test(test_inbound),
		cmocka_unit_test(test_default_expiration),
		cmocka_unit_test(test_max_initial_qualify_time),
		cmocka_unit_test(test_aor_proxy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
