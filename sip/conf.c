/* sip/conf.c - life of a snapshot, look-ups, dial strings. See conf.h. */
#include "sip/conf_internal.h"

#include "engine/base/check.h"
#include "sip/identify.h"
#include "sip/location.h"
#include "sip/stir.h"

#include <errno.h>
#include <stdlib.h>

#define CONF_HASH_SEED 0x70737069u

struct sip_conf_memory {
	struct sip_conf_memory *next;
	_Alignas(16) char data[];
};

void *conf_alloc(struct sip_conf *conf, size_t bytes)
{
	struct sip_conf_memory *m = calloc(1, sizeof(*m) + (bytes ? bytes : 1));

	if (!m) {
		conf->is_starved = true;
		return NULL;
	}
	m->next = conf->memory;
	conf->memory = m;
	return m->data;
}

struct slice conf_dup(struct sip_conf *conf, struct slice s)
{
	char *copy = s.len ? conf_alloc(conf, s.len + 1) : NULL;

	if (!copy)
		return SLICE_EMPTY;
	memcpy(copy, s.ptr, s.len);
	return slice_make(copy, s.len);
}

struct sip_conf *sip_conf_empty(void)
{
	struct sip_conf *conf = calloc(1, sizeof(*conf));

	if (conf) {
		conf_defaults(CONF_GLOBAL, conf);
		conf_defaults(CONF_SYSTEM, conf);
		resolver_conf_default(&conf->names);
	}
	return conf;
}

void sip_conf_free(struct sip_conf *conf)
{
	if (!conf)
		return;
	conf_free_callers(conf);
	sip_identify_destroy(conf->identify);
	keep_free(&conf->keep);
	resolver_conf_free(&conf->names);
	sip_stir_free(conf->stir);
	for (uint32_t i = 0; i < conf->transport_count; i++) {
		tls_context_unref(conf->transports[i].tls_in);
		tls_context_unref(conf->transports[i].tls_out);
	}
	while (conf->memory) {
		struct sip_conf_memory *m = conf->memory;

		conf->memory = m->next;
		free(m);
	}
	free(conf);
}

/* ---- look-ups ---- */

const struct sip_conf_endpoint *sip_conf_endpoint_hash(const struct sip_conf *conf, uint64_t hash)
{
	uint32_t low = 0, high = conf->endpoint_count;

	while (low < high) { /* by_hash is sorted */
		uint32_t middle = (low + high) / 2;

		if (conf->by_hash[middle]->hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < conf->endpoint_count && conf->by_hash[low]->hash == hash)
		return conf->by_hash[low];
	return NULL;
}

uint64_t sip_conf_name_hash(struct slice name)
{
	return slice_hash(name, CONF_HASH_SEED);
}

const struct sip_conf_endpoint *sip_conf_endpoint(const struct sip_conf *conf, struct slice name)
{
	const struct sip_conf_endpoint *ep = sip_conf_endpoint_hash(conf, sip_conf_name_hash(name));

	return ep && slice_eq(ep->name, name) ? ep : NULL;
}

const struct sip_conf_aor *sip_conf_aor_hash(const struct sip_conf *conf, uint64_t hash)
{
	uint32_t low = 0, high = conf->aor_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (conf->aors_by_hash[middle]->hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < conf->aor_count && conf->aors_by_hash[low]->hash == hash)
		return conf->aors_by_hash[low];
	return NULL;
}

const struct sip_conf_aor *sip_conf_aor(const struct sip_conf *conf, struct slice name)
{
	const struct sip_conf_aor *aor = sip_conf_aor_hash(conf, contact_aor_hash(name));

	return aor && slice_eq(aor->name, name) ? aor : NULL;
}

const struct sip_conf_registration *sip_conf_registration(const struct sip_conf *conf,
							  uint64_t hash)
{
	uint32_t low = 0, high = conf->registration_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (conf->registrations_by_hash[middle]->hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < conf->registration_count && conf->registrations_by_hash[low]->hash == hash)
		return conf->registrations_by_hash[low];
	return NULL;
}

/* ---- dial strings ---- */

static bool conf_is_uri(struct slice text)
{
	return slice_istarts(text, SLICE_LIT("sip:")) || slice_istarts(text, SLICE_LIT("sips:"));
}

void sip_dial_string_parse(struct sip_dial_string *out, struct slice resource)
{
	size_t slash = slice_find(resource, '/');
	size_t at;

	*out = (struct sip_dial_string){0};
	if (slash != SIZE_MAX && conf_is_uri(slice_from(resource, slash + 1))) {
		out->endpoint = slice_head(resource, slash);
		out->uri = slice_from(resource, slash + 1);
		return;
	}
	at = slice_rfind(resource, '@');
	if (at == SIZE_MAX) {
		out->endpoint = resource;
	} else {
		out->user = slice_head(resource, at);
		out->endpoint = slice_from(resource, at + 1);
	}
}

bool sip_conf_host_addr(struct slice host, struct addr *out)
{
	if (slice_ieq(host, SLICE_LIT("localhost")))
		host = SLICE_LIT("127.0.0.1");
	return addr_parse_ip(out, host);
}

static const struct sip_conf_contact *conf_first_contact(const struct sip_conf_endpoint *ep)
{
	for (uint32_t i = 0; i < ep->aor_count; i++) {
		if (ep->aors[i]->contact_count)
			return &ep->aors[i]->contacts[0];
	}
	return NULL;
}

static int conf_check_uri(struct slice text)
{
	struct sip_uri uri;

	return sip_uri_parse(&uri, text) ? -EINVAL : 0;
}

void sip_conf_fill_endpoint(const struct sip_conf_endpoint *ep, struct tech_endpoint *out)
{
	*out = (struct tech_endpoint){
		.name = ep->name,
		.context = ep->context,
		.cid_name = ep->cid_name,
		.cid_num = ep->cid_num,
		.account = ep->account,
		.language = ep->language,
		.allow = ep->allow,
		.media = ep->media,
		.set_vars = ep->set_vars,
		.set_var_count = ep->set_var_count,
		.impl = ep,
	};
}

int sip_conf_find(const struct sip_conf *conf, struct slice resource, struct tech_endpoint *out)
{
	const struct sip_conf_endpoint *ep;
	struct sip_dial_string parts;

	sip_dial_string_parse(&parts, resource);
	if (parts.endpoint.len == 0)
		return -EINVAL;
	ep = sip_conf_endpoint(conf, parts.endpoint);
	if (!ep)
		return -ENOENT;
	sip_conf_fill_endpoint(ep, out);
	if (ep->is_refused)
		return -EHOSTUNREACH;
	if (parts.uri.len)
		return conf_check_uri(parts.uri);
	out->target = conf_first_contact(ep);
	return out->target ? 0 : -EHOSTUNREACH;
}
