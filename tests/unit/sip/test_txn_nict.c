/* tests/unit/sip/test_txn_nict.c - RFC 3261 figure 6, cell by cell. */
#include "tests/unit/sip/txn_rig.h"

#define GONE "gone "
static const struct rig_cell figure[NICT_STATE_COUNT][NICT_EVENT_COUNT] =
	{
		[NICT_TRYING] =
			{
				[NICT_RX_1XX] = {NICT_PROCEEDING, "provisional ", 0},
				[NICT_RX_FINAL] = {NICT_COMPLETED, "success ", 0},
				[NICT_TMR_E] = {NICT_TRYING, "", 1},
				[NICT_TMR_F] = {NICT_TERMINATED, "timeout " GONE, 0},
				[NICT_TMR_K] = {RIG_NEVER, "", 0},
				[NICT_TX_ERROR] = {NICT_TERMINATED, "error " GONE, 0},
				[NICT_DROP] = {NICT_TERMINATED, GONE, 0},
			},
		[NICT_PROCEEDING] =
			{
				[NICT_RX_1XX] = {NICT_PROCEEDING, "provisional ", 0},
				[NICT_RX_FINAL] = {NICT_COMPLETED, "success ", 0},
				[NICT_TMR_E] = {NICT_PROCEEDING, "", 1},
				[NICT_TMR_F] = {NICT_TERMINATED, "timeout " GONE, 0},
				[NICT_TMR_K] = {RIG_NEVER, "", 0},
				[NICT_TX_ERROR] = {NICT_TERMINATED, "error " GONE, 0},
				[NICT_DROP] = {NICT_TERMINATED, GONE, 0},
			},
		[NICT_COMPLETED] =
			{
				[NICT_RX_1XX] = {NICT_COMPLETED, "", 0},
				[NICT_RX_FINAL] = {NICT_COMPLETED, "", 0},
				[NICT_TMR_E] = {RIG_NEVER, "", 0},
				[NICT_TMR_F] = {RIG_NEVER, "", 0},
				[NICT_TMR_K] = {NICT_TERMINATED, GONE, 0},
				[NICT_TX_ERROR] = {RIG_NEVER, "", 0},
				[NICT_DROP] = {NICT_TERMINATED, GONE, 0},
			},
};

static void give(struct rig *r, struct txn *t, unsigned code)
{
	uint32_t ignored;

	assert_int_equal(txn_rx_response(&r->layer, rig_response(r, t, code), &rig_far, &ignored),
			 TXN_MATCHED);
}

static void bring_to(struct rig *r, struct txn *t, enum nict_state state)
{
	if (state == NICT_PROCEEDING)
		give(r, t, 100);
	else if (state == NICT_COMPLETED)
		give(r, t, 200);
	assert_int_equal(t->state, state);
	r->facts[0] = 0;
}

static void test_every_cell(void **state)
{
	static const unsigned codes[] = {[NICT_RX_1XX] = 100, [NICT_RX_FINAL] = 200};

	UNUSED(state);
	for (unsigned s = 0; s < NICT_TERMINATED; s++) {
		for (unsigned e = 0; e < NICT_EVENT_COUNT; e++) {
			uint64_t nevers = check_never_count();
			struct txn_input in = {.from = &rig_far};
			char what[64];
			struct txn *t;
			struct rig r;
			uint32_t sent;
			handle_t h;

			rig_open(&r);
			t = rig_client(&r, TXN_NICT);
			h = txn_handle(t);
			bring_to(&r, t, (enum nict_state)s);
			sent = r.sent_count;
			if (e < ARRAY_COUNT(codes))
				in.msg = rig_response(&r, t, codes[e]);
			snprintf(what, sizeof(what), "%s %s", nict_state_name(s),
				 nict_event_name(e));
			nict_step(t, (enum nict_event)e, &in);
			rig_judge(&r, &figure[s][e], h, true, s, NICT_TERMINATED, sent, nevers,
				  what);
			rig_close(&r);
		}
	}
}

/* Timer E doubles to T2; timer F at 32 s: 11 sends. */
static void test_timers_e_f(void **state)
{
	static const int64_t at_ms[] = {0,     500,   1500,  3500,  7500, 11500,
					15500, 19500, 23500, 27500, 31500};
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	rig_client(&r, TXN_NICT);
	rig_pass(&r, 32 * TMR_SECOND - TMR_MS);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "timeout gone ");
	rig_expect_times(&r, at_ms, ARRAY_COUNT(at_ms));
	rig_close(&r);
}

/* In Proceeding E runs with T2 from its next firing; F goes on from the start. */
static void test_proceeding(void **state)
{
	static const int64_t at_ms[] = {0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500};
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = rig_client(&r, TXN_NICT);
	rig_pass(&r, 100 * TMR_MS);
	bring_to(&r, t, NICT_PROCEEDING);
	rig_pass(&r, 31900 * TMR_MS);
	rig_expect_facts(&r, "timeout gone ");
	rig_expect_times(&r, at_ms, ARRAY_COUNT(at_ms));
	rig_close(&r);
}

static void test_timer_k(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = rig_client(&r, TXN_NICT);
	give(&r, t, 481);
	rig_expect_facts(&r, "failure ");
	assert_int_equal(msgbuf_used(r.bufs), 0); /* nothing is sent again */
	rig_pass(&r, 4999 * TMR_MS);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "gone ");
	rig_close(&r);
}

/* A CANCEL has the branch of its INVITE: its responses find it all the same. */
static void test_cancel(void **state)
{
	static const char text[] = "CANCEL";
	struct txn *ict, *cancel;
	uint32_t ignored;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	ict = rig_client(&r, TXN_ICT);
	cancel = txn_client_for_cancel(&r.layer, ict);
	assert_int_equal(txn_client_send(cancel, 0, &rig_peer, &rig_us, slice_str(text)), 0);
	txn_set_user(cancel, rig_fact, &r);
	rig_response(&r, ict, 200);
	r.msg.cseq_method = SIP_METHOD_CANCEL;
	assert_int_equal(txn_rx_response(&r.layer, &r.msg, &rig_far, &ignored), TXN_MATCHED);
	assert_int_equal(cancel->state, NICT_COMPLETED);
	assert_int_equal(ict->state, ICT_CALLING);
	rig_close(&r);
}

static struct slice to_tcp(void *arg, uint8_t tp, const struct sip_peer *to, struct addr *sent_by)
{
	UNUSED(arg);
	UNUSED(tp);
	assert_true(addr_eq(&to->addr, &rig_far));
	*sent_by = (struct addr){.family = 4, .port = 5080, .ip = {10, 0, 0, 3}};
	return SLICE_LIT("TCP");
}

/* Held: nothing is sent, nothing runs out, no response and no broken connection means it. Released
 * it is as if begun then; to another transport with that Via. */
static void test_held(void **state)
{
	static const int64_t at_ms[] = {0, 500, 1500, 3500};

	UNUSED(state);
	for (uint8_t tp = 0; tp < 2; tp++) {
		char branch[SIP_BRANCH_LEN], via[128];
		const struct txn_loss loss = {.peer = rig_peer, .sent = UINT64_MAX, .was_up = true};
		uint32_t ignored;
		struct txn *t;
		struct rig r;

		rig_open(&r);
		r.layer.conf.via = to_tcp;
		t = rig_client_by(&r, TXN_NICT, true);
		rig_pass(&r, 100 * TMR_SECOND);
		assert_int_equal(
			txn_rx_response(&r.layer, rig_response(&r, t, 200), &rig_far, &ignored),
			TXN_STRAY);
		txn_lost(&r.layer, &loss);
		rig_expect_facts(&r, "");
		assert_int_equal(r.sent_count, 0);
		txn_client_release(t, tp, &rig_peer);
		rig_pass(&r, 4 * TMR_SECOND);
		rig_expect_times(&r, at_ms, ARRAY_COUNT(at_ms));
		txn_branch(t, branch);
		snprintf(via, sizeof(via), "BYE sip:c@d SIP/2.0\r\nVia: SIP/2.0/%s;branch=%.*s\r\n",
			 tp ? "TCP 10.0.0.3:5080;rport" : "UDP 10.0.0.1:5060;rport",
			 (int)sizeof(branch), branch);
		assert_true(slice_starts(slice_str(r.sent[3].text), slice_str(via)));
		rig_pass(&r, 28 * TMR_SECOND);
		rig_expect_facts(&r, "timeout gone ");
		rig_close(&r);
	}
}

/* What cannot be sent then ends as a request that could not be sent; what is not wanted any more is
 * dropped; no room: it is not even held. */
static void test_held_in_vain(void **state)
{
	struct msgbuf *taken[145];
	struct txn *t;
	struct rig r;
	int n = 0;

	UNUSED(state);
	rig_open(&r);
	t = rig_client_by(&r, TXN_NICT, true);
	r.send_error = -ENOTCONN;
	txn_client_release(t, 0, &rig_peer);
	rig_expect_facts(&r, "error gone ");
	txn_drop(rig_client_by(&r, TXN_ICT, true));
	rig_expect_facts(&r, "gone ");
	while ((taken[n] = msgbuf_dup(r.bufs, SLICE_LIT("x"))))
		n++;
	t = txn_client_new(&r.layer, TXN_NICT, SIP_METHOD_BYE, 1, rig_fact, &r);
	assert_int_equal(txn_client_hold(t, 0, &rig_peer, &rig_us, SLICE_LIT("y")), -ENOBUFS);
	rig_expect_facts(&r, "");
	assert_int_equal(txn_layer_used(&r.layer), 0);
	while (n)
		msgbuf_free(r.bufs, taken[--n]);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),   cmocka_unit_test(test_timers_e_f),
		cmocka_unit_test(test_proceeding),   cmocka_unit_test(test_timer_k),
		cmocka_unit_test(test_cancel),	     cmocka_unit_test(test_held),
		cmocka_unit_test(test_held_in_vain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
