/* The table of contacts, and a contact as octets and as JSON. */
#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "sip/contact_json.h"
#include "sip/location.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

static struct contact_info make(const char *aor, const char *uri)
{
	return (struct contact_info){
		.id = contact_id(slice_str(aor), slice_str(uri)),
		.aor = contact_aor_hash(slice_str(aor)),
		.expires_wall_ns = 1800000000 * TMR_SECOND,
		.rtt_ns = -1,
		.cseq = 7,
		.shard = 3,
		.qualify_s = 60,
		.qualify_timeout_ms = 2500,
		.status = CONTACT_UNREACHABLE,
		.authenticate_qualify = true,
		.text = {[CONTACT_AOR] = slice_str(aor), [CONTACT_URI] = slice_str(uri)},
	};
}

static void assert_text(struct slice got, const char *want)
{
	if (!slice_eq(got, slice_str(want)))
		fail_msg("got '%.*s', wanted '%s'", SLICE_ARG(got), want);
}

static void test_table(void **state)
{
	struct contact_info a = make("x", "sip:a@h"), b = make("x", "sip:b@h"), other = make("y", "sip:a@h");
	struct contact *c;
	struct location l;
	uint32_t cursor = 0;

	UNUSED(state);
	assert_int_equal(location_create(&l, sizeof(struct contact)), 0);
	assert_non_null(location_put(&l, &a));
	assert_non_null(location_put(&l, &b));
	assert_non_null(location_put(&l, &other));
	assert_int_equal(location_count(&l), 3);
	c = location_first(&l, contact_aor_hash(SLICE_LIT("x")));
	assert_text(c->info.text[CONTACT_URI], "sip:b@h"); /* the latest first */
	c = location_next(c);
	assert_text(c->info.text[CONTACT_URI], "sip:a@h");
	assert_null(location_next(c));
	/* changed in place, also with texts that are its own */
	a = c->info;
	a.text[CONTACT_USER_AGENT] = a.text[CONTACT_URI];
	a.status = CONTACT_REACHABLE;
	assert_ptr_equal(location_put(&l, &a), c);
	assert_text(c->info.text[CONTACT_URI], "sip:a@h");
	assert_text(c->info.text[CONTACT_USER_AGENT], "sip:a@h");
	assert_int_equal(c->info.status, CONTACT_REACHABLE);
	/* another contact of the same id is refused: nobody's binding can be taken over */
	b = make("z", "sip:evil@h");
	b.id = c->info.id;
	assert_null(location_put(&l, &b));
	location_remove(&l, c);
	assert_null(location_find(&l, a.id));
	while (location_walk(&l, &cursor))
		;
	assert_int_equal(location_count(&l), 2);
	location_destroy(&l);
}

static void test_bounds(void **state)
{
	static char longer[LIMIT_CONTACT_TEXT + 1];
	struct contact_info a = make("x", "sip:a@h");
	char packed[CONTACT_PACKED_MAX];
	struct location l;

	UNUSED(state);
	memset(longer, 'p', sizeof(longer));
	a.text[CONTACT_PATH] = slice_make(longer, LIMIT_CONTACT_TEXT - 7);
	assert_int_equal(location_create(&l, sizeof(struct contact)), 0);
	assert_null(location_put(&l, &a));
	assert_int_equal(contact_pack(&a, packed), 0);
	a.text[CONTACT_PATH].len = LIMIT_CONTACT_TEXT - 8;
	assert_non_null(location_put(&l, &a));
	assert_in_range(contact_pack(&a, packed), 1, CONTACT_PACKED_MAX);
	for (unsigned i = 1; i < LIMIT_CONTACTS; i++) {
		char uri[32];

		snprintf(uri, sizeof(uri), "sip:%u@h", i);
		a = make("x", uri);
		assert_non_null(location_put(&l, &a));
	}
	a = make("x", "sip:more@h");
	assert_null(location_put(&l, &a));
	location_destroy(&l);
}

static void test_packed(void **state)
{
	struct contact_info a = make("x", "sip:a@h"), b;
	char packed[CONTACT_PACKED_MAX];
	size_t len;

	UNUSED(state);
	a.text[CONTACT_CALL_ID] = SLICE_LIT("call");
	len = contact_pack(&a, packed);
	assert_true(contact_unpack(&b, packed, len));
	assert_int_equal(b.id, a.id);
	assert_int_equal(b.shard, 3);
	assert_int_equal(b.cseq, 7);
	assert_int_equal(b.qualify_timeout_ms, 2500);
	assert_int_equal(b.status, CONTACT_UNREACHABLE);
	assert_true(b.authenticate_qualify && !b.qualify_2xx_only);
	assert_text(b.text[CONTACT_CALL_ID], "call");
	for (size_t i = 0; i < len; i++)
		assert_false(contact_unpack(&b, packed, i));
}

/* As Asterisk writes it; and back. */
static void test_json(void **state)
{
	static const char want[] =
		"{\"via_addr\":\"192.168.1.7\",\"via_port\":\"5062\",\"qualify_timeout\":\"2.500000\","
		"\"call_id\":\"c\",\"reg_server\":\"\",\"prune_on_boot\":\"no\",\"path\":\"\","
		"\"endpoint\":\"ep\",\"authenticate_qualify\":\"yes\",\"uri\":\"sip:a@h\","
		"\"qualify_frequency\":\"60\",\"user_agent\":\"a \\\"b\\\" \\\\c\\u0009\","
		"\"expiration_time\":\"1800000000\",\"outbound_proxy\":\"\",\"ringer_cseq\":\"7\"}";
	char text[CONTACT_JSON_MAX], room[LIMIT_CONTACT_TEXT], key_room[256];
	struct sink out = sink_make(text, sizeof(text)), key = sink_make(key_room, sizeof(key_room));
	struct contact_info a = make("x", "sip:a@h"), b;

	UNUSED(state);
	a.text[CONTACT_VIA] = SLICE_LIT("192.168.1.7:5062");
	a.text[CONTACT_CALL_ID] = SLICE_LIT("c");
	a.text[CONTACT_ENDPOINT] = SLICE_LIT("ep");
	a.text[CONTACT_USER_AGENT] = SLICE_LIT("a \"b\" \\c\t");
	contact_write_json(&out, &a);
	contact_write_key(&key, &a);
	assert_text(sink_slice(&out), want);
	assert_true(contact_read_json(&b, sink_slice(&key), sink_slice(&out), room));
	assert_text(b.text[CONTACT_AOR], "x");
	assert_text(b.text[CONTACT_URI], "sip:a@h");
	assert_text(b.text[CONTACT_USER_AGENT], "a \"b\" \\c\t");
	assert_int_equal(b.expires_wall_ns, a.expires_wall_ns);
	assert_int_equal(b.cseq, 7);
	for (size_t i = 0; i < out.len; i++) /* half an object is none */
		assert_false(contact_read_json(&b, sink_slice(&key), slice_make(text, i), room));
}

static void test_json_of_others(void **state)
{
	static const struct {
		const char *key, *json;
		bool good;
	} rows[] = {
		/* of Asterisk 22 */
		{"100;@6e3b", "{\"via_addr\":\"10.0.0.5\",\"qualify_timeout\":\"3.000000\",\"call_id\":\"z\","
			      "\"reg_server\":\"\",\"prune_on_boot\":\"no\",\"path\":\"\",\"endpoint\":\"100\","
			      "\"via_port\":\"5060\",\"authenticate_qualify\":\"no\",\"uri\":\"sip:100@10.0.0.5:5060\","
			      "\"qualify_frequency\":\"0\",\"user_agent\":\"\",\"expiration_time\":\"1800000000\","
			      "\"outbound_proxy\":\"\"}", true},
		{"a;@1", "{ \"uri\" : \"sip:\\u0061\\/\" , \"expiration_time\" : \"5\" }", true},
		{"a;@1", "{\"uri\":\"sip:a\"}", false},                                 /* never ends */
		{"a;@1", "{\"expiration_time\":\"5\"}", false},                         /* leads nowhere */
		{";@1", "{\"uri\":\"sip:a\",\"expiration_time\":\"5\"}", false},        /* of nobody */
		{"a;@1", "{\"uri\":\"sip:a\",\"expiration_time\":5}", false},
		{"a;@1", "{\"uri\":\"sip:a\",\"expiration_time\":\"-5\"}", false},
		{"a;@1", "{\"uri\":\"sip:a\\x\",\"expiration_time\":\"5\"}", false},
		{"a;@1", "{\"uri\":\"sip:a\\u00g0\",\"expiration_time\":\"5\"}", false},
		{"a;@1", "", false},
		{"a;@1", "{", false},
		{"a;@1", "[]", false},
	};
	char room[LIMIT_CONTACT_TEXT];
	struct contact_info info;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
		if (contact_read_json(&info, slice_str(rows[i].key), slice_str(rows[i].json), room) !=
		    rows[i].good)
			fail_msg("row %zu: %s", i, rows[i].json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_packed), cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
