/* tests/unit/core/test_queue.c */
#include "engine/core/queue.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static struct order *make_order(uint64_t id, int64_t due_ns)
{
	struct order *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->id = id;
	o->due_ns = due_ns;
	return o;
}

static struct queue *make_queue(const struct trunk_conf *trunks, uint32_t count,
				uint32_t general_cps)
{
	struct queue_conf conf = {.queue_max = 1000,
				  .general = {.cps_max = general_cps, .burst_max = 1},
				  .trunk_default = {.burst_max = 1},
				  .trunks = trunks,
				  .trunk_count = count};
	struct queue *q;

	assert_int_equal(queue_create(&q, &conf), 0);
	return q;
}

static uint64_t grant_id(struct queue *q, int64_t now)
{
	struct order *o = queue_grant(q, now);
	uint64_t id = o ? o->id : 0;

	if (o)
		assert_int_equal(o->state, ORDER_ADMITTED);
	free(o);
	return id;
}

static void test_states(void **state)
{
	static const enum order_event way[] = {ORDER_DUE, ORDER_GRANT, ORDER_SEND, ORDER_END,
					       ORDER_RECORDED};
	struct order o = {.state = ORDER_SCHEDULED};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(way); i++)
		order_step(&o, way[i]);
	assert_int_equal(o.state, ORDER_SETTLED);
	assert_string_equal(order_state_name(ORDER_RECORDING), "RECORDING");
}

/* One order of the trunk "held", due at once, put into the queue. */
static void add_held(struct queue *q, uint64_t id)
{
	assert_int_equal(queue_add(q, make_order(id, 0), SLICE_LIT("held"), 0), 0);
}

static void end_order(struct queue *q, uint64_t id, bool answered)
{
	const struct order o = {.id = id};

	queue_dialed(q, &o, answered);
	queue_ended(q, &o);
}

/* A trunk whose far end asked for a pause: nothing starts before, then all as ever; others go on.
 */
static void test_held_trunk(void **state)
{
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	queue_hold(q, SLICE_LIT("held"), 0, 50 * SECOND, false); /* not known yet: nothing */
	add_held(q, 1);
	add_held(q, 2);
	add_held(q, 3);
	assert_int_equal(grant_id(q, SECOND), 1);
	queue_hold(q, SLICE_LIT("held"), 0, 10 * SECOND, false);
	queue_hold(q, SLICE_LIT("held"), 0, 5 * SECOND, false); /* not shortened */
	assert_int_equal(queue_next_ns(q, SECOND), 10 * SECOND);
	assert_int_equal(grant_id(q, 10 * SECOND - 1), 0);
	assert_int_equal(queue_add(q, make_order(9, 0), SLICE_LIT("other"), 0), 0);
	assert_int_equal(queue_next_ns(q, SECOND), SECOND);
	assert_int_equal(grant_id(q, SECOND), 9);
	assert_int_equal(grant_id(q, 10 * SECOND), 2);
	assert_int_equal(grant_id(q, 10 * SECOND), 3);
	add_held(q, 4);
	queue_hold(q, SLICE_LIT("held"), 0, 20 * SECOND, false);
	queue_hold(q, SLICE_LIT("held"), 0, 0, false); /* lifted */
	assert_int_equal(grant_id(q, 10 * SECOND), 4);
	queue_destroy(q);
}

/* A silent trunk: when its time has come one order at a time, until one shows that it is back. */
static void test_trial(void **state)
{
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	for (uint64_t id = 1; id <= 8; id++)
		add_held(q, id);
	assert_int_equal(grant_id(q, SECOND), 1);
	queue_hold(q, SLICE_LIT("held"), 0, 10 * SECOND, true);
	assert_int_equal(grant_id(q, 9 * SECOND), 0);
	assert_int_equal(grant_id(q, 10 * SECOND), 2);
	assert_int_equal(grant_id(q, 10 * SECOND), 0);
	assert_int_equal(queue_next_ns(q, 10 * SECOND), INT64_MAX);
	end_order(q, 1, false); /* one of before says nothing */
	assert_int_equal(grant_id(q, 10 * SECOND), 0);
	queue_hold(q, SLICE_LIT("held"), 0, 50 * SECOND, true); /* silent again */
	end_order(q, 2, false);
	assert_int_equal(queue_next_ns(q, 42 * SECOND), 50 * SECOND);
	assert_int_equal(grant_id(q, 50 * SECOND), 3);
	end_order(q, 3, false); /* no word: the next one tries */
	assert_int_equal(grant_id(q, 50 * SECOND), 4);
	assert_int_equal(grant_id(q, 50 * SECOND), 0);
	queue_hold(q, SLICE_LIT("held"), 0, 0, false); /* heard, it rings */
	assert_int_equal(grant_id(q, 50 * SECOND), 5);
	assert_int_equal(grant_id(q, 50 * SECOND), 6);
	queue_hold(q, SLICE_LIT("held"), 0, 60 * SECOND, true);
	assert_int_equal(grant_id(q, 60 * SECOND), 7);
	end_order(q, 7, true); /* answered */
	assert_int_equal(grant_id(q, 60 * SECOND), 8);
	queue_destroy(q);
}

/* Undialled orders stand where they stood, also when shards give them back in turns; pacers count
 * them no longer, and the rate gives nothing back. */
static void test_put_back(void **state)
{
	static const unsigned back[] = {2, 0, 1, 4, 3};
	struct trunk_conf held = {.name = "held",
				  .pacer = {.cps_max = 1, .burst_max = 6, .inflight_max = 6}};
	struct queue *q = make_queue(&held, 1, 0);
	struct order *o[6];

	UNUSED(state);
	for (uint64_t id = 1; id <= 8; id++)
		add_held(q, id);
	for (unsigned i = 0; i < 6; i++) {
		o[i] = queue_grant(q, SECOND);
		order_step(o[i], ORDER_SEND);
	}
	assert_int_equal(queue_inflight(q), 6);
	for (unsigned i = 0; i < ARRAY_COUNT(back); i++) {
		queue_put_back(q, o[back[i]]);
		assert_int_equal(o[back[i]]->state, ORDER_WAITING);
	}
	assert_int_equal(queue_inflight(q), 1);
	assert_int_equal(queue_running(q), 1);
	assert_int_equal(queue_waiting(q), 7);
	assert_int_equal(queue_trunk(q, 0)->started, 1);
	assert_int_equal(grant_id(q, SECOND), 0); /* the burst is used up */
	assert_true(queue_hold(q, SLICE_LIT("held"), SECOND, 3 * SECOND, false));
	assert_false(queue_hold(q, SLICE_LIT("held"), 2 * SECOND, 4 * SECOND, false)); /* no news */
	assert_int_equal(grant_id(q, 4 * SECOND - 1), 0);
	assert_int_equal(grant_id(q, 4 * SECOND), 1);
	queue_put_back(q, o[5]); /* when the first of them has left the line */
	for (uint64_t id = 2; id <= 8; id++)
		assert_int_equal(grant_id(q, 9 * SECOND), id <= 6 ? id : 0);
	assert_int_equal(grant_id(q, 11 * SECOND), 0); /* max_inflight */
	assert_int_equal(queue_waiting(q), 2);
	add_held(q, 9);
	end_order(q, 6, false);
	end_order(q, 5, false);
	assert_int_equal(grant_id(q, 20 * SECOND), 7);
	assert_int_equal(grant_id(q, 20 * SECOND), 8);
	end_order(q, 7, false);
	assert_int_equal(grant_id(q, 30 * SECOND), 9);
	queue_destroy(q);
}

/* One that was to try whether a silent trunk is back, and found it down: the next one may. */
static void test_put_back_of_a_trial(void **state)
{
	struct queue *q = make_queue(NULL, 0, 0);
	struct order *o;

	UNUSED(state);
	add_held(q, 1);
	add_held(q, 2);
	assert_true(queue_hold(q, SLICE_LIT("held"), SECOND, 10 * SECOND, true));
	o = queue_grant(q, 10 * SECOND);
	assert_non_null(o);
	order_step(o, ORDER_SEND);
	assert_int_equal(grant_id(q, 10 * SECOND), 0);
	queue_put_back(q, o);
	assert_true(queue_hold(q, SLICE_LIT("held"), 10 * SECOND, 12 * SECOND, true));
	assert_int_equal(queue_next_ns(q, 10 * SECOND), 12 * SECOND);
	assert_int_equal(grant_id(q, 12 * SECOND), 1);
	assert_int_equal(grant_id(q, 12 * SECOND), 0);
	assert_true(queue_hold(q, SLICE_LIT("held"), 12 * SECOND, 0, false));
	assert_false(queue_hold(q, SLICE_LIT("held"), 12 * SECOND, 0, false));
	assert_int_equal(grant_id(q, 12 * SECOND), 2);
	queue_destroy(q);
}

static void test_first_come_first_served(void **state)
{
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	for (uint64_t id = 1; id <= 5; id++)
		assert_int_equal(queue_add(q, make_order(id, 0), SLICE_LIT("t"), 10), 0);
	assert_int_equal(queue_waiting(q), 5);
	for (uint64_t id = 1; id <= 5; id++)
		assert_int_equal(grant_id(q, 10), id);
	assert_int_equal(grant_id(q, 10), 0);
	assert_int_equal(queue_running(q), 5);
	queue_destroy(q);
}

static void test_due_order(void **state)
{
	static const int64_t due[] = {50, 20, 40, 20, 10, 30};
	static const uint64_t expect[] = {5, 2, 4, 6, 3, 1};
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(due); i++)
		queue_add(q, make_order(i + 1, due[i] * SECOND), SLICE_LIT("t"), 0);
	assert_int_equal(queue_scheduled(q), 6);
	assert_int_equal(queue_next_ns(q, 0), 10 * SECOND);
	assert_int_equal(grant_id(q, 10 * SECOND - 1), 0);
	for (size_t i = 0; i < ARRAY_COUNT(expect); i++) {
		int64_t at = due[expect[i] - 1] * SECOND;

		assert_int_equal(grant_id(q, at), expect[i]);
	}
	queue_destroy(q);
}

static void test_trunks_take_turns(void **state)
{
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	for (uint64_t id = 1; id <= 3; id++)
		queue_add(q, make_order(id, 0), SLICE_LIT("a"), 0);
	for (uint64_t id = 11; id <= 13; id++)
		queue_add(q, make_order(id, 0), SLICE_LIT("b"), 0);
	assert_int_equal(grant_id(q, 0), 1);
	assert_int_equal(grant_id(q, 0), 11);
	assert_int_equal(grant_id(q, 0), 2);
	assert_int_equal(grant_id(q, 0), 12);
	free(queue_cancel_next(q));
	free(queue_cancel_next(q));
	queue_destroy(q);
}

static void test_a_slow_trunk_holds_nobody_up(void **state)
{
	struct trunk_conf slow = {.name = "slow", .pacer = {.cps_max = 1, .burst_max = 1}};
	struct queue *q = make_queue(&slow, 1, 0);
	struct order *o;

	UNUSED(state);
	for (uint64_t id = 1; id <= 3; id++)
		queue_add(q, make_order(id, 0), SLICE_LIT("slow"), 0);
	for (uint64_t id = 11; id <= 13; id++)
		queue_add(q, make_order(id, 0), SLICE_LIT("fast"), 0);
	assert_int_equal(grant_id(q, 0), 1);
	assert_int_equal(grant_id(q, 0), 11);
	assert_int_equal(grant_id(q, 0), 12);
	assert_int_equal(grant_id(q, 0), 13);
	assert_int_equal(grant_id(q, 0), 0);
	assert_int_equal(queue_next_ns(q, 0), SECOND);
	assert_int_equal(grant_id(q, SECOND), 2);
	assert_true(queue_trunk(q, 0)->is_configured);
	assert_false(queue_trunk(q, 1)->is_configured);
	while ((o = queue_cancel_next(q))) {
		assert_int_equal(o->state, ORDER_SETTLED);
		free(o);
	}
	assert_int_equal(queue_waiting(q), 0);
	queue_destroy(q);
}

static void test_general_rate(void **state)
{
	struct queue *q = make_queue(NULL, 0, 2);

	UNUSED(state);
	queue_add(q, make_order(1, 0), SLICE_LIT("a"), 0);
	queue_add(q, make_order(2, 0), SLICE_LIT("b"), 0);
	assert_int_equal(grant_id(q, 0), 1);
	assert_int_equal(grant_id(q, SECOND / 2 - 1), 0);
	assert_int_equal(grant_id(q, SECOND / 2), 2);
	queue_destroy(q);
}

static void test_new_limits(void **state)
{
	struct trunk_conf trunk = {.name = "t", .pacer = {.burst_max = 1, .inflight_max = 1}};
	struct queue_conf conf = {.queue_max = 1000,
				  .general = {.burst_max = 1},
				  .trunk_default = {.burst_max = 1},
				  .trunks = &trunk,
				  .trunk_count = 1};
	struct queue *q = make_queue(NULL, 0, 0);

	UNUSED(state);
	for (uint64_t id = 1; id <= 3; id++)
		queue_add(q, make_order(id, 0), SLICE_LIT("t"), 0);
	assert_int_equal(grant_id(q, 0), 1);
	assert_int_equal(queue_set_conf(q, &conf, 0), 0);
	assert_int_equal(grant_id(q, 0), 0);
	conf.trunk_count = 0;
	assert_int_equal(queue_set_conf(q, &conf, 0), 0);
	assert_int_equal(grant_id(q, 0), 2);
	free(queue_cancel_next(q));
	queue_destroy(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_trunk),
		cmocka_unit_test(test_trial),
		cmocka_unit_test(test_put_back),
		cmocka_unit_test(test_put_back_of_a_trial),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_first_come_first_served),
		cmocka_unit_test(test_due_order),
		cmocka_unit_test(test_trunks_take_turns),
		cmocka_unit_test(test_a_slow_trunk_holds_nobody_up),
		cmocka_unit_test(test_general_rate),
		cmocka_unit_test(test_new_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
