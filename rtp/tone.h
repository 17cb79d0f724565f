/* rtp/tone.h - call progress tones as endless prompts (US cadence).
 *
 * ring 440+480 Hz 2 s on, 4 s off; busy 480+620 Hz 0.5/0.5 s; congestion the same 0.25/0.25 s; dial
 * 350+440 Hz; each frequency at -13 dBm0, ring at -19. Made once, at boot. */
#ifndef RINGER_RTP_TONE_H
#define RINGER_RTP_TONE_H

#include "rtp/sound.h"

struct tone_set;

int tone_set_create(struct tone_set **out); /* 0 or -ENOMEM */
void tone_set_destroy(struct tone_set *set);
/* By name without case: "busy", "congestion", "dial", "ring" ("ringing"); NULL: unknown. */
const struct sound_prompt *tone_find(const struct tone_set *set, struct slice name);

#endif
