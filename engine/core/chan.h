/* engine/core/chan.h - one channel: our end of one call.
 *
 * Lives and dies on one shard: slab object, arena for its texts, signalling (tech) and media behind
 * ports, dialplan position. One const table drives its states; every change is a fact on the event
 * pipe. Dialplan applications and functions act on it through the functions below.
 *
 * NEW -> DIALING -> { RINGING, EARLY } -> UP -> HANGING -> GONE. One that came in goes NEW ->
 * OFFERED -> UP and runs its dialplan from the start. A channel that only runs the `failed`
 * extension goes NEW -> HANGING. HANGING: the call is over for the far end; `h` may run; GONE:
 * freed. */
#ifndef RINGER_CORE_CHAN_H
#define RINGER_CORE_CHAN_H

#include "engine/base/arena.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "engine/core/cdr.h"
#include "engine/core/event.h"
#include "engine/core/group.h"
#include "engine/core/media.h"
#include "engine/core/originate.h"
#include "engine/core/pbx.h"
#include "engine/core/tech.h"
#include "engine/core/vars.h"

struct shard;

enum chan_state {
	CHAN_NEW,
	CHAN_DIALING,
	CHAN_RINGING,
	CHAN_EARLY,   /* early media (183 with media), not answered */
	CHAN_OFFERED, /* came in, not answered yet */
	CHAN_UP,
	CHAN_HANGING,
	CHAN_GONE,
	CHAN_STATE_COUNT,
};
const char *chan_state_name(enum chan_state s);

/* Facts in the order in which they are worked off. */
enum chan_fact {
	CHAN_FACT_START, /* answered, or came in: run the dialplan or the application */
	CHAN_FACT_DIGIT,
	CHAN_FACT_PLAYED,
	CHAN_FACT_DTMF_SENT,
	CHAN_FACT_TRANSFERRED,
	CHAN_FACT_TIMER,
	CHAN_FACT_REDIRECT,
	CHAN_FACT_TIMEOUT,
	CHAN_FACT_HANGUP,
};
#define CHAN_DIGITS 32

/* ChannelState of AMI */
enum { CHAN_AMI_DOWN = 0, CHAN_AMI_RING = 4, CHAN_AMI_RINGING = 5, CHAN_AMI_UP = 6 };

/* Texts that may change as often as a dialplan likes: each has its room once. Longer ones are cut:
 * at LIMIT_NAME - 1 octets, the user field at LIMIT_USERFIELD - 1. So the size of an event is
 * bounded. */
enum chan_text {
	CHAN_CID_NUM,
	CHAN_CID_NAME,
	CHAN_CONN_NUM,
	CHAN_CONN_NAME,
	CHAN_ACCOUNT,
	CHAN_PEERACCOUNT,
	CHAN_LANGUAGE,
	CHAN_USERFIELD,
	CHAN_TEXT_COUNT,
};

struct chan {
	struct shard *shard;
	struct arena arena;
	enum chan_state state;
	int32_t ami_state; /* projection: ringing is remembered through early media */

	struct slice name, uniqueid, linkedid;		     /* in the arena */
	struct slice cid_num, cid_name, conn_num, conn_name; /* set by chan_set_text */
	struct slice account, peeraccount, language, userfield;
	uint32_t text_rooms; /* bits 1 << enum chan_text: those that have their room */
	uint64_t number;     /* unique in the engine: of the name, and the record's sequence */
	char context[LIMIT_NAME];
	char exten[LIMIT_NAME];
	int32_t priority;
	struct vars vars;
	struct group_list groups; /* GROUP() */

	/* the order */
	uint64_t order_id;
	uint32_t attempt_no;
	struct slice order; /* packed copy, in the arena (unpack to read) */
	bool early_media;   /* progress with media counts as answer */
	bool has_order;	    /* an outcome is owed to the control shard */
	bool redirected;    /* the place was given from outside, not by the order */
	bool dialed;	    /* the dialling phase was reported */
	bool answered;	    /* ... as answered (or early media taken as such) */

	/* signalling and media */
	const struct tech *tech;
	struct tech_call *call; /* NULL before dialling and after the end */
	struct slice endpoint;	/* its name, in the arena: snapshots may go while calls last */
	struct codec_list allow;
	const struct media *media;
	struct media_session *session; /* NULL without media */
	struct addr media_local;
	struct addr media_remote; /* where audio goes, as it was told; family 0: nowhere yet */
	struct slice *headers;	  /* PJSIP_HEADER(add): in the arena */
	uint32_t header_count, header_room;
	bool held;
	bool is_incoming;      /* holds a place for incoming calls until its record is written */
	bool has_headers;      /* those of the INVITE that came are among headers */
	struct slice response; /* as tech_ops.response, kept for `h`; in the arena */
	struct slice dnid;     /* of an incoming call, in the arena */
	struct tech_diversion diversion; /* who sent it on; texts in the arena */
	bool cid_hidden;		 /* the caller's number is not to be shown */
	bool guarded; /* a client's words are worked on: no function, however deep
		       * it stands in them, may reach beyond the call */
	bool unheard; /* stands in for a question without a channel: raises no events */

	/* ends */
	int cause; /* Q.850 of the end; 0 unknown */
	int tech_code;
	bool is_reported; /* a response of the far end said both */
	bool far_end_hung_up;
	bool hangup_requested; /* by a command: the PBX is being told */
	bool h_ran;

	/* timers */
	struct tmr answer_timer;		       /* dial time-out */
	struct tmr step_timer;			       /* of the running application: PBX_TIMER */
	struct tmr absolute_timer;		       /* TIMEOUT(absolute): PBX_TIMEOUT */
	int64_t absolute_due_ns;		       /* 0 none */
	int64_t digit_timeout_ns, response_timeout_ns; /* TIMEOUT(digit|response): 5 s, 10 s */

	struct pbx *pbx; /* NULL when no dialplan runs */

	/* Facts that wait for the channel's turn (shard_run_ready): so nothing that a port calls up
	 * can free what the port still works on. */
	struct list ready; /* in shard->ready */
	uint32_t pending;  /* bits 1 << enum chan_fact */
	int played_how;	   /* enum media_end */
	int transfer_code; /* what became of a transfer: SIP status */
	uint8_t digit_count;
	char digits[CHAN_DIGITS];

	/* the outcome owed, kept while the `failed` extension runs */
	int out_reason, out_cause, out_tech_code;
	struct slice out_channel, out_uniqueid;
	bool out_failed_ran;

	/* record; texts in the arena or in the fixed fields here */
	int64_t start_wall_ns, answer_wall_ns, end_wall_ns;
	int64_t created_ns;
	char lastapp[LIMIT_NAME];
	char lastdata[LIMIT_NAME];
	enum cdr_amaflags amaflags;
	enum cdr_disposition disposition;
	bool cdr_disabled;
	struct vars cdr_vars;			    /* CDR(own name) */
	char dst[LIMIT_NAME], dcontext[LIMIT_NAME]; /* place where the dialplan began */
};

/* ---- for the shard ---- */

/* Places the call of a packed originate. The channel reports everything by events, and the outcome
 * by records of shard.h. Always ends in exactly one outcome, also when nothing could be created. */
void chan_originate(struct shard *s, struct slice packed);
/* The door for calls that come in, arg: the shard. Their channels end in exactly one SHARD_ENDED
 * without an order. */
struct tech_door chan_door(struct shard *s);
/* From outside (command, media time-out): soft hang-up with a cause (-1: none given, 16 then),
 * worked off on the channel's own turn. */
void chan_request_hangup(struct chan *c, int cause);
/* Works off the facts that wait. *c may be gone after. */
void chan_run_facts(struct chan *c);
size_t chan_bytes(void);

/* ---- for dialplan and functions ---- */

/* Where the dialplan goes on. Texts are cut at LIMIT_NAME - 1. Does not move a running PBX by
 * itself. */
void chan_set_place(struct chan *c, struct slice context, struct slice exten, int32_t priority);
/* From outside (AMI Redirect): sets the place and breaks the running application (PBX_REDIRECT). A
 * channel that is not answered yet goes there, instead of to the place of its order, when it is. */
void chan_goto(struct chan *c, struct slice context, struct slice exten, int32_t priority);

/* A digit, '!' for a hook flash, sent to the far end behind what is being sent: with the audio,
 * else by signalling. False: neither is agreed, or too many wait. */
bool chan_send_digit(struct chan *c, char digit, uint32_t duration_ms);
/* The same as if the far end had sent it. */
void chan_receive_digit(struct chan *c, char digit, uint32_t duration_ms);
/* As tech_ops.send_text; -ENOTCONN also without a call, -ENOTSUP if the technology knows no texts.
 */
int chan_send_text(struct chan *c, struct slice content_type, struct slice text);

/* As tech_ops.notify; the same two besides. */
int chan_notify(struct chan *c, const struct notify_text *text);

bool chan_is_up(const struct chan *c);
/* Came in and is not answered yet. */
bool chan_is_offered(const struct chan *c);
/* Refuses it with a status of its technology; nothing to do on any other channel. */
void chan_refuse(struct chan *c, int status);
/* Answers it; nothing to do on any other channel. False: the call is over. */
bool chan_answer(struct chan *c);
/* Shows the caller that it rings, or opens early audio; nothing to do on any other channel. */
void chan_indicate(struct chan *c, enum tech_indication what);
/* The headers of the INVITE that came are put among the channel's own. 0, -ENOSPC. */
int chan_import_headers(struct chan *c);
/* As tech_ops.response; within `h` too. */
struct slice chan_response(const struct chan *c);
/* False once the call is over for the far end or a hang-up was asked for: applications must end. */
bool chan_is_alive(const struct chan *c);

/* The step timer: PBX_TIMER at due. Starting again moves it. */
void chan_step_timer(struct chan *c, int64_t due_ns);
void chan_step_timer_stop(struct chan *c);
int64_t chan_now_ns(const struct chan *c);

/* What was played is stopped: if its end was reported in this very turn, nobody waits for it now.
 */
void chan_forget_played(struct chan *c);

/* Sets a variable and raises VarSet. name may carry _ or __; not a function. 0 or -ENOSPC, -EINVAL.
 */
int chan_set_var(struct chan *c, struct slice name, struct slice value);
/* Channel variables and the built-in read-only names (dialplan.md 2), then globals. False: unset.
 * The slice is valid until the next change of the channel (built-ins: until the next call). */
bool chan_get_var(struct chan *c, struct slice name, struct slice *value);
/* Sets caller id parts (NULL ptr: leave) and raises NewCallerid if something changed. */
void chan_set_caller(struct chan *c, struct slice name, struct slice num);
void chan_set_connected(struct chan *c, struct slice name, struct slice num);
void chan_set_account(struct chan *c, struct slice account);
/* Sets one text; no event is raised. 0, -ENOSPC. */
int chan_set_text(struct chan *c, enum chan_text which, struct slice value);
/* A copy in the channel's arena; NULL ptr when full. */
struct slice chan_dup(struct chan *c, struct slice s);

/* The application that runs now: remembers it for the CDR, raises Newexten. */
void chan_set_app(struct chan *c, struct slice app, struct slice data);
/* UserEvent: body is "Key: value" lines, each ended by CRLF. */
void chan_user_event(struct chan *c, struct slice name, struct slice body);
/* A SIP header for the INVITE ("Name: value"); only before dialling. 0, -ENOSPC, -EISCONN. */
int chan_add_header(struct chan *c, struct slice line);

/* Ends the call from the dialplan with a cause (0: keep what is known, else 16); the PBX raises
 * SoftHangupRequest when it comes to its end. */
void chan_hangup(struct chan *c, int cause);
/* The PBX has nothing left to run. Ends the call if it is still up, writes the record, frees the
 * channel: *c is gone after this. */
void chan_pbx_done(struct chan *c);

/* ---- facts: raise an event with the channel's snapshot ---- */

void chan_snap(const struct chan *c, struct chan_snap *out);
/* Fills kind, shard, handle, time and snapshot. */
void chan_event_init(const struct chan *c, struct event *e, enum event_kind kind);
void chan_raise(struct chan *c, const struct event *e);

#endif
