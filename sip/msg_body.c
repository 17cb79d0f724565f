/* Finding the SDP of a message, also inside multipart bodies (RFC 5621): see sip/msg.h. */
#include "sip/msg.h"

static struct slice media_type(struct slice content_type)
{
	return sip_text_trim(slice_head(content_type, slice_find(content_type, ';')));
}

bool sip_msg_body_is(const struct sip_msg *msg, struct slice type)
{
	return slice_ieq(media_type(sip_msg_get(msg, SIP_HDR_CONTENT_TYPE)), type);
}

/* "q=0", "q=0.000" */
static bool is_ruled_out(struct slice params)
{
	struct slice q;

	if (!sip_text_param(params, SLICE_LIT("q"), &q) || !q.len)
		return false;
	for (size_t i = 0; i < q.len; i++)
		if (q.ptr[i] != '0' && q.ptr[i] != '.')
			return false;
	return true;
}

static bool accepts(struct slice range)
{
	struct slice subtype = media_type(range), type;

	if (is_ruled_out(slice_from(range, slice_find(range, ';'))))
		return false;
	slice_split(&subtype, '/', &type);
	type = sip_text_trim(type);
	subtype = sip_text_trim(subtype);
	if (slice_eq(type, SLICE_LIT("*")) || slice_ieq(type, SLICE_LIT("multipart")))
		return true;
	return slice_ieq(type, SLICE_LIT("application")) &&
	       (slice_eq(subtype, SLICE_LIT("*")) || slice_ieq(subtype, SLICE_LIT("sdp")));
}

bool sip_msg_accepts_sdp(const struct sip_msg *msg)
{
	struct sip_values it = sip_values(msg, SIP_HDR_ACCEPT);
	struct slice range;

	if (!sip_msg_has(msg, SIP_HDR_ACCEPT))
		return true;
	while (sip_values_next(&it, &range))
		if (accepts(range))
			return true;
	return false;
}

/* One line off the front, without its line end. */
static struct slice line_take(struct slice *s)
{
	size_t end = slice_find(*s, '\n');
	struct slice line = slice_head(*s, end);

	*s = end == SIZE_MAX ? slice_from(*s, s->len) : slice_from(*s, end + 1);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct part {
	struct slice type;	  /* media type, without parameters */
	struct slice disposition; /* "session" ..., empty if not said */
	struct slice content;
};

static void part_header_take(struct part *part, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice value;
	enum sip_hdr_id id;

	if (colon == SIZE_MAX)
		return;
	id = sip_hdr_lookup(sip_text_trim(slice_head(line, colon)));
	value = sip_text_trim(slice_from(line, colon + 1));
	if (id == SIP_HDR_CONTENT_TYPE)
		part->type = media_type(value);
	else if (id == SIP_HDR_CONTENT_DISPOSITION)
		part->disposition = media_type(value);
}

static void part_parse(struct part *part, struct slice text)
{
	*part = (struct part){0};
	while (text.len) {
		struct slice line = line_take(&text);

		if (!line.len)
			break;
		while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
			struct slice more = line_take(&text);

			line.len = (size_t)(more.ptr + more.len - line.ptr);
		}
		part_header_take(part, line);
	}
	part->content = text;
}

/* The line is "--boundary", with "--" and blanks behind it for the last. */
static bool is_delimiter(struct slice line, struct slice boundary, bool *is_last)
{
	if (!slice_starts(line, SLICE_LIT("--")) || !slice_starts(slice_from(line, 2), boundary))
		return false;
	line = slice_from(line, 2 + boundary.len);
	*is_last = slice_starts(line, SLICE_LIT("--"));
	return sip_text_trim(slice_from(line, *is_last ? 2 : 0)).len == 0;
}

/* The line end before a delimiter belongs to the delimiter (RFC 2046 5.1.1). */
static struct slice without_line_end(struct slice s)
{
	if (s.len && s.ptr[s.len - 1] == '\n')
		s.len--;
	if (s.len && s.ptr[s.len - 1] == '\r')
		s.len--;
	return s;
}

/* Moves *rest behind the next delimiter; what stood before it goes to *before. */
static bool delimiter_next(struct slice *rest, struct slice boundary, struct slice *before,
			   bool *is_last)
{
	const char *start = rest->ptr;

	while (rest->len) {
		const char *at = rest->ptr;

		if (is_delimiter(line_take(rest), boundary, is_last)) {
			*before = without_line_end(slice_make(start, (size_t)(at - start)));
			return true;
		}
	}
	return false;
}

static bool part_is_sdp(const struct part *part)
{
	return slice_ieq(part->type, SLICE_LIT("application/sdp")) &&
	       (!part->disposition.len || slice_ieq(part->disposition, SLICE_LIT("session")));
}

static struct slice multipart_sdp(struct slice body, struct slice boundary)
{
	struct slice text;
	struct part part;
	bool is_last = false;

	if (!boundary.len || !delimiter_next(&body, boundary, &text, &is_last))
		return SLICE_EMPTY;
	while (!is_last && delimiter_next(&body, boundary, &text, &is_last)) {
		part_parse(&part, text);
		if (part_is_sdp(&part))
			return part.content;
	}
	return SLICE_EMPTY;
}

struct slice sip_msg_sdp(const struct sip_msg *msg)
{
	struct slice type = sip_msg_get(msg, SIP_HDR_CONTENT_TYPE), boundary = SLICE_EMPTY;
	size_t semi = slice_find(type, ';');

	if (!msg->body.len)
		return SLICE_EMPTY;
	if (!type.len)
		return slice_starts(msg->body, SLICE_LIT("v=")) ? msg->body : SLICE_EMPTY;
	if (slice_ieq(media_type(type), SLICE_LIT("application/sdp")))
		return msg->body;
	if (!slice_istarts(type, SLICE_LIT("multipart/")) || semi == SIZE_MAX)
		return SLICE_EMPTY;
	sip_text_param(slice_from(type, semi), SLICE_LIT("boundary"), &boundary);
	return multipart_sdp(msg->body, boundary);
}
