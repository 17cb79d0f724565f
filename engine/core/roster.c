#include "engine/core/roster.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/slab.h"
#include "engine/core/device.h"

#include <errno.h>
#include <stdlib.h>

#define ROSTER_TEXT 1024 /* octets for all texts of one channel; longer ones are cut */

struct roster_entry {
	struct roster_chan chan;
	struct hash_node by_handle, by_name, by_id;
	char text[ROSTER_TEXT];
	char app[LIMIT_NAME], appdata[256];
};

struct roster {
	struct slab *entries;
	struct hash by_handle, by_name, by_id;
	struct list order;
	uint32_t count, calls;
	uint64_t processed;
};

int roster_create(struct roster **out, uint32_t count_max)
{
	struct roster *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	list_init(&r->order);
	if (slab_create(&r->entries, "roster", sizeof(struct roster_entry), count_max) != 0 ||
	    hash_create(&r->by_handle, count_max) != 0 || hash_create(&r->by_name, count_max) != 0 ||
	    hash_create(&r->by_id, count_max) != 0) {
		roster_destroy(r);
		return -ENOMEM;
	}
	*out = r;
	return 0;
}

void roster_destroy(struct roster *r)
{
	if (!r)
		return;
	hash_destroy(&r->by_handle);
	hash_destroy(&r->by_name);
	hash_destroy(&r->by_id);
	if (r->entries)
		slab_destroy(r->entries);
	free(r);
}

static uint64_t roster_handle_hash(uint32_t shard, handle_t chan)
{
	return (chan ^ (uint64_t)shard << 24) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct roster_entry *roster_by_handle(struct roster *r, uint32_t shard, handle_t chan)
{
	struct hash_node *n = hash_first(&r->by_handle, roster_handle_hash(shard, chan));

	for (; n; n = hash_next(n)) {
		struct roster_entry *e = hash_entry(n, struct roster_entry, by_handle);

		if (e->chan.chan == chan && e->chan.shard == shard)
			return e;
	}
	return NULL;
}

/* Copies one text behind the others; cut when the room is used up. */
static struct slice roster_keep(struct roster_entry *e, size_t *used, struct slice s)
{
	size_t len = ROSTER_TEXT - *used;
	char *at = e->text + *used;

	if (s.len < len)
		len = s.len;
	if (len > 0)
		memcpy(at, s.ptr, len);
	*used += len;
	return slice_make(at, len);
}

static void roster_copy_snap(struct roster_entry *e, const struct chan_snap *snap)
{
	struct chan_snap *to = &e->chan.snap;
	size_t used = 0;

	to->name = roster_keep(e, &used, snap->name);
	to->uniqueid = roster_keep(e, &used, snap->uniqueid);
	to->linkedid = roster_keep(e, &used, snap->linkedid);
	to->context = roster_keep(e, &used, snap->context);
	to->exten = roster_keep(e, &used, snap->exten);
	to->language = roster_keep(e, &used, snap->language);
	to->account = roster_keep(e, &used, snap->account);
	to->cid_num = roster_keep(e, &used, snap->cid_num);
	to->cid_name = roster_keep(e, &used, snap->cid_name);
	to->conn_num = roster_keep(e, &used, snap->conn_num);
	to->conn_name = roster_keep(e, &used, snap->conn_name);
	to->state = snap->state;
	to->priority = snap->priority;
}

static struct roster_entry *roster_add(struct roster *r, const struct event *e)
{
	struct roster_entry *n = slab_alloc(r->entries);

	if (!n)
		return NULL;
	n->chan.shard = e->shard;
	n->chan.chan = e->chan;
	n->chan.created_wall_ns = e->wall_ns;
	n->chan.device_state = DEVICE_STATE_COUNT;
	roster_copy_snap(n, &e->snap);
	hash_add(&r->by_handle, &n->by_handle, roster_handle_hash(e->shard, e->chan));
	hash_add(&r->by_name, &n->by_name, slice_ihash(n->chan.snap.name, 0));
	hash_add(&r->by_id, &n->by_id, slice_ihash(n->chan.snap.uniqueid, 0));
	list_add_tail(&r->order, &n->chan.node);
	r->count++;
	return n;
}

static void roster_note_app(struct roster *r, struct roster_entry *n, const struct event *e)
{
	size_t app = slice_copy(n->app, sizeof(n->app), e->text[0]);
	size_t data = slice_copy(n->appdata, sizeof(n->appdata), e->text[1]);

	n->chan.app = slice_make(n->app, app);
	n->chan.appdata = slice_make(n->appdata, data);
	/* The dialled leg's own pseudo application is no dialplan. */
	if (!n->chan.in_pbx && !slice_eq(e->text[0], SLICE_LIT("AppDial2"))) {
		n->chan.in_pbx = true;
		r->calls++;
		r->processed++;
	}
}

struct roster_chan *roster_note(struct roster *r, const struct event *e)
{
	struct roster_entry *n = roster_by_handle(r, e->shard, e->chan);

	if (!n && e->kind == EVENT_NEWCHANNEL)
		n = roster_add(r, e);
	if (!n)
		return NULL;
	roster_copy_snap(n, &e->snap);
	if (e->kind == EVENT_NEWEXTEN)
		roster_note_app(r, n, e);
	if (e->kind == EVENT_HOLD || e->kind == EVENT_UNHOLD)
		n->chan.is_held = e->kind == EVENT_HOLD;
	if (e->kind == EVENT_HANGUPREQUEST || e->kind == EVENT_SOFTHANGUPREQUEST || e->kind == EVENT_HANGUP)
		n->chan.is_ending = true;
	if (e->kind == EVENT_NEWSTATE && e->snap.state == 6 && n->chan.answered_wall_ns == 0)
		n->chan.answered_wall_ns = e->wall_ns;
	return &n->chan;
}

/* The entry that the roster gave out as read-only. */
static struct roster_entry *roster_entry_of(const struct roster_chan *c)
{
	return (struct roster_entry *)(void *)((char *)c - offsetof(struct roster_entry, chan));
}

bool roster_note_hangup(struct roster *r, const struct roster_chan *c)
{
	struct roster_entry *n = roster_entry_of(c);
	bool first = !n->chan.hangup_sent;

	UNUSED(r);
	n->chan.hangup_sent = n->chan.is_ending = true;
	return first;
}

void roster_forget(struct roster *r, struct roster_chan *c)
{
	struct roster_entry *n = roster_entry_of(c);

	hash_del(&r->by_handle, &n->by_handle);
	hash_del(&r->by_name, &n->by_name);
	hash_del(&r->by_id, &n->by_id);
	list_del(&c->node);
	r->count--;
	if (c->in_pbx)
		r->calls--;
	slab_free(r->entries, n);
}

struct roster_chan *roster_find(struct roster *r, struct slice name_or_id)
{
	uint64_t hash = slice_ihash(name_or_id, 0);
	struct hash_node *n;

	for (n = hash_first(&r->by_name, hash); n; n = hash_next(n)) {
		struct roster_entry *e = hash_entry(n, struct roster_entry, by_name);

		if (slice_ieq(e->chan.snap.name, name_or_id))
			return &e->chan;
	}
	for (n = hash_first(&r->by_id, hash); n; n = hash_next(n)) {
		struct roster_entry *e = hash_entry(n, struct roster_entry, by_id);

		if (slice_ieq(e->chan.snap.uniqueid, name_or_id))
			return &e->chan;
	}
	return NULL;
}

struct list *roster_list(struct roster *r)
{
	return &r->order;
}

uint32_t roster_count(const struct roster *r)
{
	return r->count;
}

uint32_t roster_calls(const struct roster *r)
{
	return r->calls;
}

uint64_t roster_processed(const struct roster *r)
{
	return r->processed;
}
