/* engine/base/tmr.c - see tmr.h.
 *
 * Four levels of 256 slots; level L holds timers whose tick first differs from the wheel's in octet
 * L (counted from the low end), in the slot named by that octet; what differs above 32 bits waits
 * in `far`. When the wheel's tick enters a slot of a higher level, its timers are spread over the
 * levels below, in their order: so timers of one millisecond always share one list, in order of
 * start.
 *
 *   due   - already late, waiting for the next run        firing - taken out by the run in progress
 */
#include "engine/base/tmr.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>

#define TMR_LEVELS 4
#define TMR_SLOTS  256
#define TMR_WORDS  (TMR_SLOTS / 64)

struct tmr_wheel {
	int64_t tick; /* ms; all earlier slots are empty */
	uint32_t count;
	struct list due;
	struct list firing;
	struct list far;
	uint64_t occupied[TMR_LEVELS][TMR_WORDS];
	struct list slots[TMR_LEVELS][TMR_SLOTS];
};

static int64_t tmr_tick_up(int64_t ns)
{
	return ns <= 0 ? 0 : ns / TMR_MS + (ns % TMR_MS != 0);
}

int tmr_wheel_create(struct tmr_wheel **out, int64_t now_ns)
{
	struct tmr_wheel *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	check(now_ns >= 0);
	w->tick = now_ns / TMR_MS;
	list_init(&w->due);
	list_init(&w->firing);
	list_init(&w->far);
	for (int level = 0; level < TMR_LEVELS; level++)
		for (int slot = 0; slot < TMR_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
	*out = w;
	return 0;
}

void tmr_wheel_destroy(struct tmr_wheel *w)
{
	free(w);
}

void tmr_init(struct tmr *t, struct tmr_wheel *w, tmr_fn fn, void *arg)
{
	list_init(&t->node);
	t->due_ns = 0;
	t->fn = fn;
	t->arg = arg;
	t->wheel = w;
}

static unsigned tmr_slot_at(int64_t tick, int level)
{
	return (unsigned)((uint64_t)tick >> (8 * level)) & (TMR_SLOTS - 1);
}

static void tmr_place(struct tmr_wheel *w, struct tmr *t)
{
	int64_t tick = tmr_tick_up(t->due_ns);
	uint64_t differ = (uint64_t)(tick ^ w->tick);
	unsigned slot;
	int level = 0;

	if (tick < w->tick) {
		list_add_tail(&w->due, &t->node);
		return;
	}
	while (level < TMR_LEVELS && differ >> (8 * (level + 1)))
		level++;
	if (level == TMR_LEVELS) {
		list_add_tail(&w->far, &t->node);
		return;
	}
	slot = tmr_slot_at(tick, level);
	list_add_tail(&w->slots[level][slot], &t->node);
	w->occupied[level][slot / 64] |= UINT64_C(1) << (slot % 64);
}

/* The bit of a slot goes with its last timer. */
static void tmr_unplace(struct tmr_wheel *w, struct tmr *t)
{
	struct list *rest = t->node.next;
	bool last = rest == t->node.prev;
	ptrdiff_t slot;

	list_del(&t->node);
	if (!last || (char *)rest < (char *)w->slots || (char *)rest >= (char *)(w + 1))
		return;
	slot = rest - &w->slots[0][0];
	w->occupied[slot / TMR_SLOTS][slot % TMR_SLOTS / 64] &= ~(UINT64_C(1) << (slot % 64));
}

void tmr_start(struct tmr *t, int64_t due_ns)
{
	check(t->wheel != NULL && t->fn != NULL);
	tmr_stop(t);
	t->due_ns = due_ns;
	t->wheel->count++;
	tmr_place(t->wheel, t);
}

void tmr_stop(struct tmr *t)
{
	if (!tmr_is_started(t))
		return;
	check(t->wheel->count > 0);
	t->wheel->count--;
	tmr_unplace(t->wheel, t);
}

bool tmr_is_started(const struct tmr *t)
{
	return !list_empty(&t->node);
}

/* First occupied slot >= from at a level, or TMR_SLOTS. */
static unsigned tmr_occupied_from(const struct tmr_wheel *w, int level, unsigned from)
{
	for (unsigned word = from / 64; word < TMR_WORDS; word++) {
		uint64_t bits = w->occupied[level][word];

		if (word == from / 64)
			bits &= ~UINT64_C(0) << (from % 64);
		if (bits)
			return word * 64 + (unsigned)__builtin_ctzll(bits);
	}
	return TMR_SLOTS;
}

/* The next tick at which a slot must be fired or spread; INT64_MAX when the wheel is empty. */
static int64_t tmr_next_tick(const struct tmr_wheel *w)
{
	for (int level = 0; level < TMR_LEVELS; level++) {
		unsigned slot = tmr_occupied_from(w, level, tmr_slot_at(w->tick, level));
		int shift = 8 * level;

		if (slot < TMR_SLOTS)
			return (w->tick >> (shift + 8) << (shift + 8)) | ((int64_t)slot << shift);
	}
	return list_empty(&w->far) ? INT64_MAX : ((w->tick >> 32) + 1) << 32;
}

static void tmr_spread(struct tmr_wheel *w, struct list *slot)
{
	struct list moving;

	list_init(&moving);
	list_splice(&moving, slot);
	for (struct list *node; (node = list_first(&moving));) {
		list_del(node);
		tmr_place(w, list_entry(node, struct tmr, node));
	}
}

/* Moves the wheel on; whatever begins at the new tick is spread downwards, the widest slot first.
 */
static void tmr_advance(struct tmr_wheel *w, int64_t tick)
{
	uint64_t differ = (uint64_t)(tick ^ w->tick);

	w->tick = tick;
	if (differ >> 32)
		tmr_spread(w, &w->far);
	for (int level = TMR_LEVELS - 1; level > 0; level--) {
		unsigned slot = tmr_slot_at(tick, level);

		if (!(differ >> (8 * level)))
			continue;
		w->occupied[level][slot / 64] &= ~(UINT64_C(1) << (slot % 64));
		tmr_spread(w, &w->slots[level][slot]);
	}
}

static uint32_t tmr_fire(struct tmr_wheel *w, uint32_t budget)
{
	uint32_t fired = 0;

	for (struct list *node; fired < budget && (node = list_first(&w->firing)); fired++) {
		struct tmr *t = list_entry(node, struct tmr, node);

		list_del(node);
		check(w->count > 0);
		w->count--;
		t->fn(t, t->arg); /* may free t */
	}
	return fired;
}

uint32_t tmr_wheel_run(struct tmr_wheel *w, int64_t now_ns, uint32_t budget)
{
	int64_t last = now_ns / TMR_MS;
	uint32_t fired;

	/* What an earlier run left over comes first, then what was late when it was started. */
	list_splice(&w->firing, &w->due);
	fired = tmr_fire(w, budget);
	while (list_empty(&w->firing) && w->tick <= last) {
		int64_t next = tmr_next_tick(w);
		unsigned slot;

		if (next > last) {
			tmr_advance(w, last + 1);
			break;
		}
		if (fired == budget)
			break;
		tmr_advance(w, next);
		slot = tmr_slot_at(next, 0);
		w->occupied[0][slot / 64] &= ~(UINT64_C(1) << (slot % 64));
		list_splice(&w->firing, &w->slots[0][slot]);
		tmr_advance(w, next + 1);
		fired += tmr_fire(w, budget - fired);
	}
	return fired;
}

int64_t tmr_wheel_next(const struct tmr_wheel *w)
{
	int64_t tick;

	if (!list_empty(&w->due) || !list_empty(&w->firing))
		return 0;
	tick = tmr_next_tick(w);
	return tick > INT64_MAX / TMR_MS ? TMR_NEVER : tick * TMR_MS;
}

uint32_t tmr_wheel_count(const struct tmr_wheel *w)
{
	return w->count;
}
