/* sip/sip.h - the signalling of one shard: sockets, transactions, dialogs and calls behind one
 * face.
 *
 * A struct sip belongs to one loop and is used by its thread alone. It opens its UDP sockets on the
 * loop that it is given, keeps all timers on the loop's wheel and takes all chance from the shard's
 * rng: equal inputs give equal bytes. Nothing is allocated after sip_create and sip_set_conf.
 *
 * Several shards share each address (SO_REUSEPORT). Branches and tags that we make carry the shard,
 * so a datagram that was meant for another one is given to env.forward, and comes back into the
 * right struct sip through sip_deliver. Connections (TCP, TLS) live on one shard, which sends and
 * receives for all (conn.h). A datagram that the other shard has no room for is lost, and its far
 * end sends it again; over a connection nobody does, so the message and all behind it wait there.
 */
#ifndef RINGER_SIP_SIP_H
#define RINGER_SIP_SIP_H

#include "engine/base/metric.h"
#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "engine/core/tech.h"
#include "engine/io/io.h"
#include "sip/challenge.h"
#include "sip/conf.h"
#include "sip/peer.h"

struct sip;

enum sip_trace_kind {
	SIP_TRACE_RX,    /* a message came: peer, data */
	SIP_TRACE_TX,    /* a message goes: peer, data */
	SIP_TRACE_STATE, /* a machine stepped: machine, id, from, event, to */
};

/* One line of the trace; everything is valid during the call only. */
struct sip_trace {
	enum sip_trace_kind kind;
	int64_t now_ns;
	const struct addr *local; /* of the socket; RX and TX */
	const struct addr *peer;
	struct slice data;
	const char *machine; /* "ict", "nict", "ist", "nist", "invite", "dialog" */
	uint64_t id;         /* handle of the machine */
	const char *from, *event, *to;
};

/* What shards hand to one another. */
enum sip_parcel_kind {
	SIP_PARCEL_RX,	 /* a message that came from peer, for the shard that knows it */
	SIP_PARCEL_TX,	 /* a message to peer, for the shard that has the connections */
	SIP_PARCEL_LOST, /* the connection to peer is gone; no data */
};
struct sip_parcel {
	uint8_t kind;	  /* enum sip_parcel_kind */
	uint8_t tp;	  /* index of the transport: the same on all shards */
	uint8_t hops;	  /* RX: shards that passed it on */
	uint8_t host_len; /* TX: so many octets in front of the message are the name of peer.host */
	uint8_t from;	  /* TX: shard */
	bool is_vital;	  /* nobody says it again: there must be room for it (sip_vital_bytes) */
	bool was_up;	  /* LOST: false: it never came up, */
	bool is_evicted;  /* ... or had to make room for another one */
	/* TX: requests that the shard has sent, this one included, over whatever connection. LOST:
	 * those that were sent before it was lost; later ones are not meant. */
	uint64_t sent;
	struct sip_peer peer;
};

/* All pointers outlive the struct sip. */
struct sip_env {
	struct io *io;
	struct tmr_wheel *wheel;
	struct rng *rng;
	struct metrics *metrics;
	uint32_t shard;       /* 0..shard_count-1 */
	uint32_t shard_count; /* at most LIMIT_SHARDS */
	uint32_t call_max;    /* channels of this shard: sizes the slabs */
	uint32_t conn_max;    /* connections of the engine; 0: LIMIT_SIP_CONNS */
	const uint8_t *secret; /* SIP_SECRET_LEN octets, the same on all shards; copied */
	/* A parcel for another shard; data is valid during the call. False: it cannot be taken. One
	 * that is vital is taken as long as sip_vital_bytes of such wait. NULL: all are dropped. */
	bool (*forward)(void *arg, uint32_t shard, const struct sip_parcel *p, struct slice data);
	/* Whether a parcel that is not vital, with len octets of data would be taken now; false:
	 * sip_take_room tells when to ask again. */
	bool (*has_room)(void *arg, uint32_t shard, size_t len);
	void *forward_arg;     /* of both */
	struct tech_door door; /* where incoming calls go; offer NULL: nowhere, they are refused */
	/* A record for the control shard's part (notice.h); false: it cannot be taken now. NULL:
	 * there is no such part, so nobody can register. */
	bool (*report)(void *arg, uint32_t kind, const void *data, size_t len);
	void *report_arg;
	/* What was found out about a target, for the other shards, which give it to sip_take_note;
	 * and as shard_hold_trunk: no target of an endpoint can be tried before that instant (0:
	 * one can again). Both may be NULL. */
	void (*note)(void *arg, const void *data, size_t len);
	void *note_arg;
	void (*hold)(void *arg, struct slice endpoint, int64_t until_ns, bool on_trial);
	void *hold_arg;
	/* Every message in and out and every transition; NULL: none. */
	void (*trace)(void *arg, const struct sip_trace *t);
	void *trace_arg;
};

/* Opens the transports of the configuration and takes all memory. *conf is used, not owned: it must
 * live until sip_set_conf gave another one or sip_destroy. 0, -ENOMEM, -EADDRINUSE, ...; what could
 * not be bound is also said in the log. */
int sip_create(struct sip **out, const struct sip_env *env, const struct sip_conf *conf);
/* Streams that the loop of this shard must have room for (struct io_conf). */
uint32_t sip_stream_max(uint32_t shard);
/* Ends everything without a word to the far ends. NULL is fine. */
void sip_destroy(struct sip *sip);

/* From now on calls are made by `conf`; nothing of the old one is referenced after this returns.
 * New transports are opened, and those with allow_reload=yes move; others stay where they are,
 * which is said in the log; one of TCP or TLS moves also where it cannot listen. A call goes on by
 * the socket that it has. External addresses and local_net are those of `conf`, new connections get
 * the certificates of `conf`. */
void sip_set_conf(struct sip *sip, const struct sip_conf *conf);

/* What the way from one shard to another must keep for vital parcels. call_max: as of `from`. */
size_t sip_vital_bytes(uint32_t from, uint32_t to, uint32_t call_max);

/* A parcel that another shard has for this one. */
void sip_deliver(struct sip *sip, const struct sip_parcel *p, struct slice data);

/* A bit for each shard that has_room refused and that has read on since. */
void sip_take_room(struct sip *sip, uint64_t shards);

/* A record of the control shard's part (notice.h). */
void sip_take_notice(struct sip *sip, uint32_t kind, const void *data, size_t len);

/* What env.note of another shard was given. */
void sip_take_note(struct sip *sip, const void *data, size_t len);

/* Its list (shard_list) of targets in trouble (health.h): "<held until, ns> <down until, ns>
 * <silences> <transport> <address>". */
#define SIP_LIST_TARGETS "targets"
/* The port of engine/core/tech.h, named "PJSIP". */
struct tech sip_tech(struct sip *sip);

/* Turns the trace on or off (NULL) at run time. */
void sip_set_trace(struct sip *sip, void (*trace)(void *arg, const struct sip_trace *t), void *arg);

/* Timers that stand also at rest: of contacts that are asked, of registrations, of names that are
 * looked up again. */
uint32_t sip_standing_timers(const struct sip *sip);

/* True if no call, dialog, transaction, record or timer is left. */
bool sip_is_quiet(const struct sip *sip);

/* Ends every call from our side with this cause: BYE, CANCEL. Owners hear `ended`. */
void sip_hangup_all(struct sip *sip, int cause);

/* What is alive now: for the console and for tests. */
struct sip_counts {
	uint32_t calls;        /* not yet over for their owner */
	uint32_t ending;       /* over for their owner, signalling goes on */
	uint32_t dialogs;
	uint32_t client_txns;  /* INVITE and other */
	uint32_t server_txns;
	uint32_t linger;       /* records that answer late 2xx */
	uint32_t troubled;     /* targets that are held, down, or were silent lately */
	uint32_t names;	       /* answers of name servers remembered */
	uint32_t conns;	       /* over TCP and TLS; they live on one shard */
};
void sip_count(const struct sip *sip, struct sip_counts *out);

/* Bytes reserved for this shard's slabs: for the memory budget. */
size_t sip_bytes(const struct sip *sip);

/* Where a transport listens, by its index in the configuration; NULL: not opened. */
const struct addr *sip_transport_addr(const struct sip *sip, uint32_t index);

#endif
