/* sip/qualify.h - is a contact there? OPTIONS, again and again (RFC 3261 11.1).
 *
 * Each contact is asked by one shard: that of its connection, or one by its id. The first question
 * comes at a moment drawn by chance, later ones every qualify_frequency less up to a tenth, so that
 * thousands of contacts are not asked at once. A contact that is a name leads to several addresses:
 * each has qualify_timeout to answer, and one that does is enough. Any final response counts,
 * unless qualify_2xx_only; a 401 or 407 is answered if authenticate_qualify. What changes is
 * reported to the control shard, which tells all. */
#ifndef RINGER_SIP_QUALIFY_H
#define RINGER_SIP_QUALIFY_H

#include "sip/bindings.h"

/* The table has taken a record of this contact. */
void qualify_note(struct binding *b, struct sip *sip, bool is_new);
/* Ask now, whatever the frequency. */
void qualify_now(struct binding *b);
/* The contact goes. */
void qualify_stop(struct binding *b);

#endif
