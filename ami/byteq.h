/* ami/byteq.h - first in, first out queue of octets in chunks of a shared pool.
 *
 * Holds what must wait: events behind an open action, input behind an open action, console output
 * that needs its result first. Nothing is allocated after the pool was made; an add that finds no
 * room adds nothing. Owned by one thread. */
#ifndef RINGER_AMI_BYTEQ_H
#define RINGER_AMI_BYTEQ_H

#include "engine/base/slab.h"
#include "engine/base/slice.h"

struct ami_chunk;

struct ami_byteq {
	struct slab *pool;
	struct ami_chunk *first, *last;
	size_t len;
	size_t len_max;
};

/* 0 or -ENOMEM. */
int ami_byteq_pool_create(struct slab **out, uint32_t chunk_max);

void ami_byteq_init(struct ami_byteq *q, struct slab *pool, size_t len_max);
/* False: above len_max, or the pool is used up; nothing was added. */
bool ami_byteq_add(struct ami_byteq *q, struct slice octets);
/* The first run of octets in one piece; empty if there are none. */
struct slice ami_byteq_peek(const struct ami_byteq *q);
/* Takes len octets off the front; len at most that of the peek. */
void ami_byteq_take(struct ami_byteq *q, size_t len);
/* Copies len octets out and takes them off; false (and nothing taken) if there are fewer. */
bool ami_byteq_read(struct ami_byteq *q, void *dst, size_t len);
void ami_byteq_clear(struct ami_byteq *q);

#endif
