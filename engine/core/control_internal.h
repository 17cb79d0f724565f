/* engine/core/control_internal.h - shared by control*.c only. */
#ifndef RINGER_CORE_CONTROL_INTERNAL_H
#define RINGER_CORE_CONTROL_INTERNAL_H

#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "engine/core/chore.h"
#include "engine/core/control.h"
#include "engine/core/db.h"
#include "engine/core/idset.h"
#include "engine/core/records.h"
#include "engine/core/roster.h"
#include "engine/core/shard.h"
#include "engine/core/tech_admin.h"

/* A question that a shard has not answered yet. */
struct control_ask {
	control_reply_fn fn;
	void *arg;
};

struct control {
	struct control_conf conf;
	struct control_shard shards[LIMIT_SHARDS];
	uint32_t credits[LIMIT_SHARDS]; /* channels a shard can still take */
	struct tmr_wheel *wheel;
	struct rng rng;
	struct queue *queue;
	struct roster *roster;
	struct idset *ids;
	struct hash running;      /* orders from SEND to RECORDED, by id */
	struct order *granted;    /* admitted, but its shard's pipe was full */
	uint32_t recording;
	bool is_door_shut; /* shards were told to take no incoming calls */
	uint64_t db_heard[LIMIT_SHARDS]; /* number of the last change to the database that was taken
					  */
	struct slab *asks;
	struct cli *cli;
	struct {
		control_event_fn fn;
		void *arg;
	} subscribers[CONTROL_SUBSCRIBERS];
	uint32_t subscriber_count;
	struct tech_admin admins[SHARD_TECHS];
	const struct dialplan *dialplan;
	struct hints *hints;
	uint32_t conf_waiting;    /* shards that have not let go of the old snapshot */
	void (*conf_done)(void *arg);
	void *conf_done_arg;
	uint64_t conf_generation;
	bool stopping, stopped;
	enum control_stop stop_how;
	int64_t stop_due_ns;
	int64_t start_wall_ns, reload_wall_ns;
	struct originate view;    /* scratch: large, so not on the stack */
};

void control_on_answer(struct control *c, const struct shard_question *a);
void control_spread_global(struct control *c, uint32_t from_shard, const struct pipe_record *r);
void control_on_conf_done(struct control *c);
/* control_state.c */
int control_create_states(struct control *c);
void control_restore_states(struct control *c); /* once the database is there */
void control_destroy_states(struct control *c);
/* An event of a channel was told: what it means for the device. */
void control_note_chan(struct control *c, struct roster_chan *chan, enum event_kind kind);
void control_on_device_set(struct control *c, const struct shard_question *q);
void control_take_hints(struct control *c);
void control_on_tech(struct control *c, uint32_t shard, const struct shard_tech *t, size_t len);
/* control_db.c */
void control_on_db_changed(struct control *c, uint32_t shard, const struct pipe_record *r);
/* Tells shards what changed. False: some have not heard all yet. */
bool control_feed(struct control *c);
bool control_is_fed(const struct control *c, uint32_t shard);

#endif
