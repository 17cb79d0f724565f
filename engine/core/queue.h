/* engine/core/queue.h - the attempts of the control shard: due order, trunks, states.
 *
 * Orders come out of the inbox (source.h). Those due in the future wait in a heap; due ones stand
 * in the line of their trunk, first come first served; trunks take turns. A trunk is made at first
 * use and has the pacer of its [trunk] section in dialer.conf, or that of [general].
 * Single-threaded: the control shard's. */
#ifndef RINGER_CORE_QUEUE_H
#define RINGER_CORE_QUEUE_H

#include "engine/core/pacer.h"
#include "engine/core/source.h"

/* SCHEDULED -> WAITING -> ADMITTED -> RUNNING -> RECORDING -> SETTLED; one table in queue.c. */
enum order_state {
	ORDER_SCHEDULED, /* due later */
	ORDER_WAITING,	 /* due, in its trunk's line */
	ORDER_ADMITTED,	 /* granted by the pacer */
	ORDER_RUNNING,	 /* with a shard */
	ORDER_RECORDING, /* over; its record is being written */
	ORDER_SETTLED,
	ORDER_STATE_COUNT,
};
enum order_event {
	ORDER_DUE,
	ORDER_GRANT,
	ORDER_SEND,
	ORDER_END,
	ORDER_RECORDED,
	ORDER_CANCEL,	/* given back before it was sent to a shard (engine stops) */
	ORDER_PUT_BACK, /* came back from its shard undialled */
	ORDER_EVENT_COUNT,
};
const char *order_state_name(enum order_state s);
/* The only place that changes an order's state. Asserts that the table allows it. */
void order_step(struct order *o, enum order_event event);

struct trunk {
	char name[LIMIT_NAME];
	struct pacer pacer;
	struct order *first, **last; /* the line, by order.place */
	struct order *returned;	     /* in the line: put back last, or NULL */
	uint64_t places;	     /* given so far */
	uint32_t waiting;
	uint32_t scheduled;		    /* orders due later */
	uint64_t started, answered, failed; /* started: without those put back */
	int64_t held_ns;		    /* nothing starts before this instant; 0: not held */
	uint64_t trial; /* id of the one order that tries whether the far end is back; 0: none */
	bool on_trial;	/* one order at a time, until one is answered */
	bool is_configured;
};

/* Limits of a trunk by name, from dialer.conf. */
struct trunk_conf {
	char name[LIMIT_NAME];
	struct pacer_conf pacer;
};

struct queue_conf {
	uint32_t queue_max;
	struct pacer_conf general;	 /* all trunks together */
	struct pacer_conf trunk_default; /* a trunk without a section */
	const struct trunk_conf *trunks;
	uint32_t trunk_count;
};

struct queue;

int queue_create(struct queue **out, const struct queue_conf *conf);
void queue_destroy(struct queue *q);
/* Limits and trunks; sizes stay (pacer_set_conf). 0; -ENOMEM, and the old ones stay in force. */
int queue_set_conf(struct queue *q, const struct queue_conf *conf, int64_t now_ns);

/* Takes an order over: o->due_ns says when it may start. trunk_name: cut at LIMIT_NAME - 1. 0, or
 * -ENOSPC (LIMIT_TRUNKS names are in use). */
int queue_add(struct queue *q, struct order *o, struct slice trunk_name, int64_t now_ns);
/* Next order that may start now (state ADMITTED, counted by the pacers), or NULL. */
struct order *queue_grant(struct queue *q, int64_t now_ns);
/* Its dialling phase is over; it is over as a whole. */
void queue_dialed(struct queue *q, const struct order *o, bool answered);
/* What the far end said to it (pacer_heard). True: its trunk is dialled half as fast from now on.
 */
bool queue_heard(struct queue *q, const struct order *o, int64_t now_ns, bool is_refused);
void queue_ended(struct queue *q, const struct order *o);
/* Takes out any order that has not started (state SETTLED by ORDER_CANCEL), for the end of the
 * engine; NULL when none is left. */
struct order *queue_cancel_next(struct queue *q);
/* The same for one that was granted and not yet sent: pacers count it no longer (the rate does). */
void queue_cancel_granted(struct queue *q, struct order *o);
/* A running order that its shard could not dial, since all targets are held or down (queue_hold):
 * it stands in line again where it stood, and pacers count it no longer. The rate does: what was
 * granted is never granted twice, so at most `burst` starts are lost to a hold. */
void queue_put_back(struct queue *q, struct order *o);
/* The far ends of a trunk ask all not to be called, or are all silent: its orders wait until
 * until_ns, for which nobody has an answer to give. With on_trial they go one at a time from then
 * on, until the far end is heard: an order is answered, or until_ns is 0, which lifts everything. A
 * trunk that the queue does not know: nothing. True: news, the trunk was free at now_ns and no
 * longer is, or the other way round. */
bool queue_hold(struct queue *q, struct slice trunk_name, int64_t now_ns, int64_t until_ns,
		bool on_trial);
/* When queue_grant may succeed next; INT64_MAX: when something ends. */
int64_t queue_next_ns(struct queue *q, int64_t now_ns);

uint32_t queue_waiting(const struct queue *q);	 /* due, not started */
uint32_t queue_scheduled(const struct queue *q); /* due later */
uint32_t queue_inflight(const struct queue *q);	 /* started, dialling */
uint32_t queue_running(const struct queue *q);	 /* started, not over */
uint32_t queue_trunk_count(const struct queue *q);
const struct trunk *queue_trunk(const struct queue *q, uint32_t index);

#endif
