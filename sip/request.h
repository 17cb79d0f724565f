/* sip/request.h - requests of ours outside of any dialog: their text, and one transaction.
 *
 * Who sends one goes through errand.h, which finds the targets and tries them in turn. */
#ifndef RINGER_SIP_REQUEST_H
#define RINGER_SIP_REQUEST_H

#include "sip/sip_internal.h"
#include "sip/target.h"

struct sip_request {
	enum sip_method method;
	struct slice ruri;
	struct slice from, to; /* URIs; from empty: "sip:<user>@<our address>" */
	struct slice user;     /* of From, if it is empty, and of Contact */
	struct slice
		contact_params; /* ";line=..." inside the <>, and what follows them: as given */
	struct slice contact_tail;
	struct slice user_agent; /* empty: ours */
	struct slice route;	 /* values of Route, joined by commas; empty: none, or */
	struct slice proxy;	 /* this URI as the one Route */
	struct slice extra;	 /* whole lines, behind Contact */
	struct slice body;	 /* its Content-Type stands in extra */
	uint64_t tag;		 /* of From */
	struct slice call_id;
	uint32_t cseq;
	int32_t transport;	  /* wanted, -1: any */
	struct sip_target target; /* where it goes */
	struct slice host;	  /* TLS: the name that led there; empty: none did */
	/* Credentials, or NULL. */
	struct sip_auth_state *auth;
	const struct sip_credentials *cred;
};

/* Sends it. The transaction, or HANDLE_NONE: it could not be sent, and *error (negative errno) says
 * why; fn then hears nothing. */
handle_t sip_request_send(struct sip *sip, const struct sip_request *r, txn_fn fn, void *arg,
			  int *error);
/* Ends the transaction of a request without a further word to fn; fine if it is gone. */
void sip_request_drop(struct sip *sip, handle_t txn);

/* The URI that decides where a request goes first (RFC 3261 8.1.2): the first value of Route, the
 * proxy, or the target itself (URI). False: not a URI. */
bool sip_request_first_hop(struct slice route, struct slice proxy, struct slice target,
			   struct sip_uri *out);
/* A proxy that routes as RFC 2543 did (no ";lr"): it wants to be the Request-URI. */
bool sip_request_is_strict(struct slice route, struct slice proxy);

#endif
