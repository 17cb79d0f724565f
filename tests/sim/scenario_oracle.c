/* tests/sim/scenario_oracle.c - what must hold, whatever the seed. */
#include "engine/app/engine.h"
#include "engine/base/check.h"
#include "tests/sim/scenario.h"

#include <stdarg.h>
#include <stdio.h>

/* Twenty times what the busiest seed needs; hundreds of starts that fail need half of it. */
#define DISK_OPS_MAX 100000

void run_fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failure[0])
		return;
	va_start(ap, fmt);
	vsnprintf(r->failure, sizeof(r->failure), fmt, ap);
	va_end(ap);
	sim_trace_fmt(r->w, "failure", "%s", r->failure);
}

/* ---- while it runs ---- */

bool oracle_watch(struct run *r)
{
	if (gateway_violation(r->gateway))
		run_fail(r, "gateway: %s", gateway_violation(r->gateway));
	if (caller_violation(r->caller))
		run_fail(r, "caller: %s", caller_violation(r->caller));
	for (uint32_t i = 0; i < r->s.client_count; i++) {
		if (ami_client_violation(r->clients[i]))
			run_fail(r, "AMI: %s", ami_client_violation(r->clients[i]));
	}
	if (check_never_count())
		run_fail(r, "a NEVER came true");
	if (sim_disk_ops(r->w) - r->disk_ops_before > DISK_OPS_MAX)
		run_fail(r, "the disk is kept busy: %llu operations",
			 (unsigned long long)(sim_disk_ops(r->w) - r->disk_ops_before));
	if (gateway_call_count(r->gateway) > r->s.calls_max)
		run_fail(r, "%u calls, all orders together allow %u",
			 gateway_call_count(r->gateway), r->s.calls_max);
	return !r->failure[0];
}

static bool client_counts(const struct run *r, uint32_t i)
{
	return ami_client_is_open(r->clients[i]);
}

static bool action_is_settled(const struct run *r, const struct scenario_order *o)
{
	struct ami_action_info info;

	ami_client_action(r->clients[o->client], o->action, &info);
	if (!client_counts(r, o->client))
		return true; /* nobody is there to be told */
	if (!info.sent || info.responses == 0)
		return false;
	return !info.success || info.originate_responses > 0;
}

bool oracle_all_settled(const struct run *r)
{
	for (uint32_t i = 0; i < r->s.order_count; i++) {
		const struct scenario_order *o = &r->s.orders[i];

		if (!o->is_file && !action_is_settled(r, o))
			return false;
	}
	return dropper_is_done(r->dropper);
}

/* ---- at the end: calls of one order ---- */

struct tally {
	uint32_t calls, answered, cancelled, damaged;
	int64_t at[16];
	struct gateway_call_info last;
};

static void tally_calls(const struct run *r, const struct scenario_order *o, struct tally *t)
{
	struct gateway_call_info call;

	memset(t, 0, sizeof(*t));
	for (uint32_t i = 0; i < gateway_call_count(r->gateway); i++) {
		gateway_call_get(r->gateway, i, &call);
		if (strcmp(call.user, o->user) != 0)
			continue;
		if (t->calls < ARRAY_COUNT(t->at))
			t->at[t->calls] = call.invite_ns;
		t->calls++;
		t->answered += call.answered;
		t->cancelled += call.cancelled;
		t->damaged += call.damaged;
		t->last = call;
	}
}

/* An answered call that the far end did not end lasts as long as its dialplan. */
static void judge_length(struct run *r, const struct scenario_order *o, const struct tally *t)
{
	int64_t least = (int64_t)scenario_talk_s(&r->s, o) * SIM_SECOND;
	const struct gateway_call_info *c = &t->last;
	int64_t gives_up = c->invite_ns + o->timeout_s * SIM_SECOND - r->s.slack_ns;

	if (c->answered_ns > gives_up - SIM_SECOND) /* the dial time-out may have come first */
		return;
	if (t->damaged)
		return;
	if (r->s.disk_bad && o->talk == TALK_PLAY) /* the sound may not have been readable */
		return;
	if (r->s.hangups || r->s.meddles || r->s.restart || !c->answered || c->cancelled || !c->ended_by_engine || c->plan == GATEWAY_FORK ||
	    c->plan == GATEWAY_CANCEL_CROSS)
		return;
	if (c->ended_ns - c->answered_ns < least - SIM_SECOND / 2)
		run_fail(r, "call to %s (plan %s) was ended after %.3f s, its dialplan takes %.3f s",
			 o->user, gateway_plan_name(c->plan),
			 (double)(c->ended_ns - c->answered_ns) / 1e9, (double)least / 1e9);
}

/* An order of which `missing` attempts came to no INVITE. That is right only for those whose name
 * was unknown, that were given up before it was known, or found only then that every target is held
 * or down; each of these is counted. One whose targets are held from the start goes back into line.
 */
static bool may_miss(struct run *r, uint32_t missing)
{
	uint64_t counted = engine_metric(r->engine, METRIC_sip_seek_late) +
			   engine_metric(r->engine, METRIC_sip_target_unknown) +
			   engine_metric(r->engine, METRIC_sip_seek_given_up);

	r->missing += missing;
	return r->s.restart || (r->s.named && r->missing <= counted);
}

static void judge_action(struct run *r, const struct scenario_order *o, const struct tally *t)
{
	struct ami_action_info info;

	ami_client_action(r->clients[o->client], o->action, &info);
	if (t->calls > 1)
		run_fail(r, "originate to %s was dialled %u times", o->user, t->calls);
	if (t->calls && !info.sent)
		run_fail(r, "%s was dialled and never ordered", o->user);
	if (!client_counts(r, o->client) || !info.success || r->s.crash || r->s.restart)
		return;
	if (t->calls == 0 && !r->s.faulty && !may_miss(r, 1))
		run_fail(r, "accepted originate to %s was never dialled", o->user);
	if (t->damaged)
		return;
	if (info.originate_success && !t->answered)
		run_fail(r, "originate to %s is reported as answered; nobody answered", o->user);
	if (!info.originate_success && t->last.ended_ns && !t->cancelled && !r->s.lossy &&
	    !r->s.faulty && !r->s.hangups && !r->s.meddles && t->last.plan == GATEWAY_ANSWER)
		run_fail(r, "%s answered at once, reported as failure %d", o->user, info.reason);
}

static void judge_retries(struct run *r, const struct scenario_order *o, const struct tally *t)
{
	/* Looking up a name is part of an attempt: its INVITE may leave late. */
	int64_t late = r->s.named ? r->s.slack_ns : 0;
	int64_t least = (int64_t)o->retry_s * SIM_SECOND - SIM_SECOND - late;

	for (uint32_t i = 1; i < t->calls && i < ARRAY_COUNT(t->at); i++) {
		if (t->at[i] - t->at[i - 1] < least)
			run_fail(r, "%s was dialled again after %.3f s, RetryTime is %u", o->user,
				 (double)(t->at[i] - t->at[i - 1]) / 1e9, o->retry_s);
	}
}

static void judge_file(struct run *r, const struct scenario_order *o, const struct tally *t)
{
	enum dropper_end end = dropper_look(r->dropper, o->file);
	uint32_t most = o->retries + 1 + (r->s.crash ? 1 : 0);

	if (t->calls > most)
		run_fail(r, "call file of %s was dialled %u times, allowed are %u", o->user, t->calls,
			 most);
	/* A power failure or a full disk between rename and status leaves the file archived without. */
	if ((r->s.crash || r->s.disk_bad) && end == DROPPER_ODD && dropper_is_archived(r->dropper, o->file))
		return;
	if (r->s.disk_bad && end == DROPPER_DELETED) /* as documented: what cannot be moved is unlinked */
		return;
	if (o->archive ? end != DROPPER_COMPLETED && end != DROPPER_EXPIRED
		       : end != DROPPER_DELETED)
		run_fail(r, "call file of %s (archive %d) ended as %s", o->user, o->archive,
			 dropper_end_name(end));
	if (end == DROPPER_COMPLETED && !t->answered && !t->damaged)
		run_fail(r, "call file of %s is Completed; nobody answered", o->user);
	if (end == DROPPER_EXPIRED && t->calls < o->retries + 1 && !r->s.faulty && !r->s.crash &&
	    !r->s.hangups && !r->s.meddles && !may_miss(r, o->retries + 1 - t->calls))
		run_fail(r, "call file of %s is Expired after %u of %u calls", o->user, t->calls,
			 o->retries + 1);
	if (!r->s.crash && !r->s.restart)
		judge_retries(r, o, t);
}

/* ---- at the end: the whole ---- */

/* Starts in any window of t seconds <= cps * t + burst. */
static void judge_rate(struct run *r)
{
	uint32_t count = gateway_call_count(r->gateway);
	struct gateway_call_info a, b;

	for (uint32_t i = 0; r->s.cps && i < count; i++) {
		gateway_call_get(r->gateway, i, &a);
		for (uint32_t k = i + 1; k < count; k++) {
			double window;

			gateway_call_get(r->gateway, k, &b);
			window = (double)(b.invite_ns - a.invite_ns + r->s.slack_ns) / 1e9;
			if (k - i + 1 > r->s.cps * window + r->s.burst + 1e-6)
				run_fail(r, "%u calls began within %.3f s; cps %u burst %u",
					 k - i + 1, window, r->s.cps, r->s.burst);
		}
	}
}

static const struct scenario_order *order_of(const struct run *r, const char *user)
{
	for (uint32_t i = 0; i < r->s.order_count; i++) {
		if (strcmp(r->s.orders[i].user, user) == 0)
			return &r->s.orders[i];
	}
	return NULL;
}

/* When the engine must have counted the call as dialled (or over) at the earliest: it may also give up
 * by itself, when its dial time-out ends. */
static int64_t counted_until(const struct run *r, const struct gateway_call_info *c, bool dialing)
{
	const struct scenario_order *o = order_of(r, c->user);
	int64_t end = dialing ? c->dialed_ns : c->over_ns;
	int64_t gives_up = c->invite_ns + (o ? o->timeout_s : 0) * SIM_SECOND - r->s.slack_ns;

	/* To a dead target: after timer B it is over if the other one asked for a pause. */
	if (r->s.dies && !c->arrived && gives_up > c->invite_ns + 6 * SIM_SECOND)
		gives_up = c->invite_ns + 6 * SIM_SECOND;
	if ((!c->answered_ns || c->answered_ns > gives_up || dialing) && (!end || end > gives_up))
		end = gives_up;
	return end ? end : INT64_MAX;
}

/* Calls that began earlier and are still counted when call i begins, and itself. */
static uint32_t count_at(const struct run *r, uint32_t i, bool dialing)
{
	struct gateway_call_info now, c;
	uint32_t n = 1;

	gateway_call_get(r->gateway, i, &now);
	for (uint32_t k = 0; k < i; k++) {
		gateway_call_get(r->gateway, k, &c);
		n += counted_until(r, &c, dialing) > now.invite_ns;
	}
	return n;
}

static void judge_limits(struct run *r)
{
	/* A BYE or CANCEL that the kernel refused leaves late; a hang-up before any provisional is
	 * seen by nobody. */
	if (r->s.faulty || r->s.hangups || r->s.meddles || r->s.corrupt)
		return;
	for (uint32_t i = 0; i < gateway_call_count(r->gateway); i++) {
		uint32_t dialing = count_at(r, i, true), calls = count_at(r, i, false);
		struct gateway_call_info c;

		gateway_call_get(r->gateway, i, &c);
		if (r->s.inflight_max && dialing > r->s.inflight_max)
			run_fail(r, "%u calls dialled at once when %s began at %.3f, allowed are %u",
				 dialing, c.user, (double)(c.invite_ns - SIM_EPOCH_NS) / 1e9,
				 r->s.inflight_max);
		if (r->s.channel_max && calls > r->s.channel_max)
			run_fail(r, "%u calls at once when %s began at %.3f, allowed are %u", calls,
				 c.user, (double)(c.invite_ns - SIM_EPOCH_NS) / 1e9,
				 r->s.channel_max);
	}
}

/* One record per attempt that got a channel. */
static void judge_records(struct run *r)
{
	size_t len = 0;
	const char *text = sim_fs_text(r->w, SCENARIO_CDR, &len);
	uint32_t rows = 0;
	uint32_t calls = gateway_call_count(r->gateway) + caller_taken_count(r->caller);

	for (size_t i = 0; i < len; i++)
		rows += text[i] == '\n';
	if (r->s.crash || r->s.faulty || r->s.restart || r->s.disk_bad)
		return;
	if (rows < calls)
		run_fail(r, "%u calls left %u records", calls, rows);
}

/* The control shard answers, whatever the disk does. Reading the configuration is its own work. */
static void judge_answers(struct run *r)
{
	int64_t most = SIM_SECOND / 4 + (r->s.hiccups ? SIM_SECOND : 0);
	struct ami_action_info info;

	if (r->s.crash || r->s.restart || r->s.reloads || r->s.rushes)
		return;
	for (uint32_t i = 0; i < r->s.ping_count; i++) {
		ami_client_action(r->clients[0], r->s.ping_first + i, &info);
		if (info.responses && info.response_ns - info.sent_ns > most)
			run_fail(r, "Ping was answered after %.3f s",
				 (double)(info.response_ns - info.sent_ns) / 1e9);
	}
}

bool oracle_judge(struct run *r)
{
	struct tally t;

	if (!gateway_check_end(r->gateway))
		run_fail(r, "gateway: %s", gateway_violation(r->gateway));
	if (r->caller && !caller_check_end(r->caller))
		run_fail(r, "caller: %s", caller_violation(r->caller));
	for (uint32_t i = 0; i < r->s.client_count; i++) {
		if (!ami_client_check_end(r->clients[i]))
			run_fail(r, "AMI: %s", ami_client_violation(r->clients[i]));
	}
	for (uint32_t i = 0; i < r->s.order_count; i++) {
		const struct scenario_order *o = &r->s.orders[i];

		tally_calls(r, o, &t);
		judge_length(r, o, &t);
		if (o->is_file)
			judge_file(r, o, &t);
		else
			judge_action(r, o, &t);
	}
	if (!r->s.crash && !r->s.restart) {
		judge_rate(r);
		judge_limits(r);
	}
	judge_records(r);
	judge_answers(r);
	return oracle_watch(r);
}
