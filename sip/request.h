/* sip/request.h - requests of ours outside of any dialog: OPTIONS to a contact, REGISTER.
 *
 * One text, one transaction; credentials and a second try are the caller's business. */
#ifndef RINGER_SIP_REQUEST_H
#define RINGER_SIP_REQUEST_H

#include "sip/sip_internal.h"

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
	uint64_t tag;		 /* of From */
	struct slice call_id;
	uint32_t cseq;
	int32_t transport; /* wanted, -1: any */
	struct addr dst;
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

/* By what it has to be sent: its first hop decides, which is the first of the Route values, or the
 * proxy, or the target itself (URIs). */
enum sip_transport sip_request_protocol(struct slice route, struct slice proxy,
					struct slice target);
/* The address to which a request for this URI goes: that of the first hop. False: not an IP
 * address. */
bool sip_request_addr(struct slice uri, struct addr *out);

/* The same for the first value of a Route. */
bool sip_route_addr(struct slice route, struct addr *out);

#endif
