/* tests/sim/console_rig.h - a whole engine whose control socket clients of this machine use. */
#ifndef RINGER_TESTS_SIM_CONSOLE_RIG_H
#define RINGER_TESTS_SIM_CONSOLE_RIG_H

#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"
#include "tests/sim/sim.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

#define CTL	"/var/run/asterisk/asterisk.ctl"
#define ETC	"/etc/asterisk/"
#define CLIENTS 64

struct client {
	struct io_stream *stream;
	bool closed, heard_of_loss;
	size_t len;
	char text[65536];
};

static struct rig {
	struct sim_world *w;
	struct engine *engine;
	struct io *io; /* of the clients, on the same machine */
	struct metrics metrics;
	struct client clients[CLIENTS];
	bool stopped;
} rig;

static inline void client_data(void *arg, struct io_stream *s, const void *data, size_t len)
{
	struct client *c = arg;

	UNUSED(s);
	assert_true(len < sizeof(c->text));
	if (c->len + len >= sizeof(c->text))
		c->len = 0; /* a flood of lines: only its end is looked at */
	memcpy(c->text + c->len, data, len);
	c->len += len;
	c->text[c->len] = 0;
	c->heard_of_loss |= strstr(c->text, "log lines were left out") != NULL;
}

static inline void client_closed(void *arg, struct io_stream *s, int error)
{
	struct client *c = arg;

	UNUSED(error);
	c->closed = true;
	c->stream = NULL;
	io_stream_close(s, false);
}

static const struct io_stream_handler client_handler = {.data = client_data,
							.closed = client_closed};

static inline int64_t client_turn(void *owner, int64_t now_ns)
{
	UNUSED(owner);
	UNUSED(now_ns);
	return TMR_NEVER;
}

/* As engine/app/main.c has it: all lines pass by the consoles. */
static inline void quiet_log(void *arg, const struct log_line *line)
{
	UNUSED(arg);
	if (rig.engine)
		engine_take_line(rig.engine, line);
}

static inline void on_stopped(void *arg)
{
	UNUSED(arg);
	rig.stopped = true;
}

static inline int set_up(void **state)
{
	struct io_conf io = {.name = "clients",
			     .metrics = &rig.metrics,
			     .stream_max = CLIENTS + 8,
			     .small_buffers = 64,
			     .stream_out_max = 1 << 20,
			     .cpu = -1};
	struct engine_options options = {.main_file = ETC "asterisk.conf",
					 .cpu_count = 1,
					 .console = true,
					 .stopped = on_stopped};
	char text[1024];
	struct sink error = sink_make(text, sizeof(text));

	UNUSED(state);
	memset(&rig, 0, sizeof(rig));
	rig.w = sim_world_create(7);
	log_set_writer(quiet_log, NULL);
	sim_fs_put(rig.w, ETC "asterisk.conf", "[files]\nastctlpermissions=0600\n");
	sim_fs_put(rig.w, ETC "dialer.conf", "[general]\nshards=1\ncdr_sqlite=no\ncdr_csv=no\n");
	sim_fs_put(rig.w, ETC "manager.conf", "[general]\nenabled=no\n");
	sim_fs_put(rig.w, ETC "pjsip.conf",
		   "[t]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n"
		   "[gw]\ntype=endpoint\naors=gw\nallow=!all,ulaw,alaw\n[gw]\ntype=aor\ncontact="
		   "sip:192.0.2.9\n");
	sim_fs_put(rig.w, ETC "extensions.conf",
		   "[globals]\nTRUNK=gw\nCAPS=30\n[out]\nexten => s,1,Wait(5)\n same => "
		   "n(end),Hangup()\n");
	sim_fs_mkdir(rig.w, "/var/run/asterisk");
	sim_fs_mkdir(rig.w, "/var/spool/asterisk");
	if (engine_create(&rig.engine, &options, &error) != 0 ||
	    engine_start(rig.engine, &error) != 0 || engine_run_apart(rig.engine) != 0)
		fail_msg("%s", sink_cstr(&error));
	assert_int_equal(io_create(&rig.io, &io), 0);
	assert_int_equal(io_start(rig.io, client_turn, NULL), 0);
	sim_run_for(rig.w, SIM_SECOND);
	return 0;
}

static inline int tear_down(void **state)
{
	UNUSED(state);
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (rig.clients[i].stream)
			io_stream_close(rig.clients[i].stream, false);
	}
	log_set_writer(NULL, NULL);
	engine_destroy(rig.engine);
	io_stop(rig.io);
	io_join(rig.io);
	io_destroy(rig.io);
	log_set_writer(NULL, NULL);
	sim_world_destroy(rig.w);
	return 0;
}

static inline void client_connect(struct client *c)
{
	assert_int_equal(io_connect_unix(rig.io, &c->stream, CTL, &client_handler, c), 0);
	sim_run_for(rig.w, 100 * SIM_MS);
}

static inline void client_say(struct client *c, const char *text, size_t len)
{
	assert_int_equal(io_stream_send(c->stream, text, len), 0);
	sim_run_for(rig.w, 100 * SIM_MS);
}

/* One command, as ringer -rx sends it. */
static inline void client_run(struct client *c, const char *command)
{
	char text[700];
	struct sink out = sink_make(text, sizeof(text));

	client_connect(c);
	sink_fmt(&out, "cli quit after %s", command);
	sink_char(&out, 0);
	client_say(c, text, out.len);
}

static inline void client_open(struct client *c)
{
	client_connect(c);
	client_say(c, "core set verbose atleast 0 silent", 34);
	c->len = 0;
	c->text[0] = 0;
}

static inline void client_command(struct client *c, const char *command)
{
	client_say(c, command, strlen(command) + 1);
}

/* What a console shows for one line. */
static inline const char *console(const char *command)
{
	struct client *c = &rig.clients[0];

	if (!c->stream)
		client_open(c);
	c->len = 0;
	c->text[0] = 0;
	client_command(c, command);
	return c->text;
}

static inline void shows(const char *command, const char *text)
{
	const char *shown = console(command);

	if (!strstr(shown, text))
		fail_msg("'%s' shows\n%s\nwithout\n%s", command, shown, text);
}

static inline void shows_just(const char *command, const char *text)
{
	assert_string_equal(console(command), text);
}

#endif
