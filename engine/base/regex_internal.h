/* engine/base/regex_internal.h - shared by regex*.c: the tree that is read, the program that runs.
 */
#ifndef RINGER_BASE_REGEX_INTERNAL_H
#define RINGER_BASE_REGEX_INTERNAL_H

#include "engine/base/limits.h"
#include "engine/base/regex.h"

#define REGEX_SET_BYTES 32 /* one bit an octet */
#define REGEX_ENDLESS	UINT32_MAX

struct regex_set {
	uint8_t bits[REGEX_SET_BYTES];
};

static inline bool regex_set_has(const struct regex_set *s, unsigned char c)
{
	return s->bits[c >> 3] & (1U << (c & 7));
}

static inline void regex_set_add(struct regex_set *s, unsigned char c)
{
	s->bits[c >> 3] |= (uint8_t)(1U << (c & 7));
}

bool regex_is_word(unsigned char c);

/* Conditions that take no octet. */
enum regex_place {
	REGEX_AT_START,
	REGEX_AT_END,
	REGEX_AT_WORD_EDGE,
	REGEX_INSIDE,
	REGEX_AT_WORD_START,
	REGEX_AT_WORD_END,
};

/* ---- tree ---- */

enum regex_kind {
	REGEX_CHAR, /* value: the octet */
	REGEX_ANY,
	REGEX_SET,   /* value: index of the set */
	REGEX_PLACE, /* value: enum regex_place */
	REGEX_CAT,   /* children one behind the other */
	REGEX_ALT,   /* one of the children */
	REGEX_REP,   /* the child, least to most times */
	REGEX_GROUP, /* the child; value: number, from 1 */
};

struct regex_node {
	uint8_t kind;
	uint32_t value;
	uint32_t least, most;		 /* REGEX_ENDLESS */
	struct regex_node *child, *next; /* the first child; the next of the same parent */
};

struct regex_tree {
	struct regex_node *nodes, *root;
	struct regex_set *sets;
	uint32_t node_count, set_count, group_count;
};

/* Reads the pattern; the rooms of *t are large enough for any of its length (regex.c). */
enum regex_error regex_read(struct regex_tree *t, struct slice pattern);
/* Behind "[": the list into *set, *at moves behind its end. */
enum regex_error regex_read_list(const char **at, const char *end, struct regex_set *set);

/* ---- program ---- */

enum regex_op {
	REGEX_OP_CHAR,
	REGEX_OP_ANY,
	REGEX_OP_SET,
	REGEX_OP_PLACE,
	REGEX_OP_SPLIT, /* x is preferred to y */
	REGEX_OP_JUMP,
	REGEX_OP_SAVE, /* x 0: the first group begins, 1: it ends */
	REGEX_OP_DONE,
};

struct regex_step {
	uint8_t op, octet;
	uint16_t x, y;
};

struct regex {
	uint32_t step_count, group_count;
	bool has_first;	    /* a match begins with an octet of `first` */
	bool at_start_only; /* it can begin at the start of the text alone */
	struct regex_set first;
	struct regex_set *sets; /* behind the steps */
	struct regex_step steps[];
};

#endif
