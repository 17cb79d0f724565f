/* rtp/player.h - where a leg stands in a prompt: the next frame of it.
 *
 * Pointer and offset only: the samples are shared by all legs. Pure. */
#ifndef RINGER_RTP_PLAYER_H
#define RINGER_RTP_PLAYER_H

#include "rtp/sound.h"

#define PLAYER_FRAME 160 /* samples, and octets in G.711, of 20 ms */

struct player {
	const struct sound_prompt *prompt; /* NULL: nothing to play */
	uint32_t offset;		   /* samples played; equal in all codecs */
};

void player_start(struct player *p, const struct sound_prompt *prompt);

/* The next `samples` octets in codec c. The last frame of a prompt is filled up with silence; loops
 * go on from their start. False: the prompt has ended (or there is none); dst is untouched. */
bool player_frame(struct player *p, enum codec c, uint8_t *dst, uint32_t samples);
/* Goes on without making a frame: while the far end has us on hold. Same result. */
bool player_skip(struct player *p, uint32_t samples);

/* The octet of silence of a G.711 codec. */
uint8_t player_silence(enum codec c);

#endif
