/* ami/filter.c - see filter.h. */
#include "ami/filter.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/regex.h"

#include <errno.h>
#include <stdlib.h>

enum filter_method {
	METHOD_NONE,
	METHOD_REGEX,
	METHOD_EXACT,
	METHOD_STARTS_WITH,
	METHOD_ENDS_WITH,
	METHOD_CONTAINS,
	METHOD_COUNT,
};

static const struct slice method_names[METHOD_COUNT] = {
	[METHOD_NONE] = {"none", 4},	       [METHOD_REGEX] = {"regex", 5},
	[METHOD_EXACT] = {"exact", 5},	       [METHOD_STARTS_WITH] = {"starts_with", 11},
	[METHOD_ENDS_WITH] = {"ends_with", 9}, [METHOD_CONTAINS] = {"contains", 8},
};

struct ami_filter {
	struct ami_filter *next;
	bool exclude;
	enum filter_method method;
	struct slice name;   /* event; empty: any */
	struct slice header; /* empty: the whole text */
	struct slice expression;
	struct regex *regex;
	char text[]; /* of the three slices */
};

/* What was read of the criteria, before it is copied. */
struct filter_draft {
	bool has_action, has_name, has_header, has_method;
	bool exclude;
	enum filter_method method;
	struct slice name, header, expression;
};

static bool draft_action(struct filter_draft *d, struct slice value)
{
	if (d->has_action)
		return false;
	d->has_action = true;
	d->exclude = slice_eq(value, SLICE_LIT("exclude"));
	return d->exclude || slice_eq(value, SLICE_LIT("include"));
}

static bool draft_method(struct filter_draft *d, struct slice value)
{
	if (d->has_method)
		return false;
	d->has_method = true;
	for (int i = 0; i < METHOD_COUNT; i++)
		if (slice_eq(value, method_names[i])) {
			d->method = (enum filter_method)i;
			return true;
		}
	return false;
}

static bool draft_text(bool *has, struct slice *dst, struct slice value)
{
	if (*has || value.len == 0)
		return false;
	*has = true;
	*dst = value;
	return true;
}

static bool draft_criterion(struct filter_draft *d, struct slice key, struct slice value)
{
	if (slice_eq(key, SLICE_LIT("action")))
		return draft_action(d, value);
	if (slice_eq(key, SLICE_LIT("name")))
		return draft_text(&d->has_name, &d->name, value);
	if (slice_eq(key, SLICE_LIT("header")))
		return draft_text(&d->has_header, &d->header, value);
	if (slice_eq(key, SLICE_LIT("method")))
		return draft_method(d, value);
	return false;
}

static struct slice draft_skip(struct slice text)
{
	while (text.len && (text.ptr[0] == ',' || text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = slice_from(text, 1);
	return text;
}

/* "key(value)" in any order, separated by commas or blanks. */
static bool draft_criteria(struct filter_draft *d, struct slice text)
{
	for (text = draft_skip(text); text.len; text = draft_skip(text)) {
		size_t open = slice_find(text, '('), close = slice_find(text, ')');

		if (open == SIZE_MAX || close == SIZE_MAX || close < open)
			return false;
		if (!draft_criterion(d, slice_head(text, open),
				     slice_trim(slice_make(text.ptr + open + 1, close - open - 1))))
			return false;
		text = slice_from(text, close + 1);
	}
	return true;
}

static bool draft_is_sound(struct filter_draft *d)
{
	if (!d->has_action && d->expression.len && d->expression.ptr[0] == '!') {
		d->exclude = true;
		d->expression = slice_from(d->expression, 1);
	}
	if ((d->method == METHOD_NONE) != (d->expression.len == 0))
		return false;
	return d->has_name || d->has_header || d->method != METHOD_NONE;
}

static struct slice filter_keep(char **at, struct slice s)
{
	char *start = *at;

	slice_copy(start, s.len + 1, s);
	*at += s.len + 1;
	return slice_make(start, s.len);
}

static int filter_make(struct ami_filter **out, const struct filter_draft *d)
{
	size_t text_bytes = d->name.len + d->header.len + d->expression.len + 3;
	struct ami_filter *f = calloc(1, sizeof(*f) + text_bytes);
	char *at;
	int err;

	if (!f)
		return -ENOMEM;
	at = f->text;
	f->exclude = d->exclude;
	f->method = d->method;
	f->name = filter_keep(&at, d->name);
	f->header = filter_keep(&at, d->header);
	f->expression = filter_keep(&at, d->expression);
	err = f->method == METHOD_REGEX ? regex_errno(regex_compile(&f->regex, f->expression)) : 0;
	if (err)
		free(f);
	else
		*out = f;
	return err;
}

static void filter_free(struct ami_filter *f)
{
	regex_free(f->regex);
	free(f);
}

static size_t filter_steps(const struct ami_filter *f)
{
	return f->name.len + f->header.len + (f->regex ? regex_steps(f->regex) : f->expression.len);
}

int ami_filters_add(struct ami_filters *f, struct slice criteria, struct slice expression)
{
	struct filter_draft d = {.expression = expression};
	struct ami_filter *made;
	int err;

	if (f->count == LIMIT_AMI_FILTERS)
		return -ENOSPC;
	if (criteria.len == 0) {
		d.method = METHOD_REGEX;
		d.has_method = true;
	} else if (!draft_criteria(&d, criteria)) {
		return -EBADMSG;
	}
	if (!draft_is_sound(&d))
		return -EBADMSG;
	err = filter_make(&made, &d);
	if (err)
		return err;
	if (f->steps + filter_steps(made) > LIMIT_AMI_FILTER_STEPS) {
		filter_free(made);
		return -ENOSPC;
	}
	f->steps += filter_steps(made);
	made->next = f->first;
	f->first = made;
	f->count++;
	f->include_count += !made->exclude;
	return 0;
}

void ami_filters_free(struct ami_filters *f)
{
	while (f->first) {
		struct ami_filter *next = f->first->next;

		filter_free(f->first);
		f->first = next;
	}
	*f = (struct ami_filters){0};
}

static bool filter_fits(const struct ami_filter *f, struct slice text)
{
	switch (f->method) {
	case METHOD_REGEX:
		return regex_matches(f->regex, text);
	case METHOD_EXACT:
		return slice_eq(text, f->expression);
	case METHOD_STARTS_WITH:
		return slice_starts(text, f->expression);
	case METHOD_ENDS_WITH:
		return slice_ends(text, f->expression);
	case METHOD_CONTAINS:
		return slice_find_text(text, f->expression) != SIZE_MAX;
	default:
		return true;
	}
}

static bool filter_fits_header(const struct ami_filter *f, struct slice text)
{
	struct slice line;

	while (slice_split(&text, '\n', &line)) {
		struct slice value;

		if (!slice_starts(line, f->header) || line.len <= f->header.len ||
		    line.ptr[f->header.len] != ':')
			continue;
		value = slice_trim(slice_from(line, f->header.len + 1));
		if (value.len && filter_fits(f, value))
			return true;
	}
	return false;
}

static bool filter_matches(const struct ami_filter *f, struct slice name, struct slice text)
{
	if (f->name.len && !slice_eq(f->name, name))
		return false;
	return f->header.len ? filter_fits_header(f, text) : filter_fits(f, text);
}

static bool filters_hit(const struct ami_filters *list, bool exclude, struct slice name,
			struct slice text)
{
	for (const struct ami_filter *f = list->first; f; f = f->next)
		if (f->exclude == exclude && filter_matches(f, name, text))
			return true;
	return false;
}

bool ami_filters_pass(const struct ami_filters *a, const struct ami_filters *b, struct slice name,
		      struct slice text)
{
	if (a->include_count + b->include_count && !filters_hit(a, false, name, text) &&
	    !filters_hit(b, false, name, text))
		return false;
	return !filters_hit(a, true, name, text) && !filters_hit(b, true, name, text);
}
