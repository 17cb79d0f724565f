/* ami/text.c - see text.h. */
#include "ami/text.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_US INT64_C(1000)

/* The letter behind the backslash, 0 for an octet that stands for itself. */
static char text_line_end(char c)
{
	switch (c) {
	case '\r':
		return 'r';
	case '\n':
		return 'n';
	case '\0':
		return '0';
	default:
		return 0;
	}
}

static char text_c_escape(char c)
{
	switch (c) {
	case '\a':
		return 'a';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	case '\\':
	case '\'':
	case '"':
	case '?':
		return c;
	default:
		return text_line_end(c);
	}
}

/* Copies runs without an escape in one piece: nearly always the whole value. */
static inline void text_write(struct sink *s, struct slice value, char (*escape)(char c))
{
	size_t from = 0;

	for (size_t i = 0; i < value.len; i++) {
		char letter = escape(value.ptr[i]);

		if (!letter)
			continue;
		sink_add(s, slice_make(value.ptr + from, i - from));
		sink_char(s, '\\');
		sink_char(s, letter);
		from = i + 1;
	}
	if (from < value.len)
		sink_add(s, slice_from(value, from));
}

void ami_text_value(struct sink *s, struct slice value)
{
	text_write(s, value, text_line_end);
}

void ami_text_escaped(struct sink *s, struct slice value)
{
	text_write(s, value, text_c_escape);
}

void ami_text_header(struct sink *s, const char *name, struct slice value)
{
	sink_str(s, name);
	sink_lit(s, ": ");
	ami_text_value(s, value);
	sink_lit(s, "\r\n");
}

void ami_text_number(struct sink *s, const char *name, int64_t number)
{
	sink_str(s, name);
	sink_lit(s, ": ");
	sink_i64(s, number);
	sink_lit(s, "\r\n");
}

struct slice ami_text_known(struct slice value)
{
	return value.len ? value : SLICE_LIT("<unknown>");
}

void ami_text_stamp(struct sink *s, int64_t wall_ns)
{
	sink_i64(s, wall_ns / NS_PER_S);
	sink_char(s, '.');
	sink_pad(s, (uint64_t)(wall_ns % NS_PER_S / NS_PER_US), 6);
}

bool ami_text_same_secret(struct slice a, struct slice b)
{
	size_t len = a.len > b.len ? a.len : b.len;
	unsigned diff = a.len != b.len;

	for (size_t i = 0; i < len; i++) {
		unsigned char x = i < a.len ? (unsigned char)a.ptr[i] : 0;
		unsigned char y = i < b.len ? (unsigned char)b.ptr[i] : 0;

		diff |= (unsigned)(x ^ y);
	}
	return diff == 0;
}
