/* engine/base/regex.c - see pattern.h. */
#include "engine/base/regex.h"

#include "engine/base/limits.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* What has been read of one group: its atoms with all repetitions written out. The last part is
 * what a repetition that follows would copy. */
struct regex_level {
	uint32_t done;
	uint32_t last;
};

struct regex_text {
	const char *at;
	uint32_t depth;
	struct regex_level levels[LIMIT_REGEX_DEPTH];
};

static void regex_atom(struct regex_text *p, uint32_t atoms)
{
	struct regex_level *l = &p->levels[p->depth];

	l->done += l->last;
	l->last = atoms;
}

static bool regex_repeat(struct regex_text *p, uint64_t times)
{
	struct regex_level *l = &p->levels[p->depth];
	uint64_t atoms = l->last * times;

	if (l->done + atoms > LIMIT_REGEX_ATOMS)
		return false;
	l->last = (uint32_t)atoms;
	return true;
}

/* Behind "[": to the end of the list. "]" stands for itself when it is first, and so within [: :],
 * [. .] and [= =]. */
static void regex_skip_list(struct regex_text *p)
{
	p->at += *p->at == '^';
	p->at += *p->at == ']';
	while (*p->at && *p->at != ']') {
		char kind = p->at[0] == '[' ? p->at[1] : 0;

		p->at++;
		if (kind != ':' && kind != '.' && kind != '=')
			continue;
		for (p->at++; *p->at && !(p->at[0] == kind && p->at[1] == ']');)
			p->at++;
		p->at += *p->at ? 2 : 0;
	}
	p->at += *p->at == ']';
}

/* Behind "{": to its end, the larger number of {m,n}, one more of {m} and {m,}. */
static uint64_t regex_times(struct regex_text *p)
{
	char *end = NULL;
	unsigned long long low = 0, high;

	if (isdigit((unsigned char)*p->at)) {
		low = strtoull(p->at, &end, 10);
		p->at = end;
	}
	high = low + 1;
	p->at += *p->at == ',';
	if (isdigit((unsigned char)*p->at)) {
		high = strtoull(p->at, &end, 10);
		p->at = end;
	}
	p->at += *p->at == '}';
	low = high > low ? high : low;
	return low > LIMIT_REGEX_ATOMS ? LIMIT_REGEX_ATOMS + 1 : low;
}

static bool regex_open(struct regex_text *p)
{
	regex_atom(p, 0);
	if (p->depth + 1 == LIMIT_REGEX_DEPTH)
		return false;
	p->levels[++p->depth] = (struct regex_level){0};
	return true;
}

static void regex_close(struct regex_text *p)
{
	uint32_t atoms = p->levels[p->depth].done + p->levels[p->depth].last + 1;

	if (p->depth == 0) {
		regex_atom(p, 1);
		return;
	}
	p->depth--;
	p->levels[p->depth].last = atoms;
}

/* The next part of the expression; 0 or an error. */
static int regex_step(struct regex_text *p)
{
	char c = *p->at++;

	switch (c) {
	case '\\':
		if (isdigit((unsigned char)*p->at))
			return REG_ESUBREG;
		p->at += *p->at != 0;
		regex_atom(p, 1);
		return 0;
	case '[':
		regex_skip_list(p);
		regex_atom(p, 1);
		return 0;
	case '(':
		return regex_open(p) ? 0 : REG_ESPACE;
	case ')':
		regex_close(p);
		return 0;
	case '{':
		return regex_repeat(p, regex_times(p)) ? 0 : REG_ESPACE;
	case '*':
	case '?':
		p->levels[p->depth].last++;
		return 0;
	case '+': /* x+ is x x* */
		return regex_repeat(p, 2) ? 0 : REG_ESPACE;
	default:
		regex_atom(p, 1);
		return 0;
	}
}

static int regex_measure(const char *pattern)
{
	struct regex_text p = {.at = pattern};
	int err = 0;

	while (*p.at && !err) {
		const struct regex_level *l = &p.levels[p.depth];

		err = regex_step(&p);
		if (l->done + l->last > LIMIT_REGEX_ATOMS)
			return REG_ESPACE;
	}
	return err;
}

int regex_compile(regex_t *re, const char *pattern, int flags)
{
	int err = regex_measure(pattern);

	return err ? err : regcomp(re, pattern, REG_EXTENDED | flags);
}
