/* ami/http_form.h - parameters of a query or a body, decoded into an AMI message.
 *
 * Pure. Each "name=value" becomes the header "name: value", in order; `+` is a blank, %xx an octet.
 * A `%` without two hex digits stands for itself, as in Asterisk. Parts without a name are left
 * out. */
#ifndef RINGER_AMI_HTTP_FORM_H
#define RINGER_AMI_HTTP_FORM_H

#include "ami/frame.h"

struct http_form {
	struct ami_msg msg; /* its lines stand in text */
	size_t text_len;
	char text[LIMIT_HTTP_BODY + 2 * LIMIT_AMI_HEADERS];
};

/* `encoded` may hold LIMIT_HTTP_BODY octets. Above LIMIT_AMI_HEADERS parameters the message has the
 * status AMI_FRAME_TOO_MANY_LINES, as over TCP. False: an octet below 0x20 in a name or value,
 * which would let a parameter forge lines; the message is empty then. */
bool http_form_read(struct http_form *f, struct slice encoded);
/* %xx of a path, into `to`, which has room for it. False: an octet below 0x20. */
bool http_path_decode(char *to, struct slice path, struct slice *decoded);
/* Only the application/x-www-form-urlencoded bodies are forms; parameters of the type are fine. */
bool http_form_is_type(struct slice content_type);

#endif
