/* tests/unit/app/test_conf.c - asterisk.conf and dialer.conf: what is taken over, and what a broken line
 * gives: file, line, reason, remedy. */
#include "engine/app/conf.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rig {
	char dir[64];
	struct metrics metrics;
	struct io *io;
	struct app_conf conf;
	char text[1400];
	struct sink error;
	char notices[4096];
	size_t notices_len;
} rig;

static void keep_log(void *arg, const struct log_line *line)
{
	struct sink out = sink_make(rig.notices + rig.notices_len,
				    sizeof(rig.notices) - 1 - rig.notices_len);

	UNUSED(arg);
	sink_fmt(&out, "%s\n", line->text);
	rig.notices_len += out.len;
	rig.notices[rig.notices_len] = 0;
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", rig.dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	struct io_conf io = {.name = "conf", .metrics = &rig.metrics, .cpu = -1};
	char main_text[128];

	UNUSED(state);
	memset(&rig, 0, sizeof(rig));
	strncpy(rig.dir, "/tmp/ringer-conf-XXXXXX", sizeof(rig.dir) - 1);
	assert_non_null(mkdtemp(rig.dir));
	assert_int_equal(io_create(&rig.io, &io), 0);
	rig.error = sink_make(rig.text, sizeof(rig.text));
	log_set_writer(keep_log, NULL);
	snprintf(main_text, sizeof(main_text), "[directories]\nastetcdir => %s\n", rig.dir);
	put("asterisk.conf", main_text);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"asterisk.conf", "dialer.conf"};
	char path[128];

	UNUSED(state);
	app_conf_free(&rig.conf);
	log_set_writer(NULL, NULL);
	io_destroy(rig.io);
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", rig.dir, names[i]);
		unlink(path);
	}
	return rmdir(rig.dir);
}

static int load(void)
{
	char path[128];

	app_conf_free(&rig.conf);
	rig.error.len = 0;
	rig.text[0] = 0;
	snprintf(path, sizeof(path), "%s/asterisk.conf", rig.dir);
	return app_conf_load(&rig.conf, rig.io, path, &rig.error);
}

/* asterisk.conf with the directory of the test and more lines behind. */
static void put_main(const char *more)
{
	char text[16384];

	snprintf(text, sizeof(text), "[directories]\nastetcdir => %s\n%s", rig.dir, more);
	put("asterisk.conf", text);
}

/* ---- defaults ---- */

static void test_defaults(void **state)
{
	UNUSED(state);
	assert_int_equal(load(), 0);
	assert_string_equal(rig.conf.spool_dir, "/var/spool/asterisk");
	assert_string_equal(rig.conf.control_path, "/var/run/asterisk/asterisk.ctl");
	assert_string_equal(rig.conf.pid_path, "/var/run/asterisk/asterisk.pid");
	assert_int_equal(rig.conf.control_mode, 0660);
	assert_int_equal(rig.conf.channel_max, LIMIT_CHANNELS_DEFAULT);
	assert_int_equal(rig.conf.queue.queue_max, LIMIT_QUEUE_DEFAULT);
	assert_int_equal(rig.conf.queue.trunk_count, 0);
	assert_int_equal(rig.conf.queue.general.channel_max, 0);
	assert_true(rig.conf.csv && rig.conf.sqlite && rig.conf.language_prefix);
	assert_int_equal(rig.conf.shards, 0);
}

static void test_no_such_file(void **state)
{
	UNUSED(state);
	assert_int_equal(app_conf_load(&rig.conf, rig.io, "/nowhere/x.conf", &rig.error), -ENOENT);
	assert_string_equal(sink_cstr(&rig.error),
			    "/nowhere/x.conf: there is no such file; name an existing one with -C");
}

/* ---- asterisk.conf ---- */

static void test_main_file(void **state)
{
	UNUSED(state);
	put_main("astspooldir = /srv/spool//\nastrundir => /run/r\nastlogdir=/log\nastvarlibdir=/vl\n"
		 "astdatadir=/data\nastmoddir=/usr/lib/asterisk/modules\n"
		 "[options]\nverbose = 3\ndebug=1\nmaxcalls=250\nsystemname=box1\n"
		 "defaultlanguage=de\nlanguageprefix=no\nsounds_search_custom_dir=yes\n"
		 "execincludes = no\nrunuser = asterisk\nhonk = yes\n"
		 "[files]\nastctlpermissions = 0640\nastctl = my.ctl\n[compat]\napp_set=1.6\n");
	assert_int_equal(load(), 0);
	assert_string_equal(rig.conf.spool_dir, "/srv/spool");
	assert_string_equal(rig.conf.control_path, "/run/r/my.ctl");
	assert_string_equal(rig.conf.log_dir, "/log");
	assert_string_equal(rig.conf.data_dir, "/data");
	assert_int_equal(rig.conf.verbose, 3);
	assert_int_equal(rig.conf.debug, 1);
	assert_string_equal(rig.conf.system_name, "box1");
	assert_string_equal(rig.conf.default_language, "de");
	assert_false(rig.conf.language_prefix);
	assert_true(rig.conf.search_custom_dir);
	assert_int_equal(rig.conf.control_mode, 0640);
	/* maxcalls is a limit, and what nobody knows is said once, with its line. */
	assert_int_equal(rig.conf.queue.general.channel_max, 250);
	assert_non_null(strstr(rig.notices, "asterisk.conf:19: option 'honk' is not known"));
	assert_null(strstr(rig.notices, "runuser"));
	assert_null(strstr(rig.notices, "astmoddir"));
}

/* The sample's [directories](!) is a template, so it has no effect. */
static void test_template_of_the_sample(void **state)
{
	UNUSED(state);
	put("asterisk.conf", "[directories](!)\nastspooldir => /elsewhere\n");
	assert_int_equal(load(), 0);
	assert_string_equal(rig.conf.spool_dir, "/var/spool/asterisk");
}

static void test_broken_main_files(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[options]\nverbose = loud\n",
		 "asterisk.conf:4: 'loud' is no value for verbose; allowed: 0 to 10"},
		{"[options]\nmaxcalls = -1\n", "asterisk.conf:4: '-1' is no value for maxcalls"},
		{"[options]\nmaxcalls = 99999999999999999999\n", "allowed: 0 to 200000"},
		{"[options]\nlanguageprefix = perhaps\n",
		 "asterisk.conf:4: 'perhaps' is no value for languageprefix; allowed: yes or no"},
		{"astspooldir =\n",
		 "asterisk.conf:3: '' is no value for astspooldir; allowed: a path"},
		{"[files]\nastctlpermissions = rw\n",
		 "asterisk.conf:4: 'rw' is no value for astctlpermissions; allowed: octal"},
		{"[files]\nastctlpermissions = 01777\n", "allowed: octal permissions up to 0777"},
		{"[files]\nastctlpermissions = 0778\n", "allowed: octal permissions up to 0777"},
		{"[files]\nastctlpermissions =\n", "allowed: octal permissions up to 0777"},
		{"[options\nverbose=1\n", "asterisk.conf:3"},
		{"#include \"missing.conf\"\n", "missing.conf"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		put_main(rows[i].text);
		assert_true(load() < 0);
		if (!strstr(sink_cstr(&rig.error), rows[i].error))
			fail_msg("row %zu: %s", i, rig.text);
	}
}

static void test_long_path(void **state)
{
	char text[800], part[601];

	UNUSED(state);
	memset(part, 'a', sizeof(part) - 1);
	part[sizeof(part) - 1] = '\0';
	snprintf(text, sizeof(text), "astlogdir = /%s\n", part);
	put_main(text);
	assert_int_equal(load(), -EINVAL);
	assert_non_null(strstr(sink_cstr(&rig.error), "a path of at most 384 characters"));
}

/* ---- dialer.conf ---- */

static void test_dialer_file(void **state)
{
	UNUSED(state);
	put("dialer.conf", "[general]\nshards = 3\nmax_channels=500\nqueue_max=2000\ncps=100\nburst=5\n"
			   "max_inflight=40\ncpus = 0, 2,4\nunknown_attempts=hold\nspool_sync=yes\n"
			   "cdr_csv=no\ncdr_sqlite=no\nhonk=1\n"
			   "[slow](!)\ncps=1\n"
			   "[one](slow)\nmax_channels=7\n[two]\ncps=20\nburst=10\nhonk=2\nslow_down=no\n"
			   "failover=500\n");
	assert_int_equal(load(), 0);
	assert_int_equal(rig.conf.shards, 3);
	assert_int_equal(rig.conf.channel_max, 500);
	assert_int_equal(rig.conf.queue.queue_max, 2000);
	assert_int_equal(rig.conf.queue.general.cps_max, 100);
	assert_int_equal(rig.conf.queue.general.burst_max, 5);
	assert_int_equal(rig.conf.queue.general.inflight_max, 40);
	assert_int_equal(rig.conf.cpu_count, 3);
	assert_int_equal(rig.conf.cpus[2], 4);
	assert_int_equal(rig.conf.spool_unknown, 2);
	assert_true(rig.conf.spool_sync && !rig.conf.csv && !rig.conf.sqlite);
	assert_int_equal(rig.conf.queue.trunk_count, 2);
	assert_string_equal(rig.conf.queue.trunks[0].name, "one");
	assert_int_equal(rig.conf.queue.trunks[0].pacer.cps_max, 1);
	assert_int_equal(rig.conf.queue.trunks[0].pacer.burst_max, 1);
	assert_int_equal(rig.conf.queue.trunks[0].pacer.channel_max, 7);
	assert_int_equal(rig.conf.queue.trunks[1].pacer.burst_max, 10);
	assert_true(rig.conf.queue.trunks[1].pacer.keeps_rate);
	assert_false(rig.conf.queue.trunks[0].pacer.keeps_rate);
	assert_null(strstr(rig.notices, "failover"));
	assert_non_null(strstr(rig.notices, "dialer.conf:13: option 'honk'"));
	assert_non_null(strstr(rig.notices, "dialer.conf:21: option 'honk'"));
}

static void test_broken_dialer_files(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"[general]\nshards=0\n", "dialer.conf:2: '0' is no value for shards; allowed: 1 to 64"},
		{"[general]\nshards=65\n", "allowed: 1 to 64"},
		{"[general]\nmax_channels=0\n", "allowed: 1 to 200000"},
		{"[general]\nqueue_max=1000001\n", "allowed: 1 to 1000000"},
		{"[general]\ncps=fast\n", "dialer.conf:2: 'fast' is no value for cps; allowed: 0 to 100000"},
		{"[general]\nburst=0\n", "allowed: 1 to 100000"},
		{"[general]\ncpus=1,x\n", "allowed: CPU numbers separated by commas"},
		{"[general]\nunknown_attempts=maybe\n", "allowed: retry, count or hold"},
		{"[general]\nspool_sync=2\n", "allowed: yes or no"},
		{"[gw]\nmax_inflight=1e3\n", "dialer.conf:2: '1e3' is no value for max_inflight"},
		{"cps=1\n", "dialer.conf"},
		{"[gw]\ncps=1\n[gw]\ncps=2\n", "dialer.conf:3: trunk gw stands twice"},
		{"[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		 "dialer.conf:1: trunk name is too long"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		put("dialer.conf", rows[i].text);
		assert_true(load() < 0);
		if (!strstr(sink_cstr(&rig.error), rows[i].error))
			fail_msg("row %zu: %s", i, rig.text);
	}
}

static void test_too_many_trunks(void **state)
{
	size_t room = (LIMIT_TRUNKS + 1) * 16;
	char *text = malloc(room);
	size_t len = 0;

	UNUSED(state);
	for (unsigned i = 0; i <= LIMIT_TRUNKS; i++)
		len += (size_t)snprintf(text + len, room - len, "[t%u]\n", i);
	put("dialer.conf", text);
	free(text);
	assert_true(load() < 0);
	assert_non_null(strstr(sink_cstr(&rig.error), "dialer.conf:4097: more than 4096 trunks"));
}

/* ---- reload ---- */

static void test_reload_of_limits(void **state)
{
	UNUSED(state);
	put_main("[options]\nmaxcalls=9\n");
	put("dialer.conf", "[general]\nmax_channels=50\ncps=10\n[gw]\ncps=5\n");
	assert_int_equal(load(), 0);
	put("dialer.conf", "[general]\nmax_channels=60\n[gw]\ncps=6\n[more]\ncps=7\n");
	assert_int_equal(app_conf_load_dialer(&rig.conf, rig.io, &rig.error), 0);
	assert_int_equal(rig.conf.channel_max, 50); /* tables stay */
	assert_int_equal(rig.conf.queue.general.cps_max, 0);
	assert_int_equal(rig.conf.queue.general.burst_max, 1);
	assert_int_equal(rig.conf.queue.general.channel_max, 9); /* maxcalls holds on */
	assert_int_equal(rig.conf.queue.trunk_count, 2);
	assert_int_equal(rig.conf.queue.trunks[0].pacer.cps_max, 6);
	put("dialer.conf", "[gw]\ncps=oops\n");
	assert_true(app_conf_load_dialer(&rig.conf, rig.io, &rig.error) < 0);
	assert_int_equal(rig.conf.queue.trunk_count, 2);
	assert_int_equal(rig.conf.queue.trunks[0].pacer.cps_max, 6);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),
		TEST(test_no_such_file),
		TEST(test_main_file),
		TEST(test_template_of_the_sample),
		TEST(test_broken_main_files),
		TEST(test_long_path),
		TEST(test_dialer_file),
		TEST(test_broken_dialer_files),
		TEST(test_too_many_trunks),
		TEST(test_reload_of_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
