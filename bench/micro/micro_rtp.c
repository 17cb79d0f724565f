/* bench/micro/micro_rtp.c - media: packets, frames, laws, digits, the source of a leg. */
#include "bench/micro/harness.h"

#include <stdlib.h>

#include "engine/base/check.h"
#include "rtp/codec_g711.h"
#include "rtp/dtmf.h"
#include "rtp/latch.h"
#include "rtp/packet.h"
#include "rtp/player.h"
#include "rtp/rtcp.h"
#include "rtp/rxstat.h"

static void run_parse(void *state, uint64_t count)
{
	uint8_t data[172] = {0x80, 0, 0, 1};
	struct rtp_packet packet;

	UNUSED(state);
	while (count--) {
		check(rtp_packet_parse(&packet, data, sizeof(data)));
		micro_keep(&packet);
	}
}

static void *open_prompt(void)
{
	static uint8_t octets[80000];
	char text[64];
	struct sink why = sink_make(text, sizeof(text));
	struct sound_prompt *prompt = NULL;

	check(sound_prompt_make(&prompt, SOUND_ULAW, octets, sizeof(octets), &why) == 0);
	prompt->loop = true;
	return prompt;
}

/* What a leg adds to a packet of a prompt before the kernel has it. */
static void run_frame(void *state, uint64_t count)
{
	struct rtp_packet packet = {.payload_type = 0, .ssrc = 7};
	struct player player;
	uint8_t room[172];

	player_start(&player, state);
	while (count--) {
		check(player_frame(&player, CODEC_PCMU, room + 12, 160));
		packet.seq++;
		packet.ts += 160;
		rtp_packet_write(room, &packet);
		micro_keep(room);
	}
}

static void run_convert(void *state, uint64_t count)
{
	uint8_t a[160] = {0}, b[160];

	UNUSED(state);
	while (count--) {
		g711_convert(G711_ALAW, b, a, sizeof(a));
		micro_keep(b);
	}
}

static void run_encode(void *state, uint64_t count)
{
	int16_t samples[160];
	uint8_t out[160];

	UNUSED(state);
	for (int i = 0; i < 160; i++)
		samples[i] = (int16_t)(i * 200 - 16000);
	while (count--) {
		g711_encode(G711_ULAW, out, samples, 160);
		micro_keep(out);
	}
}

static void run_receive(void *state, uint64_t count)
{
	struct addr from = {.family = 4, .port = 4000, .ip = {10, 0, 0, 1}};
	struct latch latch;
	struct rxstat rx;
	uint32_t n = 0;

	UNUSED(state);
	latch_init(&latch, LATCH_YES, 4);
	latch_begin(&latch, &from, 0);
	rxstat_init(&rx);
	for (; count--; n++) {
		check(latch_packet(&latch, &from, (uint16_t)n, n * INT64_C(20000000)));
		check(rxstat_packet(&rx, (uint16_t)n, n * 160, n * 160, true) == RXSTAT_NEXT);
	}
	micro_keep(&rx);
}

static void run_digit(void *state, uint64_t count)
{
	uint8_t payload[4] = {5, 0x8a, 3, 0x20};
	struct rtp_packet packet = {.payload = payload, .payload_bytes = 4};
	struct dtmf_facts facts;
	struct dtmf_rx rx;

	UNUSED(state);
	dtmf_rx_init(&rx, DTMF_TIMEOUT_DEFAULT);
	while (count--) {
		packet.seq++;
		packet.ts += 1600;
		dtmf_rx_packet(&rx, &packet, 0, &facts);
		check(facts.count == 2);
	}
}

static void run_report(void *state, uint64_t count)
{
	struct rtcp_report report = {.ssrc = 1, .has_sender = true, .has_block = true}, back;
	uint8_t room[RTCP_OUT_MAX];

	UNUSED(state);
	while (count--) {
		size_t len = rtcp_write(room, sizeof(room), &report, SLICE_LIT("0123456789abcdef"));

		check(rtcp_parse(&back, room, len, 0));
	}
}

static const struct micro_case cases[] = {
	{"parse", run_parse, .bytes = 172, .expect_ns = 5},
	{"frame", run_frame, .bytes = 160, .expect_ns = 12, .open = open_prompt, .close = free},
	{"ulaw to alaw", run_convert, .bytes = 160, .expect_ns = 60},
	{"encode ulaw", run_encode, .bytes = 160, .expect_ns = 400},
	{"latch and statistics", run_receive, .expect_ns = 20},
	{"digit received", run_digit, .expect_ns = 20},
	{"report written and read", run_report, .expect_ns = 60},
};
const struct micro_table micro_rtp = MICRO_TABLE(cases);
