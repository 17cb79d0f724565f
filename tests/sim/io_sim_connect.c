/* tests/sim/io_sim_connect.c - listening, accepting, connecting. */
#include "tests/sim/sim_stream_internal.h"

#include <stdlib.h>

#define ACCEPT_RETRY_NS (10 * SIM_MS)

/* ---- listening ---- */

static struct io_listener *listener_make(struct io *io, io_accept_fn fn, void *arg)
{
	struct io_listener *l = sim_alloc(sizeof(*l));

	l->io = io;
	l->fn = fn;
	l->arg = arg;
	list_add_tail(&io->listeners, &l->node);
	list_add_tail(&io->w->listeners, &l->world_node);
	return l;
}

/* Host of a connection to `to`; listeners of that host on that port. */
static struct io_listener *listener_find(struct sim_world *w, uint32_t host, const struct addr *to)
{
	list_for(node, &w->listeners) {
		struct io_listener *l = list_entry(node, struct io_listener, world_node);

		if (l->path || l->io->host != host || l->local.family != to->family ||
		    l->local.port != to->port)
			continue;
		if (sim_addr_is_unset(&l->local) || sim_addr_same(&l->local, to))
			return l;
	}
	return NULL;
}

static struct io_listener *listener_find_path(struct sim_world *w, const char *path)
{
	list_for(node, &w->listeners) {
		struct io_listener *l = list_entry(node, struct io_listener, world_node);

		if (l->path && strcmp(l->path, path) == 0)
			return l;
	}
	return NULL;
}

static uint16_t listen_port_choose(struct io *io, const struct addr *local)
{
	struct addr a = *local;

	do
		a.port = (uint16_t)(32768 + rng_below(&io->w->rng, 28000));
	while (listener_find(io->w, io->host, &a));
	return a.port;
}

int io_listen_tcp(struct io *io, struct io_listener **out, const struct addr *local,
		  io_accept_fn fn, void *arg)
{
	struct addr a = *local;
	struct io_listener *l;
	int rc = sim_fail(io, IO_OP_LISTEN);

	if (rc != 0)
		return rc;
	if (!sim_addr_is_of(io->w, io->host, local))
		return -EADDRNOTAVAIL;
	if (a.port == 0)
		a.port = listen_port_choose(io, local);
	else if (listener_find(io->w, io->host, local))
		return -EADDRINUSE;
	l = listener_make(io, fn, arg);
	l->local = a;
	*out = l;
	return 0;
}

int io_listen_unix(struct io *io, struct io_listener **out, const char *path, unsigned mode,
		   io_accept_fn fn, void *arg)
{
	struct io_listener *l;
	int rc = sim_fail(io, IO_OP_LISTEN);

	if (rc != 0)
		return rc;
	if (listener_find_path(io->w, path))
		return -EADDRINUSE;
	rc = sim_fs_make_socket(io->w, path, mode);
	if (rc != 0)
		return rc;
	l = listener_make(io, fn, arg);
	l->path = sim_alloc(strlen(path) + 1);
	memcpy(l->path, path, strlen(path) + 1);
	*out = l;
	return 0;
}

const struct addr *io_listener_local(const struct io_listener *l)
{
	return &l->local;
}

void io_listener_close(struct io_listener *l)
{
	struct io *io = l->io;

	list_for_safe(node, &io->streams) {
		struct io_stream *s = list_entry(node, struct io_stream, node);

		if (s->listener == l)
			io_stream_close(s, false);
	}
	if (l->path)
		sim_fs_drop(io->w, l->path);
	free(l->path);
	list_del(&l->node);
	list_del(&l->world_node);
	free(l);
}

static void accept_again(struct sim_world *w, void *arg)
{
	struct io_stream *s = arg;

	UNUSED(w);
	stream_post(s);
	stream_unref(s);
}

static void stream_accept(struct sim_done *done)
{
	struct io_stream *s = list_entry(done, struct io_stream, done);
	struct io_listener *l = s->listener;

	if (sim_fail(s->io, IO_OP_ACCEPT) != 0) {
		s->refs++;
		sim_at_always(s->w, s->w->now + ACCEPT_RETRY_NS, accept_again, s);
		return;
	}
	if (s->io->stream_count > s->io->conf.stream_max) {
		stream_reset_far(s, -ECONNRESET);
		io_stream_close(s, false);
		return;
	}
	sim_trace_fmt(s->w, "accept", "%d", s->number);
	s->listener = NULL;
	s->done.run = stream_tell;
	s->refs++;
	l->fn(l->arg, s, &s->remote);
	check(!s->io || s->handler); /* the owner sets a handler or closes */
	if (s->rx.len > 0 || s->eof)
		stream_post(s);
	stream_unref(s);
}

int io_listener_mark(struct io_listener *l, struct io_mark mark)
{
	l->mark = mark;
	return 0;
}

int io_stream_mark(struct io_stream *s, struct io_mark mark)
{
	s->mark = mark;
	return 0;
}

struct io_mark sim_stream_mark(const struct sim_world *w, const struct addr *from,
			       const struct addr *to)
{
	list_for (loop, &w->loops) {
		list_for (node, &list_entry(loop, struct io, node)->streams) {
			const struct io_stream *s = list_entry(node, struct io_stream, node);

			if (addr_eq(&s->local, from) && addr_eq(&s->remote, to))
				return s->mark;
		}
	}
	check(false);
	return (struct io_mark){0};
}

/* ---- connecting ---- */

struct knock {
	struct io_stream *from;
	struct addr to;
	char path[];
};

static void connect_done(struct sim_world *w, void *arg)
{
	struct io_stream *s = arg;

	UNUSED(w);
	if (s->io && s->connecting) {
		s->connecting = false;
		s->tell_connected = true;
		stream_post(s);
		stream_push(s);
	}
	stream_unref(s);
}

static void knock_answer(struct io_stream *from, struct io_listener *l)
{
	struct io_stream *s = stream_make(l->io);

	s->listener = l;
	s->done.run = stream_accept;
	s->peer = from;
	from->peer = s;
	s->local = from->remote;
	s->remote = from->local;
	s->local_socket = from->local_socket;
	stream_post(s);
	from->refs++;
	sim_at_always(s->w, s->w->now + stream_delay(s), connect_done, from);
}

static void knock_arrive(struct sim_world *w, void *arg)
{
	struct knock *k = arg;
	struct io_stream *s = k->from;
	struct io_listener *l = NULL;

	if (s->io) {
		l = k->path[0] ? listener_find_path(w, k->path)
			       : listener_find(w, sim_host_of(w, s->io->host, &k->to), &k->to);
		if (l && l->io->state == LOOP_ENDED)
			l = NULL;
		if (l && !s->vanished)
			knock_answer(s, l);
		else
			stream_break(s, -ECONNREFUSED);
	}
	stream_unref(s);
	free(k);
}

static int connect_any(struct io *io, struct io_stream **out, const struct addr *to,
		       const char *path, const struct io_stream_handler *handler, void *arg)
{
	struct knock *k;
	struct io_stream *s;
	int rc = sim_fail(io, IO_OP_CONNECT);

	if (rc != 0)
		return rc;
	if (io->stream_count >= io->conf.stream_max)
		return -ENOBUFS;
	s = stream_make(io);
	s->handler = handler;
	s->arg = arg;
	s->connecting = true;
	s->local_socket = path[0] != 0;
	if (!s->local_socket) {
		s->remote = *to;
		s->local = sim_source_addr(io->w, io->host, to);
		s->local.port = (uint16_t)(32768 + rng_below(&io->w->rng, 28000));
	}
	k = sim_alloc(sizeof(*k) + strlen(path) + 1);
	k->from = s;
	k->to = s->remote;
	memcpy(k->path, path, strlen(path) + 1);
	s->refs++;
	sim_at_always(io->w, io->w->now + stream_delay(s), knock_arrive, k);
	*out = s;
	return 0;
}

int io_connect_tcp(struct io *io, struct io_stream **out, const struct addr *to,
		   const struct io_stream_handler *handler, void *arg)
{
	return connect_any(io, out, to, "", handler, arg);
}

int io_connect_unix(struct io *io, struct io_stream **out, const char *path,
		    const struct io_stream_handler *handler, void *arg)
{
	if (!sim_fs_find(io->w, path))
		return -ENOENT;
	return connect_any(io, out, NULL, path, handler, arg);
}
