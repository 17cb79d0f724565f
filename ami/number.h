/* ami/number.h - numbers as clients write them: blanks before, anything behind. */
#ifndef RINGER_AMI_NUMBER_H
#define RINGER_AMI_NUMBER_H

#include "engine/base/slice.h"

/* The decimal integer that the text starts with (sign allowed), clamped to 32 bits. False: none. */
bool ami_number_leading(struct slice text, int64_t *out);
/* The same; 0x and a leading 0 choose the base. */
bool ami_number_any_base(struct slice text, int64_t *out);

#endif
