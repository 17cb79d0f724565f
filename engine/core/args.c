/* engine/core/args.c - see args.h */
#include "engine/core/args.h"

/* What protects a separator while a text is read from its start. */
struct guard {
	int parens, brackets;
	bool quoted;
};

/* True if c, unprotected by what stood before, may separate. Keeps count of the brackets. */
static bool guard_step(struct guard *g, char c)
{
	switch (c) {
	case '(':
		g->parens++;
		return false;
	case ')':
		g->parens -= g->parens > 0;
		return false;
	case '[':
		g->brackets++;
		return false;
	case ']':
		g->brackets -= g->brackets > 0;
		return false;
	case '"':
		g->quoted = !g->quoted;
		return false;
	default:
		return g->parens == 0 && g->brackets == 0 && !g->quoted;
	}
}

uint32_t args_split(char *text, size_t len, char separator, struct slice *argv, uint32_t max)
{
	uint32_t argc = 0;
	size_t at = 0;

	for (uint32_t i = 0; i < max; i++)
		argv[i] = SLICE_EMPTY;
	while (at < len && argc + 1 < max) {
		struct guard g = {0};
		size_t start = at;
		size_t out = at;
		bool ended = false;

		while (at < len && !ended) {
			char c = text[at++];

			if (c == '\\' && at < len)
				text[out++] = text[at++];
			else if (guard_step(&g, c) && c == separator)
				ended = true;
			else if (c != '"' && c != '\\')
				text[out++] = c;
		}
		argv[argc++] = slice_make(text + start, out - start);
		/* "a," has a second, empty part. */
		if (ended && at == len && argc < max) {
			argv[argc++] = slice_make(text + at, 0);
			return argc;
		}
	}
	if (at < len)
		argv[argc++] = slice_make(text + at, len - at);
	return argc;
}

uint32_t args_split_raw(struct slice text, char separator, struct slice *argv, uint32_t max)
{
	uint32_t argc = 0;
	size_t at = 0;

	for (uint32_t i = 0; i < max; i++)
		argv[i] = SLICE_EMPTY;
	while (at < text.len && argc + 1 < max) {
		struct guard g = {0};
		size_t start = at;
		size_t end;

		while (at < text.len &&
		       !(guard_step(&g, text.ptr[at]) && text.ptr[at] == separator))
			at += text.ptr[at] == '\\' && at + 1 < text.len ? 2 : 1;
		end = at < text.len ? at : text.len;
		argv[argc++] = slice_make(text.ptr + start, end - start);
		if (at + 1 == text.len && argc < max) { /* ended by a separator: an empty part */
			argv[argc++] = slice_make(text.ptr + text.len, 0);
			return argc;
		}
		at++;
	}
	if (at < text.len)
		argv[argc++] = slice_from(text, at);
	return argc;
}

int32_t args_int(struct slice text, size_t *end)
{
	size_t i = 0;
	size_t digits;
	int64_t n = 0;
	bool negative;

	while (i < text.len && (text.ptr[i] == ' ' || (text.ptr[i] >= 9 && text.ptr[i] <= 13)))
		i++;
	negative = i < text.len && text.ptr[i] == '-';
	if (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+'))
		i++;
	for (digits = i; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		n = n > INT32_MAX ? n : n * 10 + (text.ptr[i] - '0');
	if (end)
		*end = i > digits ? i : 0;
	if (n > INT32_MAX)
		n = INT32_MAX;
	return (int32_t)(negative ? -n : n);
}

bool args_condition(struct slice text)
{
	size_t end;
	int32_t n;

	if (slice_is_empty(text))
		return false;
	n = args_int(text, &end);
	return end > 0 ? n != 0 : true;
}

bool args_seconds(struct slice text, int64_t *ns)
{
	size_t i;
	int64_t seconds;
	int64_t part = 100000000;
	int64_t fraction = 0;
	bool negative;

	text = slice_trim(text);
	seconds = args_int(text, &i);
	negative = text.len && text.ptr[0] == '-';
	if (i == 0 &&
	    !(text.len > 1 && text.ptr[0] == '.' && text.ptr[1] >= '0' && text.ptr[1] <= '9'))
		return false;
	if (i < text.len && text.ptr[i] == '.')
		for (i++; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
			fraction += part * (text.ptr[i] - '0');
			part /= 10;
		}
	*ns = seconds * INT64_C(1000000000) + (negative ? -fraction : fraction);
	return true;
}
