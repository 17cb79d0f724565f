/* tests/sim/test_cdr_sinks.c - call records as text and in a database. */
#include "engine/base/check.h"
#include "engine/core/cdr_conf.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DIR_   "/log/cdr-csv"
#define MASTER "/log/cdr-csv/Master.csv"

static struct sim_world *world;
static struct metrics metrics;
static struct io *io;

static int setup(void **state)
{
	struct io_conf conf = {.name = "records", .metrics = &metrics, .cpu = -1};

	UNUSED(state);
	world = sim_world_create(1);
	sim_sqlite_use_real();
	return io_create(&io, &conf);
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(io);
	sim_world_destroy(world);
	return 0;
}

/* --- cdr.conf --- */

static int read_text(void *arg, const char *path, char **text, size_t *len)
{
	UNUSED(path);
	*len = strlen(arg);
	*text = malloc(*len + 1);
	assert_non_null(*text);
	memcpy(*text, arg, *len + 1);
	return 0;
}

/* NULL text: no file. */
static struct conffile *conf_of(const char *text)
{
	struct conffile_source source = {.read = read_text, .etc_dir = "/etc"};
	struct conffile_error err;
	struct conffile *cf = NULL;
	char room[512];

	if (!text)
		return NULL;
	snprintf(room, sizeof(room), "%s", text);
	source.arg = room;
	assert_int_equal(conffile_load(&cf, &source, "cdr.conf", &err), 0);
	return cf;
}

static struct cdr_sink *csv_of(const char *text)
{
	struct conffile *cf = conf_of(text);
	struct cdr_sink *sink = NULL;

	assert_int_equal(cdr_csv_open(&sink, io, cf, "/log"), 0);
	conffile_free(cf);
	return sink;
}

static struct cdr record(const char *account, const char *clid, bool answered)
{
	return (struct cdr){
		.account = slice_str(account),
		.src = SLICE_LIT("100"),
		.dst = SLICE_LIT("s"),
		.dcontext = SLICE_LIT("out"),
		.clid = slice_str(clid),
		.channel = SLICE_LIT("PJSIP/trunk-00000001"),
		.lastapp = SLICE_LIT("AppDial2"),
		.lastdata = SLICE_LIT("(Outgoing Line)"),
		.uniqueid = SLICE_LIT("1767225600.1"),
		.linkedid = SLICE_LIT("1767225600.1"),
		.userfield = SLICE_LIT("u"),
		.peeraccount = slice_str(account),
		.start_wall_ns = SIM_WALL_NS,
		.answer_wall_ns = answered ? SIM_WALL_NS + 2 * SIM_SECOND : 0,
		.end_wall_ns = SIM_WALL_NS + 61 * SIM_SECOND + 900 * SIM_MS,
		.disposition = answered ? CDR_ANSWERED : CDR_BUSY,
		.amaflags = CDR_DOCUMENTATION,
		.sequence = 7,
	};
}

#define LINE_ANSWERED(account)                                                                     \
	"\"" account "\",\"100\",\"s\",\"out\",\"\"\"Joe \"\"\"\"X\"\"\"\"\"\" "                   \
	"<100>\",\"PJSIP/trunk-00000001\",\"\",\"AppDial2\",\"(Outgoing Line)\","                  \
	"\"2026-01-01 00:00:00\",\"2026-01-01 00:00:02\",\"2026-01-01 00:01:01\",61,59,"           \
	"\"ANSWERED\",\"DOCUMENTATION\""
#define LINE_BUSY                                                                                  \
	"\"\",\"100\",\"s\",\"out\",\"\",\"PJSIP/trunk-00000001\",\"\",\"AppDial2\","              \
	"\"(Outgoing Line)\",\"2026-01-01 00:00:00\",,\"2026-01-01 00:01:01\",61,0,\"BUSY\","      \
	"\"DOCUMENTATION\""

static const char clid[] = "\"Joe \"\"X\"\"\" <100>";

static void assert_file(const char *path, const char *text)
{
	const char *there = sim_fs_text(world, path, NULL);

	if (!text) {
		assert_null(there);
		return;
	}
	assert_non_null(there);
	assert_string_equal(there, text);
}

static void lines_as_asterisk_writes_them(void **state)
{
	struct cdr records[2] = {record("acme", clid, true), record("", "", false)};
	struct cdr_sink *sink = csv_of(NULL);

	UNUSED(state);
	assert_int_equal(sink->ops->write(sink, records, 2), 0);
	assert_file(MASTER, LINE_ANSWERED("acme") "\n" LINE_BUSY "\n");
	assert_file(DIR_ "/acme.csv", LINE_ANSWERED("acme") "\n");
	assert_int_equal(sink->ops->write(sink, records + 1, 1), 0);
	assert_file(MASTER, LINE_ANSWERED("acme") "\n" LINE_BUSY "\n" LINE_BUSY "\n");
	sink->ops->close(sink);
}

struct option_case {
	const char *conf;
	const char *line; /* NULL: no sink */
	bool accounts;
};

static const struct option_case option_cases[] = {
	{"[csv]\n", LINE_ANSWERED("a"), true},
	{"[general]\nenable=yes\n[csv]\naccountlogs=no\n", LINE_ANSWERED("a"), false},
	{"[csv]\nloguniqueid=yes\n", LINE_ANSWERED("a") ",\"1767225600.1\"", true},
	{"[csv]\nloguserfield=yes\n", LINE_ANSWERED("a") ",\"u\"", true},
	{"[csv]\nnewcdrcolumns=yes\n", LINE_ANSWERED("a") ",\"a\",\"1767225600.1\",7", true},
	{"[csv]\nloguniqueid=yes\nloguserfield=yes\nnewcdrcolumns=yes\nusegmtime=yes\nsync=yes\n",
	 LINE_ANSWERED("a") ",\"1767225600.1\",\"u\",\"a\",\"1767225600.1\",7", true},
	{"[general]\nenable=no\n[csv]\n", NULL, false},
	{"[general]\nenable=yes\n", NULL, false},
};

static void options(void **state)
{
	struct cdr r = record("a", clid, true);
	char expected[1024];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(option_cases); i++) {
		const struct option_case *c = &option_cases[i];
		struct cdr_sink *sink = csv_of(c->conf);

		assert_int_equal(sink != NULL, c->line != NULL);
		if (!sink)
			continue;
		assert_int_equal(sink->ops->write(sink, &r, 1), 0);
		snprintf(expected, sizeof(expected), "%s\n", c->line);
		assert_file(MASTER, expected);
		assert_file(DIR_ "/a.csv", c->accounts ? expected : NULL);
		sim_fs_remove(world, MASTER);
		if (c->accounts)
			sim_fs_remove(world, DIR_ "/a.csv");
		sink->ops->close(sink);
	}
}

static void defaults_keep_failed_attempts(void **state)
{
	static const struct {
		const char *text;
		bool unanswered, congestion, sqlite;
	} cases[] = {
		{NULL, true, false, true},
		{"[general]\n", true, false, true},
		{"[general]\nunanswered=no\ncongestion=yes\n[sqlite]\nenable=no\n", false, true,
		 false},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct conffile *cf = conf_of(cases[i].text);
		struct cdr_conf conf;

		cdr_conf_read(&conf, cf);
		assert_true(conf.enable);
		assert_int_equal(conf.unanswered, cases[i].unanswered);
		assert_int_equal(conf.congestion, cases[i].congestion);
		assert_int_equal(conf.sqlite, cases[i].sqlite);
		conffile_free(cf);
	}
}

static void accounts_stay_in_the_directory(void **state)
{
	static const char *const accounts[] = {"../x", ".hidden", "a/b", "good"};
	struct cdr records[4];
	struct cdr_sink *sink = csv_of(NULL);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(accounts); i++)
		records[i] = record(accounts[i], "", false);
	assert_int_equal(sink->ops->write(sink, records, 4), 0);
	assert_int_equal(sim_fs_count(world, DIR_), 2);
	assert_true(sim_fs_exists(world, DIR_ "/good.csv"));
	assert_false(sim_fs_exists(world, "/log/x.csv"));
	sink->ops->close(sink);
}

/* The second write to the file fails as a full disk does. */
static int fail_write(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	int *left = arg;

	UNUSED(path);
	UNUSED(nth);
	if (op != IO_OP_FS_WRITE || *left < 0)
		return 0;
	return (*left)-- == 0 ? -ENOSPC : 0;
}

static void a_failed_batch_leaves_nothing(void **state)
{
	struct cdr r = record("", "", false);
	struct cdr_sink *sink = csv_of(NULL);
	int left = 1;

	UNUSED(state);
	sim_disk_hook(world, fail_write, &left);
	assert_int_equal(sink->ops->write(sink, &r, 1), 0);
	assert_int_equal(sink->ops->write(sink, &r, 1), -ENOSPC);
	assert_file(MASTER, LINE_BUSY "\n");
	assert_int_equal(sink->ops->write(sink, &r, 1), 0);
	assert_file(MASTER, LINE_BUSY "\n" LINE_BUSY "\n");
	sim_disk_hook(world, NULL, NULL);
	sink->ops->close(sink);
}

static void records_longer_than_the_buffer(void **state)
{
	static char text[300 * 1024];
	struct cdr records[3] = {record("", "", false), record("", "", false),
				 record("", "", false)};
	struct cdr_sink *sink = csv_of(NULL);
	size_t len;

	UNUSED(state);
	memset(text, 'x', sizeof(text));
	records[1].userfield = records[1].lastdata = slice_make(text, sizeof(text));
	assert_int_equal(sink->ops->write(sink, records, 3), 0);
	assert_file(MASTER, LINE_BUSY "\n" LINE_BUSY "\n");
	records[1].lastdata = slice_make(text, 200 * 1024);
	records[2].lastdata = slice_make(text, 200 * 1024);
	assert_int_equal(sink->ops->write(sink, records, 3), 0);
	sim_fs_text(world, MASTER, &len);
	assert_true(len > 400 * 1024);
	sink->ops->close(sink);
}

/* --- SQLite: a real file, since the library does its own input and output --- */

static char *first_row(const char *path, const char *sql)
{
	static char text[512];
	sqlite3_stmt *st;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

static void remove_db(const char *dir, const char *name)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	char path[256];

	for (size_t i = 0; i < ARRAY_COUNT(tails); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", dir, name, tails[i]);
		unlink(path);
	}
}

static void rows_in_a_database(void **state)
{
	struct cdr records[2] = {record("acme", clid, true), record("", "it's", false)};
	char dir[] = "/tmp/ringer-cdr-XXXXXX";
	struct cdr_sink *sink = NULL;
	char path[64];

	UNUSED(state);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/master.db", dir);
	for (int life = 1; life <= 2; life++) {
		char total[8];

		assert_int_equal(cdr_sqlite_open(&sink, io, NULL, dir), 0);
		assert_int_equal(sink->ops->write(sink, records, 2), 0);
		snprintf(total, sizeof(total), "%d", 2 * life);
		assert_string_equal(first_row(path, "SELECT count(*) FROM cdr"), total);
		sink->ops->close(sink);
	}
	assert_string_equal(
		first_row(path, "SELECT accountcode||'|'||clid||'|'||start||'|'||answer||'|'||"
				"\"end\"||'|'||duration||'|'||billsec||'|'||disposition||'|'||"
				"amaflags||'|'||sequence FROM cdr WHERE AcctId=1"),
		"acme|\"Joe \"\"X\"\"\" <100>|2026-01-01 00:00:00|2026-01-01 00:00:02|"
		"2026-01-01 00:01:01|61|59|ANSWERED|DOCUMENTATION|7");
	assert_string_equal(first_row(path, "SELECT clid||'|'||answer||'|'||disposition FROM cdr "
					    "WHERE AcctId=2"),
			    "it's||BUSY");
	remove_db(dir, "master.db");
	rmdir(dir);
}

static void database_options_and_refusals(void **state)
{
	char dir[] = "/tmp/ringer-cdr-XXXXXX";
	struct cdr_sink *sink = NULL;
	struct conffile *cf;
	char path[64];

	UNUSED(state);
	assert_non_null(mkdtemp(dir));
	cf = conf_of("[sqlite]\nenable=no\n");
	assert_int_equal(cdr_sqlite_open(&sink, io, cf, dir), 0);
	assert_null(sink);
	conffile_free(cf);

	cf = conf_of("[sqlite]\nfile=calls.db\ntable=my \"calls\nsync=yes\n");
	assert_int_equal(cdr_sqlite_open(&sink, io, cf, dir), 0);
	sink->ops->close(sink);
	conffile_free(cf);
	snprintf(path, sizeof(path), "%s/calls.db", dir);
	assert_string_equal(first_row(path, "SELECT count(*) FROM \"my \"\"calls\""), "0");

	assert_int_not_equal(cdr_sqlite_open(&sink, io, NULL, "/nowhere/at/all"), 0);
	assert_null(sink);
	remove_db(dir, "calls.db");
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_as_asterisk_writes_them, setup, teardown),
		cmocka_unit_test_setup_teardown(options, setup, teardown),
		cmocka_unit_test_setup_teardown(defaults_keep_failed_attempts, setup, teardown),
		cmocka_unit_test_setup_teardown(accounts_stay_in_the_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(a_failed_batch_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(records_longer_than_the_buffer, setup, teardown),
		cmocka_unit_test_setup_teardown(rows_in_a_database, setup, teardown),
		cmocka_unit_test_setup_teardown(database_options_and_refusals, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
