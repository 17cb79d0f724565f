/* sip/ident.h - branches and tags that say where their state lives.
 *
 * Both look like the random UUIDs of chan_pjsip, and 58 bits of them are random. The other 64 hold
 * the shard, the kind and the slab handle, so that a response or an in-dialog request finds its
 * object without a table, on any shard:
 *
 *	xxxxxxxx-xxxx-4xxx-yxnn-nnnnnnnnnnnn	x: place, masked by the nonce; y (2 bits) and n: nonce
 *
 * The object keeps the nonce and compares it: a guessed or stale text finds nothing. */
#ifndef RINGER_SIP_IDENT_H
#define RINGER_SIP_IDENT_H

#include "engine/base/rng.h"
#include "engine/base/slab.h"
#include "engine/base/slice.h"

#define SIP_IDENT_LEN    36
#define SIP_BRANCH_COOKIE "z9hG4bKPj"
#define SIP_BRANCH_LEN   (sizeof(SIP_BRANCH_COOKIE) - 1 + SIP_IDENT_LEN)
#define SIP_IDENT_INDEX_MAX (1u << 24)

enum sip_ident_kind {
	SIP_IDENT_TXN,   /* branch of a client transaction */
	SIP_IDENT_CALL,  /* our tag of a call */
	SIP_IDENT_ACK,   /* branch of an ACK for 2xx: matches nothing */
	SIP_IDENT_LOOSE, /* tag or branch of a stateless answer: matches nothing */
};

struct sip_ident {
	uint32_t shard; /* below LIMIT_SHARDS */
	uint8_t kind;   /* enum sip_ident_kind */
	handle_t handle;
	uint64_t nonce; /* 58 bits */
};

/* 58 random bits, never 0. */
uint64_t sip_ident_nonce(struct rng *rng);
/* Equal values give equal text. */
void sip_ident_write(const struct sip_ident *id, char text[SIP_IDENT_LEN]);
void sip_ident_branch(const struct sip_ident *id, char text[SIP_BRANCH_LEN]);
/* False: not of our making. */
bool sip_ident_read(struct slice text, struct sip_ident *out);
bool sip_ident_read_branch(struct slice text, struct sip_ident *out);

#endif
