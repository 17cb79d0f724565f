/* engine/app/console.h - the control socket: consoles of a running engine, and `ringer -rx`.
 *
 * Protocol (cli.md 1): the server greets "<host>/<pid>/<version>\n"; the client sends commands,
 * each ended by a NUL. "cli quit after <command>" is a script: it gets the output and the server
 * closes. Any other command makes the connection a console that stays, and that is shown lines of
 * the log; such a line begins with an octet of CONSOLE_MARK or above. A script whose command stops
 * the engine keeps its connection until the engine is gone. `_COMMAND MATCHESARRAY "line"` is
 * answered with the words that may complete the line, separated by blanks, and "_EOF_\n". */
#ifndef RINGER_APP_CONSOLE_H
#define RINGER_APP_CONSOLE_H

#include "engine/base/log.h"
#include "engine/base/sink.h"
#include "engine/core/control.h"

#define CONSOLE_MARK 0xf5 /* from here on no octet is UTF-8: 0xff minus the verbosity */
#define CONSOLE_ONCE "cli quit after "
#define CONSOLE_ASK  "_COMMAND MATCHESARRAY "
#define CONSOLE_EOF  "_EOF_"

struct console;
/* 0, -EADDRINUSE when another engine serves that socket (said in *error), ... */
int console_create(struct console **out, struct control *c, const char *path, unsigned mode,
		   struct sink *error);
void console_destroy(struct console *c); /* NULL is fine */
/* A line of the log, for the consoles that want it. Any thread; never waits. */
void console_take_line(struct console *c, const struct log_line *line);
/* In each turn of the control loop; true: more waits. */
bool console_turn(struct console *c);

/* The other end: runs one command, writes its output to standard output. 0, or a negative errno
 * when no engine answers. */
int console_run_remote(const char *path, const char *command);

#endif
