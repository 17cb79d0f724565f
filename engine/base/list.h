/* engine/base/list.h - intrusive doubly linked ring list.
 *
 * The node lives in its owner; a node that is in no list points to itself, so list_del is safe to
 * repeat. O(1) everything, no allocation. */
#ifndef RINGER_BASE_LIST_H
#define RINGER_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_add_tail(struct list *l, struct list *node)
{
	node->prev = l->prev;
	node->next = l;
	l->prev->next = node;
	l->prev = node;
}

static inline void list_add_head(struct list *l, struct list *node)
{
	node->next = l->next;
	node->prev = l;
	l->next->prev = node;
	l->next = node;
}

static inline void list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* First node, or NULL. */
static inline struct list *list_first(const struct list *l)
{
	return list_empty(l) ? NULL : l->next;
}

/* Moves all nodes of `from` to the end of `to`; `from` is empty after. */
static inline void list_splice(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

#define list_for(node, l) for (struct list *node = (l)->next; node != (l); node = node->next)
/* The body may delete `node`. */
#define list_for_safe(node, l)                                                                     \
	for (struct list *node = (l)->next, *node##_next = node->next; node != (l);                \
	     node = node##_next, node##_next = node->next)

#endif
