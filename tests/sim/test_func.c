/* tests/sim/test_func.c - dialplan functions, by example, on a channel that waits. */
#include "engine/core/func.h"
#include "engine/core/pbx_internal.h"
#include "tests/sim/pbx_rig.h"
#include "tests/unit/cmocka.h"

#include <errno.h>

static const struct {
	const char *text;
	const char *want;
} reads[] = {
	/* text */
	{"${LEN(hello)}", "5"},
	{"${LEN()}", "0"},
	{"${TOUPPER(aBc1)}${TOLOWER(aBc1)}", "ABC1abc1"},
	{"[${TRIM( a b )}][${LTRIM( a )}][${RTRIM( a )}]", "[a b][a ][ a]"},
	{"${QUOTE(a\"b)}", "\"a\\\"b\""},
	{"${CSV_QUOTE(a\"b)}", "\"a\"\"b\""},
	{"${FILTER(0-9,(555) 123-4567)}", "5551234567"},
	{"${FILTER(0-9\\-,(555) 123-4567)}", "555123-4567"},
	{"${FILTER(a-z\\x20,A b C d)}", " b  d"},
	{"${CUT(LIST,,2)}", "b"},
	{"${CUT(LIST,-,2-)}|${CUT(LIST,-,-2)}|${CUT(LIST,-,1&3)}|${CUT(LIST,-,9)}",
	 "b-c-d|a-b|a-c|"},
	{"${CUT(COMMAS,\\,,2)}", "y"},
	{"${FIELDQTY(LIST,-)}${FIELDQTY(LIST,x)}${FIELDQTY(NONE,-)}", "410"},
	{"${FIELDNUM(LIST,-,c)}${FIELDNUM(LIST,-,z)}", "30"},
	{"${REPLACE(LIST,-,_)}|${REPLACE(LIST,a-b,)}|${REPLACE(LIST,-)}", "a_b_c_d|--c-d|abcd"},
	{"${STRREPLACE(LIST,-,::)}|${STRREPLACE(LIST,-,.,1)}|${STRREPLACE(LIST,b-c)}",
	 "a::b::c::d|a.b-c-d|a--d"},
	{"${REGEX(\"^a.*d$\" ${LIST})}${REGEX(\"x\" abc)}", "10"},
	{"${PASSTHRU(a,b)}", "a,b"},
	/* numbers */
	{"${MATH(10/3)}", "3.333333"},
	{"${MATH(10/3,int)}", "3"},
	{"${MATH(255+1,hex)}", "100"},
	{"${MATH(65+0,char)}", "A"},
	{"${MATH(3>2)}${MATH(3<=2)}${MATH(2==2)}", "TRUEFALSETRUE"},
	{"${MATH(7%4,int)}${MATH(2^3,int)}${MATH(1<<4,int)}${MATH(6AND3,int)}", "38162"},
	{"${MATH(-5+-5,i)}${MATH(1/0,i)}", "-100"},
	{"${MATH(foo)}", ""},
	{"${INC(N)}${INC(N)}${DEC(N)}${N}", "6766"},
	{"${INC(LIST)}${LIST}", "a-b-c-d"},
	{"${RAND(7,7)}", "7"},
	/* time: 2026-01-01 00:00:00 UTC */
	{"${STRFTIME(1000000000,UTC,%Y-%m-%d %H:%M:%S)}", "2001-09-09 01:46:40"},
	{"${STRFTIME(1000000000.25,UTC,%S.%3q %1q %s)}", "40.250 2 1000000000"},
	{"${STRFTIME(,,%Y)}", "2026"},
	{"${STRFTIME(0,UTC)}", "Thu Jan  1 00:00:00 1970"},
	/* choices */
	{"${IF(1?a:b)}${IF(0?a:b)}${IF($[1=2]?a:b)}${IF(no?a)}", "abba"},
	{"${IF(1?\"x:y\":z)}|${IF(0?a)}|", "x:y||"},
	{"${IFTIME(*,thu,*,jan?in:out)}${IFTIME(12:00-13:00?in:out)}", "inout"},
	{"${EXISTS(${LIST})}${EXISTS(${NONE})}${ISNULL(${NONE})}${ISNULL(x)}", "1010"},
	{"${DIALPLAN_EXISTS(test)}${DIALPLAN_EXISTS(nope)}", "10"},
	{"${DIALPLAN_EXISTS(test,s,1)}${DIALPLAN_EXISTS(test,s,lab)}${DIALPLAN_EXISTS(test,x)}",
	 "110"},
	{"${GLOBAL(G)}${G}", "gg"},
	{"${EVAL(${LIT})}", "a-b-c-d"},
	{"${LOCAL(LIST):0:1}", "a"},
	{"$[LEN(abc) + 1]", "4"},
	/* the channel */
	{"${CALLERID(all)}", "\"\" <>"},
	{"${CHANNEL(state)} ${CHANNEL(channeltype)} ${CHANNEL(name)}",
	 "Up PJSIP PJSIP/trunk-00000000"},
	{"${CHANNEL(context)},${CHANNEL(exten)} ${CHANNEL(appname)}", "test,s Wait"},
	{"${CHANNEL(pjsip,call-id)} ${CHANNEL(audioreadformat)} ${CHANNEL(audionativeformat)}",
	 "id@rig ulaw (ulaw|alaw)"},
	{"${CHANNEL(rtcp,rxcount)} ${CHANNEL(endpoint)} ${CHANNEL(language)}", "7 trunk en"},
	{"${CHANNEL(checkhangup)}${CHANNEL(onhold)}", "00"},
	{"${CHANNEL(rtp,src)}|${CHANNEL(rtp,dest)}", "10.0.0.1:4000|10.0.0.9:6000"},
	{"${CHANNEL(rtp,direct)}|${CHANNEL(rtp,secure)}|${CHANNEL(rtcp,local_ssrc)}", "|0|0"},
	{"${PJSIP_RESPONSE_HEADER(read,x-trunk)}|${PJSIP_RESPONSE_HEADER(read,X-*,2)}|"
	 "${PJSIP_RESPONSE_HEADER(read,X-Trunk,3)}|${PJSIP_RESPONSE_HEADER(read,To)}",
	 "a|b: c||"},
	{"${PJSIP_RESPONSE_HEADER(add,Via)}|${PJSIP_RESPONSE_HEADER(read)}|"
	 "${PJSIP_RESPONSE_HEADER(read,Via,0)}|${PJSIP_RESPONSE_HEADER(read,Via)}",
	 "|||v1"},
	{"${PJSIP_RESPONSE_HEADERS(c)}|${PJSIP_RESPONSE_HEADERS(X-)}|${PJSIP_RESPONSE_HEADERS()}",
	 "Contact|X-Trunk,X-Trunk|"},
	{"${PJSIP_ENDPOINT(trunk,context)}|${PJSIP_ENDPOINT(nobody,context)}|"
	 "${PJSIP_ENDPOINT(trunk)}",
	 "0 trunk/context/||"},
	{"${PJSIP_AOR(a,contact)}|${PJSIP_CONTACT(a;@1,rtt)}", "1 a/contact/|2 a;@1/rtt/"},
	{"${PJSIP_DIAL_CONTACTS(trunk)}|${PJSIP_DIAL_CONTACTS(trunk,a,5)}|${PJSIP_DIAL_CONTACTS()}",
	 "3 trunk//|3 trunk/a/5|"},
	{"${TIMEOUT(absolute)} ${TIMEOUT(digit)} ${TIMEOUT(response)}", "0 5.000 10.000"},
	{"${CDR(disposition)} ${CDR(amaflags)} ${CDR(dst)} ${CDR(dcontext)}",
	 "ANSWERED DOCUMENTATION s test"},
	{"${CDR(start)} ${CDR(answer)} ${CDR(end)}|${CDR(duration)} ${CDR(billsec,f)}",
	 "2026-01-01 00:00:00 2026-01-01 00:00:00 |2 2.000000"},
	{"${CDR(start,u)}", "1767225600.000000"},
	{"${CDR(clid)} ${CDR(lastapp)} ${CDR(own)}", "\"\" <> Wait "},
	{"${HANGUPCAUSE(${CHANNEL},tech)}", "SIP 200 OK"},
	/* built-ins */
	{"${EXTEN}${CONTEXT}${PRIORITY} ${CHANNEL} ${HANGUPCAUSE}",
	 "stest2 PJSIP/trunk-00000000 0"},
	{"${NOFUNC(x)}", ""},
};

/* Set(call=value), then what `text` gives. */
static const struct {
	const char *call, *value, *text, *want;
	int rc;
} writes[] = {
	{"CALLERID(all)", "\"Ann B\" <(555) 1>",
	 "${CALLERID(name)}|${CALLERID(num)}|${CALLERID(all)}", "Ann B|5551|\"Ann B\" <5551>", 0},
	{"CALLERID(name)", "Bob", "${CALLERID(all)}", "\"Bob\" <5551>", 0},
	{"CALLERID(num-pres)", "prohib", "${CALLERID(num)}", "5551", 0},
	{"CALLERID(num-pres)", "prohib_not_screened", "${CALLERID(pres)}", "prohib", 0},
	{"CALLERID(pres)", "allowed", "${CALLERID(name-pres)}", "allowed_not_screened", 0},
	{"CONNECTEDLINE(num)", "99", "${CONNECTEDLINE(num)}", "99", 0},
	{"CALLERID(rdnis)", "554", "${REDIRECTING(from-num)} ${CALLERID(rdnis)}", "554 554", 0},
	{"REDIRECTING(from-all)", "\"Desk\" <555>",
	 "${REDIRECTING(from-name)} ${REDIRECTING(from-num)} ${REDIRECTING(reason)} "
	 "${REDIRECTING(count)}",
	 "Desk 555 unknown 0", 0},
	{"REDIRECTING(reason)", "cfu", "${REDIRECTING(reason)}", "cfu", 0},
	{"REDIRECTING(reason)", "whim", "${REDIRECTING(reason)}", "cfu", -EINVAL},
	{"REDIRECTING(count)", "3", "${REDIRECTING(count)}", "3", 0},
	{"REDIRECTING(count)", "many", "${REDIRECTING(count)}", "3", -EINVAL},
	{"REDIRECTING(from-pres)", "prohib", "${REDIRECTING(from-num-pres)}", "prohib", 0},
	{"REDIRECTING(colour)", "1", "", "", -EINVAL},
	{"CALLERID(foo)", "x", "", "", -EINVAL},
	{"CHANNEL(language)", "de", "${CHANNEL(language)}", "de", 0},
	{"CHANNEL(accountcode)", "camp7", "${CHANNEL(accountcode)} ${CDR(accountcode)}",
	 "camp7 camp7", 0},
	{"CHANNEL(amaflags)", "billing", "${CDR(amaflags)}${CDR(amaflags,u)}", "BILLING2", 0},
	{"CHANNEL(musicclass)", "x", "", "", -EINVAL},
	{"CDR(userfield)", "u", "${CDR(userfield)}", "u", 0},
	{"CDR(own)", "mine", "${CDR(own)}", "mine", 0},
	{"CDR(src)", "x", "", "", -EPERM},
	{"TIMEOUT(absolute)", "30", "${TIMEOUT(absolute)}", "30.000", 0},
	{"TIMEOUT(absolute)", "0", "${TIMEOUT(absolute)}", "0", 0},
	{"TIMEOUT(digit)", "2.5", "${TIMEOUT(digit)}", "2.500", 0},
	{"TIMEOUT(response)", "7", "${TIMEOUT(response)}", "7.000", 0},
	{"GLOBAL(NEW)", "v", "${NEW}${GLOBAL(NEW)}", "vv", 0},
	{"DB(camp/7/max)", "30", "${DB(camp/7/max)} ${DB_RESULT} ${DB_EXISTS(camp/7/max)}",
	 "30 30 1", 0},
	{"DB(camp/7)", "root", "${DB_KEYS()}|${DB_KEYS(camp)}|${DB_KEYS(/camp/7/)}", "camp|7|max",
	 0},
	{"DB(camp/7-b)", "", "${DB_KEYS(camp)}[${DB(camp/7-b)}]${DB_EXISTS(camp/7-b)}", "7,7-b[]1",
	 0},
	{"DB_DELETE(camp/7-b)", "any", "${DB_EXISTS(camp/7-b)}${DB_KEYS(camp)}", "07", 0},
	{"DB(camp/7)", "new",
	 "${DB_DELETE(camp/7)}|${DB(camp/7)}|${DB_DELETE(camp/7)}|${DB_KEYS(camp)}", "new|||7", 0},
	{"DB(camp)", "1", "${DB(camp)}${DB_EXISTS(camp)}", "0", -EINVAL},
	{"DB(/key)", "1", "", "", -EINVAL},
	{"DB_KEYS(a)", "1", "", "", -EPERM},
	{"ARRAY(x,y,z)", "1,\"2,3\"", "${x}|${y}|${z}", "1|2,3|", 0},
	{"PJSIP_HEADER(add,X-A)", "1", "${PJSIP_HEADER(read,X-A)}", "", -EISCONN},
	{"PJSIP_RESPONSE_HEADER(read,Via)", "1", "", "", -EPERM},
	{"LOCAL(a)", "1", "", "", -ENOENT},
	{"LEN(a)", "1", "", "", -EPERM},
	{"NOFUNC(a)", "1", "", "", -ENOENT},
};

static struct pbx_rig rig;

static int setup(void **state)
{
	(void)state;
	pbx_rig_open(&rig, "[test]\nexten => s,1,Set(LIST=a-b-c-d)\nsame => n(lab),Wait(10)\n");
	vars_set(&rig.shard.globals, SLICE_LIT("G"), SLICE_LIT("g"));
	pbx_rig_call(&rig);
	pbx_rig_run(&rig, 2000);
	chan_set_var(rig.chan, SLICE_LIT("N"), SLICE_LIT("5"));
	chan_set_var(rig.chan, SLICE_LIT("COMMAS"), SLICE_LIT("x,y,z"));
	chan_set_var(rig.chan, SLICE_LIT("LIT"), SLICE_LIT("${LIST}"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pbx_rig_run(&rig, 100000);
	pbx_rig_close(&rig);
	return 0;
}

static void expect(const char *text, const char *want)
{
	char got[1024];
	struct sink out = sink_make(got, sizeof(got));

	pbx_expand(rig.chan, slice_str(text), &out);
	if (strcmp(sink_cstr(&out), want) != 0)
		fail_msg("%s gives '%s', want '%s'", text, got, want);
}

static void test_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		expect(reads[i].text, reads[i].want);
	assert_non_null(strstr(rig.logged, "Function NOFUNC not registered"));
	assert_non_null(strstr(rig.logged, "Value of 'LIST' ('a-b-c-d') is not an integer"));
}

static void test_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		int rc =
			func_write(rig.chan, slice_str(writes[i].call), slice_str(writes[i].value));

		if (rc != writes[i].rc)
			fail_msg("%s: %d", writes[i].call, rc);
		expect(writes[i].text, writes[i].want);
	}
}

static void test_rand(void **state)
{
	bool seen[4] = {false};

	(void)state;
	for (int i = 0; i < 200; i++) {
		char got[32];
		struct sink out = sink_make(got, sizeof(got));

		assert_true(func_read(rig.chan, SLICE_LIT("RAND(-1,2)"), &out));
		assert_true(out.len > 0);
		sink_cstr(&out);
		seen[got[0] == '-' ? 0 : got[0] - '0' + 1] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
}

/* For a client nothing reaches beyond the call, however deep it stands; what it asks for in vain
 * does not fill the log. */
static void test_guarded(void **state)
{
	size_t logged = rig.logged_len;

	(void)state;
	assert_int_equal(func_write(rig.chan, SLICE_LIT("DB(f/k)"), SLICE_LIT("1")), 0);
	rig.chan->guarded = true;
	assert_int_equal(func_write(rig.chan, SLICE_LIT("DB(f/k)"), SLICE_LIT("2")), -EACCES);
	expect("[${DB(f/k)}${DB_DELETE(f/k)}]${DB_EXISTS(f/k)}", "[]1");
	expect("${EVAL($[LEN(${IF(1?${DB_DELETE(f/k)}:x)}) + 1])}", "1");
	expect("${CUT(DB_DELETE(f/k),-,1)}${LOCAL(DB_DELETE(f/k))}${NOFUNC(x)}", "");
	assert_int_equal(func_write(rig.chan, SLICE_LIT("NOFUNC(x)"), SLICE_LIT("1")), -ENOENT);
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_function_refused), 8);
	assert_int_equal(rig.logged_len, logged);
	rig.chan->guarded = false;
	expect("${DB_DELETE(f/k)}${NOFUNC(x)}", "1");
	assert_true(rig.logged_len > logged);
}

/* A client's expression does not keep the call's shard from its work. */
static void test_guarded_regex(void **state)
{
	char text[201], call[300];
	struct sink out = sink_make(call, sizeof(call));

	(void)state;
	memset(text, 'a', 200);
	text[200] = 0;
	sink_fmt(&out, "${REGEX(\"(a?b?){330}x\" %s)}", text);
	expect(sink_cstr(&out), "0");
	rig.chan->guarded = true;
	expect(call, "");
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_function_refused), 1);
	expect("${REGEX(\"^a+$\" aaa)}", "1");
}

/* GROUP() and its sisters, as dialplan.md has them: case does not count, categories are apart. */
static void test_groups(void **state)
{
	struct groups *g = rig.shard.groups;
	struct group_list other = {0};
	struct slice chan = SLICE_LIT("PJSIP/other");

	(void)state;
	expect("[${GROUP()}${GROUP(cat)}${GROUP_LIST()}${GROUP_COUNT()}]${GROUP_COUNT(g1)}", "[]0");
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP()"), SLICE_LIT("g1")), 0);
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP(cat)"), SLICE_LIT("g2")), 0);
	expect("x ${GROUP_LIST()}|${GROUP()}|${GROUP(CAT)}|${GROUP(none)}|", "x g1 g2@cat|g1|g2||");
	/* another channel, on another shard */
	assert_int_equal(groups_enter(g, 1, &other, chan, SLICE_LIT("G1"), SLICE_LIT("Cat")), 0);
	expect("${GROUP_COUNT(g1)}${GROUP_COUNT(G1@cat)}${GROUP_COUNT(g2)}${GROUP_COUNT(g2@x)}",
	       "2110");
	expect("${GROUP_COUNT()}${GROUP_COUNT(@cat)}${GROUP_COUNT(@none)}", "21");
	expect("${GROUP_MATCH_COUNT(^[gG])}${GROUP_MATCH_COUNT(g)}${GROUP_MATCH_COUNT(g@^c)}",
	       "321");
	expect("[${GROUP_MATCH_COUNT(()}${GROUP_MATCH_COUNT()}${GROUP_MATCH_COUNT(g@()}]", "[]");
	/* the new one in the same category takes the place of the old one, an empty one none */
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP()"), SLICE_LIT("g3@CAT")), 0);
	expect("${GROUP_LIST()} ${GROUP_COUNT(g2)}", "g1 g3@CAT 0");
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP()"), SLICE_LIT("")), 0);
	expect("${GROUP_LIST()} ${GROUP_COUNT(g1)}", "g3@CAT 1");
	groups_leave_all(g, 1, &other);
	expect("${GROUP_COUNT(g1)}", "0");
}

/* What does not fit is said, and the old group is left all the same as it was asked for. */
static void test_groups_full(void **state)
{
	(void)state;
	for (char name[] = "a"; name[0] <= 'd'; name[0]++) {
		struct slice value = slice_str(name);
		char place[32];

		snprintf(place, sizeof(place), "GROUP(%s)", name);
		assert_int_equal(func_write(rig.chan, slice_str(place), value), 0);
	}
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP(e)"), SLICE_LIT("e")), -ENOSPC);
	assert_non_null(strstr(rig.logged, "does not get into group 'e'"));
	assert_int_equal(func_write(rig.chan, SLICE_LIT("GROUP(a)"), SLICE_LIT("b")), 0);
	expect("${GROUP_LIST()}|${GROUP_COUNT(b)}", "b@b c@c d@d b@a|2");
}

/* A client's expression looks at so many groups and no more. */
static void test_guarded_groups(void **state)
{
	char long_name[LIMIT_NAME];

	(void)state;
	memset(long_name, 'a', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = 0;
	for (char place[] = "GROUP(a)"; place[6] <= 'd'; place[6]++)
		assert_int_equal(func_write(rig.chan, slice_str(place), slice_str(long_name)), 0);
	expect("${GROUP_MATCH_COUNT((a?b?){330}x)}", "0");
	rig.chan->guarded = true;
	expect("[${GROUP_MATCH_COUNT((a?b?){330}x)}]${GROUP_MATCH_COUNT(a+)}", "[]4");
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_function_refused), 1);
}

/* The table is sorted: each name is found. */
static void test_table(void **state)
{
	const char *name;

	(void)state;
	for (uint32_t i = 0; (name = func_name(i)) != NULL; i++) {
		if (i > 0)
			assert_true(strcmp(func_name(i - 1), name) < 0);
	}
	for (uint32_t i = 0, n; i < (app_all(&n), n); i++)
		assert_ptr_equal(app_find(slice_str(app_all(&n)[i]->name)), app_all(&n)[i]);
	assert_null(app_find(SLICE_LIT("nonsense")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_writes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rand, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guarded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guarded_regex, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guarded_groups, setup, teardown),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
