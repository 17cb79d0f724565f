/* tests/unit/core/test_conffile.c - the configuration grammar, by example. */
#include "tests/unit/core/memconf.h"

#include "tests/unit/cmocka.h"

/* The whole tree as text: "[section]key=value|key>value|" (object: '>'), templates as "[x!]". */
static void dump(const struct conffile *cf, char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = 0;
	for (const struct conffile_section *s = conffile_first_raw(cf); s; s = s->next) {
		n += (size_t)snprintf(dst + n, size - n, "[%s%s]", s->name.ptr,
				      s->is_template ? "!" : "");
		for (const struct conffile_var *v = s->vars; v && n < size - 512; v = v->next)
			n += (size_t)snprintf(dst + n, size - n, "%s%c%s|", v->name.ptr,
					      v->is_object ? '>' : '=', v->value.ptr);
	}
}

static const struct {
	const char *text;
	const char *want;
	const char *notes;
} good[] = {
	{"[a]\nk=v\n", "[a]k=v|", ""},
	{"\xEF\xBB\xBF[a]\r\nk = v \r\n", "[a]k=v|", ""},
	{"[a]\n k  =>\tv w ", "[a]k>v w|", ""},
	{"[a]\nk=\n=x\n", "[a]k=|", "WARNING m.conf:3 No variable name in line 3 of m.conf\n"},
	{"[a]\nk=a=b=>c\n", "[a]k=a=b=>c|", ""},
	{"[a]\nplain\nk=v", "[a]k=v|",
	 "WARNING m.conf:2 No '=' (equal sign) in line 2 of m.conf\n"},
	/* comments */
	{"; x\n[a] ; y\nk=v;w\n;z", "[a]k=v|", ""},
	{"[a]\nk=v\\;w;x\n", "[a]k=v;w|", ""},
	{"[a]\nk=#v # w\n", "[a]k=#v # w|", ""},
	{"[a]\nk=a;--x--;b\n", "[a]k=ab|", ""},
	{"[a]\nk=a;--x\nj=1\n--;b=2\n", "[a]k=a|b=2|", ""},
	{"[a]\n;-- ;-- x --; j=1 --;k=v\n", "[a]k=v|", ""},
	{"[a]\n;--- k=1\nk=2\n", "[a]k=2|", ""},
	{"[a]\n;--;\nk=1\n--;\nj=2", "[a]j=2|", ""},
	{"[a]\nk=1\n;-- x", "[a]k=1|",
	 "WARNING m.conf:3 Unterminated comment detected beginning on line 3 of m.conf; end it "
	 "with "
	 "--;\n"},
	/* sections */
	{"[a]\nk=1\n[a]\nk=2\n", "[a]k=1|[a]k=2|", ""},
	{"[a](!)\nk=1\n[b](a)\nj=2\n", "[a!]k=1|[b]k=1|j=2|", ""},
	{"[a](!)\nk=1\n[b]\nk=2\n[c](a, b)\nk=3", "[a!]k=1|[b]k=2|[c]k=1|k=2|k=3|", ""},
	{"[a]\nk=1\n[b]\n[a](+)\nj=2\n", "[a]k=1|j=2|[b]", ""},
	{"[a](!)\nk=1\n[a]\nj=2\n[a](+)\nl=3\n", "[a!]k=1|[a]j=2|l=3|", ""},
	{"[a](!)\nk=1\n[a](+TEMPLATES=include)\nl=3\n", "[a!]k=1|l=3|", ""},
	{"[a]\ntype=aor\n[a]\ntype=auth\n[a](+type=^au)\nl=3\n", "[a]type=aor|[a]type=auth|l=3|",
	 ""},
	{"[a]\nk=1\n[a](+,a)\n", "[a]k=1|k=1|", ""},
	{"[a]trailing text\nk=1\n", "[a]k=1|", ""},
	/* += and escapes */
	{"[a]\nk=1\nk=2\nk+=3\n", "[a]k=1|k=23|", ""},
	{"[a]\nk += 3\n", "[a]k=3|", ""},
	{"[a](!)\nk=x\n[b](a)\nk+=,y\n[c](a)\n", "[a!]k=x|[b]k=x,y|[c]k=x|", ""},
	{"[a]\n\\[x=1\n\\#y=2\n", "[a][x=1|#y=2|", ""},
	/* directives */
	{"[a]\n#include \"one.conf\"\nz=9\n", "[a]one=1|z=9|", ""},
	{"[a]\n#include <two.conf>\nz=9\n", "[a][two]t=2|z=9|", ""},
	{"[a]\n#include d/*.conf\n", "[a]x=1|y=2|", ""},
	{"[a]\n#tryinclude none.conf\n#tryinclude none*.conf\nk=1\n", "[a]k=1|", ""},
	{"[a]\n#foo bar\n#include\nk=1\n", "[a]k=1|",
	 "WARNING m.conf:2 Unknown directive '#foo' at line 2 of m.conf\n"
	 "WARNING m.conf:3 Directive '#include' needs an argument (filename) at line 3 of "
	 "m.conf\n"},
	{"[a]\n#exec date\nk=1\n", "[a]k=1|",
	 "ERROR m.conf:2 Cannot perform #exec unless execincludes option is enabled in "
	 "asterisk.conf (options section)! line 2 of m.conf is ignored\n"},
};

static const struct {
	const char *text;
	int line;
	const char *want;
} bad[] = {
	{"[a\n", 1, "parse error: no closing ']', line 1 of m.conf"},
	{"[a](b\n", 1, "parse error: no closing ')', line 1 of m.conf"},
	{"\nk=v\n", 2, "parse error: No category context for line 2 of m.conf"},
	{"[a](b)\n", 1, "Inheritance requested, but category 'b' does not exist, line 1 of m.conf"},
	{"[a](+)\n", 1,
	 "Category addition requested, but category 'a' does not exist, line 1 of m.conf"},
	{"[a](!)\n[a](+)\n", 2,
	 "Category addition requested, but category 'a' does not exist, line 2 of m.conf"},
	{"[a]\n\\", 2, "Invalid escape in line 2 of m.conf"},
	{"[a]\n#include none.conf\n", 2,
	 "The file 'none.conf' was listed as a #include but it does not exist."},
	{"[a]\n#include none*.conf\n", 2,
	 "The file 'none*.conf' was listed as a #include but it does not exist."},
	{"[a]\n#include m.conf\n", 2, "Maximum Include level (10) exceeded, line 2 of m.conf"},
	{"[a]\n#include broken.conf\n", 1, "parse error: no closing ']', line 1 of broken.conf"},
};

static int load(struct memconf *m, const char *text, size_t len, struct conffile **cf,
		struct conffile_error *err)
{
	const struct memconf_file files[] = {
		{"m.conf", text, len},	  {"one.conf", "one=1\n", 0}, {"two.conf", "[two]\nt=2", 0},
		{"d/y.conf", "y=2\n", 0}, {"d/x.conf", "x=1\n", 0},   {"broken.conf", "[\n", 0},
		{NULL, NULL, 0},
	};

	memconf_init(m, files);
	return conffile_load(cf, &m->source, "m.conf", err);
}

static void test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct memconf m;
		struct conffile_error err;
		struct conffile *cf = NULL;
		char got[4096];

		if (load(&m, good[i].text, 0, &cf, &err) != 0)
			fail_msg("case %zu: %s", i, err.text);
		dump(cf, got, sizeof(got));
		if (strcmp(got, good[i].want) != 0)
			fail_msg("case %zu: got %s, want %s", i, got, good[i].want);
		assert_string_equal(m.notes, good[i].notes);
		conffile_free(cf);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct memconf m;
		struct conffile_error err;
		struct conffile *cf = NULL;

		assert_int_equal(load(&m, bad[i].text, 0, &cf, &err), -EINVAL);
		assert_null(cf);
		assert_string_equal(err.text, bad[i].want);
		assert_int_equal(err.line, bad[i].line);
		assert_true(err.remedy[0] != 0);
	}
}

static void test_missing_file(void **state)
{
	const struct memconf_file none[] = {{NULL, NULL, 0}};
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;
	char line[1500];

	(void)state;
	memconf_init(&m, none);
	assert_int_equal(conffile_load(&cf, &m.source, "x.conf", &err), -ENOENT);
	assert_null(cf);
	conffile_error_text(&err, line, sizeof(line));
	assert_string_equal(
		line,
		"x.conf: cannot read '/etc/ringer/x.conf': No such file or directory; create it");
}

static void test_long_line(void **state)
{
	char text[3 * 8192];
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;
	int n;

	(void)state;
	n = snprintf(text, sizeof(text), "[a]\nshort=%08180d\nlong=%08190d\nk=1\n", 1, 2);
	assert_int_equal(load(&m, text, (size_t)n, &cf, &err), 0);
	assert_int_equal(conffile_get(conffile_first(cf), "short")->value.len, 8180);
	assert_null(conffile_get(conffile_first(cf), "long"));
	assert_string_equal(conffile_text(conffile_first(cf), "k", ""), "1");
	assert_string_equal(m.notes, "WARNING m.conf:3 Line 3 too long, skipping. It begins with: "
				     "long=000000000000000000000000000... (m.conf; a line has at "
				     "most 8191 octets, longer values can be built with +=)\n");
	conffile_free(cf);
}

static void test_nul_byte(void **state)
{
	static const char text[] = "[a]\nk=\0v\nj=1\n";
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;

	(void)state;
	assert_int_equal(load(&m, text, sizeof(text) - 1, &cf, &err), 0);
	assert_null(conffile_get(conffile_first(cf), "k"));
	assert_non_null(conffile_get(conffile_first(cf), "j"));
	assert_non_null(strstr(m.notes, "NUL byte in line 2 of m.conf"));
	conffile_free(cf);
}

static void test_lookups(void **state)
{
	static const char text[] = "[general]\nport=5060\nOn=Yes\noff=x\nport=70000\n"
				   "[T](!)\n[General]\nx=1\n[t]\ny=1\n";
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;
	const struct conffile_section *s;
	const struct conffile_var *v;

	(void)state;
	assert_int_equal(load(&m, text, 0, &cf, &err), 0);
	assert_string_equal(conffile_path(cf), "m.conf");
	s = conffile_find(cf, "general");
	assert_ptr_equal(conffile_ifind(cf, "GENERAL"), s);
	assert_null(conffile_find(cf, "GENERAL"));
	assert_string_equal(conffile_next(s)->name.ptr, "General");
	assert_null(conffile_find(cf, "T"));
	assert_string_equal(conffile_ifind(cf, "T")->name.ptr, "t");
	v = conffile_each(s, NULL, "PORT");
	assert_int_equal(v->line, 2);
	v = conffile_each(s, v, "port");
	assert_int_equal(v->line, 5);
	assert_null(conffile_each(s, v, "port"));
	assert_ptr_equal(conffile_get(s, "port"), v);
	assert_true(conffile_bool(s, "on", false));
	assert_false(conffile_bool(s, "off", true));
	assert_true(conffile_bool(s, "none", true));
	assert_int_equal(conffile_number(s, "port", 1, 100000, 7), 70000);
	assert_int_equal(conffile_number(s, "none", 1, 65535, 7), 7);
	assert_int_equal(conffile_number(s, "off", 1, 65535, 7), 7);
	assert_string_equal(conffile_text(NULL, "port", "d"), "d");
	conffile_free(cf);
}

/* Growth by inheritance is bounded: 2^30 variables are refused, not tried. */
static void test_inheritance_bomb(void **state)
{
	char text[4096] = "[s0]\nk=v\n";
	struct memconf m;
	struct conffile_error err;
	struct conffile *cf = NULL;
	size_t n = strlen(text);

	(void)state;
	for (int i = 1; i < 30; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[s%d](s%d,s%d)\n", i, i - 1,
				      i - 1);
	assert_int_equal(load(&m, text, n, &cf, &err), -EINVAL);
	assert_string_equal(err.text, "more than 1000000 variables");
}

/* A file that is not there: what reads it needs no case of its own. */
static void test_no_file(void **state)
{
	(void)state;
	assert_null(conffile_first(NULL));
	assert_null(conffile_first_raw(NULL));
	assert_null(conffile_find(NULL, "general"));
	assert_null(conffile_ifind(NULL, "general"));
	assert_true(conffile_bool(conffile_ifind(NULL, "general"), "x", true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_inheritance_bomb),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
