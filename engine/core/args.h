/* engine/core/args.h - splitting the argument text of applications and functions.
 *
 * A separator counts only outside (), [] and "...". The standard form takes the quotes away and
 * turns \x into x, in all parts but the one that takes the rest; the raw form leaves all as
 * written. Works in the caller's buffer; nothing is allocated. */
#ifndef RINGER_CORE_ARGS_H
#define RINGER_CORE_ARGS_H

#include "engine/base/slice.h"

/* Splits text[0..len) (changed in place) into at most max parts; the last takes what is left, as
 * written. Returns how many there are; argv behind them is empty. */
uint32_t args_split(char *text, size_t len, char separator, struct slice *argv, uint32_t max);
/* The same without taking anything away: slices of the text itself. */
uint32_t args_split_raw(struct slice text, char separator, struct slice *argv, uint32_t max);

/* The condition of GotoIf, ExecIf, While, GosubIf and IF: empty is false; text that begins with an
 * integer is true if that is not 0; any other text is true. */
bool args_condition(struct slice text);

/* "12.5" seconds and fractions at the start of the text, as ns. False: no number there. */
bool args_seconds(struct slice text, int64_t *ns);

/* The integer at the start of the text as atoi reads it: blanks, sign, digits; 0 if there is none,
 * held within int32. *end (may be NULL) gets the index behind it, 0 if there is none. */
int32_t args_int(struct slice text, size_t *end);

#endif
