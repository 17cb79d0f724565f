#include "rtp/rxstat.h"

#define SEQ_MOD	 65536U
#define NO_BAD	 UINT32_MAX
#define LOST_MAX 0x7fffff
#define LOST_MIN (-0x800000)

void rxstat_init(struct rxstat *rx)
{
	*rx = (struct rxstat){.bad_seq = NO_BAD};
}

/* The extended numbers begin one cycle up, so that a packet from before the first one has a number.
 */
static void rxstat_begin(struct rxstat *rx, uint16_t seq)
{
	rxstat_init(rx);
	rx->base = SEQ_MOD + seq;
	rx->ext_max = rx->base;
	rx->received = 1;
	rx->window = 1;
	rx->started = true;
}

/* RFC 3550 A.8; the first difference needs a transit time of a packet before. */
static void rxstat_measure(struct rxstat *rx, uint32_t ts, uint32_t arrival_ts)
{
	uint32_t transit = arrival_ts - ts;
	int32_t d = (int32_t)(transit - rx->transit);
	uint32_t size = d < 0 ? 0U - (uint32_t)d : (uint32_t)d;

	rx->transit = transit;
	if (rx->received <= RXSTAT_JITTER_SKIP)
		return;
	/* A step of more than ten seconds is a new clock of the peer, not jitter. */
	if (size > 80000)
		return;
	rx->jitter_16 += size - ((rx->jitter_16 + 8) >> 4);
}

static enum rxstat_verdict rxstat_forward(struct rxstat *rx, uint32_t delta)
{
	rx->ext_max += delta;
	rx->window = delta < 64 ? rx->window << delta : 0;
	rx->window |= 1;
	rx->received++;
	rx->bad_seq = NO_BAD;
	return RXSTAT_NEXT;
}

static enum rxstat_verdict rxstat_backward(struct rxstat *rx, uint32_t behind)
{
	if (behind < 64) {
		uint64_t bit = UINT64_C(1) << behind;

		if (rx->window & bit)
			return RXSTAT_DUPLICATE;
		rx->window |= bit;
	}
	if (rx->ext_max - behind < rx->base)
		rx->base = rx->ext_max - behind;
	rx->received++;
	return RXSTAT_LATE;
}

static enum rxstat_verdict rxstat_far(struct rxstat *rx, uint16_t seq)
{
	if (rx->bad_seq == seq) {
		rxstat_begin(rx, seq);
		return RXSTAT_RESTART;
	}
	rx->bad_seq = (uint16_t)(seq + 1);
	return RXSTAT_JUMP;
}

static enum rxstat_verdict rxstat_place(struct rxstat *rx, uint16_t seq)
{
	uint16_t delta = (uint16_t)(seq - (uint16_t)rx->ext_max);

	if (delta == 0)
		return RXSTAT_DUPLICATE;
	if (delta < RXSTAT_MAX_DROPOUT)
		return rxstat_forward(rx, delta);
	if (delta > SEQ_MOD - RXSTAT_MAX_MISORDER)
		return rxstat_backward(rx, SEQ_MOD - delta);
	return rxstat_far(rx, seq);
}

enum rxstat_verdict rxstat_packet(struct rxstat *rx, uint16_t seq, uint32_t ts, uint32_t arrival_ts,
				  bool timed)
{
	enum rxstat_verdict verdict;

	if (!rx->started) {
		rxstat_begin(rx, seq);
		verdict = RXSTAT_NEXT;
	} else {
		verdict = rxstat_place(rx, seq);
	}
	if (timed && (verdict == RXSTAT_NEXT || verdict == RXSTAT_RESTART))
		rxstat_measure(rx, ts, arrival_ts);
	return verdict;
}

uint32_t rxstat_expected(const struct rxstat *rx)
{
	return rx->started ? rx->ext_max - rx->base + 1 : 0;
}

int32_t rxstat_lost(const struct rxstat *rx)
{
	int64_t lost = (int64_t)rxstat_expected(rx) - rx->received;

	if (lost > LOST_MAX)
		return LOST_MAX;
	return lost < LOST_MIN ? LOST_MIN : (int32_t)lost;
}

uint32_t rxstat_jitter(const struct rxstat *rx)
{
	return rx->jitter_16 >> 4;
}

uint8_t rxstat_take_fraction(struct rxstat *rx)
{
	uint32_t expected = rxstat_expected(rx);
	int64_t expected_new = (int64_t)expected - rx->expected_prior;
	int64_t received_new = (int64_t)rx->received - rx->received_prior;
	int64_t lost = expected_new - received_new;

	rx->expected_prior = expected;
	rx->received_prior = rx->received;
	if (expected_new <= 0 || lost <= 0)
		return 0;
	lost = (lost << 8) / expected_new;
	return lost > 255 ? 255 : (uint8_t)lost;
}
