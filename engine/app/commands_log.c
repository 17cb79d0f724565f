/* engine/app/commands_log.c - console commands about what is logged and where: "core set verbose",
 * "logger ...". */
#include "engine/app/engine_internal.h"

#include "engine/app/logger.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LEVEL_MOST 1000000

/* ---- levels ---- */

static void level_write(char text[24], int level)
{
	struct sink out = sink_make(text, 24);

	if (level == 0)
		sink_lit(&out, "OFF");
	else
		sink_i64(&out, level);
	sink_cstr(&out);
}

static void say_level(struct cli_call *call, const char *what, int was, int is)
{
	char before[24], after[24];

	level_write(before, was);
	level_write(after, is);
	if (was == is)
		cli_print(call, "%s is still %s.\n", what, before);
	else
		cli_print(call, "%s was %s and is now %s.\n", what, before, after);
}

/* "5", "off", "atleast 5", each perhaps with "silent". False: neither. */
static bool parse_level(const struct cli_call *call, int was, int *level, bool *silent)
{
	bool atleast = call->argc > 0 && slice_ieq(call->argv[0], SLICE_LIT("atleast"));
	uint32_t at = atleast;
	uint64_t n = 0;

	*silent = call->argc > 0 && slice_ieq(call->argv[call->argc - 1], SLICE_LIT("silent"));
	if (call->argc != at + 1 + *silent)
		return false;
	if ((atleast || !slice_ieq(call->argv[at], SLICE_LIT("off"))) &&
	    !slice_u64(call->argv[at], LEVEL_MOST, &n))
		return false;
	*level = atleast && was > (int)n ? was : (int)n;
	return true;
}

static enum cli_result cmd_set_verbose(void *context, struct cli_call *call)
{
	struct cli_session none = {.verbose = 0};
	struct cli_session *s = call->out->session ? call->out->session : &none;
	int was = s->verbose;
	bool silent;

	UNUSED(context);
	if (!parse_level(call, was, &s->verbose, &silent))
		return CLI_USAGE;
	if (!silent)
		say_level(call, "Console verbose", was, s->verbose);
	return CLI_OK;
}

static enum cli_result cmd_set_debug(void *context, struct cli_call *call)
{
	int was = log_debug_level(), level;
	bool silent;

	UNUSED(context);
	if (!parse_level(call, was, &level, &silent))
		return CLI_USAGE;
	log_set_debug(level);
	if (!silent)
		say_level(call, "Core debug", was, level);
	return CLI_OK;
}

/* ---- what this console shows ---- */

static enum cli_result cmd_logger_mute(void *context, struct cli_call *call)
{
	struct cli_session *s = call->out->session;
	bool silent = call->argc == 1 && slice_ieq(call->argv[0], SLICE_LIT("silent"));

	UNUSED(context);
	if (call->argc > 1 || (call->argc == 1 && !silent))
		return CLI_USAGE;
	if (!s) {
		cli_print(call, "Couldn't find remote console.\n");
		return CLI_OK;
	}
	s->muted = !s->muted;
	if (!silent)
		cli_print(call,
			  s->muted ? "Console is muted.\n" : "Console is not muted anymore.\n");
	return CLI_OK;
}

static enum cli_result cmd_logger_set_level(void *context, struct cli_call *call)
{
	struct cli_session none = {.verbose = 0};
	struct cli_session *s = call->out->session ? call->out->session : &none;
	bool on;

	UNUSED(context);
	if (call->argc != 2)
		return CLI_USAGE;
	on = slice_ieq(call->argv[1], SLICE_LIT("on"));
	if (!on && !slice_ieq(call->argv[1], SLICE_LIT("off")))
		return CLI_USAGE;
	for (enum log_level level = 0; level < LOG_LEVEL_COUNT; level++) {
		if (!slice_ieq(call->argv[0], slice_str(log_level_name(level))))
			continue;
		s->levels = on ? s->levels | 1U << level : s->levels & ~(1U << level);
		cli_print(call, "Logger status for '%s' has been set to '%s'.\n",
			  log_level_name(level), on ? "on" : "off");
		return CLI_OK;
	}
	return CLI_USAGE;
}

/* ---- files ---- */

/* As Asterisk numbers them. */
static const struct {
	int number;
	enum log_level level;
} asterisk_levels[] = {{0, LOG_LEVEL_DEBUG},
		       {2, LOG_LEVEL_NOTICE},
		       {3, LOG_LEVEL_WARNING},
		       {4, LOG_LEVEL_ERROR},
		       {5, LOG_LEVEL_VERBOSE}};

static enum cli_result cmd_logger_show_levels(void *context, struct cli_call *call)
{
	UNUSED(context);
	cli_print(call, "%5s %s\n%5s %s\n", "Level", "Name", "-----", "----");
	for (size_t i = 0; i < ARRAY_COUNT(asterisk_levels); i++)
		cli_print(call, "%5d %s\n", asterisk_levels[i].number,
			  log_level_name(asterisk_levels[i].level));
	cli_print(call, "\n");
	return CLI_OK;
}

#define CHANNEL_ROW "%-35.35s %-8.8s %-10.10s %-9.9s "

static void show_log_channel(struct cli_call *call, const char *name, const char *type, bool works,
			     unsigned levels)
{
	cli_print(call, CHANNEL_ROW, name, type, "default", works ? "Enabled" : "Disabled");
	cli_print(call, " - ");
	for (size_t i = 0; i < ARRAY_COUNT(asterisk_levels); i++) {
		if (levels & 1U << asterisk_levels[i].level)
			cli_print(call, "%s ", log_level_name(asterisk_levels[i].level));
	}
	cli_print(call, "\n");
}

static enum cli_result cmd_logger_show_channels(void *context, struct cli_call *call)
{
	const struct engine *e = context;
	const struct logger_conf *conf = e->logger ? logger_get_conf(e->logger) : NULL;
	const struct cli_session *s = call->out->session;

	cli_print(call, "Logger queue limit: %u\n\n", logger_queue_limit());
	cli_print(call, CHANNEL_ROW "Configuration\n", "Channel", "Type", "Formatter", "Status");
	cli_print(call, CHANNEL_ROW "-------------\n", "-------", "----", "---------", "------");
	for (uint32_t i = 0; conf && i < conf->count; i++)
		show_log_channel(call, conf->channels[i].path, "File", logger_is_open(e->logger, i),
				 conf->channels[i].levels);
	if (s)
		show_log_channel(call, "", "Console", !s->muted, s->levels);
	cli_print(call, "\n");
	return CLI_OK;
}

/* What "logger add channel" made outlives a reload, as in Asterisk. */
static void keep_dynamic(struct logger_conf *next, const struct logger_conf *now)
{
	for (uint32_t i = 0; i < now->count; i++) {
		if (now->channels[i].dynamic)
			logger_conf_add(next, &now->channels[i]);
	}
}

/* In one go, at a reload of the module or of all. */
static int reload_logger(struct engine *e, struct logger_conf *next, struct sink *error)
{
	struct conffile *cf = NULL;
	int err = engine_load_file(e, &cf, "logger.conf", error);

	if (err)
		return err;
	logger_conf_read(next, cf, logger_dir(e->logger));
	keep_dynamic(next, logger_get_conf(e->logger));
	conffile_free(cf);
	return 0;
}

int engine_reload_logger(struct engine *e, struct sink *text)
{
	struct logger_conf next;
	int err = e->logger ? reload_logger(e, &next, text) : 0;

	return err || !e->logger ? err : logger_set_conf(e->logger, &next);
}

/* ---- logger reload, logger rotate: the file is read by the worker of chores ---- */

struct log_renewal {
	struct chore chore;
	struct engine *e;
	struct cli_job *job;
	bool rotate, exec_allowed;
	char etc_dir[LIMIT_PATH];
	/* What the worker found. */
	int err;
	struct logger_conf next;
	char error[1200];
};

/* On the worker. */
static void renewal_read(struct chore *chore, struct io *io)
{
	struct log_renewal *r = (struct log_renewal *)chore;
	struct conffile_source source;
	struct conffile_error fault;
	struct conffile *cf = NULL;

	app_conf_source(&source, io, r->etc_dir);
	source.exec_allowed = r->exec_allowed;
	r->err = conffile_load(&cf, &source, "logger.conf", &fault);
	if (r->err == -ENOENT)
		r->err = 0; /* as without a logger.conf at the start */
	if (r->err)
		conffile_error_text(&fault, r->error, sizeof(r->error));
	else
		logger_conf_read(&r->next, cf, logger_dir(r->e->logger));
	conffile_free(cf);
}

static void renewal_done(struct chore *chore)
{
	struct log_renewal *r = (struct log_renewal *)chore;
	enum cli_result result = CLI_OK;

	if (r->err) {
		log_error("logger.conf: %s", r->error);
		cli_job_print(r->job, "Failed to reload the logger%s\n",
			      r->rotate ? " and rotate log files" : "");
		result = CLI_FAIL;
	} else {
		keep_dynamic(&r->next, logger_get_conf(r->e->logger));
		r->next.rotate_now = r->rotate;
		if (logger_set_conf(r->e->logger, &r->next) != 0)
			result = CLI_FAIL;
	}
	cli_job_end(r->job, result);
	free(r);
}

static enum cli_result renew_logger(struct engine *e, struct cli_call *call, bool rotate)
{
	struct log_renewal *r;

	if (call->argc > 0)
		return CLI_USAGE;
	if (!e->logger)
		return CLI_OK;
	r = calloc(1, sizeof(*r));
	if (!r)
		return CLI_FAIL;
	r->chore = (struct chore){.run = renewal_read, .done = renewal_done};
	r->e = e;
	r->rotate = rotate;
	r->exec_allowed = e->conf.exec_includes;
	slice_copy(r->etc_dir, sizeof(r->etc_dir), slice_str(e->conf.etc_dir));
	r->job = cli_hold(call);
	if (!r->job) {
		free(r);
		return CLI_FAIL;
	}
	if (control_post(e->control, &r->chore) != 0) {
		cli_job_print(r->job, "Too much waits for the disk; try again\n");
		cli_job_end(r->job, CLI_FAIL);
		free(r);
	}
	return CLI_OPEN;
}

static enum cli_result cmd_logger_reload(void *context, struct cli_call *call)
{
	return renew_logger(context, call, false);
}

static enum cli_result cmd_logger_rotate(void *context, struct cli_call *call)
{
	return renew_logger(context, call, true);
}

/* ---- files that were added by command ---- */

static struct logger_channel *find_log_channel(struct logger_conf *conf, const char *path)
{
	for (uint32_t i = 0; i < conf->count; i++) {
		if (strcmp(conf->channels[i].path, path) == 0)
			return &conf->channels[i];
	}
	return NULL;
}

/* A client could have lines of its choice written to any file that the engine may write, the call
 * records (master.db, cdr-csv/Master.csv) that stand beside the logs among them. */
static bool is_log_name(struct slice name)
{
	size_t dot = slice_find(name, '.');

	return name.len > 0 && slice_find(name, '/') == SIZE_MAX &&
	       (dot == SIZE_MAX || slice_eq(slice_from(name, dot), SLICE_LIT(".log")));
}

static enum cli_result cmd_logger_add(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct logger_channel channel = {.dynamic = true};
	struct logger_conf next;

	if (call->argc != 2)
		return CLI_USAGE;
	if (!e->logger)
		return CLI_FAIL;
	if (call->out->guarded && !is_log_name(call->argv[0])) {
		cli_print(call, "A client of AMI can add files of the log directory only, whose "
				"names hold no . but a .log at the end\n");
		return CLI_FAIL;
	}
	next = *logger_get_conf(e->logger);
	logger_path(channel.path, logger_dir(e->logger), call->argv[0]);
	channel.levels = logger_levels(call->argv[1], &channel.verbose);
	if (find_log_channel(&next, channel.path)) {
		cli_print(call, "Logger channel '%.*s' already exists\n", SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	if (channel.levels == 0 || !logger_conf_add(&next, &channel) ||
	    logger_set_conf(e->logger, &next) != 0) {
		cli_print(call, "ERROR: Unable to create log channel '%.*s'\n",
			  SLICE_ARG(call->argv[0]));
		return CLI_FAIL;
	}
	return CLI_OK;
}

static enum cli_result cmd_logger_remove(void *context, struct cli_call *call)
{
	struct engine *e = context;
	struct logger_channel *found;
	struct logger_conf next;
	char path[LIMIT_PATH];

	if (call->argc != 1)
		return CLI_USAGE;
	if (!e->logger)
		return CLI_FAIL;
	next = *logger_get_conf(e->logger);
	logger_path(path, logger_dir(e->logger), call->argv[0]);
	found = find_log_channel(&next, path);
	if (!found || !found->dynamic) {
		cli_print(call, "Unable to find dynamic logger channel '%.*s'\n",
			  SLICE_ARG(call->argv[0]));
		return CLI_OK;
	}
	*found = next.channels[--next.count];
	if (logger_set_conf(e->logger, &next) != 0)
		return CLI_FAIL;
	cli_print(call, "Removed dynamic logger channel '%.*s'\n", SLICE_ARG(call->argv[0]));
	return CLI_OK;
}

/* Names of the files that can be removed again. */
static void list_dynamic(void *context, struct cli_words *words)
{
	const struct engine *e = context;
	const struct logger_conf *conf = e->logger ? logger_get_conf(e->logger) : NULL;

	for (uint32_t i = 0; conf && i < conf->count; i++) {
		if (conf->channels[i].dynamic)
			cli_offer(words, slice_str(conf->channels[i].path));
	}
}

static const struct cli_command log_commands[] = {
	{"core set verbose", "Set level of verbosity",
	 "Usage: core set verbose <level>|off|atleast [<level>|silent] [silent]\n"
	 "       Which verbose lines this console shows: those up to the level. 'atleast' only "
	 "raises it,\n"
	 "       'silent' says nothing. Other consoles and the log files are not touched.",
	 cmd_set_verbose},
	{"core set debug", "Set level of debug chattiness",
	 "Usage: core set debug <level>|off|atleast [<level>|silent] [silent]\n"
	 "       With a level above 0 debug lines go to the consoles, and to the log files that "
	 "have\n"
	 "       'debug' in logger.conf. It holds for the whole engine.",
	 cmd_set_debug},
	{"logger mute", "Toggle logging output to a console",
	 "Usage: logger mute [silent]\n"
	 "       Shows no lines of the log on this console, or shows them again.",
	 cmd_logger_mute},
	{"logger set level", "Enables/Disables a specific logging level for this console",
	 "Usage: logger set level {DEBUG|NOTICE|WARNING|ERROR|VERBOSE} {on|off}\n"
	 "       Shows lines of that level on this console, or not.",
	 cmd_logger_set_level},
	{"logger show levels", "List configured log levels",
	 "Usage: logger show levels\n       Lists the levels that lines of the log have.",
	 cmd_logger_show_levels},
	{"logger show channels", "List configured log channels",
	 "Usage: logger show channels\n       Lists the files that the log goes to, with their "
	 "levels.",
	 cmd_logger_show_channels},
	{"logger reload", "Reopens the log files",
	 "Usage: logger reload\n       Reads logger.conf again; files that it does not have are "
	 "closed.",
	 cmd_logger_reload},
	{"logger rotate", "Rotates and reopens the log files",
	 "Usage: logger rotate\n"
	 "       Renames each log file as rotatestrategy in logger.conf says and begins a new one.",
	 cmd_logger_rotate},
	{"logger add channel", "Adds a new logging channel",
	 "Usage: logger add channel <name> <levels>\n"
	 "       Logs to one more file until the engine ends or the file is removed. Levels are "
	 "separated\n"
	 "       by commas: notice,verbose(3).",
	 cmd_logger_add},
	{"logger remove channel", "Removes a logging channel",
	 "Usage: logger remove channel <logfile>\n"
	 "       Closes a file that was added with 'logger add channel'.",
	 cmd_logger_remove},
};

static const struct cli_kind log_kinds[] = {{"logfile", list_dynamic}};

int engine_register_log_commands(struct engine *e)
{
	struct cli *cli = control_cli(e->control);
	int err = cli_register(cli, log_commands, ARRAY_COUNT(log_commands), e);

	return err ? err : cli_register_kinds(cli, log_kinds, ARRAY_COUNT(log_kinds), e);
}
