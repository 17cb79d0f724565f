/* Any octets are some regular expression; none of them takes time or memory without bound, and what
 * is short means the same as to the C library: whether it fits, and where. Pattern, NUL, text. */
#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/regex.h"

#include <ctype.h>
#include <regex.h>
#include <stdint.h>
#include <string.h>

#define PATTERN_MAX 256
#define TEXT_MAX    256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The C library's time and memory have no bound, and it has faults of its own where a repetition
 * stands in another one: what is compared has no counts, and groups that are not repeated. */
static bool may_compare(struct slice pattern)
{
	bool repeated = false;

	if (pattern.len > 24)
		return false;
	for (size_t i = 0; i < pattern.len; i++) {
		unsigned char c = (unsigned char)pattern.ptr[i];

		if (c == 0 || c == '\n' || c >= 128 || c == '{' ||
		    (c == '\\' && i + 1 < pattern.len &&
		     strchr("<>bB`'0123456789", pattern.ptr[i + 1])))
			return false;
		if (strchr("*+?", c) && (repeated || (i > 0 && pattern.ptr[i - 1] == ')')))
			return false;
		repeated = strchr("*+?", c) != NULL;
	}
	return true;
}

static void compare(struct slice pattern, struct slice text, const struct regex *re)
{
	char p[PATTERN_MAX + 1], t[TEXT_MAX + 1];
	struct regex_found f;
	regmatch_t m[1];
	regex_t libc;
	bool found;

	slice_copy(p, sizeof(p), pattern);
	slice_copy(t, sizeof(t), text);
	if (regcomp(&libc, p, REG_EXTENDED))
		return;
	check(re);
	found = regexec(&libc, t, 1, m, 0) == 0;
	check(regex_find(re, slice_str(t), &f) == found);
	if (found)
		check(f.all.from == (size_t)m[0].rm_so && f.all.to == (size_t)m[0].rm_eo);
	regfree(&libc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = slice_make((const char *)data, size), pattern, text;
	struct regex *re = NULL;
	struct regex_found f;
	bool found;

	pattern = slice_head(in, slice_find(in, 0));
	text = pattern.len < in.len ? slice_from(in, pattern.len + 1) : in;
	text = slice_head(text, TEXT_MAX);
	if (regex_compile(&re, pattern) == REGEX_OK) {
		found = regex_find(re, text, &f);
		check(found == regex_matches(re, text));
		check(f.moves <= 6 * (uint64_t)regex_steps(re) * (text.len + 1));
		check(!found || (f.all.from <= f.all.to && f.all.to <= text.len));
		check(!found || f.group.from == SIZE_MAX ||
		      (f.all.from <= f.group.from && f.group.from <= f.group.to &&
		       f.group.to <= f.all.to));
	}
	/* It takes some line ends for a start of the text. */
	if (may_compare(pattern) && slice_find(text, '\n') == SIZE_MAX)
		compare(pattern, text, re);
	regex_free(re);
	return 0;
}
