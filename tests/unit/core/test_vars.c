/* tests/unit/core/test_vars.c */
#include "engine/core/vars.h"

#include "engine/base/limits.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>

static struct arena_pool *pool;
static struct arena arena;
static struct vars vars;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(arena_pool_create(&pool, 64), 0);
	arena_init(&arena, pool, 32768);
	vars_init(&vars, &arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_reset(&arena);
	arena_pool_destroy(pool);
	return 0;
}

static int set(const char *name, const char *value)
{
	return vars_set(&vars, slice_str(name), slice_str(value));
}

static const char *get(const char *name)
{
	struct slice v;

	return vars_get(&vars, slice_str(name), &v) ? v.ptr : NULL;
}

static void test_set_get(void **state)
{
	static const char longer[] = "a longer value that does not fit into the first place at all";

	(void)state;
	assert_null(get("a"));
	assert_int_equal(set("a", "1"), 0);
	assert_int_equal(set("b", ""), 0);
	assert_string_equal(get("a"), "1");
	assert_string_equal(get("b"), "");
	assert_null(get("A"));
	assert_int_equal(set("a", longer), 0);
	assert_string_equal(get("a"), longer);
	assert_int_equal(vars.count, 2);
	assert_int_equal(vars_set(&vars, SLICE_LIT("a"), SLICE_EMPTY), 0);
	assert_null(get("a"));
	assert_int_equal(vars.count, 1);
	assert_int_equal(set("", "x"), -EINVAL);
	assert_int_equal(set("__", "x"), -EINVAL);
}

static void test_order_and_marks(void **state)
{
	(void)state;
	set("a", "1");
	set("_b", "2");
	set("__c", "3");
	set("___d", "4");
	set("a", "5"); /* newest again */
	assert_string_equal(vars.first->name.ptr, "a");
	assert_string_equal(vars.first->next->name.ptr, "_d");
	assert_int_equal(vars.first->next->inherit, 2);
	assert_string_equal(get("b"), "2");
	assert_int_equal(vars.first->next->next->inherit, 2);
	assert_int_equal(vars.first->next->next->next->inherit, 1);
	set("b", "x");
	assert_int_equal(vars.first->inherit, 0);
}

static void test_push_pop(void **state)
{
	(void)state;
	set("ARG1", "outer");
	assert_int_equal(vars_push(&vars, SLICE_LIT("ARG1"), SLICE_LIT("inner")), 0);
	assert_string_equal(get("ARG1"), "inner");
	set("ARG1", "changed");
	vars_pop(&vars, SLICE_LIT("ARG1"));
	assert_string_equal(get("ARG1"), "outer");
	vars_pop(&vars, SLICE_LIT("ARG1"));
	vars_pop(&vars, SLICE_LIT("ARG1"));
	assert_null(get("ARG1"));
}

/* A loop that sets, grows and removes variables does not eat up the arena. */
static void test_reuse(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		char value[300];

		snprintf(value, sizeof(value), "%0*d", i % 250 + 1, i);
		assert_int_equal(set("loop", value), 0);
		assert_int_equal(vars_push(&vars, SLICE_LIT("ARG1"), slice_str(value)), 0);
		assert_string_equal(get("loop"), value);
		vars_pop(&vars, SLICE_LIT("ARG1"));
		if (i % 7 == 0)
			vars_set(&vars, SLICE_LIT("loop"), SLICE_EMPTY);
	}
	assert_true(arena.total_bytes <= 4096);
}

static void test_self_assignment(void **state)
{
	struct slice v;

	(void)state;
	set("a", "0123456789");
	assert_true(vars_get(&vars, SLICE_LIT("a"), &v));
	assert_int_equal(vars_set(&vars, SLICE_LIT("a"), slice_from(v, 3)), 0);
	assert_string_equal(get("a"), "3456789");
}

static void test_limits(void **state)
{
	static char big[LIMIT_VAR_VALUE + 1];
	char name[16];
	int rc = 0;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(set("a", big), -ENOSPC);
	memset(big, 'x', LIMIT_VAR_NAME);
	big[LIMIT_VAR_NAME] = 0;
	assert_int_equal(set(big, "v"), -EINVAL);
	for (int i = 0; i <= LIMIT_CHAN_VARS && rc == 0; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		rc = set(name, "");
	}
	assert_int_equal(rc, -ENOSPC);
	assert_string_equal(get("v0"), "");
	assert_int_equal(set("v0", "still settable"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set_get, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_and_marks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_push_pop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_self_assignment, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
