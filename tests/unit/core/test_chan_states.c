/* tests/unit/core/test_chan_states.c - every state of a channel meets every event; limits of its texts. */
#include "tests/unit/core/chan_rig.h"

/* ---- every state meets every event ---- */

enum stage { ST_DIALING, ST_RINGING, ST_EARLY, ST_EARLY_TAKEN, ST_UP, ST_APP, ST_H, ST_FAILED, ST_COUNT };
enum happening {
	HAP_RING,
	HAP_PROGRESS,
	HAP_ANSWER,
	HAP_END,
	HAP_HANGUP,
	HAP_REDIRECT,
	HAP_TIME_OUT,
	HAP_SILENT,
	HAP_DIGIT,
	HAP_PLAYED,
	HAP_HOLD,
	HAP_STOP,
	HAP_COUNT,
};

static void go_to_stage(enum stage stage)
{
	struct originate *o = stage == ST_FAILED ? failing_order() : make_order();

	o->early_media = stage == ST_EARLY_TAKEN;
	if (stage == ST_H)
		o->context = SLICE_LIT("ends");
	if (stage == ST_APP) {
		o->app = SLICE_LIT("Wait");
		o->data = SLICE_LIT("5");
	}
	send_order(o);
	if (stage == ST_RINGING)
		ring();
	if (stage == ST_EARLY || stage == ST_EARLY_TAKEN)
		rig.tech->progress(rig.owner, &audio, true);
	if (stage == ST_UP || stage == ST_APP || stage == ST_H)
		answer();
	if (stage == ST_FAILED)
		end_with(17, 486);
	turn();
	if (stage == ST_H)
		rig.len = 0;
	assert_non_null(the_chan());
}

static void let_happen(enum happening what)
{
	struct chan *c = the_chan();
	handle_t handle = c ? slab_handle(rig.shard.chans, c) : HANDLE_NONE;
	bool signals = rig.has_call && c && rig.owner == c;
	bool hears = rig.has_session && c && rig.owner == c;

	if (!c)
		return;
	if (what == HAP_RING && signals)
		ring();
	if (what == HAP_PROGRESS && signals)
		rig.tech->progress(c, &audio, false);
	if (what == HAP_ANSWER && signals)
		answer();
	if (what == HAP_END && signals)
		end_with(16, 0);
	if (what == HAP_HANGUP)
		chan_request_hangup(c, 21);
	if (what == HAP_REDIRECT)
		redirect("other");
	if (what == HAP_TIME_OUT)
		rig.skew += 40 * TMR_SECOND;
	if (what == HAP_SILENT && hears)
		rig.media->silent(c);
	if (what == HAP_DIGIT && hears)
		rig.media->dtmf_end(c, '1', 100);
	if (what == HAP_PLAYED && hears)
		rig.media->played(c, MEDIA_PLAYED);
	if (what == HAP_HOLD && signals)
		rig.tech->media_changed(c, &audio, true);
	if (what == HAP_STOP)
		stop_now();
	/* Nothing that a port calls up may free the channel under it. */
	assert_ptr_equal(slab_get(rig.shard.chans, handle), c);
}

/* Exactly one outcome, Newchannel first and Hangup last of each channel, and nothing left. */
static void judge(enum stage stage, enum happening a, enum happening b)
{
	const char *last = NULL;

	for (const char *at = rig.events; (at = strstr(at, "Hangup(")); at++)
		last = at;
	if (stage == ST_H) /* its loop is long: the beginning was forgotten */
		memcpy(rig.events, "Newchannel ", 11);
	if (rig.dialed != 1 || rig.ended != 1 || strncmp(rig.events, "Newchannel ", 11) != 0 || !last ||
	    strcmp(strchr(last, ' '), " ENDED ") != 0 || !shard_is_quiet(&rig.shard))
		fail_msg("stage %d, event %d then %d: %u dialed, %u ended: %s", stage, a, b,
			 rig.dialed, rig.ended, rig.events);
}

static void test_every_state_meets_every_event(void **state)
{
	UNUSED(state);
	close_rig();
	for (enum stage stage = 0; stage < ST_COUNT; stage++) {
		for (unsigned n = 0; n < HAP_COUNT * HAP_COUNT * 2; n++) {
			enum happening a = n / 2 / HAP_COUNT, b = n / 2 % HAP_COUNT;

			open_rig();
			go_to_stage(stage);
			let_happen(a);
			if (n % 2) /* both in one turn, or one after the other */
				turn();
			let_happen(b);
			turn();
			pass(32);
			if (rig.has_call && the_chan() && rig.owner == the_chan())
				end_with(16, 0);
			pass(10);
			judge(stage, a, b);
			close_rig();
		}
	}
	open_rig();
}

/* ---- limits ---- */

static void test_texts_are_bounded(void **state)
{
	static char big[8000];
	struct originate *o = make_order();
	char uniqueid[LIMIT_UNIQUEID];

	UNUSED(state);
	memset(big, 'x', sizeof(big));
	memset(uniqueid, 'u', sizeof(uniqueid));
	o->channel_id = slice_make(uniqueid, LIMIT_UNIQUEID - 1);
	o->account = o->cid_name = o->cid_num = slice_make(big, sizeof(big));
	o->exten = o->context = slice_make(big, sizeof(big));
	o->has_cid = true;
	o->vars[o->var_count++] = (struct originate_var){SLICE_LIT("CDR(userfield)"),
							 slice_make(big, sizeof(big))};
	o->vars[o->var_count++] = (struct originate_var){SLICE_LIT("CHANNEL(language)"),
							 slice_make(big, sizeof(big))};
	send_order(o);
	answer();
	turn();
	assert_int_equal(rig.ended, 1); /* there is no such extension */
	assert_true(rig.largest <= EVENT_BYTES_MAX);
	assert_int_equal(rig.cdr.src.len, LIMIT_NAME - 1);
	assert_int_equal(rig.cdr.userfield.len, LIMIT_USERFIELD - 1);
	rig.find_error = -ENOENT;
	send_order(o);
	turn();
	assert_int_equal(rig.ended, 2);
	assert_int_equal(rig.cdrs, 2);
	assert_int_equal(rig.cdr.account.len, LIMIT_NAME - 1);
}

/* The largest order that the inbox takes finds room for itself and for all its variables. */
static void test_largest_order(void **state)
{
	static char value[LIMIT_VAR_VALUE];
	struct originate *o = make_order();
	struct slice got;

	UNUSED(state);
	memset(value, 'v', sizeof(value));
	for (unsigned i = 0; i < 7; i++) {
		static const char names[7][4] = {"V0", "V1", "V2", "V3", "V4", "V5", "V6"};

		o->vars[o->var_count++] = (struct originate_var){slice_str(names[i]),
								 slice_make(value, 8100)};
	}
	o->data = slice_make(value, 8191);
	assert_true(originate_packed_bytes(o) + sizeof(struct order) <= LIMIT_ORDER_BYTES);
	send_order(o);
	assert_non_null(the_chan());
	for (unsigned i = 0; i < 7; i++)
		assert_true(chan_get_var(the_chan(), o->vars[i].name, &got) && got.len == 8100);
	end_with(16, 0);
	turn();
	assert_int_equal(rig.ended, 1);
}

static void test_endless_time_out(void **state)
{
	static const int64_t timeouts[] = {INT64_MAX, INT64_MAX / 1000000 + 1, 0, -1, INT64_MIN};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(timeouts); i++) {
		make_order()->timeout_ms = timeouts[i];
		send_order(&order);
		pass(50);
		assert_int_equal(rig.ended, i);
		end_with(17, 486);
		turn();
	}
}

/* A dialplan that sets the same texts again and again does not use up the channel's memory. */
static void test_texts_reuse_their_room(void **state)
{
	UNUSED(state);
	make_order()->context = SLICE_LIT("loop");
	send_order(&order);
	answer();
	rig.len = 0;
	for (unsigned i = 0; i < 300 && the_chan(); i++) {
		rig.len = 0;
		rig.skew += TMR_MS;
		turn();
	}
	assert_int_equal(rig.ended, 1);
	assert_memory_equal(rig.cdr.clid.ptr, "\"done\" <1999>", 13);
	assert_memory_equal(rig.cdr.userfield.ptr, "1999", 4);
}

static void test_no_memory_for_a_name(void **state)
{
	struct arena hog;
	void *p;

	UNUSED(state);
	arena_init(&hog, rig.shard.arenas, SIZE_MAX / 2);
	do
		p = arena_alloc(&hog, 900);
	while (p);
	send_order(make_order());
	read_up();
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.cause, 42);
	assert_null(the_chan());
	arena_reset(&hog);
}

/* What belongs to the snapshot is gone once the call is dialled (straw_dial spoils it). */
static void test_nothing_of_the_snapshot_is_kept(void **state)
{
	UNUSED(state);
	send_order(make_order());
	assert_memory_equal(the_chan()->endpoint.ptr, "gw", 3);
	assert_memory_equal(the_chan()->context, "in", 3);
	end_with(16, 0);
	turn();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_state_meets_every_event),
		TEST(test_texts_are_bounded),
		TEST(test_largest_order),
		TEST(test_endless_time_out),
		TEST(test_texts_reuse_their_room),
		TEST(test_no_memory_for_a_name),
		TEST(test_nothing_of_the_snapshot_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
