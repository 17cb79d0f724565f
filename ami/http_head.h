/* ami/http_head.h - the status line and headers of an answer, in the exact order of ami-http.md 2.
 *
 * Pure. Names keep the capitals that clients of Asterisk have seen for years ("Content-type",
 * "WWW-authenticate"). */
#ifndef RINGER_AMI_HTTP_HEAD_H
#define RINGER_AMI_HTTP_HEAD_H

#include "engine/base/sink.h"

#define HTTP_DATE_TEXT 32 /* "Mon, 23 Nov 2026 15:17:04 GMT" */

struct http_head {
	unsigned code;
	const char *title;
	struct slice server; /* empty: no such header */
	struct slice date;
	bool closes;
	bool stored;	    /* a cache may keep it: static files */
	struct slice lines; /* further headers, each with its CRLF */
	size_t body_bytes;
};

void http_head_write(struct sink *out, const struct http_head *h);
/* A wall instant in seconds since 1970 as HTTP has it. */
void http_date_write(struct sink *out, int64_t wall_s);

#endif
