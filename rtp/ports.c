#include "rtp/ports.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/log.h"

#define TRIES	       16 /* ports tried for one bind: others may sit on some */
#define PREPARE_BUDGET 4  /* pairs bound in one turn */
#define RETRY_NS       INT64_C(1000000000)

/* One local address. */
struct ports_group {
	struct addr local;
	struct list free; /* unused pairs first, then by the time they were given back */
	uint32_t fresh, bound;
	uint32_t cursor;  /* pair of the range to try next */
	int64_t retry_ns; /* after a failed bind: not before */
};

struct ports {
	struct ports_conf conf;
	void *arg;
	struct slab *slab;
	uint32_t pair_count; /* pairs of the range */
	uint32_t taken;
	uint32_t group_count;
	struct ports_group group[LIMIT_RTP_LOCALS];
};

void ports_split(uint16_t first, uint16_t last, uint32_t shard, uint32_t shard_count,
		 uint16_t *start, uint16_t *end)
{
	uint32_t base = first + (first & 1U);
	uint32_t pairs = last > base ? (last - base + 1U) / 2 : 0;
	uint32_t low = (uint32_t)((uint64_t)pairs * shard / shard_count);
	uint32_t high = (uint32_t)((uint64_t)pairs * (shard + 1) / shard_count);

	check(shard < shard_count);
	*start = (uint16_t)(base + 2 * low);
	*end = high > low ? (uint16_t)(base + 2 * high - 1) : *start;
}

static struct addr ports_local(const struct addr *local)
{
	struct addr a = {.family = 4};

	if (local && local->family) {
		a = *local;
		a.port = 0;
	}
	return a;
}

static struct ports_group *ports_find_group(struct ports *p, const struct addr *local)
{
	struct addr a = ports_local(local);
	struct ports_group *g;

	for (uint32_t i = 0; i < p->group_count; i++)
		if (addr_eq(&p->group[i].local, &a))
			return &p->group[i];
	if (p->group_count == LIMIT_RTP_LOCALS)
		return NULL;
	g = &p->group[p->group_count++];
	g->local = a;
	list_init(&g->free);
	g->cursor = p->pair_count ? rng_below(p->conf.rng, p->pair_count) : 0;
	return g;
}

int ports_create(struct ports **out, const struct ports_conf *conf, void *arg)
{
	struct ports *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->conf = *conf;
	p->arg = arg;
	p->pair_count = conf->end > conf->start ? (conf->end - conf->start + 1U) / 2 : 0;
	if (slab_create(&p->slab, "rtp ports", sizeof(struct port), conf->pair_max)) {
		free(p);
		return -ENOMEM;
	}
	/* The usual address is known beforehand; others join with their first call. */
	ports_find_group(p, NULL);
	*out = p;
	return 0;
}

static void port_close(struct port *port)
{
	if (port->rtp)
		io_udp_close(port->rtp);
	if (port->rtcp)
		io_udp_close(port->rtcp);
}

void ports_destroy(struct ports *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < slab_limit(p->slab); i++) {
		struct port *port = slab_at(p->slab, i);

		if (port) {
			port_close(port);
			slab_free(p->slab, port);
		}
	}
	slab_destroy(p->slab);
	free(p);
}

/* 0, -EADDRINUSE (try another), or another error that makes more tries useless. */
static int port_open(struct ports *p, struct port *port, const struct ports_group *g,
		     uint16_t number)
{
	struct io_udp_conf conf = {.local = g->local, .kind = IO_UDP_RTP};
	int rc;

	conf.local.port = number;
	rc = io_udp_open(p->conf.io, &port->rtp, &conf, p->conf.on_rtp, port);
	if (rc)
		return rc;
	conf.local.port = (uint16_t)(number + 1);
	rc = io_udp_open(p->conf.io, &port->rtcp, &conf, p->conf.on_rtcp, port);
	if (rc) {
		io_udp_close(port->rtp);
		port->rtp = NULL;
	}
	return rc;
}

static bool ports_is_full(const struct ports *p)
{
	return slab_used(p->slab) == slab_count_max(p->slab);
}

static struct port *ports_bind(struct ports *p, struct ports_group *g)
{
	struct port *port;
	int rc = -EADDRINUSE;

	/* All bound is ordinary at a high rate of short calls: no word about it. */
	if (g->bound >= p->pair_count || ports_is_full(p))
		return NULL;
	port = slab_alloc(p->slab);
	if (!port)
		return NULL;
	list_init(&port->node);
	port->pool_arg = p->arg;
	port->is_fresh = true;
	port->group = (uint8_t)(g - p->group);
	for (unsigned i = 0; i < TRIES && rc == -EADDRINUSE; i++) {
		/* In turn, to find every free pair; in between anywhere, to leave a block that
		 * another process has. */
		if (i % 2)
			g->cursor = rng_below(p->conf.rng, p->pair_count);
		port->number = (uint16_t)(p->conf.start + 2 * g->cursor);
		g->cursor = (g->cursor + 1) % p->pair_count;
		rc = port_open(p, port, g, port->number);
	}
	if (rc) {
		char text[ADDR_TEXT];

		if (rc != -EADDRINUSE)
			log_warning("cannot bind RTP port %u on %s: %s", port->number,
				    addr_text(&g->local, text), strerror(-rc));
		slab_free(p->slab, port);
		return NULL;
	}
	g->bound++;
	return port;
}

/* One that rests on another address gives way: addresses share what may be bound. False: none. */
static bool ports_reclaim(struct ports *p, const struct ports_group *wanted)
{
	for (uint32_t i = 0; i < p->group_count; i++) {
		struct ports_group *g = &p->group[i];
		struct list *first = list_first(&g->free);
		struct port *port = first ? list_entry(first, struct port, node) : NULL;

		if (!port || g == wanted)
			continue;
		list_del(&port->node);
		g->fresh -= port->is_fresh;
		g->bound--;
		port_close(port);
		slab_free(p->slab, port);
		return true;
	}
	return false;
}

static bool port_is_ready(const struct ports *p, const struct port *port, int64_t now_ns)
{
	return port->is_fresh || now_ns - port->freed_ns >= p->conf.rest_ns;
}

/* A call without its mark is better than none. */
static void port_mark(struct port *port, struct io_mark mark)
{
	int err = io_udp_mark(port->rtp, mark), rtcp_err = io_udp_mark(port->rtcp, mark);

	err = err ? err : rtcp_err;
	if (err)
		log_warning("cannot mark RTP port %u with tos_audio (%u) and cos_audio (%u): %s",
			    port->number, mark.dscp << 2, mark.priority, strerror(-err));
}

struct port *ports_take(struct ports *p, const struct addr *local, struct io_mark mark,
			int64_t now_ns)
{
	struct ports_group *g = ports_find_group(p, local);
	struct list *first;
	struct port *port;

	if (!g)
		return NULL;
	first = list_first(&g->free);
	port = first ? list_entry(first, struct port, node) : NULL;
	if (!port || !port_is_ready(p, port, now_ns)) {
		struct port *bound = ports_bind(p, g);

		if (!bound && !port && ports_is_full(p) && ports_reclaim(p, g))
			bound = ports_bind(p, g);
		/* Range used up: better a pair before its time than no call. */
		if (bound) {
			port = bound;
			g->fresh++;
		}
	}
	if (!port)
		return NULL;
	port_mark(port, mark);
	list_del(&port->node);
	if (port->is_fresh)
		g->fresh--;
	port->is_fresh = false;
	p->taken++;
	return port;
}

void ports_give(struct ports *p, struct port *port, int64_t now_ns)
{
	check(p->taken > 0);
	port->user = NULL;
	port->freed_ns = now_ns;
	p->taken--;
	list_add_tail(&p->group[port->group].free, &port->node);
}

/* True if the group has enough to hand out for now. */
static bool group_is_stocked(const struct ports *p, const struct ports_group *g, int64_t now_ns)
{
	struct list *first = list_first(&g->free);

	if (g->fresh >= p->conf.ahead || now_ns < g->retry_ns)
		return true;
	/* Rested pairs are as good as new ones. */
	return g->fresh == 0 && first &&
	       port_is_ready(p, list_entry(first, struct port, node), now_ns);
}

void ports_prepare(struct ports *p, int64_t now_ns)
{
	unsigned budget = PREPARE_BUDGET;

	for (uint32_t i = 0; i < p->group_count && budget; i++) {
		struct ports_group *g = &p->group[i];

		while (budget && !group_is_stocked(p, g, now_ns)) {
			struct port *port = ports_bind(p, g);

			if (!port) {
				g->retry_ns = now_ns + RETRY_NS;
				break;
			}
			g->fresh++;
			list_add_head(&g->free, &port->node);
			budget--;
		}
	}
}

uint32_t ports_bound(const struct ports *p)
{
	return slab_used(p->slab);
}

uint32_t ports_taken(const struct ports *p)
{
	return p->taken;
}
