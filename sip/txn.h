/* sip/txn.h - transactions (RFC 3261 17, RFC 6026): four machines over one object.
 *
 *	client INVITE  txn_ict.c   CALLING PROCEEDING ACCEPTED COMPLETED TERMINATED
 *	client other   txn_nict.c  TRYING PROCEEDING COMPLETED TERMINATED
 *	server INVITE  txn_ist.c   PROCEEDING ACCEPTED COMPLETED CONFIRMED TERMINATED
 *	server other   txn_nist.c  TRYING PROCEEDING COMPLETED TERMINATED
 *
 * The layer knows no socket: it sends through a function and reads its clock from one, so a test
 *runs it with a wheel and a number. Transactions live in two slabs; a client transaction is found
 *by what its branch says (ident.h), a server transaction by a keyed 64-bit hash of branch, sent-by
 *and method. What only absorbs copies (COMPLETED, CONFIRMED, ACCEPTED) waits in a FIFO, and the
 *oldest of it makes room when a slab is full (counted): a new call is never refused for the memory
 *of an old one.
 *
 * All on one thread. Handles, not pointers, are kept by users. */
#ifndef RINGER_SIP_TXN_H
#define RINGER_SIP_TXN_H

#include "engine/base/hash.h"
#include "engine/base/metric.h"
#include "engine/base/rng.h"
#include "engine/base/slab.h"
#include "engine/base/tmr.h"
#include "sip/ident.h"
#include "sip/msg.h"
#include "sip/msgbuf.h"
#include "sip/peer.h"

enum txn_kind { TXN_ICT, TXN_NICT, TXN_IST, TXN_NIST, TXN_KIND_COUNT };

/* What a transaction tells its user. msg is the response (client) or the ACK; NULL without one. */
enum txn_fact {
	TXN_PROVISIONAL, /* client: 1xx */
	TXN_SUCCESS,	 /* client: 2xx; of an INVITE every copy and every fork */
	TXN_FAILURE,	 /* client: 300..699, once */
	TXN_TIMEOUT,	 /* client: timer B or F; as a 408 */
	TXN_ERROR,	 /* the transport refused to send */
	TXN_ACKED,	 /* server INVITE: the ACK came, once */
	TXN_NOT_ACKED,	 /* server INVITE: none came in 64*T1 */
	TXN_GONE,	 /* last: it is freed after this */
	TXN_FACT_COUNT,
};
const char *txn_fact_name(enum txn_fact fact);

struct txn;
struct txn_layer;
typedef void (*txn_fn)(void *arg, struct txn *t, enum txn_fact fact, const struct sip_msg *msg,
		       const struct addr *from);

struct txn_times {
	int64_t t1_ns; /* 500 ms */
	int64_t t2_ns; /* 4 s */
	int64_t t4_ns; /* 5 s */
	int64_t b_ns;  /* timers B and F: 64 * T1 unless configured */
	int64_t d_ns;  /* timer D: at least 32 s */
};

struct txn_conf {
	struct tmr_wheel *wheel;
	struct rng *rng;
	struct metrics *metrics;
	struct msgbuf_pool *bufs;
	uint32_t shard;
	uint32_t client_max, server_max;
	struct txn_times times;
	int64_t (*now)(void *arg);
	/* 0 or negative errno; -ENOBUFS is treated as loss. */
	int (*send)(void *arg, uint8_t tp, const struct sip_peer *to, struct slice data);
	/* TCP and TLS: nothing is sent again but 2xx to INVITE, and nothing waits for copies. NULL:
	 * no transport is. */
	bool (*is_reliable)(void *arg, uint8_t tp);
	/* RFC 3261 18.1.1: the transport that a request of so many octets has to take instead of
	 * tp, or -1; and what its Via says there. Both NULL: any size goes by any. */
	int (*widen)(void *arg, uint8_t tp, const struct sip_peer *to, size_t bytes);
	struct slice (*via)(void *arg, uint8_t tp, const struct sip_peer *to, struct addr *sent_by);
	/* A transition; may be NULL. */
	void (*trace)(void *arg, const struct txn *t, const char *machine, const char *from,
		      const char *event, const char *to);
	void *arg;
};

struct txn_layer {
	struct txn_conf conf;
	struct slab *clients, *servers;
	struct hash by_key;	 /* server transactions */
	struct list client_fifo; /* absorbing ones, oldest first */
	struct list server_fifo;
	uint64_t key;  /* of the hash */
	uint64_t sent; /* requests so far: the number of the last one */
};

struct txn {
	struct txn_layer *layer;
	txn_fn fn;
	void *arg;
	struct tmr resend;     /* A, E, G */
	struct tmr end;	       /* B, D, M; F, K; H, I, L; J */
	struct hash_node node; /* server */
	struct list fifo;      /* of the layer; while it is held, of who holds it */
	struct msgbuf *buf;    /* what is sent again: request, then ACK; response */
	int64_t interval_ns;   /* of the last resend */
	uint64_t nonce;	       /* client: of the branch */
	uint64_t sent;	       /* client: number of its request */
	handle_t cancel;       /* client INVITE: the transaction of its CANCEL */
	struct sip_peer dst;
	struct addr via; /* client: sent-by of our Via; family 0: not compared */
	uint32_t cseq;
	uint16_t code;	   /* last response sent or received */
	uint8_t kind;	   /* enum txn_kind */
	uint8_t state;	   /* enum ict_state ... of the kind */
	uint8_t end_event; /* what `end` means when it fires */
	uint8_t method;	   /* enum sip_method */
	uint8_t tp;	   /* index of the transport */
	uint8_t depth;	   /* steps that are running */
	bool dead;	   /* TERMINATED while a step runs: freed at its end */
	bool acked;
	bool is_held;	/* client: not sent yet */
	bool cancelled; /* client INVITE: a CANCEL was sent */
	bool is_wide;	/* goes by TCP for its size; narrow is what it was meant for */
	bool is_evicted; /* client: failed since its connection had to make room */
	uint8_t narrow;
};

/* 0 or -ENOMEM. conf is copied. */
int txn_layer_init(struct txn_layer *l, const struct txn_conf *conf);
/* Frees everything without a word. */
void txn_layer_close(struct txn_layer *l);
uint32_t txn_layer_used(const struct txn_layer *l);
size_t txn_layer_bytes(const struct txn_layer *l);

/* ---- client ---- */

/* A transaction with a branch, not yet sent; NULL: no room (counted). */
struct txn *txn_client_new(struct txn_layer *l, enum txn_kind kind, enum sip_method method,
			   uint32_t cseq, txn_fn fn, void *arg);
void txn_branch(const struct txn *t, char text[SIP_BRANCH_LEN]);
/* Keeps and sends the request, by another transport if it is too large for this one, and starts the
 * timers. On failure (-ENOBUFS no block for it, or what
 * the transport said) the transaction is freed without a fact. */
int txn_client_send(struct txn *t, uint8_t tp, const struct sip_peer *dst, const struct addr *via,
		    struct slice request);

/* The same, but nothing is sent and no time runs until txn_client_release, since where it goes is
 * being looked up: `dst` and what leads there are what it goes by without an answer. Until then
 * t->fifo is the holder's. */
int txn_client_hold(struct txn *t, uint8_t tp, const struct sip_peer *dst, const struct addr *via,
		    struct slice request);
/* Sends it, with another Via if tp is another one. What cannot be sent ends as by TXN_ERROR. */
void txn_client_release(struct txn *t, uint8_t tp, const struct sip_peer *dst);

/* The transaction of a CANCEL, which shares the branch of `ict`; NULL: no room. */
struct txn *txn_client_for_cancel(struct txn_layer *l, struct txn *ict);

/* Where a response belongs. */
enum txn_match { TXN_MATCHED, TXN_STRAY, TXN_FOREIGN };
/* The shard whose request it answers; this one if nobody can tell. */
uint32_t txn_response_shard(const struct txn_layer *l, const struct sip_msg *msg);
/* Steps the machine, or says TXN_FOREIGN with *shard, or TXN_STRAY. */
enum txn_match txn_rx_response(struct txn_layer *l, const struct sip_msg *msg,
			       const struct addr *from, uint32_t *shard);

/* ---- server ---- */

/* The transaction of a request, an ACK (of its INVITE) or NULL. */
struct txn *txn_server_find(struct txn_layer *l, const struct sip_msg *msg);
/* The INVITE transaction that a CANCEL means, or NULL. */
struct txn *txn_server_find_cancelled(struct txn_layer *l, const struct sip_msg *msg);
/* For a request that has none yet; NULL: no room (counted). dst: where responses go. */
struct txn *txn_server_new(struct txn_layer *l, const struct sip_msg *msg, uint8_t tp,
			   const struct sip_peer *dst, txn_fn fn, void *arg);
/* A copy of the request, or an ACK for a non-2xx. */
void txn_rx_request(struct txn *t, const struct sip_msg *msg, const struct addr *from);
/* Keeps and sends a response. A 2xx to INVITE is sent again (T1 to T2) until txn_acked: the duty of
 * RFC 3261 13.3.1.4, done here for the user. */
void txn_respond(struct txn *t, unsigned code, struct slice response);
/* Sends the kept response once more: a reliable provisional (RFC 3262 3). */
void txn_repeat(struct txn *t);
/* The ACK of a 2xx (which has a branch of its own) came. */
void txn_acked(struct txn *t, const struct sip_msg *msg, const struct addr *from);

/* A connection is gone. */
struct txn_loss {
	struct sip_peer peer;
	uint64_t sent; /* requests of later numbers went over another one */
	uint8_t tp;
	bool was_up;	 /* false: it never came up */
	bool is_evicted; /* it had to make room: not the far end's doing */
};
/* Client transactions that wait for an answer over it end with TXN_ERROR. If it never came up, what
 * was meant for UDP, but was too large, goes by UDP (RFC 3261 18.1.1). */
void txn_lost(struct txn_layer *l, const struct txn_loss *loss);

/* ---- both ---- */

/* NULL if it is gone. */
struct txn *txn_client_get(const struct txn_layer *l, handle_t h);
struct txn *txn_server_get(const struct txn_layer *l, handle_t h);
handle_t txn_handle(const struct txn *t);
/* Ends it now; its user hears TXN_GONE. */
void txn_drop(struct txn *t);
/* fn NULL: nobody listens any more. */
static inline void txn_set_user(struct txn *t, txn_fn fn, void *arg)
{
	t->fn = fn;
	t->arg = arg;
}
/* The kept bytes. */
static inline struct slice txn_text(const struct txn *t)
{
	return msgbuf_slice(t->buf);
}
/* A CANCEL was sent for this client INVITE: without a final response it ends 64*T1 from now, as by
 * TXN_TIMEOUT (RFC 3261 9.1). */
void txn_ict_cancelled(struct txn *t);
/* A client INVITE that has no final response yet. */
bool txn_ict_is_open(const struct txn *t);
/* ... and has had a provisional one: it may be cancelled. */
bool txn_ict_is_proceeding(const struct txn *t);

#endif
