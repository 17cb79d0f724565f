/* tests/sim/peer_gateway.h - a SIP far end that plays by a script per call, and looks closely.
 *
 * It has a host, a loop and a socket of its own. It reads with the parser of sip/ and builds its
 * messages itself, so that it checks the engine independently. What it sees that RFC 3261 (or 6026,
 * 3262, 3264, 3550) does not allow is a violation: the first one is kept as text. */
#ifndef RINGER_TESTS_SIM_PEER_GATEWAY_H
#define RINGER_TESTS_SIM_PEER_GATEWAY_H

#include "tests/sim/sim.h"

/* What the far end does with a call. Name, share of all calls (of the default mix). */
#define GATEWAY_PLAN_LIST(X)                                                                       \
	X(ANSWER, 10)	   /* 200 at once */                                                       \
	X(ANSWER_LATE, 10) /* 100, 180, 200 after some seconds */                                  \
	X(EARLY_MEDIA, 6)  /* 183 with SDP, then 200 */                                            \
	X(RELIABLE, 4)	   /* 183 with SDP that wants PRACK, then 200 */                           \
	X(BUSY, 6)	   /* 180, then 486 */                                                     \
	X(OVERLOAD, 4)	   /* 503 with Retry-After */                                              \
	X(NOT_FOUND, 4)	   /* 404 */                                                               \
	X(REJECT, 6)	   /* one of many refusals */                                              \
	X(SILENT, 2)	   /* never says a word */                                                 \
	X(TRYING, 2)	   /* 100 and nothing more, but obeys CANCEL */                            \
	X(RINGS, 4)	   /* 180 until CANCEL */                                                  \
	X(WAKES_LATE, 4)   /* silent for seconds, then 180 until CANCEL */                         \
	X(ANSWER_TWICE, 4) /* the same 200 twice, whatever ACK says */                             \
	X(FORK, 4)	   /* two To-tags ring, both answer */                                     \
	X(CHALLENGE, 4)	   /* 401, then answers */                                                 \
	X(BYE_SOON, 6)	   /* answers, and hangs up after a while */                               \
	X(BYE_CROSS, 4)	   /* answers; meets our BYE with one of its own */                        \
	X(CANCEL_CROSS, 4) /* rings; meets CANCEL with a 200 */                                    \
	X(ACK_DEAF, 4)	   /* answers; the first two ACKs are lost on it */                        \
	X(HOLD, 6)	   /* answers, re-INVITEs to hold, then to resume */

enum gateway_plan {
#define GATEWAY_PLAN_ENUM(name, share) GATEWAY_##name,
	GATEWAY_PLAN_LIST(GATEWAY_PLAN_ENUM)
#undef GATEWAY_PLAN_ENUM
		GATEWAY_PLAN_COUNT,
};
const char *gateway_plan_name(enum gateway_plan plan);
/* Plans that end in an answered call when the caller waits long enough. */
bool gateway_plan_answers(enum gateway_plan plan);

struct gateway;
struct gateway_call;

struct gateway_conf {
	uint32_t host; /* of sim_host_add */
	uint16_t port;
	const char *realm, *username, *password; /* of CHALLENGE; NULL: any credentials will do */
	const char *name; /* instead of its address in the Contact of half of its calls; or NULL */
	bool echo;	  /* sends received RTP back */
	bool no_events;	  /* takes no telephone events */
	/* True: the engine echoes on calls to that user. The gateway then talks itself, and audio
	 * may come back in the order in which the network delivered it. NULL: never. */
	bool (*engine_echoes)(void *arg, struct slice user);
	bool lossy;   /* datagrams may be lost: a ringing that nobody cancels is no violation */
	bool corrupt; /* what the engine answers may be made of damaged octets */
	/* The plan of a new call; NULL: the default mix by seed. nth: calls to that user before. */
	enum gateway_plan (*choose)(void *arg, struct slice user, uint32_t nth);
	void *arg;
};

struct gateway *gateway_create(struct sim_world *w, const struct gateway_conf *conf);
/* Ends the loop, then frees everything. */
void gateway_destroy(struct gateway *g);
struct addr gateway_addr(const struct gateway *g);

/* Shows it every datagram of the world at the instant it is sent (sim_net_tap): INVITE times and
 * RTP continuity are judged there, before the network plays its tricks. */
void gateway_tap(struct gateway *g, const struct addr *from, const struct addr *to,
		 const void *data, size_t len);

/* The first violation, or NULL. */
const char *gateway_violation(const struct gateway *g);
/* Nothing more will come: every 2xx has had its ACK, every dialog its BYE, every request of ours
 * its response. False: it is a violation now. */
bool gateway_check_end(struct gateway *g);
/* All calls are over as far as the gateway is concerned. */
bool gateway_is_idle(const struct gateway *g);

/* The engine stopped in order: every answered call has had its BYE. False: it is a violation now.
 */
bool gateway_check_byes(struct gateway *g);
/* The engine died: calls of before are forgiven what they still owe, and end here. */
void gateway_excuse_all(struct gateway *g);

/* A datagram of that call arrived damaged: what it does from now on is not judged. */
void gateway_damage(struct gateway *g, struct slice call_id);

/* What oracles ask. A call is a Call-ID; a second INVITE with credentials belongs to it. It counts
 * from the instant its first INVITE was sent (gateway_tap), whether or not that one arrived. */
uint32_t gateway_call_count(const struct gateway *g);
bool gateway_has_call(struct gateway *g, struct slice call_id);
uint32_t gateway_calls_of(const struct gateway *g, struct slice user);
uint32_t gateway_plan_calls(const struct gateway *g, enum gateway_plan plan);
struct gateway_call_info {
	enum gateway_plan plan;
	const char *user;
	int64_t invite_ns; /* when its first INVITE was sent */
	bool arrived;	   /* the gateway saw it; else all below is zero */
	bool answered;	   /* a 200 was sent */
	bool damaged;
	int64_t dialed_ns; /* first 200, refusal or CANCEL; 0: none */
	int64_t answered_ns;
	int64_t over_ns;  /* refused, cancelled, or ended by anybody's BYE; 0: not yet */
	int64_t ended_ns; /* first BYE of anybody; 0: none */
	bool ended_by_engine;
	uint16_t refused; /* final status of ours, 0: none */
	bool cancelled;
	uint64_t rtp_rx; /* audio packets received */
};
/* index < gateway_call_count, in order of sending. */
void gateway_call_get(const struct gateway *g, uint32_t index, struct gateway_call_info *out);

#endif
