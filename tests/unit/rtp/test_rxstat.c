/* tests/unit/rtp/test_rxstat.c */
#include "rtp/rxstat.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

struct row {
	uint16_t seq;
	enum rxstat_verdict verdict;
	uint32_t expected, received;
};

static void run(const struct row *rows, size_t count)
{
	struct rxstat rx;

	rxstat_init(&rx);
	for (size_t i = 0; i < count; i++) {
		print_message("row %zu seq %u\n", i, rows[i].seq);
		assert_int_equal(rxstat_packet(&rx, rows[i].seq, 0, 0, true), rows[i].verdict);
		assert_int_equal(rxstat_expected(&rx), rows[i].expected);
		assert_int_equal(rx.received, rows[i].received);
	}
}

static void test_order(void **state)
{
	static const struct row rows[] = {
		{65533, RXSTAT_NEXT, 1, 1},	 {65534, RXSTAT_NEXT, 2, 2},
		{65534, RXSTAT_DUPLICATE, 2, 2}, {1, RXSTAT_NEXT, 5, 3},
		{65535, RXSTAT_LATE, 5, 4},	 {65535, RXSTAT_DUPLICATE, 5, 4},
		{0, RXSTAT_LATE, 5, 5},		 {65532, RXSTAT_LATE, 6, 6},
		{2, RXSTAT_NEXT, 7, 7},
	};

	UNUSED(state);
	run(rows, ARRAY_COUNT(rows));
}

static void test_bounds_of_dropout_and_misorder(void **state)
{
	static const struct row rows[] = {
		{10000, RXSTAT_NEXT, 1, 1},    {12999, RXSTAT_NEXT, 3000, 2}, /* 2999 ahead */
		{15999, RXSTAT_JUMP, 3000, 2},				      /* 3000 ahead */
		{12900, RXSTAT_LATE, 3000, 3},				      /* 99 behind */
		{12899, RXSTAT_JUMP, 3000, 3},				      /* 100 behind */
		{13000, RXSTAT_NEXT, 3001, 4}, /* the old source goes on */
	};

	UNUSED(state);
	run(rows, ARRAY_COUNT(rows));
}

static void test_restart_needs_two_in_sequence(void **state)
{
	static const struct row rows[] = {
		{100, RXSTAT_NEXT, 1, 1},      {101, RXSTAT_NEXT, 2, 2},
		{40000, RXSTAT_JUMP, 2, 2},    {50000, RXSTAT_JUMP, 2, 2},
		{50001, RXSTAT_RESTART, 1, 1}, {50002, RXSTAT_NEXT, 2, 2},
	};

	UNUSED(state);
	run(rows, ARRAY_COUNT(rows));
}

static void test_loss_and_fraction(void **state)
{
	struct rxstat rx;

	UNUSED(state);
	rxstat_init(&rx);
	assert_int_equal(rxstat_lost(&rx), 0);
	assert_int_equal(rxstat_take_fraction(&rx), 0);
	for (uint16_t seq = 0; seq < 100; seq++)
		if (seq % 4 != 1)
			rxstat_packet(&rx, seq, 0, 0, true);
	assert_int_equal(rxstat_expected(&rx), 100);
	assert_int_equal(rxstat_lost(&rx), 25);
	assert_int_equal(rxstat_take_fraction(&rx), 64);
	/* A clean interval afterwards. */
	for (uint16_t seq = 100; seq < 200; seq++)
		rxstat_packet(&rx, seq, 0, 0, true);
	assert_int_equal(rxstat_lost(&rx), 25);
	assert_int_equal(rxstat_take_fraction(&rx), 0);
	/* Late packets make the loss of an interval negative: the share is 0, not 255. */
	for (uint16_t seq = 110; seq < 200; seq++)
		rxstat_packet(&rx, seq, 0, 0, true);
	assert_int_equal(rxstat_take_fraction(&rx), 0);
}

static void test_jitter_of_a_steady_stream_is_zero(void **state)
{
	struct rxstat rx;

	UNUSED(state);
	rxstat_init(&rx);
	for (uint16_t i = 0; i < 200; i++)
		rxstat_packet(&rx, i, 5000 + i * 160U, 77 + i * 160U, true);
	assert_int_equal(rxstat_jitter(&rx), 0);
}

static void test_jitter_grows_to_the_mean_difference(void **state)
{
	struct rxstat rx;

	UNUSED(state);
	rxstat_init(&rx);
	/* Every other packet 80 samples late: |D| is 80 each time. */
	for (uint16_t i = 0; i < 500; i++)
		rxstat_packet(&rx, i, i * 160U, i * 160U + (i & 1) * 80U, true);
	assert_in_range(rxstat_jitter(&rx), 78, 80);
}

static void test_jitter_leaves_out(void **state)
{
	struct rxstat rx;
	uint16_t seq = 0;

	UNUSED(state);
	rxstat_init(&rx);
	/* The first packets, however wild. */
	for (; seq < RXSTAT_JITTER_SKIP; seq++)
		rxstat_packet(&rx, seq, seq * 160U, seq * 160U + (seq & 1) * 4000U, true);
	assert_int_equal(rx.jitter_16, 0);
	for (; seq < 100; seq++)
		rxstat_packet(&rx, seq, seq * 160U, seq * 160U, true);
	/* Events, whose timestamp stands still; a new clock of the peer. */
	for (; seq < 110; seq++)
		rxstat_packet(&rx, seq, 100 * 160U, seq * 160U, false);
	rxstat_packet(&rx, seq, 0x80000000, seq * 160U, true);
	assert_int_equal(rxstat_jitter(&rx), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bounds_of_dropout_and_misorder),
		cmocka_unit_test(test_restart_needs_two_in_sequence),
		cmocka_unit_test(test_loss_and_fraction),
		cmocka_unit_test(test_jitter_of_a_steady_stream_is_zero),
		cmocka_unit_test(test_jitter_grows_to_the_mean_difference),
		cmocka_unit_test(test_jitter_leaves_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
