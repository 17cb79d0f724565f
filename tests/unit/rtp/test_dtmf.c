/* tests/unit/rtp/test_dtmf.c */
#include "rtp/dtmf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/check.h"
#include "rtp/bytes.h"
#include "tests/unit/cmocka.h"

#define MS INT64_C(1000000)

/* --- receiving: a script of packets, and the text of what is told --- */

struct step {
	char kind; /* p packet, m packet with marker, a audio, t time, r restart */
	uint16_t seq;
	uint32_t ts;
	uint8_t event;
	bool end;
	uint16_t duration;
	int at_ms;
	const char *told; /* "+5" begin, "-5:100" end after 100 ms */
};

static void tell(char *text, size_t size, const struct dtmf_facts *facts)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < facts->count; i++) {
		const struct dtmf_fact *f = &facts->fact[i];

		if (f->kind == DTMF_BEGIN)
			len += (size_t)snprintf(text + len, size - len, "+%c", f->digit);
		else
			len += (size_t)snprintf(text + len, size - len, "-%c:%u", f->digit,
						f->duration_ms);
	}
}

static void run(const struct step *steps, size_t count)
{
	struct dtmf_rx rx;
	uint32_t ssrc = 9;

	dtmf_rx_init(&rx, DTMF_TIMEOUT_DEFAULT);
	for (size_t i = 0; i < count; i++) {
		const struct step *s = &steps[i];
		uint8_t payload[4] = {s->event, (uint8_t)(s->end ? 0x8a : 0x0a)};
		struct rtp_packet packet = {.seq = s->seq,
					    .ts = s->ts,
					    .ssrc = ssrc,
					    .marker = s->kind == 'm',
					    .payload = payload,
					    .payload_bytes = sizeof(payload)};
		struct dtmf_facts facts = {0};
		char text[64];

		bytes_put16(payload + 2, s->duration);
		print_message("step %zu\n", i);
		if (s->kind == 'a')
			dtmf_rx_audio(&rx, s->ts, &facts);
		else if (s->kind == 't')
			dtmf_rx_poll(&rx, s->at_ms * MS, &facts);
		else if (s->kind == 'r')
			dtmf_rx_restart(&rx);
		else if (s->kind == 's')
			ssrc++;
		else
			dtmf_rx_packet(&rx, &packet, s->at_ms * MS, &facts);
		tell(text, sizeof(text), &facts);
		assert_string_equal(text, s->told);
	}
}

static void test_rx_usual(void **state)
{
	static const struct step steps[] = {
		{'m', 10, 1000, 5, false, 160, 0, "+5"},
		{'p', 11, 1000, 5, false, 320, 20, ""},
		{'p', 12, 1000, 5, true, 800, 100, "-5:100"},
		{'p', 13, 1000, 5, true, 800, 100, ""},
		{'p', 14, 1000, 5, true, 800, 100, ""},
		/* The same digit again is another event. */
		{'m', 20, 3000, 5, false, 160, 250, "+5"},
		{'p', 21, 3000, 5, true, 640, 330, "-5:80"},
	};

	UNUSED(state);
	run(steps, ARRAY_COUNT(steps));
}

static void test_rx_losses(void **state)
{
	static const struct step steps[] = {
		/* All before the E lost: begin and end at once. */
		{'p', 10, 1000, 11, true, 800, 0, "+#-#:100"},
		{'p', 11, 1000, 11, true, 800, 0, ""},
		/* Marker lost. */
		{'p', 20, 3000, 1, false, 320, 300, "+1"},
		/* E lost: the next event ends it. */
		{'p', 30, 5000, 2, false, 160, 600, "-1:40+2"},
		/* E lost: a lone E of the next. */
		{'p', 40, 9000, 3, true, 400, 900, "-2:20+3-3:50"},
		/* An event that is over, and one out of order. */
		{'p', 41, 5000, 2, true, 800, 910, ""},
		{'m', 42, 12000, 4, false, 320, 1000, "+4"},
		{'p', 41, 12000, 4, false, 160, 1001, ""},
		/* E lost: no packet for the time-out of 150 ms. */
		{'t', 0, 0, 0, false, 0, 1149, ""},
		{'t', 0, 0, 0, false, 0, 1150, "-4:40"},
		{'t', 0, 0, 0, false, 0, 2000, ""},
		/* E lost: audio is well past. Audio sent beside the event does not end it. */
		{'m', 50, 20000, 16, false, 160, 2000, "+!"},
		{'a', 0, 20320, 0, false, 0, 2020, ""},
		{'a', 0, 20161 + 800, 0, false, 0, 2100, "-!:20"},
	};

	UNUSED(state);
	run(steps, ARRAY_COUNT(steps));
}

static void test_rx_wraps(void **state)
{
	static const struct step steps[] = {
		/* Timestamps modulo 2^32, sequence numbers modulo 2^16. */
		{'m', 65535, 0xffffff00, 1, true, 800, 0, "+1-1:100"},
		{'m', 0, 0x00000100, 2, true, 800, 200, "+2-2:100"},
		{'p', 1, 0xffffff00, 1, true, 800, 210, ""},
		/* The duration wraps within one event. */
		{'m', 10, 5000, 3, false, 65440, 300, "+3"},
		{'p', 11, 5000, 3, false, 64, 320, ""},
		{'p', 12, 5000, 3, true, 224, 340, "-3:8220"},
		/* The event goes on in a second segment. */
		{'m', 20, 100000, 4, false, 65535, 400, "+4"},
		{'p', 21, 165535, 4, false, 100, 420, ""},
		{'p', 22, 165535, 4, true, 265, 440, "-4:8225"},
		/* With a marker it is another digit. */
		{'m', 30, 300000, 5, false, 65535, 500, "+5"},
		{'m', 31, 365535, 5, true, 800, 520, "-5:8191+5-5:100"},
	};

	UNUSED(state);
	run(steps, ARRAY_COUNT(steps));
}

static void test_rx_sources(void **state)
{
	static const struct step steps[] = {
		{'m', 100, 90000, 1, true, 800, 0, "+1-1:100"},
		/* Another source: lower numbers are no old ones. */
		{'s', 0, 0, 0, false, 0, 0, ""},
		{'m', 5, 100, 2, true, 800, 100, "+2-2:100"},
		/* The same source begins anew. */
		{'r', 0, 0, 0, false, 0, 0, ""},
		{'m', 1, 50, 3, true, 800, 200, "+3-3:100"},
		/* No digits: unknown events, short payloads. */
		{'m', 6, 5000, 17, true, 800, 300, ""},
		{'m', 7, 6000, 255, false, 800, 300, ""},
	};

	UNUSED(state);
	run(steps, ARRAY_COUNT(steps));
}

static void test_rx_short_payload(void **state)
{
	struct dtmf_rx rx;
	struct dtmf_facts facts;
	struct rtp_packet packet = {.payload = (const uint8_t *)"\1\200\0", .payload_bytes = 3};

	UNUSED(state);
	dtmf_rx_init(&rx, DTMF_TIMEOUT_DEFAULT);
	dtmf_rx_packet(&rx, &packet, 0, &facts);
	assert_int_equal(facts.count, 0);
	assert_false(dtmf_rx_is_active(&rx));
}

/* --- sending --- */

/* Runs ticks from *ts on and writes one word for each: "-" nothing, else [m]DUR[E][!]@ts offset. */
static void ticks(struct dtmf_tx *tx, uint32_t start, uint32_t *ts, unsigned count, char *text,
		  size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++, *ts += 160) {
		struct dtmf_out out;

		if (!dtmf_tx_tick(tx, *ts, &out)) {
			len += (size_t)snprintf(text + len, size - len, "- ");
			continue;
		}
		assert_int_equal(out.payload[1] & 0x7f, 10);
		len += (size_t)snprintf(text + len, size - len, "%s%u%s%s%s", out.marker ? "m" : "",
					bytes_get16(out.payload + 2),
					(out.payload[1] & 0x80) ? "E" : "", out.ended ? "!" : "",
					out.ts == start ? " " : "? ");
	}
}

static void test_tx_digit(void **state)
{
	struct dtmf_tx tx;
	uint32_t ts = 0xffffff00;
	char text[256];

	UNUSED(state);
	dtmf_tx_init(&tx);
	assert_false(dtmf_tx_is_busy(&tx));
	assert_int_equal(dtmf_tx_start(&tx, '#', 100, 0), 0);
	assert_int_equal(dtmf_tx_start(&tx, '1', 100, 0), -EBUSY);
	ticks(&tx, ts, &ts, 9, text, sizeof(text));
	/* 100 ms, three end packets, and then at least 40 ms after the end. */
	assert_string_equal(text, "m160 320 480 640 800E! 800E 800E - - ");
	assert_false(dtmf_tx_is_busy(&tx));
	assert_int_equal(tx.event, 11);
}

static void test_tx_gap(void **state)
{
	static const struct {
		uint32_t gap_ms;
		unsigned silent; /* ticks between the last end packet and the first of the next */
	} rows[] = {{0, 1}, {40, 1}, {60, 2}, {100, 4}, {250, 12}};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct dtmf_tx tx;
		struct dtmf_out out;
		uint32_t ts = 8000, end_ts;
		unsigned silent = 0;

		dtmf_tx_init(&tx);
		assert_int_equal(dtmf_tx_start(&tx, '1', 100, rows[i].gap_ms), 0);
		for (unsigned n = 0; n < 7; n++, ts += 160)
			assert_true(dtmf_tx_tick(&tx, ts, &out));
		end_ts = tx.end_ts;
		for (; dtmf_tx_is_busy(&tx); ts += 160) {
			assert_false(dtmf_tx_tick(&tx, ts, &out));
			silent++;
		}
		assert_int_equal(silent, rows[i].silent);
		/* The tick that freed it may begin the next digit. */
		assert_true(ts - 160 - end_ts >= DTMF_GAP_MIN_SAMPLES);
		assert_true(ts - 160 - end_ts >= rows[i].gap_ms * DTMF_SAMPLES_PER_MS);
	}
}

static void test_tx_durations(void **state)
{
	static const struct {
		uint32_t ms;
		const char *text;
	} rows[] = {
		{1, "m160 320E! 320E "}, /* 40 ms at least */
		{50, "m160 320 400E! "}, /* not a multiple of 20 ms */
		{60, "m160 320 480E! "},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct dtmf_tx tx;
		uint32_t ts = 1000;
		char text[64];

		dtmf_tx_init(&tx);
		assert_int_equal(dtmf_tx_start(&tx, '1', rows[i].ms, 0), 0);
		ticks(&tx, ts, &ts, 3, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

static void test_tx_until_stopped(void **state)
{
	struct dtmf_tx tx;
	uint32_t ts = 0;
	char text[128];

	UNUSED(state);
	dtmf_tx_init(&tx);
	assert_int_equal(dtmf_tx_start(&tx, 'd', 0, 0), 0);
	ticks(&tx, 0, &ts, 3, text, sizeof(text));
	assert_string_equal(text, "m160 320 480 ");
	dtmf_tx_stop(&tx);
	ticks(&tx, 0, &ts, 3, text, sizeof(text));
	assert_string_equal(text, "640E! 640E 640E ");
	/* Stopped before the least duration. */
	dtmf_tx_init(&tx);
	ts = 0;
	assert_int_equal(dtmf_tx_start(&tx, '0', 0, 0), 0);
	dtmf_tx_stop(&tx);
	ticks(&tx, 0, &ts, 3, text, sizeof(text));
	assert_string_equal(text, "m160 320E! 320E ");
}

static void test_tx_long_digit_is_split(void **state)
{
	struct dtmf_tx tx;
	struct dtmf_rx rx;
	uint32_t ts = 4711;
	uint16_t seq = 0;
	uint32_t told_ms = 0;
	unsigned begins = 0, ends = 0, full = 0;

	UNUSED(state);
	dtmf_tx_init(&tx);
	dtmf_rx_init(&rx, DTMF_TIMEOUT_DEFAULT);
	assert_int_equal(dtmf_tx_start(&tx, '7', 20000, 0), 0);
	for (; dtmf_tx_is_busy(&tx); ts += 160) {
		struct dtmf_out out;
		struct dtmf_facts facts;
		struct rtp_packet packet = {.seq = seq, .payload_bytes = 4};

		if (!dtmf_tx_tick(&tx, ts, &out))
			continue;
		seq++;
		packet.ts = out.ts;
		packet.marker = out.marker;
		packet.payload = out.payload;
		/* 4733 2.5.1.3: a full segment has no E. */
		if (bytes_get16(out.payload + 2) == 0xffff) {
			assert_false(out.payload[1] & 0x80);
			full++;
		}
		assert_int_equal(out.marker, seq == 1);
		dtmf_rx_packet(&rx, &packet, 0, &facts);
		for (unsigned i = 0; i < facts.count; i++) {
			begins += facts.fact[i].kind == DTMF_BEGIN;
			ends += facts.fact[i].kind == DTMF_END;
			told_ms = facts.fact[i].duration_ms;
		}
	}
	assert_int_equal(full, 2);
	assert_int_equal(begins, 1);
	assert_int_equal(ends, 1);
	assert_int_equal(told_ms, 20000);
}

static void test_names(void **state)
{
	static const char digits[] = "0123456789*#ABCD!";

	UNUSED(state);
	for (int i = 0; digits[i]; i++) {
		assert_int_equal(dtmf_event_of(digits[i]), i);
		assert_int_equal(dtmf_digit_of((unsigned)i), digits[i]);
	}
	assert_int_equal(dtmf_event_of('b'), 13);
	assert_int_equal(dtmf_event_of('x'), -1);
	assert_int_equal(dtmf_event_of('\0'), -1);
	assert_int_equal(dtmf_digit_of(17), '\0');
}

/* "+160@0 ": samples of tone and where in the tone they begin; "e" ends the digit, "-" is silence.
 */
static void frames(struct dtmf_tx *tx, uint32_t *ts, uint32_t samples, unsigned count, char *text,
		   size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < count; i++, *ts += samples) {
		struct dtmf_frame f;

		if (!dtmf_tx_frame(tx, *ts, samples, &f))
			len += (size_t)snprintf(text + len, size - len, ". ");
		else if (f.ended)
			len += (size_t)snprintf(text + len, size - len, "+%u@%u=%u ", f.samples,
						f.offset, f.duration_ms);
		else if (f.samples)
			len += (size_t)snprintf(text + len, size - len, "+%u@%u ", f.samples,
						f.offset);
		else
			len += (size_t)snprintf(text + len, size - len, "- ");
	}
}

static void test_tx_tone(void **state)
{
	static const struct {
		uint32_t duration_ms, gap_ms, samples;
		const char *want;
	} rows[] = {
		{60, 0, 160, "+160@0 +160@160 +160@320=60 - - . . . "},
		{50, 0, 160, "+160@0 +160@160 +80@320=50 - - . . . "},
		{10, 60, 160, "+160@0 +160@160=40 - - - . . . "},
		{100, 100, 480, "+480@0 +320@480=100 - - . . . . "},
		{61, 0, 480, "+480@0 +8@480=61 . . . . . . "},
	};
	char text[256];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		uint32_t ts = 0xffffff00; /* wraps */
		struct dtmf_tx tx;

		dtmf_tx_init(&tx);
		assert_int_equal(dtmf_tx_start_tone(&tx, '5', rows[i].duration_ms, rows[i].gap_ms),
				 0);
		assert_int_equal(dtmf_tx_start_tone(&tx, '5', 1, 1), -EBUSY);
		frames(&tx, &ts, rows[i].samples, 8, text, sizeof(text));
		assert_string_equal(text, rows[i].want);
		assert_false(dtmf_tx_is_busy(&tx));
	}
}

static void test_tx_tone_until_stopped(void **state)
{
	struct dtmf_tx tx;
	uint32_t ts = 0;
	char text[256];

	UNUSED(state);
	dtmf_tx_init(&tx);
	assert_int_equal(dtmf_tx_start_tone(&tx, '*', 0, 40), 0);
	frames(&tx, &ts, 160, 3, text, sizeof(text));
	ts += 8000; /* packets are left out: the tone goes on where it was */
	frames(&tx, &ts, 160, 1, text, sizeof(text));
	assert_string_equal(text, "+160@480 ");
	dtmf_tx_stop(&tx);
	frames(&tx, &ts, 160, 4, text, sizeof(text));
	assert_string_equal(text, "+0@640=80 - . . ");
	/* Stopped before the least duration. */
	assert_int_equal(dtmf_tx_start_tone(&tx, '*', 0, 40), 0);
	dtmf_tx_stop(&tx);
	frames(&tx, &ts, 160, 3, text, sizeof(text));
	assert_string_equal(text, "+160@0 +160@160=40 - ");
}

static void test_tx_refuses(void **state)
{
	struct dtmf_tx tx;

	UNUSED(state);
	dtmf_tx_init(&tx);
	assert_int_equal(dtmf_tx_start(&tx, 'x', 100, 0), -EINVAL);
	assert_int_equal(dtmf_tx_start_tone(&tx, 'x', 100, 0), -EINVAL);
	assert_int_equal(dtmf_tx_start_tone(&tx, '!', 100, 0), -EINVAL);
	assert_int_equal(dtmf_tx_start_tone(&tx, 'f', 100, 0), -EINVAL);
	assert_false(dtmf_tx_is_busy(&tx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rx_usual),
		cmocka_unit_test(test_rx_losses),
		cmocka_unit_test(test_rx_wraps),
		cmocka_unit_test(test_rx_sources),
		cmocka_unit_test(test_rx_short_payload),
		cmocka_unit_test(test_tx_digit),
		cmocka_unit_test(test_tx_gap),
		cmocka_unit_test(test_tx_durations),
		cmocka_unit_test(test_tx_until_stopped),
		cmocka_unit_test(test_tx_long_digit_is_split),
		cmocka_unit_test(test_tx_tone),
		cmocka_unit_test(test_tx_tone_until_stopped),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_tx_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
