/* engine/app/console_internal.h - shared by console.c and console_log.c only. */
#ifndef RINGER_APP_CONSOLE_INTERNAL_H
#define RINGER_APP_CONSOLE_INTERNAL_H

#include "engine/app/console.h"
#include "engine/base/list.h"
#include "engine/base/tmr.h"
#include "engine/core/cli.h"
#include "engine/io/io.h"

struct console_conn {
	struct list node; /* in console.open */
	struct console *console;
	struct io_stream *stream;
	struct tmr tmr;
	bool stays;	     /* a console; else it has said nothing yet, or is a script */
	bool once;	     /* closes after this command */
	bool waits;	     /* for the end of the engine */
	struct cli_job *job; /* a command that is not over; what is typed behind it waits */
	struct cli_session session;
	uint64_t lost; /* log lines left out since it was last told */
	size_t len;
	char text[LIMIT_CONSOLE_IN];
};

/* Lines on their way from any thread to the control loop. */
struct console_lines {
	struct ring *ring;
	struct blob_pool *pool;
	_Atomic uint32_t waiting;
	_Atomic uint64_t dropped;
	_Atomic bool rung;	 /* control was woken and has not looked yet */
	_Atomic unsigned levels; /* what any open console wants */
	_Atomic int verbose;
};

struct console {
	struct control *control;
	struct io_listener *listener;
	struct slab *conns;
	struct list open;
	uint32_t open_count;
	struct console_lines lines;
};

void console_print(void *conn, struct slice text);

/* console_log.c */
int console_lines_create(struct console_lines *l);
void console_lines_destroy(struct console_lines *l);
/* A session has changed, come or gone: what is asked of the log. */
void console_lines_want(struct console *c);
/* It reads again: it is told what it missed. */
void console_lines_say_lost(struct console_conn *conn);

#endif
