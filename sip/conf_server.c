/* sip/conf_server.c - what pjsip.conf says of those who call us: identify and acl. */
#include "sip/conf_internal.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/regex.h"
#include "sip/identify.h"

#include <errno.h>

/* ---- how an endpoint is found ---- */

static const char conf_ident_words[] = "username auth_username ip header request_uri anonymous";

static int conf_ident_list(struct conf_load *l, const struct conffile_var *v, uint8_t *order,
			   uint8_t *count)
{
	struct slice rest = v->value, part, words, word;

	*count = 0;
	while (slice_split(&rest, ',', &part)) {
		uint8_t way = 0;

		words = slice_str(conf_ident_words);
		part = slice_trim(part);
		while (slice_split(&words, ' ', &word) && !slice_ieq(word, part))
			way++;
		if (way >= SIP_IDENTIFY_COUNT)
			return conf_fail(l, v, "allowed are: %s", conf_ident_words);
		if (*count < SIP_IDENTIFY_COUNT)
			order[(*count)++] = way;
	}
	return 0;
}

int conf_set_identify_by(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	uint8_t order[SIP_IDENTIFY_COUNT], count;

	if (conf_ident_list(l, v, order, &count))
		return -EINVAL;
	d->e.identify_by = 0;
	for (uint8_t i = 0; i < count; i++)
		d->e.identify_by |= (uint8_t)(1u << order[i]);
	return 0;
}

int conf_set_identify_order(struct conf_load *l, const struct conffile_var *v)
{
	return conf_ident_list(l, v, l->conf->identify_order, &l->conf->identify_order_count);
}

static uint32_t conf_var_count(const struct conf_load *l)
{
	uint32_t count = 0;

	for (const struct conffile_var *n = l->section->vars; n; n = n->next) {
		struct slice rest = n->value, part;

		while (slice_split(&rest, ',', &part))
			count++;
	}
	return count;
}

static int conf_match_room(struct conf_load *l, struct conf_identify_draft *d)
{
	if (d->room)
		return 0;
	d->room = conf_var_count(l);
	d->nets = conf_alloc(l->conf, sizeof(*d->nets) * d->room);
	d->names = conf_alloc(l->conf, sizeof(*d->names) * d->room);
	d->texts = conf_alloc(l->conf, sizeof(*d->texts) * d->room);
	if (!d->nets || !d->names || !d->texts)
		return -ENOMEM;
	d->i.nets = d->nets;
	d->i.names = d->names;
	return 0;
}

/* "name" or "name:port". */
static bool conf_match_name(struct conf_load *l, struct conf_identify_draft *d, struct slice part)
{
	size_t colon = slice_find(part, ':');
	struct slice tail = colon == SIZE_MAX ? SLICE_EMPTY : slice_from(part, colon + 1);
	char name[DNS_NAME_ROOM];
	uint64_t port = 0;

	if (!dns_copy_name(name, slice_head(part, colon)) ||
	    (colon != SIZE_MAX && (!slice_u64(tail, 65535, &port) || port == 0)))
		return false;
	d->texts[d->i.name_count] = conf_dup(l->conf, slice_head(part, colon));
	d->names[d->i.name_count++].port = (uint16_t)port;
	return true;
}

/* "net/bits", "address", "address:port". */
static bool conf_match_net(struct conf_identify_draft *d, struct slice part)
{
	struct addr_net *n = &d->nets[d->i.net_count];
	struct addr a = {0};
	bool is_net = addr_net_parse(n, part);

	if (!is_net && !addr_parse(&a, part, 0))
		return false;
	if (!is_net)
		*n = (struct addr_net){.base = a, .prefix_bits = a.family == 4 ? 32 : 128};
	d->i.net_count++;
	return true;
}

int conf_set_match(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_identify_draft *d = l->object;
	struct slice rest = v->value, part;

	if (conf_match_room(l, d))
		return -ENOMEM;
	while (slice_split(&rest, ',', &part)) {
		part = slice_trim(part);
		check(d->i.net_count < d->room && d->i.name_count < d->room);
		if (part.len && !conf_match_net(d, part) && !conf_match_name(l, d, part))
			return conf_fail(l, v,
					 "give addresses, networks as 192.0.2.0/24, or host names");
	}
	return 0;
}

/* ---- hosts ---- */

int32_t conf_host(struct sip_conf *conf, struct slice name, bool srv)
{
	struct sip_conf_host *list = (struct sip_conf_host *)conf->hosts;

	for (uint32_t i = 0; i < conf->host_count; i++)
		if (list[i].srv == srv && slice_ieq(list[i].name, name))
			return (int32_t)i;
	if (!list)
		conf->hosts = list = conf_alloc(conf, sizeof(*list) * LIMIT_SIP_HOSTS);
	if (!list || conf->host_count == LIMIT_SIP_HOSTS) {
		log_error("pjsip.conf: '%.*s' is one host name too many to be looked up: there may "
			  "be %d. Write IP addresses",
			  SLICE_ARG(name), LIMIT_SIP_HOSTS);
		return -1;
	}
	list[conf->host_count] = (struct sip_conf_host){.name = name, .srv = srv};
	return (int32_t)conf->host_count++;
}

static int32_t conf_external_host(struct sip_conf *conf, struct slice text)
{
	struct addr a;

	return text.len && !addr_parse_ip(&a, text) ? conf_host(conf, text, false) : -1;
}

void conf_link_hosts(struct sip_conf *conf)
{
	for (uint32_t i = 0; i < conf->transport_count; i++) {
		struct sip_conf_transport *t = &conf->transports[i];

		t->external_host = conf_external_host(conf, t->external_address);
		t->media_host = conf_external_host(conf, t->external_media);
	}
}

/* The names of one identify. A port means that host, and no service of it. */
static void conf_link_match(struct sip_conf *conf, const struct conf_identify_draft *d,
			    struct sip_conf_identify *out)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < d->i.name_count; i++) {
		int32_t host =
			conf_host(conf, d->texts[i], d->srv_lookups && d->names[i].port == 0);

		if (host < 0)
			continue;
		d->names[count].port = d->names[i].port;
		d->names[count++].host = (uint32_t)host;
	}
	out->name_count = count;
}

/* Those of a configuration, for its end: also if the load fails half way. */
struct conf_regex {
	struct regex *re;
	struct conf_regex *next;
};

/* A value within slashes is a regular expression. NULL with 0: plain text. */
static int conf_regex(struct conf_load *l, const struct conffile_var *v, struct slice value,
		      const struct regex **out)
{
	struct conf_regex *r;
	int err;

	if (value.len < 2 || value.ptr[0] != '/' || value.ptr[value.len - 1] != '/')
		return 0;
	r = conf_alloc(l->conf, sizeof(*r));
	if (!r)
		return -ENOMEM;
	err = value.len == 2 ? -EINVAL
			     : regex_errno(regex_compile(&r->re,
							 slice_make(value.ptr + 1, value.len - 2)));
	if (err == -ENOMEM)
		return err;
	if (err)
		return conf_fail(l, v, "give a regular expression within the slashes");
	r->next = l->conf->regexes;
	l->conf->regexes = r;
	*out = r->re;
	return 0;
}

int conf_set_match_header(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_identify_draft *d = l->object;
	struct slice rest = v->value, name;

	slice_split(&rest, ':', &name);
	if (!rest.ptr || !slice_trim(name).len)
		return conf_fail(l, v, "give Name: value, or Name: /regular expression/");
	d->i.header = conf_dup(l->conf, slice_trim(name));
	d->i.header_value = conf_dup(l->conf, slice_trim(rest));
	return conf_regex(l, v, d->i.header_value, &d->i.header_regex);
}

int conf_set_match_ruri(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_identify_draft *d = l->object;

	d->i.ruri = conf_dup(l->conf, slice_trim(v->value));
	return conf_regex(l, v, d->i.ruri, &d->i.ruri_regex);
}

/* ---- access lists ---- */

/* The list of the object that is being read; contact_* have one of their own. */
static struct acl *conf_acl_of(struct conf_load *l, const struct conffile_var *v)
{
	struct conf_endpoint_draft *d = l->object;
	struct sip_conf_acl *a = l->object;
	bool is_contact = slice_istarts(v->name, SLICE_LIT("contact_"));

	if (l->type == CONF_ENDPOINT)
		return is_contact ? &d->e.contact_acl : &d->e.acl;
	return is_contact ? &a->contact : &a->source;
}

static int conf_acl_line(struct conf_load *l, const struct conffile_var *v, bool is_permit)
{
	struct slice bad;
	int err = acl_add_rules(conf_acl_of(l, v), &l->conf->keep, v->value, is_permit, &bad);

	if (err == -EINVAL)
		return conf_fail(l, v, "give addresses or networks, as 10.0.0.0/8");
	return err;
}

int conf_set_acl_permit(struct conf_load *l, const struct conffile_var *v)
{
	return conf_acl_line(l, v, true);
}

int conf_set_acl_deny(struct conf_load *l, const struct conffile_var *v)
{
	return conf_acl_line(l, v, false);
}

int conf_set_acl_name(struct conf_load *l, const struct conffile_var *v)
{
	return acl_add_names(conf_acl_of(l, v), &l->conf->keep, v);
}

int sip_conf_take_acls(struct sip_conf *conf, const struct acl_book *book)
{
	int err = 0;

	for (uint32_t i = 0; i < conf->acl_count && !err; i++) {
		struct sip_conf_acl *a = (struct sip_conf_acl *)&conf->acls[i];

		err = acl_resolve(&a->source, &conf->keep, book);
		if (!err)
			err = acl_resolve(&a->contact, &conf->keep, book);
	}
	for (uint32_t i = 0; i < conf->endpoint_count && !err; i++) {
		struct sip_conf_endpoint *e = (struct sip_conf_endpoint *)&conf->endpoints[i];

		err = acl_resolve(&e->acl, &conf->keep, book);
		if (!err)
			err = acl_resolve(&e->contact_acl, &conf->keep, book);
	}
	return err;
}

/* ---- names to objects ---- */

int conf_link_callers(struct sip_conf *conf, const struct conf_identify_draft *identifies,
		      uint32_t count)
{
	struct sip_conf_identify *out = conf_alloc(conf, sizeof(*out) * count);

	if (!out)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		out[i] = identifies[i].i;
		conf_link_match(conf, &identifies[i], &out[i]);
		out[i].endpoint = sip_conf_endpoint(conf, identifies[i].endpoint);
		if (!out[i].endpoint)
			log_warning("Identify '%.*s': endpoint '%.*s' does not exist, so it "
				    "matches nothing",
				    SLICE_ARG(out[i].name), SLICE_ARG(identifies[i].endpoint));
	}
	conf->identifies = out;
	conf->identify_count = count;
	return sip_identify_create(&conf->identify, conf);
}

/* Regular expressions hold memory of their own. */
void conf_free_callers(struct sip_conf *conf)
{
	for (struct conf_regex *r = conf->regexes; r; r = r->next)
		regex_free(r->re);
}
