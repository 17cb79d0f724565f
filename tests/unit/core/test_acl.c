/* tests/unit/core/test_acl.c - access lists: lines, acl.conf, names, and how they are shown. */
#include "engine/core/acl.h"

#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

static struct keep keep;
static struct acl_book *book;
static char shown[2048];

static bool allows(const struct acl *acl, const char *ip)
{
	struct addr a = {.port = 5060};

	assert_true(addr_parse_ip(&a, slice_str(ip)));
	return acl_allows(acl, &a);
}

static void add(struct acl *acl, const char *value, bool is_permit)
{
	struct slice bad;

	assert_int_equal(acl_add_rules(acl, &keep, slice_str(value), is_permit, &bad), 0);
}

static struct acl named(const char *names)
{
	char text[128];
	const struct conffile_var v = {.file = "pjsip.conf",
				       .line = 7,
				       .name = SLICE_LIT("acl"),
				       .value = slice_make(text, strlen(names))};
	struct acl acl = {0};

	snprintf(text, sizeof(text), "%s", names);
	assert_int_equal(acl_add_names(&acl, &keep, &v), 0);
	return acl;
}

static void load(const char *text)
{
	const struct memconf_file files[] = {{"acl.conf", text, 0}, {NULL, NULL, 0}};
	static struct memconf m;
	struct conffile_error why;
	struct conffile *cf;

	acl_book_free(book);
	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "acl.conf", &why), 0);
	assert_int_equal(acl_book_load(&book, cf), 0);
	conffile_free(cf);
}

static char said[4096];

static void take_log(void *arg, const struct log_line *line)
{
	size_t len = strlen(said);

	(void)arg;
	snprintf(said + len, sizeof(said) - len, "%s\n", line->text);
}

static int setup(void **state)
{
	(void)state;
	said[0] = 0;
	log_set_writer(take_log, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_set_writer(NULL, NULL);
	acl_book_free(book);
	book = NULL;
	keep_free(&keep);
	keep = KEEP_INIT;
	return 0;
}

static void test_rules(void **state)
{
	struct acl acl = {0};
	struct slice bad;

	(void)state;
	assert_true(allows(&acl, "192.0.2.1")); /* nothing said */
	add(&acl, "0.0.0.0/0", false);
	add(&acl, "10.0.0.0/8, !10.9.0.0/255.255.0.0", true);
	assert_false(allows(&acl, "192.0.2.1"));
	assert_true(allows(&acl, "10.1.2.3"));
	assert_false(allows(&acl, "10.9.9.9"));
	assert_true(allows(&acl, "2001:db8::1"));	/* of another family: not mentioned */
	assert_false(allows(&acl, "::ffff:192.0.2.1")); /* an IPv4 peer of a dual-stack socket */
	add(&acl, "::/0", false);
	add(&acl, "!2001:db8::/32", false);
	assert_false(allows(&acl, "2001:db9::1"));
	assert_true(allows(&acl, "2001:db8::1"));
	assert_int_equal(acl_add_rules(&acl, &keep, SLICE_LIT("1.2.3.4,x"), true, &bad), -EINVAL);
	assert_true(slice_eq(bad, SLICE_LIT("x")));
	assert_false(allows(&acl, "1.2.3.4")); /* nothing of that line counts */
	assert_int_equal(acl_close(&acl, &keep), 0);
	assert_false(allows(&acl, "10.1.2.3"));
}

/* All lists must let a caller in; a name that is not there lets nobody in and says so. */
static void test_names(void **state)
{
	struct acl acl;

	(void)state;
	load("[general]\n[office]\ndeny=0.0.0.0/0.0.0.0\npermit=10.0.0.0/8\n"
	     "[upper](!)\npermit=192.0.2.0/24\n[lab](office,upper)\n[office](+)\ndeny=10.1.0.0/16\n"
	     "[open]\n");
	acl = named("Office");
	assert_false(allows(&acl, "10.2.0.1")); /* not looked up yet */
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_true(allows(&acl, "10.2.0.1"));
	assert_false(allows(&acl, "10.1.0.1"));
	assert_false(allows(&acl, "192.0.2.1"));
	acl = named("lab, open");
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_true(allows(&acl, "192.0.2.1"));
	assert_true(allows(&acl, "10.1.0.1")); /* as office stood when lab was written */
	add(&acl, "192.0.2.1", false);
	assert_false(allows(&acl, "192.0.2.1"));
	assert_true(allows(&acl, "10.2.0.1"));
	assert_string_equal(said, "");
	acl = named("open,offce");
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_false(allows(&acl, "10.2.0.1"));
	assert_string_equal(said,
			    "pjsip.conf:7: acl = offce: there is no such list in acl.conf, so "
			    "nobody is let in here. Add [offce] with its permit and deny "
			    "lines, or correct the name\n");
	acl = named("office");
	assert_int_equal(acl_resolve(&acl, &keep, NULL), 0); /* no acl.conf at all */
	assert_false(allows(&acl, "10.2.0.1"));
}

/* Half a fence is none. */
static void test_bad_lines(void **state)
{
	struct acl acl;

	(void)state;
	load("[typo]\npermitt=10.0.0.0/8\n[bits]\npermit=10.0.0.0/33\n[good]\ndeny=10.0.0.1\n");
	assert_non_null(strstr(said, "acl.conf:2: 'permitt' is no option of an access list; the "
				     "list 'typo' lets nobody in. Write permit or deny\n"));
	assert_non_null(strstr(said,
			       "acl.conf:4: permit = 10.0.0.0/33: '10.0.0.0/33' is no address "
			       "rule; the list 'bits' lets nobody in. "));
	acl = named("typo");
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_false(allows(&acl, "10.0.0.2"));
	acl = named("bits");
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_false(allows(&acl, "10.0.0.2"));
	acl = named("good");
	assert_int_equal(acl_resolve(&acl, &keep, book), 0);
	assert_true(allows(&acl, "10.0.0.2"));
	assert_false(allows(&acl, "10.0.0.1"));
}

static void take_text(void *arg, struct slice text)
{
	size_t len = strlen(shown);

	(void)arg;
	snprintf(shown + len, sizeof(shown) - len, "%.*s", SLICE_ARG(text));
}

static const char *show(struct cli *cli, const char *line)
{
	shown[0] = 0;
	cli_run(cli, slice_str(line), take_text, NULL);
	return shown;
}

static void test_show(void **state)
{
	struct cli *cli;

	(void)state;
	load("[office]\ndeny=0.0.0.0/0\npermit=10.0.0.0/8,2001:db8::/32\n[typo]\nx=y\n");
	assert_int_equal(cli_create(&cli), 0);
	assert_int_equal(acl_register_cli(cli, &book), 0);
	assert_string_equal(show(cli, "acl show"), "\nacl\n---\noffice\ntypo\n");
	assert_string_equal(show(cli, "acl show OFFICE"),
			    "\nACL: office\n---------------------------------------------\n"
			    "  0:  deny - 0.0.0.0/0.0.0.0\n"
			    "  1: allow - 10.0.0.0/255.0.0.0\n"
			    "  2: allow - 2001:db8::/ffff:ffff::\n");
	assert_non_null(strstr(show(cli, "acl show typo"), "Closed: "));
	assert_string_equal(show(cli, "acl show nobody"), "\nCould not find ACL named 'nobody'\n");
	assert_non_null(strstr(show(cli, "acl show a b"), "Usage: acl show"));
	acl_book_free(book);
	book = NULL;
	assert_string_equal(show(cli, "acl show"), "\nacl\n---\n");
	cli_destroy(cli);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(test_show, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
