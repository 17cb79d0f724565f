/* ami/http_format.h - AMI text as plain text, HTML or XML (ami-http.md 5).
 *
 * Pure but for the chunks of its queues. Reads messages out of one queue in one pass and writes the
 * page into another. Byte-compatible with Asterisk, except that what the client names for element
 * and id (ajaxobjtype, ajaxdest) cannot break out of its place, and that two headers that XML would
 * give one attribute name are told apart by number. */
#ifndef RINGER_AMI_HTTP_FORMAT_H
#define RINGER_AMI_HTTP_FORMAT_H

#include "ami/byteq.h"

enum http_format { HTTP_FORMAT_RAW, HTTP_FORMAT_HTML, HTTP_FORMAT_XML };

/* "text/plain" ... */
const char *http_format_type(enum http_format format);

struct http_style {
	enum http_format format;
	bool digest;	      /* HTML: the page of /amanager */
	struct slice dest;    /* XML: id; empty: "unknown" */
	struct slice objtype; /* XML: element; empty: "generic" */
};

struct http_formatter;
/* NULL: no memory. One serves all, one page after the other. */
struct http_formatter *http_formatter_create(void);
void http_formatter_destroy(struct http_formatter *f);

/* `text` is empty afterwards. False: out did not take all of it. A line of more than
 * LIMIT_AMI_MESSAGE octets is cut. */
bool http_format_page(struct http_formatter *f, const struct http_style *style,
		      struct ami_byteq *text, struct ami_byteq *out);

#endif
