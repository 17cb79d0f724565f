/* engine/base/slab.c - see slab.h.
 *
 * Two mappings: the objects, and 8 octets of bookkeeping an object, so that a walk over handles or
 * a stale handle never touches a freed object. The generation is odd while the object is in use. */
#include "engine/base/slab.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/mem_internal.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SLAB_NONE UINT32_MAX

struct slab_meta {
	uint32_t gen;
	uint32_t next; /* index of the next free object */
};

struct slab {
	const char *name;
	char *objects;
	struct slab_meta *meta;
	size_t object_bytes; /* as asked for */
	size_t stride;
	uint32_t count_max;
	uint32_t limit; /* indexes below were used once */
	uint32_t free;	/* head of the free ones, last in first out */
	_Atomic uint32_t used; /* written by the owner alone, read by any thread */
	uint64_t refused;
};

static size_t slab_object_area(const struct slab *s)
{
	return s->stride * s->count_max;
}

/* Load and store: one writer needs no locked addition. */
static void slab_set_used(struct slab *s, uint32_t used)
{
	atomic_store_explicit(&s->used, used, memory_order_relaxed);
}

static size_t slab_meta_area(const struct slab *s)
{
	return sizeof(struct slab_meta) * s->count_max;
}

int slab_create(struct slab **out, const char *name, size_t object_bytes, uint32_t count_max)
{
	struct slab *s;

	check(object_bytes > 0);
	check(count_max > 0 && count_max < SLAB_NONE);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->object_bytes = object_bytes;
	s->name = name;
	/* Large objects begin on a cache line; small ones are packed as malloc would align them. */
	s->stride = mem_round(object_bytes, object_bytes >= 256 ? 64 : 16);
	s->count_max = count_max;
	s->free = SLAB_NONE;
	s->objects = mem_map(slab_object_area(s));
	s->meta = mem_map(slab_meta_area(s));
	if (!s->objects || !s->meta) {
		slab_destroy(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void slab_destroy(struct slab *s)
{
	if (!s)
		return;
	mem_unmap(s->objects, slab_object_area(s));
	mem_unmap(s->meta, slab_meta_area(s));
	free(s);
}

static void *slab_object(const struct slab *s, uint32_t index)
{
	return s->objects + s->stride * index;
}

static bool slab_in_use(const struct slab *s, uint32_t index)
{
	return s->meta[index].gen & 1;
}

void *slab_alloc(struct slab *s)
{
	uint32_t index = s->free;
	void *object;

	if (index != SLAB_NONE) {
		check(!slab_in_use(s, index));
		s->free = s->meta[index].next;
		object = slab_object(s, index);
		mem_unpoison(object, s->object_bytes);
		memset(object, 0, s->object_bytes);
	} else if (s->limit < s->count_max) {
		index = s->limit++;
		object = slab_object(s, index); /* fresh from the kernel: zeroed */
	} else {
		s->refused++;
		log_warning("All %u objects of %s are in use; the request is refused", s->count_max,
			    s->name);
		return NULL;
	}
	s->meta[index].gen++;
	slab_set_used(s, slab_used(s) + 1);
	return object;
}

uint32_t slab_index(const struct slab *s, const void *object)
{
	size_t offset = (size_t)((const char *)object - s->objects);

	check((const char *)object >= s->objects && offset < s->stride * s->limit);
	check(offset % s->stride == 0);
	return (uint32_t)(offset / s->stride);
}

void slab_free(struct slab *s, void *object)
{
	uint32_t index = slab_index(s, object);

	check(slab_in_use(s, index));
	check(slab_used(s) > 0);
	s->meta[index].gen++;
	s->meta[index].next = s->free;
	s->free = index;
	slab_set_used(s, slab_used(s) - 1);
	mem_poison(object, s->object_bytes);
}

handle_t slab_handle(const struct slab *s, const void *object)
{
	uint32_t index = slab_index(s, object);

	check(slab_in_use(s, index));
	return handle_make(s->meta[index].gen, index);
}

void *slab_get(const struct slab *s, handle_t h)
{
	uint32_t index = handle_index(h);

	if (index >= s->limit || s->meta[index].gen != handle_gen(h) || !slab_in_use(s, index))
		return NULL;
	return slab_object(s, index);
}

void *slab_at(const struct slab *s, uint32_t index)
{
	return index < s->limit && slab_in_use(s, index) ? slab_object(s, index) : NULL;
}

uint32_t slab_limit(const struct slab *s)
{
	return s->limit;
}

uint32_t slab_used(const struct slab *s)
{
	return atomic_load_explicit(&s->used, memory_order_relaxed);
}

uint32_t slab_count_max(const struct slab *s)
{
	return s->count_max;
}

uint64_t slab_refused(const struct slab *s)
{
	return s->refused;
}

size_t slab_bytes(const struct slab *s)
{
	return slab_object_area(s) + slab_meta_area(s);
}
