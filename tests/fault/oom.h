/* tests/fault/oom.h - fails the n-th allocation, for every n.
 *
 * The programs here are linked with --wrap for malloc and its kin, mmap, and the constructors of
 * OpenSSL and SQLite: each such call of the engine is a point, counted while armed. What the
 * simulator and its peers take is compiled against the unwrapped functions (spare.h) and is no
 * point.
 *
 * Blocks and mappings that were taken and not given back are counted all the time, so a leak is
 * found right behind the n that caused it, in every preset. */
#ifndef RINGER_TESTS_FAULT_OOM_H
#define RINGER_TESTS_FAULT_OOM_H

#include <stdbool.h>
#include <stdint.h>

enum oom_mode {
	OOM_ONE,  /* only the n-th point fails */
	OOM_FROM, /* it, and all behind it */
	OOM_MODES,
};

/* nth from 1; 0: nothing fails, points are counted. */
void oom_arm(enum oom_mode mode, uint64_t nth);
/* Points seen since oom_arm. *failed: whether one was failed. */
uint64_t oom_disarm(bool *failed);

/* While armed: a point was failed. */
bool oom_has_failed(void);

/* Taken and not yet given back: blocks and mappings. */
int64_t oom_live(void);

/* For wrapped functions: this is a point; true: it fails, with errno ENOMEM. */
bool oom_fails(void);
/* Counts a block that is not NULL; returns it. */
void *oom_count(void *ptr);

/* Something that can run out of memory. Leaves nothing behind, whether it worked (0) or not (a
 * negative errno). The thing itself arms: oom_arm(c->mode, c->nth) where it matters, oom_disarm at
 * the end. */
struct oom_case {
	const char *name;
	int (*run)(struct oom_case *c);
	void *arg;
	bool survives; /* some failures are made up for: 0 is right then, too */
	uint64_t stride; /* only each so-manieth point: where there are thousands. 0: every one */
	/* filled by oom_exhaust */
	enum oom_mode mode;
	uint64_t nth;
	/* filled by the thing */
	bool failed; /* from oom_disarm */
};

/* Runs it without a failure, then with the n-th point failing, for n = 1 until a run has fewer
 * points, in both modes. Judges each run by cmocka's assertions. Returns the number of points. */
uint64_t oom_exhaust(struct oom_case *c);

#endif
