/* ami/walk.h - lists over channels: which ones is decided once, at the start; then item by item.
 *
 * The Uniqueids are taken down in one go, so the list is a snapshot of who was there. Channels that
 * end before their turn are left out. The walk stops while the client has more than the soft limit
 * waiting and goes on when it has read, so the longest list needs little memory and slows nobody.
 */
#ifndef RINGER_AMI_WALK_H
#define RINGER_AMI_WALK_H

#include "ami/session.h"
#include "engine/core/control.h"

/* Writes (a further part of) the item of one channel. False: it is called again for the same
 * channel, after ami_walk_go_on if it asked a question. True: this item is done. chan NULL: the
 * channel ended during its item, which must be closed. */
typedef bool (*ami_walk_item_fn)(struct ami_session *s, const struct roster_chan *chan);
typedef void (*ami_walk_end_fn)(struct ami_session *s);
typedef bool (*ami_walk_pick_fn)(void *arg, const struct roster_chan *chan);

/* Takes down all channels that pick likes (NULL: all), and only `only` if that is not NULL. False:
 * no room; nothing was answered. s->item_count counts items. */
bool ami_walk_collect(struct ami_session *s, const struct roster_chan *only, ami_walk_pick_fn pick,
		      void *arg);
/* Runs the walk; end is called when all items are out. The action stays open. */
void ami_walk_run(struct ami_session *s, ami_walk_item_fn item, ami_walk_end_fn end);
void ami_walk_go_on(struct ami_session *s);

#endif
