/* engine/base/mem_internal.h - memory of the pools: reserved at once, resident when touched. */
#ifndef RINGER_BASE_MEM_INTERNAL_H
#define RINGER_BASE_MEM_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, page-aligned address space that costs memory only where it is written. NULL if refused.
 * bytes > 0. */
void *mem_map(size_t bytes);
void mem_unmap(void *ptr, size_t bytes); /* NULL is fine */

/* Rounds up to a multiple of `to`, a power of two. */
static inline size_t mem_round(size_t bytes, size_t to)
{
	return (bytes + to - 1) & ~(to - 1);
}

/* The smallest power of two >= n (n >= 1). */
uint64_t mem_pow2(uint64_t n);

/* Test builds make use after free visible: the octets are overwritten and, under AddressSanitizer,
 * any access is an error until mem_unpoison. Both are nothing in release builds. */
void mem_poison(void *ptr, size_t bytes);
void mem_unpoison(void *ptr, size_t bytes);

#endif
