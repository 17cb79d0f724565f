/* engine/core/dialplan_edit.c - a snapshot with one change.
 *
 * All that came from the file is shared. Contexts that were edited, now or before, get their
 * entries anew in the memory of the new snapshot, with what edits put there: so nothing grows with
 * the number of edits but what is in force. */
#include "engine/core/dialplan_internal.h"

#include "engine/base/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXTEN_MAX (2 * LIMIT_NAME) /* octets of "name/cid" */

/* Steps of an edit: their texts move along. */
static int step_copy(struct keep *keep, struct dialplan_step *dst, const struct dialplan_step *src)
{
	*dst = *src;
	if (src->file)
		return 0;
	dst->app = keep_dup(keep, src->app);
	dst->data = keep_dup(keep, src->data);
	return dst->app.ptr && dst->data.ptr ? 0 : -ENOMEM;
}

static int name_copy(struct keep *keep, struct dialplan_entry *dst)
{
	char room[EXTEN_MAX];
	struct sink text = sink_make(room, sizeof(room));

	sink_add(&text, dst->pub.name);
	if (dst->pub.has_cid) {
		sink_char(&text, '/');
		sink_add(&text, dst->pub.cid);
	}
	return dialplan_name_make(dst, keep, sink_slice(&text));
}

/* more: room for further steps; with it, or in an entry that was edited before, the steps are
 * copied. */
static int entry_copy(struct keep *keep, struct dialplan_entry *dst,
		      const struct dialplan_entry *src, uint32_t more)
{
	struct dialplan_step *steps;
	int err = 0;

	*dst = *src;
	if (src->is_added && (err = name_copy(keep, dst)))
		return err;
	if (!src->is_edited && !more)
		return 0;
	steps = keep_alloc(keep, (src->pub.step_count + more) * sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	for (uint32_t i = 0; i < src->pub.step_count && !err; i++)
		err = step_copy(keep, &steps[i], &src->pub.steps[i]);
	dst->pub.steps = steps;
	dst->is_edited = true;
	return err;
}

static struct dialplan_step *entry_step(struct dialplan_entry *e, int32_t priority)
{
	for (uint32_t i = 0; i < e->pub.step_count; i++)
		if (e->pub.steps[i].priority == priority)
			return (struct dialplan_step *)&e->pub.steps[i];
	return NULL;
}

/* The entry's steps were copied with room for one more. */
static int entry_put(struct keep *keep, struct dialplan_entry *e, const struct dialplan_edit *edit)
{
	struct dialplan_step *steps = (struct dialplan_step *)e->pub.steps;
	struct dialplan_step step = {.priority = edit->priority,
				     .label = SLICE_LIT(""),
				     .app = edit->app,
				     .data = edit->data};
	struct dialplan_step *old = entry_step(e, edit->priority);
	uint32_t at = e->pub.step_count;
	int err = step_copy(keep, &step, &step);

	if (err)
		return err;
	if (old) {
		*old = step; /* the label goes, too, as in Asterisk */
		return edit->replace ? 0 : -EEXIST;
	}
	while (at > 0 && steps[at - 1].priority > step.priority)
		at--;
	memmove(steps + at + 1, steps + at, (e->pub.step_count - at) * sizeof(*steps));
	steps[at] = step;
	e->pub.step_count++;
	return 0;
}

/* ---- a context ---- */

/* Copies all entries into the new snapshot, with room for one more. */
static int context_copy(struct keep *keep, struct dialplan_context *ctx)
{
	const struct dialplan_entry *old = ctx->entries;
	int err = 0;

	ctx->entries = keep_alloc(keep, (ctx->entry_count + 1) * sizeof(*ctx->entries));
	if (!ctx->entries)
		return -ENOMEM;
	ctx->is_edited = true;
	for (uint32_t i = 0; i < ctx->entry_count && !err; i++)
		err = entry_copy(keep, &ctx->entries[i], &old[i], 0);
	return err;
}

static int context_insert(struct keep *keep, struct dialplan_context *ctx,
			  const struct dialplan_entry *like, const struct dialplan_edit *edit)
{
	struct dialplan_entry *e, copy;
	uint32_t at = 0;
	int err;

	while (at < ctx->entry_count && dialplan_entry_cmp(&ctx->entries[at], like) < 0)
		at++;
	e = &ctx->entries[at];
	if (at < ctx->entry_count && dialplan_entry_cmp(e, like) == 0) {
		copy = *e;
		err = entry_copy(keep, e, &copy, 1);
		return err ? err : entry_put(keep, e, edit);
	}
	err = entry_copy(keep, &copy, like, 1);
	if (!err)
		err = entry_put(keep, &copy, edit);
	memmove(e + 1, e, (ctx->entry_count - at) * sizeof(*e));
	*e = copy;
	ctx->entry_count++;
	ctx->plain_count += !copy.name.is_pattern;
	return err;
}

static int context_add(struct keep *keep, struct dialplan_context *ctx,
		       const struct dialplan_edit *edit)
{
	struct dialplan_entry like = {.is_added = true};
	int err = dialplan_name_make(&like, keep, edit->exten);

	return err ? err : context_insert(keep, ctx, &like, edit);
}

static bool entry_is_meant(const struct dialplan_entry *e, struct slice exten)
{
	size_t slash = slice_find(exten, '/');

	if (!slice_eq(e->pub.name, slice_head(exten, slash)))
		return false;
	return slash == SIZE_MAX ||
	       (e->pub.has_cid && slice_eq(e->pub.cid, slice_from(exten, slash + 1)));
}

/* Takes the step, or all, out of a copied entry. How many went. */
static uint32_t entry_drop(struct dialplan_entry *e, int32_t priority)
{
	struct dialplan_step *steps = (struct dialplan_step *)e->pub.steps;
	struct dialplan_step *step = entry_step(e, priority);
	uint32_t count = e->pub.step_count;

	if (priority == 0)
		e->pub.step_count = 0;
	else if (step) {
		memmove(step, step + 1, (size_t)(steps + count - step - 1) * sizeof(*step));
		e->pub.step_count--;
	}
	return count - e->pub.step_count;
}

static int context_remove(struct keep *keep, struct dialplan_context *ctx,
			  const struct dialplan_edit *edit)
{
	uint32_t left = 0, dropped = 0;
	int err = 0;

	for (uint32_t i = 0; i < ctx->entry_count && !err; i++) {
		struct dialplan_entry e = ctx->entries[i];

		if (entry_is_meant(&e, edit->exten)) {
			err = entry_copy(keep, &e, &ctx->entries[i], 1);
			dropped += err ? 0 : entry_drop(&e, edit->priority);
		}
		if (e.pub.step_count)
			ctx->entries[left++] = e;
		else
			ctx->plain_count -= !e.name.is_pattern;
	}
	ctx->entry_count = left;
	return err ? err : dropped ? 0 : -ENOENT;
}

/* ---- the snapshot ---- */

static int contexts_copy(struct dialplan *dp, const struct dialplan *old)
{
	uint32_t count = old->context_count;
	int err = 0;

	dp->contexts = keep_alloc(&dp->keep, (count + 1) * sizeof(*dp->contexts));
	dp->by_name = keep_alloc(&dp->keep, (count + 1) * sizeof(struct dialplan_context *));
	if (!dp->contexts || !dp->by_name)
		return -ENOMEM;
	dp->context_count = count;
	for (uint32_t i = 0; i < count && !err; i++) {
		struct dialplan_context *ctx = &dp->contexts[i];

		*ctx = old->contexts[i];
		dp->by_name[i] = ctx;
		if (ctx->is_added)
			ctx->name = keep_dup(&dp->keep, ctx->name);
		err = ctx->is_edited ? context_copy(&dp->keep, ctx) : 0;
		if (!ctx->name.ptr)
			err = -ENOMEM;
	}
	return err;
}

/* The context to add to. NULL: no memory. */
static struct dialplan_context *context_make(struct dialplan *dp, struct slice name)
{
	struct dialplan_context *ctx = &dp->contexts[dp->context_count];

	ctx->name = keep_dup(&dp->keep, slice_head(name, LIMIT_NAME - 1));
	ctx->index = dp->context_count;
	ctx->is_added = true;
	dp->by_name[dp->context_count++] = ctx;
	return ctx->name.ptr ? ctx : NULL;
}

static int edit_apply(struct dialplan *dp, const struct dialplan_edit *edit)
{
	struct dialplan_context *ctx;
	int err;

	dialplan_sort_contexts(dp);
	ctx = dialplan_context_find(dp, edit->context);
	if (!ctx && edit->remove)
		return -ENOENT;
	if (!ctx)
		ctx = context_make(dp, edit->context);
	if (!ctx)
		return -ENOMEM;
	dialplan_sort_contexts(dp);
	err = ctx->is_edited ? 0 : context_copy(&dp->keep, ctx);
	if (err)
		return err;
	return edit->remove ? context_remove(&dp->keep, ctx, edit)
			    : context_add(&dp->keep, ctx, edit);
}

static bool edit_is_valid(const struct dialplan_edit *edit)
{
	if (!edit->context.len || !edit->exten.len || edit->exten.ptr[0] == '/' ||
	    edit->exten.len >= EXTEN_MAX || edit->priority < DIALPLAN_HINT)
		return false;
	return edit->remove || (edit->priority != 0 && edit->app.len > 0);
}

int dialplan_edit(struct dialplan **out, const struct dialplan *old,
		  const struct dialplan_edit *edit)
{
	struct dialplan *dp;
	int err;

	if (!edit_is_valid(edit))
		return -EINVAL;
	dp = calloc(1, sizeof(*dp));
	if (!dp)
		return -ENOMEM;
	dp->base = old->base;
	dp->base->holders++;
	err = contexts_copy(dp, old);
	if (!err)
		err = edit_apply(dp, edit);
	if (err) {
		dialplan_free(dp);
		return err;
	}
	*out = dp;
	return 0;
}
