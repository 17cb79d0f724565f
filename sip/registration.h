/* sip/registration.h - registrations that we keep with others (RFC 3261 10.2, 3608).
 *
 *	UNREGISTERED  not yet, or refused and to be tried again (the timer runs)
 *	REGISTERED    the timer refreshes it before it ends
 *	REJECTED_*    refused: for a while, or for good
 *	STOPPED       by command, until another one or a reload
 *
 * Every shard knows them all (calls come in on their lines anywhere, and a Service-Route serves all
 * calls); one, by the hash of the name, keeps each. A reload ends those that are gone or say
 *something else, and begins what is new. */
#ifndef RINGER_SIP_REGISTRATION_H
#define RINGER_SIP_REGISTRATION_H

#include "sip/notice.h"
#include "sip/sip_internal.h"

#define REGISTRATION_LINE 16 /* hex digits of ;line= */

int registrations_create(struct sip *sip);
void registrations_destroy(struct sip *sip);
/* `next` is about to be sip->conf (which may be the same at the start). */
void registrations_set_conf(struct sip *sip, const struct sip_conf *next);
/* Anew now, or ended: by command. */
void registrations_command(struct sip *sip, uint64_t hash, enum sip_notice what);
/* SIP_NOTICE_ROUTE: the Service-Route that one of them got. */
void registrations_take_route(struct sip *sip, const struct sip_route_notice *n, size_t len);

/* The endpoint of the line that a request came in on; NULL: it names none of ours. */
const struct sip_conf_endpoint *registrations_line(const struct sip *sip,
						   const struct sip_msg *msg);
/* Values of Route for calls of this endpoint, joined by commas (RFC 3608); empty: none. */
struct slice registrations_route(const struct sip *sip, const struct sip_conf_endpoint *ep);
/* Timers that stand at rest. */
uint32_t registrations_timers(const struct sip *sip);

#endif
