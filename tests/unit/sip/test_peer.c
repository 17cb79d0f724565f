/* tests/unit/sip/test_peer.c - names of TLS peers: kept, found again, forgotten in order. */
#include "sip/peer.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <string.h>

static struct peer_names *hosts;

static int setup(void **state)
{
	UNUSED(state);
	return peer_names_create(&hosts, 42);
}

static int teardown(void **state)
{
	UNUSED(state);
	peer_names_destroy(hosts);
	return 0;
}

static uint64_t keep(const char *name)
{
	return peer_names_keep(hosts, slice_str(name));
}

static void test_names(void **state)
{
	static const char *const same[] = {"carrier.test", "CARRIER.Test", "carrier.test."};
	uint64_t number = keep("carrier.test");

	UNUSED(state);
	assert_true(number != 0);
	for (size_t i = 0; i < ARRAY_COUNT(same); i++)
		assert_true(keep(same[i]) == number);
	assert_true(keep("carrier.tes") != number);
	assert_string_equal(peer_names_text(hosts, number).ptr, "carrier.test");
	assert_int_equal(peer_names_text(hosts, number).len, 12);
	assert_int_equal(peer_names_text(hosts, number + 2).len, 0);
	assert_true(peer_names_bytes(hosts) > 0);
}

static void test_no_names(void **state)
{
	static const char *const none[] = {"", ".", "10.0.0.9", "::1", "[::1]"};
	char longest[LIMIT_PEER_NAME + 2];

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(none); i++)
		assert_true(keep(none[i]) == 0);
	assert_int_equal(peer_names_text(hosts, 0).len, 0);
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	assert_true(keep(longest) == 0);
	assert_true(keep(longest + 1) != 0);
}

/* Another key, other numbers: nobody outside can choose a name that is taken for another. */
static void test_key(void **state)
{
	struct peer_names *other;

	UNUSED(state);
	assert_int_equal(peer_names_create(&other, 43), 0);
	assert_true(peer_names_keep(other, SLICE_LIT("carrier.test")) != keep("carrier.test"));
	peer_names_destroy(other);
}

static void test_full(void **state)
{
	uint64_t first = keep("first"), second = keep("second");
	char name[32];

	UNUSED(state);
	for (int i = 2; i < LIMIT_PEER_NAMES; i++) {
		snprintf(name, sizeof(name), "host%d", i);
		assert_true(keep(name) != 0);
	}
	assert_int_equal(peer_names_text(hosts, first).len, 5); /* used again */
	assert_true(keep("one more") != 0);
	assert_int_equal(peer_names_text(hosts, second).len, 0);
	assert_int_equal(peer_names_text(hosts, first).len, 5);
	assert_true(keep("second") == second);
}

static void keep_many(const char *what, int count)
{
	char name[32];

	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s%d", what, i);
		assert_true(keep(name) != 0);
	}
}

/* Names from the wire push out one another, but none of the configuration's; what a reload no
 * longer names is as any other. */
static void test_pinned(void **state)
{
	uint64_t before = keep("carrier.test"), after;

	UNUSED(state);
	assert_true(peer_names_pin(hosts, SLICE_LIT("Carrier.Test.")));
	assert_true(peer_names_pin(hosts, SLICE_LIT("other.test")));
	assert_true(peer_names_pin(hosts, SLICE_LIT("10.0.0.9"))); /* nothing to be kept */
	after = keep("other.test");
	keep_many("wire", 2 * LIMIT_PEER_NAMES);
	assert_int_equal(peer_names_text(hosts, before).len, 12);
	assert_int_equal(peer_names_text(hosts, after).len, 10);
	peer_names_repin(hosts);
	assert_true(peer_names_pin(hosts, SLICE_LIT("other.test")));
	peer_names_unpin_rest(hosts);
	keep_many("more", LIMIT_PEER_NAMES);
	assert_int_equal(peer_names_text(hosts, before).len, 0);
	assert_int_equal(peer_names_text(hosts, after).len, 10);
}

static void test_pinned_full(void **state)
{
	char name[32];

	UNUSED(state);
	for (int i = 0; i < LIMIT_PEER_PINNED; i++) {
		snprintf(name, sizeof(name), "trunk%d", i);
		assert_true(peer_names_pin(hosts, slice_str(name)));
	}
	assert_true(peer_names_pin(hosts, SLICE_LIT("trunk7"))); /* it is */
	assert_false(peer_names_pin(hosts, SLICE_LIT("one.more")));
	keep_many("wire", LIMIT_PEER_NAMES);
	assert_int_equal(peer_names_text(hosts, keep("trunk0")).len, 6);
	peer_names_repin(hosts);
	assert_true(peer_names_pin(hosts, SLICE_LIT("one.more")));
}

static void pin_many(int turn)
{
	char name[32];

	for (int i = 0; i < 2 * LIMIT_PEER_NAMES; i++) {
		snprintf(name, sizeof(name), "trunk%d.%d", i % 7 ? 0 : turn, i);
		assert_true(peer_names_pin(hosts, slice_str(name)));
	}
}

/* A new configuration with other names: those of calls stay. */
static void test_pinned_anew(void **state)
{
	uint64_t calls[LIMIT_PEER_NAMES / 2];
	char name[32];

	UNUSED(state);
	pin_many(0);
	for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
		snprintf(name, sizeof(name), "call%zu", i);
		calls[i] = keep(name);
	}
	peer_names_repin(hosts);
	pin_many(1);
	peer_names_unpin_rest(hosts);
	for (size_t i = 0; i < ARRAY_COUNT(calls); i++)
		assert_true(peer_names_text(hosts, calls[i]).len > 0);
}

static void test_equal(void **state)
{
	struct sip_peer a = {.addr = {.family = 4, .port = 5061, .ip = {10, 0, 0, 9}}, .host = 7};
	struct sip_peer b = a;

	UNUSED(state);
	b.conn = 5;
	assert_true(sip_peer_eq(&a, &b));
	b.host = 0;
	assert_false(sip_peer_eq(&a, &b));
	b = a;
	b.addr.port = 5060;
	assert_false(sip_peer_eq(&a, &b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
