#include "rtp/dtmf.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"

#define SEGMENT_MAX   0xffffU
#define VOLUME	      10 /* -10 dBm0 */
#define E_BIT	      0x80
#define FLASH	      16
#define NS_PER_SAMPLE INT64_C(125000)
/* Audio this far behind a digit ends it: some peers send both side by side, a packet apart. */
#define AUDIO_GRACE_SAMPLES 800

static const char dtmf_digits[] = "0123456789*#ABCD!";

int dtmf_event_of(char digit)
{
	const char *at;

	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');
	else if (digit == 'f' || digit == 'F') /* as SendDTMF writes a flash */
		digit = '!';
	at = digit ? strchr(dtmf_digits, digit) : NULL;
	return at ? (int)(at - dtmf_digits) : -1;
}

char dtmf_digit_of(unsigned event)
{
	return event < sizeof(dtmf_digits) - 1 ? dtmf_digits[event] : '\0';
}

/* --- receiving --- */

void dtmf_rx_init(struct dtmf_rx *rx, uint16_t timeout_samples)
{
	*rx = (struct dtmf_rx){.timeout_samples = timeout_samples};
}

void dtmf_rx_restart(struct dtmf_rx *rx)
{
	rx->seen = false;
}

static void dtmf_rx_tell(const struct dtmf_rx *rx, enum dtmf_kind kind, struct dtmf_facts *facts)
{
	struct dtmf_fact *fact = &facts->fact[facts->count++];

	fact->kind = kind;
	fact->digit = dtmf_digit_of(rx->event);
	fact->duration_ms = 0;
	if (kind == DTMF_END)
		fact->duration_ms = (rx->before_samples + rx->duration) / DTMF_SAMPLES_PER_MS;
}

static void dtmf_rx_end(struct dtmf_rx *rx, struct dtmf_facts *facts)
{
	if (!rx->active)
		return;
	rx->active = false;
	dtmf_rx_tell(rx, DTMF_END, facts);
}

static void dtmf_rx_begin(struct dtmf_rx *rx, const struct rtp_packet *packet, uint8_t event,
			  struct dtmf_facts *facts)
{
	rx->seen = true;
	rx->ssrc = packet->ssrc;
	rx->ts = packet->ts;
	rx->event = event;
	rx->before_samples = 0;
	rx->duration = 0;
	rx->active = true;
	dtmf_rx_tell(rx, DTMF_BEGIN, facts);
}

/* The next segment of a digit longer than 65535 samples (RFC 4733 2.5.1.3): begins where the last
 * ended, with the same event and without marker. */
static bool dtmf_rx_is_segment(const struct dtmf_rx *rx, const struct rtp_packet *packet,
			       uint8_t event)
{
	return rx->active && event == rx->event && !packet->marker &&
	       packet->ts == rx->ts + SEGMENT_MAX;
}

static void dtmf_rx_update(struct dtmf_rx *rx, uint16_t duration)
{
	/* Some senders let the duration wrap instead of starting a segment. */
	if (duration < rx->duration && rx->duration - duration > 0x8000)
		rx->before_samples += SEGMENT_MAX + 1;
	else if (duration < rx->duration)
		return;
	rx->duration = duration;
}

/* True if the packet belongs to an event that is over, or came out of order. */
static bool dtmf_rx_is_old(const struct dtmf_rx *rx, const struct rtp_packet *packet)
{
	if (!rx->seen || packet->ssrc != rx->ssrc)
		return false;
	if (rtp_seq_diff(packet->seq, rx->seq) <= 0)
		return true;
	return rx->active ? rtp_ts_diff(packet->ts, rx->ts) < 0
			  : rtp_ts_diff(packet->ts, rx->ts) <= 0;
}

void dtmf_rx_packet(struct dtmf_rx *rx, const struct rtp_packet *packet, int64_t now_ns,
		    struct dtmf_facts *facts)
{
	const uint8_t *p = packet->payload;
	uint16_t duration;

	facts->count = 0;
	if (packet->payload_bytes < DTMF_PAYLOAD_BYTES || !dtmf_digit_of(p[0]) ||
	    dtmf_rx_is_old(rx, packet))
		return;
	duration = bytes_get16(p + 2);
	if (dtmf_rx_is_segment(rx, packet, p[0])) {
		rx->ts = packet->ts;
		rx->before_samples += SEGMENT_MAX;
		rx->duration = 0;
	} else if (!rx->active || packet->ts != rx->ts || packet->ssrc != rx->ssrc) {
		dtmf_rx_end(rx, facts);
		dtmf_rx_begin(rx, packet, p[0], facts);
	}
	rx->seq = packet->seq;
	rx->last_ns = now_ns;
	dtmf_rx_update(rx, duration);
	if (p[1] & E_BIT)
		dtmf_rx_end(rx, facts);
}

void dtmf_rx_audio(struct dtmf_rx *rx, uint32_t ts, struct dtmf_facts *facts)
{
	facts->count = 0;
	if (rx->active && rtp_ts_diff(ts, rx->ts + rx->duration) > AUDIO_GRACE_SAMPLES)
		dtmf_rx_end(rx, facts);
}

void dtmf_rx_poll(struct dtmf_rx *rx, int64_t now_ns, struct dtmf_facts *facts)
{
	facts->count = 0;
	if (rx->active && now_ns - rx->last_ns >= rx->timeout_samples * NS_PER_SAMPLE)
		dtmf_rx_end(rx, facts);
}

/* --- sending --- */

void dtmf_tx_init(struct dtmf_tx *tx)
{
	*tx = (struct dtmf_tx){.state = DTMF_TX_IDLE};
}

static uint32_t dtmf_samples(uint32_t ms, uint32_t least)
{
	uint32_t max_ms = UINT32_MAX / DTMF_SAMPLES_PER_MS / 2;
	uint32_t samples = (ms < max_ms ? ms : max_ms) * DTMF_SAMPLES_PER_MS;

	return samples > least ? samples : least;
}

int dtmf_tx_start(struct dtmf_tx *tx, char digit, uint32_t duration_ms, uint32_t gap_ms)
{
	int event = dtmf_event_of(digit);

	if (event < 0)
		return -EINVAL;
	if (dtmf_tx_is_busy(tx))
		return -EBUSY;
	dtmf_tx_init(tx);
	tx->event = (uint8_t)event;
	if (duration_ms)
		tx->length = dtmf_samples(duration_ms, DTMF_ON_MIN_MS * DTMF_SAMPLES_PER_MS);
	tx->gap = dtmf_samples(gap_ms, DTMF_GAP_MIN_SAMPLES);
	tx->state = DTMF_TX_ON;
	tx->fresh = true;
	return 0;
}

int dtmf_tx_start_tone(struct dtmf_tx *tx, char digit, uint32_t duration_ms, uint32_t gap_ms)
{
	int rc = dtmf_event_of(digit) == FLASH ? -EINVAL
					       : dtmf_tx_start(tx, digit, duration_ms, gap_ms);

	if (rc == 0)
		tx->is_tone = true;
	return rc;
}

void dtmf_tx_stop(struct dtmf_tx *tx)
{
	/* One sample: over at the next tick, but for the least duration, which the tick keeps. */
	if (tx->state == DTMF_TX_ON)
		tx->length = 1;
}

static void dtmf_tx_write(const struct dtmf_tx *tx, struct dtmf_out *out, uint32_t duration,
			  uint8_t flags)
{
	out->ts = tx->ts;
	out->marker = tx->fresh;
	out->payload[0] = tx->event;
	out->payload[1] = flags | VOLUME;
	bytes_put16(out->payload + 2, (uint16_t)duration);
}

/* The samples that the digit has at its end: what was asked for, if it is not passed already. */
static uint32_t dtmf_tx_final(const struct dtmf_tx *tx, uint32_t segment)
{
	uint32_t total = tx->before + segment;

	if (tx->length > 1 && tx->length < total && tx->length > tx->before)
		return tx->length - tx->before;
	return segment;
}

static void dtmf_tx_on(struct dtmf_tx *tx, uint32_t ts, struct dtmf_out *out)
{
	uint32_t segment, total;

	if (tx->fresh)
		tx->ts = ts;
	segment = ts - tx->ts + DTMF_TICK_SAMPLES;
	total = tx->before + segment;
	if (tx->length && total >= tx->length && total >= DTMF_ON_MIN_MS * DTMF_SAMPLES_PER_MS &&
	    segment <= SEGMENT_MAX) {
		segment = dtmf_tx_final(tx, segment);
		dtmf_tx_write(tx, out, segment, E_BIT);
		tx->end_ts = tx->ts + segment;
		tx->copies_left = DTMF_END_COPIES - 1;
		tx->state = DTMF_TX_ENDING;
		out->ended = true;
		out->duration_ms = (tx->before + segment) / DTMF_SAMPLES_PER_MS;
	} else if (segment >= SEGMENT_MAX) {
		dtmf_tx_write(tx, out, SEGMENT_MAX, 0);
		tx->ts += SEGMENT_MAX;
		tx->before += SEGMENT_MAX;
	} else {
		dtmf_tx_write(tx, out, segment, 0);
	}
	tx->fresh = false;
}

static void dtmf_tx_repeat_end(struct dtmf_tx *tx, struct dtmf_out *out)
{
	dtmf_tx_write(tx, out, tx->end_ts - tx->ts, E_BIT);
	if (--tx->copies_left == 0)
		tx->state = DTMF_TX_GAP;
}

bool dtmf_tx_tick(struct dtmf_tx *tx, uint32_t ts, struct dtmf_out *out)
{
	switch ((enum dtmf_tx_state)tx->state) {
	case DTMF_TX_IDLE:
		return false;
	case DTMF_TX_GAP:
		/* The tick that ends the gap is free for the next digit, or for audio. */
		if (rtp_ts_diff(ts, tx->end_ts) >= (int32_t)tx->gap)
			tx->state = DTMF_TX_IDLE;
		return false;
	case DTMF_TX_ON:
		out->ended = false;
		dtmf_tx_on(tx, ts, out);
		return true;
	case DTMF_TX_ENDING:
		out->ended = false;
		dtmf_tx_repeat_end(tx, out);
		return true;
	}
	return false;
}

/* Samples of the tone that are still to come. */
static uint32_t dtmf_tx_left(const struct dtmf_tx *tx)
{
	uint32_t least = DTMF_ON_MIN_MS * DTMF_SAMPLES_PER_MS;
	uint32_t length = tx->length > least ? tx->length : least;

	if (!tx->length)
		return UINT32_MAX;
	return length > tx->before ? length - tx->before : 0;
}

/* What counts is what was sent, not the clock: where rounds are left out, the tone is whole all the
 * same. Only the gap goes by the clock. */
bool dtmf_tx_frame(struct dtmf_tx *tx, uint32_t ts, uint32_t samples, struct dtmf_frame *out)
{
	uint32_t left = dtmf_tx_left(tx);

	*out = (struct dtmf_frame){0};
	if (tx->state == DTMF_TX_GAP && rtp_ts_diff(ts, tx->end_ts) >= (int32_t)tx->gap)
		tx->state = DTMF_TX_IDLE;
	if (tx->state != DTMF_TX_ON)
		return tx->state == DTMF_TX_GAP;
	out->offset = tx->before;
	out->samples = left < samples ? left : samples;
	tx->before += out->samples;
	if (left > samples)
		return true;
	out->ended = true;
	out->duration_ms = tx->before / DTMF_SAMPLES_PER_MS;
	tx->end_ts = ts + out->samples;
	tx->state = DTMF_TX_GAP;
	return true;
}
