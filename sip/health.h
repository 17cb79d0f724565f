/* sip/health.h - which targets not to try now.
 *
 *	503 with Retry-After      held so long, at most SIP_HEALTH_HOLD_MAX (RFC 3261 21.5.4)
 *	SIP_HEALTH_STRIKES times  down for SIP_HEALTH_DOWN: requests in a row without any answer, or
 *that could not be sent
 *
 * Any response ends a row of strikes and a target's being down (an OPTIONS that is answered, too);
 *a hold ends by time alone, for the target asked for it. When the time of a target that was down is
 * over it may be tried; one more silence, and it is down again at once.
 *
 * One table a shard, of those in trouble only: an empty table costs one comparison. What one shard
 * finds out the others hear as a struct sip_health_note. Bounded by LIMIT_SIP_HEALTH; the entry
 *that changed first gives way. Pure: no I/O, the clock is an argument. */
#ifndef RINGER_SIP_HEALTH_H
#define RINGER_SIP_HEALTH_H

#include "engine/base/tmr.h"
#include "sip/target.h"

#define SIP_HEALTH_HOLD_MAX (300 * TMR_SECOND)
#define SIP_HEALTH_DOWN	    (30 * TMR_SECOND)
#define SIP_HEALTH_STRIKES  5

struct sip_health;

/* What is known of one target; also what shards tell each other. */
struct sip_health_note {
	struct sip_target target;
	uint8_t strikes; /* silences in a row */
	int64_t held_ns; /* it asked not to be tried before this instant; 0: it did not */
	int64_t down_ns; /* down until then; 0: it is not */
};

int sip_health_create(struct sip_health **out); /* 0 or -ENOMEM */
void sip_health_destroy(struct sip_health *h);

/* The instant from which it may be tried; now_ns or earlier: now. */
int64_t sip_health_until(const struct sip_health *h, const struct sip_target *t);
/* It was down, and nothing has been heard of it since. */
bool sip_health_is_down(const struct sip_health *h, const struct sip_target *t);

/* What happened to a request. Each: true if something changed that the others should hear; then
 * *note (may be NULL) says what. */
bool sip_health_answered(struct sip_health *h, const struct sip_target *t,
			 struct sip_health_note *note);
bool sip_health_silent(struct sip_health *h, const struct sip_target *t, int64_t now_ns,
		       struct sip_health_note *note);
bool sip_health_hold(struct sip_health *h, const struct sip_target *t, int64_t now_ns,
		     uint32_t retry_after_s, struct sip_health_note *note);
/* What another shard found out. */
void sip_health_take(struct sip_health *h, const struct sip_health_note *note);

/* For the console (pjsip show targets): entry at *cursor or behind it, which moves on; false: none.
 */
bool sip_health_walk(const struct sip_health *h, uint32_t *cursor, struct sip_health_note *out);
uint32_t sip_health_count(const struct sip_health *h);

#endif
