/* One prompt: a file's octets in, samples per codec out. */
#include "rtp/sound.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "rtp/codec_g711.h"
#include "rtp/wav.h"

#define PROMPT_SAMPLES_MAX (UINT32_MAX / 4)

struct format_name {
	const char *extension;
	enum sound_format format;
};

/* Native first, then linear, then what needs a law changed: most calls are u-law. */
static const struct format_name format_names[] = {
	{"ulaw", SOUND_ULAW}, {"pcm", SOUND_ULAW},  {"ul", SOUND_ULAW},	 {"mu", SOUND_ULAW},
	{"ulw", SOUND_ULAW},  {"sln", SOUND_SLN},   {"slin", SOUND_SLN}, {"raw", SOUND_SLN},
	{"wav", SOUND_WAV},   {"alaw", SOUND_ALAW}, {"al", SOUND_ALAW},	 {"alw", SOUND_ALAW},
};

const char *sound_extension(unsigned n, enum sound_format *format)
{
	if (n >= ARRAY_COUNT(format_names))
		return NULL;
	*format = format_names[n].format;
	return format_names[n].extension;
}

bool sound_format_of(struct slice extension, enum sound_format *out)
{
	for (size_t i = 0; i < ARRAY_COUNT(format_names); i++) {
		if (slice_eq(extension, slice_str(format_names[i].extension))) {
			*out = format_names[i].format;
			return true;
		}
	}
	return false;
}

void sound_prompt_release(const struct sound_prompt *prompt)
{
	if (prompt && prompt->users) {
		unsigned before = atomic_fetch_sub_explicit(prompt->users, 1, memory_order_release);

		check(before > 0);
	}
}

size_t sound_prompt_bytes(uint32_t samples)
{
	return sizeof(struct sound_prompt) + 2 * (size_t)samples;
}

static int16_t prompt_sample(const uint8_t *p)
{
	return (int16_t)(uint16_t)(p[0] | p[1] << 8);
}

/* Little-endian samples at any alignment. */
static void prompt_encode(uint8_t *ulaw, uint8_t *alaw, const uint8_t *src, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		int16_t sample = prompt_sample(src + 2 * i);

		ulaw[i] = g711_ulaw_encode(sample);
		alaw[i] = g711_alaw_encode(sample);
	}
}

static void prompt_fill(uint8_t *ulaw, uint8_t *alaw, enum sound_format format, const uint8_t *src,
			size_t samples)
{
	switch (format) {
	case SOUND_ULAW:
		memcpy(ulaw, src, samples);
		g711_convert(G711_ALAW, alaw, src, samples);
		break;
	case SOUND_ALAW:
		memcpy(alaw, src, samples);
		g711_convert(G711_ULAW, ulaw, src, samples);
		break;
	case SOUND_SLN:
	case SOUND_WAV:
	case SOUND_FORMAT_COUNT:
		prompt_encode(ulaw, alaw, src, samples);
		break;
	}
}

int sound_prompt_make(struct sound_prompt **out, enum sound_format format, const void *data,
		      size_t len, struct sink *why)
{
	const uint8_t *src = data;
	struct sound_prompt *prompt;
	uint8_t *room;
	size_t samples = len;

	if (format == SOUND_WAV) {
		struct wav w;
		int rc = wav_parse(&w, data, len, why);

		if (rc)
			return rc;
		src = w.data;
		samples = w.data_bytes / 2;
	} else if (format == SOUND_SLN) {
		samples = len / 2;
	}
	if (samples == 0 || samples > PROMPT_SAMPLES_MAX) {
		sink_str(why, samples ? "it is too long" : "it holds no sound");
		return -EINVAL;
	}
	prompt = malloc(sound_prompt_bytes((uint32_t)samples));
	if (!prompt)
		return -ENOMEM;
	room = (uint8_t *)(prompt + 1);
	prompt_fill(room, room + samples, format, src, samples);
	*prompt = (struct sound_prompt){
		.data = {[CODEC_PCMU] = room, [CODEC_PCMA] = room + samples},
		.samples = (uint32_t)samples,
	};
	*out = prompt;
	return 0;
}
