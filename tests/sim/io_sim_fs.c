/* tests/sim/io_sim_fs.c - the file calls of engine/io/io.h, on the tree in memory. */
#include "engine/base/sink.h"
#include "tests/sim/sim_fs_internal.h"

#include <stdlib.h>

/* Time that an operation takes counts against the turn that calls. */
static void disk_spend(struct io *io, enum io_op op)
{
	const struct sim_disk_conf *d = &io->w->disk;

	if (!io->in_turn)
		return;
	io->spent += op == IO_OP_FS_SYNC ? sim_between(io->w, d->sync_min_ns, d->sync_max_ns)
					 : sim_between(io->w, d->op_min_ns, d->op_max_ns);
}

int sim_disk_begin(struct io *io, enum io_op op, const char *path)
{
	struct sim_world *w = io->w;
	int rc;

	w->disk_ops++;
	sim_trace_fmt(w, "disk", "%d %s", (int)op, path);
	disk_spend(io, op);
	rc = sim_fail(io, op);
	if (rc != 0)
		return rc;
	rc = w->disk_fn ? w->disk_fn(w->disk_arg, op, path, w->disk_ops) : 0;
	if (rc == SIM_DISK_FREEZE) {
		io->frozen = true;
		rc = 0;
	}
	return rc;
}

void sim_disk_hook(struct sim_world *w, sim_disk_fn fn, void *arg)
{
	w->disk_fn = fn;
	w->disk_arg = arg;
}

void sim_disk_thaw(struct sim_world *w)
{
	list_for(node, &w->loops)
		list_entry(node, struct io, node)->frozen = false;
}

uint64_t sim_disk_ops(const struct sim_world *w)
{
	return w->disk_ops;
}

void sim_disk_set(struct sim_world *w, const struct sim_disk_conf *conf)
{
	w->disk = *conf;
}

static struct sim_fd *fd_get(struct io *io, int fd)
{
	struct sim_fd *f;

	if (fd < 0 || fd >= SIM_FDS)
		return NULL;
	f = &io->w->fds[fd];
	return f->node ? f : NULL;
}

static int fd_take(struct io *io, struct sim_node *n, unsigned flags)
{
	for (int fd = 3; fd < SIM_FDS; fd++) {
		struct sim_fd *f = &io->w->fds[fd];

		if (f->node)
			continue;
		sim_node_ref(n);
		*f = (struct sim_fd){.node = n, .io = io, .flags = flags};
		return fd;
	}
	return -EMFILE;
}

static int open_existing(struct sim_world *w, struct sim_node *n, unsigned flags)
{
	if (flags & IO_FS_EXCL && flags & IO_FS_CREATE)
		return -EEXIST;
	if (n->kind == NODE_SOCKET)
		return -ENXIO;
	if (n->kind == NODE_DIR && flags & IO_FS_WRITE)
		return -EISDIR;
	if (flags & IO_FS_TRUNC && n->kind == NODE_FILE)
		node_truncate(w, n, 0);
	return 0;
}

int io_fs_open(struct io *io, const char *path, unsigned flags, unsigned mode)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir, *n;
	int rc = sim_disk_begin(io, IO_OP_FS_OPEN, path);

	if (rc == 0)
		rc = node_walk(io->w, path, &dir, name);
	if (rc != 0)
		return rc;
	n = sim_fs_find(io->w, path);
	if (n) {
		rc = open_existing(io->w, n, flags);
		return rc != 0 ? rc : fd_take(io, n, flags);
	}
	if (!(flags & IO_FS_CREATE))
		return -ENOENT;
	return fd_take(io, node_add(io->w, dir, NODE_FILE, name, mode), flags);
}

static void fd_release(struct io *io, struct sim_fd *f)
{
	if (f->flags & IO_FS_WRITE)
		node_note(io->w, f->node, IO_WATCH_WRITTEN);
	sim_node_unref(f->node);
	*f = (struct sim_fd){0};
}

void io_fs_close(struct io *io, int fd)
{
	struct sim_fd *f = fd_get(io, fd);

	if (f)
		fd_release(io, f);
}

void sim_fs_close_all(struct io *io)
{
	for (int fd = 0; fd < SIM_FDS; fd++) {
		struct sim_fd *f = &io->w->fds[fd];

		if (f->node && f->io == io)
			fd_release(io, f);
	}
}

static ssize_t fd_read_at(struct io *io, struct sim_fd *f, void *dst, size_t len, size_t pos)
{
	size_t there = pos < f->node->len ? f->node->len - pos : 0;

	if (len > there)
		len = there;
	if (len > 1 && sim_short_read(io))
		len = 1 + rng_below(&io->w->rng, (uint32_t)len);
	if (len > 0)
		memcpy(dst, f->node->data + pos, len);
	return (ssize_t)len;
}

static int fd_begin(struct io *io, int fd, enum io_op op, unsigned need, struct sim_fd **out)
{
	struct sim_fd *f = fd_get(io, fd);
	int rc = sim_disk_begin(io, op, f ? f->node->name : "");

	if (rc != 0)
		return rc;
	if (!f || (f->flags & need) != need)
		return -EBADF;
	if (need && f->node->kind == NODE_DIR)
		return -EISDIR;
	*out = f;
	return 0;
}

ssize_t io_fs_read(struct io *io, int fd, void *dst, size_t len)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_READ, IO_FS_READ, &f);
	ssize_t n;

	if (rc != 0)
		return rc;
	n = fd_read_at(io, f, dst, len, f->pos);
	f->pos += (size_t)n;
	return n;
}

ssize_t io_fs_pread(struct io *io, int fd, void *dst, size_t len, int64_t offset)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_READ, IO_FS_READ, &f);

	if (rc != 0)
		return rc;
	return offset < 0 ? -EINVAL : fd_read_at(io, f, dst, len, (size_t)offset);
}

ssize_t io_fs_write(struct io *io, int fd, const void *data, size_t len)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_WRITE, IO_FS_WRITE, &f);
	size_t pos;

	if (rc != 0) {
		/* A full disk may have taken a part. */
		if (rc == -ENOSPC && fd_get(io, fd) && len > 1 && rng_chance(&io->w->rng, 300)) {
			f = fd_get(io, fd);
			pos = f->flags & IO_FS_APPEND ? f->node->len : f->pos;
			len = 1 + rng_below(&io->w->rng, (uint32_t)len - 1);
			if (node_write(io->w, f->node, pos, data, len) == 0)
				f->pos = pos + len;
		}
		return rc;
	}
	pos = f->flags & IO_FS_APPEND ? f->node->len : f->pos;
	rc = node_write(io->w, f->node, pos, data, len);
	if (rc != 0)
		return rc;
	f->pos = pos + len;
	return (ssize_t)len;
}

int io_fs_truncate(struct io *io, int fd, int64_t size_bytes)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_WRITE, IO_FS_WRITE, &f);

	if (rc != 0)
		return rc;
	if (size_bytes < 0)
		return -EINVAL;
	node_truncate(io->w, f->node, (size_t)size_bytes);
	return 0;
}

int io_fs_sync(struct io *io, int fd)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_SYNC, 0, &f);

	if (rc == 0)
		f->node->synced = f->node->len;
	return rc;
}

static void stat_fill(const struct sim_node *n, struct io_fs_stat *out)
{
	*out = (struct io_fs_stat){
		.size_bytes = (int64_t)n->len,
		.mtime_ns = n->mtime_ns,
		.inode = n->inode,
		.mode = n->mode,
		.is_regular = n->kind == NODE_FILE,
		.is_dir = n->kind == NODE_DIR,
	};
}

int io_fs_fstat(struct io *io, int fd, struct io_fs_stat *out)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_META, 0, &f);

	if (rc == 0)
		stat_fill(f->node, out);
	return rc;
}

int io_fs_stat(struct io *io, const char *path, struct io_fs_stat *out)
{
	struct sim_node *n;
	int rc = sim_disk_begin(io, IO_OP_FS_META, path);

	if (rc != 0)
		return rc;
	n = sim_fs_find(io->w, path);
	if (!n)
		return -ENOENT;
	stat_fill(n, out);
	return 0;
}

int io_fs_set_mtime(struct io *io, int fd, int64_t wall_ns)
{
	struct sim_fd *f;
	int rc = fd_begin(io, fd, IO_OP_FS_META, 0, &f);

	if (rc != 0)
		return rc;
	f->node->mtime_ns = wall_ns;
	node_note(io->w, f->node, IO_WATCH_TOUCHED);
	return 0;
}

/* There are no links: from the root down to the node. */
static void real_path_write(struct sink *out, const struct sim_node *n)
{
	if (!n->parent)
		return;
	real_path_write(out, n->parent);
	sink_char(out, '/');
	sink_str(out, n->name);
}

int io_fs_real_path(struct io *io, const char *path, char *dst, size_t size)
{
	struct sink out = sink_make(dst, size);
	struct sim_node *n;
	int rc = sim_disk_begin(io, IO_OP_FS_META, path);

	if (rc != 0)
		return rc;
	n = sim_fs_find(io->w, path);
	if (!n)
		return -ENOENT;
	real_path_write(&out, n);
	if (!n->parent)
		sink_char(&out, '/');
	sink_cstr(&out);
	return out.over || out.len == size ? -ENAMETOOLONG : 0;
}

int io_fs_rename(struct io *io, const char *from, const char *to)
{
	int rc = sim_disk_begin(io, IO_OP_FS_RENAME, from);

	return rc != 0 ? rc : node_rename(io->w, from, to);
}

int io_fs_unlink(struct io *io, const char *path)
{
	int rc = sim_disk_begin(io, IO_OP_FS_UNLINK, path);

	return rc != 0 ? rc : node_unlink(io->w, path);
}

int io_fs_mkdir(struct io *io, const char *path, unsigned mode)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir;
	int rc = sim_disk_begin(io, IO_OP_FS_META, path);

	if (rc == 0)
		rc = node_walk(io->w, path, &dir, name);
	if (rc != 0)
		return rc;
	if (name[0] == 0 || sim_fs_find(io->w, path))
		return -EEXIST;
	node_add(io->w, dir, NODE_DIR, name, mode);
	return 0;
}

/* ---- lists: a copy of the names in seeded order, since the walker may change the directory ---- */

static char **names_copy(struct sim_world *w, const struct sim_node *dir)
{
	char **names = sim_alloc((dir->child_count + 1) * sizeof(*names));

	for (uint32_t i = 0; i < dir->child_count; i++) {
		uint32_t at = rng_below(&w->rng, i + 1);
		size_t len = strlen(dir->child[i]->name) + 1;

		names[i] = names[at];
		names[at] = sim_alloc(len);
		memcpy(names[at], dir->child[i]->name, len);
	}
	return names;
}

int io_fs_list(struct io *io, const char *dir, io_fs_list_fn fn, void *arg)
{
	struct sim_node *n;
	char **names;
	int rc = sim_disk_begin(io, IO_OP_FS_META, dir);

	if (rc != 0)
		return rc;
	n = sim_fs_find(io->w, dir);
	if (!n)
		return -ENOENT;
	if (n->kind != NODE_DIR)
		return -ENOTDIR;
	names = names_copy(io->w, n);
	for (char **name = names; *name; name++) {
		if (rc == 0)
			rc = fn(arg, *name);
		free(*name);
	}
	free(names);
	return rc;
}

int io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len)
{
	struct sim_node *n;
	char *copy;
	int rc = sim_disk_begin(io, IO_OP_FS_OPEN, path);

	if (rc == 0)
		rc = sim_disk_begin(io, IO_OP_FS_READ, path);
	if (rc != 0)
		return rc;
	n = sim_fs_find(io->w, path);
	if (!n)
		return -ENOENT;
	if (n->kind != NODE_FILE)
		return n->kind == NODE_DIR ? -EISDIR : -ENXIO;
	if (n->len > max)
		return -EFBIG;
	copy = malloc(n->len + 1);
	if (!copy)
		return -ENOMEM;
	if (n->len > 0)
		memcpy(copy, n->data, n->len);
	copy[n->len] = 0;
	*text = copy;
	*len = n->len;
	return 0;
}

/* ---- socket files ---- */

/* The caller knows that nobody listens there: a stale file is removed. */
int sim_fs_make_socket(struct sim_world *w, const char *path, unsigned mode)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir, *old;
	int rc = node_walk(w, path, &dir, name);

	if (rc != 0)
		return rc;
	old = name[0] ? node_child(dir, name) : dir;
	if (old && old->kind != NODE_SOCKET)
		return -EADDRINUSE;
	if (old)
		node_remove(w, old);
	node_add(w, dir, NODE_SOCKET, name, mode);
	return 0;
}

int sim_fs_drop(struct sim_world *w, const char *path)
{
	struct sim_node *n = sim_fs_find(w, path);

	if (!n || n->kind != NODE_SOCKET)
		return -ENOENT;
	node_remove(w, n);
	return 0;
}
