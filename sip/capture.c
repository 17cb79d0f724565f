/* sip/capture.c - see capture.h. */
#include "sip/capture.h"

#include "engine/base/check.h"
#include "engine/base/pipe.h"
#include "engine/io/io.h"
#include "sip/pcap.h"

#include <errno.h>
#include <stdlib.h>

#define CAPTURE_TURN 8192 /* messages that are written at once: the worker has other work */

struct capture_shard {
	struct pipe *pipe;
	const struct pipe_record *head; /* the worker's: read, not yet taken */
};

struct capture {
	/* the worker's */
	int fd; /* -1: none */
	int64_t file_bytes, file_max_bytes;
	size_t len; /* of what is not written yet */
	char room[64 * 1024];
	/* between it and the shards */
	uint32_t shard_count;
	struct capture_shard shards[];
};

/* In a pipe; the octets that are kept follow. */
struct capture_record {
	int64_t wall_ns;
	struct addr from, to;
	uint32_t len; /* of the whole message */
};

int capture_create(struct capture **out, uint32_t shard_count, int64_t file_max_bytes)
{
	const struct pipe_conf conf = {
		.spare_bytes = CAPTURE_PIPE_BYTES,
		.record_max = sizeof(struct capture_record) + CAPTURE_SNAP,
	};
	struct capture *c = calloc(1, sizeof(*c) + shard_count * sizeof(c->shards[0]));

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->shard_count = shard_count;
	c->file_max_bytes = file_max_bytes;
	for (uint32_t i = 0; i < shard_count; i++) {
		if (pipe_create(&c->shards[i].pipe, &conf)) {
			capture_destroy(c, NULL);
			return -ENOMEM;
		}
	}
	*out = c;
	return 0;
}

void capture_destroy(struct capture *c, struct io *io)
{
	if (!c)
		return;
	if (c->fd >= 0 && capture_drain(c, io) == 0)
		capture_close(c, io);
	for (uint32_t i = 0; i < c->shard_count; i++)
		if (c->shards[i].pipe)
			pipe_destroy(c->shards[i].pipe);
	free(c);
}

bool capture_note(struct capture *c, uint32_t shard, int64_t wall_ns, const struct addr *from,
		  const struct addr *to, struct slice data)
{
	struct slice kept = slice_head(data, CAPTURE_SNAP);
	struct capture_record *r =
		pipe_begin(c->shards[shard].pipe, PIPE_DROPPABLE, 0, sizeof(*r) + kept.len);

	if (!r)
		return false;
	*r = (struct capture_record){
		.wall_ns = wall_ns,
		.from = *from,
		.to = *to,
		.len = (uint32_t)data.len,
	};
	if (kept.len)
		memcpy(r + 1, kept.ptr, kept.len);
	pipe_commit(c->shards[shard].pipe, sizeof(*r) + kept.len);
	UNUSED(pipe_flush(c->shards[shard].pipe)); /* the worker comes by itself */
	return true;
}

/* ---- the file ---- */

static int capture_write(struct capture *c, struct io *io)
{
	ssize_t n = c->len ? io_fs_write(io, c->fd, c->room, c->len) : 0;

	c->file_bytes += (int64_t)c->len;
	c->len = 0;
	return n < 0 ? (int)n : 0;
}

static int64_t capture_time(const struct pipe_record *record)
{
	return ((const struct capture_record *)(const void *)record->data)->wall_ns;
}

static int capture_add(struct capture *c, struct io *io, const struct pipe_record *record)
{
	const struct capture_record *r = (const void *)record->data;
	const struct pcap_packet p = {
		.wall_ns = r->wall_ns,
		.from = r->from,
		.to = r->to,
		.data = slice_make((const char *)(r + 1), record->len - sizeof(*r)),
		.len = r->len,
	};
	struct sink out;
	int err = 0;

	if (c->file_bytes + (int64_t)(c->len + PCAP_PACKET_HEAD + p.data.len) > c->file_max_bytes)
		return -EFBIG;
	if (sizeof(c->room) - c->len < PCAP_PACKET_HEAD + p.data.len)
		err = capture_write(c, io);
	out = sink_make(c->room + c->len, sizeof(c->room) - c->len);
	pcap_write_packet(&out, &p);
	c->len += out.len;
	return err;
}

/* The oldest message that waits: one call's messages may have been seen by two shards. */
static const struct pipe_record *capture_next(struct capture *c)
{
	const struct pipe_record *best = NULL;
	uint32_t of = 0;

	for (uint32_t i = 0; i < c->shard_count; i++) {
		struct capture_shard *s = &c->shards[i];

		if (!s->head)
			s->head = pipe_read(s->pipe); /* stays valid until the next one is read */
		if (s->head && (!best || capture_time(s->head) < capture_time(best))) {
			best = s->head;
			of = i;
		}
	}
	if (best)
		c->shards[of].head = NULL;
	return best;
}

int capture_drain(struct capture *c, struct io *io)
{
	const struct pipe_record *r;
	int err = 0, last;

	if (c->fd < 0)
		return 0;
	for (uint32_t n = 0; !err && n < CAPTURE_TURN && (r = capture_next(c)); n++)
		err = capture_add(c, io, r);
	last = capture_write(c, io);
	err = err ? err : last;
	if (err)
		capture_close(c, io);
	return err;
}

void capture_close(struct capture *c, struct io *io)
{
	if (c->fd >= 0)
		io_fs_close(io, c->fd);
	c->fd = -1;
	c->len = 0;
}

int capture_open(struct capture *c, struct io *io, const char *path)
{
	struct sink out = sink_make(c->room, sizeof(c->room));

	UNUSED(capture_drain(c, io));
	capture_close(c, io);
	while (capture_next(c)) /* what was noted for the file before */
		continue;
	c->fd = io_fs_open(io, path, IO_FS_WRITE | IO_FS_CREATE | IO_FS_TRUNC, 0640);
	if (c->fd < 0)
		return c->fd;
	c->file_bytes = 0;
	pcap_write_head(&out, PCAP_PACKET_HEAD + CAPTURE_SNAP);
	c->len = out.len;
	return capture_drain(c, io);
}
