#include "engine/core/cdr.h"

#include "engine/base/limits.h"
#include "engine/core/pack.h"

#define CDR_TEXTS(X)                                                                               \
	X(account) X(src) X(dst) X(dcontext) X(clid) X(channel) X(dstchannel) X(lastapp)           \
	X(lastdata) X(uniqueid) X(linkedid) X(userfield) X(peeraccount)

const char *cdr_disposition_text(enum cdr_disposition d)
{
	switch (d) {
	case CDR_FAILED:
		return "FAILED";
	case CDR_BUSY:
		return "BUSY";
	case CDR_ANSWERED:
		return "ANSWERED";
	case CDR_CONGESTION:
		return "CONGESTION";
	case CDR_NO_ANSWER:
		break;
	}
	return "NO ANSWER";
}

const char *cdr_amaflags_text(enum cdr_amaflags f)
{
	switch (f) {
	case CDR_OMIT:
		return "OMIT";
	case CDR_BILLING:
		return "BILLING";
	case CDR_DOCUMENTATION:
		break;
	}
	return "DOCUMENTATION";
}

static int64_t cdr_whole_seconds(int64_t from_ns, int64_t to_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / INT64_C(1000000000) : 0;
}

int64_t cdr_duration_s(const struct cdr *c)
{
	return cdr_whole_seconds(c->start_wall_ns, c->end_wall_ns);
}

int64_t cdr_billsec_s(const struct cdr *c)
{
	return c->answer_wall_ns ? cdr_whole_seconds(c->answer_wall_ns, c->end_wall_ns) : 0;
}

/* Times, numbers, lengths; nine texts of a name's length, clid, two ids, user field. */
_Static_assert(3 * 8 + 3 * 4 + 13 * 4 + 9 * (LIMIT_NAME - 1) + (2 * LIMIT_NAME + 16) +
			       2 * (LIMIT_UNIQUEID - 1) + LIMIT_USERFIELD <=
		       CDR_BYTES_MAX,
	       "a record does not fit");

size_t cdr_packed_bytes(const struct cdr *c)
{
	size_t n = 3 * sizeof(int64_t) + 3 * sizeof(uint32_t);

#define TEXT_BYTES(field) n += PACK_TEXT_BYTES(c->field);
	CDR_TEXTS(TEXT_BYTES)
#undef TEXT_BYTES
	return n;
}

size_t cdr_pack(void *dst, const struct cdr *c)
{
	struct packer p = {.ptr = dst, .room = cdr_packed_bytes(c)};

	pack_i64(&p, c->start_wall_ns);
	pack_i64(&p, c->answer_wall_ns);
	pack_i64(&p, c->end_wall_ns);
	pack_u32(&p, (uint32_t)c->disposition);
	pack_u32(&p, (uint32_t)c->amaflags);
	pack_u32(&p, c->sequence);
#define TEXT_PACK(field) pack_text(&p, c->field);
	CDR_TEXTS(TEXT_PACK)
#undef TEXT_PACK
	return p.len;
}

bool cdr_unpack(const void *src, size_t len, struct cdr *c)
{
	struct unpacker u = {.ptr = src, .left = len};

	c->start_wall_ns = unpack_i64(&u);
	c->answer_wall_ns = unpack_i64(&u);
	c->end_wall_ns = unpack_i64(&u);
	c->disposition = (enum cdr_disposition)unpack_u32(&u);
	c->amaflags = (enum cdr_amaflags)unpack_u32(&u);
	c->sequence = unpack_u32(&u);
#define TEXT_UNPACK(field) c->field = unpack_text(&u);
	CDR_TEXTS(TEXT_UNPACK)
#undef TEXT_UNPACK
	return !u.bad;
}
