/* tests/sim/io_sim_udp.c - datagrams: sockets, ports, and the network between them. */
#include "tests/sim/sim_internal.h"

#include <stdlib.h>

#define UDP_DATA_MAX     65507
#define UDP_WAITING_MAX  65536 /* datagrams that wait at one loop: buffers of the kernel */
#define PORT_EPHEMERAL   32768
#define PORT_EPHEMERAL_N 28232

struct io_udp {
	struct io *io;
	struct list node;      /* io.udps */
	struct list port_node; /* world.ports: in order of opening */
	struct io_udp_conf conf;
	struct addr local;
	struct io_mark mark;
	io_udp_fn fn;
	void *arg;
};

struct sim_dgram {
	struct sim_done done;
	struct addr from, to;
	uint32_t host; /* of the sender: whose loopback is meant */
	size_t len;
	char data[];
};

/* ---- addresses ---- */

struct addr sim_addr_any(uint8_t family)
{
	return (struct addr){.family = family};
}

static bool addr_is_loop(const struct addr *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->family == 4 ? a->ip[0] == 127 : a->family == 6 && memcmp(a->ip, one, 16) == 0;
}

bool sim_addr_is_unset(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, a->family == 4 ? 4 : 16) == 0;
}

bool sim_addr_same(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->ip, b->ip, a->family == 4 ? 4 : 16) == 0;
}

static struct addr host_addr(uint32_t host, uint8_t family)
{
	struct addr a = {.family = family};

	if (family == 4) {
		a.ip[0] = 10;
		a.ip[3] = (uint8_t)(host + 1);
	} else {
		a.ip[0] = 0xfd;
		a.ip[15] = (uint8_t)(host + 1);
	}
	return a;
}

bool sim_addr_is_of(const struct sim_world *w, uint32_t host, const struct addr *a)
{
	struct addr own = host_addr(host, a->family);

	UNUSED(w);
	return sim_addr_is_unset(a) || addr_is_loop(a) || sim_addr_same(a, &own);
}

uint32_t sim_host_of(const struct sim_world *w, uint32_t host, const struct addr *to)
{
	if (addr_is_loop(to) || sim_addr_is_unset(to))
		return host;
	for (uint32_t i = 0; i < w->host_count; i++) {
		struct addr own = host_addr(i, to->family);

		if (sim_addr_same(&own, to))
			return i;
	}
	return UINT32_MAX;
}

struct addr sim_source_addr(const struct sim_world *w, uint32_t host, const struct addr *to)
{
	struct addr a;

	UNUSED(w);
	if (!addr_is_loop(to))
		return host_addr(host, to->family);
	a = *to;
	a.port = 0;
	return a;
}

int io_local_addr(struct io *io, const struct addr *to, struct addr *out)
{
	uint16_t port = out->port;

	if (to->family != 4 && to->family != 6)
		return -EAFNOSUPPORT;
	*out = sim_source_addr(io->w, io->host, to);
	out->port = port;
	return 0;
}

/* ---- sockets ---- */

static struct list *port_bucket(struct sim_world *w, uint16_t port)
{
	return &w->ports[port % SIM_PORT_BUCKETS];
}

static bool udp_conflicts(const struct io_udp *u, const struct io *io,
			  const struct io_udp_conf *conf, uint16_t port)
{
	if (u->local.port != port || u->io->host != io->host ||
	    u->local.family != conf->local.family)
		return false;
	if (u->conf.reuse_port && conf->reuse_port)
		return false;
	return sim_addr_is_unset(&u->local) || sim_addr_is_unset(&conf->local) ||
	       sim_addr_same(&u->local, &conf->local);
}

static bool port_is_free(struct io *io, const struct io_udp_conf *conf, uint16_t port)
{
	list_for(node, port_bucket(io->w, port)) {
		if (udp_conflicts(list_entry(node, struct io_udp, port_node), io, conf, port))
			return false;
	}
	return true;
}

/* 0: none is free. */
static uint16_t port_choose(struct io *io, const struct io_udp_conf *conf)
{
	uint32_t start = rng_below(&io->w->rng, PORT_EPHEMERAL_N);

	for (uint32_t i = 0; i < PORT_EPHEMERAL_N; i++) {
		uint16_t port = (uint16_t)(PORT_EPHEMERAL + (start + i) % PORT_EPHEMERAL_N);

		if (port_is_free(io, conf, port))
			return port;
	}
	return 0;
}

static int udp_open_check(struct io *io, const struct io_udp_conf *conf)
{
	int rc = sim_fail(io, IO_OP_UDP_OPEN);

	if (rc != 0)
		return rc;
	if (conf->local.family != 4 && conf->local.family != 6)
		return -EAFNOSUPPORT;
	if (!sim_addr_is_of(io->w, io->host, &conf->local))
		return -EADDRNOTAVAIL;
	if (io->udp_count >= io->conf.udp_max)
		return -ENOBUFS;
	return 0;
}

int io_udp_open(struct io *io, struct io_udp **out, const struct io_udp_conf *conf, io_udp_fn fn,
		void *arg)
{
	uint16_t port = conf->local.port;
	struct io_udp *u;
	int rc = udp_open_check(io, conf);

	if (rc != 0)
		return rc;
	if (port == 0)
		port = port_choose(io, conf);
	if (port == 0 || !port_is_free(io, conf, port))
		return -EADDRINUSE;
	u = sim_alloc(sizeof(*u));
	u->io = io;
	u->conf = *conf;
	u->local = conf->local;
	u->local.port = port;
	u->fn = fn;
	u->arg = arg;
	list_add_tail(&io->udps, &u->node);
	list_add_tail(port_bucket(io->w, port), &u->port_node);
	io->udp_count++;
	*out = u;
	return 0;
}

void io_udp_close(struct io_udp *u)
{
	struct io *io = u->io;

	sim_done_cancel_owner(io, u);
	list_del(&u->node);
	list_del(&u->port_node);
	io->udp_count--;
	free(u);
}

void sim_udp_close_all(struct io *io)
{
	while (!list_empty(&io->udps))
		io_udp_close(list_entry(list_first(&io->udps), struct io_udp, node));
}

const struct addr *io_udp_local(const struct io_udp *u)
{
	return &u->local;
}

int io_udp_mark(struct io_udp *u, struct io_mark mark)
{
	u->mark = mark;
	return 0;
}

struct io_mark sim_udp_mark(const struct sim_world *w, const struct addr *local)
{
	list_for (node, &w->ports[local->port % SIM_PORT_BUCKETS]) {
		const struct io_udp *u = list_entry(node, struct io_udp, port_node);

		if (u->local.port == local->port && sim_addr_is_of(w, u->io->host, local))
			return u->mark;
	}
	check(false);
	return (struct io_mark){0};
}

/* ---- arrival ---- */

/* 0: not for this socket; the more exact address wins. */
static unsigned udp_score(const struct io_udp *u, const struct sim_dgram *d, uint32_t host)
{
	if (u->local.port != d->to.port || u->io->host != host || u->local.family != d->to.family)
		return 0;
	if (sim_addr_same(&u->local, &d->to))
		return 2;
	return sim_addr_is_unset(&u->local) ? 1 : 0;
}

static uint64_t flow_hash(const struct sim_dgram *d)
{
	uint64_t h = slice_hash(slice_make((const char *)d->from.ip, sizeof(d->from.ip)),
				(uint64_t)d->from.port << 16 | d->to.port);

	return h ^ h >> 32;
}

/* Among sockets that share a port the kernel takes one by a hash over both addresses. */
static struct io_udp *udp_find(struct sim_world *w, const struct sim_dgram *d)
{
	uint32_t host = sim_host_of(w, d->host, &d->to);
	unsigned best = 0, count = 0;
	struct io_udp *group[64];

	list_for(node, port_bucket(w, d->to.port)) {
		struct io_udp *u = list_entry(node, struct io_udp, port_node);
		unsigned score = udp_score(u, d, host);

		if (score > best) {
			best = score;
			count = 0;
		}
		if (score && score == best && count < ARRAY_COUNT(group))
			group[count++] = u;
	}
	return count ? group[flow_hash(d) % count] : NULL;
}

static void dgram_drop(struct sim_done *done)
{
	struct sim_dgram *d = list_entry(done, struct sim_dgram, done);

	((struct io_udp *)d->done.owner)->io->udp_waiting--;
	free(d);
}

static void dgram_deliver(struct sim_done *done)
{
	struct sim_dgram *d = list_entry(done, struct sim_dgram, done);
	struct io_udp *u = d->done.owner;
	struct io *io = u->io;

	io->udp_waiting--;
	if (sim_fail(io, IO_OP_UDP_RECV) != 0) {
		metric_inc(io->conf.metrics, METRIC_io_nobufs);
		free(d);
		return;
	}
	metric_inc(io->conf.metrics, METRIC_io_udp_rx);
	sim_trace(io->w, "udp rx", d->data, d->len);
	u->fn(u->arg, u, &d->from, d->data, d->len);
	free(d);
}

static void dgram_arrive(struct sim_world *w, void *arg)
{
	struct sim_dgram *d = arg;
	struct io_udp *u = udp_find(w, d);

	if (!u) {
		w->net.unreachable++;
		free(d);
		return;
	}
	if (u->io->udp_waiting >= UDP_WAITING_MAX) {
		w->net.overrun++;
		free(d);
		return;
	}
	w->net.delivered++;
	u->io->udp_waiting++;
	sim_done_init(&d->done, u, dgram_deliver, dgram_drop);
	sim_done_post(u->io, &d->done);
}

/* ---- the network ---- */

void sim_net_default(struct sim_world *w, const struct sim_link *link)
{
	w->rule_default = (struct sim_rule){.link = *link};
}

void sim_net_rule(struct sim_world *w, const struct addr *from, const struct addr *to,
		  const struct sim_link *link)
{
	check(w->rule_count < SIM_RULES);
	w->rules[w->rule_count++] = (struct sim_rule){.from = *from, .to = *to, .link = *link};
}

void sim_net_rules_clear(struct sim_world *w)
{
	w->rule_count = 0;
}

void sim_net_tap(struct sim_world *w, sim_tap_fn fn, void *arg)
{
	w->tap = fn;
	w->tap_arg = arg;
}

void sim_net_stats(const struct sim_world *w, struct sim_net_stats *out)
{
	*out = w->net;
}

static bool rule_side_matches(const struct addr *rule, const struct addr *a)
{
	if (rule->port != 0 && rule->port != a->port)
		return false;
	return rule->family == 0 || sim_addr_same(rule, a);
}

static struct sim_rule *rule_find(struct sim_world *w, const struct addr *from,
				  const struct addr *to)
{
	for (uint32_t i = w->rule_count; i-- > 0;) {
		if (rule_side_matches(&w->rules[i].from, from) &&
		    rule_side_matches(&w->rules[i].to, to))
			return &w->rules[i];
	}
	return &w->rule_default;
}

static void dgram_corrupt(struct sim_world *w, struct sim_dgram *d)
{
	if (d->len == 0)
		return;
	d->data[rng_below(&w->rng, (uint32_t)d->len)] ^= (char)(1 + rng_below(&w->rng, 255));
	w->net.corrupted++;
}

static void dgram_travel(struct sim_world *w, struct sim_rule *rule, int64_t extra,
			 const struct sim_dgram *model)
{
	const struct sim_link *link = &rule->link;
	struct sim_dgram *d = sim_alloc(sizeof(*d) + model->len);
	int64_t at = w->now + extra + sim_between(w, link->delay_min_ns, link->delay_max_ns);

	memcpy(d, model, sizeof(*d) + model->len);
	if (link->corrupt_permille && rng_chance(&w->rng, link->corrupt_permille))
		dgram_corrupt(w, d);
	if (link->reorder_permille && rng_chance(&w->rng, link->reorder_permille))
		at += link->reorder_ns;
	if (link->in_order && at < rule->last_at)
		at = rule->last_at;
	rule->last_at = at;
	sim_at_always(w, at, dgram_arrive, d);
}

static void dgram_leave(struct sim_world *w, const struct sim_dgram *d)
{
	struct sim_rule *rule = rule_find(w, &d->from, &d->to);
	enum sim_verdict verdict = SIM_PASS;
	unsigned copies = 1;

	w->net.sent++;
	sim_trace(w, "udp tx", d->data, d->len);
	if (w->tap)
		verdict = w->tap(w->tap_arg, &d->from, &d->to, d->data, d->len);
	if (rule->link.loss_permille && rng_chance(&w->rng, rule->link.loss_permille))
		copies = 0;
	else if (rule->link.dup_permille && rng_chance(&w->rng, rule->link.dup_permille))
		copies = 2;
	if (verdict == SIM_DROP)
		copies = 0;
	if (verdict == SIM_TWICE)
		copies = 2;
	if (copies == 0)
		w->net.lost++;
	if (copies == 2)
		w->net.duplicated++;
	while (copies-- > 0)
		dgram_travel(w, rule, verdict == SIM_SLOW ? 50 * SIM_MS : 0, d);
}

static struct sim_dgram *dgram_make(const struct addr *from, const struct addr *to,
				    const void *data, size_t len)
{
	struct sim_dgram *d = sim_alloc(sizeof(*d) + len);

	d->from = *from;
	d->to = *to;
	d->len = len;
	if (len > 0)
		memcpy(d->data, data, len);
	return d;
}

int io_udp_send(struct io_udp *u, const struct addr *to, const void *data, size_t len)
{
	struct io *io = u->io;
	struct addr from = u->local;
	struct sim_dgram *d;
	int rc;

	if (len > UDP_DATA_MAX)
		return -EMSGSIZE;
	if (to->family != from.family || to->port == 0)
		return -EINVAL;
	rc = sim_fail(io, IO_OP_UDP_SEND);
	if (rc != 0) {
		metric_inc(io->conf.metrics, METRIC_io_udp_tx_fail);
		return rc;
	}
	if (sim_addr_is_unset(&from))
		from = sim_source_addr(io->w, io->host, to);
	from.port = u->local.port;
	metric_inc(io->conf.metrics, METRIC_io_udp_tx);
	d = dgram_make(&from, to, data, len);
	d->host = io->host;
	dgram_leave(io->w, d);
	free(d);
	return 0;
}

void sim_net_inject(struct sim_world *w, const struct addr *from, const struct addr *to,
		    const void *data, size_t len)
{
	struct sim_dgram *d = dgram_make(from, to, data, len);

	dgram_leave(w, d);
	free(d);
}
