/* rtp/debug.c - see debug.h. */
#include "rtp/debug.h"

#include "engine/base/log.h"
#include "rtp/bytes.h"

#include <stdarg.h>
#include <stdio.h>

#define RATE	    8000.0
#define LINE_BYTES  256
#define EVENT_BYTES 4

__attribute__((format(printf, 1, 2))) static void debug_say(const char *fmt, ...)
{
	char text[LINE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_line_raw(__FILE__, slice_str(text));
}

static bool debug_wants(const struct addr *host, const struct addr *peer)
{
	if (!host->family)
		return true;
	return host->port ? addr_eq(host, peer) : addr_eq_ip(host, peer);
}

/* ---- RTP ---- */

#define PACKET_FORMAT  "(type %02u, seq %06u, ts %06u, len %06zu"
#define PACKET_ARGS(p) (p)->payload_type, (p)->seq, (p)->ts, (p)->payload_bytes

void rtp_debug_sent(const struct rtp_debug *d, const struct addr *to,
		    const struct rtp_packet *packet, bool event)
{
	char where[ADDR_TEXT];

	if (!debug_wants(&d->rtp_host, to))
		return;
	debug_say("Sent RTP %s %s " PACKET_FORMAT ")", event ? "DTMF packet to" : "packet to     ",
		  addr_text(to, where), PACKET_ARGS(packet));
}

/* RFC 4733 2.3: event, end bit with volume, duration. */
static void debug_got_event(const struct addr *from, const struct rtp_packet *packet)
{
	const uint8_t *p = packet->payload;
	char where[ADDR_TEXT];

	debug_say("Got  RTP RFC2833 from   %s " PACKET_FORMAT
		  ", mark %d, event %08x, end %d, duration %05u)",
		  addr_text(from, where), PACKET_ARGS(packet), packet->marker, p[0], p[1] >> 7,
		  bytes_get16(p + 2));
}

void rtp_debug_got(const struct rtp_debug *d, const struct addr *from,
		   const struct rtp_packet *packet, bool event)
{
	char where[ADDR_TEXT];

	if (!debug_wants(&d->rtp_host, from))
		return;
	debug_say("Got  RTP packet from    %s " PACKET_FORMAT ")", addr_text(from, where),
		  PACKET_ARGS(packet));
	if (event && packet->payload_bytes >= EVENT_BYTES)
		debug_got_event(from, packet);
}

/* ---- RTCP ---- */

/* Seconds since 1900 and microseconds. */
static uint32_t ntp_seconds(uint64_t ntp)
{
	return (uint32_t)(ntp >> 32);
}

static uint32_t ntp_micros(uint64_t ntp)
{
	return (uint32_t)(((ntp & UINT32_MAX) * 1000000) >> 32);
}

void rtp_debug_sent_rtcp(const struct rtp_debug *d, const struct addr *to,
			 const struct rtcp_report *r)
{
	const struct rtcp_block *b = &r->block;
	char where[ADDR_TEXT];

	if (!d->rtcp || !debug_wants(&d->rtcp_host, to))
		return;
	debug_say("* Sent RTCP %s to %s", r->has_sender ? "SR" : "RR", addr_text(to, where));
	debug_say("  Our SSRC: %u", r->ssrc);
	if (r->has_sender) {
		debug_say("  Sent(NTP): %u.%06u", ntp_seconds(r->sender.ntp),
			  ntp_micros(r->sender.ntp));
		debug_say("  Sent(RTP): %u", r->sender.rtp_ts);
		debug_say("  Sent packets: %u", r->sender.packets);
		debug_say("  Sent octets: %u", r->sender.octets);
	}
	if (!r->has_block)
		return;
	debug_say("  Report block:");
	debug_say("    Their SSRC: %u", b->ssrc);
	debug_say("    Fraction lost: %u", b->fraction);
	debug_say("    Cumulative loss: %d", b->lost);
	debug_say("    Highest seq no: %u", b->ext_max);
	debug_say("    IA jitter (samp): %u", b->jitter);
	debug_say("    IA jitter (secs): %.6f", b->jitter / RATE);
	debug_say("    Their last SR: %u", b->lsr);
	debug_say("    DLSR: %4.4f (sec)", b->dlsr / 65536.0);
}

static void debug_got_block(const struct rtcp_block *b, uint32_t rtt_us)
{
	debug_say("  Fraction lost: %u", b->fraction);
	debug_say("  Packets lost so far: %d", b->lost);
	debug_say("  Highest sequence number: %u", b->ext_max & 0xffff);
	debug_say("  Sequence number cycles: %u", b->ext_max >> 16);
	debug_say("  Interarrival jitter (samp): %u", b->jitter);
	debug_say("  Interarrival jitter (secs): %.6f", b->jitter / RATE);
	debug_say("  Last SR(our NTP): %u.%010llu", b->lsr >> 16,
		  (unsigned long long)(b->lsr & 0xffff) * 65536 * 4096);
	debug_say("  DLSR: %4.4f (sec)", b->dlsr / 65536.0);
	debug_say("  RTT: %4.4f(sec)", rtt_us / 1e6);
}

static void debug_got_report(const struct addr *from, const struct rtcp_report *r, uint32_t rtt_us)
{
	char where[ADDR_TEXT];

	debug_say("RTCP from %s", addr_text(from, where));
	if (!r->has_sender && !r->has_block && r->bye) {
		debug_say("Received a BYE from %s", where);
		return;
	}
	debug_say("PT: %s", r->has_sender ? "200 (Sender Report)" : "201 (Receiver Report)");
	debug_say("Reception reports: %d", r->has_block);
	debug_say("SSRC of sender: %u", r->ssrc);
	if (r->has_sender) {
		debug_say("NTP timestamp: %u.%06u", ntp_seconds(r->sender.ntp),
			  ntp_micros(r->sender.ntp));
		debug_say("RTP timestamp: %u", r->sender.rtp_ts);
		debug_say("SPC: %u\tSOC: %u", r->sender.packets, r->sender.octets);
	}
	if (r->has_block)
		debug_got_block(&r->block, rtt_us);
}

void rtp_debug_got_rtcp(const struct rtp_debug *d, const struct addr *from,
			const struct rtcp_report *r, uint32_t rtt_us)
{
	char where[ADDR_TEXT];

	if (!debug_wants(&d->rtcp_host, from))
		return;
	if (d->rtcp)
		debug_got_report(from, r, rtt_us);
	if (d->stats && r->has_block)
		debug_say("RTCP stats of %s: %u%% lost, %d in all, jitter %.1f ms, round trip %.1f "
			  "ms",
			  addr_text(from, where), r->block.fraction * 100U / 256, r->block.lost,
			  r->block.jitter * 1000 / RATE, rtt_us / 1e3);
}
