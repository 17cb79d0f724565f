/* sip/health.c - see health.h. */
#include "sip/health.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

struct health_entry {
	struct sip_health_note note;
	struct hash_node node;
	struct list changed; /* of sip_health.changed: the one that changed last at the end */
};

struct sip_health {
	struct slab *entries;
	struct hash by_target;
	struct list changed;
};

int sip_health_create(struct sip_health **out)
{
	struct sip_health *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	list_init(&h->changed);
	if (slab_create(&h->entries, "sip_health", sizeof(struct health_entry), LIMIT_SIP_HEALTH) ||
	    hash_create(&h->by_target, LIMIT_SIP_HEALTH)) {
		sip_health_destroy(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void sip_health_destroy(struct sip_health *h)
{
	if (!h)
		return;
	hash_destroy(&h->by_target);
	if (h->entries)
		slab_destroy(h->entries);
	free(h);
}

/* ---- entries ---- */

static uint64_t health_key(const struct sip_target *t)
{
	return addr_hash(&t->addr, t->transport);
}

static struct health_entry *health_find(const struct sip_health *h, const struct sip_target *t)
{
	struct hash_node *n;

	if (slab_used(h->entries) == 0)
		return NULL;
	for (n = hash_first(&h->by_target, health_key(t)); n; n = hash_next(n)) {
		struct health_entry *e = hash_entry(n, struct health_entry, node);

		if (e->note.target.transport == t->transport &&
		    addr_eq(&e->note.target.addr, &t->addr))
			return e;
	}
	return NULL;
}

static void health_forget(struct sip_health *h, struct health_entry *e)
{
	hash_del(&h->by_target, &e->node);
	list_del(&e->changed);
	slab_free(h->entries, e);
}

/* The entry of t, made if there is none. */
static struct health_entry *health_entry(struct sip_health *h, const struct sip_target *t)
{
	struct health_entry *e = health_find(h, t);

	if (!e && slab_used(h->entries) == slab_count_max(h->entries))
		health_forget(h, list_entry(list_first(&h->changed), struct health_entry, changed));
	if (!e) {
		e = slab_alloc(h->entries);
		check(e != NULL);
		e->note.target = *t;
		list_init(&e->changed);
		hash_add(&h->by_target, &e->node, health_key(t));
	}
	list_del(&e->changed);
	list_add_tail(&h->changed, &e->changed);
	return e;
}

/* ---- questions ---- */

int64_t sip_health_until(const struct sip_health *h, const struct sip_target *t)
{
	const struct health_entry *e = health_find(h, t);

	if (!e)
		return 0;
	return e->note.held_ns > e->note.down_ns ? e->note.held_ns : e->note.down_ns;
}

bool sip_health_is_down(const struct sip_health *h, const struct sip_target *t)
{
	const struct health_entry *e = health_find(h, t);

	return e && e->note.down_ns != 0;
}

/* ---- facts ---- */

static bool health_tell(const struct health_entry *e, struct sip_health_note *note)
{
	if (note)
		*note = e->note;
	return true;
}

/* Nothing is left to remember. */
static bool health_is_well(const struct sip_health_note *n)
{
	return n->strikes == 0 && n->down_ns == 0 && n->held_ns == 0;
}

bool sip_health_answered(struct sip_health *h, const struct sip_target *t,
			 struct sip_health_note *note)
{
	struct health_entry *e = health_find(h, t);
	bool was_down = e && e->note.down_ns != 0;

	if (!e)
		return false;
	e->note.strikes = 0;
	e->note.down_ns = 0;
	if (was_down)
		health_tell(e, note);
	if (health_is_well(&e->note))
		health_forget(h, e);
	return was_down;
}

bool sip_health_silent(struct sip_health *h, const struct sip_target *t, int64_t now_ns,
		       struct sip_health_note *note)
{
	struct health_entry *e = health_entry(h, t);

	if (e->note.strikes < SIP_HEALTH_STRIKES)
		e->note.strikes++;
	if (e->note.strikes < SIP_HEALTH_STRIKES || e->note.down_ns > now_ns)
		return false;
	e->note.down_ns = now_ns + SIP_HEALTH_DOWN;
	return health_tell(e, note);
}

bool sip_health_hold(struct sip_health *h, const struct sip_target *t, int64_t now_ns,
		     uint32_t retry_after_s, struct sip_health_note *note)
{
	int64_t hold = (int64_t)retry_after_s * TMR_SECOND;
	struct health_entry *e;

	if (hold == 0)
		return false;
	if (hold > SIP_HEALTH_HOLD_MAX)
		hold = SIP_HEALTH_HOLD_MAX;
	e = health_entry(h, t);
	if (e->note.held_ns >= now_ns + hold) /* an answer to an earlier call */
		return false;
	e->note.held_ns = now_ns + hold;
	return health_tell(e, note);
}

void sip_health_take(struct sip_health *h, const struct sip_health_note *note)
{
	struct health_entry *e = health_entry(h, &note->target);

	e->note = *note;
	if (health_is_well(note))
		health_forget(h, e);
}

/* ---- views ---- */

bool sip_health_walk(const struct sip_health *h, uint32_t *cursor, struct sip_health_note *out)
{
	for (; *cursor < slab_limit(h->entries); (*cursor)++) {
		const struct health_entry *e = slab_at(h->entries, *cursor);

		if (!e)
			continue;
		*out = e->note;
		(*cursor)++;
		return true;
	}
	return false;
}

uint32_t sip_health_count(const struct sip_health *h)
{
	return slab_used(h->entries);
}
