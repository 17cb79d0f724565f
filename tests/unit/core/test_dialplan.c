/* tests/unit/core/test_dialplan.c - loading extensions.conf and finding the next step. */
#include "engine/core/dialplan.h"

#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

static struct memconf mem;
static struct dialplan *dp;

static void load(const char *text)
{
	const struct memconf_file files[] = {{"extensions.conf", text, 0}, {NULL, NULL, 0}};
	struct conffile_error err;
	struct conffile *cf;

	dialplan_free(dp);
	dp = NULL;
	memconf_init(&mem, files);
	assert_int_equal(conffile_load(&cf, &mem.source, "extensions.conf", &err), 0);
	assert_int_equal(dialplan_load(&dp, cf, &mem.source), 0);
	conffile_free(cf);
}

static int teardown(void **state)
{
	(void)state;
	dialplan_free(dp);
	dp = NULL;
	return 0;
}

static bool noon_monday(void *arg, const char *zone, struct tm *out)
{
	(void)arg;
	(void)zone;
	*out = (struct tm){.tm_hour = 12, .tm_wday = 1, .tm_mday = 1};
	return true;
}

static const struct timespec_clock clock_noon = {noon_monday, NULL};

static struct dialplan_query query(const char *context, const char *exten, int32_t priority,
				   const char *cid)
{
	return (struct dialplan_query){.context = slice_str(context),
				       .exten = slice_str(exten),
				       .priority = priority,
				       .cid_num = slice_str(cid),
				       .clock = &clock_noon};
}

/* "App(data)" of the step, or "-". */
static const char *at_cid(const char *context, const char *exten, int32_t priority, const char *cid)
{
	static char text[256];
	struct dialplan_query q = query(context, exten, priority, cid);
	struct dialplan_hit hit = dialplan_find(dp, &q);

	assert_int_equal(hit.step != NULL, hit.why == DIALPLAN_FOUND);
	assert_int_equal(dialplan_exists(dp, &q), hit.step != NULL);
	if (!hit.step)
		return "-";
	snprintf(text, sizeof(text), "%s(%s)", hit.step->app.ptr, hit.step->data.ptr);
	return text;
}

static const char *at(const char *context, const char *exten, int32_t priority)
{
	return at_cid(context, exten, priority, "");
}

static enum dialplan_why why(const char *context, const char *exten, int32_t priority)
{
	struct dialplan_query q = query(context, exten, priority, "");

	return dialplan_find(dp, &q).why;
}

static int32_t label(const char *context, const char *exten, const char *name)
{
	struct dialplan_query q = query(context, exten, 0, "");
	struct dialplan_hit hit = dialplan_find_label(dp, &q, slice_str(name));

	return hit.step ? hit.step->priority : -1;
}

static void test_priorities(void **state)
{
	(void)state;
	load("[c]\n"
	     "exten => 100,1,Answer()\n"
	     "same => n,Wait(1)\n"
	     "same => n(here),NoOp(a)\n"
	     "same => n+2(there),NoOp(b)\n"
	     "same => s,NoOp(dup)\n"
	     "same => here+100,NoOp(c)\n"
	     "exten => 101,n,NoOp(counts on)\n"
	     "exten => 102,1,Plain\n"
	     "exten => 103,1x, Odd (a(b),c) trailing\n"
	     "exten => 104,1,NoOp(${X},$[1])\n");
	assert_string_equal(at("c", "100", 1), "Answer()");
	assert_string_equal(at("c", "100", 2), "Wait(1)");
	assert_string_equal(at("c", "100", 3), "NoOp(a)");
	assert_string_equal(at("c", "100", 4), "-");
	assert_string_equal(at("c", "100", 6), "NoOp(b)");
	assert_string_equal(at("c", "100", 103), "NoOp(c)");
	assert_string_equal(at("c", "101", 104), "NoOp(counts on)");
	assert_string_equal(at("c", "102", 1), "Plain()");
	assert_string_equal(at("c", "103", 1), "Odd(a(b),c)");
	assert_string_equal(at("c", "104", 1), "NoOp(${X},$[1])");
	assert_int_equal(label("c", "100", "here"), 3);
	assert_int_equal(label("c", "100", "there"), 6);
	assert_int_equal(label("c", "100", "nowhere"), -1);
	assert_int_equal(label("c", "101", "here"), -1);
	assert_string_equal(
		mem.notes,
		"WARNING extensions.conf:6 Unable to register extension '100' priority 6 in 'c', "
		"already in use\n"
		"WARNING extensions.conf:6 Unable to register extension at line 6 of "
		"extensions.conf\n");
}

/* The faults of lines, each with the message that operators know. */
static void test_notes(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} cases[] = {
		{"[c]\nsame => n,NoOp()\n",
		 "ERROR extensions.conf:2 No previous pattern in the first entry of context 'c' to "
		 "match 'same' at line 2 of extensions.conf!\n"},
		{"[c]\nexten => 1,n,NoOp()\n",
		 "WARNING extensions.conf:2 Can't use 'next' priority on the first entry at line 2 "
		 "of extensions.conf!\n"},
		{"[c]\nexten => 1,s,NoOp()\n",
		 "WARNING extensions.conf:2 Can't use 'same' priority on the first entry at line 2 "
		 "of extensions.conf!\n"},
		{"[c]\nexten => 1,1(x,NoOp()\n",
		 "WARNING extensions.conf:2 Label missing trailing ')' at line 2 of "
		 "extensions.conf\n"},
		{"[c]\nexten => 1,foo,NoOp()\n",
		 "WARNING extensions.conf:2 Invalid priority/label 'foo' at line 2 of "
		 "extensions.conf\n"},
		{"[c]\nexten => 1,1,NoOp()\nexten => 1\n",
		 "WARNING extensions.conf:3 Invalid priority/label '' at line 3 of "
		 "extensions.conf\n"},
		{"[c]\nexten => 1,1,NoOp(a\n",
		 "WARNING extensions.conf:2 No closing parenthesis found? 'NoOp(a' at line 2 of "
		 "extensions.conf\n"},
		{"[c]\nexten => 1,1(a),NoOp()\nsame => n(a),NoOp()\n",
		 "WARNING extensions.conf:3 Extension '1' priority 2 in 'c', label 'a' already in "
		 "use at priority 1\n"},
		{"[c]\nfoo = bar\n",
		 "WARNING extensions.conf:2 ==!!== Unknown directive: foo at line 2 of "
		 "extensions.conf -- IGNORING!!!\n"},
		{"[c]\ninclude => none\n",
		 "WARNING extensions.conf:2 Context 'c' tries to include nonexistent context "
		 "'none' at line 2 of extensions.conf\n"},
		{"[c]\nexten => _.,1,NoOp()\n",
		 "WARNING extensions.conf:2 The use of '_.' for an extension is strongly "
		 "discouraged and can have unexpected behavior.  Please use '_X.' instead at line "
		 "2 of extensions.conf\n"},
		{"[c]\nexten => 1,hint,SIP/x\nautohints = yes\nignorepat => 9\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		load(cases[i].text);
		assert_string_equal(mem.notes, cases[i].want);
	}
	load("[c]\nexten => 1,1,NoOp(a\n"); /* the line is used all the same */
	assert_string_equal(at("c", "1", 1), "NoOp(a)");
}

static void test_pattern_order(void **state)
{
	(void)state;
	load("[c]\n"
	     "exten => _!,1,NoOp(bang)\n"
	     "exten => _X.,1,NoOp(x-dot)\n"
	     "exten => _[234]!,1,NoOp(set-bang)\n"
	     "exten => _NXX,1,NoOp(nxx)\n"
	     "exten => _2XX,1,NoOp(2xx)\n"
	     "exten => _2XX/5551,1,NoOp(2xx-cid)\n"
	     "exten => _2[5-9]X,1,NoOp(25-9x)\n"
	     "exten => 250,1,NoOp(exact)\n"
	     "exten => _1X.,1,NoOp(1x-dot)\n");
	assert_string_equal(at("c", "250", 1), "NoOp(exact)");
	assert_string_equal(at("c", "2-5-0", 1), "NoOp(exact)");
	assert_string_equal(at("c", "251", 1), "NoOp(25-9x)");
	assert_string_equal(at("c", "200", 1), "NoOp(2xx)");
	assert_string_equal(at_cid("c", "200", 1, "5551"), "NoOp(2xx-cid)");
	assert_string_equal(at_cid("c", "200", 1, "5552"), "NoOp(2xx)");
	assert_string_equal(at("c", "300", 1), "NoOp(set-bang)");
	assert_string_equal(at("c", "500", 1), "NoOp(nxx)");
	assert_string_equal(at("c", "123", 1), "NoOp(1x-dot)");
	assert_string_equal(at("c", "912345", 1), "NoOp(x-dot)");
	assert_string_equal(at("c", "abc", 1), "NoOp(bang)");
}

static void test_mixed_priorities(void **state)
{
	(void)state;
	load("[c]\n"
	     "exten => _1X.,1,NoOp(one)\n"
	     "exten => _1X.,3,NoOp(three)\n"
	     "exten => _X.,2(two),NoOp(two)\n"
	     "exten => _X.,1,NoOp(never)\n");
	assert_string_equal(at("c", "1234", 1), "NoOp(one)");
	assert_string_equal(at("c", "1234", 2), "NoOp(two)");
	assert_string_equal(at("c", "1234", 3), "NoOp(three)");
	assert_int_equal(label("c", "1234", "two"), 2);
	assert_int_equal(why("c", "1234", 4), DIALPLAN_NO_PRIORITY);
	assert_int_equal(why("c", "a", 1), DIALPLAN_NO_EXTEN);
	assert_int_equal(why("d", "a", 1), DIALPLAN_NO_CONTEXT);
}

static void test_cid(void **state)
{
	(void)state;
	load("[c]\n"
	     "exten => s,1,NoOp(any)\n"
	     "exten => s/,1,NoOp(none)\n"
	     "exten => s/_555X,1,NoOp(pattern)\n"
	     "exten => s/(55) 5-1,1,NoOp(number)\n"
	     "same => n,NoOp(number 2)\n");
	assert_string_equal(at_cid("c", "s", 1, "777"), "NoOp(any)");
	assert_string_equal(at_cid("c", "s", 1, ""), "NoOp(none)");
	assert_string_equal(at_cid("c", "s", 1, "5551"), "NoOp(number)");
	assert_string_equal(at_cid("c", "s", 2, "5551"), "NoOp(number 2)");
	assert_string_equal(at_cid("c", "s", 1, "5552"), "NoOp(pattern)");
}

static void test_includes(void **state)
{
	(void)state;
	load("[c]\n"
	     "include => d\n"
	     "include => e\n"
	     "exten => _1XX,1,NoOp(c)\n"
	     "[d]\n"
	     "include => f\n"
	     "include => c\n"
	     "exten => 100,1,NoOp(d)\n"
	     "exten => 200,1,NoOp(d)\n"
	     "[e]\n"
	     "exten => 200,1,NoOp(e)\n"
	     "exten => 300,1,NoOp(e)\n"
	     "[f]\n"
	     "exten => 300,1,NoOp(f)\n"
	     "[c]\n"
	     "exten => 400,1,NoOp(merged)\n");
	assert_int_equal(dialplan_context_count(dp), 4);
	assert_string_equal(at("c", "100", 1), "NoOp(c)"); /* the pattern here wins */
	assert_string_equal(at("c", "200", 1), "NoOp(d)");
	assert_string_equal(at("c", "300", 1), "NoOp(f)"); /* depth first */
	assert_string_equal(at("c", "400", 1), "NoOp(merged)");
	assert_string_equal(at("c", "500", 1), "-"); /* and the circle ends */
}

static void test_timed_includes(void **state)
{
	struct dialplan_query q = query("c", "1", 1, "");

	(void)state;
	load("[c]\n"
	     "include => night,18:00-6:00,*,*,*\n"
	     "include => day,9:00-17:00,mon-fri,*,*\n"
	     "[night]\nexten => 1,1,NoOp(night)\n"
	     "[day]\nexten => 1,1,NoOp(day)\n");
	assert_string_equal(at("c", "1", 1), "NoOp(day)");
	q.clock = NULL;
	assert_false(dialplan_exists(dp, &q));
}

static void test_can_match(void **state)
{
	static const struct {
		const char *digits;
		bool exists, can_match, more;
	} cases[] = {
		{"", false, true, true},       {"1", true, true, true},
		{"10", false, true, true},     {"100", true, true, false},
		{"1000", false, false, false}, {"5", false, true, true},
		{"55", true, true, true},      {"7", true, true, false},
		{"712", true, true, false},    {"8", false, false, false},
	};

	(void)state;
	load("[c]\n"
	     "exten => 1,1,NoOp()\n"
	     "exten => 100,1,NoOp()\n"
	     "exten => 100,2,NoOp()\n"
	     "exten => 8,2,NoOp()\n"
	     "exten => _5.,1,NoOp()\n"
	     "exten => _7!,1,NoOp()\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dialplan_query q = query("c", cases[i].digits, 1, "");

		if (dialplan_exists(dp, &q) != cases[i].exists ||
		    dialplan_can_match(dp, &q) != cases[i].can_match ||
		    dialplan_match_more(dp, &q) != cases[i].more)
			fail_msg("digits '%s'", cases[i].digits);
	}
}

static void test_globals_and_general(void **state)
{
	const struct dialplan_global *g;
	uint32_t count;

	(void)state;
	load("[General]\nautofallthrough=no\nclearglobalvars=yes\n"
	     "[globals]\nA=1\nB=${A}2\nA=3\n"
	     "[c]\nexten => ${B}0,1,NoOp(x)\nexten => _[1,2]5,1,NoOp(set)\n"
	     "[globals]\nC = ${GLOBAL(A)}$[1+1]\nGLOBAL( D )=4\n");
	g = dialplan_globals(dp, &count);
	assert_int_equal(count, 4);
	assert_string_equal(g[0].name.ptr, "A");
	assert_string_equal(g[0].value.ptr, "3");
	assert_string_equal(g[1].value.ptr, "12");
	assert_string_equal(g[2].value.ptr, "32");
	assert_string_equal(g[3].name.ptr, "D");
	assert_string_equal(g[3].value.ptr, "4");
	assert_string_equal(at("c", "120", 1), "NoOp(x)");
	assert_string_equal(at("c", "25", 1), "NoOp(set)");
	assert_false(dialplan_autofallthrough(dp));
	assert_true(dialplan_clear_globals(dp));
	assert_true(dialplan_has_context(dp, SLICE_LIT("c")));
	assert_false(dialplan_has_context(dp, SLICE_LIT("C")));
	assert_false(dialplan_has_context(dp, SLICE_LIT("General")));
	load("");
	assert_true(dialplan_autofallthrough(dp));
	assert_int_equal(dialplan_context_count(dp), 0);
}

static void gather(void *arg, struct slice text)
{
	size_t used = strlen(arg);

	snprintf((char *)arg + used, 4096 - used, "%.*s", SLICE_ARG(text));
}

static const char *show(const char *what)
{
	static char text[4096];

	text[0] = 0;
	dialplan_show(dp, slice_str(what), gather, text);
	return text;
}

static void test_show(void **state)
{
	(void)state;
	load("[g]\n"
	     "exten => s,1,Goto(+2)\n"
	     "same => n,NoOp(skipped)\n"
	     "same => n(lab),NoOp(plus2)\n"
	     "exten => _2XX/5551,1,NoOp(x)\n"
	     "include => inc2\n"
	     "[inc2]\n"
	     "exten => 5,1,NoOp(y)\n");
	assert_string_equal(show("g"),
			    "[ Context 'g' created by 'pbx_config' ]\n"
			    "  's' =>            1. Goto(+2)                                   "
			    "[extensions.conf:2]\n"
			    "                    2. NoOp(skipped)                              "
			    "[extensions.conf:3]\n"
			    "     [lab]          3. NoOp(plus2)                                "
			    "[extensions.conf:4]\n"
			    "  '_2XX' (CID match '5551') =>  1. NoOp(x)                        "
			    "[extensions.conf:5]\n"
			    "  Include =>        'inc2'                                        "
			    "[pbx_config]\n"
			    "\n"
			    "-= 2 extensions (4 priorities) in 1 context. =-\n");
	assert_non_null(strstr(show(""), "-= 3 extensions (5 priorities) in 2 contexts. =-\n"));
	assert_string_equal(show("x"), "There is no existence of 'x' context\n");
	assert_string_equal(show("9@g"), "There is no existence of 9@g extension\n");
	assert_string_equal(show("5@g"),
			    "[ Included context 'inc2' created by 'pbx_config' ]\n"
			    "  '5' =>            1. NoOp(y)                                    "
			    "[extensions.conf:8]\n"
			    "\n"
			    "-= 1 extension (1 priority) in 1 context. =-\n");
}

/* Two contexts that include one another twice: a search and a listing must not take for ever. */
static void test_include_bomb(void **state)
{
	char text[4096];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "[c%d]\ninclude => c%d\ninclude => c%d\n", i, (i + 1) % 60,
				      (i + 7) % 60);
	load(text);
	assert_int_equal(why("c0", "1", 1), DIALPLAN_NO_EXTEN);
	assert_string_equal(show("1@c0"), "There is no existence of 1@c0 extension\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_priorities, teardown),
		cmocka_unit_test_teardown(test_notes, teardown),
		cmocka_unit_test_teardown(test_pattern_order, teardown),
		cmocka_unit_test_teardown(test_mixed_priorities, teardown),
		cmocka_unit_test_teardown(test_cid, teardown),
		cmocka_unit_test_teardown(test_includes, teardown),
		cmocka_unit_test_teardown(test_timed_includes, teardown),
		cmocka_unit_test_teardown(test_can_match, teardown),
		cmocka_unit_test_teardown(test_globals_and_general, teardown),
		cmocka_unit_test_teardown(test_show, teardown),
		cmocka_unit_test_teardown(test_include_bomb, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
