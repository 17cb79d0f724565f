/* The address forms of From, To, Contact, Route: see sip/uri.h. */
#include "sip/uri.h"

#include <errno.h>

/* display-name without quotes: tokens and blanks. */
static bool display_is_tokens(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sip_text_is(s.ptr[i], SIP_CH_TOKEN | SIP_CH_BLANK))
			return false;
	return true;
}

/* A scheme, a colon, something behind it, and only octets that may stand in a URI. */
static bool uri_is_plausible(struct slice uri)
{
	size_t colon = slice_find(uri, ':');

	return colon != SIZE_MAX && colon + 1 < uri.len && sip_text_all(uri, SIP_CH_URI) &&
	       sip_text_all(slice_head(uri, colon), SIP_CH_TOKEN);
}

/* What stands behind the URI: nothing, or ;params with every quote closed. */
static bool params_take(struct sip_addr *a, struct slice rest)
{
	bool open = false;

	a->params = sip_text_trim(rest);
	if (!a->params.len)
		return true;
	for (size_t i = 0; i < a->params.len; i++) {
		if (open && a->params.ptr[i] == '\\')
			i++;
		else if (a->params.ptr[i] == '"')
			open = !open;
	}
	return a->params.ptr[0] == ';' && !open;
}

/* s begins with '<'. */
static bool brackets_parse(struct sip_addr *a, struct slice s)
{
	size_t close = slice_find(s, '>');

	if (close == SIZE_MAX)
		return false;
	a->has_brackets = true;
	a->uri = slice_make(s.ptr + 1, close - 1);
	return uri_is_plausible(a->uri) && params_take(a, slice_from(s, close + 1));
}

static bool quoted_parse(struct sip_addr *a, struct slice s)
{
	size_t end = sip_text_quoted_end(s, 0);

	if (end == SIZE_MAX)
		return false;
	a->display = slice_make(s.ptr + 1, end - 2);
	s = sip_text_trim(slice_from(s, end));
	return s.len && s.ptr[0] == '<' && brackets_parse(a, s);
}

static bool bare_parse(struct sip_addr *a, struct slice s)
{
	size_t end = 0;

	while (end < s.len && s.ptr[end] != ';' && !sip_text_is(s.ptr[end], SIP_CH_BLANK))
		end++;
	a->uri = slice_head(s, end);
	if (slice_find(a->uri, '?') != SIZE_MAX || slice_find(a->uri, ',') != SIZE_MAX)
		return false;
	return uri_is_plausible(a->uri) && params_take(a, slice_from(s, end));
}

int sip_addr_parse(struct sip_addr *out, struct slice value)
{
	struct slice s = sip_text_trim(value);
	struct sip_addr a = {0};
	size_t mark = 0;
	bool ok;

	while (mark < s.len && s.ptr[mark] != '<' && s.ptr[mark] != '"')
		mark++;
	if (!s.len) {
		ok = false;
	} else if (s.ptr[0] == '"') {
		ok = quoted_parse(&a, s);
	} else if (mark < s.len && s.ptr[mark] == '<') {
		a.display = sip_text_trim(slice_head(s, mark));
		a.is_lenient = !display_is_tokens(a.display);
		ok = brackets_parse(&a, slice_from(s, mark));
	} else if (s.ptr[0] == '*') {
		a.is_star = true;
		ok = params_take(&a, slice_from(s, 1));
	} else {
		ok = bare_parse(&a, s);
	}
	if (!ok)
		return -EINVAL;
	*out = a;
	return 0;
}

struct slice sip_addr_tag(const struct sip_addr *addr)
{
	struct slice tag = SLICE_EMPTY;

	sip_text_param(addr->params, SLICE_LIT("tag"), &tag);
	return tag;
}

void sip_addr_write(struct sink *out, struct slice display, struct slice uri, struct slice tag)
{
	if (display.len) {
		sip_text_write_quoted(out, display);
		sink_char(out, ' ');
	}
	sink_char(out, '<');
	sink_add(out, uri);
	sink_char(out, '>');
	if (tag.len) {
		sink_lit(out, ";tag=");
		sink_add(out, tag);
	}
}
