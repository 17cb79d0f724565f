/* tests/unit/core/test_chore_threads.c - chores over two real loops: nothing lost, nothing twice,
 * no sleep that nobody ends. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/io/io.h"
#include "tests/unit/cmocka.h"

#define JOBS  40
#define TOTAL 20000

struct job {
	struct chore chore;
	uint32_t runs; /* written by whoever owns it */
};

static struct rig {
	struct metrics control_metrics, worker_metrics;
	struct io *control_io, *worker_io;
	struct chores *w;
	struct job jobs[JOBS];
	uint32_t posted, done;
	uint32_t worker_runs; /* the worker's */
} rig;

static void job_run(struct chore *c, struct io *io)
{
	UNUSED(io);
	((struct job *)c)->runs++;
	rig.worker_runs++;
}

static void job_done(struct chore *c)
{
	rig.done++;
	if (rig.posted < TOTAL) {
		assert_int_equal(chores_post(rig.w, c), 0);
		rig.posted++;
	}
}

static int64_t control_turn(void *arg, int64_t now_ns)
{
	UNUSED(arg);
	if (rig.posted == 0)
		for (; rig.posted < JOBS; rig.posted++)
			assert_int_equal(chores_post(rig.w, &rig.jobs[rig.posted].chore), 0);
	chores_reap(rig.w);
	chores_flush(rig.w);
	if (rig.done == TOTAL)
		io_stop(rig.control_io);
	return chores_sleep(rig.w) ? TMR_NEVER : now_ns;
}

static void test_two_loops(void **state)
{
	struct io_conf control = {.name = "control", .metrics = &rig.control_metrics, .cpu = -1};
	struct io_conf worker = {.name = "chores", .metrics = &rig.worker_metrics, .cpu = -1};
	struct chores_conf conf = {.metrics = &rig.worker_metrics,
				   .control_metrics = &rig.control_metrics};
	uint32_t sum = 0;

	UNUSED(state);
	assert_int_equal(io_create(&rig.control_io, &control), 0);
	assert_int_equal(io_create(&rig.worker_io, &worker), 0);
	conf.io = rig.worker_io;
	conf.control_io = rig.control_io;
	assert_int_equal(chores_create(&rig.w, &conf), 0);
	for (uint32_t i = 0; i < JOBS; i++)
		rig.jobs[i].chore = (struct chore){.run = job_run, .done = job_done};
	assert_int_equal(io_start(rig.worker_io, chores_turn, rig.w), 0);
	assert_int_equal(io_run(rig.control_io, control_turn, NULL), 0);
	io_stop(rig.worker_io);
	io_join(rig.worker_io);
	for (uint32_t i = 0; i < JOBS; i++)
		sum += rig.jobs[i].runs;
	assert_int_equal(sum, TOTAL);
	assert_int_equal(rig.worker_runs, TOTAL);
	assert_int_equal(metric_get(&rig.worker_metrics, METRIC_chore_done), TOTAL);
	chores_destroy(rig.w);
	io_destroy(rig.control_io);
	io_destroy(rig.worker_io);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_loops)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
