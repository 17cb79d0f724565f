/* engine/core/dialplan_list.c - what stands in contexts, item by item. */
#include "engine/core/dialplan_internal.h"

#define LISTED_MAX 128 /* contexts reached through includes */

struct list_run {
	const struct dialplan *dp;
	dialplan_item_fn fn;
	void *arg;
	struct slice exten; /* empty: all */
	struct dialplan_totals totals;
	uint32_t seen_count;
	uint32_t seen[LISTED_MAX];
};

static void list_item(struct list_run *r, const struct dialplan_item *item)
{
	r->totals.items++;
	r->fn(r->arg, item);
}

static bool list_visit(struct list_run *r, uint32_t index)
{
	for (uint32_t i = 0; i < r->seen_count; i++)
		if (r->seen[i] == index)
			return false;
	if (r->seen_count == LISTED_MAX)
		return false;
	r->seen[r->seen_count++] = index;
	return true;
}

static void list_entry_steps(struct list_run *r, const struct dialplan_context *ctx,
			     const struct dialplan_exten *e)
{
	for (uint32_t i = 0; i < e->step_count; i++) {
		r->totals.priorities++;
		list_item(r, &(struct dialplan_item){
				     .context = ctx->name, .exten = e, .step = &e->steps[i]});
	}
	r->totals.extens++;
}

static void list_others(struct list_run *r, const struct dialplan_context *ctx)
{
	for (const struct dialplan_include *inc = ctx->includes; inc; inc = inc->next)
		list_item(r, &(struct dialplan_item){.context = ctx->name, .include = inc->text});
	for (const struct dialplan_ignorepat *p = ctx->ignorepats; p; p = p->next)
		list_item(r, &(struct dialplan_item){.context = ctx->name, .ignorepat = p->text});
}

static void list_context(struct list_run *r, const struct dialplan_context *ctx)
{
	char room[LIMIT_NAME];
	struct slice clean = pattern_clean(r->exten, room, sizeof(room));
	uint32_t before = r->totals.extens;

	if (!list_visit(r, ctx->index))
		return;
	for (uint32_t i = 0; i < ctx->entry_count; i++) {
		const struct dialplan_entry *e = &ctx->entries[i];

		if (!r->exten.len || pattern_ask(&e->name, clean, PATTERN_MATCH) != PATTERN_NO)
			list_entry_steps(r, ctx, &e->pub);
	}
	if (!r->exten.len || r->totals.extens > before)
		r->totals.contexts++;
	if (!r->exten.len) {
		list_others(r, ctx);
		return;
	}
	for (const struct dialplan_include *inc = ctx->includes; inc; inc = inc->next) {
		const struct dialplan_context *to = dialplan_included(r->dp, inc);

		if (to)
			list_context(r, to);
	}
}

struct dialplan_totals dialplan_list(const struct dialplan *dp, struct slice context,
				     struct slice exten, dialplan_item_fn fn, void *arg)
{
	struct list_run r = {.dp = dp, .fn = fn, .arg = arg, .exten = exten};

	for (uint32_t i = 0; i < dp->context_count; i++) {
		if (context.len && !slice_eq(dp->contexts[i].name, context))
			continue;
		r.totals.has_context = true;
		r.seen_count = 0;
		list_context(&r, &dp->contexts[i]);
	}
	return r.totals;
}
