/* rtp/codec_g711.h - u-law and A-law (ITU-T G.711): to and from 16-bit samples, and to each other.
 *
 * Decoding and conversion by table; encoding by arithmetic, as it happens once per prompt, at load.
 * Conversion takes the nearest value of the other law, of the same sign at zero. */
#ifndef RINGER_RTP_CODEC_G711_H
#define RINGER_RTP_CODEC_G711_H

#include <stddef.h>
#include <stdint.h>

#define G711_ULAW_SILENCE 0xff
#define G711_ALAW_SILENCE 0xd5

enum g711_law { G711_ULAW, G711_ALAW };

extern const int16_t g711_ulaw_linear[256];
extern const int16_t g711_alaw_linear[256];
extern const uint8_t g711_ulaw_alaw[256];
extern const uint8_t g711_alaw_ulaw[256];

uint8_t g711_ulaw_encode(int16_t sample);
uint8_t g711_alaw_encode(int16_t sample);

void g711_encode(enum g711_law law, uint8_t *dst, const int16_t *samples, size_t count);
void g711_decode(enum g711_law law, int16_t *dst, const uint8_t *src, size_t count);
/* From the other law to `to`. dst may be src. */
void g711_convert(enum g711_law to, uint8_t *dst, const uint8_t *src, size_t count);

#endif
