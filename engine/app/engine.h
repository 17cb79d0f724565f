/* engine/app/engine.h - the whole engine, wired: loops, shards, adapters, configuration.
 *
 * The one place that knows everybody. It takes its loops from the seam, so the simulator runs the very
 * same engine: create, start, and later destroy. */
#ifndef RINGER_APP_ENGINE_H
#define RINGER_APP_ENGINE_H

#include "engine/app/conf.h"
#include "engine/core/control.h"
#include "sip/sip.h"

struct engine;

struct engine_options {
	const char *main_file;    /* NULL: the usual places */
	uint32_t cpu_count;       /* CPUs available: default number of shards */
	uint32_t descriptor_max;  /* RLIMIT_NOFILE; 0: no limit known */
	bool console;             /* offer the console socket */
	const char *run_user, *run_group; /* names, for AMI's CoreSettings; NULL: not told */
	/* For tests. */
	io_fail_fn fail;
	void *fail_arg;
	void (*sip_trace)(void *arg, const struct sip_trace *t);
	void *trace_arg;
	/* Called on the control thread when a stop is complete; loops end after. May be NULL. */
	void (*stopped)(void *arg);
	void *arg;
};

/* Reads the configuration and takes all memory; says in *error what is wrong, with file and line. */
int engine_create(struct engine **out, const struct engine_options *options, struct sink *error);
/* Before engine_start: the logger whose files the console's commands show and change. */
struct logger;
void engine_set_logger(struct engine *e, struct logger *logger);
/* A log_writer_fn: lines for the consoles that want them. Any thread, between engine_start and
 * engine_destroy. */
struct log_line;
void engine_take_line(void *engine, const struct log_line *line);
/* Reads and checks everything, starts nothing: `ringer -t`. */
int engine_check(const struct engine_options *options, struct sink *error);
/* Opens sockets and starts all loops but control's. */
int engine_start(struct engine *e, struct sink *error);
/* Runs the control loop in the calling thread until a stop is complete. */
int engine_run(struct engine *e);
/* The same in a thread of its own (simulator: under its scheduler). */
int engine_run_apart(struct engine *e);
/* Stops what runs, frees everything. */
void engine_destroy(struct engine *e);

struct control *engine_control(struct engine *e);
struct io *engine_io(struct engine *e); /* control's; others may use it before engine_run and after */
const struct app_conf *engine_conf(const struct engine *e);
uint32_t engine_shard_count(const struct engine *e);
/* Sum over all loops. */
uint64_t engine_metric(const struct engine *e, enum metric which);
/* Nothing waits, rings, talks, lingers or is being written anywhere: for tests. *why (if not NULL) gets
 * the first thing that is not quiet. */
bool engine_is_quiet(struct engine *e, const char **why);
/* Signals: any thread. */
void engine_request_stop(struct engine *e, enum control_stop how);
void engine_request_reload(struct engine *e);
/* As engine_request_stop; the program then begins anew (engine_restarts). */
void engine_request_restart(struct engine *e, enum control_stop how);
/* After engine_run: the stop that was carried out was a restart. */
bool engine_restarts(const struct engine *e);

#endif
