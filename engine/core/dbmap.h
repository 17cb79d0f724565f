/* engine/core/dbmap.h - a sorted map from key to value, bounded in entries and octets.
 *
 * What the database (db.h) and its copies on the shards (shard_db.h) are made of. A treap: find,
 * put, drop and "the next one" in O(log n), whatever the keys (the seed is secret). Order: octets,
 * as memcmp. Entries stay where they are until they are dropped. Owned by one thread. */
#ifndef RINGER_CORE_DBMAP_H
#define RINGER_CORE_DBMAP_H

#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/slice.h"

struct dbmap_entry {
	struct dbmap_entry *left, *right;
	uint64_t priority;
	struct list node; /* the owner's; initialised */
	uint64_t mark;	  /* the owner's */
	bool dead;	  /* the owner's: deleted, but kept until all know */
	char *value;
	uint32_t value_len, key_len;
	char key[];
};

struct dbmap {
	struct dbmap_entry *root;
	uint64_t seed;
	uint32_t count, dead_count; /* entries, the dead ones among them */
	size_t bytes;		    /* of keys and values */
};

static inline struct slice dbmap_key(const struct dbmap_entry *e)
{
	return slice_make(e->key, e->key_len);
}

static inline struct slice dbmap_value(const struct dbmap_entry *e)
{
	return slice_make(e->value, e->value_len);
}

void dbmap_init(struct dbmap *m, uint64_t seed);
void dbmap_clear(struct dbmap *m); /* frees all */

/* Dead ones too. NULL: none. */
struct dbmap_entry *dbmap_find(const struct dbmap *m, struct slice key);
/* The living entry with the smallest key above `key` (an empty one: the first). NULL: none. */
struct dbmap_entry *dbmap_after(const struct dbmap *m, struct slice key);
/* The same among those that are `prefix` or begin with `prefix` and a slash; an empty prefix: all.
 */
struct dbmap_entry *dbmap_after_in(const struct dbmap *m, struct slice prefix, struct slice key);

/* Is there room for this pair? False: LIMIT_DB_ENTRIES or LIMIT_DB_BYTES. */
bool dbmap_admits(const struct dbmap *m, struct slice key, struct slice value);
/* A put in two steps, so that what can fail comes before what cannot be taken back. */
struct dbmap_put {
	struct dbmap_entry *entry; /* new, or the one that is there */
	char *value;
	uint32_t value_len;
	bool is_new;
};
/* 0 or -ENOMEM. Then one of the other two. The map must not change in between. */
int dbmap_begin(struct dbmap *m, struct dbmap_put *put, struct slice key, struct slice value);
struct dbmap_entry *dbmap_commit(struct dbmap *m, struct dbmap_put *put); /* alive */
void dbmap_cancel(struct dbmap_put *put);

/* Marks it dead: its value goes, its place stays. */
void dbmap_bury(struct dbmap *m, struct dbmap_entry *e);
void dbmap_drop(struct dbmap *m, struct dbmap_entry *e); /* out of the map and freed */

/* "/family/key" into buf, or "/family" without a key (a tree). False: empty family, or longer than
 * LIMIT_DB_KEY - 1 octets. */
bool dbmap_path(char buf[LIMIT_DB_KEY], struct slice family, struct slice key, struct slice *out);

#endif
