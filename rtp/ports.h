/* rtp/ports.h - pool of RTP/RTCP socket pairs of one shard, bound ahead of need.
 *
 * A pair is an even port for RTP and the odd one above for RTCP. Binding costs as much as several
 * packets, so some pairs are kept ready (ports_prepare, once a turn), and a pair that a call gave
 * back stays bound and rests in a FIFO until stray packets of that call have died away. A rested or
 * unused pair is preferred, then a new one; only when the range is used up is the pair that has
 * rested longest taken before its time. One pool serves several local addresses, each with the
 * whole range. Owned by the shard. */
#ifndef RINGER_RTP_PORTS_H
#define RINGER_RTP_PORTS_H

#include "engine/base/list.h"
#include "engine/base/rng.h"
#include "engine/base/slab.h"
#include "engine/io/io.h"

#define PORTS_REST_NS INT64_C(5000000000)
#define PORTS_AHEAD   64

struct ports_conf {
	struct io *io;
	struct rng *rng;     /* where in the range to begin */
	uint16_t start, end; /* this shard's part: even start, last port included */
	uint32_t pair_max;   /* pairs that may be bound in all */
	uint32_t ahead;	     /* unused pairs to keep ready on each address */
	int64_t rest_ns;
	io_udp_fn on_rtp, on_rtcp; /* arg: struct port * */
};

struct port {
	struct list node; /* free list of its group */
	struct io_udp *rtp, *rtcp;
	void *user;	/* of the taker; NULL while free */
	void *pool_arg; /* of the pool's owner, for packets */
	int64_t freed_ns;
	uint16_t number; /* of RTP */
	uint8_t group;
	bool is_fresh; /* never used by a call */
};

struct ports;

/* arg: port->pool_arg. 0 or -ENOMEM. */
int ports_create(struct ports **out, const struct ports_conf *conf, void *arg);
/* Closes all pairs, also those taken. */
void ports_destroy(struct ports *p);

/* A pair on that address (family 0: any IPv4), whose packets are marked so; or NULL: none left, or
 * not bindable. Where all that may be bound is, one that rests on another address gives way. */
struct port *ports_take(struct ports *p, const struct addr *local, struct io_mark mark,
			int64_t now_ns);
void ports_give(struct ports *p, struct port *port, int64_t now_ns);

/* Binds some of the pairs that are missing from the stock; a few at a time. */
void ports_prepare(struct ports *p, int64_t now_ns);

/* This shard's part of the range first..last: contiguous, even start; start >= end when it is
 * empty. */
void ports_split(uint16_t first, uint16_t last, uint32_t shard, uint32_t shard_count,
		 uint16_t *start, uint16_t *end);

uint32_t ports_bound(const struct ports *p);
uint32_t ports_taken(const struct ports *p);

#endif
