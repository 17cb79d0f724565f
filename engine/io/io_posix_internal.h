/* engine/io/io_posix_internal.h - helpers of the kernel backend that need no ring. */
#ifndef RINGER_IO_IO_POSIX_INTERNAL_H
#define RINGER_IO_IO_POSIX_INTERNAL_H

#include "engine/io/io.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct io_sockaddr {
	socklen_t len;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

/* False: the address has no family. */
bool io_sockaddr_from(struct io_sockaddr *sa, const struct addr *a);
/* family 0 if it is neither IPv4 nor IPv6. */
struct addr io_addr_from(const struct sockaddr *sa, socklen_t len);
/* The socket's own or its peer's address; family 0 for Unix sockets. */
struct addr io_socket_local(int fd);
struct addr io_socket_peer(int fd);
/* 0, -ENAMETOOLONG. */
int io_unix_from(struct sockaddr_un *sun, const char *path);
/* A stream or datagram socket: close-on-exec, blocking (the ring waits, not the call); fd or
 * -errno. */
int io_socket_open(int family, int type);
/* As io_udp_mark. family: of the addresses, 4 or 6; *mark: that in force, of which each part
 * changes as it takes effect. */
int io_socket_mark(int fd, uint8_t family, struct io_mark *mark, struct io_mark to);
/* bind; while the address is in use it tries again, for so long. 0 or -errno. */
int io_socket_bind(int fd, const struct io_sockaddr *sa, int64_t patience_ns);

int64_t io_clock_monotonic_ns(void);

#endif
