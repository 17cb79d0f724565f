/* spool/due.c - see due.h. A binary heap; the children of place p are 2p and 2p + 1. */
#include "spool/due.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/check.h"

int due_create(struct due *d, uint32_t count_max)
{
	struct due_node **nodes;

	check(count_max > 0 && count_max < UINT32_MAX / 2);
	nodes = calloc((size_t)count_max + 1, sizeof(struct due_node *));
	if (!nodes)
		return -ENOMEM;
	*d = (struct due){.nodes = nodes, .count_max = count_max};
	return 0;
}

void due_destroy(struct due *d)
{
	free(d->nodes);
	*d = (struct due){0};
}

static bool due_is_before(const struct due_node *a, const struct due_node *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

static void due_put(struct due *d, struct due_node *node, uint32_t place)
{
	d->nodes[place] = node;
	node->place = place;
}

static void due_rise(struct due *d, struct due_node *node)
{
	uint32_t place = node->place;

	while (place > 1 && due_is_before(node, d->nodes[place / 2])) {
		due_put(d, d->nodes[place / 2], place);
		place /= 2;
	}
	due_put(d, node, place);
}

static void due_sink(struct due *d, struct due_node *node)
{
	uint32_t place = node->place;

	while (place * 2 <= d->count) {
		uint32_t child = place * 2;

		if (child < d->count && due_is_before(d->nodes[child + 1], d->nodes[child]))
			child++;
		if (!due_is_before(d->nodes[child], node))
			break;
		due_put(d, d->nodes[child], place);
		place = child;
	}
	due_put(d, node, place);
}

void due_set(struct due *d, struct due_node *node, int64_t at_ns)
{
	node->at_ns = at_ns;
	node->seq = d->next_seq++;
	if (node->place == 0) {
		check(d->count < d->count_max);
		due_put(d, node, ++d->count);
	}
	due_rise(d, node);
	due_sink(d, node);
}

void due_del(struct due *d, struct due_node *node)
{
	struct due_node *last;
	uint32_t place = node->place;

	if (place == 0)
		return;
	check(place <= d->count && d->nodes[place] == node);
	last = d->nodes[d->count--];
	node->place = 0;
	if (last == node)
		return;
	due_put(d, last, place);
	due_rise(d, last);
	due_sink(d, last);
}

struct due_node *due_first(const struct due *d)
{
	return d->count ? d->nodes[1] : NULL;
}
