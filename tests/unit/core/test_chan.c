/* tests/unit/core/test_chan.c - the transcripts of ami-events.md 8.2 to 8.6 come out event by event; early
 * media, redirects and the `failed` extension; two things in one turn. */
#include "tests/unit/core/chan_rig.h"

/* ---- transcripts ---- */

static void test_answered_and_over(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	answer();
	turn();
	assert_string_equal(rig.events, INTRO "Newstate(5) DialState(RINGING) Newstate(6) "
					      "DialEnd(ANSWER) DIALED(4) s@play:Wait ");
	forget_events();
	pass(6);
	assert_string_equal(rig.events, "s@play:Hangup SoftHangupRequest Cdr Hangup(16,0) ENDED ");
	assert_int_equal(rig.hangup_cause, 16);
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
	assert_string_equal(rig.uniqueid, "call-1");
	assert_memory_equal(rig.cdr.dst.ptr, "s", 1);
	assert_memory_equal(rig.cdr.dcontext.ptr, "play", 4);
	assert_memory_equal(rig.cdr.lastapp.ptr, "Hangup", 6);
	assert_memory_equal(rig.cdr.clid.ptr, "\"Ann\" <100>", 11);
}

static void test_busy(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events,
			    INTRO "Newstate(5) DialState(RINGING) HangupRequest(17,486) "
				  "DialEnd(BUSY) DIALED(5) Cdr Hangup(17,486) ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_BUSY);
	assert_memory_equal(rig.cdr.lastapp.ptr, "AppDial2", 8);
	assert_memory_equal(rig.cdr.dst.ptr, "s", 1);
	assert_memory_equal(rig.cdr.dcontext.ptr, "in", 2);
	assert_int_equal(rig.cause, 17);
	assert_int_equal(rig.tech_code, 486);
	assert_true(rig.is_reported);
	assert_int_equal(rig.hangups, 0);
}

/* rtp_timeout: Q.850 44, towards the far end too. */
static void test_silence(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	answer();
	turn();
	forget_events();
	rig.media->silent(the_chan());
	turn();
	assert_string_equal(rig.events, "SoftHangupRequest Cdr Hangup(44,0) ENDED ");
	assert_int_equal(rig.hangup_cause, 44);
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
}

static void test_no_answer(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	turn();
	forget_events();
	rig.hangup_code = 480;
	pass(31);
	assert_string_equal(rig.events, "DIALED(3) Cdr Hangup(19,480) ENDED ");
	assert_int_equal(rig.hangup_cause, 19);
	assert_int_equal(rig.cdr.disposition, CDR_NO_ANSWER);
	assert_false(rig.is_reported);
}

static void test_hung_up_while_ringing(void **state)
{
	UNUSED(state);
	dial_like_the_book();
	ring();
	turn();
	forget_events();
	chan_request_hangup(the_chan(), 16);
	assert_non_null(the_chan()); /* only marked */
	turn();
	assert_string_equal(rig.events, "DialEnd(NOANSWER) DIALED(0) Cdr Hangup(16,0) ENDED ");
}

static void test_no_channel_at_all(void **state)
{
	UNUSED(state);
	rig.find_error = -ENOENT;
	dial_like_the_book();
	read_up();
	assert_string_equal(rig.events, "DIALED(0) Cdr ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
	assert_string_equal(rig.uniqueid, "call-1");
	rig.find_error = 0;
	rig.no_session = true;
	dial_like_the_book();
	read_up();
	assert_int_equal(rig.dialed, 2);
	assert_int_equal(rig.ended, 2);
}

/* A trunk that takes no calls: no channel, no event, no record, no outcome; only word that it is
 * so. */
static void test_held_trunk(void **state)
{
	UNUSED(state);
	rig.held = (struct tech_hold){.until_ns = 77, .on_trial = true};
	dial_like_the_book();
	turn();
	assert_non_null(strstr(rig.events, "UNDIALLED("));
	assert_non_null(strstr(rig.events, ",77,1) "));
	assert_ptr_equal(strchr(rig.events, ' ') + 1, rig.events + strlen(rig.events));
	assert_null(the_chan());
	assert_true(shard_is_quiet(&rig.shard));
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_attempt_put_back), 1);
	assert_int_equal(metric_get(&rig.shard.metrics, METRIC_attempt_started), 0);
}

static void test_dial_fails(void **state)
{
	UNUSED(state);
	rig.dial_error = -EMSGSIZE;
	dial_like_the_book();
	turn();
	assert_string_equal(rig.events, INTRO "DIALED(0) Cdr Hangup(42,0) ENDED ");
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
}

static void test_no_records_of_the_unanswered(void **state)
{
	UNUSED(state);
	rig.shard.unanswered_cdr = false;
	dial_like_the_book();
	end_with(34, 503);
	turn();
	rig.find_error = -ENOENT;
	dial_like_the_book();
	read_up();
	assert_int_equal(rig.cdrs, 0);
	assert_int_equal(rig.ended, 2);
}

static void test_dispositions(void **state)
{
	static const struct {
		int cause, code;
		bool congestion;
		enum cdr_disposition disposition;
		const char *status;
	} rows[] = {
		{17, 486, true, CDR_BUSY, "DialEnd(BUSY)"},
		{34, 503, true, CDR_CONGESTION, "DialEnd(CONGESTION)"},
		{34, 503, false, CDR_FAILED, "DialEnd(CONGESTION)"},
		{21, 603, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{1, 404, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{19, 480, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{18, 408, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{127, 487, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{38, 500, true, CDR_NO_ANSWER, "DialEnd(NOANSWER)"},
		{3, 420, true, CDR_FAILED, "DialEnd(CHANUNAVAIL)"},
		{20, 0, true, CDR_FAILED, "DialEnd(CHANUNAVAIL)"},
	};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		forget_events();
		rig.shard.congestion_cdr = rows[i].congestion;
		send_order(make_order());
		end_with(rows[i].cause, rows[i].code);
		turn();
		assert_int_equal(rig.cdr.disposition, rows[i].disposition);
		assert_non_null(strstr(rig.events, rows[i].status));
		assert_int_equal(rig.reason, cause_originate_reason((unsigned)rows[i].cause));
	}
}

/* dialer.conf compat_reason: as Asterisk with PJSIP. Our own end of it gives no reason in any case.
 */
static void test_compat_reason(void **state)
{
	UNUSED(state);
	for (int compat = 0; compat < 2; compat++) {
		rig.shard.compat_reason = compat;
		send_order(make_order());
		end_with(17, 486);
		turn();
		assert_int_equal(rig.reason, compat ? 0 : 5);
		send_order(make_order());
		ring();
		chan_request_hangup(the_chan(), 17);
		turn();
		assert_int_equal(rig.reason, 0);
	}
}

/* ---- early media ---- */

static struct originate *early_order(void)
{
	struct originate *o = make_order();

	o->early_media = true;
	return o;
}

static void test_early_media_then_failure(void **state)
{
	UNUSED(state);
	send_order(early_order());
	rig.tech->progress(rig.owner, &audio, false);
	turn();
	assert_true(rig.answered);
	assert_non_null(strstr(rig.events, "DialState(PROGRESS) DIALED(4) s@play:Wait "));
	forget_events();
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events, "HangupRequest(17,486) DialEnd(BUSY) SoftHangupRequest Cdr "
					"Hangup(17,486) ENDED ");
	assert_int_equal(rig.reason, ORIGINATE_ANSWERED);
	assert_int_equal(rig.cdr.disposition, CDR_BUSY);
}

static void test_early_media_outlives_the_time_out(void **state)
{
	UNUSED(state);
	early_order()->timeout_ms = 2000;
	order.context = SLICE_LIT("play");
	order.exten = SLICE_LIT("other");
	send_order(&order);
	rig.tech->progress(rig.owner, &audio, false);
	pass(4);
	assert_int_equal(rig.ended, 0);
	answer();
	pass(4);
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.dialed, 1);
	assert_int_equal(rig.cdr.disposition, CDR_ANSWERED);
}

static void test_progress_without_media_is_no_answer(void **state)
{
	UNUSED(state);
	early_order()->timeout_ms = 2000;
	send_order(&order);
	rig.tech->progress(rig.owner, NULL, false);
	pass(3);
	assert_false(rig.answered);
	assert_int_equal(rig.reason, ORIGINATE_RINGING);
}

/* ---- two things in one turn ---- */

static void test_refusal_and_time_out_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	turn();
	forget_events();
	rig.skew += 31 * TMR_SECOND; /* the timer is due, and has not been looked at */
	end_with(17, 486);
	turn();
	assert_string_equal(rig.events, "HangupRequest(17,486) DialEnd(BUSY) DIALED(5) Cdr "
					"Hangup(17,486) ENDED ");
}

static void test_answer_and_bye_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	end_with(16, 0);
	turn();
	assert_true(rig.answered);
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "s@play"));
	assert_null(strstr(rig.events, "DialEnd(NOANSWER)"));
}

static void test_hangup_and_answer_in_one_turn(void **state)
{
	UNUSED(state);
	send_order(make_order());
	chan_request_hangup(the_chan(), -1);
	answer();
	turn();
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.hangups, 1);
	assert_null(strstr(rig.events, "s@play"));
}

/* A digit breaks the prompt in the very turn in which it ended: its end is not the next prompt's. */
static void test_digit_and_end_of_prompt_in_one_turn(void **state)
{
	UNUSED(state);
	make_order()->exten = SLICE_LIT("menu");
	send_order(&order);
	answer();
	turn();
	assert_int_equal(rig.plays, 1);
	rig.media->played(rig.owner, MEDIA_PLAYED);
	rig.media->dtmf_end(rig.owner, '1', 100);
	turn();
	assert_int_equal(rig.plays, 2);
	assert_null(strstr(rig.events, "1@play:Hangup"));
	rig.media->played(rig.owner, MEDIA_PLAYED);
	turn();
	assert_non_null(strstr(rig.events, "1@play:Hangup"));
	assert_int_equal(rig.cause, 21);
}

/* ---- redirect ---- */

static void test_redirect_in_dialplan(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	turn();
	redirect("other");
	turn();
	assert_non_null(strstr(rig.events, "s@play:Wait other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
}

static void test_redirect_before_the_answer(void **state)
{
	UNUSED(state);
	make_order()->app = SLICE_LIT("Wait");
	order.data = SLICE_LIT("2");
	send_order(&order);
	ring();
	redirect("other");
	turn();
	answer();
	turn();
	assert_non_null(strstr(rig.events, "DIALED(4) other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
	assert_memory_equal(rig.cdr.dst.ptr, "other", 5);
}

static void test_redirect_in_the_turn_of_the_answer(void **state)
{
	UNUSED(state);
	send_order(make_order());
	answer();
	redirect("other");
	turn();
	assert_null(strstr(rig.events, "s@play"));
	assert_non_null(strstr(rig.events, "other@play:Wait "));
	pass(8);
	assert_int_equal(rig.ended, 1);
}

static void test_redirect_during_h_is_ignored(void **state)
{
	UNUSED(state);
	make_order()->context = SLICE_LIT("ends");
	send_order(&order);
	answer();
	turn();
	assert_non_null(strstr(rig.events, "h@ends:EndWhile"));
	redirect("other");
	chan_request_hangup(the_chan(), 21);
	rig.len = 0;
	pass(5);
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "other@"));
	assert_int_equal(rig.cause, 16);
}

/* ---- the `failed` extension ---- */

static void test_failed_extension(void **state)
{
	UNUSED(state);
	send_order(failing_order());
	end_with(17, 486);
	turn();
	assert_non_null(strstr(rig.events, "DIALED(5) Cdr Hangup(17,486) Newchannel "
					   "VarSet(REASON) failed@play:Wait "));
	assert_int_equal(rig.ended, 0);
	pass(4);
	assert_int_equal(rig.ended, 1);
	assert_int_equal(rig.dialed, 1);
	assert_int_equal(rig.cdrs, 2);
	assert_int_equal(rig.cdr.disposition, CDR_FAILED);
	assert_memory_equal(rig.cdr.dst.ptr, "failed", 6);
	assert_non_null(strstr(rig.events, "SoftHangupRequest Cdr Hangup(0,0) ENDED "));
	assert_string_equal(rig.uniqueid, "call-1"); /* of the call that failed */
	assert_int_equal(rig.cause, 17);
	assert_int_equal(rig.tech_code, 486);
}

/* No channel came to be: the extension runs all the same. */
static void test_failed_extension_without_a_channel(void **state)
{
	UNUSED(state);
	rig.find_error = -ENOENT;
	send_order(failing_order());
	turn();
	assert_string_equal(rig.events, "DIALED(0) Cdr Newchannel VarSet(REASON) failed@play:Wait ");
	pass(4);
	assert_int_equal(rig.dialed, 1);
	assert_int_equal(rig.ended, 1);
	assert_string_equal(rig.uniqueid, "call-1");
}

static void test_failed_extension_is_hung_up(void **state)
{
	UNUSED(state);
	/* Before it began: the channel is made on the turn of the failure and starts after. */
	send_order(failing_order());
	end_with(17, 486);
	shard_run_ready(&rig.shard, 1);
	assert_non_null(the_chan());
	chan_request_hangup(the_chan(), -1);
	turn();
	assert_int_equal(rig.ended, 1);
	assert_null(strstr(rig.events, "DialEnd(NOANSWER)"));
	/* While it runs. */
	send_order(failing_order());
	end_with(17, 486);
	turn();
	chan_request_hangup(the_chan(), -1);
	turn();
	assert_int_equal(rig.ended, 2);
}

static void test_stop_now_ends_everything(void **state)
{
	UNUSED(state);
	send_order(failing_order()); /* ringing: its failure must not start a new channel */
	ring();
	turn();
	stop_now();
	turn();
	assert_int_equal(rig.ended, 1);
	assert_null(the_chan());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answered_and_over),
		TEST(test_busy),
		TEST(test_no_answer),
		TEST(test_silence),
		TEST(test_hung_up_while_ringing),
		TEST(test_no_channel_at_all),
		TEST(test_held_trunk),
		TEST(test_dial_fails),
		TEST(test_no_records_of_the_unanswered),
		TEST(test_dispositions),
		TEST(test_compat_reason),
		TEST(test_early_media_then_failure),
		TEST(test_early_media_outlives_the_time_out),
		TEST(test_progress_without_media_is_no_answer),
		TEST(test_refusal_and_time_out_in_one_turn),
		TEST(test_answer_and_bye_in_one_turn),
		TEST(test_hangup_and_answer_in_one_turn),
		TEST(test_digit_and_end_of_prompt_in_one_turn),
		TEST(test_redirect_in_dialplan),
		TEST(test_redirect_before_the_answer),
		TEST(test_redirect_in_the_turn_of_the_answer),
		TEST(test_redirect_during_h_is_ignored),
		TEST(test_failed_extension),
		TEST(test_failed_extension_without_a_channel),
		TEST(test_failed_extension_is_hung_up),
		TEST(test_stop_now_ends_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
