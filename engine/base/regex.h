/* engine/base/regex.h - POSIX extended regular expressions that come from outside.
 *
 * The C library copies what a repetition repeats, so forty characters can ask for more memory than
 * there is, and it matches back references by trying all ways. Every regex of a client, a dialplan
 * or a file is compiled here: the work is bounded before the library sees it. */
#ifndef RINGER_BASE_REGEX_H
#define RINGER_BASE_REGEX_H

#include <regex.h>

/* regcomp() with REG_EXTENDED | flags. 0, or one of its errors; REG_ESPACE for an expression that
 * is longer than LIMIT_REGEX_ATOMS once its repetitions are written out, REG_ESUBREG for a back
 * reference. After 0 the caller owes regfree(). */
int regex_compile(regex_t *re, const char *pattern, int flags);

#endif
