/* sip/peer.h - whom a message goes to or came from, and what hosts are called.
 *
 * A TLS connection that we open is made to a name: its certificate must be for it (RFC 5922), and
 * no request for another name may use it (RFC 5923). So a peer is more than an address. Names are
 * kept once a shard, in struct peer_names, and stand in a peer as a number that is the same on all
 * shards. Those in the configuration are pinned, up to LIMIT_PEER_PINNED. Others, which far ends
 * may choose at will, are bounded by LIMIT_PEER_NAMES: the one that was not asked for the longest
 * time gives way, and a connection to it cannot be opened any more by those who remember its number
 * alone. */
#ifndef RINGER_SIP_PEER_H
#define RINGER_SIP_PEER_H

#include "engine/base/slice.h"
#include "engine/io/addr.h"

struct sip_peer {
	struct addr addr;
	uint32_t conn; /* what came by this connection is answered by it (conn.h); 0: any */
	uint64_t host; /* name that was dialled; 0: none, an address was, or it is not TLS */
};

/* The same far end as far as transactions are concerned: address and name. */
static inline bool sip_peer_eq(const struct sip_peer *a, const struct sip_peer *b)
{
	return a->host == b->host && addr_eq(&a->addr, &b->addr);
}

struct peer_names;

/* 0 or -ENOMEM. key: secret, the same on all shards. */
int peer_names_create(struct peer_names **out, uint64_t key);
void peer_names_destroy(struct peer_names *h); /* NULL is fine */
size_t peer_names_bytes(const struct peer_names *h);
/* The number of a name, which is remembered; case and a dot at the end do not matter. 0 for an
 * address and for nothing. */
uint64_t peer_names_keep(struct peer_names *h, struct slice name);
/* The same, and it stays. False: no room, it is as any other. */
bool peer_names_pin(struct peer_names *h, struct slice name);
/* Of a new configuration, before and after its names are pinned: those that are not pinned anew are
 * as any other then. Names of calls do not give way for it. */
void peer_names_repin(struct peer_names *h);
void peer_names_unpin_rest(struct peer_names *h);
/* NUL behind it; empty: 0, or forgotten. */
struct slice peer_names_text(struct peer_names *h, uint64_t host);

#endif
