/* engine/core/pacer.h - how many attempts a trunk may start now.
 *
 * Pure arithmetic: no clock, no I/O, no allocation. Owned by the control shard.
 * Guarantee: in any half-open window of t seconds no more than cps_max * t + burst_max attempts
 * start, and never more than inflight_max are started and not yet answered or failed, nor more than
 * channel_max exist at once. A limit of 0 means none.
 *
 * A far end that refuses for want of room is given time: when PACER_STORM of the last
 * PACER_OUTCOMES attempts were so refused the rate halves, down to one a second; after each
 * PACER_CALM_NS without that it doubles, up to cps_max. A rate of 0 has nothing to halve. */
#ifndef RINGER_CORE_PACER_H
#define RINGER_CORE_PACER_H

#include <stdbool.h>
#include <stdint.h>

struct pacer_conf {
	uint32_t cps_max;   /* calls per second, 0..PACER_CPS_MAX */
	uint32_t burst_max; /* calls that may start back to back; at least 1 when cps_max is set */
	uint32_t inflight_max; /* attempts started whose dialling phase is not over */
	uint32_t channel_max;  /* attempts started that are not over */
	bool keeps_rate;       /* whatever the far end says (slow_down = no) */
};
#define PACER_CPS_MAX  100000
#define PACER_OUTCOMES 10
#define PACER_STORM    5
#define PACER_CALM_NS  INT64_C(10000000000)

struct pacer {
	struct pacer_conf conf;
	int64_t tat_ns;	    /* theoretical arrival time of the next start (GCRA) */
	uint32_t cps;	    /* cps_max, or what the last halving left of it */
	uint32_t outcomes;  /* of the latest attempts, a bit each: 1: refused */
	int64_t changed_ns; /* when that was */
	uint32_t inflight;
	uint32_t channels;
};

/* 0, or -EINVAL for a value out of range. */
int pacer_conf_check(const struct pacer_conf *conf);
void pacer_init(struct pacer *p, const struct pacer_conf *conf);
/* New limits from now on; what runs, runs on. What was started ahead of time counts as so many
 * starts of the new rate, and as no more than the new burst. */
void pacer_set_conf(struct pacer *p, const struct pacer_conf *conf, int64_t now_ns);

/* Takes up to want_count starts; returns 0..want_count. now_ns is monotonic and never goes back. */
uint32_t pacer_grant(struct pacer *p, int64_t now_ns, uint32_t want_count);
/* When pacer_grant may give the next one for reasons of time; INT64_MAX if only an end can
 * (limits). */
int64_t pacer_next_ns(const struct pacer *p, int64_t now_ns);
/* What the far end said to an attempt: is_refused: that it has no room. True: the rate was halved.
 */
bool pacer_heard(struct pacer *p, int64_t now_ns, bool is_refused);
/* A granted start: its dialling phase is over; it is over as a whole. */
void pacer_dialed(struct pacer *p);
void pacer_ended(struct pacer *p);

#endif
