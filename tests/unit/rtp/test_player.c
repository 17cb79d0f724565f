/* tests/unit/rtp/test_player.c: player and tones */
#include "rtp/player.h"

#include <stdlib.h>

#include "engine/base/check.h"
#include "rtp/codec_g711.h"
#include "rtp/tone.h"
#include "tests/unit/cmocka.h"

static struct sound_prompt *prompt_of(size_t samples)
{
	uint8_t data[1000];
	char text[64];
	struct sink why = sink_make(text, sizeof(text));
	struct sound_prompt *prompt = NULL;

	for (size_t i = 0; i < samples; i++)
		data[i] = (uint8_t)(i % 100);
	assert_int_equal(sound_prompt_make(&prompt, SOUND_ULAW, data, samples, &why), 0);
	return prompt;
}

static void test_frames_and_the_last_one_filled_up(void **state)
{
	struct sound_prompt *prompt = prompt_of(400);
	struct player p;
	uint8_t frame[160];

	UNUSED(state);
	player_start(&p, prompt);
	for (unsigned n = 0; n < 3; n++) {
		assert_true(player_frame(&p, CODEC_PCMU, frame, 160));
		for (unsigned i = 0; i < 160; i++)
			assert_int_equal(frame[i], n * 160 + i < 400 ? (n * 160 + i) % 100 : 0xff);
	}
	frame[0] = 0x55;
	assert_false(player_frame(&p, CODEC_PCMU, frame, 160));
	assert_int_equal(frame[0], 0x55);
	free(prompt);
}

static void test_codec_may_change_in_the_middle(void **state)
{
	struct sound_prompt *prompt = prompt_of(320);
	struct player p;
	uint8_t frame[160];

	UNUSED(state);
	player_start(&p, prompt);
	assert_true(player_frame(&p, CODEC_PCMU, frame, 160));
	assert_true(player_frame(&p, CODEC_PCMA, frame, 160));
	for (unsigned i = 0; i < 160; i++)
		assert_int_equal(frame[i], g711_ulaw_alaw[(160 + i) % 100]);
	assert_false(player_frame(&p, CODEC_PCMA, frame, 160));
	free(prompt);
}

static void test_skip_moves_on(void **state)
{
	struct sound_prompt *prompt = prompt_of(320);
	struct player p;
	uint8_t frame[160];

	UNUSED(state);
	player_start(&p, prompt);
	assert_true(player_skip(&p, 160));
	assert_true(player_frame(&p, CODEC_PCMU, frame, 160));
	assert_int_equal(frame[0], 60);
	assert_false(player_skip(&p, 160));
	player_start(&p, NULL);
	assert_false(player_skip(&p, 160));
	assert_false(player_frame(&p, CODEC_PCMU, frame, 160));
	free(prompt);
}

static void test_loop(void **state)
{
	struct sound_prompt *prompt = prompt_of(100);
	struct player p;
	uint8_t frame[160];

	UNUSED(state);
	prompt->loop = true;
	player_start(&p, prompt);
	for (unsigned n = 0; n < 7; n++) {
		assert_true(player_frame(&p, CODEC_PCMU, frame, 160));
		for (unsigned i = 0; i < 160; i++)
			assert_int_equal(frame[i], (n * 160 + i) % 100);
	}
	free(prompt);
}

static unsigned loudest(const struct sound_prompt *prompt, uint32_t from, uint32_t to)
{
	unsigned most = 0;

	for (uint32_t i = from; i < to; i++) {
		unsigned size = (unsigned)abs(g711_ulaw_linear[prompt->data[CODEC_PCMU][i]]);

		most = size > most ? size : most;
	}
	return most;
}

static void test_tones(void **state)
{
	static const struct {
		const char *name;
		uint32_t on, all;
		unsigned least, most; /* of two frequencies, in 16-bit samples */
	} rows[] = {
		{"busy", 4000, 8000, 9000, 10500},     {"Congestion", 2000, 4000, 9000, 10500},
		{"dial", 8000, 8000, 9000, 10500},     {"ring", 16000, 48000, 4500, 5300},
		{"ringing", 16000, 48000, 4500, 5300},
	};
	struct tone_set *set;

	UNUSED(state);
	assert_int_equal(tone_set_create(&set), 0);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct sound_prompt *prompt = tone_find(set, slice_str(rows[i].name));

		assert_non_null(prompt);
		assert_true(prompt->loop);
		assert_int_equal(prompt->samples, rows[i].all);
		assert_in_range(loudest(prompt, 0, rows[i].on), rows[i].least, rows[i].most);
		assert_int_equal(loudest(prompt, rows[i].on, rows[i].all), 0);
	}
	assert_null(tone_find(set, SLICE_LIT("sirene")));
	tone_set_destroy(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_and_the_last_one_filled_up),
		cmocka_unit_test(test_codec_may_change_in_the_middle),
		cmocka_unit_test(test_skip_moves_on),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_tones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
