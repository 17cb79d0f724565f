/* engine/core/shard_db.c - see shard_db.h.
 *
 * An entry's mark is the number of the last change that this shard made to it. Until control has
 * taken that one, what control says of the key is older than what stands here, and is passed over:
 * the newer word follows. */
#include "engine/core/shard_db.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/shard.h"

#include <errno.h>

bool shard_db_send(struct pipe *p, uint32_t kind, uint64_t number, enum shard_db_what what,
		   struct slice path, struct slice value)
{
	struct shard_db_change c = {
		.number = number, .what = what, .len = {(uint32_t)path.len, (uint32_t)value.len}};
	size_t fixed = offsetof(struct shard_db_change, text);
	char *at = pipe_begin(p, PIPE_DROPPABLE, kind, fixed + path.len + value.len);

	if (!at)
		return false;
	memcpy(at, &c, fixed);
	if (path.len > 0)
		memcpy(at + fixed, path.ptr, path.len);
	if (value.len > 0)
		memcpy(at + fixed + path.len, value.ptr, value.len);
	pipe_commit(p, fixed + path.len + value.len);
	return true;
}

/* False: not now. Nothing may change here that control does not hear of. */
static bool shard_db_tell(struct shard *s, enum shard_db_what what, struct slice path,
			  struct slice value)
{
	if (shard_db_send(s->up, SHARD_DB_CHANGED, s->db_number + 1, what, path, value)) {
		s->db_number++;
		return true;
	}
	metric_inc(&s->metrics, METRIC_db_refused);
	return false;
}

static int shard_db_set(struct shard *s, struct slice path, struct slice value, uint64_t mark)
{
	struct dbmap_put put;
	int err = dbmap_begin(&s->db, &put, path, value);

	if (!err)
		dbmap_commit(&s->db, &put)->mark = mark;
	return err;
}

int shard_db_put(struct shard *s, struct slice family, struct slice key, struct slice value)
{
	char buf[LIMIT_DB_KEY];
	struct dbmap_put put;
	struct slice path;

	if (key.len == 0 || !dbmap_path(buf, family, key, &path) || value.len >= LIMIT_VAR_VALUE)
		return -EINVAL;
	if (!dbmap_admits(&s->db, path, value)) {
		metric_inc(&s->metrics, METRIC_db_refused);
		return -ENOSPC;
	}
	if (dbmap_begin(&s->db, &put, path, value) != 0)
		return -ENOMEM;
	if (!shard_db_tell(s, SHARD_DB_PUT, path, value)) {
		dbmap_cancel(&put);
		return -EAGAIN;
	}
	dbmap_commit(&s->db, &put)->mark = s->db_number;
	return 0;
}

bool shard_db_get(const struct shard *s, struct slice family, struct slice key, struct slice *value)
{
	const struct dbmap_entry *e;
	char buf[LIMIT_DB_KEY];
	struct slice path;

	if (key.len == 0 || !dbmap_path(buf, family, key, &path))
		return false;
	e = dbmap_find(&s->db, path);
	if (!e || e->dead)
		return false;
	*value = dbmap_value(e);
	return true;
}

int shard_db_del(struct shard *s, struct slice family, struct slice key)
{
	struct dbmap_entry *e = NULL;
	char buf[LIMIT_DB_KEY];
	struct slice path;

	if (key.len > 0 && dbmap_path(buf, family, key, &path))
		e = dbmap_find(&s->db, path);
	if (!e || e->dead)
		return -ENOENT;
	if (!shard_db_tell(s, SHARD_DB_DEL, path, SLICE_EMPTY))
		return -EAGAIN;
	dbmap_bury(&s->db, e);
	e->mark = s->db_number;
	return 0;
}

int shard_db_del_tree(struct shard *s, struct slice family, struct slice key)
{
	char buf[LIMIT_DB_KEY], last[LIMIT_DB_KEY];
	struct slice path = SLICE_EMPTY, after = SLICE_EMPTY;
	struct dbmap_entry *e = NULL;

	if (family.len == 0 || dbmap_path(buf, family, key, &path))
		e = dbmap_after_in(&s->db, path, SLICE_EMPTY);
	if (!e)
		return -ENOENT;
	if (!shard_db_tell(s, SHARD_DB_DEL_TREE, path, SLICE_EMPTY))
		return -EAGAIN;
	while ((e = dbmap_after_in(&s->db, path, after))) {
		after = slice_make(last, slice_copy(last, sizeof(last), dbmap_key(e)));
		dbmap_bury(&s->db, e);
		e->mark = s->db_number;
	}
	return 0;
}

void shard_db_hear(struct shard *s, const struct shard_db_change *c)
{
	struct dbmap_entry *e = dbmap_find(&s->db, shard_db_path(c));

	if (c->what != SHARD_DB_PUT) {
		/* Where both say that it is gone nobody has to remember it any more. */
		if (e && (e->dead || e->mark <= c->number))
			dbmap_drop(&s->db, e);
		return;
	}
	if (e && e->mark > c->number)
		return;
	if (shard_db_set(s, shard_db_path(c), shard_db_value(c), 0) == 0)
		return;
	/* Rather no value than one of yesterday. */
	if (e)
		dbmap_drop(&s->db, e);
	metric_inc(&s->metrics, METRIC_db_refused);
	log_error("No memory for the database entry %.*s on shard %u", SLICE_ARG(shard_db_path(c)),
		  s->index);
}

int shard_db_fill(struct shard *s, const struct db *db)
{
	struct db_pair pair = {0};
	int err = 0;

	while (!err && db_next(db, SLICE_EMPTY, SLICE_EMPTY, pair.key, &pair))
		err = shard_db_set(s, pair.key, pair.value, 0);
	return err;
}
