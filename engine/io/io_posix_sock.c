/* engine/io/io_posix_sock.c - addresses as the kernel wants them. */
#include "engine/io/io_posix_internal.h"

#include "engine/base/check.h"
#include "engine/io/io.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

bool io_sockaddr_from(struct io_sockaddr *sa, const struct addr *a)
{
	memset(sa, 0, sizeof(*sa));
	if (a->family == 4) {
		sa->len = sizeof(sa->v4);
		sa->v4.sin_family = AF_INET;
		sa->v4.sin_port = htons(a->port);
		memcpy(&sa->v4.sin_addr, a->ip, 4);
		return true;
	}
	if (a->family != 6)
		return false;
	sa->len = sizeof(sa->v6);
	sa->v6.sin6_family = AF_INET6;
	sa->v6.sin6_port = htons(a->port);
	memcpy(&sa->v6.sin6_addr, a->ip, 16);
	return true;
}

struct addr io_addr_from(const struct sockaddr *sa, socklen_t len)
{
	struct addr a = {0};

	if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *v4 = (const void *)sa;

		a.family = 4;
		a.port = ntohs(v4->sin_port);
		memcpy(a.ip, &v4->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		const struct sockaddr_in6 *v6 = (const void *)sa;

		a.family = 6;
		a.port = ntohs(v6->sin6_port);
		memcpy(a.ip, &v6->sin6_addr, 16);
	}
	return a;
}

struct addr io_socket_local(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return (struct addr){0};
	return io_addr_from((struct sockaddr *)&ss, len);
}

struct addr io_socket_peer(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) != 0)
		return (struct addr){0};
	return io_addr_from((struct sockaddr *)&ss, len);
}

int io_unix_from(struct sockaddr_un *sun, const char *path)
{
	size_t len = strlen(path);

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	if (len == 0 || len >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memcpy(sun->sun_path, path, len + 1);
	return 0;
}

int io_socket_open(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int io_socket_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

/* The kernel chooses a priority of its own by dscp, when that changes. */
static int io_socket_set_dscp(int fd, uint8_t family, struct io_mark *mark, uint8_t dscp)
{
	int err = 0;

	if (mark->dscp != dscp)
		err = family == 6 ? io_socket_set(fd, IPPROTO_IPV6, IPV6_TCLASS, dscp << 2)
				  : io_socket_set(fd, IPPROTO_IP, IP_TOS, dscp << 2);
	if (!err)
		mark->dscp = dscp;
	return err;
}

static int io_socket_set_priority(int fd, struct io_mark *mark, uint8_t priority)
{
	int err = io_socket_set(fd, SOL_SOCKET, SO_PRIORITY, priority);

	if (!err)
		mark->priority = priority;
	return err;
}

int io_socket_mark(int fd, uint8_t family, struct io_mark *mark, struct io_mark to)
{
	int err = 0;

	check(to.dscp < 64 && to.priority < 8);
	if (mark->priority && !to.priority) {
		err = io_socket_set_priority(fd, mark, 0);
		if (!err)
			err = io_socket_set_dscp(fd, family, mark, 0);
	}
	if (!err)
		err = io_socket_set_dscp(fd, family, mark, to.dscp);
	if (!err && to.priority)
		err = io_socket_set_priority(fd, mark, to.priority);
	return err;
}

int io_local_addr(struct io *io, const struct addr *to, struct addr *out)
{
	struct io_sockaddr sa;
	struct addr target = *to;
	struct addr found;
	int err = 0;
	int fd;

	(void)io;
	if (target.port == 0)
		target.port = 9; /* any will do: nothing is sent */
	if (!io_sockaddr_from(&sa, &target))
		return -EAFNOSUPPORT;
	fd = io_socket_open(sa.any.sa_family, SOCK_DGRAM);
	if (fd < 0)
		return fd;
	if (connect(fd, &sa.any, sa.len) != 0)
		err = -errno;
	found = io_socket_local(fd);
	close(fd);
	if (err)
		return err;
	found.port = out->port;
	*out = found;
	return 0;
}

#define IO_BIND_PAUSE_NS 20000000

int io_socket_bind(int fd, const struct io_sockaddr *sa, int64_t patience_ns)
{
	const struct timespec pause = {.tv_nsec = IO_BIND_PAUSE_NS};
	int64_t until_ns = io_clock_monotonic_ns() + patience_ns;

	for (;;) {
		if (bind(fd, &sa->any, sa->len) == 0)
			return 0;
		if (errno != EADDRINUSE || io_clock_monotonic_ns() >= until_ns)
			return -errno;
		nanosleep(&pause, NULL);
	}
}
