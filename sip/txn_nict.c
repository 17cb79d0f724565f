/* sip/txn_nict.c - client transaction other than INVITE: RFC 3261 figure 6. */
#include "engine/base/check.h"
#include "sip/txn_internal.h"

#define NICT_NAME(id) #id,

const char *nict_state_name(unsigned state)
{
	static const char *const names[] = {NICT_STATES(NICT_NAME)};

	check(state < NICT_STATE_COUNT);
	return names[state];
}

const char *nict_event_name(unsigned event)
{
	static const char *const names[] = {NICT_EVENTS(NICT_NAME)};

	check(event < NICT_EVENT_COUNT);
	return names[event];
}

/* From now on the interval is T2, from the next firing of E. */
static void nict_provisional(struct txn *t, const struct txn_input *in)
{
	t->interval_ns = txn_times(t)->t2_ns;
	txn_tell(t, TXN_PROVISIONAL, in);
}

static void nict_final(struct txn *t, const struct txn_input *in)
{
	tmr_stop(&t->resend);
	txn_absorb_start(t, NICT_TMR_K, txn_times(t)->t4_ns);
	txn_tell(t, in->msg->code < 300 ? TXN_SUCCESS : TXN_FAILURE, in);
	txn_forget(t);
}

static void nict_resend(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_resend_again(t, txn_times(t)->t2_ns);
	txn_send_again(t);
}

static void nict_timed_out(struct txn *t, const struct txn_input *in)
{
	metric_inc(t->layer->conf.metrics, METRIC_sip_timeout);
	txn_stop_timers(t);
	txn_tell(t, TXN_TIMEOUT, in);
}

static void nict_failed_to_send(struct txn *t, const struct txn_input *in)
{
	txn_stop_timers(t);
	txn_tell(t, TXN_ERROR, in);
}

/* clang-format off */
static const struct txn_cell nict_table[NICT_STATE_COUNT][NICT_EVENT_COUNT] = {
	[NICT_TRYING] = {
		[NICT_RX_1XX]   = { nict_provisional,    NICT_PROCEEDING },
		[NICT_RX_FINAL] = { nict_final,          NICT_COMPLETED  },
		[NICT_TMR_E]    = { nict_resend,         NICT_TRYING     },
		[NICT_TMR_F]    = { nict_timed_out,      NICT_TERMINATED },
		[NICT_TX_ERROR] = { nict_failed_to_send, NICT_TERMINATED },
		[NICT_DROP]     = { txn_act_finish,      NICT_TERMINATED },
	},
	[NICT_PROCEEDING] = {
		[NICT_RX_1XX]   = { nict_provisional,    NICT_PROCEEDING },
		[NICT_RX_FINAL] = { nict_final,          NICT_COMPLETED  },
		[NICT_TMR_E]    = { nict_resend,         NICT_PROCEEDING },
		[NICT_TMR_F]    = { nict_timed_out,      NICT_TERMINATED },
		[NICT_TX_ERROR] = { nict_failed_to_send, NICT_TERMINATED },
		[NICT_DROP]     = { txn_act_finish,      NICT_TERMINATED },
	},
	[NICT_COMPLETED] = {
		[NICT_RX_1XX]   = { txn_act_absorb,      NICT_COMPLETED  },
		[NICT_RX_FINAL] = { txn_act_absorb,      NICT_COMPLETED  },
		[NICT_TMR_K]    = { txn_act_finish,      NICT_TERMINATED },
		[NICT_DROP]     = { txn_act_finish,      NICT_TERMINATED },
	},
};
/* clang-format on */

static const struct txn_machine nict_machine = {
	.name = "nict",
	.cells = &nict_table[0][0],
	.event_count = NICT_EVENT_COUNT,
	.terminated = NICT_TERMINATED,
	.absorbing = 1u << NICT_COMPLETED,
	.network = 1u << NICT_RX_1XX | 1u << NICT_RX_FINAL,
	.state_name = nict_state_name,
	.event_name = nict_event_name,
};

void nict_step(struct txn *t, enum nict_event event, const struct txn_input *in)
{
	txn_step(&nict_machine, t, event, in);
}
