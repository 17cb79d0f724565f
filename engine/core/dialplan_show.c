/* engine/core/dialplan_show.c - "dialplan show". */
#include "engine/core/dialplan_internal.h"

#include "engine/base/sink.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN_MAX 512 /* contexts reached through includes */

struct show {
	const struct dialplan *dp;
	dialplan_print_fn print;
	void *arg;
	struct slice exten; /* ptr NULL: all */
	struct slice exten_clean;
	unsigned extens, steps, contexts;
	unsigned visited_count; /* of the context that was asked for and what it includes */
	uint32_t visited[SHOWN_MAX];
};

static void print(struct show *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void print(struct show *s, const char *fmt, ...)
{
	char text[LIMIT_APPDATA + 512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		s->print(s->arg,
			 slice_make(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
}

/* "  head", the middle from column 20, the source from column 66; longer text pushes. */
static void show_row(struct show *s, const char *head, const char *middle, const char *source)
{
	int width = (int)strlen(head);

	width = 65 - 3 - (width > 17 ? width : 17);
	print(s, "  %-17s %-*s [%s]\n", head, width > 0 ? width : 0, middle, source);
}

static void show_step(struct show *s, const char *head, const struct dialplan_step *step)
{
	char app[LIMIT_APPDATA + LIMIT_NAME + 32];
	char source[LIMIT_PATH + 16];

	if (step->priority == DIALPLAN_HINT)
		snprintf(app, sizeof(app), "hint: %s", step->app.ptr);
	else
		snprintf(app, sizeof(app), "%d. %s(%s)", step->priority, step->app.ptr,
			 step->data.ptr);
	if (step->file)
		snprintf(source, sizeof(source), "%s:%d", step->file, step->line);
	else
		snprintf(source, sizeof(source), "pbx_config");
	show_row(s, head, app, source);
	s->steps++;
}

static void show_entry(struct show *s, const struct dialplan_entry *e)
{
	char head[3 * LIMIT_NAME];

	if (e->pub.has_cid)
		snprintf(head, sizeof(head), "'%s' (CID match '%s') => ", e->pub.name.ptr,
			 e->pub.cid.ptr);
	else
		snprintf(head, sizeof(head), "'%s' =>", e->pub.name.ptr);
	for (uint32_t i = 0; i < e->pub.step_count; i++) {
		const struct dialplan_step *step = &e->pub.steps[i];

		if (i > 0)
			head[0] = 0;
		if (i > 0 && step->label.len)
			snprintf(head, sizeof(head), "   [%s]", step->label.ptr);
		show_step(s, head, step);
	}
	s->extens++;
}

static void show_head(struct show *s, const struct dialplan_context *ctx, bool included,
		      bool *printed)
{
	if (*printed)
		return;
	*printed = true;
	s->contexts++;
	print(s, "[ %s '%s' created by 'pbx_config' ]\n", included ? "Included context" : "Context",
	      ctx->name.ptr);
}

/* False: seen already (contexts may include one another), or too many. */
static bool visit(struct show *s, uint32_t index)
{
	for (unsigned i = 0; i < s->visited_count; i++)
		if (s->visited[i] == index)
			return false;
	if (s->visited_count == SHOWN_MAX)
		return false;
	s->visited[s->visited_count++] = index;
	return true;
}

static void show_context(struct show *s, const struct dialplan_context *ctx, unsigned depth)
{
	bool printed = false;

	if (!visit(s, ctx->index))
		return;
	if (!s->exten.ptr)
		show_head(s, ctx, depth > 0, &printed);
	for (uint32_t i = 0; i < ctx->entry_count; i++) {
		const struct dialplan_entry *e = &ctx->entries[i];

		if (s->exten.ptr &&
		    pattern_ask(&e->name, s->exten_clean, PATTERN_MATCH) == PATTERN_NO)
			continue;
		show_head(s, ctx, depth > 0, &printed);
		show_entry(s, e);
	}
	for (const struct dialplan_include *inc = ctx->includes; inc && !s->exten.ptr;
	     inc = inc->next) {
		char name[LIMIT_APPDATA + 8];

		snprintf(name, sizeof(name), "'%s'", inc->text.ptr);
		show_row(s, "Include =>", name, "pbx_config");
	}
	for (const struct dialplan_ignorepat *p = ctx->ignorepats; p && !s->exten.ptr;
	     p = p->next) {
		char name[LIMIT_NAME + 8];

		snprintf(name, sizeof(name), "'%s'", p->text.ptr);
		show_row(s, "Ignore pattern =>", name, "pbx_config");
	}
	if (printed)
		print(s, "\n");
	if (!s->exten.ptr)
		return;
	for (const struct dialplan_include *inc = ctx->includes; inc; inc = inc->next) {
		const struct dialplan_context *to = dialplan_included(s->dp, inc);

		if (to)
			show_context(s, to, depth + 1);
	}
}

static void show_nothing(struct show *s, struct slice context, bool has_context)
{
	if (!s->exten.ptr)
		print(s, "There is no existence of '%.*s' context\n", SLICE_ARG(context));
	else if (has_context)
		print(s, "There is no existence of %.*s@%.*s extension\n", SLICE_ARG(s->exten),
		      SLICE_ARG(context));
	else
		print(s, "There is no existence of '%.*s' extension in all contexts\n",
		      SLICE_ARG(s->exten));
}

void dialplan_show(const struct dialplan *dp, struct slice what, dialplan_print_fn print_fn,
		   void *arg)
{
	struct show s = {.dp = dp, .print = print_fn, .arg = arg};
	size_t at = slice_find(what, '@');
	struct slice context = at == SIZE_MAX ? what : slice_from(what, at + 1);
	bool has_context = !slice_is_empty(context);
	char clean[LIMIT_NAME];

	if (at != SIZE_MAX && at > 0) {
		s.exten = slice_head(what, at);
		s.exten_clean = pattern_clean(s.exten, clean, sizeof(clean));
	}
	for (uint32_t i = 0; i < dp->context_count; i++) {
		if (has_context && !slice_eq(dp->contexts[i].name, context))
			continue;
		s.visited_count = 0;
		show_context(&s, &dp->contexts[i], 0);
	}
	if (s.contexts == 0 && (has_context || s.exten.ptr)) {
		show_nothing(&s, context, has_context);
		return;
	}
	print(&s, "-= %u %s (%u %s) in %u %s. =-\n", s.extens,
	      s.extens == 1 ? "extension" : "extensions", s.steps,
	      s.steps == 1 ? "priority" : "priorities", s.contexts,
	      s.contexts == 1 ? "context" : "contexts");
}
