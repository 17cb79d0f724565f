/* ami/config_update.c - UpdateConfig: the numbered changes of one message, all or none. See
 * config_job.h. */
#include "ami/config_job.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"
#include "engine/core/confedit.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdlib.h>

/* One group "Action-000000", "Cat-000000", ... */
struct change {
	struct slice action;
	struct confedit_where where;
	struct confedit_var var;
	struct slice match, line, options;
	bool keep_effect;
};

static struct slice group_header(const struct ami_msg *m, const char *name, uint32_t number)
{
	char text[32];
	struct sink out = sink_make(text, sizeof(text));

	sink_fmt(&out, "%s-%06u", name, number);
	return slice_trim(ami_msg_get(m, sink_cstr(&out)));
}

/* The next of the options, which are separated by commas; a value may be in quotes: inherit="a,b".
 */
static bool next_option(struct slice *rest, struct slice *name, struct slice *value)
{
	bool quoted = false;
	struct slice part;
	size_t len = 0, eq;

	if (rest->len == 0)
		return false;
	while (len < rest->len && (quoted || rest->ptr[len] != ',')) {
		quoted ^= rest->ptr[len] == '"';
		len++;
	}
	part = slice_trim(slice_head(*rest, len));
	*rest = slice_from(*rest, len + (len < rest->len));
	eq = slice_find(part, '=');
	*name = slice_trim(slice_head(part, eq));
	*value = eq == SIZE_MAX ? SLICE_EMPTY : slice_trim(slice_from(part, eq + 1));
	if (value->len >= 2 && value->ptr[0] == '"' && value->ptr[value->len - 1] == '"')
		*value = slice_make(value->ptr + 1, value->len - 2);
	return true;
}

static struct slice option(struct slice options, const char *wanted)
{
	struct slice name, value;

	while (next_option(&options, &name, &value)) {
		if (slice_ieq(name, slice_str(wanted)))
			return value.len > 0 ? value : SLICE_LIT("yes");
	}
	return SLICE_EMPTY;
}

static bool change_read(const struct ami_msg *m, uint32_t number, struct change *c)
{
	struct slice keep = ami_msg_get(m, "PreserveEffectiveContext");

	*c = (struct change){.action = group_header(m, "Action", number)};
	c->options = group_header(m, "Options", number);
	c->where.section = group_header(m, "Cat", number);
	c->where.filter = option(c->options, "catfilter");
	c->var.name = group_header(m, "Var", number);
	c->var.value = group_header(m, "Value", number);
	c->match = group_header(m, "Match", number);
	c->line = group_header(m, "Line", number);
	c->keep_effect = keep.len == 0 || slice_is_true(keep);
	if (c->var.value.len > 0 && c->var.value.ptr[0] == '>') {
		c->var.is_object = true;
		c->var.value = slice_ltrim(slice_from(c->var.value, 1));
	}
	return c->action.len > 0;
}

/* A template, and what inherits it, is named by Options as template, allowdups, inherit="a,b". */
static enum confedit_result do_newcat(struct confedit *e, const struct change *c)
{
	const struct confedit_new how = {.before = c->match,
					 .bases = option(c->options, "inherit"),
					 .is_template = option(c->options, "template").len > 0,
					 .may_repeat = option(c->options, "allowdups").len > 0};

	return confedit_add_section(e, c->where.section, &how);
}

static enum confedit_result do_renamecat(struct confedit *e, const struct change *c)
{
	return confedit_rename_section(e, &c->where, c->var.value);
}

static enum confedit_result do_delcat(struct confedit *e, const struct change *c)
{
	return confedit_delete_section(e, &c->where);
}

static enum confedit_result do_emptycat(struct confedit *e, const struct change *c)
{
	return confedit_empty_section(e, &c->where);
}

static enum confedit_result do_update(struct confedit *e, const struct change *c)
{
	return confedit_update(e, &c->where, &c->var, c->match, c->keep_effect);
}

static int64_t line_number(const struct change *c)
{
	int64_t n;

	return slice_i64(c->line, &n) && n >= 0 ? n : INT64_MAX;
}

static enum confedit_result do_delete(struct confedit *e, const struct change *c)
{
	return confedit_delete(e, &c->where, c->var.name, c->match,
			       c->line.len > 0 ? line_number(c) : -1, c->keep_effect);
}

static enum confedit_result do_append(struct confedit *e, const struct change *c)
{
	struct confedit_var var = c->var;

	var.is_object |= slice_ieq(c->match, SLICE_LIT("object"));
	return confedit_append(e, &c->where, &var);
}

static enum confedit_result do_insert(struct confedit *e, const struct change *c)
{
	return confedit_insert(e, &c->where, &c->var, line_number(c));
}

static const struct change_kind {
	const char *name;
	enum confedit_result (*run)(struct confedit *e, const struct change *c);
	bool needs_var, needs_value, needs_line, or_line;
	const char *failed;
} change_kinds[] = {
	{"newcat", do_newcat, .failed = "Create category did not complete successfully"},
	{"renamecat", do_renamecat, .needs_value = true, .failed = "Given category does not exist"},
	{"delcat", do_delcat, .failed = "Delete category did not complete successfully"},
	{"emptycat", do_emptycat, .failed = "Empty category did not complete successfully"},
	{"update", do_update, .needs_var = true, .failed = "Update did not complete successfully"},
	{"delete", do_delete, .needs_var = true, .or_line = true,
	 .failed = "Delete did not complete successfully"},
	{"append", do_append, .needs_var = true, .failed = "Append did not complete successfully"},
	{"insert", do_insert, .needs_var = true, .needs_line = true,
	 .failed = "Insert did not complete successfully"},
};

static const struct change_kind *change_kind(const struct change *c)
{
	for (size_t i = 0; i < ARRAY_COUNT(change_kinds); i++) {
		if (slice_ieq(slice_str(change_kinds[i].name), c->action))
			return &change_kinds[i];
	}
	return NULL;
}

static bool change_is_whole(const struct change_kind *kind, const struct change *c)
{
	if (kind->needs_var && c->var.name.len == 0 && !(kind->or_line && c->line.len > 0))
		return false;
	return !(kind->needs_value && c->var.value.len == 0) &&
	       !(kind->needs_line && c->line.len == 0);
}

static const char *result_text(const struct change_kind *kind, enum confedit_result result)
{
	switch (result) {
	case CONFEDIT_NO_SECTION:
		return kind->run == do_newcat ? kind->failed : "Given category does not exist";
	case CONFEDIT_NO_BASE:
		return "Template category not found";
	case CONFEDIT_BAD_TEXT:
		return "Problem with category, value, or line (if required)";
	case CONFEDIT_NO_MEMORY:
		return "Memory allocation failure, this should not happen";
	default:
		return kind->failed;
	}
}

/* NULL: done. */
static const char *change_run(struct confedit *e, const struct change *c)
{
	const struct change_kind *kind = change_kind(c);
	enum confedit_result result;

	if (c->where.section.len == 0)
		return "Category not specified";
	if (!kind)
		return "Unknown action command";
	if (!change_is_whole(kind, c))
		return "Problem with category, value, or line (if required)";
	result = kind->run(e, c);
	return result == CONFEDIT_OK ? NULL : result_text(kind, result);
}

static bool run_changes(struct ami_config_job *j, struct confedit *e)
{
	const char *fault = NULL;
	struct change c;

	for (uint32_t n = 0; n < LIMIT_AMI_HEADERS && change_read(&j->msg, n, &c) && !fault; n++)
		fault = change_run(e, &c);
	if (fault)
		ami_config_fail(j, fault);
	return fault == NULL;
}

/* ---- the files ---- */

static bool write_all(struct io *io, int fd, const char *text, size_t len)
{
	return (len == 0 || io_fs_write(io, fd, text, len) == (ssize_t)len) &&
	       io_fs_sync(io, fd) == 0;
}

/* Beside it, onto the disk, and then in its place: readers see the old file or the new one. */
static bool save(struct io *io, const char *path, unsigned mode, const char *text, size_t len)
{
	char beside[LIMIT_PATH];
	struct sink out = sink_make(beside, sizeof(beside));
	bool done;
	int fd;

	sink_fmt(&out, "%s.new", path);
	sink_cstr(&out);
	if (out.over || out.len == sizeof(beside))
		return false;
	fd = io_fs_open(io, beside, IO_FS_WRITE | IO_FS_CREATE | IO_FS_TRUNC, mode);
	if (fd < 0)
		return false;
	done = write_all(io, fd, text, len);
	io_fs_close(io, fd);
	if (done)
		done = io_fs_rename(io, beside, path) == 0;
	if (!done)
		io_fs_unlink(io, beside);
	return done;
}

static unsigned mode_of(struct io *io, const char *dst, const char *src)
{
	struct io_fs_stat st;

	if (io_fs_stat(io, dst, &st) == 0 || io_fs_stat(io, src, &st) == 0)
		return st.mode;
	return 0640;
}

static struct confedit *open_edit(struct ami_config_job *j, struct io *io, const char *path)
{
	struct conffile *cf;
	struct confedit *e = NULL;
	char *text;
	size_t len;
	int err;

	/* As a whole, with all that it includes, it must be a file that can be read. */
	if (!ami_config_load(j, io, path, &cf))
		return NULL;
	conffile_free(cf);
	err = io_fs_load(io, path, LIMIT_CONF_TEXT, &text, &len);
	if (!err) {
		err = confedit_load(&e, slice_make(text, len));
		free(text);
	}
	if (err)
		ami_config_fail(j, err == -EFBIG ? "Config file is too large"
				   : err == -ENOMEM
					   ? "Memory allocation failure, this should not happen"
					   : strerror(-err));
	return e;
}

void ami_config_update(struct ami_config_job *j, struct io *io)
{
	char src[LIMIT_PATH], dst[LIMIT_PATH];
	struct confedit *e;
	char *text;
	size_t len;

	if (!ami_config_path(j, io, ami_msg_get(&j->msg, "SrcFilename"), src) ||
	    !ami_config_path(j, io, ami_msg_get(&j->msg, "DstFilename"), dst))
		return;
	e = open_edit(j, io, src);
	if (!e)
		return;
	if (run_changes(j, e)) {
		if (confedit_text(e, &text, &len) != 0) {
			ami_config_fail(j, "Memory allocation failure, this should not happen");
		} else {
			if (!save(io, dst, mode_of(io, dst, src), text, len))
				ami_config_fail(j, "Save of config failed");
			free(text);
		}
	}
	confedit_free(e);
}
