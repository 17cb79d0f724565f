/* sip/txn_nist.c - server transaction other than INVITE: RFC 3261 figure 8. */
#include "engine/base/check.h"
#include "sip/txn_internal.h"

#define NIST_NAME(id) #id,

const char *nist_state_name(unsigned state)
{
	static const char *const names[] = {NIST_STATES(NIST_NAME)};

	check(state < NIST_STATE_COUNT);
	return names[state];
}

const char *nist_event_name(unsigned event)
{
	static const char *const names[] = {NIST_EVENTS(NIST_NAME)};

	check(event < NIST_EVENT_COUNT);
	return names[event];
}

static void nist_send(struct txn *t, const struct txn_input *in)
{
	struct txn_conf *conf = &t->layer->conf;

	if (txn_keep(t, in->response))
		txn_send_kept(t);
	else
		UNUSED(conf->send(conf->arg, t->tp, &t->dst, in->response));
}

static void nist_final(struct txn *t, const struct txn_input *in)
{
	txn_absorb_start(t, NIST_TMR_J, 64 * txn_times(t)->t1_ns);
	nist_send(t, in);
}

static void nist_repeat(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_send_again(t);
}

static void nist_failed_to_send(struct txn *t, const struct txn_input *in)
{
	txn_stop_timers(t);
	txn_tell(t, TXN_ERROR, in);
}

/* clang-format off */
static const struct txn_cell nist_table[NIST_STATE_COUNT][NIST_EVENT_COUNT] = {
	[NIST_TRYING] = {
		[NIST_RX_REQUEST] = { txn_act_absorb,      NIST_TRYING     },
		[NIST_TX_1XX]     = { nist_send,           NIST_PROCEEDING },
		[NIST_TX_FINAL]   = { nist_final,          NIST_COMPLETED  },
		[NIST_DROP]       = { txn_act_finish,      NIST_TERMINATED },
	},
	[NIST_PROCEEDING] = {
		[NIST_RX_REQUEST] = { nist_repeat,         NIST_PROCEEDING },
		[NIST_TX_1XX]     = { nist_send,           NIST_PROCEEDING },
		[NIST_TX_FINAL]   = { nist_final,          NIST_COMPLETED  },
		[NIST_TX_ERROR]   = { nist_failed_to_send, NIST_TERMINATED },
		[NIST_DROP]       = { txn_act_finish,      NIST_TERMINATED },
	},
	[NIST_COMPLETED] = {
		[NIST_RX_REQUEST] = { nist_repeat,         NIST_COMPLETED  },
		[NIST_TX_FINAL]   = { txn_act_absorb,      NIST_COMPLETED  },
		[NIST_TMR_J]      = { txn_act_finish,      NIST_TERMINATED },
		[NIST_TX_ERROR]   = { nist_failed_to_send, NIST_TERMINATED },
		[NIST_DROP]       = { txn_act_finish,      NIST_TERMINATED },
	},
};
/* clang-format on */

static const struct txn_machine nist_machine = {
	.name = "nist",
	.cells = &nist_table[0][0],
	.event_count = NIST_EVENT_COUNT,
	.terminated = NIST_TERMINATED,
	.absorbing = 1u << NIST_COMPLETED,
	.network = 1u << NIST_RX_REQUEST,
	.state_name = nist_state_name,
	.event_name = nist_event_name,
};

void nist_step(struct txn *t, enum nist_event event, const struct txn_input *in)
{
	txn_step(&nist_machine, t, event, in);
}
