/* engine/core/conffile_internal.h - shared by conffile.c (tree) and conffile_load.c (parser). */
#ifndef RINGER_CORE_CONFFILE_INTERNAL_H
#define RINGER_CORE_CONFFILE_INTERNAL_H

#include "engine/core/conffile.h"
#include "engine/core/keep.h"

/* The writable side of a section while the file is being read; `pub` is its first member. */
struct conffile_node {
	struct conffile_section pub;
	struct conffile_var *last;
};

struct conffile {
	struct keep keep; /* owns everything, this struct included not */
	const char *path;
	struct conffile_node *first, *last;
	size_t var_count;
};

/* Takes comments out of one line, in place. `depth` counts open ";--" and lives as long as the
 * file. Returns the length of what is left; *too_deep says that the nesting limit was hit. */
size_t conffile_line_strip(char *line, size_t len, int *depth, bool *too_deep);

#endif
