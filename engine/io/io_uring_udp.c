/* engine/io/io_uring_udp.c - datagrams: one multishot receive a socket, sends in one submission. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"

#include <errno.h>
#include <unistd.h>

#define IO_UDP_SIP_RCVBUF (8 << 20)
#define IO_UDP_RTP_RCVBUF (32 << 10)
#define IO_UDP_SIP_SNDBUF (4 << 20)
#define IO_UDP_DATA_MAX	  65507 /* what IPv4 carries at most */
#define IO_TX_ALIGN	  16

/* What the kernel puts in front of each datagram; the same for all sockets. */
static struct msghdr io_udp_layout = {.msg_namelen = sizeof(struct sockaddr_in6)};

/* ---- opening ---- */

static int io_set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

/* The forced form is not bound by net.core.rmem_max, but needs CAP_NET_ADMIN. */
static void io_udp_set_buffer(int fd, int forced, int plain, int bytes)
{
	if (io_set_int(fd, SOL_SOCKET, forced, bytes) != 0)
		(void)io_set_int(fd, SOL_SOCKET, plain, bytes);
}

static int io_udp_set_options(int fd, const struct io_udp_conf *conf)
{
	bool sip = conf->kind == IO_UDP_SIP;
	int rcvbuf = conf->rcvbuf_bytes;
	int err = 0;

	if (rcvbuf == 0)
		rcvbuf = sip ? IO_UDP_SIP_RCVBUF : IO_UDP_RTP_RCVBUF;
	io_udp_set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, rcvbuf);
	if (sip)
		io_udp_set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, IO_UDP_SIP_SNDBUF);
	if (conf->local.family == 6)
		err = io_set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err && conf->reuse_port)
		err = io_set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	return err;
}

static int io_udp_bind(const struct io *io, int fd, const struct io_udp_conf *conf)
{
	struct io_sockaddr sa;
	int err = io_udp_set_options(fd, conf);

	if (err)
		return err;
	check(io_sockaddr_from(&sa, &conf->local));
	return io_socket_bind(fd, &sa, conf->kind == IO_UDP_SIP ? io_bind_patience(io) : 0);
}

int io_udp_open(struct io *io, struct io_udp **out, const struct io_udp_conf *conf, io_udp_fn fn,
		void *arg)
{
	struct io_group *group = conf->kind == IO_UDP_SIP ? &io->big : &io->small;
	struct io_udp *u;
	int err = io_fail(io, IO_OP_UDP_OPEN);
	int fd;

	check(fn != NULL);
	if (err)
		return err;
	if (conf->local.family != 4 && conf->local.family != 6)
		return -EAFNOSUPPORT;
	if (group->count == 0)
		return -ENOBUFS;
	fd = io_socket_open(conf->local.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM);
	if (fd < 0)
		return fd;
	err = io_udp_bind(io, fd, conf);
	u = err ? NULL : io_obj_open(io, IO_TYPE_UDP, fd);
	if (!u) {
		close(fd);
		return err ? err : -ENOBUFS;
	}
	u->group = group;
	u->local = io_socket_local(fd);
	u->fn = fn;
	u->arg = arg;
	*out = u;
	return 0;
}

void io_udp_close(struct io_udp *u)
{
	check(!u->obj.closing);
	u->obj.closing = true;
	io_touch(&u->obj);
}

const struct addr *io_udp_local(const struct io_udp *u)
{
	return &u->local;
}

int io_udp_mark(struct io_udp *u, struct io_mark mark)
{
	if (u->mark.dscp == mark.dscp && u->mark.priority == mark.priority)
		return 0;
	return io_socket_mark(u->obj.fd, u->local.family, &u->mark, mark);
}

bool io_settle_udp(struct io_udp *u)
{
	struct io *io = u->obj.io;
	struct io_uring_sqe *sqe;

	if (u->obj.closing) {
		if (u->obj.in.armed)
			return io_cancel(&u->obj, IO_KIND_UDP_RECV);
		io_bury(&u->obj);
		return true;
	}
	if (u->obj.in.armed)
		return true;
	if (!io_may_arm(io)) {
		io_touch(&u->obj);
		return true;
	}
	sqe = io_sqe(io);
	if (!sqe)
		return false;
	io_uring_prep_recvmsg_multishot(sqe, u->obj.fd, &io_udp_layout, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = u->group->id;
	sqe->user_data = io_tag(IO_KIND_UDP_RECV, u->obj.handle);
	u->obj.in = (struct io_arm){.armed = true};
	return true;
}

/* ---- receiving ---- */

static void io_udp_take(struct io *io, struct io_udp *u, const struct io_event *e)
{
	void *buffer = io_group_buffer(u->group, e->flags);
	struct io_uring_recvmsg_out *out;
	struct addr from;

	out = buffer ? io_uring_recvmsg_validate(buffer, e->res, &io_udp_layout) : NULL;
	if (!out || u->obj.closing || io->muted || io_fail(io, IO_OP_UDP_RECV))
		return;
	if (out->flags & MSG_TRUNC) {
		metric_inc(io->metrics, METRIC_io_udp_truncated);
		return;
	}
	metric_inc(io->metrics, METRIC_io_udp_rx);
	from = io_addr_from(io_uring_recvmsg_name(out), out->namelen);
	u->fn(u->arg, u, &from, io_uring_recvmsg_payload(out, &io_udp_layout),
	      io_uring_recvmsg_payload_length(out, e->res, &io_udp_layout));
}

static void io_udp_recv_ended(struct io *io, struct io_udp *u, int res)
{
	u->obj.in = (struct io_arm){0};
	if (u->obj.closing) {
		io_touch(&u->obj);
		return;
	}
	metric_inc(io->metrics, METRIC_io_rearmed);
	if (res == -ENOBUFS)
		metric_inc(io->metrics, METRIC_io_nobufs);
	if (res >= 0 || res == -ENOBUFS || res == -ECANCELED || res == -EINTR) {
		io_touch(&u->obj); /* armed again in the flush, after the buffers went back */
		return;
	}
	log_warning("%s: receiving on port %u failed: %s; trying again", io->conf.name,
		    u->local.port, strerror(-res));
	io_touch_later(&u->obj, io->now_ns + IO_RETRY_NS);
}

void io_on_udp_recv(struct io *io, const struct io_event *e)
{
	struct io_udp *u = io_event_obj(io, IO_TYPE_UDP, e);

	/* Its slot stays until the last completion of its receive. */
	check(u != NULL);
	if (e->res >= 0)
		io_udp_take(io, u, e);
	io_group_give_back(u->group, e->flags);
	if (!(e->flags & IORING_CQE_F_MORE))
		io_udp_recv_ended(io, u, e->res);
}

/* ---- sending ---- */

static bool io_tx_room(struct io *io, size_t bytes)
{
	if (io->tx.used + bytes <= IO_TX_BYTES)
		return true;
	if (!io->ring_made)
		return false;
	return io_flush_tx(io) && io_submit(io) && io->tx.used + bytes <= IO_TX_BYTES;
}

int io_udp_send(struct io_udp *u, const struct addr *to, const void *data, size_t len)
{
	struct io *io = u->obj.io;
	size_t bytes = (sizeof(struct io_tx) + len + IO_TX_ALIGN - 1) & ~(size_t)(IO_TX_ALIGN - 1);
	struct io_tx *tx;
	int err = io_fail(io, IO_OP_UDP_SEND);

	check(!u->obj.closing);
	if (len > IO_UDP_DATA_MAX)
		err = -EMSGSIZE;
	else if (to->family != u->local.family)
		err = -EAFNOSUPPORT;
	else if (!err && !io_tx_room(io, bytes))
		err = -ENOBUFS;
	if (err) {
		metric_inc(io->metrics, METRIC_io_udp_tx_fail);
		return err;
	}
	tx = (void *)(io->tx.base + io->tx.used);
	check(io_sockaddr_from(&tx->to, to));
	if (len)
		memcpy(tx->data, data, len);
	tx->iov = (struct iovec){.iov_base = tx->data, .iov_len = len};
	tx->msg = (struct msghdr){.msg_name = &tx->to.any,
				  .msg_namelen = tx->to.len,
				  .msg_iov = &tx->iov,
				  .msg_iovlen = 1};
	tx->udp = u->obj.handle;
	tx->bytes = bytes;
	io->tx.used += bytes;
	return 0;
}

/* One request for each datagram. Without waiting and without a completion when it went well: the
 * kernel has copied the data when the submission returns. */
bool io_flush_tx(struct io *io)
{
	while (io->tx.built < io->tx.used) {
		struct io_tx *tx = (void *)(io->tx.base + io->tx.built);
		struct io_udp *u = slab_get(io->slabs[IO_TYPE_UDP], tx->udp);
		struct io_uring_sqe *sqe = u ? io_sqe(io) : NULL;

		if (u && !sqe)
			return false;
		io->tx.built += tx->bytes;
		if (!u)
			continue; /* closed before the loop ran */
		io_uring_prep_sendmsg(sqe, u->obj.fd, &tx->msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
		sqe->user_data = io_tag(IO_KIND_UDP_SEND, tx->udp);
		metric_inc(io->metrics, METRIC_io_udp_tx);
	}
	return true;
}

void io_on_udp_send(struct io *io, const struct io_event *e)
{
	struct io_udp *u = io_event_obj(io, IO_TYPE_UDP, e);

	if (e->res >= 0)
		return;
	metric_inc(io->metrics, METRIC_io_udp_tx_fail);
	/* A full socket buffer is the weather; the rest is worth a line. */
	if (u && e->res != -EAGAIN)
		log_notice("%s: sending from port %u failed: %s", io->conf.name, u->local.port,
			   strerror(-e->res));
}
