/* engine/core/conffile.c - the loaded tree: lookups. The parser is in conffile_load.c. */
#include "engine/core/conffile.h"
#include "engine/core/conffile_internal.h"

#include <stdio.h>
#include <stdlib.h>

void conffile_free(struct conffile *cf)
{
	if (!cf)
		return;
	keep_free(&cf->keep);
	free(cf);
}

void conffile_error_text(const struct conffile_error *err, char *dst, size_t size)
{
	const char *join = err->remedy[0] ? "; " : "";

	if (err->line > 0)
		snprintf(dst, size, "%s:%d: %s%s%s", err->file, err->line, err->text, join,
			 err->remedy);
	else
		snprintf(dst, size, "%s: %s%s%s", err->file, err->text, join, err->remedy);
}

const char *conffile_path(const struct conffile *cf)
{
	return cf->path;
}

static const struct conffile_section *skip_templates(const struct conffile_section *s)
{
	while (s && s->is_template)
		s = s->next;
	return s;
}

const struct conffile_section *conffile_first_raw(const struct conffile *cf)
{
	return cf && cf->first ? &cf->first->pub : NULL;
}

const struct conffile_section *conffile_first(const struct conffile *cf)
{
	return skip_templates(conffile_first_raw(cf));
}

const struct conffile_section *conffile_next(const struct conffile_section *section)
{
	return skip_templates(section->next);
}

const struct conffile_section *conffile_find(const struct conffile *cf, const char *name)
{
	const struct conffile_section *s = conffile_first(cf);

	while (s && !slice_eq(s->name, slice_str(name)))
		s = conffile_next(s);
	return s;
}

const struct conffile_section *conffile_ifind(const struct conffile *cf, const char *name)
{
	const struct conffile_section *s = conffile_first(cf);

	while (s && !slice_ieq(s->name, slice_str(name)))
		s = conffile_next(s);
	return s;
}

const struct conffile_var *conffile_each(const struct conffile_section *section,
					 const struct conffile_var *after, const char *key)
{
	const struct conffile_var *v = after ? after->next : section ? section->vars : NULL;

	while (v && !slice_ieq(v->name, slice_str(key)))
		v = v->next;
	return v;
}

const struct conffile_var *conffile_get(const struct conffile_section *section, const char *key)
{
	const struct conffile_var *found = NULL;
	const struct conffile_var *v = NULL;

	while ((v = conffile_each(section, v, key)) != NULL)
		found = v;
	return found;
}

const char *conffile_text(const struct conffile_section *section, const char *key,
			  const char *otherwise)
{
	const struct conffile_var *v = conffile_get(section, key);

	return v ? v->value.ptr : otherwise;
}

bool conffile_bool(const struct conffile_section *section, const char *key, bool otherwise)
{
	const struct conffile_var *v = conffile_get(section, key);

	return v ? slice_is_true(v->value) : otherwise;
}

int64_t conffile_number(const struct conffile_section *section, const char *key, int64_t min,
			int64_t max, int64_t otherwise)
{
	const struct conffile_var *v = conffile_get(section, key);
	int64_t n;

	if (!v)
		return otherwise;
	if (slice_i64(v->value, &n) && n >= min && n <= max)
		return n;
	log_warning("%s:%d: %s = %s: not a number from %lld to %lld; %lld is used", v->file,
		    v->line, v->name.ptr, v->value.ptr, (long long)min, (long long)max,
		    (long long)otherwise);
	return otherwise;
}
