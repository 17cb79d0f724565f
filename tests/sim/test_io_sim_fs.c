/* tests/sim/test_io_sim_fs.c - the simulated files keep their promises. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdlib.h>

/* A world with one loop. */
struct disk {
	struct sim_world *w;
	struct io *io;
	struct metrics metrics;
	uint32_t turns;
};

static int64_t disk_turn(void *owner, int64_t now_ns)
{
	struct disk *d = owner;

	UNUSED(now_ns);
	d->turns++;
	return TMR_NEVER;
}

static void disk_open(struct disk *d, uint64_t seed)
{
	struct io_conf conf = {.name = "disk", .metrics = &d->metrics, .cpu = -1};

	d->turns = 0;
	d->w = sim_world_create(seed);
	assert_int_equal(io_create(&d->io, &conf), 0);
	assert_int_equal(io_start(d->io, disk_turn, d), 0);
	sim_fs_mkdir(d->w, "/spool/outgoing");
}

static void disk_close(struct disk *d)
{
	io_stop(d->io);
	io_join(d->io);
	io_destroy(d->io);
	sim_world_destroy(d->w);
}

static int add_letter(void *arg, const char *name)
{
	strncat(arg, name, 1);
	return 0;
}

static int stop_walk(void *arg, const char *name)
{
	UNUSED(arg);
	UNUSED(name);
	return -7;
}

static void test_files(void **state)
{
	struct disk d;
	struct io_fs_stat st;
	char buf[32], *text;
	size_t len;
	int fd;

	UNUSED(state);
	disk_open(&d, 1);
	assert_int_equal(io_fs_open(d.io, "/spool/none", IO_FS_READ, 0), -ENOENT);
	assert_int_equal(io_fs_open(d.io, "/none/x", IO_FS_WRITE | IO_FS_CREATE, 0), -ENOENT);
	assert_int_equal(io_fs_open(d.io, "/spool", IO_FS_WRITE, 0), -EISDIR);
	fd = io_fs_open(d.io, "/spool/a", IO_FS_READ | IO_FS_WRITE | IO_FS_CREATE | IO_FS_EXCL,
			0640);
	assert_true(fd >= 0);
	assert_int_equal(io_fs_write(d.io, fd, "hello", 5), 5);
	assert_int_equal(io_fs_pread(d.io, fd, buf, sizeof(buf), 1), 4);
	assert_memory_equal(buf, "ello", 4);
	assert_int_equal(io_fs_read(d.io, fd, buf, sizeof(buf)), 0);
	assert_int_equal(io_fs_set_mtime(d.io, fd, 12345), 0);
	assert_int_equal(io_fs_truncate(d.io, fd, 4), 0);
	io_fs_close(d.io, fd);
	assert_int_equal(io_fs_write(d.io, fd, "x", 1), -EBADF);
	assert_int_equal(io_fs_open(d.io, "/spool/a", IO_FS_WRITE | IO_FS_CREATE | IO_FS_EXCL, 0),
			 -EEXIST);
	fd = io_fs_open(d.io, "/spool/a", IO_FS_WRITE | IO_FS_APPEND, 0);
	assert_int_equal(io_fs_write(d.io, fd, "!", 1), 1);
	io_fs_close(d.io, fd);
	assert_int_equal(io_fs_load(d.io, "/spool//./outgoing/../a", 100, &text, &len), 0);
	assert_string_equal(text, "hell!");
	free(text);
	assert_int_equal(io_fs_load(d.io, "/spool/a", 4, &text, &len), -EFBIG);
	assert_int_equal(io_fs_stat(d.io, "/spool/a", &st), 0);
	assert_true(st.size_bytes == 5 && st.is_regular && st.mode == 0640);
	assert_int_equal(io_fs_rename(d.io, "/spool/a", "/spool/outgoing/b"), 0);
	assert_int_equal(io_fs_stat(d.io, "/spool/a", &st), -ENOENT);
	assert_int_equal(io_fs_rename(d.io, "/spool", "/spool/outgoing/x"), -EINVAL);
	assert_int_equal(io_fs_mkdir(d.io, "/spool/outgoing", 0755), -EEXIST);
	assert_int_equal(io_fs_unlink(d.io, "/spool/outgoing"), -EISDIR);
	assert_int_equal(io_fs_unlink(d.io, "/spool/outgoing/b"), 0);
	assert_int_equal(sim_fs_count(d.w, "/spool/outgoing"), 0);
	disk_close(&d);
}

static void test_list_order(void **state)
{
	char first[8] = "", other[8];
	uint32_t different = 0;

	UNUSED(state);
	for (uint64_t seed = 1; seed < 20; seed++) {
		struct disk d;

		disk_open(&d, seed);
		for (const char *c = "abcde"; *c; c++)
			sim_fs_put(d.w, (const char[]){'/', 'd', '/', *c, 0}, "");
		other[0] = 0;
		assert_int_equal(io_fs_list(d.io, "/d", add_letter, other), 0);
		assert_int_equal(strlen(other), 5);
		assert_int_equal(io_fs_list(d.io, "/d", stop_walk, NULL), -7);
		if (seed == 1)
			memcpy(first, other, sizeof(first));
		different += strcmp(first, other) != 0;
		disk_close(&d);
	}
	assert_true(different > 10);
}

struct notes {
	uint32_t count[IO_WATCH_LOST + 1];
	char names[256];
};

static void take_note(void *arg, enum io_watch_kind kind, const char *name)
{
	struct notes *n = arg;

	n->count[kind]++;
	if (strlen(n->names) + strlen(name) < sizeof(n->names))
		strncat(n->names, name, sizeof(n->names) - 1 - strlen(n->names));
}

static void test_watch(void **state)
{
	struct notes notes = {0};
	struct io_watch *watch;
	struct disk d;

	UNUSED(state);
	disk_open(&d, 8);
	assert_int_equal(io_watch_open(d.io, &watch, "/none", take_note, &notes), -ENOENT);
	assert_int_equal(io_watch_open(d.io, &watch, "/spool/outgoing", take_note, &notes), 0);
	sim_fs_put(d.w, "/tmp/x", "Channel: PJSIP/1@t\n");
	sim_fs_move(d.w, "/tmp/x", "/spool/outgoing/x");
	sim_fs_put(d.w, "/spool/outgoing/y", "");
	sim_fs_set_mtime(d.w, "/spool/outgoing/y", 5);
	sim_fs_remove(d.w, "/spool/outgoing/x");
	assert_int_equal(notes.names[0], 0);
	sim_run_for(d.w, SIM_SECOND);
	assert_string_equal(notes.names, "xyyyx");
	for (int kind = 0; kind < IO_WATCH_LOST; kind++)
		assert_int_equal(notes.count[kind], 1);
	sim_watch_limit(d.w, 3);
	for (int i = 0; i < 10; i++)
		sim_fs_put(d.w, "/spool/outgoing/z", "");
	sim_run_for(d.w, SIM_SECOND);
	assert_int_equal(notes.count[IO_WATCH_LOST], 1);
	sim_fs_put(d.w, "/spool/outgoing/w", "");
	io_watch_close(watch);
	sim_run_for(d.w, SIM_SECOND);
	assert_int_equal(notes.count[IO_WATCH_CREATED], 2);
	disk_close(&d);
}

static int hook_fail_third(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(op);
	UNUSED(path);
	return nth == 3 ? -EIO : 0;
}

static int hook_freeze(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(path);
	UNUSED(nth);
	return op == IO_OP_FS_SYNC ? SIM_DISK_FREEZE : 0;
}

static void test_disk_faults(void **state)
{
	struct disk d;
	int fd;

	UNUSED(state);
	disk_open(&d, 2);
	sim_disk_hook(d.w, hook_fail_third, NULL);
	fd = io_fs_open(d.io, "/spool/a", IO_FS_WRITE | IO_FS_CREATE, 0600);
	assert_int_equal(io_fs_write(d.io, fd, "1", 1), 1);
	assert_int_equal(io_fs_write(d.io, fd, "2", 1), -EIO);
	assert_int_equal(io_fs_write(d.io, fd, "3", 1), 1);
	assert_string_equal(sim_fs_text(d.w, "/spool/a", NULL), "13");
	sim_disk_hook(d.w, hook_freeze, NULL);
	assert_int_equal(io_fs_sync(d.io, fd), 0);
	d.turns = 0;
	io_wake(d.io);
	sim_run_for(d.w, 60 * SIM_SECOND);
	assert_int_equal(d.turns, 0);
	sim_disk_hook(d.w, NULL, NULL);
	sim_disk_thaw(d.w);
	sim_run_for(d.w, SIM_SECOND);
	assert_int_equal(d.turns, 1);
	sim_fs_limit(d.w, 5);
	assert_int_equal(io_fs_write(d.io, fd, "abcdef", 6), -ENOSPC);
	assert_string_equal(sim_fs_text(d.w, "/spool/a", NULL), "13abc");
	io_fs_close(d.io, fd);
	disk_close(&d);
}

static void test_crash(void **state)
{
	uint32_t lengths[7] = {0};
	struct sim_fs *fs;
	struct disk d;
	size_t len;
	int fd;

	UNUSED(state);
	disk_open(&d, 2);
	fd = io_fs_open(d.io, "/spool/log", IO_FS_WRITE | IO_FS_APPEND | IO_FS_CREATE, 0600);
	assert_int_equal(io_fs_write(d.io, fd, "abc", 3), 3);
	assert_int_equal(io_fs_sync(d.io, fd), 0);
	assert_int_equal(io_fs_write(d.io, fd, "def", 3), 3);
	for (int i = 0; i < 100; i++) {
		fs = sim_fs_snapshot(d.w, true);
		assert_int_equal(io_fs_rename(d.io, "/spool/log", "/spool/old"), 0);
		sim_fs_restore(d.w, fs);
		sim_fs_free(fs);
		assert_non_null(sim_fs_text(d.w, "/spool/log", &len));
		assert_memory_equal(sim_fs_text(d.w, "/spool/log", NULL), "abcdef", len);
		lengths[len]++;
		assert_int_equal(io_fs_write(d.io, fd, "x", 1), -EBADF);
		sim_fs_put(d.w, "/spool/log", "abc");
		fd = io_fs_open(d.io, "/spool/log", IO_FS_WRITE | IO_FS_APPEND, 0600);
		assert_int_equal(io_fs_write(d.io, fd, "def", 3), 3);
	}
	assert_true(lengths[3] && lengths[4] && lengths[5] && lengths[6]);
	assert_int_equal(lengths[0] + lengths[1] + lengths[2], 0);
	io_fs_close(d.io, fd);
	disk_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files), cmocka_unit_test(test_list_order),
		cmocka_unit_test(test_watch), cmocka_unit_test(test_disk_faults),
		cmocka_unit_test(test_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
