/* ami/filter.h - event filters: which events a session wants beyond their class.
 *
 * Legacy: a POSIX extended regular expression over the whole event text, a leading `!` excludes.
 * Advanced: criteria "action(include|exclude),name(Event),header(Name),method(...)" and an
 * expression (ami.md 1.11). An event passes if the include list is empty or one of it matches, and
 * none of the exclude list matches. Memory by malloc: filters are made at configuration and by the
 * action Filter, never per event. */
#ifndef RINGER_AMI_FILTER_H
#define RINGER_AMI_FILTER_H

#include "engine/base/slice.h"

struct ami_filter;

struct ami_filters {
	struct ami_filter *first;
	uint32_t count;
	uint32_t include_count;
	size_t steps; /* what they cost an event, and in memory: LIMIT_AMI_FILTER_STEPS */
};

/* 0; -EINVAL the expression does not compile, -EBADMSG criteria or expression are not well formed,
 * -ENOSPC LIMIT_AMI_FILTERS or LIMIT_AMI_FILTER_STEPS, -ENOMEM. criteria empty: a legacy filter. */
int ami_filters_add(struct ami_filters *f, struct slice criteria, struct slice expression);
void ami_filters_free(struct ami_filters *f);

/* The lists of two sources (the user's and the session's) count as one. text: the whole event. */
bool ami_filters_pass(const struct ami_filters *a, const struct ami_filters *b, struct slice name,
		      struct slice text);

#endif
