/* tests/fuzz/fuzz_sip_msg.c - one datagram, looked at from every side; then the same as a stream.
 */
#include "tests/unit/sip/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All frames of a stream: each ends inside it, and every one is taken off. */
static void walk_stream(struct slice stream)
{
	struct sip_framer f = {0};
	enum sip_parse_error err;
	enum sip_frame frame;
	struct sip_msg m;
	size_t bytes;

	for (;;) {
		frame = sip_msg_frame(&f, stream, &bytes);
		check(bytes <= stream.len);
		if (frame == SIP_FRAME_MORE || frame == SIP_FRAME_BAD)
			return;
		check(bytes > 0);
		if (frame == SIP_FRAME_MESSAGE)
			sip_msg_parse(&m, slice_head(stream, bytes), &err);
		stream = slice_from(stream, bytes);
		f = (struct sip_framer){0};
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_make((const char *)data, size);

	walk_message(s);
	walk_stream(s);
	return 0;
}
