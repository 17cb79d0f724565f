/* ami/action_module.c - actions about parts of the engine: Reload, ModuleCheck, ModuleLoad,
 * LoggerRotate. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "engine/base/check.h"

#include <errno.h>

#define MODULE_SAID 512

/* Reads configuration again; *said gets what was wrong. */
static int module_reload(struct ami_session *s, struct slice module, struct sink *said)
{
	return control_reload(s->ami->control, module, said);
}

enum ami_action_result ami_do_reload(struct ami_session *s, const struct ami_msg *m)
{
	char text[MODULE_SAID];
	struct sink said = sink_make(text, sizeof(text));
	int err = module_reload(s, ami_msg_get(m, "Module"), &said);

	if (err == 0)
		ami_reply_ack(s, "Module Reloaded");
	else if (err == -ENOENT)
		ami_reply_error(s, "No such module");
	else if (err == -ENOTSUP)
		ami_reply_error(s, "Module does not support reload");
	else if (err == -EBUSY || err == -EALREADY)
		ami_reply_error(s, "A reload is in progress");
	else if (said.len)
		ami_reply_error(s, "An unknown error occurred: %.*s", SLICE_ARG(sink_slice(&said)));
	else
		ami_reply_error(s, "An unknown error occurred");
	return AMI_ACTION_DONE;
}

static bool module_is_there(const struct ami_session *s, struct slice module)
{
	return s->ami->about.has_module && s->ami->about.has_module(module);
}

enum ami_action_result ami_do_module_check(struct ami_session *s, const struct ami_msg *m)
{
	struct sink out;

	if (!module_is_there(s, ami_msg_get(m, "Module"))) {
		ami_reply_error(s, "Module not loaded");
		return AMI_ACTION_DONE;
	}
	out = ami_reply_begin(s, "Success");
	sink_lit(&out, "Version: \r\n"); /* Asterisk has none to tell any more */
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

static void module_load_reload(struct ami_session *s, struct slice module)
{
	char text[MODULE_SAID];
	struct sink said = sink_make(text, sizeof(text));
	int err = module_reload(s, module, &said);

	if (err == -ENOENT)
		ami_reply_error(s, "No such module.");
	else if (err == -ENOTSUP)
		ami_reply_error(s, "Module does not support reload action.");
	else if (err)
		ami_reply_error(s, "An unknown error occurred");
	else
		ami_reply_ack(s, module.len ? "Module reloaded." : "All modules reloaded");
}

/* What Ringer has is always there: it can be neither loaded again nor taken away. */
static void module_load_other(struct ami_session *s, struct slice module, const char *refusal,
			      bool is_file)
{
	if (module.len == 0)
		ami_reply_error(s, "Need module name");
	else if (is_file && slice_find(module, '/') != SIZE_MAX)
		ami_reply_error(s, "Module must be in the configured modules directory.");
	else if (is_file && !module_is_there(s, module))
		ami_reply_error(s, "Module not found.");
	else
		ami_reply_error(s, "%s", refusal);
}

enum ami_action_result ami_do_module_load(struct ami_session *s, const struct ami_msg *m)
{
	struct slice type = ami_msg_get(m, "LoadType"), module = ami_msg_get(m, "Module");

	if (slice_ieq(type, SLICE_LIT("reload")))
		module_load_reload(s, module);
	else if (slice_ieq(type, SLICE_LIT("load")))
		module_load_other(s, module, "Could not load module.", true);
	else if (slice_ieq(type, SLICE_LIT("unload")))
		module_load_other(s, module, "Could not unload module.", false);
	else if (slice_ieq(type, SLICE_LIT("refresh")))
		module_load_other(s, module, "Could not refresh module.", false);
	else
		ami_reply_error(s, "Incomplete ModuleLoad action.");
	return AMI_ACTION_DONE;
}

/* ---- LoggerRotate ---- */

static void logger_said(void *arg, struct slice text)
{
	(void)arg;
	(void)text;
}

static void logger_answer(struct ami_session *s, enum cli_result result)
{
	if (result == CLI_OK)
		ami_reply_ack(s, "Reloaded the logger and rotated log files");
	else
		ami_reply_error(s, "Failed to reload the logger and rotate log files");
}

static void logger_done(void *arg, enum cli_result result)
{
	struct ami_session *s = arg;

	s->command = NULL;
	logger_answer(s, result);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

/* The log belongs to the engine; its console command is the door, and waits for the disk. */
enum ami_action_result ami_do_logger_rotate(struct ami_session *s, const struct ami_msg *m)
{
	const struct cli_out out = {.print = logger_said, .done = logger_done, .arg = s};
	enum cli_result result;

	(void)m;
	result = cli_start(control_cli(s->ami->control), SLICE_LIT("logger rotate"), &out,
			   &s->command);
	if (result == CLI_OPEN)
		return AMI_ACTION_OPEN;
	logger_answer(s, result);
	return AMI_ACTION_DONE;
}
