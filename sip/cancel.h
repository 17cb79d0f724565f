/* sip/cancel.h - CANCEL of an INVITE that rings (RFC 3261 9.1). */
#ifndef RINGER_SIP_CANCEL_H
#define RINGER_SIP_CANCEL_H

#include "sip/sip_internal.h"

/* Request-URI, top Via, From, To, Call-ID, CSeq number and Route of the INVITE; in a transaction of
 * its own, to the same hop. The INVITE has 64*T1 to end from now. cause: Q.850 for Reason, 0 none;
 * 26 says "Call completed elsewhere" as well. */
void sip_send_cancel(struct sip *sip, struct txn *ict, unsigned cause, bool suppress_q850);

#endif
