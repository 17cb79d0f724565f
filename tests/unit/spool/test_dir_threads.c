/* The spool on its own thread, the control shard on another: orders one way, outcomes the other,
 * and neither sleeps through the other's bell. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "spool/dir.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILES 500

struct bed {
	char dir[64];
	struct metrics spool_metrics, control_metrics;
	struct io *spool_io, *control_io;
	struct inbox *inbox;
	struct spool *spool;
	uint32_t dialled, dropped;
	struct order *open[16]; /* settled some turns later */
	uint32_t open_count;
	int64_t end_ns;
};

static struct bed bed;

static void no_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void drop_one(void)
{
	char from[128], to[128];
	FILE *f;

	snprintf(from, sizeof(from), "%s/f%u", bed.dir, bed.dropped);
	snprintf(to, sizeof(to), "%s/outgoing/f%u", bed.dir, bed.dropped);
	f = fopen(from, "w");
	assert_non_null(f);
	fputs("Channel: Local/1@x\nExtension: s\n", f);
	fclose(f);
	assert_int_equal(rename(from, to), 0);
	bed.dropped++;
}

static void settle(struct order *o)
{
	struct outcome outcome = {.order_id = o->id, .answered = true};

	o->source.ops->dialed(o->source.impl, o->cookie, &outcome);
	o->source.ops->settle(o->source.impl, o->cookie, &outcome);
	inbox_release(bed.inbox, o);
}

static void settle_open(void)
{
	for (uint32_t i = 0; i < bed.open_count; i++)
		settle(bed.open[i]);
	bed.open_count = 0;
}

static int64_t control_turn(void *owner, int64_t now_ns)
{
	struct order *o;

	UNUSED(owner);
	if (bed.end_ns == 0)
		bed.end_ns = now_ns + 60 * TMR_SECOND;
	settle_open();
	while (bed.open_count < ARRAY_COUNT(bed.open) && (o = inbox_take(bed.inbox))) {
		o->source.ops->begun(o->source.impl, o->cookie);
		bed.open[bed.open_count++] = o;
		bed.dialled++;
	}
	/* One more as soon as all so far are done: each goes through both bells. */
	if (bed.dropped < FILES && bed.dialled == bed.dropped && spool_is_quiet(bed.spool))
		drop_one();
	if (now_ns >= bed.end_ns || (bed.dialled == FILES && spool_is_quiet(bed.spool)))
		io_stop(bed.control_io);
	if (bed.open_count || !inbox_sleep(bed.inbox))
		return now_ns;
	/* Quietness of the spool rings no bell here. */
	return now_ns + TMR_MS;
}

static const char *path_of_outgoing(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/outgoing", bed.dir);
	return path;
}

static void setup_bed(void)
{
	struct io_conf spool = {.name = "spool", .metrics = &bed.spool_metrics, .cpu = -1};
	struct io_conf control = {.name = "control", .metrics = &bed.control_metrics, .cpu = -1};
	struct spool_conf conf = {.queue_max = 1000, .files_max = 1000};

	memcpy(bed.dir, "/tmp/ringer-spool-XXXXXX", 25);
	assert_non_null(mkdtemp(bed.dir));
	assert_int_equal(io_create(&bed.spool_io, &spool), 0);
	/* Made here rather than by the spool: it is there before the first file. */
	assert_int_equal(io_fs_mkdir(bed.spool_io, path_of_outgoing(), 0777), 0);
	assert_int_equal(io_create(&bed.control_io, &control), 0);
	assert_int_equal(inbox_create(&bed.inbox, 1000, bed.control_io), 0);
	conf.spool_dir = bed.dir;
	conf.inbox = bed.inbox;
	conf.metrics = &bed.spool_metrics;
	assert_int_equal(spool_create(&bed.spool, bed.spool_io, &conf), 0);
	log_set_writer(no_log, NULL);
}

static void orders_and_outcomes_between_threads(void **state)
{
	UNUSED(state);
	setup_bed();
	/* A crowd at the start, then one after the other. */
	for (int i = 0; i < FILES - 100; i++)
		drop_one();
	assert_int_equal(io_start(bed.spool_io, spool_turn, bed.spool), 0);
	assert_int_equal(io_run(bed.control_io, control_turn, NULL), 0);
	io_stop(bed.spool_io);
	io_join(bed.spool_io);
	assert_int_equal(bed.dialled, FILES);
	assert_int_equal(metric_get(&bed.spool_metrics, METRIC_callfile_completed), FILES);
	spool_destroy(bed.spool);
	inbox_destroy(bed.inbox);
	io_destroy(bed.spool_io);
	io_destroy(bed.control_io);
	log_set_writer(NULL, NULL);
	assert_int_equal(rmdir(path_of_outgoing()), 0);
	assert_int_equal(rmdir(bed.dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_and_outcomes_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
