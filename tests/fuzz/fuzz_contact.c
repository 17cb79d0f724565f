/* tests/fuzz/fuzz_contact.c - a contact from the database: what was read is written, and read again the
 * same; and a contact that a shard reported. */
#include "engine/base/check.h"
#include "sip/contact_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_json(struct slice json)
{
	static char room[LIMIT_CONTACT_TEXT], again_room[LIMIT_CONTACT_TEXT], text[CONTACT_JSON_MAX];
	struct sink out = sink_make(text, sizeof(text));
	struct contact_info a, b;

	if (!contact_read_json(&a, SLICE_LIT("aor;@1"), json, room))
		return;
	contact_write_json(&out, &a);
	check(!out.over);
	check(contact_read_json(&b, SLICE_LIT("aor;@1"), sink_slice(&out), again_room));
	check(slice_eq(a.text[CONTACT_URI], b.text[CONTACT_URI]));
	check(slice_eq(a.text[CONTACT_CALL_ID], b.text[CONTACT_CALL_ID]));
	check(a.expires_wall_ns == b.expires_wall_ns && a.cseq == b.cseq);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char packed[CONTACT_PACKED_MAX];
	struct contact_info info;

	walk_json(slice_make((const char *)data, size));
	if (contact_unpack(&info, data, size))
		contact_pack(&info, packed);
	return 0;
}
