/* ami/varlist.h - the Variable headers of Originate and PJSIPNotify as a list of settings.
 *
 * Each value is split at commas as dialplan arguments are: commas inside () and [] do not split,
 * double quotes group and are taken off, a backslash takes the next octet as it is; at most 64
 * items a header. Items without `=` or without a name are left out. Nothing is trimmed. Pure. */
#ifndef RINGER_AMI_VARLIST_H
#define RINGER_AMI_VARLIST_H

#include "ami/frame.h"
#include "engine/base/sink.h"
#include "engine/core/originate.h"

#define AMI_VARLIST_ITEMS 64

/* All items of all Variable headers in their order. Unquoted text goes to `room`, which must
 * outlive vars. 0; -E2BIG more than max; -ENOSPC `room` is full. */
int ami_varlist_items(struct originate_var *vars, uint32_t max, uint32_t *count,
		      const struct ami_msg *m, struct sink *room);
/* Appends all items of all Variable headers to o->vars in the order in which they are to be set:
 * last one first, so that for a repeated name the first one counts. Unquoted text goes to `room`,
 * which must outlive o. 0; -E2BIG more than LIMIT_ORDER_VARS; -ENOSPC `room` is full. */
int ami_varlist_read(struct originate *o, const struct ami_msg *m, struct sink *room);

#endif
