/* tests/unit/core/test_originate.c - packed forms: originate, event, call record. */
#include "engine/core/originate.h"

#include "engine/base/check.h"
#include "engine/core/cdr.h"
#include "engine/core/event.h"
#include "tests/unit/cmocka.h"

#include <string.h>

#define assert_text(s, text) assert_true(slice_eq(s, SLICE_LIT(text)))

static size_t pack_sample(char *buf, size_t room)
{
	static struct originate o;

	originate_init(&o);
	o.id = 77;
	o.tech = SLICE_LIT("PJSIP");
	o.resource = SLICE_LIT("100@trunk");
	o.context = SLICE_LIT("sets");
	o.exten = SLICE_LIT("103");
	o.priority = 2;
	o.timeout_ms = 4500;
	o.cid_name = slice_make("A\0b", 3);
	o.has_cid = true;
	o.early_media = true;
	o.var_count = 2;
	o.guarded_vars = 1;
	o.vars[0] = (struct originate_var){SLICE_LIT("A"), SLICE_LIT("1")};
	o.vars[1] = (struct originate_var){SLICE_LIT("CALLERID(num)"), SLICE_EMPTY};
	assert_true(originate_packed_bytes(&o) <= room);
	return originate_pack(buf, &o);
}

static void test_round_trip(void **state)
{
	static struct originate o;
	char buf[1024];
	size_t len = pack_sample(buf, sizeof(buf));

	UNUSED(state);
	assert_true(originate_unpack(buf, len, &o));
	assert_int_equal(o.id, 77);
	assert_text(o.tech, "PJSIP");
	assert_text(o.resource, "100@trunk");
	assert_text(o.context, "sets");
	assert_text(o.exten, "103");
	assert_int_equal(o.priority, 2);
	assert_int_equal(o.timeout_ms, 4500);
	assert_int_equal(o.cid_name.len, 3);
	assert_true(o.has_cid && o.early_media && !o.wants_failed);
	assert_int_equal(o.var_count, 2);
	assert_false(originate_is_guarded(&o, 0));
	assert_true(originate_is_guarded(&o, 1));
	assert_text(o.vars[1].name, "CALLERID(num)");
	assert_int_equal(o.vars[1].value.len, 0);
	assert_int_equal(o.attempt_no, 1);
}

/* Cut anywhere, it is refused and nothing outside is read (the sanitizers watch). */
static void test_cut(void **state)
{
	static struct originate o;
	char buf[1024];
	size_t len = pack_sample(buf, sizeof(buf));

	UNUSED(state);
	for (size_t cut = 0; cut < len; cut++)
		assert_false(originate_unpack(buf, cut, &o));
}

static void test_event(void **state)
{
	struct pipe_conf conf = {.spare_bytes = 65536, .reserve_bytes = 65536};
	struct event e = {.kind = EVENT_VARSET, .shard = 3, .chan = 9, .wall_ns = 12}, r;
	const struct pipe_record *record;
	struct pipe *p;

	UNUSED(state);
	assert_int_equal(pipe_create(&p, &conf), 0);
	e.snap.name = SLICE_LIT("PJSIP/t-00000001");
	e.snap.state = 6;
	e.snap.priority = -1;
	e.snap.linkedid = SLICE_LIT("1.2");
	e.text[0] = SLICE_LIT("NAME");
	e.text[5] = SLICE_LIT("last");
	e.number[1] = -5;
	assert_true(event_write(p, &e));
	pipe_flush(p);
	record = pipe_read(p);
	assert_non_null(record);
	assert_true(event_read(record, &r));
	assert_int_equal(r.kind, EVENT_VARSET);
	assert_int_equal(r.shard, 3);
	assert_int_equal(r.chan, 9);
	assert_text(r.snap.name, "PJSIP/t-00000001");
	assert_int_equal(r.snap.priority, -1);
	assert_text(r.snap.linkedid, "1.2");
	assert_text(r.text[0], "NAME");
	assert_text(r.text[5], "last");
	assert_int_equal(r.number[1], -5);
	assert_string_equal(event_state_text(5), "Ringing");
	assert_string_equal(event_name(EVENT_NEWEXTEN), "Newexten");
	pipe_destroy(p);
}

static void test_record(void **state)
{
	struct cdr c = {.account = SLICE_LIT("camp"), .clid = SLICE_LIT("\"A\" <1>"),
			.start_wall_ns = INT64_C(5000000000), .answer_wall_ns = INT64_C(7500000000),
			.end_wall_ns = INT64_C(9400000000), .disposition = CDR_ANSWERED,
			.amaflags = CDR_DOCUMENTATION, .sequence = 4}, r;
	char buf[512];
	size_t len = cdr_pack(buf, &c);

	UNUSED(state);
	assert_int_equal(len, cdr_packed_bytes(&c));
	assert_true(cdr_unpack(buf, len, &r));
	assert_text(r.account, "camp");
	assert_text(r.clid, "\"A\" <1>");
	assert_int_equal(cdr_duration_s(&r), 4);
	assert_int_equal(cdr_billsec_s(&r), 1);
	assert_string_equal(cdr_disposition_text(r.disposition), "ANSWERED");
	r.answer_wall_ns = 0;
	assert_int_equal(cdr_billsec_s(&r), 0);
	assert_false(cdr_unpack(buf, len - 1, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
