/* engine/io/io.h - the only door to time, chance, sockets, files and threads.
 *
 * Two backends implement it, chosen at link time: engine/io/io_uring*.c with io_posix*.c (the kernel),
 * and tests/sim/io_sim*.c (virtual clock, in-memory network and files, seeded order and faults).
 *
 * A struct io is one event loop: one thread, one ring, and everything opened on it. All calls are for
 * the loop's own thread (or, before it runs, for the thread that made it), except io_wake and io_stop.
 * Callbacks run on that thread, one after another, never from inside a call that opens, sends or
 * closes.
 *
 * The loop: wait for completions until the deadline of the last turn, dispatch them, read the clock,
 * call the owner's turn function, hand everything that was sent to the kernel in one submission.
 *
 * Errors are negative errno values. */
#ifndef RINGER_IO_IO_H
#define RINGER_IO_IO_H

#include "engine/base/metric.h"
#include "engine/base/slice.h"
#include "engine/io/addr.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

struct io;

/* What a test may make fail: asked before each such operation, answers 0 or a negative errno. */
enum io_op {
	IO_OP_CREATE,
	IO_OP_UDP_OPEN,
	IO_OP_UDP_SEND,
	IO_OP_UDP_RECV,
	IO_OP_LISTEN,
	IO_OP_ACCEPT,
	IO_OP_CONNECT,
	IO_OP_STREAM_SEND,
	IO_OP_STREAM_RECV,
	IO_OP_FS_OPEN,
	IO_OP_FS_READ,
	IO_OP_FS_WRITE,
	IO_OP_FS_SYNC,
	IO_OP_FS_RENAME,
	IO_OP_FS_UNLINK,
	IO_OP_FS_META, /* stat, mkdir, set times, list */
	IO_OP_WATCH,
	IO_OP_COUNT,
};
typedef int (*io_fail_fn)(void *arg, enum io_op op);

struct io_conf {
	const char *name;        /* thread name, at most 15 characters; kept */
	struct metrics *metrics; /* the loop's own counters; required */
	uint32_t udp_max;        /* sockets: 0 for none */
	uint32_t stream_max;     /* connections: 0 for none */
	uint32_t big_buffers;    /* receive buffers of 64 KiB (SIP), lazily touched; power of two or 0 */
	uint32_t small_buffers;  /* receive buffers of 2 KiB (RTP, streams); power of two or 0 */
	size_t stream_out_max;   /* bytes one stream may have queued for output */
	/* Before the loop runs, SIP and TCP ports in use are asked for again for so long: after a crash
	 * the kernel lets go of them a moment later. */
	int64_t bind_patience_ns;
	int cpu;                 /* pin the thread to this CPU; -1: no */
	io_fail_fn fail;         /* NULL outside tests */
	void *fail_arg;
};

/* One-time check of what the kernel offers. 0, or a negative errno with a text that says what is
 * missing and how to mend it. `text` also describes what was found on success. */
int io_probe(struct sink *text);

/* 0, -ENOMEM, or what the kernel said. The ring itself may be made only when the loop starts to run. */
int io_create(struct io **out, const struct io_conf *conf);
/* Closes all that is still open on it. Not while it runs. */
void io_destroy(struct io *io);

/* Called once a turn; returns the instant by which it wants to be called again (TMR_NEVER: only on
 * I/O or wake; now_ns or earlier: at once). */
typedef int64_t (*io_turn_fn)(void *owner, int64_t now_ns);

/* Runs the loop in a thread of its own (simulator: under its scheduler). */
int io_start(struct io *io, io_turn_fn turn, void *owner);
/* Runs it in the calling thread until io_stop. */
int io_run(struct io *io, io_turn_fn turn, void *owner);
/* Asks the loop to end after its current turn. Any thread. */
void io_stop(struct io *io);
/* Waits for the thread of io_start to end. */
void io_join(struct io *io);
/* Ends the wait of a sleeping loop (or makes its next wait return at once). Any thread. */
void io_wake(struct io *io);

/* ---- time and chance ---- */

/* Monotonic, read once per turn. */
int64_t io_now_ns(const struct io *io);
/* Monotonic, read now: for measuring within a turn and for pacing media. */
int64_t io_clock_ns(const struct io *io);
/* Wall clock, ns since 1970. */
int64_t io_wall_ns(const struct io *io);
/* Local civil time of a wall instant (simulator: UTC). */
void io_local_time(const struct io *io, int64_t wall_ns, struct tm *out);
/* Strong random octets: seeds, keys, session cookies (simulator: seeded). */
void io_random(struct io *io, void *dst, size_t len);
/* This process: pid (simulator: a number that changes with each restart). */
int64_t io_pid(const struct io *io);
/* Host name into buf, NUL-terminated. */
void io_host_name(const struct io *io, char *buf, size_t size);

/* How routers and switches are asked to treat what a socket sends: tos, cos of pjsip.conf. */
struct io_mark {
	uint8_t dscp;	  /* 0..63: in the IP header (RFC 2474) */
	uint8_t priority; /* 0..7: of the packets in this machine, and so in an 802.1Q tag; 0: by
			     dscp */
};

/* ---- UDP ---- */

struct io_udp;

enum io_udp_kind { IO_UDP_SIP, IO_UDP_RTP }; /* big or small receive buffers */

struct io_udp_conf {
	struct addr local; /* port 0: any */
	enum io_udp_kind kind;
	bool reuse_port;       /* several shards share the port */
	int rcvbuf_bytes;      /* 0: the default of the kind */
};

/* data is valid during the call only. */
typedef void (*io_udp_fn)(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			  size_t len);

/* 0, -EADDRINUSE, -EMFILE, -ENOBUFS (table full), ... */
int io_udp_open(struct io *io, struct io_udp **out, const struct io_udp_conf *conf, io_udp_fn fn,
		void *arg);
/* No callback comes after this returns; the slot is reused when the kernel let go of it. */
void io_udp_close(struct io_udp *u);
const struct addr *io_udp_local(const struct io_udp *u);
/* For what is sent from now on; without an effect if it is so already. 0, or -EPERM: priority 7 may
 * be for the superuser alone; the other half is in force then. */
int io_udp_mark(struct io_udp *u, struct io_mark mark);
/* Copies data and queues it for this turn's submission. 0 or -EMSGSIZE, -ENOBUFS (counted). */
int io_udp_send(struct io_udp *u, const struct addr *to, const void *data, size_t len);
/* The local address that the kernel would use towards `to` (port untouched). Not on a hot path. */
int io_local_addr(struct io *io, const struct addr *to, struct addr *out);

/* ---- streams: TCP and Unix sockets ---- */

struct io_stream;
struct io_listener;

struct io_stream_handler {
	/* Data came; valid during the call only. */
	void (*data)(void *arg, struct io_stream *s, const void *data, size_t len);
	/* The far end closed or the connection broke (error 0: orderly). The owner still has to call
	 * io_stream_close. Also after a failed connect. */
	void (*closed)(void *arg, struct io_stream *s, int error);
	/* The output queue ran empty after having held something. May be NULL. */
	void (*drained)(void *arg, struct io_stream *s);
	/* io_connect succeeded. May be NULL for accepted streams. */
	void (*connected)(void *arg, struct io_stream *s);
};

/* A new connection. The owner sets a handler or closes the stream within the call. */
typedef void (*io_accept_fn)(void *arg, struct io_stream *s, const struct addr *peer);

/* 0, -EADDRINUSE, ... */
int io_listen_tcp(struct io *io, struct io_listener **out, const struct addr *local,
		  io_accept_fn fn, void *arg);
/* Removes a stale socket file first (one that nobody listens on; else -EADDRINUSE). mode: permissions
 * of the socket file. */
int io_listen_unix(struct io *io, struct io_listener **out, const char *path, unsigned mode,
		   io_accept_fn fn, void *arg);
/* How connections are accepted from now on, as io_udp_mark. What is sent over them is marked by
 * io_stream_mark. */
int io_listener_mark(struct io_listener *l, struct io_mark mark);
const struct addr *io_listener_local(const struct io_listener *l); /* with the port that was given */
void io_listener_close(struct io_listener *l);                     /* removes a Unix socket file */

int io_connect_tcp(struct io *io, struct io_stream **out, const struct addr *to,
		   const struct io_stream_handler *handler, void *arg);
int io_connect_unix(struct io *io, struct io_stream **out, const char *path,
		    const struct io_stream_handler *handler, void *arg);

/* Of TCP; before the turn of io_connect_tcp ends also for its first packet. As io_udp_mark. */
int io_stream_mark(struct io_stream *s, struct io_mark mark);
void io_stream_set_handler(struct io_stream *s, const struct io_stream_handler *handler, void *arg);
/* Copies data to the output queue, which goes out at the end of the turn in one write. 0,
 * -ENOBUFS when the queue would grow above stream_out_max (nothing is queued then), -EPIPE when
 * the stream is closed. */
int io_stream_send(struct io_stream *s, const void *data, size_t len);
size_t io_stream_queued(const struct io_stream *s);
/* Octets that a send may have now. */
size_t io_stream_room(const struct io_stream *s);
/* Stops or resumes reading (back-pressure on the far end). Data already received may still come. */
void io_stream_pause(struct io_stream *s, bool paused);
/* No callback comes after this. flush: what is queued is written first (up to 5 s). */
void io_stream_close(struct io_stream *s, bool flush);
const struct addr *io_stream_peer(const struct io_stream *s);
const struct addr *io_stream_local(const struct io_stream *s);
/* A small number for people (the descriptor): "manager show connected". */
int io_stream_number(const struct io_stream *s);

/* ---- files: synchronous, for worker loops and for boot; a call shard never uses them ---- */

enum io_fs_flags {
	IO_FS_READ = 1,
	IO_FS_WRITE = 2,
	IO_FS_APPEND = 4, /* writes go to the end */
	IO_FS_CREATE = 8,
	IO_FS_EXCL = 16,
	IO_FS_TRUNC = 32,
};

struct io_fs_stat {
	int64_t size_bytes;
	int64_t mtime_ns; /* wall */
	uint64_t inode;
	uint32_t mode;    /* permission bits */
	bool is_regular;  /* a symbolic link is followed */
	bool is_dir;
};

int io_fs_open(struct io *io, const char *path, unsigned flags, unsigned mode); /* fd or -errno */
void io_fs_close(struct io *io, int fd);
ssize_t io_fs_read(struct io *io, int fd, void *dst, size_t len); /* 0 at the end */
ssize_t io_fs_pread(struct io *io, int fd, void *dst, size_t len, int64_t offset);
/* Writes all or fails: returns len, or -errno after a short write was tried again. */
ssize_t io_fs_write(struct io *io, int fd, const void *data, size_t len);
int io_fs_sync(struct io *io, int fd);
int io_fs_truncate(struct io *io, int fd, int64_t size_bytes); /* counts as IO_OP_FS_WRITE */
int io_fs_fstat(struct io *io, int fd, struct io_fs_stat *out);
int io_fs_stat(struct io *io, const char *path, struct io_fs_stat *out);
int io_fs_set_mtime(struct io *io, int fd, int64_t wall_ns);
/* The path without links and dots: it and all that leads to it must exist. 0, -ENAMETOOLONG, ... */
int io_fs_real_path(struct io *io, const char *path, char *dst, size_t size); /* as IO_OP_FS_META */
int io_fs_rename(struct io *io, const char *from, const char *to);
int io_fs_unlink(struct io *io, const char *path);
int io_fs_mkdir(struct io *io, const char *path, unsigned mode); /* -EEXIST if there */
/* Calls fn for each name but . and ..; a non-zero answer stops the walk and is returned. */
typedef int (*io_fs_list_fn)(void *arg, const char *name);
int io_fs_list(struct io *io, const char *dir, io_fs_list_fn fn, void *arg);
/* Whole file into malloc'ed memory with a NUL behind; the caller frees it. -EFBIG above max. */
int io_fs_load(struct io *io, const char *path, size_t max, char **text, size_t *len);

/* ---- directory watch ---- */

struct io_watch;

enum io_watch_kind {
	IO_WATCH_MOVED_IN,
	IO_WATCH_CREATED,
	IO_WATCH_WRITTEN, /* closed after writing */
	IO_WATCH_TOUCHED, /* attributes changed */
	IO_WATCH_GONE,    /* deleted or moved away */
	IO_WATCH_LOST,    /* notifications were lost: scan; name is empty */
};

typedef void (*io_watch_fn)(void *arg, enum io_watch_kind kind, const char *name);
int io_watch_open(struct io *io, struct io_watch **out, const char *dir, io_watch_fn fn, void *arg);
void io_watch_close(struct io_watch *w);

#endif
