/* tests/unit/core/test_shard.c - records between control and shard. */
#include "engine/core/shard.h"

#include "engine/base/check.h"
#include "tests/unit/cmocka.h"

static void test_outcome_record(void **state)
{
	static struct shard s;
	struct pipe_conf conf = {.spare_bytes = 65536, .reserve_bytes = 65536};
	struct outcome o = {.order_id = 7,
			    .attempt_no = 2,
			    .answered = true,
			    .reason = ORIGINATE_ANSWERED,
			    .cause = 16,
			    .tech_code = 486,
			    .channel = SLICE_LIT("PJSIP/far-0000002a"),
			    .uniqueid = SLICE_LIT("call-1")};
	const struct pipe_record *r;
	const struct shard_outcome *f;

	UNUSED(state);
	assert_int_equal(pipe_create(&s.up, &conf), 0);
	shard_report(&s, SHARD_DIALED, &o, true);
	pipe_flush(s.up);
	r = pipe_read(s.up);
	assert_non_null(r);
	assert_int_equal(r->kind, SHARD_DIALED);
	f = (const void *)r->data;
	assert_int_equal(f->order_id, 7);
	assert_int_equal(f->attempt_no, 2);
	assert_true(f->answered && f->failed_ran);
	assert_int_equal(f->reason, ORIGINATE_ANSWERED);
	assert_int_equal(f->cause, 16);
	assert_int_equal(f->tech_code, 486);
	assert_memory_equal(f->text, "PJSIP/far-0000002acall-1", 24);
	assert_int_equal(f->channel_len, 18);
	assert_int_equal(f->uniqueid_len, 6);
	assert_int_equal(r->len, offsetof(struct shard_outcome, text) + 24);
	pipe_destroy(s.up);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_outcome_record)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
