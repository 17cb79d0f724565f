/* ami/http_page.h - every page with which the web server refuses something (ami-http.md 7).
 *
 * Pure. One table: code and title for the status line, the text in the body, and whether the
 * connection ends with it. */
#ifndef RINGER_AMI_HTTP_PAGE_H
#define RINGER_AMI_HTTP_PAGE_H

#include "engine/base/sink.h"

enum http_page {
	HTTP_PAGE_NONE,
	HTTP_PAGE_LINE_TOO_LONG,
	HTTP_PAGE_HEADER_TOO_LONG,
	HTTP_PAGE_TIMEOUT,
	HTTP_PAGE_INVALID,
	HTTP_PAGE_BAD_LENGTH,
	HTTP_PAGE_BAD_BODY,
	HTTP_PAGE_BAD_PARAMETER,
	HTTP_PAGE_UNAUTHORIZED,
	HTTP_PAGE_ACCESS_DENIED, /* static files */
	HTTP_PAGE_ACL,		 /* of a user, digest */
	HTTP_PAGE_RESTRICTED,	 /* of a path */
	HTTP_PAGE_NOT_FOUND,
	HTTP_PAGE_BODY_TOO_LARGE,
	HTTP_PAGE_TOO_MANY_HEADERS,
	HTTP_PAGE_TOO_MANY_PARAMETERS,
	HTTP_PAGE_NO_MEMORY,
	HTTP_PAGE_ANSWER_TOO_LARGE,
	HTTP_PAGE_METHOD,
	HTTP_PAGE_TRANSFER_ENCODING,
	HTTP_PAGE_STOPPING,
	HTTP_PAGE_BUSY,
	HTTP_PAGE_COUNT,
};

struct http_page_text {
	unsigned code;
	const char *title; /* "Not Found" */
	const char *text;
	bool closes;
};

/* Not of HTTP_PAGE_NONE. */
const struct http_page_text *http_page_text(enum http_page page);
/* The body, CRLF lines. server empty: without its address line. */
void http_page_write(struct sink *out, enum http_page page, struct slice server);
/* Text with < > & " ' as entities: for XML and HTML, also inside quotes. */
void http_escape(struct sink *out, struct slice text);

#endif
