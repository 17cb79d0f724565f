/* tests/sim/io_sim_stream.c - connections: two ends, a window, and pieces of any size.
 *
 *	out ──(end of turn, when the window has room)──► segment ──(delay)──► rx ──(pieces)──► data()
 *
 * An end lives until it was closed by its owner and nothing travels to it. */
#include "tests/sim/sim_stream_internal.h"

#include <stdlib.h>

#define FD_FIRST         10
#define CLOSE_FLUSH_NS   (5 * SIM_SECOND)
#define PIECES_PER_TURN  64
#define SEGMENT_MAX      65536

struct segment {
	struct io_stream *to;
	size_t len;
	bool fin, reset;
	int error;
	char data[];
};

/* ---- queues of octets ---- */

static void octets_add(struct octets *q, const void *data, size_t len)
{
	if (len == 0)
		return;
	if (q->head > 0 && q->head + q->len + len > q->room) {
		memmove(q->ptr, q->ptr + q->head, q->len);
		q->head = 0;
	}
	if (q->head + q->len + len > q->room) {
		q->room = 2 * (q->len + len);
		q->ptr = sim_realloc(q->ptr, q->room);
	}
	memcpy(q->ptr + q->head + q->len, data, len);
	q->len += len;
}

static void octets_skip(struct octets *q, size_t len)
{
	q->head += len;
	q->len -= len;
	if (q->len == 0)
		q->head = 0;
}

static void octets_free(struct octets *q)
{
	free(q->ptr);
	*q = (struct octets){0};
}

/* ---- life ---- */

static int number_take(struct sim_world *w)
{
	for (int i = 0; i < (int)ARRAY_COUNT(w->stream_numbers) * 32; i++) {
		if (!(w->stream_numbers[i / 32] & 1u << i % 32)) {
			w->stream_numbers[i / 32] |= 1u << i % 32;
			return FD_FIRST + i;
		}
	}
	return FD_FIRST + (int)ARRAY_COUNT(w->stream_numbers) * 32;
}

static void number_give(struct sim_world *w, int number)
{
	int i = number - FD_FIRST;

	if (i < (int)ARRAY_COUNT(w->stream_numbers) * 32)
		w->stream_numbers[i / 32] &= ~(1u << i % 32);
}

static uint32_t piece_choose(struct sim_world *w)
{
	static const uint32_t profile[] = {1, 7, 100, 1460, 4096, 65536, 65536};

	return w->stream.piece_max ? w->stream.piece_max
				   : profile[rng_below(&w->rng, ARRAY_COUNT(profile))];
}

struct io_stream *stream_make(struct io *io)
{
	struct io_stream *s = sim_alloc(sizeof(*s));

	s->io = io;
	s->w = io->w;
	s->refs = 1;
	s->piece_max = piece_choose(io->w);
	s->number = number_take(io->w);
	sim_done_init(&s->done, s, stream_tell, NULL);
	list_init(&s->push_node);
	list_add_tail(&io->streams, &s->node);
	io->stream_count++;
	return s;
}

void stream_unref(struct io_stream *s)
{
	if (--s->refs > 0)
		return;
	if (s->peer)
		s->peer->peer = NULL;
	number_give(s->w, s->number);
	octets_free(&s->out);
	octets_free(&s->rx);
	free(s);
}

void stream_post(struct io_stream *s)
{
	if (s->io)
		sim_done_post(s->io, &s->done);
}

/* ---- travelling ---- */

static void segment_arrive(struct sim_world *w, void *arg);

int64_t stream_delay(struct io_stream *s)
{
	const struct sim_stream_conf *c = &s->w->stream;

	return s->local_socket ? 10 * SIM_US : sim_between(s->w, c->delay_min_ns, c->delay_max_ns);
}

static void segment_send(struct io_stream *s, struct segment *g)
{
	int64_t at = s->w->now + stream_delay(s);

	if (at < s->last_at)
		at = s->last_at;
	s->last_at = at;
	g->to->refs++;
	sim_at_always(s->w, at, segment_arrive, g);
}

static struct segment *segment_make(struct io_stream *to, size_t len)
{
	struct segment *g = sim_alloc(sizeof(*g) + len);

	g->to = to;
	g->len = len;
	return g;
}

void stream_reset_far(struct io_stream *s, int error)
{
	struct segment *g;

	if (!s->peer || s->vanished || s->peer->vanished)
		return;
	g = segment_make(s->peer, 0);
	g->reset = true;
	g->error = error;
	segment_send(s, g);
}

void stream_break(struct io_stream *s, int error)
{
	octets_free(&s->rx);
	octets_free(&s->out);
	s->eof = true;
	if (!s->told_closed)
		s->error = error;
	stream_post(s);
}

static void stream_timed_out(struct sim_world *w, void *arg)
{
	struct io_stream *s = arg;

	UNUSED(w);
	s->timing = false;
	if (s->io && !s->eof && s->peer && s->peer->vanished)
		stream_break(s, -ETIMEDOUT);
	stream_unref(s);
}

/* Nobody acknowledges: the kernel tries for a long time, then gives up. */
static void stream_start_timeout(struct io_stream *s)
{
	if (s->timing)
		return;
	s->timing = true;
	s->refs++;
	sim_at_always(s->w, s->w->now + s->w->stream.timeout_ns, stream_timed_out, s);
}

static size_t stream_window(const struct io_stream *s)
{
	size_t window = s->w->stream.window_bytes;

	return s->inflight >= window ? 0 : window - s->inflight;
}

static void stream_send_some(struct io_stream *s)
{
	size_t room = stream_window(s);
	size_t len = s->out.len < room ? s->out.len : room;
	struct segment *g;

	if (len > SEGMENT_MAX)
		len = SEGMENT_MAX;
	g = segment_make(s->peer, len);
	memcpy(g->data, s->out.ptr + s->out.head, len);
	octets_skip(&s->out, len);
	s->inflight += len;
	segment_send(s, g);
	if (s->peer->vanished)
		stream_start_timeout(s);
}

static void stream_send_fin(struct io_stream *s)
{
	struct segment *g = segment_make(s->peer, 0);

	g->fin = true;
	s->fin_sent = true;
	segment_send(s, g);
}

void stream_push(struct io_stream *s)
{
	if (s->connecting || s->vanished)
		return;
	while (s->out.len > 0 && s->peer && stream_window(s) > 0)
		stream_send_some(s);
	if (s->out.len > 0) {
		s->was_queued = true;
		return;
	}
	if (s->was_queued)
		stream_post(s); /* drained */
	if (s->closing && !s->fin_sent && s->peer)
		stream_send_fin(s);
}

void sim_stream_flush(struct io *io)
{
	while (!list_empty(&io->pushes)) {
		struct io_stream *s =
			list_entry(list_first(&io->pushes), struct io_stream, push_node);

		list_del(&s->push_node);
		stream_push(s);
	}
}

/* The far end read len octets: its window opens. */
static void stream_read_by_peer(struct io_stream *s, size_t len)
{
	struct io_stream *far = s->peer;

	if (!far)
		return;
	far->inflight -= len < far->inflight ? len : far->inflight;
	if (far->out.len > 0 && list_empty(&far->push_node))
		stream_push(far);
}

static void segment_take(struct io_stream *s, const struct segment *g)
{
	if (g->reset) {
		stream_break(s, g->error);
		return;
	}
	if (s->eof)
		return;
	if (!s->io) { /* closed here: what still comes is answered by a reset */
		if (g->len > 0)
			stream_reset_far(s, -ECONNRESET);
		return;
	}
	octets_add(&s->rx, g->data, g->len);
	s->eof = g->fin;
	stream_post(s);
}

static void segment_arrive(struct sim_world *w, void *arg)
{
	struct segment *g = arg;

	UNUSED(w);
	if (!g->to->vanished && !(g->to->peer && g->to->peer->vanished))
		segment_take(g->to, g);
	stream_unref(g->to);
	free(g);
}

/* ---- telling the owner ---- */

/* True: the owner closed the stream in the callback. */
static bool stream_tell_piece(struct io_stream *s)
{
	char piece[SEGMENT_MAX];
	size_t len = s->rx.len < s->piece_max ? s->rx.len : s->piece_max;

	if (len > 1 && (sim_short_read(s->io) || rng_chance(&s->w->rng, 100)))
		len = 1 + rng_below(&s->w->rng, (uint32_t)len);
	memcpy(piece, s->rx.ptr + s->rx.head, len);
	octets_skip(&s->rx, len);
	stream_read_by_peer(s, len);
	sim_trace(s->w, "stream rx", piece, len);
	s->handler->data(s->arg, s, piece, len);
	return !s->io;
}

static bool stream_tell_data(struct io_stream *s)
{
	if (s->rx.len > 0 && !s->paused && sim_fail(s->io, IO_OP_STREAM_RECV) != 0) {
		stream_reset_far(s, -ECONNRESET);
		stream_break(s, -ECONNRESET);
		return false;
	}
	for (unsigned i = 0; i < PIECES_PER_TURN && s->rx.len > 0 && !s->paused; i++) {
		if (stream_tell_piece(s))
			return true;
	}
	if (s->rx.len > 0 && !s->paused)
		stream_post(s);
	return false;
}

static void stream_tell_closed(struct io_stream *s)
{
	s->told_closed = true;
	sim_trace_fmt(s->w, "closed", "%d", s->error);
	s->handler->closed(s->arg, s, s->error);
}

static void stream_tell_all(struct io_stream *s)
{
	if (s->tell_connected) {
		s->tell_connected = false;
		if (s->handler->connected)
			s->handler->connected(s->arg, s);
		if (!s->io)
			return;
	}
	if (stream_tell_data(s))
		return;
	if (s->was_queued && s->out.len == 0) {
		s->was_queued = false;
		if (s->handler->drained && !s->told_closed && !s->eof)
			s->handler->drained(s->arg, s);
		if (!s->io)
			return;
	}
	if (s->eof && s->rx.len == 0 && !s->told_closed && (!s->paused || s->error))
		stream_tell_closed(s);
}

void stream_tell(struct sim_done *done)
{
	struct io_stream *s = list_entry(done, struct io_stream, done);

	if (s->listener || !s->handler)
		return;
	s->refs++;
	stream_tell_all(s);
	stream_unref(s);
}

/* ---- the owner's side ---- */

void io_stream_set_handler(struct io_stream *s, const struct io_stream_handler *handler, void *arg)
{
	s->handler = handler;
	s->arg = arg;
	stream_post(s);
}

int io_stream_send(struct io_stream *s, const void *data, size_t len)
{
	int rc;

	check(s->io);
	if (s->told_closed || s->error)
		return -EPIPE;
	rc = sim_fail(s->io, IO_OP_STREAM_SEND);
	if (rc != 0)
		return rc;
	if (s->out.len + len > s->io->conf.stream_out_max)
		return -ENOBUFS;
	octets_add(&s->out, data, len);
	if (list_empty(&s->push_node))
		list_add_tail(&s->io->pushes, &s->push_node);
	return 0;
}

size_t io_stream_queued(const struct io_stream *s)
{
	return s->out.len;
}

size_t io_stream_room(const struct io_stream *s)
{
	size_t max = s->io->conf.stream_out_max;

	return s->out.len < max ? max - s->out.len : 0;
}

void io_stream_pause(struct io_stream *s, bool paused)
{
	s->paused = paused;
	if (!paused && (s->rx.len > 0 || s->eof))
		stream_post(s);
}

static void close_gives_up(struct sim_world *w, void *arg)
{
	struct io_stream *s = arg;

	UNUSED(w);
	if (!s->fin_sent) {
		octets_free(&s->out);
		stream_reset_far(s, -ECONNRESET);
	}
	stream_unref(s);
}

static void close_flushing(struct io_stream *s)
{
	s->closing = true;
	s->refs++;
	sim_at_always(s->w, s->w->now + CLOSE_FLUSH_NS, close_gives_up, s);
	stream_push(s);
}

static void close_now(struct io_stream *s)
{
	bool unread = s->rx.len > 0;

	octets_free(&s->out);
	if (!s->peer || s->vanished)
		return;
	if (unread)
		stream_reset_far(s, -ECONNRESET);
	else
		stream_send_fin(s);
}

void io_stream_close(struct io_stream *s, bool flush)
{
	struct io *io = s->io;

	check(io);
	list_del(&s->done.node);
	list_del(&s->push_node);
	list_del(&s->node);
	io->stream_count--;
	s->io = NULL;
	s->listener = NULL;
	if (flush && s->out.len > 0 && s->peer && !s->error && !s->connecting)
		close_flushing(s);
	else
		close_now(s);
	octets_free(&s->rx);
	stream_unref(s);
}

const struct addr *io_stream_peer(const struct io_stream *s)
{
	return &s->remote;
}

const struct addr *io_stream_local(const struct io_stream *s)
{
	return &s->local;
}

int io_stream_number(const struct io_stream *s)
{
	return s->number;
}

/* ---- the model ---- */

void sim_stream_default(struct sim_world *w, const struct sim_stream_conf *conf)
{
	check(conf->window_bytes > 0 && conf->piece_max <= SEGMENT_MAX);
	w->stream = *conf;
}

void sim_stream_vanish(struct io_stream *s)
{
	s->vanished = true;
	if (s->peer && (s->peer->out.len > 0 || s->peer->inflight > 0))
		stream_start_timeout(s->peer);
}

void sim_stream_reset(struct io_stream *s)
{
	if (s->peer)
		stream_break(s->peer, -ECONNRESET);
	stream_break(s, -ECONNRESET);
}

void sim_stream_close_all(struct io *io)
{
	while (!list_empty(&io->listeners))
		io_listener_close(list_entry(list_first(&io->listeners), struct io_listener, node));
	while (!list_empty(&io->streams))
		io_stream_close(list_entry(list_first(&io->streams), struct io_stream, node),
				false);
}
