/* bench/micro/harness.h - tables of small benchmarks, handed to Google Benchmark by main.cc.
 *
 * To add a module: write bench/micro/micro_<module>.c with
 *	static const struct micro_case cases[] = {{"parse", run_parse, .expect_ns = 500}, ...};
 *	const struct micro_table micro_<module> = MICRO_TABLE(cases);
 * and name it in MICRO_TABLES below. Each case shows up as "<module>/<name>".
 *
 * run does `count` rounds in a row, so a round of a few ns is not drowned by the call. expect_ns is
 * the sketch made before measuring; the report has it beside the result. Run it with
 *	build/release/bench/bench_micro --benchmark_filter=sip --benchmark_out=x.json */
#ifndef RINGER_BENCH_MICRO_HARNESS_H
#define RINGER_BENCH_MICRO_HARNESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct micro_case {
	const char *name;
	void (*run)(void *state, uint64_t count);
	size_t bytes;         /* octets worked on in one round, for MB/s; 0: none */
	double expect_ns;     /* of one round */
	void *(*open)(void);  /* what run gets as state; NULL: none */
	void (*close)(void *state);
};

struct micro_table {
	const struct micro_case *cases;
	size_t count;
};

#define MICRO_TABLE(cases) {(cases), sizeof(cases) / sizeof((cases)[0])}

#define MICRO_TABLES(X) X(base) X(core) X(sip) X(sdp) X(auth) X(identify) X(rtp) X(ami) X(libre)

#define MICRO_DECLARE(module) extern const struct micro_table micro_##module;
MICRO_TABLES(MICRO_DECLARE)
#undef MICRO_DECLARE

/* The compiler must take it that *p is read: keeps results of inlined code alive. */
static inline void micro_keep(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#ifdef __cplusplus
}
#endif

#endif
