/* tests/sim/peer_rtp.h - a far end that keeps what it hears, and a shard's media on its own loop.
 *
 * rtp_bench is the world of a media test: host 0 runs rtp_media, host 1 is the far end with RTP on
 * port 4000 and RTCP on 4001; datagrams travel 1 ms. Misuse ends the test. */
#ifndef RINGER_TESTS_SIM_PEER_RTP_H
#define RINGER_TESTS_SIM_PEER_RTP_H

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/rtp_media.h"
#include "tests/sim/sim.h"

#define PEER_RTP_PORT 4000
#define PEER_HEARD    65536
#define PEER_OCTETS   1500
#define PEER_KEPT     480 /* octets of each packet: 60 ms */

struct peer_packet {
	int64_t at_ns; /* arrival, from the start of the bench */
	struct addr from;
	struct rtp_packet rtp;
	uint8_t first[PEER_KEPT]; /* of the payload */
	uint8_t same;		  /* all octets of the payload are equal */
};

struct rtp_bench {
	struct sim_world *w;
	int64_t start_ns;
	/* host 0 */
	struct io *io;
	struct metrics metrics;
	struct rng rng;
	struct sound_library *sounds;
	struct tone_set *tones;
	struct sound_loader *loader; /* NULL if not wanted */
	struct metrics loader_metrics;
	struct rtp_media *media;
	struct media port;
	/* host 1 */
	struct io *peer_io;
	struct metrics peer_metrics;
	struct io_udp *rtp, *rtcp, *other; /* other: a third address of the far end, port 4100 */
	struct peer_packet *heard;
	uint32_t heard_count;
	struct rtcp_report report; /* the last one heard */
	int64_t report_at_ns;
	uint32_t report_count;
	uint32_t own_ssrc; /* whose blocks are picked from reports; also the one of peer_rtp_send */
	uint16_t seq;
	uint32_t ts;
};

struct rtp_bench_conf {
	struct rtp_conf rtp;
	uint32_t session_max;
	bool with_loader;
	size_t loader_bytes_max;
};

/* Sounds are what stands in /sounds of host 0: put them before bench_open (world first). */
void bench_world(struct rtp_bench *b, uint64_t seed);
void bench_conf_default(struct rtp_bench_conf *conf); /* no initial silence, 16 sessions */
void bench_open(struct rtp_bench *b, const struct rtp_bench_conf *conf);
void bench_close(struct rtp_bench *b);

int64_t bench_ms(const struct rtp_bench *b); /* since the start */
void bench_run_ms(struct rtp_bench *b, int64_t ms);
/* A sound of `ms` of one u-law octet. */
void bench_put_sound(struct rtp_bench *b, const char *name, uint8_t octet, unsigned ms);

/* The far end as the answer describes it: ulaw, alaw, events 101. */
void bench_remote(const struct rtp_bench *b, struct media_desc *out);

/* One packet from the far end (u: one of its sockets), seq and ts of the bench's counters. */
void peer_rtp_send(struct rtp_bench *b, struct io_udp *u, const struct addr *to, uint8_t pt,
		   const void *payload, size_t len);
/* `count` silent packets of 20 ms each, in their time. */
void peer_rtp_talk(struct rtp_bench *b, struct io_udp *u, const struct addr *to, unsigned count);
/* A telephone event packet with the timestamp of the bench. */
void peer_rtp_event(struct rtp_bench *b, const struct addr *to, unsigned event, bool end,
		    unsigned duration);

#endif
