/* The small pure parts: classes, texts, numbers, black lists, variables, filters, queued octets. */
#include "ami/byteq.h"
#include "ami/class.h"
#include "ami/danger.h"
#include "ami/filter.h"
#include "ami/number.h"
#include "ami/text.h"
#include "ami/varlist.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SAME(got, want) same(got, want, __LINE__)

static void same(struct slice got, const char *want, int line)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("line %d: got '%.*s', wanted '%s'", line, SLICE_ARG(got), want);
}

static void test_classes(void **state)
{
	static const struct {
		const char *text;
		uint32_t classes;
		const char *bad;
	} rows[] = {
		{"all", AMI_CLASS_ALL, ""},
		{"system", AMI_CLASS_SYSTEM, ""},
		{"call, user ,cdr", AMI_CLASS_CALL | AMI_CLASS_USER | AMI_CLASS_CDR, ""},
		{"message", AMI_CLASS_MESSAGE, ""},
		{"", 0, ""},
		{",call", AMI_CLASS_CALL, ""},	 /* an empty name is not "all" */
		{"a,call", AMI_CLASS_CALL, "a"}, /* nor is a prefix */
		{"CALL", 0, "CALL"},
		{"none", 0, ""},
		{"6", AMI_CLASS_CALL | AMI_CLASS_LOG, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice bad;

		if (ami_class_parse(slice_str(rows[i].text), &bad) != rows[i].classes)
			fail_msg("'%s'", rows[i].text);
		SAME(bad, rows[i].bad);
	}
}

static void test_masks(void **state)
{
	(void)state;
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("on")), AMI_CLASS_ALL);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("Yes")), AMI_CLASS_ALL);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("off")), 0);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("n")), 0);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("1")), AMI_CLASS_SYSTEM);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("0")), 0);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("4294967295")), AMI_CLASS_ALL);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("call,dtmf")),
			 AMI_CLASS_CALL | AMI_CLASS_DTMF);
	assert_int_equal(ami_class_parse_mask(SLICE_LIT("CALL")), 0);
}

static void test_class_texts(void **state)
{
	char buf[300];
	struct sink out = sink_make(buf, sizeof(buf));

	(void)state;
	ami_class_write(&out, AMI_CLASS_SYSTEM | AMI_CLASS_CALL | AMI_CLASS_REPORTING);
	sink_char(&out, ' ');
	ami_class_write(&out, 0);
	sink_char(&out, ' ');
	ami_class_write_held(&out, AMI_CLASS_CDR);
	sink_char(&out, ' ');
	ami_class_write_held(&out, AMI_CLASS_ALL);
	SAME(sink_slice(&out),
	     "system,call,reporting,all <none> cdr "
	     "system,call,log,verbose,command,agent,user,config,"
	     "dtmf,reporting,cdr,dialplan,originate,agi,cc,aoc,test,security,message,all");
}

static void test_texts(void **state)
{
	char buf[200];
	struct sink out = sink_make(buf, sizeof(buf));

	(void)state;
	ami_text_value(&out, slice_make("a\r\nb\0c'\"\\\x01\xff", 11));
	SAME(sink_slice(&out), "a\\r\\nb\\0c'\"\\\x01\xff");
	out.len = 0;
	ami_text_escaped(&out, SLICE_LIT("\a\b\f\n\r\t\v\\'\"?x"));
	SAME(sink_slice(&out), "\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"\\?x");
	out.len = 0;
	ami_text_stamp(&out, INT64_C(1795447037000004999));
	SAME(sink_slice(&out), "1795447037.000004");
	SAME(ami_text_known(SLICE_EMPTY), "<unknown>");
}

static void test_secrets(void **state)
{
	(void)state;
	assert_true(ami_text_same_secret(SLICE_LIT("world"), SLICE_LIT("world")));
	assert_false(ami_text_same_secret(SLICE_LIT("world"), SLICE_LIT("World")));
	assert_false(ami_text_same_secret(SLICE_LIT("world"), SLICE_LIT("worl")));
	assert_false(ami_text_same_secret(SLICE_LIT("world"), slice_make("world\0", 6)));
	assert_false(ami_text_same_secret(SLICE_LIT("world"), SLICE_EMPTY));
}

static void test_numbers(void **state)
{
	int64_t n = 0;

	(void)state;
	assert_true(ami_number_leading(SLICE_LIT("  12ms"), &n) && n == 12);
	assert_true(ami_number_leading(SLICE_LIT("-3"), &n) && n == -3);
	assert_true(ami_number_leading(SLICE_LIT("99999999999999999999"), &n) && n == INT32_MAX);
	assert_false(ami_number_leading(SLICE_LIT("x1"), &n));
	assert_false(ami_number_leading(SLICE_LIT("-"), &n));
	assert_false(ami_number_leading(SLICE_EMPTY, &n));
	assert_true(ami_number_any_base(SLICE_LIT("0x10"), &n) && n == 16);
	assert_true(ami_number_any_base(SLICE_LIT("010"), &n) && n == 8);
	assert_true(ami_number_any_base(SLICE_LIT("0"), &n) && n == 0);
	assert_true(ami_number_any_base(SLICE_LIT("-1"), &n) && n == -1);
	assert_false(ami_number_any_base(SLICE_LIT("0x"), &n));
}

static void test_dangers(void **state)
{
	(void)state;
	assert_true(ami_danger_in_variable(SLICE_LIT("${EVAL(x)}")));
	assert_false(ami_danger_in_variable(SLICE_LIT("eval")));
}

/* Long ones are bounded by their length together, before there are too many of them. */
static void test_filters_that_are_long(void **state)
{
	static char big[900];
	struct slice text = slice_make(big, sizeof(big));
	struct ami_filters f = {0};
	int err = 0;

	(void)state;
	memset(big, 'a', sizeof(big));
	while (!err)
		err = ami_filters_add(&f, SLICE_EMPTY, text);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(f.count, LIMIT_AMI_FILTER_STEPS / sizeof(big));
	assert_true(f.steps <= LIMIT_AMI_FILTER_STEPS);
	while (!(err = ami_filters_add(&f, SLICE_LIT("method(contains)"), text)))
		;
	assert_int_equal(err, -ENOSPC);
	ami_filters_free(&f);
	assert_int_equal(f.steps, 0);
	for (uint32_t i = 0; i < LIMIT_AMI_FILTERS; i++) /* ordinary ones all fit */
		assert_int_equal(ami_filters_add(&f, SLICE_LIT("action(include),name(Newchannel)"),
						 SLICE_EMPTY),
				 0);
	ami_filters_free(&f);
	for (uint32_t i = 0; i < LIMIT_AMI_FILTERS; i++)
		assert_int_equal(ami_filters_add(&f, SLICE_EMPTY,
						 SLICE_LIT("^Event: (Newchannel|Hangup|Dial.*)\r")),
				 0);
	ami_filters_free(&f);
}

static void varlist(const char *wire, struct originate *o, struct sink *room)
{
	static struct ami_frame frame;
	bool complete;

	ami_frame_init(&frame);
	ami_frame_feed(&frame, wire, strlen(wire), &complete);
	assert_true(complete);
	originate_init(o);
	assert_int_equal(ami_varlist_read(o, &frame.msg, room), 0);
}

static void test_varlist(void **state)
{
	static struct originate o;
	char text[1024];
	struct sink room = sink_make(text, sizeof(text));

	(void)state;
	varlist("Variable: \"a b\"=1, c=2 ,d=\"x\\\"y\"\nVariable: F(a,b)=[p,q],e=(\nVariable:\n\n",
		&o, &room);
	assert_int_equal(o.var_count, 5);
	SAME(o.vars[4].name, "a b");
	SAME(o.vars[4].value, "1");
	SAME(o.vars[3].name, " c"); /* blanks stay */
	SAME(o.vars[3].value, "2 ");
	SAME(o.vars[2].value, "x\"y");
	SAME(o.vars[1].name, "F(a,b)");
	SAME(o.vars[1].value, "[p,q]");
	SAME(o.vars[0].value, "(");
}

static void test_varlist_bounds(void **state)
{
	static struct originate o;
	static struct ami_frame frame;
	char text[8192], line[1024];
	struct sink room = sink_make(text, sizeof(text)), none = sink_make(text, 3);
	size_t at = 10;
	bool complete;

	(void)state;
	memcpy(line, "Variable: ", 10);
	for (int i = 0; i < 70; i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, "v%d=1,", i);
	snprintf(line + at, sizeof(line) - at, "\n\n");
	varlist(line, &o, &room);
	assert_int_equal(o.var_count, AMI_VARLIST_ITEMS);
	SAME(o.vars[0].name, "v63");
	ami_frame_init(&frame);
	ami_frame_feed(&frame, line, strlen(line), &complete);
	assert_int_equal(ami_varlist_read(&o, &frame.msg, &none), -ENOSPC);
	room.len = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(ami_varlist_read(&o, &frame.msg, &room), 0);
	room.len = 0;
	assert_int_equal(ami_varlist_read(&o, &frame.msg, &room), -E2BIG);
}

/* ---- filters ---- */

#define HANGUP "Event: Hangup\r\nPrivilege: call,all\r\nChannel: Local/1@x\r\nExten: \r\n\r\n"

static void test_filter_rows(void **state)
{
	static const struct {
		const char *criteria, *expression;
		int err;
		bool passes; /* when it is the only one */
	} rows[] = {
		{"", "Event: Hangup", 0, true},
		{"", "Event: New.*", 0, false},
		{"", "!Event: Hangup", 0, false},
		{"", "!Event: New", 0, true},
		{"", "Hangup.*Local", 0, true}, /* a dot is also CR and LF */
		{"", "(", -EINVAL, false},
		{"name(Hangup)", "", 0, true},
		{"name(hangup)", "", 0, false},
		{"name(Hangup),action(exclude)", "", 0, false},
		{"action(exclude),header(Channel),method(starts_with)", "Local/", 0, false},
		{"action(exclude) header(Channel) method(starts_with)", "PJSIP/", 0, true},
		{"header(Channel),method(ends_with)", "@x", 0, true},
		{"header(Channel),method(contains)", "/1", 0, true},
		{"header(Channel),method(exact)", "Local/1@x", 0, true},
		{"header(Channel),method(exact)", "Local/1", 0, false},
		{"header(Channel),method(regex)", "^Local/[0-9]+@", 0, true},
		{"header(channel),method(contains)", "Local", 0, false},
		{"header(Exten)", "", 0, false}, /* empty values are skipped */
		{"header(Channel)", "", 0, true},
		{"method(contains)", "all\r\nChannel", 0, true},
		{"name(Hangup),header(Channel),method(contains)", "!Local", 0, false},
		{"name(Hangup)", "x", -EBADMSG, false},
		{"method(exact)", "", -EBADMSG, false},
		{"action(include)", "", -EBADMSG, false},
		{"name(Hangup),name(Hangup)", "", -EBADMSG, false},
		{"action(perhaps),name(x)", "", -EBADMSG, false},
		{"method(sounds_like)", "x", -EBADMSG, false},
		{"colour(red)", "x", -EBADMSG, false},
		{"name(x", "", -EBADMSG, false},
		{")name(x", "", -EBADMSG, false},
		{" ", "x", -EBADMSG, false},
	};
	struct slice name = SLICE_LIT("Hangup"), text = SLICE_LIT(HANGUP);

	(void)state;
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct ami_filters f = {0}, none = {0};
		int err = ami_filters_add(&f, slice_str(rows[i].criteria),
					  slice_str(rows[i].expression));

		if (err != rows[i].err)
			fail_msg("%s = %s: %d", rows[i].criteria, rows[i].expression, err);
		if (!err && (ami_filters_pass(&f, &none, name, text) != rows[i].passes ||
			     ami_filters_pass(&none, &f, name, text) != rows[i].passes))
			fail_msg("%s = %s", rows[i].criteria, rows[i].expression);
		ami_filters_free(&f);
	}
}

static void test_filters_together(void **state)
{
	struct ami_filters user = {0}, session = {0};
	struct slice name = SLICE_LIT("Hangup"), text = SLICE_LIT(HANGUP);

	(void)state;
	assert_true(ami_filters_pass(&user, &session, name, text));
	ami_filters_add(&user, SLICE_LIT("name(Newchannel)"), SLICE_EMPTY);
	assert_false(ami_filters_pass(&user, &session, name, text));
	ami_filters_add(&session, SLICE_LIT("name(Hangup)"), SLICE_EMPTY);
	assert_true(ami_filters_pass(&user, &session, name, text));
	ami_filters_add(&user, SLICE_EMPTY, SLICE_LIT("!Local"));
	assert_false(ami_filters_pass(&user, &session, name, text));
	for (int i = 0; i < LIMIT_AMI_FILTERS; i++)
		ami_filters_add(&session, SLICE_LIT("name(x)"), SLICE_EMPTY);
	assert_int_equal(ami_filters_add(&session, SLICE_LIT("name(x)"), SLICE_EMPTY), -ENOSPC);
	assert_int_equal(session.count, LIMIT_AMI_FILTERS);
	ami_filters_free(&user);
	ami_filters_free(&session);
}

/* ---- queued octets ---- */

static void test_byteq(void **state)
{
	struct slab *pool;
	struct ami_byteq q;
	char block[1000], out[3000];
	uint64_t in_at = 0, out_at = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	assert_int_equal(ami_byteq_pool_create(&pool, 4), 0);
	ami_byteq_init(&q, pool, 40000);
	for (int turn = 0; turn < 20000; turn++) {
		size_t len = rng_below(&rng, sizeof(block));
		size_t before = q.len;

		for (size_t i = 0; i < len; i++)
			block[i] = (char)(in_at + i);
		if (ami_byteq_add(&q, slice_make(block, len)))
			in_at += len;
		else
			assert_int_equal(q.len, before);
		len = rng_below(&rng, sizeof(out) / 2);
		before = q.len;
		if (!ami_byteq_read(&q, out, len)) {
			assert_true(before < len && q.len == before);
			continue;
		}
		for (size_t i = 0; i < len; i++)
			if (out[i] != (char)(out_at + i))
				fail_msg("turn %d", turn);
		out_at += len;
		assert_int_equal(q.len, in_at - out_at);
	}
	ami_byteq_clear(&q);
	assert_int_equal(slab_used(pool), 0);
	slab_destroy(pool);
}

static void test_byteq_is_bounded(void **state)
{
	static char block[LIMIT_AMI_CHUNK];
	struct slab *pool;
	struct ami_byteq a, b;

	(void)state;
	assert_int_equal(ami_byteq_pool_create(&pool, 3), 0);
	ami_byteq_init(&a, pool, LIMIT_AMI_CHUNK + 100);
	ami_byteq_init(&b, pool, SIZE_MAX);
	assert_true(ami_byteq_add(&a, slice_make(block, sizeof(block))));
	assert_false(ami_byteq_add(&a, slice_make(block, 101))); /* its own limit */
	assert_true(ami_byteq_add(&a, slice_make(block, 100)));
	assert_false(ami_byteq_add(&b, slice_make(block, sizeof(block)))); /* the pool's */
	assert_int_equal(b.len, 0);
	assert_int_equal(slab_used(pool), 2);
	ami_byteq_clear(&a);
	assert_true(ami_byteq_add(&b, slice_make(block, sizeof(block))));
	ami_byteq_clear(&b);
	slab_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_class_texts),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_secrets),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_dangers),
		cmocka_unit_test(test_varlist),
		cmocka_unit_test(test_varlist_bounds),
		cmocka_unit_test(test_filter_rows),
		cmocka_unit_test(test_filters_that_are_long),
		cmocka_unit_test(test_filters_together),
		cmocka_unit_test(test_byteq),
		cmocka_unit_test(test_byteq_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
