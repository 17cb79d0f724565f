#include "engine/core/pacer.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"

#include <errno.h>

#define SECOND_NS INT64_C(1000000000)

int pacer_conf_check(const struct pacer_conf *conf)
{
	if (conf->cps_max > PACER_CPS_MAX)
		return -EINVAL;
	if (conf->cps_max > 0 && conf->burst_max == 0)
		return -EINVAL;
	return 0;
}

void pacer_init(struct pacer *p, const struct pacer_conf *conf)
{
	*p = (struct pacer){.conf = *conf, .tat_ns = INT64_MIN, .cps = conf->cps_max};
	check(pacer_conf_check(conf) == 0);
}

/* The rate in force: what a halving left, doubled after each calm. */
static uint32_t pacer_cps(const struct pacer *p, int64_t now_ns)
{
	int64_t calms = p->cps < p->conf.cps_max ? (now_ns - p->changed_ns) / PACER_CALM_NS : 0;
	uint64_t cps = (uint64_t)p->cps << (calms < 32 ? calms : 32);

	return cps < p->conf.cps_max ? (uint32_t)cps : p->conf.cps_max;
}

/* Time between two starts, rounded up: the rate is never exceeded. */
static int64_t pacer_step_ns(const struct pacer *p, int64_t now_ns)
{
	uint32_t cps = pacer_cps(p, now_ns);

	return (SECOND_NS + cps - 1) / cps;
}

/* What was started ahead of time stays so many starts (and the part of one that is left): in longer
 * steps its time would be fewer, and the burst more; in shorter ones a wait that nobody asks for.
 * Never more than the burst: halved and grown again and again it would double each time. */
static void pacer_rescale(struct pacer *p, int64_t now_ns, int64_t before_ns)
{
	int64_t step = pacer_step_ns(p, now_ns), most = p->conf.burst_max * step, ahead;

	if (p->tat_ns <= now_ns)
		return;
	ahead = p->tat_ns - now_ns;
	ahead = ahead / before_ns * step + (ahead % before_ns * step + before_ns - 1) / before_ns;
	p->tat_ns = now_ns + (ahead < most ? ahead : most);
}

void pacer_set_conf(struct pacer *p, const struct pacer_conf *conf, int64_t now_ns)
{
	int64_t before = p->conf.cps_max ? pacer_step_ns(p, now_ns) : 0;

	check(pacer_conf_check(conf) == 0);
	p->conf = *conf;
	p->cps = conf->cps_max;
	p->outcomes = 0;
	if (before && conf->cps_max)
		pacer_rescale(p, now_ns, before);
	else
		p->tat_ns = INT64_MIN; /* without a rate nothing is ahead of it */
}

/* ---- a far end without room ---- */

static bool pacer_halve(struct pacer *p, int64_t now_ns)
{
	int64_t before = pacer_step_ns(p, now_ns);
	uint32_t cps = pacer_cps(p, now_ns);

	p->outcomes = 0;
	if (cps <= 1)
		return false;
	p->cps = cps / 2;
	p->changed_ns = now_ns;
	pacer_rescale(p, now_ns, before);
	return true;
}

bool pacer_heard(struct pacer *p, int64_t now_ns, bool is_refused)
{
	if (p->conf.cps_max == 0 || p->conf.keeps_rate)
		return false;
	p->outcomes = (p->outcomes << 1 | is_refused) & ((1u << PACER_OUTCOMES) - 1);
	return __builtin_popcount(p->outcomes) >= PACER_STORM && pacer_halve(p, now_ns);
}

/* ---- starts ---- */

/* GCRA: a start conforms if now >= tat - (burst - 1) * step; then tat = max(tat, now) + step. So a
 * window of length t holds at most burst + t / step starts. */
static uint32_t pacer_grant_rate(struct pacer *p, int64_t now_ns, uint32_t want)
{
	int64_t step, slack, room;
	uint32_t got;

	if (p->conf.cps_max == 0)
		return want;
	step = pacer_step_ns(p, now_ns);
	slack = (int64_t)(p->conf.burst_max - 1) * step;
	if (p->tat_ns < now_ns)
		p->tat_ns = now_ns;
	room = slack - (p->tat_ns - now_ns);
	if (room < 0)
		return 0;
	got = (uint32_t)(room / step) + 1;
	if (got > want)
		got = want;
	p->tat_ns += (int64_t)got * (FAULT(token_twice) ? step / 2 : step);
	return got;
}

static uint32_t pacer_room(uint32_t limit, uint32_t used, uint32_t want)
{
	if (limit == 0)
		return want;
	if (used >= limit)
		return 0;
	return limit - used < want ? limit - used : want;
}

static uint32_t pacer_room_inflight(const struct pacer *p, uint32_t want)
{
	return FAULT(limit_ignored) ? want : pacer_room(p->conf.inflight_max, p->inflight, want);
}

uint32_t pacer_grant(struct pacer *p, int64_t now_ns, uint32_t want_count)
{
	uint32_t got = pacer_room_inflight(p, want_count);

	got = pacer_room(p->conf.channel_max, p->channels, got);
	if (got == 0)
		return 0;
	got = pacer_grant_rate(p, now_ns, got);
	p->inflight += got;
	p->channels += got;
	return got;
}

int64_t pacer_next_ns(const struct pacer *p, int64_t now_ns)
{
	int64_t slack, when;

	if (pacer_room_inflight(p, 1) == 0 || pacer_room(p->conf.channel_max, p->channels, 1) == 0)
		return INT64_MAX;
	if (p->conf.cps_max == 0 || p->tat_ns <= now_ns)
		return now_ns;
	slack = (int64_t)(p->conf.burst_max - 1) * pacer_step_ns(p, now_ns);
	when = p->tat_ns - slack;
	return when > now_ns ? when : now_ns;
}

void pacer_dialed(struct pacer *p)
{
	check(p->inflight > 0);
	p->inflight--;
}

void pacer_ended(struct pacer *p)
{
	check(p->channels > 0);
	p->channels--;
}
