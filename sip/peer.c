/* sip/peer.c - see peer.h. */
#include "sip/peer.h"

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"

#include <errno.h>
#include <stdlib.h>

struct host {
	struct hash_node node; /* by number */
	struct list used; /* of peer_names.used, the one asked for last at the end; or pinned */
	bool is_pinned;
	size_t len;
	char text[LIMIT_PEER_NAME + 1];
};

struct peer_names {
	struct slab *slab;
	struct hash by_number;
	struct list used, pinned, stale; /* stale: pinned, by the last configuration */
	uint32_t pinned_count;
	uint64_t key;
};

int peer_names_create(struct peer_names **out, uint64_t key)
{
	struct peer_names *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->key = key;
	list_init(&h->used);
	list_init(&h->pinned);
	list_init(&h->stale);
	if (slab_create(&h->slab, "peer_names", sizeof(struct host),
			LIMIT_PEER_NAMES + LIMIT_PEER_PINNED) ||
	    hash_create(&h->by_number, LIMIT_PEER_NAMES)) {
		peer_names_destroy(h);
		return -ENOMEM;
	}
	*out = h;
	return 0;
}

void peer_names_destroy(struct peer_names *h)
{
	if (!h)
		return;
	if (h->by_number.buckets)
		hash_destroy(&h->by_number);
	if (h->slab)
		slab_destroy(h->slab);
	free(h);
}

size_t peer_names_bytes(const struct peer_names *h)
{
	return slab_bytes(h->slab);
}

static struct host *host_find(struct peer_names *h, uint64_t number)
{
	struct hash_node *node = hash_first(&h->by_number, number);
	struct host *host;

	if (!node)
		return NULL;
	host = hash_entry(node, struct host, node);
	if (!host->is_pinned) {
		list_del(&host->used);
		list_add_tail(&h->used, &host->used);
	}
	return host;
}

static void host_free(struct peer_names *h, struct host *host)
{
	list_del(&host->used);
	hash_del(&h->by_number, &host->node);
	slab_free(h->slab, host);
}

/* Room for one more: of those that are not pinned the one that was not asked for the longest time
 * goes. */
static struct host *host_new(struct peer_names *h)
{
	while (slab_used(h->slab) - h->pinned_count >= LIMIT_PEER_NAMES)
		host_free(h, list_entry(list_first(&h->used), struct host, used));
	return slab_alloc(h->slab);
}

uint64_t peer_names_keep(struct peer_names *h, struct slice name)
{
	struct addr ip = {0};
	struct host *host;
	uint64_t number;

	if (name.len && name.ptr[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > LIMIT_PEER_NAME || addr_parse_ip(&ip, name))
		return 0;
	number = slice_ihash(name, h->key) | 1; /* never 0 */
	if (host_find(h, number))
		return number;
	host = host_new(h);
	if (!host)
		return 0;
	host->len = name.len;
	slice_copy(host->text, sizeof(host->text), name);
	list_init(&host->used);
	list_add_tail(&h->used, &host->used);
	hash_add(&h->by_number, &host->node, number);
	return number;
}

/* False: there is no stale one. */
static bool host_unpin_stale(struct peer_names *h)
{
	struct list *first = list_first(&h->stale);

	if (!first)
		return false;
	list_del(first);
	list_add_tail(&h->used, first);
	list_entry(first, struct host, used)->is_pinned = false;
	h->pinned_count--;
	while (slab_used(h->slab) - h->pinned_count > LIMIT_PEER_NAMES)
		host_free(h, list_entry(list_first(&h->used), struct host, used));
	return true;
}

bool peer_names_pin(struct peer_names *h, struct slice name)
{
	uint64_t number = peer_names_keep(h, name);
	struct host *host = number ? host_find(h, number) : NULL;

	if (!host)
		return true;
	if (!host->is_pinned && h->pinned_count == LIMIT_PEER_PINNED && !host_unpin_stale(h))
		return false;
	h->pinned_count += !host->is_pinned;
	host->is_pinned = true;
	list_del(&host->used);
	list_add_tail(&h->pinned, &host->used);
	return true;
}

void peer_names_repin(struct peer_names *h)
{
	list_splice(&h->stale, &h->pinned);
}

void peer_names_unpin_rest(struct peer_names *h)
{
	while (host_unpin_stale(h))
		;
}

struct slice peer_names_text(struct peer_names *h, uint64_t host)
{
	const struct host *found = host ? host_find(h, host) : NULL;

	return found ? slice_make(found->text, found->len) : SLICE_EMPTY;
}
