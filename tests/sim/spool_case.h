/* tests/sim/spool_case.h - what test_spool.c and test_spool_trouble.c share: one rig for each test. */
#ifndef RINGER_TESTS_SIM_SPOOL_CASE_H
#define RINGER_TESTS_SIM_SPOOL_CASE_H

#include "engine/base/check.h"
#include "engine/base/tmr.h"
#include "tests/sim/spool_rig.h"
#include "tests/unit/cmocka.h"

#include <errno.h>
#include <stdio.h>

#define CALL "Channel: PJSIP/100@trunk\nContext: out\nExtension: s\n"

static struct rig rig;

static inline int setup(void **state)
{
	UNUSED(state);
	rig_open(&rig, 11);
	return 0;
}

static inline int teardown(void **state)
{
	UNUSED(state);
	rig_close(&rig);
	return 0;
}

static inline void settle(uint32_t index, int reason)
{
	rig_settle(&rig, index, reason);
	rig_run(&rig, 100 * SIM_MS);
}

static inline long long pid(void)
{
	return (long long)io_pid(rig.spool_io);
}

static inline void assert_text(const char *dir, const char *name, const char *expected)
{
	const char *there = rig_text(&rig, dir, name);

	assert_non_null(there);
	assert_string_equal(there, expected);
}

#endif
