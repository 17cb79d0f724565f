/* engine/core/conffile_load.c - the parser of the common configuration grammar. */
#include "engine/core/conffile_internal.h"

#include "engine/base/check.h"
#include "engine/base/regex.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct loader {
	struct conffile *cf;
	const struct conffile_source *source;
	struct conffile_error *err;
	struct conffile_node *current;
	unsigned file_count;
};

/* The file that is being read; `name` as written, kept in the tree. */
struct place {
	const char *name;
	int line;
	int depth;
};

static int fail(struct loader *ld, const struct place *at, int rc, const char *remedy,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void note(struct loader *ld, enum log_level level, const struct place *at, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));
static int file_load(struct loader *ld, struct slice name, int depth);

/* Describes what rejects the whole file; returns rc. */
static int fail(struct loader *ld, const struct place *at, int rc, const char *remedy,
		const char *fmt, ...)
{
	struct conffile_error *err = ld->err;
	va_list ap;

	*err = (struct conffile_error){.line = at->line};
	snprintf(err->file, sizeof(err->file), "%s", at->name);
	snprintf(err->remedy, sizeof(err->remedy), "%s", remedy);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return rc;
}

static void note(struct loader *ld, enum log_level level, const struct place *at, const char *fmt,
		 ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ld->source->note)
		ld->source->note(ld->source->arg, level, at->name, at->line, text);
	else if (level == LOG_LEVEL_ERROR)
		log_error("%s", text);
	else
		log_warning("%s", text);
}

static int fail_memory(struct loader *ld, const struct place *at)
{
	return fail(ld, at, -ENOMEM, "give the process more memory", "out of memory");
}

/* ---- variables ---- */

static int var_add(struct loader *ld, const struct place *at, struct conffile_node *node,
		   const struct conffile_var *proto)
{
	struct conffile_var *v;

	if (ld->cf->var_count >= LIMIT_CONF_VARS)
		return fail(ld, at, -EINVAL, "inherit less, or split the configuration",
			    "more than %d variables", LIMIT_CONF_VARS);
	v = keep_alloc(&ld->cf->keep, sizeof(*v));
	if (!v)
		return fail_memory(ld, at);
	*v = *proto;
	v->next = NULL;
	if (node->last)
		node->last->next = v;
	else
		node->pub.vars = v;
	node->last = v;
	ld->cf->var_count++;
	return 0;
}

static int var_new(struct loader *ld, const struct place *at, struct slice name, struct slice value,
		   bool is_object)
{
	struct conffile_var v = {.file = at->name, .line = at->line, .is_object = is_object};

	if (slice_is_empty(name)) {
		note(ld, LOG_LEVEL_WARNING, at, "No variable name in line %d of %s", at->line,
		     at->name);
		return 0;
	}
	v.name = keep_dup(&ld->cf->keep, name);
	v.value = keep_dup(&ld->cf->keep, value);
	if (!v.name.ptr || !v.value.ptr)
		return fail_memory(ld, at);
	return var_add(ld, at, ld->current, &v);
}

/* The last variable of that very name, writable: the tree is ours until it is handed out. */
static struct conffile_var *var_last(struct conffile_node *node, struct slice name)
{
	const struct conffile_var *found = NULL;

	for (const struct conffile_var *v = node->pub.vars; v; v = v->next)
		if (slice_eq(v->name, name))
			found = v;
	return (struct conffile_var *)found;
}

static int var_append(struct loader *ld, const struct place *at, struct slice name,
		      struct slice value)
{
	struct conffile_var *v = var_last(ld->current, name);
	char *text;

	if (!v)
		return var_new(ld, at, name, value, false);
	if (v->value.len + value.len > LIMIT_CONF_VALUE)
		return fail(ld, at, -EINVAL, "write the value as several options",
			    "value of '%s' grows over %d bytes, line %d of %s", v->name.ptr,
			    LIMIT_CONF_VALUE, at->line, at->name);
	text = keep_alloc(&ld->cf->keep, v->value.len + value.len + 1);
	if (!text)
		return fail_memory(ld, at);
	memcpy(text, v->value.ptr, v->value.len);
	if (value.len)
		memcpy(text + v->value.len, value.ptr, value.len);
	v->value = slice_make(text, v->value.len + value.len);
	return 0;
}

static int line_variable(struct loader *ld, const struct place *at, struct slice line)
{
	bool escaped = line.ptr[0] == '\\';
	struct slice name, value;
	bool is_object;
	size_t eq;

	if (!ld->current)
		return fail(ld, at, -EINVAL, "begin a section with [name] above this line",
			    "parse error: No category context for line %d of %s", at->line,
			    at->name);
	line = slice_from(line, escaped);
	if (escaped && (line.len == 0 || (unsigned char)line.ptr[0] < 33))
		return fail(ld, at, -EINVAL, "write the character to be taken as it is behind '\\'",
			    "Invalid escape in line %d of %s", at->line, at->name);
	eq = slice_find(slice_from(line, escaped), '=');
	if (eq == SIZE_MAX) {
		note(ld, LOG_LEVEL_WARNING, at, "No '=' (equal sign) in line %d of %s", at->line,
		     at->name);
		return 0;
	}
	eq += escaped;
	name = slice_head(line, eq);
	value = slice_from(line, eq + 1);
	if (eq > escaped && line.ptr[eq - 1] == '+')
		return var_append(ld, at, slice_trim(slice_head(name, eq - 1)), slice_trim(value));
	is_object = value.len > 0 && value.ptr[0] == '>';
	return var_new(ld, at, slice_trim(name), slice_trim(slice_from(value, is_object)),
		       is_object);
}

/* ---- sections ---- */

static int inherit(struct loader *ld, const struct place *at, struct conffile_node *node,
		   const struct conffile_section *base)
{
	const struct conffile_var *end = node->last;

	/* A section may name itself as its base: copy what was there before, not the copies. */
	if (&node->pub == base && !end)
		return 0;
	for (const struct conffile_var *v = base->vars; v; v = v->next) {
		int rc = var_add(ld, at, node, v);

		if (rc)
			return rc;
		if (v == end && &node->pub == base)
			break;
	}
	return 0;
}

/* One condition "name=regex" of (+name=regex&...): true if a variable of the section fits. */
static bool condition_holds(const struct conffile_section *s, struct slice condition)
{
	struct regex *re;
	size_t eq = slice_find(condition, '=');
	const struct conffile_var *v;
	bool found = false;

	if (eq == SIZE_MAX)
		return false;
	if (regex_compile(&re, slice_trim(slice_from(condition, eq + 1))))
		return false;
	for (v = s->vars; v && !found; v = v->next)
		found = slice_ieq(v->name, slice_trim(slice_head(condition, eq))) &&
			regex_matches(re, v->value);
	regex_free(re);
	return found;
}

/* Does an existing section fit (+filter)? Without TEMPLATES=... templates do not. */
static bool section_fits(const struct conffile_section *s, struct slice name, struct slice filter)
{
	struct slice part;
	bool templates = false;
	bool restricted = false;

	if (!slice_ieq(s->name, name))
		return false;
	while (filter.len && slice_split(&filter, '&', &part)) {
		part = slice_trim(part);
		if (slice_ieq(part, SLICE_LIT("TEMPLATES=include")))
			templates = true;
		else if (slice_ieq(part, SLICE_LIT("TEMPLATES=restrict")))
			restricted = true;
		else if (!slice_is_empty(part) && !condition_holds(s, part))
			return false;
	}
	if (restricted)
		return s->is_template;
	return templates || !s->is_template;
}

static struct conffile_node *section_first(struct loader *ld, struct slice name,
					   struct slice filter)
{
	const struct conffile_section *s = conffile_first_raw(ld->cf);

	while (s && !section_fits(s, name, filter))
		s = s->next;
	/* `pub` is the first member, and the tree is ours until it is handed out. */
	return (struct conffile_node *)s;
}

static struct conffile_node *section_new(struct loader *ld, const struct place *at,
					 struct slice name)
{
	struct conffile_node *node = keep_alloc(&ld->cf->keep, sizeof(*node));

	if (!node)
		return NULL;
	node->pub.name = keep_dup(&ld->cf->keep, name);
	node->pub.file = at->name;
	node->pub.line = at->line;
	return node->pub.name.ptr ? node : NULL;
}

static void section_link(struct loader *ld, struct conffile_node *node)
{
	if (ld->cf->last)
		ld->cf->last->pub.next = &node->pub;
	else
		ld->cf->first = node;
	ld->cf->last = node;
}

/* Notes the name of a base. False: no memory. */
static bool base_add(struct loader *ld, struct conffile_node *node, struct slice name)
{
	struct slice had = node->pub.bases;
	size_t len = had.len + (had.len > 0) + name.len;
	char *text = keep_alloc(&ld->cf->keep, len + 1);

	if (!text)
		return false;
	if (had.len > 0) {
		memcpy(text, had.ptr, had.len);
		text[had.len] = ',';
	}
	memcpy(text + len - name.len, name.ptr, name.len);
	node->pub.bases = slice_make(text, len);
	return true;
}

/* One of the comma-separated options behind the bracket. May replace *node (addition). */
static int section_option(struct loader *ld, const struct place *at, struct slice name,
			  struct slice option, struct conffile_node **node)
{
	struct conffile_node *other;

	if (slice_eq(option, SLICE_LIT("!"))) {
		(*node)->pub.is_template = true;
		return 0;
	}
	if (option.len && option.ptr[0] == '+') {
		other = section_first(ld, name, slice_from(option, 1));
		if (!other)
			return fail(ld, at, -EINVAL,
				    "define the section above this line, or leave '(+)' out",
				    "Category addition requested, but category '%.*s' does not "
				    "exist, line %d of %s",
				    SLICE_ARG(name), at->line, at->name);
		*node = other;
		return 0;
	}
	other = section_first(ld, option, SLICE_LIT("TEMPLATES=include"));
	if (!other)
		return fail(ld, at, -EINVAL, "define the base above this line, or correct its name",
			    "Inheritance requested, but category '%.*s' does not exist, line %d "
			    "of %s",
			    SLICE_ARG(option), at->line, at->name);
	if (!base_add(ld, *node, option))
		return fail_memory(ld, at);
	return inherit(ld, at, *node, &other->pub);
}

static int line_section(struct loader *ld, const struct place *at, struct slice line)
{
	size_t close = slice_find(line, ']');
	struct conffile_node *fresh, *node;
	struct slice name, rest, option;
	int rc;

	if (close == SIZE_MAX)
		return fail(ld, at, -EINVAL, "close the section's name with ']'",
			    "parse error: no closing ']', line %d of %s", at->line, at->name);
	name = slice_make(line.ptr + 1, close - 1);
	fresh = node = section_new(ld, at, name);
	if (!node)
		return fail_memory(ld, at);
	rest = slice_from(line, close + 1);
	if (rest.len && rest.ptr[0] == '(') {
		close = slice_find(rest, ')');
		if (close == SIZE_MAX)
			return fail(ld, at, -EINVAL, "close the section's options with ')'",
				    "parse error: no closing ')', line %d of %s", at->line,
				    at->name);
		rest = slice_make(rest.ptr + 1, close - 1);
		while (slice_split(&rest, ',', &option)) {
			option = slice_trim(option);
			rc = slice_is_empty(option) ? 0
						    : section_option(ld, at, name, option, &node);
			if (rc)
				return rc;
		}
	}
	if (node == fresh)
		section_link(ld, node);
	ld->current = node;
	return 0;
}

/* ---- directives ---- */

static bool has_wildcard(struct slice s)
{
	return slice_find(s, '*') != SIZE_MAX || slice_find(s, '?') != SIZE_MAX ||
	       slice_find(s, '[') != SIZE_MAX;
}

/* The path that `name` stands for. 0 or -ENAMETOOLONG. */
static int path_make(const struct loader *ld, struct slice name, char dst[LIMIT_PATH])
{
	int n;

	if (name.len && name.ptr[0] == '/')
		n = snprintf(dst, LIMIT_PATH, "%.*s", SLICE_ARG(name));
	else
		n = snprintf(dst, LIMIT_PATH, "%s/%.*s", ld->source->etc_dir, SLICE_ARG(name));
	return n < 0 || n >= LIMIT_PATH ? -ENAMETOOLONG : 0;
}

static int missing(struct loader *ld, const struct place *at, struct slice name)
{
	return fail(ld, at, -EINVAL, "create it, or use #tryinclude",
		    "The file '%.*s' was listed as a #include but it does not exist.",
		    SLICE_ARG(name));
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int include_wildcard(struct loader *ld, const struct place *at, struct slice name,
			    bool must_exist)
{
	char pattern[LIMIT_PATH];
	char **paths = NULL;
	size_t count = 0;
	int rc = path_make(ld, name, pattern);

	if (rc == 0 && ld->source->glob)
		rc = ld->source->glob(ld->source->arg, pattern, &paths, &count);
	if (rc)
		return fail(ld, at, -EINVAL, "check the path and its rights",
			    "cannot look for files '%.*s': %s, line %d of %s", SLICE_ARG(name),
			    strerror(-rc), at->line, at->name);
	if (count == 0 && must_exist)
		rc = missing(ld, at, name);
	if (count)
		qsort(paths, count, sizeof(*paths), compare_paths);
	for (size_t i = 0; i < count; i++) {
		if (rc == 0)
			rc = file_load(ld, slice_str(paths[i]), at->depth + 1);
		free(paths[i]);
	}
	free(paths);
	return rc;
}

static int include(struct loader *ld, const struct place *at, struct slice name, bool must_exist)
{
	int rc;

	if (at->depth + 1 > LIMIT_CONF_DEPTH)
		return fail(ld, at, -EINVAL, "look for a file that includes itself",
			    "Maximum Include level (%d) exceeded, line %d of %s", LIMIT_CONF_DEPTH,
			    at->line, at->name);
	if (has_wildcard(name))
		return include_wildcard(ld, at, name, must_exist);
	rc = file_load(ld, name, at->depth + 1);
	if (rc != -ENOENT)
		return rc;
	return must_exist ? missing(ld, at, name) : 0;
}

/* The argument of a directive without the quotes or angle brackets around it. */
static struct slice unquote(struct slice s)
{
	while (s.len && strchr("<>\"", s.ptr[0]))
		s = slice_from(s, 1);
	while (s.len && strchr("<>\"", s.ptr[s.len - 1]))
		s.len--;
	return slice_trim(s);
}

static void note_exec(struct loader *ld, const struct place *at)
{
	if (ld->source->exec_allowed)
		note(ld, LOG_LEVEL_ERROR, at,
		     "#exec is not supported, line %d of %s is ignored; write the command's "
		     "output to a file and #include it",
		     at->line, at->name);
	else
		note(ld, LOG_LEVEL_ERROR, at,
		     "Cannot perform #exec unless execincludes option is enabled in "
		     "asterisk.conf (options section)! line %d of %s is ignored",
		     at->line, at->name);
}

static int line_directive(struct loader *ld, const struct place *at, struct slice line)
{
	struct slice word = slice_from(line, 1);
	struct slice arg;
	size_t len = 0;
	bool must_exist;

	while (len < word.len && (unsigned char)word.ptr[len] > 32)
		len++;
	arg = slice_trim(slice_from(word, len));
	word = slice_head(word, len);
	must_exist = slice_ieq(word, SLICE_LIT("include"));
	if (slice_ieq(word, SLICE_LIT("exec"))) {
		note_exec(ld, at);
		return 0;
	}
	if (!must_exist && !slice_ieq(word, SLICE_LIT("tryinclude"))) {
		note(ld, LOG_LEVEL_WARNING, at, "Unknown directive '#%.*s' at line %d of %s",
		     SLICE_ARG(word), at->line, at->name);
		return 0;
	}
	arg = unquote(arg);
	if (slice_is_empty(arg)) {
		note(ld, LOG_LEVEL_WARNING, at,
		     "Directive '#%.*s' needs an argument (filename) at line %d of %s",
		     SLICE_ARG(word), at->line, at->name);
		return 0;
	}
	return include(ld, at, arg, must_exist);
}

/* ---- files ---- */

static int line_load(struct loader *ld, const struct place *at, struct slice line)
{
	line = slice_trim(line);
	if (slice_is_empty(line))
		return 0;
	if (line.ptr[0] == '[')
		return line_section(ld, at, line);
	if (line.ptr[0] == '#')
		return line_directive(ld, at, line);
	return line_variable(ld, at, line);
}

/* One raw line, writable. `block` counts the open block comments. */
static int raw_load(struct loader *ld, const struct place *at, char *line, size_t len, int *block)
{
	bool too_deep;

	if (len > LIMIT_CONF_LINE - 1) {
		note(ld, LOG_LEVEL_WARNING, at,
		     "Line %d too long, skipping. It begins with: %.32s... (%s; a line has at most "
		     "%d "
		     "octets, longer values can be built with +=)",
		     at->line, line, at->name, LIMIT_CONF_LINE - 1);
		return 0;
	}
	if (memchr(line, 0, len)) {
		note(ld, LOG_LEVEL_WARNING, at,
		     "NUL byte in line %d of %s, skipping the line; is it a text file?", at->line,
		     at->name);
		return 0;
	}
	len = conffile_line_strip(line, len, block, &too_deep);
	if (too_deep)
		note(ld, LOG_LEVEL_ERROR, at, "Maximum nest limit of %d reached. line %d of %s",
		     LIMIT_CONF_NEST, at->line, at->name);
	return line_load(ld, at, slice_make(line, len));
}

static int text_load(struct loader *ld, struct place *at, char *text, size_t len)
{
	int block = 0;
	int block_line = 0;
	size_t at_byte = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	while (at_byte < len) {
		char *line = text + at_byte;
		char *lf = memchr(line, '\n', len - at_byte);
		size_t line_len = lf ? (size_t)(lf - line) : len - at_byte;
		int before = block;
		int rc;

		at->line++;
		at_byte += line_len + 1;
		rc = raw_load(ld, at, line, line_len, &block);
		if (rc)
			return rc;
		if (before == 0 && block > 0)
			block_line = at->line;
	}
	if (block > 0)
		note(ld, LOG_LEVEL_WARNING, at,
		     "Unterminated comment detected beginning on line %d of %s; end it with --;",
		     block_line, at->name);
	return 0;
}

/* Reads one file into the tree. -ENOENT only when this file itself does not exist. */
static int file_load(struct loader *ld, struct slice name, int depth)
{
	struct place at = {.depth = depth};
	char path[LIMIT_PATH];
	struct slice kept = keep_dup(&ld->cf->keep, name);
	char *text = NULL;
	size_t len = 0;
	int rc;

	at.name = kept.ptr ? kept.ptr : depth == 0 ? name.ptr : "an included file";
	if (!kept.ptr)
		return fail_memory(ld, &at);
	if (ld->file_count++ >= LIMIT_CONF_FILES)
		return fail(ld, &at, -EINVAL, "look for files that include one another",
			    "more than %d files", LIMIT_CONF_FILES);
	rc = path_make(ld, name, path);
	if (rc == 0)
		rc = ld->source->read(ld->source->arg, path, &text, &len);
	if (rc) {
		fail(ld, &at, rc, rc == -ENOENT ? "create it" : "check the path and its rights",
		     "cannot read '%s': %s", path, strerror(-rc));
		return depth > 0 && rc != -ENOENT ? -EINVAL : rc;
	}
	rc = text_load(ld, &at, text, len);
	free(text);
	return rc;
}

int conffile_load(struct conffile **out, const struct conffile_source *source, const char *name,
		  struct conffile_error *err)
{
	struct loader ld = {.source = source, .err = err};
	int rc;

	check(source->read);
	check(source->etc_dir);
	*err = (struct conffile_error){0};
	ld.cf = calloc(1, sizeof(*ld.cf));
	if (!ld.cf) {
		fail_memory(&ld, &(struct place){.name = name});
		return -ENOMEM;
	}
	rc = file_load(&ld, slice_str(name), 0);
	if (rc == 0) {
		ld.cf->path = keep_dup(&ld.cf->keep, slice_str(name)).ptr;
		if (!ld.cf->path)
			rc = fail_memory(&ld, &(struct place){.name = name});
	}
	if (rc) {
		conffile_free(ld.cf);
		return rc;
	}
	*out = ld.cf;
	return 0;
}
