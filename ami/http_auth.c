/* ami/http_auth.c - see http_auth.h. */
#include "ami/http_auth.h"

#include "engine/base/check.h"

struct auth_reader {
	struct slice rest;
	char *to; /* where the next value goes */
};

static void reader_skip(struct auth_reader *r, const char *octets)
{
	while (r->rest.len && strchr(octets, r->rest.ptr[0]) && r->rest.ptr[0])
		r->rest = slice_from(r->rest, 1);
}

static bool reader_name(struct auth_reader *r, struct slice *name)
{
	size_t equals;

	reader_skip(r, " \t,");
	equals = slice_find(r->rest, '=');
	if (equals == SIZE_MAX)
		return false;
	*name = slice_trim(slice_head(r->rest, equals));
	r->rest = slice_from(r->rest, equals + 1);
	reader_skip(r, " \t");
	return true;
}

/* Behind the opening quote. False: no closing one. */
static bool reader_quoted(struct auth_reader *r, struct slice *value)
{
	char *from = r->to;
	size_t i = 0;

	for (; i < r->rest.len && r->rest.ptr[i] != '"'; i++) {
		if (r->rest.ptr[i] == '\\' && i + 1 < r->rest.len)
			i++;
		*r->to++ = r->rest.ptr[i];
	}
	if (i == r->rest.len)
		return false;
	*value = slice_make(from, (size_t)(r->to - from));
	r->rest = slice_from(r->rest, i + 1);
	return true;
}

static bool reader_value(struct auth_reader *r, struct slice *value)
{
	size_t end = 0;

	if (r->rest.len && r->rest.ptr[0] == '"') {
		r->rest = slice_from(r->rest, 1);
		return reader_quoted(r, value);
	}
	while (end < r->rest.len && !strchr(" \t,", r->rest.ptr[end]))
		end++;
	*value = slice_head(r->rest, end);
	r->rest = slice_from(r->rest, end);
	return true;
}

static bool auth_count(struct http_auth *a)
{
	a->count = 0;
	if (a->nc.len == 0 || a->nc.len > 8)
		return false;
	for (size_t i = 0; i < a->nc.len; i++) {
		char c = (char)(a->nc.ptr[i] | 0x20);

		if (a->nc.ptr[i] >= '0' && a->nc.ptr[i] <= '9')
			a->count = a->count << 4 | (uint32_t)(a->nc.ptr[i] - '0');
		else if (c >= 'a' && c <= 'f')
			a->count = a->count << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

static bool auth_is_whole(struct http_auth *a)
{
	if (!a->username.len || !a->nonce.len || !a->uri.len || !a->response.len)
		return false;
	return !a->with_qop || (a->cnonce.len && auth_count(a));
}

static struct slice *auth_field(struct http_auth *a, struct slice name)
{
	const struct {
		struct slice name;
		struct slice *value;
	} fields[] = {
		{SLICE_LIT("username"), &a->username},
		{SLICE_LIT("realm"), &a->realm},
		{SLICE_LIT("nonce"), &a->nonce},
		{SLICE_LIT("uri"), &a->uri},
		{SLICE_LIT("response"), &a->response},
		{SLICE_LIT("cnonce"), &a->cnonce},
		{SLICE_LIT("nc"), &a->nc},
	};

	for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
		if (slice_ieq(name, fields[i].name))
			return fields[i].value;
	return NULL;
}

/* False: what we cannot do. */
static bool auth_take(struct http_auth *a, struct slice name, struct slice value)
{
	struct slice *field = auth_field(a, name);

	if (field) {
		*field = value;
		return true;
	}
	if (slice_ieq(name, SLICE_LIT("algorithm")))
		return slice_ieq(value, SLICE_LIT("MD5"));
	if (slice_ieq(name, SLICE_LIT("qop"))) {
		a->with_qop = true;
		return slice_ieq(value, SLICE_LIT("auth"));
	}
	return true; /* opaque and what others may add */
}

bool http_auth_read(struct http_auth *a, struct slice header)
{
	static const char scheme[] = "Digest ";
	struct auth_reader r = {.rest = slice_trim(header), .to = a->text};
	struct slice name, value;

	check(header.len <= LIMIT_HTTP_LINE);
	a->username = a->realm = a->nonce = a->uri = SLICE_EMPTY;
	a->response = a->cnonce = a->nc = SLICE_EMPTY;
	a->count = 0;
	a->with_qop = false;
	if (!slice_istarts(r.rest, slice_str(scheme)))
		return false;
	r.rest = slice_from(r.rest, strlen(scheme));
	while (reader_name(&r, &name))
		if (!reader_value(&r, &value) || !auth_take(a, name, value))
			return false;
	return auth_is_whole(a);
}

bool http_auth_covers(const struct http_auth *a, struct slice target)
{
	return target.len > 0 && slice_ends(a->uri, target);
}
