/* engine/app/conf.h - the engine's own settings: ringer.conf (or asterisk.conf) and dialer.conf.
 *
 * ringer.conf has the grammar and options of asterisk.conf: [directories] and [options]. dialer.conf
 * holds what Asterisk has no place for: shards, queue and channel limits, pacing per trunk. Unknown
 * options are reported once by file and line; a value that cannot be used refuses the load. */
#ifndef RINGER_APP_CONF_H
#define RINGER_APP_CONF_H

#include "engine/base/sink.h"
#include "engine/core/conffile.h"
#include "engine/core/queue.h"
#include "engine/io/io.h"

#define APP_CPUS 64

struct app_conf {
	char main_file[LIMIT_PATH]; /* empty: built-in defaults */
	char etc_dir[LIMIT_PATH];
	char spool_dir[LIMIT_PATH];
	char run_dir[LIMIT_PATH];
	char log_dir[LIMIT_PATH];
	char var_lib_dir[LIMIT_PATH];
	char data_dir[LIMIT_PATH];
	char db_dir[LIMIT_PATH];       /* of astdb.sqlite3 */
	char control_name[64];         /* astctl */
	char control_path[LIMIT_PATH]; /* socket of the console */
	unsigned control_mode;
	char pid_path[LIMIT_PATH];
	char system_name[LIMIT_NAME];
	char default_language[16];
	int verbose, debug;
	uint32_t max_calls;            /* maxcalls: 0 none; calls that may exist at once */
	bool live_dangerously;	       /* AMI may use functions that reach beyond the call */
	bool exec_includes;
	bool language_prefix;
	bool search_custom_dir;

	/* dialer.conf */
	uint32_t shards;               /* 0: one per CPU */
	uint32_t channel_max;	       /* of the engine, for orders */
	uint32_t incoming_max;	       /* of the engine, besides, for calls that come in */
	int cpus[APP_CPUS];            /* pinning: control first, then shards in turn */
	uint32_t cpu_count;            /* 0: no pinning */
	bool sqlite, csv;              /* record sinks */
	bool compat_reason;	       /* refusals have reason 0, as in Asterisk */
	bool spool_sync;
	int spool_unknown;             /* enum spool_unknown */
	struct queue_conf queue;
	struct trunk_conf *trunks;     /* owned; queue.trunks points to it */
};

/* Callbacks that read configuration files through the seam. io must outlive the source. */
void app_conf_source(struct conffile_source *source, struct io *io, const char *etc_dir);

/* main_file NULL: /etc/ringer/ringer.conf, then /etc/asterisk/asterisk.conf, then defaults. 0; a
 * negative errno with "file:line: reason; remedy" in *error. */
int app_conf_load(struct app_conf *conf, struct io *io, const char *main_file, struct sink *error);
/* Without dialer.conf: what a console needs to find its engine. */
int app_conf_load_main(struct app_conf *conf, struct io *io, const char *main_file, struct sink *error);
/* dialer.conf alone, at a reload: on failure *conf is unchanged. */
int app_conf_load_dialer(struct app_conf *conf, struct io *io, struct sink *error);
void app_conf_free(struct app_conf *conf);

#endif
