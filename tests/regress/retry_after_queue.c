/* tests/regress/retry_after_queue.c - RetryTime counts from the dial, not from the pick-up.
 *
 * The spool takes files ahead of the pacer. When an attempt stood in the queue for RetryTime and then
 * failed, its retry was due at once: the same number was rung again after a moment. Found by sim_engine,
 * seed 10: "f5006 was dialled again after 8.656 s, RetryTime is 11". */
#include "tests/sim/scenario.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static enum gateway_plan always_overloaded(void *arg, struct slice user, uint32_t nth)
{
	(void)arg;
	(void)user;
	(void)nth;
	return GATEWAY_OVERLOAD;
}

static void test_retry_after_queue(void **state)
{
	static struct run r;
	uint64_t hash;

	(void)state;
	r.choose = always_overloaded;
	r.s = (struct scenario){.seed = 1, .shards = 2, .cps = 1, .burst = 1, .queue_max = 1000,
				.slack_ns = 20 * SIM_MS, .client_count = 1, .order_count = 8,
				.calls_max = 9};
	r.s.clients[0] = (struct ami_client_conf){.username = "ops", .secret = "swordfish",
						  .connect_at = SIM_EPOCH_NS + SIM_SECOND / 2};
	for (uint32_t i = 0; i < r.s.order_count; i++) {
		struct scenario_order *o = &r.s.orders[i];

		*o = (struct scenario_order){.is_file = true, .at = SIM_EPOCH_NS + 2 * SIM_SECOND,
					     .timeout_s = 10, .retry_s = 5, .archive = true};
		snprintf(o->user, sizeof(o->user), "f%u", 100 + i);
	}
	r.s.orders[7].retries = 1; /* the last in the queue: dialled after 7 s */
	if (run_scenario(&r, &hash) != 0)
		fail_msg("%s", r.failure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_retry_after_queue)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
