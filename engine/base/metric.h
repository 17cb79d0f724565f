/* engine/base/metric.h - counters from one list, expanded several ways.
 *
 * METRIC_LIST in metric_list.h is X(name, "help"). Each loop (control, shard, worker) has its own
 * struct metrics, written by its thread alone with relaxed stores and read by the control shard. */
#ifndef RINGER_BASE_METRIC_H
#define RINGER_BASE_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/metric_list.h"

enum metric {
#define METRIC_ENUM(name, help) METRIC_##name,
	METRIC_LIST(METRIC_ENUM)
#undef METRIC_ENUM
	METRIC_COUNT,
};

struct metrics {
	_Atomic uint64_t value[METRIC_COUNT];
};

static inline void metric_add(struct metrics *m, enum metric which, uint64_t n)
{
	uint64_t old = atomic_load_explicit(&m->value[which], memory_order_relaxed);

	atomic_store_explicit(&m->value[which], old + n, memory_order_relaxed);
}

static inline void metric_inc(struct metrics *m, enum metric which)
{
	metric_add(m, which, 1);
}

static inline uint64_t metric_get(const struct metrics *m, enum metric which)
{
	return atomic_load_explicit(&m->value[which], memory_order_relaxed);
}

const char *metric_name(enum metric which); /* lower case, as in the list */
const char *metric_help(enum metric which);

#endif
