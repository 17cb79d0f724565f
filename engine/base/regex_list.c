/* engine/base/regex_list.c - bracket expressions: [a-z], [^[:digit:]x]. */
#include "engine/base/regex_internal.h"

#include "engine/base/check.h"

#include <string.h>

/* The C locale's. */
static bool regex_in_class(uint32_t class, unsigned char c)
{
	bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z',
	     digit = c >= '0' && c <= '9';
	bool graph = c > ' ' && c < 127;

	switch (class) {
	case 0:
		return upper || lower || digit;
	case 1:
		return upper || lower;
	case 2:
		return c == ' ' || c == '\t';
	case 3:
		return c < ' ' || c == 127;
	case 4:
		return digit;
	case 5:
		return graph;
	case 6:
		return lower;
	case 7:
		return graph || c == ' ';
	case 8:
		return graph && !upper && !lower && !digit;
	case 9:
		return c == ' ' || (c >= '\t' && c <= '\r');
	case 10:
		return upper;
	default:
		return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	}
}

static const char *const regex_classes[] = {"alnum", "alpha", "blank", "cntrl", "digit", "graph",
					    "lower", "print", "punct", "space", "upper", "xdigit"};

bool regex_is_word(unsigned char c)
{
	return regex_in_class(0, c) || c == '_';
}

static enum regex_error regex_add_class(struct regex_set *set, struct slice name)
{
	for (uint32_t i = 0; i < ARRAY_COUNT(regex_classes); i++) {
		if (!slice_eq(name, slice_str(regex_classes[i])))
			continue;
		for (unsigned c = 0; c < 256; c++)
			if (regex_in_class(i, (unsigned char)c))
				regex_set_add(set, (unsigned char)c);
		return REGEX_OK;
	}
	return REGEX_BAD_CLASS;
}

/* At "[:", "[." or "[=": what stands between, *at moves behind the end. False: there is none. */
static bool regex_take_named(const char **at, const char *end, struct slice *name)
{
	char kind = (*at)[1];

	for (const char *p = *at + 2; p + 1 < end; p++) {
		if (p[0] != kind || p[1] != ']')
			continue;
		*name = slice_make(*at + 2, (size_t)(p - *at - 2));
		*at = p + 2;
		return true;
	}
	return false;
}

/* One octet, plain or as [.x.] or [=x=]. */
static enum regex_error regex_take_octet(const char **at, const char *end, unsigned char *octet)
{
	const char *p = *at;
	struct slice name;

	if (p[0] != '[' || p + 1 == end || (p[1] != '.' && p[1] != '=')) {
		*octet = (unsigned char)*(*at)++;
		return REGEX_OK;
	}
	if (!regex_take_named(at, end, &name))
		return REGEX_UNCLOSED_LIST;
	if (name.len != 1)
		return REGEX_BAD_CLASS;
	*octet = (unsigned char)name.ptr[0];
	return REGEX_OK;
}

/* A "-" stands for itself as the first, as the last, and as the end of a range. */
static enum regex_error regex_take_range(const char **at, const char *end, struct regex_set *set,
					 bool is_first)
{
	unsigned char low, high;
	bool is_dash = **at == '-' && !is_first;
	enum regex_error err = regex_take_octet(at, end, &low);

	if (err)
		return err;
	if (is_dash && *at < end && **at != ']')
		return REGEX_BAD_RANGE;
	high = low;
	if (end - *at >= 2 && (*at)[0] == '-' && (*at)[1] != ']') {
		++*at;
		if (end - *at >= 2 && (*at)[0] == '[' && (*at)[1] == ':')
			return REGEX_BAD_RANGE;
		err = regex_take_octet(at, end, &high);
	}
	if (err)
		return err;
	if (low > high)
		return REGEX_BAD_RANGE;
	for (unsigned c = low; c <= high; c++)
		regex_set_add(set, (unsigned char)c);
	return REGEX_OK;
}

enum regex_error regex_read_list(const char **at, const char *end, struct regex_set *set)
{
	bool is_negated = *at < end && **at == '^', is_first = true;
	enum regex_error err = REGEX_OK;
	struct slice name;

	memset(set, 0, sizeof(*set));
	*at += is_negated;
	while (*at < end && (**at != ']' || is_first) && !err) {
		if (end - *at < 2 || (*at)[0] != '[' || (*at)[1] != ':')
			err = regex_take_range(at, end, set, is_first);
		else if (regex_take_named(at, end, &name))
			err = regex_add_class(set, name);
		else
			err = REGEX_UNCLOSED_LIST;
		is_first = false;
	}
	if (err)
		return err;
	if (*at == end)
		return REGEX_UNCLOSED_LIST;
	++*at;
	for (int i = 0; is_negated && i < REGEX_SET_BYTES; i++)
		set->bits[i] = (uint8_t)~set->bits[i];
	return REGEX_OK;
}
