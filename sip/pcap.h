/* sip/pcap.h - the text of a pcap file (libpcap 2.4, little endian, link type Ethernet).
 *
 * A SIP message becomes one packet: Ethernet without addresses, IPv4 or IPv6, UDP (also for what
 * went over a connection), so that any reader of such files shows it as SIP. Pure. */
#ifndef RINGER_SIP_PCAP_H
#define RINGER_SIP_PCAP_H

#include "engine/base/sink.h"
#include "engine/io/addr.h"

#define PCAP_FILE_HEAD	 24
#define PCAP_PACKET_HEAD (16 + 14 + 40 + 8) /* at most, in front of the message */

struct pcap_packet {
	int64_t wall_ns;
	struct addr from, to; /* of one family; the other one's any-address stands for family 0 */
	struct slice data;    /* as much of the message as is kept */
	uint32_t len;	      /* octets of the whole message */
};

/* snap: octets of a packet at most, its heads counted. */
void pcap_write_head(struct sink *out, uint32_t snap);
void pcap_write_packet(struct sink *out, const struct pcap_packet *p);

#endif
