/* sip/qualify.c - see qualify.h. */
#include "sip/qualify.h"

#include "engine/base/check.h"
#include "sip/errand.h"
#include "sip/notice.h"

#define QUALIFY_SPREAD_MS                                                                          \
	2000 /* of the first question, unless max_initial_qualify_time says more */
#define QUALIFY_LATE_NS	    (100 * TMR_MS)
#define QUALIFY_TIMEOUT_DEF 3000

static bool qualify_is_ours(const struct binding *b)
{
	return b->c.info.shard % b->sip->env.shard_count == b->sip->env.shard;
}

static bool qualify_is_asking(const struct binding *b)
{
	return b->errand != HANDLE_NONE;
}

/* ---- the timer ---- */

static void qualify_arm(struct binding *b, int64_t due_ns)
{
	if (!tmr_is_started(&b->tmr))
		b->sip->bindings.timer_count++;
	tmr_start(&b->tmr, due_ns);
}

static void qualify_disarm(struct binding *b)
{
	if (tmr_is_started(&b->tmr))
		b->sip->bindings.timer_count--;
	tmr_stop(&b->tmr);
}

static void qualify_plan_first(struct binding *b)
{
	const struct sip_conf *conf = b->sip->conf;
	uint32_t spread = conf->max_initial_qualify_s ? conf->max_initial_qualify_s * 1000
						      : QUALIFY_SPREAD_MS;

	if (spread > b->c.info.qualify_s * 1000)
		spread = b->c.info.qualify_s * 1000;
	qualify_arm(b, sip_now(b->sip) + rng_below(b->sip->env.rng, spread + 1) * TMR_MS);
}

static void qualify_plan_next(struct binding *b)
{
	uint32_t ms = b->c.info.qualify_s * 1000;

	if (ms && qualify_is_ours(b))
		qualify_arm(b, sip_now(b->sip) +
				       (ms - rng_below(b->sip->env.rng, ms / 10 + 1)) * TMR_MS);
}

/* ---- what came of it ---- */

static void qualify_report(struct binding *b)
{
	const struct sip_env *env = &b->sip->env;
	struct sip_status_report r = {
		.id = b->c.info.id,
		.rtt_ns = b->c.info.rtt_ns,
		.status = b->c.info.status,
	};

	b->is_late = env->report && !env->report(env->report_arg, SIP_REPORT_STATUS, &r, sizeof(r));
	if (b->is_late)
		qualify_arm(b, sip_now(b->sip) + QUALIFY_LATE_NS);
}

static void qualify_end(struct binding *b, enum contact_status status)
{
	if (b->auth) {
		slab_free(b->sip->auths, b->auth);
		b->auth = NULL;
	}
	qualify_disarm(b);
	b->errand = HANDLE_NONE;
	b->c.info.rtt_ns =
		status == CONTACT_REACHABLE ? io_clock_ns(b->sip->env.io) - b->sent_ns : -1;
	if (b->c.info.qualify_s) /* by command only: it is dialled as before */
		b->c.info.status = (uint8_t)status;
	if (status == CONTACT_UNREACHABLE)
		sip_count_one(b->sip, METRIC_sip_qualify_failed);
	qualify_plan_next(b);
	qualify_report(b);
}

/* ---- one question ---- */

static const struct sip_conf_endpoint *qualify_endpoint(const struct binding *b)
{
	return sip_conf_endpoint(b->sip->conf, b->c.info.text[CONTACT_ENDPOINT]);
}

/* The time of who is asked now begins: of a name server, of each address in turn. */
static void qualify_wait(struct binding *b)
{
	uint32_t ms = b->c.info.qualify_timeout_ms;

	qualify_arm(b, sip_now(b->sip) + (ms ? ms : QUALIFY_TIMEOUT_DEF) * TMR_MS);
}

static int qualify_write(void *arg, struct sip_request *r, struct sink *room)
{
	struct binding *b = arg;
	const struct sip_conf_endpoint *ep = qualify_endpoint(b);

	UNUSED(room);
	*r = (struct sip_request){
		.method = SIP_METHOD_OPTIONS,
		.ruri = b->c.info.text[CONTACT_URI],
		.user = b->sip->conf->default_from_user,
		.route = b->c.info.text[CONTACT_PATH],
		.proxy = bindings_proxy(&b->c, ep),
		.tag = b->tag,
		.call_id = slice_make(b->call_id, sizeof(b->call_id)),
		.cseq = b->cseq,
		.transport = ep ? ep->transport : -1,
		.auth = b->auth,
		.cred = ep && ep->auth ? &ep->auth->cred : NULL,
	};
	if (ep && ep->from_user.len)
		r->user = ep->from_user;
	b->sent_ns = io_clock_ns(b->sip->env.io);
	qualify_wait(b);
	return 0;
}

static bool qualify_answered(void *arg, const struct txn *t, const struct sip_msg *msg);

static void qualify_failed(void *arg, unsigned code)
{
	UNUSED(code);
	qualify_end(arg, CONTACT_UNREACHABLE);
}

/* Orders of the trunk need not wait for one of them to try. */
static void qualify_is_back(void *arg)
{
	struct binding *b = arg;
	const struct sip_conf_endpoint *ep = qualify_endpoint(b);
	const struct sip_env *env = &b->sip->env;

	if (ep && env->hold)
		env->hold(env->hold_arg, ep->name, 0, false);
}

static const struct sip_errand_ops qualify_ops = {
	.sent = METRIC_sip_qualify_sent,
	.write = qualify_write,
	.answered = qualify_answered,
	.failed = qualify_failed,
	.is_back = qualify_is_back,
};

static void qualify_begin(struct binding *b)
{
	int err;

	if (!b->tag) {
		b->tag = sip_ident_nonce(b->sip->env.rng);
		b->cseq = rng_below(b->sip->env.rng, 32768);
		rng_uuid(b->sip->env.rng, b->call_id);
	}
	b->cseq++;
	b->errand = sip_errand_begin(b->sip, &qualify_ops, b, NULL, &err);
	if (b->errand == HANDLE_NONE)
		qualify_end(b, CONTACT_UNREACHABLE);
}

/* True: the question goes on with credentials. */
static bool qualify_take_challenge(struct binding *b, const struct sip_msg *msg)
{
	const struct sip_conf_endpoint *ep = qualify_endpoint(b);

	if ((msg->code != 401 && msg->code != 407) || !b->c.info.authenticate_qualify || !ep ||
	    !ep->auth)
		return false;
	if (!b->auth)
		b->auth = slab_alloc(b->sip->auths);
	return b->auth &&
	       sip_auth_take(b->auth, msg, ep->auth->alg_mask, &ep->auth->cred) == SIP_AUTH_RETRY;
}

static bool qualify_answered(void *arg, const struct txn *t, const struct sip_msg *msg)
{
	struct binding *b = arg;
	bool is_good;

	UNUSED(t);
	if (qualify_take_challenge(b, msg)) {
		b->cseq++;
		return true;
	}
	is_good = msg->code < 300 || !b->c.info.qualify_2xx_only;
	qualify_end(b, is_good ? CONTACT_REACHABLE : CONTACT_UNREACHABLE);
	return false;
}

static void qualify_on_timer(struct tmr *tmr, void *arg)
{
	struct binding *b = arg;

	UNUSED(tmr);
	b->sip->bindings.timer_count--;
	if (qualify_is_asking(b) && sip_errand_next(b->sip, b->errand))
		return;
	if (qualify_is_asking(b)) {
		sip_errand_drop(b->sip, b->errand);
		qualify_end(b, CONTACT_UNREACHABLE);
	} else if (b->is_late) {
		qualify_plan_next(b);
		qualify_report(b);
	} else {
		qualify_begin(b);
	}
}

/* ---- life ---- */

void qualify_note(struct binding *b, struct sip *sip, bool is_new)
{
	if (is_new) {
		b->sip = sip;
		tmr_init(&b->tmr, sip->env.wheel, qualify_on_timer, b);
	}
	if (qualify_is_asking(b))
		return; /* what it finds decides how to go on */
	if (!b->c.info.qualify_s || !qualify_is_ours(b)) {
		qualify_disarm(b);
		return;
	}
	if (!tmr_is_started(&b->tmr))
		qualify_plan_first(b);
	else if (b->tmr.due_ns > sip_now(sip) + b->c.info.qualify_s * TMR_SECOND)
		qualify_plan_next(b); /* asked more often than before */
}

void qualify_now(struct binding *b)
{
	if (!qualify_is_ours(b) || qualify_is_asking(b))
		return;
	qualify_disarm(b);
	qualify_begin(b);
}

void qualify_stop(struct binding *b)
{
	qualify_disarm(b);
	sip_errand_drop(b->sip, b->errand);
	b->errand = HANDLE_NONE;
	if (b->auth)
		slab_free(b->sip->auths, b->auth);
	b->auth = NULL;
}
