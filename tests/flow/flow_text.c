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
