/* rtp/bytes.h - integers in network order, at any alignment. */
#ifndef RINGER_RTP_BYTES_H
#define RINGER_RTP_BYTES_H

#include <stdint.h>

static inline uint16_t bytes_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t bytes_get24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t bytes_get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | bytes_get24(p + 1);
}

static inline void bytes_put16(uint8_t *p, uint16_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static inline void bytes_put24(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 16);
	bytes_put16(p + 1, (uint16_t)n);
}

static inline void bytes_put32(uint8_t *p, uint32_t n)
{
	p[0] = (uint8_t)(n >> 24);
	bytes_put24(p + 1, n);
}

#endif
