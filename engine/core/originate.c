#include "engine/core/originate.h"

#include "engine/core/pack.h"

enum { FLAG_CID = 1, FLAG_EARLY = 2, FLAG_FAILED = 4 };

/* The texts of an originate in their packed order. */
#define ORIGINATE_TEXTS(X)                                                                         \
	X(tech) X(resource) X(context) X(exten) X(app) X(data) X(cid_name) X(cid_num) X(account)   \
	X(codecs) X(channel_id) X(other_channel_id)

void originate_init(struct originate *o)
{
	/* The variable table is large and counted: not cleared. */
	memset(o, 0, offsetof(struct originate, vars));
	o->timeout_ms = 30000;
	o->attempt_no = 1;
}

size_t originate_packed_bytes(const struct originate *o)
{
	size_t n = 3 * sizeof(int64_t) + 5 * sizeof(uint32_t);

#define TEXT_BYTES(field) n += PACK_TEXT_BYTES(o->field);
	ORIGINATE_TEXTS(TEXT_BYTES)
#undef TEXT_BYTES
	for (uint32_t i = 0; i < o->var_count; i++)
		n += PACK_TEXT_BYTES(o->vars[i].name) + PACK_TEXT_BYTES(o->vars[i].value);
	return n;
}

static uint32_t originate_flags(const struct originate *o)
{
	return (o->has_cid ? FLAG_CID : 0U) | (o->early_media ? FLAG_EARLY : 0U) |
	       (o->wants_failed ? FLAG_FAILED : 0U);
}

size_t originate_pack(void *dst, const struct originate *o)
{
	struct packer p = {.ptr = dst, .room = originate_packed_bytes(o)};

	check(o->var_count <= LIMIT_ORDER_VARS);
	pack_i64(&p, (int64_t)o->id);
	pack_i64(&p, o->timeout_ms);
	pack_i64(&p, o->due_ns);
	pack_u32(&p, (uint32_t)o->priority);
	pack_u32(&p, originate_flags(o));
	pack_u32(&p, o->attempt_no);
	pack_u32(&p, o->guarded_vars);
	pack_u32(&p, o->var_count);
#define TEXT_PACK(field) pack_text(&p, o->field);
	ORIGINATE_TEXTS(TEXT_PACK)
#undef TEXT_PACK
	for (uint32_t i = 0; i < o->var_count; i++) {
		pack_text(&p, o->vars[i].name);
		pack_text(&p, o->vars[i].value);
	}
	check(p.len == p.room);
	return p.len;
}

bool originate_unpack(const void *src, size_t len, struct originate *o)
{
	struct unpacker u = {.ptr = src, .left = len};
	uint32_t flags;

	originate_init(o);
	o->id = (uint64_t)unpack_i64(&u);
	o->timeout_ms = unpack_i64(&u);
	o->due_ns = unpack_i64(&u);
	o->priority = (int32_t)unpack_u32(&u);
	flags = unpack_u32(&u);
	o->has_cid = flags & FLAG_CID;
	o->early_media = flags & FLAG_EARLY;
	o->wants_failed = flags & FLAG_FAILED;
	o->attempt_no = unpack_u32(&u);
	o->guarded_vars = unpack_u32(&u);
	o->var_count = unpack_u32(&u);
#define TEXT_UNPACK(field) o->field = unpack_text(&u);
	ORIGINATE_TEXTS(TEXT_UNPACK)
#undef TEXT_UNPACK
	if (u.bad || o->var_count > LIMIT_ORDER_VARS || o->guarded_vars > o->var_count)
		return false;
	for (uint32_t i = 0; i < o->var_count; i++) {
		o->vars[i].name = unpack_text(&u);
		o->vars[i].value = unpack_text(&u);
	}
	return !u.bad;
}

const char *originate_reason_text(int reason)
{
	switch (reason) {
	case ORIGINATE_HANGUP:
		return "Hangup";
	case ORIGINATE_RINGING:
		return "Remote end Ringing";
	case ORIGINATE_ANSWERED:
		return "Remote end has Answered";
	case ORIGINATE_BUSY:
		return "Remote end is Busy";
	case ORIGINATE_CONGESTION:
		return "Congestion (circuits busy)";
	default:
		return "Call Failure (not BUSY, and not NO_ANSWER, maybe Circuit busy or down?)";
	}
}
