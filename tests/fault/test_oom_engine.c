/* tests/fault/test_oom_engine.c - the start of a whole engine with too little memory: it says so
 * and leaves nothing behind. */
#include "engine/base/check.h"
#include "tests/fault/oom.h"
#include "tests/fault/whole.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static struct whole whole;

static int setup(void **state)
{
	UNUSED(state);
	whole_open(&whole, 4);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	whole_close(&whole);
	return 0;
}

static int run_start(struct oom_case *c)
{
	int err;

	oom_arm(c->mode, c->nth);
	err = whole_start(&whole);
	oom_disarm(&c->failed);
	if (err)
		assert_true(whole_error(&whole)[0] != 0); /* somebody has to be told why */
	else
		whole_stop(&whole);
	return err;
}

static int run_check(struct oom_case *c)
{
	struct engine_options options = {.main_file = SCENARIO_MAIN};
	char text[512];
	struct sink error = sink_make(text, sizeof(text));
	int err;

	sim_host_use(whole.run.w, 0);
	oom_arm(c->mode, c->nth);
	err = engine_check(&options, &error);
	oom_disarm(&c->failed);
	if (err)
		assert_true(error.len > 0);
	return err;
}

static void test_start(void **state)
{
	struct oom_case c = {.name = "start", .run = run_start};

	UNUSED(state);
	assert_true(oom_exhaust(&c) > 100);
	assert_int_equal(whole_start(&whole), 0);
	whole_order(&whole);
	assert_null(whole_rest(&whole)); /* and afterwards it dials as ever */
}

/* From the first login to the last record. Returns the points. */
static uint64_t live(struct oom_case *c, uint32_t orders, const char *prompt)
{
	static const char note[12000] = {1}; /* not in the library: read when it is played */
	const char *wrong;
	char text[256];
	uint64_t points;

	whole_open(&whole, orders);
	whole.lenient = c->nth > 0;
	sim_fs_put_octets(whole.run.w, "/late/note.ulaw", note, sizeof(note));
	snprintf(text, sizeof(text),
		 "[play]\nexten => s,1,Playback(%s)\n same => n,Hangup()\n"
		 "[short]\nexten => s,1,Hangup()\n[echo]\nexten => s,1,Wait(4)\n",
		 prompt);
	sim_fs_put(whole.run.w, WHOLE_ETC "extensions.conf", text);
	assert_int_equal(whole_start(&whole), 0);
	whole_order(&whole);
	oom_arm(c->mode, c->nth);
	wrong = whole_rest(&whole);
	points = oom_disarm(&c->failed);
	if (wrong)
		fail_msg("point %llu: %s", (unsigned long long)c->nth, wrong);
	whole_close(&whole);
	return points;
}

static int run_calls(struct oom_case *c)
{
	live(c, 8, "/late/note");
	return 0;
}

static void test_calls(void **state)
{
	struct oom_case c = {.name = "calls", .run = run_calls, .survives = true};

	UNUSED(state);
	assert_true(oom_exhaust(&c) > 1);
}

static void test_calls_take_nothing(void **state)
{
	struct oom_case c = {.name = "calls"};

	UNUSED(state);
	assert_int_equal(live(&c, 2, "tone"), live(&c, 40, "tone"));
}

static void test_check(void **state)
{
	struct oom_case c = {.name = "ringer -t", .run = run_check};

	UNUSED(state);
	assert_true(oom_exhaust(&c) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_check, setup, teardown),
		cmocka_unit_test_setup_teardown(test_start, setup, teardown),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_calls_take_nothing),
	};

	return cmocka_run_group_tests_name("oom engine", tests, NULL, NULL);
}
