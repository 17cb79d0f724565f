/* engine/base/tmr.h - hierarchical timer wheel, 1 ms, intrusive.
 *
 * A timer fires at the first turn at or after its deadline, rounded up to the next millisecond:
 * never early. Start, restart and stop are O(1). Timers of one millisecond fire in the order in
 * which they were started. Owned by one thread. */
#ifndef RINGER_BASE_TMR_H
#define RINGER_BASE_TMR_H

#include "engine/base/list.h"

#include <stdint.h>

#define TMR_MS     INT64_C(1000000)
#define TMR_SECOND INT64_C(1000000000)
#define TMR_NEVER  INT64_MAX

struct tmr;
typedef void (*tmr_fn)(struct tmr *t, void *arg);

struct tmr {
	struct list node; /* self-linked when stopped: tmr_init first */
	int64_t due_ns;
	tmr_fn fn;
	void *arg;
	struct tmr_wheel *wheel;
};

struct tmr_wheel;

int tmr_wheel_create(struct tmr_wheel **out, int64_t now_ns);
void tmr_wheel_destroy(struct tmr_wheel *w);

void tmr_init(struct tmr *t, struct tmr_wheel *w, tmr_fn fn, void *arg);
/* Starts, or moves, to the absolute instant due_ns (in the past: fires at the next run). */
void tmr_start(struct tmr *t, int64_t due_ns);
void tmr_stop(struct tmr *t); /* fine when not started */
bool tmr_is_started(const struct tmr *t);

/* Fires what is due, at most `budget` timers; returns how many. Handlers may start and stop any. */
uint32_t tmr_wheel_run(struct tmr_wheel *w, int64_t now_ns, uint32_t budget);
/* Not later than the earliest deadline; TMR_NEVER when none is started. */
int64_t tmr_wheel_next(const struct tmr_wheel *w);
uint32_t tmr_wheel_count(const struct tmr_wheel *w);

#endif
