/* engine/core/vars.h - the variables of one channel (or the globals of a shard).
 *
 * Names are case-sensitive and stored without their inheritance marks ("_X" one level, "__X" all).
 * Memory comes from an arena; setting a variable again reuses its place when the new value fits.
 * Order of a walk: newest first. Owned by one thread. */
#ifndef RINGER_CORE_VARS_H
#define RINGER_CORE_VARS_H

#include "engine/base/arena.h"

struct var {
	struct var *next; /* older */
	struct slice name;
	struct slice value;
	size_t room;	 /* octets behind this struct, for name and value */
	uint8_t inherit; /* 0, 1 level, 2 for ever */
};

struct vars {
	struct arena *arena;
	struct var *first;
	struct var *spare; /* removed ones, for reuse */
	uint32_t count;
};

void vars_init(struct vars *v, struct arena *arena);
/* name may carry _ or __. An empty value still exists; a NULL ptr value removes. 0, -ENOSPC (limit
 * of LIMIT_CHAN_VARS or of the arena), -EINVAL (empty name). */
int vars_set(struct vars *v, struct slice name, struct slice value);
/* Hides what the name had until vars_pop: the arguments of Gosub. As vars_set otherwise. */
int vars_push(struct vars *v, struct slice name, struct slice value);
/* Removes the newest of that name, so that what it hid is seen again. Fine if there is none. */
void vars_pop(struct vars *v, struct slice name);
/* False: not set. */
bool vars_get(const struct vars *v, struct slice name, struct slice *value);

#endif
