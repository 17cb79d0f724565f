/* tests/sim/io_sim_sqlite.c - SQLite's files in the simulated world: they live in the tree of
 * sim_fs.c, take its time, meet its faults and its power failures.
 *
 * An open file is a copy in memory that a sync writes to the tree: what was not synced is gone
 * after a power failure, whole, and after a close it is there. There are no locks: one process, one
 * connection. */
#include "engine/base/limits.h"
#include "tests/sim/sim_fs_internal.h"

#include <sqlite3.h>
#include <stdlib.h>

struct sim_sqlite_file {
	sqlite3_file base;
	struct sim_node *node; /* NULL: temporary, without a name */
	char *data;
	size_t len, room;
	bool dirty, unlink_at_close;
	char path[LIMIT_PATH];
};

static struct sim_world *world; /* the one that lives */

/* Whose turn it is; before the loops run, one of the engine's. */
static struct io *sqlite_io(void)
{
	struct io *last = NULL;

	list_for (node, &world->loops) {
		last = list_entry(node, struct io, node);
		if (last->in_turn)
			return last;
	}
	return last;
}

static int sqlite_begin(enum io_op op, const char *path)
{
	struct io *io = sqlite_io();

	return io ? sim_disk_begin(io, op, path) : 0;
}

static int sqlite_code(int err, int other)
{
	return err == 0 ? SQLITE_OK : err == -ENOSPC ? SQLITE_FULL : other;
}

/* ---- files ---- */

static struct sim_sqlite_file *file_of(sqlite3_file *file)
{
	return (struct sim_sqlite_file *)file;
}

static void file_reserve(struct sim_sqlite_file *f, size_t len)
{
	if (len <= f->room)
		return;
	f->room = 2 * len;
	f->data = sim_realloc(f->data, f->room);
}

/* Into the tree, durable or not. */
static int file_store(struct sim_sqlite_file *f, bool durable)
{
	int err;

	if (!f->node || !f->dirty)
		return 0;
	if (f->len < f->node->len)
		node_truncate(world, f->node, f->len);
	err = f->len ? node_write(world, f->node, 0, f->data, f->len) : 0;
	if (err)
		return err;
	if (durable)
		f->node->synced = f->node->len;
	f->dirty = !durable;
	return 0;
}

static int file_close(sqlite3_file *file)
{
	struct sim_sqlite_file *f = file_of(file);

	if (f->node) {
		(void)file_store(f, false);
		if (f->unlink_at_close && f->node->parent)
			node_remove(world, f->node);
		sim_node_unref(f->node);
	}
	free(f->data);
	f->data = NULL;
	return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *dst, int len, sqlite3_int64 offset)
{
	struct sim_sqlite_file *f = file_of(file);
	size_t there = (size_t)offset < f->len ? f->len - (size_t)offset : 0;

	if (sqlite_begin(IO_OP_FS_READ, f->path) != 0)
		return SQLITE_IOERR_READ;
	if (there > (size_t)len)
		there = (size_t)len;
	if (there > 0)
		memcpy(dst, f->data + offset, there);
	if (there == (size_t)len)
		return SQLITE_OK;
	memset((char *)dst + there, 0, (size_t)len - there);
	return SQLITE_IOERR_SHORT_READ;
}

static bool disk_has_room(const struct sim_sqlite_file *f, size_t end)
{
	return !f->node || world->fs_bytes_max == 0 || end <= f->node->len ||
	       world->fs.bytes + (end - f->node->len) <= world->fs_bytes_max;
}

static int file_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
	struct sim_sqlite_file *f = file_of(file);
	size_t end = (size_t)offset + (size_t)len;
	int err = sqlite_begin(IO_OP_FS_WRITE, f->path);

	if (err)
		return sqlite_code(err, SQLITE_IOERR_WRITE);
	if (!disk_has_room(f, end))
		return SQLITE_FULL;
	file_reserve(f, end);
	if ((size_t)offset > f->len)
		memset(f->data + f->len, 0, (size_t)offset - f->len);
	memcpy(f->data + offset, data, (size_t)len);
	if (end > f->len)
		f->len = end;
	f->dirty = true;
	return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct sim_sqlite_file *f = file_of(file);
	int err = sqlite_begin(IO_OP_FS_WRITE, f->path);

	if (err)
		return sqlite_code(err, SQLITE_IOERR_TRUNCATE);
	if ((size_t)size < f->len)
		f->len = (size_t)size;
	f->dirty = true;
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
	struct sim_sqlite_file *f = file_of(file);
	int err = sqlite_begin(IO_OP_FS_SYNC, f->path);

	(void)flags;
	if (!err)
		err = file_store(f, true);
	return sqlite_code(err, SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)file_of(file)->len;
	return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *file, int *held)
{
	(void)file;
	*held = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
	(void)file;
	return 512;
}

static int file_character(sqlite3_file *file)
{
	(void)file;
	return 0;
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_character,
};

/* ---- the system ---- */

static int vfs_find_node(const char *path, int flags, struct sim_node **out)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir, *n = sim_fs_find(world, path);
	int err = n ? 0 : node_walk(world, path, &dir, name);

	if (err)
		return err;
	if (!n) {
		if (!(flags & SQLITE_OPEN_CREATE))
			return -ENOENT;
		n = node_add(world, dir, NODE_FILE, name, 0644);
	}
	*out = n;
	return n->kind == NODE_FILE ? 0 : -EISDIR;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		    int *out_flags)
{
	struct sim_sqlite_file *f = file_of(file);
	struct sim_node *node = NULL;
	int err;

	(void)vfs;
	memset(f, 0, sizeof(*f));
	err = path ? sqlite_begin(IO_OP_FS_OPEN, path) : 0;
	if (!err && path)
		err = vfs_find_node(path, flags, &node);
	if (err)
		return SQLITE_CANTOPEN;
	f->base.pMethods = &file_methods;
	f->unlink_at_close = flags & SQLITE_OPEN_DELETEONCLOSE;
	if (out_flags)
		*out_flags = flags;
	if (!node)
		return SQLITE_OK;
	slice_copy(f->path, sizeof(f->path), slice_str(path));
	sim_node_ref(node);
	f->node = node;
	file_reserve(f, node->len + 1);
	if (node->len > 0)
		memcpy(f->data, node->data, node->len);
	f->len = node->len;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
	(void)vfs;
	(void)sync_dir;
	if (sqlite_begin(IO_OP_FS_UNLINK, path) != 0)
		return SQLITE_IOERR_DELETE;
	return node_unlink(world, path) == 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	(void)vfs;
	(void)flags;
	*out = sim_fs_find(world, path) != NULL;
	return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	slice_copy(out, (size_t)size, slice_str(path));
	return SQLITE_OK;
}

/* Asked for once in the life of a process: it must not come out of the world's chance. */
static int vfs_random(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	memset(out, 0x42, (size_t)size);
	return size;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
	(void)vfs;
	*out = 2440587.5 + (double)sim_wall(world) / (86400.0 * (double)SIM_SECOND);
	return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return 0;
}

static sqlite3_vfs vfs = {
	.iVersion = 1,
	.szOsFile = sizeof(struct sim_sqlite_file),
	.mxPathname = LIMIT_PATH,
	.zName = "sim",
	.xOpen = vfs_open,
	.xDelete = vfs_delete,
	.xAccess = vfs_access,
	.xFullPathname = vfs_full_path,
	.xRandomness = vfs_random,
	.xSleep = vfs_sleep,
	.xCurrentTime = vfs_time,
	.xGetLastError = vfs_last_error,
};

void sim_sqlite_use(struct sim_world *w)
{
	world = w;
	check(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

void sim_sqlite_use_real(void)
{
	check(sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1) == SQLITE_OK);
}
