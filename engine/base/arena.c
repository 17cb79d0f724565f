/* engine/base/arena.c - see arena.h. */
#include "engine/base/arena.h"

#include "engine/base/check.h"
#include "engine/base/mem_internal.h"

#include <errno.h>
#include <stdlib.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t bytes; /* ARENA_CHUNK: of the pool; more: from the heap */
	char data[];
};

#define ARENA_DATA (ARENA_CHUNK - sizeof(struct arena_chunk))

struct arena_pool {
	char *base;
	size_t chunk_max;
	size_t fresh; /* chunks below this were used once */
	size_t used;
	struct arena_chunk *free; /* last in, first out */
};

int arena_pool_create(struct arena_pool **out, size_t chunk_max)
{
	struct arena_pool *pool;

	check(chunk_max > 0);
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	pool->chunk_max = chunk_max;
	pool->base = mem_map(chunk_max * ARENA_CHUNK);
	if (!pool->base) {
		free(pool);
		return -ENOMEM;
	}
	*out = pool;
	return 0;
}

void arena_pool_destroy(struct arena_pool *pool)
{
	if (!pool)
		return;
	mem_unmap(pool->base, pool->chunk_max * ARENA_CHUNK);
	free(pool);
}

size_t arena_pool_used(const struct arena_pool *pool)
{
	return pool->used;
}

static struct arena_chunk *arena_pool_take(struct arena_pool *pool)
{
	struct arena_chunk *chunk = pool->free;

	if (chunk) {
		pool->free = chunk->next;
		mem_unpoison(chunk->data, ARENA_DATA);
	} else {
		if (pool->fresh == pool->chunk_max)
			return NULL;
		chunk = (void *)(pool->base + pool->fresh++ * ARENA_CHUNK);
	}
	pool->used++;
	chunk->bytes = ARENA_CHUNK;
	return chunk;
}

static void arena_pool_give(struct arena_pool *pool, struct arena_chunk *chunk)
{
	check(pool->used > 0);
	pool->used--;
	chunk->next = pool->free;
	pool->free = chunk;
	mem_poison(chunk->data, ARENA_DATA);
}

void arena_init(struct arena *a, struct arena_pool *pool, size_t limit_bytes)
{
	*a = (struct arena){.pool = pool, .limit_bytes = limit_bytes, .used_bytes = ARENA_DATA};
}

/* A run of its own goes behind the newest chunk, which stays the one that fills up. */
static void *arena_alloc_run(struct arena *a, size_t bytes)
{
	size_t total = bytes + sizeof(struct arena_chunk);
	struct arena_chunk *run;

	if (a->total_bytes > a->limit_bytes || total > a->limit_bytes - a->total_bytes)
		return NULL;
	run = malloc(total);
	if (!run)
		return NULL;
	run->bytes = total;
	a->total_bytes += total;
	if (a->chunks) {
		run->next = a->chunks->next;
		a->chunks->next = run;
	} else {
		run->next = NULL;
		a->chunks = run;
		a->used_bytes = ARENA_DATA; /* nothing more fits into it */
	}
	return run->data;
}

static bool arena_grow(struct arena *a)
{
	struct arena_chunk *chunk;

	if (a->total_bytes + ARENA_CHUNK > a->limit_bytes)
		return false;
	chunk = arena_pool_take(a->pool);
	if (!chunk)
		return false;
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->total_bytes += ARENA_CHUNK;
	a->used_bytes = 0;
	return true;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	void *ptr;

	check(a->pool != NULL);
	if (bytes > a->limit_bytes)
		return NULL;
	bytes = mem_round(bytes ? bytes : 1, 8);
	if (bytes > ARENA_DATA)
		return arena_alloc_run(a, bytes);
	if (bytes > ARENA_DATA - a->used_bytes && !arena_grow(a))
		return NULL;
	ptr = a->chunks->data + a->used_bytes;
	a->used_bytes += bytes;
	return ptr;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
	char *copy = arena_alloc(a, s.len + 1);

	if (!copy)
		return SLICE_EMPTY;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return slice_make(copy, s.len);
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *chunk = a->chunks;

	while (chunk) {
		struct arena_chunk *next = chunk->next;

		if (chunk->bytes == ARENA_CHUNK)
			arena_pool_give(a->pool, chunk);
		else
			free(chunk);
		chunk = next;
	}
	a->chunks = NULL;
	a->total_bytes = 0;
	a->used_bytes = ARENA_DATA;
}
