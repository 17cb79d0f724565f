/* ami/replay.c - see replay.h.
 *
 * Positions only grow; the octet of a position is at its remainder by the size. A record is
 * contiguous and begins at a multiple of its head, so a rest at the end of the memory always holds
 * a head, of a filler. */
#include "ami/replay.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct replay_head {
	uint64_t number; /* 0: a filler */
	uint32_t bytes;	 /* with the head */
	uint32_t text_len;
	uint32_t classes;
	uint32_t pad[3];
};

#define REPLAY_UNIT sizeof(struct replay_head)
_Static_assert(REPLAY_UNIT == 32, "a head is the unit of a record");

struct ami_replay {
	size_t size;
	uint64_t first, end; /* positions of the oldest record and behind the newest */
	char data[];
};

int ami_replay_create(struct ami_replay **out, size_t bytes)
{
	size_t size = (bytes + REPLAY_UNIT - 1) / REPLAY_UNIT * REPLAY_UNIT;
	struct ami_replay *r = malloc(sizeof(*r) + size); /* touched as it fills */

	if (!r)
		return -ENOMEM;
	check(size >= 8 * REPLAY_UNIT);
	r->size = size;
	r->first = r->end = 0;
	*out = r;
	return 0;
}

void ami_replay_free(struct ami_replay *r)
{
	free(r);
}

size_t ami_replay_bytes(const struct ami_replay *r)
{
	return r->size;
}

static char *replay_at(const struct ami_replay *r, uint64_t position)
{
	return (char *)r->data + position % r->size;
}

static struct replay_head replay_head(const struct ami_replay *r, uint64_t position)
{
	struct replay_head h;

	memcpy(&h, replay_at(r, position), sizeof(h));
	return h;
}

static void replay_make_room(struct ami_replay *r, size_t bytes)
{
	while (r->end + bytes - r->first > r->size)
		r->first += replay_head(r, r->first).bytes;
}

static void replay_put(struct ami_replay *r, const struct replay_head *h, struct slice text)
{
	replay_make_room(r, h->bytes);
	memcpy(replay_at(r, r->end), h, sizeof(*h));
	if (text.len)
		memcpy(replay_at(r, r->end) + sizeof(*h), text.ptr, text.len);
	r->end += h->bytes;
}

void ami_replay_add(struct ami_replay *r, uint64_t number, uint32_t classes, struct slice text)
{
	size_t bytes = REPLAY_UNIT + (text.len + REPLAY_UNIT - 1) / REPLAY_UNIT * REPLAY_UNIT;
	size_t rest = r->size - r->end % r->size;
	struct replay_head h = {.number = number,
				.bytes = (uint32_t)bytes,
				.text_len = (uint32_t)text.len,
				.classes = classes};

	if (bytes > r->size / 4)
		return;
	if (rest < bytes)
		replay_put(r, &(struct replay_head){.bytes = (uint32_t)rest}, SLICE_EMPTY);
	replay_put(r, &h, text);
}

/* What the line "Event: ..." names. */
static struct slice replay_name(struct slice text)
{
	text = slice_from(text, strlen("Event: "));
	return slice_head(text, slice_find(text, '\r'));
}

bool ami_replay_next(const struct ami_replay *r, struct ami_replay_cursor *c,
		     struct ami_replay_event *out)
{
	uint64_t at = c->at == AMI_REPLAY_NOWHERE || c->at < r->first ? r->first : c->at;

	while (at < r->end) {
		struct replay_head h = replay_head(r, at);
		struct slice text = slice_make(replay_at(r, at) + sizeof(h), h.text_len);

		at += h.bytes;
		if (h.number == 0 || h.number <= c->number)
			continue;
		*out = (struct ami_replay_event){h.number, h.classes, replay_name(text), text};
		*c = (struct ami_replay_cursor){h.number, at};
		return true;
	}
	return false;
}
