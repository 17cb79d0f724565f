/* engine/core/roster.h - the channels that exist, as their events tell: the control shard's mirror.
 *
 * Each event carries a full snapshot, so an entry is right again with the next event even if one was
 * left out. Bounded by the channels of the engine. */
#ifndef RINGER_CORE_ROSTER_H
#define RINGER_CORE_ROSTER_H

#include "engine/core/control.h"
#include "engine/core/event.h"

struct roster;
int roster_create(struct roster **out, uint32_t count_max);
void roster_destroy(struct roster *r);
/* Takes note of an event. A HANGUP keeps the entry until roster_forget (so that subscribers still see
 * it during the event). */
struct roster_chan *roster_note(struct roster *r, const struct event *e);
/* The channel is about to be told to hang up. False: it was told before. */
bool roster_note_hangup(struct roster *r, const struct roster_chan *c);
void roster_forget(struct roster *r, struct roster_chan *c);
struct roster_chan *roster_find(struct roster *r, struct slice name_or_id);
struct list *roster_list(struct roster *r);
uint32_t roster_count(const struct roster *r);
uint32_t roster_calls(const struct roster *r);
uint64_t roster_processed(const struct roster *r);

#endif
