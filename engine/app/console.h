/* engine/app/console.h - the console socket: one command a connection, as `asterisk -rx`.
 *
 * Protocol (cli.md 1): the server greets "<host>/<pid>/<version>\n"; the client sends
 * "cli quit after <command>" ended by a NUL, gets the output, and the server closes. A command that
 * stops the engine keeps its connection until the engine is gone. */
#ifndef RINGER_APP_CONSOLE_H
#define RINGER_APP_CONSOLE_H

#include "engine/base/sink.h"
#include "engine/core/control.h"

struct console;
/* 0, -EADDRINUSE when another engine serves that socket (said in *error), ... */
int console_create(struct console **out, struct control *c, const char *path, unsigned mode,
		   struct sink *error);
void console_destroy(struct console *c); /* NULL is fine */

/* The other end: runs one command, writes its output to standard output. 0, or a negative errno when
 * no engine answers. */
int console_run_remote(const char *path, const char *command);

#endif
