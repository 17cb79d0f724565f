/* sip/diversion.h - who sent a call on: the Diversion header (RFC 5806) and the port's form of it.
 */
#ifndef RINGER_SIP_DIVERSION_H
#define RINGER_SIP_DIVERSION_H

#include "engine/core/tech.h"
#include "sip/msg.h"

/* "Diversion: "name" <sip:num@host>;reason=...;privacy=off;counter=1" with line end; nothing
 * without a number. */
void diversion_write(struct sink *out, const struct tech_diversion *d, struct slice host);

/* What the first Diversion of a message says of reason, counter and privacy; who it was is the
 * caller's business. *a: its address. False: there is none that can be read. */
bool diversion_read(const struct sip_msg *msg, struct sip_addr *a, struct tech_diversion *out);

#endif
