/* tests/unit/core/test_roster.c */
#include "engine/core/roster.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static struct event make_event(enum event_kind kind, handle_t chan, int32_t state_number)
{
	struct event e = {.kind = kind, .shard = 1, .chan = chan, .wall_ns = 5};

	e.snap.name = chan == 1 ? SLICE_LIT("PJSIP/a-1") : SLICE_LIT("PJSIP/a-2");
	e.snap.uniqueid = chan == 1 ? SLICE_LIT("id-1") : SLICE_LIT("id-2");
	e.snap.state = state_number;
	return e;
}

static void test_life(void **state)
{
	struct roster *r;
	struct event e;
	struct roster_chan *c;

	UNUSED(state);
	assert_int_equal(roster_create(&r, 8), 0);
	e = make_event(EVENT_NEWSTATE, 1, 5);
	assert_null(roster_note(r, &e)); /* unknown channel */
	e = make_event(EVENT_NEWCHANNEL, 1, 0);
	c = roster_note(r, &e);
	assert_non_null(c);
	e = make_event(EVENT_NEWCHANNEL, 2, 0);
	assert_non_null(roster_note(r, &e));
	assert_int_equal(roster_count(r), 2);
	assert_ptr_equal(roster_find(r, SLICE_LIT("pjsip/A-1")), c);
	assert_ptr_equal(roster_find(r, SLICE_LIT("ID-1")), c);
	assert_null(roster_find(r, SLICE_LIT("id-3")));

	e = make_event(EVENT_NEWEXTEN, 1, 0);
	e.text[0] = SLICE_LIT("AppDial2");
	roster_note(r, &e);
	assert_int_equal(roster_calls(r), 0); /* a leg that dials runs no dialplan */
	e.text[0] = SLICE_LIT("Playback");
	e.text[1] = SLICE_LIT("beep");
	roster_note(r, &e);
	assert_int_equal(roster_calls(r), 1);
	assert_true(slice_eq(c->appdata, SLICE_LIT("beep")));
	e = make_event(EVENT_NEWSTATE, 1, 6);
	roster_note(r, &e);
	assert_int_equal(c->snap.state, 6);
	assert_int_equal(c->answered_wall_ns, 5);

	e = make_event(EVENT_HANGUP, 1, 6);
	assert_ptr_equal(roster_note(r, &e), c);
	roster_forget(r, c);
	assert_int_equal(roster_count(r), 1);
	assert_int_equal(roster_calls(r), 0);
	assert_int_equal(roster_processed(r), 1);
	assert_null(roster_find(r, SLICE_LIT("id-1")));
	roster_destroy(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_life)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
