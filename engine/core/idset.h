/* engine/core/idset.h - ChannelIds in use or just used, so that a repeated request never dials twice.
 *
 * An id is held from its acceptance until `hold_ns` after its release. Bounded: when full, the oldest
 * released id is let go early. Control shard only. */
#ifndef RINGER_CORE_IDSET_H
#define RINGER_CORE_IDSET_H

#include "engine/base/slice.h"

struct idset;
int idset_create(struct idset **out, uint32_t count_max, int64_t hold_ns);
void idset_destroy(struct idset *s);
/* 0, -EEXIST held already, -ENOSPC full of ids in use, -ENAMETOOLONG. */
int idset_take(struct idset *s, struct slice id, int64_t now_ns);
/* Held until hold_ns from now. No effect on one that is not in use. */
void idset_release(struct idset *s, struct slice id, int64_t now_ns);
/* Nothing came of the acceptance: free at once. */
void idset_cancel(struct idset *s, struct slice id);
bool idset_has(struct idset *s, struct slice id, int64_t now_ns);
uint32_t idset_in_use(const struct idset *s);

#endif
