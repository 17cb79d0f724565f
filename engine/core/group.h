/* engine/core/group.h - groups that channels put themselves in, and how many are in each: GROUP().
 *
 * A channel is in one group of each category; the empty category is one of them. Names are compared
 * without case, and cut at LIMIT_NAME - 1 octets. Each shard writes what its own channels are in,
 * and every shard counts over all of them, without a lock: of two channels that enter a group and
 * then count it, on whichever shards, at least one sees both. */
#ifndef RINGER_CORE_GROUP_H
#define RINGER_CORE_GROUP_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"

struct groups;
struct regex;

/* One membership, to look at. NUL-terminated. */
struct group_entry {
	char channel[LIMIT_NAME], name[LIMIT_NAME], category[LIMIT_NAME];
};

/* The groups of one channel, in the order in which it entered them; zeroed at first. */
struct group_list {
	uint32_t first; /* place + 1 in the table of the channel's shard; 0: none */
	uint32_t count;
};

/* places: for each shard, of all its channels together. 0 or -ENOMEM. */
int groups_create(struct groups **out, uint32_t shards, uint32_t places, uint64_t seed);
void groups_destroy(struct groups *g); /* NULL is fine */

/* ---- by the shard of the channel ---- */

/* The channel enters a group and leaves the one of the same category; an empty name only leaves. 0;
 * -ENOSPC: it is in LIMIT_CHAN_GROUPS already, or the shard has no place left. */
int groups_enter(struct groups *g, uint32_t shard, struct group_list *list, struct slice channel,
		 struct slice name, struct slice category);
void groups_leave_all(struct groups *g, uint32_t shard, struct group_list *list);
/* The group at *cursor (list->first to begin with), which moves on; false: there are no more. The
 * texts last until the channel's groups change. */
bool groups_next(const struct groups *g, uint32_t shard, uint32_t *cursor, struct slice *name,
		 struct slice *category);

/* ---- by any thread ---- */

/* All that are there: from *cursor on (0 at first), which moves behind it; false: there are no
 * more. One that comes or goes meanwhile may be left out. */
bool groups_each(const struct groups *g, uint64_t *cursor, struct group_entry *out);

/* Channels in that group; category empty: of whatever category. */
uint32_t groups_count(const struct groups *g, struct slice name, struct slice category);
/* Channels in groups that fit; category NULL: whatever it is, else one that fits and is not empty.
 * Expressions see names as they were written. Each different group is matched once as a rule: a
 * dialplan has few of them. False: more than octets_max octets would be looked at. */
bool groups_count_matching(const struct groups *g, const struct regex *name,
			   const struct regex *category, size_t octets_max, uint32_t *count);

#endif
