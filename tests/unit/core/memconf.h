/* tests/unit/core/memconf.h - configuration files in memory, for tests and fuzzing of what reads
 * them. Paths are "/etc/ringer/<name>"; notes are collected as lines "LEVEL file:line text". */
#ifndef RINGER_TESTS_UNIT_CORE_MEMCONF_H
#define RINGER_TESTS_UNIT_CORE_MEMCONF_H

#include "engine/core/conffile.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMCONF_DIR "/etc/ringer"

struct memconf_file {
	const char *name;
	const char *text;
	size_t len; /* 0: strlen */
};

struct memconf {
	const struct memconf_file *files; /* ended by a NULL name */
	char notes[8192];
	struct conffile_source source;
};

static inline const struct memconf_file *memconf_find(const struct memconf *m, const char *path)
{
	for (const struct memconf_file *f = m->files; f->name; f++) {
		char full[LIMIT_PATH];

		snprintf(full, sizeof(full), "%s/%s", MEMCONF_DIR, f->name);
		if (strcmp(full, path) == 0)
			return f;
	}
	return NULL;
}

static inline int memconf_read(void *arg, const char *path, char **text, size_t *len)
{
	const struct memconf_file *f = memconf_find(arg, path);

	if (!f)
		return -ENOENT;
	*len = f->len ? f->len : strlen(f->text);
	*text = malloc(*len + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, f->text, *len);
	return 0;
}

static inline int memconf_glob(void *arg, const char *pattern, char ***paths, size_t *count)
{
	const struct memconf *m = arg;
	size_t n = 0;

	for (const struct memconf_file *f = m->files; f->name; f++)
		n++;
	*paths = calloc(n + 1, sizeof(**paths));
	*count = 0;
	while (*paths && n-- > 0) { /* backwards: the reader must sort */
		char full[LIMIT_PATH];

		snprintf(full, sizeof(full), "%s/%s", MEMCONF_DIR, m->files[n].name);
		if (fnmatch(pattern, full, FNM_PATHNAME) == 0)
			(*paths)[(*count)++] = strdup(full);
	}
	return *paths ? 0 : -ENOMEM;
}

static inline void memconf_note(void *arg, enum log_level level, const char *file, int line,
				const char *text)
{
	struct memconf *m = arg;
	size_t used = strlen(m->notes);

	snprintf(m->notes + used, sizeof(m->notes) - used, "%s %s:%d %s\n",
		 level == LOG_LEVEL_ERROR ? "ERROR" : "WARNING", file, line, text);
}

static inline void memconf_init(struct memconf *m, const struct memconf_file *files)
{
	m->files = files;
	m->notes[0] = 0;
	m->source = (struct conffile_source){.arg = m,
					     .read = memconf_read,
					     .glob = memconf_glob,
					     .note = memconf_note,
					     .etc_dir = MEMCONF_DIR};
}

#endif
