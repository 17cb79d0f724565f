/* sip/ask.h - what a dialplan asks: of one call (CHANNEL), of endpoints, AORs and contacts
 * (PJSIP_ENDPOINT, PJSIP_AOR, PJSIP_CONTACT, PJSIP_DIAL_CONTACTS). Answers from the shard's own
 * copies, at once. */
#ifndef RINGER_SIP_ASK_H
#define RINGER_SIP_ASK_H

#include "sip/invite.h"

/* As tech_ops.info and tech_ops.ask. */
bool sip_info(const struct invite *iv, struct slice item, struct sink *out);
int sip_ask(struct sip *sip, const struct tech_question *q, struct sink *out);

#endif
