/* ami/reply.c - see reply.h. */
#include "ami/reply.h"

#include "ami/ami_internal.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/base/fault.h"

#include <stdarg.h>
#include <stdio.h>

#define REPLY_TAIL 2 /* room kept for the empty line */

static struct sink reply_sink(struct ami_session *s)
{
	return sink_make(s->ami->reply_text, LIMIT_AMI_MESSAGE - REPLY_TAIL);
}

void ami_reply_action_id(struct ami_session *s, struct sink *out)
{
	if (s->action_id.len && !FAULT(ami_id_lost))
		ami_text_header(out, "ActionID", s->action_id);
}

struct sink ami_reply_begin(struct ami_session *s, const char *response)
{
	struct sink out = reply_sink(s);

	sink_lit(&out, "Response: ");
	sink_str(&out, response);
	sink_lit(&out, "\r\n");
	ami_reply_action_id(s, &out);
	return out;
}

void ami_reply_part(struct ami_session *s, struct sink *out)
{
	(void)NEVER(out->over);
	ami_session_write(s, sink_slice(out));
	*out = reply_sink(s);
}

void ami_reply_end(struct ami_session *s, struct sink *out)
{
	(void)NEVER(out->over);
	out->room += REPLY_TAIL;
	sink_lit(out, "\r\n");
	ami_session_write(s, sink_slice(out));
}

void ami_reply_ack(struct ami_session *s, const char *message)
{
	struct sink out = ami_reply_begin(s, "Success");

	ami_text_header(&out, "Message", slice_str(message));
	ami_reply_end(s, &out);
}

void ami_reply_error(struct ami_session *s, const char *fmt, ...)
{
	struct sink out = ami_reply_begin(s, "Error");
	char text[LIMIT_AMI_LINE + 256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ami_text_header(&out, "Message", slice_str(text));
	ami_reply_end(s, &out);
}

void ami_reply_list(struct ami_session *s, const char *message)
{
	struct sink out = ami_reply_begin(s, "Success");

	sink_lit(&out, "EventList: start\r\n");
	ami_text_header(&out, "Message", slice_str(message));
	ami_reply_end(s, &out);
}

struct sink ami_reply_item(struct ami_session *s, const char *name)
{
	struct sink out = reply_sink(s);

	sink_lit(&out, "Event: ");
	sink_str(&out, name);
	sink_lit(&out, "\r\n");
	return out;
}

struct sink ami_reply_list_end(struct ami_session *s, const char *name, uint32_t item_count)
{
	struct sink out = ami_reply_item(s, name);

	ami_reply_action_id(s, &out);
	sink_lit(&out, "EventList: Complete\r\n");
	ami_text_number(&out, "ListItems", item_count);
	return out;
}
