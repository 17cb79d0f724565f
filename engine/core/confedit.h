/* engine/core/confedit.h - a configuration file as lines that can be changed one by one.
 *
 * The writer beside conffile.h: what is not changed stays as it was written, octet for octet:
 * comments, blank lines, directives, order, spelling. It sees the one file, not what that includes.
 * Pure; memory by malloc.
 *
 * Sections and variables are found as AMI's UpdateConfig finds them: names without case, the first
 * that fits. Variables are counted with the inherited ones before them, as GetConfig shows them. */
#ifndef RINGER_CORE_CONFEDIT_H
#define RINGER_CORE_CONFEDIT_H

#include "engine/base/limits.h"
#include "engine/base/slice.h"

enum confedit_result {
	CONFEDIT_OK,
	CONFEDIT_NO_SECTION,
	CONFEDIT_NO_BASE,   /* a template to inherit from is not there */
	CONFEDIT_EXISTS,    /* a section of that name does */
	CONFEDIT_NOTHING,   /* no variable fits, or no such line */
	CONFEDIT_BAD_TEXT,  /* a name or value that cannot be written in a file */
	CONFEDIT_NO_MEMORY, /* or above LIMIT_CONF_TEXT */
};

struct confedit;

/* 0 or -ENOMEM, -EFBIG (LIMIT_CONF_TEXT). The text is copied. */
int confedit_load(struct confedit **out, struct slice text);
void confedit_free(struct confedit *e); /* NULL is fine */
/* The file, in memory taken with malloc. 0 or -ENOMEM. */
int confedit_text(const struct confedit *e, char **text, size_t *len);

/* Which section. filter: conditions name=regex, separated by commas, over its variables;
 * TEMPLATES=include or TEMPLATES=restrict (without: no templates). */
struct confedit_where {
	struct slice section, filter;
};

struct confedit_new {
	struct slice before; /* a section: empty: at the end */
	struct slice bases;  /* names, separated by commas: what it inherits from */
	bool is_template, may_repeat;
};
enum confedit_result confedit_add_section(struct confedit *e, struct slice name,
					  const struct confedit_new *how);
enum confedit_result confedit_rename_section(struct confedit *e, const struct confedit_where *where,
					     struct slice name);
enum confedit_result confedit_delete_section(struct confedit *e,
					     const struct confedit_where *where);
enum confedit_result confedit_empty_section(struct confedit *e, const struct confedit_where *where);

struct confedit_var {
	struct slice name, value;
	bool is_object; /* written with => */
};
/* The first variable of that name and, if match is not empty, with that value. keep_effect:
 * sections that inherit the old value get it as their own. */
enum confedit_result confedit_update(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var, struct slice match,
				     bool keep_effect);
/* All of that name (and value), or the one with that number (line >= 0). */
enum confedit_result confedit_delete(struct confedit *e, const struct confedit_where *where,
				     struct slice name, struct slice match, int64_t line,
				     bool keep_effect);
enum confedit_result confedit_append(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var);
/* Before the variable with that number; behind the last if there is none. */
enum confedit_result confedit_insert(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var, int64_t line);

#endif
