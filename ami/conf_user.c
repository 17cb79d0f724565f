/* ami/conf_user.c - user sections of manager.conf. */
#include "ami/conf_internal.h"

#include "ami/class.h"
#include "engine/base/log.h"

#include <errno.h>

#define WRITE_TIMEOUT_MIN_MS	 100
#define WRITE_TIMEOUT_DEFAULT_MS 100

/* What a key does with its value: 0, -EINVAL (the user cannot be used), -ENOMEM. */
typedef int (*user_key_fn)(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v);

static uint32_t user_classes(const struct conffile_var *v)
{
	struct slice bad;
	uint32_t classes = ami_class_parse(v->value, &bad);

	if (bad.len)
		log_warning(
			"%s:%d: %s = %s: there is no class '%.*s'; it grants nothing. Names must "
			"be exact, separated by commas",
			v->file, v->line, v->name.ptr, v->value.ptr, SLICE_ARG(bad));
	return classes;
}

static int user_read(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	(void)conf;
	u->read = user_classes(v);
	return 0;
}

static int user_write(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	(void)conf;
	u->write = user_classes(v);
	return 0;
}

static int user_secret(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	u->secret = keep_dup(&conf->keep, v->value);
	return u->secret.ptr ? 0 : -ENOMEM;
}

static int user_address(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v,
			bool is_permit)
{
	struct slice bad;
	int err = acl_add_rules(&u->acl, &conf->keep, v->value, is_permit, &bad);

	if (err == -EINVAL)
		log_error("%s:%d: %s = %s: '%.*s' is no address rule; user '%s' is left out. Write "
			  "address/mask or address/length",
			  v->file, v->line, v->name.ptr, v->value.ptr, SLICE_ARG(bad), u->name.ptr);
	return err;
}

static int user_permit(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	return user_address(conf, u, v, true);
}

static int user_deny(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	return user_address(conf, u, v, false);
}

static int user_acl(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	return acl_add_names(&u->acl, &conf->keep, v);
}

static int user_write_timeout(struct ami_conf *conf, struct ami_user *u,
			      const struct conffile_var *v)
{
	int64_t ms;

	(void)conf;
	if (slice_i64(v->value, &ms) && ms >= WRITE_TIMEOUT_MIN_MS)
		u->write_timeout_ms = ms;
	else
		log_warning("%s:%d: writetimeout = %s: not a number of milliseconds from %d on; "
			    "ignored",
			    v->file, v->line, v->value.ptr, WRITE_TIMEOUT_MIN_MS);
	return 0;
}

/* setvar=NAME=value; the newest first. */
static int user_setvar(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	size_t at = slice_find(v->value, '=');
	struct ami_setvar *grown;

	if (at == SIZE_MAX || at == 0) {
		log_warning("%s:%d: setvar = %s: write setvar=NAME=value; ignored", v->file,
			    v->line, v->value.ptr);
		return 0;
	}
	if (u->setvar_count == LIMIT_ORDER_VARS / 2) {
		log_warning("%s:%d: more than %d setvar lines; ignored", v->file, v->line,
			    LIMIT_ORDER_VARS / 2);
		return 0;
	}
	grown = keep_alloc(&conf->keep, (u->setvar_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[0].name = keep_dup(&conf->keep, slice_head(v->value, at));
	grown[0].value = keep_dup(&conf->keep, slice_from(v->value, at + 1));
	if (!grown[0].name.ptr || !grown[0].value.ptr)
		return -ENOMEM;
	if (u->setvar_count)
		memcpy(grown + 1, u->setvars, u->setvar_count * sizeof(*grown));
	u->setvar_count++;
	u->setvars = grown;
	return 0;
}

static int user_multiple(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	(void)conf;
	u->multiple_login = slice_is_true(v->value);
	return 0;
}

static int user_displays(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	(void)conf;
	u->display_connects = slice_is_true(v->value);
	return 0;
}

static int user_filter(struct ami_user *u, const struct conffile_var *v, struct slice criteria)
{
	int err = ami_filters_add(&u->filters, criteria, v->value);

	if (err == -ENOMEM)
		return err;
	if (err)
		log_warning("%s:%d: %s = %s: %s; the filter is ignored", v->file, v->line,
			    v->name.ptr, v->value.ptr,
			    err == -EINVAL   ? "the regular expression does not compile"
			    : err == -ENOSPC ? "too many filters, or too long ones together"
					     : "criteria or expression are not well formed");
	return 0;
}

static int user_legacy_filter(struct ami_conf *conf, struct ami_user *u,
			      const struct conffile_var *v)
{
	(void)conf;
	return user_filter(u, v, SLICE_EMPTY);
}

static const struct {
	struct slice key;
	user_key_fn fn;
} user_keys[] = {
	{SLICE_LIT("secret"), user_secret},
	{SLICE_LIT("read"), user_read},
	{SLICE_LIT("write"), user_write},
	{SLICE_LIT("permit"), user_permit},
	{SLICE_LIT("deny"), user_deny},
	{SLICE_LIT("acl"), user_acl},
	{SLICE_LIT("writetimeout"), user_write_timeout},
	{SLICE_LIT("setvar"), user_setvar},
	{SLICE_LIT("allowmultiplelogin"), user_multiple},
	{SLICE_LIT("displayconnects"), user_displays},
	{SLICE_LIT("eventfilter"), user_legacy_filter},
};

static int user_key(struct ami_conf *conf, struct ami_user *u, const struct conffile_var *v)
{
	struct slice advanced = SLICE_LIT("eventfilter(");

	if (slice_istarts(v->name, advanced) && slice_ends(v->name, SLICE_LIT(")"))) {
		struct slice inner = slice_from(v->name, advanced.len);

		/* "()" must not look like the legacy form */
		return user_filter(
			u, v, inner.len > 1 ? slice_head(inner, inner.len - 1) : SLICE_LIT(" "));
	}
	for (size_t i = 0; i < sizeof(user_keys) / sizeof(user_keys[0]); i++)
		if (slice_ieq(v->name, user_keys[i].key))
			return user_keys[i].fn(conf, u, v);
	log_notice("%s:%d: Invalid keyword <%s> = <%s> in manager.conf user section [%s]; ignored",
		   v->file, v->line, v->name.ptr, v->value.ptr, u->name.ptr);
	return 0;
}

int conf_user_load(struct ami_conf *conf, struct ami_user *u,
		   const struct conffile_section *section)
{
	u->multiple_login = conf->multiple_login;
	u->display_connects = conf->display_connects;
	u->write_timeout_ms = WRITE_TIMEOUT_DEFAULT_MS;
	for (const struct conffile_var *v = section->vars; v; v = v->next) {
		int err = user_key(conf, u, v);

		if (err)
			return err;
	}
	if (u->secret.len == 0)
		log_warning("%s:%d: user '%s' has no secret and so can never log in", section->file,
			    section->line, u->name.ptr);
	return 0;
}
