/* tests/flow/flow_text.c - session descriptions that are sent, headers that are read: see flow.h.
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
