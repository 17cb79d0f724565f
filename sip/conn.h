/* sip/conn.h - SIP over connections: TCP and TLS (RFC 3261 18, RFC 5626 3.5.1).
 *
 * All connections of the engine live on shard CONN_SHARD: one for each transport and far end, used
 * by every shard and both ways, whoever opened it. So a response, and a request for a phone behind
 * NAT, finds the connection that its peer has, and a far end sees one connection, not one a shard.
 * One that a far end has opened serves all transports of its protocol, whichever it came to.
 * The others hand their messages over as parcels (sip.h), and get what is theirs in the same way.
 * A TLS connection that we open belongs to the name that was dialled: the certificate is checked
 * for it (RFC 5922), and no request to another name uses it, though the address be the same (RFC
 * 5923). One that was accepted, or dialled by address, has no name.
 *
 * Messages are framed by Content-Length (P8); what cannot be framed is answered with 400 and
 * closed, what is no SIP is closed. CRLFCRLF is answered by CRLF, and asked every
 * keep_alive_interval. A connection is opened when there is something to send, and closed when its
 * far end says nothing for LIMIT_SIP_CONN_IDLE_S, or has not come to its first message in
 * LIMIT_SIP_CONN_FIRST_S. When the table is full the one that has been silent for the longest time
 * gives way. When a connection is lost the transactions that wait for an answer over it fail at
 * once, on all shards.
 *
 * One that has much queued, since many calls end at once or its far end does not read, is behind.
 * Only LIMIT_SIP_CONNS_BEHIND may be so, within LIMIT_SIP_CONN_BURST; what would be more is closed.
 *
 * A message for a shard whose pipe is full stays where it is, and its connection is not read until
 * there is room: nothing is lost, the order is kept, and TCP makes the far end wait. Other messages
 * for that shard queue up behind it, connection by connection; all else goes on. Silence is not
 * counted meanwhile, and who closes is gone once all that it said was passed on. */
#ifndef RINGER_SIP_CONN_H
#define RINGER_SIP_CONN_H

#include "engine/base/hash.h"
#include "engine/io/stream.h"
#include "sip/sip_internal.h"

#define CONN_SHARD 0

/* 0 or -ENOMEM. On other shards there is nothing to create. */
int conns_create(struct sip *sip);
/* Closes all, without a word to transactions. */
void conns_destroy(struct sip *sip);
uint32_t conns_count(const struct sip *sip);
uint32_t conns_timers(const struct sip *sip); /* started: they stand, also at rest */

/* 0, or what the listener said; *bound is its address with the port that was given. */
int conns_listen(struct sip *sip, struct sip_tp *tp, const struct sip_conf_transport *conf,
		 struct addr *bound);

/* Sends over the connection to that peer, which is opened if there is none. A response whose
 * connection (to->conn) is gone goes to the source address and the port of its sent-by, by a
 * connection that is opened for it (RFC 3261 18.2.2). 0, also while it is being opened, or about to
 * be closed, which is told as any loss; or a negative errno. */
int conns_send(struct sip *sip, uint8_t tp, const struct sip_peer *to, struct slice data);

/* Goes on with those that wait for shards that are not crowded any more. */
void conns_resume(struct sip *sip);

/* Tells all other shards of a loss, each with what it had sent until then. */
void conns_tell(struct sip *sip, const struct sip_parcel *loss);

#endif
