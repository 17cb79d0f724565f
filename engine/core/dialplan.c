/* engine/core/dialplan.c - searching a snapshot. */
#include "engine/core/dialplan.h"
#include "engine/core/dialplan_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/callerid.h"

#include <errno.h>
#include <stdlib.h>

#define VISITED_MAX 512 /* contexts of one search */

struct search {
	const struct dialplan *dp;
	const struct dialplan_query *q;
	enum pattern_ask ask;
	struct slice label; /* ptr NULL: look for the priority */
	struct slice text;  /* the extension, without '-' */
	struct slice cid;
	struct dialplan_hit hit;
	uint32_t visited_count;
	uint32_t visited[VISITED_MAX];
	char text_buf[LIMIT_NAME];
	char cid_buf[LIMIT_NAME];
};

static const struct dialplan_step *step_by_priority(const struct dialplan_exten *e,
						    int32_t priority)
{
	uint32_t low = 0;
	uint32_t high = e->step_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (e->steps[mid].priority < priority)
			low = mid + 1;
		else
			high = mid;
	}
	return low < e->step_count && e->steps[low].priority == priority ? &e->steps[low] : NULL;
}

static const struct dialplan_step *step_by_label(const struct dialplan_exten *e, struct slice label)
{
	for (uint32_t i = 0; i < e->step_count; i++)
		if (slice_eq(e->steps[i].label, label))
			return &e->steps[i];
	return NULL;
}

static bool cid_fits(const struct dialplan_entry *e, struct slice cid)
{
	if (!e->pub.has_cid)
		return true;
	if (slice_is_empty(e->pub.cid) || slice_is_empty(cid))
		return slice_is_empty(e->pub.cid) && slice_is_empty(cid);
	return pattern_ask(&e->cid, cid, PATTERN_MATCH) != PATTERN_NO;
}

static void hit_reach(struct search *s, enum dialplan_why why)
{
	if (s->hit.why != DIALPLAN_FOUND && why > s->hit.why)
		s->hit.why = why;
}

enum look { LOOK_ON, LOOK_FOUND, LOOK_NEVER };

/* One entry of the sorted list. LOOK_NEVER: a '!' pattern settles that no more digits help. */
static enum look look_at(struct search *s, const struct dialplan_context *ctx,
			 const struct dialplan_entry *e)
{
	enum pattern_answer answer = pattern_ask(&e->name, s->text, s->ask);
	const struct dialplan_step *step;

	if (answer == PATTERN_NO || !cid_fits(e, s->cid))
		return LOOK_ON;
	if (answer == PATTERN_EARLY && s->ask == PATTERN_MORE)
		return LOOK_NEVER;
	hit_reach(s, s->label.ptr ? DIALPLAN_NO_LABEL : DIALPLAN_NO_PRIORITY);
	step = s->label.ptr ? step_by_label(&e->pub, s->label)
			    : step_by_priority(&e->pub, s->q->priority);
	if (!step)
		return LOOK_ON;
	s->hit = (struct dialplan_hit){DIALPLAN_FOUND, step, &e->pub, ctx->name};
	return LOOK_FOUND;
}

/* Index of the first name that is not below the text: names that could match start there. */
static uint32_t first_name(const struct search *s, const struct dialplan_context *ctx)
{
	uint32_t low = 0;
	uint32_t high = ctx->plain_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (slice_cmp(ctx->entries[mid].name.plain, s->text) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static enum look look_in_context(struct search *s, const struct dialplan_context *ctx)
{
	enum look look = LOOK_ON;
	uint32_t i = first_name(s, ctx);

	for (; i < ctx->plain_count && look == LOOK_ON; i++) {
		if (!slice_starts(ctx->entries[i].name.plain, s->text))
			break;
		look = look_at(s, ctx, &ctx->entries[i]);
	}
	for (i = ctx->plain_count; i < ctx->entry_count && look == LOOK_ON; i++)
		look = look_at(s, ctx, &ctx->entries[i]);
	return look;
}

static bool visit(struct search *s, uint32_t index)
{
	for (uint32_t i = 0; i < s->visited_count; i++)
		if (s->visited[i] == index)
			return false;
	if (s->visited_count == VISITED_MAX) {
		log_warning("Maximum PBX stack exceeded: more than %d contexts include one another",
			    VISITED_MAX);
		return false;
	}
	s->visited[s->visited_count++] = index;
	return true;
}

static bool search_context(struct search *s, uint32_t index)
{
	const struct dialplan_context *ctx = &s->dp->contexts[index];
	enum look look;

	if (!visit(s, index))
		return false;
	look = look_in_context(s, ctx);
	if (look != LOOK_ON)
		return look == LOOK_FOUND;
	for (const struct dialplan_include *inc = ctx->includes; inc; inc = inc->next) {
		const struct dialplan_context *to = dialplan_included(s->dp, inc);

		if (!to)
			continue;
		if (inc->rule && !timespec_is_now(inc->rule, s->q->clock))
			continue;
		if (search_context(s, to->index))
			return true;
	}
	return false;
}

static struct dialplan_hit search_run(const struct dialplan *dp, const struct dialplan_query *q,
				      enum pattern_ask ask, struct slice label)
{
	const struct dialplan_context *ctx = dialplan_context_find(dp, q->context);
	struct search s;

	s.dp = dp;
	s.q = q;
	s.ask = ask;
	s.label = label;
	s.visited_count = 0;
	s.hit = (struct dialplan_hit){.why = DIALPLAN_NO_CONTEXT};
	if (!ctx)
		return s.hit;
	s.text = pattern_clean(q->exten, s.text_buf, sizeof(s.text_buf));
	s.cid = pattern_clean(q->cid_num, s.cid_buf, sizeof(s.cid_buf));
	s.hit.why = DIALPLAN_NO_EXTEN;
	search_context(&s, ctx->index);
	return s.hit;
}

/* A context that was missing at the load may have been made by an edit. */
const struct dialplan_context *dialplan_included(const struct dialplan *dp,
						 const struct dialplan_include *inc)
{
	return inc->context == DIALPLAN_NO_INDEX ? dialplan_context_find(dp, inc->name)
						 : &dp->contexts[inc->context];
}

bool dialplan_find_hint(const struct dialplan *dp, struct slice context, struct slice exten,
			struct dialplan_hit *hit)
{
	struct dialplan_query q = {.context = context, .exten = exten, .priority = DIALPLAN_HINT};

	*hit = search_run(dp, &q, PATTERN_MATCH, SLICE_EMPTY);
	return hit->step != NULL;
}

void dialplan_each_hint(const struct dialplan *dp, dialplan_hint_fn fn, void *arg)
{
	for (uint32_t c = 0; c < dp->context_count; c++) {
		const struct dialplan_context *ctx = &dp->contexts[c];

		for (uint32_t i = 0; i < ctx->entry_count; i++) {
			const struct dialplan_exten *e = &ctx->entries[i].pub;

			if (e->step_count && e->steps[0].priority == DIALPLAN_HINT)
				fn(arg, ctx->name, e, &e->steps[0]);
		}
	}
}

struct dialplan_hit dialplan_find(const struct dialplan *dp, const struct dialplan_query *q)
{
	if (q->priority < 1) /* a hint is no place */
		return (struct dialplan_hit){.why = DIALPLAN_NO_PRIORITY};
	return search_run(dp, q, PATTERN_MATCH, SLICE_EMPTY);
}

struct dialplan_hit dialplan_find_label(const struct dialplan *dp, const struct dialplan_query *q,
					struct slice label)
{
	if (slice_is_empty(label))
		return (struct dialplan_hit){.why = DIALPLAN_NO_LABEL};
	return search_run(dp, q, PATTERN_MATCH, label);
}

bool dialplan_exists(const struct dialplan *dp, const struct dialplan_query *q)
{
	return search_run(dp, q, PATTERN_MATCH, SLICE_EMPTY).step != NULL;
}

bool dialplan_can_match(const struct dialplan *dp, const struct dialplan_query *q)
{
	return search_run(dp, q, PATTERN_CAN_MATCH, SLICE_EMPTY).step != NULL;
}

bool dialplan_match_more(const struct dialplan *dp, const struct dialplan_query *q)
{
	return search_run(dp, q, PATTERN_MORE, SLICE_EMPTY).step != NULL;
}

struct dialplan_context *dialplan_context_find(const struct dialplan *dp, struct slice name)
{
	uint32_t low = 0;
	uint32_t high = dp->context_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = slice_cmp(dp->by_name[mid]->name, name);

		if (order == 0)
			return dp->by_name[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int context_cmp(const void *left, const void *right)
{
	return slice_cmp((*(struct dialplan_context *const *)left)->name,
			 (*(struct dialplan_context *const *)right)->name);
}

void dialplan_sort_contexts(struct dialplan *dp)
{
	qsort(dp->by_name, dp->context_count, sizeof(struct dialplan_context *), context_cmp);
}

int dialplan_name_make(struct dialplan_entry *e, struct keep *keep, struct slice text)
{
	size_t slash = slice_find(text, '/');
	char cid[LIMIT_NAME];
	struct slice raw;
	int rc;

	e->pub.name = keep_dup(keep, slice_head(slice_head(text, slash), LIMIT_NAME - 1));
	e->pub.cid = SLICE_LIT("");
	e->pub.has_cid = slash != SIZE_MAX;
	if (!e->pub.name.ptr)
		return -ENOMEM;
	rc = pattern_make(&e->name, keep, e->pub.name);
	if (rc || !e->pub.has_cid)
		return rc;
	raw = slice_head(slice_from(text, slash + 1), LIMIT_NAME - 1);
	e->pub.cid = keep_dup(keep, slice_make(cid, callerid_shrink_number(cid, raw)));
	return e->pub.cid.ptr ? pattern_make(&e->cid, keep, e->pub.cid) : -ENOMEM;
}

int dialplan_entry_cmp(const struct dialplan_entry *a, const struct dialplan_entry *b)
{
	int order = pattern_cmp(&a->name, &b->name);

	if (order)
		return order;
	if (a->pub.has_cid != b->pub.has_cid)
		return a->pub.has_cid ? -1 : 1;
	return a->pub.has_cid ? pattern_cmp(&a->cid, &b->cid) : 0;
}

bool dialplan_has_context(const struct dialplan *dp, struct slice context)
{
	return dialplan_context_find(dp, context) != NULL;
}

struct slice dialplan_context_name(const struct dialplan *dp, uint32_t index)
{
	return index < dp->context_count ? dp->contexts[index].name : SLICE_EMPTY;
}

uint32_t dialplan_context_count(const struct dialplan *dp)
{
	return dp->context_count;
}

bool dialplan_autofallthrough(const struct dialplan *dp)
{
	return dp->base->autofallthrough;
}

bool dialplan_clear_globals(const struct dialplan *dp)
{
	return dp->base->clear_globals;
}

const struct dialplan_global *dialplan_globals(const struct dialplan *dp, uint32_t *count)
{
	*count = dp->base->global_count;
	return dp->base->globals;
}

const struct zone_set *dialplan_zones(const struct dialplan *dp)
{
	return &dp->base->zones;
}

bool dialplan_pattern_fits(struct slice pattern, struct slice text)
{
	struct keep keep = KEEP_INIT;
	struct pattern p;
	char clean[LIMIT_NAME];
	bool fits = false;

	if (pattern_make(&p, &keep, pattern) == 0)
		fits = pattern_ask(&p, pattern_clean(text, clean, sizeof(clean)), PATTERN_MATCH) !=
		       PATTERN_NO;
	keep_free(&keep);
	return fits;
}

void dialplan_free(struct dialplan *dp)
{
	if (!dp)
		return;
	keep_free(&dp->keep);
	if (--dp->base->holders == 0) {
		keep_free(&dp->base->keep);
		free(dp->base);
	}
	free(dp);
}
