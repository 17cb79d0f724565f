/* rtp/rxstat.h - what was received of one source: sequence, loss, duplicates, jitter.
 *
 * RFC 3550 A.1 (extended sequence numbers, restarts), A.3 (loss), A.8 (jitter). Pure arithmetic;
 * the caller hands in the arrival time in the clock of the payload. One struct per received SSRC;
 * when the SSRC changes, the caller starts anew with rxstat_init (a phone behind an early media
 * server brings its own SSRC, and must not be dropped).
 *
 * Unlike A.1 the first packets of a source are not held back: who may send is decided by rtp/latch,
 * and a digit in the first packet must not get lost. MIN_SEQUENTIAL = 2 holds for restarts only. */
#ifndef RINGER_RTP_RXSTAT_H
#define RINGER_RTP_RXSTAT_H

#include <stdbool.h>
#include <stdint.h>

#define RXSTAT_MAX_DROPOUT  3000
#define RXSTAT_MAX_MISORDER 100
#define RXSTAT_JITTER_SKIP  15 /* packets at the start that do not count for the jitter */

enum rxstat_verdict {
	RXSTAT_NEXT,	  /* newer than all before */
	RXSTAT_LATE,	  /* out of order, but new */
	RXSTAT_DUPLICATE, /* drop */
	RXSTAT_JUMP,	/* far away, perhaps a restart: drop; a second one in sequence is RESTART */
	RXSTAT_RESTART, /* the source began anew: counts start again, forget what was pending */
};

struct rxstat {
	uint32_t base;	  /* extended number of the first packet */
	uint32_t ext_max; /* extended number of the newest */
	uint32_t bad_seq; /* expected after a jump; UINT32_MAX: none */
	uint32_t received;
	uint32_t expected_prior; /* at the last report */
	uint32_t received_prior;
	uint32_t transit;   /* arrival - timestamp of the newest packet */
	uint32_t jitter_16; /* jitter times 16, in timestamp units */
	uint64_t window;    /* bit n: ext_max - n was received */
	bool started;
};

void rxstat_init(struct rxstat *rx);

/* arrival_ts: the local clock in units of the payload (8000 a second), any origin. timed: false for
 * packets whose timestamp does not follow the clock (telephone events), which leave the jitter. */
enum rxstat_verdict rxstat_packet(struct rxstat *rx, uint16_t seq, uint32_t ts, uint32_t arrival_ts,
				  bool timed);

static inline bool rxstat_is_started(const struct rxstat *rx)
{
	return rx->started;
}

uint32_t rxstat_expected(const struct rxstat *rx);
/* Expected - received, at least -0x800000 and at most 0x7fffff: negative with duplicates. */
int32_t rxstat_lost(const struct rxstat *rx);
/* Jitter in timestamp units. */
uint32_t rxstat_jitter(const struct rxstat *rx);
/* Share of packets lost since the last call, in 1/256 (A.3); the interval begins anew. */
uint8_t rxstat_take_fraction(struct rxstat *rx);

#endif
