/* engine/core/func_db.c - the database in the dialplan: DB, DB_EXISTS, DB_DELETE, DB_KEYS, and the
 * applications DBdel and DBdeltree. They work on the shard's copy (shard_db.h) and never wait. */
#include "engine/core/app_internal.h"
#include "engine/core/func_internal.h"

#include "engine/base/log.h"
#include "engine/core/shard.h"
#include "engine/core/shard_db.h"

#include <errno.h>

/* "family/key", at the first slash. */
static bool split(const char *who, struct slice text, struct slice *family, struct slice *key)
{
	size_t slash = slice_find(text, '/');

	*family = slice_head(text, slash);
	*key = slash == SIZE_MAX ? SLICE_EMPTY : slice_from(text, slash + 1);
	if (family->len > 0 && key->len > 0)
		return true;
	log_warning("%s requires an argument, %s(<family>/<key>)", who, who);
	return false;
}

/* What was found is also in DB_RESULT, where a client that may not read it would find it. */
static bool find(struct func_call *f, const char *who, struct slice *family, struct slice *key,
		 struct slice *value)
{
	if (!split(who, func_args(f), family, key) ||
	    !shard_db_get(f->c->shard, *family, *key, value))
		return false;
	if (!f->c->guarded)
		chan_set_var(f->c, SLICE_LIT("DB_RESULT"), *value);
	return true;
}

static void db_read(struct func_call *f, struct sink *out)
{
	struct slice family, key, value;

	if (find(f, "DB", &family, &key, &value))
		subst_add(out, value);
}

static const char *why(int err)
{
	switch (err) {
	case -EINVAL:
		return "the name or the value is too long";
	case -ENOSPC:
		return "the database is full";
	case -EAGAIN:
		return "too many changes are under way";
	default:
		return "no memory";
	}
}

static int db_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice family, key;
	int err;

	if (!split("DB", args, &family, &key))
		return -EINVAL;
	err = shard_db_put(c->shard, family, key, value);
	if (err)
		log_warning("DB: %.*s is not written: %s", SLICE_ARG(args), why(err));
	return err ? -EINVAL : 0;
}

static void exists_read(struct func_call *f, struct sink *out)
{
	struct slice family, key, value;

	sink_char(out, find(f, "DB_EXISTS", &family, &key, &value) ? '1' : '0');
}

static int delete_one(struct shard *s, const char *who, struct slice family, struct slice key)
{
	int err = shard_db_del(s, family, key);

	if (err == -EAGAIN)
		log_warning("%s: %.*s/%.*s is not deleted: %s", who, SLICE_ARG(family),
			    SLICE_ARG(key), why(err));
	return err;
}

static void delete_read(struct func_call *f, struct sink *out)
{
	struct slice family, key, value;

	if (!find(f, "DB_DELETE", &family, &key, &value))
		return;
	subst_add(out, value);
	delete_one(f->c->shard, "DB_DELETE", family, key);
}

/* Set(DB_DELETE(family/key)=...): the value does not matter. */
static int delete_write(struct chan *c, struct slice args, struct slice value)
{
	struct slice family, key;

	(void)value;
	if (!split("DB_DELETE", args, &family, &key))
		return -EINVAL;
	delete_one(c->shard, "DB_DELETE", family, key);
	return 0;
}

static struct slice trim_slashes(struct slice text)
{
	while (text.len > 0 && text.ptr[0] == '/')
		text = slice_from(text, 1);
	while (text.len > 0 && text.ptr[text.len - 1] == '/')
		text.len--;
	return text;
}

/* Behind all that begins with a path and a slash: the octet after '/' stands in its place. */
static struct slice below(char buf[LIMIT_DB_KEY + 1], struct slice path)
{
	size_t len = slice_copy(buf, LIMIT_DB_KEY, path);

	buf[len] = '/' + 1;
	return slice_make(buf, len + 1);
}

/* The names right below a place, each once: families without one. Of "/f/a", "/f/a-b", "/f/a/x" the
 * third is passed over. */
static void keys_read(struct func_call *f, struct sink *out)
{
	struct slice place = trim_slashes(func_args(f)), path = SLICE_EMPTY, after, name;
	const struct dbmap *db = &f->c->shard->db;
	char buf[LIMIT_DB_KEY], last[LIMIT_DB_KEY + 1];
	const struct dbmap_entry *e, *leaf;
	bool first = true;

	if (place.len > 0 && !dbmap_path(buf, place, SLICE_EMPTY, &path))
		return;
	after = path; /* the place itself is no name below it */
	while ((e = dbmap_after_in(db, path, after)) && !out->over) {
		name = slice_from(dbmap_key(e), path.len + 1);
		name = slice_head(name, slice_find(name, '/'));
		after = slice_head(dbmap_key(e), path.len + 1 + name.len);
		leaf = dbmap_find(db, after);
		if (leaf != e)
			after = below(last, after);
		else
			after = slice_make(last, slice_copy(last, sizeof(last), after));
		if (leaf && leaf != e && !leaf->dead)
			continue;
		if (!first)
			sink_char(out, ',');
		subst_add(out, name);
		first = false;
	}
}

const struct func func_db = {"DB", "Read from or write to the database.", db_read, db_write,
			     FUNC_READ_REACHES | FUNC_WRITE_REACHES};
const struct func func_db_exists = {"DB_EXISTS", "Check whether a database key exists.",
				    exists_read, 0, 0};
const struct func func_db_delete = {"DB_DELETE", "Return a value from the database and delete it.",
				    delete_read, delete_write, FUNC_READ_REACHES};
const struct func func_db_keys = {"DB_KEYS", "List the keys below a place of the database.",
				  keys_read, 0, 0};

/* ---- applications ---- */

static enum app_result dbdel_start(struct app_call *call)
{
	struct slice family, key;

	if (!split("DBdel", app_data(call), &family, &key))
		return APP_NEXT;
	log_verbose(3, "DBdel: family=%.*s, key=%.*s", SLICE_ARG(family), SLICE_ARG(key));
	if (delete_one(call->c->shard, "DBdel", family, key) == -ENOENT)
		log_verbose(3, "DBdel: there is no %.*s/%.*s", SLICE_ARG(family), SLICE_ARG(key));
	return APP_NEXT;
}

static enum app_result dbdeltree_start(struct app_call *call)
{
	struct slice text = app_data(call);
	size_t slash = slice_find(text, '/');
	struct slice family = slice_head(text, slash);
	struct slice tree = slash == SIZE_MAX ? SLICE_EMPTY : slice_from(text, slash + 1);
	int err;

	if (family.len == 0) {
		log_warning("DBdeltree requires an argument, DBdeltree(<family>[/<keytree>])");
		return APP_NEXT;
	}
	log_verbose(3, "DBdeltree: family=%.*s, keytree=%.*s", SLICE_ARG(family), SLICE_ARG(tree));
	err = shard_db_del_tree(call->c->shard, family, tree);
	if (err == -EAGAIN)
		log_warning("DBdeltree: %.*s is not deleted: %s", SLICE_ARG(text), why(err));
	return APP_NEXT;
}

const struct app app_dbdel = {"DBdel", "Delete a key from the database.", dbdel_start, 0, 0};
const struct app app_dbdeltree = {"DBdeltree", "Delete a family or keytree from the database.",
				  dbdeltree_start, 0, 0};
