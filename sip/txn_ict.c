/* sip/txn_ict.c - client INVITE transaction: RFC 3261 figure 5, Accepted from RFC 6026 figure 3. */
#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "sip/txn_internal.h"
#include "sip/write.h"

#define ICT_NAME(id) #id,

const char *ict_state_name(unsigned state)
{
	static const char *const names[] = {ICT_STATES(ICT_NAME)};

	check(state < ICT_STATE_COUNT);
	return names[state];
}

const char *ict_event_name(unsigned event)
{
	static const char *const names[] = {ICT_EVENTS(ICT_NAME)};

	check(event < ICT_EVENT_COUNT);
	return names[event];
}

/* Any response ends the retransmission of the INVITE and its time-out. */
static void ict_answered(struct txn *t)
{
	if (!FAULT(timer_not_stopped))
		tmr_stop(&t->resend);
	tmr_stop(&t->end);
}

static void ict_provisional(struct txn *t, const struct txn_input *in)
{
	ict_answered(t);
	txn_tell(t, TXN_PROVISIONAL, in);
}

static void ict_provisional_again(struct txn *t, const struct txn_input *in)
{
	txn_tell(t, TXN_PROVISIONAL, in);
}

/* The user sends the ACK: its bytes live with the dialog, not here. The request is kept until the
 * user has seen the first 2xx, which may need it (credentials). */
static void ict_accept(struct txn *t, const struct txn_input *in)
{
	ict_answered(t);
	txn_end_start(t, ICT_TMR_M, 64 * txn_times(t)->t1_ns);
	txn_tell(t, TXN_SUCCESS, in);
	txn_forget(t);
}

static void ict_success_again(struct txn *t, const struct txn_input *in)
{
	txn_tell(t, TXN_SUCCESS, in);
}

/* RFC 3261 17.1.1.3: Request-URI, top Via, From, Call-ID, CSeq number and Route of the INVITE, To
 * with the tag of the response. */
static void ict_write_ack(struct sink *out, const struct sip_msg *invite,
			  const struct sip_msg *response)
{
	sip_write_request_line(out, SLICE_LIT("ACK"), invite->ruri);
	sip_write_header_id(out, SIP_HDR_VIA, invite->via.raw);
	sip_write_copy(out, invite, SIP_HDR_FROM);
	sip_write_copy(out, response, SIP_HDR_TO);
	sip_write_copy(out, invite, SIP_HDR_CALL_ID);
	sip_write_cseq(out, invite->cseq, SLICE_LIT("ACK"));
	sip_write_copy(out, invite, SIP_HDR_ROUTE);
	sip_write_copy(out, invite, SIP_HDR_MAX_FORWARDS);
	sip_write_copy(out, invite, SIP_HDR_USER_AGENT);
	sip_write_end(out);
}

static void ict_make_ack(struct txn *t, const struct sip_msg *response)
{
	char text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	enum sip_parse_error err;
	struct sip_msg invite;

	if (NEVER(!t->buf || sip_msg_parse(&invite, msgbuf_slice(t->buf), &err)))
		return;
	ict_write_ack(&out, &invite, response);
	if (!out.over)
		txn_keep(t, sink_slice(&out));
}

/* The user hears of the failure while the INVITE is still kept: it may want to send it once more
 * with credentials. After that the ACK takes its place. */
static void ict_fail(struct txn *t, const struct txn_input *in)
{
	char text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	enum sip_parse_error err;
	struct sip_msg invite;

	ict_answered(t);
	txn_absorb_start(t, ICT_TMR_D, txn_times(t)->d_ns);
	if (NEVER(!t->buf || sip_msg_parse(&invite, msgbuf_slice(t->buf), &err)))
		return;
	ict_write_ack(&out, &invite, in->msg);
	if (!out.over)
		UNUSED(t->layer->conf.send(t->layer->conf.arg, t->tp, &t->dst, sink_slice(&out)));
	txn_tell(t, TXN_FAILURE, in);
	txn_keep(t, sink_slice(&out));
}

static void ict_ack_again(struct txn *t, const struct txn_input *in)
{
	if (!t->buf) /* there was no room to keep it */
		ict_make_ack(t, in->msg);
	txn_send_again(t);
}

static void ict_resend(struct txn *t, const struct txn_input *in)
{
	UNUSED(in);
	txn_resend_again(t, INT64_MAX);
	txn_send_again(t);
}

static void ict_timed_out(struct txn *t, const struct txn_input *in)
{
	metric_inc(t->layer->conf.metrics, METRIC_sip_timeout);
	txn_stop_timers(t);
	txn_tell(t, TXN_TIMEOUT, in);
}

static void ict_failed_to_send(struct txn *t, const struct txn_input *in)
{
	txn_stop_timers(t);
	txn_tell(t, TXN_ERROR, in);
}

/* clang-format off */
static const struct txn_cell ict_table[ICT_STATE_COUNT][ICT_EVENT_COUNT] = {
	[ICT_CALLING] = {
		[ICT_RX_1XX]   = { ict_provisional,    ICT_PROCEEDING },
		[ICT_RX_2XX]   = { ict_accept,         ICT_ACCEPTED   },
		[ICT_RX_FAIL]  = { ict_fail,           ICT_COMPLETED  },
		[ICT_TMR_A]    = { ict_resend,         ICT_CALLING    },
		[ICT_TMR_B]    = { ict_timed_out,      ICT_TERMINATED },
		[ICT_TX_ERROR] = { ict_failed_to_send, ICT_TERMINATED },
		[ICT_DROP]     = { txn_act_finish,     ICT_TERMINATED },
	},
	[ICT_PROCEEDING] = {
		[ICT_RX_1XX]   = { ict_provisional_again, ICT_PROCEEDING },
		[ICT_RX_2XX]   = { ict_accept,         ICT_ACCEPTED   },
		[ICT_RX_FAIL]  = { ict_fail,           ICT_COMPLETED  },
		[ICT_TMR_B]    = { ict_timed_out,      ICT_TERMINATED }, /* 64*T1 after CANCEL */
		[ICT_TX_ERROR] = { ict_failed_to_send, ICT_TERMINATED },
		[ICT_DROP]     = { txn_act_finish,     ICT_TERMINATED },
	},
	[ICT_ACCEPTED] = {
		[ICT_RX_1XX]   = { txn_act_absorb,     ICT_ACCEPTED   },
		[ICT_RX_2XX]   = { ict_success_again,  ICT_ACCEPTED   },
		[ICT_RX_FAIL]  = { txn_act_absorb,     ICT_ACCEPTED   },
		[ICT_TMR_M]    = { txn_act_finish,     ICT_TERMINATED },
		[ICT_DROP]     = { txn_act_finish,     ICT_TERMINATED },
	},
	[ICT_COMPLETED] = {
		[ICT_RX_1XX]   = { txn_act_absorb,     ICT_COMPLETED  },
		[ICT_RX_2XX]   = { txn_act_absorb,     ICT_COMPLETED  },
		[ICT_RX_FAIL]  = { ict_ack_again,      ICT_COMPLETED  },
		[ICT_TMR_D]    = { txn_act_finish,     ICT_TERMINATED },
		[ICT_TX_ERROR] = { txn_act_absorb,     ICT_COMPLETED  },
		[ICT_DROP]     = { txn_act_finish,     ICT_TERMINATED },
	},
};
/* clang-format on */

static const struct txn_machine ict_machine = {
	.name = "ict",
	.cells = &ict_table[0][0],
	.event_count = ICT_EVENT_COUNT,
	.terminated = ICT_TERMINATED,
	.absorbing = 1u << ICT_ACCEPTED | 1u << ICT_COMPLETED,
	.network = 1u << ICT_RX_1XX | 1u << ICT_RX_2XX | 1u << ICT_RX_FAIL,
	.state_name = ict_state_name,
	.event_name = ict_event_name,
};

void ict_step(struct txn *t, enum ict_event event, const struct txn_input *in)
{
	txn_step(&ict_machine, t, event, in);
}

void txn_ict_cancelled(struct txn *t)
{
	check(t->kind == TXN_ICT && t->state == ICT_PROCEEDING);
	t->cancelled = true;
	txn_end_start(t, ICT_TMR_B, 64 * txn_times(t)->t1_ns);
}

bool txn_ict_is_open(const struct txn *t)
{
	return t->kind == TXN_ICT && (t->state == ICT_CALLING || t->state == ICT_PROCEEDING);
}

bool txn_ict_is_proceeding(const struct txn *t)
{
	return t->kind == TXN_ICT && t->state == ICT_PROCEEDING;
}
