/* tests/unit/sip/test_hdr.c */
#include "sip/hdr.h"

#include <ctype.h>

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

/* Every name of the table must be found by itself, in lower and in upper case. */
static void test_every_name(void **state)
{
	UNUSED(state);
	for (unsigned id = SIP_HDR_OTHER + 1; id < SIP_HDR_COUNT; id++) {
		struct slice name = sip_hdr_name((enum sip_hdr_id)id);
		char low[64], up[64];

		for (size_t i = 0; i < name.len; i++) {
			low[i] = (char)tolower((unsigned char)name.ptr[i]);
			up[i] = (char)toupper((unsigned char)name.ptr[i]);
		}
		assert_int_equal(sip_hdr_lookup(name), id);
		assert_int_equal(sip_hdr_lookup(slice_make(low, name.len)), id);
		assert_int_equal(sip_hdr_lookup(slice_make(up, name.len)), id);
		/* Cut by one it is another name ("T" is To in short). */
		if (name.len > 2)
			assert_int_equal(sip_hdr_lookup(slice_head(name, name.len - 1)), 0);
	}
}

static void test_compact(void **state)
{
	static const struct {
		char letter;
		const char *name;
	} rows[] = {
		{'a', "Accept-Contact"},
		{'b', "Referred-By"},
		{'c', "Content-Type"},
		{'d', "Request-Disposition"},
		{'e', "Content-Encoding"},
		{'f', "From"},
		{'i', "Call-ID"},
		{'j', "Reject-Contact"},
		{'k', "Supported"},
		{'l', "Content-Length"},
		{'m', "Contact"},
		{'n', "Identity-Info"},
		{'o', "Event"},
		{'r', "Refer-To"},
		{'s', "Subject"},
		{'t', "To"},
		{'u', "Allow-Events"},
		{'v', "Via"},
		{'x', "Session-Expires"},
		{'y', "Identity"},
	};
	unsigned known = 0;

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char up = (char)toupper((unsigned char)rows[i].letter);
		enum sip_hdr_id id = sip_hdr_lookup(slice_make(&rows[i].letter, 1));

		assert_true(slice_eq(sip_hdr_name(id), slice_str(rows[i].name)));
		assert_int_equal(sip_hdr_lookup(slice_make(&up, 1)), id);
	}
	for (unsigned c = 0; c < 256; c++) {
		char letter = (char)c;

		known += sip_hdr_lookup(slice_make(&letter, 1)) != SIP_HDR_OTHER;
	}
	assert_int_equal(known, 2 * ARRAY_COUNT(rows));
}

static void test_unknown(void **state)
{
	UNUSED(state);
	assert_int_equal(sip_hdr_lookup(SLICE_EMPTY), SIP_HDR_OTHER);
	assert_int_equal(sip_hdr_lookup(SLICE_LIT("X-Asterisk")), SIP_HDR_OTHER);
	assert_int_equal(sip_hdr_lookup(SLICE_LIT("C%6Fntact")), SIP_HDR_OTHER);
	assert_int_equal(sip_hdr_lookup(SLICE_LIT("@ia")), SIP_HDR_OTHER);
	assert_int_equal(sip_hdr_form(SIP_HDR_OTHER), SIP_HDR_FORM_PLAIN);
	assert_int_equal(sip_hdr_form(SIP_HDR_ROUTE), SIP_HDR_FORM_LIST);
	assert_int_equal(sip_hdr_form(SIP_HDR_CSEQ), SIP_HDR_FORM_SINGLE);
	assert_int_equal(sip_hdr_form(SIP_HDR_WWW_AUTHENTICATE), SIP_HDR_FORM_PLAIN);
}

static void test_methods(void **state)
{
	UNUSED(state);
	for (unsigned m = SIP_METHOD_OTHER + 1; m < SIP_METHOD_COUNT; m++)
		assert_int_equal(sip_method_lookup(sip_method_name((enum sip_method)m)), m);
	assert_int_equal(sip_method_lookup(SLICE_LIT("invite")), SIP_METHOD_OTHER);
	assert_int_equal(sip_method_lookup(SLICE_EMPTY), SIP_METHOD_OTHER);
	assert_int_equal(sip_method_name(SIP_METHOD_OTHER).len, 0);
}

static void test_phrases(void **state)
{
	UNUSED(state);
	assert_true(slice_eq(sip_status_phrase(100), SLICE_LIT("Trying")));
	assert_true(slice_eq(sip_status_phrase(486), SLICE_LIT("Busy Here")));
	assert_true(slice_eq(sip_status_phrase(608), SLICE_LIT("Rejected")));
	assert_true(slice_eq(sip_status_phrase(299), SLICE_LIT("Unknown")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_name), cmocka_unit_test(test_compact),
		cmocka_unit_test(test_unknown),	   cmocka_unit_test(test_methods),
		cmocka_unit_test(test_phrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
