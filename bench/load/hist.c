#include "bench/load/hist.h"

/* In units of 1 us: 0..127 linear, then 128 buckets per power of two. */
static uint32_t hist_index(int64_t ns)
{
	uint64_t us = ns > 0 ? (uint64_t)ns / 1000 : 0;
	unsigned pow;
	uint64_t i;

	if (us < HIST_SUB)
		return (uint32_t)us;
	pow = 63U - (unsigned)__builtin_clzll(us) - 6U; /* 1.. for 128.. */
	i = (uint64_t)pow * HIST_SUB + ((us >> (pow - 1)) & (HIST_SUB - 1));
	return i < HIST_POWS * HIST_SUB ? (uint32_t)i : HIST_POWS * HIST_SUB - 1;
}

static int64_t hist_upper_ns(uint32_t index)
{
	uint32_t pow = index / HIST_SUB, sub = index % HIST_SUB;

	if (pow == 0)
		return (int64_t)(sub + 1) * 1000;
	return (int64_t)((((uint64_t)HIST_SUB + sub + 1) << (pow - 1)) * 1000);
}

void hist_add(struct hist *h, int64_t ns)
{
	h->bucket[hist_index(ns)]++;
	h->count++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

int64_t hist_quantile(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->count), seen = 0;

	if (h->count == 0)
		return 0;
	for (uint32_t i = 0; i < HIST_POWS * HIST_SUB; i++) {
		seen += h->bucket[i];
		if (seen > want)
			return hist_upper_ns(i) < h->max_ns ? hist_upper_ns(i) : h->max_ns;
	}
	return h->max_ns;
}

int64_t hist_mean(const struct hist *h)
{
	return h->count ? h->sum_ns / (int64_t)h->count : 0;
}
