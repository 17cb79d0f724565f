/* rtp/rtcp.h - sender and receiver reports, read and written (RFC 3550 section 6).
 *
 * We write one compound packet: SR (or RR) with at most one report block, and SDES with a CNAME. We
 * read any compound packet defensively: lengths, counts and padding are checked, and packets other
 * than SR, RR and BYE are stepped over. Pure. Times: NTP 32.32, "middle" its 16.16 part. */
#ifndef RINGER_RTP_RTCP_H
#define RINGER_RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"

#define RTCP_CNAME_MAX 64
/* SR 28, a block 24, SDES with a CNAME padded. */
#define RTCP_OUT_MAX (28 + 24 + 4 + 4 + 2 + RTCP_CNAME_MAX + 4)

struct rtcp_block {
	uint32_t ssrc;	  /* the source that is reported on */
	uint8_t fraction; /* lost since the last report, in 1/256 */
	int32_t lost;	  /* in all, 24 bits with sign */
	uint32_t ext_max; /* highest sequence number, with its cycles above */
	uint32_t jitter;  /* timestamp units */
	uint32_t lsr;	  /* middle NTP of the last SR of that source; 0: none */
	uint32_t dlsr;	  /* since then, in 1/65536 s */
};

struct rtcp_sender {
	uint64_t ntp;
	uint32_t rtp_ts;
	uint32_t packets;
	uint32_t octets; /* of payload */
};

struct rtcp_report {
	uint32_t ssrc; /* who reports */
	bool has_sender;
	bool has_block;
	bool bye; /* read only: the source said goodbye */
	struct rtcp_sender sender;
	struct rtcp_block block;
};

/* Octets written, or 0 if they do not fit. cname: cut at RTCP_CNAME_MAX. */
size_t rtcp_write(uint8_t *dst, size_t room, const struct rtcp_report *report, struct slice cname);

/* own_ssrc: the block about this one is kept, others are skipped. False, and *out untouched, if a
 * packet of the compound is malformed or none is SR, RR or BYE. */
bool rtcp_parse(struct rtcp_report *out, const void *data, size_t len, uint32_t own_ssrc);

/* NTP time of a wall clock in ns since 1970. */
uint64_t rtcp_ntp(int64_t wall_ns);

static inline uint32_t rtcp_ntp_middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

/* Duration in ns as 1/65536 s; 0 for negative ones. */
uint32_t rtcp_dlsr(int64_t ns);

/* Round trip in ns from a block about us that arrived at now_middle. False if it cannot be told:
 * no SR seen yet by the peer, or a negative or absurd (> 30 s) value. */
bool rtcp_round_trip(const struct rtcp_block *block, uint32_t now_middle, int64_t *rtt_ns);

#endif
