/* engine/core/pbx.h - runs the dialplan on one channel.
 *
 * A step machine: pbx_start begins, events of the channel move it on, nothing ever waits in a
 * thread. An application either ends at once or keeps state in struct pbx and goes on at the next
 * event. When the dialplan is over (also after `h`), chan_pbx_done is called, once. */
#ifndef RINGER_CORE_PBX_H
#define RINGER_CORE_PBX_H

#include "engine/base/slice.h"

struct chan;
struct pbx; /* opaque; from the shard's slab of PBXes, one per channel that runs dialplan */

enum pbx_event_kind {
	PBX_TIMER,	 /* the channel's step timer (chan_step_timer) fired */
	PBX_PLAYED,	 /* media: number = enum media_end */
	PBX_DIGIT,	 /* a digit was received: number = the character */
	PBX_DTMF_SENT,	 /* all digits were sent */
	PBX_TRANSFERRED, /* what became of a transfer: number = SIP status */
	PBX_HANGUP,	 /* the far end, a command or a limit ended the call */
	PBX_REDIRECT,	 /* chan_goto was called from outside: go on at the channel's place */
	PBX_TIMEOUT,	 /* absolute timeout */
};

size_t pbx_bytes(void); /* size of struct pbx, for the slab */

/* From the channel's context, exten and priority. 0, -ENOMEM. May run to its end within the call.
 */
int pbx_start(struct chan *c);
/* One application without a dialplan (Originate with Application, call file with Application). */
int pbx_start_app(struct chan *c, struct slice app, struct slice data);
void pbx_event(struct chan *c, enum pbx_event_kind kind, int number);

#endif
