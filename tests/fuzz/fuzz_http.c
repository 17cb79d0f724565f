/* What a web client sends: requests, parameters, cookies, digest headers. Whatever the octets, and
 * however they are cut, the same requests come out, each within its bounds, and no parameter holds
 * anything that could end a line. */
#include "ami/http_auth.h"
#include "ami/http_cookie.h"
#include "ami/http_form.h"
#include "ami/http_format.h"
#include "ami/http_request.h"
#include "engine/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_form(struct slice encoded)
{
	static struct http_form form;

	if (encoded.len > LIMIT_HTTP_BODY || !http_form_read(&form, encoded))
		return;
	check(form.msg.line_count <= LIMIT_AMI_HEADERS);
	check(form.text_len <= sizeof(form.text));
	for (uint32_t i = 0; i < form.msg.line_count; i++)
		for (size_t n = 0; n < form.msg.lines[i].len; n++)
			check((unsigned char)form.msg.lines[i].ptr[n] >= 0x20);
	(void)ami_msg_action(&form.msg);
}

static void read_cookies(struct slice cookies)
{
	struct slice rest = cookies, name, value;
	struct http_id id;

	while (http_cookie_each(&rest, &name, &value))
		check(name.len + value.len < cookies.len);
	(void)http_cookie_id(cookies, &id);
}

static void read_auth(struct slice header)
{
	static struct http_auth auth;

	if (!http_auth_read(&auth, header))
		return;
	check(auth.username.len > 0);
	check(auth.nonce.len + auth.uri.len + auth.response.len <= header.len);
	(void)http_auth_covers(&auth, auth.uri);
}

static uint64_t read_request(const struct http_request *r)
{
	static char path[LIMIT_HTTP_LINE + 1];
	struct slice decoded;
	uint64_t hash = r->verb;

	check(r->target.len <= LIMIT_HTTP_LINE);
	check(r->path.len + r->query.len <= r->target.len);
	check(r->body.len <= LIMIT_HTTP_BODY);
	for (int i = 0; i < HTTP_KEPT_COUNT; i++) {
		check(r->kept[i].len <= LIMIT_HTTP_LINE);
		hash = slice_hash(r->kept[i], hash);
	}
	(void)http_path_decode(path, r->path, &decoded);
	read_form(r->query);
	read_form(r->body);
	read_cookies(r->kept[HTTP_KEPT_COOKIE]);
	read_auth(r->kept[HTTP_KEPT_AUTHORIZATION]);
	return slice_hash(r->target, slice_hash(r->body, hash)) + r->keeps_alive;
}

/* Hash over all requests of the input, read in pieces of `step`. */
static uint64_t read_all(struct http_request *r, const char *data, size_t size, size_t step)
{
	uint64_t hash = 0;

	http_request_next(r);
	for (size_t used = 0; used < size;) {
		size_t piece = size - used < step ? size - used : step;

		used += http_request_feed(r, data + used, piece);
		/* Which fault is seen first, a bad octet in the name of the 101st header or that it is
		 * one too many, depends on the pieces. */
		if (r->fault)
			return hash * 31 + 1;
		if (!r->complete)
			continue;
		hash = hash * 31 + read_request(r);
		http_request_next(r);
	}
	return hash;
}

/* The same octets as AMI text on their way out. */
static void write_page(struct slice text, enum http_format format)
{
	static struct slab *chunks;
	static struct http_formatter *formatter;
	const struct http_style style = {
		.format = format, .dest = slice_head(text, 20), .objtype = slice_head(text, 10)};
	struct ami_byteq in, out;

	if (!chunks)
		check(ami_byteq_pool_create(&chunks, 4096) == 0);
	if (!formatter)
		formatter = http_formatter_create();
	ami_byteq_init(&in, chunks, 1 << 20);
	ami_byteq_init(&out, chunks, 1 << 24);
	if (ami_byteq_add(&in, text))
		check(http_format_page(formatter, &style, &in, &out));
	ami_byteq_clear(&out);
	check(slab_used(chunks) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_request request;
	const char *text = (const char *)data;
	uint64_t whole;

	http_request_setup();
	whole = read_all(&request, text, size, SIZE_MAX);
	check(read_all(&request, text, size, 1) == whole);
	check(read_all(&request, text, size, 7) == whole);
	read_form(slice_make(text, size));
	write_page(slice_make(text, size), HTTP_FORMAT_XML);
	write_page(slice_make(text, size), HTTP_FORMAT_HTML);
	return 0;
}
