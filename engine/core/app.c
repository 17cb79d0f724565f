/* engine/core/app.c - the table of applications, and how one runs another. */
#include "engine/core/app.h"
#include "engine/core/app_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/shard.h"

/* Applications that run applications, inside one another. */
#define EXEC_DEPTH_MAX 8

/* Sorted by name without case. */
static const struct app *const apps[] = {
	&app_answer,	    &app_background,	&app_busy,	     &app_congestion,
	&app_continuewhile, &app_dbdel,		&app_dbdeltree,	     &app_echo,
	&app_endwhile,	    &app_exec,		&app_execif,	     &app_exectime,
	&app_exitwhile,	    &app_gosub,		&app_gosubif,	     &app_goto,
	&app_gotoif,	    &app_gotoiftime,	&app_hangup,	     &app_log,
	&app_mset,	    &app_noop,		&app_playback,	     &app_playtones,
	&app_proceeding,    &app_progress,	&app_raiseexception, &app_read,
	&app_return,	    &app_ringing,	&app_senddtmf,	     &app_set,
	&app_stackpop,	    &app_stopplaytones, &app_transfer,	     &app_tryexec,
	&app_userevent,	    &app_verbose,	&app_wait,	     &app_waitexten,
	&app_while,
};

static int name_cmp(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++) {
		int x = (unsigned char)a.ptr[i];
		int y = (unsigned char)b.ptr[i];

		x += x >= 'A' && x <= 'Z' ? 32 : 0;
		y += y >= 'A' && y <= 'Z' ? 32 : 0;
		if (x != y)
			return x - y;
	}
	return (a.len > b.len) - (a.len < b.len);
}

const struct app *app_find(struct slice name)
{
	size_t low = 0;
	size_t high = ARRAY_COUNT(apps);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = name_cmp(slice_str(apps[mid]->name), name);

		if (order == 0)
			return apps[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const struct app *const *app_all(uint32_t *count)
{
	*count = ARRAY_COUNT(apps);
	return apps;
}

void app_split(struct slice text, struct slice *name, struct slice *args)
{
	text = slice_trim(text);
	if (!subst_is_call(text, name, args)) {
		*name = text;
		*args = slice_make(text.ptr + text.len, 0);
	}
}

enum app_result pbx_run_app(struct app_call *call, struct slice name, struct slice args)
{
	const struct app *app = app_find(name);
	struct app_call inner = {.c = call->c, .p = call->p};
	/* The arguments are a part of the caller's text: put a NUL behind them there. */
	size_t at = (size_t)(args.ptr - call->data);

	if (!app || call->p->exec_depth >= EXEC_DEPTH_MAX) {
		log_warning("Could not find application! (%.*s)", SLICE_ARG(name));
		metric_inc(&call->c->shard->metrics, METRIC_dialplan_errors);
		return APP_HANGUP;
	}
	check(at + args.len <= call->len);
	inner.data = call->data + at;
	inner.len = args.len;
	inner.data[inner.len] = 0;
	slice_copy(call->c->lastapp, sizeof(call->c->lastapp), slice_str(app->name));
	slice_copy(call->c->lastdata, sizeof(call->c->lastdata), args);
	call->p->exec_depth++;
	call->p->app = app;
	return app->start(&inner);
}
