/* ami/walk.c - see walk.h. */
#include "ami/walk.h"

#include "ami/ami_internal.h"
#include "engine/base/check.h"
#include "engine/base/fault.h"

static bool walk_note(struct ami_session *s, const struct roster_chan *chan)
{
	struct slice id = slice_head(chan->snap.uniqueid, LIMIT_UNIQUEID - 1);
	uint8_t len = (uint8_t)id.len;

	return ami_byteq_add(&s->work, slice_make((const char *)&len, 1)) &&
	       ami_byteq_add(&s->work, id);
}

bool ami_walk_collect(struct ami_session *s, const struct roster_chan *only, ami_walk_pick_fn pick,
		      void *arg)
{
	s->item_count = 0;
	s->work_at = 0;
	s->work_id = SLICE_EMPTY;
	if (only)
		return walk_note(s, only);
	list_for (node, control_chans(s->ami->control)) {
		const struct roster_chan *chan = list_entry(node, struct roster_chan, node);

		if (pick && !pick(arg, chan))
			continue;
		if (!walk_note(s, chan)) {
			ami_byteq_clear(&s->work);
			return false;
		}
	}
	return true;
}

static bool walk_next(struct ami_session *s)
{
	uint8_t len;

	if (!ami_byteq_read(&s->work, &len, 1))
		return false;
	if (NEVER(!ami_byteq_read(&s->work, s->work_text, len)))
		return false;
	s->work_id = slice_make(s->work_text, len);
	s->work_at = 0;
	return true;
}

/* A part of one channel's item, or all of it. */
static void walk_item(struct ami_session *s)
{
	const struct roster_chan *chan = control_find_chan(s->ami->control, s->work_id);
	bool begun = s->work_at > 0;

	if (!chan && !begun) {
		s->work_id = SLICE_EMPTY;
		return;
	}
	if (!s->walk_item(s, chan))
		return;
	s->work_id = SLICE_EMPTY;
	s->item_count++;
}

/* True: all items are out. False: the walk waits, or the session is gone. */
static bool walk_drive(struct ami_session *s)
{
	while (ami_session_is_alive(s) && !s->questions && !ami_session_is_full(s)) {
		if (s->work_id.len == 0 && !walk_next(s))
			return true;
		walk_item(s);
	}
	return false;
}

/* An answer may come before its question returns: then the loop below is still there to go on. The
 * end comes behind the loop, for the next action may walk, too. */
void ami_walk_go_on(struct ami_session *s)
{
	bool over;

	if (s->driving || !s->open)
		return;
	s->driving = true;
	over = walk_drive(s);
	s->driving = false;
	if (!over)
		return;
	if (!FAULT(ami_list_open))
		s->walk_end(s);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

void ami_walk_run(struct ami_session *s, ami_walk_item_fn item, ami_walk_end_fn end)
{
	s->walk_item = item;
	s->walk_end = end;
	s->resume = ami_walk_go_on;
	ami_walk_go_on(s);
}
