/* The TLS options of manager.conf: where the door is, and what is refused. */
#include "tests/unit/ami/world.h"

#include "ami/conf.h"

static char said[512];

static struct ami_conf *load(const char *text)
{
	struct ami_conf *conf = NULL;
	struct sink error = sink_make(said, sizeof(said));
	const struct memconf_file files[] = {{"manager.conf", text, 0}, {0}};
	struct conffile_error err;
	struct conffile *cf;
	struct memconf m;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "manager.conf", &err), 0);
	if (ami_conf_load(&conf, cf, &error))
		sink_cstr(&error);
	conffile_free(cf);
	return conf;
}

static void test_where(void **state)
{
	static const struct {
		const char *lines, *bind;
	} cases[] = {
		{"", "[::]:5039"},
		{"bindaddr = 10.0.0.1\n", "10.0.0.1:5039"},
		{"bindaddr = 10.0.0.1\nport = 6000\n", "10.0.0.1:5039"},
		{"tlsbindaddr = 10.0.0.2\n", "10.0.0.2:5039"},
		{"tlsbindaddr = 10.0.0.2:7000\n", "10.0.0.2:7000"},
		{"tlsbindaddr = [::1]:7000\n", "[::1]:7000"},
		/* one port cannot be both */
		{"bindaddr = 10.0.0.1\ntlsbindaddr = 10.0.0.1:5038\n", "10.0.0.1:5039"},
		{"port = 6000\ntlsbindaddr = 10.0.0.1:6000\n", "10.0.0.1:5039"},
	};
	char text[ADDR_TEXT], conf_text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct ami_conf *conf;

		snprintf(conf_text, sizeof(conf_text), "[general]\n%s", cases[i].lines);
		conf = load(conf_text);
		assert_non_null(conf);
		assert_string_equal(addr_text(&conf->tls.bind, text), cases[i].bind);
		ami_conf_free(conf);
	}
}

static void test_defaults(void **state)
{
	struct ami_conf *conf = load("[general]\nenabled = yes\n");

	(void)state;
	assert_false(conf->tls.enabled);
	assert_string_equal(conf->tls.cert.ptr, "asterisk.pem");
	assert_string_equal(conf->tls.key.ptr, "");
	assert_string_equal(conf->tls.cipher.ptr, "");
	assert_false(conf->tls.only_v13);
	assert_false(conf->tls.server_order);
	ami_conf_free(conf);
}

static void test_all(void **state)
{
	struct ami_conf *conf = load("[general]\ntlsenable = yes\ntlscertfile = /c\n"
				     "tlsprivatekey = /k\ntlscipher = HIGH\ntlsdisablev1 = yes\n"
				     "tlsdisablev11 = yes\ntlsdisablev12 = yes\n"
				     "tlsservercipherorder = yes\n");

	(void)state;
	assert_true(conf->tls.enabled);
	assert_string_equal(conf->tls.cert.ptr, "/c");
	assert_string_equal(conf->tls.key.ptr, "/k");
	assert_string_equal(conf->tls.cipher.ptr, "HIGH");
	assert_true(conf->tls.only_v13);
	assert_true(conf->tls.server_order);
	ami_conf_free(conf);
}

static void test_bad_address(void **state)
{
	(void)state;
	assert_null(load("[general]\ntlsbindaddr = here\n"));
	assert_string_equal(said, "manager.conf:2: tlsbindaddr = here: no IP address; write "
				  "tlsbindaddr=127.0.0.1 or [::1]:5039");
}

/* Clients are not asked for certificates: such options are no options of this file. */
static void test_known(void **state)
{
	(void)state;
	assert_true(ami_tls_conf_knows(SLICE_LIT("TLSCertFile")));
	assert_false(ami_tls_conf_knows(SLICE_LIT("tlscafile")));
	assert_false(ami_tls_conf_knows(SLICE_LIT("tlscapath")));
	assert_false(ami_tls_conf_knows(SLICE_LIT("tlsverifyclient")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where), cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_all),   cmocka_unit_test(test_bad_address),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
