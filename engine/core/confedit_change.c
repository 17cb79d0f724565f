/* engine/core/confedit_change.c - the changes of confedit.h. */
#include "engine/core/confedit_internal.h"

#include "engine/base/sink.h"

#include <errno.h>

static enum confedit_result result_of(int err)
{
	return err ? CONFEDIT_NO_MEMORY : CONFEDIT_OK;
}

/* ---- text that may go into a file ---- */

/* Nothing that ends a line or could not be seen. */
static bool is_printable(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if ((c < ' ' && c != '\t') || c == 127)
			return false;
	}
	return true;
}

static bool is_same_trimmed(struct slice text)
{
	return slice_trim(text).len == text.len;
}

static bool is_section_name(struct slice name)
{
	return name.len > 0 && name.len < LIMIT_CONF_LINE / 2 && is_printable(name) &&
	       slice_find(name, ']') == SIZE_MAX && slice_find(name, ';') == SIZE_MAX;
}

static bool is_var_name(struct slice name)
{
	return name.len > 0 && name.len < LIMIT_CONF_LINE / 4 && is_printable(name) &&
	       is_same_trimmed(name) && !strchr("[#\\;=", name.ptr[0]) &&
	       slice_find(name, '=') == SIZE_MAX && slice_find(name, ';') == SIZE_MAX &&
	       name.ptr[name.len - 1] != '+';
}

/* "name = value"; a semicolon is escaped, so that no comment begins. False: it cannot be written.
 */
static bool write_var(struct sink *out, const struct confedit_var *v)
{
	if (!is_var_name(v->name) || !is_printable(v->value) || !is_same_trimmed(v->value))
		return false;
	sink_add(out, v->name);
	sink_str(out, v->is_object ? " => " : " = ");
	/* What looks like a part of the sign would be read as one. */
	if (!v->is_object && v->value.len > 0 && v->value.ptr[0] == '>')
		return false;
	for (size_t i = 0; i < v->value.len; i++) {
		if (v->value.ptr[i] == ';')
			sink_char(out, '\\');
		sink_char(out, v->value.ptr[i]);
	}
	return !out->over;
}

/* The remark behind the value that a line had stays: "key = old ; why". */
static void write_remark(struct sink *out, const struct confedit_line *l)
{
	struct slice text = slice_make(l->text, l->len);

	for (size_t i = 1; i < text.len; i++) {
		if (text.ptr[i] != ';' || text.ptr[i - 1] == '\\')
			continue;
		while (i > 0 && (text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\t'))
			i--;
		sink_add(out, slice_rtrim(slice_from(text, i)));
		return;
	}
}

/* Lines of files written elsewhere end in CRLF: new ones do so too. */
static void write_end(const struct confedit *e, struct sink *out)
{
	if (e->count > 0 && e->lines[0].len > 0 && e->lines[0].text[e->lines[0].len - 1] == '\r')
		sink_char(out, '\r');
}

static enum confedit_result put_var(struct confedit *e, size_t at, const struct confedit_var *v)
{
	char text[LIMIT_CONF_LINE];
	struct sink out = sink_make(text, sizeof(text) - 2);

	if (!confedit_is_free(e, at, 0) || !write_var(&out, v))
		return CONFEDIT_BAD_TEXT;
	write_end(e, &out);
	return result_of(confedit_put_line(e, at, sink_slice(&out)));
}

/* 0 lines are fine. */
static enum confedit_result cut(struct confedit *e, size_t at, size_t count)
{
	if (count > 0 && !confedit_is_free(e, at, count))
		return CONFEDIT_BAD_TEXT;
	confedit_cut(e, at, count);
	return CONFEDIT_OK;
}

/* ---- sections ---- */

static enum confedit_result write_head(struct sink *out, struct slice name, struct slice options)
{
	if (!is_section_name(name) || !is_printable(options))
		return CONFEDIT_BAD_TEXT;
	sink_char(out, '[');
	sink_add(out, name);
	sink_char(out, ']');
	if (options.len > 0) {
		sink_char(out, '(');
		sink_add(out, options);
		sink_char(out, ')');
	}
	return out->over ? CONFEDIT_BAD_TEXT : CONFEDIT_OK;
}

/* "!,base,base" */
static enum confedit_result write_options(struct confedit *e, size_t at,
					  const struct confedit_new *how, struct sink *out)
{
	struct slice rest = how->bases, name;

	if (how->is_template)
		sink_char(out, '!');
	while (confedit_next_base(&rest, &name)) {
		if (confedit_base(e, at, name) == SIZE_MAX)
			return CONFEDIT_NO_BASE;
		if (slice_find(name, ')') != SIZE_MAX)
			return CONFEDIT_BAD_TEXT;
		if (out->len > 0)
			sink_char(out, ',');
		sink_add(out, name);
	}
	return out->over ? CONFEDIT_BAD_TEXT : CONFEDIT_OK;
}

/* Above the remarks that stand over a section. */
static size_t above(const struct confedit *e, size_t head)
{
	while (head > 0 && e->lines[head - 1].kind == CONFEDIT_REMARK && e->lines[head - 1].len > 0)
		head--;
	return head;
}

enum confedit_result confedit_add_section(struct confedit *e, struct slice name,
					  const struct confedit_new *how)
{
	const struct confedit_where same = {.section = name,
					    .filter = SLICE_LIT("TEMPLATES=include")};
	const struct confedit_where before = {.section = how->before,
					      .filter = SLICE_LIT("TEMPLATES=include")};
	char head_text[LIMIT_CONF_LINE], option_text[LIMIT_CONF_LINE];
	struct sink head = sink_make(head_text, sizeof(head_text) - 2);
	struct sink options = sink_make(option_text, sizeof(option_text));
	enum confedit_result result;
	size_t at = e->count;
	int err = 0;

	e->effort = CONFEDIT_EFFORT;
	if (!how->may_repeat && confedit_find(e, &same) != SIZE_MAX)
		return CONFEDIT_EXISTS;
	if (how->before.len > 0) {
		at = confedit_find(e, &before);
		if (at == SIZE_MAX)
			return CONFEDIT_NO_SECTION;
		at = above(e, at);
	}
	if (!confedit_is_free(e, at, 0))
		return CONFEDIT_BAD_TEXT;
	result = write_options(e, at, how, &options);
	if (result == CONFEDIT_OK)
		result = write_head(&head, name, sink_slice(&options));
	if (result != CONFEDIT_OK)
		return result;
	write_end(e, &head);
	e->open_end = e->open_end && at < e->count;
	err = confedit_put_line(e, at, sink_slice(&head));
	if (!err && at + 1 < e->count)
		err = confedit_put_line(e, at + 1, SLICE_EMPTY);
	else if (!err && at > 0 && e->lines[at - 1].len > 0)
		err = confedit_put_line(e, at, SLICE_EMPTY);
	return result_of(err);
}

enum confedit_result confedit_rename_section(struct confedit *e, const struct confedit_where *where,
					     struct slice name)
{
	char text[LIMIT_CONF_LINE];
	struct sink out = sink_make(text, sizeof(text) - 2);
	size_t head = confedit_find(e, where);
	enum confedit_result result;

	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	result = write_head(&out, name, e->lines[head].value);
	if (result != CONFEDIT_OK)
		return result;
	if (!confedit_is_free(e, head, 0))
		return CONFEDIT_BAD_TEXT;
	write_remark(&out, &e->lines[head]);
	write_end(e, &out);
	return out.over ? CONFEDIT_BAD_TEXT
			: result_of(confedit_set_line(e, head, sink_slice(&out)));
}

/* Remarks over it stay: they may be those of the file. */
enum confedit_result confedit_delete_section(struct confedit *e, const struct confedit_where *where)
{
	size_t head = confedit_find(e, where);

	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	return cut(e, head, confedit_body_end(e, head) - head);
}

enum confedit_result confedit_empty_section(struct confedit *e, const struct confedit_where *where)
{
	size_t head = confedit_find(e, where);

	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	return cut(e, head + 1, confedit_body_end(e, head) - head - 1);
}

/* ---- variables ---- */

static bool var_fits(const struct confedit_line *l, struct slice name, struct slice match)
{
	return l->kind == CONFEDIT_VAR && slice_ieq(l->name, name) &&
	       (match.len == 0 || slice_ieq(l->value, match));
}

/* The first that fits from `at` on, before `end`. */
static size_t var_find(const struct confedit *e, size_t at, size_t end, struct slice name,
		       struct slice match)
{
	while (at < end && !var_fits(&e->lines[at], name, match))
		at++;
	return at < end ? at : SIZE_MAX;
}

/* Does the section inherit such a variable? */
static bool var_is_inherited(struct confedit *e, size_t head, struct slice name, struct slice match)
{
	struct slice rest = e->lines[head].value, base_name;

	while (e->effort > 0 && confedit_next_base(&rest, &base_name)) {
		size_t base = confedit_base(e, head, base_name);

		if (base == SIZE_MAX)
			continue;
		if (var_find(e, base + 1, confedit_body_end(e, base), name, match) != SIZE_MAX ||
		    var_is_inherited(e, base, name, match))
			return true;
	}
	return false;
}

/* Sections that inherit this line get it as their own, unless they have one of that name. */
static enum confedit_result keep_effect_of(struct confedit *e, size_t head, size_t line)
{
	char text[LIMIT_CONF_LINE];
	struct sink out = sink_make(text, sizeof(text));
	const struct confedit_var v = {.name = e->lines[line].name,
				       .value = e->lines[line].value,
				       .is_object = e->lines[line].is_object};
	enum confedit_result result = CONFEDIT_OK;
	struct confedit_var kept;

	/* Lines move: the text must not. */
	if (!write_var(&out, &v))
		return CONFEDIT_BAD_TEXT;
	kept = v;
	kept.name = slice_head(sink_slice(&out), v.name.len);
	for (size_t i = head + 1; i < e->count && result == CONFEDIT_OK; i++) {
		size_t end;

		if (e->lines[i].kind != CONFEDIT_SECTION || !confedit_inherits(e, i, head))
			continue;
		end = confedit_body_end(e, i);
		if (var_find(e, i + 1, end, kept.name, SLICE_EMPTY) == SIZE_MAX)
			result = result_of(confedit_put_line(e, end, sink_slice(&out)));
	}
	return result;
}

static enum confedit_result replace_var(struct confedit *e, size_t line,
					const struct confedit_var *var)
{
	char text[2 * LIMIT_CONF_LINE];
	struct sink out = sink_make(text, LIMIT_CONF_LINE - 2);
	struct confedit_var v = *var;

	v.is_object |= e->lines[line].is_object;
	if (!confedit_is_free(e, line, 0) || !write_var(&out, &v))
		return CONFEDIT_BAD_TEXT;
	write_remark(&out, &e->lines[line]);
	write_end(e, &out);
	return out.over ? CONFEDIT_BAD_TEXT
			: result_of(confedit_set_line(e, line, sink_slice(&out)));
}

enum confedit_result confedit_update(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var, struct slice match,
				     bool keep_effect)
{
	size_t head = confedit_find(e, where), end, line;
	enum confedit_result result = CONFEDIT_OK;

	e->effort = CONFEDIT_EFFORT;
	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	end = confedit_body_end(e, head);
	line = var_find(e, head + 1, end, var->name, match);
	if (line == SIZE_MAX) /* what is inherited gets a line of its own */
		return var_is_inherited(e, head, var->name, match) ? put_var(e, end, var)
								   : CONFEDIT_NOTHING;
	if (keep_effect)
		result = keep_effect_of(e, head, line);
	return result == CONFEDIT_OK ? replace_var(e, line, var) : result;
}

/* The own variable with that number; SIZE_MAX: it is inherited, or there is none. */
static size_t var_by_number(struct confedit *e, size_t head, int64_t number)
{
	size_t end = confedit_body_end(e, head);

	number -= (int64_t)confedit_inherited(e, head);
	for (size_t i = head + 1; i < end && number >= 0; i++) {
		if (e->lines[i].kind == CONFEDIT_VAR && number-- == 0)
			return i;
	}
	return SIZE_MAX;
}

static enum confedit_result delete_line(struct confedit *e, size_t head, size_t line,
					bool keep_effect)
{
	enum confedit_result result = CONFEDIT_OK;

	if (keep_effect)
		result = keep_effect_of(e, head, line);
	return result == CONFEDIT_OK ? cut(e, line, 1) : result;
}

enum confedit_result confedit_delete(struct confedit *e, const struct confedit_where *where,
				     struct slice name, struct slice match, int64_t line,
				     bool keep_effect)
{
	enum confedit_result result = CONFEDIT_NOTHING;
	size_t head = confedit_find(e, where), at;

	e->effort = CONFEDIT_EFFORT;
	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	if (line >= 0) {
		at = var_by_number(e, head, line);
		return at == SIZE_MAX ? CONFEDIT_NOTHING : delete_line(e, head, at, keep_effect);
	}
	at = head + 1;
	while ((at = var_find(e, at, confedit_body_end(e, head), name, match)) != SIZE_MAX) {
		result = delete_line(e, head, at, keep_effect);
		if (result != CONFEDIT_OK)
			break;
	}
	return result;
}

enum confedit_result confedit_append(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var)
{
	size_t head = confedit_find(e, where);

	return head == SIZE_MAX ? CONFEDIT_NO_SECTION : put_var(e, confedit_body_end(e, head), var);
}

enum confedit_result confedit_insert(struct confedit *e, const struct confedit_where *where,
				     const struct confedit_var *var, int64_t line)
{
	size_t head = confedit_find(e, where), at;

	e->effort = CONFEDIT_EFFORT;
	if (head == SIZE_MAX)
		return CONFEDIT_NO_SECTION;
	if (line < (int64_t)confedit_inherited(e, head))
		line = (int64_t)confedit_inherited(e, head); /* before the first of its own */
	at = var_by_number(e, head, line);
	return put_var(e, at == SIZE_MAX ? confedit_body_end(e, head) : at, var);
}
