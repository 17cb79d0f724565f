/* engine/io/resolver.c - see resolver.h. */
#include "engine/io/resolver.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

#define RESOLVER_HOPS	      8			/* CNAMEs that servers leave to us to follow */
#define RESOLVER_NEGATIVE_TTL (30 * TMR_SECOND) /* "nothing" without a SOA */

/* What is known of one (name, type). */
struct resolver_entry {
	struct hash_node node;
	struct list used;    /* of resolver.used: the one looked at last at the end */
	struct list waiters; /* struct resolver_wait.node */
	struct list settled; /* of resolver.settled */
	enum dns_type type;
	uint8_t status; /* enum resolver_status; PENDING: never answered yet */
	bool is_asking;
	uint8_t hops;
	uint32_t count;
	int64_t came_ns, until_ns;
	int64_t ended_ns; /* when the records ran out by their own TTL */
	char name[DNS_NAME_ROOM];
	char asked[DNS_NAME_ROOM]; /* name, or the end of its CNAME chain so far */
	union dns_record records[LIMIT_DNS_RECORDS];
};

struct resolver {
	struct io *io;
	struct tmr_wheel *wheel;
	struct metrics *metrics;
	const struct resolver_conf *conf;
	struct dns_client_conf client_conf;
	struct dns_client *client; /* NULL: nobody to ask */
	struct slab *entries;
	struct hash by_name;
	struct list used;
	struct list settled; /* entries whose waiters are called by `later` */
	struct tmr later;
	bool is_looking; /* somebody is inside of resolver_look */
	uint32_t asking;
	struct dns_answer answer; /* scratch: large */
	union dns_record host_records[LIMIT_DNS_RECORDS];
};

static const struct resolver_conf resolver_nothing;

static void resolver_on_answer(void *arg, uint64_t token, int error, struct slice message);
static void resolver_on_later(struct tmr *t, void *arg);

/* ---- life ---- */

static int resolver_open_client(struct resolver *r)
{
	r->client_conf = r->conf->client;
	if (r->client_conf.server_count == 0)
		return 0;
	return dns_client_create(&r->client, r->io, r->wheel, &r->client_conf, resolver_on_answer,
				 r);
}

int resolver_create(struct resolver **out, struct io *io, struct tmr_wheel *wheel,
		    struct metrics *metrics, const struct resolver_conf *conf)
{
	struct resolver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->io = io;
	r->wheel = wheel;
	r->metrics = metrics;
	r->conf = conf ? conf : &resolver_nothing;
	list_init(&r->used);
	list_init(&r->settled);
	tmr_init(&r->later, wheel, resolver_on_later, r);
	err = slab_create(&r->entries, "dns_names", sizeof(struct resolver_entry), LIMIT_DNS_NAMES);
	if (!err)
		err = hash_create(&r->by_name, LIMIT_DNS_NAMES);
	if (!err)
		err = resolver_open_client(r);
	if (err) {
		resolver_destroy(r);
		return err;
	}
	*out = r;
	return 0;
}

static void entry_leave_waiters(struct resolver_entry *e)
{
	list_for_safe (node, &e->waiters)
		list_del(node);
}

void resolver_destroy(struct resolver *r)
{
	if (!r)
		return;
	dns_client_destroy(r->client);
	tmr_stop(&r->later);
	list_for (node, &r->used)
		entry_leave_waiters(list_entry(node, struct resolver_entry, used));
	hash_destroy(&r->by_name);
	if (r->entries)
		slab_destroy(r->entries);
	free(r);
}

/* ---- waiting ---- */

void resolver_wait_init(struct resolver_wait *wait, void (*fn)(void *arg), void *arg)
{
	list_init(&wait->node);
	wait->fn = fn;
	wait->arg = arg;
}

void resolver_wait_stop(struct resolver_wait *wait)
{
	list_del(&wait->node);
}

bool resolver_is_waiting(const struct resolver_wait *wait)
{
	return !list_empty(&wait->node);
}

/* Whoever waits may look again, also for this name, and wait anew: those called are taken off
 * first. */
static void entry_call_waiters(struct resolver_entry *e)
{
	struct list called;

	list_init(&called);
	list_splice(&called, &e->waiters);
	while (!list_empty(&called)) {
		struct resolver_wait *wait =
			list_entry(list_first(&called), struct resolver_wait, node);

		list_del(&wait->node);
		wait->fn(wait->arg);
	}
}

/* Who looks may be in the midst of a search that waits for this very entry: a client may end all
 * questions at once when it is asked one more. So nobody is called from inside of a look. */
static void resolver_call_waiters(struct resolver *r, struct resolver_entry *e)
{
	if (!r->is_looking) {
		entry_call_waiters(e);
		return;
	}
	list_del(&e->settled);
	list_add_tail(&r->settled, &e->settled);
	if (!tmr_is_started(&r->later))
		tmr_start(&r->later, io_now_ns(r->io));
}

static void resolver_on_later(struct tmr *t, void *arg)
{
	struct resolver *r = arg;
	struct list due;

	UNUSED(t);
	list_init(&due);
	list_splice(&due, &r->settled);
	while (!list_empty(&due)) {
		struct resolver_entry *e =
			list_entry(list_first(&due), struct resolver_entry, settled);

		list_del(&e->settled);
		entry_call_waiters(e);
	}
}

/* ---- entries ---- */

static uint64_t entry_hash(const char *name, enum dns_type type)
{
	return slice_hash(slice_str(name), (uint64_t)type);
}

static struct resolver_entry *entry_find(struct resolver *r, const char *name, enum dns_type type)
{
	struct hash_node *n = hash_first(&r->by_name, entry_hash(name, type));

	for (; n; n = hash_next(n)) {
		struct resolver_entry *e = hash_entry(n, struct resolver_entry, node);

		if (e->type == type && strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

static void entry_free(struct resolver *r, struct resolver_entry *e)
{
	hash_del(&r->by_name, &e->node);
	list_del(&e->used);
	list_del(&e->settled);
	slab_free(r->entries, e);
}

/* The answer that was not looked at for the longest time gives way. */
static void resolver_make_room(struct resolver *r)
{
	if (slab_used(r->entries) < slab_count_max(r->entries))
		return;
	list_for (node, &r->used) {
		struct resolver_entry *e = list_entry(node, struct resolver_entry, used);

		if (e->is_asking || !list_empty(&e->waiters))
			continue;
		metric_inc(r->metrics, METRIC_dns_evicted);
		entry_free(r, e);
		return;
	}
}

static struct resolver_entry *entry_new(struct resolver *r, const char *name, enum dns_type type)
{
	struct resolver_entry *e;

	resolver_make_room(r);
	e = slab_alloc(r->entries);
	if (!e)
		return NULL;
	memcpy(e->name, name, strlen(name) + 1);
	e->type = type;
	e->status = RESOLVER_PENDING;
	list_init(&e->waiters);
	list_init(&e->used);
	list_init(&e->settled);
	list_add_tail(&r->used, &e->used);
	hash_add(&r->by_name, &e->node, entry_hash(name, type));
	return e;
}

/* ---- answers ---- */

static void entry_settle(struct resolver *r, struct resolver_entry *e, enum resolver_status status,
			 int64_t ttl_ns)
{
	int64_t now = io_now_ns(r->io);

	e->is_asking = false;
	r->asking--;
	e->status = (uint8_t)status;
	e->came_ns = now;
	e->until_ns = now + ttl_ns;
	resolver_call_waiters(r, e);
}

static void entry_failed(struct resolver *r, struct resolver_entry *e)
{
	metric_inc(r->metrics, METRIC_dns_failed);
	if (e->status == RESOLVER_FOUND && io_now_ns(r->io) - e->ended_ns < RESOLVER_STALE_MAX) {
		metric_inc(r->metrics, METRIC_dns_stale);
		entry_settle(r, e, RESOLVER_FOUND, RESOLVER_FAILURE_TTL);
	} else {
		e->count = 0;
		entry_settle(r, e, RESOLVER_FAILED, RESOLVER_FAILURE_TTL);
	}
}

static void entry_found(struct resolver *r, struct resolver_entry *e)
{
	const struct dns_answer *a = &r->answer;
	int64_t ttl = (int64_t)a->ttl_s * TMR_SECOND;

	memcpy(e->records, a->records, sizeof(a->records[0]) * a->count);
	e->count = a->count;
	if (ttl > RESOLVER_TTL_MAX)
		ttl = RESOLVER_TTL_MAX;
	e->ended_ns = io_now_ns(r->io) + ttl;
	entry_settle(r, e, RESOLVER_FOUND, ttl);
}

static void entry_nothing(struct resolver *r, struct resolver_entry *e)
{
	const struct dns_answer *a = &r->answer;
	int64_t ttl = a->has_soa ? (int64_t)a->ttl_s * TMR_SECOND : RESOLVER_NEGATIVE_TTL;

	e->count = 0;
	entry_settle(r, e, RESOLVER_NOTHING,
		     ttl < RESOLVER_NEGATIVE_MAX ? ttl : RESOLVER_NEGATIVE_MAX);
}

static void resolver_ask(struct resolver *r, struct resolver_entry *e)
{
	metric_inc(r->metrics, METRIC_dns_asked);
	if (r->client)
		dns_client_ask(r->client, e->asked, e->type, slab_handle(r->entries, e));
	else
		entry_failed(r, e);
}

static void resolver_take(struct resolver *r, struct resolver_entry *e)
{
	const struct dns_answer *a = &r->answer;

	if (a->rcode != 0 && a->rcode != 3)
		entry_failed(r, e);
	else if (a->count)
		entry_found(r, e);
	else if (a->rcode == 0 && a->alias[0] && !a->has_soa && e->hops++ < RESOLVER_HOPS) {
		memcpy(e->asked, a->alias,
		       sizeof(e->asked)); /* the rest of the chain is elsewhere */
		resolver_ask(r, e);
	} else {
		entry_nothing(r, e);
	}
}

static void resolver_on_answer(void *arg, uint64_t token, int error, struct slice message)
{
	struct resolver *r = arg;
	struct resolver_entry *e = slab_get(r->entries, token);

	if (NEVER(!e || !e->is_asking))
		return;
	if (error || dns_read_answer(&r->answer, message, slice_str(e->asked), e->type))
		entry_failed(r, e);
	else
		resolver_take(r, e);
}

/* ---- looking ---- */

/* May be over before it returns. */
static void entry_begin(struct resolver *r, struct resolver_entry *e)
{
	e->is_asking = true;
	e->hops = 0;
	memcpy(e->asked, e->name, sizeof(e->asked));
	r->asking++;
	r->is_looking = true;
	resolver_ask(r, e);
	r->is_looking = false;
}

static bool entry_is_fresh(const struct resolver *r, const struct resolver_entry *e,
			   int64_t since_ns)
{
	return e->status != RESOLVER_PENDING &&
	       (io_now_ns(r->io) < e->until_ns || e->came_ns >= since_ns);
}

static enum resolver_status entry_answer(const struct resolver_entry *e,
					 struct resolver_answer *out)
{
	out->records = e->records;
	out->count = e->count;
	out->until_ns = e->until_ns;
	return (enum resolver_status)e->status;
}

/* From the hosts file, and "localhost". False: not there. */
static bool resolver_look_hosts(struct resolver *r, const char *name, enum dns_type type,
				struct resolver_answer *out)
{
	uint8_t family = type == DNS_A ? 4 : 6;

	if (type != DNS_A && type != DNS_AAAA)
		return false;
	*out = (struct resolver_answer){.records = r->host_records, .until_ns = TMR_NEVER};
	for (uint32_t i = 0; i < r->conf->host_count; i++) {
		const struct resolver_host *h = &r->conf->hosts[i];

		if (h->addr.family == family && out->count < LIMIT_DNS_RECORDS &&
		    strcmp(h->name, name) == 0)
			r->host_records[out->count++].addr = h->addr;
	}
	if (out->count == 0 && strcmp(name, "localhost") == 0)
		out->count +=
			addr_parse_ip(&r->host_records[0].addr,
				      type == DNS_A ? SLICE_LIT("127.0.0.1") : SLICE_LIT("::1"));
	return out->count > 0;
}

/* A name that stands in the hosts file with another family has no address of this one: the file is
 * complete for its names, as for the C library. */
static bool resolver_is_host(const struct resolver *r, const char *name, enum dns_type type)
{
	if (type != DNS_A && type != DNS_AAAA)
		return false;
	for (uint32_t i = 0; i < r->conf->host_count; i++)
		if (strcmp(r->conf->hosts[i].name, name) == 0)
			return true;
	return false;
}

static struct resolver_entry *resolver_entry_for(struct resolver *r, const char *name,
						 enum dns_type type)
{
	struct resolver_entry *e = entry_find(r, name, type);

	if (!e)
		e = entry_new(r, name, type);
	if (e) {
		list_del(&e->used);
		list_add_tail(&r->used, &e->used);
	}
	return e;
}

enum resolver_status resolver_look(struct resolver *r, struct slice name, enum dns_type type,
				   int64_t since_ns, struct resolver_answer *out,
				   struct resolver_wait *wait)
{
	struct resolver_entry *e;
	char text[DNS_NAME_ROOM];

	*out = (struct resolver_answer){0};
	if (!dns_copy_name(text, name))
		return RESOLVER_NOTHING;
	if (resolver_look_hosts(r, text, type, out))
		return RESOLVER_FOUND;
	if (resolver_is_host(r, text, type))
		return RESOLVER_NOTHING;
	e = resolver_entry_for(r, text, type);
	if (!e || (!e->is_asking && !entry_is_fresh(r, e, since_ns) &&
		   r->asking >= LIMIT_DNS_QUESTIONS)) {
		metric_inc(r->metrics, METRIC_dns_refused);
		return RESOLVER_FAILED;
	}
	if (!e->is_asking && !entry_is_fresh(r, e, since_ns))
		entry_begin(r, e);
	if (!e->is_asking)
		return entry_answer(e, out);
	if (wait && !resolver_is_waiting(wait))
		list_add_tail(&e->waiters, &wait->node);
	return RESOLVER_PENDING;
}

/* ---- changes ---- */

/* Answers may come at once, and who waits for them may look for more: so by handle. */
static void resolver_ask_again(struct resolver *r)
{
	handle_t asking[LIMIT_DNS_QUESTIONS];
	uint32_t count = 0;

	list_for (node, &r->used) {
		struct resolver_entry *e = list_entry(node, struct resolver_entry, used);

		if (e->is_asking && count < LIMIT_DNS_QUESTIONS)
			asking[count++] = slab_handle(r->entries, e);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct resolver_entry *e = slab_get(r->entries, asking[i]);

		if (e && e->is_asking)
			resolver_ask(r, e);
	}
}

void resolver_set_conf(struct resolver *r, const struct resolver_conf *conf)
{
	r->conf = conf ? conf : &resolver_nothing;
	if (memcmp(&r->client_conf, &r->conf->client, sizeof(r->client_conf)) == 0)
		return;
	dns_client_destroy(r->client);
	r->client = NULL;
	if (resolver_open_client(r))
		r->client = NULL; /* out of memory: every question fails until the next reload */
	resolver_ask_again(r);
}

void resolver_flush(struct resolver *r)
{
	list_for_safe (node, &r->used) {
		struct resolver_entry *e = list_entry(node, struct resolver_entry, used);

		if (!e->is_asking && list_empty(&e->waiters))
			entry_free(r, e);
	}
}

uint32_t resolver_asking(const struct resolver *r)
{
	return r->asking;
}

uint32_t resolver_count(const struct resolver *r)
{
	return slab_used(r->entries);
}

size_t resolver_bytes(const struct resolver *r)
{
	return sizeof(*r) + slab_bytes(r->entries) +
	       (r->by_name.mask + 1) * sizeof(*r->by_name.buckets);
}
