/* tests/sim/test_spool.c - call files from pick-up to their end, on virtual time. */
#include "tests/sim/spool_case.h"

/* --- one call --- */

static void a_file_moved_in_is_dialled_at_once(void **state)
{
	const struct originate *o;
	int64_t wall_s;

	UNUSED(state);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	rig_drop(&rig, "a.call",
		 "Channel: PJSIP/100@trunk\nCallerid: Joe <5>\nWaitTime: 20\nRetryTime: 60\n"
		 "Account: acme\nContext: out\nExtension: 7\nPriority: 2\nSet: A=1\nSet: B=2\n"
		 "Codecs: alaw\nCodecs: ulaw\nearly_media: yes\n",
		 0);
	rig_run(&rig, 50 * SIM_MS);
	assert_int_equal(rig.count, 1);
	o = rig_originate(&rig, 0);
	assert_true(slice_eq(o->tech, SLICE_LIT("PJSIP")));
	assert_true(slice_eq(o->resource, SLICE_LIT("100@trunk")));
	assert_true(slice_eq(o->cid_name, SLICE_LIT("Joe")));
	assert_true(slice_eq(o->cid_num, SLICE_LIT("5")));
	assert_true(o->has_cid && o->early_media && o->wants_failed);
	assert_int_equal(o->timeout_ms, 20000);
	assert_true(slice_eq(o->account, SLICE_LIT("acme")));
	assert_true(slice_eq(o->context, SLICE_LIT("out")));
	assert_true(slice_eq(o->exten, SLICE_LIT("7")));
	assert_int_equal(o->priority, 2);
	assert_true(slice_eq(o->codecs, SLICE_LIT("alaw,ulaw")));
	assert_int_equal(o->attempt_no, 1);
	assert_int_equal(o->var_count, 3);
	assert_true(slice_eq(o->vars[0].name, SLICE_LIT("A")));
	assert_true(slice_eq(o->vars[2].name, SLICE_LIT("AST_OUTGOING_ATTEMPT")));
	assert_true(slice_eq(o->vars[2].value, SLICE_LIT("1")));
	/* The intent stands in the file, and its time is 2 x RetryTime away. */
	wall_s = rig.orders[0].wall_ns / SIM_SECOND;
	assert_non_null(strstr(rig_text(&rig, RIG_OUT, "a.call"),
			       rig_fmt("\nearly_media: yes\n\nStartRetry: %lld 1 (%lld)\n", pid(),
				       (long long)wall_s + 60)));
	assert_int_equal(rig_mtime(&rig, RIG_OUT, "a.call"), (wall_s + 120) * SIM_SECOND);
	assert_true(rig_logged(&rig, "VERBOSE Attempting call on PJSIP/100@trunk for 7@out:2 "
				     "(Retry 1)\n"));
	settle(0, ORIGINATE_ANSWERED);
	assert_false(rig_has(&rig, RIG_OUT, "a.call"));
	assert_false(rig_has(&rig, RIG_DONE, "a.call"));
	assert_true(rig_logged(&rig, "NOTICE Call completed to PJSIP/100@trunk\n"));
	assert_true(spool_is_quiet(rig.spool));
	assert_int_equal(metric_get(&rig.spool_metrics, METRIC_callfile_completed), 1);
}

static void an_application_has_no_failed_extension(void **state)
{
	const struct originate *o;

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "a", CALL "Application: Playback\nData: x,y\nearly_media: yes\n", 0);
	rig_wait(&rig, 1);
	o = rig_originate(&rig, 0);
	assert_false(o->wants_failed || o->early_media || o->has_cid);
	assert_true(slice_eq(o->app, SLICE_LIT("Playback")));
	assert_true(slice_eq(o->data, SLICE_LIT("x,y")));
	assert_int_equal(o->timeout_ms, 45000);
	assert_true(rig_logged(&rig, "Attempting call on PJSIP/100@trunk for application "
				     "Playback(x,y) (Retry 1)\n"));
}

struct end_case {
	const char *more;
	int reason;
	const char *archived; /* end of the archived text; NULL: unlinked */
	const char *log;
};

static const struct end_case end_cases[] = {
	{"Archive: yes\n", ORIGINATE_ANSWERED, "Status: Completed\n",
	 "NOTICE Call completed to PJSIP/100@trunk\n"},
	{"Archive: no\n", ORIGINATE_ANSWERED, NULL, "NOTICE Call completed to PJSIP/100@trunk\n"},
	{"Archive: yes\n", ORIGINATE_BUSY, "Status: Expired\n",
	 "NOTICE Call failed to go through, reason (5) Remote end is Busy\nNOTICE Queued call to "
	 "PJSIP/100@trunk expired without completion after 0 attempts\n"},
	{"", ORIGINATE_CONGESTION, NULL,
	 "NOTICE Call failed to go through, reason (8) Congestion (circuits busy)\n"},
	{"AlwaysDelete: no\n", ORIGINATE_ANSWERED, NULL, "NOTICE Call completed"},
	{"AlwaysDelete: no\nArchive: yes\n", ORIGINATE_ANSWERED, "Status: Completed\n", "NOTICE"},
};

static void ends(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	for (uint32_t i = 0; i < ARRAY_COUNT(end_cases); i++) {
		const struct end_case *c = &end_cases[i];
		const char *text;

		rig_drop(&rig, "x", rig_fmt(CALL "%s", c->more), 0);
		rig_wait(&rig, i + 1);
		settle(i, c->reason);
		assert_false(rig_has(&rig, RIG_OUT, "x"));
		text = rig_text(&rig, RIG_DONE, "x");
		assert_int_equal(text != NULL, c->archived != NULL);
		if (text) {
			assert_string_equal(text + strlen(text) - strlen(c->archived), c->archived);
			sim_fs_remove(rig.w, RIG_DONE "x");
		}
		assert_true(rig_logged(&rig, c->log));
	}
}

/* --- retries --- */

static void busy_after_a_second(struct rig *r, uint32_t index)
{
	rig_settle_after(r, index, SIM_SECOND, ORIGINATE_BUSY);
}

static void retries_run_from_the_start_of_the_attempt(void **state)
{
	long long t;

	UNUSED(state);
	rig.on_order = busy_after_a_second;
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND / 10);
	rig_drop(&rig, "r", CALL "RetryTime: 5\nMaxRetries: 3\nArchive: yes\n", 0);
	rig_run(&rig, 30 * SIM_SECOND);
	assert_int_equal(rig.count, 4);
	t = rig.orders[0].wall_ns / SIM_SECOND;
	for (uint32_t i = 0; i < 4; i++) {
		int64_t late =
			rig.orders[i].wall_ns - rig.orders[0].wall_ns - (int64_t)i * 5 * SIM_SECOND;

		assert_int_equal(rig.orders[i].attempt_no, i + 1);
		assert_in_range(late + 50 * SIM_MS, 0, 100 * SIM_MS);
	}
	assert_text(RIG_DONE, "r",
		    rig_fmt(CALL "RetryTime: 5\nMaxRetries: 3\nArchive: yes\n"
				 "\nStartRetry: %lld 1 (%lld)\n\nEndRetry: %lld 1 (%lld)\n"
				 "\nStartRetry: %lld 2 (%lld)\n\nEndRetry: %lld 2 (%lld)\n"
				 "\nStartRetry: %lld 3 (%lld)\n\nEndRetry: %lld 3 (%lld)\n"
				 "\nStartRetry: %lld 4 (%lld)\nStatus: Expired\n",
			    pid(), t + 5, pid(), t + 1, pid(), t + 10, pid(), t + 6, pid(), t + 15,
			    pid(), t + 11, pid(), t + 20));
	assert_true(rig_logged(&rig, "expired without completion after 3 attempts\n"));
}

static void slow_first(struct rig *r, uint32_t index)
{
	rig_settle_after(r, index, index == 0 ? 3 * SIM_SECOND : 10 * SIM_MS, ORIGINATE_BUSY);
}

/* Asterisk's defect 5: attempts at 0, 5, 8, 10, 13, 15 s. */
static void no_retry_comes_early(void **state)
{
	UNUSED(state);
	rig.on_order = slow_first;
	rig_start(&rig);
	rig_drop(&rig, "r", CALL "RetryTime: 5\nMaxRetries: 3\n", 0);
	rig_run(&rig, 60 * SIM_SECOND);
	assert_int_equal(rig.count, 4);
	for (uint32_t i = 1; i < 4; i++)
		assert_true(rig.orders[i].wall_ns - rig.orders[i - 1].wall_ns >
			    5 * SIM_SECOND - 10 * SIM_MS);
}

static void a_long_call_is_noted_each_retrytime(void **state)
{
	long long t;

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "r", CALL "RetryTime: 5\nMaxRetries: 1\n", 0);
	rig_wait(&rig, 1);
	t = rig.orders[0].wall_ns / SIM_SECOND;
	rig_run(&rig, 11 * SIM_SECOND);
	assert_text(RIG_OUT, "r",
		    rig_fmt(CALL "RetryTime: 5\nMaxRetries: 1\n\nStartRetry: %lld 1 (%lld)\n"
				 "\nDelayedRetry: %lld 0 (%lld)\n\nDelayedRetry: %lld 0 (%lld)\n",
			    pid(), t + 5, pid(), t + 5, pid(), t + 10));
	assert_int_equal(rig_mtime(&rig, RIG_OUT, "r"), (t + 15) * SIM_SECOND);
	/* The next attempt comes at the next multiple. */
	settle(0, ORIGINATE_RINGING);
	rig_run(&rig, 3 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	rig_run(&rig, 2 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
}

static void negative_maxretries_expires_undialled(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "n", CALL "MaxRetries: -1\nArchive: yes\n", 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 0);
	assert_text(RIG_DONE, "n", CALL "MaxRetries: -1\nArchive: yes\nStatus: Expired\n");
	assert_true(rig_logged(&rig, "expired without completion"));
}

/* --- schedule --- */

static void future_files_in_order_of_their_time(void **state)
{
	int64_t now = sim_wall(rig.w);

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "c", "Channel: Local/c@x\nExtension: s\n", now + 20 * SIM_SECOND);
	rig_drop(&rig, "a", "Channel: Local/a@x\nExtension: s\n", now + 10 * SIM_SECOND);
	rig_drop(&rig, "b", "Channel: Local/b@x\nExtension: s\n", now + 10 * SIM_SECOND);
	rig_run(&rig, 9 * SIM_SECOND);
	assert_int_equal(rig.count, 0);
	assert_int_equal(spool_count(rig.spool, SPOOL_SCHEDULED), 3);
	rig_run(&rig, 12 * SIM_SECOND);
	assert_int_equal(rig.count, 3);
	assert_string_equal(rig.orders[0].resource, "a@x");
	assert_string_equal(rig.orders[1].resource, "b@x");
	assert_string_equal(rig.orders[2].resource, "c@x");
}

static void touch_moves_and_delete_cancels(void **state)
{
	int64_t now = sim_wall(rig.w);

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "later", CALL, now + 10 * SIM_SECOND);
	rig_drop(&rig, "sooner", CALL, now + 100 * SIM_SECOND);
	rig_drop(&rig, "never", CALL, now + 10 * SIM_SECOND);
	rig_run(&rig, SIM_SECOND);
	sim_fs_set_mtime(rig.w, RIG_OUT "later", now + 30 * SIM_SECOND);
	sim_fs_set_mtime(rig.w, RIG_OUT "sooner", now + 5 * SIM_SECOND);
	sim_fs_remove(rig.w, RIG_OUT "never");
	rig_run(&rig, 20 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_in_range(rig.orders[0].wall_ns - now, 5 * SIM_SECOND, 6 * SIM_SECOND);
	rig_run(&rig, 11 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_in_range(rig.orders[1].wall_ns - now, 30 * SIM_SECOND, 31 * SIM_SECOND);
	assert_int_equal(spool_count(rig.spool, SPOOL_SCHEDULED), 0);
}

/* Asterisk's defect 6: the old entry fires for the new file. */
static void a_replaced_file_goes_by_its_own_time(void **state)
{
	int64_t now = sim_wall(rig.w);

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", "Channel: Local/old@x\nExtension: s\n", now + 10 * SIM_SECOND);
	rig_run(&rig, SIM_SECOND);
	rig_drop(&rig, "x", "Channel: Local/new@x\nExtension: s\n", now + 20 * SIM_SECOND);
	rig_run(&rig, 15 * SIM_SECOND);
	assert_int_equal(rig.count, 0);
	rig_run(&rig, 6 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_string_equal(rig.orders[0].resource, "new@x");
}

static void touch_moves_a_retry(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL "RetryTime: 10\nMaxRetries: 1\n", 0);
	rig_wait(&rig, 1);
	settle(0, ORIGINATE_BUSY);
	assert_int_equal(spool_count(rig.spool, SPOOL_RETRY_WAIT), 1);
	sim_fs_set_mtime(rig.w, RIG_OUT "x", sim_wall(rig.w) + 30 * SIM_SECOND);
	rig_run(&rig, 25 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	rig_run(&rig, 6 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_int_equal(rig.orders[1].attempt_no, 2);
}

/* --- pick-up --- */

static void a_scan_at_start_finds_what_is_there(void **state)
{
	UNUSED(state);
	rig_drop(&rig, "a", CALL, 0);
	rig_drop(&rig, ".hidden", CALL, 0);
	sim_fs_mkdir(rig.w, RIG_OUT "directory");
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_int_equal(spool_count(rig.spool, SPOOL_RUNNING), 2);
	rig_run(&rig, 130 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_int_equal(spool_count(rig.spool, SPOOL_HELD), 1);
	assert_false(rig_logged(&rig, "directory"));
	assert_true(rig_has(&rig, RIG_OUT, "directory"));
}

static void a_file_written_in_place_waits_for_its_close(void **state)
{
	int fd;

	UNUSED(state);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	fd = io_fs_open(rig.control_io, RIG_OUT "w", IO_FS_WRITE | IO_FS_CREATE, 0644);
	assert_true(fd >= 0);
	io_fs_write(rig.control_io, fd, "Channel: Local/1@x\n", 19);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 0);
	io_fs_write(rig.control_io, fd, "Extension: s\n", 13);
	io_fs_close(rig.control_io, fd);
	rig_run(&rig, 100 * SIM_MS);
	assert_int_equal(rig.count, 1);
}

static void a_writer_that_closes_early_is_waited_for(void **state)
{
	int fd;

	UNUSED(state);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	sim_fs_put(rig.w, RIG_OUT "w", "Channel: Local/1@x\n");
	rig_run(&rig, SIM_SECOND);
	fd = io_fs_open(rig.control_io, RIG_OUT "w", IO_FS_WRITE | IO_FS_APPEND, 0);
	io_fs_write(rig.control_io, fd, "Extension: s\n", 13);
	io_fs_close(rig.control_io, fd);
	rig_run(&rig, 100 * SIM_MS);
	assert_int_equal(rig.count, 1);
	assert_false(rig_has(&rig, RIG_FAILED, "w"));
	/* One that is never completed is set aside after two seconds. */
	sim_fs_put(rig.w, RIG_OUT "v", "Channel: Local/1@x\n");
	rig_run(&rig, SIM_SECOND);
	assert_true(rig_has(&rig, RIG_OUT, "v"));
	rig_run(&rig, 2 * SIM_SECOND);
	assert_true(rig_has(&rig, RIG_FAILED, "v"));
}

/* A hard link: it is created, and no close follows. */
static void a_link_is_taken_after_two_seconds(void **state)
{
	int fd;

	UNUSED(state);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	fd = io_fs_open(rig.control_io, RIG_OUT "l", IO_FS_WRITE | IO_FS_CREATE, 0644);
	io_fs_write(rig.control_io, fd, CALL, strlen(CALL));
	rig_run(&rig, 1900 * SIM_MS);
	assert_int_equal(rig.count, 0);
	/* Still being written: two seconds from here. */
	io_fs_write(rig.control_io, fd, "Set: a=b\n", 9);
	rig_run(&rig, 1900 * SIM_MS);
	assert_int_equal(rig.count, 0);
	rig_run(&rig, 200 * SIM_MS);
	assert_int_equal(rig.count, 1);
	io_fs_close(rig.control_io, fd);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 1);
}

static void lost_notifications_lead_to_a_scan(void **state)
{
	UNUSED(state);
	sim_watch_limit(rig.w, 10);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND);
	for (int i = 0; i < 500; i++)
		rig_drop(&rig, rig_fmt("f%d", i), CALL, 0);
	rig_run(&rig, SIM_SECOND);
	assert_int_equal(rig.count, 500);
	assert_true(metric_get(&rig.spool_metrics, METRIC_callfile_rescans) > 0);
}

static void without_a_watch_the_directory_is_polled(void **state)
{
	struct sim_faults faults = {0};

	UNUSED(state);
	faults.permille[IO_OP_WATCH] = 1000;
	sim_faults_set(rig.w, 0, &faults);
	rig_start(&rig);
	rig_run(&rig, SIM_SECOND / 2);
	assert_true(rig_logged(&rig, "ERROR Unable to watch /spool/outgoing"));
	rig_drop(&rig, "a", CALL, 0);
	rig_run(&rig, 1100 * SIM_MS);
	assert_int_equal(rig.count, 1);
	/* The watch is taken up as soon as it can be. */
	memset(&faults, 0, sizeof(faults));
	sim_faults_set(rig.w, 0, &faults);
	rig_run(&rig, 2 * SIM_SECOND);
	rig_drop(&rig, "b", CALL, 0);
	rig_run(&rig, 20 * SIM_MS);
	assert_int_equal(rig.count, 2);
}

static void more_files_than_may_be_known(void **state)
{
	UNUSED(state);
	rig.conf.files_max = 64;
	rig.on_order = busy_after_a_second;
	rig_start(&rig);
	for (int i = 0; i < 300; i++)
		rig_drop(&rig, rig_fmt("f%d", i), CALL, 0);
	rig_run(&rig, 60 * SIM_SECOND);
	assert_int_equal(rig.count, 300);
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing"), 0);
}

/* --- files that change under a running call --- */

static void a_deleted_file_ends_with_its_call(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL "MaxRetries: 5\nRetryTime: 1\n", 0);
	rig_wait(&rig, 1);
	sim_fs_remove(rig.w, RIG_OUT "x");
	rig_run(&rig, SIM_SECOND / 2);
	assert_int_equal(spool_count(rig.spool, SPOOL_ORPHAN), 1);
	settle(0, ORIGINATE_BUSY);
	rig_run(&rig, 10 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	assert_int_equal(spool_count(rig.spool, SPOOL_ORPHAN), 0);
	assert_false(rig_has(&rig, RIG_OUT, "x"));
}

static void a_new_file_of_the_name_is_an_order_of_its_own(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", "Channel: Local/old@x\nExtension: s\nArchive: yes\n", 0);
	rig_wait(&rig, 1);
	rig_drop(&rig, "x", "Channel: Local/new@x\nExtension: s\nArchive: yes\n", 0);
	rig_wait(&rig, 2);
	assert_string_equal(rig.orders[1].resource, "new@x");
	settle(0, ORIGINATE_ANSWERED);
	assert_true(rig_has(&rig, RIG_OUT, "x"));
	settle(1, ORIGINATE_ANSWERED);
	assert_false(rig_has(&rig, RIG_OUT, "x"));
	assert_non_null(strstr(rig_text(&rig, RIG_DONE, "x"), "new@x"));
	assert_int_equal(rig.count, 2);
}

/* The outcome comes before the notification of the new file is read. */
static void a_replaced_file_is_never_removed_for_the_old_one(void **state)
{
	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", "Channel: Local/old@x\nExtension: s\n", 0);
	rig_wait(&rig, 1);
	rig_run(&rig, SIM_SECOND);
	rig_drop(&rig, "x", "Channel: Local/new@x\nExtension: s\n", 0);
	rig_settle(&rig, 0, ORIGINATE_ANSWERED);
	rig_wait(&rig, 2);
	assert_int_equal(rig.count, 2);
	assert_string_equal(rig.orders[1].resource, "new@x");
	assert_true(rig_has(&rig, RIG_OUT, "x"));
}

/* AlwaysDelete: no keeps a file whose time the producer moved on; Asterisk's defect 7 does not. */
static void a_file_moved_on_is_dialled_again_at_its_time(void **state)
{
	int64_t later = sim_wall(rig.w) + 700 * SIM_SECOND;

	UNUSED(state);
	rig_start(&rig);
	rig_drop(&rig, "x", CALL "AlwaysDelete: no\nSet: A=1 # mine\n", 0);
	rig_wait(&rig, 1);
	rig_dialed(&rig, 0, true);
	rig_run(&rig, SIM_SECOND);
	sim_fs_set_mtime(rig.w, RIG_OUT "x", later);
	settle(0, ORIGINATE_ANSWERED);
	assert_text(RIG_OUT, "x", CALL "AlwaysDelete: no\nSet: A=1 # mine\n");
	assert_int_equal(rig_mtime(&rig, RIG_OUT, "x"), later);
	assert_int_equal(sim_fs_count(rig.w, "/spool/outgoing_failed"), 0);
	rig_run(&rig, 690 * SIM_SECOND);
	assert_int_equal(rig.count, 1);
	rig_run(&rig, 20 * SIM_SECOND);
	assert_int_equal(rig.count, 2);
	assert_int_equal(rig.orders[1].attempt_no, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_moved_in_is_dialled_at_once),
		TEST(an_application_has_no_failed_extension),
		TEST(ends),
		TEST(retries_run_from_the_start_of_the_attempt),
		TEST(no_retry_comes_early),
		TEST(a_long_call_is_noted_each_retrytime),
		TEST(negative_maxretries_expires_undialled),
		TEST(future_files_in_order_of_their_time),
		TEST(touch_moves_and_delete_cancels),
		TEST(a_replaced_file_goes_by_its_own_time),
		TEST(touch_moves_a_retry),
		TEST(a_scan_at_start_finds_what_is_there),
		TEST(a_file_written_in_place_waits_for_its_close),
		TEST(a_writer_that_closes_early_is_waited_for),
		TEST(a_link_is_taken_after_two_seconds),
		TEST(lost_notifications_lead_to_a_scan),
		TEST(without_a_watch_the_directory_is_polled),
		TEST(more_files_than_may_be_known),
		TEST(a_deleted_file_ends_with_its_call),
		TEST(a_new_file_of_the_name_is_an_order_of_its_own),
		TEST(a_replaced_file_is_never_removed_for_the_old_one),
		TEST(a_file_moved_on_is_dialled_again_at_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
