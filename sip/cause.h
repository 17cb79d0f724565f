/* sip/cause.h - SIP status codes and Q.850 causes, both ways, as chan_pjsip maps them. */
#ifndef RINGER_SIP_CAUSE_H
#define RINGER_SIP_CAUSE_H

#include "sip/msg.h"

/* Q.850 cause of a final status (300..699); 16 for what has no row. */
unsigned sip_cause_of_status(unsigned code);

/* Status with which we refuse or end for a cause; 0: none (send 603 if a response is due). */
unsigned sip_cause_to_status(unsigned cause);

/* The status by which a call may be refused: its number (400..699) or its name, as "BUSY_HERE", in
 * any case. 0: it is neither. */
unsigned sip_refusal_parse(struct slice text);

/* The cause of a call that ended with this message (final response, BYE, CANCEL): Reason with
 * Q.850, else Reason with SIP, else the status code; a request without Reason is 16. A Reason whose
 * cause is no number or out of range (1..127; 300..699) is passed over. */
unsigned sip_cause_of_msg(const struct sip_msg *msg);

#endif
