/* tests/unit/base/test_list.c */
#include "engine/base/list.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

struct item {
	int value;
	struct list node;
};

static int value_of(struct list *node)
{
	return list_entry(node, struct item, node)->value;
}

static void test_life(void **state)
{
	struct item items[4];
	struct list l, other;
	int sum = 0;

	UNUSED(state);
	list_init(&l);
	list_init(&other);
	assert_null(list_first(&l));
	for (int i = 0; i < 4; i++) {
		items[i].value = i;
		list_add_tail(i < 2 ? &l : &other, &items[i].node);
	}
	list_splice(&l, &other);
	list_splice(&l, &other);
	assert_true(list_empty(&other));
	list_for (node, &l)
		sum = sum * 10 + value_of(node);
	assert_int_equal(sum, 123);
	list_for_safe (node, &l)
		if (value_of(node) % 2)
			list_del(node);
	list_del(&items[1].node); /* safe to repeat */
	list_add_head(&l, &items[3].node);
	sum = 0;
	list_for (node, &l)
		sum = sum * 10 + value_of(node);
	assert_int_equal(sum, 302);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_life)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
