/* The lock-free door of the queue: contract in source.h. */
#include "engine/base/blob.h"
#include "engine/base/check.h"
#include "engine/base/ring.h"
#include "engine/core/source.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct inbox {
	struct blob_pool *pool;
	struct ring *ring;
	struct io *control;
	uint32_t order_max;
	_Atomic uint64_t next_id;
	_Atomic uint32_t used;   /* accepted and not yet released */
	_Atomic bool closed;
	_Atomic bool asleep;     /* the control loop waits for a bell */
};

int inbox_create(struct inbox **out, uint32_t queue_max, struct io *control)
{
	struct inbox *in = calloc(1, sizeof(*in));

	check(queue_max > 0 && queue_max <= LIMIT_QUEUE_MAX);
	if (!in)
		return -ENOMEM;
	in->order_max = queue_max;
	in->control = control;
	atomic_init(&in->next_id, 1);
	if (blob_pool_create(&in->pool, queue_max) != 0 || ring_create(&in->ring, queue_max) != 0) {
		inbox_destroy(in);
		return -ENOMEM;
	}
	*out = in;
	return 0;
}

void inbox_destroy(struct inbox *in)
{
	if (!in)
		return;
	if (in->ring)
		ring_destroy(in->ring);
	if (in->pool)
		blob_pool_destroy(in->pool);
	free(in);
}

/* One of the queue_max places; false: full. */
static bool inbox_reserve(struct inbox *in)
{
	uint32_t before = atomic_fetch_add(&in->used, 1);

	if (before < in->order_max)
		return true;
	atomic_fetch_sub(&in->used, 1);
	return false;
}

static struct order *inbox_fill(struct blob *b, const struct originate *o,
				const struct source *source, uint64_t cookie, uint64_t id)
{
	struct order *order = (struct order *)(void *)b->data;
	int64_t id_field = (int64_t)id;

	memset(order, 0, sizeof(*order));
	order->source = *source;
	order->cookie = cookie;
	order->id = id;
	order->packed_len = (uint32_t)originate_pack(order->packed, o);
	/* The id stands first in the packed form. */
	memcpy(order->packed, &id_field, sizeof(id_field));
	return order;
}

static void inbox_bell(struct inbox *in)
{
	if (atomic_exchange(&in->asleep, false))
		io_wake(in->control);
}

int inbox_submit(struct inbox *in, const struct originate *o, const struct source *source,
		 uint64_t cookie, uint64_t *id_out)
{
	size_t bytes = sizeof(struct order) + originate_packed_bytes(o);
	struct order *order;
	struct blob *b;
	uint64_t id;

	if (atomic_load(&in->closed))
		return -ESHUTDOWN;
	if (bytes > LIMIT_ORDER_BYTES)
		return -E2BIG;
	if (!inbox_reserve(in))
		return -ENOSPC;
	b = blob_alloc(in->pool, bytes);
	if (!b) {
		atomic_fetch_sub(&in->used, 1);
		return -ENOSPC;
	}
	id = atomic_fetch_add(&in->next_id, 1);
	order = inbox_fill(b, o, source, cookie, id);
	/* No more orders exist than the ring has places. */
	check(ring_push_mpsc(in->ring, order));
	if (id_out)
		*id_out = id;
	inbox_bell(in);
	return 0;
}

void inbox_close(struct inbox *in, bool closed)
{
	atomic_store(&in->closed, closed);
}

struct order *inbox_take(struct inbox *in)
{
	void *item;

	return ring_pop_mpsc(in->ring, &item) ? item : NULL;
}

void inbox_release(struct inbox *in, struct order *o)
{
	struct blob *b = (struct blob *)(void *)((char *)o - offsetof(struct blob, data));

	blob_free(in->pool, b);
	atomic_fetch_sub(&in->used, 1);
}

bool inbox_sleep(struct inbox *in)
{
	atomic_store(&in->asleep, true);
	if (ring_count(in->ring) == 0)
		return true;
	atomic_store(&in->asleep, false);
	return false;
}

uint32_t inbox_used(const struct inbox *in)
{
	return atomic_load(&in->used);
}
