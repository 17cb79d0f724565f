/* engine/core/dbmap.c - see dbmap.h. A treap: sorted by key, a heap by priority. */
#include "engine/core/dbmap.h"

#include "engine/base/check.h"
#include "engine/base/sink.h"

#include <errno.h>
#include <stdlib.h>

void dbmap_init(struct dbmap *m, uint64_t seed)
{
	*m = (struct dbmap){.seed = seed};
}

static void entry_free(struct dbmap_entry *e)
{
	list_del(&e->node);
	free(e->value);
	free(e);
}

struct dbmap_entry *dbmap_find(const struct dbmap *m, struct slice key)
{
	struct dbmap_entry *e = m->root;

	while (e) {
		int order = slice_cmp(key, dbmap_key(e));

		if (order == 0)
			break;
		e = order < 0 ? e->left : e->right;
	}
	return e;
}

/* Dead ones too. */
static struct dbmap_entry *above(const struct dbmap *m, struct slice key)
{
	struct dbmap_entry *e = m->root, *best = NULL;

	while (e) {
		if (slice_cmp(key, dbmap_key(e)) < 0) {
			best = e;
			e = e->left;
		} else {
			e = e->right;
		}
	}
	return best;
}

struct dbmap_entry *dbmap_after(const struct dbmap *m, struct slice key)
{
	struct dbmap_entry *e = above(m, key);

	while (e && e->dead)
		e = above(m, dbmap_key(e));
	return e;
}

/* The tree's own root first, then what begins with it and a slash: "/a-b" stands between "/a" and
 * "/a/b". */
struct dbmap_entry *dbmap_after_in(const struct dbmap *m, struct slice prefix, struct slice key)
{
	char text[LIMIT_DB_KEY + 1];
	struct sink out = sink_make(text, sizeof(text));
	struct slice below;
	struct dbmap_entry *e;

	if (prefix.len == 0)
		return dbmap_after(m, key);
	sink_add(&out, prefix);
	sink_char(&out, '/');
	below = sink_slice(&out);
	for (int step = 0; step < 2; step++) {
		struct slice at = step == 0 ? prefix : below;

		if (slice_cmp(key, at) >= 0)
			continue;
		e = dbmap_find(m, at);
		if (e && !e->dead)
			return e;
		key = at;
	}
	e = dbmap_after(m, key);
	return e && slice_starts(dbmap_key(e), below) ? e : NULL;
}

/* ---- change ---- */

bool dbmap_admits(const struct dbmap *m, struct slice key, struct slice value)
{
	const struct dbmap_entry *e = dbmap_find(m, key);
	size_t more = value.len + (e ? 0 : key.len), less = e ? e->value_len : 0;

	return (e || m->count < LIMIT_DB_ENTRIES) && m->bytes - less + more <= LIMIT_DB_BYTES;
}

static struct dbmap_entry *entry_make(const struct dbmap *m, struct slice key)
{
	struct dbmap_entry *e = calloc(1, sizeof(*e) + key.len + 1);

	if (!e)
		return NULL;
	list_init(&e->node);
	e->priority = slice_hash(key, m->seed);
	e->key_len = (uint32_t)key.len;
	memcpy(e->key, key.ptr, key.len);
	return e;
}

int dbmap_begin(struct dbmap *m, struct dbmap_put *put, struct slice key, struct slice value)
{
	*put = (struct dbmap_put){.entry = dbmap_find(m, key), .value = malloc(value.len + 1)};
	if (!put->value)
		return -ENOMEM;
	if (value.len > 0)
		memcpy(put->value, value.ptr, value.len);
	put->value[value.len] = 0;
	put->value_len = (uint32_t)value.len;
	if (put->entry)
		return 0;
	put->is_new = true;
	put->entry = entry_make(m, key);
	if (put->entry)
		return 0;
	free(put->value);
	return -ENOMEM;
}

void dbmap_cancel(struct dbmap_put *put)
{
	free(put->value);
	if (put->is_new)
		entry_free(put->entry);
}

/* Splits a subtree at a key that is not in it. */
static void split(struct dbmap_entry *e, struct slice key, struct dbmap_entry **low,
		  struct dbmap_entry **high)
{
	while (e) {
		if (slice_cmp(dbmap_key(e), key) < 0) {
			*low = e;
			low = &e->right;
			e = e->right;
		} else {
			*high = e;
			high = &e->left;
			e = e->left;
		}
	}
	*low = *high = NULL;
}

static void merge(struct dbmap_entry *low, struct dbmap_entry *high, struct dbmap_entry **out)
{
	while (low && high) {
		if (low->priority > high->priority) {
			*out = low;
			out = &low->right;
			low = low->right;
		} else {
			*out = high;
			out = &high->left;
			high = high->left;
		}
	}
	*out = low ? low : high;
}

static void insert(struct dbmap *m, struct dbmap_entry *fresh)
{
	struct dbmap_entry **at = &m->root;
	struct slice key = dbmap_key(fresh);

	while (*at && (*at)->priority >= fresh->priority)
		at = slice_cmp(key, dbmap_key(*at)) < 0 ? &(*at)->left : &(*at)->right;
	split(*at, key, &fresh->left, &fresh->right);
	*at = fresh;
	m->count++;
	m->bytes += fresh->key_len;
}

struct dbmap_entry *dbmap_commit(struct dbmap *m, struct dbmap_put *put)
{
	struct dbmap_entry *e = put->entry;

	if (put->is_new)
		insert(m, e);
	if (e->dead) {
		e->dead = false;
		m->dead_count--;
	}
	m->bytes = m->bytes - e->value_len + put->value_len;
	free(e->value);
	e->value = put->value;
	e->value_len = put->value_len;
	return e;
}

void dbmap_bury(struct dbmap *m, struct dbmap_entry *e)
{
	if (e->dead)
		return;
	e->dead = true;
	m->dead_count++;
	m->bytes -= e->value_len;
	free(e->value);
	e->value = NULL;
	e->value_len = 0;
}

void dbmap_drop(struct dbmap *m, struct dbmap_entry *e)
{
	struct dbmap_entry **at = &m->root;

	while (*at != e) {
		check(*at);
		at = slice_cmp(dbmap_key(e), dbmap_key(*at)) < 0 ? &(*at)->left : &(*at)->right;
	}
	merge(e->left, e->right, at);
	m->count--;
	m->dead_count -= e->dead;
	m->bytes -= e->key_len + e->value_len;
	entry_free(e);
}

void dbmap_clear(struct dbmap *m)
{
	struct dbmap_entry *e;

	while ((e = m->root)) {
		merge(e->left, e->right, &m->root);
		entry_free(e);
	}
	dbmap_init(m, m->seed);
}

bool dbmap_path(char buf[LIMIT_DB_KEY], struct slice family, struct slice key, struct slice *out)
{
	struct sink s = sink_make(buf, LIMIT_DB_KEY - 1);

	sink_char(&s, '/');
	sink_add(&s, family);
	if (key.len > 0) {
		sink_char(&s, '/');
		sink_add(&s, key);
	}
	*out = sink_slice(&s);
	return family.len > 0 && !s.over;
}
