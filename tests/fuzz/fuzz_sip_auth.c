/* tests/fuzz/fuzz_sip_auth.c - challenges of a 401, and the header that answers them. */
#include "tests/unit/sip/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_digest *digest; /* made once: OpenSSL is slow to set up */

/* The answer is one line, and stands in a message as one header. */
static void walk_answer(struct sip_auth_state *st, const struct sip_credentials *cred)
{
	const struct sip_auth_request req = {SLICE_LIT("INVITE"), SLICE_LIT("sip:a@b"),
					     SLICE_LIT("c"), 0};
	char buf[8192];
	struct sink out = sink_make(buf, sizeof(buf));
	enum sip_parse_error err;
	struct sip_msg m;

	sink_lit(&out, "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\n"
		       "To: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n");
	check(!sip_auth_state_write(&out, digest, st, cred, &req));
	sip_write_end(&out);
	check(!out.over);
	check(!sip_msg_parse(&m, sink_slice(&out), &err));
	check(m.hdr_count == 6 + st->slots[0].in_use + st->slots[1].in_use);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct sip_credentials cred = {.username = SLICE_LIT("u"),
					     .password = SLICE_LIT("p")};
	struct slice value = slice_make((const char *)data, size);
	struct sip_auth_state st = {0};
	struct sip_challenge c;
	static char text[LIMIT_SIP_DATAGRAM];
	struct sink s = sink_make(text, sizeof(text));
	enum sip_parse_error err;
	struct sip_msg m;

	if (!digest)
		check(!sip_digest_create(&digest));
	sip_challenge_parse(&c, value, false);
	sink_lit(&s, "SIP/2.0 401 x\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n"
		     "Call-ID: x\r\nCSeq: 1 INVITE\r\nWWW-Authenticate: ");
	sink_add(&s, value);
	sip_write_end(&s);
	if (s.over || sip_msg_parse(&m, sink_slice(&s), &err))
		return 0;
	if (sip_auth_take(&st, &m, SIP_AUTH_MASK_ALL, &cred) == SIP_AUTH_RETRY)
		walk_answer(&st, &cred);
	return 0;
}
