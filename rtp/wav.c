#include "rtp/wav.h"

#include <errno.h>

#define CHUNK_HEADER	8
#define FMT_BYTES	16
#define FORMAT_PCM	1
#define FORMAT_EXTENDED 0xfffe
#define RATE		8000

static uint32_t wav_get32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint16_t wav_get16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static int wav_fail(struct sink *why, int error, const char *text)
{
	sink_str(why, text);
	return error;
}

static int wav_take_fmt(struct wav *w, const uint8_t *p, size_t bytes, struct sink *why)
{
	if (bytes < FMT_BYTES)
		return wav_fail(why, -EINVAL, "its format chunk is too short");
	w->format = wav_get16(p);
	w->channels = wav_get16(p + 2);
	w->rate = wav_get32(p + 4);
	w->bits = wav_get16(p + 14);
	/* WAVE_FORMAT_EXTENSIBLE: the format proper begins the GUID. */
	if (w->format == FORMAT_EXTENDED && bytes >= 26)
		w->format = wav_get16(p + 24);
	return 0;
}

static int wav_check(const struct wav *w, struct sink *why)
{
	if (w->format == 0 && w->rate == 0)
		return wav_fail(why, -EINVAL, "it has no format chunk");
	if (!w->data)
		return wav_fail(why, -EINVAL, "it has no data chunk");
	if (w->format == FORMAT_PCM && w->channels == 1 && w->bits == 16 && w->rate == RATE)
		return 0;
	sink_fmt(why,
		 "it is format %u, %u channel(s), %u bits, %u Hz; needed is PCM (format 1), mono, ",
		 w->format, w->channels, w->bits, w->rate);
	sink_str(why, "16 bits, 8000 Hz (convert with: sox in.wav -r 8000 -c 1 -b 16 out.wav)");
	return -ENOTSUP;
}

int wav_parse(struct wav *out, const void *data, size_t len, struct sink *why)
{
	const uint8_t *p = data;
	struct wav w = {0};
	size_t at = 12;

	if (len < 12 || wav_get32(p) != 0x46464952 || wav_get32(p + 8) != 0x45564157)
		return wav_fail(why, -EINVAL, "it is no RIFF WAVE file");
	while (!w.data && len - at >= CHUNK_HEADER) {
		uint32_t id = wav_get32(p + at);
		size_t bytes = wav_get32(p + at + 4);

		at += CHUNK_HEADER;
		if (bytes > len - at)
			bytes = len - at;
		if (id == 0x20746d66) { /* "fmt " */
			int rc = wav_take_fmt(&w, p + at, bytes, why);

			if (rc)
				return rc;
		} else if (id == 0x61746164) { /* "data" */
			w.data = p + at;
			w.data_bytes = bytes & ~(size_t)1;
		}
		/* Chunks begin at even offsets. */
		at += bytes + (bytes & 1);
		if (at > len)
			at = len;
	}
	*out = w;
	return wav_check(&w, why);
}
