/* sip/transport.h - UDP sockets and listeners of one shard, what is sent by which, and under which
 * address the far end sees us.
 *
 * A socket bound to 0.0.0.0 has no address to put into Via and Contact: it is asked for once per
 * destination (io_local_addr) and remembered in a small table. */
#ifndef RINGER_SIP_TRANSPORT_H
#define RINGER_SIP_TRANSPORT_H

#include "sip/sip_internal.h"
#include "sip/target.h"

/* Opens what sip->conf names. 0 if at least one could be opened or none is configured; else the
 * error of the last. */
int sip_tp_open_all(struct sip *sip);
void sip_tp_close_all(struct sip *sip);

/* The transport for a destination: the wanted one (by index of the configuration; -1: the first of
 * that protocol). -1: none of that address family is open. */
int sip_tp_pick(const struct sip *sip, int32_t wanted, enum sip_transport protocol,
		const struct addr *to);
/* "UDP", "TCP", "TLS": as Via names it. */
struct slice sip_tp_via(const struct sip *sip, uint8_t tp);
/* ";transport=tcp" for our Contact; empty for UDP. */
struct slice sip_tp_param(const struct sip *sip, uint8_t tp);
/* As txn_conf.is_reliable. */
bool sip_tp_is_reliable(void *arg, uint8_t tp);
/* After a reload: certificates for connections from now on. */
void sip_tp_follow(struct sip *sip, const struct sip_conf *conf);
/* ... and where they listen: new ones are opened, and those with allow_reload that moved; calls
 * keep the old ones. What cannot be followed is said. sip->conf is the new one. */
void sip_tp_rebind(struct sip *sip);
/* External addresses and local_net as the configuration has them, and its hosts are known now. */
void sip_tp_follow_hosts(struct sip *sip);
/* A connection is gone (tp, peer, was_up, is_evicted): on all shards what waits for an answer over
 * it fails. */
void sip_tp_lost(struct sip *sip, const struct sip_parcel *loss);
/* The same on this shard, with loss->sent. */
void sip_tp_forget(struct sip *sip, const struct sip_parcel *loss);

/* As txn_conf.widen and via. TCP is not tried again for SIP_REFUSED_NS where it was refused. */
int sip_tp_widen(void *arg, uint8_t tp, const struct sip_peer *to, size_t bytes);
struct slice sip_tp_via_of(void *arg, uint8_t tp, const struct sip_peer *to, struct addr *sent_by);

/* The same for a target, whose transport must be of its kind. */
int sip_tp_pick_for(const struct sip *sip, int32_t wanted, const struct sip_target *to);
/* What requests may be sent by: the wanted transport, or all that are open. False: nothing. */
bool sip_tp_want(const struct sip *sip, int32_t wanted, struct sip_target_want *out);
enum sip_transport sip_tp_kind(const struct sip *sip, uint8_t tp);
/* What a request in a dialog goes by: the transport that its next hop names (-1: none) if there is
 * one, else tp, that of the call. *local is our address there. */
uint8_t sip_tp_follow_hop(struct sip *sip, uint8_t tp, int8_t transport, const struct addr *hop,
			  struct addr *local);

/* What goes into Via and Contact towards `to`: address and port. */
void sip_tp_address(struct sip *sip, uint8_t tp, const struct addr *to, struct addr *out);
/* The address that SDP shows towards `to`: `bound` unless that is "any" or hidden behind
 * external_media_address. The port is kept. */
void sip_tp_media_address(struct sip *sip, uint8_t tp, const struct addr *to, struct addr *bound);

/* As txn_conf.send: counts and traces. */
int sip_tp_send(void *arg, uint8_t tp, const struct sip_peer *to, struct slice data);

#endif
