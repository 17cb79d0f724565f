/* engine/app/engine_view.c - what others may see of the engine, and what they hand it. engine.h */
#include "engine/app/engine_internal.h"

#include "engine/app/console.h"

void engine_set_logger(struct engine *e, struct logger *logger)
{
	e->logger = logger;
}

void engine_take_line(void *engine, const struct log_line *line)
{
	struct engine *e = engine;

	if (e->console)
		console_take_line(e->console, line);
}

/* ---- views ---- */

struct control *engine_control(struct engine *e)
{
	return e->control;
}

struct io *engine_io(struct engine *e)
{
	return e->control_io;
}

const struct app_conf *engine_conf(const struct engine *e)
{
	return &e->conf;
}

uint32_t engine_shard_count(const struct engine *e)
{
	return e->node_count;
}

uint64_t engine_metric(const struct engine *e, enum metric which)
{
	uint64_t sum = metric_get(&e->control_metrics, which) +
		       metric_get(&e->records_metrics, which) +
		       metric_get(&e->chores_metrics, which) + metric_get(&e->spool_metrics, which);

	for (uint32_t i = 0; i < e->node_count; i++)
		sum += metric_get(&node_shard(e->nodes[i])->metrics, which);
	return sum;
}

bool engine_is_quiet(struct engine *e, const char **why)
{
	for (uint32_t i = 0; i < e->node_count; i++) {
		if (!node_is_quiet(e->nodes[i], why))
			return false;
	}
	if (control_is_quiet(e->control) && ami_is_quiet(e->ami) && spool_is_quiet(e->spool))
		return true;
	if (why)
		*why = !control_is_quiet(e->control) ? "control is not quiet"
		       : !ami_is_quiet(e->ami)	     ? "AMI is not quiet"
						     : "the spool is not quiet";
	return false;
}
