/* tests/unit/rtp/test_rtcp_text.c */
#include "rtp/rtcp_text.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static const struct addr far = {.family = 4, .port = 7001, .ip = {10, 0, 0, 9}};
static const struct addr own = {.family = 4, .port = 4001, .ip = {10, 0, 0, 1}};

static const char *text_of(const struct rtcp_report *report, const struct rtcp_told *told)
{
	static char text[RTCP_TEXT_MAX];
	struct sink out = sink_make(text, sizeof(text));

	rtcp_text_write(&out, report, told);
	assert_false(out.over);
	return sink_cstr(&out);
}

static void test_sent(void **state)
{
	const struct rtcp_report report = {
		.ssrc = 0x1234,
		.has_sender = true,
		.has_block = true,
		/* 2026-11-23 15:16:40.5 */
		.sender = {.ntp = (UINT64_C(1795447000) + 2208988800u) << 32 | 0x80000000,
			   .rtp_ts = 16000,
			   .packets = 100,
			   .octets = 16000},
		.block = {.ssrc = 0xabcdef01,
			  .fraction = 25,
			  .lost = -3,
			  .ext_max = 2u << 16 | 65535,
			  .jitter = 7,
			  .lsr = 99,
			  .dlsr = 98304}};
	const struct rtcp_told told = {.to = &far, .from = &own, .rtt_s = -1, .score = 87.64};

	UNUSED(state);
	assert_string_equal(text_of(&report, &told),
			    "To: 10.0.0.9:7001\r\nFrom: 10.0.0.1:4001\r\nMES: 87.6\r\n"
			    "SSRC: 0x00001234\r\nPT: 200(SR)\r\nReportCount: 1\r\n"
			    "SentNTP: 1795447000.500000\r\nSentRTP: 16000\r\nSentPackets: 100\r\n"
			    "SentOctets: 16000\r\nReport0SourceSSRC: 0xabcdef01\r\n"
			    "Report0FractionLost: 25\r\nReport0CumulativeLost: -3\r\n"
			    "Report0HighestSequence: 65535\r\nReport0SequenceNumberCycles: 2\r\n"
			    "Report0IAJitter: 7\r\nReport0LSR: 99\r\nReport0DLSR: 1.5000\r\n");
}

/* What is not known is left out. */
static void test_received(void **state)
{
	const struct rtcp_report report = {.ssrc = 7};
	const struct addr any = {.family = 4, .port = 4001};
	struct rtcp_told told = {.to = &any, .from = &far, .rtt_s = 0.02345, .score = -1};

	UNUSED(state);
	assert_string_equal(text_of(&report, &told),
			    "From: 10.0.0.9:7001\r\nRTT: 0.0234\r\nSSRC: 0x00000007\r\n"
			    "PT: 201(RR)\r\nReportCount: 0\r\n");
	told.rtt_s = -1;
	assert_string_equal(text_of(&report, &told),
			    "From: 10.0.0.9:7001\r\nSSRC: 0x00000007\r\nPT: 201(RR)\r\n"
			    "ReportCount: 0\r\n");
}

/* The longest of all has room. */
static void test_longest(void **state)
{
	struct rtcp_report report;
	struct addr a = {.family = 6, .port = 65535};
	const struct rtcp_told told = {.to = &a, .from = &a, .rtt_s = 4294.9672, .score = 100};

	UNUSED(state);
	memset(&report, 0xff, sizeof(report));
	report.has_sender = report.has_block = true;
	memset(a.ip, 0xab, sizeof(a.ip));
	assert_true(strlen(text_of(&report, &told)) > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sent),
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
