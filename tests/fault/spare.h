/* tests/fault/spare.h - put in front of each source of the simulator: it takes its memory past the
 * wrapped functions (oom.h), so that only the engine's own allocations are failed and counted. */
#ifndef RINGER_TESTS_FAULT_SPARE_H
#define RINGER_TESTS_FAULT_SPARE_H

#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *ptr, size_t bytes);
char *__real_strdup(const char *text);
void __real_free(void *ptr);

#define malloc	__real_malloc
#define calloc	__real_calloc
#define realloc __real_realloc
#undef strdup
#define strdup __real_strdup
#define free   __real_free

#endif
