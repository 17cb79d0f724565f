/* sip/errand.c - see errand.h. */
#include "sip/errand.h"

#include "engine/base/check.h"
#include "sip/health.h"
#include "sip/transport.h"

#include <errno.h>

struct errand {
	struct sip *sip;
	const struct sip_errand_ops *ops;
	void *arg;
	struct sip_target_search search;
	struct sip_target_list list;
	uint32_t next; /* of list: the target at hand is the one before */
	handle_t txn;
	uint16_t code; /* of a refusal that another target may make good */
	bool has_prefer;
	bool is_moved; /* another target was asked before the one at hand */
	struct sip_target prefer;
};

int sip_errands_create(struct sip *sip)
{
	return slab_create(&sip->errands, "sip_errands", sizeof(struct errand), LIMIT_SIP_ERRANDS);
}

static void errand_free(struct errand *e)
{
	sip_target_stop(&e->search);
	sip_request_drop(e->sip, e->txn);
	slab_free(e->sip->errands, e);
}

void sip_errands_destroy(struct sip *sip)
{
	if (!sip->errands)
		return;
	for (uint32_t i = 0; i < slab_limit(sip->errands); i++) {
		struct errand *e = slab_at(sip->errands, i);

		if (e)
			sip_target_stop(&e->search);
	}
	slab_destroy(sip->errands);
}

static void errand_fail(struct errand *e)
{
	const struct sip_errand_ops *ops = e->ops;
	unsigned code = e->code;
	void *arg = e->arg;

	errand_free(e);
	ops->failed(arg, code);
}

/* ---- order of targets ---- */

static bool errand_is_same(const struct sip_target *a, const struct sip_target *b)
{
	return a->transport == b->transport && addr_eq(&a->addr, &b->addr);
}

static void errand_move_to_front(struct sip_target_list *l, uint32_t at)
{
	struct sip_target chosen = l->targets[at];

	memmove(&l->targets[1], &l->targets[0], at * sizeof(chosen));
	l->targets[0] = chosen;
}

/* Those in trouble behind the others, else as they stand; the preferred one first. */
static void errand_order(struct errand *e)
{
	const struct sip_health *health = e->sip->health;
	struct sip_target_list late = {0}, *l = &e->list;
	uint32_t good = 0;

	for (uint32_t i = 0; i < l->count; i++)
		if (sip_health_until(health, &l->targets[i]) > sip_now(e->sip))
			late.targets[late.count++] = l->targets[i];
		else
			l->targets[good++] = l->targets[i];
	memcpy(&l->targets[good], late.targets, late.count * sizeof(late.targets[0]));
	for (uint32_t i = 0; e->has_prefer && i < good; i++)
		if (errand_is_same(&l->targets[i], &e->prefer))
			errand_move_to_front(l, i);
	e->next = 0;
}

/* ---- sending ---- */

static void errand_on_txn(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			  const struct addr *from);

static int errand_send(struct errand *e, const struct sip_target *target)
{
	char text[ERRAND_ROOM];
	struct sink room = sink_make(text, sizeof(text));
	struct sip_request r = {.transport = -1};
	int err = e->ops->write(e->arg, &r, &room);

	if (err || room.over)
		return err ? err : -EMSGSIZE;
	if (e->is_moved && r.auth) /* it refuses nothing that the one before was sent */
		sip_auth_settled(r.auth);
	r.target = *target;
	r.host = slice_str(e->search.query.host);
	e->txn = sip_request_send(e->sip, &r, errand_on_txn, e, &err);
	if (!err)
		sip_count_one(e->sip, e->ops->sent);
	return err;
}

/* No other target would take it either. */
static bool errand_is_final(int err)
{
	return err == -EMSGSIZE || err == -EINVAL || err == -ENOBUFS || err == -ENOENT;
}

/* Sends to the next target that takes it. 0 or a negative errno. */
static int errand_on(struct errand *e)
{
	int err = -EHOSTUNREACH;

	e->is_moved = e->next > 0;
	while (e->next < e->list.count && err && !errand_is_final(err))
		err = errand_send(e, &e->list.targets[e->next++]);
	e->is_moved = false;
	return err;
}

/* The way to its first hop. -EINPROGRESS: names are looked up. */
static int errand_look(struct errand *e)
{
	char text[ERRAND_ROOM];
	struct sink room = sink_make(text, sizeof(text));
	struct sip_request r = {.transport = -1};
	struct sip_target_want want;
	struct sip_uri uri;
	int err = e->ops->write(e->arg, &r, &room);

	if (err)
		return err;
	if (room.over)
		return -EMSGSIZE;
	if (!sip_request_first_hop(r.route, r.proxy, r.ruri, &uri))
		return -EINVAL;
	sip_tp_want(e->sip, r.transport, &want);
	switch (sip_target_begin(&e->search, sip_now(e->sip), &uri, &want, e->sip->env.rng,
				 &e->list)) {
	case SIP_TARGET_FOUND:
		return 0;
	case SIP_TARGET_PENDING:
		return -EINPROGRESS;
	default:
		sip_count_one(e->sip, METRIC_sip_target_unknown);
		return -EHOSTUNREACH;
	}
}

/* Names became known. */
static void errand_on_names(void *arg)
{
	struct errand *e = arg;
	enum sip_target_result r = sip_target_again(&e->search, &e->list);

	if (r == SIP_TARGET_PENDING)
		return;
	if (r != SIP_TARGET_FOUND) {
		sip_count_one(e->sip, METRIC_sip_target_unknown);
		e->list.count = 0;
	}
	errand_order(e);
	if (errand_on(e))
		errand_fail(e);
}

handle_t sip_errand_begin(struct sip *sip, const struct sip_errand_ops *ops, void *arg,
			  const struct sip_target *prefer, int *error)
{
	struct errand *e = slab_alloc(sip->errands);

	*error = -ENOBUFS;
	if (!e)
		return HANDLE_NONE;
	*e = (struct errand){.sip = sip, .ops = ops, .arg = arg, .has_prefer = prefer};
	if (prefer)
		e->prefer = *prefer;
	sip_target_search_init(&e->search, sip->resolver, errand_on_names, e);
	*error = errand_look(e);
	if (*error == 0) {
		errand_order(e);
		*error = errand_on(e);
	} else if (*error == -EINPROGRESS) {
		*error = 0;
	}
	if (*error == 0)
		return slab_handle(sip->errands, e);
	errand_free(e);
	return HANDLE_NONE;
}

bool sip_errand_next(struct sip *sip, handle_t errand)
{
	struct errand *e = slab_get(sip->errands, errand);

	if (!e || e->next == e->list.count)
		return false;
	sip_request_drop(sip, e->txn);
	e->txn = HANDLE_NONE;
	sip_count_one(sip, METRIC_sip_errand_failover);
	if (errand_on(e) == 0)
		return true;
	e->next = e->list.count;
	return false;
}

void sip_errand_drop(struct sip *sip, handle_t errand)
{
	struct errand *e = slab_get(sip->errands, errand);

	if (e)
		errand_free(e);
}

const struct sip_target *sip_errand_target(const struct sip *sip, handle_t errand)
{
	const struct errand *e = slab_get(sip->errands, errand);

	return e && e->next ? &e->list.targets[e->next - 1] : NULL;
}

/* ---- answers ---- */

static void errand_heard(struct errand *e)
{
	const struct sip_env *env = &e->sip->env;
	struct sip_health_note note;

	if (sip_health_count(e->sip->health) == 0)
		return; /* nearly always */
	if (!sip_health_answered(e->sip->health, &e->list.targets[e->next - 1], &note))
		return;
	if (env->note)
		env->note(env->note_arg, &note, sizeof(note));
	if (e->ops->is_back)
		e->ops->is_back(e->arg);
}

/* The target at hand is of no use: the next one, or the end. */
static void errand_leave(struct errand *e)
{
	if (e->next < e->list.count)
		sip_count_one(e->sip, METRIC_sip_errand_failover);
	if (errand_on(e))
		errand_fail(e);
}

static void errand_answered(struct errand *e, const struct txn *t, const struct sip_msg *msg)
{
	const struct sip_target at = e->list.targets[e->next - 1];

	errand_heard(e);
	if (msg->code == 503 && e->next < e->list.count) {
		e->code = 503;
		errand_leave(e);
	} else if (!e->ops->answered(e->arg, t, msg)) {
		errand_free(e);
	} else if (errand_send(e, &at)) {
		errand_leave(e);
	}
}

static void errand_on_txn(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			  const struct addr *from)
{
	struct errand *e = arg;

	UNUSED(from);
	if (fact == TXN_PROVISIONAL || fact == TXN_GONE)
		return;
	txn_set_user(t, NULL, NULL);
	e->txn = HANDLE_NONE;
	if (msg)
		errand_answered(e, t, msg);
	else
		errand_leave(e);
}
