/* rtp/qos.h - quality of one leg: series of measurements, the score, and their texts.
 *
 * Measurements are taken at each report sent or received. The score (0..88) follows the E-model as
 * media.md section 4 has it: latency_eff = rtt_ms + 2 jitter * (stdev / 3) + 10;
 * R = 93.2 - latency/40 below 160, else 93.2 - (latency - 120)/10; R -= 2 * average loss;
 * MOS = 1 + 0.035 R + 7e-6 R (R - 60)(100 - R), bounded; score = 20 MOS.
 * The texts are the values of the channel variables RTPAUDIOQOS...: jitter and round trip in
 * seconds. Pure. */
#ifndef RINGER_RTP_QOS_H
#define RINGER_RTP_QOS_H

#include <stdint.h>

#include "engine/base/sink.h"

/* Running minimum, maximum, mean and spread (Welford). Zero is empty. */
struct qos_series {
	float min, max, mean, m2;
	uint32_t count;
};

void qos_series_add(struct qos_series *series, double value);
double qos_series_stdev(const struct qos_series *series);

struct qos {
	struct qos_series rx_jitter, tx_jitter; /* s; tx: as the peer reports */
	struct qos_series rx_lost, tx_lost;	/* packets in an interval */
	struct qos_series rtt;			/* s */
	struct qos_series rx_mes, tx_mes;
	float rx_jitter_last, tx_jitter_last, rtt_last; /* s */
	float rx_mes_last, tx_mes_last;
};

/* jitter_s, stdev: of the jitter, in s; lost_avg: mean of the lost packets of an interval. */
double qos_score(double rtt_s, double jitter_s, double jitter_stdev_s, double lost_avg);

/* A report was sent: our own reception. A report came: what the peer received, and the round trip
 * (negative: unknown). Both update their score. */
void qos_add_rx(struct qos *q, double jitter_s, double lost);
void qos_add_tx(struct qos *q, double jitter_s, double lost, double rtt_s);

/* Counters that the texts name besides. */
struct qos_totals {
	uint32_t ssrc, peer_ssrc;
	uint32_t rx_count, tx_count;
	int32_t rx_lost, tx_lost; /* tx: as the peer reports */
	uint32_t rx_expected;
};

enum qos_text { QOS_ALL, QOS_JITTER, QOS_LOSS, QOS_RTT, QOS_MES, QOS_TEXT_COUNT };

/* "RTPAUDIOQOS", "RTPAUDIOQOSJITTER", ... */
const char *qos_text_name(enum qos_text which);
void qos_text_write(const struct qos *q, const struct qos_totals *totals, enum qos_text which,
		    struct sink *out);

#endif
