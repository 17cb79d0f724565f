/* engine/core/source.h - port: where orders come from and where their outcomes go.
 *
 * A source hands orders to the inbox (inbox_submit, any thread) with a cookie of its own. The control
 * shard calls it back, on the control thread: `begun` once when the attempt leaves the queue, `dialed`
 * once when the dialling phase is over, `settle` exactly once when the call is over and its record is
 * written. Sources must not block there; one with a worker thread passes the outcome on through a
 * pipe. */
#ifndef RINGER_CORE_SOURCE_H
#define RINGER_CORE_SOURCE_H

#include "engine/base/hash.h"
#include "engine/core/originate.h"

struct outcome {
	uint64_t order_id;
	uint32_t attempt_no;
	bool answered;         /* or taken as answered by early media */
	bool is_reported;      /* cause and tech_code are what the far end said */
	bool withdrawn;        /* given back without having been dialled: the engine stops */
	int reason;            /* enum originate_reason */
	int cause;             /* Q.850 of the end, 0 unknown */
	int tech_code;         /* SIP status of a refusal, or 0 */
	int64_t waited_ns;     /* settle: from the taking of the order until it left the queue */
	struct slice channel;  /* real channel name, empty if none came to be */
	struct slice uniqueid; /* of the channel, or the ChannelId asked for, or empty */
};

struct source_ops {
	const char *name;
	/* The attempt leaves the queue: once, before the others, also if nothing is dialled then,
	 * or it comes back into line since its trunk turns out to be held. A source with much to
	 * offer keeps only a little more in the queue than the pacer takes at once. May be NULL. */
	void (*begun)(void *impl, uint64_t cookie);
	void (*dialed)(void *impl, uint64_t cookie, const struct outcome *o); /* may be NULL */
	void (*settle)(void *impl, uint64_t cookie, const struct outcome *o);
};

struct source {
	const struct source_ops *ops;
	void *impl;
};

/* The lock-free door of the queue. */
struct inbox;
struct io;

/* queue_max: orders that may wait or run at once. control: loop to wake. */
int inbox_create(struct inbox **out, uint32_t queue_max, struct io *control);
void inbox_destroy(struct inbox *in);

/* Copies the order. Any thread. 0 (and *id_out the id, if not NULL), -ENOSPC queue full, -E2BIG order
 * too large, -ESHUTDOWN when the engine stops. The source must outlive the order. */
int inbox_submit(struct inbox *in, const struct originate *o, const struct source *source,
		 uint64_t cookie, uint64_t *id_out);
/* From now on everything is refused with -ESHUTDOWN (or not again). */
void inbox_close(struct inbox *in, bool closed);

/* The control shard's side. */
struct order {
	struct order *next;           /* in its trunk's line */
	struct hash_node by_id;       /* while it runs */
	struct source source;
	uint64_t cookie;
	uint64_t id;
	int64_t accepted_ns;
	int64_t begun_ns; /* when it left the queue (last); 0: it is there */
	int64_t due_ns;
	uint64_t place;		      /* in line: order of coming, set by the queue */
	uint32_t trunk;               /* index, set by the queue */
	uint32_t shard;               /* set by the dialer */
	uint8_t state;                /* enum order_state, queue.h */
	bool begun;		      /* `begun` was reported */
	bool dialed;                  /* `dialed` was reported */
	uint32_t packed_len;
	char packed[];                /* struct originate */
};

/* Next new order, or NULL. */
struct order *inbox_take(struct inbox *in);
/* Gives the memory of a settled order back. */
void inbox_release(struct inbox *in, struct order *o);
/* Declares the control loop asleep; false: orders wait, do not sleep. */
bool inbox_sleep(struct inbox *in);
uint32_t inbox_used(const struct inbox *in);

#endif
