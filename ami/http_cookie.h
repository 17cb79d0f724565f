/* ami/http_cookie.h - cookies of a request, and the one that names a session.
 *
 * Pure. The id is 128 random bits, written as 32 lower-case hex digits; a client may send it back
 * with quotes or without. */
#ifndef RINGER_AMI_HTTP_COOKIE_H
#define RINGER_AMI_HTTP_COOKIE_H

#include "engine/base/sink.h"

#define HTTP_COOKIE_NAME "mansession_id"

struct http_id {
	unsigned char octets[16];
};

/* Walks the value of a Cookie header; quotes around a value are taken off. False: no more. */
bool http_cookie_each(struct slice *rest, struct slice *name, struct slice *value);
/* The last well-formed id in it. False: there is none. */
bool http_cookie_id(struct slice cookies, struct http_id *id);
void http_id_write(struct sink *out, const struct http_id *id);
/* In a time that does not depend on where they differ. */
bool http_id_same(const struct http_id *a, const struct http_id *b);

#endif
