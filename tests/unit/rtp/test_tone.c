/* tests/unit/rtp/test_tone.c: the tones of digits */
#include "rtp/tone.h"

#include <stdlib.h>

#include "engine/base/check.h"
#include "rtp/codec_g711.h"
#include "rtp/dtmf.h"
#include "rtp/player.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/goertzel.h"

#define SECOND	8000
#define WINDOW	400 /* 50 ms */
#define SECONDS 2

/* ITU-T Q.23 */
static const struct {
	char digit;
	unsigned hz[2];
} rows[] = {
	{'1', {697, 1209}}, {'2', {697, 1336}}, {'3', {697, 1477}}, {'A', {697, 1633}},
	{'4', {770, 1209}}, {'5', {770, 1336}}, {'6', {770, 1477}}, {'B', {770, 1633}},
	{'7', {852, 1209}}, {'8', {852, 1336}}, {'9', {852, 1477}}, {'C', {852, 1633}},
	{'*', {941, 1209}}, {'0', {941, 1336}}, {'#', {941, 1477}}, {'D', {941, 1633}},
};

/* Two seconds of the digit, as a leg would play it, over the seam of the loop. */
static void play(const struct tone_set *set, char digit, enum codec c, int16_t *out)
{
	uint8_t octets[SECONDS * SECOND];
	struct player p;

	player_start(&p, tone_digit(set, (unsigned)dtmf_event_of(digit)));
	assert_non_null(p.prompt);
	assert_int_equal(p.prompt->samples, SECOND);
	for (unsigned at = 0; at < sizeof(octets); at += PLAYER_FRAME)
		assert_true(player_frame(&p, c, octets + at, PLAYER_FRAME));
	g711_decode(c == CODEC_PCMA ? G711_ALAW : G711_ULAW, out, octets, sizeof(octets));
}

static void assert_tones(const int16_t *samples, const unsigned hz[2])
{
	for (unsigned i = 0; i < 8; i++) {
		double f = goertzel_hz()[i];
		double dbm = goertzel_dbm(samples, SECONDS * SECOND, f);

		if (f == hz[0])
			assert_true(fabs(dbm + 10) < 0.1);
		else if (f == hz[1])
			assert_true(fabs(dbm + 8) < 0.1);
		else
			assert_true(dbm < -10 - 40);
	}
}

/* Both frequencies at their level, the other six 40 dB below, no clipping, no seam. */
static void test_both_frequencies(void **state)
{
	static int16_t samples[SECONDS * SECOND];
	struct tone_set *set;

	UNUSED(state);
	assert_int_equal(tone_set_create(&set), 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		for (int c = CODEC_PCMU; c <= CODEC_PCMA; c++) {
			int peak = 0;

			print_message("%c %s\n", rows[i].digit, codec_name((enum codec)c));
			play(set, rows[i].digit, (enum codec)c, samples);
			assert_tones(samples, rows[i].hz);
			for (size_t n = 0; n < ARRAY_COUNT(samples); n++)
				peak = abs(samples[n]) > peak ? abs(samples[n]) : peak;
			assert_in_range(peak, 14000, 18000);
			for (size_t n = 0; n + WINDOW <= ARRAY_COUNT(samples); n += WINDOW / 2)
				assert_int_equal(goertzel_digit(samples + n, WINDOW, 15),
						 rows[i].digit);
		}
	}
	tone_set_destroy(set);
}

static void test_no_tone(void **state)
{
	struct tone_set *set;

	UNUSED(state);
	assert_int_equal(tone_set_create(&set), 0);
	assert_null(tone_digit(set, (unsigned)dtmf_event_of('!')));
	assert_null(tone_digit(set, (unsigned)dtmf_event_of('x')));
	tone_set_destroy(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_frequencies),
		cmocka_unit_test(test_no_tone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
