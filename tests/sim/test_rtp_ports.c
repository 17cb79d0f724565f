/* tests/sim/test_rtp_ports.c - ports of RTP on several local addresses. */
#include "engine/base/check.h"
#include "tests/sim/peer_rtp.h"
#include "tests/unit/cmocka.h"

#define LEGS 16

static struct rtp_bench bench;
static struct media_session *legs[LEGS];

static void open_legs(uint8_t family, unsigned count)
{
	static const struct media_events events;
	const struct media_params params = {.local = {.family = family}};
	struct addr local;

	for (unsigned i = 0; i < count; i++) {
		legs[i] = bench.port.ops->open(bench.port.impl, &params, &events, NULL, &local);
		assert_non_null(legs[i]);
	}
}

static void close_legs(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bench.port.ops->close(legs[i]);
}

/* All that may be bound rests on one address: calls on another one find room, to and fro. */
static void test_ports_of_another_address(void **state)
{
	struct rtp_bench_conf conf;

	UNUSED(state);
	bench_conf_default(&conf);
	conf.session_max = LEGS;
	conf.rtp.port_start = 10000;
	conf.rtp.port_end = 10999;
	bench_world(&bench, 5);
	bench_open(&bench, &conf);
	for (unsigned i = 0; i < 200; i++) {
		open_legs(4, 1);
		close_legs(1);
	}
	for (unsigned turn = 0; turn < 4; turn++) {
		open_legs(turn % 2 ? 4 : 6, LEGS);
		close_legs(LEGS);
		bench_run_ms(&bench, 100);
	}
	bench_close(&bench);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports_of_another_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
