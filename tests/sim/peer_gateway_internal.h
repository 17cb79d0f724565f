/* tests/sim/peer_gateway_internal.h - calls of the gateway, for peer_gateway*.c only. */
#ifndef RINGER_TESTS_SIM_PEER_GATEWAY_INTERNAL_H
#define RINGER_TESTS_SIM_PEER_GATEWAY_INTERNAL_H

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/list.h"
#include "engine/base/sink.h"
#include "engine/base/tmr.h"
#include "sip/msg.h"
#include "tests/sim/peer_gateway.h"

#define GW_TEXT  2048
#define GW_LEGS  2
#define GW_T1    (500 * SIM_MS)
#define GW_T2    (4 * SIM_SECOND)
#define GW_LIFE  (32 * SIM_SECOND) /* 64 * T1 */

/* A message that is sent again until something stops it. */
struct gw_repeat {
	struct tmr tmr;
	struct gw_call *call;
	char text[GW_TEXT];
	size_t len;
	int64_t interval, started;
	bool doubles_freely; /* INVITE: no cap of T2 */
	const char *what;    /* of the violation when nothing ever stops it; NULL: none */
};

/* One answering phone: a To-tag. */
struct gw_leg {
	char tag[24];
	bool answered, acked, ended;
	bool bye_rx, bye_tx, bye_done;
	struct gw_repeat ok; /* our 2xx */
	uint32_t acks;
};

/* A request of ours inside the dialog: BYE, re-INVITE. One at a time. */
struct gw_request {
	struct gw_repeat send;
	enum sip_method method;
	char branch[48];
	char ack[GW_TEXT]; /* of a re-INVITE: sent for each 2xx */
	size_t ack_len;
	uint32_t cseq;
	uint32_t leg;
	bool open;
};

struct gw_rtp {
	struct io_udp *udp;
	struct tmr close_tmr; /* a while after the call: late packets must not meet another call */
	struct gw_call *call;
	uint64_t rx;
	struct tmr talk_tmr; /* a packet every 20 ms */
	struct addr talk_to; /* where the engine's audio comes from */
	bool engine_echoes;
	bool started; /* as seen by the tap */
	bool audio;
	uint32_t ssrc, ts, first_ts;
	uint16_t seq;
	int64_t first_ns;
	uint16_t echo_seq;
	uint32_t echo_ts, echo_ssrc;
};

struct gw_call {
	struct gateway *g;
	struct hash_node node; /* by Call-ID */
	struct gw_sent *sent;
	enum gateway_plan plan;
	uint32_t step;
	struct tmr step_tmr;
	char call_id[160], from[320], to[320], user[96], contact[256], branch[128];
	char vias[GW_TEXT];
	struct addr peer;         /* where the INVITE came from: answers go there */
	struct addr target;       /* the engine's Contact: our requests go there */
	uint32_t cseq;            /* of the INVITE now open */
	uint32_t remote_cseq, local_cseq;
	bool provisional, cancelled, is_over, excused;
	bool offered_first; /* its first INVITE had credentials */
	bool doubted;	    /* refused by 403, and sent again without them */
	uint16_t final;           /* last final status to the INVITE, 0: none yet */
	struct gw_repeat response; /* last provisional (not repeated) or non-2xx final (until ACK) */
	struct gw_leg leg[GW_LEGS];
	uint32_t rseq;
	bool pracked;
	bool reliable;
	uint32_t reinvite_cseq;   /* of a re-INVITE from the engine that we answered */
	struct gw_request request;
	uint32_t sdp_version;
	char sdp_dir[12];
	struct gw_rtp rtp;
};

/* An INVITE as it left the engine. */
struct gw_sent {
	struct hash_node node; /* by Call-ID */
	char call_id[160], user[96];
	int64_t at, dialed_at, answered_at, over_at, ended_at;
	bool ended_by_engine, excused, damaged;
	struct gw_call *call; /* once it arrived */
};

/* How long a nonce that we gave is good for. */
enum gw_nonces {
	GW_NONCES_LAST,  /* ten seconds, for any call */
	GW_NONCES_STALE, /* for one call; then it is stale */
	GW_NONCES_ONCE,  /* the same, not called so */
	GW_NONCES_COUNT,
};

/* A nonce, and who used which of its counts. */
struct gw_nonce {
	struct hash_node node; /* by its text */
	char text[24];
	int64_t at;
	uint64_t *users; /* by nc; 0: nobody yet */
	uint32_t user_room;
};

struct gateway {
	struct sim_world *w;
	struct gateway_conf conf;
	struct metrics metrics;
	struct io *io;
	struct io_udp *udp;
	struct tmr_wheel *wheel;
	struct rng rng;
	struct hash by_id;
	struct gw_call **calls;
	uint32_t call_count, call_room;
	struct hash sent_by_id;
	struct gw_sent **sent;
	uint32_t sent_count, sent_room;
	struct gw_rtp *by_port[65536];
	uint32_t plan_calls[GATEWAY_PLAN_COUNT];
	enum gw_nonces nonces;
	bool offers_qop, says_stale;
	struct hash nonce_by_text;
	struct gw_nonce **nonce;
	uint32_t nonce_count, nonce_room;
	char violation[512];
};

/* peer_gateway.c */
void gw_violate(struct gateway *g, const struct gw_call *c, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void gw_send(struct gw_call *c, const struct addr *to, const char *text, size_t len);
void gw_repeat_start(struct gw_repeat *r, bool doubles_freely, const char *what);
void gw_call_over(struct gw_call *c);

/* peer_gateway_auth.c */
void gw_auth_init(struct gateway *g);
void gw_auth_free(struct gateway *g);
/* A challenge with a new nonce, which is stale if the last credentials were. */
void gw_auth_write(struct gateway *g, struct sink *s);
/* Whether the credentials of an INVITE are right and their nonce is still good. */
bool gw_auth_admits(struct gw_call *c, const struct sip_msg *m);
/* Judges the count of the credentials of any request: each is given out once. c may be NULL. */
void gw_auth_count(struct gateway *g, const struct gw_call *c, const struct sip_msg *m);

/* peer_gateway_plan.c */
enum gateway_plan gw_plan_by_share(struct gateway *g);
void gw_step_due(struct tmr *t, void *arg);
void gw_step_next(struct gw_call *c);
void gw_respond(struct gw_call *c, unsigned code, uint32_t leg, unsigned flags);

/* peer_gateway_msg.c: messages of our own making */
enum { GW_SDP = 1, GW_RETRY_AFTER = 2, GW_AUTH = 4, GW_RELIABLE = 8, GW_CONTACT = 16 };
void gw_write_response(struct gw_call *c, struct sink *s, unsigned code, uint32_t leg, unsigned flags);
/* The answer to a request other than the first INVITE: its own Via, From, To, CSeq. */
void gw_write_reply(struct gw_call *c, struct sink *s, const struct sip_msg *m, unsigned code,
		    const char *body);
void gw_write_request(struct gw_call *c, struct sink *s, const char *method, uint32_t leg,
		      const char *branch, uint32_t cseq, const char *body);
void gw_write_sdp(struct gw_call *c, struct sink *s);
void gw_copy_vias(char *dst, size_t size, const struct sip_msg *m);

/* peer_gateway_uac.c: requests of ours */
void gw_bye(struct gw_call *c, uint32_t leg);
void gw_reinvite(struct gw_call *c, const char *dir);
void gw_rx_response(struct gw_call *c, const struct sip_msg *m);

/* peer_gateway_rtp.c */
void gw_rtp_init(struct gw_call *c);
void gw_rtp_open(struct gw_call *c);
/* The call is answered: from now on the gateway talks, if it does not echo. */
void gw_rtp_talk(struct gw_call *c);
void gw_rtp_close(struct gw_call *c);
void gw_rtp_close_later(struct gw_call *c);

/* peer_gateway_tap.c: calls as they leave the engine */
struct gw_sent *gw_sent_find(struct gateway *g, struct slice call_id);
struct gw_sent *gw_sent_add(struct gateway *g, const struct sip_msg *m);
void gw_sent_over(struct gateway *g, struct gw_sent *s);
void gw_sent_dialed(struct gateway *g, struct gw_sent *s, bool answered);
void gw_sent_ended(struct gateway *g, struct gw_sent *s, bool by_engine);
void gw_sent_free(struct gateway *g);
void gw_rtp_tap(struct gateway *g, const struct addr *to, const void *data, size_t len);

#endif
