/* The heap of instants against a sorted array. */
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "spool/due.h"
#include "tests/unit/cmocka.h"

#define NODES 200

static void earliest_first(void **state)
{
	struct due_node a = {0}, b = {0}, c = {0};
	struct due d;

	UNUSED(state);
	assert_int_equal(due_create(&d, 3), 0);
	assert_null(due_first(&d));
	due_set(&d, &a, 30);
	due_set(&d, &b, 10);
	due_set(&d, &c, 20);
	assert_ptr_equal(due_first(&d), &b);
	due_set(&d, &b, 40);
	assert_ptr_equal(due_first(&d), &c);
	due_del(&d, &c);
	assert_ptr_equal(due_first(&d), &a);
	due_del(&d, &c);
	assert_int_equal(d.count, 2);
	due_destroy(&d);
}

static void equal_instants_in_order_of_arrival(void **state)
{
	struct due_node nodes[NODES] = {0};
	struct due d;

	UNUSED(state);
	assert_int_equal(due_create(&d, NODES), 0);
	for (int i = 0; i < NODES; i++)
		due_set(&d, &nodes[i], 5);
	due_set(&d, &nodes[0], 5); /* moved: now the last */
	for (int i = 1; i < NODES; i++) {
		assert_ptr_equal(due_first(&d), &nodes[i]);
		due_del(&d, &nodes[i]);
	}
	assert_ptr_equal(due_first(&d), &nodes[0]);
	due_destroy(&d);
}

/* The least of those that are in, by looking at all. */
static struct due_node *least(struct due_node *nodes)
{
	struct due_node *best = NULL;

	for (int i = 0; i < NODES; i++) {
		struct due_node *n = &nodes[i];

		if (n->place && (!best || n->at_ns < best->at_ns ||
				 (n->at_ns == best->at_ns && n->seq < best->seq)))
			best = n;
	}
	return best;
}

static void any_sequence_agrees_with_a_search(void **state)
{
	struct due_node nodes[NODES] = {0};
	struct rng rng;
	struct due d;

	UNUSED(state);
	rng_seed(&rng, 7);
	assert_int_equal(due_create(&d, NODES), 0);
	for (int i = 0; i < 20000; i++) {
		struct due_node *n = &nodes[rng_below(&rng, NODES)];

		if (rng_below(&rng, 3))
			due_set(&d, n, rng_below(&rng, 50));
		else
			due_del(&d, n);
		assert_ptr_equal(due_first(&d), least(nodes));
	}
	due_destroy(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(earliest_first),
		cmocka_unit_test(equal_instants_in_order_of_arrival),
		cmocka_unit_test(any_sequence_agrees_with_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
