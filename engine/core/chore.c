/* engine/core/chore.c - see chore.h. Two pipes of pointers: who holds the pointer owns the chore.
 */
#include "engine/core/chore.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/metric.h"
#include "engine/base/pipe.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"

#include <errno.h>
#include <stdlib.h>

#define CHORE_RECORD_BYTES (sizeof(struct pipe_record) + sizeof(struct chore *))

struct chores {
	struct chores_conf conf;
	struct pipe *down, *up;
	uint32_t open, placed; /* the control thread's: refusable ones, and the others */
};

int chores_create(struct chores **out, const struct chores_conf *conf)
{
	const struct pipe_conf pipe = {.reserve_bytes = (LIMIT_CHORES + LIMIT_CHORES_PLACED) *
							CHORE_RECORD_BYTES};
	struct chores *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return -ENOMEM;
	w->conf = *conf;
	err = pipe_create(&w->down, &pipe);
	if (!err)
		err = pipe_create(&w->up, &pipe);
	if (err) {
		chores_destroy(w);
		return err;
	}
	*out = w;
	return 0;
}

void chores_destroy(struct chores *w)
{
	if (!w)
		return;
	check(chores_open(w) == 0);
	pipe_destroy(w->down);
	pipe_destroy(w->up);
	free(w);
}

/* Both pipes have room for all that may be under way. */
static void chore_pass(struct pipe *to, struct chore *c)
{
	check(pipe_write(to, PIPE_RELIABLE, 0, &c, sizeof(c)));
}

static struct chore *chore_take(struct pipe *from)
{
	const struct pipe_record *r = pipe_read(from);
	struct chore *c = NULL;

	if (r)
		memcpy(&c, r->data, sizeof(c));
	return c;
}

/* ---- the worker ---- */

/* False: nothing to do. */
static bool chores_run_one(struct chores *w)
{
	struct chore *c = chore_take(w->down);

	if (!c)
		return false;
	c->run(c, w->conf.io);
	metric_inc(w->conf.metrics, METRIC_chore_done);
	chore_pass(w->up, c);
	if (pipe_flush(w->up))
		io_wake(w->conf.control_io);
	return true;
}

int64_t chores_turn(void *chores, int64_t now_ns)
{
	struct chores *w = chores;

	/* One a turn: a loop that is told to end between two of them does so. */
	if (chores_run_one(w) || !pipe_sleep(w->down))
		return now_ns;
	return TMR_NEVER;
}

/* ---- control ---- */

int chores_post(struct chores *w, struct chore *c)
{
	if (!c->placed && w->open == LIMIT_CHORES) {
		metric_inc(w->conf.control_metrics, METRIC_chore_refused);
		return -EAGAIN;
	}
	check(!c->placed || w->placed < LIMIT_CHORES_PLACED);
	if (c->placed)
		w->placed++;
	else
		w->open++;
	chore_pass(w->down, c);
	return 0;
}

void chores_reap(struct chores *w)
{
	struct chore *c;

	while ((c = chore_take(w->up))) {
		if (c->placed)
			w->placed--;
		else
			w->open--;
		c->done(c);
	}
}

void chores_flush(struct chores *w)
{
	if (pipe_flush(w->down))
		io_wake(w->conf.io);
}

bool chores_sleep(struct chores *w)
{
	return pipe_sleep(w->up);
}

uint32_t chores_open(const struct chores *w)
{
	return w->open + w->placed;
}

void chores_drain(struct chores *w)
{
	while (w && chores_open(w) > 0) {
		chores_flush(w);
		while (chores_run_one(w))
			;
		chores_reap(w);
	}
}
