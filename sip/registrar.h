/* sip/registrar.h - REGISTER towards us, the call shard's part (RFC 3261 10.3, 3327).
 *
 * Here it is found out who asks and what for; what that does to the AOR is decided on the control
 * shard (center_bind.c), and its answer is sent by the shard that has the request. A request waits
 * in a record of its own; copies of it are absorbed by its transaction. */
#ifndef RINGER_SIP_REGISTRAR_H
#define RINGER_SIP_REGISTRAR_H

#include "sip/notice.h"
#include "sip/sip_internal.h"

int registrar_create(struct sip *sip);
void registrar_destroy(struct sip *sip);

/* A REGISTER outside of any dialog. to_tag: of its answer. */
void registrar_rx(const struct sip_rx *rx, struct slice to_tag);
/* What control decided. */
void registrar_answer(struct sip *sip, const struct sip_answer *a);

#endif
