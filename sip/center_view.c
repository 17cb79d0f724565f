/* sip/center_view.c - the objects of SIP as text: the port engine/core/tech_admin.h. */
#include "sip/center_internal.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>

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

static bool view_find(void *impl, enum tech_kind kind, struct slice name, struct tech_object *out)
{
	uint32_t cursor = 0;

	if (kind == TECH_CONTACT)
		return view_find_contact(impl, name, out);
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

enum view_form {
	VIEW_TEXT,
	VIEW_BOOL,    /* true, false */
	VIEW_SECONDS, /* 3.000000 */
	VIEW_SECRET,  /* shown as set or not */
};

struct view_option {
	const char *name, *preset;
	enum view_form form;
};

/* clang-format off */
static const struct view_option view_aor[] = {
	{"authenticate_qualify", "no", VIEW_BOOL}, {"contact", "", VIEW_TEXT},
	{"default_expiration", "3600", VIEW_TEXT}, {"mailboxes", "", VIEW_TEXT},
	{"max_contacts", "0", VIEW_TEXT}, {"maximum_expiration", "7200", VIEW_TEXT},
	{"minimum_expiration", "60", VIEW_TEXT}, {"outbound_proxy", "", VIEW_TEXT},
	{"qualify_2xx_only", "no", VIEW_BOOL}, {"qualify_frequency", "0", VIEW_TEXT},
	{"qualify_timeout", "3.0", VIEW_SECONDS}, {"remove_existing", "no", VIEW_BOOL},
	{"remove_unavailable", "no", VIEW_BOOL}, {"support_path", "no", VIEW_BOOL},
	{"voicemail_extension", "", VIEW_TEXT}, {0}};
static const struct view_option view_auth[] = {
	{"auth_type", "userpass", VIEW_TEXT}, {"md5_cred", "", VIEW_SECRET},
	{"nonce_lifetime", "32", VIEW_TEXT}, {"oauth_clientid", "", VIEW_TEXT},
	{"oauth_secret", "", VIEW_SECRET}, {"password", "", VIEW_SECRET},
	{"password_digest", "", VIEW_SECRET}, {"realm", "", VIEW_TEXT},
	{"refresh_token", "", VIEW_SECRET}, {"supported_algorithms_uac", "", VIEW_TEXT},
	{"supported_algorithms_uas", "", VIEW_TEXT}, {"username", "", VIEW_TEXT}, {0}};
static const struct view_option view_registration[] = {
	{"auth_rejection_permanent", "yes", VIEW_BOOL}, {"client_uri", "", VIEW_TEXT},
	{"contact_header_params", "", VIEW_TEXT}, {"contact_user", "s", VIEW_TEXT},
	{"endpoint", "", VIEW_TEXT}, {"expiration", "3600", VIEW_TEXT},
	{"fatal_retry_interval", "0", VIEW_TEXT}, {"forbidden_retry_interval", "0", VIEW_TEXT},
	{"line", "no", VIEW_BOOL}, {"max_random_initial_delay", "10", VIEW_TEXT},
	{"max_retries", "10", VIEW_TEXT}, {"outbound_auth", "", VIEW_TEXT},
	{"outbound_proxy", "", VIEW_TEXT}, {"retry_interval", "60", VIEW_TEXT},
	{"security_mechanisms", "", VIEW_TEXT}, {"security_negotiation", "no", VIEW_TEXT},
	{"server_uri", "", VIEW_TEXT}, {"support_outbound", "no", VIEW_BOOL},
	{"support_path", "no", VIEW_BOOL}, {"transport", "", VIEW_TEXT},
	{"user_agent", "", VIEW_TEXT}, {0}};
static const struct view_option view_transport[] = {
	{"allow_reload", "no", VIEW_BOOL}, {"allow_wildcard_certs", "no", VIEW_BOOL},
	{"async_operations", "1", VIEW_TEXT}, {"bind", "", VIEW_TEXT}, {"ca_list_file", "", VIEW_TEXT},
	{"ca_list_path", "", VIEW_TEXT}, {"cert_file", "", VIEW_TEXT}, {"cipher", "", VIEW_TEXT},
	{"cos", "0", VIEW_TEXT}, {"domain", "", VIEW_TEXT}, {"external_media_address", "", VIEW_TEXT},
	{"external_signaling_address", "", VIEW_TEXT}, {"external_signaling_hostname", "", VIEW_TEXT},
	{"external_signaling_port", "0", VIEW_TEXT}, {"local_net", "", VIEW_TEXT},
	{"method", "unspecified", VIEW_TEXT}, {"password", "", VIEW_SECRET},
	{"priv_key_file", "", VIEW_TEXT}, {"protocol", "udp", VIEW_TEXT},
	{"require_client_cert", "no", VIEW_TEXT}, {"symmetric_transport", "no", VIEW_BOOL},
	{"tcp_keepalive_enable", "no", VIEW_BOOL}, {"tcp_keepalive_idle_time", "30", VIEW_TEXT},
	{"tcp_keepalive_interval_time", "1", VIEW_TEXT}, {"tcp_keepalive_probe_count", "5", VIEW_TEXT},
	{"tos", "0", VIEW_TEXT}, {"verify_client", "no", VIEW_TEXT}, {"verify_server", "no", VIEW_TEXT},
	{"websocket_write_timeout", "100", VIEW_TEXT}, {0}};
static const struct view_option view_identify_options[] = {
	{"endpoint", "", VIEW_TEXT}, {"match", "", VIEW_TEXT}, {"match_header", "", VIEW_TEXT},
	{"match_request_uri", "", VIEW_TEXT}, {"srv_lookups", "yes", VIEW_BOOL}, {0}};
/* clang-format on */

static const struct view_type {
	struct slice type;
	const struct view_option *options; /* NULL: as written */
} view_types[TECH_KIND_COUNT] = {
	[TECH_ENDPOINT] = {SLICE_LIT("endpoint"), NULL},
	[TECH_AOR] = {SLICE_LIT("aor"), view_aor},
	[TECH_AUTH] = {SLICE_LIT("auth"), view_auth},
	[TECH_TRANSPORT] = {SLICE_LIT("transport"), view_transport},
	[TECH_IDENTIFY] = {SLICE_LIT("identify"), view_identify_options},
	[TECH_REGISTRATION] = {SLICE_LIT("registration"), view_registration},
};

/* Several lines of one name are one value, joined by commas. */
static void view_join(const struct sip_conf_section *s, struct slice name, struct sink *out)
{
	for (uint32_t i = 0; i < s->var_count; i++) {
		if (!slice_ieq(s->vars[2 * (size_t)i], name))
			continue;
		if (out->len)
			sink_char(out, ',');
		sink_add(out, s->vars[2 * (size_t)i + 1]);
	}
}

static bool view_is_list(struct slice name)
{
	return slice_eq(name, SLICE_LIT("contact")) || slice_eq(name, SLICE_LIT("match")) ||
	       slice_eq(name, SLICE_LIT("local_net"));
}

static void view_option(const struct sip_conf_section *s, const struct view_option *o,
			tech_option_fn fn, void *arg)
{
	struct slice name = slice_str(o->name), value = slice_str(o->preset);
	char room[2048];
	struct sink text = sink_make(room, sizeof(room));

	if (s && view_is_list(name)) {
		view_join(s, name, &text);
		value = sink_slice(&text);
	} else if (s) {
		UNUSED(sip_conf_written(s, name, &value));
	}
	if (o->form == VIEW_BOOL)
		value = slice_is_true(value) ? SLICE_LIT("true") : SLICE_LIT("false");
	else if (o->form == VIEW_SECRET && value.len)
		value = SLICE_LIT("<hidden>");
	if (o->form == VIEW_SECONDS) {
		slice_copy(room, sizeof(room), value);
		sink_fmt(&text, "%f", strtod(room, NULL));
		value = slice_make(room, text.len);
	}
	fn(arg, name, value);
}

static const struct sip_conf_section *view_section(const struct sip_center *c,
						   const struct tech_object *o)
{
	return sip_conf_section(c->conf, view_types[o->kind].type, o->name);
}

/* An option that is written is told once, with its last value. */
static void view_written(const struct sip_conf_section *s, tech_option_fn fn, void *arg)
{
	for (uint32_t i = 0; s && i < s->var_count; i++) {
		struct slice name = s->vars[2 * (size_t)i], last = SLICE_EMPTY;
		bool is_first = true;

		for (uint32_t k = 0; k < i && is_first; k++)
			is_first = !slice_ieq(s->vars[2 * (size_t)k], name);
		if (!is_first || slice_ieq(name, SLICE_LIT("type")) ||
		    !sip_conf_written(s, name, &last))
			continue;
		fn(arg, name, last);
	}
}

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
	const struct sip_conf_section *s;

	if (o->kind == TECH_CONTACT) {
		view_contact(o->impl, fn, arg);
		return;
	}
	s = view_section(c, o);
	if (view_types[o->kind].options)
		for (const struct view_option *v = view_types[o->kind].options; v->name; v++)
			view_option(s, v, fn, arg);
	else
		view_written(s, fn, arg);
	if (o->kind == TECH_REGISTRATION)
		view_registration_state(c, o, fn, arg);
	if (o->kind == TECH_ENDPOINT)
		fn(arg, SLICE_LIT("is_online"),
		   center_is_online(c, o->impl) ? SLICE_LIT("true") : SLICE_LIT("false"));
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
	struct slice owner = SLICE_EMPTY;
	struct tech_object o;
	uint32_t cursor = 0;

	while (view_next_section(c, view_identify, &cursor, TECH_IDENTIFY, &o))
		if (sip_conf_written(o.impl, SLICE_LIT("endpoint"), &owner) &&
		    slice_eq(owner, endpoint))
			fn(arg, &o);
}

static void view_of_endpoint(struct sip_center *c, const struct tech_object *o, enum tech_kind kind,
			     tech_object_fn fn, void *arg)
{
	const struct sip_conf_section *s = view_section(c, o);
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
		s = view_section(c, o);
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
	case SIP_REPORT_ROUTE:
		for (uint32_t i = 0; i < c->env.shard_count; i++)
			UNUSED(c->env.notify(c->env.arg, i, SIP_NOTICE_ROUTE, data, len));
		break;
	}
}

const struct tech_admin_ops center_admin_ops = {
	.tech = "PJSIP",
	.fact = view_fact,
	.next = view_next,
	.find = view_find,
	.options = view_options,
	.related = view_related,
	.command = view_command,
};

struct tech_admin sip_center_admin(struct sip_center *c)
{
	return (struct tech_admin){.ops = &center_admin_ops, .impl = c};
}
