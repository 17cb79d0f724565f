#include "rtp/player.h"

#include "rtp/codec_g711.h"

void player_start(struct player *p, const struct sound_prompt *prompt)
{
	p->prompt = prompt;
	p->offset = 0;
}

uint8_t player_silence(enum codec c)
{
	return c == CODEC_PCMA ? G711_ALAW_SILENCE : G711_ULAW_SILENCE;
}

static bool player_has_ended(const struct player *p)
{
	return !p->prompt || (!p->prompt->loop && p->offset >= p->prompt->samples);
}

static void player_advance(struct player *p, uint32_t samples)
{
	p->offset += samples;
	if (p->prompt->loop)
		p->offset %= p->prompt->samples;
}

bool player_frame(struct player *p, enum codec c, uint8_t *dst, uint32_t samples)
{
	uint32_t done = 0;

	if (player_has_ended(p))
		return false;
	while (done < samples && !player_has_ended(p)) {
		uint32_t left = p->prompt->samples - p->offset;
		uint32_t part = left < samples - done ? left : samples - done;

		if (p->prompt->data[c])
			memcpy(dst + done, p->prompt->data[c] + p->offset, part);
		else
			memset(dst + done, player_silence(c), part);
		player_advance(p, part);
		done += part;
	}
	memset(dst + done, player_silence(c), samples - done);
	return true;
}

bool player_skip(struct player *p, uint32_t samples)
{
	if (player_has_ended(p))
		return false;
	player_advance(p, samples);
	return true;
}
