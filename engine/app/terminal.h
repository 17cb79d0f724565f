/* engine/app/terminal.h - `ringer -r` and `ringer -c`: a person at a console (libedit inside).
 *
 * Editing, history (kept in ~/.ringer_history) and completion are here; what commands there are and
 * what completes a word only the engine knows. Input that is no terminal is read line by line. */
#ifndef RINGER_APP_TERMINAL_H
#define RINGER_APP_TERMINAL_H

#include <stdbool.h>

struct terminal_conf {
	const char *path;   /* of the control socket */
	int verbose, debug; /* to begin with: -v, -d */
	bool reconnects;    /* -R: tries for half a minute to find the engine again */
	bool owns_engine; /* -c: the console of this very engine; it ends with it, and not before */
	/* Each time a signal has come; false: end. May be NULL. */
	bool (*on_signal)(void *arg);
	void *arg;
};

/* Until the person or the engine ends it. 0, or a negative errno when there is no engine. */
int terminal_run(const struct terminal_conf *conf);

#endif
