/* tests/unit/sip/test_cause.c */
#include "sip/cause.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_status(void **state)
{
	static const struct {
		unsigned code, cause;
	} rows[] = {
		{302, 23},  {401, 21},	{403, 21},  {407, 21},	{404, 1},   {405, 127}, {408, 18},
		{409, 41},  {410, 22},	{411, 127}, {413, 127}, {414, 127}, {415, 127}, {420, 3},
		{480, 19},  {483, 19},	{481, 127}, {482, 127}, {487, 127}, {491, 127}, {493, 127},
		{484, 28},  {485, 1},	{486, 17},  {488, 58},	{606, 58},  {500, 38},	{501, 29},
		{502, 27},  {503, 34},	{504, 102}, {505, 127}, {600, 17},  {603, 21},	{604, 1},
		{607, 127}, {608, 127}, {499, 127}, {599, 34},	{699, 127}, {300, 16},	{301, 16},
		{200, 16},  {0, 16},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(sip_cause_of_status(rows[i].code), rows[i].cause);
}

static void test_to_status(void **state)
{
	static const struct {
		unsigned cause, code;
	} rows[] = {
		{1, 404},   {2, 404},  {3, 404},  {17, 486}, {18, 408}, {19, 480},
		{20, 480},  {31, 480}, {21, 403}, {22, 410}, {23, 302}, {27, 502},
		{28, 484},  {29, 501}, {34, 503}, {42, 503}, {66, 503}, {38, 500},
		{127, 500}, {58, 488}, {0, 0},	  {16, 0},   {41, 0},	{4711, 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(sip_cause_to_status(rows[i].cause), rows[i].code);
}

static void test_precedence(void **state)
{
	static const struct {
		const char *start, *reason;
		unsigned cause;
	} rows[] = {
		{"SIP/2.0 486 Busy", "", 17},
		{"SIP/2.0 503 x", "Reason: SIP;cause=486;text=\"x\", Q.850;cause=38\r\n", 38},
		{"SIP/2.0 503 x", "Reason: SIP;cause=486\r\n", 17},
		{"SIP/2.0 503 x", "Reason: SIP;cause=200\r\n", 34},
		{"SIP/2.0 503 x", "Reason: SIP ;cause=404\r\nReason: q.850 ; cause = 20\r\n", 20},
		{"SIP/2.0 503 x", "Reason: Q.850;cause=0\r\n", 34},
		{"SIP/2.0 503 x", "Reason: Q.850;cause=128\r\n", 34},
		{"SIP/2.0 503 x", "Reason: Q.850;cause=x\r\n", 34},
		{"SIP/2.0 503 x", "Reason: Q.850\r\n", 34},
		{"SIP/2.0 503 x", "Reason: preemption;cause=1\r\n", 34},
		{"BYE sip:a SIP/2.0", "", 16},
		{"BYE sip:a SIP/2.0", "Reason: Q.850;cause=31\r\n", 31},
		{"BYE sip:a SIP/2.0", "Reason: SIP;cause=503\r\n", 34},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char text[512];
		struct sink s = sink_make(text, sizeof(text));
		enum sip_parse_error err;
		struct sip_msg m;

		sink_fmt(&s,
			 "%s\r\nVia: SIP/2.0/UDP h\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\n"
			 "Call-ID: x\r\nCSeq: 1 BYE\r\n%s\r\n",
			 rows[i].start, rows[i].reason);
		assert_int_equal(sip_msg_parse(&m, sink_slice(&s), &err), 0);
		if (sip_cause_of_msg(&m) != rows[i].cause)
			fail_msg("row %zu: %u", i, sip_cause_of_msg(&m));
	}
}

static void test_refusal(void **state)
{
	static const struct {
		const char *text;
		unsigned code;
	} rows[] = {
		{"486", 486},	  {"400", 400},
		{"699", 699},	  {"399", 0},
		{"700", 0},	  {"-1", 0},
		{"", 0},	  {"BUSY_HERE", 486},
		{"decline", 603}, {"UNSUPPORTED_CERTIFICATE", 437},
		{"OK", 0},	  {"BUSY", 0},
		{"4860", 0},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_int_equal(sip_refusal_parse(slice_str(rows[i].text)), rows[i].code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_to_status),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
