/* engine/base/check.h - assertions that stay on in every build.
 *
 * check(x)  programmer error: says where, then aborts. One condition each. Never for wire input.
 * NEVER(x)  "cannot happen, but survive": true (and counted, and logged once a place) if x is true. */
#ifndef RINGER_BASE_CHECK_H
#define RINGER_BASE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

_Noreturn void check_fail(const char *text, const char *file, int line);
bool check_never(const char *text, const char *file, int line);

/* How often a NEVER came true since the start; shown in metrics, zero in every test. */
uint64_t check_never_count(void);

#define check(x) ((x) ? (void)0 : check_fail(#x, __FILE__, __LINE__))
#define NEVER(x) (__builtin_expect(!!(x), 0) && (check_never(#x, __FILE__, __LINE__), true))

#define ARRAY_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define UNUSED(x)      ((void)(x))

#endif
