/* ami/action_pjsip.c - the objects of SIP, and commands to them (ami.md 3.11), by the port
 * engine/core/tech_admin.h: nothing here knows SIP. */
#include "ami/action.h"
#include "ami/ami_internal.h"
#include "ami/reply.h"
#include "ami/text.h"
#include "engine/base/check.h"
#include "engine/core/device.h"
#include "engine/core/tech_admin.h"

#include <errno.h>

static const struct tech_admin *pjsip_admin(const struct ami_session *s)
{
	return control_admin(s->ami->control, SLICE_LIT("PJSIP"));
}

/* ---- names and values ---- */

/* max_contacts -> MaxContacts */
static void pjsip_camel(struct sink *out, struct slice name)
{
	bool upper = true;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (c == '_') {
			upper = true;
			continue;
		}
		if (upper && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		sink_char(out, c);
		upper = false;
	}
}

/* What only the console shows is no header. */
static bool pjsip_is_private(struct slice name)
{
	return slice_eq(name, SLICE_LIT("is_online")) || slice_eq(name, SLICE_LIT("status_short"));
}

static void pjsip_header(void *arg, struct slice name, struct slice value)
{
	struct sink *out = arg;

	if (pjsip_is_private(name))
		return;
	pjsip_camel(out, name);
	sink_lit(out, ": ");
	ami_text_value(out, value);
	sink_lit(out, "\r\n");
}

/* One option of an object. */
struct pjsip_want {
	char room[1024];
};

static struct slice pjsip_option(const struct tech_admin *a, const struct tech_object *o,
				 const char *name, struct pjsip_want *w)
{
	struct sink value = sink_make(w->room, sizeof(w->room));

	a->ops->option(a->impl, o, name, &value);
	return sink_slice(&value);
}

static void pjsip_object(struct sink *out, const char *type, struct slice name)
{
	ami_text_header(out, "ObjectType", slice_str(type));
	ami_text_header(out, "ObjectName", name);
}

/* ---- contacts ---- */

struct pjsip_contacts {
	const struct tech_admin *admin;
	struct sink *out;
	uint32_t total, registered;
};

/* "aor/uri," each */
static void pjsip_add_contact(void *arg, const struct tech_object *o)
{
	struct pjsip_contacts *c = arg;
	struct pjsip_want w;
	bool is_registered = !slice_eq(pjsip_option(c->admin, o, "reg_expire", &w), SLICE_LIT("0"));

	c->total++;
	c->registered += is_registered;
	ami_text_value(c->out, pjsip_option(c->admin, o, "aor", &w));
	sink_char(c->out, '/');
	ami_text_value(c->out, o->name);
	sink_char(c->out, ',');
}

static void pjsip_write_contacts(const struct tech_admin *a, const struct tech_object *o,
				 struct sink *out, struct pjsip_contacts *c)
{
	*c = (struct pjsip_contacts){.admin = a, .out = out};
	sink_lit(out, "Contacts: ");
	a->ops->related(a->impl, o, TECH_CONTACT, pjsip_add_contact, c);
	sink_lit(out, "\r\n");
}

static void pjsip_contact_status(struct sink *out, const struct tech_admin *a,
				 const struct tech_object *o)
{
	static const struct {
		const char *option, *header;
		bool may_miss;
	} rows[] = {
		{"aor", "AOR", false},
		{"uri", "URI", false},
		{"user_agent", "UserAgent", false},
		{"reg_expire", "RegExpire", false},
		{"via_address", "ViaAddress", true},
		{"call_id", "CallID", true},
		{"status", "Status", false},
		{"roundtrip_usec", "RoundtripUsec", false},
		{"endpoint_name", "EndpointName", false},
		{"id", "ID", false},
		{"authenticate_qualify", "AuthenticateQualify", false},
		{"outbound_proxy", "OutboundProxy", false},
		{"path", "Path", false},
		{"qualify_frequency", "QualifyFrequency", false},
		{"qualify_timeout", "QualifyTimeout", false},
		{"qualify_2xx_only", "Qualify2xxOnly", false},
	};
	struct pjsip_want w;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct slice value = pjsip_option(a, o, rows[i].option, &w);

		if (value.len || !rows[i].may_miss)
			ami_text_header(out, rows[i].header, value);
	}
}

/* ---- items of the lists ---- */

static void pjsip_device(struct ami_session *s, struct sink *out, const struct tech_object *o)
{
	struct control *c = s->ami->control;
	char room[LIMIT_NAME + 8];
	struct sink device = sink_make(room, sizeof(room));
	uint32_t channels;

	sink_lit(&device, "PJSIP/");
	sink_add(&device, o->name);
	channels = control_device_channels(c, sink_slice(&device));
	ami_text_header(out, "DeviceState",
			slice_str(device_state_text(control_device_state(c, sink_slice(&device)))));
	if (channels)
		sink_fmt(out, "ActiveChannels: %u\r\n", channels);
	else
		sink_lit(out, "ActiveChannels: \r\n");
}

static void pjsip_endpoint_item(struct ami_session *s, struct sink *out, const struct tech_admin *a,
				const struct tech_object *o)
{
	struct pjsip_contacts contacts;
	struct pjsip_want w;

	pjsip_object(out, "endpoint", o->name);
	ami_text_header(out, "Transport", pjsip_option(a, o, "transport", &w));
	ami_text_header(out, "Aor", pjsip_option(a, o, "aors", &w));
	ami_text_header(out, "Auths", pjsip_option(a, o, "auth", &w));
	ami_text_header(out, "OutboundAuths", pjsip_option(a, o, "outbound_auth", &w));
	pjsip_write_contacts(a, o, out, &contacts);
	pjsip_device(s, out, o);
}

static void pjsip_aor_item(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			   const struct tech_object *o)
{
	struct pjsip_contacts contacts;

	UNUSED(s);
	pjsip_object(out, "aor", o->name);
	a->ops->options(a->impl, o, pjsip_header, out);
	pjsip_write_contacts(a, o, out, &contacts);
}

static void pjsip_auth_item(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			    const struct tech_object *o)
{
	UNUSED(s);
	pjsip_object(out, "auth", o->name);
	a->ops->options(a->impl, o, pjsip_header, out);
}

static void pjsip_contact_item(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			       const struct tech_object *o)
{
	struct pjsip_want w;

	UNUSED(s);
	pjsip_object(out, "contact", pjsip_option(a, o, "id", &w));
	a->ops->options(a->impl, o, pjsip_header, out);
}

static void pjsip_status_item(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			      const struct tech_object *o)
{
	UNUSED(s);
	pjsip_contact_status(out, a, o);
}

static void pjsip_registration_item(struct ami_session *s, struct sink *out,
				    const struct tech_admin *a, const struct tech_object *o)
{
	UNUSED(s);
	pjsip_object(out, "registration", o->name);
	a->ops->options(a->impl, o, pjsip_header, out);
}

/* ---- which are listed ---- */

static void pjsip_count_registered(void *arg, const struct tech_object *o)
{
	struct pjsip_contacts *c = arg;
	struct pjsip_want w;

	c->registered += !slice_eq(pjsip_option(c->admin, o, "reg_expire", &w), SLICE_LIT("0"));
}

static bool pjsip_has_registered(const struct tech_admin *a, const struct tech_object *o)
{
	struct pjsip_contacts c = {.admin = a};

	if (o->kind == TECH_CONTACT)
		pjsip_count_registered(&c, o);
	else
		a->ops->related(a->impl, o, TECH_CONTACT, pjsip_count_registered, &c);
	return c.registered > 0;
}

struct pjsip_list {
	ami_action_fn action;
	enum tech_kind kind;
	const char *message, *none; /* none NULL: an empty list is a list */
	const char *item, *complete;
	void (*write)(struct ami_session *s, struct sink *out, const struct tech_admin *a,
		      const struct tech_object *o);
	bool (*pick)(const struct tech_admin *a, const struct tech_object *o); /* NULL: all */
};

/* clang-format off */
static const struct pjsip_list pjsip_lists[] = {
	{ami_do_pjsip_endpoints, TECH_ENDPOINT,
	 "A listing of Endpoints follows, presented as EndpointList events", "No endpoints found",
	 "EndpointList", "EndpointListComplete", pjsip_endpoint_item, NULL},
	{ami_do_pjsip_aors, TECH_AOR,
	 "A listing of AORs follows, presented as AorList events", "No AORs found",
	 "AorList", "AorListComplete", pjsip_aor_item, NULL},
	{ami_do_pjsip_auths, TECH_AUTH,
	 "A listing of Auths follows, presented as AuthList events", "No Auths found",
	 "AuthList", "AuthListComplete", pjsip_auth_item, NULL},
	{ami_do_pjsip_contacts, TECH_CONTACT,
	 "A listing of Contacts follows, presented as ContactList events", "No Contacts found",
	 "ContactList", "ContactListComplete", pjsip_contact_item, NULL},
	{ami_do_pjsip_inbound, TECH_AOR,
	 "Following are Events for each Inbound registration", NULL,
	 "InboundRegistrationDetail", "InboundRegistrationDetailComplete", pjsip_aor_item,
	 pjsip_has_registered},
	{ami_do_pjsip_inbound_statuses, TECH_CONTACT,
	 "Following are ContactStatusEvents for each Inbound registration", NULL,
	 "ContactStatusDetail", "ContactStatusDetailComplete", pjsip_status_item,
	 pjsip_has_registered},
	{ami_do_pjsip_outbound, TECH_REGISTRATION,
	 "Following are Events for each Outbound registration", NULL,
	 "OutboundRegistrationDetail", "OutboundRegistrationDetailComplete",
	 pjsip_registration_item, NULL},
};
/* clang-format on */

static const struct pjsip_list *pjsip_list_of(const struct ami_session *s)
{
	for (size_t i = 0; i < ARRAY_COUNT(pjsip_lists); i++)
		if (pjsip_lists[i].action == s->action->fn)
			return &pjsip_lists[i];
	return NULL;
}

/* ---- writing ---- */

struct pjsip_writer {
	struct ami_session *session;
	const struct tech_admin *admin;
	const char *item;
	void (*write)(struct ami_session *s, struct sink *out, const struct tech_admin *a,
		      const struct tech_object *o);
};

static void pjsip_write_item(void *arg, const struct tech_object *o)
{
	struct pjsip_writer *w = arg;
	struct sink out = ami_reply_item(w->session, w->item);

	ami_reply_action_id(w->session, &out);
	w->write(w->session, &out, w->admin, o);
	ami_reply_end(w->session, &out);
	w->session->item_count++;
}

/* The credentials of a registration stand behind it. */
static void pjsip_write_auths(struct ami_session *s, const struct tech_admin *a,
			      const struct tech_object *o)
{
	struct pjsip_writer w = {s, a, "AuthDetail", pjsip_auth_item};

	a->ops->related(a->impl, o, TECH_AUTH, pjsip_write_item, &w);
}

static void pjsip_count_states(const struct tech_admin *a, struct sink *out)
{
	uint32_t cursor = 0, on = 0, off = 0;
	struct tech_object o;
	struct pjsip_want w;

	while (a->ops->next(a->impl, TECH_REGISTRATION, &cursor, &o)) {
		bool is_on = slice_eq(pjsip_option(a, &o, "status", &w), SLICE_LIT("Registered"));

		on += is_on;
		off += !is_on;
	}
	ami_text_number(out, "Registered", on);
	ami_text_number(out, "NotRegistered", off);
}

static void pjsip_list_end(struct ami_session *s, const struct pjsip_list *l,
			   const struct tech_admin *a)
{
	struct sink out = ami_reply_list_end(s, l->complete, s->item_count);

	if (l->kind == TECH_REGISTRATION)
		pjsip_count_states(a, &out);
	ami_reply_end(s, &out);
}

/* As far as the client reads; s->work_at is the place in the walk. */
static void pjsip_go_on(struct ami_session *s)
{
	const struct pjsip_list *l = pjsip_list_of(s);
	const struct tech_admin *a = pjsip_admin(s);
	struct tech_object o;

	while (ami_session_is_alive(s) && !ami_session_is_full(s)) {
		struct pjsip_writer w = {s, a, l->item, l->write};

		if (!a->ops->next(a->impl, l->kind, &s->work_at, &o)) {
			pjsip_list_end(s, l, a);
			if (ami_session_is_alive(s))
				ami_session_done(s);
			return;
		}
		if (l->pick && !l->pick(a, &o))
			continue;
		pjsip_write_item(&w, &o);
		if (l->kind == TECH_REGISTRATION)
			pjsip_write_auths(s, a, &o);
	}
}

static enum ami_action_result pjsip_list(struct ami_session *s)
{
	const struct pjsip_list *l = pjsip_list_of(s);
	const struct tech_admin *a = pjsip_admin(s);
	uint32_t cursor = 0;
	struct tech_object o;

	if (!a) {
		ami_reply_error(s, "PJSIP is not loaded");
		return AMI_ACTION_DONE;
	}
	if (l->none && !a->ops->next(a->impl, l->kind, &cursor, &o)) {
		ami_reply_error(s, "%s", l->none);
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, l->message);
	s->work_at = 0;
	s->item_count = 0;
	s->resume = pjsip_go_on;
	pjsip_go_on(s);
	return AMI_ACTION_OPEN;
}

enum ami_action_result ami_do_pjsip_endpoints(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_aors(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_auths(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_contacts(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_inbound(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_inbound_statuses(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

enum ami_action_result ami_do_pjsip_outbound(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	return pjsip_list(s);
}

/* ---- one endpoint ---- */

/* The part of every detail: what it is, its options, whose it is. */
static void pjsip_detail(struct sink *out, const struct tech_admin *a, const struct tech_object *o,
			 const char *type)
{
	pjsip_object(out, type, o->name);
	a->ops->options(a->impl, o, pjsip_header, out);
}

static void pjsip_endpoint_detail(struct ami_session *s, struct sink *out,
				  const struct tech_admin *a, const struct tech_object *o)
{
	pjsip_object(out, "endpoint", o->name);
	a->ops->options(a->impl, o, pjsip_header, out);
	pjsip_device(s, out, o);
}

static void pjsip_endpoint_name(struct ami_session *s, struct sink *out)
{
	struct slice name = ami_msg_get(s->msg, "Endpoint");

	if (slice_istarts(name, SLICE_LIT("PJSIP/")))
		name = slice_from(name, 6);
	ami_text_header(out, "EndpointName", name);
}

static void pjsip_transport_detail(struct ami_session *s, struct sink *out,
				   const struct tech_admin *a, const struct tech_object *o)
{
	pjsip_detail(out, a, o, "transport");
	pjsip_endpoint_name(s, out);
}

static void pjsip_aor_detail(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			     const struct tech_object *o)
{
	struct pjsip_contacts contacts;

	pjsip_detail(out, a, o, "aor");
	pjsip_write_contacts(a, o, out, &contacts);
	ami_text_number(out, "TotalContacts", contacts.total);
	ami_text_number(out, "ContactsRegistered", contacts.registered);
	pjsip_endpoint_name(s, out);
}

static void pjsip_auth_detail(struct ami_session *s, struct sink *out, const struct tech_admin *a,
			      const struct tech_object *o)
{
	pjsip_detail(out, a, o, "auth");
	pjsip_endpoint_name(s, out);
}

static void pjsip_identify_detail(struct ami_session *s, struct sink *out,
				  const struct tech_admin *a, const struct tech_object *o)
{
	pjsip_detail(out, a, o, "identify");
	pjsip_endpoint_name(s, out);
}

static const struct {
	enum tech_kind kind;
	const char *item;
	void (*write)(struct ami_session *s, struct sink *out, const struct tech_admin *a,
		      const struct tech_object *o);
} pjsip_parts[] = {
	{TECH_TRANSPORT, "TransportDetail", pjsip_transport_detail},
	{TECH_AOR, "AorDetail", pjsip_aor_detail},
	{TECH_AUTH, "AuthDetail", pjsip_auth_detail},
	{TECH_CONTACT, "ContactStatusDetail", pjsip_status_item},
	{TECH_IDENTIFY, "IdentifyDetail", pjsip_identify_detail},
};

enum ami_action_result ami_do_pjsip_endpoint(struct ami_session *s, const struct ami_msg *m)
{
	const struct tech_admin *a = pjsip_admin(s);
	struct slice name = ami_msg_get(m, "Endpoint");
	struct pjsip_writer w = {s, a, "EndpointDetail", pjsip_endpoint_detail};
	struct tech_object o;
	struct sink out;

	if (slice_istarts(name, SLICE_LIT("PJSIP/")))
		name = slice_from(name, 6);
	if (!a || !a->ops->find(a->impl, TECH_ENDPOINT, name, &o)) {
		ami_reply_error(s, "Unable to retrieve endpoint %.*s", SLICE_ARG(name));
		return AMI_ACTION_DONE;
	}
	ami_reply_list(s, "Following are Events for each object associated with the Endpoint");
	s->item_count = 0;
	pjsip_write_item(&w, &o);
	for (size_t i = 0; i < ARRAY_COUNT(pjsip_parts); i++) {
		w.item = pjsip_parts[i].item;
		w.write = pjsip_parts[i].write;
		a->ops->related(a->impl, &o, pjsip_parts[i].kind, pjsip_write_item, &w);
	}
	out = ami_reply_list_end(s, "EndpointDetailComplete", s->item_count);
	ami_reply_end(s, &out);
	return AMI_ACTION_DONE;
}

/* ---- commands ---- */

static int pjsip_command(struct ami_session *s, enum tech_command command, struct slice name)
{
	const struct tech_admin *a = pjsip_admin(s);

	return a ? a->ops->command(a->impl, command, name) : -ENOENT;
}

enum ami_action_result ami_do_pjsip_qualify(struct ami_session *s, const struct ami_msg *m)
{
	int err = pjsip_command(s, TECH_QUALIFY, ami_msg_get(m, "Endpoint"));

	if (err == -ENOENT)
		ami_reply_error(s, "Unable to retrieve endpoint");
	else if (err == -ENXIO)
		ami_reply_error(s, "No AoRs configured for endpoint");
	else if (err)
		ami_reply_error(s, "Unable to queue Qualify");
	else
		ami_reply_ack(s, "Endpoint found, will qualify");
	return AMI_ACTION_DONE;
}

static void pjsip_registration(struct ami_session *s, enum tech_command command, const char *one,
			       const char *all)
{
	struct slice name = ami_msg_get(s->msg, "Registration");
	int err = pjsip_command(s, command, name);

	if (err == -ENOENT)
		ami_reply_error(s, "Unable to retrieve registration entry");
	else if (err)
		ami_reply_error(s, "Unable to queue the request");
	else
		ami_reply_ack(s, slice_eq(name, SLICE_LIT("*all")) ? all : one);
}

enum ami_action_result ami_do_pjsip_register(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	pjsip_registration(s, TECH_REGISTER, "Reregistration sent", "Reregistrations queued.");
	return AMI_ACTION_DONE;
}

enum ami_action_result ami_do_pjsip_unregister(struct ami_session *s, const struct ami_msg *m)
{
	UNUSED(m);
	pjsip_registration(s, TECH_UNREGISTER, "Unregistration sent", "Unregistrations queued.");
	return AMI_ACTION_DONE;
}
