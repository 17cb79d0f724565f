/* engine/app/logger.h - where log lines go: files and the terminal.
 *
 * Lines come from any thread into a bounded lock-free queue; one loop of its own writes them, so no
 * call ever waits for a disk. A full queue leaves lines out and says how many. Without logger.conf:
 * messages.log below astlogdir with notices, warnings and errors, and the terminal in the
 * foreground. */
#ifndef RINGER_APP_LOGGER_H
#define RINGER_APP_LOGGER_H

#include "engine/app/logger_conf.h"
#include "engine/base/log.h"

struct logger;

struct logger_options {
	const char *log_dir;
	bool terminal; /* also to standard error */
	int verbose;   /* verbosity of the terminal */
	int debug;     /* "core set debug" at the start */
};

/* cf: logger.conf or NULL. Takes the log over (log_set_writer). 0; -EINVAL with *error. */
int logger_start(struct logger **out, const struct logger_options *options,
		 const struct conffile *cf, struct sink *error);
/* Writes what waits, gives the log back. NULL is fine. */
void logger_stop(struct logger *l);

/* A second reader, called on the thread that logs. fn NULL: none. */
void logger_set_listener(struct logger *l, log_writer_fn fn, void *arg);
/* Nothing more to the terminal: a console has it now. */
void logger_leave_terminal(struct logger *l);

/* ---- for one other thread, which may change it: control ---- */

/* Takes effect soon, on the logger's loop; rotate_now: what is open is rotated first. 0 or -ENOMEM.
 */
int logger_set_conf(struct logger *l, const struct logger_conf *conf);
const struct logger_conf *logger_get_conf(const struct logger *l);
bool logger_is_open(const struct logger *l, uint32_t channel);
const char *logger_dir(const struct logger *l);
uint32_t logger_queue_limit(void);

#endif
