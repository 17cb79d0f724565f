/* bench/load/farend.h - the answering side: a cheap SIP user agent server over UDP.
 *
 * What it does with a call follows from the user part of the Request-URI when that begins with a
 * behaviour ("busy-17", "delay500-3"), else from the mix, by a hash of the Call-ID. One slab of calls,
 * no allocation per call. It notes every call by its number (the digits behind the last '-'). */
#ifndef RINGER_BENCH_LOAD_FAREND_H
#define RINGER_BENCH_LOAD_FAREND_H

#include "bench/load/rtpsink.h"
#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "engine/io/io.h"

enum farend_act {
	FAREND_ANSWER,     /* 100, 180 (if ringing is on), 200 */
	FAREND_DELAY,      /* 180, 200 after delay_ms */
	FAREND_EARLY,      /* 183 with SDP, 200 after delay_ms */
	FAREND_BUSY,       /* 180, 486 */
	FAREND_CONGESTION, /* 503 */
	FAREND_NOTFOUND,   /* 404 */
	FAREND_RING,       /* 180, never answers */
	FAREND_NEVER,      /* no reply at all */
	FAREND_ACT_COUNT,
};
const char *farend_act_name(enum farend_act act);

struct farend_share {
	enum farend_act act;
	uint32_t delay_ms;
	uint32_t percent;
};

struct farend_conf {
	struct addr bind;
	struct farend_share mix[16];
	uint32_t mix_count;
	bool ring;             /* send 180 before an answer */
	int64_t hangup_ms;     /* BYE from here after the ACK; -1: wait for the other side's */
	uint32_t call_max;
	struct rtpsink *sink;  /* audio; NULL: port 9, nothing received */
	/* A first INVITE arrived. number UINT64_MAX: the user part has none. */
	void (*on_invite)(void *arg, uint64_t number, int64_t now_ns);
	void *arg;
};

struct farend_stats {
	uint64_t invites, invites_again, by_act[FAREND_ACT_COUNT];
	uint64_t acks, answers_acked, answers_unacked, answers_again;
	uint64_t byes_in, byes_out, byes_out_answered, cancels, stray, malformed, refused_full;
	uint32_t calls_now, calls_peak;
};

struct farend;
int farend_create(struct farend **out, struct io *io, struct tmr_wheel *wheel, struct rng *rng,
		  const struct farend_conf *conf);
void farend_destroy(struct farend *f);
const struct farend_stats *farend_stats(const struct farend *f);

/* "answer=70,delay:2000=5,busy=10"; shares must add up to 100. False: *error says what is wrong. */
bool farend_parse_mix(struct farend_conf *conf, struct slice text, struct sink *error);
/* Digits at the end of a user part behind '-'. */
uint64_t farend_number(struct slice user);

#endif
