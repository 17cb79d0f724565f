/* engine/core/conffile_line.c - comments of one configuration line. */
#include "engine/core/conffile_internal.h"

/* True if line[at] begins ";--" that is not ";---". */
static bool opens_block(const char *line, size_t len, size_t at)
{
	return at + 2 < len && line[at + 1] == '-' && line[at + 2] == '-' &&
	       !(at + 3 < len && line[at + 3] == '-');
}

size_t conffile_line_strip(char *line, size_t len, int *depth, bool *too_deep)
{
	size_t out = 0;
	size_t fresh = 0; /* behind the last mark: "--;" may not reuse the dashes of ";--" */

	*too_deep = false;
	for (size_t i = 0; i < len; i++) {
		if (line[i] != ';') {
			if (*depth == 0)
				line[out++] = line[i];
		} else if (i > 0 && line[i - 1] == '\\') {
			/* The backslash was written already: the semicolon takes its place. */
			if (*depth == 0 && out > 0)
				line[out - 1] = ';';
		} else if (opens_block(line, len, i)) {
			if (*depth < LIMIT_CONF_NEST)
				(*depth)++;
			else
				*too_deep = true;
			i += 2;
			fresh = i + 1;
		} else if (*depth > 0 && i >= fresh + 2 && line[i - 1] == '-' &&
			   line[i - 2] == '-') {
			(*depth)--;
			fresh = i + 1;
		} else if (*depth == 0) {
			break;
		}
	}
	return out;
}
