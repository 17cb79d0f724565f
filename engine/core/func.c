/* engine/core/func.c - the table of dialplan functions: func.h. */
#include "engine/core/func.h"
#include "engine/core/func_internal.h"
#include "engine/core/pbx_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/shard.h"

#include <errno.h>

/* Alphabetical. Names are case-sensitive. */
static const struct func *const funcs[] = {
	&func_array,
	&func_callerid,
	&func_cdr,
	&func_channel,
	&func_connectedline,
	&func_csv_quote,
	&func_cut,
	&func_db,
	&func_db_delete,
	&func_db_exists,
	&func_db_keys,
	&func_dec,
	&func_device_state,
	&func_dialplan_exists,
	&func_eval,
	&func_exception,
	&func_exists,
	&func_extension_state,
	&func_fieldnum,
	&func_fieldqty,
	&func_filter,
	&func_global,
	&func_group,
	&func_group_count,
	&func_group_list,
	&func_group_match_count,
	&func_hangupcause,
	&func_hint,
	&func_if,
	&func_iftime,
	&func_inc,
	&func_isnull,
	&func_len,
	&func_local,
	&func_ltrim,
	&func_math,
	&func_passthru,
	&func_pjsip_aor,
	&func_pjsip_contact,
	&func_pjsip_dial_contacts,
	&func_pjsip_endpoint,
	&func_pjsip_header,
	&func_pjsip_headers,
	&func_pjsip_response_header,
	&func_pjsip_response_headers,
	&func_quote,
	&func_rand,
	&func_redirecting,
	&func_regex,
	&func_replace,
	&func_rtrim,
	&func_strftime,
	&func_strreplace,
	&func_timeout,
	&func_tolower,
	&func_toupper,
	&func_trim,
};

static const struct func *find(struct slice name)
{
	size_t low = 0;
	size_t high = ARRAY_COUNT(funcs);

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = slice_cmp(slice_str(funcs[mid]->name), name);

		if (order == 0)
			return funcs[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* What cannot be done is an error of the dialplan's author. A client that asks again and again must
 * not fill the log, so its errors are counted, and told to who debugs. */
static void refuse(const struct chan *c, struct slice name, const char *why)
{
	name = slice_head(name, LIMIT_NAME);
	if (!c->guarded) {
		log_error("Function %.*s %s", SLICE_ARG(name), why);
		return;
	}
	metric_inc(&c->shard->metrics, METRIC_function_refused);
	log_debug("Function %.*s %s (asked for by a client)", SLICE_ARG(name), why);
}

static bool is_within_reach(const struct chan *c, const struct func *f, enum func_reach how)
{
	return !c->guarded || !(f->reach & how);
}

const char *func_name(uint32_t index)
{
	return index < ARRAY_COUNT(funcs) ? funcs[index]->name : NULL;
}

const char *func_summary(uint32_t index)
{
	check(index < ARRAY_COUNT(funcs));
	return funcs[index]->summary;
}

static bool read_with(struct chan *c, struct subst *s, struct slice name, struct slice args,
		      struct sink *out)
{
	const struct func *f = find(name);
	char text[LIMIT_APPDATA];
	struct func_call call = {.c = c, .s = s, .text = text};

	if (!f || !f->read) {
		refuse(c, name, f ? "cannot be read" : "not registered");
		return false;
	}
	if (!is_within_reach(c, f, FUNC_READ_REACHES)) {
		refuse(c, name, "is dangerous: read blocked");
		return false;
	}
	call.len = slice_copy(text, sizeof(text), args);
	f->read(&call, out);
	return true;
}

void func_call(struct chan *c, struct subst *s, struct slice name, struct slice args,
	       struct sink *out)
{
	read_with(c, s, name, args, out);
}

bool func_read(struct chan *c, struct slice call, struct sink *out)
{
	char scratch[SUBST_SCRATCH];
	struct subst s = subst_make(&pbx_subst_ops, c, scratch, sizeof(scratch));
	struct slice name, args;

	if (!subst_is_call(call, &name, &args))
		return false;
	return read_with(c, &s, name, args, out);
}

int func_write(struct chan *c, struct slice call, struct slice value)
{
	struct slice name, args;
	const struct func *f;

	if (!subst_is_call(call, &name, &args))
		return -EINVAL;
	f = find(name);
	if (!f || !f->write) {
		refuse(c, name, f ? "cannot be written to" : "not registered");
		return f ? -EPERM : -ENOENT;
	}
	if (!is_within_reach(c, f, FUNC_WRITE_REACHES)) {
		refuse(c, name, "is dangerous: write blocked");
		return -EACCES;
	}
	return f->write(c, args, value);
}

void func_value(struct func_call *f, struct slice name, struct sink *out)
{
	struct slice inner, args, value;

	if (subst_is_call(name, &inner, &args))
		f->s->ops->call(f->s->arg, f->s, inner, args, out);
	else if (chan_get_var(f->c, name, &value))
		subst_add(out, value);
}
