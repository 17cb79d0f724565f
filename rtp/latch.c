#include "rtp/latch.h"

#define MS INT64_C(1000000)

void latch_init(struct latch *l, enum latch_mode mode, unsigned probation)
{
	*l = (struct latch){
		.mode = (uint8_t)mode,
		.probation = (uint8_t)(probation == 0	 ? 1
				       : probation > 255 ? 255
							 : probation),
		.state = LATCH_IDLE,
	};
}

void latch_begin(struct latch *l, const struct addr *announced, int64_t now_ns)
{
	if (l->state != LATCH_IDLE && addr_eq(&l->announced, announced))
		return;
	l->announced = *announced;
	l->source = (struct addr){0};
	l->candidate = (struct addr){0};
	l->learn_since_ns = now_ns;
	l->state = LATCH_LEARN;
}

/* Addresses that nobody can send from, whatever the header says: never send to them. */
static bool latch_is_absurd(const struct addr *a)
{
	if (a->family == 0 || a->port == 0 || addr_is_any(a))
		return true;
	if (a->family == 4)
		return a->ip[0] >= 224;
	return a->ip[0] == 0xff;
}

/* A candidate faster than 9 ms a packet (less 5 ms of play) is a flood, not a 10 ms stream. */
static int64_t latch_least_ns(const struct latch *l)
{
	int64_t ms = (l->probation - 1) * 9 - 5;

	return l->mode == LATCH_YES && ms > 0 ? ms * MS : 0;
}

static void latch_restart(struct latch *l, const struct addr *from, int64_t now_ns)
{
	l->candidate = *from;
	l->candidate_since_ns = now_ns;
	l->missing = (uint8_t)(l->probation - 1);
}

/* True if the candidate has passed. */
static bool latch_try(struct latch *l, const struct addr *from, uint16_t seq, int64_t now_ns)
{
	bool next = addr_eq(from, &l->candidate) && seq == l->candidate_seq;

	l->candidate_seq = (uint16_t)(seq + 1);
	if (!next)
		latch_restart(l, from, now_ns);
	else if (l->missing)
		l->missing--;
	if (l->missing)
		return false;
	if (now_ns - l->candidate_since_ns >= latch_least_ns(l))
		return true;
	latch_restart(l, from, now_ns);
	return false;
}

static bool latch_learn(struct latch *l, const struct addr *from, uint16_t seq, int64_t now_ns)
{
	if (l->source.family && addr_eq(from, &l->source)) {
		l->candidate.family = 0;
		return true;
	}
	if (!addr_eq(from, &l->announced) && !latch_try(l, from, seq, now_ns))
		return false;
	l->source = *from;
	l->candidate.family = 0;
	return true;
}

bool latch_packet(struct latch *l, const struct addr *from, uint16_t seq, int64_t now_ns)
{
	bool known;

	if (l->state == LATCH_IDLE || latch_is_absurd(from))
		return false;
	if (l->state == LATCH_LEARN && l->source.family &&
	    now_ns - l->learn_since_ns >= LATCH_LEARN_NS && l->mode != LATCH_NO)
		l->state = LATCH_CLOSED;
	if (l->state == LATCH_CLOSED)
		return addr_eq(from, &l->source);
	known = latch_learn(l, from, seq, now_ns);
	return known || l->mode == LATCH_NO;
}

bool latch_allows_rtcp(const struct latch *l, const struct addr *from)
{
	if (l->state == LATCH_IDLE || latch_is_absurd(from))
		return false;
	return addr_eq_ip(from, l->source.family ? &l->source : &l->announced);
}
