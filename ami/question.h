/* ami/question.h - a question of the open action to the shard of a channel.
 *
 * The answer comes on the control thread, perhaps before the call returns. While one is owed the
 * session is not freed; if it was closed meanwhile the answer is dropped. */
#ifndef RINGER_AMI_QUESTION_H
#define RINGER_AMI_QUESTION_H

#include "ami/session.h"
#include "engine/core/control.h"

/* One question at a time a session. ok, value: as control_reply_fn. */
typedef void (*ami_answer_fn)(struct ami_session *s, bool ok, struct slice value);

/* chan NULL: global. */
void ami_ask_var(struct ami_session *s, const struct roster_chan *chan, struct slice name,
		 ami_answer_fn fn);
void ami_ask_set(struct ami_session *s, const struct roster_chan *chan, struct slice name,
		 struct slice value, ami_answer_fn fn);
void ami_ask_description(struct ami_session *s, const struct roster_chan *chan, ami_answer_fn fn);
/* As control_digit, control_send_text. */
void ami_ask_digit(struct ami_session *s, const struct roster_chan *chan, char digit,
		   uint32_t duration_ms, bool received, ami_answer_fn fn);
void ami_ask_text(struct ami_session *s, const struct roster_chan *chan, struct slice content_type,
		  struct slice text, ami_answer_fn fn);
/* As control_notify. */
void ami_ask_notify(struct ami_session *s, const struct roster_chan *chan,
		    const struct notify_text *text, ami_answer_fn fn);
void ami_ask_all(struct ami_session *s, const struct roster_chan *chan, ami_answer_fn fn);

#endif
