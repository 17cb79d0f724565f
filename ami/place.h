/* ami/place.h - asks the dialplan in force about places that clients name. */
#ifndef RINGER_AMI_PLACE_H
#define RINGER_AMI_PLACE_H

#include "engine/base/slice.h"

struct ami;

/* Priority header: a number, or a label in context and exten. False: neither. */
bool ami_place_priority(struct ami *a, struct slice context, struct slice exten, struct slice text,
			int64_t *priority);
/* The place is there for a caller with that number. */
bool ami_place_exists(struct ami *a, struct slice context, struct slice exten, int64_t priority,
		      struct slice cid_num);

#endif
