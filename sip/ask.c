/* sip/ask.c - see ask.h. */
#include "sip/ask.h"

#include "engine/base/check.h"
#include "sip/bindings.h"
#include "sip/center_internal.h"
#include "sip/contact_json.h"
#include "sip/transport.h"

#include <errno.h>

/* ---- of a call ---- */

/* The URI of a From or To value. */
static void info_uri(struct slice value, struct sink *out)
{
	struct sip_addr a;

	if (value.len && sip_addr_parse(&a, value) == 0)
		sink_add(out, a.uri);
}

static void info_contact(const struct invite *iv, bool whole, struct sink *out)
{
	const struct contact *c = location_find(&iv->sip->bindings.table, iv->contact);

	if (c && whole)
		contact_write_key(out, &c->info);
	else if (c)
		sink_add(out, c->info.text[CONTACT_AOR]);
}

static void info_tag(const struct invite *iv, struct sink *out)
{
	char tag[SIP_IDENT_LEN];

	invite_tag(iv, tag);
	sink_add(out, slice_make(tag, sizeof(tag)));
}

/* Of its dialog: empty before there is one. */
static bool info_of_dialog(const struct dialog *d, struct slice item, struct sink *out)
{
	if (slice_ieq(item, SLICE_LIT("remote_tag"))) {
		sink_add(out, d ? dialog_tag(d) : SLICE_EMPTY);
	} else if (slice_ieq(item, SLICE_LIT("target_uri"))) {
		sink_add(out, d ? dialog_target(d) : SLICE_EMPTY);
	} else if (slice_ieq(item, SLICE_LIT("local_uri"))) {
		info_uri(d ? dialog_from(d) : SLICE_EMPTY, out);
	} else if (slice_ieq(item, SLICE_LIT("remote_uri"))) {
		info_uri(d ? dialog_to(d) : SLICE_EMPTY, out);
	} else {
		return false;
	}
	return true;
}

bool sip_info(const struct invite *iv, struct slice item, struct sink *out)
{
	if (info_of_dialog(iv->dialog, item, out))
		return true;
	if (slice_ieq(item, SLICE_LIT("call-id")))
		sink_add(out, iv->call_id);
	else if (slice_ieq(item, SLICE_LIT("local_tag")))
		info_tag(iv, out);
	else if (slice_ieq(item, SLICE_LIT("local_addr")))
		addr_write(out, &iv->local);
	else if (slice_ieq(item, SLICE_LIT("remote_addr")))
		addr_write(out, iv->dialog ? &iv->dialog->next.addr : &iv->dst.addr);
	else if (slice_ieq(item, SLICE_LIT("secure")))
		sink_char(out, sip_tp_kind(iv->sip, iv->tp) == SIP_TRANSPORT_TLS ? '1' : '0');
	else if (slice_ieq(item, SLICE_LIT("t38state")))
		sink_lit(out, "DISABLED");
	else if (slice_ieq(item, SLICE_LIT("contact")))
		info_contact(iv, true, out);
	else if (slice_ieq(item, SLICE_LIT("aor")))
		info_contact(iv, false, out);
	else
		return false;
	return true;
}

/* ---- of the configuration ---- */

struct ask_want {
	struct slice item;
	struct sink *out;
	bool found;
};

static void ask_match(void *arg, struct slice name, struct slice value)
{
	struct ask_want *w = arg;

	if (!slice_ieq(name, w->item) || w->found)
		return;
	w->found = true;
	sink_add(w->out, value);
}

static int ask_option(const struct sip *sip, enum tech_kind kind, struct slice name,
		      const void *impl, struct slice item, struct sink *out)
{
	const struct tech_object o = {.kind = kind, .name = name, .impl = impl};
	struct ask_want w = {.item = item, .out = out};

	sip_conf_options(sip->conf, &o, ask_match, &w);
	return w.found ? 0 : -EINVAL;
}

static int ask_endpoint(const struct sip *sip, const struct tech_question *q, struct sink *out)
{
	const struct sip_conf_endpoint *ep = sip_conf_endpoint(sip->conf, q->name);

	return ep ? ask_option(sip, TECH_ENDPOINT, q->name, ep, q->item, out) : -ENOENT;
}

static void ask_contacts_of(const struct sip *sip, const struct sip_conf_aor *aor, struct sink *out)
{
	const struct contact *c = location_first(&sip->bindings.table, aor->hash);

	for (bool any = false; c; c = location_next(c), any = true) {
		if (any)
			sink_char(out, ',');
		contact_write_key(out, &c->info);
	}
}

static int ask_aor(const struct sip *sip, const struct tech_question *q, struct sink *out)
{
	const struct sip_conf_aor *aor = sip_conf_aor(sip->conf, q->name);

	if (!aor)
		return -ENOENT;
	if (!slice_ieq(q->item, SLICE_LIT("contact")))
		return ask_option(sip, TECH_AOR, q->name, aor, q->item, out);
	ask_contacts_of(sip, aor, out);
	return 0;
}

/* ---- contacts ---- */

static const struct contact *ask_find_contact(const struct sip *sip, struct slice id)
{
	struct slice aor = slice_head(id, slice_find_text(id, SLICE_LIT(";@")));
	const struct contact *c = location_first(&sip->bindings.table, contact_aor_hash(aor));
	char room[LIMIT_CONTACT_TEXT + 32];

	for (; c; c = location_next(c)) {
		struct sink key = sink_make(room, sizeof(room));

		contact_write_key(&key, &c->info);
		if (slice_eq(sink_slice(&key), id))
			return c;
	}
	return NULL;
}

static bool ask_contact_text(const struct contact_info *i, struct slice item, struct sink *out)
{
	static const struct {
		struct slice item;
		enum contact_text text;
	} texts[] = {
		{SLICE_LIT("uri"), CONTACT_URI},
		{SLICE_LIT("user_agent"), CONTACT_USER_AGENT},
		{SLICE_LIT("path"), CONTACT_PATH},
		{SLICE_LIT("outbound_proxy"), CONTACT_PROXY},
		{SLICE_LIT("endpoint"), CONTACT_ENDPOINT},
		{SLICE_LIT("call_id"), CONTACT_CALL_ID},
		{SLICE_LIT("via_addr"), CONTACT_VIA},
		{SLICE_LIT("aor"), CONTACT_AOR},
	};

	for (size_t n = 0; n < ARRAY_COUNT(texts); n++) {
		if (!slice_ieq(item, texts[n].item))
			continue;
		sink_add(out, i->text[texts[n].text]);
		return true;
	}
	return false;
}

static int ask_contact(const struct sip *sip, const struct tech_question *q, struct sink *out)
{
	const struct contact *c = ask_find_contact(sip, q->name);

	if (!c)
		return -ENOENT;
	if (ask_contact_text(&c->info, q->item, out))
		return 0;
	if (slice_ieq(q->item, SLICE_LIT("status")))
		sink_str(out, contact_status_name((enum contact_status)c->info.status));
	else if (slice_ieq(q->item, SLICE_LIT("rtt")))
		sink_i64(out, c->info.rtt_ns < 0 ? 0 : c->info.rtt_ns / 1000);
	else if (slice_ieq(q->item, SLICE_LIT("expiration_time")))
		sink_i64(out, c->info.expires_wall_ns / TMR_SECOND);
	else if (slice_ieq(q->item, SLICE_LIT("qualify_frequency")))
		sink_u64(out, c->info.qualify_s);
	else
		return -EINVAL;
	return 0;
}

/* ---- dial strings ---- */

static void ask_dial_string(const struct sip_conf_endpoint *ep, struct slice contact,
			    struct slice user, struct sink *out)
{
	char room[256];
	struct sink text = sink_make(room, sizeof(room));
	struct sip_uri uri;

	if (sip_uri_parse(&uri, contact))
		return;
	if (out->len)
		sink_char(out, '&');
	sink_fmt(out, "PJSIP/%.*s/", SLICE_ARG(ep->name));
	if (user.len) {
		sip_uri_write_user(&text, user);
		uri.user = sink_slice(&text);
	}
	sip_uri_write(out, &uri);
}

static int ask_dial_strings(const struct sip *sip, const struct tech_question *q, struct sink *out)
{
	const struct sip_conf_endpoint *ep = sip_conf_endpoint(sip->conf, q->name);
	struct sip_choice choice;

	if (!ep)
		return -ENOENT;
	for (uint32_t i = 0; i < ep->aor_count; i++) {
		uint32_t at = 0;

		if (q->item.len && !slice_eq(q->item, ep->aors[i]->name))
			continue;
		while (bindings_next(sip, ep->aors[i], &at, &choice))
			ask_dial_string(ep, choice.uri, q->user, out);
	}
	return 0;
}

int sip_ask(struct sip *sip, const struct tech_question *q, struct sink *out)
{
	switch (q->subject) {
	case TECH_OF_ENDPOINT:
		return ask_endpoint(sip, q, out);
	case TECH_OF_AOR:
		return ask_aor(sip, q, out);
	case TECH_OF_CONTACT:
		return ask_contact(sip, q, out);
	case TECH_DIAL_STRINGS:
		return ask_dial_strings(sip, q, out);
	}
	return -EINVAL;
}
