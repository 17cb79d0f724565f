/* Requests of web clients, row by row: what is taken, what is refused with which page, whole and
 * one octet at a time. */
#include "ami/http_request.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

static struct http_request request;

/* Feeds it in pieces; returns the octets used. */
static size_t feed(const char *text, size_t len, size_t piece)
{
	size_t used = 0;

	http_request_next(&request);
	while (used < len && !request.complete && !request.fault) {
		size_t part = len - used < piece ? len - used : piece;

		used += http_request_feed(&request, text + used, part);
	}
	return used;
}

struct row {
	const char *text;
	enum http_page fault; /* NONE: it is complete, and */
	enum http_verb verb;
	const char *path, *query, *body, *cookie;
	bool closes;
};

static const struct row rows[] = {
	{"GET /rawman?action=ping HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET,
	 "/rawman", "action=ping", "", "", false},
	{"GET / HTTP/1.0\n\n", HTTP_PAGE_NONE, HTTP_VERB_GET, "/", "", "", "", false},
	{"\r\nHEAD /a? HTTP/1.1\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_HEAD, "/a", "", "", "", false},
	{"GET /a?b?c=d#e HTTP/1.1\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET, "/a", "b?c=d", "", "",
	 false},
	{"GET http://pbx:8088/rawman?x=1 HTTP/1.1\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET,
	 "/rawman", "x=1", "", "", false},
	{"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET, "/a", "",
	 "", "", true},
	{"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET, "/a",
	 "", "", "", false},
	{"GET /a HTTP/1.1\r\ncookie: a=1\r\nX: y\r\nCOOKIE:  b=2 \r\n\r\n", HTTP_PAGE_NONE,
	 HTTP_VERB_GET, "/a", "", "", "b=2", false},
	{"GET /a HTTP/1.1\r\nCookie: a=1\r\nCookie:\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_GET, "/a",
	 "", "", "", false},
	{"POST /rawman HTTP/1.1\r\nContent-Length: 11\r\n\r\naction=ping", HTTP_PAGE_NONE,
	 HTTP_VERB_POST, "/rawman", "", "action=ping", "", false},
	{"POST /rawman HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	 "7\r\naction=\r\n4;x=y\r\nping\r\n0\r\nCookie: late=1\r\n\r\n",
	 HTTP_PAGE_NONE, HTTP_VERB_POST, "/rawman", "", "action=ping", "", false},
	{"PUT /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy", HTTP_PAGE_NONE, HTTP_VERB_OTHER, "/a",
	 "", "xy", "", false},
	{"OPTIONS * HTTP/1.1\r\n\r\n", HTTP_PAGE_NONE, HTTP_VERB_OTHER, "*", "", "", "", false},
	{.text = "FLY /a HTTP/1.1\r\n\r\n", .fault = HTTP_PAGE_METHOD},
	{.text = "GET /a\r\n\r\nxx", .fault = HTTP_PAGE_INVALID},
	{.text = "GET /a HTTP/2.0\r\n\r\n", .fault = HTTP_PAGE_INVALID},
	{.text = "GET /a b HTTP/1.1\r\n\r\n", .fault = HTTP_PAGE_INVALID},
	{.text = "GET /a HTTP/1.1\r\nNo colon\r\n\r\n", .fault = HTTP_PAGE_INVALID},
	{.text = "GET /a HTTP/1.1\r\nA: b\0c\r\n\r\n", .fault = HTTP_PAGE_INVALID},
	{.text = "POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n", .fault = HTTP_PAGE_BAD_LENGTH},
	{.text = "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", .fault = HTTP_PAGE_BAD_LENGTH},
	{.text = "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
	 .fault = HTTP_PAGE_BAD_LENGTH},
	{.text = "POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	 .fault = HTTP_PAGE_BAD_LENGTH},
	{.text = "POST /a HTTP/1.1\r\nContent-Length: 40961\r\n\r\n",
	 .fault = HTTP_PAGE_BODY_TOO_LARGE},
	{.text = "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
	 .fault = HTTP_PAGE_TRANSFER_ENCODING},
	{.text = "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	 .fault = HTTP_PAGE_TRANSFER_ENCODING},
	{.text = "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nq\r\n",
	 .fault = HTTP_PAGE_BAD_BODY},
};

static void same(struct slice got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("'%.*s' instead of '%s'", SLICE_ARG(got), want);
}

static size_t row_length(const struct row *row)
{
	size_t len = strlen(row->text);

	return strstr(row->text, "A: b") ? sizeof("GET /a HTTP/1.1\r\nA: b\0c\r\n\r\n") - 1 : len;
}

static void check_row(const struct row *row, size_t piece)
{
	size_t len = row_length(row), used = feed(row->text, len, piece);

	if (request.fault != row->fault)
		fail_msg("page %d instead of %d: %s", request.fault, row->fault, row->text);
	if (row->fault)
		return;
	assert_true(request.complete);
	assert_int_equal(used, len);
	assert_int_equal(request.verb, row->verb);
	assert_int_equal(request.keeps_alive, !row->closes);
	same(request.path, row->path);
	same(request.query, row->query);
	same(request.body, row->body);
	same(request.kept[HTTP_KEPT_COOKIE], row->cookie);
}

static void test_rows(void **state)
{
	static const size_t pieces[] = {SIZE_MAX, 1, 7};

	(void)state;
	for (size_t p = 0; p < 3; p++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			check_row(&rows[i], pieces[p]);
}

/* What is behind a request is left for the next one. */
static void test_pipelined(void **state)
{
	const char *text = "GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n";
	size_t used = feed(text, strlen(text), SIZE_MAX);

	(void)state;
	assert_int_equal(used, strlen(text) / 2);
	same(request.path, "/a");
	http_request_next(&request);
	assert_int_equal(http_request_feed(&request, text + used, strlen(text) - used), used);
	assert_true(request.complete);
	same(request.path, "/b");
}

static char big[1 << 20];

/* "GET /xxx HTTP/1.1" of so many octets. */
static size_t line_of(size_t octets)
{
	size_t fill = octets - strlen("GET / HTTP/1.1");
	int head = snprintf(big, sizeof(big), "GET /");

	memset(big + head, 'x', fill);
	return (size_t)head + fill +
	       (size_t)snprintf(big + (size_t)head + fill, 32, " HTTP/1.1\r\n\r\n");
}

static void test_line_limit(void **state)
{
	(void)state;
	feed(big, line_of(LIMIT_HTTP_LINE), SIZE_MAX);
	assert_true(request.complete);
	feed(big, line_of(LIMIT_HTTP_LINE + 1), SIZE_MAX);
	assert_int_equal(request.fault, HTTP_PAGE_LINE_TOO_LONG);
	feed(big, line_of(100000), SIZE_MAX);
	assert_int_equal(request.fault, HTTP_PAGE_LINE_TOO_LONG);
}

/* "Cookie: yyy" of so many octets. */
static size_t header_of(size_t octets)
{
	size_t at = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\nCookie: ");
	size_t fill = octets - strlen("Cookie: ");

	memset(big + at, 'y', fill);
	return at + fill + (size_t)snprintf(big + at + fill, 8, "\r\n\r\n");
}

static void test_header_limit(void **state)
{
	(void)state;
	feed(big, header_of(LIMIT_HTTP_LINE), 1000);
	assert_true(request.complete);
	assert_int_equal(request.kept[HTTP_KEPT_COOKIE].len, LIMIT_HTTP_LINE - 8);
	feed(big, header_of(LIMIT_HTTP_LINE + 1), 1000);
	assert_int_equal(request.fault, HTTP_PAGE_HEADER_TOO_LONG);
}

static size_t headers_of(unsigned count, size_t each)
{
	size_t len = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\n");

	for (unsigned i = 0; i < count; i++)
		len += (size_t)snprintf(big + len, sizeof(big) - len, "X: %0*d\r\n", (int)each - 3,
					1);
	return len + (size_t)snprintf(big + len, sizeof(big) - len, "\r\n");
}

static void test_header_count(void **state)
{
	(void)state;
	feed(big, headers_of(LIMIT_HTTP_HEADERS, 10), SIZE_MAX);
	assert_true(request.complete);
	feed(big, headers_of(LIMIT_HTTP_HEADERS, LIMIT_HTTP_LINE), SIZE_MAX);
	assert_true(request.complete); /* no bound of the library comes first */
	feed(big, headers_of(LIMIT_HTTP_HEADERS + 1, 10), SIZE_MAX);
	assert_int_equal(request.fault, HTTP_PAGE_TOO_MANY_HEADERS);
}

static size_t chunked_of(size_t octets)
{
	size_t len = (size_t)snprintf(
		big, sizeof(big), "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
		octets);

	memset(big + len, 'z', octets);
	return len + octets + (size_t)snprintf(big + len + octets, 16, "\r\n0\r\n\r\n");
}

static void test_body_limit(void **state)
{
	(void)state;
	feed(big, chunked_of(LIMIT_HTTP_BODY), 4096);
	assert_true(request.complete);
	assert_int_equal(request.body.len, LIMIT_HTTP_BODY);
	feed(big, chunked_of(LIMIT_HTTP_BODY + 1), 4096);
	assert_int_equal(request.fault, HTTP_PAGE_BODY_TOO_LARGE);
}

/* Blanks without end are no header and no way to keep a connection. */
static void test_endless(void **state)
{
	size_t used = (size_t)snprintf(big, sizeof(big), "GET / HTTP/1.1\r\nX:");

	(void)state;
	memset(big + used, ' ', sizeof(big) - used);
	feed(big, sizeof(big), 4096);
	assert_int_equal(request.fault, HTTP_PAGE_TOO_MANY_HEADERS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),	     cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_line_limit),   cmocka_unit_test(test_header_limit),
		cmocka_unit_test(test_header_count), cmocka_unit_test(test_body_limit),
		cmocka_unit_test(test_endless),
	};

	http_request_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
