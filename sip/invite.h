/* sip/invite.h - one call: INVITE, its early dialogs, its one confirmed dialog, its end.
 *
 *	OFFERED      came in (incoming.h): no final response was sent
 *	SEEKING      names are looked up, nothing is on its way (seek.h)
 *	CALLING      INVITE sent, nothing heard
 *	PROCEEDING   a provisional response came: CANCEL may be sent
 *	UP           answered, ACK sent
 *	CANCEL_HELD  to be cancelled, but no provisional yet (RFC 3261 9.1)
 *	CANCELLING   CANCEL sent, the final response is awaited
 *	BYE_HELD     came in and is to be ended, but the ACK of our 200 is missing (RFC 3261 15)
 *	ENDING       BYE sent, its response is awaited
 *	GONE         freed when the running step returns
 *
 * The owner (a channel) has the call in the first four states; from CANCEL_HELD on it belongs to
 * signalling alone and may give way when the slab is full. What must answer after that is in
 *smaller records: the transactions, and a linger record for late 2xx (linger.h). */
#ifndef RINGER_SIP_INVITE_H
#define RINGER_SIP_INVITE_H

#include "sip/dialog.h"
#include "sip/sdp.h"
#include "sip/sip_internal.h"

#define INVITE_ENUM(id) id,
/* clang-format off */
#define INVITE_STATES(X)                                                                           \
	X(INVITE_SEEKING) X(INVITE_CALLING) X(INVITE_PROCEEDING) X(INVITE_OFFERED) X(INVITE_UP)    \
	X(INVITE_CANCEL_HELD) X(INVITE_CANCELLING) X(INVITE_BYE_HELD) X(INVITE_ENDING) X(INVITE_GONE)
#define INVITE_EVENTS(X)                                                                           \
	X(INVITE_SENT)      /* a target is known and has our INVITE */                             \
	X(INVITE_SEEK)      /* the target failed; where the next one is must be looked up */       \
	X(INVITE_UNREACHED) /* there is none that could be tried */                                \
	X(INVITE_RX_1XX) X(INVITE_RX_2XX) X(INVITE_RX_FAIL) /* of our INVITE */                    \
	X(INVITE_RX_RETRY)  /* a failure that we answered with another INVITE */                   \
	X(INVITE_TIMEOUT)   /* no final response, or not sendable */                               \
	X(INVITE_RX_BYE) X(INVITE_RX_CANCEL)                                                       \
	X(INVITE_RX_ACK)    /* of the far end's INVITE */                                          \
	X(INVITE_ANSWER) X(INVITE_HANGUP) /* the owner */                                          \
	X(INVITE_HANGUP_UNACKED)          /* ... before the ACK */                                 \
	X(INVITE_LOST)      /* the session is over without a BYE: 481, 408, no ACK, no refresh */  \
	X(INVITE_GUARD)     /* timer: ringing too long, or no final after CANCEL */                \
	X(INVITE_BYE_DONE) X(INVITE_EVICT)
/* clang-format on */
enum invite_state { INVITE_STATES(INVITE_ENUM) INVITE_STATE_COUNT };
enum invite_event { INVITE_EVENTS(INVITE_ENUM) INVITE_EVENT_COUNT };
/* States in which the owner still has the call. */
#define INVITE_SB_OWNED                                                                            \
	(1u << INVITE_SEEKING | 1u << INVITE_CALLING | 1u << INVITE_PROCEEDING |                   \
	 1u << INVITE_OFFERED | 1u << INVITE_UP)
/* How long a call may ring without a word (RFC 3261 timer C, of which proxies on the way have one
 * too). Each provisional response but 100 starts it again. */
#define INVITE_RING_MAX (180 * TMR_SECOND)
const char *invite_state_name(unsigned state);
const char *invite_event_name(unsigned event);

/* What the owner was told last about the progress of the call. */
enum invite_told { INVITE_TOLD_NOTHING, INVITE_TOLD_RINGING, INVITE_TOLD_PROGRESS };

struct invite {
	struct sip *sip;
	const struct tech_events *events; /* NULL: nobody listens any more */
	void *owner;
	struct list node;	     /* of sip->active or sip->ending */
	struct list dialogs;	     /* early ones, or the confirmed one */
	struct dialog *dialog;	     /* the confirmed one */
	struct sip_auth_state *auth; /* NULL until a challenge came */
	struct incoming *incoming;   /* NULL: we place it */
	struct seek *seek;	     /* while it may still be sent elsewhere; else NULL */
	struct tmr guard;	     /* ringing, CANCEL */
	struct tmr session;	     /* refresh or expiry (RFC 4028) */
	struct tmr again;	     /* a request of ours after glare (RFC 3261 14.1) */
	handle_t ict;		     /* the open INVITE, ours */
	handle_t ist;		     /* the far end's INVITE that awaits its ACK */
	handle_t request;	     /* our BYE or UPDATE */
	handle_t refer;		     /* our REFER */
	uint64_t nonce;		     /* of our tag */
	uint64_t endpoint;	     /* hash of its name */
	uint64_t contact;	     /* contact_id of where the INVITE went; 0: none of an AOR */
	uint64_t media_tag;	     /* hash of the To tag whose early media is in use */
	uint64_t sdp_hash;	     /* of our last body, its version left out */
	struct addr local;	     /* our sent-by */
	struct sip_peer dst;	     /* first hop of the INVITE */
	struct addr media_local;     /* as the far end sees it */
	struct media_desc media;     /* the far end's, as told to the owner */
	struct codec_list codecs;
	uint32_t sdp_id, sdp_version;
	uint32_t cseq;	    /* last used */
	uint32_t session_s; /* session interval; 0: none */
	uint32_t min_se_s;
	uint16_t code;	    /* SIP status of the end */
	uint16_t bye_cause; /* Q.850; 0: none */
	uint8_t state;	    /* enum invite_state */
	uint8_t told;	    /* enum invite_told */
	uint8_t tp;
	uint8_t depth;		/* steps and calls to the owner that run */
	uint8_t dtmf;		/* enum sip_conf_dtmf */
	uint8_t se_round;	/* 422 answered */
	bool is_refresher;	/* session timer: ours to refresh */
	bool refresh_by_invite; /* UPDATE was refused */
	bool offer_in_2xx;	/* the far end's INVITE had none: the ACK brings the answer */
	bool is_held;
	bool bye_tried;	   /* with credentials */
	bool is_referring; /* our REFER was sent, its outcome is not known */
	bool is_attested;  /* the INVITE at hand has an Identity of ours */
	bool is_untold;	   /* the far end is to hear who is behind us, but not now */
	/* options of the endpoint as they were at dial time */
	bool ignore_183_without_sdp, follow_early_media_fork, accept_multiple_sdp_answers;
	bool timers_always; /* a session interval also when the far end speaks of none */
	bool suppress_q850, rewrite_contact, force_rport, has_timers, has_100rel, use_ptime;
	struct msgbuf *connected; /* number and name of who is behind us; NULL: as at the begin */
	uint16_t connected_num_len;
	struct msgbuf *response; /* as tech_ops.response */
	struct slice call_id;
	char own_call_id[SIP_IDENT_LEN]; /* of a call that we place */
};

static inline bool invite_is_owned(const struct invite *iv)
{
	return INVITE_SB_OWNED >> iv->state & 1;
}

/* ---- the owner (invite_dial.c) ---- */

/* As tech_ops.dial. */
struct invite *invite_dial(struct sip *sip, const struct tech_dial *dial,
			   const struct tech_events *events, void *owner, int *error);
/* As tech_ops.refuse_with; status 400..699. */
int invite_refuse_with(struct invite *iv, unsigned status);
/* As tech_ops.hangup. */
int invite_hangup(struct invite *iv, int cause);
/* New Call-ID, tag and CSeq: as a call of its own. */
void invite_take_ids(struct invite *iv);
/* HANGUP, or HANGUP_UNACKED. */
enum invite_event invite_hangup_event(const struct invite *iv);
/* From our side, told to the owner. */
void invite_end(struct invite *iv, int cause);

/* What both directions begin with. NULL: no room (counted). */
struct invite *invite_alloc(struct sip *sip);
void invite_take_endpoint(struct invite *iv, const struct sip_conf_endpoint *ep);

/* ---- life (invite.c) ---- */

/* Frees it without a word. */
void invite_destroy(struct invite *iv);
/* The one function that changes the state. The invite may be freed by it unless it is held. */
struct invite_input {
	const struct sip_msg *msg;
	const struct addr *from;
	int cause; /* HANGUP, LOST, GUARD */
	bool is_transport_error; /* TIMEOUT: of the transport, not of a timer */
};
void invite_step(struct invite *iv, enum invite_event event, const struct invite_input *in);
/* While held the invite stays allocated: around anything that may end it. */
static inline void invite_hold(struct invite *iv)
{
	iv->depth++;
}
void invite_release(struct invite *iv);
static inline bool invite_is_over(const struct invite *iv)
{
	return iv->state == INVITE_GONE;
}
void invite_tag(const struct invite *iv, char text[SIP_IDENT_LEN]);
/* The invite of our tag, or NULL. */
struct invite *invite_find(struct sip *sip, const struct sip_ident *id);
struct dialog *invite_find_dialog(struct invite *iv, struct slice remote_tag);
/* A dialog that knows what requests of this call carry; to be put into iv->dialogs. NULL: no room.
 */
struct dialog *invite_dialog_new(struct invite *iv);
/* The owner is gone: nobody asks for it any more. */
void invite_drop_response(struct invite *iv);
void invite_tell_ended(struct invite *iv, int cause, unsigned code, struct slice text);
/* Transaction user of the first INVITE and of those that repeat it. */
void invite_on_ict(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		   const struct addr *from);

/* ---- provisional responses and answer (invite_answer.c) ---- */

void invite_take_provisional(struct invite *iv, const struct sip_msg *msg, const struct addr *from);
/* ACK, dialog, linger record. 0; else the cause why the call must end: with iv->dialog it is still
 * to be told by BYE, without one that was done as well as can be. */
unsigned invite_accept(struct invite *iv, const struct sip_msg *msg, const struct addr *from);
/* The same, then media and `answered`. */
void invite_take_answer(struct invite *iv, const struct sip_msg *msg, const struct addr *from);
/* The ACK of a 2xx to our INVITE in the confirmed dialog, and a linger record for its copies, which
 * takes over the transaction. */
void invite_acknowledge(struct invite *iv, struct txn *ict, const struct sip_msg *msg);
/* RFC 4028 7.4: takes over the Min-SE of a 422; false: that cannot help, or has not helped twice.
 */
bool invite_take_422(struct invite *iv, const struct sip_msg *msg);
/* The call is over: every 2xx that `ict` may still have is ended by ACK and BYE. */
void invite_orphan(const struct invite *iv, struct txn *ict, unsigned cause);
/* A 2xx that the call does not take: ACK, and BYE with this cause (negative: no BYE). */
void invite_end_fork(const struct invite *iv, const struct sip_msg *msg, const struct addr *from,
		     int cause);

/* ---- messages (invite_build.c) ---- */

/* Where an INVITE goes. */
struct invite_way {
	struct slice ruri;  /* Request-URI */
	struct slice to;    /* URI that To is made from */
	struct slice path;  /* values of Route, joined by commas; empty: none, or */
	struct slice proxy; /* this URI; without ;lr it is a strict router (RFC 3261 12.2.1.1) */
	uint64_t contact;   /* its id; 0: none of an AOR */
};
/* The first INVITE to a target, with credentials if there are any. Of the dial: who calls and added
 * headers. 0, -EMSGSIZE, -EINVAL. */
int invite_write_first(struct sink *out, struct invite *iv, const struct tech_dial *dial,
		       const struct sip_conf_endpoint *ep, const struct invite_way *way,
		       struct slice branch);
/* `old`, a request of ours, with another branch, CSeq + 1, credentials, and, if it has one, our
 * session interval. */
int invite_write_again(struct sink *out, struct invite *iv, struct slice old,
		       const struct sip_hop *hop, struct slice branch);
/* Route, User-Agent and so on of an in-dialog request: everything up to the body. extra: whole
 * header lines. */
struct invite_request {
	enum sip_method method;
	struct slice extra; /* whole lines, behind CSeq and Route */
	bool with_contact;
	struct slice body;	/* or empty */
	struct slice body_type; /* empty: SDP */
	bool is_typed;		/* extra has a Content-Type: body_type does not count */
};
/* Sends a request other than INVITE and ACK in d. fn NULL: nobody waits for what comes of it,
 * unless it says that the dialog is gone. HANDLE_NONE: not sent. */
handle_t invite_send(struct invite *iv, struct dialog *d, const struct invite_request *r,
		     txn_fn fn);
/* Our INVITE in the confirmed dialog. */
handle_t invite_send_reinvite(struct invite *iv, struct slice sdp, txn_fn fn);
/* UPDATE without SDP: a session refresh. */
handle_t invite_send_update(struct invite *iv, txn_fn fn);
/* False: nothing was sent, so nothing will answer. */
bool invite_send_bye(struct invite *iv, struct dialog *d);
/* "sip:asterisk@ip:port" */
void invite_write_contact_uri(struct sink *out, const struct invite *iv,
			      const struct sip_conf_endpoint *ep);
/* P-Asserted-Identity and Remote-Party-ID of who is behind us now, if that was told. */
void invite_write_connected(struct sink *out, const struct invite *iv);

/* ---- who calls, attested (invite_identity.c) ---- */

/* Date and Identity (RFC 8224) of an INVITE from orig, a number as anybody writes it, to the URI,
 * if the endpoint's profile attests that number; has_date: there is a Date already. Each INVITE is
 * signed anew: its time and its origid are its own. Sets iv->is_attested. */
void invite_write_identity(struct sink *out, struct invite *iv, const struct sip_conf_endpoint *ep,
			   struct slice orig, struct slice to, bool has_date);
/* The same for our INVITE in the dialog: From calls To. */
void invite_write_dialog_identity(struct sink *out, struct invite *iv);
/* Says why, and counts it, if the final response refuses the call for its Identity. */
void invite_note_identity_refusal(struct invite *iv, const struct sip_msg *msg);

const struct sip_conf_endpoint *invite_endpoint(const struct invite *iv);

/* ---- credentials (invite_auth.c) ---- */

/* Before the first INVITE to a target: those of other calls to it, if it takes such. */
void invite_borrow_auth(struct invite *iv, const struct sip_conf_endpoint *ep);
/* Before a request in the confirmed dialog: challenges of those before it do not count. Not before
 * one that answers a challenge. */
void invite_begin_auth(struct invite *iv);
/* A 401 or 407: true if credentials were found, to be written by invite_write_auth. */
bool invite_take_auth(struct invite *iv, const struct sip_msg *msg);
/* A 403: true if it may mean borrowed credentials; then there are none any more. */
bool invite_doubt_auth(struct invite *iv);
/* A response to our INVITE: what lets the call in is kept for others. */
void invite_auth_heard(struct invite *iv, const struct sip_msg *msg);
/* Credentials as far as there are any. */
void invite_write_auth(struct sink *out, struct invite *iv, struct slice method, struct slice ruri);
void invite_drop_auth(struct invite *iv);
/* That of a request in this dialog, as far as it is known now. */
void invite_find_hop(const struct invite *iv, struct dialog *d, struct sip_hop *out);
/* Who a response came from. */
struct sip_peer invite_peer(const struct invite *iv, const struct addr *from);

/* ---- what changes nothing of the call (invite_tell.c) ---- */

/* As tech_ops.send_text: MESSAGE in the confirmed dialog. */
int invite_send_text(struct invite *iv, struct slice content_type, struct slice text);
/* As tech_ops.send_digit: INFO with application/dtmf-relay, where dtmf_mode is info, or auto_info
 * (there for far ends that take no telephone events). */
int invite_send_digit(struct invite *iv, char digit, uint32_t duration_ms);
/* As tech_ops.notify: also in an early dialog. */
int invite_notify(struct invite *iv, const struct notify_text *text);

/* ---- session descriptions (invite_sdp.c) ---- */

void invite_write_offer(struct sink *out, struct invite *iv);
/* Our answer to an offer. 0; -ENOTSUP, -EBADMSG: refuse it by 488. *desc is what the far end wants.
 */
int invite_write_answer(struct sink *out, struct invite *iv, struct slice offer,
			struct media_desc *desc, bool *held);
/* Whether their offer could be answered, and what they want: nothing is written. 0 or as above. */
int invite_read_offer(struct invite *iv, struct slice offer, struct media_desc *desc);
/* The far end's answer to our offer. 0 or as above. */
int invite_read_answer(struct invite *iv, struct slice answer, struct media_desc *desc, bool *held);
/* Tells the owner if something changed. */
void invite_media_changed(struct invite *iv, const struct media_desc *desc, bool held);

/* ---- requests of the far end (invite_in.c) ---- */

void invite_rx_request(struct invite *iv, const struct sip_rx *rx);
void invite_rx_ack(struct invite *iv, const struct sip_rx *rx);
/* Transaction user of the far end's INVITE. */
void invite_on_ist(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		   const struct addr *from);
/* 200 to INVITE or UPDATE. body: SDP or empty. */
void invite_reply_200(struct invite *iv, const struct sip_rx *rx, struct txn *t, struct slice body);

/* ---- session timers (invite_session.c) ---- */

/* A 2xx to our INVITE or UPDATE. */
void invite_session_answered(struct invite *iv, const struct sip_msg *msg);
/* Their INVITE or UPDATE: writes our Session-Expires and Require into the 2xx. */
void invite_session_offered(struct invite *iv, const struct sip_msg *msg, struct sink *lines);
void invite_session_fire(struct tmr *t, void *arg);
void invite_session_again(struct tmr *t, void *arg);
/* The far end can be sent a request again: what waited for that. */
void invite_session_go_on(struct invite *iv);
/* As tech_ops.connect. */
int invite_connect(struct invite *iv, struct slice name, struct slice num);
/* A response to a request of ours in the confirmed dialog: 481 and 408 say that there is no such
 * dialog any more (RFC 5057 5, RFC 3261 12.2.1.2): the call ends. */
void invite_dialog_answered(struct invite *iv, const struct sip_msg *msg);
/* Of requests that nobody waits for. arg: struct sip. */
void invite_on_unawaited(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
			 const struct addr *from);

#endif
