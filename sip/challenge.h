/* sip/challenge.h - digest authentication, the server's side (RFC 7616, 8760; RFC 3261 22).
 *
 * Nothing is kept per challenge: a nonce says when it was made and proves by a keyed digest that we
 * made it, for this realm and this source address. All shards share the secret, so any of them
 * takes a nonce of any other. Comparisons of what a caller could guess at take the same time
 * whatever they find. */
#ifndef RINGER_SIP_CHALLENGE_H
#define RINGER_SIP_CHALLENGE_H

#include "engine/io/addr.h"
#include "sip/auth.h"

#define SIP_NONCE_LEN  40 /* hex digits */
#define SIP_SECRET_LEN 32

/* Who asks, and with what. */
struct sip_challenger {
	struct sip_digest *digest;
	const uint8_t *secret;	   /* SIP_SECRET_LEN octets */
	int64_t now_s;		   /* wall clock */
	const struct addr *source; /* of the request; only its IP counts */
};

/* What one auth object demands. */
struct sip_demand {
	struct sip_credentials cred; /* realm: as it is shown */
	struct sip_auth_algs algs;   /* asked for, the preferred one first */
	uint32_t nonce_lifetime_s;
};

enum sip_verdict {
	SIP_VERDICT_NONE, /* no credentials for this realm: ask for them */
	SIP_VERDICT_GOOD,
	SIP_VERDICT_STALE, /* the nonce is not ours or too old: ask again, with stale=true */
	SIP_VERDICT_WRONG, /* user, secret or URI is not right */
};

void sip_nonce_write(const struct sip_challenger *who, struct slice realm,
		     char nonce[SIP_NONCE_LEN]);

/* The Authorization (or, for is_proxy, Proxy-Authorization) of a request against one demand. A
 * value that cannot be read counts as WRONG. */
enum sip_verdict sip_challenge_verify(const struct sip_challenger *who, const struct sip_msg *msg,
				      bool is_proxy, const struct sip_demand *demand);

/* One WWW-Authenticate (Proxy-Authenticate) line for each algorithm, in their order (RFC 8760 2.4).
 */
void sip_challenge_write(struct sink *out, const struct sip_challenger *who, bool is_proxy,
			 const struct sip_demand *demand, bool is_stale);

/* The user that the credentials of a request name, raw; empty: none. */
struct slice sip_challenge_user(const struct sip_msg *msg);

#endif
