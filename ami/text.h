/* ami/text.h - values on the wire.
 *
 * No value can end its line: CR, LF and NUL inside one are written as the two characters \r, \n,
 * \0. (Asterisk writes them raw and so lets a caller's name or a variable forge headers and
 * events.) All other octets pass untouched. Where Asterisk C-escapes (names in snapshots, VarSet,
 * ChanVariable), so do we. */
#ifndef RINGER_AMI_TEXT_H
#define RINGER_AMI_TEXT_H

#include "engine/base/sink.h"

/* A value, safe as above. */
void ami_text_value(struct sink *s, struct slice value);
/* With \a \b \f \n \r \t \v \\ \' \" \? escaped. */
void ami_text_escaped(struct sink *s, struct slice value);

/* "Name: value" CRLF. name is a literal. */
void ami_text_header(struct sink *s, const char *name, struct slice value);
void ami_text_number(struct sink *s, const char *name, int64_t number);
/* "<unknown>" if empty. */
struct slice ami_text_known(struct slice value);

/* "<seconds>.<6 digits>" of a wall instant. */
void ami_text_stamp(struct sink *s, int64_t wall_ns);

/* Compares in a time that depends on the lengths alone. */
bool ami_text_same_secret(struct slice a, struct slice b);

#endif
