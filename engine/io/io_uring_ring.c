/* engine/io/io_uring_ring.c - making a ring, and saying why it could not be made.
 *
 * What the kernel can do is found out by trying, not by its version: distributions carry features
 * back, and containers take the whole interface away. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#define IO_RING_FLAGS                                                                              \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |     \
	 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP)
#define IO_RING_FEATURES (IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP)

#define IO_PROBE_BUFFERS 4
#define IO_PROBE_TAG	 7

/* The next ring may get the memory of one that another thread has closed. liburing maps and unmaps
 * it with system calls of its own, so for ThreadSanitizer the two would be one object: this is the
 * order between them that it sees. */
static atomic_uint io_rings_closed;

/* Must run in the thread that will use the ring. -ENOTSUP: made, but a feature is missing. */
int io_ring_open(struct io_uring *ring, uint32_t sq_entries, uint32_t cq_entries)
{
	struct io_uring_params params = {.flags = IO_RING_FLAGS, .cq_entries = cq_entries};
	int err = io_uring_queue_init_params(sq_entries, ring, &params);

	if (err)
		return err;
	(void)atomic_load(&io_rings_closed);
	if ((params.features & IO_RING_FEATURES) != IO_RING_FEATURES) {
		io_ring_close(ring);
		return -ENOTSUP;
	}
	/* Saves a look-up in each call; nothing is lost without it. */
	(void)io_uring_register_ring_fd(ring);
	return 0;
}

void io_ring_close(struct io_uring *ring)
{
	atomic_fetch_add(&io_rings_closed, 1);
	io_uring_queue_exit(ring);
}

static int io_disabled_sysctl(void)
{
	FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "r");
	char digit = '0';

	if (!file)
		return 0; /* older kernels have no such switch */
	if (fread(&digit, 1, 1, file) != 1)
		digit = '0';
	fclose(file);
	return digit - '0';
}

static void io_explain_eperm(struct sink *text)
{
	switch (io_disabled_sysctl()) {
	case 2:
		sink_lit(text, "io_uring is switched off: sysctl kernel.io_uring_disabled is 2. "
			       "Set it to 0, "
			       "or to 1 and run Ringer in the group kernel.io_uring_group");
		break;
	case 1:
		sink_lit(text,
			 "io_uring is kept to a group: sysctl kernel.io_uring_disabled is 1. Run "
			 "Ringer in the group of kernel.io_uring_group, or set the former to 0");
		break;
	default:
		sink_lit(text, "the use of io_uring is not permitted, most likely by a seccomp "
			       "filter: in a "
			       "container, start it with a profile that allows io_uring_setup, "
			       "io_uring_enter and io_uring_register (Docker: --security-opt "
			       "seccomp=PROFILE.json)");
	}
}

void io_ring_explain(struct sink *text, int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		io_explain_eperm(text);
		break;
	case -ENOSYS:
		sink_lit(text,
			 "the kernel has no io_uring, or a seccomp filter hides it: Linux 6.1 or "
			 "newer with CONFIG_IO_URING is needed; in a container, allow the system "
			 "calls io_uring_setup, io_uring_enter and io_uring_register");
		break;
	case -EINVAL:
	case -ENOTSUP:
		sink_lit(text, "the kernel's io_uring is too old: Linux 6.1 or newer is needed "
			       "(Debian 12, "
			       "Ubuntu 24.04, or a newer kernel)");
		break;
	case -ENOMEM:
		sink_lit(
			text,
			"no memory for io_uring: raise the limit of locked memory (systemd: "
			"LimitMEMLOCK=infinity; shell: ulimit -l unlimited) or lower max_channels");
		break;
	case -EMFILE:
	case -ENFILE:
		sink_lit(text,
			 "no descriptor left for io_uring: raise the limit of open files (systemd: "
			 "LimitNOFILE=; shell: ulimit -n)");
		break;
	default:
		sink_fmt(text, "io_uring does not work: %s", strerror(-error));
	}
}

/* Sends a datagram to itself; the receive must be a multishot from a buffer ring. */
static int io_probe_receive(struct io_uring *ring, struct io_group *g, int fd)
{
	struct __kernel_timespec ts = {.tv_sec = 1};
	struct msghdr msg = {.msg_namelen = sizeof(struct sockaddr_in6)};
	struct addr self = io_socket_local(fd);
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_sockaddr sa;
	struct io_uring_cqe *cqe;
	int err;

	check(sqe != NULL);
	check(io_sockaddr_from(&sa, &self));
	io_uring_prep_recvmsg_multishot(sqe, fd, &msg, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = g->id;
	sqe->user_data = IO_PROBE_TAG;
	if (sendto(fd, "?", 1, 0, &sa.any, sa.len) != 1)
		return -errno;
	err = io_uring_submit_and_wait_timeout(ring, &cqe, 1, &ts, NULL);
	if (err < 0)
		return err;
	if (cqe->res < 0)
		err = cqe->res;
	else
		err = cqe->flags & IORING_CQE_F_MORE && cqe->flags & IORING_CQE_F_BUFFER ? 0
											 : -ENOTSUP;
	io_uring_cqe_seen(ring, cqe);
	return err;
}

static int io_probe_socket(struct io_uring *ring, struct io_group *g)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = io_socket_open(AF_INET, SOCK_DGRAM);
	int err;

	if (fd < 0)
		return fd;
	err = bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0 ? 0 : -errno;
	if (!err)
		err = io_probe_receive(ring, g, fd);
	close(fd);
	return err;
}

static int io_probe_ring(void)
{
	struct io_uring ring;
	struct io_group g;
	int err = io_ring_open(&ring, 8, 32);

	if (err)
		return err;
	err = io_group_create(&g, IO_PROBE_BUFFERS, IO_SMALL_ROOM, 0);
	if (!err) {
		err = io_group_register(&g, &ring);
		if (!err)
			err = io_probe_socket(&ring, &g);
	}
	io_ring_close(&ring); /* before the memory that it may still write to */
	io_group_destroy(&g);
	return err;
}

int io_probe(struct sink *text)
{
	int err = io_probe_ring();
	struct utsname name;

	if (uname(&name) != 0)
		snprintf(name.release, sizeof(name.release), "unknown");
	if (err) {
		io_ring_explain(text, err);
		sink_fmt(text, " (this kernel: %s)", name.release);
		return err;
	}
	sink_fmt(text,
		 "Linux %s: io_uring with deferred task work, multishot receives and buffer rings",
		 name.release);
	return 0;
}
