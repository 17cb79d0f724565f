/* tests/sim/test_rtp_tones.c - digits as tones in the audio, at exact virtual times. */
#include <string.h>

#include "engine/base/check.h"
#include "rtp/codec_g711.h"
#include "rtp/dtmf.h"
#include "rtp/player.h"
#include "tests/sim/peer_rtp.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/goertzel.h"

#define PEER_AUDIO 16000

struct owner {
	struct rtp_bench *b;
	struct media_session *m;
	struct addr local;
	char told[256]; /* "10@60 1100@160 sent@500 " */
	size_t len;
};

static struct rtp_bench bench;
static struct owner leg;

static void tell(struct owner *o, const char *what)
{
	o->len += (size_t)snprintf(o->told + o->len, sizeof(o->told) - o->len, "%s@%lld ", what,
				   (long long)bench_ms(o->b));
}

static void on_dtmf_out(void *owner, char digit, uint32_t duration_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%c%u", digit, duration_ms);
	tell(owner, text);
}

static void on_dtmf_sent(void *owner)
{
	tell(owner, "sent");
}

static void on_played(void *owner, enum media_end how)
{
	UNUSED(how);
	tell(owner, "played");
}

static const struct media_events events = {
	.played = on_played,
	.dtmf_out = on_dtmf_out,
	.dtmf_sent = on_dtmf_sent,
};

static int setup(void **state)
{
	struct media_params params = {.language = SLICE_LIT("en")};
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	bench_world(&bench, 7);
	bench_put_sound(&bench, "one", 0x11, 1000);
	bench_open(&bench, &conf);
	memset(&leg, 0, sizeof(leg));
	leg.b = &bench;
	leg.m = bench.port.ops->open(bench.port.impl, &params, &events, &leg, &leg.local);
	assert_non_null(leg.m);
	leg.local.ip[0] = 10;
	leg.local.ip[3] = 1;
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	bench.port.ops->close(leg.m);
	bench_close(&bench);
	return 0;
}

/* The far end takes one codec, and no events. */
static void answer(enum codec c, uint16_t ptime_ms)
{
	struct media_desc remote;

	bench_remote(&bench, &remote);
	remote.codec_count = 1;
	remote.codec[0] = (uint8_t)c;
	remote.pt[0] = codec_static_pt(c);
	remote.ptime_ms = ptime_ms;
	remote.event_pt = MEDIA_NO_PT;
	remote.tone_digits = true;
	bench.port.ops->set_remote(leg.m, &remote);
}

static void send_digits(const char *digits, uint32_t gap_ms, uint32_t duration_ms)
{
	assert_true(bench.port.ops->send_dtmf(leg.m, slice_str(digits), gap_ms, duration_ms));
}

/* All that was heard, one packet behind the other, in samples. */
static size_t heard_audio(enum codec c, int16_t *out)
{
	size_t len = 0;

	for (uint32_t i = 0; i < bench.heard_count; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.payload_type, codec_static_pt(c));
		assert_true(len + p->rtp.payload_bytes <= PEER_AUDIO);
		g711_decode(c == CODEC_PCMA ? G711_ALAW : G711_ULAW, out + len, p->first,
			    p->rtp.payload_bytes);
		len += p->rtp.payload_bytes;
	}
	return len;
}

static void assert_silent(const int16_t *samples, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_in_range(samples[i] + 8, 0, 16);
}

/* Packets in their time, with the next numbers and timestamps, and one talkspurt. */
static void assert_stream(uint32_t from, uint32_t to, uint32_t ms)
{
	for (uint32_t i = from; i < to; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.payload_bytes, 8 * ms);
		assert_int_equal(p->rtp.marker, i == from);
		if (i == from)
			continue;
		assert_int_equal(p->at_ns - p[-1].at_ns, ms * SIM_MS);
		assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
		assert_int_equal(p->rtp.ts, p[-1].rtp.ts + 8 * ms);
	}
}

/* The first packet left at this time; datagrams travel 1 ms. */
static long long first_ms(void)
{
	return (long long)(bench.heard[0].at_ns / SIM_MS - 1);
}

static void test_two_digits(void **state)
{
	static int16_t samples[PEER_AUDIO];
	char want[128];
	long long t;

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	send_digits("1#", 250, 100);
	bench_run_ms(&bench, 3000);
	/* 100 ms and a pause of 250 ms, up to the next packet: 18 packets a digit. */
	assert_int_equal(bench.heard_count, 36);
	assert_stream(0, 36, 20);
	assert_int_equal(heard_audio(CODEC_PCMU, samples), 36 * 160);
	assert_int_equal(goertzel_digit(samples, 800, 15), '1');
	assert_silent(samples, 800, 2880);
	assert_int_equal(goertzel_digit(samples + 2880, 800, 15), '#');
	assert_silent(samples, 3680, 5760);
	t = first_ms();
	snprintf(want, sizeof(want), "10@%lld 1100@%lld #0@%lld #100@%lld sent@%lld ", t, t + 80,
		 t + 360, t + 440, t + 720);
	assert_string_equal(leg.told, want);
}

/* Length to the sample, in each codec and packet length; a digit is never shorter than 40 ms. */
static void test_lengths(void **state)
{
	static const struct {
		enum codec codec;
		uint16_t ptime_ms;
		uint32_t duration_ms;
		size_t samples, all;
		const char *told;
	} rows[] = {
		{CODEC_PCMU, 20, 100, 800, 1120, "5100@"},
		{CODEC_PCMA, 20, 100, 800, 1120, "5100@"},
		{CODEC_PCMU, 20, 73, 584, 960, "573@"},
		{CODEC_PCMA, 20, 10, 320, 640, "540@"},
		{CODEC_PCMA, 60, 100, 800, 1440, "5100@"},
		{CODEC_PCMU, 140, 1300, 10400, 11200, "51300@"},
	};

	static int16_t samples[PEER_AUDIO];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		size_t last = 0;

		print_message("row %zu\n", i);
		if (i)
			setup(NULL);
		answer(rows[i].codec, rows[i].ptime_ms);
		send_digits("5", 0, rows[i].duration_ms);
		bench_run_ms(&bench, 3000);
		/* PEER_KEPT octets of each packet */
		if (rows[i].ptime_ms <= 60) {
			assert_int_equal(heard_audio(rows[i].codec, samples), rows[i].all);
			for (size_t n = 0; n < rows[i].all; n++)
				if (samples[n] > 8 || samples[n] < -8)
					last = n;
			/* The last sample may be near zero. */
			assert_in_range(last, rows[i].samples - 3, rows[i].samples - 1);
			assert_int_equal(goertzel_digit(samples, rows[i].samples, 15), '5');
		}
		assert_stream(0, bench.heard_count, rows[i].ptime_ms);
		assert_int_equal(bench.heard_count * rows[i].ptime_ms * 8, rows[i].all);
		assert_non_null(strstr(leg.told, rows[i].told));
		assert_non_null(strstr(leg.told, "sent@"));
		if (i + 1 < ARRAY_COUNT(rows))
			teardown(NULL);
	}
}

/* As with events: the prompt goes on unheard, and is where it would be without the digit. */
static void test_in_a_prompt(void **state)
{
	unsigned missing;

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	assert_true(bench.port.ops->play(leg.m, SLICE_LIT("one"), &missing));
	bench_run_ms(&bench, 100);
	send_digits("5", 0, 100);
	bench_run_ms(&bench, 2000);
	assert_int_equal(bench.heard_count, 50);
	assert_stream(0, 50, 20);
	for (uint32_t i = 0; i < 50; i++) {
		const struct peer_packet *p = &bench.heard[i];

		/* Five of tone, two of silence */
		assert_int_equal(p->same && p->first[0] == 0x11, i < 5 || i >= 12);
		assert_int_equal(p->same && p->first[0] == 0xff, i >= 10 && i < 12);
	}
	assert_non_null(strstr(leg.told, "sent@"));
	assert_non_null(strstr(leg.told, "played@"));
}

/* A pause is no packet; the digit behind it begins a talkspurt where the clock is. */
static void test_pause(void **state)
{
	uint32_t second;

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	send_digits("1w2", 40, 40);
	bench_run_ms(&bench, 3000);
	/* two packets of tone and two of silence, each */
	assert_int_equal(bench.heard_count, 8);
	assert_stream(0, 4, 20);
	assert_stream(4, 8, 20);
	second = bench.heard[4].rtp.ts - bench.heard[0].rtp.ts;
	assert_int_equal(second, 4 * 160 + 25 * 160);
	assert_int_equal(bench.heard[4].at_ns - bench.heard[0].at_ns, second * 125000);
	assert_int_equal(bench.heard[4].rtp.seq, (uint16_t)(bench.heard[3].rtp.seq + 1));
}

/* Where packets are left out the tone is sent whole all the same. */
static void test_late_by_much(void **state)
{
	static int16_t samples[PEER_AUDIO];

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	send_digits("9", 40, 400);
	bench_run_ms(&bench, 205);
	sim_host_freeze(bench.w, 0, sim_now(bench.w) + 500 * SIM_MS);
	bench_run_ms(&bench, 3000);
	assert_in_range(metric_get(&bench.metrics, METRIC_rtp_tx_skipped), 20, 25);
	assert_int_equal(bench.heard_count, 22);
	assert_int_equal(heard_audio(CODEC_PCMU, samples), 22 * 160);
	assert_int_equal(goertzel_digit(samples, 3200, 20), '9');
	assert_silent(samples, 3200, 3520);
}

/* Our tone and the echo of the far end's audio do not go side by side. */
static void test_echo_waits(void **state)
{
	static int16_t samples[PEER_AUDIO];

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	bench.port.ops->echo(leg.m, true);
	send_digits("D", 40, 100);
	bench_run_ms(&bench, 1); /* the clock of the leg has begun */
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 20);
	bench_run_ms(&bench, 1000);
	assert_in_range(bench.heard_count, 18, 22);
	heard_audio(CODEC_PCMU, samples);
	for (uint32_t i = 1; i < bench.heard_count; i++)
		assert_true(rtp_ts_diff(bench.heard[i].rtp.ts, bench.heard[i - 1].rtp.ts) >= 160);
}

static void test_refused(void **state)
{
	struct media_desc remote;

	UNUSED(state);
	answer(CODEC_PCMU, 20);
	/* A flash is no tone. */
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("!"), 0, 0));
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("12f"), 0, 0));
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("12x"), 0, 0));
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_EMPTY, 0, 0));
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 0);
	assert_string_equal(leg.told, "");
	/* Events that are agreed go first. */
	bench_remote(&bench, &remote);
	remote.tone_digits = true;
	bench.port.ops->set_remote(leg.m, &remote);
	send_digits("1", 40, 40);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 4);
	assert_int_equal(bench.heard[0].rtp.payload_type, 101);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_two_digits), CASE(test_lengths),	CASE(test_in_a_prompt),
		CASE(test_pause),      CASE(test_late_by_much), CASE(test_echo_waits),
		CASE(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
