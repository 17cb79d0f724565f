/* engine/core/pack.h - values and texts packed one behind the other, for records between threads.
 *
 * Numbers are native-endian; a text is its length and its octets. Reading past the end sets `bad` and
 * gives zeros, so a reader checks once at its end. */
#ifndef RINGER_CORE_PACK_H
#define RINGER_CORE_PACK_H

#include "engine/base/check.h"
#include "engine/base/slice.h"

struct packer {
	char *ptr;
	size_t len, room;
};

struct unpacker {
	const char *ptr;
	size_t left;
	bool bad;
};

static inline void pack_bytes(struct packer *p, const void *data, size_t len)
{
	check(p->room - p->len >= len);
	if (len > 0)
		memcpy(p->ptr + p->len, data, len);
	p->len += len;
}

static inline void pack_u32(struct packer *p, uint32_t n)
{
	pack_bytes(p, &n, sizeof(n));
}

static inline void pack_i64(struct packer *p, int64_t n)
{
	pack_bytes(p, &n, sizeof(n));
}

static inline void pack_text(struct packer *p, struct slice s)
{
	pack_u32(p, (uint32_t)s.len);
	pack_bytes(p, s.ptr, s.len);
}

static inline const char *unpack_bytes(struct unpacker *u, size_t len)
{
	const char *at = u->ptr;

	if (u->bad || u->left < len) {
		u->bad = true;
		u->left = 0;
		return NULL;
	}
	u->ptr += len;
	u->left -= len;
	return at;
}

static inline uint32_t unpack_u32(struct unpacker *u)
{
	const char *at = unpack_bytes(u, sizeof(uint32_t));
	uint32_t n = 0;

	if (at)
		memcpy(&n, at, sizeof(n));
	return n;
}

static inline int64_t unpack_i64(struct unpacker *u)
{
	const char *at = unpack_bytes(u, sizeof(int64_t));
	int64_t n = 0;

	if (at)
		memcpy(&n, at, sizeof(n));
	return n;
}

static inline struct slice unpack_text(struct unpacker *u)
{
	size_t len = unpack_u32(u);
	const char *at = unpack_bytes(u, len);

	return at ? slice_make(at, len) : SLICE_EMPTY;
}

#define PACK_TEXT_BYTES(s) (sizeof(uint32_t) + (s).len)

#endif
