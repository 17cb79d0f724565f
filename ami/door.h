/* ami/door.h - where clients come in: the plain listener and the one of TLS. */
#ifndef RINGER_AMI_DOOR_H
#define RINGER_AMI_DOOR_H

#include "engine/io/stream.h"

struct ami;

struct ami_door {
	struct stream_listener *listener; /* NULL: closed */
	struct addr bound;		  /* as configured */
};

/* Opens, moves and closes both as the configuration in force says; the TLS one gets its certificate
 * anew. Live sessions stay. 0, or the first error, which has been logged: then that door is shut,
 * or goes on with its old certificate. */
int ami_doors_follow(struct ami *a);
void ami_doors_shut(struct ami *a);

#endif
