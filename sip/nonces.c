/* sip/nonces.c - see nonces.h. */
#include "sip/nonces.h"

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"

#include <errno.h>
#include <stdlib.h>

#define NONCES_REFUSED_MAX 3
#define NONCES_COUNT_MAX   (UINT32_MAX / 2) /* nc has 32 bits */

struct nonces_entry {
	struct hash_node node;
	struct list used; /* of sip_nonces.used: the one used last at the end */
	uint64_t endpoint;
	struct addr to;
	int64_t used_ns, rest_ns; /* of the nonces; not tried before */
	uint32_t gen;		  /* of the nonces; one more for each new set */
	uint32_t refused;	  /* sets in a row that were never taken twice */
	bool has_nonces;
	bool is_proven; /* they were taken twice */
	struct sip_auth_slot slots[SIP_AUTH_REALMS];
};

struct sip_nonces {
	struct slab *entries;
	struct hash by_target;
	struct list used;
};

int sip_nonces_create(struct sip_nonces **out)
{
	struct sip_nonces *n = calloc(1, sizeof(*n));

	if (!n)
		return -ENOMEM;
	list_init(&n->used);
	if (slab_create(&n->entries, "sip_nonces", sizeof(struct nonces_entry), LIMIT_SIP_NONCES) ||
	    hash_create(&n->by_target, LIMIT_SIP_NONCES)) {
		sip_nonces_destroy(n);
		return -ENOMEM;
	}
	*out = n;
	return 0;
}

void sip_nonces_destroy(struct sip_nonces *n)
{
	if (!n)
		return;
	hash_destroy(&n->by_target);
	slab_destroy(n->entries);
	free(n);
}

/* ---- entries ---- */

static uint64_t nonces_key(uint64_t endpoint, const struct addr *to)
{
	return addr_hash(to, endpoint);
}

static struct nonces_entry *nonces_find(const struct sip_nonces *n, uint64_t endpoint,
					const struct addr *to)
{
	struct hash_node *node;

	if (slab_used(n->entries) == 0)
		return NULL;
	for (node = hash_first(&n->by_target, nonces_key(endpoint, to)); node;
	     node = hash_next(node)) {
		struct nonces_entry *e = hash_entry(node, struct nonces_entry, node);

		if (e->endpoint == endpoint && addr_eq(&e->to, to))
			return e;
	}
	return NULL;
}

static void nonces_forget(struct sip_nonces *n, struct nonces_entry *e)
{
	hash_del(&n->by_target, &e->node);
	list_del(&e->used);
	slab_free(n->entries, e);
}

static struct nonces_entry *nonces_entry(struct sip_nonces *n, uint64_t endpoint,
					 const struct addr *to)
{
	struct nonces_entry *e = nonces_find(n, endpoint, to);

	if (!e && slab_used(n->entries) == slab_count_max(n->entries))
		nonces_forget(n, list_entry(list_first(&n->used), struct nonces_entry, used));
	if (!e) {
		e = slab_alloc(n->entries);
		check(e != NULL);
		e->endpoint = endpoint;
		e->to = *to;
		list_init(&e->used);
		hash_add(&n->by_target, &e->node, nonces_key(endpoint, to));
	}
	list_del(&e->used);
	list_add_tail(&n->used, &e->used);
	return e;
}

/* The entry that counts the shared nonces of *st; NULL: they have left the table. */
static struct nonces_entry *nonces_of(const struct sip_nonces *n, const struct sip_auth_state *st)
{
	struct nonces_entry *e = slab_get(n->entries, st->share);

	return e && e->has_nonces && e->gen == st->share_gen ? e : NULL;
}

/* ---- lending ---- */

static bool nonces_can_lend(const struct nonces_entry *e, int64_t now_ns)
{
	if (!e || !e->has_nonces || now_ns < e->rest_ns ||
	    now_ns - e->used_ns >= LIMIT_SIP_NONCE_IDLE_S * TMR_SECOND)
		return false;
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++)
		if (e->slots[i].nc >= NONCES_COUNT_MAX)
			return false;
	return true;
}

bool sip_nonces_has(struct sip_nonces *n, uint64_t endpoint, const struct addr *to, int64_t now_ns)
{
	return nonces_can_lend(nonces_find(n, endpoint, to), now_ns);
}

bool sip_nonces_borrow(struct sip_nonces *n, uint64_t endpoint, const struct addr *to,
		       int64_t now_ns, struct sip_auth_state *st)
{
	struct nonces_entry *e = nonces_find(n, endpoint, to);

	if (!nonces_can_lend(e, now_ns))
		return false;
	memcpy(st->slots, e->slots, sizeof(st->slots));
	st->share = slab_handle(n->entries, e);
	st->share_gen = e->gen;
	st->is_borrowed = true;
	list_del(&e->used);
	list_add_tail(&n->used, &e->used);
	return true;
}

void sip_nonces_count(struct sip_nonces *n, struct sip_auth_state *st, int64_t now_ns)
{
	struct nonces_entry *e = nonces_of(n, st);

	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		struct sip_auth_slot *s = &st->slots[i];

		if (!s->in_use || !s->is_shared)
			continue;
		if (!e) { /* how far others have counted is not known any more */
			*s = (struct sip_auth_slot){0};
			continue;
		}
		s->nc = e->slots[i].nc;
		if (!FAULT(nonce_count_twice))
			e->slots[i].nc++;
		e->used_ns = now_ns;
	}
}

/* ---- what far ends do with them ---- */

static bool nonces_were_sent(const struct sip_auth_state *st)
{
	bool any = false;

	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		const struct sip_auth_slot *s = &st->slots[i];

		if (s->is_shared || (s->in_use && !s->nc))
			return false;
		any |= s->in_use;
	}
	return any;
}

static void nonces_keep(struct sip_nonces *n, struct nonces_entry *e, int64_t now_ns,
			struct sip_auth_state *st)
{
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		st->slots[i].is_shared = st->slots[i].in_use;
		e->slots[i] = st->slots[i];
		e->slots[i].is_proven = e->slots[i].in_use;
	}
	e->gen++;
	e->has_nonces = true;
	e->is_proven = false;
	e->used_ns = now_ns;
	st->share = slab_handle(n->entries, e);
	st->share_gen = e->gen;
}

void sip_nonces_accepted(struct sip_nonces *n, uint64_t endpoint, const struct addr *to,
			 int64_t now_ns, struct sip_auth_state *st)
{
	struct nonces_entry *e = nonces_of(n, st);

	if (st->is_borrowed && e) {
		e->is_proven = true;
		e->refused = 0;
	}
	if (!nonces_were_sent(st))
		return;
	e = nonces_entry(n, endpoint, to);
	if (!nonces_can_lend(e, now_ns) && now_ns >= e->rest_ns)
		nonces_keep(n, e, now_ns, st);
}

bool sip_nonces_refused(struct sip_nonces *n, int64_t now_ns, struct sip_auth_state *st)
{
	struct nonces_entry *e = nonces_of(n, st);

	if (!e)
		return false;
	for (unsigned i = 0; i < SIP_AUTH_REALMS; i++) {
		if (!st->slots[i].is_shared)
			continue;
		/* Nobody else counts it from now on. */
		st->slots[i].is_shared = false;
		st->slots[i].nc = e->slots[i].nc;
	}
	st->share = HANDLE_NONE;
	e->has_nonces = false;
	if (!e->is_proven && ++e->refused >= NONCES_REFUSED_MAX)
		e->rest_ns = now_ns + LIMIT_SIP_NONCE_REST_S * TMR_SECOND;
	return true;
}

bool sip_nonces_is_proven(const struct sip_nonces *n, const struct sip_auth_state *st)
{
	const struct nonces_entry *e = nonces_of(n, st);

	return e && e->is_proven;
}

void sip_nonces_clear(struct sip_nonces *n)
{
	list_for_safe (node, &n->used)
		nonces_forget(n, list_entry(node, struct nonces_entry, used));
}

uint32_t sip_nonces_used(const struct sip_nonces *n)
{
	return slab_used(n->entries);
}

size_t sip_nonces_bytes(const struct sip_nonces *n)
{
	return slab_bytes(n->entries);
}
