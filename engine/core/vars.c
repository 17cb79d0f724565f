/* engine/core/vars.c - see vars.h
 *
 * A variable is one block: struct var, name, NUL, value, NUL. Its room is a power of two, so that
 * the blocks that removed and outgrown variables leave behind fit others: a loop that sets
 * variables does not eat up the arena. */
#include "engine/core/vars.h"

#include "engine/base/limits.h"

#include <errno.h>

#define ROOM_MIN 32

void vars_init(struct vars *v, struct arena *arena)
{
	*v = (struct vars){.arena = arena};
}

/* Takes the marks off *name. */
static uint8_t inherit_marks(struct slice *name)
{
	uint8_t marks = 0;

	while (marks < 2 && name->len && name->ptr[0] == '_') {
		*name = slice_from(*name, 1);
		marks++;
	}
	return marks;
}

static struct var **find(struct vars *v, struct slice name)
{
	struct var **link = &v->first;

	while (*link && !slice_eq((*link)->name, name))
		link = &(*link)->next;
	return *link ? link : NULL;
}

static void spare_add(struct vars *v, struct var *var)
{
	var->next = v->spare;
	v->spare = var;
}

static struct var *take(struct vars *v, size_t bytes)
{
	struct var *var;
	size_t room = ROOM_MIN;

	for (struct var **link = &v->spare; *link; link = &(*link)->next) {
		if ((*link)->room >= bytes) {
			var = *link;
			*link = var->next;
			return var;
		}
	}
	while (room < bytes)
		room *= 2;
	var = arena_alloc(v->arena, sizeof(*var) + room);
	if (!var) { /* the arena's end: no generosity */
		room = bytes;
		var = arena_alloc(v->arena, sizeof(*var) + room);
	}
	if (var)
		var->room = room;
	return var;
}

/* Writes both texts behind the struct; they may lie in there already. */
static void fill(struct var *var, struct slice name, struct slice value)
{
	char *text = (char *)(var + 1);

	/* Value first: setting a variable from its own value keeps the name where it is. */
	if (value.len)
		memmove(text + name.len + 1, value.ptr, value.len);
	text[name.len + 1 + value.len] = 0;
	if (name.ptr != text && name.len)
		memcpy(text, name.ptr, name.len);
	text[name.len] = 0;
	var->name = slice_make(text, name.len);
	var->value = slice_make(text + name.len + 1, value.len);
}

static int add(struct vars *v, struct slice name, struct slice value, uint8_t inherit)
{
	struct var *var;

	if (v->count >= LIMIT_CHAN_VARS)
		return -ENOSPC;
	var = take(v, name.len + value.len + 2);
	if (!var)
		return -ENOSPC;
	fill(var, name, value);
	var->inherit = inherit;
	var->next = v->first;
	v->first = var;
	v->count++;
	return 0;
}

static void unlink_at(struct vars *v, struct var **link)
{
	struct var *var = *link;

	*link = var->next;
	v->count--;
	spare_add(v, var);
}

int vars_set(struct vars *v, struct slice name, struct slice value)
{
	uint8_t inherit = inherit_marks(&name);
	struct var **link;
	struct var *var;
	int rc;

	if (slice_is_empty(name) || name.len >= LIMIT_VAR_NAME)
		return -EINVAL;
	if (value.len >= LIMIT_VAR_VALUE)
		return -ENOSPC;
	link = find(v, name);
	if (!value.ptr) {
		if (link)
			unlink_at(v, link);
		return 0;
	}
	if (!link)
		return add(v, name, value, inherit);
	var = *link;
	if (var->room < name.len + value.len + 2) {
		/* The value may point into the old one: let go of that last. */
		v->count--;
		rc = add(v, name, value, inherit);
		v->count += rc != 0;
		if (rc)
			return rc;
		for (link = &v->first; *link != var;)
			link = &(*link)->next;
		*link = var->next;
		spare_add(v, var);
		return 0;
	}
	*link = var->next;
	var->next = v->first;
	v->first = var;
	var->inherit = inherit;
	fill(var, var->name, value);
	return 0;
}

int vars_push(struct vars *v, struct slice name, struct slice value)
{
	uint8_t inherit = inherit_marks(&name);

	if (slice_is_empty(name) || name.len >= LIMIT_VAR_NAME)
		return -EINVAL;
	if (value.len >= LIMIT_VAR_VALUE)
		return -ENOSPC;
	return add(v, name, value, inherit);
}

void vars_pop(struct vars *v, struct slice name)
{
	struct var **link = find(v, name);

	if (link)
		unlink_at(v, link);
}

bool vars_get(const struct vars *v, struct slice name, struct slice *value)
{
	for (const struct var *var = v->first; var; var = var->next) {
		if (slice_eq(var->name, name)) {
			*value = var->value;
			return true;
		}
	}
	return false;
}
