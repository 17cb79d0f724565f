/* ami/event_out.h - turns facts into AMI text, once each, and gives them to the sessions that want
 * them.
 *
 * Headers, order and classes are those of ami-events.md. An event that no session wants, and that
 * is not kept for replay, is not even formatted. Owned by the control thread. */
#ifndef RINGER_AMI_EVENT_OUT_H
#define RINGER_AMI_EVENT_OUT_H

#include "engine/base/sink.h"
#include "engine/core/event.h"

struct ami;

/* control_event_fn: arg is the struct ami. */
void ami_event_out(void *arg, const struct event *e);

/* Does any session, or the replay, want events with all of these classes? */
bool ami_event_is_wanted(const struct ami *a, uint32_t classes);
/* The number of the last event; numbers of a later life of the engine are higher. */
uint64_t ami_event_last_number(const struct ami *a);
/* Any other event: body is whole lines, each ended by CRLF. */
void ami_event_raise(struct ami *a, uint32_t classes, struct slice name, struct slice body,
		     bool reliable);

/* A channel: its 14 headers, each with the prefix ("", "Dest"), and its ChanVariables. */
struct ami_snapshot {
	const struct chan_snap *snap;
	uint32_t shard;
	handle_t chan;
};
void ami_snapshot_write(const struct ami *a, struct sink *out, struct slice prefix,
			struct ami_snapshot of);
/* Lines of others: empty ones, which would end the message, are left out. */
void ami_lines_write(struct sink *out, struct slice lines);

#endif
