/* sip/txn_ist.c - server INVITE transaction: RFC 3261 figure 7, Accepted from RFC 6026 figure 5.
 *
 * Our user answers within the turn in which the INVITE came, so there is no timer for the 100 that
 * is due after 200 ms. In ACCEPTED timer G repeats the 2xx on behalf of the user (13.3.1.4). */
#include "engine/base/check.h"
#include "sip/txn_internal.h"

#define IST_NAME(id) #id,

const char *ist_state_name(unsigned state)
{
	static const char *const names[] = {IST_STATES(IST_NAME)};

	check(state < IST_STATE_COUNT);
	return names[state];
}

const char *ist_event_name(unsigned event)
{
	static const char *const names[] = {IST_EVENTS(IST_NAME)};

	check(event < IST_EVENT_COUNT);
	return names[event];
}

static void ist_send_provisional(struct txn *t, const struct txn_input *in)
{
	if (txn_keep(t, in->response))
		txn_send_kept(t);
}

/* Without room for the response it goes once; a copy of the INVITE then finds nothing to repeat. */
static void ist_send_final(struct txn *t, const struct txn_input *in, uint8_t end_event)
{
	struct txn_conf *conf = &t->layer->conf;

	txn_end_start(t, end_event, 64 * conf->times.t1_ns);
	if (!txn_keep(t, in->response)) {
		UNUSED(conf->send(conf->arg, t->tp, &t->dst, in->response));
		return;
	}
	/* A 2xx is sent again over TCP too: its ACK comes from the far end's user (13.3.1.4). */
	if (end_event == IST_TMR_L || !txn_is_reliable(t))
		txn_resend_start(t, conf->times.t1_ns);
	txn_send_kept(t);
}

static void ist_accept(struct txn *t, const struct txn_input *in)
{
	ist_send_final(t, in, IST_TMR_L);
}

static void ist_fail(struct txn *t, const struct txn_input *in)
{
	ist_send_final(t, in, IST_TMR_H);
}

static void ist_repeat(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_send_again(t);
}

static void ist_resend(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_resend_again(t, txn_times(t)->t2_ns);
	txn_send_again(t);
}

/* The ACK of a non-2xx. */
static void ist_confirm(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	tmr_stop(&t->resend);
	txn_absorb_start(t, IST_TMR_I, txn_times(t)->t4_ns);
	txn_forget(t);
}

/* The ACK of a 2xx; the user hears of the first one. */
static void ist_accepted_ack(struct txn *t, const struct txn_input *in)
{
	bool is_first = !t->acked;

	t->acked = true;
	tmr_stop(&t->resend);
	txn_forget(t);
	if (is_first)
		txn_tell(t, TXN_ACKED, in);
}

static void ist_not_acked(struct txn *t, const struct txn_input *in)
{
	metric_inc(t->layer->conf.metrics, METRIC_sip_timeout);
	txn_stop_timers(t);
	txn_tell(t, TXN_NOT_ACKED, in);
}

static void ist_accepted_end(struct txn *t, const struct txn_input *in)
{
	if (!t->acked)
		ist_not_acked(t, in);
	txn_stop_timers(t);
}

static void ist_failed_to_send(struct txn *t, const struct txn_input *in)
{
	txn_stop_timers(t);
	txn_tell(t, TXN_ERROR, in);
}

/* clang-format off */
static const struct txn_cell ist_table[IST_STATE_COUNT][IST_EVENT_COUNT] = {
	[IST_PROCEEDING] = {
		[IST_RX_INVITE] = { ist_repeat,           IST_PROCEEDING },
		[IST_TX_1XX]    = { ist_send_provisional, IST_PROCEEDING },
		[IST_TX_2XX]    = { ist_accept,           IST_ACCEPTED   },
		[IST_TX_FAIL]   = { ist_fail,             IST_COMPLETED  },
		[IST_TX_ERROR]  = { ist_failed_to_send,   IST_TERMINATED },
		[IST_DROP]      = { txn_act_finish,       IST_TERMINATED },
	},
	[IST_ACCEPTED] = {
		[IST_RX_INVITE] = { txn_act_absorb,       IST_ACCEPTED   },
		[IST_RX_ACK]    = { ist_accepted_ack,     IST_ACCEPTED   },
		[IST_TMR_G]     = { ist_resend,           IST_ACCEPTED   },
		[IST_TMR_L]     = { ist_accepted_end,     IST_TERMINATED },
		[IST_TX_ERROR]  = { ist_failed_to_send,   IST_TERMINATED },
		[IST_DROP]      = { txn_act_finish,       IST_TERMINATED },
	},
	[IST_COMPLETED] = {
		[IST_RX_INVITE] = { ist_repeat,           IST_COMPLETED  },
		[IST_RX_ACK]    = { ist_confirm,          IST_CONFIRMED  },
		[IST_TMR_G]     = { ist_resend,           IST_COMPLETED  },
		[IST_TMR_H]     = { ist_not_acked,        IST_TERMINATED },
		[IST_TX_ERROR]  = { ist_failed_to_send,   IST_TERMINATED },
		[IST_DROP]      = { txn_act_finish,       IST_TERMINATED },
	},
	[IST_CONFIRMED] = {
		[IST_RX_INVITE] = { txn_act_absorb,       IST_CONFIRMED  },
		[IST_RX_ACK]    = { txn_act_absorb,       IST_CONFIRMED  },
		[IST_TMR_I]     = { txn_act_finish,       IST_TERMINATED },
		[IST_DROP]      = { txn_act_finish,       IST_TERMINATED },
	},
};
/* clang-format on */

static const struct txn_machine ist_machine = {
	.name = "ist",
	.cells = &ist_table[0][0],
	.event_count = IST_EVENT_COUNT,
	.terminated = IST_TERMINATED,
	.absorbing = 1u << IST_ACCEPTED | 1u << IST_COMPLETED | 1u << IST_CONFIRMED,
	.network = 1u << IST_RX_INVITE | 1u << IST_RX_ACK,
	.state_name = ist_state_name,
	.event_name = ist_event_name,
};

void ist_step(struct txn *t, enum ist_event event, const struct txn_input *in)
{
	txn_step(&ist_machine, t, event, in);
}
