/* tests/unit/core/rows.h - documents of the source tree that name options, read by tests.
 *
 * A row is a line "| type: option, option | ..."; who has one is asked by type and name. */
#ifndef RINGER_TESTS_UNIT_CORE_ROWS_H
#define RINGER_TESTS_UNIT_CORE_ROWS_H

#include "engine/base/slice.h"
#include "tests/unit/cmocka.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_ROOM (1 << 20)

/* The text of a document; the caller frees it. name: from the root of the tree. */
static inline char *rows_read(const char *name)
{
	char path[512];
	char *text = malloc(ROWS_ROOM);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", RINGER_SOURCE_DIR, name);
	file = fopen(path, "r");
	assert_true(file && text);
	text[fread(text, 1, ROWS_ROOM - 1, file)] = 0;
	fclose(file);
	return text;
}

static inline bool rows_have(const char *text, const char *type, struct slice option)
{
	struct slice rest = slice_str(text), line, cell, name;
	char head[64];
	int len = snprintf(head, sizeof(head), "| %s: ", type);

	while (slice_split(&rest, '\n', &line)) {
		if (!slice_starts(line, slice_str(head)))
			continue;
		line = slice_from(line, (size_t)len);
		slice_split(&line, '|', &cell);
		while (slice_split(&cell, ',', &name))
			if (slice_eq(slice_trim(name), option))
				return true;
	}
	return false;
}

#endif
