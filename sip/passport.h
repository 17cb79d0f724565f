/* sip/passport.h - who calls whom, signed: the PASSporT of a call (RFC 8225) as SHAKEN has it
 * (RFC 8588), and the Identity header that carries it (RFC 8224).
 *
 * Pure writers. The same PASSporT gives the same octets but for the signature, whose length is
 * always the same: keys in lexical order, no blanks, base64url without padding. */
#ifndef RINGER_SIP_PASSPORT_H
#define RINGER_SIP_PASSPORT_H

#include "engine/base/sink.h"
#include "engine/io/es256.h"

#define PASSPORT_TN   32 /* octets of a number: E.164 has 15 at most, the rest is for prefixes */
#define PASSPORT_UUID 36

struct passport {
	char level;	   /* 'A', 'B' or 'C': RFC 8588 5.1 */
	struct slice orig; /* who calls, and whom: numbers as passport_write_tn writes them */
	struct slice dest;
	struct slice url; /* where the certificate is: printable, without quotes, < and > */
	int64_t iat_s;	  /* when it is signed, seconds since 1970 */
	char origid[PASSPORT_UUID];
};

/* A telephone number in canonical form (RFC 8224 8.3): its digits, `*` and `#` alone. Taken are
 * numbers as people write them, with blanks, `-`, `.`, `(`, `)` and a leading `+`, and with
 * parameters behind a `;`, which are left out. False: the text is no telephone number. */
bool passport_write_tn(struct sink *out, struct slice text);

/* What is signed: header and payload, base64url, with a dot between them. */
void passport_write(struct sink *out, const struct passport *p);
/* The value of Identity. 0; -EMSGSIZE: it does not fit; or as es256_sign. */
int passport_write_identity(struct sink *out, const struct passport *p,
			    const struct es256_key *key);
/* The value of Date (RFC 3261 20.17) for that second. */
void passport_write_date(struct sink *out, int64_t wall_s);

#endif
