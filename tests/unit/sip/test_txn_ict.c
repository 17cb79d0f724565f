/* tests/unit/sip/test_txn_ict.c - RFC 3261 figure 5 and RFC 6026 figure 3, cell by cell. */
#include "tests/unit/sip/txn_rig.h"

/* What is not named here must not happen: RIG_NEVER. */
#define GONE "gone "
static const struct rig_cell figure[ICT_STATE_COUNT][ICT_EVENT_COUNT] =
	{
		[ICT_CALLING] =
			{
				[ICT_RX_1XX] = {ICT_PROCEEDING, "provisional ", 0},
				[ICT_RX_2XX] = {ICT_ACCEPTED, "success ", 0},
				[ICT_RX_FAIL] = {ICT_COMPLETED, "failure ", 1},
				[ICT_TMR_A] = {ICT_CALLING, "", 1},
				[ICT_TMR_B] = {ICT_TERMINATED, "timeout " GONE, 0},
				[ICT_TMR_D] = {RIG_NEVER, "", 0},
				[ICT_TMR_M] = {RIG_NEVER, "", 0},
				[ICT_TX_ERROR] = {ICT_TERMINATED, "error " GONE, 0},
				[ICT_DROP] = {ICT_TERMINATED, GONE, 0},
			},
		[ICT_PROCEEDING] =
			{
				[ICT_RX_1XX] = {ICT_PROCEEDING, "provisional ", 0},
				[ICT_RX_2XX] = {ICT_ACCEPTED, "success ", 0},
				[ICT_RX_FAIL] = {ICT_COMPLETED, "failure ", 1},
				[ICT_TMR_A] = {RIG_NEVER, "", 0},
				[ICT_TMR_B] = {ICT_TERMINATED, "timeout " GONE,
					       0}, /* 64*T1 after CANCEL (9.1) */
				[ICT_TMR_D] = {RIG_NEVER, "", 0},
				[ICT_TMR_M] = {RIG_NEVER, "", 0},
				[ICT_TX_ERROR] = {ICT_TERMINATED, "error " GONE, 0},
				[ICT_DROP] = {ICT_TERMINATED, GONE, 0},
			},
		[ICT_ACCEPTED] =
			{
				[ICT_RX_1XX] = {ICT_ACCEPTED, "", 0},
				[ICT_RX_2XX] = {ICT_ACCEPTED, "success ", 0},
				[ICT_RX_FAIL] = {ICT_ACCEPTED, "", 0},
				[ICT_TMR_A] = {RIG_NEVER, "", 0},
				[ICT_TMR_B] = {RIG_NEVER, "", 0},
				[ICT_TMR_D] = {RIG_NEVER, "", 0},
				[ICT_TMR_M] = {ICT_TERMINATED, GONE, 0},
				[ICT_TX_ERROR] = {RIG_NEVER, "", 0},
				[ICT_DROP] = {ICT_TERMINATED, GONE, 0},
			},
		[ICT_COMPLETED] =
			{
				[ICT_RX_1XX] = {ICT_COMPLETED, "", 0},
				[ICT_RX_2XX] = {ICT_COMPLETED, "", 0},
				[ICT_RX_FAIL] = {ICT_COMPLETED, "", 1},
				[ICT_TMR_A] = {RIG_NEVER, "", 0},
				[ICT_TMR_B] = {RIG_NEVER, "", 0},
				[ICT_TMR_D] = {ICT_TERMINATED, GONE, 0},
				[ICT_TMR_M] = {RIG_NEVER, "", 0},
				[ICT_TX_ERROR] = {ICT_COMPLETED, "", 0},
				[ICT_DROP] = {ICT_TERMINATED, GONE, 0},
			},
};

static void bring_to(struct rig *r, struct txn *t, enum ict_state state)
{
	uint32_t ignored;

	if (state == ICT_PROCEEDING)
		txn_rx_response(&r->layer, rig_response(r, t, 180), &rig_far, &ignored);
	else if (state == ICT_ACCEPTED)
		txn_rx_response(&r->layer, rig_response(r, t, 200), &rig_far, &ignored);
	else if (state == ICT_COMPLETED)
		txn_rx_response(&r->layer, rig_response(r, t, 486), &rig_far, &ignored);
	assert_int_equal(t->state, state);
	r->facts[0] = 0;
}

static void test_every_cell(void **state)
{
	static const unsigned codes[] = {
		[ICT_RX_1XX] = 183, [ICT_RX_2XX] = 200, [ICT_RX_FAIL] = 486};

	UNUSED(state);
	for (unsigned s = 0; s < ICT_TERMINATED; s++) {
		for (unsigned e = 0; e < ICT_EVENT_COUNT; e++) {
			uint64_t nevers = check_never_count();
			struct txn_input in = {.from = &rig_far};
			char what[64];
			struct txn *t;
			struct rig r;
			uint32_t sent;
			handle_t h;

			rig_open(&r);
			t = rig_client(&r, TXN_ICT);
			h = txn_handle(t);
			bring_to(&r, t, (enum ict_state)s);
			sent = r.sent_count;
			if (e < ARRAY_COUNT(codes))
				in.msg = rig_response(&r, t, codes[e]);
			snprintf(what, sizeof(what), "%s %s", ict_state_name(s), ict_event_name(e));
			ict_step(t, (enum ict_event)e, &in);
			rig_judge(&r, &figure[s][e], h, true, s, ICT_TERMINATED, sent, nevers,
				  what);
			rig_close(&r);
		}
	}
}

/* Timer A: 0, .5, 1.5, 3.5, 7.5, 15.5, 31.5 s; timer B at 32 s. */
static void test_timers_a_b(void **state)
{
	static const int64_t at_ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	rig_client(&r, TXN_ICT);
	rig_pass(&r, 32 * TMR_SECOND - TMR_MS);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "timeout gone ");
	rig_expect_times(&r, at_ms, ARRAY_COUNT(at_ms));
	assert_int_equal(txn_layer_used(&r.layer), 0);
	assert_int_equal(metric_get(&r.metrics, METRIC_sip_retransmit), 6);
	assert_int_equal(metric_get(&r.metrics, METRIC_sip_timeout), 1);
	rig_close(&r);
}

/* After a provisional no timer runs at all. */
static void test_proceeding_waits(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = rig_client(&r, TXN_ICT);
	rig_pass(&r, 700 * TMR_MS);
	bring_to(&r, t, ICT_PROCEEDING);
	assert_int_equal(tmr_wheel_count(r.wheel), 0);
	rig_pass(&r, 600 * TMR_SECOND);
	assert_int_equal(t->state, ICT_PROCEEDING);
	assert_int_equal(r.sent_count, 2);
	/* a CANCEL gives it 64*T1 */
	txn_ict_cancelled(t);
	rig_response(&r, t, 180);
	rig_pass(&r, 31 * TMR_SECOND);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_SECOND);
	rig_expect_facts(&r, "timeout gone ");
	rig_close(&r);
}

static void check_wait(enum ict_state at, int64_t seconds)
{
	struct txn *t;
	struct rig r;

	rig_open(&r);
	t = rig_client(&r, TXN_ICT);
	bring_to(&r, t, at);
	rig_pass(&r, seconds * TMR_SECOND - TMR_MS);
	assert_int_equal(t->state, at);
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "gone ");
	rig_close(&r);
}

static void test_timers_d_m(void **state)
{
	UNUSED(state);
	check_wait(ICT_COMPLETED, 32);
	check_wait(ICT_ACCEPTED, 32);
}

/* RFC 3261 17.1.1.3. */
static void test_ack(void **state)
{
	enum sip_parse_error err;
	struct sip_msg ack, invite;
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = rig_client(&r, TXN_ICT);
	bring_to(&r, t, ICT_COMPLETED);
	assert_int_equal(r.sent_count, 2);
	assert_int_equal(sip_msg_parse(&invite, slice_str(r.sent[0].text), &err), 0);
	assert_int_equal(sip_msg_parse(&ack, slice_str(r.sent[1].text), &err), 0);
	assert_int_equal(ack.method, SIP_METHOD_ACK);
	assert_true(slice_eq(ack.ruri, invite.ruri));
	assert_true(slice_eq(ack.via.raw, invite.via.raw));
	assert_int_equal(ack.via_count, 1);
	assert_int_equal(ack.cseq, invite.cseq);
	assert_true(slice_eq(ack.from_tag, invite.from_tag));
	assert_true(slice_eq(ack.to_tag, SLICE_LIT("far")));
	assert_non_null(strstr(r.sent[1].text, "Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"));
	ict_step(t, ICT_RX_FAIL, &(struct txn_input){.msg = rig_response(&r, t, 486)});
	assert_string_equal(r.sent[2].text, r.sent[1].text);
	rig_expect_facts(&r, "");
	rig_close(&r);
}

/* ---- matching ---- */

static void test_matching(void **state)
{
	uint32_t shard = 99;
	struct sip_ident id;
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = rig_client(&r, TXN_ICT);
	rig_response(&r, t, 180);
	assert_true(sip_ident_read_branch(r.msg.via.branch, &id));
	/* another sent-by than ours, another method, another branch */
	r.msg.via.port = 5061;
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_STRAY);
	rig_response(&r, t, 180);
	r.msg.cseq_method = SIP_METHOD_BYE;
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_STRAY);
	rig_response(&r, t, 180);
	r.msg.via.branch = SLICE_LIT("z9hG4bKother");
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_STRAY);
	/* a guessed nonce; another shard's */
	{
		char branch[SIP_BRANCH_LEN];
		struct sip_ident other = id;

		other.nonce ^= 1;
		sip_ident_branch(&other, branch);
		r.msg.via.branch = slice_make(branch, sizeof(branch));
		assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_STRAY);
		other = id;
		other.shard = 5;
		sip_ident_branch(&other, branch);
		assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_FOREIGN);
		assert_int_equal(shard, 5);
	}
	rig_expect_facts(&r, "");
	rig_response(&r, t, 180);
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_MATCHED);
	rig_expect_facts(&r, "provisional ");
	/* gone: a late copy is a stranger */
	rig_response(&r, t, 200);
	txn_drop(t);
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &shard), TXN_STRAY);
	rig_close(&r);
}

/* ---- bounds and errors ---- */

/* A full slab: what only absorbs copies gives way, oldest first; what works does not. */
static void test_full(void **state)
{
	struct txn *first, *second;
	handle_t h1, h2;
	struct rig r;

	UNUSED(state);
	rig_open_sized(&r, 2, 2);
	first = rig_client(&r, TXN_ICT);
	second = rig_client(&r, TXN_ICT);
	h1 = txn_handle(first);
	h2 = txn_handle(second);
	assert_null(txn_client_new(&r.layer, TXN_NICT, SIP_METHOD_BYE, 1, NULL, NULL));
	assert_int_equal(metric_get(&r.metrics, METRIC_sip_no_slot), 1);
	bring_to(&r, second, ICT_ACCEPTED);
	bring_to(&r, first, ICT_COMPLETED);
	rig_client(&r, TXN_ICT);
	assert_null(txn_client_get(&r.layer, h2));
	assert_non_null(txn_client_get(&r.layer, h1));
	rig_expect_facts(&r, "gone ");
	assert_int_equal(metric_get(&r.metrics, METRIC_sip_linger_evicted), 1);
	rig_close(&r);
}

static void test_send_errors(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = txn_client_new(&r.layer, TXN_ICT, SIP_METHOD_INVITE, 1, rig_fact, &r);
	r.send_error = -EMSGSIZE;
	assert_int_equal(txn_client_send(t, 0, &rig_peer, &rig_us, SLICE_LIT("x")), -EMSGSIZE);
	assert_int_equal(txn_layer_used(&r.layer), 0);
	r.send_error = 0;
	rig_client(&r, TXN_ICT);
	r.send_error = -ENOBUFS; /* as good as lost: goes again */
	rig_pass(&r, TMR_SECOND);
	rig_expect_facts(&r, "");
	r.send_error = -ENETUNREACH;
	rig_pass(&r, TMR_SECOND);
	rig_expect_facts(&r, "error gone ");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_timers_a_b),
		cmocka_unit_test(test_proceeding_waits),
		cmocka_unit_test(test_timers_d_m),
		cmocka_unit_test(test_ack),
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_send_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
