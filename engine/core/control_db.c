/* The database between control and the shards: changes in, changes out. control.h, shard_db.h */
#include "engine/core/control_internal.h"

#include "engine/core/shard_db.h"

#define FEED_PER_TURN 1024 /* changes told to one shard in a turn */

struct db *control_db(struct control *c)
{
	return c->conf.db;
}

void control_on_db_changed(struct control *c, uint32_t shard, const struct pipe_record *r)
{
	const struct shard_db_change *change = (const void *)r->data;

	c->db_heard[shard] = change->number;
	switch ((enum shard_db_what)change->what) {
	case SHARD_DB_PUT:
		db_take_put(c->conf.db, shard_db_path(change), shard_db_value(change));
		break;
	case SHARD_DB_DEL:
		db_take_del(c->conf.db, shard_db_path(change));
		break;
	case SHARD_DB_DEL_TREE:
		db_take_del_tree(c->conf.db, shard_db_path(change));
		break;
	}
}

static void control_feed_one(struct control *c, uint32_t shard)
{
	struct db_change next;

	for (uint32_t n = 0; n < FEED_PER_TURN && db_feed(c->conf.db, shard, &next); n++) {
		if (!shard_db_send(c->shards[shard].down, SHARD_DB, c->db_heard[shard],
				   next.deleted ? SHARD_DB_DEL : SHARD_DB_PUT, next.key,
				   next.value))
			return;
		db_fed(c->conf.db, shard);
	}
}

bool control_is_fed(const struct control *c, uint32_t shard)
{
	struct db_change next;

	return !db_feed(c->conf.db, shard, &next);
}

bool control_feed(struct control *c)
{
	bool fed = true;

	for (uint32_t i = 0; i < c->conf.shard_count; i++) {
		control_feed_one(c, i);
		fed &= control_is_fed(c, i);
	}
	db_turn(c->conf.db);
	return fed;
}
