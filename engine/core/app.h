/* engine/core/app.h - dialplan applications: a table of small step machines.
 *
 * An application starts with its expanded arguments and either ends at once or waits; then each
 * event of the channel comes to its `event` until that gives another result. Nothing ever blocks.
 * What an application keeps meanwhile lives in struct pbx (union pbx_app_state, text). */
#ifndef RINGER_CORE_APP_H
#define RINGER_CORE_APP_H

#include "engine/core/chan.h"

enum app_result {
	APP_NEXT,   /* done: the next step, or the place that a jump has set */
	APP_WAIT,   /* goes on at the next event */
	APP_HANGUP, /* the call ends (after `h`) */
	APP_DIGIT,  /* pbx->digit begins an extension: collect the rest */
};

struct app_call {
	struct chan *c;
	struct pbx *p;
	char *data; /* expanded, NUL-terminated; may be changed in place */
	size_t len;
};

struct app {
	const char *name;
	const char *summary; /* one line for "core show applications" */
	enum app_result (*start)(struct app_call *call);
	/* Only for applications that wait: all kinds but PBX_HANGUP, PBX_REDIRECT, PBX_TIMEOUT. */
	enum app_result (*event)(struct chan *c, struct pbx *p, enum pbx_event_kind kind,
				 int number);
	/* It is broken off while it waits (hang-up, redirect, absolute timeout): the media that it
	 * started is stopped already; sets its status variables. May be NULL. */
	void (*broken)(struct chan *c, struct pbx *p);
};

/* Without case. NULL: no such application. */
const struct app *app_find(struct slice name);
/* The whole table, sorted by name. */
const struct app *const *app_all(uint32_t *count);

/* Splits "App(args)" (args may be missing) into name and arguments; the last ')' closes. */
void app_split(struct slice text, struct slice *name, struct slice *args);

static inline struct slice app_data(const struct app_call *call)
{
	return slice_make(call->data, call->len);
}

#endif
