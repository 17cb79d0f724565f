/* tests/sim/sim_world.c - event heap, scheduler, trace, hosts. */
#include "tests/sim/sim_internal.h"

#include "engine/base/log.h"

#include <stdarg.h>
#include <stdlib.h>

#define STEPS_AT_ONE_INSTANT_MAX 20000000u

static struct sim_world *world_current;

void *sim_alloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	check(p);
	return p;
}

void *sim_realloc(void *p, size_t bytes)
{
	p = realloc(p, bytes ? bytes : 1);
	check(p);
	return p;
}

static int64_t world_log_clock(void *arg)
{
	return sim_wall(arg);
}

struct sim_world *sim_world_create(uint64_t seed)
{
	struct sim_world *w = sim_alloc(sizeof(*w));

	check(!world_current);
	rng_seed(&w->rng, seed);
	sim_chance_seed(seed);
	w->seed = seed;
	w->now = SIM_EPOCH_NS;
	sim_dns_set(w, &(struct sim_dns_weather){.delay_min_ns = SIM_MS, .delay_max_ns = SIM_MS});
	w->wall_offset = SIM_WALL_NS - SIM_EPOCH_NS;
	w->trace = UINT64_C(0xcbf29ce484222325);
	list_init(&w->loops);
	list_init(&w->listeners);
	list_init(&w->watches);
	for (size_t i = 0; i < SIM_PORT_BUCKETS; i++)
		list_init(&w->ports[i]);
	w->cpu = (struct sim_cpu){.turn_min_ns = 2 * SIM_US, .turn_max_ns = 20 * SIM_US};
	w->rule_default.link = (struct sim_link){.delay_min_ns = SIM_MS, .delay_max_ns = SIM_MS};
	w->stream = (struct sim_stream_conf){.delay_min_ns = 100 * SIM_US,
					     .delay_max_ns = 2 * SIM_MS,
					     .window_bytes = 65536,
					     .timeout_ns = 900 * SIM_SECOND};
	w->disk = (struct sim_disk_conf){SIM_MS, 5 * SIM_MS, 5 * SIM_US, 50 * SIM_US};
	w->notes_max = 16384;
	sim_fs_init(w);
	sim_host_add(w, "ringer");
	world_current = w;
	sim_sqlite_use(w);
	log_set_clock(world_log_clock, w);
	return w;
}

struct sim_world *sim_world_current(void)
{
	check(world_current);
	return world_current;
}

int64_t sim_now(const struct sim_world *w)
{
	return w->now;
}

int64_t sim_wall(const struct sim_world *w)
{
	return w->now + w->wall_offset;
}

void sim_wall_step(struct sim_world *w, int64_t delta_ns)
{
	w->wall_offset += delta_ns;
}

struct rng *sim_rng(struct sim_world *w)
{
	return &w->rng;
}

uint64_t sim_steps(const struct sim_world *w)
{
	return w->steps;
}

int64_t sim_between(struct sim_world *w, int64_t least, int64_t most)
{
	if (most <= least)
		return least;
	return least + (int64_t)(rng_u64(&w->rng) % (uint64_t)(most - least + 1));
}

/* ---- event heap: least (at, seq) on top ---- */

static bool event_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void heap_up(struct sim_event *heap, size_t i)
{
	struct sim_event e = heap[i];

	while (i > 0 && event_before(&e, &heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = e;
}

static void heap_down(struct sim_event *heap, size_t count)
{
	struct sim_event e = heap[0];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < count) {
		if (child + 1 < count && event_before(&heap[child + 1], &heap[child]))
			child++;
		if (!event_before(&heap[child], &e))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = e;
}

static void heap_add(struct sim_world *w, struct sim_event e)
{
	if (w->heap_count == w->heap_room) {
		w->heap_room = w->heap_room ? 2 * w->heap_room : 256;
		w->heap = sim_realloc(w->heap, w->heap_room * sizeof(*w->heap));
	}
	if (e.at < w->now)
		e.at = w->now;
	e.seq = w->seq++;
	w->heap[w->heap_count] = e;
	heap_up(w->heap, w->heap_count++);
}

void sim_at(struct sim_world *w, int64_t at, sim_event_fn fn, void *arg)
{
	heap_add(w, (struct sim_event){.at = at, .fn = fn, .arg = arg});
}

void sim_at_always(struct sim_world *w, int64_t at, sim_event_fn fn, void *arg)
{
	heap_add(w, (struct sim_event){.at = at, .fn = fn, .arg = arg, .always = true});
}

void sim_after(struct sim_world *w, int64_t delay_ns, sim_event_fn fn, void *arg)
{
	sim_at(w, w->now + (delay_ns > 0 ? delay_ns : 0), fn, arg);
}

static void world_run_event(struct sim_world *w, bool ending)
{
	struct sim_event e = w->heap[0];

	w->heap[0] = w->heap[--w->heap_count];
	if (w->heap_count > 0)
		heap_down(w->heap, w->heap_count);
	if (!ending || e.always)
		e.fn(w, e.arg);
}

/* ---- scheduler ---- */

static void world_advance(struct sim_world *w, int64_t at)
{
	w->steps++;
	if (at > w->now) {
		w->now = at;
		w->steps_here = 0;
	}
	check(++w->steps_here < STEPS_AT_ONE_INSTANT_MAX);
}

/* One of the loops due at or before `at`, by chance. */
static struct io *world_pick(struct sim_world *w, int64_t at)
{
	struct io *picked = NULL;
	uint32_t seen = 0;

	list_for(node, &w->loops) {
		struct io *io = list_entry(node, struct io, node);

		if (sim_loop_due(io) > at)
			continue;
		seen++;
		if (!picked || rng_below(&w->rng, seen) == 0)
			picked = io;
	}
	return picked;
}

static int64_t world_due(const struct sim_world *w)
{
	int64_t due = w->heap_count ? w->heap[0].at : SIM_NEVER;

	list_for(node, &w->loops) {
		int64_t at = sim_loop_due(list_entry(node, struct io, node));

		if (at < due)
			due = at;
	}
	return due;
}

bool sim_world_step(struct sim_world *w)
{
	int64_t due = world_due(w);
	struct io *io;

	if (due == SIM_NEVER)
		return false;
	world_advance(w, due);
	if (w->heap_count && w->heap[0].at <= w->now) {
		world_run_event(w, false);
		return true;
	}
	io = world_pick(w, w->now);
	check(io);
	sim_loop_turn(io);
	return true;
}

bool sim_run_until(struct sim_world *w, sim_until_fn fn, void *arg, int64_t at)
{
	for (;;) {
		if (fn && fn(arg))
			return true;
		if (world_due(w) > at)
			break;
		sim_world_step(w);
	}
	if (at != SIM_NEVER && at > w->now)
		world_advance(w, at);
	return false;
}

void sim_run_for(struct sim_world *w, int64_t duration_ns)
{
	sim_run_until(w, NULL, NULL, w->now + duration_ns);
}

void sim_world_destroy(struct sim_world *w)
{
	check(w == world_current);
	check(list_empty(&w->loops));
	log_set_clock(NULL, NULL);
	sim_fs_tree_free(w->fs.root);
	/* What is still travelling finds nobody and frees itself; what tests planned is forgotten. */
	while (w->heap_count > 0)
		world_run_event(w, true);
	free(w->heap);
	free(w);
	world_current = NULL;
}

/* ---- completions ---- */

void sim_done_init(struct sim_done *d, void *owner, void (*run)(struct sim_done *),
		   void (*drop)(struct sim_done *))
{
	list_init(&d->node);
	d->owner = owner;
	d->run = run;
	d->drop = drop;
}

/* Completions of one owner stay in order; those of different owners change places by chance. */
void sim_done_post(struct io *io, struct sim_done *d)
{
	struct list *before;

	if (!list_empty(&d->node))
		return;
	before = io->ready.prev;
	while (before != &io->ready && rng_chance(&io->w->rng, 250) &&
	       list_entry(before, struct sim_done, node)->owner != d->owner)
		before = before->prev;
	list_add_head(before, &d->node);
}

void sim_done_cancel(struct sim_done *d)
{
	list_del(&d->node);
	if (d->drop)
		d->drop(d);
}

static void done_cancel_owner_in(struct list *l, const void *owner)
{
	list_for_safe(node, l) {
		struct sim_done *d = list_entry(node, struct sim_done, node);

		if (d->owner == owner)
			sim_done_cancel(d);
	}
}

void sim_done_cancel_owner(struct io *io, const void *owner)
{
	done_cancel_owner_in(&io->ready, owner);
}

/* ---- turns ---- */

int64_t sim_loop_due(const struct io *io)
{
	const struct sim_host *host = &io->w->hosts[io->host];
	int64_t at = io->deadline;

	if (io->state != LOOP_RUNNING || io->in_turn || io->frozen)
		return SIM_NEVER;
	if (io->woken || io->stop || !list_empty(&io->ready) || !list_empty(&io->pushes))
		at = io->w->now;
	if (at < io->busy_until)
		at = io->busy_until;
	if (at < host->frozen_until)
		at = host->frozen_until;
	return at < io->w->now ? io->w->now : at;
}

static int64_t loop_turn_cost(struct io *io)
{
	const struct sim_cpu *cpu = &io->w->cpu;

	if (cpu->hiccup_permille && rng_chance(&io->w->rng, cpu->hiccup_permille))
		return cpu->hiccup_ns;
	return sim_between(io->w, cpu->turn_min_ns, cpu->turn_max_ns);
}

/* What is posted while the turn runs waits for the next: the last one of now is the mark. */
static void loop_dispatch(struct io *io)
{
	struct sim_done mark;
	struct list *first;

	sim_done_init(&mark, &mark, NULL, NULL);
	list_add_tail(&io->ready, &mark.node);
	while ((first = list_first(&io->ready)) != &mark.node) {
		struct sim_done *d = list_entry(first, struct sim_done, node);

		list_del(first);
		d->run(d);
	}
	list_del(&mark.node);
}

void sim_loop_turn(struct io *io)
{
	uint32_t head[2] = {io->index, (uint32_t)io->woken};

	io->in_turn = true;
	io->woken = false;
	io->now = io->w->now;
	io->spent = 0;
	sim_trace(io->w, "turn", head, sizeof(head));
	metric_inc(io->conf.metrics, METRIC_io_turns);
	loop_dispatch(io);
	/* Stopped from outside: as with the kernel, what came is dispatched, but no turn follows. */
	if (!io->stop)
		io->deadline = io->turn(io->turn_owner, io->now);
	sim_stream_flush(io);
	io->busy_until = io->w->now + loop_turn_cost(io) + io->spent;
	io->in_turn = false;
	if (io->stop)
		io->state = LOOP_ENDED;
}

/* ---- trace ---- */

static uint64_t trace_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static uint64_t trace_octets(uint64_t h, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = trace_mix(h, word);
	}
	for (; len > 0; len--)
		h = trace_mix(h, *p++);
	return h;
}

static void trace_line(const struct sim_world *w, const char *kind, const void *data, size_t len)
{
	const unsigned char *p = data;

	if (strcmp(kind, "turn") == 0 || strcmp(kind, "stream rx") == 0)
		return; /* too many to read */
	fprintf(w->trace_to, "%12.6f %-10s %5zu ", (double)(w->now - SIM_EPOCH_NS) / 1e9, kind, len);
	for (size_t i = 0; i < len && i < 700; i++)
		fputc(p[i] >= 32 && p[i] < 127 ? p[i] : '.', w->trace_to);
	fputc('\n', w->trace_to);
}

void sim_trace(struct sim_world *w, const char *kind, const void *data, size_t len)
{
	w->trace = trace_mix(w->trace, (uint64_t)w->now);
	w->trace = trace_octets(w->trace, kind, strlen(kind));
	w->trace = trace_octets(w->trace, data, len);
	if (w->trace_to)
		trace_line(w, kind, data, len);
}

void sim_trace_fmt(struct sim_world *w, const char *kind, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	check(n >= 0);
	sim_trace(w, kind, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

uint64_t sim_trace_hash(const struct sim_world *w)
{
	return w->trace;
}

void sim_trace_print(struct sim_world *w, FILE *to)
{
	w->trace_to = to;
}

/* ---- hosts ---- */

uint32_t sim_host_add(struct sim_world *w, const char *name)
{
	struct sim_host *h = &w->hosts[w->host_count];

	check(w->host_count < SIM_HOSTS);
	slice_copy(h->name, sizeof(h->name), slice_str(name));
	h->pid = 1000 + (int64_t)w->host_count * 100;
	return w->host_count++;
}

void sim_host_use(struct sim_world *w, uint32_t host)
{
	check(host < w->host_count);
	w->host_use = host;
}

struct addr sim_host_addr(const struct sim_world *w, uint32_t host, uint16_t port)
{
	check(host < w->host_count);
	return (struct addr){.family = 4, .port = port, .ip = {10, 0, 0, (uint8_t)(host + 1)}};
}

void sim_host_restart(struct sim_world *w, uint32_t host)
{
	check(host < w->host_count);
	w->hosts[host].pid++;
}

void sim_host_freeze(struct sim_world *w, uint32_t host, int64_t at)
{
	check(host < w->host_count);
	w->hosts[host].frozen_until = at;
}

void sim_loop_freeze(struct io *io, int64_t at)
{
	io->busy_until = at;
}

void sim_host_kill(struct sim_world *w, uint32_t host)
{
	list_for(node, &w->loops) {
		struct io *io = list_entry(node, struct io, node);

		if (io->host != host || io->state != LOOP_RUNNING)
			continue;
		check(!io->in_turn);
		io->state = LOOP_ENDED;
	}
}

void sim_cpu_set(struct sim_world *w, const struct sim_cpu *cpu)
{
	w->cpu = *cpu;
}

void sim_faults_set(struct sim_world *w, uint32_t host, const struct sim_faults *faults)
{
	check(host < w->host_count);
	w->hosts[host].faults = *faults;
}

uint64_t sim_faults_count(const struct sim_world *w)
{
	return w->fault_count;
}
