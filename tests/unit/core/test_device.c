/* States of devices: the sum, the table, what hints make of them. */
#include "engine/core/hint.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"
#include "tests/unit/core/memconf.h"

#include <stdio.h>

static void test_names(void **state)
{
	UNUSED(state);
	for (int s = 0; s < DEVICE_STATE_COUNT; s++)
		assert_int_equal(
			device_state_by_name(slice_str(device_state_name((enum device_state)s))),
			s);
	assert_int_equal(device_state_by_name(SLICE_LIT("inuse")), DEVICE_INUSE);
	assert_int_equal(device_state_by_name(SLICE_LIT("")), DEVICE_STATE_COUNT);
	assert_int_equal(exten_status(DEVICE_UNKNOWN), EXTEN_IDLE);
	assert_int_equal(exten_status(DEVICE_INVALID), EXTEN_UNAVAILABLE);
	assert_string_equal(exten_status_text(17), "InUse&Hold");
	assert_string_equal(exten_status_text(EXTEN_NO_HINT), "Unknown");
}

static void test_sum(void **state)
{
	static const struct {
		enum device_state a, b, sum;
	} rows[] = {
		{DEVICE_NOT_INUSE, DEVICE_UNAVAILABLE, DEVICE_NOT_INUSE},
		{DEVICE_NOT_INUSE, DEVICE_INUSE, DEVICE_INUSE},
		{DEVICE_INUSE, DEVICE_RINGING, DEVICE_RINGINUSE},
		{DEVICE_ONHOLD, DEVICE_RINGING, DEVICE_RINGINUSE},
		{DEVICE_BUSY, DEVICE_INUSE, DEVICE_BUSY},
		{DEVICE_INVALID, DEVICE_UNKNOWN, DEVICE_UNKNOWN},
		{DEVICE_INVALID, DEVICE_INVALID, DEVICE_INVALID},
		{DEVICE_ONHOLD, DEVICE_NOT_INUSE, DEVICE_ONHOLD},
	};
	struct device_sum s;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		for (int turn = 0; turn < 2; turn++) {
			device_sum_begin(&s);
			device_sum_add(&s, turn ? rows[i].a : rows[i].b);
			device_sum_add(&s, turn ? rows[i].b : rows[i].a);
			assert_int_equal(s.state, rows[i].sum);
		}
}

/* Two calls of an endpoint, from the first to the last moment. */
static void test_channels(void **state)
{
	const enum device_state none = DEVICE_STATE_COUNT;
	struct slice phone = SLICE_LIT("PJSIP/100");
	enum device_state now;
	struct devices *d;

	UNUSED(state);
	assert_int_equal(devices_create(&d, 8), 0);
	assert_false(devices_get(d, phone, &now));
	assert_true(devices_set(d, phone, DEVICE_NOT_INUSE, &now));
	assert_false(devices_set(d, phone, DEVICE_NOT_INUSE, &now));
	assert_false(devices_move(d, phone, none, DEVICE_NOT_INUSE, &now)); /* Down */
	assert_true(devices_move(d, phone, DEVICE_NOT_INUSE, DEVICE_RINGING, &now));
	assert_int_equal(now, DEVICE_RINGING);
	assert_true(devices_move(d, phone, none, DEVICE_INUSE, &now));
	assert_int_equal(now, DEVICE_RINGINUSE);
	assert_true(devices_get(d, SLICE_LIT("pjsip/100"), &now)); /* without case */
	assert_int_equal(now, DEVICE_RINGINUSE);
	assert_true(devices_move(d, phone, DEVICE_RINGING, none, &now));
	assert_int_equal(now, DEVICE_INUSE);
	assert_true(devices_move(d, phone, DEVICE_INUSE, DEVICE_ONHOLD, &now));
	assert_int_equal(now, DEVICE_ONHOLD);
	/* its contact goes while it talks: seen when the call is over */
	assert_false(devices_set(d, phone, DEVICE_UNAVAILABLE, &now));
	assert_true(devices_move(d, phone, DEVICE_ONHOLD, none, &now));
	assert_int_equal(now, DEVICE_UNAVAILABLE);
	devices_destroy(d);
}

static void test_bounds(void **state)
{
	char name[LIMIT_NAME + 8];
	enum device_state now;
	struct slice device;
	uint32_t cursor = 0, count = 0;
	struct devices *d;

	UNUSED(state);
	assert_int_equal(devices_create(&d, 100), 0);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "Custom:%d", i);
		assert_int_equal(devices_set(d, slice_str(name), DEVICE_BUSY, &now), i < 100);
	}
	while (devices_next(d, &cursor, &device, &now))
		count++;
	assert_int_equal(count, 100);
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof(name), "Custom:%d", i);
		assert_int_equal(devices_get(d, slice_str(name), &now), i < 100);
	}
	devices_destroy(d);
	assert_int_equal(devices_create(&d, 100), 0);
	memset(name, 'x', sizeof(name));
	assert_false(devices_set(d, slice_make(name, LIMIT_NAME + 1), DEVICE_BUSY, &now));
	assert_false(devices_set(d, SLICE_EMPTY, DEVICE_BUSY, &now));
	assert_true(devices_set(d, slice_make(name, LIMIT_NAME), DEVICE_BUSY, &now));
	/* what a shard assumes of a device that is known */
	devices_assume(d, slice_make(name, LIMIT_NAME), DEVICE_INUSE);
	devices_assume(d, SLICE_LIT("new"), DEVICE_INUSE);
	assert_true(devices_get(d, slice_make(name, LIMIT_NAME), &now) && now == DEVICE_INUSE);
	assert_false(devices_get(d, SLICE_LIT("new"), &now));
	assert_false(devices_set(d, slice_make(name, LIMIT_NAME), DEVICE_BUSY, &now));
	devices_destroy(d);
}

/* device_state_busy_at: so many calls in use are busy, ringing ones do not count. */
static void test_busy_at(void **state)
{
	struct slice name = SLICE_LIT("PJSIP/a");
	enum device_state now;
	struct devices *d;

	UNUSED(state);
	assert_int_equal(devices_create(&d, 8), 0);
	assert_false(devices_set_busy_at(d, name, 0, &now));
	assert_false(devices_get(d, name, &now)); /* nothing to remember */
	devices_set(d, name, DEVICE_NOT_INUSE, &now);
	assert_false(devices_set_busy_at(d, name, 2, &now));
	assert_true(devices_move(d, name, DEVICE_STATE_COUNT, DEVICE_INUSE, &now));
	assert_int_equal(now, DEVICE_INUSE);
	assert_true(devices_move(d, name, DEVICE_STATE_COUNT, DEVICE_RINGING, &now));
	assert_int_equal(now, DEVICE_RINGINUSE);
	assert_true(devices_move(d, name, DEVICE_RINGING, DEVICE_ONHOLD, &now));
	assert_int_equal(now, DEVICE_BUSY);
	assert_false(devices_move(d, name, DEVICE_STATE_COUNT, DEVICE_INUSE, &now)); /* still */
	assert_true(devices_set_busy_at(d, name, 4, &now));
	assert_int_equal(now, DEVICE_INUSE);
	assert_true(devices_set_busy_at(d, name, 1, &now));
	assert_int_equal(now, DEVICE_BUSY);
	assert_true(devices_set_busy_at(d, name, 0, &now));
	assert_int_equal(now, DEVICE_INUSE);
	devices_destroy(d);
}

/* ---- hints ---- */

static enum device_state a_state, b_state;
static char told[512];

static enum device_state state_of(void *arg, struct slice device)
{
	UNUSED(arg);
	if (slice_eq(device, SLICE_LIT("PJSIP/a")))
		return a_state;
	return slice_eq(device, SLICE_LIT("PJSIP/b")) ? b_state : DEVICE_INVALID;
}

static void note(void *arg, const struct hint_view *v)
{
	size_t len = strlen(told);

	UNUSED(arg);
	snprintf(told + len, sizeof(told) - len, "%.*s@%.*s=%d ", SLICE_ARG(v->exten),
		 SLICE_ARG(v->context), v->status);
}

static const char *look(struct hints *h, const char *device)
{
	told[0] = 0;
	hints_look(h, slice_str(device), note, NULL);
	return told;
}

static struct dialplan *load(const char *text)
{
	const struct memconf_file files[] = {{"extensions.conf", text, 0}, {0}};
	struct conffile_error err;
	struct dialplan *dp;
	struct conffile *cf;
	struct memconf m;

	memconf_init(&m, files);
	assert_int_equal(conffile_load(&cf, &m.source, "extensions.conf", &err), 0);
	assert_int_equal(dialplan_load(&dp, cf, &m.source), 0);
	conffile_free(cf);
	return dp;
}

static void test_hints(void **state)
{
	struct dialplan *old = load("[z]\nexten => 2,hint,PJSIP/a & PJSIP/b,CustomPresence:x\n"
				    "exten => _9X,hint,PJSIP/${EXTEN}\n"
				    "[a]\nexten => 1,hint,PJSIP/a\n");
	struct dialplan *next = load("[a]\nexten => 1,hint,PJSIP/b\nexten => 3,hint,PJSIP/a\n");
	struct hints *h;

	UNUSED(state);
	a_state = b_state = DEVICE_NOT_INUSE;
	assert_int_equal(hints_create(&h, state_of, NULL), 0);
	assert_string_equal(look(h, ""), "");
	assert_int_equal(hints_take(h, old), 0);
	assert_int_equal(hints_count(h), 2);
	assert_string_equal(look(h, ""), "1@a=0 2@z=0 ");
	assert_string_equal(look(h, ""), "");
	a_state = DEVICE_INUSE;
	assert_string_equal(look(h, "pjsip/a"), "1@a=1 2@z=1 ");
	assert_string_equal(look(h, "PJSIP/b"), "");
	b_state = DEVICE_RINGING;
	assert_string_equal(look(h, "PJSIP/b"), "2@z=9 ");
	/* another dialplan: what stays and is as it was is no news */
	b_state = DEVICE_INUSE;
	assert_int_equal(hints_take(h, next), 0);
	dialplan_free(old);
	assert_string_equal(look(h, ""), "3@a=1 ");
	assert_int_equal(hints_take(h, NULL), 0);
	assert_int_equal(hints_count(h), 0);
	dialplan_free(next);
	hints_destroy(h);
}

static void test_find(void **state)
{
	struct dialplan *dp = load("[c]\nexten => _9X,hint,PJSIP/${EXTEN}&Custom:${EXTEN}x\n"
				   "exten => 1,hint,PJSIP/a,x\n[d]\ninclude => c\n");
	char room[LIMIT_APPDATA];
	struct slice devices, name;

	UNUSED(state);
	assert_true(hint_find(dp, SLICE_LIT("d"), SLICE_LIT("95"), room, &devices, &name));
	assert_true(slice_eq(devices, SLICE_LIT("PJSIP/95&Custom:95x")));
	assert_true(hint_find(dp, SLICE_LIT("c"), SLICE_LIT("1"), room, &devices, &name));
	assert_true(slice_eq(devices, SLICE_LIT("PJSIP/a")));
	assert_false(hint_find(dp, SLICE_LIT("c"), SLICE_LIT("2"), room, &devices, &name));
	assert_false(hint_find(NULL, SLICE_LIT("c"), SLICE_LIT("1"), room, &devices, &name));
	dialplan_free(dp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_sum),
		cmocka_unit_test(test_channels), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hints),	 cmocka_unit_test(test_busy_at),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
