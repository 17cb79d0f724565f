/* tests/unit/rtp/test_debug.c - the lines of `rtp set debug`, `rtcp set debug` and `rtcp set
 * stats`. */
#include "rtp/debug.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

static char text[4096];

static void take_line(void *arg, const struct log_line *line)
{
	size_t len = strlen(text);

	UNUSED(arg);
	assert_int_equal(line->verbosity, LOG_VERBOSITY_RAW);
	snprintf(text + len, sizeof(text) - len, "%s\n", line->text);
}

static int begin(void **state)
{
	UNUSED(state);
	text[0] = 0;
	log_set_writer(take_line, NULL);
	log_set_reader(LOG_READER_CONSOLES, LOG_LEVEL_VERBOSE, 1);
	return 0;
}

static int end(void **state)
{
	UNUSED(state);
	log_set_reader(LOG_READER_CONSOLES, LOG_LEVEL_COUNT, 0);
	log_set_writer(NULL, NULL);
	return 0;
}

static struct addr address(const char *s)
{
	struct addr a;

	assert_true(addr_parse(&a, slice_str(s), 0));
	return a;
}

static const uint8_t digit[] = {5, 0x8a, 0x03, 0x20};
static const struct rtp_packet audio = {
	.seq = 7, .ts = 160, .payload = digit, .payload_bytes = 160};
static const struct rtp_packet event = {.payload_type = 101,
					.marker = true,
					.seq = 65535,
					.ts = 4294967295U,
					.payload = digit,
					.payload_bytes = 4};

static void test_packets(void **state)
{
	struct rtp_debug d = {.rtp = true};
	struct addr peer = address("192.0.2.9:4000");

	UNUSED(state);
	rtp_debug_sent(&d, &peer, &audio, false);
	rtp_debug_sent(&d, &peer, &event, true);
	rtp_debug_got(&d, &peer, &audio, false);
	rtp_debug_got(&d, &peer, &event, true);
	assert_string_equal(
		text,
		"Sent RTP packet to      192.0.2.9:4000 (type 00, seq 000007, ts 000160, len "
		"000160)\n"
		"Sent RTP DTMF packet to 192.0.2.9:4000 (type 101, seq 065535, ts 4294967295, len "
		"000004)\n"
		"Got  RTP packet from    192.0.2.9:4000 (type 00, seq 000007, ts 000160, len "
		"000160)\n"
		"Got  RTP packet from    192.0.2.9:4000 (type 101, seq 065535, ts 4294967295, len "
		"000004)\n"
		"Got  RTP RFC2833 from   192.0.2.9:4000 (type 101, seq 065535, ts 4294967295, len "
		"000004, mark 1, event 00000005, end 1, duration 00800)\n");
}

/* A telephone-event that is too short is shown as a packet only. */
static void test_short_event(void **state)
{
	struct rtp_debug d = {.rtp = true};
	struct addr peer = address("192.0.2.9:4000");
	struct rtp_packet packet = event;

	UNUSED(state);
	packet.payload_bytes = 3;
	rtp_debug_got(&d, &peer, &packet, true);
	assert_null(strstr(text, "RFC2833"));
	assert_non_null(strstr(text, "len 000003)\n"));
}

static void test_hosts(void **state)
{
	struct rtp_debug d = {.rtp = true, .rtp_host = address("192.0.2.9")};
	struct addr peer = address("192.0.2.9:4000"), other = address("192.0.2.8:4000");

	UNUSED(state);
	rtp_debug_sent(&d, &other, &audio, false);
	assert_string_equal(text, "");
	rtp_debug_sent(&d, &peer, &audio, false);
	assert_string_not_equal(text, "");
	text[0] = 0;
	d.rtp_host = address("192.0.2.9:4002");
	rtp_debug_sent(&d, &peer, &audio, false);
	assert_string_equal(text, "");
}

static const struct rtcp_report report = {
	.ssrc = 77,
	.has_sender = true,
	.has_block = true,
	.sender = {.ntp = UINT64_C(0xe000000080000000), .rtp_ts = 320, .packets = 2, .octets = 320},
	.block = {.ssrc = 88,
		  .fraction = 64,
		  .lost = 3,
		  .ext_max = 0x10002,
		  .jitter = 80,
		  .lsr = 0x10000,
		  .dlsr = 32768},
};

static void test_sent_report(void **state)
{
	struct rtp_debug d = {.rtcp = true};
	struct addr peer = address("192.0.2.9:4001");

	UNUSED(state);
	rtp_debug_sent_rtcp(&d, &peer, &report);
	assert_string_equal(text, "* Sent RTCP SR to 192.0.2.9:4001\n"
				  "  Our SSRC: 77\n"
				  "  Sent(NTP): 3758096384.500000\n"
				  "  Sent(RTP): 320\n"
				  "  Sent packets: 2\n"
				  "  Sent octets: 320\n"
				  "  Report block:\n"
				  "    Their SSRC: 88\n"
				  "    Fraction lost: 64\n"
				  "    Cumulative loss: 3\n"
				  "    Highest seq no: 65538\n"
				  "    IA jitter (samp): 80\n"
				  "    IA jitter (secs): 0.010000\n"
				  "    Their last SR: 65536\n"
				  "    DLSR: 0.5000 (sec)\n");
}

static void test_got_report(void **state)
{
	struct rtp_debug d = {.rtcp = true};
	struct addr peer = address("192.0.2.9:4001");

	UNUSED(state);
	rtp_debug_got_rtcp(&d, &peer, &report, 20000);
	assert_string_equal(text, "RTCP from 192.0.2.9:4001\n"
				  "PT: 200 (Sender Report)\n"
				  "Reception reports: 1\n"
				  "SSRC of sender: 77\n"
				  "NTP timestamp: 3758096384.500000\n"
				  "RTP timestamp: 320\n"
				  "SPC: 2\tSOC: 320\n"
				  "  Fraction lost: 64\n"
				  "  Packets lost so far: 3\n"
				  "  Highest sequence number: 2\n"
				  "  Sequence number cycles: 1\n"
				  "  Interarrival jitter (samp): 80\n"
				  "  Interarrival jitter (secs): 0.010000\n"
				  "  Last SR(our NTP): 1.0000000000\n"
				  "  DLSR: 0.5000 (sec)\n"
				  "  RTT: 0.0200(sec)\n");
}

static void test_stats(void **state)
{
	struct rtp_debug d = {.stats = true};
	struct addr peer = address("192.0.2.9:4001");
	struct rtcp_report bye = {.ssrc = 77, .bye = true};

	UNUSED(state);
	rtp_debug_got_rtcp(&d, &peer, &bye, 0);
	rtp_debug_got_rtcp(&d, &peer, &report, 20000);
	assert_string_equal(text, "RTCP stats of 192.0.2.9:4001: 25% lost, 3 in all, jitter 10.0 "
				  "ms, round trip 20.0 ms\n");
}

static void test_bye(void **state)
{
	struct rtp_debug d = {.rtcp = true};
	struct addr peer = address("192.0.2.9:4001");
	struct rtcp_report bye = {.ssrc = 77, .bye = true};

	UNUSED(state);
	rtp_debug_got_rtcp(&d, &peer, &bye, 0);
	assert_string_equal(text, "RTCP from 192.0.2.9:4001\nReceived a BYE from 192.0.2.9:4001\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_packets),	TEST(test_short_event), TEST(test_hosts),
		TEST(test_sent_report), TEST(test_got_report),	TEST(test_stats),
		TEST(test_bye),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
