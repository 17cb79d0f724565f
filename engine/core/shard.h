/* engine/core/shard.h - one call shard: what its channels share, and its two pipes to control.
 *
 * One loop (struct io), one wheel, slabs for channels and PBXes, technologies and media behind their
 * ports. Records of the down pipe are commands, of the up pipe facts and answers. Everything here
 * belongs to the shard's thread, but for the far ends of the pipes. */
#ifndef RINGER_CORE_SHARD_H
#define RINGER_CORE_SHARD_H

#include "engine/base/pipe.h"
#include "engine/base/rng.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "engine/core/chan.h"
#include "engine/core/dbmap.h"
#include "engine/core/device.h"
#include "engine/core/source.h"
#include "engine/io/io.h"

struct dialplan;

#define SHARD_TECHS 4

/* Records from control to shard. Texts are packed behind the fixed part. */
enum shard_command {
	SHARD_DIAL = 1,	  /* packed originate */
	SHARD_HANGUP,	  /* struct shard_hangup */
	SHARD_GETVAR,	  /* struct shard_question + name */
	SHARD_SETVAR,	  /* struct shard_question + name + value */
	SHARD_LISTVARS,	  /* struct shard_question */
	SHARD_DESCRIBE,	  /* struct shard_question */
	SHARD_REDIRECT,	  /* struct shard_question + context + exten; number: priority */
	SHARD_DIGIT,	  /* struct shard_question + digit + "R" if received; number: ms */
	SHARD_TEXT,	  /* struct shard_question + content type + text */
	SHARD_NOTIFY,	  /* struct shard_question + header lines + body */
	SHARD_LIST,	  /* struct shard_question + name of a list; number: cursor */
	SHARD_GLOBAL,	  /* struct shard_question + name + value: set on every shard */
	SHARD_CONF,	  /* struct shard_conf: take a new snapshot */
	SHARD_HANGUP_ALL, /* stop now */
	SHARD_TECH,	  /* struct shard_tech: of a technology's control part to its shard part */
	SHARD_ADMIT,	  /* the record of one incoming call is written: its place is free again */
	SHARD_DOOR,	  /* struct shard_door */
	SHARD_MEDIA,	  /* as media_ops.take has it */
	SHARD_DB,	  /* struct shard_db_change (shard_db.h): the database changed */
};

/* Records from shard to control; events (event.h) use kinds below SHARD_FACT_BASE. */
#define SHARD_FACT_BASE 1000
enum shard_fact {
	SHARD_DIALED = SHARD_FACT_BASE, /* struct shard_outcome: the dialling phase is over */
	SHARD_ENDED,	  /* struct shard_outcome: the attempt is over; its slot is free.
			   * order_id 0: an incoming call is */
	SHARD_ANSWER,	  /* struct shard_question echoed + value: to GETVAR and others */
	SHARD_GLOBAL_SET, /* name and value: a dialplan set a global */
	SHARD_DEVICE_SET, /* struct shard_question + device; number: state */
	SHARD_CONF_DONE,  /* struct shard_conf: the old snapshot is let go of */
	SHARD_TECH_FACT,  /* struct shard_tech: the other way */
	SHARD_DB_CHANGED, /* struct shard_db_change: a dialplan changes the database */
	SHARD_TRUNK,	  /* struct shard_trunk: its far ends want no calls, or are silent */
	SHARD_UNDIALLED,  /* struct shard_undialled: an attempt comes back, nothing was done */
};

struct shard_hangup {
	handle_t chan;
	int32_t cause;
	uint32_t status; /* 0, or that with which the call is refused, if it can still be refused */
};

/* Whether incoming calls are taken. */
struct shard_door {
	uint32_t is_open;
};

/* As queue_hold. */
struct shard_trunk {
	int64_t until_ns;
	uint32_t on_trial;
	uint32_t name_len;
	char name[];
};

/* All targets of an attempt are held or down: instead of everything else that is told of one. */
struct shard_undialled {
	uint64_t order_id;
	int64_t until_ns; /* as queue_hold */
	uint32_t on_trial;
	uint32_t pad;
};

/* What the pipe to a shard keeps for each attempt that the shard may have: the first hangup of its channel
 * and of the `failed` channel after it, unread. */
#define SHARD_HANGUP_BYTES (2 * (sizeof(struct pipe_record) + sizeof(struct shard_hangup)))

struct shard_question {
	uint64_t token;  /* of the asker */
	handle_t chan;   /* HANDLE_NONE: global */
	int32_t number;	 /* SHARD_GETVAR and SHARD_SETVAR: 1 if a client asks (chan.guarded) */
	uint8_t ok;      /* in the answer */
	uint8_t pad[3];
	uint32_t len[2]; /* of the two texts behind */
	char text[];
};

/* What the two parts of a technology tell each other; core does not look into it. */
struct shard_tech {
	uint32_t tech; /* index: shard.techs, control_conf.techs */
	uint32_t kind;
	char data[]; /* aligned to 8 */
};

/* The largest shard_outcome with its texts. */
#define SHARD_OUTCOME_BYTES_MAX 320

struct shard_outcome {
	uint64_t order_id;
	uint32_t attempt_no;
	uint32_t shard; /* that reports it */
	uint8_t answered;
	uint8_t failed_ran; /* the `failed` extension ran */
	uint8_t is_reported; /* by a response of the far end */
	uint8_t pad;
	int32_t reason, cause, tech_code;
	uint32_t channel_len, uniqueid_len;
	char text[]; /* channel, uniqueid */
};

/* What a configuration change means for a shard. Pointers to immutable snapshots. */
struct shard_conf {
	uint64_t generation;
	const struct dialplan *dialplan;
	const void *tech_conf[SHARD_TECHS];
	const void *media_conf;
	bool is_edit; /* the dialplan was edited: all else, globals too, stays as it is */
};

struct shard {
	uint32_t index, count;
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct metrics metrics;
	struct pipe *down; /* control -> shard */
	struct pipe *up;   /* shard -> control */
	struct io *control_io;

	struct list ready; /* channels with facts to work off: chan.ready */
	struct slab *chans;
	struct slab *pbxes;
	struct arena_pool *arenas;
	struct tech techs[SHARD_TECHS];
	uint32_t tech_count;
	struct media media;
	const struct dialplan *dialplan;
	struct devices *devices; /* of the engine; read here */
	struct groups *groups;	 /* of the engine; its own part is written here */
	struct arena_pool *globals_pool;
	struct arena globals_arena;
	struct vars globals;
	struct dbmap db;	   /* copy of the database: shard_db.h */
	uint64_t db_number;	   /* of the last change that this shard made to it */
	uint64_t next_chan_number; /* for channel names and unique ids */
	char system_name[LIMIT_NAME];
	bool unanswered_cdr;       /* cdr.conf unanswered */
	bool congestion_cdr;       /* cdr.conf congestion */
	bool compat_reason;	   /* dialer.conf compat_reason: a refusal has reason 0 */
	/* Incoming calls: places that are free now. A call takes one, and control gives it back
	 * when the call's record is written, so that neither pipes nor records can overflow. */
	uint32_t incoming_max, incoming_free;
	bool is_closed;		   /* no incoming calls any more: the engine stops */
	bool is_late;		   /* the last turn left work undone: no more for now */
	bool is_ending;            /* stop now: what fails has no `failed` extension any more */
	/* scratch of one dialplan step: expanded application data */
	char *scratch;             /* LIMIT_APPDATA octets */
	char number_text[32];      /* of chan_get_var for numbers */
	/* engine/app: takes a new snapshot into technologies and media */
	void (*take_conf)(struct shard *s, const struct shard_conf *conf);
};

/* A dialplan sets a global: here at once, on the other shards by way of control. 0, -ENOSPC, -EINVAL. */
int shard_set_global(struct shard *s, struct slice name, struct slice value);
/* A record for the control part of technology `tech`. False: the pipe is full now. */
bool shard_tech_write(struct shard *s, uint32_t tech, uint32_t kind, const void *data, size_t len);
/* Tells control that a trunk can take no calls until then, or can again (queue_hold). */
void shard_hold_trunk(struct shard *s, struct slice name, int64_t until_ns, bool on_trial);
/* A dialplan sets the state of a Custom: device. What is known already reads so at once, a new one
 * when control has heard. 0; -EINVAL not such a device, -ENOSPC control cannot be told now. */
int shard_set_device(struct shard *s, struct slice device, enum device_state state);
enum device_state shard_device_state(const struct shard *s, struct slice device);
const struct tech *shard_find_tech(const struct shard *s, struct slice name);
/* The list of the channels' audio: "<s since it was made> <codec, or -: no audio> <received> <lost>
 * <jitter us> <sent> <lost> <jitter us> <round trip us> <channel>"; sent: as the far end reports.
 */
#define SHARD_LIST_STATS "channelstats"
/* Adds what fits of a list, this one or a technology's (tech_ops.list), to *out: lines from *cursor
 * on (0 at the start), which moves; 0: that was all. False: there is no such list. */
bool shard_list(struct shard *s, struct slice what, uint32_t *cursor, struct sink *out);
/* Reads commands, at most `budget` records. Returns how many. */
uint32_t shard_run_commands(struct shard *s, uint32_t budget);
/* Works off the facts of channels, at most `budget` channels; true if some are left. */
bool shard_run_ready(struct shard *s, uint32_t budget);
/* No channel, PBX, arena chunk or timer left. */
bool shard_is_quiet(const struct shard *s);
/* Gives an attempt back undialled. */
void shard_put_back(struct shard *s, uint64_t order_id, const struct tech_hold *hold);
/* Reports an outcome record (SHARD_DIALED or SHARD_ENDED). */
void shard_report(struct shard *s, enum shard_fact kind, const struct outcome *o, bool failed_ran);

#endif
