/* tests/flow/test_auth.c - digests by SHA-256 and SHA-512-256 (RFC 7616, 8760), asked of us and
 * asked by us, from passwords and from digests of the configuration. */
#include "engine/base/check.h"
#include "tests/flow/flow_caller.h"

#include <stdio.h>
#include <stdlib.h>

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

/* ---- as caller ---- */

/* By openssl: ha1 of `printf joe:r:secret | openssl dgst -md5` (-sha256, -sha512-256), the response
 * alike of ha1:n1:ha2, with ha2 of INVITE:sip:100@10.0.0.9:5060. */
static const struct alg_row {
	const char *alg, *ha1, *response;
} algs[] = {
	{"MD5", "2506bc9276120657ae7787b35832c333", "d3866a4a6c047e0e3be33b1a94f937bb"},
	{"SHA-256", "2cad0bf3e4c3fbf0e96149f9deb0a8ef3fa83851d1095f7d23811ec456ee447e",
	 "7443150ea9186a1858b0b2e498b2decd82d677de0ff65cf4ea71d1a5edaffdb1"},
	{"SHA-512-256", "9a27f44dcbe1ff640a9489262497a88931895c0c9afe30509493d3bb00a20ccb",
	 "91245eb16fc0939881737831492bdb6f9e0acb56b3ba9ba703e6cd94dbecf78b"},
};

#define SECRETS "[acct]\ntype=auth\nusername=joe\n"

/* Dials, is refused with those challenges, and says again what it wants. */
static const struct flow_msg *asked(struct flow *f, unsigned code, const char *challenges)
{
	flow_dial(f, "100@trunk");
	flow_reply(f, flow_expect(f, "INVITE"), code, "c", challenges, NULL);
	flow_expect(f, "ACK");
	return flow_expect(f, "INVITE");
}

static void refuse(struct flow *f, const struct flow_msg *invite)
{
	flow_reply(f, invite, 404, "c", NULL, NULL);
	flow_expect(f, "ACK");
	flow_fact(f, "ended 1 404");
}

static const char *param(const struct flow_msg *m, const char *name)
{
	static char value[256];
	const char *at = strstr(m->text, name);

	value[0] = 0;
	if (at)
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + strlen(name), "\",\r"),
			 at + strlen(name));
	return value;
}

/* A digest in the configuration and the password give the same, with each algorithm. */
static void test_stored(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < 2 * ARRAY_COUNT(algs); i++) {
		const struct alg_row *row = &algs[i / 2];
		char conf[512], challenge[128], secret[160];
		const struct flow_msg *m;
		struct flow f;

		if (i & 1)
			snprintf(secret, sizeof(secret), "password=secret");
		else
			snprintf(secret, sizeof(secret), "password_digest=%s:%s", row->alg,
				 row->ha1);
		snprintf(conf, sizeof(conf), SECRETS "%s\nsupported_algorithms_uac=%s\n", secret,
			 row->alg);
		snprintf(challenge, sizeof(challenge),
			 "WWW-Authenticate: Digest realm=\"r\",nonce=\"n1\",algorithm=%s\r\n",
			 row->alg);
		flow_start(&f, "outbound_auth=acct", conf);
		m = asked(&f, 401, challenge);
		assert_string_equal(param(m, "response=\""), row->response);
		assert_string_equal(param(m, "algorithm="), row->alg);
		assert_null(strstr(m->text, "nc="));
		refuse(&f, m);
		flow_end(&f);
	}
}

/* What the password gives for the request as it came, with its cnonce and its count. */
static void assert_right(const struct flow_msg *m, const char *alg, const char *nonce, uint32_t nc)
{
	char cnonce[64], hex[SIP_AUTH_HEX_MAX];
	const struct sip_challenge c = {.alg = sip_auth_alg_lookup(slice_str(alg)),
					.has_qop = true,
					.realm = SLICE_LIT("r"),
					.nonce = slice_str(nonce)};
	const struct sip_credentials cred = {.username = SLICE_LIT("joe"),
					     .password = SLICE_LIT("secret")};
	struct sip_auth_request req = {.method = m->msg.method_text, .uri = m->msg.ruri, .nc = nc};
	int n;

	snprintf(cnonce, sizeof(cnonce), "%s", param(m, "cnonce=\""));
	req.cnonce = slice_str(cnonce);
	n = sip_auth_response(digest, &c, &cred, &req, hex);
	assert_true(n > 0);
	assert_memory_equal(param(m, "response=\""), hex, (size_t)n);
	assert_int_equal(strlen(param(m, "response=\"")), n);
	assert_string_equal(param(m, ", nonce=\""), nonce);
	assert_int_equal(strtoul(param(m, "nc="), NULL, 16), nc);
}

/* Counts go up within one nonce, and begin anew with the next one (7616 3.3, stale). */
static void test_counts(void **state)
{
	char conf[512];
	const struct flow_msg *m;
	struct flow f;

	UNUSED(state);
	snprintf(conf, sizeof(conf), SECRETS "password_digest=SHA-256:%s\n", algs[1].ha1);
	flow_start(&f, "outbound_auth=acct", conf);
	m = asked(&f, 401,
		  "WWW-Authenticate: Digest realm=\"r\",nonce=\"n1\",qop=\"auth\","
		  "algorithm=SHA-256\r\n");
	assert_right(m, "SHA-256", "n1", 1);
	flow_reply(&f, m, 401, "c",
		   "WWW-Authenticate: Digest realm=\"r\",nonce=\"n2\",qop=\"auth\",stale=true,"
		   "algorithm=SHA-256\r\n",
		   NULL);
	flow_expect(&f, "ACK");
	m = flow_expect(&f, "INVITE");
	assert_right(m, "SHA-256", "n2", 1);
	flow_reply(&f, m, 200, "far1", FLOW_CONTACT, flow_sdp(7000, "0", "sendrecv"));
	flow_expect(&f, "ACK");
	flow_fact(&f, "answered 10.0.0.9:7000 ulaw/0 ev255 dir0");
	flow_hangup(&f, 16);
	m = flow_expect(&f, "BYE");
	assert_right(m, "SHA-256", "n2", 2);
	flow_reply(&f, m, 200, NULL, NULL, NULL);
	flow_end(&f);
}

#define ASK(more) "WWW-Authenticate: Digest realm=\"r\",nonce=\"n1\"," more "\r\n"

/* RFC 8760 2.4: the topmost that we can answer. */
static void test_choice(void **state)
{
	static const struct {
		const char *uac, *challenges, *chosen; /* NULL: none */
	} rows[] = {
		{"MD5,SHA-256,SHA-512-256",
		 ASK("algorithm=SHA-256") ASK("algorithm=SHA-512-256") ASK("algorithm=MD5"),
		 "SHA-256"},
		{"MD5,SHA-512-256",
		 ASK("algorithm=SHA-256") ASK("algorithm=SHA-512-256") ASK("algorithm=MD5"),
		 "SHA-512-256"},
		{"SHA-256,MD5", ASK("algorithm=MD5") ASK("algorithm=SHA-256"), "MD5"},
		{"MD5", ASK("algorithm=SHA-256") ASK("algorithm=MD5-sess") ASK("algorithm=MD5"),
		 "MD5"},
		{"SHA-256,MD5", ASK("qop=\"auth-int\",algorithm=SHA-256") ASK("algorithm=MD5"),
		 "MD5"},
		{"MD5", ASK("algorithm=SHA-256"), NULL},
		{"SHA-256", ASK("opaque=\"o\""), NULL}, /* no name: MD5 */
		{"SHA-256", ASK("algorithm=SHA-256-sess"), NULL},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct flow_msg *m;
		char conf[256];
		struct flow f;

		snprintf(conf, sizeof(conf),
			 SECRETS "password=secret\nsupported_algorithms_uac=%s\n", rows[i].uac);
		flow_start(&f, "outbound_auth=acct", conf);
		if (rows[i].chosen) {
			m = asked(&f, 401, rows[i].challenges);
			assert_string_equal(param(m, "algorithm="), rows[i].chosen);
			refuse(&f, m);
		} else {
			flow_dial(&f, "100@trunk");
			flow_reply(&f, flow_expect(&f, "INVITE"), 401, "c", rows[i].challenges,
				   NULL);
			flow_expect(&f, "ACK");
			flow_fact(&f, "ended 21 401");
		}
		flow_end(&f);
	}
}

/* A digest serves its algorithm alone, whatever is asked first. */
static void test_choice_of_stored(void **state)
{
	const struct flow_msg *m;
	char conf[512];
	struct flow f;

	UNUSED(state);
	snprintf(conf, sizeof(conf),
		 SECRETS "password_digest=SHA-512-256:%s\npassword_digest=MD5:%s\n"
			 "supported_algorithms_uac=MD5,SHA-512-256\n",
		 algs[2].ha1, algs[0].ha1);
	flow_start(&f, "outbound_auth=acct", conf);
	m = asked(&f, 407,
		  "Proxy-Authenticate: Digest realm=\"r\",nonce=\"n1\",algorithm=SHA-256\r\n"
		  "Proxy-Authenticate: Digest realm=\"r\",nonce=\"n1\",algorithm=SHA-512-256\r\n"
		  "Proxy-Authenticate: Digest realm=\"r\",nonce=\"n1\",algorithm=MD5\r\n");
	assert_non_null(strstr(m->text, "\r\nProxy-Authorization: Digest "));
	assert_string_equal(param(m, "response=\""), algs[2].response);
	refuse(&f, m);
	flow_end(&f);
}

/* ---- as called side ---- */

/* By openssl, of bob:asterisk:zanzibar. */
#define BOB_MD5	   "36a1f21c80592809a6a5ba8375b31aec"
#define BOB_SHA256 "abf96d6a31132f6e5c34bef148e84d9c934e3fad49e624a03371722a878f2509"
#define BOB_512	   "b88ebe119de572d1b1942a7047132ff1ffb81a066675bce1c202868fac6dfe4a"
#define BOB(secrets)                                                                               \
	"[bob]\ntype=endpoint\nallow=!all,ulaw\nauth=bob\n[bob]\ntype=auth\nusername="             \
	"bob\n" secrets

#define SDP flow_sdp(7000, "0 101", "sendrecv")

/* The challenge of that algorithm; "SHA-256 MD5": all that there are, in their order. */
static bool find_challenge(const struct flow_msg *m, const char *alg, struct sip_challenge *out,
			   char all[64])
{
	struct sip_values it = sip_values(&m->msg, SIP_HDR_WWW_AUTHENTICATE);
	struct sink names = sink_make(all, 63);
	struct slice value;
	bool is_there = false;

	while (sip_values_next(&it, &value)) {
		struct sip_challenge c;

		assert_int_equal(sip_challenge_parse(&c, value, false), 0);
		sink_str(&names, names.len ? " " : "");
		sink_add(&names, sip_auth_alg_name(c.alg));
		if (c.alg == sip_auth_alg_lookup(slice_str(alg)))
			*out = c;
		is_there |= c.alg == sip_auth_alg_lookup(slice_str(alg));
	}
	sink_cstr(&names);
	return is_there;
}

/* What a phone answers that knows the password. */
static const char *credentials(const struct flow_msg *m, const char *alg, const char *password)
{
	static char line[1024];
	struct sink out = sink_make(line, sizeof(line) - 1);
	const struct sip_credentials cred = {.username = SLICE_LIT("bob"),
					     .password = slice_str(password)};
	const struct sip_auth_request req = {.method = SLICE_LIT("INVITE"),
					     .uri = SLICE_LIT("sip:100@10.0.0.1"),
					     .cnonce = SLICE_LIT("0a4f113b"),
					     .nc = 1};
	struct sip_challenge c;
	char all[64];

	assert_true(find_challenge(m, alg, &c, all));
	assert_int_equal(sip_auth_write(&out, digest, &c, &cred, &req), 0);
	return sink_cstr(&out);
}

static const struct flow_msg *refused(struct flow_caller *c, const char *extra)
{
	const struct flow_msg *m;

	flow_caller_invite(c, extra, SDP);
	m = flow_caller_expect(c, "401");
	flow_caller_ack_failure(c);
	flow_no_fact(c->f);
	return m;
}

static void taken(struct flow_caller *c, const char *extra)
{
	flow_caller_invite(c, extra, SDP);
	flow_expect(c->f, "100");
	flow_fact(c->f, "offer 100@10.0.0.1 \"Bob\" <bob>");
	flow_hangup(c->f, 17);
	flow_caller_expect(c, "486");
	flow_caller_ack_failure(c);
}

static void bob_init(struct flow_caller *c, struct flow *f)
{
	flow_caller_init(c, f);
	c->from = "\"Bob\" <sip:bob@10.0.0.1>";
}

/* Asked for in the order of the configuration, and any of them opens the door. */
static void test_demanded(void **state)
{
	static const struct {
		const char *conf, *asked, *alg;
	} rows[] = {
		{BOB("password_digest=SHA-256:" BOB_SHA256 "\npassword_digest=MD5:" BOB_MD5
		     "\nsupported_algorithms_uas=SHA-256,MD5\n"),
		 "SHA-256 MD5", "SHA-256"},
		{BOB("password_digest=SHA-256:" BOB_SHA256 "\npassword_digest=MD5:" BOB_MD5
		     "\nsupported_algorithms_uas=MD5,SHA-256\n"),
		 "MD5 SHA-256", "MD5"},
		{BOB("password_digest=SHA-512-256:" BOB_512 "\n"), "SHA-512-256", "SHA-512-256"},
		{BOB("password=zanzibar\nsupported_algorithms_uas=SHA-512-256,SHA-256,MD5\n"),
		 "SHA-512-256 SHA-256 MD5", "SHA-512-256"},
		{BOB("md5_cred=" BOB_MD5 "\n"), "MD5", "MD5"},
	};
	const struct flow_msg *m;
	struct sip_challenge found;
	struct flow_caller c;
	char all[64];
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, NULL, rows[i].conf);
		bob_init(&c, &f);
		m = refused(&c, NULL);
		assert_true(find_challenge(m, rows[i].alg, &found, all));
		assert_string_equal(all, rows[i].asked);
		taken(&c, credentials(m, rows[i].alg, "zanzibar"));
		m = refused(&c, credentials(m, rows[i].alg, "guess"));
		assert_null(strstr(m->text, "stale"));
		assert_int_equal(metric_get(&f.metrics, METRIC_sip_auth_failed), 1);
		flow_run(&f, 40 * SIM_SECOND); /* the nonce is too old now */
		m = refused(&c, credentials(m, rows[i].alg, "zanzibar"));
		assert_non_null(strstr(m->text, "stale=true"));
		taken(&c, credentials(m, rows[i].alg, "zanzibar"));
		flow_end(&f);
	}
}

/* An algorithm that is not asked for does not do, though the secret is right. */
static void test_not_demanded(void **state)
{
	const struct flow_msg *m;
	struct flow_caller c;
	char line[1024], *at;
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, BOB("password=zanzibar\nsupported_algorithms_uas=SHA-256\n"));
	bob_init(&c, &f);
	m = refused(&c, NULL);
	snprintf(line, sizeof(line), "%s", credentials(m, "SHA-256", "zanzibar"));
	taken(&c, line);
	at = strstr(line, "algorithm=SHA-256"); /* of the same length: of no name */
	assert_non_null(at);
	memcpy(at, "x-someone=SHA-256", strlen("x-someone=SHA-256"));
	refused(&c, line);
	flow_end(&f);
}

/* Two auths of one realm: each algorithm is asked for once (RFC 7616 3.7), either secret does. */
static void test_two_objects(void **state)
{
	static const char conf[] = "[bob]\ntype=endpoint\nallow=!all,ulaw\nauth=old,new\n"
				   "[old]\ntype=auth\nusername=bob\npassword=zanzibar\n"
				   "[new]\ntype=auth\nusername=bob\npassword=tansania\n"
				   "supported_algorithms_uas=SHA-256,MD5\n";
	const struct flow_msg *m;
	struct sip_challenge found;
	struct flow_caller c;
	char all[64];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, conf);
	bob_init(&c, &f);
	m = refused(&c, NULL);
	assert_true(find_challenge(m, "MD5", &found, all));
	assert_string_equal(all, "MD5 SHA-256");
	taken(&c, credentials(m, "MD5", "zanzibar"));
	taken(&c, credentials(m, "MD5", "tansania"));
	taken(&c, credentials(m, "SHA-256", "tansania"));
	refused(&c, credentials(m, "SHA-256", "zanzibar")); /* old is of MD5 alone */
	flow_end(&f);
}

/* Strangers are asked as those whose auth says nothing of algorithms. */
static void test_strangers(void **state)
{
	static const char conf[] =
		"[g]\ntype=global\ndefault_auth_algorithms_uas=SHA-512-256,MD5\n" BOB(
			"password=zanzibar\n");
	static const char *const from[] = {"\"Bob\" <sip:bob@10.0.0.1>",
					   "\"Bob\" <sip:eve@10.0.0.1>"};
	struct sip_challenge found;
	struct flow_caller c;
	char all[64];
	struct flow f;

	UNUSED(state);
	flow_start(&f, NULL, conf);
	for (size_t i = 0; i < 2; i++) {
		bob_init(&c, &f);
		c.from = from[i];
		assert_true(find_challenge(refused(&c, NULL), "MD5", &found, all));
		assert_string_equal(all, "SHA-512-256 MD5");
	}
	flow_end(&f);
}

/* An auth without a secret, or whose only algorithm has none, lets nobody in. */
static void test_no_secret(void **state)
{
	static const char *const rows[] = {
		BOB(""), BOB("password=\n"),
		BOB("md5_cred=" BOB_MD5 "\nsupported_algorithms_uas=SHA-256\n")};
	const struct flow_msg *m;
	struct flow_caller c;
	struct flow f;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		flow_start(&f, NULL, rows[i]);
		bob_init(&c, &f);
		m = refused(&c, NULL);
		m = refused(&c, credentials(m, "MD5", ""));
		refused(&c, credentials(m, "MD5", "zanzibar"));
		flow_end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored),	    cmocka_unit_test(test_counts),
		cmocka_unit_test(test_choice),	    cmocka_unit_test(test_choice_of_stored),
		cmocka_unit_test(test_demanded),    cmocka_unit_test(test_not_demanded),
		cmocka_unit_test(test_two_objects), cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_no_secret),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
