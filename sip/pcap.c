/* sip/pcap.c - see pcap.h. */
#include "sip/pcap.h"

#define PCAP_MAGIC    UINT32_C(0xa1b2c3d4) /* times in microseconds */
#define PCAP_ETHERNET 1
#define PCAP_HOPS     64
#define PCAP_UDP      17
#define PCAP_UDP_HEAD 8

/* ---- numbers ---- */

static void put16_le(struct sink *out, uint32_t n)
{
	sink_char(out, (char)(n & 0xff));
	sink_char(out, (char)(n >> 8 & 0xff));
}

static void put32_le(struct sink *out, uint32_t n)
{
	put16_le(out, n & 0xffff);
	put16_le(out, n >> 16);
}

static void put16_be(struct sink *out, uint32_t n)
{
	sink_char(out, (char)(n >> 8 & 0xff));
	sink_char(out, (char)(n & 0xff));
}

/* The fields of IP and UDP have 16 bits; a longer message is said to be as long as can be said. */
static uint32_t pcap_len16(uint32_t head, uint32_t len)
{
	return len > UINT16_MAX - head ? UINT16_MAX : head + len;
}

/* RFC 1071 over these octets, in network order; the sum so far is added. */
static uint32_t pcap_sum(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	return sum;
}

static uint16_t pcap_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* ---- heads ---- */

void pcap_write_head(struct sink *out, uint32_t snap)
{
	put32_le(out, PCAP_MAGIC);
	put16_le(out, 2);
	put16_le(out, 4);
	put32_le(out, 0); /* times are UTC */
	put32_le(out, 0);
	put32_le(out, snap);
	put32_le(out, PCAP_ETHERNET);
}

static void pcap_ethernet(struct sink *out, bool is_ipv6)
{
	for (int i = 0; i < 12; i++)
		sink_char(out, 0);
	put16_be(out, is_ipv6 ? 0x86dd : 0x0800);
}

static void pcap_ipv4(struct sink *out, const struct pcap_packet *p)
{
	size_t begin = out->len;
	uint16_t sum;

	put16_be(out, 0x4500);
	put16_be(out, pcap_len16(20 + PCAP_UDP_HEAD, p->len));
	put32_le(out, 0); /* not a fragment */
	sink_char(out, PCAP_HOPS);
	sink_char(out, PCAP_UDP);
	put16_be(out, 0);
	sink_add(out, slice_make((const char *)p->from.ip, 4));
	sink_add(out, slice_make((const char *)p->to.ip, 4));
	if (out->over)
		return;
	sum = pcap_fold(pcap_sum(0, out->ptr + begin, 20));
	out->ptr[begin + 10] = (char)(sum >> 8);
	out->ptr[begin + 11] = (char)(sum & 0xff);
}

static void pcap_ipv6(struct sink *out, const struct pcap_packet *p)
{
	put16_be(out, 0x6000);
	put16_be(out, 0);
	put16_be(out, pcap_len16(PCAP_UDP_HEAD, p->len));
	sink_char(out, PCAP_UDP);
	sink_char(out, PCAP_HOPS);
	sink_add(out, slice_make((const char *)p->from.ip, 16));
	sink_add(out, slice_make((const char *)p->to.ip, 16));
}

/* IPv6 has no UDP without a checksum; 0 would be one that is left out. What is cut has none. */
static uint16_t pcap_udp_sum(const struct pcap_packet *p, uint32_t len)
{
	size_t ip_len = p->from.family == 6 || p->to.family == 6 ? 16 : 4;
	uint32_t sum = PCAP_UDP + len + p->from.port + p->to.port + len;
	uint16_t result;

	if (p->data.len < p->len)
		return 0;
	sum = pcap_sum(sum, p->from.ip, ip_len);
	sum = pcap_sum(sum, p->to.ip, ip_len);
	result = pcap_fold(pcap_sum(sum, p->data.ptr, p->data.len));
	return result ? result : UINT16_MAX;
}

void pcap_write_packet(struct sink *out, const struct pcap_packet *p)
{
	bool is_ipv6 = p->from.family == 6 || p->to.family == 6;
	uint32_t heads = 14 + (is_ipv6 ? 40 : 20) + PCAP_UDP_HEAD;
	uint32_t udp_len = pcap_len16(PCAP_UDP_HEAD, p->len);

	put32_le(out, (uint32_t)(p->wall_ns / 1000000000));
	put32_le(out, (uint32_t)(p->wall_ns % 1000000000 / 1000));
	put32_le(out, heads + (uint32_t)p->data.len);
	put32_le(out, heads + p->len);
	pcap_ethernet(out, is_ipv6);
	if (is_ipv6)
		pcap_ipv6(out, p);
	else
		pcap_ipv4(out, p);
	put16_be(out, p->from.port);
	put16_be(out, p->to.port);
	put16_be(out, udp_len);
	put16_be(out, pcap_udp_sum(p, udp_len));
	sink_add(out, p->data);
}
