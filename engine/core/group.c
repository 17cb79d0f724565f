/* engine/core/group.c - see group.h.
 *
 * A place holds one membership. Counting looks at hashes alone, which lie close together; the seed
 * of the hash is secret, so nobody outside can make two names count as one. Texts are read by other
 * threads only to be matched: a version that is odd while they change tells when to read again. */
#include "engine/core/group.h"

#include "engine/base/limits.h"
#include "engine/base/regex.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_WORDS (sizeof(struct group_entry) / 8)
_Static_assert(sizeof(struct group_entry) % 8 == 0, "kept as words");

struct group_place {
	uint32_t next;		/* of the channel, or free: place + 1; 0: the last */
	struct group_entry own; /* the shard's */
	_Atomic uint32_t version;
	_Atomic uint64_t shared[GROUP_WORDS]; /* the same, for the others */
};

struct group_table {
	_Atomic uint32_t used;		/* places from here on were never taken */
	uint32_t free;			/* place + 1; 0: none below used */
	_Atomic uint64_t *names, *both; /* hash of the name; of name and category. 0: free */
	struct group_place *places;
};

struct groups {
	uint32_t shards, places;
	uint64_t seed;
	struct group_table tables[];
};

/* ---- table ---- */

static int table_create(struct group_table *t, uint32_t places)
{
	t->names = calloc(places, sizeof(*t->names)); /* touched as they fill */
	t->both = calloc(places, sizeof(*t->both));
	t->places = calloc(places, sizeof(*t->places));
	return t->names && t->both && t->places ? 0 : -ENOMEM;
}

int groups_create(struct groups **out, uint32_t shards, uint32_t places, uint64_t seed)
{
	struct groups *g = calloc(1, sizeof(*g) + shards * sizeof(g->tables[0]));
	int err = g ? 0 : -ENOMEM;

	if (g)
		*g = (struct groups){.shards = shards, .places = places, .seed = seed};
	for (uint32_t i = 0; !err && i < shards; i++)
		err = table_create(&g->tables[i], places);
	if (err) {
		groups_destroy(g);
		return err;
	}
	*out = g;
	return 0;
}

void groups_destroy(struct groups *g)
{
	for (uint32_t i = 0; g && i < g->shards; i++) {
		free(g->tables[i].names);
		free(g->tables[i].both);
		free(g->tables[i].places);
	}
	free(g);
}

/* ---- hashes and texts ---- */

static uint64_t name_hash(const struct groups *g, struct slice name)
{
	return slice_ihash(name, g->seed) | 1; /* never 0 */
}

static uint64_t both_hash(const struct groups *g, struct slice name, struct slice category)
{
	return slice_ihash(category, slice_ihash(name, ~g->seed)) | 1;
}

static struct slice group_cut(struct slice text)
{
	return slice_head(text, text.len < LIMIT_NAME ? text.len : LIMIT_NAME - 1);
}

static void place_write(struct group_place *p, const struct group_entry *e)
{
	uint32_t version = atomic_load_explicit(&p->version, memory_order_relaxed);
	uint64_t word[GROUP_WORDS];

	p->own = *e;
	memcpy(word, e, sizeof(word));
	atomic_store_explicit(&p->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < GROUP_WORDS; i++)
		atomic_store_explicit(&p->shared[i], word[i], memory_order_relaxed);
	atomic_store_explicit(&p->version, version + 2, memory_order_release);
}

/* False: it is being written. */
static bool place_read(const struct group_place *p, struct group_entry *e)
{
	uint32_t version = atomic_load_explicit(&p->version, memory_order_acquire);
	uint64_t word[GROUP_WORDS] = {0};

	for (size_t i = 0; i < GROUP_WORDS; i++)
		word[i] = atomic_load_explicit(&p->shared[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	memcpy(e, word, sizeof(word));
	return !(version & 1) && atomic_load_explicit(&p->version, memory_order_relaxed) == version;
}

/* ---- entering and leaving ---- */

/* Place + 1; 0: all are taken. */
static uint32_t table_take(struct group_table *t, uint32_t places)
{
	uint32_t at = t->free, used = atomic_load_explicit(&t->used, memory_order_relaxed);

	if (at) {
		t->free = t->places[at - 1].next;
		return at;
	}
	if (used == places)
		return 0;
	atomic_store(&t->used, used + 1);
	return used + 1;
}

static void table_give_back(struct group_table *t, uint32_t at)
{
	atomic_store(&t->names[at - 1], 0);
	atomic_store(&t->both[at - 1], 0);
	t->places[at - 1].next = t->free;
	t->free = at;
}

static void group_leave(struct group_table *t, struct group_list *list, struct slice category)
{
	uint32_t *link = &list->first;

	while (*link && !slice_ieq(slice_str(t->places[*link - 1].own.category), category))
		link = &t->places[*link - 1].next;
	if (*link) {
		uint32_t at = *link;

		*link = t->places[at - 1].next;
		list->count--;
		table_give_back(t, at);
	}
}

static void group_write(const struct groups *g, struct group_table *t, uint32_t at,
			const struct group_entry *e)
{
	struct slice name = slice_str(e->name);

	place_write(&t->places[at], e);
	/* In one order with the loads of groups_count on every shard: see group.h. */
	atomic_store(&t->names[at], name_hash(g, name));
	atomic_store(&t->both[at], both_hash(g, name, slice_str(e->category)));
}

int groups_enter(struct groups *g, uint32_t shard, struct group_list *list, struct slice channel,
		 struct slice name, struct slice category)
{
	struct group_table *t = &g->tables[shard];
	struct group_entry e = {0};
	uint32_t *link = &list->first, at;

	slice_copy(e.channel, sizeof(e.channel), channel);
	slice_copy(e.name, sizeof(e.name), name);
	slice_copy(e.category, sizeof(e.category), category);
	group_leave(t, list, slice_str(e.category));
	if (name.len == 0)
		return 0;
	at = list->count < LIMIT_CHAN_GROUPS ? table_take(t, g->places) : 0;
	if (!at)
		return -ENOSPC;
	while (*link)
		link = &t->places[*link - 1].next;
	*link = at;
	list->count++;
	t->places[at - 1].next = 0;
	group_write(g, t, at - 1, &e);
	return 0;
}

void groups_leave_all(struct groups *g, uint32_t shard, struct group_list *list)
{
	while (list->first)
		group_leave(&g->tables[shard], list,
			    slice_str(g->tables[shard].places[list->first - 1].own.category));
}

bool groups_next(const struct groups *g, uint32_t shard, uint32_t *cursor, struct slice *name,
		 struct slice *category)
{
	const struct group_place *p;

	if (!*cursor)
		return false;
	p = &g->tables[shard].places[*cursor - 1];
	*name = slice_str(p->own.name);
	*category = slice_str(p->own.category);
	*cursor = p->next;
	return true;
}

/* ---- looking and counting ---- */

bool groups_each(const struct groups *g, uint64_t *cursor, struct group_entry *out)
{
	for (uint32_t i = (uint32_t)(*cursor >> 32); i < g->shards; i++) {
		const struct group_table *t = &g->tables[i];
		uint32_t used = atomic_load(&t->used);

		for (uint32_t at = (uint32_t)*cursor; at < used; at++) {
			*cursor = ((uint64_t)i << 32) + at + 1;
			if (atomic_load(&t->both[at]) && place_read(&t->places[at], out))
				return true;
		}
		*cursor = (uint64_t)(i + 1) << 32;
	}
	return false;
}

uint32_t groups_count(const struct groups *g, struct slice name, struct slice category)
{
	uint32_t count = 0;
	uint64_t hash;

	name = group_cut(name);
	category = group_cut(category);
	hash = category.len ? both_hash(g, name, category) : name_hash(g, name);
	for (uint32_t i = 0; i < g->shards; i++) {
		const struct group_table *t = &g->tables[i];
		const _Atomic uint64_t *hashes = category.len ? t->both : t->names;
		uint32_t used = atomic_load(&t->used);

		for (uint32_t at = 0; at < used; at++)
			count += atomic_load(&hashes[at]) == hash;
	}
	return count;
}

/* What groups were found to be, by their hash. */
#define GROUP_MEMORY 64

struct group_match {
	const struct regex *name, *category;
	size_t octets; /* looked at */
	uint64_t hash[GROUP_MEMORY];
	bool fits[GROUP_MEMORY];
};

static bool group_fits(struct group_match *m, struct slice name, struct slice category)
{
	m->octets += name.len + category.len;
	return regex_matches(m->name, name) &&
	       (!m->category || (category.len && regex_matches(m->category, category)));
}

static bool match_place(struct group_match *m, const struct group_table *t, uint32_t at)
{
	struct group_entry e;
	uint64_t hash;
	size_t slot;

	if (!atomic_load(&t->both[at]) || !place_read(&t->places[at], &e))
		return false; /* nobody's, or somebody enters just now */
	hash = slice_hash(slice_str(e.category), slice_hash(slice_str(e.name), 1));
	slot = hash % GROUP_MEMORY;
	if (m->hash[slot] != hash) {
		m->fits[slot] = group_fits(m, slice_str(e.name), slice_str(e.category));
		m->hash[slot] = hash;
	}
	return m->fits[slot];
}

bool groups_count_matching(const struct groups *g, const struct regex *name,
			   const struct regex *category, size_t octets_max, uint32_t *count)
{
	struct group_match m = {.name = name, .category = category};

	*count = 0;
	for (uint32_t i = 0; i < g->shards; i++) {
		const struct group_table *t = &g->tables[i];
		uint32_t used = atomic_load(&t->used);

		for (uint32_t at = 0; at < used && m.octets <= octets_max; at++)
			*count += match_place(&m, t, at);
	}
	return m.octets <= octets_max;
}
