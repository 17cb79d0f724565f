/* tests/fuzz/fuzz_rtp.c - datagrams as RTP, RTCP and telephone events, through the receivers'
 * states.
 *
 * The input is a chain of datagrams, each behind one octet of length. */
#include "engine/base/check.h"
#include "rtp/dtmf.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/rxstat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct receiver {
	struct rxstat rx;
	struct dtmf_rx dtmf;
	int64_t now_ns;
	bool is_down; /* a digit was begun and not ended */
};

static void take_facts(struct receiver *r, const struct dtmf_facts *facts)
{
	check(facts->count <= DTMF_FACTS_MAX);
	for (unsigned i = 0; i < facts->count; i++) {
		bool begins = facts->fact[i].kind == DTMF_BEGIN;

		check(dtmf_event_of(facts->fact[i].digit) >= 0);
		/* Begin and end take turns. */
		check(begins != r->is_down);
		r->is_down = begins;
	}
	check(r->is_down == dtmf_rx_is_active(&r->dtmf));
}

static void take_rtcp(const uint8_t *data, size_t len)
{
	struct rtcp_report report = {0}, again = {0};
	uint8_t out[RTCP_OUT_MAX];
	int64_t rtt = 0;
	size_t written;

	if (!rtcp_parse(&report, data, len, 7))
		return;
	if (report.has_block) {
		check(report.block.ssrc == 7);
		if (rtcp_round_trip(&report.block, report.block.lsr, &rtt))
			check(rtt >= 0);
	}
	written = rtcp_write(out, sizeof(out), &report, slice_make((const char *)data, len));
	check(written > 0);
	check(rtcp_parse(&again, out, written, 7));
	check(again.ssrc == report.ssrc);
	check(again.block.lost == report.block.lost);
}

static void take_rtp(struct receiver *r, const uint8_t *data, size_t len)
{
	struct rtp_packet packet;
	struct dtmf_facts facts = {0};
	enum rxstat_verdict verdict;

	if (!rtp_packet_parse(&packet, data, len))
		return;
	check(packet.payload >= data);
	check(packet.payload + packet.payload_bytes <= data + len);
	verdict = rxstat_packet(&r->rx, packet.seq, packet.ts, (uint32_t)(r->now_ns / 125000),
				packet.payload_type == 0);
	check(rxstat_expected(&r->rx) > 0);
	if (verdict == RXSTAT_RESTART)
		dtmf_rx_restart(&r->dtmf);
	if (packet.payload_type == 101)
		dtmf_rx_packet(&r->dtmf, &packet, r->now_ns, &facts);
	else
		dtmf_rx_audio(&r->dtmf, packet.ts, &facts);
	take_facts(r, &facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct receiver r = {0};
	size_t at = 0;

	rxstat_init(&r.rx);
	dtmf_rx_init(&r.dtmf, DTMF_TIMEOUT_DEFAULT);
	while (at < size) {
		size_t len = data[at++];
		struct dtmf_facts facts = {0};

		if (len > size - at)
			len = size - at;
		r.now_ns += (int64_t)(len + 1) * 1000000;
		dtmf_rx_poll(&r.dtmf, r.now_ns, &facts);
		take_facts(&r, &facts);
		if (rtp_packet_is_rtcp(data + at, len))
			take_rtcp(data + at, len);
		else
			take_rtp(&r, data + at, len);
		at += len;
	}
	rxstat_take_fraction(&r.rx);
	check(rxstat_lost(&r.rx) <= 0x7fffff);
	return 0;
}
