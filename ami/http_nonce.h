/* ami/http_nonce.h - nonces of HTTP digest: which one is good, and which request came before.
 *
 * A nonce carries its own proof (time, serial number, and a code that only this process can make),
 * so handing one out needs no memory. Only when a user has proved himself with it a record is made:
 * the highest nc seen, so that no request can be replayed, and the session that may belong to it. A
 * nonce is good for HTTP_NONCE_LIFE_S; then its record gets another, and the one before is known
 * once more, for a request that was on its way.
 *
 * At most LIMIT_HTTP_NONCES records. When there are more, the one that was used longest ago goes,
 * and no nonce that was made until then begins a new record: what was forgotten cannot come back.
 */
#ifndef RINGER_AMI_HTTP_NONCE_H
#define RINGER_AMI_HTTP_NONCE_H

#include "ami/http_auth.h"
#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/base/slab.h"

#define HTTP_NONCE_LIFE_S 62
#define HTTP_NONCE_TEXT	  64 /* 16 digits of serial, 16 of time, 32 of the code */
#define HTTP_NONCE_USER	  80

struct http_nonces {
	struct slab *slab;
	struct list by_use; /* the one used longest ago first */
	struct hash by_current, by_former;
	unsigned char key[32]; /* strong random */
	uint64_t serial;
	int64_t floor_ns; /* nonces made until then begin no record */
	void (*forget)(void *session);
};

struct http_nonce {
	struct list node;
	struct hash_node current_node, former_node;
	char current[HTTP_NONCE_TEXT], former[HTTP_NONCE_TEXT];
	bool has_former;
	char user[HTTP_NONCE_USER];
	size_t user_len;
	int64_t made_ns, used_ns;
	uint32_t count; /* highest nc */
	void *session;	/* NULL: none is kept */
};

/* forget: called with the session of a record that goes. 0 or -ENOMEM. */
int http_nonces_create(struct http_nonces *t, const unsigned char key[32],
		       void (*forget)(void *session));
void http_nonces_destroy(struct http_nonces *t);

/* A fresh one, into text. */
struct slice http_nonce_make(struct http_nonces *t, char text[HTTP_NONCE_TEXT], int64_t now_ns);

enum http_nonce_verdict {
	HTTP_NONCE_GOOD,  /* *record is its record */
	HTTP_NONCE_STALE, /* answer with *fresh */
};
/* To be asked after the response was found right. */
enum http_nonce_verdict http_nonce_use(struct http_nonces *t, const struct http_auth *auth,
				       struct slice user, int64_t now_ns,
				       struct http_nonce **record, char fresh[HTTP_NONCE_TEXT]);
/* Drops records that nobody used for so long. */
void http_nonces_expire(struct http_nonces *t, int64_t before_ns);

#endif
