/* tests/sim/spool_rig.h - the spool with a control loop that a test plays: it takes orders from the
 * inbox and settles them as the test says. */
#ifndef RINGER_TESTS_SIM_SPOOL_RIG_H
#define RINGER_TESTS_SIM_SPOOL_RIG_H

#include "engine/core/source.h"
#include "spool/dir.h"
#include "tests/sim/sim.h"

#define RIG_ORDERS 20000
#define RIG_OUT	   "/spool/outgoing/"
#define RIG_DONE   "/spool/outgoing_done/"
#define RIG_FAILED "/spool/outgoing_failed/"

struct rig_order {
	struct order *order;
	int64_t wall_ns; /* when control took it */
	uint32_t attempt_no;
	char resource[64];
	bool settled;
};

struct rig {
	struct sim_world *w;
	struct metrics control_metrics, spool_metrics;
	struct io *control_io, *spool_io;
	struct inbox *inbox;
	struct spool *spool;
	struct spool_conf conf; /* before rig_start */
	uint32_t queue_max;
	struct rig_order orders[RIG_ORDERS];
	uint32_t count;
	uint32_t life; /* orders before this index belong to earlier lives */
	/* Called for each order taken; may settle it at once or later. NULL: the test settles. */
	void (*on_order)(struct rig *r, uint32_t index);
	void *arg;
	char log[1 << 16]; /* "NOTICE text\n" and so on, verbose 3 included */
	size_t log_len;
};

/* A world with an empty spool directory. */
void rig_open(struct rig *r, uint64_t seed);
/* The engine's life: begins and ends (by kill: where it is). */
void rig_start(struct rig *r);
void rig_stop(struct rig *r);
void rig_close(struct rig *r);

void rig_run(struct rig *r, int64_t duration_ns);
/* Runs until n orders were taken or a minute passed. */
void rig_wait(struct rig *r, uint32_t n);

void rig_begun(struct rig *r, uint32_t index);
void rig_dialed(struct rig *r, uint32_t index, bool answered);
/* reason: enum originate_reason, -1: withdrawn. Begun before, if it was not. */
void rig_settle(struct rig *r, uint32_t index, int reason);
/* The same after a time. */
void rig_settle_after(struct rig *r, uint32_t index, int64_t delay_ns, int reason);
/* Unpacked; valid until the next call. */
const struct originate *rig_originate(struct rig *r, uint32_t index);

/* Writes it elsewhere, then renames it into outgoing. mtime_ns 0: now. */
void rig_drop(struct rig *r, const char *name, const char *text, int64_t mtime_ns);
bool rig_has(struct rig *r, const char *dir, const char *name);
/* NULL: no such file. */
const char *rig_text(struct rig *r, const char *dir, const char *name);
int64_t rig_mtime(struct rig *r, const char *dir, const char *name);
/* Text printed with numbers, valid until the call after the next. */
const char *rig_fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Has the log this line (part)? Empties the log. */
bool rig_logged(struct rig *r, const char *text);

#endif
