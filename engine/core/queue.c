#include "engine/core/queue.h"

#include "engine/base/check.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define NO_STATE ORDER_STATE_COUNT

/* clang-format off */
static const enum order_state order_table[ORDER_STATE_COUNT][ORDER_EVENT_COUNT] = {
	/*                   DUE            GRANT           SEND           END              RECORDED       CANCEL         PUT_BACK */
	[ORDER_SCHEDULED] = {ORDER_WAITING, NO_STATE,       NO_STATE,      NO_STATE,        NO_STATE,      ORDER_SETTLED, NO_STATE},
	[ORDER_WAITING]   = {NO_STATE,      ORDER_ADMITTED, NO_STATE,      NO_STATE,        NO_STATE,      ORDER_SETTLED, NO_STATE},
	[ORDER_ADMITTED]  = {NO_STATE,      NO_STATE,       ORDER_RUNNING, NO_STATE,        NO_STATE,      ORDER_SETTLED, NO_STATE},
	[ORDER_RUNNING]   = {NO_STATE,      NO_STATE,       NO_STATE,      ORDER_RECORDING, NO_STATE,      NO_STATE,      ORDER_WAITING},
	[ORDER_RECORDING] = {NO_STATE,      NO_STATE,       NO_STATE,      NO_STATE,        ORDER_SETTLED, NO_STATE,      NO_STATE},
	[ORDER_SETTLED]   = {NO_STATE,      NO_STATE,       NO_STATE,      NO_STATE,        NO_STATE,      NO_STATE,      NO_STATE},
};
/* clang-format on */

const char *order_state_name(enum order_state s)
{
	static const char *const names[ORDER_STATE_COUNT] = {"SCHEDULED", "WAITING",   "ADMITTED",
							     "RUNNING",	  "RECORDING", "SETTLED"};

	return names[s];
}

void order_step(struct order *o, enum order_event event)
{
	enum order_state next = order_table[o->state][event];

	check(next != NO_STATE);
	o->state = (uint8_t)next;
}

struct queue {
	struct queue_conf conf; /* trunks: not kept */
	struct pacer pacer;	/* all trunks together */
	struct trunk *trunks;	/* LIMIT_TRUNKS, touched as used */
	uint32_t trunk_count;
	uint32_t turn;	     /* trunk whose turn it is */
	struct order **heap; /* of SCHEDULED, by (due, id) */
	uint32_t heap_count;
	uint32_t waiting;
	struct trunk_conf *trunk_confs;
	uint32_t trunk_conf_count;
};

static void *queue_map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t queue_heap_bytes(const struct queue *q)
{
	return (size_t)q->conf.queue_max * sizeof(struct order *);
}

int queue_create(struct queue **out, const struct queue_conf *conf)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->conf = *conf;
	pacer_init(&q->pacer, &conf->general);
	q->trunks = queue_map(LIMIT_TRUNKS * sizeof(struct trunk));
	q->heap = queue_map(queue_heap_bytes(q));
	if (!q->trunks || !q->heap) {
		queue_destroy(q);
		return -ENOMEM;
	}
	if (queue_set_conf(q, conf, 0) != 0) {
		queue_destroy(q);
		return -ENOMEM;
	}
	*out = q;
	return 0;
}

void queue_destroy(struct queue *q)
{
	if (!q)
		return;
	if (q->trunks)
		munmap(q->trunks, LIMIT_TRUNKS * sizeof(struct trunk));
	if (q->heap)
		munmap(q->heap, queue_heap_bytes(q));
	free(q->trunk_confs);
	free(q);
}

static const struct trunk_conf *queue_find_conf(const struct queue *q, struct slice name)
{
	for (uint32_t i = 0; i < q->trunk_conf_count; i++) {
		if (slice_eq(slice_str(q->trunk_confs[i].name), name))
			return &q->trunk_confs[i];
	}
	return NULL;
}

static void queue_configure_trunk(const struct queue *q, struct trunk *t, int64_t now_ns)
{
	const struct trunk_conf *conf = queue_find_conf(q, slice_str(t->name));

	t->is_configured = conf != NULL;
	pacer_set_conf(&t->pacer, conf ? &conf->pacer : &q->conf.trunk_default, now_ns);
}

int queue_set_conf(struct queue *q, const struct queue_conf *conf, int64_t now_ns)
{
	size_t bytes = conf->trunk_count * sizeof(*conf->trunks);
	struct trunk_conf *copy = malloc(bytes + 1);

	if (!copy)
		return -ENOMEM;
	if (bytes > 0)
		memcpy(copy, conf->trunks, bytes);
	free(q->trunk_confs);
	q->trunk_confs = copy;
	q->trunk_conf_count = conf->trunk_count;
	q->conf.general = conf->general;
	q->conf.trunk_default = conf->trunk_default;
	pacer_set_conf(&q->pacer, &conf->general, now_ns);
	for (uint32_t i = 0; i < q->trunk_count; i++)
		queue_configure_trunk(q, &q->trunks[i], now_ns);
	return 0;
}

/* Nothing waits for it or runs on it, and forgetting it forgets no limit. */
static bool trunk_is_idle(const struct trunk *t)
{
	return !t->is_configured && !t->first && t->pacer.channels == 0 && t->held_ns == 0 &&
	       t->pacer.conf.cps_max == 0;
}

/* A fresh place in the table. Names come with the orders, so a table full of names that nobody uses
 * any more must not shut out new ones. NULL: every trunk is in use. */
static struct trunk *queue_trunk_room(struct queue *q)
{
	if (q->trunk_count < LIMIT_TRUNKS)
		return &q->trunks[q->trunk_count++];
	for (uint32_t i = 0; i < q->trunk_count; i++) {
		struct trunk *t = &q->trunks[i];

		if (t->scheduled == 0 && trunk_is_idle(t)) {
			memset(t, 0, sizeof(*t));
			return t;
		}
	}
	return NULL;
}

/* The name is cut already. */
static struct trunk *queue_trunk_known(struct queue *q, struct slice name)
{
	for (uint32_t i = 0; i < q->trunk_count; i++) {
		if (slice_eq(slice_str(q->trunks[i].name), name))
			return &q->trunks[i];
	}
	return NULL;
}

static struct trunk *queue_trunk_by_name(struct queue *q, struct slice name)
{
	struct trunk *t;

	name = slice_head(name, LIMIT_NAME - 1);
	t = queue_trunk_known(q, name);
	if (t)
		return t;
	t = queue_trunk_room(q);
	if (!t)
		return NULL;
	slice_copy(t->name, sizeof(t->name), name);
	t->last = &t->first;
	pacer_init(&t->pacer, &q->conf.trunk_default);
	queue_configure_trunk(q, t, 0); /* nothing is booked yet */
	return t;
}

static bool order_is_before(const struct order *a, const struct order *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->id < b->id;
}

static void heap_swap(struct order **heap, uint32_t a, uint32_t b)
{
	struct order *keep = heap[a];

	heap[a] = heap[b];
	heap[b] = keep;
}

static void heap_push(struct queue *q, struct order *o)
{
	uint32_t at = q->heap_count++;

	check(q->heap_count <= q->conf.queue_max);
	q->trunks[o->trunk].scheduled++;
	q->heap[at] = o;
	while (at > 0 && order_is_before(q->heap[at], q->heap[(at - 1) / 2])) {
		heap_swap(q->heap, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static struct order *heap_pop(struct queue *q)
{
	struct order *top = q->heap[0];
	uint32_t at = 0;

	q->trunks[top->trunk].scheduled--;
	q->heap[0] = q->heap[--q->heap_count];
	for (;;) {
		uint32_t least = at, left = 2 * at + 1, right = left + 1;

		if (left < q->heap_count && order_is_before(q->heap[left], q->heap[least]))
			least = left;
		if (right < q->heap_count && order_is_before(q->heap[right], q->heap[least]))
			least = right;
		if (least == at)
			return top;
		heap_swap(q->heap, at, least);
		at = least;
	}
}

static void queue_line_up(struct queue *q, struct order *o)
{
	struct trunk *t = &q->trunks[o->trunk];

	order_step(o, ORDER_DUE);
	o->place = ++t->places;
	o->next = NULL;
	*t->last = o;
	t->last = &o->next;
	t->waiting++;
	q->waiting++;
}

static struct order *queue_line_take(struct queue *q, struct trunk *t)
{
	struct order *o = t->first;

	t->first = o->next;
	if (!t->first)
		t->last = &t->first;
	if (t->returned == o)
		t->returned = NULL;
	t->waiting--;
	q->waiting--;
	return o;
}

/* Into the line by its place. What a shard gives back comes in the order in which it was handed
 * out, so the search begins at the one before. */
static void queue_line_return(struct queue *q, struct trunk *t, struct order *o)
{
	struct order **at = &t->first;

	if (t->returned && t->returned->place < o->place)
		at = &t->returned->next;
	while (*at && (*at)->place < o->place)
		at = &(*at)->next;
	o->next = *at;
	*at = o;
	if (!o->next)
		t->last = &o->next;
	t->returned = o;
	t->waiting++;
	q->waiting++;
}

int queue_add(struct queue *q, struct order *o, struct slice trunk_name, int64_t now_ns)
{
	struct trunk *t = queue_trunk_by_name(q, trunk_name);

	if (!t)
		return -ENOSPC;
	o->trunk = (uint32_t)(t - q->trunks);
	o->state = ORDER_SCHEDULED;
	if (o->due_ns > now_ns)
		heap_push(q, o);
	else
		queue_line_up(q, o);
	return 0;
}

static void queue_make_due(struct queue *q, int64_t now_ns)
{
	while (q->heap_count > 0 && q->heap[0]->due_ns <= now_ns)
		queue_line_up(q, heap_pop(q));
}

/* ---- trunks whose far end does not want, or does not answer ---- */

static void trunk_lift(struct trunk *t)
{
	t->held_ns = 0;
	t->on_trial = false;
	t->trial = 0;
}

bool queue_hold(struct queue *q, struct slice trunk_name, int64_t now_ns, int64_t until_ns,
		bool on_trial)
{
	struct trunk *t = queue_trunk_known(q, slice_head(trunk_name, LIMIT_NAME - 1));

	bool was_held = t && t->held_ns > now_ns;

	if (!t)
		return false;
	if (until_ns == 0) {
		was_held |= t->on_trial;
		trunk_lift(t);
		return was_held;
	}
	if (until_ns > t->held_ns) /* shards tell in no order */
		t->held_ns = until_ns;
	t->on_trial = on_trial;
	return !was_held && until_ns > now_ns;
}

/* When the next order of this trunk may start; INT64_MAX: when something ends. */
static int64_t trunk_next_ns(const struct trunk *t, int64_t now_ns)
{
	int64_t at = pacer_next_ns(&t->pacer, now_ns);

	if (t->on_trial && t->trial)
		return INT64_MAX;
	return t->held_ns > at ? t->held_ns : at;
}

/* Without a trial to pass, a trunk whose time has come is as any other. */
static void trunk_start(struct trunk *t, const struct order *o)
{
	if (t->on_trial)
		t->trial = o->id;
	else
		t->held_ns = 0;
	t->started++;
}

static void trunk_tried(struct trunk *t, const struct order *o, bool answered)
{
	if (t->trial != o->id)
		return;
	t->trial = 0;
	if (answered)
		trunk_lift(t);
}

/* The general pacer is asked only after the trunk's said yes, and its grant is never given back: so
 * the trunk is looked at first without taking. */
static bool queue_may_start(struct queue *q, struct trunk *t, int64_t now_ns)
{
	if (trunk_next_ns(t, now_ns) > now_ns)
		return false;
	if (pacer_grant(&q->pacer, now_ns, 1) == 0)
		return false;
	check(pacer_grant(&t->pacer, now_ns, 1) == 1);
	return true;
}

struct order *queue_grant(struct queue *q, int64_t now_ns)
{
	queue_make_due(q, now_ns);
	if (q->waiting == 0 || pacer_next_ns(&q->pacer, now_ns) > now_ns)
		return NULL;
	for (uint32_t i = 0; i < q->trunk_count; i++) {
		struct trunk *t = &q->trunks[(q->turn + i) % q->trunk_count];
		struct order *o;

		if (!t->first || !queue_may_start(q, t, now_ns))
			continue;
		q->turn = (uint32_t)(t - q->trunks) + 1;
		o = queue_line_take(q, t);
		trunk_start(t, o);
		order_step(o, ORDER_GRANT);
		return o;
	}
	return NULL;
}

void queue_dialed(struct queue *q, const struct order *o, bool answered)
{
	struct trunk *t = &q->trunks[o->trunk];

	pacer_dialed(&t->pacer);
	pacer_dialed(&q->pacer);
	trunk_tried(t, o, answered);
	if (answered)
		t->answered++;
	else
		t->failed++;
}

bool queue_heard(struct queue *q, const struct order *o, int64_t now_ns, bool is_refused)
{
	return pacer_heard(&q->trunks[o->trunk].pacer, now_ns, is_refused);
}

void queue_cancel_granted(struct queue *q, struct order *o)
{
	struct trunk *t = &q->trunks[o->trunk];

	pacer_dialed(&t->pacer);
	pacer_dialed(&q->pacer);
	queue_ended(q, o);
	t->started--;
	trunk_tried(t, o, false);
	order_step(o, ORDER_CANCEL);
}

void queue_put_back(struct queue *q, struct order *o)
{
	struct trunk *t = &q->trunks[o->trunk];

	pacer_dialed(&t->pacer);
	pacer_dialed(&q->pacer);
	queue_ended(q, o);
	t->started--;
	trunk_tried(t, o, false);
	order_step(o, ORDER_PUT_BACK);
	queue_line_return(q, t, o);
}

void queue_ended(struct queue *q, const struct order *o)
{
	pacer_ended(&q->trunks[o->trunk].pacer);
	pacer_ended(&q->pacer);
}

struct order *queue_cancel_next(struct queue *q)
{
	struct order *o = NULL;

	if (q->heap_count > 0)
		o = heap_pop(q);
	for (uint32_t i = 0; !o && i < q->trunk_count; i++) {
		if (q->trunks[i].first)
			o = queue_line_take(q, &q->trunks[i]);
	}
	if (o)
		order_step(o, ORDER_CANCEL);
	return o;
}

int64_t queue_next_ns(struct queue *q, int64_t now_ns)
{
	int64_t next = q->heap_count > 0 ? q->heap[0]->due_ns : INT64_MAX;
	int64_t general = pacer_next_ns(&q->pacer, now_ns);

	for (uint32_t i = 0; i < q->trunk_count; i++) {
		int64_t at;

		if (!q->trunks[i].first)
			continue;
		at = trunk_next_ns(&q->trunks[i], now_ns);
		if (at < general)
			at = general;
		if (at < next)
			next = at;
	}
	return next;
}

uint32_t queue_waiting(const struct queue *q)
{
	return q->waiting;
}

uint32_t queue_scheduled(const struct queue *q)
{
	return q->heap_count;
}

uint32_t queue_inflight(const struct queue *q)
{
	return q->pacer.inflight;
}

uint32_t queue_running(const struct queue *q)
{
	return q->pacer.channels;
}

uint32_t queue_trunk_count(const struct queue *q)
{
	return q->trunk_count;
}

const struct trunk *queue_trunk(const struct queue *q, uint32_t index)
{
	return &q->trunks[index];
}
