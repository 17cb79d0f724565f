/* tests/sim/peer_spool_rig.c - see spool_rig.h. */
#include "tests/sim/spool_rig.h"

#include "engine/base/check.h"
#include "engine/base/log.h"
#include "engine/base/tmr.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void rig_log(void *arg, const struct log_line *line)
{
	struct rig *r = arg;
	struct sink out = sink_make(r->log + r->log_len, sizeof(r->log) - r->log_len - 1);

	sink_fmt(&out, "%s %s\n", log_level_name(line->level), line->text);
	if (!out.over)
		r->log_len += out.len;
	r->log[r->log_len] = '\0';
}

static void rig_take(struct rig *r, struct order *o)
{
	struct rig_order *taken = &r->orders[r->count];
	const struct originate *order;

	check(r->count < RIG_ORDERS);
	*taken = (struct rig_order){.order = o, .wall_ns = sim_wall(r->w)};
	order = rig_originate(r, r->count++);
	taken->attempt_no = order->attempt_no;
	slice_copy(taken->resource, sizeof(taken->resource), order->resource);
	if (r->on_order)
		r->on_order(r, r->count - 1);
}

static int64_t rig_control_turn(void *owner, int64_t now_ns)
{
	struct rig *r = owner;
	struct order *o;

	while ((o = inbox_take(r->inbox)))
		rig_take(r, o);
	return inbox_sleep(r->inbox) ? TMR_NEVER : now_ns;
}

void rig_open(struct rig *r, uint64_t seed)
{
	memset(r, 0, sizeof(*r));
	r->w = sim_world_create(seed);
	r->queue_max = 4096;
	r->conf = (struct spool_conf){.spool_dir = "/spool", .files_max = 20000};
	log_set_writer(rig_log, r);
	log_set_level(LOG_LEVEL_VERBOSE, 3);
	sim_fs_mkdir(r->w, "/spool");
}

void rig_start(struct rig *r)
{
	struct io_conf control = {.name = "control", .metrics = &r->control_metrics, .cpu = -1};
	struct io_conf spool = {.name = "spool", .metrics = &r->spool_metrics, .cpu = -1};

	r->life = r->count;
	check(io_create(&r->control_io, &control) == 0);
	check(io_create(&r->spool_io, &spool) == 0);
	check(inbox_create(&r->inbox, r->queue_max, r->control_io) == 0);
	r->conf.inbox = r->inbox;
	r->conf.queue_max = r->queue_max;
	r->conf.metrics = &r->spool_metrics;
	check(spool_create(&r->spool, r->spool_io, &r->conf) == 0);
	check(io_start(r->control_io, rig_control_turn, r) == 0);
	check(io_start(r->spool_io, spool_turn, r->spool) == 0);
}

void rig_stop(struct rig *r)
{
	sim_host_kill(r->w, 0);
	sim_disk_hook(r->w, NULL, NULL);
	io_join(r->control_io);
	io_join(r->spool_io);
	spool_destroy(r->spool);
	inbox_destroy(r->inbox);
	io_destroy(r->control_io);
	io_destroy(r->spool_io);
	r->spool = NULL;
	r->life = r->count;
	sim_host_restart(r->w, 0);
}

void rig_close(struct rig *r)
{
	if (r->spool)
		rig_stop(r);
	sim_world_destroy(r->w);
	log_set_writer(NULL, NULL);
}

void rig_run(struct rig *r, int64_t duration_ns)
{
	sim_run_for(r->w, duration_ns);
}

struct rig_want {
	struct rig *r;
	uint32_t count;
};

static bool rig_has_taken(void *arg)
{
	struct rig_want *want = arg;

	return want->r->count >= want->count;
}

void rig_wait(struct rig *r, uint32_t n)
{
	struct rig_want want = {r, n};

	sim_run_until(r->w, rig_has_taken, &want, sim_now(r->w) + 60 * SIM_SECOND);
}

const struct originate *rig_originate(struct rig *r, uint32_t index)
{
	static struct originate o;
	struct order *order = r->orders[index].order;

	check(originate_unpack(order->packed, order->packed_len, &o));
	return &o;
}

void rig_begun(struct rig *r, uint32_t index)
{
	struct order *o = r->orders[index].order;

	if (!o->dialed)
		o->source.ops->begun(o->source.impl, o->cookie);
	o->dialed = true;
}

void rig_dialed(struct rig *r, uint32_t index, bool answered)
{
	struct order *o = r->orders[index].order;
	struct outcome outcome = {.order_id = o->id, .answered = answered};

	rig_begun(r, index);
	o->source.ops->dialed(o->source.impl, o->cookie, &outcome);
}

void rig_settle(struct rig *r, uint32_t index, int reason)
{
	struct order *o = r->orders[index].order;
	struct outcome outcome = {
		.order_id = o->id,
		.answered = reason == ORIGINATE_ANSWERED,
		.withdrawn = reason < 0,
		.reason = reason < 0 ? 0 : reason,
	};

	check(index >= r->life && !r->orders[index].settled);
	rig_begun(r, index);
	r->orders[index].settled = true;
	o->source.ops->settle(o->source.impl, o->cookie, &outcome);
	inbox_release(r->inbox, o);
}

struct rig_later {
	struct rig *r;
	uint32_t index;
	uint32_t life;
	int reason;
};

static void rig_settle_now(struct sim_world *w, void *arg)
{
	struct rig_later *later = arg;

	UNUSED(w);
	/* The engine that took it may be gone by now. */
	if (later->r->spool && later->r->life == later->life)
		rig_settle(later->r, later->index, later->reason);
	free(later);
}

void rig_settle_after(struct rig *r, uint32_t index, int64_t delay_ns, int reason)
{
	struct rig_later *later = malloc(sizeof(*later));

	check(later);
	*later = (struct rig_later){r, index, r->life, reason};
	sim_after(r->w, delay_ns, rig_settle_now, later);
}

void rig_drop(struct rig *r, const char *name, const char *text, int64_t mtime_ns)
{
	char from[512], to[512];
	struct sink a = sink_make(from, sizeof(from)), b = sink_make(to, sizeof(to));

	sink_fmt(&a, "/spool/tmp/%s", name);
	sink_fmt(&b, RIG_OUT "%s", name);
	sim_fs_put(r->w, sink_cstr(&a), text);
	if (mtime_ns)
		sim_fs_set_mtime(r->w, from, mtime_ns);
	sim_fs_move(r->w, from, sink_cstr(&b));
}

static const char *rig_path(const char *dir, const char *name)
{
	static char path[512];
	struct sink out = sink_make(path, sizeof(path));

	sink_fmt(&out, "%s%s", dir, name);
	return sink_cstr(&out);
}

bool rig_has(struct rig *r, const char *dir, const char *name)
{
	return sim_fs_exists(r->w, rig_path(dir, name));
}

const char *rig_text(struct rig *r, const char *dir, const char *name)
{
	return sim_fs_text(r->w, rig_path(dir, name), NULL);
}

int64_t rig_mtime(struct rig *r, const char *dir, const char *name)
{
	struct io_fs_stat st;

	check(io_fs_stat(r->control_io, rig_path(dir, name), &st) == 0);
	return st.mtime_ns;
}

const char *rig_fmt(const char *format, ...)
{
	static char rooms[2][4096];
	static unsigned turn;
	char *room = rooms[turn++ % 2];
	va_list args;

	va_start(args, format);
	vsnprintf(room, sizeof(rooms[0]), format, args);
	va_end(args);
	return room;
}

bool rig_logged(struct rig *r, const char *text)
{
	bool found = strstr(r->log, text) != NULL;

	r->log_len = 0;
	r->log[0] = '\0';
	return found;
}
