/* engine/core/callerid.h - reads caller id as people write it: "Name" <number>.
 *
 * One rule for the call file's Callerid, AMI's CallerID and CALLERID(all):
 *   text before the last `<` is the name, the text up to the `>` behind it the number;
 *   without such a pair the text is a number if it looks like one, else a name.
 * Quotes around the name, or around the whole text, are taken off, \" and \\ inside them unescaped.
 * The number loses `(`, `)`, blanks, `-` outside [] and every `.` but a final one.
 *
 * The two flavours differ in what they cut: a call file cuts name and number at 79 octets each, AMI
 * cuts the whole text at 255. Pure; the result owns its text and ends each part with a NUL. */
#ifndef RINGER_CORE_CALLERID_H
#define RINGER_CORE_CALLERID_H

#include "engine/base/slice.h"

#define CALLERID_TEXT_MAX 255 /* octets of either part */

enum callerid_flavour {
	CALLERID_OF_FILE, /* parts cut at 79 */
	CALLERID_OF_AMI,  /* text cut at 255 */
	CALLERID_FLAVOUR_COUNT,
};

struct callerid {
	uint16_t name_len; /* 0: none given */
	uint16_t number_len;
	char name[CALLERID_TEXT_MAX + 1];
	char number[CALLERID_TEXT_MAX + 1];
};

/* Takes any text; what cannot be read as a number is a name. */
void callerid_parse(struct callerid *out, struct slice text, enum callerid_flavour flavour);

static inline struct slice callerid_name(const struct callerid *c)
{
	return slice_make(c->name, c->name_len);
}

static inline struct slice callerid_number(const struct callerid *c)
{
	return slice_make(c->number, c->number_len);
}

/* Writes `number` into dst (room for number.len octets; may be the same memory) without what people
 * put in to read it better. Returns the octets written. */
size_t callerid_shrink_number(char *dst, struct slice number);

/* Digits, `*`, `#` and `+` only, and not empty. */
bool callerid_is_number(struct slice text);

#endif
