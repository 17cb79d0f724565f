/* engine/core/chore.h - work that may block (files, SQLite), done for the control shard on a loop
 * of its own.
 *
 * A chore is a struct that its owner embeds in whatever the work needs. The control thread posts
 * it; from then on it belongs to the worker, which calls `run` on its own thread, one chore after
 * the other in the order in which they were posted; then it is the owner's again, and `done` is
 * called on the control thread. `run` may block, so it must touch nothing that control uses, and be
 * bounded: a file of bounded size, one transaction.
 *
 * At most LIMIT_CHORES are under way; one more is refused. A chore with a place of its own
 * (`placed`, for the few that live as long as the engine, one each) is never refused. Nothing that
 * was taken is forgotten: the end of the engine waits for it, and `done` is called exactly once for
 * each post. */
#ifndef RINGER_CORE_CHORE_H
#define RINGER_CORE_CHORE_H

#include <stdbool.h>
#include <stdint.h>

struct chores;
struct io;
struct metrics;

struct chore {
	void (*run)(struct chore *c, struct io *io); /* on the worker's thread, with its io */
	void (*done)(struct chore *c);		     /* on control; may free it or post it again */
	bool placed;				     /* one of at most LIMIT_CHORES_PLACED */
};

struct chores_conf {
	struct io *io;		 /* the worker's loop */
	struct metrics *metrics; /* of that loop */
	struct io *control_io;
	struct metrics *control_metrics;
};

int chores_create(struct chores **out, const struct chores_conf *conf);
/* Both loops have ended: what is left is run and handed back here, before its owners are gone. */
void chores_drain(struct chores *w);
/* Nothing is under way any more. NULL is fine. */
void chores_destroy(struct chores *w);

/* An io_turn_fn of the worker: one chore. */
int64_t chores_turn(void *chores, int64_t now_ns);

/* ---- the control thread ---- */

/* 0, or -EAGAIN: too many wait already (counted as chore_refused). */
int chores_post(struct chores *w, struct chore *c);
/* Hands back what is done. */
void chores_reap(struct chores *w);
/* At the end of the turn: lets the worker see what was posted. */
void chores_flush(struct chores *w);
/* As pipe_sleep. */
bool chores_sleep(struct chores *w);
uint32_t chores_open(const struct chores *w); /* posted and not handed back */

#endif
