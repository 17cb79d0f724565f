/* sip/way_back.h - where the responses to a request go (RFC 3261 18.2.2, RFC 3581 4).
 *
 * Over a connection: by that connection. By UDP: to the address and port that the request came
 * from, if its Via asks for that with rport or the endpoint has force_rport; else to the address
 * that it came from and the port of sent-by. It is decided before anything is answered, once for a
 * request: a transaction repeats its responses to where the first one went. Who is no endpoint is
 * answered at the source. Never is an address in the Via followed, not in maddr either: whoever
 * forges one would have us send to a third party. */
#ifndef RINGER_SIP_WAY_BACK_H
#define RINGER_SIP_WAY_BACK_H

#include "sip/sip_internal.h"

/* Sets rx->force_rport, from the call that the request is for (dialog: what its To tag says; NULL:
 * none) or else from its endpoint. */
void sip_way_back_find(struct sip_rx *rx, const struct sip_ident *dialog);
/* To be used after that. */
struct sip_peer sip_way_back(const struct sip_rx *rx);
/* A server transaction without a user, whose responses go there; NULL: no room (counted). */
struct txn *sip_way_back_txn(const struct sip_rx *rx);

#endif
