/* tests/unit/base/test_blob.c */
#include "engine/base/blob.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "tests/unit/cmocka.h"

#include <string.h>

static void test_classes(void **state)
{
	static const size_t sizes[] = {0, 1, 512, 513, 2048, 2049, 8192, 8193, 65536};
	struct blob *blobs[ARRAY_COUNT(sizes)];
	struct blob_pool *pool;

	UNUSED(state);
	assert_int_equal(blob_pool_create(&pool, 128), 0);
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
		blobs[i] = blob_alloc(pool, sizes[i]);
		assert_non_null(blobs[i]);
		assert_true(blobs[i]->room >= sizes[i]);
		assert_int_equal(blobs[i]->len, 0);
		assert_int_equal((uintptr_t)blobs[i]->data % 16, 0);
		memset(blobs[i]->data, 0xff, blobs[i]->room);
	}
	assert_int_equal(blobs[2]->room, 512);
	assert_null(blob_alloc(pool, LIMIT_ORDER_BYTES + 1));
	assert_int_equal(blob_used(pool), ARRAY_COUNT(sizes));
	for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
		blob_free(pool, blobs[i]);
	assert_int_equal(blob_used(pool), 0);
	blob_pool_destroy(pool);
}

static void test_used_up(void **state)
{
	struct blob_pool *pool;
	struct blob *blobs[8];
	uint32_t n = 0;

	UNUSED(state);
	assert_int_equal(blob_pool_create(&pool, 2), 0);
	assert_true(blob_pool_bytes(pool) >= 2 * 512 + 2 * 2048 + 8192 + 65536);
	/* The small ones spill into the larger classes: 2 + 2 + 1 + 1 blocks. */
	while (n < 8 && (blobs[n] = blob_alloc(pool, 100)))
		n++;
	assert_int_equal(n, 6);
	blob_free(pool, blobs[0]);
	assert_ptr_equal(blob_alloc(pool, 100), blobs[0]);
	assert_null(blob_alloc(pool, 100));
	blob_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_used_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
