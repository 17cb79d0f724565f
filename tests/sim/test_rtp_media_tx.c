/* tests/sim/test_rtp_media_tx.c - what a leg sends, at exact virtual times. */
#include <string.h>

#include "engine/base/check.h"
#include "rtp/bytes.h"
#include "tests/sim/peer_rtp.h"
#include "tests/unit/cmocka.h"

/* --- the owner of a leg --- */

struct owner {
	struct rtp_bench *b;
	struct media_session *m;
	struct addr local;
	char told[512]; /* "played@1000 " ... */
	size_t len;
	const char *play_next; /* started from within played */
	bool close_when_played;
};

static void tell(struct owner *o, const char *what)
{
	o->len += (size_t)snprintf(o->told + o->len, sizeof(o->told) - o->len, "%s@%lld ", what,
				   (long long)bench_ms(o->b));
}

static void on_played(void *owner, enum media_end how)
{
	struct owner *o = owner;
	unsigned missing;

	tell(o, how == MEDIA_PLAYED ? "played" : "?");
	if (o->play_next) {
		assert_true(o->b->port.ops->play(o->m, slice_str(o->play_next), &missing));
		o->play_next = NULL;
	}
	if (o->close_when_played) {
		o->b->port.ops->close(o->m);
		o->m = NULL;
	}
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

static const struct media_events events = {
	.played = on_played,
	.dtmf_out = on_dtmf_out,
	.dtmf_sent = on_dtmf_sent,
};

static void owner_open(struct owner *o, struct rtp_bench *b)
{
	struct media_params params = {.language = SLICE_LIT("en")};

	memset(o, 0, sizeof(*o));
	o->b = b;
	o->m = b->port.ops->open(b->port.impl, &params, &events, o, &o->local);
	assert_non_null(o->m);
	o->local.ip[0] = 10;
	o->local.ip[3] = 1;
}

static void owner_answer(struct owner *o)
{
	struct media_desc remote;

	bench_remote(o->b, &remote);
	o->b->port.ops->set_remote(o->m, &remote);
}

static void owner_play(struct owner *o, const char *names, unsigned want_missing)
{
	unsigned missing = 99;

	assert_true(o->b->port.ops->play(o->m, slice_str(names), &missing));
	assert_int_equal(missing, want_missing);
}

/* --- fixture --- */

static struct rtp_bench bench;
static struct owner leg;

static int open_bench(const struct rtp_bench_conf *conf)
{
	bench_world(&bench, 7);
	bench_put_sound(&bench, "one", 0x11, 1000);
	bench_put_sound(&bench, "two", 0x22, 100);
	bench_put_sound(&bench, "odd", 0x33, 30);
	bench_open(&bench, conf);
	owner_open(&leg, &bench);
	return 0;
}

static int setup(void **state)
{
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	return open_bench(&conf);
}

static int setup_silence(void **state)
{
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	conf.rtp.initial_silence = true;
	return open_bench(&conf);
}

static int teardown(void **state)
{
	UNUSED(state);
	if (leg.m)
		bench.port.ops->close(leg.m);
	bench_close(&bench);
	return 0;
}

/* Packets from..to-1 follow one another without a hole: 20 ms, one number, 160 samples. */
static void assert_stream(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.payload_bytes, 160);
		assert_int_equal(p->rtp.marker, i == from);
		if (i == from)
			continue;
		assert_int_equal(p->at_ns - p[-1].at_ns, 20 * SIM_MS);
		assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
		assert_int_equal(p->rtp.ts, p[-1].rtp.ts + 160);
		assert_int_equal(p->rtp.ssrc, p[-1].rtp.ssrc);
	}
}

/* Between packet i-1 and i the timestamp has moved with the clock, the number by one. */
static void assert_jump(uint32_t i)
{
	const struct peer_packet *p = &bench.heard[i];
	int64_t ns = p->at_ns - p[-1].at_ns;

	assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
	assert_int_equal(ns % (20 * SIM_MS), 0);
	assert_int_equal(p->rtp.ts - p[-1].rtp.ts, ns / 125000);
	assert_true(p->rtp.marker);
}

/* --- cases --- */

static void test_paces_a_prompt(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 2000);
	assert_int_equal(bench.heard_count, 50);
	assert_stream(0, 50);
	for (uint32_t i = 0; i < 50; i++) {
		assert_int_equal(bench.heard[i].rtp.payload_type, 0);
		assert_int_equal(bench.heard[i].first[0], 0x11);
		assert_true(bench.heard[i].same);
		/* The phase of the leg, and the way of 1 ms. */
		assert_int_equal(bench.heard[i].at_ns % (20 * SIM_MS), SIM_MS);
	}
	/* A second of sound takes a second. */
	assert_int_equal(bench.heard[49].at_ns - bench.heard[0].at_ns, 980 * SIM_MS);
	assert_int_equal(bench.heard[0].at_ns, 21 * SIM_MS);
	assert_string_equal(leg.told, "played@1020 ");
	assert_int_equal(metric_get(&bench.metrics, METRIC_rtp_tx), 50);
	assert_int_equal(metric_get(&bench.metrics, METRIC_rtp_tx_late), 0);
}

static void test_list_has_no_gaps(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	leg.play_next = "one";
	owner_play(&leg, "two & nowhere&odd&&two", 1);
	bench_run_ms(&bench, 3000);
	/* 5, then 2 (the second filled up), 5, and 50 of the list begun when this one ended. */
	assert_int_equal(bench.heard_count, 62);
	assert_stream(0, 62);
	assert_int_equal(bench.heard[6].first[0], 0x33);
	assert_false(bench.heard[6].same);
	assert_int_equal(bench.heard[7].first[0], 0x22);
	assert_int_equal(bench.heard[12].first[0], 0x11);
}

/* As the channel does it: the fact waits, and the next list starts later in the same turn. */
static void test_next_list_of_the_same_turn_has_no_gap(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "two", 0);
	while (leg.len == 0)
		bench_run_ms(&bench, 1);
	assert_int_equal(bench.heard_count, 5);
	owner_play(&leg, "two", 0);
	bench_run_ms(&bench, 40);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 2000);
	/* 5, 3 of the next, all of the third. */
	assert_int_equal(bench.heard_count, 58);
	assert_stream(0, 58);
	/* Later than that it is a pause. */
	owner_play(&leg, "two", 0);
	bench_run_ms(&bench, 2000);
	assert_int_equal(bench.heard_count, 63);
	assert_jump(58);
}

static void test_nothing_to_play(void **state)
{
	unsigned missing = 0;

	UNUSED(state);
	owner_answer(&leg);
	assert_false(bench.port.ops->play(leg.m, SLICE_LIT("nowhere&neither"), &missing));
	assert_int_equal(missing, 2);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 0);
	assert_string_equal(leg.told, "");
}

static void test_timestamp_follows_the_clock_over_pauses(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	for (unsigned n = 0; n < 5; n++) {
		owner_play(&leg, "two", 0);
		bench_run_ms(&bench, 1234 + n);
	}
	assert_int_equal(bench.heard_count, 25);
	for (uint32_t i = 0; i < 25; i += 5) {
		assert_stream(i, i + 5);
		if (i)
			assert_jump(i);
	}
}

static void test_stop_is_silent_and_tells_nothing(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 200);
	bench.port.ops->stop(leg.m);
	bench_run_ms(&bench, 2000);
	assert_in_range(bench.heard_count, 9, 10);
	assert_string_equal(leg.told, "");
	owner_play(&leg, "one", 0);
	owner_play(&leg, "two", 0); /* takes its place, from the start */
	bench_run_ms(&bench, 2000);
	assert_in_range(bench.heard_count, 14, 15);
	assert_int_equal(bench.heard[bench.heard_count - 1].first[0], 0x22);
}

static void test_hold(void **state)
{
	struct media_desc remote;
	uint32_t before;

	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 300);
	bench_remote(&bench, &remote);
	remote.dir = MEDIA_RECVONLY;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 400);
	before = bench.heard_count;
	assert_in_range(before, 15, 16);
	remote.dir = MEDIA_SENDRECV;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 2000);
	/* The prompt went on unheard; numbers and clock did not break. */
	assert_int_equal(bench.heard_count, 30);
	assert_stream(0, before);
	assert_jump(before);
	assert_stream(before, 30);
	/* An address of 0.0.0.0 is a hold, too. */
	owner_play(&leg, "two", 0);
	remote.rtp.ip[0] = remote.rtp.ip[1] = remote.rtp.ip[2] = remote.rtp.ip[3] = 0;
	bench.port.ops->set_remote(leg.m, &remote);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 30);
}

static void test_before_the_answer_nothing_is_sent(void **state)
{
	UNUSED(state);
	owner_play(&leg, "two", 0);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 0);
	assert_int_equal(leg.len > 0, true);
}

static void test_prefers_the_codec_of_the_answer(void **state)
{
	struct media_desc remote;

	UNUSED(state);
	bench_remote(&bench, &remote);
	remote.codec[0] = CODEC_G722; /* not spoken */
	remote.pt[0] = 9;
	remote.codec[1] = CODEC_PCMA;
	remote.pt[1] = 96; /* their number */
	bench.port.ops->set_remote(leg.m, &remote);
	assert_int_equal(bench.port.ops->codec(leg.m), CODEC_PCMA);
	owner_play(&leg, "two", 0);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 5);
	assert_int_equal(bench.heard[0].rtp.payload_type, 96);
	assert_int_not_equal(bench.heard[0].first[0], 0x22);
}

static void test_longer_packets_if_agreed(void **state)
{
	struct media_desc remote;

	UNUSED(state);
	bench_remote(&bench, &remote);
	remote.ptime_ms = 60;
	bench.port.ops->set_remote(leg.m, &remote);
	owner_play(&leg, "two&two&two", 0);
	bench_run_ms(&bench, 1000);
	/* Each prompt begins a packet of its own: 300 ms are six packets, two each. */
	assert_int_equal(bench.heard_count, 6);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(bench.heard[i].rtp.payload_bytes, 480);
	for (uint32_t i = 1; i < 6; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->at_ns - p[-1].at_ns, 60 * SIM_MS);
		assert_int_equal(p->rtp.ts - p[-1].rtp.ts, 480);
		assert_false(p->rtp.marker);
	}
	/* A length that is no multiple of 20 ms stays at 20. */
	remote.ptime_ms = 30;
	bench.port.ops->set_remote(leg.m, &remote);
	owner_play(&leg, "two", 0);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 11);
}

static void test_tone_until_stopped(void **state)
{
	uint32_t count;

	UNUSED(state);
	owner_answer(&leg);
	assert_false(bench.port.ops->tone(leg.m, SLICE_LIT("hooter")));
	assert_true(bench.port.ops->tone(leg.m, SLICE_LIT("busy")));
	bench_run_ms(&bench, 10000);
	assert_in_range(bench.heard_count, 499, 501);
	assert_stream(0, bench.heard_count);
	assert_false(bench.heard[3].same);
	assert_true(bench.heard[30].same);
	bench.port.ops->stop(leg.m);
	bench_run_ms(&bench, 10);
	count = bench.heard_count;
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, count);
	assert_string_equal(leg.told, "");
}

static void test_silence_until_heard(void **state)
{
	uint32_t count;

	UNUSED(state);
	owner_answer(&leg);
	bench_run_ms(&bench, 400);
	assert_in_range(bench.heard_count, 19, 20);
	assert_stream(0, bench.heard_count);
	assert_int_equal(bench.heard[0].first[0], 0xff);
	peer_rtp_talk(&bench, bench.rtp, &leg.local, 2);
	count = bench.heard_count;
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, count);
	bench.port.ops->close(leg.m);
	/* A far end that is never heard gets it for five seconds. */
	owner_open(&leg, &bench);
	owner_answer(&leg);
	bench_run_ms(&bench, 20000);
	assert_int_equal(bench.heard_count, count + 250);
}

/* --- digits --- */

static void test_digits(void **state)
{
	static const struct {
		unsigned event, duration;
		bool end, marker;
	} rows[] = {
		{1, 160, false, true},	 {1, 320, false, false}, {1, 480, true, false},
		{1, 480, true, false},	 {1, 480, true, false},	 {11, 160, false, true},
		{11, 320, false, false}, {11, 480, true, false}, {11, 480, true, false},
		{11, 480, true, false},
	};
	uint32_t second;

	UNUSED(state);
	owner_answer(&leg);
	assert_true(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("1w#"), 100, 60));
	bench_run_ms(&bench, 3000);
	assert_int_equal(bench.heard_count, ARRAY_COUNT(rows));
	for (uint32_t i = 0; i < bench.heard_count; i++) {
		const struct peer_packet *p = &bench.heard[i];

		print_message("packet %u\n", i);
		assert_int_equal(p->rtp.payload_type, 101);
		assert_int_equal(p->rtp.payload_bytes, 4);
		assert_int_equal(p->rtp.marker, rows[i].marker);
		assert_int_equal(p->first[0], rows[i].event);
		assert_int_equal(p->first[1], rows[i].end ? 0x8a : 0x0a);
		assert_int_equal(bytes_get16(p->first + 2), rows[i].duration);
		if (i % 5) {
			assert_int_equal(p->at_ns - p[-1].at_ns, 20 * SIM_MS);
			assert_int_equal(p->rtp.ts, p[-1].rtp.ts);
		}
		if (i)
			assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
	}
	/* The second digit begins after the gap of 100 ms and the pause of 500 ms, by the clock. */
	second = bench.heard[5].rtp.ts - bench.heard[0].rtp.ts;
	assert_int_equal(bench.heard[5].at_ns - bench.heard[0].at_ns, second * 125000);
	assert_int_equal(second, 480 + 800 + 4000);
	assert_non_null(strstr(leg.told, "10@"));
	assert_non_null(strstr(leg.told, "160@"));
	assert_non_null(strstr(leg.told, "#0@"));
	assert_non_null(strstr(leg.told, "#60@"));
	assert_non_null(strstr(leg.told, "sent@"));
}

static void test_digits_in_a_prompt(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 100);
	assert_true(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("5"), 0, 100));
	bench_run_ms(&bench, 2000);
	/* Seven event packets stand where audio was; the rest comes at its time. */
	assert_int_equal(bench.heard_count, 50);
	for (uint32_t i = 1; i < 50; i++) {
		const struct peer_packet *p = &bench.heard[i];
		bool is_event = p->rtp.payload_type == 101;

		assert_int_equal(p->at_ns - p[-1].at_ns, 20 * SIM_MS);
		assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
		if (!is_event)
			assert_int_equal(p->rtp.ts, bench.heard[0].rtp.ts + i * 160);
		assert_int_equal(is_event,
				 i >= bench.heard_count - 45 && i < bench.heard_count - 38);
	}
}

static void test_digits_refused(void **state)
{
	struct media_desc remote;
	char many[LIMIT_RTP_DIGITS + 1];

	UNUSED(state);
	memset(many, '1', sizeof(many));
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("1"), 0, 0)); /* no answer yet */
	owner_answer(&leg);
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("12x"), 0, 0));
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_EMPTY, 0, 0));
	assert_false(bench.port.ops->send_dtmf(leg.m, slice_make(many, sizeof(many)), 0, 0));
	bench_remote(&bench, &remote);
	remote.event_pt = MEDIA_NO_PT;
	bench.port.ops->set_remote(leg.m, &remote);
	assert_false(bench.port.ops->send_dtmf(leg.m, SLICE_LIT("1"), 0, 0));
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 0);
	assert_string_equal(leg.told, "");
}

/* --- late --- */

static void test_late_by_little_sends_all(void **state)
{
	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 205);
	sim_host_freeze(bench.w, 0, sim_now(bench.w) + 50 * SIM_MS);
	bench_run_ms(&bench, 2000);
	assert_int_equal(bench.heard_count, 50);
	assert_int_equal(metric_get(&bench.metrics, METRIC_rtp_tx_skipped), 0);
	assert_in_range(metric_get(&bench.metrics, METRIC_rtp_tx_late), 1, 3);
	for (uint32_t i = 1; i < 50; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.ts, p[-1].rtp.ts + 160);
		assert_false(p->rtp.marker);
		/* Never three at once. */
		if (i >= 2)
			assert_true(p->at_ns > p[-2].at_ns);
	}
	/* And then in time again. */
	assert_int_equal(bench.heard[49].at_ns - bench.heard[0].at_ns, 980 * SIM_MS);
}

static void test_late_by_much_skips(void **state)
{
	struct media_stats stats;
	uint32_t jumps = 0;

	UNUSED(state);
	owner_answer(&leg);
	owner_play(&leg, "one", 0);
	bench_run_ms(&bench, 205);
	sim_host_freeze(bench.w, 0, sim_now(bench.w) + 500 * SIM_MS);
	bench_run_ms(&bench, 3000);
	/* All of the prompt is heard, later. */
	assert_int_equal(bench.heard_count, 50);
	assert_in_range(metric_get(&bench.metrics, METRIC_rtp_tx_skipped), 23, 25);
	for (uint32_t i = 1; i < 50; i++) {
		const struct peer_packet *p = &bench.heard[i];

		assert_int_equal(p->rtp.seq, (uint16_t)(p[-1].rtp.seq + 1));
		if (p->rtp.ts != p[-1].rtp.ts + 160) {
			assert_true(p->rtp.marker);
			jumps++;
		}
	}
	assert_int_equal(jumps, 1);
	/* The timestamp stays with the clock. */
	assert_int_equal(bench.heard[49].rtp.ts - bench.heard[0].rtp.ts,
			 (bench.heard[49].at_ns - bench.heard[0].at_ns) / 125000);
	bench.port.ops->stats(leg.m, &stats);
	assert_int_equal(stats.tx_packets, 50);
	assert_int_equal(stats.tx_octets, 8000);
}

/* --- many --- */

static int setup_many(void **state)
{
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	conf.session_max = 400;
	return open_bench(&conf);
}

static void test_legs_spread_over_the_slots(void **state)
{
	static struct owner legs[399];
	uint32_t per_ms[20] = {0};
	uint32_t ssrcs = 0;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(legs); i++) {
		owner_open(&legs[i], &bench);
		owner_answer(&legs[i]);
		owner_play(&legs[i], "one", 0);
		legs[i].close_when_played = i % 3 == 0;
	}
	bench_run_ms(&bench, 600);
	for (uint32_t i = 0; i < bench.heard_count; i++)
		per_ms[bench.heard[i].at_ns / SIM_MS % 20]++;
	for (unsigned i = 0; i < 20; i++)
		assert_in_range(per_ms[i], bench.heard_count / 20 - 60,
				bench.heard_count / 20 + 60);
	bench_run_ms(&bench, 1000);
	assert_int_equal(bench.heard_count, 399 * 50);
	assert_int_equal(rtp_media_sessions(bench.media), 400 - 133);
	for (size_t i = 0; i < ARRAY_COUNT(legs); i++) {
		ssrcs += legs[i].len > 0;
		if (legs[i].m)
			bench.port.ops->close(legs[i].m);
	}
	assert_int_equal(ssrcs, 399);
}

static void test_idle_loop_sleeps(void **state)
{
	uint64_t before;

	UNUSED(state);
	owner_answer(&leg);
	bench.port.ops->close(leg.m);
	leg.m = NULL;
	bench_run_ms(&bench, 2000);
	before = sim_steps(bench.w);
	sim_run_for(bench.w, 3600 * SIM_SECOND);
	assert_in_range(sim_steps(bench.w) - before, 0, 4);
}

#define CASE(test)	  cmocka_unit_test_setup_teardown(test, setup, teardown)
#define CASE_IN(test, in) cmocka_unit_test_setup_teardown(test, in, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_paces_a_prompt),
		CASE(test_list_has_no_gaps),
		CASE(test_next_list_of_the_same_turn_has_no_gap),
		CASE(test_nothing_to_play),
		CASE(test_timestamp_follows_the_clock_over_pauses),
		CASE(test_stop_is_silent_and_tells_nothing),
		CASE(test_hold),
		CASE(test_before_the_answer_nothing_is_sent),
		CASE(test_prefers_the_codec_of_the_answer),
		CASE(test_longer_packets_if_agreed),
		CASE(test_tone_until_stopped),
		CASE_IN(test_silence_until_heard, setup_silence),
		CASE(test_digits),
		CASE(test_digits_in_a_prompt),
		CASE(test_digits_refused),
		CASE(test_late_by_little_sends_all),
		CASE(test_late_by_much_skips),
		CASE_IN(test_legs_spread_over_the_slots, setup_many),
		CASE(test_idle_loop_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
