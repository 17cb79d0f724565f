/* tests/unit/core/test_db.c - the database on control: its file, commits in groups, a file that
 * fails, the feed. */
#include "engine/core/db.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/sink.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/io/io.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PUT(family, key, value) db_put(rig.db, slice_str(family), slice_str(key), slice_str(value))

static struct rig {
	struct metrics metrics;
	struct io *io;
	struct chores *chores;
	struct tmr_wheel *wheel;
	struct db *db;
	char dir[64], path[128];
	char said[512]; /* why it did not open */
} rig;

static int open_db(const char *path, uint32_t shards)
{
	struct db_conf conf = {
		.path = path, .shard_count = shards, .seed = 3, .metrics = &rig.metrics};
	struct sink error = sink_make(rig.said, sizeof(rig.said));
	int err = db_create(&rig.db, &conf, &error);

	sink_cstr(&error);
	if (!err)
		db_attach(rig.db, rig.chores, rig.io, rig.wheel);
	return err;
}

static int setup(void **state)
{
	struct io_conf io = {.name = "db", .metrics = &rig.metrics, .cpu = -1};
	struct chores_conf conf = {.metrics = &rig.metrics, .control_metrics = &rig.metrics};

	UNUSED(state);
	memset(&rig, 0, sizeof(rig));
	snprintf(rig.dir, sizeof(rig.dir), "/tmp/ringer-db-XXXXXX");
	assert_non_null(mkdtemp(rig.dir));
	snprintf(rig.path, sizeof(rig.path), "%s/astdb.sqlite3", rig.dir);
	assert_int_equal(io_create(&rig.io, &io), 0);
	conf.io = conf.control_io = rig.io;
	assert_int_equal(chores_create(&rig.chores, &conf), 0);
	assert_int_equal(tmr_wheel_create(&rig.wheel, io_now_ns(rig.io)), 0);
	return 0;
}

static int teardown(void **state)
{
	char journal[160];

	UNUSED(state);
	chores_drain(rig.chores);
	db_destroy(rig.db);
	chores_destroy(rig.chores);
	tmr_wheel_destroy(rig.wheel);
	io_destroy(rig.io);
	snprintf(journal, sizeof(journal), "%s-journal", rig.path);
	unlink(journal);
	unlink(rig.path);
	assert_int_equal(rmdir(rig.dir), 0);
	return 0;
}

/* One commit, if one is due. */
static void commit(void)
{
	db_turn(rig.db);
	chores_flush(rig.chores);
	chores_turn(rig.chores, 1);
	chores_reap(rig.chores);
	db_turn(rig.db);
}

static const char *get(const char *family, const char *key)
{
	struct slice value;

	return db_get(rig.db, slice_str(family), slice_str(key), &value) ? value.ptr : NULL;
}

/* What an outsider sees in the file: the value, "-" no such key. */
static const char *in_file(const char *key)
{
	static char text[128];
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(rig.path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "SELECT value FROM astdb WHERE key=?", -1, &st, NULL),
		SQLITE_OK);
	sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW)
		snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(st, 0));
	else
		snprintf(text, sizeof(text), "-");
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(rig.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void test_outlives_a_restart(void **state)
{
	UNUSED(state);
	assert_int_equal(open_db(rig.path, 0), 0);
	assert_int_equal(PUT("fam", "key", "value"), 0);
	assert_int_equal(PUT("fam", "gone", "value"), 0);
	assert_string_equal(get("fam", "key"), "value");
	assert_false(db_is_settled(rig.db));
	commit();
	assert_true(db_is_settled(rig.db));
	assert_string_equal(in_file("/fam/key"), "value");
	assert_true(db_del(rig.db, SLICE_LIT("fam"), SLICE_LIT("gone")));
	assert_false(db_del(rig.db, SLICE_LIT("fam"), SLICE_LIT("gone")));
	assert_string_equal(in_file("/fam/gone"), "value");
	db_destroy(rig.db); /* what is left goes in at the end */
	assert_string_equal(in_file("/fam/gone"), "-");
	assert_int_equal(open_db(rig.path, 0), 0);
	assert_string_equal(get("fam", "key"), "value");
	assert_null(get("fam", "gone"));
	assert_int_equal(db_count(rig.db), 1);
}

/* What changes while a commit is under way goes into the next one, the last state of each key. */
static void test_group_commit(void **state)
{
	UNUSED(state);
	assert_int_equal(open_db(rig.path, 0), 0);
	assert_int_equal(PUT("a", "1", "x"), 0);
	db_turn(rig.db);
	for (int i = 0; i < 1000; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i % 100);
		assert_int_equal(PUT("b", key, i < 900 ? "old" : "new"), 0);
	}
	chores_flush(rig.chores);
	chores_turn(rig.chores, 1);
	chores_reap(rig.chores);
	assert_string_equal(in_file("/b/7"), "-");
	commit();
	assert_string_equal(in_file("/b/7"), "new");
	assert_int_equal(metric_get(&rig.metrics, METRIC_db_commits), 2);
	assert_true(db_is_settled(rig.db));
}

/* As Asterisk leaves it behind, with an odd row that we cannot use. */
static void test_takes_over_astdb(void **state)
{
	UNUSED(state);
	run_sql("CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key));"
		"INSERT INTO astdb VALUES('/registrar/contact/x','{\"a\":1}'),('/f/k',NULL),"
		"('nokey','v'),('/n/7',7)");
	assert_int_equal(open_db(rig.path, 0), 0);
	assert_string_equal(get("registrar", "contact/x"), "{\"a\":1}");
	assert_string_equal(get("f", "k"), "");
	assert_string_equal(get("n", "7"), "7");
	assert_int_equal(db_count(rig.db), 3);
	assert_string_equal(in_file("nokey"), "v"); /* left alone */
}

static void test_broken_file_refuses(void **state)
{
	FILE *f = fopen(rig.path, "w");

	UNUSED(state);
	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("this is no database\n", f);
	fclose(f);
	assert_int_equal(open_db(rig.path, 0), -EINVAL);
	assert_non_null(strstr(rig.said, "file is not a database"));
	assert_non_null(strstr(rig.said, "move it away"));
	rig.db = NULL;
	unlink(rig.path);
	run_sql("CREATE TABLE astdb(a, b)");
	assert_int_equal(open_db(rig.path, 0), -EINVAL);
	rig.db = NULL;
	assert_int_not_equal(open_db("/nowhere/at/all/astdb.sqlite3", 0), 0);
	assert_non_null(strstr(rig.said, "/nowhere/at/all/astdb.sqlite3"));
	rig.db = NULL;
}

/* Somebody holds the file: the commit is tried again until it is let go of. */
static void test_failing_commit_is_tried_again(void **state)
{
	sqlite3 *other;

	UNUSED(state);
	assert_int_equal(open_db(rig.path, 0), 0);
	assert_int_equal(sqlite3_open(rig.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "DROP TABLE astdb", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(PUT("a", "b", "1"), 0);
	for (int i = 0; i < 5; i++) {
		assert_false(db_is_settled(rig.db));
		commit();
		assert_int_equal(tmr_wheel_count(rig.wheel), 1);
		tmr_wheel_run(rig.wheel, io_now_ns(rig.io) + 2 * (i + 1) * TMR_SECOND, 10);
	}
	assert_int_equal(metric_get(&rig.metrics, METRIC_db_commit_failed), 5);
	assert_true(db_is_settled(rig.db)); /* an end would not wait any longer */
	assert_string_equal(get("a", "b"), "1");
	assert_int_equal(sqlite3_exec(other,
				      "CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), "
				      "PRIMARY KEY(key))",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(other);
	assert_int_equal(PUT("a", "c", "2"), 0);
	commit();
	commit();
	assert_string_equal(in_file("/a/b"), "1");
	assert_string_equal(in_file("/a/c"), "2");
}

static void test_bad_arguments(void **state)
{
	static char big[LIMIT_VAR_VALUE];

	UNUSED(state);
	assert_int_equal(open_db(NULL, 0), 0);
	memset(big, 'x', sizeof(big));
	assert_int_equal(PUT("", "k", "v"), -EINVAL);
	assert_int_equal(PUT("f", "", "v"), -EINVAL);
	assert_int_equal(
		db_put(rig.db, SLICE_LIT("f"), SLICE_LIT("k"), slice_make(big, sizeof(big))),
		-EINVAL);
	assert_int_equal(db_put(rig.db, slice_make(big, 250), SLICE_LIT("12345"), SLICE_EMPTY),
			 -EINVAL);
	assert_null(get("", "k"));
	assert_false(db_del(rig.db, SLICE_LIT("f"), SLICE_EMPTY));
	assert_int_equal(db_count(rig.db), 0);
}

static void test_full(void **state)
{
	char key[16];

	UNUSED(state);
	assert_int_equal(open_db(NULL, 0), 0);
	for (int i = 0; i < LIMIT_DB_ENTRIES; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(PUT("f", key, ""), 0);
	}
	assert_int_equal(PUT("f", "one more", ""), -ENOSPC);
	assert_int_equal(metric_get(&rig.metrics, METRIC_db_refused), 1);
	assert_int_equal(PUT("f", "5", "changed"), 0);
	assert_int_equal(db_del_tree(rig.db, SLICE_EMPTY, SLICE_EMPTY), LIMIT_DB_ENTRIES);
	db_turn(rig.db);
	assert_int_equal(PUT("f", "one more", ""), 0);
}

/* A follower hears each key once, in the order of the last changes. */
static void test_feed(void **state)
{
	struct db_change c;

	UNUSED(state);
	assert_int_equal(open_db(NULL, 2), 0);
	assert_false(db_feed(rig.db, 0, &c));
	assert_int_equal(PUT("f", "a", "1"), 0);
	assert_int_equal(PUT("f", "b", "1"), 0);
	assert_true(db_feed(rig.db, 0, &c));
	assert_true(slice_eq(c.key, SLICE_LIT("/f/a")));
	db_fed(rig.db, 0);
	assert_int_equal(PUT("f", "a", "2"), 0); /* shard 0 hears it again, shard 1 only so */
	assert_int_equal(db_del_tree(rig.db, SLICE_LIT("f"), SLICE_LIT("b")), 1);
	for (uint32_t shard = 0; shard < 2; shard++) {
		assert_true(db_feed(rig.db, shard, &c));
		assert_true(slice_eq(c.key, SLICE_LIT("/f/a")) &&
			    slice_eq(c.value, SLICE_LIT("2")));
		db_fed(rig.db, shard);
		assert_true(db_feed(rig.db, shard, &c));
		assert_true(slice_eq(c.key, SLICE_LIT("/f/b")) && c.deleted);
		db_fed(rig.db, shard);
		db_turn(rig.db);
		assert_false(db_feed(rig.db, shard, &c));
	}
	assert_int_equal(db_count(rig.db), 1);
}

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_outlives_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_takes_over_astdb, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken_file_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failing_commit_is_tried_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_bad_arguments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_feed, setup, teardown),
	};

	log_set_writer(log_nothing, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
