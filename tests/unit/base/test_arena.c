/* tests/unit/base/test_arena.c */
#include "engine/base/arena.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_alloc(void **state)
{
	struct arena_pool *pool;
	struct arena a;
	char *first, *second;

	UNUSED(state);
	assert_int_equal(arena_pool_create(&pool, 4), 0);
	arena_init(&a, pool, 3 * ARENA_CHUNK);
	assert_int_equal(arena_pool_used(pool), 0);
	first = arena_alloc(&a, 5);
	second = arena_alloc(&a, 1);
	assert_int_equal(second - first, 8);
	assert_int_equal((uintptr_t)first % 8, 0);
	assert_int_equal(arena_pool_used(pool), 1);
	for (int i = 0; i < 3; i++)
		assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_alloc(&a, 900));   /* the arena's limit */
	assert_non_null(arena_alloc(&a, 8)); /* but there is room in its last chunk */
	arena_reset(&a);
	assert_int_equal(arena_pool_used(pool), 0);
	assert_non_null(arena_alloc(&a, 900)); /* good for another life */
	arena_reset(&a);
	arena_pool_destroy(pool);
}

static void test_pool_limit(void **state)
{
	struct arena_pool *pool;
	struct arena a, b;

	UNUSED(state);
	assert_int_equal(arena_pool_create(&pool, 2), 0);
	arena_init(&a, pool, 1 << 20);
	arena_init(&b, pool, 1 << 20);
	assert_non_null(arena_alloc(&a, 900));
	assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_alloc(&b, 1));
	arena_reset(&a);
	assert_non_null(arena_alloc(&b, 1));
	arena_reset(&b);
	arena_pool_destroy(pool);
}

static void test_large(void **state)
{
	struct arena_pool *pool;
	struct arena a;
	char *large, *small, *next;

	UNUSED(state);
	assert_int_equal(arena_pool_create(&pool, 4), 0);
	arena_init(&a, pool, 16384);
	large = arena_alloc(&a, 8000); /* the first of its arena */
	assert_non_null(large);
	memset(large, 1, 8000);
	assert_int_equal(arena_pool_used(pool), 0);
	small = arena_alloc(&a, 8);
	assert_int_equal(arena_pool_used(pool), 1);
	assert_non_null(arena_alloc(&a, 4000));
	next = arena_alloc(&a, 8);
	assert_int_equal(next - small, 8); /* the chunk in use goes on being filled */
	assert_null(arena_alloc(&a, 4000));
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_reset(&a);
	arena_reset(&a);
	assert_int_equal(arena_pool_used(pool), 0);
	arena_pool_destroy(pool);
}

static void test_dup(void **state)
{
	struct arena_pool *pool;
	struct arena a;
	struct slice copy;

	UNUSED(state);
	assert_int_equal(arena_pool_create(&pool, 1), 0);
	arena_init(&a, pool, ARENA_CHUNK);
	copy = arena_dup(&a, SLICE_LIT("abc"));
	assert_int_equal(copy.len, 3);
	assert_string_equal(copy.ptr, "abc");
	copy = arena_dup(&a, SLICE_EMPTY);
	assert_non_null(copy.ptr);
	assert_int_equal(copy.len, 0);
	assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_dup(&a, slice_make((char[200]){0}, 200)).ptr);
	arena_reset(&a);
	arena_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_pool_limit),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_dup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
