/* ami/action_config.c - actions about configuration files: GetConfig, GetConfigJSON,
 * ListCategories, CreateConfig, UpdateConfig. The files are worked on by the chores worker
 * (config_job.h); the action stays open meanwhile. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/config_job.h"
#include "ami/reply.h"
#include "engine/base/check.h"

static void config_answer(struct ami_session *s, struct ami_config_job *j)
{
	struct sink out;

	if (j->error[0]) {
		ami_reply_error(s, "%s", j->error);
	} else if (j->no_memory) {
		ami_reply_error(s, "The answer is too large");
	} else if (j->message) {
		ami_reply_ack(s, j->message);
	} else {
		out = ami_reply_begin(s, "Success");
		ami_reply_part(s, &out);
		if (j->len > 0 && ami_session_is_alive(s))
			ami_session_write(s, slice_make(j->text, j->len));
		if (ami_session_is_alive(s))
			ami_reply_end(s, &out);
	}
}

/* After the acknowledgement, as in Asterisk; what comes of it is in the log and in the event
 * Reload. */
static void config_reload(struct ami_session *s, const struct ami_config_job *j)
{
	struct slice module = ami_msg_get(&j->msg, "Reload");
	char text[512];
	struct sink said = sink_make(text, sizeof(text));

	if (j->work != ami_config_update || j->error[0] || module.len == 0 ||
	    slice_is_false(module))
		return;
	if (slice_is_true(module))
		module = SLICE_EMPTY;
	(void)control_reload(s->ami->control, module, &said);
}

static void config_run(struct chore *chore, struct io *io)
{
	struct ami_config_job *j = (struct ami_config_job *)(void *)chore;

	j->work(j, io);
}

static void config_done(struct chore *chore)
{
	struct ami_config_job *j = (struct ami_config_job *)(void *)chore;
	struct ami_session *s = j->s;

	check(s->questions == 1);
	s->questions = 0;
	if (ami_session_is_alive(s))
		config_answer(s, j);
	config_reload(s, j); /* the file is changed, whoever is still there */
	if (ami_session_is_alive(s))
		ami_session_done(s);
	else
		tmr_start(&s->ami->reap, io_now_ns(s->ami->io));
	ami_config_job_free(j);
}

static enum ami_action_result config_begin(struct ami_session *s, const struct ami_msg *m,
					   void (*work)(struct ami_config_job *j, struct io *io))
{
	struct ami_config_job *j = ami_config_job_make(m);

	if (!j) {
		ami_reply_error(s, "Memory allocation failure, this should not happen");
		return AMI_ACTION_DONE;
	}
	j->chore = (struct chore){.run = config_run, .done = config_done};
	j->s = s;
	j->work = work;
	j->files = s->ami->files;
	s->questions = 1;
	if (control_post(s->ami->control, &j->chore) == 0)
		return AMI_ACTION_OPEN;
	s->questions = 0;
	ami_config_job_free(j);
	ami_reply_error(s, "Too many actions about files are under way; try again");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_get_config(struct ami_session *s, const struct ami_msg *m)
{
	return config_begin(s, m, ami_config_get);
}

enum ami_action_result ami_do_get_config_json(struct ami_session *s, const struct ami_msg *m)
{
	return config_begin(s, m, ami_config_get_json);
}

enum ami_action_result ami_do_list_categories(struct ami_session *s, const struct ami_msg *m)
{
	return config_begin(s, m, ami_config_list);
}

enum ami_action_result ami_do_create_config(struct ami_session *s, const struct ami_msg *m)
{
	return config_begin(s, m, ami_config_create);
}

enum ami_action_result ami_do_update_config(struct ami_session *s, const struct ami_msg *m)
{
	return config_begin(s, m, ami_config_update);
}
