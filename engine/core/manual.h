/* engine/core/manual.h - what "core show application" and "core show function" tell.
 *
 * One page for each entry of the tables in app.c and func.c, beside the one line that the entry has
 * itself. A test walks the tables and fails where a page, or a part of it, is missing. */
#ifndef RINGER_CORE_MANUAL_H
#define RINGER_CORE_MANUAL_H

#include "engine/base/slice.h"

struct manual_page {
	const char *name;
	const char *syntax;    /* "Wait(seconds)" */
	const char *text;      /* what it does; lines of at most 100 octets */
	const char *arguments; /* "seconds\n    How long; ..."; NULL: it takes none */
	const char *see;       /* names of others, separated by ", "; NULL: none */
};

/* Sorted as the tables are; without case. NULL: no such page. */
const struct manual_page *manual_app(struct slice name);
const struct manual_page *manual_func(struct slice name);

#endif
