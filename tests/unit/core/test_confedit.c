/* tests/unit/core/test_confedit.c - changes of configuration files: what changes, and that nothing
 * else does. */
#include "engine/core/confedit.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char file[] = "; manager.conf, by hand\n"
			   "\n"
			   "[base](!)\n"
			   "read = system,call ; what it hears\n"
			   "write = all\n"
			   "\n"
			   "; the dialer\n"
			   "[crm](base)\n"
			   "secret = a\\;b\n"
			   "\tpermit=10.0.0.1   ;-- first --; ; last\n"
			   "permit => 10.0.0.2\n"
			   "; nothing below\n"
			   "\n"
			   "#tryinclude more.conf\n"
			   "; the other\n"
			   "[crm]\n"
			   "secret = 2";

static struct confedit *e;
static char *text;

static int setup(void **state)
{
	UNUSED(state);
	text = NULL;
	return confedit_load(&e, slice_str(file));
}

static int teardown(void **state)
{
	UNUSED(state);
	confedit_free(e);
	free(text);
	return 0;
}

static const char *now(void)
{
	size_t len;

	free(text);
	assert_int_equal(confedit_text(e, &text, &len), 0);
	assert_int_equal(len, strlen(text));
	return text;
}

/* The file as it was, with one part of it replaced. */
static void check_with(const char *old, const char *new)
{
	static char want[4096];
	const char *at = strstr(file, old);

	assert_non_null(at);
	snprintf(want, sizeof(want), "%.*s%s%s", (int)(at - file), file, new, at + strlen(old));
	assert_string_equal(now(), want);
}

static struct confedit_where in(const char *section)
{
	return (struct confedit_where){.section = slice_str(section)};
}

static struct confedit_var var(const char *name, const char *value)
{
	return (struct confedit_var){.name = slice_str(name), .value = slice_str(value)};
}

static enum confedit_result update(const char *section, const char *name, const char *value,
				   const char *match)
{
	struct confedit_where where = in(section);
	struct confedit_var v = var(name, value);

	return confedit_update(e, &where, &v, slice_str(match), true);
}

static void test_round_trip(void **state)
{
	static const char *const files[] = {"",	  "\n",	       "\n\n", "a", "[a]\r\nb=1\r\n",
					    "[a", ";--\n[a]\n"};

	UNUSED(state);
	assert_string_equal(now(), file);
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		confedit_free(e);
		assert_int_equal(confedit_load(&e, slice_str(files[i])), 0);
		assert_string_equal(now(), files[i]);
	}
}

static void test_update(void **state)
{
	UNUSED(state);
	assert_int_equal(update("CRM", "SECRET", "x;y", ""), CONFEDIT_OK);
	check_with("secret = a\\;b", "SECRET = x\\;y");
}

static void test_update_with_match_keeps_remark_and_sign(void **state)
{
	UNUSED(state);
	assert_int_equal(update("crm", "permit", "::1", "10.0.0.2"), CONFEDIT_OK);
	check_with("permit => 10.0.0.2", "permit => ::1");
	assert_int_equal(update("crm", "permit", "10.0.0.2", "::1"), CONFEDIT_OK);
	assert_int_equal(update("crm", "permit", "1.1.1.1", "10.0.0.1"), CONFEDIT_OK);
	check_with("\tpermit=10.0.0.1   ;-- first --; ; last",
		   "permit = 1.1.1.1   ;-- first --; ; last");
}

static void test_update_refused(void **state)
{
	UNUSED(state);
	assert_int_equal(update("nobody", "a", "1", ""), CONFEDIT_NO_SECTION);
	assert_int_equal(update("base", "read", "1", ""), CONFEDIT_NO_SECTION); /* a template */
	assert_int_equal(update("crm", "permit", "1", "10.0.0.3"), CONFEDIT_NOTHING);
	assert_int_equal(update("crm", "nothing", "1", ""), CONFEDIT_NOTHING);
	assert_int_equal(update("crm", "secret", "a\nb", ""), CONFEDIT_BAD_TEXT);
	assert_int_equal(update("crm", "secret", " a", ""), CONFEDIT_BAD_TEXT);
	assert_string_equal(now(), file);
}

/* What is inherited is not changed for others. */
static void test_update_inherited(void **state)
{
	UNUSED(state);
	assert_int_equal(update("crm", "write", "none", "all"), CONFEDIT_OK);
	check_with("#tryinclude more.conf\n", "#tryinclude more.conf\nwrite = none\n");
}

static void test_update_template(void **state)
{
	struct confedit_where where = {SLICE_LIT("base"), SLICE_LIT("TEMPLATES=restrict")};
	struct confedit_var v = var("read", "call");

	UNUSED(state);
	assert_int_equal(confedit_update(e, &where, &v, SLICE_EMPTY, false), CONFEDIT_OK);
	check_with("read = system,call ; what it hears", "read = call ; what it hears");
}

static void test_template_keeps_effect(void **state)
{
	struct confedit_where where = {SLICE_LIT("base"), SLICE_LIT("TEMPLATES=restrict")};

	UNUSED(state);
	assert_int_equal(confedit_delete(e, &where, SLICE_LIT("write"), SLICE_EMPTY, -1, true),
			 CONFEDIT_OK);
	assert_non_null(strstr(now(), "what it hears\n\n; the dialer"));
	assert_non_null(strstr(now(), "#tryinclude more.conf\nwrite = all\n; the other"));
	assert_null(strstr(now(), "secret = 2\nwrite"));
}

static void test_filter_chooses(void **state)
{
	struct confedit_where where = {SLICE_LIT("crm"), SLICE_LIT("secret=^2$")};
	struct confedit_var v = var("port", "1");

	UNUSED(state);
	assert_int_equal(confedit_append(e, &where, &v), CONFEDIT_OK);
	check_with("secret = 2", "secret = 2\nport = 1");
	where.filter = SLICE_LIT("secret=3");
	assert_int_equal(confedit_append(e, &where, &v), CONFEDIT_NO_SECTION);
}

static void test_append(void **state)
{
	struct confedit_where where = in("crm");
	struct confedit_var v = var("allow", "ulaw");

	UNUSED(state);
	v.is_object = true;
	assert_int_equal(confedit_append(e, &where, &v), CONFEDIT_OK);
	check_with("#tryinclude more.conf\n", "#tryinclude more.conf\nallow => ulaw\n");
}

static void test_insert_by_number(void **state)
{
	struct confedit_where where = in("crm");
	struct confedit_var v = var("deny", "all");

	UNUSED(state);
	/* read and write are inherited: numbers 0 and 1 */
	assert_int_equal(confedit_insert(e, &where, &v, 3), CONFEDIT_OK);
	check_with("\tpermit=10.0.0.1", "deny = all\n\tpermit=10.0.0.1");
	assert_int_equal(confedit_delete(e, &where, SLICE_EMPTY, SLICE_EMPTY, 3, false),
			 CONFEDIT_OK);
	assert_string_equal(now(), file);
	assert_int_equal(confedit_insert(e, &where, &v, 0), CONFEDIT_OK);
	check_with("[crm](base)\n", "[crm](base)\ndeny = all\n");
}

static void test_delete(void **state)
{
	struct confedit_where where = in("crm");

	UNUSED(state);
	assert_int_equal(
		confedit_delete(e, &where, SLICE_LIT("permit"), SLICE_LIT("10.0.0.2"), -1, true),
		CONFEDIT_OK);
	check_with("permit => 10.0.0.2\n", "");
	assert_int_equal(
		confedit_delete(e, &where, SLICE_LIT("permit"), SLICE_LIT("10.0.0.2"), -1, true),
		CONFEDIT_NOTHING);
	assert_int_equal(confedit_delete(e, &where, SLICE_EMPTY, SLICE_EMPTY, 99, true),
			 CONFEDIT_NOTHING);
	assert_int_equal(confedit_delete(e, &where, SLICE_EMPTY, SLICE_EMPTY, 0, true),
			 CONFEDIT_NOTHING); /* inherited */
	assert_int_equal(confedit_delete(e, &where, SLICE_LIT("permit"), SLICE_EMPTY, -1, true),
			 CONFEDIT_OK);
	check_with("\tpermit=10.0.0.1   ;-- first --; ; last\npermit => 10.0.0.2\n", "");
}

static void test_sections(void **state)
{
	struct confedit_where where = in("crm");
	struct confedit_new how = {.bases = SLICE_LIT("base")};

	UNUSED(state);
	assert_int_equal(confedit_add_section(e, SLICE_LIT("Crm"), &how), CONFEDIT_EXISTS);
	assert_int_equal(confedit_add_section(e, SLICE_LIT("base"), &how), CONFEDIT_EXISTS);
	assert_int_equal(confedit_add_section(e, SLICE_LIT("a]b"), &how), CONFEDIT_BAD_TEXT);
	assert_int_equal(confedit_add_section(e, SLICE_LIT("new"), &how), CONFEDIT_OK);
	check_with("secret = 2", "secret = 2\n\n[new](base)\n");
	how = (struct confedit_new){.bases = SLICE_LIT("nobase")};
	assert_int_equal(confedit_add_section(e, SLICE_LIT("n2"), &how), CONFEDIT_NO_BASE);
	where.section = SLICE_LIT("new");
	assert_int_equal(confedit_rename_section(e, &where, SLICE_LIT("other")), CONFEDIT_OK);
	check_with("secret = 2", "secret = 2\n\n[other](base)\n");
	where.section = SLICE_LIT("other");
	assert_int_equal(confedit_delete_section(e, &where), CONFEDIT_OK);
	assert_int_equal(confedit_delete_section(e, &where), CONFEDIT_NO_SECTION);
}

static void test_section_before_another(void **state)
{
	struct confedit_new how = {
		.before = SLICE_LIT("crm"), .is_template = true, .may_repeat = true};

	UNUSED(state);
	assert_int_equal(confedit_add_section(e, SLICE_LIT("crm"), &how), CONFEDIT_OK);
	check_with("; the dialer\n", "[crm](!)\n\n; the dialer\n");
	how.before = SLICE_LIT("nobody");
	assert_int_equal(confedit_add_section(e, SLICE_LIT("x"), &how), CONFEDIT_NO_SECTION);
}

static void test_empty_and_delete(void **state)
{
	struct confedit_where where = in("crm");

	UNUSED(state);
	assert_int_equal(confedit_empty_section(e, &where), CONFEDIT_OK);
	check_with("secret = a\\;b\n\tpermit=10.0.0.1   ;-- first --; ; last\npermit => 10.0.0.2\n"
		   "; nothing below\n\n#tryinclude more.conf\n",
		   "");
	assert_int_equal(confedit_delete_section(e, &where), CONFEDIT_OK);
	assert_null(strstr(now(), "[crm](base)"));
	assert_non_null(strstr(now(), "; the dialer\n; the other\n[crm]\nsecret = 2"));
}

/* Nothing is put into a comment, and none is torn open. */
static void test_block_comments(void **state)
{
	static const char odd[] =
		"[a]\nb=1 ;-- from here\nc=2\nto here --; d=3\ne=4 ;--\n[x]\n--;\n";
	struct confedit_where where = in("a");
	struct confedit_var v = var("n", "1");

	UNUSED(state);
	confedit_free(e);
	assert_int_equal(confedit_load(&e, slice_str(odd)), 0);
	assert_int_equal(confedit_delete(e, &where, SLICE_LIT("b"), SLICE_EMPTY, -1, true),
			 CONFEDIT_BAD_TEXT);
	assert_int_equal(update("a", "d", "1", ""), CONFEDIT_BAD_TEXT);
	assert_int_equal(update("a", "c", "1", ""), CONFEDIT_NOTHING);
	assert_int_equal(update("a", "b", "7", ""), CONFEDIT_OK);
	assert_int_equal(confedit_append(e, &where, &v), CONFEDIT_OK);
	assert_string_equal(now(),
			    "[a]\nb = 7 ;-- from here\nc=2\nto here --; d=3\ne=4 ;--\n[x]\n--;\n"
			    "n = 1\n");
}

static void test_line_ends_of_elsewhere(void **state)
{
	struct confedit_where where = in("a");
	struct confedit_var v = var("n", "1");

	UNUSED(state);
	confedit_free(e);
	assert_int_equal(confedit_load(&e, SLICE_LIT("[a]\r\nb=1\r\n")), 0);
	assert_int_equal(confedit_append(e, &where, &v), CONFEDIT_OK);
	assert_string_equal(now(), "[a]\r\nb=1\r\nn = 1\r\n");
}

static void test_too_large(void **state)
{
	char *big = malloc(LIMIT_CONF_TEXT + 1);
	struct confedit *none = NULL;

	UNUSED(state);
	assert_non_null(big);
	memset(big, 'x', LIMIT_CONF_TEXT + 1);
	assert_int_equal(confedit_load(&none, slice_make(big, LIMIT_CONF_TEXT + 1)), -EFBIG);
	assert_null(none);
	free(big);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_round_trip),
		T(test_update),
		T(test_update_with_match_keeps_remark_and_sign),
		T(test_update_refused),
		T(test_update_inherited),
		T(test_update_template),
		T(test_template_keeps_effect),
		T(test_filter_chooses),
		T(test_append),
		T(test_insert_by_number),
		T(test_delete),
		T(test_sections),
		T(test_section_before_another),
		T(test_empty_and_delete),
		T(test_block_comments),
		T(test_line_ends_of_elsewhere),
		T(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
