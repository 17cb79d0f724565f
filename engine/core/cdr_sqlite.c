/* engine/core/cdr_sqlite.c - call records in an SQLite database: one of the two doors to that
 * library.
 *
 * <astlogdir>/master.db, table cdr (both can be set in cdr.conf [sqlite]), made if missing, one
 * column per field under Asterisk's names. A batch is one transaction; the journal is a write-ahead
 * log, so readers do not disturb. Files go through the library, not through io.h: for records
 * workers only. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/core/cdr_conf.h"

#define CDR_SQLITE_BUSY_MS 1000

struct cdr_sqlite {
	struct cdr_sink sink;
	struct io *io;
	sqlite3 *db;
	sqlite3_stmt *begin, *insert, *commit, *rollback;
};

#define CDR_SQLITE_COLUMNS                                                                         \
	"accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, "   \
	"answer, \"end\", duration, billsec, disposition, amaflags, uniqueid, userfield, "         \
	"peeraccount, linkedid, sequence"

static const char cdr_sqlite_create[] =
	"CREATE TABLE IF NOT EXISTS \"%w\" (AcctId INTEGER PRIMARY KEY, accountcode TEXT, "
	"src TEXT, dst TEXT, dcontext TEXT, clid TEXT, channel TEXT, dstchannel TEXT, "
	"lastapp TEXT, lastdata TEXT, start TEXT, answer TEXT, \"end\" TEXT, duration INTEGER, "
	"billsec INTEGER, disposition TEXT, amaflags TEXT, uniqueid TEXT, userfield TEXT, "
	"peeraccount TEXT, linkedid TEXT, sequence INTEGER)";

static const char cdr_sqlite_insert[] = "INSERT INTO \"%w\" (" CDR_SQLITE_COLUMNS ") VALUES "
					"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/* --- records --- */

static void cdr_sqlite_bind(sqlite3_stmt *st, int *at, struct slice text)
{
	sqlite3_bind_text(st, ++*at, text.ptr ? text.ptr : "", (int)text.len, SQLITE_STATIC);
}

/* The text is copied: times lie in the caller's frame. */
static void cdr_sqlite_bind_time(struct cdr_sqlite *q, int *at, int64_t wall_ns)
{
	char text[CDR_TIME_BYTES];

	cdr_time_text(q->io, wall_ns, false, text);
	sqlite3_bind_text(q->insert, ++*at, text, -1, SQLITE_TRANSIENT);
}

static void cdr_sqlite_bind_record(struct cdr_sqlite *q, const struct cdr *r)
{
	sqlite3_stmt *st = q->insert;
	int at = 0;

	cdr_sqlite_bind(st, &at, r->account);
	cdr_sqlite_bind(st, &at, r->src);
	cdr_sqlite_bind(st, &at, r->dst);
	cdr_sqlite_bind(st, &at, r->dcontext);
	cdr_sqlite_bind(st, &at, r->clid);
	cdr_sqlite_bind(st, &at, r->channel);
	cdr_sqlite_bind(st, &at, r->dstchannel);
	cdr_sqlite_bind(st, &at, r->lastapp);
	cdr_sqlite_bind(st, &at, r->lastdata);
	cdr_sqlite_bind_time(q, &at, r->start_wall_ns);
	cdr_sqlite_bind_time(q, &at, r->answer_wall_ns);
	cdr_sqlite_bind_time(q, &at, r->end_wall_ns);
	sqlite3_bind_int64(st, ++at, cdr_duration_s(r));
	sqlite3_bind_int64(st, ++at, cdr_billsec_s(r));
	cdr_sqlite_bind(st, &at, slice_str(cdr_disposition_text(r->disposition)));
	cdr_sqlite_bind(st, &at, slice_str(cdr_amaflags_text(r->amaflags)));
	cdr_sqlite_bind(st, &at, r->uniqueid);
	cdr_sqlite_bind(st, &at, r->userfield);
	cdr_sqlite_bind(st, &at, r->peeraccount);
	cdr_sqlite_bind(st, &at, r->linkedid);
	sqlite3_bind_int64(st, ++at, r->sequence);
}

static int cdr_sqlite_errno(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EROFS;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* Runs a statement that gives no rows, and makes it ready for its next run. */
static int cdr_sqlite_run(sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	sqlite3_reset(st);
	return cdr_sqlite_errno(code);
}

static int cdr_sqlite_write(struct cdr_sink *s, const struct cdr *records, uint32_t count)
{
	struct cdr_sqlite *q = (struct cdr_sqlite *)(void *)s;
	int rc = cdr_sqlite_run(q->begin);

	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < count && rc == 0; i++) {
		cdr_sqlite_bind_record(q, &records[i]);
		rc = cdr_sqlite_run(q->insert);
	}
	if (rc == 0)
		rc = cdr_sqlite_run(q->commit);
	if (rc != 0)
		(void)cdr_sqlite_run(q->rollback);
	return rc;
}

/* --- opening and closing --- */

static void cdr_sqlite_close(struct cdr_sink *s)
{
	struct cdr_sqlite *q = (struct cdr_sqlite *)(void *)s;

	sqlite3_finalize(q->begin);
	sqlite3_finalize(q->insert);
	sqlite3_finalize(q->commit);
	sqlite3_finalize(q->rollback);
	sqlite3_close(q->db);
	free(q);
}

static int cdr_sqlite_exec(struct cdr_sqlite *q, const char *sql)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL);
}

/* `format` with the table's name for %w. */
static int cdr_sqlite_prepare_named(struct cdr_sqlite *q, sqlite3_stmt **out, const char *format,
				    const char *table)
{
	char *sql = sqlite3_mprintf(format, table);
	int code = SQLITE_NOMEM;

	if (sql)
		code = sqlite3_prepare_v2(q->db, sql, -1, out, NULL);
	sqlite3_free(sql);
	return code;
}

static int cdr_sqlite_make_table(struct cdr_sqlite *q, const char *table)
{
	sqlite3_stmt *create = NULL;
	int code = cdr_sqlite_prepare_named(q, &create, cdr_sqlite_create, table);

	if (code == SQLITE_OK) {
		code = sqlite3_step(create);
		code = code == SQLITE_DONE ? SQLITE_OK : code;
	}
	sqlite3_finalize(create);
	return code;
}

static int cdr_sqlite_prepare(struct cdr_sqlite *q, const struct cdr_conf *conf)
{
	int code = cdr_sqlite_make_table(q, conf->sqlite_table);

	if (code == SQLITE_OK)
		code = cdr_sqlite_prepare_named(q, &q->insert, cdr_sqlite_insert,
						conf->sqlite_table);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(q->db, "BEGIN IMMEDIATE", -1, &q->begin, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(q->db, "COMMIT", -1, &q->commit, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v2(q->db, "ROLLBACK", -1, &q->rollback, NULL);
	return code;
}

static int cdr_sqlite_open_db(struct cdr_sqlite *q, const char *path, const struct cdr_conf *conf)
{
	int code = sqlite3_open_v2(path, &q->db,
				   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
				   NULL);

	if (code == SQLITE_OK)
		code = sqlite3_busy_timeout(q->db, CDR_SQLITE_BUSY_MS);
	if (code == SQLITE_OK)
		code = cdr_sqlite_exec(q, "PRAGMA journal_mode=WAL");
	if (code == SQLITE_OK)
		code = cdr_sqlite_exec(q, conf->sqlite_sync ? "PRAGMA synchronous=FULL"
							    : "PRAGMA synchronous=NORMAL");
	if (code == SQLITE_OK)
		code = cdr_sqlite_prepare(q, conf);
	if (code != SQLITE_OK)
		log_error("Unable to use %s for call records: %s; make it writable for the "
			  "engine's user, or move a table '%s' with other columns out of the way",
			  path, q->db ? sqlite3_errmsg(q->db) : sqlite3_errstr(code),
			  conf->sqlite_table);
	return cdr_sqlite_errno(code);
}

static int cdr_sqlite_path(char *dst, size_t size, const char *log_dir, const char *file)
{
	struct sink out = sink_make(dst, size);

	if (file[0] != '/') {
		sink_str(&out, log_dir);
		sink_char(&out, '/');
	}
	sink_str(&out, file);
	if (out.over || out.len == size)
		return -ENAMETOOLONG;
	sink_cstr(&out);
	return 0;
}

int cdr_sqlite_open(struct cdr_sink **out, struct io *io, const struct conffile *cdr_conf,
		    const char *log_dir)
{
	static const struct cdr_sink_ops ops = {
		.name = "sqlite",
		.write = cdr_sqlite_write,
		.close = cdr_sqlite_close,
	};
	char path[LIMIT_PATH];
	struct cdr_conf conf;
	struct cdr_sqlite *q;
	int rc;

	cdr_conf_read(&conf, cdr_conf);
	*out = NULL;
	if (!conf.enable || !conf.sqlite)
		return 0;
	rc = cdr_sqlite_path(path, sizeof(path), log_dir, conf.sqlite_file);
	if (rc != 0)
		return rc;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->sink.ops = &ops;
	q->io = io;
	(void)io_fs_mkdir(io, log_dir, 0777);
	rc = cdr_sqlite_open_db(q, path, &conf);
	if (rc != 0)
		cdr_sqlite_close(&q->sink);
	else
		*out = &q->sink;
	return rc;
}
