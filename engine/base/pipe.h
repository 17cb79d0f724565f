/* engine/base/pipe.h - stream of records of any size from one thread to one other.
 *
 * Records are packed into blocks, which go through an SPSC ring; a flush at the end of a turn lets
 * the consumer read on in the block that is still being filled. Emptied blocks come back the same
 * way and are reused last in first out, so only what is really in flight is resident. Nothing is
 * allocated after creation.
 *
 * Guarantee: a record written as PIPE_RELIABLE always finds room while no more than reserve_bytes
 * of unread reliable records exist (a record counts its data, rounded up to 8, and 8 octets more);
 * PIPE_DROPPABLE records are refused (and counted) once the blocks above the reserve are used up.
 *
 * Producer: pipe_write (or begin/commit), pipe_flush once a turn; a true return of pipe_flush means
 * that the consumer must be woken. Consumer: pipe_read until NULL, each turn; a record stays valid
 * until the next pipe_read; before it sleeps it calls pipe_sleep and sleeps only on true.
 *
 * A producer that must not lose a record asks pipe_await before it writes. Refused, it goes on with
 * other things until pipe_has_given is true; a true return of pipe_relieve, which the consumer
 * calls once it has read, means that the producer must be woken for that. */
#ifndef RINGER_BASE_PIPE_H
#define RINGER_BASE_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIPE_BLOCK 16384 /* bytes of a block; larger ones are used if record_max asks for them */

enum pipe_class { PIPE_DROPPABLE, PIPE_RELIABLE };

struct pipe_conf {
	size_t spare_bytes;   /* room for droppable records */
	size_t reserve_bytes; /* room kept for reliable ones */
	size_t record_max;    /* bytes of the largest record, at most 128 KiB; 0: PIPE_BLOCK - 64 */
};

struct pipe_record {
	uint32_t kind;
	uint32_t len; /* of data */
	char data[]; /* aligned to 8 */
};

struct pipe;

int pipe_create(struct pipe **out, const struct pipe_conf *conf);
void pipe_destroy(struct pipe *p);

/* Producer side. Room for len octets, or NULL when refused. Commit with the octets really used. */
void *pipe_begin(struct pipe *p, enum pipe_class class, uint32_t kind, size_t len);
void pipe_commit(struct pipe *p, size_t len);
bool pipe_write(struct pipe *p, enum pipe_class class, uint32_t kind, const void *data, size_t len);
/* Lets the consumer see all that was written. True: it sleeps and must be woken. */
bool pipe_flush(struct pipe *p);
uint64_t pipe_dropped(const struct pipe *p); /* droppable records refused */
/* Whether a record of len octets would be taken now; len above record_max never is. False: the
 * consumer is asked to say when it has read on. */
bool pipe_await(struct pipe *p, enum pipe_class class, size_t len);
/* It has, since pipe_await was false: ask again. */
bool pipe_has_given(const struct pipe *p);

/* Consumer side. */
const struct pipe_record *pipe_read(struct pipe *p);
/* Declares the consumer asleep. False: there is something to read after all, do not sleep. */
bool pipe_sleep(struct pipe *p);
/* True: room was made since the last call, and the producer waits for it. */
bool pipe_relieve(struct pipe *p);

/* True if nothing is unread (both ends quiet): for tests and the end of a run. */
bool pipe_idle(const struct pipe *p);

#endif
