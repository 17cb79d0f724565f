/* tests/sim/io_sim.c - engine/io/io.h on the simulated world: loops, clocks, chance. */
#include "tests/sim/sim_internal.h"

#include <stdlib.h>

int io_probe(struct sink *text)
{
	sink_str(text, "simulated world");
	return 0;
}

int sim_fault_error(enum io_op op)
{
	static const int errors[IO_OP_COUNT] = {
		[IO_OP_CREATE] = -ENOMEM,
		[IO_OP_UDP_OPEN] = -EMFILE,
		[IO_OP_UDP_SEND] = -ENOBUFS,
		[IO_OP_UDP_RECV] = -ENOBUFS,
		[IO_OP_LISTEN] = -EADDRINUSE,
		[IO_OP_ACCEPT] = -EMFILE,
		[IO_OP_CONNECT] = -ECONNREFUSED,
		[IO_OP_STREAM_SEND] = -ENOBUFS,
		[IO_OP_STREAM_RECV] = -ECONNRESET,
		[IO_OP_FS_OPEN] = -EMFILE,
		[IO_OP_FS_READ] = -EIO,
		[IO_OP_FS_WRITE] = -ENOSPC,
		[IO_OP_FS_SYNC] = -EIO,
		[IO_OP_FS_RENAME] = -ENOSPC,
		[IO_OP_FS_UNLINK] = -EIO,
		[IO_OP_FS_META] = -EIO,
		[IO_OP_WATCH] = -ENOSPC,
	};

	return errors[op];
}

int sim_fail(struct io *io, enum io_op op)
{
	const struct sim_faults *f = &io->w->hosts[io->host].faults;
	int rc = io->conf.fail ? io->conf.fail(io->conf.fail_arg, op) : 0;

	if (rc == 0 && f->permille[op] && rng_chance(&io->w->rng, f->permille[op]))
		rc = sim_fault_error(op);
	if (rc != 0) {
		int32_t what[2] = {(int32_t)op, rc};

		io->w->fault_count++;
		sim_trace(io->w, "fault", what, sizeof(what));
	}
	return rc;
}

bool sim_short_read(struct io *io)
{
	uint32_t permille = io->w->hosts[io->host].faults.short_read_permille;

	return permille && rng_chance(&io->w->rng, permille);
}

int io_create(struct io **out, const struct io_conf *conf)
{
	struct sim_world *w = sim_world_current();
	struct io *io;
	int rc;

	check(conf->name && conf->metrics);
	io = sim_alloc(sizeof(*io));
	io->w = w;
	io->conf = *conf;
	io->index = w->loop_count++;
	io->host = w->host_use;
	io->now = w->now;
	io->deadline = SIM_NEVER;
	list_init(&io->ready);
	list_init(&io->udps);
	list_init(&io->streams);
	list_init(&io->listeners);
	list_init(&io->watches);
	list_init(&io->pushes);
	rc = sim_fail(io, IO_OP_CREATE);
	if (rc != 0) {
		free(io);
		return rc;
	}
	list_add_tail(&w->loops, &io->node);
	*out = io;
	return 0;
}

void io_destroy(struct io *io)
{
	if (!io)
		return;
	check(io->state != LOOP_RUNNING);
	sim_udp_close_all(io);
	sim_stream_close_all(io);
	sim_watch_close_all(io);
	sim_fs_close_all(io);
	while (!list_empty(&io->ready))
		sim_done_cancel(list_entry(list_first(&io->ready), struct sim_done, node));
	list_del(&io->node);
	free(io);
}

static void loop_begin(struct io *io, io_turn_fn turn, void *owner)
{
	check(io->state == LOOP_IDLE || io->state == LOOP_ENDED);
	io->turn = turn;
	io->turn_owner = owner;
	io->state = LOOP_RUNNING;
	io->deadline = io->w->now; /* the first turn comes at once */
}

int io_start(struct io *io, io_turn_fn turn, void *owner)
{
	io->stop = false;
	loop_begin(io, turn, owner);
	return 0;
}

int io_run(struct io *io, io_turn_fn turn, void *owner)
{
	loop_begin(io, turn, owner);
	io_join(io);
	io->stop = false;
	return 0;
}

void io_stop(struct io *io)
{
	io->stop = true;
}

void io_join(struct io *io)
{
	check(!io->in_turn);
	while (io->state == LOOP_RUNNING)
		check(sim_world_step(io->w)); /* false: nothing will ever end this loop */
	io->stop = false;
}

void io_wake(struct io *io)
{
	io->woken = true;
}

int64_t io_now_ns(const struct io *io)
{
	return io->in_turn ? io->now : io->w->now;
}

int64_t io_clock_ns(const struct io *io)
{
	return io->w->now + (io->in_turn ? io->spent : 0);
}

int64_t io_wall_ns(const struct io *io)
{
	return sim_wall(io->w);
}

void io_local_time(const struct io *io, int64_t wall_ns, struct tm *out)
{
	time_t seconds = (time_t)(wall_ns / SIM_SECOND);

	UNUSED(io);
	if (wall_ns < 0 && wall_ns % SIM_SECOND)
		seconds--;
	gmtime_r(&seconds, out);
}

void io_random(struct io *io, void *dst, size_t len)
{
	uint8_t *p = dst;
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			word = rng_u64(&io->w->rng);
		p[i] = (uint8_t)(word >> i % 8 * 8);
	}
}

int64_t io_pid(const struct io *io)
{
	return io->w->hosts[io->host].pid;
}

void io_host_name(const struct io *io, char *buf, size_t size)
{
	slice_copy(buf, size, slice_str(io->w->hosts[io->host].name));
}
