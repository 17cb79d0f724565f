/* ami/config_job.c - see config_job.h. GetConfig, GetConfigJSON, ListCategories, CreateConfig. */
#include "ami/config_job.h"

#include "ami/text.h"
#include "engine/base/regex.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct ami_config_job *ami_config_job_make(const struct ami_msg *m)
{
	struct ami_config_job *j = calloc(1, sizeof(*j));
	size_t bytes = 1;
	char *at;

	if (!j)
		return NULL;
	for (uint32_t i = 0; i < m->line_count; i++)
		bytes += m->lines[i].len;
	j->msg_text = at = malloc(bytes);
	if (!at) {
		free(j);
		return NULL;
	}
	j->msg = *m;
	for (uint32_t i = 0; i < m->line_count; i++) {
		if (m->lines[i].len > 0)
			memcpy(at, m->lines[i].ptr, m->lines[i].len);
		j->msg.lines[i].ptr = at;
		at += m->lines[i].len;
	}
	return j;
}

void ami_config_job_free(struct ami_config_job *j)
{
	free(j->msg_text);
	free(j->text);
	free(j);
}

void ami_config_fail(struct ami_config_job *j, const char *text)
{
	snprintf(j->error, sizeof(j->error), "%s", text);
}

/* ---- output ---- */

static bool job_reserve(struct ami_config_job *j, size_t bytes)
{
	size_t room = 2 * (j->len + bytes) + 4096;
	char *more;

	if (j->no_memory || j->len + bytes > LIMIT_AMI_OUT_SOFT) {
		j->no_memory = true;
		return false;
	}
	if (j->room - j->len >= bytes)
		return true;
	more = realloc(j->text, room);
	j->no_memory = !more;
	if (more) {
		j->text = more;
		j->room = room;
	}
	return more != NULL;
}

static void job_add(struct ami_config_job *j, struct slice text)
{
	if (text.len > 0 && job_reserve(j, text.len)) {
		memcpy(j->text + j->len, text.ptr, text.len);
		j->len += text.len;
	}
}

static void job_fmt(struct ami_config_job *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void job_fmt(struct ami_config_job *j, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	job_add(j, slice_str(text));
}

/* A value that ends no line. */
static void job_value(struct ami_config_job *j, struct slice value)
{
	struct sink out;

	if (!job_reserve(j, 2 * value.len))
		return;
	out = sink_make(j->text + j->len, 2 * value.len);
	ami_text_value(&out, value);
	j->len += out.len;
}

/* ---- files ---- */

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	while (len > 0 && dir[len - 1] == '/')
		len--;
	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

/* Resolves the directory that the file is in; the file itself need not be there, and if it is a
 * link it is followed. */
static int resolve(struct io *io, const char *asked, char path[LIMIT_PATH])
{
	char dir[LIMIT_PATH], real[LIMIT_PATH];
	const char *slash = strrchr(asked, '/');
	struct sink out = sink_make(path, LIMIT_PATH);
	int err = io_fs_real_path(io, asked, path, LIMIT_PATH);

	if (err != -ENOENT)
		return err;
	slice_copy(dir, sizeof(dir), slice_make(asked, (size_t)(slash - asked) + 1));
	err = io_fs_real_path(io, dir, real, sizeof(real));
	if (err)
		return err;
	sink_str(&out, real);
	sink_str(&out, slash);
	sink_cstr(&out);
	return out.over || out.len == LIMIT_PATH ? -ENAMETOOLONG : 0;
}

static bool is_file_name(struct slice name)
{
	size_t slash = slice_rfind(name, '/');
	struct slice last = slash == SIZE_MAX ? name : slice_from(name, slash + 1);

	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.ptr[i] < ' ')
			return false;
	}
	return slice_trim(last).len > 0 && !slice_eq(last, SLICE_LIT(".")) &&
	       !slice_eq(last, SLICE_LIT(".."));
}

bool ami_config_path(struct ami_config_job *j, struct io *io, struct slice name,
		     char path[LIMIT_PATH])
{
	char asked[LIMIT_PATH], etc[LIMIT_PATH];
	struct sink out = sink_make(asked, sizeof(asked));
	int err;

	if (name.len == 0 || name.ptr[0] != '/')
		sink_fmt(&out, "%s/", j->files.etc_dir);
	sink_add(&out, name);
	sink_cstr(&out);
	if (!is_file_name(name) || out.over || out.len == sizeof(asked)) {
		ami_config_fail(j, "Filename is invalid");
		return false;
	}
	err = resolve(io, asked, path);
	if (!err)
		err = io_fs_real_path(io, j->files.etc_dir, etc, sizeof(etc));
	if (!err && is_below(path, etc))
		return true;
	ami_config_fail(j, err == -ENOENT ? "Config file not found"
			   : err	  ? strerror(-err)
					  : "File requires escalated privileges");
	return false;
}

/* The client hears of a fault, and it is none of the running configuration: nothing for the log. */
static void note_nothing(void *arg, enum log_level level, const char *file, int line,
			 const char *text)
{
	(void)arg;
	(void)level;
	(void)file;
	(void)line;
	(void)text;
}

bool ami_config_load(struct ami_config_job *j, struct io *io, const char *path,
		     struct conffile **out)
{
	struct conffile_source source;
	struct conffile_error fault;
	int err;

	j->files.source(&source, io, j->files.etc_dir);
	source.note = note_nothing;
	err = conffile_load(out, &source, path, &fault);
	if (err)
		ami_config_fail(j, err == -ENOENT ? "Config file not found"
						  : "Config file has invalid format");
	return err == 0;
}

static bool job_open(struct ami_config_job *j, struct io *io, struct conffile **out)
{
	char path[LIMIT_PATH];

	return ami_config_path(j, io, ami_msg_get(&j->msg, "Filename"), path) &&
	       ami_config_load(j, io, path, out);
}

/* ---- which sections ---- */

/* A variable whose name and value fit two expressions. */
static bool condition_holds(const struct conffile_section *s, struct slice condition)
{
	size_t eq = slice_find(condition, '=');
	bool holds = false;
	struct regex *n, *v;

	if (eq == SIZE_MAX)
		return false;
	if (regex_compile(&n, slice_trim(slice_head(condition, eq))))
		return false;
	if (!regex_compile(&v, slice_trim(slice_from(condition, eq + 1)))) {
		for (const struct conffile_var *at = s->vars; at && !holds; at = at->next)
			holds = regex_matches(n, at->name) && regex_matches(v, at->value);
		regex_free(v);
	}
	regex_free(n);
	return holds;
}

static bool section_fits(const struct conffile_section *s, struct slice name, struct slice filter)
{
	bool templates = false, restricted = false;
	struct slice part;

	if (name.len > 0 && !slice_ieq(s->name, name))
		return false;
	while (filter.len > 0 && slice_split(&filter, ',', &part)) {
		part = slice_trim(part);
		if (slice_ieq(part, SLICE_LIT("TEMPLATES=include")))
			templates = true;
		else if (slice_ieq(part, SLICE_LIT("TEMPLATES=restrict")))
			restricted = true;
		else if (part.len > 0 && !condition_holds(s, part))
			return false;
	}
	if (restricted)
		return s->is_template;
	return templates || !s->is_template;
}

/* From `s` on. */
static const struct conffile_section *section_next(const struct conffile_section *s,
						   struct slice name, struct slice filter)
{
	while (s && !section_fits(s, name, filter))
		s = s->next;
	return s;
}

/* ---- the actions ---- */

static void get_section(struct ami_config_job *j, uint32_t number, const struct conffile_section *s)
{
	uint32_t line = 0;

	job_fmt(j, "Category-%06u: ", number);
	job_value(j, s->name);
	job_fmt(j, "\r\n");
	if (s->is_template)
		job_fmt(j, "IsTemplate-%06u: 1\r\n", number);
	if (s->bases.len > 0) {
		job_fmt(j, "Templates-%06u: ", number);
		job_value(j, s->bases);
		job_fmt(j, "\r\n");
	}
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		job_fmt(j, "Line-%06u-%06u: ", number, line++);
		job_value(j, v->name);
		job_fmt(j, "=");
		job_value(j, v->value);
		job_fmt(j, "\r\n");
	}
}

void ami_config_get(struct ami_config_job *j, struct io *io)
{
	struct slice name = ami_msg_get(&j->msg, "Category"),
		     filter = ami_msg_get(&j->msg, "Filter");
	const struct conffile_section *s;
	struct conffile *cf;
	uint32_t count = 0;

	if (!job_open(j, io, &cf))
		return;
	for (s = conffile_first_raw(cf); (s = section_next(s, name, filter)); s = s->next)
		get_section(j, count++, s);
	if (name.len > 0 && count == 0)
		job_fmt(j, "No categories found\r\n");
	conffile_free(cf);
}

/* In quotes; only the backslash and the quote are escaped, as in Asterisk. */
static void json_text(struct ami_config_job *j, struct slice text)
{
	job_fmt(j, "\"");
	while (text.len > 0) {
		size_t run = 0;

		while (run < text.len && text.ptr[run] != '"' && text.ptr[run] != '\\')
			run++;
		job_value(j, slice_head(text, run));
		if (run < text.len)
			job_fmt(j, "\\%c", text.ptr[run++]);
		text = slice_from(text, run);
	}
	job_fmt(j, "\"");
}

static void json_section(struct ami_config_job *j, const struct conffile_section *s)
{
	json_text(j, s->name);
	job_fmt(j, ":{");
	for (const struct conffile_var *v = s->vars; v; v = v->next) {
		json_text(j, v->name);
		job_fmt(j, ":");
		json_text(j, v->value);
		job_fmt(j, v->next ? "," : "");
	}
	job_fmt(j, "}");
}

void ami_config_get_json(struct ami_config_job *j, struct io *io)
{
	struct slice name = ami_msg_get(&j->msg, "Category"),
		     filter = ami_msg_get(&j->msg, "Filter");
	const struct conffile_section *s;
	struct conffile *cf;
	bool first = true;

	if (!job_open(j, io, &cf))
		return;
	job_fmt(j, "JSON: {");
	for (s = conffile_first_raw(cf); (s = section_next(s, name, filter)); s = s->next) {
		job_fmt(j, "%s", first ? "" : ",");
		json_section(j, s);
		first = false;
	}
	job_fmt(j, "}\r\n");
	conffile_free(cf);
}

void ami_config_list(struct ami_config_job *j, struct io *io)
{
	struct slice match = ami_msg_get(&j->msg, "Match");
	const struct conffile_section *s;
	struct conffile *cf;
	uint32_t count = 0;

	if (!job_open(j, io, &cf))
		return;
	for (s = conffile_first_raw(cf); (s = section_next(s, match, SLICE_EMPTY)); s = s->next) {
		job_fmt(j, "Category-%06u: ", count++);
		job_value(j, s->name);
		job_fmt(j, "\r\n");
	}
	if (count == 0)
		job_fmt(j, "Error: no categories found\r\n");
	conffile_free(cf);
}

void ami_config_create(struct ami_config_job *j, struct io *io)
{
	char path[LIMIT_PATH];
	int fd;

	if (!ami_config_path(j, io, ami_msg_get(&j->msg, "Filename"), path))
		return;
	fd = io_fs_open(io, path, IO_FS_WRITE | IO_FS_CREATE | IO_FS_EXCL, 0640);
	if (fd < 0) {
		ami_config_fail(j, strerror(-fd));
		return;
	}
	io_fs_close(io, fd);
	j->message = "New configuration file created successfully";
}
