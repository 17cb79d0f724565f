/* engine/base/regex_match.c - runs a program over a text, all ways at once.
 *
 * A thread is a way to match that has come to a step. Between two octets each step holds at most
 * one thread: of two that meet the first one stays, and threads are kept in order, those that began
 * further left before the others. So the first that is found began leftmost. */
#include "engine/base/regex_internal.h"

#include "engine/base/check.h"

struct regex_thread {
	uint32_t step;
	uint32_t from; /* of the match */
	uint32_t group[2];
};

struct regex_threads {
	uint32_t count;
	struct regex_thread at[LIMIT_REGEX_STEPS];
};

struct regex_run {
	const struct regex *re;
	struct slice text;
	uint64_t moves;
	uint32_t turn;
	uint32_t seen[LIMIT_REGEX_STEPS]; /* turn in which a thread came to the step */
	struct regex_thread todo[LIMIT_REGEX_STEPS + 1];
	struct regex_threads lists[2];
};

#define REGEX_UNSET UINT32_MAX

static bool regex_is_at(const struct regex_run *r, enum regex_place place, size_t pos)
{
	bool before = pos > 0 && regex_is_word((unsigned char)r->text.ptr[pos - 1]);
	bool behind = pos < r->text.len && regex_is_word((unsigned char)r->text.ptr[pos]);

	switch (place) {
	case REGEX_AT_START:
		return pos == 0;
	case REGEX_AT_END:
		return pos == r->text.len;
	case REGEX_AT_WORD_EDGE:
		return before != behind;
	case REGEX_INSIDE:
		return before == behind;
	case REGEX_AT_WORD_START:
		return !before && behind;
	case REGEX_AT_WORD_END:
		return before && !behind;
	}
	return false;
}

/* Puts what a thread comes to without taking an octet into the list. Each step is gone to once a
 * turn, and adds at most one to the pile. */
static void regex_follow(struct regex_run *r, struct regex_threads *list, struct regex_thread t,
			 size_t pos)
{
	uint32_t pile = 0;

	r->todo[pile++] = t;
	while (pile > 0) {
		const struct regex_step *s;

		r->moves++;
		t = r->todo[--pile];
		/* NOLINTNEXTLINE(clang-analyzer-*): regex_begin has cleared as many as there are */
		if (r->seen[t.step] == r->turn)
			continue;
		r->seen[t.step] = r->turn;
		s = &r->re->steps[t.step++];
		switch ((enum regex_op)s->op) {
		case REGEX_OP_SPLIT:
			t.step = s->y;
			r->todo[pile++] = t;
			t.step = s->x;
			r->todo[pile++] = t;
			break;
		case REGEX_OP_JUMP:
			t.step = s->x;
			r->todo[pile++] = t;
			break;
		case REGEX_OP_SAVE:
			t.group[s->x] = (uint32_t)pos;
			r->todo[pile++] = t;
			break;
		case REGEX_OP_PLACE:
			if (regex_is_at(r, (enum regex_place)s->x, pos))
				r->todo[pile++] = t;
			break;
		default:
			t.step--;
			list->at[list->count++] = t;
		}
	}
}

static bool regex_takes(const struct regex *re, const struct regex_step *s, unsigned char c)
{
	switch ((enum regex_op)s->op) {
	case REGEX_OP_CHAR:
		return s->octet == c;
	case REGEX_OP_ANY:
		return true;
	case REGEX_OP_SET:
		return regex_set_has(&re->sets[s->x], c);
	default:
		return false;
	}
}

/* All threads go on with the octet at pos. */
static void regex_advance(struct regex_run *r, const struct regex_threads *now,
			  struct regex_threads *next, size_t pos)
{
	unsigned char c = (unsigned char)r->text.ptr[pos];

	r->turn++;
	next->count = 0;
	for (uint32_t i = 0; i < now->count; i++) {
		struct regex_thread t = now->at[i];

		r->moves++;
		if (!regex_takes(r->re, &r->re->steps[t.step], c))
			continue;
		t.step++;
		regex_follow(r, next, t, pos + 1);
	}
}

/* The first thread that is done; the others that began further right are of no use any more. */
static bool regex_look(struct regex_run *r, struct regex_threads *now, struct regex_thread *done)
{
	for (uint32_t i = 0; i < now->count; i++) {
		if (r->re->steps[now->at[i].step].op != REGEX_OP_DONE)
			continue;
		*done = now->at[i];
		return true;
	}
	return false;
}

static void regex_drop_later(struct regex_threads *now, uint32_t from)
{
	while (now->count > 0 && now->at[now->count - 1].from > from)
		now->count--;
}

/* The place where a match may begin, from pos on: another turn, as a condition that failed here may
 * hold there. */
static size_t regex_skip(struct regex_run *r, size_t pos)
{
	r->turn++;
	if (r->re->at_start_only)
		return pos == 0 ? 0 : r->text.len + 1;
	while (r->re->has_first && pos < r->text.len &&
	       !regex_set_has(&r->re->first, (unsigned char)r->text.ptr[pos]))
		pos++;
	return pos;
}

static void regex_begin(struct regex_run *r, const struct regex *re, struct slice text)
{
	r->re = re;
	r->text = text;
	r->moves = 0;
	r->turn = 1;
	for (uint32_t i = 0; i < re->step_count; i++)
		r->seen[i] = 0;
	r->lists[0].count = 0;
}

/* The leftmost match, of these the longest; any == true: that there is one is enough. */
static bool regex_search(struct regex_run *r, bool any, struct regex_span *all)
{
	struct regex_threads *now = &r->lists[0], *next = &r->lists[1], *swap;
	bool found = false;

	for (size_t pos = 0; pos <= r->text.len; pos++) {
		struct regex_thread t = {.from = (uint32_t)pos,
					 .group = {REGEX_UNSET, REGEX_UNSET}};

		if (now->count == 0) {
			pos = found ? r->text.len + 1 : regex_skip(r, pos);
			if (pos > r->text.len)
				break;
			t.from = (uint32_t)pos;
		}
		if (!found)
			regex_follow(r, now, t, pos);
		if (regex_look(r, now, &t)) {
			found = true;
			*all = (struct regex_span){t.from, pos};
			if (any)
				break;
			regex_drop_later(now, t.from);
		}
		if (pos == r->text.len)
			break;
		regex_advance(r, now, next, pos);
		swap = now;
		now = next;
		next = swap;
	}
	return found;
}

/* Where the first group is in the match that is known: the first way to it. */
static struct regex_span regex_find_group(struct regex_run *r, struct regex_span all)
{
	struct regex_threads *now = &r->lists[0], *next = &r->lists[1], *swap;
	struct regex_thread t = {.from = (uint32_t)all.from, .group = {REGEX_UNSET, REGEX_UNSET}};

	regex_follow(r, now, t, all.from);
	for (size_t pos = all.from; pos < all.to; pos++) {
		regex_advance(r, now, next, pos);
		swap = now;
		now = next;
		next = swap;
	}
	if (!regex_look(r, now, &t) || t.group[1] == REGEX_UNSET)
		return (struct regex_span){SIZE_MAX, SIZE_MAX};
	return (struct regex_span){t.group[0], t.group[1]};
}

bool regex_matches(const struct regex *re, struct slice text)
{
	struct regex_span all;
	struct regex_run r;

	regex_begin(&r, re, text);
	return regex_search(&r, true, &all);
}

bool regex_find(const struct regex *re, struct slice text, struct regex_found *found)
{
	struct regex_run r;
	bool any;

	found->group = (struct regex_span){SIZE_MAX, SIZE_MAX};
	regex_begin(&r, re, text);
	any = regex_search(&r, false, &found->all);
	found->moves = r.moves;
	if (!any || re->group_count == 0)
		return any;
	regex_begin(&r, re, text);
	found->group = regex_find_group(&r, found->all);
	found->moves += r.moves;
	return true;
}
