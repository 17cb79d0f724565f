/* ami/http_page.c - see http_page.h. */
#include "ami/http_page.h"

#include "engine/base/check.h"

static const struct http_page_text pages[HTTP_PAGE_COUNT] = {
	[HTTP_PAGE_LINE_TOO_LONG] = {400, "Bad Request", "Request line too long", true},
	[HTTP_PAGE_HEADER_TOO_LONG] = {400, "Bad Request", "Header line too long", true},
	[HTTP_PAGE_TIMEOUT] = {400, "Bad Request", "Timeout", true},
	[HTTP_PAGE_INVALID] = {400, "Bad Request", "Invalid Request", true},
	[HTTP_PAGE_BAD_LENGTH] = {400, "Bad Request", "Invalid Content-Length in request!", true},
	[HTTP_PAGE_BAD_BODY] = {400, "Bad Request", "Error parsing request body", false},
	[HTTP_PAGE_BAD_PARAMETER] = {400, "Bad Request",
				     "Control character in a parameter; remove it", false},
	[HTTP_PAGE_UNAUTHORIZED] = {401, "Unauthorized", "", false},
	[HTTP_PAGE_ACCESS_DENIED] = {403, "Access Denied",
				     "You do not have permission to access the requested URL.",
				     true},
	[HTTP_PAGE_ACL] = {403, "Permission denied", "Permission denied", true},
	[HTTP_PAGE_RESTRICTED] = {403, "Forbidden", "Access denied by ACL", true},
	[HTTP_PAGE_NOT_FOUND] = {404, "Not Found",
				 "The requested URL was not found on this server.", false},
	[HTTP_PAGE_BODY_TOO_LARGE] = {413, "Request Entity Too Large", "Body too large", true},
	[HTTP_PAGE_TOO_MANY_HEADERS] = {413, "Request Entity Too Large", "Too many headers", true},
	[HTTP_PAGE_TOO_MANY_PARAMETERS] = {413, "Request Entity Too Large", "Too many parameters",
					   false},
	[HTTP_PAGE_NO_MEMORY] = {500, "Server Error", "Out of memory", true},
	[HTTP_PAGE_ANSWER_TOO_LARGE] = {500, "Server Error",
					"Internal Server Error (the answer is too large)", true},
	[HTTP_PAGE_METHOD] = {501, "Not Implemented",
			      "Attempt to use unimplemented / unsupported method", false},
	[HTTP_PAGE_TRANSFER_ENCODING] = {501, "Unimplemented", "Unsupported Transfer-Encoding.",
					 true},
	[HTTP_PAGE_BUSY] = {503, "Service Unavailable",
			    "Too many files are asked for at once; try again", false},
	[HTTP_PAGE_STOPPING] = {503, "Service Unavailable", "Shutdown in progress", true},
};

const struct http_page_text *http_page_text(enum http_page page)
{
	check(page > HTTP_PAGE_NONE);
	check(page < HTTP_PAGE_COUNT);
	return &pages[page];
}

static struct slice escape_of(char c)
{
	switch (c) {
	case '<':
		return SLICE_LIT("&lt;");
	case '>':
		return SLICE_LIT("&gt;");
	case '&':
		return SLICE_LIT("&amp;");
	case '"':
		return SLICE_LIT("&quot;");
	case '\'':
		return SLICE_LIT("&apos;");
	default:
		return SLICE_EMPTY;
	}
}

void http_escape(struct sink *out, struct slice text)
{
	size_t from = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct slice entity = escape_of(text.ptr[i]);

		if (entity.len == 0)
			continue;
		sink_add(out, slice_make(text.ptr + from, i - from));
		sink_add(out, entity);
		from = i + 1;
	}
	if (from < text.len)
		sink_add(out, slice_from(text, from));
}

void http_page_write(struct sink *out, enum http_page page, struct slice server)
{
	const struct http_page_text *p = http_page_text(page);

	sink_fmt(out,
		 "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\r\n"
		 "<html><head>\r\n"
		 "<title>%u %s</title>\r\n"
		 "</head><body>\r\n"
		 "<h1>%s</h1>\r\n"
		 "<p>%s</p>\r\n"
		 "<hr />\r\n",
		 p->code, p->title, p->title, p->text);
	if (server.len) {
		sink_lit(out, "<address>");
		http_escape(out, server);
		sink_lit(out, "</address>\r\n");
	}
	sink_lit(out, "</body></html>\r\n");
}
