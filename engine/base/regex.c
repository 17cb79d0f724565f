/* engine/base/regex.c - see regex.h: the tree becomes a program, which regex_match.c runs.
 *
 * A repetition is written out; what no longer fits into LIMIT_REGEX_STEPS ends the work at once, so
 * forty characters cannot ask for more memory than there is. */
#include "engine/base/regex_internal.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct regex_writer {
	struct regex_step steps[LIMIT_REGEX_STEPS];
	uint32_t count;
	bool is_full;
};

const char *regex_error_text(enum regex_error err)
{
	static const char *const texts[REGEX_ERROR_COUNT] = {
		[REGEX_OK] = "no error",
		[REGEX_UNCLOSED_LIST] = "a [ without its ]",
		[REGEX_UNCLOSED_GROUP] = "a ( without its )",
		[REGEX_BAD_COUNT] = "{} holds no count, or the larger one first",
		[REGEX_NO_OPERAND] = "nothing stands before a * + ? {",
		[REGEX_BAD_RANGE] = "a range within [] ends before it begins",
		[REGEX_BAD_CLASS] = "an unknown class within []",
		[REGEX_TRAILING_BACKSLASH] = "a backslash at the end",
		[REGEX_BACK_REFERENCE] = "back references (\\1) are not supported",
		[REGEX_TOO_LARGE] = "too large, with its repetitions written out",
		[REGEX_NO_MEMORY] = "no memory",
	};

	check(err < REGEX_ERROR_COUNT);
	return texts[err];
}

/* ---- writing ---- */

/* The step's place; without room that of the last one, and is_full. */
static uint32_t regex_put(struct regex_writer *w, enum regex_op op, uint32_t x, uint32_t y)
{
	if (w->count == LIMIT_REGEX_STEPS) {
		w->is_full = true;
		return w->count - 1;
	}
	w->steps[w->count] = (struct regex_step){
		.op = (uint8_t)op,
		.octet = (uint8_t)x,
		.x = (uint16_t)x,
		.y = (uint16_t)y,
	};
	return w->count++;
}

static void regex_write(struct regex_writer *w, const struct regex_node *n);

static void regex_write_alt(struct regex_writer *w, const struct regex_node *n)
{
	uint32_t ends = UINT16_MAX; /* the jumps to the end, each names the one before */

	for (n = n->child; n->next; n = n->next) {
		uint32_t split = regex_put(w, REGEX_OP_SPLIT, w->count + 1, 0);

		regex_write(w, n);
		ends = regex_put(w, REGEX_OP_JUMP, ends, 0);
		w->steps[split].y = (uint16_t)w->count;
		if (w->is_full)
			return;
	}
	regex_write(w, n);
	while (ends != UINT16_MAX && !w->is_full) {
		uint32_t before = w->steps[ends].x;

		w->steps[ends].x = (uint16_t)w->count;
		ends = before;
	}
}

static void regex_write_endless(struct regex_writer *w, const struct regex_node *child)
{
	uint32_t split = regex_put(w, REGEX_OP_SPLIT, w->count + 1, 0);

	regex_write(w, child);
	regex_put(w, REGEX_OP_JUMP, split, 0);
	w->steps[split].y = (uint16_t)w->count;
}

/* The child (most - least) times, each one only behind the one before. */
static void regex_write_optional(struct regex_writer *w, const struct regex_node *n)
{
	uint32_t splits = UINT16_MAX;

	for (uint32_t i = n->least; i < n->most && !w->is_full; i++) {
		uint32_t from = w->count;

		splits = regex_put(w, REGEX_OP_SPLIT, w->count + 1, splits);
		regex_write(w, n->child);
		if (w->count == from + 1)
			break; /* the child is empty */
	}
	while (splits != UINT16_MAX && !w->is_full) {
		uint32_t before = w->steps[splits].y;

		w->steps[splits].y = (uint16_t)w->count;
		splits = before;
	}
}

/* x{1,} jumps back behind the last x, which needs no second copy. */
static void regex_write_rep(struct regex_writer *w, const struct regex_node *n)
{
	uint32_t last = w->count;

	for (uint32_t i = 0; i < n->least && !w->is_full; i++) {
		last = w->count;
		regex_write(w, n->child);
		if (w->count == last)
			return;
	}
	if (n->most != REGEX_ENDLESS)
		regex_write_optional(w, n);
	else if (n->least > 0)
		regex_put(w, REGEX_OP_SPLIT, last, w->count + 1);
	else
		regex_write_endless(w, n->child);
}

static void regex_write_group(struct regex_writer *w, const struct regex_node *n)
{
	if (n->value == 1)
		regex_put(w, REGEX_OP_SAVE, 0, 0);
	regex_write(w, n->child);
	if (n->value == 1)
		regex_put(w, REGEX_OP_SAVE, 1, 0);
}

static void regex_write(struct regex_writer *w, const struct regex_node *n)
{
	if (w->is_full)
		return;
	switch ((enum regex_kind)n->kind) {
	case REGEX_CHAR:
		regex_put(w, REGEX_OP_CHAR, n->value, 0);
		break;
	case REGEX_ANY:
		regex_put(w, REGEX_OP_ANY, 0, 0);
		break;
	case REGEX_SET:
		regex_put(w, REGEX_OP_SET, n->value, 0);
		break;
	case REGEX_PLACE:
		regex_put(w, REGEX_OP_PLACE, n->value, 0);
		break;
	case REGEX_CAT:
		for (const struct regex_node *c = n->child; c; c = c->next)
			regex_write(w, c);
		break;
	case REGEX_ALT:
		regex_write_alt(w, n);
		break;
	case REGEX_REP:
		regex_write_rep(w, n);
		break;
	case REGEX_GROUP:
		regex_write_group(w, n);
		break;
	}
}

/* ---- what a match begins with ---- */

struct regex_beginning {
	const struct regex *re;
	bool seen[LIMIT_REGEX_STEPS];
	uint16_t todo[LIMIT_REGEX_STEPS + 1];
	uint32_t todo_count;
	struct regex_set first;
	bool is_open;	  /* it may be empty */
	bool starts_late; /* it may begin behind the start of the text */
};

static void regex_begin_with(struct regex_beginning *b, const struct regex_step *s)
{
	if (s->op == REGEX_OP_CHAR)
		regex_set_add(&b->first, s->octet);
	else if (s->op == REGEX_OP_SET)
		for (int i = 0; i < REGEX_SET_BYTES; i++)
			b->first.bits[i] |= b->re->sets[s->x].bits[i];
	else if (s->op == REGEX_OP_ANY)
		memset(&b->first, 0xff, sizeof(b->first));
	else
		b->is_open = true;
	b->starts_late = true;
}

/* All steps that are reached without an octet; beyond "^" only if they are asked for. */
static void regex_reach(struct regex_beginning *b, bool beyond_start)
{
	memset(b->seen, 0, sizeof(b->seen));
	b->starts_late = false;
	b->todo[0] = 0;
	b->todo_count = 1;
	while (b->todo_count > 0) {
		uint32_t at = b->todo[--b->todo_count];
		const struct regex_step *s = &b->re->steps[at];

		if (b->seen[at])
			continue;
		b->seen[at] = true;
		if (s->op == REGEX_OP_PLACE && s->x == REGEX_AT_START && !beyond_start)
			continue;
		if (s->op == REGEX_OP_SPLIT)
			b->todo[b->todo_count++] = s->y;
		if (s->op == REGEX_OP_SPLIT || s->op == REGEX_OP_JUMP)
			b->todo[b->todo_count++] = s->x;
		else if (s->op == REGEX_OP_PLACE || s->op == REGEX_OP_SAVE)
			b->todo[b->todo_count++] = (uint16_t)(at + 1);
		else
			regex_begin_with(b, s);
	}
}

static void regex_look_at_beginning(struct regex *re)
{
	struct regex_beginning b = {.re = re};

	regex_reach(&b, false);
	re->at_start_only = !b.starts_late;
	regex_reach(&b, true);
	re->has_first = !b.is_open;
	re->first = b.first;
}

/* ---- compiling ---- */

static enum regex_error regex_build(struct regex **out, const struct regex_tree *t)
{
	struct regex_writer w = {.count = 0};
	size_t step_bytes, set_bytes = t->set_count * sizeof(struct regex_set);
	struct regex *re;

	regex_write(&w, t->root);
	regex_put(&w, REGEX_OP_DONE, 0, 0);
	if (w.is_full)
		return REGEX_TOO_LARGE;
	step_bytes = w.count * sizeof(struct regex_step);
	re = malloc(sizeof(*re) + step_bytes + set_bytes);
	if (!re)
		return REGEX_NO_MEMORY;
	*re = (struct regex){
		.step_count = w.count,
		.group_count = t->group_count,
		.sets = (void *)((char *)re + sizeof(*re) + step_bytes),
	};
	memcpy(re->steps, w.steps, step_bytes);
	if (set_bytes)
		memcpy(re->sets, t->sets, set_bytes);
	regex_look_at_beginning(re);
	*out = re;
	return REGEX_OK;
}

/* An octet of the pattern makes at most four nodes ("(": a group, a choice, a row) and one set. */
enum regex_error regex_compile(struct regex **out, struct slice pattern)
{
	struct regex_tree t = {0};
	enum regex_error err = REGEX_NO_MEMORY;

	if (pattern.len > LIMIT_REGEX_TEXT)
		return REGEX_TOO_LARGE;
	t.nodes = malloc((4 * pattern.len + 4) * sizeof(*t.nodes));
	t.sets = malloc((pattern.len + 1) * sizeof(*t.sets));
	if (t.nodes && t.sets)
		err = regex_read(&t, pattern);
	if (err == REGEX_OK)
		err = regex_build(out, &t);
	free(t.nodes);
	free(t.sets);
	return err;
}

int regex_errno(enum regex_error err)
{
	if (err == REGEX_NO_MEMORY)
		return -ENOMEM;
	return err == REGEX_OK ? 0 : -EINVAL;
}

void regex_free(struct regex *re)
{
	free(re);
}

uint32_t regex_steps(const struct regex *re)
{
	return re->step_count;
}

uint32_t regex_groups(const struct regex *re)
{
	return re->group_count;
}
