/* engine/base/ck_internal.h - the one door to Concurrency Kit.
 *
 * Its atomics are inline assembly, which ThreadSanitizer cannot see: in that build its functions are
 * left out of the instrumentation, and ck_publish / ck_obtain around each transfer tell the
 * sanitizer about the order that the transfer gives. Both are nothing in other builds. */
#ifndef RINGER_BASE_CK_INTERNAL_H
#define RINGER_BASE_CK_INTERNAL_H

#include <ck_cc.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CK_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CK_TSAN 1
#endif

#ifdef CK_TSAN
#undef CK_CC_INLINE
#define CK_CC_INLINE CK_CC_UNUSED inline __attribute__((no_sanitize("thread")))
#include <sanitizer/tsan_interface.h>
#define ck_publish(object) __tsan_release((void *)(object))
#define ck_obtain(object)  __tsan_acquire((void *)(object))
#else
#define ck_publish(object) ((void)(object))
#define ck_obtain(object)  ((void)(object))
#endif

/* It counts generations on null pointers, which UBSan counts as an error. */
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
#undef CK_CC_INLINE
#define CK_CC_INLINE CK_CC_UNUSED inline __attribute__((no_sanitize("undefined")))
#endif
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <ck_ring.h>
#include <ck_stack.h>
#pragma GCC diagnostic pop

#endif
