/* tests/unit/io/test_io_udp.c - datagrams through the kernel, over loopback. */
#include "engine/io/io_uring_internal.h"
#include "tests/unit/io/io_bench.h"

#include <linux/capability.h>
#include <netinet/ip.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAIRS	100
#define PACKETS 30u

struct end {
	struct io_udp *udp;
	uint32_t received;
	uint64_t octets;
	struct addr from;
	char last[65536];
};

static struct bench bench;
static struct end a, b;
static char large[65507];

static void on_packet(void *arg, struct io_udp *u, const struct addr *from, const void *data,
		      size_t len)
{
	struct end *e = arg;

	assert_ptr_equal(u, e->udp);
	e->received++;
	e->octets += len;
	e->from = *from;
	assert_true(len <= sizeof(e->last));
	memcpy(e->last, data, len);
}

static void open_end(struct end *e, enum io_udp_kind kind, const char *ip)
{
	struct io_udp_conf conf = {.kind = kind, .rcvbuf_bytes = 4 << 20};

	memset(e, 0, sizeof(*e));
	assert_true(addr_parse(&conf.local, slice_str(ip), 0));
	assert_int_equal(io_udp_open(bench.io, &e->udp, &conf, on_packet, e), 0);
	assert_true(io_udp_local(e->udp)->port != 0);
}

static int setup(void **state)
{
	UNUSED(state);
	bench_open(&bench, 64);
	memset(large, 'L', sizeof(large));
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(bench.io);
	return 0;
}

static bool b_has_two(struct bench *t)
{
	UNUSED(t);
	return b.received == 2;
}

static void test_there(void **state)
{
	UNUSED(state);
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	open_end(&b, IO_UDP_SIP, "127.0.0.1");
	/* Sent before the loop runs: goes out with its first submission. */
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "first", 5), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), large, sizeof(large)), 0);
	bench_run(&bench, b_has_two);
	assert_int_equal(b.octets, 5 + sizeof(large));
	assert_true(addr_eq(&b.from, io_udp_local(a.udp)));
	assert_memory_equal(b.last, large, sizeof(large));
	assert_int_equal(metric_get(&bench.metrics, METRIC_io_udp_tx), 2);
	assert_int_equal(metric_get(&bench.metrics, METRIC_io_udp_rx), 2);
	/* And the loop can run again. */
	b.received = 0;
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "", 0), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "x", 1), 0);
	bench_run(&bench, b_has_two);
}

static void test_v6(void **state)
{
	UNUSED(state);
	open_end(&a, IO_UDP_RTP, "::1");
	open_end(&b, IO_UDP_RTP, "::1");
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "1", 1), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "2", 1), 0);
	bench_run(&bench, b_has_two);
	assert_true(addr_eq(&b.from, io_udp_local(a.udp)));
}

/* ---- marks: what the kernel writes into the header, read from a socket of its own ---- */

static int open_plain(uint8_t family, struct addr *out)
{
	struct addr any = {.family = family,
			   .ip = {[0] = family == 4 ? 127 : 0, [3] = family == 4}};
	const int one = 1;
	struct io_sockaddr sa;
	int fd;

	if (family == 6)
		any.ip[15] = 1;
	assert_true(io_sockaddr_from(&sa, &any));
	fd = io_socket_open(sa.any.sa_family, SOCK_DGRAM);
	assert_true(fd >= 0);
	assert_int_equal(io_socket_bind(fd, &sa, 0), 0);
	if (family == 6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one));
	*out = io_socket_local(fd);
	return fd;
}

static bool is_sent(struct bench *t)
{
	UNUSED(t);
	return metric_get(&bench.metrics, METRIC_io_udp_tx) > 0;
}

/* The octet in the header of the next datagram; waits for it. */
static int tos_received(int fd)
{
	char data[16];
	_Alignas(struct cmsghdr) char control[64];
	struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = sizeof(control)};

	assert_true(recvmsg(fd, &msg, 0) > 0);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_type == IP_TOS || c->cmsg_type == IPV6_TCLASS)
			return *(const unsigned char *)CMSG_DATA(c);
	return -1;
}

static int priority_of(int fd)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PRIORITY, &value, &len), 0);
	return value;
}

static void test_marks(void **state)
{
	static const struct {
		const char *ip;
		struct io_mark mark;
		int tos, priority; /* -1: the kernel's */
	} rows[] = {
		{"127.0.0.1", {0, 0}, 0, 0},   {"127.0.0.1", {46, 0}, 184, -1},
		{"127.0.0.1", {24, 5}, 96, 5}, {"::1", {46, 0}, 184, -1},
		{"::1", {26, 3}, 104, 3},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct addr to;
		int fd;

		open_end(&a, IO_UDP_RTP, rows[i].ip);
		fd = open_plain(io_udp_local(a.udp)->family, &to);
		bench.metrics.value[METRIC_io_udp_tx] = 0;
		assert_int_equal(io_udp_mark(a.udp, rows[i].mark), 0);
		assert_int_equal(io_udp_send(a.udp, &to, "x", 1), 0);
		bench_run(&bench, is_sent);
		assert_int_equal(tos_received(fd), rows[i].tos);
		if (rows[i].priority >= 0)
			assert_int_equal(priority_of(a.udp->obj.fd), rows[i].priority);
		/* And back. */
		assert_int_equal(io_udp_mark(a.udp, (struct io_mark){0}), 0);
		assert_int_equal(priority_of(a.udp->obj.fd), 0);
		close(fd);
		io_udp_close(a.udp);
	}
}

/* Without a priority the kernel chooses one by dscp, also where there was one before. */
static void test_mark_without_priority(void **state)
{
	int by_dscp;

	UNUSED(state);
	open_end(&a, IO_UDP_RTP, "127.0.0.1");
	assert_int_equal(io_udp_mark(a.udp, (struct io_mark){46, 0}), 0);
	by_dscp = priority_of(a.udp->obj.fd);
	assert_int_not_equal(by_dscp, 0);
	assert_int_equal(io_udp_mark(a.udp, (struct io_mark){46, 5}), 0);
	assert_int_equal(priority_of(a.udp->obj.fd), 5);
	assert_int_equal(io_udp_mark(a.udp, (struct io_mark){46, 0}), 0);
	assert_int_equal(priority_of(a.udp->obj.fd), by_dscp);
	io_udp_close(a.udp);
}

/* Of the two, one may be for the superuser alone: the next mark knows what is in force. */
static void test_mark_refused(void **state)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[2], none[2] = {{0}};
	socklen_t len = sizeof(int);
	int refused, tos = -1;

	UNUSED(state);
	open_end(&a, IO_UDP_RTP, "127.0.0.1");
	assert_int_equal(syscall(SYS_capget, &head, all), 0);
	none[0].permitted = all[0].permitted;
	none[1].permitted = all[1].permitted;
	assert_int_equal(syscall(SYS_capset, &head, none), 0);
	refused = io_udp_mark(a.udp, (struct io_mark){46, 7});
	assert_int_equal(syscall(SYS_capset, &head, all), 0);
	assert_int_equal(refused, -EPERM);
	assert_int_equal(io_udp_mark(a.udp, (struct io_mark){0}), 0);
	assert_int_equal(getsockopt(a.udp->obj.fd, IPPROTO_IP, IP_TOS, &tos, &len), 0);
	assert_int_equal(tos, 0);
	io_udp_close(a.udp);
}

static void test_errors(void **state)
{
	struct io_udp_conf conf = {.local = bench_loopback(0)};
	struct addr v6 = {.family = 6, .port = 9};
	struct io_udp *u;

	UNUSED(state);
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	conf.local.port = io_udp_local(a.udp)->port;
	assert_int_equal(io_udp_open(bench.io, &u, &conf, on_packet, &a), -EADDRINUSE);
	conf.local.family = 0;
	assert_int_equal(io_udp_open(bench.io, &u, &conf, on_packet, &a), -EAFNOSUPPORT);
	assert_int_equal(io_udp_send(a.udp, &v6, "x", 1), -EAFNOSUPPORT);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(a.udp), large, 65508), -EMSGSIZE);
	bench.fail_op = IO_OP_UDP_SEND;
	bench.fail_error = -ENOBUFS;
	assert_int_equal(io_udp_send(a.udp, io_udp_local(a.udp), "x", 1), -ENOBUFS);
	assert_int_equal(metric_get(&bench.metrics, METRIC_io_udp_tx_fail), 3);
	bench.fail_op = IO_OP_UDP_OPEN;
	bench.fail_error = -EMFILE;
	assert_int_equal(io_udp_open(bench.io, &u, &conf, on_packet, &a), -EMFILE);
}

static bool b_has_one_or_failed(struct bench *t)
{
	return b.received == 1 && metric_get(&t->metrics, METRIC_io_udp_tx_fail) == 1;
}

/* A refusal by the kernel comes as a completion: 255.255.255.255 needs SO_BROADCAST. */
static void test_kernel_refuses(void **state)
{
	struct addr broadcast = {.family = 4, .port = 9, .ip = {255, 255, 255, 255}};

	UNUSED(state);
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	open_end(&b, IO_UDP_SIP, "127.0.0.1");
	assert_int_equal(io_udp_send(a.udp, &broadcast, "x", 1), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "x", 1), 0);
	bench_run(&bench, b_has_one_or_failed);
}

static void on_truncated(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			 size_t len)
{
	UNUSED(data);
	UNUSED(from);
	UNUSED(u);
	*(uint32_t *)arg += len == 1;
	assert_int_equal(len, 1);
}

static uint32_t small_ones;

static bool small_one_came(struct bench *t)
{
	UNUSED(t);
	return small_ones == 1;
}

static void test_truncated(void **state)
{
	struct io_udp_conf conf = {.local = bench_loopback(0), .kind = IO_UDP_RTP};
	struct io_udp *u;

	UNUSED(state);
	small_ones = 0;
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	assert_int_equal(io_udp_open(bench.io, &u, &conf, on_truncated, &small_ones), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(u), large, 2500), 0);
	assert_int_equal(io_udp_send(a.udp, io_udp_local(u), "x", 1), 0);
	bench_run(&bench, small_one_came);
	assert_int_equal(metric_get(&bench.metrics, METRIC_io_udp_truncated), 1);
}

/* ---- many at once ---- */

static struct end left[PAIRS], right[PAIRS];

static bool all_received(struct bench *t)
{
	UNUSED(t);
	for (int i = 0; i < PAIRS; i++)
		if (right[i].received < PACKETS)
			return false;
	return true;
}

/* 3000 packets into 64 buffers: the group runs dry, the receives end and are armed again. */
static void test_no_buffers(void **state)
{
	UNUSED(state);
	for (int i = 0; i < PAIRS; i++) {
		open_end(&left[i], IO_UDP_RTP, "127.0.0.1");
		open_end(&right[i], IO_UDP_RTP, "127.0.0.1");
	}
	for (uint32_t k = 0; k < PACKETS; k++)
		for (int i = 0; i < PAIRS; i++)
			assert_int_equal(
				io_udp_send(left[i].udp, io_udp_local(right[i].udp), &k, sizeof(k)),
				0);
	bench_run(&bench, all_received);
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(right[i].received, PACKETS);
		assert_memory_equal(right[i].last, &(uint32_t){PACKETS - 1}, 4); /* in order */
	}
	assert_true(metric_get(&bench.metrics, METRIC_io_nobufs) > 0);
}

static bool flood(struct bench *t)
{
	UNUSED(t);
	for (int i = 0; i < 100 && a.octets < 100; i++)
		if (io_udp_send(a.udp, io_udp_local(b.udp), large, 60000) == 0 && i == 99)
			a.octets = 100;
	return a.octets == 100;
}

/* 6 MB in one turn through an arena of 1 MB: it is submitted early. */
static void test_early_submit(void **state)
{
	UNUSED(state);
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	open_end(&b, IO_UDP_SIP, "127.0.0.1");
	bench_run(&bench, flood);
	assert_int_equal(metric_get(&bench.metrics, METRIC_io_udp_tx), 100);
}

/* ---- closing ---- */

static int phase;

static void on_close_me(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			size_t len)
{
	UNUSED(from);
	UNUSED(data);
	UNUSED(len);
	assert_int_equal(++*(int *)arg, 1); /* no callback after the close */
	io_udp_close(u);
}

static bool closed_and_port_free(struct bench *t)
{
	static struct addr local;
	struct io_udp_conf conf = {.local = bench_loopback(0)};
	static struct io_udp *u;
	int err;

	switch (phase) {
	case 0:
		return false;
	case 1:
		conf.local.port = a.from.port;
		local = conf.local;
		err = io_udp_open(t->io, &u, &conf, on_packet, &b);
		if (err == -EADDRINUSE)
			return false; /* the kernel has not let go yet */
		assert_int_equal(err, 0);
		phase = 2;
		return false;
	default:
		assert_true(addr_eq(io_udp_local(u), &local));
		io_udp_close(u);
		return true;
	}
}

static void test_close(void **state)
{
	struct io_udp_conf conf = {.local = bench_loopback(0)};
	struct io_udp *u;

	UNUSED(state);
	phase = 0;
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	assert_int_equal(io_udp_open(bench.io, &u, &conf, on_close_me, &phase), 0);
	a.from = *io_udp_local(u);
	for (int i = 0; i < 3; i++)
		assert_int_equal(io_udp_send(a.udp, io_udp_local(u), "x", 1), 0);
	bench_run(&bench, closed_and_port_free);
	assert_int_equal(phase, 2);
}

/* Ports are drawn from those of the whole machine: another test may still send to the one it had. */
static void on_stray(void *arg, struct io_udp *u, const struct addr *from, const void *data, size_t len)
{
	UNUSED(arg);
	UNUSED(u);
	UNUSED(from);
	UNUSED(data);
	UNUSED(len);
}

/* The table can be filled, emptied and filled again, as the kernel lets go of the sockets. */
static bool churn(struct bench *t)
{
	struct io_udp_conf conf = {.local = bench_loopback(0), .kind = IO_UDP_RTP};
	static struct io_udp *all[300];
	static int opened;

	while (phase % 2 == 0 && opened < 300) {
		int err = io_udp_open(t->io, &all[opened], &conf, on_stray, NULL);

		if (err == -ENOBUFS)
			return false; /* still being buried */
		assert_int_equal(err, 0);
		opened++;
	}
	while (phase % 2 && opened > 0)
		io_udp_close(all[--opened]);
	return ++phase == 6;
}

static void test_churn(void **state)
{
	UNUSED(state);
	phase = 0;
	bench_run(&bench, churn);
}

/* A socket that is closed in the middle of a flood lets go of its port every time. */
static bool reopen_in_flood(struct bench *t)
{
	static struct addr target;
	struct io_udp_conf conf = {.local = bench_loopback(0)};
	int err = 0;

	if (phase == 0) {
		target = *io_udp_local(b.udp);
		phase = 1;
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(io_udp_send(a.udp, &target, large, 1000), 0);
	if (b.udp && b.received) {
		io_udp_close(b.udp);
		b.udp = NULL;
		b.received = 0;
		return ++phase == 50;
	}
	if (!b.udp) {
		conf.local.port = target.port;
		err = io_udp_open(t->io, &b.udp, &conf, on_packet, &b);
		if (err)
			b.udp = NULL;
	}
	assert_true(err == 0 || err == -EADDRINUSE);
	return false;
}

static void test_close_in_flood(void **state)
{
	UNUSED(state);
	phase = 0;
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	open_end(&b, IO_UDP_SIP, "127.0.0.1");
	bench_run(&bench, reopen_in_flood);
}

static bool dropped_then_received(struct bench *t)
{
	if (t->fail_seen >= 3 && t->fail_error) {
		t->fail_error = 0;
		assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "x", 1), 0);
	}
	return b.received == 1;
}

static void test_recv_fault(void **state)
{
	UNUSED(state);
	open_end(&a, IO_UDP_SIP, "127.0.0.1");
	open_end(&b, IO_UDP_SIP, "127.0.0.1");
	bench.fail_op = IO_OP_UDP_RECV;
	bench.fail_error = -EIO;
	for (int i = 0; i < 3; i++)
		assert_int_equal(io_udp_send(a.udp, io_udp_local(b.udp), "x", 1), 0);
	bench_run(&bench, dropped_then_received);
}

static void test_local_addr(void **state)
{
	struct addr to = bench_loopback(5060);
	struct addr got = {.port = 7};

	UNUSED(state);
	assert_int_equal(io_local_addr(bench.io, &to, &got), 0);
	assert_true(addr_is_loopback(&got));
	assert_int_equal(got.port, 7);
	to.family = 0;
	assert_int_equal(io_local_addr(bench.io, &to, &got), -EAFNOSUPPORT);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_there),	 CASE(test_v6),
		CASE(test_errors),	 CASE(test_kernel_refuses),
		CASE(test_truncated),	 CASE(test_no_buffers),
		CASE(test_early_submit), CASE(test_close),
		CASE(test_churn),	 CASE(test_close_in_flood),
		CASE(test_recv_fault),	 CASE(test_local_addr),
		CASE(test_marks),	 CASE(test_mark_without_priority),
		CASE(test_mark_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
