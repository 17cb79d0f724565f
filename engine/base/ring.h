/* engine/base/ring.h - bounded lock-free rings of pointers (Concurrency Kit inside).
 *
 * The suffix is the contract: spsc one producer and one consumer thread; mpsc many producers, one
 * consumer; a ring is used in one of the two ways all its life. FIFO. A full ring refuses (false), it never waits and never drops.
 * The ring holds count_max pointers; it does not own what they point to. */
#ifndef RINGER_BASE_RING_H
#define RINGER_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* count_max is rounded up so that at least that many fit. 0 or -ENOMEM. */
int ring_create(struct ring **out, uint32_t count_max);
void ring_destroy(struct ring *r);
uint32_t ring_count(const struct ring *r); /* exact for the consumer, a hint for others */
uint32_t ring_count_max(const struct ring *r);

bool ring_push_spsc(struct ring *r, void *item);
bool ring_pop_spsc(struct ring *r, void **item);
/* Up to want items; returns how many. */
uint32_t ring_pop_batch_spsc(struct ring *r, void **items, uint32_t want);

bool ring_push_mpsc(struct ring *r, void *item);
bool ring_pop_mpsc(struct ring *r, void **item);

#endif
