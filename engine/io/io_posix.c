/* engine/io/io_posix.c - clock, chance and names of the kernel backend. */
#include "engine/io/io.h"

#include "engine/base/check.h"
#include "engine/io/io_posix_internal.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <unistd.h>

#define IO_SECOND INT64_C(1000000000)

static int64_t io_read_clock(clockid_t id)
{
	struct timespec ts;

	check(clock_gettime(id, &ts) == 0);
	return ts.tv_sec * IO_SECOND + ts.tv_nsec;
}

int64_t io_clock_monotonic_ns(void)
{
	return io_read_clock(CLOCK_MONOTONIC);
}

int64_t io_clock_ns(const struct io *io)
{
	UNUSED(io);
	return io_clock_monotonic_ns();
}

int64_t io_wall_ns(const struct io *io)
{
	UNUSED(io);
	return io_read_clock(CLOCK_REALTIME);
}

void io_local_time(const struct io *io, int64_t wall_ns, struct tm *out)
{
	time_t seconds = (time_t)(wall_ns / IO_SECOND - (wall_ns % IO_SECOND < 0));

	UNUSED(io);
	if (!localtime_r(&seconds, out))
		*out = (struct tm){.tm_mday = 1, .tm_year = 70};
}

void io_random(struct io *io, void *dst, size_t len)
{
	UNUSED(io);
	check(len <= INT32_MAX);
	/* Without chance there are no keys: going on would be worse than ending. */
	check(RAND_bytes(dst, (int)len) == 1);
}

int64_t io_pid(const struct io *io)
{
	UNUSED(io);
	return getpid();
}

void io_host_name(const struct io *io, char *buf, size_t size)
{
	UNUSED(io);
	check(size > 0);
	if (gethostname(buf, size) != 0)
		snprintf(buf, size, "localhost");
	buf[size - 1] = '\0';
}
