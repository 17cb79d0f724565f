/* ami/chanvars.h - the variables of manager.conf's channelvars, as the events told them.
 *
 * Each snapshot of a channel ends with one "ChanVariable: name=value" for each name of the list.
 * The values are kept here by channel, from VarSet to Hangup; functions in the list have no value
 * (no event tells theirs). Exists only while the list is not empty. Owned by the control thread. */
#ifndef RINGER_AMI_CHANVARS_H
#define RINGER_AMI_CHANVARS_H

#include "ami/conf.h"
#include "engine/base/slab.h"

struct ami_chanvars;

/* 0 or -ENOMEM. */
int ami_chanvars_create(struct ami_chanvars **out);
void ami_chanvars_destroy(struct ami_chanvars *v); /* NULL is fine */

/* A VarSet of that channel: kept if the list has the name (variable may carry _ or __). */
void ami_chanvars_set(struct ami_chanvars *v, const struct ami_conf *conf, uint32_t shard,
		      handle_t chan, struct slice variable, struct slice value);
/* Empty if it was never set. */
struct slice ami_chanvars_get(const struct ami_chanvars *v, uint32_t shard, handle_t chan,
			      struct slice name);
/* The channel is gone. */
void ami_chanvars_forget(struct ami_chanvars *v, uint32_t shard, handle_t chan);

#endif
