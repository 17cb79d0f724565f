/* rtp/packet.h - the RTP header: read and written (RFC 3550 section 5.1).
 *
 *   0                   1                   2                   3
 *  |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *  |                           timestamp                           |
 *  |                             SSRC                              |
 *
 * Pure: octets in, values out. A parsed packet borrows its payload from the datagram. */
#ifndef RINGER_RTP_PACKET_H
#define RINGER_RTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_HEADER_BYTES 12

struct rtp_packet {
	uint8_t payload_type; /* 0..127 */
	bool marker;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	const uint8_t *payload; /* behind CSRCs and extension */
	size_t payload_bytes;	/* without padding; may be 0 */
};

/* False if it is no RTP of version 2, or if CSRCs, extension or padding do not fit into len. */
bool rtp_packet_parse(struct rtp_packet *out, const void *data, size_t len);

/* Twelve octets, without CSRCs, extension or padding. The payload fields are not looked at. */
void rtp_packet_write(uint8_t dst[RTP_HEADER_BYTES], const struct rtp_packet *packet);

/* True if a datagram on a shared port (RFC 5761) is RTCP: second octet 192..223. */
bool rtp_packet_is_rtcp(const void *data, size_t len);

/* Differences modulo 2^16 and 2^32: positive when a is newer than b. */
static inline int16_t rtp_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

static inline int32_t rtp_ts_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
