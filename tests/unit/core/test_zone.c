/* tests/unit/core/test_zone.c - rules and files of time zones. */
#include "engine/core/zone.h"
#include "engine/core/zone_internal.h"

#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *rule;
	int64_t unix_s;
	bool is_dst;
} rules[] = {
	/* Berlin 2026: 29 March 01:00 UTC to 25 October 01:00 UTC */
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, false},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, true},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, true},
	{"CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, false},
	/* New York 2026: 8 March 07:00 UTC to 1 November 06:00 UTC */
	{"EST5EDT,M3.2.0,M11.1.0", 1772953199, false},
	{"EST5EDT,M3.2.0,M11.1.0", 1772953200, true},
	{"EST5EDT,M3.2.0,M11.1.0", 1793512799, true},
	{"EST5EDT,M3.2.0,M11.1.0", 1793512800, false},
	/* Sydney: summer over the turn of the year */
	{"AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, true},
	{"AEST-10AEDT,M10.1.0,M4.1.0/3", 1782864000, false},
	{"<+03>-3", 1782864000, false},
	/* days of the year */
	{"AAA0BBB,J60/0,J61/0", 1709251200, true},  /* 1 March 2024 */
	{"AAA0BBB,J60/0,J61/0", 1709164800, false}, /* 29 February 2024 */
	{"AAA0BBB,59/0,60/0", 1709164800, true},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct zone_rule r;

		assert_true(zone_rule_parse(&r, slice_str(rules[i].rule)));
		if (zone_rule_is_dst(&r, rules[i].unix_s) != rules[i].is_dst)
			fail_msg("case %zu: %s", i, rules[i].rule);
	}
}

static void test_bad_rules(void **state)
{
	static const char *const bad[] = {"",
					  "X",
					  "CET",
					  "CET-",
					  "CET-1CEST",
					  "CET-1CEST,M3.5.0",
					  "<+03-3",
					  "CET-999",
					  "CET-1CEST,M13.1.0,M1.1.0",
					  "CET-1CEST,M3.5.0,M10.5.0/3x"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct zone_rule r;

		if (zone_rule_parse(&r, slice_str(bad[i])))
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_offsets(void **state)
{
	struct zone_rule r;

	(void)state;
	assert_true(zone_rule_parse(&r, SLICE_LIT("IST-5:30")));
	assert_int_equal(r.std_offset_s, 19800);
	assert_true(zone_rule_parse(&r, SLICE_LIT("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1")));
	assert_string_equal(r.std_name, "-03");
	assert_int_equal(r.std_offset_s, -10800);
	assert_int_equal(r.dst_offset_s, -7200);
	assert_int_equal(r.begin.time_s, -7200);
}

/* A file with one transition, at 2026-06-01, from AAA (+1 h) to BBB (+2 h, summer), then the rule.
 */
static size_t make_file(char *dst, const char *rule)
{
	static const char header[] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	static const char v1[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				    0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1};
	static const char v2[24] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
				    0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 8};
	static const unsigned char data[] = {
		0, 0, 0,   0,	 0x6a, 0x1c, 0xcb, 0x80, /* 1780272000 */
		1, 0, 0,   0x0e, 0x10, 0,    0,	   0,	 0,   0x1c, 0x20,
		1, 4, 'A', 'A',	 'A',  0,    'B',  'B',	 'B', 0};
	size_t n = 0;

	memcpy(dst, header, 20), n = 20;
	memcpy(dst + n, v1, 24), n += 24;
	memset(dst + n, 0, 7), n += 7; /* one type, one character */
	memcpy(dst + n, header, 20), n += 20;
	memcpy(dst + n, v2, 24), n += 24;
	memcpy(dst + n, data, sizeof(data)), n += sizeof(data);
	return n + (size_t)snprintf(dst + n, 64, "\n%s\n", rule);
}

static void test_file(void **state)
{
	struct keep keep = KEEP_INIT;
	const struct zone *z;
	char file[256];
	size_t len = make_file(file, "CCC-3");
	struct tm civil;

	(void)state;
	assert_true(zone_parse(&z, &keep, SLICE_LIT("Test/Zone"), slice_make(file, len)));
	zone_civil(z, 1780271999, &civil);
	assert_int_equal(civil.tm_gmtoff, 3600);
	assert_string_equal(civil.tm_zone, "AAA");
	assert_int_equal(civil.tm_hour, 0);
	/* The last transition is where the rule takes over. */
	zone_civil(z, 1780272000, &civil);
	assert_int_equal(civil.tm_gmtoff, 10800);
	assert_string_equal(civil.tm_zone, "CCC");
	len = make_file(file, "");
	assert_true(zone_parse(&z, &keep, SLICE_LIT("Test/Zone"), slice_make(file, len)));
	zone_civil(z, 1780272000, &civil);
	assert_int_equal(civil.tm_gmtoff, 7200);
	assert_int_equal(civil.tm_isdst, 1);
	keep_free(&keep);
}

/* Cut anywhere, it is refused or read, never read beyond. */
static void test_cut_file(void **state)
{
	struct keep keep = KEEP_INIT;
	char file[256];
	size_t len = make_file(file, "CCC-3");

	(void)state;
	for (size_t n = 0; n < len; n++) {
		const struct zone *z;
		char *exact = malloc(n + 1);

		assert_non_null(exact);
		memcpy(exact, file, n);
		if (n < len - 7)
			assert_false(zone_parse(&z, &keep, SLICE_LIT("x"), slice_make(exact, n)));
		else
			zone_parse(&z, &keep, SLICE_LIT("x"), slice_make(exact, n));
		free(exact);
	}
	keep_free(&keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),	 cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_offsets),	 cmocka_unit_test(test_file),
		cmocka_unit_test(test_cut_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
