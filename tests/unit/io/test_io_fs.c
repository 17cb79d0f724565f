/* tests/unit/io/test_io_fs.c - files and directory watches of the kernel backend. */
#include "tests/unit/io/io_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct bench bench;
static char dir[100];
static uint32_t seen[IO_WATCH_LOST + 1];
static struct io_watch *watch;

static const char *in_dir(const char *name)
{
	static char paths[4][200];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static int setup(void **state)
{
	UNUSED(state);
	bench_open(&bench, 0);
	snprintf(dir, sizeof(dir), "/tmp/ringer-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	memset(seen, 0, sizeof(seen));
	return 0;
}

static int remove_one(void *arg, const char *name)
{
	UNUSED(arg);
	return io_fs_unlink(bench.io, in_dir(name));
}

static int teardown(void **state)
{
	UNUSED(state);
	bench.fail_error = 0;
	assert_int_equal(io_fs_list(bench.io, dir, remove_one, NULL), 0);
	assert_int_equal(rmdir(dir), 0);
	io_destroy(bench.io);
	return 0;
}

static void put(const char *name, const char *text)
{
	int fd = io_fs_open(bench.io, in_dir(name), IO_FS_WRITE | IO_FS_CREATE | IO_FS_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(io_fs_write(bench.io, fd, text, strlen(text)), strlen(text));
	io_fs_close(bench.io, fd);
}

static int count_names(void *arg, const char *name)
{
	assert_true(name[0] != '.');
	return ++*(int *)arg == 3 ? 77 : 0;
}

static void test_files(void **state)
{
	struct io_fs_stat st;
	char buf[10] = {0};
	int names = 0;
	int fd;

	UNUSED(state);
	put("a", "hello");
	fd = io_fs_open(bench.io, in_dir("a"), IO_FS_READ | IO_FS_WRITE | IO_FS_APPEND, 0);
	assert_int_equal(io_fs_write(bench.io, fd, " you", 4), 4);
	assert_int_equal(io_fs_pread(bench.io, fd, buf, 5, 4), 5);
	assert_string_equal(buf, "o you");
	assert_int_equal(io_fs_read(bench.io, fd, buf, 10), 0); /* the position is at the end */
	assert_int_equal(io_fs_sync(bench.io, fd), 0);
	assert_int_equal(io_fs_set_mtime(bench.io, fd, 1234567890123456789), 0);
	assert_int_equal(io_fs_fstat(bench.io, fd, &st), 0);
	assert_true(st.is_regular && !st.is_dir && st.inode);
	assert_int_equal(st.size_bytes, 9);
	assert_int_equal(st.mode, 0640);
	assert_true(st.mtime_ns == 1234567890123456789);
	assert_int_equal(io_fs_truncate(bench.io, fd, 2), 0);
	io_fs_close(bench.io, fd);
	assert_int_equal(io_fs_stat(bench.io, in_dir("a"), &st), 0);
	assert_int_equal(st.size_bytes, 2);
	assert_int_equal(
		io_fs_open(bench.io, in_dir("a"), IO_FS_WRITE | IO_FS_CREATE | IO_FS_EXCL, 0600),
		-EEXIST);
	assert_int_equal(io_fs_open(bench.io, in_dir("none"), IO_FS_READ, 0), -ENOENT);
	assert_int_equal(io_fs_rename(bench.io, in_dir("a"), in_dir("b")), 0);
	assert_int_equal(io_fs_stat(bench.io, in_dir("a"), &st), -ENOENT);
	assert_int_equal(io_fs_mkdir(bench.io, dir, 0700), -EEXIST);
	put("c", "");
	assert_int_equal(io_fs_list(bench.io, dir, count_names, &names), 0);
	assert_int_equal(names, 2);
	put("d", "");
	names = 0;
	assert_int_equal(io_fs_list(bench.io, dir, count_names, &names), 77);
	assert_int_equal(io_fs_list(bench.io, in_dir("none"), count_names, &names), -ENOENT);
}

static void test_load(void **state)
{
	static char large[20001];
	char *text = NULL;
	size_t len = 0;

	UNUSED(state);
	memset(large, 'x', sizeof(large) - 1);
	put("large", large);
	put("empty", "");
	assert_int_equal(io_fs_load(bench.io, in_dir("large"), 20000, &text, &len), 0);
	assert_int_equal(len, 20000);
	assert_string_equal(text, large);
	free(text);
	assert_int_equal(io_fs_load(bench.io, in_dir("large"), 19999, &text, &len), -EFBIG);
	assert_int_equal(io_fs_load(bench.io, in_dir("empty"), 10, &text, &len), 0);
	assert_int_equal(len, 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(io_fs_load(bench.io, dir, 10, &text, &len), -EISDIR);
}

static int run_op(enum io_op op, int fd)
{
	struct io_fs_stat st;
	char c = 'x';
	int names = 0;

	switch (op) {
	case IO_OP_FS_OPEN:
		return io_fs_open(bench.io, in_dir("a"), IO_FS_READ, 0);
	case IO_OP_FS_READ:
		return (int)io_fs_read(bench.io, fd, &c, 1);
	case IO_OP_FS_WRITE:
		return (int)io_fs_write(bench.io, fd, &c, 1);
	case IO_OP_FS_SYNC:
		return io_fs_sync(bench.io, fd);
	case IO_OP_FS_RENAME:
		return io_fs_rename(bench.io, in_dir("a"), in_dir("b"));
	case IO_OP_FS_UNLINK:
		return io_fs_unlink(bench.io, in_dir("a"));
	case IO_OP_FS_META:
		assert_int_equal(io_fs_stat(bench.io, dir, &st), -EIO);
		return io_fs_list(bench.io, dir, count_names, &names);
	default:
		return io_watch_open(bench.io, &watch, dir, NULL, NULL);
	}
}

static void test_faults(void **state)
{
	static const enum io_op ops[] = {IO_OP_FS_OPEN, IO_OP_FS_READ,	 IO_OP_FS_WRITE,
					 IO_OP_FS_SYNC, IO_OP_FS_RENAME, IO_OP_FS_UNLINK,
					 IO_OP_FS_META};
	struct io_fs_stat st;
	int fd;

	UNUSED(state);
	put("a", "y");
	fd = io_fs_open(bench.io, in_dir("a"), IO_FS_READ | IO_FS_WRITE, 0);
	for (size_t i = 0; i < ARRAY_COUNT(ops); i++) {
		bench.fail_op = ops[i];
		bench.fail_error = -EIO;
		assert_int_equal(run_op(ops[i], fd), -EIO);
	}
	bench.fail_error = 0;
	io_fs_close(bench.io, fd);
	assert_int_equal(io_fs_stat(bench.io, in_dir("a"), &st), 0); /* nothing happened */
	assert_int_equal(st.size_bytes, 1);
}

/* ---- watching ---- */

static void on_change(void *arg, enum io_watch_kind kind, const char *name)
{
	UNUSED(arg);
	assert_true(kind == IO_WATCH_LOST ? *name == '\0' : strncmp(name, "w", 1) == 0);
	seen[kind]++;
}

static bool saw_all(struct bench *b)
{
	UNUSED(b);
	return seen[IO_WATCH_CREATED] == 1 && seen[IO_WATCH_WRITTEN] == 1 &&
	       seen[IO_WATCH_TOUCHED] >= 1 && seen[IO_WATCH_MOVED_IN] == 1 &&
	       seen[IO_WATCH_GONE] == 2;
}

static bool saw_loss(struct bench *b)
{
	UNUSED(b);
	return seen[IO_WATCH_LOST] > 0;
}

static void test_watch(void **state)
{
	int fd;

	UNUSED(state);
	assert_int_equal(io_watch_open(bench.io, &watch, in_dir("none"), on_change, NULL), -ENOENT);
	assert_int_equal(io_watch_open(bench.io, &watch, dir, on_change, NULL), 0);
	put("w1", "text"); /* created, written */
	fd = io_fs_open(bench.io, in_dir("w1"), IO_FS_READ, 0);
	assert_int_equal(io_fs_set_mtime(bench.io, fd, TMR_SECOND), 0); /* touched */
	io_fs_close(bench.io, fd);
	assert_int_equal(io_fs_rename(bench.io, in_dir("w1"), in_dir("w2")),
			 0);					   /* gone, moved in */
	assert_int_equal(io_fs_unlink(bench.io, in_dir("w2")), 0); /* gone */
	bench_run(&bench, saw_all);
	assert_int_equal(seen[IO_WATCH_LOST], 0);
	io_watch_close(watch);
	bench.fail_op = IO_OP_WATCH;
	bench.fail_error = -EMFILE;
	assert_int_equal(io_watch_open(bench.io, &watch, dir, on_change, NULL), -EMFILE);
}

static void test_watched_dir_goes(void **state)
{
	char other[120];

	UNUSED(state);
	snprintf(other, sizeof(other), "%s-other", dir);
	assert_int_equal(io_fs_mkdir(bench.io, other, 0700), 0);
	assert_int_equal(io_watch_open(bench.io, &watch, other, on_change, NULL), 0);
	assert_int_equal(rmdir(other), 0);
	bench_run(&bench, saw_loss);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_files),
		CASE(test_load),
		CASE(test_faults),
		CASE(test_watch),
		CASE(test_watched_dir_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
