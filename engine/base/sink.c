/* engine/base/sink.c - see sink.h. Once something did not fit, nothing more is taken: what stands
 * in the buffer is always the beginning of the text. */
#include "engine/base/sink.h"

#include "engine/base/check.h"

#include <stdarg.h>
#include <stdio.h>

void sink_add(struct sink *s, struct slice text)
{
	if (s->over || text.len > s->room - s->len) {
		s->over = true;
		return;
	}
	if (text.len)
		memcpy(s->ptr + s->len, text.ptr, text.len);
	s->len += text.len;
}

void sink_str(struct sink *s, const char *text)
{
	sink_add(s, slice_str(text));
}

void sink_char(struct sink *s, char c)
{
	sink_add(s, slice_make(&c, 1));
}

/* Digits are made from the low end up; width 0..64. */
static void sink_number(struct sink *s, uint64_t n, unsigned base, unsigned digits)
{
	char text[64];
	size_t at = sizeof(text);

	check(digits <= sizeof(text));
	do {
		text[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (sizeof(text) - at < digits)
		text[--at] = '0';
	sink_add(s, slice_make(text + at, sizeof(text) - at));
}

void sink_u64(struct sink *s, uint64_t n)
{
	sink_number(s, n, 10, 0);
}

void sink_i64(struct sink *s, int64_t n)
{
	if (n < 0)
		sink_char(s, '-');
	sink_number(s, n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 10, 0);
}

void sink_hex(struct sink *s, uint64_t n, unsigned digits)
{
	sink_number(s, n, 16, digits);
}

void sink_pad(struct sink *s, uint64_t n, unsigned digits)
{
	sink_number(s, n, 10, digits);
}

void sink_fmt(struct sink *s, const char *fmt, ...)
{
	size_t left = s->room - s->len;
	va_list args;
	char last;
	int n;

	if (s->over)
		return;
	/* vsnprintf wants room for a NUL: when the text fits exactly, its last octet is lost to it.
	 */
	va_start(args, fmt);
	n = vsnprintf(left ? s->ptr + s->len : &last, left ? left : 1, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n > left) {
		s->over = true;
		return;
	}
	if (n && (size_t)n == left) {
		char copy[1024];

		if (left > sizeof(copy) - 1) {
			s->over = true;
			return;
		}
		va_start(args, fmt);
		n = vsnprintf(copy, sizeof(copy), fmt, args);
		va_end(args);
		check((size_t)n == left);
		memcpy(s->ptr + s->len, copy, left);
	}
	s->len += (size_t)n;
}

const char *sink_cstr(struct sink *s)
{
	check(s->room > 0);
	if (s->len == s->room) {
		s->len--;
		s->over = true;
	}
	s->ptr[s->len] = '\0';
	return s->ptr;
}
