/* engine/base/slab.h - fixed number of equal objects, with generation handles.
 *
 * One mapping, reserved at creation and touched as objects are used; freed objects are reused last
 * in first out, so the resident size follows the peak. A handle names an object across threads and
 * time: generation and index; a stale handle gives NULL. Owned by one thread. */
#ifndef RINGER_BASE_SLAB_H
#define RINGER_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 is no object: generations begin with 1. */
typedef uint64_t handle_t;
#define HANDLE_NONE ((handle_t)0)

static inline uint32_t handle_index(handle_t h)
{
	return (uint32_t)h;
}

static inline uint32_t handle_gen(handle_t h)
{
	return (uint32_t)(h >> 32);
}

static inline handle_t handle_make(uint32_t gen, uint32_t index)
{
	return (uint64_t)gen << 32 | index;
}

struct slab;

/* `name` is kept (a literal) for messages. 0 or -ENOMEM. */
int slab_create(struct slab **out, const char *name, size_t object_bytes, uint32_t count_max);
void slab_destroy(struct slab *s);

/* A zeroed object, or NULL when all are used (counted). */
void *slab_alloc(struct slab *s);
/* The object must be of this slab and in use. Debug builds poison it. */
void slab_free(struct slab *s, void *object);

handle_t slab_handle(const struct slab *s, const void *object);
/* NULL for HANDLE_NONE, a stale or a foreign handle. */
void *slab_get(const struct slab *s, handle_t h);

uint32_t slab_index(const struct slab *s, const void *object);
/* Object at an index if it is in use, else NULL: for walks over all (index < slab_limit). */
void *slab_at(const struct slab *s, uint32_t index);
/* One above the highest index ever used. */
uint32_t slab_limit(const struct slab *s);

/* From any thread; to others than the owner it is true for a moment. */
uint32_t slab_used(const struct slab *s);
uint32_t slab_count_max(const struct slab *s);
uint64_t slab_refused(const struct slab *s);
/* Bytes reserved (not resident): for the memory budget. */
size_t slab_bytes(const struct slab *s);

#endif
