/* ami/danger.h - what clients must not reach through dialplan functions and applications.
 *
 * No client may use the functions below, whatever its classes, whether its Originate is
 * asynchronous or not (Asterisk lets asynchronous ones through), unless asterisk.conf says
 * live_dangerously. Applications and data of Originate
 * demand class system when they match the black list of ami.md 2.3. */
#ifndef RINGER_AMI_DANGER_H
#define RINGER_AMI_DANGER_H

#include "engine/base/slice.h"

/* name: a variable or function with its arguments, perhaps with _ before. */
bool ami_danger_reads(struct slice name);
bool ami_danger_writes(struct slice name);
/* SHELL or EVAL somewhere in it: demands class system. */
bool ami_danger_in_variable(struct slice text);
/* Classes of which the user needs one; 0: none. */
uint32_t ami_danger_application(struct slice app, struct slice data);

#endif
