/* engine/base/regex_read.c - the grammar: a pattern becomes a tree. Recursion is as deep as groups
 * are nested, which is bounded. */
#include "engine/base/regex_internal.h"

#include "engine/base/check.h"

#include <ctype.h>
#include <string.h>

struct regex_reader {
	struct regex_tree *tree;
	const char *at, *end;
	uint32_t depth;
	enum regex_error err;
};

static struct regex_node *regex_new(struct regex_reader *r, enum regex_kind kind, uint32_t value)
{
	struct regex_node *n = &r->tree->nodes[r->tree->node_count++];

	*n = (struct regex_node){.kind = (uint8_t)kind, .value = value};
	return n;
}

static struct regex_node *regex_fail(struct regex_reader *r, enum regex_error err)
{
	r->err = err;
	return NULL;
}

static struct regex_node *regex_read_alt(struct regex_reader *r);

static struct regex_node *regex_read_group(struct regex_reader *r)
{
	struct regex_node *n;

	if (++r->depth == LIMIT_REGEX_DEPTH)
		return regex_fail(r, REGEX_TOO_LARGE);
	n = regex_new(r, REGEX_GROUP, ++r->tree->group_count);
	n->child = regex_read_alt(r);
	if (r->err)
		return NULL;
	if (r->at == r->end)
		return regex_fail(r, REGEX_UNCLOSED_GROUP);
	r->at++;
	r->depth--;
	return n;
}

static struct regex_node *regex_new_set(struct regex_reader *r, struct regex_set **set)
{
	*set = &r->tree->sets[r->tree->set_count];
	return regex_new(r, REGEX_SET, r->tree->set_count++);
}

/* \w \W \s \S */
static struct regex_node *regex_read_kind(struct regex_reader *r, char c)
{
	struct regex_set *set;
	struct regex_node *n = regex_new_set(r, &set);

	memset(set, 0, sizeof(*set));
	for (unsigned i = 0; i < 256; i++) {
		bool is_word = regex_is_word((unsigned char)i);
		bool is_space = i == ' ' || (i >= '\t' && i <= '\r');

		if (tolower((unsigned char)c) == 'w' ? is_word == (c == 'w')
						     : is_space == (c == 's'))
			regex_set_add(set, (unsigned char)i);
	}
	return n;
}

static struct regex_node *regex_read_escape(struct regex_reader *r)
{
	static const char places[] = "`'bB<>"; /* in the order of enum regex_place */
	const char *place;
	char c;

	if (r->at == r->end)
		return regex_fail(r, REGEX_TRAILING_BACKSLASH);
	c = *r->at++;
	place = c ? strchr(places, c) : NULL;
	if (isdigit((unsigned char)c))
		return regex_fail(r, REGEX_BACK_REFERENCE);
	if (place)
		return regex_new(r, REGEX_PLACE, (uint32_t)(place - places));
	if (c && strchr("wWsS", c))
		return regex_read_kind(r, c);
	return regex_new(r, REGEX_CHAR, (unsigned char)c);
}

/* A ")" that closes nothing is itself. */
static struct regex_node *regex_read_atom(struct regex_reader *r)
{
	struct regex_node *n;
	struct regex_set *set;
	char c = *r->at++;

	switch (c) {
	case '(':
		return regex_read_group(r);
	case '[':
		n = regex_new_set(r, &set);
		r->err = regex_read_list(&r->at, r->end, set);
		return n;
	case '\\':
		return regex_read_escape(r);
	case '.':
		return regex_new(r, REGEX_ANY, 0);
	case '^':
		return regex_new(r, REGEX_PLACE, REGEX_AT_START);
	case '$':
		return regex_new(r, REGEX_PLACE, REGEX_AT_END);
	case '*':
	case '+':
	case '?':
	case '{':
		return regex_fail(r, REGEX_NO_OPERAND);
	default:
		return regex_new(r, REGEX_CHAR, (unsigned char)c);
	}
}

/* False: there is no number. More than the limit stays above it. */
static bool regex_read_number(struct regex_reader *r, uint32_t *n)
{
	const char *from = r->at;

	*n = 0;
	for (; r->at < r->end && isdigit((unsigned char)*r->at); r->at++)
		*n = *n > LIMIT_REGEX_STEPS ? *n : *n * 10 + (uint32_t)(*r->at - '0');
	return r->at > from;
}

/* Behind "{": {m}, {m,}, {m,n}, {,n} */
static void regex_read_count(struct regex_reader *r, struct regex_node *n)
{
	bool has_least = regex_read_number(r, &n->least), has_most = false;

	n->most = n->least;
	if (r->at < r->end && *r->at == ',') {
		r->at++;
		has_most = regex_read_number(r, &n->most);
		if (!has_most)
			n->most = REGEX_ENDLESS;
	} else if (!has_least) {
		r->err = REGEX_BAD_COUNT;
	}
	if (r->at == r->end || *r->at != '}' || n->least > n->most)
		r->err = REGEX_BAD_COUNT;
	else if (n->least > LIMIT_REGEX_STEPS || (has_most && n->most > LIMIT_REGEX_STEPS))
		r->err = REGEX_TOO_LARGE;
	else
		r->at++;
}

static bool regex_is_repeated(const struct regex_reader *r)
{
	return r->at < r->end && *r->at && strchr("*+?{", *r->at);
}

static struct regex_node *regex_read_repeated(struct regex_reader *r)
{
	struct regex_node *n = regex_read_atom(r);

	for (uint32_t i = 0; !r->err && regex_is_repeated(r); i++) {
		struct regex_node *rep;

		if (n->kind == REGEX_PLACE)
			return regex_fail(r, REGEX_NO_OPERAND);
		if (i == LIMIT_REGEX_DEPTH)
			return regex_fail(r, REGEX_TOO_LARGE);
		rep = regex_new(r, REGEX_REP, 0);
		rep->child = n;
		n = rep;
		switch (*r->at++) {
		case '*':
			n->most = REGEX_ENDLESS;
			break;
		case '+':
			n->least = 1;
			n->most = REGEX_ENDLESS;
			break;
		case '?':
			n->most = 1;
			break;
		default:
			regex_read_count(r, n);
		}
	}
	return n;
}

static struct regex_node *regex_read_cat(struct regex_reader *r)
{
	struct regex_node *cat = regex_new(r, REGEX_CAT, 0), **last = &cat->child;

	while (r->at < r->end && *r->at != '|' && !(*r->at == ')' && r->depth > 0) && !r->err) {
		*last = regex_read_repeated(r);
		if (!r->err)
			last = &(*last)->next;
	}
	return cat;
}

static struct regex_node *regex_read_alt(struct regex_reader *r)
{
	struct regex_node *alt = regex_new(r, REGEX_ALT, 0), **last = &alt->child;

	for (;;) {
		*last = regex_read_cat(r);
		last = &(*last)->next;
		if (r->err || r->at == r->end || *r->at != '|')
			return alt;
		r->at++;
	}
}

enum regex_error regex_read(struct regex_tree *t, struct slice pattern)
{
	struct regex_reader r = {.tree = t, .at = pattern.ptr, .end = pattern.ptr + pattern.len};

	t->root = regex_read_alt(&r);
	return r.err;
}
