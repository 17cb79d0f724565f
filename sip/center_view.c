/* sip/center_view.c - the objects of SIP as text: the port engine/core/tech_admin.h. */
#include "sip/center_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "sip/cause.h"

#include <errno.h>

static const struct slice view_identify = SLICE_LIT("identify");

/* ---- walks ---- */

static bool view_set(struct tech_object *out, enum tech_kind kind, struct slice name,
		     const void *impl)
{
	*out = (struct tech_object){.kind = kind, .name = name, .impl = impl};
	return true;
}

static bool view_next_contact(const struct sip_center *c, uint32_t *cursor, struct tech_object *out)
{
	struct contact *at;

	while ((at = location_walk(&c->table, cursor)))
		if (!((struct seat *)at)->is_gone)
			return view_set(out, TECH_CONTACT, at->info.text[CONTACT_URI], at);
	return false;
}

static bool view_next_section(const struct sip_center *c, struct slice type, uint32_t *cursor,
			      enum tech_kind kind, struct tech_object *out)
{
	while (*cursor < c->conf->section_count) {
		const struct sip_conf_section *s = &c->conf->sections[(*cursor)++];

		if (slice_ieq(s->type, type))
			return view_set(out, kind, s->name, s);
	}
	return false;
}

/* impl of each kind: the object of sip/conf.h, but a section for transports and identifies, and a
 * seat for contacts. */
static bool view_next(void *impl, enum tech_kind kind, uint32_t *cursor, struct tech_object *out)
{
	const struct sip_center *c = impl;
	const struct sip_conf *conf = c->conf;
	uint32_t at = *cursor;

	switch (kind) {
	case TECH_ENDPOINT:
		*cursor += at < conf->endpoint_count;
		return at < conf->endpoint_count &&
		       view_set(out, kind, conf->endpoints[at].name, &conf->endpoints[at]);
	case TECH_AOR:
		*cursor += at < conf->aor_count;
		return at < conf->aor_count &&
		       view_set(out, kind, conf->aors[at].name, &conf->aors[at]);
	case TECH_AUTH:
		return view_next_section(c, SLICE_LIT("auth"), cursor, kind, out);
	case TECH_CONTACT:
		return view_next_contact(c, cursor, out);
	case TECH_TRANSPORT:
		return view_next_section(c, SLICE_LIT("transport"), cursor, kind, out);
	case TECH_IDENTIFY:
		return view_next_section(c, view_identify, cursor, kind, out);
	case TECH_REGISTRATION:
		*cursor += at < conf->registration_count;
		return at < conf->registration_count &&
		       view_set(out, kind, conf->registrations[at].name, &conf->registrations[at]);
	case TECH_KIND_COUNT:
		break;
	}
	return false;
}

static bool view_find_contact(const struct sip_center *c, struct slice name,
			      struct tech_object *out)
{
	size_t slash = slice_find(name, '/');
	const struct seat *s;

	if (slash == SIZE_MAX)
		return false;
	s = center_find(c, contact_id(slice_head(name, slash), slice_from(name, slash + 1)));
	return s && view_set(out, TECH_CONTACT, s->c.info.text[CONTACT_URI], s);
}

static bool view_find_section(const struct sip_center *c, struct slice type, enum tech_kind kind,
			      struct slice name, struct tech_object *out)
{
	const struct sip_conf_section *s = sip_conf_section(c->conf, type, name);

	return s && view_set(out, kind, s->name, s);
}

static bool view_find(void *impl, enum tech_kind kind, struct slice name, struct tech_object *out)
{
	uint32_t cursor = 0;

	if (kind == TECH_CONTACT)
		return view_find_contact(impl, name, out);
	if (kind == TECH_AUTH)
		return view_find_section(impl, SLICE_LIT("auth"), kind, name, out);
	if (kind == TECH_TRANSPORT)
		return view_find_section(impl, SLICE_LIT("transport"), kind, name, out);
	if (kind == TECH_IDENTIFY)
		return view_find_section(impl, view_identify, kind, name, out);
	if (kind == TECH_ENDPOINT) {
		const struct sip_conf_endpoint *ep =
			sip_conf_endpoint(((struct sip_center *)impl)->conf, name);

		return ep && view_set(out, kind, ep->name, ep);
	}
	while (view_next(impl, kind, &cursor, out))
		if (slice_eq(out->name, name))
			return true;
	return false;
}

/* ---- options ---- */

static void view_number(tech_option_fn fn, void *arg, struct slice name, int64_t n)
{
	char room[32];
	struct sink text = sink_make(room, sizeof(room));

	sink_i64(&text, n);
	fn(arg, name, sink_slice(&text));
}

/* A contact is not of a file alone: all that is known of it, in the order of AMI's
 * ContactStatusDetail. */
static void view_contact(const struct seat *s, tech_option_fn fn, void *arg)
{
	const struct contact_info *i = &s->c.info;
	char room[64];
	struct sink text = sink_make(room, sizeof(room));

	fn(arg, SLICE_LIT("aor"), i->text[CONTACT_AOR]);
	fn(arg, SLICE_LIT("uri"), i->text[CONTACT_URI]);
	fn(arg, SLICE_LIT("user_agent"), i->text[CONTACT_USER_AGENT]);
	view_number(fn, arg, SLICE_LIT("reg_expire"), i->expires_wall_ns / TMR_SECOND);
	fn(arg, SLICE_LIT("via_address"), i->text[CONTACT_VIA]);
	fn(arg, SLICE_LIT("call_id"), i->text[CONTACT_CALL_ID]);
	fn(arg, SLICE_LIT("status"),
	   slice_str(contact_status_name((enum contact_status)i->status)));
	fn(arg, SLICE_LIT("status_short"),
	   slice_str(contact_status_short((enum contact_status)i->status)));
	if (i->rtt_ns >= 0)
		view_number(fn, arg, SLICE_LIT("roundtrip_usec"), i->rtt_ns / 1000);
	else
		fn(arg, SLICE_LIT("roundtrip_usec"), SLICE_LIT("N/A"));
	fn(arg, SLICE_LIT("endpoint_name"), i->text[CONTACT_ENDPOINT]);
	sink_add(&text, slice_head(i->text[CONTACT_AOR], 40));
	sink_lit(&text, ";@");
	sink_hex(&text, i->id, 16);
	fn(arg, SLICE_LIT("id"), sink_slice(&text));
	fn(arg, SLICE_LIT("authenticate_qualify"),
	   i->authenticate_qualify ? SLICE_LIT("1") : SLICE_LIT("0"));
	fn(arg, SLICE_LIT("outbound_proxy"), i->text[CONTACT_PROXY]);
	fn(arg, SLICE_LIT("path"), i->text[CONTACT_PATH]);
	view_number(fn, arg, SLICE_LIT("qualify_frequency"), i->qualify_s);
	text.len = 0;
	sink_fmt(&text, "%u.%03u", i->qualify_timeout_ms / 1000, i->qualify_timeout_ms % 1000);
	fn(arg, SLICE_LIT("qualify_timeout"), sink_slice(&text));
	fn(arg, SLICE_LIT("qualify_2xx_only"),
	   i->qualify_2xx_only ? SLICE_LIT("true") : SLICE_LIT("false"));
}

static void view_registration_state(const struct sip_center *c, const struct tech_object *o,
				    tech_option_fn fn, void *arg)
{
	static const struct slice names[SIP_REG_STATE_COUNT] = {
		[SIP_REG_UNREGISTERED] = SLICE_LIT("Unregistered"),
		[SIP_REG_REGISTERED] = SLICE_LIT("Registered"),
		[SIP_REG_REJECTED] = SLICE_LIT("Rejected"),
		[SIP_REG_REJECTED_HARD] = SLICE_LIT("Rejected"),
		[SIP_REG_STOPPED] = SLICE_LIT("Unregistered"),
	};
	const struct sip_conf_registration *r = o->impl;
	const struct sip_registration_report *last =
		&c->registrations[r - c->conf->registrations].last;
	int64_t left = 0;

	if (last->next_wall_ns)
		left = (last->next_wall_ns - io_wall_ns(c->env.io)) / TMR_SECOND;
	fn(arg, SLICE_LIT("status"), names[last->state]);
	view_number(fn, arg, SLICE_LIT("next_reg"), left);
}

static void view_options(void *impl, const struct tech_object *o, tech_option_fn fn, void *arg)
{
	const struct sip_center *c = impl;

	if (o->kind == TECH_CONTACT) {
		view_contact(o->impl, fn, arg);
		return;
	}
	center_options(c, o, fn, arg);
	if (o->kind == TECH_REGISTRATION)
		view_registration_state(c, o, fn, arg);
	if (o->kind == TECH_ENDPOINT)
		fn(arg, SLICE_LIT("is_online"),
		   center_is_online(c, o->impl) ? SLICE_LIT("true") : SLICE_LIT("false"));
}

struct view_want {
	struct slice name;
	struct sink *value;
};

static void view_match(void *arg, struct slice name, struct slice value)
{
	struct view_want *w = arg;

	if (slice_eq(name, w->name))
		sink_add(w->value, value);
}

/* Lists ask for a few of a hundred: what the file has is looked up, what is known besides is not
 * much. */
static void view_option(void *impl, const struct tech_object *o, const char *name,
			struct sink *value)
{
	struct view_want want = {slice_str(name), value};
	const struct sip_center *c = impl;

	if (!center_option(c, o, want.name, view_match, &want))
		view_options(impl, o, view_match, &want);
}

/* ---- who belongs to whom ---- */

static void view_named(struct sip_center *c, enum tech_kind kind, struct slice names,
		       tech_object_fn fn, void *arg)
{
	struct tech_object o;
	struct slice part;

	while (slice_split(&names, ',', &part))
		if (slice_trim(part).len && view_find(c, kind, slice_trim(part), &o))
			fn(arg, &o);
}

static void view_contacts_of(const struct sip_center *c, const struct sip_conf_aor *aor,
			     tech_object_fn fn, void *arg)
{
	struct tech_object o;

	for (const struct seat *s = center_first(c, aor->hash); s; s = center_next(s))
		if (view_set(&o, TECH_CONTACT, s->c.info.text[CONTACT_URI], s))
			fn(arg, &o);
}

static void view_identifies_of(const struct sip_center *c, struct slice endpoint, tech_object_fn fn,
			       void *arg)
{
	const struct sip_conf_section *s;
	struct tech_object o;
	uint32_t cursor = 0;

	while ((s = sip_conf_identify_of(c->conf, endpoint, &cursor)))
		if (view_set(&o, TECH_IDENTIFY, s->name, s))
			fn(arg, &o);
}

static void view_of_endpoint(struct sip_center *c, const struct tech_object *o, enum tech_kind kind,
			     tech_object_fn fn, void *arg)
{
	const struct sip_conf_section *s = center_section(c, o);
	const struct sip_conf_endpoint *ep = o->impl;
	struct slice names = SLICE_EMPTY;
	struct tech_object aor;

	if (kind == TECH_IDENTIFY)
		view_identifies_of(c, o->name, fn, arg);
	if (kind == TECH_AUTH && s) {
		if (sip_conf_written(s, SLICE_LIT("auth"), &names))
			view_named(c, TECH_AUTH, names, fn, arg);
		if (sip_conf_written(s, SLICE_LIT("outbound_auth"), &names))
			view_named(c, TECH_AUTH, names, fn, arg);
	}
	if (kind == TECH_TRANSPORT && s && sip_conf_written(s, SLICE_LIT("transport"), &names))
		view_named(c, TECH_TRANSPORT, names, fn, arg);
	for (uint32_t i = 0; i < ep->aor_count; i++) {
		if (kind == TECH_CONTACT)
			view_contacts_of(c, ep->aors[i], fn, arg);
		if (kind == TECH_AOR && view_set(&aor, TECH_AOR, ep->aors[i]->name, ep->aors[i]))
			fn(arg, &aor);
	}
}

static void view_related(void *impl, const struct tech_object *o, enum tech_kind kind,
			 tech_object_fn fn, void *arg)
{
	struct slice names = SLICE_EMPTY;
	struct sip_center *c = impl;
	const struct sip_conf_section *s;
	struct tech_object ep;

	if (o->kind == TECH_ENDPOINT)
		view_of_endpoint(c, o, kind, fn, arg);
	if (o->kind == TECH_AOR && kind == TECH_CONTACT)
		view_contacts_of(c, o->impl, fn, arg);
	if (o->kind == TECH_AOR && kind == TECH_ENDPOINT) {
		const struct sip_conf_aor *aor = o->impl;

		for (uint32_t i = 0; i < aor->user_count; i++)
			if (view_set(&ep, TECH_ENDPOINT, aor->users[i]->name, aor->users[i]))
				fn(arg, &ep);
	}
	if (o->kind == TECH_REGISTRATION && kind == TECH_AUTH) {
		s = center_section(c, o);
		if (s && sip_conf_written(s, SLICE_LIT("outbound_auth"), &names))
			view_named(c, TECH_AUTH, names, fn, arg);
	}
}

/* ---- commands ---- */

static int view_qualify(struct sip_center *c, struct slice name)
{
	const struct sip_conf_endpoint *ep = sip_conf_endpoint(c->conf, name);
	bool ok = true;

	if (!ep)
		return -ENOENT;
	if (!ep->aor_count)
		return -ENXIO;
	for (uint32_t i = 0; i < ep->aor_count; i++)
		for (struct seat *s = center_first(c, ep->aors[i]->hash); s; s = center_next(s))
			ok &= c->env.notify(c->env.arg, s->c.info.shard % c->env.shard_count,
					    SIP_NOTICE_QUALIFY, &s->c.info.id, sizeof(uint64_t));
	return ok ? 0 : -EAGAIN;
}

static int view_register(struct sip_center *c, uint32_t notice, struct slice name)
{
	bool is_all = slice_eq(name, SLICE_LIT("*all")), found = false, ok = true;

	for (uint32_t i = 0; i < c->conf->registration_count; i++) {
		const struct sip_conf_registration *r = &c->conf->registrations[i];

		if (!is_all && !slice_eq(r->name, name))
			continue;
		found = true;
		ok &= c->env.notify(c->env.arg, (uint32_t)(r->hash % c->env.shard_count), notice,
				    &r->hash, sizeof(r->hash));
	}
	if (!found && !is_all)
		return -ENOENT;
	return ok ? 0 : -EAGAIN;
}

static int view_command(void *impl, enum tech_command command, struct slice name)
{
	struct sip_center *c = impl;

	switch (command) {
	case TECH_QUALIFY:
		return view_qualify(c, name);
	case TECH_REGISTER:
		return view_register(c, SIP_NOTICE_REGISTER, name);
	case TECH_UNREGISTER:
		return view_register(c, SIP_NOTICE_UNREGISTER, name);
	}
	return -ENOENT;
}

static uint32_t view_refusal(void *impl, struct slice text)
{
	unsigned code = sip_refusal_parse(text);

	UNUSED(impl);
	if (!code)
		log_warning(
			"'%.*s' is no status from 400 to 699 by which a call can be refused, and "
			"no name of one; 603 is sent",
			SLICE_ARG(text));
	return code ? code : 603;
}

/* ---- facts ---- */

static void view_fact(void *impl, uint32_t shard, uint32_t kind, const void *data, size_t len)
{
	struct sip_center *c = impl;

	switch ((enum sip_report)kind) {
	case SIP_REPORT_STATUS:
		center_on_status(c, data);
		break;
	case SIP_REPORT_BIND:
		center_on_bind(c, shard, data, len);
		break;
	case SIP_REPORT_REGISTRATION:
		center_on_registration(c, data);
		break;
	case SIP_REPORT_HISTORY:
		center_on_history(c, data);
		break;
	case SIP_REPORT_ROUTE:
		center_on_route(c, data);
		break;
	}
}

const struct tech_admin_ops center_admin_ops = {
	.tech = "PJSIP",
	.fact = view_fact,
	.next = view_next,
	.find = view_find,
	.options = view_options,
	.option = view_option,
	.related = view_related,
	.command = view_command,
	.notify_write = center_notify_write,
	.notify = center_notify,
	.refusal = view_refusal,
};

struct tech_admin sip_center_admin(struct sip_center *c)
{
	return (struct tech_admin){.ops = &center_admin_ops, .impl = c};
}
