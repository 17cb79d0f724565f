/* rtp/debug.h - what people see of packets: `rtp set debug`, `rtcp set debug`, `rtcp set stats`.
 *
 * Off it costs a look at one flag for each packet. Lines go to whoever reads verbose lines, in
 * Asterisk's layout. */
#ifndef RINGER_RTP_DEBUG_H
#define RINGER_RTP_DEBUG_H

#include "engine/io/addr.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

#include <stdbool.h>

/* What a shard is told (media_ops.take). */
struct rtp_debug {
	bool rtp, rtcp;
	bool stats;			 /* one line for each report on what we send */
	struct addr rtp_host, rtcp_host; /* only this far end; family 0: all, port 0: any */
};

/* Only while `rtp` is on. event: telephone-event. */
void rtp_debug_sent(const struct rtp_debug *d, const struct addr *to,
		    const struct rtp_packet *packet, bool event);
void rtp_debug_got(const struct rtp_debug *d, const struct addr *from,
		   const struct rtp_packet *packet, bool event);
/* Only while `rtcp` or `stats` is on. rtt_us 0: not known. */
void rtp_debug_sent_rtcp(const struct rtp_debug *d, const struct addr *to,
			 const struct rtcp_report *report);
void rtp_debug_got_rtcp(const struct rtp_debug *d, const struct addr *from,
			const struct rtcp_report *report, uint32_t rtt_us);

#endif
