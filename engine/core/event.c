#include "engine/core/event.h"

#include "engine/base/limits.h"
#include "engine/core/pack.h"

#define SNAP_TEXTS(X)                                                                              \
	X(name) X(cid_num) X(cid_name) X(conn_num) X(conn_name) X(language) X(account) X(context)  \
	X(exten) X(uniqueid) X(linkedid)

static const struct {
	const char *name;
	bool reliable;
} event_table[EVENT_COUNT] = {
#define EVENT_ROW(id, text, keep) [EVENT_##id] = {text, keep},
	EVENT_LIST(EVENT_ROW)
#undef EVENT_ROW
};

const char *event_name(enum event_kind kind)
{
	return event_table[kind].name;
}

bool event_is_reliable(enum event_kind kind)
{
	return event_table[kind].reliable;
}

/* Chan, wall time, five numbers; a length before each text; nine texts of a name's length, two ids. */
_Static_assert(2 * 8 + 5 * 4 + (11 + EVENT_TEXTS) * 4 + 9 * (LIMIT_NAME - 1) +
			       2 * (LIMIT_UNIQUEID - 1) <=
		       EVENT_BYTES_MAX,
	       "a snapshot does not fit");

static size_t event_packed_bytes(const struct event *e)
{
	size_t n = 2 * sizeof(int64_t) + 5 * sizeof(uint32_t);

#define TEXT_BYTES(field) n += PACK_TEXT_BYTES(e->snap.field);
	SNAP_TEXTS(TEXT_BYTES)
#undef TEXT_BYTES
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		n += PACK_TEXT_BYTES(e->text[i]);
	return n;
}

bool event_write(struct pipe *p, const struct event *e)
{
	size_t bytes = event_packed_bytes(e);
	enum pipe_class class = event_is_reliable(e->kind) ? PIPE_RELIABLE : PIPE_DROPPABLE;
	struct packer k = {.room = bytes};

	k.ptr = pipe_begin(p, class, EVENT_RECORD_BASE + e->kind, bytes);
	if (!k.ptr)
		return false;
	pack_i64(&k, (int64_t)e->chan);
	pack_i64(&k, e->wall_ns);
	pack_u32(&k, e->shard);
	pack_u32(&k, (uint32_t)e->snap.state);
	pack_u32(&k, (uint32_t)e->snap.priority);
	pack_u32(&k, (uint32_t)e->number[0]);
	pack_u32(&k, (uint32_t)e->number[1]);
#define TEXT_PACK(field) pack_text(&k, e->snap.field);
	SNAP_TEXTS(TEXT_PACK)
#undef TEXT_PACK
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		pack_text(&k, e->text[i]);
	pipe_commit(p, k.len);
	return true;
}

bool event_read(const struct pipe_record *r, struct event *e)
{
	struct unpacker u = {.ptr = r->data, .left = r->len};

	if (r->kind >= EVENT_RECORD_BASE + EVENT_COUNT)
		return false;
	e->kind = (enum event_kind)(r->kind - EVENT_RECORD_BASE);
	e->chan = (handle_t)unpack_i64(&u);
	e->wall_ns = unpack_i64(&u);
	e->shard = unpack_u32(&u);
	e->snap.state = (int32_t)unpack_u32(&u);
	e->snap.priority = (int32_t)unpack_u32(&u);
	e->number[0] = (int32_t)unpack_u32(&u);
	e->number[1] = (int32_t)unpack_u32(&u);
#define TEXT_UNPACK(field) e->snap.field = unpack_text(&u);
	SNAP_TEXTS(TEXT_UNPACK)
#undef TEXT_UNPACK
	for (unsigned i = 0; i < EVENT_TEXTS; i++)
		e->text[i] = unpack_text(&u);
	check(!u.bad);
	return true;
}

const char *event_state_text(int32_t state)
{
	static const char *const names[] = {"Down", "Rsrvd", "OffHook", "Dialing", "Ring",
					    "Ringing", "Up", "Busy", "Dialing Offhook", "Pre-ring"};

	if (state >= 0 && state < (int32_t)ARRAY_COUNT(names))
		return names[state];
	return state == 65536 ? "Mute" : "Unknown";
}
