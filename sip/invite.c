/* sip/invite.c - life and states of a call that we place. See invite.h. */
#include "sip/invite.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/core/cause.h"
#include "sip/cancel.h"
#include "sip/cause.h"
#include "sip/failover.h"
#include "sip/incoming.h"
#include "sip/linger.h"
#include "sip/seek.h"

#define INVITE_NAME(id) #id,

/* Of one header with credentials: its names, the response, cnonce, nc. */
#define INVITE_AUTH_OCTETS 320

const char *invite_state_name(unsigned state)
{
	static const char *const names[] = {INVITE_STATES(INVITE_NAME)};

	check(state < INVITE_STATE_COUNT);
	return names[state];
}

const char *invite_event_name(unsigned event)
{
	static const char *const names[] = {INVITE_EVENTS(INVITE_NAME)};

	check(event < INVITE_EVENT_COUNT);
	return names[event];
}

void invite_tag(const struct invite *iv, char text[SIP_IDENT_LEN])
{
	const struct sip_ident id = {
		.shard = iv->sip->env.shard,
		.kind = SIP_IDENT_CALL,
		.handle = slab_handle(iv->sip->invites, iv),
		.nonce = iv->nonce,
	};

	sip_ident_write(&id, text);
}

struct invite *invite_find(struct sip *sip, const struct sip_ident *id)
{
	struct invite *iv = slab_get(sip->invites, id->handle);
	bool is_ours = id->shard == sip->env.shard && id->kind == SIP_IDENT_CALL;

	return is_ours && iv && iv->nonce == id->nonce ? iv : NULL;
}

struct dialog *invite_find_dialog(struct invite *iv, struct slice remote_tag)
{
	list_for (node, &iv->dialogs) {
		struct dialog *d = list_entry(node, struct dialog, node);

		if (dialog_is_peer(d, remote_tag))
			return d;
	}
	return NULL;
}

const struct sip_conf_endpoint *invite_endpoint(const struct invite *iv)
{
	return sip_conf_endpoint_hash(iv->sip->conf, iv->endpoint);
}

/* Credentials for as many realms as there can be, without their URIs. */
static size_t invite_auth_octets(const struct sip_conf_auth *auth)
{
	return SIP_AUTH_REALMS *
	       (3 * SIP_AUTH_TEXT + INVITE_AUTH_OCTETS + 2 * auth->cred.username.len);
}

struct dialog *invite_dialog_new(struct invite *iv)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct dialog *d = dialog_new(iv->sip, iv->tp);

	if (!d)
		return NULL;
	d->reserve = (uint32_t)iv->call_id.len;
	d->is_asked = ep && ep->auth;
	if (d->is_asked)
		d->reserve += (uint32_t)invite_auth_octets(ep->auth);
	return d;
}

/* ---- facts to the owner ---- */

void invite_drop_response(struct invite *iv)
{
	msgbuf_free(iv->sip->bufs, iv->response);
	iv->response = NULL;
}

static void invite_tell_end(struct invite *iv, struct tech_end end)
{
	const struct tech_events *events = iv->events;

	end.answered_elsewhere = end.cause == CAUSE_ANSWERED_ELSEWHERE;
	iv->events = NULL;
	if (events)
		events->ended(iv->owner, &end);
	invite_drop_response(iv);
}

void invite_tell_ended(struct invite *iv, int cause, unsigned code, struct slice text)
{
	invite_tell_end(iv,
			(struct tech_end){.cause = cause, .tech_code = (int)code, .text = text});
}

static void invite_tell_ended_by(struct invite *iv, const struct sip_msg *msg)
{
	int cause = (int)sip_cause_of_msg(msg);

	/* Any redirection counts as one, also where the table of causes has no row. */
	if (!msg->is_request && msg->code < 400 && !sip_msg_has(msg, SIP_HDR_REASON))
		cause = CAUSE_REDIRECTED;
	invite_tell_end(iv, (struct tech_end){.cause = cause,
					      .tech_code = (int)msg->code,
					      .text = msg->reason,
					      .is_reported = true});
}

/* ---- actions ---- */

typedef void (*invite_act)(struct invite *iv, const struct invite_input *in);

static void invite_absorb(struct invite *iv, const struct invite_input *in)
{
	UNUSED(iv);
	UNUSED(in);
}

static void invite_provisional(struct invite *iv, const struct invite_input *in)
{
	if (in->msg->code > 100)
		tmr_start(&iv->guard, sip_now(iv->sip) + INVITE_RING_MAX);
	invite_take_provisional(iv, in->msg, in->from);
}

static void invite_answer(struct invite *iv, const struct invite_input *in)
{
	tmr_stop(&iv->guard);
	seek_end(iv);
	invite_take_answer(iv, in->msg, in->from);
}

static void invite_refused(struct invite *iv, const struct invite_input *in)
{
	invite_tell_ended_by(iv, in->msg);
}

/* Silence is as 408, what the transport could not carry as 503 (RFC 3261 8.1.3.1). */
static void invite_timed_out(struct invite *iv, const struct invite_input *in)
{
	unsigned code = in->is_transport_error ? 503 : 408;

	invite_tell_ended(iv, (int)sip_cause_of_status(code), code, sip_status_phrase(code));
}

/* Nothing that could be tried is left, or ever was. */
static void invite_unreached(struct invite *iv, const struct invite_input *in)
{
	unsigned code = iv->seek->code ? iv->seek->code : 408, cause = iv->seek->cause;

	UNUSED(in);
	invite_tell_end(iv, (struct tech_end){.cause = (int)(cause ? cause : CAUSE_NO_RESPONSE),
					      .tech_code = (int)code,
					      .text = sip_status_phrase(code),
					      .is_reported = iv->seek->is_reported});
}

static void invite_given_up(struct invite *iv, const struct invite_input *in)
{
	UNUSED(in);
	sip_count_one(iv->sip, METRIC_sip_seek_given_up);
}

static struct txn *invite_ict(struct invite *iv)
{
	return txn_client_get(&iv->sip->txns, iv->ict);
}

static void invite_cancel_now(struct invite *iv, const struct invite_input *in)
{
	struct txn *t = invite_ict(iv);

	UNUSED(in);
	tmr_stop(&iv->guard);
	if (!NEVER(!t) && !t->cancelled)
		sip_send_cancel(iv->sip, t, iv->bye_cause, iv->suppress_q850);
}

/* RFC 3261 9.1: no CANCEL before a provisional response. */
static void invite_cancel_later(struct invite *iv, const struct invite_input *in)
{
	UNUSED(in);
	tmr_stop(&iv->guard);
}

static void invite_cancel_held(struct invite *iv, const struct invite_input *in)
{
	if (FAULT(cancel_forgotten))
		return;
	invite_cancel_now(iv, in);
}

static void invite_rang_out(struct invite *iv, const struct invite_input *in)
{
	iv->bye_cause = CAUSE_NO_ANSWER;
	invite_cancel_now(iv, in);
	invite_tell_ended(iv, CAUSE_NO_ANSWER, 0, SLICE_EMPTY);
}

static void invite_bye(struct invite *iv, const struct invite_input *in)
{
	UNUSED(in);
	tmr_stop(&iv->session);
	tmr_stop(&iv->again);
	if (!iv->dialog || !invite_send_bye(iv, iv->dialog))
		invite_step(iv, INVITE_BYE_DONE, &(struct invite_input){0});
}

/* A 2xx that crossed our CANCEL, or came while it was held: ACK, then BYE (RFC 5407 3.1.2). */
static void invite_answer_late(struct invite *iv, const struct invite_input *in)
{
	UNUSED(invite_accept(iv, in->msg, in->from));
	invite_bye(iv, in);
}

static void invite_lost(struct invite *iv, const struct invite_input *in)
{
	iv->bye_cause = (uint16_t)in->cause;
	invite_bye(iv, in);
	invite_tell_ended(iv, in->cause, 0, SLICE_EMPTY);
}

static void invite_far_end_bye(struct invite *iv, const struct invite_input *in)
{
	invite_tell_ended(iv, (int)sip_cause_of_msg(in->msg), 0, SLICE_EMPTY);
}

/* The INVITE transaction must still end what it may have started. */
static void invite_evict(struct invite *iv, const struct invite_input *in)
{
	struct txn *t = invite_ict(iv);

	UNUSED(in);
	sip_count_one(iv->sip, METRIC_sip_linger_evicted);
	if (t && txn_ict_is_open(t))
		invite_orphan(iv, t, iv->bye_cause);
	iv->ict = HANDLE_NONE;
}

struct invite_cell {
	invite_act act;
	uint8_t next;
};

/* clang-format off */
static const struct invite_cell invite_table[INVITE_STATE_COUNT][INVITE_EVENT_COUNT] = {
	[INVITE_SEEKING] = {
		[INVITE_SENT]      = { invite_absorb,      INVITE_CALLING     },
		[INVITE_UNREACHED] = { invite_unreached,   INVITE_GONE        },
		[INVITE_RX_BYE]    = { invite_absorb,      INVITE_SEEKING     },
		[INVITE_HANGUP]    = { invite_given_up,    INVITE_GONE        },
		[INVITE_GUARD]     = { invite_unreached,   INVITE_GONE        },
	},
	[INVITE_CALLING] = {
		[INVITE_SEEK]     = { invite_absorb,       INVITE_SEEKING     },
		[INVITE_RX_1XX]   = { invite_provisional,  INVITE_PROCEEDING  },
		[INVITE_RX_2XX]   = { invite_answer,       INVITE_UP          },
		[INVITE_RX_FAIL]  = { invite_refused,      INVITE_GONE        },
		[INVITE_RX_RETRY] = { invite_absorb,       INVITE_CALLING     },
		[INVITE_TIMEOUT]  = { invite_timed_out,    INVITE_GONE        },
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_CALLING     },
		[INVITE_HANGUP]   = { invite_cancel_later, INVITE_CANCEL_HELD },
		[INVITE_GUARD]    = { invite_timed_out,    INVITE_CANCEL_HELD },
	},
	[INVITE_PROCEEDING] = {
		[INVITE_SEEK]     = { invite_absorb,       INVITE_SEEKING     },
		[INVITE_RX_1XX]   = { invite_provisional,  INVITE_PROCEEDING  },
		[INVITE_RX_2XX]   = { invite_answer,       INVITE_UP          },
		[INVITE_RX_FAIL]  = { invite_refused,      INVITE_GONE        },
		[INVITE_RX_RETRY] = { invite_absorb,       INVITE_CALLING     },
		[INVITE_TIMEOUT]  = { invite_timed_out,    INVITE_GONE        },
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_PROCEEDING  },
		[INVITE_HANGUP]   = { invite_cancel_now,   INVITE_CANCELLING  },
		[INVITE_GUARD]    = { invite_rang_out,     INVITE_CANCELLING  },
	},
	[INVITE_OFFERED] = {
		[INVITE_ANSWER]   = { incoming_accept,     INVITE_UP          },
		[INVITE_HANGUP]   = { incoming_refuse,     INVITE_GONE        },
		[INVITE_RX_CANCEL] = { incoming_cancelled, INVITE_GONE        },
		[INVITE_RX_BYE]   = { incoming_cancelled,  INVITE_GONE        },
		[INVITE_GUARD]    = { incoming_given_up,   INVITE_GONE        },
		[INVITE_TIMEOUT]  = { invite_timed_out,    INVITE_GONE        },
	},
	[INVITE_UP] = {
		[INVITE_RX_BYE]   = { invite_far_end_bye,  INVITE_GONE        },
		[INVITE_HANGUP_UNACKED] = { invite_absorb, INVITE_BYE_HELD    },
		[INVITE_HANGUP]   = { invite_bye,          INVITE_ENDING      },
		[INVITE_LOST]     = { invite_lost,         INVITE_ENDING      },
	},
	[INVITE_CANCEL_HELD] = {
		[INVITE_RX_1XX]   = { invite_cancel_held,  INVITE_CANCELLING  },
		[INVITE_RX_2XX]   = { invite_answer_late,  INVITE_ENDING      },
		[INVITE_RX_FAIL]  = { invite_absorb,       INVITE_GONE        },
		[INVITE_TIMEOUT]  = { invite_absorb,       INVITE_GONE        },
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_CANCEL_HELD },
		[INVITE_EVICT]    = { invite_evict,        INVITE_GONE        },
	},
	[INVITE_CANCELLING] = {
		[INVITE_RX_1XX]   = { invite_absorb,       INVITE_CANCELLING  },
		[INVITE_RX_2XX]   = { invite_answer_late,  INVITE_ENDING      },
		[INVITE_RX_FAIL]  = { invite_absorb,       INVITE_GONE        },
		[INVITE_TIMEOUT]  = { invite_absorb,       INVITE_GONE        },
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_CANCELLING  },
		[INVITE_EVICT]    = { invite_evict,        INVITE_GONE        },
	},
	[INVITE_BYE_HELD] = {
		[INVITE_RX_ACK]   = { invite_bye,          INVITE_ENDING      },
		[INVITE_LOST]     = { invite_bye,          INVITE_ENDING      },
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_GONE        },
		[INVITE_EVICT]    = { invite_evict,        INVITE_GONE        },
	},
	[INVITE_ENDING] = {
		[INVITE_RX_BYE]   = { invite_absorb,       INVITE_ENDING      },
		[INVITE_LOST]     = { invite_absorb,       INVITE_ENDING      },
		[INVITE_BYE_DONE] = { invite_absorb,       INVITE_GONE        },
		[INVITE_EVICT]    = { invite_evict,        INVITE_GONE        },
	},
};
/* clang-format on */

static void invite_move_list(struct invite *iv, uint8_t before)
{
	struct sip *sip = iv->sip;

	if (!(INVITE_SB_OWNED >> before & 1) || invite_is_owned(iv))
		return;
	list_del(&iv->node);
	list_add_tail(&sip->ending, &iv->node);
	sip->active_count--;
	sip->ending_count++;
}

void invite_step(struct invite *iv, enum invite_event event, const struct invite_input *in)
{
	const struct invite_cell *cell = &invite_table[iv->state][event];
	uint8_t before = iv->state;

	check(event < INVITE_EVENT_COUNT);
	if (NEVER(!cell->act))
		return;
	invite_hold(iv);
	iv->state = cell->next;
	invite_move_list(iv, before);
	sip_trace_state(iv->sip, "invite", slab_handle(iv->sip->invites, iv),
			invite_state_name(before), invite_event_name(event),
			invite_state_name(iv->state));
	cell->act(iv, in);
	invite_release(iv);
}

/* ---- end of life ---- */

static void invite_leave_txns(struct invite *iv)
{
	struct txn_layer *l = &iv->sip->txns;
	struct txn *ict = txn_client_get(l, iv->ict);
	struct txn *request = txn_client_get(l, iv->request);
	struct txn *refer = txn_client_get(l, iv->refer);
	struct txn *ist = txn_server_get(l, iv->ist);

	/* A 2xx may still come for an INVITE that is open. */
	if (ict && txn_ict_is_open(ict))
		invite_orphan(iv, ict, iv->bye_cause);
	else if (ict && ict->arg == iv)
		txn_set_user(ict, NULL, NULL);
	if (request)
		txn_set_user(request, NULL, NULL);
	if (refer)
		txn_set_user(refer, NULL, NULL);
	if (ist)
		txn_set_user(ist, NULL, NULL);
}

void invite_destroy(struct invite *iv)
{
	struct sip *sip = iv->sip;

	invite_leave_txns(iv);
	seek_end(iv);
	tmr_stop(&iv->guard);
	tmr_stop(&iv->session);
	tmr_stop(&iv->again);
	list_for_safe (node, &iv->dialogs)
		dialog_free(list_entry(node, struct dialog, node));
	invite_drop_auth(iv);
	msgbuf_free(sip->bufs, iv->connected);
	invite_drop_response(iv);
	if (iv->incoming)
		incoming_free(iv->incoming);
	if (invite_is_owned(iv))
		sip->active_count--;
	else
		sip->ending_count--;
	list_del(&iv->node);
	slab_free(sip->invites, iv);
}

void invite_release(struct invite *iv)
{
	check(iv->depth > 0);
	if (--iv->depth == 0 && iv->state == INVITE_GONE)
		invite_destroy(iv);
}

/* ---- what the INVITE transaction says ---- */

bool invite_take_422(struct invite *iv, const struct sip_msg *msg)
{
	uint32_t min_se;

	if (!iv->has_timers || iv->se_round >= 2 ||
	    !sip_msg_get_u32(msg, SIP_HDR_MIN_SE, &min_se) || min_se <= iv->min_se_s)
		return false;
	iv->se_round++;
	iv->min_se_s = min_se;
	if (iv->session_s < min_se)
		iv->session_s = min_se;
	return true;
}

static bool invite_may_retry(struct invite *iv, const struct sip_msg *msg)
{
	if (iv->state != INVITE_CALLING && iv->state != INVITE_PROCEEDING)
		return false;
	if (msg->code == 401 || msg->code == 407)
		return invite_take_auth(iv, msg);
	if (msg->code == 403)
		return invite_doubt_auth(iv);
	return msg->code == 422 && invite_take_422(iv, msg);
}

/* The same call once more: same Call-ID and From tag, CSeq + 1, new branch (RFC 3261 8.1.3.5). */
static bool invite_send_again(struct invite *iv, struct txn *old)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	struct txn *t = txn_client_new(&iv->sip->txns, TXN_ICT, SIP_METHOD_INVITE, iv->cseq + 1,
				       invite_on_ict, iv);
	const struct sip_hop hop = {iv->dst, iv->local, iv->tp};

	if (!t)
		return false;
	txn_branch(t, branch);
	if (invite_write_again(&out, iv, txn_text(old), &hop, slice_make(branch, sizeof(branch)))) {
		txn_set_user(t, NULL, NULL);
		txn_drop(t);
		return false;
	}
	if (txn_client_send(t, iv->tp, &iv->dst, &iv->local, sink_slice(&out)))
		return false;
	txn_set_user(old, NULL, NULL);
	iv->ict = txn_handle(t);
	list_for_safe (node, &iv->dialogs)
		dialog_free(list_entry(node, struct dialog, node));
	return true;
}

static bool invite_may_move(const struct invite *iv)
{
	return iv->state == INVITE_CALLING || iv->state == INVITE_PROCEEDING;
}

/* The next target, or what the failure means without one. */
static void invite_move(struct invite *iv, enum seek_result result, enum invite_event failure,
			const struct invite_input *in)
{
	static const enum invite_event events[] = {
		[SEEK_SENT] = INVITE_RX_RETRY,
		[SEEK_WAITS] = INVITE_SEEK,
	};

	if (result != SEEK_OVER)
		tmr_start(&iv->guard, sip_now(iv->sip) + INVITE_RING_MAX);
	invite_step(iv, result == SEEK_OVER ? failure : events[result], in);
}

static void invite_on_failure(struct invite *iv, struct txn *t, const struct invite_input *in)
{
	enum seek_result result = SEEK_OVER;
	bool followed;

	if (NEVER(!in->msg))
		return;
	invite_note_identity_refusal(iv, in->msg);
	if (invite_may_move(iv) &&
	    sip_failover_on(iv->sip->conf, invite_endpoint(iv), in->msg->code))
		result = seek_next(iv, in->msg);
	else if (invite_may_move(iv) && in->msg->code < 400)
		result = seek_redirect(iv, in->msg, &followed);
	else if (invite_may_retry(iv, in->msg) && invite_send_again(iv, t))
		result = SEEK_SENT;
	invite_move(iv, result, INVITE_RX_FAIL, in);
}

static void invite_on_silence(struct invite *iv, const struct invite_input *in)
{
	enum seek_result result = SEEK_OVER;

	if (invite_may_move(iv))
		result = seek_next_of_silent(iv, in->is_transport_error);
	invite_move(iv, result, INVITE_TIMEOUT, in);
}

void invite_on_ict(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		   const struct addr *from)
{
	const struct invite_input in = {
		.msg = msg, .from = from, .is_transport_error = fact == TXN_ERROR};
	struct invite *iv = arg;

	if (msg) {
		seek_heard(iv, msg);
		invite_auth_heard(iv, msg);
	}
	switch (fact) {
	case TXN_PROVISIONAL:
		invite_step(iv, INVITE_RX_1XX, &in);
		break;
	case TXN_SUCCESS:
		invite_step(iv, INVITE_RX_2XX, &in);
		break;
	case TXN_FAILURE:
		invite_on_failure(iv, t, &in);
		break;
	case TXN_TIMEOUT:
	case TXN_ERROR:
		if (t->code == 0 && !t->is_evicted) /* not a word, ever */
			seek_unheard(iv);
		invite_on_silence(iv, &in);
		break;
	default:
		break;
	}
}
