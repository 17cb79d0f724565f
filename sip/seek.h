/* sip/seek.h - where one call is tried: ways, their targets, and the next one when one fails.
 *
 * A way is a Request-URI with the Route that leads to it: a contact of the endpoint's AORs, the URI
 * of the dial string, or a Contact of a 3xx. Ways are tried in order; each leads to a list of
 * targets (target.h), tried in order. One that gave no answer, could not be sent to, or said 503 is
 * not tried again for this call, and those that are held or down (health.h) are passed over. An
 * attempt whose targets are all held goes back into line before anything is done (seek_is_held).
 *
 * While names are looked up nothing is sent and the invite is SEEKING. Every INVITE is written anew
 * from what is kept of the dial, so that Via, Contact and media address are those of its transport.
 * The same request goes to each target: same Call-ID, tag and CSeq, another branch (RFC 3263 4.3).
 */
#ifndef RINGER_SIP_SEEK_H
#define RINGER_SIP_SEEK_H

#include "sip/invite.h"
#include "sip/target.h"

#define SEEK_FAILED_MAX (2 * LIMIT_SIP_TARGETS)

struct seek {
	struct sip *sip;
	struct invite *iv; /* NULL: nothing is to be sent (seek_is_held) */
	struct sip_target_search search;
	struct sip_target_list list; /* of the way at hand */
	uint32_t next;		     /* of list */
	struct msgbuf *kept;	     /* packed: who calls, added headers, ways */
	uint32_t way_at, way_next;   /* in kept: the way at hand, the one after it */
	struct sip_target failed[SEEK_FAILED_MAX];
	uint32_t failed_count;
	uint64_t tried[LIMIT_SIP_REDIRECTS + 1]; /* hashes of Request-URIs, with 3xx */
	uint32_t tried_count;
	uint32_t redirect_count;
	int64_t held_ns; /* the first target passed over is free again then */
	bool has_free;	 /* a target was neither held nor down */
	bool is_foreign; /* the dial string brought its own URI: it says nothing of the trunk */
	bool has_down;
	bool is_reported;     /* what went wrong last is what a target said */
	uint16_t code, cause; /* of it */
};

enum seek_result {
	SEEK_SENT,  /* an INVITE is on its way */
	SEEK_WAITS, /* names are looked up: INVITE_SENT or INVITE_UNREACHED will follow */
	SEEK_OVER,  /* nothing is left to be tried */
};

/* Chooses and tries. *error: negative errno if the call can not be made at all (no contact, no
 * transport, a message that does not fit); then the result is SEEK_OVER. */
enum seek_result seek_begin(struct invite *iv, const struct tech_dial *dial,
			    const struct sip_conf_endpoint *ep, int *error);
/* The target at hand refused, by this response. */
enum seek_result seek_next(struct invite *iv, const struct sip_msg *msg);
/* It said nothing: as 408, or as 503 if it was the transport that failed (RFC 3261 8.1.3.1). */
enum seek_result seek_next_of_silent(struct invite *iv, bool is_transport_error);
/* A 3xx, if the endpoint follows them (redirect_method). *followed false: it does not, or there is
 * no Contact to follow; then the result is SEEK_OVER. */
enum seek_result seek_redirect(struct invite *iv, const struct sip_msg *msg, bool *followed);
/* Whether a dial to the resource would find every target held or down; then *hold says until when.
 * False also when that is not known without asking for names, and for a resource with a URI of its
 * own: its trunk's orders do not wait for a target that is none of the trunk's. */
bool seek_is_held(struct sip *sip, struct slice resource, const struct sip_conf_endpoint *ep,
		  struct tech_hold *hold);
/* Lets go of everything; iv->seek is NULL after. Fine without one. */
void seek_end(struct invite *iv);

/* ---- what the requests of a call say about their target ---- */

/* A response came; a time-out or a failure to send. */
void seek_heard(struct invite *iv, const struct sip_msg *msg);
void seek_unheard(struct invite *iv);

#endif
