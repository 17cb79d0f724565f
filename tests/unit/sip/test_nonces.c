/* tests/unit/sip/test_nonces.c */
#include "sip/nonces.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/tmr.h"
#include "tests/unit/cmocka.h"

static struct sip_nonces *n;
static const struct addr to = {.family = 4, .port = 5060};
static const struct addr elsewhere = {.family = 4, .port = 5061};

static int setup(void **state)
{
	UNUSED(state);
	return sip_nonces_create(&n);
}

static int teardown(void **state)
{
	UNUSED(state);
	sip_nonces_destroy(n);
	return 0;
}

/* What a call has after it was challenged, and sent its credentials once. */
static struct sip_auth_state challenged(char nonce)
{
	struct sip_auth_state st = {0};

	st.slots[0] = (struct sip_auth_slot){.in_use = true, .nonce_len = 1, .nc = 1};
	st.slots[0].nonce[0] = nonce;
	return st;
}

/* Writes credentials as sip_auth_state_write does; the count that goes out, 0: none. */
static uint32_t sent(struct sip_auth_state *st, int64_t now)
{
	sip_nonces_count(n, st, now);
	return st->slots[0].in_use ? ++st->slots[0].nc : 0;
}

static void test_counts_are_given_out_once(void **state)
{
	struct sip_auth_state first = challenged('a'), second = {0}, third = {0};

	UNUSED(state);
	assert_false(sip_nonces_borrow(n, 1, &to, 0, &second));
	sip_nonces_accepted(n, 1, &to, 0, &first);
	sip_nonces_accepted(n, 1, &to, 0, &first); /* 200 after 180 */
	assert_true(sip_nonces_borrow(n, 1, &to, 0, &second));
	assert_true(sip_nonces_borrow(n, 1, &to, 0, &third));
	assert_int_equal(sent(&second, 0), 2);
	assert_int_equal(sent(&third, 0), 3);
	assert_int_equal(sent(&first, 0), 4);
	assert_int_equal(sent(&third, 0), 5);
	assert_false(sip_nonces_has(n, 2, &to, 0)); /* another endpoint, another target */
	assert_false(sip_nonces_has(n, 1, &elsewhere, 0));
}

/* The challenged call counts on alone; others of the same nonce send none, even once there is a new
 * one in its place. */
static void test_refused(void **state)
{
	struct sip_auth_state first = challenged('a'), second = {0}, third = {0};
	struct sip_auth_state next = challenged('b');

	UNUSED(state);
	sip_nonces_accepted(n, 1, &to, 0, &first);
	assert_true(sip_nonces_borrow(n, 1, &to, 0, &second));
	assert_true(sip_nonces_borrow(n, 1, &to, 0, &third));
	assert_int_equal(sent(&second, 0), 2);
	assert_true(sip_nonces_refused(n, 0, &second));
	assert_false(sip_nonces_refused(n, 0, &second)); /* its own now */
	assert_false(sip_nonces_has(n, 1, &to, 0));
	assert_int_equal(sent(&second, 0), 3);
	assert_int_equal(sent(&second, 0), 4);
	assert_int_equal(sent(&third, 0), 0);
	sip_nonces_accepted(n, 1, &to, 0, &next);
	assert_int_equal(sent(&first, 0), 0);
	assert_false(sip_nonces_refused(n, 0, &first));
	assert_int_equal(sent(&next, 0), 2);
}

static void refuse_one(char nonce, int64_t now)
{
	struct sip_auth_state owner = challenged(nonce), other = {0};

	sip_nonces_accepted(n, 1, &to, now, &owner);
	assert_true(sip_nonces_borrow(n, 1, &to, now, &other));
	sent(&other, now);
	assert_true(sip_nonces_refused(n, now, &other));
}

/* Three sets that nobody could use twice: none is kept for a while, then one is tried. */
static void test_left_alone(void **state)
{
	struct sip_auth_state owner = challenged('x'), other = {0};
	int64_t later = LIMIT_SIP_NONCE_REST_S * TMR_SECOND;

	UNUSED(state);
	refuse_one('a', 0);
	refuse_one('b', 0);
	refuse_one('c', 0);
	sip_nonces_accepted(n, 1, &to, later - 1, &owner);
	assert_false(sip_nonces_has(n, 1, &to, later - 1));
	refuse_one('d', later);
	owner = challenged('y');
	sip_nonces_accepted(n, 1, &to, later + 1, &owner);
	assert_false(sip_nonces_has(n, 1, &to, later + 1));
	/* One that is taken twice clears the score. */
	sip_nonces_accepted(n, 1, &to, 2 * later, &owner);
	assert_true(sip_nonces_borrow(n, 1, &to, 2 * later, &other));
	assert_false(sip_nonces_is_proven(n, &other));
	sent(&other, 2 * later);
	sip_nonces_accepted(n, 1, &to, 2 * later, &other);
	assert_true(sip_nonces_is_proven(n, &other));
	assert_true(sip_nonces_refused(n, 2 * later, &other));
	refuse_one('e', 2 * later);
	refuse_one('f', 2 * later);
	owner = challenged('z');
	sip_nonces_accepted(n, 1, &to, 2 * later, &owner);
	assert_true(sip_nonces_has(n, 1, &to, 2 * later));
}

static void test_idle(void **state)
{
	struct sip_auth_state owner = challenged('a'), next = challenged('b'), other = {0};
	int64_t idle = LIMIT_SIP_NONCE_IDLE_S * TMR_SECOND;

	UNUSED(state);
	sip_nonces_accepted(n, 1, &to, 0, &owner);
	assert_true(sip_nonces_has(n, 1, &to, idle - 1));
	sent(&owner, idle - 1);
	assert_true(sip_nonces_has(n, 1, &to, idle));
	assert_false(sip_nonces_has(n, 1, &to, 2 * idle));
	sip_nonces_accepted(n, 1, &to, 2 * idle, &next);
	assert_true(sip_nonces_borrow(n, 1, &to, 2 * idle, &other));
	assert_int_equal(other.slots[0].nonce[0], 'b');
	sip_nonces_clear(n);
	assert_int_equal(sip_nonces_used(n), 0);
	assert_int_equal(sent(&other, 2 * idle), 0);
}

/* A full table forgets the target that was used longest ago. */
static void test_full(void **state)
{
	struct sip_auth_state st = challenged('a'), kept = {0};

	UNUSED(state);
	for (uint64_t i = 0; i < LIMIT_SIP_NONCES; i++) {
		st = challenged('a');
		sip_nonces_accepted(n, i, &to, 0, &st);
	}
	assert_true(sip_nonces_borrow(n, 0, &to, 0, &kept));
	st = challenged('b');
	sip_nonces_accepted(n, LIMIT_SIP_NONCES, &to, 0, &st);
	assert_int_equal(sip_nonces_used(n), LIMIT_SIP_NONCES);
	assert_true(sip_nonces_has(n, 0, &to, 0));
	assert_false(sip_nonces_has(n, 1, &to, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts_are_given_out_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
