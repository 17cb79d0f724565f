/* engine/base/regex.h - POSIX extended regular expressions that come from outside.
 *
 * Whoever may write an expression must not be able to stop the thread that matches it: so all ways
 * to match are followed at once, and nothing is tried twice (DECISIONS 57). Guaranteed, for a
 * program of m steps (m <= LIMIT_REGEX_STEPS) and a text of n octets: compiling takes time and
 * memory that grow with m, a search takes at most 3 m (n + 1) moves, finding
 * the group as many again, and no memory but the stack's.
 *
 * Octets, no locale. As the C library: the leftmost match, of these the longest; `.` and `[^x]`
 * take a line end; \w \W \s \S \b \B \< \> and \` \' (ends of the text) are known. Refused, beside
 * what POSIX calls undefined: back references. Of the ways to reach the longest match the group is
 * that of the first in the order of the expression: alternatives from the left, repetitions as
 * often as possible. */
#ifndef RINGER_BASE_REGEX_H
#define RINGER_BASE_REGEX_H

#include "engine/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum regex_error {
	REGEX_OK,
	REGEX_UNCLOSED_LIST,
	REGEX_UNCLOSED_GROUP,
	REGEX_BAD_COUNT, /* {3,2}, {x}, {3 */
	REGEX_NO_OPERAND,
	REGEX_BAD_RANGE,
	REGEX_BAD_CLASS,
	REGEX_TRAILING_BACKSLASH,
	REGEX_BACK_REFERENCE,
	REGEX_TOO_LARGE,
	REGEX_NO_MEMORY,
	REGEX_ERROR_COUNT,
};
/* What is wrong, for people. */
const char *regex_error_text(enum regex_error err);

struct regex;
/* 0, -ENOMEM, or -EINVAL for what is wrong with the pattern. */
int regex_errno(enum regex_error err);
/* On REGEX_OK the caller owns *out; else it is untouched. Threads may share what is compiled. */
enum regex_error regex_compile(struct regex **out, struct slice pattern);
void regex_free(struct regex *re); /* NULL is fine */

/* m: steps of the program, a measure of memory and of the time an octet may take. */
uint32_t regex_steps(const struct regex *re);
uint32_t regex_groups(const struct regex *re);

/* Does it match somewhere? */
bool regex_matches(const struct regex *re, struct slice text);

struct regex_span {
	size_t from, to; /* SIZE_MAX: had no part in the match */
};
struct regex_found {
	struct regex_span all, group; /* group: the first one */
	uint64_t moves;		      /* that it took to find out */
};
/* The same, and where. found is set in both cases; only moves counts without a match. */
bool regex_find(const struct regex *re, struct slice text, struct regex_found *found);

#endif
