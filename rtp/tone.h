/* rtp/tone.h - call progress tones (US cadence) and the tones of digits, as endless prompts.
 *
 * ring 440+480 Hz 2 s on, 4 s off; busy 480+620 Hz 0.5/0.5 s; congestion the same 0.25/0.25 s; dial
 * 350+440 Hz; each frequency at -13 dBm0, ring at -19. Digits have two of 697 770 852 941 and 1209
 * 1336 1477 1633 Hz (ITU-T Q.23), at -10 and -8 dBm0, without pauses. Made once, at boot. */
#ifndef RINGER_RTP_TONE_H
#define RINGER_RTP_TONE_H

#include "rtp/sound.h"

struct tone_set;

int tone_set_create(struct tone_set **out); /* 0 or -ENOMEM */
void tone_set_destroy(struct tone_set *set);
/* By name without case: "busy", "congestion", "dial", "ring" ("ringing"); NULL: unknown. */
const struct sound_prompt *tone_find(const struct tone_set *set, struct slice name);
/* By event number (RFC 4733): 0-9, 10 *, 11 #, 12-15 A-D; NULL: a flash has no tone. One second,
 * whole periods of both frequencies. */
const struct sound_prompt *tone_digit(const struct tone_set *set, unsigned event);

#endif
