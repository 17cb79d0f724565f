/* tests/unit/rtp/test_qos.c */
#include "rtp/qos.h"

#include <math.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void assert_near(double a, double b)
{
	if (fabs(a - b) > 0.001)
		print_message("%f is not %f\n", a, b);
	assert_true(fabs(a - b) <= 0.001);
}

static void test_series(void **state)
{
	static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
	struct qos_series s = {0};

	UNUSED(state);
	assert_near(qos_series_stdev(&s), 0);
	for (size_t i = 0; i < ARRAY_COUNT(values); i++)
		qos_series_add(&s, values[i]);
	assert_near((double)s.min, 2);
	assert_near((double)s.max, 9);
	assert_near((double)s.mean, 5);
	assert_near(qos_series_stdev(&s), 2);
}

static void test_score(void **state)
{
	static const struct {
		double rtt, jitter, stdev, lost, score;
	} rows[] = {
		{0, 0, 0, 0, 88.09},	       /* R 92.95 */
		{0.1, 0, 0, 0, 87.00},	       /* latency 110 */
		{0.15, 0, 0, 0, 86.38},	       /* latency 160: the other branch, R 89.2 */
		{0.2, 0.005, 0.003, 0, 82.78}, /* latency 220 */
		{0, 0, 0, 20, 54.61},	       /* R 52.95 */
		{0, 0, 0, 100, 20},	       /* R below 0: MOS 1 */
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		double score = qos_score(rows[i].rtt, rows[i].jitter, rows[i].stdev, rows[i].lost);

		print_message("row %zu: %f\n", i, score);
		assert_true(fabs(score - rows[i].score) < 0.01);
	}
	/* Never more than MOS 4.5, never less than 1. */
	assert_true(qos_score(0, 0, 0, 0) < 90);
	assert_near(qos_score(10, 1, 1, 1000), 20);
}

static void test_texts(void **state)
{
	struct qos q = {0};
	struct qos_totals totals = {.ssrc = 1,
				    .peer_ssrc = 4294967295U,
				    .rx_count = 10,
				    .tx_count = 20,
				    .rx_lost = 3,
				    .tx_lost = 4};
	char buf[512];
	struct sink out = sink_make(buf, sizeof(buf));

	UNUSED(state);
	qos_add_tx(&q, 0.002, 1, 0.05);
	qos_add_rx(&q, 0.001, 0);
	qos_text_write(&q, &totals, QOS_ALL, &out);
	assert_string_equal(sink_cstr(&out),
			    "ssrc=1;themssrc=4294967295;lp=3;rxjitter=0.001000;rxcount=10;"
			    "txjitter=0.002000;txcount=20;rlp=4;rtt=0.050000;rxmes=87.567802;"
			    "txmes=86.631615");
	out = sink_make(buf, sizeof(buf));
	qos_text_write(&q, &totals, QOS_RTT, &out);
	assert_string_equal(sink_cstr(&out),
			    "minrtt=0.050000;maxrtt=0.050000;avgrtt=0.050000;stdevrtt=0.000000;");
	for (unsigned i = QOS_ALL; i < QOS_TEXT_COUNT; i++) {
		out = sink_make(buf, sizeof(buf));
		qos_text_write(&q, &totals, (enum qos_text)i, &out);
		assert_false(out.over);
		assert_true(out.len > 20);
	}
	assert_string_equal(qos_text_name(QOS_MES), "RTPAUDIOQOSMES");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
