/* tests/unit/sip/test_health.c */
#include "sip/health.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

#define S TMR_SECOND

static struct sip_health *h;
static const struct sip_target a = {.addr = {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}}};
static const struct sip_target tcp = {.addr = {.family = 4, .port = 5060, .ip = {192, 0, 2, 1}},
				      .transport = SIP_TRANSPORT_TCP};

static int setup(void **state)
{
	UNUSED(state);
	return sip_health_create(&h);
}

static int teardown(void **state)
{
	UNUSED(state);
	sip_health_destroy(h);
	return 0;
}

static void test_hold(void **state)
{
	struct sip_health_note note;

	UNUSED(state);
	assert_int_equal(sip_health_until(h, &a), 0);
	assert_false(sip_health_hold(h, &a, 10 * S, 0, &note));
	assert_int_equal(sip_health_count(h), 0);
	assert_true(sip_health_hold(h, &a, 10 * S, 20, &note));
	assert_int_equal(note.held_ns, 30 * S);
	assert_int_equal(sip_health_until(h, &a), 30 * S);
	assert_int_equal(sip_health_until(h, &tcp), 0); /* another transport is another target */
	assert_false(sip_health_hold(h, &a, 11 * S, 5, &note)); /* not shortened */
	assert_true(sip_health_hold(h, &a, 20 * S, 4000000000u, &note));
	assert_int_equal(note.held_ns, 320 * S);
	/* Alive is not enough: it said how long. */
	assert_false(sip_health_answered(h, &a, &note));
	assert_int_equal(sip_health_until(h, &a), 320 * S);
	assert_false(sip_health_is_down(h, &a));
}

static void test_down(void **state)
{
	struct sip_health_note note;

	UNUSED(state);
	for (int i = 1; i < SIP_HEALTH_STRIKES; i++)
		assert_false(sip_health_silent(h, &a, S, &note));
	assert_false(sip_health_answered(h, &a, &note)); /* not in a row */
	assert_int_equal(sip_health_count(h), 0);
	for (int i = 1; i < SIP_HEALTH_STRIKES; i++)
		assert_false(sip_health_silent(h, &a, S, &note));
	assert_int_equal(sip_health_until(h, &a), 0);
	assert_true(sip_health_silent(h, &a, 10 * S, &note));
	assert_int_equal(sip_health_until(h, &a), 10 * S + SIP_HEALTH_DOWN);
	assert_true(sip_health_is_down(h, &a));
	/* Those that were under way change nothing, and do not prolong it. */
	assert_false(sip_health_silent(h, &a, 20 * S, &note));
	assert_int_equal(sip_health_until(h, &a), 10 * S + SIP_HEALTH_DOWN);
	/* Tried when its time is over: one silence more. */
	assert_true(sip_health_silent(h, &a, 60 * S, &note));
	assert_int_equal(sip_health_until(h, &a), 60 * S + SIP_HEALTH_DOWN);
	assert_true(sip_health_answered(h, &a, &note));
	assert_int_equal(note.down_ns, 0);
	assert_int_equal(sip_health_until(h, &a), 0);
	assert_int_equal(sip_health_count(h), 0);
}

static void test_spread(void **state)
{
	struct sip_health_note note, seen;
	struct sip_health *other;
	uint32_t cursor = 0;

	UNUSED(state);
	assert_int_equal(sip_health_create(&other), 0);
	assert_true(sip_health_hold(h, &a, 10 * S, 20, &note));
	sip_health_take(other, &note);
	assert_int_equal(sip_health_until(other, &a), 30 * S);
	for (int i = 0; i < SIP_HEALTH_STRIKES; i++)
		if (sip_health_silent(h, &tcp, S, &note))
			sip_health_take(other, &note);
	assert_true(sip_health_is_down(other, &tcp));
	assert_true(sip_health_walk(other, &cursor, &seen));
	assert_true(sip_health_walk(other, &cursor, &seen));
	assert_false(sip_health_walk(other, &cursor, &seen));
	assert_true(sip_health_answered(h, &tcp, &note));
	sip_health_take(other, &note);
	assert_int_equal(sip_health_count(other), 1);
	sip_health_destroy(other);
}

/* More targets in trouble than the table has room for: the oldest is forgotten. */
static void test_bound(void **state)
{
	struct sip_target t = a;

	UNUSED(state);
	for (uint32_t i = 0; i < LIMIT_SIP_HEALTH + 10; i++) {
		t.addr.port = (uint16_t)(1 + i);
		assert_true(sip_health_hold(h, &t, S, 60, NULL));
	}
	assert_int_equal(sip_health_count(h), LIMIT_SIP_HEALTH);
	assert_int_equal(sip_health_until(h, &t), 61 * S);
	t.addr.port = 1;
	assert_int_equal(sip_health_until(h, &t), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_hold), TEST(test_down), TEST(test_spread),
					   TEST(test_bound)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
