#include "sip/text.h"

#define BETWEEN(c, a, z) ((c) >= (a) && (c) <= (z))
#define IS_DIGIT(c)	 BETWEEN(c, '0', '9')
#define IS_ALNUM(c)	 (BETWEEN(c, 'a', 'z') || BETWEEN(c, 'A', 'Z') || IS_DIGIT(c))
#define IS_MARK(c)                                                                                 \
	((c) == '-' || (c) == '.' || (c) == '!' || (c) == '*' || (c) == '_' || (c) == '\'' ||      \
	 (c) == '~')
#define IS_TOKEN(c) (IS_ALNUM(c) || IS_MARK(c) || (c) == '%' || (c) == '+' || (c) == '`')
#define IS_BLANK(c) ((c) == ' ' || (c) == '\t' || (c) == '\r' || (c) == '\n')
#define IS_HEX(c)   (IS_DIGIT(c) || BETWEEN(c, 'a', 'f') || BETWEEN(c, 'A', 'F'))
#define IS_HOST(c)  (IS_ALNUM(c) || (c) == '.' || (c) == '-' || (c) == '_')
#define IS_CTL(c)   ((c) < 32 || (c) == 127)
#define IS_URI(c)   (!IS_CTL(c) && (c) != ' ' && (c) != '<' && (c) != '>' && (c) != '"')
#define IS_USER(c)                                                                                 \
	(IS_ALNUM(c) || IS_MARK(c) || (c) == '(' || (c) == ')' || (c) == '%' || (c) == '&' ||      \
	 (c) == '=' || (c) == '+' || (c) == '$' || (c) == ',' || (c) == ';' || (c) == '?' ||       \
	 (c) == '/' || (c) == ':' || (c) == '#' || (c) >= 128)

#define CLASS(c)                                                                                   \
	((IS_TOKEN(c) ? SIP_CH_TOKEN : 0) | (IS_BLANK(c) ? SIP_CH_BLANK : 0) |                     \
	 (IS_DIGIT(c) ? SIP_CH_DIGIT : 0) | (IS_HEX(c) ? SIP_CH_HEX : 0) |                         \
	 (IS_HOST(c) ? SIP_CH_HOST : 0) | (IS_URI(c) ? SIP_CH_URI : 0) |                           \
	 (IS_USER(c) ? SIP_CH_USER : 0) | (IS_CTL(c) ? SIP_CH_CTL : 0))
#define CLASS_4(c)  CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3)
#define CLASS_16(c) CLASS_4(c), CLASS_4((c) + 4), CLASS_4((c) + 8), CLASS_4((c) + 12)
#define CLASS_64(c) CLASS_16(c), CLASS_16((c) + 16), CLASS_16((c) + 32), CLASS_16((c) + 48)

const uint8_t sip_text_class[256] = {CLASS_64(0), CLASS_64(64), CLASS_64(128), CLASS_64(192)};

bool sip_text_all(struct slice s, unsigned mask)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sip_text_is(s.ptr[i], mask))
			return false;
	return s.len != 0;
}

size_t sip_text_quoted_end(struct slice s, size_t at)
{
	for (size_t i = at + 1; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			return i + 1;
	}
	return SIZE_MAX;
}

size_t sip_text_find_bare(struct slice s, char c)
{
	bool in_angle = false;

	for (size_t i = 0; i < s.len; i++) {
		char at = s.ptr[i];

		if (at == '"' && !in_angle) {
			size_t end = sip_text_quoted_end(s, i);

			if (end == SIZE_MAX)
				return s.len;
			i = end - 1;
		} else if (in_angle) {
			in_angle = at != '>';
		} else if (at == c) {
			return i;
		} else if (at == '<') {
			in_angle = true;
		}
	}
	return s.len;
}

bool sip_text_next_value(struct slice *rest, struct slice *value)
{
	while (rest->len) {
		/* Most lists have one value: no comma at all is quickly known. */
		size_t end = slice_find(*rest, ',') == SIZE_MAX ? rest->len
								: sip_text_find_bare(*rest, ',');

		*value = sip_text_trim(slice_head(*rest, end));
		*rest = slice_from(*rest, end + 1);
		if (value->len)
			return true;
	}
	return false;
}

/* Index of the ';' that ends a parameter, quoted strings stepped over; s.len if none. */
static size_t param_end(struct slice s)
{
	struct slice plain = slice_head(s, slice_find(s, ';'));

	if (slice_find(plain, '"') == SIZE_MAX)
		return plain.len;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == ';')
			return i;
		if (s.ptr[i] == '"') {
			size_t end = sip_text_quoted_end(s, i);

			if (end == SIZE_MAX)
				return s.len;
			i = end - 1;
		}
	}
	return s.len;
}

static struct slice without_quotes(struct slice s)
{
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		return slice_make(s.ptr + 1, s.len - 2);
	return s;
}

bool sip_text_next_param(struct slice *rest, struct slice *name, struct slice *value)
{
	for (;;) {
		struct slice s = sip_text_trim(*rest);

		if (!s.len || s.ptr[0] != ';') {
			rest->len = 0;
			return false;
		}
		s = slice_from(s, 1);
		struct slice piece = slice_head(s, param_end(s));
		*rest = slice_from(s, piece.len);
		size_t equals = slice_find(piece, '=');

		*name = sip_text_trim(slice_head(piece, equals));
		*value = equals == SIZE_MAX
				 ? SLICE_EMPTY
				 : without_quotes(sip_text_trim(slice_from(piece, equals + 1)));
		if (name->len)
			return true;
	}
}

bool sip_text_param(struct slice params, struct slice name, struct slice *value)
{
	struct slice n, v;

	while (sip_text_next_param(&params, &n, &v)) {
		if (!slice_ieq(n, name))
			continue;
		if (value)
			*value = v;
		return true;
	}
	return false;
}

static bool param_value_valid(struct slice v)
{
	v = sip_text_trim(v);
	if (v.len && v.ptr[0] == '"')
		return sip_text_quoted_end(v, 0) == v.len;
	for (size_t i = 0; i < v.len; i++)
		if (!sip_text_is(v.ptr[i], SIP_CH_TOKEN | SIP_CH_URI))
			return false;
	return true;
}

bool sip_text_params_valid(struct slice params)
{
	struct slice s = sip_text_trim(params);

	while (s.len) {
		if (s.ptr[0] != ';')
			return false;
		s = slice_from(s, 1);
		struct slice piece = slice_head(s, param_end(s));
		size_t equals = slice_find(piece, '=');
		struct slice name = sip_text_trim(slice_head(piece, equals));

		if (name.len ? !sip_text_is_token(name) : equals != SIZE_MAX)
			return false;
		if (equals != SIZE_MAX && !param_value_valid(slice_from(piece, equals + 1)))
			return false;
		s = slice_from(s, piece.len);
	}
	return true;
}

void sip_text_write_flat(struct sink *out, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\r' && s.ptr[i] != '\n')
			continue;
		size_t end = i;

		while (end > from && sip_text_is(s.ptr[end - 1], SIP_CH_BLANK))
			end--;
		sink_add(out, slice_make(s.ptr + from, end - from));
		sink_char(out, ' ');
		while (i + 1 < s.len && sip_text_is(s.ptr[i + 1], SIP_CH_BLANK))
			i++;
		from = i + 1;
	}
	if (from < s.len)
		sink_add(out, slice_from(s, from));
}

void sip_text_unescape(struct sink *out, struct slice s)
{
	size_t from = 0;

	for (size_t i = 0; i + 1 < s.len; i++) {
		if (s.ptr[i] != '\\')
			continue;
		sip_text_write_flat(out, slice_make(s.ptr + from, i - from));
		from = ++i;
	}
	sip_text_write_flat(out, slice_from(s, from));
}

void sip_text_write_quoted(struct sink *out, struct slice s)
{
	sink_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (c == '"' || c == '\\')
			sink_char(out, '\\');
		sink_char(out, c != '\t' && sip_text_is(c, SIP_CH_CTL) ? '?' : c);
	}
	sink_char(out, '"');
}

bool sip_text_u32_clamp(struct slice s, uint32_t max, uint32_t *out)
{
	uint64_t n = 0;

	if (!sip_text_all(s, SIP_CH_DIGIT))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
		if (n > max)
			n = (uint64_t)max + 1;
	}
	*out = n > max ? max : (uint32_t)n;
	return true;
}
