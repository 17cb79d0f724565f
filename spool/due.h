/* spool/due.h - what comes next: a heap of instants, equal ones in order of arrival.
 *
 * Nodes are embedded in their owners. Adding, moving and taking out are O(log n), the first O(1).
 * The table of pointers is reserved at creation and touched as it fills. Owned by one thread. */
#ifndef RINGER_SPOOL_DUE_H
#define RINGER_SPOOL_DUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct due_node {
	int64_t at_ns;
	uint64_t seq;
	uint32_t place; /* from 1; 0: not in the heap */
};

struct due {
	struct due_node **nodes; /* from 1 */
	uint32_t count;
	uint32_t count_max;
	uint64_t next_seq;
};

#define due_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* 0 or -ENOMEM. */
int due_create(struct due *d, uint32_t count_max);
void due_destroy(struct due *d);

/* Adds the node, or moves it behind all others of the same instant. At most count_max nodes. */
void due_set(struct due *d, struct due_node *node, int64_t at_ns);
/* Fine for a node that is not in. */
void due_del(struct due *d, struct due_node *node);
/* The earliest, or NULL. */
struct due_node *due_first(const struct due *d);

#endif
