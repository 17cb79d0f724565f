/* engine/base/ring.c - see ring.h. ck_ring keeps producer and consumer on cache lines of their own.
 */
#include "engine/base/ring.h"

#include "engine/base/check.h"
#include "engine/base/ck_internal.h"
#include "engine/base/mem_internal.h"

#include <errno.h>

#define RING_COUNT_MAX (UINT32_C(1) << 28)

struct ring {
	struct ck_ring ring;
	uint32_t slots; /* a power of two; one stays empty */
	struct ck_ring_buffer buffer[];
};

static size_t ring_bytes(uint32_t slots)
{
	return sizeof(struct ring) + slots * sizeof(struct ck_ring_buffer);
}

int ring_create(struct ring **out, uint32_t count_max)
{
	uint32_t slots;
	struct ring *r;

	check(count_max > 0 && count_max <= RING_COUNT_MAX);
	slots = (uint32_t)mem_pow2(count_max + 1 < 4 ? 4 : count_max + 1);
	r = mem_map(ring_bytes(slots));
	if (!r)
		return -ENOMEM;
	r->slots = slots;
	ck_ring_init(&r->ring, slots);
	*out = r;
	return 0;
}

void ring_destroy(struct ring *r)
{
	if (r)
		mem_unmap(r, ring_bytes(r->slots));
}

uint32_t ring_count(const struct ring *r)
{
	return ck_ring_size(&r->ring);
}

uint32_t ring_count_max(const struct ring *r)
{
	return r->slots - 1;
}

bool ring_push_spsc(struct ring *r, void *item)
{
	ck_publish(r);
	return ck_ring_enqueue_spsc(&r->ring, r->buffer, item);
}

bool ring_pop_spsc(struct ring *r, void **item)
{
	if (!ck_ring_dequeue_spsc(&r->ring, r->buffer, (void *)item))
		return false;
	ck_obtain(r);
	return true;
}

uint32_t ring_pop_batch_spsc(struct ring *r, void **items, uint32_t want)
{
	uint32_t n = 0;

	while (n < want && ck_ring_dequeue_spsc(&r->ring, r->buffer, (void *)&items[n]))
		n++;
	if (n)
		ck_obtain(r);
	return n;
}

bool ring_push_mpsc(struct ring *r, void *item)
{
	ck_publish(r);
	return ck_ring_enqueue_mpsc(&r->ring, r->buffer, item);
}

bool ring_pop_mpsc(struct ring *r, void **item)
{
	if (!ck_ring_dequeue_mpsc(&r->ring, r->buffer, (void *)item))
		return false;
	ck_obtain(r);
	return true;
}
