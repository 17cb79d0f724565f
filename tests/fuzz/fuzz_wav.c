/* tests/fuzz/fuzz_wav.c - files as RIFF WAVE, and as prompts of every format. */
#include <stdlib.h>

#include "engine/base/check.h"
#include "rtp/player.h"
#include "rtp/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(const struct sound_prompt *prompt)
{
	uint8_t frame[PLAYER_FRAME];
	struct player player;
	uint32_t frames = 0;

	player_start(&player, prompt);
	while (player_frame(&player, frames % 2 ? CODEC_PCMA : CODEC_PCMU, frame, PLAYER_FRAME))
		frames++;
	check(frames == (prompt->samples + PLAYER_FRAME - 1) / PLAYER_FRAME);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[300];
	struct sink why = sink_make(text, sizeof(text));
	struct wav w = {0};

	if (wav_parse(&w, data, size, &why) == 0) {
		check(w.data >= data);
		check(w.data + w.data_bytes <= data + size);
		check(why.len == 0);
	} else {
		check(why.len > 0);
		check(!why.over);
	}
	for (unsigned format = 0; format < SOUND_FORMAT_COUNT; format++) {
		struct sound_prompt *prompt = NULL;

		why = sink_make(text, sizeof(text));
		if (sound_prompt_make(&prompt, (enum sound_format)format, data, size, &why) == 0)
			play(prompt);
		free(prompt);
	}
	return 0;
}
