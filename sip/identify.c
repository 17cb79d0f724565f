/* sip/identify.c - see identify.h. */
#include "sip/identify.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/regex.h"

#include <errno.h>
#include <stdlib.h>

#define IDENTIFY_SEED 0x6964656eu
#define IDENTIFY_NONE UINT32_MAX

enum identify_kind { IDENTIFY_NET, IDENTIFY_HOST, IDENTIFY_HEADER, IDENTIFY_RURI };

/* What one line of one object wants. Addresses stand here, not there: who is found is not read. */
struct identify_entry {
	struct hash_node node;
	uint32_t at; /* index of its object */
	uint8_t kind;
	struct addr_net net;
	struct sip_conf_match name;
};

struct sip_identify {
	const struct sip_conf *conf;
	struct identify_entry *entries;
	uint32_t count;
	struct hash table;
	uint8_t bits4[33], bits6[129]; /* lengths of prefix that there are */
	uint32_t bits4_count, bits6_count;
	uint8_t hosts[LIMIT_SIP_HOSTS]; /* names that there are, by their index */
	uint32_t host_count;
	bool has_ports;	       /* a line demands a source port */
	uint32_t header_count; /* plain ones */
	/* Objects whose header or Request-URI is a regular expression, in the order of the file. */
	uint32_t *header_regexes, *ruri_regexes;
	uint32_t header_regex_count, ruri_regex_count;
};

_Static_assert(LIMIT_SIP_HOSTS <= 256, "an index of a host fits into an octet");

/* ---- keys ---- */

static uint64_t identify_net_hash(const struct addr *network, uint8_t bits, uint16_t port)
{
	const uint8_t head[] = {network->family, bits, (uint8_t)(port >> 8), (uint8_t)port};
	uint64_t seed = slice_hash(slice_make((const char *)head, sizeof(head)), IDENTIFY_SEED);

	return slice_hash(slice_make((const char *)network->ip, sizeof(network->ip)), seed);
}

static uint64_t identify_host_hash(uint32_t host, uint16_t port)
{
	const uint8_t key[] = {'h', (uint8_t)host, (uint8_t)(port >> 8), (uint8_t)port};

	return slice_hash(slice_make((const char *)key, sizeof(key)), IDENTIFY_SEED);
}

static uint64_t identify_header_hash(struct slice name, struct slice value)
{
	return slice_hash(value, slice_ihash(name, IDENTIFY_SEED));
}

static uint64_t identify_ruri_hash(struct slice ruri)
{
	return slice_hash(ruri, IDENTIFY_SEED + 1);
}

/* ---- making it ---- */

static bool identify_serves(const struct sip_conf_identify *i, enum sip_conf_ident way)
{
	return i->endpoint && (i->endpoint->identify_by & 1u << way);
}

static uint32_t identify_entry_count(const struct sip_conf *conf)
{
	uint32_t count = 0;

	for (uint32_t n = 0; n < conf->identify_count; n++)
		count += conf->identifies[n].net_count + conf->identifies[n].name_count + 2;
	return count;
}

static void identify_add(struct sip_identify *x, struct identify_entry e, uint64_t hash)
{
	struct identify_entry *mine = &x->entries[x->count++];

	*mine = e;
	hash_add(&x->table, &mine->node, hash);
}

static void identify_note_bits(struct sip_identify *x, const struct addr_net *net)
{
	uint8_t *list = net->base.family == 4 ? x->bits4 : x->bits6;
	uint32_t *count = net->base.family == 4 ? &x->bits4_count : &x->bits6_count;

	for (uint32_t i = 0; i < *count; i++)
		if (list[i] == net->prefix_bits)
			return;
	list[(*count)++] = net->prefix_bits;
}

static void identify_note_host(struct sip_identify *x, uint32_t host)
{
	check(host < LIMIT_SIP_HOSTS);
	for (uint32_t i = 0; i < x->host_count; i++)
		if (x->hosts[i] == host)
			return;
	x->hosts[x->host_count++] = (uint8_t)host;
}

static void identify_add_addresses(struct sip_identify *x, uint32_t at)
{
	const struct sip_conf_identify *i = &x->conf->identifies[at];

	for (uint32_t n = 0; n < i->net_count; n++) {
		const struct addr_net *net = &i->nets[n];
		const struct addr network = addr_network(&net->base, net->prefix_bits);

		identify_note_bits(x, net);
		x->has_ports |= net->base.port != 0;
		identify_add(x,
			     (struct identify_entry){.at = at, .kind = IDENTIFY_NET, .net = *net},
			     identify_net_hash(&network, net->prefix_bits, net->base.port));
	}
	for (uint32_t n = 0; n < i->name_count; n++) {
		const struct identify_entry e = {
			.at = at, .kind = IDENTIFY_HOST, .name = i->names[n]};

		identify_note_host(x, e.name.host);
		x->has_ports |= e.name.port != 0;
		identify_add(x, e, identify_host_hash(e.name.host, e.name.port));
	}
}

/* Regular expressions are listed on the way up the file, all else on the way down. */
static void identify_list_regexes(struct sip_identify *x)
{
	for (uint32_t at = 0; at < x->conf->identify_count; at++) {
		const struct sip_conf_identify *i = &x->conf->identifies[at];

		if (i->header_regex && identify_serves(i, SIP_IDENTIFY_HEADER))
			x->header_regexes[x->header_regex_count++] = at;
		if (i->ruri_regex && identify_serves(i, SIP_IDENTIFY_REQUEST_URI))
			x->ruri_regexes[x->ruri_regex_count++] = at;
	}
}

static void identify_add_object(struct sip_identify *x, uint32_t at)
{
	const struct sip_conf_identify *i = &x->conf->identifies[at];

	if (identify_serves(i, SIP_IDENTIFY_IP))
		identify_add_addresses(x, at);
	if (i->header.len && !i->header_regex && identify_serves(i, SIP_IDENTIFY_HEADER)) {
		x->header_count++;
		identify_add(x, (struct identify_entry){.at = at, .kind = IDENTIFY_HEADER},
			     identify_header_hash(i->header, i->header_value));
	}
	if (i->ruri.len && !i->ruri_regex && identify_serves(i, SIP_IDENTIFY_REQUEST_URI))
		identify_add(x, (struct identify_entry){.at = at, .kind = IDENTIFY_RURI},
			     identify_ruri_hash(i->ruri));
}

int sip_identify_create(struct sip_identify **out, const struct sip_conf *conf)
{
	struct sip_identify *x = calloc(1, sizeof(*x));
	size_t room = conf->identify_count + 1;

	if (!x)
		return -ENOMEM;
	x->conf = conf;
	x->entries = calloc(identify_entry_count(conf) + 1, sizeof(*x->entries));
	x->header_regexes = calloc(room, sizeof(*x->header_regexes));
	x->ruri_regexes = calloc(room, sizeof(*x->ruri_regexes));
	if (!x->entries || !x->header_regexes || !x->ruri_regexes ||
	    hash_create(&x->table, identify_entry_count(conf))) {
		sip_identify_destroy(x);
		return -ENOMEM;
	}
	/* The table gives back what came last first: the first in the file. */
	for (uint32_t at = conf->identify_count; at-- > 0;)
		identify_add_object(x, at);
	identify_list_regexes(x);
	*out = x;
	return 0;
}

void sip_identify_destroy(struct sip_identify *x)
{
	if (!x)
		return;
	if (x->table.buckets)
		hash_destroy(&x->table);
	free(x->entries);
	free(x->header_regexes);
	free(x->ruri_regexes);
	free(x);
}

/* ---- finding ---- */

/* Of the two the one that stands first in the file. */
static void identify_take(uint32_t *best, uint32_t at)
{
	if (at < *best)
		*best = at;
}

static const struct identify_entry *identify_entry_of(const struct hash_node *n)
{
	return n ? hash_entry(n, const struct identify_entry, node) : NULL;
}

static uint32_t identify_by_net(const struct sip_identify *x, const struct addr *from,
				uint8_t family, uint8_t bits, uint16_t port)
{
	const struct addr plain = family == 4 ? addr_unmapped(from) : *from;
	const struct addr network = addr_network(&plain, bits);
	const struct hash_node *n;

	if (plain.family != family)
		return IDENTIFY_NONE;
	for (n = hash_first(&x->table, identify_net_hash(&network, bits, port)); n;
	     n = hash_next(n)) {
		const struct identify_entry *e = identify_entry_of(n);

		if (e->kind == IDENTIFY_NET && e->net.prefix_bits == bits &&
		    e->net.base.port == port && addr_net_has(&e->net, from))
			return e->at;
	}
	return IDENTIFY_NONE;
}

static uint32_t identify_by_host(const struct sip_identify *x, uint32_t host, uint16_t port)
{
	const struct hash_node *n = hash_first(&x->table, identify_host_hash(host, port));

	for (; n; n = hash_next(n)) {
		const struct identify_entry *e = identify_entry_of(n);

		if (e->kind == IDENTIFY_HOST && e->name.host == host && e->name.port == port)
			return e->at;
	}
	return IDENTIFY_NONE;
}

/* A line with a port wants that source port, one without any. */
static uint32_t identify_by_address(const struct sip_identify *x,
				    const struct sip_identify_request *r)
{
	const uint16_t ports[] = {0, r->from->port};
	const size_t port_count = x->has_ports ? 2 : 1;
	uint32_t best = IDENTIFY_NONE;

	for (size_t p = 0; p < port_count; p++) {
		for (uint32_t i = 0; i < x->bits4_count; i++)
			identify_take(&best, identify_by_net(x, r->from, 4, x->bits4[i], ports[p]));
		for (uint32_t i = 0; i < x->bits6_count; i++)
			identify_take(&best, identify_by_net(x, r->from, 6, x->bits6[i], ports[p]));
	}
	for (uint32_t i = 0; i < x->host_count; i++) {
		if (!r->host_has(r->arg, x->hosts[i], r->from))
			continue;
		for (size_t p = 0; p < port_count; p++)
			identify_take(&best, identify_by_host(x, x->hosts[i], ports[p]));
	}
	return best;
}

static bool identify_matches(const struct regex *regex, struct slice text)
{
	char room[1024];
	struct sink copy = sink_make(room, sizeof(room) - 1);

	sip_text_write_flat(&copy, text);
	return !copy.over && regex_matches(regex, sink_slice(&copy));
}

static uint32_t identify_by_line(const struct sip_identify *x, struct slice name,
				 struct slice value)
{
	const struct hash_node *n = hash_first(&x->table, identify_header_hash(name, value));

	for (; n; n = hash_next(n)) {
		const struct identify_entry *e = identify_entry_of(n);
		const struct sip_conf_identify *i = &x->conf->identifies[e->at];

		if (e->kind == IDENTIFY_HEADER && slice_ieq(i->header, name) &&
		    slice_eq(i->header_value, value))
			return e->at;
	}
	return IDENTIFY_NONE;
}

static bool identify_has_line(const struct sip_conf_identify *i, const struct sip_msg *msg)
{
	for (uint32_t n = 0; n < msg->hdr_count; n++) {
		const struct sip_hdr *h = &msg->headers[n];

		if (slice_ieq(sip_hdr_line_name(msg, h), i->header) &&
		    identify_matches(i->header_regex, sip_hdr_line_value(msg, h)))
			return true;
	}
	return false;
}

static uint32_t identify_by_header(const struct sip_identify *x,
				   const struct sip_identify_request *r)
{
	const struct sip_msg *msg = r->msg;
	uint32_t best = IDENTIFY_NONE;

	for (uint32_t n = 0; x->header_count && n < msg->hdr_count; n++)
		identify_take(&best, identify_by_line(x, sip_hdr_line_name(msg, &msg->headers[n]),
						      sip_hdr_line_value(msg, &msg->headers[n])));
	for (uint32_t n = 0; n < x->header_regex_count && x->header_regexes[n] < best; n++)
		if (identify_has_line(&x->conf->identifies[x->header_regexes[n]], msg))
			best = x->header_regexes[n];
	return best;
}

static uint32_t identify_by_ruri(const struct sip_identify *x, const struct sip_identify_request *r)
{
	const struct slice ruri = r->msg->ruri;
	const struct hash_node *n = hash_first(&x->table, identify_ruri_hash(ruri));
	uint32_t best = IDENTIFY_NONE;

	for (; n && best == IDENTIFY_NONE; n = hash_next(n)) {
		const struct identify_entry *e = identify_entry_of(n);

		if (e->kind == IDENTIFY_RURI && slice_eq(x->conf->identifies[e->at].ruri, ruri))
			best = e->at;
	}
	for (uint32_t i = 0; i < x->ruri_regex_count && x->ruri_regexes[i] < best; i++)
		if (identify_matches(x->conf->identifies[x->ruri_regexes[i]].ruri_regex, ruri))
			best = x->ruri_regexes[i];
	return best;
}

const struct sip_conf_identify *sip_identify_find(const struct sip_identify *x,
						  enum sip_conf_ident way,
						  const struct sip_identify_request *r)
{
	uint32_t at = IDENTIFY_NONE;

	if (!x || x->conf->identify_count == 0)
		return NULL;
	if (way == SIP_IDENTIFY_HEADER)
		at = identify_by_header(x, r);
	else if (way == SIP_IDENTIFY_REQUEST_URI)
		at = identify_by_ruri(x, r);
	else
		at = identify_by_address(x, r);
	return at == IDENTIFY_NONE ? NULL : &x->conf->identifies[at];
}
