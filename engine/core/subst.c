/* engine/core/subst.c - see subst.h */
#include "engine/core/subst.h"

#include "engine/base/limits.h"
#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/expr.h"

struct slice subst_part(struct slice value, int64_t offset, int64_t length)
{
	int64_t len = (int64_t)value.len;
	int64_t end;

	if (offset < 0)
		offset = -offset > len ? 0 : len + offset;
	if (offset >= len)
		return SLICE_EMPTY;
	end = length < 0 ? len + length : length > len - offset ? len : offset + length;
	if (end <= offset)
		return SLICE_EMPTY;
	return slice_make(value.ptr + offset, (size_t)(end - offset));
}

bool subst_is_call(struct slice text, struct slice *name, struct slice *args)
{
	size_t open = slice_find(text, '(');
	size_t close;

	if (open == SIZE_MAX)
		return false;
	close = slice_rfind(text, ')');
	if (close == SIZE_MAX || close < open)
		close = text.len;
	*name = slice_trim(slice_head(text, open));
	*args = slice_make(text.ptr + open + 1, close - open - 1);
	return true;
}

/* Cuts ":offset[:length]" off, looking outside parentheses only. */
static bool take_range(struct slice *text, int64_t *offset, int64_t *length)
{
	int parens = 0;
	size_t end;
	struct slice range;

	for (size_t i = 0; i < text->len; i++) {
		if (text->ptr[i] == '(')
			parens++;
		else if (text->ptr[i] == ')')
			parens--;
		if (text->ptr[i] != ':' || parens != 0)
			continue;
		range = slice_from(*text, i + 1);
		*text = slice_head(*text, i);
		*offset = args_int(range, &end);
		*length = INT32_MAX;
		if (end > 0 && end < range.len && range.ptr[end] == ':') {
			range = slice_from(range, end + 1);
			args_int(range, &end);
			if (end > 0)
				*length = args_int(range, NULL);
		}
		return true;
	}
	return false;
}

/* How far the text behind "${" or "$[" reaches: index of the bracket that closes it, or SIZE_MAX.
 */
static size_t find_close(struct slice text, char open, char close, bool *nested)
{
	int depth = 1;

	*nested = false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '$' && i + 1 < text.len &&
		    (text.ptr[i + 1] == '{' || text.ptr[i + 1] == '['))
			*nested = true;
		if (text.ptr[i] == open)
			depth++;
		else if (text.ptr[i] == close && --depth == 0)
			return i;
	}
	return SIZE_MAX;
}

/* The scratch is a stack. A sink over its free end grows while deeper levels work behind it, so
 * whoever goes deeper first moves `used` behind the sink that is being filled. */
static struct sink scratch_sink(const struct subst *s)
{
	return sink_make(s->scratch + s->used, s->room - s->used);
}

static void step_behind(struct subst *s, const struct sink *out)
{
	uintptr_t start = (uintptr_t)out->ptr;
	uintptr_t base = (uintptr_t)s->scratch;

	if (start >= base && start < base + s->room && start + out->len - base > s->used)
		s->used = (size_t)(start + out->len - base);
}

static struct slice scratch_keep(struct subst *s, const struct sink *text)
{
	if (text->over)
		log_warning("text grows over %zu bytes while variables are put in, it is cut",
			    s->room);
	step_behind(s, text);
	return sink_slice(text);
}

void subst_add(struct sink *out, struct slice text)
{
	size_t room = out->over ? 0 : out->room - out->len;
	size_t len = text.len < room ? text.len : room;

	if (len)
		memmove(out->ptr + out->len, text.ptr, len); /* both may lie in the scratch */
	out->len += len;
	out->over |= len < text.len;
}

static void expand_variable(struct subst *s, struct slice text, struct sink *out)
{
	int64_t offset = 0;
	int64_t length = 0;
	struct slice name, args, value;
	struct sink found;
	bool ranged = take_range(&text, &offset, &length);

	if (slice_is_empty(text))
		return;
	found = scratch_sink(s);
	if (subst_is_call(text, &name, &args))
		s->ops->call(s->arg, s, name, args, &found);
	else
		s->ops->get(s->arg, text, &found);
	value = scratch_keep(s, &found);
	subst_add(out, ranged ? subst_part(value, offset, length) : value);
}

static void call_from_expression(void *arg, struct slice name, struct slice args, struct sink *out)
{
	struct subst *s = arg;
	size_t used = s->used;

	step_behind(s, out);
	s->ops->call(s->arg, s, name, args, out);
	s->used = used;
}

static void expand_expression(struct subst *s, struct slice text, struct sink *out)
{
	struct expr_env env = {.call = call_from_expression, .arg = s};
	struct sink result;
	/* The result is built behind the working memory, so that it can be moved into place. */
	size_t room = s->room - s->used;

	env.scratch = s->scratch + s->used;
	env.scratch_room = room - room / 4;
	result = sink_make(env.scratch + env.scratch_room, room / 4);
	expr_eval(&env, text, &result);
	subst_add(out, sink_slice(&result));
}

/* What stands between the brackets, itself expanded if it needs to be. */
static struct slice expand_inner(struct subst *s, struct slice text, bool nested)
{
	struct sink inner;

	if (!nested)
		return text;
	inner = scratch_sink(s);
	subst_expand(s, text, &inner);
	return scratch_keep(s, &inner);
}

/* Expands the one at text[0], which is "${" or "$["; returns the octets that it took. */
static size_t expand_one(struct subst *s, struct slice text, struct sink *out)
{
	bool is_variable = text.ptr[1] == '{';
	struct slice inner = slice_from(text, 2);
	size_t used = s->used;
	bool nested;
	size_t close = find_close(inner, text.ptr[1], is_variable ? '}' : ']', &nested);

	if (close == SIZE_MAX) {
		log_warning("Error in extension logic (missing '%c')", is_variable ? '}' : ']');
		close = inner.len;
	}
	if (s->depth >= SUBST_DEPTH) {
		log_warning("more than %d ${ inside one another, the innermost is empty",
			    SUBST_DEPTH);
		return close + 3;
	}
	s->depth++;
	step_behind(s, out);
	inner = expand_inner(s, slice_head(inner, close), nested);
	if (is_variable)
		expand_variable(s, inner, out);
	else
		expand_expression(s, inner, out);
	s->depth--;
	s->used = used;
	return close + 3;
}

void subst_expand(struct subst *s, struct slice text, struct sink *out)
{
	size_t at = 0;

	while (at < text.len) {
		struct slice rest = slice_from(text, at);
		size_t dollar = slice_find(rest, '$');
		struct slice plain = slice_head(rest, dollar);

		/* A lone '$' is itself. */
		while (dollar != SIZE_MAX &&
		       !(dollar + 1 < rest.len &&
			 (rest.ptr[dollar + 1] == '{' || rest.ptr[dollar + 1] == '['))) {
			size_t more = slice_find(slice_from(rest, dollar + 1), '$');

			dollar = more == SIZE_MAX ? SIZE_MAX : dollar + 1 + more;
			plain = slice_head(rest, dollar);
		}
		subst_add(out, plain);
		at += plain.len;
		if (dollar != SIZE_MAX)
			at += expand_one(s, slice_from(text, at), out);
	}
}
