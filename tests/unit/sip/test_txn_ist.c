/* tests/unit/sip/test_txn_ist.c - RFC 3261 figure 7 and RFC 6026 figure 5, cell by cell. */
#include "tests/unit/sip/txn_rig.h"

#define GONE "gone "
static const struct rig_cell figure[IST_STATE_COUNT][IST_EVENT_COUNT] = {
	[IST_PROCEEDING] =
		{
			[IST_RX_INVITE] = {IST_PROCEEDING, "", 1}, /* the last provisional */
			[IST_RX_ACK] = {RIG_NONE, "", 0},
			[IST_TX_1XX] = {IST_PROCEEDING, "", 1},
			[IST_TX_2XX] = {IST_ACCEPTED, "", 1},
			[IST_TX_FAIL] = {IST_COMPLETED, "", 1},
			[IST_TMR_G] = {RIG_NEVER, "", 0},
			[IST_TMR_H] = {RIG_NEVER, "", 0},
			[IST_TMR_I] = {RIG_NEVER, "", 0},
			[IST_TMR_L] = {RIG_NEVER, "", 0},
			[IST_TX_ERROR] = {IST_TERMINATED, "error " GONE, 0},
			[IST_DROP] = {IST_TERMINATED, GONE, 0},
		},
	[IST_ACCEPTED] =
		{
			[IST_RX_INVITE] = {IST_ACCEPTED, "", 0},
			[IST_RX_ACK] = {IST_ACCEPTED, "acked ", 0},
			[IST_TX_1XX] = {RIG_NEVER, "", 0},
			[IST_TX_2XX] = {RIG_NEVER, "", 0},
			[IST_TX_FAIL] = {RIG_NEVER, "", 0},
			[IST_TMR_G] = {IST_ACCEPTED, "", 1}, /* 13.3.1.4, for the user */
			[IST_TMR_H] = {RIG_NEVER, "", 0},
			[IST_TMR_I] = {RIG_NEVER, "", 0},
			[IST_TMR_L] = {IST_TERMINATED, "not_acked " GONE, 0},
			[IST_TX_ERROR] = {IST_TERMINATED, "error " GONE, 0},
			[IST_DROP] = {IST_TERMINATED, GONE, 0},
		},
	[IST_COMPLETED] =
		{
			[IST_RX_INVITE] = {IST_COMPLETED, "", 1},
			[IST_RX_ACK] = {IST_CONFIRMED, "", 0},
			[IST_TX_1XX] = {RIG_NEVER, "", 0},
			[IST_TX_2XX] = {RIG_NEVER, "", 0},
			[IST_TX_FAIL] = {RIG_NEVER, "", 0},
			[IST_TMR_G] = {IST_COMPLETED, "", 1},
			[IST_TMR_H] = {IST_TERMINATED, "not_acked " GONE, 0},
			[IST_TMR_I] = {RIG_NEVER, "", 0},
			[IST_TMR_L] = {RIG_NEVER, "", 0},
			[IST_TX_ERROR] = {IST_TERMINATED, "error " GONE, 0},
			[IST_DROP] = {IST_TERMINATED, GONE, 0},
		},
	[IST_CONFIRMED] =
		{
			[IST_RX_INVITE] = {IST_CONFIRMED, "", 0},
			[IST_RX_ACK] = {IST_CONFIRMED, "", 0},
			[IST_TX_1XX] = {RIG_NEVER, "", 0},
			[IST_TX_2XX] = {RIG_NEVER, "", 0},
			[IST_TX_FAIL] = {RIG_NEVER, "", 0},
			[IST_TMR_G] = {RIG_NEVER, "", 0},
			[IST_TMR_H] = {RIG_NEVER, "", 0},
			[IST_TMR_I] = {IST_TERMINATED, GONE, 0},
			[IST_TMR_L] = {RIG_NEVER, "", 0},
			[IST_TX_ERROR] = {RIG_NEVER, "", 0},
			[IST_DROP] = {IST_TERMINATED, GONE, 0},
		},
};

static struct txn *begin(struct rig *r)
{
	struct txn *t = txn_server_new(&r->layer, rig_request(r, "INVITE", "z9hG4bKi"), 0,
				       &rig_peer, rig_fact, r);

	assert_non_null(t);
	return t;
}

static void bring_to(struct rig *r, struct txn *t, enum ist_state state)
{
	if (state == IST_PROCEEDING)
		txn_respond(t, 180, SLICE_LIT("180"));
	else if (state == IST_ACCEPTED)
		txn_respond(t, 200, SLICE_LIT("200"));
	else
		txn_respond(t, 488, SLICE_LIT("488"));
	if (state == IST_CONFIRMED)
		txn_rx_request(t, rig_request(r, "ACK", "z9hG4bKi"), &rig_far);
	assert_int_equal(t->state, state);
	r->facts[0] = 0;
}

static void test_every_cell(void **state)
{
	UNUSED(state);
	for (unsigned s = 0; s < IST_TERMINATED; s++) {
		for (unsigned e = 0; e < IST_EVENT_COUNT; e++) {
			uint64_t nevers = check_never_count();
			struct txn_input in = {.from = &rig_far, .response = SLICE_LIT("answer")};
			char what[64];
			struct txn *t;
			struct rig r;
			uint32_t sent;
			handle_t h;

			rig_open(&r);
			t = begin(&r);
			h = txn_handle(t);
			bring_to(&r, t, (enum ist_state)s);
			sent = r.sent_count;
			in.msg = rig_request(&r, e == IST_RX_ACK ? "ACK" : "INVITE", "z9hG4bKi");
			snprintf(what, sizeof(what), "%s %s", ist_state_name(s), ist_event_name(e));
			ist_step(t, (enum ist_event)e, &in);
			rig_judge(&r, &figure[s][e], h, false, s, IST_TERMINATED, sent, nevers,
				  what);
			rig_close(&r);
		}
	}
}

/* Timer G doubles to T2 until timer H, for a failure and (13.3.1.4) for a 2xx alike. */
static void test_timers_g_h_l(void **state)
{
	static const int64_t at_ms[] = {0,     500,   1500,  3500,  7500, 11500,
					15500, 19500, 23500, 27500, 31500};
	static const unsigned codes[] = {488, 200};

	UNUSED(state);
	for (size_t i = 0; i < ARRAY_COUNT(codes); i++) {
		struct rig r;

		rig_open(&r);
		txn_respond(begin(&r), codes[i], SLICE_LIT("x"));
		rig_pass(&r, 32 * TMR_SECOND - TMR_MS);
		rig_expect_facts(&r, "");
		rig_pass(&r, TMR_MS);
		rig_expect_facts(&r, "not_acked gone ");
		rig_expect_times(&r, at_ms, ARRAY_COUNT(at_ms));
		rig_close(&r);
	}
}

static void test_timer_i(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = begin(&r);
	bring_to(&r, t, IST_CONFIRMED);
	assert_int_equal(msgbuf_used(r.bufs), 0);
	rig_pass(&r, 4999 * TMR_MS);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "gone ");
	assert_int_equal(r.sent_count, 1);
	rig_close(&r);
}

/* An acknowledged 2xx is repeated no more; the transaction absorbs copies of the INVITE until L. */
static void test_acked(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = begin(&r);
	bring_to(&r, t, IST_ACCEPTED);
	txn_acked(t, rig_request(&r, "ACK", "z9hG4bKother"), &rig_far);
	rig_expect_facts(&r, "acked ");
	txn_acked(t, rig_request(&r, "ACK", "z9hG4bKother"), &rig_far);
	rig_expect_facts(&r, ""); /* once */
	rig_pass(&r, 32 * TMR_SECOND);
	assert_int_equal(r.sent_count, 1);
	rig_expect_facts(&r, "gone ");
	rig_close(&r);
}

static void test_matching(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = begin(&r);
	assert_ptr_equal(txn_server_find(&r.layer, rig_request(&r, "INVITE", "z9hG4bKi")), t);
	assert_ptr_equal(txn_server_find(&r.layer, rig_request(&r, "ACK", "z9hG4bKi")), t);
	assert_null(txn_server_find(&r.layer, rig_request(&r, "BYE", "z9hG4bKi")));
	assert_null(txn_server_find(&r.layer, rig_request(&r, "INVITE", "z9hG4bKj")));
	assert_null(txn_server_find(&r.layer, rig_request(&r, "CANCEL", "z9hG4bKi")));
	assert_ptr_equal(txn_server_find_cancelled(&r.layer, rig_request(&r, "CANCEL", "z9hG4bKi")),
			 t);
	rig_request(&r, "INVITE", "z9hG4bKi");
	r.msg.via.port = 5099; /* sent-by is part of it */
	assert_null(txn_server_find(&r.layer, &r.msg));
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell), cmocka_unit_test(test_timers_g_h_l),
		cmocka_unit_test(test_timer_i),	   cmocka_unit_test(test_acked),
		cmocka_unit_test(test_matching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
