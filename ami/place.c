/* ami/place.c - see place.h. */
#include "ami/place.h"

#include "ami/ami_internal.h"
#include "ami/number.h"

/* Local time only: an include timed in a zone of its own counts as closed here. */
static bool place_civil(void *arg, const char *zone, struct tm *out)
{
	struct ami *a = arg;

	if (zone[0])
		return false;
	io_local_time(a->io, io_wall_ns(a->io), out);
	return true;
}

bool ami_place_priority(struct ami *a, struct slice context, struct slice exten, struct slice text,
			int64_t *priority)
{
	const struct dialplan *dp = control_dialplan(a->control);
	struct timespec_clock clock = {.civil = place_civil, .arg = a};
	struct dialplan_query q = {.context = context, .exten = exten, .clock = &clock};
	struct dialplan_hit hit;

	if (ami_number_leading(text, priority))
		return true;
	if (!dp)
		return false;
	hit = dialplan_find_label(dp, &q, text);
	if (hit.why != DIALPLAN_FOUND)
		return false;
	*priority = hit.step->priority;
	return true;
}

bool ami_place_exists(struct ami *a, struct slice context, struct slice exten, int64_t priority,
		      struct slice cid_num)
{
	const struct dialplan *dp = control_dialplan(a->control);
	struct timespec_clock clock = {.civil = place_civil, .arg = a};
	struct dialplan_query q = {
		.context = context,
		.exten = exten,
		.priority = (int32_t)priority,
		.cid_num = cid_num,
		.clock = &clock,
	};

	return dp && context.len && exten.len && priority > 0 && dialplan_exists(dp, &q);
}
