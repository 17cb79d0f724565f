/* tests/unit/core/test_dbmap.c - the sorted map: against a plain array, tree by tree, at its
 * bounds. */
#include "engine/core/dbmap.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static struct dbmap map;

static int put(const char *key, const char *value)
{
	struct dbmap_put p;
	int err = dbmap_begin(&map, &p, slice_str(key), slice_str(value));

	if (!err)
		dbmap_commit(&map, &p);
	return err;
}

static const char *get(const char *key)
{
	struct dbmap_entry *e = dbmap_find(&map, slice_str(key));

	return e && !e->dead ? e->value : NULL;
}

static int setup(void **state)
{
	UNUSED(state);
	dbmap_init(&map, 7);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	dbmap_clear(&map);
	assert_int_equal(map.count, 0);
	assert_int_equal(map.bytes, 0);
	return 0;
}

/* All names of a tree, a comma behind each. */
static const char *tree(const char *prefix)
{
	static char text[512];
	struct slice after = SLICE_EMPTY;
	struct dbmap_entry *e;
	size_t len = 0;

	text[0] = 0;
	while ((e = dbmap_after_in(&map, slice_str(prefix), after))) {
		after = dbmap_key(e);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s,", e->key);
	}
	return text;
}

static void test_trees(void **state)
{
	static const char *const keys[] = {"/b/x", "/a/1",   "/a",    "/a/2/x", "/a-b/1",
					   "/a.c", "/a/2-y", "/a/2/", "/ab/1",	"/A/1"};

	UNUSED(state);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(put(keys[i], keys[i]), 0);
	assert_string_equal(tree(""), "/A/1,/a,/a-b/1,/a.c,/a/1,/a/2-y,/a/2/,/a/2/x,/ab/1,/b/x,");
	assert_string_equal(tree("/a"), "/a,/a/1,/a/2-y,/a/2/,/a/2/x,");
	assert_string_equal(tree("/a/2"), "/a/2/,/a/2/x,");
	assert_string_equal(tree("/c"), "");
	assert_string_equal(tree("/a/1/z"), "");
	dbmap_bury(&map, dbmap_find(&map, SLICE_LIT("/a")));
	dbmap_bury(&map, dbmap_find(&map, SLICE_LIT("/a/2/")));
	assert_string_equal(tree("/a"), "/a/1,/a/2-y,/a/2/x,");
	assert_int_equal(map.dead_count, 2);
	assert_null(get("/a"));
	assert_int_equal(put("/a", "again"), 0);
	assert_string_equal(get("/a"), "again");
	assert_int_equal(map.dead_count, 1);
}

#define KEYS 300

/* Against an array of what should be there. */
static void test_random(void **state)
{
	static int want[KEYS]; /* -1 missing, -2 dead, else the value */
	struct rng rng;
	char key[32], value[32];

	UNUSED(state);
	rng_seed(&rng, 11);
	for (int i = 0; i < KEYS; i++)
		want[i] = -1;
	for (int step = 0; step < 20000; step++) {
		int i = (int)rng_below(&rng, KEYS);
		struct dbmap_entry *e;

		snprintf(key, sizeof(key), "/k/%d", i);
		e = dbmap_find(&map, slice_str(key));
		assert_int_equal(e != NULL, want[i] != -1);
		if (rng_chance(&rng, 500)) {
			snprintf(value, sizeof(value), "%d", step);
			assert_int_equal(put(key, value), 0);
			want[i] = step;
		} else if (e && rng_chance(&rng, 500)) {
			dbmap_bury(&map, e);
			want[i] = -2;
		} else if (e) {
			dbmap_drop(&map, e);
			want[i] = -1;
		}
	}
	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "/k/%d", i);
		snprintf(value, sizeof(value), "%d", want[i]);
		if (want[i] >= 0)
			assert_string_equal(get(key), value);
		else
			assert_null(get(key));
	}
}

static void test_cancel_changes_nothing(void **state)
{
	struct dbmap_put p;

	UNUSED(state);
	assert_int_equal(put("/a/b", "1"), 0);
	assert_int_equal(dbmap_begin(&map, &p, SLICE_LIT("/a/b"), SLICE_LIT("2")), 0);
	dbmap_cancel(&p);
	assert_int_equal(dbmap_begin(&map, &p, SLICE_LIT("/a/c"), SLICE_LIT("2")), 0);
	dbmap_cancel(&p);
	assert_string_equal(get("/a/b"), "1");
	assert_null(get("/a/c"));
	assert_int_equal(map.count, 1);
	assert_int_equal(map.bytes, 5);
}

static void test_bounds(void **state)
{
	struct slice big = {.ptr = "", .len = LIMIT_DB_BYTES};
	char key[32], buf[LIMIT_DB_KEY], family[LIMIT_DB_KEY];
	struct slice path;

	UNUSED(state);
	for (int i = 0; i < LIMIT_DB_ENTRIES; i++) {
		snprintf(key, sizeof(key), "/k/%d", i);
		assert_int_equal(put(key, ""), 0);
	}
	assert_true(dbmap_admits(&map, SLICE_LIT("/k/5"), SLICE_LIT("x")));
	assert_false(dbmap_admits(&map, SLICE_LIT("/k/x"), SLICE_EMPTY));
	assert_false(dbmap_admits(&map, SLICE_LIT("/k/5"), big));
	memset(family, 'f', sizeof(family));
	assert_true(dbmap_path(buf, slice_make(family, LIMIT_DB_KEY - 4), SLICE_LIT("k"), &path));
	assert_int_equal(path.len, LIMIT_DB_KEY - 1);
	assert_false(dbmap_path(buf, slice_make(family, LIMIT_DB_KEY - 3), SLICE_LIT("k"), &path));
	assert_false(dbmap_path(buf, SLICE_EMPTY, SLICE_LIT("k"), &path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_trees, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
