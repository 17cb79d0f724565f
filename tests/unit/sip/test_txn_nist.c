/* tests/unit/sip/test_txn_nist.c - RFC 3261 figure 8, cell by cell. */
#include "tests/unit/sip/txn_rig.h"

#define GONE "gone "
static const struct rig_cell figure[NIST_STATE_COUNT][NIST_EVENT_COUNT] =
	{
		[NIST_TRYING] =
			{
				[NIST_RX_REQUEST] = {NIST_TRYING, "", 0},
				[NIST_TX_1XX] = {NIST_PROCEEDING, "", 1},
				[NIST_TX_FINAL] = {NIST_COMPLETED, "", 1},
				[NIST_TMR_J] = {RIG_NEVER, "", 0},
				[NIST_TX_ERROR] = {RIG_NEVER, "", 0},
				[NIST_DROP] = {NIST_TERMINATED, GONE, 0},
			},
		[NIST_PROCEEDING] =
			{
				[NIST_RX_REQUEST] = {NIST_PROCEEDING, "", 1},
				[NIST_TX_1XX] = {NIST_PROCEEDING, "", 1},
				[NIST_TX_FINAL] = {NIST_COMPLETED, "", 1},
				[NIST_TMR_J] = {RIG_NEVER, "", 0},
				[NIST_TX_ERROR] = {NIST_TERMINATED, "error " GONE, 0},
				[NIST_DROP] = {NIST_TERMINATED, GONE, 0},
			},
		[NIST_COMPLETED] =
			{
				[NIST_RX_REQUEST] = {NIST_COMPLETED, "", 1},
				[NIST_TX_1XX] = {RIG_NEVER, "", 0},
				[NIST_TX_FINAL] = {NIST_COMPLETED, "", 0}, /* discarded (17.2.2) */
				[NIST_TMR_J] = {NIST_TERMINATED, GONE, 0},
				[NIST_TX_ERROR] = {NIST_TERMINATED, "error " GONE, 0},
				[NIST_DROP] = {NIST_TERMINATED, GONE, 0},
			},
};

static struct txn *begin(struct rig *r, const char *branch)
{
	struct txn *t =
		txn_server_new(&r->layer, rig_request(r, "BYE", branch), 0, &rig_peer, rig_fact, r);

	assert_non_null(t);
	return t;
}

static void bring_to(struct txn *t, enum nist_state state)
{
	if (state == NIST_PROCEEDING)
		txn_respond(t, 100, SLICE_LIT("100"));
	else if (state == NIST_COMPLETED)
		txn_respond(t, 200, SLICE_LIT("200"));
	assert_int_equal(t->state, state);
}

static void test_every_cell(void **state)
{
	UNUSED(state);
	for (unsigned s = 0; s < NIST_TERMINATED; s++) {
		for (unsigned e = 0; e < NIST_EVENT_COUNT; e++) {
			uint64_t nevers = check_never_count();
			struct txn_input in = {.from = &rig_far, .response = SLICE_LIT("answer")};
			char what[64];
			struct txn *t;
			struct rig r;
			uint32_t sent;
			handle_t h;

			rig_open(&r);
			t = begin(&r, "z9hG4bKb");
			h = txn_handle(t);
			bring_to(t, (enum nist_state)s);
			sent = r.sent_count;
			in.msg = rig_request(&r, "BYE", "z9hG4bKb");
			snprintf(what, sizeof(what), "%s %s", nist_state_name(s),
				 nist_event_name(e));
			nist_step(t, (enum nist_event)e, &in);
			rig_judge(&r, &figure[s][e], h, false, s, NIST_TERMINATED, sent, nevers,
				  what);
			rig_close(&r);
		}
	}
}

static void test_timer_j(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = begin(&r, "z9hG4bKb");
	txn_respond(t, 200, SLICE_LIT("two hundred"));
	for (int i = 0; i < 3; i++)
		txn_rx_request(t, rig_request(&r, "BYE", "z9hG4bKb"), &rig_far);
	assert_int_equal(r.sent_count, 4);
	assert_string_equal(r.sent[3].text, "two hundred");
	rig_pass(&r, 32 * TMR_SECOND - TMR_MS);
	rig_expect_facts(&r, "");
	rig_pass(&r, TMR_MS);
	rig_expect_facts(&r, "gone ");
	assert_null(txn_server_find(&r.layer, rig_request(&r, "BYE", "z9hG4bKb")));
	rig_close(&r);
}

/* A branch without the cookie (RFC 2543): Request-URI, Call-ID, CSeq and From tag tell it. */
static void test_old_peer(void **state)
{
	struct txn *t;
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	t = begin(&r, "1");
	assert_ptr_equal(txn_server_find(&r.layer, rig_request(&r, "BYE", "1")), t);
	rig_request(&r, "BYE", "1");
	r.msg.cseq++;
	assert_null(txn_server_find(&r.layer, &r.msg));
	rig_request(&r, "BYE", "1");
	r.msg.call_id = SLICE_LIT("else");
	assert_null(txn_server_find(&r.layer, &r.msg));
	rig_close(&r);
}

static void test_full(void **state)
{
	struct rig r;

	UNUSED(state);
	rig_open_sized(&r, 2, 2);
	txn_respond(begin(&r, "z9hG4bK1"), 200, SLICE_LIT("1"));
	txn_respond(begin(&r, "z9hG4bK2"), 200, SLICE_LIT("2"));
	txn_respond(begin(&r, "z9hG4bK3"), 200, SLICE_LIT("3"));
	assert_null(txn_server_find(&r.layer, rig_request(&r, "BYE", "z9hG4bK1")));
	assert_non_null(txn_server_find(&r.layer, rig_request(&r, "BYE", "z9hG4bK2")));
	rig_close(&r);
}

static struct txn *answer_at_length(struct rig *r, const char *method, const char *branch)
{
	static char text[MSGBUF_SMALL + 1];
	struct txn *t = txn_server_new(&r->layer, rig_request(r, method, branch), 0, &rig_peer,
				       rig_fact, r);

	assert_non_null(t);
	memset(text, 'x', sizeof(text));
	txn_respond(t, 200, slice_make(text, sizeof(text)));
	txn_rx_request(t, &r->msg, &rig_far);
	return t;
}

/* Long responses to REGISTER have their share of the blocks that calls need; beyond it they are
 * answered once. Those within calls are kept, whatever phones ask. */
static void test_blocks_of_calls(void **state)
{
	struct rig r;

	UNUSED(state);
	rig_open(&r);
	msgbuf_set_spare(r.bufs, 1);
	answer_at_length(&r, "REGISTER", "z9hG4bK1");
	assert_int_equal(r.sent_count, 2);
	answer_at_length(&r, "REGISTER", "z9hG4bK2");
	answer_at_length(&r, "OPTIONS", "z9hG4bK3");
	assert_int_equal(r.sent_count, 4);
	answer_at_length(&r, "UPDATE", "z9hG4bK4");
	assert_int_equal(r.sent_count, 6);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell), cmocka_unit_test(test_blocks_of_calls),
		cmocka_unit_test(test_timer_j),	   cmocka_unit_test(test_old_peer),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
