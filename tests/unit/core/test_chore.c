/* tests/unit/core/test_chore.c - blocking work for the control shard: order, places, the end. */
#include "engine/core/chore.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"
#include "tests/unit/cmocka.h"

#include <errno.h>

#define JOBS (LIMIT_CHORES + 1)

struct job {
	struct chore chore;
	struct rig *rig;
	uint32_t number, runs, dones;
	bool again; /* posts itself once more when it comes back */
};

static struct rig {
	struct metrics metrics;
	struct io *io;
	struct chores *w;
	struct job jobs[JOBS];
	uint32_t order[2 * JOBS], run_count, done_count; /* numbers as they ran */
} rig;

static void job_run(struct chore *c, struct io *io)
{
	struct job *j = (struct job *)c;

	assert_ptr_equal(io, rig.io);
	j->runs++;
	rig.order[rig.run_count++] = j->number;
}

static void job_done(struct chore *c)
{
	struct job *j = (struct job *)c;

	j->dones++;
	assert_int_equal(j->dones, j->runs);
	rig.done_count++;
	if (j->again) {
		j->again = false;
		assert_int_equal(chores_post(rig.w, c), 0);
	}
}

static void open_rig(void)
{
	struct io_conf io = {.name = "chores", .metrics = &rig.metrics, .cpu = -1};
	struct chores_conf conf = {.metrics = &rig.metrics, .control_metrics = &rig.metrics};

	memset(&rig, 0, sizeof(rig));
	assert_int_equal(io_create(&rig.io, &io), 0);
	conf.io = conf.control_io = rig.io;
	assert_int_equal(chores_create(&rig.w, &conf), 0);
	for (uint32_t i = 0; i < JOBS; i++) {
		rig.jobs[i].number = i;
		rig.jobs[i].chore = (struct chore){.run = job_run, .done = job_done};
	}
}

static void close_rig(void)
{
	chores_drain(rig.w);
	chores_destroy(rig.w);
	io_destroy(rig.io);
}

static void test_in_order_one_a_turn(void **state)
{
	UNUSED(state);
	open_rig();
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(chores_post(rig.w, &rig.jobs[i].chore), 0);
	assert_int_equal(chores_turn(rig.w, 7), TMR_NEVER); /* nothing was shown yet */
	assert_true(chores_sleep(rig.w));
	chores_flush(rig.w);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(chores_turn(rig.w, 7), 7);
		assert_int_equal(rig.run_count, i + 1);
		assert_int_equal(rig.order[i], i);
	}
	assert_int_equal(chores_turn(rig.w, 7), TMR_NEVER);
	assert_int_equal(rig.done_count, 0); /* not before control takes them back */
	assert_int_equal(chores_open(rig.w), 3);
	assert_false(chores_sleep(rig.w));
	chores_reap(rig.w);
	assert_int_equal(rig.done_count, 3);
	assert_int_equal(chores_open(rig.w), 0);
	assert_int_equal(metric_get(&rig.metrics, METRIC_chore_done), 3);
	close_rig();
}

static void test_full_refuses(void **state)
{
	struct job spare = {.chore = {.run = job_run, .done = job_done}};

	UNUSED(state);
	open_rig();
	for (uint32_t i = 0; i < LIMIT_CHORES; i++)
		assert_int_equal(chores_post(rig.w, &rig.jobs[i].chore), 0);
	assert_int_equal(chores_post(rig.w, &rig.jobs[LIMIT_CHORES].chore), -EAGAIN);
	assert_int_equal(metric_get(&rig.metrics, METRIC_chore_refused), 1);
	rig.jobs[LIMIT_CHORES].chore.placed = true;
	assert_int_equal(chores_post(rig.w, &rig.jobs[LIMIT_CHORES].chore), 0);
	assert_int_equal(chores_open(rig.w), LIMIT_CHORES + 1);
	chores_flush(rig.w);
	(void)chores_turn(rig.w, 1);
	/* What ran and was not taken back still has its place. */
	assert_int_equal(chores_post(rig.w, &spare.chore), -EAGAIN);
	chores_reap(rig.w);
	assert_int_equal(chores_post(rig.w, &rig.jobs[0].chore), 0);
	close_rig();
	assert_int_equal(rig.done_count, LIMIT_CHORES + 2);
}

static void test_done_may_post_again(void **state)
{
	UNUSED(state);
	open_rig();
	rig.jobs[0].again = true;
	assert_int_equal(chores_post(rig.w, &rig.jobs[0].chore), 0);
	close_rig(); /* the end waits for both runs */
	assert_int_equal(rig.jobs[0].runs, 2);
	assert_int_equal(rig.jobs[0].dones, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_one_a_turn),
		cmocka_unit_test(test_full_refuses),
		cmocka_unit_test(test_done_may_post_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
