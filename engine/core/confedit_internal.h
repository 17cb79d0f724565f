/* engine/core/confedit_internal.h - shared by confedit.c (lines, sections) and confedit_change.c.
 */
#ifndef RINGER_CORE_CONFEDIT_INTERNAL_H
#define RINGER_CORE_CONFEDIT_INTERNAL_H

#include "engine/core/confedit.h"

/* Lines looked at for what sections inherit from one another, in one change. */
#define CONFEDIT_EFFORT 20000000

enum confedit_kind {
	CONFEDIT_REMARK, /* empty, or nothing but a comment */
	CONFEDIT_OTHER,	 /* a directive, or what the grammar passes over */
	CONFEDIT_SECTION,
	CONFEDIT_VAR,
};

struct confedit_line {
	char *text, *plain; /* as written, without its end; a copy without comments that the slices
			       point into */
	size_t len;
	enum confedit_kind kind;
	struct slice name, value; /* of a section: what stands in the parentheses */
	bool is_object, adds;	  /* written with =>, with += */
	bool open;		  /* a block comment goes on below it */
};

struct confedit {
	struct confedit_line *lines;
	size_t count, room;
	size_t bytes;  /* of all lines with their ends */
	bool open_end; /* the last line has no end */
	uint64_t effort;
};

/* 0, -ENOMEM, -EFBIG. */
int confedit_put_line(struct confedit *e, size_t at, struct slice text);
int confedit_set_line(struct confedit *e, size_t at, struct slice text);
void confedit_cut(struct confedit *e, size_t at, size_t count);

/* Index of the section's own line; SIZE_MAX: none fits. */
size_t confedit_find(const struct confedit *e, const struct confedit_where *where);
/* Behind the last line that belongs to it: remarks below belong to the next one. */
size_t confedit_body_end(const struct confedit *e, size_t head);
/* Can lines at..at+count-1 go, or with count 0 a line be put there, without touching a block
 * comment? */
bool confedit_is_free(const struct confedit *e, size_t at, size_t count);
bool confedit_is_template(const struct confedit_line *head);

/* The section of that name above `head`. */
size_t confedit_base(struct confedit *e, size_t head, struct slice name);
/* Walks what stands in the parentheses. */
bool confedit_next_base(struct slice *rest, struct slice *name);
/* How many variables it inherits; does it from that one, directly or not? */
uint64_t confedit_inherited(struct confedit *e, size_t head);
bool confedit_inherits(struct confedit *e, size_t head, size_t from);

#endif
