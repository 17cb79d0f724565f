/* bench/micro/micro_base.c - the ground: rings, pipes, timers, slabs, hashes. One thread: the cost
 * of the operation itself, without the cache line going to and fro. */
#include "bench/micro/harness.h"
#include "engine/base/check.h"
#include "engine/base/pipe.h"
#include "engine/base/ring.h"
#include "engine/base/slab.h"
#include "engine/base/slice.h"
#include "engine/base/tmr.h"

static void *open_ring(void)
{
	struct ring *r;

	return ring_create(&r, 1024) ? NULL : r;
}

static void close_ring(void *state)
{
	ring_destroy(state);
}

static void run_ring_spsc(void *state, uint64_t count)
{
	void *item;

	while (count--) {
		check(ring_push_spsc(state, &item));
		check(ring_pop_spsc(state, &item));
	}
}

static void run_ring_mpsc(void *state, uint64_t count)
{
	void *item;

	while (count--) {
		check(ring_push_mpsc(state, &item));
		check(ring_pop_mpsc(state, &item));
	}
}

static void *open_pipe(void)
{
	static const struct pipe_conf conf = {.spare_bytes = 1 << 20, .reserve_bytes = 1 << 16};
	struct pipe *p;

	return pipe_create(&p, &conf) ? NULL : p;
}

static void close_pipe(void *state)
{
	pipe_destroy(state);
}

static void pipe_turn(struct pipe *p, size_t len, uint64_t count)
{
	static const char data[512];

	while (count--) {
		check(pipe_write(p, PIPE_RELIABLE, 1, data, len));
		pipe_flush(p);
		check(pipe_read(p) != NULL);
	}
}

static void run_pipe_64(void *state, uint64_t count)
{
	pipe_turn(state, 64, count);
}

static void run_pipe_512(void *state, uint64_t count)
{
	pipe_turn(state, 512, count);
}

#define TIMERS 4096

struct timers {
	struct tmr_wheel *wheel;
	int64_t now_ns;
	uint64_t fired;
	uint32_t next;
	struct tmr tmr[TIMERS];
};

static void timer_fired(struct tmr *t, void *arg)
{
	struct timers *ts = arg;

	UNUSED(t);
	ts->fired++;
}

/* As busy as a shard with a call per timer: all started, spread over 32 s. */
static void *open_timers(void)
{
	static struct timers ts;

	ts = (struct timers){0};
	if (tmr_wheel_create(&ts.wheel, 0))
		return NULL;
	for (uint32_t i = 0; i < TIMERS; i++) {
		tmr_init(&ts.tmr[i], ts.wheel, timer_fired, &ts);
		tmr_start(&ts.tmr[i], (int64_t)i * 8 * TMR_MS);
	}
	return &ts;
}

static void close_timers(void *state)
{
	struct timers *ts = state;

	for (uint32_t i = 0; i < TIMERS; i++)
		tmr_stop(&ts->tmr[i]);
	tmr_wheel_destroy(ts->wheel);
}

static void run_tmr_restart(void *state, uint64_t count)
{
	struct timers *ts = state;

	while (count--) {
		struct tmr *t = &ts->tmr[ts->next++ % TIMERS];

		tmr_stop(t);
		tmr_start(t, ts->now_ns + 500 * TMR_MS + (int64_t)(ts->next % 512) * TMR_MS);
	}
}

/* Start one, move the clock by 1 ms, fire what is due: the steady state of retransmissions. */
static void run_tmr_fire(void *state, uint64_t count)
{
	struct timers *ts = state;

	while (count--) {
		tmr_start(&ts->tmr[ts->next++ % TIMERS], ts->now_ns + 500 * TMR_MS);
		ts->now_ns += TMR_MS;
		tmr_wheel_run(ts->wheel, ts->now_ns, 64);
	}
}

static void run_tmr_next(void *state, uint64_t count)
{
	struct timers *ts = state;

	while (count--) {
		int64_t next = tmr_wheel_next(ts->wheel);

		micro_keep(&next);
	}
}

static void *open_slab(void)
{
	struct slab *s;

	return slab_create(&s, "micro", 1024, 4096) ? NULL : s;
}

static void close_slab(void *state)
{
	slab_destroy(state);
}

static void run_slab(void *state, uint64_t count)
{
	while (count--) {
		void *object = slab_alloc(state);

		check(slab_get(state, slab_handle(state, object)) == object);
		slab_free(state, object);
	}
}

static void run_hash(void *state, uint64_t count)
{
	UNUSED(state);
	while (count--) {
		uint64_t h = slice_hash(SLICE_LIT("5b6c7d8e-9fa0-4b1c-8d2e-3f4051627384"), count);

		micro_keep(&h);
	}
}

static const struct micro_case cases[] = {
	{"ring_spsc", run_ring_spsc, 0, .expect_ns = 6, .open = open_ring, .close = close_ring},
	{"ring_mpsc", run_ring_mpsc, 0, .expect_ns = 20, .open = open_ring, .close = close_ring},
	{"pipe_64", run_pipe_64, 64, .expect_ns = 40, .open = open_pipe, .close = close_pipe},
	{"pipe_512", run_pipe_512, 512, .expect_ns = 55, .open = open_pipe, .close = close_pipe},
	{"tmr_restart", run_tmr_restart, 0, .expect_ns = 15, .open = open_timers,
	 .close = close_timers},
	{"tmr_fire", run_tmr_fire, 0, .expect_ns = 40, .open = open_timers, .close = close_timers},
	{"tmr_next", run_tmr_next, 0, .expect_ns = 15, .open = open_timers, .close = close_timers},
	{"slab_1k", run_slab, 0, .expect_ns = 40, .open = open_slab, .close = close_slab},
	{"slice_hash_36", run_hash, 36, .expect_ns = 30},
};

const struct micro_table micro_base = MICRO_TABLE(cases);
