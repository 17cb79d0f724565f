/* sip/failover.h - which refusals of a target send a call to the next one.
 *
 * 503 (RFC 3263 4.3, RFC 3261 21.5.4), unless dialer.conf lists other statuses for the trunk:
 * "failover = 500,502,503,504", or "no". Silence and transport errors always do. */
#ifndef RINGER_SIP_FAILOVER_H
#define RINGER_SIP_FAILOVER_H

#include "engine/core/conffile.h"
#include "sip/conf.h"

/* Reads failover= of the sections of dialer.conf into conf; cf NULL: there is none. What names no
 * endpoint is passed over. 0; -EINVAL with file, line, reason and remedy in *error; -ENOMEM. */
int sip_failover_load(struct sip_conf *conf, const struct conffile *cf, struct sink *error);
/* ep NULL: as one that is not listed. */
bool sip_failover_on(const struct sip_conf *conf, const struct sip_conf_endpoint *ep,
		     unsigned code);

#endif
