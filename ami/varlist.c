/* ami/varlist.c - see varlist.h. */
#include "ami/varlist.h"

#include <errno.h>

struct varlist_scan {
	struct slice rest;
	int depth; /* of brackets */
	bool quoted;
};

/* Writes the next item without its quotes; false at the end of the text. */
static bool varlist_item(struct varlist_scan *v, struct sink *room)
{
	size_t i = 0;

	if (!v->rest.ptr)
		return false;
	v->depth = 0;
	v->quoted = false;
	for (; i < v->rest.len; i++) {
		char c = v->rest.ptr[i];

		if (c == ',' && !v->quoted && v->depth <= 0)
			break;
		if (c == '"') {
			v->quoted = !v->quoted;
			continue;
		}
		if (c == '\\' && i + 1 < v->rest.len)
			c = v->rest.ptr[++i];
		else if (!v->quoted && (c == '(' || c == '['))
			v->depth++;
		else if (!v->quoted && (c == ')' || c == ']') && v->depth > 0)
			v->depth--;
		sink_char(room, c);
	}
	v->rest = i < v->rest.len ? slice_from(v->rest, i + 1) : SLICE_EMPTY;
	return true;
}

struct varlist {
	struct originate_var *vars;
	uint32_t max, count;
};

static int varlist_add(struct varlist *l, struct slice item)
{
	size_t at = slice_find(item, '=');

	if (at == SIZE_MAX || at == 0)
		return 0;
	if (l->count == l->max)
		return -E2BIG;
	l->vars[l->count++] = (struct originate_var){
		.name = slice_head(item, at),
		.value = slice_from(item, at + 1),
	};
	return 0;
}

static int varlist_header(struct varlist *l, struct slice value, struct sink *room)
{
	struct varlist_scan v = {.rest = value};

	for (int i = 0; i < AMI_VARLIST_ITEMS; i++) {
		size_t from = room->len;
		int err;

		if (!varlist_item(&v, room))
			return 0;
		if (room->over)
			return -ENOSPC;
		err = varlist_add(l, slice_make(room->ptr + from, room->len - from));
		if (err)
			return err;
	}
	return 0;
}

int ami_varlist_items(struct originate_var *vars, uint32_t max, uint32_t *count,
		      const struct ami_msg *m, struct sink *room)
{
	struct varlist l = {.vars = vars, .max = max};
	uint32_t at = 0;
	struct slice value;

	while (ami_msg_each(m, "Variable", &at, &value)) {
		int err = varlist_header(&l, value, room);

		if (err)
			return err;
	}
	*count = l.count;
	return 0;
}

static void varlist_reverse(struct originate_var *vars, uint32_t count)
{
	for (uint32_t i = 0; i < count / 2; i++) {
		struct originate_var v = vars[i];

		vars[i] = vars[count - 1 - i];
		vars[count - 1 - i] = v;
	}
}

int ami_varlist_read(struct originate *o, const struct ami_msg *m, struct sink *room)
{
	struct originate_var *vars = o->vars + o->var_count;
	uint32_t count = 0;
	int err = ami_varlist_items(vars, LIMIT_ORDER_VARS - o->var_count, &count, m, room);

	if (err)
		return err;
	varlist_reverse(vars, count);
	o->var_count += count;
	return 0;
}
