/* engine/io/io_uring_internal.h - what the parts of the kernel backend share.
 *
 * Every socket, listener and watch is a struct io_obj in a slab. What should be in flight for it in
 * the kernel follows from its state; whoever changes the state calls io_touch, and once a turn, in
 * the flush, io_settle_* of each touched object queues what is missing (arm, cancel, send). So a
 * full submission queue or a lack of buffers only means: again in the next flush.
 *
 *   turn:  wait (submits) -> bury -> reap: copy completions, dispatch -> clock -> owner's turn ->
 * flush
 *
 * The kernel co-owns an object until the last completion of each of its operations: a closing
 * object is cancelled first and buried (descriptor closed, slot freed) after a submission when
 * nothing is pending. Completions carry kind, index and generation, never a pointer. */
#ifndef RINGER_IO_IO_URING_INTERNAL_H
#define RINGER_IO_IO_URING_INTERNAL_H

#include "engine/base/list.h"
#include "engine/base/slab.h"
#include "engine/io/io.h"
#include "engine/io/io_posix_internal.h"

#include <liburing.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define IO_BATCH	   512	/* completions copied at once */
#define IO_REAP_ROUNDS	   16	/* batches of one turn */
#define IO_MORE_COUNT	   32	/* after so many completions the kernel is asked for more */
#define IO_ARMS_PER_FLUSH  1024 /* receives armed in one turn: after a storm, in portions */
#define IO_BUSY_COUNT	   16	/* completions in a turn that make the next wait coarser */
#define IO_BUSY_WAIT_NS	   INT64_C(200000)
#define IO_RETRY_NS	   INT64_C(100000000) /* after the kernel lacked something */
#define IO_CANCEL_AGAIN_NS INT64_C(10000000)
#define IO_FLUSH_MAX_NS	   INT64_C(5000000000) /* a closing stream's time for its queue */
#define IO_LINGER_NS	   INT64_C(1000000000) /* ... and for the far end to close after that */
#define IO_STOP_MAX_NS	   INT64_C(500000000)  /* a stopped loop's time for queued output */
#define IO_TX_BYTES	   (1 << 20)	       /* datagrams of one submission */
#define IO_BIG_ROOM	   65536
#define IO_SMALL_ROOM	   2048
#define IO_INDEX_MAX	   (1u << 24)

#define IO_NEVER INT64_MAX

enum io_kind {
	IO_KIND_BELL,
	IO_KIND_UDP_RECV,
	IO_KIND_UDP_SEND,
	IO_KIND_ACCEPT,
	IO_KIND_CONNECT,
	IO_KIND_STREAM_RECV,
	IO_KIND_STREAM_SEND,
	IO_KIND_WATCH,
	IO_KIND_COUNT,
	IO_KIND_CANCEL = 0x80, /* with one of the above: the answer to its cancellation */
};

/* A completion, copied out of the ring. */
struct io_event {
	uint32_t kind; /* enum io_kind */
	handle_t handle;
	int32_t res;
	uint32_t flags;
};

/* One operation that the kernel may hold. */
struct io_arm {
	bool armed;
	bool cancelling;
};

enum io_type { IO_TYPE_UDP, IO_TYPE_STREAM, IO_TYPE_LISTENER, IO_TYPE_WATCH, IO_TYPE_COUNT };

struct io_obj {
	struct io *io;
	struct list node; /* in todo, later or graves; else by itself */
	handle_t handle;
	enum io_type type;
	int fd;
	bool closing;
	bool buried;	  /* in graves */
	int64_t later_ns; /* not before this instant; 0: now */
	struct io_arm in, out, connect;
};

struct io_udp {
	struct io_obj obj;
	struct io_group *group;
	struct addr local;
	struct io_mark mark;
	io_udp_fn fn;
	void *arg;
};

/* Buffers of one size that the kernel takes from for its receives. */
struct io_group {
	struct io_uring_buf_ring *ring;
	char *buffers;
	uint32_t count; /* power of two; 0: none */
	uint32_t stride;
	uint16_t id;
	uint16_t returned; /* since the last io_group_advance */
};

/* Datagrams of the turn; the kernel has copied them when the submission returns. */
struct io_tx {
	struct msghdr msg;
	struct iovec iov;
	struct io_sockaddr to;
	handle_t udp;
	size_t bytes; /* of this entry */
	char data[];
};

struct io_tx_queue {
	char *base;
	size_t used;
	size_t built; /* entries below have their SQE */
};

enum io_bell { IO_BELL_AWAKE, IO_BELL_ASLEEP, IO_BELL_RUNG };

struct io {
	struct io_conf conf;
	struct metrics *metrics;
	io_turn_fn turn;
	void *owner;

	struct io_uring ring;
	bool ring_made;
	bool running;
	bool muted; /* stopping: completions are taken, nobody is called */
	int64_t now_ns;
	uint32_t last_count; /* completions of the last turn */

	struct io_group big, small;
	struct io_tx_queue tx;
	struct slab *slabs[IO_TYPE_COUNT];
	char **out_spares; /* output rings of streams that have nothing to say; room for stream_max */
	uint32_t out_spare_count;
	struct list todo, later, graves;
	int64_t later_ns; /* not later than the earliest of `later` */
	uint32_t arms_left;

	pthread_t thread;
	bool threaded;
	sem_t started;
	int start_error;

	int bell_fd;
	uint64_t bell_value;
	struct io_arm bell_arm;
	_Alignas(64) _Atomic int bell;
	_Atomic bool stopping;
	uint32_t cq_dropped; /* as last read from the ring */
	struct io_event batch[IO_BATCH];
};

/* io_uring.c */
int io_fail(const struct io *io, enum io_op op);

/* io_uring_obj.c */
/* A queue entry of this kind for an object, or NULL: the queue is full and the kernel takes
 * nothing. */
struct io_uring_sqe *io_sqe(struct io *io);
uint64_t io_tag(uint32_t kind, handle_t h);
/* Submits without waiting. False if something stayed in the queue. */
bool io_submit(struct io *io);
/* A slot with its header filled; NULL: the table is full. Takes no descriptor. */
void *io_obj_open(struct io *io, enum io_type type, int fd);
void io_touch(struct io_obj *obj);
/* Touches it when the clock of the loop reaches `when_ns`. */
void io_touch_later(struct io_obj *obj, int64_t when_ns);
/* The object behind a completion, NULL if it is gone. */
void *io_event_obj(struct io *io, enum io_type type, const struct io_event *e);
/* Nothing is pending: close and free after the next submission. */
void io_bury(struct io_obj *obj);
/* Asks the kernel to end the object's operation of this kind, which is armed. False: no room, again
 * in the next flush. */
bool io_cancel(struct io_obj *obj, enum io_kind kind);
/* False when this flush has armed enough. */
bool io_may_arm(struct io *io);
/* The answer to a cancellation that found nothing. */
void io_on_cancel(struct io *io, const struct io_event *e);
/* Queues all that the kernel should know. What found no room stays and is tried in the next turn.
 */
bool io_flush(struct io *io);
/* Closes and frees what is buried, if the kernel has taken everything. */
void io_after_submit(struct io *io);
void io_obj_free(struct io_obj *obj);
typedef void (*io_obj_fn)(struct io_obj *obj);
void io_for_each_obj(struct io *io, io_obj_fn fn);

/* io_uring_ring.c */
int io_ring_open(struct io_uring *ring, uint32_t sq_entries, uint32_t cq_entries);
void io_ring_close(struct io_uring *ring);
void io_ring_explain(struct sink *text, int error);

/* io_uring_buf.c */
int io_group_create(struct io_group *g, uint32_t count, uint32_t room, uint16_t id);
void io_group_destroy(struct io_group *g);
int io_group_register(struct io_group *g, struct io_uring *ring);
/* The buffer of a completion, NULL if it has none. */
void *io_group_buffer(const struct io_group *g, uint32_t cqe_flags);
void io_group_give_back(struct io_group *g, uint32_t cqe_flags);
void io_group_advance(struct io_group *g);

/* io_uring_udp.c. Each io_settle_* returns false if the submission queue had no room. */
bool io_settle_udp(struct io_udp *u);
void io_on_udp_recv(struct io *io, const struct io_event *e);
void io_on_udp_send(struct io *io, const struct io_event *e);
bool io_flush_tx(struct io *io);

/* io_uring_stream.c, io_uring_listen.c, io_uring_watch.c */
struct io_stream;
struct io_stream *io_stream_adopt(struct io *io, int fd, const struct addr *peer, bool connecting);
/* An accepted one has that of its listener. */
void io_stream_inherit_mark(struct io_stream *s, struct io_mark mark);
bool io_stream_is_owned(const struct io_stream *s);
bool io_settle_stream(struct io_stream *s);
void io_bury_stream(struct io_stream *s);
void io_unmap_spares(struct io *io); /* after the last stream */  /* gives its memory back */
void io_reset_stream(struct io_stream *s); /* the ring is gone */
bool io_stream_has_output(const struct io_stream *s);
void io_on_connect(struct io *io, const struct io_event *e);
void io_on_stream_recv(struct io *io, const struct io_event *e);
void io_on_stream_send(struct io *io, const struct io_event *e);
bool io_settle_listener(struct io_listener *l);
void io_on_accept(struct io *io, const struct io_event *e);
bool io_settle_watch(struct io_watch *w);
void io_on_watch(struct io *io, const struct io_event *e);

extern const size_t io_stream_bytes, io_listener_bytes, io_watch_bytes;

/* A running loop never waits. */
static inline int64_t io_bind_patience(const struct io *io)
{
	return io->running ? 0 : io->conf.bind_patience_ns;
}

#endif
