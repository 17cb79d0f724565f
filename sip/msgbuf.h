/* sip/msgbuf.h - bounded blocks for text that outlives its message: what may have to be sent again,
 * and the fixed texts of a dialog.
 *
 * Three classes of slabs, mapped at creation and touched as used. Owned by one thread. */
#ifndef RINGER_SIP_MSGBUF_H
#define RINGER_SIP_MSGBUF_H

#include "engine/base/slice.h"

#define MSGBUF_SMALL  496  /* ACK, CANCEL, short responses, dialog texts */
#define MSGBUF_MEDIUM 1840 /* INVITE with SDP */
#define MSGBUF_LARGE  8192 /* INVITE with credentials, Identity and long headers */

struct msgbuf {
	uint32_t len;
	uint16_t kind; /* private, as is_spare */
	uint16_t is_spare;
	char data[];
};

struct msgbuf_pool;

/* Counts of the three classes. 0 or -ENOMEM. */
int msgbuf_pool_create(struct msgbuf_pool **out, uint32_t small, uint32_t medium, uint32_t large);
void msgbuf_pool_destroy(struct msgbuf_pool *pool);
/* How many of the two larger classes msgbuf_dup_spare may have at a time; none at first. */
void msgbuf_set_spare(struct msgbuf_pool *pool, uint32_t count);

/* A block with a copy of text, or NULL: too long, or used up. */
struct msgbuf *msgbuf_dup(struct msgbuf_pool *pool, struct slice text);
/* The same for what can be done without (the copy of a response that nobody may ask for again). */
struct msgbuf *msgbuf_dup_spare(struct msgbuf_pool *pool, struct slice text);
void msgbuf_free(struct msgbuf_pool *pool, struct msgbuf *buf); /* NULL is fine */

static inline struct slice msgbuf_slice(const struct msgbuf *buf)
{
	return buf ? slice_make(buf->data, buf->len) : SLICE_EMPTY;
}

uint32_t msgbuf_used(const struct msgbuf_pool *pool);
size_t msgbuf_bytes(const struct msgbuf_pool *pool); /* reserved */

#endif
