/* tests/flow/flow_caller.h - the far end as a caller: INVITEs towards the engine, played by hand.
 */
#ifndef RINGER_TESTS_FLOW_FLOW_CALLER_H
#define RINGER_TESTS_FLOW_FLOW_CALLER_H

#include "tests/flow/flow.h"

/* Everybody from 10.0.0.9 is the trunk: further sections for flow_start. */
#define FLOW_PEER "[who]\ntype=identify\nendpoint=trunk\nmatch=10.0.0.9\n"

/* One call from 10.0.0.9. Fields may be changed between messages. */
struct flow_caller {
	struct flow *f;
	const char *from, *ruri;   /* "\"Ann\" <sip:...>", "sip:100@10.0.0.1" */
	const char *to;		   /* URI of To: "sip:100@10.0.0.1" */
	const char *contact;	   /* URI of its Contact in INVITEs */
	const char *via;	   /* its Via behind the transport, without branch */
	const struct addr *source; /* NULL: as all flows */
	char to_tag[64];	   /* of the engine; empty until it was taken */
	char call_id[32], tag[32];
	char branch[64];  /* of the last INVITE */
	char target[128]; /* Request-URI in the dialog */
	unsigned cseq;	  /* of the last request */
};

/* Begins a call from "Ann" <sip:1000@10.0.0.9> to sip:100@10.0.0.1; nothing is sent. */
void flow_caller_init(struct flow_caller *c, struct flow *f);
/* INVITE with a new branch and CSeq + 1. extra: whole header lines, body: SDP or NULL. */
void flow_caller_invite(struct flow_caller *c, const char *extra, const char *body);
/* The same, up to the 100 and to the owner who hears of the call: nobody has answered it yet. */
void flow_caller_offer(struct flow_caller *c, const char *extra, const char *body);
/* The same INVITE again, octet by octet but for the branch if another one is given. */
void flow_caller_again(struct flow_caller *c, const char *branch, const char *extra,
		       const char *body);
/* The next message must be this response; takes its To tag and Contact. */
const struct flow_msg *flow_caller_expect(struct flow_caller *c, const char *status);
/* ACK of a 2xx (in the dialog), and of a failure (in the transaction). */
void flow_caller_ack(struct flow_caller *c, const char *body);
void flow_caller_ack_failure(struct flow_caller *c);
/* The same for a request within the call, which goes on. */
void flow_caller_ack_refused(struct flow_caller *c);
/* CANCEL of the last INVITE; the 200 and the 487 are still to be expected. */
void flow_caller_cancel(struct flow_caller *c, const char *extra);
/* A request in the dialog, CSeq + 1. */
void flow_caller_request(struct flow_caller *c, const char *method, const char *extra,
			 const char *body);
/* The owner's operations, from within the loop. The fact of media comes as "media ...". */
void flow_indicate(struct flow *f, enum tech_indication what);
int flow_answer(struct flow *f);
/* As tech_ops.transfer. */
int flow_transfer(struct flow *f, const char *dest);
/* From INVITE to ACK: the call is up. */
void flow_caller_talk(struct flow_caller *c);
/* Hangs up: BYE, its 200, and the owner hears of it. */
void flow_caller_bye(struct flow_caller *c);
/* Gives up before the answer: from CANCEL to the ACK of the 487. */
void flow_caller_give_up(struct flow_caller *c);

#endif
