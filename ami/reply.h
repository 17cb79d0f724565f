/* ami/reply.h - responses and list items of the open action, in the exact order of ami.md 1.3.
 *
 * A text is built in the AMI's reply scratch and sent by ami_reply_end: one at a time, and nothing
 * that may answer another action in between. */
#ifndef RINGER_AMI_REPLY_H
#define RINGER_AMI_REPLY_H

#include "ami/session.h"

/* "Response: <response>" and the ActionID. */
struct sink ami_reply_begin(struct ami_session *s, const char *response);
/* The empty line; out it goes. */
void ami_reply_end(struct ami_session *s, struct sink *out);
/* What there is of it goes out now: for messages of any length. */
void ami_reply_part(struct ami_session *s, struct sink *out);

void ami_reply_ack(struct ami_session *s, const char *message);
void ami_reply_error(struct ami_session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "Response: Success", EventList: start. */
void ami_reply_list(struct ami_session *s, const char *message);
/* "Event: <name>"; the caller adds the ActionID where it belongs. */
struct sink ami_reply_item(struct ami_session *s, const char *name);
void ami_reply_action_id(struct ami_session *s, struct sink *out);
/* "Event: <name>" ... ListItems; the caller adds its trailer and ends it. */
struct sink ami_reply_list_end(struct ami_session *s, const char *name, uint32_t item_count);

#endif
