/* tests/sim/test_spool_trouble.c - call files that cannot be used, full queues, disks that refuse,
 * engines that stop and start. */
#include "tests/sim/spool_case.h"

/* --- files that cannot be used --- */

static void a_bad_file_is_set_aside_with_its_reason(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "bad.call", " Channel: PJSIP/1\nExtension: s\nPriority: x\n",
		 sim_wall(rig.w) - 10 * SIM_SECOND);
	rig_run(&rig, 100 * SIM_MS);
	assert_int_equal(rig.count, 0);
	assert_text(RIG_FAILED, "bad.call", " Channel: PJSIP/1\nExtension: s\nPriority: x\n");
	assert_text(RIG_FAILED, "bad.call.reason",
		    "/spool/outgoing/bad.call: Channel (as Tech/Resource), and Extension or "
		    "Application, are needed; add what is missing, then move the file into "
		    "outgoing again\n"
		    "Unknown keyword ' Channel' at line 1 of /spool/outgoing/bad.call\n"
		    "Invalid priority at line 3 of /spool/outgoing/bad.call\n"
		    "At least one of app or extension must be specified, along with tech and dest "
		    "in file /spool/outgoing/bad.call\n");
	assert_true(rig_logged(&rig,
			       "WARNING At least one of app or extension must be specified, "
			       "along with tech and dest in file /spool/outgoing/bad.call\n"));
	assert_int_equal(metric_get(&rig.spool_metrics, METRIC_callfile_bad), 1);
}

static void a_bad_file_is_deleted_if_so_configured(void **state)
{
	int64_t past = sim_wall(rig.w) - 10 * SIM_SECOND;

	UNUSED(state);
	rig.conf.delete_bad = true;
	rig_start(&rig);
	rig_drop(&rig, "gone", "Extension: s\n", past);
	rig_drop(&rig, "kept", "Extension: s\nArchive: yes\n", past);
	rig_run(&rig, 100 * SIM_MS);
	assert_false(rig_has(&rig, RIG_OUT, "gone"));
	assert_text(RIG_DONE, "kept", "Extension: s\nArchive: yes\nStatus: Failed\n");
	assert_true(rig_logged(&rig, "WARNING Invalid file contents in /spool/outgoing/gone, "
				     "deleting\n"));
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing_failed"), 0);
}

static int deny_open(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(nth);
	return op == IO_OP_FS_OPEN && strcmp(path, RIG_OUT "locked") == 0 ? -EACCES : 0;
}

static void an_unreadable_file_is_set_aside(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	sim_disk_hook(rig.w, deny_open, NULL);
	rig_drop(&rig, "locked", CALL, 0);
	rig_run(&rig, SIM_SECOND);
	assert_text(RIG_FAILED, "locked", CALL);
	assert_non_null(strstr(rig_text(&rig, RIG_FAILED, "locked.reason"), "Permission denied"));
	assert_true(rig_logged(&rig, "WARNING Unable to open /spool/outgoing/locked: 'Permission "
				     "denied'(13), moving it to /spool/outgoing_failed\n"));
}

static int deny_open_and_rename(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	return op == IO_OP_FS_RENAME ? -EACCES : deny_open(arg, op, path, nth);
}

static void what_cannot_be_set_aside_is_left_alone(void **state)
{
	uint64_t ops;

	UNUSED(state);
	rig_start(&rig);
	sim_disk_hook(rig.w, deny_open_and_rename, NULL);
	rig_drop(&rig, "locked", CALL, 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(spool_count(rig.spool, SPOOL_HELD), 1);
	ops = sim_disk_ops(rig.w);
	rig_run(&rig, 600 * SIM_SECOND);
	assert_true(sim_disk_ops(rig.w) - ops < 20);
	/* Until it is changed. */
	sim_disk_hook(rig.w, NULL, NULL);
	sim_fs_set_mtime(rig.w, RIG_OUT "locked", sim_wall(rig.w));
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 1);
}

static int deny_rename(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(path);
	UNUSED(nth);
	return op == IO_OP_FS_RENAME ? -EACCES : 0;
}

/* Our own looking at the file is no change of it. */
static void a_bad_file_that_stays_costs_nothing(void **state)
{
	uint64_t ops;

	UNUSED(state);
	rig_start(&rig);
	sim_disk_hook(rig.w, deny_rename, NULL);
	rig_drop(&rig, "bad", "Extension: s\n", sim_wall(rig.w) - 10 * SIM_SECOND);
	rig_drop(&rig, "young", "Extension: s\n", 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(spool_count(rig.spool, SPOOL_HELD), 1);
	assert_int_equal(spool_count(rig.spool, SPOOL_ARRIVING), 1);
	ops = sim_disk_ops(rig.w);
	rig_run(&rig, 600 * SIM_SECOND);
	assert_true(sim_disk_ops(rig.w) - ops < 40);
	assert_int_equal(spool_count(rig.spool, SPOOL_HELD), 2);
	sim_disk_hook(rig.w, NULL, NULL);
	sim_fs_put(rig.w, RIG_OUT "bad", CALL);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 1);
}

static int deny_unlink(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(path);
	UNUSED(nth);
	return op == IO_OP_FS_UNLINK ? -EROFS : 0;
}

static void what_cannot_be_removed_is_not_dialled_again(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL, 0);
	rig_wait(&rig, 1);
	sim_disk_hook(rig.w, deny_unlink, NULL);
	settle(0, ORIGINATE_ANSWERED);
	rig_run(&rig, 600 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_true(rig_has(&rig, RIG_OUT, "x"));
	sim_disk_hook(rig.w, NULL, NULL);
	rig_run(&rig, 31 * SIM_SECOND);
	assert_false(rig_has(&rig, RIG_OUT, "x"));
}

static int deny_write(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(path);
	UNUSED(nth);
	return op == IO_OP_FS_WRITE ? -ENOSPC : 0;
}

static void nothing_is_dialled_that_cannot_be_noted(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	sim_disk_hook(rig.w, deny_write, NULL);
	rig_drop(&rig, "x", CALL, 0);
	rig_run(&rig, 5 * SIM_SECOND);
	assert_int_equal(rig.count, 0);
	sim_disk_hook(rig.w, NULL, NULL);
	rig_run(&rig, 2 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_int_equal(rig.orders[0].attempt_no, 1);
}

/* --- the queue --- */

static void a_full_queue_leaves_files_on_disk(void **state)
{
	UNUSED(state);
	rig.queue_max = 16;
	rig_start(&rig);
	for (int i = 0; i < 40; i++)
		rig_drop(&rig, rig_fmt("f%02d", i), CALL, 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 14); /* an eighth is for others */
	assert_int_equal(spool_count(rig.spool, SPOOL_WAITING), 26);
	for (uint32_t i = 0; i < 40; i++)
		settle(i, ORIGINATE_ANSWERED);
	assert_int_equal(rig.count, 40);
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing"), 0);
}

static void only_a_little_is_claimed_ahead(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	for (int i = 0; i < LIMIT_CALLFILE_AHEAD + 500; i++)
		rig_drop(&rig, rig_fmt("f%d", i), CALL, 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, LIMIT_CALLFILE_AHEAD);
	for (uint32_t i = 0; i < 100; i++)
		rig_begun(&rig, i);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, LIMIT_CALLFILE_AHEAD + 100);
}

/* Refused at the last moment: the large class of the pool has one block. */
static void a_refused_order_leaves_no_trace(void **state)
{
	static char big[20000];
	int64_t past = sim_wall(rig.w) - 10 * SIM_SECOND;
	struct sink text = sink_make(big, sizeof(big));

	UNUSED(state);
	sink_lit(&text, CALL);
	for (int i = 0; i < 100; i++)
		sink_fmt(&text, "Set: VARIABLE_%d=%0100d\n", i, i);
	sink_cstr(&text);
	rig.queue_max = 32;
	rig_start(&rig);
	rig_drop(&rig, "one", big, past);
	rig_run(&rig, SIM_SECOND);
	rig_drop(&rig, "two", big, past);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_text(RIG_OUT, "two", big);
	assert_int_equal(rig_mtime(&rig, RIG_OUT, "two"), past);
	settle(0, ORIGINATE_ANSWERED);
	assert_int_equal(rig.count, 2);
	assert_int_equal(rig.orders[1].attempt_no, 1);
}

/* --- stop and start --- */

static void a_stopping_engine_leaves_files_untouched(void **state)
{
	int64_t past = sim_wall(rig.w) - 10 * SIM_SECOND;

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "a", CALL, past);
	rig_wait(&rig, 1);
	spool_set_claiming(rig.spool, false);
	rig_drop(&rig, "b", CALL, past);
	rig_run(&rig, 10 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_text(RIG_OUT, "b", CALL);
	/* An order that was not yet dialled is given back, and so is its note. */
	settle(0, -1);
	assert_text(RIG_OUT, "a", CALL);
	assert_int_equal(rig_mtime(&rig, RIG_OUT, "a"), past);
	assert_true(spool_is_quiet(rig.spool));
	spool_set_claiming(rig.spool, true);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 3);
	assert_int_equal(rig.orders[1].attempt_no, 1);
}

struct restart_case {
	enum spool_unknown unknown;
	bool answered;
	int maxretries;
	bool dialled;	   /* in the second life */
	uint32_t attempt;  /* its number */
	const char *ended; /* where the file is if it was not dialled */
};

static const struct restart_case restart_cases[] = {
	{SPOOL_UNKNOWN_RETRY, false, 0, true, 1, NULL},
	{SPOOL_UNKNOWN_RETRY, true, 0, false, 0, RIG_DONE},
	{SPOOL_UNKNOWN_RETRY, true, 1, true, 2, NULL},
	{SPOOL_UNKNOWN_COUNT, false, 0, false, 0, RIG_DONE},
	{SPOOL_UNKNOWN_COUNT, false, 1, true, 2, NULL},
	{SPOOL_UNKNOWN_HOLD, false, 1, false, 0, RIG_FAILED},
};

static void an_unknown_outcome_follows_the_policy(void **state)
{
	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(restart_cases); i++) {
		const struct restart_case *c = &restart_cases[i];
		long long first_pid, t;
		char text[512];

		rig_close(&rig);
		rig_open(&rig, 20 + i);
		rig.conf.unknown = c->unknown;
		rig_start(&rig);
		snprintf(text, sizeof(text), CALL "Archive: yes\nRetryTime: 10\nMaxRetries: %d\n",
			 c->maxretries);
		rig_drop(&rig, "x", text, 0);
		rig_wait(&rig, 1);
		t = rig.orders[0].wall_ns / SIM_SECOND;
		if (c->answered)
			rig_dialed(&rig, 0, true);
		rig_run(&rig, SIM_SECOND);
		first_pid = pid();
		rig_stop(&rig);
		rig_start(&rig);
		rig_run(&rig, 17 * SIM_SECOND);
		assert_int_equal(rig.count, 1);
		assert_true(rig_has(&rig, RIG_OUT, "x"));
		rig_run(&rig, 4 * SIM_SECOND);
		assert_int_equal(rig.count, c->dialled ? 2 : 1);
		if (c->dialled) {
			assert_int_equal(rig.orders[1].attempt_no, c->attempt);
			assert_non_null(
				strstr(rig_text(&rig, RIG_OUT, "x"),
				       rig_fmt("StartRetry: %lld 1 (%lld)\n", first_pid, t + 10)));
			assert_non_null(strstr(rig_text(&rig, RIG_OUT, "x"),
					       rig_fmt("\nAbortRetry: %lld 1 (", pid())));
			assert_non_null(
				strstr(rig_text(&rig, RIG_OUT, "x"),
				       rig_fmt("\nStartRetry: %lld %u (", pid(), c->attempt)));
		} else {
			assert_true(rig_has(&rig, c->ended, "x"));
		}
	}
}

/* In containers the engine has the same pid in each life. */
static void the_same_pid_after_a_restart_is_no_other(void **state)
{
	int64_t past = sim_wall(rig.w) - 10 * SIM_SECOND;

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", rig_fmt(CALL "\nStartRetry: %lld 1 (5)\n", pid()), past);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_non_null(strstr(rig_text(&rig, RIG_OUT, "x"), "AbortRetry"));
}

/* Dialled again is dialled again, however often the engine dies: none of it uses up a retry. */
static void crash_after_crash_uses_up_no_retry(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL "Archive: yes\nRetryTime: 10\nMaxRetries: 0\n", 0);
	rig_wait(&rig, 1);
	for (uint32_t life = 2; life <= 4; life++) {
		rig_stop(&rig);
		rig_start(&rig);
		rig_run(&rig, 21 * SIM_SECOND);
		assert_int_equal(rig.count, life);
		assert_int_equal(rig.orders[life - 1].attempt_no, 1);
	}
	settle(3, ORIGINATE_BUSY);
	assert_true(rig_has(&rig, RIG_DONE, "x"));
}

static void retries_go_on_after_a_restart(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL "RetryTime: 10\nMaxRetries: 1\n", 0);
	rig_wait(&rig, 1);
	rig_run(&rig, 4 * SIM_SECOND);
	settle(0, ORIGINATE_BUSY);
	rig_stop(&rig);
	rig_start(&rig);
	/* By the file's time: RetryTime from the end of the attempt. */
	rig_run(&rig, 9 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	rig_run(&rig, 2 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_int_equal(rig.orders[1].attempt_no, 2);
	settle(1, ORIGINATE_BUSY);
	assert_false(rig_has(&rig, RIG_OUT, "x"));
}

/* --- many --- */

static void answer_soon(struct rig *r, uint32_t index)
{
	rig_settle_after(r, index, 5 * SIM_MS, ORIGINATE_ANSWERED);
}

static void ten_thousand_at_once(void **state)
{
	static uint8_t seen[10000];

	UNUSED(state);
	memset(seen, 0, sizeof(seen));
	rig.on_order = answer_soon;
	rig_start(&rig);
	for (int i = 0; i < 10000; i++)
		rig_drop(&rig, rig_fmt("f%05d", i),
			 rig_fmt("Channel: Local/%d@x\nExtension: s\n", i), 0);
	rig_run(&rig, 10 * SIM_SECOND);
	assert_int_equal(rig.count, 10000);
	for (uint32_t i = 0; i < rig.count; i++) {
		unsigned which = 0;

		assert_int_equal(sscanf(rig.orders[i].resource, "%u@x", &which), 1);
		assert_int_equal(seen[which]++, 0);
	}
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing"), 0);
	assert_true(spool_is_quiet(rig.spool));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bad_file_is_set_aside_with_its_reason),
		TEST(a_bad_file_is_deleted_if_so_configured),
		TEST(an_unreadable_file_is_set_aside),
		TEST(what_cannot_be_set_aside_is_left_alone),
		TEST(a_bad_file_that_stays_costs_nothing),
		TEST(what_cannot_be_removed_is_not_dialled_again),
		TEST(nothing_is_dialled_that_cannot_be_noted),
		TEST(a_full_queue_leaves_files_on_disk),
		TEST(only_a_little_is_claimed_ahead),
		TEST(a_refused_order_leaves_no_trace),
		TEST(a_stopping_engine_leaves_files_untouched),
		TEST(an_unknown_outcome_follows_the_policy),
		TEST(the_same_pid_after_a_restart_is_no_other),
		TEST(crash_after_crash_uses_up_no_retry),
		TEST(retries_go_on_after_a_restart),
		TEST(ten_thousand_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
