/* sip/conf_set.c - values of pjsip.conf: the common kinds, and options that need a reader of their
 * own. */
#include "sip/conf_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/core/callerid.h"

#include <errno.h>

/* ---- values ---- */

int conf_bool(struct conf_load *l, const struct conffile_var *v, bool *out)
{
	if (!slice_is_true(v->value) && !slice_is_false(v->value))
		return conf_fail(l, v, "allowed are yes and no");
	*out = slice_is_true(v->value);
	return 0;
}

int conf_number(struct conf_load *l, const struct conffile_var *v, uint32_t min, uint32_t max,
		uint32_t *out)
{
	uint64_t n;

	if (!slice_u64(v->value, max, &n) || n < min)
		return conf_fail(l, v, "allowed is a number from %u to %u", min, max);
	*out = (uint32_t)n;
	return 0;
}

int conf_word(struct conf_load *l, const struct conffile_var *v, const char *words, uint8_t *out)
{
	struct slice rest = slice_str(words), word;

	for (uint8_t i = 0; slice_split(&rest, ' ', &word); i++) {
		if (!slice_ieq(word, v->value))
			continue;
		*out = i;
		return 0;
	}
	return conf_fail(l, v, "allowed are: %s", words);
}

int conf_text(struct conf_load *l, const struct conffile_var *v, struct slice *out)
{
	*out = conf_dup(l->conf, v->value);
	return v->value.len && !out->ptr ? -ENOMEM : 0;
}

int conf_host_text(struct conf_load *l, const struct conffile_var *v, struct slice *out)
{
	char name[DNS_NAME_ROOM];
	struct addr a;

	if (!addr_parse_ip(&a, v->value) && !dns_copy_name(name, v->value))
		return conf_fail(l, v, "give an IP address or a host name");
	return conf_text(l, v, out);
}

int conf_ip(struct conf_load *l, const struct conffile_var *v, struct slice *out)
{
	struct addr a;

	if (!addr_parse_ip(&a, v->value))
		return conf_fail(l, v, "give a numeric IP address");
	return conf_text(l, v, out);
}

static int conf_read_proxy(struct conf_load *l, const struct conffile_var *v, struct slice *out)
{
	struct sip_uri uri;

	if (sip_uri_parse(&uri, v->value) ||
	    (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
		return conf_fail(l, v, "give a full URI, as sip:192.0.2.1:5060\\;lr");
	return conf_text(l, v, out);
}

/* ---- transport ---- */

int conf_set_protocol(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_transport_draft *t = l->object;
	uint8_t which;

	if (conf_word(l, v, "udp tcp tls ws wss flow", &which))
		return -EINVAL;
	t->is_served = which <= SIP_TRANSPORT_TLS;
	t->t.protocol = which;
	if (!t->is_served)
		log_warning(
			"%s:%d: transport '%.*s': protocol %.*s is not served yet; the transport "
			"is left out",
			v->file, v->line, SLICE_ARG(l->section->name), SLICE_ARG(v->value));
	return 0;
}

int conf_set_bind(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_transport_draft *t = l->object;

	t->has_port = !addr_parse_ip(&t->t.bind, v->value);
	if (!addr_parse(&t->t.bind, v->value, 5060))
		return conf_fail(l, v, "give address or address:port, as 0.0.0.0:5060");
	t->has_bind = true;
	return 0;
}

/* Below TLS 1.2 nothing is spoken: such methods mean what is left of them. */
int conf_set_method(struct conf_load *l, const struct conffile_var *v)
{
	static const uint8_t methods[] = {
		TLS_ANY, TLS_ANY, TLS_1_2, TLS_1_3, TLS_ANY, TLS_ANY, TLS_ANY,
	};
	struct conf_transport_draft *t = l->object;
	uint8_t which;

	if (v->value.len == 0)
		return 0;
	if (conf_word(l, v, "default unspecified tlsv1_2 tlsv1_3 sslv23 tlsv1 tlsv1_1", &which))
		return -EINVAL;
	if (which > 4)
		log_warning("%s:%d: method = %.*s: too old to be spoken; TLS 1.2 and 1.3 are",
			    v->file, v->line, SLICE_ARG(v->value));
	t->t.method = methods[which];
	return 0;
}

int conf_set_local_net(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_transport_draft *t = l->object;

	if (!t->nets) {
		for (const struct conffile_var *n = l->section->vars; n; n = n->next)
			t->net_room++;
		t->nets = conf_alloc(l->conf, sizeof(*t->nets) * t->net_room);
		if (!t->nets)
			return -ENOMEM;
		t->t.local_net = t->nets;
	}
	if (!addr_net_parse(&t->nets[t->t.local_net_count], v->value))
		return conf_fail(l, v, "give network/bits, as 10.0.0.0/8");
	if (t->t.local_net_count == LIMIT_SIP_LOCAL_NETS)
		return conf_fail(l, v, "a transport may have %d; join networks to larger ones",
				 LIMIT_SIP_LOCAL_NETS);
	t->t.local_net_count++;
	return 0;
}

int conf_set_external_port(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_transport_draft *t = l->object;
	uint32_t port = 0;

	if (conf_number(l, v, 0, 65535, &port))
		return -EINVAL;
	t->t.external_port = (uint16_t)port;
	return 0;
}

/* A number is the whole octet, a name the code point in its upper six bits. */
int conf_tos(struct conf_load *l, const struct conffile_var *v, uint8_t *dscp)
{
	static const struct {
		const char *name;
		uint8_t dscp;
	} names[] = {
		{"cs0", 0},   {"cs1", 8},   {"cs2", 16},  {"cs3", 24},	{"cs4", 32},  {"cs5", 40},
		{"cs6", 48},  {"cs7", 56},  {"af11", 10}, {"af12", 12}, {"af13", 14}, {"af21", 18},
		{"af22", 20}, {"af23", 22}, {"af31", 26}, {"af32", 28}, {"af33", 30}, {"af41", 34},
		{"af42", 36}, {"af43", 38}, {"ef", 46},
	};
	uint64_t n;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (!slice_ieq(v->value, slice_str(names[i].name)))
			continue;
		*dscp = names[i].dscp;
		return 0;
	}
	if (!slice_u64(v->value, 255, &n))
		return conf_fail(l, v, "allowed are 0 to 255 and cs0-cs7, af11-af43, ef");
	*dscp = (uint8_t)(n >> 2);
	return 0;
}

/* ---- endpoint ---- */

int conf_set_allow(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;

	codec_list_allow(&d->e.allow, v->value);
	return 0;
}

int conf_set_disallow(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	struct slice rest = v->value, part;
	char room[64];

	while (slice_split(&rest, ',', &part)) {
		struct sink removal = sink_make(room, sizeof(room));

		sink_char(&removal, '!');
		sink_add(&removal, slice_trim(part));
		if (slice_ieq(slice_trim(part), SLICE_LIT("all")))
			d->e.allow = (struct codec_list){0};
		else if (!removal.over)
			codec_list_allow(&d->e.allow, sink_slice(&removal));
	}
	return 0;
}

int conf_set_callerid(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	struct callerid cid;

	callerid_parse(&cid, v->value, CALLERID_OF_AMI);
	d->e.cid_name = conf_dup(l->conf, callerid_name(&cid));
	d->e.cid_num = conf_dup(l->conf, callerid_number(&cid));
	return 0;
}

int conf_set_privacy(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	uint8_t which;

	if (conf_word(l, v,
		      "allowed_not_screened allowed_passed_screen allowed_failed_screen allowed "
		      "prohib_not_screened prohib_passed_screen prohib_failed_screen prohib "
		      "unavailable",
		      &which))
		return -EINVAL;
	d->e.cid_restricted = which >= 4;
	d->e.cid_screened = which == 1 || which == 3 || which == 5 || which == 7;
	return 0;
}

int conf_set_proxy(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;

	return conf_read_proxy(l, v, &d->e.outbound_proxy);
}

int conf_set_timers(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;

	if (conf_word(l, v, "no yes required always forced", &d->e.timers))
		return -EINVAL;
	if (d->e.timers > SIP_TIMERS_ALWAYS)
		d->e.timers = SIP_TIMERS_ALWAYS;
	return 0;
}

int conf_set_set_var(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;

	if (slice_find(v->value, '=') == SIZE_MAX)
		return conf_fail(l, v, "give name=value");
	if (!d->vars) {
		for (const struct conffile_var *n = l->section->vars; n; n = n->next)
			d->var_room++;
		d->vars = conf_alloc(l->conf, sizeof(*d->vars) * d->var_room);
		if (!d->vars)
			return -ENOMEM;
		d->e.set_vars = d->vars;
	}
	check(d->e.set_var_count < d->var_room);
	return conf_text(l, v, &d->vars[d->e.set_var_count++]);
}

/* Media keys are not negotiated yet: a call that should be protected must not go in the clear
 * unnoticed, so the endpoint is there but cannot be dialled. */
int conf_set_encryption(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	uint8_t which = 0;

	if (conf_word(l, v, "no sdes dtls", &which))
		return -EINVAL;
	if (which) {
		d->e.is_refused = true;
		log_warning("%s:%d: endpoint '%.*s': encrypted media is not served yet, so it "
			    "cannot be dialled; use media_encryption=no",
			    v->file, v->line, SLICE_ARG(l->section->name));
	}
	return 0;
}

/* ---- aor ---- */

int conf_set_contact(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_aor_draft *d = l->object;
	struct sip_conf_contact *c;

	if (!d->contacts) {
		for (const struct conffile_var *n = l->section->vars; n; n = n->next)
			d->contact_room++;
		d->contacts = conf_alloc(l->conf, sizeof(*d->contacts) * d->contact_room);
		if (!d->contacts)
			return -ENOMEM;
		d->a.contacts = d->contacts;
	}
	c = &d->contacts[d->a.contact_count];
	if (conf_text(l, v, &c->uri))
		return -ENOMEM;
	if (sip_uri_parse(&c->parts, c->uri) ||
	    (c->parts.scheme != SIP_SCHEME_SIP && c->parts.scheme != SIP_SCHEME_SIPS))
		return conf_fail(l, v, "give a SIP URI, as sip:192.0.2.1:5060");
	d->a.contact_count++;
	return 0;
}

/* Seconds with up to three decimals. */
int conf_set_qualify_timeout(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_aor_draft *d = l->object;
	struct slice rest = v->value, whole, part;
	uint64_t s, ms = 0;

	slice_split(&rest, '.', &whole);
	part = slice_head(rest, 3);
	if (!slice_u64(whole, 3600, &s) || (part.len && !slice_u64(part, 999, &ms)))
		return conf_fail(l, v, "give seconds, as 3.0");
	for (size_t i = part.len; part.len && i < 3; i++)
		ms *= 10;
	d->a.qualify_timeout_ms = (uint32_t)(s * 1000 + ms);
	return 0;
}

int conf_set_aor_proxy(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_aor_draft *d = l->object;

	return conf_read_proxy(l, v, &d->a.outbound_proxy);
}

/* ---- registration ---- */

int conf_set_registration_proxy(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_registration_draft *d = l->object;

	return conf_read_proxy(l, v, &d->r.outbound_proxy);
}

int conf_set_server_uri(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_registration_draft *d = l->object;

	if (conf_text(l, v, &d->r.server_uri))
		return -ENOMEM;
	if (sip_uri_parse(&d->r.server, d->r.server_uri) ||
	    (d->r.server.scheme != SIP_SCHEME_SIP && d->r.server.scheme != SIP_SCHEME_SIPS))
		return conf_fail(l, v, "give a SIP URI, as sip:192.0.2.1:5060");
	return 0;
}

int conf_set_client_uri(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_registration_draft *d = l->object;
	struct sip_uri uri;

	if (sip_uri_parse(&uri, v->value) ||
	    (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
		return conf_fail(l, v, "give a SIP URI, as sip:user@192.0.2.1");
	return conf_text(l, v, &d->r.client_uri);
}

/* ---- system ---- */

int conf_set_t1(struct conf_load *l, const struct conffile_var *v)
{
	uint32_t ms = 0;

	if (conf_number(l, v, 100, 10000, &ms))
		return -EINVAL;
	l->conf->t1_ns = (int64_t)ms * 1000000;
	return 0;
}

int conf_set_b(struct conf_load *l, const struct conffile_var *v)
{
	uint32_t ms = 0;

	if (conf_number(l, v, 6400, 640000, &ms))
		return -EINVAL;
	l->conf->b_ns = (int64_t)ms * 1000000;
	return 0;
}
