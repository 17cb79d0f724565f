/* tests/unit/sip/test_stir.c - stir_shaken.conf: what overrides what, what refuses the load, what
 * is only said. */
#include "sip/stir.h"
#include "tests/unit/io/io_bench.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY  "private_key_file=tests/tls/passport.key\n"
#define URL  "public_cert_url=https://example.com/all.pem\n"
#define ALL  "[attestation]\n" KEY URL "attest_level=B\n"
#define GOOD "[p]\ntype=profile\nendpoint_behavior=attest\n"

static struct bench bench;
static char logged[4096], error[1024];

static void keep_log(void *arg, const struct log_line *line)
{
	size_t len = strlen(logged);

	UNUSED(arg);
	snprintf(logged + len, sizeof(logged) - len, "%s\n", line->text);
}

static int read_text(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*text = strdup(arg);
	*len = strlen(arg);
	return *text ? 0 : -ENOMEM;
}

static struct conffile *parse(const char *name, const char *text)
{
	struct conffile_source source = {.read = read_text, .etc_dir = "/etc"};
	struct conffile_error why;
	struct conffile *cf;
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", text);
	source.arg = copy;
	assert_int_equal(conffile_load(&cf, &source, name, &why), 0);
	return cf;
}

static int load(const char *text, struct sip_conf **conf)
{
	struct sink sink = sink_make(error, sizeof(error));
	struct conffile *cf = parse("pjsip.conf", "[trunk]\ntype=endpoint\n"
						  "stir_shaken_profile=p\n");
	int err;

	logged[0] = 0;
	log_set_writer(keep_log, NULL);
	assert_int_equal(sip_conf_load(conf, cf, &sink), 0);
	conffile_free(cf);
	cf = text ? parse("stir_shaken.conf", text) : NULL;
	err = sip_stir_load(*conf, cf, bench.io, &sink);
	conffile_free(cf);
	sink_cstr(&sink);
	log_set_writer(NULL, NULL);
	return err;
}

static struct sip_conf *load_ok(const char *text)
{
	struct sip_conf *conf;

	if (load(text, &conf))
		fail_msg("%s", error);
	return conf;
}

/* "A url" of the number, or "none". */
static const char *attest(const struct sip_conf *conf, const char *profile, const char *orig)
{
	static char text[256];
	struct sip_attest how;

	if (!sip_stir_attest(conf->stir, slice_str(profile), slice_str(orig), &how))
		return "none";
	assert_non_null(how.key);
	snprintf(text, sizeof(text), "%c %.*s", how.level, SLICE_ARG(how.url));
	return text;
}

/* A tn over its profile over [attestation]. */
static void test_layers(void **state)
{
	struct sip_conf *conf =
		load_ok(ALL "[+1 202-555-0100]\ntype=tn\nattest_level=a\n"
			    "[12025550101]\ntype=tn\n" URL "private_key_file=tests/tls/server.key\n"
			    "[12025550102]\ntype=tn\npublic_cert_url=http://example.com/2.pem\n"
			    "[p]\ntype=profile\nendpoint_behavior=attest\n"
			    "[q]\ntype=profile\nendpoint_behavior=on\nattest_level=C\n"
			    "public_cert_url=https://example.com/q.pem\nunknown_tn_attest_level=C\n"
			    "[off]\ntype=profile\n[v]\ntype=profile\nendpoint_behavior=verify\n");
	const struct sip_stir *stir = conf->stir;

	UNUSED(state);
	assert_string_equal(attest(conf, "p", "12025550100"), "A https://example.com/all.pem");
	assert_string_equal(attest(conf, "p", "12025550101"), "B https://example.com/all.pem");
	assert_string_equal(attest(conf, "p", "12025550102"), "B http://example.com/2.pem");
	assert_string_equal(attest(conf, "q", "12025550100"), "A https://example.com/q.pem");
	assert_string_equal(attest(conf, "q", "12025550102"), "C http://example.com/2.pem");
	/* Numbers without an object. */
	assert_string_equal(attest(conf, "p", "12025550199"), "none");
	assert_string_equal(attest(conf, "q", "12025550199"), "C https://example.com/q.pem");
	/* Profiles that do not attest, and none at all. */
	assert_string_equal(attest(conf, "off", "12025550100"), "none");
	assert_string_equal(attest(conf, "v", "12025550100"), "none");
	assert_string_equal(attest(conf, "nobody", "12025550100"), "none");
	assert_string_equal(attest(conf, "", "12025550100"), "none");
	/* One key a file. */
	assert_ptr_equal(stir->attestation.key != NULL, true);
	assert_non_null(sip_stir_tn(stir, SLICE_LIT("12025550101"))->key);
	assert_null(sip_stir_tn(stir, SLICE_LIT("12025550100"))->key);
	sip_conf_free(conf);
}

static void test_key_shared(void **state)
{
	struct sip_conf *conf = load_ok(ALL "[100]\ntype=tn\n" KEY "[101]\ntype=tn\n" KEY GOOD KEY);

	UNUSED(state);
	assert_ptr_equal(conf->stir->tns[0].key, conf->stir->attestation.key);
	assert_ptr_equal(conf->stir->tns[1].key, conf->stir->attestation.key);
	assert_ptr_equal(conf->stir->profiles[0].key, conf->stir->attestation.key);
	sip_conf_free(conf);
}

/* No file, no [attestation], global_disable: nothing is attested, and no key is read. */
static void test_off(void **state)
{
	struct sip_conf *conf = load_ok(NULL);

	UNUSED(state);
	assert_null(conf->stir);
	assert_string_equal(attest(conf, "p", "100"), "none");
	assert_non_null(strstr(logged, "Endpoint 'trunk': stir_shaken_profile names 'p'"));
	sip_conf_free(conf);

	conf = load_ok(GOOD "[100]\ntype=tn\nattest_level=A\n" URL "private_key_file=/none\n");
	assert_string_equal(attest(conf, "p", "100"), "none");
	assert_non_null(strstr(logged, "no section [attestation]: no call is attested"));
	sip_conf_free(conf);

	conf = load_ok("[attestation]\nglobal_disable=yes\nprivate_key_file=/none\n" GOOD
		       "[100]\ntype=tn\n");
	assert_string_equal(attest(conf, "p", "100"), "none");
	assert_string_equal(logged, "");
	sip_conf_free(conf);
}

static void refuse(const char *text, const char *want)
{
	struct sip_conf *conf;

	if (load(text, &conf) == 0)
		fail_msg("it is taken: %s", text);
	if (!strstr(error, want))
		fail_msg("'%s' does not say '%s'", error, want);
	sip_conf_free(conf);
}

static void test_refused(void **state)
{
	UNUSED(state);
	refuse("[attestation]\nattest_level=D\n",
	       "stir_shaken.conf:2: [attestation] type=attestation: attest_level=D cannot be used: "
	       "allowed are: A B C");
	refuse(ALL "unknown_tn_attest_level=1\n", "allowed are: A B C");
	refuse("[p]\ntype=profile\nendpoint_behavior=maybe\n",
	       "stir_shaken.conf:3: [p] type=profile: endpoint_behavior=maybe cannot be used: "
	       "allowed are: off none attest verify on both");
	refuse("[attestation]\nglobal_disable=perhaps\n", "allowed are yes and no");
	refuse("[attestation]\npublic_cert_url=ftp://x/y\n", "give the URL of the certificate");
	refuse("[attestation]\npublic_cert_url=https://x/\"y\n", "give the URL of the certificate");
	refuse("[attestation]\npublic_cert_url=https://x/y z\n", "give the URL of the certificate");
	/* Keys. */
	refuse("[attestation]\n\nprivate_key_file=/none.key\n",
	       "stir_shaken.conf:3: [attestation] private key /none.key cannot be read: ");
	refuse("[attestation]\nprivate_key_file=tests/tls/p384.key\n",
	       "stir_shaken.conf:2: [attestation] private key tests/tls/p384.key is not one of the "
	       "curve P-256; make one with");
	/* What an attested number lacks. */
	refuse("[attestation]\n" URL "attest_level=A\n" GOOD "[100]\ntype=tn\n",
	       "stir_shaken.conf:7: [100] is to be attested under profile 'p', but "
	       "private_key_file= is missing in it, in the profile and in [attestation]; give one");
	refuse("[attestation]\n" KEY "attest_level=A\n" GOOD "[100]\ntype=tn\n",
	       "public_cert_url= is missing");
	refuse("[attestation]\n" KEY URL GOOD "[100]\ntype=tn\n", "attest_level= is missing");
	refuse("[attestation]\nunknown_tn_attest_level=C\n" URL GOOD,
	       "stir_shaken.conf:4: [p] is to be attested under profile 'p', but "
	       "private_key_file=");
}

static void test_said(void **state)
{
	struct sip_conf *conf = load_ok(
		ALL
		"check_tn_cert_public_url=yes\nsend_mky=yes\nwhat=1\n"
		"[verification]\nca_file=/x\nmax_iat_age=15\n"
		"[p]\ntype=profile\nendpoint_behavior=both\nca_path=/y\nfailure_action=continue\n"
		"[alice]\ntype=tn\n[100]\ntype=tn\n[+100]\ntype=tn\n[x]\ntype=store\n[y]\na=b\n");

	UNUSED(state);
	assert_non_null(
		strstr(logged, "stir_shaken.conf:5: check_tn_cert_public_url is not served"));
	assert_non_null(strstr(logged, "stir_shaken.conf:6: send_mky has no effect"));
	assert_non_null(strstr(logged, "category 'attestation' named 'what' at line 7 of"));
	assert_non_null(strstr(logged, "profile 'p': incoming calls are not verified"));
	assert_non_null(strstr(logged, "[alice] type=tn: this is no telephone number"));
	assert_non_null(strstr(logged, "'100' stands twice"));
	assert_non_null(strstr(logged, "section [x] is skipped"));
	assert_non_null(strstr(logged, "section [y] is skipped"));
	assert_null(strstr(logged, "ca_"));
	assert_string_equal(attest(conf, "p", "100"), "B https://example.com/all.pem");
	sip_conf_free(conf);
}

/* What is left of endpoint_behavior when a side is off, as Asterisk has it. */
static void test_effective(void **state)
{
	static const char *const cases[][4] = {
		/* attestation, verification, asked for, left */
		{"no", "no", "on", "on"},	  {"yes", "no", "on", "verify"},
		{"no", "yes", "on", "attest"},	  {"yes", "yes", "both", "off"},
		{"yes", "no", "attest", "off"},	  {"no", "yes", "verify", "off"},
		{"no", "no", "attest", "attest"}, {"no", "no", "none", "off"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		char text[512];
		struct sip_stir_object o;
		struct sip_conf *conf;

		snprintf(text, sizeof(text),
			 "[attestation]\nglobal_disable=%s\n[verification]\nglobal_disable=%s\n"
			 "[p]\ntype=profile\nendpoint_behavior=%s\n",
			 cases[i][0], cases[i][1], cases[i][2]);
		conf = load_ok(text);
		sip_stir_effective(conf->stir, sip_stir_profile(conf->stir, SLICE_LIT("p")), &o);
		assert_string_equal(o.values[SIP_STIR_BEHAVIOR].ptr, cases[i][3]);
		sip_conf_free(conf);
	}
}

static int setup(void **state)
{
	UNUSED(state);
	bench_open(&bench, 0);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(bench.io);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers), cmocka_unit_test(test_key_shared),
		cmocka_unit_test(test_off),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_said),   cmocka_unit_test(test_effective),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
