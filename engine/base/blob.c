/* engine/base/blob.c - see blob.h.
 *
 * A class is a run of equal blocks and a stack of freed ones (a 16-octet head with a counter, so
 * that a block popped and pushed again in between is noticed). Blocks never used are taken in
 * order. */
#include "engine/base/blob.h"

#include "engine/base/check.h"
#include "engine/base/ck_internal.h"
#include "engine/base/mem_internal.h"

#include <errno.h>
#include <stdatomic.h>

#define BLOB_CLASSES 4
#define BLOB_IN_USE  UINT32_C(0xB10BB10B)

/* The entry stands before the blob, not in it: another thread may read it late, while popping. */
struct blob_block {
	struct ck_stack_entry entry;
	uint64_t pad; /* keeps data at a multiple of 16 */
	struct blob blob;
};

struct blob_class {
	_Alignas(64) struct ck_stack free; /* aligned for the double-width exchange */
	_Alignas(64) _Atomic uint32_t fresh;
	_Atomic uint32_t used;
	uint32_t room;
	uint32_t count_max;
	size_t stride;
	char *base;
};

struct blob_pool {
	struct blob_class classes[BLOB_CLASSES];
};

static const struct blob_size {
	uint32_t room;
	uint32_t share; /* 1/share of the count */
} blob_sizes[BLOB_CLASSES] = {{512, 1}, {2048, 1}, {8192, 8}, {65536, 64}};

static int blob_class_open(struct blob_class *c, const struct blob_size *size, uint32_t count_max)
{
	c->room = size->room;
	c->count_max = count_max / size->share ? count_max / size->share : 1;
	c->stride = mem_round(sizeof(struct blob_block) + c->room, 16);
	ck_stack_init(&c->free);
	c->base = mem_map(c->stride * c->count_max);
	return c->base ? 0 : -ENOMEM;
}

int blob_pool_create(struct blob_pool **out, uint32_t count_max)
{
	struct blob_pool *pool = mem_map(sizeof(*pool));

	check(count_max > 0);
	if (!pool)
		return -ENOMEM;
	for (uint32_t i = 0; i < BLOB_CLASSES; i++)
		if (blob_class_open(&pool->classes[i], &blob_sizes[i], count_max)) {
			blob_pool_destroy(pool);
			return -ENOMEM;
		}
	*out = pool;
	return 0;
}

void blob_pool_destroy(struct blob_pool *pool)
{
	if (!pool)
		return;
	for (uint32_t i = 0; i < BLOB_CLASSES; i++)
		mem_unmap(pool->classes[i].base,
			  pool->classes[i].stride * pool->classes[i].count_max);
	mem_unmap(pool, sizeof(*pool));
}

static struct blob_block *blob_class_fresh(struct blob_class *c)
{
	uint32_t index = atomic_load_explicit(&c->fresh, memory_order_relaxed);

	do {
		if (index == c->count_max)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(
		&c->fresh, &index, index + 1, memory_order_relaxed, memory_order_relaxed));
	return (void *)(c->base + c->stride * index);
}

static struct blob *blob_class_take(struct blob_class *c, uint32_t class_index)
{
	struct ck_stack_entry *entry = ck_stack_pop_mpmc(&c->free);
	struct blob_block *block = (void *)entry; /* its first member */

	if (block)
		ck_obtain(block);
	else
		block = blob_class_fresh(c);
	if (!block)
		return NULL;
	atomic_fetch_add_explicit(&c->used, 1, memory_order_relaxed);
	mem_unpoison(block->blob.data, c->room);
	block->blob =
		(struct blob){.class_index = class_index, .room = c->room, .pad = BLOB_IN_USE};
	return &block->blob;
}

struct blob *blob_alloc(struct blob_pool *pool, size_t bytes)
{
	/* A larger block serves when the fitting class is used up. */
	for (uint32_t i = 0; i < BLOB_CLASSES; i++) {
		struct blob_class *c = &pool->classes[i];
		struct blob *b = bytes <= c->room ? blob_class_take(c, i) : NULL;

		if (b)
			return b;
	}
	return NULL;
}

void blob_free(struct blob_pool *pool, struct blob *b)
{
	struct blob_block *block = (void *)((char *)b - offsetof(struct blob_block, blob));
	struct blob_class *c;

	check(b->pad == BLOB_IN_USE);
	check(b->class_index < BLOB_CLASSES);
	c = &pool->classes[b->class_index];
	check((char *)block >= c->base && (char *)block < c->base + c->stride * c->count_max);
	b->pad = 0;
	mem_poison(b->data, c->room);
	atomic_fetch_sub_explicit(&c->used, 1, memory_order_relaxed);
	ck_publish(block);
	ck_stack_push_mpmc(&c->free, &block->entry);
}

uint32_t blob_used(const struct blob_pool *pool)
{
	uint32_t used = 0;

	for (uint32_t i = 0; i < BLOB_CLASSES; i++)
		used += atomic_load_explicit(&pool->classes[i].used, memory_order_relaxed);
	return used;
}

size_t blob_pool_bytes(const struct blob_pool *pool)
{
	size_t bytes = sizeof(*pool);

	for (uint32_t i = 0; i < BLOB_CLASSES; i++)
		bytes += pool->classes[i].stride * pool->classes[i].count_max;
	return bytes;
}
