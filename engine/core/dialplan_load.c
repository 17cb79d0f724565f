/* engine/core/dialplan_load.c - makes a snapshot of the tree of extensions.conf. */
#include "engine/core/dialplan_internal.h"
#include "engine/core/dialplan_line.h"

#include "engine/base/check.h"
#include "engine/core/args.h"
#include "engine/core/callerid.h"
#include "engine/core/subst.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PRIORITY_NONE INT32_MIN /* no line before this one */
#define PRIORITY_HINT DIALPLAN_HINT

/* One step as read, before the extensions are sorted out. */
struct draft {
	struct draft *next; /* of the context, in the order of the file */
	struct dialplan_entry entry; /* without steps */
	struct dialplan_step step;
	uint32_t seq;
};

/* A context while its lines are read. */
struct builder {
	struct builder *next;
	struct dialplan_context *ctx;
	struct draft *first, *last;
	uint32_t count;
};

struct loader {
	struct dialplan *dp;
	const struct conffile_source *source;
	struct builder *builders, *last_builder;
	const struct conffile_var *at;
	char *scratch;
	/* of the section that is being read */
	struct builder *current;
	struct draft *model; /* name and cid for "same" and repeats */
	int32_t last_priority;
};

static void note(struct loader *ld, enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void note(struct loader *ld, enum log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ld->source && ld->source->note)
		ld->source->note(ld->source->arg, level, ld->at->file, ld->at->line, text);
	else if (level == LOG_LEVEL_ERROR)
		log_error("%s", text);
	else
		log_warning("%s", text);
}

/* ---- values at load: globals only ---- */

static const struct dialplan_global *global_find(const struct dialplan *dp, struct slice name)
{
	for (uint32_t i = 0; i < dp->base->global_count; i++)
		if (slice_eq(dp->base->globals[i].name, name))
			return &dp->base->globals[i];
	return NULL;
}

static void load_get(void *arg, struct slice name, struct sink *out)
{
	const struct loader *ld = arg;
	const struct dialplan_global *g = global_find(ld->dp, name);

	if (g)
		subst_add(out, g->value);
}

static void load_call(void *arg, struct subst *s, struct slice name, struct slice args,
		      struct sink *out)
{
	struct loader *ld = arg;
	const struct dialplan_global *g = global_find(ld->dp, slice_trim(args));

	UNUSED(s);
	if (!slice_eq(name, SLICE_LIT("GLOBAL")))
		note(ld, LOG_LEVEL_ERROR, "Function %.*s not registered", SLICE_ARG(name));
	else if (g)
		subst_add(out, g->value);
}

static const struct subst_ops load_ops = {load_get, load_call};

/* Expands into the snapshot's memory, cut at max octets. ptr NULL: no memory. */
static struct slice expand(struct loader *ld, struct slice text, size_t max)
{
	struct subst s = subst_make(&load_ops, ld, ld->scratch, SUBST_SCRATCH);
	struct sink out = sink_make(ld->scratch + SUBST_SCRATCH, max);

	if (slice_find(text, '$') == SIZE_MAX)
		return keep_dup(&ld->dp->base->keep, slice_head(text, max));
	subst_expand(&s, text, &out);
	return keep_dup(&ld->dp->base->keep, sink_slice(&out));
}

/* ---- contexts ---- */

static struct builder *builder_find(const struct loader *ld, struct slice name)
{
	struct builder *b = ld->builders;

	while (b && !slice_eq(b->ctx->name, name))
		b = b->next;
	return b;
}

static struct builder *builder_new(struct loader *ld, struct slice name)
{
	struct keep *keep = &ld->dp->base->keep;
	struct builder *b = keep_alloc(keep, sizeof(*b));

	if (!b)
		return NULL;
	b->ctx = keep_alloc(keep, sizeof(*b->ctx));
	if (!b->ctx)
		return NULL;
	b->ctx->name = keep_dup(keep, name);
	if (!b->ctx->name.ptr)
		return NULL;
	if (ld->last_builder)
		ld->last_builder->next = b;
	else
		ld->builders = b;
	ld->last_builder = b;
	ld->dp->context_count++;
	return b;
}

/* ---- steps ---- */

static const struct dialplan_step *label_before(const struct loader *ld, const struct draft *like,
						struct slice label)
{
	for (const struct draft *d = ld->current->first; d; d = d->next)
		if (slice_eq(d->step.label, label) &&
		    dialplan_entry_cmp(&d->entry, &like->entry) == 0)
			return &d->step;
	return NULL;
}

/* What the priority's word means. False: the line is to be skipped (noted). */
static bool resolve_priority(struct loader *ld, const struct draft *like, struct slice word,
			     int32_t *priority)
{
	const struct dialplan_step *labelled;
	bool is_next = slice_eq(word, SLICE_LIT("n")) || slice_eq(word, SLICE_LIT("next"));
	bool is_same = slice_eq(word, SLICE_LIT("s")) || slice_eq(word, SLICE_LIT("same"));
	size_t end;

	if (slice_eq(word, SLICE_LIT("hint"))) {
		*priority = PRIORITY_HINT;
		return true;
	}
	if (is_next || is_same) {
		if (ld->last_priority == PRIORITY_NONE) {
			note(ld, LOG_LEVEL_WARNING,
			     "Can't use '%s' priority on the first entry at line %d of %s!",
			     is_next ? "next" : "same", ld->at->line, ld->at->file);
			return false;
		}
		*priority = ld->last_priority + is_next;
		return true;
	}
	*priority = args_int(word, &end);
	if (end > 0)
		return true;
	labelled = slice_is_empty(word) ? NULL : label_before(ld, like, word);
	if (labelled) {
		*priority = labelled->priority;
		return true;
	}
	note(ld, LOG_LEVEL_WARNING, "Invalid priority/label '%.*s' at line %d of %s",
	     SLICE_ARG(word), ld->at->line, ld->at->file);
	return false;
}

static int name_make(struct loader *ld, struct draft *d, struct slice text)
{
	int rc = dialplan_name_make(&d->entry, &ld->dp->base->keep, text);

	if (rc == 0 && d->entry.name.is_broken)
		note(ld, LOG_LEVEL_WARNING,
		     "Wrong [] usage in extension '%s' at line %d of %s: it will never match; "
		     "close the set with ]",
		     d->entry.pub.name.ptr, ld->at->line, ld->at->file);
	return rc;
}

static void note_discouraged(struct loader *ld, struct slice name)
{
	if (slice_eq(name, SLICE_LIT("_.")) || slice_eq(name, SLICE_LIT("_!")))
		note(ld, LOG_LEVEL_WARNING,
		     "The use of '%s' for an extension is strongly discouraged and can have "
		     "unexpected behavior.  Please use '_X%c' instead at line %d of %s",
		     name.ptr, name.ptr[1], ld->at->line, ld->at->file);
}

static int draft_add(struct loader *ld, const struct dialplan_line *line, int32_t priority)
{
	struct keep *keep = &ld->dp->base->keep;
	struct draft *d = keep_alloc(keep, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->entry = ld->model->entry;
	d->seq = ld->current->count;
	d->step = (struct dialplan_step){
		.priority = priority,
		.label = keep_dup(keep, slice_head(line->label, LIMIT_NAME - 1)),
		.app = keep_dup(keep,
				slice_head(line->app, priority == PRIORITY_HINT ? LIMIT_APPDATA - 1
										: LIMIT_NAME - 1)),
		.data = keep_dup(keep, slice_head(line->data, LIMIT_APPDATA - 1)),
		.file = keep_dup(keep, slice_str(ld->at->file)).ptr,
		.line = ld->at->line,
	};
	if (!d->step.label.ptr || !d->step.app.ptr || !d->step.data.ptr || !d->step.file)
		return -ENOMEM;
	if (ld->current->last)
		ld->current->last->next = d;
	else
		ld->current->first = d;
	ld->current->last = d;
	ld->current->count++;
	note_discouraged(ld, d->entry.pub.name);
	return 0;
}

/* "priority[(label)][+offset],App[(args)]" for the extension in ld->model. */
static int load_step(struct loader *ld, struct slice value)
{
	struct dialplan_line line = {0};
	int32_t priority;
	int64_t moved;

	dialplan_line_step(&line, value);
	if (line.label_open) {
		note(ld, LOG_LEVEL_WARNING, "Label missing trailing ')' at line %d of %s",
		     ld->at->line, ld->at->file);
		return 0;
	}
	if (!resolve_priority(ld, ld->model, line.priority, &priority))
		return 0;
	if (line.parens_open)
		note(ld, LOG_LEVEL_WARNING,
		     "No closing parenthesis found? '%.*s(%.*s' at line %d of %s",
		     SLICE_ARG(line.app), SLICE_ARG(line.data), ld->at->line, ld->at->file);
	moved = (int64_t)priority + line.offset;
	if (priority != PRIORITY_HINT)
		priority = moved > INT32_MAX - 1 ? INT32_MAX - 1 : (int32_t)moved;
	ld->last_priority = priority;
	if (priority < 1 && priority != PRIORITY_HINT) {
		note(ld, LOG_LEVEL_WARNING, "Invalid priority/label '%.*s' at line %d of %s",
		     SLICE_ARG(line.priority), ld->at->line, ld->at->file);
		return 0;
	}
	return draft_add(ld, &line, priority);
}

static int load_exten(struct loader *ld, struct slice value)
{
	struct slice name = dialplan_line_name(&value);
	struct draft *model = keep_alloc(&ld->dp->base->keep, sizeof(*model));
	int rc;

	name = expand(ld, name, (size_t)2 * LIMIT_NAME);
	if (!model || !name.ptr)
		return -ENOMEM;
	rc = name_make(ld, model, name);
	if (rc)
		return rc;
	ld->model = model;
	return load_step(ld, value);
}

static int load_same(struct loader *ld, struct slice value)
{
	if (!ld->model) {
		note(ld, LOG_LEVEL_ERROR,
		     "No previous pattern in the first entry of context '%s' to match '%s' at "
		     "line %d of %s!",
		     ld->current->ctx->name.ptr, ld->at->name.ptr, ld->at->line, ld->at->file);
		return 0;
	}
	return load_step(ld, value);
}

/* ---- other lines ---- */

static void timespec_warn(void *arg, const char *text)
{
	struct loader *ld = arg;

	note(ld, LOG_LEVEL_WARNING, "%s at line %d of %s", text, ld->at->line, ld->at->file);
}

static int load_include(struct loader *ld, struct slice value)
{
	struct dialplan_context *ctx = ld->current->ctx;
	struct keep *keep = &ld->dp->base->keep;
	struct dialplan_include *inc = keep_alloc(keep, sizeof(*inc));
	struct timespec_rule *rule;
	size_t end = 0;

	if (!inc)
		return -ENOMEM;
	inc->text = expand(ld, value, LIMIT_APPDATA - 1);
	inc->file = keep_dup(keep, slice_str(ld->at->file)).ptr;
	inc->line = ld->at->line;
	if (!inc->text.ptr || !inc->file)
		return -ENOMEM;
	while (end < inc->text.len && inc->text.ptr[end] != ',' && inc->text.ptr[end] != '|')
		end++;
	inc->name = keep_dup(keep, slice_trim(slice_head(inc->text, end)));
	if (!inc->name.ptr)
		return -ENOMEM;
	if (!slice_is_empty(slice_trim(slice_from(inc->text, end + 1)))) {
		rule = keep_alloc(keep, sizeof(*rule));
		if (!rule)
			return -ENOMEM;
		timespec_parse(rule, slice_from(inc->text, end + 1), timespec_warn, ld);
		inc->rule = rule;
	}
	if (ctx->last_include)
		ctx->last_include->next = inc;
	else
		ctx->includes = inc;
	ctx->last_include = inc;
	return 0;
}

static int load_ignorepat(struct loader *ld, struct slice value)
{
	struct dialplan_context *ctx = ld->current->ctx;
	struct dialplan_ignorepat *p = keep_alloc(&ld->dp->base->keep, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->text = expand(ld, value, LIMIT_NAME - 1);
	p->next = ctx->ignorepats;
	ctx->ignorepats = p;
	return p->text.ptr ? 0 : -ENOMEM;
}

static int load_line(struct loader *ld, const struct conffile_var *v)
{
	ld->at = v;
	if (slice_ieq(v->name, SLICE_LIT("exten")))
		return load_exten(ld, v->value);
	if (slice_istarts(v->name, SLICE_LIT("same")))
		return load_same(ld, v->value);
	if (slice_ieq(v->name, SLICE_LIT("include")))
		return load_include(ld, v->value);
	if (slice_ieq(v->name, SLICE_LIT("ignorepat")))
		return load_ignorepat(ld, v->value);
	if (slice_ieq(v->name, SLICE_LIT("switch")) || slice_ieq(v->name, SLICE_LIT("lswitch")) ||
	    slice_ieq(v->name, SLICE_LIT("eswitch")))
		note(ld, LOG_LEVEL_WARNING,
		     "'%s => %s' at line %d of %s is ignored: switches to other dialplan engines "
		     "are not supported",
		     v->name.ptr, v->value.ptr, v->line, v->file);
	else if (!slice_ieq(v->name, SLICE_LIT("autohints")))
		note(ld, LOG_LEVEL_WARNING,
		     "==!!== Unknown directive: %s at line %d of %s -- IGNORING!!!", v->name.ptr,
		     v->line, v->file);
	return 0;
}

static int load_context(struct loader *ld, const struct conffile_section *section)
{
	struct slice name = slice_head(section->name, LIMIT_NAME - 1);
	int rc = 0;

	ld->current = builder_find(ld, name);
	if (!ld->current)
		ld->current = builder_new(ld, name);
	if (!ld->current)
		return -ENOMEM;
	ld->model = NULL;
	ld->last_priority = PRIORITY_NONE;
	for (const struct conffile_var *v = section->vars; v && rc == 0; v = v->next)
		rc = load_line(ld, v);
	return rc;
}

static void load_general(struct loader *ld, const struct conffile_section *section)
{
	struct dialplan *dp = ld->dp;

	dp->base->autofallthrough =
		conffile_bool(section, "autofallthrough", dp->base->autofallthrough);
	dp->base->clear_globals =
		conffile_bool(section, "clearglobalvars", dp->base->clear_globals);
}

static int load_globals(struct loader *ld, const struct conffile_section *section)
{
	struct dialplan *dp = ld->dp;

	for (const struct conffile_var *v = section->vars; v; v = v->next) {
		struct slice name, args, value;
		struct dialplan_global *g;

		ld->at = v;
		name = args = v->name;
		if (subst_is_call(v->name, &name, &args) &&
		    !slice_eq(name, SLICE_LIT("GLOBAL"))) {
			note(ld, LOG_LEVEL_ERROR,
			     "Function %.*s cannot be written in [globals], line %d of %s; set it "
			     "in the dialplan",
			     SLICE_ARG(name), v->line, v->file);
			continue;
		}
		value = expand(ld, v->value, LIMIT_VAR_VALUE - 1);
		name = keep_dup(&dp->base->keep, slice_head(slice_trim(args), LIMIT_VAR_NAME - 1));
		if (!value.ptr || !name.ptr)
			return -ENOMEM;
		g = (struct dialplan_global *)global_find(dp, name);
		if (!g)
			g = &dp->base->globals[dp->base->global_count++];
		*g = (struct dialplan_global){name, value};
	}
	return 0;
}

/* ---- sorting it out ---- */

static int draft_cmp(const void *left, const void *right)
{
	const struct draft *a = *(const struct draft *const *)left;
	const struct draft *b = *(const struct draft *const *)right;
	int order = dialplan_entry_cmp(&a->entry, &b->entry);

	return order ? order : (a->seq > b->seq) - (a->seq < b->seq);
}

static bool priority_taken(struct loader *ld, const struct dialplan_exten *e, uint32_t place,
			   const struct draft *d)
{
	if (place == 0 || e->steps[place - 1].priority != d->step.priority)
		return false;
	ld->at = &(struct conffile_var){.file = d->step.file, .line = d->step.line};
	note(ld, LOG_LEVEL_WARNING,
	     "Unable to register extension '%s' priority %d in '%s', already in use",
	     d->entry.pub.name.ptr, d->step.priority, ld->current->ctx->name.ptr);
	note(ld, LOG_LEVEL_WARNING, "Unable to register extension at line %d of %s", d->step.line,
	     d->step.file);
	return true;
}

/* A label that the extension has already is dropped. */
static bool label_taken(struct loader *ld, const struct dialplan_exten *e, const struct draft *d)
{
	for (uint32_t i = 0; i < e->step_count && d->step.label.len; i++) {
		if (!slice_eq(e->steps[i].label, d->step.label))
			continue;
		ld->at = &(struct conffile_var){.file = d->step.file, .line = d->step.line};
		note(ld, LOG_LEVEL_WARNING,
		     "Extension '%s' priority %d in '%s', label '%s' already in use at priority "
		     "%d",
		     d->entry.pub.name.ptr, d->step.priority, ld->current->ctx->name.ptr,
		     d->step.label.ptr, e->steps[i].priority);
		return true;
	}
	return false;
}

static void step_insert(struct loader *ld, struct dialplan_exten *e, struct dialplan_step *steps,
			const struct draft *d)
{
	uint32_t place = e->step_count;
	bool relabel;

	/* Nearly always at the end. */
	while (place > 0 && steps[place - 1].priority > d->step.priority)
		place--;
	if (priority_taken(ld, e, place, d))
		return;
	relabel = label_taken(ld, e, d);
	memmove(steps + place + 1, steps + place, (e->step_count - place) * sizeof(*steps));
	steps[place] = d->step;
	if (relabel)
		steps[place].label = SLICE_LIT("");
	e->step_count++;
}

/* Groups the sorted drafts of one context into its entries. */
static int entries_make(struct loader *ld, struct draft **sorted, uint32_t count)
{
	struct dialplan_context *ctx = ld->current->ctx;
	struct dialplan_step *steps = keep_alloc(&ld->dp->base->keep, count * sizeof(*steps));
	struct dialplan_entry *e = NULL;

	ctx->entries = keep_alloc(&ld->dp->base->keep, count * sizeof(*ctx->entries));
	if (!steps || !ctx->entries)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		if (!e || dialplan_entry_cmp(&sorted[i]->entry, &sorted[i - 1]->entry) != 0) {
			if (e)
				steps += e->pub.step_count;
			e = &ctx->entries[ctx->entry_count++];
			*e = sorted[i]->entry;
			e->pub.steps = steps;
			ctx->plain_count += !e->name.is_pattern;
		}
		step_insert(ld, &e->pub, steps, sorted[i]);
	}
	return 0;
}

static int context_finish(struct loader *ld, struct builder *b)
{
	struct draft **sorted;
	uint32_t n = 0;
	int rc;

	if (b->count == 0)
		return 0;
	sorted = calloc(b->count, sizeof(struct draft *));
	if (!sorted)
		return -ENOMEM;
	for (struct draft *d = b->first; d; d = d->next)
		sorted[n++] = d;
	qsort(sorted, n, sizeof(struct draft *), draft_cmp);
	ld->current = b;
	rc = entries_make(ld, sorted, n);
	free(sorted);
	return rc;
}

/* Moves the contexts into one array and sorts an index of it. */
static int contexts_place(struct loader *ld)
{
	struct dialplan *dp = ld->dp;
	uint32_t n = 0;

	dp->contexts =
		keep_alloc(&dp->base->keep, (dp->context_count + 1u) * sizeof(*dp->contexts));
	dp->by_name = keep_alloc(&dp->base->keep,
				 (dp->context_count + 1u) * sizeof(struct dialplan_context *));
	if (!dp->contexts || !dp->by_name)
		return -ENOMEM;
	for (const struct builder *b = ld->builders; b; b = b->next, n++) {
		dp->contexts[n] = *b->ctx;
		dp->contexts[n].index = n;
		dp->by_name[n] = &dp->contexts[n];
	}
	dialplan_sort_contexts(dp);
	return 0;
}

static void includes_resolve(struct loader *ld)
{
	const struct dialplan *dp = ld->dp;

	for (uint32_t i = 0; i < dp->context_count; i++) {
		for (struct dialplan_include *inc = dp->contexts[i].includes; inc;
		     inc = inc->next) {
			const struct dialplan_context *to = dialplan_context_find(dp, inc->name);

			inc->context = to ? to->index : DIALPLAN_NO_INDEX;
			if (to)
				continue;
			ld->at = &(struct conffile_var){.file = inc->file, .line = inc->line};
			note(ld, LOG_LEVEL_WARNING,
			     "Context '%s' tries to include nonexistent context '%s' at line "
			     "%d of %s",
			     dp->contexts[i].name.ptr, inc->name.ptr, inc->line, inc->file);
		}
	}
}

static int load_sections(struct loader *ld, const struct conffile *cf)
{
	const struct conffile_section *s;
	uint32_t globals = 1;
	int rc = 0;

	for (s = conffile_first(cf); s; s = conffile_next(s))
		for (const struct conffile_var *v = s->vars; v; v = v->next)
			globals += slice_ieq(s->name, SLICE_LIT("globals"));
	ld->dp->base->globals =
		keep_alloc(&ld->dp->base->keep, globals * sizeof(*ld->dp->base->globals));
	if (!ld->dp->base->globals)
		return -ENOMEM;
	/* All globals first: names of extensions may use those that stand further down. */
	for (s = conffile_first(cf); s && rc == 0; s = conffile_next(s)) {
		if (slice_ieq(s->name, SLICE_LIT("general")))
			load_general(ld, s);
		else if (slice_ieq(s->name, SLICE_LIT("globals")))
			rc = load_globals(ld, s);
	}
	for (s = conffile_first(cf); s && rc == 0; s = conffile_next(s))
		if (!slice_ieq(s->name, SLICE_LIT("general")) &&
		    !slice_ieq(s->name, SLICE_LIT("globals")))
			rc = load_context(ld, s);
	return rc;
}

int dialplan_create_empty(struct dialplan **out)
{
	struct dialplan *dp = calloc(1, sizeof(*dp));
	struct dialplan_base *base = calloc(1, sizeof(*base));

	if (!dp || !base) {
		free(dp);
		free(base);
		return -ENOMEM;
	}
	base->holders = 1;
	base->autofallthrough = true;
	dp->base = base;
	*out = dp;
	return 0;
}

int dialplan_load(struct dialplan **out, const struct conffile *cf,
		  const struct conffile_source *source)
{
	struct loader ld = {.source = source};
	int rc = dialplan_create_empty(&ld.dp);

	if (rc)
		return rc;
	ld.scratch = malloc(SUBST_SCRATCH + LIMIT_VAR_VALUE);
	rc = ld.scratch ? load_sections(&ld, cf) : -ENOMEM;
	for (struct builder *b = ld.builders; b && rc == 0; b = b->next)
		rc = context_finish(&ld, b);
	if (rc == 0)
		rc = contexts_place(&ld);
	if (rc == 0)
		rc = zone_set_load(&ld.dp->base->zones, &ld.dp->base->keep, source);
	if (rc == 0)
		includes_resolve(&ld);
	free(ld.scratch);
	if (rc) {
		dialplan_free(ld.dp);
		return rc;
	}
	*out = ld.dp;
	return 0;
}
