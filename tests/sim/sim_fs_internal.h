/* tests/sim/sim_fs_internal.h - the tree of files, for io_sim_fs.c and sim_fs.c. */
#ifndef RINGER_TESTS_SIM_SIM_FS_INTERNAL_H
#define RINGER_TESTS_SIM_SIM_FS_INTERNAL_H

#include "tests/sim/sim_internal.h"

#define SIM_NAME_MAX 255
#define SIM_PATH_MAX 4096

enum sim_node_kind { NODE_FILE, NODE_DIR, NODE_SOCKET };

struct sim_node {
	enum sim_node_kind kind;
	uint32_t refs; /* the tree, descriptors, watches */
	char *name;
	struct sim_node *parent;
	struct sim_node **child; /* of a directory, by name */
	uint32_t child_count, child_room;
	char *data; /* of a file, a NUL behind */
	size_t len, room;
	size_t synced; /* octets that a power failure leaves */
	int64_t mtime_ns;
	uint64_t inode;
	uint32_t mode;
};

/* The directory of a path and its last name. 0, -ENOENT, -ENOTDIR, -ENAMETOOLONG. */
int node_walk(struct sim_world *w, const char *path, struct sim_node **dir,
	      char name[SIM_NAME_MAX + 1]);
struct sim_node *node_child(const struct sim_node *dir, const char *name);
struct sim_node *node_add(struct sim_world *w, struct sim_node *dir, enum sim_node_kind kind,
			  const char *name, uint32_t mode);
/* Takes it out of its directory (its name ends) and lets it go. */
void node_remove(struct sim_world *w, struct sim_node *n);
/* 0 or -ENOSPC with what fitted written. */
int node_write(struct sim_world *w, struct sim_node *n, size_t pos, const void *data, size_t len);
void node_truncate(struct sim_world *w, struct sim_node *n, size_t len);
/* Notifies the watches of the directory the node stands in. */
void node_note(struct sim_world *w, const struct sim_node *n, enum io_watch_kind kind);
int node_rename(struct sim_world *w, const char *from, const char *to);
int node_unlink(struct sim_world *w, const char *path);

#endif
