/* bench/load/hist.h - latency histogram: log-linear, 0.8 % wide, from 1 us to over an hour. */
#ifndef RINGER_BENCH_LOAD_HIST_H
#define RINGER_BENCH_LOAD_HIST_H

#include <stdint.h>

#define HIST_SUB  128 /* buckets per power of two */
#define HIST_POWS 32

struct hist {
	uint64_t bucket[HIST_POWS * HIST_SUB];
	uint64_t count;
	int64_t max_ns, sum_ns;
};

void hist_add(struct hist *h, int64_t ns);
/* Upper edge of the bucket that holds the quantile (0..1); 0 when empty. */
int64_t hist_quantile(const struct hist *h, double q);
int64_t hist_mean(const struct hist *h);

#endif
