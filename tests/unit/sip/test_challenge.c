/* tests/unit/sip/test_challenge.c - digests that we demand: nonces, verdicts, what is shown. */
#include "engine/base/check.h"
#include "sip/challenge.h"
#include "sip/gate.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static const uint8_t secret[SIP_SECRET_LEN] = "secret of the test";
static const struct addr phone = {.family = 4, .port = 5062, .ip = {10, 0, 0, 9}};
static struct sip_digest *digest;
static struct sip_msg msg;
static char text[2048];

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

static struct sip_challenger at(int64_t now_s)
{
	return (struct sip_challenger){digest, secret, now_s, &phone};
}

#define MD5_ALONE SIP_AUTH_ALGS_DEFAULT
#define ALL_ALGS                                                                                   \
	((struct sip_auth_algs){.list = {SIP_AUTH_SHA512_256, SIP_AUTH_SHA256, SIP_AUTH_MD5},      \
				.count = 3})

static struct sip_demand demand(struct sip_auth_algs algs)
{
	return (struct sip_demand){
		.cred = {.username = SLICE_LIT("bob"),
			 .password = SLICE_LIT("zanzibar"),
			 .realm = SLICE_LIT("asterisk")},
		.algs = algs,
		.nonce_lifetime_s = 32,
	};
}

static const struct sip_msg *invite(const char *ruri, const char *extra)
{
	enum sip_parse_error err;

	snprintf(text, sizeof(text),
		 "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKx\r\n"
		 "From: <sip:bob@x>;tag=1\r\nTo: <sip:100@x>\r\nCall-ID: c\r\nCSeq: 1 "
		 "INVITE\r\n%s\r\n",
		 ruri, extra);
	assert_int_equal(sip_msg_parse(&msg, slice_str(text), &err), 0);
	return &msg;
}

/* A client that does everything right but what the row changes. */
struct client {
	const char *user, *password, *realm, *uri;
	enum sip_auth_alg alg;
	bool has_qop;
};

static const char *answer(const struct client *c, struct slice nonce)
{
	static char line[1024];
	struct sink out = sink_make(line, sizeof(line) - 1);
	const struct sip_challenge challenge = {.alg = c->alg,
						.has_alg = true,
						.has_qop = c->has_qop,
						.has_qop_auth = true,
						.realm = slice_str(c->realm),
						.nonce = nonce};
	const struct sip_credentials cred = {.username = slice_str(c->user),
					     .password = slice_str(c->password)};
	const struct sip_auth_request req = {.method = SLICE_LIT("INVITE"),
					     .uri = slice_str(c->uri),
					     .cnonce = SLICE_LIT("0a4f113b"),
					     .nc = 1};

	assert_int_equal(sip_auth_write(&out, digest, &challenge, &cred, &req), 0);
	return sink_cstr(&out);
}

#define RIGHT "bob", "zanzibar", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_MD5

static void test_verdicts(void **state)
{
	static const struct {
		struct client client;
		int age_s;
		enum sip_verdict verdict;
	} rows[] = {
		{{RIGHT, true}, 0, SIP_VERDICT_GOOD},
		{{RIGHT, false}, 0, SIP_VERDICT_GOOD}, /* RFC 2617 clients without qop */
		{{RIGHT, true}, 32, SIP_VERDICT_GOOD},
		{{RIGHT, true}, 33, SIP_VERDICT_STALE},
		{{RIGHT, true}, -1, SIP_VERDICT_STALE}, /* from the future */
		{{"eve", "zanzibar", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_WRONG},
		{{"bob", "guess", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_WRONG},
		/* a wrong secret is wrong, also with an old nonce: no oracle */
		{{"bob", "guess", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_MD5, true},
		 99,
		 SIP_VERDICT_WRONG},
		{{"bob", "zanzibar", "elsewhere", "sip:100@10.0.0.1", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_NONE},
		/* credentials for another number */
		{{"bob", "zanzibar", "asterisk", "sip:900@10.0.0.1", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_WRONG},
		/* a proxy put in another host */
		{{"bob", "zanzibar", "asterisk", "sip:100@pbx.example", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_GOOD},
		/* a client that names the host alone */
		{{"bob", "zanzibar", "asterisk", "sip:10.0.0.1:5060", SIP_AUTH_MD5, true},
		 0,
		 SIP_VERDICT_GOOD},
		/* an algorithm that was not offered */
		{{"bob", "zanzibar", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_SHA256, true},
		 0,
		 SIP_VERDICT_WRONG},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_challenger made = at(5000), asked = at(5000 + rows[i].age_s);
		const struct sip_demand d = demand(MD5_ALONE);
		char nonce[SIP_NONCE_LEN];

		sip_nonce_write(&made, d.cred.realm, nonce);
		invite("sip:100@10.0.0.1",
		       answer(&rows[i].client, slice_make(nonce, sizeof(nonce))));
		if (sip_challenge_verify(&asked, &msg, false, &d) != rows[i].verdict)
			fail_msg("row %zu", i);
	}
}

static void test_sha256(void **state)
{
	static const struct client c = {"bob",		 "zanzibar", "asterisk", "sip:100@10.0.0.1",
					SIP_AUTH_SHA256, true};
	const struct sip_challenger who = at(5000);
	struct sip_demand d = demand(ALL_ALGS);
	char nonce[SIP_NONCE_LEN];

	UNUSED(state);
	sip_nonce_write(&who, d.cred.realm, nonce);
	invite("sip:100@10.0.0.1", answer(&c, slice_make(nonce, sizeof(nonce))));
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_GOOD);
	d.cred.ha1[SIP_AUTH_MD5] = SLICE_LIT("00000000000000000000000000000000");
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_GOOD);
	d.cred.password = SLICE_EMPTY; /* MD5 is all that is known now */
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_WRONG);
}

/* The object that names no user is met by nobody, not even by one without a name. */
static void test_nobody(void **state)
{
	static const struct client c = {"", "", "asterisk", "sip:100@10.0.0.1", SIP_AUTH_MD5, true};
	const struct sip_challenger who = at(5000);
	struct sip_demand d = demand(MD5_ALONE);
	char nonce[SIP_NONCE_LEN];

	UNUSED(state);
	d.cred.username = d.cred.password = SLICE_EMPTY;
	sip_nonce_write(&who, d.cred.realm, nonce);
	invite("sip:100@10.0.0.1", answer(&c, slice_make(nonce, sizeof(nonce))));
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_WRONG);
}

static void test_nonces(void **state)
{
	static const struct addr other = {.family = 4, .port = 5062, .ip = {10, 0, 0, 8}};
	static const struct client c = {RIGHT, true};
	const struct sip_demand d = demand(MD5_ALONE);
	struct sip_challenger who = at(5000), elsewhere = at(5000);
	char nonce[SIP_NONCE_LEN];

	UNUSED(state);
	elsewhere.source = &other;
	sip_nonce_write(&elsewhere, d.cred.realm, nonce); /* somebody else's */
	invite("sip:100@10.0.0.1", answer(&c, slice_make(nonce, sizeof(nonce))));
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_STALE);
	invite("sip:100@10.0.0.1", answer(&c, SLICE_LIT("made up")));
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_STALE);
	sip_nonce_write(&who, d.cred.realm, nonce);
	nonce[3] = nonce[3] == '0' ? '1' : '0'; /* the time was turned back */
	invite("sip:100@10.0.0.1", answer(&c, slice_make(nonce, sizeof(nonce))));
	assert_int_equal(sip_challenge_verify(&who, &msg, false, &d), SIP_VERDICT_STALE);
}

static void test_broken_credentials(void **state)
{
	static const struct {
		const char *line;
		enum sip_verdict verdict;
	} rows[] = {
		{"", SIP_VERDICT_NONE},
		{"Authorization: Basic Ym9iOmI=\r\n", SIP_VERDICT_NONE},
		{"Authorization: Digest\r\n", SIP_VERDICT_WRONG},
		{"Authorization: Digest realm=\"asterisk\r\n", SIP_VERDICT_WRONG},
		{"Authorization: Digest realm=\"asterisk\"\r\n", SIP_VERDICT_WRONG},
		{"Authorization: Digest username=\"bob\",realm=\"asterisk\",response=\"\"\r\n",
		 SIP_VERDICT_WRONG},
		{"Authorization: Digest "
		 "username=\"bob\",realm=\"asterisk\",qop=auth,nc=1,response=\"0\"\r\n",
		 SIP_VERDICT_WRONG},
		{"Authorization: Digest realm=\"asterisk\",algorithm=MD4,response=\"0\"\r\n",
		 SIP_VERDICT_WRONG},
	};
	const struct sip_challenger who = at(5000);
	const struct sip_demand d = demand(MD5_ALONE);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (sip_challenge_verify(&who, invite("sip:100@10.0.0.1", rows[i].line), false,
					 &d) != rows[i].verdict)
			fail_msg("row %zu", i);
}

/* What we write is what our own client understands, in the order that is asked for. */
static void test_shown(void **state)
{
	const struct sip_demand d = demand(ALL_ALGS);
	const struct sip_challenger who = at(5000);
	static const enum sip_auth_alg order[] = {SIP_AUTH_SHA512_256, SIP_AUTH_SHA256,
						  SIP_AUTH_MD5};
	char room[2048];
	struct sink out = sink_make(room, sizeof(room) - 1);
	struct slice rest, line;

	UNUSED(state);
	sip_challenge_write(&out, &who, false, &d, true);
	rest = sink_slice(&out);
	for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
		struct sip_challenge c;

		assert_true(slice_split(&rest, '\n', &line));
		assert_true(slice_starts(line, SLICE_LIT("WWW-Authenticate: ")));
		line = slice_trim(slice_from(line, slice_find(line, ':') + 1));
		assert_int_equal(sip_challenge_parse(&c, line, false), 0);
		assert_int_equal(c.alg, order[i]);
		assert_true(c.is_stale && c.has_qop_auth && slice_eq(c.realm, d.cred.realm));
		assert_int_equal(c.nonce.len, SIP_NONCE_LEN);
	}
}

/* ---- offenders, access lists ---- */

static void test_offenders(void **state)
{
	const struct sip_offender_rule rule = {.count = 2, .period_s = 5, .prune_s = 30};
	struct sip_offenders *o = NULL;
	struct addr who = phone;
	bool is_first;

	UNUSED(state);
	assert_int_equal(sip_offenders_create(&o, 7), 0);
	assert_false(sip_offenders_note(o, &rule, &who, 1 * TMR_SECOND, &is_first));
	who.port = 9; /* another port is the same offender */
	assert_false(sip_offenders_note(o, &rule, &who, 2 * TMR_SECOND, &is_first));
	assert_true(sip_offenders_note(o, &rule, &who, 3 * TMR_SECOND, &is_first));
	assert_true(is_first);
	assert_true(sip_offenders_note(o, &rule, &who, 32 * TMR_SECOND, &is_first));
	assert_false(is_first);
	assert_false(sip_offenders_note(o, &rule, &who, 63 * TMR_SECOND, &is_first));
	/* slow ones are answered for ever */
	for (int64_t s = 100; s < 200; s += 6)
		assert_false(sip_offenders_note(o, &rule, &who, s * TMR_SECOND, &is_first));
	/* a flood from everywhere pushes out, and never overflows */
	for (uint32_t i = 0; i < 3 * LIMIT_SIP_OFFENDERS; i++) {
		memcpy(who.ip, &i, sizeof(i));
		assert_false(sip_offenders_note(o, &rule, &who, 300 * TMR_SECOND, &is_first));
	}
	sip_offenders_destroy(o);
}

/* A realm whose text has to be escaped comes back escaped, and is ours all the same. */
static void test_realm_in_quotes(void **state)
{
	const struct sip_challenger who = at(1000);
	struct sip_demand d = demand(MD5_ALONE);
	struct client c = {RIGHT, true};
	char nonce[SIP_NONCE_LEN];

	UNUSED(state);
	d.cred.realm = SLICE_LIT("a \"house\" \\ b");
	c.realm = "a \\\"house\\\" \\\\ b";
	sip_nonce_write(&who, d.cred.realm, nonce);
	assert_int_equal(sip_challenge_verify(&who,
					      invite("sip:100@10.0.0.1",
						     answer(&c, slice_make(nonce, sizeof(nonce)))),
					      false, &d),
			 SIP_VERDICT_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_realm_in_quotes),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_nonces),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_broken_credentials),
		cmocka_unit_test(test_offenders),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
