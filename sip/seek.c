/* sip/seek.c - see seek.h. */
#include "sip/seek.h"

#include "engine/base/check.h"
#include "engine/core/cause.h"
#include "engine/core/pack.h"
#include "sip/bindings.h"
#include "sip/cause.h"
#include "sip/health.h"
#include "sip/request.h"
#include "sip/seek_internal.h"
#include "sip/transport.h"

#include <errno.h>

/* ---- sending ---- */

static struct sip_target seek_target(const struct invite *iv)
{
	return (struct sip_target){.addr = iv->dst.addr,
				   .transport = (uint8_t)sip_tp_kind(iv->sip, iv->tp)};
}

/* TLS to the name that leads there, not to what its records say (RFC 5922 4). */
static struct sip_peer seek_peer(struct seek *s, const struct sip_target *t)
{
	struct sip_peer peer = {.addr = t->addr};

	if (t->transport == SIP_TRANSPORT_TLS)
		peer.host = peer_names_keep(s->sip->peer_names, slice_str(s->search.query.host));
	return peer;
}

/* The old transaction, if any, has nothing to say any more; a CANCEL of it is of no use. */
static void seek_leave_txn(struct invite *iv)
{
	struct txn *old = txn_client_get(&iv->sip->txns, iv->ict);

	if (old)
		txn_set_user(old, NULL, NULL);
	iv->ict = HANDLE_NONE;
	list_for_safe (node, &iv->dialogs)
		dialog_free(list_entry(node, struct dialog, node));
}

static int seek_write(struct sink *out, struct seek *s, const struct sip_conf_endpoint *ep,
		      struct slice branch)
{
	struct slice headers[SEEK_HEADERS];
	struct tech_dial dial = {.headers = headers};
	struct invite_way way;

	seek_read_dial(s, &dial, headers);
	seek_read_way(s, &way);
	s->iv->contact = way.contact;
	return invite_write_first(out, s->iv, &dial, ep, &way, branch);
}

static int seek_send(struct seek *s, const struct sip_target *target)
{
	char branch[SIP_BRANCH_LEN], text[LIMIT_SIP_OUT];
	struct sink out = sink_make(text, sizeof(text));
	struct invite *iv = s->iv;
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct txn *t;
	int tp, err;

	if (!ep) /* a reload took it away meanwhile */
		return -ENOENT;
	tp = sip_tp_pick_for(iv->sip, ep->transport, target);
	if (tp < 0)
		return -EAFNOSUPPORT;
	seek_leave_txn(iv);
	iv->tp = (uint8_t)tp;
	iv->dst = seek_peer(s, target);
	sip_tp_address(iv->sip, iv->tp, &iv->dst.addr, &iv->local);
	t = txn_client_new(&iv->sip->txns, TXN_ICT, SIP_METHOD_INVITE, iv->cseq, invite_on_ict, iv);
	if (!t)
		return -ENOBUFS;
	txn_branch(t, branch);
	invite_borrow_auth(iv, ep);
	err = seek_write(&out, s, ep, slice_make(branch, sizeof(branch)));
	if (err) {
		txn_set_user(t, NULL, NULL);
		txn_drop(t);
		return err;
	}
	iv->ict = txn_handle(t);
	err = txn_client_send(t, iv->tp, &iv->dst, &iv->local, sink_slice(&out));
	if (err)
		iv->ict = HANDLE_NONE;
	return err;
}

/* ---- choosing ---- */

static bool seek_has_failed(const struct seek *s, const struct sip_target *t)
{
	for (uint32_t i = 0; i < s->failed_count; i++)
		if (s->failed[i].transport == t->transport && addr_eq(&s->failed[i].addr, &t->addr))
			return true;
	return false;
}

static void seek_fail_target(struct seek *s, const struct sip_target *t)
{
	if (!seek_has_failed(s, t) && s->failed_count < SEEK_FAILED_MAX)
		s->failed[s->failed_count++] = *t;
}

static void seek_blame(struct seek *s, unsigned code, unsigned cause)
{
	s->code = (uint16_t)code;
	s->cause = (uint16_t)cause;
	s->is_reported = false;
}

static void seek_blame_msg(struct seek *s, const struct sip_msg *msg, unsigned cause)
{
	seek_blame(s, msg->code, cause);
	s->is_reported = true;
}

/* True: not now. */
static bool seek_passes_over(struct seek *s, const struct sip_target *t)
{
	struct sip *sip = s->sip;

	if (seek_has_failed(s, t))
		return true;
	if (sip_health_until(sip->health, t) <= sip_now(sip))
		return false;
	if (!s->code)
		seek_blame(s, 503, CAUSE_CONGESTION);
	sip_count_one(sip, METRIC_sip_target_passed_over);
	return true;
}

/* When a list is at its end: until when none of it can be used. */
static void seek_sum_up(struct seek *s)
{
	struct sip *sip = s->sip;

	for (uint32_t i = 0; i < s->list.count; i++) {
		const struct sip_target *t = &s->list.targets[i];
		int64_t until = sip_health_until(sip->health, t);

		if (until <= sip_now(sip))
			s->has_free = true;
		else if (s->held_ns == 0 || until < s->held_ns)
			s->held_ns = until;
		s->has_down |= sip_health_is_down(sip->health, t);
	}
	s->list.count = 0;
}

/* Sends to the next target of the list that takes it. */
static bool seek_try_list(struct seek *s, int *error)
{
	while (s->next < s->list.count) {
		const struct sip_target *t = &s->list.targets[s->next++];

		if (seek_passes_over(s, t))
			continue;
		*error = seek_send(s, t);
		if (*error == 0)
			return true;
		if (*error == -EMSGSIZE || *error == -EINVAL || *error == -ENOBUFS)
			return false; /* no other target would take it either */
		seek_fail_target(s, t);
		seek_blame(s, 503, CAUSE_CONGESTION);
	}
	seek_sum_up(s);
	return false;
}

static enum sip_target_result seek_look(struct seek *s, const struct sip_conf_endpoint *ep)
{
	struct sip *sip = s->sip;
	struct sip_target_want want;
	struct invite_way way;
	struct sip_uri uri;

	seek_read_way(s, &way);
	if (!ep || !sip_request_first_hop(way.path, way.proxy, way.ruri, &uri))
		return SIP_TARGET_NONE;
	sip_tp_want(sip, ep->transport, &want);
	return sip_target_begin(&s->search, sip_now(sip), &uri, &want, sip->env.rng, &s->list);
}

/* As Asterisk: a name that leads nowhere is as a bad gateway. */
static bool seek_take_list(struct seek *s, enum sip_target_result r)
{
	s->next = 0;
	if (r == SIP_TARGET_FOUND)
		return true;
	s->list.count = 0;
	sip_count_one(s->sip, METRIC_sip_target_unknown);
	if (!s->code)
		seek_blame(s, 502, CAUSE_OUT_OF_ORDER);
	s->has_free = true; /* names come back at any time */
	return false;
}

/* Nothing of this call's can be tried. If all of it is held or down the trunk's orders may as well
 * wait. */
static enum seek_result seek_give_up(struct seek *s)
{
	struct sip *sip = s->sip;
	const struct sip_conf_endpoint *ep = invite_endpoint(s->iv);
	bool is_held = s->held_ns && !s->has_free && !s->is_foreign;

	if (is_held && s->failed_count == 0)
		sip_count_one(sip, METRIC_sip_seek_late);
	if (ep && is_held && sip->env.hold)
		sip->env.hold(sip->env.hold_arg, ep->name, s->held_ns, s->has_down);
	return SEEK_OVER;
}

static enum seek_result seek_on(struct seek *s, int *error)
{
	for (;;) {
		enum sip_target_result r;

		if (seek_try_list(s, error))
			return SEEK_SENT;
		if (*error == -EMSGSIZE || *error == -EINVAL || *error == -ENOBUFS)
			return SEEK_OVER;
		if (!seek_next_way(s))
			return seek_give_up(s);
		r = seek_look(s, invite_endpoint(s->iv));
		if (r == SIP_TARGET_PENDING)
			return SEEK_WAITS;
		seek_take_list(s, r);
	}
}

/* Names became known. */
static void seek_on_names(void *arg)
{
	struct seek *s = arg;
	enum sip_target_result r = sip_target_again(&s->search, &s->list);
	struct invite *iv = s->iv;
	enum seek_result result;
	int error = 0;

	if (r == SIP_TARGET_PENDING)
		return;
	seek_take_list(s, r);
	result = seek_on(s, &error);
	if (result == SEEK_SENT)
		invite_step(iv, INVITE_SENT, &(struct invite_input){0});
	else if (result == SEEK_OVER)
		invite_step(iv, INVITE_UNREACHED, &(struct invite_input){0});
}

/* ---- life ---- */

enum seek_result seek_begin(struct invite *iv, const struct tech_dial *dial,
			    const struct sip_conf_endpoint *ep, int *error)
{
	struct seek *s = slab_alloc(iv->sip->seeks);
	struct sip_target_want want;

	*error = -ENOBUFS;
	if (!s)
		return SEEK_OVER;
	iv->seek = s;
	s->sip = iv->sip;
	s->iv = iv;
	sip_target_search_init(&s->search, iv->sip->resolver, seek_on_names, s);
	*error = seek_keep(s, dial, ep);
	if (!*error && !sip_tp_want(iv->sip, ep->transport, &want))
		*error = -EAFNOSUPPORT;
	return *error ? SEEK_OVER : seek_on(s, error);
}

static void seek_free(struct seek *s)
{
	sip_target_stop(&s->search);
	msgbuf_free(s->sip->bufs, s->kept);
	slab_free(s->sip->seeks, s);
}

void seek_end(struct invite *iv)
{
	struct seek *s = iv->seek;

	if (!s)
		return;
	iv->seek = NULL;
	seek_free(s);
}

/* msg: the refusal; NULL: there was none, and code is what stands for that. */
static enum seek_result seek_leave(struct invite *iv, const struct sip_msg *msg, unsigned code)
{
	struct seek *s = iv->seek;
	struct sip_target at = seek_target(iv);
	enum seek_result result;
	int error = 0;

	if (!s)
		return SEEK_OVER;
	seek_fail_target(s, &at);
	if (msg)
		seek_blame_msg(s, msg, sip_cause_of_msg(msg));
	else
		seek_blame(s, code, sip_cause_of_status(code));
	result = seek_on(s, &error);
	if (result != SEEK_OVER)
		sip_count_one(iv->sip, METRIC_sip_failover);
	if (result == SEEK_WAITS)
		seek_leave_txn(iv);
	return result;
}

enum seek_result seek_next(struct invite *iv, const struct sip_msg *msg)
{
	return seek_leave(iv, msg, msg->code);
}

enum seek_result seek_next_of_silent(struct invite *iv, bool is_transport_error)
{
	return seek_leave(iv, NULL, is_transport_error ? 503 : 408);
}

/* ---- before a call ---- */

static void seek_ignore_names(void *arg)
{
	UNUSED(arg);
}

/* False: a way leads to names that are not known now, or nowhere; the dial will see. */
static bool seek_look_everywhere(struct seek *s, const struct sip_conf_endpoint *ep)
{
	while (seek_next_way(s)) {
		if (seek_look(s, ep) != SIP_TARGET_FOUND)
			return false;
		seek_sum_up(s);
		if (s->has_free)
			return false;
	}
	return s->held_ns != 0;
}

bool seek_is_held(struct sip *sip, struct slice resource, const struct sip_conf_endpoint *ep,
		  struct tech_hold *hold)
{
	struct seek *s;
	bool is_held;

	if (sip_health_count(sip->health) == 0)
		return false; /* nearly always */
	s = slab_alloc(sip->seeks);
	if (!s)
		return false;
	s->sip = sip;
	sip_target_search_init(&s->search, sip->resolver, seek_ignore_names, s);
	is_held = seek_keep(s, &(struct tech_dial){.resource = resource}, ep) == 0 &&
		  !s->is_foreign && seek_look_everywhere(s, ep);
	*hold = (struct tech_hold){.until_ns = s->held_ns, .on_trial = s->has_down};
	seek_free(s);
	return is_held;
}

/* ---- 3xx ---- */

enum seek_result seek_redirect(struct invite *iv, const struct sip_msg *msg, bool *followed)
{
	const struct sip_conf_endpoint *ep = invite_endpoint(iv);
	struct seek *s = iv->seek;
	enum seek_result result;
	int error = 0;

	*followed = s && ep && ep->redirect != SIP_REDIRECT_USER && seek_take_contacts(s, msg);
	if (!*followed)
		return SEEK_OVER;
	sip_count_one(iv->sip, METRIC_sip_redirect);
	invite_drop_auth(iv); /* whoever it is, the digest is not for them */
	seek_blame_msg(s, msg, CAUSE_REDIRECTED);
	if (ep->redirect == SIP_REDIRECT_URI_CORE)
		invite_take_ids(iv); /* as a call of its own */
	else
		iv->cseq++;
	s->list.count = 0;
	s->has_free = true; /* the trunk takes calls, whatever those to whom it sends them say */
	result = seek_on(s, &error);
	if (result == SEEK_WAITS)
		seek_leave_txn(iv);
	return result;
}

/* ---- health ---- */

static void seek_tell_all(struct sip *sip, const struct sip_health_note *note)
{
	if (sip->env.note)
		sip->env.note(sip->env.note_arg, note, sizeof(*note));
}

void seek_heard(struct invite *iv, const struct sip_msg *msg)
{
	struct sip *sip = iv->sip;
	const struct sip_conf_endpoint *ep;
	struct sip_health_note note;
	struct sip_target t;
	uint32_t retry_after_s;

	if (msg->code != 503 && sip_health_count(sip->health) == 0)
		return; /* nearly always */
	t = seek_target(iv);
	if (sip_health_answered(sip->health, &t, &note)) {
		seek_tell_all(sip, &note);
		ep = invite_endpoint(iv);
		if (ep && sip->env.hold && !(iv->seek && iv->seek->is_foreign))
			sip->env.hold(sip->env.hold_arg, ep->name, 0, false);
	}
	if (msg->code != 503 || !sip_msg_get_u32(msg, SIP_HDR_RETRY_AFTER, &retry_after_s) ||
	    !sip_health_hold(sip->health, &t, sip_now(sip), retry_after_s, &note))
		return;
	sip_count_one(sip, METRIC_sip_target_held);
	seek_tell_all(sip, &note);
}

void seek_unheard(struct invite *iv)
{
	struct sip_target t = seek_target(iv);
	struct sip_health_note note;

	if (!sip_health_silent(iv->sip->health, &t, sip_now(iv->sip), &note))
		return;
	sip_count_one(iv->sip, METRIC_sip_target_down);
	seek_tell_all(iv->sip, &note);
}
