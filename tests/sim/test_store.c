/* tests/sim/test_store.c - the whole engine while its disk is slow, full or gone: the database and
 * the actions about files wait for it, nobody else does. */
#include "engine/app/engine.h"
#include "engine/app/logger.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/metric.h"
#include "tests/sim/peer_telnet.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>

#define ETC "/etc/asterisk/"
#define DB  "/var/lib/asterisk/astdb.sqlite3"

static struct rig {
	struct sim_world *w;
	struct engine *engine;
	struct logger *logger;
	struct telnet *one, *two;
	bool stopped, freezes, was_frozen;
	int sync_error;
} rig;

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void on_stopped(void *arg)
{
	UNUSED(arg);
	rig.stopped = true;
}

/* The disk holds the worker at the next commit of the database, once, or commits fail as the test
 * says. */
static int on_disk(void *arg, enum io_op op, const char *path, uint64_t nth)
{
	UNUSED(arg);
	UNUSED(nth);
	if (op != IO_OP_FS_SYNC || strncmp(path, DB, strlen(DB)) != 0)
		return 0;
	if (!rig.freezes)
		return rig.sync_error;
	rig.freezes = false;
	rig.was_frozen = true;
	return SIM_DISK_FREEZE;
}

static void put_conf(void)
{
	sim_fs_put(rig.w, ETC "asterisk.conf", "[directories]\nastetcdir => /etc/asterisk\n");
	sim_fs_put(
		rig.w, ETC "manager.conf",
		"[general]\nenabled=yes\nbindaddr=0.0.0.0\n[u]\nsecret=s\nread=none\nwrite=all\n");
	sim_fs_put(rig.w, ETC "rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(rig.w, ETC "cdr.conf", "[general]\n[csv]\n");
	sim_fs_put(rig.w, ETC "dialer.conf",
		   "[general]\nshards=2\ncdr_sqlite=no\nmax_channels=20\n");
	sim_fs_put(rig.w, ETC "extensions.conf", "[x]\nexten => s,1,Hangup()\n");
	sim_fs_put(rig.w, ETC "pjsip.conf",
		   "[udp]\ntype=transport\nbind=0.0.0.0:5060\n"
		   "[gw]\ntype=endpoint\naors=gw\nallow=ulaw\n[gw]\ntype=aor\n"
		   "contact=sip:192.0.2.9\n");
	sim_fs_put(rig.w, ETC "mine.conf", "; mine\n[a]\nb = 1\n");
}

static void engine_up(void)
{
	struct engine_options options = {
		.main_file = ETC "asterisk.conf", .cpu_count = 2, .stopped = on_stopped};
	const struct logger_options log = {.log_dir = "/var/log/asterisk"};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	rig.stopped = false;
	sim_host_use(rig.w, 0);
	if (logger_start(&rig.logger, &log, NULL, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	if (engine_create(&rig.engine, &options, &error) != 0)
		fail_msg("%s", sink_cstr(&error));
	engine_set_logger(rig.engine, rig.logger);
	if (engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
}

static void say(struct telnet *t, const char *text, const char *wanted)
{
	const char *heard = telnet_say(t, slice_str(text), SIM_SECOND);

	if (!strstr(heard, wanted))
		fail_msg("'%s' is not in '%s'", wanted, heard);
}

static void clients_come(void)
{
	struct addr server = sim_host_addr(rig.w, 0, 5038);

	sim_run_for(rig.w, SIM_SECOND);
	rig.one = telnet_create(rig.w, &server);
	rig.two = telnet_create(rig.w, &server);
	say(rig.one, "Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n",
	    "Authentication accepted");
	say(rig.two, "Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n",
	    "Authentication accepted");
}

static int begin(void **state)
{
	UNUSED(state);
	memset(&rig, 0, sizeof(rig));
	log_set_writer(log_nothing, NULL);
	rig.w = sim_world_create(5);
	put_conf();
	sim_fs_mkdir(rig.w, "/var/log/asterisk");
	sim_disk_hook(rig.w, on_disk, NULL);
	engine_up();
	clients_come();
	return 0;
}

static int end(void **state)
{
	UNUSED(state);
	telnet_destroy(rig.one);
	telnet_destroy(rig.two);
	if (rig.engine)
		engine_destroy(rig.engine);
	logger_stop(rig.logger);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	assert_int_equal(check_never_count(), 0);
	return 0;
}

#define PING "Action: Ping\r\n\r\n"

/* The first client hears nothing yet. */
static void nothing_comes(const char *text)
{
	assert_string_equal(telnet_say(rig.one, slice_str(text), SIM_SECOND), "");
}

static void freeze(void)
{
	rig.freezes = true;
	say(rig.two, "Action: DBPut\r\nFamily: f\r\nKey: x\r\nVal: y\r\n\r\n", "Updated database");
	assert_true(rig.was_frozen);
}

/* One client's file does not come; the other one is served, and so is the first once it has come.
 */
static void test_slow_disk_holds_nobody_else(void **state)
{
	UNUSED(state);
	freeze();
	nothing_comes("Action: GetConfig\r\nFilename: mine.conf\r\n\r\n");
	say(rig.two, PING, "Ping: Pong");
	say(rig.two, "Action: DBPut\r\nFamily: f\r\nKey: k\r\nVal: v\r\n\r\n", "Updated database");
	say(rig.two, "Action: DBGet\r\nFamily: f\r\nKey: k\r\n\r\n", "Val: v");
	nothing_comes(PING); /* waits behind the open action */
	sim_disk_thaw(rig.w);
	say(rig.one, "", "Line-000000-000000: b=1\r\n\r\nResponse: Success\r\nPing: Pong");
	assert_true(engine_is_quiet(rig.engine, NULL));
}

/* A session of its own: one action may be open in each. */
static struct telnet *another(void)
{
	struct addr server = sim_host_addr(rig.w, 0, 5038);
	struct telnet *t = telnet_create(rig.w, &server);

	say(t, "Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n", "Authentication accepted");
	return t;
}

static void comes_once(struct telnet *t, const char *text, const char *wanted)
{
	const char *heard = telnet_say(t, slice_str(text), 5 * SIM_SECOND);

	if (!strstr(heard, wanted) || strstr(strstr(heard, wanted) + 1, wanted))
		fail_msg("'%s' is not once in '%s'", wanted, heard);
}

struct waiting {
	const char *text, *answer;
	struct telnet *client;
};

/* What needs the disk waits, in order, each client for its own; all else is done meanwhile: the
 * database, calls with their time-outs, lists, console commands. In the end each has its answer. */
static void test_what_waits_and_what_goes_on(void **state)
{
	struct waiting rows[] = {
		{"Action: GetConfig\r\nFilename: mine.conf\r\n\r\n", "Line-000000-000000: b=1\r\n",
		 NULL},
		{"Action: UpdateConfig\r\nSrcFilename: mine.conf\r\nDstFilename: mine.conf\r\n"
		 "Action-000000: append\r\nCat-000000: a\r\nVar-000000: c\r\nValue-000000: "
		 "2\r\n\r\n",
		 "Response: Success\r\n", NULL},
		{"Action: GetConfigJSON\r\nFilename: mine.conf\r\n\r\n",
		 "JSON: {\"a\":{\"b\":\"1\",\"c\":\"2\"}}\r\n", NULL},
		{"Action: CreateConfig\r\nFilename: new.conf\r\n\r\n",
		 "New configuration file created successfully", NULL},
		{"Action: ListCategories\r\nFilename: mine.conf\r\n\r\n", "Category-000000: a\r\n",
		 NULL},
		{"Action: LoggerRotate\r\n\r\n", "Reloaded the logger and rotated log files", NULL},
		{"Action: Command\r\nCommand: logger reload\r\n\r\n",
		 "Message: Command output follows\r\n", NULL},
	};

	UNUSED(state);
	freeze();
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		rows[i].client = another();
		assert_string_equal(telnet_say(rows[i].client, slice_str(rows[i].text), SIM_SECOND),
				    "");
	}
	comes_once(rig.two, "Action: DBPut\r\nFamily: f\r\nKey: k\r\nVal: v\r\n\r\n",
		   "Updated database");
	comes_once(rig.two, "Action: DBGet\r\nFamily: f\r\nKey: k\r\n\r\n", "Val: v");
	comes_once(rig.two, "Action: DBGetTree\r\nFamily: f\r\n\r\n", "ListItems: 2");
	comes_once(rig.two, "Action: DBDel\r\nFamily: f\r\nKey: k\r\n\r\n", "Key deleted");
	comes_once(rig.two,
		   "Action: Originate\r\nChannel: PJSIP/1@gw\r\nApplication: Wait\r\nTimeout: "
		   "2000\r\n\r\n",
		   "Response: Error\r\nMessage: Originate failed\r\n");
	comes_once(rig.two,
		   "Action: Originate\r\nChannel: PJSIP/1@gw\r\nApplication: Wait\r\nTimeout: "
		   "60000\r\nAsync: true\r\n\r\n",
		   "Originate successfully queued");
	comes_once(rig.two, "Action: CoreShowChannels\r\n\r\n", "ListItems: 1\r\n");
	comes_once(rig.two, "Action: Command\r\nCommand: core show uptime\r\n\r\n",
		   "System uptime: ");
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		assert_string_equal(telnet_say(rows[i].client, SLICE_EMPTY, SIM_SECOND), "");
	sim_disk_thaw(rig.w);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		comes_once(rows[i].client, "", rows[i].answer);
		telnet_destroy(rows[i].client);
	}
	assert_true(sim_fs_exists(rig.w, ETC "new.conf"));
}

/* Who waits for a log file may go away as well. */
static void test_logger_client_goes_meanwhile(void **state)
{
	UNUSED(state);
	freeze();
	nothing_comes("Action: LoggerRotate\r\n\r\n");
	telnet_reset(rig.one);
	say(rig.two, PING, "Ping: Pong");
	assert_false(sim_fs_exists(rig.w, "/var/log/asterisk/messages.log.0"));
	sim_disk_thaw(rig.w);
	say(rig.two, PING, "Ping: Pong");
	assert_true(sim_fs_exists(rig.w, "/var/log/asterisk/messages.log.0"));
	assert_true(engine_is_quiet(rig.engine, NULL));
}

/* A logger.conf that cannot be used: said to who asked; the log goes on as before. */
static void test_broken_logger_conf(void **state)
{
	UNUSED(state);
	sim_fs_put(rig.w, ETC "logger.conf", "[logfiles\n");
	say(rig.two, "Action: LoggerRotate\r\n\r\n",
	    "Response: Error\r\nMessage: Failed to reload the logger and rotate log files");
	say(rig.two, "Action: Command\r\nCommand: logger reload\r\n\r\n",
	    "Output: Failed to reload the logger\r\n");
	sim_run_for(rig.w, SIM_SECOND);
	assert_non_null(strstr(sim_fs_text(rig.w, "/var/log/asterisk/messages.log", NULL),
			       "logger.conf:1: "));
}

/* The client that asked for a file is gone when it comes. */
static void test_client_goes_meanwhile(void **state)
{
	UNUSED(state);
	freeze();
	nothing_comes("Action: UpdateConfig\r\nSrcFilename: mine.conf\r\nDstFilename: mine.conf\r\n"
		      "Action-000000: append\r\nCat-000000: a\r\nVar-000000: c\r\n"
		      "Value-000000: 2\r\n\r\n");
	telnet_reset(rig.one);
	say(rig.two, PING, "Ping: Pong");
	sim_disk_thaw(rig.w);
	say(rig.two, PING, "Ping: Pong");
	assert_string_equal(sim_fs_text(rig.w, ETC "mine.conf", NULL),
			    "; mine\n[a]\nb = 1\nc = 2\n");
	assert_true(engine_is_quiet(rig.engine, NULL));
}

/* More than may wait at once: refused with a reason, and counted. */
static void test_too_many_wait(void **state)
{
	struct addr server = sim_host_addr(rig.w, 0, 5038);
	struct telnet *t;

	UNUSED(state);
	freeze();
	nothing_comes("Action: GetConfig\r\nFilename: mine.conf\r\n\r\n");
	t = telnet_create(rig.w, &server);
	for (int i = 0; i < LIMIT_CHORES - 1; i++) {
		say(t, "Action: Login\r\nUsername: u\r\nSecret: s\r\n\r\n", "accepted");
		telnet_say(t, SLICE_LIT("Action: GetConfig\r\nFilename: mine.conf\r\n\r\n"),
			   SIM_SECOND / 10);
		telnet_reconnect(t);
	}
	telnet_destroy(t);
	say(rig.two, "Action: GetConfig\r\nFilename: mine.conf\r\n\r\n",
	    "Too many actions about files are under way");
	assert_int_equal(engine_metric(rig.engine, METRIC_chore_refused), 1);
	sim_disk_thaw(rig.w);
	say(rig.one, "", "b=1");
	say(rig.two, "Action: GetConfig\r\nFilename: mine.conf\r\n\r\n", "b=1");
	assert_true(engine_is_quiet(rig.engine, NULL));
}

static void put(const char *key)
{
	char text[128];

	snprintf(text, sizeof(text), "Action: DBPut\r\nFamily: f\r\nKey: %s\r\nVal: v\r\n\r\n",
		 key);
	say(rig.one, text, "Updated database");
}

static const char *get(const char *key)
{
	char text[128];

	snprintf(text, sizeof(text), "Action: DBGet\r\nFamily: f\r\nKey: %s\r\n\r\n", key);
	return telnet_say(rig.one, slice_str(text), SIM_SECOND);
}

static bool has_stopped(void *arg)
{
	UNUSED(arg);
	return rig.stopped;
}

static void leave(void)
{
	telnet_destroy(rig.one);
	telnet_destroy(rig.two);
	engine_destroy(rig.engine);
	logger_stop(rig.logger);
	rig.engine = NULL;
	rig.logger = NULL;
	sim_host_restart(rig.w, 0);
}

/* Power fails: what was committed is there in the next life, what could not be is not, and the file
 * is whole. */
static void test_power_failure(void **state)
{
	struct sim_fs *disk;

	UNUSED(state);
	put("committed");
	sim_run_for(rig.w, SIM_SECOND);
	rig.sync_error = -EIO;
	put("lost");
	sim_run_for(rig.w, 3 * SIM_SECOND);
	assert_true(engine_metric(rig.engine, METRIC_db_commit_failed) >= 2);
	assert_non_null(strstr(get("lost"), "Val: v")); /* for now */
	disk = sim_fs_snapshot(rig.w, true);
	leave();
	sim_fs_restore(rig.w, disk);
	sim_fs_free(disk);
	rig.sync_error = 0;
	engine_up();
	clients_come();
	assert_non_null(strstr(get("committed"), "Val: v"));
	assert_non_null(strstr(get("lost"), "Database entry not found"));
}

/* The disk is full for a while: said, counted, and made up for. A stop right after loses nothing.
 */
static void test_full_disk(void **state)
{
	char key[16];

	UNUSED(state);
	sim_run_for(rig.w, SIM_SECOND);
	sim_fs_limit(rig.w, 1);
	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "full%d", i);
		put(key);
	}
	assert_true(engine_metric(rig.engine, METRIC_db_commit_failed) > 0);
	say(rig.two, PING, "Ping: Pong");
	say(rig.two,
	    "Action: UpdateConfig\r\nSrcFilename: mine.conf\r\nDstFilename: mine.conf\r\n"
	    "Action-000000: append\r\nCat-000000: a\r\nVar-000000: c\r\nValue-000000: 2\r\n\r\n",
	    "Save of config failed");
	assert_string_equal(sim_fs_text(rig.w, ETC "mine.conf", NULL), "; mine\n[a]\nb = 1\n");
	assert_false(sim_fs_exists(rig.w, ETC "mine.conf.new"));
	sim_fs_limit(rig.w, 0);
	put("after");
	engine_request_stop(rig.engine, CONTROL_STOP_NOW);
	assert_true(sim_run_until(rig.w, has_stopped, NULL, sim_now(rig.w) + 60 * SIM_SECOND));
	leave();
	engine_up();
	clients_come();
	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "full%d", i);
		assert_non_null(strstr(get(key), "Val: v"));
	}
	assert_non_null(strstr(get("after"), "Val: v"));
}

/* What a dialplan, a client or a console made of a Custom: device is so in the next life, too. */
static void test_custom_devices(void **state)
{
	static const char read_door[] =
		"Action: Getvar\r\nVariable: DEVICE_STATE(Custom:door)\r\n\r\n";

	UNUSED(state);
	say(rig.two, "Action: Command\r\nCommand: devstate change Custom:lamp INUSE\r\n\r\n",
	    "Changing Custom:lamp to INUSE");
	say(rig.two,
	    "Action: Setvar\r\nVariable: DEVICE_STATE(Custom:door)\r\nValue: RINGING\r\n\r\n",
	    "Variable Set");
	say(rig.two, "Action: Setvar\r\nVariable: DEVICE_STATE(Custom:door)\r\nValue: busy\r\n\r\n",
	    "Variable Set");
	say(rig.two, "Action: DBGet\r\nFamily: CustomDevstate\r\nKey: lamp\r\n\r\n", "Val: INUSE");
	say(rig.two, "Action: DBPut\r\nFamily: CustomDevstate\r\nKey: odd\r\nVal: nonsense\r\n\r\n",
	    "Updated database");
	engine_request_stop(rig.engine, CONTROL_STOP_NOW);
	assert_true(sim_run_until(rig.w, has_stopped, NULL, sim_now(rig.w) + 60 * SIM_SECOND));
	leave();
	engine_up();
	clients_come();
	say(rig.two, read_door, "Value: BUSY\r\n");
	say(rig.two, "Action: DeviceStateList\r\n\r\n", "Device: Custom:lamp\r\nState: INUSE\r\n");
	say(rig.two, "Action: Getvar\r\nVariable: DEVICE_STATE(Custom:odd)\r\n\r\n",
	    "Value: UNKNOWN\r\n");
}

/* By Command only files of the log directory can be written to. */
static void test_logger_of_clients(void **state)
{
	UNUSED(state);
	say(rig.two,
	    "Action: Command\r\nCommand: logger add channel /etc/asterisk/x.conf verbose\r\n\r\n",
	    "Output: A client of AMI can add files of the log directory only, ");
	say(rig.two, "Action: Command\r\nCommand: logger add channel master.db verbose\r\n\r\n",
	    "Response: Error\r\n");
	say(rig.two,
	    "Action: Command\r\nCommand: logger add channel cdr-csv/Master verbose\r\n\r\n",
	    "Response: Error\r\n");
	say(rig.two, "Action: Command\r\nCommand: logger add channel my.log verbose\r\n\r\n",
	    "Response: Success\r\n");
	say(rig.two, "Action: Command\r\nCommand: logger add channel ../x.conf verbose\r\n\r\n",
	    "Response: Error\r\n");
	say(rig.two, "Action: Command\r\nCommand: logger add channel mine verbose\r\n\r\n",
	    "Response: Success\r\n");
	assert_false(sim_fs_exists(rig.w, ETC "x.conf"));
	assert_false(sim_fs_exists(rig.w, "/var/log/x.conf"));
}

/* A list that is longer than a slow client takes comes whole, each entry once. */
static void test_long_tree(void **state)
{
	const char *heard;

	UNUSED(state);
	for (int i = 0; i < 200; i++) {
		char key[16];

		snprintf(key, sizeof(key), "k%03d", i);
		put(key);
	}
	heard = telnet_say(rig.two, SLICE_LIT("Action: DBGetTree\r\nFamily: f\r\n\r\n"),
			   20 * SIM_SECOND);
	for (int i = 0; i < 200; i++) {
		char line[32];

		snprintf(line, sizeof(line), "Key: /f/k%03d\r\n", i);
		heard = strstr(heard, line);
		assert_non_null(heard);
	}
	assert_non_null(strstr(heard, "ListItems: 200\r\n"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		T(test_slow_disk_holds_nobody_else),
		T(test_what_waits_and_what_goes_on),
		T(test_logger_client_goes_meanwhile),
		T(test_broken_logger_conf),
		T(test_client_goes_meanwhile),
		T(test_too_many_wait),
		T(test_power_failure),
		T(test_full_disk),
		T(test_custom_devices),
		T(test_logger_of_clients),
		T(test_long_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
