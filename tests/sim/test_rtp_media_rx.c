/* tests/sim/test_rtp_media_rx.c - what a leg makes of what it hears: latching, digits, echo, RTCP,
 * time-outs, ports. */
#include <string.h>

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "rtp/codec_g711.h"
#include "rtp/debug.h"
#include "rtp/ports.h"
#include "tests/sim/peer_rtp.h"
#include "tests/unit/cmocka.h"

struct owner {
	struct rtp_bench *b;
	struct media_session *m;
	struct addr local;
	char told[1024];
	size_t len;
	bool close_at_once; /* at the next fact */
};

static void tell(struct owner *o, const char *what)
{
	o->len += (size_t)snprintf(o->told + o->len, sizeof(o->told) - o->len, "%s ", what);
	if (!o->close_at_once)
		return;
	o->b->port.ops->close(o->m);
	o->m = NULL;
}

static void on_begin(void *owner, char digit)
{
	char text[8];

	snprintf(text, sizeof(text), "+%c", digit);
	tell(owner, text);
}

static void on_end(void *owner, char digit, uint32_t duration_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "-%c:%u", digit, duration_ms);
	tell(owner, text);
}

static void on_silent(void *owner)
{
	struct owner *o = owner;
	char text[32];

	snprintf(text, sizeof(text), "silent@%lld", (long long)(bench_ms(o->b) / 100 * 100));
	tell(owner, text);
}

static char rtcp_lines[2][1024]; /* that came, that were sent: the last ones */

static void on_rtcp(void *owner, bool is_sent, struct slice lines)
{
	UNUSED(owner);
	slice_copy(rtcp_lines[is_sent], sizeof(rtcp_lines[is_sent]), lines);
}

static const struct media_events events = {.dtmf_begin = on_begin,
					   .dtmf_end = on_end,
					   .silent = on_silent,
					   .rtcp = on_rtcp};

static struct rtp_bench bench;
static struct owner leg;

static void owner_open(struct owner *o, const struct media_params *params)
{
	memset(o, 0, sizeof(*o));
	o->b = &bench;
	o->m = bench.port.ops->open(bench.port.impl, params, &events, o, &o->local);
	assert_non_null(o->m);
	o->local.ip[0] = 10;
	o->local.ip[3] = 1;
}

static void owner_answer(struct owner *o)
{
	struct media_desc remote;

	bench_remote(&bench, &remote);
	bench.port.ops->set_remote(o->m, &remote);
}

static int open_bench(const struct media_params *params)
{
	struct rtp_bench_conf conf;

	bench_conf_default(&conf);
	conf.rtp.port_start = 10000;
	conf.rtp.port_end = 10007; /* four pairs */
	bench_world(&bench, 3);
	bench_put_sound(&bench, "one", 0x11, 1000);
	bench_open(&bench, &conf);
	owner_open(&leg, params);
	return 0;
}

static int setup(void **state)
{
	const struct media_params params = {.language = SLICE_LIT("en")};

	UNUSED(state);
	return open_bench(&params);
}

static int setup_symmetric(void **state)
{
	const struct media_params params = {.symmetric = true};

	UNUSED(state);
	return open_bench(&params);
}

static int setup_watched(void **state)
{
	const struct media_params params = {.timeout_s = 3, .keepalive_s = 2};

	UNUSED(state);
	return open_bench(&params);
}

static int setup_watched_on_hold(void **state)
{
	const struct media_params params = {.timeout_s = 3, .timeout_hold_s = 20};

	UNUSED(state);
	return open_bench(&params);
}

static int teardown(void **state)
{
	UNUSED(state);
	if (leg.m)
		bench.port.ops->close(leg.m);
	bench_close(&bench);
	return 0;
}

static void play(void)
{
	unsigned missing;

	assert_true(bench.port.ops->play(leg.m, SLICE_LIT("one"), &missing));
}

static uint64_t metric(enum metric which)
{
	return metric_get(&bench.metrics, which);
}

static struct media_stats stats(void)
{
	struct media_stats s;

	bench.port.ops->stats(leg.m, &s);
	return s;
}

/* --- who is heard --- */

static void test_strangers_are_not_heard(void **state)
{
	UNUSED(state);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 2);
	assert_int_equal(metric(METRIC_rtp_rx_stray), 2); /* nothing agreed yet */
	owner_answer(&leg);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 3);
	assert_int_equal(stats().rx_packets, 3);
	peer_rtp_talk(&bench, bench.other, &leg.local, 3);
	assert_int_equal(stats().rx_packets, 3);
	assert_int_equal(metric(METRIC_rtp_rx_stray), 5);
	assert_int_equal(metric(METRIC_rtp_rx), 3);
	/* Later packets of a leg that is gone. */
	bench.port.ops->close(leg.m);
	leg.m = NULL;
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 1);
	assert_int_equal(metric(METRIC_rtp_rx_stray), 6);
}

static void test_what_is_no_rtp(void **state)
{
	struct addr from = sim_host_addr(bench.w, 1, PEER_RTP_PORT);

	UNUSED(state);
	owner_answer(&leg);
	sim_net_inject(bench.w, &from, &leg.local, "x", 1);
	sim_net_inject(bench.w, &from, &leg.local, "\x9f\0\0\1\0\0\0\0\0\0\0\0", 12);
	bench_run_ms(&bench, 10);
	assert_int_equal(metric(METRIC_rtp_rx_bad), 2);
	/* A type that was not agreed; comfort noise is fine. */
	peer_rtp_send(&bench, bench.rtp, &leg.local, 18, "abcdefghij", 10);
	peer_rtp_send(&bench, bench.rtp, &leg.local, 13, "\x20", 1);
	bench_run_ms(&bench, 10);
	assert_int_equal(metric(METRIC_rtp_rx_unknown), 1);
	assert_int_equal(stats().rx_packets, 1);
	/* RTCP that came to the RTP port is not taken for RTP. */
	sim_net_inject(bench.w, &from, &leg.local, "\x80\xc9\0\1\0\0\0\7", 8);
	sim_net_inject(bench.w, &from, &leg.local, "\x80\xc9\0\2\0\0\0\7", 8);
	bench_run_ms(&bench, 10);
	assert_int_equal(metric(METRIC_rtcp_rx), 1);
	assert_int_equal(metric(METRIC_rtcp_rx_bad), 1);
}

static void test_sends_where_the_answer_said(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	peer_rtp_talk(&bench, bench.other, &leg.local, 10); /* learned after four */
	assert_int_equal(stats().rx_packets, 7);
	play();
	bench_run_ms(&bench, 500);
	assert_true(bench.heard_count > 20);
	for (uint32_t i = 0; i < bench.heard_count; i++)
		assert_int_equal(bench.heard[i].from.port, leg.local.port);
	sim_net_tap(bench.w, NULL, NULL);
}

static uint32_t sent_to[2]; /* packets of ours to the announced and to the other port */

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to,
			    const void *data, size_t len)
{
	UNUSED(arg);
	UNUSED(from);
	UNUSED(data);
	UNUSED(len);
	sent_to[0] += to->port == PEER_RTP_PORT;
	sent_to[1] += to->port == PEER_RTP_PORT + 100;
	return SIM_PASS;
}

static void test_symmetric_sends_where_it_hears_from(void **state)
{
	UNUSED(state);
	memset(sent_to, 0, sizeof(sent_to));
	sim_net_tap(bench.w, tap, NULL);
	owner_answer(&leg);
	play();
	peer_rtp_talk(&bench, bench.other, &leg.local, 3);
	assert_in_range(sent_to[0], 2, 3);
	assert_int_equal(sent_to[1], 0);
	peer_rtp_talk(&bench, bench.other, &leg.local, 10);
	assert_in_range(sent_to[0], 3, 4);
	assert_in_range(sent_to[1], 9, 10);
}

static void test_sources_change(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	/* A phone behind the media server: other numbers at once. */
	bench.own_ssrc++;
	bench.seq = 40000;
	bench.ts = 5;
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	assert_int_equal(stats().rx_packets, 20);
	assert_int_equal(stats().rx_lost, 0);
	assert_int_equal(stats().peer_ssrc, bench.own_ssrc);
	/* The same source from elsewhere in its numbers: one is dropped until the second fits. */
	bench.seq = 100;
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	assert_int_equal(stats().rx_packets, 29);
	/* Copies are dropped. */
	bench.seq--;
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 1);
	assert_int_equal(stats().rx_packets, 29);
	/* Holes are counted. */
	bench.seq = (uint16_t)(bench.seq + 5);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 1);
	assert_int_equal(stats().rx_lost, 5);
}

/* --- digits --- */

static void press(unsigned event, bool with_end)
{
	for (unsigned n = 1; n <= 5; n++) {
		peer_rtp_event(&bench, &leg.local, event, false, n * 160);
		bench_run_ms(&bench, 20);
	}
	for (unsigned n = 0; n < 3 && with_end; n++)
		peer_rtp_event(&bench, &leg.local, event, true, 960);
	bench_run_ms(&bench, 20);
	bench.ts += 1600;
}

static void test_digits(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 5);
	press(1, true);
	press(1, true);
	press(10, true);
	assert_string_equal(leg.told, "+1 -1:120 +1 -1:120 +* -*:120 ");
}

/* Some gateways send digits as a source of its own, beside the audio, with a clock of its own. */
static void test_digit_of_another_source(void **state)
{
	const uint8_t voice[160] = {0};

	UNUSED(state);
	owner_answer(&leg);
	for (unsigned n = 1; n <= 6; n++) {
		peer_rtp_event(&bench, &leg.local, 5, n == 6, n * 160);
		bench_run_ms(&bench, 10);
		bench.own_ssrc++;
		bench.ts += 1000000;
		peer_rtp_send(&bench, bench.rtp, &leg.local, 0, voice, sizeof(voice));
		bench_run_ms(&bench, 10);
		bench.own_ssrc--;
		bench.ts -= 1000000;
	}
	assert_string_equal(leg.told, "+5 -5:120 ");
}

static void test_digit_without_its_end(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	press(7, false);
	assert_string_equal(leg.told, "+7 ");
	bench_run_ms(&bench, 100);
	assert_string_equal(leg.told, "+7 ");
	bench_run_ms(&bench, 60);
	assert_string_equal(leg.told, "+7 -7:100 ");
	bench_run_ms(&bench, 5000);
	assert_string_equal(leg.told, "+7 -7:100 ");
}

static void test_leg_closed_by_a_digit(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	play();
	leg.close_at_once = true;
	press(7, true);
	assert_string_equal(leg.told, "+7 ");
	assert_int_equal(rtp_media_sessions(bench.media), 0);
	/* Also when the clock ends the digit. */
	owner_open(&leg, &(struct media_params){0});
	owner_answer(&leg);
	press(8, false);
	leg.close_at_once = true;
	bench_run_ms(&bench, 1000);
	assert_string_equal(leg.told, "+8 -8:100 ");
	assert_int_equal(rtp_media_sessions(bench.media), 0);
}

/* --- echo and codecs --- */

static void test_echo(void **state)
{
	uint8_t voice[160];

	UNUSED(state);
	owner_answer(&leg);
	bench.port.ops->echo(leg.m, true);
	memset(voice, 0x42, sizeof(voice));
	for (unsigned i = 0; i < 10; i++) {
		peer_rtp_send(&bench, bench.rtp, &leg.local, 0, voice, sizeof(voice));
		bench.ts += 160;
		bench_run_ms(&bench, 20);
	}
	press(3, true);
	assert_int_equal(bench.heard_count, 18);
	for (uint32_t i = 0; i < 18; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.payload_type, i < 10 ? 0 : 101);
		assert_int_equal(p->first[0], i < 10 ? 0x42 : 3);
		if (i == 0)
			continue;
		assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
		assert_int_equal(p->rtp.ssrc, p[-1].rtp.ssrc);
		assert_int_equal(p->rtp.ts - p[-1].rtp.ts, i <= 10 ? 160 : 0);
	}
	assert_true(bench.heard[0].rtp.marker);
	/* A prompt afterwards goes on in the same stream, with the clock. */
	bench.port.ops->echo(leg.m, false);
	play();
	bench_run_ms(&bench, 100);
	assert_true(bench.heard_count > 20);
	assert_int_equal(bench.heard[18].rtp.seq, (uint16_t)(bench.heard[17].rtp.seq + 1));
	assert_true(rtp_ts_diff(bench.heard[18].rtp.ts, bench.heard[17].rtp.ts) > 0);
	assert_true(bench.heard[18].rtp.marker);
	assert_int_equal(bench.heard[18].first[0], 0x11);
}

static void test_codec_follows_the_far_end(void **state)
{
	uint8_t voice[160];

	UNUSED(state);
	owner_answer(&leg);
	play();
	bench_run_ms(&bench, 100);
	assert_int_equal(bench.port.ops->codec(leg.m), CODEC_PCMU);
	memset(voice, 0xd5, sizeof(voice));
	peer_rtp_send(&bench, bench.rtp, &leg.local, 8, voice, sizeof(voice));
	bench_run_ms(&bench, 2000);
	assert_int_equal(bench.port.ops->codec(leg.m), CODEC_PCMA);
	assert_int_equal(bench.heard_count, 50);
	for (uint32_t i = 1; i < 50; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->first[0],
				 p->rtp.payload_type == 8 ? g711_ulaw_alaw[0x11] : 0x11);
		assert_int_equal(p->rtp.ts, p[-1].rtp.ts + 160);
		assert_int_equal(p->rtp.payload_type, i < bench.heard_count - 45 ? 0 : 8);
	}
}

/* --- RTCP --- */

static void send_report(const struct rtcp_report *report)
{
	struct addr to = leg.local;
	uint8_t data[RTCP_OUT_MAX];
	size_t len = rtcp_write(data, sizeof(data), report, SLICE_LIT("peer"));

	to.port++;
	assert_int_equal(io_udp_send(bench.rtcp, &to, data, len), 0);
	bench_run_ms(&bench, 2);
}

static void test_reports(void **state)
{
	struct rtcp_report report = {.ssrc = bench.own_ssrc, .has_sender = true, .has_block = true};
	struct media_stats s;
	char text[512];
	struct sink out = sink_make(text, sizeof(text));

	UNUSED(state);
	owner_answer(&leg);
	bench_run_ms(&bench, 20000);
	assert_int_equal(bench.report_count, 0); /* no RTP, no reports */
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	report.sender.ntp = UINT64_C(0x0000123400000000);
	send_report(&report);
	bench_run_ms(&bench, 8000);
	assert_in_range(bench.report_count, 1, 3);
	/* Nothing sent: a receiver report. */
	assert_false(bench.report.has_sender);
	assert_true(bench.report.has_block);
	assert_int_equal(bench.report.block.lsr, 0x12340000);
	assert_int_equal(bench.report.block.ext_max & 0xffff, (uint16_t)(bench.seq - 1));
	assert_int_equal(bench.report.block.lost, 0);
	play();
	bench_run_ms(&bench, 60000);
	/* Five seconds, half of it more or less. */
	assert_in_range(bench.report_count, 9, 26);
	assert_int_equal(bench.report.ssrc, stats().ssrc);
	assert_false(bench.report.has_sender);
	play();
	for (uint32_t n = bench.report_count; bench.report_count == n;)
		bench_run_ms(&bench, 100);
	assert_true(bench.report.has_sender);
	assert_int_equal(bench.report.sender.octets, bench.report.sender.packets * 160);
	/* The far end answers 200 ms later: the way takes two milliseconds and what it says. */
	report.block.ssrc = stats().ssrc;
	report.block.lsr = rtcp_ntp_middle(bench.report.sender.ntp);
	report.block.lost = 7;
	report.block.jitter = 80;
	bench_run_ms(&bench, 200);
	report.block.dlsr = rtcp_dlsr(sim_now(bench.w) - bench.report_at_ns);
	send_report(&report);
	s = stats();
	assert_in_range(s.rtt_us, 1900, 2100);
	assert_int_equal(s.tx_lost, 7);
	assert_int_equal(s.tx_jitter_us, 10000);
	assert_string_equal(bench.port.ops->quality(leg.m, 0, &out), "RTPAUDIOQOS");
	assert_non_null(
		strstr(sink_cstr(&out), ";themssrc=24301;lp=0;rxjitter=0.000000;rxcount=10;"));
	assert_non_null(strstr(text, ";rlp=7;rtt=0.00"));
	assert_null(bench.port.ops->quality(leg.m, 5, &out));
}

static void test_reports_are_told(void **state)
{
	struct rtcp_report report = {.ssrc = bench.own_ssrc, .has_sender = true, .has_block = true};
	char text[64];

	UNUSED(state);
	memset(rtcp_lines, 0, sizeof(rtcp_lines));
	owner_answer(&leg);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	bench_run_ms(&bench, 8000);
	assert_non_null(strstr(rtcp_lines[true], "To: 10.0.0.2:"));
	snprintf(text, sizeof(text), "\r\nSSRC: 0x%08x\r\nPT: 201(RR)\r\nReportCount: 1\r\n",
		 stats().ssrc);
	assert_non_null(strstr(rtcp_lines[true], text));
	snprintf(text, sizeof(text), "\r\nReport0SourceSSRC: 0x%08x\r\n", bench.own_ssrc);
	assert_non_null(strstr(rtcp_lines[true], text));
	assert_string_equal(rtcp_lines[false], "");
	report.block.ssrc = stats().ssrc;
	report.block.lost = 7;
	send_report(&report);
	assert_non_null(strstr(rtcp_lines[false], "From: 10.0.0.2:"));
	assert_non_null(strstr(rtcp_lines[false], "\r\nPT: 200(SR)\r\n"));
	assert_non_null(strstr(rtcp_lines[false], "\r\nReport0CumulativeLost: 7\r\n"));
}

static void test_reports_of_strangers(void **state)
{
	struct rtcp_report report = {.ssrc = 1, .has_sender = true, .has_block = true};
	struct addr from = {.family = 4, .port = 4001, .ip = {10, 0, 0, 9}}, to = leg.local;
	uint8_t data[RTCP_OUT_MAX];
	size_t len;

	UNUSED(state);
	owner_answer(&leg);
	play();
	report.block.ssrc = stats().ssrc;
	report.block.lost = 7;
	len = rtcp_write(data, sizeof(data), &report, SLICE_LIT("x"));
	to.port++;
	sim_net_inject(bench.w, &from, &to, data, len);
	bench_run_ms(&bench, 10);
	assert_int_equal(stats().tx_lost, 0);
	assert_int_equal(metric(METRIC_rtcp_rx), 0);
	assert_int_equal(metric(METRIC_rtp_rx_stray), 1);
}

/* --- time-outs --- */

static void test_silence_is_told_once(void **state)
{
	struct media_desc remote;

	UNUSED(state);
	bench_run_ms(&bench, 10000);
	assert_string_equal(leg.told, ""); /* not before the answer */
	owner_answer(&leg);
	bench_run_ms(&bench, 2000);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 1);
	bench_run_ms(&bench, 10000);
	assert_string_equal(leg.told, "silent@15100 ");
	/* Heard again, and silent again. */
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 1);
	bench_run_ms(&bench, 1);
	owner_answer(&leg);
	bench_run_ms(&bench, 5000);
	assert_string_equal(leg.told, "silent@15100 silent@25100 ");
	/* A far end on hold is expected to be silent. */
	bench_remote(&bench, &remote);
	remote.dir = MEDIA_INACTIVE;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 60000);
	assert_string_equal(leg.told, "silent@15100 silent@25100 ");
}

/* rtp_timeout_hold: instead of rtp_timeout while the far end holds, in either way of doing so. */
static void test_silence_on_hold(void **state)
{
	struct media_desc remote;

	UNUSED(state);
	owner_answer(&leg);
	bench_run_ms(&bench, 1000);
	bench_remote(&bench, &remote);
	remote.dir = MEDIA_INACTIVE;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 18000);
	assert_string_equal(leg.told, "");
	remote.dir = MEDIA_RECVONLY;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 18000);
	assert_string_equal(leg.told, "");
	bench_run_ms(&bench, 3000);
	assert_string_equal(leg.told, "silent@39000 ");
	/* Back again: rtp_timeout, from there on. */
	remote.dir = MEDIA_SENDRECV;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 5000);
	assert_string_equal(leg.told, "silent@39000 silent@43000 ");
}

static void test_leg_closed_by_silence(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	leg.close_at_once = true;
	bench_run_ms(&bench, 5000);
	assert_int_equal(rtp_media_sessions(bench.media), 0);
	assert_null(leg.m);
}

static void test_keepalive(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	bench_run_ms(&bench, 9000);
	assert_int_equal(bench.heard_count, 4);
	assert_int_equal(bench.heard[0].first[0], 0xff);
	for (uint32_t i = 1; i < 4; i++) {
		assert_in_range(bench.heard[i].at_ns - bench.heard[i - 1].at_ns, 2000 * SIM_MS,
				2200 * SIM_MS);
		assert_int_equal(bench.heard[i].rtp.ts - bench.heard[i - 1].rtp.ts,
				 (bench.heard[i].at_ns - bench.heard[i - 1].at_ns) / 125000);
	}
	/* None while a prompt plays. */
	play();
	bench_run_ms(&bench, 900);
	assert_in_range(bench.heard_count, 48, 50);
}

/* --- ports --- */

static void test_ports_rest_and_run_out(void **state)
{
	const struct media_params params = {0};
	struct owner others[4];
	struct addr local;
	uint16_t port = leg.local.port;

	UNUSED(state);
	assert_in_range(port, 10000, 10006);
	assert_int_equal(port % 2, 0);
	/* What was given back rests while there are others. */
	for (unsigned i = 0; i < 2; i++) {
		bench.port.ops->close(leg.m);
		owner_open(&leg, &params);
		assert_int_not_equal(leg.local.port, port);
	}
	for (unsigned i = 0; i < 3; i++) {
		owner_open(&others[i], &params);
		assert_int_not_equal(others[i].local.port, leg.local.port);
	}
	assert_null(bench.port.ops->open(bench.port.impl, &params, &events, &others[3], &local));
	assert_int_equal(metric(METRIC_rtp_no_port), 1);
	/* The range being used up, a pair is used before its time. */
	port = others[1].local.port;
	bench.port.ops->close(others[1].m);
	owner_open(&others[1], &params);
	assert_int_equal(others[1].local.port, port);
	for (unsigned i = 0; i < 3; i++)
		bench.port.ops->close(others[i].m);
}

static void ignore(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		   size_t len)
{
	UNUSED(arg);
	UNUSED(u);
	UNUSED(from);
	UNUSED(data);
	UNUSED(len);
}

/* Another process has most of the range, in one block. */
static int setup_crowded(void **state)
{
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	conf.rtp.port_start = 10000;
	conf.rtp.port_end = 10119;
	bench_world(&bench, 5);
	bench_open(&bench, &conf);
	for (uint16_t n = 0; n < 50; n++) {
		struct io_udp_conf udp = {
			.local = {.family = 4, .port = (uint16_t)(10010 + 2 * n)}};
		struct io_udp *u;

		assert_int_equal(io_udp_open(bench.io, &u, &udp, ignore, NULL), 0);
	}
	owner_open(&leg, &(struct media_params){0});
	return 0;
}

static void test_ports_between_others(void **state)
{
	const struct media_params params = {0};
	struct owner others[9];

	UNUSED(state);
	bench_run_ms(&bench, 20000);
	for (unsigned i = 0; i < ARRAY_COUNT(others); i++)
		owner_open(&others[i], &params);
	for (unsigned i = 0; i < ARRAY_COUNT(others); i++)
		bench.port.ops->close(others[i].m);
	assert_int_equal(metric(METRIC_rtp_no_port), 0);
}

static void test_ports_split(void **state)
{
	static const struct {
		uint16_t first, last;
		uint32_t shards;
		uint16_t part[4][2];
	} rows[] = {
		{10000, 10015, 1, {{10000, 10015}}},
		{10000, 10015, 2, {{10000, 10007}, {10008, 10015}}},
		{10000, 10014, 2, {{10000, 10005}, {10006, 10013}}},
		{10001, 10006, 2, {{10002, 10003}, {10004, 10005}}},
		{10000, 10003, 4, {{10000, 10000}, {10000, 10001}, {10002, 10002}, {10002, 10003}}},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		for (uint32_t s = 0; s < rows[i].shards; s++) {
			uint16_t start, end;

			ports_split(rows[i].first, rows[i].last, s, rows[i].shards, &start, &end);
			assert_int_equal(start, rows[i].part[s][0]);
			assert_int_equal(end, rows[i].part[s][1]);
		}
}

/* --- rtp set debug --- */

static uint32_t lines_sent, lines_got, lines_rtcp;

static void count_line(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	lines_sent += strncmp(line->text, "Sent RTP packet to      10.0.0.2", 32) == 0;
	lines_got += strncmp(line->text, "Got  RTP packet from    10.0.0.2", 32) == 0;
	lines_rtcp += strncmp(line->text, "* Sent RTCP SR to 10.0.0.2", 26) == 0;
}

static void watch(const struct rtp_debug *d)
{
	bench.port.ops->take(bench.port.impl, d, sizeof(*d));
}

/* A line for each packet while it is on, none before and after. */
static void test_debug(void **state)
{
	const struct rtp_debug on = {.rtp = true, .rtcp = true}, off = {.rtp = false};
	uint64_t sent, got;

	UNUSED(state);
	lines_sent = lines_got = lines_rtcp = 0;
	log_set_writer(count_line, NULL);
	log_set_reader(LOG_READER_CONSOLES, LOG_LEVEL_VERBOSE, 1);
	owner_answer(&leg);
	play();
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 3);
	assert_int_equal(lines_sent + lines_got, 0);
	sent = metric(METRIC_rtp_tx);
	got = metric(METRIC_rtp_rx);
	watch(&on);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	bench_run_ms(&bench, 8000);
	assert_int_equal(lines_sent, metric(METRIC_rtp_tx) - sent);
	assert_int_equal(lines_got, metric(METRIC_rtp_rx) - got);
	assert_int_equal(lines_got, 10);
	assert_int_equal(lines_rtcp, metric(METRIC_rtcp_tx));
	assert_true(lines_rtcp > 0);
	watch(&off);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 10);
	assert_int_equal(lines_got, 10);
	log_set_reader(LOG_READER_CONSOLES, LOG_LEVEL_COUNT, 0);
	log_set_writer(NULL, NULL);
}

#define CASE(test)	  cmocka_unit_test_setup_teardown(test, setup, teardown)
#define CASE_IN(test, in) cmocka_unit_test_setup_teardown(test, in, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_strangers_are_not_heard),
		CASE(test_what_is_no_rtp),
		CASE(test_sends_where_the_answer_said),
		CASE_IN(test_symmetric_sends_where_it_hears_from, setup_symmetric),
		CASE(test_sources_change),
		CASE(test_digits),
		CASE(test_digit_of_another_source),
		CASE(test_digit_without_its_end),
		CASE(test_leg_closed_by_a_digit),
		CASE(test_echo),
		CASE(test_codec_follows_the_far_end),
		CASE(test_reports),
		CASE(test_reports_are_told),
		CASE(test_reports_of_strangers),
		CASE_IN(test_silence_is_told_once, setup_watched),
		CASE_IN(test_silence_on_hold, setup_watched_on_hold),
		CASE_IN(test_leg_closed_by_silence, setup_watched),
		CASE_IN(test_keepalive, setup_watched),
		CASE(test_ports_rest_and_run_out),
		CASE_IN(test_ports_between_others, setup_crowded),
		CASE(test_debug),
		cmocka_unit_test(test_ports_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
