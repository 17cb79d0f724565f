#include "bench/load/rtpsink.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/slab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#define SETTLE_PACKETS 50 /* the base of a stream is the best of so many */

struct stream {
	struct hash_node node;
	struct addr from;
	uint32_t ssrc, packets;
	uint16_t next_seq;
	uint32_t first_ts;
	int64_t base_ns; /* least (arrival - media time) */
};

struct rtpsink {
	struct io *io;
	struct io_udp *udp;
	bool echo;
	struct slab *streams;
	struct hash by_from;
	struct rtpsink_stats stats;
};

static struct stream *rtpsink_stream(struct rtpsink *s, const struct addr *from, uint32_t ssrc)
{
	uint64_t hash = addr_hash(from, ssrc);
	struct stream *st;

	for (struct hash_node *n = hash_first(&s->by_from, hash); n; n = hash_next(n)) {
		st = hash_entry(n, struct stream, node);
		if (st->ssrc == ssrc && addr_eq(&st->from, from))
			return st;
	}
	st = slab_alloc(s->streams);
	if (!st)
		return NULL;
	st->from = *from;
	st->ssrc = ssrc;
	hash_add(&s->by_from, &st->node, hash);
	s->stats.streams++;
	return st;
}

static void rtpsink_time(struct rtpsink *s, struct stream *st, uint32_t ts, int64_t now)
{
	static const int64_t edges_ms[RTPSINK_LATE] = {1, 5, 10, 20, 60};
	int64_t at = now - (int64_t)(int32_t)(ts - st->first_ts) * 125000;
	int64_t late;

	if (st->packets <= SETTLE_PACKETS && at < st->base_ns)
		st->base_ns = at;
	late = at - st->base_ns;
	if (late > s->stats.worst_ns)
		s->stats.worst_ns = late;
	for (int i = 0; i < RTPSINK_LATE; i++) {
		if (late > edges_ms[i] * 1000000)
			s->stats.late[i]++;
	}
}

static void rtpsink_sequence(struct rtpsink *s, struct stream *st, uint16_t seq)
{
	int16_t step = (int16_t)(uint16_t)(seq - st->next_seq);

	if (step < 0) {
		s->stats.again++;
		return;
	}
	s->stats.lost += (uint64_t)step;
	st->next_seq = (uint16_t)(seq + 1);
}

static void rtpsink_on_packet(void *arg, struct io_udp *u, const struct addr *from, const void *data,
			      size_t len)
{
	struct rtpsink *s = arg;
	const uint8_t *p = data;
	uint32_t ts, ssrc;
	uint16_t seq;
	struct stream *st;

	if (len < 12 || p[0] >> 6 != 2) {
		s->stats.bad++;
		return;
	}
	if (p[1] >= 200 && p[1] <= 207)
		return; /* RTCP */
	seq = (uint16_t)(p[2] << 8 | p[3]);
	ts = (uint32_t)p[4] << 24 | (uint32_t)p[5] << 16 | (uint32_t)p[6] << 8 | p[7];
	ssrc = (uint32_t)p[8] << 24 | (uint32_t)p[9] << 16 | (uint32_t)p[10] << 8 | p[11];
	st = rtpsink_stream(s, from, ssrc);
	if (!st)
		return;
	s->stats.packets++;
	s->stats.octets += len;
	if (st->packets++ == 0) {
		st->next_seq = seq;
		st->first_ts = ts;
		st->base_ns = io_clock_ns(s->io);
	}
	rtpsink_sequence(s, st, seq);
	rtpsink_time(s, st, ts, io_clock_ns(s->io));
	if (s->echo)
		io_udp_send(u, from, data, len);
}

int rtpsink_create(struct rtpsink **out, struct io *io, const struct addr *bind, bool echo,
		   uint32_t stream_max)
{
	struct rtpsink *s = calloc(1, sizeof(*s));
	struct io_udp_conf conf = {.local = *bind, .kind = IO_UDP_RTP, .rcvbuf_bytes = 16 << 20};
	int err;

	if (!s)
		return -ENOMEM;
	s->io = io;
	s->echo = echo;
	err = slab_create(&s->streams, "streams", sizeof(struct stream), stream_max);
	if (!err)
		err = hash_create(&s->by_from, stream_max);
	if (!err)
		err = io_udp_open(io, &s->udp, &conf, rtpsink_on_packet, s);
	if (err) {
		rtpsink_destroy(s);
		return err;
	}
	*out = s;
	return 0;
}

void rtpsink_destroy(struct rtpsink *s)
{
	if (!s)
		return;
	if (s->udp)
		io_udp_close(s->udp);
	hash_destroy(&s->by_from);
	if (s->streams)
		slab_destroy(s->streams);
	free(s);
}

const struct addr *rtpsink_local(const struct rtpsink *s)
{
	return io_udp_local(s->udp);
}

const struct rtpsink_stats *rtpsink_stats(const struct rtpsink *s)
{
	return &s->stats;
}
