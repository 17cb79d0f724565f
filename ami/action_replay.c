/* ami/action_replay.c - EventReplay: what is still held since an event that the client has seen. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/class.h"
#include "ami/event_out.h"
#include "ami/reply.h"
#include "ami/text.h"

static const char *replay_yes(bool yes)
{
	return yes ? "Yes" : "No";
}

/* What comes while this goes on is held for the client, and is not part of it. */
static bool replay_next(struct ami_session *s, struct ami_replay_event *e)
{
	uint64_t before = s->replay.number;
	bool found;

	if (before >= s->replay_until)
		return false;
	found = s->ami->replay && ami_replay_next(s->ami->replay, &s->replay, e);
	s->replay_gap |= !found || e->number != before + 1;
	return found && e->number <= s->replay_until;
}

static bool replay_is_theirs(const struct ami_session *s, const struct ami_replay_event *e)
{
	if (!ami_session_wants(s, e->classes))
		return false;
	return (s->user->filters.count == 0 && s->filters.count == 0) ||
	       ami_filters_pass(&s->user->filters, &s->filters, e->name, e->text);
}

static void replay_end(struct ami_session *s)
{
	struct sink out = ami_reply_list_end(s, "EventReplayComplete", s->item_count);

	sink_fmt(&out, "Gap: %s\r\nSequenceNumber: %llu\r\n", replay_yes(s->replay_gap),
		 (unsigned long long)s->replay_until);
	ami_reply_end(s, &out);
	if (ami_session_is_alive(s))
		ami_session_done(s);
}

static void replay_go_on(struct ami_session *s)
{
	struct ami_replay_event e;

	while (ami_session_is_alive(s) && !ami_session_is_full(s)) {
		if (!replay_next(s, &e)) {
			replay_end(s);
			return;
		}
		if (!replay_is_theirs(s, &e))
			continue;
		s->item_count++;
		ami_session_write(s, e.text);
	}
}

/* The first event behind `after` is held, or there is none yet. */
static bool replay_has_gap(const struct ami_session *s, uint64_t after)
{
	struct ami_replay_cursor c = {.number = after, .at = AMI_REPLAY_NOWHERE};
	struct ami_replay_event e;

	if (after == s->replay_until)
		return false;
	return after > s->replay_until || !ami_replay_next(s->ami->replay, &c, &e) ||
	       e.number != after + 1;
}

static void replay_begin(struct ami_session *s, uint64_t after)
{
	struct sink out = ami_reply_begin(s, "Success");

	sink_lit(&out, "EventList: start\r\nMessage: Events will follow\r\n");
	sink_fmt(&out, "Gap: %s\r\n", replay_yes(replay_has_gap(s, after)));
	ami_reply_end(s, &out);
	s->replay_gap = replay_has_gap(s, after);
	/* From another life or another server: all that there is. */
	s->replay = (struct ami_replay_cursor){.number = after > s->replay_until ? 0 : after,
					       .at = AMI_REPLAY_NOWHERE};
	s->item_count = 0;
	s->resume = replay_go_on;
	replay_go_on(s);
}

enum ami_action_result ami_do_event_replay(struct ami_session *s, const struct ami_msg *m)
{
	struct slice mask = ami_msg_get(m, "EventMask");
	uint64_t after;

	if (!slice_u64(ami_msg_get(m, "SequenceNumber"), UINT64_MAX - 1, &after)) {
		ami_reply_error(s, "Invalid sequence number");
		return AMI_ACTION_DONE;
	}
	if (!s->ami->replay) {
		ami_reply_error(s, "Events are not numbered");
		return AMI_ACTION_DONE;
	}
	if (mask.len) {
		s->mask = ami_class_parse_mask(mask);
		ami_session_tally(s->ami);
	}
	s->replay_until = ami_event_last_number(s->ami);
	replay_begin(s, after);
	return AMI_ACTION_OPEN;
}
