/* engine/base/slice.c - see slice.h. */
#include "engine/base/slice.h"

#define SLICE_MUL_A UINT64_C(0x9E3779B97F4A7C15)
#define SLICE_MUL_B UINT64_C(0xD6E8FEB86659FD93)
#define SLICE_ONES  UINT64_C(0x0101010101010101)

static unsigned char slice_fold(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

/* The same for eight octets at once: bit 7 of a sum tells which octets lie in A..Z. */
static uint64_t slice_fold_word(uint64_t w)
{
	uint64_t low = w & SLICE_ONES * 0x7f;
	uint64_t from_a = low + SLICE_ONES * (0x80 - 'A');
	uint64_t above_z = low + SLICE_ONES * (0x7f - 'Z');
	uint64_t upper = (from_a ^ above_z) & ~w & SLICE_ONES * 0x80;

	return w | upper >> 2;
}

static uint64_t slice_load_word(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static bool slice_ieq_octets(const char *a, const char *b, size_t len)
{
	size_t i = 0;

	for (; i + 8 <= len; i += 8)
		if (slice_fold_word(slice_load_word(a + i)) !=
		    slice_fold_word(slice_load_word(b + i)))
			return false;
	for (; i < len; i++)
		if (slice_fold(a[i]) != slice_fold(b[i]))
			return false;
	return true;
}

bool slice_ieq(struct slice a, struct slice b)
{
	return a.len == b.len && slice_ieq_octets(a.ptr, b.ptr, a.len);
}

bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_eq(slice_head(s, prefix.len), prefix);
}

bool slice_istarts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && slice_ieq(slice_head(s, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_eq(slice_from(s, s.len - suffix.len), suffix);
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len ? memcmp(a.ptr, b.ptr, len) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

size_t slice_find(struct slice s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t slice_rfind(struct slice s, char c)
{
	const char *hit = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

size_t slice_find_text(struct slice s, struct slice needle)
{
	const char *hit;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return SIZE_MAX;
	hit = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return hit ? (size_t)(hit - s.ptr) : SIZE_MAX;
}

static bool slice_is_blank(char c)
{
	return c >= 1 && c <= 32;
}

struct slice slice_ltrim(struct slice s)
{
	size_t i = 0;

	while (i < s.len && slice_is_blank(s.ptr[i]))
		i++;
	return slice_from(s, i);
}

struct slice slice_rtrim(struct slice s)
{
	while (s.len && slice_is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct slice slice_trim(struct slice s)
{
	return slice_ltrim(slice_rtrim(s));
}

bool slice_split(struct slice *rest, char sep, struct slice *part)
{
	size_t at;

	if (!rest->ptr)
		return false;
	at = slice_find(*rest, sep);
	if (at == SIZE_MAX) {
		*part = *rest;
		*rest = SLICE_EMPTY;
		return true;
	}
	*part = slice_head(*rest, at);
	*rest = slice_from(*rest, at + 1);
	return true;
}

bool slice_u64(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';

		if (digit > 9)
			return false;
		if (__builtin_mul_overflow(n, UINT64_C(10), &n) ||
		    __builtin_add_overflow(n, (uint64_t)digit, &n) || n > max)
			return false;
	}
	*out = n;
	return true;
}

bool slice_i64(struct slice s, int64_t *out)
{
	bool negative = s.len && s.ptr[0] == '-';
	uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint64_t n;

	if (!slice_u64(negative ? slice_from(s, 1) : s, max, &n))
		return false;
	*out = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

static bool slice_is_one_of(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_ieq(s, slice_str(*words)))
			return true;
	return false;
}

bool slice_is_true(struct slice s)
{
	static const char *const words[] = {"yes", "true", "y", "t", "1", "on", NULL};

	return slice_is_one_of(s, words);
}

bool slice_is_false(struct slice s)
{
	static const char *const words[] = {"no", "false", "n", "f", "0", "off", NULL};

	return slice_is_one_of(s, words);
}

size_t slice_copy(char *dst, size_t size, struct slice s)
{
	size_t len = s.len;

	if (size == 0)
		return 0;
	if (len > size - 1)
		len = size - 1;
	if (len)
		memcpy(dst, s.ptr, len);
	dst[len] = '\0';
	return len;
}

/* The full product folded: every bit of the input reaches every bit of the result. */
static uint64_t slice_mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t slice_hash_any(struct slice s, uint64_t seed, bool fold)
{
	uint64_t h = seed ^ SLICE_MUL_A ^ (uint64_t)s.len * SLICE_MUL_B;
	uint64_t w;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		w = slice_load_word(s.ptr + i);
		h = slice_mix(h ^ (fold ? slice_fold_word(w) : w), SLICE_MUL_A) + SLICE_MUL_B;
	}
	if (i < s.len) {
		w = 0;
		memcpy(&w, s.ptr + i, s.len - i);
		h = slice_mix(h ^ (fold ? slice_fold_word(w) : w), SLICE_MUL_A) + SLICE_MUL_B;
	}
	return slice_mix(h ^ h >> 32, SLICE_MUL_B);
}

uint64_t slice_hash(struct slice s, uint64_t seed)
{
	return slice_hash_any(s, seed, false);
}

uint64_t slice_ihash(struct slice s, uint64_t seed)
{
	return slice_hash_any(s, seed, true);
}
