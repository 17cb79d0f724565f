/* sip/nonces.h - nonces that a far end takes for more than one call (RFC 2617 3.3, RFC 7616 3.4.5).
 *
 * The first call to a target is challenged; the credentials with which it was let in are kept, and
 * the next calls send theirs at once: three packets and a round trip less each. One table a shard,
 * by endpoint and first hop, so nothing is shared between threads.
 *
 * Guarantee: of a nonce that several calls use each count (nc) is given out once, and in order: it
 * is counted here and nowhere else. A call whose nonce has left the table in the meantime sends no
 * credentials until it is challenged.
 *
 * A far end that wants a new nonce for each call answers 401 or 407 as it would have answered the
 * plain INVITE, so trying costs no packet. After three such nonces in a row it is left alone for
 * LIMIT_SIP_NONCE_REST_S. */
#ifndef RINGER_SIP_NONCES_H
#define RINGER_SIP_NONCES_H

#include "engine/io/addr.h"
#include "sip/auth.h"

struct sip_nonces;

/* 0 or -ENOMEM. */
int sip_nonces_create(struct sip_nonces **out);
void sip_nonces_destroy(struct sip_nonces *n); /* NULL is fine */

/* Whether there are nonces for a call of the endpoint (its hash) to that first hop. */
bool sip_nonces_has(struct sip_nonces *n, uint64_t endpoint, const struct addr *to, int64_t now_ns);
/* Copies them into *st, which knows nothing yet. False: none. */
bool sip_nonces_borrow(struct sip_nonces *n, uint64_t endpoint, const struct addr *to,
		       int64_t now_ns, struct sip_auth_state *st);

/* Before credentials are written: takes the next count of each shared nonce for *st. */
void sip_nonces_count(struct sip_nonces *n, struct sip_auth_state *st, int64_t now_ns);

/* The far end let the call in, with what *st wrote last. Keeps its nonces for others, unless there
 * are some already. */
void sip_nonces_accepted(struct sip_nonces *n, uint64_t endpoint, const struct addr *to,
			 int64_t now_ns, struct sip_auth_state *st);

/* The far end challenged what *st wrote last. The nonces of its shared slots are given to no other
 * call any more, and what *st has of them is its own again. True if they had been shared. */
bool sip_nonces_refused(struct sip_nonces *n, int64_t now_ns, struct sip_auth_state *st);

/* Whether the nonces of *st were taken twice, by whatever call: then a refusal is none of a nonce.
 */
bool sip_nonces_is_proven(const struct sip_nonces *n, const struct sip_auth_state *st);

/* Forgets all: after a reload secrets may be other ones. */
void sip_nonces_clear(struct sip_nonces *n);
uint32_t sip_nonces_used(const struct sip_nonces *n);
size_t sip_nonces_bytes(const struct sip_nonces *n);

#endif
