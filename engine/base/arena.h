/* engine/base/arena.h - bounded memory of one call, freed at once.
 *
 * Chunks come from a per-shard chunk pool (struct arena_pool, LIFO, mapped lazily: memory is
 * touched only when used). An arena takes chunks as it grows, up to its limit, and gives them all
 * back in arena_reset. Alignment 8. Owned by one thread. */
#ifndef RINGER_BASE_ARENA_H
#define RINGER_BASE_ARENA_H

#include "engine/base/slice.h"

#define ARENA_CHUNK 1024 /* bytes of one chunk, its header included */

struct arena_pool;
struct arena_chunk;

struct arena {
	struct arena_pool *pool;
	struct arena_chunk *chunks; /* newest first */
	size_t used_bytes;          /* in the newest chunk */
	size_t total_bytes;         /* of all chunks */
	size_t limit_bytes;
};

/* chunk_max: chunks that may exist at once. 0 or -ENOMEM. */
int arena_pool_create(struct arena_pool **out, size_t chunk_max);
void arena_pool_destroy(struct arena_pool *pool);
size_t arena_pool_used(const struct arena_pool *pool); /* chunks lent out now */

void arena_init(struct arena *a, struct arena_pool *pool, size_t limit_bytes);

/* NULL when the limit of the arena or of the pool is reached. A request larger than a chunk takes a
 * run of its own from the heap (rare: long variables); it counts against the limit. */
void *arena_alloc(struct arena *a, size_t bytes);

/* A copy with a NUL behind it (not counted in len); a NULL ptr on failure. */
struct slice arena_dup(struct arena *a, struct slice s);

void arena_reset(struct arena *a);

#endif
