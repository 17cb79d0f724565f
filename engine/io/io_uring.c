/* engine/io/io_uring.c - the event loop over io_uring; see io.h and io_uring_internal.h. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define IO_LISTENERS_MAX 64
#define IO_WATCHES_MAX	 64
#define IO_WAIT_MAX_NS	 (INT64_C(3600) * TMR_SECOND)

_Static_assert((int64_t)IO_BATCH *IO_REAP_ROUNDS <= 32768, "a turn takes at most one full CQ");

int io_fail(const struct io *io, enum io_op op)
{
	return io->conf.fail ? io->conf.fail(io->conf.fail_arg, op) : 0;
}

/* ---- making and unmaking ---- */

/* Sockets are bounded by the configuration; a lower limit of the shell would only be a surprise. */
static void io_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int io_create_slabs(struct io *io)
{
	const struct io_conf *c = &io->conf;
	uint32_t listeners = c->stream_max ? IO_LISTENERS_MAX : 1;
	int err = 0;

	if (c->udp_max)
		err = slab_create(&io->slabs[IO_TYPE_UDP], "UDP sockets", sizeof(struct io_udp),
				  c->udp_max);
	if (!err && c->stream_max)
		err = slab_create(&io->slabs[IO_TYPE_STREAM], "connections", io_stream_bytes,
				  c->stream_max);
	if (!err && c->stream_max) {
		io->out_spares = calloc(c->stream_max, sizeof(*io->out_spares));
		err = io->out_spares ? 0 : -ENOMEM;
	}
	if (!err)
		err = slab_create(&io->slabs[IO_TYPE_LISTENER], "listening sockets",
				  io_listener_bytes, listeners);
	if (!err)
		err = slab_create(&io->slabs[IO_TYPE_WATCH], "directory watches", io_watch_bytes,
				  IO_WATCHES_MAX);
	return err;
}

static int io_create_parts(struct io *io)
{
	int err = io_create_slabs(io);

	if (!err)
		err = io_group_create(&io->big, io->conf.big_buffers, IO_BIG_ROOM, 1);
	if (!err)
		err = io_group_create(&io->small, io->conf.small_buffers, IO_SMALL_ROOM, 2);
	if (err)
		return err;
	if (io->conf.udp_max) {
		io->tx.base = mmap(NULL, IO_TX_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (io->tx.base == MAP_FAILED) {
			io->tx.base = NULL;
			return -ENOMEM;
		}
	}
	io->bell_fd = eventfd(0, EFD_CLOEXEC);
	return io->bell_fd < 0 ? -errno : 0;
}

int io_create(struct io **out, const struct io_conf *conf)
{
	struct io *io;
	int err;

	check(conf->metrics != NULL && conf->name != NULL);
	check(conf->udp_max < IO_INDEX_MAX && conf->stream_max < IO_INDEX_MAX);
	err = conf->fail ? conf->fail(conf->fail_arg, IO_OP_CREATE) : 0;
	if (err)
		return err;
	io = aligned_alloc(64, (sizeof(*io) + 63) / 64 * 64);
	if (!io)
		return -ENOMEM;
	memset(io, 0, sizeof(*io));
	io->conf = *conf;
	io->metrics = conf->metrics;
	io->bell_fd = -1;
	io->later_ns = IO_NEVER;
	list_init(&io->todo);
	list_init(&io->later);
	list_init(&io->graves);
	check(sem_init(&io->started, 0, 0) == 0);
	io_raise_file_limit();
	err = io_create_parts(io);
	if (err) {
		io_destroy(io);
		return err;
	}
	*out = io;
	return 0;
}

void io_destroy(struct io *io)
{
	if (!io)
		return;
	check(!io->running && !io->threaded);
	io_for_each_obj(io, io_obj_free);
	io_unmap_spares(io);
	for (int type = 0; type < IO_TYPE_COUNT; type++)
		slab_destroy(io->slabs[type]);
	io_group_destroy(&io->big);
	io_group_destroy(&io->small);
	if (io->tx.base)
		munmap(io->tx.base, IO_TX_BYTES);
	if (io->bell_fd >= 0)
		close(io->bell_fd);
	sem_destroy(&io->started);
	free(io);
}

/* ---- completions ---- */

static void io_on_bell(struct io *io, const struct io_event *e)
{
	io->bell_arm.armed = false;
	if (e->res < 0 && e->res != -EINTR && e->res != -EAGAIN && e->res != -ECANCELED)
		log_error("%s: reading the wake-up failed: %s", io->conf.name, strerror(-e->res));
}

typedef void (*io_event_fn)(struct io *io, const struct io_event *e);

static const io_event_fn io_event_fns[IO_KIND_COUNT] = {
	[IO_KIND_BELL] = io_on_bell,
	[IO_KIND_UDP_RECV] = io_on_udp_recv,
	[IO_KIND_UDP_SEND] = io_on_udp_send,
	[IO_KIND_ACCEPT] = io_on_accept,
	[IO_KIND_CONNECT] = io_on_connect,
	[IO_KIND_STREAM_RECV] = io_on_stream_recv,
	[IO_KIND_STREAM_SEND] = io_on_stream_send,
	[IO_KIND_WATCH] = io_on_watch,
};

static void io_dispatch(struct io *io, const struct io_event *e)
{
	if (e->kind & IO_KIND_CANCEL) {
		io_on_cancel(io, e);
		return;
	}
	check(e->kind < IO_KIND_COUNT);
	io_event_fns[e->kind](io, e);
}

static struct io_event io_event_from(const struct io_uring_cqe *cqe)
{
	uint64_t tag = cqe->user_data;

	return (struct io_event){
		.kind = (uint32_t)(tag >> 56),
		.handle = handle_make((uint32_t)(tag >> 24), (uint32_t)tag & (IO_INDEX_MAX - 1)),
		.res = cqe->res,
		.flags = cqe->flags,
	};
}

static uint32_t io_take_batch(struct io *io)
{
	struct io_uring_cqe *cqes[IO_BATCH];
	unsigned n = io_uring_peek_batch_cqe(&io->ring, cqes, IO_BATCH);

	for (unsigned i = 0; i < n; i++)
		io->batch[i] = io_event_from(cqes[i]);
	io_uring_cq_advance(&io->ring, n);
	return n;
}

static void io_reap(struct io *io)
{
	uint32_t n;

	io->last_count = 0;
	for (int round = 0; round < IO_REAP_ROUNDS; round++) {
		n = io_take_batch(io);
		for (uint32_t i = 0; i < n; i++)
			io_dispatch(io, &io->batch[i]);
		io_group_advance(&io->big);
		io_group_advance(&io->small);
		io->last_count += n;
		if (n < IO_MORE_COUNT)
			break;
		/* The kernel hands out at most 32 datagrams of a socket at a time; the others are
		 * there, and belong to calls in progress: they come before new work. */
		if (n < IO_BATCH)
			io_uring_get_events(&io->ring);
	}
}

/* An overflow loses nothing (the kernel keeps the completions) but ends multishots and costs: it is
 * a sign of overload. */
static void io_watch_overflow(struct io *io)
{
	uint32_t dropped = __atomic_load_n(io->ring.cq.koverflow, __ATOMIC_RELAXED);

	if (io_uring_cq_has_overflow(&io->ring)) {
		metric_inc(io->metrics, METRIC_io_cq_overflow);
		log_warning("%s: the completion queue ran over: too much to do for this thread",
			    io->conf.name);
	}
	if (dropped != io->cq_dropped) {
		io->cq_dropped = dropped;
		log_error("%s: the kernel lost completions for want of memory; please restart",
			  io->conf.name);
	}
}

/* ---- the loop ---- */

static struct __kernel_timespec io_timespec(int64_t ns)
{
	if (ns < 0)
		ns = 0;
	if (ns > IO_WAIT_MAX_NS)
		ns = IO_WAIT_MAX_NS;
	return (struct __kernel_timespec){.tv_sec = ns / TMR_SECOND, .tv_nsec = ns % TMR_SECOND};
}

/* Submits, and sleeps until there is a completion, the deadline, or the bell. */
static void io_wait(struct io *io, int64_t deadline_ns, bool may_sleep)
{
	int bell = IO_BELL_AWAKE;
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts;
	int64_t wait_ns = 0;
	unsigned want = 1;
	int ret;

	if (may_sleep && atomic_compare_exchange_strong(&io->bell, &bell, IO_BELL_ASLEEP))
		wait_ns = deadline_ns - io_clock_monotonic_ns();
	/* Under load a few more completions per wake-up are worth a fraction of a millisecond. */
	if (io->last_count >= IO_BUSY_COUNT && wait_ns > 0) {
		want = IO_BUSY_COUNT;
		if (wait_ns > IO_BUSY_WAIT_NS)
			wait_ns = IO_BUSY_WAIT_NS;
	}
	ts = io_timespec(wait_ns);
	ret = io_uring_submit_and_wait_timeout(&io->ring, &cqe, want, &ts, NULL);
	atomic_exchange(&io->bell, IO_BELL_AWAKE);
	if (ret < 0 && ret != -ETIME && ret != -EINTR && ret != -EAGAIN && ret != -EBUSY)
		log_error("%s: waiting for the kernel failed: %s", io->conf.name, strerror(-ret));
	io_after_submit(io);
}

/* The longest pause should fit: twice what arrives in it, rounded by the kernel. */
static int io_open_ring(struct io *io)
{
	uint32_t sockets = io->conf.udp_max + io->conf.stream_max;
	uint32_t sq = sockets == 0 ? 64 : sockets < 256 ? 1024 : 4096;
	int err = io_ring_open(&io->ring, sq, sockets == 0 ? 1024 : 8 * sq);
	char reason[512];
	struct sink text = sink_make(reason, sizeof(reason));

	if (!err) {
		err = io_group_register(&io->big, &io->ring);
		if (!err)
			err = io_group_register(&io->small, &io->ring);
		if (err)
			io_ring_close(&io->ring);
	}
	io->ring_made = !err;
	io->bell_arm = (struct io_arm){0};
	io->cq_dropped = 0;
	if (err) {
		io_ring_explain(&text, err);
		log_error("%s: cannot run: %s", io->conf.name, sink_cstr(&text));
	}
	return err;
}

static void io_obj_reset(struct io_obj *obj)
{
	if (obj->type == IO_TYPE_STREAM)
		io_reset_stream((struct io_stream *)obj);
	obj->in = obj->out = obj->connect = (struct io_arm){0};
	obj->buried = false;
	io_touch(obj); /* frees it if it was closing; else it is armed again by the next run */
}

/* The kernel takes a ring apart later, on a thread of its own; until then its receives and accepts
 * would take what is meant for our next run, and keep ports in use. So all is cancelled first. */
static void io_cancel_all(struct io *io)
{
	struct io_uring_sync_cancel_reg reg = {
		.flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL,
		.timeout = {.tv_sec = 1},
	};
	int err = io_uring_register_sync_cancel(&io->ring, &reg);

	if (err < 0 && err != -ENOENT)
		log_warning("%s: ending what is pending failed: %s", io->conf.name, strerror(-err));
	io->muted = true;
	do {
		(void)io_uring_get_events(&io->ring);
		io_reap(io);
	} while (io->last_count > 0);
	io->muted = false;
}

static void io_close_ring(struct io *io)
{
	io_cancel_all(io);
	io_ring_close(&io->ring);
	io->ring_made = false;
	io->tx.built = io->tx.used = 0;
	io_for_each_obj(io, io_obj_reset);
}

static bool io_has_output(const struct io *io)
{
	const struct slab *s = io->slabs[IO_TYPE_STREAM];

	for (uint32_t i = 0; s && i < slab_limit(s); i++) {
		const struct io_stream *stream = slab_at(s, i);

		if (stream && io_stream_has_output(stream))
			return true;
	}
	return false;
}

/* The last words ("Goodbye") go out, but nobody is called any more. */
static void io_drain(struct io *io)
{
	int64_t end_ns = io_clock_monotonic_ns() + IO_STOP_MAX_NS;

	io->muted = true;
	io_flush(io);
	io_submit(io);
	while (io_has_output(io) && io->now_ns < end_ns) {
		io_flush(io);
		io_wait(io, io->now_ns + TMR_MS, true);
		io_reap(io);
		io->now_ns = io_clock_monotonic_ns();
	}
	io->muted = false;
}

static void io_loop(struct io *io)
{
	int64_t next_ns = 0;
	bool settled = true;

	while (!atomic_load(&io->stopping)) {
		next_ns = io->turn(io->owner, io->now_ns);
		metric_inc(io->metrics, METRIC_io_turns);
		settled = io_flush(io) && list_empty(&io->todo);
		if (io->later_ns < next_ns)
			next_ns = io->later_ns;
		io_wait(io, next_ns, settled && next_ns > io->now_ns);
		/* Read before the handlers, who start timers by it, and again for the turn. */
		io->now_ns = io_clock_monotonic_ns();
		io_watch_overflow(io);
		io_reap(io);
		io->now_ns = io_clock_monotonic_ns();
	}
	io_drain(io);
	atomic_store(&io->stopping, false);
}

static void io_set_up_thread(struct io *io)
{
	cpu_set_t set;

	/* The deadline of a wait may be late by the slack; the default is 50 us. */
	(void)prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
	if (io->conf.cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)io->conf.cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		log_warning("%s: cannot be kept on CPU %d: is it one of this machine, and in the "
			    "allowed set?",
			    io->conf.name, io->conf.cpu);
}

int io_run(struct io *io, io_turn_fn turn, void *owner)
{
	int err;

	check(turn != NULL);
	check(!io->running);
	io_set_up_thread(io);
	err = io_open_ring(io);
	if (io->threaded) {
		io->start_error = err;
		sem_post(&io->started);
	}
	if (err)
		return err;
	io->turn = turn;
	io->owner = owner;
	io->now_ns = io_clock_monotonic_ns();
	io->running = true;
	io_loop(io);
	io_close_ring(io);
	io->running = false;
	return 0;
}

static void *io_thread_main(void *arg)
{
	struct io *io = arg;

	(void)pthread_setname_np(pthread_self(), io->conf.name);
	io_run(io, io->turn, io->owner);
	return NULL;
}

int io_start(struct io *io, io_turn_fn turn, void *owner)
{
	sigset_t all, before;
	int err;

	check(turn != NULL && !io->threaded);
	io->turn = turn;
	io->owner = owner;
	io->threaded = true;
	/* Signals are for the process's own thread, which decides where they are handled. */
	sigfillset(&all);
	check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	err = -pthread_create(&io->thread, NULL, io_thread_main, io);
	check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	if (err) {
		io->threaded = false;
		return err;
	}
	while (sem_wait(&io->started) != 0)
		;
	if (io->start_error)
		io_join(io);
	return io->start_error;
}

void io_join(struct io *io)
{
	if (!io->threaded)
		return;
	check(pthread_join(io->thread, NULL) == 0);
	io->threaded = false;
}

void io_stop(struct io *io)
{
	atomic_store(&io->stopping, true);
	io_wake(io);
}

void io_wake(struct io *io)
{
	uint64_t one = 1;

	if (atomic_exchange(&io->bell, IO_BELL_RUNG) != IO_BELL_ASLEEP)
		return;
	/* It can only fail when the count is full, and then the sleeper is awake. */
	if (write(io->bell_fd, &one, sizeof(one)) != (ssize_t)sizeof(one) && errno != EAGAIN)
		log_error("%s: waking failed: %s", io->conf.name, strerror(errno));
}

int64_t io_now_ns(const struct io *io)
{
	return io->running ? io->now_ns : io_clock_monotonic_ns();
}
