/* sip/conf_load.c - from sections to objects, and from names to objects. */
#include "sip/conf_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int conf_fail(struct conf_load *l, const struct conffile_var *v, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (l->failed)
		return -EINVAL;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	l->failed = true;
	sink_fmt(l->error, "%s:%d: [%.*s] type=%s: ", v ? v->file : l->section->file,
		 v ? v->line : l->section->line, SLICE_ARG(l->section->name),
		 l->type_name ? l->type_name : conf_type_name(l->type));
	if (v)
		sink_fmt(l->error, "%.*s=%.*s cannot be used: ", SLICE_ARG(v->name),
			 SLICE_ARG(v->value));
	sink_str(l->error, text);
	return -EINVAL;
}

enum conf_type conf_section_type(const struct conffile_section *s)
{
	const struct conffile_var *v = conffile_get(s, "type");

	return v ? conf_type_lookup(v->value) : CONF_TYPE_UNKNOWN;
}

static const size_t conf_object_bytes[CONF_SERVED] = {
	[CONF_TRANSPORT] = sizeof(struct conf_transport_draft),
	[CONF_ENDPOINT] = sizeof(struct conf_endpoint_draft),
	[CONF_AOR] = sizeof(struct conf_aor_draft),
	[CONF_AUTH] = sizeof(struct conf_auth_draft),
	[CONF_IDENTIFY] = sizeof(struct conf_identify_draft),
	[CONF_ACL] = sizeof(struct sip_conf_acl),
	[CONF_REGISTRATION] = sizeof(struct conf_registration_draft),
};

/* Objects while they are read. */
struct conf_drafts {
	char *objects[CONF_SERVED];
	uint32_t count[CONF_SERVED];
};

static void conf_count(const struct conffile *cf, struct conf_drafts *d)
{
	const struct conffile_section *s;

	for (s = conffile_first(cf); s; s = conffile_next(s)) {
		enum conf_type type = conf_section_type(s);

		if (type < CONF_SERVED)
			d->count[type]++;
	}
}

static int conf_read_section(struct conf_load *l, const struct conffile_section *s, void *object)
{
	const struct conffile_var *v;

	l->section = s;
	l->object = object;
	conf_defaults(l->type, object);
	for (v = s->vars; v; v = v->next)
		if (conf_set_option(l, v))
			return -EINVAL;
	return conf_finish_object(l);
}

static void conf_say_unserved(const struct conffile_section *s, enum conf_type type)
{
	const struct conffile_var *v = conffile_get(s, "type");

	if (!v)
		log_warning("%s:%d: section [%.*s] has no type= and is skipped; give it one "
			    "(transport, endpoint, aor, auth, ...)",
			    s->file, s->line, SLICE_ARG(s->name));
	else if (type == CONF_TYPE_UNKNOWN)
		log_warning(
			"%s:%d: section [%.*s] has type=%.*s, which is not known, and is skipped",
			v->file, v->line, SLICE_ARG(s->name), SLICE_ARG(v->value));
}

static int conf_read_all(struct conf_load *l, const struct conffile *cf, struct conf_drafts *d)
{
	uint32_t next[CONF_SERVED] = {0};
	const struct conffile_section *s;

	for (s = conffile_first(cf); s; s = conffile_next(s)) {
		enum conf_type type = conf_section_type(s);
		void *object = l->conf; /* global and system */

		if (type >= CONF_SERVED) {
			conf_say_unserved(s, type);
			continue;
		}
		l->type = type;
		if (conf_object_bytes[type])
			object = d->objects[type] + conf_object_bytes[type] * next[type]++;
		if (conf_read_section(l, s, object))
			return -EINVAL;
	}
	return 0;
}

/* ---- names to objects ---- */

static struct conf_endpoint_draft *conf_endpoint_at(const struct conf_drafts *d, uint32_t i)
{
	return (struct conf_endpoint_draft *)(void *)d->objects[CONF_ENDPOINT] + i;
}

static uint32_t conf_list_count(struct slice names)
{
	struct slice part;
	uint32_t count = 0;

	while (slice_split(&names, ',', &part))
		count += slice_trim(part).len > 0;
	return count;
}

static int conf_link_aors(struct sip_conf *conf, struct conf_endpoint_draft *d)
{
	struct slice names = d->names.aors, part;
	const struct sip_conf_aor **list =
		conf_alloc(conf, sizeof(*list) * (conf_list_count(names) + 1));

	if (!list)
		return -ENOMEM;
	while (slice_split(&names, ',', &part)) {
		const struct sip_conf_aor *aor = sip_conf_aor(conf, slice_trim(part));

		if (aor)
			list[d->e.aor_count++] = aor;
		else if (slice_trim(part).len)
			log_warning(
				"Endpoint '%.*s': aors names '%.*s', but there is no such section "
				"with type=aor",
				SLICE_ARG(d->e.name), SLICE_ARG(slice_trim(part)));
	}
	d->e.aors = list;
	return 0;
}

static int32_t conf_link_transport(const struct sip_conf *conf, const char *what,
				   struct slice owner, struct slice name)
{
	if (name.len == 0)
		return -1;
	for (uint32_t i = 0; i < conf->transport_count; i++)
		if (slice_eq(conf->transports[i].name, name))
			return (int32_t)i;
	log_warning("%s '%.*s': transport '%.*s' is not served; what it sends will fail. Name a "
		    "section with type=transport and protocol=udp",
		    what, SLICE_ARG(owner), SLICE_ARG(name));
	return INT32_MAX;
}

static int conf_compare_hash(const void *a, const void *b)
{
	const struct sip_conf_endpoint *const *x = a, *const *y = b;

	return (*x)->hash < (*y)->hash ? -1 : (*x)->hash > (*y)->hash;
}

static int conf_link_endpoints(struct sip_conf *conf, struct conf_drafts *d)
{
	uint32_t count = d->count[CONF_ENDPOINT];
	struct sip_conf_endpoint *out = conf_alloc(conf, sizeof(*out) * count);
	const struct sip_conf_endpoint **sorted = conf_alloc(conf, sizeof(*sorted) * count);

	if (!out || !sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		struct conf_endpoint_draft *e = conf_endpoint_at(d, i);

		if (conf_link_aors(conf, e) || conf_link_auths(conf, e))
			return -ENOMEM;
		e->e.auth = conf_link_auth(conf, "Endpoint", e->e.name, e->names.auth);
		e->e.transport =
			conf_link_transport(conf, "Endpoint", e->e.name, e->names.transport);
		e->e.hash = sip_conf_name_hash(e->e.name);
		conf->has_unforced |= !e->e.force_rport;
		out[i] = e->e;
		sorted[i] = &out[i];
	}
	qsort(sorted, count, sizeof(*sorted), conf_compare_hash);
	for (uint32_t i = 1; i < count; i++)
		if (sorted[i]->hash == sorted[i - 1]->hash)
			log_warning("Endpoint '%.*s' stands twice in pjsip.conf; only one of them "
				    "is used. Remove the other",
				    SLICE_ARG(sorted[i]->name));
	conf->endpoints = out;
	conf->by_hash = sorted;
	conf->endpoint_count = count;
	return 0;
}

static int conf_compare_aors(const void *a, const void *b)
{
	const struct sip_conf_aor *const *x = a, *const *y = b;

	return (*x)->hash < (*y)->hash ? -1 : (*x)->hash > (*y)->hash;
}

static int conf_sort_aors(struct sip_conf *conf)
{
	const struct sip_conf_aor **sorted = conf_alloc(conf, sizeof(*sorted) * conf->aor_count);

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < conf->aor_count; i++)
		sorted[i] = &conf->aors[i];
	qsort(sorted, conf->aor_count, sizeof(*sorted), conf_compare_aors);
	conf->aors_by_hash = sorted;
	return 0;
}

static int conf_take_simple(struct sip_conf *conf, struct conf_drafts *d)
{
	const struct conf_transport_draft *t = (void *)d->objects[CONF_TRANSPORT];
	const struct conf_aor_draft *a = (void *)d->objects[CONF_AOR];
	const struct conf_auth_draft *u = (void *)d->objects[CONF_AUTH];
	struct sip_conf_transport *transports =
		conf_alloc(conf, sizeof(*transports) * d->count[CONF_TRANSPORT]);
	struct sip_conf_aor *aors = conf_alloc(conf, sizeof(*aors) * d->count[CONF_AOR]);
	struct sip_conf_auth *auths = conf_alloc(conf, sizeof(*auths) * d->count[CONF_AUTH]);

	if (!transports || !aors || !auths)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->count[CONF_TRANSPORT]; i++)
		if (t[i].is_served)
			transports[conf->transport_count++] = t[i].t;
	for (uint32_t i = 0; i < d->count[CONF_AOR]; i++)
		aors[conf->aor_count++] = a[i].a;
	for (uint32_t i = 0; i < d->count[CONF_AUTH]; i++)
		conf_settle_auth(conf, &u[i], &auths[conf->auth_count++]);
	conf->transports = transports;
	conf->aors = aors;
	conf->auths = auths;
	return conf_sort_aors(conf) || conf_sort_auths(conf) ? -ENOMEM : 0;
}

/* Room for the users of each AOR first, then who they are. */
static int conf_link_users(struct sip_conf *conf)
{
	for (uint32_t i = 0; i < conf->endpoint_count; i++)
		for (uint32_t k = 0; k < conf->endpoints[i].aor_count; k++)
			conf->aors[conf->endpoints[i].aors[k] - conf->aors].user_count++;
	for (uint32_t i = 0; i < conf->aor_count; i++) {
		struct sip_conf_aor *a = &conf->aors[i];

		a->users = conf_alloc(conf, sizeof(struct sip_conf_endpoint *) * a->user_count);
		if (!a->users)
			return -ENOMEM;
		a->user_count = 0;
	}
	for (uint32_t i = 0; i < conf->endpoint_count; i++)
		for (uint32_t k = 0; k < conf->endpoints[i].aor_count; k++) {
			struct sip_conf_aor *a =
				&conf->aors[conf->endpoints[i].aors[k] - conf->aors];

			a->users[a->user_count++] = &conf->endpoints[i];
		}
	return 0;
}

static int conf_compare_registrations(const void *a, const void *b)
{
	const struct sip_conf_registration *const *x = a, *const *y = b;

	return (*x)->hash < (*y)->hash ? -1 : (*x)->hash > (*y)->hash;
}

static int conf_link_registrations(struct sip_conf *conf, const struct conf_drafts *d)
{
	const struct conf_registration_draft *r = (void *)d->objects[CONF_REGISTRATION];
	uint32_t count = d->count[CONF_REGISTRATION];
	struct sip_conf_registration *out = conf_alloc(conf, sizeof(*out) * count);
	const struct sip_conf_registration **sorted = conf_alloc(conf, sizeof(*sorted) * count);

	if (!out || !sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		out[i] = r[i].r;
		out[i].auth = conf_link_auth(conf, "Registration", r[i].r.name, r[i].auth);
		out[i].transport =
			conf_link_transport(conf, "Registration", r[i].r.name, r[i].transport);
		sorted[i] = &out[i];
	}
	qsort(sorted, count, sizeof(*sorted), conf_compare_registrations);
	conf->registrations_by_hash = sorted;
	conf->registrations = out;
	conf->registration_count = count;
	return 0;
}

int sip_conf_load(struct sip_conf **out, const struct conffile *cf, struct sink *error)
{
	struct conf_load l = {.conf = sip_conf_empty(), .error = error};
	struct conf_drafts d = {0};
	int err = l.conf ? 0 : -ENOMEM;

	conf_count(cf, &d);
	for (int i = 0; !err && i < CONF_SERVED; i++) {
		d.objects[i] = conf_alloc(l.conf, conf_object_bytes[i] * d.count[i]);
		if (!d.objects[i])
			err = -ENOMEM;
	}
	if (!err)
		err = conf_read_all(&l, cf, &d);
	if (!err)
		err = conf_take_simple(l.conf, &d);
	if (!err)
		err = conf_link_endpoints(l.conf, &d);
	if (!err) {
		l.conf->acls = (void *)d.objects[CONF_ACL];
		l.conf->acl_count = d.count[CONF_ACL];
	}
	if (!err)
		conf_link_hosts(l.conf);
	if (!err)
		err = conf_link_callers(l.conf, (void *)d.objects[CONF_IDENTIFY],
					d.count[CONF_IDENTIFY]);
	if (!err)
		err = conf_link_users(l.conf);
	if (!err)
		err = conf_link_registrations(l.conf, &d);
	if (!err)
		err = conf_keep_sections(l.conf, cf);
	if (l.conf && l.conf->is_starved && !l.failed)
		err = -ENOMEM;
	if (err) {
		sip_conf_free(l.conf);
		if (err == -ENOMEM)
			sink_str(error, "out of memory");
		return err;
	}
	*out = l.conf;
	return 0;
}
