/* bench/micro/micro_core.c - an attempt's way through the domain, step by step: packing, the door,
 * queue and pacer, an event through the pipe, the wheel with many timers. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/base/tmr.h"
#include "engine/core/event.h"
#include "engine/core/queue.h"

#include <stdlib.h>

static void fill_originate(struct originate *o)
{
	originate_init(o);
	o->tech = SLICE_LIT("PJSIP");
	o->resource = SLICE_LIT("18005550100@trunk");
	o->context = SLICE_LIT("campaign");
	o->exten = SLICE_LIT("s");
	o->priority = 1;
	o->cid_num = SLICE_LIT("18005550199");
	o->has_cid = true;
	o->account = SLICE_LIT("campaign-7");
	o->channel_id = SLICE_LIT("lead-4711-try-1");
	o->vars[0] = (struct originate_var){SLICE_LIT("LEAD"), SLICE_LIT("4711")};
	o->var_count = 1;
}

static void run_pack(void *state, uint64_t count)
{
	static struct originate o, back;
	char buf[1024];

	UNUSED(state);
	fill_originate(&o);
	while (count--) {
		size_t len = originate_pack(buf, &o);

		check(originate_unpack(buf, len, &back));
		micro_keep(&back);
	}
}

/* ---- the door: in by any thread, out by control ---- */

static void *open_inbox(void)
{
	struct inbox *in;

	return inbox_create(&in, 1024, NULL) ? NULL : in;
}

static void close_inbox(void *state)
{
	inbox_destroy(state);
}

static void run_inbox(void *state, uint64_t count)
{
	static struct originate o;
	struct source source = {0};

	fill_originate(&o);
	while (count--) {
		struct order *order;

		check(inbox_submit(state, &o, &source, 1, NULL) == 0);
		order = inbox_take(state);
		check(order);
		inbox_release(state, order);
	}
}

/* ---- queue and pacer: in, granted, dialled, ended ---- */

struct queue_bench {
	struct queue *queue;
	struct order orders[1000];
	int64_t now_ns;
};

static void *open_queue(void)
{
	static const struct queue_conf conf = {
		.queue_max = 2000,
		.general = {.burst_max = 1},
		.trunk_default = {.cps_max = 100000, .burst_max = 1000},
	};
	struct queue_bench *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	check(queue_create(&b->queue, &conf) == 0);
	return b;
}

static void close_queue(void *state)
{
	struct queue_bench *b = state;

	queue_destroy(b->queue);
	free(b);
}

/* 1000 orders deep, so that the line and the heap are not trivial. */
static void run_queue(void *state, uint64_t count)
{
	struct queue_bench *b = state;

	for (uint64_t done = 0; done < count; done += ARRAY_COUNT(b->orders)) {
		for (size_t i = 0; i < ARRAY_COUNT(b->orders); i++) {
			b->orders[i] = (struct order){.id = i, .due_ns = b->now_ns + (int64_t)(i * 7919 % 997)};
			check(queue_add(b->queue, &b->orders[i], SLICE_LIT("trunk"), b->now_ns) == 0);
		}
		for (size_t i = 0; i < ARRAY_COUNT(b->orders); i++) {
			struct order *o;

			b->now_ns += 20000;
			o = queue_grant(b->queue, b->now_ns);
			check(o);
			queue_dialed(b->queue, o, true);
			queue_ended(b->queue, o);
		}
	}
}

/* ---- one event: written by the shard, read by control ---- */

static void *open_event_pipe(void)
{
	static const struct pipe_conf conf = {.spare_bytes = 1 << 20, .reserve_bytes = 1 << 16};
	struct pipe *p;

	return pipe_create(&p, &conf) ? NULL : p;
}

static void close_event_pipe(void *state)
{
	pipe_destroy(state);
}

static void run_event(void *state, uint64_t count)
{
	struct event e = {.kind = EVENT_NEWSTATE, .chan = 7}, back;

	e.snap = (struct chan_snap){.name = SLICE_LIT("PJSIP/trunk-0000a1b2"),
				    .state = 6,
				    .cid_num = SLICE_LIT("18005550199"),
				    .language = SLICE_LIT("en"),
				    .account = SLICE_LIT("campaign-7"),
				    .context = SLICE_LIT("campaign"),
				    .exten = SLICE_LIT("s"),
				    .priority = 1,
				    .uniqueid = SLICE_LIT("1795446885.41394"),
				    .linkedid = SLICE_LIT("1795446885.41394")};
	while (count--) {
		check(event_write(state, &e));
		pipe_flush(state);
		check(event_read(pipe_read(state), &back));
		micro_keep(&back);
	}
}

/* ---- 10,000 live timers, as in a busy shard: one fires and is armed again ---- */

struct timers {
	struct tmr_wheel *wheel;
	struct rng rng;
	int64_t now_ns;
	uint64_t fired;
	struct tmr timers[10000];
};

static void on_timer(struct tmr *t, void *arg)
{
	struct timers *ts = arg;

	ts->fired++;
	tmr_start(t, ts->now_ns + (int64_t)(1 + rng_below(&ts->rng, 4000)) * TMR_MS);
}

static void *open_timers(void)
{
	struct timers *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return NULL;
	check(tmr_wheel_create(&ts->wheel, 0) == 0);
	rng_seed(&ts->rng, 5);
	for (size_t i = 0; i < ARRAY_COUNT(ts->timers); i++) {
		tmr_init(&ts->timers[i], ts->wheel, on_timer, ts);
		tmr_start(&ts->timers[i], (int64_t)rng_below(&ts->rng, 4000) * TMR_MS);
	}
	return ts;
}

static void close_timers(void *state)
{
	struct timers *ts = state;

	tmr_wheel_destroy(ts->wheel);
	free(ts);
}

static void run_timers(void *state, uint64_t count)
{
	struct timers *ts = state;
	uint64_t until = ts->fired + count;

	while (ts->fired < until) {
		ts->now_ns += TMR_MS;
		tmr_wheel_run(ts->wheel, ts->now_ns, UINT32_MAX);
	}
}

static const struct micro_case cases[] = {
	{"originate_pack_unpack", run_pack, .expect_ns = 100},
	{"inbox_submit_take_release", run_inbox, .expect_ns = 200, .open = open_inbox, .close = close_inbox},
	{"queue_add_grant_end", run_queue, .expect_ns = 150, .open = open_queue, .close = close_queue},
	{"event_write_read", run_event, .expect_ns = 150, .open = open_event_pipe, .close = close_event_pipe},
	{"timer_fire_rearm_10000", run_timers, .expect_ns = 60, .open = open_timers, .close = close_timers},
};

const struct micro_table micro_core = MICRO_TABLE(cases);
