/* tests/sim/sim_internal.h - the parts of the world, for io_sim*.c and sim_world.c only. */
#ifndef RINGER_TESTS_SIM_SIM_INTERNAL_H
#define RINGER_TESTS_SIM_SIM_INTERNAL_H

#include "engine/base/check.h"
#include "engine/base/list.h"
#include "engine/io/dns.h"
#include "tests/sim/sim.h"

#include <errno.h>

#define SIM_HOSTS       64
#define SIM_RULES       64
#define SIM_FDS         4096
#define SIM_ZONE_RECORDS 256
#define SIM_PORT_BUCKETS 4096
#define SIM_NEVER       INT64_MAX

struct sim_event {
	int64_t at;
	uint64_t seq;
	sim_event_fn fn;
	void *arg;
	bool always; /* runs also when the world ends: it frees what it carries */
};

struct sim_host {
	char name[64];
	int64_t pid;
	int64_t frozen_until;
	struct sim_faults faults;
};

struct sim_rule {
	struct addr from, to;
	struct sim_link link;
	int64_t last_at; /* in_order: arrival of the one before */
};

struct sim_zone_record {
	char name[DNS_NAME_ROOM], text[2 * DNS_NAME_ROOM];
	uint32_t ttl_s;
};

struct sim_node;

struct sim_fd {
	struct sim_node *node; /* NULL: closed */
	struct io *io;
	unsigned flags;
	size_t pos;
	bool wrote;
};

struct sim_fs {
	struct sim_node *root;
	size_t bytes;
	uint64_t inode_next;
};

struct sim_world {
	struct rng rng;
	uint64_t seed;
	int64_t now;
	int64_t wall_offset;
	uint64_t seq, steps;
	uint64_t steps_here; /* at this instant: a world that does not move on is a bug */

	struct sim_event *heap;
	size_t heap_count, heap_room;

	uint64_t trace;
	FILE *trace_to;

	struct list loops; /* struct io.node */
	uint32_t loop_count;
	struct sim_host hosts[SIM_HOSTS];
	uint32_t host_count, host_use;
	struct sim_cpu cpu;
	uint64_t fault_count;

	struct list ports[SIM_PORT_BUCKETS]; /* struct io_udp.port_node */
	struct sim_rule rules[SIM_RULES];
	uint32_t rule_count;
	struct sim_rule rule_default;
	sim_tap_fn tap;
	void *tap_arg;
	struct sim_net_stats net;

	struct sim_zone_record zone[SIM_ZONE_RECORDS];
	uint32_t zone_count;
	struct sim_dns_weather dns;
	uint64_t dns_questions;

	struct sim_stream_conf stream;
	struct list listeners; /* struct io_listener.world_node */
	uint32_t stream_numbers[64]; /* bit set of descriptor numbers in use */

	struct sim_fs fs;
	size_t fs_bytes_max;
	uint32_t notes_max;
	struct sim_fd fds[SIM_FDS];
	struct list watches; /* struct io_watch.world_node */
	struct sim_disk_conf disk;
	sim_disk_fn disk_fn;
	void *disk_arg;
	uint64_t disk_ops;
};

/* Something that a loop dispatches in its next turn, embedded in what it is about. */
struct sim_done {
	struct list node; /* in io.ready; self-linked when not posted */
	void *owner;      /* completions of one owner stay in order */
	void (*run)(struct sim_done *d);
	void (*drop)(struct sim_done *d); /* frees it unrun; may be NULL */
};

enum sim_loop_state { LOOP_IDLE, LOOP_RUNNING, LOOP_ENDED };

struct io {
	struct sim_world *w;
	struct list node;
	struct io_conf conf;
	uint32_t index; /* order of creation */
	uint32_t host;
	enum sim_loop_state state;
	io_turn_fn turn;
	void *turn_owner;
	bool woken, stop, in_turn;
	int64_t deadline; /* next turn wanted */
	int64_t busy_until;
	int64_t now;      /* as read at the begin of the turn */
	int64_t spent;    /* by file operations in this turn */
	bool frozen;      /* by the disk */
	uint32_t udp_waiting; /* datagrams in `ready` */

	struct list ready; /* struct sim_done.node */
	struct list udps, streams, listeners, watches;
	uint32_t udp_count, stream_count;
	struct list pushes; /* struct io_stream.push_node: have output */
};

/* sim_world.c */
void *sim_alloc(size_t bytes);
void *sim_realloc(void *p, size_t bytes);
void sim_at_always(struct sim_world *w, int64_t at, sim_event_fn fn, void *arg);
int64_t sim_between(struct sim_world *w, int64_t least, int64_t most);
void sim_done_init(struct sim_done *d, void *owner, void (*run)(struct sim_done *),
		   void (*drop)(struct sim_done *));
void sim_done_post(struct io *io, struct sim_done *d);
void sim_done_cancel(struct sim_done *d);
/* Drops all completions of one owner that wait on the loop. */
void sim_done_cancel_owner(struct io *io, const void *owner);
/* One turn of a loop that is due. */
void sim_loop_turn(struct io *io);
/* Instant at which the loop can run, SIM_NEVER if nothing calls it. */
int64_t sim_loop_due(const struct io *io);

/* io_sim.c */
/* Asks io_conf.fail and the injector. 0 or a negative errno. */
int sim_fail(struct io *io, enum io_op op);
bool sim_short_read(struct io *io);

/* io_sim_sqlite.c */
void sim_sqlite_use(struct sim_world *w);

/* io_sim_udp.c */
bool sim_addr_is_unset(const struct addr *a);
bool sim_addr_same(const struct addr *a, const struct addr *b); /* without the port */
struct addr sim_addr_any(uint8_t family);
bool sim_addr_is_of(const struct sim_world *w, uint32_t host, const struct addr *a);
/* The host that `to` names, seen from `host` (loopback is oneself); UINT32_MAX: nobody. */
uint32_t sim_host_of(const struct sim_world *w, uint32_t host, const struct addr *to);
struct addr sim_source_addr(const struct sim_world *w, uint32_t host, const struct addr *to);
void sim_udp_close_all(struct io *io);

/* io_sim_stream.c */
void sim_stream_flush(struct io *io);
void sim_stream_close_all(struct io *io);

/* sim_chance.c */
void sim_chance_seed(uint64_t seed);

/* io_sim_fs.c */
/* Every operation on the disk begins with it. 0 or a negative errno. */
int sim_disk_begin(struct io *io, enum io_op op, const char *path);
struct sim_node *sim_fs_find(struct sim_world *w, const char *path);
int sim_fs_make_socket(struct sim_world *w, const char *path, unsigned mode);
int sim_fs_drop(struct sim_world *w, const char *path);
void sim_fs_close_all(struct io *io);
void sim_fs_tree_free(struct sim_node *root);
void sim_fs_init(struct sim_world *w);
bool sim_node_is_dir(const struct sim_node *n);
void sim_node_ref(struct sim_node *n);
void sim_node_unref(struct sim_node *n);

/* io_sim_watch.c */
void sim_watch_note(struct sim_world *w, const struct sim_node *dir, enum io_watch_kind kind,
		    const char *name);
void sim_watch_close_all(struct io *io);
/* The tree was replaced: watches stay open and never speak again. */
void sim_watch_detach_all(struct sim_world *w);

#endif
