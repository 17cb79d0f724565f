/* tests/sim/test_engine.c - the whole engine on virtual time: what a stop and a reload leave behind.
 *
 * Each case runs over several seeds: which loop runs first at the end is what the seed decides. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/sim/peer_dropper.h"
#include "tests/sim/peer_gateway.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS 12
#define FILES 40
#define SPOOL "/var/spool/asterisk"
#define ETC   "/etc/asterisk/"

static struct rig {
	struct sim_world *w;
	struct engine *engine;
	struct gateway *gateway;
	struct dropper *dropper;
	bool stopped;
	uint32_t byes_to_lose;
	char logged[65536]; /* warnings and errors */
	size_t logged_len;
} rig;

static void keep_log(void *arg, const struct log_line *line)
{
	struct sink out = sink_make(rig.logged + rig.logged_len,
				    sizeof(rig.logged) - 1 - rig.logged_len);

	UNUSED(arg);
	if (getenv("SIM_LOG"))
		fprintf(stderr, "%12.6f %s\n", (double)(sim_now(rig.w) - SIM_EPOCH_NS) / 1e9,
			line->text);
	if (line->level < LOG_LEVEL_WARNING)
		return;
	sink_fmt(&out, "%s\n", line->text);
	rig.logged_len += out.len;
	rig.logged[rig.logged_len] = 0;
}

static enum sim_verdict tap(void *arg, const struct addr *from, const struct addr *to, const void *data,
			    size_t len)
{
	UNUSED(arg);
	if (rig.byes_to_lose && slice_starts(slice_make(data, len), SLICE_LIT("BYE "))) {
		rig.byes_to_lose--;
		return SIM_DROP;
	}
	gateway_tap(rig.gateway, from, to, data, len);
	return SIM_PASS;
}

static void on_stopped(void *arg)
{
	UNUSED(arg);
	rig.stopped = true;
}

static enum gateway_plan always_answers(void *arg, struct slice user, uint32_t nth)
{
	UNUSED(arg);
	UNUSED(user);
	UNUSED(nth);
	return GATEWAY_ANSWER;
}

static void put_conf(const char *dialer)
{
	char pjsip[512], host[ADDR_TEXT];
	struct sink t = sink_make(pjsip, sizeof(pjsip));
	struct addr gateway = sim_host_addr(rig.w, 1, 5060);

	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(rig.w, ETC "manager.conf", "[general]\nenabled=no\n");
	sim_fs_put(rig.w, ETC "rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(rig.w, ETC "cdr.conf", "[general]\n[csv]\n");
	sim_fs_put(rig.w, ETC "dialer.conf", dialer);
	sim_fs_put(rig.w, ETC "extensions.conf",
		   "[wait]\nexten => s,1,Wait(3)\n same => n,NoOp(${CHANNEL(endpoint)})\n"
		   " same => n,Set(Y=${CHANNEL(endpoint)})\n same => n,Hangup()\n"
		   "[cap]\nexten => s,1,Set(GROUP()=campaign)\n"
		   " same => n,GotoIf($[${GROUP_COUNT(campaign)} > 5]?full)\n"
		   " same => n,Log(WARNING,room for ${GROUP_COUNT(campaign)})\n"
		   " same => n,Wait(3)\n same => n,Hangup()\n"
		   " same => n(full),Log(WARNING,full)\n");
	sink_fmt(&t,
		 "[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n\n[gw]\ntype=endpoint\n"
		 "context=wait\ndisallow=all\nallow=ulaw\naors=gw\naccountcode=acc\nset_var=A=1\n\n"
		 "[gw]\ntype=aor\ncontact=sip:%s\n",
		 addr_text(&gateway, host));
	sim_fs_put(rig.w, ETC "pjsip.conf", sink_cstr(&t));
	sim_fs_mkdir(rig.w, "/var/log/asterisk/cdr-csv");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/lib/asterisk/sounds/en");
	sim_fs_mkdir(rig.w, SPOOL);
}

static void engine_up(void)
{
	struct engine_options options = {
		.main_file = ETC "asterisk.conf", .cpu_count = 2, .stopped = on_stopped};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	rig.stopped = false;
	sim_host_use(rig.w, 0);
	if (engine_create(&rig.engine, &options, &error) != 0 ||
	    engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
}

static void engine_down(void)
{
	engine_destroy(rig.engine);
	rig.engine = NULL;
	sim_host_restart(rig.w, 0);
}

static void open_rig(uint64_t seed, const char *dialer)
{
	struct gateway_conf gateway = {.port = 5060, .choose = always_answers};
	struct sim_cpu cpu = {.turn_min_ns = 2 * SIM_US, .turn_max_ns = 2 * SIM_MS};

	memset(&rig, 0, sizeof(rig));
	rig.w = sim_world_create(seed);
	log_set_writer(keep_log, NULL);
	gateway.host = sim_host_add(rig.w, "gateway");
	put_conf(dialer);
	sim_cpu_set(rig.w, &cpu);
	rig.gateway = gateway_create(rig.w, &gateway);
	sim_net_tap(rig.w, tap, NULL);
	rig.dropper = dropper_create(rig.w, SPOOL);
	engine_up();
}

static void close_rig(void)
{
	sim_net_tap(rig.w, NULL, NULL);
	if (rig.engine)
		engine_destroy(rig.engine);
	dropper_destroy(rig.dropper);
	gateway_destroy(rig.gateway);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
}

static void drop_files(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		char name[32], text[256];

		snprintf(name, sizeof(name), "f%u.call", i);
		snprintf(text, sizeof(text),
			 "Channel: PJSIP/f%u@gw\nContext: wait\nExtension: s\nArchive: yes\n", i);
		dropper_drop(rig.dropper, SIM_EPOCH_NS + SIM_SECOND, name, text, DROPPER_RENAME, 0);
	}
}

static bool has_stopped(void *arg)
{
	UNUSED(arg);
	return rig.stopped;
}

static void stop_and_wait(enum control_stop how)
{
	engine_request_stop(rig.engine, how);
	assert_true(sim_run_until(rig.w, has_stopped, NULL, sim_now(rig.w) + 120 * SIM_SECOND));
	engine_down();
}

static uint32_t calls_of(unsigned i)
{
	char user[16];

	snprintf(user, sizeof(user), "f%u", i);
	return gateway_calls_of(rig.gateway, slice_str(user));
}

static bool all_are_over(void *arg)
{
	UNUSED(arg);
	for (uint32_t i = 0; i < FILES; i++) {
		if (dropper_look(rig.dropper, i) != DROPPER_COMPLETED)
			return false;
	}
	return true;
}

/* A graceful stop in the middle of a campaign, then a second life: no file is lost, none dialled
 * twice, and what was dialled is settled before the first life ends. */
static void stop_in_campaign(enum control_stop how)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		open_rig(seed, "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=20\n[gw]\ncps=5\nburst=2\n");
		drop_files();
		sim_run_for(rig.w, 4 * SIM_SECOND + (int64_t)seed * 77 * SIM_MS);
		stop_and_wait(how);
		for (uint32_t i = 0; i < FILES; i++) {
			enum dropper_end end = dropper_look(rig.dropper, i);

			if (calls_of(i) && end != DROPPER_COMPLETED)
				fail_msg("seed %u: f%u was dialled and is %s", (unsigned)seed, i,
					 dropper_end_name(end));
			if (!calls_of(i))
				assert_int_equal(end, DROPPER_WAITING);
		}
		engine_up();
		assert_true(sim_run_until(rig.w, all_are_over, NULL,
					  sim_now(rig.w) + 900 * SIM_SECOND));
		for (uint32_t i = 0; i < FILES; i++)
			assert_int_equal(calls_of(i), 1);
		close_rig();
	}
}

static void test_stop_gracefully(void **state)
{
	UNUSED(state);
	stop_in_campaign(CONTROL_STOP_GRACEFULLY);
}

static void test_stop_now(void **state)
{
	UNUSED(state);
	stop_in_campaign(CONTROL_STOP_NOW);
}

/* The last call's outcome has to reach its file, whichever thread runs last. */
static void test_stop_when_convenient(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		open_rig(seed, "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=20\n");
		drop_files();
		sim_run_for(rig.w, 2 * SIM_SECOND);
		stop_and_wait(CONTROL_STOP_CONVENIENT);
		assert_true(all_are_over(NULL));
		for (uint32_t i = 0; i < FILES; i++)
			assert_int_equal(calls_of(i), 1);
		close_rig();
	}
}

/* The BYE of the last call is lost: it is repeated before the engine goes. */
static void test_stop_after_a_lost_bye(void **state)
{
	struct gateway_call_info call;

	UNUSED(state);
	open_rig(1, "[general]\nshards=2\ncdr_sqlite=no\n");
	dropper_drop(rig.dropper, SIM_EPOCH_NS + SIM_SECOND, "f0.call",
		     "Channel: PJSIP/f0@gw\nContext: wait\nExtension: s\nArchive: yes\n",
		     DROPPER_RENAME, 0);
	sim_run_for(rig.w, 2 * SIM_SECOND);
	rig.byes_to_lose = 2;
	stop_and_wait(CONTROL_STOP_NOW);
	assert_int_equal(rig.byes_to_lose, 0);
	gateway_call_get(rig.gateway, 0, &call);
	assert_true(call.ended_by_engine);
	close_rig();
}

static void test_stop_is_refused_orders_come_back(void **state)
{
	UNUSED(state);
	open_rig(1, "[general]\nshards=1\ncdr_sqlite=no\nmax_channels=20\n[gw]\ncps=1\n");
	drop_files();
	sim_run_for(rig.w, 3 * SIM_SECOND);
	engine_request_stop(rig.engine, CONTROL_STOP_GRACEFULLY);
	engine_request_stop(rig.engine, CONTROL_STOP_CONVENIENT); /* less urgent: no effect */
	sim_run_for(rig.w, 100 * SIM_MS);
	assert_true(control_is_stopping(engine_control(rig.engine)));
	close_rig();
}

/* ---- groups ---- */

static uint32_t logged(const char *text)
{
	uint32_t count = 0;

	for (const char *at = rig.logged; (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}

static void drop_capped(int64_t at_ns, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++) {
		char name[32], text[256];

		snprintf(name, sizeof(name), "f%u.call", i);
		snprintf(text, sizeof(text),
			 "Channel: PJSIP/f%u@gw\nContext: cap\nExtension: s\nArchive: yes\n", i);
		dropper_drop(rig.dropper, at_ns, name, text, DROPPER_RENAME, 0);
	}
}

/* A cap of 5 in the dialplan holds over both shards; who is over leaves the group. */
static void test_groups_cap(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		open_rig(seed, "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=40\n");
		drop_capped(SIM_EPOCH_NS + SIM_SECOND, 0, 20);
		drop_capped(SIM_EPOCH_NS + 10 * SIM_SECOND, 20, 20);
		sim_run_for(rig.w, 3 * SIM_SECOND);
		assert_int_equal(logged("room for 5"), 1);
		assert_int_equal(logged("room for "), 5);
		assert_int_equal(logged("full"), 15);
		assert_true(
			sim_run_until(rig.w, all_are_over, NULL, sim_now(rig.w) + 60 * SIM_SECOND));
		assert_int_equal(logged("room for "), 10);
		assert_int_equal(logged("full"), 30);
		close_rig();
	}
}

/* ---- reload ---- */

static void reload_now(void)
{
	engine_request_reload(rig.engine);
	sim_run_for(rig.w, 700 * SIM_MS);
}

/* Calls that are up go on across reloads with what they took from the old snapshot. */
static void test_reload_during_calls(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= 4; seed++) {
		open_rig(seed, "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=40\n[gw]\ncps=10\nburst=4\n");
		drop_files();
		sim_run_for(rig.w, 2 * SIM_SECOND);
		for (unsigned i = 0; i < 8; i++)
			reload_now();
		assert_true(sim_run_until(rig.w, all_are_over, NULL,
					  sim_now(rig.w) + 60 * SIM_SECOND));
		assert_string_equal(rig.logged, "");
		close_rig();
	}
}

/* One broken file: nothing of the reload is taken over, also not what was read before it. */
static void test_reload_is_all_or_nothing(void **state)
{
	UNUSED(state);
	open_rig(1, "[general]\nshards=1\ncdr_sqlite=no\nmax_channels=40\n[gw]\ncps=10\n");
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\n[gw]\ncps=20\n");
	sim_fs_put(rig.w, ETC "extensions.conf", "exten => s,1,NoOp()\n");
	sim_run_for(rig.w, SIM_SECOND);
	reload_now();
	assert_non_null(strstr(rig.logged, "Reload refused"));
	assert_non_null(strstr(rig.logged, "extensions.conf"));
	assert_int_equal(engine_conf(rig.engine)->queue.trunks[0].pacer.cps_max, 10);
	sim_fs_put(rig.w, ETC "extensions.conf", "[wait]\nexten => s,1,NoOp()\n");
	reload_now();
	assert_int_equal(engine_conf(rig.engine)->queue.trunks[0].pacer.cps_max, 20);
	close_rig();
}

/* Two requests in a row: the second is not forgotten while shards still hold the first snapshot. */
static void test_reload_twice_in_a_row(void **state)
{
	UNUSED(state);
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		open_rig(seed, "[general]\nshards=2\ncdr_sqlite=no\n[gw]\ncps=10\n");
		sim_run_for(rig.w, SIM_SECOND);
		engine_request_reload(rig.engine);
		while (engine_conf(rig.engine)->queue.trunks[0].pacer.cps_max == 10) {
			sim_fs_put(rig.w, ETC "dialer.conf", "[gw]\ncps=20\n");
			assert_true(sim_world_step(rig.w));
		}
		sim_fs_put(rig.w, ETC "dialer.conf", "[gw]\ncps=30\n");
		engine_request_reload(rig.engine);
		sim_run_for(rig.w, SIM_SECOND);
		assert_int_equal(engine_conf(rig.engine)->queue.trunks[0].pacer.cps_max, 30);
		close_rig();
	}
}

/* ---- a bare machine ---- */

/* Hardly any configuration, no directory that exists: it runs, refuses what cannot be, and
 * ends. */
static void test_nothing_configured(void **state)
{
	UNUSED(state);
	memset(&rig, 0, sizeof(rig));
	rig.w = sim_world_create(3);
	log_set_writer(keep_log, NULL);
	sim_fs_put(rig.w, ETC "asterisk.conf",
		   "[directories]\nastspooldir=/a/b/spool\nastlogdir=/a/c/log\nastrundir=/a/d/e/run\n");
	/* SQLite alone writes to the real disk. */
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\ncdr_sqlite=no\n");
	engine_up();
	sim_run_for(rig.w, SIM_SECOND);
	assert_true(sim_fs_exists(rig.w, "/a/b/spool/outgoing"));
	assert_true(sim_fs_exists(rig.w, "/a/d/e/run"));
	sim_fs_put(rig.w, "/a/b/spool/new", "Channel: PJSIP/1@none\nApplication: Wait\nArchive: yes\n");
	sim_fs_move(rig.w, "/a/b/spool/new", "/a/b/spool/outgoing/f");
	sim_run_for(rig.w, 5 * SIM_SECOND);
	assert_true(sim_fs_exists(rig.w, "/a/b/spool/outgoing_done/f"));
	stop_and_wait(CONTROL_STOP_GRACEFULLY);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stop_gracefully),
		cmocka_unit_test(test_stop_now),
		cmocka_unit_test(test_stop_when_convenient),
		cmocka_unit_test(test_stop_after_a_lost_bye),
		cmocka_unit_test(test_stop_is_refused_orders_come_back),
		cmocka_unit_test(test_groups_cap),
		cmocka_unit_test(test_reload_during_calls),
		cmocka_unit_test(test_reload_is_all_or_nothing),
		cmocka_unit_test(test_reload_twice_in_a_row),
		cmocka_unit_test(test_nothing_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
