/* sip/refer.h - transfers: REFER in a call, both ways, with its NOTIFY (RFC 3515, 3892, 4488); a
 * call that takes the place of another (Replaces, RFC 3891). */
#ifndef RINGER_SIP_REFER_H
#define RINGER_SIP_REFER_H

#include "sip/incoming.h"

/* The far end asks for a transfer: the owner goes there, or 603 (not allowed, or to another call of
 * ours: there is nothing to connect the two), 404, 400. */
void refer_rx(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t);
/* True: it tells what became of our REFER, and is answered. */
bool refer_rx_notify(struct invite *iv, const struct sip_rx *rx, struct txn *t);
/* As tech_ops.transfer. */
int refer_send(struct invite *iv, struct slice dest);

/* True: the INVITE names a call that it replaces, and is answered or taken. */
bool replaces_rx(const struct sip_rx *rx, const struct sip_conf_endpoint *ep, struct slice tag);
/* True: the call that it names lives on that shard. */
bool replaces_shard(const struct sip_msg *msg, uint32_t *shard);

#endif
