/* ami/http_request.c - see http_request.h. */
#include "ami/http_request.h"

#include "engine/base/check.h"

static const struct slice kept_names[HTTP_KEPT_COUNT] = {
	[HTTP_KEPT_COOKIE] = SLICE_LIT("Cookie"),
	[HTTP_KEPT_AUTHORIZATION] = SLICE_LIT("Authorization"),
	[HTTP_KEPT_CONTENT_TYPE] = SLICE_LIT("Content-Type"),
	[HTTP_KEPT_IF_NONE_MATCH] = SLICE_LIT("If-None-Match"),
	[HTTP_KEPT_TRANSFER_ENCODING] = SLICE_LIT("Transfer-Encoding"),
};

static int request_refuse(struct http_request *r, enum http_page page)
{
	if (r->fault == HTTP_PAGE_NONE)
		r->fault = page;
	return 1;
}

/* ---- callbacks of the library: not 0 ends the reading ---- */

static int request_on_url(http_parser *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	if (len > LIMIT_HTTP_LINE - r->target_len)
		return request_refuse(r, HTTP_PAGE_LINE_TOO_LONG);
	memcpy(r->target_text + r->target_len, at, len);
	r->target_len += len;
	return 0;
}

/* The whole line counts: "GET /target HTTP/1.1". */
static bool request_line_fits(const struct http_request *r)
{
	size_t method = strlen(http_method_str((enum http_method)r->parser.method));

	return method + 1 + r->target_len + strlen(" HTTP/1.1") <= LIMIT_HTTP_LINE;
}

static enum http_kept request_kept(struct slice name)
{
	for (int i = 0; i < HTTP_KEPT_COUNT; i++)
		if (slice_ieq(name, kept_names[i]))
			return (enum http_kept)i;
	return HTTP_KEPT_NONE;
}

/* The header that was read is over. Those behind a body in chunks do not count. */
static void request_end_header(struct http_request *r)
{
	if (r->in_value && r->current != HTTP_KEPT_NONE)
		r->kept[r->current] =
			slice_rtrim(slice_make(r->kept_text[r->current], r->value_len));
	r->in_value = false;
	r->name_len = r->value_len = r->line_len = 0;
}

static int request_count_line(struct http_request *r, size_t len)
{
	r->line_len += len;
	return r->line_len > LIMIT_HTTP_LINE ? request_refuse(r, HTTP_PAGE_HEADER_TOO_LONG) : 0;
}

static int request_on_field(http_parser *p, const char *at, size_t len)
{
	struct http_request *r = p->data;
	size_t room;

	if (r->in_value || r->line_len == 0) {
		request_end_header(r);
		if (++r->header_count > LIMIT_HTTP_HEADERS)
			return request_refuse(r, HTTP_PAGE_TOO_MANY_HEADERS);
	}
	room = sizeof(r->name) - r->name_len;
	memcpy(r->name + r->name_len, at, len < room ? len : room);
	r->name_len += len < room ? len : room;
	return request_count_line(r, len);
}

static int request_on_value(http_parser *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	if (!r->in_value) {
		r->in_value = true;
		r->current = r->headers_done ? HTTP_KEPT_NONE
					     : request_kept(slice_make(r->name, r->name_len));
		r->line_len += strlen(": ");
	}
	if (request_count_line(r, len))
		return 1;
	if (r->current != HTTP_KEPT_NONE) {
		memcpy(r->kept_text[r->current] + r->value_len, at, len);
		r->value_len += len;
	}
	return 0;
}

static int request_on_headers(http_parser *p)
{
	struct http_request *r = p->data;
	struct slice coding;

	request_end_header(r);
	r->headers_done = true;
	coding = r->kept[HTTP_KEPT_TRANSFER_ENCODING];
	if (p->http_major != 1)
		return request_refuse(r, HTTP_PAGE_INVALID);
	if (!request_line_fits(r))
		return request_refuse(r, HTTP_PAGE_LINE_TOO_LONG);
	if (coding.len && !slice_ieq(coding, SLICE_LIT("chunked")))
		return request_refuse(r, HTTP_PAGE_TRANSFER_ENCODING);
	if ((p->flags & F_CONTENTLENGTH) && p->content_length > LIMIT_HTTP_BODY)
		return request_refuse(r, HTTP_PAGE_BODY_TOO_LARGE);
	return 0;
}

static int request_on_body(http_parser *p, const char *at, size_t len)
{
	struct http_request *r = p->data;

	if (len > LIMIT_HTTP_BODY - r->body_len)
		return request_refuse(r, HTTP_PAGE_BODY_TOO_LARGE);
	memcpy(r->body_text + r->body_len, at, len);
	r->body_len += len;
	return 0;
}

/* Proxies are sent "http://host/path": what counts is the path. */
static struct slice request_origin_form(struct slice target)
{
	size_t host = slice_find_text(target, SLICE_LIT("://"));

	if (host == SIZE_MAX || target.ptr[0] == '/')
		return target;
	target = slice_from(target, host + 3);
	return slice_from(target, slice_find(target, '/'));
}

static void request_split_target(struct http_request *r)
{
	size_t mark;

	r->target = request_origin_form(slice_make(r->target_text, r->target_len));
	r->path = slice_head(r->target, slice_find(r->target, '#'));
	mark = slice_find(r->path, '?');
	r->query = mark == SIZE_MAX ? SLICE_EMPTY : slice_from(r->path, mark + 1);
	r->path = slice_head(r->path, mark);
}

static enum http_verb request_verb(const http_parser *p)
{
	switch (p->method) {
	case HTTP_GET:
		return HTTP_VERB_GET;
	case HTTP_HEAD:
		return HTTP_VERB_HEAD;
	case HTTP_POST:
		return HTTP_VERB_POST;
	default:
		return HTTP_VERB_OTHER;
	}
}

static int request_on_complete(http_parser *p)
{
	struct http_request *r = p->data;

	request_split_target(r);
	r->verb = request_verb(p);
	r->method = http_method_str((enum http_method)p->method);
	r->body = slice_make(r->body_text, r->body_len);
	r->keeps_alive = !(p->flags & F_CONNECTION_CLOSE);
	r->complete = true;
	http_parser_pause(p, 1); /* what follows is another request */
	return 0;
}

static const http_parser_settings request_settings = {
	.on_url = request_on_url,
	.on_header_field = request_on_field,
	.on_header_value = request_on_value,
	.on_headers_complete = request_on_headers,
	.on_body = request_on_body,
	.on_message_complete = request_on_complete,
};

void http_request_setup(void)
{
	http_parser_set_max_header_size((LIMIT_HTTP_HEADERS + 2) * (LIMIT_HTTP_LINE + 3));
}

void http_request_next(struct http_request *r)
{
	http_parser_init(&r->parser, HTTP_REQUEST);
	r->parser.data = r;
	memset(r->kept, 0, sizeof(r->kept));
	r->target = r->path = r->query = r->body = SLICE_EMPTY;
	r->complete = r->started = r->headers_done = r->in_value = false;
	r->keeps_alive = false;
	r->fault = HTTP_PAGE_NONE;
	r->header_count = 0;
	r->line_len = r->name_len = r->target_len = r->value_len = r->body_len = 0;
	r->current = HTTP_KEPT_NONE;
}

static enum http_page request_fault(const struct http_request *r)
{
	switch (HTTP_PARSER_ERRNO(&r->parser)) {
	case HPE_INVALID_METHOD:
		return HTTP_PAGE_METHOD;
	case HPE_INVALID_CONTENT_LENGTH:
	case HPE_UNEXPECTED_CONTENT_LENGTH:
		return HTTP_PAGE_BAD_LENGTH;
	case HPE_INVALID_TRANSFER_ENCODING:
		return HTTP_PAGE_TRANSFER_ENCODING;
	case HPE_INVALID_CHUNK_SIZE:
		return HTTP_PAGE_BAD_BODY;
	case HPE_HEADER_OVERFLOW:
		return HTTP_PAGE_TOO_MANY_HEADERS;
	default:
		return HTTP_PAGE_INVALID;
	}
}

size_t http_request_feed(struct http_request *r, const char *data, size_t len)
{
	size_t used;

	if (r->complete || r->fault || len == 0)
		return 0;
	used = http_parser_execute(&r->parser, &request_settings, data, len);
	r->started = true;
	if (r->complete || r->fault)
		return used;
	if (HTTP_PARSER_ERRNO(&r->parser) != HPE_OK)
		r->fault = request_fault(r);
	return used;
}
