/* spool/dir.h - source of orders: the spool directory of call files.
 *
 *   <spool_dir>/outgoing         producers rename (or write) call files into it
 *   <spool_dir>/outgoing_done    ended ones with `Archive: yes`, a Status line appended
 *   <spool_dir>/outgoing_failed  those that cannot be used, each with a companion <name>.reason
 *
 * A file is picked up when it is renamed in, closed after having been created, linked in (after 2
 * s), or found by a scan: at start, after lost notifications, and every minute. It is attempted
 * when its mtime has come. The file itself is the durable record: an attempt is noted in it
 * (StartRetry) before the order is submitted, and it is ended (unlinked or archived) after the
 * outcome is settled. So no file is dialled twice by one engine, and after a crash an open
 * StartRetry tells that the outcome of that attempt is unknown; enum spool_unknown says what is
 * done then.
 *
 * The life of one file (the const table is in dir_file.c; any state not named ignores the event):
 *
 *              created        moved in, found by a scan
 *                 |                     |
 *             ARRIVING --closed, 2 s--> WAITING <--replaced, changed-- SCHEDULED, RETRY_WAIT, HELD
 *                 ^                     | its turn
 *                 |  still written      v                 mtime to come, no room, disk in trouble
 *                 +-------------- [ claiming ] ---------------------------> SCHEDULED --time--+
 *                                  |  |  ^  ^                                    ^            |
 *        set aside, vanished: gone-+  |  |  +------------------------------------+------------+
 *        cannot be set aside: HELD    |  +---time--- RETRY_WAIT                  |
 *                                     | noted             ^ failed, retries left | withdrawn
 *                                     v                   |                      |
 *                                  RUNNING ---------------+----------------------+
 *                                     |   \--deleted or replaced meanwhile--> ORPHAN --settled-->
 * gone | completed, expired
 *                                     v
 *                                 [ ending ] --removed--> gone;  --cannot be--> ENDING --30 s-->
 * again
 *
 * Runs on a worker loop of its own (io.h): spool_turn is the turn function, and every call is for
 * that thread unless it says otherwise. */
#ifndef RINGER_SPOOL_DIR_H
#define RINGER_SPOOL_DIR_H

#include "engine/core/source.h"
#include "engine/io/io.h"

enum spool_state {
	SPOOL_GONE, /* not known (any more) */
	SPOOL_ARRIVING,
	SPOOL_WAITING,
	SPOOL_SCHEDULED,
	SPOOL_CLAIMING,
	SPOOL_RUNNING,
	SPOOL_ORPHAN,
	SPOOL_RETRY_WAIT,
	SPOOL_ENDING,
	SPOOL_HELD,
	SPOOL_STATE_COUNT,
};
const char *spool_state_name(enum spool_state state);

/* An attempt that another life of the engine began and did not end. One that is known to have been
 * answered always counts as a try. */
enum spool_unknown {
	SPOOL_UNKNOWN_RETRY, /* dial again; it does not use up a retry (as Asterisk) */
	SPOOL_UNKNOWN_COUNT, /* it was a try that failed */
	SPOOL_UNKNOWN_HOLD,  /* set the file aside, for people to decide */
};

struct spool_conf {
	const char *spool_dir; /* astspooldir, without '/' at its end; copied */
	struct inbox *inbox;
	uint32_t queue_max;	 /* of the inbox; the spool leaves an eighth of it to others */
	uint32_t files_max;	 /* files known at once, 1..LIMIT_SPOOL_FILES */
	struct metrics *metrics; /* of the loop */
	enum spool_unknown unknown;
	bool delete_bad; /* as Asterisk: delete files that cannot be used */
	bool sync;	 /* each note is on the disk before the attempt: survives power loss */
};

struct spool;

/* Makes the directories; the scan follows in the first turn. 0, -ENOMEM, -ENAMETOOLONG, or what the
 * file system said. */
int spool_create(struct spool **out, struct io *io, const struct spool_conf *conf);
/* Not while orders are with the engine: they would be settled into nothing. */
void spool_destroy(struct spool *s);

/* Of io_turn_fn; owner is the struct spool. Returns when it wants to be called again. */
int64_t spool_turn(void *owner, int64_t now_ns);

/* Any thread: stops (or goes on) claiming files. Those not yet attempted stay as they are. */
void spool_set_claiming(struct spool *s, bool claiming);

/* Any thread. Files in a state; a moment later it may be another. */
uint32_t spool_count(const struct spool *s, enum spool_state state);
/* Any thread: true when no order is with the engine and every outcome has been written. */
bool spool_is_quiet(const struct spool *s);

#endif
