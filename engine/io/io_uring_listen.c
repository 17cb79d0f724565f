/* engine/io/io_uring_listen.c - listening sockets, each with a multishot accept. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_BACKLOG 1024

struct io_listener {
	struct io_obj obj;
	struct addr local;
	struct io_mark mark;
	struct sockaddr_un path; /* empty for TCP */
	io_accept_fn fn;
	void *arg;
};

const size_t io_listener_bytes = sizeof(struct io_listener);

static int io_listener_open(struct io *io, struct io_listener **out, int fd, io_accept_fn fn,
			    void *arg)
{
	struct io_listener *l;

	if (listen(fd, IO_BACKLOG) != 0)
		return -errno;
	l = io_obj_open(io, IO_TYPE_LISTENER, fd);
	if (!l)
		return -ENOBUFS;
	l->local = io_socket_local(fd);
	l->fn = fn;
	l->arg = arg;
	*out = l;
	return 0;
}

static int io_listen_check(struct io *io)
{
	int err = io_fail(io, IO_OP_LISTEN);

	if (!err && (io->conf.stream_max == 0 || io->small.count == 0))
		err = -ENOBUFS;
	return err;
}

static int io_bind_tcp(const struct io *io, int fd, const struct io_sockaddr *sa)
{
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0)
		return -errno;
	if (sa->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)) != 0)
		return -errno;
	return io_socket_bind(fd, sa, io_bind_patience(io));
}

int io_listen_tcp(struct io *io, struct io_listener **out, const struct addr *local,
		  io_accept_fn fn, void *arg)
{
	struct io_sockaddr sa;
	int err = io_listen_check(io);
	int fd;

	check(fn != NULL);
	if (err)
		return err;
	if (!io_sockaddr_from(&sa, local))
		return -EAFNOSUPPORT;
	fd = io_socket_open(sa.any.sa_family, SOCK_STREAM);
	if (fd < 0)
		return fd;
	err = io_bind_tcp(io, fd, &sa);
	if (!err)
		err = io_listener_open(io, out, fd, fn, arg);
	if (err)
		close(fd);
	return err;
}

int io_listener_mark(struct io_listener *l, struct io_mark mark)
{
	return io_socket_mark(l->obj.fd, l->local.family, &l->mark, mark);
}

/* True if the process that listens is gone: the kernel takes its ring apart on a thread of its own, and
 * until then the listener takes connections. */
static bool io_unix_peer_is_dead(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 0 &&
	       kill(peer.pid, 0) != 0 && errno == ESRCH;
}

/* A socket file that nobody listens on is left over from a process that died. Anything that is no
 * socket is not ours to remove. */
static int io_unix_clear(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err;

	if (lstat(sun->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = io_socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return fd;
	err = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ? 0 : -errno;
	if (err == 0 && !io_unix_peer_is_dead(fd))
		err = -EADDRINUSE;
	close(fd);
	if (err && err != -ECONNREFUSED)
		return err;
	return unlink(sun->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int io_bind_unix(int fd, const struct sockaddr_un *sun, unsigned mode)
{
	/* Set on the socket before it has a name, so that it is never more open than asked. */
	(void)fchmod(fd, mode);
	if (bind(fd, (const struct sockaddr *)sun, sizeof(*sun)) != 0)
		return -errno;
	if (chmod(sun->sun_path, mode) == 0)
		return 0;
	int err = -errno;
	(void)unlink(sun->sun_path);
	return err;
}

int io_listen_unix(struct io *io, struct io_listener **out, const char *path, unsigned mode,
		   io_accept_fn fn, void *arg)
{
	struct sockaddr_un sun;
	int err = io_listen_check(io);
	int fd;

	check(fn != NULL);
	if (!err)
		err = io_unix_from(&sun, path);
	if (!err)
		err = io_unix_clear(&sun);
	if (err)
		return err;
	fd = io_socket_open(AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return fd;
	err = io_bind_unix(fd, &sun, mode);
	if (err) {
		close(fd);
		return err;
	}
	err = io_listener_open(io, out, fd, fn, arg);
	if (err) {
		(void)unlink(sun.sun_path);
		close(fd);
		return err;
	}
	(*out)->path = sun;
	return 0;
}

const struct addr *io_listener_local(const struct io_listener *l)
{
	return &l->local;
}

void io_listener_close(struct io_listener *l)
{
	check(!l->obj.closing);
	if (l->path.sun_path[0])
		(void)unlink(l->path.sun_path);
	l->obj.closing = true;
	io_touch(&l->obj);
}

bool io_settle_listener(struct io_listener *l)
{
	struct io *io = l->obj.io;
	struct io_uring_sqe *sqe;

	if (l->obj.closing) {
		if (l->obj.in.armed)
			return io_cancel(&l->obj, IO_KIND_ACCEPT);
		io_bury(&l->obj);
		return true;
	}
	if (l->obj.in.armed)
		return true;
	sqe = io_sqe(io);
	if (!sqe)
		return false;
	io_uring_prep_multishot_accept(sqe, l->obj.fd, NULL, NULL, SOCK_CLOEXEC);
	sqe->user_data = io_tag(IO_KIND_ACCEPT, l->obj.handle);
	l->obj.in = (struct io_arm){.armed = true};
	return true;
}

static void io_accepted(struct io *io, struct io_listener *l, int fd)
{
	struct addr peer = io_socket_peer(fd);
	struct io_stream *s = NULL;
	int one = 1;

	if (!l->obj.closing && !io->muted && !io_fail(io, IO_OP_ACCEPT)) {
		s = io_stream_adopt(io, fd, &peer, false);
		if (!s)
			log_warning("%s: a connection is refused: all %u are in use", io->conf.name,
				    io->conf.stream_max);
	}
	if (!s) {
		close(fd);
		return;
	}
	if (peer.family) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	}
	io_stream_inherit_mark(s, l->mark);
	l->fn(l->arg, s, &peer);
	check(io_stream_is_owned(s));
}

void io_on_accept(struct io *io, const struct io_event *e)
{
	struct io_listener *l = io_event_obj(io, IO_TYPE_LISTENER, e);

	check(l != NULL);
	if (!(e->flags & IORING_CQE_F_MORE)) {
		l->obj.in = (struct io_arm){0};
		io_touch(&l->obj);
	}
	if (e->res >= 0) {
		io_accepted(io, l, e->res);
		return;
	}
	if (l->obj.closing || e->res == -ECANCELED || e->res == -ECONNABORTED || e->res == -EINTR)
		return;
	log_warning("%s: accepting a connection failed: %s%s; trying again", io->conf.name,
		    strerror(-e->res),
		    e->res == -EMFILE ? " (raise the limit of open files: systemd LimitNOFILE=)"
				      : "");
	if (!l->obj.in.armed)
		io_touch_later(&l->obj, io->now_ns + IO_RETRY_NS);
}
