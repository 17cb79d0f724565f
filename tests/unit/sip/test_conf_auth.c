/* tests/unit/sip/test_conf_auth.c - type=auth of pjsip.conf: secrets and algorithms. */
#include "engine/base/check.h"
#include "sip/conf.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <stdio.h>

static char logged[4096];

static void keep_log(void *arg, const struct log_line *line)
{
	size_t len = strlen(logged);

	UNUSED(arg);
	snprintf(logged + len, sizeof(logged) - len, "%s\n", line->text);
}

/* NULL: it was refused, with the reason in `logged`. */
static struct sip_conf *load(const char *text)
{
	const struct memconf_file files[] = {{"pjsip.conf", text, 0}, {NULL, NULL, 0}};
	static struct memconf m;
	struct conffile_error why;
	struct sip_conf *conf = NULL;
	struct conffile *cf;
	char error[512];
	struct sink sink = sink_make(error, sizeof(error) - 1);

	memconf_init(&m, files);
	logged[0] = 0;
	log_set_writer(keep_log, NULL);
	assert_int_equal(conffile_load(&cf, &m.source, "pjsip.conf", &why), 0);
	if (sip_conf_load(&conf, cf, &sink))
		snprintf(logged, sizeof(logged), "%s", sink_cstr(&sink));
	conffile_free(cf);
	log_set_writer(NULL, NULL);
	return conf;
}

#define DIGEST_MD5    "f9cc3bd7b33b8b9ce1d4a5e7ce5ab0d5"
#define DIGEST_SHA256 "05524c13da77fcac4c365076dee2d7d9b9da6f34be53145bd25ddff26865d4ce"
#define DIGEST_512    "f711e3445651694951fd41a2257f9fbd234da957231b28dc1cee2b361f6800cc"

/* "SHA-256,MD5" */
static const char *algs_text(const struct sip_auth_algs *algs)
{
	static char text[64];
	struct sink out = sink_make(text, sizeof(text) - 1);

	for (uint8_t i = 0; i < algs->count; i++) {
		sink_str(&out, i ? "," : "");
		sink_add(&out, sip_auth_alg_name((enum sip_auth_alg)algs->list[i]));
	}
	return sink_cstr(&out);
}

#define MD5 (1u << SIP_AUTH_MD5)
#define SHA (1u << SIP_AUTH_SHA256)
#define SHX (1u << SIP_AUTH_SHA512_256)

static void test_algorithms(void **state)
{
	static const struct {
		const char *lines;
		unsigned uac;
		const char *uas, *said; /* NULL: silence */
	} rows[] = {
		{"password=x\n", MD5, "MD5", NULL},
		{"password=x\nsupported_algorithms_uac=SHA-256, MD5\n", SHA | MD5, "MD5", NULL},
		{"password=x\nsupported_algorithms_uas=sha-256,,SHA-512-256,MD5,SHA-256\n", MD5,
		 "SHA-256,SHA-512-256,MD5", NULL},
		{"md5_cred=" DIGEST_MD5 "\n", MD5, "MD5", NULL},
		{"password_digest=MD5:" DIGEST_MD5 "\npassword_digest=SHA-256:" DIGEST_SHA256
		 "\nsupported_algorithms_uas=SHA-256,MD5\n",
		 MD5, "SHA-256,MD5", NULL},
		/* nothing but what there is a digest for, if nothing is said */
		{"password_digest=SHA-256:" DIGEST_SHA256 "\n", SHA, "SHA-256", NULL},
		{"password_digest=SHA-256:" DIGEST_SHA256 ", SHA-512-256:" DIGEST_512 "\n",
		 SHA | SHX, "SHA-512-256,SHA-256", NULL},
		/* one named without a secret is left out */
		{"password_digest=SHA-256:" DIGEST_SHA256
		 "\nsupported_algorithms_uac=SHA-512-256,SHA-256\n",
		 SHA, "SHA-256",
		 "Auth 'a': supported_algorithms_uac names SHA-512-256, for which it has no "
		 "secret"},
		{"md5_cred=" DIGEST_MD5 "\nsupported_algorithms_uas=SHA-256\n", MD5, "",
		 "Auth 'a': supported_algorithms_uas names SHA-256"},
		{"username=u\n", 0, "", "Auth 'a' has no secret"},
		{"password=\n", 0, "", "Auth 'a' has no secret"},
		{"auth_type=google_oauth\nrefresh_token=x\n", 0, "", "google_oauth is not served"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[1024];
		struct sip_conf *c;

		snprintf(text, sizeof(text), "[a]\ntype=auth\nusername=u\n%s", rows[i].lines);
		c = load(text);
		assert_non_null(c);
		assert_int_equal(c->auths[0].alg_mask, rows[i].uac);
		assert_string_equal(algs_text(&c->auths[0].algs_uas), rows[i].uas);
		if (!rows[i].said)
			assert_string_equal(logged, "");
		else if (!strstr(logged, rows[i].said) || strstr(logged, "(null)"))
			fail_msg("row %zu gave: %s", i, logged);
		sip_conf_free(c);
	}
}

/* Wherever the section global stands. */
static void test_default_algorithms(void **state)
{
	struct sip_conf *c = load("[a]\ntype=auth\nusername=u\npassword=x\n"
				  "[g]\ntype=global\ndefault_auth_algorithms_uas=SHA-256,MD5\n"
				  "default_auth_algorithms_uac=SHA-512-256\n"
				  "[b]\ntype=auth\nusername=u\npassword=x\n"
				  "supported_algorithms_uas=MD5\n");

	UNUSED(state);
	assert_non_null(c);
	assert_string_equal(algs_text(&c->auths[0].algs_uas), "SHA-256,MD5");
	assert_int_equal(c->auths[0].alg_mask, SHX);
	assert_string_equal(algs_text(&c->auths[1].algs_uas), "MD5");
	assert_string_equal(logged, "");
	sip_conf_free(c);
}

static void test_digests(void **state)
{
	struct sip_conf *c = load("[a]\ntype=auth\nusername=u\n"
				  "password_digest=SHA-256:0552"
				  "4C13DA77FCAC4C365076DEE2D7D9B9DA6F34BE53145BD25DDFF26865D4CE\n"
				  "password_digest=" DIGEST_MD5 "\n");
	const struct sip_credentials *cred;

	UNUSED(state);
	assert_non_null(c);
	cred = &c->auths[0].cred;
	assert_true(slice_eq(cred->ha1[SIP_AUTH_SHA256], SLICE_LIT(DIGEST_SHA256)));
	assert_true(slice_eq(cred->ha1[SIP_AUTH_MD5], SLICE_LIT(DIGEST_MD5)));
	assert_int_equal(cred->ha1[SIP_AUTH_SHA512_256].len, 0);
	sip_conf_free(c);
}

static void test_refused(void **state)
{
	static const char *const rows[] = {
		"password_digest=SHA-256:" DIGEST_MD5,
		"password_digest=MD5:" DIGEST_SHA256,
		"password_digest=SHA-1:0123456789012345678901234567890123456789",
		"password_digest=MD5:g9cc3bd7b33b8b9ce1d4a5e7ce5ab0d5",
		"password_digest=" DIGEST_SHA256,
		"password_digest=MD5:" DIGEST_MD5 ",SHA-256:",
		"md5_cred=SHA-256:" DIGEST_SHA256,
		"supported_algorithms_uas=SHA-1",
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), "[a]\ntype=auth\nusername=u\n%s\n", rows[i]);
		assert_null(load(text));
		if (!strstr(logged, "pjsip.conf:4: [a] type=auth: "))
			fail_msg("%s gave: %s", rows[i], logged);
		if (!strstr(logged, strstr(rows[i], "uas") ? "=SHA-1 cannot" : "=<hidden> cannot"))
			fail_msg("%s gave: %s", rows[i], logged);
	}
}

/* Of two sections of one name the first counts; the last of many is found as well. */
static void test_names(void **state)
{
	char text[8192];
	struct sink out = sink_make(text, sizeof(text) - 1);
	struct sip_conf *c;

	UNUSED(state);
	for (int i = 0; i < 40; i++)
		sink_fmt(&out, "[a%d]\ntype=auth\nusername=u%d\npassword=x\n", i % 39, i);
	for (int i = 0; i < 39; i++)
		sink_fmt(&out, "[e%d]\ntype=endpoint\nauth=none,a%d\noutbound_auth=none,a%d\n", i,
			 i, i);
	c = load(sink_cstr(&out));
	assert_non_null(c);
	for (uint32_t i = 0; i < 39; i++) {
		char user[8];

		snprintf(user, sizeof(user), "u%u", i);
		assert_true(slice_eq(c->endpoints[i].auth->cred.username, slice_str(user)));
		assert_int_equal(c->endpoints[i].auth_count, 2);
		assert_true(slice_eq(c->endpoints[i].auths[1]->cred.username, slice_str(user)));
		assert_int_equal(c->endpoints[i].auths[0]->cred.username.len, 0);
	}
	sip_conf_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_algorithms), cmocka_unit_test(test_default_algorithms),
		cmocka_unit_test(test_digests),	   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
