/* ami/session.h - one client of the manager interface: who it is, what it may do, what it is owed.
 *
 * A session knows no socket: a link (TCP, TLS; HTTP takes the same place) gives it whole
 * messages and takes octets. One action at a time: while it is open, events for this client are
 *held back and the link gives no further message. So no event ever stands inside a response or a
 *list, and a response comes before all events that its action caused.
 *
 * A client that does not read costs nobody else anything: above LIMIT_AMI_OUT_SOFT octets waiting,
 * events that are not reliable (event.h) are left out and counted, and the client is told how many
 *by
 *
 *	Event: EventsLost
 *	Privilege: <none>
 *	Lost: <since the last such event>
 *	LostTotal: <in this session>
 *
 * once half of the soft limit is free again (the header Privilege is <none>: every client gets it,
 * whatever its classes and filters). Above LIMIT_AMI_OUT_HARD the session is closed without a
 *message and counted (ami_slow_closed).
 *
 * A web session (holds_events) keeps its events for WaitEvent. Up to LIMIT_HTTP_HELD_SOFT octets of
 *them, reliable ones up to LIMIT_HTTP_HELD_HARD; what is more is left out and told in the same
 *manner. It is not closed: many clients only send orders and never ask for events.
 *
 * Owned by the control thread; memory from the slab of struct ami. A closed session is freed at the
 * next run of the wheel, once no shard owes it an answer. */
#ifndef RINGER_AMI_SESSION_H
#define RINGER_AMI_SESSION_H

#include "ami/byteq.h"
#include "ami/conf.h"
#include "ami/frame.h"
#include "ami/replay.h"
#include "engine/base/list.h"
#include "engine/base/sink.h"
#include "engine/base/tmr.h"

struct ami;
struct ami_session;
struct ami_action;
struct roster_chan;

enum ami_session_state {
	AMI_SESSION_GREETED,	    /* has the banner; only Login, Challenge, Logoff */
	AMI_SESSION_AUTHENTICATING, /* a login is looked at, or its refusal waits */
	AMI_SESSION_READY,
	AMI_SESSION_DRAINING, /* the last words are on their way; nothing is read */
	AMI_SESSION_CLOSED,
	AMI_SESSION_STATE_COUNT,
};
const char *ami_session_state_name(enum ami_session_state state);

enum ami_session_event {
	AMI_SESSION_TRY,    /* Login with a user name */
	AMI_SESSION_ACCEPT, /* ... was right */
	AMI_SESSION_REJECT, /* ... was wrong, and the answer is out */
	AMI_SESSION_LOGOFF,
	AMI_SESSION_EXPIRE, /* authtimeout */
	AMI_SESSION_GONE,   /* the far end closed */
	AMI_SESSION_SLOW,   /* hard output limit, or too much input behind an action */
	AMI_SESSION_KICK,   /* the console, or the end of the engine */
	AMI_SESSION_LET_GO, /* the link has all that there is to say */
	AMI_SESSION_EVENT_COUNT,
};

/* What carries the session. None of these calls the session back before it returns. */
struct ami_link_ops {
	int (*send)(void *link, struct slice octets); /* 0 or negative errno */
	size_t (*queued)(void *link);		      /* octets sent and not yet taken away */
	void (*proceed)(void *link); /* the action is done; messages may come from within */
	void (*close)(void *link, bool flush);
	void (*free)(void *link); /* last call */
	void (*held)(void *link); /* an event came and is held (holds_events); NULL: no matter */
};

struct ami_session {
	struct list node; /* in ami.sessions, then ami.dead */
	struct ami *ami;
	const struct ami_link_ops *ops;
	void *link;
	enum ami_session_state state;

	struct addr peer, local;
	const char *transport; /* "TCP", "TLS" */
	int number;	       /* descriptor, for people */
	bool holds_events;     /* all of them, until WaitEvent (HTTP) */
	bool is_passing;       /* of one HTTP request: gets no events, is not told of */
	uint32_t http_count;   /* requests that are being answered */
	int64_t start_wall_ns;
	uint64_t id; /* for SessionID */
	char challenge[12];

	/* granted at login */
	struct ami_conf *conf;
	const struct ami_user *user; /* NULL before */
	uint32_t read, write, mask;
	struct ami_filters filters; /* of the action Filter */

	/* the open action */
	bool open;
	bool running; /* its handler is on the stack */
	bool listens; /* wants to know of input that comes behind it (WaitEvent) */
	const struct ami_action *action;
	const struct ami_msg *msg; /* valid while open */
	struct slice action_id;	   /* into msg; may be empty */
	uint32_t questions;	   /* answers owed by shards, and who gets it */
	void (*answer)(struct ami_session *s, bool ok, struct slice value);
	void (*resume)(struct ami_session *s); /* output ran empty: go on; NULL: nothing to go on */
	struct ami_byteq work;		       /* of the action: names to walk, console output */
	uint32_t work_at;		       /* step within one item */
	uint32_t item_count;
	bool driving; /* the loop over items is on the stack */
	bool (*walk_item)(struct ami_session *s, const struct roster_chan *chan);
	void (*walk_end)(struct ami_session *s);
	struct slice work_id; /* the channel being written, in work_text */
	char work_text[LIMIT_UNIQUEID];
	struct cli_job *command; /* of Command, that is not over */
	uint64_t order;	     /* of a synchronous Originate; 0 none */
	const char *refusal; /* of a login, said after its delay */

	struct ami_replay_cursor replay; /* of EventReplay */
	uint64_t replay_until;
	bool replay_gap;

	/* output */
	struct ami_byteq held;
	uint64_t lost, lost_total;
	struct tmr timer; /* one at a time: authtimeout, refusal, WaitEvent, flush */
};

struct ami_session_conf {
	const struct ami_link_ops *ops;
	void *link;
	struct addr peer, local;
	const char *transport;
	int number;
	bool holds_events; /* HTTP: neither authlimit nor authtimeout apply */
	bool is_passing;
	struct slab *chunks; /* for what is held */
};

/* NULL: no room. The session is GREETED and its authtimeout runs. */
struct ami_session *ami_session_create(struct ami *a, const struct ami_session_conf *conf);

/* ---- for the link ---- */

/* Runs one message. If s->open is true after it, the action goes on later: no further message until
 * `proceed`, and the message stays valid until then. */
void ami_session_run(struct ami_session *s, const struct ami_msg *m);
void ami_session_input(struct ami_session *s);	 /* more came behind an open action */
void ami_session_drained(struct ami_session *s); /* `queued` fell to nothing */
/* One function changes the state. Empty cells are ignored. */
void ami_session_step(struct ami_session *s, enum ami_session_event event);

static inline bool ami_session_is_alive(const struct ami_session *s)
{
	return s->state < AMI_SESSION_DRAINING;
}

static inline bool ami_session_is_ready(const struct ami_session *s)
{
	return s->state == AMI_SESSION_READY;
}

/* Its peer without the port, in buf of ADDR_TEXT octets; returns it. */
const char *ami_session_peer_ip(const struct ami_session *s, char *buf);
/* Frees what is dead and owed nothing. */
void ami_session_reap(struct ami *a);

/* ---- for actions ---- */

/* Octets of a response; closes the session if they do not fit. */
void ami_session_write(struct ami_session *s, struct slice octets);
/* More than the soft limit waits: a list stops here and goes on in s->resume. */
bool ami_session_is_full(const struct ami_session *s);
/* Ends an action that was left open. */
void ami_session_done(struct ami_session *s);
/* Sends the events held so far, and how many were lost: between response and end of WaitEvent. */
void ami_session_release(struct ami_session *s);
/* Gives it the rights of a user of conf, as a login does: READY. */
void ami_session_admit(struct ami_session *s, struct ami_conf *conf, const struct ami_user *user);
/* Starts the session's timer anew with another purpose. */
void ami_session_timer(struct ami_session *s, tmr_fn fn, int64_t delay_ns);

/* ---- for events ---- */

/* After a change of a mask. */
void ami_session_tally(struct ami *a);
bool ami_session_wants(const struct ami_session *s, uint32_t classes);
void ami_session_event(struct ami_session *s, struct slice text, bool reliable);

#endif
