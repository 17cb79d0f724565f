/* The spool on a real directory, with one thread that plays the control shard too. */
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "spool/dir.h"
#include "tests/unit/cmocka.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL "Channel: PJSIP/100@trunk\nApplication: Wait\nData: 1\n"

struct bed {
	char dir[64];
	struct metrics metrics;
	struct io *io;
	struct inbox *inbox;
	struct spool *spool;
	uint32_t dialled;
	uint32_t wanted;
	int reason;
	int64_t end_ns; /* gives up */
};

static struct bed bed;

static void no_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static const char *path_of(const char *dir, const char *name)
{
	static char paths[2][768];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s/%s", bed.dir, dir, name);
	return path;
}

static int setup(void **state)
{
	struct io_conf conf = {.name = "spool", .metrics = &bed.metrics, .cpu = -1};

	UNUSED(state);
	memset(&bed, 0, sizeof(bed));
	memcpy(bed.dir, "/tmp/ringer-spool-XXXXXX", 25);
	assert_non_null(mkdtemp(bed.dir));
	assert_int_equal(io_create(&bed.io, &conf), 0);
	assert_int_equal(io_fs_mkdir(bed.io, path_of("tmp", ""), 0777), 0);
	assert_int_equal(io_fs_mkdir(bed.io, path_of("outgoing", ""), 0777), 0);
	assert_int_equal(inbox_create(&bed.inbox, 20000, bed.io), 0);
	log_set_writer(no_log, NULL);
	return 0;
}

static void remove_dir(const char *name)
{
	const char *path = path_of(name, "");
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlink(path_of(name, entry->d_name));
	}
	if (dir)
		closedir(dir);
	rmdir(path_of(name, ""));
}

static int teardown(void **state)
{
	UNUSED(state);
	spool_destroy(bed.spool);
	inbox_destroy(bed.inbox);
	io_destroy(bed.io);
	remove_dir("tmp");
	remove_dir("outgoing");
	remove_dir("outgoing_done");
	remove_dir("outgoing_failed");
	rmdir(bed.dir);
	log_set_writer(NULL, NULL);
	return 0;
}

static void start(void)
{
	struct spool_conf conf = {
		.spool_dir = bed.dir,
		.inbox = bed.inbox,
		.queue_max = 20000,
		.files_max = 20000,
		.metrics = &bed.metrics,
	};

	assert_int_equal(spool_create(&bed.spool, bed.io, &conf), 0);
}

/* Settles every order as it comes. */
static void play_control(void)
{
	struct order *o;

	while ((o = inbox_take(bed.inbox))) {
		struct outcome outcome = {
			.order_id = o->id,
			.answered = bed.reason == ORIGINATE_ANSWERED,
			.reason = bed.reason,
		};

		o->source.ops->begun(o->source.impl, o->cookie);
		o->source.ops->settle(o->source.impl, o->cookie, &outcome);
		inbox_release(bed.inbox, o);
		bed.dialled++;
	}
	(void)inbox_sleep(bed.inbox);
}

static int64_t turn(void *owner, int64_t now_ns)
{
	int64_t next_ns = spool_turn(bed.spool, now_ns);

	UNUSED(owner);
	play_control();
	if (bed.end_ns == 0)
		bed.end_ns = now_ns + 60 * TMR_SECOND;
	if (now_ns >= bed.end_ns || (bed.dialled >= bed.wanted && spool_is_quiet(bed.spool) &&
				     spool_count(bed.spool, SPOOL_WAITING) == 0))
		io_stop(bed.io);
	return next_ns < bed.end_ns ? next_ns : bed.end_ns;
}

/* Until so many were dialled in all, and nothing is under way. */
static void run_until(uint32_t wanted)
{
	bed.wanted = wanted;
	bed.end_ns = 0;
	assert_int_equal(io_run(bed.io, turn, NULL), 0);
	assert_int_equal(bed.dialled, wanted);
}

static void put(const char *dir, const char *name, const char *text)
{
	FILE *f = fopen(path_of(dir, name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void drop(const char *name, const char *text)
{
	put("tmp", name, text);
	assert_int_equal(rename(path_of("tmp", name), path_of("outgoing", name)), 0);
}

static bool has(const char *dir, const char *name)
{
	return access(path_of(dir, name), F_OK) == 0;
}

static void load(const char *dir, const char *name, char *text, size_t size)
{
	FILE *f = fopen(path_of(dir, name), "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, size - 1, f);
	text[len] = '\0';
	fclose(f);
}

static void a_scan_at_start_then_a_rename(void **state)
{
	UNUSED(state);
	bed.reason = ORIGINATE_ANSWERED;
	drop("first", CALL);
	start();
	run_until(1);
	assert_false(has("outgoing", "first"));
	drop("second", CALL);
	run_until(2);
	assert_false(has("outgoing", "second"));
	put("outgoing", "third", CALL);
	run_until(3);
	assert_false(has("outgoing", "third"));
}

static void an_archived_file_tells_its_story(void **state)
{
	char text[512], expected[512];
	long long pid = (long long)getpid(), wall_s = 0;
	const char *at;

	UNUSED(state);
	bed.reason = ORIGINATE_BUSY;
	start();
	drop("a", CALL "Archive: yes\n");
	run_until(1);
	load("outgoing_done", "a", text, sizeof(text));
	at = strrchr(text, '(');
	assert_non_null(at);
	assert_int_equal(sscanf(at, "(%lld)", &wall_s), 1);
	snprintf(expected, sizeof(expected),
		 CALL "Archive: yes\n\nStartRetry: %lld 1 (%lld)\nStatus: Expired\n", pid, wall_s);
	assert_string_equal(text, expected);
}

static void a_bad_file_is_set_aside(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	char text[1024];

	UNUSED(state);
	bed.reason = ORIGINATE_ANSWERED;
	start();
	put("tmp", "bad", "Extension: s\n");
	assert_int_equal(utimensat(AT_FDCWD, path_of("tmp", "bad"), old, 0), 0);
	assert_int_equal(rename(path_of("tmp", "bad"), path_of("outgoing", "bad")), 0);
	drop("good", CALL);
	run_until(1);
	assert_true(has("outgoing_failed", "bad"));
	load("outgoing_failed", "bad.reason", text, sizeof(text));
	assert_non_null(strstr(text, "/outgoing/bad: Channel (as Tech/Resource)"));
}

static void a_failed_attempt_moves_the_time_of_its_file(void **state)
{
	char text[512];
	struct stat st;
	long long pid = 0, wall_s = 0;
	const char *at;

	UNUSED(state);
	bed.reason = ORIGINATE_BUSY;
	start();
	drop("r", CALL "MaxRetries: 1\nRetryTime: 600\n");
	run_until(1);
	load("outgoing", "r", text, sizeof(text));
	at = strstr(text, "\nEndRetry: ");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "\nEndRetry: %lld 1 (%lld)", &pid, &wall_s), 2);
	assert_int_equal(stat(path_of("outgoing", "r"), &st), 0);
	assert_int_equal(st.st_mtim.tv_sec, wall_s + 600);
	assert_int_equal(st.st_mtim.tv_nsec, 0);
	assert_int_equal(spool_count(bed.spool, SPOOL_RETRY_WAIT), 1);
}

static void many_at_once_each_once(void **state)
{
	char name[32];

	UNUSED(state);
	bed.reason = ORIGINATE_ANSWERED;
	start();
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		drop(name, CALL);
	}
	run_until(3000);
	assert_int_equal(metric_get(&bed.metrics, METRIC_callfile_completed), 3000);
	assert_int_equal(rmdir(path_of("outgoing", "")), 0);
}

static void the_directory_is_made_anew(void **state)
{
	UNUSED(state);
	bed.reason = ORIGINATE_ANSWERED;
	start();
	drop("a", CALL);
	run_until(1);
	assert_int_equal(rmdir(path_of("outgoing", "")), 0);
	assert_int_equal(mkdir(path_of("outgoing", ""), 0777), 0);
	drop("b", CALL);
	run_until(2);
	drop("c", CALL);
	run_until(3);
	assert_false(has("outgoing", "c"));
}

/* Looking at them must not be news of them either. */
static void what_is_no_regular_file_is_passed_over(void **state)
{
	UNUSED(state);
	bed.reason = ORIGINATE_ANSWERED;
	start();
	assert_int_equal(mkfifo(path_of("tmp", "fifo"), 0666), 0);
	assert_int_equal(rename(path_of("tmp", "fifo"), path_of("outgoing", "fifo")), 0);
	assert_int_equal(symlink("loop", path_of("tmp", "loop")), 0);
	assert_int_equal(rename(path_of("tmp", "loop"), path_of("outgoing", "loop")), 0);
	for (uint32_t n = 1; n <= 30; n++) {
		drop("a", CALL);
		run_until(n);
	}
	assert_int_equal(metric_get(&bed.metrics, METRIC_callfile_seen), 32);
	assert_int_equal(spool_count(bed.spool, SPOOL_HELD), 2);
	assert_true(has("outgoing", "fifo"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_scan_at_start_then_a_rename),
		TEST(an_archived_file_tells_its_story),
		TEST(a_bad_file_is_set_aside),
		TEST(a_failed_attempt_moves_the_time_of_its_file),
		TEST(many_at_once_each_once),
		TEST(the_directory_is_made_anew),
		TEST(what_is_no_regular_file_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
