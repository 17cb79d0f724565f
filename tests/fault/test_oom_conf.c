/* tests/fault/test_oom_conf.c - reading configuration with too little memory: each loader says so,
 * gives back what it took, and leaves nothing half made. */
#include "ami/ami.h"
#include "engine/app/conf.h"
#include "engine/app/logger.h"
#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/cdr.h"
#include "engine/core/cli.h"
#include "engine/core/dialplan.h"
#include "rtp/conf.h"
#include "rtp/sound.h"
#include "rtp/sound_loader.h"
#include "rtp/tone.h"
#include "sip/conf.h"
#include "sip/notify_conf.h"
#include "sip/stir.h"
#include "tests/fault/oom.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ETC "/etc/asterisk"

static struct sim_world *world;
static struct metrics metrics;
static struct io *io;
static char error_text[1024];
static struct sink error;

static void log_nothing(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	UNUSED(line);
}

static void put_dialplan(void)
{
	sim_fs_put(world, ETC "/extensions.conf",
		   "[general]\nautofallthrough=yes\n[globals]\nA=1\nB=${A}2\n"
		   "#include \"more/*.conf\"\n"
		   "[base](!)\nexten => 100,1,NoOp(template)\n"
		   "[one](base)\nexten => _1X.,1(begin),Set(X=${EXTEN})\n same => "
		   "n,GotoIf($[1]?begin)\n"
		   "exten => _2X/300,1,Answer()\nexten => h,1,NoOp()\ninclude => two\n"
		   "[two]\nexten => s,1,Playback(tone&tone)\n same => n,Hangup()\n"
		   "include => one|9:00-17:00|mon-fri|*|*\nignorepat => 9\n");
	sim_fs_put(world, ETC "/more/a.conf", "C=3\n");
	sim_fs_put(world, ETC "/more/b.conf", "D=4\nD+=5\n");
}

static void put_pjsip(void)
{
	sim_fs_put(
		world, ETC "/pjsip.conf",
		"[global]\ntype=global\nuser_agent=Test\n[system]\ntype=system\n"
		"[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"
		"local_net=10.0.0.0/8\nexternal_signaling_address=192.0.2.1\n"
		"[gw]\ntype=endpoint\ntransport=udp\ncontext=play\ndisallow=all\nallow=ulaw,alaw\n"
		"aors=gw,gw2\noutbound_auth=gw\nset_var=A=1\nset_var=B=2\n"
		"callerid=\"Sim\" <100>\nfrom_user=me\n"
		"[gw]\ntype=auth\nauth_type=userpass\nusername=dialer\npassword=secret\n"
		"[gw]\ntype=aor\ncontact=sip:10.0.0.2:5060\n"
		"[gw2]\ntype=aor\ncontact=sip:10.0.0.3:5060\ncontact=sip:10.0.0.4:5060\n");
}

static void put_stir(void)
{
	sim_fs_put(world, ETC "/stir_shaken.conf",
		   "[attestation]\nprivate_key_file=/tls/passport.key\n"
		   "public_cert_url=https://example.com/c.pem\nattest_level=B\n"
		   "[100]\ntype=tn\nprivate_key_file=/tls/client.key\n"
		   "[101]\ntype=tn\nprivate_key_file=/tls/client.key\n"
		   "[p]\ntype=profile\nendpoint_behavior=attest\n");
	assert_int_equal(sim_fs_import(world, "tests/tls", "/tls"), 0);
}

static void put_notify(void)
{
	sim_fs_put(world, ETC "/pjsip_notify.conf",
		   "[a]\nEvent=>x\n[b]\nEvent=>y\nContent-Type=>text/plain\nContent=>z\n");
}

static void put_manager(void)
{
	sim_fs_put(world, ETC "/manager.conf",
		   "[general]\nenabled=yes\nport=5038\nbindaddr=0.0.0.0\nchannelvars=A,B\n"
		   "disabledevents=Newexten,VarSet\n"
		   "[ops]\nsecret=swordfish\nread=all\nwrite=all\ndeny=0.0.0.0/0.0.0.0\n"
		   "permit=10.0.0.0/8\nsetvar=A=1\neventfilter=!Event: VarSet\n"
		   "eventfilter=Channel: PJSIP/.*\n"
		   "[guest]\nsecret=guest\nread=call\n");
}

static void put_rest(void)
{
	sim_fs_put(world, ETC "/asterisk.conf",
		   "[directories]\nastetcdir => /etc/asterisk\n[options]\nverbose=3\n");
	sim_fs_put(world, ETC "/dialer.conf",
		   "[general]\nshards=2\nmax_channels=64\n[gw]\ncps=5\nburst=2\n[gw2]\ncps=7\n");
	sim_fs_put(world, ETC "/rtp.conf", "[general]\nrtpstart=10000\nrtpend=11000\n");
	sim_fs_put(world, ETC "/cdr.conf",
		   "[general]\nenable=yes\n[csv]\naccountlogs=yes\n[sqlite]\n");
	sim_fs_put(
		world, ETC "/logger.conf",
		"[logfiles]\nfull.log => notice,warning,error,verbose(3)\nerrors.log => error\n");
	for (int i = 0; i < 3; i++) {
		char path[64], octets[1600] = {0};

		snprintf(path, sizeof(path), "/sounds/en/%c.ulaw", 'a' + i);
		sim_fs_put_octets(world, path, octets, sizeof(octets));
	}
}

static int setup(void **state)
{
	struct io_conf conf = {.name = "conf", .metrics = &metrics, .cpu = -1};

	UNUSED(state);
	log_set_writer(log_nothing, NULL);
	world = sim_world_create(1);
	put_dialplan();
	put_pjsip();
	put_stir();
	put_notify();
	put_manager();
	put_rest();
	return io_create(&io, &conf);
}

static int teardown(void **state)
{
	UNUSED(state);
	io_destroy(io);
	log_set_writer(NULL, NULL);
	sim_world_destroy(world);
	return 0;
}

static struct sink *fresh_error(void)
{
	error = sink_make(error_text, sizeof(error_text));
	return &error;
}

/* The file's tree; never without memory, unless armed. */
static int load(struct conffile **out, const char *name)
{
	struct conffile_source source;
	struct conffile_error err;
	int rc;

	*out = NULL;
	app_conf_source(&source, io, ETC);
	rc = conffile_load(out, &source, name, &err);
	if (rc)
		assert_true(err.text[0] != 0);
	return rc;
}

/* ---- loaders ---- */

static int run_conffile(struct oom_case *c)
{
	struct conffile *cf;
	int err;

	oom_arm(c->mode, c->nth);
	err = load(&cf, c->arg);
	conffile_free(cf);
	oom_disarm(&c->failed);
	return err;
}

static int run_dialplan(struct oom_case *c)
{
	struct dialplan *dp = NULL;
	struct conffile_source source;
	struct conffile *cf;
	int err;

	app_conf_source(&source, io, ETC);
	assert_int_equal(load(&cf, "extensions.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = dialplan_load(&dp, cf, &source);
	oom_disarm(&c->failed);
	conffile_free(cf);
	if (!err)
		assert_int_equal(dialplan_context_count(dp), 2);
	dialplan_free(dp);
	return err;
}

static int run_dialplan_empty(struct oom_case *c)
{
	struct dialplan *dp = NULL;
	int err;

	oom_arm(c->mode, c->nth);
	err = dialplan_create_empty(&dp);
	oom_disarm(&c->failed);
	dialplan_free(dp);
	return err;
}

static int run_sip(struct oom_case *c)
{
	struct sip_conf *conf = NULL;
	struct conffile *cf;
	int err;

	assert_int_equal(load(&cf, "pjsip.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = sip_conf_load(&conf, cf, fresh_error());
	oom_disarm(&c->failed);
	conffile_free(cf);
	if (!err)
		assert_int_equal(conf->endpoint_count, 1);
	sip_conf_free(conf);
	return err;
}

/* What OpenSSL takes for the keys is test_oom_tls's part. */
static int run_stir(struct oom_case *c)
{
	struct sip_conf *conf = NULL;
	struct conffile *cf, *stir;
	int err;

	assert_int_equal(load(&cf, "pjsip.conf"), 0);
	assert_int_equal(load(&stir, "stir_shaken.conf"), 0);
	assert_int_equal(sip_conf_load(&conf, cf, fresh_error()), 0);
	oom_arm(c->mode, c->nth);
	err = sip_stir_load(conf, stir, io, fresh_error());
	oom_disarm(&c->failed);
	conffile_free(cf);
	conffile_free(stir);
	if (err)
		assert_true(error.len > 0);
	sip_conf_free(conf);
	return err;
}

static int run_notify(struct oom_case *c)
{
	struct notify_conf *conf = NULL;
	struct conffile *cf;
	int err;

	assert_int_equal(load(&cf, "pjsip_notify.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = notify_conf_load(&conf, cf, fresh_error());
	oom_disarm(&c->failed);
	conffile_free(cf);
	notify_conf_free(conf);
	return err;
}

static int run_sip_empty(struct oom_case *c)
{
	struct sip_conf *conf;

	oom_arm(c->mode, c->nth);
	conf = sip_conf_empty();
	oom_disarm(&c->failed);
	sip_conf_free(conf);
	return conf ? 0 : -ENOMEM;
}

static int run_ami(struct oom_case *c)
{
	struct ami_conf *conf = NULL;
	struct conffile *cf = NULL;
	int err;

	if (c->arg)
		assert_int_equal(load(&cf, c->arg), 0);
	oom_arm(c->mode, c->nth);
	err = ami_conf_load(&conf, cf, fresh_error());
	oom_disarm(&c->failed);
	conffile_free(cf);
	ami_conf_free(conf);
	return err;
}

static int run_rtp(struct oom_case *c)
{
	struct rtp_conf conf;
	struct conffile *cf;

	assert_int_equal(load(&cf, "rtp.conf"), 0);
	oom_arm(c->mode, c->nth);
	rtp_conf_read(&conf, cf);
	oom_disarm(&c->failed);
	conffile_free(cf);
	assert_int_equal(conf.port_start, 10000);
	return 0;
}

static int run_sounds(struct oom_case *c)
{
	struct sound_conf conf = sound_conf_default;
	struct sound_library *lib = NULL;
	int err;

	conf.dir = c->arg;
	oom_arm(c->mode, c->nth);
	err = sound_library_load(&lib, io, &conf);
	oom_disarm(&c->failed);
	if (!err && !c->failed && c->arg)
		assert_int_equal(sound_library_count(lib), 3);
	sound_library_retire(lib);
	return err;
}

static int run_tones(struct oom_case *c)
{
	struct tone_set *tones = NULL;
	int err;

	oom_arm(c->mode, c->nth);
	err = tone_set_create(&tones);
	oom_disarm(&c->failed);
	tone_set_destroy(tones);
	return err;
}

static int run_sound_loader(struct oom_case *c)
{
	struct sound_loader_conf conf = {.metrics = &metrics, .shard_count = 2};
	struct sound_loader *l = NULL;
	int err;

	oom_arm(c->mode, c->nth);
	err = sound_loader_create(&l, &conf);
	oom_disarm(&c->failed);
	sound_loader_destroy(l);
	return err;
}

static int run_app_conf(struct oom_case *c)
{
	struct app_conf conf;
	int err;

	oom_arm(c->mode, c->nth);
	err = app_conf_load(&conf, io, ETC "/asterisk.conf", fresh_error());
	if (!err) {
		err = app_conf_load_dialer(&conf, io, fresh_error());
		/* Whatever happened, settings that can be used are in force. */
		assert_int_equal(conf.queue.trunk_count, 2);
		assert_ptr_equal(conf.queue.trunks, conf.trunks);
		app_conf_free(&conf);
	}
	oom_disarm(&c->failed);
	return err;
}

static int run_csv(struct oom_case *c)
{
	struct cdr_sink *sink = NULL;
	struct conffile *cf;
	int err;

	assert_int_equal(load(&cf, "cdr.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = cdr_csv_open(&sink, io, cf, "/log");
	oom_disarm(&c->failed);
	conffile_free(cf);
	if (sink)
		sink->ops->close(sink);
	return err;
}

/* The database is a real file; only its directory is simulated. */
static int run_sqlite(struct oom_case *c)
{
	static const struct cdr record = {.channel = {"PJSIP/gw-00000001", 17}, .sequence = 1};
	struct cdr_sink *sink = NULL;
	struct conffile *cf;
	int err;

	assert_int_equal(load(&cf, "cdr.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = cdr_sqlite_open(&sink, io, cf, c->arg);
	if (!err)
		err = sink->ops->write(sink, &record, 1);
	oom_disarm(&c->failed);
	conffile_free(cf);
	if (sink)
		sink->ops->close(sink);
	return err;
}

static enum cli_result say_ok(void *context, struct cli_call *call)
{
	UNUSED(context);
	UNUSED(call);
	return CLI_OK;
}

static void print_nothing(void *arg, struct slice text)
{
	UNUSED(arg);
	UNUSED(text);
}

static int run_cli(struct oom_case *c)
{
	static const struct cli_command first[] = {{"one", "One.", "Usage: one\n", say_ok}};
	static const struct cli_command second[] = {{"two", "Two.", "Usage: two\n", say_ok},
						    {"two more", "More.", "Usage: two\n", say_ok}};
	struct cli *cli = NULL;
	int err;

	oom_arm(c->mode, c->nth);
	err = cli_create(&cli);
	if (!err)
		err = cli_register(cli, first, 1, NULL);
	if (!err && cli_register(cli, second, 2, NULL) != 0) {
		err = -ENOMEM; /* what was there before still is */
		assert_int_equal(cli_run(cli, SLICE_LIT("one"), print_nothing, NULL), CLI_OK);
	}
	oom_disarm(&c->failed);
	cli_destroy(cli);
	return err;
}

static int run_logger(struct oom_case *c)
{
	struct logger_options options = {.log_dir = "/log"};
	struct logger *l = NULL;
	struct conffile *cf;
	int err;

	assert_int_equal(load(&cf, "logger.conf"), 0);
	oom_arm(c->mode, c->nth);
	err = logger_start(&l, &options, cf, fresh_error());
	oom_disarm(&c->failed);
	conffile_free(cf);
	logger_stop(l);
	log_set_writer(log_nothing, NULL);
	return err;
}

/* ---- tests ---- */

static void test_every_loader(void **state)
{
	struct oom_case cases[] = {
		{.name = "conffile extensions", .run = run_conffile, .arg = "extensions.conf"},
		{.name = "conffile pjsip", .run = run_conffile, .arg = "pjsip.conf"},
		{.name = "dialplan", .run = run_dialplan},
		{.name = "empty dialplan", .run = run_dialplan_empty},
		{.name = "pjsip.conf", .run = run_sip},
		{.name = "empty pjsip.conf", .run = run_sip_empty},
		{.name = "stir_shaken.conf", .run = run_stir},
		{.name = "pjsip_notify.conf", .run = run_notify},
		{.name = "manager.conf", .run = run_ami, .arg = "manager.conf"},
		{.name = "no manager.conf", .run = run_ami},
		{.name = "sounds", .run = run_sounds, .arg = "/sounds"},
		{.name = "no sounds", .run = run_sounds},
		{.name = "tones", .run = run_tones},
		{.name = "sound loader", .run = run_sound_loader},
		{.name = "asterisk.conf and dialer.conf", .run = run_app_conf},
		{.name = "cdr csv", .run = run_csv},
		{.name = "cli", .run = run_cli},
		{.name = "logger", .run = run_logger},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
		assert_true(oom_exhaust(&cases[i]) > 0);
}

static void test_rtp_conf_takes_no_memory(void **state)
{
	struct oom_case c = {.name = "rtp.conf", .run = run_rtp};

	UNUSED(state);
	assert_int_equal(oom_exhaust(&c), 0);
}

static void test_sqlite(void **state)
{
	char dir[] = "/tmp/ringer-fault-XXXXXX", path[64];
	static const char *const files[] = {"cdr.db",	 "cdr.db-wal",	  "cdr.db-shm",
					    "master.db", "master.db-wal", "master.db-shm"};
	struct oom_case c = {.name = "cdr sqlite", .run = run_sqlite, .arg = dir};

	UNUSED(state);
	sim_sqlite_use_real();
	assert_non_null(mkdtemp(dir));
	assert_true(oom_exhaust(&c) > 0);
	for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_loader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rtp_conf_takes_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sqlite, setup, teardown),
	};

	return cmocka_run_group_tests_name("oom conf", tests, NULL, NULL);
}
