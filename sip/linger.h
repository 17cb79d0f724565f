/* sip/linger.h - what must still be answered when a call of ours was answered (RFC 3261 13.2.2.4).
 *
 * For 64*T1 after the first 2xx each copy of it gets the same ACK again, and each 2xx with another
 * To tag (a fork) gets ACK and BYE, whether or not the call itself still exists. A record holds the
 * ACK; it lives exactly as long as its INVITE transaction is in ACCEPTED. When all records are in
 * use the oldest gives way (counted). */
#ifndef RINGER_SIP_LINGER_H
#define RINGER_SIP_LINGER_H

#include "sip/dialog.h"
#include "sip/sip_internal.h"

/* What is still to be known of the call. */
struct linger_call {
	struct addr local; /* our address in it */
	uint32_t cseq;	   /* of the last request, also of a PRACK in an early dialog */
	uint8_t tp;
};

struct linger {
	struct list node; /* of sip->linger_fifo */
	struct sip *sip;
	struct next_hop_ack ack; /* text NULL: none */
	handle_t ict;
	uint64_t winner;		 /* hash of the To tag */
	uint64_t forks[LIMIT_SIP_FORKS]; /* hashes of the To tags that got their BYE */
	uint16_t cause;			 /* Q.850 in the BYE of a fork; 0: none */
	uint8_t fork_count;
	struct linger_call call;
};

/* The ACK of a 2xx. */
struct linger_ack {
	struct dialog *dialog;
	struct sip_hop hop; /* for which it is written */
	struct slice text;  /* empty: it could not be written */
};
/* Sends the ACK, and takes over `ict`, whose first 2xx has this To tag. */
void linger_start(struct sip *sip, struct txn *ict, struct slice tag, const struct linger_ack *ack,
		  const struct linger_call *call);
/* Nobody is left for `ict`: every 2xx is ended by ACK and BYE. */
void linger_orphan(struct sip *sip, struct txn *ict, const struct linger_call *call,
		   unsigned cause);
/* ACK, and BYE with this cause (negative: no BYE), in the dialog of a 2xx that nobody wants. */
void linger_end_fork(struct sip *sip, const struct linger_call *call, const struct sip_msg *msg,
		     const struct sip_peer *from, int cause);
/* The same for the 2xx of a call that nothing remembers. Anyone could have made it up: no name in
 * it is looked up, both go to where it came from or to an address that it gives. */
void linger_end_orphan(struct sip *sip, uint8_t tp, const struct addr *local,
		       const struct sip_msg *msg, const struct sip_peer *from);

#endif
