#include "rtp/packet.h"

#include "rtp/bytes.h"

/* Octets of CSRC list and header extension, or SIZE_MAX if they reach beyond len. */
static size_t packet_extra_bytes(const uint8_t *p, size_t len)
{
	size_t at = RTP_HEADER_BYTES + 4U * (p[0] & 0x0fU);

	if (p[0] & 0x10) {
		if (len < at + 4)
			return SIZE_MAX;
		at += 4 + 4U * bytes_get16(p + at + 2);
	}
	return at <= len ? at - RTP_HEADER_BYTES : SIZE_MAX;
}

bool rtp_packet_parse(struct rtp_packet *out, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t extra, body, padding = 0;

	if (len < RTP_HEADER_BYTES || p[0] >> 6 != 2)
		return false;
	extra = packet_extra_bytes(p, len);
	if (extra == SIZE_MAX)
		return false;
	body = len - RTP_HEADER_BYTES - extra;
	if (p[0] & 0x20) {
		if (body == 0)
			return false;
		padding = p[len - 1];
		if (padding == 0 || padding > body)
			return false;
	}
	*out = (struct rtp_packet){
		.payload_type = p[1] & 0x7f,
		.marker = p[1] >> 7,
		.seq = bytes_get16(p + 2),
		.ts = bytes_get32(p + 4),
		.ssrc = bytes_get32(p + 8),
		.payload = p + RTP_HEADER_BYTES + extra,
		.payload_bytes = body - padding,
	};
	return true;
}

void rtp_packet_write(uint8_t dst[RTP_HEADER_BYTES], const struct rtp_packet *packet)
{
	dst[0] = 2 << 6;
	dst[1] = (uint8_t)((packet->marker ? 0x80 : 0) | (packet->payload_type & 0x7f));
	bytes_put16(dst + 2, packet->seq);
	bytes_put32(dst + 4, packet->ts);
	bytes_put32(dst + 8, packet->ssrc);
}

bool rtp_packet_is_rtcp(const void *data, size_t len)
{
	const uint8_t *p = data;

	return len >= 2 && p[1] >= 192 && p[1] <= 223;
}
