/* engine/core/app_while.c - While, EndWhile, ExitWhile, ContinueWhile.
 *
 * A loop keeps nothing: its other end is found by walking the priorities of the extension, counting
 * the loops inside. */
#include "engine/core/app_internal.h"

#include "engine/base/log.h"
#include "engine/core/args.h"
#include "engine/core/shard.h"

#define WALK_MAX 10000 /* priorities */

/* Walks from the current priority in direction step (+1, -1) until the partner that is not one of
 * an inner loop: `want`, where `inner` opens another level. -1: there is none. */
static int32_t find_partner(struct chan *c, int32_t step, const char *want, const char *inner)
{
	int32_t priority = c->priority;
	int depth = 0;

	for (unsigned n = 0; n < WALK_MAX; n++) {
		struct dialplan_query q;
		struct dialplan_hit hit;

		priority += step;
		q = pbx_query(c, slice_str(c->context), slice_str(c->exten), priority);
		hit = dialplan_find(c->shard->dialplan, &q);
		if (priority < 1 || !hit.step)
			return -1;
		if (slice_ieq(hit.step->app, slice_str(inner)))
			depth++;
		else if (slice_ieq(hit.step->app, slice_str(want)) && depth-- == 0)
			return priority;
	}
	return -1;
}

/* Behind the EndWhile of the loop that this step is in (or begins). */
static enum app_result leave(struct chan *c)
{
	int32_t end = c->shard->dialplan ? find_partner(c, 1, "EndWhile", "While") : -1;

	if (end < 0) {
		log_warning("Couldn't find matching EndWhile? (While at %s@%s priority %d)",
			    c->exten, c->context, c->priority);
		return APP_NEXT;
	}
	log_verbose(3, "Jumping to priority %d", end);
	pbx_jump(c, slice_str(c->context), slice_str(c->exten), end + 1);
	return APP_NEXT;
}

/* To the While of the loop that this step is in. */
static enum app_result again(struct chan *c, const char *who)
{
	int32_t begin = c->shard->dialplan ? find_partner(c, -1, "While", "EndWhile") : -1;

	if (begin < 0) {
		log_warning("%s without a While before it (at %s@%s priority %d)", who, c->exten,
			    c->context, c->priority);
		return APP_NEXT;
	}
	pbx_jump(c, slice_str(c->context), slice_str(c->exten), begin);
	return APP_NEXT;
}

static enum app_result while_start(struct app_call *call)
{
	return args_condition(slice_trim(app_data(call))) ? APP_NEXT : leave(call->c);
}

static enum app_result endwhile_start(struct app_call *call)
{
	return again(call->c, "EndWhile");
}

static enum app_result exitwhile_start(struct app_call *call)
{
	return leave(call->c);
}

static enum app_result continuewhile_start(struct app_call *call)
{
	return again(call->c, "ContinueWhile");
}

const struct app app_while = {"While", "Start a while loop.", while_start, 0, 0};
const struct app app_endwhile = {"EndWhile", "End a while loop.", endwhile_start, 0, 0};
const struct app app_exitwhile = {"ExitWhile", "End a While loop.", exitwhile_start, 0, 0};
const struct app app_continuewhile = {"ContinueWhile", "Restart a While loop.", continuewhile_start,
				      0, 0};
