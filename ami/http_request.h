/* ami/http_request.h - octets of a web client into requests.
 *
 * Pure: no clock, no I/O, no allocation. The grammar is that of the library http-parser; kept here
 * is what the server looks at: target, five headers, and a body of at most LIMIT_HTTP_BODY octets.
 * Limits are those of Asterisk (ami-http.md 8): 4095 octets for the request line and for each
 * header line, 100 headers. HTTP/1.0 and 1.1 are treated alike; lines may end with LF alone. */
#ifndef RINGER_AMI_HTTP_REQUEST_H
#define RINGER_AMI_HTTP_REQUEST_H

#include "ami/http_page.h"
#include "engine/base/limits.h"
#include "engine/base/slice.h"

#include <http_parser.h>

enum http_verb { HTTP_VERB_GET, HTTP_VERB_HEAD, HTTP_VERB_POST, HTTP_VERB_OTHER };

/* Headers that are kept; of several with one name the last. */
enum http_kept {
	HTTP_KEPT_COOKIE,
	HTTP_KEPT_AUTHORIZATION,
	HTTP_KEPT_CONTENT_TYPE,
	HTTP_KEPT_IF_NONE_MATCH,
	HTTP_KEPT_TRANSFER_ENCODING,
	HTTP_KEPT_COUNT,
	HTTP_KEPT_NONE = HTTP_KEPT_COUNT,
};

struct http_request {
	/* Of a complete request, valid until http_request_next. */
	enum http_verb verb;
	const char *method;  /* "GET" */
	struct slice target; /* as sent: path and query */
	struct slice path, query;
	struct slice kept[HTTP_KEPT_COUNT];
	struct slice body;
	bool keeps_alive; /* the client did not ask to close */
	bool complete;
	bool started;	      /* an octet of it has come */
	enum http_page fault; /* not NONE: refused; nothing more can be read */

	/* while it is read */
	http_parser parser;
	bool headers_done;
	unsigned header_count;
	size_t line_len; /* of the header that is being read */
	enum http_kept current;
	bool in_value;
	size_t name_len, target_len, value_len, body_len;
	char name[32];
	char target_text[LIMIT_HTTP_LINE + 1];
	char kept_text[HTTP_KEPT_COUNT][LIMIT_HTTP_LINE + 1];
	char body_text[LIMIT_HTTP_BODY];
};

/* Once a process: the library's bound on headers as a whole, which must not come before ours. */
void http_request_setup(void);
/* Forgets the last request; the next one may come. */
void http_request_next(struct http_request *r);
/* Takes octets until a request is complete or refused (r->complete, r->fault); none after that.
 * Returns how many were taken. */
size_t http_request_feed(struct http_request *r, const char *data, size_t len);

#endif
