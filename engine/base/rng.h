/* engine/base/rng.h - small seeded generator (xoshiro256**), one per shard.
 *
 * For branches, tags, Call-IDs, SSRCs, jitter. Equal seeds give equal sequences: the simulation
 * depends on it. Never for keys or nonces, which come from OpenSSL. */
#ifndef RINGER_BASE_RNG_H
#define RINGER_BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t state[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
uint32_t rng_u32(struct rng *r);
/* 0 .. bound-1; bound > 0. */
uint32_t rng_below(struct rng *r, uint32_t bound);
/* True with probability permille / 1000. */
bool rng_chance(struct rng *r, uint32_t permille);
/* Lower-case hex digits, no NUL. */
void rng_hex(struct rng *r, char *dst, size_t digits);
/* 36 characters xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx, no NUL. */
void rng_uuid(struct rng *r, char dst[36]);

#endif
