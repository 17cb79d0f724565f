/* ami/conf.c - see conf.h. */
#include "ami/ami.h"
#include "ami/conf_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdlib.h>

#define USER_NAME_MAX 79 /* octets that count */

void ami_conf_free(struct ami_conf *conf)
{
	if (!conf)
		return;
	for (uint32_t i = 0; i < conf->user_count; i++)
		ami_filters_free(&conf->users[i].filters);
	keep_free(&conf->keep);
	free(conf);
}

void ami_conf_hold(struct ami_conf *conf)
{
	conf->holders++;
}

void ami_conf_drop(struct ami_conf *conf)
{
	if (!conf)
		return;
	check(conf->holders > 0);
	if (--conf->holders == 0)
		ami_conf_free(conf);
}

const struct ami_user *ami_conf_user(const struct ami_conf *conf, struct slice name)
{
	name = slice_head(name, USER_NAME_MAX);
	for (uint32_t i = 0; i < conf->user_count; i++)
		if (slice_ieq(conf->users[i].name, name))
			return &conf->users[i];
	return NULL;
}

int ami_conf_take_acls(struct ami_conf *conf, const struct acl_book *book)
{
	int err = 0;

	for (uint32_t i = 0; i < conf->user_count && !err; i++)
		err = acl_resolve(&conf->users[i].acl, &conf->keep, book);
	return err;
}

bool ami_conf_is_disabled(const struct ami_conf *conf, struct slice event)
{
	for (uint32_t i = 0; i < conf->disabled_count; i++)
		if (slice_eq(conf->disabled[i], event))
			return true;
	return false;
}

static int conf_text(struct ami_conf *conf, struct slice *dst, const struct conffile_section *g,
		     const char *key, const char *otherwise)
{
	*dst = keep_dup(&conf->keep, slice_str(conffile_text(g, key, otherwise)));
	return dst->ptr ? 0 : -ENOMEM;
}

/* Comma list into an array of trimmed, non-empty parts. */
static int conf_list(struct ami_conf *conf, struct slice text, struct slice **list, uint32_t *count)
{
	struct slice rest = text, part;

	*list = keep_alloc(&conf->keep, LIMIT_AMI_CHANVARS * sizeof(**list));
	if (!*list)
		return -ENOMEM;
	while (slice_split(&rest, ',', &part)) {
		part = slice_trim(part);
		if (part.len == 0)
			continue;
		if (*count == LIMIT_AMI_CHANVARS) {
			log_warning(
				"manager.conf: more than %d names in '%.*s'; the rest is ignored",
				LIMIT_AMI_CHANVARS, SLICE_ARG(text));
			break;
		}
		(*list)[(*count)++] = part;
	}
	return 0;
}

/* An address that cannot be read must not become "everybody": it rejects the file. */
static int conf_address(struct addr *a, const struct conffile_section *g, const char *key,
			uint16_t port, struct sink *error)
{
	const struct conffile_var *v = conffile_get(g, key);

	if (!v)
		return 0;
	if (addr_parse(a, v->value, port))
		return 0;
	sink_fmt(error, "%s:%d: %s = %s: no IP address; write bindaddr=127.0.0.1 or [::1]:5038",
		 v->file, v->line, v->name.ptr, v->value.ptr);
	return -EINVAL;
}

static int conf_addresses(struct ami_conf *conf, const struct conffile_section *g,
			  struct sink *error)
{
	uint16_t port = (uint16_t)conffile_number(g, "port", 1024, 65535, AMI_CONF_PORT);
	int err;

	addr_parse(&conf->bind, SLICE_LIT("::"), port);
	err = conf_address(&conf->bind, g, "bindaddr", port, error);
	if (err)
		return err;
	return ami_tls_conf_load(&conf->tls, &conf->keep, g, &conf->bind, AMI_CONF_TLS_PORT, error);
}

static const char *const general_keys[] = {
	"enabled",	   "webenabled",	 "port",
	"bindaddr",	   "allowmultiplelogin", "displayconnects",
	"timestampevents", "sequenceevents",	 "eventhistory",
	"debug",	   "brokeneventsaction", "httptimeout",
	"authtimeout",	   "authlimit",		 "channelvars",
	"disabledevents",
};

static void conf_check_keys(const struct conffile_section *g)
{
	for (const struct conffile_var *v = g ? g->vars : NULL; v; v = v->next) {
		bool known = ami_tls_conf_knows(v->name);

		for (size_t i = 0; i < ARRAY_COUNT(general_keys); i++)
			known = known || slice_ieq(v->name, slice_str(general_keys[i]));
		if (!known)
			log_notice("%s:%d: Invalid keyword <%s> = <%s> in manager.conf [general]",
				   v->file, v->line, v->name.ptr, v->value.ptr);
	}
}

static void conf_switches(struct ami_conf *conf, const struct conffile_section *g)
{
	conf->enabled = conffile_bool(g, "enabled", false);
	conf->web_enabled = conffile_bool(g, "webenabled", false);
	conf->multiple_login = conffile_bool(g, "allowmultiplelogin", true);
	conf->display_connects = conffile_bool(g, "displayconnects", true);
	conf->timestamp_events = conffile_bool(g, "timestampevents", false);
	if (conffile_bool(g, "sequenceevents", false))
		conf->history_bytes = 1024 * (size_t)conffile_number(g, "eventhistory", 64,
								     LIMIT_AMI_HISTORY_KIB, 8192);
	conf->debug = conffile_bool(g, "debug", false);
	conf->broken_events_action = conffile_bool(g, "brokeneventsaction", false);
	conf->auth_timeout_ms = 1000 * conffile_number(g, "authtimeout", 1, 86400, 30);
	conf->http_timeout_ms = 1000 * conffile_number(g, "httptimeout", 1, 86400, 60);
	conf->auth_limit = (uint32_t)conffile_number(g, "authlimit", 1, LIMIT_AMI_CONNS, 50);
}

static int conf_general(struct ami_conf *conf, const struct conffile_section *g, struct sink *error)
{
	int err;

	conf_check_keys(g);
	conf_switches(conf, g);
	if ((err = conf_addresses(conf, g, error)) ||
	    (err = conf_text(conf, &conf->channelvars_text, g, "channelvars", "")) ||
	    (err = conf_text(conf, &conf->disabled_text, g, "disabledevents", "")) ||
	    (err = conf_list(conf, conf->channelvars_text, &conf->channelvars,
			     &conf->channelvar_count)))
		return err;
	return conf_list(conf, conf->disabled_text, &conf->disabled, &conf->disabled_count);
}

static bool conf_is_user(const struct conffile_section *s)
{
	return !slice_ieq(s->name, SLICE_LIT("general"));
}

/* The user of that name made before, or a new one at the end. */
static struct ami_user *conf_user_slot(struct ami_conf *conf, struct slice name)
{
	for (uint32_t i = 0; i < conf->user_count; i++)
		if (slice_ieq(conf->users[i].name, name))
			return &conf->users[i];
	conf->users[conf->user_count] = (struct ami_user){.name = keep_dup(&conf->keep, name)};
	return &conf->users[conf->user_count++];
}

static void conf_user_remove(struct ami_conf *conf, struct ami_user *u)
{
	size_t at = (size_t)(u - conf->users);

	ami_filters_free(&u->filters);
	conf->user_count--;
	memmove(u, u + 1, (conf->user_count - at) * sizeof(*u));
}

static int conf_users(struct ami_conf *conf, const struct conffile *cf)
{
	uint32_t count = 0;

	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s))
		count += conf_is_user(s);
	if (count > LIMIT_AMI_USERS) {
		log_error("manager.conf: more than %d users; the rest is ignored", LIMIT_AMI_USERS);
		count = LIMIT_AMI_USERS;
	}
	conf->users = keep_alloc(&conf->keep, (count + 1) * sizeof(*conf->users));
	if (!conf->users)
		return -ENOMEM;
	for (const struct conffile_section *s = conffile_first(cf); s; s = conffile_next(s)) {
		struct ami_user *u;
		int err;

		if (!conf_is_user(s) || conf->user_count == count)
			continue;
		u = conf_user_slot(conf, slice_head(s->name, USER_NAME_MAX));
		err = u->name.ptr ? conf_user_load(conf, u, s) : -ENOMEM;
		if (err == -EINVAL)
			conf_user_remove(conf, u);
		else if (err)
			return err;
	}
	return 0;
}

int ami_conf_load(struct ami_conf **out, const struct conffile *cf, struct sink *error)
{
	struct ami_conf *conf = calloc(1, sizeof(*conf));
	int err = conf ? 0 : -ENOMEM;

	if (!err)
		err = conf_general(conf, cf ? conffile_ifind(cf, "general") : NULL, error);
	if (!err && cf)
		err = conf_users(conf, cf);
	if (!err) {
		*out = conf;
		return 0;
	}
	if (err == -ENOMEM)
		sink_lit(error, "manager.conf: out of memory");
	ami_conf_free(conf);
	return err;
}

void ami_conf_take_cdr(struct ami_conf *conf, const struct conffile *cdr_manager)
{
	if (!cdr_manager)
		return;
	conf->no_cdr_events =
		!conffile_bool(conffile_ifind(cdr_manager, "general"), "enabled", false);
	if (conffile_ifind(cdr_manager, "mappings"))
		log_warning("cdr_manager.conf: [mappings] adds no headers to Cdr events here; read "
			    "the variables with Getvar or from VarSet events");
}
