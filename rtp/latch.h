/* rtp/latch.h - from where a leg accepts RTP: strict learning of the source.
 *
 * Rules (media.md section 3), per leg:
 *  - Nothing is accepted before the far end's address is known (latch_begin).
 *  - LEARN: the learned source is accepted; the announced address becomes the source with its first
 *    packet; any other address must show `probation` packets in sequence over a least time before
 * it becomes the source, its packets being dropped until then. Competing candidates reset each
 * other.
 *  - After 5 s with a source: CLOSED. Only that address and port is accepted from then on.
 *  - LATCH_NO accepts from anywhere, but still learns by these rules where to send to.
 * Pure: instants are arguments. */
#ifndef RINGER_RTP_LATCH_H
#define RINGER_RTP_LATCH_H

#include "engine/io/addr.h"

#define LATCH_PROBATION_DEFAULT 4
#define LATCH_LEARN_NS		INT64_C(5000000000)

enum latch_mode {
	LATCH_YES,   /* sequence and time */
	LATCH_SEQNO, /* sequence only */
	LATCH_NO,
};

enum latch_state { LATCH_IDLE, LATCH_LEARN, LATCH_CLOSED };

struct latch {
	struct addr announced; /* by SDP */
	struct addr source;    /* learned; family 0: none yet */
	struct addr candidate;
	int64_t learn_since_ns;
	int64_t candidate_since_ns;
	uint16_t candidate_seq; /* expected next */
	uint8_t missing;	/* packets in sequence that the candidate still needs */
	uint8_t mode;		/* enum latch_mode */
	uint8_t state;		/* enum latch_state */
	uint8_t probation;	/* 1.. */
};

/* probation 0 counts as 1. */
void latch_init(struct latch *l, enum latch_mode mode, unsigned probation);
/* The far end was announced, or moved: learning begins anew. The same address again changes
 * nothing. */
void latch_begin(struct latch *l, const struct addr *announced, int64_t now_ns);
/* True: take the packet. l->source may have changed. */
bool latch_packet(struct latch *l, const struct addr *from, uint16_t seq, int64_t now_ns);
/* RTCP has no sequence to learn by: true if it comes from the IP of the source (or, as long as
 * there is none, of the announced address). */
bool latch_allows_rtcp(const struct latch *l, const struct addr *from);

/* The learned source, or NULL. */
static inline const struct addr *latch_source(const struct latch *l)
{
	return l->source.family ? &l->source : NULL;
}

#endif
