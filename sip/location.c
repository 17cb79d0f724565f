/* sip/location.c - see location.h. */
#include "sip/location.h"

#include "engine/base/check.h"
#include "engine/core/pack.h"

#include <errno.h>

#define LOCATION_SEED 0x6c6f6361u
#define CONTACT_FORM  1u /* of the packed octets; a file of another form is not read */

static const char *const contact_names[CONTACT_STATUS_COUNT][2] = {
	[CONTACT_CREATED] = {"NonQualified", "NonQual"},
	[CONTACT_REACHABLE] = {"Reachable", "Avail"},
	[CONTACT_UNREACHABLE] = {"Unreachable", "Unavail"},
	[CONTACT_UNKNOWN] = {"Unknown", "Unknown"},
	[CONTACT_REMOVED] = {"Removed", "Removed"},
};

const char *contact_status_name(enum contact_status status)
{
	return contact_names[status][0];
}

const char *contact_status_short(enum contact_status status)
{
	return contact_names[status][1];
}

int location_create(struct location *l, size_t object_bytes)
{
	int err;

	check(object_bytes >= sizeof(struct contact));
	*l = (struct location){0};
	err = slab_create(&l->contacts, "contacts", object_bytes, LIMIT_CONTACTS);
	if (!err)
		err = hash_create(&l->by_id, LIMIT_CONTACTS);
	if (!err)
		err = hash_create(&l->by_aor, LIMIT_CONTACTS);
	if (err)
		location_destroy(l);
	return err;
}

void location_destroy(struct location *l)
{
	hash_destroy(&l->by_aor);
	hash_destroy(&l->by_id);
	if (l->contacts)
		slab_destroy(l->contacts);
	*l = (struct location){0};
}

uint64_t contact_aor_hash(struct slice aor)
{
	return slice_hash(aor, LOCATION_SEED);
}

uint64_t contact_id(struct slice aor, struct slice uri)
{
	return slice_hash(uri, contact_aor_hash(aor));
}

/* ---- look-ups ---- */

struct contact *location_find(const struct location *l, uint64_t id)
{
	struct hash_node *n = hash_first(&l->by_id, id);

	return n ? hash_entry(n, struct contact, by_id) : NULL;
}

struct contact *location_first(const struct location *l, uint64_t aor)
{
	struct hash_node *n = hash_first(&l->by_aor, aor);

	return n ? hash_entry(n, struct contact, by_aor) : NULL;
}

struct contact *location_next(const struct contact *c)
{
	struct hash_node *n = hash_next(&c->by_aor);

	return n ? hash_entry(n, struct contact, by_aor) : NULL;
}

struct contact *location_walk(const struct location *l, uint32_t *cursor)
{
	while (*cursor < slab_limit(l->contacts)) {
		struct contact *c = slab_at(l->contacts, (*cursor)++);

		if (c)
			return c;
	}
	return NULL;
}

uint32_t location_count(const struct location *l)
{
	return slab_used(l->contacts);
}

/* ---- changes ---- */

static size_t contact_text_bytes(const struct contact_info *info)
{
	size_t sum = 0;

	for (int i = 0; i < CONTACT_TEXT_COUNT; i++)
		sum += info->text[i].len;
	return sum;
}

/* info may point into c itself: the texts are gathered apart first. */
static void contact_take(struct contact *c, const struct contact_info *info)
{
	char room[LIMIT_CONTACT_TEXT];
	size_t at = 0;

	for (int i = 0; i < CONTACT_TEXT_COUNT; i++) {
		struct slice s = info->text[i];

		if (s.len)
			memcpy(room + at, s.ptr, s.len);
		at += s.len;
	}
	c->info = *info;
	memcpy(c->room, room, at);
	at = 0;
	for (int i = 0; i < CONTACT_TEXT_COUNT; i++) {
		c->info.text[i] = slice_make(c->room + at, info->text[i].len);
		at += info->text[i].len;
	}
}

struct contact *location_put(struct location *l, const struct contact_info *info)
{
	struct contact *c = location_find(l, info->id);

	if (contact_text_bytes(info) > LIMIT_CONTACT_TEXT)
		return NULL;
	if (c) {
		/* Two URIs of one hash would be one contact: a phone must not take another's. */
		if (!slice_eq(c->info.text[CONTACT_AOR], info->text[CONTACT_AOR]) ||
		    !slice_eq(c->info.text[CONTACT_URI], info->text[CONTACT_URI]))
			return NULL;
		contact_take(c, info);
		return c;
	}
	c = slab_alloc(l->contacts);
	if (!c)
		return NULL;
	contact_take(c, info);
	hash_add(&l->by_id, &c->by_id, info->id);
	hash_add(&l->by_aor, &c->by_aor, info->aor);
	return c;
}

void location_remove(struct location *l, struct contact *c)
{
	hash_del(&l->by_id, &c->by_id);
	hash_del(&l->by_aor, &c->by_aor);
	slab_free(l->contacts, c);
}

/* ---- as octets ---- */

struct contact_fixed {
	uint32_t form, cseq, shard, qualify_s, qualify_timeout_ms, flags;
	uint64_t id, aor;
	int64_t expires_wall_ns, rtt_ns;
	struct addr source;
};

#define CONTACT_AUTHENTICATES 1u
#define CONTACT_2XX_ONLY      2u

size_t contact_pack(const struct contact_info *info, char dst[CONTACT_PACKED_MAX])
{
	struct packer p = {.ptr = dst, .room = CONTACT_PACKED_MAX};
	struct contact_fixed fixed = {
		.form = CONTACT_FORM,
		.cseq = info->cseq,
		.shard = info->shard,
		.qualify_s = info->qualify_s,
		.qualify_timeout_ms = info->qualify_timeout_ms,
		.flags = (info->authenticate_qualify ? CONTACT_AUTHENTICATES : 0) |
			 (info->qualify_2xx_only ? CONTACT_2XX_ONLY : 0) |
			 (uint32_t)info->status << 8,
		.id = info->id,
		.aor = info->aor,
		.expires_wall_ns = info->expires_wall_ns,
		.rtt_ns = info->rtt_ns,
		.source = info->source,
	};

	if (contact_text_bytes(info) > LIMIT_CONTACT_TEXT)
		return 0;
	pack_bytes(&p, &fixed, sizeof(fixed));
	for (int i = 0; i < CONTACT_TEXT_COUNT; i++)
		pack_text(&p, info->text[i]);
	return p.len;
}

bool contact_unpack(struct contact_info *out, const void *data, size_t len)
{
	struct unpacker u = {.ptr = data, .left = len};
	struct contact_fixed fixed;
	const char *at = unpack_bytes(&u, sizeof(fixed));

	if (!at)
		return false;
	memcpy(&fixed, at, sizeof(fixed));
	*out = (struct contact_info){
		.id = fixed.id,
		.aor = fixed.aor,
		.expires_wall_ns = fixed.expires_wall_ns,
		.rtt_ns = fixed.rtt_ns,
		.source = fixed.source,
		.cseq = fixed.cseq,
		.shard = fixed.shard,
		.qualify_s = fixed.qualify_s,
		.qualify_timeout_ms = fixed.qualify_timeout_ms,
		.status = (uint8_t)(fixed.flags >> 8),
		.authenticate_qualify = (fixed.flags & CONTACT_AUTHENTICATES) != 0,
		.qualify_2xx_only = (fixed.flags & CONTACT_2XX_ONLY) != 0,
	};
	for (int i = 0; i < CONTACT_TEXT_COUNT; i++)
		out->text[i] = unpack_text(&u);
	return !u.bad && fixed.form == CONTACT_FORM && out->status < CONTACT_STATUS_COUNT;
}
