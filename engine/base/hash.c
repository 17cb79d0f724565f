/* engine/base/hash.c - see hash.h. */
#include "engine/base/hash.h"

#include "engine/base/check.h"
#include "engine/base/mem_internal.h"

#include <errno.h>

#define HASH_BUCKETS_MIN 16

int hash_create(struct hash *h, size_t count_hint)
{
	size_t count =
		(size_t)mem_pow2(count_hint < HASH_BUCKETS_MIN ? HASH_BUCKETS_MIN : count_hint);
	struct hash_node **buckets = mem_map(count * sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	*h = (struct hash){.buckets = buckets, .mask = count - 1};
	return 0;
}

void hash_destroy(struct hash *h)
{
	mem_unmap(h->buckets, (h->mask + 1) * sizeof(*h->buckets));
	*h = (struct hash){0};
}

/* The upper half joins in: callers may give hashes whose low bits are weak. */
static struct hash_node **hash_bucket(const struct hash *h, uint64_t hash)
{
	return &h->buckets[(hash ^ hash >> 32) & h->mask];
}

void hash_add(struct hash *h, struct hash_node *node, uint64_t hash)
{
	struct hash_node **bucket = hash_bucket(h, hash);

	check(h->buckets != NULL);
	node->hash = hash;
	node->next = *bucket;
	node->link = bucket;
	if (node->next)
		node->next->link = &node->next;
	*bucket = node;
	h->count++;
}

void hash_del(struct hash *h, struct hash_node *node)
{
	if (!node->link)
		return;
	check(*node->link == node);
	check(h->count > 0);
	*node->link = node->next;
	if (node->next)
		node->next->link = node->link;
	node->next = NULL;
	node->link = NULL;
	h->count--;
}

static struct hash_node *hash_match(struct hash_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct hash_node *hash_first(const struct hash *h, uint64_t hash)
{
	return hash_match(*hash_bucket(h, hash), hash);
}

struct hash_node *hash_next(const struct hash_node *node)
{
	return hash_match(node->next, node->hash);
}
