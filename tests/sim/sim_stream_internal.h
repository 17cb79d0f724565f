/* tests/sim/sim_stream_internal.h - one end of a connection, for io_sim_stream.c and io_sim_connect.c. */
#ifndef RINGER_TESTS_SIM_SIM_STREAM_INTERNAL_H
#define RINGER_TESTS_SIM_SIM_STREAM_INTERNAL_H

#include "tests/sim/sim_internal.h"

struct octets {
	char *ptr;
	size_t head, len, room;
};

struct io_stream {
	struct io *io; /* NULL: closed by its owner */
	struct sim_world *w;
	struct list node;      /* io.streams */
	struct list push_node; /* io.pushes: has output to hand over */
	struct sim_done done;  /* something to tell the owner */
	struct io_stream *peer; /* NULL: gone */
	struct io_listener *listener; /* not yet accepted */
	const struct io_stream_handler *handler;
	void *arg;
	struct addr local, remote;
	struct io_mark mark;
	uint32_t refs; /* events that travel to this end, and its owner */
	int number;
	uint32_t piece_max;
	int64_t last_at; /* arrival of the last segment sent by this end */
	size_t inflight; /* octets of ours that the far end has not read */
	struct octets out, rx;

	bool connecting, connected, tell_connected;
	bool paused, closing, fin_sent;
	bool was_queued;   /* `out` held something over the end of a turn: tell drained */
	bool eof;          /* all that comes is in rx */
	bool told_closed;
	int error;         /* of `closed` */
	bool vanished;     /* this end's machine is gone */
	bool timing;       /* retransmission timer of the model runs */
	bool local_socket; /* Unix: no delay to speak of */
};

struct io_listener {
	struct io *io;
	struct list node;       /* io.listeners */
	struct list world_node; /* world.listeners */
	struct addr local;
	struct io_mark mark;
	char *path; /* Unix socket, or NULL */
	io_accept_fn fn;
	void *arg;
};

struct io_stream *stream_make(struct io *io);
void stream_unref(struct io_stream *s);
/* Its owner's loop has something to tell. */
void stream_post(struct io_stream *s);
int64_t stream_delay(struct io_stream *s);
/* Hands over what the window takes; the last owner's output may still be here after its close. */
void stream_push(struct io_stream *s);
void stream_break(struct io_stream *s, int error);
void stream_reset_far(struct io_stream *s, int error);
void stream_tell(struct sim_done *done);

#endif
