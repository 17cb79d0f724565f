/* tests/sim/sim_fs.c - the tree of files in memory, helpers for tests, snapshots. */
#include "tests/sim/sim_fs_internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- nodes ---- */

static struct sim_node *node_make(enum sim_node_kind kind, const char *name, uint32_t mode)
{
	struct sim_node *n = sim_alloc(sizeof(*n));

	n->kind = kind;
	n->refs = 1;
	n->name = sim_alloc(strlen(name) + 1);
	memcpy(n->name, name, strlen(name) + 1);
	n->mode = mode;
	return n;
}

void sim_node_ref(struct sim_node *n)
{
	n->refs++;
}

void sim_node_unref(struct sim_node *n)
{
	if (--n->refs > 0)
		return;
	free(n->child);
	free(n->name);
	free(n->data);
	free(n);
}

bool sim_node_is_dir(const struct sim_node *n)
{
	return n->kind == NODE_DIR;
}

/* Index of the first child whose name is not before `name`. */
static uint32_t child_index(const struct sim_node *dir, const char *name)
{
	uint32_t low = 0, high = dir->child_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (strcmp(dir->child[mid]->name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct sim_node *node_child(const struct sim_node *dir, const char *name)
{
	uint32_t i = child_index(dir, name);

	return i < dir->child_count && strcmp(dir->child[i]->name, name) == 0 ? dir->child[i] : NULL;
}

static void child_insert(struct sim_node *dir, struct sim_node *n)
{
	uint32_t i = child_index(dir, n->name);

	if (dir->child_count == dir->child_room) {
		dir->child_room = dir->child_room ? 2 * dir->child_room : 8;
		dir->child = sim_realloc(dir->child, dir->child_room * sizeof(*dir->child));
	}
	memmove(dir->child + i + 1, dir->child + i, (dir->child_count - i) * sizeof(*dir->child));
	dir->child[i] = n;
	dir->child_count++;
	n->parent = dir;
}

static void child_take(struct sim_node *n)
{
	struct sim_node *dir = n->parent;
	uint32_t i = child_index(dir, n->name);

	check(dir->child[i] == n);
	dir->child_count--;
	memmove(dir->child + i, dir->child + i + 1, (dir->child_count - i) * sizeof(*dir->child));
	n->parent = NULL;
}

struct sim_node *node_add(struct sim_world *w, struct sim_node *dir, enum sim_node_kind kind,
			  const char *name, uint32_t mode)
{
	struct sim_node *n = node_make(kind, name, mode);

	n->inode = ++w->fs.inode_next;
	n->mtime_ns = sim_wall(w);
	dir->mtime_ns = n->mtime_ns;
	child_insert(dir, n);
	sim_watch_note(w, dir, IO_WATCH_CREATED, name);
	return n;
}

static void node_forget(struct sim_world *w, struct sim_node *n)
{
	w->fs.bytes -= n->len;
	n->parent->mtime_ns = sim_wall(w);
	child_take(n);
	sim_node_unref(n);
}

void node_remove(struct sim_world *w, struct sim_node *n)
{
	sim_watch_note(w, n->parent, IO_WATCH_GONE, n->name);
	node_forget(w, n);
}

void node_note(struct sim_world *w, const struct sim_node *n, enum io_watch_kind kind)
{
	if (n->parent)
		sim_watch_note(w, n->parent, kind, n->name);
}

static void node_reserve(struct sim_node *n, size_t len)
{
	size_t old = n->room;

	if (len + 1 <= old)
		return;
	n->room = 2 * (len + 1);
	n->data = sim_realloc(n->data, n->room);
	memset(n->data + old, 0, n->room - old);
}

/* A file without a name takes no part in the count of octets. */
static void node_set_len(struct sim_world *w, struct sim_node *n, size_t len)
{
	node_reserve(n, len);
	if (n->parent)
		w->fs.bytes += len - n->len;
	n->len = len;
	n->data[len] = 0;
}

int node_write(struct sim_world *w, struct sim_node *n, size_t pos, const void *data, size_t len)
{
	size_t end = pos + len, fits = len;
	int rc = 0;

	if (w->fs_bytes_max && end > n->len && w->fs.bytes + (end - n->len) > w->fs_bytes_max) {
		size_t left = w->fs_bytes_max > w->fs.bytes ? w->fs_bytes_max - w->fs.bytes : 0;

		fits = n->len + left > pos ? n->len + left - pos : 0;
		rc = -ENOSPC;
	}
	n->mtime_ns = sim_wall(w);
	if (fits == 0)
		return rc;
	if (pos + fits > n->len)
		node_set_len(w, n, pos + fits);
	memcpy(n->data + pos, data, fits);
	if (pos < n->synced)
		n->synced = pos;
	return rc;
}

void node_truncate(struct sim_world *w, struct sim_node *n, size_t len)
{
	size_t old = n->len;

	node_set_len(w, n, len);
	if (len > old)
		memset(n->data + old, 0, len - old);
	else
		memset(n->data + len, 0, old - len);
	if (len < n->synced)
		n->synced = len;
	n->mtime_ns = sim_wall(w);
}

/* ---- paths ---- */

/* One name off the front of *path; false at the end. Names "." are left out. */
static bool path_next(const char **path, char name[SIM_NAME_MAX + 1], bool *too_long)
{
	size_t len;

	do {
		*path += strspn(*path, "/");
		len = strcspn(*path, "/");
		if (len == 0)
			return false;
		*too_long = len > SIM_NAME_MAX;
		if (*too_long)
			return true;
		memcpy(name, *path, len);
		name[len] = 0;
		*path += len;
	} while (strcmp(name, ".") == 0);
	return true;
}

int node_walk(struct sim_world *w, const char *path, struct sim_node **dir,
	      char name[SIM_NAME_MAX + 1])
{
	struct sim_node *at = w->fs.root;
	char next[SIM_NAME_MAX + 1];
	bool too_long = false;

	name[0] = 0;
	*dir = at;
	while (path_next(&path, next, &too_long)) {
		if (too_long)
			return -ENAMETOOLONG;
		if (!at)
			return -ENOENT;
		if (at->kind != NODE_DIR)
			return -ENOTDIR;
		*dir = at;
		memcpy(name, next, sizeof(next));
		if (strcmp(next, "..") == 0)
			at = at->parent ? at->parent : at;
		else
			at = node_child(at, next);
	}
	return 0;
}

struct sim_node *sim_fs_find(struct sim_world *w, const char *path)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir;

	if (node_walk(w, path, &dir, name) != 0)
		return NULL;
	if (name[0] == 0)
		return w->fs.root;
	if (strcmp(name, "..") == 0)
		return dir->parent ? dir->parent : dir;
	return node_child(dir, name);
}

/* ---- names change ---- */

static int rename_check(const struct sim_node *n, const struct sim_node *dir,
			const struct sim_node *old)
{
	for (const struct sim_node *up = dir; up; up = up->parent) {
		if (up == n)
			return -EINVAL; /* a directory into itself */
	}
	if (!old)
		return 0;
	if (old->kind == NODE_DIR && n->kind != NODE_DIR)
		return -EISDIR;
	if (old->kind != NODE_DIR && n->kind == NODE_DIR)
		return -ENOTDIR;
	return old->kind == NODE_DIR && old->child_count ? -ENOTEMPTY : 0;
}

static void node_move(struct sim_world *w, struct sim_node *n, struct sim_node *dir,
		      const char *name)
{
	char *copy = sim_alloc(strlen(name) + 1);

	memcpy(copy, name, strlen(name) + 1);
	sim_watch_note(w, n->parent, IO_WATCH_GONE, n->name);
	n->parent->mtime_ns = sim_wall(w);
	child_take(n);
	free(n->name);
	n->name = copy;
	child_insert(dir, n);
	dir->mtime_ns = sim_wall(w);
	sim_watch_note(w, dir, IO_WATCH_MOVED_IN, n->name);
}

int node_rename(struct sim_world *w, const char *from, const char *to)
{
	struct sim_node *n = sim_fs_find(w, from), *dir, *old;
	char name[SIM_NAME_MAX + 1];
	int rc = node_walk(w, to, &dir, name);

	if (!n)
		return -ENOENT;
	if (rc != 0)
		return rc;
	if (!n->parent || name[0] == 0)
		return -EBUSY;
	old = node_child(dir, name);
	if (old == n)
		return 0;
	rc = rename_check(n, dir, old);
	if (rc != 0)
		return rc;
	if (old)
		node_forget(w, old);
	node_move(w, n, dir, name);
	return 0;
}

int node_unlink(struct sim_world *w, const char *path)
{
	struct sim_node *n = sim_fs_find(w, path);

	if (!n)
		return -ENOENT;
	if (n->kind == NODE_DIR)
		return -EISDIR;
	node_remove(w, n);
	return 0;
}

/* ---- helpers for tests ---- */

static struct sim_node *mkdirs(struct sim_world *w, const char *path, bool but_last,
			       char name[SIM_NAME_MAX + 1])
{
	struct sim_node *at = w->fs.root, *next;
	bool too_long = false;

	name[0] = 0;
	while (path_next(&path, name, &too_long)) {
		check(!too_long);
		if (but_last && path[strspn(path, "/")] == 0)
			return at;
		next = node_child(at, name);
		if (!next)
			next = node_add(w, at, NODE_DIR, name, 0755);
		check(next->kind == NODE_DIR);
		at = next;
	}
	return at;
}

void sim_fs_mkdir(struct sim_world *w, const char *path)
{
	char name[SIM_NAME_MAX + 1];

	mkdirs(w, path, false, name);
}

void sim_fs_put_octets(struct sim_world *w, const char *path, const void *data, size_t len)
{
	char name[SIM_NAME_MAX + 1];
	struct sim_node *dir = mkdirs(w, path, true, name);
	struct sim_node *n = node_child(dir, name);

	check(name[0]);
	if (!n)
		n = node_add(w, dir, NODE_FILE, name, 0644);
	check(n->kind == NODE_FILE);
	node_truncate(w, n, 0);
	check(node_write(w, n, 0, data, len) == 0);
	n->synced = n->len;
	node_note(w, n, IO_WATCH_WRITTEN);
}

void sim_fs_put(struct sim_world *w, const char *path, const char *text)
{
	sim_fs_put_octets(w, path, text, strlen(text));
}

const char *sim_fs_text(struct sim_world *w, const char *path, size_t *len)
{
	struct sim_node *n = sim_fs_find(w, path);

	if (!n || n->kind != NODE_FILE)
		return NULL;
	node_reserve(n, n->len);
	if (len)
		*len = n->len;
	return n->data;
}

bool sim_fs_exists(struct sim_world *w, const char *path)
{
	return sim_fs_find(w, path) != NULL;
}

void sim_fs_move(struct sim_world *w, const char *from, const char *to)
{
	char name[SIM_NAME_MAX + 1];

	mkdirs(w, to, true, name);
	check(node_rename(w, from, to) == 0);
}

void sim_fs_remove(struct sim_world *w, const char *path)
{
	check(node_unlink(w, path) == 0);
}

void sim_fs_set_mtime(struct sim_world *w, const char *path, int64_t wall_ns)
{
	struct sim_node *n = sim_fs_find(w, path);

	check(n);
	n->mtime_ns = wall_ns;
	node_note(w, n, IO_WATCH_TOUCHED);
}

uint32_t sim_fs_count(struct sim_world *w, const char *dir)
{
	struct sim_node *n = sim_fs_find(w, dir);

	return n && n->kind == NODE_DIR ? n->child_count : 0;
}

void sim_fs_each(struct sim_world *w, const char *dir, void (*fn)(void *arg, const char *name),
		 void *arg)
{
	struct sim_node *n = sim_fs_find(w, dir);

	check(n && n->kind == NODE_DIR);
	for (uint32_t i = 0; i < n->child_count; i++)
		fn(arg, n->child[i]->name);
}

static int import_file(struct sim_world *w, const char *real_path, const char *path, size_t len)
{
	FILE *f = fopen(real_path, "rb");
	char *data;
	size_t got;

	if (!f)
		return -errno;
	data = sim_alloc(len);
	got = fread(data, 1, len, f);
	fclose(f);
	sim_fs_put_octets(w, path, data, got);
	free(data);
	return got == len ? 0 : -EIO;
}

static int import_dir(struct sim_world *w, const char *real_path, const char *path)
{
	char from[SIM_PATH_MAX], to[SIM_PATH_MAX];
	DIR *d = opendir(real_path);
	struct dirent *e;
	int rc = 0;

	if (!d)
		return -errno;
	sim_fs_mkdir(w, path);
	while (rc == 0 && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(from, sizeof(from), "%s/%s", real_path, e->d_name);
		snprintf(to, sizeof(to), "%s/%s", path, e->d_name);
		rc = sim_fs_import(w, from, to);
	}
	closedir(d);
	return rc;
}

int sim_fs_import(struct sim_world *w, const char *real_path, const char *path)
{
	struct stat st;

	if (stat(real_path, &st) != 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return import_dir(w, real_path, path);
	return import_file(w, real_path, path, (size_t)st.st_size);
}

void sim_fs_limit(struct sim_world *w, size_t bytes_max)
{
	w->fs_bytes_max = bytes_max;
}

/* ---- whole trees ---- */

void sim_fs_init(struct sim_world *w)
{
	w->fs.root = node_make(NODE_DIR, "", 0755);
	w->fs.root->inode = ++w->fs.inode_next;
	w->fs.root->mtime_ns = sim_wall(w);
}

void sim_fs_tree_free(struct sim_node *root)
{
	for (uint32_t i = 0; i < root->child_count; i++)
		sim_fs_tree_free(root->child[i]);
	root->child_count = 0;
	root->parent = NULL;
	sim_node_unref(root);
}

static struct sim_node *tree_copy(struct sim_world *w, const struct sim_node *n, bool synced_only)
{
	struct sim_node *c = node_make(n->kind, n->name, n->mode);
	size_t len = n->len;

	c->mtime_ns = n->mtime_ns;
	c->inode = n->inode;
	if (synced_only && n->synced < len)
		len = (size_t)sim_between(w, (int64_t)n->synced, (int64_t)len);
	if (n->kind == NODE_FILE) {
		node_reserve(c, len);
		if (len > 0)
			memcpy(c->data, n->data, len);
		c->len = c->synced = len;
	}
	for (uint32_t i = 0; i < n->child_count; i++)
		child_insert(c, tree_copy(w, n->child[i], synced_only));
	return c;
}

static size_t tree_bytes(const struct sim_node *n)
{
	size_t sum = n->len;

	for (uint32_t i = 0; i < n->child_count; i++)
		sum += tree_bytes(n->child[i]);
	return sum;
}

struct sim_fs *sim_fs_snapshot(struct sim_world *w, bool synced_only)
{
	struct sim_fs *fs = sim_alloc(sizeof(*fs));

	fs->root = tree_copy(w, w->fs.root, synced_only);
	fs->bytes = tree_bytes(fs->root);
	fs->inode_next = w->fs.inode_next;
	return fs;
}

void sim_fs_restore(struct sim_world *w, const struct sim_fs *fs)
{
	sim_watch_detach_all(w);
	for (size_t i = 0; i < SIM_FDS; i++) {
		if (w->fds[i].node)
			sim_node_unref(w->fds[i].node);
		w->fds[i] = (struct sim_fd){0};
	}
	sim_fs_tree_free(w->fs.root);
	w->fs.root = tree_copy(w, fs->root, false);
	w->fs.bytes = fs->bytes;
	w->fs.inode_next = fs->inode_next;
}

void sim_fs_free(struct sim_fs *fs)
{
	if (!fs)
		return;
	sim_fs_tree_free(fs->root);
	free(fs);
}
