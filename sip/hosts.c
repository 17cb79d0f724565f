/* sip/hosts.c - see hosts.h. */
#include "sip/hosts.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/io/resolver.h"
#include "sip/transport.h"

#include <errno.h>
#include <stdlib.h>

#define HOST_SOONEST_NS (10 * TMR_SECOND) /* between two look-ups; also after a failure */
#define HOST_LATEST_NS	(86400 * TMR_SECOND)
#define HOST_ROUNDS	256 /* walks of one look-up: each ends one question at least */

struct host {
	struct sip *sip;
	struct tmr tmr;
	struct resolver_wait wait;
	int64_t since_ns; /* of the look-up under way */
	uint32_t rounds;
	uint32_t count;
	struct addr addrs[LIMIT_SIP_HOST_ADDRS];
	bool srv, is_new;
	char name[DNS_NAME_ROOM];
};

struct hosts {
	uint32_t count, new_count;
	struct host *list[LIMIT_SIP_HOSTS]; /* by the index of the configuration */
	struct slab *slab;
};

/* One walk through what is known. */
struct host_walk {
	struct host *host;
	uint32_t count;
	struct addr addrs[LIMIT_SIP_HOST_ADDRS];
	int64_t until_ns;
	bool is_pending, has_failed;
};

static enum resolver_status host_ask(struct host_walk *w, const char *name, enum dns_type type,
				     struct resolver_answer *out)
{
	struct host *h = w->host;
	enum resolver_status s =
		resolver_look(h->sip->resolver, slice_str(name), type, h->since_ns, out, &h->wait);

	w->is_pending |= s == RESOLVER_PENDING;
	w->has_failed |= s == RESOLVER_FAILED;
	if (s == RESOLVER_FOUND && out->until_ns < w->until_ns)
		w->until_ns = out->until_ns;
	return s;
}

static void host_add(struct host_walk *w, const struct addr *a)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (addr_eq_ip(&w->addrs[i], a))
			return;
	if (w->count < LIMIT_SIP_HOST_ADDRS)
		w->addrs[w->count++] = *a;
}

static void host_ask_addresses(struct host_walk *w, const char *name)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA};
	struct resolver_answer a;
	struct addr ip = {0};

	if (addr_parse_ip(&ip, slice_str(name))) {
		host_add(w, &ip);
		return;
	}
	for (size_t i = 0; i < ARRAY_COUNT(types); i++)
		if (host_ask(w, name, types[i], &a) == RESOLVER_FOUND)
			for (uint32_t k = 0; k < a.count; k++)
				host_add(w, &a.records[k].addr);
}

static void host_ask_service(struct host_walk *w, const char *prefix)
{
	char name[DNS_NAME_ROOM + 16];
	struct sink full = sink_make(name, sizeof(name) - 1);
	struct dns_srv targets[LIMIT_DNS_RECORDS];
	struct resolver_answer a;

	sink_str(&full, prefix);
	sink_str(&full, w->host->name);
	if (host_ask(w, sink_cstr(&full), DNS_SRV, &a) != RESOLVER_FOUND)
		return;
	for (uint32_t i = 0; i < a.count; i++) /* looking for more may replace what `a` points to */
		targets[i] = a.records[i].srv;
	for (uint32_t i = 0; i < a.count; i++)
		if (targets[i].target[0])
			host_ask_addresses(w, targets[i].target);
}

static void host_walk(struct host_walk *w)
{
	if (w->host->srv) {
		host_ask_service(w, "_sip._udp.");
		host_ask_service(w, "_sip._tcp.");
		host_ask_service(w, "_sips._tcp.");
	}
	if (w->count == 0 && !w->is_pending)
		host_ask_addresses(w, w->host->name);
}

/* ---- what came of it ---- */

static void host_say(const struct host *h)
{
	if (h->sip->env.shard == 0 && h->count == 0)
		log_warning("The name '%s' in pjsip.conf leads to no address: nothing matches it",
			    h->name);
}

/* After a failure what was known before stays. */
static void host_take(struct host *h, struct host_walk *w)
{
	bool is_same;

	for (uint32_t i = 0; w->has_failed && i < h->count; i++)
		host_add(w, &h->addrs[i]);
	is_same = w->count == h->count &&
		  memcmp(w->addrs, h->addrs, w->count * sizeof(w->addrs[0])) == 0;
	if (is_same && !h->is_new)
		return;
	memcpy(h->addrs, w->addrs, w->count * sizeof(w->addrs[0]));
	h->count = w->count;
	host_say(h);
	sip_tp_follow_hosts(h->sip);
}

static void host_settle(struct host *h, struct host_walk *w)
{
	int64_t now = sip_now(h->sip), next = w->has_failed ? now : w->until_ns;

	host_take(h, w);
	h->sip->hosts->new_count -= h->is_new;
	h->is_new = false;
	if (next < now + HOST_SOONEST_NS)
		next = now + HOST_SOONEST_NS;
	if (next > now + HOST_LATEST_NS)
		next = now + HOST_LATEST_NS;
	tmr_start(&h->tmr, next);
}

static void host_look(void *arg)
{
	struct host *h = arg;
	struct host_walk w = {.host = h, .until_ns = TMR_NEVER};

	if (++h->rounds > HOST_ROUNDS)
		w.has_failed = true;
	else
		host_walk(&w);
	if (!w.is_pending)
		host_settle(h, &w);
}

static void host_begin(struct host *h)
{
	tmr_stop(&h->tmr);
	resolver_wait_stop(&h->wait);
	h->since_ns = sip_now(h->sip);
	h->rounds = 0;
	host_look(h);
}

static void host_on_timer(struct tmr *tmr, void *arg)
{
	UNUSED(tmr);
	host_begin(arg);
}

/* ---- life ---- */

static struct host *host_new(struct sip *sip, const struct sip_conf_host *conf)
{
	struct host *h = slab_alloc(sip->hosts->slab);

	if (NEVER(!h)) /* as many as an old and a new configuration may have */
		return NULL;
	*h = (struct host){.sip = sip, .srv = conf->srv, .is_new = true};
	slice_copy(h->name, sizeof(h->name), conf->name);
	tmr_init(&h->tmr, sip->env.wheel, host_on_timer, h);
	resolver_wait_init(&h->wait, host_look, h);
	sip->hosts->new_count++;
	return h;
}

static void host_free(struct host *h)
{
	h->sip->hosts->new_count -= h->is_new;
	tmr_stop(&h->tmr);
	resolver_wait_stop(&h->wait);
	slab_free(h->sip->hosts->slab, h);
}

static struct host *hosts_keep(struct host **list, uint32_t count, const struct sip_conf_host *conf)
{
	for (uint32_t i = 0; i < count; i++) {
		struct host *h = list[i];

		if (!h || h->srv != conf->srv || !slice_ieq(slice_str(h->name), conf->name))
			continue;
		list[i] = NULL;
		return h;
	}
	return NULL;
}

void sip_hosts_set_conf(struct sip *sip, const struct sip_conf *conf)
{
	struct hosts *hosts = sip->hosts;
	struct host *old[LIMIT_SIP_HOSTS];
	uint32_t count = hosts->count;

	memcpy(old, hosts->list, count * sizeof(old[0]));
	hosts->count = 0;
	for (uint32_t i = 0; i < conf->host_count && i < LIMIT_SIP_HOSTS; i++) {
		struct host *h = hosts_keep(old, count, &conf->hosts[i]);

		hosts->list[hosts->count++] = h ? h : host_new(sip, &conf->hosts[i]);
	}
	for (uint32_t i = 0; i < count; i++)
		if (old[i])
			host_free(old[i]);
	for (uint32_t i = 0; i < hosts->count; i++)
		if (hosts->list[i])
			host_begin(hosts->list[i]);
	sip_tp_follow_hosts(sip);
}

int sip_hosts_create(struct sip *sip)
{
	sip->hosts = calloc(1, sizeof(*sip->hosts));
	return sip->hosts ? slab_create(&sip->hosts->slab, "sip_hosts", sizeof(struct host),
					2 * LIMIT_SIP_HOSTS)
			  : -ENOMEM;
}

void sip_hosts_destroy(struct sip *sip)
{
	struct hosts *hosts = sip->hosts;

	if (!hosts)
		return;
	for (uint32_t i = 0; i < hosts->count; i++)
		if (hosts->list[i])
			host_free(hosts->list[i]);
	slab_destroy(hosts->slab);
	free(hosts);
	sip->hosts = NULL;
}

/* ---- what others ask ---- */

static const struct host *host_at(const struct sip *sip, uint32_t host)
{
	return host < sip->hosts->count ? sip->hosts->list[host] : NULL;
}

bool sip_host_has(const struct sip *sip, uint32_t host, const struct addr *who)
{
	const struct host *h = host_at(sip, host);

	for (uint32_t i = 0; h && i < h->count; i++) {
		struct addr_net one = {.base = h->addrs[i],
				       .prefix_bits = h->addrs[i].family == 4 ? 32 : 128};

		if (addr_net_has(&one, who)) /* also an IPv4 peer of a dual-stack socket */
			return true;
	}
	return false;
}

const struct addr *sip_host_addr(const struct sip *sip, uint32_t host, uint8_t family)
{
	const struct host *h = host_at(sip, host);

	for (uint32_t i = 0; h && i < h->count; i++)
		if (h->addrs[i].family == family)
			return &h->addrs[i];
	return NULL;
}

bool sip_hosts_are_new(const struct sip *sip)
{
	return sip->hosts->new_count > 0;
}

uint32_t sip_hosts_timers(const struct sip *sip)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < sip->hosts->count; i++)
		count += sip->hosts->list[i] && tmr_is_started(&sip->hosts->list[i]->tmr);
	return count;
}
