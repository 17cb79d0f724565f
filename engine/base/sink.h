/* engine/base/sink.h - bounded text builder.
 *
 * Writes into the caller's buffer; what does not fit sets `over` and is left out, so a chain of
 * calls needs one check at its end. The text is not NUL-terminated unless sink_cstr is called. */
#ifndef RINGER_BASE_SINK_H
#define RINGER_BASE_SINK_H

#include "engine/base/slice.h"

struct sink {
	char *ptr;
	size_t len;
	size_t room;
	bool over;
};

static inline struct sink sink_make(char *ptr, size_t room)
{
	return (struct sink){.ptr = ptr, .room = room};
}

void sink_add(struct sink *s, struct slice text);
void sink_str(struct sink *s, const char *text);
void sink_char(struct sink *s, char c);
void sink_u64(struct sink *s, uint64_t n);
void sink_i64(struct sink *s, int64_t n);
/* Lower-case hex, zero-padded to at least `digits`. */
void sink_hex(struct sink *s, uint64_t n, unsigned digits);
/* Decimal, zero-padded to at least `digits`. */
void sink_pad(struct sink *s, uint64_t n, unsigned digits);
void sink_fmt(struct sink *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Like sink_str for a literal, without strlen at run time. */
#define sink_lit(s, text) sink_add((s), SLICE_LIT(text))

static inline struct slice sink_slice(const struct sink *s)
{
	return slice_make(s->ptr, s->len);
}

/* The text with a NUL behind it (cut by one octet if it filled the buffer). room > 0. */
const char *sink_cstr(struct sink *s);

#endif
