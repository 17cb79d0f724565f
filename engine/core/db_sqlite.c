/* engine/core/db_sqlite.c - see db_file.h. Files go through SQLite, not through io.h. */
#include "engine/core/db_file.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define DB_BUSY_MS 1000 /* another process looks at the file */

struct db_file {
	sqlite3 *db;
	sqlite3_stmt *begin, *put, *del, *commit, *rollback;
};

static int db_file_errno(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* the table has other columns */
		return -EINVAL;
	default:
		return -EIO;
	}
}

static int db_file_fail(struct db_file *f, int code, struct sink *error)
{
	sink_str(error, f->db ? sqlite3_errmsg(f->db) : sqlite3_errstr(code));
	return db_file_errno(code);
}

/* The journal stays and is emptied at each commit: fewer directory writes than removing it. FULL: a
 * commit that was said to be done outlives a power failure. */
static int db_file_prepare(struct db_file *f)
{
	static const char setup[] =
		"PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL; "
		"CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), "
		"PRIMARY KEY(key))";
	const struct {
		sqlite3_stmt **out;
		const char *sql;
	} statements[] = {
		{&f->begin, "BEGIN IMMEDIATE"},
		{&f->put, "INSERT OR REPLACE INTO astdb (key, value) VALUES (?, ?)"},
		{&f->del, "DELETE FROM astdb WHERE key=?"},
		{&f->commit, "COMMIT"},
		{&f->rollback, "ROLLBACK"},
	};
	int code = sqlite3_busy_timeout(f->db, DB_BUSY_MS);

	if (code == SQLITE_OK)
		code = sqlite3_exec(f->db, setup, NULL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_COUNT(statements) && code == SQLITE_OK; i++)
		code = sqlite3_prepare_v2(f->db, statements[i].sql, -1, statements[i].out, NULL);
	return code;
}

int db_file_open(struct db_file **out, const char *path, struct sink *error)
{
	struct db_file *f = calloc(1, sizeof(*f));
	int code, err;

	if (!f) {
		sink_str(error, strerror(ENOMEM));
		return -ENOMEM;
	}
	code = sqlite3_open_v2(path, &f->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (code == SQLITE_OK)
		code = db_file_prepare(f);
	if (code != SQLITE_OK) {
		err = db_file_fail(f, code, error);
		db_file_close(f);
		return err;
	}
	*out = f;
	return 0;
}

void db_file_close(struct db_file *f)
{
	if (!f)
		return;
	sqlite3_finalize(f->begin);
	sqlite3_finalize(f->put);
	sqlite3_finalize(f->del);
	sqlite3_finalize(f->commit);
	sqlite3_finalize(f->rollback);
	sqlite3_close(f->db);
	free(f);
}

static struct slice db_file_text(sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	return slice_make(text ? text : "", text ? (size_t)sqlite3_column_bytes(st, column) : 0);
}

int db_file_load(struct db_file *f, db_file_fn fn, void *arg, struct sink *error)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(f->db, "SELECT key, value FROM astdb ORDER BY key", -1, &st,
				      NULL);
	int err = 0;

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(st);
		if (code == SQLITE_ROW)
			err = fn(arg, db_file_text(st, 0), db_file_text(st, 1));
		if (err < 0)
			break;
	}
	if (err == 0 && code != SQLITE_DONE)
		err = db_file_fail(f, code, error);
	sqlite3_finalize(st);
	return err;
}

static int db_file_run(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	sqlite3_reset(st);
	return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

static int db_file_apply(struct db_file *f, const struct db_change *c)
{
	sqlite3_stmt *st = c->deleted ? f->del : f->put;

	sqlite3_bind_text(st, 1, c->key.ptr, (int)c->key.len, SQLITE_STATIC);
	if (!c->deleted)
		sqlite3_bind_text(st, 2, c->value.len ? c->value.ptr : "", (int)c->value.len,
				  SQLITE_STATIC);
	return db_file_run(st);
}

int db_file_write(struct db_file *f, const struct db_change *changes, uint32_t count,
		  struct sink *error)
{
	int code = db_file_run(f->begin), err;

	for (uint32_t i = 0; i < count && code == SQLITE_OK; i++)
		code = db_file_apply(f, &changes[i]);
	if (code == SQLITE_OK)
		code = db_file_run(f->commit);
	if (code == SQLITE_OK)
		return 0;
	err = db_file_fail(f, code, error);
	if (!sqlite3_get_autocommit(f->db))
		(void)db_file_run(f->rollback);
	return err;
}
