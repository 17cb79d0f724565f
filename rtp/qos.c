#include "rtp/qos.h"

#include <math.h>

void qos_series_add(struct qos_series *series, double value)
{
	double delta = value - (double)series->mean;
	double mean;

	if (series->count == 0 || value < (double)series->min)
		series->min = (float)value;
	if (series->count == 0 || value > (double)series->max)
		series->max = (float)value;
	series->count++;
	mean = (double)series->mean + delta / series->count;
	series->mean = (float)mean;
	series->m2 = (float)((double)series->m2 + delta * (value - mean));
}

double qos_series_stdev(const struct qos_series *series)
{
	return series->count < 2 ? 0 : sqrt(fmax(0, (double)series->m2) / series->count);
}

static double qos_mos(double r)
{
	if (r < 0)
		return 1;
	if (r > 100)
		return 4.5;
	return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
}

double qos_score(double rtt_s, double jitter_s, double jitter_stdev_s, double lost_avg)
{
	double latency = rtt_s * 1000 + jitter_s * 2000 * (jitter_stdev_s * 1000 / 3) + 10;
	double r = latency < 160 ? 93.2 - latency / 40 : 93.2 - (latency - 120) / 10;

	return qos_mos(r - 2 * lost_avg) * 20;
}

void qos_add_rx(struct qos *q, double jitter_s, double lost)
{
	q->rx_jitter_last = (float)jitter_s;
	qos_series_add(&q->rx_jitter, jitter_s);
	qos_series_add(&q->rx_lost, lost);
	q->rx_mes_last = (float)qos_score((double)q->rtt_last, jitter_s,
					  qos_series_stdev(&q->rx_jitter), (double)q->rx_lost.mean);
	qos_series_add(&q->rx_mes, (double)q->rx_mes_last);
}

void qos_add_tx(struct qos *q, double jitter_s, double lost, double rtt_s)
{
	q->tx_jitter_last = (float)jitter_s;
	qos_series_add(&q->tx_jitter, jitter_s);
	qos_series_add(&q->tx_lost, lost);
	if (rtt_s >= 0) {
		q->rtt_last = (float)rtt_s;
		qos_series_add(&q->rtt, rtt_s);
	}
	q->tx_mes_last = (float)qos_score((double)q->rtt_last, jitter_s,
					  qos_series_stdev(&q->tx_jitter), (double)q->tx_lost.mean);
	qos_series_add(&q->tx_mes, (double)q->tx_mes_last);
}

const char *qos_text_name(enum qos_text which)
{
	static const char *const names[QOS_TEXT_COUNT] = {
		[QOS_ALL] = "RTPAUDIOQOS",	[QOS_JITTER] = "RTPAUDIOQOSJITTER",
		[QOS_LOSS] = "RTPAUDIOQOSLOSS", [QOS_RTT] = "RTPAUDIOQOSRTT",
		[QOS_MES] = "RTPAUDIOQOSMES",
	};

	return which < QOS_TEXT_COUNT ? names[which] : "";
}

static void qos_series_write(const struct qos_series *series, const char *name, struct sink *out)
{
	sink_fmt(out, "min%s=%f;max%s=%f;avg%s=%f;stdev%s=%f;", name, (double)series->min, name,
		 (double)series->max, name, (double)series->mean, name, qos_series_stdev(series));
}

static void qos_write_all(const struct qos *q, const struct qos_totals *t, struct sink *out)
{
	sink_fmt(out, "ssrc=%u;themssrc=%u;lp=%d;rxjitter=%f;rxcount=%u;", t->ssrc, t->peer_ssrc,
		 t->rx_lost, (double)q->rx_jitter_last, t->rx_count);
	sink_fmt(out, "txjitter=%f;txcount=%u;rlp=%d;rtt=%f;rxmes=%f;txmes=%f",
		 (double)q->tx_jitter_last, t->tx_count, t->tx_lost, (double)q->rtt_last,
		 (double)q->rx_mes_last, (double)q->tx_mes_last);
}

void qos_text_write(const struct qos *q, const struct qos_totals *totals, enum qos_text which,
		    struct sink *out)
{
	switch (which) {
	case QOS_JITTER:
		qos_series_write(&q->rx_jitter, "rxjitter", out);
		qos_series_write(&q->tx_jitter, "txjitter", out);
		break;
	case QOS_LOSS:
		qos_series_write(&q->rx_lost, "rxlost", out);
		qos_series_write(&q->tx_lost, "txlost", out);
		break;
	case QOS_RTT:
		qos_series_write(&q->rtt, "rtt", out);
		break;
	case QOS_MES:
		qos_series_write(&q->rx_mes, "rxmes", out);
		qos_series_write(&q->tx_mes, "txmes", out);
		break;
	case QOS_ALL:
	case QOS_TEXT_COUNT:
		qos_write_all(q, totals, out);
		break;
	}
}
