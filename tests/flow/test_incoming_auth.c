/* tests/flow/test_incoming_auth.c - who may call: digest, identification, access lists, offenders,
 * and how the caller is told to the core. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>

#define SDP flow_sdp(7000, "0 101", "sendrecv")
#define BOB                                                                                        \
	"[bob]\ntype=endpoint\nallow=!all,ulaw\nauth=bob\n"                                        \
	"[bob]\ntype=auth\nusername=bob\npassword=zanzibar\n"

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

/* Authorization for the challenge of a 401. */
static const char *credentials(const struct flow_msg *m, const char *user, const char *password)
{
	static char line[1024];
	struct sink out = sink_make(line, sizeof(line) - 1);
	struct sip_challenge c;
	const struct sip_credentials cred = {.username = slice_str(user),
					     .password = slice_str(password)};
	const struct sip_auth_request req = {.method = SLICE_LIT("INVITE"),
					     .uri = SLICE_LIT("sip:100@10.0.0.1"),
					     .cnonce = SLICE_LIT("0a4f113b"),
					     .nc = 1};

	assert_int_equal(
		sip_challenge_parse(&c, sip_msg_get(&m->msg, SIP_HDR_WWW_AUTHENTICATE), false), 0);
	assert_int_equal(sip_auth_write(&out, digest, &c, &cred, &req), 0);
	return sink_cstr(&out);
}

static const struct flow_msg *refused(struct flow_caller *c, const char *extra, const char *status)
{
	const struct flow_msg *m;

	flow_caller_invite(c, extra, SDP);
	m = flow_caller_expect(c, status);
	flow_caller_ack_failure(c);
	flow_no_fact(c->f);
	return m;
}

static void taken(struct flow_caller *c, const char *extra, const char *fact)
{
	flow_caller_invite(c, extra, SDP);
	flow_expect(c->f, "100");
	flow_fact(c->f, fact);
	flow_hangup(c->f, 17);
	flow_caller_expect(c, "486");
	flow_caller_ack_failure(c);
}

/* RFC 3665 3.2: 401, then the same call with credentials. */
static void test_digest(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, BOB);
	flow_caller_init(&c, &f);
	c.from = "\"Bob\" <sip:bob@10.0.0.1>";
	m = refused(&c, NULL, "401");
	assert_non_null(strstr(m->text, "realm=\"asterisk\""));
	taken(&c, credentials(m, "bob", "zanzibar"), "offer 100@10.0.0.1 \"Bob\" <bob>");
	m = refused(&c, credentials(m, "bob", "guess"), "401");
	assert_null(strstr(m->text, "stale"));
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_auth_failed), 1);
	/* a nonce of long ago, but the right secret */
	flow_run(&f, 40 * SIM_SECOND);
	m = refused(&c, credentials(m, "bob", "zanzibar"), "401");
	assert_non_null(strstr(m->text, "stale=true"));
	taken(&c, credentials(m, "bob", "zanzibar"), "offer 100@10.0.0.1 \"Bob\" <bob>");
	flow_end(&f);
}

/* Nobody finds out which users exist: the answers differ in nothing but what differs by chance. */
static void test_no_oracle(void **state)
{
	static const char *const users[] = {"\"Bob\" <sip:bob@10.0.0.1>",
					    "\"Bob\" <sip:eve@10.0.0.1>"};
	size_t lengths[2], wrong_lengths[2];
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < 2; i++) {
		const struct flow_msg *m;

		flow_start(&f, NULL, BOB);
		flow_caller_init(&c, &f);
		c.from = users[i];
		snprintf(c.tag, sizeof(c.tag), "same-length");
		snprintf(c.call_id, sizeof(c.call_id), "same-call-%zu", i);
		m = refused(&c, NULL, "401");
		lengths[i] = m->len - strlen(c.branch);
		m = refused(&c, credentials(m, "bob", "guess"), "401");
		wrong_lengths[i] = m->len - strlen(c.branch);
		flow_end(&f);
	}
	assert_int_equal(lengths[0], lengths[1]);
	assert_int_equal(wrong_lengths[0], wrong_lengths[1]);
}

/* After five in five seconds from one address: silence, until it was silent itself. Those who may
 * call from the same address are not held up. */
static void test_offender(void **state)
{
	struct flow_caller c, bob;
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, BOB);
	flow_caller_init(&bob, &f);
	bob.from = "\"Bob\" <sip:bob@10.0.0.1>";
	for (int i = 0; i < 5; i++) {
		flow_caller_init(&c, &f);
		c.from = "<sip:scanner@1.2.3.4>";
		refused(&c, NULL, "401");
	}
	flow_caller_init(&c, &f);
	flow_caller_invite(&c, NULL, SDP);
	flow_expect_silence(&f, SIM_SECOND);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_unidentified), 6);
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_ignored), 1);
	m = refused(&bob, NULL, "401");
	taken(&bob, credentials(m, "bob", "zanzibar"), "offer 100@10.0.0.1 \"Bob\" <bob>");
	flow_run(&f, 31 * SIM_SECOND);
	refused(&c, NULL, "401");
	flow_end(&f);
}

static void test_identification(void **state)
{
	static const struct {
		const char *conf, *extra, *taken; /* NULL: 401 */
	} rows[] = {
		{"[i]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.0/24\n", NULL,
		 "offer 100@10.0.0.1 \"Ann\" <1000>"},
		{"[i]\ntype=identify\nendpoint=trunk\nmatch=10.0.1.0/24\n", NULL, NULL},
		{"[1000]\ntype=endpoint\nallow=!all,ulaw\n", NULL,
		 "offer 100@10.0.0.1 \"Ann\" <1000>"},
		{"[1000@10.0.0.9]\ntype=endpoint\nallow=!all,ulaw\ncallerid=\"At\" <7>\n", NULL,
		 "offer 100@10.0.0.1 \"At\" <7>"},
		{"[1000]\ntype=endpoint\nallow=!all,ulaw\nidentify_by=ip\n", NULL, NULL},
		{"[anonymous]\ntype=endpoint\nallow=!all,ulaw\n", NULL,
		 "offer 100@10.0.0.1 \"Ann\" <1000>"},
		{"[h]\ntype=endpoint\nallow=!all,ulaw\nidentify_by=header\n"
		 "[i]\ntype=identify\nendpoint=h\nmatch_header=X-Key: secret\n",
		 "X-Key: secret\r\n", "offer 100@10.0.0.1 \"Ann\" <1000>"},
		{"[h]\ntype=endpoint\nallow=!all,ulaw\nidentify_by=header\n"
		 "[i]\ntype=identify\nendpoint=h\nmatch_header=X-Key: /^s.*t$/\n",
		 "X-Key: other\r\n", NULL},
		{"[h]\ntype=endpoint\nallow=!all,ulaw\nidentify_by=request_uri\n"
		 "[i]\ntype=identify\nendpoint=h\nmatch_request_uri=/100@/\n",
		 NULL, "offer 100@10.0.0.1 \"Ann\" <1000>"},
		{"[u]\ntype=endpoint\nallow=!all,ulaw\nidentify_by=auth_username\n",
		 "Authorization: Digest "
		 "username=\"u\",realm=\"x\",nonce=\"\",uri=\"\",response=\"\"\r\n",
		 "offer 100@10.0.0.1 \"Ann\" <1000>"},
		/* names that are not there */
		{"[1000]\ntype=endpoint\nallow=!all,ulaw\nauth=missing\n", NULL, NULL},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, NULL, rows[i].conf);
		flow_caller_init(&c, &f);
		if (rows[i].taken)
			taken(&c, rows[i].extra, rows[i].taken);
		else
			refused(&c, rows[i].extra, "401");
		flow_end(&f);
	}
}

static void test_access_lists(void **state)
{
	static const struct {
		const char *conf;
		bool is_taken;
	} rows[] = {
		{"[a]\ntype=acl\ndeny=0.0.0.0/"
		 "0\npermit=10.0.0.9\n[1000]\ntype=endpoint\nallow=ulaw\n",
		 true},
		{"[a]\ntype=acl\ndeny=10.0.0.0/8\n[1000]\ntype=endpoint\nallow=ulaw\n", false},
		{"[a]\ntype=acl\ncontact_deny=10.0.0.9\n[1000]\ntype=endpoint\nallow=ulaw\n",
		 false},
		{"[1000]\ntype=endpoint\nallow=ulaw\ndeny=10.0.0.9\n", false},
		/* several sections: each is a fence of its own */
		{"[a]\ntype=acl\ndeny=10.0.0.9\n[b]\ntype=acl\npermit=10.0.0.9\n"
		 "[1000]\ntype=endpoint\nallow=ulaw\n",
		 false},
		/* lists of acl.conf */
		{"[1000]\ntype=endpoint\nallow=ulaw\nacl=inside\n", true},
		{"[1000]\ntype=endpoint\nallow=ulaw\nacl=inside,outside\n", false},
		{"[a]\ntype=acl\ncontact_acl=outside\n[1000]\ntype=endpoint\nallow=ulaw\n", false},
		{"[1000]\ntype=endpoint\nallow=ulaw\nacl=nowhere\n", false},
		{"[1000]\ntype=endpoint\nallow=ulaw\ncontact_permit=10.0.0.9\n", true},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, NULL, rows[i].conf);
		flow_caller_init(&c, &f);
		if (rows[i].is_taken)
			taken(&c, NULL, "offer 100@10.0.0.1 \"Ann\" <1000>");
		else
			refused(&c, NULL, "403");
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_acl_refused), !rows[i].is_taken);
		flow_end(&f);
	}
}

static void ask(struct flow *f, const char *method)
{
	static unsigned number;
	char text[512];

	number++;
	snprintf(
		text, sizeof(text),
		"%s sip:me@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKq%u\r\n"
		"From: <sip:1000@10.0.0.9>;tag=x\r\nTo: <sip:c@d>\r\nCall-ID: q%u\r\nCSeq: 1 %s\r\n"
		"Content-Length: 0\r\n\r\n",
		method, number, number, method);
	flow_send(f, text);
}

/* Access lists are for all that comes from outside of calls, not for calls alone. */
static void test_access_of_others(void **state)
{
	static const struct {
		const char *conf;
		bool is_taken;
	} rows[] = {
		{"", true},
		{"[a]\ntype=acl\ndeny=0.0.0.0/0\npermit=10.0.0.9\n", true},
		{"[a]\ntype=acl\ndeny=10.0.0.0/8\n", false},
		{"[1000]\ntype=endpoint\nallow=ulaw\ndeny=10.0.0.9\n", false},
		{"[1001]\ntype=endpoint\nallow=ulaw\ndeny=10.0.0.9\n", true},
	};
	static const char *const methods[][2] = {
		{"OPTIONS", "200"}, {"MESSAGE", "405"}, {"NOTIFY", "489"}, {"BYE", "481"}};
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, NULL, rows[i].conf);
		for (size_t k = 0; k < ARRAY_COUNT(methods); k++) {
			ask(&f, methods[k][0]);
			flow_expect(&f, rows[i].is_taken ? methods[k][1] : "403");
		}
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_acl_refused),
				 rows[i].is_taken ? 0 : ARRAY_COUNT(methods));
		flow_end(&f);
	}
}

/* Who is ignored is told nothing at all, until nothing that is not allowed came for a while: a
 * proxy that asks every ten seconds is answered again. Endpoints at the same address are not
 * ignored. */
static void test_offender_asks(void **state)
{
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, BOB);
	for (int i = 0; i < 6; i++) {
		flow_caller_init(&c, &f);
		c.from = "<sip:scanner@1.2.3.4>";
		flow_caller_invite(&c, NULL, SDP);
		if (i < 5) {
			flow_caller_expect(&c, "401");
			flow_caller_ack_failure(&c);
		}
	}
	for (int i = 0; i < 3; i++) {
		flow_expect_silence(&f, 9 * SIM_SECOND);
		ask(&f, "OPTIONS");
	}
	flow_expect_silence(&f, 9 * SIM_SECOND);
	ask(&f, "OPTIONS");
	flow_expect(&f, "200");
	assert_int_equal(metric_get(&f.metrics, METRIC_sip_ignored), 4);
	flow_end(&f);

	flow_start(&f, NULL, BOB "[1000]\ntype=endpoint\nallow=ulaw\n");
	for (int i = 0; i < 6; i++) {
		flow_caller_init(&c, &f);
		c.from = "<sip:scanner@1.2.3.4>";
		flow_caller_invite(&c, NULL, SDP);
		if (i < 5) {
			flow_caller_expect(&c, "401");
			flow_caller_ack_failure(&c);
		}
	}
	ask(&f, "OPTIONS");
	flow_expect(&f, "200");
	flow_end(&f);
}

/* Whose number counts (RFC 3325, 3323), and who diverted the call (5806). */
static void test_identity(void **state)
{
	static const struct {
		const char *endpoint, *extra, *fact;
	} rows[] = {
		{NULL, "P-Asserted-Identity: \"Eve\" <sip:+49301@x>\r\n",
		 "offer 100@10.0.0.1 \"Ann\" <1000>"}, /* not trusted */
		{"trust_id_inbound=yes\n", "P-Asserted-Identity: \"Eve\" <sip:+49301@x>\r\n",
		 "offer 100@10.0.0.1 \"Eve\" <+49301>"},
		{"trust_id_inbound=yes\n", "P-Asserted-Identity: <tel:+49302>\r\nPrivacy: id\r\n",
		 "offer 100@10.0.0.1 \"\" <+49302> hidden"},
		{"trust_id_inbound=yes\n",
		 "Remote-Party-ID: \"Rob\" <sip:303@x>;party=calling;privacy=full\r\n",
		 "offer 100@10.0.0.1 \"Rob\" <303> hidden"},
		{"trust_id_inbound=yes\n",
		 "P-Asserted-Identity: <sip:1@x>\r\nRemote-Party-ID: <sip:2@x>\r\n",
		 "offer 100@10.0.0.1 \"\" <1>"},
		{NULL, "Diversion: <sip:555@x>;reason=unconditional\r\n",
		 "offer 100@10.0.0.1 \"Ann\" <1000> for 555"},
	};
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char endpoint[128];

		/* the endpoint of flow.c has a callerid, which would win */
		snprintf(endpoint, sizeof(endpoint),
			 "[who]\ntype=identify\nendpoint=in\nmatch=10.0.0.9\n"
			 "[in]\ntype=endpoint\nallow=ulaw\n%s",
			 rows[i].endpoint ? rows[i].endpoint : "");
		flow_start(&f, NULL, endpoint);
		flow_caller_init(&c, &f);
		taken(&c, rows[i].extra, rows[i].fact);
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),		 cmocka_unit_test(test_no_oracle),
		cmocka_unit_test(test_offender),	 cmocka_unit_test(test_identification),
		cmocka_unit_test(test_access_lists),	 cmocka_unit_test(test_identity),
		cmocka_unit_test(test_access_of_others), cmocka_unit_test(test_offender_asks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
