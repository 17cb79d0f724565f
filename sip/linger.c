/* sip/linger.c - see linger.h. */
#include "sip/linger.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/core/cause.h"
#include "sip/cancel.h"
#include "sip/transport.h"

/* So many requests may have gone in a dialog of which nothing is known any more. */
#define LINGER_UNSEEN 100

static void linger_free(struct linger *l)
{
	list_del(&l->node);
	next_hop_ack_free(l->sip, &l->ack);
	slab_free(l->sip->lingers, l);
}

static uint64_t linger_hash(const struct linger *l, struct slice tag)
{
	uint64_t h = slice_hash(tag, l->sip->key);

	return h ? h : 1; /* 0: no winner */
}

/* Room for one more: the oldest record ends with its transaction. */
static struct linger *linger_new(struct sip *sip)
{
	struct linger *l;

	if (slab_used(sip->lingers) == slab_count_max(sip->lingers)) {
		struct linger *oldest =
			list_entry(list_first(&sip->linger_fifo), struct linger, node);
		struct txn *t = txn_client_get(&sip->txns, oldest->ict);

		sip_count_one(sip, METRIC_sip_linger_evicted);
		if (t)
			txn_drop(t); /* TXN_GONE frees the record */
		else
			linger_free(oldest);
	}
	l = slab_alloc(sip->lingers);
	if (!l) {
		sip_count_one(sip, METRIC_sip_no_slot);
		return NULL;
	}
	l->sip = sip;
	list_init(&l->node);
	list_init(&l->ack.node);
	list_add_tail(&sip->linger_fifo, &l->node);
	return l;
}

/* The branch of an ACK for a stray 2xx follows from its tag: each copy gets the same bytes. */
static void linger_ack_branch(struct sip *sip, const struct sip_msg *msg,
			      char branch[SIP_BRANCH_LEN])
{
	const struct sip_ident id = {
		.shard = sip->env.shard,
		.kind = SIP_IDENT_ACK,
		.handle = handle_make((uint32_t)slice_hash(msg->call_id, sip->key), 0),
		.nonce = slice_hash(msg->to_tag, sip->key) >> 6,
	};

	sip_ident_branch(&id, branch);
}

static void linger_ack_fork(struct dialog *d, const struct sip_hop *hop, const struct sip_msg *msg)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	const struct dialog_request r = {
		.method = SIP_METHOD_ACK,
		.cseq = msg->cseq,
		.call_id = msg->call_id,
		.branch = slice_make(branch, sizeof(branch)),
		.via = &hop->local,
		.tp = hop->tp,
	};

	linger_ack_branch(d->sip, msg, branch);
	dialog_write_request(&out, d, &r);
	sip_write_tail(&out, d->sip);
	sip_write_end(&out);
	if (!out.over)
		next_hop_send_ack_once(&d->next, hop, sink_slice(&out));
}

/* RFC 3261 12.2.1.1: with a number above those of the PRACKs that its dialog may have seen. */
static void linger_bye_fork(struct dialog *d, const struct sip_hop *hop, const struct sip_msg *msg,
			    uint32_t cseq, unsigned cause)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	struct txn *t = txn_client_new(&d->sip->txns, TXN_NICT, SIP_METHOD_BYE, cseq, NULL, NULL);
	const struct dialog_request r = {
		.method = SIP_METHOD_BYE,
		.cseq = cseq,
		.call_id = msg->call_id,
		.branch = slice_make(branch, sizeof(branch)),
		.via = &hop->local,
		.tp = hop->tp,
	};

	if (!t)
		return;
	txn_branch(t, branch);
	dialog_write_request(&out, d, &r);
	if (cause)
		sip_write_reason_q850(&out, cause);
	sip_write_tail(&out, d->sip);
	sip_write_end(&out);
	if (out.over)
		txn_drop(t);
	else
		UNUSED(next_hop_send(&d->next, t, hop, sink_slice(&out)));
}

struct linger_end {
	struct sip_hop call; /* where the 2xx came from */
	uint32_t cseq;	     /* of the BYE */
	int cause;	     /* negative: no BYE */
	bool may_look;
};

static void linger_end(struct sip *sip, const struct sip_msg *msg, const struct linger_end *e)
{
	struct sip_hop hop;
	struct dialog d;

	if (dialog_init_stray(&d, sip, e->call.tp, msg, &e->call.peer.addr, e->may_look) == 0) {
		next_hop_get(&d.next, &e->call, &hop);
		linger_ack_fork(&d, &hop, msg);
		if (e->cause >= 0)
			linger_bye_fork(&d, &hop, msg, e->cseq, (unsigned)e->cause);
	} else {
		sip_count_one(sip, METRIC_sip_answer_untold);
	}
	dialog_close_stray(&d);
}

void linger_end_fork(struct sip *sip, const struct linger_call *call, const struct sip_msg *msg,
		     const struct sip_peer *from, int cause)
{
	const struct linger_end e = {
		.call = {*from, call->local, call->tp},
		.cseq = (msg->cseq > call->cseq ? msg->cseq : call->cseq) + 1,
		.cause = cause,
		.may_look = true,
	};

	linger_end(sip, msg, &e);
}

void linger_end_orphan(struct sip *sip, uint8_t tp, const struct addr *local,
		       const struct sip_msg *msg, const struct sip_peer *from)
{
	const struct linger_end e = {
		.call = {*from, *local, tp},
		.cseq = msg->cseq + LINGER_UNSEEN,
		.cause = CAUSE_NORMAL_UNSPECIFIED,
	};

	linger_end(sip, msg, &e);
}

/* True the first time a tag is seen. Beyond LIMIT_SIP_FORKS each copy gets a BYE again: rather one
 * too many than a call that nobody ends. */
static bool linger_is_new_fork(struct linger *l, uint64_t hash)
{
	for (uint32_t i = 0; i < l->fork_count; i++)
		if (l->forks[i] == hash)
			return false;
	if (l->fork_count < LIMIT_SIP_FORKS)
		l->forks[l->fork_count++] = hash;
	return true;
}

static void linger_success(struct linger *l, const struct sip_msg *msg, const struct sip_peer *from)
{
	uint64_t hash = linger_hash(l, msg->to_tag);
	int cause = l->cause;

	if (hash == l->winner) {
		sip_count_one(l->sip, METRIC_sip_retransmit);
		if (l->ack.text && !FAULT(ack_not_repeated))
			next_hop_send_ack_again(l->sip, &l->ack);
		else if (!l->ack.text)
			linger_end_fork(l->sip, &l->call, msg, from, -1);
		return;
	}
	if (!linger_is_new_fork(l, hash) || FAULT(fork_not_ended))
		cause = -1;
	linger_end_fork(l->sip, &l->call, msg, from, cause);
}

static void linger_on_ict(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			  const struct addr *from)
{
	struct sip_peer peer = t->dst; /* the name, if it came from there */
	struct linger *l = arg;

	switch (fact) {
	case TXN_PROVISIONAL: /* of a call that was given up before it rang */
		if (!t->cancelled)
			sip_send_cancel(l->sip, t, l->cause, false);
		break;
	case TXN_SUCCESS:
		if (!addr_eq(&peer.addr, from))
			peer = (struct sip_peer){.addr = *from};
		linger_success(l, msg, &peer);
		break;
	case TXN_GONE:
		linger_free(l);
		break;
	default:
		break;
	}
}

/* Without room to keep it, it goes out as well as can be. */
static void linger_take_ack(struct sip *sip, struct linger *l, const struct linger_ack *ack)
{
	struct msgbuf *kept = l ? msgbuf_dup(sip->bufs, ack->text) : NULL;

	if (!kept) {
		next_hop_send_ack_once(&ack->dialog->next, &ack->hop, ack->text);
		return;
	}
	l->ack.text = kept;
	l->ack.hop = ack->hop;
	next_hop_send_ack(&ack->dialog->next, &l->ack);
}

void linger_start(struct sip *sip, struct txn *ict, struct slice tag, const struct linger_ack *ack,
		  const struct linger_call *call)
{
	struct linger *l = linger_new(sip);

	txn_set_user(ict, NULL, NULL);
	if (ack->text.len)
		linger_take_ack(sip, l, ack);
	if (!l)
		return;
	l->call = *call;
	l->cause = CAUSE_ANSWERED_ELSEWHERE;
	l->winner = linger_hash(l, tag);
	l->ict = txn_handle(ict);
	txn_set_user(ict, linger_on_ict, l);
}

void linger_orphan(struct sip *sip, struct txn *ict, const struct linger_call *call, unsigned cause)
{
	struct linger *l = linger_new(sip);

	txn_set_user(ict, NULL, NULL);
	if (l) {
		l->call = *call;
		l->cause = (uint16_t)cause;
		l->ict = txn_handle(ict);
		txn_set_user(ict, linger_on_ict, l);
	}
	/* A re-INVITE that had a provisional response: no timer would ever end it. */
	if (txn_ict_is_proceeding(ict) && !ict->cancelled)
		sip_send_cancel(sip, ict, cause, false);
}
