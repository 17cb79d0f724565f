/* Changes of configuration files: the input is lines of changes, an empty line, and the file.
 *
 * A change is "what|section|name|value|match|number". What must hold: a file that is not changed
 * comes out as it went in; one that could be read can be read after each change; no change adds
 * more lines than it may. */
#include "engine/base/check.h"
#include "engine/core/confedit.h"
#include "engine/core/conffile.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	const char *ptr;
	size_t len;
};

static int read_one(void *arg, const char *path, char **text, size_t *len)
{
	const struct text *t = arg;

	if (strcmp(path, "/f.conf") != 0)
		return -ENOENT;
	*text = malloc(t->len + 1);
	if (!*text)
		return -ENOMEM;
	memcpy(*text, t->ptr, t->len);
	(*text)[t->len] = 0;
	*len = t->len;
	return 0;
}

static void note_nothing(void *arg, enum log_level level, const char *file, int line,
			 const char *text)
{
	(void)arg;
	(void)level;
	(void)file;
	(void)line;
	(void)text;
}

static bool can_be_read(const char *ptr, size_t len)
{
	struct text t = {ptr, len};
	const struct conffile_source source = {
		.arg = &t, .read = read_one, .note = note_nothing, .etc_dir = "/"};
	struct conffile_error err;
	struct conffile *cf;

	if (conffile_load(&cf, &source, "/f.conf", &err) != 0)
		return false;
	conffile_free(cf);
	return true;
}

static size_t lines_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static void change(struct confedit *e, struct slice line)
{
	struct slice part[6] = {SLICE_EMPTY};
	struct confedit_where where;
	struct confedit_var var;
	int64_t number = -1;
	char what;

	for (size_t i = 0; i < ARRAY_COUNT(part) && slice_split(&line, '|', &part[i]); i++)
		;
	what = part[0].len > 0 ? part[0].ptr[0] : 0;
	where = (struct confedit_where){.section = part[1], .filter = slice_from(part[0], 1)};
	var = (struct confedit_var){
		.name = part[2], .value = part[3], .is_object = part[5].len > 3};
	if (!slice_i64(part[5], &number) || number < 0)
		number = -1;
	if (what == 'n') {
		struct confedit_new how = {.before = part[4],
					   .bases = part[3],
					   .is_template = part[2].len == 1,
					   .may_repeat = part[5].len > 0};

		confedit_add_section(e, part[1], &how);
	} else if (what == 'r') {
		confedit_rename_section(e, &where, part[2]);
	} else if (what == 'd') {
		confedit_delete_section(e, &where);
	} else if (what == 'e') {
		confedit_empty_section(e, &where);
	} else if (what == 'u') {
		confedit_update(e, &where, &var, part[4], number < 0);
	} else if (what == 'x') {
		confedit_delete(e, &where, part[2], part[4], number, part[3].len == 0);
	} else if (what == 'a') {
		confedit_append(e, &where, &var);
	} else if (what == 'i') {
		confedit_insert(e, &where, &var, number < 0 ? 0 : number);
	}
}

/* A change that takes a base away makes a file that cannot be read: as in Asterisk the client is to
 * blame. */
static bool may_break(struct slice line)
{
	return line.len > 0 && strchr("rdn", line.ptr[0]) != NULL;
}

static void check_change(struct confedit *e, struct slice line)
{
	char *before, *after;
	size_t len, now_len;
	bool was_good;

	check(confedit_text(e, &before, &len) == 0);
	was_good = can_be_read(before, len);
	change(e, line);
	check(confedit_text(e, &after, &now_len) == 0);
	check(lines_of(after, now_len) <= 2 * lines_of(before, len) + 3);
	if (was_good && !may_break(line))
		check(can_be_read(after, now_len));
	free(before);
	free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_make((const char *)data, size), line;
	size_t end = slice_find_text(all, SLICE_LIT("\n\n"));
	struct slice changes = slice_head(all, end);
	struct slice file = end == SIZE_MAX ? SLICE_EMPTY : slice_from(all, end + 2);
	struct confedit *e;
	char *text;
	size_t len;

	if (size > 65536 || confedit_load(&e, file) != 0)
		return 0;
	check(confedit_text(e, &text, &len) == 0);
	check(len == file.len && (len == 0 || memcmp(text, file.ptr, len) == 0));
	free(text);
	for (int n = 0; n < 20 && changes.len > 0 && slice_split(&changes, '\n', &line); n++)
		check_change(e, line);
	confedit_free(e);
	return 0;
}
