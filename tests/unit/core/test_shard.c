/* tests/unit/core/test_shard.c - what control asks of a shard, and what comes back. */
#include "tests/unit/core/chan_rig.h"

/* ---- outcomes ---- */

static void test_outcome_record(void **state)
{
	struct outcome o = {.order_id = 7,
			    .attempt_no = 2,
			    .answered = true,
			    .reason = ORIGINATE_ANSWERED,
			    .cause = 16,
			    .tech_code = 486,
			    .is_reported = true,
			    .channel = SLICE_LIT("PJSIP/far-0000002a"),
			    .uniqueid = SLICE_LIT("call-1")};
	const struct pipe_record *r;
	const struct shard_outcome *f;

	UNUSED(state);
	shard_report(&rig.shard, SHARD_DIALED, &o, true);
	pipe_flush(rig.shard.up);
	r = pipe_read(rig.shard.up);
	assert_non_null(r);
	assert_int_equal(r->kind, SHARD_DIALED);
	f = (const void *)r->data;
	assert_int_equal(f->order_id, 7);
	assert_int_equal(f->attempt_no, 2);
	assert_true(f->answered && f->failed_ran && f->is_reported);
	assert_int_equal(f->reason, ORIGINATE_ANSWERED);
	assert_int_equal(f->cause, 16);
	assert_int_equal(f->tech_code, 486);
	assert_memory_equal(f->text, "PJSIP/far-0000002acall-1", 24);
	assert_int_equal(f->channel_len, 18);
	assert_int_equal(f->uniqueid_len, 6);
	assert_int_equal(r->len, offsetof(struct shard_outcome, text) + 24);
}

/* ---- questions ---- */

static void ask(enum shard_command kind, handle_t chan, struct slice a, struct slice b)
{
	size_t fixed = offsetof(struct shard_question, text);
	struct shard_question q = {
		.token = 77, .chan = chan, .number = 1, .len = {(uint32_t)a.len, (uint32_t)b.len}};
	char *at = pipe_begin(rig.shard.down, PIPE_DROPPABLE, kind, fixed + a.len + b.len);

	assert_non_null(at);
	memcpy(at, &q, fixed);
	if (a.len)
		memcpy(at + fixed, a.ptr, a.len);
	if (b.len)
		memcpy(at + fixed + a.len, b.ptr, b.len);
	pipe_commit(rig.shard.down, fixed + a.len + b.len);
	pipe_flush(rig.shard.down);
	assert_int_equal(shard_run_commands(&rig.shard, 10), 1);
}

/* The answer that came, into text (NUL-terminated); events before it are passed over. */
static bool answer_is_ok(char text[LIMIT_VAR_VALUE + 1])
{
	const struct pipe_record *r;

	pipe_flush(rig.shard.up);
	while ((r = pipe_read(rig.shard.up))) {
		const struct shard_question *a = (const void *)r->data;

		if (r->kind != SHARD_ANSWER)
			continue;
		assert_int_equal(a->token, 77);
		assert_true(a->len[0] <= LIMIT_VAR_VALUE);
		assert_int_equal(r->len, offsetof(struct shard_question, text) + a->len[0]);
		memcpy(text, a->text, a->len[0]);
		text[a->len[0]] = 0;
		return a->ok;
	}
	fail_msg("no answer came");
	return false;
}

static handle_t handle_of_call(void)
{
	send_order(make_order());
	answer();
	turn();
	return slab_handle(rig.shard.chans, the_chan());
}

static void over(void)
{
	if (rig.has_call)
		end_with(16, 0);
	turn();
}

static void test_get_and_set(void **state)
{
	char text[LIMIT_VAR_VALUE + 1];
	handle_t h = handle_of_call();

	UNUSED(state);
	ask(SHARD_SETVAR, h, SLICE_LIT("LEAD"), SLICE_LIT("4711"));
	assert_true(answer_is_ok(text));
	ask(SHARD_GETVAR, h, SLICE_LIT("LEAD"), SLICE_EMPTY);
	assert_true(answer_is_ok(text));
	assert_string_equal(text, "4711");
	ask(SHARD_SETVAR, h, SLICE_LIT("CALLERID(num)"), SLICE_LIT("555"));
	assert_true(answer_is_ok(text));
	ask(SHARD_GETVAR, h, SLICE_LIT("CALLERID(num)"), SLICE_EMPTY);
	answer_is_ok(text);
	assert_string_equal(text, "555");
	ask(SHARD_GETVAR, h, SLICE_LIT("NOTHING"), SLICE_EMPTY);
	assert_false(answer_is_ok(text));
	ask(SHARD_SETVAR, h, SLICE_LIT(""), SLICE_LIT("x"));
	assert_false(answer_is_ok(text));
	ask(SHARD_SETVAR, h, SLICE_LIT("NoSuchFunction(x)"), SLICE_LIT("x"));
	assert_false(answer_is_ok(text));
	over();
}

/* The largest value goes both ways; one octet more is refused, not cut. */
static void test_largest_value(void **state)
{
	static char big[LIMIT_VAR_VALUE];
	char text[LIMIT_VAR_VALUE + 1];
	handle_t h = handle_of_call();

	UNUSED(state);
	memset(big, 'b', sizeof(big));
	ask(SHARD_SETVAR, h, SLICE_LIT("BIG"), slice_make(big, sizeof(big) - 1));
	assert_true(answer_is_ok(text));
	ask(SHARD_GETVAR, h, SLICE_LIT("BIG"), SLICE_EMPTY);
	assert_true(answer_is_ok(text));
	assert_int_equal(strlen(text), sizeof(big) - 1);
	ask(SHARD_SETVAR, h, SLICE_LIT("BIG"), slice_make(big, sizeof(big)));
	assert_false(answer_is_ok(text));
	over();
}

/* More than an answer holds: whole lines only. */
static void test_list_of_many(void **state)
{
	static char big[3000];
	char text[LIMIT_VAR_VALUE + 1], name[8] = "V0";
	handle_t h = handle_of_call();

	UNUSED(state);
	memset(big, 'b', sizeof(big));
	for (unsigned i = 0; i < 5; i++) {
		name[1] = (char)('0' + i);
		ask(SHARD_SETVAR, h, slice_str(name), slice_make(big, sizeof(big)));
		assert_true(answer_is_ok(text));
	}
	ask(SHARD_LISTVARS, h, SLICE_EMPTY, SLICE_EMPTY);
	assert_true(answer_is_ok(text));
	assert_int_equal(strlen(text), 2 * (sizeof(big) + 4)); /* newest first */
	assert_memory_equal(text, "V4=bbb", 6);
	assert_int_equal(text[strlen(text) - 1], '\n');
	over();
}

static void test_channel_is_gone(void **state)
{
	char text[LIMIT_VAR_VALUE + 1];
	handle_t h = handle_of_call();
	struct shard_hangup hangup = {.chan = h, .cause = 16};

	UNUSED(state);
	over();
	assert_null(the_chan());
	ask(SHARD_GETVAR, h, SLICE_LIT("X"), SLICE_EMPTY);
	assert_false(answer_is_ok(text));
	ask(SHARD_SETVAR, h, SLICE_LIT("X"), SLICE_LIT("1"));
	assert_false(answer_is_ok(text));
	ask(SHARD_LISTVARS, h, SLICE_EMPTY, SLICE_EMPTY);
	assert_false(answer_is_ok(text));
	ask(SHARD_REDIRECT, h, SLICE_LIT("play"), SLICE_LIT("s"));
	pipe_write(rig.shard.down, PIPE_DROPPABLE, SHARD_HANGUP, &hangup, sizeof(hangup));
	pipe_flush(rig.shard.down);
	shard_run_commands(&rig.shard, 10);
}

static void test_globals(void **state)
{
	char text[LIMIT_VAR_VALUE + 1];

	UNUSED(state);
	ask(SHARD_GLOBAL, HANDLE_NONE, SLICE_LIT("RATE"), SLICE_LIT("7"));
	ask(SHARD_GETVAR, HANDLE_NONE, SLICE_LIT("RATE"), SLICE_EMPTY);
	assert_true(answer_is_ok(text));
	assert_string_equal(text, "7");
}

/* A dialplan sets a global: the other shards hear of it. */
static void test_global_goes_up(void **state)
{
	const struct shard_question *q;
	const struct pipe_record *r;

	UNUSED(state);
	rig.shard.count = 2;
	assert_int_equal(shard_set_global(&rig.shard, SLICE_LIT("G"), SLICE_LIT("on")), 0);
	pipe_flush(rig.shard.up);
	r = pipe_read(rig.shard.up);
	assert_non_null(r);
	assert_int_equal(r->kind, SHARD_GLOBAL_SET);
	q = (const void *)r->data;
	assert_memory_equal(q->text, "Gon", 3);
	rig.shard.count = 1;
}

/* As many answers of the largest size as control lets wait find room, whatever else is in the pipe. */
static void test_all_answers_find_room(void **state)
{
	static char big[LIMIT_VAR_VALUE];
	const struct pipe_conf up = {
		.spare_bytes = 1 << 16,
		.reserve_bytes = LIMIT_ASKS * (LIMIT_VAR_VALUE + 64),
		.record_max = 32 * 1024,
	};
	char text[LIMIT_VAR_VALUE + 1];
	handle_t h = handle_of_call();
	struct pipe *before = rig.shard.up;

	UNUSED(state);
	memset(big, 'b', sizeof(big));
	ask(SHARD_SETVAR, h, SLICE_LIT("BIG"), slice_make(big, sizeof(big) - 1));
	assert_true(answer_is_ok(text));
	assert_int_equal(pipe_create(&rig.shard.up, &up), 0);
	for (unsigned i = 0; i < 100; i++)
		chan_user_event(the_chan(), SLICE_LIT("E"), slice_make(big, sizeof(big)));
	assert_true(metric_get(&rig.shard.metrics, METRIC_event_dropped) > 0);
	for (unsigned i = 0; i < LIMIT_ASKS; i++)
		ask(SHARD_GETVAR, h, SLICE_LIT("BIG"), SLICE_EMPTY);
	for (unsigned i = 0; i < LIMIT_ASKS; i++)
		assert_true(answer_is_ok(text));
	pipe_destroy(rig.shard.up);
	rig.shard.up = before;
	over();
}

/* ---- configuration ---- */

static void test_new_snapshot(void **state)
{
	struct shard_conf next = {.generation = 3, .dialplan = rig.dialplan};
	const struct pipe_record *r;

	UNUSED(state);
	assert_true(pipe_write(rig.shard.down, PIPE_RELIABLE, SHARD_CONF, &next, sizeof(next)));
	pipe_flush(rig.shard.down);
	shard_run_commands(&rig.shard, 1);
	pipe_flush(rig.shard.up);
	r = pipe_read(rig.shard.up);
	assert_int_equal(r->kind, SHARD_CONF_DONE);
	assert_int_equal(((const struct shard_conf *)(const void *)r->data)->generation, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_outcome_record),  TEST(test_get_and_set),    TEST(test_largest_value),
		TEST(test_list_of_many),    TEST(test_channel_is_gone), TEST(test_globals),
		TEST(test_global_goes_up),  TEST(test_all_answers_find_room),
		TEST(test_new_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
