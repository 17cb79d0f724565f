/* ami/replay.h - the last events as text, numbered, for clients that come back.
 *
 * One ring of octets of fixed size: the newest event pushes out the oldest. Numbers rise by one
 * from event to event; where they do not, something is missing, and the reader sees it. Pure
 * memory: who may read what is the business of the action EventReplay. Owned by the control thread;
 * the heap is used at boot and reload only. */
#ifndef RINGER_AMI_REPLAY_H
#define RINGER_AMI_REPLAY_H

#include "engine/base/slice.h"

struct ami_replay;

struct ami_replay_event {
	uint64_t number;
	uint32_t classes;
	struct slice name; /* into text */
	struct slice text; /* "Event: ..." up to the empty line; valid until the next add */
};

/* Where a reader stands. */
struct ami_replay_cursor {
	uint64_t number; /* of the last event read */
	uint64_t at;	 /* where the next one begins; AMI_REPLAY_NOWHERE: to be looked for */
};
#define AMI_REPLAY_NOWHERE UINT64_MAX

/* bytes: room for texts and 32 octets of overhead each. 0 or -ENOMEM. */
int ami_replay_create(struct ami_replay **out, size_t bytes);
void ami_replay_free(struct ami_replay *r); /* NULL is fine */
size_t ami_replay_bytes(const struct ami_replay *r);

/* A text that would take more than a quarter of the ring is not kept. */
void ami_replay_add(struct ami_replay *r, uint64_t number, uint32_t classes, struct slice text);
/* The next event behind the cursor, which moves on. False: there is none. */
bool ami_replay_next(const struct ami_replay *r, struct ami_replay_cursor *c,
		     struct ami_replay_event *out);

#endif
