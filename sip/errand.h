/* sip/errand.h - one request outside of dialogs, until its final answer: names and failover.
 *
 * Where it goes is found as for a call (target.h: NAPTR, SRV, AAAA and A); it is sent to the
 * targets in turn, the next one when there is no answer, a transport error or a 503 (RFC 3263 4.3):
 * the same request with another branch, and Via and Contact of its transport. Targets that are held
 * or down (health.h) come last, for a REGISTER or a question must be sent all the same; any answer
 * is told to health.h.
 *
 * An errand lives from sip_errand_begin until one of its ops ended it, or sip_errand_drop. It keeps
 * no text: its owner writes the request anew for each target. While names are looked up nothing is
 * sent. On the shard's thread. */
#ifndef RINGER_SIP_ERRAND_H
#define RINGER_SIP_ERRAND_H

#include "sip/request.h"

#define ERRAND_ROOM 1024 /* for texts that the owner makes for one sending */

struct sip_errand_ops {
	enum metric sent; /* counts what was sent */
	/* What is to be sent: all but r->target. *r is zero but for transport -1; the CSeq stays
	 * the same for another target. 0, or a negative errno, which ends the errand. */
	int (*write)(void *arg, struct sip_request *r, struct sink *room);
	/* A final response. True: once more to the same target, after a challenge for instance;
	 * the owner sees to it that this ends. False: the errand is over. */
	bool (*answered)(void *arg, const struct txn *t, const struct sip_msg *msg);
	/* It is over without an answer that can be used; code: 503 if a target said so, 0: none
	 * said anything, or the name leads nowhere. */
	void (*failed)(void *arg, unsigned code);
	/* The target, which was down, has said something: before `answered`. NULL: no matter. */
	void (*is_back)(void *arg);
};

int sip_errands_create(struct sip *sip); /* 0 or -ENOMEM */
void sip_errands_destroy(struct sip *sip);

/* prefer: a target to be tried first if it is one of them, or NULL. HANDLE_NONE: nothing could be
 * sent, and *error (negative errno) says why; then no op is called after this. ops outlives it. */
handle_t sip_errand_begin(struct sip *sip, const struct sip_errand_ops *ops, void *arg,
			  const struct sip_target *prefer, int *error);
/* Leaves the target at hand for the next one. False: there is none; the errand is to be dropped. */
bool sip_errand_next(struct sip *sip, handle_t errand);
/* Ends it without a further word; fine if it is over. */
void sip_errand_drop(struct sip *sip, handle_t errand);
/* The target at hand: from `answered`. */
const struct sip_target *sip_errand_target(const struct sip *sip, handle_t errand);

#endif
