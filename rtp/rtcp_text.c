/* rtp/rtcp_text.c - see rtcp_text.h. */
#include "rtp/rtcp_text.h"

#define NTP_1970 2208988800u /* seconds from 1900 to 1970 */

static void text_addr(struct sink *out, const char *name, const struct addr *a)
{
	char text[ADDR_TEXT];

	if (a->family && !addr_is_any(a))
		sink_fmt(out, "%s: %s\r\n", name, addr_text(a, text));
}

static void text_sender(struct sink *out, const struct rtcp_sender *s)
{
	uint32_t seconds = (uint32_t)(s->ntp >> 32) - NTP_1970;
	uint64_t micros = (s->ntp & UINT32_MAX) * 1000000 >> 32;

	sink_fmt(out, "SentNTP: %u.%06llu\r\nSentRTP: %u\r\nSentPackets: %u\r\nSentOctets: %u\r\n",
		 seconds, (unsigned long long)micros, s->rtp_ts, s->packets, s->octets);
}

static void text_block(struct sink *out, const struct rtcp_block *b)
{
	sink_fmt(out,
		 "Report0SourceSSRC: 0x%08x\r\nReport0FractionLost: %u\r\n"
		 "Report0CumulativeLost: %d\r\nReport0HighestSequence: %u\r\n"
		 "Report0SequenceNumberCycles: %u\r\nReport0IAJitter: %u\r\n"
		 "Report0LSR: %u\r\nReport0DLSR: %.4f\r\n",
		 b->ssrc, b->fraction, b->lost, b->ext_max & 0xffff, b->ext_max >> 16, b->jitter,
		 b->lsr, (double)b->dlsr / 65536);
}

void rtcp_text_write(struct sink *out, const struct rtcp_report *report,
		     const struct rtcp_told *told)
{
	text_addr(out, "To", told->to);
	text_addr(out, "From", told->from);
	if (told->rtt_s >= 0)
		sink_fmt(out, "RTT: %.4f\r\n", told->rtt_s);
	if (told->score >= 0)
		sink_fmt(out, "MES: %.1f\r\n", told->score);
	sink_fmt(out, "SSRC: 0x%08x\r\nPT: %s\r\nReportCount: %u\r\n", report->ssrc,
		 report->has_sender ? "200(SR)" : "201(RR)", report->has_block);
	if (report->has_sender)
		text_sender(out, &report->sender);
	if (report->has_block)
		text_block(out, &report->block);
}
