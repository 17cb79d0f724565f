/* rtp/dtmf.h - digits as telephone events, received and sent (RFC 4733), and when they sound as
 * tones.
 *
 *   0                   1                   2                   3
 *  |     event     |E|R| volume    |          duration             |
 *
 * Pure state machines: packets and instants in, facts and payloads out. Durations count in samples
 * of 8000 a second. Digits are characters: 0-9 * # A-D, and ! for flash. */
#ifndef RINGER_RTP_DTMF_H
#define RINGER_RTP_DTMF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtp/packet.h"

#define DTMF_PAYLOAD_BYTES   4
#define DTMF_SAMPLES_PER_MS  8
#define DTMF_TICK_SAMPLES    160  /* one packet each 20 ms */
#define DTMF_TIMEOUT_DEFAULT 1200 /* samples; rtp.conf dtmftimeout */
#define DTMF_END_COPIES	     3
#define DTMF_GAP_MIN_SAMPLES 320 /* 40 ms between two digits */
#define DTMF_ON_MIN_MS	     40

/* -1 if the character is no digit; '\0' if the event is none. */
int dtmf_event_of(char digit);
char dtmf_digit_of(unsigned event);

/* --- receiving: one struct per leg --- */

enum dtmf_kind { DTMF_BEGIN, DTMF_END };

struct dtmf_fact {
	enum dtmf_kind kind;
	char digit;
	uint32_t duration_ms; /* of DTMF_END */
};

#define DTMF_FACTS_MAX 3 /* the end of a digit whose E was lost, and a lone E packet */

struct dtmf_facts {
	unsigned count;
	struct dtmf_fact fact[DTMF_FACTS_MAX];
};

struct dtmf_rx {
	int64_t last_ns; /* arrival of the newest packet of the event */
	uint32_t ssrc;
	uint32_t ts;		  /* of the current or the last event */
	uint32_t before_samples;  /* duration of earlier wraps and segments of this event */
	uint16_t duration;	  /* of the newest packet */
	uint16_t seq;		  /* of the newest event packet */
	uint16_t timeout_samples; /* without a packet: the end was lost */
	uint8_t event;
	bool active;
	bool seen; /* ts and seq are valid */
};

void dtmf_rx_init(struct dtmf_rx *rx, uint16_t timeout_samples);
/* Takes a packet of the telephone-event type; what it tells is added to *facts (begun empty by the
 * callee). Copies, packets out of order and unknown events give nothing. */
void dtmf_rx_packet(struct dtmf_rx *rx, const struct rtp_packet *packet, int64_t now_ns,
		    struct dtmf_facts *facts);
/* An audio packet of the same SSRC: ends a digit well behind it whose E packets were all lost. */
void dtmf_rx_audio(struct dtmf_rx *rx, uint32_t ts, struct dtmf_facts *facts);
/* The source began its sequence numbers or timestamps anew: earlier ones say nothing any more. */
void dtmf_rx_restart(struct dtmf_rx *rx);
/* Ends a digit that has no packet for the timeout. Call about every 20 ms while active. */
void dtmf_rx_poll(struct dtmf_rx *rx, int64_t now_ns, struct dtmf_facts *facts);

static inline bool dtmf_rx_is_active(const struct dtmf_rx *rx)
{
	return rx->active;
}

/* --- sending: one struct per leg --- */

enum dtmf_tx_state { DTMF_TX_IDLE, DTMF_TX_ON, DTMF_TX_ENDING, DTMF_TX_GAP };

struct dtmf_tx {
	uint32_t ts;	 /* start of the segment */
	uint32_t end_ts; /* of the event, when ending or in the gap */
	uint32_t before; /* samples in earlier segments; of a tone: sent so far */
	uint32_t length; /* samples wanted; 0: until dtmf_tx_stop */
	uint32_t gap;	 /* samples of silence behind the event */
	uint8_t state;	 /* enum dtmf_tx_state */
	uint8_t event;
	uint8_t copies_left;
	bool fresh : 1;	  /* the first packet is still to come */
	bool is_tone : 1; /* sent as audio, by dtmf_tx_frame */
};

/* One packet to send: the timestamp stays that of the start of the event. */
struct dtmf_out {
	uint32_t ts;
	bool marker;
	bool ended;	      /* first of the end packets: the digit is over now */
	uint32_t duration_ms; /* with ended */
	uint8_t payload[DTMF_PAYLOAD_BYTES];
};

/* One frame of audio: `samples` of the digit's tone from its sample `offset` on, then silence. */
struct dtmf_frame {
	uint32_t offset, samples;
	bool ended;	      /* the digit is over with this frame */
	uint32_t duration_ms; /* with ended */
};

void dtmf_tx_init(struct dtmf_tx *tx);
/* Begins a digit at the next tick. duration_ms 0: until dtmf_tx_stop, else at least 40; gap_ms: at
 * least 40. -EBUSY while one is sent (or its gap lasts), -EINVAL for no digit. */
int dtmf_tx_start(struct dtmf_tx *tx, char digit, uint32_t duration_ms, uint32_t gap_ms);
/* The same for a digit that goes as a tone; a flash has none (-EINVAL). */
int dtmf_tx_start_tone(struct dtmf_tx *tx, char digit, uint32_t duration_ms, uint32_t gap_ms);
/* Ends an endless digit at the next tick (not before 40 ms). */
void dtmf_tx_stop(struct dtmf_tx *tx);
/* To be called each 20 ms with the timestamp that an audio packet would have now. True: send *out
 * in place of audio. False: nothing of ours to send (idle, or in the gap). */
bool dtmf_tx_tick(struct dtmf_tx *tx, uint32_t ts, struct dtmf_out *out);
/* In its place while a tone is sent: with the timestamp of the next audio packet and its samples.
 * True: send *out, also in the gap, which is silent. False: this packet is free. */
bool dtmf_tx_frame(struct dtmf_tx *tx, uint32_t ts, uint32_t samples, struct dtmf_frame *out);

/* A digit or its gap is going on: the next must wait. */
static inline bool dtmf_tx_is_busy(const struct dtmf_tx *tx)
{
	return tx->state != DTMF_TX_IDLE;
}

#endif
