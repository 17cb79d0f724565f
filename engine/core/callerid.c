/* engine/core/callerid.c - see callerid.h. */
#include "engine/core/callerid.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

struct callerid_cut {
	size_t text_max;
	size_t part_max;
};

static const struct callerid_cut callerid_cuts[CALLERID_FLAVOUR_COUNT] = {
	[CALLERID_OF_FILE] = {LIMIT_CALLFILE_LINE, LIMIT_NAME - 1},
	[CALLERID_OF_AMI] = {CALLERID_TEXT_MAX, CALLERID_TEXT_MAX},
};

bool callerid_is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if ((c < '0' || c > '9') && c != '*' && c != '#' && c != '+')
			return false;
	}
	return text.len > 0;
}

/* One octet of a number: kept or left out. `depth` counts open [ brackets. */
static bool callerid_keeps(char c, bool is_last, int depth)
{
	switch (c) {
	case '(':
	case ')':
	case ' ':
		return false;
	case '-':
		return depth > 0;
	case '.':
		return is_last;
	default:
		return true;
	}
}

size_t callerid_shrink_number(char *dst, struct slice number)
{
	size_t len = 0;
	int depth = 0;

	for (size_t i = 0; i < number.len; i++) {
		char c = number.ptr[i];

		if (c == '[')
			depth++;
		if (c == ']' && depth > 0)
			depth--;
		if (callerid_keeps(c, i + 1 == number.len, depth))
			dst[len++] = c;
	}
	return len;
}

/* The text between a quote at its start and one at its end, unescaped; else the text as it is.
 * A quoted part that something follows (`"Joe" x`) is taken alone, as Asterisk does. */
static size_t callerid_unquote(char *dst, size_t room, struct slice text)
{
	size_t len = 0;
	bool quoted = text.len > 1 && text.ptr[0] == '"';

	for (size_t i = quoted ? 1 : 0; i < text.len && len < room; i++) {
		char c = text.ptr[i];

		if (quoted && c == '"')
			break;
		if (quoted && c == '\\' && i + 1 < text.len &&
		    (text.ptr[i + 1] == '"' || text.ptr[i + 1] == '\\'))
			c = text.ptr[++i];
		dst[len++] = c;
	}
	return len;
}

static void callerid_set_name(struct callerid *out, struct slice text, size_t part_max)
{
	out->name_len = (uint16_t)callerid_unquote(out->name, part_max, slice_trim(text));
	out->name[out->name_len] = '\0';
}

/* `text` is at most LIMIT_CALLFILE_LINE octets. */
static void callerid_set_number(struct callerid *out, struct slice text, size_t part_max)
{
	char shrunk[LIMIT_CALLFILE_LINE];
	size_t len = callerid_shrink_number(shrunk, text);

	out->number_len = (uint16_t)slice_copy(out->number, part_max + 1, slice_make(shrunk, len));
}

/* "Joe <123>" in one pair of quotes: the quotes belong to neither part. An unescaped quote inside
 * means that the outer ones are no pair. */
static struct slice callerid_strip_outer(struct slice text)
{
	if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
		return text;
	for (size_t i = 1; i + 1 < text.len; i++) {
		if (text.ptr[i] == '"' && text.ptr[i - 1] != '\\')
			return text;
	}
	return slice_make(text.ptr + 1, text.len - 2);
}

/* True with both parts set if the text has a `<` and a `>` behind it. */
static bool callerid_split(struct slice text, struct slice *name, struct slice *number)
{
	size_t open = slice_rfind(text, '<');
	size_t close;

	if (open == SIZE_MAX)
		return false;
	close = slice_find(slice_from(text, open), '>');
	if (close == SIZE_MAX)
		return false;
	*name = slice_head(text, open);
	*number = slice_make(text.ptr + open + 1, close - 1);
	return true;
}

/* Without <>: the shrunk text if that is a number. */
static bool callerid_take_bare_number(struct callerid *out, struct slice text, size_t part_max)
{
	char shrunk[LIMIT_CALLFILE_LINE];
	size_t len = callerid_shrink_number(shrunk, text);

	if (!callerid_is_number(slice_make(shrunk, len)))
		return false;
	callerid_set_number(out, text, part_max);
	return true;
}

void callerid_parse(struct callerid *out, struct slice text, enum callerid_flavour flavour)
{
	const struct callerid_cut *cut = &callerid_cuts[flavour];
	struct slice name, number, inner;

	check(flavour < CALLERID_FLAVOUR_COUNT);
	out->name_len = out->number_len = 0;
	out->name[0] = out->number[0] = '\0';
	text = slice_trim(slice_head(text, cut->text_max));
	inner = callerid_strip_outer(text);
	if (callerid_split(inner, &name, &number)) {
		callerid_set_name(out, name, cut->part_max);
		callerid_set_number(out, number, cut->part_max);
	} else if (!callerid_take_bare_number(out, inner, cut->part_max)) {
		callerid_set_name(out, text, cut->part_max);
	}
}
