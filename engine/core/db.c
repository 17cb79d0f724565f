/* engine/core/db.c - see db.h.
 *
 *   feed:  [k3 @17] [k1 @21] [k9 @22 deleted] [k4 @30]      oldest change first; @ is its number
 * (mark) ^ shard 1                          ^ file and shard 0 have heard all
 *
 * A change moves its entry to the end. What all followers have passed leaves the feed, and if it is
 * deleted the map too. */
#include "engine/core/db.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/metric.h"
#include "engine/base/sink.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/core/db_file.h"
#include "engine/core/dbmap.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdlib.h>

#define DB_BATCH_BYTES (1 << 20)
#define DB_AGAIN_NS    TMR_SECOND
#define DB_PATIENCE    5 /* failures in a row after which an end does not wait any more */

_Static_assert(LIMIT_DB_KEY + LIMIT_VAR_VALUE < DB_BATCH_BYTES, "a batch must hold a pair");

/* Changes copied out of the map, for the worker. */
struct db_batch {
	struct chore chore;
	struct db *db;
	uint32_t count;
	size_t used;
	int err;
	char reason[160];
	struct db_change changes[LIMIT_DB_BATCH];
	char bytes[DB_BATCH_BYTES];
};

struct db {
	struct db_conf conf;
	char path[LIMIT_PATH];
	struct dbmap map;
	struct list feed;
	uint64_t number; /* of the last change */
	struct list
		*next[LIMIT_SHARDS + 1]; /* what a follower hears next; the feed's head: nothing */
	uint32_t follower_count;
	struct chores *chores;
	struct io *io;	      /* control's */
	struct db_file *file; /* the worker's while the batch is under way */
	struct db_batch *batch;
	bool committing;
	uint32_t failures; /* in a row */
	struct tmr again;
};

/* The file follows behind the shards. */
static uint32_t db_file_follower(const struct db *db)
{
	return db->conf.shard_count;
}

/* ---- the feed ---- */

static struct dbmap_entry *db_entry(struct list *node)
{
	return list_entry(node, struct dbmap_entry, node);
}

static void db_touch(struct db *db, struct dbmap_entry *e)
{
	for (uint32_t i = 0; i < db->follower_count; i++) {
		if (db->next[i] == &e->node)
			db->next[i] = e->node.next;
	}
	list_del(&e->node);
	e->mark = ++db->number;
	list_add_tail(&db->feed, &e->node);
	for (uint32_t i = 0; i < db->follower_count; i++) {
		if (db->next[i] == &db->feed)
			db->next[i] = &e->node;
	}
}

/* The number up to which everybody has heard. */
static uint64_t db_heard(const struct db *db)
{
	uint64_t heard = db->number;

	for (uint32_t i = 0; i < db->follower_count; i++) {
		if (db->next[i] != &db->feed && db_entry(db->next[i])->mark - 1 < heard)
			heard = db_entry(db->next[i])->mark - 1;
	}
	return heard;
}

static void db_trim(struct db *db)
{
	uint64_t heard = db_heard(db);
	struct list *first;

	while ((first = list_first(&db->feed)) && db_entry(first)->mark <= heard) {
		list_del(first);
		if (db_entry(first)->dead)
			dbmap_drop(&db->map, db_entry(first));
	}
}

static bool db_peek(const struct db *db, uint32_t follower, struct db_change *out)
{
	const struct dbmap_entry *e;

	if (db->next[follower] == &db->feed)
		return false;
	e = db_entry(db->next[follower]);
	*out = (struct db_change){.key = dbmap_key(e), .value = dbmap_value(e), .deleted = e->dead};
	return true;
}

bool db_feed(const struct db *db, uint32_t shard, struct db_change *out)
{
	return db_peek(db, shard, out);
}

void db_fed(struct db *db, uint32_t shard)
{
	check(db->next[shard] != &db->feed);
	db->next[shard] = db->next[shard]->next;
}

/* ---- changes ---- */

static int db_set(struct db *db, struct slice path, struct slice value)
{
	struct dbmap_put put;
	int err = dbmap_begin(&db->map, &put, path, value);

	if (!err)
		db_touch(db, dbmap_commit(&db->map, &put));
	return err;
}

static bool db_remove(struct db *db, struct slice path)
{
	struct dbmap_entry *e = dbmap_find(&db->map, path);

	if (!e || e->dead)
		return false;
	dbmap_bury(&db->map, e);
	db_touch(db, e);
	return true;
}

static uint32_t db_remove_tree(struct db *db, struct slice path)
{
	char last[LIMIT_DB_KEY];
	struct slice after = SLICE_EMPTY;
	struct dbmap_entry *e;
	uint32_t count = 0;

	while ((e = dbmap_after_in(&db->map, path, after))) {
		after = slice_make(last, slice_copy(last, sizeof(last), dbmap_key(e)));
		count += db_remove(db, after);
	}
	return count;
}

int db_put(struct db *db, struct slice family, struct slice key, struct slice value)
{
	char buf[LIMIT_DB_KEY];
	struct slice path;

	if (key.len == 0 || !dbmap_path(buf, family, key, &path) || value.len >= LIMIT_VAR_VALUE)
		return -EINVAL;
	if (!dbmap_admits(&db->map, path, value)) {
		metric_inc(db->conf.metrics, METRIC_db_refused);
		return -ENOSPC;
	}
	return db_set(db, path, value);
}

bool db_get(const struct db *db, struct slice family, struct slice key, struct slice *value)
{
	const struct dbmap_entry *e;
	char buf[LIMIT_DB_KEY];
	struct slice path;

	if (key.len == 0 || !dbmap_path(buf, family, key, &path))
		return false;
	e = dbmap_find(&db->map, path);
	if (!e || e->dead)
		return false;
	*value = dbmap_value(e);
	return true;
}

bool db_del(struct db *db, struct slice family, struct slice key)
{
	char buf[LIMIT_DB_KEY];
	struct slice path;

	return key.len > 0 && dbmap_path(buf, family, key, &path) && db_remove(db, path);
}

/* A tree's place: empty for all. False: too long for anything to be in it. */
static bool db_tree(char buf[LIMIT_DB_KEY], struct slice family, struct slice key,
		    struct slice *path)
{
	*path = SLICE_EMPTY;
	return family.len == 0 || dbmap_path(buf, family, key, path);
}

uint32_t db_del_tree(struct db *db, struct slice family, struct slice key)
{
	char buf[LIMIT_DB_KEY];
	struct slice path;

	return db_tree(buf, family, key, &path) ? db_remove_tree(db, path) : 0;
}

bool db_next(const struct db *db, struct slice family, struct slice key, struct slice after,
	     struct db_pair *out)
{
	const struct dbmap_entry *e;
	char buf[LIMIT_DB_KEY];
	struct slice path;

	if (!db_tree(buf, family, key, &path))
		return false;
	e = dbmap_after_in(&db->map, path, after);
	if (e)
		*out = (struct db_pair){.key = dbmap_key(e), .value = dbmap_value(e)};
	return e != NULL;
}

uint32_t db_count(const struct db *db)
{
	return db->map.count - db->map.dead_count;
}

/* The shard has looked at the bounds before; what was under way meanwhile may go a little beyond
 * them. */
void db_take_put(struct db *db, struct slice path, struct slice value)
{
	if (db_set(db, path, value) == 0)
		return;
	metric_inc(db->conf.metrics, METRIC_db_refused);
	log_error("No memory for the database entry %.*s", SLICE_ARG(path));
}

void db_take_del(struct db *db, struct slice path)
{
	db_remove(db, path);
}

void db_take_del_tree(struct db *db, struct slice path)
{
	db_remove_tree(db, path);
}

/* ---- the file ---- */

static struct slice db_batch_copy(struct db_batch *b, struct slice text)
{
	char *at = b->bytes + b->used;

	if (text.len > 0)
		memcpy(at, text.ptr, text.len);
	b->used += text.len;
	return slice_make(at, text.len);
}

static void db_batch_fill(struct db *db)
{
	struct db_batch *b = db->batch;
	struct db_change c;

	b->count = 0;
	b->used = 0;
	while (b->count < LIMIT_DB_BATCH && db_peek(db, db_file_follower(db), &c) &&
	       c.key.len + c.value.len <= DB_BATCH_BYTES - b->used) {
		b->changes[b->count++] = (struct db_change){.key = db_batch_copy(b, c.key),
							    .value = db_batch_copy(b, c.value),
							    .deleted = c.deleted};
		db_fed(db, db_file_follower(db));
	}
}

static void db_batch_write(struct db_batch *b)
{
	struct sink reason = sink_make(b->reason, sizeof(b->reason));

	b->err = db_file_write(b->db->file, b->changes, b->count, &reason);
	sink_cstr(&reason);
}

static void db_batch_run(struct chore *chore, struct io *io)
{
	(void)io;
	db_batch_write((struct db_batch *)chore);
}

/* The beginning and the end of a trouble, not each failure in it. */
static void db_say(struct db *db)
{
	if (db->batch->err && db->failures == 0)
		log_error("%s: the database cannot be written: %s. It is kept in memory and tried "
			  "again",
			  db->path, db->batch->reason);
	if (!db->batch->err && db->failures > 0)
		log_notice("%s: the database is written again", db->path);
}

static void db_batch_done(struct chore *chore)
{
	struct db_batch *b = (struct db_batch *)chore;
	struct db *db = b->db;

	db_say(db);
	if (b->err) {
		db->failures++;
		metric_inc(db->conf.metrics, METRIC_db_commit_failed);
		tmr_start(&db->again, io_now_ns(db->io) + DB_AGAIN_NS);
		return;
	}
	db->failures = 0;
	db->committing = false;
	metric_inc(db->conf.metrics, METRIC_db_commits);
}

static void db_commit_again(struct tmr *t, void *arg)
{
	struct db *db = arg;

	(void)t;
	check(chores_post(db->chores, &db->batch->chore) == 0); /* it has its own place */
}

void db_turn(struct db *db)
{
	struct db_change c;

	if (db->file && db->chores && !db->committing && db_peek(db, db_file_follower(db), &c)) {
		db_batch_fill(db);
		db->committing = true;
		check(chores_post(db->chores, &db->batch->chore) == 0);
	}
	db_trim(db);
}

bool db_is_settled(const struct db *db)
{
	struct db_change c;

	if (!db->file || db->failures >= DB_PATIENCE)
		return true;
	return !db->committing && !db_peek(db, db_file_follower(db), &c);
}

/* ---- life ---- */

static int db_take_row(void *arg, struct slice key, struct slice value)
{
	struct db *db = arg;
	struct dbmap_put put;
	int err;

	if (key.len < 2 || key.len >= LIMIT_DB_KEY || key.ptr[0] != '/' ||
	    value.len >= LIMIT_VAR_VALUE) {
		log_warning(
			"%s: the entry '%.*s' is left out: a key is /family/key in less than %d "
			"octets, a value less than %d",
			db->path, SLICE_ARG(slice_head(key, 80)), LIMIT_DB_KEY, LIMIT_VAR_VALUE);
		return 0;
	}
	if (!dbmap_admits(&db->map, key, value))
		return -E2BIG;
	err = dbmap_begin(&db->map, &put, key, value);
	if (!err)
		dbmap_commit(&db->map, &put);
	return err;
}

static int db_load(struct db *db, struct sink *error)
{
	char text[160];
	struct sink reason = sink_make(text, sizeof(text));
	int err = db_file_open(&db->file, db->path, &reason);

	if (!err)
		err = db_file_load(db->file, db_take_row, db, &reason);
	if (err && reason.len == 0)
		sink_str(&reason, err == -E2BIG ? "it holds more than fits into memory here"
						: strerror(-err));
	if (err)
		sink_fmt(
			error,
			"the database %s cannot be read: %.*s; make it readable and writable for "
			"the engine's user (asterisk.conf astdbdir), or move it away to begin with "
			"an empty one",
			db->path, SLICE_ARG(sink_slice(&reason)));
	return err;
}

static int db_create_batch(struct db *db)
{
	struct db_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->db = db;
	b->chore = (struct chore){.run = db_batch_run, .done = db_batch_done, .placed = true};
	db->batch = b;
	return 0;
}

int db_create(struct db **out, const struct db_conf *conf, struct sink *error)
{
	struct db *db = calloc(1, sizeof(*db));
	int err = 0;

	if (!db)
		return -ENOMEM;
	check(conf->shard_count <= LIMIT_SHARDS);
	db->conf = *conf;
	slice_copy(db->path, sizeof(db->path), slice_str(conf->path));
	dbmap_init(&db->map, conf->seed);
	list_init(&db->feed);
	db->follower_count = conf->shard_count + (conf->path != NULL);
	for (uint32_t i = 0; i < db->follower_count; i++)
		db->next[i] = &db->feed;
	if (conf->path)
		err = db_create_batch(db);
	if (!err && conf->path)
		err = db_load(db, error);
	if (err) {
		db_destroy(db);
		return err;
	}
	*out = db;
	return 0;
}

void db_attach(struct db *db, struct chores *chores, struct io *io, struct tmr_wheel *wheel)
{
	db->chores = chores;
	db->io = io;
	tmr_init(&db->again, wheel, db_commit_again, db);
}

/* Nobody else runs any more: what is left is tried once more, here. */
static void db_write_rest(struct db *db)
{
	struct db_change c;

	if (db->committing)
		db_batch_write(db->batch);
	while (!db->batch->err && db_peek(db, db_file_follower(db), &c)) {
		db_batch_fill(db);
		db_batch_write(db->batch);
	}
	if (db->batch->err)
		log_error("%s: the last changes of the database are lost: %s", db->path,
			  db->batch->reason);
}

void db_destroy(struct db *db)
{
	if (!db)
		return;
	if (db->file && db->batch)
		db_write_rest(db);
	db_file_close(db->file);
	free(db->batch);
	dbmap_clear(&db->map);
	free(db);
}
