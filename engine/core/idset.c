#include "engine/core/idset.h"

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

struct idset_entry {
	struct hash_node by_id;
	struct list node;      /* in released, oldest first; self-linked while in use */
	int64_t until_ns;
	char id[LIMIT_UNIQUEID];
	size_t len;
};

struct idset {
	struct slab *entries;
	struct hash by_id;
	struct list released;
	int64_t hold_ns;
	uint32_t in_use;
};

int idset_create(struct idset **out, uint32_t count_max, int64_t hold_ns)
{
	struct idset *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->hold_ns = hold_ns;
	list_init(&s->released);
	if (slab_create(&s->entries, "idset", sizeof(struct idset_entry), count_max) != 0 ||
	    hash_create(&s->by_id, count_max) != 0) {
		idset_destroy(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

void idset_destroy(struct idset *s)
{
	if (!s)
		return;
	hash_destroy(&s->by_id);
	if (s->entries)
		slab_destroy(s->entries);
	free(s);
}

static void idset_drop(struct idset *s, struct idset_entry *e)
{
	hash_del(&s->by_id, &e->by_id);
	list_del(&e->node);
	slab_free(s->entries, e);
}

static void idset_expire(struct idset *s, int64_t now_ns)
{
	struct list *first;

	while ((first = list_first(&s->released))) {
		struct idset_entry *e = list_entry(first, struct idset_entry, node);

		if (e->until_ns > now_ns)
			return;
		idset_drop(s, e);
	}
}

static struct idset_entry *idset_find(struct idset *s, struct slice id)
{
	struct hash_node *n = hash_first(&s->by_id, slice_ihash(id, 0));

	for (; n; n = hash_next(n)) {
		struct idset_entry *e = hash_entry(n, struct idset_entry, by_id);

		if (slice_ieq(slice_make(e->id, e->len), id))
			return e;
	}
	return NULL;
}

int idset_take(struct idset *s, struct slice id, int64_t now_ns)
{
	struct idset_entry *e;

	if (id.len >= LIMIT_UNIQUEID)
		return -ENAMETOOLONG;
	idset_expire(s, now_ns);
	if (idset_find(s, id))
		return -EEXIST;
	e = slab_alloc(s->entries);
	if (!e && !list_empty(&s->released)) {
		idset_drop(s, list_entry(list_first(&s->released), struct idset_entry, node));
		e = slab_alloc(s->entries);
	}
	if (!e)
		return -ENOSPC;
	e->len = slice_copy(e->id, sizeof(e->id), id);
	list_init(&e->node);
	hash_add(&s->by_id, &e->by_id, slice_ihash(id, 0));
	s->in_use++;
	return 0;
}

void idset_release(struct idset *s, struct slice id, int64_t now_ns)
{
	struct idset_entry *e = idset_find(s, id);

	if (!e || !list_empty(&e->node)) /* released already */
		return;
	e->until_ns = now_ns + s->hold_ns;
	list_add_tail(&s->released, &e->node);
	s->in_use--;
}

void idset_cancel(struct idset *s, struct slice id)
{
	struct idset_entry *e = idset_find(s, id);

	if (!e || !list_empty(&e->node))
		return;
	idset_drop(s, e);
	s->in_use--;
}

bool idset_has(struct idset *s, struct slice id, int64_t now_ns)
{
	idset_expire(s, now_ns);
	return idset_find(s, id) != NULL;
}

uint32_t idset_in_use(const struct idset *s)
{
	return s->in_use;
}
