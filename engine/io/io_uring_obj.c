/* engine/io/io_uring_obj.c - objects and what the kernel is asked to do for them: submission,
 * cancellation and the flush at the end of a turn. See io_uring_internal.h. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <unistd.h>

void io_obj_free(struct io_obj *obj)
{
	list_del(&obj->node);
	if (obj->type == IO_TYPE_STREAM)
		io_bury_stream((struct io_stream *)obj);
	if (obj->fd >= 0)
		close(obj->fd);
	slab_free(obj->io->slabs[obj->type], obj);
}

void io_for_each_obj(struct io *io, io_obj_fn fn)
{
	for (int type = 0; type < IO_TYPE_COUNT; type++) {
		struct slab *s = io->slabs[type];

		for (uint32_t i = 0; s && i < slab_limit(s); i++) {
			struct io_obj *obj = slab_at(s, i);

			if (obj)
				fn(obj);
		}
	}
}

/* ---- objects ---- */

void *io_obj_open(struct io *io, enum io_type type, int fd)
{
	struct io_obj *obj = io->slabs[type] ? slab_alloc(io->slabs[type]) : NULL;

	if (!obj)
		return NULL;
	obj->io = io;
	obj->type = type;
	obj->fd = fd;
	obj->handle = slab_handle(io->slabs[type], obj);
	list_init(&obj->node);
	io_touch(obj);
	return obj;
}

void io_touch(struct io_obj *obj)
{
	struct io *io = obj->io;

	if (obj->buried)
		return;
	obj->later_ns = 0;
	list_del(&obj->node);
	/* Without a ring nothing of it is pending: a closed object can go at once. */
	if (obj->closing && !io->ring_made)
		io_obj_free(obj);
	else
		list_add_tail(&io->todo, &obj->node);
}

void io_touch_later(struct io_obj *obj, int64_t when_ns)
{
	obj->later_ns = when_ns;
	list_del(&obj->node);
	list_add_tail(&obj->io->later, &obj->node);
	if (when_ns < obj->io->later_ns)
		obj->io->later_ns = when_ns;
}

void *io_event_obj(struct io *io, enum io_type type, const struct io_event *e)
{
	return slab_get(io->slabs[type], e->handle);
}

void io_bury(struct io_obj *obj)
{
	check(obj->closing);
	obj->buried = true;
	list_del(&obj->node);
	list_add_tail(&obj->io->graves, &obj->node);
}

/* ---- submission ---- */

uint64_t io_tag(uint32_t kind, handle_t h)
{
	check(handle_index(h) < IO_INDEX_MAX);
	return (uint64_t)kind << 56 | (uint64_t)handle_gen(h) << 24 | handle_index(h);
}

/* After a submission that left nothing in the queue: datagrams are copied, descriptors unused. */
void io_after_submit(struct io *io)
{
	if (io_uring_sq_ready(&io->ring) != 0)
		return;
	if (io->tx.built == io->tx.used)
		io->tx.built = io->tx.used = 0;
	for (struct list *node; (node = list_first(&io->graves));)
		io_obj_free(list_entry(node, struct io_obj, node));
}

bool io_submit(struct io *io)
{
	int ret = io_uring_submit(&io->ring);

	if (ret < 0 && ret != -EINTR)
		log_warning("%s: the kernel took no requests (%s); trying again", io->conf.name,
			    strerror(-ret));
	io_after_submit(io);
	return io_uring_sq_ready(&io->ring) == 0;
}

struct io_uring_sqe *io_sqe(struct io *io)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&io->ring);

	if (sqe)
		return sqe;
	io_submit(io);
	return io_uring_get_sqe(&io->ring);
}

/* ---- cancelling ---- */

static const enum io_type io_kind_types[IO_KIND_COUNT] = {
	[IO_KIND_UDP_RECV] = IO_TYPE_UDP,	[IO_KIND_UDP_SEND] = IO_TYPE_UDP,
	[IO_KIND_ACCEPT] = IO_TYPE_LISTENER,	[IO_KIND_CONNECT] = IO_TYPE_STREAM,
	[IO_KIND_STREAM_RECV] = IO_TYPE_STREAM, [IO_KIND_STREAM_SEND] = IO_TYPE_STREAM,
	[IO_KIND_WATCH] = IO_TYPE_WATCH,
};

static struct io_arm *io_arm_of(struct io_obj *obj, enum io_kind kind)
{
	if (kind == IO_KIND_CONNECT)
		return &obj->connect;
	return kind == IO_KIND_STREAM_SEND ? &obj->out : &obj->in;
}

bool io_cancel(struct io_obj *obj, enum io_kind kind)
{
	struct io_arm *arm = io_arm_of(obj, kind);
	struct io_uring_sqe *sqe;

	check(arm->armed);
	if (arm->cancelling)
		return true;
	sqe = io_sqe(obj->io);
	if (!sqe)
		return false;
	/* By tag, which the kernel finds by hash; by descriptor it would walk all requests. */
	io_uring_prep_cancel64(sqe, io_tag(kind, obj->handle), 0);
	sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
	sqe->user_data = io_tag(IO_KIND_CANCEL | kind, obj->handle);
	arm->cancelling = true;
	return true;
}

/* Only failures come. Mostly the operation has just ended and says so itself; if it has not, for
 * the kernel was busy with it, we ask again. */
void io_on_cancel(struct io *io, const struct io_event *e)
{
	enum io_kind kind = (enum io_kind)(e->kind & ~(uint32_t)IO_KIND_CANCEL);
	struct io_obj *obj = io_event_obj(io, io_kind_types[kind], e);
	struct io_arm *arm = obj ? io_arm_of(obj, kind) : NULL;

	if (!arm || !arm->armed || !arm->cancelling || obj->buried)
		return;
	arm->cancelling = false;
	io_touch_later(obj, io->now_ns + IO_CANCEL_AGAIN_NS);
}

bool io_may_arm(struct io *io)
{
	if (io->arms_left == 0)
		return false;
	io->arms_left--;
	return true;
}

static bool io_settle(struct io_obj *obj)
{
	switch (obj->type) {
	case IO_TYPE_UDP:
		return io_settle_udp((struct io_udp *)obj);
	case IO_TYPE_STREAM:
		return io_settle_stream((struct io_stream *)obj);
	case IO_TYPE_LISTENER:
		return io_settle_listener((struct io_listener *)obj);
	default:
		check(obj->type == IO_TYPE_WATCH);
		return io_settle_watch((struct io_watch *)obj);
	}
}

static void io_flush_later(struct io *io)
{
	int64_t earliest = IO_NEVER;

	if (io->now_ns < io->later_ns)
		return;
	list_for_safe (node, &io->later) {
		struct io_obj *obj = list_entry(node, struct io_obj, node);

		if (obj->later_ns <= io->now_ns)
			io_touch(obj);
		else if (obj->later_ns < earliest)
			earliest = obj->later_ns;
	}
	io->later_ns = earliest;
}

static bool io_flush_bell(struct io *io)
{
	struct io_uring_sqe *sqe;

	if (io->bell_arm.armed)
		return true;
	sqe = io_sqe(io);
	if (!sqe)
		return false;
	io_uring_prep_read(sqe, io->bell_fd, &io->bell_value, sizeof(io->bell_value), 0);
	sqe->user_data = io_tag(IO_KIND_BELL, handle_make(1, 0));
	io->bell_arm.armed = true;
	return true;
}

/* Queues all that the kernel should know. What found no room stays and is tried in the next turn.
 */
bool io_flush(struct io *io)
{
	struct list now;
	bool ok = io_flush_bell(io) && io_flush_tx(io);

	io->arms_left = IO_ARMS_PER_FLUSH;
	io_flush_later(io);
	list_init(&now);
	list_splice(&now, &io->todo);
	for (struct list *node; ok && (node = list_first(&now));) {
		struct io_obj *obj = list_entry(node, struct io_obj, node);

		list_del(node);
		ok = io_settle(obj);
		if (!ok)
			list_add_head(&now, node);
	}
	list_splice(&now, &io->todo);
	list_splice(&io->todo, &now);
	return ok;
}
