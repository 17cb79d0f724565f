/* tests/unit/sip/test_auth.c */
#include "sip/auth.h"

#include <errno.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static struct sip_digest *digest;

static bool is(struct slice have, const char *want)
{
	return slice_eq(have, slice_str(want));
}

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

static void test_digests(void **state)
{
	static const struct slice parts[] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
	static const struct {
		enum sip_auth_alg alg;
		const char *hex;
	} rows[] = {
		{SIP_AUTH_MD5, "900150983cd24fb0d6963f7d28e17f72"},
		{SIP_AUTH_SHA256,
		 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{SIP_AUTH_SHA512_256,
		 "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
	};
	char hex[SIP_AUTH_HEX_MAX];

	UNUSED(state);
	for (size_t turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			int n = sip_digest_hex(digest, rows[i].alg, parts, 3, hex);

			assert_true(n > 0);
			assert_true(is(slice_make(hex, (size_t)n), rows[i].hex));
		}
	}
	assert_int_equal(sip_digest_hex(digest, SIP_AUTH_ALG_UNKNOWN, parts, 3, hex), -ENOTSUP);
}

static void test_challenge(void **state)
{
	struct sip_challenge c;

	UNUSED(state);
	assert_int_equal(
		sip_challenge_parse(
			&c,
			SLICE_LIT("digest realm=\"a, \\\"b\\\"\" ,nonce = \"n<1\", junk=x,\r\n "
				  "opaque=\"\", stale=TRUE, algorithm=sha-256, "
				  "qop=\"auth-int, Auth\", domain=\"sip:a,b\""),
			true),
		0);
	assert_true(is(c.realm, "a, \\\"b\\\"") && is(c.nonce, "n<1"));
	assert_true(c.has_opaque && !c.opaque.len && c.is_stale && c.is_proxy);
	assert_true(c.has_qop && c.has_qop_auth && c.has_alg);
	assert_int_equal(c.alg, SIP_AUTH_SHA256);
	assert_int_equal(sip_challenge_parse(&c, SLICE_LIT("Digest realm=\"\",nonce=n"), false), 0);
	assert_true(!c.has_qop && !c.has_opaque && !c.has_alg && c.alg == SIP_AUTH_MD5);
}

static void test_challenge_refused(void **state)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{"", -EINVAL},
		{"Digest", -EINVAL},
		{"Basic realm=\"x\"", -ENOTSUP},
		{"Digest realm=\"x\"", -EINVAL},
		{"Digest nonce=\"x\"", -EINVAL},
		{"Digest realm=\"x\",nonce=\"\"", -EINVAL},
		{"Digest realm=\"x\",nonce=\"open", -EINVAL},
		{"Digest realm=\"x\",nonce=\"", -EINVAL},
		{"Digest realm=\"x\",nonce=\"n\"x", -EINVAL},
		{"Digest realm=\"x\",nonce=\"n\",novalue", -EINVAL},
		{"Digest realm=\"x\",nonce=\"n\",algorithm=MD5-sess", -ENOTSUP},
		{"Digest realm=\"x\",nonce=\"n\",algorithm=AKAv1-MD5", -ENOTSUP},
		{"Digest realm=\"x\",nonce=\"n\",qop=\"auth-int\"", -ENOTSUP},
	};
	struct sip_challenge c;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (sip_challenge_parse(&c, slice_str(rows[i].text), false) != rows[i].err)
			fail_msg("row %zu", i);
}

/* RFC 2617 3.5, RFC 7616 3.9.1, and the first without qop by RFC 2069's rule. */
static void test_responses(void **state)
{
	static const struct {
		const char *challenge, *user, *password, *ha1, *method, *uri, *cnonce, *want;
	} rows[] = {
		{"Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
		 "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		 "Mufasa", "Circle Of Life", "", "GET", "/dir/index.html", "0a4f113b",
		 "6629fae49393a05397450978507c4ef1"},
		{"Digest realm=\"testrealm@host.com\", "
		 "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		 "Mufasa", "Circle Of Life", "", "GET", "/dir/index.html", "0a4f113b",
		 "670fd8c2df070c60b045671b8b24ff02"},
		{"Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
		 "algorithm=SHA-256, "
		 "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"",
		 "Mufasa", "Circle of Life", "", "GET", "/dir/index.html",
		 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		 "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"Digest realm=\"testrealm@host.com\", qop=auth, "
		 "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"",
		 "Mufasa", "wrong", "939e7578ed9e3c518a452acee763bce9", "GET", "/dir/index.html",
		 "0a4f113b", "6629fae49393a05397450978507c4ef1"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_credentials cred = {.username = slice_str(rows[i].user),
						     .password = slice_str(rows[i].password),
						     .ha1 = {slice_str(rows[i].ha1)}};
		const struct sip_auth_request req = {slice_str(rows[i].method),
						     slice_str(rows[i].uri),
						     slice_str(rows[i].cnonce), 1};
		char hex[SIP_AUTH_HEX_MAX];
		struct sip_challenge c;
		int n;

		assert_int_equal(sip_challenge_parse(&c, slice_str(rows[i].challenge), false), 0);
		n = sip_auth_response(digest, &c, &cred, &req, hex);
		assert_true(n > 0);
		if (!is(slice_make(hex, (size_t)n), rows[i].want))
			fail_msg("row %zu: %.*s", i, n, hex);
	}
}

/* A digest serves its own algorithm; for the others there must be a password. */
static void test_ha1_is_of_its_algorithm(void **state)
{
	struct sip_credentials cred = {.ha1 = {SLICE_LIT("939e7578ed9e3c518a452acee763bce9")}};
	const struct sip_auth_request req = {.nc = 1};
	const struct sip_challenge c = {.alg = SIP_AUTH_SHA256};
	char hex[SIP_AUTH_HEX_MAX];

	UNUSED(state);
	assert_int_equal(sip_credentials_mask(&cred), 1u << SIP_AUTH_MD5);
	assert_int_equal(sip_auth_response(digest, &c, &cred, &req, hex), -EINVAL);
	cred.password = SLICE_LIT("secret");
	assert_int_equal(sip_credentials_mask(&cred), SIP_AUTH_MASK_ALL);
	assert_int_equal(sip_auth_response(digest, &c, &cred, &req, hex), 64);
	cred.ha1[SIP_AUTH_SHA256] = cred.ha1[SIP_AUTH_MD5]; /* too short */
	assert_int_equal(sip_auth_response(digest, &c, &cred, &req, hex), -EINVAL);
}

/* ha1 by `printf alice:example.net:rose | openssl dgst -sha256` (-md5, -sha512-256), ha2 alike of
 * INVITE:sip:100@example.net, the answers of what RFC 7616 3.4.1 puts together. */
static void test_stored_digests(void **state)
{
	static const struct {
		const char *alg, *ha1, *with_qop, *without;
	} rows[] = {
		{"MD5", "189be8d22c76589a28850ca3f0f6f2a9", "78f4e82d3b4ebfdd6cab7ed4cffc79e8",
		 "43dbec989ee35b748bd176449b162fe1"},
		{"SHA-256", "05524c13da77fcac4c365076dee2d7d9b9da6f34be53145bd25ddff26865d4ce",
		 "4756af8f5c7172ed710a2ead21e5abc6be18ece2a26da83b2c8eb152d5591aa5",
		 "538d8a6d25346220f2a368e5fd20ecee4667c6b3fc348fcc5b1040add608f17b"},
		{"SHA-512-256", "f711e3445651694951fd41a2257f9fbd234da957231b28dc1cee2b361f6800cc",
		 "20105b542251fe25dc994f9bdcc74c84a9efa9a232e0e93eaefa584b05318e01",
		 "1ee1d64b1edfa2693e3971af3c0c166a285505aa256f66cdcaf3c7c6c6766def"},
	};
	const struct sip_auth_request req = {SLICE_LIT("INVITE"), SLICE_LIT("sip:100@example.net"),
					     SLICE_LIT("0a4f113b"), 0x2b};
	struct sip_challenge c = {.realm = SLICE_LIT("example.net"),
				  .nonce = SLICE_LIT("5ccc069c403ebaf9f0171e9517f40e41")};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sip_credentials plain = {.username = SLICE_LIT("alice"),
						      .password = SLICE_LIT("rose")};
		struct sip_credentials kept = {.username = SLICE_LIT("alice"),
					       .password = SLICE_LIT("not used")};
		char hex[SIP_AUTH_HEX_MAX];
		int n;

		c.alg = sip_auth_alg_lookup(slice_str(rows[i].alg));
		kept.ha1[c.alg] = slice_str(rows[i].ha1);
		for (int k = 0; k < 4; k++) {
			c.has_qop = k & 1;
			n = sip_auth_response(digest, &c, k & 2 ? &kept : &plain, &req, hex);
			assert_int_equal(n, sip_auth_alg_digits(c.alg));
			if (!is(slice_make(hex, (size_t)n),
				c.has_qop ? rows[i].with_qop : rows[i].without))
				fail_msg("%s %d: %.*s", rows[i].alg, k, n, hex);
		}
	}
}

#define HEAD(code)                                                                                 \
	"SIP/2.0 " code " x\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n"         \
	"Call-ID: x\r\nCSeq: 1 INVITE\r\n"
#define PROXY(realm, nonce, more)                                                                  \
	"Proxy-Authenticate: Digest realm=\"" realm "\",nonce=\"" nonce "\"" more "\r\n"
#define WWW(realm, nonce, more)                                                                    \
	"WWW-Authenticate: Digest realm=\"" realm "\",nonce=\"" nonce "\"" more "\r\n"

static const struct sip_credentials mufasa = {.username = {"u\"1", 3}, .password = {"p", 1}};

static enum sip_auth_verdict take(struct sip_auth_state *st, const char *text, unsigned mask)
{
	enum sip_parse_error err;
	struct sip_msg m;

	assert_int_equal(sip_msg_parse(&m, slice_str(text), &err), 0);
	return sip_auth_take(st, &m, mask, &mufasa);
}

static void test_choice(void **state)
{
	struct sip_challenge out[4];
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(state);
	sip_msg_parse(
		&m,
		SLICE_LIT(HEAD("401") WWW("r", "1", ",algorithm=SHA-512-256") WWW(
			"r", "2", ",algorithm=SHA-256") WWW("r", "3", ",algorithm=MD5,qop=\"auth\"")
				  WWW("s", "4", "")
					  PROXY("r", "5",
						"") "WWW-Authenticate: Basic realm=\"q\"\r\n\r\n"),
		&err);
	assert_int_equal(sip_auth_choose(&m, SIP_AUTH_MASK_DEFAULT, out, 4), 3);
	assert_true(out[0].is_proxy && is(out[0].nonce, "5"));
	assert_true(is(out[1].nonce, "3") && is(out[2].nonce, "4"));
	assert_int_equal(sip_auth_choose(&m, SIP_AUTH_MASK_ALL, out, 4), 3);
	assert_true(is(out[1].nonce, "1"));
	assert_int_equal(sip_auth_choose(&m, 1u << SIP_AUTH_SHA256, out, 4), 1);
	assert_true(is(out[0].nonce, "2"));
	assert_int_equal(sip_auth_choose(&m, SIP_AUTH_MASK_ALL, out, 2), 2);
	assert_int_equal(sip_auth_choose(&m, 0, out, 4), 0);
}

static void test_header(void **state)
{
	struct sip_auth_request req = {SLICE_LIT("INVITE"), SLICE_LIT("sip:200@h:5060;x=1"),
				       SLICE_LIT("cn"), 0};
	struct sip_auth_state st = {0};
	char buf[1024];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	assert_int_equal(take(&st,
			      HEAD("407")
				      PROXY("pr", "pn", ",qop=\"auth\",opaque=\"o\",algorithm=MD5")
					      WWW("wr", "wn", "") "\r\n",
			      SIP_AUTH_MASK_DEFAULT),
			 SIP_AUTH_RETRY);
	assert_int_equal(sip_auth_state_write(&out, digest, &st, &mufasa, &req), 0);
	assert_true(is(
		sink_slice(&out),
		"Proxy-Authorization: Digest username=\"u\\\"1\", realm=\"pr\", nonce=\"pn\", "
		"uri=\"sip:200@h:5060;x=1\", response=\"9a8d65ab2e8fd49e42d8af7870b94cf0\", "
		"algorithm=MD5, cnonce=\"cn\", opaque=\"o\", qop=auth, nc=00000001\r\n"
		"Authorization: Digest username=\"u\\\"1\", realm=\"wr\", nonce=\"wn\", "
		"uri=\"sip:200@h:5060;x=1\", response=\"f9d23053f397a497d114e478fe75e58a\"\r\n"));
	out = sink_make(buf, sizeof(buf));
	assert_int_equal(sip_auth_state_write(&out, digest, &st, &mufasa, &req), 0);
	assert_true(slice_find_text(sink_slice(&out), SLICE_LIT("nc=00000002")) != SIZE_MAX);
	st = (struct sip_auth_state){0};
	out = sink_make(buf, sizeof(buf));
	assert_int_equal(sip_auth_state_write(&out, digest, &st, &mufasa, &req), 0);
	assert_int_equal(out.len, 0);
}

static void send(struct sip_auth_state *st)
{
	const struct sip_auth_request req = {SLICE_LIT("INVITE"), SLICE_LIT("sip:h"),
					     SLICE_LIT("c"), 0};
	char buf[1024];
	struct sink out = sink_make(buf, sizeof(buf));

	assert_int_equal(sip_auth_state_write(&out, digest, st, &mufasa, &req), 0);
}

static void test_refusal_and_stale(void **state)
{
	struct sip_auth_state st = {0};

	UNUSED(state);
	assert_int_equal(take(&st, HEAD("401") WWW("r", "1", "") "\r\n", 1), SIP_AUTH_RETRY);
	send(&st);
	assert_int_equal(take(&st, HEAD("401") WWW("r", "2", ",stale=true") "\r\n", 1),
			 SIP_AUTH_RETRY);
	assert_int_equal(st.slots[0].nc, 0);
	send(&st);
	assert_int_equal(take(&st, HEAD("407") PROXY("p", "3", "") "\r\n", 1), SIP_AUTH_RETRY);
	send(&st);
	sip_auth_settled(&st);
	/* A new nonce without stale after success is no refusal; the same nonce, or twice, is. */
	assert_int_equal(take(&st, HEAD("401") WWW("r", "4", "") "\r\n", 1), SIP_AUTH_RETRY);
	send(&st);
	assert_int_equal(take(&st, HEAD("401") WWW("r", "5", "") "\r\n", 1), SIP_AUTH_REFUSED);
	sip_auth_settled(&st);
	assert_int_equal(take(&st, HEAD("401") WWW("r", "4", "") "\r\n", 1), SIP_AUTH_REFUSED);
}

static void test_rounds(void **state)
{
	struct sip_auth_state st = {0};

	UNUSED(state);
	for (unsigned i = 0; i < SIP_AUTH_CHALLENGES; i++) {
		assert_int_equal(take(&st, HEAD("401") WWW("r", "1", ",stale=true") "\r\n", 1),
				 SIP_AUTH_RETRY);
		send(&st);
	}
	assert_int_equal(take(&st, HEAD("401") WWW("r", "1", ",stale=true") "\r\n", 1),
			 SIP_AUTH_REFUSED);
}

static void test_unusable(void **state)
{
	struct sip_auth_state st = {0};
	char text[1024];
	struct sink s = sink_make(text, sizeof(text));

	UNUSED(state);
	assert_int_equal(take(&st, HEAD("401") "\r\n", SIP_AUTH_MASK_ALL), SIP_AUTH_UNUSABLE);
	assert_int_equal(take(&st, HEAD("401") WWW("r", "1", ",algorithm=SHA-256") "\r\n", 1),
			 SIP_AUTH_UNUSABLE);
	sink_fmt(&s, HEAD("401") "WWW-Authenticate: Digest realm=r,nonce=%0257d\r\n\r\n", 1);
	assert_int_equal(take(&st, sink_cstr(&s), 1), SIP_AUTH_UNUSABLE);
	assert_int_equal(take(&st, HEAD("401") WWW("a", "1", "") "\r\n", 1), SIP_AUTH_RETRY);
	assert_int_equal(take(&st, HEAD("401") WWW("b", "1", "") "\r\n", 1), SIP_AUTH_RETRY);
	assert_int_equal(take(&st, HEAD("401") WWW("c", "1", "") "\r\n", 1), SIP_AUTH_UNUSABLE);
	send(&st);
	sip_auth_settled(&st);
	/* A gateway that renames its realm takes the place of one that worked. */
	assert_int_equal(take(&st, HEAD("401") WWW("c", "1", "") "\r\n", 1), SIP_AUTH_RETRY);
}

static void test_realm_of_credentials(void **state)
{
	char buf[256];
	struct sink out = sink_make(buf, sizeof(buf));
	struct sip_credentials cred = {.username = SLICE_LIT("u"), .realm = SLICE_LIT("only")};
	const struct sip_auth_request req = {.method = SLICE_LIT("BYE")};
	struct sip_auth_state st = {0};
	enum sip_parse_error err;
	struct sip_msg m;

	UNUSED(state);
	sip_msg_parse(&m, SLICE_LIT(HEAD("401") WWW("other", "1", "") "\r\n"), &err);
	assert_int_equal(sip_auth_take(&st, &m, 1, &cred), SIP_AUTH_UNUSABLE);
	sip_msg_parse(&m, SLICE_LIT(HEAD("401") WWW("only", "1", "") "\r\n"), &err);
	assert_int_equal(sip_auth_take(&st, &m, 1, &cred), SIP_AUTH_RETRY);
	/* The digest that is stored is of MD5: a challenge of another algorithm is no use. */
	st = (struct sip_auth_state){0};
	cred.ha1[SIP_AUTH_MD5] = SLICE_LIT("0123456789abcdef0123456789abcde"); /* one short */
	sip_msg_parse(&m, SLICE_LIT(HEAD("401") WWW("only", "1", ",algorithm=SHA-256") "\r\n"),
		      &err);
	assert_int_equal(sip_auth_take(&st, &m, SIP_AUTH_MASK_ALL, &cred), SIP_AUTH_UNUSABLE);
	sip_msg_parse(&m, SLICE_LIT(HEAD("401") WWW("only", "1", "") "\r\n"), &err);
	assert_int_equal(sip_auth_take(&st, &m, SIP_AUTH_MASK_ALL, &cred), SIP_AUTH_RETRY);
	assert_int_equal(sip_auth_state_write(&out, digest, &st, &cred, &req), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_challenge_refused),
		cmocka_unit_test(test_responses),
		cmocka_unit_test(test_ha1_is_of_its_algorithm),
		cmocka_unit_test(test_stored_digests),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_refusal_and_stale),
		cmocka_unit_test(test_rounds),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_realm_of_credentials),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
