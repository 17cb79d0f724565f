/* engine/base/log.h - sparse log lines with a level, handed to one writer.
 *
 * Formatting happens only when the level is on. Lines go to log_writer_fn (engine/app sets it; until
 * then: stderr), from any thread. Each place in the code is limited to LOG_BURST lines a second of
 * its own; what was left out is said with the next line. The clock is given by the caller of
 * log_set_clock, so that the simulation stays deterministic. */
#ifndef RINGER_BASE_LOG_H
#define RINGER_BASE_LOG_H

#include "engine/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_VERBOSE, /* with a verbosity 1.. */
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_COUNT,
};

struct log_line {
	enum log_level level;
	int verbosity; /* of LOG_LEVEL_VERBOSE */
	int64_t wall_ns;
	const char *file;
	int line;
	const char *func;
	const char *call;  /* channel name or NULL */
	const char *text;  /* NUL-terminated, without line end */
};

typedef void (*log_writer_fn)(void *arg, const struct log_line *line);
typedef int64_t (*log_clock_fn)(void *arg); /* wall clock in ns */

/* One place's rate limit. */
struct log_site {
	int64_t window_ns;
	uint32_t count;
	uint32_t dropped;
};
#define LOG_BURST 20

void log_set_writer(log_writer_fn fn, void *arg);
void log_set_clock(log_clock_fn fn, void *arg);
/* Two readers ask for lines: the files (and the terminal), and the consoles. What either wants is
 * written; each sorts out what the other one asked for. least LOG_LEVEL_COUNT: nothing. */
enum log_reader { LOG_READER_FILES, LOG_READER_CONSOLES, LOG_READER_COUNT };
void log_set_reader(enum log_reader who, enum log_level least, int verbosity);
/* log_set_reader of the files. */
void log_set_level(enum log_level least, int verbosity);
/* "core set debug": without it debug lines are off whoever wants them. Starts as 1. */
void log_set_debug(int level);
int log_debug_level(void);
bool log_is_on(enum log_level level, int verbosity);
/* Only through the macros. */
void log_write(struct log_site *site, enum log_level level, int verbosity, const char *file,
	       int line, const char *func, const char *call, const char *fmt, ...)
	__attribute__((format(printf, 8, 9)));
/* A text of several lines behind a line of its own, for whoever reads verbose lines at all, as it
 * is: each line becomes one of the log, without a limit but the writer's. */
void log_lines(const char *file, struct slice head, struct slice text);
/* One such line. */
void log_line_raw(const char *file, struct slice text);
#define LOG_VERBOSITY_RAW (-1) /* of such a line */
const char *log_level_name(enum log_level level);

#define LOG_AT(level, verbosity, call, ...)                                                        \
	do {                                                                                       \
		static struct log_site log_site_;                                                  \
		if (log_is_on(level, verbosity))                                                   \
			log_write(&log_site_, level, verbosity, __FILE__, __LINE__, __func__,      \
				  call, __VA_ARGS__);                                              \
	} while (0)

#define log_debug(...)         LOG_AT(LOG_LEVEL_DEBUG, 0, NULL, __VA_ARGS__)
#define log_verbose(n, ...)    LOG_AT(LOG_LEVEL_VERBOSE, n, NULL, __VA_ARGS__)
#define log_notice(...)        LOG_AT(LOG_LEVEL_NOTICE, 0, NULL, __VA_ARGS__)
#define log_warning(...)       LOG_AT(LOG_LEVEL_WARNING, 0, NULL, __VA_ARGS__)
#define log_error(...)         LOG_AT(LOG_LEVEL_ERROR, 0, NULL, __VA_ARGS__)
/* The same with the channel's name. */
#define log_call(level, verbosity, name, ...) LOG_AT(level, verbosity, name, __VA_ARGS__)

#endif
