/* ami/danger.h - words that demand class system of a client: ami.md 2.3.
 *
 * Functions that reach beyond the call are guarded elsewhere, where they run (chan.guarded): no
 * client may use them, whatever its classes, whether its Originate is asynchronous or not (Asterisk
 * lets asynchronous ones through), unless asterisk.conf says live_dangerously. */
#ifndef RINGER_AMI_DANGER_H
#define RINGER_AMI_DANGER_H

#include "engine/base/slice.h"

/* SHELL or EVAL somewhere in it: demands class system. */
bool ami_danger_in_variable(struct slice text);
/* Classes of which the user needs one; 0: none. */
uint32_t ami_danger_application(struct slice app, struct slice data);

#endif
