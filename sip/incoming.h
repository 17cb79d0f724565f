/* sip/incoming.h - a call that comes in: from its INVITE to the answer or the refusal (RFC
 * 3261 8.2, 13.3; RFC 3262).
 *
 * The call itself is a struct invite, as for calls that we place, in state OFFERED until a final
 * response is sent; then it is one like any other. What only its beginning needs is here: the kept
 * INVITE (responses copy from it, a dialplan reads its headers), and the provisional responses,
 * which are repeated each minute, or, when the caller wants them reliable, until PRACK. */
#ifndef RINGER_SIP_INCOMING_H
#define RINGER_SIP_INCOMING_H

#include "engine/base/hash.h"
#include "sip/invite.h"

struct incoming {
	struct invite *iv;
	struct msgbuf *request; /* the INVITE; a long one without the headers that we do not need */
	struct hash_node node;	/* of sip->incoming_by_id */
	struct tmr timer;	/* repeats the last provisional response */
	int64_t interval_ns;	/* of a reliable one that waits for its PRACK */
	int64_t until_ns;	/* ... and when that is given up */
	struct addr from;
	uint32_t rseq;	      /* of the last reliable provisional */
	uint16_t told_code;   /* last provisional above 100; 0: none */
	uint16_t wanted_code; /* to be sent when the PRACK has come: 180, 183, 200; 0: none */
	uint16_t refusal;     /* status that a refusal shall have; 0: that of its cause */
	bool is_reliable;     /* provisionals go reliably */
	bool is_pending;      /* one waits for its PRACK */
	bool is_pending_sdp;  /* ... and carries a session description */
	bool has_offer;	      /* the INVITE had one */
	bool has_our_offer;   /* ours went out in a reliable provisional: PRACK brings the answer */
	bool is_settled;      /* offer and answer were exchanged reliably before the 200 */
	bool is_acked;	      /* the ACK of the 200 came */
	char redirect[256];   /* URI for the Contact of a 302 */
};

/* An INVITE outside of any dialog. */
void incoming_rx(const struct sip_rx *rx);
/* A call in state OFFERED without an owner, its server transaction waiting. NULL: the INVITE was
 * refused, and answered. */
struct invite *incoming_make(const struct sip_rx *rx, const struct sip_conf_endpoint *ep,
			     struct slice tag);
/* A CANCEL, answered already, for the INVITE of this server transaction. */
void incoming_rx_cancel(struct txn *t, const struct sip_rx *rx);
/* True: the PRACK was for a provisional of ours and is answered. */
bool incoming_rx_prack(struct invite *iv, struct dialog *d, const struct sip_rx *rx, struct txn *t);
void incoming_free(struct incoming *in);

/* As tech_ops. */
int incoming_indicate(struct invite *iv, enum tech_indication what, struct media_desc *remote);
int incoming_answer(struct invite *iv, struct media_desc *remote);
bool incoming_header(const struct invite *iv, uint32_t index, struct sink *line);

/* Actions of the call's states (invite.c). */
void incoming_accept(struct invite *iv, const struct invite_input *in);	   /* 200 */
void incoming_refuse(struct invite *iv, const struct invite_input *in);	   /* by in->cause */
void incoming_cancelled(struct invite *iv, const struct invite_input *in); /* 487 */
void incoming_given_up(struct invite *iv, const struct invite_input *in);  /* no PRACK: 504 */

/* ---- responses (incoming_reply.c) ---- */

/* The INVITE once more, parsed, for a response. */
struct incoming_msg {
	struct sip_msg msg;
	struct sip_rx rx;
};
void incoming_parse(const struct invite *iv, struct incoming_msg *out);
/* What each response repeats of the request leaves room for what is ours: SDP, Contact and the
 * like. Where it does not, the request is refused by 513 (RFC 3261 21.5.7). */
bool incoming_leaves_room(const struct sip_rx *rx);
/* 406 to who does not take what an answer to an offer is (RFC 3261 21.4.7). t, tag: as sip_reply.
 * False: nothing to refuse. */
bool incoming_refuse_accept(const struct sip_rx *rx, struct txn *t, struct slice tag);
void incoming_send_provisional(struct invite *iv, unsigned code);
/* reason_cause: Q.850, 0: no Reason. */
void incoming_send_failure(struct invite *iv, unsigned code, unsigned reason_cause);
void incoming_on_timer(struct tmr *t, void *arg);

/* ---- who calls (incoming_caller.c) ---- */

/* Tells the owner of a call, either way, whom a trusted far end asserts itself to be: in a response
 * to our INVITE, in a re-INVITE or UPDATE. */
void incoming_tell_connected(struct invite *iv, const struct sip_msg *msg);
/* What the core is told. The slices live in *room or in the message. */
struct incoming_room {
	char exten[LIMIT_NAME], name[LIMIT_NAME], num[LIMIT_NAME], rdnis[LIMIT_NAME],
		rdname[LIMIT_NAME];
};
void incoming_fill_offer(const struct sip_msg *msg, const struct sip_conf_endpoint *ep,
			 struct incoming_room *room, struct tech_offer *out);

#endif
