/* ami/byteq.c - see byteq.h. */
#include "ami/byteq.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

struct ami_chunk {
	struct ami_chunk *next;
	size_t from, to; /* octets in use */
	char data[LIMIT_AMI_CHUNK - 3 * sizeof(size_t)];
};

int ami_byteq_pool_create(struct slab **out, uint32_t chunk_max)
{
	return slab_create(out, "ami_chunk", sizeof(struct ami_chunk), chunk_max);
}

void ami_byteq_init(struct ami_byteq *q, struct slab *pool, size_t len_max)
{
	*q = (struct ami_byteq){.pool = pool, .len_max = len_max};
}

static size_t byteq_tail_room(const struct ami_byteq *q)
{
	return q->last ? sizeof(q->last->data) - q->last->to : 0;
}

/* Chunks for `len` octets, chained; NULL and nothing taken if the pool has not enough. */
static struct ami_chunk *byteq_chunks(struct ami_byteq *q, size_t len)
{
	struct ami_chunk *chain = NULL;

	for (size_t have = 0; have < len; have += sizeof(chain->data)) {
		struct ami_chunk *c = slab_alloc(q->pool);

		if (!c)
			goto none;
		c->next = chain;
		chain = c;
	}
	return chain;
none:
	while (chain) {
		struct ami_chunk *next = chain->next;

		slab_free(q->pool, chain);
		chain = next;
	}
	return NULL;
}

static size_t byteq_fill(struct ami_chunk *c, struct slice octets)
{
	size_t room = sizeof(c->data) - c->to;
	size_t part = octets.len < room ? octets.len : room;

	memcpy(c->data + c->to, octets.ptr, part);
	c->to += part;
	return part;
}

static void byteq_append(struct ami_byteq *q, struct ami_chunk *c)
{
	if (q->last)
		q->last->next = c;
	else
		q->first = c;
	q->last = c;
}

bool ami_byteq_add(struct ami_byteq *q, struct slice octets)
{
	size_t room = byteq_tail_room(q);
	struct ami_chunk *chain = NULL;

	if (octets.len == 0)
		return true;
	if (octets.len > q->len_max - q->len)
		return false;
	if (octets.len > room) {
		chain = byteq_chunks(q, octets.len - room);
		if (!chain)
			return false;
	}
	q->len += octets.len;
	if (room)
		octets = slice_from(octets, byteq_fill(q->last, octets));
	while (chain) {
		struct ami_chunk *next = chain->next;

		chain->next = NULL;
		byteq_append(q, chain);
		octets = slice_from(octets, byteq_fill(chain, octets));
		chain = next;
	}
	return true;
}

struct slice ami_byteq_peek(const struct ami_byteq *q)
{
	if (!q->first)
		return SLICE_EMPTY;
	return slice_make(q->first->data + q->first->from, q->first->to - q->first->from);
}

void ami_byteq_take(struct ami_byteq *q, size_t len)
{
	struct ami_chunk *c = q->first;

	if (len == 0)
		return;
	check(c);
	check(len <= c->to - c->from);
	c->from += len;
	q->len -= len;
	if (c->from < c->to)
		return;
	q->first = c->next;
	if (!q->first)
		q->last = NULL;
	slab_free(q->pool, c);
}

bool ami_byteq_read(struct ami_byteq *q, void *dst, size_t len)
{
	char *to = dst;

	if (q->len < len)
		return false;
	while (len) {
		struct slice run = slice_head(ami_byteq_peek(q), len);

		check(run.len > 0);
		memcpy(to, run.ptr, run.len);
		ami_byteq_take(q, run.len);
		to += run.len;
		len -= run.len;
	}
	return true;
}

void ami_byteq_clear(struct ami_byteq *q)
{
	while (q->first)
		ami_byteq_take(q, ami_byteq_peek(q).len);
}
