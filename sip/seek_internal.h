/* sip/seek_internal.h - what seek.c and seek_keep.c share: the kept part of a dial. */
#ifndef RINGER_SIP_SEEK_INTERNAL_H
#define RINGER_SIP_SEEK_INTERNAL_H

#include "sip/seek.h"

#define SEEK_HEADERS 64 /* added headers of one call */

/* Keeps what is needed of the dial, and its ways. 0; -EHOSTUNREACH no contact, -EINVAL, -EMSGSIZE.
 */
int seek_keep(struct seek *s, const struct tech_dial *dial, const struct sip_conf_endpoint *ep);
/* Slices point into what is kept. */
void seek_read_dial(const struct seek *s, struct tech_dial *dial,
		    struct slice headers[SEEK_HEADERS]);
void seek_read_way(const struct seek *s, struct invite_way *way);
/* Moves to the next way. False: none is left. */
bool seek_next_way(struct seek *s);
/* The Contacts of a 3xx become the next ways, best first, but those tried already. False: none. */
bool seek_take_contacts(struct seek *s, const struct sip_msg *msg);

#endif
