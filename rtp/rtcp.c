#include "rtp/rtcp.h"

#include <string.h>

#include "rtp/bytes.h"

#define RTCP_SR	  200
#define RTCP_RR	  201
#define RTCP_SDES 202
#define RTCP_BYE  203

#define HEADER_BYTES  4U
#define SENDER_BYTES  20U
#define BLOCK_BYTES   24U
#define CNAME_ITEM    1
#define NTP_1970      UINT64_C(2208988800)
#define NS_PER_SECOND INT64_C(1000000000)
#define RTT_MAX	      (30U << 16)

/* --- writing --- */

static void rtcp_put_header(uint8_t *p, unsigned count, uint8_t type, size_t bytes)
{
	p[0] = (uint8_t)(2 << 6 | count);
	p[1] = type;
	bytes_put16(p + 2, (uint16_t)(bytes / 4 - 1));
}

static void rtcp_put_sender(uint8_t *p, const struct rtcp_sender *sender)
{
	bytes_put32(p, (uint32_t)(sender->ntp >> 32));
	bytes_put32(p + 4, (uint32_t)sender->ntp);
	bytes_put32(p + 8, sender->rtp_ts);
	bytes_put32(p + 12, sender->packets);
	bytes_put32(p + 16, sender->octets);
}

static void rtcp_put_block(uint8_t *p, const struct rtcp_block *block)
{
	bytes_put32(p, block->ssrc);
	p[4] = block->fraction;
	bytes_put24(p + 5, (uint32_t)block->lost & 0xffffff);
	bytes_put32(p + 8, block->ext_max);
	bytes_put32(p + 12, block->jitter);
	bytes_put32(p + 16, block->lsr);
	bytes_put32(p + 20, block->dlsr);
}

static size_t rtcp_report_bytes(const struct rtcp_report *report)
{
	return HEADER_BYTES + 4 + (report->has_sender ? SENDER_BYTES : 0) +
	       (report->has_block ? BLOCK_BYTES : 0);
}

/* One chunk; the item list ends with one to four zero octets (section 6.5). */
static size_t rtcp_sdes_bytes(size_t cname_bytes)
{
	return HEADER_BYTES + 4 + ((2 + cname_bytes) / 4 + 1) * 4;
}

static void rtcp_put_sdes(uint8_t *p, uint32_t ssrc, struct slice cname)
{
	size_t bytes = rtcp_sdes_bytes(cname.len);

	memset(p, 0, bytes);
	rtcp_put_header(p, 1, RTCP_SDES, bytes);
	bytes_put32(p + 4, ssrc);
	p[8] = CNAME_ITEM;
	p[9] = (uint8_t)cname.len;
	if (cname.len)
		memcpy(p + 10, cname.ptr, cname.len);
}

size_t rtcp_write(uint8_t *dst, size_t room, const struct rtcp_report *report, struct slice cname)
{
	size_t first = rtcp_report_bytes(report);
	size_t at = HEADER_BYTES + 4;

	cname = slice_head(cname, RTCP_CNAME_MAX);
	if (room < first + rtcp_sdes_bytes(cname.len))
		return 0;
	rtcp_put_header(dst, report->has_block, report->has_sender ? RTCP_SR : RTCP_RR, first);
	bytes_put32(dst + 4, report->ssrc);
	if (report->has_sender) {
		rtcp_put_sender(dst + at, &report->sender);
		at += SENDER_BYTES;
	}
	if (report->has_block)
		rtcp_put_block(dst + at, &report->block);
	rtcp_put_sdes(dst + first, report->ssrc, cname);
	return first + rtcp_sdes_bytes(cname.len);
}

/* --- reading --- */

static int32_t rtcp_sign24(uint32_t n)
{
	return (n & 0x800000) ? (int32_t)n - 0x1000000 : (int32_t)n;
}

static void rtcp_get_block(struct rtcp_block *block, const uint8_t *p)
{
	*block = (struct rtcp_block){
		.ssrc = bytes_get32(p),
		.fraction = p[4],
		.lost = rtcp_sign24(bytes_get24(p + 5)),
		.ext_max = bytes_get32(p + 8),
		.jitter = bytes_get32(p + 12),
		.lsr = bytes_get32(p + 16),
		.dlsr = bytes_get32(p + 20),
	};
}

static void rtcp_get_sender(struct rtcp_sender *sender, const uint8_t *p)
{
	*sender = (struct rtcp_sender){
		.ntp = (uint64_t)bytes_get32(p) << 32 | bytes_get32(p + 4),
		.rtp_ts = bytes_get32(p + 8),
		.packets = bytes_get32(p + 12),
		.octets = bytes_get32(p + 16),
	};
}

/* One SR or RR; bytes without padding. */
static bool rtcp_get_report(struct rtcp_report *out, const uint8_t *p, size_t bytes, uint32_t own)
{
	size_t count = p[0] & 0x1f;
	bool has_sender = p[1] == RTCP_SR;
	size_t at = HEADER_BYTES + 4 + (has_sender ? SENDER_BYTES : 0);

	if (bytes < at + count * BLOCK_BYTES)
		return false;
	out->ssrc = bytes_get32(p + 4);
	if (has_sender) {
		rtcp_get_sender(&out->sender, p + HEADER_BYTES + 4);
		out->has_sender = true;
	}
	for (size_t i = 0; i < count; i++, at += BLOCK_BYTES) {
		if (bytes_get32(p + at) != own)
			continue;
		rtcp_get_block(&out->block, p + at);
		out->has_block = true;
	}
	return true;
}

static bool rtcp_get_bye(struct rtcp_report *out, const uint8_t *p, size_t bytes)
{
	size_t count = p[0] & 0x1f;

	if (bytes < HEADER_BYTES + count * 4)
		return false;
	out->bye = count > 0;
	return true;
}

/* Octets of the packet at p with its padding, or 0 if its header is wrong. *body: without padding.
 */
static size_t rtcp_frame(const uint8_t *p, size_t left, size_t *body)
{
	size_t bytes;

	if (left < HEADER_BYTES || p[0] >> 6 != 2)
		return 0;
	bytes = 4U * (bytes_get16(p + 2) + 1U);
	if (bytes > left)
		return 0;
	*body = bytes;
	if (p[0] & 0x20) {
		uint8_t padding = p[bytes - 1];

		/* Only the last packet of a compound is padded (section 6.4.1). */
		if (bytes != left || padding == 0 || padding > bytes - HEADER_BYTES)
			return 0;
		*body = bytes - padding;
	}
	return bytes;
}

bool rtcp_parse(struct rtcp_report *out, const void *data, size_t len, uint32_t own_ssrc)
{
	const uint8_t *p = data;
	struct rtcp_report report = {0};
	bool known = false;

	while (len) {
		size_t body, bytes = rtcp_frame(p, len, &body);
		bool good = true;

		if (bytes == 0)
			return false;
		if (p[1] == RTCP_SR || p[1] == RTCP_RR)
			good = rtcp_get_report(&report, p, body, own_ssrc);
		else if (p[1] == RTCP_BYE)
			good = rtcp_get_bye(&report, p, body);
		if (!good)
			return false;
		known |= p[1] == RTCP_SR || p[1] == RTCP_RR || p[1] == RTCP_BYE;
		p += bytes;
		len -= bytes;
	}
	if (known)
		*out = report;
	return known;
}

/* --- times --- */

uint64_t rtcp_ntp(int64_t wall_ns)
{
	uint64_t seconds = (uint64_t)(wall_ns / NS_PER_SECOND);
	uint64_t rest = (uint64_t)(wall_ns % NS_PER_SECOND);

	return (seconds + NTP_1970) << 32 | (rest << 32) / (uint64_t)NS_PER_SECOND;
}

uint32_t rtcp_dlsr(int64_t ns)
{
	if (ns <= 0)
		return 0;
	if (ns >= 65536 * NS_PER_SECOND)
		return UINT32_MAX;
	return (uint32_t)(((uint64_t)ns << 16) / (uint64_t)NS_PER_SECOND);
}

bool rtcp_round_trip(const struct rtcp_block *block, uint32_t now_middle, int64_t *rtt_ns)
{
	uint32_t rtt = now_middle - block->lsr - block->dlsr;

	if (block->lsr == 0 || rtt > RTT_MAX)
		return false;
	*rtt_ns = (int64_t)(((uint64_t)rtt * (uint64_t)NS_PER_SECOND) >> 16);
	return true;
}
