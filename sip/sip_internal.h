/* sip/sip_internal.h - what the parts of one shard's signalling share. */
#ifndef RINGER_SIP_SIP_INTERNAL_H
#define RINGER_SIP_SIP_INTERNAL_H

#include "engine/base/hash.h"
#include "engine/io/stream.h"
#include "sip/location.h"
#include "sip/msgbuf.h"
#include "sip/sip.h"
#include "sip/txn.h"
#include "sip/watch.h"
#include "sip/write.h"

#define SIP_TRANSPORTS	  8
#define SIP_LOCAL_CACHE	  64 /* destinations whose local address is remembered */
#define SIP_REFUSED_CACHE 64 /* addresses where TCP was refused */
#define SIP_REFUSED_NS	  (300 * TMR_SECOND)
#define SIP_UDP_MAX	  1300 /* octets of a request, when the path's MTU is unknown */
#define SIP_HOST_TEXT	  64   /* an address as text */

/* One opened transport. It outlives the configuration that named it. */
struct sip_tp {
	struct sip *sip;
	struct io_udp *udp;		      /* UDP */
	struct stream_listener *listener;     /* TCP, TLS: on CONN_SHARD (conn.h) */
	struct tls_context *tls_in, *tls_out; /* TLS: of the configuration in force */
	bool is_open;
	bool is_retired; /* a reload moved its name elsewhere: for the calls that it has */
	uint8_t protocol;		      /* enum sip_transport */
	struct io_mark mark;		      /* of all that it sends */
	struct addr bind;		      /* as written */
	struct addr local;		      /* as bound, with the port that was given */
	struct addr external, external_media; /* family 0: none */
	struct addr_net nets[LIMIT_SIP_LOCAL_NETS]; /* destinations that see our real address */
	uint32_t net_count;
	uint8_t index;
	char name[LIMIT_NAME];
};

struct sip_health;
struct sip_nonces;
struct resolver;

struct sip_local {
	struct addr to, local;
};

/* Where TCP was refused to a request that is too large for UDP. */
struct sip_refused {
	struct addr to;
	int64_t until_ns;
};

/* bindings.h */
struct bindings {
	struct location table; /* of struct binding */
	uint32_t timer_count;  /* started: they stand, also when nothing is to be done */
};

/* Losses of which transactions of the same shard hear on a later turn. */
#define CONN_OWED_MAX 256

/* conn.h; empty but on one shard */
struct conns {
	struct streams *streams;
	struct slab *slab;
	struct hash by_peer;
	struct list silent;
	uint32_t max, behind;
	struct list paused; /* they wait for room in a shard's pipe, the longest time first */
	uint32_t last; /* number of the newest */
	uint64_t sent[LIMIT_SHARDS]; /* by each shard: number of its last request that came here */
	uint32_t owed_count;
	struct sip_parcel owed[CONN_OWED_MAX];
	struct tmr owed_tmr;
};

struct sip {
	struct sip_env env;
	struct conns conns;
	uint64_t crowded; /* shards for whose pipe a connection waits */
	const struct sip_conf *conf;
	struct sip_tp tps[SIP_TRANSPORTS];
	uint32_t tp_count;
	struct sip_local locals[SIP_LOCAL_CACHE];
	struct sip_refused refused[SIP_REFUSED_CACHE];
	struct msgbuf_pool *bufs;
	struct txn_layer txns;
	struct slab *invites, *dialogs, *lingers, *auths, *incomings;
	struct hash incoming_by_id; /* Call-ID, From tag and CSeq of INVITEs that came */
	struct hosts *hosts;	    /* names that stand for addresses (hosts.h) */
	struct slab *errands;	    /* other requests under way (errand.h) */
	struct slab *next_hops;	    /* names of dialogs that are looked up (next_hop.h) */
	struct slab *seeks;	    /* of calls that may still be sent elsewhere (seek.h) */
	struct resolver *resolver;
	struct sip_health *health;
	struct sip_nonces *nonces;
	struct peer_names *peer_names; /* peer.h */
	struct list active;	       /* invites that their owner still has */
	struct list ending;	       /* those that only finish their signalling, oldest first */
	struct list linger_fifo;       /* oldest first */
	uint32_t active_count, ending_count;
	struct bindings bindings;
	struct slab *registers;	    /* REGISTER requests that wait for control */
	struct list registering;    /* the same, oldest first */
	void *bind_room;	    /* scratch of one struct sip_bind */
	struct slab *registrations; /* of struct registration, in sip/registration.c */
	struct hash registration_by_name;
	struct slab *notifies;	/* of struct notify, in sip/notify.c */
	uint32_t route_count;	/* of those, that have a Service-Route */
	uint32_t unregistering; /* ends that are not confirmed */
	struct sip_digest *digest;
	struct sip_offenders *offenders;
	uint8_t secret[SIP_SECRET_LEN]; /* of nonces */
	struct sip_watch watch;
	uint64_t key; /* of stateless tags */
};

static inline int64_t sip_now(const struct sip *sip)
{
	return io_now_ns(sip->env.io);
}

static inline void sip_count_one(struct sip *sip, enum metric which)
{
	metric_inc(sip->env.metrics, which);
}

void sip_trace_state(struct sip *sip, const char *machine, uint64_t id, const char *from,
		     const char *event, const char *to);

/* One message that we answer. */
struct sip_rx {
	struct sip *sip;
	const struct sip_msg *msg;
	const struct sip_peer *peer;
	const struct addr *from; /* its address */
	struct slice data;	 /* all of it */
	uint8_t tp;
	uint8_t hops;	  /* how often shards passed it on; 0: it came from the wire */
	bool force_rport; /* answered as if its Via had rport (way_back.h) */
};

/* A response while it is written. */
struct sip_reply {
	const struct sip_rx *rx;
	struct txn *txn; /* NULL: stateless */
	unsigned code;
	struct sink out;
	char text[LIMIT_SIP_OUT];
};

/* Status line to CSeq and Server. to_tag: for a request without one. */
void sip_reply_begin(struct sip_reply *r, const struct sip_rx *rx, struct txn *t, unsigned code,
		     struct slice reason, struct slice to_tag);
/* Ends the headers (no body) and sends. */
void sip_reply_send(struct sip_reply *r);
void sip_reply_send_body(struct sip_reply *r, struct slice type, struct slice body);
/* All in one, without further headers. */
void sip_reply(const struct sip_rx *rx, struct txn *t, unsigned code, struct slice to_tag);
/* 200 with what we can do; 405 or, for a method that nobody knows, 501. */
void sip_reply_options(const struct sip_rx *rx, struct txn *t, struct slice to_tag);
void sip_reply_bad_event(const struct sip_rx *rx, struct txn *t, struct slice to_tag); /* 489 */
void sip_reply_not_allowed(const struct sip_rx *rx, struct txn *t, struct slice to_tag);
/* A tag that each copy of a request gets alike, for answers without a call. */
void sip_loose_tag(const struct sip *sip, const struct sip_msg *msg, char tag[SIP_IDENT_LEN]);
/* An extension that a Require may name (RFC 3261 8.2.2.3). */
bool sip_is_required_known(struct slice token);
typedef bool (*sip_known_fn)(const void *arg, struct slice token);
/* Answers 420 with all those that a Require names and are not known, by `is_known` if there is one,
 * else by the above; 416 to what is neither sip, sips nor tel (8.2.2.1). False: nothing to refuse.
 */
bool sip_refuse_required(const struct sip_rx *rx, struct txn *t, struct slice tag,
			 sip_known_fn is_known, const void *arg);
bool sip_refuse_scheme(const struct sip_rx *rx, struct slice tag);
/* The methods that we serve, and the extensions: these two, and those that every call has. */
void sip_write_allow(struct sink *out);
void sip_write_supported(struct sink *out, const struct sip *sip, bool has_100rel, bool has_timers);
/* Max-Forwards and User-Agent, the last headers of our requests. */
void sip_write_tail(struct sink *out, const struct sip *sip);
extern const struct slice sip_allow;

/* Takes a datagram apart and gives it to whom it belongs. */
void sip_receive(struct sip *sip, uint8_t tp, const struct sip_peer *peer, struct slice data,
		 uint8_t hops);
/* The same for a message of a connection. False: it belongs to *shard, which has no room now, and
 * nothing was done with it. */
bool sip_receive_whole(struct sip *sip, uint8_t tp, const struct sip_peer *peer, struct slice data,
		       uint32_t *shard);
/* Hands something to another shard; false: it cannot be taken. */
bool sip_pass(struct sip *sip, uint32_t shard, const struct sip_parcel *p, struct slice data);

#endif
