/* engine/app/logger.h - where log lines go: logger.conf, files and the terminal.
 *
 * Lines come from any thread into a bounded lock-free queue; one loop of its own writes them, so no
 * call ever waits for a disk. A full queue leaves lines out and says how many. Without logger.conf:
 * messages.log below astlogdir with notices, warnings and errors, and the terminal in the foreground. */
#ifndef RINGER_APP_LOGGER_H
#define RINGER_APP_LOGGER_H

#include "engine/base/sink.h"
#include "engine/core/conffile.h"

struct logger;

struct logger_options {
	const char *log_dir;
	bool terminal;   /* also to standard error */
	int verbose;     /* verbosity of the terminal */
	bool debug;
};

/* cf: logger.conf or NULL. Takes the log over (log_set_writer). 0; -EINVAL with *error. */
int logger_start(struct logger **out, const struct logger_options *options, const struct conffile *cf,
		 struct sink *error);
/* Writes what waits, gives the log back. NULL is fine. */
void logger_stop(struct logger *l);

#endif
