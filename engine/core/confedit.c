/* engine/core/confedit.c - see confedit.h. The lines and their sections; the changes are in
 * confedit_change.c. */
#include "engine/core/confedit_internal.h"

#include "engine/base/regex.h"
#include "engine/core/conffile_internal.h"

#include <errno.h>
#include <stdlib.h>

/* ---- lines ---- */

static void line_free(struct confedit_line *l)
{
	free(l->text);
	free(l->plain);
}

/* A variable: name and value are parts of l->plain. */
static void line_read_var(struct confedit_line *l, struct slice plain)
{
	bool escaped = plain.ptr[0] == '\\';
	struct slice name, value;
	size_t eq;

	plain = slice_from(plain, escaped);
	eq = slice_find(slice_from(plain, escaped), '=');
	if (eq == SIZE_MAX)
		return;
	eq += escaped;
	name = slice_head(plain, eq);
	value = slice_from(plain, eq + 1);
	l->adds = name.len > 0 && name.ptr[name.len - 1] == '+';
	l->is_object = !l->adds && value.len > 0 && value.ptr[0] == '>';
	l->name = slice_trim(slice_head(name, name.len - l->adds));
	l->value = slice_trim(slice_from(value, l->is_object));
	l->kind = l->name.len > 0 ? CONFEDIT_VAR : CONFEDIT_OTHER;
}

static void line_read_section(struct confedit_line *l, struct slice plain)
{
	size_t close = slice_find(plain, ']');
	struct slice rest;

	if (close == SIZE_MAX)
		return;
	l->kind = CONFEDIT_SECTION;
	l->name = slice_make(plain.ptr + 1, close - 1);
	rest = slice_from(plain, close + 1);
	close = slice_find(rest, ')');
	if (rest.len > 0 && rest.ptr[0] == '(' && close != SIZE_MAX)
		l->value = slice_make(rest.ptr + 1, close - 1);
}

/* What the grammar makes of l->text. depth: of block comments, before and after the line. */
static void line_read(struct confedit_line *l, int *depth)
{
	bool too_deep;
	struct slice plain;

	memcpy(l->plain, l->text, l->len);
	plain = slice_trim(
		slice_make(l->plain, conffile_line_strip(l->plain, l->len, depth, &too_deep)));
	l->open = *depth > 0;
	l->kind = CONFEDIT_OTHER;
	l->name = l->value = SLICE_EMPTY;
	if (plain.len == 0)
		l->kind = CONFEDIT_REMARK;
	else if (plain.ptr[0] == '[')
		line_read_section(l, plain);
	else if (plain.ptr[0] != '#')
		line_read_var(l, plain);
}

static int line_make(struct confedit_line *l, struct slice text)
{
	*l = (struct confedit_line){
		.text = malloc(text.len + 1), .plain = malloc(text.len + 1), .len = text.len};
	if (!l->text || !l->plain) {
		line_free(l);
		return -ENOMEM;
	}
	if (text.len > 0)
		memcpy(l->text, text.ptr, text.len);
	return 0;
}

int confedit_put_line(struct confedit *e, size_t at, struct slice text)
{
	struct confedit_line line;
	int depth = 0;

	if (e->bytes + text.len + 1 > LIMIT_CONF_TEXT)
		return -EFBIG;
	if (e->count == e->room) {
		size_t room = e->room ? 2 * e->room : 64;
		struct confedit_line *more = realloc(e->lines, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		e->lines = more;
		e->room = room;
	}
	if (line_make(&line, text) != 0)
		return -ENOMEM;
	line_read(&line, &depth);
	memmove(e->lines + at + 1, e->lines + at, (e->count - at) * sizeof(*e->lines));
	e->lines[at] = line;
	e->count++;
	e->bytes += text.len + 1;
	return 0;
}

int confedit_set_line(struct confedit *e, size_t at, struct slice text)
{
	int err = confedit_put_line(e, at, text);

	if (!err)
		confedit_cut(e, at + 1, 1);
	return err;
}

void confedit_cut(struct confedit *e, size_t at, size_t count)
{
	for (size_t i = at; i < at + count; i++) {
		e->bytes -= e->lines[i].len + 1;
		line_free(&e->lines[i]);
	}
	if (count == 0)
		return;
	memmove(e->lines + at, e->lines + at + count, (e->count - at - count) * sizeof(*e->lines));
	e->count -= count;
}

int confedit_load(struct confedit **out, struct slice text)
{
	struct confedit *e = calloc(1, sizeof(*e));
	int err = 0, depth = 0;
	struct slice line;
	bool any;

	if (!e)
		return -ENOMEM;
	any = text.len > 0;
	e->open_end = any && text.ptr[text.len - 1] != '\n';
	text.len -= any && !e->open_end;
	while (any && !err && slice_split(&text, '\n', &line)) {
		err = confedit_put_line(e, e->count, line);
		if (!err) /* again, now with what was open before it */
			line_read(&e->lines[e->count - 1], &depth);
	}
	if (err) {
		confedit_free(e);
		return err;
	}
	*out = e;
	return 0;
}

void confedit_free(struct confedit *e)
{
	if (!e)
		return;
	confedit_cut(e, 0, e->count);
	free(e->lines);
	free(e);
}

int confedit_text(const struct confedit *e, char **text, size_t *len)
{
	char *at = malloc(e->bytes + 1);

	if (!at)
		return -ENOMEM;
	*text = at;
	for (size_t i = 0; i < e->count; i++) {
		memcpy(at, e->lines[i].text, e->lines[i].len);
		at += e->lines[i].len;
		*at++ = '\n';
	}
	if (e->open_end && at > *text)
		at--;
	*at = 0;
	*len = (size_t)(at - *text);
	return 0;
}

/* ---- sections ---- */

static size_t section_end(const struct confedit *e, size_t head)
{
	size_t at = head + 1;

	while (at < e->count && e->lines[at].kind != CONFEDIT_SECTION)
		at++;
	return at;
}

size_t confedit_body_end(const struct confedit *e, size_t head)
{
	size_t end = section_end(e, head);

	while (end > head + 1 && e->lines[end - 1].kind == CONFEDIT_REMARK)
		end--;
	while (end < e->count &&
	       e->lines[end - 1].open) /* behind the comment that its last line begins */
		end++;
	return end;
}

bool confedit_is_free(const struct confedit *e, size_t at, size_t count)
{
	return !(at > 0 && e->lines[at - 1].open) && !(count > 0 && e->lines[at + count - 1].open);
}

bool confedit_is_template(const struct confedit_line *head)
{
	struct slice rest = head->value, part;

	while (rest.len > 0 && slice_split(&rest, ',', &part))
		if (slice_eq(slice_trim(part), SLICE_LIT("!")))
			return true;
	return false;
}

/* Has one of its own variables that value? (What it inherits is looked at by GetConfig, which has
 * the whole tree.) */
static bool condition_holds(const struct confedit *e, size_t head, struct slice condition)
{
	size_t eq = slice_find(condition, '='), end = confedit_body_end(e, head);
	bool holds = false;
	struct regex *re;

	if (eq == SIZE_MAX)
		return false;
	if (regex_compile(&re, slice_trim(slice_from(condition, eq + 1))))
		return false;
	for (size_t i = head + 1; i < end && !holds; i++) {
		const struct confedit_line *l = &e->lines[i];

		if (l->kind != CONFEDIT_VAR ||
		    !slice_ieq(l->name, slice_trim(slice_head(condition, eq))))
			continue;
		holds = regex_matches(re, l->value);
	}
	regex_free(re);
	return holds;
}

static bool section_fits(const struct confedit *e, size_t head, struct slice filter)
{
	bool templates = false, restricted = false;
	struct slice part;

	while (filter.len > 0 && slice_split(&filter, ',', &part)) {
		part = slice_trim(part);
		if (slice_ieq(part, SLICE_LIT("TEMPLATES=include")))
			templates = true;
		else if (slice_ieq(part, SLICE_LIT("TEMPLATES=restrict")))
			restricted = true;
		else if (part.len > 0 && !condition_holds(e, head, part))
			return false;
	}
	if (restricted)
		return confedit_is_template(&e->lines[head]);
	return templates || !confedit_is_template(&e->lines[head]);
}

size_t confedit_find(const struct confedit *e, const struct confedit_where *where)
{
	for (size_t i = 0; i < e->count; i++) {
		if (e->lines[i].kind == CONFEDIT_SECTION &&
		    slice_ieq(e->lines[i].name, where->section) &&
		    section_fits(e, i, where->filter))
			return i;
	}
	return SIZE_MAX;
}

/* ---- what sections inherit ---- */

size_t confedit_base(struct confedit *e, size_t head, struct slice name)
{
	for (size_t i = 0; i < head && e->effort > 0; i++, e->effort--) {
		if (e->lines[i].kind == CONFEDIT_SECTION && slice_ieq(e->lines[i].name, name))
			return i;
	}
	return SIZE_MAX;
}

bool confedit_next_base(struct slice *rest, struct slice *name)
{
	while (rest->len > 0 && slice_split(rest, ',', name)) {
		*name = slice_trim(*name);
		if (name->len > 0 && name->ptr[0] != '!' && name->ptr[0] != '+')
			return true;
	}
	return false;
}

/* Bases stand above what inherits from them, so this ends; a file of malice meets the bound of the
 * effort. */
uint64_t confedit_inherited(struct confedit *e, size_t head)
{
	struct slice rest = e->lines[head].value, name;
	uint64_t count = 0;

	while (e->effort > 0 && confedit_next_base(&rest, &name)) {
		size_t base = confedit_base(e, head, name), end;

		if (base == SIZE_MAX)
			continue;
		end = confedit_body_end(e, base);
		count += confedit_inherited(e, base);
		for (size_t i = base + 1; i < end && e->effort > 0; i++, e->effort--)
			count += e->lines[i].kind == CONFEDIT_VAR;
	}
	return count;
}

bool confedit_inherits(struct confedit *e, size_t head, size_t from)
{
	struct slice rest = e->lines[head].value, name;

	while (e->effort > 0 && confedit_next_base(&rest, &name)) {
		size_t base = confedit_base(e, head, name);

		if (base != SIZE_MAX && (base == from || confedit_inherits(e, base, from)))
			return true;
	}
	return false;
}
