/* sip/offenders.c - a bounded table of addresses that sent what nobody may send: see gate.h.
 *
 * Four places for each hash; the one that was silent longest gives way. So an attacker with many
 * addresses can push others out, which only means that they are answered again. */
#include "engine/base/limits.h"
#include "engine/base/tmr.h"
#include "sip/gate.h"

#include <errno.h>
#include <stdlib.h>

#define OFFENDER_WAYS 4
#define OFFENDER_SETS (LIMIT_SIP_OFFENDERS / OFFENDER_WAYS)

struct offender {
	struct addr who; /* family 0: free */
	bool is_ignored;
	uint32_t count; /* since `since_ns` */
	int64_t since_ns, last_ns;
};

struct sip_offenders {
	uint64_t key;
	struct offender table[OFFENDER_SETS][OFFENDER_WAYS];
};

int sip_offenders_create(struct sip_offenders **out, uint64_t key)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	(*out)->key = key;
	return 0;
}

void sip_offenders_destroy(struct sip_offenders *o)
{
	free(o);
}

/* The place of an address; if it has none NULL, and *oldest is the one that would give way. */
static struct offender *offender_find(struct sip_offenders *o, const struct addr *who,
				      struct offender **oldest)
{
	struct offender *set = o->table[addr_hash(who, o->key) % OFFENDER_SETS];

	*oldest = &set[0];
	for (unsigned i = 0; i < OFFENDER_WAYS; i++) {
		if (set[i].who.family && addr_eq_ip(&set[i].who, who))
			return &set[i];
		if (set[i].last_ns < (*oldest)->last_ns)
			*oldest = &set[i];
	}
	return NULL;
}

static struct addr offender_addr(const struct addr *from)
{
	struct addr who = *from;

	who.port = 0;
	return who;
}

static struct offender *offender_at(struct sip_offenders *o, const struct addr *from)
{
	struct addr who = offender_addr(from);
	struct offender *oldest, *known = offender_find(o, &who, &oldest);

	if (known)
		return known;
	*oldest = (struct offender){.who = who};
	return oldest;
}

bool sip_offenders_ignores(struct sip_offenders *o, const struct sip_offender_rule *rule,
			   const struct addr *from, int64_t now_ns)
{
	struct addr who = offender_addr(from);
	struct offender *oldest, *f = offender_find(o, &who, &oldest);

	return f && f->is_ignored && now_ns - f->last_ns <= rule->prune_s * TMR_SECOND;
}

bool sip_offenders_note(struct sip_offenders *o, const struct sip_offender_rule *rule,
			const struct addr *from, int64_t now_ns, bool *is_first)
{
	struct offender *f = offender_at(o, from);
	bool was_ignored = f->is_ignored;

	if (f->is_ignored && now_ns - f->last_ns > rule->prune_s * TMR_SECOND)
		f->is_ignored = was_ignored = false;
	if (!f->is_ignored &&
	    (f->count == 0 || now_ns - f->since_ns > rule->period_s * TMR_SECOND)) {
		f->count = 0;
		f->since_ns = now_ns;
	}
	f->last_ns = now_ns;
	f->count += f->count < UINT32_MAX;
	if (rule->count && f->count > rule->count)
		f->is_ignored = true;
	*is_first = f->is_ignored && !was_ignored;
	return f->is_ignored;
}
