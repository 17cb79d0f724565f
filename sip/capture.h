/* sip/capture.h - SIP messages on their way into a pcap file (`pjsip set logger pcap`).
 *
 * Every shard writes into a pipe of its own, one worker empties them all into the file: no shard
 * and no console waits for a disk. Bounded on all sides: a full pipe leaves messages out (counted
 * by the shard), a message is kept up to CAPTURE_SNAP octets, a file grows up to a size. */
#ifndef RINGER_SIP_CAPTURE_H
#define RINGER_SIP_CAPTURE_H

#include "engine/base/slice.h"
#include "engine/io/addr.h"

struct io;
struct capture;

#define CAPTURE_SNAP	   16000
#define CAPTURE_PIPE_BYTES (2 << 20) /* a shard's, that wait for the disk */

/* 0 or -ENOMEM. */
int capture_create(struct capture **out, uint32_t shard_count, int64_t file_max_bytes);
/* When neither a shard nor the worker runs any more: writes what waits, closes. NULL is fine. */
void capture_destroy(struct capture *c, struct io *io);

/* ---- the thread of that shard ---- */

/* False: no room, the message is left out. */
bool capture_note(struct capture *c, uint32_t shard, int64_t wall_ns, const struct addr *from,
		  const struct addr *to, struct slice data);

/* ---- the worker's thread ---- */

/* A new file takes the place of the one that is open, if any; what was noted before does not come
 * into it. An old file of that name is gone. 0 or negative errno. */
int capture_open(struct capture *c, struct io *io, const char *path);
/* Writes what was noted. 0; negative errno, -EFBIG when the file is as long as it may be: it is
 * closed then. Nothing to do if none is open. */
int capture_drain(struct capture *c, struct io *io);
void capture_close(struct capture *c, struct io *io);

#endif
