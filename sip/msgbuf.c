/* sip/msgbuf.c - see msgbuf.h. */
#include "sip/msgbuf.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

#define MSGBUF_KINDS 3

_Static_assert(MSGBUF_LARGE >= LIMIT_SIP_OUT, "every message that we send must fit");

static const size_t msgbuf_room[MSGBUF_KINDS] = {MSGBUF_SMALL, MSGBUF_MEDIUM, MSGBUF_LARGE};
static const char *const msgbuf_name[MSGBUF_KINDS] = {"sip_buf_small", "sip_buf_medium",
						      "sip_buf_large"};

struct msgbuf_pool {
	struct slab *slabs[MSGBUF_KINDS];
	uint32_t spare_max, spare_used; /* of the larger ones */
};

int msgbuf_pool_create(struct msgbuf_pool **out, uint32_t small, uint32_t medium, uint32_t large)
{
	const uint32_t counts[MSGBUF_KINDS] = {small, medium, large};
	struct msgbuf_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return -ENOMEM;
	for (unsigned i = 0; i < MSGBUF_KINDS; i++) {
		int err = slab_create(&pool->slabs[i], msgbuf_name[i],
				      sizeof(struct msgbuf) + msgbuf_room[i], counts[i]);

		if (err) {
			msgbuf_pool_destroy(pool);
			return err;
		}
	}
	*out = pool;
	return 0;
}

void msgbuf_pool_destroy(struct msgbuf_pool *pool)
{
	if (!pool)
		return;
	for (unsigned i = 0; i < MSGBUF_KINDS; i++)
		if (pool->slabs[i])
			slab_destroy(pool->slabs[i]);
	free(pool);
}

void msgbuf_set_spare(struct msgbuf_pool *pool, uint32_t count)
{
	pool->spare_max = count;
}

static struct msgbuf *msgbuf_take(struct msgbuf_pool *pool, struct slice text, uint16_t kinds)
{
	for (uint16_t kind = 0; kind < kinds; kind++) {
		struct msgbuf *buf;

		if (text.len > msgbuf_room[kind])
			continue;
		buf = slab_alloc(pool->slabs[kind]);
		if (!buf)
			continue; /* a larger one will do */
		buf->kind = kind;
		buf->is_spare = false;
		buf->len = (uint32_t)text.len;
		if (text.len)
			memcpy(buf->data, text.ptr, text.len);
		return buf;
	}
	return NULL;
}

struct msgbuf *msgbuf_dup(struct msgbuf_pool *pool, struct slice text)
{
	return msgbuf_take(pool, text, MSGBUF_KINDS);
}

struct msgbuf *msgbuf_dup_spare(struct msgbuf_pool *pool, struct slice text)
{
	bool has_spare = pool->spare_used < pool->spare_max;
	struct msgbuf *buf = msgbuf_take(pool, text, has_spare ? MSGBUF_KINDS : 1);

	if (buf && buf->kind > 0) {
		buf->is_spare = true;
		pool->spare_used++;
	}
	return buf;
}

void msgbuf_free(struct msgbuf_pool *pool, struct msgbuf *buf)
{
	if (!buf)
		return;
	check(buf->kind < MSGBUF_KINDS);
	pool->spare_used -= buf->is_spare;
	slab_free(pool->slabs[buf->kind], buf);
}

uint32_t msgbuf_used(const struct msgbuf_pool *pool)
{
	uint32_t used = 0;

	for (unsigned i = 0; i < MSGBUF_KINDS; i++)
		used += slab_used(pool->slabs[i]);
	return used;
}

size_t msgbuf_bytes(const struct msgbuf_pool *pool)
{
	size_t bytes = 0;

	for (unsigned i = 0; i < MSGBUF_KINDS; i++)
		bytes += slab_bytes(pool->slabs[i]);
	return bytes;
}
