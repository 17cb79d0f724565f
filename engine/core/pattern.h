/* engine/core/pattern.h - extension names and patterns: their order, and what they match.
 *
 * A name that begins with '_' is a pattern: X Z N [sets] . ! and literals; '-' outside a set means
 * nothing, in names and in what is dialled. Pure; compiled once, read by any thread. */
#ifndef RINGER_CORE_PATTERN_H
#define RINGER_CORE_PATTERN_H

#include "engine/core/keep.h"

enum pattern_kind {
	PATTERN_SET,   /* one character of the set */
	PATTERN_DOT,   /* one or more of anything, to the end */
	PATTERN_BANG,  /* zero or more of anything, to the end */
	PATTERN_NEVER, /* a set without ']' */
};

struct pattern_place {
	uint8_t kind;
	uint8_t lowest; /* character of a set */
	uint16_t size;	/* how many characters a set has */
	uint64_t bits[4];
};

struct pattern {
	struct slice plain; /* a name without '-'; of a pattern: nothing */
	struct pattern_place *places;
	uint16_t count;
	bool is_pattern;
	bool is_broken; /* a set without ']': matches nothing */
};

/* Texts of at most LIMIT_NAME - 1 octets; longer ones are cut. 0 or -ENOMEM. */
int pattern_make(struct pattern *p, struct keep *keep, struct slice text);

/* The order in which extensions are looked at: <0, 0 (the same extension), >0. */
int pattern_cmp(const struct pattern *a, const struct pattern *b);

enum pattern_ask {
	PATTERN_MATCH,	   /* complete */
	PATTERN_CAN_MATCH, /* complete, or something longer would */
	PATTERN_MORE,	   /* something longer would */
};

enum pattern_answer {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_EARLY, /* by '!': complete, and no use in waiting for more */
};

/* text: without '-' (pattern_clean). */
enum pattern_answer pattern_ask(const struct pattern *p, struct slice text, enum pattern_ask ask);

/* Copies text without '-' into dst, cut at size octets; no NUL. */
struct slice pattern_clean(struct slice text, char *dst, size_t size);

#endif
