/* sip/ident.c - see ident.h. */
#include "sip/ident.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "sip/text.h"

#define IDENT_NONCE_BITS 58
#define IDENT_TAIL_BITS	 56 /* of the nonce: what stands behind the variant digit's neighbour */

_Static_assert(LIMIT_SHARDS <= 64, "six bits for the shard");

/* Finalizer of splitmix64: spreads the nonce over the masked half. It hides nothing, it only makes
 * neighbouring slots look unlike. */
static uint64_t ident_mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

uint64_t sip_ident_nonce(struct rng *rng)
{
	uint64_t nonce = rng_u64(rng) >> (64 - IDENT_NONCE_BITS);

	return nonce ? nonce : 1;
}

/* Places of the 32 digits in the text. */
static unsigned ident_place(unsigned digit)
{
	return digit + (digit >= 8) + (digit >= 12) + (digit >= 16) + (digit >= 20);
}

static void ident_put(char *text, unsigned from, unsigned count, uint64_t value)
{
	static const char hex[] = "0123456789abcdef";

	for (unsigned i = count; i-- > 0; value >>= 4)
		text[ident_place(from + i)] = hex[value & 15];
}

void sip_ident_write(const struct sip_ident *id, char text[SIP_IDENT_LEN])
{
	uint64_t place, masked;

	check(id->shard < 64);
	check(handle_index(id->handle) < SIP_IDENT_INDEX_MAX);
	place = (uint64_t)id->shard << 58 | (uint64_t)(id->kind & 3) << 56 |
		(uint64_t)handle_index(id->handle) << 32 | handle_gen(id->handle);
	masked = place ^ ident_mix(id->nonce);
	text[8] = text[13] = text[18] = text[23] = '-';
	ident_put(text, 0, 12, masked >> 16);
	ident_put(text, 12, 1, 4);
	ident_put(text, 13, 3, masked >> 4);
	ident_put(text, 16, 1, 8 | (id->nonce >> IDENT_TAIL_BITS & 3));
	ident_put(text, 17, 1, masked);
	ident_put(text, 18, 14, id->nonce);
}

void sip_ident_branch(const struct sip_ident *id, char text[SIP_BRANCH_LEN])
{
	memcpy(text, SIP_BRANCH_COOKIE, sizeof(SIP_BRANCH_COOKIE) - 1);
	sip_ident_write(id, text + sizeof(SIP_BRANCH_COOKIE) - 1);
}

/* The 32 digits as two numbers. False: one of them is none. */
static bool ident_digits(struct slice text, uint64_t half[2])
{
	for (unsigned i = 0; i < 32; i++) {
		unsigned char c = (unsigned char)text.ptr[ident_place(i)];
		unsigned digit = (c & 15u) + (c >> 6) * 9u;

		if (!sip_text_is((char)c, SIP_CH_HEX))
			return false;
		half[i / 16] = half[i / 16] << 4 | digit;
	}
	return true;
}

bool sip_ident_read(struct slice text, struct sip_ident *out)
{
	uint64_t half[2] = {0}, place;

	if (text.len != SIP_IDENT_LEN || text.ptr[8] != '-' || text.ptr[13] != '-' ||
	    text.ptr[18] != '-' || text.ptr[23] != '-')
		return false;
	if (!ident_digits(text, half) || (half[0] >> 12 & 15) != 4 || half[1] >> 62 != 2)
		return false;
	out->nonce = (half[1] >> 60 & 3) << IDENT_TAIL_BITS |
		     (half[1] & ((UINT64_C(1) << IDENT_TAIL_BITS) - 1));
	place = half[0] >> 16 << 16 | (half[0] & 0xfff) << 4 | (half[1] >> 56 & 15);
	place ^= ident_mix(out->nonce);
	out->shard = (uint32_t)(place >> 58);
	out->kind = (uint8_t)(place >> 56 & 3);
	out->handle = handle_make((uint32_t)place, (uint32_t)(place >> 32 & 0xffffff));
	return true;
}

bool sip_ident_read_branch(struct slice text, struct sip_ident *out)
{
	const struct slice cookie = SLICE_LIT(SIP_BRANCH_COOKIE);

	if (text.len != SIP_BRANCH_LEN || !slice_istarts(text, cookie))
		return false;
	return sip_ident_read(slice_from(text, cookie.len), out);
}
