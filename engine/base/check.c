/* engine/base/check.c - see check.h. */
#include "engine/base/check.h"

#include "engine/base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static _Atomic uint64_t check_nevers;
static _Atomic uint64_t check_logged; /* one bit a place, by its hash */

_Noreturn void check_fail(const char *text, const char *file, int line)
{
	/* Not through the logger: it may be what is broken. */
	fprintf(stderr,
		"%s:%d: check failed: %s. This is a defect of the engine; please report it.\n",
		file, line, text);
	abort();
}

bool check_never(const char *text, const char *file, int line)
{
	uint64_t place =
		((uint64_t)(uintptr_t)file + (uint64_t)line) * UINT64_C(0x9E3779B97F4A7C15);
	uint64_t bit = UINT64_C(1) << (place >> 58);

	atomic_fetch_add_explicit(&check_nevers, 1, memory_order_relaxed);
	if (!(atomic_fetch_or_explicit(&check_logged, bit, memory_order_relaxed) & bit))
		log_error("%s:%d: this should never be true: %s; going on, please report it", file,
			  line, text);
	return true;
}

uint64_t check_never_count(void)
{
	return atomic_load_explicit(&check_nevers, memory_order_relaxed);
}
