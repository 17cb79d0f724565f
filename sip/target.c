/* sip/target.c - see target.h. */
#include "sip/target.h"

#include "engine/base/check.h"

#include <stdlib.h>

#define TARGET_ROUNDS 64 /* questions that one search waits for */

const char *sip_transport_name(enum sip_transport t)
{
	static const char *const names[] = {"UDP", "TCP", "TLS"};

	check(t < SIP_TRANSPORT_COUNT);
	return names[t];
}

uint16_t sip_transport_port(enum sip_transport t)
{
	return t == SIP_TRANSPORT_TLS ? 5061 : 5060;
}

enum sip_transport sip_transport_of(const struct sip_uri *uri)
{
	struct slice transport = SLICE_EMPTY;

	if (uri->scheme == SIP_SCHEME_SIPS)
		return SIP_TRANSPORT_TLS;
	(void)sip_uri_param(uri, SLICE_LIT("transport"), &transport);
	if (slice_ieq(transport, SLICE_LIT("tcp")))
		return SIP_TRANSPORT_TCP;
	return slice_ieq(transport, SLICE_LIT("tls")) ? SIP_TRANSPORT_TLS : SIP_TRANSPORT_UDP;
}

uint16_t sip_transport_port_of(const struct sip_uri *uri)
{
	return uri->port ? uri->port : sip_transport_port(sip_transport_of(uri));
}

/* ---- the question ---- */

static int target_transport_of(struct slice name, bool is_secure)
{
	for (int i = 0; i < SIP_TRANSPORT_COUNT; i++)
		if (slice_ieq(name, slice_str(sip_transport_name((enum sip_transport)i))))
			return is_secure && i == SIP_TRANSPORT_TCP ? SIP_TRANSPORT_TLS : i;
	return -1;
}

struct slice sip_target_host(const struct sip_uri *uri)
{
	struct slice maddr;

	return sip_uri_param(uri, SLICE_LIT("maddr"), &maddr) && maddr.len ? maddr : uri->host;
}

bool sip_target_query_make(struct sip_target_query *q, const struct sip_uri *uri,
			   const struct sip_target_want *want, uint64_t seed)
{
	struct slice host = sip_target_host(uri), value;

	*q = (struct sip_target_query){
		.port = uri->port, .transport = -1, .want = *want, .seed = seed};
	if (uri->scheme != SIP_SCHEME_SIP && uri->scheme != SIP_SCHEME_SIPS)
		return false;
	q->is_secure = uri->scheme == SIP_SCHEME_SIPS;
	if (host.len == 0 || host.len >= sizeof(q->host))
		return false;
	slice_copy(q->host, sizeof(q->host), host);
	if (!sip_uri_param(uri, SLICE_LIT("transport"), &value))
		return true;
	q->transport = (int8_t)target_transport_of(value, q->is_secure);
	return q->transport >= 0 && (!q->is_secure || q->transport == SIP_TRANSPORT_TLS);
}

/* ---- the walk ---- */

struct target_walk {
	const struct sip_target_query *q;
	sip_target_look_fn look;
	void *arg;
	struct sip_target_list *out;
	struct rng rng;
	bool is_pending, has_failed;
};

static enum resolver_status target_look(struct target_walk *w, const char *name, enum dns_type type,
					struct resolver_answer *out)
{
	enum resolver_status s = w->look(w->arg, slice_str(name), type, out);

	w->is_pending |= s == RESOLVER_PENDING;
	w->has_failed |= s == RESOLVER_FAILED;
	return s;
}

static bool target_may(const struct target_walk *w, enum sip_transport t, uint8_t family)
{
	return w->q->want.families[t] & (family == 4 ? SIP_TARGET_V4 : SIP_TARGET_V6);
}

static void target_add(struct target_walk *w, enum sip_transport t, const struct addr *ip,
		       uint16_t port)
{
	struct sip_target_list *l = w->out;
	struct sip_target next = {.addr = *ip, .transport = (uint8_t)t};

	next.addr.port = port ? port : sip_transport_port(t);
	if (!target_may(w, t, ip->family) || l->count == LIMIT_SIP_TARGETS)
		return;
	for (uint32_t i = 0; i < l->count; i++)
		if (l->targets[i].transport == t && addr_eq(&l->targets[i].addr, &next.addr))
			return;
	l->targets[l->count++] = next;
}

/* IPv6 first, as everywhere (RFC 6724); within a family as the server gave them. */
static void target_add_name(struct target_walk *w, enum sip_transport t, const char *name,
			    uint16_t port)
{
	static const enum dns_type types[] = {DNS_AAAA, DNS_A};
	struct addr ip = {0};

	if (addr_parse_ip(&ip, slice_str(name))) {
		target_add(w, t, &ip, port);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
		struct resolver_answer a;

		if (!target_may(w, t, types[i] == DNS_A ? 4 : 6) ||
		    target_look(w, name, types[i], &a) != RESOLVER_FOUND)
			continue;
		for (uint32_t k = 0; k < a.count; k++)
			target_add(w, t, &a.records[k].addr, port);
	}
}

/* ---- SRV (RFC 2782) ---- */

/* Lowest priority first; without weight before those with weight, as the selection wants it. */
static int target_compare_srv(const void *a, const void *b)
{
	const struct dns_srv *x = *(const struct dns_srv *const *)a;
	const struct dns_srv *y = *(const struct dns_srv *const *)b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (!x->weight != !y->weight)
		return x->weight ? 1 : -1;
	return 0;
}

/* The next one among srv[0..count), all of one priority: the first whose running sum of weights
 * reaches a number drawn from 0 to the sum of all. */
static uint32_t target_draw_srv(struct rng *rng, const struct dns_srv *const *srv, uint32_t count)
{
	uint32_t sum = 0, drawn;

	for (uint32_t i = 0; i < count; i++)
		sum += srv[i]->weight;
	drawn = rng_below(rng, sum + 1);
	sum = 0;
	for (uint32_t i = 0; i < count; i++) {
		sum += srv[i]->weight;
		if (sum >= drawn)
			return i;
	}
	return 0;
}

static uint32_t target_same_priority(const struct dns_srv *const *srv, uint32_t count)
{
	uint32_t n = 1;

	while (n < count && srv[n]->priority == srv[0]->priority)
		n++;
	return n;
}

static void target_order_srv(struct rng *rng, const struct dns_srv **srv, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = target_same_priority(srv + i, count - i);
		uint32_t at = i + target_draw_srv(rng, srv + i, group);
		const struct dns_srv *chosen = srv[at];

		for (; at > i; at--) /* the others keep their order */
			srv[at] = srv[at - 1];
		srv[i] = chosen;
	}
}

/* True: there are SRV records, also if they say that the service is not offered. */
static bool target_add_srv(struct target_walk *w, enum sip_transport t, const char *name)
{
	const struct dns_srv *srv[LIMIT_DNS_RECORDS];
	struct resolver_answer a;
	struct dns_srv copies[LIMIT_DNS_RECORDS];

	if (target_look(w, name, DNS_SRV, &a) != RESOLVER_FOUND)
		return false;
	for (uint32_t i = 0; i < a.count;
	     i++) { /* looking for more may replace what `a` points to */
		copies[i] = a.records[i].srv;
		srv[i] = &copies[i];
	}
	qsort(srv, a.count, sizeof(*srv), target_compare_srv);
	target_order_srv(&w->rng, srv, a.count);
	for (uint32_t i = 0; i < a.count; i++)
		if (srv[i]->target[0])
			target_add_name(w, t, srv[i]->target, srv[i]->port);
	return true;
}

static bool target_add_service(struct target_walk *w, enum sip_transport t)
{
	static const char *const prefixes[] = {"_sip._udp.", "_sip._tcp.", "_sips._tcp."};
	char name[DNS_NAME_ROOM + 16];

	if (!w->q->want.families[t])
		return false;
	slice_copy(name, sizeof(name), slice_str(prefixes[t]));
	slice_copy(name + strlen(prefixes[t]), sizeof(name) - strlen(prefixes[t]),
		   slice_str(w->q->host));
	return target_add_srv(w, t, name);
}

/* ---- NAPTR (RFC 3263 4.1) ---- */

static int target_naptr_transport(const struct target_walk *w, const struct dns_naptr *n)
{
	static const struct {
		const char *service;
		enum sip_transport t;
	} services[] = {{"SIP+D2U", SIP_TRANSPORT_UDP},
			{"SIP+D2T", SIP_TRANSPORT_TCP},
			{"SIPS+D2T", SIP_TRANSPORT_TLS}};

	if (!slice_ieq(slice_str(n->flags), SLICE_LIT("s")) || n->has_regexp || !n->replacement[0])
		return -1;
	for (size_t i = 0; i < ARRAY_COUNT(services); i++)
		if (slice_ieq(slice_str(n->service), slice_str(services[i].service)) &&
		    (!w->q->is_secure || services[i].t == SIP_TRANSPORT_TLS) &&
		    w->q->want.families[services[i].t])
			return (int)services[i].t;
	return -1;
}

static int target_compare_naptr(const void *a, const void *b)
{
	const struct dns_naptr *x = *(const struct dns_naptr *const *)a;
	const struct dns_naptr *y = *(const struct dns_naptr *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return (x->preference > y->preference) - (x->preference < y->preference);
}

/* False: none that we can follow. */
static bool target_add_naptr(struct target_walk *w)
{
	const struct dns_naptr *sorted[LIMIT_DNS_RECORDS];
	struct dns_naptr copies[LIMIT_DNS_RECORDS];
	struct resolver_answer a;
	bool followed = false;

	if (target_look(w, w->q->host, DNS_NAPTR, &a) != RESOLVER_FOUND)
		return false;
	for (uint32_t i = 0; i < a.count; i++) {
		copies[i] = a.records[i].naptr;
		sorted[i] = &copies[i];
	}
	qsort(sorted, a.count, sizeof(*sorted), target_compare_naptr);
	for (uint32_t i = 0; i < a.count; i++) {
		int t = target_naptr_transport(w, sorted[i]);

		if (t >= 0)
			followed |=
				target_add_srv(w, (enum sip_transport)t, sorted[i]->replacement);
	}
	return followed;
}

/* ---- all of it ---- */

/* By name alone: true if NAPTR or SRV said where, or that it is nowhere. */
static bool target_by_service(struct target_walk *w)
{
	bool found = false;

	if (w->q->transport >= 0)
		return target_add_service(w, (enum sip_transport)w->q->transport);
	if (target_add_naptr(w) || w->is_pending)
		return true;
	for (int t = 0; t < SIP_TRANSPORT_COUNT; t++)
		if (!w->q->is_secure || t == SIP_TRANSPORT_TLS)
			found |= target_add_service(w, (enum sip_transport)t);
	return found || w->is_pending;
}

/* RFC 3263 4.1 wants UDP for sip, TLS for sips, when nothing else is said. An endpoint that is
 * bound to another transport has said it, and so has a call that goes by another one. */
static enum sip_transport target_default(const struct target_walk *w)
{
	int t = w->q->is_secure ? SIP_TRANSPORT_TLS : w->q->want.usual;

	if (w->q->transport >= 0)
		return (enum sip_transport)w->q->transport;
	while (!w->q->is_secure && t < SIP_TRANSPORT_TLS && !w->q->want.families[t])
		t++;
	return (enum sip_transport)t;
}

enum sip_target_result sip_target_resolve(const struct sip_target_query *q, sip_target_look_fn look,
					  void *arg, struct sip_target_list *out)
{
	struct target_walk w = {.q = q, .look = look, .arg = arg, .out = out};
	struct addr ip = {0};
	bool is_ip = addr_parse_ip(&ip, slice_str(q->host));

	out->count = 0;
	rng_seed(&w.rng, q->seed);
	if (is_ip || q->port || !target_by_service(&w))
		target_add_name(&w, target_default(&w), q->host, q->port);
	if (w.is_pending)
		return SIP_TARGET_PENDING;
	if (out->count)
		return SIP_TARGET_FOUND;
	return w.has_failed ? SIP_TARGET_DNS_FAILED : SIP_TARGET_NONE;
}

/* ---- over a resolver ---- */

static enum resolver_status search_look(void *arg, struct slice name, enum dns_type type,
					struct resolver_answer *out)
{
	struct sip_target_search *s = arg;

	return resolver_look(s->resolver, name, type, s->since_ns, out, &s->wait);
}

void sip_target_search_init(struct sip_target_search *s, struct resolver *resolver,
			    void (*fn)(void *arg), void *arg)
{
	*s = (struct sip_target_search){.resolver = resolver};
	resolver_wait_init(&s->wait, fn, arg);
}

enum sip_target_result sip_target_begin(struct sip_target_search *s, int64_t now_ns,
					const struct sip_uri *uri,
					const struct sip_target_want *want, struct rng *rng,
					struct sip_target_list *out)
{
	resolver_wait_stop(&s->wait);
	out->count = 0;
	s->since_ns = now_ns;
	s->rounds = 0;
	if (!sip_target_query_make(&s->query, uri, want, rng_u64(rng)))
		return SIP_TARGET_NONE;
	return sip_target_again(s, out);
}

enum sip_target_result sip_target_again(struct sip_target_search *s, struct sip_target_list *out)
{
	out->count = 0;
	if (s->rounds++ == TARGET_ROUNDS)
		return SIP_TARGET_DNS_FAILED;
	return sip_target_resolve(&s->query, search_look, s, out);
}

void sip_target_stop(struct sip_target_search *s)
{
	resolver_wait_stop(&s->wait);
}
