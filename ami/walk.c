/* ami/walk.c - see walk.h. */
#include "ami/walk.h"

#include "ami/ami_internal.h"
#include "engine/base/check.h"

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

/* One channel, until it is out, waits, or is gone. False: the walk waits. */
static bool walk_item(struct ami_session *s)
{
	const struct roster_chan *chan = control_find_chan(s->ami->control, s->work_id);
	bool begun = s->work_at > 0;

	if (!chan && !begun) {
		s->work_id = SLICE_EMPTY;
		return true;
	}
	if (!s->walk_item(s, chan))
		return false;
	s->work_id = SLICE_EMPTY;
	s->item_count++;
	return true;
}

static void walk_drive(struct ami_session *s)
{
	while (ami_session_is_alive(s) && !s->questions) {
		if (ami_session_is_full(s))
			return;
		if (s->work_id.len == 0 && !walk_next(s)) {
			s->walk_end(s);
			if (ami_session_is_alive(s))
				ami_session_done(s);
			return;
		}
		if (!walk_item(s) && s->questions)
			return;
	}
}

/* An answer may come before its question returns: then the loop below is still there to go on. */
void ami_walk_go_on(struct ami_session *s)
{
	if (s->driving || !s->open)
		return;
	s->driving = true;
	walk_drive(s);
	s->driving = false;
}

void ami_walk_run(struct ami_session *s, ami_walk_item_fn item, ami_walk_end_fn end)
{
	s->walk_item = item;
	s->walk_end = end;
	s->resume = ami_walk_go_on;
	ami_walk_go_on(s);
}
