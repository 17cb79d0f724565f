/* tests/unit/core/test_group_threads.c - the promises of group.h with real threads; meant for TSan.
 */
#include "engine/core/group.h"

#include "engine/base/check.h"
#include "engine/base/regex.h"
#include "tests/unit/cmocka.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define SHARDS 3
#define ROUNDS 3000u
#define CAP    1u

static struct groups *groups;
static _Atomic uint32_t at_once, turned_away, torn;
static _Atomic bool over;

/* Enter, count, and stay only if there is room: as a dialplan caps its calls. */
static void *shard(void *arg)
{
	uint32_t index = *(const uint32_t *)arg;
	struct group_list list = {0};

	for (uint32_t i = 0; i < ROUNDS; i++) {
		check(groups_enter(groups, index, &list, SLICE_LIT("chan"), SLICE_LIT("campaign"),
				   SLICE_EMPTY) == 0);
		if (groups_count(groups, SLICE_LIT("campaign"), SLICE_EMPTY) <= CAP) {
			check(atomic_fetch_add(&at_once, 1) < CAP);
			sched_yield();
			atomic_fetch_sub(&at_once, 1);
		} else {
			atomic_fetch_add(&turned_away, 1);
		}
		groups_leave_all(groups, index, &list);
		check(groups_enter(groups, index, &list, SLICE_LIT("other"), SLICE_LIT("elsewhere"),
				   SLICE_LIT("other")) == 0);
		groups_leave_all(groups, index, &list);
	}
	return NULL;
}

/* What a reader sees of a place is one membership or the other, never something between. */
static void *reader(void *arg)
{
	struct regex *re;

	UNUSED(arg);
	check(regex_compile(&re, SLICE_LIT("^(campaign|elsewhere)$")) == REGEX_OK);
	while (!atomic_load(&over)) {
		struct group_entry e;
		uint64_t cursor = 0;
		uint32_t count;

		while (groups_each(groups, &cursor, &e))
			if (slice_eq(slice_str(e.name), SLICE_LIT("campaign")) !=
			    slice_eq(slice_str(e.channel), SLICE_LIT("chan")))
				atomic_fetch_add(&torn, 1);
		check(groups_count_matching(groups, re, NULL, SIZE_MAX, &count));
		check(count <= SHARDS);
		sched_yield();
	}
	regex_free(re);
	return NULL;
}

static void test_cap_holds(void **state)
{
	pthread_t threads[SHARDS], looks;
	uint32_t index[SHARDS];

	UNUSED(state);
	assert_int_equal(groups_create(&groups, SHARDS, 4, 7), 0);
	assert_int_equal(pthread_create(&looks, NULL, reader, NULL), 0);
	for (uint32_t i = 0; i < SHARDS; i++) {
		index[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, shard, &index[i]), 0);
	}
	for (uint32_t i = 0; i < SHARDS; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&over, true);
	pthread_join(looks, NULL);
	assert_int_equal(torn, 0);
	assert_int_equal(groups_count(groups, SLICE_LIT("campaign"), SLICE_EMPTY), 0);
	groups_destroy(groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cap_holds)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
