/* engine/app/engine_internal.h - shared by engine*.c, node.c and commands.c only. */
#ifndef RINGER_APP_ENGINE_INTERNAL_H
#define RINGER_APP_ENGINE_INTERNAL_H

#include "ami/ami.h"
#include "ami/http_conf.h"
#include "engine/app/engine.h"
#include "engine/app/node.h"
#include "engine/core/chore.h"
#include "engine/core/records.h"
#include "rtp/debug.h"
#include "rtp/tone.h"
#include "sip/center.h"
#include "sip/cli.h"
#include "sip/notify_conf.h"
#include "spool/dir.h"

/* What shards share and a reload replaces; freed when all shards have let go of it. */
struct snapshot {
	struct dialplan *dialplan;
	struct sip_conf *sip;
	struct rtp_media_conf media;
};

/* The lowest bit is the most urgent request; of two that are equally urgent the stop wins. */
#define STOP_BIT(how, restart) (2U * (unsigned)(how) + (restart))

struct engine {
	struct engine_options options;
	struct app_conf conf;
	struct io *control_io, *records_io, *chores_io, *spool_io;
	struct metrics control_metrics, records_metrics, chores_metrics, spool_metrics;
	struct inbox *inbox;
	struct devices *devices;
	struct groups *groups;
	struct control *control;
	struct sip_center *center;
	struct pipe *records_down, *records_up;
	struct records *records;
	struct chores *chores;
	struct db *db;
	struct spool *spool;
	struct ami *ami;
	struct console *console;
	struct logger *logger; /* NULL in simulation */
	struct {
		const char *sinks[RECORDS_SINKS];
		uint32_t sink_count;
		bool unanswered, congestion;
	} cdr; /* as cdr.conf was at the start */
	struct tone_set *tones;
	struct rtp_debug rtp_debug; /* as the shards were told last */
	struct sound_loader *loader;
	struct metrics loader_metrics;
	struct node *nodes[LIMIT_SHARDS];
	uint32_t node_count;
	const struct tech_ops *techs[SHARD_TECHS];
	struct snapshot *now, *old;
	struct acl_book *acls; /* acl.conf in force */
	uint32_t threads_started;
	int64_t end_due_ns; /* all calls are over; 0: they are not */
	bool restarts;	    /* the stop that was asked for last is a restart */
	bool records_started, chores_started, spool_started, control_started, loader_started;
	_Atomic unsigned want_stop; /* bits 1 << STOP_BIT */
	_Atomic bool want_reload;
};

/* engine_sip.c */
/* device_state_busy_at of the endpoints in force. */
void engine_follow_busy_at(struct engine *e);
int engine_create_center(struct engine *e, struct sink *error);

/* engine_store.c */
int engine_make_dirs(struct engine *e, struct sink *error);
int engine_create_chores(struct engine *e);
/* Behind the shards, which get their copies. */
int engine_create_db(struct engine *e, struct sink *error);

/* engine_conf.c: files into snapshots. */
int engine_load_acls(struct engine *e, struct acl_book **out, struct sink *error);
int engine_load_snapshot(struct engine *e, struct snapshot **out, struct sink *error);
void engine_free_snapshot(struct snapshot *s);
int engine_load_file(struct engine *e, struct conffile **out, const char *name, struct sink *error);
int engine_load_manager(struct engine *e, struct ami_conf **out, struct sink *error);
int engine_load_http(struct engine *e, struct http_conf **out, struct sink *error);
int engine_load_notify(struct engine *e, struct notify_conf **out, struct sink *error);
/* engine_ami.c: with the web server. On failure engine_destroy ends what there is. */
int engine_create_ami(struct engine *e, struct sink *error);
int engine_reload(void *engine, struct slice module, struct sink *text);
/* A change of the dialplan alone; control_conf.edit. */
int engine_edit_dialplan(void *engine, const struct dialplan_edit *edit);
/* cdr.conf, if there is one. On failure the caller closes those that are open already. */
int engine_open_sinks(struct engine *e, struct records_conf *conf, bool *unanswered, bool *congestion,
		      struct sink *error);

/* commands*.c */
int engine_register_commands(struct engine *e);
int engine_register_cdr_commands(struct engine *e);
int engine_register_media_commands(struct engine *e);
int engine_register_channel_commands(struct engine *e);
int engine_register_dialplan_commands(struct engine *e);
int engine_register_edit_commands(struct engine *e); /* of the dialplan */
int engine_register_state_commands(struct engine *e);
int engine_register_db_commands(struct engine *e);
int engine_register_log_commands(struct engine *e);
int engine_register_manual_commands(struct engine *e);
int engine_register_module_commands(struct engine *e);
int engine_register_system_commands(struct engine *e);
int engine_reload_logger(struct engine *e, struct sink *text); /* commands_log.c */
/* Silent when it goes well. While shards still take over the last one, all is reloaded soon. */
void engine_run_reload(struct engine *e, struct cli_call *call, struct slice module);
/* "System uptime: 2 hours, 1 second", or the seconds alone. */
void engine_print_span(struct cli_call *call, const char *label, int64_t span_ns, bool bare);
const char *engine_version_text(void);

#endif
