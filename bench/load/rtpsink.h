/* bench/load/rtpsink.h - the audio side of the answering end: one socket for all streams.
 *
 * A stream is a source address. Lateness of a packet is its arrival against its RTP timestamp, relative
 * to the best packet of the stream so far among the first ones, so the two clocks need not agree. */
#ifndef RINGER_BENCH_LOAD_RTPSINK_H
#define RINGER_BENCH_LOAD_RTPSINK_H

#include "engine/io/io.h"

#define RTPSINK_LATE 5 /* classes: over 1, 5, 10, 20, 60 ms */

struct rtpsink_stats {
	uint64_t packets, octets, lost, again, bad;
	uint64_t late[RTPSINK_LATE];
	uint64_t streams;
	int64_t worst_ns;
};

struct rtpsink;
/* echo: every packet goes back to where it came from. */
int rtpsink_create(struct rtpsink **out, struct io *io, const struct addr *bind, bool echo,
		   uint32_t stream_max);
void rtpsink_destroy(struct rtpsink *s);
const struct addr *rtpsink_local(const struct rtpsink *s);
const struct rtpsink_stats *rtpsink_stats(const struct rtpsink *s);

#endif
