/* tests/unit/base/test_hash.c */
#include "engine/base/hash.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

struct item {
	struct hash_node node;
	int value;
};

static void test_life(void **state)
{
	static struct item items[100];
	struct hash h;

	UNUSED(state);
	assert_int_equal(hash_create(&h, 17), 0);
	assert_int_equal(h.mask, 31);
	for (int i = 0; i < 100; i++) {
		items[i].value = i;
		hash_add(&h, &items[i].node, (uint64_t)i % 50); /* each hash twice */
	}
	assert_int_equal(h.count, 100);
	for (int i = 0; i < 50; i++) {
		struct hash_node *node = hash_first(&h, (uint64_t)i);
		struct item *item = hash_entry(node, struct item, node);

		assert_int_equal(item->value % 50, i);
		node = hash_next(node);
		assert_int_equal(hash_entry(node, struct item, node)->value % 50, i);
		assert_null(hash_next(node));
	}
	for (int i = 0; i < 100; i += 2)
		hash_del(&h, &items[i].node);
	hash_del(&h, &items[0].node); /* safe to repeat */
	assert_int_equal(h.count, 50);
	assert_null(hash_first(&h, 2));
	assert_non_null(hash_first(&h, 3));
	assert_null(hash_first(&h, 1000));
	hash_destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_life)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
