/* engine/core/shard_db.h - a shard's copy of the database (db.h), for its dialplans.
 *
 * Reads never wait. A change is seen on this shard at once and goes to control, which is where all
 * changes get their one order; from there every shard hears of it, this one too.
 *
 * What is guaranteed: a dialplan reads what it wrote itself, unless somebody else's later change
 * (in control's order) has been heard of since; the last change of a key in control's order is what
 * all shards end with; the changes of one shard keep their order; an Originate's dialplan sees what
 * its AMI session had written before. Not guaranteed: that two shards see changes of different keys
 * in the same order, and that reading a value and writing another that depends on it is one step.
 */
#ifndef RINGER_CORE_SHARD_DB_H
#define RINGER_CORE_SHARD_DB_H

#include "engine/core/db.h"
#include "engine/core/dbmap.h"

struct shard;

enum shard_db_what { SHARD_DB_PUT, SHARD_DB_DEL, SHARD_DB_DEL_TREE };

/* One change, both ways. Down: number is the last change of this shard that control had taken. Up:
 * its own. */
struct shard_db_change {
	uint64_t number;
	uint32_t what; /* enum shard_db_what; the tree only upwards */
	uint32_t len[2];
	uint32_t pad;
	char text[]; /* path, value */
};

/* All there is, before the loops run. 0 or -ENOMEM. */
int shard_db_fill(struct shard *s, const struct db *db);
/* 0; -EINVAL, -ENOSPC as db_put; -EAGAIN: control cannot be told now, nothing is changed (counted);
 * -ENOMEM. */
int shard_db_put(struct shard *s, struct slice family, struct slice key, struct slice value);
/* The value is valid until the next change on this shard. */
bool shard_db_get(const struct shard *s, struct slice family, struct slice key,
		  struct slice *value);
/* 0, -ENOENT there is none, -EAGAIN. */
int shard_db_del(struct shard *s, struct slice family, struct slice key);
int shard_db_del_tree(struct shard *s, struct slice family, struct slice key);
/* Control's word. */
void shard_db_hear(struct shard *s, const struct shard_db_change *c);

/* One such record into a pipe. False: no room (droppable). */
struct pipe;
bool shard_db_send(struct pipe *p, uint32_t kind, uint64_t number, enum shard_db_what what,
		   struct slice path, struct slice value);

static inline struct slice shard_db_path(const struct shard_db_change *c)
{
	return slice_make(c->text, c->len[0]);
}

static inline struct slice shard_db_value(const struct shard_db_change *c)
{
	return slice_make(c->text + c->len[0], c->len[1]);
}

#endif
