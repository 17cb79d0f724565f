/* tests/sim/peer_dropper.h - whoever drops call files into the spool, and looks what became of them.
 *
 * Files are written next to the spool and renamed into `outgoing`, as the manual says, or copied into
 * place as people do. */
#ifndef RINGER_TESTS_SIM_PEER_DROPPER_H
#define RINGER_TESTS_SIM_PEER_DROPPER_H

#include "tests/sim/sim.h"

struct dropper;

/* spool: directory that holds `outgoing` and `outgoing_done`, which are made. */
struct dropper *dropper_create(struct sim_world *w, const char *spool);
void dropper_destroy(struct dropper *d);

enum dropper_way { DROPPER_RENAME, DROPPER_COPY };
/* At that time the file appears as outgoing/<name>; mtime_ns 0: now (wall time otherwise). */
void dropper_drop(struct dropper *d, int64_t at, const char *name, const char *text,
		  enum dropper_way way, int64_t mtime_ns);

enum dropper_end {
	DROPPER_NOT_DROPPED, /* its time has not come */
	DROPPER_WAITING,     /* in outgoing */
	DROPPER_COMPLETED,   /* in outgoing_done, Status: Completed */
	DROPPER_EXPIRED,
	DROPPER_FAILED,
	DROPPER_DELETED,     /* in neither */
	DROPPER_ODD,         /* in both, or archived without a Status line */
};
const char *dropper_end_name(enum dropper_end end);
uint32_t dropper_count(const struct dropper *d);
const char *dropper_name(const struct dropper *d, uint32_t index);
enum dropper_end dropper_look(const struct dropper *d, uint32_t index);
/* In outgoing_done and not in outgoing. */
bool dropper_is_archived(const struct dropper *d, uint32_t index);
/* Lines "StartRetry:" in the file, wherever it is: attempts begun. */
uint32_t dropper_starts(const struct dropper *d, uint32_t index);
/* The disk went back in time: files dropped since then are dropped again. */
void dropper_rescue(struct dropper *d, int64_t snapshot_at);
/* Everything that was to be dropped was dropped, and nothing waits. */
bool dropper_is_done(const struct dropper *d);

#endif
