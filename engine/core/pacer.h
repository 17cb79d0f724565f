/* engine/core/pacer.h - how many attempts a trunk may start now.
 *
 * Pure arithmetic: no clock, no I/O, no allocation. Owned by the control shard.
 * Guarantee: in any half-open window of t seconds no more than cps_max * t + burst_max attempts
 * start, and never more than inflight_max are started and not yet answered or failed, nor more than
 * channel_max exist at once. A limit of 0 means none. */
#ifndef RINGER_CORE_PACER_H
#define RINGER_CORE_PACER_H

#include <stdint.h>

struct pacer_conf {
	uint32_t cps_max;      /* calls per second, 0..PACER_CPS_MAX */
	uint32_t burst_max;    /* calls that may start back to back; at least 1 when cps_max is set */
	uint32_t inflight_max; /* attempts started whose dialling phase is not over */
	uint32_t channel_max;  /* attempts started that are not over */
};
#define PACER_CPS_MAX 100000

struct pacer {
	struct pacer_conf conf;
	int64_t tat_ns;        /* theoretical arrival time of the next start (GCRA) */
	uint32_t inflight;
	uint32_t channels;
};

/* 0, or -EINVAL for a value out of range. */
int pacer_conf_check(const struct pacer_conf *conf);
void pacer_init(struct pacer *p, const struct pacer_conf *conf);
/* New limits from now on; what runs, runs on. */
void pacer_set_conf(struct pacer *p, const struct pacer_conf *conf);

/* Takes up to want_count starts; returns 0..want_count. now_ns is monotonic and never goes back. */
uint32_t pacer_grant(struct pacer *p, int64_t now_ns, uint32_t want_count);
/* When pacer_grant may give the next one for reasons of time; INT64_MAX if only an end can (limits). */
int64_t pacer_next_ns(const struct pacer *p, int64_t now_ns);
/* A granted start: its dialling phase is over; it is over as a whole. */
void pacer_dialed(struct pacer *p);
void pacer_ended(struct pacer *p);

#endif
