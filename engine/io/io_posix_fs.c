/* engine/io/io_posix_fs.c - files, by plain system calls: for worker loops and for boot. */
#include "engine/io/io.h"

#include "engine/base/check.h"
#include "engine/io/io_uring_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_FS_SECOND INT64_C(1000000000)

static int io_fs_result(int ret)
{
	return ret < 0 ? -errno : ret;
}

int io_fs_open(struct io *io, const char *path, unsigned flags, unsigned mode)
{
	static const struct {
		unsigned ours;
		int theirs;
	} map[] = {
		{IO_FS_APPEND, O_APPEND},
		{IO_FS_CREATE, O_CREAT},
		{IO_FS_EXCL, O_EXCL},
		{IO_FS_TRUNC, O_TRUNC},
	};
	/* A FIFO somebody left in a spool must not hold us up. */
	int how = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int err = io_fail(io, IO_OP_FS_OPEN);

	if (err)
		return err;
	if (flags & IO_FS_READ && flags & (IO_FS_WRITE | IO_FS_APPEND))
		how |= O_RDWR;
	else if (flags & (IO_FS_WRITE | IO_FS_APPEND))
		how |= O_WRONLY;
	for (size_t i = 0; i < ARRAY_COUNT(map); i++)
		if (flags & map[i].ours)
			how |= map[i].theirs;
	return io_fs_result(open(path, how, mode));
}

void io_fs_close(struct io *io, int fd)
{
	UNUSED(io);
	check(fd >= 0);
	close(fd);
}

ssize_t io_fs_read(struct io *io, int fd, void *dst, size_t len)
{
	ssize_t n = io_fail(io, IO_OP_FS_READ);

	if (n)
		return n;
	do
		n = read(fd, dst, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t io_fs_pread(struct io *io, int fd, void *dst, size_t len, int64_t offset)
{
	ssize_t n = io_fail(io, IO_OP_FS_READ);

	if (n)
		return n;
	do
		n = pread(fd, dst, len, offset);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

ssize_t io_fs_write(struct io *io, int fd, const void *data, size_t len)
{
	const char *at = data;
	size_t left = len;
	int err = io_fail(io, IO_OP_FS_WRITE);

	if (err)
		return err;
	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
		left -= (size_t)n;
	}
	return (ssize_t)len;
}

int io_fs_sync(struct io *io, int fd)
{
	int err = io_fail(io, IO_OP_FS_SYNC);

	return err ? err : io_fs_result(fdatasync(fd));
}

int io_fs_truncate(struct io *io, int fd, int64_t size_bytes)
{
	int err = io_fail(io, IO_OP_FS_WRITE);

	return err ? err : io_fs_result(ftruncate(fd, size_bytes));
}

static void io_fs_fill(struct io_fs_stat *out, const struct stat *st)
{
	*out = (struct io_fs_stat){
		.size_bytes = st->st_size,
		.mtime_ns = st->st_mtim.tv_sec * IO_FS_SECOND + st->st_mtim.tv_nsec,
		.inode = st->st_ino,
		.mode = st->st_mode & 07777,
		.is_regular = S_ISREG(st->st_mode),
		.is_dir = S_ISDIR(st->st_mode),
	};
}

int io_fs_fstat(struct io *io, int fd, struct io_fs_stat *out)
{
	int err = io_fail(io, IO_OP_FS_META);
	struct stat st;

	if (err)
		return err;
	if (fstat(fd, &st) != 0)
		return -errno;
	io_fs_fill(out, &st);
	return 0;
}

int io_fs_stat(struct io *io, const char *path, struct io_fs_stat *out)
{
	int err = io_fail(io, IO_OP_FS_META);
	struct stat st;

	if (err)
		return err;
	if (stat(path, &st) != 0)
		return -errno;
	io_fs_fill(out, &st);
	return 0;
}

int io_fs_real_path(struct io *io, const char *path, char *dst, size_t size)
{
	int err = io_fail(io, IO_OP_FS_META);
	char *real;

	if (err)
		return err;
	real = realpath(path, NULL);
	if (!real)
		return -errno;
	if (slice_copy(dst, size, slice_str(real)) < strlen(real))
		err = -ENAMETOOLONG;
	free(real);
	return err;
}

/* Both times, as touch does: a watch is told of attributes then, not of a change of contents. */
int io_fs_set_mtime(struct io *io, int fd, int64_t wall_ns)
{
	struct timespec times[2] = {
		{.tv_nsec = UTIME_NOW},
		{.tv_sec = wall_ns / IO_FS_SECOND, .tv_nsec = wall_ns % IO_FS_SECOND}};
	int err = io_fail(io, IO_OP_FS_META);

	return err ? err : io_fs_result(futimens(fd, times));
}

int io_fs_rename(struct io *io, const char *from, const char *to)
{
	int err = io_fail(io, IO_OP_FS_RENAME);

	return err ? err : io_fs_result(rename(from, to));
}

int io_fs_unlink(struct io *io, const char *path)
{
	int err = io_fail(io, IO_OP_FS_UNLINK);

	return err ? err : io_fs_result(unlink(path));
}

int io_fs_mkdir(struct io *io, const char *path, unsigned mode)
{
	int err = io_fail(io, IO_OP_FS_META);

	return err ? err : io_fs_result(mkdir(path, mode));
}

static bool io_fs_is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

int io_fs_list(struct io *io, const char *path, io_fs_list_fn fn, void *arg)
{
	int ret = io_fail(io, IO_OP_FS_META);
	struct dirent *entry;
	DIR *dir;

	if (ret)
		return ret;
	dir = opendir(path);
	if (!dir)
		return -errno;
	do {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			ret = -errno;
		else if (!io_fs_is_dots(entry->d_name))
			ret = fn(arg, entry->d_name);
	} while (entry && ret == 0);
	closedir(dir);
	return ret;
}

static int io_fs_load_fd(struct io *io, int fd, size_t max, char **text, size_t *len)
{
	size_t room = 4096;
	size_t used = 0;
	char *buf = malloc(room + 1);
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	while ((n = io_fs_read(io, fd, buf + used, room - used)) > 0) {
		used += (size_t)n;
		if (used > max) {
			n = -EFBIG;
			break;
		}
		if (used == room) {
			char *larger = realloc(buf, 2 * room + 1);

			if (!larger) {
				n = -ENOMEM;
				break;
			}
			buf = larger;
			room *= 2;
		}
	}
	if (n < 0) {
		free(buf);
		return (int)n;
	}
	buf[used] = '\0';
	*text = buf;
	*len = used;
	return 0;
}

int io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len)
{
	int fd = io_fs_open(io, path, IO_FS_READ, 0);
	int err;

	if (fd < 0)
		return fd;
	err = io_fs_load_fd(io, fd, max, text, len);
	io_fs_close(io, fd);
	return err;
}
