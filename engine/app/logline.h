/* engine/app/logline.h - a line of the log as people read it. */
#ifndef RINGER_APP_LOGLINE_H
#define RINGER_APP_LOGLINE_H

#include "engine/base/log.h"
#include "engine/base/sink.h"

struct io;

/* For files: "[Nov 30 17:00:00] WARNING[PJSIP/a-00000001] file.c: text\n". Cut, but with its end,
 * when *out is too small for it. */
void logline_write(struct sink *out, const struct io *io, const struct log_line *line);
/* For consoles: verbose lines bare, indented by their level; others as in files. */
void logline_write_console(struct sink *out, const struct io *io, const struct log_line *line);

#endif
