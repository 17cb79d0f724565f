/* sip/next_hop.h - where the requests of one dialog go (RFC 3261 8.1.2, 12.2.1.1; RFC 3263).
 *
 * The next hop is what the first Route says, else the remote target. An address is used as it is. A
 * name is looked up as soon as a message brings it; what it leads to holds until the dialog has
 * another next hop, so that all requests of a call find the same server. Of several targets the one
 * that the message came from is taken if it is among them, else the first that is not in trouble
 * (health.h). They are of the call's address family.
 *
 * What is to be sent before the answer is there waits: transactions (txn_client_hold), each in its
 * turn, and ACKs of 2xx. When 8 * T1 are over, or the name leads nowhere, it goes to where the last
 * message came from: a call must be ended somewhere. An answer that comes later counts for what
 * follows, and once more for the ACKs; after a failure the next request asks again. So it does when
 * there was no room for a search.
 *
 * A search outlives its dialog as long as an ACK or a BYE waits in it. On the shard's thread. */
#ifndef RINGER_SIP_NEXT_HOP_H
#define RINGER_SIP_NEXT_HOP_H

#include "sip/sip_internal.h"

/* Where a request goes, and by what. */
struct sip_hop {
	struct sip_peer peer;
	struct addr local; /* our sent-by */
	uint8_t tp;
};

struct next_hop_search;

struct next_hop {
	struct sip *sip;
	struct next_hop_search *search; /* NULL: none is under way */
	struct addr addr;
	uint64_t host;	  /* number of the name that led there (peer.h); 0: none did */
	uint64_t name;	  /* hash of the URI that names it; 0: an address */
	int8_t transport; /* enum sip_transport: named, or found; -1: that of the call */
	uint8_t tp;	  /* of the call */
	bool is_unfound;  /* the name led nowhere: to be asked for again */
	bool is_blind;	  /* no name is looked up */
};

/* An ACK, which goes out once more for each copy of its 2xx. Embedded in who keeps it. */
struct next_hop_ack {
	struct list node; /* of the search */
	struct msgbuf *text;
	struct sip_hop hop;
	bool is_waiting; /* was not sent yet */
};

int next_hops_create(struct sip *sip, uint32_t count); /* 0 or -ENOMEM */
void next_hops_destroy(struct sip *sip);

/* tp: of the call. */
void next_hop_init(struct next_hop *h, struct sip *sip, uint8_t tp);
/* The dialog is over: what only it would have wanted is not sent any more. */
void next_hop_end(struct next_hop *h);
/* The dialog was never kept: all that waits goes out. */
void next_hop_leave(struct next_hop *h);

/* uri: the next hop. from: where the message came from that brings it; NULL: who was reached until
 * now is what it falls back to. is_source: the URI was made from that address (rewrite_contact), it
 * is reached as the message came. What cannot be sent to (another scheme, an address of the other
 * family, 0.0.0.0) is replaced by `from`. */
void next_hop_set(struct next_hop *h, struct slice uri, const struct addr *from, bool is_source);
/* Before a request: asks again for a name that was not found. */
void next_hop_refresh(struct next_hop *h, struct slice uri);
/* As far as it is known now. call: first hop of the INVITE; who stands at its address is who it
 * went to, by the name that was dialled then. */
void next_hop_get(const struct next_hop *h, const struct sip_hop *call, struct sip_hop *out);

/* As txn_client_send, to what next_hop_get said; if a name is looked up, later and to what is found
 * then. */
int next_hop_send(struct next_hop *h, struct txn *t, const struct sip_hop *hop,
		  struct slice request);
/* The same for an ACK: text and hop are set. *ack must stay until next_hop_ack_free. */
void next_hop_send_ack(struct next_hop *h, struct next_hop_ack *ack);
/* The same for one that nobody keeps. */
void next_hop_send_ack_once(struct next_hop *h, const struct sip_hop *hop, struct slice text);
/* Once more, unless it waits still. */
void next_hop_send_ack_again(struct sip *sip, const struct next_hop_ack *ack);
/* One that waits still goes out as it is. */
void next_hop_ack_free(struct sip *sip, struct next_hop_ack *ack);

#endif
