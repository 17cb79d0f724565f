/* engine/base/mem.c - see mem_internal.h. */
#include "engine/base/mem_internal.h"

#include "engine/base/check.h"

#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define MEM_ASAN 1
#endif
#ifdef MEM_ASAN
#include <sanitizer/asan_interface.h>
#endif

#if defined(RINGER_FAULTS) || defined(RINGER_SANITIZED)
#define MEM_POISON 0xA5
#endif

void *mem_map(size_t bytes)
{
	void *ptr;

	check(bytes > 0);
	ptr = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	return ptr == MAP_FAILED ? NULL : ptr;
}

void mem_unmap(void *ptr, size_t bytes)
{
	if (!ptr)
		return;
	mem_unpoison(ptr, bytes); /* the addresses may be mapped again by somebody else */
	check(munmap(ptr, bytes) == 0);
}

uint64_t mem_pow2(uint64_t n)
{
	uint64_t p = 1;

	check(n >= 1 && n <= UINT64_C(1) << 62);
	while (p < n)
		p <<= 1;
	return p;
}

void mem_poison(void *ptr, size_t bytes)
{
#ifdef MEM_POISON
	memset(ptr, MEM_POISON, bytes);
#endif
#ifdef MEM_ASAN
	__asan_poison_memory_region(ptr, bytes);
#endif
	UNUSED(ptr);
	UNUSED(bytes);
}

void mem_unpoison(void *ptr, size_t bytes)
{
#ifdef MEM_ASAN
	__asan_unpoison_memory_region(ptr, bytes);
#endif
	UNUSED(ptr);
	UNUSED(bytes);
}
