/* engine/core/keep.c - see keep.h */
#include "engine/core/keep.h"

#include <stdlib.h>

#define KEEP_CHUNK 16384

struct keep_chunk {
	struct keep_chunk *next;
	size_t room;
	_Alignas(8) char data[];
};

static struct keep_chunk *chunk_add(struct keep *k, size_t bytes)
{
	size_t room = bytes > KEEP_CHUNK ? bytes : KEEP_CHUNK;
	struct keep_chunk *c = calloc(1, sizeof(*c) + room);

	if (!c)
		return NULL;
	c->room = room;
	c->next = k->chunks;
	k->chunks = c;
	k->used_bytes = 0;
	k->total_bytes += room;
	return c;
}

void *keep_alloc(struct keep *k, size_t bytes)
{
	struct keep_chunk *c = k->chunks;
	void *p;

	bytes = (bytes + 7) & ~(size_t)7;
	if (!c || c->room - k->used_bytes < bytes)
		c = chunk_add(k, bytes);
	if (!c)
		return NULL;
	p = c->data + k->used_bytes;
	k->used_bytes += bytes;
	return p;
}

struct slice keep_dup(struct keep *k, struct slice s)
{
	char *p = keep_alloc(k, s.len + 1);

	if (!p)
		return SLICE_EMPTY;
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = 0;
	return slice_make(p, s.len);
}

void keep_free(struct keep *k)
{
	while (k->chunks) {
		struct keep_chunk *c = k->chunks;

		k->chunks = c->next;
		free(c);
	}
	*k = KEEP_INIT;
}
