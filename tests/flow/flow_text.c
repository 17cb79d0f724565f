/* tests/flow/flow_text.c - session descriptions that are sent, what stands in messages of the
 * engine: see flow.h.
 */
#include "tests/flow/flow.h"

#include <stdio.h>

const char *flow_sdp(unsigned port, const char *formats, const char *dir)
{
	static char text[512];

	snprintf(text, sizeof(text),
		 "v=0\r\no=far 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
		 "m=audio %u RTP/AVP %s\r\na=rtpmap:101 telephone-event/8000\r\na=%s\r\n",
		 port, formats, dir);
	return text;
}

/* Eight answers may be in use at once. */
const char *flow_header(const struct flow_msg *m, const char *name)
{
	static char texts[8][512];
	static unsigned next;
	char *text = texts[next++ % 8];

	slice_copy(text, sizeof(texts[0]), sip_msg_get_name(&m->msg, slice_str(name)));
	return text;
}

bool flow_has(const struct flow_msg *m, const char *text)
{
	return strstr(m->text, text) != NULL;
}

static bool text_is_like(struct slice got, struct slice want)
{
	size_t at = slice_find_text(want, SLICE_LIT("<any>"));

	if (at == SIZE_MAX)
		return slice_eq(got, want);
	if (!slice_starts(got, slice_head(want, at)))
		return false;
	got = slice_from(got, at);
	want = slice_from(want, at + 5);
	for (size_t i = 0; i <= got.len; i++)
		if (text_is_like(slice_from(got, i), want))
			return true;
	return false;
}

void flow_assert_lines(const struct flow_msg *m, const char *lines)
{
	struct slice rest = slice_make(m->text, m->len), wanted = slice_str(lines), line, want;

	while (slice_split(&wanted, '\n', &want)) {
		bool is_found = false;

		while (want.len && !is_found && slice_split(&rest, '\n', &line)) {
			if (slice_ends(line, SLICE_LIT("\r")))
				line.len--;
			is_found = text_is_like(line, want);
		}
		if (want.len && !is_found)
			fail_msg("no '%.*s' (any more) in:\n%s", SLICE_ARG(want), m->text);
	}
}

void flow_assert_to(const struct flow_msg *m, const char *addr)
{
	char text[ADDR_TEXT];

	assert_string_equal(addr_text(&m->to, text), addr);
}

void flow_assert_via(const struct flow_msg *m, const char *transport)
{
	char start[64];
	size_t len = (size_t)snprintf(start, sizeof(start),
				      "SIP/2.0/%s 10.0.0.1:5060;rport;branch=z9hG4bK", transport);

	assert_memory_equal(flow_header(m, "Via"), start, len);
}
