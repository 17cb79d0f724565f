/* ami/question.c - see question.h. */
#include "ami/question.h"

#include "ami/ami_internal.h"
#include "engine/base/check.h"

static void question_answered(void *arg, bool ok, struct slice value)
{
	struct ami_session *s = arg;
	ami_answer_fn fn = s->answer;

	check(s->questions == 1);
	s->questions = 0;
	s->answer = NULL;
	if (ami_session_is_alive(s))
		fn(s, ok, value);
	else
		tmr_start(&s->ami->reap, io_now_ns(s->ami->io));
}

static void question_begin(struct ami_session *s, ami_answer_fn fn)
{
	check(s->questions == 0);
	s->questions = 1;
	s->answer = fn;
}

void ami_ask_var(struct ami_session *s, const struct roster_chan *chan, struct slice name,
		 ami_answer_fn fn)
{
	question_begin(s, fn);
	control_getvar(s->ami->control, chan, name, ami_is_guarded(s), question_answered, s);
}

void ami_ask_set(struct ami_session *s, const struct roster_chan *chan, struct slice name,
		 struct slice value, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_setvar(s->ami->control, chan, name, value, ami_is_guarded(s), question_answered, s);
}

void ami_ask_description(struct ami_session *s, const struct roster_chan *chan, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_describe(s->ami->control, chan, question_answered, s);
}

void ami_ask_all(struct ami_session *s, const struct roster_chan *chan, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_list_vars(s->ami->control, chan, question_answered, s);
}

void ami_ask_digit(struct ami_session *s, const struct roster_chan *chan, char digit,
		   uint32_t duration_ms, bool received, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_digit(s->ami->control, chan, digit, duration_ms, received, question_answered, s);
}

void ami_ask_text(struct ami_session *s, const struct roster_chan *chan, struct slice content_type,
		  struct slice text, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_send_text(s->ami->control, chan, content_type, text, question_answered, s);
}

void ami_ask_notify(struct ami_session *s, const struct roster_chan *chan,
		    const struct notify_text *text, ami_answer_fn fn)
{
	question_begin(s, fn);
	control_notify(s->ami->control, chan, text, question_answered, s);
}
