/* tests/fault/test_oom_reload.c - a reload with too little memory: the old settings stay in force,
 * all of them, and calls go on. */
#include "engine/base/check.h"
#include "engine/core/control.h"
#include "engine/core/dialplan.h"
#include "engine/core/queue.h"
#include "tests/fault/oom.h"
#include "tests/fault/whole.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILES 4

static struct whole whole;
static const char *const names[FILES] = {"extensions.conf", "pjsip.conf", "dialer.conf",
					 "manager.conf"};
/* What the files get behind their first text to be new ones. */
static const char *const more[FILES] = {
	"\n[fresh]\nexten => s,1,Answer()\n",
	"\n[fresh]\ntype=endpoint\naors=gw\nallow=alaw\n",
	"\n[fresh]\ncps=9\n",
	"\n[fresh]\nsecret=fresh\nread=call\n",
};
static char old[FILES][4096];

static void path_of(char path[64], uint32_t file)
{
	snprintf(path, 64, WHOLE_ETC "%s", names[file]);
}

static void keep_old_files(void)
{
	char path[64];

	for (uint32_t i = 0; i < FILES; i++) {
		path_of(path, i);
		snprintf(old[i], sizeof(old[i]), "%s", sim_fs_text(whole.run.w, path, NULL));
	}
}

static void put_files(bool fresh)
{
	static char text[sizeof(old) + 256];
	char path[64];

	for (uint32_t i = 0; i < FILES; i++) {
		path_of(path, i);
		snprintf(text, sizeof(text), "%s%s", old[i], fresh ? more[i] : "");
		sim_fs_put(whole.run.w, path, text);
	}
}

static int setup(void **state)
{
	UNUSED(state);
	whole_open(&whole, 8);
	keep_old_files();
	assert_int_equal(whole_start(&whole), 0);
	sim_run_for(whole.run.w, SIM_SECOND / 10);
	return 0;
}

static int teardown(void **state)
{
	UNUSED(state);
	whole_close(&whole);
	return 0;
}

static void judge(bool fresh)
{
	struct control *c = engine_control(whole.run.engine);
	const struct app_conf *conf = engine_conf(whole.run.engine);

	assert_int_equal(dialplan_has_context(control_dialplan(c), SLICE_LIT("fresh")), fresh);
	assert_true(dialplan_has_context(control_dialplan(c), SLICE_LIT("play")));
	assert_int_equal(conf->queue.trunk_count, fresh ? 2 : 1);
	assert_ptr_equal(conf->queue.trunks, conf->trunks);
}

/* On the control thread, between two of its turns; then the shards let go of the old. */
static int reload(struct slice module)
{
	struct control *c = engine_control(whole.run.engine);
	char text[512];
	struct sink said = sink_make(text, sizeof(text));
	int err = control_reload(c, module, &said);

	if (err)
		assert_true(said.len > 0);
	return err;
}

static void settle(void)
{
	io_wake(control_io(engine_control(whole.run.engine)));
	sim_run_for(whole.run.w, SIM_SECOND / 10);
}

static int run_reload(struct oom_case *c)
{
	int err;

	put_files(true);
	oom_arm(c->mode, c->nth);
	err = reload(slice_str(c->arg));
	oom_disarm(&c->failed);
	settle();
	if (((const char *)c->arg)[0] == 0)
		judge(err == 0);
	put_files(false);
	assert_int_equal(reload(SLICE_EMPTY), 0);
	settle();
	judge(false);
	return err;
}

static void test_reload(void **state)
{
	struct oom_case cases[] = {
		{.name = "all", .run = run_reload, .arg = ""},
		{.name = "manager", .run = run_reload, .arg = "manager"},
		{.name = "dialer", .run = run_reload, .arg = "dialer"},
		{.name = "res_pjsip.so", .run = run_reload, .arg = "res_pjsip.so"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		assert_true(oom_exhaust(&cases[i]) > 1);
	whole_order(&whole);
	assert_null(whole_rest(&whole));
}

/* Calls are under way: some ring, some talk. Blocks that players hold go later, so only the end is
 * judged. */
static void test_reload_under_calls(void **state)
{
	uint64_t n = 0;
	bool failed = true;

	UNUSED(state);
	whole_order(&whole);
	sim_run_for(whole.run.w, 4 * SIM_SECOND);
	while (failed) {
		put_files(n % 2);
		oom_arm(OOM_ONE, ++n);
		(void)reload(SLICE_EMPTY);
		oom_disarm(&failed);
		io_wake(control_io(engine_control(whole.run.engine)));
		sim_run_for(whole.run.w, 20 * SIM_MS);
	}
	assert_true(n > 20);
	assert_null(whole_rest(&whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload_under_calls, setup, teardown),
	};

	return cmocka_run_group_tests_name("oom reload", tests, NULL, NULL);
}
