/* tests/sim/peer_caller.h - a far end that calls in: INVITEs by a script per call, closely watched.
 *
 * It has a host, a loop and a socket of its own, repeats what UDP may lose (RFC 3261 17), and keeps
 * the first thing that the engine did against RFC 3261 as text. */
#ifndef RINGER_TESTS_SIM_PEER_CALLER_H
#define RINGER_TESTS_SIM_PEER_CALLER_H

#include "tests/sim/sim.h"

/* What a caller does. */
#define CALLER_PLAN_LIST(X)                                                                        \
	X(TALK)	  /* waits for the answer, and for the engine's BYE */                             \
	X(HANGUP) /* ends the answered call itself after a while */                                \
	X(CANCEL) /* gives up some time after the first provisional response */                    \
	X(NO_ACK) /* takes the answer and never says so */                                         \
	X(HOLD)	  /* holds and resumes the answered call, then ends it */

enum caller_plan {
#define CALLER_PLAN_ENUM(name) CALLER_##name,
	CALLER_PLAN_LIST(CALLER_PLAN_ENUM)
#undef CALLER_PLAN_ENUM
		CALLER_PLAN_COUNT,
};

struct caller;

struct caller_conf {
	uint32_t host; /* of sim_host_add */
	uint16_t port;
	struct addr engine;
};

struct caller *caller_create(struct sim_world *w, const struct caller_conf *conf);
void caller_destroy(struct caller *c);
/* At that time a call to this extension. */
void caller_call(struct caller *c, int64_t at, const char *exten, enum caller_plan plan);

/* The first violation, or NULL. Here and below c may be NULL: a world without callers. */
const char *caller_violation(const struct caller *c);
/* Every call has had its final response, every answered one its end. */
bool caller_is_idle(const struct caller *c);
/* The same as a demand. False: it is a violation now. */
bool caller_check_end(struct caller *c);
/* The engine died or stops: calls of before are forgiven what they still owe, and end here. */
void caller_excuse_all(struct caller *c);
/* A datagram of that call arrived damaged: what it does from now on is not judged. */
void caller_damage(struct caller *c, struct slice call_id);
/* Calls that the engine took: it showed that somebody works on them, or answered. Without those of
 * which a datagram was damaged: it may have been refused for that. */
uint32_t caller_taken_count(const struct caller *c);
uint32_t caller_answered_count(const struct caller *c);

#endif
