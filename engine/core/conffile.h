/* engine/core/conffile.h - the common grammar of all *.conf files, read into an immutable tree.
 *
 * Understands sections, templates `(!)`, inheritance `(a,b)`, additions `(+)`, `=`, `=>`, `+=`,
 * comments `;` and `;-- --;`, `\;`, #include, #tryinclude (both with wildcards), byte order mark,
 * LF and CRLF. Every variable keeps the file and line that it came from.
 *
 * Pure: it sees files only through the callbacks of struct conffile_source. All memory is taken
 * with malloc at load and given back by conffile_free; a loaded tree never changes and may be read
 * by any thread.
 *
 * An error that makes a whole file unusable rejects everything (nothing is half loaded) and is
 * described in struct conffile_error. Lesser faults are notes: they go to the source's note
 * function, or to the log if there is none, and the line is skipped. */
#ifndef RINGER_CORE_CONFFILE_H
#define RINGER_CORE_CONFFILE_H

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/base/slice.h"

struct conffile;

/* All slices have a NUL behind them, so .ptr is a C string too; never NULL. */
struct conffile_var {
	struct slice name;
	struct slice value;
	const char *file;		 /* as opened */
	int line;			 /* from 1 */
	bool is_object;			 /* written with => */
	const struct conffile_var *next; /* in the order of the file */
};

struct conffile_section {
	struct slice name;
	const char *file;
	int line;
	bool is_template;
	struct slice bases;		     /* what it inherits from, as written: "a,b" */
	const struct conffile_var *vars;     /* inherited ones first */
	const struct conffile_section *next; /* templates included */
};

struct conffile_error {
	char file[LIMIT_PATH];
	int line; /* 0: the file as a whole */
	char text[768];
	char remedy[256];
};

/* Gives the text of a file in memory taken with malloc, which the caller frees. 0, or -errno;
 * -ENOENT has a meaning of its own (missing file). */
typedef int (*conffile_read_fn)(void *arg, const char *path, char **text, size_t *len);
/* Gives the files that a wildcard names: an array of strings, array and strings taken with malloc.
 * In any order (they are sorted here). 0 and *count 0 when none matches, or -errno. */
typedef int (*conffile_glob_fn)(void *arg, const char *pattern, char ***paths, size_t *count);
/* A fault that does not reject the file. file and line name the place; line 0: none. */
typedef void (*conffile_note_fn)(void *arg, enum log_level level, const char *file, int line,
				 const char *text);

struct conffile_source {
	void *arg;
	conffile_read_fn read;
	conffile_glob_fn glob; /* NULL: wildcards match nothing */
	conffile_note_fn note; /* NULL: the log */
	const char *etc_dir;   /* where relative names live, without '/' at the end */
	bool exec_allowed;     /* asterisk.conf execincludes: changes the message only */
};

/* Reads `name` (absolute, or relative to etc_dir). 0; -ENOENT when the file itself is missing,
 * -EINVAL when it is rejected, else what read gave or -ENOMEM. *err is filled on every failure,
 * *out only on 0. */
int conffile_load(struct conffile **out, const struct conffile_source *source, const char *name,
		  struct conffile_error *err);
void conffile_free(struct conffile *cf); /* NULL is fine */

/* "file:line: text; remedy" in one line, for the log or the terminal. */
void conffile_error_text(const struct conffile_error *err, char *dst, size_t size);

/* The name as it was opened. */
const char *conffile_path(const struct conffile *cf);

/* Sections in the order of the file, without templates. cf NULL (a file that is not there) has none, here
 * and below. */
const struct conffile_section *conffile_first(const struct conffile *cf);
const struct conffile_section *conffile_next(const struct conffile_section *section);
/* With templates: for printing only. */
const struct conffile_section *conffile_first_raw(const struct conffile *cf);

/* The first section of that name that is no template, or NULL; exact, and in any case. */
const struct conffile_section *conffile_find(const struct conffile *cf, const char *name);
const struct conffile_section *conffile_ifind(const struct conffile *cf, const char *name);

/* Keys compare in any case. The last variable of that name (the one that counts for single-valued
 * options), or NULL. A NULL section has no variables. */
const struct conffile_var *conffile_get(const struct conffile_section *section, const char *key);
/* The first one behind `after` (NULL: from the start): walks a repeated key. */
const struct conffile_var *conffile_each(const struct conffile_section *section,
					 const struct conffile_var *after, const char *key);

/* The last value as text, or `otherwise` if there is none; NUL-terminated. */
const char *conffile_text(const struct conffile_section *section, const char *key,
			  const char *otherwise);
/* The last value as bool: what is not true is false; `otherwise` if there is none. */
bool conffile_bool(const struct conffile_section *section, const char *key, bool otherwise);
/* The last value as a decimal number min..max. Absent: `otherwise`. Anything else: a WARNING with
 * file, line and the range is logged, and `otherwise` is used. */
int64_t conffile_number(const struct conffile_section *section, const char *key, int64_t min,
			int64_t max, int64_t otherwise);

#endif
