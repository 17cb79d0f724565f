/* engine/core/control.h - the domain's face on the control shard, for AMI and the console.
 *
 * All calls are for the control thread. The roster is what the events say: it lags a call by one pipe
 * at most. Questions that only the call's shard can answer come back by callback. */
#ifndef RINGER_CORE_CONTROL_H
#define RINGER_CORE_CONTROL_H

#include "engine/base/list.h"
#include "engine/base/pipe.h"
#include "engine/base/sink.h"
#include "engine/core/cli.h"
#include "engine/core/dialplan.h"
#include "engine/core/event.h"
#include "engine/core/hint.h"
#include "engine/core/notify.h"
#include "engine/core/queue.h"
#include "engine/core/source.h"

struct control;
struct chore;
struct chores;
struct db;
struct io;
struct tmr_wheel;
struct rng;
struct sink;

struct io *control_io(struct control *c);
struct tmr_wheel *control_wheel(struct control *c);
struct rng *control_rng(struct control *c);
struct metrics *control_metrics(struct control *c);
struct cli *control_cli(struct control *c);
/* The dialplan in force; valid during the call only. NULL: none loaded. */
const struct dialplan *control_dialplan(struct control *c);
bool control_is_stopping(const struct control *c);
int64_t control_start_wall_ns(const struct control *c);
int64_t control_reload_wall_ns(const struct control *c);
/* The trunk's technology is known ("PJSIP"): Originate's check of the Channel header. */
bool control_has_tech(const struct control *c, struct slice tech);

/* Work that may block goes to the worker; as chores_post (chore.h). */
int control_post(struct control *c, struct chore *chore);

/* The database (db.h). */
struct db *control_db(struct control *c);

/* Into the queue; as inbox_submit. */
int control_originate(struct control *c, const struct originate *o, const struct source *source,
		      uint64_t cookie, uint64_t *id_out);

/* ---- roster ---- */

struct roster_chan {
	struct list node;       /* in order of creation */
	uint32_t shard;
	handle_t chan;
	int64_t created_wall_ns, answered_wall_ns;
	struct chan_snap snap;  /* slices into storage of the roster, valid until the next event */
	struct slice app, appdata;
	bool in_pbx;            /* runs dialplan: an "active call" */
	bool is_ending;         /* was told to hang up, by us, itself or the far end */
	bool is_held;		/* by the far end */
	uint8_t device_state; /* control's: what it adds to its device; DEVICE_STATE_COUNT: nothing
			       */
	bool hangup_sent;       /* the roster's: control_hangup has told it */
};

/* By channel name or Uniqueid, without case. NULL: no such channel. */
struct roster_chan *control_find_chan(struct control *c, struct slice name_or_id);
struct list *control_chans(struct control *c); /* of struct roster_chan.node */
uint32_t control_chan_count(const struct control *c);
uint32_t control_call_count(const struct control *c);      /* dialplan runs */
uint64_t control_calls_processed(const struct control *c);
/* A ChannelId in use, or used within the last minute. */
bool control_is_id_taken(struct control *c, struct slice uniqueid);

/* ---- commands to a channel ---- */

/* cause -1: none given. The first for a channel always reaches its shard; a later one, with another cause,
 * may be left out when the pipe is full. */
void control_hangup(struct control *c, const struct roster_chan *chan, int cause);
/* Refuses a call that came in and is not answered, with this status of its technology; any other is
 * left alone. False: the shard cannot be told now. */
bool control_refuse(struct control *c, const struct roster_chan *chan, uint32_t status);

/* Answer of a shard. ok false: the channel is gone, the variable was not set, or LIMIT_ASKS questions wait
 * already. value valid during the call. Called exactly once, on the control thread, possibly before the
 * request returns. */
typedef void (*control_reply_fn)(void *arg, bool ok, struct slice value);
/* chan NULL: global variable. name may be a function, or "${...}" is not expanded. guarded: for a
 * client, to whom functions that reach beyond the call answer nothing, wherever they stand. */
void control_getvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    bool guarded, control_reply_fn fn, void *arg);
void control_setvar(struct control *c, const struct roster_chan *chan, struct slice name,
		    struct slice value, bool guarded, control_reply_fn fn, void *arg);
/* All variables of a channel (NULL: the global ones) as "name=value" lines, newest first. */
void control_list_vars(struct control *c, const struct roster_chan *chan, control_reply_fn fn,
		       void *arg);
/* What only its shard knows of a channel, in three lines: the formats that it may speak, "(ulaw|alaw)", or
 * the one agreed upon, "(ulaw)"; the format spoken, "ulaw"; the wall second of TIMEOUT(absolute), or 0. */
void control_describe(struct control *c, const struct roster_chan *chan, control_reply_fn fn, void *arg);
/* A piece of a list of one shard (shard_list): whole lines, and without an end the cursor of the
 * next piece, 0: that was the last one. ok false: no such list, or the shard cannot be asked now.
 */
void control_list(struct control *c, uint32_t shard, struct slice what, uint32_t cursor,
		  control_reply_fn fn, void *arg);
/* Sends the channel elsewhere in the dialplan. False: the shard cannot be told now. */
bool control_redirect(struct control *c, const struct roster_chan *chan, struct slice context,
		      struct slice exten, int32_t priority);

/* A digit, '!' for a hook flash, to the far end; received: as if it had come from there.
 * duration_ms 0: the usual. ok false also when the far end takes no telephone events. */
void control_digit(struct control *c, const struct roster_chan *chan, char digit,
		   uint32_t duration_ms, bool received, control_reply_fn fn, void *arg);
/* A text to the far end of the call. content_type empty: text/plain. */
void control_send_text(struct control *c, const struct roster_chan *chan, struct slice content_type,
		       struct slice text, control_reply_fn fn, void *arg);

/* A NOTIFY to the far end of the call. ok false also when there is no dialog with it. */
void control_notify(struct control *c, const struct roster_chan *chan,
		    const struct notify_text *text, control_reply_fn fn, void *arg);

/* ---- states of devices and extensions ---- */

/* A technology says what a device is like without calls; devices of channels are counted here.
 * Raises DeviceStateChange and ExtensionStatus when something changed. */
void control_note_device(struct control *c, struct slice device, enum device_state state);
/* So many calls make the device busy; 0: none do. */
void control_set_busy_at(struct control *c, struct slice device, uint32_t calls);
/* "Custom:..." only; kept in the database. 0; -EINVAL not such a name, -ENOSPC LIMIT_DEVICES are
 * there. */
int control_set_device(struct control *c, struct slice device, enum device_state state);
enum device_state control_device_state(struct control *c, struct slice device);
uint32_t control_device_channels(const struct control *c, struct slice device);
/* All that are known: the one at *cursor (0 at first), which moves on; false: there are no more. */
bool control_next_device(struct control *c, uint32_t *cursor, struct slice *device,
			 enum device_state *state);
/* room: LIMIT_APPDATA octets. False: no hint; *v then says so. */
bool control_find_hint(struct control *c, struct slice context, struct slice exten, char *room,
		       struct hint_view *v);
uint32_t control_hint_count(const struct control *c);
struct hint_view control_hint_at(struct control *c, uint32_t index);

/* ---- events ---- */

/* Every event, in the order of its channel, after the roster has seen it. */
typedef void (*control_event_fn)(void *arg, const struct event *e);
#define CONTROL_SUBSCRIBERS 8
int control_subscribe(struct control *c, control_event_fn fn, void *arg);
/* An event made on the control shard itself (OriginateResponse, UserEvent of AMI). */
void control_publish(struct control *c, const struct event *e);

/* ---- technologies ---- */

struct tech_admin;
/* The control part of technology `tech` (index of control_conf.techs): hears the facts of its
 * shards, and answers for its objects. *admin is copied. */
void control_set_admin(struct control *c, uint32_t tech, const struct tech_admin *admin);
/* By the technology's name; NULL: it has none. */
const struct tech_admin *control_admin(struct control *c, struct slice tech);
/* A record for the technology's part on a shard. False: the pipe is full now. */
bool control_tech_write(struct control *c, uint32_t shard, uint32_t tech, uint32_t kind,
			const void *data, size_t len);

/* ---- media ---- */

/* To every shard's media, as media_ops.take has it. False: a shard cannot be told now. */
bool control_media_write(struct control *c, const void *data, size_t len);

/* ---- stop and reload (wired by engine/app) ---- */

/* Most urgent first. A request that is not more urgent than the stop that runs is ignored. */
enum control_stop {
	CONTROL_STOP_NOW,        /* hangs up all calls, waits 15 s at most */
	CONTROL_STOP_GRACEFULLY, /* refuses and gives back orders, waits for the calls */
	CONTROL_STOP_CONVENIENT, /* goes on, and stops at the first moment without work */
};
/* False: ignored. */
bool control_stop(struct control *c, enum control_stop how);
/* False: no stop was waiting, or it is one that cannot be taken back (CONTROL_STOP_NOW). */
bool control_abort_stop(struct control *c);
/* A stop was asked for, of any kind. */
bool control_is_asked_to_stop(const struct control *c);
/* module empty: all. 0, -ENOENT no such module, -ENOTSUP it has nothing to be read again, -EBUSY
 * the last one is not over yet, other: refused, the text says why (old settings stay in force). */
int control_reload(struct control *c, struct slice module, struct sink *text);

/* A change of the dialplan in force, until the next reload. As dialplan_edit; -EBUSY: the change or
 * reload before is not over yet. */
int control_edit_dialplan(struct control *c, const struct dialplan_edit *edit);

/* ---- life, for engine/app ---- */

/* Ended orders whose record may be unwritten; with more, dialling waits. */
#define CONTROL_RECORDING_MAX 8192

/* The control shard's ends of the pipes of one call shard. */
struct control_shard {
	struct io *io;
	struct pipe *down, *up;
	uint32_t channel_max; /* credits to begin with */
	uint32_t incoming_max; /* channels besides, for calls that come in */
};

struct control_conf {
	struct devices *devices; /* shared with the shards */
	struct io *io;
	struct metrics *metrics;
	uint64_t seed;
	struct inbox *inbox;
	struct queue_conf queue;
	const struct control_shard *shards;
	uint32_t shard_count;
	const struct tech_ops *const *techs; /* what a channel may begin with */
	uint32_t tech_count;
	struct pipe *records_down, *records_up; /* to and from the records worker */
	struct io *records_io;
	struct chores *chores;
	struct db *db;
	int (*reload)(void *arg, struct slice module, struct sink *text);
	int (*edit)(void *arg, const struct dialplan_edit *edit); /* of the dialplan */
	void (*stopped)(void *arg); /* nothing is left to do: end the loops */
	void *arg;
};

int control_create(struct control **out, const struct control_conf *conf);
void control_destroy(struct control *c);
/* One turn of the control loop (an io_turn_fn). */
int64_t control_turn(void *control, int64_t now_ns);
/* As queue_set_conf. */
int control_set_queue_conf(struct control *c, const struct queue_conf *conf);
/* Gives every shard a new snapshot; `done` is called when all have let go of the old one. */
struct shard_conf;
void control_set_conf(struct control *c, const struct shard_conf *conf, void (*done)(void *arg),
		      void *arg);
/* The first dialplan, before any shard runs. */
void control_note_dialplan(struct control *c, const struct dialplan *dialplan);
/* Nothing waits, runs or is being recorded; pipes are empty. */
bool control_is_quiet(const struct control *c);
const struct queue *control_queue(const struct control *c);
uint32_t control_recording(const struct control *c);

#endif
