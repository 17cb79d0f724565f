/* engine/io/io_uring_stream.c - connections: one multishot receive, one send in flight.
 *
 *   CONNECTING -> OPEN -> (closed told) -> FLUSHING -> LINGERING -> ENDING -> buried
 *
 * Output goes to a ring of octets of stream_out_max, touched as it is used. A stream has one while
 * something is queued; then the next that sends gets it, warm: connections at rest have none. What
 * is in flight stays where it is until the kernel has answered. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define IO_SEND_MAX    (256 << 10) /* octets of one send */
#define IO_OUT_KEEP    (256 << 10) /* resident output memory kept after a burst */
#define IO_OUT_WARM    128	   /* spare rings that keep theirs; more serve a rare fan-out */
#define IO_OUT_DEFAULT (1 << 20)

enum io_stream_phase {
	IO_STREAM_CONNECTING,
	IO_STREAM_OPEN,
	IO_STREAM_FLUSHING,  /* closed by its owner: the queue is written */
	IO_STREAM_LINGERING, /* our half is shut; what the far end still sends is thrown away */
	IO_STREAM_ENDING,    /* waiting for the last completions */
};

struct io_stream {
	struct io_obj obj;
	enum io_stream_phase phase;
	bool paused;
	bool eof;
	bool broken;
	bool told; /* closed() was called */
	struct addr peer, local;
	struct io_mark mark;
	union {
		struct io_sockaddr to;
		struct {
			socklen_t len;
			struct sockaddr_un path;
		} to_unix;
	};
	const struct io_stream_handler *handler;
	void *arg;
	int64_t deadline_ns; /* of FLUSHING and LINGERING */
	char *out;	     /* NULL while nothing is queued */
	size_t out_max;
	size_t out_from, out_len; /* the queue, which may wrap */
	size_t out_high;	  /* the most since it was empty */
};

const size_t io_stream_bytes = sizeof(struct io_stream);

/* ---- memory of the output queue ---- */

static bool io_out_map(struct io_stream *s)
{
	struct io *io = s->obj.io;
	void *ptr;

	if (s->out)
		return true;
	if (io->out_spare_count) {
		s->out = io->out_spares[--io->out_spare_count];
		return true;
	}
	ptr = mmap(NULL, s->out_max, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ptr == MAP_FAILED)
		return false;
	s->out = ptr;
	return true;
}

static void io_out_spare(struct io_stream *s)
{
	struct io *io = s->obj.io;

	if (s->out_high > IO_OUT_KEEP || io->out_spare_count >= IO_OUT_WARM)
		(void)madvise(s->out, s->out_max, MADV_DONTNEED);
	s->out_high = 0;
	s->out_from = 0;
	io->out_spares[io->out_spare_count++] = s->out;
	s->out = NULL;
}

static void io_out_put(struct io_stream *s, const char *data, size_t len)
{
	size_t at = (s->out_from + s->out_len) % s->out_max;
	size_t first = s->out_max - at < len ? s->out_max - at : len;

	memcpy(s->out + at, data, first);
	memcpy(s->out, data + first, len - first);
	s->out_len += len;
	if (s->out_len > s->out_high)
		s->out_high = s->out_len;
}

static void io_out_taken(struct io_stream *s, size_t len)
{
	check(len <= s->out_len);
	s->out_len -= len;
	s->out_from = (s->out_from + len) % s->out_max;
	if (s->out_len == 0)
		io_out_spare(s);
}

void io_bury_stream(struct io_stream *s)
{
	if (s->out)
		io_out_spare(s);
}

void io_unmap_spares(struct io *io)
{
	size_t bytes = io->conf.stream_out_max ? io->conf.stream_out_max : IO_OUT_DEFAULT;

	while (io->out_spare_count)
		check(munmap(io->out_spares[--io->out_spare_count], bytes) == 0);
	free(io->out_spares);
	io->out_spares = NULL;
}

/* ---- opening and the owner's calls ---- */

struct io_stream *io_stream_adopt(struct io *io, int fd, const struct addr *peer, bool connecting)
{
	struct io_stream *s = io_obj_open(io, IO_TYPE_STREAM, fd);

	if (!s)
		return NULL;
	s->phase = connecting ? IO_STREAM_CONNECTING : IO_STREAM_OPEN;
	s->peer = *peer;
	s->local = io_socket_local(fd);
	s->out_max = io->conf.stream_out_max ? io->conf.stream_out_max : IO_OUT_DEFAULT;
	return s;
}

static int io_connect(struct io *io, struct io_stream **out, int family, const struct addr *peer)
{
	int one = 1;
	int fd, err = io_fail(io, IO_OP_CONNECT);

	if (err)
		return err;
	if (io->small.count == 0)
		return -ENOBUFS;
	fd = io_socket_open(family, SOCK_STREAM);
	if (fd < 0)
		return fd;
	if (family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*out = io_stream_adopt(io, fd, peer, true);
	if (*out)
		return 0;
	close(fd);
	return -ENOBUFS;
}

int io_connect_tcp(struct io *io, struct io_stream **out, const struct addr *to,
		   const struct io_stream_handler *handler, void *arg)
{
	struct io_sockaddr sa;
	struct io_stream *s;
	int err;

	check(handler != NULL);
	if (!io_sockaddr_from(&sa, to))
		return -EAFNOSUPPORT;
	err = io_connect(io, &s, sa.any.sa_family, to);
	if (err)
		return err;
	s->to = sa;
	io_stream_set_handler(s, handler, arg);
	*out = s;
	return 0;
}

int io_connect_unix(struct io *io, struct io_stream **out, const char *path,
		    const struct io_stream_handler *handler, void *arg)
{
	struct sockaddr_un sun;
	struct io_stream *s;
	int err;

	check(handler != NULL);
	err = io_unix_from(&sun, path);
	if (!err)
		err = io_connect(io, &s, AF_UNIX, &(struct addr){0});
	if (err)
		return err;
	s->to_unix.path = sun;
	s->to_unix.len = sizeof(sun);
	io_stream_set_handler(s, handler, arg);
	*out = s;
	return 0;
}

int io_stream_mark(struct io_stream *s, struct io_mark mark)
{
	return io_socket_mark(s->obj.fd, s->peer.family, &s->mark, mark);
}

void io_stream_inherit_mark(struct io_stream *s, struct io_mark mark)
{
	s->mark = mark;
}

void io_stream_set_handler(struct io_stream *s, const struct io_stream_handler *handler, void *arg)
{
	s->handler = handler;
	s->arg = arg;
}

bool io_stream_is_owned(const struct io_stream *s)
{
	return s->handler != NULL || s->obj.closing;
}

int io_stream_send(struct io_stream *s, const void *data, size_t len)
{
	check(!s->obj.closing);
	if (s->broken)
		return -EPIPE;
	if (len > s->out_max - s->out_len)
		return -ENOBUFS;
	if (len == 0)
		return 0;
	if (!io_out_map(s))
		return -ENOBUFS;
	io_out_put(s, data, len);
	if (!s->obj.out.armed)
		io_touch(&s->obj);
	return 0;
}

size_t io_stream_queued(const struct io_stream *s)
{
	return s->out_len;
}

size_t io_stream_room(const struct io_stream *s)
{
	return s->out_max - s->out_len;
}

void io_stream_pause(struct io_stream *s, bool paused)
{
	s->paused = paused;
	io_touch(&s->obj);
}

void io_stream_close(struct io_stream *s, bool flush)
{
	check(!s->obj.closing);
	s->obj.closing = true;
	if (flush && s->phase == IO_STREAM_OPEN && !s->broken) {
		s->phase = IO_STREAM_FLUSHING;
		s->deadline_ns = io_now_ns(s->obj.io) + IO_FLUSH_MAX_NS;
	} else {
		s->phase = IO_STREAM_ENDING;
	}
	io_touch(&s->obj);
}

const struct addr *io_stream_peer(const struct io_stream *s)
{
	return &s->peer;
}

const struct addr *io_stream_local(const struct io_stream *s)
{
	return &s->local;
}

int io_stream_number(const struct io_stream *s)
{
	return s->obj.fd;
}

bool io_stream_has_output(const struct io_stream *s)
{
	return s->out_len > 0 && !s->broken &&
	       (s->phase == IO_STREAM_OPEN || s->phase == IO_STREAM_FLUSHING);
}

/* ---- what the kernel should be doing ---- */

static bool io_stream_arm_connect(struct io_stream *s)
{
	struct io_uring_sqe *sqe = io_sqe(s->obj.io);

	if (!sqe)
		return false;
	if (s->to.any.sa_family == AF_UNIX)
		io_uring_prep_connect(sqe, s->obj.fd, (struct sockaddr *)&s->to_unix.path,
				      s->to_unix.len);
	else
		io_uring_prep_connect(sqe, s->obj.fd, &s->to.any, s->to.len);
	sqe->user_data = io_tag(IO_KIND_CONNECT, s->obj.handle);
	s->obj.connect = (struct io_arm){.armed = true};
	return true;
}

static bool io_stream_arm_recv(struct io_stream *s)
{
	struct io *io = s->obj.io;
	struct io_uring_sqe *sqe;

	if (!io_may_arm(io)) {
		io_touch(&s->obj);
		return true;
	}
	sqe = io_sqe(io);
	if (!sqe)
		return false;
	io_uring_prep_recv_multishot(sqe, s->obj.fd, NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = io->small.id;
	sqe->user_data = io_tag(IO_KIND_STREAM_RECV, s->obj.handle);
	s->obj.in = (struct io_arm){.armed = true};
	return true;
}

static bool io_stream_arm_send(struct io_stream *s)
{
	size_t len = s->out_max - s->out_from < s->out_len ? s->out_max - s->out_from : s->out_len;
	struct io_uring_sqe *sqe = io_sqe(s->obj.io);

	if (!sqe)
		return false;
	if (len > IO_SEND_MAX)
		len = IO_SEND_MAX;
	io_uring_prep_send(sqe, s->obj.fd, s->out + s->out_from, len, MSG_NOSIGNAL | MSG_WAITALL);
	sqe->user_data = io_tag(IO_KIND_STREAM_SEND, s->obj.handle);
	s->obj.out = (struct io_arm){.armed = true};
	return true;
}

static bool io_settle_open(struct io_stream *s)
{
	bool reads = !s->eof && !s->broken && (!s->paused || s->phase != IO_STREAM_OPEN);

	if (!s->obj.out.armed && s->out_len && !s->broken && !io_stream_arm_send(s))
		return false;
	if (reads && !s->obj.in.armed)
		return io_stream_arm_recv(s);
	if (!reads && s->obj.in.armed)
		return io_cancel(&s->obj, IO_KIND_STREAM_RECV);
	return true;
}

static bool io_settle_ending(struct io_stream *s)
{
	struct io_obj *obj = &s->obj;

	if (obj->connect.armed && !io_cancel(obj, IO_KIND_CONNECT))
		return false;
	if (obj->in.armed && !io_cancel(obj, IO_KIND_STREAM_RECV))
		return false;
	if (obj->out.armed && !io_cancel(obj, IO_KIND_STREAM_SEND))
		return false;
	if (!obj->connect.armed && !obj->in.armed && !obj->out.armed)
		io_bury(obj);
	return true;
}

/* Closing with unread input would make the kernel send a reset, which may destroy our last words on
 * their way: so the far end is given a moment to close first. */
static void io_stream_advance(struct io_stream *s)
{
	int64_t now_ns = s->obj.io->now_ns;

	if (s->phase == IO_STREAM_FLUSHING && s->out_len == 0 && !s->obj.out.armed && !s->broken) {
		s->phase = IO_STREAM_LINGERING;
		s->deadline_ns = now_ns + IO_LINGER_NS;
		(void)shutdown(s->obj.fd, SHUT_WR);
	}
	if ((s->phase == IO_STREAM_FLUSHING && (s->broken || now_ns >= s->deadline_ns)) ||
	    (s->phase == IO_STREAM_LINGERING && (s->eof || s->broken || now_ns >= s->deadline_ns)))
		s->phase = IO_STREAM_ENDING;
}

bool io_settle_stream(struct io_stream *s)
{
	if (s->obj.closing)
		io_stream_advance(s);
	switch (s->phase) {
	case IO_STREAM_CONNECTING:
		return s->obj.connect.armed || s->broken || io_stream_arm_connect(s);
	case IO_STREAM_OPEN:
		return io_settle_open(s);
	case IO_STREAM_FLUSHING:
	case IO_STREAM_LINGERING:
		if (!io_settle_open(s))
			return false;
		if (list_empty(&s->obj.node))
			io_touch_later(&s->obj, s->deadline_ns);
		return true;
	default:
		check(s->phase == IO_STREAM_ENDING);
		return io_settle_ending(s);
	}
}

void io_reset_stream(struct io_stream *s)
{
	/* A send that was cut off may have been written in part: the far end would see garbage. */
	s->broken |= s->obj.out.armed;
}

/* ---- completions ---- */

static bool io_stream_may_call(const struct io_stream *s)
{
	return !s->obj.closing && !s->obj.io->muted && s->handler;
}

/* The far end closed (0) or the connection broke. Said once. */
static void io_stream_tell_closed(struct io_stream *s, int error)
{
	if (error) {
		s->broken = true;
		if (!s->obj.out.armed && s->out_len)
			io_out_taken(s, s->out_len); /* nobody will read it */
	} else {
		s->eof = true;
	}
	io_touch(&s->obj);
	if (s->told || !io_stream_may_call(s))
		return;
	s->told = true;
	s->handler->closed(s->arg, s, error);
}

void io_on_connect(struct io *io, const struct io_event *e)
{
	struct io_stream *s = io_event_obj(io, IO_TYPE_STREAM, e);

	check(s != NULL);
	s->obj.connect = (struct io_arm){0};
	io_touch(&s->obj);
	if (s->phase != IO_STREAM_CONNECTING || io->muted)
		return; /* closed meanwhile, or the loop ends: the next one connects again */
	if (e->res < 0 && e->res != -EISCONN) {
		io_stream_tell_closed(s, e->res);
		return;
	}
	s->phase = IO_STREAM_OPEN;
	s->local = io_socket_local(s->obj.fd);
	if (io_stream_may_call(s) && s->handler->connected)
		s->handler->connected(s->arg, s);
}

static void io_stream_take(struct io *io, struct io_stream *s, const struct io_event *e)
{
	const void *buffer = io_group_buffer(&io->small, e->flags);

	if (buffer && io_stream_may_call(s))
		s->handler->data(s->arg, s, buffer, (size_t)e->res);
}

static void io_stream_recv_failed(struct io *io, struct io_stream *s, int res)
{
	switch (res) {
	case -ENOBUFS:
		metric_inc(io->metrics, METRIC_io_nobufs);
		break;
	case -ECANCELED: /* paused, or closing */
	case -EINTR:
	case -EAGAIN:
		break;
	default:
		io_stream_tell_closed(s, res);
	}
}

void io_on_stream_recv(struct io *io, const struct io_event *e)
{
	struct io_stream *s = io_event_obj(io, IO_TYPE_STREAM, e);
	int fault = e->res >= 0 ? io_fail(io, IO_OP_STREAM_RECV) : 0;

	check(s != NULL);
	if (!(e->flags & IORING_CQE_F_MORE)) {
		s->obj.in = (struct io_arm){0};
		io_touch(&s->obj);
		if (!s->obj.closing && e->res != 0 && e->res != -ECANCELED)
			metric_inc(io->metrics, METRIC_io_rearmed);
	}
	if (fault || e->res < 0)
		io_stream_recv_failed(io, s, fault ? fault : e->res);
	else if (e->res > 0)
		io_stream_take(io, s, e);
	else
		io_stream_tell_closed(s, 0);
	io_group_give_back(&io->small, e->flags);
}

void io_on_stream_send(struct io *io, const struct io_event *e)
{
	struct io_stream *s = io_event_obj(io, IO_TYPE_STREAM, e);
	int fault = e->res >= 0 ? io_fail(io, IO_OP_STREAM_SEND) : 0;
	int res = fault ? fault : e->res;

	check(s != NULL);
	s->obj.out = (struct io_arm){0};
	io_touch(&s->obj);
	if (res == -EINTR || res == -EAGAIN || res == -ECANCELED)
		return; /* as before; when closing, the rest is dropped with the stream */
	if (res < 0 || s->broken) {
		io_stream_tell_closed(s, res < 0 ? res : -EPIPE);
		return;
	}
	io_out_taken(s, (size_t)res);
	if (s->out_len == 0 && io_stream_may_call(s) && s->handler->drained)
		s->handler->drained(s->arg, s);
}
