/* What is remembered of messages, and found again. */
#include "engine/base/check.h"
#include "sip/history.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>

#define SIZE 8

static void note(struct history *h, enum history_kind kind, int64_t ns, const char *start,
		 const char *call_id)
{
	const struct history_entry head = {.wall_ns = ns, .kind = (uint8_t)kind};

	sip_history_note(h, &head, slice_str(start), SLICE_LIT("1 INVITE"), slice_str(call_id));
}

/* "start start ..." of what is found. */
static const char *found(const struct history *h, const char *key, uint32_t max)
{
	static char text[1024];
	const struct history_entry *e[SIZE];
	uint32_t count = sip_history_find(h, slice_str(key), e, max);
	size_t len = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? " " : "",
					SLICE_ARG(sip_history_start(e[i])));
	return text;
}

static void test_found(void **state)
{
	struct history h;

	UNUSED(state);
	assert_int_equal(sip_history_init(&h, SIZE), 0);
	assert_string_equal(found(&h, "", SIZE), "");
	note(&h, HISTORY_TX, 1, "a1", "a");
	note(&h, HISTORY_NAME, 1, "PJSIP/x-00000001", "a");
	note(&h, HISTORY_RX, 2, "b1", "b");
	note(&h, HISTORY_RX, 3, "a2", "a");
	assert_string_equal(found(&h, "", SIZE), "a1 b1 a2");
	assert_string_equal(found(&h, "", 2), "b1 a2");
	assert_string_equal(found(&h, "a", SIZE), "a1 PJSIP/x-00000001 a2");
	assert_string_equal(found(&h, "pjsip/X-00000001", SIZE), "a1 PJSIP/x-00000001 a2");
	assert_string_equal(found(&h, "PJSIP/x-00000002", SIZE), "");
	assert_string_equal(found(&h, "b", SIZE), "b1");
	sip_history_take_back(&h); /* a2 was another shard's */
	assert_string_equal(found(&h, "a", SIZE), "a1 PJSIP/x-00000001");
	sip_history_clear(&h);
	assert_string_equal(found(&h, "", SIZE), "");
	sip_history_free(&h);
}

/* The oldest goes; an entry that comes around forgets all of the old one. */
static void test_wrap(void **state)
{
	struct history h;
	char name[16];

	UNUSED(state);
	assert_int_equal(sip_history_init(&h, SIZE), 0);
	for (int i = 0; i < 3 * SIZE; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		note(&h, HISTORY_TX, i, name, i % 2 ? "odd" : "even");
	}
	assert_string_equal(found(&h, "", SIZE), "m16 m17 m18 m19 m20 m21 m22 m23");
	assert_string_equal(found(&h, "odd", 2), "m21 m23");
	sip_history_take_back(&h);
	assert_string_equal(found(&h, "odd", SIZE), "m17 m19 m21");
	sip_history_free(&h);
}

/* Whatever comes is cut, and each part stays in its place. */
static void test_long(void **state)
{
	static char longer[600];
	const struct history_entry *e;
	struct history_entry head = {.kind = HISTORY_RX};
	struct history h;

	UNUSED(state);
	memset(longer, 'x', sizeof(longer));
	assert_int_equal(sip_history_init(&h, SIZE), 0);
	sip_history_note(&h, &head, slice_make(longer, 600), slice_make(longer, 600),
		     slice_make(longer, 600));
	assert_int_equal(sip_history_find(&h, slice_make(longer, 600), &e, 1), 0);
	assert_int_equal(sip_history_find(&h, SLICE_EMPTY, &e, 1), 1);
	assert_int_equal(e->start_len + e->cseq_len + e->call_id_len, HISTORY_TEXT);
	sip_history_note(&h, &head, SLICE_EMPTY, SLICE_EMPTY, SLICE_EMPTY);
	assert_int_equal(sip_history_find(&h, SLICE_EMPTY, &e, 1), 1);
	assert_int_equal(sip_history_start(e).len + sip_history_call_id(e).len, 0);
	sip_history_free(&h);
}

static void test_scan(void **state)
{
	static const char text[] =
		"INVITE sip:a SIP/2.0\r\nVia: x\r\nCall-ID: id@h\r\nCSeq: 7 INVITE\r\n\r\n"
		"Call-ID: of the body\r\n";
	struct slice start, cseq, call_id;

	UNUSED(state);
	for (size_t len = 0; len < sizeof(text); len++) /* wherever it ends */
		sip_history_scan(slice_make(text, len), &start, &cseq, &call_id);
	assert_true(slice_eq(start, SLICE_LIT("INVITE sip:a SIP/2.0")));
	assert_true(slice_eq(cseq, SLICE_LIT("7 INVITE")));
	assert_true(slice_eq(call_id, SLICE_LIT("id@h")));
	sip_history_scan(SLICE_LIT("SIP/2.0 200 OK\r\n\r\nCSeq: 1 BYE\r\n"), &start, &cseq, &call_id);
	assert_int_equal(cseq.len + call_id.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
