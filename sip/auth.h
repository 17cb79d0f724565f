/* sip/auth.h - digest authentication, the client's side (RFC 2617, 7616, 8760; RFC 3261 22).
 *
 * Challenges are slices over the message that brought them. What must outlive it (realm, nonce,
 * opaque) is copied into a sip_auth_state of fixed size. Digests come from OpenSSL; a sip_digest
 * keeps its contexts, so computing a response allocates nothing. One per shard, no locks. */
#ifndef RINGER_SIP_AUTH_H
#define RINGER_SIP_AUTH_H

#include "sip/msg.h"

enum sip_auth_alg {
	SIP_AUTH_MD5,
	SIP_AUTH_SHA256,
	SIP_AUTH_SHA512_256,
	SIP_AUTH_ALG_COUNT,
	SIP_AUTH_ALG_UNKNOWN = SIP_AUTH_ALG_COUNT,
};
/* "MD5", "SHA-256", "SHA-512-256"; by name without case. */
struct slice sip_auth_alg_name(enum sip_auth_alg alg);
enum sip_auth_alg sip_auth_alg_lookup(struct slice name);

/* Hex digits of its digests. */
unsigned sip_auth_alg_digits(enum sip_auth_alg alg);

/* Bit masks of algorithms: 1u << alg. The default of Asterisk is MD5 alone (A7). */
#define SIP_AUTH_MASK_DEFAULT (1u << SIP_AUTH_MD5)
#define SIP_AUTH_MASK_ALL     ((1u << SIP_AUTH_ALG_COUNT) - 1)

/* Algorithms in an order of preference, each at most once. */
struct sip_auth_algs {
	uint8_t list[SIP_AUTH_ALG_COUNT]; /* enum sip_auth_alg */
	uint8_t count;
};
#define SIP_AUTH_ALGS_DEFAULT ((struct sip_auth_algs){.list = {SIP_AUTH_MD5}, .count = 1})
unsigned sip_auth_algs_mask(const struct sip_auth_algs *algs);
/* Nothing if it is there already. */
void sip_auth_algs_add(struct sip_auth_algs *algs, enum sip_auth_alg alg);

/* What challenges and credentials have in common: "Digest name=value, name="value" ...".
 * sip_auth_scheme: 0 with the text behind the scheme in *params; -EINVAL: none; -ENOTSUP: not
 * Digest. sip_auth_param takes one parameter off the front of it, without its quotes and with
 * backslash pairs as they came: 0; -ENOENT at the end; -EINVAL. */
int sip_auth_scheme(struct slice value, struct slice *params);
int sip_auth_param(struct slice *params, struct slice *name, struct slice *value);

#define SIP_AUTH_CHALLENGES 10  /* challenges looked at in one message (A6) */
#define SIP_AUTH_REALMS     2   /* realms answered in one request: proxy and far end */
#define SIP_AUTH_HEX_MAX    64  /* hex digits of the longest digest */
#define SIP_AUTH_TEXT       256 /* octets of realm, nonce, opaque kept for reuse */

/* One WWW-Authenticate or Proxy-Authenticate value. */
struct sip_challenge {
	enum sip_auth_alg alg;  /* absent: MD5 */
	bool has_alg;           /* the challenge named it, so the answer does too */
	bool is_proxy;          /* Proxy-Authenticate: answered by Proxy-Authorization (A5) */
	bool is_stale;          /* stale=true: not a refusal (A6) */
	bool has_qop;           /* a qop was given */
	bool has_qop_auth;      /* and "auth" is one of it */
	struct slice realm;     /* without quotes, backslash pairs kept as they came */
	struct slice nonce;
	struct slice opaque;
	bool has_opaque;
};

/* 0; -EINVAL: no scheme, no realm or no nonce, open quote; -ENOTSUP: not Digest, unknown algorithm
 * (also MD5-sess), or only qop=auth-int. Unknown parameters are skipped. *out is filled as far as
 * possible in the latter case. */
int sip_challenge_parse(struct sip_challenge *out, struct slice value, bool is_proxy);

/* The challenges of a 401/407 to be answered: per realm the topmost one whose algorithm is in
 * alg_mask (A7), proxies first. Returns how many were put into out[max]; 0: none usable. */
unsigned sip_auth_choose(const struct sip_msg *response, unsigned alg_mask,
			 struct sip_challenge *out, unsigned max);

/* User and secret of a trunk. */
struct sip_credentials {
	struct slice username;
	struct slice password; /* clear text */
	/* hex H(user:realm:password) by algorithm (password_digest), each in place of the password;
	 * empty: none. Of no use for algorithms without one if there is no password either. */
	struct slice ha1[SIP_AUTH_ALG_COUNT];
	struct slice realm; /* empty: any */
};
/* Mask of the algorithms for which there is a secret; an empty password is one where no ha1 is. */
unsigned sip_credentials_mask(const struct sip_credentials *cred);

struct sip_digest; /* contexts of the three algorithms */
/* 0, -ENOMEM; an algorithm that this OpenSSL lacks is only missing (sip_digest_has). */
int sip_digest_create(struct sip_digest **out);
void sip_digest_destroy(struct sip_digest *d);
bool sip_digest_has(const struct sip_digest *d, enum sip_auth_alg alg);

/* Lower-case hex of H(parts[0] parts[1] ...), the parts joined without separator. Returns the count of
 * digits (32 or 64) or -ENOTSUP. */
int sip_digest_hex(struct sip_digest *d, enum sip_auth_alg alg, const struct slice *parts,
		   unsigned count, char hex[SIP_AUTH_HEX_MAX]);

/* What one request answers with. */
struct sip_auth_request {
	struct slice method;
	struct slice uri;    /* Request-URI as sent (A2) */
	struct slice cnonce; /* from the caller's chance: new for each request (A3) */
	uint32_t nc;         /* 1 for a new nonce, then +1; printed as 8 hex digits */
};

/* The response= digits (A1). Count of digits, or -ENOTSUP / -EINVAL (no secret for the algorithm,
 * or a ha1 of another length). */
int sip_auth_response(struct sip_digest *d, const struct sip_challenge *c,
		      const struct sip_credentials *cred, const struct sip_auth_request *req,
		      char hex[SIP_AUTH_HEX_MAX]);

/* "Authorization: Digest username=..." with line end, in Asterisk's order (A8). 0 or as above. */
int sip_auth_write(struct sink *out, struct sip_digest *d, const struct sip_challenge *c,
		   const struct sip_credentials *cred, const struct sip_auth_request *req);

/* What a trunk or dialog remembers of a realm, for pre-emptive credentials and for telling "stale"
 * from "refused". Zeroed: knows nothing. */
struct sip_auth_slot {
	bool in_use;
	bool is_proxy;
	bool is_proven; /* credentials with this nonce were accepted once */
	bool has_qop;
	bool has_opaque;
	bool has_alg;
	bool is_shared; /* other calls use the nonce too: nonces.h counts it */
	uint8_t alg;
	uint16_t realm_len;
	uint16_t nonce_len;
	uint16_t opaque_len;
	uint32_t nc; /* last used with this nonce */
	char realm[SIP_AUTH_TEXT];
	char nonce[SIP_AUTH_TEXT];
	char opaque[SIP_AUTH_TEXT];
};

struct sip_auth_state {
	struct sip_auth_slot slots[SIP_AUTH_REALMS];
	uint32_t round_count; /* challenges taken since the last success */
	bool is_borrowed; /* begun with nonces of other calls: the first challenge is no refusal */
	uint64_t share;	  /* nonces.h: where the nonces of shared slots are counted, */
	uint32_t share_gen; /* and which ones they were */
};

enum sip_auth_verdict {
	SIP_AUTH_RETRY,   /* new credentials are possible: send again with CSeq + 1 */
	SIP_AUTH_REFUSED, /* our credentials for this realm were refused, or too many rounds (A6) */
	SIP_AUTH_UNUSABLE, /* no challenge that we can answer */
};

/* Takes a 401/407. The same realm again, without stale=true, after credentials were sent means
 * refused, unless they were accepted before and the nonce is a new one (a server that does not say
 * stale), or they were borrowed from other calls. A realm, nonce or opaque longer than SIP_AUTH_TEXT, or of a realm that is not that of the
 * credentials, is unusable. */
enum sip_auth_verdict sip_auth_take(struct sip_auth_state *st, const struct sip_msg *response,
				    unsigned alg_mask, const struct sip_credentials *cred);

/* Writes one Authorization or Proxy-Authorization line per slot in use, each with nc + 1. Nothing
 * if the state is empty. 0 or a negative errno. req->nc is not used. */
int sip_auth_state_write(struct sink *out, struct sip_digest *d, struct sip_auth_state *st,
			 const struct sip_credentials *cred, const struct sip_auth_request *req);

/* A request with credentials was accepted, or another one begins, or the same one elsewhere: counts
 * rounds from zero again, and a challenge with a new nonce refuses nothing that was sent before. */
void sip_auth_settled(struct sip_auth_state *st);

#endif
