/* engine/app/logger_conf.h - logger.conf: which lines go where. */
#ifndef RINGER_APP_LOGGER_CONF_H
#define RINGER_APP_LOGGER_CONF_H

#include "engine/base/limits.h"
#include "engine/base/sink.h"
#include "engine/core/conffile.h"

#define LOGGER_CHANNELS 16 /* places that lines go to, the terminal among them */

/* One place: a file, or the terminal (no name). */
struct logger_channel {
	char path[LIMIT_PATH];
	unsigned levels; /* bits 1 << enum log_level */
	int verbose;	 /* verbose lines up to this level */
	bool dynamic;	 /* by "logger add channel": a reload keeps it */
};

/* What "logger rotate" does with a file. */
enum logger_rotation {
	LOGGER_SEQUENTIAL, /* file.0, file.1, ...: the highest number is the newest */
	LOGGER_ROTATE,	   /* file.0 is the newest: all others move on */
	LOGGER_TIMESTAMP,  /* file.<seconds since 1970> */
	LOGGER_NONE,	   /* only opened again: something else has moved it */
};

struct logger_conf {
	struct logger_channel channels[LOGGER_CHANNELS];
	uint32_t count;
	enum logger_rotation rotation;
	bool rotate_now;
};

/* cf NULL: messages.log below dir with notices, warnings and errors. What does not fit is left out.
 */
void logger_conf_read(struct logger_conf *out, const struct conffile *cf, const char *dir);
/* "notice,verbose(3)" as levels; 0: none of them is known. */
unsigned logger_levels(struct slice text, int *verbose);
/* A name of logger.conf as a path: below dir unless it begins with a slash. */
void logger_path(char path[LIMIT_PATH], const char *dir, struct slice name);
/* False: the table is full. */
bool logger_conf_add(struct logger_conf *c, const struct logger_channel *channel);

#endif
