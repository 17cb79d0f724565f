/* rtp/rtcp_text.h - a report as the lines of AMI's RTCPSent and RTCPReceived. Pure. */
#ifndef RINGER_RTP_RTCP_TEXT_H
#define RINGER_RTP_RTCP_TEXT_H

#include "engine/base/sink.h"
#include "engine/io/addr.h"
#include "rtp/rtcp.h"

#define RTCP_TEXT_MAX 768

/* What is told besides the report. Left out: an address without a family or of no host, a negative
 * round trip or score. */
struct rtcp_told {
	const struct addr *to, *from;
	double rtt_s;
	double score; /* qos.h: MES */
};

/* Lines "Name: value", each ended by CRLF. */
void rtcp_text_write(struct sink *out, const struct rtcp_report *report,
		     const struct rtcp_told *told);

#endif
