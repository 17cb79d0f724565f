/* engine/io/io_uring_watch.c - directory watches: one inotify instance each, polled by the ring.
 *
 * Notifications are hints. When the kernel's queue ran over, or the directory itself went away, the
 * owner is told IO_WATCH_LOST and looks for itself. */
#include "engine/io/io_uring_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define IO_WATCH_BYTES	16384
#define IO_WATCH_ROUNDS 16 /* reads of one completion */
#define IO_WATCH_MASK                                                                              \
	(IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE | IN_MOVED_FROM |        \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

struct io_watch {
	struct io_obj obj;
	io_watch_fn fn;
	void *arg;
};

const size_t io_watch_bytes = sizeof(struct io_watch);

int io_watch_open(struct io *io, struct io_watch **out, const char *dir, io_watch_fn fn, void *arg)
{
	int err = io_fail(io, IO_OP_WATCH);
	struct io_watch *w = NULL;
	int fd;

	check(fn != NULL);
	if (err)
		return err;
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, dir, IO_WATCH_MASK) < 0)
		err = -errno;
	else
		w = io_obj_open(io, IO_TYPE_WATCH, fd);
	if (!w) {
		close(fd);
		return err ? err : -ENOBUFS;
	}
	w->fn = fn;
	w->arg = arg;
	*out = w;
	return 0;
}

void io_watch_close(struct io_watch *w)
{
	check(!w->obj.closing);
	w->obj.closing = true;
	io_touch(&w->obj);
}

bool io_settle_watch(struct io_watch *w)
{
	struct io *io = w->obj.io;
	struct io_uring_sqe *sqe;

	if (w->obj.closing) {
		if (w->obj.in.armed)
			return io_cancel(&w->obj, IO_KIND_WATCH);
		io_bury(&w->obj);
		return true;
	}
	if (w->obj.in.armed)
		return true;
	sqe = io_sqe(io);
	if (!sqe)
		return false;
	io_uring_prep_poll_add(sqe, w->obj.fd, POLLIN);
	sqe->user_data = io_tag(IO_KIND_WATCH, w->obj.handle);
	w->obj.in = (struct io_arm){.armed = true};
	return true;
}

static void io_watch_tell(struct io_watch *w, const struct inotify_event *event)
{
	static const struct {
		uint32_t mask;
		enum io_watch_kind kind;
	} kinds[] = {
		{IN_Q_OVERFLOW | IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF, IO_WATCH_LOST},
		{IN_MOVED_TO, IO_WATCH_MOVED_IN},
		{IN_CREATE, IO_WATCH_CREATED},
		{IN_CLOSE_WRITE, IO_WATCH_WRITTEN},
		{IN_ATTRIB, IO_WATCH_TOUCHED},
		{IN_DELETE | IN_MOVED_FROM, IO_WATCH_GONE},
	};

	for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
		bool lost = kinds[i].kind == IO_WATCH_LOST;

		if (!(event->mask & kinds[i].mask))
			continue;
		/* An attribute of the directory itself changed: nothing of it has a name. */
		if (lost || event->len > 0)
			w->fn(w->arg, kinds[i].kind, lost ? "" : event->name);
		return;
	}
}

/* False when there is nothing more to read. */
static bool io_watch_read(struct io_watch *w)
{
	_Alignas(struct inotify_event) char buffer[IO_WATCH_BYTES];
	ssize_t len = read(w->obj.fd, buffer, sizeof(buffer));

	if (len <= 0)
		return false;
	for (ssize_t at = 0; at < len && !w->obj.closing;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		io_watch_tell(w, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return !w->obj.closing;
}

void io_on_watch(struct io *io, const struct io_event *e)
{
	struct io_watch *w = io_event_obj(io, IO_TYPE_WATCH, e);

	check(w != NULL);
	w->obj.in = (struct io_arm){0};
	io_touch(&w->obj);
	if (w->obj.closing || io->muted)
		return;
	if (e->res < 0) {
		log_warning("%s: watching a directory failed: %s; trying again", io->conf.name,
			    strerror(-e->res));
		io_touch_later(&w->obj, io->now_ns + IO_RETRY_NS);
		return;
	}
	for (int round = 0; round < IO_WATCH_ROUNDS && io_watch_read(w); round++)
		;
}
