#include "sip/uri.h"

#include <errno.h>

#include "engine/base/check.h"

/* scheme = ALPHA *( ALPHA / DIGIT / + - . ); index of its colon, or 0. */
static size_t scheme_end(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_alpha = (unsigned)((unsigned char)c | 0x20) - 'a' < 26;

		if (c == ':')
			return i;
		if (!is_alpha &&
		    (i == 0 || (!sip_text_is(c, SIP_CH_DIGIT) && c != '+' && c != '-' && c != '.')))
			return 0;
	}
	return 0;
}

static enum sip_scheme scheme_lookup(struct slice text)
{
	if (slice_ieq(text, SLICE_LIT("sip")))
		return SIP_SCHEME_SIP;
	if (slice_ieq(text, SLICE_LIT("sips")))
		return SIP_SCHEME_SIPS;
	if (slice_ieq(text, SLICE_LIT("tel")))
		return SIP_SCHEME_TEL;
	return SIP_SCHEME_OTHER;
}

bool sip_host_is_ipv6(struct slice host)
{
	size_t colons = 0;

	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = slice_make(host.ptr + 1, host.len - 2);
	host = slice_head(host, slice_find(host, '%'));
	for (size_t i = 0; i < host.len; i++) {
		colons += host.ptr[i] == ':';
		if (host.ptr[i] != ':' && host.ptr[i] != '.' &&
		    !sip_text_is(host.ptr[i], SIP_CH_HEX))
			return false;
	}
	return colons >= 2;
}

bool sip_host_is_ipv4(struct slice host)
{
	unsigned parts = 0;
	struct slice part;
	uint64_t n;

	while (slice_split(&host, '.', &part)) {
		if (part.len > 3 || !slice_u64(part, 255, &n))
			return false;
		parts++;
	}
	return parts == 4;
}

static bool port_parse(struct slice text, uint16_t *port)
{
	uint64_t n;

	if (!slice_u64(text, 65535, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

/* host [":" port] at the front of s; *used is where it ends. An empty port ("host:") is refused. */
static bool hostport_parse(struct sip_uri *u, struct slice s, size_t *used)
{
	size_t at = 0;

	if (s.len && s.ptr[0] == '[') {
		size_t close = slice_find(s, ']');

		if (close == SIZE_MAX)
			return false;
		u->host = slice_make(s.ptr + 1, close - 1);
		u->is_ipv6 = true;
		if (!sip_host_is_ipv6(u->host))
			return false;
		at = close + 1;
	} else {
		while (at < s.len && sip_text_is(s.ptr[at], SIP_CH_HOST))
			at++;
		u->host = slice_head(s, at);
		if (!at)
			return false;
	}
	if (at < s.len && s.ptr[at] == ':') {
		size_t from = ++at;

		while (at < s.len && sip_text_is(s.ptr[at], SIP_CH_DIGIT))
			at++;
		if (!port_parse(slice_make(s.ptr + from, at - from), &u->port))
			return false;
	}
	*used = at;
	return true;
}

static bool userinfo_parse(struct sip_uri *u, struct slice info)
{
	size_t colon = slice_find(info, ':');

	if (!sip_text_all(info, SIP_CH_USER) || colon == 0)
		return false;
	u->user = slice_head(info, colon);
	if (colon != SIZE_MAX)
		u->password = slice_from(info, colon + 1);
	return true;
}

/* Index of the '@' before the host. The user part may hold nearly everything but '@', so it is the
 * last one; if that makes the user illegal, an '@' stands unescaped in the headers: then the first.
 */
static size_t at_sign(struct slice s)
{
	size_t last = slice_rfind(s, '@');

	if (last == SIZE_MAX || sip_text_all(slice_head(s, last), SIP_CH_USER))
		return last;
	return slice_find(s, '@');
}

static bool sip_parse(struct sip_uri *u, struct slice s)
{
	size_t at = at_sign(s), used;

	if (at != SIZE_MAX) {
		if (!userinfo_parse(u, slice_head(s, at)))
			return false;
		s = slice_from(s, at + 1);
	}
	if (!hostport_parse(u, s, &used))
		return false;
	s = slice_from(s, used);
	if (s.len && s.ptr[0] == ';') {
		u->params = slice_head(s, slice_find(s, '?'));
		s = slice_from(s, u->params.len);
	}
	if (!s.len)
		return true;
	u->headers = slice_from(s, 1);
	return s.ptr[0] == '?' && u->headers.len;
}

static bool tel_parse(struct sip_uri *u, struct slice s)
{
	size_t semi = slice_find(s, ';');

	u->user = slice_head(s, semi);
	if (semi != SIZE_MAX)
		u->params = slice_from(s, semi);
	for (size_t i = 0; i < u->user.len; i++) {
		char c = u->user.ptr[i];

		if (!sip_text_is(c, SIP_CH_HEX) && !strchr("+*#-.()pPwW", c))
			return false;
	}
	return u->user.len != 0;
}

int sip_uri_parse(struct sip_uri *out, struct slice text)
{
	struct sip_uri u = {0};
	size_t colon = scheme_end(text);
	struct slice rest = slice_from(text, colon + 1);
	bool ok;

	if (!colon || !sip_text_all(text, SIP_CH_URI))
		return -EINVAL;
	u.scheme_text = slice_head(text, colon);
	u.scheme = scheme_lookup(u.scheme_text);
	switch (u.scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		ok = sip_parse(&u, rest);
		break;
	case SIP_SCHEME_TEL:
		ok = tel_parse(&u, rest);
		break;
	default:
		u.host = rest;
		ok = rest.len != 0;
	}
	if (!ok)
		return -EINVAL;
	*out = u;
	return 0;
}

struct slice sip_uri_for_request(struct slice text)
{
	struct sip_uri uri;

	if (sip_uri_parse(&uri, text) || !uri.headers.len)
		return text;
	return slice_head(text, (size_t)(uri.headers.ptr - text.ptr) - 1);
}

bool sip_uri_param(const struct sip_uri *uri, struct slice name, struct slice *value)
{
	return sip_text_param(uri->params, name, value);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The octet at s[*at], an escape resolved; *at moves behind it. */
static int octet_next(struct slice s, size_t *at)
{
	size_t i = (*at)++;

	if (s.ptr[i] == '%' && i + 2 < s.len) {
		int high = hex_digit(s.ptr[i + 1]), low = hex_digit(s.ptr[i + 2]);

		if (high >= 0 && low >= 0) {
			*at = i + 3;
			return high * 16 + low;
		}
	}
	return (unsigned char)s.ptr[i];
}

static bool escaped_equal(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	while (i < a.len && k < b.len)
		if (octet_next(a, &i) != octet_next(b, &k))
			return false;
	return i == a.len && k == b.len;
}

static char tel_next(struct slice s, size_t *at)
{
	while (*at < s.len && memchr("-.()", s.ptr[*at], 4))
		(*at)++;
	return *at < s.len ? s.ptr[(*at)++] : '\0';
}

static bool tel_equal(struct slice a, struct slice b)
{
	size_t i = 0, k = 0;

	for (;;) {
		char x = tel_next(a, &i), y = tel_next(b, &k);

		if (x != y)
			return false;
		if (!x)
			return true;
	}
}

/* More parameters than this and two URIs are compared as text: the walk below is quadratic. */
#define PARAMS_COMPARED_MAX 32

/* Parameters that must stand in both if in either (RFC 3261 19.1.4). */
static bool param_counts_always(struct slice name)
{
	static const struct slice always[] = {
		{"user", 4}, {"ttl", 3}, {"method", 6}, {"maddr", 5}, {"transport", 9}};

	for (size_t i = 0; i < ARRAY_COUNT(always); i++)
		if (slice_ieq(name, always[i]))
			return true;
	return false;
}

/* Every parameter of a against the one of that name in b; the first counts where a name stands
 * twice. Called both ways. */
static bool params_match(const struct sip_uri *a, const struct sip_uri *b)
{
	struct slice rest = a->params, name, value, other;

	while (sip_text_next_param(&rest, &name, &value)) {
		sip_uri_param(a, name, &value);
		if (sip_uri_param(b, name, &other) ? !slice_ieq(value, other)
						   : param_counts_always(name))
			return false;
	}
	return true;
}

static bool has_many_params(const struct sip_uri *uri)
{
	struct slice rest = uri->params, name, value;
	unsigned count = 0;

	while (count <= PARAMS_COMPARED_MAX && sip_text_next_param(&rest, &name, &value))
		count++;
	return count > PARAMS_COMPARED_MAX;
}

static bool params_equal(const struct sip_uri *a, const struct sip_uri *b)
{
	if (has_many_params(a) || has_many_params(b))
		return slice_ieq(a->params, b->params);
	return params_match(a, b) && params_match(b, a);
}

bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme || !slice_ieq(a->scheme_text, b->scheme_text))
		return false;
	if (a->scheme == SIP_SCHEME_OTHER)
		return slice_eq(a->host, b->host);
	if (!params_equal(a, b))
		return false;
	if (a->scheme == SIP_SCHEME_TEL)
		return tel_equal(a->user, b->user);
	return a->port == b->port && escaped_equal(a->user, b->user) &&
	       escaped_equal(a->password, b->password) && slice_ieq(a->host, b->host) &&
	       slice_eq(a->headers, b->headers);
}

void sip_uri_write_hostport(struct sink *out, struct slice host, bool is_ipv6, uint16_t port)
{
	if (is_ipv6)
		sink_char(out, '[');
	sink_add(out, host);
	if (is_ipv6)
		sink_char(out, ']');
	if (port) {
		sink_char(out, ':');
		sink_u64(out, port);
	}
}

void sip_uri_write(struct sink *out, const struct sip_uri *uri)
{
	sink_add(out, uri->scheme_text);
	sink_char(out, ':');
	sink_add(out, uri->user);
	if (uri->password.ptr) {
		sink_char(out, ':');
		sink_add(out, uri->password);
	}
	if (uri->scheme != SIP_SCHEME_TEL) {
		if (uri->user.len)
			sink_char(out, '@');
		sip_uri_write_hostport(out, uri->host, uri->is_ipv6, uri->port);
	}
	sink_add(out, uri->params);
	if (uri->headers.len) {
		sink_char(out, '?');
		sink_add(out, uri->headers);
	}
}

void sip_uri_write_user(struct sink *out, struct slice raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.ptr[i];

		/* ':' would begin a password, '%' is data here, '#' is not in the grammar. */
		if (sip_text_is((char)c, SIP_CH_USER) && c < 128 && !memchr(":%#", c, 3)) {
			sink_char(out, (char)c);
		} else {
			static const char digits[] = "0123456789ABCDEF";

			sink_char(out, '%');
			sink_char(out, digits[c >> 4]);
			sink_char(out, digits[c & 15]);
		}
	}
}

void sip_uri_unescape(struct sink *out, struct slice escaped)
{
	for (size_t i = 0; i < escaped.len;) {
		size_t from = i;
		int c = octet_next(escaped, &i);

		if (c < 32 || c == 127)
			sink_add(out, slice_make(escaped.ptr + from, i - from));
		else
			sink_char(out, (char)c);
	}
}
