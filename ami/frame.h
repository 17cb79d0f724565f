/* ami/frame.h - cuts a client's octets into AMI messages and finds headers in them.
 *
 * Pure: no clock, no I/O, no allocation. A message is a run of lines up to an empty one. Lines end
 * with CRLF or a bare LF; a lone CR is data; a NUL ends the text of its line. The text lives in the
 * frame and stays valid until ami_frame_next.
 *
 * What is refused is still read to its empty line, so that the connection stays in step: a line
 * that does not fit into LIMIT_AMI_LINE octets with its end, more than LIMIT_AMI_HEADERS lines. */
#ifndef RINGER_AMI_FRAME_H
#define RINGER_AMI_FRAME_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"

enum ami_frame_status {
	AMI_FRAME_OK,
	AMI_FRAME_LINE_TOO_LONG,
	AMI_FRAME_TOO_MANY_LINES,
};

/* One message: its lines without their ends. No lines: a stray empty line. */
struct ami_msg {
	enum ami_frame_status status;
	uint32_t line_count;
	struct slice lines[LIMIT_AMI_HEADERS];
};

struct ami_frame {
	struct ami_msg msg;
	bool complete;
	bool line_spilt; /* this line lost its beginning */
	size_t line_len; /* octets of the line being read, at text + text_len */
	size_t text_len; /* octets of finished lines */
	char text[LIMIT_AMI_HEADERS * LIMIT_AMI_LINE + LIMIT_AMI_LINE];
};

void ami_frame_init(struct ami_frame *f);
/* Takes octets until a message is complete. Returns how many were taken; *complete tells whether
 * f->msg may be read. When it is, takes nothing until ami_frame_next. */
size_t ami_frame_feed(struct ami_frame *f, const char *data, size_t len, bool *complete);
/* Nothing of a message has come yet. */
bool ami_frame_is_empty(const struct ami_frame *f);
/* Forgets the message; the next one may come. */
void ami_frame_next(struct ami_frame *f);

/* Value of the first header of that name (any case), without the blanks behind the colon; blanks at
 * the end are kept. False: there is none. */
bool ami_msg_find(const struct ami_msg *m, const char *name, struct slice *value);
/* The same, empty if there is none. */
struct slice ami_msg_get(const struct ami_msg *m, const char *name);
/* The first one that is not empty: for Action alone. */
struct slice ami_msg_action(const struct ami_msg *m);
/* Walks a repeated header: *at starts at 0. False: no more. */
bool ami_msg_each(const struct ami_msg *m, const char *name, uint32_t *at, struct slice *value);
/* Name and value of any line; false if it has no colon or a blank before its name. */
bool ami_msg_split(struct slice line, struct slice *name, struct slice *value);

#endif
