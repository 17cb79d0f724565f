/* tests/sim/sim.h - a world in which the engine runs on virtual time, in one thread.
 *
 * The world implements engine/io/io.h: clocks, chance, loops, datagrams, streams, files. It holds an
 * event heap and the loops that were started; each step takes the earliest thing that can happen,
 * moves the clock there and lets it happen. What is left open (which of two ready loops runs first,
 * how long a datagram travels, how many octets a read returns) is drawn from a generator seeded once:
 * equal seeds give equal runs, and the trace hash shows it.
 *
 * One world exists at a time (io_create has no argument for it): sim_world_current.
 * Times are ns; `at` and `now` are monotonic and begin at SIM_EPOCH_NS. */
#ifndef RINGER_TESTS_SIM_SIM_H
#define RINGER_TESTS_SIM_SIM_H

#include "engine/base/rng.h"
#include "engine/io/io.h"

#include <stdio.h>

#define SIM_EPOCH_NS  INT64_C(1000000000)
#define SIM_WALL_NS   INT64_C(1767225600000000000) /* 2026-01-01 00:00:00 UTC, at SIM_EPOCH_NS */
#define SIM_US        INT64_C(1000)
#define SIM_MS        INT64_C(1000000)
#define SIM_SECOND    INT64_C(1000000000)

struct sim_world;

/* Makes the world and sets the logger's clock to it. Never fails (out of memory ends the test). */
struct sim_world *sim_world_create(uint64_t seed);
/* Loops must have been destroyed. Frees everything else. */
void sim_world_destroy(struct sim_world *w);
struct sim_world *sim_world_current(void);

int64_t sim_now(const struct sim_world *w);
int64_t sim_wall(const struct sim_world *w);
/* The administrator sets the clock: the wall clock jumps, the monotonic does not. */
void sim_wall_step(struct sim_world *w, int64_t delta_ns);
struct rng *sim_rng(struct sim_world *w);

/* ---- running ---- */

/* The next event or turn of a loop. False: nothing will ever happen again by itself. */
bool sim_world_step(struct sim_world *w);
typedef bool (*sim_until_fn)(void *arg);
/* Steps until fn(arg) is true (asked after each step; NULL: never), or the clock would pass `at`;
 * the clock is then set to `at`. True if fn was true. */
bool sim_run_until(struct sim_world *w, sim_until_fn fn, void *arg, int64_t at);
void sim_run_for(struct sim_world *w, int64_t duration_ns);
uint64_t sim_steps(const struct sim_world *w);

/* Calls fn(arg) at the instant `at` (now if past). Equal instants: in the order of these calls. */
typedef void (*sim_event_fn)(struct sim_world *w, void *arg);
void sim_at(struct sim_world *w, int64_t at, sim_event_fn fn, void *arg);
void sim_after(struct sim_world *w, int64_t delay_ns, sim_event_fn fn, void *arg);

/* ---- trace ---- */

/* Hashes a happening: instant, kind and octets. `kind` is a short literal. */
void sim_trace(struct sim_world *w, const char *kind, const void *data, size_t len);
void sim_trace_fmt(struct sim_world *w, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t sim_trace_hash(const struct sim_world *w);
/* Every happening also as a line; NULL ends it. */
void sim_trace_print(struct sim_world *w, FILE *to);

/* ---- hosts and loops ---- */

/* A machine of the world: its addresses 10.0.0.<n+1> and fd00::<n+1>, its loopback, its process id.
 * Host 0 exists from the start. Loops made later belong to the host named last by sim_host_use. */
uint32_t sim_host_add(struct sim_world *w, const char *name);
void sim_host_use(struct sim_world *w, uint32_t host);
struct addr sim_host_addr(const struct sim_world *w, uint32_t host, uint16_t port);
/* The process was started again: io_pid changes. */
void sim_host_restart(struct sim_world *w, uint32_t host);
/* Loops of the host get no turn until the instant `at` (INT64_MAX: for ever). */
void sim_host_freeze(struct sim_world *w, uint32_t host, int64_t at);
/* One of them: its thread gets no processor. */
void sim_loop_freeze(struct io *io, int64_t at);
/* The process dies: its loops end where they are, without a further turn. What it had open stays until
 * io_destroy. Not from inside a turn of such a loop. */
void sim_host_kill(struct sim_world *w, uint32_t host);

struct sim_cpu {
	int64_t turn_min_ns, turn_max_ns; /* time that one turn takes */
	uint32_t hiccup_permille;         /* turns that take hiccup_ns instead */
	int64_t hiccup_ns;
};
void sim_cpu_set(struct sim_world *w, const struct sim_cpu *cpu);

/* ---- datagrams ---- */

struct sim_link {
	int64_t delay_min_ns, delay_max_ns;
	uint32_t loss_permille;
	uint32_t dup_permille;
	uint32_t reorder_permille; /* those delayed by reorder_ns more */
	int64_t reorder_ns;
	uint32_t corrupt_permille; /* those with one octet changed */
	bool in_order;             /* none overtakes another of the same rule */
};
/* For what no rule matches. At the start: 1 ms, perfect. */
void sim_net_default(struct sim_world *w, const struct sim_link *link);
/* Datagrams from `from` to `to` (each: family 0 any; port 0 any port); the rule added last wins. */
void sim_net_rule(struct sim_world *w, const struct addr *from, const struct addr *to,
		  const struct sim_link *link);
void sim_net_rules_clear(struct sim_world *w);

enum sim_verdict { SIM_PASS, SIM_DROP, SIM_TWICE, SIM_SLOW }; /* SLOW: reorder by 50 ms */
/* Sees each datagram when it is sent; decides before link and rules do. Also a tap for oracles. */
typedef enum sim_verdict (*sim_tap_fn)(void *arg, const struct addr *from, const struct addr *to,
				       const void *data, size_t len);
void sim_net_tap(struct sim_world *w, sim_tap_fn fn, void *arg);
/* How what is sent from that address is marked; a socket must be bound there. */
struct io_mark sim_udp_mark(const struct sim_world *w, const struct addr *local);
/* A datagram from nowhere: no socket has to be bound to `from`. */
void sim_net_inject(struct sim_world *w, const struct addr *from, const struct addr *to,
		    const void *data, size_t len);

struct sim_net_stats {
	uint64_t sent, delivered, lost, duplicated, corrupted, unreachable, overrun;
};
void sim_net_stats(const struct sim_world *w, struct sim_net_stats *out);

/* ---- names ---- */

/* What the name servers of this world say, in place of engine/io/dns_client.h's kernel side. A
 * record as a zone file has it, the type first: "A 10.0.0.2", "AAAA fd00::2", "CNAME
 * other.example", "SRV 10 60 5060 host.example", "NAPTR 10 50 s SIP+D2U _sip._udp.example". Names
 * end without a dot. A name that has any record exists; else the answer is NXDOMAIN. Both carry a
 * SOA of 60 s. */
void sim_dns_put(struct sim_world *w, const char *name, uint32_t ttl_s, const char *record);
/* Takes the name away with all its records. */
void sim_dns_remove(struct sim_world *w, const char *name);

struct sim_dns_weather {
	int64_t delay_min_ns, delay_max_ns; /* of an answer; at the start 1 ms */
	uint32_t loss_permille;		    /* of each try */
	uint32_t refuse_permille;	    /* answers that are SERVFAIL */
	bool is_dead;			    /* nobody answers */
	const char *breaks_at; /* a question for this name fails at once, and with it all that are
				* on their way; NULL: none */
};
void sim_dns_set(struct sim_world *w, const struct sim_dns_weather *weather);
/* Questions asked since the start. */
uint64_t sim_dns_questions(const struct sim_world *w);

/* ---- streams ---- */

struct sim_stream_conf {
	int64_t delay_min_ns, delay_max_ns;
	uint32_t piece_max;    /* octets per read at most; 0: per connection by seed, 1 .. all */
	uint32_t window_bytes; /* octets sent and not yet read by the far end */
	int64_t timeout_ns;    /* until unacknowledged data breaks a connection: -ETIMEDOUT */
};
void sim_stream_default(struct sim_world *w, const struct sim_stream_conf *conf);
/* How what the end `from` of an open connection sends to its end `to` is marked. */
struct io_mark sim_stream_mark(const struct sim_world *w, const struct addr *from,
			       const struct addr *to);
/* The far end's machine disappeared: nothing arrives at s or leaves it, nobody is told. */
void sim_stream_vanish(struct io_stream *s);
/* The connection breaks at once for both ends: -ECONNRESET. */
void sim_stream_reset(struct io_stream *s);

/* ---- files ---- */

/* Helpers for tests; they never fail by injection and end the test when misused. Directories on the
 * way are made. Changes notify watches like those of a process. */
void sim_fs_mkdir(struct sim_world *w, const char *path);
void sim_fs_put(struct sim_world *w, const char *path, const char *text);
void sim_fs_put_octets(struct sim_world *w, const char *path, const void *data, size_t len);
/* NUL-terminated, valid until the file changes; NULL: no such file. */
const char *sim_fs_text(struct sim_world *w, const char *path, size_t *len);
bool sim_fs_exists(struct sim_world *w, const char *path);
void sim_fs_move(struct sim_world *w, const char *from, const char *to);
void sim_fs_remove(struct sim_world *w, const char *path);
void sim_fs_set_mtime(struct sim_world *w, const char *path, int64_t wall_ns);
/* Entries of a directory; 0 if there is none. */
uint32_t sim_fs_count(struct sim_world *w, const char *dir);
/* Calls fn for each entry in alphabetical order. */
void sim_fs_each(struct sim_world *w, const char *dir, void (*fn)(void *arg, const char *name),
		 void *arg);
/* Copies a real file or directory (read with libc) into the world. 0 or -errno. */
int sim_fs_import(struct sim_world *w, const char *real_path, const char *path);

/* Octets that files may hold in sum before writes fail with -ENOSPC; 0: no limit. */
void sim_fs_limit(struct sim_world *w, size_t bytes_max);
/* Notifications that wait at most per watch; more are lost and IO_WATCH_LOST says so. */
void sim_watch_limit(struct sim_world *w, uint32_t notes_max);

/* Asked before each operation of loops on files, with its number since the start. 0: goes on;
 * negative errno: fails with it; SIM_DISK_FREEZE: takes effect, and the loop that called gets no
 * further turn until sim_disk_thaw. */
#define SIM_DISK_FREEZE 1
typedef int (*sim_disk_fn)(void *arg, enum io_op op, const char *path, uint64_t nth);
void sim_disk_hook(struct sim_world *w, sim_disk_fn fn, void *arg);
void sim_disk_thaw(struct sim_world *w);
uint64_t sim_disk_ops(const struct sim_world *w);

struct sim_disk_conf {
	int64_t sync_min_ns, sync_max_ns; /* time a sync takes from the turn that calls it */
	int64_t op_min_ns, op_max_ns;     /* any other operation */
};
void sim_disk_set(struct sim_world *w, const struct sim_disk_conf *conf);

/* What a disk holds. synced_only: as after a power failure, appended octets since the last sync of a
 * file survive only up to a seeded point; names (create, rename, unlink) survive in order. */
struct sim_fs;
struct sim_fs *sim_fs_snapshot(struct sim_world *w, bool synced_only);
/* Open descriptors and watches of before are dead after this. The snapshot can be used again. */
void sim_fs_restore(struct sim_world *w, const struct sim_fs *fs);
void sim_fs_free(struct sim_fs *fs);

/* SQLite's files are in this world; from here on they are real ones again. */
void sim_sqlite_use_real(void);

/* ---- injected faults ---- */

/* Off (all zero) at the start; applies to loops of one host. io_conf.fail is asked first. */
struct sim_faults {
	uint32_t permille[IO_OP_COUNT];
	uint32_t short_read_permille; /* io_fs_read and stream reads that give less than is there */
	uint32_t watch_lost_permille; /* notifications that become IO_WATCH_LOST */
};
void sim_faults_set(struct sim_world *w, uint32_t host, const struct sim_faults *faults);
/* The error that the injector uses for an operation: -ENOBUFS, -EMFILE, -ENOSPC ... */
int sim_fault_error(enum io_op op);
uint64_t sim_faults_count(const struct sim_world *w);

#endif
