/* Framing of SIP on a stream by Content-Length (RFC 3261 18.3): see sip/msg.h. */
#include "sip/msg.h"

/* Empty lines between messages: a ping, a pong, or not yet to be told. */
static enum sip_frame leading_frame(struct slice s, size_t *bytes)
{
	if (s.ptr[0] == '\n') {
		*bytes = 1;
		return SIP_FRAME_SKIP;
	}
	if (slice_starts(s, SLICE_LIT("\r\n\r\n"))) {
		*bytes = 4;
		return SIP_FRAME_PING;
	}
	if (s.len < 4 && slice_starts(SLICE_LIT("\r\n\r\n"), s))
		return SIP_FRAME_MORE;
	*bytes = slice_starts(s, SLICE_LIT("\r\n")) ? 2 : 1;
	return SIP_FRAME_SKIP;
}

/* "SIP/" stands in it: a request or a status line, be it a bad one. */
static bool is_start_line(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (slice_istarts(slice_from(line, i), SLICE_LIT("SIP/")))
			return true;
	return false;
}

/* Length of the head with its empty line, or 0 when its end is not there yet. Goes on where the
 * last call stopped, two octets back since an end may be cut in two. *is_junk: it is none. */
static size_t head_find(struct sip_framer *f, struct slice s, bool *is_junk)
{
	size_t at = f->searched;

	while (at < s.len) {
		const char *lf = memchr(s.ptr + at, '\n', s.len - at);
		size_t next;

		if (!lf)
			break;
		next = (size_t)(lf - s.ptr) + 1;
		if (!f->has_line) {
			f->has_line = is_start_line(slice_head(s, next));
			*is_junk = !f->has_line;
			if (*is_junk)
				return 0;
		}
		if (next < s.len && s.ptr[next] == '\n')
			return next + 1;
		if (next + 1 < s.len && s.ptr[next] == '\r' && s.ptr[next + 1] == '\n')
			return next + 2;
		at = next;
	}
	f->searched = s.len > 2 ? s.len - 2 : 0;
	return 0;
}

/* The Content-Length line of a head: its value with folds. False if there is none, or if two of
 * them disagree (then *is_bad). */
static void length_find(struct slice head, size_t *length, bool *is_bad)
{
	bool found = false;

	*length = 0;
	while (head.len) {
		size_t end = slice_find(head, '\n');
		struct slice line = slice_head(head, end), value;
		size_t colon;
		uint64_t n;

		head = end == SIZE_MAX ? slice_from(head, head.len) : slice_from(head, end + 1);
		while (head.len && (head.ptr[0] == ' ' || head.ptr[0] == '\t')) {
			end = slice_find(head, '\n');
			line.len = (size_t)(head.ptr - line.ptr) + slice_head(head, end).len;
			head = slice_from(head, end == SIZE_MAX ? head.len : end + 1);
		}
		colon = slice_find(line, ':');
		if (colon == SIZE_MAX || sip_hdr_lookup(sip_text_trim(slice_head(line, colon))) !=
						 SIP_HDR_CONTENT_LENGTH)
			continue;
		value = sip_text_trim(slice_from(line, colon + 1));
		if (!slice_u64(value, LIMIT_SIP_DATAGRAM, &n) || (found && n != *length))
			*is_bad = true;
		else
			*length = (size_t)n;
		found = true;
	}
}

enum sip_frame sip_msg_frame(struct sip_framer *f, struct slice stream, size_t *bytes)
{
	bool is_bad = false, is_junk = false;

	*bytes = 0;
	if (!stream.len)
		return SIP_FRAME_MORE;
	if (!f->head_bytes && (stream.ptr[0] == '\r' || stream.ptr[0] == '\n'))
		return leading_frame(stream, bytes);
	if (!f->head_bytes) {
		f->head_bytes = head_find(f, slice_head(stream, LIMIT_SIP_DATAGRAM), &is_junk);
		if (!f->head_bytes)
			return is_junk || stream.len >= LIMIT_SIP_DATAGRAM ? SIP_FRAME_BAD
									   : SIP_FRAME_MORE;
		length_find(slice_head(stream, f->head_bytes), &f->body_bytes, &is_bad);
		if (is_bad || f->head_bytes + f->body_bytes > LIMIT_SIP_DATAGRAM) {
			*bytes = f->head_bytes;
			return SIP_FRAME_BAD;
		}
	}
	if (stream.len < f->head_bytes + f->body_bytes)
		return SIP_FRAME_MORE;
	*bytes = f->head_bytes + f->body_bytes;
	return SIP_FRAME_MESSAGE;
}
