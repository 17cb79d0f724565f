/* tests/sim/test_spool_crash.c - the engine dies at each file operation, and the disk is in
 * trouble: no call file is lost, and none is dialled without having been noted. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/sim/spool_rig.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct rig rig;

static uint32_t count_text(const char *text, const char *part)
{
	uint32_t n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

static uint32_t count_orders(const char *resource)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < rig.count; i++)
		n += strcmp(rig.orders[i].resource, resource) == 0;
	return n;
}

/* --- death at the n-th operation --- */

struct death {
	uint64_t left; /* operations until then */
	bool synced_only;
	struct sim_fs *fs;
};

static int die_at(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	struct death *d = arg;

	UNUSED(op);
	UNUSED(path);
	UNUSED(nth);
	if (--d->left == 0)
		d->fs = sim_fs_snapshot(rig.w, d->synced_only);
	return 0;
}

static bool is_dead(void *arg)
{
	return ((struct death *)arg)->fs != NULL;
}

/* "busy..." is busy each time, all others answer. */
static void answer_or_busy(struct rig *r, uint32_t index)
{
	bool busy = strncmp(r->orders[index].resource, "busy", 4) == 0;

	if (!busy)
		rig_dialed(r, index, true);
	rig_settle_after(r, index, 300 * SIM_MS, busy ? ORIGINATE_BUSY : ORIGINATE_ANSWERED);
}

static const struct {
	const char *name, *text;
	uint32_t tries_max; /* with one crash */
} files[] = {
	{"answer", "Channel: Local/answer\nExtension: s\nArchive: yes\nRetryTime: 2\n", 2},
	{"busy", "Channel: Local/busy\nExtension: s\nArchive: yes\nRetryTime: 2\nMaxRetries: 1\n",
	 3},
	{"later", "Channel: Local/later\nExtension: s\nArchive: yes\nRetryTime: 2\n", 2},
};

static void drop_files(void)
{
	for (size_t i = 0; i < ARRAY_COUNT(files); i++)
		rig_drop(&rig, files[i].name, files[i].text,
			 i == 2 ? sim_wall(rig.w) + 3 * SIM_SECOND : 0);
}

static void check_ended(void)
{
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing"), 0);
	assert_true(spool_is_quiet(rig.spool));
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		const char *text = rig_text(&rig, RIG_DONE, files[i].name);
		uint32_t orders = count_orders(files[i].name);

		assert_non_null(text);
		assert_in_range(orders, 1, files[i].tries_max);
		assert_true(count_text(text, "StartRetry: ") >= orders);
	}
}

/* False: the run was over before the n-th operation. */
static bool live_and_die(uint64_t n, bool synced_only)
{
	struct death d = {.left = n, .synced_only = synced_only};
	bool died;

	rig_open(&rig, 1000 + n);
	rig.on_order = answer_or_busy;
	rig.conf.sync = synced_only;
	rig_start(&rig);
	drop_files();
	sim_disk_hook(rig.w, die_at, &d);
	died = sim_run_until(rig.w, is_dead, &d, sim_now(rig.w) + 30 * SIM_SECOND);
	if (died) {
		rig_stop(&rig);
		sim_fs_restore(rig.w, d.fs);
		sim_fs_free(d.fs);
		rig_start(&rig);
		rig_run(&rig, 60 * SIM_SECOND);
	}
	check_ended();
	rig_close(&rig);
	return died;
}

static void death_at_each_operation(void **state)
{
	uint64_t n = 1;

	UNUSED(state);
	while (live_and_die(n, false))
		n++;
	assert_true(n > 50);
}

static void power_failure_at_each_operation(void **state)
{
	uint64_t n = 1;

	UNUSED(state);
	while (live_and_die(n, true))
		n++;
	assert_true(n > 50);
}

/* --- a disk in trouble, producers at work --- */

#define SOAK_FILES 150

struct soak_file {
	int maxretries;
	int64_t retrytime_ns;
	bool touched;
	bool deleted;
	bool busy;
	uint32_t tries;
	int64_t last_ns; /* start of the last try */
	bool is_running;
};

static struct soak_file soak[SOAK_FILES];

static unsigned soak_index(const char *resource)
{
	unsigned i = SOAK_FILES;

	assert_int_equal(sscanf(resource, "%u", &i), 1);
	assert_true(i < SOAK_FILES);
	return i;
}

struct soak_end {
	uint32_t order;
	unsigned file;
	int reason;
};

static void soak_settle(struct sim_world *w, void *arg)
{
	struct soak_end *end = arg;

	UNUSED(w);
	soak[end->file].is_running = false;
	rig_settle(&rig, end->order, end->reason);
	free(end);
}

static void soak_order(struct rig *r, uint32_t index)
{
	unsigned i = soak_index(r->orders[index].resource);
	struct soak_file *f = &soak[i];
	struct soak_end *end = malloc(sizeof(*end));
	int64_t wall_ns = r->orders[index].wall_ns;

	assert_non_null(end);
	assert_false(f->is_running);
	assert_int_equal(r->orders[index].attempt_no, ++f->tries);
	assert_true((int)f->tries <= f->maxretries + 1);
	if (f->tries > 1 && !f->touched)
		assert_true(wall_ns - f->last_ns > f->retrytime_ns - 50 * SIM_MS);
	f->last_ns = wall_ns;
	f->is_running = true;
	if (!f->busy)
		rig_dialed(r, index, true);
	*end = (struct soak_end){index, i, f->busy ? ORIGINATE_BUSY : ORIGINATE_ANSWERED};
	sim_after(r->w, (int64_t)rng_below(sim_rng(r->w), 8000) * SIM_MS, soak_settle, end);
}

static const char *soak_name(unsigned i, const char *dir)
{
	static char name[64];

	snprintf(name, sizeof(name), "%sf%u", dir, i);
	return name;
}

static void soak_drop(unsigned i)
{
	struct rng *rng = sim_rng(rig.w);
	struct soak_file *f = &soak[i];
	int64_t later = rng_below(rng, 2) ? sim_wall(rig.w) + rng_below(rng, 20) * SIM_SECOND : 0;
	char text[256];

	*f = (struct soak_file){
		.maxretries = (int)rng_below(rng, 4),
		.retrytime_ns = (1 + rng_below(rng, 5)) * SIM_SECOND,
		.busy = rng_below(rng, 2),
	};
	snprintf(text, sizeof(text),
		 "Channel: Local/%u\nExtension: s\nMaxRetries: %d\nRetryTime: %d\nArchive: %s\n", i,
		 f->maxretries, (int)(f->retrytime_ns / SIM_SECOND), i % 2 ? "yes" : "no");
	rig_drop(&rig, soak_name(i, ""), text, later);
}

/* A producer changes its mind about one of its files. */
static void soak_meddle(unsigned i)
{
	const char *path = soak_name(i, RIG_OUT);

	if (!sim_fs_exists(rig.w, path) || soak[i].deleted)
		return;
	if (rng_below(sim_rng(rig.w), 2)) {
		soak[i].touched = true;
		sim_fs_set_mtime(rig.w, path, sim_wall(rig.w) + 5 * SIM_SECOND);
	} else {
		soak[i].deleted = true;
		sim_fs_remove(rig.w, path);
	}
}

static void soak_run(uint64_t seed)
{
	static const enum io_op ops[] = {IO_OP_FS_OPEN,	  IO_OP_FS_READ,   IO_OP_FS_WRITE,
					 IO_OP_FS_RENAME, IO_OP_FS_UNLINK, IO_OP_FS_META};
	struct sim_faults faults = {.short_read_permille = 100, .watch_lost_permille = 5};

	rig_open(&rig, seed);
	rig.on_order = soak_order;
	for (size_t i = 0; i < ARRAY_COUNT(ops); i++)
		faults.permille[ops[i]] = 100;
	rig_start(&rig);
	sim_faults_set(rig.w, 0, &faults);
	for (unsigned i = 0; i < SOAK_FILES; i++) {
		soak_drop(i);
		rig_run(&rig, rng_below(sim_rng(rig.w), 300) * SIM_MS);
		soak_meddle(rng_below(sim_rng(rig.w), i + 1));
	}
	rig_run(&rig, 30 * SIM_SECOND);
	memset(&faults, 0, sizeof(faults));
	sim_faults_set(rig.w, 0, &faults);
	rig_run(&rig, 300 * SIM_SECOND);
}

static void a_disk_in_trouble_loses_and_doubles_nothing(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 100; seed++) {
		soak_run(seed);
		assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing"), 0);
		assert_true(spool_is_quiet(rig.spool));
		for (int s = 0; s < SPOOL_STATE_COUNT; s++)
			assert_int_equal(spool_count(rig.spool, (enum spool_state)s), 0);
		for (unsigned i = 0; i < SOAK_FILES; i++) {
			const struct soak_file *f = &soak[i];

			assert_false(f->is_running);
			if (!f->deleted)
				assert_int_equal(f->tries, f->busy ? f->maxretries + 1 : 1);
		}
		rig_close(&rig);
	}
	assert_int_equal(check_never_count(), 0);
}

static void equal_seeds_give_equal_runs(void **state)
{
	uint64_t hash[2];

	UNUSED(state);
	for (int i = 0; i < 2; i++) {
		soak_run(77);
		hash[i] = sim_trace_hash(rig.w);
		rig_close(&rig);
	}
	assert_true(hash[0] == hash[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(death_at_each_operation),
		cmocka_unit_test(power_failure_at_each_operation),
		cmocka_unit_test(a_disk_in_trouble_loses_and_doubles_nothing),
		cmocka_unit_test(equal_seeds_give_equal_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
