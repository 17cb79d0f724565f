/* engine/core/db.h - the database: "/family/key" = value, as Asterisk's astdb.
 *
 * The truth is here, in the memory of the control thread, and all changes are made here, one after
 * the other. Everybody else follows the *feed*: the changes in their order, of which each follower
 * has its own place. Of a key that changed again only the last state is told, so a follower that is
 * slow costs no memory. Followers are the shards, which hold copies for the dialplan (shard_db.h),
 * and the file: the chores worker writes what has gathered in one transaction, then the next. A
 * crash loses what was changed since the last commit began, and nothing else. A commit that fails
 * is said, counted and tried again every second; nothing is forgotten.
 *
 * Bounds: LIMIT_DB_KEY, LIMIT_VAR_VALUE, LIMIT_DB_ENTRIES (with the deleted ones that a follower
 * has not heard of), LIMIT_DB_BYTES. */
#ifndef RINGER_CORE_DB_H
#define RINGER_CORE_DB_H

#include "engine/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct chores;
struct db;
struct io;
struct metrics;
struct sink;
struct tmr_wheel;

struct db_conf {
	const char *path; /* copied; NULL: in memory only. Made if missing; an astdb of Asterisk is
			     taken as it is */
	uint32_t shard_count;
	uint64_t seed;		 /* of the order inside: not to be guessed */
	struct metrics *metrics; /* control's */
};

/* Reads the whole file, at boot. 0; -ENOMEM, -E2BIG (above the bounds) or what SQLite said: *error
 * names the file and the remedy, and nobody should go on without the data. */
int db_create(struct db **out, const struct db_conf *conf, struct sink *error);
/* Before the first change is made: what commits are done with. */
void db_attach(struct db *db, struct chores *chores, struct io *io, struct tmr_wheel *wheel);
/* What was not written is said. NULL is fine. */
void db_destroy(struct db *db);

/* 0, -EINVAL (an empty part, or too long), -ENOSPC (a bound; counted), -ENOMEM. value: any octets.
 */
int db_put(struct db *db, struct slice family, struct slice key, struct slice value);
/* False: there is none. The value is valid until the next change. */
bool db_get(const struct db *db, struct slice family, struct slice key, struct slice *value);
bool db_del(struct db *db, struct slice family, struct slice key); /* false: there was none */
/* Deletes the key of that name and all below it; family empty: everything. Returns how many. */
uint32_t db_del_tree(struct db *db, struct slice family, struct slice key);

/* The walk through a tree, in order of the keys: the first behind `after` (empty: the first of
 * all). key is
 * "/family/key". Valid until the next change; a walk may go on after one. */
struct db_pair {
	struct slice key, value;
};
bool db_next(const struct db *db, struct slice family, struct slice key, struct slice after,
	     struct db_pair *out);
uint32_t db_count(const struct db *db);

/* ---- for shards and their copies ---- */

/* What a shard did: path is "/family/key" (of a tree: "/family/..." or empty). These are always
 * taken. */
void db_take_put(struct db *db, struct slice path, struct slice value);
void db_take_del(struct db *db, struct slice path);
void db_take_del_tree(struct db *db, struct slice path);

struct db_change {
	struct slice key, value;
	bool deleted;
};
/* What the shard has to hear next, until it is told by db_fed. False: it has heard all. */
bool db_feed(const struct db *db, uint32_t shard, struct db_change *out);
void db_fed(struct db *db, uint32_t shard);

/* ---- life ---- */

/* At the end of a turn: a commit begins if there is something to write and none is under way. */
void db_turn(struct db *db);
/* All is in the file, or writing fails for so long that an end of the engine should not wait for
 * it. */
bool db_is_settled(const struct db *db);

#endif
