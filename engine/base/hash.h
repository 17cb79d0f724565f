/* engine/base/hash.h - intrusive hash table of fixed size, chained.
 *
 * The owner embeds struct hash_node and supplies the hash; comparing keys is the caller's job while
 * it walks a bucket. The bucket count is a power of two, fixed at creation. */
#ifndef RINGER_BASE_HASH_H
#define RINGER_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_node {
	struct hash_node *next;
	struct hash_node **link; /* what points to us; NULL when in no table */
	uint64_t hash;
};

struct hash {
	struct hash_node **buckets;
	size_t mask;
	size_t count;
};

#define hash_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* count_hint: rounded up to a power of two, at least 16. Lazily touched. 0 or -ENOMEM. */
int hash_create(struct hash *h, size_t count_hint);
void hash_destroy(struct hash *h);

void hash_add(struct hash *h, struct hash_node *node, uint64_t hash);
/* Safe for a node that is in no table. */
void hash_del(struct hash *h, struct hash_node *node);

/* First node with this hash, then the next with the same; NULL at the end. */
struct hash_node *hash_first(const struct hash *h, uint64_t hash);
struct hash_node *hash_next(const struct hash_node *node);

#endif
