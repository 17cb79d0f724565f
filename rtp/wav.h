/* rtp/wav.h - where the samples of a RIFF WAVE file are, and what they are.
 *
 * Pure parser over a whole file in memory. It accepts what the sound library can play: PCM, 16
 * bits, one channel, 8000 a second; anything else gives an error whose text says what was found.
 * Chunks may come in any order and unknown ones are skipped; a data chunk that claims more than the
 * file has (an unfinished recording) is cut at the end of the file. */
#ifndef RINGER_RTP_WAV_H
#define RINGER_RTP_WAV_H

#include "engine/base/sink.h"

struct wav {
	uint16_t format; /* 1: PCM */
	uint16_t channels;
	uint32_t rate;
	uint16_t bits;
	const uint8_t *data; /* 16-bit little-endian samples, perhaps unaligned */
	size_t data_bytes;   /* even */
};

/* 0, or -EINVAL (no WAVE file, broken chunks) or -ENOTSUP (another kind of sound); then `why` holds
 * one sentence. */
int wav_parse(struct wav *out, const void *data, size_t len, struct sink *why);

#endif
