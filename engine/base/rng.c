/* engine/base/rng.c - xoshiro256** 1.0 (Blackman and Vigna), seeded by splitmix64. */
#include "engine/base/rng.h"

#include "engine/base/check.h"

#include <string.h>

static uint64_t rng_rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static uint64_t rng_splitmix(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->state[i] = rng_splitmix(&seed);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->state;
	uint64_t result = rng_rotate(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rng_rotate(s[3], 45);
	return result;
}

uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

uint32_t rng_below(struct rng *r, uint32_t bound)
{
	check(bound > 0);
	/* The bias, below bound / 2^32, is of no matter for ids, ports and jitter. */
	return (uint32_t)((uint64_t)rng_u32(r) * bound >> 32);
}

bool rng_chance(struct rng *r, uint32_t permille)
{
	return rng_below(r, 1000) < permille;
}

void rng_hex(struct rng *r, char *dst, size_t digits)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < digits; i++) {
		if (i % 16 == 0)
			bits = rng_u64(r);
		dst[i] = "0123456789abcdef"[bits & 15];
		bits >>= 4;
	}
}

void rng_uuid(struct rng *r, char dst[36])
{
	char hex[32];
	size_t from = 0;

	rng_hex(r, hex, sizeof(hex));
	hex[12] = '4';
	hex[16] = "89ab"[rng_below(r, 4)];
	for (size_t i = 0; i < 36; i++)
		dst[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex[from++];
	check(from == sizeof(hex));
}
