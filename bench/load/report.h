/* bench/load/report.h - the outcome of a run: rows for people, the same as JSON for programs. */
#ifndef RINGER_BENCH_LOAD_REPORT_H
#define RINGER_BENCH_LOAD_REPORT_H

#include "bench/load/hist.h"
#include "engine/base/slice.h"

#define REPORT_ROWS 128

struct report_row {
	const char *group; /* literal: heading and JSON object */
	char key[48];      /* JSON key; shown with blanks for '_' */
	char text[128];    /* a number as text, or words */
	bool is_number;
	const char *unit;  /* literal, may be "" */
};

struct report {
	uint32_t count;
	struct report_row rows[REPORT_ROWS];
};

void report_count(struct report *r, const char *group, const char *key, uint64_t n, const char *unit);
void report_real(struct report *r, const char *group, const char *key, double x, const char *unit);
void report_text(struct report *r, const char *group, const char *key, const char *text);
/* p50, p90, p99 and the maximum in milliseconds. */
void report_hist(struct report *r, const char *group, const char *key, const struct hist *h);

void report_print(const struct report *r);
/* 0 or a negative errno. */
int report_write_json(const struct report *r, const char *path);

#endif
