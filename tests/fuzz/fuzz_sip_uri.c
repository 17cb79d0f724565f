/* tests/fuzz/fuzz_sip_uri.c - a URI and an address: what is written again must mean the same. */
#include "tests/unit/sip/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_uri(struct slice text)
{
	char buf[8192];
	struct sink out = sink_make(buf, sizeof(buf));
	struct sip_uri uri, back;

	if (sip_uri_parse(&uri, text))
		return;
	sip_uri_write(&out, &uri);
	if (out.over)
		return;
	check(!sip_uri_parse(&back, sink_slice(&out)));
	check(sip_uri_equal(&uri, &back));
	check(sip_uri_equal(&back, &uri));
}

/* Whatever a number to dial holds, the URI made of it is one, with that user. */
static void walk_user(struct slice raw)
{
	char uri_text[8192], user_text[8192];
	struct sink out = sink_make(uri_text, sizeof(uri_text));
	struct sink user = sink_make(user_text, sizeof(user_text));
	struct sip_uri uri;

	if (!raw.len)
		return;
	sink_lit(&out, "sip:");
	sip_uri_write_user(&out, raw);
	sink_lit(&out, "@h");
	if (out.over)
		return;
	check(!sip_uri_parse(&uri, sink_slice(&out)));
	check(slice_eq(uri.host, SLICE_LIT("h")));
	sip_uri_unescape(&user, uri.user);
	check(user.over || user.len >= raw.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_make((const char *)data, size);
	struct sip_addr addr;

	walk_uri(s);
	walk_user(s);
	if (!sip_addr_parse(&addr, s))
		walk_addr(s, &addr);
	return 0;
}
