/* engine/app/logline.c - see logline.h. */
#include "engine/app/logline.h"

#include "engine/base/check.h"
#include "engine/io/io.h"

static void logline_end(struct sink *out)
{
	if (out->over && out->len > 0)
		out->ptr[out->len - 1] = '\n';
}

void logline_write(struct sink *out, const struct io *io, const struct log_line *line)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	const char *file = strrchr(line->file, '/');
	struct tm tm;

	io_local_time(io, line->wall_ns, &tm);
	sink_fmt(out, "[%s %2d %02d:%02d:%02d] %s", months[tm.tm_mon % 12], tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, log_level_name(line->level));
	if (line->call)
		sink_fmt(out, "[%s]", line->call);
	sink_fmt(out, " %s: %s\n", file ? file + 1 : line->file, line->text);
	logline_end(out);
}

void logline_write_console(struct sink *out, const struct io *io, const struct log_line *line)
{
	static const char *const indent[] = {" ", "  == ", "    -- ", "       > "};
	size_t level = line->verbosity > 0 ? (size_t)line->verbosity - 1 : 0;

	if (line->level != LOG_LEVEL_VERBOSE) {
		logline_write(out, io, line);
		return;
	}
	if (line->verbosity >= 0)
		sink_str(out,
			 indent[level < ARRAY_COUNT(indent) ? level : ARRAY_COUNT(indent) - 1]);
	sink_fmt(out, "%s\n", line->text);
	logline_end(out);
}
