/* engine/base/slice.h - text as pointer and length, by value.
 *
 * A slice borrows: it owns nothing, may hold NUL and any octet, and lives no longer than the buffer
 * it points into. What must live longer is copied into an arena (arena_dup). No function here
 * allocates. "icase" compares ASCII letters without case, as SIP, AMI and configuration files do. */
#ifndef RINGER_BASE_SLICE_H
#define RINGER_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE_EMPTY ((struct slice){0})
#define SLICE_LIT(text) ((struct slice){(text), sizeof(text) - 1})
/* For printf: printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).len, ((s).len ? (s).ptr : "")

static inline struct slice slice_make(const char *ptr, size_t len)
{
	return (struct slice){ptr, len};
}

/* A slice over a C string; NULL gives the empty slice. */
static inline struct slice slice_str(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_is_empty(struct slice s)
{
	return s.len == 0;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* The part from `from` (clamped) to the end, and the first `len` octets (clamped). */
static inline struct slice slice_from(struct slice s, size_t from)
{
	if (from > s.len)
		from = s.len;
	return (struct slice){from ? s.ptr + from : s.ptr, s.len - from};
}

static inline struct slice slice_head(struct slice s, size_t len)
{
	return (struct slice){s.ptr, len < s.len ? len : s.len};
}

bool slice_ieq(struct slice a, struct slice b);
bool slice_starts(struct slice s, struct slice prefix);
bool slice_istarts(struct slice s, struct slice prefix);
bool slice_ends(struct slice s, struct slice suffix);

/* Compares as memcmp, the shorter first when one is the prefix of the other: <0, 0, >0. */
int slice_cmp(struct slice a, struct slice b);

/* Index of the first `c` or of the first occurrence of `needle`; SIZE_MAX if there is none. */
size_t slice_find(struct slice s, char c);
size_t slice_rfind(struct slice s, char c);
size_t slice_find_text(struct slice s, struct slice needle);

/* Without the blanks (octets 1..32) at both ends, at the start, at the end. */
struct slice slice_trim(struct slice s);
struct slice slice_ltrim(struct slice s);
struct slice slice_rtrim(struct slice s);

/* Takes the part before the first `sep` off the front of *rest and moves *rest behind the
 * separator. False when *rest has a NULL pointer (nothing left); "a,b," gives "a", "b" and "". */
bool slice_split(struct slice *rest, char sep, struct slice *part);

/* Decimal numbers over the whole slice. False (and *out untouched) if it is empty, holds anything
 * else, or is out of range. */
bool slice_u64(struct slice s, uint64_t max, uint64_t *out);
bool slice_i64(struct slice s, int64_t *out);

/* "yes true y t 1 on" in any case, as Asterisk's ast_true. */
bool slice_is_true(struct slice s);
/* "no false n f 0 off" in any case. */
bool slice_is_false(struct slice s);

/* Copies into dst with a NUL behind, cut to size - 1. Returns the octets copied. */
size_t slice_copy(char *dst, size_t size, struct slice s);

/* 64-bit hash by multiply and fold, eight octets a step; the icase form folds ASCII letters. Tables
 * that a hostile peer fills need a per-process key in `seed`. The same on every run (little-endian). */
uint64_t slice_hash(struct slice s, uint64_t seed);
uint64_t slice_ihash(struct slice s, uint64_t seed);

#endif
